/*
about = """
Figure 19 and table 6 of the report of 2025: which share of the voorzieningen of a type has re-integratie as its purpose,
as it stands in the input file srg_doelaandeel.csv; without it the shares are empty. CBS publishes them outside its open
tables.
"""
grain = ["type"]
methode = "the-report-recomputed"

[columns]
type = ["naam", "type voorziening; zie core.voorziening_type"]
volgorde = ["rangnummer", "volgorde in tabel 5 van het rapport"]
hoofdcategorie = ["naam", "hoofdcategorie van het type"]
aandeel_reintegratie_procent = ["procent", "aandeel met doel re-integratie; leeg = niet ingevoerd"]
rapport_procent = ["procent", "gedrukt in het rapport; leeg = niet gedrukt"]
peilmaand = ["maand", "maand van het aandeel; leeg = niet ingevoerd"]
bron_invoer = ["tekst", "waar het ingevoerde aandeel staat"]
herkomst = ["naam", "opname = ingevoerd; leeg = niet ingevoerd"]
*/
select
    soort.type,
    soort.volgorde,
    soort.hoofdcategorie,
    100 * invoer.aandeel_reintegratie as aandeel_reintegratie_procent,
    gedrukt.waarde as rapport_procent,
    invoer.peilmaand,
    invoer.bron as bron_invoer,
    case when invoer.type is not null then 'opname' end as herkomst
from core.voorziening_type as soort
left join core.invoer_doelaandeel as invoer on soort.type = invoer.type
left join core.rapport_cijfer as gedrukt on gedrukt.id like 'fig19_%' and soort.type = gedrukt.kenmerk
where soort.niveau = 'type'

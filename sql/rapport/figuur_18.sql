/*
about = """
Figure 18 of the report of 2025: running voorzieningen by purpose per month, and their growth since January 2023. Needs
the input file srg_doelaandeel.csv; without it the figures are empty (benchmark.voorzieningen_doel).
"""
grain = ["jaar", "maand", "doel"]
methode = "the-report-recomputed"

[columns]
jaar = ["jaar", "jaar van de verslagmaand"]
maand = ["maand 1-12", "verslagmaand"]
doel = ["naam", "re-integratie of participatie"]
aantal_voorzieningen = ["voorzieningen", "lopend, van de typen met een ingevoerd aandeel; leeg = geen aandeel of geen cijfer"]
groei_sinds_2023_01_procent = ["procent", "groei sinds januari 2023"]
rapport_groei_procent = ["procent", "gedrukt in het rapport, tot december 2024; leeg = niet gedrukt"]
is_invoer_aanwezig = ["ja/nee", "er is een invoerbestand"]
is_voorlopig = ["ja/nee", "het aantal voorzieningen kan nog veranderen"]
herkomst = ["naam", "cbs, opname (vastgelegde of ingevoerde cijfers) of reconstructie (geen CBS-cijfers)"]
*/
select
    doel.jaar,
    doel.maand,
    doel.doel,
    doel.aantal_voorzieningen,
    100 * doel.mutatie_sinds_2023_01 as groei_sinds_2023_01_procent,
    gedrukt.waarde as rapport_groei_procent,
    doel.is_invoer_aanwezig,
    doel.is_voorlopig,
    doel.herkomst
from benchmark.voorzieningen_doel as doel
left join core.rapport_cijfer as gedrukt
    on
        gedrukt.id = concat('fig18_groei_', replace(doel.doel, '-', ''))
        and doel.jaar = 2024
        and doel.maand = 12
where doel.niveau = 'totaal'

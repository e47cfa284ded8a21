/*
about = """
Figure 22 of the report of 2025: persons with a voorziening per person with bijstand, by leeftijd and category (monthly
means). From benchmark.personen_leeftijd: the seven categories of the report are sums of types.
"""
grain = ["jaar", "indeling", "categorie", "leeftijd"]
methode = "the-report-recomputed"

[columns]
jaar = ["jaar", "jaar van de verslagmaanden"]
indeling = ["naam", "CBS of rapport; zie benchmark.personen_leeftijd"]
categorie = ["naam", "type, hoofdcategorie, totaal of een van de zeven categorieën van het rapport"]
leeftijd = ["naam", "leeftijd in jaren; >=45 is tot de AOW-leeftijd"]
personen_per_bijstandsontvanger = ["personen per bijstandsontvanger", "leeg bij verschillende maanden"]
rapport_per_bijstandsontvanger = ["personen per bijstandsontvanger", "gedrukt in het rapport, voor 2024 en het totaal; leeg = niet gedrukt"]
aandeel_personen_procent = ["procent", "deel van de personen met een voorziening"]
aandeel_bijstand_procent = ["procent", "deel van de personen met bijstand"]
aantal_maanden = ["maanden", "maanden met een voorziening waarover gemiddeld is (n); 12 = het hele jaar"]
aantal_maanden_bijstand = ["maanden", "maanden met bijstand waarover gemiddeld is (n); 12 = het hele jaar"]
is_voorlopig = ["ja/nee", "een cijfer kan nog veranderen; leeg = geen cijfer"]
herkomst = ["naam", "cbs, opname (vastgelegde of ingevoerde cijfers) of reconstructie (geen CBS-cijfers)"]
*/
select
    persoon.jaar,
    persoon.indeling,
    persoon.categorie,
    persoon.leeftijd,
    persoon.personen_per_bijstandsontvanger,
    gedrukt.waarde as rapport_per_bijstandsontvanger,
    100 * persoon.aandeel_personen as aandeel_personen_procent,
    100 * persoon.aandeel_bijstand as aandeel_bijstand_procent,
    persoon.aantal_maanden,
    persoon.aantal_maanden_bijstand,
    persoon.is_voorlopig,
    persoon.herkomst
from benchmark.personen_leeftijd as persoon
left join core.voorziening_type as soort on persoon.categorie = soort.type
left join core.rapport_cijfer as gedrukt
    on
        gedrukt.id like 'fig22_%'
        and persoon.jaar = gedrukt.jaar
        and persoon.leeftijd = gedrukt.kenmerk
        and persoon.indeling = 'CBS'
        and soort.niveau = 'totaal'

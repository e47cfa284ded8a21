/*
about = """
Figure 21 of the report of 2025: the share of men among the persons with a voorziening, by category, beside their share
in bijstand (monthly means). From benchmark.personen_geslacht: the seven categories of the report are sums of types.
"""
grain = ["jaar", "indeling", "categorie"]
methode = "the-report-recomputed"

[columns]
jaar = ["jaar", "jaar van de verslagmaanden"]
indeling = ["naam", "CBS of rapport; zie benchmark.personen_geslacht"]
categorie = ["naam", "type, hoofdcategorie, totaal of een van de zeven categorieën van het rapport"]
aandeel_mannen_personen_procent = ["procent", "mannen onder de personen met een voorziening"]
aandeel_mannen_bijstand_procent = ["procent", "mannen onder de personen met bijstand"]
rapport_personen_procent = ["procent", "gedrukt in het rapport, voor 2024; leeg = niet gedrukt"]
rapport_bijstand_procent = ["procent", "gedrukt in het rapport, voor 2024; leeg = niet gedrukt"]
aantal_maanden = ["maanden", "maanden met een voorziening waarover gemiddeld is (n); 12 = het hele jaar"]
aantal_maanden_bijstand = ["maanden", "maanden met bijstand waarover gemiddeld is (n); 12 = het hele jaar"]
is_voorlopig = ["ja/nee", "een cijfer kan nog veranderen; leeg = geen cijfer"]
herkomst = ["naam", "cbs, opname (vastgelegde of ingevoerde cijfers) of reconstructie (geen CBS-cijfers)"]
*/
select
    persoon.jaar,
    persoon.indeling,
    persoon.categorie,
    100 * persoon.aandeel_personen as aandeel_mannen_personen_procent,
    100 * persoon.aandeel_bijstand as aandeel_mannen_bijstand_procent,
    case when persoon.categorie = 'Loonkostensubsidie (Participatiewet)' then lks.waarde end
        as rapport_personen_procent,
    bijstand.waarde as rapport_bijstand_procent,
    persoon.aantal_maanden,
    persoon.aantal_maanden_bijstand,
    persoon.is_voorlopig,
    persoon.herkomst
from benchmark.personen_geslacht as persoon
left join core.rapport_cijfer as lks on lks.id = 'fig21_mannen_lks' and persoon.jaar = lks.jaar
left join core.rapport_cijfer as bijstand on bijstand.id = 'fig21_mannen_bijstand' and persoon.jaar = bijstand.jaar
where persoon.geslacht = 'mannen'

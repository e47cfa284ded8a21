/*
about = """
Table 7 and figure 23 of the report of 2025: how long people have bijstand (means of quarters), beside the persons with a
voorziening who have bijstand. The latter are no open data of CBS: they come from the input file srg_bijstandsduur.csv, and
are empty without it.
"""
grain = ["jaar", "duur"]
methode = "the-report-recomputed"

[columns]
jaar = ["jaar", "jaar van de kwartalen"]
duur = ["naam", "hoe lang de persoon bijstand heeft; totaal en onbekend doen niet mee in de aandelen"]
aandeel_personen_procent = ["procent", "deel van de personen met een voorziening en bijstand; leeg = niet ingevoerd"]
rapport_personen_procent = ["procent", "gedrukt in het rapport, voor 2024; leeg = niet gedrukt"]
aandeel_bijstand_procent = ["procent", "deel van de personen met bijstand en een bekende duur"]
rapport_bijstand_procent = ["procent", "gedrukt in het rapport, voor 2024; leeg = niet gedrukt"]
verhouding_aandelen = ["verhouding", "het eerste aandeel / het tweede; leeg = niet ingevoerd"]
rapport_verhouding = ["verhouding", "gedrukt in het rapport, voor 2024; leeg = niet gedrukt"]
aantal_kwartalen = ["kwartalen", "kwartalen waarover aandeel_bijstand_procent gemiddeld is (n); 4 = het hele jaar"]
is_invoer_aanwezig = ["ja/nee", "het invoerbestand heeft dit jaar"]
is_voorlopig = ["ja/nee", "het aantal personen met bijstand kan nog veranderen; leeg = geen cijfer"]
herkomst = ["naam", "cbs, opname (vastgelegde of ingevoerde cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with gedrukt as (
    select
        jaar,
        kenmerk as duur,
        max(waarde) filter (id like 'tabel7_voorzieningen_%') as personen,
        max(waarde) filter (id like 'tabel7_bijstand_%') as bijstand,
        max(waarde) filter (id like 'tabel7_verhouding_%') as verhouding
    from core.rapport_cijfer
    where id like 'tabel7_%'
    group by jaar, kenmerk
)

select
    duur.jaar,
    duur.duur,
    100 * duur.aandeel_personen_srg as aandeel_personen_procent,
    gedrukt.personen as rapport_personen_procent,
    100 * duur.aandeel_bijstand as aandeel_bijstand_procent,
    gedrukt.bijstand as rapport_bijstand_procent,
    duur.verhouding_aandelen,
    gedrukt.verhouding as rapport_verhouding,
    duur.aantal_kwartalen,
    duur.is_invoer_aanwezig,
    duur.is_voorlopig,
    duur.herkomst
from benchmark.personen_bijstandsduur as duur
left join gedrukt on duur.jaar = gedrukt.jaar and duur.duur = gedrukt.duur

/*
about = """
The figures of paragraph 6.2.1 and footnote 28 of the report of 2025: voorzieningen per person, persons with and without
bijstand, and which part of the people with bijstand has a voorziening, per year. The share without bijstand is an
assumption taken from the report itself (core.instelling), so what rests on it agrees with the report by that.
"""
grain = ["jaar", "maat"]
methode = "the-report-recomputed"

[columns]
jaar = ["jaar", "jaar van de verslagmaanden"]
maat = ["naam", "welk cijfer"]
eenheid = ["naam", "eenheid van waarde"]
waarde = ["zie eenheid", "het cijfer; leeg = niet te berekenen"]
rapport_waarde = ["zie eenheid", "gedrukt in het rapport, voor 2024; leeg = niet gedrukt"]
aantal_maanden_voorzieningen = ["maanden", "maanden van 85588NED in de gemiddelden (n); 12 = het hele jaar"]
aantal_maanden_personen = ["maanden", "maanden van 85589NED in de gemiddelden (n); 12 = het hele jaar"]
is_op_aanname = ["ja/nee", "rust op aandeel_personen_zonder_bijstand uit core.instelling"]
is_voorlopig = ["ja/nee", "een van de cijfers kan nog veranderen; leeg = geen cijfer"]
herkomst = ["naam", "cbs, opname (vastgelegde of ingevoerde cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with maat as (
    select
        jaar,
        aantal_maanden,
        aantal_maanden_personen,
        is_voorlopig,
        herkomst,
        unnest([
            {
                id: 'voorzieningen_per_persoon',
                naam: 'voorzieningen per persoon',
                getal: voorzieningen_per_persoon,
                op_aanname: false
            },
            {
                id: 'personen_zonder_bijstand',
                naam: 'personen met een voorziening zonder bijstand',
                getal: personen_zonder_bijstand,
                op_aanname: true
            },
            {
                id: 'personen_met_bijstand',
                naam: 'personen met een voorziening met bijstand',
                getal: personen_met_bijstand,
                op_aanname: true
            },
            {
                id: 'bijstand_ultimo_2024',
                naam: 'personen met bijstand, ultimo',
                getal: bijstandsontvangers_ultimo::double,
                op_aanname: false
            },
            {
                id: 'aandeel_bijstand_met_voorziening',
                naam: 'aandeel van de personen met bijstand dat een voorziening heeft',
                getal: 100 * aandeel_bijstand_bereikt,
                op_aanname: true
            }
        ]) as cijfer
    from benchmark.intensiteit
)

select
    maat.jaar,
    maat.cijfer.naam as maat,
    gedrukt.eenheid,
    maat.cijfer.getal as waarde,
    case when maat.jaar = 2024 then gedrukt.waarde end as rapport_waarde,
    maat.aantal_maanden as aantal_maanden_voorzieningen,
    maat.aantal_maanden_personen,
    maat.cijfer.op_aanname as is_op_aanname,
    maat.is_voorlopig,
    maat.herkomst
from maat
inner join core.rapport_cijfer as gedrukt on maat.cijfer.id = gedrukt.id

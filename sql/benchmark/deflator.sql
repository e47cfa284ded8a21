/*
about = """
By what an amount of a boekjaar is divided to put it in the prices of the base year: three price series side by side, none
of them the right one. `overheidsconsumptie` (CBS 85880NED) is nearest to what the report of 2025 says it took,
`consumentenprijzen` (CBS 86141NED) is what households meet, and `rapport tabel 3` is what the printed figures of the
report imply. The base year is a choice (core.instelling); a series that does not have that year has no rows.
"""
grain = ["reeks", "jaar"]
methode = "real-terms"

[columns]
reeks = ["naam", "prijsreeks; zie core.prijsindex"]
jaar = ["jaar", "jaar van het bedrag"]
basisjaar = ["jaar", "in prijzen van dit jaar"]
deflator = ["verhouding", "prijspeil van jaar / prijspeil van basisjaar"]
is_voorlopig = ["ja/nee", "het prijspeil van jaar of basisjaar kan nog veranderen"]
bron = ["naam", "bron van de reeks; haar vintage staat in core.bron; rapport = gedrukt"]
herkomst = ["naam", "cbs, opname (vastgelegde of gedrukte cijfers) of reconstructie (geen CBS-cijfers), van deze reeks"]
*/
with keuze as (
    select waarde::bigint as basisjaar
    from core.instelling
    where naam = 'basisjaar_prijzen'
)

select
    prijs.reeks,
    prijs.jaar,
    keuze.basisjaar,
    prijs.prijsindex_2020_100 / basis.prijsindex_2020_100 as deflator,
    prijs.is_voorlopig or basis.is_voorlopig as is_voorlopig,
    prijs.bron,
    case when prijs.bron = 'rapport' then 'opname' else bron.herkomst end as herkomst
from core.prijsindex as prijs
cross join keuze
inner join core.prijsindex as basis on prijs.reeks = basis.reeks and keuze.basisjaar = basis.jaar
left join core.bron as bron on prijs.bron = bron.bron

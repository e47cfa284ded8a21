/*
about = """
The amounts of benchmark.uitgaven_nederland in real terms: divided by each price series of benchmark.deflator. A year that
a series does not have is not there.
"""
grain = ["boekjaar", "verslagsoort", "plaatsing", "taakveld", "reeks"]
methode = "real-terms"

[columns]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
verslagsoort = ["naam", "begroting of jaarrekening"]
plaatsing = ["rangnummer", "1 = eerste plaatsing, 2 = tweede plaatsing"]
taakveld = ["code", "taakveld; 6.5 is Arbeidsparticipatie"]
reeks = ["naam", "prijsreeks; zie core.prijsindex"]
basisjaar = ["jaar", "in prijzen van dit jaar"]
lasten_euro = ["euro", "nominaal"]
deflator = ["verhouding", "prijspeil van boekjaar / prijspeil van basisjaar"]
lasten_reeel_euro = ["euro, prijzen basisjaar", "lasten_euro / deflator"]
baten_reeel_euro = ["euro, prijzen basisjaar", "baten_euro / deflator"]
lasten_per_inwoner_reeel_euro = ["euro per inwoner, prijzen basisjaar", "lasten_per_inwoner_euro / deflator"]
lasten_per_bijstandsontvanger_reeel_euro = ["euro per bijstandsontvanger, prijzen basisjaar", "lasten_per_bijstandsontvanger_euro / deflator"]
is_deflator_voorlopig = ["ja/nee", "het prijspeil kan nog veranderen"]
herkomst = ["naam", "cbs, opname (vastgelegde of gedrukte cijfers) of reconstructie (geen CBS-cijfers)"]
*/
select
    nederland.boekjaar,
    nederland.verslagsoort,
    nederland.plaatsing,
    nederland.taakveld,
    deflator.reeks,
    deflator.basisjaar,
    nederland.lasten_euro,
    deflator.deflator,
    nederland.lasten_euro / deflator.deflator as lasten_reeel_euro,
    nederland.baten_euro / deflator.deflator as baten_reeel_euro,
    nederland.lasten_per_inwoner_euro / deflator.deflator as lasten_per_inwoner_reeel_euro,
    nederland.lasten_per_bijstandsontvanger_euro / deflator.deflator as lasten_per_bijstandsontvanger_reeel_euro,
    deflator.is_voorlopig as is_deflator_voorlopig,
    -- The series that the report implies is no figure of CBS, so what is divided by it is none either.
    case when nederland.herkomst = 'cbs' then deflator.herkomst else nederland.herkomst end as herkomst
from benchmark.uitgaven_nederland as nederland
inner join benchmark.deflator as deflator on nederland.boekjaar = deflator.jaar

/*
about = """
The statistics of benchmark.uitgaven_groep in real terms: divided by each price series of benchmark.deflator. All
gemeenten of a year are divided by the same number, so every statistic of euro per person is too.
"""
grain = ["boekjaar", "verslagsoort", "plaatsing", "taakveld", "noemer", "indeling", "groep_volgorde", "nulboekingen", "reeks"]
methode = "real-terms"

[columns]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
verslagsoort = ["naam", "begroting of jaarrekening"]
plaatsing = ["rangnummer", "1 = eerste plaatsing, 2 = tweede plaatsing"]
taakveld = ["code", "taakveld; 6.5 is Arbeidsparticipatie"]
noemer = ["naam", "inwoner of bijstandsontvanger"]
indeling = ["naam", "zie benchmark.gemeente_groep"]
groep_volgorde = ["rangnummer", "volgorde van de groep in de indeling"]
groep = ["naam", "groep van gemeenten"]
nulboekingen = ["naam", "met = gemeenten die 0 boekten tellen mee; zonder = zij zijn weggelaten"]
reeks = ["naam", "prijsreeks; zie core.prijsindex"]
basisjaar = ["jaar", "in prijzen van dit jaar"]
aantal = ["gemeenten", "gemeenten waarover de statistieken zijn berekend (n)"]
som_lasten_reeel_euro = ["euro, prijzen basisjaar", "som_lasten_euro / deflator"]
verhouding_van_sommen_reeel_euro = ["euro per noemer, prijzen basisjaar", "gewogen gemiddelde / deflator"]
gemiddelde_reeel_euro = ["euro per noemer, prijzen basisjaar", "ongewogen gemiddelde / deflator"]
mediaan_reeel_euro = ["euro per noemer, prijzen basisjaar", "mediaan / deflator"]
is_deflator_voorlopig = ["ja/nee", "het prijspeil kan nog veranderen"]
herkomst = ["naam", "cbs, opname (vastgelegde of gedrukte cijfers) of reconstructie (geen CBS-cijfers)"]
*/
select
    groep.boekjaar,
    groep.verslagsoort,
    groep.plaatsing,
    groep.taakveld,
    groep.noemer,
    groep.indeling,
    groep.groep_volgorde,
    groep.groep,
    groep.nulboekingen,
    deflator.reeks,
    deflator.basisjaar,
    groep.aantal,
    groep.som_lasten_euro / deflator.deflator as som_lasten_reeel_euro,
    groep.verhouding_van_sommen_euro / deflator.deflator as verhouding_van_sommen_reeel_euro,
    groep.gemiddelde_euro / deflator.deflator as gemiddelde_reeel_euro,
    groep.mediaan_euro / deflator.deflator as mediaan_reeel_euro,
    deflator.is_voorlopig as is_deflator_voorlopig,
    -- The series that the report implies is no figure of CBS, so what is divided by it is none either.
    case when groep.herkomst = 'cbs' then deflator.herkomst else groep.herkomst end as herkomst
from benchmark.uitgaven_groep as groep
inner join benchmark.deflator as deflator on groep.boekjaar = deflator.jaar

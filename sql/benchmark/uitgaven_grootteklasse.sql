/*
about = """
Lasten on a taakveld per inwoner and per bijstandsontvanger, by class of gemeentegrootte, with every statistic named:
the ratio of sums (weighted), and over the gemeenten of the class the unweighted mean, median, P10, P25, P75 and P90
(linear interpolation between the two nearest values, R type 7). Class by the inwoners of the boekjaar. Statistics are
over gemeenten that delivered and have a denominator above 0; the other ones are counted, never read as 0. The report
of 2025 (figure 7) prints the unweighted mean. Zero bookings are in (`met`) or out (`zonder`).
"""
grain = ["boekjaar", "verslagsoort", "plaatsing", "taakveld", "noemer", "indeling", "klasse_volgorde", "nulboekingen"]
methode = "spending"

[columns]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
verslagsoort = ["naam", "begroting of jaarrekening"]
plaatsing = ["rangnummer", "1 = eerste plaatsing, 2 = tweede plaatsing"]
taakveld = ["code", "taakveld; 6.5 is Arbeidsparticipatie"]
noemer = ["naam", "inwoner of bijstandsontvanger"]
indeling = ["naam", "rapport, cbs of buig; zie core.grootteklasse"]
klasse_volgorde = ["rangnummer", "volgorde van de klasse, van klein naar groot"]
grootteklasse = ["naam", "klasse van inwoners op 1 januari van het boekjaar"]
nulboekingen = ["naam", "met = gemeenten die 0 boekten tellen mee; zonder = zij zijn weggelaten"]
aantal_gemeenten = ["gemeenten", "alle gemeenten in de klasse, ook wie niet leverde of is weggelaten"]
aantal = ["gemeenten", "gemeenten waarover de statistieken zijn berekend (n)"]
aantal_nulboekingen = ["gemeenten", "gemeenten in de klasse die leverden en 0 boekten"]
aantal_niet_geleverd = ["gemeenten", "gemeenten in de klasse die niet leverden"]
aantal_zonder_noemer = ["gemeenten", "gemeenten die leverden maar geen noemer boven 0 hebben"]
aandeel_inwoners_gedekt = ["aandeel 0-1", "inwoners van de n gemeenten / inwoners van alle gemeenten in de klasse"]
som_lasten_euro = ["euro", "som van de lasten van de n gemeenten"]
som_noemer = ["personen", "som van de noemer van de n gemeenten"]
verhouding_van_sommen_euro = ["euro per noemer", "som_lasten_euro / som_noemer (gewogen gemiddelde)"]
gemiddelde_euro = ["euro per noemer", "ongewogen gemiddelde van de gemeenten"]
mediaan_euro = ["euro per noemer", "mediaan van de gemeenten"]
p10_euro = ["euro per noemer", "tiende percentiel"]
p25_euro = ["euro per noemer", "eerste kwartiel"]
p75_euro = ["euro per noemer", "derde kwartiel"]
p90_euro = ["euro per noemer", "negentigste percentiel"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
select
    boekjaar,
    verslagsoort,
    plaatsing,
    taakveld,
    noemer,
    indeling,
    groep_volgorde as klasse_volgorde,
    groep as grootteklasse,
    nulboekingen,
    aantal_gemeenten,
    aantal,
    aantal_nulboekingen,
    aantal_niet_geleverd,
    aantal_zonder_noemer,
    aandeel_inwoners_gedekt,
    som_lasten_euro,
    som_noemer,
    verhouding_van_sommen_euro,
    gemiddelde_euro,
    mediaan_euro,
    p10_euro,
    p25_euro,
    p75_euro,
    p90_euro,
    herkomst
from benchmark.uitgaven_groep
where indeling in ('rapport', 'cbs', 'buig')

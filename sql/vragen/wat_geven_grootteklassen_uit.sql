/*
about = """
How does spending differ by size of the gemeente? Taakveld 6.5 Arbeidsparticipatie, jaarrekening, second plaatsing, classes of the
report, zero bookings included, per inwoner and per bijstandsontvanger. Unweighted mean, median and quartiles, beside the ratio of sums.
"""
grain = ["boekjaar", "noemer", "klasse_volgorde"]
methode = "spending"

# A name stands for the description of that column of that table.
[columns]
boekjaar = "benchmark.uitgaven_grootteklasse"
noemer = "benchmark.uitgaven_grootteklasse"
klasse_volgorde = "benchmark.uitgaven_grootteklasse"
grootteklasse = "benchmark.uitgaven_grootteklasse"
aantal_gemeenten = "benchmark.uitgaven_grootteklasse"
aantal = "benchmark.uitgaven_grootteklasse"
aantal_nulboekingen = "benchmark.uitgaven_grootteklasse"
aantal_niet_geleverd = "benchmark.uitgaven_grootteklasse"
verhouding_van_sommen_euro = "benchmark.uitgaven_grootteklasse"
gemiddelde_euro = "benchmark.uitgaven_grootteklasse"
mediaan_euro = "benchmark.uitgaven_grootteklasse"
p25_euro = "benchmark.uitgaven_grootteklasse"
p75_euro = "benchmark.uitgaven_grootteklasse"
herkomst = "benchmark.uitgaven_grootteklasse"
*/
select
    boekjaar,
    noemer,
    klasse_volgorde,
    grootteklasse,
    aantal_gemeenten,
    aantal,
    aantal_nulboekingen,
    aantal_niet_geleverd,
    verhouding_van_sommen_euro,
    gemiddelde_euro,
    mediaan_euro,
    p25_euro,
    p75_euro,
    herkomst
from benchmark.uitgaven_grootteklasse
where
    taakveld = '6.5'
    and verslagsoort = 'jaarrekening'
    and plaatsing = 2
    and indeling = 'rapport'
    and nulboekingen = 'met'
order by boekjaar, noemer, klasse_volgorde

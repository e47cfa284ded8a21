/*
about = """
What do all gemeenten spend together? Taakveld 6.5 Arbeidsparticipatie, jaarrekening, second plaatsing, nominal and in real terms by the
price of government consumption. Gemeenten that did not deliver are not in the sum; how many there are stands beside it.
"""
grain = ["boekjaar"]
methode = "spending"

# A name stands for the description of that column of that table.
[columns]
boekjaar = "benchmark.uitgaven_nederland"
aantal_gemeenten = "benchmark.uitgaven_nederland"
aantal_niet_geleverd = "benchmark.uitgaven_nederland"
aantal_nulboekingen = "benchmark.uitgaven_nederland"
lasten_euro = "benchmark.uitgaven_nederland"
lasten_per_inwoner_euro = "benchmark.uitgaven_nederland"
lasten_per_bijstandsontvanger_euro = "benchmark.uitgaven_nederland"
basisjaar = "benchmark.uitgaven_nederland_reeel"
lasten_reeel_euro = "benchmark.uitgaven_nederland_reeel"
lasten_per_inwoner_reeel_euro = "benchmark.uitgaven_nederland_reeel"
herkomst = "benchmark.uitgaven_nederland"
*/
select
    nederland.boekjaar,
    nederland.aantal_gemeenten,
    nederland.aantal_niet_geleverd,
    nederland.aantal_nulboekingen,
    nederland.lasten_euro,
    nederland.lasten_per_inwoner_euro,
    nederland.lasten_per_bijstandsontvanger_euro,
    reeel.basisjaar,
    reeel.lasten_reeel_euro,
    reeel.lasten_per_inwoner_reeel_euro,
    nederland.herkomst
from benchmark.uitgaven_nederland as nederland
left join benchmark.uitgaven_nederland_reeel as reeel
    on
        nederland.boekjaar = reeel.boekjaar
        and nederland.verslagsoort = reeel.verslagsoort
        and nederland.plaatsing = reeel.plaatsing
        and nederland.taakveld = reeel.taakveld
        and reeel.reeks = 'overheidsconsumptie'
where nederland.taakveld = '6.5' and nederland.verslagsoort = 'jaarrekening' and nederland.plaatsing = 2
order by nederland.boekjaar

/*
about = """
What was budgeted, and what was booked? Lasten on taakveld 6.5 Arbeidsparticipatie in begroting and jaarrekening, second plaatsing, per gemeente.
"""
grain = ["boekjaar", "gemeente_code"]
methode = "spending"

# A name stands for the description of that column of that table.
[columns]
boekjaar = "benchmark.begroting_realisatie"
gemeente_code = "benchmark.begroting_realisatie"
gemeente = "benchmark.begroting_realisatie"
begroting_lasten_euro = "benchmark.begroting_realisatie"
jaarrekening_lasten_euro = "benchmark.begroting_realisatie"
verschil_lasten_euro = "benchmark.begroting_realisatie"
verhouding_lasten = "benchmark.begroting_realisatie"
herkomst = "benchmark.begroting_realisatie"
*/
select
    boekjaar,
    gemeente_code,
    gemeente,
    begroting_lasten_euro,
    jaarrekening_lasten_euro,
    verschil_lasten_euro,
    verhouding_lasten,
    herkomst
from benchmark.begroting_realisatie
where taakveld = '6.5' and plaatsing = 2
order by boekjaar, gemeente_code

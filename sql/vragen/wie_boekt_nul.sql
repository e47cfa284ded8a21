/*
about = """
Who books zero on taakveld 6.5 Arbeidsparticipatie, and in which years? Jaarrekening, second plaatsing. A zero booking says
nothing about a gemeente: it may book the same costs on another taakveld (benchmark.taakveld_aandeel shows 6.3 and 6.4).
"""
grain = ["gemeente_code"]
methode = "spending"

# A name stands for the description of that column of that table.
[columns]
gemeente_code = "benchmark.nulboekingen"
gemeente = "benchmark.nulboekingen"
aantal_jaren = "benchmark.nulboekingen"
aantal_jaren_nul = "benchmark.nulboekingen"
jaren_nul = "benchmark.nulboekingen"
aantal_jaren_niet_geleverd = "benchmark.nulboekingen"
is_laatste_jaar_nul = "benchmark.nulboekingen"
hoogste_lasten_euro = "benchmark.nulboekingen"
herkomst = "benchmark.nulboekingen"
*/
select
    gemeente_code,
    gemeente,
    aantal_jaren,
    aantal_jaren_nul,
    jaren_nul,
    aantal_jaren_niet_geleverd,
    is_laatste_jaar_nul,
    hoogste_lasten_euro,
    herkomst
from benchmark.nulboekingen
where taakveld = '6.5' and verslagsoort = 'jaarrekening' and plaatsing = 2 and aantal_jaren_nul > 0
order by gemeente_code

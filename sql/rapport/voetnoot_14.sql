/*
about = """
Footnote 14 of the report of 2025: gemeenten that book 0 euro on taakveld 6.5 (jaarrekening, second plaatsing), counted
and by name, told apart from those that did not deliver. A zero booking says nothing about a single gemeente: it may
book the same costs elsewhere. The years of each stand in benchmark.nulboekingen.
"""
grain = ["boekjaar"]
methode = "the-report-recomputed"

[columns]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
aantal_nulboekingen = ["gemeenten", "gemeenten die leverden en 0 boekten"]
rapport_aantal = ["gemeenten", "zoals gedrukt, voor 2020 tot en met 2024; leeg = niet gedrukt"]
gemeenten_nulboeking = ["namen", "welke dat zijn; leeg = geen"]
aantal_niet_geleverd = ["gemeenten", "gemeenten die niet leverden, of alleen nullen"]
gemeenten_niet_geleverd = ["namen", "welke dat zijn; leeg = geen"]
herkomst = ["naam", "cbs, opname (vastgelegde of ingevoerde cijfers) of reconstructie (geen CBS-cijfers)"]
*/
select
    gemeente.boekjaar,
    count(*) filter (gemeente.is_nulboeking) as aantal_nulboekingen,
    any_value(case when gemeente.boekjaar between 2020 and 2024 then gedrukt.waarde_gedrukt end) as rapport_aantal,
    string_agg(gemeente.gemeente, ', ' order by gemeente.gemeente asc, gemeente.gemeente_code asc)
    filter (gemeente.is_nulboeking) as gemeenten_nulboeking,
    count(*) filter (not gemeente.is_geleverd) as aantal_niet_geleverd,
    string_agg(gemeente.gemeente, ', ' order by gemeente.gemeente asc, gemeente.gemeente_code asc)
    filter (not gemeente.is_geleverd) as gemeenten_niet_geleverd,
    any_value(gemeente.herkomst) as herkomst
from benchmark.gemeente_jaar as gemeente
left join core.rapport_cijfer as gedrukt on gedrukt.id = 'nulboekers_per_jaar'
where gemeente.taakveld = '6.5' and gemeente.verslagsoort = 'jaarrekening' and gemeente.plaatsing = 2
group by gemeente.boekjaar

/*
about = "benchmark.gemeente_jaar has every gemeente of the year for each published verslagsoort, plaatsing and taakveld"
ernst = "fout"
*/
with telling as (
    select
        jaar as boekjaar,
        count(*) as aantal_gemeenten
    from core.gemeente
    group by jaar
)

select
    boekjaar,
    verslagsoort,
    plaatsing,
    taakveld,
    count(*) as aantal_rijen,
    any_value(telling.aantal_gemeenten) as aantal_gemeenten
from benchmark.gemeente_jaar
inner join telling using (boekjaar)
group by boekjaar, verslagsoort, plaatsing, taakveld
having count(*) != any_value(telling.aantal_gemeenten)

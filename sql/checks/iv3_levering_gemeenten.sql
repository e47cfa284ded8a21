/*
about = "every gemeente of the year is there once for each verslagsoort and plaatsing, and no other gemeente is"
ernst = "fout"
*/
with soort as (
    select distinct
        verslagsoort,
        plaatsing
    from core.iv3_levering
),

verwacht as (
    select
        gemeente.jaar as boekjaar,
        soort.verslagsoort,
        soort.plaatsing,
        gemeente.gemeente_code
    from core.gemeente
    cross join soort
)

select
    boekjaar,
    verslagsoort,
    plaatsing,
    gemeente_code,
    count(levering.status) as aantal
from verwacht
full join core.iv3_levering as levering using (boekjaar, verslagsoort, plaatsing, gemeente_code)
group by all
having count(levering.status) != 1

/*
about = "the national lasten and baten are those of the raw cells of CBS"
ernst = "fout"
*/
with ruw as (
    select
        jaar as boekjaar,
        split_part(sleutel, '/', 1) as verslagsoort,
        split_part(sleutel, '/', 2)::bigint as plaatsing,
        split_part(sleutel, '/', 3) as taakveld,
        sum(waarde) filter (split_part(sleutel, '/', 4) = 'lasten') as lasten_euro,
        sum(waarde) filter (split_part(sleutel, '/', 4) = 'baten') as baten_euro
    from core.controletotaal
    where onderwerp = 'som van de Iv3-cellen'
    group by all
)

select
    boekjaar,
    verslagsoort,
    plaatsing,
    taakveld,
    nederland.lasten_euro,
    ruw.lasten_euro as ruw_lasten_euro,
    nederland.baten_euro,
    ruw.baten_euro as ruw_baten_euro
from benchmark.uitgaven_nederland as nederland
left join ruw using (boekjaar, verslagsoort, plaatsing, taakveld)
-- Who delivered and has nothing there has 0 in our tables; CBS then has no figure, or nobody delivered and both have none.
where
    coalesce(nederland.lasten_euro, 0) != coalesce(ruw.lasten_euro, 0)
    or coalesce(nederland.baten_euro, 0) != coalesce(ruw.baten_euro, 0)

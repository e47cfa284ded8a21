/*
about = "the bookings add up to the raw cells of CBS: per boekjaar, verslagsoort, plaatsing, taakveld, lasten or baten"
ernst = "fout"
*/
with geboekt as (
    select
        boekjaar as jaar,
        concat_ws('/', verslagsoort, plaatsing, taakveld, lasten_baten) as sleutel,
        sum(bedrag_euro) as geboekt_euro
    from core.iv3_boeking
    group by all
),

ruw as (
    select
        jaar,
        sleutel,
        waarde as ruw_euro
    from core.controletotaal
    where onderwerp = 'som van de Iv3-cellen'
)

select
    jaar,
    sleutel,
    ruw.ruw_euro,
    geboekt.geboekt_euro
from ruw
full join geboekt using (jaar, sleutel)
where coalesce(ruw.ruw_euro, 0) != coalesce(geboekt.geboekt_euro, 0)

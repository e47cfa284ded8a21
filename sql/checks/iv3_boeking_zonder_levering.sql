/*
about = "only a gemeente that delivered has bookings"
ernst = "fout"
*/
select distinct
    boeking.boekjaar,
    boeking.verslagsoort,
    boeking.plaatsing,
    boeking.gemeente_code
from core.iv3_boeking as boeking
inner join core.iv3_levering as levering using (boekjaar, verslagsoort, plaatsing, gemeente_code)
where levering.status != 'geleverd'

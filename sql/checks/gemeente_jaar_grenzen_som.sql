/*
about = "on the boundaries of any year the gemeenten add up to the same lasten, baten and inwoners, and all are there"
ernst = "fout"
*/
with bron as (
    select
        boekjaar,
        verslagsoort,
        plaatsing,
        taakveld,
        sum(lasten_euro) as lasten_euro,
        sum(baten_euro) as baten_euro,
        sum(inwoners) as inwoners
    from benchmark.gemeente_jaar
    group by all
),

grenzen as (
    select
        grenzen_jaar,
        boekjaar,
        verslagsoort,
        plaatsing,
        taakveld,
        count(*) as aantal_gemeenten,
        sum(lasten_euro) as lasten_euro,
        sum(baten_euro) as baten_euro,
        sum(inwoners) as inwoners
    from benchmark.gemeente_jaar_grenzen
    group by all
),

register as (
    select
        jaar,
        count(*) as aantal_gemeenten
    from core.gemeente
    group by jaar
)

select
    bron.boekjaar,
    bron.verslagsoort,
    bron.plaatsing,
    bron.taakveld,
    register.jaar as grenzen_jaar,
    bron.lasten_euro as zoals_zij_waren_euro,
    grenzen.lasten_euro,
    register.aantal_gemeenten as gemeenten_register,
    grenzen.aantal_gemeenten
from bron
inner join register on bron.boekjaar <= register.jaar
left join grenzen
    on
        register.jaar = grenzen.grenzen_jaar
        and bron.boekjaar = grenzen.boekjaar
        and bron.verslagsoort = grenzen.verslagsoort
        and bron.plaatsing = grenzen.plaatsing
        and bron.taakveld = grenzen.taakveld
where
    bron.lasten_euro is distinct from grenzen.lasten_euro
    or bron.baten_euro is distinct from grenzen.baten_euro
    or bron.inwoners is distinct from grenzen.inwoners
    or register.aantal_gemeenten is distinct from grenzen.aantal_gemeenten

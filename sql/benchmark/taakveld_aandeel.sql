/*
about = """
How a gemeente divides its lasten over the taakvelden that are compared (core.instelling; 6.3 Inkomensregelingen, 6.4
WSW en beschut werk, 6.5 Arbeidsparticipatie): the share of each in the sum of all. It shows where a gemeente that books
little or nothing on 6.5 does book. Only gemeenten that delivered; empty shares where the sum is 0.
"""
grain = ["boekjaar", "verslagsoort", "plaatsing", "gemeente_code", "taakveld"]
methode = "spending"

[columns]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
verslagsoort = ["naam", "begroting of jaarrekening"]
plaatsing = ["rangnummer", "1 = eerste plaatsing, 2 = tweede plaatsing"]
gemeente_code = ["code", "gemeentecode van CBS"]
taakveld = ["code", "taakveld; 6.5 is Arbeidsparticipatie"]
gemeente = ["naam", "naam van de gemeente in dat jaar"]
taakvelden = ["codes", "de taakvelden waarover is opgeteld"]
lasten_euro = ["euro", "lasten op dit taakveld"]
lasten_samen_euro = ["euro", "lasten op alle taakvelden samen"]
aandeel_lasten = ["aandeel 0-1", "lasten_euro / lasten_samen_euro; negatieve lasten kunnen het buiten 0-1 brengen"]
aandeel_lasten_nederland = ["aandeel 0-1", "hetzelfde voor alle gemeenten samen"]
lasten_per_inwoner_euro = ["euro per inwoner", "lasten_euro / inwoners"]
is_nulboeking = ["ja/nee", "de lasten op dit taakveld zijn 0"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with samen as (
    select
        *,
        sum(lasten_euro) over gemeente as lasten_samen,
        string_agg(taakveld, ', ') over (
            gemeente
            order by taakveld
            rows between unbounded preceding and unbounded following
        ) as taakvelden,
        sum(lasten_euro) over (partition by boekjaar, verslagsoort, plaatsing, taakveld) as lasten_nederland,
        sum(lasten_euro) over (partition by boekjaar, verslagsoort, plaatsing) as lasten_samen_nederland
    from benchmark.gemeente_jaar
    where is_geleverd
    window gemeente as (partition by boekjaar, verslagsoort, plaatsing, gemeente_code)
)

select
    boekjaar,
    verslagsoort,
    plaatsing,
    gemeente_code,
    taakveld,
    gemeente,
    taakvelden,
    lasten_euro,
    lasten_samen::bigint as lasten_samen_euro,
    lasten_euro / nullif(lasten_samen, 0) as aandeel_lasten,
    lasten_nederland / nullif(lasten_samen_nederland, 0) as aandeel_lasten_nederland,
    lasten_per_inwoner_euro,
    is_nulboeking,
    herkomst
from samen

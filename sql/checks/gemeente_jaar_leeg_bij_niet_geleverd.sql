/*
about = "a gemeente that did not deliver has no amounts, and one that did has them"
ernst = "fout"
*/
select
    boekjaar,
    verslagsoort,
    plaatsing,
    taakveld,
    gemeente_code
from benchmark.gemeente_jaar
where is_geleverd != (lasten_euro is not null and baten_euro is not null and is_nulboeking is not null)

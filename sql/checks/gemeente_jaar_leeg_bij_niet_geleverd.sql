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
where
    is_geleverd != (lasten_euro is not null)
    or is_geleverd != (baten_euro is not null)
    or is_geleverd != (saldo_euro is not null)
    or is_geleverd != (is_nulboeking is not null)

/*
about = "the amounts of a boekjaar on the boundaries of a later year: from benchmark.op_grenzen(2020, 2023)"
schema = "benchmark"
soort = "tabel"
parameters = ["van_boekjaar", "op_jaar"]
*/
-- What is asked is taken first, where there is no table: it is put in as text, and a column of the asker called boekjaar
-- would be read as one of the table below.
with gevraagd as (
    select
        van_boekjaar as gevraagd_boekjaar,
        op_jaar as gevraagd_grenzen
),

gecontroleerd as (
    select
        gevraagd_boekjaar,
        case
            when gevraagd_grenzen < gevraagd_boekjaar
                then error(concat(
                    'boekjaar ',
                    gevraagd_boekjaar,
                    ' cannot be put on the boundaries of ',
                    gevraagd_grenzen,
                    ': figures go over to later years only. CBS tells who lived in what passed, not which part of ',
                    'a later figure belongs to a former gemeente. Put the earlier year on later boundaries instead.'
                ))
            when gevraagd_grenzen not in (select core.gemeente.jaar from core.gemeente)
                then error(concat('this file has no gemeenten of ', gevraagd_grenzen, '; see core.gemeente'))
            when gevraagd_boekjaar not in (select core.gemeente.jaar from core.gemeente)
                then error(concat('this file has no boekjaar ', gevraagd_boekjaar, '; see core.gemeente'))
            else gevraagd_grenzen
        end as gevraagd_grenzen
    from gevraagd
)

-- Every column of the table, as it stands there: a list here would be a second truth.
select grenzen.* -- noqa: AM04
from benchmark.gemeente_jaar_grenzen as grenzen
inner join gecontroleerd
    on
        grenzen.boekjaar = gecontroleerd.gevraagd_boekjaar
        and grenzen.grenzen_jaar = gecontroleerd.gevraagd_grenzen

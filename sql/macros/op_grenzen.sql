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
)

-- Every column of the table, as it stands there: a list here would be a second truth.
select grenzen.* -- noqa: AM04
from benchmark.gemeente_jaar_grenzen as grenzen
where
    grenzen.boekjaar = (select gevraagd.gevraagd_boekjaar from gevraagd)
    and grenzen.grenzen_jaar = (
        select
            case
                when gevraagd.gevraagd_grenzen < gevraagd.gevraagd_boekjaar
                    then error(concat(
                        'boekjaar ',
                        gevraagd.gevraagd_boekjaar,
                        ' cannot be put on the boundaries of ',
                        gevraagd.gevraagd_grenzen,
                        ': figures go over to later years only. CBS tells who lived in what passed, not which part of ',
                        'a later figure belongs to a former gemeente. Put the earlier year on later boundaries instead.'
                    ))
                when gevraagd.gevraagd_grenzen not in (select core.gemeente.jaar from core.gemeente)
                    then error(concat(
                        'this file has no gemeenten of ', gevraagd.gevraagd_grenzen, '; see core.gemeente'
                    ))
                when gevraagd.gevraagd_boekjaar not in (select core.gemeente.jaar from core.gemeente)
                    then error(concat(
                        'this file has no boekjaar ', gevraagd.gevraagd_boekjaar, '; see core.gemeente'
                    ))
                else gevraagd.gevraagd_grenzen
            end
        from gevraagd
    )

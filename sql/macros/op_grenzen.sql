/*
about = "the amounts of a boekjaar on the boundaries of a later year: from benchmark.op_grenzen(2020, 2023)"
schema = "benchmark"
soort = "tabel"
parameters = ["van_boekjaar", "op_jaar"]
*/
-- Every column of the table, as it stands there: a list here would be a second truth.
select * -- noqa: AM04
from benchmark.gemeente_jaar_grenzen
where
    boekjaar = van_boekjaar
    and grenzen_jaar = (
        select
            case
                when op_jaar < van_boekjaar
                    then error(concat(
                        'boekjaar ',
                        van_boekjaar,
                        ' cannot be put on the boundaries of ',
                        op_jaar,
                        ': figures go over to later years only. CBS tells who lived in what passed, not which part of ',
                        'a later figure belongs to a former gemeente. Put the earlier year on later boundaries instead.'
                    ))
                when op_jaar not in (select core.gemeente.jaar from core.gemeente)
                    then error(concat('this file has no gemeenten of ', op_jaar, '; see core.gemeente'))
                when van_boekjaar not in (select core.gemeente.jaar from core.gemeente)
                    then error(concat('this file has no boekjaar ', van_boekjaar, '; see core.gemeente'))
                else op_jaar
            end
    )

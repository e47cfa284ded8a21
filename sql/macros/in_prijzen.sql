/*
about = "an amount of a boekjaar in prices of the base year: benchmark.in_prijzen(lasten_euro, boekjaar, 'overheidsconsumptie')"
schema = "benchmark"
soort = "getal"
parameters = ["bedrag", "van_jaar", "prijsreeks"]
*/
-- The sub-select refuses a series that does not exist; a year it does not have gives no amount. What is asked is put in
-- as text, so a column of the asker called jaar or reeks would be read as one of deflator: here its columns have names
-- that nobody else has.
select
    bedrag / (
        select max(in_prijzen_deflator) -- noqa: RF03  # the name of the asker's column cannot have one before it
        from (
            select
                jaar as in_prijzen_jaar,
                reeks as in_prijzen_reeks,
                deflator as in_prijzen_deflator
            from benchmark.deflator
        ) as prijs
        where
            in_prijzen_jaar = van_jaar
            and in_prijzen_reeks = case
                when
                    prijsreeks in (
                        select in_prijzen_naam
                        from (select reeks as in_prijzen_naam from benchmark.deflator) as naam
                    )
                    then prijsreeks
                else error(concat('no price series ', prijsreeks, '; see benchmark.deflator'))
            end
    )

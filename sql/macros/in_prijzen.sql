/*
about = "an amount of a boekjaar in prices of the base year: benchmark.in_prijzen(lasten_euro, boekjaar, 'overheidsconsumptie')"
schema = "benchmark"
soort = "getal"
parameters = ["bedrag", "van_jaar", "prijsreeks"]
*/
-- The sub-select refuses a series that does not exist; a year it does not have gives no amount.
select
    bedrag / (
        select max(deflator)
        from benchmark.deflator
        where
            jaar = van_jaar
            and reeks = case
                when prijsreeks in (select prijs.reeks from benchmark.deflator as prijs) then prijsreeks
                else error(concat('no price series ', prijsreeks, '; see benchmark.deflator'))
            end
    )

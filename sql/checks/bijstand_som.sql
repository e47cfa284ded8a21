/*
about = "bijstand of the gemeenten adds up to the national count, within what rounding each number to ten allows"
ernst = "waarschuwing"
*/
select
    jaar,
    maand,
    definitie,
    max(aantal_personen) filter (regio_code = 'NL01') as nederland,
    sum(aantal_personen) filter (regio_code != 'NL01') as gemeenten
from core.bijstand
group by jaar, maand, definitie
having
    abs(nederland - gemeenten) > max(afronding_personen) / 2 * count(*)

/*
about = "persons with bijstand up to the AOW age are the same in 85692NED and 80794ned, within 2 percent"
ernst = "waarschuwing"
*/
select
    jaar,
    maand,
    kenmerk.aantal_personen as personen_kenmerk,
    bijstand.aantal_personen as personen_bijstand
from core.bijstand_kenmerk as kenmerk
inner join core.bijstand as bijstand using (jaar, maand)
where
    kenmerk.geslacht = 'totaal'
    and kenmerk.leeftijd = 'tot AOW-leeftijd'
    and bijstand.regio_code = 'NL01'
    and bijstand.definitie = 'bijstand tot de AOW-leeftijd'
    and abs(kenmerk.aantal_personen - bijstand.aantal_personen) > 0.02 * bijstand.aantal_personen
order by jaar, maand

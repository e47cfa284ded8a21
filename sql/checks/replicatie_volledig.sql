/*
about = "every printed number of the report has a verdict; one that is not computed says why, one that is names its vintages"
ernst = "fout"
*/
select
    cijfer.id,
    kaart.oordeel,
    kaart.reden,
    kaart.vintages
from core.rapport_cijfer as cijfer
left join rapport.replicatie as kaart on cijfer.id = kaart.id
where
    kaart.oordeel is null
    or (kaart.oordeel in ('niet te berekenen', 'geen cbs-cijfer') and kaart.reden is null)
    or (kaart.oordeel in ('gelijk', 'wijkt af') and (kaart.vintages is null or kaart.herkomst is null))

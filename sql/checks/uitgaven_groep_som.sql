/*
about = "in every indeling the groups add up to Nederland: gemeenten, and lasten per inwoner with zero bookings in"
ernst = "fout"
*/
select
    boekjaar,
    verslagsoort,
    plaatsing,
    taakveld,
    groep.indeling,
    sum(groep.som_lasten_euro) as groepen_euro,
    any_value(nederland.lasten_euro) as nederland_euro,
    sum(groep.aantal_gemeenten) as groepen_gemeenten,
    any_value(nederland.aantal_gemeenten) as nederland_gemeenten
from benchmark.uitgaven_groep as groep
inner join benchmark.uitgaven_nederland as nederland using (boekjaar, verslagsoort, plaatsing, taakveld)
where groep.noemer = 'inwoner' and groep.nulboekingen = 'met'
group by boekjaar, verslagsoort, plaatsing, taakveld, groep.indeling
having
    sum(groep.som_lasten_euro) is distinct from any_value(nederland.lasten_euro)
    or sum(groep.aantal_gemeenten) != any_value(nederland.aantal_gemeenten)

/*
about = "in every indeling the classes add up to Nederland: gemeenten, and lasten per inwoner with zero bookings in"
ernst = "fout"
*/
select
    boekjaar,
    verslagsoort,
    plaatsing,
    taakveld,
    klasse.indeling,
    sum(klasse.som_lasten_euro) as klassen_euro,
    any_value(nederland.lasten_euro) as nederland_euro,
    sum(klasse.aantal_gemeenten) as klassen_gemeenten,
    any_value(nederland.aantal_gemeenten) as nederland_gemeenten
from benchmark.uitgaven_grootteklasse as klasse
inner join benchmark.uitgaven_nederland as nederland using (boekjaar, verslagsoort, plaatsing, taakveld)
where klasse.noemer = 'inwoner' and klasse.nulboekingen = 'met'
group by boekjaar, verslagsoort, plaatsing, taakveld, klasse.indeling
having
    sum(klasse.som_lasten_euro) is distinct from any_value(nederland.lasten_euro)
    or sum(klasse.aantal_gemeenten) != any_value(nederland.aantal_gemeenten)

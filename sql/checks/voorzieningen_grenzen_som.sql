/*
about = "on the boundaries of any later year the voorzieningen of gemeenten add up to what they were, in every month"
ernst = "fout"
*/
with eigen as (
    select
        jaar,
        maand,
        type,
        sum(aantal_voorzieningen) as aantal
    from benchmark.voorzieningen_gemeente
    group by jaar, maand, type
)

select
    grenzen.grenzen_jaar,
    jaar,
    maand,
    type,
    sum(grenzen.aantal_voorzieningen) as op_grenzen,
    any_value(eigen.aantal) as eigen_grenzen
from benchmark.voorzieningen_gemeente_grenzen as grenzen
inner join eigen using (jaar, maand, type)
group by grenzen.grenzen_jaar, jaar, maand, type
having abs(sum(grenzen.aantal_voorzieningen) - any_value(eigen.aantal)) > 1e-6

/*
about = """
voorzieningen add up, where every part has a figure: the types to the total and to their main category, lopend and
beëindigd to both, provincies and gemeenten to Nederland; within what rounding each count allows
"""
ernst = "waarschuwing"
*/
with soort as (
    select
        type,
        niveau,
        hoofdcategorie,
        count(*) filter (niveau = 'type') over () as aantal_typen,
        count(*) filter (niveau = 'type') over (partition by hoofdcategorie) as aantal_typen_categorie
    from core.voorziening_type
),

-- Provincies do not change, so they can be counted in any year.
provincies as (
    select count(distinct provincie_code) as aantal from core.gemeente
),

gemeenten as (
    select
        jaar,
        count(*) as aantal
    from core.gemeente
    group by jaar
),

voorziening as (
    select
        telling.jaar,
        telling.maand,
        telling.regio_code,
        telling.type,
        telling.status,
        telling.aantal_voorzieningen as aantal,
        telling.afronding_voorzieningen as afronding,
        left(telling.regio_code, 2) as regio_soort,
        soort.niveau,
        soort.hoofdcategorie,
        soort.aantal_typen,
        soort.aantal_typen_categorie
    from core.srg_voorziening as telling
    inner join soort on telling.type = soort.type
    where telling.aantal_voorzieningen is not null
),

-- One pass for the three sorts of regio.
per_regio_soort as (
    select
        jaar,
        maand,
        type,
        status,
        max(aantal) filter (regio_soort = 'NL') as nederland,
        sum(aantal) filter (regio_soort = 'PV') as som_provincies,
        count(*) filter (regio_soort = 'PV') as aantal_provincies,
        sum(aantal) filter (regio_soort = 'GM') as som_gemeenten,
        count(*) filter (regio_soort = 'GM') as aantal_gemeenten,
        max(afronding) as afronding
    from voorziening
    group by jaar, maand, type, status
),

vergelijking as (
    select
        'typen en totaal' as vergelijking,
        jaar,
        maand,
        concat_ws(', ', regio_code, status) as waar,
        max(aantal) filter (niveau = 'totaal') as totaal,
        sum(aantal) filter (niveau = 'type') as som_delen,
        count(*) filter (niveau = 'type') as aantal_delen,
        max(aantal_typen) as aantal_verwacht,
        max(afronding) as afronding
    from voorziening
    group by jaar, maand, regio_code, status
    union all
    select
        'typen en hoofdcategorie' as vergelijking,
        jaar,
        maand,
        concat_ws(', ', regio_code, status, hoofdcategorie) as waar,
        max(aantal) filter (niveau = 'hoofdcategorie') as totaal,
        sum(aantal) filter (niveau = 'type') as som_delen,
        count(*) filter (niveau = 'type') as aantal_delen,
        max(aantal_typen_categorie) as aantal_verwacht,
        max(afronding) as afronding
    from voorziening
    where niveau != 'totaal'
    group by jaar, maand, regio_code, status, hoofdcategorie
    union all
    select
        'lopend, beëindigd en beide' as vergelijking,
        jaar,
        maand,
        concat_ws(', ', regio_code, type) as waar,
        max(aantal) filter (status = 'lopend en beëindigd') as totaal,
        sum(aantal) filter (status in ('lopend', 'beëindigd')) as som_delen,
        count(*) filter (status in ('lopend', 'beëindigd')) as aantal_delen,
        2 as aantal_verwacht,
        max(afronding) as afronding
    from voorziening
    group by jaar, maand, regio_code, type
    union all
    select
        'provincies en Nederland' as vergelijking,
        per_regio_soort.jaar,
        per_regio_soort.maand,
        concat_ws(', ', per_regio_soort.type, per_regio_soort.status) as waar,
        per_regio_soort.nederland as totaal,
        per_regio_soort.som_provincies as som_delen,
        per_regio_soort.aantal_provincies as aantal_delen,
        provincies.aantal as aantal_verwacht,
        per_regio_soort.afronding
    from per_regio_soort
    cross join provincies
    union all
    select
        'gemeenten en Nederland' as vergelijking,
        per_regio_soort.jaar,
        per_regio_soort.maand,
        concat_ws(', ', per_regio_soort.type, per_regio_soort.status) as waar,
        per_regio_soort.nederland as totaal,
        per_regio_soort.som_gemeenten as som_delen,
        per_regio_soort.aantal_gemeenten as aantal_delen,
        gemeenten.aantal as aantal_verwacht,
        per_regio_soort.afronding
    from per_regio_soort
    inner join gemeenten on per_regio_soort.jaar = gemeenten.jaar
)

select
    vergelijking,
    jaar,
    maand,
    waar,
    totaal,
    som_delen,
    aantal_delen
from vergelijking
where aantal_delen = aantal_verwacht and abs(totaal - som_delen) > (aantal_delen + 1) * afronding / 2
order by all

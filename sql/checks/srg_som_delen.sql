/*
about = """
voorzieningen add up, where every part has a figure: the types to the total and to their main category, lopend and
beëindigd to both, provincies and gemeenten to Nederland; within what rounding each count allows
"""
ernst = "waarschuwing"
per = ["jaar", "core.srg_voorziening.jaar"]
*/
with soort as (
    select
        type,
        niveau,
        hoofdcategorie,
        cast(volgorde as utinyint) as type_nr,
        cast(dense_rank() over (order by hoofdcategorie) as utinyint) as categorie_nr,
        count(*) filter (niveau = 'type') over () as aantal_typen,
        count(*) filter (niveau = 'type') over (partition by hoofdcategorie) as aantal_typen_categorie
    from core.voorziening_type
),

categorie as (
    select distinct
        hoofdcategorie,
        categorie_nr
    from soort
),

stand as (
    select
        status,
        cast(row_number() over (order by status) as utinyint) as status_nr
    from (select distinct status from core.srg_voorziening) as statussen
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

-- Numbers in the place of texts: the groups of millions of rows take tens of megabytes, and not hundreds.
voorziening as not materialized (
    select
        telling.jaar,
        cast(telling.maand as utinyint) as maand,
        telling.regio_code,
        soort.type_nr,
        soort.categorie_nr,
        soort.niveau,
        soort.aantal_typen,
        soort.aantal_typen_categorie,
        stand.status_nr,
        stand.status,
        cast(telling.aantal_voorzieningen as integer) as aantal,
        cast(telling.afronding_voorzieningen as smallint) as afronding,
        left(telling.regio_code, 2) as regio_soort
    from core.srg_voorziening as telling
    inner join soort on telling.type = soort.type
    inner join stand on telling.status = stand.status
    where telling.aantal_voorzieningen is not null
),

-- One pass for the three sorts of regio.
per_regio_soort as (
    select
        jaar,
        maand,
        type_nr,
        status_nr,
        max(aantal) filter (regio_soort = 'NL') as nederland,
        sum(aantal) filter (regio_soort = 'PV') as som_provincies,
        count(*) filter (regio_soort = 'PV') as aantal_provincies,
        sum(aantal) filter (regio_soort = 'GM') as som_gemeenten,
        count(*) filter (regio_soort = 'GM') as aantal_gemeenten,
        max(afronding) as afronding
    from voorziening
    group by jaar, maand, type_nr, status_nr
),

vergelijking as (
    select
        'typen en totaal' as vergelijking,
        jaar,
        maand,
        regio_code,
        null as type_nr,
        status_nr,
        null as categorie_nr,
        max(aantal) filter (niveau = 'totaal') as totaal,
        sum(aantal) filter (niveau = 'type') as som_delen,
        count(*) filter (niveau = 'type') as aantal_delen,
        max(aantal_typen) as aantal_verwacht,
        max(afronding) as afronding
    from voorziening
    group by jaar, maand, regio_code, status_nr
    union all
    select
        'typen en hoofdcategorie' as vergelijking,
        jaar,
        maand,
        regio_code,
        null as type_nr,
        status_nr,
        categorie_nr,
        max(aantal) filter (niveau = 'hoofdcategorie') as totaal,
        sum(aantal) filter (niveau = 'type') as som_delen,
        count(*) filter (niveau = 'type') as aantal_delen,
        max(aantal_typen_categorie) as aantal_verwacht,
        max(afronding) as afronding
    from voorziening
    where niveau != 'totaal'
    group by jaar, maand, regio_code, status_nr, categorie_nr
    union all
    select
        'lopend, beëindigd en beide' as vergelijking,
        jaar,
        maand,
        regio_code,
        type_nr,
        null as status_nr,
        null as categorie_nr,
        max(aantal) filter (status = 'lopend en beëindigd') as totaal,
        sum(aantal) filter (status in ('lopend', 'beëindigd')) as som_delen,
        count(*) filter (status in ('lopend', 'beëindigd')) as aantal_delen,
        2 as aantal_verwacht,
        max(afronding) as afronding
    from voorziening
    group by jaar, maand, regio_code, type_nr
    union all
    select
        'provincies en Nederland' as vergelijking,
        per_regio_soort.jaar,
        per_regio_soort.maand,
        null as regio_code,
        per_regio_soort.type_nr,
        per_regio_soort.status_nr,
        null as categorie_nr,
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
        null as regio_code,
        per_regio_soort.type_nr,
        per_regio_soort.status_nr,
        null as categorie_nr,
        per_regio_soort.nederland as totaal,
        per_regio_soort.som_gemeenten as som_delen,
        per_regio_soort.aantal_gemeenten as aantal_delen,
        gemeenten.aantal as aantal_verwacht,
        per_regio_soort.afronding
    from per_regio_soort
    inner join gemeenten on per_regio_soort.jaar = gemeenten.jaar
),

verschil as (
    select *
    from vergelijking
    where aantal_delen = aantal_verwacht and abs(totaal - som_delen) > (aantal_delen + 1) * afronding / 2
)

select
    verschil.vergelijking,
    verschil.jaar,
    verschil.maand,
    concat_ws(', ', verschil.regio_code, soort.type, stand.status, categorie.hoofdcategorie) as waar,
    verschil.totaal,
    verschil.som_delen,
    verschil.aantal_delen
from verschil
left join soort on verschil.type_nr = soort.type_nr
left join stand on verschil.status_nr = stand.status_nr
left join categorie on verschil.categorie_nr = categorie.categorie_nr
order by all

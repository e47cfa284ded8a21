/*
about = """
persons with a voorziening: geslachten and leeftijden add up to the total of each type and status, and the types to no
less than the total (a person counts in each type); where every part has a figure, within what rounding allows
"""
ernst = "waarschuwing"
*/
with soort as (
    select
        type,
        niveau,
        count(*) filter (niveau = 'type') over () as aantal_typen
    from core.voorziening_type
),

persoon as (
    select
        telling.jaar,
        telling.maand,
        telling.type,
        telling.status,
        telling.geslacht,
        telling.leeftijd,
        telling.aantal_personen as aantal,
        telling.afronding_personen as afronding,
        soort.niveau,
        soort.aantal_typen
    from core.srg_persoon as telling
    inner join soort on telling.type = soort.type
    where telling.herkomstland = 'totaal' and telling.aantal_personen is not null
),

-- Who is of an unknown geslacht or leeftijd is part of the total too, if CBS counts them apart.
vergelijking as (
    select
        'geslachten en totaal' as vergelijking,
        jaar,
        maand,
        concat_ws(', ', type, status) as waar,
        max(aantal) filter (geslacht = 'totaal') as totaal,
        sum(aantal) filter (geslacht != 'totaal') as som_delen,
        count(*) filter (geslacht != 'totaal') as aantal_delen,
        count(*) filter (geslacht in ('mannen', 'vrouwen')) = 2 as is_volledig,
        false as mag_meer,
        max(afronding) as afronding
    from persoon
    where leeftijd = 'totaal'
    group by jaar, maand, type, status
    union all
    select
        'leeftijden en totaal' as vergelijking,
        jaar,
        maand,
        concat_ws(', ', type, status) as waar,
        max(aantal) filter (leeftijd = 'totaal') as totaal,
        sum(aantal) filter (leeftijd != 'totaal') as som_delen,
        count(*) filter (leeftijd != 'totaal') as aantal_delen,
        count(*) filter (leeftijd in ('<27', '27-45', '>=45')) = 3 as is_volledig,
        false as mag_meer,
        max(afronding) as afronding
    from persoon
    where geslacht = 'totaal' and leeftijd in ('totaal', '<27', '27-45', '>=45', 'onbekend')
    group by jaar, maand, type, status
    union all
    select
        'typen en totaal' as vergelijking,
        jaar,
        maand,
        status as waar,
        max(aantal) filter (niveau = 'totaal') as totaal,
        sum(aantal) filter (niveau = 'type') as som_delen,
        count(*) filter (niveau = 'type') as aantal_delen,
        count(*) filter (niveau = 'type') = max(aantal_typen) as is_volledig,
        true as mag_meer,
        max(afronding) as afronding
    from persoon
    where geslacht = 'totaal' and leeftijd = 'totaal'
    group by jaar, maand, status
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
where
    is_volledig
    and case when mag_meer then totaal - som_delen else abs(totaal - som_delen) end > (aantal_delen + 1) * afronding / 2
order by all

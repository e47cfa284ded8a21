/*
about = """
no total of voorzieningen is smaller than one of its parts by more than rounding both allows (one rounding base)
"""
ernst = "fout"
per = ["jaar", "core.srg_voorziening.jaar"]
*/
with soort as (
    select
        type,
        niveau,
        hoofdcategorie,
        cast(volgorde as utinyint) as type_nr,
        cast(dense_rank() over (order by hoofdcategorie) as utinyint) as categorie_nr
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

-- Numbers in the place of texts: the groups of millions of rows take tens of megabytes, and not hundreds.
voorziening as not materialized (
    select
        telling.jaar,
        cast(telling.maand as utinyint) as maand,
        telling.regio_code,
        soort.type_nr,
        soort.categorie_nr,
        soort.niveau,
        stand.status_nr,
        stand.status = 'lopend en beëindigd' as is_beide,
        cast(telling.aantal_voorzieningen as integer) as aantal,
        cast(telling.afronding_voorzieningen as smallint) as afronding
    from core.srg_voorziening as telling
    inner join soort on telling.type = soort.type
    inner join stand on telling.status = stand.status
    where telling.aantal_voorzieningen is not null
),

te_groot as (
    select
        'voorzieningen: totaal en type of hoofdcategorie' as vergelijking,
        jaar,
        maand,
        regio_code,
        null as type_nr,
        status_nr,
        null as categorie_nr,
        max(aantal) filter (niveau = 'totaal') as totaal,
        max(aantal) filter (niveau != 'totaal') as deel,
        arg_max(type_nr, aantal) filter (niveau != 'totaal') as deel_type_nr,
        null as deel_status_nr,
        null as deel_regio
    from voorziening
    group by jaar, maand, regio_code, status_nr
    having max(aantal) filter (niveau != 'totaal') - max(aantal) filter (niveau = 'totaal') > max(afronding)
    union all
    select
        'voorzieningen: hoofdcategorie en type' as vergelijking,
        jaar,
        maand,
        regio_code,
        null as type_nr,
        status_nr,
        categorie_nr,
        max(aantal) filter (niveau = 'hoofdcategorie') as totaal,
        max(aantal) filter (niveau = 'type') as deel,
        arg_max(type_nr, aantal) filter (niveau = 'type') as deel_type_nr,
        null as deel_status_nr,
        null as deel_regio
    from voorziening
    where niveau != 'totaal'
    group by jaar, maand, regio_code, status_nr, categorie_nr
    having max(aantal) filter (niveau = 'type') - max(aantal) filter (niveau = 'hoofdcategorie') > max(afronding)
    union all
    select
        'voorzieningen: lopend en beëindigd, en een daarvan' as vergelijking,
        jaar,
        maand,
        regio_code,
        type_nr,
        null as status_nr,
        null as categorie_nr,
        max(aantal) filter (is_beide) as totaal,
        max(aantal) filter (not is_beide) as deel,
        null as deel_type_nr,
        arg_max(status_nr, aantal) filter (not is_beide) as deel_status_nr,
        null as deel_regio
    from voorziening
    group by jaar, maand, regio_code, type_nr
    having max(aantal) filter (not is_beide) - max(aantal) filter (is_beide) > max(afronding)
    union all
    select
        'voorzieningen: Nederland en provincie of gemeente' as vergelijking,
        jaar,
        maand,
        null as regio_code,
        type_nr,
        status_nr,
        null as categorie_nr,
        max(aantal) filter (regio_code = 'NL01') as totaal,
        max(aantal) filter (regio_code != 'NL01') as deel,
        null as deel_type_nr,
        null as deel_status_nr,
        arg_max(regio_code, aantal) filter (regio_code != 'NL01') as deel_regio
    from voorziening
    group by jaar, maand, type_nr, status_nr
    having max(aantal) filter (regio_code != 'NL01') - max(aantal) filter (regio_code = 'NL01') > max(afronding)
)

select
    te_groot.vergelijking,
    te_groot.jaar,
    te_groot.maand,
    concat_ws(', ', te_groot.regio_code, soort.type, stand.status, categorie.hoofdcategorie) as waar,
    te_groot.totaal,
    coalesce(deel_soort.type, deel_stand.status, te_groot.deel_regio) as naam_deel,
    te_groot.deel
from te_groot
left join soort on te_groot.type_nr = soort.type_nr
left join stand on te_groot.status_nr = stand.status_nr
left join categorie on te_groot.categorie_nr = categorie.categorie_nr
left join soort as deel_soort on te_groot.deel_type_nr = deel_soort.type_nr
left join stand as deel_stand on te_groot.deel_status_nr = deel_stand.status_nr
order by all

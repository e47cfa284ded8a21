/*
about = """
no total of persons with a voorziening is smaller than one of its parts by more than rounding both allows (one
rounding base)
"""
ernst = "fout"
*/
with persoon as (
    select
        telling.jaar,
        telling.maand,
        telling.type,
        telling.status,
        telling.geslacht,
        telling.leeftijd,
        telling.herkomstland,
        telling.aantal_personen as aantal,
        telling.afronding_personen as afronding,
        soort.niveau
    from core.srg_persoon as telling
    inner join core.voorziening_type as soort on telling.type = soort.type
    where telling.aantal_personen is not null
),

vergelijking as (
    select
        'personen: totaal en type of hoofdcategorie' as vergelijking,
        jaar,
        maand,
        concat_ws(', ', status, geslacht, leeftijd, herkomstland) as waar,
        max(aantal) filter (niveau = 'totaal') as totaal,
        max(aantal) filter (niveau != 'totaal') as deel,
        arg_max(type, aantal) filter (niveau != 'totaal') as naam_deel,
        max(afronding) as afronding
    from persoon
    group by jaar, maand, status, geslacht, leeftijd, herkomstland
    union all
    select
        'personen: lopend en uitstroom, en een daarvan' as vergelijking,
        jaar,
        maand,
        concat_ws(', ', type, geslacht, leeftijd, herkomstland) as waar,
        max(aantal) filter (status = 'lopend en uitstroom') as totaal,
        max(aantal) filter (status != 'lopend en uitstroom') as deel,
        arg_max(status, aantal) filter (status != 'lopend en uitstroom') as naam_deel,
        max(afronding) as afronding
    from persoon
    group by jaar, maand, type, geslacht, leeftijd, herkomstland
    union all
    select
        'personen: totaal en geslacht' as vergelijking,
        jaar,
        maand,
        concat_ws(', ', type, status, leeftijd, herkomstland) as waar,
        max(aantal) filter (geslacht = 'totaal') as totaal,
        max(aantal) filter (geslacht != 'totaal') as deel,
        arg_max(geslacht, aantal) filter (geslacht != 'totaal') as naam_deel,
        max(afronding) as afronding
    from persoon
    group by jaar, maand, type, status, leeftijd, herkomstland
    union all
    select
        'personen: totaal en leeftijd' as vergelijking,
        jaar,
        maand,
        concat_ws(', ', type, status, geslacht, herkomstland) as waar,
        max(aantal) filter (leeftijd = 'totaal') as totaal,
        max(aantal) filter (leeftijd != 'totaal') as deel,
        arg_max(leeftijd, aantal) filter (leeftijd != 'totaal') as naam_deel,
        max(afronding) as afronding
    from persoon
    group by jaar, maand, type, status, geslacht, herkomstland
    union all
    select
        'personen: totaal en herkomstland' as vergelijking,
        jaar,
        maand,
        concat_ws(', ', type, status, geslacht, leeftijd) as waar,
        max(aantal) filter (herkomstland = 'totaal') as totaal,
        max(aantal) filter (herkomstland != 'totaal') as deel,
        arg_max(herkomstland, aantal) filter (herkomstland != 'totaal') as naam_deel,
        max(afronding) as afronding
    from persoon
    group by jaar, maand, type, status, geslacht, leeftijd
)

select
    vergelijking,
    jaar,
    maand,
    waar,
    totaal,
    naam_deel,
    deel
from vergelijking
where deel - totaal > afronding
order by all

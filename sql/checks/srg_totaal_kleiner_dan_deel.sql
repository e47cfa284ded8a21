/*
about = "no total of the SRG is smaller than one of its parts by more than rounding both allows (one rounding base)"
ernst = "fout"
*/
with voorziening as (
    select
        telling.jaar,
        telling.maand,
        telling.regio_code,
        telling.type,
        telling.status,
        telling.aantal_voorzieningen as aantal,
        telling.afronding_voorzieningen as afronding,
        soort.niveau,
        soort.hoofdcategorie
    from core.srg_voorziening as telling
    inner join core.voorziening_type as soort on telling.type = soort.type
    where telling.aantal_voorzieningen is not null
),

persoon as (
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
        'voorzieningen: totaal en type of hoofdcategorie' as vergelijking,
        jaar,
        maand,
        concat_ws(', ', regio_code, status) as waar,
        max(aantal) filter (niveau = 'totaal') as totaal,
        max(aantal) filter (niveau != 'totaal') as deel,
        arg_max(type, aantal) filter (niveau != 'totaal') as naam_deel,
        max(afronding) as afronding
    from voorziening
    group by jaar, maand, regio_code, status
    union all
    select
        'voorzieningen: hoofdcategorie en type' as vergelijking,
        jaar,
        maand,
        concat_ws(', ', regio_code, status, hoofdcategorie) as waar,
        max(aantal) filter (niveau = 'hoofdcategorie') as totaal,
        max(aantal) filter (niveau = 'type') as deel,
        arg_max(type, aantal) filter (niveau = 'type') as naam_deel,
        max(afronding) as afronding
    from voorziening
    where niveau != 'totaal'
    group by jaar, maand, regio_code, status, hoofdcategorie
    union all
    select
        'voorzieningen: lopend en beëindigd, en een daarvan' as vergelijking,
        jaar,
        maand,
        concat_ws(', ', regio_code, type) as waar,
        max(aantal) filter (status = 'lopend en beëindigd') as totaal,
        max(aantal) filter (status != 'lopend en beëindigd') as deel,
        arg_max(status, aantal) filter (status != 'lopend en beëindigd') as naam_deel,
        max(afronding) as afronding
    from voorziening
    group by jaar, maand, regio_code, type
    union all
    select
        'voorzieningen: Nederland en provincie of gemeente' as vergelijking,
        jaar,
        maand,
        concat_ws(', ', type, status) as waar,
        max(aantal) filter (regio_code = 'NL01') as totaal,
        max(aantal) filter (regio_code != 'NL01') as deel,
        arg_max(regio_code, aantal) filter (regio_code != 'NL01') as naam_deel,
        max(afronding) as afronding
    from voorziening
    group by jaar, maand, type, status
    union all
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

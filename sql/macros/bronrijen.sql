/*
about = """every row of core about a gemeente in a year, with the row at CBS it came from: from meta.bronrijen(2024, 'GM0344').
Bookings (iv3_boeking), inwoners, bijstand (all definitions and months) and voorzieningen; what CBS has as 0 or empty is
not there. The page is in meta.paginas; the row has id cbs_rij"""
schema = "meta"
soort = "tabel"
parameters = ["van_jaar", "van_gemeente_code"]
*/
-- What is asked is put in as text, so a column of the asker called jaar would be read as one of the tables below: it is
-- taken here first, where there is no table, under names that nobody else has.
with gevraagd as (
    select
        van_jaar as gevraagd_jaar,
        van_gemeente_code as gevraagd_code
),

rij as (
    select
        'core.iv3_boeking' as tabel,
        concat('iv3_', boekjaar) as bron,
        concat_ws(' ', verslagsoort, 'plaatsing', plaatsing, taakveld, categorie) as wat,
        verslagsoort,
        plaatsing,
        taakveld,
        lasten_baten,
        null::bigint as maand,
        null::varchar as definitie,
        null::varchar as voorziening,
        null::varchar as status,
        bedrag_euro as waarde,
        'euro' as eenheid,
        cbs_pagina,
        cbs_rij
    from core.iv3_boeking
    inner join gevraagd on boekjaar = gevraagd_jaar and gemeente_code = gevraagd_code
    union all by name
    select
        'core.gemeente' as tabel,
        'inwoners' as bron,
        'inwoners op 1 januari' as wat,
        inwoners as waarde,
        'personen' as eenheid,
        cbs_pagina,
        cbs_rij
    from core.gemeente
    inner join gevraagd on jaar = gevraagd_jaar and gemeente_code = gevraagd_code
    union all by name
    select
        'core.bijstand' as tabel,
        'bijstand' as bron,
        concat_ws(' ', definitie, 'maand', maand) as wat,
        maand,
        definitie,
        aantal_personen as waarde,
        'personen' as eenheid,
        cbs_pagina,
        cbs_rij
    from core.bijstand
    inner join gevraagd on jaar = gevraagd_jaar and regio_code = gevraagd_code
    where aantal_personen is not null
    union all by name
    select
        'core.srg_voorziening' as tabel,
        'srg_voorzieningen' as bron,
        concat_ws(' ', type, status, 'maand', maand) as wat,
        maand,
        type as voorziening,
        status,
        aantal_voorzieningen as waarde,
        'voorzieningen' as eenheid,
        cbs_pagina,
        cbs_rij
    from core.srg_voorziening
    inner join gevraagd on jaar = gevraagd_jaar and regio_code = gevraagd_code
    where aantal_voorzieningen is not null
)

select
    rij.tabel,
    gevraagd.gevraagd_jaar as jaar,
    gevraagd.gevraagd_code as gemeente_code,
    rij.wat,
    rij.verslagsoort,
    rij.plaatsing,
    rij.taakveld,
    rij.lasten_baten,
    rij.maand,
    rij.definitie,
    rij.voorziening,
    rij.status,
    rij.waarde,
    rij.eenheid,
    rij.bron,
    bron.tabel_id,
    bron.vintage,
    rij.cbs_pagina,
    rij.cbs_rij,
    pagina.bestand,
    pagina.url,
    bron.herkomst
from rij
cross join gevraagd
inner join meta.bronnen as bron on rij.bron = bron.bron
left join meta.paginas as pagina on rij.bron = pagina.bron and rij.cbs_pagina = pagina.pagina
order by rij.tabel, rij.verslagsoort, rij.plaatsing, rij.taakveld, rij.maand, rij.wat, rij.cbs_rij

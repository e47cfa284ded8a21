/*
about = """
In which groups each gemeente stands in a year, one row for every indeling: the three indelingen by inwoners on 1 January
(core.grootteklasse), the provincie, the arbeidsmarktregio of that year, and the four gemeenten with most inwoners (the
G4) apart from all others.
"""
grain = ["jaar", "indeling", "gemeente_code"]
methode = "spending"

[columns]
jaar = ["jaar", "gemeenten op 1 januari van dit jaar"]
indeling = ["naam", "rapport, cbs of buig (grootteklassen), provincie, arbeidsmarktregio, of G4"]
gemeente_code = ["code", "gemeentecode van CBS"]
groep_volgorde = ["rangnummer", "volgorde van de groep in de indeling: van klein naar groot, of naar code"]
groep = ["naam", "de groep waarin de gemeente valt"]
inwoners = ["personen", "inwoners van de gemeente op 1 januari"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with gemeente as (
    select
        gemeente.*,
        row_number() over (
            partition by gemeente.jaar
            order by gemeente.inwoners desc, gemeente.gemeente_code asc
        ) <= 4 as is_g4,
        keuze.waarde as herkomst
    from core.gemeente as gemeente
    cross join core.instelling as keuze
    where keuze.naam = 'herkomst'
)

select
    gemeente.jaar,
    klasse.indeling,
    gemeente.gemeente_code,
    klasse.volgorde as groep_volgorde,
    klasse.grootteklasse as groep,
    gemeente.inwoners,
    gemeente.herkomst
from gemeente
inner join core.grootteklasse as klasse
    on
        gemeente.inwoners >= klasse.ondergrens_inwoners
        and (klasse.bovengrens_inwoners is null or gemeente.inwoners < klasse.bovengrens_inwoners)
union all
select
    jaar,
    'provincie' as indeling,
    gemeente_code,
    dense_rank() over (partition by jaar order by provincie_code) as groep_volgorde,
    provincie as groep,
    inwoners,
    herkomst
from gemeente
union all
select
    jaar,
    'arbeidsmarktregio' as indeling,
    gemeente_code,
    dense_rank() over (partition by jaar order by arbeidsmarktregio_code) as groep_volgorde,
    arbeidsmarktregio as groep,
    inwoners,
    herkomst
from gemeente
union all
select
    jaar,
    'G4' as indeling,
    gemeente_code,
    case when is_g4 then 2 else 1 end as groep_volgorde,
    case when is_g4 then 'vier grootste gemeenten' else 'overige gemeenten' end as groep,
    inwoners,
    herkomst
from gemeente

/*
about = "every count of the SRG and of national bijstand is a multiple of its rounding base: if not, CBS rounds otherwise"
ernst = "waarschuwing"
*/
with afwijking as (
    select
        'core.srg_voorziening' as tabel,
        concat(jaar, 'MM', lpad(maand::varchar, 2, '0')) as periode,
        aantal_voorzieningen as aantal,
        concat_ws(', ', regio_code, type, status) as waar
    from core.srg_voorziening
    where aantal_voorzieningen % afronding_voorzieningen != 0
    union all
    select
        'core.srg_persoon' as tabel,
        concat(jaar, 'MM', lpad(maand::varchar, 2, '0')) as periode,
        aantal_personen as aantal,
        concat_ws(', ', type, status, geslacht, leeftijd, herkomstland) as waar
    from core.srg_persoon
    where aantal_personen % afronding_personen != 0
    union all
    select
        'core.bijstand_kenmerk' as tabel,
        concat(jaar, 'MM', lpad(maand::varchar, 2, '0')) as periode,
        aantal_personen as aantal,
        concat_ws(', ', geslacht, leeftijd) as waar
    from core.bijstand_kenmerk
    where aantal_personen % afronding_personen != 0
    union all
    select
        'core.bijstand_duur' as tabel,
        concat(jaar, 'KW', lpad(kwartaal::varchar, 2, '0')) as periode,
        aantal_personen as aantal,
        duur as waar
    from core.bijstand_duur
    where aantal_personen % afronding_personen != 0
)

select
    tabel,
    periode,
    count(*) as aantal_rijen,
    min(concat(aantal, ' (', waar, ')')) as voorbeeld
from afwijking
group by tabel, periode
order by tabel, periode

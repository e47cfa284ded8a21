/*
about = """
every month of the SRG has gemeenten with a figure; if not, CBS serves no gemeente rows, or not yet, or core.gemeente
lacks the year
"""
ernst = "waarschuwing"
*/
select
    jaar,
    maand,
    count(*) as aantal_rijen
from core.srg_voorziening
group by jaar, maand
having count(aantal_voorzieningen) filter (regio_code like 'GM%') = 0
order by jaar, maand

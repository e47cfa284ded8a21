/*
about = "every month of the SRG has gemeenten with a figure, in the years of core.gemeente; if not, CBS serves no gemeente rows"
ernst = "waarschuwing"
*/
select
    jaar,
    maand,
    count(*) as aantal_rijen
from core.srg_voorziening
where jaar in (select gemeente.jaar from core.gemeente)
group by jaar, maand
having count(aantal_voorzieningen) filter (regio_code like 'GM%') = 0
order by jaar, maand

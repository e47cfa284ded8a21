/*
about = "the inwoners of the gemeenten of a year add up to the national figure"
ernst = "fout"
*/
select
    totaal.jaar,
    totaal.waarde as inwoners_nederland,
    sum(gemeente.inwoners) as inwoners_gemeenten
from core.controletotaal as totaal
left join core.gemeente on totaal.jaar = gemeente.jaar
where totaal.onderwerp = 'inwoners van Nederland op 1 januari'
group by totaal.jaar, totaal.waarde
having totaal.waarde is distinct from sum(gemeente.inwoners)

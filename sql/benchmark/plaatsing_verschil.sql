/*
about = """
What changed between the first and the second plaatsing of a verslagsoort: the first has what gemeenten delivered ten days
after the deadline, the second what they delivered or corrected up to seventy days after it. Rows exist where CBS has
published both.
"""
grain = ["boekjaar", "verslagsoort", "taakveld", "gemeente_code"]
methode = "spending"

[columns]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
verslagsoort = ["naam", "begroting of jaarrekening"]
taakveld = ["code", "taakveld; 6.5 is Arbeidsparticipatie"]
gemeente_code = ["code", "gemeentecode van CBS"]
gemeente = ["naam", "naam van de gemeente in dat jaar"]
verandering = ["naam", "gelijk, gewijzigd, later geleverd, ingetrokken, of niet geleverd (in geen van beide)"]
lasten_eerste_euro = ["euro", "lasten in de eerste plaatsing; leeg = niet geleverd"]
lasten_tweede_euro = ["euro", "lasten in de tweede plaatsing; leeg = niet geleverd"]
verschil_lasten_euro = ["euro", "tweede - eerste; leeg als een van beide ontbreekt"]
baten_eerste_euro = ["euro", "baten in de eerste plaatsing; leeg = niet geleverd"]
baten_tweede_euro = ["euro", "baten in de tweede plaatsing; leeg = niet geleverd"]
verschil_baten_euro = ["euro", "tweede - eerste; leeg als een van beide ontbreekt"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
select
    eerste.boekjaar,
    eerste.verslagsoort,
    eerste.taakveld,
    eerste.gemeente_code,
    eerste.gemeente,
    case
        when not eerste.is_geleverd and not tweede.is_geleverd then 'niet geleverd'
        when not eerste.is_geleverd then 'later geleverd'
        when not tweede.is_geleverd then 'ingetrokken'
        when eerste.lasten_euro = tweede.lasten_euro and eerste.baten_euro = tweede.baten_euro then 'gelijk'
        else 'gewijzigd'
    end as verandering,
    eerste.lasten_euro as lasten_eerste_euro,
    tweede.lasten_euro as lasten_tweede_euro,
    tweede.lasten_euro - eerste.lasten_euro as verschil_lasten_euro,
    eerste.baten_euro as baten_eerste_euro,
    tweede.baten_euro as baten_tweede_euro,
    tweede.baten_euro - eerste.baten_euro as verschil_baten_euro,
    tweede.herkomst
from benchmark.gemeente_jaar as eerste
inner join benchmark.gemeente_jaar as tweede
    on
        eerste.boekjaar = tweede.boekjaar
        and eerste.verslagsoort = tweede.verslagsoort
        and eerste.taakveld = tweede.taakveld
        and eerste.gemeente_code = tweede.gemeente_code
where eerste.plaatsing = 1 and tweede.plaatsing = 2

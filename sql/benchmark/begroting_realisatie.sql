/*
about = """
What a gemeente budgeted on a taakveld beside what it booked: begroting and jaarrekening of the same boekjaar and plaatsing.
Rows exist where CBS has published both. A gemeente that did not deliver one of them has no difference.
"""
grain = ["boekjaar", "plaatsing", "taakveld", "gemeente_code"]
methode = "spending"

[columns]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
plaatsing = ["rangnummer", "1 = eerste plaatsing, 2 = tweede plaatsing"]
taakveld = ["code", "taakveld; 6.5 is Arbeidsparticipatie"]
gemeente_code = ["code", "gemeentecode van CBS"]
gemeente = ["naam", "naam van de gemeente in dat jaar"]
begroting_lasten_euro = ["euro", "lasten in de begroting; leeg = niet geleverd"]
jaarrekening_lasten_euro = ["euro", "lasten in de jaarrekening; leeg = niet geleverd"]
verschil_lasten_euro = ["euro", "jaarrekening - begroting; leeg als een van beide ontbreekt"]
verhouding_lasten = ["verhouding", "jaarrekening / begroting; leeg bij een begroting van 0"]
begroting_baten_euro = ["euro", "baten in de begroting; leeg = niet geleverd"]
jaarrekening_baten_euro = ["euro", "baten in de jaarrekening; leeg = niet geleverd"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
select
    begroting.boekjaar,
    begroting.plaatsing,
    begroting.taakveld,
    begroting.gemeente_code,
    begroting.gemeente,
    begroting.lasten_euro as begroting_lasten_euro,
    rekening.lasten_euro as jaarrekening_lasten_euro,
    rekening.lasten_euro - begroting.lasten_euro as verschil_lasten_euro,
    rekening.lasten_euro / nullif(begroting.lasten_euro, 0) as verhouding_lasten,
    begroting.baten_euro as begroting_baten_euro,
    rekening.baten_euro as jaarrekening_baten_euro,
    begroting.herkomst
from benchmark.gemeente_jaar as begroting
inner join benchmark.gemeente_jaar as rekening
    on
        begroting.boekjaar = rekening.boekjaar
        and begroting.plaatsing = rekening.plaatsing
        and begroting.taakveld = rekening.taakveld
        and begroting.gemeente_code = rekening.gemeente_code
where begroting.verslagsoort = 'begroting' and rekening.verslagsoort = 'jaarrekening'

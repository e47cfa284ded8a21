/*
about = """
The box in paragraph 4.2.2 of the report of 2025: lasten on 6.5 (jaarrekening, second plaatsing) per person, in four ways;
formula and assumptions stand in benchmark.uitgaven_per_persoon, from which this is.
"""
grain = ["boekjaar", "maat"]
methode = "the-report-recomputed"

[columns]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
maat = ["naam", "door welke personen gedeeld is"]
lasten_euro = ["euro", "som van de lasten"]
noemer_personen = ["personen", "de personen volgens formule; leeg = geen cijfer"]
euro_per_persoon = ["euro per persoon", "lasten_euro / noemer_personen"]
aandeel_inwoners_gedekt = ["aandeel 0-1", "inwoners van de gemeenten in lasten_euro / inwoners van alle gemeenten"]
rapport_euro = ["euro per persoon", "gedrukt in het rapport, voor 2024; leeg = niet gedrukt"]
formule = ["tekst", "hoe de noemer is berekend"]
aannames = ["tekst", "wat is aangenomen, met de waarden"]
is_voorlopig = ["ja/nee", "een aantal personen kan nog veranderen; leeg = geen cijfer"]
herkomst = ["naam", "cbs, opname (vastgelegde of ingevoerde cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with naam (maat, id) as (
    values
    ('per bijstandsontvanger', 'per_bijstandsontvanger_2024'),
    ('per te ondersteunen persoon, laag', 'per_te_ondersteunen_laag'),
    ('per te ondersteunen persoon, hoog', 'per_te_ondersteunen_hoog'),
    ('per persoon met een voorziening in het jaar', 'per_persoon_met_voorziening')
)

select
    uitgaven.boekjaar,
    uitgaven.maat,
    uitgaven.lasten_euro,
    uitgaven.noemer_personen,
    uitgaven.euro_per_persoon,
    uitgaven.aandeel_inwoners_gedekt,
    gedrukt.waarde as rapport_euro,
    uitgaven.formule,
    uitgaven.aannames,
    uitgaven.is_voorlopig,
    uitgaven.herkomst
from benchmark.uitgaven_per_persoon as uitgaven
inner join naam on uitgaven.maat = naam.maat
left join core.rapport_cijfer as gedrukt on naam.id = gedrukt.id and uitgaven.boekjaar = gedrukt.jaar
where uitgaven.taakveld = '6.5' and uitgaven.verslagsoort = 'jaarrekening' and uitgaven.plaatsing = 2

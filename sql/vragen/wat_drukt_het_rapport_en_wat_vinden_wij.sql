/*
about = """
What does the reference report print, and what do we find? One row for each printed number, with the verdict. Where is_bewijs is
false the verdict says nothing about CBS figures.
"""
grain = ["id"]
methode = "the-report-recomputed"

# A name stands for the description of that column of that table.
[columns]
id = "rapport.replicatie"
waar = "rapport.replicatie"
label = "rapport.replicatie"
dimensies = "rapport.replicatie"
eenheid = "rapport.replicatie"
waarde_gedrukt = "rapport.replicatie"
waarde_onze = "rapport.replicatie"
verschil = "rapport.replicatie"
oordeel = "rapport.replicatie"
reden = "rapport.replicatie"
is_bewijs = "rapport.replicatie"
herkomst = "rapport.replicatie"
*/
select
    id,
    waar,
    label,
    dimensies,
    eenheid,
    waarde_gedrukt,
    waarde_onze,
    verschil,
    oordeel,
    reden,
    is_bewijs,
    herkomst
from rapport.replicatie
order by id

/*
about = """
Where do the figures come from, how old are they, and are they of CBS? One row for each source table of this publication.
"""
grain = ["bron"]
methode = "what-the-file-says-of-itself"

# A name stands for the description of that column of that table.
[columns]
bron = "meta.bronnen"
tabel_id = "meta.bronnen"
titel = "meta.bronnen"
herkomst = "meta.bronnen"
herkomst_toelichting = "meta.bronnen"
modified = "meta.bronnen"
opgehaald_op = "meta.bronnen"
verwacht_op = "meta.bronnen"
vintage = "meta.bronnen"
rijen = "meta.bronnen"
url = "meta.bronnen"
licentie = "meta.bronnen"
*/
select
    bron,
    tabel_id,
    titel,
    herkomst,
    herkomst_toelichting,
    modified,
    opgehaald_op,
    verwacht_op,
    vintage,
    rijen,
    url,
    licentie
from meta.bronnen
order by bron

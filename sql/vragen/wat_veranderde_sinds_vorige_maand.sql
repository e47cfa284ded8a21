/*
about = """
What changed since last month? Every number that became another one in the month before the newest publication, with its
old and new value and the source that caused it. Older changes: meta.revisies.
"""
grain = ["gewijzigd_op", "run_id", "tabel", "sleutel", "kolomnaam"]
methode = "what-the-file-says-of-itself"

# A name stands for the description of that column of that table.
[columns]
gewijzigd_op = "meta.revisies"
run_id = "meta.revisies"
tabel = "meta.revisies"
sleutel = "meta.revisies"
kolomnaam = "meta.revisies"
oud = "meta.revisies"
nieuw = "meta.revisies"
verschil = ["zie de kolom", "nieuw - oud; leeg als een van beide geen getal is"]
oorzaak = "meta.revisies"
*/
select
    gewijzigd_op,
    run_id,
    tabel,
    sleutel,
    kolomnaam,
    oud,
    nieuw,
    nieuw - oud as verschil,
    oorzaak
from meta.revisies
-- Moments are in UTC; without their zone no extension is needed to count back.
where
    left(gewijzigd_op, 19)::timestamp >= (
        select max(left(gepubliceerd_op, 19)::timestamp) - interval 1 month from meta.runs
    )
order by gewijzigd_op, run_id, tabel, sleutel, kolomnaam

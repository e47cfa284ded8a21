/*
about = """
Which voorzieningen does my gemeente have, next to its class? Running voorzieningen per 1.000 inwoners by month, in total and by main
category, with the bounds that rounding to tens allows, and the median of the class (classes of the report). A gemeente
that registers less seems to do less. Types: benchmark.voorzieningen_maand.
"""
grain = ["jaar", "maand", "gemeente_code", "type"]
methode = "voorzieningen-srg"

# A name stands for the description of that column of that table.
[columns]
jaar = "benchmark.voorzieningen_gemeente"
maand = "benchmark.voorzieningen_gemeente"
gemeente_code = "benchmark.voorzieningen_gemeente"
gemeente = "benchmark.voorzieningen_gemeente"
type = "benchmark.voorzieningen_gemeente"
aantal_voorzieningen = "benchmark.voorzieningen_gemeente"
per_1000_inwoners = "benchmark.voorzieningen_gemeente"
per_1000_inwoners_ondergrens = "benchmark.voorzieningen_gemeente"
per_1000_inwoners_bovengrens = "benchmark.voorzieningen_gemeente"
grootteklasse = "benchmark.voorzieningen_grootteklasse"
mediaan_klasse_per_1000_inwoners = ["voorzieningen per 1.000 inwoners", "mediaan van de gemeenten in de klasse"]
is_voorlopig = "benchmark.voorzieningen_gemeente"
herkomst = "benchmark.voorzieningen_gemeente"
*/
select
    cijfer.jaar,
    cijfer.maand,
    cijfer.gemeente_code,
    cijfer.gemeente,
    cijfer.type,
    cijfer.aantal_voorzieningen,
    cijfer.per_1000_inwoners,
    cijfer.per_1000_inwoners_ondergrens,
    cijfer.per_1000_inwoners_bovengrens,
    klasse.grootteklasse,
    klasse.mediaan_per_noemer as mediaan_klasse_per_1000_inwoners,
    cijfer.is_voorlopig,
    cijfer.herkomst
from benchmark.voorzieningen_gemeente as cijfer
inner join core.gemeente as gemeente on cijfer.jaar = gemeente.jaar and cijfer.gemeente_code = gemeente.gemeente_code
inner join core.grootteklasse as grens
    on
        grens.indeling = 'rapport'
        and gemeente.inwoners >= grens.ondergrens_inwoners
        and (grens.bovengrens_inwoners is null or gemeente.inwoners < grens.bovengrens_inwoners)
left join benchmark.voorzieningen_grootteklasse as klasse
    on
        cijfer.jaar = klasse.jaar
        and cijfer.maand = klasse.maand
        and cijfer.type = klasse.type
        and klasse.noemer = '1.000 inwoners'
        and klasse.indeling = 'rapport'
        and grens.volgorde = klasse.klasse_volgorde
order by cijfer.jaar, cijfer.maand, cijfer.gemeente_code, cijfer.type

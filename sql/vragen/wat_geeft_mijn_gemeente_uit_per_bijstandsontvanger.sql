/*
about = """
What does my gemeente spend on re-integratie per bijstandsontvanger, next to its class, in every boekjaar and in real terms? Taakveld 6.5
Arbeidsparticipatie, jaarrekening, second plaatsing, classes of the report; real terms by the price of government
consumption. A gemeente that did not deliver has no amounts. A place in the class is not a judgement. Choose by gemeente:
where gemeente = 'Utrecht'.
"""
grain = ["gemeente_code", "boekjaar"]
methode = "spending"

# A name stands for the description of that column of that table.
[columns]
gemeente_code = "benchmark.gemeente_jaar"
gemeente = "benchmark.gemeente_jaar"
boekjaar = "benchmark.gemeente_jaar"
grootteklasse = "benchmark.gemeente_positie"
levering_status = "benchmark.gemeente_jaar"
is_nulboeking = "benchmark.gemeente_jaar"
lasten_euro = "benchmark.gemeente_jaar"
bijstandsontvangers = "benchmark.gemeente_jaar"
lasten_per_bijstandsontvanger_euro = "benchmark.gemeente_jaar"
lasten_per_bijstandsontvanger_ondergrens_euro = "benchmark.gemeente_jaar"
lasten_per_bijstandsontvanger_bovengrens_euro = "benchmark.gemeente_jaar"
mediaan_klasse_euro = "benchmark.gemeente_positie"
p25_klasse_euro = "benchmark.gemeente_positie"
p75_klasse_euro = "benchmark.gemeente_positie"
rang = "benchmark.gemeente_positie"
aantal = "benchmark.gemeente_positie"
percentiel = "benchmark.gemeente_positie"
basisjaar = "benchmark.gemeente_jaar_reeel"
lasten_per_bijstandsontvanger_reeel_euro = "benchmark.gemeente_jaar_reeel"
mediaan_klasse_reeel_euro = ["euro per noemer, prijzen basisjaar", "mediaan_klasse_euro / deflator"]
herkomst = "benchmark.gemeente_jaar"
*/
select
    jaar.gemeente_code,
    jaar.gemeente,
    jaar.boekjaar,
    positie.grootteklasse,
    jaar.levering_status,
    jaar.is_nulboeking,
    jaar.lasten_euro,
    jaar.bijstandsontvangers,
    jaar.lasten_per_bijstandsontvanger_euro,
    jaar.lasten_per_bijstandsontvanger_ondergrens_euro,
    jaar.lasten_per_bijstandsontvanger_bovengrens_euro,
    positie.mediaan_klasse_euro,
    positie.p25_klasse_euro,
    positie.p75_klasse_euro,
    positie.rang,
    positie.aantal,
    positie.percentiel,
    reeel.basisjaar,
    reeel.lasten_per_bijstandsontvanger_reeel_euro,
    positie.mediaan_klasse_euro / deflator.deflator as mediaan_klasse_reeel_euro,
    jaar.herkomst
from benchmark.gemeente_jaar as jaar
left join benchmark.gemeente_positie as positie
    on
        jaar.boekjaar = positie.boekjaar
        and jaar.verslagsoort = positie.verslagsoort
        and jaar.plaatsing = positie.plaatsing
        and jaar.taakveld = positie.taakveld
        and jaar.gemeente_code = positie.gemeente_code
        and positie.noemer = 'bijstandsontvanger'
        and positie.indeling = 'rapport'
left join benchmark.gemeente_jaar_reeel as reeel
    on
        jaar.boekjaar = reeel.boekjaar
        and jaar.verslagsoort = reeel.verslagsoort
        and jaar.plaatsing = reeel.plaatsing
        and jaar.taakveld = reeel.taakveld
        and jaar.gemeente_code = reeel.gemeente_code
        and reeel.reeks = 'overheidsconsumptie'
left join benchmark.deflator as deflator on jaar.boekjaar = deflator.jaar and deflator.reeks = 'overheidsconsumptie'
where jaar.taakveld = '6.5' and jaar.verslagsoort = 'jaarrekening' and jaar.plaatsing = 2
order by jaar.gemeente_code, jaar.boekjaar

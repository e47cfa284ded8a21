/*
about = """
Figure 20 of the report of 2025: running voorzieningen in September by class of gemeentegrootte, per 1.000 inwoners, per
bijstandsontvanger, and with recipients of loonkostensubsidie added (footnote 31). The report prints the unweighted mean;
weighted mean and median stand beside it. Other months and indelingen: benchmark.voorzieningen_grootteklasse.
"""
grain = ["jaar", "noemer", "klasse_volgorde"]
methode = "the-report-recomputed"

[columns]
jaar = ["jaar", "jaar van de verslagmaand (september)"]
noemer = ["naam", "1.000 inwoners, bijstandsontvanger, of bijstandsontvanger plus LKS-ontvanger"]
klasse_volgorde = ["rangnummer", "volgorde van de klasse, van klein naar groot"]
grootteklasse = ["naam", "klasse van inwoners op 1 januari van het jaar"]
aantal = ["gemeenten", "gemeenten waarover is gerekend (n)"]
gemiddelde_per_noemer = ["voorzieningen per noemer", "ongewogen gemiddelde van de gemeenten"]
gemiddelde_ondergrens_per_noemer = ["voorzieningen per noemer", "het laagste dat de afronding op tientallen toelaat"]
gemiddelde_bovengrens_per_noemer = ["voorzieningen per noemer", "het hoogste dat die afronding toelaat; leeg = geen grens"]
verhouding_van_sommen_per_noemer = ["voorzieningen per noemer", "gewogen gemiddelde"]
mediaan_per_noemer = ["voorzieningen per noemer", "mediaan van de gemeenten"]
rapport_per_noemer = ["voorzieningen per noemer", "gedrukt in het rapport, voor 2024; leeg = niet gedrukt"]
is_voorlopig = ["ja/nee", "een cijfer kan nog veranderen; leeg = n is 0"]
herkomst = ["naam", "cbs, opname (vastgelegde of ingevoerde cijfers) of reconstructie (geen CBS-cijfers)"]
*/
select
    klasse.jaar,
    klasse.noemer,
    klasse.klasse_volgorde,
    klasse.grootteklasse,
    klasse.aantal,
    klasse.gemiddelde_per_noemer,
    klasse.gemiddelde_ondergrens_per_noemer,
    klasse.gemiddelde_bovengrens_per_noemer,
    klasse.verhouding_van_sommen_per_noemer,
    klasse.mediaan_per_noemer,
    gedrukt.waarde as rapport_per_noemer,
    klasse.is_voorlopig,
    klasse.herkomst
from benchmark.voorzieningen_grootteklasse as klasse
inner join core.voorziening_type as soort on klasse.type = soort.type
left join core.rapport_cijfer as gedrukt
    on
        gedrukt.id like 'fig20_%'
        and klasse.jaar = gedrukt.jaar
        and klasse.grootteklasse = gedrukt.kenmerk
        and klasse.noemer = 'bijstandsontvanger'
where soort.niveau = 'totaal' and klasse.maand = 9 and klasse.indeling = 'rapport'

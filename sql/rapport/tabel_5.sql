/*
about = """
Table 5 of the report of 2025: running voorzieningen and persons with one by type, mean over the months of a year. The
figures are those of benchmark.voorzieningen_type. Each month is a count in tens, so a mean is off by at most
afrondingsmarge_aantal. Columns rapport_ are what is printed for 2024.
"""
grain = ["jaar", "type"]
methode = "the-report-recomputed"

[columns]
jaar = ["jaar", "jaar van de verslagmaanden"]
type = ["naam", "type of totaal; zie core.voorziening_type"]
volgorde = ["rangnummer", "volgorde in tabel 5 van het rapport; het totaal staat achteraan"]
hoofdcategorie = ["naam", "hoofdcategorie van het type; leeg bij het totaal"]
gemiddeld_aantal_voorzieningen = ["voorzieningen", "gemiddelde over de maanden van de lopende voorzieningen; leeg = geen cijfer"]
rapport_voorzieningen = ["voorzieningen", "gedrukt in het rapport; leeg = niet gedrukt"]
gemiddeld_aantal_personen = ["personen", "gemiddelde over de maanden van de personen met een lopende voorziening; leeg = geen cijfer"]
rapport_personen = ["personen", "gedrukt in het rapport; leeg = niet gedrukt"]
afrondingsmarge_aantal = ["voorzieningen of personen", "hoeveel een gemiddelde hooguit verschuift door de afronding van CBS"]
is_volledig_jaar = ["ja/nee", "12 maanden met een cijfer"]
is_voorlopig = ["ja/nee", "een van de maanden kan nog veranderen; leeg = geen cijfer"]
herkomst = ["naam", "cbs, opname (vastgelegde of ingevoerde cijfers) of reconstructie (geen CBS-cijfers)"]
*/
select
    srg.jaar,
    srg.type,
    srg.volgorde,
    srg.hoofdcategorie,
    srg.gemiddeld_aantal_voorzieningen,
    voorzieningen.waarde as rapport_voorzieningen,
    srg.gemiddeld_aantal_personen,
    personen.waarde as rapport_personen,
    srg.afrondingsmarge_aantal,
    srg.is_volledig_jaar,
    srg.is_voorlopig,
    srg.herkomst
from benchmark.voorzieningen_type as srg
left join core.rapport_cijfer as voorzieningen
    on
        voorzieningen.id like 'tabel5_voorzieningen_%'
        and srg.jaar = voorzieningen.jaar
        and srg.type = voorzieningen.kenmerk
left join core.rapport_cijfer as personen
    on
        personen.id like 'tabel5_personen_%'
        and srg.jaar = personen.jaar
        and srg.type = personen.kenmerk
where srg.niveau != 'hoofdcategorie'

/*
about = """
Which voorzieningen grow? Running voorzieningen in Nederland by type and month, and how many more or fewer than in the
same month a year before. Counts are in tens; the last three months are provisional. The newest month: order by jaar, maand.
"""
grain = ["jaar", "maand", "type"]
methode = "voorzieningen-srg"

# A name stands for the description of that column of that table.
[columns]
jaar = "benchmark.voorzieningen_maand"
maand = "benchmark.voorzieningen_maand"
type = "benchmark.voorzieningen_maand"
niveau = "benchmark.voorzieningen_maand"
lopende_voorzieningen_aantal = "benchmark.voorzieningen_maand"
mutatie_jaar_aantal = "benchmark.voorzieningen_maand"
groei_jaar_aandeel = ["verhouding", "mutatie_jaar_aantal / het aantal in dezelfde maand een jaar eerder; leeg = geen cijfer, of 0 een jaar eerder"]
is_voorlopig = "benchmark.voorzieningen_maand"
herkomst = "benchmark.voorzieningen_maand"
*/
select
    jaar,
    maand,
    type,
    niveau,
    lopende_voorzieningen_aantal,
    mutatie_jaar_aantal,
    mutatie_jaar_aantal / nullif(lopende_voorzieningen_aantal - mutatie_jaar_aantal, 0) as groei_jaar_aandeel,
    is_voorlopig,
    herkomst
from benchmark.voorzieningen_maand
where regio_code = 'NL01'
order by jaar, maand, type

/*
about = """
Table 3, and figures 1 and 6, of the report of 2025: what all gemeenten spent on taakveld 6.5 (jaarrekening, second
plaatsing) in millions, nominal and in prices of 2020. Real amounts stand beside each other by three price series:
that of the report is not one of CBS, so its index is what the printed figures imply. The report divides whole millions;
here nominal millions are first rounded for that series only. Columns rapport_ are what is printed.
"""
grain = ["boekjaar"]
methode = "the-report-recomputed"

[columns]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
lasten_mln_euro = ["mln euro", "som van de lasten van de gemeenten die leverden"]
rapport_lasten_mln_euro = ["mln euro", "gedrukt in het rapport; leeg = niet gedrukt"]
reeel_rapportindex_mln_euro = ["mln euro, prijzen 2020", "lasten, afgerond op een miljoen, gedeeld door de index van het rapport; leeg = jaar niet in het rapport"]
rapport_reeel_mln_euro = ["mln euro, prijzen 2020", "gedrukt in het rapport; leeg = niet gedrukt"]
reeel_overheidsconsumptie_mln_euro = ["mln euro, prijzen 2020", "lasten gedeeld door de prijs van overheidsconsumptie (85880NED); leeg = geen prijs"]
reeel_consumentenprijzen_mln_euro = ["mln euro, prijzen 2020", "lasten gedeeld door de CPI (86141NED); leeg = geen prijs"]
aantal_geleverd = ["gemeenten", "gemeenten die leverden"]
aantal_niet_geleverd = ["gemeenten", "gemeenten die niet leverden, of alleen nullen"]
herkomst = ["naam", "cbs, opname (vastgelegde of ingevoerde cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with prijs as (
    select
        jaar,
        max(prijsindex_2020_100) filter (reeks = 'rapport tabel 3') / 100 as rapport,
        max(prijsindex_2020_100) filter (reeks = 'overheidsconsumptie') / 100 as overheid,
        max(prijsindex_2020_100) filter (reeks = 'consumentenprijzen') / 100 as consumenten
    from core.prijsindex
    group by jaar
),

gedrukt as (
    select
        jaar,
        max(waarde) filter (id like 'tabel3_nominaal_%') as nominaal,
        max(waarde) filter (id like 'tabel3_reeel_%') as reeel
    from core.rapport_cijfer
    group by jaar
)

select
    nederland.boekjaar,
    nederland.lasten_euro / 1e6 as lasten_mln_euro,
    gedrukt.nominaal as rapport_lasten_mln_euro,
    round(nederland.lasten_euro / 1e6) / prijs.rapport as reeel_rapportindex_mln_euro,
    gedrukt.reeel as rapport_reeel_mln_euro,
    nederland.lasten_euro / 1e6 / prijs.overheid as reeel_overheidsconsumptie_mln_euro,
    nederland.lasten_euro / 1e6 / prijs.consumenten as reeel_consumentenprijzen_mln_euro,
    nederland.aantal_geleverd,
    nederland.aantal_niet_geleverd,
    nederland.herkomst
from benchmark.uitgaven_nederland as nederland
left join prijs on nederland.boekjaar = prijs.jaar
left join gedrukt on nederland.boekjaar = gedrukt.jaar
where nederland.taakveld = '6.5' and nederland.verslagsoort = 'jaarrekening' and nederland.plaatsing = 2

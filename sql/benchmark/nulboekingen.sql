/*
about = """
Zero bookings through the years: every gemeente that booked 0 on a taakveld in at least one boekjaar, or did not deliver
in one. A zero booking says where a gemeente books, not what it does: its lasten on the other taakvelden stand in
benchmark.taakveld_aandeel. By code, so a gemeente that was renamed or merged begins anew.
"""
grain = ["verslagsoort", "plaatsing", "taakveld", "gemeente_code"]
methode = "spending"

[columns]
verslagsoort = ["naam", "begroting of jaarrekening"]
plaatsing = ["rangnummer", "1 = eerste plaatsing, 2 = tweede plaatsing"]
taakveld = ["code", "taakveld; 6.5 is Arbeidsparticipatie"]
gemeente_code = ["code", "gemeentecode van CBS"]
gemeente = ["naam", "naam van de gemeente in het laatste jaar"]
aantal_jaren = ["jaren", "boekjaren waarin de gemeente bestond"]
aantal_jaren_nul = ["jaren", "boekjaren waarin zij 0 boekte"]
aantal_jaren_niet_geleverd = ["jaren", "boekjaren waarin zij niet leverde"]
jaren_nul = ["jaren", "welke dat zijn; leeg = geen"]
jaren_niet_geleverd = ["jaren", "welke dat zijn; leeg = geen"]
is_laatste_jaar_nul = ["ja/nee", "in het laatste boekjaar boekte zij 0; leeg = niet geleverd"]
hoogste_lasten_euro = ["euro", "meeste lasten in een van de jaren; leeg = nooit geleverd"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
select
    verslagsoort,
    plaatsing,
    taakveld,
    gemeente_code,
    arg_max(gemeente, boekjaar) as gemeente,
    count(*) as aantal_jaren,
    count(*) filter (is_nulboeking) as aantal_jaren_nul,
    count(*) filter (not is_geleverd) as aantal_jaren_niet_geleverd,
    string_agg(boekjaar::varchar, ', ' order by boekjaar) filter (is_nulboeking) as jaren_nul,
    string_agg(boekjaar::varchar, ', ' order by boekjaar) filter (not is_geleverd) as jaren_niet_geleverd,
    last(is_nulboeking order by boekjaar) as is_laatste_jaar_nul,
    max(lasten_euro) as hoogste_lasten_euro,
    any_value(herkomst) as herkomst
from benchmark.gemeente_jaar
group by verslagsoort, plaatsing, taakveld, gemeente_code
having count(*) filter (is_nulboeking or not is_geleverd) > 0

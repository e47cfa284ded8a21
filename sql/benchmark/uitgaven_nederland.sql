/*
about = """
What all gemeenten together booked on a taakveld in a boekjaar: nominal euros, and per inwoner and per bijstandsontvanger
as a ratio of sums over the gemeenten that delivered (a gemeente without amounts is left out of the denominators too;
aandeel_inwoners_gedekt tells how much of Nederland is in).
"""
grain = ["boekjaar", "verslagsoort", "plaatsing", "taakveld"]
methode = "spending"

[columns]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
verslagsoort = ["naam", "begroting of jaarrekening"]
plaatsing = ["rangnummer", "1 = eerste plaatsing, 2 = tweede plaatsing"]
taakveld = ["code", "taakveld; 6.5 is Arbeidsparticipatie"]
aantal_gemeenten = ["gemeenten", "gemeenten op 1 januari van het boekjaar"]
aantal_geleverd = ["gemeenten", "gemeenten die leverden"]
aantal_niet_geleverd = ["gemeenten", "gemeenten die niet leverden, of alleen nullen"]
aantal_nulboekingen = ["gemeenten", "gemeenten die leverden en 0 lasten boekten op dit taakveld"]
lasten_euro = ["euro", "som van de lasten van de gemeenten die leverden"]
baten_euro = ["euro", "som van de baten van de gemeenten die leverden"]
saldo_euro = ["euro", "lasten_euro - baten_euro"]
inwoners = ["personen", "inwoners van alle gemeenten op 1 januari"]
inwoners_geleverd = ["personen", "inwoners van de gemeenten die leverden"]
bijstandsontvangers_geleverd = ["personen", "bijstandsontvangers van de gemeenten die leverden en een cijfer hebben; leeg = geen enkel cijfer"]
aandeel_inwoners_gedekt = ["aandeel 0-1", "inwoners_geleverd / inwoners"]
lasten_per_inwoner_euro = ["euro per inwoner", "verhouding van sommen: lasten_euro / inwoners_geleverd"]
lasten_per_bijstandsontvanger_euro = ["euro per bijstandsontvanger", "verhouding van sommen over gemeenten die leverden en bijstandsontvangers boven 0 hebben"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
select
    boekjaar,
    verslagsoort,
    plaatsing,
    taakveld,
    count(*) as aantal_gemeenten,
    count(*) filter (is_geleverd) as aantal_geleverd,
    count(*) filter (not is_geleverd) as aantal_niet_geleverd,
    count(*) filter (is_nulboeking) as aantal_nulboekingen,
    sum(lasten_euro)::bigint as lasten_euro,
    sum(baten_euro)::bigint as baten_euro,
    sum(saldo_euro)::bigint as saldo_euro,
    sum(inwoners)::bigint as inwoners,
    sum(inwoners) filter (is_geleverd)::bigint as inwoners_geleverd,
    sum(bijstandsontvangers) filter (is_geleverd)::bigint as bijstandsontvangers_geleverd,
    sum(inwoners) filter (is_geleverd) / sum(inwoners) as aandeel_inwoners_gedekt,
    sum(lasten_euro) / sum(inwoners) filter (is_geleverd) as lasten_per_inwoner_euro,
    sum(lasten_euro) filter (bijstandsontvangers > 0)
    / sum(bijstandsontvangers) filter (is_geleverd and bijstandsontvangers > 0) as lasten_per_bijstandsontvanger_euro,
    any_value(herkomst) as herkomst
from benchmark.gemeente_jaar
group by boekjaar, verslagsoort, plaatsing, taakveld

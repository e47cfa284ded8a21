/*
about = """
What each gemeente booked on a taakveld, on the boundaries of a later year: benchmark.gemeente_jaar led through
core.gebiedsovergang. Choose one grenzen_jaar; it is the boekjaar itself (the gemeenten as they were) or a later year. The
way back, to the boundaries of an earlier year, is not there: CBS does not tell which part of a later figure belongs to
which former gemeente. Amounts of a gemeente that was divided go over by the inwoners each successor received, in whole
euros, so that totals stay. A gemeente has amounts when one of its predecessors delivered; aandeel_inwoners_geleverd
tells how much of it did, and ratios are over that part.
"""
grain = ["grenzen_jaar", "boekjaar", "verslagsoort", "plaatsing", "taakveld", "gemeente_code"]
methode = "constant-boundaries"

[columns]
grenzen_jaar = ["jaar", "gemeenten zoals zij op 1 januari van dit jaar waren"]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
verslagsoort = ["naam", "begroting of jaarrekening"]
plaatsing = ["rangnummer", "1 = eerste plaatsing, 2 = tweede plaatsing"]
taakveld = ["code", "taakveld; 6.5 is Arbeidsparticipatie"]
gemeente_code = ["code", "gemeentecode van CBS in grenzen_jaar"]
gemeente = ["naam", "naam van de gemeente in grenzen_jaar"]
aantal_voorgangers = ["gemeenten", "gemeenten van het boekjaar waaruit dit cijfer komt"]
is_zelfde_gebied = ["ja/nee", "dezelfde gemeente met hetzelfde gebied als in het boekjaar"]
lasten_euro = ["euro", "lasten van de voorgangers, naar inwoners verdeeld; leeg = geen leverde"]
baten_euro = ["euro", "baten van de voorgangers, naar inwoners verdeeld; leeg = geen leverde"]
inwoners = ["personen", "inwoners op 1 januari van het boekjaar, in dit gebied"]
inwoners_geleverd = ["personen", "deel daarvan in voorgangers die leverden"]
aandeel_inwoners_geleverd = ["aandeel 0-1", "inwoners_geleverd / inwoners"]
lasten_per_inwoner_euro = ["euro per inwoner", "lasten_euro / inwoners_geleverd"]
bijstandsontvangers = ["personen", "van de voorgangers, naar inwoners verdeeld; leeg als er een geen cijfer heeft"]
lasten_per_bijstandsontvanger_euro = ["euro per bijstandsontvanger", "lasten_euro / bijstandsontvangers; leeg als een voorganger niet leverde of geen cijfer heeft"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with gewogen as (
    select
        *,
        sum(gewicht) over (
            partition by van_jaar, naar_jaar, van_code
            order by naar_code
            rows between unbounded preceding and current row
        ) as tot_en_met
    from core.gebiedsovergang
),

-- Each successor gets what lies between two rounded marks, and the last mark is the whole: the parts add up exactly.
verdeeld as (
    select
        overgang.naar_jaar as grenzen_jaar,
        overgang.naar_code,
        overgang.is_zelfde_gebied,
        bron.boekjaar,
        bron.verslagsoort,
        bron.plaatsing,
        bron.taakveld,
        bron.is_geleverd,
        bron.herkomst,
        round(bron.lasten_euro * overgang.tot_en_met)
        - round(bron.lasten_euro * (overgang.tot_en_met - overgang.gewicht)) as lasten_euro,
        round(bron.baten_euro * overgang.tot_en_met)
        - round(bron.baten_euro * (overgang.tot_en_met - overgang.gewicht)) as baten_euro,
        round(bron.inwoners * overgang.tot_en_met)
        - round(bron.inwoners * (overgang.tot_en_met - overgang.gewicht)) as inwoners,
        round(bron.bijstandsontvangers * overgang.tot_en_met)
        - round(bron.bijstandsontvangers * (overgang.tot_en_met - overgang.gewicht)) as bijstandsontvangers
    from benchmark.gemeente_jaar as bron
    inner join gewogen as overgang
        on bron.boekjaar = overgang.van_jaar and bron.gemeente_code = overgang.van_code
),

opgeteld as (
    select
        grenzen_jaar,
        boekjaar,
        verslagsoort,
        plaatsing,
        taakveld,
        naar_code,
        count(*) as aantal_voorgangers,
        bool_and(is_zelfde_gebied) as is_zelfde_gebied,
        sum(lasten_euro)::bigint as lasten_euro,
        sum(baten_euro)::bigint as baten_euro,
        sum(inwoners)::bigint as inwoners,
        coalesce(sum(inwoners) filter (is_geleverd), 0)::bigint as inwoners_geleverd,
        case
            when count(bijstandsontvangers) = count(*) then sum(bijstandsontvangers)::bigint
        end as bijstandsontvangers,
        bool_and(is_geleverd) as is_geheel_geleverd,
        any_value(herkomst) as herkomst
    from verdeeld
    group by grenzen_jaar, boekjaar, verslagsoort, plaatsing, taakveld, naar_code
)

select
    opgeteld.grenzen_jaar,
    opgeteld.boekjaar,
    opgeteld.verslagsoort,
    opgeteld.plaatsing,
    opgeteld.taakveld,
    opgeteld.naar_code as gemeente_code,
    gemeente.naam as gemeente,
    opgeteld.aantal_voorgangers,
    opgeteld.is_zelfde_gebied,
    opgeteld.lasten_euro,
    opgeteld.baten_euro,
    opgeteld.inwoners,
    opgeteld.inwoners_geleverd,
    opgeteld.inwoners_geleverd / opgeteld.inwoners as aandeel_inwoners_geleverd,
    opgeteld.lasten_euro / nullif(opgeteld.inwoners_geleverd, 0) as lasten_per_inwoner_euro,
    opgeteld.bijstandsontvangers,
    case
        when opgeteld.is_geheel_geleverd then opgeteld.lasten_euro / nullif(opgeteld.bijstandsontvangers, 0)
    end as lasten_per_bijstandsontvanger_euro,
    opgeteld.herkomst
from opgeteld
inner join core.gemeente as gemeente
    on opgeteld.grenzen_jaar = gemeente.jaar and opgeteld.naar_code = gemeente.gemeente_code

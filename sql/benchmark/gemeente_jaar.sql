/*
about = """
What each gemeente booked on a taakveld in a boekjaar, beside its inwoners and bijstandsontvangers. One row for every
gemeente that existed on 1 January of the boekjaar, whether it delivered or not: a gemeente that did not deliver has
no amounts (empty, never 0); a gemeente that delivered and booked nothing has 0 and is_nulboeking. Rows exist for a
verslagsoort and plaatsing once CBS has published it. A zero booking says nothing about a single gemeente: it may book
the same costs on another taakveld.
"""
grain = ["boekjaar", "verslagsoort", "plaatsing", "taakveld", "gemeente_code"]
methode = "spending"

[columns]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
verslagsoort = ["naam", "begroting of jaarrekening"]
plaatsing = ["rangnummer", "1 = eerste plaatsing (deadline + 10 dagen), 2 = tweede plaatsing (+ 70 dagen)"]
taakveld = ["code", "taakveld; 6.5 is Arbeidsparticipatie"]
gemeente_code = ["code", "gemeentecode van CBS"]
gemeente = ["naam", "naam van de gemeente in dat jaar"]
provincie = ["naam", "provincie"]
arbeidsmarktregio = ["naam", "arbeidsmarktregio in dat jaar"]
levering_status = ["naam", "geleverd, niet geleverd of alles nul; zie core.iv3_levering"]
is_geleverd = ["ja/nee", "de gemeente leverde cijfers"]
is_nulboeking = ["ja/nee", "geleverd, en de lasten op dit taakveld zijn 0; leeg = niet geleverd"]
lasten_euro = ["euro", "som van alle categorieen L*; leeg = niet geleverd"]
baten_euro = ["euro", "som van alle categorieen B*; leeg = niet geleverd"]
saldo_euro = ["euro", "lasten_euro - baten_euro"]
inwoners = ["personen", "inwoners op 1 januari van het boekjaar (03759ned)"]
bijstandsontvangers = ["personen", "personen met bijstand volgens core.instelling (definitie en maand); leeg = geen cijfer"]
is_bijstand_voorlopig = ["ja/nee", "het aantal bijstandsontvangers kan nog veranderen"]
afronding_bijstandsontvangers = ["personen", "veelvoud waarop CBS de bijstandsontvangers afrondt"]
lasten_per_inwoner_euro = ["euro per inwoner", "lasten_euro / inwoners"]
lasten_per_bijstandsontvanger_euro = ["euro per bijstandsontvanger", "lasten_euro / bijstandsontvangers; leeg bij 0 of geen cijfer"]
lasten_per_bijstandsontvanger_ondergrens_euro = ["euro per bijstandsontvanger", "het laagste dat de afronding van de bijstandsontvangers toelaat, ook als zij op 0 zijn afgerond; leeg = geen grens of geen cijfer"]
lasten_per_bijstandsontvanger_bovengrens_euro = ["euro per bijstandsontvanger", "het hoogste dat die afronding toelaat; leeg = geen grens (het kunnen er 0 zijn) of geen cijfer"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with keuze as (
    select
        max(waarde) filter (naam = 'bijstand_definitie') as definitie,
        max(waarde) filter (naam = 'bijstand_maand')::bigint as maand,
        max(waarde) filter (naam = 'herkomst') as herkomst
    from core.instelling
),

noemer as (
    select
        bijstand.jaar,
        bijstand.regio_code,
        bijstand.aantal_personen,
        bijstand.is_voorlopig,
        bijstand.afronding_personen
    from core.bijstand
    inner join keuze on bijstand.definitie = keuze.definitie and bijstand.maand = keuze.maand
),

bedrag as (
    select
        boekjaar,
        verslagsoort,
        plaatsing,
        gemeente_code,
        taakveld,
        coalesce(sum(bedrag_euro) filter (lasten_baten = 'lasten'), 0)::bigint as lasten_euro,
        coalesce(sum(bedrag_euro) filter (lasten_baten = 'baten'), 0)::bigint as baten_euro
    from core.iv3_boeking
    group by all
),

-- Every published delivery meets every taakveld; only a gemeente that delivered gets a 0 where it booked nothing.
stand as (
    select
        levering.boekjaar,
        levering.verslagsoort,
        levering.plaatsing,
        taakveld.taakveld,
        levering.gemeente_code,
        levering.status,
        levering.status = 'geleverd' as is_geleverd,
        case when levering.status = 'geleverd' then coalesce(bedrag.lasten_euro, 0) end as lasten_euro,
        case when levering.status = 'geleverd' then coalesce(bedrag.baten_euro, 0) end as baten_euro
    from core.iv3_levering as levering
    inner join core.taakveld on levering.boekjaar = taakveld.boekjaar and taakveld.rol = 'benchmark'
    left join bedrag
        on
            levering.boekjaar = bedrag.boekjaar
            and levering.verslagsoort = bedrag.verslagsoort
            and levering.plaatsing = bedrag.plaatsing
            and levering.gemeente_code = bedrag.gemeente_code
            and taakveld.taakveld = bedrag.taakveld
    where levering.status != 'niet gepubliceerd'
)

select
    stand.boekjaar,
    stand.verslagsoort,
    stand.plaatsing,
    stand.taakveld,
    stand.gemeente_code,
    gemeente.naam as gemeente,
    gemeente.provincie,
    gemeente.arbeidsmarktregio,
    stand.status as levering_status,
    stand.is_geleverd,
    stand.lasten_euro = 0 as is_nulboeking,
    stand.lasten_euro,
    stand.baten_euro,
    stand.lasten_euro - stand.baten_euro as saldo_euro,
    gemeente.inwoners,
    noemer.aantal_personen as bijstandsontvangers,
    noemer.is_voorlopig as is_bijstand_voorlopig,
    noemer.afronding_personen as afronding_bijstandsontvangers,
    stand.lasten_euro / gemeente.inwoners as lasten_per_inwoner_euro,
    stand.lasten_euro / nullif(noemer.aantal_personen, 0) as lasten_per_bijstandsontvanger_euro,
    -- Negative lasten are lowest over the fewest persons, so the two bounds change places.
    case
        when stand.lasten_euro >= 0
            then stand.lasten_euro / (noemer.aantal_personen + noemer.afronding_personen / 2)
        when noemer.aantal_personen > noemer.afronding_personen / 2
            then stand.lasten_euro / (noemer.aantal_personen - noemer.afronding_personen / 2)
    end as lasten_per_bijstandsontvanger_ondergrens_euro,
    case
        when stand.lasten_euro < 0
            then stand.lasten_euro / (noemer.aantal_personen + noemer.afronding_personen / 2)
        when noemer.aantal_personen > noemer.afronding_personen / 2
            then stand.lasten_euro / (noemer.aantal_personen - noemer.afronding_personen / 2)
    end as lasten_per_bijstandsontvanger_bovengrens_euro,
    keuze.herkomst
from stand
inner join core.gemeente on stand.boekjaar = gemeente.jaar and stand.gemeente_code = gemeente.gemeente_code
left join noemer on stand.boekjaar = noemer.jaar and stand.gemeente_code = noemer.regio_code
cross join keuze

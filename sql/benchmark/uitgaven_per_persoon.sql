/*
about = """
Lasten on a taakveld per person, in the ways of the box in paragraph 4.2.2 of the report of 2025, for Nederland. `per
bijstandsontvanger` divides lasten by bijstand over the gemeenten that have both, so it is the figure of
uitgaven_nederland. The other ways need persons of the SRG, which are there for Nederland only: they divide the lasten
of the gemeenten that delivered by persons in all of Nederland. When a gemeente did not deliver they are therefore too
low; aandeel_inwoners_gedekt tells by how much at most about. They have rows only for a boekjaar with 12 months of SRG. `laag`
and `hoog` add to bijstand the persons with a voorziening without bijstand (an assumed share, see aannames): of all who
had one during the year, or of those who had one at a time. The share and the counting are assumptions of the report.
"""
grain = ["boekjaar", "verslagsoort", "plaatsing", "taakveld", "maat"]
methode = "voorzieningen-srg"

[columns]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
verslagsoort = ["naam", "begroting of jaarrekening"]
plaatsing = ["rangnummer", "1 = eerste plaatsing, 2 = tweede plaatsing"]
taakveld = ["code", "taakveld; 6.5 is Arbeidsparticipatie"]
maat = ["naam", "door welke personen gedeeld is"]
lasten_euro = ["euro", "som van de lasten van de gemeenten die meetellen"]
noemer_personen = ["personen", "de personen volgens formule; leeg = geen cijfer"]
euro_per_persoon = ["euro per persoon", "lasten_euro / noemer_personen"]
aandeel_inwoners_gedekt = ["aandeel 0-1", "inwoners van de gemeenten in lasten_euro / inwoners van alle gemeenten"]
formule = ["tekst", "hoe de noemer is berekend"]
aannames = ["tekst", "wat is aangenomen, met de waarden"]
is_voorlopig = ["ja/nee", "een aantal personen kan nog veranderen; leeg = geen cijfer"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with keuze as (
    select
        max(waarde) filter (naam = 'bijstand_definitie') as definitie,
        max(waarde) filter (naam = 'bijstand_maand')::bigint as maand,
        max(waarde) filter (naam = 'aandeel_personen_zonder_bijstand') as zonder_bijstand,
        max(waarde) filter (naam = 'herkomst') as herkomst
    from core.instelling
),

aanname as (
    select
        definitie,
        maand,
        zonder_bijstand::double as zonder_bijstand,
        herkomst,
        concat('bijstand: ', definitie, ', maand ', maand, ' van het boekjaar') as over_bijstand,
        concat('aandeel van de personen met een voorziening zonder bijstand: ', zonder_bijstand) as over_aandeel,
        'wie in het jaar uitstroomt en weer begint telt twee keer' as over_uitstroom
    from keuze
),

uitgaven as (
    select
        boekjaar,
        verslagsoort,
        plaatsing,
        taakveld,
        sum(lasten_euro)::bigint as lasten_euro,
        coalesce(sum(inwoners) filter (is_geleverd), 0) / sum(inwoners) as aandeel_inwoners_gedekt,
        sum(lasten_euro) filter (bijstandsontvangers > 0)::bigint as lasten_met_bijstand_euro,
        sum(bijstandsontvangers) filter (is_geleverd and bijstandsontvangers > 0) as bijstand,
        coalesce(sum(inwoners) filter (is_geleverd and bijstandsontvangers > 0), 0)
        / sum(inwoners) as aandeel_inwoners_met_bijstand,
        bool_or(is_bijstand_voorlopig) filter (is_geleverd and bijstandsontvangers > 0) as is_voorlopig
    from benchmark.gemeente_jaar
    group by boekjaar, verslagsoort, plaatsing, taakveld
),

bijstand as (
    select
        bijstand.jaar,
        bijstand.aantal_personen,
        bijstand.is_voorlopig
    from core.bijstand
    inner join keuze on bijstand.definitie = keuze.definitie and bijstand.maand = keuze.maand
    where bijstand.regio_code = 'NL01' and bijstand.aantal_personen is not null
),

persoon as (
    select
        jaar,
        avg(aantal_personen) filter (status = 'lopend') as lopend,
        count(*) filter (status = 'lopend') as maanden_lopend,
        sum(aantal_personen) filter (status = 'uitstroom') as uitstroom,
        count(*) filter (status = 'uitstroom') as maanden_uitstroom,
        bool_or(is_voorlopig) as is_voorlopig
    from core.srg_persoon
    inner join core.voorziening_type as soort using (type)
    where
        soort.niveau = 'totaal'
        and geslacht = 'totaal'
        and leeftijd = 'totaal'
        and herkomstland = 'totaal'
        and status in ('lopend', 'uitstroom')
        and aantal_personen is not null
    group by jaar
),

-- Nothing where a month is missing: a sum over fewer months would be another figure.
srg as (
    select
        jaar,
        case when maanden_lopend = 12 then lopend end as lopend,
        case when maanden_lopend = 12 and maanden_uitstroom = 12 then lopend + uitstroom end as in_het_jaar,
        is_voorlopig
    from persoon
),

maat as (
    select
        uitgaven.boekjaar,
        uitgaven.verslagsoort,
        uitgaven.plaatsing,
        uitgaven.taakveld,
        'per bijstandsontvanger' as maat,
        uitgaven.lasten_met_bijstand_euro as lasten_euro,
        uitgaven.bijstand::double as noemer_personen,
        uitgaven.aandeel_inwoners_met_bijstand as aandeel_inwoners_gedekt,
        'bijstandsontvangers van de gemeenten die leverden' as formule,
        aanname.over_bijstand as aannames,
        uitgaven.is_voorlopig
    from uitgaven
    cross join aanname
    union all
    select
        uitgaven.boekjaar,
        uitgaven.verslagsoort,
        uitgaven.plaatsing,
        uitgaven.taakveld,
        'per te ondersteunen persoon, laag' as maat,
        uitgaven.lasten_euro,
        bijstand.aantal_personen + aanname.zonder_bijstand * srg.in_het_jaar as noemer_personen,
        uitgaven.aandeel_inwoners_gedekt,
        'bijstandsontvangers + aandeel zonder bijstand x (gemiddelde personen lopend + som van 12 maanden uitstroom)'
            as formule,
        concat_ws('; ', aanname.over_bijstand, aanname.over_aandeel, aanname.over_uitstroom) as aannames,
        bijstand.is_voorlopig or srg.is_voorlopig as is_voorlopig
    from uitgaven
    inner join srg on uitgaven.boekjaar = srg.jaar and srg.in_het_jaar is not null
    left join bijstand on uitgaven.boekjaar = bijstand.jaar
    cross join aanname
    union all
    select
        uitgaven.boekjaar,
        uitgaven.verslagsoort,
        uitgaven.plaatsing,
        uitgaven.taakveld,
        'per te ondersteunen persoon, hoog' as maat,
        uitgaven.lasten_euro,
        bijstand.aantal_personen + aanname.zonder_bijstand * srg.lopend as noemer_personen,
        uitgaven.aandeel_inwoners_gedekt,
        'bijstandsontvangers + aandeel zonder bijstand x gemiddelde personen lopend' as formule,
        concat_ws('; ', aanname.over_bijstand, aanname.over_aandeel) as aannames,
        bijstand.is_voorlopig or srg.is_voorlopig as is_voorlopig
    from uitgaven
    inner join srg on uitgaven.boekjaar = srg.jaar and srg.lopend is not null
    left join bijstand on uitgaven.boekjaar = bijstand.jaar
    cross join aanname
    union all
    select
        uitgaven.boekjaar,
        uitgaven.verslagsoort,
        uitgaven.plaatsing,
        uitgaven.taakveld,
        'per persoon met een voorziening in het jaar' as maat,
        uitgaven.lasten_euro,
        srg.in_het_jaar as noemer_personen,
        uitgaven.aandeel_inwoners_gedekt,
        'gemiddelde personen lopend + som van 12 maanden uitstroom' as formule,
        aanname.over_uitstroom as aannames,
        srg.is_voorlopig
    from uitgaven
    inner join srg on uitgaven.boekjaar = srg.jaar and srg.in_het_jaar is not null
    cross join aanname
)

select
    maat.boekjaar,
    maat.verslagsoort,
    maat.plaatsing,
    maat.taakveld,
    maat.maat,
    maat.lasten_euro,
    maat.noemer_personen,
    maat.lasten_euro / nullif(maat.noemer_personen, 0) as euro_per_persoon,
    maat.aandeel_inwoners_gedekt,
    maat.formule,
    maat.aannames,
    maat.is_voorlopig,
    aanname.herkomst
from maat
cross join aanname

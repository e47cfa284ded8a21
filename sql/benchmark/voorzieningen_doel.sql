/*
about = """
Running voorzieningen in Nederland by purpose, re-integratie or participatie, per month, as figures 18 and 19 and table 6
of the report of 2025: the count of CBS times the share of the purpose per type. The shares are no open data of CBS: they
come from an input file (core.invoer_doelaandeel), and are held constant for all months, as the report does. A type
without a share has empty figures. The total covers only the types with a share, and is empty when one of them has no
count in that month. Without an input file there are only rows of the total, with empty figures.
"""
grain = ["jaar", "maand", "doel", "type"]
methode = "voorzieningen-srg"

[columns]
jaar = ["jaar", "jaar van de verslagmaand"]
maand = ["maand 1-12", "verslagmaand"]
doel = ["naam", "re-integratie of participatie"]
type = ["naam", "type of totaal; zie core.voorziening_type"]
niveau = ["naam", "totaal of type"]
aantal_voorzieningen = ["voorzieningen", "lopende voorzieningen x aandeel_doel, niet afgerond; leeg = geen aandeel of geen cijfer"]
aandeel_doel = ["aandeel 0-1", "aandeel met dit doel; bij het totaal van de typen met een aandeel; leeg = niet ingevoerd"]
aandeel_voorzieningen_met_aandeel = ["aandeel 0-1", "deel van de lopende voorzieningen dat een aandeel heeft in het invoerbestand; leeg = geen bestand of geen cijfer"]
mutatie_sinds_2023_01 = ["fractie", "aantal_voorzieningen / dat van januari 2023 - 1"]
is_invoer_aanwezig = ["ja/nee", "er is een invoerbestand"]
peilmaand = ["maand", "maand van de ingevoerde aandelen; bij het totaal alle peilmaanden"]
bron_invoer = ["tekst", "waar het ingevoerde aandeel staat; bij het totaal alle bronnen"]
is_voorlopig = ["ja/nee", "het aantal voorzieningen kan nog veranderen"]
herkomst = ["naam", "cbs, opname (vastgelegde of ingevoerde cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with invoer as (
    select
        count(*) as aantal_typen,
        string_agg(distinct peilmaand, ', ' order by peilmaand) as peilmaand,
        string_agg(distinct bron, ', ' order by bron) as bron
    from core.invoer_doelaandeel
),

lopend as (
    select
        voorziening.jaar,
        voorziening.maand,
        voorziening.type,
        soort.niveau,
        doel.doel,
        voorziening.aantal_voorzieningen as aantal,
        voorziening.is_voorlopig
    from core.srg_voorziening as voorziening
    inner join core.voorziening_type as soort on voorziening.type = soort.type
    cross join (values ('re-integratie'), ('participatie')) as doel (doel)
    where voorziening.regio_code = 'NL01' and voorziening.status = 'lopend' and soort.niveau != 'hoofdcategorie'
),

per_type as (
    select
        lopend.*,
        case
            when lopend.doel = 're-integratie' then aandeel.aandeel_reintegratie
            else 1 - aandeel.aandeel_reintegratie
        end as aandeel_doel,
        aandeel.type is not null as heeft_aandeel,
        aandeel.peilmaand,
        aandeel.bron
    from lopend
    inner join invoer on invoer.aantal_typen > 0
    left join core.invoer_doelaandeel as aandeel on lopend.type = aandeel.type
    where lopend.niveau = 'type'
),

som as (
    select
        jaar,
        maand,
        doel,
        count(aantal) as aantal_typen,
        sum(aantal) as aantal,
        -- Exact, as whole numbers of 2^-80: in a sum of doubles the order of the rows decides the last digit.
        sum((aantal * aandeel_doel * pow(2, 80))::hugeint) / pow(2, 80) as aantal_doel
    from per_type
    where heeft_aandeel
    group by jaar, maand, doel
),

totaal as (
    select
        lopend.jaar,
        lopend.maand,
        lopend.doel,
        lopend.type,
        lopend.niveau,
        som.aantal_doel as aantal,
        som.aantal_doel / nullif(som.aantal, 0) as aandeel_doel,
        -- The parts may add up to a little more than the total, which CBS rounds on its own.
        case
            when som.aantal is not null and lopend.aantal > 0 then least(som.aantal / lopend.aantal, 1)
        end as met_aandeel,
        invoer.peilmaand,
        invoer.bron,
        lopend.is_voorlopig
    from lopend
    cross join invoer
    left join som
        on
            lopend.jaar = som.jaar
            and lopend.maand = som.maand
            and lopend.doel = som.doel
            and invoer.aantal_typen = som.aantal_typen
    where lopend.niveau = 'totaal'
),

rij as (
    select * from totaal
    union all
    select
        jaar,
        maand,
        doel,
        type,
        niveau,
        aantal * aandeel_doel as aantal,
        aandeel_doel,
        case when heeft_aandeel then 1 else 0 end as met_aandeel,
        peilmaand,
        bron,
        is_voorlopig
    from per_type
)

select
    rij.jaar,
    rij.maand,
    rij.doel,
    rij.type,
    rij.niveau,
    rij.aantal as aantal_voorzieningen,
    rij.aandeel_doel,
    rij.met_aandeel as aandeel_voorzieningen_met_aandeel,
    rij.aantal / nullif(eerste.aantal, 0) - 1 as mutatie_sinds_2023_01,
    invoer.aantal_typen > 0 as is_invoer_aanwezig,
    rij.peilmaand,
    rij.bron as bron_invoer,
    rij.is_voorlopig,
    case when invoer.aantal_typen > 0 and keuze.waarde = 'cbs' then 'opname' else keuze.waarde end as herkomst
from rij
left join rij as eerste on eerste.jaar = 2023 and eerste.maand = 1 and rij.doel = eerste.doel and rij.type = eerste.type
cross join invoer
cross join core.instelling as keuze
where keuze.naam = 'herkomst'

/*
about = """
The scorecard: every number that the reference report prints, beside ours. `gelijk` = within the rounding it was printed
with, by the reading the text defines; `wijkt af`; `niet te berekenen`, with the open table or input file that is missing;
`geen cbs-cijfer` = it rests on a survey or a given budget. Where another reading does give the printed number,
gelijke_kandidaten names it (all readings: rapport.replicatie_kandidaat). A number of herkomst `reconstructie` is no
evidence: that world was made to give the printed figures. What rests on an assumption taken from the report, or on shares a user put in, says so and is no evidence either.
"""
grain = ["id"]
methode = "the-report-recomputed"

[columns]
id = ["code", "naam van het getal"]
waar = ["tekst", "waar het gedrukt staat"]
label = ["tekst", "wat het is"]
dimensies = ["tekst", "waarvoor het geldt"]
eenheid = ["naam", "eenheid van beide waarden"]
waarde_gedrukt = ["tekst", "het getal zoals gedrukt"]
waarde_rapport = ["zie eenheid", "het gedrukte getal; bij twee getallen het getal dat het dichtst bij het onze ligt"]
waarde_onze = ["zie eenheid", "wat deze publicatie geeft; bij meer jaren het jaar dat het meest afwijkt; leeg = niet te berekenen"]
verschil = ["zie eenheid", "waarde_onze - waarde_rapport"]
afronding = ["zie eenheid", "veelvoud waarop het gedrukt is"]
oordeel = ["naam", "gelijk, wijkt af, niet te berekenen of geen cbs-cijfer"]
reden = ["tekst", "waarom niet te berekenen of geen cbs-cijfer; leeg bij een waarde"]
is_bewijs = ["ja/nee", "het oordeel zegt iets over CBS-cijfers: geen bron is reconstructie en er is geen aanname; leeg zonder waarde"]
aanname = ["tekst", "wat is aangenomen of ingevoerd en uit het rapport zelf kan komen; leeg = niets"]
gelijke_kandidaten = ["tekst", "de lezingen die het gedrukte getal geven; leeg = geen"]
aantal_kandidaten = ["lezingen", "lezingen die zijn berekend"]
tabel = ["naam", "tabel waaruit onze waarde komt; leeg zonder waarde"]
vintages = ["tekst", "bronnen met hun vintage; leeg zonder waarde"]
herkomst = ["naam", "cbs, opname of reconstructie: de minst zekere van de bronnen; leeg zonder waarde"]
*/
with gemeten as (
    select
        kandidaat.*,
        least(
            abs(kandidaat.waarde - cijfer.waarde),
            coalesce(abs(kandidaat.waarde - cijfer.waarde_tweede), abs(kandidaat.waarde - cijfer.waarde))
        ) as afstand
    from rapport.replicatie_kandidaat as kandidaat
    inner join core.rapport_cijfer as cijfer on kandidaat.id = cijfer.id
),

-- Several years under one number: the year that is farthest off speaks for all, and one that is not there leaves open
-- whether all agree, but not that one does not.
definitie as (
    select
        id,
        case
            when bool_and(waarde is not null) or not bool_and(is_gelijk) then arg_max(waarde, afstand)
        end as waarde,
        bool_and(is_gelijk) as is_gelijk,
        any_value(tabel) as tabel,
        any_value(aanname) as aanname,
        -- From the most to the least certain, cbs, opname and reconstructie stand in alphabetical order.
        max(herkomst) filter (waarde is not null) as herkomst
    from gemeten
    where is_definitie
    group by id
),

lezing as (
    select
        id,
        count(waarde) as aantal,
        bool_or(kandidaat like '%keuzes van deze run%') as is_keuze_anders,
        string_agg(kandidaat, ' | ' order by is_definitie desc, kandidaat asc)
        filter (is_gelijk) as gelijke_kandidaten
    from gemeten
    group by id
),

gebruikt as (
    select distinct
        id,
        unnest(string_split(bronnen, ', ')) as bron
    from gemeten
    where is_definitie and waarde is not null
),

herkomst as (
    select
        gebruikt.id,
        string_agg(concat(bron.bron, ' ', bron.vintage), ', ' order by bron.bron) as vintages,
        any_value(definitie.herkomst) as herkomst
    from gebruikt
    inner join core.bron as bron on gebruikt.bron = bron.bron
    inner join definitie on gebruikt.id = definitie.id
    group by gebruikt.id
),

-- What each number needs; the first that fits tells why there is no value.
nodig (volgorde, patroon, tekst) as (
    values
    (
        1,
        'srg_%2022%',
        'open tabel 84511NED (SRG tot en met 2022) wordt niet genomen: trendbreuk tussen december 2022 en januari 2023'
    ),
    (2, 'beschut_werkzaam_%', 'open tabel 84511NED (SRG tot en met 2022) wordt niet genomen: trendbreuk'),
    (
        3,
        'fig18_%',
        'invoerbestand srg_doelaandeel.csv ontbreekt (geen open tabel van CBS), of open tabel 85588NED heeft niet '
        || 'elk type in januari 2023 en december 2024'
    ),
    (4, 'fig19_%', 'invoerbestand srg_doelaandeel.csv ontbreekt of heeft dit type niet (geen open tabel van CBS)'),
    (5, 'tabel7_bijstand_%', 'open tabel 85585NED heeft dit jaar niet in 4 kwartalen'),
    (
        6,
        'tabel7_%',
        'invoerbestand srg_bijstandsduur.csv ontbreekt of heeft dit jaar niet (geen open tabel van CBS), of open tabel '
        || '85585NED heeft dit jaar niet in 4 kwartalen'
    ),
    (8, 'tabel5_%', 'open tabel 85588NED of 85589NED heeft dit jaar niet in 12 maanden'),
    (9, 'fig20_%', 'open tabel 85588NED of 80794ned, of het boekjaar, is er niet: reintegratie refresh --years'),
    (10, 'fig21_%', 'open tabel 85589NED of 85692NED heeft dit jaar niet in 12 maanden'),
    (11, 'fig22_%', 'open tabel 85589NED of 85692NED heeft dit jaar niet in 12 maanden'),
    (12, 'bijstand_%', 'open tabel 80794ned heeft deze maand niet, of het boekjaar is niet in de lake'),
    (
        13,
        'aandeel_bijstand_met_voorziening',
        'open tabel 85589NED heeft dit jaar niet in 12 maanden, of 80794ned heeft deze maand niet'
    ),
    (14, 'personen_%', 'open tabel 85589NED heeft dit jaar niet in 12 maanden'),
    (15, 'voorzieningen_%', 'open tabel 85588NED of 85589NED heeft dit jaar niet in 12 maanden'),
    (
        16,
        'per_te_ondersteunen_%',
        'open tabel 85589NED heeft dit jaar niet in 12 maanden, of 80794ned heeft de gekozen maand niet, of het '
        || 'boekjaar is niet in de lake: '
        || 'reintegratie refresh --years'
    ),
    (
        17,
        'per_persoon_met_voorziening',
        'open tabel 85589NED heeft dit jaar niet in 12 maanden, of het boekjaar is niet in de lake: '
        || 'reintegratie refresh --years'
    ),
    (
        18,
        '%',
        'open tabel "Gemeenten onbewerkte Iv3-data" van dit boekjaar is niet in de lake: reintegratie refresh --years'
    )
),

reden as (
    select
        cijfer.id,
        arg_min(nodig.tekst, nodig.volgorde) as tekst
    from core.rapport_cijfer as cijfer
    inner join nodig on cijfer.id like nodig.patroon
    group by cijfer.id
)

select
    cijfer.id,
    cijfer.waar,
    cijfer.label,
    cijfer.dimensies,
    cijfer.eenheid,
    cijfer.waarde_gedrukt,
    case
        when abs(definitie.waarde - cijfer.waarde_tweede) < abs(definitie.waarde - cijfer.waarde)
            then cijfer.waarde_tweede
        else cijfer.waarde
    end as waarde_rapport,
    definitie.waarde as waarde_onze,
    definitie.waarde
    - case
        when abs(definitie.waarde - cijfer.waarde_tweede) < abs(definitie.waarde - cijfer.waarde)
            then cijfer.waarde_tweede
        else cijfer.waarde
    end as verschil,
    cijfer.afronding,
    case
        when cijfer.basis != 'cbs' then 'geen cbs-cijfer'
        when definitie.waarde is null then 'niet te berekenen'
        when definitie.is_gelijk then 'gelijk'
        else 'wijkt af'
    end as oordeel,
    case
        when cijfer.basis = 'enquete' then 'uit een enquête onder gemeenten'
        when cijfer.basis = 'referentie' then 'een gegeven budget of doelstelling'
        when definitie.waarde is null and lezing.is_keuze_anders
            then 'de keuzes van deze run (core.instelling) zijn niet die van het rapport'
        when definitie.waarde is null then reden.tekst
    end as reden,
    case when definitie.waarde is not null then herkomst.herkomst != 'reconstructie' and definitie.aanname is null end
        as is_bewijs,
    definitie.aanname,
    lezing.gelijke_kandidaten,
    coalesce(lezing.aantal, 0) as aantal_kandidaten,
    definitie.tabel,
    case when definitie.waarde is not null then herkomst.vintages end as vintages,
    case when definitie.waarde is not null then herkomst.herkomst end as herkomst
from core.rapport_cijfer as cijfer
left join definitie on cijfer.id = definitie.id
left join lezing on cijfer.id = lezing.id
left join herkomst on cijfer.id = herkomst.id
left join reden on cijfer.id = reden.id

/*
about = """
Every way in which a printed number of the report of 2025 could have been meant, and what this publication gives for it:
one row a number and reading. The reading that the text of the report defines is marked (is_definitie); the other ones
are the choices it leaves open: weighted or not, zero bookings, which definition and month of bijstand, which plaatsing,
which verslagsoort, which price series. Only numbers with basis cbs. See rapport.replicatie for the verdicts.
"""
grain = ["id", "kandidaat"]
methode = "the-report-recomputed"

[columns]
id = ["code", "naam van het getal; zie core.rapport_cijfer"]
kandidaat = ["tekst", "hoe het getal hier is berekend"]
is_definitie = ["ja/nee", "de lezing die de tekst van het rapport geeft"]
waarde = ["zie eenheid in core.rapport_cijfer", "wat deze publicatie geeft; leeg = niet te berekenen"]
is_gelijk = ["ja/nee", "gelijk aan het gedrukte getal, binnen de afronding waarmee het gedrukt is; leeg = geen waarde"]
tabel = ["naam", "tabel waaruit het komt"]
bronnen = ["namen", "bronnen waarop het rust, met een komma ertussen; zie core.bron"]
aanname = ["tekst", "wat is aangenomen of ingevoerd en uit het rapport zelf kan komen; leeg = niets"]
herkomst = ["naam", "cbs, opname of reconstructie: de minst zekere van de bronnen"]
*/
with cijfer as (
    select * from core.rapport_cijfer
    where basis = 'cbs'
),

-- Some tables rest on choices of the run: only with those of the report is their figure its reading.
keuze as (
    select
        max(waarde) filter (naam = 'aandeel_personen_zonder_bijstand') as aandeel,
        max(waarde) filter (naam = 'bijstand_definitie') = 'bijstand tot de AOW-leeftijd' as is_definitie_rapport,
        max(waarde) filter (naam = 'bijstand_definitie') = 'bijstand tot de AOW-leeftijd'
        and max(waarde) filter (naam = 'bijstand_maand') = '1' as is_noemer_rapport,
        max(waarde) filter (naam = 'aandeel_personen_zonder_bijstand')::double = 0.36 as is_aandeel_rapport
    from core.instelling
),

bijstand_nederland as (
    select
        jaar,
        maand,
        aantal_personen,
        concat(definitie, ', ', case maand when 1 then 'januari' else 'december' end, ' ', jaar) as naam,
        definitie = 'bijstand tot de AOW-leeftijd' as is_rapport
    from core.bijstand
    where regio_code = 'NL01' and maand in (1, 12) and aantal_personen is not null
),

-- Table 3: a boekjaar as it was booked and as it was budgeted, and the budget of the year after.
uitgaven as (
    select
        boekjaar,
        verslagsoort,
        plaatsing,
        lasten_euro / 1e6 as lasten_mln,
        verslagsoort = 'jaarrekening' and plaatsing = 2 as is_definitie,
        concat(verslagsoort, ' ', boekjaar, ', ', case plaatsing when 1 then 'eerste' else 'tweede' end, ' plaatsing')
            as naam
    from benchmark.uitgaven_nederland
    where taakveld = '6.5'
),

nominaal as (
    select
        cijfer.id,
        uitgaven.naam as kandidaat,
        uitgaven.is_definitie and uitgaven.boekjaar = cijfer.jaar as is_definitie,
        uitgaven.lasten_mln as waarde,
        'benchmark.uitgaven_nederland' as tabel,
        concat('iv3_', uitgaven.boekjaar) as bronnen,
        null as aanname
    from cijfer
    inner join uitgaven
        on
            cijfer.jaar = uitgaven.boekjaar
            or (cijfer.jaar + 1 = uitgaven.boekjaar and uitgaven.verslagsoort = 'begroting')
    where cijfer.id like 'tabel3_nominaal_%'
),

reeel_jaar as (
    select
        boekjaar as jaar,
        unnest([
            {
                naam: 'index die tabel 3 impliceert, hele miljoenen',
                definitie: true,
                getal: reeel_rapportindex_mln_euro,
                bron: ''
            },
            {
                naam: 'prijs van overheidsconsumptie (85880NED)',
                definitie: false,
                getal: reeel_overheidsconsumptie_mln_euro,
                bron: ', prijsindex_overheid'
            },
            {
                naam: 'consumentenprijzen (86141NED)',
                definitie: false,
                getal: reeel_consumentenprijzen_mln_euro,
                bron: ', prijsindex_consumenten'
            }
        ]) as keuze
    from rapport.tabel_3
),

reeel as (
    select
        cijfer.id,
        jaar.keuze.naam as kandidaat,
        jaar.keuze.definitie as is_definitie,
        jaar.keuze.getal as waarde,
        'rapport.tabel_3' as tabel,
        concat('iv3_', jaar.jaar, jaar.keuze.bron) as bronnen,
        case when jaar.keuze.definitie then 'de index is afgeleid uit de gedrukte bedragen zelf' end as aanname
    from cijfer
    inner join reeel_jaar as jaar on cijfer.jaar = jaar.jaar
    where cijfer.id like 'tabel3_reeel_%'
),

groei_nominaal as (
    select
        cijfer.id,
        concat(eind.naam, ' / ', begin_.naam) as kandidaat,
        eind.is_definitie and begin_.is_definitie as is_definitie,
        100 * (eind.lasten_mln / begin_.lasten_mln - 1) as waarde,
        'benchmark.uitgaven_nederland' as tabel,
        concat('iv3_', begin_.boekjaar, ', iv3_', eind.boekjaar) as bronnen,
        null as aanname
    from cijfer
    inner join uitgaven as begin_ on begin_.boekjaar = 2020
    inner join uitgaven as eind
        on
            eind.boekjaar = 2024
            and begin_.verslagsoort = eind.verslagsoort
            and begin_.plaatsing = eind.plaatsing
    where cijfer.id = 'groei_nominaal_2020_2024'
),

groei_reeel as (
    select
        cijfer.id,
        eind.keuze.naam as kandidaat,
        eind.keuze.definitie as is_definitie,
        100 * (eind.keuze.getal / begin_.keuze.getal - 1) as waarde,
        'rapport.tabel_3' as tabel,
        concat('iv3_2020, iv3_2024', eind.keuze.bron) as bronnen,
        case when eind.keuze.definitie then 'de index is afgeleid uit de gedrukte bedragen zelf' end as aanname
    from cijfer
    inner join reeel_jaar as begin_ on begin_.jaar = 2020
    inner join reeel_jaar as eind on eind.jaar = 2024 and begin_.keuze.naam = eind.keuze.naam
    where cijfer.id = 'groei_reeel_2020_2024'
),

-- The printed number is about five years: one that is not in the lake is there without a value.
nulboeking as (
    select
        cijfer.id,
        jaren.boekjaar,
        voetnoot.aantal_nulboekingen,
        voetnoot.aantal_niet_geleverd
    from cijfer
    cross join generate_series(2020, 2024) as jaren (boekjaar)
    left join rapport.voetnoot_14 as voetnoot on jaren.boekjaar = voetnoot.boekjaar
    where cijfer.id = 'nulboekers_per_jaar'
),

nulboekers as (
    select
        id,
        concat('boekjaar ', boekjaar) as kandidaat,
        true as is_definitie,
        aantal_nulboekingen::double as waarde,
        'rapport.voetnoot_14' as tabel,
        concat('iv3_', boekjaar, ', gebieden_', boekjaar) as bronnen,
        null as aanname
    from nulboeking
    union all
    select
        id,
        concat('boekjaar ', boekjaar, ', niet geleverd meegeteld') as kandidaat,
        false as is_definitie,
        (aantal_nulboekingen + aantal_niet_geleverd)::double as waarde,
        'rapport.voetnoot_14' as tabel,
        concat('iv3_', boekjaar, ', gebieden_', boekjaar) as bronnen,
        null as aanname
    from nulboeking
),

klasse as (
    select
        *,
        unnest([
            { naam: 'ongewogen gemiddelde', definitie: true, getal: gemiddelde_euro },
            {
                naam: 'ongewogen gemiddelde zonder nulboekingen',
                definitie: false,
                getal: gemiddelde_zonder_nulboekingen_euro
            },
            { naam: 'gewogen gemiddelde', definitie: false, getal: verhouding_van_sommen_euro },
            { naam: 'mediaan', definitie: false, getal: mediaan_euro }
        ]) as keuze
    from rapport.figuur_7
),

figuur_7 as (
    select
        cijfer.id,
        concat(
            klasse.keuze.naam,
            '; per ',
            klasse.noemer,
            '; ',
            klasse.verslagsoort,
            ', ',
            case klasse.plaatsing when 1 then 'eerste' else 'tweede' end,
            ' plaatsing'
        ) as kandidaat,
        klasse.keuze.definitie
        and klasse.is_noemer_rapport
        and klasse.verslagsoort = 'jaarrekening'
        and klasse.plaatsing = 2 as is_definitie,
        klasse.keuze.getal as waarde,
        'rapport.figuur_7' as tabel,
        concat(
            'iv3_',
            klasse.boekjaar,
            ', gebieden_',
            klasse.boekjaar,
            ', inwoners',
            case when klasse.noemer != 'inwoners' then ', bijstand' end,
            case when klasse.noemer like '%LKS' then ', srg_voorzieningen' end
        ) as bronnen,
        null as aanname
    from cijfer
    inner join klasse
        on
            cijfer.jaar = klasse.boekjaar
            and cijfer.kenmerk = klasse.grootteklasse
            and (cijfer.id like 'fig7_inwoner_%') = (klasse.noemer = 'inwoners')
    where cijfer.id like 'fig7_%'
),

maat_kader (id, maat, met_bijstand, met_aandeel) as (
    values
    ('per_bijstandsontvanger_2024', 'per bijstandsontvanger', true, false),
    ('per_te_ondersteunen_laag', 'per te ondersteunen persoon, laag', true, true),
    ('per_te_ondersteunen_hoog', 'per te ondersteunen persoon, hoog', true, true),
    ('per_persoon_met_voorziening', 'per persoon met een voorziening in het jaar', false, false)
),

kader_keuze as (
    select
        maat_kader.*,
        (keuze.is_noemer_rapport or not maat_kader.met_bijstand)
        and (keuze.is_aandeel_rapport or not maat_kader.met_aandeel) as is_definitie,
        keuze.aandeel
    from maat_kader
    cross join keuze
),

kader as (
    select
        cijfer.id,
        concat(
            'zoals het kader in par. 4.2.2',
            case when not kader_keuze.is_definitie then ', met de keuzes van deze run' end
        ) as kandidaat,
        kader_keuze.is_definitie,
        per_persoon.euro_per_persoon as waarde,
        'rapport.kader_4_2_2' as tabel,
        concat(
            'iv3_',
            per_persoon.boekjaar,
            case when kader_keuze.met_bijstand then ', bijstand' end,
            case when cijfer.id != 'per_bijstandsontvanger_2024' then ', srg_personen' end
        ) as bronnen,
        case
            when kader_keuze.met_aandeel then concat('aandeel personen zonder bijstand: ', kader_keuze.aandeel)
        end as aanname
    from cijfer
    inner join kader_keuze on cijfer.id = kader_keuze.id
    inner join rapport.kader_4_2_2 as per_persoon
        on cijfer.jaar = per_persoon.boekjaar and kader_keuze.maat = per_persoon.maat
    union all
    select
        cijfer.id,
        concat('alle lasten / ', bijstand.naam) as kandidaat,
        false as is_definitie,
        1e6 * uitgaven.lasten_mln / bijstand.aantal_personen as waarde,
        'core.bijstand' as tabel,
        concat('iv3_', uitgaven.boekjaar, ', bijstand') as bronnen,
        null as aanname
    from cijfer
    inner join uitgaven on cijfer.jaar = uitgaven.boekjaar and uitgaven.is_definitie
    inner join bijstand_nederland as bijstand on cijfer.jaar = bijstand.jaar
    where cijfer.id = 'per_bijstandsontvanger_2024'
),

tabel_5 as (
    select
        cijfer.id,
        'gemiddelde van 12 maanden, lopend' as kandidaat,
        true as is_definitie,
        case
            when not srg.is_volledig_jaar then null
            when cijfer.id like 'tabel5_voorzieningen_%' then srg.gemiddeld_aantal_voorzieningen
            else srg.gemiddeld_aantal_personen
        end as waarde,
        'rapport.tabel_5' as tabel,
        case when cijfer.id like 'tabel5_voorzieningen_%' then 'srg_voorzieningen' else 'srg_personen' end as bronnen,
        null as aanname
    from cijfer
    inner join rapport.tabel_5 as srg on cijfer.jaar = srg.jaar and cijfer.kenmerk = srg.type
    where cijfer.id like 'tabel5_%'
    union all
    select
        cijfer.id,
        'december, lopend' as kandidaat,
        false as is_definitie,
        srg.lopende_voorzieningen_aantal::double as waarde,
        'benchmark.voorzieningen_maand' as tabel,
        'srg_voorzieningen' as bronnen,
        null as aanname
    from cijfer
    inner join benchmark.voorzieningen_maand as srg
        on
            cijfer.jaar = srg.jaar
            and cijfer.kenmerk = srg.type
            and srg.regio_code = 'NL01'
            and srg.maand = 12
    where cijfer.id like 'tabel5_voorzieningen_%'
    union all
    select
        cijfer.id,
        'gemiddelde van 12 maanden, lopend en beëindigd' as kandidaat,
        false as is_definitie,
        case when count(srg.lopend_en_beeindigd_aantal) = 12 then avg(srg.lopend_en_beeindigd_aantal) end as waarde,
        'benchmark.voorzieningen_maand' as tabel,
        'srg_voorzieningen' as bronnen,
        null as aanname
    from cijfer
    inner join benchmark.voorzieningen_maand as srg
        on cijfer.jaar = srg.jaar and cijfer.kenmerk = srg.type and srg.regio_code = 'NL01'
    where cijfer.id like 'tabel5_voorzieningen_%'
    group by cijfer.id
),

paragraaf (id, maat, bronnen, met_aandeel, met_definitie) as (
    values
    ('voorzieningen_per_persoon', 'voorzieningen per persoon', 'srg_voorzieningen, srg_personen', false, false),
    ('personen_zonder_bijstand', 'personen met een voorziening zonder bijstand', 'srg_personen', true, false),
    ('personen_met_bijstand', 'personen met een voorziening met bijstand', 'srg_personen', true, false),
    (
        'aandeel_bijstand_met_voorziening',
        'aandeel van de personen met bijstand dat een voorziening heeft',
        'srg_personen, bijstand',
        true,
        true
    )
),

paragraaf_keuze as (
    select
        paragraaf.*,
        (keuze.is_aandeel_rapport or not paragraaf.met_aandeel)
        and (keuze.is_definitie_rapport or not paragraaf.met_definitie) as is_definitie,
        keuze.aandeel
    from paragraaf
    cross join keuze
),

intensiteit as (
    select
        paragraaf.id,
        concat(
            'zoals par. 6.2.1',
            case when not paragraaf.is_definitie then ', met de keuzes van deze run' end
        ) as kandidaat,
        paragraaf.is_definitie,
        case
            when
                srg.aantal_maanden_personen = 12
                and (srg.aantal_maanden_voorzieningen = 12 or paragraaf.bronnen not like '%srg_voorzieningen%')
                then srg.waarde
        end as waarde,
        'rapport.paragraaf_6_2_1' as tabel,
        paragraaf.bronnen,
        case
            when paragraaf.met_aandeel then concat('aandeel personen zonder bijstand: ', paragraaf.aandeel)
        end as aanname
    from paragraaf_keuze as paragraaf
    inner join rapport.paragraaf_6_2_1 as srg on paragraaf.maat = srg.maat and srg.jaar = 2024
    union all
    select
        cijfer.id,
        bijstand.naam as kandidaat,
        bijstand.is_rapport and bijstand.jaar = 2024 as is_definitie,
        bijstand.aantal_personen::double as waarde,
        'core.bijstand' as tabel,
        'bijstand' as bronnen,
        null as aanname
    from cijfer
    inner join bijstand_nederland as bijstand
        on
            (bijstand.jaar = 2024 and bijstand.maand = 12)
            or (bijstand.jaar = 2025 and bijstand.maand = 1)
    where cijfer.id = 'bijstand_ultimo_2024'
),

doel as (
    select
        cijfer.id,
        'aandelen uit het invoerbestand, over alle maanden gelijk' as kandidaat,
        true as is_definitie,
        figuur.groei_sinds_2023_01_procent as waarde,
        'rapport.figuur_18' as tabel,
        'srg_voorzieningen, invoer_doelaandeel' as bronnen,
        'aandelen zoals ingevoerd' as aanname
    from cijfer
    inner join rapport.figuur_18 as figuur
        on
            cijfer.id = concat('fig18_groei_', replace(figuur.doel, '-', ''))
            and figuur.jaar = 2024
            and figuur.maand = 12
    union all
    select
        cijfer.id,
        'aandeel uit het invoerbestand' as kandidaat,
        true as is_definitie,
        figuur.aandeel_reintegratie_procent as waarde,
        'rapport.figuur_19' as tabel,
        'invoer_doelaandeel' as bronnen,
        'aandelen zoals ingevoerd' as aanname
    from cijfer
    inner join rapport.figuur_19 as figuur on cijfer.kenmerk = figuur.type
    where cijfer.id like 'fig19_%'
),

grootte as (
    select
        *,
        unnest([
            { naam: 'ongewogen gemiddelde', definitie: true, getal: gemiddelde_per_noemer },
            { naam: 'gewogen gemiddelde', definitie: false, getal: verhouding_van_sommen_per_noemer },
            { naam: 'mediaan', definitie: false, getal: mediaan_per_noemer }
        ]) as keuze
    from benchmark.voorzieningen_grootteklasse
    where indeling = 'rapport' and noemer != '1.000 inwoners'
),

figuur_20 as (
    select
        cijfer.id,
        concat(
            grootte.keuze.naam,
            '; per ',
            grootte.noemer,
            '; maand ',
            grootte.maand,
            case when not keuze.is_noemer_rapport then ', met de keuzes van deze run' end
        ) as kandidaat,
        grootte.keuze.definitie
        and grootte.noemer = 'bijstandsontvanger'
        and grootte.maand = 9
        and keuze.is_noemer_rapport as is_definitie,
        grootte.keuze.getal as waarde,
        'benchmark.voorzieningen_grootteklasse' as tabel,
        concat('srg_voorzieningen, bijstand, inwoners, gebieden_', grootte.jaar) as bronnen,
        null as aanname
    from cijfer
    inner join grootte on cijfer.jaar = grootte.jaar and cijfer.kenmerk = grootte.grootteklasse
    inner join core.voorziening_type as soort on grootte.type = soort.type and soort.niveau = 'totaal'
    cross join keuze
    where cijfer.id like 'fig20_%' and grootte.maand in (9, 12)
),

kenmerken as (
    select
        cijfer.id,
        'gemiddelde van de maanden' as kandidaat,
        true as is_definitie,
        case
            when cijfer.id = 'fig21_mannen_lks' and persoon.aantal_maanden = 12
                then persoon.aandeel_mannen_personen_procent
            when cijfer.id = 'fig21_mannen_bijstand' and persoon.aantal_maanden_bijstand = 12
                then persoon.aandeel_mannen_bijstand_procent
        end as waarde,
        'rapport.figuur_21' as tabel,
        case when cijfer.id = 'fig21_mannen_lks' then 'srg_personen' else 'bijstand_kenmerken' end as bronnen,
        null as aanname
    from cijfer
    inner join rapport.figuur_21 as persoon on cijfer.jaar = persoon.jaar and persoon.indeling = 'CBS'
    left join core.voorziening_type as soort on persoon.categorie = soort.type
    where
        (cijfer.id = 'fig21_mannen_lks' and persoon.categorie = 'Loonkostensubsidie (Participatiewet)')
        or (cijfer.id = 'fig21_mannen_bijstand' and soort.niveau = 'totaal')
    union all
    select
        cijfer.id,
        'gemiddelde van de maanden' as kandidaat,
        true as is_definitie,
        case when persoon.aantal_maanden = 12 then persoon.personen_per_bijstandsontvanger end as waarde,
        'rapport.figuur_22' as tabel,
        'srg_personen, bijstand_kenmerken' as bronnen,
        null as aanname
    from cijfer
    inner join rapport.figuur_22 as persoon
        on cijfer.jaar = persoon.jaar and cijfer.kenmerk = persoon.leeftijd and persoon.indeling = 'CBS'
    inner join core.voorziening_type as soort on persoon.categorie = soort.type and soort.niveau = 'totaal'
    where cijfer.id like 'fig22_%'
    union all
    select
        cijfer.id,
        'gemiddelde van de kwartalen' as kandidaat,
        true as is_definitie,
        case
            when cijfer.id like 'tabel7_voorzieningen_%' then duur.aandeel_personen_procent
            when duur.aantal_kwartalen != 4 then null
            when cijfer.id like 'tabel7_bijstand_%' then duur.aandeel_bijstand_procent
            else duur.verhouding_aandelen
        end as waarde,
        'rapport.tabel_7' as tabel,
        case
            when cijfer.id like 'tabel7_voorzieningen_%' then 'invoer_bijstandsduur'
            when cijfer.id like 'tabel7_bijstand_%' then 'bijstand_duur'
            else 'bijstand_duur, invoer_bijstandsduur'
        end as bronnen,
        case when cijfer.id not like 'tabel7_bijstand_%' then 'aandelen zoals ingevoerd' end as aanname
    from cijfer
    inner join rapport.tabel_7 as duur on cijfer.jaar = duur.jaar and cijfer.kenmerk = duur.duur
    where cijfer.id like 'tabel7_%'
),

alle as (
    select * from nominaal
    union all
    select * from reeel
    union all
    select * from groei_nominaal
    union all
    select * from groei_reeel
    union all
    select * from nulboekers
    union all
    select * from figuur_7
    union all
    select * from kader
    union all
    select * from tabel_5
    union all
    select * from intensiteit
    union all
    select * from doel
    union all
    select * from figuur_20
    union all
    select * from kenmerken
),

gebruikt as (
    select
        id,
        kandidaat,
        unnest(string_split(bronnen, ', ')) as bron
    from alle
),

-- From the least to the most certain: reconstructie, opname, cbs.
herkomst as (
    select
        gebruikt.id,
        gebruikt.kandidaat,
        case
            when bool_or(bron.herkomst = 'reconstructie') then 'reconstructie'
            when bool_or(bron.herkomst = 'opname') then 'opname'
            else 'cbs'
        end as herkomst
    from gebruikt
    inner join core.bron as bron on gebruikt.bron = bron.bron
    group by gebruikt.id, gebruikt.kandidaat
)

-- Half the rounding base, and a hair for the last bit of a double.
select
    alle.id,
    alle.kandidaat,
    alle.is_definitie,
    alle.waarde,
    abs(alle.waarde - cijfer.waarde) <= cijfer.afronding / 2 + 1e-9
    or coalesce(abs(alle.waarde - cijfer.waarde_tweede) <= cijfer.afronding / 2 + 1e-9, false) as is_gelijk,
    alle.tabel,
    alle.bronnen,
    alle.aanname,
    herkomst.herkomst
from alle
inner join cijfer on alle.id = cijfer.id
left join herkomst on alle.id = herkomst.id and alle.kandidaat = herkomst.kandidaat

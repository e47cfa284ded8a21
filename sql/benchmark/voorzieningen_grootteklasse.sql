/*
about = """
Running voorzieningen of gemeenten per 1.000 inwoners and per bijstandsontvanger, by class of gemeentegrootte and month,
as figure 20 of the report of 2025 (which prints the unweighted mean, in September). Class by the inwoners of the year.
Every statistic is named: the ratio of sums (weighted), and over the gemeenten of the class the unweighted mean, median,
P10, P25, P75 and P90 (linear interpolation between the two nearest values, R type 7). Statistics are over gemeenten
with a figure and a denominator above 0; the other ones are counted, never read as 0. The third denominator adds the
recipients of loonkostensubsidie, who mostly left bijstand: the running voorzieningen of that type in the month, which
is the nearest to persons, as the SRG has no persons per gemeente. No rows when CBS serves no gemeenten. CBS rounds
every count to tens, which weighs on small gemeenten: two more means have every numerator half its rounding base lower
or higher (never below 0) and every rounded denominator higher or lower by half of its own.
"""
grain = ["jaar", "maand", "type", "noemer", "indeling", "klasse_volgorde"]
methode = "voorzieningen-srg"
zwaar = true

[columns]
jaar = ["jaar", "jaar van de verslagmaand"]
maand = ["maand 1-12", "verslagmaand van de voorzieningen"]
type = ["naam", "hoofdcategorie of totaal; zie core.voorziening_type"]
noemer = ["naam", "1.000 inwoners, bijstandsontvanger, of bijstandsontvanger plus LKS-ontvanger"]
indeling = ["naam", "rapport, cbs of buig; zie core.grootteklasse"]
klasse_volgorde = ["rangnummer", "volgorde van de klasse, van klein naar groot"]
grootteklasse = ["naam", "klasse van inwoners op 1 januari van het jaar"]
aantal_gemeenten = ["gemeenten", "alle gemeenten in de klasse"]
aantal = ["gemeenten", "gemeenten waarover de statistieken zijn berekend (n)"]
aantal_zonder_cijfer = ["gemeenten", "gemeenten zonder cijfer voor de voorzieningen"]
aantal_nul = ["gemeenten", "gemeenten met 0 voorzieningen: afgerond, dus minder dan 5"]
aantal_zonder_noemer = ["gemeenten", "gemeenten met een cijfer maar zonder noemer boven 0"]
aandeel_inwoners_gedekt = ["aandeel 0-1", "inwoners van de n gemeenten / inwoners van alle gemeenten in de klasse"]
som_voorzieningen = ["voorzieningen", "som van de lopende voorzieningen van de n gemeenten"]
som_noemer = ["1.000 inwoners, of personen", "som van de noemer van de n gemeenten"]
verhouding_van_sommen_per_noemer = ["voorzieningen per noemer", "som_voorzieningen / som_noemer (gewogen gemiddelde)"]
gemiddelde_per_noemer = ["voorzieningen per noemer", "ongewogen gemiddelde van de gemeenten"]
gemiddelde_ondergrens_per_noemer = ["voorzieningen per noemer", "dat gemiddelde als elke teller naar boven en elke noemer naar beneden was afgerond"]
gemiddelde_bovengrens_per_noemer = ["voorzieningen per noemer", "dat gemiddelde als elke teller naar beneden en elke noemer naar boven was afgerond; leeg = geen grens"]
mediaan_per_noemer = ["voorzieningen per noemer", "mediaan van de gemeenten"]
p10_per_noemer = ["voorzieningen per noemer", "tiende percentiel"]
p25_per_noemer = ["voorzieningen per noemer", "eerste kwartiel"]
p75_per_noemer = ["voorzieningen per noemer", "derde kwartiel"]
p90_per_noemer = ["voorzieningen per noemer", "negentigste percentiel"]
is_voorlopig = ["ja/nee", "een teller of noemer van de n gemeenten kan nog veranderen; leeg = n is 0"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with keuze as (
    select
        max(waarde) filter (naam = 'bijstand_definitie') as definitie,
        max(waarde) filter (naam = 'bijstand_maand')::bigint as maand,
        max(waarde) filter (naam = 'herkomst') as herkomst
    from core.instelling
),

cijfer as (
    select
        srg.jaar,
        srg.maand,
        srg.regio_code as gemeente_code,
        srg.type,
        srg.aantal_voorzieningen as aantal,
        srg.is_voorlopig,
        srg.afronding_voorzieningen / 2 as marge
    from core.srg_voorziening as srg
    inner join core.voorziening_type as soort on srg.type = soort.type
    where
        srg.status = 'lopend'
        and srg.regio_code like 'GM%'
        and (soort.niveau != 'type' or srg.type = 'Loonkostensubsidie (Participatiewet)')
),

lks as (
    select * from cijfer
    where type = 'Loonkostensubsidie (Participatiewet)'
),

bijstand as (
    select
        bijstand.jaar,
        bijstand.regio_code as gemeente_code,
        bijstand.aantal_personen as aantal,
        bijstand.is_voorlopig,
        bijstand.afronding_personen / 2 as marge
    from core.bijstand
    inner join keuze on bijstand.definitie = keuze.definitie and bijstand.maand = keuze.maand
),

verslag as (
    select distinct
        cijfer.jaar,
        cijfer.maand,
        cijfer.type
    from cijfer
    inner join core.voorziening_type as soort on cijfer.type = soort.type
    where soort.niveau != 'type'
),

-- Every gemeente of the year, with or without a figure.
stand as (
    select
        verslag.jaar,
        verslag.maand,
        verslag.type,
        gemeente.gemeente_code,
        gemeente.inwoners,
        cijfer.aantal,
        cijfer.marge,
        cijfer.is_voorlopig
    from verslag
    inner join core.gemeente on verslag.jaar = gemeente.jaar
    left join cijfer
        on
            verslag.jaar = cijfer.jaar
            and verslag.maand = cijfer.maand
            and verslag.type = cijfer.type
            and gemeente.gemeente_code = cijfer.gemeente_code
),

gedeeld as (
    select
        stand.*,
        '1.000 inwoners' as noemer,
        stand.inwoners / 1000 as noemer_aantal,
        stand.inwoners / 1000 as noemer_laag,
        stand.inwoners / 1000 as noemer_hoog,
        false as is_noemer_voorlopig
    from stand
    union all
    select
        stand.*,
        'bijstandsontvanger' as noemer,
        bijstand.aantal as noemer_aantal,
        bijstand.aantal - bijstand.marge as noemer_laag,
        bijstand.aantal + bijstand.marge as noemer_hoog,
        bijstand.is_voorlopig as is_noemer_voorlopig
    from stand
    left join bijstand on stand.jaar = bijstand.jaar and stand.gemeente_code = bijstand.gemeente_code
    union all
    select
        stand.*,
        'bijstandsontvanger plus LKS-ontvanger' as noemer,
        bijstand.aantal + lks.aantal as noemer_aantal,
        greatest(bijstand.aantal - bijstand.marge, 0) + greatest(lks.aantal - lks.marge, 0) as noemer_laag,
        bijstand.aantal + bijstand.marge + lks.aantal + lks.marge as noemer_hoog,
        bijstand.is_voorlopig or lks.is_voorlopig as is_noemer_voorlopig
    from stand
    left join bijstand on stand.jaar = bijstand.jaar and stand.gemeente_code = bijstand.gemeente_code
    left join lks
        on stand.jaar = lks.jaar and stand.maand = lks.maand and stand.gemeente_code = lks.gemeente_code
),

geteld as (
    select
        gedeeld.*,
        klasse.indeling,
        klasse.volgorde as klasse_volgorde,
        klasse.grootteklasse,
        coalesce(gedeeld.aantal is not null and gedeeld.noemer_aantal > 0, false) as telt_mee,
        gedeeld.aantal / nullif(gedeeld.noemer_aantal, 0) as per_noemer,
        greatest(gedeeld.aantal - gedeeld.marge, 0) / nullif(gedeeld.noemer_hoog, 0) as per_noemer_laag,
        (gedeeld.aantal + gedeeld.marge) / nullif(gedeeld.noemer_laag, 0) as per_noemer_hoog
    from gedeeld
    inner join core.grootteklasse as klasse
        on
            gedeeld.inwoners >= klasse.ondergrens_inwoners
            and (klasse.bovengrens_inwoners is null or gedeeld.inwoners < klasse.bovengrens_inwoners)
)

select
    geteld.jaar,
    geteld.maand,
    geteld.type,
    geteld.noemer,
    geteld.indeling,
    geteld.klasse_volgorde,
    geteld.grootteklasse,
    count(*) as aantal_gemeenten,
    count(*) filter (telt_mee) as aantal,
    count(*) filter (aantal is null) as aantal_zonder_cijfer,
    count(*) filter (aantal = 0) as aantal_nul,
    count(*) filter (aantal is not null and not telt_mee) as aantal_zonder_noemer,
    coalesce(sum(inwoners) filter (telt_mee), 0) / sum(inwoners) as aandeel_inwoners_gedekt,
    sum(aantal) filter (telt_mee)::bigint as som_voorzieningen,
    -- Exact, in thousandths: inwoners are counted in thousands, and CBS rounds to tens.
    sum(noemer_aantal::decimal(18, 3)) filter (telt_mee)::double as som_noemer,
    sum(aantal) filter (telt_mee)
    / sum(noemer_aantal::decimal(18, 3)) filter (telt_mee) as verhouding_van_sommen_per_noemer,
    -- Exact, as whole numbers of 2^-80: in a sum of doubles the order of the rows decides the last digit.
    sum((per_noemer * pow(2, 80))::hugeint) filter (telt_mee) / pow(2, 80)
    / count(*) filter (telt_mee) as gemiddelde_per_noemer,
    sum((per_noemer_laag * pow(2, 80))::hugeint) filter (telt_mee) / pow(2, 80)
    / count(*) filter (telt_mee) as gemiddelde_ondergrens_per_noemer,
    case
        when min(noemer_laag) filter (telt_mee) > 0
            then
                sum((per_noemer_hoog * pow(2, 80))::hugeint) filter (telt_mee) / pow(2, 80)
                / count(*) filter (telt_mee)
    end as gemiddelde_bovengrens_per_noemer,
    -- One list for all: each by itself would sort the values anew.
    (quantile_cont(per_noemer, [0.10, 0.25, 0.50, 0.75, 0.90]) filter (telt_mee))[3] as mediaan_per_noemer,
    (quantile_cont(per_noemer, [0.10, 0.25, 0.50, 0.75, 0.90]) filter (telt_mee))[1] as p10_per_noemer,
    (quantile_cont(per_noemer, [0.10, 0.25, 0.50, 0.75, 0.90]) filter (telt_mee))[2] as p25_per_noemer,
    (quantile_cont(per_noemer, [0.10, 0.25, 0.50, 0.75, 0.90]) filter (telt_mee))[4] as p75_per_noemer,
    (quantile_cont(per_noemer, [0.10, 0.25, 0.50, 0.75, 0.90]) filter (telt_mee))[5] as p90_per_noemer,
    bool_or(is_voorlopig or is_noemer_voorlopig) filter (telt_mee) as is_voorlopig,
    any_value(keuze.herkomst) as herkomst
from geteld
cross join keuze
group by
    geteld.jaar,
    geteld.maand,
    geteld.type,
    geteld.noemer,
    geteld.indeling,
    geteld.klasse_volgorde,
    geteld.grootteklasse

/*
about = """
Lasten on a taakveld per inwoner and per bijstandsontvanger, by group of gemeenten (class of gemeentegrootte, provincie,
arbeidsmarktregio, the four largest apart; benchmark.gemeente_groep), with every statistic named: the ratio of sums
(weighted), and over the gemeenten of the group the unweighted mean, median, P10, P25, P75 and P90 (linear interpolation
between the two nearest values, R type 7). Groups are those of the boekjaar. Statistics are over gemeenten that delivered
and have a denominator above 0; the other ones are counted, never read as 0. Zero bookings are in (`met`) or out
(`zonder`).
"""
grain = ["boekjaar", "verslagsoort", "plaatsing", "taakveld", "noemer", "indeling", "groep_volgorde", "nulboekingen"]
methode = "spending"

[columns]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
verslagsoort = ["naam", "begroting of jaarrekening"]
plaatsing = ["rangnummer", "1 = eerste plaatsing, 2 = tweede plaatsing"]
taakveld = ["code", "taakveld; 6.5 is Arbeidsparticipatie"]
noemer = ["naam", "inwoner of bijstandsontvanger"]
indeling = ["naam", "zie benchmark.gemeente_groep"]
groep_volgorde = ["rangnummer", "volgorde van de groep in de indeling"]
groep = ["naam", "groep van gemeenten"]
nulboekingen = ["naam", "met = gemeenten die 0 boekten tellen mee; zonder = zij zijn weggelaten"]
aantal_gemeenten = ["gemeenten", "alle gemeenten in de groep, ook wie niet leverde of is weggelaten"]
aantal = ["gemeenten", "gemeenten waarover de statistieken zijn berekend (n)"]
aantal_nulboekingen = ["gemeenten", "gemeenten in de groep die leverden en 0 boekten"]
aantal_niet_geleverd = ["gemeenten", "gemeenten in de groep die niet leverden"]
aantal_zonder_noemer = ["gemeenten", "gemeenten die leverden maar geen noemer boven 0 hebben"]
aandeel_inwoners_gedekt = ["aandeel 0-1", "inwoners van de n gemeenten / inwoners van alle gemeenten in de groep"]
som_lasten_euro = ["euro", "som van de lasten van de n gemeenten"]
som_noemer = ["personen", "som van de noemer van de n gemeenten"]
verhouding_van_sommen_euro = ["euro per noemer", "som_lasten_euro / som_noemer (gewogen gemiddelde)"]
gemiddelde_euro = ["euro per noemer", "ongewogen gemiddelde van de gemeenten"]
mediaan_euro = ["euro per noemer", "mediaan van de gemeenten"]
p10_euro = ["euro per noemer", "tiende percentiel"]
p25_euro = ["euro per noemer", "eerste kwartiel"]
p75_euro = ["euro per noemer", "derde kwartiel"]
p90_euro = ["euro per noemer", "negentigste percentiel"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with waarde as (
    select
        *,
        'inwoner' as noemer,
        inwoners as noemer_aantal
    from benchmark.gemeente_jaar
    union all
    select
        *,
        'bijstandsontvanger' as noemer,
        bijstandsontvangers as noemer_aantal
    from benchmark.gemeente_jaar
),

ingedeeld as (
    select
        waarde.*,
        groep.indeling,
        groep.groep_volgorde,
        groep.groep,
        keuze.nulboekingen,
        coalesce(waarde.noemer_aantal > 0, false) as heeft_noemer,
        waarde.lasten_euro / nullif(waarde.noemer_aantal, 0) as euro_per_noemer
    from waarde
    inner join benchmark.gemeente_groep as groep
        on waarde.boekjaar = groep.jaar and waarde.gemeente_code = groep.gemeente_code
    cross join (values ('met'), ('zonder')) as keuze (nulboekingen)
),

geteld as (
    select
        *,
        is_geleverd and heeft_noemer and (nulboekingen = 'met' or not is_nulboeking) as telt_mee
    from ingedeeld
)

select
    boekjaar,
    verslagsoort,
    plaatsing,
    taakveld,
    noemer,
    indeling,
    groep_volgorde,
    groep,
    nulboekingen,
    count(*) as aantal_gemeenten,
    count(*) filter (telt_mee) as aantal,
    count(*) filter (is_nulboeking) as aantal_nulboekingen,
    count(*) filter (not is_geleverd) as aantal_niet_geleverd,
    count(*) filter (is_geleverd and not heeft_noemer) as aantal_zonder_noemer,
    coalesce(sum(inwoners) filter (telt_mee), 0) / sum(inwoners) as aandeel_inwoners_gedekt,
    sum(lasten_euro) filter (telt_mee)::bigint as som_lasten_euro,
    sum(noemer_aantal) filter (telt_mee)::bigint as som_noemer,
    sum(lasten_euro) filter (telt_mee) / sum(noemer_aantal) filter (telt_mee) as verhouding_van_sommen_euro,
    -- Exact, as whole numbers of 2^-80: in a sum of doubles the order of the rows decides the last digit.
    sum((euro_per_noemer * pow(2, 80))::hugeint) filter (telt_mee) / pow(2, 80)
    / count(*) filter (telt_mee) as gemiddelde_euro,
    -- One list for all: each by itself would sort the values anew.
    (quantile_cont(euro_per_noemer, [0.10, 0.25, 0.50, 0.75, 0.90]) filter (telt_mee))[3] as mediaan_euro,
    (quantile_cont(euro_per_noemer, [0.10, 0.25, 0.50, 0.75, 0.90]) filter (telt_mee))[1] as p10_euro,
    (quantile_cont(euro_per_noemer, [0.10, 0.25, 0.50, 0.75, 0.90]) filter (telt_mee))[2] as p25_euro,
    (quantile_cont(euro_per_noemer, [0.10, 0.25, 0.50, 0.75, 0.90]) filter (telt_mee))[4] as p75_euro,
    (quantile_cont(euro_per_noemer, [0.10, 0.25, 0.50, 0.75, 0.90]) filter (telt_mee))[5] as p90_euro,
    any_value(herkomst) as herkomst
from geteld
group by
    boekjaar, verslagsoort, plaatsing, taakveld, noemer, indeling, groep_volgorde, groep, nulboekingen

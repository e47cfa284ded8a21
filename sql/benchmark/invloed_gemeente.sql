/*
about = """
How much one gemeente weighs on the figure of its class: the unweighted mean and the ratio of sums of the class without
it, beside those with all. For lasten on a taakveld per inwoner and per bijstandsontvanger, over the gemeenten of
benchmark.gemeente_positie (delivered, denominator above 0, zero bookings in). Empty for the only gemeente of a class.
"""
grain = ["boekjaar", "verslagsoort", "plaatsing", "taakveld", "noemer", "indeling", "gemeente_code"]
methode = "spending"
zwaar = true

[columns]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
verslagsoort = ["naam", "begroting of jaarrekening"]
plaatsing = ["rangnummer", "1 = eerste plaatsing, 2 = tweede plaatsing"]
taakveld = ["code", "taakveld; 6.5 is Arbeidsparticipatie"]
noemer = ["naam", "inwoner of bijstandsontvanger"]
indeling = ["naam", "rapport, cbs of buig; zie core.grootteklasse"]
gemeente_code = ["code", "gemeentecode van CBS"]
gemeente = ["naam", "naam van de gemeente in dat jaar"]
grootteklasse = ["naam", "klasse van inwoners op 1 januari van het boekjaar"]
aantal = ["gemeenten", "gemeenten in de klasse (n), deze meegeteld"]
waarde_euro = ["euro per noemer", "lasten per noemer van de gemeente"]
gemiddelde_euro = ["euro per noemer", "ongewogen gemiddelde van de klasse"]
gemiddelde_zonder_euro = ["euro per noemer", "hetzelfde zonder deze gemeente"]
invloed_gemiddelde_euro = ["euro per noemer", "gemiddelde_euro - gemiddelde_zonder_euro"]
verhouding_van_sommen_euro = ["euro per noemer", "gewogen gemiddelde van de klasse"]
verhouding_zonder_euro = ["euro per noemer", "hetzelfde zonder deze gemeente"]
invloed_verhouding_euro = ["euro per noemer", "verhouding_van_sommen_euro - verhouding_zonder_euro"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with deel as (
    select
        positie.*,
        bron.lasten_euro,
        case positie.noemer when 'inwoner' then bron.inwoners else bron.bijstandsontvangers end as noemer_aantal
    from benchmark.gemeente_positie as positie
    inner join benchmark.gemeente_jaar as bron
        on
            positie.boekjaar = bron.boekjaar
            and positie.verslagsoort = bron.verslagsoort
            and positie.plaatsing = bron.plaatsing
            and positie.taakveld = bron.taakveld
            and positie.gemeente_code = bron.gemeente_code
),

klasse as (
    select
        *,
        -- Exact, as whole numbers of 2^-80: in a sum of doubles the order of the rows decides the last digit.
        sum((waarde_euro * pow(2, 80))::hugeint) over klasse / pow(2, 80) as som_waarde,
        sum(lasten_euro) over klasse as som_lasten,
        sum(noemer_aantal) over klasse as som_noemer
    from deel
    window klasse as (partition by boekjaar, verslagsoort, plaatsing, taakveld, noemer, indeling, grootteklasse)
),

zonder as (
    select
        *,
        som_waarde / aantal as gemiddelde,
        (som_waarde - waarde_euro) / nullif(aantal - 1, 0) as gemiddelde_zonder,
        som_lasten / som_noemer as verhouding,
        (som_lasten - lasten_euro) / nullif(som_noemer - noemer_aantal, 0) as verhouding_zonder
    from klasse
)

select
    boekjaar,
    verslagsoort,
    plaatsing,
    taakveld,
    noemer,
    indeling,
    gemeente_code,
    gemeente,
    grootteklasse,
    aantal,
    waarde_euro,
    gemiddelde as gemiddelde_euro,
    gemiddelde_zonder as gemiddelde_zonder_euro,
    gemiddelde - gemiddelde_zonder as invloed_gemiddelde_euro,
    verhouding as verhouding_van_sommen_euro,
    verhouding_zonder as verhouding_zonder_euro,
    verhouding - verhouding_zonder as invloed_verhouding_euro,
    herkomst
from zonder

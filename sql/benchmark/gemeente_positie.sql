/*
about = """
Where a gemeente stands among the gemeenten of its class: its lasten on a taakveld per inwoner or per bijstandsontvanger
beside the class median and quartiles, its rank and percentile. A place, not a judgement: more is not better or worse, and
a zero booking may stand on another taakveld. Only gemeenten that delivered and have a denominator above 0 are placed, zero
bookings included; n tells among how many. Quartiles as in benchmark.uitgaven_grootteklasse.
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
aantal = ["gemeenten", "gemeenten in de klasse waaronder zij staat (n)"]
is_nulboeking = ["ja/nee", "de gemeente boekte 0 op dit taakveld"]
waarde_euro = ["euro per noemer", "lasten per noemer van de gemeente"]
mediaan_klasse_euro = ["euro per noemer", "mediaan van de klasse"]
p25_klasse_euro = ["euro per noemer", "eerste kwartiel van de klasse"]
p75_klasse_euro = ["euro per noemer", "derde kwartiel van de klasse"]
verschil_met_mediaan_euro = ["euro per noemer", "waarde_euro - mediaan_klasse_euro"]
verschil_met_p25_euro = ["euro per noemer", "waarde_euro - p25_klasse_euro"]
verschil_met_p75_euro = ["euro per noemer", "waarde_euro - p75_klasse_euro"]
rang = ["rangnummer", "1 = laagste waarde in de klasse; gelijke waarden delen een rang"]
mad_klasse_euro = ["euro per noemer", "mediaan van de absolute afstand tot mediaan_klasse_euro"]
robuuste_score = ["standaardafwijkingen", "0,6745 x verschil_met_mediaan_euro / mad_klasse_euro; leeg als die 0 is"]
is_uitschieter = ["ja/nee", "robuuste_score boven 3,5 of onder -3,5; leeg zonder score"]
percentiel = ["aandeel 0-1", "aandeel van de andere gemeenten in de klasse met een lagere waarde; leeg als zij de enige is"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with waarde as (
    select
        *,
        'inwoner' as noemer,
        lasten_per_inwoner_euro as waarde_euro
    from benchmark.gemeente_jaar
    union all
    select
        *,
        'bijstandsontvanger' as noemer,
        lasten_per_bijstandsontvanger_euro as waarde_euro
    from benchmark.gemeente_jaar
),

ingedeeld as (
    select
        waarde.*,
        klasse.indeling,
        klasse.groep_volgorde as volgorde,
        klasse.groep as grootteklasse
    from waarde
    inner join benchmark.gemeente_groep as klasse
        on waarde.boekjaar = klasse.jaar and waarde.gemeente_code = klasse.gemeente_code
    where waarde.waarde_euro is not null and klasse.indeling in ('rapport', 'cbs', 'buig')
),

verdeeld as (
    select
        *,
        count(*) over alle as aantal,
        median(waarde_euro) over alle as mediaan_klasse_euro,
        quantile_cont(waarde_euro, 0.25) over alle as p25_klasse_euro,
        quantile_cont(waarde_euro, 0.75) over alle as p75_klasse_euro,
        mad(waarde_euro) over alle as mad_klasse_euro,
        rank() over klasse as rang
    from ingedeeld
    window
        klasse as (
            partition by boekjaar, verslagsoort, plaatsing, taakveld, noemer, indeling, volgorde
            order by waarde_euro
        ),
        alle as (klasse rows between unbounded preceding and unbounded following)
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
    is_nulboeking,
    waarde_euro,
    mediaan_klasse_euro,
    p25_klasse_euro,
    p75_klasse_euro,
    waarde_euro - mediaan_klasse_euro as verschil_met_mediaan_euro,
    waarde_euro - p25_klasse_euro as verschil_met_p25_euro,
    waarde_euro - p75_klasse_euro as verschil_met_p75_euro,
    rang,
    mad_klasse_euro,
    0.6745 * (waarde_euro - mediaan_klasse_euro) / nullif(mad_klasse_euro, 0) as robuuste_score,
    abs(0.6745 * (waarde_euro - mediaan_klasse_euro)) / nullif(mad_klasse_euro, 0) > 3.5 as is_uitschieter,
    (rang - 1) / nullif(aantal - 1, 0) as percentiel,
    herkomst
from verdeeld

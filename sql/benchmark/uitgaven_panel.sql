/*
about = """
Lasten on a taakveld per person by class of gemeentegrootte, for the same gemeenten in every year: the boundaries and the
class of one chosen year (klasse_jaar) for that boekjaar and all before it. What changes here is spending, not who is in
the class; in benchmark.uitgaven_grootteklasse gemeenten change class and merge. Choose one klasse_jaar. Only gemeenten of
which all predecessors delivered (and, for that denominator, have a figure for bijstandsontvangers, together above 0); the
other ones are counted.
"""
grain = ["klasse_jaar", "boekjaar", "verslagsoort", "plaatsing", "taakveld", "noemer", "indeling", "klasse_volgorde"]
methode = "constant-boundaries"

[columns]
klasse_jaar = ["jaar", "gemeenten en klassen zoals zij op 1 januari van dit jaar waren"]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
verslagsoort = ["naam", "begroting of jaarrekening"]
plaatsing = ["rangnummer", "1 = eerste plaatsing, 2 = tweede plaatsing"]
taakveld = ["code", "taakveld; 6.5 is Arbeidsparticipatie"]
noemer = ["naam", "inwoner of bijstandsontvanger"]
indeling = ["naam", "rapport, cbs of buig; zie core.grootteklasse"]
klasse_volgorde = ["rangnummer", "volgorde van de klasse, van klein naar groot"]
grootteklasse = ["naam", "klasse van inwoners op 1 januari van klasse_jaar"]
aantal_gemeenten = ["gemeenten", "gemeenten in de klasse"]
aantal = ["gemeenten", "gemeenten waarover de statistieken zijn berekend (n)"]
som_lasten_euro = ["euro", "som van de lasten van de n gemeenten"]
verhouding_van_sommen_euro = ["euro per noemer", "gewogen gemiddelde"]
gemiddelde_euro = ["euro per noemer", "ongewogen gemiddelde van de gemeenten"]
mediaan_euro = ["euro per noemer", "mediaan van de gemeenten"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with waarde as (
    select
        *,
        'inwoner' as noemer,
        inwoners as noemer_aantal,
        inwoners_geleverd = inwoners as is_volledig
    from benchmark.gemeente_jaar_grenzen
    union all
    select
        *,
        'bijstandsontvanger' as noemer,
        bijstandsontvangers as noemer_aantal,
        lasten_per_bijstandsontvanger_euro is not null as is_volledig
    from benchmark.gemeente_jaar_grenzen
)

select
    waarde.grenzen_jaar as klasse_jaar,
    waarde.boekjaar,
    waarde.verslagsoort,
    waarde.plaatsing,
    waarde.taakveld,
    waarde.noemer,
    klasse.indeling,
    klasse.groep_volgorde as klasse_volgorde,
    klasse.groep as grootteklasse,
    count(*) as aantal_gemeenten,
    count(*) filter (waarde.is_volledig) as aantal,
    sum(waarde.lasten_euro) filter (waarde.is_volledig)::bigint as som_lasten_euro,
    sum(waarde.lasten_euro) filter (waarde.is_volledig)
    / sum(waarde.noemer_aantal) filter (waarde.is_volledig) as verhouding_van_sommen_euro,
    -- Exact, as whole numbers of 2^-80: in a sum of doubles the order of the rows decides the last digit.
    sum((waarde.lasten_euro / nullif(waarde.noemer_aantal, 0) * pow(2, 80))::hugeint) filter (waarde.is_volledig)
    / pow(2, 80) / count(*) filter (waarde.is_volledig) as gemiddelde_euro,
    median(waarde.lasten_euro / waarde.noemer_aantal) filter (waarde.is_volledig) as mediaan_euro,
    any_value(waarde.herkomst) as herkomst
from waarde
inner join benchmark.gemeente_groep as klasse
    on waarde.grenzen_jaar = klasse.jaar and waarde.gemeente_code = klasse.gemeente_code
where klasse.indeling in ('rapport', 'cbs', 'buig')
group by
    waarde.grenzen_jaar,
    waarde.boekjaar,
    waarde.verslagsoort,
    waarde.plaatsing,
    waarde.taakveld,
    waarde.noemer,
    klasse.indeling,
    klasse.groep_volgorde,
    klasse.groep

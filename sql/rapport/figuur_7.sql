/*
about = """
Figure 7 of the report of 2025 and what its authors left open: lasten on 6.5 per inwoner and per bijstandsontvanger by
class of gemeentegrootte, for jaarrekening and begroting (text of 4.2) and both plaatsingen, as unweighted mean,
weighted mean and median, with and without zero bookings, by every definition of bijstand in January and December, and
with the recipients of loonkostensubsidie added (footnotes 15 and 31; running LKS of that month, which is nearest to
persons). The report takes the unweighted mean, bijstand tot de AOW-leeftijd of January, zero bookings in.
"""
grain = ["boekjaar", "verslagsoort", "plaatsing", "noemer", "klasse_volgorde"]
methode = "the-report-recomputed"

[columns]
boekjaar = ["jaar", "boekjaar van de Iv3-tabel"]
verslagsoort = ["naam", "begroting of jaarrekening"]
plaatsing = ["rangnummer", "1 = eerste plaatsing, 2 = tweede plaatsing"]
noemer = ["naam", "inwoners, of een definitie van bijstand met haar maand, al dan niet met LKS"]
klasse_volgorde = ["rangnummer", "volgorde van de klasse, van klein naar groot"]
grootteklasse = ["naam", "klasse van inwoners op 1 januari van het boekjaar"]
is_noemer_rapport = ["ja/nee", "de noemer die het rapport neemt"]
aantal = ["gemeenten", "gemeenten waarover is gerekend (n): geleverd, met een noemer boven 0"]
aantal_nulboekingen = ["gemeenten", "gemeenten daarvan die 0 boekten"]
gemiddelde_euro = ["euro per persoon", "ongewogen gemiddelde van de gemeenten"]
gemiddelde_zonder_nulboekingen_euro = ["euro per persoon", "hetzelfde zonder de gemeenten die 0 boekten"]
verhouding_van_sommen_euro = ["euro per persoon", "som van de lasten / som van de noemer (gewogen gemiddelde)"]
mediaan_euro = ["euro per persoon", "mediaan van de gemeenten"]
rapport_euro = ["euro per persoon", "gedrukt in het rapport, voor de jaarrekening van 2024; leeg = niet gedrukt"]
herkomst = ["naam", "cbs, opname (vastgelegde of ingevoerde cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with keuze as (
    select
        'bijstand tot de AOW-leeftijd' as definitie,
        1 as maand
),

bijstand as (
    select
        bijstand.jaar,
        bijstand.regio_code,
        bijstand.maand,
        concat(bijstand.definitie, ', ', case bijstand.maand when 1 then 'januari' else 'december' end) as noemer,
        bijstand.definitie = keuze.definitie and bijstand.maand = keuze.maand as is_noemer_rapport,
        bijstand.aantal_personen as aantal
    from core.bijstand as bijstand
    cross join keuze
    where bijstand.maand in (1, 12)
),

noemer as (
    select
        jaar,
        gemeente_code,
        'inwoners' as noemer,
        true as is_noemer_rapport,
        inwoners as aantal
    from core.gemeente
    union all
    select
        jaar,
        regio_code as gemeente_code,
        noemer,
        is_noemer_rapport,
        aantal
    from bijstand
    union all
    select
        bijstand.jaar,
        bijstand.regio_code as gemeente_code,
        concat(bijstand.noemer, ', plus LKS') as noemer,
        false as is_noemer_rapport,
        bijstand.aantal + lks.aantal_voorzieningen as aantal
    from bijstand
    inner join core.srg_voorziening as lks
        on
            bijstand.jaar = lks.jaar
            and bijstand.maand = lks.maand
            and bijstand.regio_code = lks.regio_code
    where lks.type = 'Loonkostensubsidie (Participatiewet)' and lks.status = 'lopend'
),

waarde as (
    select
        gemeente.boekjaar,
        gemeente.verslagsoort,
        gemeente.plaatsing,
        gemeente.is_nulboeking,
        gemeente.lasten_euro,
        gemeente.herkomst,
        noemer.noemer,
        noemer.is_noemer_rapport,
        noemer.aantal,
        klasse.groep_volgorde,
        klasse.groep
    from benchmark.gemeente_jaar as gemeente
    inner join noemer
        on gemeente.boekjaar = noemer.jaar and gemeente.gemeente_code = noemer.gemeente_code
    inner join benchmark.gemeente_groep as klasse
        on gemeente.boekjaar = klasse.jaar and gemeente.gemeente_code = klasse.gemeente_code
    where
        gemeente.taakveld = '6.5'
        and gemeente.is_geleverd
        and noemer.aantal > 0
        and klasse.indeling = 'rapport'
),

klasse as (
    select
        boekjaar,
        verslagsoort,
        plaatsing,
        noemer,
        groep_volgorde,
        groep,
        any_value(is_noemer_rapport) as is_noemer_rapport,
        count(*) as aantal,
        count(*) filter (is_nulboeking) as aantal_nulboekingen,
        -- Exact, as whole numbers of 2^-80: in a sum of doubles the order of the rows decides the last digit.
        sum((lasten_euro / aantal * pow(2, 80))::hugeint) / pow(2, 80) / count(*) as gemiddelde_euro,
        sum((lasten_euro / aantal * pow(2, 80))::hugeint) filter (not is_nulboeking) / pow(2, 80)
        / count(*) filter (not is_nulboeking) as zonder_euro,
        sum(lasten_euro) / sum(aantal) as verhouding_euro,
        median(lasten_euro / aantal) as mediaan_euro,
        any_value(herkomst) as herkomst
    from waarde
    group by boekjaar, verslagsoort, plaatsing, noemer, groep_volgorde, groep
)

select
    klasse.boekjaar,
    klasse.verslagsoort,
    klasse.plaatsing,
    klasse.noemer,
    klasse.groep_volgorde as klasse_volgorde,
    klasse.groep as grootteklasse,
    klasse.is_noemer_rapport,
    klasse.aantal,
    klasse.aantal_nulboekingen,
    klasse.gemiddelde_euro,
    klasse.zonder_euro as gemiddelde_zonder_nulboekingen_euro,
    klasse.verhouding_euro as verhouding_van_sommen_euro,
    klasse.mediaan_euro,
    gedrukt.waarde as rapport_euro,
    klasse.herkomst
from klasse
left join core.rapport_cijfer as gedrukt
    on
        gedrukt.id like 'fig7_%'
        and klasse.boekjaar = gedrukt.jaar
        and klasse.groep = gedrukt.kenmerk
        and (gedrukt.id like 'fig7_inwoner_%') = (klasse.noemer = 'inwoners')
        and klasse.verslagsoort = 'jaarrekening'

/*
about = """
How many voorzieningen a person has, how many of these persons have bijstand, and which part of the people with bijstand
that is, per year in Nederland, as paragraph 6.2.1 of the report of 2025. The open tables do not tell who of the persons
with a voorziening has bijstand: aandeel_personen_zonder_bijstand is an assumption, from core.instelling, the same for
every year. Bijstand is that of the end of December; when that month is not there yet, what depends on it is empty.
Growth is from the mean of the year before, only between two whole years.
"""
grain = ["jaar"]
methode = "voorzieningen-srg"

[columns]
jaar = ["jaar", "jaar van de verslagmaanden"]
aantal_maanden = ["maanden", "maanden met een cijfer voor voorzieningen (n); 12 = het hele jaar"]
gemiddeld_aantal_voorzieningen = ["voorzieningen", "gemiddelde over de maanden van de lopende voorzieningen"]
aantal_maanden_personen = ["maanden", "maanden met een cijfer voor personen (n)"]
gemiddeld_aantal_personen = ["personen", "gemiddelde over de maanden van de personen met een lopende voorziening"]
voorzieningen_per_persoon = ["voorzieningen per persoon", "gedeeld door elkaar; zie benchmark.voorzieningen_type"]
aandeel_personen_zonder_bijstand = ["aandeel 0-1", "aanname: deel van de personen met een voorziening zonder bijstand; zie core.instelling"]
personen_zonder_bijstand = ["personen", "aandeel_personen_zonder_bijstand x gemiddeld_aantal_personen"]
personen_met_bijstand = ["personen", "de overige personen"]
peilmaand_bijstand = ["maand 1-12", "maand van bijstandsontvangers_ultimo; leeg = december is er nog niet"]
bijstandsontvangers_ultimo = ["personen", "personen met bijstand in Nederland, eind december, definitie van core.instelling"]
aandeel_bijstand_bereikt = ["aandeel 0-1", "personen_met_bijstand / bijstandsontvangers_ultimo"]
groei_loonkostensubsidie = ["fractie", "gemiddelde van het jaar / dat van het jaar ervoor - 1, van Loonkostensubsidie (Participatiewet); leeg = geen twee hele jaren"]
groei_jobcoach = ["fractie", "hetzelfde voor Jobcoach/begeleiding op de werkplek"]
is_voorlopig = ["ja/nee", "een van de cijfers kan nog veranderen; leeg = geen cijfer"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with keuze as (
    select
        max(waarde) filter (naam = 'bijstand_definitie') as definitie,
        max(waarde) filter (naam = 'aandeel_personen_zonder_bijstand')::double as zonder_bijstand,
        max(waarde) filter (naam = 'herkomst') as herkomst
    from core.instelling
),

totaal as (
    select
        srg.*,
        keuze.zonder_bijstand,
        srg.gemiddeld_aantal_personen * keuze.zonder_bijstand as personen_zonder,
        srg.gemiddeld_aantal_personen * (1 - keuze.zonder_bijstand) as personen_met
    from benchmark.voorzieningen_type as srg
    cross join keuze
    where srg.niveau = 'totaal'
),

groei as (
    select
        dit.jaar,
        dit.type,
        dit.gemiddeld_aantal_voorzieningen / nullif(vorig.gemiddeld_aantal_voorzieningen, 0) - 1 as groei,
        dit.is_voorlopig or vorig.is_voorlopig as is_voorlopig
    from benchmark.voorzieningen_type as dit
    inner join benchmark.voorzieningen_type as vorig on dit.jaar = vorig.jaar + 1 and dit.type = vorig.type
    where dit.aantal_maanden = 12 and vorig.aantal_maanden = 12
),

ultimo as (
    select
        bijstand.jaar,
        bijstand.maand,
        bijstand.aantal_personen,
        bijstand.is_voorlopig
    from core.bijstand
    inner join keuze on bijstand.definitie = keuze.definitie
    where bijstand.regio_code = 'NL01' and bijstand.maand = 12 and bijstand.aantal_personen is not null
)

select
    totaal.jaar,
    totaal.aantal_maanden,
    totaal.gemiddeld_aantal_voorzieningen,
    totaal.aantal_maanden_personen,
    totaal.gemiddeld_aantal_personen,
    totaal.voorzieningen_per_persoon,
    totaal.zonder_bijstand as aandeel_personen_zonder_bijstand,
    totaal.personen_zonder as personen_zonder_bijstand,
    totaal.personen_met as personen_met_bijstand,
    ultimo.maand as peilmaand_bijstand,
    ultimo.aantal_personen as bijstandsontvangers_ultimo,
    totaal.personen_met / nullif(ultimo.aantal_personen, 0) as aandeel_bijstand_bereikt,
    lks.groei as groei_loonkostensubsidie,
    jobcoach.groei as groei_jobcoach,
    totaal.is_voorlopig
    or coalesce(ultimo.is_voorlopig, false)
    or coalesce(lks.is_voorlopig, false)
    or coalesce(jobcoach.is_voorlopig, false) as is_voorlopig,
    totaal.herkomst
from totaal
left join ultimo on totaal.jaar = ultimo.jaar
left join groei as lks on totaal.jaar = lks.jaar and lks.type = 'Loonkostensubsidie (Participatiewet)'
left join groei as jobcoach on totaal.jaar = jobcoach.jaar and jobcoach.type = 'Jobcoach/begeleiding op de werkplek'

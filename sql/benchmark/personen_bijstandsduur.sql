/*
about = """
Persons with bijstand in Nederland by how long they have it, beside the persons with a voorziening who have bijstand by
the same, as table 7 of the report of 2025. Bijstand is the mean of the quarters in which every known duration has a
figure; its shares are over the known durations. The shares of persons with a voorziening are no open data of CBS: they
come from an input file (core.invoer_bijstandsduur) as they stand there, and are empty for a year it does not have.
Their rounding is that of the file: shares printed in whole percents need not add up to 1.
"""
grain = ["jaar", "duur"]
methode = "voorzieningen-srg"

[columns]
jaar = ["jaar", "jaar van de kwartalen"]
duur = ["naam", "hoe lang de persoon bijstand heeft; totaal en onbekend doen niet mee in de aandelen"]
aantal_kwartalen = ["kwartalen", "kwartalen waarover gemiddeld is (n); 4 = het hele jaar"]
gemiddeld_aantal_bijstand = ["personen", "gemiddelde over die kwartalen van de personen met bijstand; leeg = geen cijfer"]
aandeel_bijstand = ["aandeel 0-1", "deel van de personen met bijstand en een bekende duur"]
aandeel_personen_srg = ["aandeel 0-1", "deel van de personen met een voorziening en bijstand, uit het invoerbestand; leeg = niet ingevoerd"]
verhouding_aandelen = ["verhouding", "aandeel_personen_srg / aandeel_bijstand; boven 1 = vaker een voorziening"]
is_invoer_aanwezig = ["ja/nee", "het invoerbestand heeft dit jaar"]
bron_invoer = ["tekst", "waar het ingevoerde cijfer staat"]
is_voorlopig = ["ja/nee", "het aantal personen met bijstand kan nog veranderen; leeg = geen cijfer"]
herkomst = ["naam", "cbs, opname (vastgelegde of ingevoerde cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with cijfer as (
    select
        jaar,
        kwartaal,
        duur,
        aantal_personen,
        is_voorlopig
    from core.bijstand_duur
    where aantal_personen is not null
),

bekend as (
    select
        duur,
        count(*) over () as aantal_duren,
        true as is_bekend
    from core.bijstand_duur
    where duur not in ('totaal', 'onbekend')
    group by duur
),

kwartaal as (
    select
        cijfer.jaar,
        cijfer.kwartaal
    from cijfer
    inner join bekend on cijfer.duur = bekend.duur
    group by cijfer.jaar, cijfer.kwartaal
    having count(*) = max(bekend.aantal_duren)
),

gemiddelde as (
    select
        cijfer.jaar,
        cijfer.duur,
        count(*) as aantal_kwartalen,
        avg(cijfer.aantal_personen) as aantal,
        bool_or(cijfer.is_voorlopig) as is_voorlopig
    from cijfer
    inner join kwartaal on cijfer.jaar = kwartaal.jaar and cijfer.kwartaal = kwartaal.kwartaal
    group by cijfer.jaar, cijfer.duur
),

rij as (
    select
        jaar,
        duur
    from core.bijstand_duur
    union
    select
        jaar,
        duur
    from core.invoer_bijstandsduur
),

invoerjaar as (
    select distinct jaar from core.invoer_bijstandsduur
),

verdeling as (
    select
        rij.jaar,
        rij.duur,
        coalesce(gemiddelde.aantal_kwartalen, 0) as aantal_kwartalen,
        gemiddelde.aantal,
        case
            when bekend.is_bekend
                then
                    gemiddelde.aantal
                    / nullif(
                        -- Exact, as whole numbers of 2^-80: in a sum of doubles the order of the rows decides the last digit.
                        sum((gemiddelde.aantal * pow(2, 80))::hugeint)
                        filter (bekend.is_bekend) over (partition by rij.jaar) / pow(2, 80),
                        0
                    )
        end as aandeel_bijstand,
        invoer.aandeel_personen,
        invoerjaar.jaar is not null as is_invoer_aanwezig,
        invoer.bron,
        gemiddelde.is_voorlopig
    from rij
    left join bekend on rij.duur = bekend.duur
    left join gemiddelde on rij.jaar = gemiddelde.jaar and rij.duur = gemiddelde.duur
    left join invoerjaar on rij.jaar = invoerjaar.jaar
    left join core.invoer_bijstandsduur as invoer on rij.jaar = invoer.jaar and rij.duur = invoer.duur
)

select
    verdeling.jaar,
    verdeling.duur,
    verdeling.aantal_kwartalen,
    verdeling.aantal as gemiddeld_aantal_bijstand,
    verdeling.aandeel_bijstand,
    verdeling.aandeel_personen as aandeel_personen_srg,
    verdeling.aandeel_personen / nullif(verdeling.aandeel_bijstand, 0) as verhouding_aandelen,
    verdeling.is_invoer_aanwezig,
    verdeling.bron as bron_invoer,
    verdeling.is_voorlopig,
    case when verdeling.is_invoer_aanwezig and keuze.waarde = 'cbs' then 'opname' else keuze.waarde end as herkomst
from verdeling
cross join core.instelling as keuze
where keuze.naam = 'herkomst'

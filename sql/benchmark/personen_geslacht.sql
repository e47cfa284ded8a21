/*
about = """
Persons with a running voorziening in Nederland by geslacht and category, beside persons with bijstand by geslacht, as figure
21 of the report of 2025: monthly means, shares, and one set against the other. Indeling `CBS` has the 18 types, the 6
main categories and the total as CBS counts them; `rapport` has the seven categories of the report as sums of types, so
a person with two types of one category counts twice: an upper bound (telling says so). A month counts when both geslachten
have a figure for every type of the category; bijstand is taken over the same months, up to the AOW age.
A ratio between the two is empty when bijstand lacks one of those months. Nothing missing is read as 0.
"""
grain = ["jaar", "indeling", "categorie", "geslacht"]
methode = "voorzieningen-srg"

[columns]
jaar = ["jaar", "jaar van de verslagmaanden"]
indeling = ["naam", "CBS of rapport"]
categorie = ["naam", "type, hoofdcategorie, totaal (CBS) of een van de zeven categorieën van figuur 21 en 22 (rapport)"]
geslacht = ["naam", "mannen of vrouwen"]
categorie_volgorde = ["rangnummer", "volgorde van de categorie in tabel 5 van het rapport"]
telling = ["tekst", "hoe personen in de categorie geteld zijn"]
aantal_maanden = ["maanden", "maanden waarover gemiddeld is (n); 12 = het hele jaar"]
gemiddeld_aantal_personen = ["personen", "gemiddelde over die maanden van de personen met een lopende voorziening; leeg = geen cijfer"]
aandeel_personen = ["aandeel 0-1", "deel van mannen en vrouwen samen"]
aantal_maanden_bijstand = ["maanden", "maanden daarvan met een cijfer voor bijstand"]
gemiddeld_aantal_bijstand = ["personen", "gemiddelde over die maanden van de personen met bijstand tot de AOW-leeftijd; leeg = geen cijfer"]
aandeel_bijstand = ["aandeel 0-1", "deel van mannen en vrouwen samen met bijstand"]
personen_per_bijstandsontvanger = ["personen per bijstandsontvanger", "gemiddeld_aantal_personen / gemiddeld_aantal_bijstand; leeg bij verschillende maanden"]
verhouding_aandelen = ["verhouding", "aandeel_personen / aandeel_bijstand; boven 1 = meer voorzieningen dan het aandeel in de bijstand; leeg bij verschillende maanden"]
is_voorlopig = ["ja/nee", "een van de cijfers kan nog veranderen; leeg = geen cijfer"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with groep as (
    select
        waarde.geslacht,
        count(*) over () as aantal_groepen
    from (values ('mannen'), ('vrouwen')) as waarde (geslacht)
),

deel as (
    select
        'CBS' as indeling,
        type as categorie,
        type,
        volgorde,
        'elke persoon een keer' as telling
    from core.voorziening_type
    union all
    select
        'rapport' as indeling,
        rapportcategorie as categorie,
        type,
        volgorde,
        'bovengrens: som van typen, een persoon met twee typen telt twee keer' as telling
    from core.voorziening_type
    where niveau = 'type'
),

categorie as (
    select
        indeling,
        categorie,
        min(volgorde) as volgorde,
        any_value(telling) as telling,
        count(*) as aantal_typen
    from deel
    group by indeling, categorie
),

cijfer as (
    select
        persoon.jaar,
        persoon.maand,
        deel.indeling,
        deel.categorie,
        groep.geslacht,
        groep.aantal_groepen,
        persoon.aantal_personen,
        persoon.is_voorlopig
    from core.srg_persoon as persoon
    inner join groep on persoon.geslacht = groep.geslacht
    inner join deel on persoon.type = deel.type
    where
        persoon.status = 'lopend'
        and persoon.leeftijd = 'totaal'
        and persoon.herkomstland = 'totaal'
        and persoon.aantal_personen is not null
),

-- Only months in which every type of the category has a figure for every geslacht.
maand as (
    select
        cijfer.jaar,
        cijfer.maand,
        cijfer.indeling,
        cijfer.categorie
    from cijfer
    inner join categorie on cijfer.indeling = categorie.indeling and cijfer.categorie = categorie.categorie
    group by cijfer.jaar, cijfer.maand, cijfer.indeling, cijfer.categorie
    having count(*) = max(categorie.aantal_typen * cijfer.aantal_groepen)
),

personen as (
    select
        jaar,
        indeling,
        categorie,
        cijfer.geslacht,
        count(distinct maand) as aantal_maanden,
        sum(cijfer.aantal_personen) / count(distinct maand) as gemiddeld,
        bool_or(cijfer.is_voorlopig) as is_voorlopig
    from cijfer
    inner join maand using (jaar, maand, indeling, categorie)
    group by jaar, indeling, categorie, cijfer.geslacht
),

bijstand_maand as (
    select
        kenmerk.jaar,
        kenmerk.maand,
        kenmerk.geslacht,
        kenmerk.aantal_personen,
        kenmerk.is_voorlopig
    from core.bijstand_kenmerk as kenmerk
    inner join groep on kenmerk.geslacht = groep.geslacht
    where kenmerk.leeftijd = 'tot AOW-leeftijd' and kenmerk.aantal_personen is not null
    qualify count(*) over (partition by kenmerk.jaar, kenmerk.maand) = groep.aantal_groepen
),

bijstand as (
    select
        jaar,
        maand.indeling,
        maand.categorie,
        bijstand_maand.geslacht,
        count(*) as aantal_maanden,
        avg(bijstand_maand.aantal_personen) as gemiddeld,
        bool_or(bijstand_maand.is_voorlopig) as is_voorlopig
    from maand
    inner join bijstand_maand using (jaar, maand)
    group by jaar, maand.indeling, maand.categorie, bijstand_maand.geslacht
),

jaren as (
    select distinct jaar from core.srg_persoon
),

verdeling as (
    select
        jaren.jaar,
        categorie.indeling,
        categorie.categorie,
        groep.geslacht,
        categorie.volgorde,
        categorie.telling,
        coalesce(personen.aantal_maanden, 0) as aantal_maanden,
        personen.gemiddeld as personen,
        -- Exact, as whole numbers of 2^-80: in a sum of doubles the order of the rows decides the last digit.
        personen.gemiddeld
        / nullif(sum((personen.gemiddeld * pow(2, 80))::hugeint) over samen / pow(2, 80), 0) as aandeel_personen,
        coalesce(bijstand.aantal_maanden, 0) as aantal_maanden_bijstand,
        bijstand.gemiddeld as bijstand,
        bijstand.gemiddeld
        / nullif(sum((bijstand.gemiddeld * pow(2, 80))::hugeint) over samen / pow(2, 80), 0) as aandeel_bijstand,
        coalesce(bijstand.aantal_maanden = personen.aantal_maanden, false) as is_vergelijkbaar,
        personen.is_voorlopig or coalesce(bijstand.is_voorlopig, false) as is_voorlopig
    from jaren
    cross join categorie
    cross join groep
    left join personen
        on
            jaren.jaar = personen.jaar
            and categorie.indeling = personen.indeling
            and categorie.categorie = personen.categorie
            and groep.geslacht = personen.geslacht
    left join bijstand
        on
            jaren.jaar = bijstand.jaar
            and categorie.indeling = bijstand.indeling
            and categorie.categorie = bijstand.categorie
            and groep.geslacht = bijstand.geslacht
    window samen as (partition by jaren.jaar, categorie.indeling, categorie.categorie)
)

select
    verdeling.jaar,
    verdeling.indeling,
    verdeling.categorie,
    verdeling.geslacht,
    verdeling.volgorde as categorie_volgorde,
    verdeling.telling,
    verdeling.aantal_maanden,
    verdeling.personen as gemiddeld_aantal_personen,
    verdeling.aandeel_personen,
    verdeling.aantal_maanden_bijstand,
    verdeling.bijstand as gemiddeld_aantal_bijstand,
    verdeling.aandeel_bijstand,
    case
        when verdeling.is_vergelijkbaar then verdeling.personen / nullif(verdeling.bijstand, 0)
    end as personen_per_bijstandsontvanger,
    case
        when verdeling.is_vergelijkbaar then verdeling.aandeel_personen / nullif(verdeling.aandeel_bijstand, 0)
    end as verhouding_aandelen,
    verdeling.is_voorlopig,
    keuze.waarde as herkomst
from verdeling
cross join core.instelling as keuze
where keuze.naam = 'herkomst'

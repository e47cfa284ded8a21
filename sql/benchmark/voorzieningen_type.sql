/*
about = """
Voorzieningen and persons by type in Nederland, as table 5 of the report of 2025: the mean over the months of a year of
the voorzieningen that run and of the persons who have one. One row for each of the 18 types, the 6 main categories and
the total, each as CBS counts it: nothing is added up here. A main category that CBS does not give has empty figures. A
person with several types counts once in each of them, so the persons of the types add up to more than the total. Means
are over the months that have a figure (aantal_maanden); the last three months are revised by CBS.
"""
grain = ["jaar", "type"]
methode = "voorzieningen-srg"

[columns]
jaar = ["jaar", "jaar van de verslagmaanden"]
type = ["naam", "type, hoofdcategorie of totaal; zie core.voorziening_type"]
volgorde = ["rangnummer", "volgorde in tabel 5 van het rapport; het totaal staat achteraan"]
niveau = ["naam", "totaal, hoofdcategorie of type"]
hoofdcategorie = ["naam", "de hoofdcategorie waarin het type valt; leeg bij het totaal"]
aantal_maanden = ["maanden", "maanden met een cijfer voor voorzieningen (n); 12 = het hele jaar"]
gemiddeld_aantal_voorzieningen = ["voorzieningen", "gemiddelde over die maanden van de lopende voorzieningen; leeg = geen cijfer"]
aantal_maanden_personen = ["maanden", "maanden met een cijfer voor personen (n)"]
gemiddeld_aantal_personen = ["personen", "gemiddelde over die maanden van de personen met een lopende voorziening; leeg = geen cijfer"]
voorzieningen_per_persoon = ["voorzieningen per persoon", "gedeeld door elkaar; leeg als beide gemiddelden niet over dezelfde maanden zijn"]
afrondingsmarge_aantal = ["voorzieningen of personen", "hoeveel elk gemiddelde hooguit verschuift doordat CBS elke maand afrondt: de helft van het veelvoud"]
is_volledig_jaar = ["ja/nee", "12 maanden met een cijfer, voor voorzieningen en voor personen"]
is_voorlopig = ["ja/nee", "een van de maanden kan nog veranderen; leeg = geen cijfer"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with voorziening as (
    select
        jaar,
        maand,
        type,
        aantal_voorzieningen,
        is_voorlopig,
        afronding_voorzieningen
    from core.srg_voorziening
    where regio_code = 'NL01' and status = 'lopend' and aantal_voorzieningen is not null
),

persoon as (
    select
        jaar,
        maand,
        type,
        aantal_personen,
        is_voorlopig,
        afronding_personen
    from core.srg_persoon
    where
        status = 'lopend'
        and geslacht = 'totaal'
        and leeftijd = 'totaal'
        and herkomstland = 'totaal'
        and aantal_personen is not null
),

maand as (
    select
        jaar,
        type,
        voorziening.aantal_voorzieningen,
        persoon.aantal_personen,
        greatest(voorziening.afronding_voorzieningen, persoon.afronding_personen) as afronding,
        coalesce(voorziening.is_voorlopig, false) or coalesce(persoon.is_voorlopig, false) as is_voorlopig
    from voorziening
    full join persoon using (jaar, maand, type)
),

jaargemiddelde as (
    select
        jaar,
        type,
        count(aantal_voorzieningen) as aantal_maanden,
        avg(aantal_voorzieningen) as gemiddeld_aantal_voorzieningen,
        count(aantal_personen) as aantal_maanden_personen,
        avg(aantal_personen) as gemiddeld_aantal_personen,
        count(*) filter (aantal_voorzieningen is not null and aantal_personen is not null) as aantal_maanden_beide,
        max(afronding) / 2 as afrondingsmarge_aantal,
        bool_or(is_voorlopig) as is_voorlopig
    from maand
    group by jaar, type
),

jaren as (
    select jaar from core.srg_voorziening
    union
    select jaar from core.srg_persoon
)

select
    jaren.jaar,
    soort.type,
    soort.volgorde,
    soort.niveau,
    soort.hoofdcategorie,
    coalesce(gemiddelde.aantal_maanden, 0) as aantal_maanden,
    gemiddelde.gemiddeld_aantal_voorzieningen,
    coalesce(gemiddelde.aantal_maanden_personen, 0) as aantal_maanden_personen,
    gemiddelde.gemiddeld_aantal_personen,
    case
        when
            gemiddelde.aantal_maanden_beide = gemiddelde.aantal_maanden
            and gemiddelde.aantal_maanden_beide = gemiddelde.aantal_maanden_personen
            then gemiddelde.gemiddeld_aantal_voorzieningen / nullif(gemiddelde.gemiddeld_aantal_personen, 0)
    end as voorzieningen_per_persoon,
    gemiddelde.afrondingsmarge_aantal,
    coalesce(gemiddelde.aantal_maanden_beide, 0) = 12 as is_volledig_jaar,
    gemiddelde.is_voorlopig,
    keuze.waarde as herkomst
from jaren
cross join core.voorziening_type as soort
left join jaargemiddelde as gemiddelde on jaren.jaar = gemiddelde.jaar and soort.type = gemiddelde.type
cross join core.instelling as keuze
where keuze.naam = 'herkomst'

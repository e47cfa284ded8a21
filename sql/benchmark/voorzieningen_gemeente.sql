/*
about = """
Running voorzieningen of each gemeente by month, total and main category, per 1.000 inwoners and per bijstandsontvanger,
with what rounding does to them: CBS rounds every count to tens, which for a small gemeente is much. The bounds are the
ratio with the numerator half its base lower (not below 0) and the denominator half its base higher, and the other way.
A gemeente without a count is not there; core.srg_voorziening tells why. Types stand in benchmark.voorzieningen_maand.
"""
grain = ["jaar", "maand", "gemeente_code", "type"]
methode = "voorzieningen-srg"

[columns]
jaar = ["jaar", "jaar van de verslagmaand"]
maand = ["maand 1-12", "verslagmaand van de voorzieningen"]
gemeente_code = ["code", "gemeentecode van CBS"]
type = ["naam", "hoofdcategorie of totaal; zie core.voorziening_type"]
gemeente = ["naam", "naam van de gemeente in dat jaar"]
aantal_voorzieningen = ["voorzieningen", "lopend aan het einde van de maand"]
per_1000_inwoners = ["voorzieningen per 1.000 inwoners", "inwoners op 1 januari"]
per_1000_inwoners_ondergrens = ["voorzieningen per 1.000 inwoners", "het laagste dat de afronding toelaat"]
per_1000_inwoners_bovengrens = ["voorzieningen per 1.000 inwoners", "het hoogste dat de afronding toelaat"]
bijstandsontvangers = ["personen", "personen met bijstand volgens core.instelling (definitie en maand); leeg = geen cijfer"]
per_bijstandsontvanger = ["voorzieningen per bijstandsontvanger", "leeg bij 0 of geen cijfer"]
per_bijstandsontvanger_ondergrens = ["voorzieningen per bijstandsontvanger", "het laagste dat de afronding toelaat, ook bij 0 bijstandsontvangers; leeg = geen cijfer"]
per_bijstandsontvanger_bovengrens = ["voorzieningen per bijstandsontvanger", "het hoogste dat de afronding toelaat; leeg = geen grens"]
is_voorlopig = ["ja/nee", "een van de aantallen kan nog veranderen"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with keuze as (
    select
        max(waarde) filter (naam = 'bijstand_definitie') as definitie,
        max(waarde) filter (naam = 'bijstand_maand')::bigint as maand,
        max(waarde) filter (naam = 'herkomst') as herkomst
    from core.instelling
),

bijstand as (
    select
        bijstand.jaar,
        bijstand.regio_code,
        bijstand.aantal_personen as aantal,
        bijstand.is_voorlopig,
        bijstand.afronding_personen / 2 as marge
    from core.bijstand
    inner join keuze on bijstand.definitie = keuze.definitie and bijstand.maand = keuze.maand
),

cijfer as (
    select
        srg.jaar,
        srg.maand,
        srg.regio_code as gemeente_code,
        srg.type,
        srg.aantal_voorzieningen as aantal,
        srg.afronding_voorzieningen / 2 as marge,
        srg.is_voorlopig
    from core.srg_voorziening as srg
    inner join core.voorziening_type as soort on srg.type = soort.type
    where
        srg.status = 'lopend'
        and srg.regio_code like 'GM%'
        and srg.aantal_voorzieningen is not null
        and soort.niveau != 'type'
)

select
    cijfer.jaar,
    cijfer.maand,
    cijfer.gemeente_code,
    cijfer.type,
    gemeente.naam as gemeente,
    cijfer.aantal as aantal_voorzieningen,
    1000 * cijfer.aantal / gemeente.inwoners as per_1000_inwoners,
    1000 * greatest(cijfer.aantal - cijfer.marge, 0) / gemeente.inwoners as per_1000_inwoners_ondergrens,
    1000 * (cijfer.aantal + cijfer.marge) / gemeente.inwoners as per_1000_inwoners_bovengrens,
    bijstand.aantal as bijstandsontvangers,
    cijfer.aantal / nullif(bijstand.aantal, 0) as per_bijstandsontvanger,
    greatest(cijfer.aantal - cijfer.marge, 0) / (bijstand.aantal + bijstand.marge) as per_bijstandsontvanger_ondergrens,
    case
        when bijstand.aantal > bijstand.marge
            then (cijfer.aantal + cijfer.marge) / (bijstand.aantal - bijstand.marge)
    end as per_bijstandsontvanger_bovengrens,
    cijfer.is_voorlopig or coalesce(bijstand.is_voorlopig, false) as is_voorlopig,
    keuze.herkomst
from cijfer
inner join core.gemeente as gemeente on cijfer.jaar = gemeente.jaar and cijfer.gemeente_code = gemeente.gemeente_code
left join bijstand on cijfer.jaar = bijstand.jaar and cijfer.gemeente_code = bijstand.regio_code
cross join keuze

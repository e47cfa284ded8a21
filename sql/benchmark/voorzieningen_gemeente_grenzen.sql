/*
about = """
Running voorzieningen of gemeenten by month, total and main category, on the boundaries of a later year: the counts of
benchmark.voorzieningen_gemeente led through core.gebiedsovergang. Choose one grenzen_jaar. A gemeente that was divided
is divided by the inwoners each successor received, so counts are no longer tens; totals stay. Only where every
predecessor has a count is the sum one of the whole area (is_volledig). Bijstandsontvangers go over in the same way.
"""
grain = ["grenzen_jaar", "jaar", "maand", "type", "gemeente_code"]
methode = "constant-boundaries"
zwaar = true

[columns]
grenzen_jaar = ["jaar", "gemeenten zoals zij op 1 januari van dit jaar waren"]
jaar = ["jaar", "jaar van de verslagmaand"]
maand = ["maand 1-12", "verslagmaand van de voorzieningen"]
type = ["naam", "hoofdcategorie of totaal; zie core.voorziening_type"]
gemeente_code = ["code", "gemeentecode van CBS in grenzen_jaar"]
gemeente = ["naam", "naam van de gemeente in grenzen_jaar"]
aantal_voorgangers = ["gemeenten", "gemeenten van het jaar waaruit dit cijfer komt"]
is_volledig = ["ja/nee", "elke voorganger heeft een cijfer"]
aantal_voorzieningen = ["voorzieningen", "lopend, van de voorgangers met een cijfer, naar inwoners verdeeld"]
bijstandsontvangers = ["personen", "van de voorgangers, naar inwoners verdeeld; leeg als een voorganger geen cijfer heeft, voor bijstand of voor voorzieningen"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with verslag as (
    select distinct
        jaar,
        maand,
        type
    from benchmark.voorzieningen_gemeente
),

verdeeld as (
    select
        overgang.naar_jaar,
        overgang.naar_code,
        verslag.jaar,
        verslag.maand,
        verslag.type,
        bron.aantal_voorzieningen is not null as heeft_cijfer,
        bron.aantal_voorzieningen * overgang.gewicht as aantal,
        bron.bijstandsontvangers * overgang.gewicht as bijstand
    from verslag
    inner join core.gebiedsovergang as overgang on verslag.jaar = overgang.van_jaar
    left join benchmark.voorzieningen_gemeente as bron
        on
            verslag.jaar = bron.jaar
            and verslag.maand = bron.maand
            and verslag.type = bron.type
            and overgang.van_code = bron.gemeente_code
),

som as (
    select
        naar_jaar,
        jaar,
        maand,
        type,
        naar_code,
        count(*) as aantal_voorgangers,
        bool_and(heeft_cijfer) as is_volledig,
        -- Exact, as whole numbers of 2^-80: in a sum of doubles the order of the rows decides the last digit.
        sum((aantal * pow(2, 80))::hugeint) / pow(2, 80) as aantal_voorzieningen,
        case when count(bijstand) = count(*) then sum((bijstand * pow(2, 80))::hugeint) / pow(2, 80) end as bijstand
    from verdeeld
    group by naar_jaar, jaar, maand, type, naar_code
    having count(*) filter (heeft_cijfer) > 0
)

select
    som.naar_jaar as grenzen_jaar,
    som.jaar,
    som.maand,
    som.type,
    som.naar_code as gemeente_code,
    gemeente.naam as gemeente,
    som.aantal_voorgangers,
    som.is_volledig,
    som.aantal_voorzieningen,
    som.bijstand as bijstandsontvangers,
    keuze.waarde as herkomst
from som
inner join core.gemeente as gemeente on som.naar_jaar = gemeente.jaar and som.naar_code = gemeente.gemeente_code
cross join core.instelling as keuze
where keuze.naam = 'herkomst'

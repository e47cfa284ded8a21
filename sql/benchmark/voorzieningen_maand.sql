/*
about = """
Voorzieningen by month, regio and type: what runs at the end of the month, what ended in it, and the two together, for
Nederland, the provincies and the gemeenten as CBS gives them. A missing count is empty, and waarde_soort tells why; 0
is what CBS rounds to 0, so below 5. The change is against the same month a year before, which no month of 2023 has:
CBS's series breaks between December 2022 and January 2023, and no month before that is taken. A gemeente is compared
with what had the same code a year before, also when it grew by a herindeling. A gemeente that registers less seems to
do less.
"""
grain = ["jaar", "maand", "regio_code", "type"]
methode = "voorzieningen-srg"
per = ["jaar", "core.srg_voorziening.jaar"]
zwaar = true

[columns]
jaar = ["jaar", "jaar van de verslagmaand"]
maand = ["maand 1-12", "verslagmaand"]
regio_code = ["code", "gemeente (GM), provincie (PV) of Nederland (NL01)"]
type = ["naam", "type, hoofdcategorie of totaal; zie core.voorziening_type"]
regio = ["naam", "naam van de regio; van een gemeente die in dat jaar; leeg = niet bekend"]
regio_soort = ["naam", "Nederland, provincie of gemeente"]
niveau = ["naam", "totaal, hoofdcategorie of type"]
lopende_voorzieningen_aantal = ["voorzieningen", "lopend aan het einde van de maand; leeg = zie waarde_soort"]
beeindigde_voorzieningen_aantal = ["voorzieningen", "beëindigd in de maand; leeg = geen cijfer"]
lopend_en_beeindigd_aantal = ["voorzieningen", "beide samen, zoals CBS telt; leeg = geen cijfer"]
waarde_soort = ["naam", "of er een cijfer is van de lopende voorzieningen, en anders waarom niet; leeg = CBS geeft niets"]
mutatie_jaar_aantal = ["voorzieningen", "lopend min lopend in dezelfde maand een jaar eerder; leeg = een van beide ontbreekt, zoals in 2023"]
lopende_voorzieningen_per_1000_inwoners = ["voorzieningen per 1.000 inwoners", "inwoners op 1 januari van het jaar; leeg = geen cijfer"]
afronding_voorzieningen = ["voorzieningen", "veelvoud waarop CBS elk aantal afrondt"]
is_voorlopig = ["ja/nee", "het cijfer van deze maand kan nog veranderen"]
herkomst = ["naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)"]
*/
with stand as (
    select
        jaar,
        maand,
        regio_code,
        type,
        max(aantal_voorzieningen) filter (status = 'lopend') as lopend,
        max(aantal_voorzieningen) filter (status = 'beëindigd') as beeindigd,
        max(aantal_voorzieningen) filter (status = 'lopend en beëindigd') as samen,
        coalesce(max(waarde_soort) filter (status = 'lopend'), 'leeg') as waarde_soort,
        max(afronding_voorzieningen) as afronding_voorzieningen,
        bool_or(is_voorlopig) as is_voorlopig
    from core.srg_voorziening
    where status in ('lopend', 'beëindigd', 'lopend en beëindigd')
    group by jaar, maand, regio_code, type
),

-- Of the source and not of `stand`, which is then read once and need not be kept whole.
eerder as (
    select
        jaar,
        maand,
        regio_code,
        type,
        aantal_voorzieningen as lopend
    from core.srg_voorziening
    where status = 'lopend'
),

jaren as (
    select distinct jaar from core.srg_voorziening
),

-- The names of provincies do not change, so they also serve a year that core.gemeente does not have.
provincie as (
    select
        provincie_code,
        arg_max(provincie, jaar) as naam
    from core.gemeente
    group by provincie_code
),

naam as (
    select
        jaren.jaar,
        provincie.provincie_code as regio_code,
        provincie.naam
    from jaren
    cross join provincie
    union all
    select
        jaar,
        gemeente_code as regio_code,
        naam
    from core.gemeente
),

omvang as (
    select
        jaar,
        unnest(['NL01', provincie_code, gemeente_code]) as regio_code,
        inwoners
    from core.gemeente
),

inwoners as (
    select
        jaar,
        regio_code,
        sum(inwoners)::bigint as inwoners
    from omvang
    group by jaar, regio_code
)

select
    stand.jaar,
    stand.maand,
    stand.regio_code,
    stand.type,
    case when stand.regio_code = 'NL01' then 'Nederland' else naam.naam end as regio,
    case
        when stand.regio_code = 'NL01' then 'Nederland'
        when stand.regio_code like 'PV%' then 'provincie'
        else 'gemeente'
    end as regio_soort,
    soort.niveau,
    stand.lopend as lopende_voorzieningen_aantal,
    stand.beeindigd as beeindigde_voorzieningen_aantal,
    stand.samen as lopend_en_beeindigd_aantal,
    stand.waarde_soort,
    stand.lopend - eerder.lopend as mutatie_jaar_aantal,
    stand.lopend * 1000 / inwoners.inwoners as lopende_voorzieningen_per_1000_inwoners,
    stand.afronding_voorzieningen,
    stand.is_voorlopig,
    keuze.waarde as herkomst
from stand
inner join core.voorziening_type as soort on stand.type = soort.type
left join eerder
    on
        stand.jaar = eerder.jaar + 1
        and stand.maand = eerder.maand
        and stand.regio_code = eerder.regio_code
        and stand.type = eerder.type
left join naam on stand.jaar = naam.jaar and stand.regio_code = naam.regio_code
left join inwoners on stand.jaar = inwoners.jaar and stand.regio_code = inwoners.regio_code
cross join core.instelling as keuze
where keuze.naam = 'herkomst'

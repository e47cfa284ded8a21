"""The StatLine tables in protocol v4: inwoners, gebieden, and the prices of government consumption and of consumers.

Here: their dimensions, codes, measures and observations. Not here: the figures (`world`), or HTTP (`app`).

A further table needs dimensions with codes, measures, and a frame with a column per dimension, `Measure`, and
`Value` or `StringValue`: `observation_table` does the rest; then it is named in `catalogue`.
"""

from collections.abc import Callable, Sequence
from datetime import date

import polars as pl

from pipelines.replica.tables import (
    Code,
    Description,
    Dimension,
    FrameRows,
    Group,
    Table,
    Topic,
    modified,
    source_text,
)
from pipelines.replica.world import BOEKJAREN, World

HOST = "datasets.cbs.nl"
INWONERS_ID = "03759ned"
PRIJS_ID = "85880NED"
CPI_ID = "86141NED"
GEBIEDEN_IDS = {
    2015: "82949NED",
    2016: "83287NED",
    2017: "83553NED",
    2018: "83859NED",
    2019: "84378NED",
    2020: "84721NED",
    2021: "84929NED",
    2022: "85067NED",
    2023: "85385NED",
    2024: "85755NED",
    2025: "86059NED",
    2026: "86247NED",
}
# CBS renamed the measure that has the code of a gemeente; years not named here have GM000B.
_CODE_MEASURE = {2017: "R00004", 2018: "GM000B_1", 2019: "GM000B_1", 2021: "R00004"}
_CODE_WIDTH, _NAME_WIDTH = 10, 50
ZONE = "+02:00"
_FIXED = ("Id", "Measure", "ValueAttribute", "Value", "StringValue")
_INWONERS_YEARS = range(2015, 2027)
_MEN_SHARE = 0.497
_AGE_SHARE = {"10010": 0.0094, "10100": 0.0096}
_REGION_GROUPS = (Group("NL", "Nederland"), Group("PV", "Provincies"), Group("GM", "Gemeenten"))
_FIRST_PRICE_YEAR, _LAST_FINAL_YEAR, _LAST_YEAR = 2017, 2024, 2025


def observation_table(
    description: Description,
    dimensions: Sequence[Dimension],
    topics: Sequence[Topic],
    make: Callable[[], pl.DataFrame],
) -> Table:
    """Make a v4 table.

    Args:
        description: what it says of itself.
        dimensions: in the order of its columns.
        topics: its measures.
        make: gives a column per dimension, `Measure`, and `Value` (Float64) or `StringValue` or both; where
            both are null there can be no value.
    """

    def observations() -> pl.DataFrame:
        frame = make()
        for column, dtype in (("Value", pl.Float64()), ("StringValue", pl.String())):
            if column not in frame.columns:
                frame = frame.with_columns(pl.lit(None, dtype).alias(column))
        nothing = pl.col("Value").is_null() & pl.col("StringValue").is_null()
        attribute = pl.when(nothing).then(pl.lit("Impossible")).otherwise(pl.lit("None"))
        return frame.with_columns(attribute.alias("ValueAttribute")).with_row_index("Id").cast({"Id": pl.Int64})

    columns = (*_FIXED, *(dimension.naam for dimension in dimensions))
    return Table(HOST, description, tuple(dimensions), tuple(topics), FrameRows(columns, observations))


def gebieden_table(world: World, jaar: int) -> Table:
    """Make "Gebieden in Nederland" of a year: the register of gemeenten."""
    tabel_id = GEBIEDEN_IDS[jaar]
    code_measure = _CODE_MEASURE.get(jaar, "GM000B")
    topics = (
        Topic(code_measure, "Code", "code", "String", 0, "De code van de gemeente.", "M003166"),
        Topic("GM000C_1", "Naam", "naam", "String", 0, "De naam van de gemeente.", "M003166"),
        Topic("AM0001", "Code", "code", "String", 0, "Codes van de arbeidsmarktregio's.", "AM0000"),
        Topic("AM0002", "Naam", "naam", "String", 0, "Namen van de arbeidsmarktregio's.", "AM0000"),
        Topic("PV0001", "Code", "code", "String", 0, "Codes van de provincies.", "PV0000"),
        Topic("PV0002", "Naam", "naam", "String", 0, "Namen van de provincies.", "PV0000"),
        Topic("T001036_2", "Inwonertal", "aantal", "Long", 0, "Inwoners op 1 januari.", "M006794"),
    )
    gemeenten = world.gemeenten(jaar)
    regios = tuple(Code(g.code, g.naam) for g in sorted(gemeenten.values(), key=lambda g: g.naam))
    is_given = jaar in world.facts.inwoners_given
    uitleg = (
        "Indeling en inwoners volgens gegeven feiten."
        if is_given
        else "Indeling volgens CBS (namen van 2024); inwoners ingevuld, passend bij het landelijke cijfer."
    )
    description = Description(
        tabel_id,
        f"Gebieden in Nederland {jaar}",
        "CBS",
        str(jaar),
        "Per jaar",
        modified(f"{jaar}-04-01", world.id, tabel_id, zone=ZONE),
        source_text(uitleg, world.id, is_given=is_given),
        "Codes en namen van gemeenten en gebieden met meerdere gemeenten",
    )

    def make() -> pl.DataFrame:
        inwoners = world.inwoners(jaar)
        rows: list[tuple[str, str, float | None, str | None]] = []
        for regio in regios:
            g = gemeenten[regio.code]
            texts = (
                g.code,
                g.naam,
                g.arbeidsmarktregio_code,
                g.arbeidsmarktregio,
                g.provincie_code,
                g.provincie,
            )
            for topic, text in zip(topics, texts, strict=False):
                width = _CODE_WIDTH if topic.eenheid == "code" else _NAME_WIDTH
                rows.append((g.code, topic.key, None, text.ljust(width)))
            number = inwoners.get(g.code)
            rows.append((g.code, "T001036_2", None if number is None else float(number), None))
        schema = {"RegioS": pl.String, "Measure": pl.String, "Value": pl.Float64, "StringValue": pl.String}
        return pl.DataFrame(rows, schema=schema, orient="row")

    return observation_table(description, [Dimension("RegioS", "Regio's", "GeoDimension", regios)], topics, make)


def inwoners_table(world: World) -> Table:
    """Make 03759ned: inwoners on 1 January and the mean of a year, with parts by sex and by age."""
    topics = (
        Topic("M000352", "Bevolking op 1 januari", "aantal", "Long", 0, "De inwoners van een bepaald gebied."),
        Topic(
            "M000365",
            "Gemiddelde bevolking ",
            "aantal",
            "Double",
            1,
            "De helft van twee opeenvolgende standen.",
        ),
    )
    ages = {"10000": "Totaal", "10010": "0 jaar", "10100": "1 jaar"}
    sexes = {"T001038": "Totaal mannen en vrouwen", "3000": "Mannen", "4000": "Vrouwen"}
    names = {g.code: g.naam for jaar in _INWONERS_YEARS for g in world.gemeenten(jaar).values()}
    provincies = {g.provincie_code: g.provincie for g in world.gemeenten(_INWONERS_YEARS[-1]).values()}
    regios = (
        Code("NL01", "Nederland", groep="NL"),
        *(Code(c, f"{provincies[c]} (PV)", groep="PV") for c in sorted(provincies)),
        *(Code(c, names[c], _history(world, c), groep="GM") for c in sorted(names)),
    )
    perioden = tuple(Code(f"{j}JJ00", str(j), status="Definitief", groep="0") for j in _INWONERS_YEARS)
    dimensions = (
        Dimension(
            "BurgerlijkeStaat",
            "Burgerlijke staat",
            "Dimension",
            (Code("T001019", "Totaal burgerlijke staat"),),
        ),
        Dimension("Geslacht", "Geslacht", "Dimension", tuple(Code(c, t) for c, t in sexes.items())),
        Dimension(
            "Leeftijd",
            "Leeftijd",
            "Dimension",
            tuple(Code(c, t, groep="1" if c == "10000" else "2") for c, t in ages.items()),
            (Group("1", "Totaal"), Group("2", "Leeftijd op 1 januari")),
        ),
        Dimension("RegioS", "Regio's", "GeoDimension", regios, _REGION_GROUPS),
        Dimension("Perioden", "Perioden", "TimeDimension", perioden, (Group("0", "Jaren"),)),
    )
    given = sorted(set(_INWONERS_YEARS) & world.facts.inwoners_given)
    uitleg = "Nederland 2015-2026 volgens CBS; " + (
        f"inwoners per gemeente {given[0]}-{given[-1]} volgens gegeven feiten; "
        "geslacht, leeftijd en gemiddelde ingevuld."
        if given
        else "inwoners per gemeente ingevuld naar ruwe omvang, passend bij het landelijke cijfer."
    )
    description = Description(
        INWONERS_ID,
        "Bevolking op 1 januari en gemiddeld; geslacht, leeftijd en regio",
        "CBS",
        f"{_INWONERS_YEARS[0]} - {_INWONERS_YEARS[-1]}",
        "Per jaar",
        modified("2026-06-23", world.id, INWONERS_ID, zone=ZONE),
        source_text(uitleg, world.id),
        "Bevolking op 1 januari en gemiddelde jaarbevolking naar geslacht, leeftijd en regio",
    )
    return observation_table(description, dimensions, topics, lambda: _inwoners_rows(world, [r.code for r in regios]))


def _inwoners_rows(world: World, codes: list[str]) -> pl.DataFrame:
    by_year = {}
    for jaar in _INWONERS_YEARS:
        inwoners, register = world.inwoners(jaar), world.gemeenten(jaar)
        numbers = {"NL01": sum(inwoners.values()), **inwoners}
        for code, number in inwoners.items():
            provincie = register[code].provincie_code
            numbers[provincie] = numbers.get(provincie, 0) + number
        by_year[jaar] = numbers
    rows = []
    for sex, age in (
        ("T001038", "10000"),
        ("T001038", "10010"),
        ("T001038", "10100"),
        ("3000", "10000"),
        ("4000", "10000"),
    ):
        for code in codes:
            for jaar in _INWONERS_YEARS:
                start = _part(by_year[jaar].get(code), sex, age)
                end = _part(by_year.get(jaar + 1, {}).get(code), sex, age)
                mean = None if start is None or end is None else (start + end) / 2
                rows.append((sex, age, code, f"{jaar}JJ00", "M000352", start))
                rows.append((sex, age, code, f"{jaar}JJ00", "M000365", mean))
    schema = {
        "Geslacht": pl.String,
        "Leeftijd": pl.String,
        "RegioS": pl.String,
        "Perioden": pl.String,
        "Measure": pl.String,
        "Value": pl.Float64,
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(pl.lit("T001019").alias("BurgerlijkeStaat"))


def _history(world: World, code: str) -> str:
    """Tell of the herindelingen of a gemeente, newest first, in the words CBS uses."""
    passed: dict[tuple[date, str], list[str]] = {}
    for h in world.herindelingen():
        other = None
        if code == h.van_code:
            kind = "Opgeheven" if h.soort == "opheffing" else "Grenswijziging"
            other, words = (
                f"{h.naar_naam} ({h.naar_code})",
                f"{kind} per {h.datum:%d-%m-%Y}, overgegaan naar:",
            )
        elif code == h.naar_code:
            is_new = code not in world.facts.gemeenten.get(h.datum.year - 1, {})
            kind = "Ontstaan" if is_new else "Gemeentelijke herindeling"
            kind = kind if h.soort == "opheffing" else "Grenswijziging"
            other, words = f"{h.van_naam} ({h.van_code})", f"{kind} per {h.datum:%d-%m-%Y}, ontvangen van:"
        if other:
            lines = passed.setdefault((h.datum, words), [])
            lines += [f"- {other},", f"... {h.inwoners} inwoners"]
    newest_first = sorted(passed, reverse=True)
    return "\r\n".join(line for key in newest_first for line in (key[1], *passed[key]))


def _part(number: int | None, sex: str, age: str) -> float | None:
    """Give the part of the inwoners of a sex and age."""
    if number is None:
        return None
    men = round(number * _MEN_SHARE)
    of_sex = {"T001038": number, "3000": men, "4000": number - men}[sex]
    return float(round(of_sex * _AGE_SHARE[age]) if age in _AGE_SHARE else of_sex)


def prijs_table(world: World) -> Table:
    """Make 85880NED: changes in percent by quarter and year, with the price of government consumption."""
    topics = (
        Topic("M006278_2", "Totaal", "%", "Double", 1, "Beschikbaar voor bestedingen.", "M006278_1"),
        Topic("M002782_1", "Bruto binnenlands product", "%", "Double", 1, "", "M006278_1"),
        Topic("A047811_1", "Huishoudens", "%", "Double", 1, "Consumptie door huishoudens.", "A046348_1"),
        Topic(
            "A049169_1",
            "Overheid",
            "%",
            "Double",
            1,
            "Consumptieve bestedingen door de overheid.",
            "A046348_1",
        ),
    )
    soorten = (
        Code("A045299", "Volume, t.o.v. zelfde periode vorig jaar"),
        Code("A045300", "Volume, t.o.v. voorgaande periode"),
        Code("A045301", "Waarde, t.o.v. zelfde periode vorig jaar"),
        Code("A045302", "Waarde, t.o.v. voorgaande periode"),
        Code("A045303", "Prijs, t.o.v. zelfde periode vorig jaar"),
    )
    perioden = tuple(_price_periods())
    dimensions = (
        Dimension("SoortMutaties", "Soort mutaties", "Dimension", soorten),
        Dimension("Perioden", "Perioden", "TimeDimension", perioden, (Group("0", "Kwartalen"), Group("1", "Jaren"))),
    )
    description = Description(
        PRIJS_ID,
        "Bbp, productie en bestedingen; kwartalen, mutaties, nationale rekeningen",
        "CBS",
        f"{_FIRST_PRICE_YEAR} - {_LAST_YEAR}, KwI {_FIRST_PRICE_YEAR} - KwI {_LAST_YEAR + 1}",
        "Per kwartaal",
        modified("2026-07-01", world.id, PRIJS_ID, zone=ZONE),
        source_text("Prijs van de overheidsconsumptie per jaar 2020-2025 volgens CBS; de rest ingevuld.", world.id),
        "Productie, bestedingen en inkomen; procentuele veranderingen",
    )

    def make() -> pl.DataFrame:
        rows = [
            (soort.code, periode.code, topic.key, _change(world, soort.code, periode.code, topic.key))
            for soort in soorten
            for periode in perioden
            for topic in topics
        ]
        schema = {
            "SoortMutaties": pl.String,
            "Perioden": pl.String,
            "Measure": pl.String,
            "Value": pl.Float64,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    return observation_table(description, dimensions, topics, make)


def cpi_table(world: World) -> Table:
    """Make 86141NED: the consumer price index by category of spending, per month and as the mean of a year."""
    topics = (
        Topic("M000215", "CPI", "2025 = 100", "Double", 2, "Het prijspeil van consumptie door huishoudens."),
        Topic(
            "M000216", "CPI afgeleid", "2025 = 100", "Double", 2, "Idem, zonder veranderde belastingen en subsidies."
        ),
        Topic("M000238", "Jaarmutatie CPI", "%", "Double", 1, "Verandering ten opzichte van een jaar eerder."),
    )
    categories = (Code("T001112", "000000 Alle bestedingen"), Code("CPI011000", "011000 Voedingsmiddelen"))
    perioden = tuple(_price_periods("MM", 12))
    dimensions = (
        Dimension("Bestedingscategorieen", "Bestedingscategorieën", "Dimension", categories),
        Dimension("Perioden", "Perioden", "TimeDimension", perioden, (Group("0", "Maanden"), Group("1", "Jaren"))),
    )
    description = Description(
        CPI_ID,
        "Consumentenprijzen; prijsindex 2025=100",
        "CBS",
        f"{_FIRST_PRICE_YEAR} - {_LAST_YEAR}",
        "Per maand",
        modified("2026-07-10", world.id, CPI_ID, zone=ZONE),
        source_text("Consumentenprijzen ingevuld naar orde van grootte.", world.id),
        "Consumentenprijsindex naar bestedingscategorie",
    )
    changes = {jaar: world.facts.landelijk["cpi", jaar] for jaar in range(_FIRST_PRICE_YEAR, _LAST_YEAR + 1)}
    level = 100.0
    levels = {_LAST_YEAR: level}
    for jaar in range(_LAST_YEAR, _FIRST_PRICE_YEAR, -1):
        level /= 1 + changes[jaar] / 100
        levels[jaar - 1] = level

    def value(categorie: str, periode: str, measure: str) -> float:
        jaar = min(int(periode[:4]), _LAST_YEAR)
        whole = levels[jaar] if measure != "M000238" else changes[jaar]
        near = 1.0
        if categorie != "T001112" or measure == "M000216" or not periode.endswith("JJ00"):
            near = world.factor(0.01, "cpi", categorie, periode, measure)
        return round(whole * near, 1 if measure == "M000238" else 2)

    def make() -> pl.DataFrame:
        rows = [
            (categorie.code, periode.code, topic.key, value(categorie.code, periode.code, topic.key))
            for categorie in categories
            for periode in perioden
            for topic in topics
        ]
        schema = {"Bestedingscategorieen": pl.String, "Perioden": pl.String, "Measure": pl.String, "Value": pl.Float64}
        return pl.DataFrame(rows, schema=schema, orient="row")

    return observation_table(description, dimensions, topics, make)


def _price_periods(soort: str = "KW", number: int = 4) -> list[Code]:
    """List quarters (or months) and years in CBS's order; those of the last final year are provisional still."""
    word = {"KW": "e kwartaal", "MM": "e maand"}[soort]
    periods = []
    for jaar in range(_FIRST_PRICE_YEAR, _LAST_YEAR + 1):
        for deel in range(1, number + 1):
            status = _status(is_final=jaar < _LAST_FINAL_YEAR)
            periods.append(Code(f"{jaar}{soort}{deel:02}", f"{jaar} {deel}{word}", *status, "0"))
        periods.append(Code(f"{jaar}JJ00", str(jaar), *_status(is_final=jaar <= _LAST_FINAL_YEAR), "1"))
    jaar = _LAST_YEAR + 1
    return [*periods, Code(f"{jaar}{soort}01", f"{jaar} 1{word}", *_status(is_final=False), "0")]


def _status(*, is_final: bool) -> tuple[str, str]:
    """Give the description and the status of a period."""
    return ("", "Definitief") if is_final else ("Voorlopige cijfers", "Voorlopig")


def _change(world: World, soort: str, periode: str, measure: str) -> float:
    """Give one change in percent: the published price of government consumption, or a figure near it."""
    jaar = min(int(periode[:4]), BOEKJAREN[-1] - 1)
    price = world.facts.landelijk["prijs_overheid", jaar]
    if (soort, measure) == ("A045303", "A049169_1") and periode.endswith("JJ00"):
        return price
    return round(price * world.factor(0.2, "prijs", soort, periode, measure), 1)

"""core.iv3_boeking, core.iv3_levering and core.taakveld: what gemeenten booked, and who delivered anything at all.

Here: one Iv3 table of one boekjaar turned into tidy bookings, deliveries and names. Not here: adding up over
categorieen, ratios, or any choice of what a zero means for the benchmark (sql/benchmark).

The source (CBS, "Gemeenten <jaar> onbewerkte Iv3-data") is a full cube of taakveld x categorie x gemeente x
verslagsoort with two value columns, 1e and 2e plaatsing, in 1 000 euro. Over nine in ten cells are 0 or empty; they are
counted in `iv3_levering` and not repeated in `iv3_boeking`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from assets.cbs.table import RawTable
from assets.core.base import (
    EXAMPLES,
    GEMEENTE_CODE,
    CoreModel,
    cbs_pagina,
    cbs_rij,
    describe,
    kolom,
    named,
    require_known,
    trimmed,
    without_padding,
)
from assets.errors import ContractError

VERSLAGSOORTEN = {"X000": "begroting", "X005": "jaarrekening"}
PLAATSINGEN = {1: ("k_1ePlaatsing", "k_1stePlaatsing"), 2: ("k_2ePlaatsing", "k_2dePlaatsing")}
_PAGES_AT_A_TIME = 25
EURO_PER_UNIT = 1000  # CBS: "1 000 euro", up to three decimals, so whole euros

# What is known of the delivery of one gemeente, verslagsoort and plaatsing.
GELEVERD = "geleverd"
NIET_GELEVERD = "niet geleverd"
ALLES_NUL = "alles nul"
NIET_GEPUBLICEERD = "niet gepubliceerd"
STATUSSEN = (GELEVERD, NIET_GELEVERD, ALLES_NUL, NIET_GEPUBLICEERD)


class BoekingModel(CoreModel):
    """Bookings as gemeenten delivered them (CBS Iv3, onbewerkt): every cell of the taken taakvelden that is not 0 or
    empty. Sum over categorie to get lasten or baten; read `iv3_levering` to know what an absent row means."""  # noqa: D205, D209

    boekjaar: int = kolom("jaar", "boekjaar van de Iv3-tabel", ge=2017, le=2100)
    verslagsoort: str = kolom("naam", "begroting of jaarrekening", isin=list(VERSLAGSOORTEN.values()))
    plaatsing: int = kolom("rangnummer", "1 = eerste plaatsing (deadline + 10 dagen), 2 = tweede (+ 70)", isin=[1, 2])
    gemeente_code: str = kolom("code", "gemeentecode van CBS", str_matches=GEMEENTE_CODE)
    taakveld: str = kolom("code", "taakveld, bijvoorbeeld 6.5 Arbeidsparticipatie", str_matches=r"^\d\.\d+[a-z]?$")
    categorie: str = kolom("code", "economische categorie, L = lasten, B = baten", str_matches=r"^[LB]\d(\.\d+)*$")
    lasten_baten: str = kolom("naam", "lasten of baten, naar de eerste letter van categorie", isin=["lasten", "baten"])
    bedrag_euro: int = kolom("euro", "bedrag; kan negatief zijn (correctie)", ne=0)
    cbs_pagina: int = cbs_pagina()
    cbs_rij: int = cbs_rij()


class LeveringModel(CoreModel):
    """Who delivered what: one row for each gemeente of the year, verslagsoort and plaatsing. `geleverd` = at least one
    cell of the taken taakvelden holds an amount; `niet geleverd` = every cell is empty; `alles nul` = cells hold only
    0, which no gemeente that delivers can have on 0.1 Bestuur; `niet gepubliceerd` = empty for every gemeente."""  # noqa: D205, D209

    boekjaar: int = kolom("jaar", "boekjaar van de Iv3-tabel", ge=2017, le=2100)
    verslagsoort: str = kolom("naam", "begroting of jaarrekening", isin=list(VERSLAGSOORTEN.values()))
    plaatsing: int = kolom("rangnummer", "1 = eerste plaatsing, 2 = tweede plaatsing", isin=[1, 2])
    gemeente_code: str = kolom("code", "gemeentecode van CBS", str_matches=GEMEENTE_CODE)
    status: str = kolom("naam", "of de gemeente leverde; zie de beschrijving van de tabel", isin=list(STATUSSEN))
    aantal_cellen: int = kolom("cellen", "cellen van de genomen taakvelden in de bron", gt=0)
    aantal_cellen_leeg: int = kolom("cellen", "cellen zonder waarde", ge=0)
    aantal_cellen_nul: int = kolom("cellen", "cellen met de waarde 0", ge=0)


class TaakveldModel(CoreModel):
    """The taakvelden taken from each Iv3 table, with the name CBS gives them in that boekjaar."""

    boekjaar: int = kolom("jaar", "boekjaar van de Iv3-tabel", ge=2017, le=2100)
    taakveld: str = kolom("code", "taakveld", str_matches=r"^\d\.\d+[a-z]?$")
    naam: str = kolom("naam", "naam van het taakveld in dat jaar", str_length={"min_value": 1})
    rol: str = kolom(
        "naam",
        "benchmark = wordt vergeleken; levering = alleen om levering vast te stellen",
        isin=["benchmark", "levering"],
    )


# The first letter of a categorie.
_LETTERS = {"L": "lasten", "B": "baten"}
BOEKING = describe(
    BoekingModel,
    "iv3_boeking",
    ["boekjaar", "verslagsoort", "plaatsing", "gemeente_code", "taakveld", "categorie"],
    methode="spending",
)
LEVERING = describe(
    LeveringModel, "iv3_levering", ["boekjaar", "verslagsoort", "plaatsing", "gemeente_code"], methode="spending"
)
TAAKVELD = describe(TaakveldModel, "taakveld", ["boekjaar", "taakveld"], methode="spending")


@dataclass(frozen=True)
class Iv3Year:
    """One boekjaar: columns of `BoekingModel`, `LeveringModel` and `TaakveldModel`, and the raw totals.

    `totaal` has the columns sleutel (verslagsoort/plaatsing/taakveld/lasten or baten) and waarde (euro).
    """

    boeking: pl.DataFrame
    levering: pl.DataFrame
    taakveld: pl.DataFrame
    totaal: pl.DataFrame


@dataclass(frozen=True)
class _Columns:
    """The names of the columns in one Iv3 table; they drift between years."""

    taakveld: str
    categorie: str
    gemeente: str
    verslagsoort: str
    plaatsing: dict[int, str]


def iv3_year(
    table: RawTable,
    boekjaar: int,
    gemeenten: Collection[str],
    taakvelden: Sequence[str],
    levering_taakvelden: Sequence[str],
) -> Iv3Year:
    """Turn one raw Iv3 table into bookings, deliveries and names of taakvelden.

    Args:
        table: the raw table, rows as CBS sent them.
        boekjaar: its year.
        gemeenten: codes of the gemeenten of that year.
        taakvelden: the taakvelden that are compared.
        levering_taakvelden: taakvelden taken only to tell a non-delivery from a zero booking.

    Raises:
        ContractError: a code its list does not have, a gemeente missing or twice, an amount with more than three
            decimals, another boekjaar in the rows, or sums that differ from the raw sums.
    """
    name = f"{table.manifest.tabel_id} (Iv3 {boekjaar})"
    columns = _columns(table, name)
    verslagsoorten = _check_codes(table, columns, boekjaar, name)
    wide = _wide(table, columns, verslagsoorten)
    _check_cube(wide, gemeenten, taakvelden, levering_taakvelden, name)
    boekingen, leveringen = [], []
    # One plaatsing after the other: a row of the cube holds both, and a whole cube has millions of rows.
    for plaatsing in PLAATSINGEN:
        cells = wide.lazy().select(
            pl.lit(boekjaar, pl.Int64).alias("boekjaar"),
            "verslagsoort",
            pl.lit(plaatsing, pl.Int64).alias("plaatsing"),
            "gemeente_code",
            "taakveld",
            "categorie",
            pl.col(str(plaatsing)).alias("bedrag_keur"),
            "cbs_pagina",
            "cbs_rij",
        )
        boekingen.append(_boeking(cells, name))
        leveringen.append(_levering(cells))
    boeking = pl.concat(boekingen)
    _check_sums(table, columns, boeking, name)
    return Iv3Year(
        boeking,
        pl.concat(leveringen),
        _taakveld(table, columns, boekjaar, taakvelden, levering_taakvelden),
        _raw_totals(table, columns),
    )


def _wide(table: RawTable, columns: _Columns, verslagsoorten: Mapping[str, str]) -> pl.DataFrame:
    """Give the rows without padding. Codes are held as numbers of their list: a whole cube has millions of rows."""

    def code(column: str) -> pl.Expr:
        return named(column, without_padding(table.codes[column]["code"]))

    shaped = (
        pl.col("cbs_pagina").cast(pl.Int32),
        pl.col("cbs_rij"),
        code(columns.taakveld).alias("taakveld"),
        code(columns.categorie).alias("categorie"),
        code(columns.gemeente).alias("gemeente_code"),
        named(columns.verslagsoort, verslagsoorten).alias("verslagsoort"),
        *(pl.col(source).alias(str(plaatsing)) for plaatsing, source in columns.plaatsing.items()),
    )
    pages = [*table.scan_pages()]
    # Some pages at a time: in a fourth of the time of the streaming engine, and in less memory than all at once.
    return pl.concat(
        pl.concat(pages[first : first + _PAGES_AT_A_TIME]).select(shaped).collect()
        for first in range(0, len(pages), _PAGES_AT_A_TIME)
    )


def _columns(table: RawTable, name: str) -> _Columns:
    def one(*stems: str) -> str:
        found = [c for c in table.columns if any(c == s or c.startswith(f"{s}_") for s in stems)]
        if len(found) != 1:
            raise ContractError(
                f"{name}: no single column {' or '.join(stems)}; the table has {table.columns}. "
                "CBS renamed a column: add its new stem to assets/core/iv3.py."
            )
        return found[0]

    return _Columns(
        one("TaakveldBalanspost"),
        one("Categorie"),
        one("Gemeenten"),
        one("Verslagsoort"),
        {plaatsing: one(*stems) for plaatsing, stems in PLAATSINGEN.items()},
    )


def _check_codes(table: RawTable, columns: _Columns, boekjaar: int, name: str) -> dict[str, str]:
    """See that every code is in its list, and give the verslagsoorten there are: code as sent -> name."""
    used = table.used(columns.taakveld, columns.categorie, columns.gemeente, columns.verslagsoort)
    for column, codes in used.items():
        require_known(
            name,
            column,
            codes,
            table.codes[column]["code"],
            what_to_do="The rows and the code list are of different versions: refresh this table.",
        )
    expected = {f"{boekjaar}{suffix}": naam for suffix, naam in VERSLAGSOORTEN.items()}
    found = {code: code.strip() for code in used[columns.verslagsoort]}
    if set(found.values()) != set(expected):
        raise ContractError(
            f"{name}: column Verslagsoort has {sorted(found.values())} where {sorted(expected)} were asked. "
            "Check the id of this boekjaar in assets/cbs/tables.toml."
        )
    return {code: expected[without] for code, without in found.items()}


def _check_cube(
    wide: pl.DataFrame,
    gemeenten: Collection[str],
    taakvelden: Sequence[str],
    levering_taakvelden: Sequence[str],
    name: str,
) -> None:
    """See that every gemeente of the year is there, and every cell of it once."""
    asked, found = {*taakvelden, *levering_taakvelden}, set(wide["taakveld"].unique())
    if asked != found:
        raise ContractError(
            f"{name}: taakvelden asked and found differ: missing {sorted(asked - found)}, "
            f"not asked {sorted(found - asked)}. The setting or the filter in the vintage changed: refresh this table."
        )
    of_year, delivered = set(gemeenten), set(wide["gemeente_code"].unique())
    if of_year != delivered:
        raise ContractError(
            f"{name}: the gemeenten differ from the indeling: missing {sorted(of_year - delivered)[:EXAMPLES]}, "
            f"unknown {sorted(delivered - of_year)[:EXAMPLES]}. Refresh the gebieden of the year, or look for a "
            "herindeling in CBS's table."
        )
    key = ["verslagsoort", "gemeente_code", "taakveld", "categorie"]
    # The place of a cell in the cube: as one number, which takes less room than the four codes it stands for.
    place = pl.lit(0, pl.Int64)
    for column in key:
        place = place * len(_codes(wide, column)) + pl.col(column).to_physical().cast(pl.Int64)
    places = wide.select(place.alias("place")).to_series()
    if places.n_unique() != len(places):
        double = wide.filter(places.is_duplicated())
        raise ContractError(f"{name}: cells are there twice: {double.select(key).head(EXAMPLES).rows()}; refresh it")
    expected = wide["verslagsoort"].n_unique() * len(asked) * wide["categorie"].n_unique()
    short = wide.group_by("gemeente_code").len().filter(pl.col("len") != expected).sort("gemeente_code")
    if len(short):
        raise ContractError(
            f"{name}: gemeenten without all of their {expected} cells: {short.head(EXAMPLES).rows()}; refresh it"
        )


def _boeking(cells: pl.LazyFrame, name: str) -> pl.DataFrame:
    """Keep the cells that hold an amount, in whole euros."""
    held = pl.col("bedrag_keur").is_not_null() & (pl.col("bedrag_keur") != 0)
    filled = cells.filter(held).collect(engine="streaming")
    stand = filled.filter(~pl.col("categorie").cast(pl.String).str.contains(r"^[LB]\d"))
    if len(stand):
        raise ContractError(
            f"{name}: taakvelden hold amounts on a categorie that is neither lasten nor baten: "
            f"{stand.select('gemeente_code', 'taakveld', 'categorie', 'bedrag_keur').head(EXAMPLES).rows()}. "
            "Find out what the categorie is and add it to assets/core/iv3.py."
        )
    euro = pl.col("bedrag_keur") * EURO_PER_UNIT
    # A thousandth of a euro: far above the error of a double at these sizes, far below a fourth decimal.
    broken = filled.filter((euro - euro.round(0)).abs() > 1e-3)
    if len(broken):
        raise ContractError(
            f"{name}: amounts with more than three decimals of 1 000 euro, so the unit must have changed: "
            f"{broken.select('gemeente_code', 'taakveld', 'categorie', 'bedrag_keur').head(EXAMPLES).rows()}"
        )
    return filled.select(
        "boekjaar",
        "verslagsoort",
        "plaatsing",
        "gemeente_code",
        "taakveld",
        "categorie",
        _lasten_baten(filled).alias("lasten_baten"),
        euro.round(0).cast(pl.Int64).alias("bedrag_euro"),
        pl.col("cbs_pagina").cast(pl.Int64),
        "cbs_rij",
    )


def _levering(cells: pl.LazyFrame) -> pl.DataFrame:
    """Say of every gemeente, verslagsoort and plaatsing whether anything was delivered."""
    value = pl.col("bedrag_keur")
    counts = (
        cells.group_by("boekjaar", "verslagsoort", "plaatsing", "gemeente_code")
        .agg(
            pl.len().cast(pl.Int64).alias("aantal_cellen"),
            value.is_null().sum().cast(pl.Int64).alias("aantal_cellen_leeg"),
            (value == 0).sum().cast(pl.Int64).alias("aantal_cellen_nul"),
        )
        .collect(engine="streaming")
    )
    empty = pl.col("aantal_cellen") == pl.col("aantal_cellen_leeg")
    nothing = pl.col("aantal_cellen") == pl.col("aantal_cellen_leeg") + pl.col("aantal_cellen_nul")
    status = (
        pl.when(empty.all().over("verslagsoort", "plaatsing"))
        .then(pl.lit(NIET_GEPUBLICEERD))
        .when(empty)
        .then(pl.lit(NIET_GELEVERD))
        .when(nothing)
        .then(pl.lit(ALLES_NUL))
        .otherwise(pl.lit(GELEVERD))
    )
    return counts.with_columns(status.alias("status")).select(LeveringModel.to_schema().columns.keys())


def _taakveld(
    table: RawTable,
    columns: _Columns,
    boekjaar: int,
    taakvelden: Sequence[str],
    levering_taakvelden: Sequence[str],
) -> pl.DataFrame:
    """Name the taken taakvelden; CBS repeats the code at the start of the title."""
    asked = [*taakvelden, *levering_taakvelden]
    codes = table.codes[columns.taakveld].select(trimmed("code").alias("taakveld"), trimmed("titel").alias("titel"))
    named = codes.filter(pl.col("taakveld").is_in(asked)).with_columns(
        pl.when(pl.col("titel").str.starts_with(pl.col("taakveld") + " "))
        .then(pl.col("titel").str.slice(pl.col("taakveld").str.len_chars() + 1))
        .otherwise(pl.col("titel"))
        .alias("naam")
    )
    return named.select(
        pl.lit(boekjaar, pl.Int64).alias("boekjaar"),
        "taakveld",
        "naam",
        pl.when(pl.col("taakveld").is_in(list(taakvelden)))
        .then(pl.lit("benchmark"))
        .otherwise(pl.lit("levering"))
        .alias("rol"),
    )


def _check_sums(table: RawTable, columns: _Columns, boeking: pl.DataFrame, name: str) -> None:
    """Compare the bookings with sums taken straight from the rows as CBS sent them, per gemeente and plaatsing."""
    raw = _raw_sums(table, columns, {"gemeente_code": columns.gemeente})
    for plaatsing in PLAATSINGEN:
        tidy = (
            boeking.filter(pl.col("plaatsing") == plaatsing)
            .group_by(pl.col("gemeente_code").cast(pl.String))
            .agg(pl.col("bedrag_euro").sum())
        )
        both = raw.select("gemeente_code", pl.col(str(plaatsing)).alias("ruw_euro")).join(
            tidy, on="gemeente_code", how="left"
        )
        # A gemeente without a booking, or whose cells are all empty, has nothing on that side.
        both = both.with_columns(pl.col("ruw_euro", "bedrag_euro").fill_null(0))
        wrong = both.filter((pl.col("ruw_euro") - pl.col("bedrag_euro")).abs() > 1)
        if len(wrong):
            raise ContractError(
                f"{name}: sums per gemeente differ from the raw sums in plaatsing {plaatsing}: "
                f"{wrong.head(EXAMPLES).rows()}. This is a fault of assets/core/iv3.py; please report it."
            )


def _raw_totals(table: RawTable, columns: _Columns) -> pl.DataFrame:
    """Add up the rows as CBS sent them, for the checks on the published file: columns sleutel, waarde (euro)."""
    by = {"verslagsoort": columns.verslagsoort, "taakveld": columns.taakveld, "categorie": columns.categorie}
    raw = _raw_sums(table, columns, by)
    verslagsoort = pl.col("verslagsoort").str.tail(4).replace_strict(VERSLAGSOORTEN)
    # Primo and Ultimo are neither lasten nor baten; `_boeking` has refused amounts on them.
    lasten_baten = pl.col("categorie").str.head(1).replace_strict(_LETTERS, default=None)
    frames = [
        raw.group_by(
            pl.concat_str(verslagsoort, pl.lit(str(plaatsing)), "taakveld", lasten_baten, separator="/").alias(
                "sleutel"
            )
        ).agg(_sum(str(plaatsing)).round(0).cast(pl.Int64).alias("waarde"))
        for plaatsing in PLAATSINGEN
    ]
    # What CBS has not published has no total, which is not 0.
    return pl.concat(frames).filter(pl.col("sleutel").is_not_null(), pl.col("waarde").is_not_null()).sort("sleutel")


def _sum(column: str) -> pl.Expr:
    """Add up, and give nothing where there is nothing to add up."""
    return pl.when(pl.col(column).is_not_null().any()).then(pl.col(column).sum())


def _raw_sums(table: RawTable, columns: _Columns, by: Mapping[str, str]) -> pl.DataFrame:
    """Add up the rows as CBS sent them, by the codes as sent, which are trimmed only then.

    Nothing that makes the bookings has touched them, so that both can be compared.

    Args:
        table: the raw table.
        columns: its columns.
        by: name here -> column of codes.

    Returns:
        the columns of `by`, and of each plaatsing the sum in euro (`1`, `2`).
    """
    sums = (
        table.scan()
        .group_by(by.values())
        .agg((_sum(source) * EURO_PER_UNIT).alias(str(plaatsing)) for plaatsing, source in columns.plaatsing.items())
        .collect(engine="streaming")
    )
    codes = [pl.col(column).cast(pl.String).str.strip_chars().alias(name) for name, column in by.items()]
    return sums.select(*codes, *(str(plaatsing) for plaatsing in PLAATSINGEN))


def _lasten_baten(frame: pl.DataFrame) -> pl.Expr:
    """Say of the column `categorie` of a frame whether it is lasten or baten; null for what is neither."""
    kinds = {code: _LETTERS[code[0]] for code in _codes(frame, "categorie") if code[:1] in _LETTERS}
    return pl.col("categorie").replace_strict(
        list(kinds), list(kinds.values()), default=None, return_dtype=pl.Enum(sorted(_LETTERS.values()))
    )


def _codes(frame: pl.DataFrame, column: str) -> list[str]:
    """Give the codes that a column of numbers that stand for texts may hold."""
    kind = frame.schema[column]
    assert isinstance(kind, pl.Enum)
    return kind.categories.to_list()

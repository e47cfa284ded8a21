"""Small raw tables in the shape of CBS, for the tests of core."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import product

import polars as pl

from assets.cbs.table import RawTable
from assets.lake import Manifest

CODES = {"code": pl.String, "titel": pl.String, "omschrijving": pl.String, "status": pl.String, "groep": pl.String}


def manifest(tabel_id: str, protocol: str = "v3", **fields: object) -> Manifest:
    """Make a manifest that says what a test needs."""
    return Manifest.model_validate(
        {
            "bron": "test",
            "tabel_id": tabel_id,
            "titel": "",
            "catalogus": "CBS",
            "protocol": protocol,
            "address": "",
            "url": "",
            "selectie": "",
            "filter": "",
            "kolommen": (),
            "modified": "",
            "downloaded_at": "",
            "licentie": "",
            "herkomst": "reconstructie",
            "herkomst_toelichting": "",
            "wereld": "0" * 12,
            "rows": 1,
            "bytes": 1,
            "sha256": "0" * 64,
            "files": (),
            **fields,
        }
    )


def code_list(codes: Mapping[str, str], status: str | None = None) -> pl.DataFrame:
    """Make a code list from codes (padded) and titles."""
    rows = [(code, titel, "", status, None) for code, titel in codes.items()]
    return pl.DataFrame(rows, schema=CODES, orient="row")


def measures(keys: Sequence[str]) -> pl.DataFrame:
    """Make a list of measures."""
    return pl.DataFrame(
        {"key": keys, "titel": keys, "eenheid": "", "datatype": "", "decimalen": 0},
        schema_overrides={"decimalen": pl.Int64},
    )


def with_rows(table: RawTable, rows: pl.DataFrame) -> RawTable:
    """Give a table other rows, all on one page."""
    return replace(table, pages=[rows.lazy()])


def iv3(
    cells: Mapping[tuple[str, str, str, str], tuple[float | None, float | None]],
    *,
    jaar: int = 2023,
    gemeenten: Sequence[str] = ("GM0001", "GM0002"),
    taakvelden: Sequence[str] = ("0.1", "6.5"),
    categorieen: Sequence[str] = ("L1.1", "L3.8", "B3.8", "Primo"),
    default: tuple[float | None, float | None] = (0.0, 0.0),
) -> RawTable:
    """Make an Iv3 cube; cells by (taakveld, categorie, gemeente, verslagsoort) hold (1e, 2e plaatsing)."""
    reports = [f"{jaar}X000", f"{jaar}X005"]
    rows = [
        (t.ljust(6), c.ljust(8), g.ljust(9), v, *cells.get((t, c, g, v), default))
        for t in taakvelden
        for c in categorieen
        for g in gemeenten
        for v in reports
    ]
    frame = pl.DataFrame(
        rows,
        schema={
            "TaakveldBalanspost": pl.String,
            "Categorie": pl.String,
            "Gemeenten": pl.String,
            "Verslagsoort": pl.String,
            "k_1ePlaatsing_1": pl.Float64,
            "k_2ePlaatsing_2": pl.Float64,
        },
        orient="row",
    ).with_row_index("ID")
    return RawTable(
        manifest("45063NED"),
        [frame.lazy()],
        {
            "TaakveldBalanspost": code_list({t.ljust(6): f"{t} Naam van {t}" for t in taakvelden}),
            "Categorie": code_list({c.ljust(8): c for c in categorieen}),
            "Gemeenten": code_list({g.ljust(9): g for g in gemeenten}),
            "Verslagsoort": code_list(dict.fromkeys(reports, "")),
        },
        measures(["k_1ePlaatsing_1", "k_2ePlaatsing_2"]),
        {},
    )


def statline(
    tabel_id: str,
    measure: str,
    dimensions: Mapping[str, Mapping[str, str]],
    periods: Mapping[str, str | None],
    value: Callable[..., float | None],
    *,
    attribute: Callable[[float | None], str] = lambda value: "Impossible" if value is None else "None",
) -> RawTable:
    """Make a v4 table of one measure.

    Args:
        tabel_id: its id.
        measure: the title of its measure; the id is opaque.
        dimensions: dimension -> code -> title.
        periods: period -> status.
        value: gives a value for the codes of a row, in the order of `dimensions`, and the period.
        attribute: gives the ValueAttribute of a value.
    """
    names = [*dimensions, "Perioden"]
    rows = [
        {**dict(zip(names, codes, strict=True)), "Value": value(*codes)}
        for codes in product(*(list(codes) for codes in dimensions.values()), list(periods))
    ]
    frame = pl.DataFrame(rows, schema={**dict.fromkeys(names, pl.String), "Value": pl.Float64})
    frame = frame.with_columns(
        pl.lit("X0000_1").alias("Measure"),
        pl.lit(None, pl.String).alias("StringValue"),
        pl.Series("ValueAttribute", [attribute(number) for number in frame["Value"]], dtype=pl.String),
    ).with_row_index("Id")
    return RawTable(
        manifest(tabel_id, "v4"),
        [frame.lazy()],
        {
            **{name: code_list(codes) for name, codes in dimensions.items()},
            "Perioden": pl.concat([code_list({code: code}, status) for code, status in periods.items()]),
        },
        measures(["X0000_1"]).with_columns(pl.lit(measure).alias("titel")),
        {},
    )

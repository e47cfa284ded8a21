"""Whether the usual way gives the same tables as ours: to the cent, before any time counts.

Here: what of each of the four tables is compared. Not here: making them (`usual`, the pipeline).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

CENT = 0.005


class DifferentError(Exception):
    """Two ways to a table gave other figures."""


@dataclass(frozen=True)
class Comparison:
    """One table of both ways.

    Args:
        path: ours, in the lake.
        query: its rows and columns, named as theirs.
        key: what a row is told by.
        shape: makes of theirs what is compared.
    """

    path: str
    query: str
    key: tuple[str, ...]
    shape: Callable[[pl.DataFrame], pl.DataFrame] = lambda frame: frame


def _total(frame: pl.DataFrame) -> pl.DataFrame:
    """The usual way has all types by the titles of CBS; ours the total and the main categories, by our names."""
    return frame.filter(pl.col("type").str.starts_with("Totaal re-integratie-/participatievoorz"))


def _by_month(frame: pl.DataFrame) -> pl.DataFrame:
    """Add up over types and statuses: both are told by titles there, and by our names here."""
    month = pl.col("Perioden").str.replace("MM", "").cast(pl.Int64).alias("periode")
    return frame.group_by(month).agg(pl.col("aantal").sum())


_ONE = "taakveld = '6.5' and verslagsoort = 'jaarrekening' and plaatsing = 2"
TABLES = {
    "gemeente_jaar": Comparison(
        "benchmark/gemeente_jaar",
        "select boekjaar as jaar, gemeente_code, inwoners::double as inwoners, lasten_euro::double as lasten_euro, "
        "lasten_per_inwoner_euro as per_inwoner_euro, lasten_per_bijstandsontvanger_euro as "
        f"per_bijstandsontvanger_euro from tabel where {_ONE}",
        ("jaar", "gemeente_code"),
    ),
    "uitgaven_grootteklasse": Comparison(
        "benchmark/uitgaven_grootteklasse",
        "select boekjaar as jaar, klasse_volgorde as klasse, noemer, aantal::double as aantal, gemiddelde_euro, "
        "mediaan_euro, som_lasten_euro::double as som_lasten_euro, verhouding_van_sommen_euro from tabel "
        f"where {_ONE} and indeling = 'rapport' and nulboekingen = 'met' and aantal > 0",
        ("jaar", "klasse", "noemer"),
    ),
    "voorzieningen_gemeente": Comparison(
        "benchmark/voorzieningen_gemeente",
        "select jaar, maand, gemeente_code, aantal_voorzieningen::double as aantal, per_1000_inwoners, "
        "per_bijstandsontvanger from tabel where type like 'Totaal%'",
        ("jaar", "maand", "gemeente_code"),
        _total,
    ),
    "personen": Comparison(
        "core/srg_persoon",
        "select jaar * 100 + maand as periode, sum(aantal_personen)::double as aantal from tabel "
        "where geslacht = 'totaal' and leeftijd = 'totaal' and herkomstland = 'totaal' group by all",
        ("periode",),
        _by_month,
    ),
}


def compare(lake: Path, usual: Path) -> dict[str, int]:
    """Compare the four tables of the usual way with those of a lake.

    Args:
        lake: a lake after a refresh.
        usual: the folder that `usual.py` wrote.

    Returns:
        table -> rows that were compared.

    Raises:
        DifferentError: rows or figures differ.
    """
    found = {}
    for name, table in TABLES.items():
        theirs = table.shape(pl.read_csv(usual / f"{name}.csv", infer_schema_length=None))
        found[name] = _equal(name, _ours(lake, table.path, table.query), theirs, table.key)
    return found


def _ours(lake: Path, table: str, query: str) -> pl.DataFrame:
    with duckdb.connect(":memory:") as con:
        con.execute(f"create view tabel as select * from read_parquet('{lake / table}.parquet')")
        found = con.execute(query)
        names = [column[0] for column in found.description or ()]
        return pl.DataFrame(found.fetchall(), schema=names, orient="row", infer_schema_length=None)


def _equal(table: str, ours: pl.DataFrame, theirs: pl.DataFrame, key: Collection[str]) -> int:
    figures = [column for column in ours.columns if column not in key]
    both = ours.join(theirs, on=list(key), how="full", suffix="_usual", coalesce=True)
    if len(both) != len(ours) or len(both) != len(theirs):
        raise DifferentError(f"{table}: {len(ours)} rows of ours, {len(theirs)} of theirs, {len(both)} together")
    for figure in figures:
        a, b = pl.col(figure).cast(pl.Float64), pl.col(f"{figure}_usual").cast(pl.Float64)
        wrong = both.filter((a.is_null() != b.is_null()) | ((a - b).abs() > CENT))
        if len(wrong):
            raise DifferentError(f"{table}: {figure} differs in {len(wrong)} rows: {wrong.head(3).to_dicts()}")
    return len(both)

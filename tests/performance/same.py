"""Whether the usual way gives the same tables as ours: to the cent, before any time counts.

Here: every row and every figure of the tables that the usual way makes. Not here: making them (`usual`, the pipeline).

    python same.py LAKE USUAL
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl

CENT = 0.005
SMALL = 1e-6  # of what is not in euros: counts, shares, ratios

# Table of schema benchmark -> what a row is told by.
_UITGAVEN = ("boekjaar", "verslagsoort", "plaatsing", "taakveld")
TABLES = {
    "gemeente_jaar": (*_UITGAVEN, "gemeente_code"),
    "uitgaven_nederland": _UITGAVEN,
    "uitgaven_grootteklasse": (*_UITGAVEN, "noemer", "indeling", "klasse_volgorde", "nulboekingen"),
    "voorzieningen_type": ("jaar", "type"),
    "voorzieningen_maand": ("jaar", "maand", "regio_code", "type"),
    "voorzieningen_gemeente": ("jaar", "maand", "gemeente_code", "type"),
    "voorzieningen_grootteklasse": ("jaar", "maand", "type", "noemer", "indeling", "klasse_volgorde"),
    "personen_geslacht": ("jaar", "indeling", "categorie", "geslacht"),
    "personen_leeftijd": ("jaar", "indeling", "categorie", "leeftijd"),
    "intensiteit": ("jaar",),
    "uitgaven_per_persoon": (*_UITGAVEN, "maat"),
}
# What annotates a figure of ours, and the usual way leaves out: names, notes, statuses, and how CBS rounds.
ANNOTATIONS = {
    *("gemeente", "provincie", "arbeidsmarktregio", "regio", "regio_soort", "grootteklasse", "niveau"),
    *("hoofdcategorie", "volgorde", "categorie_volgorde", "telling", "formule", "aannames", "herkomst"),
    *("levering_status", "waarde_soort", "is_voorlopig", "is_bijstand_voorlopig"),
    *("afronding_bijstandsontvangers", "afronding_voorzieningen", "afrondingsmarge_aantal"),
}


class DifferentError(Exception):
    """Two ways to a table gave other rows, columns or figures."""


def compare(lake: Path, usual: Path) -> dict[str, int]:
    """Compare the tables of the usual way with those of a lake.

    Args:
        lake: a lake after a refresh.
        usual: the folder that `usual.py` wrote.

    Returns:
        table -> rows that were compared.

    Raises:
        DifferentError: columns, rows or figures differ.
    """
    found = {}
    for name, key in TABLES.items():
        path = lake / "benchmark" / f"{name}.parquet"
        schema = pl.read_parquet_schema(path)
        columns = [column for column in schema if column not in ANNOTATIONS]
        ours = pl.read_parquet(path, columns=columns).sort(key)
        types = {column: schema[column] for column in key}
        theirs = pl.read_csv(usual / f"{name}.csv", schema_overrides=types, infer_schema_length=None).sort(key)
        found[name] = _equal(name, ours, theirs, key)
    return found


def _equal(table: str, ours: pl.DataFrame, theirs: pl.DataFrame, key: Sequence[str]) -> int:
    if set(ours.columns) != set(theirs.columns):
        raise DifferentError(f"{table}: only one way has the columns {set(ours.columns) ^ set(theirs.columns)}")
    rows, other = ours.select(key), theirs.select(key)
    if not rows.equals(other):
        some = [a.join(b, on=key, how="anti").head(3).rows() for a, b in ((rows, other), (other, rows))]
        raise DifferentError(f"{table}: {len(ours)} rows of ours, {len(theirs)} of theirs; only in one: {some}")
    for figure in (column for column in ours.columns if column not in key):
        a, b = ours[figure].cast(pl.Float64), theirs[figure].cast(pl.Float64)
        wrong = (a.is_null() != b.is_null()) | ((a - b).abs() > (CENT if "euro" in figure else SMALL))
        if wrong.any():
            where = wrong.fill_null(value=False)
            some = rows.with_columns(a.alias("ours"), b.alias("theirs")).filter(where).head(3).to_dicts()
            raise DifferentError(f"{table}: {figure} differs in {where.sum()} rows: {some}")
    return len(ours)


def main() -> None:
    """Compare, and print the rows of each table as JSON."""
    print(json.dumps(compare(Path(sys.argv[1]), Path(sys.argv[2]))))  # noqa: T201  # what who started it reads


if __name__ == "__main__":
    main()

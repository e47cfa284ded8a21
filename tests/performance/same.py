"""Whether the usual way gives the same tables as ours: to the cent, before any time counts.

Here: one comparison of each of the four tables. Not here: making them (`usual`, the pipeline).
"""

from pathlib import Path

import duckdb
import polars as pl

CENT = 0.005


class DifferentError(Exception):
    """Two ways to a table gave other figures."""


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
    return {
        "gemeente_jaar": _gemeente_jaar(lake, usual),
        "uitgaven_grootteklasse": _klassen(lake, usual),
        "voorzieningen_gemeente": _voorzieningen(lake, usual),
        "personen": _personen(lake, usual),
    }


def _gemeente_jaar(lake: Path, usual: Path) -> int:
    ours = _ours(
        lake,
        "benchmark/gemeente_jaar",
        "select boekjaar as jaar, gemeente_code, inwoners::double as inwoners, lasten_euro::double as lasten_euro, "
        "lasten_per_inwoner_euro as per_inwoner_euro, lasten_per_bijstandsontvanger_euro as "
        "per_bijstandsontvanger_euro from tabel where taakveld = '6.5' and verslagsoort = 'jaarrekening' "
        "and plaatsing = 2",
    )
    return _equal("gemeente_jaar", ours, _theirs(usual, "gemeente_jaar"), ["jaar", "gemeente_code"])


def _klassen(lake: Path, usual: Path) -> int:
    ours = _ours(
        lake,
        "benchmark/uitgaven_grootteklasse",
        "select boekjaar as jaar, klasse_volgorde as klasse, noemer, aantal::double as aantal, gemiddelde_euro, "
        "mediaan_euro, som_lasten_euro::double as som_lasten_euro, verhouding_van_sommen_euro from tabel "
        "where taakveld = '6.5' and verslagsoort = 'jaarrekening' and plaatsing = 2 and indeling = 'rapport' "
        "and nulboekingen = 'met' and aantal > 0",
    )
    theirs = _theirs(usual, "uitgaven_grootteklasse")
    return _equal("uitgaven_grootteklasse", ours, theirs, ["jaar", "klasse", "noemer"])


def _voorzieningen(lake: Path, usual: Path) -> int:
    """The usual way has all types by the titles of CBS; ours has the total and the main categories, by our names."""
    ours = _ours(
        lake,
        "benchmark/voorzieningen_gemeente",
        "select jaar, maand, gemeente_code, sum(aantal_voorzieningen)::double as aantal, "
        "sum(per_1000_inwoners) as per_1000_inwoners, sum(per_bijstandsontvanger) as per_bijstandsontvanger "
        "from tabel where type like 'Totaal%' group by all",
    )
    theirs = _theirs(usual, "voorzieningen_gemeente").filter(
        pl.col("type").str.starts_with("Totaal re-integratie-/participatievoorz")
    )
    return _equal("voorzieningen_gemeente", ours, theirs, ["jaar", "maand", "gemeente_code"])


def _personen(lake: Path, usual: Path) -> int:
    ours = _ours(
        lake,
        "core/srg_persoon",
        "select jaar * 100 + maand as periode, sum(aantal_personen)::double as aantal from tabel "
        "where geslacht = 'totaal' and leeftijd = 'totaal' and herkomstland = 'totaal' group by all",
    )
    theirs = (
        _theirs(usual, "personen")
        .with_columns(periode=pl.col("Perioden").str.replace("MM", "").cast(pl.Int64))
        .group_by("periode")
        .agg(pl.col("aantal").sum())
    )
    return _equal("personen", ours, theirs, ["periode"])


def _ours(lake: Path, table: str, query: str) -> pl.DataFrame:
    with duckdb.connect(":memory:") as con:
        con.execute(f"create view tabel as select * from read_parquet('{lake / table}.parquet')")
        found = con.execute(query)
        names = [column[0] for column in found.description or ()]
        return pl.DataFrame(found.fetchall(), schema=names, orient="row", infer_schema_length=None)


def _theirs(usual: Path, table: str) -> pl.DataFrame:
    return pl.read_csv(usual / f"{table}.csv", infer_schema_length=None)


def _equal(table: str, ours: pl.DataFrame, theirs: pl.DataFrame, key: list[str]) -> int:
    figures = [column for column in ours.columns if column not in key]
    both = ours.join(theirs, on=key, how="full", suffix="_usual", coalesce=True)
    if len(both) != len(ours) or len(both) != len(theirs):
        raise DifferentError(f"{table}: {len(ours)} rows of ours, {len(theirs)} of theirs, {len(both)} together")
    for figure in figures:
        a, b = pl.col(figure).cast(pl.Float64), pl.col(f"{figure}_usual").cast(pl.Float64)
        wrong = both.filter((a.is_null() != b.is_null()) | ((a - b).abs() > CENT))
        if len(wrong):
            raise DifferentError(f"{table}: {figure} differs in {len(wrong)} rows: {wrong.head(3).to_dicts()}")
    return len(both)

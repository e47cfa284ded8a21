"""meta.revisies: every published number that changed from one publication to the next.

Here: comparing the file that is published with the tables that will take its place. Not here: publishing
(`publication`), or judging a vintage before it is used (`assets.cbs.oordeel`).
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb
import polars as pl

from assets.benchmark.sql import quoted
from assets.core.base import CoreModel, describe, kolom
from assets.description import VOLGNUMMER, TableDescription

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE")


class RevisiesModel(CoreModel):
    """Every number that was published and became another one, in any table but those of meta: what it was, what it is,
    since which publication, and which source caused it. A number that was empty and is filled, or the other way, is a
    change too; a new row (another month, another boekjaar) is not."""  # noqa: D205, D209

    gewijzigd_op: str = kolom("tijdstip (UTC)", "publicatie waarin het nieuwe getal voor het eerst staat")
    run_id: str = kolom("code", "id van de run die dat publiceerde; zie meta.runs")
    tabel: str = kolom("naam", "schema en tabel")
    sleutel: str = kolom("tekst", "de rij: kolommen van de sleutel met hun waarde")
    kolomnaam: str = kolom("naam", "de kolom waarin het getal staat")
    oud: float = kolom("zie de kolom", "wat er stond; leeg = geen getal", nullable=True)
    nieuw: float = kolom("zie de kolom", "wat er nu staat; leeg = geen getal, of de rij is er niet meer", nullable=True)
    oorzaak: str = kolom(
        "namen", "bronnen met een nieuwe vintage waaruit de tabel komt; anders: code, of keuzes van de run"
    )


REVISIES = describe(
    RevisiesModel,
    "revisies",
    ["gewijzigd_op", "run_id", "tabel", "sleutel", "kolomnaam"],
    schema="meta",
    methode="what-the-file-says-of-itself",
)


def empty() -> pl.DataFrame:
    """Give no revisions, columns of `RevisiesModel`."""
    return pl.DataFrame(schema=_schema())


def revisies(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[TableDescription],
    paths: Mapping[str, Path],
    cause: Callable[[TableDescription], str],
    *,
    run_id: str,
    published_at: str,
) -> pl.DataFrame:
    """Compare what is published with what will be.

    Args:
        con: has the published file attached as `oud`.
        tables: the tables that will be published.
        paths: qualified table name -> the Parquet that will take its place.
        cause: tells what made a table change.
        run_id: of the run that publishes.
        published_at: moment of the publication (UTC, ISO 8601).

    Returns:
        one row for each number that changed, columns of `RevisiesModel`; new rows and new columns are no change.
    """
    frames = [empty()]
    for table in tables:
        query = _query(con, table, paths[table.name])
        if query is None:
            continue
        rows = con.execute(query).fetchall()
        if rows:
            why = cause(table)
            frames.append(
                pl.DataFrame(
                    [(published_at, run_id, table.name, *row, why) for row in rows], schema=_schema(), orient="row"
                )
            )
    return pl.concat(frames).sort(list(REVISIES.grain))


def _schema() -> dict[str, type[pl.DataType]]:
    return {name: column.dtype.type for name, column in RevisiesModel.to_schema().columns.items()}


def _query(con: duckdb.DuckDBPyConnection, table: TableDescription, path: Path) -> str | None:
    """Write the comparison of one table, or None when there is nothing to compare."""
    old = _columns(con, f"oud.{table.schema}.{table.table}")
    new = _columns(con, f"read_parquet('{quoted(path)}')")
    keys = list(table.grain)
    numbers = [
        name
        for name, kind in new.items()
        if kind in _NUMBERS
        and old.get(name) in _NUMBERS
        and name not in keys
        and table.columns[name].eenheid != VOLGNUMMER
    ]
    if not numbers or not set(keys) <= old.keys():
        return None
    key = "concat_ws('; ', " + ", ".join(f"concat('{name}=', oud.{_name(name)})" for name in keys) + ")"
    same = " and ".join(f"oud.{_name(name)} is not distinct from nieuw.{_name(name)}" for name in keys)
    differs = " or ".join(f"oud.{_name(name)} is distinct from nieuw.{_name(name)}" for name in numbers)
    cells = ", ".join(
        f"{{kolom: '{name}', oud: oud.{_name(name)}::double, nieuw: nieuw.{_name(name)}::double}}" for name in numbers
    )
    return (
        "select sleutel, cel.kolom, cel.oud, cel.nieuw from ("  # noqa: S608  # names of our own descriptions
        f"select {key} as sleutel, unnest([{cells}]) as cel "
        f"from oud.{table.schema}.{table.table} as oud left join read_parquet('{quoted(path)}') as nieuw on {same} "
        f"where {differs}) where cel.oud is distinct from cel.nieuw"
    )


def _columns(con: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    """Give the columns of a table with their types; none when it is not there."""
    try:
        return {row[0]: row[1] for row in con.execute(f"describe select * from {source}").fetchall()}  # noqa: S608
    except duckdb.CatalogException:
        return {}


def _name(column: str) -> str:
    return f'"{column}"'

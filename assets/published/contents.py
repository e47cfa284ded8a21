"""What is in the published file: tables with their rows, functions, views, and what each of them means.

Here: filling a database with all of it, and reading back which contract it keeps. Not here: checking, swapping the file
in (`publication`), or the texts themselves (descriptions of `core`, headers of `sql/`, `dictionary`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from assets.benchmark.assets import published_tables, soorten_of
from assets.benchmark.sql import SqlFile, describe, quoted, sql_files, table_path
from assets.core.assets import soort_of
from assets.core.base import CoreModel
from assets.description import TableDescription
from assets.errors import ContractError
from assets.lake import Lake
from assets.naast import side_by_side
from assets.published import dictionary, meta, revisies
from assets.published.contract import Contract, contract_of

# The types that the models of schema meta use, in DuckDB.
_TYPES = {pl.String: "varchar", pl.Int64: "bigint", pl.Float64: "double", pl.Boolean: "boolean"}
# The tables of schema meta with their models.
_META: tuple[tuple[TableDescription, type[CoreModel]], ...] = (
    (dictionary.SCHEMAS_TABLE, dictionary.SchemasModel),
    (dictionary.TABELLEN, dictionary.TabellenModel),
    (dictionary.DICTIONARY, dictionary.DictionaryModel),
    (dictionary.CITAAT, dictionary.CitaatModel),
    (meta.BRONNEN, meta.BronnenModel),
    (meta.PAGINAS, meta.PaginasModel),
    (meta.RUNS, meta.RunsModel),
    (meta.CHECKS, meta.ChecksModel),
    (revisies.REVISIES, revisies.RevisiesModel),
)
META = tuple(description for description, _ in _META)


def views() -> tuple[TableDescription, ...]:
    """Give the descriptions of the views: the questions of schema vraag.

    Raises:
        ContractError: a column takes its description from one that is not there.
    """
    known = {table.name: table for table in [*published_tables(), *META]}
    return tuple(describe(replace(file, header=_inherited(file, known)), "vraag") for file in sql_files("vragen"))


def _inherited(file: SqlFile, known: Mapping[str, TableDescription]) -> Mapping[str, Any]:
    """Give a header in which a column that names a table has the description it has there."""
    columns: dict[str, Sequence[str]] = {}
    for name, text in file.header["columns"].items():
        if not isinstance(text, str):
            columns[name] = text
        elif text in known and name in known[text].columns:
            column = known[text].columns[name]
            columns[name] = (column.eenheid, column.betekenis)
        else:
            raise ContractError(f"sql/vragen/{file.name}.sql: column {name} is described as in {text}, which has none")
    return {**file.header, "columns": columns}


def fill(con: duckdb.DuckDBPyConnection, lake: Lake, tables: Sequence[TableDescription]) -> None:
    """Make all there is in the file, in the database in use: tables with their rows, meta without, functions, views.

    Args:
        con: where.
        lake: holds the Parquet of `tables`.
        tables: the core, benchmark and rapport tables.

    Raises:
        ContractError: a table is not in the lake, or it and its description differ.
    """
    _copy_rows(con, {description.name: _parquet(lake, description) for description in tables})
    # As one: a commit for each of a thousand comments would take as long as the rows.
    con.begin()
    for description in tables:
        _comment(con, description, "table")
    for description, model in _META:
        columns = ", ".join(
            f'null::{_TYPES[column.dtype.type]} as "{name}"' for name, column in model.to_schema().columns.items()
        )
        con.execute(f"create schema if not exists {description.schema}")
        con.execute(f"create table {description.name} as select {columns} limit 0")
        _comment(con, description, "table")
    for file in sql_files("macros"):
        _add_macro(con, file)
    for description, file in zip(views(), sql_files("vragen"), strict=True):
        _add_view(con, description, file)
    con.commit()


def structure(con: duckdb.DuckDBPyConnection, tables: Sequence[TableDescription], before: Contract | None) -> Contract:
    """Give the contract that the database in use keeps; see `contract_of`."""
    found = con.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and not internal"
    ).fetchall()
    types = {(table, column): kind for table, column, kind in found}
    described = [*((table, "tabel") for table in [*tables, *META]), *((view, "view") for view in views())]
    functions = {
        macro_name(file): (str(file.header["soort"]), tuple(file.header["parameters"])) for file in sql_files("macros")
    }
    return contract_of(described, functions, types, before)


def macros() -> list[tuple[str, str]]:
    """Give the qualified name of each function with what it answers."""
    return [(macro_name(file), " ".join(file.header["about"].split())) for file in sql_files("macros")]


def macro_name(file: SqlFile) -> str:
    """Give the qualified name of a function."""
    return f"{file.header['schema']}.{file.name}"


def brontabellen(tables: Sequence[TableDescription], bronnen: pl.DataFrame) -> dict[str, str]:
    """Say for each table from which sources it comes, with their ids at CBS: `bijstand: 80794ned; iv3: 45038NED`."""
    ids: dict[str, list[str]] = {}
    for bron, tabel_id in bronnen.select("bron", "tabel_id").sort("bron").rows():
        ids.setdefault(soort_of(bron), []).append(tabel_id)
    texts = {}
    for table in tables:
        # The choices and the list of sources know of every source; what a figure comes from is the rest.
        soorten = sorted(soorten_of(table.schema, table.table) - {"*"})
        if soorten:
            texts[table.name] = "; ".join(
                f"{soort}: {', '.join(ids.get(soort, ['niet ingelezen']))}" for soort in soorten
            )
        elif "*" in soorten_of(table.schema, table.table):
            texts[table.name] = dictionary.EVERY_SOURCE
    for file in [*sql_files("vragen"), *sql_files("macros")]:
        name = macro_name(file) if "soort" in file.header else f"vraag.{file.name}"
        read = {text for schema, table in file.reads for text in texts.get(f"{schema}.{table}", "").split("; ")} - {""}
        texts[name] = "; ".join(sorted(read)) or dictionary.EVERY_SOURCE
    return texts


def counts(con: duckdb.DuckDBPyConnection, tables: Sequence[TableDescription]) -> dict[str, int]:
    """Count the rows of tables: qualified name -> rows."""
    found = {}
    for description in tables:
        row = con.execute(f"select count(*) from {description.name}").fetchone()  # noqa: S608  # our own names
        found[description.name] = int(row[0]) if row else 0
    return found


def _parquet(lake: Lake, description: TableDescription) -> Path:
    path = table_path(lake, description)
    if not path.is_file():
        raise ContractError(f"{description.name} is not in the lake ({path}); run `reintegratie build`")
    return path


def _copy_rows(con: duckdb.DuckDBPyConnection, sources: Mapping[str, Path]) -> None:
    """Copy the rows of tables into the database in use, a few tables side by side, the largest first."""
    database = con.execute("select current_database()").fetchall()[0][0]
    for schema in sorted({name.partition(".")[0] for name in sources}):
        con.execute(f"create schema if not exists {schema}")

    def copy(name: str) -> None:
        with con.cursor() as own:
            own.execute(f"use {database}")
            # Written sorted by grain, and each table on one thread: DuckDB keeps the order.
            source = f"read_parquet('{quoted(sources[name])}')"
            own.execute(f"create table {name} as select * from {source}")  # noqa: S608  # our own names

    largest_first = sorted(sources, key=lambda name: (-sources[name].stat().st_size, name))
    side_by_side(dict.fromkeys(largest_first, ()), copy)


def _add_view(con: duckdb.DuckDBPyConnection, description: TableDescription, file: SqlFile) -> None:
    """Put a query into the file that is run when it is asked, with the comments of its description."""
    con.execute(f"create schema if not exists {description.schema}")
    con.execute(f"create view {description.name} as {file.body}")
    _comment(con, description, "view")


def insert(con: duckdb.DuckDBPyConnection, description: TableDescription, frame: pl.DataFrame) -> None:
    """Put the rows of a small table of meta in."""
    # A list a column, unnested: a row at a time would take a second for a thousand rows.
    lists = ", ".join(f"unnest(?::{_TYPES[kind.base_type()]}[])" for kind in frame.dtypes)
    con.execute(f"insert into {description.name} select {lists}", [column.to_list() for column in frame])


def _comment(con: duckdb.DuckDBPyConnection, description: TableDescription, kind: str) -> None:
    """Write what a table and its columns mean beside them.

    Raises:
        ContractError: it has other columns than its description.
    """
    # Asked of the one table: duckdb_columns() goes through those of all of them each time.
    empty = con.execute(f"select * from {description.name} limit 0")  # noqa: S608  # our own names
    found = [column[0] for column in empty.description or ()]
    if found != list(description.columns):
        raise ContractError(
            f"{description.name} has columns {found}, its description {list(description.columns)}; make them the same"
        )
    comments = [f"comment on {kind} {description.name} is '{quoted(description.about)}'"]
    for name, column in description.columns.items():
        comments.append(f"comment on column {description.name}.\"{name}\" is '{quoted(column.comment())}'")
    con.execute("; ".join(comments))


def _add_macro(con: duckdb.DuckDBPyConnection, file: SqlFile) -> None:
    """Put a query with parameters into the file, to be called as a table (`tabel`) or as a function (`getal`)."""
    name = macro_name(file)
    is_table = file.header["soort"] == "tabel"
    body = f"table {file.body}" if is_table else f"({file.body}\n)"
    con.execute(f"create macro {name}({', '.join(file.header['parameters'])}) as {body}")
    con.execute(f"comment on macro {'table ' if is_table else ''}{name} is '{quoted(file.header['about'])}'")

"""The `.sql` files: reading them, and running them with DuckDB over the Parquet of the layers before.

Here: header and body of a file, the tables it reads (found in the SQL itself, by DuckDB's own parser), and one way to
run it. Not here: the metrics (sql/benchmark), the checks (sql/checks), or Dagster.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
import orjson

from assets.description import ColumnDescription, TableDescription
from assets.errors import ContractError, LakeError
from assets.lake import GROUP_ROWS, Lake, atomic_path
from assets.stempel import code_sha256, file_sha256, fingerprint, is_current, mark

SQL_FOLDER = Path(__file__).parents[2] / "sql"

# Reading and writing alike are done on one thread: the bytes then do not hang on how rows were divided over threads.
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    # What is freed goes back at once: the next query may be one of another database in this program, or of polars.
    "allocator_bulk_deallocation_flush_threshold": "1MB",
    # Nothing is fetched or loaded behind our back: a query that needs an extension fails.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


@dataclass(frozen=True)
class SqlFile:
    """One `.sql` file.

    Args:
        name: file name without ending.
        header: the TOML in the comment at the top. `zwaar = true`: it takes much memory while it is made, so that no
            two of those are made at once, and each begins as soon as it can. `per = ["jaar",
            "core.srg_voorziening.jaar"]`: see `pieces`.
        body: the query.
        reads: the tables of other layers or files it reads, as (schema, table), sorted.
    """

    name: str
    header: Mapping[str, Any]
    body: str
    reads: tuple[tuple[str, str], ...]


def read_sql_file(path: Path) -> SqlFile:
    """Read a `.sql` file with its header.

    Raises:
        ContractError: there is no header, it is not TOML, or the body is not one query.
    """
    return _read([path])[0]


def _read(paths: Sequence[Path]) -> tuple[SqlFile, ...]:
    parts = [_parts(path) for path in paths]
    # All at once: a query for each took as long again as the parsing.
    query = "select json_serialize_sql(body) from unnest(?::varchar[]) as bodies(body)"
    with duckdb.connect(":memory:", config=CONFIG) as parser:
        parsed = parser.execute(query, [[body for _, body in parts]]).fetchall()
    return tuple(
        SqlFile(path.stem, header, body, tuple(sorted(_tables(_tree(path, tree)))))
        for path, (header, body), (tree,) in zip(paths, parts, parsed, strict=True)
    )


def _parts(path: Path) -> tuple[Mapping[str, Any], str]:
    """Give the header of a file and its body."""
    head, found, body = path.read_text(encoding="utf-8").partition("*/")
    if not (found and head.startswith("/*")):
        raise ContractError(f"{path}: should begin with a comment /* ... */ that describes the table in TOML")
    try:
        return tomllib.loads(head.removeprefix("/*")), body.strip()
    except tomllib.TOMLDecodeError as error:
        raise ContractError(f"{path}: the header is not TOML: {error}") from error


def _tree(path: Path, parsed: str) -> dict[str, Any]:
    """Give what DuckDB's parser made of the body of a file, which should be one query."""
    tree: dict[str, Any] = orjson.loads(parsed)
    if tree.get("error") or len(tree["statements"]) != 1:
        found = tree.get("error_message") or f"it has {len(tree['statements'])} statements"
        raise ContractError(f"{path}: the body should be one query: {found}")
    return tree


def _tables(tree: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Find the tables with a schema in what DuckDB's parser made of a query; those without one are its own."""
    found = set()
    parts: list[Any] = [tree]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            if part.get("type") == "BASE_TABLE" and part.get("schema_name"):
                found.add((part["schema_name"], part["table_name"]))
            part = part.values()
        parts.extend(inner for inner in part if isinstance(inner, dict | list))
    return found


@cache
def sql_files(kind: str, folder: Path = SQL_FOLDER) -> tuple[SqlFile, ...]:
    """Read all `.sql` files of one kind (a folder of sql/), sorted by name; once in the life of a program."""
    return _read(sorted((folder / kind).glob("*.sql")))


def describe(file: SqlFile, schema: str) -> TableDescription:
    """Give the description of the table a file makes.

    Raises:
        ContractError: the header lacks about, grain, methode or columns.
    """
    try:
        columns = {name: ColumnDescription(*text) for name, text in file.header["columns"].items()}
        about = " ".join(file.header["about"].split())
        return TableDescription(schema, file.name, about, tuple(file.header["grain"]), columns, file.header["methode"])
    except (KeyError, TypeError) as error:
        raise ContractError(
            f"sql/{schema}/{file.name}.sql: the header needs about, grain, methode and [columns] with "
            f'column = ["unit", "meaning"]; {error!r}'
        ) from error


class Views:
    """Parquet files as views in one DuckDB, made when they are first read; safe to use from several threads.

    One for all queries: to open a database and look at the files anew took a fifth of the time of the tables of sql/.

    Args:
        paths: (schema, table) -> Parquet file, also of those that are still to be made.
    """

    def __init__(self, paths: Mapping[tuple[str, str], Path]) -> None:
        self.paths = paths
        self._con = duckdb.connect(":memory:", config=CONFIG)
        self._lock = Lock()
        self._made: set[tuple[str, str]] = set()

    @contextmanager
    def reading(self, tables: Iterable[tuple[str, str]]) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection in which these tables can be read."""
        with self._lock:
            for schema, table in sorted({*tables} - self._made):
                source = f"read_parquet('{quoted(self.paths[schema, table])}')"
                self._con.execute(f"create schema if not exists {schema}")
                self._con.execute(f"create view {schema}.{table} as select * from {source}")  # noqa: S608  # our own names
                self._made.add((schema, table))
            con = self._con.cursor()
        with con:
            yield con

    def close(self) -> None:
        """Close the database."""
        self._con.close()


@contextmanager
def views(paths: Mapping[tuple[str, str], Path]) -> Iterator[Views]:
    """Open a DuckDB in memory for queries over Parquet files; see `Views`."""
    found = Views(paths)
    try:
        yield found
    finally:
        found.close()


@contextmanager
def connection(tables: Mapping[tuple[str, str], Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open DuckDB in memory with Parquet files as views.

    Args:
        tables: (schema, table) -> Parquet file.
    """
    with views(tables) as found, found.reading(tables) as con:
        yield con


def make_table(file: SqlFile, description: TableDescription, lake: Lake, over: Views) -> int:
    """Run one file and write its table, sorted by grain.

    Args:
        file: the file; its columns must be those of the description, in order.
        description: grain and columns.
        lake: where to write.
        over: the tables it reads.

    Returns:
        the number of rows.

    Raises:
        ContractError: a table it reads is not there, the columns differ from the description, or rows share a key.
    """
    missing = [f"{s}.{t}" for s, t in file.reads if (s, t) not in over.paths or not over.paths[(s, t)].is_file()]
    if missing:
        raise ContractError(
            f"{description.name} reads {', '.join(missing)}, which the lake does not hold; run `reintegratie build`"
        )
    path = table_path(lake, description)
    with over.reading(file.reads) as con, atomic_path(path) as temporary:
        if "per" in file.header and file.header["per"][0] != description.grain[0]:
            raise ContractError(f"{description.name}: `per` should name the first column of its grain")
        # Straight into the file, and looked at there: what is wrong never gets its name.
        with duckdb_errors(path):
            try:
                return _write(con, pieces(file, con), description, temporary)
            except duckdb.BinderException:
                # A column to sort by that the query does not give: said in the words of this project.
                _check_columns(con, file.body, description)
                raise


def _check_columns(con: duckdb.DuckDBPyConnection, query: str, description: TableDescription) -> None:
    """See that a query gives the columns of a description, in order."""
    columns = [row[0] for row in con.execute(f"describe {query}").fetchall()]
    if columns != list(description.columns):
        raise ContractError(
            f"{description.name}: the query gives columns {columns}, "
            f"the header of its file describes {list(description.columns)}"
        )


def pieces(file: SqlFile, con: duckdb.DuckDBPyConnection) -> list[str]:
    """Give the queries that together give the rows of a file, in the order of the column it is divided by.

    With `per = [column, "schema.table.column"]` in its header there is one for each number in the other column, so that
    what DuckDB holds meanwhile does not grow with the years. What lies before, between or after those numbers goes with
    one of them, and what has no number with the last: no row is lost.

    Args:
        file: the file.
        con: where the tables it reads are.

    Raises:
        ContractError: the table of `per` is not one that the query reads.
    """
    if "per" not in file.header:
        return [file.body]
    column, source = file.header["per"]
    schema, table, of = source.split(".")
    if (schema, table) not in file.reads:
        raise ContractError(f"sql/{file.name}.sql: `per` names {schema}.{table}, which the query does not read")
    found = con.execute(
        f"select distinct {of} from {schema}.{table} where {of} is not null order by {of}"  # noqa: S608  # our own header
    ).fetchall()
    borders = [int(value) for (value,) in found[1:]]
    starts = ["true", *(f"{column} >= {border}" for border in borders)]
    ends = [*(f"{column} < {border}" for border in borders), f"true or {column} is null"]
    wheres = [f"{start} and {end}" for start, end in zip(starts, ends, strict=True)]
    return [f"select * from ({file.body}\n) where {where}" for where in wheres]  # noqa: S608  # our own file


def found_rows(file: SqlFile, con: duckdb.DuckDBPyConnection) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Give the columns and rows of a file, piece by piece; see `pieces`.

    Args:
        file: the file.
        con: where the tables it reads are.
    """
    columns: list[str] = []
    rows: list[tuple[Any, ...]] = []
    for query in pieces(file, con):
        relation = con.execute(query)
        columns = [column[0] for column in relation.description or []]
        rows += relation.fetchall()
    return columns, rows


def _write(con: duckdb.DuckDBPyConnection, queries: Sequence[str], description: TableDescription, target: Path) -> int:
    """Write what queries give into one file, one after another, each sorted by grain; give the number of rows.

    Raises:
        ContractError: the columns differ from the description, or rows share a key.
    """
    order = ", ".join(description.grain)
    is_same = " and ".join(f"{column} is not distinct from lag({column}) over ()" for column in description.grain)

    def copied(query: str, to: Path, compression: str) -> int:
        # No bloom filters: a group of rows has almost every gemeente in it, so that they would rule out nothing.
        options = f"format parquet, compression {compression}, row_group_size {GROUP_ROWS}, write_bloom_filter false"
        row = con.execute(f"copy ({query}\n) to '{quoted(to)}' ({options})").fetchone()
        return int(row[0]) if row else 0

    def written(query: str, to: Path, compression: str) -> int:
        rows = copied(f"select * from ({query}\n) order by {order}", to, compression)  # noqa: S608  # our own header
        # Of the file: to plan the query once more took longer than many of them.
        _check_columns(con, f"from read_parquet('{quoted(to)}')", description)
        # The rows lie in order, so that those of one key lie together: to group them anew took twice as long.
        double = con.execute(
            f"select distinct {order} from (select {order}, {is_same} and row_number() over () > 1 as is_again "  # noqa: S608  # our own file
            f"from read_parquet('{quoted(to)}')) where is_again order by {order} limit 5"
        ).fetchall()
        if double:
            raise ContractError(f"{description.name}: rows share their key ({order}), for example {double}")
        return rows

    if len(queries) == 1:
        return written(queries[0], target, "zstd")
    with ExitStack() as stack:
        parts = [stack.enter_context(_part(target, number)) for number in range(len(queries))]
        for query, part in zip(queries, parts, strict=True):
            # They are there for a moment: to pack them would only take time.
            written(query, part, "uncompressed")
        listed = ", ".join(f"'{quoted(part)}'" for part in parts)
        return copied(f"from read_parquet([{listed}])", target, "zstd")


@contextmanager
def _part(target: Path, number: int) -> Iterator[Path]:
    """Give a name for a part of a file that is being made, and take it away after."""
    part = target.with_name(f"{target.name.removesuffix('.partial')}.{number}.partial")
    try:
        yield part
    finally:
        with suppress(OSError):
            # As in `atomic_path`: the first error is the one to be told.
            part.unlink(missing_ok=True)


def make_when_changed(file: SqlFile, description: TableDescription, lake: Lake, over: Views) -> bool:
    """Make the table of one file, unless it is there from the same query and the same tables.

    Args:
        file: the file.
        description: grain and columns.
        lake: where to write.
        over: the tables it reads.

    Returns:
        whether it was made.

    Raises:
        ContractError: see `make_table`.
    """
    target = table_path(lake, description)
    made_from = fingerprint(
        {
            "header": file.header,
            "query": file.body,
            "code": code_sha256("assets/benchmark"),
            "tables": {
                f"{s}.{t}": file_sha256(over.paths[s, t]) if (s, t) in over.paths else "" for s, t in file.reads
            },
        }
    )
    if is_current([target], made_from):
        return False
    make_table(file, description, lake, over)
    mark([target], made_from)
    return True


def table_path(lake: Lake, description: TableDescription) -> Path:
    """Tell where the Parquet of a core, benchmark or rapport table lies."""
    folder = {"core": lake.core, "benchmark": lake.benchmark, "rapport": lake.rapport}[description.schema]
    return folder / f"{description.table}.parquet"


@contextmanager
def duckdb_errors(path: Path) -> Iterator[None]:
    """Turn DuckDB's errors of input and output, such as a full disk, into one that says what to do."""
    try:
        yield
    except duckdb.Error as error:
        # A full disk is an IOException, or a TransactionException when it fills up at the commit.
        if not isinstance(error, duckdb.IOException) and "Could not write" not in str(error):
            raise
        raise LakeError(
            f"DuckDB cannot write {path}: {error}. Make room or change the rights, then run again; if it is a table it "
            "cannot read, take that file away first. What was published stays."
        ) from error


def quoted(text: object) -> str:
    """Double the quotes of a text that goes between quotes in SQL, where no parameter can stand (DDL, COPY)."""
    return str(text).replace("'", "''")

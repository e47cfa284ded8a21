"""`reintegratie sql`: a query on the published file that can read it and do nothing else.

Here: letting one query in, running it within limits, writing rows, and errors that name what is near. Not here:
anything about what the tables mean.

What keeps a query inside are DuckDB's own switches and its own parser: the file is opened read-only, access to other
files and the network, extensions and Python objects is off, the settings are locked, and of the kinds of statement that
DuckDB knows only a query (and its plan) is let in.
"""

import csv
import json
import math
import re
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from assets.errors import ContractError, LakeError, SettingsError
from assets.published.reading import opened

_BATCH = 10_000
_NEAR = 3
_SUGGESTIONS = 5
# What a missing name is called in DuckDB's errors.
_MISSING = re.compile(
    r'(?:Table with name "?([\w.]+)"? does not exist|Referenced column "([^"]+)" not found|column named "([^"]+)")'
)
_PLAN = re.compile(r"\s*explain\s+(?:analyze\s+)?(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Limits:
    """What a query may take.

    Args:
        seconds: it is broken off after this.
        memory: DuckDB's limit, such as `1GB`; nothing is put on disk beyond it.
    """

    seconds: float
    memory: str


_OURS = Limits(600, "4GB")


@dataclass(frozen=True)
class Answer:
    """The answer to a query, while it runs.

    Args:
        columns: names of the columns.
        batches: the rows, a few thousand at a time.
    """

    columns: list[str]
    batches: Iterator[list[tuple[Any, ...]]]


@contextmanager
def asked(path: Path, query: str, limits: Limits) -> Iterator[Answer]:
    """Run a query on the published file; it is running as long as the block lasts.

    Args:
        path: the published file.
        query: one query.
        limits: what it may take.

    Raises:
        LakeError: there is no published file.
        SettingsError: it is not one query, or a wrong one; the message is DuckDB's, with the nearest names.
        ContractError: it took more than the limits.
    """
    if not path.is_file():
        raise LakeError(f"there is no published file at {path}; run `reintegratie refresh` first, or name a --lake")
    config = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
        "memory_limit": limits.memory,
        # No folder to spill to: a size of 0 alone still makes one beside the file.
        "temp_directory": "",
        "max_temp_directory_size": "0B",
    }
    with _opened(path, config) as con:
        # Afterwards, and the lock last: DuckDB takes a config in an order of its own.
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
        timer = threading.Timer(limits.seconds, con.interrupt)
        timer.start()
        try:
            _let_in(con, query)
            result = con.execute(query)
            yield Answer([column[0] for column in result.description or ()], _batches(result))
        except duckdb.InterruptException as error:
            raise ContractError(
                f"the query was broken off after {limits.seconds:g} seconds; ask for less, or give more with --timeout"
            ) from error
        except duckdb.OutOfMemoryException as error:
            raise ContractError(
                f"the query needs more than {limits.memory} of memory; ask for less, or give it more with --memory"
            ) from error
        except duckdb.Error as error:
            raise SettingsError(f"the query failed: {error}{_suggestion(con, str(error))}") from error
        finally:
            timer.cancel()


@contextmanager
def _opened(path: Path, config: Mapping[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
    with ExitStack() as stack:
        try:
            con = stack.enter_context(opened(path, config))
        except duckdb.Error as error:
            raise SettingsError(f"the file cannot be opened with these limits: {error}") from error
        yield con


def run_query(path: Path, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Run a query of our own to its end.

    Returns:
        the names of the columns and the rows.

    Raises:
        LakeError, SettingsError, ContractError: see `asked`.
    """
    with asked(path, query, _OURS) as answer:
        return answer.columns, [row for batch in answer.batches for row in batch]


def _let_in(con: duckdb.DuckDBPyConnection, query: str) -> None:
    """See that it is one query, as DuckDB's own parser tells."""
    kinds = [statement.type for statement in con.extract_statements(query)]
    if kinds == [duckdb.StatementType.EXPLAIN]:
        # The plan of a query only: with ANALYZE, what is explained is run.
        explained = _PLAN.fullmatch(query)
        kinds = [s.type for s in con.extract_statements(explained[1])] if explained else kinds
    if kinds != [duckdb.StatementType.SELECT]:
        found = ", ".join(str(kind).rpartition(".")[2] for kind in kinds) or "nothing"
        raise SettingsError(
            f"refused: only one query is run here (select, from, with, describe, summarize, explain), and this is "
            f"{found}. Nothing can be written, set, loaded or attached; open the file in a DuckDB of your own for that."
        )


def _batches(result: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[Any, ...]]]:
    while rows := result.fetchmany(_BATCH):
        yield rows


def _suggestion(con: duckdb.DuckDBPyConnection, error: str) -> str:
    """Name the tables or columns of the file that are nearest to the one that is not there."""
    found = _MISSING.search(error)
    if found is None:
        return ""
    names = con.execute(
        "select schema_name || '.' || table_name, column_name from duckdb_columns() where not internal order by all"
    ).fetchall()
    if found[1]:
        known = {name: name for name, _ in names}
        known |= {name.partition(".")[2]: name for name in known}
        near = [known[name] for name in get_close_matches(found[1], known, n=_SUGGESTIONS, cutoff=0.5)]
    else:
        near = get_close_matches(found[2] or found[3], {column for _, column in names}, n=_SUGGESTIONS, cutoff=0.5)
    unique = list(dict.fromkeys(near))[:_NEAR]
    return f"\nDid you mean: {', '.join(unique)}?" if unique else ""


def write_answer(answer: Answer, form: str, output: Path | None, most_rows: int) -> None:
    """Write the answer of a query.

    Args:
        answer: of `asked`.
        form: `table` and `markdown` for a person, `csv`, `json` and `parquet` whole.
        output: a file that is not there yet; None is standard output.
        most_rows: what a person is shown at most; how many more there are is told on standard error.

    Raises:
        SettingsError: the file is there already, or Parquet would go to a terminal.
    """
    if output is not None and output.exists():
        raise SettingsError(f"{output} is there already; take it away or name another --output")
    if form == "parquet":
        _write_parquet(answer, output)
        return
    if output is not None:
        with output.open("x", encoding="utf-8", newline="") as file:
            _write_text(answer, form, file, most_rows)
        return
    _write_text(answer, form, sys.stdout, most_rows)


def _write_parquet(answer: Answer, output: Path | None) -> None:
    import polars as pl

    if output is None and sys.stdout.isatty():
        raise SettingsError("Parquet is not for a terminal; name an --output or send it to a file")
    rows = [row for batch in answer.batches for row in batch]
    # Every row is looked at for the types: an empty first cell says nothing about its column.
    frame = pl.DataFrame(rows, schema=answer.columns, orient="row", infer_schema_length=None)
    frame.write_parquet(output if output is not None else sys.stdout.buffer)


def _write_text(answer: Answer, form: str, file: Any, most_rows: int) -> None:  # noqa: ANN401  # a text file
    if form == "csv":
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(answer.columns)
        for batch in answer.batches:
            writer.writerows([_plain(value) for value in row] for row in batch)
    elif form == "json":
        file.write("[")
        first = True
        for batch in answer.batches:
            for row in batch:
                record = dict(zip(answer.columns, (_json(value) for value in row), strict=True))
                text = json.dumps(record, default=str, ensure_ascii=False, allow_nan=False, indent=1)
                file.write(("\n " if first else ",\n ") + text.replace("\n", "\n "))
                first = False
        file.write("\n]\n")
    else:
        _write_shown(answer, form, file, most_rows)


def _write_shown(answer: Answer, form: str, file: Any, most_rows: int) -> None:  # noqa: ANN401  # a text file
    """Write what a person reads: as much as a person does, and page by page on a terminal."""
    rows: list[tuple[Any, ...]] = []
    more = 0
    for batch in answer.batches:
        kept = batch[: most_rows - len(rows)]
        rows += kept
        more += len(batch) - len(kept)
    table = _table(answer.columns, rows, form)
    if file.isatty():
        console = Console(file=file)
        if len(rows) > console.height - 4:
            with console.pager():
                console.print(table)
        else:
            console.print(table)
    else:
        Console(file=file, width=10_000).print(table)
    if more:
        sys.stderr.write(f"{more:,} rows more are not shown; --format csv gives all of them\n")


def _table(columns: Sequence[str], rows: Sequence[tuple[Any, ...]], form: str) -> Table:
    from rich import box
    from rich.text import Text

    table = Table(box=box.MARKDOWN if form == "markdown" else box.HEAVY_HEAD)
    for column in columns:
        table.add_column(Text(column))
    for row in rows:
        # As text, not as rich's own markup: a value may hold square brackets.
        table.add_row(*(Text("" if value is None else str(value)) for value in row))
    return table


def write_rows(columns: Sequence[str], rows: Sequence[tuple[Any, ...]], form: str) -> None:
    """Write rows to standard output as a table, as CSV (header and rows, nothing else) or as JSON (a list)."""
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_plain(value) for value in row] for row in rows)
    elif form == "json":
        records = [dict(zip(columns, row, strict=True)) for row in rows]
        sys.stdout.write(json.dumps(records, default=str, ensure_ascii=False, indent=1) + "\n")
    else:
        Console(width=None if sys.stdout.isatty() else 10_000).print(_table(columns, rows, form))


def _plain(value: object) -> object:
    """Write what CSV has no word for: true and false as DuckDB does, nothing for null."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def _json(value: object) -> object:
    """Give a value JSON has; infinity and no-number are text, since JSON has no word for them."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value

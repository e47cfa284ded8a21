"""`reintegratie sql`: a query on the published file that can read it and do nothing else.

Here: letting one query in, running it within limits, and errors that name what is near. Not here: the forms of its rows
(`pipelines.rows`), or anything about what the tables mean.

What keeps a query inside are DuckDB's own switches and its own parser: the file is opened read-only, access to other
files and the network, extensions and Python objects is off, the settings are locked, and of the kinds of statement that
DuckDB knows only a query (and its plan) is let in. DuckDB's own limits are no bounds (measured on 2.0.0:
`repeat('x', 3000000000)` takes 6 GB under a limit of 1 GB, and `levenshtein` of two long texts hears no interrupt for
most of a minute), so the command bounds the memory of its process too, and leaves when an interrupt does not help.
"""

import json
import os
import re
import resource
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import duckdb
from duckdb import StatementType

from assets.errors import LakeError, LimitError, ReintegratieError, SettingsError
from assets.published.reading import opened

if TYPE_CHECKING:
    import polars as pl

# How long after its time limit a query may go on before the process leaves.
GRACE_S = 2.0
_BATCH = 10_000
_NEAREST = 3
_MB = 1_000_000
# What the process itself may take beside the query.
_SPARE_MB = 256
_STATM = Path("/proc/self/statm")
_FAILED = "the query failed: "
# Types that polars has no exact form for.
_NOT_IN_PARQUET = re.compile(r"\b(INTERVAL|UNION|MAP|BIT|VARIANT|UHUGEINT|BIGNUM|TIME WITH TIME ZONE)\b")
# What DuckDB proposes; replaced by one line of our own, which knows the schemas and not DuckDB's internal tables.
_PROPOSALS = re.compile(r"(Did you mean|Candidate (bindings|tables|functions)|Possible solutions)")
_MISSING = re.compile(r'(?P<kind>[\w ]+?) with name "?(?P<name>[^"]+?)"? does not exist')
_MISSING_COLUMN = re.compile(r'(?:Referenced column|does not have a column named) "(?P<name>[^"]+)"')
_CANDIDATE_TABLES = re.compile(r"Candidate tables: (?P<names>.+)")


@dataclass(frozen=True)
class Limits:
    """What a query may take.

    Args:
        seconds: how long DuckDB may work on it.
        memory_mb: how much memory DuckDB may take for it; nothing is put on disk beyond it.
        is_process: also bound the process itself, and leave it when an interrupt does not help. For the command line.
    """

    seconds: float
    memory_mb: int
    is_process: bool = False


_OURS = Limits(600, 4_000)


@dataclass
class Answer:
    """The answer to a query, not yet read: either `start` and `batches`, or `frame`.

    Args:
        con: the connection; nothing else may use it meanwhile.
        query: the text.
        limits: what it may take.
        columns: names of the columns, once it is started.
        leftover: a half-written file, to be removed when the process has to leave.
    """

    con: duckdb.DuckDBPyConnection
    query: str
    limits: Limits
    columns: list[str] = field(default_factory=list)
    leftover: Path | None = None
    _used_s: float = 0.0

    def start(self) -> None:
        """Run the query up to its first rows."""
        with self._timed():
            self.con.execute(self.query)
        self.columns = [column[0] for column in self.con.description or ()]

    def batches(self) -> Iterator[list[tuple[Any, ...]]]:
        """Give the rows, some thousands at a time; only DuckDB's time on them counts, not that of the reader."""
        while True:
            with self._timed():
                rows = self.con.fetchmany(_BATCH)
            if not rows:
                return
            yield rows

    def frame(self) -> "pl.DataFrame":
        """Give all rows as a polars frame, with DuckDB's types.

        Raises:
            SettingsError: a column is of a type that polars cannot hold exactly, or two have one name.
        """
        import polars as pl

        with self._timed():
            relation = self.con.sql(self.query)
            check_names(relation.columns)
            for name, kind in zip(relation.columns, relation.types, strict=True):
                if _NOT_IN_PARQUET.search(str(kind)):
                    raise SettingsError(
                        f"{_FAILED}Parquet has no form for column {name}, which is {kind}: cast it, such as "
                        f"cast({name} as varchar) as {name}"
                    )
            # Polars keeps the class of what it is given; DuckDB's own would be told of as a leak at the end.
            return pl.DataFrame(SimpleNamespace(__arrow_c_stream__=relation.__arrow_c_stream__))

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Interrupt DuckDB at the time limit, and leave the process when that does not help."""
        left = max(self.limits.seconds - self._used_s, 0.01)
        timers = [threading.Timer(left, self.con.interrupt)]
        if self.limits.is_process:
            timers.append(threading.Timer(left + GRACE_S, self._leave))
        begin = time.monotonic()
        for timer in timers:
            timer.daemon = True
            timer.start()
        try:
            yield
        finally:
            for timer in timers:
                timer.cancel()
                timer.join()  # one still ending when the program does would be told of as DuckDB's leak
            self._used_s += time.monotonic() - begin

    def _leave(self) -> None:
        """End the process: DuckDB is inside one function and hears nothing. Nothing is lost, for nothing is written."""
        if self.leftover is not None:
            self.leftover.unlink(missing_ok=True)
        os.write(2, f"reintegratie: {_too_long(self.limits)}\n".encode())
        os._exit(1)


@contextmanager
def asked(path: Path, query: str, limits: Limits) -> Iterator[Answer]:
    """Ask the published file one query; it is running as long as the block lasts.

    Args:
        path: the published file.
        query: one query.
        limits: what it may take.

    Raises:
        LakeError: there is no published file.
        SettingsError: it is not one query, or a wrong one; with the nearest names.
        LimitError: it took more than the limits.
    """
    if not path.is_file():
        raise LakeError(f"there is no published file at {path}; run `reintegratie refresh` first, or name a --lake")
    config = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
        "python_enable_replacements": False,
        "python_scan_all_frames": False,
        "memory_limit": f"{limits.memory_mb}MB",
        # No folder to spill to: a size of 0 alone still makes one beside the file.
        "temp_directory": "",
        "max_temp_directory_size": "0B",
        # The order of a sum of doubles decides its last bit: with one thread it is the same each time, in each form.
        "threads": 1,
        "errors_as_json": True,
    }
    with _opened(path, config) as con:
        # Afterwards, and the lock last: DuckDB takes a config in an order of its own.
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
        try:
            with _bounded(limits):
                _let_in(con, query)
                yield Answer(con, query, limits)
        except (duckdb.Error, MemoryError) as error:
            raise _explained(con, query, error, limits) from error


@contextmanager
def _opened(path: Path, config: Mapping[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
    with ExitStack() as stack:
        try:
            con = stack.enter_context(opened(path, config))
        except duckdb.Error as error:
            raise SettingsError(f"the file cannot be opened with these limits: {_told(error)[0]}") from error
        yield con


@contextmanager
def _bounded(limits: Limits) -> Iterator[None]:
    """Bound the memory this process may ask for while a query runs: functions of DuckDB escape its own limit."""
    if not limits.is_process or not _STATM.exists():
        yield
        return
    now = int(_STATM.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    # DuckDB's own limit comes first; half of it more is for what it does not count.
    bound = now + (limits.memory_mb * 3 // 2 + _SPARE_MB) * _MB
    bound = min([bound, *(old for old in (soft, hard) if old != resource.RLIM_INFINITY)])
    resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def run_query(path: Path, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Run a query of our own to its end.

    Returns:
        the names of the columns and the rows.

    Raises:
        LakeError, SettingsError, LimitError: see `asked`.
    """
    with asked(path, query, _OURS) as answer:
        answer.start()
        return answer.columns, list(chain.from_iterable(answer.batches()))


def check_names(columns: Sequence[str]) -> None:
    """Refuse two columns of one name, where only one of them would be kept.

    Raises:
        SettingsError: there are such columns; names them.
    """
    double = sorted({column for column in columns if columns.count(column) > 1})
    if double:
        raise SettingsError(
            f"{_FAILED}more than one column is called {', '.join(double)}: give each a name of its own with `as`"
        )


def _let_in(con: duckdb.DuckDBPyConnection, query: str) -> None:
    """See that it is one query, as DuckDB's own parser tells."""
    kinds = [statement.type for statement in con.extract_statements(query)]
    if kinds == [StatementType.EXPLAIN]:
        # The plan of a query only: with ANALYZE, what is explained is run.
        kinds = [_explained_kind(con, query)]
    if kinds == [StatementType.MULTI]:
        raise SettingsError(
            "refused: PIVOT would first make a type of its own; name the values, such as "
            "`pivot ... on boekjaar in (2023, 2024) using ...`"
        )
    if kinds != [StatementType.SELECT]:
        found = ", ".join(kind.name for kind in kinds) or "nothing"
        raise SettingsError(
            f"refused: only one query is run here (select, from, with, describe, summarize, explain), and this is "
            f"{found}. Nothing can be written, set, loaded or attached; open the file in a DuckDB of your own for that."
        )


def _explained_kind(con: duckdb.DuckDBPyConnection, query: str) -> StatementType:
    """Tell what an EXPLAIN explains: the first part of its text, from some word on, that DuckDB takes for a statement.

    The statement itself is such a part, so what is found begins there or before it.
    """
    text = query.encode()
    for offset, _ in duckdb.tokenize(query)[1:]:
        with suppress(duckdb.ParserException, UnicodeDecodeError):
            inner = con.extract_statements(text[offset:].decode())
            if inner:
                return inner[0].type
    return StatementType.INVALID


def _too_long(limits: Limits) -> str:
    return (
        f"the query was broken off after {limits.seconds:g} seconds; ask for less, such as fewer rows with a where or "
        "a join on more columns, or give it more time with --timeout"
    )


def _explained(
    con: duckdb.DuckDBPyConnection, query: str, error: duckdb.Error | MemoryError, limits: Limits
) -> ReintegratieError:
    """Tell an analyst what is wrong and what to do."""
    if isinstance(error, duckdb.InterruptException):
        return LimitError(_too_long(limits))
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        return LimitError(
            f"the query needs more than {limits.memory_mb} MB of memory; ask for less, such as fewer columns, a where "
            "or a sum by group, or give it more with --memory"
        )
    message, position = _told(error)
    lines = message.splitlines()
    end = next((number for number, line in enumerate(lines) if _PROPOSALS.match(line)), len(lines))
    sentence = " ".join(line.strip() for line in lines[:end] if line.strip())
    if position is not None and "\n" in query.strip():
        before = query.encode()[:position]
        sentence += f" (line {before.count(10) + 1})"
    with suppress(duckdb.Error):
        con.rollback()  # what failed may have left a transaction that answers nothing more
    near = _nearest(con, query, message)
    return SettingsError(f"{_FAILED}{sentence}" + (f"\nDid you mean: {', '.join(near)}?" if near else ""))


def _told(error: Exception) -> tuple[str, int | None]:
    """Read what DuckDB tells of an error, and where in the query: JSON with `errors_as_json`, else a sentence."""
    text = str(error)
    with suppress(json.JSONDecodeError, ValueError):
        told = json.loads(text[text.index("{") :])
        if isinstance(told, dict) and "exception_message" in told:
            position = told.get("position", "")
            return str(told["exception_message"]), int(position) if position.isdigit() else None
    return text, None


def _nearest(con: duckdb.DuckDBPyConnection, query: str, message: str) -> list[str]:
    """Give the names of the file nearest to the one that DuckDB does not know."""
    if found := _MISSING_COLUMN.search(message):
        return _nearest_columns(con, query, found["name"])
    if found := _CANDIDATE_TABLES.search(message):
        return re.findall(r'"([^"]+)"', found["names"])[:_NEAREST]
    if not (found := _MISSING.search(message)):
        return []
    if found["kind"].endswith(("Function", "Macro")):
        rows = con.execute("select distinct schema_name, function_name, internal from duckdb_functions()").fetchall()
        return _close(
            found["name"], [(name if internal else f"{schema}.{name}", name) for schema, name, internal in rows]
        )
    tables = con.execute(
        "select schema_name, table_name from duckdb_tables() where not internal "
        "union all select schema_name, view_name from duckdb_views() where not internal"
    ).fetchall()
    return _close(found["name"], [(f"{schema}.{name}", name) for schema, name in tables])


def _nearest_columns(con: duckdb.DuckDBPyConnection, query: str, name: str) -> list[str]:
    rows = con.execute(
        "select schema_name, table_name, column_name from duckdb_columns() where not internal"
    ).fetchall()
    words = set(re.findall(r"\w+", query.lower()))
    # Those of the tables that the query names; else, with its table, one of any table.
    near = _close(name, [(column, column) for _, table, column in rows if table.lower() in words])
    return near or _close(name, [(f"{schema}.{table}.{column}", column) for schema, table, column in rows])


def _close(name: str, known: Iterable[tuple[str, str]]) -> list[str]:
    """Give what to show of the known names nearest to a name, the nearest first.

    Args:
        name: what was written.
        known: each name as it is shown, and as it is without its schema.
    """
    shown: dict[str, list[str]] = {}
    for full, bare in sorted(set(known)):
        for spelling in {full.lower(), bare.lower()}:
            shown.setdefault(spelling, []).append(full)
    near = get_close_matches(name.lower(), shown, n=2 * _NEAREST)
    return list(dict.fromkeys(chain.from_iterable(shown[spelling] for spelling in near)))[:_NEAREST]

"""The published DuckDB file: built aside, checked, swapped in by a rename.

Here: building it aside, the checks, the swap, and the Parquet beside it. Not here: what is in the file (`contents`), or
what it says of itself (`meta`, `dictionary`, `revisies`).
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import duckdb
import polars as pl

from assets.benchmark.assets import soorten_of
from assets.benchmark.sql import CONFIG, SqlFile, duckdb_errors, found_rows, quoted, sql_files, table_path
from assets.core.assets import soort_of
from assets.core.base import CoreModel
from assets.core.inputs import Inputs
from assets.core.keuzes import Keuzes
from assets.description import TableDescription
from assets.errors import ContractError, LakeError, SettingsError
from assets.lake import Lake, atomic_path, lake_errors
from assets.naast import side_by_side, workers
from assets.published import dictionary, meta, revisies
from assets.published.contents import META, brontabellen, counts, fill, insert, macros, structure, views
from assets.published.contract import check_contract, load_contract
from assets.published.layout import published_file
from assets.published.meta import CheckResult
from assets.published.reading import opened
from assets.stempel import code_sha256, file_sha256, fingerprint

# A file of this storage version opens in every DuckDB from 1.0 on; what 2.0 writes by itself does not.
STORAGE_VERSION = "v1.0.0"
_EXAMPLES = 3
# Whether the figures of a file are CBS's, and which reconstruction they are of; input files are of neither.
_WORLDS = "select distinct herkomst = 'cbs', wereld from meta.bronnen where protocol != 'bestand'"
# For one copy of rows; it takes groups of rows, however many there are.
_COPY_MB = 40


@dataclass(frozen=True)
class Publication:
    """What was published.

    Args:
        path: the DuckDB file.
        rows: qualified table name -> number of rows.
        checks: the outcome of every check.
        revisies: how many numbers are other ones than in the publication before.
    """

    path: Path
    rows: Mapping[str, int]
    checks: Sequence[CheckResult]
    revisies: int


def publish(
    lake: Lake,
    tables: Sequence[TableDescription],
    inputs: Inputs,
    keuzes: Keuzes,
    *,
    run_id: str,
    published_at: str,
) -> Publication:
    """Build the file aside with a copy of the Parquet of every table, check it, and swap all in.

    Args:
        lake: holds the Parquet of `tables`.
        tables: the tables of core, benchmark and rapport, with their descriptions.
        inputs: the vintages they were made from.
        keuzes: the choices of the run.
        run_id: id of the run, for meta.runs.
        published_at: moment of publication (UTC, ISO 8601), for meta.runs; later when the clock was set back.

    Raises:
        ContractError: a check of `fout` found rows, or a table and its description differ; the published file stays.
        LakeError: the lake cannot be written, or the file published before cannot be read.
        SettingsError: the file published before holds figures of CBS, and these are not.
    """
    target = published_file(lake)
    before = _earlier(target)
    if before is not None:
        _refuse_over_cbs(target, was_cbs=before.world[0], is_cbs=inputs.world[0])
    published_at = _later(before, published_at)
    with (
        # First in, last out: the copies take their place after the file has taken its own.
        ExitStack() as beside,
        atomic_path(target) as temporary,
        duckdb_errors(target),
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".uitgave-") as scratch,
        _filled(Path(scratch) / target.name, lake, tables) as con,
    ):
        contract = load_contract()
        check_contract(structure(con, tables, contract), contract)
        bronnen = meta.bronnen(inputs)
        described = [*tables, *META, *views()]
        sources = brontabellen(tables, bronnen)
        rows = counts(con, tables)
        insert(con, dictionary.SCHEMAS_TABLE, dictionary.schemas())
        insert(con, dictionary.TABELLEN, dictionary.tabellen(described, dict(macros()), contract, rows, sources))
        insert(con, dictionary.DICTIONARY, dictionary.dictionary(described, contract, sources))
        results = _run_checks(con)
        _stop_on_errors(results)
        run = meta.run_row(inputs, keuzes, results, run_id=run_id, published_at=published_at)
        hashes = {table.name: file_sha256(table_path(lake, table)) for table in tables}
        # Of another world every number is another one: nothing was revised, and earlier revisions are of other figures.
        earlier = revisies.empty() if before is None or before.world != inputs.world else before.revisies
        changed = revisies.empty()
        if before is not None and before.world == inputs.world:
            con.execute(f"attach '{quoted(target)}' as oud (read_only)")
            paths = {description.name: table_path(lake, description) for description in tables}
            cause = partial(_cause, before, run, bronnen)
            changed = revisies.revisies(con, tables, paths, cause, run_id=run_id, published_at=published_at)
            con.execute("detach oud")
        frames = [
            (meta.BRONNEN, bronnen),
            (meta.PAGINAS, meta.paginas(inputs)),
            (meta.RUNS, run if before is None else pl.concat([before.runs, run])),
            (meta.CHECKS, meta.checks(results)),
            (revisies.REVISIES, pl.concat([earlier, changed])),
            (dictionary.CITAAT, dictionary.citaat(run.row(0, named=True), contract, hashes)),
        ]
        for description, frame in frames:
            insert(con, description, frame)
        rows |= counts(con, META)
        con.execute("use memory")
        con.execute("detach uitgave")
        (Path(scratch) / target.name).replace(temporary)
        _copy_parquet(lake, tables, beside)
    return Publication(target, rows, results, len(changed))


def mend_copies(lake: Lake, tables: Sequence[TableDescription]) -> None:
    """Put the Parquet of what was published beside it again, where a copy is gone or is not as it was.

    Args:
        lake: holds the Parquet of `tables`, as they were published.
        tables: the tables of core, benchmark and rapport.

    Raises:
        LakeError: the lake cannot be written.
    """
    with ExitStack() as beside:
        _copy_parquet(lake, tables, beside)


def _copy_parquet(lake: Lake, tables: Sequence[TableDescription], beside: ExitStack) -> None:
    """Copy the Parquet of each table, for who reads Parquet rather than DuckDB, unless it is there already.

    All are written before the first takes its place, when `beside` ends well.
    """
    for description in tables:
        made = table_path(lake, description)
        copy = lake.published / "parquet" / description.schema / f"{description.table}.parquet"
        if file_sha256(copy) != file_sha256(made):
            temporary = beside.enter_context(atomic_path(copy))
            with lake_errors(copy):
                shutil.copyfile(made, temporary)


def _later(before: "_Earlier | None", published_at: str) -> str:
    """Give a moment after the last publication, also when the clock was set back: publications are in its order."""
    last = None if before is None else before.runs["gepubliceerd_op"].max()
    if last is None or published_at > str(last):
        return published_at
    return (datetime.fromisoformat(str(last)) + timedelta(seconds=1)).isoformat(timespec="seconds")


@contextmanager
def _filled(path: Path, lake: Lake, tables: Sequence[TableDescription]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Make the file, and open it for what comes after, as `uitgave`.

    Opened twice: without a limit DuckDB keeps in memory what it writes, and what comes after can have none, since a
    query may need more when there are more rows.

    Args:
        path: in a folder of its own: DuckDB keeps a log beside the file, and what it has no room for.
        lake: holds the Parquet of `tables`.
        tables: the tables of core, benchmark and rapport.
    """
    config = {**CONFIG, "temp_directory": str(path.parent)}
    with duckdb.connect(":memory:", config={**config, "memory_limit": f"{_COPY_MB * workers()}MB"}) as con:
        con.execute(f"attach '{quoted(path)}' as uitgave (storage_version '{STORAGE_VERSION}')")
        con.execute("use uitgave")
        fill(con, lake, tables)
        con.execute("use memory")
        con.execute("detach uitgave")
    with duckdb.connect(":memory:", config=config) as con:
        con.execute(f"attach '{quoted(path)}' as uitgave")
        con.execute("use uitgave")
        yield con


def made_from(lake: Lake, tables: Sequence[TableDescription], inputs: Inputs, keuzes: Keuzes) -> str:
    """Give the fingerprint of all a publication would be made from; the same one is not published again."""
    return fingerprint(
        {
            "code": code_sha256("assets", "sql"),
            "keuzes": asdict(keuzes),
            "vintages": {bron: v.id for bron, v in {**inputs.vintages, **inputs.invoer}.items()},
            "tables": {table.name: file_sha256(table_path(lake, table)) for table in tables},
        }
    )


@dataclass(frozen=True)
class _Earlier:
    """What the file that is published now says of itself.

    Args:
        runs: its runs.
        revisies: its revisions.
        vintages: bron -> vintage.
        world: whether its figures are CBS's, and which reconstruction they are of; see `Inputs.world`.
    """

    runs: pl.DataFrame
    revisies: pl.DataFrame
    vintages: Mapping[str, str]
    world: tuple[bool, str]


def refuse_other_figures(path: Path, *, is_cbs: bool) -> None:
    """See that figures which are not CBS's do not take the place of figures which are.

    Args:
        path: the published file.
        is_cbs: whether what is to take its place is of CBS.

    Raises:
        SettingsError: the file holds figures of CBS, and what is to come does not.
        LakeError: the file cannot be read.
    """
    if is_cbs or not path.exists():
        return
    try:
        with opened(path) as con:
            worlds = con.execute(_WORLDS).fetchall()
    except duckdb.Error as error:
        raise _unreadable(path, error) from error
    _refuse_over_cbs(path, was_cbs=any(was_cbs for was_cbs, _ in worlds), is_cbs=is_cbs)


def _refuse_over_cbs(path: Path, *, was_cbs: bool, is_cbs: bool) -> None:
    if was_cbs and not is_cbs:
        raise SettingsError(
            f"{path} holds figures of CBS, and what would take its place are none. What is published was not changed: "
            "refresh with --source cbs, or use another --lake."
        )


def _unreadable(path: Path, error: duckdb.Error) -> LakeError:
    return LakeError(
        f"the published file {path} cannot be read ({error}). It was not touched; move it away and build again, "
        "or restore it, since it holds the history of publications."
    )


def _earlier(path: Path) -> _Earlier | None:
    """Read the history of the file that is published now, so that it goes on."""
    if not path.exists():
        return None
    try:
        with opened(path) as con:
            worlds = con.execute(_WORLDS).fetchall()
            world = worlds[0] if len(worlds) == 1 else (False, "")
            # A file of before schema 1.1 does not say of which world its runs were, and is of one itself.
            runs = _read_meta(con, "runs", meta.RunsModel, meta.RUNS, {"wereld": world[1]})
            # A file of before there were revisions has none.
            known = con.execute("select count(*) from duckdb_tables() where table_name = 'revisies'").fetchone()
            changed = (
                _read_meta(con, "revisies", revisies.RevisiesModel, revisies.REVISIES)
                if known and known[0]
                else revisies.empty()
            )
            vintages = dict(con.execute("select bron, vintage from meta.bronnen").fetchall())
    except duckdb.Error as error:
        raise _unreadable(path, error) from error
    return _Earlier(runs, changed, vintages, world)


def _read_meta(
    con: duckdb.DuckDBPyConnection,
    table: str,
    model: type[CoreModel],
    description: TableDescription,
    absent: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Read a table of meta; `absent` gives what a column holds in a file of before that column was there."""
    query = "select column_name from duckdb_columns() where schema_name = 'meta' and table_name = ?"
    known = {name for (name,) in con.execute(query, [table]).fetchall()}
    given = {name: value for name, value in (absent or {}).items() if name not in known}
    schema = {name: column.dtype.type for name, column in model.to_schema().columns.items()}
    columns = ", ".join(f'? as "{name}"' if name in given else f'"{name}"' for name in schema)
    order = ", ".join(description.grain)
    values = [given[name] for name in schema if name in given]
    rows = con.execute(
        f"select {columns} from meta.{table} order by {order}",  # noqa: S608  # our own names
        values,
    ).fetchall()
    return pl.DataFrame(rows, schema=schema, orient="row")


def _cause(before: _Earlier, run: pl.DataFrame, bronnen: pl.DataFrame, table: TableDescription) -> str:
    """Say why a table changed: the sources with another vintage, or else the choices, or else the code."""
    reads = soorten_of(table.schema, table.table)
    now = dict(bronnen.select("bron", "vintage").rows())
    other = sorted(bron for bron in {*now, *before.vintages} if now.get(bron) != before.vintages.get(bron))
    found = [f"{bron} {now.get(bron, 'vervallen')}" for bron in other if "*" in reads or soort_of(bron) in reads]
    last = before.runs.row(-1, named=True)
    if not found and last["keuzes"] != run["keuzes"].item():
        return "keuzes"
    return ", ".join(found) or "code"


def _run_checks(con: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """Run every check, a few side by side."""
    files = {file.name: file for file in sql_files("checks")}
    return [*side_by_side(dict.fromkeys(files, ()), lambda name: _run_check(con, files[name])).values()]


def _run_check(con: duckdb.DuckDBPyConnection, file: SqlFile) -> CheckResult:
    with con.cursor() as own:
        own.execute("use uitgave")
        columns, rows = found_rows(file, own)
        return CheckResult(file.name, file.header["about"], file.header["ernst"], rows, columns)


def _stop_on_errors(results: Sequence[CheckResult]) -> None:
    failed = [result for result in results if result.rows and result.ernst == "fout"]
    if failed:
        listing = "\n".join(
            f"- {r.check}: {r.beschrijving}. {len(r.rows)} rows are wrong, for example "
            f"{[dict(zip(r.columns, row, strict=True)) for row in r.rows[:_EXAMPLES]]}"
            for r in failed
        )
        raise ContractError(
            f"{len(failed)} checks failed, so nothing was published and the file from before stays:\n{listing}\n"
            "Look at the raw table named in the check; refresh it when CBS has corrected it."
        )

"""The command line `reintegratie`.

Here: commands, options, exit codes and how an error is shown. Not here: what a command does (`run`, `show`, `query`,
`history`, `explain`, `replicate`, `doctor`, `replica`); those are imported when they are needed, so that `--help`
answers at once.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 done, but a vintage was held back.
"""

import errno
import gc
import json
import os
import sys
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.errors import ContractError, LakeError, ReintegratieError, SettingsError
from assets.published.layout import DEFAULT_LAKE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assets.lake import Lake
    from pipelines.settings import Settings

FAILED = 1
WRONG_USE = 2
HELD_BACK = 3
_ERROR_LINES = 30
_GARBAGE = 50_000  # objects made before the youngest are looked through; Python's own is 700
# When set, an unexpected error is shown with where it comes from.
TRACEBACK = "REINTEGRATIE_TRACEBACK"

app = typer.Typer(
    name="reintegratie",
    help="Open benchmark of municipal re-integration in the Netherlands: from CBS data to one DuckDB file.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
replica_app = typer.Typer(help="A local replica of CBS's services, with a reconstructed world.", no_args_is_help=True)
app.add_typer(replica_app, name="replica")


class Form(StrEnum):
    """How rows are written."""

    table = "table"
    csv = "csv"
    json = "json"


class QueryForm(StrEnum):
    """How the rows of a query are written."""

    table = "table"
    markdown = "markdown"
    csv = "csv"
    json = "json"
    parquet = "parquet"


class ExportForm(StrEnum):
    """The forms of an export."""

    all = "all"
    csv = "csv"
    parquet = "parquet"
    excel = "excel"
    datapackage = "datapackage"
    dcat = "dcat"


LakeOption = Annotated[Path | None, typer.Option(help="Folder of the lake (default: data_lake).")]


@app.command()
def refresh(
    source: Annotated[
        str | None, typer.Option(help="replica (embedded, the default), cbs, or the address of a running replica.")
    ] = None,
    facts: Annotated[
        Path | None, typer.Option(help="Folder with figures that the embedded replica serves exactly.")
    ] = None,
    years: Annotated[
        str | None,
        typer.Option(
            help="Boekjaren, such as 2023 or 2020-2024 (default: 2017 to this year, or before July to last year)."
        ),
    ] = None,
    lake: LakeOption = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the embedded replica (default: 1).")] = None,
) -> None:
    """Download what CBS changed, make every table after it, check, and publish."""
    with kept_for_life():
        from pipelines.settings import load_settings

    _run("refresh", load_settings(source=source, facts=facts, years=years, lake=lake, seed=seed))


@app.command()
def build(
    lake: LakeOption = None,
    as_of: Annotated[
        str | None, typer.Option(help="Rebuild what would have been published on this day (UTC) or at this moment.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="With --as-of: the DuckDB file to write.")] = None,
) -> None:
    """Make everything after raw again, without a network."""
    from pipelines.settings import load_settings

    settings = load_settings(lake=lake)
    if (as_of is None) != (output is None):
        raise SettingsError("--as-of and --output go together: an earlier day is never published over the newest")
    if as_of is None or output is None:
        _run("build", settings)
        return
    from pipelines.history import build_as_of
    from pipelines.show import progress_shown

    with progress_shown() as progress:
        parquet = build_as_of(settings, as_of, output, progress)
    typer.echo(f"as of {as_of}: {output}, and Parquet in {parquet}")


@app.command()
def accept(vintage: Annotated[str, typer.Argument(help="Id of a vintage.")], lake: LakeOption = None) -> None:
    """Let a vintage in that was held back; the next refresh or build uses it."""
    from assets.cbs.oordeel import accept as let_in

    bron = let_in(_lake(lake), vintage)
    typer.echo(f"{bron}: {vintage} is accepted; run `reintegratie build` to publish with it")


@app.command()
def vintages(
    lake: LakeOption = None,
    form: Annotated[Form, typer.Option("--format", help="How rows are written.")] = Form.table,
) -> None:
    """List the vintages: which are in use, which are held back and why."""
    from pipelines.history import vintages as listed
    from pipelines.rows import write_rows

    rows = listed(_lake(lake))
    columns = list(rows[0]) if rows else []
    write_rows(columns, [tuple(row.values()) for row in rows], form.value)


@app.command()
def diff(
    first: Annotated[str | None, typer.Argument(help="A run_id, day or moment; default: the one before last.")] = None,
    last: Annotated[str | None, typer.Argument(help="A run_id, day or moment; default: the last.")] = None,
    lake: LakeOption = None,
    form: Annotated[Form, typer.Option("--format", help="How rows are written.")] = Form.table,
) -> None:
    """List every number that is another one in the later of two publications, and what caused it."""
    from pipelines.history import diff as compared
    from pipelines.rows import write_rows

    columns, rows = compared(_lake(lake), first, last)
    write_rows(columns, rows, form.value)


@app.command()
def archive(
    folder: Annotated[Path, typer.Argument(help="Where to; empty, or not there yet.")],
    lake: LakeOption = None,
    as_of: Annotated[str | None, typer.Option(help="The vintages in use on this day (UTC) or at this moment.")] = None,
) -> None:
    """Write a package of the vintages in use, from which another machine rebuilds the same tables."""
    from pipelines.history import archive as packed
    from pipelines.settings import load_settings

    count = packed(_lake(lake), folder, load_settings(lake=lake).keuzes(), as_of)
    typer.echo(f"{count} vintages in {folder}; check it with `reintegratie verify --lake {folder}`")


@app.command()
def verify(lake: LakeOption = None) -> None:
    """Check every hash of a lake or a package."""
    from pipelines.history import verify as checked

    count, wrong = checked(_lake(lake))
    if wrong:
        raise LakeError(f"{len(wrong)} of {count} files are not as they were:\n" + "\n".join(wrong))
    typer.echo(f"{count} files are as they were downloaded")


@app.command()
def clean(
    keep_days: Annotated[int, typer.Option(min=1, help="Publications of the last days that stay rebuildable.")],
    lake: LakeOption = None,
) -> None:
    """Remove vintages that no publication of the last days used; the newest ones always stay."""
    from pipelines.history import clean as cleaned

    removed = cleaned(_lake(lake), keep_days)
    for vintage in removed:
        typer.echo(f"removed {vintage.manifest.bron} {vintage.id}")
    typer.echo(f"{len(removed)} vintages removed")


@app.command()
def status(
    lake: LakeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,  # a flag
) -> None:
    """Tell what the lake holds and what is published."""
    from pipelines.show import print_status
    from pipelines.show import status as look

    found = look(_lake(lake), datetime.now(UTC).date())
    if as_json:
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        print_status(found)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="A query on the published file; - reads it from standard input.")],
    # Not through the settings of a run: reading those takes longer than most queries.
    lake: Annotated[
        Path, typer.Option(envvar="REINTEGRATIE_LAKE", show_envvar=False, help="Folder of the lake.")
    ] = DEFAULT_LAKE,
    form: Annotated[QueryForm, typer.Option("--format", help="How rows are written.")] = QueryForm.table,
    output: Annotated[Path | None, typer.Option(help="A file that is not there yet (default: the screen).")] = None,
    timeout: Annotated[float, typer.Option(min=0.001, help="Seconds after which it is broken off.")] = 30,
    memory: Annotated[int, typer.Option(min=50, help="Megabytes of memory it may take.")] = 1000,
    rows: Annotated[int, typer.Option(min=1, help="With table and markdown: rows shown at most.")] = 1000,
) -> None:
    """Query the published file, read-only, within limits of time and memory."""
    from assets.published.layout import published_in
    from pipelines.query import Limits
    from pipelines.rows import show_query

    text = sys.stdin.read() if query == "-" else query
    limits = Limits(timeout, memory, is_process=True)
    show_query(published_in(lake.resolve()), text, form.value, output, rows, limits)


@app.command()
def explain(
    table: Annotated[str, typer.Argument(help="A table or view, such as benchmark.gemeente_jaar.")],
    key: Annotated[list[str], typer.Argument(help="The key of a row: column=value, such as gemeente=Utrecht.")],
    lake: LakeOption = None,
    form: Annotated[Form, typer.Option("--format", help="csv: the rows at CBS; json: all of it.")] = Form.table,
) -> None:
    """Go from a figure of a gemeente back to the rows at CBS: table, vintage, page and row id."""
    from assets.published.layout import published_file
    from pipelines.explain import explain as explained
    from pipelines.explain import write_explanation

    write_explanation(explained(published_file(_lake(lake)), table, key), form.value)


@app.command()
def export(
    to: Annotated[Path, typer.Option(help="Folder: empty, not there, or an export made before, which is replaced.")],
    form: Annotated[
        list[ExportForm] | None, typer.Option("--format", help="May be given more than once (default: all).")
    ] = None,
    tables: Annotated[
        list[str] | None,
        typer.Option(help="Tables, such as benchmark.*; more than once (default: all but core)."),
    ] = None,
    lake: LakeOption = None,
) -> None:
    """Write the published file as CSV, Parquet, Excel, a Frictionless data package and DCAT-AP-NL metadata."""
    from assets.published.export.bestand import DEFAULT
    from assets.published.export.export import FORMS
    from assets.published.export.export import export as write
    from assets.published.layout import published_file
    from pipelines.settings import load_settings

    forms = [one.value for one in form or [] if one is not ExportForm.all] or list(FORMS)
    contact = load_settings(lake=lake).contact
    files = write(published_file(_lake(lake)), to, forms, tables or DEFAULT, contact)
    typer.echo(f"{len(files)} files in {to}")
    if "dcat" in forms and contact is None:
        typer.echo("dcat.jsonld has no contact point, which DCAT-AP-NL asks for; set REINTEGRATIE_CONTACT", err=True)


@app.command()
def publish(
    to: Annotated[str, typer.Option(help="s3://bucket/prefix or file:///folder.")],
    lake: LakeOption = None,
) -> None:
    """Put the published file, Parquet, data package and checksums elsewhere, as a version that never changes."""
    from assets.published.elsewhere import publish_to
    from assets.published.layout import published_file
    from pipelines.settings import load_settings

    made = publish_to(published_file(_lake(lake)), to, load_settings(lake=lake).contact)
    typer.echo(f"{made.address}: {made.files} files{'' if made.is_new else ', there already and the same'}")


@app.command()
def replicate(
    lake: LakeOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail when a number differs (wijkt af).")] = False,
    form: Annotated[Form, typer.Option("--format", help="How rows are written.")] = Form.table,
) -> None:
    """Set every number the reference report prints beside ours; exit 0 whatever the verdicts, unless --strict."""
    from assets.published.layout import published_file
    from pipelines.replicate import DIFFERS, print_scorecard, scorecard

    columns, rows = scorecard(published_file(_lake(lake)))
    print_scorecard(columns, rows, form.value)
    differ = [row[0] for row in rows if dict(zip(columns, row, strict=True))["oordeel"] == DIFFERS]
    if strict and differ:
        raise ContractError(f"--strict: {len(differ)} printed numbers differ from ours: {', '.join(differ)}")


@app.command()
def doctor(
    source: Annotated[
        str | None, typer.Option(help="replica (embedded, the default), cbs, or the address of a running replica.")
    ] = None,
    facts: Annotated[Path | None, typer.Option(help="Folder with figures for the embedded replica.")] = None,
    pages: Annotated[
        bool, typer.Option("--pages", help="Also see how answers are paged: three requests of row numbers.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A report to send.")] = False,
) -> None:
    """Check what we assume of CBS, without downloading data: tables, columns, titles, filters, and what is new."""
    from assets.cbs.download import Selection
    from assets.cbs.registry import load_registry
    from pipelines.definitions import connect
    from pipelines.doctor import as_json as to_json
    from pipelines.doctor import examine, print_report
    from pipelines.settings import load_settings

    settings = load_settings(source=source, facts=facts)
    keuzes, registry = settings.keuzes(), load_registry()
    selection = Selection((*keuzes.taakvelden, *keuzes.levering_taakvelden))
    with connect(settings) as transport:
        years = {*registry.boekjaren(), *settings.boekjaren()}
        report = examine(transport, registry, years, selection, pages=pages)
    if as_json:
        typer.echo(to_json(report))
    else:
        print_report(report)
    if report.outcome == "wrong" or not report.is_reached:
        sys.exit(FAILED)


@app.command()
def ui(
    lake: LakeOption = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000,
) -> None:
    """Open Dagster's web interface on loopback, with the history of this lake."""
    from assets.lake import Lake
    from pipelines.run import dagster_home
    from pipelines.settings import load_settings

    settings = load_settings(lake=lake)
    dagster_home(Lake(settings.lake.resolve()))
    os.environ["REINTEGRATIE_LAKE"] = str(settings.lake.resolve())
    program = Path(sys.executable).with_name("dagster")
    arguments = [str(program), "dev", "-m", "pipelines.definitions", "-h", "127.0.0.1", "-p", str(port)]
    os.execv(program, arguments)  # noqa: S606  # our own program, no shell


@replica_app.command("serve")
def replica_serve(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes any.")] = 8123,
    facts: Annotated[Path | None, typer.Option(help="Folder with figures that are served exactly.")] = None,
    seed: Annotated[int, typer.Option(help="Of what is filled in.")] = 1,
    faults: Annotated[
        Path | None, typer.Option(help="TOML file that says how answers are spoiled; opens /_faults too.")
    ] = None,
) -> None:
    """Serve the replica until interrupted."""
    from pipelines.replica.server import serve

    serve(port, facts, seed, faults=faults)


def _lake(lake: Path | None) -> "Lake":
    from assets.lake import Lake
    from pipelines.settings import load_settings

    return Lake(load_settings(lake=lake).lake.resolve())


@contextmanager
def kept_for_life() -> "Iterator[None]":
    """Import within: what is there at the end is kept for the life of the program, and not looked through for garbage.

    Looking once through what Dagster and polars are made of took a twentieth of the time of a night without news. In a
    program that imported them before, such as the tests, nothing is kept that way.
    """
    if "dagster" in sys.modules:
        yield
        return
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def _run(job: str, settings: "Settings") -> None:
    with kept_for_life():
        from assets.cbs.oordeel import held_back
        from assets.lake import Lake
        from pipelines.alert import message, tell
        from pipelines.pakket import packed_keuzes
        from pipelines.run import run_job
        from pipelines.show import progress_shown, summary

    lake = Lake(settings.lake.resolve())
    keuzes = packed_keuzes(lake)
    if keuzes is not None and keuzes != settings.keuzes():
        typer.echo("the choices of this run are those of the package (archive.json), not those that are set", err=True)

    def tell_why(error: str) -> None:
        _warn(tell(settings, message(lake, "", error)))

    try:
        with progress_shown() as progress:
            run_id = run_job(job, settings, progress)
    except SettingsError as error:
        tell_why(str(error))
        raise
    except ReintegratieError as error:
        tell_why(str(error))
        raise type(error)(f"{job} failed; what was published before stays as it was.\n{error}") from error
    except Exception as error:
        # A fault of ours; whoever is to be told is told of that too.
        tell_why(f"unexpected {type(error).__name__}: {error}")
        raise
    _warn(tell(settings, message(lake, run_id, None)))
    summary(lake)
    held = held_back(lake)
    for bron, oordeel in held.items():
        reasons = "; ".join(oordeel.gebeurtenissen[-1].redenen)
        typer.echo(
            f"held back: {bron} {oordeel.vintage}: {reasons}. The one before stays in use; look at the table, then "
            f"`reintegratie accept {oordeel.vintage}` lets it in.",
            err=True,
        )
    if held and job == "refresh":
        sys.exit(HELD_BACK)


def _warn(troubles: "Sequence[str]") -> None:
    for trouble in troubles:
        typer.echo(f"reintegratie: {trouble}", err=True)


def main() -> None:
    """Run the command line; every failure is one screen: what, where, and what to do."""
    # Looking through what is kept for the life of the program again and again took a tenth of the time of a night
    # without news.
    gc.set_threshold(_GARBAGE, 20, 100)
    try:
        app()
    except SettingsError as error:
        _fail(str(error), WRONG_USE)
    except ReintegratieError as error:
        _fail(str(error), FAILED)
    except Exception as error:
        if TRACEBACK in os.environ:
            raise
        if isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
            # Of files of its own it says which; this is the screen, or where that was sent.
            _fail(f"what it has to say cannot be written ({error.strerror}); what was published is whole", FAILED)
        _fail(
            f"an unexpected {type(error).__name__}: {error}\nThis is a fault of reintegratie, not of you. "
            f"What was published stays. Run it again with {TRACEBACK}=1 to see where it comes from, and report that.",
            FAILED,
        )


def program() -> None:
    """Run the command line as a program of its own: `main`, and out.

    Python takes everything apart at its end, half a second after a refresh, to give back what the operating system
    takes back anyway. What must be closed is closed by who opened it, before `main` ends.
    """
    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError as error:
        # The disk is full, or the reader has gone, who needs no word. Python would say it as a fault, and end with 120.
        with suppress(OSError):
            if error.errno != errno.EPIPE:
                os.write(2, f"reintegratie: what it has to say cannot be written ({error.strerror})\n".encode())
        os._exit(FAILED)
    os._exit(code if isinstance(code, int) else FAILED)


def _fail(message: str, code: int) -> None:
    lines = message.splitlines()
    shown = lines[:_ERROR_LINES] + (
        [f"... and {len(lines) - _ERROR_LINES} lines more"] if len(lines) > _ERROR_LINES else []
    )
    typer.echo("reintegratie: " + "\n".join(shown), err=True)
    sys.exit(code)

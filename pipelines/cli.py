"""The command line `reintegratie`.

Here: commands, options, exit codes and how an error is shown. Not here: what a command does (`run`, `show`, `query`,
`replica`); those are imported when they are needed, so that `--help` answers at once.

Exit codes: 0 done, 1 failed, 2 wrong use.
"""

import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.errors import ContractError, ReintegratieError, SettingsError

if TYPE_CHECKING:
    from assets.lake import Lake
    from pipelines.settings import Settings

FAILED = 1
WRONG_USE = 2
_ERROR_LINES = 30
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
        typer.Option(help="Boekjaren, such as 2023 or 2020-2024 (default: 2017 to now)."),
    ] = None,
    lake: LakeOption = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the embedded replica (default: 1).")] = None,
) -> None:
    """Download what CBS changed, make every table after it, check, and publish."""
    from pipelines.settings import load_settings

    _run("refresh", load_settings(source=source, facts=facts, years=years, lake=lake, seed=seed))


@app.command()
def build(lake: LakeOption = None) -> None:
    """Make everything after raw again, without a network."""
    from pipelines.settings import load_settings

    _run("build", load_settings(lake=lake))


@app.command()
def status(
    lake: LakeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,  # a flag
) -> None:
    """Tell what the lake holds and what is published."""
    from pipelines.show import print_status
    from pipelines.show import status as look

    found = look(_lake(lake))
    if as_json:
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        print_status(found)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="A query on the published file.")],
    lake: LakeOption = None,
    form: Annotated[Form, typer.Option("--format", help="How rows are written.")] = Form.table,
) -> None:
    """Query the published file, read-only."""
    from assets.published.layout import published_file
    from pipelines.query import run_query, write_rows

    columns, rows = run_query(published_file(_lake(lake)), query)
    write_rows(columns, rows, form.value)


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
) -> None:
    """Serve the replica until interrupted."""
    from pipelines.replica.server import serve

    serve(port, facts, seed)


def _lake(lake: Path | None) -> "Lake":
    from assets.lake import Lake
    from pipelines.settings import load_settings

    return Lake(load_settings(lake=lake).lake.resolve())


def _run(job: str, settings: "Settings") -> None:
    from assets.lake import Lake
    from pipelines.run import run_job
    from pipelines.show import progress_shown, summary

    try:
        with progress_shown() as progress:
            run_job(job, settings, progress)
    except SettingsError:
        raise
    except ReintegratieError as error:
        raise type(error)(f"{job} failed; what was published before stays as it was.\n{error}") from error
    summary(Lake(settings.lake.resolve()))


def main() -> None:
    """Run the command line; every failure is one screen: what, where, and what to do."""
    try:
        app()
    except SettingsError as error:
        _fail(str(error), WRONG_USE)
    except ReintegratieError as error:
        _fail(str(error), FAILED)
    except Exception as error:
        if TRACEBACK in os.environ:
            raise
        _fail(
            f"an unexpected {type(error).__name__}: {error}\nThis is a fault of reintegratie, not of you. "
            f"What was published stays. Run it again with {TRACEBACK}=1 to see where it comes from, and report that.",
            FAILED,
        )


def _fail(message: str, code: int) -> None:
    lines = message.splitlines()
    shown = lines[:_ERROR_LINES] + (
        [f"... and {len(lines) - _ERROR_LINES} lines more"] if len(lines) > _ERROR_LINES else []
    )
    typer.echo("reintegratie: " + "\n".join(shown), err=True)
    sys.exit(code)

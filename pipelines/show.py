"""What a person sees of a run: progress, the summary, the status of a lake.

Here: words and tables on a terminal, and plain lines elsewhere. Not here: computing a figure; everything shown is read
from the published file or the lake.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

import duckdb
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bars
from rich.table import Table

from assets.cbs.download import Progress
from assets.cbs.oordeel import AANGEHOUDEN, oordelen
from assets.cbs.registry import load_registry
from assets.cbs.versheid import expected_on, read_controle, standing
from assets.core.assets import soort_of
from assets.lake import Lake, disk_use
from assets.published.layout import published_file
from assets.published.reading import opened

WARNING = {
    "reconstructie": "RECONSTRUCTIE: these are not CBS figures. They were filled in by the embedded replica.",
    "opname": "OPNAME: recorded CBS figures, not fetched from CBS by this run.",
}
_SUMMARY = """
    select
        boekjaar,
        lasten_euro / 1e6,
        lasten_per_inwoner_euro,
        lasten_per_bijstandsontvanger_euro,
        aantal_nulboekingen,
        aantal_niet_geleverd
    from benchmark.uitgaven_nederland
    where taakveld = '6.5' and verslagsoort = 'jaarrekening' and plaatsing = 2
    order by boekjaar
"""

_SRG = """
    select
        jaar,
        aantal_maanden,
        gemiddeld_aantal_voorzieningen,
        gemiddeld_aantal_personen,
        voorzieningen_per_persoon,
        is_voorlopig
    from benchmark.voorzieningen_type
    where niveau = 'totaal'
    order by jaar
"""


class Plain:
    """Progress as plain lines, for logs: one line when a table begins to download, and one when it is done."""

    _SAID: ClassVar = {
        "resume": "goes on with a download that was broken off",
        "restart": "starts over",
        "unchanged": "not changed",
        "done": "downloaded",
    }

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_heard = True

    def __call__(self, progress: Progress) -> None:
        """Tell how far a download is."""
        if progress.state in self._SAID:
            rows = f", {progress.rows_done} rows" if progress.state in ("done", "unchanged") else ""
            with self._lock:
                self._print(f"{progress.bron}: {self._SAID[progress.state]}{rows}")

    def _print(self, line: str) -> None:
        """Print a line; where none can be written any more (a full disk, a reader that left) the download goes on."""
        if self._is_heard:
            try:
                print(line, flush=True)  # noqa: T201  # the output
            except OSError:
                self._is_heard = False


class Live:
    """Progress as a bar for each table, for a terminal."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._lock = Lock()

    def __call__(self, progress: Progress) -> None:
        """Tell how far a download is."""
        with self._lock:
            task = self._tasks.get(progress.bron)
            if task is None:
                task = self._bars.add_task(progress.bron, total=None, state="")
                self._tasks[progress.bron] = task
            self._bars.update(task, completed=progress.rows_done, total=progress.rows_total, state=progress.state)


@contextmanager
def progress_shown() -> Iterator[Plain | Live]:
    """Give something to tell progress to: bars on a terminal, lines elsewhere."""
    if not sys.stdout.isatty():
        yield Plain()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[state]}"))
    with Bars(*columns, console=Console()) as bars:
        yield Live(bars)


def summary(lake: Lake) -> None:
    """Print what the published file says: spending a year, sources and their origin, checks."""
    out = console()
    path = published_file(lake)
    with opened(path) as con:
        herkomst = _value(con, "select waarde from core.instelling where naam = 'herkomst'")
        spending = con.execute(_SUMMARY).fetchall()
        srg = con.execute(_SRG).fetchall()
        sources = con.execute(
            "select herkomst, count(*), sum(rijen), max(opgehaald_op) from meta.bronnen group by 1 order by 1"
        ).fetchall()
        passed = _value(con, "select count(*) from meta.checks where is_geslaagd")
        checks = _value(con, "select count(*) from meta.checks")
        failed = con.execute(
            'select "check", beschrijving, aantal_rijen_fout from meta.checks where not is_geslaagd order by 1'
        ).fetchall()
    table = Table(title="Taakveld 6.5 Arbeidsparticipatie, jaarrekening, second plaatsing, all gemeenten, nominal")
    for column in (
        "boekjaar",
        "lasten (mln euro)",
        "per inwoner (euro)",
        "per bijstandsontvanger (euro)",
        "zero bookings",
        "not delivered",
    ):
        table.add_column(column, justify="right")
    for boekjaar, lasten, inwoner, bijstand, zero, missing in spending:
        table.add_row(str(boekjaar), _number(lasten), _number(inwoner, 2), _number(bijstand), str(zero), str(missing))
    out.print(table)
    out.print("ratios are ratios of sums over the gemeenten that delivered", style="dim")
    out.print(_srg_table(srg))
    for soort, count, rows, newest in sources:
        out.print(f"sources: {count} tables with herkomst {soort}, {rows} rows, newest of {newest}", highlight=False)
    out.print(f"checks: {passed} of {checks} passed", highlight=False)
    for name, meaning, rows in failed:
        out.print(f"  warning {name}: {rows} rows where not: {meaning}", highlight=False)
    if herkomst in WARNING:
        out.print(WARNING[herkomst], style="bold", highlight=False)
    out.print(f"published: {path}", highlight=False, soft_wrap=True)


def _srg_table(rows: Sequence[tuple[Any, ...]]) -> Table:
    table = Table(title="SRG, Nederland: running voorzieningen and persons with one, mean of the months")
    for column in ("jaar", "months", "voorzieningen", "personen", "voorzieningen per persoon", "status"):
        table.add_column(column, justify="right")
    for jaar, months, voorzieningen, personen, per_persoon, is_voorlopig in rows:
        numbers = (_number(voorzieningen), _number(personen), _number(per_persoon, 2))
        table.add_row(str(jaar), str(months), *numbers, "provisional" if is_voorlopig else "final")
    return table


def status(lake: Lake, today: date) -> dict[str, Any]:
    """Tell what a lake holds, and how fresh it is on a day.

    Returns:
        lake, published (None, or path, gepubliceerd_op, herkomst, boekjaren, checks), and bronnen: for each source the
        newest vintage, its table, Modified, rows, herkomst, the number of vintages, when CBS should have something
        newer, when it was last checked, and how it stands; bytes: what each part of the lake takes on disk.
    """
    bronnen = []
    for bron in lake.bronnen():
        vintages = lake.vintages(bron)
        manifest = vintages[-1].manifest
        bronnen.append(
            {
                "bron": bron,
                "tabel_id": manifest.tabel_id,
                "titel": manifest.titel,
                "vintage": vintages[-1].id,
                "aantal_vintages": len(vintages),
                "modified": manifest.modified,
                "rijen": manifest.rows,
                "herkomst": manifest.herkomst,
                "wereld": manifest.wereld,
                **_freshness(lake, bron, manifest.modified, today),
            }
        )
    return {
        "lake": str(lake.root),
        "published": _published(published_file(lake)),
        "bytes": disk_use(lake),
        "bronnen": bronnen,
    }


def _freshness(lake: Lake, bron: str, modified: str, today: date) -> dict[str, Any]:
    """Tell how a source stands: verwacht_op, gecontroleerd_op, stand, uitleg, aangehouden."""
    entry = load_registry().entries.get(soort_of(bron))
    if entry is None:  # an input file of the user
        return {"verwacht_op": None, "gecontroleerd_op": None, "stand": "", "uitleg": "", "aangehouden": []}
    jaar = int(bron.rpartition("_")[2]) if entry.per_jaar else None
    expected, controle = expected_on(entry.kalender, jaar, modified), read_controle(lake, bron)
    stand, uitleg = standing(controle, expected, today)
    newest = lake.newest(bron)
    oordeel = None if newest is None else oordelen(lake, bron)[newest.id]
    held = oordeel is not None and oordeel.status() == AANGEHOUDEN
    return {
        "verwacht_op": None if expected is None else expected.isoformat(),
        "gecontroleerd_op": None if controle is None else controle.gecontroleerd_op,
        "stand": "aangehouden" if held else stand,
        "uitleg": "; ".join(oordeel.gebeurtenissen[-1].redenen) if held and oordeel is not None else uitleg,
        "aangehouden": [newest.id] if held and newest is not None else [],
    }


def print_status(found: dict[str, Any]) -> None:
    """Print a status for a person."""
    out = console()
    out.print(f"lake: {found['lake']}", highlight=False, soft_wrap=True)
    published = found["published"]
    if published is None:
        out.print("published: nothing yet; run `reintegratie refresh`")
    else:
        out.print(
            f"published: {published['gepubliceerd_op']}, boekjaren {published['boekjaren']}, "
            f"herkomst {published['herkomst']}, checks {published['checks_geslaagd']} of {published['checks']} passed",
            highlight=False,
        )
    table = Table()
    for column in ("bron", "tabel_id", "modified", "rijen", "herkomst", "vintages", "newest vintage", "stand"):
        table.add_column(column, overflow="fold")
    for bron in found["bronnen"]:
        fields = ("bron", "tabel_id", "modified", "rijen", "herkomst", "aantal_vintages", "vintage", "stand")
        table.add_row(*(str(bron[field]) for field in fields))
    out.print(table)
    for bron in found["bronnen"]:
        if bron["stand"] not in ("actueel", ""):
            out.print(f"{bron['bron']}: {bron['stand']}: {bron['uitleg']}", highlight=False, soft_wrap=True)
    sizes = ", ".join(f"{part} {size / 1e6:,.1f} MB" for part, size in found["bytes"].items() if size)
    out.print(f"disk: {sizes}", highlight=False)
    if published is not None and published["herkomst"] in WARNING:
        out.print(WARNING[published["herkomst"]], style="bold", highlight=False)


def _published(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    with opened(path) as con:
        run = con.execute(
            "select gepubliceerd_op, herkomst, boekjaren, code_versie, run_id from meta.runs "
            "order by gepubliceerd_op desc, run_id desc limit 1"
        ).fetchone()
        checks = _value(con, "select count(*) from meta.checks")
        passed = _value(con, "select count(*) from meta.checks where is_geslaagd")
    names = ("gepubliceerd_op", "herkomst", "boekjaren", "code_versie", "run_id")
    fields = dict(zip(names, run or (), strict=True))
    return {"path": str(path), **fields, "checks": checks, "checks_geslaagd": passed}


def _value(con: duckdb.DuckDBPyConnection, query: str) -> Any:  # noqa: ANN401  # whatever the column holds
    row = con.execute(query).fetchone()
    return row[0] if row else None


def console() -> Console:
    """Give a console that does not cut off lines where there is no terminal."""
    return Console() if sys.stdout.isatty() else Console(width=120)


def _number(value: float | None, decimals: int = 0) -> str:
    return "-" if value is None else f"{value:,.{decimals}f}"

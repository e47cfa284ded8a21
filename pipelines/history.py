"""Looking back: vintages, revisions, a publication of an earlier day, an archive, and whether all is as it was.

Here: what the commands `vintages`, `diff`, `build --as-of`, `archive`, `verify` and `clean` do. Not
here: how a vintage is judged (`assets.cbs.oordeel`), or making any table.
"""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
from pydantic import TypeAdapter

from assets.cbs.download import Progress
from assets.cbs.kolommen import forget
from assets.cbs.oordeel import AANVAARD, not_compared, oordelen
from assets.core.inputs import Inputs, choose_inputs
from assets.core.keuzes import Keuzes
from assets.errors import ContractError, IncompleteError, LakeError, SettingsError
from assets.lake import Lake, Vintage, atomic_path, held, lake_errors, read_vintage, write_bytes
from assets.published.layout import published_file
from assets.published.reading import opened
from pipelines.pakket import FILE_NAME, Pakket, packed_keuzes
from pipelines.run import run_job
from pipelines.settings import Settings

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_SUMS = "SHA256SUMS"


def moment(text: str) -> str:
    """Read a day or a moment as the end of it in UTC: `2026-03-01` is 2026-03-01T23:59:59Z.

    Raises:
        SettingsError: it is neither.
    """
    found = f"{text}T23:59:59Z" if _DAY.fullmatch(text) else text
    try:
        datetime.strptime(found, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise SettingsError(f"{text!r} is no day (2026-03-01) and no moment in UTC (2026-03-01T05:30:00Z)") from error
    return found


def vintages(lake: Lake) -> list[dict[str, Any]]:
    """List every vintage of a lake, by source, the oldest first.

    Returns:
        bron, vintage, tabel_id, modified, opgehaald_op, rijen, herkomst, status (aanvaard, aangehouden), in_gebruik,
        bevindingen (what differed from the vintage before).
    """
    used = {(bron, v.id) for bron, v in _inputs_or_none(lake).items()}
    rows = []
    for bron in lake.bronnen():
        found = oordelen(lake, bron)
        for vintage in lake.vintages(bron):
            oordeel = found[vintage.id]
            rows.append(
                {
                    "bron": bron,
                    "vintage": vintage.id,
                    "tabel_id": vintage.manifest.tabel_id,
                    "modified": vintage.manifest.modified,
                    "opgehaald_op": vintage.manifest.downloaded_at,
                    "rijen": vintage.manifest.rows,
                    "herkomst": vintage.manifest.herkomst,
                    "status": AANVAARD if oordeel is None else oordeel.status(),
                    "in_gebruik": (bron, vintage.id) in used,
                    "bevindingen": [] if oordeel is None else list(oordeel.bevindingen),
                }
            )
    return rows


def diff(lake: Lake, first: str | None, last: str | None) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Give every number that is another one in the later of two publications.

    Args:
        lake: whose published file is read.
        first: the earlier one: a run_id, a day or a moment; None: the one before the last.
        last: the later one; None: the last.

    Returns:
        columns and rows: tabel, sleutel, kolomnaam, oud, nieuw, gewijzigd_op, oorzaak. A number that changed more than
        once has what it was at first and what it is at last; one that changed back is not there.

    Raises:
        LakeError: there is no published file.
        SettingsError: a publication is not known, or figures of another world were published after it.
    """
    path = published_file(lake)
    if not path.is_file():
        raise LakeError(f"there is no published file at {path}; run `reintegratie refresh` first, or name a --lake")
    with opened(path) as con:
        runs = [str(row[0]) for row in con.execute("select gepubliceerd_op from meta.runs order by 1").fetchall()]
        by_id = dict(con.execute("select run_id, gepubliceerd_op from meta.runs").fetchall())
        since = _published_at(first, runs, by_id) if first is not None else (runs[-2] if len(runs) > 1 else runs[-1])
        until = _published_at(last, runs, by_id) if last is not None else runs[-1]
        _require_one_world(con, since)
        result = con.execute(
            """
            select
                tabel,
                sleutel,
                kolomnaam,
                any_value(eerste_oud) as oud,
                any_value(laatste_nieuw) as nieuw,
                max(gewijzigd_op) as gewijzigd_op,
                string_agg(distinct oorzaak, ', ' order by oorzaak) as oorzaak
            from (
                select
                    *,
                    first_value(oud) over cel as eerste_oud,
                    last_value(nieuw) over cel as laatste_nieuw
                from meta.revisies
                where gewijzigd_op > ? and gewijzigd_op <= ?
                window cel as (
                    partition by tabel, sleutel, kolomnaam
                    order by gewijzigd_op
                    rows between unbounded preceding and unbounded following
                )
            )
            where eerste_oud is distinct from laatste_nieuw
            group by tabel, sleutel, kolomnaam
            order by tabel, sleutel, kolomnaam
            """,
            [since, until],
        )
        columns = [column[0] for column in result.description or ()]
        return columns, result.fetchall()


def _require_one_world(con: duckdb.DuckDBPyConnection, since: str) -> None:
    """Refuse to compare what has no revisions: figures of another world, or of before there were those of now."""
    runs = con.execute("from meta.runs order by gepubliceerd_op")
    columns = [column[0] for column in runs.description or ()]
    before: tuple[bool, str | None] | None = None
    for row in runs.fetchall():
        run = dict(zip(columns, row, strict=True))
        # A file of before schema 1.1 does not say which world.
        world, now = (run["herkomst"] == "cbs", run.get("wereld")), run["gepubliceerd_op"]
        if now > since and world != before:
            raise SettingsError(
                f"at {now} figures of another world were published ({run['herkomst']}), and two worlds are not "
                "compared: `diff` tells of publications from then on"
            )
        before = world


def _published_at(text: str, runs: Sequence[str], by_id: Mapping[str, str]) -> str:
    """Give the moment of the publication that a run_id names, or that was there at a moment."""
    if text in by_id:
        return by_id[text]
    until = moment(text).replace("Z", "+00:00")
    past = [run for run in runs if run <= until]
    if not past:
        raise SettingsError(f"nothing was published by {text}: the first publication is of {runs[0]}")
    return past[-1]


def build_as_of(settings: Settings, as_of: str, output: Path, progress: Callable[[Progress], None]) -> Path:
    """Rebuild what would have been published at a moment, without a network, into a file of its own.

    Args:
        settings: names the lake.
        as_of: a day or a moment (UTC).
        output: the DuckDB file to write; the Parquet of every table goes into the folder beside it that ends in
            `-parquet`.
        progress: as for `run_job`.

    Returns:
        the folder of the Parquet files.

    Raises:
        SettingsError: the moment is none, or output is there already.
        LakeError: the lake had not all tables by then.
    """
    at, own = moment(as_of), Lake(settings.lake.resolve())
    parquet = output.with_name(f"{output.stem}-parquet")
    for path in (output, parquet):
        if path.exists():
            raise SettingsError(f"{path} is there already; take it away or name another --output")
    with lake_errors(output):
        output.resolve().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.resolve().parent, prefix=".as-of-") as scratch:
        lake = Lake(Path(scratch) / "lake", own.root, at)
        choose_inputs(lake)  # says what is missing before anything is made
        run_job("rebuild", settings, progress, lake, keuzes_at(own, at) or packed_keuzes(own) or settings.keuzes())
        # Both are whole before either has its name.
        with atomic_path(output) as temporary:
            shutil.copyfile(published_file(lake), temporary)
            (lake.published / "parquet").rename(parquet)
    return parquet


def keuzes_at(lake: Lake, at: str) -> Keuzes | None:
    """Give the choices of the publication that was there at a moment; None when none is known."""
    path = published_file(lake)
    if not path.is_file():
        return None
    with opened(path) as con:
        row = con.execute(
            "select keuzes from meta.runs where gepubliceerd_op <= ? order by gepubliceerd_op desc limit 1",
            [at.replace("Z", "+00:00")],
        ).fetchone()
    if row is None:
        return None
    return TypeAdapter(Keuzes).validate_json(row[0])


def archive(lake: Lake, folder: Path, keuzes: Keuzes, as_of: str | None = None) -> int:
    """Write a package from which another machine rebuilds the same tables.

    It has the layout of a lake: `reintegratie build --lake FOLDER` makes the tables, with the choices that are named in
    it, and `verify --lake FOLDER` checks it.

    Args:
        lake: of which the vintages in use are taken.
        folder: where to; it must not be there, or be empty.
        keuzes: the choices to be named in the package.
        as_of: a day or a moment; None: now.

    Returns:
        the number of vintages.

    Raises:
        SettingsError: the folder holds something.
    """
    at = None if as_of is None else moment(as_of)
    seen = Lake(lake.root, None, at)
    with lake_errors(folder):
        if folder.exists() and any(folder.iterdir()):
            raise SettingsError(f"{folder} holds something already; name a folder that is empty or not there")
    inputs = choose_inputs(seen)
    used = {**inputs.vintages, **inputs.invoer}
    about = Pakket(
        code_versie=version("reintegratie"),
        as_of=at,
        keuzes=(keuzes_at(lake, at) if at else None) or packed_keuzes(lake) or keuzes,
        vintages={bron: vintage.id for bron, vintage in sorted(used.items())},
        herkomst=inputs.herkomst,
        bouwen="reintegratie build --lake <this folder>",
    )
    with lake_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Aside first: a package that is there is whole.
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".archive-") as scratch:
            made = Path(scratch) / folder.name
            for bron, vintage in sorted(used.items()):
                _copy(vintage.path, made / "raw" / bron / vintage.id)
            for vintage in inputs.invoer.values():
                # A build looks for the files themselves; one that is not there was taken away.
                for file in vintage.manifest.files:
                    write_bytes(made / "invoer" / file.name, vintage.read(file.name))
            write_bytes(made / FILE_NAME, about.model_dump_json(indent=1).encode())
            lines = [f"{_sha256(path)}  {path.relative_to(made).as_posix()}" for path in _files(made)]
            write_bytes(made / _SUMS, ("\n".join(lines) + "\n").encode())
            made.replace(folder)  # in the place of nothing, or of an empty folder
    return len(used)


def verify(lake: Lake) -> tuple[int, list[str]]:
    """Check every hash of a lake or of a package: each response of each vintage, and the package's own list.

    Returns:
        how many files were checked, and what is not as it was, in words.

    Raises:
        LakeError: there is nothing to check.
    """
    checked, wrong = 0, []
    for bron in lake.bronnen():
        for folder in lake.vintage_folders(bron):
            try:
                vintage = read_vintage(folder)
            except LakeError as error:
                # Of the others it can still be told. The first line says which file; the others what it lacks.
                checked += 1
                wrong.append(str(error).splitlines()[0])
                continue
            for file in vintage.manifest.files:
                checked += 1
                try:
                    vintage.read(file.name)
                except LakeError as error:
                    wrong.append(str(error))
            wrong += [
                f"{path} is not named in the manifest of its vintage"
                for path in sorted((vintage.path / "files").glob("*"))
                if path.name not in {f"{file.name}.zst" for file in vintage.manifest.files}
            ]
    sums = lake.root / _SUMS
    if sums.is_file():
        for line in sums.read_text(encoding="utf-8").splitlines():
            digest, _, name = line.partition("  ")
            checked += 1
            path = lake.root / name
            if not path.is_file():
                wrong.append(f"{path} is gone")
            elif _sha256(path) != digest:
                wrong.append(f"{path} is not what was archived (sha256 differs)")
    if not checked:
        raise LakeError(f"there is nothing to check in {lake.root}: it holds no vintage and no package; name a --lake")
    return checked, wrong


def clean(lake: Lake, keep_days: int) -> list[Vintage]:
    """Remove vintages that no kept publication used.

    Kept are: the publications of the last `keep_days` days and the newest one, with every vintage in use at their
    moment; every vintage that the published file names; every vintage downloaded in these days; the newest of each
    source, and the newest accepted one.

    Returns:
        what was removed.

    Raises:
        ContractError: there is no published file, so what was used is not known.
        LakeError: a run has the lake, or something in it cannot be read; nothing was removed.
    """
    with held(lake):
        return _clean(lake, keep_days)


def _clean(lake: Lake, keep_days: int) -> list[Vintage]:
    path = published_file(lake)
    if not path.is_file():
        raise ContractError(
            f"there is no published file at {path}: which vintages are used is not known; nothing removed"
        )
    since = (datetime.now(UTC) - timedelta(days=keep_days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with opened(path) as con:
        runs = [str(row[0]) for row in con.execute("select gepubliceerd_op from meta.runs order by 1").fetchall()]
        keep = set(con.execute("select bron, vintage from meta.bronnen").fetchall())
    kept = [run for run in runs if run >= since.replace("Z", "+00:00")] or runs[-1:]
    for moment_ in [*(run.replace("+00:00", "Z") for run in kept), None]:
        keep |= {(bron, v.id) for bron, v in _inputs_or_none(Lake(lake.root, None, moment_)).items()}
    # All of it is decided before the first one goes: what cannot be read may be what tells that others are used.
    removed = []
    for bron in lake.bronnen():
        # Whether these were used cannot be told, nor whether the ones before them were in their place.
        keep |= {(bron, id_) for pair in not_compared(lake, bron).items() for id_ in pair}
        removed += [
            vintage
            for vintage in lake.vintages(bron)[:-1]
            if (bron, vintage.id) not in keep and vintage.manifest.downloaded_at < since
        ]
    for vintage in removed:
        with lake_errors(vintage.path):
            # Renamed first: a vintage that is half removed must not be seen as one.
            gone = vintage.path.with_name(f".removed-{vintage.id}")
            vintage.path.rename(gone)
            shutil.rmtree(gone)
        forget(vintage)
    return removed


def _inputs_or_none(lake: Lake) -> dict[str, Vintage]:
    """Give the vintages in use, or none when the lake had not all tables then, or those of several worlds.

    Raises:
        LakeError: a vintage or a judgement cannot be read.
    """
    try:
        inputs: Inputs = choose_inputs(lake)
    except (IncompleteError, ContractError):
        return {}
    return {**inputs.vintages, **inputs.invoer}


def _copy(folder: Path, target: Path) -> None:
    """Copy a folder; not by shutil.copytree, which hides why the operating system refused."""
    for path in _files(folder):
        copy = target / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _files(folder: Path) -> Iterator[Path]:
    return iter(sorted(path for path in folder.rglob("*") if path.is_file()))


def _sha256(path: Path) -> str:
    with lake_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

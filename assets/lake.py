"""The lake: where files live, raw vintages, and atomic writes.

Here: paths, the manifest of a vintage, and the only ways this project writes files. Not here: downloading
(`assets.cbs`), or what is inside a table.

    <lake>/raw/<bron>/<vintage>/     manifest.json and files/*.json.zst: what CBS sent, byte for byte; never changed
    <lake>/raw/<bron>/.download/     a download under way; the next run goes on with it
    <lake>/raw/<bron>/checked.json   the newest Modified seen with contents unchanged
    <lake>/raw/<bron>/status.json    when it was last checked, and since when that fails
    <lake>/raw/<bron>/.lock          held by the run that downloads this table
    <lake>/raw/<bron>/.oordelen/     whether each vintage may be used
    <lake>/raw/<bron>/.kolommen/     the rows of each vintage as columns; made again when they are not there
    <lake>/invoer/                   input files that are no open data of CBS, put there by a user
    <lake>/core/, benchmark/, rapport/  one Parquet a table
    <lake>/published/                the DuckDB file and Parquet copies
    <lake>/.stempels/                what each table was made from
    <lake>/quarantine/               rows that were refused
    <lake>/dagster/                  Dagster's own history (DAGSTER_HOME)
    <lake>/.run.lock                 held by the run that works on this lake
"""

import errno
import fcntl
import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Literal, TypeVar

import polars as pl
import zstandard
from polars.io.plugins import register_io_source
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assets.errors import LakeError

_M = TypeVar("_M", bound=BaseModel)
_ZSTD_LEVEL = 3
_ZSTD_LEVEL_JSON = 1  # smaller than 3 for what CBS sends, and sooner
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_MANIFEST = "manifest.json"
# Rows together in a Parquet file: who writes or reads one holds some of these at a time. The size is given, as it would
# otherwise depend on the machine.
GROUP_ROWS = 40_960
# Polars asks for some pieces of a part before it writes one, so they are small.
_SLICE_ROWS = 20_000
# A page of CBS is 2 MB, and up to 20 MB in v4; a file that unpacks to more than this was not written by this project.
_MAX_FILE_BYTES = 512 * 1024 * 1024


class FileEntry(BaseModel):
    """One response of CBS in a vintage.

    `bytes` and `sha256` are of the response as sent, before it was compressed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*$")
    resource: str
    role: Literal["data", "metadata", "codes"]
    url: str
    rows: int
    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What a vintage is: which table, with which filter, as CBS had it when.

    `selectie` is what was asked, in the words of the registry; `filter` is what that became in CBS's keys.
    `sha256` is of the contents: the rows in order, and the code lists and measures that describe them, all
    re-serialised canonically, so that neither the addresses in the answers nor the way the rows were paged
    count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bron: str
    tabel_id: str
    titel: str
    catalogus: str
    protocol: Literal["v3", "v4", "bestand"]
    address: str
    url: str
    selectie: str
    filter: str
    kolommen: tuple[str, ...]
    modified: str
    downloaded_at: str
    licentie: str
    herkomst: Literal["cbs", "opname", "reconstructie"]
    herkomst_toelichting: str
    wereld: str
    rows: int
    bytes: int
    sha256: str
    files: tuple[FileEntry, ...]


@dataclass(frozen=True)
class Vintage:
    """One complete download of one table.

    Args:
        id: time of completion and the first digits of the content hash.
        path: its folder.
        manifest: what it is.
    """

    id: str
    path: Path
    manifest: Manifest

    def read(self, name: str) -> bytes:
        """Give one response as CBS sent it.

        Raises:
            LakeError: the file is gone or its hash is not that of the manifest.
        """
        entry = next((file for file in self.manifest.files if file.name == name), None)
        if entry is None:
            raise LakeError(f"vintage {self.path} has no file {name}")
        content = read_compressed(self.path / "files" / f"{name}.zst")
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            raise LakeError(
                f"{self.path / 'files' / name} is not what was downloaded (sha256 differs). "
                f"Move {self.path} away and run `reintegratie refresh` again."
            )
        return content


def completed_at(newest: Vintage | None) -> str:
    """Give the moment at which a download is complete: now, in UTC, and later than the vintage before.

    Vintages are in order by name: two in one second, or a clock set back, must not change that.
    """
    now = datetime.now(UTC)
    if newest is not None:
        last = datetime.strptime(newest.manifest.downloaded_at, _TIME).replace(tzinfo=UTC)
        now = max(now, last + timedelta(seconds=1))
    return now.strftime(_TIME)


@dataclass(frozen=True)
class Lake:
    """The folder that holds everything. Its parts are made when something is written to them.

    Args:
        root: the folder.
        raw_root: another lake whose vintages are read; None: its own.
        as_of: only vintages that were complete by this moment (UTC, ISO 8601) are seen; None: all.
    """

    root: Path
    raw_root: Path | None = None
    as_of: str | None = None

    @property
    def raw(self) -> Path:
        """Give the folder of the raw vintages."""
        return (self.raw_root or self.root) / "raw"

    @property
    def invoer(self) -> Path:
        """Give the folder of the input files that a user may put there."""
        return self.root / "invoer"

    @property
    def core(self) -> Path:
        """Give the folder of the core tables."""
        return self.root / "core"

    @property
    def benchmark(self) -> Path:
        """Give the folder of the benchmark tables."""
        return self.root / "benchmark"

    @property
    def rapport(self) -> Path:
        """Give the folder of the tables of the reference report."""
        return self.root / "rapport"

    @property
    def published(self) -> Path:
        """Give the folder of the published files."""
        return self.root / "published"

    @property
    def quarantine(self) -> Path:
        """Give the folder of refused rows."""
        return self.root / "quarantine"

    @property
    def dagster_home(self) -> Path:
        """Give the folder of Dagster's history."""
        return self.root / "dagster"

    def check_writable(self) -> None:
        """See that the lake can be written before anything is started.

        Raises:
            LakeError: naming the folder and what to do.
        """
        with lake_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.root):
                pass

    def bronnen(self) -> list[str]:
        """Name the sources that have at least one vintage, sorted."""
        if not self.raw.is_dir():
            return []
        return sorted(folder.name for folder in self.raw.iterdir() if self.vintage_folders(folder.name))

    def vintages(self, bron: str) -> list[Vintage]:
        """Give the vintages of a source, the oldest first.

        Raises:
            LakeError: a manifest cannot be read.
        """
        return [read_vintage(path) for path in self.vintage_folders(bron)]

    def newest(self, bron: str) -> Vintage | None:
        """Give the newest vintage of a source, or None.

        Raises:
            LakeError: its manifest cannot be read.
        """
        paths = self.vintage_folders(bron)
        return read_vintage(paths[-1]) if paths else None

    def vintage_folders(self, bron: str) -> list[Path]:
        """Give the folders of the vintages, the oldest first: their names begin with the time."""
        folder = self.raw / bron
        if not folder.is_dir():
            return []
        # The name of a vintage begins with the moment at which it was complete.
        until = None if self.as_of is None else self.as_of.replace("-", "").replace(":", "")
        return sorted(
            path
            for path in folder.iterdir()
            if path.is_dir() and not path.name.startswith(".") and (until is None or path.name.split("-")[0] <= until)
        )

    def add_vintage(self, folder: Path, manifest: Manifest) -> Vintage:
        """Turn a finished download into a vintage: write its manifest, then give the folder its name.

        Args:
            folder: holds `files/`; it is on the same file system and is moved. What the manifest does not
            name is
                removed first (the state of the download, a file that a killed run left half written).
            manifest: what it is.

        Raises:
            LakeError: a vintage of this name is there already, or the lake cannot be written.
        """
        stamp = manifest.downloaded_at.replace("-", "").replace(":", "")
        target = self.raw / manifest.bron / f"{stamp}-{manifest.sha256[:8]}"
        if target.exists():
            raise LakeError(f"{target} is there already; was the clock set back? Run again in a second.")
        write_bytes(folder / _MANIFEST, manifest.model_dump_json(indent=1).encode())
        named = {f"{file.name}.zst" for file in manifest.files}
        with lake_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            for path in (folder / "files").iterdir():
                if path.name not in named:
                    path.unlink()
                else:
                    _sync(path)  # pages are written without, one by one
            _sync(folder / "files")
            for path in folder.iterdir():
                if path.is_file() and path.name != _MANIFEST:
                    path.unlink()
            folder.rename(target)
            _sync(target.parent)
        return Vintage(target.name, target, manifest)


def disk_use(lake: Lake) -> dict[str, int]:
    """Give the bytes each part of a lake takes."""
    parts = ("raw", "core", "benchmark", "rapport", "published", "quarantine", "dagster")
    with lake_errors(lake.root):
        return {
            part: sum(path.stat().st_size for path in (lake.root / part).rglob("*") if path.is_file()) for part in parts
        }


_FULL = "Make room and run again; what was complete is kept."
_RIGHTS = "The lake is not writable for this user: change its rights, or choose another with --lake."
_A_FILE = "A part of the path is a file, not a folder: choose another lake with --lake."
_ADVICE = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: "The lake is on a read-only file system: choose another with --lake.",
    errno.ENOTDIR: _A_FILE,
    errno.EEXIST: _A_FILE,
    errno.EWOULDBLOCK: "Another run is working on it: wait until that is done, then run again.",
}


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock on a file, so that two runs do not write the same thing.

    The operating system frees it when the run ends, however it ends; the empty file stays.

    Raises:
        LakeError: another run has it.
    """
    with lake_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        with lake_errors(path):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def lake_errors(path: Path) -> Iterator[None]:
    """Turn an error of the operating system into one that says which path and what to do."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        advice = _ADVICE.get(error.errno or 0, "Look at this path, then run again.")
        raise LakeError(f"cannot use {path}: {reason}. {advice}") from error


@contextmanager
def held(lake: Lake) -> Iterator[Lake]:
    """Have a lake for oneself: one run, or one command that changes what is there, at a time.

    What processes that were killed left half made is taken away first.

    Raises:
        LakeError: somebody else has it.
    """
    with exclusive(lake.root / ".run.lock"):
        _sweep(lake)
        yield lake


@contextmanager
def atomic_path(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Give a temporary name beside `path`; when the block ends well it is synced and renamed to `path`.

    When the block fails the temporary file is removed, and what was at `path` stays.

    Args:
        path: where the file should be.
        durable: whether it must outlast a loss of power at once; False for what is checked when it is read again.

    Raises:
        LakeError: the file cannot be written.
    """
    with lake_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    # The process id keeps two processes apart; a name left by a killed process is written over by nobody
    # else.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with lake_errors(path):
            temporary.unlink(missing_ok=True)
            yield temporary
            if durable:
                _sync(temporary)
            temporary.replace(path)
            if durable:
                _sync(path.parent)
    finally:
        with suppress(OSError):
            # What stopped the writing may stop this too; the first error is the one to be told.
            temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file atomically; see `atomic_path`."""
    with atomic_path(path, durable=durable) as temporary:
        temporary.write_bytes(content)


def compressed(content: bytes) -> bytes:
    """Give the bytes of a file that `read_compressed` reads."""
    return zstandard.ZstdCompressor(level=_ZSTD_LEVEL_JSON).compress(content)


def write_compressed(path: Path, content: bytes) -> None:
    """Write a file atomically, zstd-compressed; see `atomic_path`."""
    write_bytes(path, compressed(content))


def read_compressed(path: Path) -> bytes:
    """Read a file that `write_compressed` wrote, or that holds what `compressed` gave.

    Raises:
        LakeError: it is gone or damaged.
    """
    with lake_errors(path):
        packed = path.read_bytes()
    try:
        # Looked at first: room is made for the size in the header, whatever that says.
        if not 0 <= zstandard.frame_content_size(packed) <= _MAX_FILE_BYTES:
            raise LakeError(f"{path} is damaged (it has an impossible size); move its vintage away and refresh again")
        return zstandard.ZstdDecompressor().decompress(packed, max_output_size=_MAX_FILE_BYTES)
    except zstandard.ZstdError as error:
        raise LakeError(f"{path} is damaged ({error}); move its vintage away and refresh again") from error


def read_model(path: Path, model: type[_M], what_to_do: str) -> _M | None:
    """Read what was written as JSON of a model; None: it is not there.

    Args:
        path: of the file.
        model: what it should be.
        what_to_do: when it is damaged, as the end of a sentence.

    Raises:
        LakeError: it cannot be read, or is damaged.
    """
    with lake_errors(path):
        if not path.is_file():
            return None
        text = path.read_bytes()
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise LakeError(f"{path} is damaged; {what_to_do}. {error}") from error


def write_table(path: Path, frame: pl.DataFrame) -> None:
    """Write a frame as Parquet, atomically and with the same bytes for the same frame.

    Raises:
        LakeError: the file cannot be written.
    """
    # Made in memory first: polars hides the operating system's error (disk full) in one of its own.
    content = io.BytesIO()
    frame.write_parquet(
        content, compression="zstd", compression_level=_ZSTD_LEVEL, statistics=True, row_group_size=GROUP_ROWS
    )
    write_bytes(path, content.getvalue())


def write_parts(path: Path, parts: Iterable[pl.DataFrame]) -> int:
    """Write frames, one after another, as one Parquet file; like `write_table`, with room for one at a time.

    Args:
        path: of the file.
        parts: at least one, all with the same columns; what fails while they are made is raised as it is.

    Returns:
        the number of rows.

    Raises:
        LakeError: the file cannot be written.
    """
    stream = iter(parts)
    first = next(stream)
    rows, failures = 0, list[Exception]()

    def given(*_asked: object) -> Iterator[pl.DataFrame]:
        nonlocal rows
        try:
            for part in chain([first], stream):
                rows += len(part)
                yield from part.iter_slices(_SLICE_ROWS)
        except Exception as failure:
            # Told to the one who asked, as it is: polars would make another error of it.
            failures.append(failure)
            raise

    content = io.BytesIO()
    try:
        register_io_source(given, schema=first.schema).sink_parquet(
            content, compression="zstd", compression_level=_ZSTD_LEVEL, statistics=True, row_group_size=GROUP_ROWS
        )
    except pl.exceptions.PolarsError:
        if not failures:
            raise
    for failure in failures:
        raise failure
    write_bytes(path, content.getvalue())
    return rows


def read_vintage(path: Path) -> Vintage:
    """Give the vintage in a folder.

    Raises:
        LakeError: its manifest cannot be read.
    """
    return Vintage(path.name, path, _read_manifest(path / _MANIFEST))


def _read_manifest(path: Path) -> Manifest:
    with lake_errors(path):
        text = path.read_bytes()
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise LakeError(f"{path} is not a manifest of this version; move its vintage away. {error}") from error


def _sweep(lake: Lake) -> None:
    """Take away what processes that were killed left half made; what is whole has another name."""
    made = [folder for folder in lake.root.iterdir() if folder != lake.dagster_home] if lake.root.is_dir() else []
    with lake_errors(lake.root):
        for folder in made:
            for path in folder.rglob(".*.partial"):
                path.unlink(missing_ok=True)
        for path in [*lake.published.glob(".uitgave-*"), *lake.raw.glob("*/.removed-*")]:
            shutil.rmtree(path)


def _sync(path: Path) -> None:
    """Have the operating system put a file or folder on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

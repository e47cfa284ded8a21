"""Whether a table, or anything else that can be made again, must be: what it was made from, and what came out.

Here: fingerprints of inputs and files, and the stamp that holds both. Not here: what a table is made from (`core`,
`benchmark`), or writing tables (`lake`).

A table whose inputs (code, choices, vintages, tables before it) are those of its stamp, and whose file is still the one
that came out, is not made again: the same inputs give the same bytes. A file that was changed or damaged since is.

    <lake>/.stempels/<folder>/<file>.json      of <lake>/<folder>/<file>
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from assets.lake import lake_errors, write_bytes

_ROOT = Path(__file__).parents[1]
_FOLDER = ".stempels"
# What, besides our own code, shapes the bytes of a table.
_LIBRARIES = ("polars", "duckdb", "pandera")


class Stempel(BaseModel):
    """What files were made from, and the hash of each by its name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    invoer: str
    uitvoer: dict[str, str]


def fingerprint(parts: Mapping[str, object]) -> str:
    """Give one hash of named parts; the order of the names does not count."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """Give the sha256 of a file, or an empty text when it is not there.

    Raises:
        LakeError: it cannot be read.
    """
    with lake_errors(path):
        if not path.is_file():
            return ""
        state = path.stat()
        return _file_sha256(path, state.st_mtime_ns, state.st_size, state.st_ino)


@lru_cache(maxsize=1024)
def _file_sha256(path: Path, *_state: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def code_sha256(*folders: str) -> str:
    """Give a hash of the code and data files under folders of this project, and of the libraries that shape tables.

    Args:
        folders: such as `assets/core` or `sql`.
    """
    digest = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in _LIBRARIES).encode())
    found = (path for folder in folders for path in (_ROOT / folder).rglob("*"))
    for path in sorted(path for path in found if path.suffix in (".py", ".toml", ".csv", ".sql", ".json")):
        digest.update(f"{path.relative_to(_ROOT).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(paths: Iterable[Path], invoer: str) -> bool:
    """Tell whether files are what these inputs give: made from them, and not changed since."""
    return all(holds(_stamp(path), [path], invoer) for path in paths)


def mark(paths: Iterable[Path], invoer: str) -> None:
    """Note that these files were made from these inputs."""
    for path in paths:
        put(_stamp(path), [path], invoer)


def holds(stamp: Path, files: Collection[Path], invoer: str) -> bool:
    """Tell whether files are what a stamp says: made from these inputs, all there, and not changed since.

    Raises:
        LakeError: the stamp or a file cannot be read.
    """
    if not stamp.is_file():
        return False
    with lake_errors(stamp):
        text = stamp.read_bytes()
    try:
        found = Stempel.model_validate_json(text)
    except ValidationError:
        # A stamp of another version, or one that was cut off: the files are made again, which is always right.
        return False
    return found == _stempel(files, invoer) and "" not in found.uitvoer.values()


def put(stamp: Path, files: Collection[Path], invoer: str) -> None:
    """Write a stamp for files that lie in one folder.

    Raises:
        LakeError: it cannot be written.
    """
    # Not synced: a stamp that is lost costs making the files once more.
    write_bytes(stamp, _stempel(files, invoer).model_dump_json().encode(), durable=False)


def _stempel(files: Collection[Path], invoer: str) -> Stempel:
    return Stempel(invoer=invoer, uitvoer={file.name: file_sha256(file) for file in files})


def _stamp(path: Path) -> Path:
    return path.parents[1] / _FOLDER / path.parent.name / f"{path.name}.json"

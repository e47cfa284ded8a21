"""Opening the published file to read it, while another may take its place.

Here: one open file for certain. Not here: what is asked of it.

DuckDB opens a file three times by its name: for its kind, for its header, and for its contents. When a publication is
swapped in between, it has the header of one file and the contents of the other: in the best case an internal error.
Who opened it before or after has one whole file. So the name must be of the same file before and after opening.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from assets.errors import LakeError

# By the clock and not by a number of tries: where the machine is busy an opening takes long, and more come between.
_PATIENCE_S = 60.0
_WAIT_S = 0.01
_LOCKED = "Could not set lock on file"


@contextmanager
def opened(path: Path, config: Mapping[str, Any] | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the published file, read-only, as long as the block lasts.

    Args:
        path: the file.
        config: settings of DuckDB.

    Raises:
        LakeError: another program has it open for writing, or it was replaced again and again while it was opened.
        duckdb.Error: it is no DuckDB file, or a setting is wrong.
    """
    with closing(_connect(path, dict(config or {}))) as con:
        yield con


def _connect(path: Path, config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    until = time.monotonic() + _PATIENCE_S
    while True:
        before = _which(path)
        try:
            con = duckdb.connect(str(path), read_only=True, config=config)
        except duckdb.Error as error:
            if _which(path) == before:
                if isinstance(error, duckdb.IOException) and _LOCKED in str(error):
                    raise LakeError(
                        f"{path} is open for writing in another program. Close it there, or open it read-only there "
                        f"(`duckdb -readonly`), then run again; nothing in it was changed. ({error})"
                    ) from error
                raise
        else:
            if _which(path) == before:
                return con
            con.close()
        if time.monotonic() > until:
            raise LakeError(f"{path} was replaced each time it was opened, for {_PATIENCE_S:.0f} s; try again later")
        time.sleep(_WAIT_S)


def _which(path: Path) -> tuple[int, int, int]:
    """Tell one file from another of the same name; a number of an inode alone is given out again."""
    state = path.stat()
    return state.st_ino, state.st_mtime_ns, state.st_size

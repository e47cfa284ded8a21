"""Opening the published file to read it, while another may take its place.

Here: one open file for certain. Not here: what is asked of it.

DuckDB opens a file three times by its name: for its kind, for its header, and for its contents. When a publication is
swapped in between, it has the header of one file and the contents of the other: in the best case an internal error.
Who opened it before or after has one whole file. So the name must be of the same file before and after opening.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from assets.errors import LakeError

_TRIES = 10


@contextmanager
def opened(path: Path, config: Mapping[str, Any] | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the published file, read-only, as long as the block lasts.

    Args:
        path: the file.
        config: settings of DuckDB.

    Raises:
        LakeError: it was replaced again and again while it was opened.
        duckdb.Error: it is no DuckDB file, or a setting is wrong.
    """
    with closing(_connect(path, dict(config or {}))) as con:
        yield con


def _connect(path: Path, config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    for _ in range(_TRIES):
        before = path.stat().st_ino
        try:
            con = duckdb.connect(str(path), read_only=True, config=config)
        except duckdb.Error:
            if path.stat().st_ino == before:
                raise
            continue
        if path.stat().st_ino == before:
            return con
        con.close()
    raise LakeError(f"{path} was replaced {_TRIES} times while it was opened; try again in a moment")

"""`reintegratie sql`: a query on the published file, read-only, in one of three forms.

Here: running the query and writing rows. Not here: anything about what the tables mean.
"""

import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from assets.errors import LakeError, SettingsError


def run_query(path: Path, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Run a query on the published file.

    The file is opened read-only, and DuckDB is kept from everything outside it: no other files, no extensions.

    Returns:
        the names of the columns and the rows.

    Raises:
        LakeError: there is no published file.
        SettingsError: the query is wrong; the message is DuckDB's.
    """
    if not path.is_file():
        raise LakeError(f"there is no published file at {path}; run `reintegratie refresh` first, or name a --lake")
    config: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "lock_configuration": True,
    }
    with duckdb.connect(str(path), read_only=True, config=config) as con:
        try:
            result = con.execute(query)
            columns = [column[0] for column in result.description or ()]
            return columns, result.fetchall()
        except duckdb.Error as error:
            raise SettingsError(f"the query failed: {error}") from error


def write_rows(columns: Sequence[str], rows: Sequence[tuple[Any, ...]], form: str) -> None:
    """Write rows to standard output as a table, as CSV (header and rows, nothing else) or as JSON (a list)."""
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_plain(value) for value in row] for row in rows)
    elif form == "json":
        records = [dict(zip(columns, row, strict=True)) for row in rows]
        sys.stdout.write(json.dumps(records, default=str, ensure_ascii=False, indent=1) + "\n")
    else:
        table = Table(*columns)
        for row in rows:
            table.add_row(*("" if value is None else str(value) for value in row))
        Console(width=None if sys.stdout.isatty() else 10_000).print(table)


def _plain(value: object) -> object:
    """Write what CSV has no word for: true and false as DuckDB does, nothing for null."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value

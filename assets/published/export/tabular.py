"""CSV and Parquet: one file a table.

Here: the one dialect of CSV. Not here: the schema of the files (`datapackage`).
"""

from pathlib import Path

from assets.benchmark.sql import quoted
from assets.published.export.bestand import Bestand, Tabel

# Comma, UTF-8, decimal point, a header; nothing for no value, quotes for an empty text.
_CSV = "(format csv, header true, delimiter ',', quote '\"', escape '\"', nullstr '')"
_PARQUET = "(format parquet, compression zstd)"


def csv_file(folder: Path, tabel: Tabel) -> Path:
    """Tell where the CSV of a table is in an export."""
    return folder / "csv" / f"{tabel.bestandsnaam}.csv"


def parquet_file(folder: Path, tabel: Tabel) -> Path:
    """Tell where the Parquet of a table is in an export."""
    return folder / "parquet" / f"{tabel.bestandsnaam}.parquet"


def write_csv(bestand: Bestand, folder: Path) -> list[Path]:
    """Write each table as CSV, in the order of its key, and tell the files."""
    return [_copy(bestand, tabel, csv_file(folder, tabel), _CSV) for tabel in bestand.tabellen]


def write_parquet(bestand: Bestand, folder: Path) -> list[Path]:
    """Write each table as Parquet, in the order of its key, and tell the files."""
    return [_copy(bestand, tabel, parquet_file(folder, tabel), _PARQUET) for tabel in bestand.tabellen]


def _copy(bestand: Bestand, tabel: Tabel, path: Path, how: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    bestand.con.execute(f"copy ({tabel.query}) to '{quoted(path)}' {how}")
    return path

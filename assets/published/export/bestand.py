"""The published file as every other form reads it: tables in the order of their key, and what they say of themselves.

Here: choosing tables and reading rows. Not here: any form (`tabular`, `excel`, `datapackage`, `dcat`).
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import duckdb

from assets.benchmark.sql import CONFIG
from assets.errors import LakeError, SettingsError
from assets.published.reading import opened

# What is exported when nothing is named; core is in the file itself and in its Parquet.
DEFAULT = ("vraag.*", "benchmark.*", "rapport.*", "meta.*")


@dataclass(frozen=True)
class Kolom:
    """One column: name, type in DuckDB, unit, meaning, and whether it is part of the key."""

    naam: str
    type: str
    eenheid: str
    betekenis: str
    is_sleutel: bool


@dataclass(frozen=True)
class Tabel:
    """One table or view: qualified name, kind, meaning, columns in order, and where its figures come from."""

    naam: str
    soort: str
    betekenis: str
    kolommen: tuple[Kolom, ...]
    brontabellen: str
    methode: str

    @property
    def bestandsnaam(self) -> str:
        """Give the name for files: `benchmark-gemeente_jaar`, without a dot."""
        return self.naam.replace(".", "-")

    @property
    def sleutel(self) -> tuple[str, ...]:
        """Give the columns that identify a row."""
        return tuple(kolom.naam for kolom in self.kolommen if kolom.is_sleutel)

    @property
    def query(self) -> str:
        """Give the query for all rows, in the order of the key."""
        order = ", ".join(f'"{naam}"' for naam in self.sleutel)
        return f"select * from {self.naam} order by {order}"  # noqa: S608  # names of the file itself


@dataclass(frozen=True)
class Bestand:
    """The published file, open.

    Args:
        con: read-only.
        tabellen: what was chosen.
        citaat: the row of meta.citaat.
        bronnen: the rows of meta.bronnen.
    """

    con: duckdb.DuckDBPyConnection
    tabellen: tuple[Tabel, ...]
    citaat: dict[str, Any]
    bronnen: tuple[dict[str, Any], ...]

    def rijen(self, tabel: Tabel) -> list[tuple[Any, ...]]:
        """Give the rows of a table, in the order of its key."""
        return self.con.execute(tabel.query).fetchall()


def require_published(path: Path) -> Path:
    """Give the path of the published file.

    Raises:
        LakeError: there is none.
    """
    if not path.is_file():
        raise LakeError(f"there is no published file at {path}; run `reintegratie refresh` first, or name a --lake")
    return path


@contextmanager
def geopend(path: Path, patronen: Sequence[str]) -> Iterator[Bestand]:
    """Open the published file.

    Args:
        path: the DuckDB file.
        patronen: tables by name, with * for any part of one, such as `benchmark.*`.

    Raises:
        LakeError: there is no published file.
        SettingsError: a pattern is of no table.
    """
    with ExitStack() as stack:
        try:
            # As the data path does: on one thread, so that rows have one order.
            con = stack.enter_context(opened(require_published(path), CONFIG))
        except duckdb.Error as error:
            raise LakeError(
                f"the published file {path} cannot be read ({error}). Restore it, or move it away and build again."
            ) from error
        alle = {tabel.naam: tabel for tabel in _tabellen(con)}
        gekozen: dict[str, Tabel] = {}
        for patroon in patronen:
            found = {naam: tabel for naam, tabel in alle.items() if fnmatchcase(naam, patroon)}
            if not found:
                near = get_close_matches(patroon, alle, n=3, cutoff=0.4) or sorted(alle)[:5]
                raise SettingsError(f"there is no table {patroon} in the file. Did you mean: {', '.join(near)}?")
            gekozen |= found
        (citaat,) = _records(con, "from meta.citaat")
        bronnen = tuple(_records(con, "from meta.bronnen order by bron"))
        yield Bestand(con, tuple(gekozen[naam] for naam in sorted(gekozen)), citaat, bronnen)


def _tabellen(con: duckdb.DuckDBPyConnection) -> Iterator[Tabel]:
    kolommen: dict[str, list[Kolom]] = {}
    for row in _records(con, "from meta.dictionary order by tabel, volgorde"):
        kolom = Kolom(row["kolomnaam"], row["type"], row["eenheid"], row["betekenis"], row["is_sleutel"])
        kolommen.setdefault(row["tabel"], []).append(kolom)
    for row in _records(con, "from meta.tabellen where soort != 'functie' order by tabel"):
        yield Tabel(
            row["tabel"],
            row["soort"],
            row["betekenis"],
            tuple(kolommen[row["tabel"]]),
            row["brontabellen"],
            row["methode"],
        )


def _records(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    result = con.execute(query)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

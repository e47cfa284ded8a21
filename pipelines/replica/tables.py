"""The tables the replica serves, without a protocol server around them.

Here: what a v3 and a v4 table are, and selecting rows from them. Not here: where their figures come from
(`world`, `iv3`, `bijstand`, `statline`), or HTTP (`app`).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import orjson
import polars as pl

from pipelines.replica.query import QueryError, expression, parse

NOT_THERE = "."  # what UntypedDataSet writes where there is no value


@dataclass(frozen=True)
class Code:
    """One code of a dimension, padded as CBS pads it; status only for periods."""

    code: str
    titel: str
    omschrijving: str = ""
    status: str | None = None
    groep: str | None = None


@dataclass(frozen=True)
class Group:
    """A group of codes or of measures; `boven` is the key of the group it is in."""

    key: str
    titel: str
    boven: str | None = None


@dataclass(frozen=True)
class Dimension:
    """One dimension; kind is Dimension, GeoDimension or TimeDimension."""

    naam: str
    titel: str
    kind: str
    codes: tuple[Code, ...]
    groepen: tuple[Group, ...] = ()


@dataclass(frozen=True)
class Topic:
    """One measure (v4) or value column (v3)."""

    key: str
    titel: str
    eenheid: str
    datatype: str
    decimalen: int
    omschrijving: str = ""
    groep: str | None = None


@dataclass(frozen=True)
class Description:
    """What a table says of itself.

    Args:
        modified: as the protocol writes it.
        bron: the text of `Source`: where the figures come from.
        samenvatting: one line on what is in the table.
    """

    tabel_id: str
    titel: str
    catalogus: str
    periode: str
    frequentie: str
    modified: str
    bron: str
    samenvatting: str = ""


@dataclass(frozen=True)
class Slice:
    """Query options: filter, columns (empty: all), rows to pass over, and how many to give at most."""

    filter: str
    select: tuple[str, ...]
    skip: int
    top: int


class Rows(Protocol):
    """Something rows can be taken from."""

    columns: Sequence[str]

    def __len__(self) -> int:
        """Count all rows."""

    def count(self, filter_: str) -> int:
        """Count the rows a filter leaves."""

    def json(self, piece: Slice, *, untyped: bool = False) -> bytes:
        """Give rows as JSON objects with commas between them."""


@dataclass(frozen=True)
class Table:
    """One table: description, dimensions, measures and rows; `host` is the host of CBS that has it."""

    host: str
    description: Description
    dimensions: tuple[Dimension, ...]
    topics: tuple[Topic, ...]
    rows: Rows


class FrameRows:
    """Rows held in a frame, in the order in which they are served.

    Args:
        columns: their names; the first one numbers the rows.
        make: makes the frame; called when the first row is asked for.
    """

    def __init__(self, columns: Sequence[str], make: Callable[[], pl.DataFrame]) -> None:
        self.columns = columns
        self._make = make
        # Of a filter the places of its rows are kept: the rows themselves would be the large part of a large table.
        self._places = lru_cache(maxsize=8)(self._find)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """Give all rows."""
        return self._make().select(self.columns)

    def __len__(self) -> int:
        """Count all rows."""
        return len(self.frame)

    def count(self, filter_: str) -> int:
        """Count the rows a filter leaves."""
        places = self._places(filter_)
        return len(self) if places is None else len(places)

    def json(self, piece: Slice, *, untyped: bool = False) -> bytes:
        """Give rows as JSON objects with commas between them."""
        chosen = chosen_columns(piece.select, self.columns)
        places = self._places(piece.filter)
        if places is None:
            rows = self.frame.slice(piece.skip, piece.top).select(chosen)
        else:
            rows = self.frame.select(pl.col(chosen).gather(places.slice(piece.skip, piece.top)))
        if not untyped and (whole := _as_whole(rows)) is not None:
            return whole.write_ndjson().encode().rstrip(b"\n").replace(b"\n", b",")
        records = rows.to_dicts()
        for record in records:
            for key, value in record.items():
                if untyped and (value is None or (isinstance(value, int | float) and key != self.columns[0])):
                    record[key] = NOT_THERE if value is None else as_text(value)
                elif isinstance(value, float) and value.is_integer():
                    record[key] = int(value)  # CBS writes a whole number without a decimal point
        return orjson.dumps(records)[1:-1]

    def _find(self, filter_: str) -> pl.Series | None:
        """Give the places of the rows a filter leaves; None means all rows."""
        node = parse(filter_)
        if node is None:
            return None
        try:
            every = pl.int_range(pl.len(), dtype=pl.UInt32)
            return self.frame.select(every.filter(expression(node, self.columns))).to_series()
        except pl.exceptions.PolarsError as error:
            raise QueryError(f"$filter {filter_!r} compares values of different types") from error


def _as_whole(rows: pl.DataFrame) -> pl.DataFrame | None:
    """Give the rows with whole numbers as integers, or None when a number has decimals.

    Polars writes large pages many times faster than Python, but a whole float with a decimal point, as CBS does not.
    """
    floats = [name for name, dtype in rows.schema.items() if dtype.is_float()]
    if any((rows[name] % 1 != 0).any() for name in floats):
        return None
    return rows.with_columns(pl.col(floats).cast(pl.Int64))


def as_text(value: float) -> str:
    """Write a number as UntypedDataSet does: a whole one without decimals."""
    return str(int(value)) if float(value).is_integer() else repr(value)


def chosen_columns(select: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Give the columns that are asked for, in the order of the table; none named means all.

    Raises:
        QueryError: a column is unknown.
    """
    for column in select:
        if column not in columns:
            raise QueryError(f"Could not find a property named '{column}'.")
    return [column for column in columns if not select or column in select]


def source_text(uitleg: str, wereld: str, *, is_given: bool = False) -> str:
    """Say where the figures of a table come from, in the words that follow them everywhere.

    Args:
        uitleg: what was given and what was filled in.
        wereld: id of the world.
        is_given: every value of the table was given by facts.
    """
    soort = "Opname van CBS-cijfers" if is_given else "Reconstructie, geen CBS-cijfers"
    return f"{soort}. {uitleg} [wereld={wereld}]"


def modified(date: str, wereld: str, tabel_id: str, *, zone: str = "") -> str:
    """Give a moment of change: the date of the real table, and a time that is that of this world."""
    seconds = int.from_bytes(hashlib.sha256(f"{wereld} {tabel_id}".encode()).digest()[:4]) % 86_400
    return f"{date}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{zone}"

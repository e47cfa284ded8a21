"""One page of data: JSON as CBS sent it, into typed columns.

Here: which type each column has, a fast reader, and a slow one that says what is wrong. Not here: asking for a page
(`download`), or keeping its columns (`kolommen`).

The rows that the fast reader takes are those that the slow one takes; what it refuses is read again by the slow one,
which knows the words for it. Beside the rows the fast one looks only at the address of the next page.
"""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from threading import Lock
from types import GenericAlias
from typing import Any, Literal

import msgspec
import polars as pl

from assets.cbs.odata import Structure, optional_text, values
from assets.errors import ContractError

# The columns of v4 that may be empty; in v3 those are the topics.
_ATTRIBUTE = "ValueAttribute"
_V4_NULLABLE = ("Value", "StringValue", _ATTRIBUTE)
# The kinds of value that v4 declares, each with its meaning in `core`; another one is left to the slow reader, and is a
# text all the same.
VALUE_ATTRIBUTES = ("None", "Impossible", "Confidential", "NotAvailable")


@dataclass(frozen=True)
class Column:
    """How one column is read.

    Args:
        name: its name, as sent.
        dtype: its type.
        is_nullable: whether it may hold nothing.
        codes: the codes of its list, as sent; none when it has no list. A page that holds no others has them as an
            Enum, which takes a twentieth of the room of texts and is read in half the time.
    """

    name: str
    dtype: type[pl.DataType]
    is_nullable: bool
    codes: tuple[str, ...]

    @property
    def allowed(self) -> frozenset[type]:
        """Give the types of JSON it may hold; any number is a number."""
        kinds: dict[type[pl.DataType], set[type]] = {pl.Int64: {int}, pl.Float64: {int, float}, pl.String: {str}}
        return frozenset(kinds[self.dtype] | ({type(None)} if self.is_nullable else set()))

    @property
    def kind(self) -> str:
        """Say the same in words."""
        names: dict[type[pl.DataType], str] = {
            pl.Int64: "a whole number",
            pl.Float64: "a number",
            pl.String: "a text",
        }
        return names[self.dtype] + (" or nothing" if self.is_nullable else "")


@dataclass(frozen=True)
class Page:
    """One page, read.

    Args:
        frame: the rows, columns as sent; a column of codes is an Enum of its list, or String when one is not in it.
        next_link: the address of the next page, if there is one.
    """

    frame: pl.DataFrame
    next_link: str | None

    @property
    def ids(self) -> pl.Series:
        """Give the numbers of the rows: the first column."""
        return self.frame.to_series(0)

    def canonical(self) -> bytes:
        """Give the rows in one way of writing, a line each, whatever the order of their fields was."""
        made = io.BytesIO()
        self.frame.write_csv(made, include_header=False)
        return made.getvalue()


# The longest address that is looked for at the end of a page.
_LONGEST_LINK = 4096


def link_at_end(content: bytes, next_link_name: str) -> str | None:
    """Give the address of the next page if it stands at the end of a page, where CBS puts it.

    A guess, to be asked for before the page is read; `Page.next_link` is what the page says.
    """
    found = _at_end(next_link_name).search(content[-_LONGEST_LINK:])
    if found is None:
        return None
    try:
        return msgspec.json.decode(found[1], type=str)
    except msgspec.DecodeError:
        return None


@cache
def _at_end(next_link_name: str) -> re.Pattern[bytes]:
    name = re.escape(next_link_name.encode())
    return re.compile(rb'"' + name + rb'"\s*:\s*("[^"]*")\s*\}\s*\Z')


# A page is up to 20 MB, and many times that while it is read; the interpreter reads one at a time anyway.
_ONE_AT_A_TIME = Lock()


class UnreadableError(Exception):
    """The fast reader does not take a page; the slow one says why, or takes it."""


def columns_of(
    protocol: str, names: Sequence[str], structure: Structure, codes: Mapping[str, Iterable[str]]
) -> list[Column]:
    """Say how each column is read: dimensions are text, ids whole numbers, topics and values numbers.

    Args:
        protocol: v3 or v4.
        names: the columns of a row, in order.
        structure: which of them are dimensions, and which measures there are.
        codes: dimension -> the codes of its list, as sent.
    """
    listed = {dimension: tuple(dict.fromkeys(found)) for dimension, found in codes.items()}
    if protocol == "v4":
        listed |= {"Measure": tuple(dict.fromkeys(m.key for m in structure.measures)), _ATTRIBUTE: VALUE_ATTRIBUTES}
    columns = []
    for name in names:
        if name in ("ID", "Id"):
            columns.append(Column(name, pl.Int64, is_nullable=False, codes=()))
        elif name == "Value" or (protocol == "v3" and name not in structure.dimensions):
            columns.append(Column(name, pl.Float64, is_nullable=True, codes=()))
        else:
            is_nullable = protocol == "v4" and name in _V4_NULLABLE
            columns.append(Column(name, pl.String, is_nullable, listed.get(name, ())))
    return columns


class PageReader:
    """Reads the pages of one table.

    Args:
        columns: the columns each row must have.
        next_link_name: what a page calls the address of the next one.
    """

    def __init__(self, columns: Sequence[Column], next_link_name: str) -> None:
        self.columns, self.next_link_name = tuple(columns), next_link_name
        # The fields have names of our own: a column may be called anything.
        fields = [f"c{number}" for number in range(len(columns))]
        self._getters = [attrgetter(field) for field in fields]
        typed = [(field, _json_type(column)) for field, column in zip(fields, columns, strict=True)]
        names = {field: column.name for field, column in zip(fields, columns, strict=True)}
        self._decoder: Any = None
        self._row: Any
        try:
            self._row = msgspec.defstruct("Row", typed, rename=names, forbid_unknown_fields=True, gc=False)
        except ValueError:
            # A name twice, or one no field may have: the slow reader says what is wrong with it.
            self._row = msgspec.defstruct("Row", typed, gc=False)
            return
        page = msgspec.defstruct(
            "Answer",
            [("value", GenericAlias(list, (self._row,))), ("next_link", str | None, None)],
            rename={"next_link": next_link_name},
        )
        self._decoder = msgspec.json.Decoder(page)

    def read(self, content: bytes) -> Page:
        """Read a page fast.

        Raises:
            UnreadableError: it is not as it should be, or the fast reader cannot tell.
        """
        if self._decoder is None:
            raise UnreadableError
        try:
            if not content.isascii():
                content.decode()  # what the decoder passes over it does not look into
            with _ONE_AT_A_TIME:
                answer = self._decoder.decode(content)
                return self._page(answer.value, answer.next_link)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, *_TOO_LARGE) as error:
            raise UnreadableError from error

    def read_slowly(self, answer: Mapping[str, Any], where: str) -> Page:
        """Read a page that was parsed, and say what is wrong with it.

        Args:
            answer: the page.
            where: table and page, named in errors.

        Raises:
            SourceError: there is no list of rows.
            ContractError: a row lacks a column or has another one, or a value is not what its column holds.
        """
        frame = page_frame(values(answer, where), self.columns, where)
        next_link = optional_text(answer, self.next_link_name, where)
        return self._page([self._row(*row) for row in frame.rows()], next_link)

    def _page(self, rows: list[Any], next_link: str | None) -> Page:
        made = [
            _made(column, list(map(getter, rows))) for column, getter in zip(self.columns, self._getters, strict=True)
        ]
        return Page(pl.DataFrame(made), next_link)


# What polars says of a number that has no room in its column.
_TOO_LARGE = (TypeError, OverflowError, pl.exceptions.PolarsError)


def _made(column: Column, cells: list[Any]) -> pl.Series:
    """Make a column of values that were looked at."""
    if column.codes:
        try:
            return pl.Series(column.name, cells, dtype=pl.Enum(column.codes), strict=True)
        except pl.exceptions.InvalidOperationError:
            # A code that its list does not have: `core` says so, with the name of the table.
            pass
    return pl.Series(column.name, cells, dtype=column.dtype, strict=True)


def _json_type(column: Column) -> Any:  # noqa: ANN401  # a type of msgspec
    kind: Any = {pl.Int64: int, pl.Float64: float, pl.String: str}[column.dtype]
    if column.codes:
        # One text of each code in memory, and not one a row.
        kind = Literal[column.codes]
    return kind | None if column.is_nullable else kind


def page_frame(records: Sequence[Mapping[str, Any]], columns: Sequence[Column], where: str) -> pl.DataFrame:
    """Turn the records of one page into typed columns.

    Args:
        records: as sent.
        columns: the columns each record must have.
        where: table and page, named in errors.

    Raises:
        ContractError: a record lacks a column or has another one, or a value is not what its column holds.
    """
    if len({column.name for column in columns}) != len(columns):
        raise ContractError(f"{where}: its manifest names a column twice; move its vintage away and refresh again")
    series = []
    for column in columns:
        try:
            raw = [record[column.name] for record in records]
        except KeyError as error:
            raise ContractError(
                f"{where}: a row has no column {column.name}. The table changed; refresh it."
            ) from error
        series.append(_series(raw, column, where))
    extra = next(
        (record.keys() - {c.name for c in columns} for record in records if len(record) != len(columns)),
        set(),
    )
    if extra:
        raise ContractError(f"{where}: a row has columns that were not asked: {sorted(extra)}; refresh this table")
    return pl.DataFrame(series)


def _series(raw: list[Any], column: Column, where: str) -> pl.Series:
    """Make a column; a text is never read as a number, nor a number as text."""
    # By exact type, since a bool is an int in Python; the set of types in a column is small.
    wrong = {type(value) for value in raw} - column.allowed
    if not wrong:
        try:
            return pl.Series(column.name, raw, dtype=column.dtype, strict=True)
        except _TOO_LARGE as error:
            raise ContractError(f"{where}: column {column.name} holds a number that is too large ({error})") from error
    value = next(value for value in raw if type(value) in wrong)
    raise ContractError(
        f"{where}: column {column.name} should hold {column.kind} and holds {value!r}. The table changed, "
        "or the answer is damaged: look at the table at CBS, then refresh it."
    )

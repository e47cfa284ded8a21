"""What OData v3 and v4 have in common here: the records both are turned into.

Here: records without a protocol in them, and matching a column by its stem. Not here: URLs or envelopes
(`odata3`, `odata4`), or any request.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from assets.errors import ContractError, SourceError

if TYPE_CHECKING:
    # The second process, which reads pages, needs no registry.
    from assets.cbs.registry import Source

NEDERLAND = "NL01"
GEMEENTE_PREFIX = "GM"
INFO = "info"  # the resource that describes a table as a whole: TableInfos (v3), Properties (v4)
_CHANGED = "CBS changed the service: see assets/cbs/odata3.py and odata4.py."


@dataclass(frozen=True)
class TableInfo:
    """What CBS says of a table as a whole.

    Args:
        titel: its title.
        modified: when it changed last, as sent.
        source: the text in which the table says where its figures come from.
        rows: all rows it has, without a filter; None when it does not say.
    """

    titel: str
    modified: str
    source: str
    rows: int | None


@dataclass(frozen=True)
class Measure:
    """One measure (v4) or topic column (v3)."""

    key: str
    titel: str
    eenheid: str
    datatype: str
    decimalen: int | None


@dataclass(frozen=True)
class Structure:
    """The dimensions and measures of a table, in its own order."""

    dimensions: tuple[str, ...]
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class Code:
    """One code of a dimension, as sent: padded."""

    code: str
    titel: str
    omschrijving: str
    status: str | None
    groep: str | None


Codes = Mapping[str, Sequence[Code]]


@dataclass(frozen=True)
class Request:
    """What is asked of a table.

    Args:
        filter: the `$filter`, in CBS's own padded keys; empty for everything.
        columns: every column a row must have, in order.
        select: whether `columns` is asked with `$select`, or is simply what the table has.
    """

    filter: str
    columns: tuple[str, ...]
    select: bool


class Service(Protocol):
    """How one table is asked for in one protocol."""

    host_base: str
    tabel_id: str
    next_link_name: str

    def info_url(self) -> str:
        """Give the address of the small record that says whether the table changed."""

    def info(self, answer: Mapping[str, Any]) -> TableInfo:
        """Read that record."""

    def structure_urls(self) -> Mapping[str, str]:
        """Give the addresses of dimensions and measures, by the name of the resource."""

    def structure(self, answers: Mapping[str, Mapping[str, Any]]) -> Structure:
        """Read dimensions and measures."""

    def codes_url(self, dimension: str) -> str:
        """Give the address of the code list of a dimension."""

    def codes(self, answer: Mapping[str, Any]) -> Sequence[Code]:
        """Read a code list."""

    def request(
        self, source: "Source", structure: Structure, codes: Codes, restrict: Mapping[str, Sequence[str]]
    ) -> Request:
        """Say what is asked; `restrict` gives trimmed codes for dimensions, beside those of the registry."""

    def data_url(self, request: Request) -> str:
        """Give the address of the first page of data."""

    def count_url(self, request: Request) -> str:
        """Give the address of the number of rows."""

    def next_link(self, answer: Mapping[str, Any]) -> str | None:
        """Give the address of the next page, if there is one."""


def values(answer: Mapping[str, Any], what: str) -> list[dict[str, Any]]:
    """Give the records of an answer.

    Raises:
        SourceError: the answer has no list `value`; `what` names it in the error.
    """
    found = answer.get("value")
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise SourceError(
            f"{what} answered without a list of records ('value'); it has {sorted(answer)[:5]}. "
            "CBS changed the service, or something else answers at this address."
        )
    return found


def text(record: Mapping[str, Any], name: str, what: str) -> str:
    """Give a text that must be there.

    Raises:
        ContractError: it is not, or it is no text; `what` names the record.
    """
    found = optional_text(record, name, what)
    if found is None:
        raise ContractError(f"{what}: no field {name}; it has {sorted(record)}. {_CHANGED}")
    return found


def optional_text(record: Mapping[str, Any], name: str, what: str) -> str | None:
    """Give a text that may be absent.

    Raises:
        ContractError: it is something else than a text; `what` names the record.
    """
    found = record.get(name)
    if found is None or isinstance(found, str):
        return found
    raise ContractError(f"{what}: {name} is {found!r} where a text was expected. {_CHANGED}")


def optional_whole(record: Mapping[str, Any], name: str, what: str) -> int | None:
    """Give a whole number that may be absent.

    Raises:
        ContractError: it is something else than a whole number; `what` names the record.
    """
    found = record.get(name)
    # By exact type, since a bool is an int in Python; of 64 bits, since the columns are.
    if found is None or (type(found) is int and -(2**63) <= found < 2**63):
        return found
    raise ContractError(f"{what}: {name} is {found!r} where a whole number was expected. {_CHANGED}")


def stem(key: str) -> str:
    """Give the name of a measure of v3 without the number behind it, which drifts between releases."""
    return re.sub(r"^k_(?=\d)|_\d+$", "", key)


def by_stem(stems: str, keys: Iterable[str], what: str) -> str:
    """Find the one key that has a stem; the number behind it drifts between releases.

    Args:
        stems: one stem, or several with `|` between them.
        keys: the keys of the table.
        what: named in the error.

    Raises:
        ContractError: none or several match.
    """
    keys = list(keys)
    wanted = [stem.casefold() for stem in stems.split("|")]
    found = [key for key in keys if stem(key).casefold() in wanted or key.casefold() in wanted]
    if len(found) != 1:
        raise ContractError(
            f"{what}: {'no column' if not found else 'more than one column'} {stems}; it has "
            f"{', '.join(keys[:40])}. CBS renamed or renumbered: change assets/cbs/tables.toml."
        )
    return found[0]


def padded(codes: Sequence[Code], wanted: Iterable[str], what: str) -> list[str]:
    """Give the codes as CBS writes them (padded) for codes as people do.

    Raises:
        ContractError: a code is not in the list.
    """
    listed = {code.code.strip(): code.code for code in codes}
    unknown = [code for code in wanted if code not in listed]
    if unknown:
        raise ContractError(
            f"{what}: no code {', '.join(unknown)} in its code list, which has {len(listed)} codes from "
            f"{next(iter(listed), '-')} on. Check the setting, or look the code up at CBS and change "
            "tables.toml."
        )
    return [listed[code] for code in wanted]


def any_of(dimension: str, codes: Iterable[str]) -> str:
    """Give the filter that a dimension is one of some codes."""
    return "(" + " or ".join(f"{dimension} eq '{quoted(code)}'" for code in codes) + ")"


def quoted(text: str) -> str:
    """Double the quotes of a text that goes between quotes in a filter."""
    return text.replace("'", "''")


def first_period(codes: Sequence[Code], soort: str, vanaf: int, what: str) -> str:
    """Give the first period of a kind (JJ, MM, KW) from a year on, as CBS writes it.

    Raises:
        ContractError: there is none.
    """
    # Not isdigit alone: to Python the digits of any script are digits.
    dated = (c.code for c in codes if c.code[4:6] == soort and c.code[:4].isascii() and c.code[:4].isdigit())
    periods = sorted(code for code in dated if int(code[:4]) >= vanaf)
    if not periods:
        raise ContractError(f"{what}: no period {vanaf}{soort} or later in its code list; see tables.toml")
    return periods[0]

"""The query options of OData, read from a request; and answers both protocols share.

Here: reading and checking options, the address of a next page. Not here: envelopes (`v3`, `v4`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import orjson
import polars as pl

from pipelines.replica.query import QueryError, expression, parse
from pipelines.replica.tables import Slice, chosen_columns

_KNOWN = ("$format", "$filter", "$select", "$top", "$skip", "$count", "$inlinecount")


@dataclass(frozen=True)
class Options:
    """Query options; top is None when all rows are asked for.

    Args:
        with_count: the number of rows is asked for beside the rows (`$count=true`, `$inlinecount=allpages`).
    """

    format: str
    filter: str
    select: tuple[str, ...]
    top: int | None
    skip: int
    with_count: bool

    def piece(self, rows: int) -> Slice:
        """Give the first so many rows of what is asked."""
        top = rows if self.top is None else min(rows, self.top)
        return Slice(self.filter, self.select, self.skip, top)


def read_options(query: Mapping[str, str]) -> Options:
    """Read the query options of a request.

    Raises:
        QueryError: an option is unknown, or a number is none.
    """
    unknown = [key for key in query if key.startswith("$") and key not in _KNOWN]
    if unknown:
        raise QueryError(f"The query parameter '{unknown[0]}' is not supported.")
    select = tuple(part.strip() for part in query.get("$select", "").split(",") if part.strip())
    return Options(
        query.get("$format", ""),
        query.get("$filter", ""),
        () if select == ("*",) else select,
        _number(query, "$top"),
        _number(query, "$skip") or 0,
        query.get("$count") == "true" or query.get("$inlinecount") == "allpages",
    )


def _number(query: Mapping[str, str], key: str) -> int | None:
    text = query.get(key)
    if text is None:
        return None
    if not text.isdecimal():
        raise QueryError(f"Invalid value '{text}' for the query option {key}: a whole number is expected.")
    return int(text)


def next_query(options: Options, query: Mapping[str, str], given: int) -> str:
    """Give the query of the next page, with the other options as they were asked."""
    changed = {**query, "$skip": str(options.skip + given)}
    if options.top is not None:
        changed["$top"] = str(options.top - given)
    return "&".join(f"{key}={quote(value, safe='$,()')}" for key, value in changed.items())


def filtered_records(records: Sequence[dict[str, object]], options: Options) -> list[dict[str, object]]:
    """Take from a short list (codes, metadata) what the options ask for.

    Raises:
        QueryError: the filter is not understood, or a column is unknown.
    """
    kept = list(records)
    if options.filter and records:
        node = parse(options.filter)
        columns = list(dict.fromkeys(key for record in records for key in record))
        frame = pl.DataFrame({key: [_text(record.get(key)) for record in records] for key in columns})
        if node is not None:
            mask = frame.select(expression(node, columns).fill_null(value=False).alias("kept"))["kept"]
            kept = [record for record, keep in zip(records, mask, strict=True) if keep]
    last = None if options.top is None else options.skip + options.top
    kept = kept[options.skip : last]
    if not options.select or not records:
        return kept
    chosen = chosen_columns(options.select, list(records[0]))
    return [{key: record[key] for key in chosen} for record in kept]


def _text(value: object) -> str | None:
    """Give a value of metadata as text: filters on them compare texts."""
    return value if isinstance(value, str) or value is None else orjson.dumps(value).decode()

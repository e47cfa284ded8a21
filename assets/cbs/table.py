"""Reading a vintage back: rows and code lists as CBS sent them, in typed columns.

Here: JSON to columns, with strict types. Not here: trimming, renaming or interpreting anything
(`assets.core`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import orjson
import polars as pl

from assets.cbs.odata import INFO, Code, Measure, Service, values
from assets.cbs.odata3 import OData3
from assets.cbs.odata4 import OData4
from assets.errors import ContractError, LakeError
from assets.lake import FileEntry, Manifest, Vintage

_MEASURES = {
    "key": pl.String,
    "titel": pl.String,
    "eenheid": pl.String,
    "datatype": pl.String,
    "decimalen": pl.Int64,
}
_CODES = {
    "code": pl.String,
    "titel": pl.String,
    "omschrijving": pl.String,
    "status": pl.String,
    "groep": pl.String,
}
# The columns of v4 that may be empty; in v3 those are the topics.
_V4_NULLABLE = ("Value", "StringValue", "ValueAttribute")


@dataclass(frozen=True)
class RawTable:
    """One vintage, read.

    Args:
        manifest: what it is.
        rows: the rows as sent. v3: ID (Int64), dimensions (String, padded), values (Float64). v4: Id (Int64),
            Measure, ValueAttribute, Value (Float64), StringValue, dimensions (String).
        codes: for each dimension code, titel, omschrijving, status, groep; padded as sent.
        measures: key, titel, eenheid, datatype, decimalen.
        properties: what the table says of itself: the record of TableInfos (v3) or Properties (v4).
        page_starts: for each page of data, in order, the number of the row it begins with (from 0).
    """

    manifest: Manifest
    rows: pl.DataFrame
    codes: Mapping[str, pl.DataFrame]
    measures: pl.DataFrame
    properties: Mapping[str, object]
    page_starts: tuple[int, ...] = (0,)

    def located(self) -> pl.DataFrame:
        """Give the rows with where each came from: its id at CBS (`cbs_rij`) and its page (`cbs_pagina`, from 1)."""
        key = "ID" if self.manifest.protocol == "v3" else "Id"
        ends = [*self.page_starts[1:], max(len(self.rows), self.page_starts[-1])]
        pages = [
            pl.repeat(number, end - start, dtype=pl.Int64, eager=True)
            for number, (start, end) in enumerate(zip(self.page_starts, ends, strict=True), start=1)
        ]
        pagina = pl.concat(pages).head(len(self.rows)).alias("cbs_pagina")
        return self.rows.with_columns(pl.col(key).cast(pl.Int64).alias("cbs_rij"), pagina)


@dataclass(frozen=True)
class _Column:
    """How one column is read: its type, the types of JSON it may hold, and whether it may be empty."""

    name: str
    dtype: type[pl.DataType]
    allowed: frozenset[type]
    kind: str


def read_table(vintage: Vintage) -> RawTable:
    """Read a vintage.

    Raises:
        LakeError: a file is gone or damaged.
        ContractError: a value has another type than its column, or a row other columns.
    """
    manifest = vintage.manifest
    service = _service(manifest)
    answers = {f.resource: _answer(vintage, f) for f in manifest.files if f.role == "metadata"}
    missing = {INFO, *service.structure_urls()} - set(answers)
    if missing:
        raise LakeError(
            f"{vintage.path} has no metadata {', '.join(sorted(missing))}; "
            f"move it away and refresh {manifest.bron} again"
        )
    structure = service.structure(answers)
    codes = {f.resource: _code_frame(service.codes(_answer(vintage, f))) for f in manifest.files if f.role == "codes"}
    pages = list(_pages(vintage, _columns(manifest, structure.dimensions)))
    if not pages:
        raise LakeError(f"{vintage.path} names no page of data; move it away and refresh {manifest.bron} again")
    rows = pl.concat(pages, rechunk=True)
    if len(rows) != manifest.rows:
        raise ContractError(
            f"{manifest.tabel_id} ({manifest.bron}): {len(rows)} rows where its manifest says "
            f"{manifest.rows}; move {vintage.path} away and refresh again"
        )
    starts = tuple(accumulate((len(page) for page in pages[:-1]), initial=0))
    return RawTable(manifest, rows, codes, _measure_frame(structure.measures), _properties(answers[INFO]), starts)


def _answer(vintage: Vintage, file: FileEntry) -> dict[str, Any]:
    answer: dict[str, Any] = orjson.loads(vintage.read(file.name))
    return answer


def _properties(answer: dict[str, Any]) -> Mapping[str, object]:
    """Give the one record of a list (v3), or the record itself (v4)."""
    records = answer.get("value")
    record: Mapping[str, object] = records[0] if isinstance(records, list) and records else answer
    return record


def _service(manifest: Manifest) -> Service:
    """Give the reader of the protocol; no address is needed to read what was saved."""
    if manifest.protocol == "v3":
        return OData3("", "", manifest.tabel_id)
    return OData4("", manifest.tabel_id)


def _columns(manifest: Manifest, dimensions: Sequence[str]) -> list[_Column]:
    """Say how each column is read: dimensions are text, ids whole numbers, topics and values numbers."""
    columns = []
    for name in manifest.kolommen:
        if name in ("ID", "Id"):
            columns.append(_Column(name, pl.Int64, frozenset({int}), "a whole number"))
        elif name == "Value" or (manifest.protocol == "v3" and name not in dimensions):
            columns.append(_Column(name, pl.Float64, frozenset({int, float, type(None)}), "a number or nothing"))
        elif manifest.protocol == "v4" and name in _V4_NULLABLE:
            columns.append(_Column(name, pl.String, frozenset({str, type(None)}), "a text or nothing"))
        else:
            columns.append(_Column(name, pl.String, frozenset({str}), "a text"))
    return columns


def _pages(vintage: Vintage, columns: Sequence[_Column]) -> Iterator[pl.DataFrame]:
    """Give the pages in order, one at a time: the records of a page take more room than its columns."""
    manifest = vintage.manifest
    for file in manifest.files:
        if file.role == "data":
            where = f"{manifest.tabel_id} ({manifest.bron}), {file.name}"
            yield _page_frame(values(_answer(vintage, file), file.name), columns, where)


def _page_frame(records: Sequence[Mapping[str, Any]], columns: Sequence[_Column], where: str) -> pl.DataFrame:
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


def _series(raw: list[Any], column: _Column, where: str) -> pl.Series:
    """Make a column; a text is never read as a number, nor a number as text."""
    # By exact type, since a bool is an int in Python; the set of types in a column is small.
    wrong = {type(value) for value in raw} - column.allowed
    if not wrong:
        try:
            return pl.Series(column.name, raw, dtype=column.dtype, strict=True)
        except (TypeError, OverflowError, pl.exceptions.PolarsError) as error:
            raise ContractError(f"{where}: column {column.name} holds a number that is too large ({error})") from error
    value = next(value for value in raw if type(value) in wrong)
    raise ContractError(
        f"{where}: column {column.name} should hold {column.kind} and holds {value!r}. The table changed, "
        "or the answer is damaged: look at the table at CBS, then refresh it."
    )


def _code_frame(codes: Sequence[Code]) -> pl.DataFrame:
    rows = [(c.code, c.titel, c.omschrijving, c.status, c.groep) for c in codes]
    return pl.DataFrame(rows, schema=_CODES, orient="row")


def _measure_frame(measures: Sequence[Measure]) -> pl.DataFrame:
    rows = [(m.key, m.titel, m.eenheid, m.datatype, m.decimalen) for m in measures]
    return pl.DataFrame(rows, schema=_MEASURES, orient="row")

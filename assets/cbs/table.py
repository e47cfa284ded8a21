"""Reading a vintage back: rows and code lists as CBS sent them, in typed columns.

Here: a whole vintage as typed columns. Not here: one page (`page`), keeping columns (`kolommen`), or trimming, renaming
or interpreting anything (`assets.core`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

import orjson
import polars as pl

from assets.cbs.kolommen import keep, kept, may_keep
from assets.cbs.odata import INFO, Code, Measure, Service
from assets.cbs.odata3 import OData3
from assets.cbs.odata4 import OData4
from assets.cbs.page import PageReader, UnreadableError, columns_of
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

# Two tables of core may be made from one vintage at the same time.
_KEEPING = Lock()


@dataclass(frozen=True)
class RawTable:
    """One vintage, read.

    Args:
        manifest: what it is.
        pages: the rows as sent, page after page. v3: ID (Int64), dimensions (padded), values (Float64). v4: Id
            (Int64), Measure, ValueAttribute, Value (Float64), StringValue, dimensions. Dimensions, Measure and
            ValueAttribute are Enums of their lists; String where a page holds a code that its list does not have.
        codes: for each dimension code, titel, omschrijving, status, groep; padded as sent.
        measures: key, titel, eenheid, datatype, decimalen.
        properties: what the table says of itself: the record of TableInfos (v3) or Properties (v4).
    """

    manifest: Manifest
    pages: Sequence[pl.LazyFrame]
    codes: Mapping[str, pl.DataFrame]
    measures: pl.DataFrame
    properties: Mapping[str, object]

    @property
    def columns(self) -> list[str]:
        """Name the columns of a row."""
        return self.pages[0].collect_schema().names()

    @cached_property
    def rows(self) -> pl.DataFrame:
        """Give all rows at once, codes as texts: for tables that are small."""
        return pl.concat(self.pages).with_columns(pl.col(pl.Enum).cast(pl.String)).collect()

    def scan(self) -> pl.LazyFrame:
        """Give the rows with where each came from: its id at CBS (`cbs_rij`) and its page (`cbs_pagina`, from 1).

        Codes are as in `pages`. They are read when they are collected.
        """
        return pl.concat(self.scan_pages())

    def scan_pages(self) -> Iterator[pl.LazyFrame]:
        """Give what `scan` does, a page at a time: for tables of millions of rows.

        Collected one after another they take half the memory of all at once.
        """
        key = "ID" if self.manifest.protocol == "v3" else "Id"
        for number, page in enumerate(self.pages, start=1):
            here = pl.lit(number, pl.Int64).alias("cbs_pagina")
            yield page.with_columns(pl.col(key).cast(pl.Int64).alias("cbs_rij"), here)

    def located(self) -> pl.DataFrame:
        """Give what `scan` does, all at once, codes as texts."""
        return self.scan().with_columns(pl.col(pl.Enum).cast(pl.String)).collect()

    def used(self, *columns: str) -> dict[str, pl.Series]:
        """Give the values of columns of texts, each once, sorted."""
        found = self.scan().select(pl.col(c).unique().implode() for c in columns).collect(engine="streaming")
        return {column: found[column].explode().cast(pl.String).sort() for column in columns}


def read_table(vintage: Vintage) -> RawTable:
    """Read a vintage.

    Raises:
        LakeError: a file is gone or damaged.
        ContractError: a value has another type than its column, or a row other columns.
    """
    manifest = vintage.manifest
    service = service_of(manifest)
    answers = {f.resource: _answer(vintage, f) for f in manifest.files if f.role == "metadata"}
    missing = {INFO, *service.structure_urls()} - set(answers)
    if missing:
        raise LakeError(
            f"{vintage.path} has no metadata {', '.join(sorted(missing))}; "
            f"move it away and refresh {manifest.bron} again"
        )
    structure = service.structure(answers)
    codes = {f.resource: _code_frame(service.codes(_answer(vintage, f))) for f in manifest.files if f.role == "codes"}
    listed = {dimension: frame["code"] for dimension, frame in codes.items()}
    columns = columns_of(manifest.protocol, manifest.kolommen, structure, listed)
    pages = _pages(vintage, PageReader(columns, service.next_link_name))
    if not pages:
        raise LakeError(f"{vintage.path} names no page of data; move it away and refresh {manifest.bron} again")
    count = int(pl.concat(pages).select(pl.len()).collect().item())
    if count != manifest.rows:
        raise ContractError(
            f"{manifest.tabel_id} ({manifest.bron}): {count} rows where its manifest says "
            f"{manifest.rows}; move {vintage.path} away and refresh again"
        )
    return RawTable(manifest, pages, codes, _measure_frame(structure.measures), _properties(answers[INFO]))


def _answer(vintage: Vintage, file: FileEntry) -> dict[str, Any]:
    answer: dict[str, Any] = orjson.loads(vintage.read(file.name))
    return answer


def _properties(answer: dict[str, Any]) -> Mapping[str, object]:
    """Give the one record of a list (v3), or the record itself (v4)."""
    records = answer.get("value")
    record: Mapping[str, object] = records[0] if isinstance(records, list) and records else answer
    return record


def service_of(manifest: Manifest) -> Service:
    """Give the reader of the protocol; no address is needed to read what was saved."""
    if manifest.protocol == "v3":
        return OData3("", "", manifest.tabel_id)
    return OData4("", manifest.tabel_id)


def _pages(vintage: Vintage, reader: PageReader) -> list[pl.LazyFrame]:
    """Give the pages in order: as they were kept, or else read from the answers and kept."""
    files = kept(vintage)
    if files is None and may_keep(vintage):
        with _KEEPING:
            # Another thread may have kept them meanwhile.
            if kept(vintage) is None:
                keep(vintage, _frames(vintage, reader))
        files = kept(vintage)
    pages = (
        [frame.lazy() for frame in _frames(vintage, reader)]
        if files is None
        else [pl.scan_parquet(file) for file in files]
    )
    if len({tuple(page.collect_schema().items()) for page in pages}) > 1:
        # A code that is not in its list is a text in its page; then so are the others.
        return [page.with_columns(pl.col(pl.Enum).cast(pl.String)) for page in pages]
    return pages


def _frames(vintage: Vintage, reader: PageReader) -> Iterator[pl.DataFrame]:
    """Read the answers, page by page."""
    manifest = vintage.manifest
    for file in manifest.files:
        if file.role == "data":
            content = vintage.read(file.name)
            try:
                page = reader.read(content)
            except UnreadableError:
                answer: dict[str, Any] = orjson.loads(content)
                page = reader.read_slowly(answer, f"{manifest.tabel_id} ({manifest.bron}), {file.name}")
            yield page.frame


def _code_frame(codes: Sequence[Code]) -> pl.DataFrame:
    rows = [(c.code, c.titel, c.omschrijving, c.status, c.groep) for c in codes]
    return pl.DataFrame(rows, schema=_CODES, orient="row")


def _measure_frame(measures: Sequence[Measure]) -> pl.DataFrame:
    rows = [(m.key, m.titel, m.eenheid, m.datatype, m.decimalen) for m in measures]
    return pl.DataFrame(rows, schema=_MEASURES, orient="row")

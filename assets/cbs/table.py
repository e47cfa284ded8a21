"""Reading a vintage back: rows and code lists as CBS sent them, in typed columns.

Here: a whole vintage as typed columns. Not here: one page (`page`), keeping columns (`kolommen`), or trimming, renaming
or interpreting anything (`assets.core`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import orjson
import polars as pl

from assets.cbs.kolommen import keep, kept
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
    columns = columns_of(manifest.protocol, manifest.kolommen, structure.dimensions)
    pages = _pages(vintage, PageReader(columns, service))
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


def _pages(vintage: Vintage, reader: PageReader) -> list[pl.DataFrame]:
    """Give the pages in order: as they were kept, or else read from the answers and kept."""
    files = kept(vintage)
    if files is not None:
        return [pl.read_parquet(file) for file in files]
    manifest, pages = vintage.manifest, []
    for file in manifest.files:
        if file.role == "data":
            content = vintage.read(file.name)
            try:
                page = reader.read(content)
            except UnreadableError:
                answer: dict[str, Any] = orjson.loads(content)
                page = reader.read_slowly(answer, f"{manifest.tabel_id} ({manifest.bron}), {file.name}")
            pages.append(page.frame)
    if pages:
        keep(vintage, pages)
    return pages


def _code_frame(codes: Sequence[Code]) -> pl.DataFrame:
    rows = [(c.code, c.titel, c.omschrijving, c.status, c.groep) for c in codes]
    return pl.DataFrame(rows, schema=_CODES, orient="row")


def _measure_frame(measures: Sequence[Measure]) -> pl.DataFrame:
    rows = [(m.key, m.titel, m.eenheid, m.datatype, m.decimalen) for m in measures]
    return pl.DataFrame(rows, schema=_MEASURES, orient="row")

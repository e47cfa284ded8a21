"""Reading a vintage back: the rows and code lists as CBS sent them, as typed columns.

Here: JSON to columns, with strict types. Not here: trimming, renaming or interpreting anything (`assets.core`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl

from assets.cbs.odata import Code, Measure, Service, values
from assets.cbs.odata3 import OData3
from assets.cbs.odata4 import OData4
from assets.errors import ContractError
from assets.lake import Manifest, Vintage

_MEASURES = {"key": pl.String, "titel": pl.String, "eenheid": pl.String, "datatype": pl.String, "decimalen": pl.Int64}
_CODES = {"code": pl.String, "titel": pl.String, "omschrijving": pl.String, "status": pl.String, "groep": pl.String}
_V4_TYPES = {"Id": pl.Int64, "Value": pl.Float64}
_NUMBERS = (int, float)


@dataclass(frozen=True)
class RawTable:
    """One vintage, read.

    Args:
        manifest: what it is.
        rows: the rows as sent. v3: ID (Int64), dimensions (String, padded), values (Float64). v4: Id (Int64), Measure,
            ValueAttribute, Value (Float64), StringValue, dimensions (String).
        codes: for each dimension code, titel, omschrijving, status, groep; padded as sent.
        measures: key, titel, eenheid, datatype, decimalen.
    """

    manifest: Manifest
    rows: pl.DataFrame
    codes: Mapping[str, pl.DataFrame]
    measures: pl.DataFrame


def read_table(vintage: Vintage) -> RawTable:
    """Read a vintage.

    Raises:
        LakeError: a file is gone or damaged.
        ContractError: a value has another type than its column, or a row other columns.
    """
    manifest = vintage.manifest
    service = _service(manifest)
    answers = {f.resource: orjson.loads(vintage.read(f.name)) for f in manifest.files if f.role == "metadata"}
    structure = service.structure(answers)
    codes = {
        f.resource: _code_frame(service.codes(orjson.loads(vintage.read(f.name))))
        for f in manifest.files
        if f.role == "codes"
    }
    types = _types(manifest, structure.dimensions)
    pages = [
        _page(values(orjson.loads(vintage.read(f.name)), f.name), types, f"{manifest.tabel_id} ({manifest.bron}), {f.name}")
        for f in manifest.files
        if f.role == "data"
    ]
    return RawTable(manifest, pl.concat(pages, rechunk=True), codes, _measure_frame(structure.measures))


def _service(manifest: Manifest) -> Service:
    """Give the reader of the protocol; no address is needed to read what was saved."""
    if manifest.protocol == "v3":
        return OData3("", "", manifest.tabel_id)
    return OData4("", manifest.tabel_id)


def _types(manifest: Manifest, dimensions: Sequence[str]) -> dict[str, type[pl.DataType]]:
    """Give the type of each column: dimensions are text, ids whole numbers, v3 topics numbers."""
    if manifest.protocol == "v4":
        return {column: _V4_TYPES.get(column, pl.String) for column in manifest.kolommen}
    return {
        column: pl.Int64 if column == "ID" else pl.String if column in dimensions else pl.Float64
        for column in manifest.kolommen
    }


def _page(records: list[dict[str, Any]], types: Mapping[str, type[pl.DataType]], where: str) -> pl.DataFrame:
    """Turn the records of one page into typed columns."""
    columns = []
    for column, dtype in types.items():
        try:
            raw = [record[column] for record in records]
        except KeyError as error:
            raise ContractError(f"{where}: a row has no column {column}; refresh this table") from error
        allowed = (str,) if dtype == pl.String else (int,) if dtype == pl.Int64 else _NUMBERS
        _check_types(raw, allowed, column, where)
        columns.append(pl.Series(column, raw, dtype=dtype, strict=False))
    return pl.DataFrame(columns)


def _check_types(raw: Sequence[object], allowed: tuple[type, ...], column: str, where: str) -> None:
    """Refuse a value of another type: a text is never read as a number, nor a number as text."""
    # By exact type, since bool is an int in Python; the set of types of a column is small.
    wrong = {type(value) for value in raw} - {*allowed, type(None)}
    if wrong:
        value = next(value for value in raw if type(value) in wrong)
        kind = "text" if allowed == (str,) else "a number"
        raise ContractError(
            f"{where}: column {column} should hold {kind} and holds {value!r}. The table changed, or the answer is "
            "damaged: look at the table at CBS, then refresh it."
        )


def _code_frame(codes: Sequence[Code]) -> pl.DataFrame:
    rows = [(c.code, c.titel, c.omschrijving, c.status, c.groep) for c in codes]
    return pl.DataFrame(rows, schema=_CODES, orient="row")


def _measure_frame(measures: Sequence[Measure]) -> pl.DataFrame:
    rows = [(m.key, m.titel, m.eenheid, m.datatype, m.decimalen) for m in measures]
    return pl.DataFrame(rows, schema=_MEASURES, orient="row")

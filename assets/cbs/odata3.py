"""OData v3 as CBS speaks it: dataderden.cbs.nl (Iv3) and opendata.cbs.nl (StatLine).

Here: addresses, envelopes and filters of v3. Not here: requests, or anything both protocols share (`odata`).

Data come from ODataFeed, in pages of 10,000 with `odata.nextLink`; metadata and code lists from ODataApi,
which refuses answers of more than 10,000 rows. Keys are padded with spaces and a filter needs them exactly
so.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from assets.cbs.odata import (
    GEMEENTE_PREFIX,
    NEDERLAND,
    Code,
    Codes,
    Measure,
    Request,
    Structure,
    TableInfo,
    any_of,
    by_stem,
    first_period,
    optional_text,
    optional_whole,
    padded,
    quoted,
    text,
    values,
)
from assets.cbs.registry import Source
from assets.errors import SourceError

NEXT_LINK = "odata.nextLink"
_JSON = "$format=json"


class OData3:
    """One v3 table at one address.

    Args:
        host_base: base URL that stands for CBS's host.
        host: CBS's host.
        tabel_id: id of the table.
    """

    next_link_name = NEXT_LINK

    def __init__(self, host_base: str, host: str, tabel_id: str) -> None:
        self.host_base = host_base
        self.tabel_id = tabel_id
        # The two hosts differ in the case of this part of the path.
        part = "OData" if host == "dataderden.cbs.nl" else "odata"
        self._api = f"{host_base}/ODataApi/{part}/{tabel_id}"
        self._feed = f"{host_base}/ODataFeed/{part}/{tabel_id}"

    def info_url(self) -> str:
        """Give the address of TableInfos."""
        return f"{self._api}/TableInfos?{_JSON}"

    def info(self, answer: Mapping[str, Any]) -> TableInfo:
        """Read TableInfos: a list of one record."""
        records = values(answer, f"{self.tabel_id} TableInfos")
        if len(records) != 1:
            raise SourceError(f"{self.tabel_id}: TableInfos has {len(records)} records where one was expected")
        what = f"{self.tabel_id} TableInfos"
        return TableInfo(
            text(records[0], "Title", what).strip(),
            text(records[0], "Modified", what),
            (optional_text(records[0], "Source", what) or ""),
            optional_whole(records[0], "RecordCount", what),
        )

    def structure_urls(self) -> Mapping[str, str]:
        """Give the address of DataProperties, which has dimensions and topics together."""
        return {"DataProperties": f"{self._api}/DataProperties?{_JSON}"}

    def structure(self, answers: Mapping[str, Mapping[str, Any]]) -> Structure:
        """Read DataProperties: dimensions by their type, measures are the topics."""
        what = f"{self.tabel_id} DataProperties"
        records = values(answers["DataProperties"], what)
        dimensions = tuple(
            text(r, "Key", what) for r in records if str(r.get("Type")).endswith(("Dimension", "Detail"))
        )
        measures = tuple(
            Measure(
                text(r, "Key", what),
                (optional_text(r, "Title", what) or ""),
                (optional_text(r, "Unit", what) or ""),
                (optional_text(r, "Datatype", what) or ""),
                optional_whole(r, "Decimals", what),
            )
            for r in records
            if r.get("Type") == "Topic"
        )
        return Structure(dimensions, measures)

    def codes_url(self, dimension: str) -> str:
        """Give the address of a code list."""
        return f"{self._api}/{dimension}?{_JSON}"

    def codes(self, answer: Mapping[str, Any]) -> Sequence[Code]:
        """Read a code list."""
        what = f"{self.tabel_id} code list"
        return [
            Code(
                text(r, "Key", what),
                (optional_text(r, "Title", what) or ""),
                (optional_text(r, "Description", what) or ""),
                optional_text(r, "Status", what),
                _group(r, what),
            )
            for r in values(answer, what)
        ]

    def request(
        self, source: Source, structure: Structure, codes: Codes, restrict: Mapping[str, Sequence[str]]
    ) -> Request:
        """Say what is asked of TypedDataSet, in the keys of the code lists."""
        entry, what = source.entry, f"{self.tabel_id} ({source.bron})"
        keys = [*structure.dimensions, *(m.key for m in structure.measures)]
        columns = [by_stem(stem, keys, what) for stem in entry.kolommen]
        parts = [
            any_of(dimension, padded(codes[dimension], wanted, f"{what}, {dimension}"))
            for dimension, wanted in {**entry.selectie, **restrict}.items()
        ]
        if entry.regio:
            nederland = padded(codes[entry.regio], [NEDERLAND], f"{what}, {entry.regio}")[0]
            parts.append(f"(substringof('{GEMEENTE_PREFIX}',{entry.regio}) or {entry.regio} eq '{quoted(nederland)}')")
        if entry.periode:
            p = entry.periode
            first = first_period(codes[p.kolom], p.soort, p.vanaf, f"{what}, {p.kolom}")
            parts.append(f"({p.kolom} ge '{quoted(first)}')")
        select = len(columns) < len(keys)
        return Request(" and ".join(parts), ("ID", *columns), select)

    def data_url(self, request: Request) -> str:
        """Give the address of the first page of TypedDataSet in the Feed."""
        options = [_JSON]
        if request.filter:
            options.append(f"$filter={quote(request.filter, safe='')}")
        if request.select:
            options.append(f"$select={quote(','.join(request.columns), safe=',')}")
        return f"{self._feed}/TypedDataSet?{'&'.join(options)}"

    def count_url(self, request: Request) -> str:
        """Give the address of the number of rows."""
        query = f"?$filter={quote(request.filter, safe='')}" if request.filter else ""
        return f"{self._feed}/TypedDataSet/$count{query}"

    def next_link(self, answer: Mapping[str, Any]) -> str | None:
        """Give the address of the next page; in v3 its name has no @."""
        return optional_text(answer, NEXT_LINK, f"{self.tabel_id} data")


def _group(record: Mapping[str, Any], what: str) -> str | None:
    """Give the group of a code: a text or a whole number, as CBS has it."""
    if isinstance(record.get("CategoryGroupID"), str):
        return optional_text(record, "CategoryGroupID", what)
    found = optional_whole(record, "CategoryGroupID", what)
    return None if found is None else str(found)


def catalogue_url(host_base: str, catalogus: str) -> str:
    """Give the address of the catalogue."""
    wanted = quote(f"Catalog eq '{catalogus}'", safe="")
    return f"{host_base}/ODataCatalog/Tables?{_JSON}&$filter={wanted}"


def find_in_catalogue(answer: Mapping[str, Any], titel: str) -> list[str]:
    """Give the ids of the tables with a title; CBS leaves spaces behind some titles."""
    what = "the catalogue"
    return [
        text(record, "Identifier", what)
        for record in values(answer, what)
        if (optional_text(record, "Title", what) or "").strip() == titel
    ]

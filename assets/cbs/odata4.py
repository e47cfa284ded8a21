"""OData v4 as CBS speaks it: datasets.cbs.nl.

Here: addresses, envelopes and filters of v4. Not here: requests, or anything both protocols share (`odata`).

Data are long: a row is one observation of one measure. `ValueAttribute` tells the kinds of no value apart.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from assets.cbs.odata import (
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
from assets.cbs.titels import key_by_title, total_code
from assets.errors import ContractError

_CATALOGUE = "CBS"
NEXT_LINK = "@odata.nextLink"
FIXED_COLUMNS = ("Id", "Measure", "ValueAttribute", "Value", "StringValue")


class OData4:
    """One v4 table at one address.

    Args:
        host_base: base URL that stands for CBS's host.
        tabel_id: id of the table; v4 minds its case.
    """

    next_link_name = NEXT_LINK

    def __init__(self, host_base: str, tabel_id: str) -> None:
        self.host_base = host_base
        self.tabel_id = tabel_id
        self._table = f"{host_base}/odata/v1/{_CATALOGUE}/{tabel_id}"

    def info_url(self) -> str:
        """Give the address of Properties."""
        return f"{self._table}/Properties"

    def info(self, answer: Mapping[str, Any]) -> TableInfo:
        """Read Properties: one record."""
        what = f"{self.tabel_id} Properties"
        return TableInfo(
            text(answer, "Title", what).strip(),
            text(answer, "Modified", what),
            (optional_text(answer, "Source", what) or ""),
            optional_whole(answer, "ObservationCount", what),
        )

    def structure_urls(self) -> Mapping[str, str]:
        """Give the addresses of Dimensions and MeasureCodes."""
        return {name: f"{self._table}/{name}" for name in ("Dimensions", "MeasureCodes")}

    def structure(self, answers: Mapping[str, Mapping[str, Any]]) -> Structure:
        """Read Dimensions and MeasureCodes."""
        what = f"{self.tabel_id} Dimensions"
        dimensions = tuple(text(r, "Identifier", what) for r in values(answers["Dimensions"], what))
        what = f"{self.tabel_id} MeasureCodes"
        measures = tuple(
            Measure(
                text(r, "Identifier", what),
                (optional_text(r, "Title", what) or ""),
                (optional_text(r, "Unit", what) or ""),
                (optional_text(r, "DataType", what) or ""),
                optional_whole(r, "Decimals", what),
            )
            for r in values(answers["MeasureCodes"], what)
        )
        return Structure(dimensions, measures)

    def codes_url(self, dimension: str) -> str:
        """Give the address of a code list."""
        return f"{self._table}/{dimension}Codes"

    def codes(self, answer: Mapping[str, Any]) -> Sequence[Code]:
        """Read a code list."""
        what = f"{self.tabel_id} code list"
        return [
            Code(
                text(r, "Identifier", what),
                (optional_text(r, "Title", what) or ""),
                (optional_text(r, "Description", what) or ""),
                optional_text(r, "Status", what),
                optional_text(r, "DimensionGroupId", what),
            )
            for r in values(answer, what)
        ]

    def request(
        self, source: Source, structure: Structure, codes: Codes, restrict: Mapping[str, Sequence[str]]
    ) -> Request:
        """Say what is asked of Observations."""
        entry, what = source.entry, f"{self.tabel_id} ({source.bron})"
        titles = {measure.key: measure.titel.strip() for measure in structure.measures}
        measures = [_one_measure(wanted, titles, entry.measure_titels, what) for wanted in entry.measures]
        measures += [key_by_title(wanted, titles.items(), what) for wanted in entry.measures_op_titel]
        for stem in entry.kolommen:
            by_stem(stem, structure.dimensions, what)
        parts = [any_of("Measure", measures)]
        parts += [
            any_of(dimension, padded(codes[dimension], wanted, f"{what}, {dimension}"))
            for dimension, wanted in {**entry.selectie, **restrict}.items()
        ]
        for dimension in entry.totaal:
            listed = ((code.code, code.titel) for code in codes[dimension])
            parts.append(any_of(dimension, [total_code(listed, f"{what}, {dimension}")]))
        if entry.regio:
            padded(codes[entry.regio], [NEDERLAND], f"{what}, {entry.regio}")
            kinds = " or ".join(f"startswith({entry.regio},'{soort}')" for soort in entry.regio_soorten)
            parts.append(f"({kinds} or {entry.regio} eq '{NEDERLAND}')")
        if entry.periode:
            p = entry.periode
            first = first_period(codes[p.kolom], p.soort, p.vanaf, f"{what}, {p.kolom}")
            parts.append(f"({p.kolom} ge '{quoted(first)}')")
        return Request(" and ".join(parts), (*FIXED_COLUMNS, *structure.dimensions), select=False)

    def data_url(self, request: Request) -> str:
        """Give the address of the first page of Observations."""
        query = f"?$filter={quote(request.filter, safe='')}" if request.filter else ""
        return f"{self._table}/Observations{query}"

    def count_url(self, request: Request) -> str:
        """Give the address of the number of observations."""
        query = f"?$filter={quote(request.filter, safe='')}" if request.filter else ""
        return f"{self._table}/Observations/$count{query}"

    def next_link(self, answer: Mapping[str, Any]) -> str | None:
        """Give the address of the next page."""
        return optional_text(answer, NEXT_LINK, f"{self.tabel_id} data")


def catalogue_url(host_base: str, catalogus: str) -> str:
    """Give the address of the catalogue."""
    return f"{host_base}/odata/v1/{catalogus}/Datasets"


def find_in_catalogue(answer: Mapping[str, Any], titel: str) -> list[str]:
    """Give the ids of the tables with a title."""
    what = "the catalogue"
    return [
        text(record, "Identifier", what)
        for record in values(answer, what)
        if (optional_text(record, "Title", what) or "").strip() == titel
    ]


def _one_measure(wanted: str, titles: Mapping[str, str], expected: Mapping[str, str], what: str) -> str:
    """Give the id of a measure, when it is there once and still means what the registry says."""
    found = [key for key in wanted.split("|") if key in titles]
    if len(found) != 1:
        listing = ", ".join(f"{key} ({title})" for key, title in sorted(titles.items())[:40])
        raise ContractError(
            f"{what}: {'no measure' if not found else 'more than one measure'} {wanted} in MeasureCodes, "
            f"which has {listing}. CBS renamed it: change assets/cbs/tables.toml."
        )
    key = found[0]
    if key in expected and titles[key] != expected[key]:
        raise ContractError(
            f"{what}: measure {key} is titled {titles[key]!r} where {expected[key]!r} was expected. CBS "
            "gave the id to something else, or renamed it: look at MeasureCodes, then change "
            "assets/cbs/tables.toml."
        )
    return key

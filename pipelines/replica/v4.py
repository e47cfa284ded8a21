"""Answers in OData v4, as datasets.cbs.nl gives them.

Here: the records of metadata, the envelopes and errors of v4. Not here: the tables, or HTTP routing (`app`).
"""

from collections.abc import Mapping, Sequence

import orjson
from starlette.responses import Response

from pipelines.replica.options import Options, filtered_records, next_query
from pipelines.replica.tables import Code, Dimension, Group, Table, Topic

OBSERVATIONS = "Observations"
_JSON = "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8"
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_AUTHORITY = "https://standaarden.overheid.nl/owms/terms/Centraal_Bureau_voor_de_Statistiek"


def error(status: int, message: str) -> Response:
    """Give an error in the envelope of v4."""
    return Response(orjson.dumps({"error": {"code": "", "message": message}}), status, media_type=_JSON)


def records_answer(base: str, entity: str, records: Sequence[dict[str, object]], options: Options) -> Response:
    """Answer with a short list, whole."""
    body: dict[str, object] = {"@odata.context": f"{base}/$metadata#{entity}" if entity else f"{base}/$metadata"}
    kept = filtered_records(records, options)
    if options.with_count:
        body["@odata.count"] = len(kept)
    return Response(orjson.dumps({**body, "value": kept}), media_type=_JSON)


def properties_answer(base: str, table: Table) -> Response:
    """Answer with Properties: one object, no list."""
    body = {"@odata.context": f"{base}/$metadata#Properties", **_properties(table, base)}
    return Response(orjson.dumps(body), media_type=_JSON)


def data_answer(table: Table, base: str, options: Options, query: Mapping[str, str], *, page_rows: int) -> Response:
    """Answer with a page of Observations, and a link to the next.

    Raises:
        QueryError: the options are not understood.
    """
    total = table.rows.count(options.filter)
    left = max(total - options.skip, 0)
    asked = left if options.top is None else min(left, options.top)
    rows = table.rows.json(options.piece(page_rows))
    parts = [b'{"@odata.context":', orjson.dumps(f"{base}/$metadata#{OBSERVATIONS}")]
    if options.with_count:
        parts.append(b',"@odata.count":%d' % total)
    parts += [b',"value":[', rows, b"]"]
    if asked > page_rows:
        link = f"{base}/{OBSERVATIONS}?{next_query(options, query, page_rows)}"
        parts += [b',"@odata.nextLink":', orjson.dumps(link)]
    return Response(b"".join([*parts, b"}"]), media_type=_JSON)


def service(table: Table) -> list[dict[str, object]]:
    """List what a table offers."""
    names = ["Properties", "Dimensions", "MeasureCodes", "MeasureGroups", OBSERVATIONS]
    for dimension in table.dimensions:
        names.append(f"{dimension.naam}Codes")
        if dimension.groepen:
            names.append(f"{dimension.naam}Groups")
    return [{"name": name, "kind": "EntitySet", "url": name} for name in names]


def catalogue_record(table: Table) -> dict[str, object]:
    """Describe a table in the catalogue."""
    d = table.description
    return {
        "Identifier": d.tabel_id,
        "Title": d.titel,
        "Description": d.samenvatting,
        "Language": "nl",
        "Authority": _AUTHORITY,
        "Modified": d.modified,
        "Catalog": d.catalogus,
        "Version": _version(d.modified),
        "Status": "Regulier",
        "ObservationCount": len(table.rows),
        "ObservationsModified": d.modified,
        "DatasetType": _kind(table),
        "Source": d.bron,
    }


def metadata(table: Table, base: str, entity: str) -> list[dict[str, object]] | None:
    """Give the records of an entity that is no data; None when there is no such entity."""
    if entity == "Dimensions":
        return [_dimension(dimension, base) for dimension in table.dimensions]
    if entity == "MeasureCodes":
        return [
            {
                "Identifier": topic.key,
                "Index": number,
                "Title": topic.titel,
                "Description": topic.omschrijving,
                "MeasureGroupId": topic.groep,
                "DataType": topic.datatype,
                "Unit": topic.eenheid,
                "Decimals": topic.decimalen,
                "PresentationType": _presentation(topic),
            }
            for number, topic in enumerate(table.topics, start=1)
        ]
    if entity == "MeasureGroups":
        groups = dict.fromkeys(topic.groep for topic in table.topics if topic.groep is not None)
        return [_group(number, Group(key, key)) for number, key in enumerate(groups, start=1)]
    for dimension in table.dimensions:
        if entity == f"{dimension.naam}Codes":
            return [_code(number, code, dimension) for number, code in enumerate(dimension.codes, start=1)]
        if entity == f"{dimension.naam}Groups" and dimension.groepen:
            return [_group(number, group) for number, group in enumerate(dimension.groepen, start=1)]
    return None


def _presentation(topic: Topic) -> str | None:
    """Tell how CBS shows a measure: texts and percentages have no way of their own."""
    return "" if topic.datatype == "String" else None if topic.eenheid == "%" else "Absolute"


def _properties(table: Table, base: str) -> dict[str, object]:
    d = table.description
    return {
        "Identifier": d.tabel_id,
        "Title": d.titel,
        "Description": f"{d.samenvatting}\n\n{d.bron}",
        "Language": "nl",
        "Authority": _AUTHORITY,
        "Modified": d.modified,
        "ReleaseDate": d.modified,
        "ModificationDate": d.modified,
        "TemporalCoverage": d.periode,
        "Catalog": d.catalogus,
        "Publisher": _AUTHORITY,
        "ContactPoint": "",
        "Version": _version(d.modified),
        "VersionNotes": "",
        "VersionReason": "Actualisering",
        "Frequency": d.frequentie,
        "Status": "Regulier",
        "ObservationCount": len(table.rows),
        "ObservationsModified": d.modified,
        "DatasetType": _kind(table),
        "GraphTypes": "Table",
        "License": _LICENCE,
        "Source": d.bron,
        "Summary": d.samenvatting,
        "LongDescription": d.bron,
        "Provenance": [],
        "RelatedSources": [],
        "Distributions": [
            {
                "Format": "odata",
                "MediaType": "odata",
                "DownloadUrl": base,
                "AccessUrl": base,
                "Language": "nl",
            }
        ],
    }


def _version(modified: str) -> str:
    """Give a version as CBS writes it: the moment of change without signs."""
    return "".join(sign for sign in modified[:16] if sign.isdecimal())


def _kind(table: Table) -> str:
    texts = [topic.datatype == "String" for topic in table.topics]
    return "Text" if all(texts) else "Mixed" if any(texts) else "Numeric"


def _dimension(dimension: Dimension, base: str) -> dict[str, object]:
    kind = dimension.kind
    typed = {} if kind == "Dimension" else {"@odata.type": f"#Cbs.Ccb.Models.{kind}"}
    return {
        **typed,
        "Identifier": dimension.naam,
        "Title": dimension.titel,
        "Description": "",
        "MapYear": "" if kind == "GeoDimension" else None,
        "ReleasePolicy": True if kind == "TimeDimension" else None,
        "Kind": kind,
        "ContainsGroups": bool(dimension.groepen),
        "ContainsCodes": True,
        "CodesUrl": f"{base}/{dimension.naam}Codes",
        "GroupsUrl": f"{base}/{dimension.naam}Groups" if dimension.groepen else None,
    }


def _code(number: int, code: Code, dimension: Dimension) -> dict[str, object]:
    record: dict[str, object] = {
        "Identifier": code.code,
        "Index": number,
        "Title": code.titel,
        "Description": code.omschrijving,
        "DimensionGroupId": code.groep,
    }
    return {**record, "Status": code.status} if dimension.kind == "TimeDimension" else record


def _group(number: int, group: Group) -> dict[str, object]:
    return {
        "Id": group.key,
        "Index": number,
        "Title": group.titel,
        "Description": "",
        "ParentId": group.boven,
    }

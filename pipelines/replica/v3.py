"""Answers in OData v3, as dataderden.cbs.nl and opendata.cbs.nl give them.

Here: the records of metadata, the envelopes and errors of v3. Not here: the tables, or HTTP routing (`app`).
"""

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

import orjson
from starlette.responses import Response

from pipelines.replica.options import Options, filtered_records, next_query
from pipelines.replica.query import QueryError
from pipelines.replica.tables import Dimension, Group, Table

API_MAXIMUM = 10_000
DATA = ("TypedDataSet", "UntypedDataSet")
_JSON = "application/json;odata=minimalmetadata;streaming=true;charset=utf-8"
_MODEL = "$metadata#Cbs.OData.WebAPI"


def error(status: int, message: str) -> Response:
    """Give an error in the envelope of v3."""
    body = {"odata.error": {"code": "", "message": {"lang": "nl-NL", "value": message}}}
    return Response(orjson.dumps(body), status, media_type=_JSON)


def records_answer(base: str, entity: str, records: Sequence[dict[str, object]], options: Options) -> Response:
    """Answer with a short list, whole."""
    kept = filtered_records(records, options)
    if options.format != "json":
        return _atom(base, entity, kept)
    metadata = f"{base}/$metadata" if not entity else f"{base}/{_MODEL}.{entity}"
    return Response(orjson.dumps({"odata.metadata": metadata, "value": kept}), media_type=_JSON)


def data_answer(
    table: Table, base: str, entity: str, options: Options, query: Mapping[str, str], *, page_rows: int | None
) -> Response:
    """Answer with rows: whole (Api, at most 10,000), or the first page with a link to the next (Feed).

    Args:
        base: address of the table as it was asked for.
        entity: TypedDataSet or UntypedDataSet.
        page_rows: rows a page for the Feed; None for the Api.

    Raises:
        QueryError: the options are not understood.
    """
    left = max(table.rows.count(options.filter) - options.skip, 0)
    asked = left if options.top is None else min(left, options.top)
    if page_rows is None and asked > API_MAXIMUM:
        return error(500, f"Failed to run the query: this query returns more than {API_MAXIMUM} records.")
    piece = options.piece(asked if page_rows is None else page_rows)
    rows = table.rows.json(piece, untyped=entity == "UntypedDataSet")
    if options.format != "json":
        return _atom(base, entity, orjson.loads(b"[" + rows + b"]"))
    parts = [b'{"odata.metadata":', orjson.dumps(f"{base}/{_MODEL}.{entity}")]
    if options.with_count:
        parts.append(b',"odata.count":"%d"' % (left + options.skip))
    parts += [b',"value":[', rows, b"]"]
    if page_rows is not None and asked > page_rows:
        link = f"{base}/{entity}?{next_query(options, query, page_rows)}"
        parts += [b',"odata.nextLink":', orjson.dumps(link)]
    return Response(b"".join([*parts, b"}"]), media_type=_JSON)


def service(table: Table, base: str) -> list[dict[str, object]]:
    """List what a table offers."""
    names = ["TableInfos", *DATA, "DataProperties", "CategoryGroups", *(d.naam for d in table.dimensions)]
    return [{"name": name, "url": f"{base}/{name}"} for name in names]


def catalogue_record(number: int, table: Table) -> dict[str, object]:
    """Describe a table in the catalogue."""
    d = table.description
    return {
        "ID": number,
        "Updated": d.modified,
        "Identifier": d.tabel_id,
        "Title": d.titel,
        "ShortTitle": d.titel,
        "ShortDescription": d.bron,
        "Summary": d.samenvatting,
        "Modified": d.modified,
        "MetaDataModified": d.modified,
        "ReasonDelivery": "Actualisering",
        "ExplanatoryText": "",
        "OutputStatus": "Regulier",
        "Source": d.bron,
        "Language": "nl",
        "Catalog": d.catalogus,
        "Frequency": d.frequentie,
        "Period": d.periode,
        "RecordCount": len(table.rows),
        "ColumnCount": len(table.rows.columns) - 1,
        "SearchPriority": "2",
    }


def metadata(table: Table, entity: str) -> list[dict[str, object]] | None:
    """Give the records of an entity that is no data; None when there is no such entity."""
    if entity == "TableInfos":
        return [_info(table)]
    if entity == "DataProperties":
        return _properties(table)
    if entity == "CategoryGroups":
        return [_group(d.naam, group) for d in table.dimensions for group in d.groepen]
    found = [dimension for dimension in table.dimensions if dimension.naam == entity]
    return _codes(found[0]) if found else None


def _info(table: Table) -> dict[str, object]:
    d = table.description
    return {
        "ID": 0,
        "Title": d.titel,
        "ShortTitle": d.titel,
        "Identifier": d.tabel_id,
        "Summary": d.samenvatting,
        "Modified": d.modified,
        "ReasonDelivery": "Actualisering",
        "ExplanatoryText": "",
        "Language": "nl",
        "Catalog": d.catalogus,
        "Frequency": d.frequentie,
        "Period": d.periode,
        "ShortDescription": f"{d.samenvatting}\n\n{d.bron}",
        "Description": d.bron,
        "DefaultPresentation": "",
        "DefaultSelection": "",
        "GraphTypes": "Table",
        "OutputStatus": "Regulier",
        "Source": d.bron,
        "MetaDataModified": d.modified,
        "SearchPriority": "2",
        "RecordCount": len(table.rows),
        "ColumnCount": len(table.rows.columns) - 1,
    }


def _properties(table: Table) -> list[dict[str, object]]:
    records: list[dict[str, object]] = [
        {
            "odata.type": f"Cbs.OData.{dimension.kind}",
            "ID": number,
            "Position": number,
            "ParentID": None,
            "Type": dimension.kind,
            "Key": dimension.naam,
            "Title": dimension.titel,
            "Description": "",
            **({"ReleasePolicy": False} if dimension.kind == "TimeDimension" else {}),
            **({"MapYear": None} if dimension.kind == "GeoDimension" else {}),
        }
        for number, dimension in enumerate(table.dimensions)
    ]
    for number, topic in enumerate(table.topics, start=len(records)):
        records.append(
            {
                "odata.type": "Cbs.OData.Topic",
                "ID": number,
                "Position": number,
                "ParentID": None,
                "Type": "Topic",
                "Key": topic.key,
                "Title": topic.titel,
                "Description": topic.omschrijving,
                "Datatype": topic.datatype,
                "Unit": topic.eenheid,
                "Decimals": topic.decimalen,
                "Default": "Impossible",
                "PresentationType": "Relative" if topic.datatype == "Double" else "Absolute",
            }
        )
    return records


def _codes(dimension: Dimension) -> list[dict[str, object]]:
    time = dimension.kind == "TimeDimension"
    records: list[dict[str, object]] = []
    for code in dimension.codes:
        group = None if code.groep is None else int(code.groep)
        record: dict[str, object] = {"Key": code.code, "Title": code.titel, "Description": code.omschrijving}
        # The code list of periods has a status where the others have a group.
        records.append({**record, "Status": code.status} if time else {**record, "CategoryGroupID": group})
    return records


def _group(dimension: str, group: Group) -> dict[str, object]:
    return {
        "ID": int(group.key),
        "DimensionKey": dimension,
        "Title": group.titel,
        "Description": "",
        "ParentID": None if group.boven is None else int(group.boven),
    }


def _atom(base: str, entity: str, records: Sequence[Mapping[str, object]]) -> Response:
    """Answer in Atom XML, which is what v3 gives when JSON is not asked for."""
    atom, data = "http://www.w3.org/2005/Atom", "http://schemas.microsoft.com/ado/2007/08/dataservices"
    meta = f"{data}/metadata"
    for prefix, uri in (("", atom), ("d", data), ("m", meta)):
        ET.register_namespace(prefix, uri)
    feed = ET.Element(f"{{{atom}}}feed")
    ET.SubElement(feed, f"{{{atom}}}id").text = f"{base}/{entity}"
    ET.SubElement(feed, f"{{{atom}}}title").text = entity
    for record in records:
        entry = ET.SubElement(feed, f"{{{atom}}}entry")
        content = ET.SubElement(entry, f"{{{atom}}}content", {"type": "application/xml"})
        properties = ET.SubElement(content, f"{{{meta}}}properties")
        for key, value in record.items():
            field = ET.SubElement(properties, f"{{{data}}}{key.replace('odata.', '')}")
            if value is None:
                field.set(f"{{{meta}}}null", "true")
            else:
                field.text = str(value)
    body = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return Response(body, media_type="application/atom+xml;type=feed;charset=utf-8")


def checked_format(options: Options) -> None:
    """See that an answer can be given as it is asked for.

    Raises:
        QueryError: `$format` is neither json nor atom.
    """
    if options.format not in {"", "json", "atom"}:
        raise QueryError(f"The format '{options.format}' is not supported.")

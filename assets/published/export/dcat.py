"""`dcat.jsonld`: the publication as a dataset in a catalogue, in the words of DCAT-AP-NL 3.0.

Here: descriptions into RDF. Not here: the files themselves. Addresses are relative to the folder of the export, since
where it will stand is not known here. A publisher is left out, and so is a contact point that nobody set: neither is
invented.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assets.published.export.bestand import Bestand

FILE_NAME = "dcat.jsonld"
_EU = "http://publications.europa.eu/resource/authority/"
_MEDIA = {
    ".csv": ("text/csv", "CSV"),
    ".parquet": ("application/vnd.apache.parquet", "PARQUET"),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX"),
    ".json": ("application/json", "JSON"),
    ".duckdb": ("application/octet-stream", "BIN"),
}


def write_dcat(bestand: Bestand, folder: Path, files: Sequence[Path], contact: str | None) -> Path:
    """Describe an export.

    Args:
        bestand: the published file.
        folder: the export.
        files: the files in it, each a distribution.
        contact: an e-mail address; None: nobody set one.

    Returns:
        the file.
    """
    from rdflib import DCAT, DCTERMS, RDF, XSD, BNode, Graph, Literal, Namespace, URIRef
    from rdflib.namespace import FOAF

    spdx, vcard, adms = (
        Namespace("http://spdx.org/rdf/terms#"),
        Namespace("http://www.w3.org/2006/vcard/ns#"),
        Namespace("http://www.w3.org/ns/adms#"),
    )
    citaat = bestand.citaat
    dataset = URIRef(f"urn:sha256:{citaat['inhoud_sha256']}")
    licence = URIRef(f"{_EU}licence/CC_BY_4_0")
    moment = Literal(citaat["gepubliceerd_op"], datatype=XSD.dateTime)
    first, last = _boekjaren(bestand)
    graph = Graph()
    for prefix, namespace in (("dcat", DCAT), ("dct", DCTERMS), ("spdx", spdx), ("vcard", vcard), ("foaf", FOAF)):
        graph.bind(prefix, namespace)
    publisher, period = BNode("cbs"), BNode("boekjaren")
    facts = [
        (dataset, RDF.type, DCAT.Dataset),
        (dataset, DCTERMS.identifier, Literal(str(dataset))),
        (dataset, DCTERMS.title, Literal(citaat["titel"], lang="nl")),
        (dataset, DCTERMS.description, Literal(citaat["citaat"], lang="nl")),
        (dataset, DCTERMS.issued, moment),
        (dataset, DCTERMS.modified, moment),
        (dataset, DCTERMS.language, URIRef(f"{_EU}language/NLD")),
        (dataset, DCTERMS.accessRights, URIRef(f"{_EU}access-right/PUBLIC")),
        (dataset, DCTERMS.license, licence),
        (dataset, DCTERMS.accrualPeriodicity, URIRef(f"{_EU}frequency/DAILY")),
        (dataset, DCTERMS.spatial, URIRef(f"{_EU}country/NLD")),
        (dataset, DCAT.theme, URIRef(f"{_EU}data-theme/SOCI")),
        (dataset, URIRef(f"{DCAT}version"), Literal(f"{citaat['code_versie']}, schema {citaat['schema_versie']}")),
        (dataset, adms.versionNotes, Literal(f"herkomst: {citaat['herkomst']}", lang="nl")),
        (dataset, DCTERMS.creator, publisher),
        (publisher, RDF.type, FOAF.Organization),
        (publisher, FOAF.name, Literal(citaat["bron"], lang="nl")),
        (dataset, DCTERMS.temporal, period),
        (period, RDF.type, DCTERMS.PeriodOfTime),
        (period, DCAT.startDate, Literal(f"{first}-01-01", datatype=XSD.date)),
        (period, DCAT.endDate, Literal(f"{last}-12-31", datatype=XSD.date)),
        *((dataset, DCAT.keyword, Literal(word, lang="nl")) for word in ("re-integratie", "gemeenten", "Iv3", "SRG")),
        *((dataset, DCTERMS.source, URIRef(bron["url"].partition("?")[0])) for bron in bestand.bronnen),
    ]
    if contact is not None:
        point = BNode("contact")
        facts += [
            (dataset, DCAT.contactPoint, point),
            (point, RDF.type, vcard.Kind),
            (point, vcard.hasEmail, URIRef(f"mailto:{contact}")),
        ]
    for file in sorted(files):
        name = file.relative_to(folder).as_posix()
        content = file.read_bytes()
        media, form = _MEDIA[file.suffix]
        one, checksum = URIRef(f"{dataset}#{name}"), BNode(f"sha256-{hashlib.sha256(name.encode()).hexdigest()[:12]}")
        facts += [
            (dataset, DCAT.distribution, one),
            (one, RDF.type, DCAT.Distribution),
            (one, DCTERMS.title, Literal(name)),
            (one, DCAT.accessURL, URIRef(name)),
            (one, DCAT.downloadURL, URIRef(name)),
            (one, DCAT.mediaType, URIRef(f"http://www.iana.org/assignments/media-types/{media}")),
            (one, DCTERMS["format"], URIRef(f"{_EU}file-type/{form}")),
            (one, DCAT.byteSize, Literal(len(content), datatype=XSD.nonNegativeInteger)),
            (one, DCTERMS.license, licence),
            (one, DCTERMS.issued, moment),
            (one, spdx.checksum, checksum),
            (checksum, RDF.type, spdx.Checksum),
            (checksum, spdx.algorithm, spdx.checksumAlgorithm_sha256),
            (checksum, spdx.checksumValue, Literal(hashlib.sha256(content).hexdigest(), datatype=XSD.hexBinary)),
        ]
    for fact in facts:
        graph.add(fact)
    path = folder / FILE_NAME
    context = {prefix: str(namespace) for prefix, namespace in graph.namespaces() if prefix in _PREFIXES}
    text = graph.serialize(format="json-ld", context=context)
    # The library gives them in the order of its hash tables; what is no @list has no order, so it gets one here.
    path.write_text(json.dumps(_ordered(json.loads(text)), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _ordered(node: Any) -> Any:  # noqa: ANN401  # any JSON
    """Sort keys and lists at every depth."""
    if isinstance(node, dict):
        return {key: _ordered(node[key]) for key in sorted(node)}
    if isinstance(node, list):
        return sorted((_ordered(item) for item in node), key=lambda item: json.dumps(item, sort_keys=True))
    return node


_PREFIXES = ("dcat", "dct", "spdx", "vcard", "foaf", "xsd", "adms")


def _boekjaren(bestand: Bestand) -> tuple[int, int]:
    found = bestand.con.execute("select min(boekjaar), max(boekjaar) from core.iv3_levering").fetchone()
    assert found is not None
    return int(found[0]), int(found[1])

"""`datapackage.json`: the CSV files with their schema, licence, sources and hashes, as Frictionless describes them.

Here: descriptions into the words of that standard. Not here: the CSV (`tabular`).
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assets.errors import ContractError
from assets.published.export.bestand import Bestand, Tabel
from assets.published.export.tabular import csv_file

FILE_NAME = "datapackage.json"
# Type in DuckDB -> type and options in Frictionless.
_TYPES: dict[str, dict[str, Any]] = {
    "BIGINT": {"type": "integer"},
    "INTEGER": {"type": "integer"},
    "HUGEINT": {"type": "integer"},
    "DOUBLE": {"type": "number"},
    "VARCHAR": {"type": "string"},
    "BOOLEAN": {"type": "boolean", "trueValues": ["true"], "falseValues": ["false"]},
    "DATE": {"type": "date"},
}
_CC_BY = {"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/", "title": "CC BY 4.0"}


def write_datapackage(bestand: Bestand, folder: Path, files: Sequence[Path]) -> Path:
    """Describe CSV files that were written before.

    Args:
        bestand: the published file.
        folder: the export.
        files: the CSV files, one for each table chosen.

    Returns:
        the file.

    Raises:
        ContractError: a column has a type that has no word in the standard.
    """
    from frictionless import Package

    citaat = bestand.citaat
    descriptor = {
        "name": "benchmark-re-integratie-gemeenten",
        "title": citaat["titel"],
        "description": citaat["citaat"],
        "version": citaat["code_versie"],
        "created": citaat["gepubliceerd_op"],
        "homepage": "https://opendata.cbs.nl",
        "licenses": [_CC_BY],
        "keywords": ["re-integratie", "participatie", "gemeenten", "Iv3", "SRG", "benchmark"],
        "schema_versie": citaat["schema_versie"],
        "herkomst": citaat["herkomst"],
        "inhoud_sha256": citaat["inhoud_sha256"],
        "contributors": [{"title": citaat["bron"], "role": "publisher"}],
        "sources": [
            {
                "title": f"{bron['tabel_id']} {bron['titel']}",
                "path": bron["url"],
                "herkomst": bron["herkomst"],
                "vintage": bron["vintage"],
                "modified": bron["modified"],
            }
            for bron in bestand.bronnen
        ],
        "resources": [
            _resource(tabel, folder, path) for tabel, path in zip(bestand.tabellen, files, strict=True) if path.exists()
        ],
    }
    package = Package.from_descriptor(descriptor)
    path = folder / FILE_NAME
    package.to_json(str(path))
    return path


def _resource(tabel: Tabel, folder: Path, path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {
        "name": tabel.bestandsnaam.replace("_", "-").lower(),
        "title": tabel.naam,
        "description": tabel.betekenis,
        "path": csv_file(folder, tabel).relative_to(folder).as_posix(),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "dialect": {"csv": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True}},
        "schema": {
            "fields": [
                {
                    "name": kolom.naam,
                    "title": kolom.naam.replace("_", " "),
                    "description": f"{kolom.betekenis} [{kolom.eenheid}]",
                    "eenheid": kolom.eenheid,
                    **_type(tabel, kolom.type),
                    **({"constraints": {"required": True}} if kolom.is_sleutel else {}),
                }
                for kolom in tabel.kolommen
            ],
            "primaryKey": list(tabel.sleutel),
            "missingValues": [""],
        },
    }


def _type(tabel: Tabel, kind: str) -> dict[str, Any]:
    if kind not in _TYPES:
        raise ContractError(f"{tabel.naam} has a column of type {kind}, which a data package has no word for here")
    return _TYPES[kind]

"""The schema `meta` of the published file: where the figures come from, when they were made, what was checked.

Here: the frames of meta.bronnen, meta.paginas, meta.runs and meta.checks and their descriptions. Not here: writing the
file.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version

import duckdb
import polars as pl

from assets.cbs.registry import load_registry
from assets.cbs.versheid import expected_on
from assets.core.assets import soort_of
from assets.core.base import CoreModel, describe, kolom
from assets.core.inputs import Inputs
from assets.core.keuzes import Keuzes
from assets.lake import Vintage
from assets.stempel import code_sha256


class BronnenModel(CoreModel):
    """Every source table this publication was made from, one row a vintage: a download of one CBS table at one moment.
    All CBS data are CC BY 4.0 (bron: CBS). A row whose herkomst is not `cbs` is no CBS figure."""  # noqa: D205, D209

    bron: str = kolom("naam", "naam van de bron in dit project")
    tabel_id: str = kolom("code", "id van de tabel bij CBS")
    titel: str = kolom("tekst", "titel van de tabel bij CBS")
    catalogus: str = kolom("naam", "catalogus van CBS")
    protocol: str = kolom("naam", "OData v3 of v4, of een bestand dat een gebruiker gaf", isin=["v3", "v4", "bestand"])
    herkomst: str = kolom(
        "naam",
        "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)",
        isin=["cbs", "opname", "reconstructie"],
    )
    herkomst_toelichting: str = kolom("tekst", "wat de bron zelf over haar herkomst zegt")
    wereld: str = kolom("code", "welke reconstructie; leeg bij CBS")
    modified: str = kolom("tijdstip", "Modified zoals CBS het gaf")
    vintage: str = kolom("code", "id van de download in de lake")
    opgehaald_op: str = kolom("tijdstip (UTC)", "wanneer de download klaar was")
    verwacht_op: str = kolom(
        "datum", "wanneer CBS iets nieuwers zou moeten hebben; leeg = niets verwacht", nullable=True
    )
    rijen: int = kolom("rijen", "rijen in de download", gt=0)
    bytes: int = kolom("bytes", "omvang van de antwoorden, uitgepakt", gt=0)
    sha256: str = kolom("sha256", "hash van de inhoud (rijen)", str_matches=r"^[0-9a-f]{64}$")
    url: str = kolom("url", "adres van de eerste pagina")
    filter: str = kolom("tekst", "het gestelde filter")
    licentie: str = kolom("naam", "licentie van de gegevens")


class PaginasModel(CoreModel):
    """Every page of data in the downloads this publication was made from. The columns cbs_pagina and cbs_rij of the
    core tables point here: the row with that id stands in this file of the vintage, as CBS sent it."""  # noqa: D205, D209

    bron: str = kolom("naam", "naam van de bron in dit project")
    pagina: int = kolom("volgnummer", "volgorde van de pagina in de download, vanaf 1", ge=1)
    vintage: str = kolom("code", "id van de download in de lake")
    bestand: str = kolom("naam", "bestand in de map files van de vintage (zstd)")
    url: str = kolom("url", "adres van de pagina")
    rijen: int = kolom("rijen", "rijen op de pagina", ge=0)
    bytes: int = kolom("bytes", "omvang van het antwoord, uitgepakt", gt=0)
    sha256: str = kolom("sha256", "hash van het antwoord zoals CBS het gaf", str_matches=r"^[0-9a-f]{64}$")


class RunsModel(CoreModel):
    """Every publication of this lake, the newest last: which code and which vintages made it."""

    run_id: str = kolom("code", "id van de run in Dagster")
    gepubliceerd_op: str = kolom("tijdstip (UTC)", "wanneer het bestand gemaakt is")
    code_versie: str = kolom("versie", "versie van dit project")
    code_sha256: str = kolom("sha256", "hash van de code en de SQL die het bestand maakten")
    duckdb_versie: str = kolom("versie", "versie van DuckDB")
    polars_versie: str = kolom("versie", "versie van polars")
    herkomst: str = kolom("naam", "cbs, opname of reconstructie")
    wereld: str = kolom("code", "welke reconstructie; leeg bij CBS")
    boekjaren: str = kolom("tekst", "eerste en laatste boekjaar")
    bronnen_sha256: str = kolom("sha256", "hash van alle gebruikte vintages (bron en inhoud)")
    keuzes: str = kolom("json", "de keuzes van deze run; zie core.instelling")
    aantal_waarschuwingen: int = kolom("checks", "checks die een waarschuwing gaven", ge=0)


class ChecksModel(CoreModel):
    """The checks this publication passed; each is a query in sql/checks that returns the rows that are wrong."""

    check: str = kolom("naam", "naam van de query")
    beschrijving: str = kolom("tekst", "wat waar moet zijn")
    ernst: str = kolom("naam", "fout = dan wordt niet gepubliceerd; waarschuwing", isin=["fout", "waarschuwing"])
    aantal_rijen_fout: int = kolom("rijen", "rijen die niet kloppen", ge=0)
    is_geslaagd: bool = kolom("ja/nee", "geen rij is fout")


BRONNEN = describe(BronnenModel, "bronnen", ["bron"], schema="meta", methode="what-the-file-says-of-itself")
PAGINAS = describe(PaginasModel, "paginas", ["bron", "pagina"], schema="meta", methode="what-the-file-says-of-itself")
RUNS = describe(RunsModel, "runs", ["gepubliceerd_op", "run_id"], schema="meta", methode="what-the-file-says-of-itself")
CHECKS = describe(ChecksModel, "checks", ["check"], schema="meta", methode="what-the-file-says-of-itself")


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check.

    Args:
        check: its name.
        beschrijving: what must be true.
        ernst: `fout` or `waarschuwing`.
        rows: the rows that are wrong.
        columns: their columns.
    """

    check: str
    beschrijving: str
    ernst: str
    rows: Sequence[tuple[object, ...]]
    columns: Sequence[str]


def bronnen(inputs: Inputs) -> pl.DataFrame:
    """Give one row for each vintage used, columns of `BronnenModel`."""
    rows = [
        {
            "bron": bron,
            "tabel_id": vintage.manifest.tabel_id,
            "titel": vintage.manifest.titel,
            "catalogus": vintage.manifest.catalogus,
            "protocol": vintage.manifest.protocol,
            "herkomst": vintage.manifest.herkomst,
            "herkomst_toelichting": vintage.manifest.herkomst_toelichting,
            "wereld": vintage.manifest.wereld,
            "modified": vintage.manifest.modified,
            "vintage": vintage.id,
            "opgehaald_op": str(vintage.manifest.downloaded_at),
            "verwacht_op": _expected(bron, vintage),
            "rijen": vintage.manifest.rows,
            "bytes": vintage.manifest.bytes,
            "sha256": vintage.manifest.sha256,
            "url": vintage.manifest.url,
            "filter": vintage.manifest.filter,
            "licentie": vintage.manifest.licentie,
        }
        for bron, vintage in sorted({**inputs.vintages, **inputs.invoer}.items())
    ]
    return _frame(rows, BronnenModel)


def paginas(inputs: Inputs) -> pl.DataFrame:
    """Give one row for each page of data of each vintage used, columns of `PaginasModel`."""
    rows = []
    for bron, vintage in sorted({**inputs.vintages, **inputs.invoer}.items()):
        pages = [file for file in vintage.manifest.files if file.role == "data"]
        for number, file in enumerate(pages, start=1):
            name = f"{file.name}.zst"
            rows.append((bron, number, vintage.id, name, file.url, file.rows, file.bytes, file.sha256))
    return _frame([dict(zip(PAGINAS.columns, row, strict=True)) for row in rows], PaginasModel)


def run_row(
    inputs: Inputs, keuzes: Keuzes, checks: Iterable[CheckResult], *, run_id: str, published_at: str
) -> pl.DataFrame:
    """Give the row of one publication, columns of `RunsModel`."""
    content = "\n".join(
        f"{bron} {v.manifest.sha256}" for bron, v in sorted({**inputs.vintages, **inputs.invoer}.items())
    )
    row = {
        "run_id": run_id,
        "gepubliceerd_op": published_at,
        "code_versie": version("reintegratie"),
        "code_sha256": code_sha256("assets", "sql"),
        "duckdb_versie": duckdb.__version__,
        "polars_versie": pl.__version__,
        "herkomst": inputs.herkomst,
        "wereld": inputs.world[1],
        "boekjaren": f"{inputs.boekjaren[0]}-{inputs.boekjaren[-1]}",
        "bronnen_sha256": hashlib.sha256(content.encode()).hexdigest(),
        "keuzes": json.dumps(asdict(keuzes), sort_keys=True),
        "aantal_waarschuwingen": sum(1 for check in checks if check.rows),
    }
    return _frame([row], RunsModel)


def checks(results: Iterable[CheckResult]) -> pl.DataFrame:
    """Give one row for each check, columns of `ChecksModel`."""
    rows = [
        {
            "check": result.check,
            "beschrijving": result.beschrijving,
            "ernst": result.ernst,
            "aantal_rijen_fout": len(result.rows),
            "is_geslaagd": not result.rows,
        }
        for result in results
    ]
    return _frame(rows, ChecksModel).sort("check")


def _expected(bron: str, vintage: Vintage) -> str | None:
    """Say when CBS should have something newer than a vintage; nothing is expected of an input file."""
    entry = load_registry().entries.get(soort_of(bron))
    if entry is None:
        return None
    jaar = int(bron.rpartition("_")[2]) if entry.per_jaar else None
    found = expected_on(entry.kalender, jaar, vintage.manifest.modified)
    return None if found is None else found.isoformat()


def _frame(rows: Sequence[Mapping[str, object]], model: type[CoreModel]) -> pl.DataFrame:
    schema = {name: column.dtype.type for name, column in model.to_schema().columns.items()}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    model.validate(frame, lazy=True)
    return frame

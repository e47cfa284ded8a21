"""meta.schemas, meta.tabellen, meta.dictionary and meta.citaat: the file in its own words.

Here: their models and frames, all made from the descriptions of the tables. Not here: the descriptions themselves
(pandera models, headers of `.sql` files), or whether they may change (`contract`).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from assets.core.base import CoreModel, describe, kolom
from assets.description import TableDescription
from assets.published.contract import Contract

METHOD = "docs/method.md"
OWN = "dit project"
EVERY_SOURCE = "alle bronnen"

# Comments on a schema cannot be stored in a DuckDB file, so what a schema is stands in a table.
SCHEMAS = {
    "vraag": "de vragen die het meest gesteld worden, elk een view met de vraag als naam; begin hier",
    "benchmark": "de maatstaven: bestedingen en voorzieningen per gemeente, groep en Nederland, en functies",
    "rapport": "de tabellen en figuren van het referentierapport voor elk jaar, met wat het afdrukte ernaast",
    "core": "de opgeschoonde CBS-tabellen waar alles uit komt, een per onderwerp",
    "meta": "waar de cijfers vandaan komen, wanneer ze gemaakt zijn, wat ze betekenen en wat er veranderde",
}
_SECTION = "what-the-file-says-of-itself"


class SchemasModel(CoreModel):
    """The schemas of this file and what is in them, in the order in which to read them."""

    volgorde: int = kolom("rangnummer", "volgorde om te lezen", ge=1)
    schema_naam: str = kolom("naam", "naam van het schema")
    betekenis: str = kolom("tekst", "wat erin staat", str_length={"min_value": 1})


class TabellenModel(CoreModel):
    """Every table, view and function of this file: what it answers, what identifies a row, where it comes from."""

    tabel: str = kolom("naam", "schema en tabel, view of functie")
    soort: str = kolom("naam", "tabel, view of functie", isin=["tabel", "view", "functie"])
    betekenis: str = kolom("tekst", "wat het beantwoordt, en wat het niet kan zeggen", str_length={"min_value": 1})
    sleutel: str = kolom("namen", "de kolommen die een rij aanwijzen; van een functie de parameters")
    aantal_rijen: int = kolom("rijen", "aantal rijen; leeg = view, functie of meta", nullable=True, ge=0)
    brontabellen: str = kolom(
        "namen", "bronnen met hun tabellen bij CBS; zie meta.bronnen", str_length={"min_value": 1}
    )
    methode: str = kolom("verwijzing", "waar de methode staat", str_length={"min_value": 1})
    sinds_versie: str = kolom("versie", "versie van het schema waarmee het kwam", str_matches=r"^\d+\.\d+$")


class DictionaryModel(CoreModel):
    """Every column of every table and view of this file: type, unit, meaning, source and method."""

    tabel: str = kolom("naam", "schema en tabel of view")
    kolomnaam: str = kolom("naam", "naam van de kolom")
    volgorde: int = kolom("rangnummer", "plaats van de kolom in de tabel", ge=1)
    type: str = kolom("naam", "type in DuckDB", str_length={"min_value": 1})
    eenheid: str = kolom("tekst", "eenheid van een waarde", str_length={"min_value": 1})
    betekenis: str = kolom("tekst", "wat een waarde betekent", str_length={"min_value": 1})
    is_sleutel: bool = kolom("ja/nee", "hoort bij wat een rij aanwijst")
    brontabellen: str = kolom(
        "namen", "bronnen met hun tabellen bij CBS; zie meta.bronnen", str_length={"min_value": 1}
    )
    methode: str = kolom("verwijzing", "waar de methode staat", str_length={"min_value": 1})
    sinds_versie: str = kolom("versie", "versie van het schema waarmee de kolom kwam", str_matches=r"^\d+\.\d+$")


class CitaatModel(CoreModel):
    """How to cite this publication: one row. The hash is of all tables, so who cites it can be checked."""

    citaat: str = kolom("tekst", "zo te noemen in een publicatie")
    titel: str = kolom("tekst", "titel")
    gepubliceerd_op: str = kolom("tijdstip (UTC)", "wanneer het bestand gemaakt is")
    code_versie: str = kolom("versie", "versie van dit project")
    schema_versie: str = kolom("versie", "versie van het schema", str_matches=r"^\d+\.\d+$")
    herkomst: str = kolom("naam", "cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)")
    inhoud_sha256: str = kolom(
        "sha256",
        "hash van de regels `schema.tabel sha256` van alle Parquet-bestanden, op naam gesorteerd",
        str_matches=r"^[0-9a-f]{64}$",
    )
    licentie: str = kolom("naam", "licentie van de gegevens")
    bron: str = kolom("tekst", "wie de gegevens publiceert")


SCHEMAS_TABLE = describe(SchemasModel, "schemas", ["volgorde"], schema="meta", methode=_SECTION)
TABELLEN = describe(TabellenModel, "tabellen", ["tabel"], schema="meta", methode=_SECTION)
DICTIONARY = describe(DictionaryModel, "dictionary", ["tabel", "volgorde"], schema="meta", methode=_SECTION)
CITAAT = describe(CitaatModel, "citaat", ["citaat"], schema="meta", methode=_SECTION)

TITEL = "Benchmark re-integratie van gemeenten"
LICENTIE = "CC BY 4.0"
BRON = "Centraal Bureau voor de Statistiek (CBS)"
_WARNING = {
    "reconstructie": " RECONSTRUCTIE: dit zijn geen CBS-cijfers.",
    "opname": " OPNAME: vastgelegde CBS-cijfers, niet van CBS opgehaald.",
    "cbs": "",
}


def schemas() -> pl.DataFrame:
    """Give one row for each schema, columns of `SchemasModel`."""
    rows = [(place, name, text) for place, (name, text) in enumerate(SCHEMAS.items(), start=1)]
    return _frame(rows, SchemasModel)


def tabellen(
    tables: Sequence[TableDescription],
    functions: Mapping[str, str],
    contract: Contract,
    rows: Mapping[str, int],
    sources: Mapping[str, str],
) -> pl.DataFrame:
    """Give one row for each table, view and function.

    Args:
        tables: their descriptions.
        functions: qualified name of a function -> what it answers.
        contract: kinds, keys and versions.
        rows: qualified name -> number of rows, of the tables that are counted.
        sources: qualified name -> text of brontabellen, of what comes from sources; the rest is our own.

    Returns:
        columns of `TabellenModel`, sorted by tabel.
    """
    found = [
        (
            table.name,
            contract.tabellen[table.name].soort,
            table.about,
            ", ".join(table.grain),
            rows.get(table.name),
            sources.get(table.name, OWN),
            f"{METHOD}#{table.methode}",
            contract.tabellen[table.name].sinds,
        )
        for table in tables
    ]
    for name, about in functions.items():
        function = contract.functies[name]
        found.append(
            (
                name,
                "functie",
                about,
                ", ".join(function.parameters),
                None,
                sources.get(name, OWN),
                METHOD,
                function.sinds,
            )
        )
    return _frame(sorted(found), TabellenModel)


def dictionary(tables: Iterable[TableDescription], contract: Contract, sources: Mapping[str, str]) -> pl.DataFrame:
    """Give one row for each column of each table and view.

    Args:
        tables: their descriptions.
        contract: types and versions.
        sources: see `tabellen`.

    Returns:
        columns of `DictionaryModel`, sorted by tabel and volgorde.
    """
    rows = [
        (
            table.name,
            name,
            place,
            contract.tabellen[table.name].kolommen[name].type,
            column.eenheid,
            column.betekenis,
            name in table.grain,
            sources.get(table.name, OWN),
            f"{METHOD}#{table.methode}",
            contract.tabellen[table.name].kolommen[name].sinds,
        )
        for table in sorted(tables, key=lambda table: table.name)
        for place, (name, column) in enumerate(table.columns.items(), start=1)
    ]
    return _frame(rows, DictionaryModel)


def citaat(run: Mapping[str, object], contract: Contract, hashes: Mapping[str, str]) -> pl.DataFrame:
    """Give the one row that says how to cite a publication, columns of `CitaatModel`.

    Args:
        run: the row of meta.runs.
        contract: the version of the schema.
        hashes: qualified name of each table -> sha256 of its Parquet.
    """
    lines = "".join(f"{name} {sha256}\n" for name, sha256 in sorted(hashes.items()))
    inhoud = hashlib.sha256(lines.encode()).hexdigest()
    day = str(run["gepubliceerd_op"])[:10]
    text = (
        f"{TITEL}, versie {run['code_versie']}, schema {contract.versie}, gepubliceerd {day}, "
        f"boekjaren {run['boekjaren']}, inhoud sha256 {inhoud}. "
        f"Bron van de gegevens: {BRON}, {LICENTIE}, bewerkt.{_WARNING[str(run['herkomst'])]}"
    )
    row = (
        text,
        TITEL,
        str(run["gepubliceerd_op"]),
        str(run["code_versie"]),
        contract.versie,
        str(run["herkomst"]),
        inhoud,
        LICENTIE,
        BRON,
    )
    return _frame([row], CitaatModel)


def _frame(rows: Sequence[tuple[object, ...]], model: type[CoreModel]) -> pl.DataFrame:
    schema = {name: column.dtype.type for name, column in model.to_schema().columns.items()}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    model.validate(frame, lazy=True)
    return frame

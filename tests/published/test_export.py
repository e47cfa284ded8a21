"""Other forms of the file: the same numbers in each, to the last digit, and each valid in its own world."""

import hashlib
import json
import math
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import polars as pl
import pytest
from rdflib import DCAT, DCTERMS, RDF, Graph

from assets.errors import LakeError, SettingsError
from assets.lake import Lake
from assets.published.export.bestand import DEFAULT, Tabel, geopend
from assets.published.export.excel import FILE_NAME, label
from assets.published.export.export import FORMS, export
from assets.published.export.tabular import csv_file, parquet_file
from assets.published.layout import published_file

Run = Callable[..., subprocess.CompletedProcess[str]]
FRICTIONLESS = Path(sys.executable).with_name("frictionless")
OLD_CLIENT = Path(sys.prefix) / "duckdb-1.1"


@pytest.fixture(scope="module")
def exported(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "set"
    export(published_file(Lake(small)), folder, FORMS, [*DEFAULT, "core.gemeente"], None)
    return folder


@pytest.fixture(scope="module")
def truth(small: Path) -> dict[Tabel, list[tuple[Any, ...]]]:
    """Give every row of every table that was exported, as DuckDB has them."""
    with geopend(published_file(Lake(small)), [*DEFAULT, "core.gemeente"]) as bestand:
        return {tabel: bestand.rijen(tabel) for tabel in bestand.tabellen}


def test_every_table_is_there_and_core_only_when_asked(truth: dict[Tabel, list[Any]], exported: Path) -> None:
    names = {tabel.naam for tabel in truth}
    assert {"benchmark.gemeente_jaar", "rapport.tabel_3", "vraag.wie_boekt_nul", "meta.dictionary"} < names
    assert {name for name in names if name.startswith("core.")} == {"core.gemeente"}
    assert {path.stem for path in (exported / "csv").iterdir()} == {tabel.bestandsnaam for tabel in truth}
    assert {path.stem for path in (exported / "parquet").iterdir()} == {tabel.bestandsnaam for tabel in truth}


def test_parquet_is_what_the_file_holds(truth: dict[Tabel, list[Any]], exported: Path) -> None:
    for tabel, rows in truth.items():
        frame = pl.read_parquet(parquet_file(exported, tabel))
        assert frame.rows() == rows, tabel.naam
        assert frame.columns == [kolom.naam for kolom in tabel.kolommen]


def test_an_older_duckdb_reads_the_parquet(truth: dict[Tabel, list[Any]], exported: Path) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import duckdb;"
        "assert duckdb.__version__.startswith('1.1.');"
        "print(duckdb.sql(f\"select count(*), sum(lasten_euro)::varchar from '{sys.argv[2]}'\").fetchall())"
    )
    (tabel,) = [tabel for tabel in truth if tabel.naam == "benchmark.gemeente_jaar"]
    file = parquet_file(exported, tabel)
    done = subprocess.run([sys.executable, "-S", "-c", program, OLD_CLIENT, file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    place = [kolom.naam for kolom in tabel.kolommen].index("lasten_euro")
    total = sum(row[place] for row in truth[tabel] if row[place] is not None)
    assert done.stdout.strip() == str([(len(truth[tabel]), str(total))])


def same(found: Sequence[Any], expected: Sequence[Any]) -> bool:
    """Tell whether two rows are equal to the last bit; nothing is nothing, in the words of any library."""
    return all(
        (a is None or (isinstance(a, float) and math.isnan(a))) if b is None else a == b
        for a, b in zip(found, expected, strict=True)
    )


def test_csv_gives_the_same_to_polars_and_to_pandas(truth: dict[Tabel, list[Any]], exported: Path) -> None:
    kinds: dict[str, tuple[Any, str]] = {
        "BIGINT": (pl.Int64, "Int64"),
        "INTEGER": (pl.Int64, "Int64"),
        "DOUBLE": (pl.Float64, "float64"),
        "VARCHAR": (pl.String, "object"),
        "BOOLEAN": (pl.Boolean, "boolean"),
    }
    for tabel, rows in truth.items():
        file = csv_file(exported, tabel)
        schema = {kolom.naam: kinds[kolom.type] for kolom in tabel.kolommen}
        # An empty text is quoted, no value is nothing: polars keeps them apart.
        frame = pl.read_csv(file, schema={name: kind for name, (kind, _) in schema.items()})
        assert all(same(a, b) for a, b in zip(frame.rows(), rows, strict=True)), tabel.naam
        other = pd.read_csv(
            file,
            dtype={name: kind for name, (_, kind) in schema.items()},  # type: ignore[arg-type]
            keep_default_na=False,
            na_values={name: [""] for name, (kind, _) in schema.items() if kind != pl.String},
        )
        for name, place in zip(other.columns, range(len(schema)), strict=True):
            column = [None if value is pd.NA else value for value in other[name]]
            # pandas has one word for nothing and an empty text.
            expected = [
                ("" if row[place] is None else row[place]) if schema[name][0] == pl.String else row[place]
                for row in rows
            ]
            assert same(column, expected), f"{tabel.naam}.{name}"


def test_the_dialect_of_csv_is_one(exported: Path) -> None:
    for path in (exported / "csv").iterdir():
        content = path.read_bytes()
        content.decode("utf-8")
        assert not content.startswith(b"\xef\xbb\xbf")
        assert b"\r" not in content
        assert content.endswith(b"\n")


@pytest.fixture(scope="module")
def book(exported: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(exported / FILE_NAME)


def sheet_of(book: openpyxl.Workbook, tabel: Tabel) -> Any:
    (sheet,) = [sheet for sheet in book.worksheets if str(sheet["A1"].value).endswith(f" {tabel.naam}")]
    return sheet


def test_excel_has_the_same_numbers_as_numbers(truth: dict[Tabel, list[Any]], book: openpyxl.Workbook) -> None:
    shown = {tabel: rows for tabel, rows in truth.items() if tabel.naam.startswith(("rapport.", "vraag."))}
    assert len(shown) > 20
    assert len(book.worksheets) == len(shown) + 1
    floats = 0
    for tabel, rows in shown.items():
        sheet = sheet_of(book, tabel)
        cells = [row[: len(tabel.kolommen)] for row in sheet.iter_rows(min_row=4, values_only=True)]
        assert len(cells) == len(rows), tabel.naam
        for found, expected in zip(cells, rows, strict=True):
            for kolom, a, b in zip(tabel.kolommen, found, expected, strict=True):
                assert a == (None if b == "" else b), f"{tabel.naam}.{kolom.naam}"
                assert type(a) is type(b) or b == "" or float(a) == b, f"{tabel.naam}.{kolom.naam}"
                # Only seventeen digits give some doubles back.
                floats += isinstance(b, float) and float(f"{b:.16g}") != b
    assert floats > 0


def test_excel_is_made_for_people(truth: dict[Tabel, list[Any]], book: openpyxl.Workbook, exported: Path) -> None:
    readme = book.worksheets[0]
    assert readme.title == "Lees mij"
    text = "\n".join(str(cell) for row in readme.iter_rows(values_only=True) for cell in row if cell)
    assert "RECONSTRUCTIE: dit zijn geen CBS-cijfers." in text
    for word in ("Citeren als", "Gepubliceerd op", "80794ned", "CC BY 4.0"):
        assert word in text
    links = [cell.hyperlink.location for row in readme.iter_rows() for cell in row if cell.hyperlink]
    assert len(links) == len(book.worksheets) - 1
    for tabel in truth:
        if tabel.naam.startswith(("rapport.", "vraag.")):
            sheet = sheet_of(book, tabel)
            assert str(sheet["A1"].value).startswith("RECONSTRUCTIE")
            assert sheet.freeze_panes == "A4"
            assert sheet.auto_filter.ref
            assert len(sheet.title) <= 31
            for number, kolom in enumerate(tabel.kolommen, start=1):
                assert sheet.cell(2, number).value == kolom.eenheid
                assert sheet.cell(3, number).value == label(kolom)
                assert kolom.betekenis in sheet.cell(3, number).comment.text
    with zipfile.ZipFile(exported / FILE_NAME) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist() if "worksheets/" in name)


def validated(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [FRICTIONLESS, "validate", "datapackage.json", "--json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})


def test_the_data_package_is_valid_and_notices_one_changed_value(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    export(published_file(Lake(small)), folder, ["datapackage"], ["benchmark.uitgaven_nederland", "meta.*"], None)
    done = validated(folder)
    assert done.returncode == 0, done.stdout
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert package["herkomst"] == "reconstructie"
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    assert {source["title"].split()[0] for source in package["sources"]} >= {"80794ned", "85588NED"}
    (resource,) = [r for r in package["resources"] if r["name"] == "benchmark-uitgaven-nederland"]
    assert resource["schema"]["primaryKey"] == ["boekjaar", "verslagsoort", "plaatsing", "taakveld"]
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    assert (fields["lasten_euro"]["type"], fields["lasten_euro"]["eenheid"]) == ("integer", "euro")
    file = folder / resource["path"]
    kept = file.read_bytes()
    assert resource["hash"] == f"sha256:{hashlib.sha256(kept).hexdigest()}"
    for broken in (
        kept.replace(b"6.5", b"6.6", 1),
        kept.replace(b"\n2024,", b"\nnext,", 1),
        kept[: kept.rfind(b"\n2")],
    ):
        assert broken != kept
        file.write_bytes(broken)
        assert validated(folder).returncode != 0
    file.write_bytes(kept)
    assert validated(folder).returncode == 0


# The reader of JSON-LD in rdflib still uses a class of its own that it calls deprecated.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
@pytest.mark.filterwarnings("ignore:Dataset.default_context is deprecated")
def test_the_metadata_are_a_dataset_with_all_its_files(exported: Path, small: Path, tmp_path: Path) -> None:
    graph = Graph().parse(exported / "dcat.jsonld", format="json-ld", publicID="http://example.org/set/")
    (dataset,) = graph.subjects(RDF.type, DCAT.Dataset)
    for wanted in (
        *(DCTERMS.title, DCTERMS.description, DCTERMS.identifier, DCTERMS.license, DCTERMS.language, DCTERMS.issued),
        *(DCTERMS.accessRights, DCTERMS.spatial, DCTERMS.temporal, DCAT.theme, DCTERMS.source, DCTERMS.creator),
    ):
        assert graph.value(dataset, wanted) or list(graph.objects(dataset, wanted)), wanted
    assert "RECONSTRUCTIE" in str(graph.value(dataset, DCTERMS.description))
    files = {path.relative_to(exported).as_posix(): path for path in exported.rglob("*") if path.is_file()}
    described = {}
    for one in graph.objects(dataset, DCAT.distribution):
        name = str(graph.value(one, DCTERMS.title))
        described[name] = one
        assert int(str(graph.value(one, DCAT.byteSize))) == files[name].stat().st_size
        assert str(graph.value(one, DCAT.downloadURL)) == f"http://example.org/set/{name}"
    assert set(described) == set(files) - {"dcat.jsonld", ".reintegratie-export"}
    assert not list(graph.objects(dataset, DCAT.contactPoint))
    export(published_file(Lake(small)), tmp_path / "set", ["dcat"], ["meta.citaat"], "iemand@example.org")
    assert "mailto:iemand@example.org" in (tmp_path / "set" / "dcat.jsonld").read_text(encoding="utf-8")


def test_the_same_file_gives_the_same_bytes(run: Run, exported: Path, small: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    tables = [option for name in (*DEFAULT, "core.gemeente") for option in ("--tables", name)]
    # In a process of its own, where sets have another order.
    done = run("export", "--to", again, "--lake", small, *tables, PYTHONHASHSEED="7")
    assert done.returncode == 0, done.stderr
    for path in sorted(exported.rglob("*")):
        if path.is_file():
            assert (again / path.relative_to(exported)).read_bytes() == path.read_bytes(), path.name


def test_an_export_is_replaced_whole_and_nothing_else_is(small: Path, tmp_path: Path) -> None:
    file, folder = published_file(Lake(small)), tmp_path / "set"
    export(file, folder, ["csv"], ["meta.*"], None)
    export(file, folder, ["csv"], ["benchmark.deflator"], None)
    assert [path.name for path in (folder / "csv").iterdir()] == ["benchmark-deflator.csv"]
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "thesis.txt").write_text("mine")
    with pytest.raises(SettingsError, match="holds something that is no export"):
        export(file, tmp_path / "own", ["csv"], ["meta.*"], None)
    assert (tmp_path / "own" / "thesis.txt").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own", "set"]


def test_an_export_that_cannot_take_its_place_leaves_the_one_before(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    export(published_file(Lake(small)), folder, ["csv"], ["meta.citaat"], None)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    rename = Path.rename

    def fails(self: Path, target: Path) -> Path:
        if self.name == "export":
            raise PermissionError(13, "Permission denied", str(target))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(LakeError, match="Permission denied"):
        export(published_file(Lake(small)), folder, ["parquet"], ["meta.citaat"], None)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_the_command_names_what_it_wrote_and_what_is_missing(run: Run, small: Path, tmp_path: Path) -> None:
    done = run("export", "--to", tmp_path / "set", "--lake", small, "--format", "dcat", "--tables", "meta.citaat")
    assert done.returncode == 0, done.stderr
    assert "1 files in" in done.stdout
    assert "REINTEGRATIE_CONTACT" in done.stderr
    wrong = run("export", "--to", tmp_path / "set", "--lake", small, "--tables", "benchmark.gemeente_jar")
    assert wrong.returncode == 2
    assert "Did you mean: benchmark.gemeente_jaar" in wrong.stderr
    csv = run("export", "--to", tmp_path / "csv", "--lake", small, "--format", "csv", "--tables", "rapport.*")
    assert csv.returncode == 0
    with duckdb.connect() as con:
        found = con.execute(f"select count(*) from '{tmp_path}/csv/csv/rapport-tabel_3.csv'").fetchone()
    assert found is not None
    assert found[0] > 0

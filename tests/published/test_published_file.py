"""The published file: what it says of itself, who can open it, and what a failed check leaves behind."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

from assets.benchmark.assets import published_tables
from assets.core.inputs import choose_inputs
from assets.core.keuzes import Keuzes
from assets.errors import ContractError, LakeError
from assets.lake import Lake, write_table
from assets.published.contents import META, views
from assets.published.layout import published_file
from assets.published.publication import publish
from assets.published.reading import opened

OLD_CLIENT = Path(sys.prefix) / "duckdb-1.1"
COUNTS = "select count(*), sum(lasten_euro)::varchar from benchmark.gemeente_jaar"


def rows(lake: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(published_file(Lake(lake))), read_only=True) as con:
        return con.execute(sql).fetchall()


def republish(lake: Path) -> None:
    publish(
        Lake(lake), published_tables(), choose_inputs(Lake(lake)), Keuzes(), run_id="proef", published_at="2026-01-01"
    )


@pytest.fixture
def copy(small: Path, tmp_path: Path) -> Path:
    """Give a lake of one's own to break."""
    lake = tmp_path / "lake"
    shutil.copytree(small, lake)
    return lake


def test_an_older_duckdb_opens_it(small: Path) -> None:
    """DuckDB 1.1, the release before the storage format changed, installed beside the environment by the Makefile."""
    program = (
        "import sys, json; sys.path.insert(0, sys.argv[1]); import duckdb;"
        "assert duckdb.__version__.startswith('1.1.');"
        "con = duckdb.connect(sys.argv[2], read_only=True);"
        "print(json.dumps([con.execute(sys.argv[3]).fetchone(), "
        "con.execute(\"select comment from duckdb_tables() where table_name = 'gemeente_jaar'\").fetchone()]))"
    )
    arguments = [sys.executable, "-S", "-c", program, OLD_CLIENT, published_file(Lake(small)), COUNTS]
    done = subprocess.run([*map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    counts, comment = json.loads(done.stdout)
    assert tuple(counts) == rows(small, COUNTS)[0]
    assert "booked on a taakveld" in comment[0]


def test_every_table_and_column_says_what_it_means(small: Path) -> None:
    tables = rows(
        small,
        "select schema_name || '.' || table_name, comment from duckdb_tables() union all "
        "select schema_name || '.' || view_name, comment from duckdb_views() where not internal",
    )
    described = {table.name: table for table in (*published_tables(), *META, *views())}
    assert {name for name, _ in tables} == set(described)
    assert all(comment == described[str(name)].about for name, comment in tables)
    columns = rows(
        small,
        "select schema_name || '.' || table_name, column_name, comment from duckdb_columns() where not internal",
    )
    assert len(columns) == sum(len(table.columns) for table in described.values())
    assert all("[eenheid: " in str(comment) for *_, comment in columns)


def test_every_source_is_named_with_its_vintage_and_origin(small: Path) -> None:
    found = rows(
        small,
        "select bron, tabel_id, titel, modified, vintage, rijen, sha256, licentie, herkomst, herkomst_toelichting "
        "from meta.bronnen order by bron",
    )
    vintages = {bron: Lake(small).newest(bron) for bron in Lake(small).bronnen()}
    assert [row[0] for row in found] == sorted(vintages)
    for bron, tabel_id, titel, modified, vintage, count, sha256, licentie, herkomst, toelichting in found:
        newest = vintages[str(bron)]
        assert newest is not None
        manifest = newest.manifest
        assert (vintage, tabel_id, count, sha256) == (newest.id, manifest.tabel_id, manifest.rows, manifest.sha256)
        assert titel
        assert modified
        assert licentie == "CC BY 4.0"
        assert herkomst == manifest.herkomst
        words = {"reconstructie": "Reconstructie, geen CBS-cijfers", "opname": "Opname van CBS-cijfers"}
        assert str(toelichting).startswith(words[str(herkomst)])


def test_reconstructed_figures_say_so_in_every_row(small: Path) -> None:
    tables = [table for table in published_tables() if table.schema in ("benchmark", "rapport")]
    assert len(tables) > 3
    # The index the report divided by is printed, and shares that nobody put in have no origin.
    allowed = {"benchmark.deflator": {"reconstructie", "opname"}, "rapport.figuur_19": {None}}
    allowed |= {"rapport.replicatie": {"reconstructie", None}, "rapport.replicatie_kandidaat": {"reconstructie", None}}
    for table in tables:
        found = {value for (value,) in rows(small, f"select distinct herkomst from {table.name}")}
        assert found == allowed.get(table.name, {"reconstructie"}), table.name


def test_all_checks_are_in_it_and_passed(small: Path) -> None:
    names = {path.stem for path in (Path(__file__).parents[2] / "sql" / "checks").glob("*.sql")}
    found = rows(small, 'select "check", is_geslaagd, aantal_rijen_fout from meta.checks')
    assert {name for name, *_ in found} == names
    assert all(passed and not wrong for _, passed, wrong in found)


def test_the_parquet_is_what_the_file_holds(small: Path) -> None:
    for table in published_tables():
        frame = pl.read_parquet(Lake(small).published / "parquet" / table.schema / f"{table.table}.parquet")
        assert rows(small, f"select * from {table.name}") == frame.rows()


def test_a_second_publication_adds_a_run_and_the_same_tables(copy: Path) -> None:
    before = {table.name: rows(copy, f"select * from {table.name}") for table in published_tables()}
    republish(copy)
    assert {table.name: rows(copy, f"select * from {table.name}") for table in published_tables()} == before
    runs = rows(copy, "select run_id, herkomst, boekjaren from meta.runs order by gepubliceerd_op")
    # The last, though this one says that it is January: publications are in their order.
    assert runs[-1] == ("proef", "reconstructie", "2023-2024")
    assert len(runs) == 2


BREAKS = {
    "gemeente_inwoners_nederland": ("core/gemeente", pl.col("inwoners") + 1),
    "iv3_boeking_som": ("core/iv3_boeking", pl.col("bedrag_euro") + 1),
    "uitgaven_nederland_som": ("benchmark/uitgaven_nederland", pl.col("lasten_euro") + 1),
    "uitgaven_groep_som": ("benchmark/uitgaven_groep", pl.col("som_lasten_euro") + 1),
    "voorzieningen_grenzen_som": (
        "benchmark/voorzieningen_gemeente_grenzen",
        pl.col("aantal_voorzieningen") + 1,
    ),
    "replicatie_volledig": ("rapport/replicatie", None),
    "gemeente_jaar_leeg_bij_niet_geleverd": ("benchmark/gemeente_jaar", pl.col("lasten_euro").fill_null(0)),
    "iv3_levering_gemeenten": (
        "core/iv3_levering",
        pl.col("gemeente_code").str.replace("GM0363", "GM0003"),
    ),
    "iv3_boeking_zonder_levering": ("core/iv3_levering", pl.lit("niet geleverd").alias("status")),
    "gemeente_jaar_volledig": ("benchmark/gemeente_jaar", None),
}  # dictionary_volledig, which no change of figures breaks, is in test_dictionary.py


@pytest.mark.parametrize("check", BREAKS)
def test_a_failed_check_leaves_the_file_as_it_was(check: str, copy: Path) -> None:
    """Each check finds the fault it is for; nothing is published."""
    table, change = BREAKS[check]
    path = copy / f"{table}.parquet"
    frame = pl.read_parquet(path)
    write_table(path, frame.slice(1) if change is None else frame.with_columns(change))
    before = hashlib.sha256(published_file(Lake(copy)).read_bytes()).hexdigest()
    with pytest.raises(ContractError, match=rf"nothing was published[\s\S]*- {check}: "):
        republish(copy)
    assert hashlib.sha256(published_file(Lake(copy)).read_bytes()).hexdigest() == before
    assert not list((copy / "published").glob(".*"))


@pytest.mark.parametrize(
    ("check", "table", "change"),
    [
        ("iv3_alles_nul", "core/iv3_levering", pl.col("status").replace("niet geleverd", "alles nul")),
        (
            "bijstand_som",
            "core/bijstand",
            pl.when(pl.col("regio_code") == "NL01").then(pl.col("aantal_personen") + 5000).otherwise("aantal_personen"),
        ),
    ],
)
def test_a_warning_is_published_with_the_file(check: str, table: str, change: pl.Expr, copy: Path) -> None:
    path = copy / f"{table}.parquet"
    write_table(path, pl.read_parquet(path).with_columns(change))
    republish(copy)
    found = rows(copy, f"select ernst, is_geslaagd from meta.checks where \"check\" = '{check}'")
    assert found == [("waarschuwing", False)]
    assert rows(copy, "select max(aantal_waarschuwingen) from meta.runs") == [(1,)]


def test_a_column_that_nobody_describes_is_refused(copy: Path) -> None:
    path = copy / "core" / "gemeente.parquet"
    write_table(path, pl.read_parquet(path).with_columns(nieuw=1))
    with pytest.raises(ContractError, match=r"core\.gemeente has columns"):
        republish(copy)


def test_a_table_that_is_not_there_is_named(copy: Path) -> None:
    (copy / "core" / "gemeente.parquet").unlink()
    with pytest.raises(ContractError, match=r"core\.gemeente is not in the lake"):
        republish(copy)


def test_a_damaged_file_is_not_thrown_away(copy: Path) -> None:
    path = published_file(Lake(copy))
    path.write_bytes(b"no database")
    with pytest.raises(LakeError, match="cannot be read"):
        republish(copy)
    assert path.read_bytes() == b"no database"


def test_a_reader_keeps_its_file_while_another_takes_its_place(copy: Path) -> None:
    with duckdb.connect(str(published_file(Lake(copy))), read_only=True) as con:
        before = con.execute(COUNTS).fetchone()
        republish(copy)
        assert con.execute(COUNTS).fetchone() == before


def test_a_file_that_is_replaced_while_it_is_opened_is_opened_again(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB opens by name three times; what is read must be of one file. The store here swaps at the worst moment."""
    path, other = published_file(Lake(copy)), copy / "other.duckdb"
    with duckdb.connect(str(other)) as con:
        con.execute("create table new as select 42 as x")
    connect = duckdb.connect

    def swapped(*arguments: object, **options: object) -> duckdb.DuckDBPyConnection:
        con = connect(*arguments, **options)  # type: ignore[arg-type]
        if other.exists():
            other.replace(path)
        return con

    monkeypatch.setattr(duckdb, "connect", swapped)
    with opened(path) as con:
        assert con.execute("from new").fetchall() == [(42,)]
    path.write_bytes(b"no database")
    with pytest.raises(duckdb.Error), opened(path):
        pass

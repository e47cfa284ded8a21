"""The file in its own words: who has nothing but the file finds every table, column, unit, meaning and source."""

import hashlib
import json
import shutil
import statistics
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from assets.benchmark.assets import published_tables
from assets.benchmark.sql import sql_files
from assets.core.inputs import choose_inputs
from assets.core.keuzes import Keuzes
from assets.description import ColumnDescription, TableDescription
from assets.errors import ContractError
from assets.lake import Lake
from assets.published.contents import META, macros, views
from assets.published.contract import (
    SCHEMA_VERSION,
    Contract,
    check_renewal,
    differences,
    load_contract,
)
from assets.published.layout import published_file
from assets.published.publication import publish
from pipelines.schema import schema_text

ROOT = Path(__file__).parents[2]
OLD_CLIENT = Path(sys.prefix) / "duckdb-1.1"

# Knows nothing but the name of the file: starts at the list of tables that every DuckDB gives.
STRANGER = """
import json, sys
sys.path.insert(0, sys.argv[1])
import duckdb
con = duckdb.connect(sys.argv[2], read_only=True)
found = con.execute('''
    select c.schema_name || '.' || c.table_name, c.column_name, d.type, d.eenheid, d.betekenis, d.brontabellen,
        d.methode, t.betekenis, s.betekenis
    from duckdb_columns() as c
    left join meta.dictionary as d on d.tabel = c.schema_name || '.' || c.table_name and d.kolomnaam = c.column_name
    left join meta.tabellen as t on t.tabel = d.tabel
    left join meta.schemas as s on s.schema_naam = c.schema_name
    where not c.internal order by 1, c.column_index''').fetchall()
answers = {
    view: repr(con.execute(f'from vraag.{view}').fetchall())
    for (view,) in con.execute("select view_name from duckdb_views() where schema_name = 'vraag'").fetchall()
}
print(json.dumps([duckdb.__version__, found, answers]))
"""


def rows(lake: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(published_file(Lake(lake))), read_only=True) as con:
        return con.execute(sql).fetchall()


def test_a_stranger_with_any_client_finds_every_column_with_unit_meaning_and_source(small: Path) -> None:
    file = str(published_file(Lake(small)))
    said = []
    for client in (str(OLD_CLIENT), str(Path(duckdb.__file__).parents[1])):
        done = subprocess.run([sys.executable, "-S", "-c", STRANGER, client, file], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        said.append(json.loads(done.stdout))
    (old, columns, answers), (new, *now) = said
    assert old.startswith("1.1.")
    assert not new.startswith("1.")
    assert [columns, answers] == now
    assert len(columns) == sum(len(table.columns) for table in [*published_tables(), *META, *views()])
    assert all(all(isinstance(cell, str) and cell.strip() for cell in row) for row in columns)
    assert len(answers) == len(views()) >= 10
    assert [view for view, answer in answers.items() if answer == "[]"] == ["wat_veranderde_sinds_vorige_maand"]


def test_the_rows_of_a_question_are_what_its_key_says(small: Path) -> None:
    for view in views():
        keys = ", ".join(view.grain)
        double = rows(small, f"select {keys} from {view.name} group by all having count(*) > 1")
        assert double == [], view.name
        assert rows(small, f"select count(*) from {view.name} where ({keys}) is null") == [(0,)]


def test_a_question_gives_the_figures_of_the_benchmark(small: Path) -> None:
    asked = """select gemeente_code, boekjaar, grootteklasse, lasten_per_inwoner_euro, mediaan_klasse_euro, rang
        from vraag.wat_geeft_mijn_gemeente_uit_per_inwoner where levering_status = 'geleverd' order by all"""
    own = """select gemeente_code, boekjaar, grootteklasse, waarde_euro, mediaan_klasse_euro, rang
        from benchmark.gemeente_positie where taakveld = '6.5' and verslagsoort = 'jaarrekening' and plaatsing = 2
        and noemer = 'inwoner' and indeling = 'rapport' order by all"""
    assert rows(small, asked) == rows(small, own) != []
    # The class of a gemeente is found by its inwoners; the class figure must be the one that gemeente is in.
    question = "from vraag.welke_voorzieningen_heeft_mijn_gemeente where jaar = 2024 and maand = 3"
    found = rows(small, f"select type, grootteklasse, per_1000_inwoners, mediaan_klasse_per_1000_inwoners {question}")
    classes: dict[object, list[float]] = {}
    for soort, klasse, value, _ in found:
        classes.setdefault((soort, klasse), []).append(float(str(value)))
    assert len(classes) > 10
    for soort, klasse, _, middle in found:
        assert float(str(middle)) == pytest.approx(statistics.median(classes[(soort, klasse)])), (soort, klasse)


def test_the_citation_can_be_checked_with_the_parquet_alone(small: Path) -> None:
    ((text, found, herkomst, when),) = rows(
        small, "select citaat, inhoud_sha256, herkomst, gepubliceerd_op from meta.citaat"
    )
    folder = Lake(small).published / "parquet"
    lines = sorted(
        f"{path.parent.name}.{path.stem} {hashlib.sha256(path.read_bytes()).hexdigest()}\n"
        for path in folder.rglob("*.parquet")
    )
    assert found == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert str(found) in str(text)
    assert str(when)[:10] in str(text)
    assert herkomst == "reconstructie"
    assert "RECONSTRUCTIE: dit zijn geen CBS-cijfers" in str(text)


BREAKS = {
    "a column nobody describes": "alter table benchmark.deflator add column nieuw bigint",
    "a column that is gone": "alter table benchmark.deflator drop column herkomst",
    "a table nobody describes": "create table benchmark.nieuw as select 1 as een",
    "a view nobody describes": "create view vraag.nieuw as select 1 as een",
    "a schema nobody describes": "create schema los; create table los.nieuw as select 1 as een",
    "a column without a unit": "update meta.dictionary set eenheid = ' ' where kolomnaam = 'lasten_euro'",
    "a column without a meaning": "update meta.dictionary set betekenis = '' where kolomnaam = 'lasten_euro'",
    "a column of another type": "alter table benchmark.deflator alter column jaar type varchar",
    "a column without a comment": "comment on column benchmark.deflator.jaar is null",
}


@pytest.mark.parametrize("broken", BREAKS)
def test_the_check_finds(broken: str, small: Path, tmp_path: Path) -> None:
    (check,) = [file for file in sql_files("checks") if file.name == "dictionary_volledig"]
    copy = tmp_path / "copy.duckdb"
    shutil.copyfile(published_file(Lake(small)), copy)
    with duckdb.connect(str(copy)) as con:
        assert con.execute(check.body).fetchall() == []
        con.execute(BREAKS[broken])
        assert con.execute(check.body).fetchall() != []


def test_a_file_that_breaks_the_contract_is_not_published(small: Path, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    shutil.copytree(small, lake.root)
    before = published_file(lake).read_bytes()
    tables = [changed(table) if table.name == "benchmark.deflator" else table for table in published_tables()]
    with pytest.raises(ContractError, match=r"benchmark\.deflator\.jaar was BIGINT \[jaar\] and is BIGINT \[eeuw\]"):
        publish(lake, tables, choose_inputs(lake), Keuzes(), run_id="proef", published_at="2026-01-01")
    assert published_file(lake).read_bytes() == before


def changed(table: TableDescription) -> TableDescription:
    return replace(table, columns={**table.columns, "jaar": ColumnDescription("eeuw", "een ander")})


def test_the_text_and_the_changelog_are_of_this_contract() -> None:
    contract = load_contract()
    assert contract.versie == SCHEMA_VERSION
    text = schema_text(contract, [*published_tables(), *META, *views()], macros())
    assert (ROOT / "docs" / "schema.md").read_text(encoding="utf-8") == text, "run `make schema`"
    assert f"schema {SCHEMA_VERSION}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def other(old: Contract, version: str, table: str, **columns: object) -> Contract:
    """Give a contract in which columns of one table are other ones, or gone (None)."""
    raw = json.loads(old.model_dump_json())
    raw["versie"] = version
    for name, column in columns.items():
        if column is None:
            del raw["tabellen"][table]["kolommen"][name]
        else:
            raw["tabellen"][table]["kolommen"][name] = column
    return Contract.model_validate(raw)


NEW = {"type": "BIGINT", "eenheid": "euro", "sinds": "1.1"}


@pytest.mark.parametrize(
    ("version", "columns", "refused"),
    [
        ("1.0", {}, None),
        ("1.0", {"nieuw": NEW}, r"must become 1\.1"),
        ("1.1", {"nieuw": NEW}, None),
        ("1.1", {"jaar": None}, r"must become 2\.0[\s\S]*benchmark\.deflator\.jaar is gone"),
        (
            "1.1",
            {"jaar": {**NEW, "eenheid": "jaar"}, "deflator": NEW},
            r"must become 2\.0[\s\S]*deflator\.deflator was",
        ),
        ("2.0", {"jaar": None}, None),
        ("0.9", {}, "is before the one in force"),
        ("1.2", {"nieuw": NEW}, r"CHANGELOG\.md has no line"),
    ],
)
def test_a_contract_is_renewed_only_with_a_version_that_says_so(
    version: str, columns: dict[str, object], refused: str | None
) -> None:
    old = other(load_contract(), "1.0", "benchmark.deflator")
    new = other(old, version, "benchmark.deflator", **columns)
    changelog = "schema 1.0, schema 1.1, schema 2.0"
    if refused is None:
        check_renewal(old, new, changelog)
    else:
        with pytest.raises(ContractError, match=refused):
            check_renewal(old, new, changelog)


def test_another_key_or_another_function_breaks_the_contract() -> None:
    old = load_contract()
    raw = json.loads(old.model_dump_json())
    raw["tabellen"]["benchmark.deflator"]["sleutel"] = ["jaar"]
    raw["functies"]["benchmark.op_grenzen"]["parameters"] = ["jaar"]
    del raw["tabellen"]["benchmark.nulboekingen"]
    broken, added = differences(old, Contract.model_validate(raw))
    assert len(broken) == 3
    assert added == []


def test_a_function_does_not_take_a_column_of_the_asker_for_its_own(small: Path) -> None:
    """Functions are put in as text: jaar of the asker must not become jaar of a table inside."""
    asked = "select jaar, reeks, benchmark.in_prijzen(1000, jaar, reeks), 1000 / deflator from benchmark.deflator"
    assert all(one == other for _, _, one, other in rows(small, asked))
    assert len({one for _, _, one, _ in rows(small, asked)}) > 3
    code = "(select max(gemeente_code) from core.gemeente)"
    inside = f"(select 2024 as jaar, 2024 as boekjaar, {code} as gemeente_code, {code} as regio_code)"
    direct = rows(small, f"select count(*) from meta.bronrijen(2024, {code})")
    for year, region in (("boekjaar", "regio_code"), ("g.jaar", "g.gemeente_code")):
        assert rows(small, f"select count(*) from {inside} as g, meta.bronrijen({year}, {region})") == direct != [(0,)]
    direct = rows(small, "select count(*) from benchmark.op_grenzen(2023, 2024)")
    inside = "(select 2023 as boekjaar, 2024 as grenzen_jaar)"
    asked = f"select count(*) from {inside}, benchmark.op_grenzen(boekjaar, grenzen_jaar)"
    assert rows(small, asked) == direct != [(0,)]

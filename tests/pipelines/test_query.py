"""`reintegratie sql`: it answers what can be asked of the file, and can do nothing else."""

import csv
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest

from assets.errors import ContractError, ReintegratieError, SettingsError
from assets.lake import Lake
from assets.published.layout import published_file
from pipelines.query import Limits, asked, write_answer

Run = Callable[..., subprocess.CompletedProcess[str]]
LIMITS = Limits(20, "500MB")
FIGURES = "from benchmark.gemeente_jaar order by boekjaar, verslagsoort, plaatsing, taakveld, gemeente_code"


def hashes(*folders: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def ask(file: Path, query: str, limits: Limits = LIMITS) -> list[tuple[object, ...]]:
    with asked(file, query, limits) as answer:
        return [row for batch in answer.batches for row in batch]


def seen(file: Path, query: str, limits: Limits) -> int:
    """Count the rows, and keep none of them."""
    with asked(file, query, limits) as answer:
        return sum(len(batch) for batch in answer.batches)


# What is asked, and the word with which it is refused; SECRET is a file outside the lake.
HOSTILE = {
    "copy to": ("copy (select 1) to 'OUT/x.csv'", "this is COPY"),
    "copy from": ("copy meta.citaat from 'SECRET'", "this is COPY"),
    "export": ("export database 'OUT/x'", "this is EXPORT"),
    "import": ("import database 'OUT/x'", "this is PRAGMA"),
    "attach": ("attach 'OUT/x.duckdb'", "this is ATTACH"),
    "detach": ("detach reintegratie", "this is DETACH"),
    "install": ("install httpfs", "this is LOAD"),
    "load": ("load 'OUT/x.duckdb_extension'", "this is LOAD"),
    "set": ("set enable_external_access = true", "this is SET"),
    "reset": ("reset memory_limit", "this is SET"),
    "pragma": ("pragma enable_external_access", "this is PRAGMA"),
    "pragma that lists": ("pragma database_list", "this is PRAGMA"),
    "call": ("call pragma_version()", "this is CALL"),
    "checkpoint": ("force checkpoint", "this is CALL"),
    "vacuum": ("vacuum", "this is VACUUM"),
    "use": ("use meta", "this is SET"),
    "transaction": ("begin transaction", "this is TRANSACTION"),
    "prepare": ("prepare p as copy (select 1) to 'OUT/x'", "this is PREPARE"),
    "execute": ("execute p", "this is EXECUTE"),
    "create": ("create table meta.x as select 1", "this is CREATE"),
    "create temporary": ("create temp table x as from range(10)", "this is CREATE"),
    "create secret": ("create persistent secret s (type s3, key_id 'a', secret 'b')", "this is CREATE"),
    "macro": ("create macro f() as 1", "this is CREATE"),
    "insert": ("insert into meta.citaat select * from meta.citaat", "this is INSERT"),
    "update": ("update benchmark.gemeente_jaar set lasten_euro = 0", "this is UPDATE"),
    "delete": ("delete from benchmark.gemeente_jaar", "this is DELETE"),
    "truncate": ("truncate benchmark.gemeente_jaar", "this is DELETE"),
    "merge": (
        "merge into meta.citaat using meta.citaat as b on false when not matched then insert",
        "this is MERGE_INTO",
    ),
    "drop": ("drop table benchmark.gemeente_jaar", "this is DROP"),
    "alter": ("alter table meta.citaat rename to x", "this is ALTER"),
    "comment": ("comment on table meta.citaat is 'x'", "this is ALTER"),
    "two statements": ("select 1; copy (select 1) to 'OUT/x.csv'", "this is SELECT, COPY"),
    "plan of a statement": ("explain analyze create temp table x as select 1", "this is CREATE"),
    "nothing": ("  -- only a remark", "this is nothing"),
    "a file as a table": ("from 'SECRET'", "file system operations are disabled"),
    "read_csv": ("from read_csv('SECRET')", "file system operations are disabled"),
    "read_text": ("select content from read_text('SECRET')", "file system operations are disabled"),
    "read_blob": ("select content from read_blob('SECRET')", "file system operations are disabled"),
    "read_json": ("from read_json('SECRET')", "file system operations are disabled"),
    "read_parquet": ("from read_parquet('SECRET')", "file system operations are disabled"),
    "sniff_csv": ("from sniff_csv('SECRET')", "file system operations are disabled"),
    "glob": ("from glob('/*')", "file system operations are disabled"),
    "the network": ("from read_csv('http://127.0.0.1:1/x.csv')", "file system operations are disabled"),
    "object store": ("from 's3://bucket/x.parquet'", "file system operations are disabled"),
    "the environment": ("select getenv('HOME')", "getenv does not exist"),
    "secrets": ("from duckdb_secrets()", "file system operations are disabled"),
    "a query in a function": ("from query('copy (select 1) to ''OUT/x''')", "single SELECT statement"),
    "a variable of Python": ("from columns", "does not exist"),
    "another database": ("from sqlite_scan('SECRET', 't')", "not in the catalog"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_query_is_refused_and_changes_nothing(
    name: str, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, out = tmp_path / "secret.csv", tmp_path / "out"
    secret.write_text("a,b\nhidden,1\n")
    out.mkdir()
    monkeypatch.chdir(out)
    statement, word = HOSTILE[name]
    statement = statement.replace("SECRET", str(secret)).replace("OUT", str(out))
    before = hashes(small / "published", tmp_path)
    with pytest.raises(SettingsError) as refused:
        ask(published_file(Lake(small)), statement)
    assert word in str(refused.value)
    assert "hidden" not in str(refused.value)
    assert hashes(small / "published", tmp_path) == before


@pytest.mark.parametrize("name", ["copy to", "create temporary", "read_text", "two statements", "set"])
def test_the_program_refuses_with_its_own_exit_code(name: str, run: Run, small: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("hidden")
    statement, word = HOSTILE[name]
    done = run("sql", statement.replace("SECRET", str(secret)).replace("OUT", str(tmp_path)), "--lake", small)
    assert done.returncode == 2
    assert word in done.stderr
    assert done.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


ENDLESS = {
    "recursion": "with recursive r as (select 1 as n union all select n + 1 from r) select max(n) from r",
    "product": "select count(*) from range(1000000) a, range(1000000) b, range(1000) c where hash(a, b, c) = 1",
    "rows": "from range(10000000000000)",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_query_without_end_is_broken_off(name: str, small: Path) -> None:
    with pytest.raises(ContractError, match=r"broken off after 0\.5 seconds.*--timeout"):
        seen(published_file(Lake(small)), ENDLESS[name], Limits(0.5, "500MB"))


def test_a_query_that_takes_all_memory_is_stopped_and_puts_nothing_on_disk(small: Path) -> None:
    before = hashes(small)
    assert ask(published_file(Lake(small)), "select current_setting('temp_directory')") == [("",)]
    with pytest.raises(ContractError, match=r"more than 200MB of memory.*--memory"):
        ask(published_file(Lake(small)), "select len(list(x)) from range(10000000000) as t(x)", Limits(20, "200MB"))
    with pytest.raises(ContractError, match="more than 50MB of memory"):
        ask(published_file(Lake(small)), "from range(50000000) order by hash(range)", Limits(20, "50MB"))
    assert hashes(small) == before


@pytest.mark.parametrize(
    "query",
    [
        "select 1",
        "from meta.citaat",
        "with a as (select 1) from a",
        "values (1)",
        "describe meta.citaat",
        "summarize meta.citaat",
        "show all tables",
        "explain from meta.citaat",
        "explain analyze from meta.citaat",
    ],
)
def test_what_is_a_query_is_answered(query: str, small: Path) -> None:
    assert ask(published_file(Lake(small)), query)


@pytest.mark.parametrize(
    ("query", "near"),
    [
        ("from gemeente_jaar", "Did you mean: benchmark.gemeente_jaar"),
        ("from benchmark.gemeente_jar", "Did you mean: benchmark.gemeente_jaar"),
        ("from benchmrk.gemeente_jaar", "Did you mean: benchmark.gemeente_jaar"),
        ("from wie_boekt_nul", "Did you mean: vraag.wie_boekt_nul"),
        ("select lasten_eur from benchmark.gemeente_jaar", "Did you mean: lasten_euro"),
        ("select j.gemeent from benchmark.gemeente_jaar as j", "Did you mean: gemeente"),
    ],
)
def test_a_name_that_is_not_there_is_answered_with_the_nearest(query: str, near: str, small: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        ask(published_file(Lake(small)), query)
    assert near in str(refused.value)


def test_every_form_gives_the_same_numbers_to_the_last_digit(run: Run, small: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(published_file(Lake(small))), read_only=True) as con:
        result = con.execute(FIGURES)
        columns = [column[0] for column in result.description or ()]
        rows = result.fetchall()
    assert any(isinstance(value, float) and value != round(value, 6) for row in rows for value in row)

    def said(form: str) -> str:
        done = run("sql", FIGURES, "--lake", small, "--format", form)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert [tuple(record.values()) for record in json.loads(said("json"))] == rows
    header, *lines = csv.reader(io.StringIO(said("csv")))
    assert header == columns
    assert [[as_csv(value) for value in row] for row in rows] == lines
    file = tmp_path / "figures.parquet"
    assert run("sql", FIGURES, "--lake", small, "--format", "parquet", "--output", file).returncode == 0
    frame = pl.read_parquet(file)
    assert frame.columns == columns
    assert frame.rows() == rows
    # A person sees a thousand rows, and is told of the others.
    shown = run("sql", FIGURES, "--lake", small, "--format", "markdown", "--rows", 5)
    cells = [line for line in shown.stdout.splitlines() if line.startswith("| 20")]
    assert [line.split("|")[5].strip() for line in cells] == [str(row[4]) for row in rows[:5]]
    assert f"{len(rows) - 5:,} rows more" in shown.stderr


def as_csv(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_a_wrong_query_is_told_in_the_words_of_duckdb(run: Run, small: Path) -> None:
    done = run("sql", "select * from nergens", "--lake", small)
    assert done.returncode == 2
    assert done.stderr.startswith("reintegratie: the query failed: ")
    assert done.stdout == ""


def test_the_query_may_come_from_standard_input_and_text_is_shown_as_it_is(small: Path, run: Run) -> None:
    program = Path(sys.executable).with_name("reintegratie")
    done = subprocess.run(
        [program, "sql", "-", "--lake", small], input="select '[red]rood[/red]' as a", capture_output=True, text=True
    )
    assert "[red]rood[/red]" in done.stdout
    assert run("sql", "select 1", "--lake", small.parent / "nowhere").returncode == 1


def test_a_file_that_is_there_is_not_written_over(small: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.csv"
    kept.write_text("kept")
    for form in ("csv", "json", "parquet", "table"):
        with (
            pytest.raises(ReintegratieError, match="is there already"),
            asked(published_file(Lake(small)), "select 1", LIMITS) as answer,
        ):
            write_answer(answer, form, kept, 10)
    assert kept.read_text() == "kept"

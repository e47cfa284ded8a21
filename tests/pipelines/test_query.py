"""`reintegratie sql` as an analyst and as an enemy meets it: what is refused, the limits, the forms, the nearest names.

Most commands run in this process, through the same `main` as the program; what can end a process runs as a program.
"""

import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from assets.errors import LimitError
from assets.lake import Lake
from assets.published.layout import published_file
from pipelines.cli import main
from pipelines.query import Limits, asked
from pipelines.rows import COUNTED_ROWS

Run = Callable[..., subprocess.CompletedProcess[str]]
Sql = Callable[..., tuple[int, str, str]]
Snapshot = dict[str, tuple[int, int, str]]
SHOWN_ROWS = 1_000
HIDDEN = "dit-lekt-niet-uit"

# Every kind of number the published file has, and those that forms are known to spoil.
NUMBERS = """
    select
        boekjaar,
        taakveld,
        lasten_euro,
        lasten_per_inwoner_euro,
        lasten_per_inwoner_euro / 3 as derde,
        sum(lasten_euro) over () as som,
        170141183460469231731687303715884105727::hugeint as groot,
        9007199254740993 as voorbij_double,
        1.10::decimal(18, 2) as bedrag,
        0.0000000000::decimal(18, 10) as nul,
        0.1 + 0.2::double as drie,
        1e300::double as ver,
        null::integer as geen,
        date '2024-02-29' as dag,
        true as waar
    from benchmark.uitgaven_nederland
    order by all
"""

# id: statement, a word of the refusal.
NOT_A_QUERY = {
    "copy to": ("copy (select 1) to 'x.csv'", "this is COPY"),
    "copy from": ("copy core.gemeente from 'x.csv'", "this is COPY"),
    "copy database": ("copy from database reintegratie to memory", "this is PRAGMA"),
    "export": ("export database 'x'", "this is EXPORT"),
    "import": ("import database 'x'", "this is PRAGMA"),
    "attach": ("attach 'x.duckdb' as x", "this is ATTACH"),
    "attach memory": ("attach ':memory:' as x", "this is ATTACH"),
    "detach": ("detach reintegratie", "this is DETACH"),
    "use": ("use memory", "this is SET"),
    "install": ("install httpfs", "this is LOAD"),
    "load": ("load '/tmp/x.duckdb_extension'", "this is LOAD"),
    "set": ("set enable_external_access = true", "this is SET"),
    "reset": ("reset memory_limit", "this is SET"),
    "set variable": ("set variable x = 1", "this is SET"),
    "pragma": ("pragma enable_profiling", "this is PRAGMA"),
    "pragma output": ("pragma profiling_output = 'x.json'", "this is SET"),
    "create": ("create table x as select 1", "this is CREATE"),
    "create temp": ("create temp table x as select 1", "this is CREATE"),
    "create view": ("create or replace view core.gemeente as select 1", "this is CREATE"),
    "create secret": ("create persistent secret x (type s3)", "this is CREATE"),
    "create macro": ("create macro f() as 1", "this is CREATE"),
    "insert": ("insert into core.gemeente select * from core.gemeente", "this is INSERT"),
    "insert returning": ("insert into core.gemeente select * from core.gemeente returning *", "this is INSERT"),
    "update": ("update core.gemeente set naam = 'x'", "this is UPDATE"),
    "delete": ("delete from core.gemeente", "this is DELETE"),
    "truncate": ("truncate core.gemeente", "this is DELETE"),
    "merge": (
        "merge into core.gemeente a using core.gemeente b on a.naam = b.naam when matched then delete",
        "this is MERGE_INTO",
    ),
    "drop": ("drop table core.gemeente", "this is DROP"),
    "alter": ("alter table core.gemeente add column x int", "this is ALTER"),
    "comment": ("comment on table core.gemeente is 'x'", "this is ALTER"),
    "call": ("call enable_logging(storage = 'file', storage_path = 'x')", "this is CALL"),
    "checkpoint": ("force checkpoint", "this is CALL"),
    "vacuum": ("vacuum", "this is VACUUM"),
    "analyze": ("analyze", "this is VACUUM"),
    "begin": ("begin", "this is TRANSACTION"),
    "prepare": ("prepare x as delete from core.gemeente", "this is PREPARE"),
    "execute": ("execute x", "this is EXECUTE"),
    "explain analyze delete": ("explain analyze delete from core.gemeente", "this is DELETE"),
    "explain analyze temp": ("explain analyze create temp table x as select 1", "this is CREATE"),
    "explain with options": ("explain /* é */ (analyze) copy (select 1) to 'x.csv'", "this is COPY"),
    "pivot into a table": ("create temp table x as pivot core.gemeente on jaar", "name the values"),
    "pivot without values": ("pivot core.gemeente on jaar", "name the values"),
    "two": ("select 1; delete from core.gemeente", "this is SELECT, DELETE"),
    "hidden second": ("select 1 /* ; */ ; -- \n drop table core.gemeente", "this is SELECT, DROP"),
    "nothing": ("/* niets */", "this is nothing"),
    "empty": ("", "this is nothing"),
}
REACHING_OUT = {
    "passwd": ("from '/etc/passwd'", "does not exist"),
    "csv by name": ("from 'geheim.csv'", "file system operations are disabled"),
    "read_csv": ("select * from read_csv('/etc/passwd')", "file system operations are disabled"),
    "read_text": ("select * from read_text('geheim.csv')", "file system operations are disabled"),
    "read_blob": ("select * from read_blob('/etc/passwd')", "file system operations are disabled"),
    "read_json": ("select * from read_json('geheim.csv')", "file system operations are disabled"),
    "read_parquet": ("select * from read_parquet('x.parquet')", "file system operations are disabled"),
    "read_parquet of the lake": (
        "select * from read_parquet('{lake}/core/gemeente.parquet')",
        "file system operations are disabled",
    ),
    "parquet_metadata": (
        "from parquet_metadata('{lake}/core/gemeente.parquet')",
        "file system operations are disabled",
    ),
    "http": ("from read_csv('http://127.0.0.1:1/x.csv')", "file system operations are disabled"),
    "glob": ("from glob('*')", "file system operations are disabled"),
    "sniff_csv": ("from sniff_csv('geheim.csv')", "file system operations are disabled"),
    "extensions": ("from duckdb_extensions()", "file system operations are disabled"),
    "copy in a with": ("with a as (copy (select 1) to 'x.csv') from a", "file system operations are disabled"),
    "insert in a with": (
        "with a as (insert into core.gemeente from core.gemeente returning *) from a",
        "read-only mode",
    ),
    "query of text": ("from query('copy (select 1) to ''x.csv''')", "single SELECT"),
    "read_text in query": ("from query('from read_text(''geheim.csv'')')", "file system operations are disabled"),
    "serialized": (
        "from json_execute_serialized_sql(json_serialize_sql('from read_text(''geheim.csv'')'))",
        "file system operations are disabled",
    ),
    "logging": ("from enable_logging(storage = 'file', storage_path = 'x')", "configuration has been locked"),
    "profiling": ("from enable_profiling(save_location = 'x')", "configuration has been locked"),
    "getenv": ("select getenv('GEHEIM')", "getenv does not exist"),
    "python variable": ("from query", "does not exist"),
    "python path": ("select * from path", "does not exist"),
    "python frame": ("from frame", "does not exist"),
    "deep": ("select " + "(" * 3_000 + "1" + ")" * 3_000, "depth"),
}


def ask(lake: Path, query: str, limits: Limits) -> list[tuple[Any, ...]]:
    with asked(published_file(Lake(lake)), query, limits) as answer:
        answer.start()
        return [row for batch in answer.batches() for row in batch]


def snapshot(*folders: Path) -> Snapshot:
    """Every file there is, its size, the time it was changed, and its contents."""
    return {
        str(path): (
            path.lstat().st_size if path.is_file() else -1,
            path.lstat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for folder in folders
        for path in (folder, *folder.rglob("*"))
    }


@pytest.fixture(scope="module")
def small(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the small lake as one of our own: reading the history of the shared one, as other tests do, touches it."""
    return Path(shutil.copytree(small, tmp_path_factory.mktemp("query") / "lake"))


@pytest.fixture(scope="module")
def untouched(small: Path) -> Snapshot:
    """The lake as it was before the first of these tests; none of them may change it."""
    return snapshot(small)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a file that a query must not read."""
    folder = tmp_path / "cwd"
    folder.mkdir()
    (folder / "geheim.csv").write_text(f"a,b\n1,{HIDDEN}\n", encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GEHEIM", HIDDEN)
    monkeypatch.setenv("HOME", str(folder))
    return folder


@pytest.fixture
def sql(small: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Sql:
    """Give a way to run the command in this process: exit code, standard output, standard error."""

    def call(query: str, *options: object) -> tuple[int, str, str]:
        assert Path.cwd() == scratch
        arguments = ["reintegratie", "sql", query, "--lake", str(small), *map(str, options)]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capfd.readouterr()
        return int(left.value.code or 0), out, err

    return call


@pytest.mark.parametrize(
    ("statement", "word"), [*NOT_A_QUERY.values(), *REACHING_OUT.values()], ids=[*NOT_A_QUERY, *REACHING_OUT]
)
def test_a_hostile_statement_is_refused_and_nothing_is_written(
    statement: str, word: str, sql: Sql, small: Path, scratch: Path, untouched: Snapshot
) -> None:
    before = {**untouched, **snapshot(scratch)}
    code, out, err = sql(statement.replace("{lake}", str(small)), "--format", "csv")
    assert (code, out) == (2, "")
    assert err.startswith("reintegratie: ")
    assert word in err
    assert HIDDEN not in err
    assert "root:" not in err
    assert "unexpected" not in err
    assert snapshot(small, scratch) == before


@pytest.mark.parametrize(
    "name", ["copy to", "attach", "install", "read_text", "insert in a with", "explain analyze temp", "python path"]
)
def test_the_program_refuses_the_same(name: str, run: Run, small: Path, scratch: Path) -> None:
    statement, word = {**NOT_A_QUERY, **REACHING_OUT}[name]
    before = snapshot(small, scratch)
    done = run("sql", statement, "--lake", small)
    assert (done.returncode, done.stdout) == (2, "")
    assert word in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert snapshot(small, scratch) == before


@pytest.mark.parametrize(
    "query",
    [
        "select 1 as een",
        "select 1 as een;",
        "from core.gemeente limit 1",
        "with a as (select 1) from a",
        "values (1)",
        "describe core.gemeente",
        "show all tables",
        "summarize core.gemeente",
        "table core.gemeente",
        "explain select 1",
        "explain analyze select 1",
        "explain (format json) select 1",
        "explain (select 1)",
        "pivot core.gemeente on jaar in (2023, 2024) using count(*) group by gemeente_code",
    ],
)
def test_what_only_reads_is_answered(query: str, sql: Sql) -> None:
    code, out, err = sql(query, "--format", "csv")
    assert (code, err) == (0, "")
    assert len(out.splitlines()) >= 2


@pytest.mark.parametrize(
    ("query", "option", "word"),
    [
        (
            "with recursive a as (select 1 i union all select i + 1 from a) select count(*) from a",
            "--timeout",
            "broken off after 1 seconds",
        ),
        (
            "select count(*) from range(10000000) a, range(10000000) b where a.range = b.range + 1e9",
            "--timeout",
            "broken off after 1 seconds",
        ),
        ("select list(i) from range(10000000000) t(i)", "--memory", "needs more than 100 MB of memory"),
        ("select i from range(1000000000) t(i) order by hash(i)", "--memory", "needs more than 100 MB of memory"),
    ],
    ids=["endless recursion", "cross join", "a list of ten milliard", "a sort that would spill to disk"],
)
def test_a_limit_stops_a_query_and_tells_what_to_do(
    query: str, option: str, word: str, sql: Sql, small: Path, scratch: Path
) -> None:
    before = snapshot(small, scratch)
    begin = time.monotonic()
    code, out, err = sql(query, option, 1 if option == "--timeout" else 100)
    assert time.monotonic() - begin < 20
    assert (code, out) == (1, "")
    assert word in err
    assert option in err
    assert snapshot(small, scratch) == before


def test_a_query_never_spills_to_disk_meanwhile(small: Path) -> None:
    """DuckDB removes what it spilled, so it must be seen while the query runs."""
    assert ask(small, "select current_setting('temp_directory')", Limits(60, 60)) == [("",)]
    folder, seen, done = published_file(Lake(small)).parent, set[str](), threading.Event()
    before = {path.name for path in folder.iterdir()}

    def watch() -> None:
        while not done.wait(0.005):
            seen.update(path.name for path in folder.iterdir())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        query = "select i from range(50000000) t(i) order by hash(i)"
        with pytest.raises(LimitError, match="more than 60 MB"):
            ask(small, query, Limits(60, 60))
    finally:
        done.set()
        watcher.join()
    assert seen <= before


def test_what_does_not_heed_an_interrupt_is_left(run: Run, small: Path, scratch: Path) -> None:
    """`levenshtein` of long texts is one call of DuckDB, that lasts most of a minute and hears nothing."""
    before = snapshot(small, scratch)
    begin = time.monotonic()
    query = "select levenshtein(repeat('a', 200000), repeat('b', 200000))"
    done = run("sql", query, "--lake", small, "--timeout", 0.5, "--output", "x.csv", "--format", "csv")
    assert time.monotonic() - begin < 15
    assert (done.returncode, done.stdout) == (1, "")
    assert "broken off after 0.5 seconds" in done.stderr
    assert snapshot(small, scratch) == before


def test_what_duckdb_does_not_count_is_bounded_too(run: Run, small: Path) -> None:
    """`repeat` escapes DuckDB's own memory limit: without a bound on the process it takes gigabytes, and succeeds."""
    done = run("sql", "select length(repeat('x', 1500000000)) as n", "--lake", small, "--memory", 100)
    assert (done.returncode, done.stdout) == (1, "")
    assert "needs more than 100 MB of memory" in done.stderr


@pytest.mark.parametrize(("option", "value"), [("--timeout", 0), ("--memory", 1), ("--format", "xml")])
def test_an_option_that_makes_no_sense_is_wrong_use(option: str, value: object, sql: Sql) -> None:
    code, out, err = sql("select 1", option, value)
    assert (code, out) == (2, "")
    assert option in err


def expected(small: Path) -> tuple[list[str], list[tuple[Any, ...]]]:
    """What DuckDB itself answers, by a connection of the test's own."""
    with duckdb.connect(str(published_file(Lake(small))), read_only=True, config={"threads": 1}) as con:
        result = con.execute(NUMBERS)
        columns = [column[0] for column in result.description or ()]
        return columns, result.fetchall()


def test_csv_and_json_have_every_digit_of_duckdb(sql: Sql, small: Path) -> None:
    columns, rows = expected(small)
    assert len(rows) > 10
    out = sql(NUMBERS, "--format", "csv")[1]
    head, *lines = csv.reader(io.StringIO(out))
    assert head == columns
    texts = [["" if v is None else str(v).lower() if v is True else str(v) for v in row] for row in rows]
    zero = columns.index("nul")
    for text in texts:
        text[zero] = "0.0000000000"  # not Python's 0E-10
    assert lines == texts

    out = sql(NUMBERS, "--format", "json")[1]
    records = json.loads(out, parse_float=str)
    assert [list(record) for record in records] == [columns] * len(rows)
    for record, row, text in zip(records, rows, texts, strict=True):
        for value, wanted, written in zip(record.values(), row, text, strict=True):
            if isinstance(wanted, float):
                assert float(value) == wanted
            elif wanted is None or isinstance(wanted, int):
                assert value == wanted
                assert type(value) is type(wanted)
            else:
                assert value == written


def test_parquet_has_the_same_numbers_in_a_file_and_through_a_pipe(run: Run, small: Path, scratch: Path) -> None:
    query = NUMBERS.replace("170141183460469231731687303715884105727", "99999999999999999999999999999999999999")
    done = run("sql", query, "--lake", small, "--format", "parquet", "--output", "x.parquet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    columns, rows = expected(small)
    large = columns.index("groot")
    rows = [(*row[:large], 10**38 - 1, *row[large + 1 :]) for row in rows]
    frame = pl.read_parquet(scratch / "x.parquet")
    assert frame.columns == columns
    assert frame.rows() == rows
    assert frame.schema["boekjaar"] == pl.Int64
    assert frame.schema["lasten_per_inwoner_euro"] == pl.Float64
    assert frame.schema["bedrag"] == pl.Decimal(18, 2)
    assert frame.schema["dag"] == pl.Date
    program = Path(sys.executable).with_name("reintegratie")
    arguments = [str(program), "sql", query, "--lake", str(small), "--format", "parquet"]
    piped = subprocess.run(arguments, capture_output=True, check=True)
    assert piped.stdout == (scratch / "x.parquet").read_bytes()
    assert (scratch / "x.parquet").stat().st_mode & 0o777 == 0o666 & ~os.umask(os.umask(0o022) or 0o022)


def test_markdown_is_a_table_of_markdown(sql: Sql) -> None:
    code, out, err = sql("select 'a|b' as \"x|y\", '[red]' as z, 1.50 as n, null as leeg", "--format", "markdown")
    assert (code, err) == (0, "")
    assert [[cell.strip() for cell in line.split(" | ")] for line in out.splitlines()] == [
        ["| x\\|y", "z", "n", "leeg |"],
        ["|------|-------|------|------|"],
        ["| a\\|b", "[red]", "1.50", "|"],
    ]


def test_dates_and_times_are_iso(sql: Sql) -> None:
    out = sql("select date '2024-02-29' d, timestamp '2024-02-29 01:02:03' t, [1, 2] l", "--format", "json")[1]
    assert json.loads(out) == [{"d": "2024-02-29", "t": "2024-02-29T01:02:03", "l": [1, 2]}]


def test_json_stays_json_where_there_are_no_rows_or_no_number(sql: Sql) -> None:
    assert json.loads(sql("select 1 as a where false", "--format", "json")[1]) == []
    out = sql("select 'nan'::double as a, [1e38::hugeint] as b", "--format", "json")[1]
    assert json.loads(out) == [{"a": "nan", "b": [99999999999999997748809823456034029568]}]


@pytest.mark.parametrize("form", ["json", "parquet"])
def test_two_columns_of_one_name_are_not_made_one(form: str, sql: Sql) -> None:
    code, out, err = sql("select 1 as a, 2 as a", "--format", form)
    assert (code, out) == (2, "")
    assert "more than one column is called a" in err


def test_a_type_without_a_form_in_parquet_is_named(sql: Sql) -> None:
    code, _, err = sql("select interval 1 day as duur", "--format", "parquet", "--output", "x.parquet")
    assert code == 2
    assert "column duur, which is INTERVAL" in err
    assert not Path("x.parquet").exists()


def test_output_is_whole_or_not_there_and_never_in_the_lake(sql: Sql, small: Path, scratch: Path) -> None:
    assert sql("from range(30000)", "--format", "csv", "--output", "x.csv")[0] == 0
    assert len((scratch / "x.csv").read_text(encoding="utf-8").splitlines()) == 30_001
    before = snapshot(small, scratch)
    fails_late = "select (case when range = 49999 then 'x' else '1' end)::int from range(50000)"
    assert sql(fails_late, "--format", "csv", "--output", "y.csv")[0] == 2
    for form in ("csv", "json", "parquet", "table"):
        assert "is there already" in sql("select 1", "--format", form, "--output", "x.csv")[2]
    for output in (published_file(Lake(small)), small / "x.csv", scratch / "nergens" / "x.csv", scratch):
        code, _, err = sql("select 1", "--format", "csv", "--output", output)
        assert code == 2
        assert str(output) in err
    assert snapshot(small, scratch) == before


@pytest.mark.parametrize(
    ("query", "nearest"),
    [
        ("from benchmark.gemeente_jar", "benchmark.gemeente_jaar, "),
        ("from gemeente_jaar", "benchmark.gemeente_jaar, "),
        ("from benchmrk.gemeente_jaar", "benchmark.gemeente_jaar, "),
        ("from Core.Gemeent", "core.gemeente"),
        ("describe core.taakvelden", "core.taakveld"),
        ("select lasten from benchmark.uitgaven_nederland", "lasten_euro"),
        ("select u.lasten_eur from benchmark.uitgaven_nederland u", "lasten_euro, "),
        ("select 1 from benchmark.uitgaven_nederland where boekjar = 2023", "boekjaar"),
        ("select inwoners from core.taakveld", "benchmark.gemeente_"),
        ("select x.jaar from core.gemeente g", "g?"),
        ("from op_grenzen(2020, 2023)", "benchmark.op_grenzen"),
        ("select rond(1.2)", "round, "),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_of_the_file(query: str, nearest: str, sql: Sql) -> None:
    code, out, err = sql(query)
    assert (code, out) == (2, "")
    _, line = err.splitlines()
    assert line.startswith(f"Did you mean: {nearest}")
    assert line.endswith("?")
    assert "pg_" not in err


def test_a_name_like_no_other_gets_no_proposal(sql: Sql) -> None:
    assert sql("from qqqqqqqq")[2] == "reintegratie: the query failed: Table with name qqqqqqqq does not exist!\n"


def test_an_error_is_one_sentence_with_its_line(sql: Sql) -> None:
    code, _, err = sql("select naam,\n  count(*) as n\nfrom core.gemeente\nwhere naam ==== 'x'")
    assert code == 2
    assert err.startswith("reintegratie: the query failed: ")
    assert err.endswith("(line 4)\n")
    assert len(err.splitlines()) == 1


def test_the_query_may_come_from_standard_input(small: Path) -> None:
    program = Path(sys.executable).with_name("reintegratie")
    arguments = [str(program), "sql", "-", "--lake", str(small), "--format", "csv"]
    done = subprocess.run(arguments, input="select 'é' as a\n", capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (0, "a\né\n", "")


def on_a_terminal(small: Path, folder: Path, *arguments: str) -> tuple[int, str]:
    """Run the program on a terminal of 24 lines; its pager marks each line it got."""
    pager = folder / "pager"
    pager.write_text("#!/bin/sh\nexec sed 's/^/PAGED /'\n", encoding="utf-8")
    pager.chmod(0o755)
    program = Path(sys.executable).with_name("reintegratie")
    command = [str(program), "sql", *arguments, "--lake", str(small)]
    environment = {**os.environ, "PAGER": str(pager), "LINES": "24", "COLUMNS": "80", "TERM": "xterm"}
    leader, follower = os.openpty()
    with subprocess.Popen(
        command, stdout=follower, stderr=follower, stdin=follower, env=environment, close_fds=True
    ) as process:
        os.close(follower)
        shown = b""
        try:
            while part := os.read(leader, 65_536):
                shown += part
        except OSError:  # the other side was closed
            pass
        finally:
            os.close(leader)
    return process.returncode, shown.decode()


def test_a_long_table_is_paged_on_a_terminal_only(small: Path, tmp_path: Path, run: Run) -> None:
    code, shown = on_a_terminal(small, tmp_path, "from range(100)")
    assert code == 0
    assert shown.count("PAGED") > 100
    code, shown = on_a_terminal(small, tmp_path, "from range(3)")
    assert code == 0
    assert "PAGED" not in shown
    done = run("sql", "from range(100)", "--lake", small, PAGER=str(tmp_path / "pager"))
    assert "PAGED" not in done.stdout
    assert "\x1b" not in done.stdout
    assert len(done.stdout.splitlines()) == 104


def test_parquet_is_not_written_to_a_terminal(small: Path, tmp_path: Path) -> None:
    code, shown = on_a_terminal(small, tmp_path, "select 1", "--format", "parquet")
    assert code == 2
    assert "Parquet is not for a terminal" in shown
    assert "PAR1" not in shown


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_a_screen_gets_some_rows_and_is_told_of_the_others(form: str, sql: Sql) -> None:
    code, out, err = sql(f"from range({SHOWN_ROWS + 1_234})", "--format", form)
    assert code == 0
    assert str(SHOWN_ROWS - 1) in out
    assert str(SHOWN_ROWS) not in out
    assert err.startswith("1,234 rows more are not shown")
    assert sql(f"from range({SHOWN_ROWS})", "--format", form)[2] == ""


def test_rows_are_not_counted_for_ever(sql: Sql) -> None:
    begin = time.monotonic()
    _, _, err = sql("from range(100000000000)")
    assert f"more than {COUNTED_ROWS:,} rows more" in err
    assert time.monotonic() - begin < 15


@pytest.mark.parametrize("form", ["csv", "json"])
def test_other_forms_are_whole(form: str, sql: Sql) -> None:
    out = sql("from range(25000)", "--format", form)[1]
    assert len(json.loads(out) if form == "json" else out.splitlines()[1:]) == 25_000


def test_a_reader_that_stops_reading_is_no_fault(small: Path) -> None:
    program = Path(sys.executable).with_name("reintegratie")
    arguments = [str(program), "sql", "from range(100000000)", "--lake", str(small), "--format", "csv"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"range\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_the_command_does_not_wait_for_what_it_does_not_need(small: Path) -> None:
    program = (
        f"import sys; sys.argv = ['reintegratie', 'sql', 'select 1', '--lake', {str(small)!r}]\n"
        "from pipelines.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(sorted({'dagster', 'polars', 'pandera', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"

"""A refresh that is killed at any moment: what is published stays whole, and the next refresh goes on by itself.

Fifty kills: five of the program `reintegratie` filling an empty lake, the others of refreshes that have something new
to publish. Those start as a fork of a process that has loaded the program before: loading takes as long as the half of
such a run, writes nothing, and would take half of the kills. CBS's stand-in lives in the test, so that only the
refresh is killed.
"""

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest
from faulty import Change, Faulty, on

from assets.lake import Lake
from assets.published.layout import published_file
from pipelines.replica.app import create_app
from pipelines.replica.server import running_app
from pipelines.replica.world import build_world

BIJSTAND, PRIJS = "80794ned", "85880NED"
KILLS_OF_THE_FIRST_RUN = 5
ROUNDS, KILLS_A_ROUND = 5, 9
PROGRAM = Path(sys.executable).with_name("reintegratie")

# Starts refreshes as forks of itself, one at a time: says the process id of each, and how it ended.
STARTER = """
import json, os, sys
import pipelines.cli, pipelines.definitions, pipelines.run, pipelines.show

for line in sys.stdin:
    arguments, output = json.loads(line)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setsid()
            said = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for descriptor in (1, 2):
                os.dup2(said, descriptor)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            sys.argv = ["reintegratie", *arguments]
            try:
                pipelines.cli.main()
                code = 0
            except SystemExit as ended:
                code = ended.code or 0
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Source:
    """A replica whose figures change in two tables at once; the even versions are one world, the odd ones another.

    Args:
        faulty: the replica.
        url: its address.
    """

    def __init__(self, faulty: Faulty, url: str) -> None:
        self.faulty, self.url = faulty, url
        self.version = 0

    @property
    def world(self) -> int:
        """Tell which of the two worlds it serves."""
        return self.version % 2

    def become(self, version: int) -> None:
        """Let the two tables say that they changed, and give the figures of the version."""
        self.version = version
        self.faulty.rules = [
            on(f"/{BIJSTAND}/TableInfos", self._modified),
            on(f"/{BIJSTAND}/Properties", self._modified),
            on(f"/{PRIJS}/Properties", self._modified),
            on(f"/{BIJSTAND}/TypedDataSet", self._more("2023MM01", 10)),
            on(f"/{BIJSTAND}/Observations", self._more("2023MM01", 10)),
            on(f"/{PRIJS}/Observations", self._more("2023JJ00", 0.1)),
        ]

    def asked(self) -> int:
        """Give the data pages asked since the last time."""
        pages, self.faulty.data_pages = self.faulty.data_pages, 0
        return pages

    def _modified(self, answer: dict[str, Any]) -> None:
        record = answer["value"][0] if "value" in answer else answer
        record["Modified"] = modified(self.version)

    def _more(self, period: str, by: float) -> Change:
        def change(answer: dict[str, Any]) -> None:
            if self.world:
                for row in answer["value"]:
                    if row["Perioden"] == period:
                        for name, value in row.items():
                            if isinstance(value, int | float) and name not in ("ID", "Id"):
                                row[name] = round(value + by, 1)

        return change


def modified(version: int) -> str:
    return f"2026-11-22T{version // 60:02}:{version % 60:02}:00"


class Starter:
    """Starts refreshes of one source, each a process in a group of its own.

    Args:
        source: what is refreshed from.
        folder: for what the processes say.
    """

    def __init__(self, source: Source, folder: Path) -> None:
        self.source, self.said = source, folder / "said.txt"
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([sys.executable, "-c", STARTER], stdin=pipe, stdout=pipe, text=True)

    def refresh(self, lake: Path, kill_after: float | None = None, kill_after_pages: int | None = None) -> int:
        """Refresh a lake, and kill that after some seconds or pages; give how it ended."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([arguments(self.source, lake), str(self.said)]) + "\n")
        self.process.stdin.flush()
        pid = self._line()
        if kill_after is not None:
            time.sleep(kill_after)
        while kill_after_pages is not None and self.source.faulty.data_pages < kill_after_pages:
            time.sleep(0.005)
        if kill_after is not None or kill_after_pages is not None:
            kill_group(pid)
        return self._line()

    def _line(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())

    def end(self) -> None:
        self.process.communicate(timeout=30)


def arguments(source: Source, lake: Path) -> list[str]:
    return ["refresh", "--source", source.url, "--years", "2023", "--lake", str(lake)]


def kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):  # it was done before its moment came; how it ended tells
        os.killpg(pid, signal.SIGKILL)


def killed_after(seconds: float, arguments: list[str], said: Path) -> int:
    """Run the program, kill it after some seconds, and give how it ended: 0 when it was done before."""
    with said.open("w") as output:
        process = subprocess.Popen([str(PROGRAM), *arguments], stdout=output, stderr=output, start_new_session=True)
        time.sleep(seconds)
        kill_group(process.pid)
        code = process.wait(30)
    assert code in (0, -signal.SIGKILL), said.read_text()
    return code


def sha256(lake: Path) -> str | None:
    path = published_file(Lake(lake))
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def read(lake: Path) -> tuple[str, int, int]:
    """Give a hash of all figures of the published file, the world its sources are of, and the number of runs."""
    with duckdb.connect(str(published_file(Lake(lake))), read_only=True) as con:
        columns = con.execute(
            "select schema_name || '.' || table_name, list(column_name order by column_index) from duckdb_columns() "
            "where not internal and schema_name not in ('meta', 'vraag') "
            "and column_name not in ('vintage', 'vintages') "
            "group by all order by all"
        ).fetchall()
        figures = [
            (table, con.execute(f"select count(*), sum(hash({', '.join(names)})) from {table}").fetchone())
            for table, names in columns
        ]
        versions = con.execute("select bron, modified from meta.bronnen where tabel_id in (?, ?)", [BIJSTAND, PRIJS])
        found = dict(versions.fetchall())
        assert len(found) == 2
        # A table that has the contents of its newest vintage makes no other, whatever it says of when it changed.
        worlds = {(int(text[11:13]) * 60 + int(text[14:16])) % 2 for text in found.values()}
        assert len(worlds) == 1, f"two worlds in one file: {found}"
        same = con.execute("select count(*) from core.bron join meta.bronnen using (bron, vintage)").fetchone()
        assert same == con.execute("select count(*) from meta.bronnen").fetchone()
        runs = con.execute("select count(*) from meta.runs").fetchone()
    assert runs is not None
    return hashlib.sha256(repr(figures).encode()).hexdigest(), worlds.pop(), runs[0]


def left_behind(lake: Path) -> list[str]:
    """Name what only a run under way should have: temporary files and folders."""
    return sorted(
        str(path.relative_to(lake)) for pattern in (".*.partial", ".uitgave-*") for path in lake.rglob(pattern)
    )


@pytest.fixture(scope="module")
def source(small_facts: Path) -> Iterator[Source]:
    faulty = Faulty(create_app(build_world(small_facts), v3_page_rows=2000))
    with running_app(faulty) as url:
        yield Source(faulty, url)


@pytest.fixture(scope="module")
def starter(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    starter = Starter(source, tmp_path_factory.mktemp("starter"))
    yield starter
    starter.end()


class Killed:
    """A lake that was published whole in both worlds, and how long and large a run that publishes a change is.

    Args:
        lake: its folder.
        seconds: of such a run.
        pages: of data that such a run asks.
        first_seconds: of the run that filled it.
        first_pages: of data that run asked.
        worlds: the hash of the figures of either world.
    """

    def __init__(self, source: Source, starter: Starter, lake: Path) -> None:
        self.lake = lake
        self.worlds: list[str] = []
        for version in (0, 1):
            source.become(version)
            source.asked()
            began = time.monotonic()
            assert starter.refresh(lake) == 0, starter.said.read_text()
            took, asked = time.monotonic() - began, source.asked()
            if version == 0:
                self.first_seconds, self.first_pages = took, asked
            else:
                self.seconds, self.pages = took, asked
            figures, found, _ = read(lake)
            assert found == version
            self.worlds.append(figures)
        assert self.worlds[0] != self.worlds[1]


@pytest.fixture(scope="module")
def killed(source: Source, starter: Starter, tmp_path_factory: pytest.TempPathFactory) -> Killed:
    return Killed(source, starter, tmp_path_factory.mktemp("killed") / "lake")


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_killed_refresh_leaves_the_old_file_or_the_new_one(
    round_: int, source: Source, starter: Starter, killed: Killed
) -> None:
    """The moments of a round go over the whole run; all rounds together are spread evenly over it."""
    lake = killed.lake
    whole, world, runs = read(lake)
    assert whole == killed.worlds[world]
    before = sha256(lake)
    steps = ROUNDS * KILLS_A_ROUND
    # In an order in which an early moment comes after a late one.
    order = sorted(range(round_, steps, ROUNDS), key=lambda step: step * 7 % 9)
    for number, step in enumerate(order):
        moment = killed.seconds * (step + 0.5) / steps
        for _ in range(8):
            # Other figures once these are published; and now and then CBS says that it changed while a run was broken
            # off, so that what that run left is of no use.
            if world == source.world:
                source.become(source.version + 1)
            elif number % 3 == 0:
                source.become(source.version + 2)
            code = starter.refresh(lake, kill_after=moment)
            after = sha256(lake)
            if after != before:
                assert read(lake) == (killed.worlds[source.world], source.world, runs + 1)
                before, world, runs = after, source.world, runs + 1
            assert code in (0, -signal.SIGKILL), starter.said.read_text()
            if code != 0:
                break
            moment *= 0.9  # it was done before its moment; what an earlier run left makes it shorter
        else:
            pytest.fail("eight refreshes in a row were done before they could be killed")
    source.asked()
    assert starter.refresh(lake) == 0, starter.said.read_text()
    assert read(lake)[:2] == (killed.worlds[source.world], source.world)
    assert source.asked() <= killed.pages


def test_the_parquet_beside_it_is_that_of_the_file_after_the_next_refresh(starter: Starter, killed: Killed) -> None:
    lake = killed.lake
    assert starter.refresh(lake) == 0, starter.said.read_text()
    with duckdb.connect(str(published_file(Lake(lake))), read_only=True) as con:
        tables = con.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name != 'meta' order by all"
        ).fetchall()
        assert len(tables) > 50
        for schema, table in tables:
            path = lake / "published" / "parquet" / schema / f"{table}.parquet"
            other = con.execute(
                f"select count(*) from ((from {schema}.{table} except all from read_parquet('{path}')) union all "
                f"(from read_parquet('{path}') except all from {schema}.{table}))"
            ).fetchone()
            assert other == (0,), f"{schema}.{table}"


def test_a_download_that_was_killed_goes_on_where_it_was(source: Source, starter: Starter, killed: Killed) -> None:
    source.become(source.version + 1)
    source.asked()
    arrived = killed.pages // 2
    assert starter.refresh(killed.lake, kill_after_pages=arrived) == -signal.SIGKILL
    asked = source.asked()
    assert starter.refresh(killed.lake) == 0, starter.said.read_text()
    # Of the pages that were asked, those on their way when the process was killed are asked again.
    assert killed.pages - asked <= source.asked() <= killed.pages - arrived + 4
    assert read(killed.lake)[:2] == (killed.worlds[source.world], source.world)


def test_a_refresh_takes_away_what_killed_ones_left(starter: Starter, killed: Killed) -> None:
    assert starter.refresh(killed.lake) == 0, starter.said.read_text()
    assert left_behind(killed.lake) == []
    assert not list((killed.lake / "raw").glob("*/.download"))
    with closing(sqlite3.connect(killed.lake / "dagster" / "history" / "runs.db")) as history:
        statuses = dict(history.execute("select status, count(*) from runs group by status"))
    assert statuses.keys() == {"SUCCESS", "FAILURE"}  # none is called under way for ever
    assert statuses["FAILURE"] > KILLS_A_ROUND


@pytest.mark.timeout(240)  # five runs that fill a lake; each is a whole program, with its loading
def test_a_first_refresh_that_is_killed_again_and_again_ends_well(
    source: Source, killed: Killed, tmp_path: Path
) -> None:
    """The program as a user starts it, from an empty folder: nothing is published until everything is there."""
    lake, said = tmp_path / "lake", tmp_path / "said.txt"
    source.become(0)
    source.asked()
    kept = 0
    for step in range(KILLS_OF_THE_FIRST_RUN):
        # Each goes on with what the ones before left, so it would be done before the moments of the last third.
        moment = killed.first_seconds * (step + 0.5) / (KILLS_OF_THE_FIRST_RUN * 1.5)
        while killed_after(moment, arguments(source, lake), said) == 0:
            # This machine was faster than when it was measured: from an empty folder again, and sooner.
            shutil.rmtree(lake)
            moment *= 0.7
        kept += source.asked()
        assert sha256(lake) is None or read(lake)[0] == killed.worlds[0]
    assert kept > 0
    done = subprocess.run([str(PROGRAM), *arguments(source, lake)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert source.asked() < killed.first_pages
    assert read(lake)[:2] == (killed.worlds[0], 0)

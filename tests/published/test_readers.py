"""Readers beside a publisher: whoever opens the published file sees one publication, whole, and is never refused."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from assets.benchmark.assets import published_tables
from assets.core.inputs import choose_inputs
from assets.core.keuzes import Keuzes
from assets.lake import Lake, atomic_path, write_table
from assets.published.layout import published_file
from assets.published.publication import publish

READERS = 8
PUBLICATIONS = 100
# Making a publication takes seconds. The others of the hundred were made too, and are put back by the same rename.
MADE = 8
# Each stands until half of the readers have opened one since, but no longer than this: a busy machine gives the readers
# little, and a publication that nobody could have opened shows nothing.
STANDS_S = 1.0
# Tables among the first and the last in the file, with a column that gets the number of the publication.
MARKED = {
    "core/prijsindex": "prijsindex_2020_100",
    "benchmark/intensiteit": "voorzieningen_per_persoon",
    "rapport/voetnoot_14": "aantal_nulboekingen",
}

# Opens the file, asks one table after another in queries of their own, closes, and again until a file `stop` is there.
READER = """
import json, os, sys
from pathlib import Path
from assets.published.reading import opened

os.nice(10)  # the readers have what the publisher leaves; eight of them would take the machine from it
path, stop, marked, progress = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]), Path(sys.argv[4])
seen, times, queries, wrong = {}, 0, 0, []
while not stop.exists():
    try:
        with opened(path) as con:
            times += 1
            newest = "select run_id from meta.runs order by gepubliceerd_op desc limit 1"
            (run_id,) = con.execute(newest).fetchone()
            numbers = {"meta.runs": int(run_id.removeprefix("run-"))}
            for table, column in marked.items():
                low, high, empty = con.execute(
                    f"select min({column}), max({column}), count(*) - count({column}) from {table}"
                ).fetchone()
                if low != high or empty:
                    wrong.append(f"{run_id}: {table} holds {low} to {high}, and {empty} empty")
                numbers[table] = int(low)
            (revised,) = con.execute("select max(run_id) from meta.revisies").fetchone()
            numbers["meta.revisies"] = int(revised.removeprefix("run-"))
            (runs,) = con.execute("select count(*) from meta.runs where run_id like 'run-%'").fetchone()
            numbers["count of meta.runs"] = runs - 1
            (again,) = con.execute(newest).fetchone()
            numbers["meta.runs, asked again"] = int(again.removeprefix("run-"))
            queries += len(numbers)
            if len(set(numbers.values())) != 1:
                wrong.append(f"mixed: {numbers}")
            seen[run_id] = seen.get(run_id, 0) + 1
            (progress / str(os.getpid())).write_text(str(times))
    except Exception as error:
        wrong.append(f"{type(error).__name__}: {error}")
    if len(wrong) > 20:
        break
print(json.dumps({"opened": times, "queries": queries, "seen": seen, "wrong": wrong}))
"""


def republish(lake: Path, number: int) -> None:
    """Make a publication, with its number in every marked table."""
    for table, column in MARKED.items():
        path = lake / f"{table}.parquet"
        frame = pl.read_parquet(path)
        write_table(path, frame.with_columns(pl.lit(number).cast(frame.schema[column]).alias(column)))
    inputs = choose_inputs(Lake(lake))
    when = f"2027-01-01T00:00:{number:02}+00:00"
    publish(Lake(lake), published_tables(), inputs, Keuzes(), run_id=f"run-{number:03}", published_at=when)


def put_back(lake: Path, kept: Path) -> None:
    """Put a file that was published before in the place of the one that is there, as a publication ends."""
    with atomic_path(published_file(Lake(lake))) as temporary:
        shutil.copyfile(kept, temporary)


def stand(progress: Path) -> None:
    """Let a publication be opened by half of the readers before the next one comes."""

    def opened() -> dict[str, str]:
        return {path.name: path.read_text() for path in progress.iterdir()}

    before, until = opened(), time.monotonic() + STANDS_S
    while time.monotonic() < until and len(opened().items() - before.items()) < READERS / 2:
        time.sleep(0.01)


@pytest.mark.timeout(300)  # a hundred publications beside eight processes that never rest; 40 s on two quiet cores
def test_readers_never_fail_nor_see_two_publications_at_once(small: Path, tmp_path: Path) -> None:
    lake, kept, stop, progress = (tmp_path / name for name in ("lake", "kept", "stop", "progress"))
    shutil.copytree(small, lake)
    kept.mkdir()
    progress.mkdir()
    # Twice before the readers come: the newest revision is that of the newest publication only from the second on.
    republish(lake, 0)
    republish(lake, 1)
    marked = {table.replace("/", "."): column for table, column in MARKED.items()}
    given = [str(published_file(Lake(lake))), str(stop), json.dumps(marked), str(progress)]
    program = [sys.executable, "-c", READER, *given]
    pipe = subprocess.PIPE
    readers = [subprocess.Popen(program, stdout=pipe, stderr=pipe, text=True) for _ in range(READERS)]
    try:
        for number in range(2, MADE + 2):
            republish(lake, number)
            shutil.copyfile(published_file(Lake(lake)), kept / f"{number}.duckdb")
            stand(progress)
        for turn in range(PUBLICATIONS - MADE):
            put_back(lake, kept / f"{turn % MADE + 2}.duckdb")
            stand(progress)
    finally:
        stop.touch()
        said = [reader.communicate(timeout=60) for reader in readers]
    assert [reader.returncode for reader in readers] == [0] * READERS, [error for _, error in said]
    found = [json.loads(out) for out, _ in said]
    assert [reader["wrong"] for reader in found] == [[]] * READERS
    # It shows something only if they read all the time: all together saw every publication, each one most of them.
    seen = [set(reader["seen"]) for reader in found]
    assert set.union(*seen) >= {f"run-{number:03}" for number in range(2, MADE + 2)}
    assert all(len(one) > MADE // 2 for one in seen), seen
    assert sum(reader["opened"] for reader in found) > 2 * PUBLICATIONS, found
    assert not list(published_file(Lake(lake)).parent.glob(".*"))

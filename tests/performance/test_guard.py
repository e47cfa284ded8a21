"""A guard against a slide: the ratios of docs/performance.md in a light form, on little data and with wide limits.

Only ratios of what ran on the same machine in the same minute, each limit at least twice what was measured. Seconds are
for `make bench`.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

import orjson
import polars as pl
import pytest
from limits import sql_s, with_orjson
from measure import PROGRAM, Cost, run_beside
from same import compare
from server import Bench, bench_source

from assets.benchmark.assets import in_order, make_tables
from assets.cbs.kolommen import forget
from assets.cbs.page import PageReader, columns_of
from assets.cbs.registry import load_registry
from assets.cbs.table import read_table, service_of
from assets.lake import Lake, Vintage

REPEATS = 5
YEARS = ("2023", "2024")
# Of the usual way on the same little data, measured: the processor time of a night without news, that of a refresh
# beyond a night, and the memory of a refresh.
NIGHT, WORK, PEAK = 1.5, 2.9, 2.9


def fastest(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    """Give the least seconds of processor that something took: whatever else the machine does only adds to it."""
    seconds = []
    for _ in range(REPEATS):
        before()
        begin = process_time()
        work()
        seconds.append(process_time() - begin)
    return min(seconds)


@pytest.fixture
def lake(built_in: Path, tmp_path: Path) -> Lake:
    """Give a lake of the built-in world of one's own."""
    return Lake(Path(shutil.copytree(built_in, tmp_path / "lake")))


def vintage_of(lake: Lake, bron: str) -> Vintage:
    vintage = lake.newest(bron)
    assert vintage is not None
    return vintage


@pytest.mark.parametrize(("bron", "measured"), [("iv3_2024", 0.64), ("srg_voorzieningen", 0.41)])
def test_a_page_is_read_with_every_check_as_fast_as_without_any(lake: Lake, bron: str, measured: float) -> None:
    """Beside orjson with lists, which looks at no type and no column."""
    vintage = vintage_of(lake, bron)
    manifest, service = vintage.manifest, service_of(vintage.manifest)
    answers = {f.resource: orjson.loads(vintage.read(f.name)) for f in manifest.files if f.role == "metadata"}
    listed = {dimension: frame["code"] for dimension, frame in read_table(vintage).codes.items()}
    columns = columns_of(manifest.protocol, manifest.kolommen, service.structure(answers), listed)
    reader, schema = PageReader(columns, service.next_link_name), {column.name: column.dtype for column in columns}
    content = vintage.read("page-00001.json")
    assert reader.read(content).frame.with_columns(pl.col(pl.Enum).cast(pl.String)).equals(with_orjson(content, schema))
    ours = fastest(lambda: reader.read(content))
    assert ours < 2 * measured * fastest(lambda: with_orjson(content, schema))


def test_columns_that_were_kept_spare_the_reading_of_pages(lake: Lake) -> None:
    """Measured: 0.13."""
    vintage = vintage_of(lake, "iv3_2024")
    kept = fastest(lambda: read_table(vintage).rows)
    again = fastest(lambda: read_table(vintage).rows, before=lambda: forget(vintage))
    assert kept < 0.27 * again


def test_our_tables_take_little_more_than_their_sql(lake: Lake) -> None:
    """Measured: 1.15 times the SQL alone, with sorting, checking and writing."""
    every = {(schema, file.name) for schema, file in in_order()}

    def nothing_made() -> None:
        for schema in ("benchmark", "rapport"):
            shutil.rmtree(lake.root / schema)

    ours = fastest(lambda: make_tables(every, lake), before=nothing_made)
    assert ours < 2.3 * fastest(lambda: sql_s(lake))


@pytest.fixture(scope="module")
def source(small_facts: Path) -> Iterator[Bench]:
    """Give the source of the bench with a small world, 50 ms away."""
    with bench_source(small_facts) as found:
        found.delay(50)
        yield found


def test_the_same_tables_in_fewer_bytes_than_the_usual_way(source: Bench, tmp_path: Path) -> None:
    """Measured: 1/18 of its bytes.

    On this little most of ours is imports, so what a refresh takes beyond a night is looked at by itself. Not wall
    time: it mostly waits, so other work of the machine weighs on ours alone.
    """
    script = Path(__file__).with_name("usual.py")
    lake = tmp_path / "lake"

    def refresh() -> Cost:
        return run_beside([PROGRAM, "refresh", "--source", source.url, "--years", "-".join(YEARS), "--lake", lake])

    usual = run_beside([sys.executable, script, "cbsodata", source.url, *YEARS, tmp_path / "usual"])
    usual_asked = source.counters()
    ours = refresh()
    asked = source.counters()
    assert set(compare(lake, tmp_path / "usual").values()).isdisjoint({0})
    assert asked["requests"] < usual_asked["requests"]
    assert asked["bytes"] < 0.12 * usual_asked["bytes"]
    assert ours.peak_mb < 2 * PEAK * usual.peak_mb
    # A night without news: one request a table, and no data.
    night = refresh()
    asked = source.counters()
    registry = load_registry()
    assert asked["requests"] == len(registry.sources(map(int, YEARS)))
    assert asked["bytes"] < 100_000
    assert night.cpu_s < 2 * NIGHT * usual.cpu_s
    assert ours.cpu_s - night.cpu_s < 2 * WORK * usual.cpu_s

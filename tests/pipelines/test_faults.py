"""A replica that misbehaves on purpose: every fault ends in the right figures or in a clear failure.

The table `CASES` says what goes wrong and what must come of it. A case on `DOWNLOAD` takes one table over HTTP, which
publishes nothing; one on `REFRESH` is the whole job on a lake that was published before.
"""

import hashlib
import re
import shutil
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import requests
import uvicorn

from assets.cbs.download import Selection, download
from assets.cbs.oordeel import held_back
from assets.cbs.registry import Source, load_registry
from assets.cbs.table import RawTable, read_table
from assets.cbs.transport import Address, Transport, TransportSettings
from assets.errors import ReintegratieError, SettingsError
from assets.lake import Lake
from assets.published.layout import published_file
from assets.benchmark.assets import published_tables
from pipelines.query import run_query
from pipelines.replica.app import create_app
from pipelines.replica.faults import Faults, parse_plan, read_faults
from pipelines.replica.server import running_app
from pipelines.replica.world import build_world
from pipelines.run import run_job
from pipelines.settings import load_settings

JAAR = 2023
IV3, GEBIEDEN, BIJSTAND, PRIJS = f"iv3_{JAAR}", f"gebieden_{JAAR}", "bijstand", "prijsindex_overheid"
INWONERS, SRG = "inwoners", "srg_voorzieningen"
SOURCES = {source.bron: source for source in load_registry().sources([JAAR])}
TAAKVELDEN = ("0.1", "6.3", "6.4", "6.5")

# What comes of a case.
RIGHT = "the figures are those without a fault"
FAILS = "a clear failure, and what was published stays"
HELD = "the vintage is held back, and what was published stays"
TOLD = "the other figures are published, and said to be revised"

# Where a case is run.
DOWNLOAD, REFRESH = "download", "refresh"
LIMIT_S = {DOWNLOAD: 8.0, REFRESH: 40.0}

# A message says what to do in one of these words.
ADVICE = re.compile(r"[Rr]un again|[Ll]ook |[Cc]heck |[Cc]hange |tables\.toml|titels\.toml|refresh it|[Cc]orrect ")

IMPATIENT = TransportSettings(
    connect_timeout_s=2,
    read_timeout_s=0.5,
    response_timeout_s=0.8,
    attempts=3,
    first_wait_s=0.001,
    longest_wait_s=0.3,
    max_response_bytes=32 * 1024 * 1024,
)


def asks(bron: str, resource: str) -> str:
    """Give the expression for the requests of one resource of one table."""
    return rf"/{SOURCES[bron].tabel_id}/{resource}"


def data(bron: str) -> str:
    return asks(bron, r"(TypedDataSet|Observations)\?")


def count(bron: str) -> str:
    return asks(bron, r"(TypedDataSet|Observations)/\$count")


def info(bron: str) -> str:
    return asks(bron, "(TableInfos|Properties)")


def codes(bron: str, dimension: str) -> str:
    return asks(bron, rf"{dimension}(Codes)?\?")


@dataclass(frozen=True)
class Case:
    """One fault, or some at once.

    Args:
        name: what goes wrong.
        bron: the table it happens to.
        outcome: RIGHT, FAILS, HELD or TOLD.
        faults: what the replica is told.
        message: of a failure, a part of what it says beside the table (a regular expression).
        level: DOWNLOAD or REFRESH.
        says_changed: on REFRESH, whether the table says that it changed, so that it is downloaded again.
    """

    name: str
    bron: str
    outcome: str
    faults: tuple[dict[str, Any], ...]
    message: str = ""
    level: str = DOWNLOAD
    says_changed: bool = True


def one(name: str, bron: str, outcome: str, message: str = "", /, **fault: Any) -> Case:
    """Give a case of one download with one fault."""
    return Case(name, bron, outcome, (fault,), message)


def whole(name: str, bron: str, outcome: str, message: str = "", /, **fault: Any) -> Case:
    """Give a case of a whole refresh with one fault."""
    return Case(name, bron, outcome, (fault,), message, REFRESH)


CASES = [
    # The connection.
    one("reset before an answer, once", IV3, RIGHT, kind="reset", match=data(IV3), after_bytes=0, first=1),
    one("reset in an answer, once", IV3, RIGHT, kind="reset", match=data(IV3), after_bytes=500, nth=2),
    one("reset each time", IV3, FAILS, "reset by peer", kind="reset", match=data(IV3)),
    one("closed without an answer, once", PRIJS, RIGHT, kind="closed", match=info(PRIJS), first=1),
    one("closed each time", PRIJS, FAILS, "could not be read", kind="closed", match=info(PRIJS)),
    one("late, within patience", PRIJS, RIGHT, kind="timeout", match=data(PRIJS), seconds=0.2),
    one("no answer, once", PRIJS, RIGHT, kind="timeout", match=data(PRIJS), seconds=20, first=1),
    one("no answer each time", PRIJS, FAILS, "[Tt]imed? ?out", kind="timeout", match=data(PRIJS), seconds=20),
    one("a drip that ends", PRIJS, RIGHT, kind="drip", match=count(PRIJS), every_ms=5),
    one("a drip without end", PRIJS, FAILS, "took more than 0.8 s", kind="drip", match=data(PRIJS), every_ms=30),
    one("a body cut off, once", GEBIEDEN, RIGHT, kind="truncated", match=data(GEBIEDEN), first=1),
    one("a body cut off each time", GEBIEDEN, FAILS, "IncompleteRead", kind="truncated", match=data(GEBIEDEN)),
    one("a huge header, once", PRIJS, RIGHT, kind="huge_header", match=data(PRIJS), first=1),
    one("a huge header each time", PRIJS, FAILS, "65536 bytes", kind="huge_header", match=data(PRIJS)),
    # The status.
    one("429, once", IV3, RIGHT, kind="status", match=data(IV3), status=429, retry_after="0", first=1),
    one("429 for an hour", IV3, FAILS, "429", kind="status", match=data(IV3), status=429, retry_after="3600"),
    one("503 twice, then well", IV3, RIGHT, kind="status", match=data(IV3), status=503, first=2),
    one("503 each time", IV3, FAILS, "503", kind="status", match=data(IV3), status=503),
    one("500, once", BIJSTAND, RIGHT, kind="status", match=data(BIJSTAND), status=500, nth=5),
    one("500 each time", IV3, FAILS, "500", kind="status", match=data(IV3), status=500),
    one("404 for a page", IV3, FAILS, "404", kind="status", match=data(IV3), status=404),
    one("404 for a code list", IV3, FAILS, "404", kind="status", match=codes(IV3, "Gemeenten"), status=404),
    one("no count", IV3, RIGHT, kind="status", match=count(IV3), status=404),
    one("a table withdrawn", BIJSTAND, FAILS, "is gone", kind="withdrawn", match="/80794ned/"),
    one(
        "sent to another host", PRIJS, FAILS, "another host", kind="redirect", match=data(PRIJS), to="http://127.0.0.2/"
    ),
    one("sent round and round", PRIJS, FAILS, "redirects more than", kind="redirect_loop", match=data(PRIJS)),
    # The body.
    one("broken JSON, once", PRIJS, RIGHT, kind="broken_json", match=data(PRIJS), first=1),
    one("broken JSON each time", PRIJS, FAILS, "broken JSON", kind="broken_json", match=data(PRIJS)),
    one("an empty body, once", PRIJS, RIGHT, kind="empty_body", match=data(PRIJS), first=1),
    one("an empty body each time", PRIJS, FAILS, "broken JSON", kind="empty_body", match=data(PRIJS)),
    one("no count in the body", PRIJS, FAILS, "asked for a count", kind="empty_body", match=count(PRIJS)),
    one("a web page, once", PRIJS, RIGHT, kind="html", match=data(PRIJS), first=1),
    one("a web page each time", PRIJS, FAILS, "instead of JSON", kind="html", match=data(PRIJS)),
    one("a gzip bomb", PRIJS, FAILS, "more than 33554432 bytes", kind="gzip_bomb", match=data(PRIJS)),
    one("another encoding, once", GEBIEDEN, RIGHT, kind="latin1", match=data(GEBIEDEN), first=1),
    one("another encoding each time", GEBIEDEN, FAILS, "broken JSON", kind="latin1", match=data(GEBIEDEN)),
    # Pages and counts.
    one("a page again, once", IV3, RIGHT, kind="page_again", match=data(IV3), nth=2),
    one("a page again each time", IV3, FAILS, "more rows came", kind="page_again", match=data(IV3)),
    one("rows in another order", IV3, RIGHT, kind="reordered_rows", match=data(IV3)),
    one("pages in another order", IV3, RIGHT, kind="reordered_pages", match=data(IV3)),
    one("rows missing, once", IV3, RIGHT, kind="rows_missing", match=data(IV3), rows=3, first=1),
    one("rows missing each time", IV3, FAILS, "the server counts", kind="rows_missing", match=data(IV3), rows=3),
    one("an empty page, once", IV3, RIGHT, kind="empty_page", match=data(IV3), nth=2),
    one("an empty page each time", IV3, FAILS, "an empty page", kind="empty_page", match=data(IV3)),
    one("a count too high", IV3, FAILS, "the server counts", kind="count", match=count(IV3), by=1),
    one("a count too low", IV3, FAILS, "than the server counts", kind="count", match=count(IV3), by=-1),
    one("a count too high, once", IV3, RIGHT, kind="count", match=count(IV3), by=1, first=1),
    one("a count below nought", IV3, FAILS, "asked for a count", kind="count", match=count(IV3), by=-(10**6)),
    one("row ids twice", IV3, FAILS, "came twice", kind="ids_twice", match=data(IV3), rows=2),
    one("a row without id", IV3, FAILS, "number the rows", kind="null_key", match=data(IV3), column="ID"),
    one("changed halfway, once", IV3, RIGHT, kind="modified", match=info(IV3), nth=2),
    one("changed each time", IV3, FAILS, "changed during the download", kind="modified", match=info(IV3), moves=True),
    one("a link elsewhere", IV3, FAILS, "not followed", kind="next_link", match=data(IV3), to="http://127.0.0.2:1"),
    # What the table is.
    one("another title of the year", IV3, FAILS, "is titled", kind="title", match=info(IV3), value="Iets anders"),
    one(
        "a code that is asked is lost",
        IV3,
        FAILS,
        "no code 6.5",
        kind="code_lost",
        match=codes(IV3, "Taakveld.*"),
        code="6.5",
    ),
    one(
        "a column renamed in the rows",
        PRIJS,
        FAILS,
        "unexpected \\['Waarde'\\]",
        kind="column_renamed",
        match=data(PRIJS),
        column="Value",
        to="Waarde",
    ),
    one(
        "a column renamed",
        IV3,
        FAILS,
        "no column 2ePlaatsing",
        kind="column_renamed",
        match="/45063NED/",
        column="k_2ePlaatsing_2",
        to="k_3ePlaatsing_3",
    ),
    # The whole refresh, one of a family.
    Case(
        "trouble everywhere, once",
        IV3,
        RIGHT,
        (
            {"kind": "modified", "match": r"/(TableInfos|Properties)\?"},
            {"kind": "status", "match": r"/(TableInfos|Properties)\?", "status": 503, "first": 2},
            {"kind": "reset", "match": r"TypedDataSet\?", "nth": 3},
            {"kind": "truncated", "match": r"Observations\?", "nth": 1},
            {"kind": "html", "match": "Codes", "nth": 3},
            {"kind": "closed", "match": "DataProperties", "nth": 1},
            {"kind": "status", "match": "Dimensions", "nth": 2, "status": 429, "retry_after": "0"},
            {"kind": "rows_missing", "match": data(SRG), "nth": 1},
        ),
        level=REFRESH,
    ),
    whole("rows in another order, published", IV3, RIGHT, kind="reordered_rows", match=data(IV3)),
    whole("a table is reset", IV3, FAILS, "reset by peer", kind="reset", match=data(IV3), after_bytes=50),
    whole("a service is down", BIJSTAND, FAILS, "503", kind="status", match=data(BIJSTAND), status=503),
    whole("a bomb", PRIJS, FAILS, "not read further", kind="gzip_bomb", match=data(PRIJS)),
    whole("a page is missing", SRG, FAILS, "the server counts", kind="rows_missing", match=data(SRG), rows=50),
    whole(
        "a list has an entry more",
        SRG,
        FAILS,
        "'In wacht'",
        kind="code_added",
        match=codes(SRG, "StatusVoorziening"),
        code="A999999",
        title="In wacht",
    ),
    whole(
        "a list lost an entry",
        IV3,
        FAILS,
        "column Gemeenten has codes",
        kind="code_lost",
        match=codes(IV3, "Gemeenten"),
        code="GM0363",
    ),
    whole(
        "text where a number was",
        IV3,
        FAILS,
        "'onbekend'",
        kind="text_value",
        match=data(IV3),
        column="k_2ePlaatsing_2",
    ),
    whole("nothing in a key", IV3, FAILS, "holds None", kind="null_key", match=data(IV3), column="Gemeenten"),
    whole("a negative count", SRG, FAILS, "aantal_voorzieningen", kind="negative", match=data(SRG), column="Value"),
    whole(
        "another word for no value", SRG, FAILS, "Verdwenen", kind="value_attribute", match=data(SRG), value="Verdwenen"
    ),
    whole("a table is gone", BIJSTAND, FAILS, "is gone", kind="withdrawn", match="/80794ned/"),
    whole("another table under the id", IV3, FAILS, "is titled", kind="title", match=info(IV3), value="Iets anders"),
    whole(
        "a link to another host", IV3, FAILS, "not followed", kind="next_link", match=data(IV3), to="http://127.0.0.2:1"
    ),
    # CBS says that nothing changed, and is believed: one small request a table, no data (docs/deploy, "What a night does").
    Case(
        "a cell revised in silence",
        IV3,
        RIGHT,
        ({"kind": "revised", "match": data(IV3), "column": "k_2ePlaatsing_2", "by": 1000.0},),
        level=REFRESH,
        says_changed=False,
    ),
    whole(
        "a cell revised",
        IV3,
        TOLD,
        kind="revised",
        match=data(IV3),
        column="k_2ePlaatsing_2",
        where={"TaakveldBalanspost": "6.5", "Categorie": "L1.1", "Verslagsoort": "2023X005"},
        by=1000.0,
    ),
]


def cases(level: str) -> list[Any]:
    return [pytest.param(case, id=case.name) for case in CASES if case.level == level]


@pytest.fixture(scope="module")
def replica(small_facts: Path) -> Iterator[str]:
    """Serve pages so small that Iv3 has several."""
    with running_app(Faults(create_app(build_world(small_facts), v3_page_rows=2000))) as url:
        yield url


@pytest.fixture
def tell(replica: str) -> Iterator[Callable[..., requests.Response]]:
    """Give a way to tell the replica its faults; afterwards it has none."""

    def put(*faults: dict[str, Any]) -> requests.Response:
        return requests.put(f"{replica}/_faults", json={"fault": faults}, timeout=5)

    yield put
    requests.delete(f"{replica}/_faults", timeout=5).raise_for_status()


def silent(_: object) -> None:
    pass


def take(replica: str, folder: Path, source: Source) -> RawTable:
    """Download one table and read it."""
    with Transport(Address.parse(replica), IMPATIENT) as transport:
        selection = Selection(TAAKVELDEN)
        result = download(source, transport=transport, lake=Lake(folder), selection=selection, progress=silent)
    return read_table(result.vintage)


@pytest.fixture(scope="module")
def right(replica: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], RawTable]:
    """Give a way to have a table as it is without faults; each is downloaded once."""
    folder, had = tmp_path_factory.mktemp("right"), dict[str, RawTable]()

    def table(bron: str) -> RawTable:
        if bron not in had:
            had[bron] = take(replica, folder, SOURCES[bron])
        return had[bron]

    return table


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)
    families = {fault["kind"] for case in CASES if case.level == REFRESH for fault in case.faults}
    assert len(families) >= 12


@pytest.mark.parametrize("case", cases(DOWNLOAD))
def test_download(
    case: Case,
    replica: str,
    tell: Callable[..., requests.Response],
    right: Callable[[str], RawTable],
    tmp_path: Path,
) -> None:
    expected = right(case.bron)
    tell(*case.faults).raise_for_status()
    began = time.monotonic()
    if case.outcome == RIGHT:
        found = take(replica, tmp_path, SOURCES[case.bron])
        row_id = SOURCES[case.bron].row_id
        assert found.rows.sort(row_id).equals(expected.rows.sort(row_id))
        assert found.measures.equals(expected.measures)
        assert all(found.codes[name].equals(frame) for name, frame in expected.codes.items())
    else:
        with pytest.raises(ReintegratieError) as caught:
            take(replica, tmp_path, SOURCES[case.bron])
        check_message(case, str(caught.value))
        assert Lake(tmp_path).newest(case.bron) is None
    assert time.monotonic() - began < LIMIT_S[DOWNLOAD]
    fitted = requests.get(f"{replica}/_faults", timeout=5).json()["fitted"]
    assert all(fitted), "a fault that fits no request tests nothing"


def check_message(case: Case, message: str) -> None:
    """See that a failure says which table, what, and what to do."""
    assert case.bron in message or str(SOURCES[case.bron].tabel_id) in message, message
    assert re.search(case.message, message, re.DOTALL), message
    assert ADVICE.search(message), message


@pytest.fixture(scope="module")
def published(replica: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a lake that was refreshed and published without faults."""
    lake = tmp_path_factory.mktemp("published") / "lake"
    refresh(replica, lake)
    return lake


def refresh(replica: str, lake: Path) -> None:
    settings = load_settings(source=replica, years=str(JAAR), lake=lake, http_attempts=3, http_first_wait_s=0)
    run_job("refresh", settings, silent)


def digest(lake: Path) -> str:
    return hashlib.sha256(published_file(Lake(lake)).read_bytes()).hexdigest()


def figures(lake: Path) -> dict[str, pl.DataFrame]:
    made = [table.table for table in published_tables() if table.schema == "benchmark"]
    return {name: pl.read_parquet(Lake(lake).benchmark / f"{name}.parquet") for name in made}


@pytest.mark.parametrize("case", cases(REFRESH))
def test_refresh(
    case: Case, replica: str, tell: Callable[..., requests.Response], published: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    changed = ({"kind": "modified", "match": info(case.bron)},) if case.says_changed else ()
    tell(*changed, *case.faults).raise_for_status()
    began = time.monotonic()
    if case.outcome == FAILS:
        with pytest.raises(ReintegratieError) as caught:
            refresh(replica, lake)
        check_message(case, str(caught.value))
    else:
        refresh(replica, lake)
    assert time.monotonic() - began < LIMIT_S[REFRESH]
    fitted = requests.get(f"{replica}/_faults", timeout=5).json()["fitted"]
    assert all(fitted) == case.says_changed
    assert (list(held_back(Lake(lake))) == [case.bron]) == (case.outcome == HELD)
    if case.outcome in (FAILS, HELD):
        assert digest(lake) == digest(published)
    elif case.outcome == RIGHT:
        before, after = figures(published), figures(lake)
        assert len(before) > 10
        assert [name for name, frame in before.items() if not frame.equals(after[name])] == []
    else:
        assert digest(lake) != digest(published)
        told = run_query(published_file(Lake(lake)), "select count(*) from meta.revisies")[1]
        assert int(str(told[0][0])) > 0

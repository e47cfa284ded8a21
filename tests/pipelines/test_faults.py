"""A replica that misbehaves on purpose: every fault ends in the right figures or in a clear failure.

The table `CASES` says what goes wrong and what must come of it. A case on `DOWNLOAD` takes one table over HTTP, which
publishes nothing; one on `REFRESH` is the whole job on a lake that was published before.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import polars as pl
import pytest
import requests

from assets.benchmark.assets import published_tables
from assets.cbs.download import Selection, download
from assets.cbs.lezer import Lezer
from assets.cbs.oordeel import held_back
from assets.cbs.registry import Source, load_registry
from assets.cbs.table import RawTable, read_table
from assets.cbs.transport import Address, Transport, TransportSettings
from assets.errors import ReintegratieError, SettingsError
from assets.lake import Lake
from assets.published.layout import published_file
from pipelines.query import run_query
from pipelines.replica.app import create_app
from pipelines.replica.faults import ENDPOINT, Fault, Faults, parse_plan, read_faults
from pipelines.replica.server import READY, running_app, serve
from pipelines.replica.world import build_world
from pipelines.run import run_job
from pipelines.settings import load_settings

JAAR = 2023
IV3, GEBIEDEN, BIJSTAND, PRIJS = f"iv3_{JAAR}", f"gebieden_{JAAR}", "bijstand", "prijsindex_overheid"
SRG, KENMERKEN = "srg_voorzieningen", "bijstand_kenmerken"
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

# A message says what to do in one of these words; what the gate of core refuses, it says where to look at.
ADVICE = re.compile(
    r"[Rr]un again|[Ll]ook (at|for|up)|[Cc]heck the|tables\.toml|titels\.toml|[Rr]efresh (this|it)|[Ss]ee what"
    "|rows are in"
)

# A download here waits this long for an answer; a case about waiting waits less, so that it ends soon.
PATIENCE_S = 5.0
LIMIT_BYTES = 32 * 1024 * 1024


def patience(seconds: float) -> TransportSettings:
    """Give the settings of a client that waits so long between two pieces of an answer, and twice for a whole one."""
    return TransportSettings(
        connect_timeout_s=2,
        read_timeout_s=seconds,
        response_timeout_s=2 * seconds,
        attempts=3,
        first_wait_s=0.001,
        longest_wait_s=0.1,
        max_response_bytes=LIMIT_BYTES,
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
        patience_s: on DOWNLOAD, how long the client waits.
    """

    name: str
    bron: str
    outcome: str
    faults: tuple[dict[str, Any], ...]
    message: str = ""
    level: str = DOWNLOAD
    says_changed: bool = True
    patience_s: float = PATIENCE_S


def one(name: str, bron: str, outcome: str, message: str = "", /, patience_s: float = PATIENCE_S, **fault: Any) -> Case:
    """Give a case of one download with one fault."""
    return Case(name, bron, outcome, (fault,), message, patience_s=patience_s)


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
    one("no answer, once", PRIJS, RIGHT, patience_s=0.25, kind="timeout", match=data(PRIJS), seconds=20, first=1),
    one(
        "no answer each time",
        PRIJS,
        FAILS,
        "[Tt]imed? ?out",
        patience_s=0.25,
        kind="timeout",
        match=data(PRIJS),
        seconds=20,
    ),
    one("a drip that ends", PRIJS, RIGHT, kind="drip", match=count(PRIJS), every_ms=5),
    one(
        "a drip without end",
        PRIJS,
        FAILS,
        "took more than",
        patience_s=0.25,
        kind="drip",
        match=data(PRIJS),
        every_ms=30,
    ),
    one("a body cut off, once", GEBIEDEN, RIGHT, kind="truncated", match=data(GEBIEDEN), first=1),
    one("a body cut off each time", GEBIEDEN, FAILS, "IncompleteRead", kind="truncated", match=data(GEBIEDEN)),
    one("a huge header, once", PRIJS, RIGHT, kind="huge_header", match=data(PRIJS), first=1),
    one("a huge header each time", PRIJS, FAILS, "65536 bytes", kind="huge_header", match=data(PRIJS)),
    # The status.
    one("429, once", IV3, RIGHT, kind="status", match=data(IV3), status=429, retry_after="0", first=1),
    one("429 for an hour", IV3, FAILS, "429", kind="status", match=data(IV3), status=429, retry_after="3600"),
    one("503 twice, then well", IV3, RIGHT, kind="status", match=data(IV3), status=503, first=2),
    one("503 each time", IV3, FAILS, "503", kind="status", match=data(IV3), status=503),
    one("500, once", IV3, RIGHT, kind="status", match=data(IV3), status=500, nth=3),
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
    one("a gzip bomb", PRIJS, FAILS, f"more than {LIMIT_BYTES} bytes", kind="gzip_bomb", match=data(PRIJS)),
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
    one("changed at no date", IV3, FAILS, "'gisteren'", kind="modified", match=info(IV3), value="gisteren"),
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
        "trouble everywhere, once, and rows in another order",
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
            # Makes a new vintage of the same figures, so that everything after it is made and published again.
            {"kind": "reordered_rows", "match": data(PRIJS)},
        ),
        level=REFRESH,
    ),
    whole("a table is reset", IV3, FAILS, "reset by peer", kind="reset", match=data(IV3), after_bytes=50),
    whole("a bomb", PRIJS, FAILS, "not read further", kind="gzip_bomb", match=data(PRIJS)),
    whole("a page is missing", GEBIEDEN, FAILS, "the server counts", kind="rows_missing", match=data(GEBIEDEN), rows=6),
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
        "text where a number was",
        IV3,
        FAILS,
        "'onbekend'",
        kind="text_value",
        match=data(IV3),
        column="k_2ePlaatsing_2",
    ),
    whole("nothing in a key", IV3, FAILS, "holds None", kind="null_key", match=data(IV3), column="Gemeenten"),
    whole(
        "a negative count", KENMERKEN, FAILS, "aantal_personen", kind="negative", match=data(KENMERKEN), column="Value"
    ),
    whole(
        "another word for no value",
        KENMERKEN,
        FAILS,
        "Verdwenen",
        kind="value_attribute",
        match=data(KENMERKEN),
        value="Verdwenen",
    ),
    Case(
        "a gemeente is missing and nothing counts the rows",
        GEBIEDEN,
        HELD,
        (
            {"kind": "rows_missing", "match": data(GEBIEDEN), "rows": 6},
            {"kind": "status", "match": count(GEBIEDEN), "status": 404},
        ),
        level=REFRESH,
    ),
    # CBS says that nothing changed, and is believed: one small request a table, no data (docs/deploy/README.md).
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
        return requests.put(f"{replica}{ENDPOINT}", json={"fault": faults}, timeout=5)

    yield put
    requests.delete(f"{replica}{ENDPOINT}", timeout=5).raise_for_status()


def spoiled(replica: str) -> list[int]:
    """Give how many answers each fault spoiled."""
    counts: list[int] = requests.get(f"{replica}{ENDPOINT}", timeout=5).json()["spoiled"]
    return counts


def silent(_: object) -> None:
    pass


def take(replica: str, folder: Path, source: Source, patience_s: float = PATIENCE_S) -> RawTable:
    """Download one table and read it."""
    with Transport(Address.parse(replica), patience(patience_s)) as transport:
        selection = Selection(TAAKVELDEN)
        result = download(
            source, transport=transport, lake=Lake(folder), selection=selection, progress=silent, lezer=Lezer()
        )
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


def test_the_cases_have_every_kind() -> None:
    kinds = {kind.model_fields["kind"].annotation for kind in get_args(get_args(Fault)[0])}
    assert {fault["kind"] for case in CASES for fault in case.faults} == {get_args(kind)[0] for kind in kinds}
    assert len({case.name for case in CASES}) == len(CASES) >= 40
    assert len([case for case in CASES if case.level == REFRESH]) >= 12


@pytest.mark.parametrize("case", cases(DOWNLOAD))
def test_download(
    case: Case,
    replica: str,
    tell: Callable[..., requests.Response],
    right: Callable[[str], RawTable],
    tmp_path: Path,
) -> None:
    expected = right(case.bron) if case.outcome == RIGHT else None
    tell(*case.faults).raise_for_status()
    began = time.monotonic()
    if expected is not None:
        found = take(replica, tmp_path, SOURCES[case.bron], case.patience_s)
        row_id = SOURCES[case.bron].row_id
        assert found.rows.sort(row_id).equals(expected.rows.sort(row_id))
        assert found.measures.equals(expected.measures)
        assert all(found.codes[name].equals(frame) for name, frame in expected.codes.items())
    else:
        with pytest.raises(ReintegratieError) as caught:
            take(replica, tmp_path, SOURCES[case.bron], case.patience_s)
        check_message(case, str(caught.value))
        assert Lake(tmp_path).newest(case.bron) is None
    assert time.monotonic() - began < LIMIT_S[DOWNLOAD]
    assert all(spoiled(replica)), "a fault that spoils nothing tests nothing"


def check_message(case: Case, message: str) -> None:
    """See that a failure says which table, what, and what to do."""
    source = SOURCES[case.bron]
    # What the gate of core refuses is told by the name of the core table.
    names = (case.bron, str(source.tabel_id), *(["core.bijstand_kenmerk"] if case.bron == KENMERKEN else []))
    assert any(name in message for name in names), message
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
    assert all(spoiled(replica)) == case.says_changed
    if case.outcome != FAILS:
        assert list(held_back(Lake(lake))) == ([case.bron] if case.outcome == HELD else [])
    if case.outcome in (FAILS, HELD) or not case.says_changed:
        assert digest(lake) == digest(published)
    elif case.outcome == RIGHT:
        before, after = figures(published), figures(lake)
        assert len(before) > 10
        assert [name for name, frame in before.items() if not frame.equals(after[name])] == []
    else:
        assert digest(lake) != digest(published)
        told = run_query(published_file(Lake(lake)), "select count(*) from meta.revisies")[1]
        assert int(str(told[0][0])) > 0


def test_a_bomb_is_not_unpacked_in_memory(replica: str, tell: Callable[..., requests.Response], tmp_path: Path) -> None:
    tell({"kind": "gzip_bomb", "match": data(PRIJS), "mebibytes": 4096}).raise_for_status()
    tracemalloc.start()
    try:
        with pytest.raises(ReintegratieError, match="not read further"):
            take(replica, tmp_path, SOURCES[PRIJS])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # What was read up to the limit, the answer as the replica made it, and some room.
    assert peak < 4 * LIMIT_BYTES


GIVEN = {
    "no fault": ({"fault": [{"kind": "sabotage"}]}, "sabotage"),
    "no kind": ({"fault": [{"match": "x"}]}, "kind"),
    "a word too much": ({"fault": [{"kind": "html", "colour": "red"}]}, "fault.0.html.colour: Extra inputs"),
    "a word too much beside": ({"fault": [], "seed": 1}, "seed: Extra inputs"),
    "no expression": ({"fault": [{"kind": "html", "match": "("}]}, "fault.0.html.match: is no regular expression"),
    "two turns": ({"fault": [{"kind": "html", "first": 1, "nth": 2}]}, "first, nth and after exclude each other"),
    "turn nought": ({"fault": [{"kind": "html", "nth": 0}]}, "fault.0.html.nth: Input should be greater"),
    "no seconds": ({"fault": [{"kind": "timeout"}]}, "fault.0.timeout.seconds: Field required"),
    "a status that is none": ({"fault": [{"kind": "status", "status": 200}]}, "fault.0.status.status"),
    "a number as text": ({"fault": [{"kind": "status", "status": "503"}]}, "valid integer"),
    "a header in a header": ({"fault": [{"kind": "redirect", "to": "/\r\nSet-Cookie: a"}]}, "fault.0.redirect.to"),
    "a list": ([], "faults: Input should be an object"),
}


@pytest.mark.parametrize(("given", "message"), GIVEN.values(), ids=GIVEN.keys())
def test_faults_that_are_none_change_nothing(
    replica: str, tell: Callable[..., requests.Response], given: object, message: str
) -> None:
    tell({"kind": "html", "match": "nowhere"}).raise_for_status()
    answer = requests.put(f"{replica}{ENDPOINT}", json=given, timeout=5)
    assert answer.status_code == 400
    assert message in answer.json()["error"]
    assert requests.get(f"{replica}{ENDPOINT}", timeout=5).json()["fault"] == [{"kind": "html", "match": "nowhere"}]


def test_the_endpoint_sets_tells_and_takes_away(replica: str, tell: Callable[..., requests.Response]) -> None:
    url, prijs = f"{replica}{ENDPOINT}", f"{replica}/datasets.cbs.nl/odata/v1/CBS/85880NED/Properties"
    fault = {"kind": "status", "match": "/85880NED/", "after": 1, "status": 503, "retry_after": "7"}
    said = tell(fault)
    assert said.json() == requests.get(url, timeout=5).json() == {"fault": [fault], "fitted": [0], "spoiled": [0]}
    answers = [requests.get(prijs, timeout=5) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 503, 503]
    assert answers[1].headers["Retry-After"] == "7"
    assert requests.get(url, timeout=5).json() == {"fault": [fault], "fitted": [3], "spoiled": [2]}
    tell(fault)
    assert requests.get(prijs, timeout=5).status_code == 200, "faults that are set anew count anew"
    assert requests.delete(url, timeout=5).json() == {"fault": [], "fitted": [], "spoiled": []}
    assert requests.get(prijs, timeout=5).status_code == 200
    assert requests.post(url, timeout=5).status_code == 405
    assert requests.put(url, data=b" " * 2_000_000, timeout=5).status_code == 413


def test_the_endpoint_is_for_this_machine(replica: str) -> None:
    """A page elsewhere can have its own name point here; what it asks names that host."""
    answer = requests.delete(f"{replica}{ENDPOINT}", headers={"Host": "elsewhere.example"}, timeout=5)
    assert (answer.status_code, list(answer.json())) == (403, ["error"])


def test_without_faults_there_is_no_endpoint(small_facts: Path) -> None:
    with running_app(create_app(build_world(small_facts))) as url:
        for method in ("GET", "PUT", "DELETE"):
            assert requests.request(method, f"{url}{ENDPOINT}", timeout=5).status_code == 404


TOML = """
[[fault]]
kind = "timeout"
match = 'TypedDataSet[?]'
seconds = 2
first = 1

[[fault]]
kind = "revised"
column = "Value"
where = { RegioS = "GM0363" }
by = 10
"""


def test_a_file_says_the_same_as_json(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(TOML, encoding="utf-8")
    plan = read_faults(path)
    assert [fault.kind for fault in plan.fault] == ["timeout", "revised"]
    assert parse_plan(plan.model_dump_json().encode()) == plan


BAD_FILES = {
    "no TOML": (b"[[fault", "cannot be read"),
    "no text": (b"\xff\xfe", "cannot be read"),
    "no fault": (b'[[fault]]\nkind = "sabotage"', "sabotage"),
    "a date": (b'[[fault]]\nkind = "html"\nfirst = 2026-01-01', "fault.0.html.first"),
    "another table": (b"[faults]", "faults: Extra inputs"),
}


@pytest.mark.parametrize(("content", "message"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_file_that_is_wrong(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=re.escape(message)) as caught:
        read_faults(path)
    assert str(path) in str(caught.value)


def test_the_command_line_takes_a_file(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    with pytest.raises(SettingsError, match=r"the faults in .* cannot be read"):
        serve(0, None, 1, faults=path)
    path.write_text('[[fault]]\nkind = "status"\nmatch = "Datasets"\nstatus = 500\n', encoding="utf-8")
    program = Path(sys.executable).with_name("reintegratie")
    command = [str(program), "replica", "serve", "--port", "0", "--faults", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().removeprefix(READY).split()[0]
            assert requests.get(f"{url}/datasets.cbs.nl/odata/v1/CBS/Datasets", timeout=5).status_code == 500
            assert requests.get(f"{url}{ENDPOINT}", timeout=5).json()["fitted"] == [1]
        finally:
            process.terminate()

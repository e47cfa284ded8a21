"""The client against the replica: every source of the registry, as a refresh takes them, side by side."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest
from impatient import SETTINGS

from assets.cbs.download import Result, Selection, download
from assets.cbs.lezer import second_reader
from assets.cbs.registry import Source, load_registry
from assets.cbs.table import RawTable, read_table
from assets.cbs.transport import Address, Transport
from assets.lake import Lake
from pipelines.replica.app import create_app
from pipelines.replica.server import running_app
from pipelines.replica.world import build_world

PATIENT = SETTINGS.model_copy(update={"read_timeout_s": 30, "response_timeout_s": 60, "max_response_bytes": 10**8})
TAAKVELDEN = ("0.1", "6.3", "6.4", "6.5")
# In 2017 and 2018 the code of a gemeente is another measure; in 2025 the categorieen are others.
SOURCES = load_registry().sources([2017, 2018, 2025])


def refresh(transport: Transport, lake: Lake) -> dict[str, Result]:
    with second_reader() as lezer, ThreadPoolExecutor(4) as pool:

        def one(source: Source) -> Result:
            return download(
                source,
                transport=transport,
                lake=lake,
                selection=Selection(TAAKVELDEN),
                progress=lambda _: None,
                lezer=lezer,
            )

        return dict(zip([source.bron for source in SOURCES], pool.map(one, SOURCES), strict=True))


@pytest.fixture(scope="module")
def transport(small_facts: Path) -> Iterator[Transport]:
    """Serve pages that do not divide the rows evenly."""
    app = create_app(build_world(small_facts), v3_page_rows=9_999, v4_page_rows=7_001)
    with running_app(app) as base, Transport(Address.parse(base), PATIENT) as opened:
        yield opened


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake(tmp_path_factory.mktemp("lake"))


@pytest.fixture(scope="module")
def tables(transport: Transport, lake: Lake) -> dict[str, RawTable]:
    return {bron: read_table(result.vintage) for bron, result in refresh(transport, lake).items()}


def test_every_source_is_downloaded(tables: dict[str, RawTable]) -> None:
    assert sorted(tables) == sorted(source.bron for source in SOURCES)
    assert {table.manifest.herkomst for table in tables.values()} <= {"opname", "reconstructie"}
    assert len({table.manifest.wereld for table in tables.values()}) == 1
    for table in tables.values():
        assert table.rows.height == table.manifest.rows > 0


def test_every_code_is_in_its_list(tables: dict[str, RawTable]) -> None:
    for bron, table in tables.items():
        for dimension, codes in table.codes.items():
            assert set(table.rows[dimension]) <= set(codes["code"]), (bron, dimension)


@pytest.mark.parametrize("jaar", [2017, 2018, 2025])
def test_only_what_was_asked_of_iv3(tables: dict[str, RawTable], jaar: int) -> None:
    rows = tables[f"iv3_{jaar}"].rows
    assert set(rows["TaakveldBalanspost"]) == {"0.1   ", "6.3   ", "6.4   ", "6.5   "}
    assert set(rows["Verslagsoort"]) == {f"{jaar}X000", f"{jaar}X005"}


def test_only_totals_of_nederland_and_gemeenten(tables: dict[str, RawTable]) -> None:
    rows = tables["inwoners"].rows
    assert rows.select("Measure", "Geslacht", "Leeftijd", "BurgerlijkeStaat").n_unique() == 1
    assert set(rows["RegioS"].str.head(2)) == {"NL", "GM"}
    assert rows["Perioden"].min() == "2017JJ00"


def test_gemeenten_of_a_year(tables: dict[str, RawTable]) -> None:
    for jaar, count in ((2017, 388), (2018, 380), (2025, 12)):
        rows = tables[f"gebieden_{jaar}"].rows
        assert rows["RegioS"].n_unique() == count
        assert rows.group_by("RegioS").len()["len"].unique().to_list() == [6]
        gemeenten = tables[f"iv3_{jaar}"].rows["Gemeenten"].str.strip_chars()
        assert set(gemeenten) == set(rows["RegioS"])


def test_months_and_regions_of_bijstand(tables: dict[str, RawTable]) -> None:
    rows = tables["bijstand"].rows
    assert set(rows["RegioS"].str.head(2)) == {"NL", "GM"}
    months = rows.filter(pl.col("Perioden").str.contains("MM"))["Perioden"]
    assert months.min() == "2017MM01"


def test_a_second_refresh_asks_one_thing_a_table(transport: Transport, lake: Lake, tables: dict[str, RawTable]) -> None:
    before = transport.requests_made
    again = refresh(transport, lake)
    assert transport.requests_made - before == len(SOURCES)
    assert not any(result.is_new or result.pages for result in again.values())
    assert {bron: result.vintage.manifest for bron, result in again.items()} == {
        bron: table.manifest for bron, table in tables.items()
    }


def test_nothing_is_left_beside_the_vintages(lake: Lake, tables: dict[str, RawTable]) -> None:
    assert sorted(tables) == lake.bronnen()
    left = {path.name for folder in lake.raw.iterdir() for path in folder.iterdir() if not path.is_dir()}
    assert left == {".lock"}
    assert not list(lake.raw.rglob("*.partial"))

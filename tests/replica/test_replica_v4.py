"""The v4 answers have the shape of recorded ones, and their figures are those of the world."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.replica.app import create_app
from pipelines.replica.server import running_app
from pipelines.replica.statline import GEBIEDEN_IDS, gebieden_table, inwoners_table
from pipelines.replica.tables import FrameRows
from pipelines.replica.world import World

V4 = "/datasets.cbs.nl/odata/v1/CBS"
TOTALS = "Geslacht eq 'T001038' and Leeftijd eq '10000' and BurgerlijkeStaat eq 'T001019'"
Get = Callable[..., Any]
Pages = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def recorded(shared: Path) -> Callable[[str], Any]:
    folder = shared / "cbs" / "recorded" / "v4"
    return lambda name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def kinds(record: dict[str, Any]) -> dict[str, type]:
    """Tell the type of each field, whole and other numbers alike."""
    return {key: float if isinstance(value, int | float) else type(value) for key, value in record.items()}


@pytest.mark.parametrize("tabel_id", ["03759ned", "85880NED"])
def test_envelopes_like_recorded(get: Get, recorded: Callable[[str], Any], tabel_id: str) -> None:
    properties, expected = get(f"{V4}/{tabel_id}/Properties"), recorded(f"{tabel_id}/properties")
    assert list(properties) == list(expected)
    for key in (
        "Identifier",
        "Title",
        "Language",
        "Catalog",
        "Frequency",
        "Status",
        "DatasetType",
        "License",
    ):
        assert properties[key] == expected[key]
    assert properties["Modified"][:10] == expected["Modified"][:10]
    assert len(properties["Modified"]) == len(expected["Modified"])
    assert properties["@odata.context"].endswith(f"/{tabel_id}/$metadata#Properties")

    dimensions, expected = get(f"{V4}/{tabel_id}/Dimensions"), recorded(f"{tabel_id}/dimensions")
    assert list(dimensions) == list(expected)
    for ours, theirs in zip(dimensions["value"], expected["value"], strict=True):
        assert list(ours) == list(theirs)
        for key in (
            "Identifier",
            "Title",
            "Kind",
            "MapYear",
            "ReleasePolicy",
            "ContainsGroups",
            "ContainsCodes",
        ):
            assert ours[key] == theirs[key]

    measures = {m["Identifier"]: m for m in get(f"{V4}/{tabel_id}/MeasureCodes")["value"]}
    theirs = {m["Identifier"]: m for m in recorded(f"{tabel_id}/measure-codes")["value"]}
    for key, ours in measures.items():
        assert list(ours) == list(theirs[key])
        for field in ("Title", "DataType", "Unit", "Decimals", "PresentationType", "MeasureGroupId"):
            assert ours[field] == theirs[key][field]


@pytest.mark.parametrize(
    ("tabel_id", "dimension"),
    [
        ("03759ned", "RegioS"),
        ("03759ned", "Perioden"),
        ("03759ned", "Geslacht"),
        ("85880NED", "SoortMutaties"),
    ],
)
def test_codes_like_recorded(get: Get, recorded: Callable[[str], Any], tabel_id: str, dimension: str) -> None:
    codes = get(f"{V4}/{tabel_id}/{dimension}Codes")["value"]
    expected = {code["Identifier"]: code for code in recorded(f"{tabel_id}/codes-{dimension}")["value"]}
    for code in codes:
        assert list(code) == list(expected[code["Identifier"]])
        if dimension != "RegioS":  # CBS adds to the names of some gemeenten what they belong to
            assert code["Title"] == expected[code["Identifier"]]["Title"]
        assert code.get("Status") == expected[code["Identifier"]].get("Status")


@pytest.mark.parametrize("tabel_id", ["03759ned", "85880NED"])
def test_observations_like_recorded(get: Get, recorded: Callable[[str], Any], tabel_id: str) -> None:
    page, expected = (
        get(f"{V4}/{tabel_id}/Observations", top="10"),
        recorded(f"{tabel_id}/observations-page-1"),
    )
    assert list(page) == list(expected)
    assert list(page["value"][0]) == list(expected["value"][0])
    assert kinds(page["value"][0]) == kinds(expected["value"][0])
    assert {row["ValueAttribute"] for row in page["value"]} == {"None"}


def test_periods_of_85880ned_like_recorded(get: Get, recorded: Callable[[str], Any]) -> None:
    ours = get(f"{V4}/85880NED/PeriodenCodes")["value"]
    theirs = recorded("85880NED/codes-Perioden")["value"]
    expected = [code for code in theirs if code["Identifier"] >= "2017"]
    for key in ("Identifier", "Title", "Status", "Description", "DimensionGroupId"):
        assert [code[key] for code in ours] == [code[key] for code in expected]


def test_price_of_government_consumption(get: Get, recorded: Callable[[str], Any]) -> None:
    filter_ = "Measure eq 'A049169_1' and SoortMutaties eq 'A045303' and Perioden ge '2020JJ00'"
    rows = get(f"{V4}/85880NED/Observations", filter=filter_)["value"]
    ours = {row["Perioden"]: row["Value"] for row in rows if row["Perioden"].endswith("JJ00")}
    theirs = {
        row["Perioden"]: row["Value"]
        for row in recorded("85880NED/observations-page-1")["value"]
        if (row["Measure"], row["SoortMutaties"], row["Perioden"][4:]) == ("A049169_1", "A045303", "JJ00")
    }
    assert ours == theirs
    assert any(row["Perioden"].endswith("KW01") for row in rows)


def test_inwoners(get: Get, world: World) -> None:
    filter_ = f"{TOTALS} and Measure eq 'M000352' and startswith(RegioS,'GM') and Perioden eq '2024JJ00'"
    rows = get(f"{V4}/03759ned/Observations", filter=filter_)["value"]
    values = {row["RegioS"]: row["Value"] for row in rows}
    assert {code: value for code, value in values.items() if value is not None} == world.inwoners(2024)
    gone = [row for row in rows if row["Value"] is None]
    assert gone
    assert {row["ValueAttribute"] for row in gone} == {"Impossible"}


def test_given_herindelingen_are_told_with_the_regions(factual: World, recorded: Callable[[str], Any]) -> None:
    theirs = {code["Identifier"]: code["Description"] for code in recorded("03759ned/codes-RegioS")["value"]}
    ours = {code.code: code.omschrijving for code in inwoners_table(factual).dimensions[3].codes}
    for code in ("GM0501", "GM0140", "GM1992"):
        moved = [line for line in ours[code].splitlines() if line.startswith("- ")]
        assert moved
        assert all(line in theirs[code] for line in moved)
        assert ours[code].splitlines()[0] in theirs[code]


def test_missing_filter_shows(get: Get, world: World) -> None:
    filter_ = "Measure eq 'M000352' and Perioden eq '2024JJ00' and RegioS eq 'GM0363'"
    values = [row["Value"] for row in get(f"{V4}/03759ned/Observations", filter=filter_)["value"]]
    assert len(values) > 3
    assert values[0] == world.inwoners(2024)["GM0363"] < sum(values)


@pytest.mark.parametrize("jaar", range(2015, 2027))
def test_gebieden_like_recorded(get: Get, pages: Pages, shared: Path, jaar: int) -> None:
    theirs = pl.read_parquet(shared / "cbs" / "recorded" / "v4" / "gebieden" / f"cbs_gebieden_{jaar}.parquet")
    rows = [row for page in pages(f"{V4}/{GEBIEDEN_IDS[jaar]}/Observations") for row in page["value"]]
    ours = pl.DataFrame(rows, infer_schema_length=None)
    assert ours.columns == theirs.columns
    text = ours.filter(pl.col("Measure") != "T001036_2").select("RegioS", "Measure", "StringValue")
    # Every code and name, to the last space of its padding; the built-in names of regions are those of 2024.
    other = text.join(theirs, on=["RegioS", "Measure", "StringValue"], how="anti")
    assert set(other["Measure"]) <= ({"AM0002", "PV0002"} if jaar < 2024 else set())
    assert set(other["StringValue"].str.len_chars()) <= {50}
    assert set(ours["RegioS"]) == set(theirs["RegioS"])
    measures = get(f"{V4}/{GEBIEDEN_IDS[jaar]}/MeasureCodes")["value"]
    assert [m["Title"] for m in measures].count("Code") == 3


@pytest.mark.parametrize("jaar", range(2015, 2027))
def test_gebieden_of_facts_are_exact(factual: World, shared: Path, jaar: int) -> None:
    theirs = pl.read_parquet(shared / "cbs" / "recorded" / "v4" / "gebieden" / f"cbs_gebieden_{jaar}.parquet")
    rows = gebieden_table(factual, jaar).rows
    assert isinstance(rows, FrameRows)
    ours = rows.frame.with_columns(pl.col("Value").cast(pl.String))  # recorded as text
    keys = ["RegioS", "Measure", "ValueAttribute", "Value", "StringValue"]
    assert ours.join(theirs, on=keys, how="anti", nulls_equal=True).is_empty()


def test_gebieden_and_inwoners_agree(get: Get) -> None:
    of_gebieden = get(f"{V4}/{GEBIEDEN_IDS[2021]}/Observations", filter="Measure eq 'T001036_2'")["value"]
    filter_ = f"{TOTALS} and Measure eq 'M000352' and Perioden eq '2021JJ00' and startswith(RegioS,'GM')"
    of_inwoners = get(f"{V4}/03759ned/Observations", filter=filter_)["value"]
    known = {r["RegioS"]: r["Value"] for r in of_inwoners if r["Value"] is not None}
    assert {r["RegioS"]: r["Value"] for r in of_gebieden} == known


def test_whole_numbers_are_written_so(get: Get, recorded: Callable[[str], Any]) -> None:
    for tabel_id in ("03759ned", "85880NED"):
        for rows in (
            recorded(f"{tabel_id}/observations-page-1")["value"],
            get(f"{V4}/{tabel_id}/Observations", top="4000")["value"],
        ):
            values = [row["Value"] for row in rows if row["Value"] is not None]
            assert any(isinstance(value, int) for value in values)
            assert not any(isinstance(value, float) and value.is_integer() for value in values)


def test_link_to_the_next_page_and_only_when_there_is_one(get: Get) -> None:
    path, of_2024 = f"{V4}/03759ned/Observations", "Perioden eq '2024JJ00'"
    assert "@odata.nextLink" in get(path, top="5001")
    assert list(get(path, top="5000")) == ["@odata.context", "value"]
    assert list(get(path, filter=of_2024, top="5000")) == ["@odata.context", "value"]


def test_pages_are_complete(pages: Pages, get: Get) -> None:
    found = pages(f"{V4}/03759ned/Observations")
    ids = [row["Id"] for page in found for row in page["value"]]
    assert len(found) > 5
    assert {len(page["value"]) for page in found[:-1]} == {5000}
    assert len(ids) == get(f"{V4}/03759ned/Observations/$count")
    assert len(ids) == get(f"{V4}/03759ned/Properties")["ObservationCount"]
    assert all(a < b for a, b in pairwise(ids))


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ("Perioden in ('2024JJ00','2025JJ00')", 40),
        ("Perioden eq '2024JJ00' or Perioden eq '2025JJ00'", 40),
        ("Perioden ge '2024JJ00' and Perioden le '2024JJ00'", 20),
        ("startswith(Perioden,'2024')", 100),
        ("contains(Perioden,'JJ') and not (Perioden ne '2024JJ00')", 20),
        ("Value eq null", 0),
    ],
)
def test_filters(get: Get, filter_: str, expected: int) -> None:
    assert get(f"{V4}/85880NED/Observations/$count", filter=filter_) == expected
    answer = get(f"{V4}/85880NED/Observations", filter=filter_, count="true")
    assert answer["@odata.count"] == len(answer["value"]) == expected


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("03759NED/Properties", 404),  # ids mind their case
        ("03759ned/Nothing", 404),
        ("45067NED/Properties", 404),
        ("03759ned/Observations?$filter=Regio eq 'x'", 400),
        ("03759ned/Observations?$filter=RegioS eq", 400),
        ("03759ned/Observations?$filter=Value gt 'x'", 400),
        ("03759ned/Observations?$skip=-1", 400),
    ],
)
def test_errors_in_the_envelope_of_v4(get: Get, path: str, status: int) -> None:
    assert set(get(f"{V4}/{path}", status)["error"]) == {"code", "message"}


def test_catalogue_and_service_documents(get: Get, base: str) -> None:
    found = {record["Identifier"]: record for record in get(f"{V4}/Datasets")["value"]}
    srg = {"85588NED", "85589NED", "85692NED", "85585NED"}
    assert set(found) == {"03759ned", "85880NED", "86141NED", *srg, *GEBIEDEN_IDS.values()}
    for tabel_id in found:
        for entry in get(f"{V4}/{tabel_id}")["value"]:
            get(f"{V4}/{tabel_id}/{entry['url']}", top="1")
        for dimension in get(f"{V4}/{tabel_id}/Dimensions")["value"]:
            get(dimension["CodesUrl"].removeprefix(base))
            if dimension["ContainsGroups"]:
                groups = {group["Id"] for group in get(dimension["GroupsUrl"].removeprefix(base))["value"]}
                codes = get(dimension["CodesUrl"].removeprefix(base))["value"]
                assert {code["DimensionGroupId"] for code in codes} <= groups


def test_every_table_says_where_its_figures_come_from(get: Get, world: World) -> None:
    for record in get(f"{V4}/Datasets")["value"]:
        assert record["Source"].startswith("Reconstructie, geen CBS-cijfers. ")
        assert record["Source"].endswith(f"[wereld={world.id}]")


def test_given_tables_are_an_opname(factual: World, base: str) -> None:
    import requests  # the other world is served on its own

    with running_app(create_app(factual)) as url:
        answer = requests.get(f"{url}{V4}/Datasets", timeout=30).json()["value"]
        kinds = {record["Identifier"]: record["Source"].split(". ")[0] for record in answer}
        gebieden = {kinds[tabel_id] for tabel_id in GEBIEDEN_IDS.values()}
        assert gebieden == {"Opname van CBS-cijfers"}
        assert kinds["03759ned"] == kinds["85880NED"] == "Reconstructie, geen CBS-cijfers"
        before = {
            r["Identifier"]: r["Modified"] for r in requests.get(f"{base}{V4}/Datasets", timeout=30).json()["value"]
        }
        assert all(record["Modified"] != before[record["Identifier"]] for record in answer)

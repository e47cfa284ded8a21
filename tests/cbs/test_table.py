"""Reading vintages back: what was sent comes out with its types, or an error says what is wrong where."""

import copy
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from fake_cbs import FakeCbs, iv3_table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from impatient import Refresh
from polars.testing import assert_frame_equal

from assets.cbs.table import read_table
from assets.errors import ContractError, LakeError, ReintegratieError
from assets.lake import FileEntry, Lake, Manifest, Vintage, write_compressed

IV3_COLUMNS = (
    "ID",
    "TaakveldBalanspost",
    "Categorie",
    "Gemeenten",
    "Verslagsoort",
    "k_1ePlaatsing_1",
    "k_2ePlaatsing_2",
)


def vintage_of(
    folder: Path,
    protocol: str,
    columns: tuple[str, ...],
    metadata: dict[str, Any],
    codes: dict[str, Any],
    pages: list[Any],
    rows: int | None = None,
) -> Vintage:
    """Make a vintage of answers, as a download would have left it."""
    answers = [
        *((f"{name}.json", name, "metadata", answer) for name, answer in metadata.items()),
        *((f"codes-{name}.json", name, "codes", answer) for name, answer in codes.items()),
        *((f"page-{number:05}.json", "data", "data", answer) for number, answer in enumerate(pages, 1)),
    ]
    files = []
    for name, resource, role, answer in answers:
        content = orjson.dumps(answer)
        write_compressed(folder / "download" / "files" / f"{name}.zst", content)
        files.append(
            FileEntry.model_validate(
                {
                    "name": name,
                    "resource": resource,
                    "role": role,
                    "url": "",
                    "rows": 0,
                    "bytes": len(content),
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
            )
        )
    if rows is None:
        rows = sum(len(page["value"]) for page in pages if isinstance(page.get("value"), list))
    manifest = Manifest.model_validate(
        {
            "bron": "proef",
            "tabel_id": "45063NED",
            "titel": "Proef",
            "catalogus": "IV3",
            "protocol": protocol,
            "address": "cbs",
            "url": "",
            "selectie": "",
            "filter": "",
            "kolommen": columns,
            "modified": "",
            "downloaded_at": "2026-07-01T00:00:00Z",
            "licentie": "CC BY 4.0",
            "herkomst": "cbs",
            "herkomst_toelichting": "CBS.",
            "wereld": "",
            "rows": rows,
            "bytes": 0,
            "sha256": "0" * 64,
            "files": files,
        }
    )
    return Lake(folder / "lake").add_vintage(folder / "download", manifest)


def iv3_answers() -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """Give the answers for a small Iv3 table: metadata, code lists, and two pages."""
    table = iv3_table()
    properties = [{"Type": "Dimension", "Key": key, "Title": key} for key in table.dimensions]
    properties += [{"Type": "Topic", **topic} for topic in table.measures]
    metadata = {"info": {"value": [{"Title": "Proef"}]}, "DataProperties": {"value": properties}}
    codes = {name: {"value": rows} for name, rows in table.dimensions.items()}
    return metadata, codes, [{"value": table.rows[:20]}, {"value": table.rows[20:]}]


def test_types_and_order(tmp_path: Path) -> None:
    metadata, codes, pages = iv3_answers()
    table = read_table(vintage_of(tmp_path, "v3", IV3_COLUMNS, metadata, codes, pages))
    text = dict.fromkeys(IV3_COLUMNS[1:5], pl.String)
    numbers = dict.fromkeys(IV3_COLUMNS[5:], pl.Float64)
    assert table.rows.schema == {"ID": pl.Int64, **text, **numbers}
    assert table.rows["ID"].to_list() == [7 * number for number in range(24)]
    assert table.rows["k_1ePlaatsing_1"].null_count() == 5
    assert table.properties == {"Title": "Proef"}


WRONG = {
    "text in a number": (
        "k_2ePlaatsing_2",
        "12,5",
        r"column k_2ePlaatsing_2 should hold a number or nothing and holds '12,5'",
    ),
    "dot in a number": (
        "k_1ePlaatsing_1",
        "       .",
        "should hold a number or nothing and holds '       .'",
    ),
    "bool in a number": ("k_2ePlaatsing_2", True, "holds True"),
    "list in a number": ("k_2ePlaatsing_2", [1], r"holds \[1\]"),
    "number in a text": ("Categorie", 1.1, "column Categorie should hold a text and holds 1.1"),
    "null in a dimension": ("Gemeenten", None, "column Gemeenten should hold a text and holds None"),
    "null in the number of the row": ("ID", None, "column ID should hold a whole number and holds None"),
    "fraction in the number of the row": ("ID", 1.5, "column ID should hold a whole number and holds 1.5"),
    "too large": ("ID", 2**63, "column ID holds a number that is too large"),
}


@pytest.mark.parametrize(("column", "value", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_value_of_another_type(tmp_path: Path, column: str, value: object, message: str) -> None:
    metadata, codes, pages = iv3_answers()
    pages[1]["value"][2][column] = value
    vintage = vintage_of(tmp_path, "v3", IV3_COLUMNS, metadata, codes, pages)
    with pytest.raises(ContractError, match=rf"45063NED \(proef\), page-00002\.json: .*{message}"):
        read_table(vintage)


def test_a_missing_column(tmp_path: Path) -> None:
    metadata, codes, pages = iv3_answers()
    del pages[1]["value"][2]["Gemeenten"]
    with pytest.raises(ContractError, match=r"page-00002\.json: a row has no column Gemeenten"):
        read_table(vintage_of(tmp_path, "v3", IV3_COLUMNS, metadata, codes, pages))


def test_an_extra_column(tmp_path: Path) -> None:
    metadata, codes, pages = iv3_answers()
    pages[1]["value"][2]["Plaatsing3"] = 1
    with pytest.raises(ContractError, match=r"columns that were not asked: \['Plaatsing3'\]"):
        read_table(vintage_of(tmp_path, "v3", IV3_COLUMNS, metadata, codes, pages))


def test_rows_that_do_not_add_up(tmp_path: Path) -> None:
    metadata, codes, pages = iv3_answers()
    with pytest.raises(ContractError, match="24 rows where its manifest says 25"):
        read_table(vintage_of(tmp_path, "v3", IV3_COLUMNS, metadata, codes, pages, rows=25))


def test_a_vintage_without_metadata(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="has no metadata"):
        read_table(vintage_of(tmp_path, "v3", IV3_COLUMNS, {}, {}, [{"value": []}]))


def test_whole_numbers_are_read_as_numbers(cbs: FakeCbs, refresh: Refresh) -> None:
    """CBS writes 0 and 12.5 in one column."""
    for row in cbs.tables[0].rows[:12]:
        row["k_2ePlaatsing_2"] = 3
    rows = read_table(refresh().vintage).rows
    assert rows["k_2ePlaatsing_2"].dtype == pl.Float64
    assert rows["k_2ePlaatsing_2"][0] == 3.0


# Whatever comes: equal, or an error that a person can read.

json_value = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Give the path of every value in a JSON value."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, value in items for place in places(value, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn, original: Any) -> Any:
    """Change, remove or double one value somewhere in a JSON value."""
    answer = copy.deepcopy(original)
    path = draw(st.sampled_from([place for place in places(answer) if place]))
    node = answer
    for key in path[:-1]:
        node = node[key]
    what = draw(st.sampled_from(["replace", "remove", "double", "add"]))
    if what == "remove":
        del node[path[-1]]
    elif what == "double" and isinstance(node, list):
        node.append(node[path[-1]])
    elif what == "add" and isinstance(node, dict):
        node[draw(st.text(max_size=5))] = draw(json_value)
    else:
        node[path[-1]] = draw(json_value)
    return answer


def serialisable(answer: Any) -> bool:
    """Tell whether it can be JSON as a server would send it (whole numbers of at most 64 bits)."""
    try:
        orjson.dumps(answer)
    except (TypeError, orjson.JSONEncodeError):
        return False
    return True


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_mutated_page_is_read_as_it_is_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    metadata, codes, pages = iv3_answers()
    page = data.draw(mutated(pages[1]).filter(serialisable))
    vintage = vintage_of(tmp_path_factory.mktemp("v"), "v3", IV3_COLUMNS, metadata, codes, [pages[0], page])
    try:
        rows = read_table(vintage).rows
    except ReintegratieError as error:
        assert "page-00002" in str(error)  # noqa: PT017  # either outcome is right
        return
    expected = json.loads(orjson.dumps([*pages[0]["value"], *page["value"]]))
    for row in expected:
        for column in IV3_COLUMNS[5:]:
            row[column] = None if row[column] is None else float(row[column])
    assert rows.to_dicts() == expected


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_metadata_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    metadata, codes, pages = iv3_answers()
    changed = data.draw(mutated({"metadata": metadata, "codes": codes}).filter(serialisable))
    answers = (
        [*changed.get("metadata", {}).values(), *changed.get("codes", {}).values()]
        if (isinstance(changed.get("metadata"), dict) and isinstance(changed.get("codes"), dict))
        else [None]
    )
    if not all(isinstance(answer, dict) for answer in answers):
        return  # the transport refuses what is not an object; it never becomes a vintage
    if not all(re.fullmatch("[A-Za-z0-9_-]+", name) for name in [*changed["metadata"], *changed["codes"]]):
        return  # what is no name of a file is never kept; see test_download.py
    folder = tmp_path_factory.mktemp("v")
    vintage = vintage_of(folder, "v3", IV3_COLUMNS, changed["metadata"], changed["codes"], pages)
    try:
        table = read_table(vintage)
    except ReintegratieError:
        return
    assert table.rows.height == 24


# Real answers of CBS


def test_recorded_v4_observations(shared: Path, tmp_path: Path) -> None:
    """03759ned as CBS sent it: the national figure is the sum of the gemeenten of each year."""
    folder = shared / "cbs" / "recorded" / "v4" / "03759ned"
    answers = {name: json.loads((folder / f"{name}.json").read_text()) for name in ("properties", "dimensions")}
    metadata = {
        "info": answers["properties"],
        "Dimensions": answers["dimensions"],
        "MeasureCodes": json.loads((folder / "measure-codes.json").read_text()),
    }
    dimensions = [d["Identifier"] for d in answers["dimensions"]["value"]]
    codes = {d: json.loads((folder / f"codes-{d}.json").read_text()) for d in dimensions}
    page = json.loads((folder / "observations-page-1.json").read_text())
    columns = ("Id", "Measure", "ValueAttribute", "Value", "StringValue", *dimensions)
    table = read_table(vintage_of(tmp_path, "v4", columns, metadata, codes, [page]))
    assert table.rows.height == 13568
    assert table.properties["Identifier"] == "03759ned"
    assert set(table.rows["RegioS"]) <= set(table.codes["RegioS"]["code"])
    inwoners = table.rows.filter(pl.col("Measure") == "M000352")
    national = inwoners.filter(pl.col("RegioS") == "NL01").select("Perioden", "Value").sort("Perioden")
    gemeenten = inwoners.filter(pl.col("RegioS").str.starts_with("GM"))
    summed = gemeenten.group_by("Perioden").agg(pl.col("Value").sum()).sort("Perioden")
    assert_frame_equal(summed, national)


def test_recorded_iv3_table(shared: Path, tmp_path: Path) -> None:
    """45012NED as CBS sent it: 20,000 of its rows, padded, through JSON and back."""
    folder = shared / "cbs" / "recorded" / "v3" / "45012NED"

    def recorded(name: str) -> pl.DataFrame:
        return pl.read_parquet(folder / f"iv3.v3.45012NED_{name}.parquet")

    rows = recorded("TypedDataSet").head(20_000)
    dimensions = rows.columns[1:5]
    metadata = {
        "info": {"value": [json.loads((folder / "iv3.v3.45012NED_Metadata.json").read_text())]},
        "DataProperties": {"value": recorded("DataProperties").to_dicts()},
    }
    codes = {name: {"value": recorded(name).to_dicts()} for name in dimensions}
    pages = [{"value": rows.slice(start, 10_000).to_dicts()} for start in (0, 10_000)]
    table = read_table(vintage_of(tmp_path, "v3", tuple(rows.columns), metadata, codes, pages))
    assert_frame_equal(table.rows, rows.cast({"ID": pl.Int64}))
    for name in dimensions:
        assert set(table.rows[name]) <= set(table.codes[name]["code"])
    assert table.measures["eenheid"].to_list() == ["1 000 euro", "1 000 euro"]
    assert table.measures["key"].to_list() == ["k_1stePlaatsing_1", "k_2dePlaatsing_2"]


def test_a_code_that_its_list_does_not_have_is_there_as_a_text_in_every_page(tmp_path: Path) -> None:
    metadata, codes, pages = iv3_answers()
    known = read_table(vintage_of(tmp_path / "known", "v3", IV3_COLUMNS, metadata, codes, pages))
    pages[1]["value"][0] = {**pages[1]["value"][0], "Gemeenten": "GM9999   "}
    table = read_table(vintage_of(tmp_path / "unknown", "v3", IV3_COLUMNS, metadata, codes, pages))
    assert table.rows["Gemeenten"].to_list() == [row["Gemeenten"] for page in pages for row in page["value"]]
    assert {page.collect_schema()["Gemeenten"] for page in table.pages} == {pl.String()}
    assert "GM9999   " in table.used("Gemeenten")["Gemeenten"]
    assert {page.collect_schema()["Gemeenten"] == pl.Enum for page in known.pages} == {True}


def test_every_row_tells_its_page_and_its_id(tmp_path: Path) -> None:
    metadata, codes, pages = iv3_answers()
    located = read_table(vintage_of(tmp_path, "v3", IV3_COLUMNS, metadata, codes, pages)).located()
    sent = [(number, row["ID"]) for number, page in enumerate(pages, start=1) for row in page["value"]]
    assert located.select("cbs_pagina", "cbs_rij").rows() == sent
    assert {number for number, _ in sent} == {1, 2}

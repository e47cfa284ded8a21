"""What is known of OData v3 and v4, held against what CBS really sent."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from impatient import source

from assets.cbs.odata import Code, any_of, by_stem, first_period, padded
from assets.cbs.odata3 import OData3, catalogue_url, find_in_catalogue
from assets.cbs.odata4 import OData4
from assets.errors import ContractError


def code(text: str) -> Code:
    return Code(text, "", "", None, None)


def test_v3_addresses() -> None:
    iv3 = OData3("https://dataderden.cbs.nl", "dataderden.cbs.nl", "45063NED")
    assert iv3.info_url() == "https://dataderden.cbs.nl/ODataApi/OData/45063NED/TableInfos?$format=json"
    statline = OData3("https://opendata.cbs.nl", "opendata.cbs.nl", "80794ned")
    assert statline.codes_url("RegioS") == "https://opendata.cbs.nl/ODataApi/odata/80794ned/RegioS?$format=json"
    assert catalogue_url("https://dataderden.cbs.nl", "IV3") == (
        "https://dataderden.cbs.nl/ODataCatalog/Tables?$format=json&$filter=Catalog%20eq%20%27IV3%27"
    )


def test_recorded_v3_metadata(shared: Path) -> None:
    """85984NED, as the Api sent it: a table with groups of topics and a GeoDetail."""
    folder = shared / "cbs" / "recorded" / "v3" / "85984NED_metadata"
    answers = {
        name: {"value": json.loads((folder / f"{name}.json").read_text())} for name in ("TableInfos", "DataProperties")
    }
    service = OData3("", "", "85984NED")
    info = service.info(answers["TableInfos"])
    assert (info.titel, info.modified) == ("Kerncijfers wijken en buurten 2024", "2025-03-27T02:00:00")
    assert info.source == "CBS."
    structure = service.structure(answers)
    assert structure.dimensions == ("WijkenEnBuurten",)
    keys = [measure.key for measure in structure.measures]
    assert keys[0] == "Gemeentenaam_1"
    assert "" not in keys
    assert by_stem("SoortRegio", keys, "x") == "SoortRegio_2"


def test_recorded_iv3_request(shared: Path) -> None:
    """45012NED: the columns are found although CBS wrote them otherwise in 2013, and its keys are padded."""
    folder = shared / "cbs" / "recorded" / "v3" / "45012NED"

    def recorded(name: str) -> dict[str, Any]:
        return {"value": pl.read_parquet(folder / f"iv3.v3.45012NED_{name}.parquet").to_dicts()}

    service = OData3("", "dataderden.cbs.nl", "45012NED")
    structure = service.structure({"DataProperties": recorded("DataProperties")})
    assert structure.dimensions == (
        "FunctieKostenplaatsBalanspost",
        "Categorie",
        "Provincies",
        "Verslagsoort",
    )
    keys = [measure.key for measure in structure.measures]
    assert by_stem("1ePlaatsing|1stePlaatsing", keys, "x") == "k_1stePlaatsing_1"
    assert by_stem("2ePlaatsing|2dePlaatsing", keys, "x") == "k_2dePlaatsing_2"
    functies = service.codes(recorded("FunctieKostenplaatsBalanspost"))
    assert padded(functies, ["1.0", "9.0"], "x") == [c.code for c in functies if c.code.strip() in ("1.0", "9.0")]
    assert {len(c.code) for c in functies} == {6}


@pytest.mark.parametrize(("bron", "tabel_id"), [("inwoners", "03759ned"), ("prijsindex_overheid", "85880NED")])
def test_recorded_v4_request(shared: Path, bron: str, tabel_id: str) -> None:
    """The registry's codes and measures are those of CBS's own metadata."""
    folder = shared / "cbs" / "recorded" / "v4" / tabel_id
    service = OData4("https://datasets.cbs.nl", tabel_id)

    def recorded(name: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
        return answer

    info = service.info(recorded("properties"))
    assert info.titel == source(bron).titel
    assert info.rows is not None
    structure = service.structure({"Dimensions": recorded("dimensions"), "MeasureCodes": recorded("measure-codes")})
    codes = {name: service.codes(recorded(f"codes-{name}")) for name in structure.dimensions}
    request = service.request(source(bron), structure, codes, {})
    assert request.columns == tuple(recorded("observations-page-1")["value"][0])
    assert "(Perioden ge '2017JJ00')" in request.filter
    assert service.data_url(request).startswith(
        f"https://datasets.cbs.nl/odata/v1/CBS/{tabel_id}/Observations?$filter=%28Measure%20eq%20"
    )
    assert service.next_link(recorded("observations-page-1")) is None


def test_recorded_gebieden_have_the_wanted_measures(shared: Path) -> None:
    """Of each year, exactly one name of the code measure, and all the others."""
    wanted = source("gebieden_2023").entry.measures
    for jaar in range(2017, 2027):
        frame = pl.read_parquet(shared / "cbs" / "recorded" / "v4" / "gebieden" / f"cbs_gebieden_{jaar}.parquet")
        there = set(frame["Measure"])
        for measure in wanted:
            assert len(there & set(measure.split("|"))) == 1, (jaar, measure)


def test_titles_in_the_catalogue_may_have_spaces_behind() -> None:
    answer = {"value": [{"Identifier": "A", "Title": "Titel  "}, {"Identifier": "B", "Title": None}]}
    assert find_in_catalogue(answer, "Titel") == ["A"]


def test_quotes_in_a_filter_are_doubled() -> None:
    assert any_of("Regio", ["'s-G  "]) == "(Regio eq '''s-G  ')"


def test_a_taakveld_is_matched_exactly() -> None:
    codes = [code("0.1   "), code("0.10  "), code("0.11  ")]
    assert padded(codes, ["0.1"], "x") == ["0.1   "]
    with pytest.raises(ContractError, match=r"x: no code 0\.12, 6\.5 in its code list, which has 3 codes from 0\.1"):
        padded(codes, ["0.12", "6.5", "0.1"], "x")
    with pytest.raises(ContractError, match="which has 0 codes from -"):
        padded([], ["0.1"], "x")


def test_the_first_period_of_a_kind() -> None:
    codes = [code(c) for c in ("2018JJ00", "2016MM12", "2017MM03", "2017MM02", "2017KW01", "x", "")]
    assert first_period(codes, "MM", 2017, "x") == "2017MM02"
    with pytest.raises(ContractError, match="no period 2019JJ or later"):
        first_period(codes, "JJ", 2019, "x")


@given(
    stem=st.from_regex(r"[A-Z][A-Za-z]{2,12}", fullmatch=True),
    number=st.integers(1, 999),
    others=st.lists(st.from_regex(r"[a-z]{3,8}_[0-9]{1,3}", fullmatch=True), max_size=5),
)
def test_a_stem_finds_its_column_whatever_the_number(stem: str, number: int, others: list[str]) -> None:
    others = [other for other in others if not other.startswith(stem.casefold())]
    assert by_stem(stem, [*others, f"{stem}_{number}"], "x") == f"{stem}_{number}"
    with pytest.raises(ContractError, match="no column"):
        by_stem(stem, others, "x")
    with pytest.raises(ContractError, match="more than one column"):
        by_stem(stem, [f"{stem}_{number}", f"{stem}_{number + 1}"], "x")


def test_a_stem_is_not_a_beginning() -> None:
    keys = ["BijstandTotDeAOWLeeftijd_7", "BijstandTotDeAOWLeeftijdPlus_8"]
    assert by_stem("BijstandTotDeAOWLeeftijd", keys, "x") == "BijstandTotDeAOWLeeftijd_7"

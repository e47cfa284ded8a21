"""Herindelingen read from CBS's descriptions, and what goes over from one year to another."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from raw import CODES, manifest

from assets.cbs.table import RawTable
from assets.core.base import admit
from assets.core.gebiedsovergang import DESCRIPTION, GebiedsovergangModel, gebiedsovergang
from assets.core.herindeling import herindeling
from assets.errors import ContractError
from assets.lake import Lake

KEY = ["datum", "soort", "van_code", "naar_code", "inwoners"]


def table(descriptions: dict[str, str]) -> RawTable:
    rows = [(code, f"Gemeente {code}", text, None, None) for code, text in descriptions.items()]
    codes = pl.DataFrame(rows, schema=CODES, orient="row")
    return RawTable(manifest("03759ned", "v4"), [pl.LazyFrame()], {"RegioS": codes}, pl.DataFrame(), {})


@pytest.fixture(scope="module")
def recorded(shared: Path) -> pl.DataFrame:
    path = shared / "cbs" / "recorded" / "v4" / "03759ned" / "codes-RegioS.json"
    records = json.loads(path.read_text(encoding="utf-8"))["value"]
    return herindeling(table({record["Identifier"]: record["Description"] for record in records}))


@pytest.fixture(scope="module")
def inwoners(figures: Path) -> pl.DataFrame:
    return pl.read_csv(figures / "gemeenten.csv").select("jaar", pl.col("gemeente_code").alias("regio"), "inwoners")


def test_every_passing_of_the_reference_is_read_from_the_descriptions(recorded: pl.DataFrame, figures: Path) -> None:
    reference = pl.read_csv(figures / "herindelingen.csv", try_parse_dates=True)
    assert len(reference) == 124
    assert reference.join(recorded, on=KEY, how="anti").rows() == []
    more = recorded.join(reference, on=KEY, how="anti")
    # The reference ends in 2023 and knows neither changes of name nor what came from abroad.
    explained = (
        (pl.col("datum") > pl.date(2023, 12, 31))
        | (pl.col("soort") == "naamswijziging")
        | (pl.col("van_code") == "GM0998")
    )
    assert more.filter(~explained).rows() == []


def test_a_year_without_inwoners_is_named(recorded: pl.DataFrame, inwoners: pl.DataFrame) -> None:
    for jaren in ((2025, 2026, 2027), (2027,)):
        with pytest.raises(ContractError, match="03759ned has no inwoners of gemeenten in 2027"):
            gebiedsovergang(recorded, inwoners, jaren)


def test_from_2015_to_2026_every_gemeente_is_reached_and_nobody_is_lost(
    recorded: pl.DataFrame, inwoners: pl.DataFrame
) -> None:
    frame = gebiedsovergang(recorded, inwoners, range(2015, 2027))
    sums = frame.group_by("van_jaar", "naar_jaar", "van_code").agg(pl.col("gewicht").sum())
    assert sums["gewicht"].is_close(1.0).all()
    for van, naar in ((2015, 2026), (2018, 2022), (2025, 2026)):
        step = frame.filter(van_jaar=van, naar_jaar=naar)
        register = inwoners.filter(jaar=naar)["regio"]
        assert set(step["naar_code"]) == set(register)
        people = step.join(
            inwoners.filter(jaar=van).select(pl.col("regio").alias("van_code"), "inwoners"), on="van_code"
        )
        moved = (people["gewicht"] * people["inwoners"]).sum()
        assert moved == pytest.approx(inwoners.filter(jaar=van)["inwoners"].sum(), abs=1e-3)


def test_splits_mid_year_mergers_and_changed_areas(recorded: pl.DataFrame, inwoners: pl.DataFrame) -> None:
    frame = gebiedsovergang(recorded, inwoners, range(2015, 2027))
    haaren = dict(frame.filter(van_jaar=2020, naar_jaar=2021, van_code="GM0788").select("naar_code", "gewicht").rows())
    moved = {"GM0757": 2149, "GM0824": 5827, "GM0855": 1442, "GM0865": 4900}
    assert haaren == pytest.approx({code: number / sum(moved.values()) for code, number in moved.items()})
    weesp = frame.filter(van_code="GM0457")
    assert weesp.filter(van_jaar=2022, naar_jaar=2022)["naar_code"].to_list() == ["GM0457"]
    assert weesp.filter(van_jaar=2022, naar_jaar=2023)["naar_code"].to_list() == ["GM0363"]
    same = frame.filter(pl.col("van_code") == pl.col("naar_code"))
    assert same.filter(van_jaar=2022, naar_jaar=2023, van_code="GM0363")["is_zelfde_gebied"].to_list() == [False]
    assert same.filter(van_jaar=2022, naar_jaar=2023, van_code="GM0344")["is_zelfde_gebied"].to_list() == [True]
    assert frame.filter(pl.col("van_jaar") > pl.col("naar_jaar")).is_empty()


def test_a_border_change_takes_the_inwoners_that_passed(tmp_path: Path) -> None:
    giver = "Grenswijziging per 01-01-2020, overgegaan naar:\r\n- B (GM0002),\r\n... 3 hectare met 10 inwoners\r\n"
    passed = herindeling(table({"GM0001": giver, "GM0002": ""}))
    years = pl.DataFrame({"jaar": [2019, 2019, 2020, 2020], "regio": ["GM0001", "GM0002"] * 2, "inwoners": [100] * 4})
    frame = admit(gebiedsovergang(passed, years, [2019, 2020]), GebiedsovergangModel, DESCRIPTION, Lake(tmp_path))
    weights = frame.filter(van_jaar=2019, naar_jaar=2020).select("van_code", "naar_code", "gewicht").rows()
    assert weights == [("GM0001", "GM0001", 0.9), ("GM0001", "GM0002", 0.1), ("GM0002", "GM0002", 1.0)]


def test_two_sides_that_differ_are_refused() -> None:
    gives = "Opgeheven per 01-01-2020, overgegaan naar:\r\n- B (GM0002),\r\n... 3 hectare met 10 inwoners\r\n"
    gets = "Gemeentelijke herindeling per 01-01-2020, ontvangen van:\r\n- A (GM0001),\r\n... 3 hectare met 11 inwoners"
    with pytest.raises(ContractError, match=r"03759ned.*differ.*GM0001.*GM0002"):
        herindeling(table({"GM0001": gives, "GM0002": gets}))


def test_a_line_that_is_not_understood_is_named() -> None:
    text = "Opgeheven per 01-01-2020, overgegaan naar:\r\n- B (GM0002),\r\n... het hele gebied\r\n"
    with pytest.raises(ContractError, match=r"GM0001.*het hele gebied"):
        herindeling(table({"GM0001": text, "GM0002": ""}))


def test_older_passings_are_left_out_whatever_they_say() -> None:
    text = "Opgeheven per 01-01-2010, overgegaan naar:\r\n- B (GM0002),\r\n... het hele gebied\r\n"
    assert len(herindeling(table({"GM0001": text, "GM0002": ""}))) == 0


def test_a_gemeente_that_ends_without_a_successor_is_named() -> None:
    years = pl.DataFrame({"jaar": [2019, 2019, 2020], "regio": ["GM0001", "GM0002", "GM0002"], "inwoners": [100] * 3})
    nothing = herindeling(table({"GM0001": "", "GM0002": ""}))
    with pytest.raises(ContractError, match=r"of 2019 to those of 2020.*GM0001"):
        gebiedsovergang(nothing, years, [2019, 2020])


def test_a_passing_during_the_year_counts_from_the_next() -> None:
    text = "Opgeheven per 24-03-2020, overgegaan naar:\r\n- B (GM0002),\r\n... 3 hectare met 10 inwoners\r\n"
    passed = herindeling(table({"GM0001": text, "GM0002": ""}))
    assert passed["datum"].to_list() == [date(2020, 3, 24)]
    years = pl.DataFrame(
        {"jaar": [2020, 2020, 2021], "regio": ["GM0001", "GM0002", "GM0002"], "inwoners": [100, 100, 200]}
    )
    frame = gebiedsovergang(passed, years, [2020, 2021])
    assert frame.filter(naar_jaar=2021)["naar_code"].unique().to_list() == ["GM0002"]

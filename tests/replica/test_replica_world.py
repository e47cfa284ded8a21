"""The world agrees with what is published and with the facts it is given."""

import csv
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.errors import ContractError, SettingsError
from pipelines.replica.world import World, apportion, build_world, mean

COUNTS = [393, 390, 388, 380, 355, 355, 352, 345, 342, 342, 342, 342]


def lasten(world: World, jaar: int, verslagsoort: str = "jaarrekening", plaatsing: int = 2) -> dict[str, int]:
    return {code: a["6.5"].lasten for code, a in world.delivery(jaar, verslagsoort, plaatsing).items()}


def published(shared: Path) -> dict[str, str]:
    with (shared / "report" / "published_figures.csv").open(encoding="utf-8") as file:
        return {row[0]: row[4] for row in csv.reader(file)}


def test_counts_of_gemeenten(world: World) -> None:
    assert [len(world.gemeenten(jaar)) for jaar in range(2015, 2027)] == COUNTS


def test_inwoners_add_up_to_the_national_figure(world: World) -> None:
    for jaar in range(2015, 2027):
        assert sum(world.inwoners(jaar).values()) == world.facts.landelijk["inwoners", jaar]


@pytest.mark.parametrize(
    ("jaar", "thousands"),
    [(2020, 910760), (2021, 1012457), (2022, 1084974), (2023, 1213311), (2024, 1280000)],
)
def test_national_lasten(world: World, jaar: int, thousands: int) -> None:
    assert sum(lasten(world, jaar).values()) == thousands * 1000


def test_begroting_2025(world: World) -> None:
    assert sum(lasten(world, 2025, "begroting").values()) == 1_280_000_000


@pytest.mark.parametrize("seed", [1, 2, 99])
def test_printed_class_means(shared: Path, seed: int) -> None:
    world, printed = build_world(seed=seed), published(shared)
    amounts, inwoners, bijstand = lasten(world, 2024), world.inwoners(2024), world.bijstand(2024, 1)

    def per(klasse: str, persons: dict[str, int]) -> int:
        members = [code for code in amounts if world.klasse(2024, code) == klasse]
        return round(mean(amounts[code] / persons[code] for code in members))

    assert per("<15.000", inwoners) == int(printed["fig7_inwoner_lt15"])
    assert per(">250.000", inwoners) == int(printed["fig7_inwoner_gt250"])
    assert per("<15.000", bijstand) == int(printed["fig7_bijstand_lt15"])
    assert per("100.000-250.000", bijstand) == int(printed["fig7_bijstand_100_250"])
    assert per(">250.000", bijstand) == int(printed["fig7_bijstand_gt250"])
    assert round(sum(amounts.values()) / sum(bijstand.values())) == int(
        printed["per_bijstandsontvanger_2024"]
    )


def test_four_largest(world: World) -> None:
    largest = {g.naam for code, g in world.gemeenten(2024).items() if world.inwoners(2024)[code] >= 250_000}
    assert largest == {"Amsterdam", "Rotterdam", "'s-Gravenhage", "Utrecht"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nulboekers_and_non_deliveries(seed: int) -> None:
    world = build_world(seed=seed)
    for jaar in range(2020, 2025):
        delivered = lasten(world, jaar)
        assert sum(amount == 0 for amount in delivered.values()) in {10, 12}
        # Who books nothing on 6.5 does deliver: something is booked on 0.1.
        assert all(a["0.1"].lasten > 0 for a in world.delivery(jaar, "jaarrekening", 2).values())
        assert len(lasten(world, jaar, plaatsing=1)) < len(delivered)
    assert len(lasten(world, 2024)) == 342
    assert len(lasten(world, 2023)) < 342


def test_plaatsingen_differ_for_some(world: World) -> None:
    first, second = lasten(world, 2023, plaatsing=1), lasten(world, 2023)
    changed = sum(first[code] != second[code] for code in first)
    assert 10 < changed < 100


def test_not_yet_published(world: World) -> None:
    assert world.delivery(2026, "jaarrekening", 1) == {}
    assert world.delivery(2026, "begroting", 2) != {}


def test_some_lasten_are_negative(world: World) -> None:
    all_64 = [
        a["6.4"].lasten
        for jaar in range(2017, 2026)
        for a in world.delivery(jaar, "jaarrekening", 2).values()
    ]
    assert 0 < sum(amount < 0 for amount in all_64) < 40


def test_bijstand_in_tens(world: World) -> None:
    for month in ((2017, 1), (2024, 7), (2026, 8)):
        assert all(number % 10 == 0 and number >= 0 for number in world.bijstand(*month).values())


def test_same_seed_same_world_other_seed_other_world(world: World) -> None:
    again, other = build_world(), build_world(seed=2)
    assert again.id == world.id != other.id
    assert lasten(again, 2019) == lasten(world, 2019) != lasten(other, 2019)
    assert again.bijstand(2022, 5) == world.bijstand(2022, 5)


def test_facts_are_exact(factual: World, shared: Path) -> None:
    frame = pl.read_csv(shared / "cbs" / "figures" / "iv3_lasten.csv", infer_schema_length=None)
    missing = Counter[tuple[int, str]]()
    for jaar, soort, code, taakveld, amount, baten in frame.rows():
        delivery = factual.delivery(jaar, soort, 2)
        if taakveld == "totaal":
            assert (code in delivery) == (amount != 0)
            missing[jaar, soort] += code not in delivery
        elif code in delivery:
            assert delivery[code][taakveld].lasten == round(amount * 1000)
            if baten is not None:
                assert delivery[code][taakveld].baten == round(baten * 1000)
    assert sum(missing.values()) == 13
    assert sum(lasten(factual, 2023).values()) == 1_213_311_000


def test_inwoners_and_bijstand_of_facts(factual: World, shared: Path) -> None:
    figures = shared / "cbs" / "figures"
    for jaar, code, inwoners in (
        pl.read_csv(figures / "gemeenten.csv").select("jaar", "gemeente_code", "inwoners").rows()
    ):
        assert factual.inwoners(jaar)[code] == inwoners
    expected = {code: personen for _, code, personen in pl.read_csv(figures / "bijstand.csv").rows()}
    assert factual.bijstand(2020, 1).items() >= expected.items()


def test_seed_changes_no_fact(factual: World, shared: Path) -> None:
    other = build_world(shared / "cbs" / "figures", seed=5)
    assert lasten(other, 2022) == lasten(factual, 2022)
    assert other.inwoners(2021) == factual.inwoners(2021)
    assert other.delivery(2022, "jaarrekening", 2) != factual.delivery(2022, "jaarrekening", 2)


def test_wrong_facts_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not there"):
        build_world(tmp_path / "none")
    with pytest.raises(SettingsError, match="has none of"):
        build_world(tmp_path)
    file = tmp_path / "bijstand.csv"
    for text, message in [
        ("jaar,gemeente,personen\n", "columns should be jaar, gemeente_code, personen"),
        (
            "jaar,gemeente_code,personen\n2020,GM0363,10\n2020,GM0599,veel\n",
            r"line 3: column personen should be .*'veel'",
        ),
        ("jaar,gemeente_code,personen\n2020,GM0363,\n", "line 2: column personen is empty"),
        ("jaar,gemeente_code,personen\n2020,GM0363,10\n2020,GM0363,10\n", "a row is there twice"),
        ("jaar,gemeente_code,personen\n2020,GM9999,10\n", "gemeente_code GM9999 is not in the register"),
    ]:
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ContractError, match=message):
            build_world(tmp_path)


def test_given_taakveld_that_does_not_exist(tmp_path: Path) -> None:
    head = "boekjaar,verslagsoort,gemeente_code,taakveld,lasten_keur,baten_keur\n"
    file = tmp_path / "iv3_lasten.csv"
    file.write_text(head + "2020,jaarrekening,GM0363,6.99,1,\n", encoding="utf-8")
    with pytest.raises(ContractError, match=r"taakveld 6\.99 of GM0363"):
        build_world(tmp_path)
    file.write_text(head + "2020,jaarrekening,GM0363,7.1,12.345,\n", encoding="utf-8")
    assert build_world(tmp_path).delivery(2020, "jaarrekening", 2)["GM0363"]["7.1"].lasten == 12_345


@given(
    st.dictionaries(st.text(min_size=1), st.floats(0.001, 1e9), min_size=1, max_size=30),
    st.integers(0, 10**9),
)
def test_apportioned_parts_add_up(weights: dict[str, float], total: int) -> None:
    parts = apportion(weights, total)
    assert sum(parts.values()) == total
    whole = sum(weights.values())
    assert all(
        abs(parts[key] - total * weight / whole) <= 1 + 1e-6 * total for key, weight in weights.items()
    )

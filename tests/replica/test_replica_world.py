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
    return {code: a.lasten for code, a in world.bookings(jaar, verslagsoort, plaatsing, "6.5").items()}


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
    assert round(sum(amounts.values()) / sum(bijstand.values())) == int(printed["per_bijstandsontvanger_2024"])


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
        assert all(a.lasten > 0 for a in world.bookings(jaar, "jaarrekening", 2, "0.1").values())
        assert len(lasten(world, jaar, plaatsing=1)) < len(delivered)
    assert len(lasten(world, 2024)) == 342
    assert len(lasten(world, 2023)) < 342


def test_plaatsingen_differ_for_some(world: World) -> None:
    first, second = lasten(world, 2023, plaatsing=1), lasten(world, 2023)
    changed = sum(first[code] != second[code] for code in first)
    assert 10 < changed < 100


def test_not_yet_published(world: World) -> None:
    assert world.bookings(2026, "jaarrekening", 1, "6.5") == {}
    assert world.bookings(2026, "begroting", 2, "6.5") != {}
    assert [len(world.delivered(2026, "kwartaal 3", p)) > 0 for p in (1, 2)] == [True, False]
    assert not world.delivered(2026, "kwartaal 4", 1)


def test_quarters_are_part_of_the_year(world: World) -> None:
    of_year = sum(lasten(world, 2024).values())
    of_quarters = [sum(lasten(world, 2024, f"kwartaal {k}").values()) for k in range(1, 5)]
    assert of_quarters == sorted(of_quarters)
    assert 0.1 < of_quarters[0] / of_year < 0.3
    assert 0.9 < of_quarters[3] / of_year < 1
    # Who delivers no year delivers no quarter.
    assert world.missing(2023, "jaarrekening", 2) <= world.missing(2023, "kwartaal 2", 2)


def test_some_lasten_are_negative(world: World) -> None:
    all_64 = [a.lasten for jaar in range(2017, 2026) for a in world.bookings(jaar, "jaarrekening", 2, "6.4").values()]
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
        is_delivered = code in factual.delivered(jaar, soort, 2)
        if taakveld == "totaal":
            assert is_delivered == (amount != 0)
            missing[jaar, soort] += not is_delivered
        elif is_delivered:
            booked = factual.bookings(jaar, soort, 2, taakveld)[code]
            assert booked.lasten == round(amount * 1000)
            if baten is not None:
                assert booked.baten == round(baten * 1000)
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
    assert other.bookings(2022, "jaarrekening", 1, "6.5") != factual.bookings(2022, "jaarrekening", 1, "6.5")


def test_taakvelden_add_up_to_a_given_totaal(factual: World, shared: Path) -> None:
    frame = pl.read_csv(shared / "cbs" / "figures" / "iv3_lasten.csv", infer_schema_length=None)
    given_totals = frame.filter(
        (pl.col("taakveld") == "totaal") & (pl.col("boekjaar") == 2023) & (pl.col("lasten_keur") != 0)
    )
    for soort in ("begroting", "jaarrekening"):
        sums = Counter[str]()
        for taakveld in factual.taakvelden(2023, soort):
            for code, amounts in factual.bookings(2023, soort, 2, taakveld).items():
                sums[code] += amounts.lasten
        rows = given_totals.filter(pl.col("verslagsoort") == soort).select("gemeente_code", "lasten_keur").rows()
        assert sums == {code: round(amount * 1000) for code, amount in rows}
        assert all(a.lasten > 0 for a in factual.bookings(2023, soort, 2, "0.1").values())


def test_some_given_lasten_and_the_national_total(tmp_path: Path) -> None:
    head = "boekjaar,verslagsoort,gemeente_code,taakveld,lasten_keur,baten_keur\n"
    text = "2023,jaarrekening,GM0363,6.5,99000.5,\n2023,jaarrekening,GM0599,6.5,1,2.25\n"
    (tmp_path / "iv3_lasten.csv").write_text(head + text, encoding="utf-8")
    booked = build_world(tmp_path).bookings(2023, "jaarrekening", 2, "6.5")
    assert (booked["GM0363"].lasten, booked["GM0599"].lasten, booked["GM0599"].baten) == (
        99_000_500,
        1000,
        2250,
    )
    # What is filled in is in whole thousands, so the total is within one of them.
    assert 0 <= 1_213_311_000 - sum(a.lasten for a in booked.values()) < 1000


def test_given_lasten_above_the_national_total(tmp_path: Path) -> None:
    head = "boekjaar,verslagsoort,gemeente_code,taakveld,lasten_keur,baten_keur\n"
    (tmp_path / "iv3_lasten.csv").write_text(head + "2023,jaarrekening,GM0363,6.5,2000000,\n", encoding="utf-8")
    amounts = lasten(build_world(tmp_path), 2023)
    assert amounts["GM0363"] == 2_000_000_000
    assert sum(amounts.values()) > 2_500_000_000


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
    booked = build_world(tmp_path).bookings(2020, "jaarrekening", 2, "7.1")
    assert booked["GM0363"].lasten == 12_345
    file.write_text(head + "2020,jaarrekening,GM0363,6.5,1,\n2020,jaarrekening,GM0363,totaal,0,\n", encoding="utf-8")
    with pytest.raises(ContractError, match="GM0363 has lasten on a taakveld and a totaal of 0"):
        build_world(tmp_path)


def test_given_taakvelden_that_do_not_add_up(tmp_path: Path, world: World) -> None:
    lines = ["boekjaar,verslagsoort,gemeente_code,taakveld,lasten_keur,baten_keur"]
    lines += [f"2020,begroting,GM0363,{t},10," for t in world.taakvelden(2020, "begroting")]
    file = tmp_path / "iv3_lasten.csv"
    number = len(lines) - 1
    file.write_text("\n".join([*lines, f"2020,begroting,GM0363,totaal,{number * 10},"]), encoding="utf-8")
    assert build_world(tmp_path).bookings(2020, "begroting", 2, "8.3")["GM0363"].lasten == 10_000
    file.write_text("\n".join([*lines, f"2020,begroting,GM0363,totaal,{number * 10 + 3},"]), encoding="utf-8")
    with pytest.raises(ContractError, match=r"GM0363 do not add up to its totaal; 3\.0 thousand euro"):
        build_world(tmp_path)


@pytest.mark.parametrize("totaal", [5_000_000.123, 12.345])
def test_given_totaal_alone(tmp_path: Path, totaal: float) -> None:
    head = "boekjaar,verslagsoort,gemeente_code,taakveld,lasten_keur,baten_keur\n"
    text = f"{head}2020,jaarrekening,GM0363,totaal,{totaal},\n"
    (tmp_path / "iv3_lasten.csv").write_text(text, encoding="utf-8")
    given = build_world(tmp_path)
    booked = {t: given.bookings(2020, "jaarrekening", 2, t) for t in given.taakvelden(2020, "jaarrekening")}
    assert sum(amounts["GM0363"].lasten for amounts in booked.values()) == round(totaal * 1000)
    assert sum(amounts.lasten for amounts in booked["6.5"].values()) == 910_760_000


def test_register_of_few_gemeenten(tmp_path: Path) -> None:
    """A register that is given may lack whole classes; then there is no printed mean to keep to."""
    head = "jaar,gemeente_code,naam,provincie_code,provincie,arbeidsmarktregio_code,arbeidsmarktregio,inwoners\n"
    rows = [f"2024,GM000{n},Plaats {n},PV20,Groningen,AM01,Groningen,{n}2000" for n in range(2, 6)]
    (tmp_path / "gemeenten.csv").write_text(head + "\n".join(rows), encoding="utf-8")
    world = build_world(tmp_path)
    assert world.inwoners(2024) == {f"GM000{n}": n * 10_000 + 2000 for n in range(2, 6)}
    assert set(world.bijstand(2024, 1)) == set(world.gemeenten(2024))
    assert set(lasten(world, 2024)) == set(world.gemeenten(2024))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "iv3_lasten.csv",
            "2020,jaarrekening,GM0363,6.5,nan,",
            "line 2: column lasten_keur should be an amount",
        ),
        (
            "iv3_lasten.csv",
            "2020,jaarrekening,GM0363,6.5,inf,",
            "line 2: column lasten_keur should be an amount",
        ),
        (
            "iv3_lasten.csv",
            "2020,begroting,GM0363,6.5,2e9,",
            "line 2: column lasten_keur should be an amount",
        ),
        ("iv3_lasten.csv", "2020,jaarstukken,GM0363,6.5,1,", r"verslagsoort should be one of .*jaarstukken"),
        (
            "iv3_lasten.csv",
            "2016,jaarrekening,GM0363,6.5,1,",
            "boekjaar is not served; it should be 2017 to 2026",
        ),
        ("bijstand.csv", "2020,GM0363,-10", "line 2: column personen should be at least 0; found '-10'"),
        ("bijstand.csv", "2020,0363,10", "line 2: column gemeente_code should look like"),
        ("gemeenten.csv", "2020,GM0363,A,PV27,N,AM1,R,0", "line 2: column inwoners should be at least 1"),
        ("gemeenten.csv", "2099,GM0363,A,PV27,N,AM1,R,9", "column jaar should be 2015 to 2026; found 2099"),
        (
            "herindelingen.csv",
            "2023-1,opheffing,GM0001,A,GM0002,B,9",
            "line 2: column datum should be a date",
        ),
        (
            "herindelingen.csv",
            "2023-01-01,fusie,GM0001,A,GM0002,B,9",
            "line 2: column soort should be one of",
        ),
        ("bijstand.csv", "2020,GM0363,10,11", "cannot be read as CSV"),
    ],
)
def test_wrong_values_in_facts(tmp_path: Path, shared: Path, name: str, text: str, message: str) -> None:
    with (shared / "cbs" / "figures" / name).open(encoding="utf-8") as file:
        header = file.readline()
    (tmp_path / name).write_text(header + text + "\n", encoding="utf-8")
    with pytest.raises(ContractError, match=message):
        build_world(tmp_path)


@given(
    st.dictionaries(st.text(min_size=1), st.floats(0.001, 1e9), min_size=1, max_size=30),
    st.integers(0, 10**9),
)
def test_apportioned_parts_add_up(weights: dict[str, float], total: int) -> None:
    parts = apportion(weights, total)
    assert sum(parts.values()) == total
    whole = sum(weights.values())
    assert all(abs(parts[key] - total * weight / whole) <= 1 + 1e-6 * total for key, weight in weights.items())

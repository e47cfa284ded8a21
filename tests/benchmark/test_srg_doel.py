"""Voorzieningen by purpose from an input file, and spending per person."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from test_srg_made_up import (
    AOW,
    LOONKOSTENSUBSIDIE,
    TOTAAL,
    TYPES,
    Row,
    World,
    bijstand,
    divided,
    persoon,
    random_world,
    same,
    voorziening,
)

from assets.core.keuzes import Keuzes

DOELEN = ("re-integratie", "participatie")
LAAG, HOOG = "per te ondersteunen persoon, laag", "per te ondersteunen persoon, hoog"
BIJSTAND, IN_HET_JAAR = "per bijstandsontvanger", "per persoon met een voorziening in het jaar"


def shares(given: dict[str, float], **other: str) -> list[Row]:
    fields = {"peilmaand": "2024MM12", "bron": "rapport"} | other
    return [{"type": soort, "aandeel_reintegratie": share, **fields} for soort, share in given.items()]


def running(core: dict[str, list[Row]]) -> dict[tuple[int, int, str], int | None]:
    return {
        (row["jaar"], row["maand"], row["type"]): row["aantal_voorzieningen"]
        for row in core["srg_voorziening"]
        if row["regio_code"] == "NL01" and row["status"] == "lopend"
    }


@pytest.mark.parametrize(("seed", "herkomst"), [(1, "cbs"), (2, "opname"), (3, "reconstructie")])
def test_every_figure_by_purpose(tmp_path: Path, seed: int, herkomst: str) -> None:
    core = random_world(seed)
    given = {soort: (number % 11) / 10 for number, soort in enumerate(TYPES) if number % 4}
    core["invoer_doelaandeel"] = shares(given)
    rows = {
        (row["jaar"], row["maand"], row["doel"], row["type"]): row
        for row in World(tmp_path, core, herkomst=herkomst).table("voorzieningen_doel")
    }
    counts = running(core)
    months = sorted({key[:2] for key in counts})
    assert set(rows) == {(*month, doel, soort) for month in months for doel in DOELEN for soort in (*TYPES, TOTAAL)}

    def figures(jaar: int, maand: int, doel: str, soort: str) -> tuple[float | None, float | None, float | None]:
        def share(one: str) -> float:
            return given[one] if doel == "re-integratie" else 1 - given[one]

        if soort != TOTAAL:
            count = counts[jaar, maand, soort]
            if soort not in given:
                return None, None, 0
            return None if count is None else count * share(soort), share(soort), 1
        parts = {one: counts[jaar, maand, one] for one in given}
        if any(n is None for n in parts.values()):
            return None, None, None
        total = sum(n * share(one) for one, n in parts.items() if n is not None)
        under = sum(n for n in parts.values() if n is not None)
        whole = counts[jaar, maand, TOTAAL]
        covered = divided(under, whole)
        return total, divided(total, under), None if covered is None else min(covered, 1)

    for (jaar, maand, doel, soort), row in rows.items():
        aantal, aandeel, covered = figures(jaar, maand, doel, soort)
        assert same(row["aantal_voorzieningen"], aantal)
        assert same(row["aandeel_doel"], aandeel)
        assert same(row["aandeel_voorzieningen_met_aandeel"], covered)
        first = figures(2023, 1, doel, soort)[0]
        change = divided(aantal, first)
        assert same(row["mutatie_sinds_2023_01"], None if change is None else change - 1)
        assert row["is_invoer_aanwezig"] is True
        assert row["peilmaand"] == ("2024MM12" if soort == TOTAAL or soort in given else None)
        assert row["is_voorlopig"] == ((jaar, maand) >= (2025, 3))
        assert row["herkomst"] == ("opname" if herkomst == "cbs" else herkomst)


def test_without_input_there_is_the_total_and_it_is_empty(tmp_path: Path) -> None:
    rows = World(tmp_path, random_world(1)).table("voorzieningen_doel")
    assert {(row["type"], row["doel"]) for row in rows} == {(TOTAAL, doel) for doel in DOELEN}
    assert len(rows) == 2 * (12 + 12 + 5)
    for row in rows:
        assert row["is_invoer_aanwezig"] is False
        assert row["herkomst"] == "cbs"
        for column in ("aantal_voorzieningen", "aandeel_doel", "aandeel_voorzieningen_met_aandeel"):
            assert row[column] is None, column
        for column in ("mutatie_sinds_2023_01", "peilmaand", "bron_invoer"):
            assert row[column] is None, column


def test_the_total_covers_only_the_types_with_a_share(tmp_path: Path) -> None:
    counts = {LOONKOSTENSUBSIDIE: 600, "Vrijwilligerswerk": 200, "Beschut werk": 200, TOTAAL: 1000}
    core = {
        "srg_voorziening": [voorziening(2023, 1, soort, n) for soort, n in counts.items()],
        "invoer_doelaandeel": [
            *shares({LOONKOSTENSUBSIDIE: 1.0}, peilmaand="2024MM12", bron="b"),
            *shares({"Vrijwilligerswerk": 0.4}, peilmaand="2022MM12", bron="a"),
        ],
    }
    rows = {(row["doel"], row["type"]): row for row in World(tmp_path, core).table("voorzieningen_doel")}
    row = rows["re-integratie", TOTAAL]
    assert row["aantal_voorzieningen"] == pytest.approx(680)
    assert row["aandeel_doel"] == pytest.approx(0.85)
    assert row["aandeel_voorzieningen_met_aandeel"] == 0.8
    assert (row["peilmaand"], row["bron_invoer"]) == ("2022MM12, 2024MM12", "a, b")
    assert rows["participatie", TOTAAL]["aantal_voorzieningen"] == pytest.approx(120)
    assert rows["participatie", LOONKOSTENSUBSIDIE]["aantal_voorzieningen"] == 0
    assert rows["participatie", "Beschut werk"]["aantal_voorzieningen"] is None


def test_a_type_with_a_share_but_no_count_makes_the_total_empty(tmp_path: Path) -> None:
    first = {LOONKOSTENSUBSIDIE: 600, "Vrijwilligerswerk": 200, TOTAAL: 1000}
    core = {
        "srg_voorziening": [
            *(voorziening(2023, 1, soort, n) for soort, n in first.items()),
            voorziening(2023, 2, LOONKOSTENSUBSIDIE, 900),
            voorziening(2023, 2, "Vrijwilligerswerk", None),
            voorziening(2023, 2, TOTAAL, 1000),
        ],
        "invoer_doelaandeel": shares({LOONKOSTENSUBSIDIE: 0.5, "Vrijwilligerswerk": 0.5}),
    }
    rows = {(r["maand"], r["doel"], r["type"]): r for r in World(tmp_path, core).table("voorzieningen_doel")}
    assert rows[1, "re-integratie", TOTAAL]["aantal_voorzieningen"] == 400
    assert rows[1, "re-integratie", TOTAAL]["mutatie_sinds_2023_01"] == 0
    for column in ("aantal_voorzieningen", "aandeel_doel", "mutatie_sinds_2023_01"):
        assert rows[2, "re-integratie", TOTAAL][column] is None, column
    assert rows[2, "re-integratie", LOONKOSTENSUBSIDIE]["mutatie_sinds_2023_01"] == pytest.approx(0.5)


@hypothesis_settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 5000), st.floats(0, 1)), min_size=18, max_size=18))
def test_the_two_purposes_are_all_voorzieningen(tmp_path: Path, made_up: list[tuple[int, float]]) -> None:
    counts = {soort: 10 * n for soort, (n, _) in zip(TYPES, made_up, strict=True)}
    core = {
        "srg_voorziening": [
            voorziening(2023, 1, soort, n) for soort, n in (counts | {TOTAAL: sum(counts.values())}).items()
        ],
        "invoer_doelaandeel": shares({soort: share for soort, (_, share) in zip(TYPES, made_up, strict=True)}),
    }
    rows = World(tmp_path, core).table("voorzieningen_doel")
    for soort, n in (counts | {TOTAAL: sum(counts.values())}).items():
        both = [row["aantal_voorzieningen"] for row in rows if row["type"] == soort]
        assert sum(both) == pytest.approx(n)
    totals = [row["aantal_voorzieningen"] for row in rows if (row["type"], row["doel"]) == (TOTAAL, DOELEN[0])]
    parts = [row["aantal_voorzieningen"] for row in rows if row["type"] != TOTAAL and row["doel"] == DOELEN[0]]
    assert totals == [pytest.approx(sum(parts))]


def booked(boekjaar: int, code: str, lasten: int | None, persons: int | None, **other: object) -> Row:
    return {
        "boekjaar": boekjaar,
        "verslagsoort": "jaarrekening",
        "plaatsing": 2,
        "taakveld": "6.5",
        "gemeente_code": code,
        "is_geleverd": lasten is not None,
        "is_nulboeking": None if lasten is None else lasten == 0,
        "lasten_euro": lasten,
        "baten_euro": lasten,
        "saldo_euro": lasten,
        "inwoners": 1000,
        "bijstandsontvangers": persons,
        "is_bijstand_voorlopig": False,
        "herkomst": "cbs",
        **other,
    }


def persons_of(jaar: int, months: int = 12, **other: object) -> list[Row]:
    """Make 100 persons running on average, and 10 who leave every month."""
    rows = [persoon(jaar, m, TOTAAL, 90 if m % 2 else 110, **other) for m in range(1, months + 1)]
    rows += [persoon(jaar, m, TOTAAL, 10, status="uitstroom", **other) for m in range(1, months + 1)]
    rows += [persoon(jaar, m, TOTAAL, 999_990, status="lopend en uitstroom") for m in range(1, months + 1)]
    rows += [persoon(jaar, m, TOTAAL, 50, geslacht="mannen", **other) for m in range(1, months + 1)]
    return [*rows, *(persoon(jaar, m, LOONKOSTENSUBSIDIE, 70, **other) for m in range(1, months + 1))]


def per_person(world: World) -> dict[tuple[int, str], Row]:
    return {(row["boekjaar"], row["maat"]): row for row in world.table("uitgaven_per_persoon")}


def test_the_four_ways_to_divide(tmp_path: Path) -> None:
    booking = [booked(2024, "GM0001", 800_000, 300), booked(2024, "GM0002", 200_000, 100)]
    core = {"srg_persoon": persons_of(2024), "bijstand": [bijstand(2024, 1, "NL01", 410)]}
    keuzes = Keuzes(aandeel_personen_zonder_bijstand=0.25)
    rows = per_person(World(tmp_path, core, {"gemeente_jaar": booking}, keuzes))
    in_the_year = 100 + 12 * 10
    expected = {
        BIJSTAND: 400,
        LAAG: 410 + 0.25 * in_the_year,
        HOOG: 410 + 0.25 * 100,
        IN_HET_JAAR: in_the_year,
    }
    assert {maat for _, maat in rows} == set(expected)
    for maat, persons in expected.items():
        row = rows[2024, maat]
        assert row["noemer_personen"] == pytest.approx(persons), maat
        assert row["lasten_euro"] == 1_000_000
        assert row["euro_per_persoon"] == pytest.approx(1_000_000 / persons)
        assert row["aandeel_inwoners_gedekt"] == 1
        assert (row["is_voorlopig"], row["herkomst"]) == (False, "cbs")
    assert "0.25" in rows[2024, LAAG]["aannames"]
    assert "0.25" in rows[2024, HOOG]["aannames"]
    assert f"{AOW}, maand 1" in rows[2024, BIJSTAND]["aannames"]
    assert rows[2024, LAAG]["euro_per_persoon"] < rows[2024, HOOG]["euro_per_persoon"]


@pytest.mark.parametrize("lacking", ["lopend", "uitstroom", "both"])
def test_a_measure_with_a_month_missing_has_no_row(tmp_path: Path, lacking: str) -> None:
    persons = [
        row | {"aantal_personen": None} if row["maand"] == 7 and lacking in (row["status"], "both") else row
        for row in persons_of(2024)
    ]
    core = {"srg_persoon": persons, "bijstand": [bijstand(2024, 1, "NL01", 400)]}
    rows = per_person(World(tmp_path, core, {"gemeente_jaar": [booked(2024, "GM0001", 1000, 400)]}))
    assert {maat for _, maat in rows} == ({BIJSTAND, HOOG} if lacking == "uitstroom" else {BIJSTAND})


def test_a_boekjaar_before_the_srg_has_bijstand_only(tmp_path: Path) -> None:
    booking = [booked(2020, "GM0001", 1000, 40), booked(2024, "GM0001", 1000, 40), booked(2025, "GM0001", 1000, None)]
    core = {
        "srg_persoon": [*persons_of(2024), *persons_of(2025, months=5)],
        "bijstand": [bijstand(2020, 1, "NL01", 40), bijstand(2024, 2, "NL01", 40)],
    }
    rows = per_person(World(tmp_path, core, {"gemeente_jaar": booking}))
    assert {maat for jaar, maat in rows if jaar == 2020} == {BIJSTAND}
    assert {maat for jaar, maat in rows if jaar == 2025} == {BIJSTAND}
    assert rows[2020, BIJSTAND]["euro_per_persoon"] == 25
    row = rows[2025, BIJSTAND]  # no bijstand yet
    assert (row["noemer_personen"], row["euro_per_persoon"], row["aandeel_inwoners_gedekt"]) == (None, None, 0)
    row = rows[2024, LAAG]  # bijstand of another month is not taken
    assert (row["noemer_personen"], row["euro_per_persoon"], row["is_voorlopig"]) == (None, None, None)
    assert rows[2024, IN_HET_JAAR]["euro_per_persoon"] == pytest.approx(1000 / 220)


def test_who_did_not_deliver_is_in_no_lasten_and_coverage_tells(tmp_path: Path) -> None:
    booking = [booked(2024, "GM0001", 900, 30), booked(2024, "GM0002", None, 70), booked(2024, "GM0003", 100, None)]
    core = {"srg_persoon": persons_of(2024), "bijstand": [bijstand(2024, 1, "NL01", 110)]}
    rows = per_person(World(tmp_path, core, {"gemeente_jaar": booking}))
    row = rows[2024, BIJSTAND]
    assert (row["lasten_euro"], row["noemer_personen"], row["euro_per_persoon"]) == (900, 30, 30)
    assert row["aandeel_inwoners_gedekt"] == pytest.approx(1 / 3)
    row = rows[2024, IN_HET_JAAR]
    assert (row["lasten_euro"], row["noemer_personen"]) == (1000, 220)
    assert row["aandeel_inwoners_gedekt"] == pytest.approx(2 / 3)


amounts = st.tuples(
    st.one_of(st.none(), st.integers(0, 10**7)), st.one_of(st.none(), st.integers(0, 200).map(lambda n: 10 * n))
)


@hypothesis_settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(amounts, min_size=1, max_size=10))
def test_per_bijstandsontvanger_is_the_figure_of_uitgaven_nederland(
    tmp_path: Path, made_up: list[tuple[int | None, int | None]]
) -> None:
    booking = [booked(2024, f"GM{number:04}", *one) for number, one in enumerate(made_up)]
    world = World(tmp_path, {}, {"gemeente_jaar": booking})
    (row,) = world.table("uitgaven_per_persoon")
    (national,) = world.table("uitgaven_nederland")
    assert same(row["euro_per_persoon"], national["lasten_per_bijstandsontvanger_euro"])


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        ("nothing", {BIJSTAND: False, LAAG: False, HOOG: False, IN_HET_JAAR: False}),
        ("srg", {BIJSTAND: False, LAAG: True, HOOG: True, IN_HET_JAAR: True}),
        ("NL01", {BIJSTAND: False, LAAG: True, HOOG: True, IN_HET_JAAR: False}),
        ("gemeenten", {BIJSTAND: True, LAAG: False, HOOG: False, IN_HET_JAAR: False}),
    ],
)
def test_provisional_persons_make_it_provisional(tmp_path: Path, late: str, expected: dict[str, bool]) -> None:
    core = {
        "srg_persoon": persons_of(2024, is_voorlopig=late == "srg"),
        "bijstand": [bijstand(2024, 1, "NL01", 400, is_voorlopig=late == "NL01")],
    }
    booking = [booked(2024, "GM0001", 1000, 400, is_bijstand_voorlopig=late == "gemeenten")]
    rows = per_person(World(tmp_path, core, {"gemeente_jaar": booking}))
    assert {maat: row["is_voorlopig"] for (_, maat), row in rows.items()} == expected

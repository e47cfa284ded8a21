"""The checks of the SRG: silent on what rounding alone does, and each finds the row that is wrong."""

import random
from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from test_srg_made_up import (
    AOW,
    CHECKS,
    LOONKOSTENSUBSIDIE,
    TOTAAL,
    TYPES,
    Row,
    World,
    bijstand,
    duur,
    gemeente,
    kenmerk,
    persoon,
    voorziening,
)

from assets.core.voorziening_type import HOOFDCATEGORIEEN

LATER = ("lopend", "beëindigd")
BOTH = "lopend en beëindigd"
CATEGORY = {soort: naam for naam, types in HOOFDCATEGORIEEN.items() for soort in types}
AGES = ("<27", "27-45", ">=45")
LARGER = {"srg_voorziening": "srg_totaal_kleiner_dan_deel", "srg_persoon": "srg_persoon_totaal_kleiner_dan_deel"}
TOTALS = (*LARGER.values(), "srg_som_delen", "srg_persoon_som_delen")


def rounded(number: int) -> int:
    return (number + 5) // 10 * 10


def counted(seed: int) -> dict[str, list[Row]]:
    """Make a month of voorzieningen and persons from true numbers, added up and then rounded, as CBS does."""
    rng = random.Random(seed)  # noqa: S311  # made-up figures
    provinces = {f"GM{number:04}": "PV26" if number < 3 else "PV27" for number in range(6)}
    most = rng.choice([3, 30, 300])
    true: Counter[tuple[str, str, str]] = Counter()
    for code, soort, status in product(provinces, TYPES, LATER):
        n = rng.randint(0, most)
        for regio, kind, state in product(
            (code, provinces[code], "NL01"), (soort, CATEGORY[soort], TOTAAL), (status, BOTH)
        ):
            true[regio, kind, state] += n
    persons: Counter[tuple[str, str, str, str, str]] = Counter()
    for _ in range(rng.choice([20, 200])):
        mine = rng.sample(TYPES, rng.randint(1, 3))
        kinds = {TOTAAL, *mine, *(CATEGORY[soort] for soort in mine)}
        one = (rng.choice(("lopend", "uitstroom")), rng.choice(("mannen", "vrouwen")), rng.choice(AGES))
        land = rng.choice(("Nederland", "Buiten Europa"))
        for kind, state, sex, age, origin in product(
            kinds, (one[0], "lopend en uitstroom"), (one[1], "totaal"), (one[2], "totaal"), (land, "totaal")
        ):
            persons[kind, state, sex, age, origin] += 1
    return {
        "gemeente": [gemeente(2024, code, 10_000, provincie) for code, provincie in provinces.items()],
        "srg_voorziening": [
            voorziening(2024, 1, soort, rounded(n), regio_code=regio, status=status)
            for (regio, soort, status), n in true.items()
        ],
        "srg_persoon": [
            persoon(2024, 1, soort, rounded(n), status=status, geslacht=sex, leeftijd=age, herkomstland=land)
            for (soort, status, sex, age, land), n in persons.items()
        ],
    }


def change(rows: list[Row], aantal: int | Callable[[int], int] | None, **where: str) -> list[Row]:
    """Give the rows with another count in the one row that is meant."""
    (wanted,) = [row for row in rows if all(row[name] == value for name, value in where.items())]
    column = next(name for name in wanted if name.startswith("aantal_"))
    new = aantal(wanted[column]) if callable(aantal) else aantal
    return [row | {column: new} if row is wanted else row for row in rows]


@hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6))
def test_what_rounding_does_is_never_found(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path, counted(seed))
    for check in (*TOTALS, "srg_afronding", "srg_gemeenten_aanwezig"):
        assert world.failures(check) == [], check


def test_every_check_says_what_it_is() -> None:
    severity = {name: CHECKS[name].header["ernst"] for name in CHECKS if name.startswith("srg_")}
    assert severity == {
        "srg_totaal_kleiner_dan_deel": "fout",
        "srg_persoon_totaal_kleiner_dan_deel": "fout",
        "srg_som_delen": "waarschuwing",
        "srg_persoon_som_delen": "waarschuwing",
        "srg_afronding": "waarschuwing",
        "srg_gemeenten_aanwezig": "waarschuwing",
        "srg_bijstand_gelijk": "waarschuwing",
    }
    assert all(len(CHECKS[name].header["about"]) > 40 for name in severity)


def voorzieningen(**other: Any) -> dict[str, Any]:
    return {"regio_code": "NL01", "type": TOTAAL, "status": BOTH, **other}


def persons(**other: Any) -> dict[str, Any]:
    everybody = {"geslacht": "totaal", "leeftijd": "totaal", "herkomstland": "totaal"}
    return {"type": TOTAAL, "status": "lopend en uitstroom", **everybody, **other}


# The comparison, the table, its total, one part.
PAIRS = [
    ("totaal en type", voorzieningen(), voorzieningen(type="Beschut werk")),
    ("totaal en type of hoofdcategorie", voorzieningen(), voorzieningen(type="Werkplekken")),
    ("hoofdcategorie en type", voorzieningen(type="Werkplekken"), voorzieningen(type="Beschut werk")),
    ("lopend en beëindigd, en een", voorzieningen(), voorzieningen(status="lopend")),
    ("lopend en beëindigd, en een", voorzieningen(), voorzieningen(status="lopend, gestart")),
    ("Nederland en provincie", voorzieningen(), voorzieningen(regio_code="PV26")),
    ("Nederland en provincie of gemeente", voorzieningen(), voorzieningen(regio_code="GM0001")),
    ("personen: totaal en type", persons(), persons(type="Beschut werk")),
    ("personen: lopend en uitstroom", persons(), persons(status="uitstroom")),
    ("personen: totaal en geslacht", persons(), persons(geslacht="mannen")),
    ("personen: totaal en leeftijd", persons(leeftijd="totaal"), persons(leeftijd="35-45")),
    ("personen: totaal en herkomstland", persons(), persons(herkomstland="Nederland")),
]


@pytest.mark.parametrize(("comparison", "total", "part"), PAIRS)
@pytest.mark.parametrize(("difference", "found"), [(-10, False), (0, False), (10, False), (20, True)])
def test_a_part_may_be_one_rounding_base_larger_than_the_total(
    tmp_path: Path,
    comparison: str,
    total: dict[str, Any],
    part: dict[str, Any],
    *,
    difference: int,
    found: bool,
) -> None:
    table, make = ("srg_persoon", persoon) if "geslacht" in total else ("srg_voorziening", voorziening)

    def row(key: dict[str, Any], n: int) -> Row:
        rest = {name: value for name, value in key.items() if name != "type"}
        return make(2024, 1, key["type"], n, **rest)

    rows = [row(total, 100), row(part, 100 + difference)]
    wrong = World(tmp_path, {table: rows}).failures(LARGER[table])
    assert bool(wrong) == found
    if found:
        # A wrong main category is one below the total too.
        assert any(comparison in one["vergelijking"] for one in wrong)
        assert {(one["jaar"], one["maand"], one["totaal"], one["deel"]) for one in wrong} == {(2024, 1, 100, 120)}
        assert {one["naam_deel"] for one in wrong} <= set(part.values())


# The comparison, the total, what differs between two parts of which the second is larger, and the place that is told.
NAMED = [
    (
        "voorzieningen: totaal en type of hoofdcategorie",
        voorzieningen(),
        ("type", "WIW/ID-baan", "Beschut werk"),
        f"NL01, {BOTH}",
    ),
    (
        "voorzieningen: hoofdcategorie en type",
        voorzieningen(type="Werkplekken", regio_code="GM0001", status="lopend"),
        ("type", "WIW/ID-baan", "Beschut werk"),
        "GM0001, lopend, Werkplekken",
    ),
    (
        "voorzieningen: lopend en beëindigd, en een daarvan",
        voorzieningen(regio_code="GM0001", type="Beschut werk"),
        ("status", "lopend", "beëindigd"),
        "GM0001, Beschut werk",
    ),
    (
        "voorzieningen: Nederland en provincie of gemeente",
        voorzieningen(type="Beschut werk"),
        ("regio_code", "PV26", "GM0001"),
        f"Beschut werk, {BOTH}",
    ),
]


@pytest.mark.parametrize(("comparison", "total", "parts", "place"), NAMED)
def test_the_largest_part_is_named_and_so_is_its_place(
    tmp_path: Path, comparison: str, total: dict[str, Any], parts: tuple[str, str, str], place: str
) -> None:
    name, smaller, larger = parts
    rows = [
        voorziening(2024, 1, key["type"], n, regio_code=key["regio_code"], status=key["status"])
        for key, n in ((total, 100), (total | {name: smaller}, 130), (total | {name: larger}, 140))
    ]
    # Another month, in which nothing is wrong.
    rows += [row | {"maand": 2, "aantal_voorzieningen": 50} for row in rows]
    (wrong,) = World(tmp_path, {"srg_voorziening": rows}).failures("srg_totaal_kleiner_dan_deel")
    assert wrong == {
        "vergelijking": comparison,
        "jaar": 2024,
        "maand": 1,
        "waar": place,
        "totaal": 100,
        "naam_deel": larger,
        "deel": 140,
    }


@pytest.mark.parametrize("check", ["srg_totaal_kleiner_dan_deel", "srg_som_delen"])
def test_what_is_wrong_in_any_year_is_found_once(tmp_path: Path, check: str) -> None:
    rows = [
        voorziening(jaar, maand, "Beschut werk", aantal, status=status)
        for jaar in (2023, 2024, 2026)
        for maand in (1, 12)
        for status, aantal in (("lopend", 700), ("beëindigd", 500), (BOTH, 600))
    ]
    found = World(tmp_path, {"srg_voorziening": rows}).failures(check)
    assert [(row["jaar"], row["maand"]) for row in found] == [
        (jaar, maand) for jaar in (2023, 2024, 2026) for maand in (1, 12)
    ]


def test_other_months_and_regions_are_no_parts(tmp_path: Path) -> None:
    rows = [
        voorziening(2024, 1, TOTAAL, 100),
        voorziening(2024, 2, "Beschut werk", 500),
        voorziening(2024, 2, TOTAAL, None),
        voorziening(2025, 1, "Beschut werk", 500),
        voorziening(2024, 1, "Beschut werk", 90, regio_code="PV26"),
        voorziening(2024, 1, TOTAAL, 100, regio_code="PV26"),
    ]
    assert World(tmp_path, {"srg_voorziening": rows}).failures("srg_totaal_kleiner_dan_deel") == []


# The comparison, which total is moved, and how many parts it has: the tolerance is (parts + 1) x 5.
SUMS = [
    ("typen en totaal", {"regio_code": "GM0001", "type": TOTAAL, "status": "lopend"}, 18),
    ("typen en hoofdcategorie", {"regio_code": "GM0001", "type": "Werkplekken", "status": "lopend"}, 5),
    ("lopend, beëindigd en beide", {"regio_code": "GM0001", "type": "Beschut werk", "status": BOTH}, 2),
    ("provincies en Nederland", {"regio_code": "NL01", "type": "Beschut werk", "status": "lopend"}, 2),
    ("gemeenten en Nederland", {"regio_code": "NL01", "type": "Beschut werk", "status": "lopend"}, 6),
]


PLACES = {
    "typen en totaal": "GM0001, lopend",
    "typen en hoofdcategorie": "GM0001, lopend, Werkplekken",
    "lopend, beëindigd en beide": "GM0001, Beschut werk",
    "provincies en Nederland": "Beschut werk, lopend",
    "gemeenten en Nederland": "Beschut werk, lopend",
}


def sums_of(rows: list[Row], comparison: str, where: dict[str, str]) -> list[Row]:
    """Give the parts of a total."""

    def is_part(row: Row) -> bool:
        same = {name for name, value in where.items() if row[name] == value}
        if comparison == "typen en totaal":
            return same == {"regio_code", "status"} and row["type"] in TYPES
        if comparison == "typen en hoofdcategorie":
            return same == {"regio_code", "status"} and CATEGORY.get(row["type"]) == where["type"]
        if comparison == "lopend, beëindigd en beide":
            return same == {"regio_code", "type"}
        return same == {"type", "status"} and row["regio_code"].startswith("PV" if "provincies" in comparison else "GM")

    return [row for row in rows if is_part(row)]


@pytest.mark.parametrize(("comparison", "where", "parts"), SUMS)
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_sum_beyond_rounding_is_found(
    tmp_path: Path, comparison: str, where: dict[str, str], parts: int, sign: int
) -> None:
    core = counted(7)
    members = sums_of(core["srg_voorziening"], comparison, where)
    assert len(members) == parts
    total = sum(row["aantal_voorzieningen"] for row in members)
    allowed = (parts + 1) * 5 // 10 * 10
    for difference, found in ((allowed, False), (allowed + 10, True)):
        rows = change(core["srg_voorziening"], total + sign * difference, **where)
        wrong = World(tmp_path, core | {"srg_voorziening": rows}).failures("srg_som_delen")
        mine = [one for one in wrong if one["vergelijking"] == comparison]
        assert len(mine) == found, (comparison, difference)
        if found:
            assert (mine[0]["totaal"], mine[0]["som_delen"]) == (total + sign * difference, total)
            assert mine[0]["aantal_delen"] == parts
            assert mine[0]["waar"] == PLACES[comparison]


@pytest.mark.parametrize(("comparison", "where", "parts"), SUMS)
@pytest.mark.parametrize("how", ["empty", "absent"])
def test_a_sum_that_lacks_a_part_says_nothing(
    tmp_path: Path, comparison: str, where: dict[str, str], parts: int, how: str
) -> None:
    core = counted(7)
    rows = change(core["srg_voorziening"], lambda n: n + 10_000, **where)
    assert any(
        one["vergelijking"] == comparison
        for one in World(tmp_path, core | {"srg_voorziening": rows}).failures("srg_som_delen")
    )
    missing = sums_of(rows, comparison, where)[0]
    rows = [row | {"aantal_voorzieningen": None} if row is missing else row for row in rows]
    if how == "absent":
        rows = [row for row in rows if row["aantal_voorzieningen"] is not None]
    wrong = World(tmp_path, core | {"srg_voorziening": rows}).failures("srg_som_delen")
    assert [one for one in wrong if one["vergelijking"] == comparison and one["totaal"] > 10_000] == [], parts


def of_sexes(mannen: int | None, vrouwen: int | None, totaal: int, **other: int) -> list[Row]:
    counts = {"totaal": totaal, "mannen": mannen, "vrouwen": vrouwen, **other}
    return [persoon(2024, 1, "Beschut werk", n, geslacht=sex) for sex, n in counts.items()]


def of_ages(counts: dict[str, int | None]) -> list[Row]:
    return [persoon(2024, 1, "Beschut werk", n, leeftijd=age) for age, n in counts.items()]


def of_types(totaal: int, each: int | None, types: list[str]) -> list[Row]:
    return [persoon(2024, 1, TOTAAL, totaal), *(persoon(2024, 1, soort, each) for soort in types)]


THREE = {"<27": 100, "27-45": 100, ">=45": 100}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (of_sexes(100, 100, 210), 0),
        (of_sexes(100, 100, 220), 1),
        (of_sexes(100, 100, 180), 1),
        (of_sexes(100, None, 500), 0),
        (of_sexes(100, 100, 240, onbekend=40), 0),
        (of_sexes(100, 100, 200, onbekend=40), 1),
        (of_ages(THREE | {"totaal": 320}), 0),
        (of_ages(THREE | {"totaal": 330}), 1),
        (of_ages(THREE | {"totaal": 270}), 1),
        (of_ages(THREE | {"totaal": 300, "27-35": 50, "35-45": 50}), 0),
        (of_ages(THREE | {"totaal": 400, "onbekend": 100}), 0),
        (of_ages(THREE | {"totaal": 400, "27-45": None}), 0),
        (of_ages({"totaal": 400, "<27": 100, ">=45": 100}), 0),
        (of_types(1890, 100, TYPES), 0),
        (of_types(1900, 100, TYPES), 1),
        (of_types(300, 100, TYPES), 0),
        (of_types(9000, 100, TYPES[1:]), 0),
        (of_types(9000, None, TYPES), 0),
    ],
)
def test_persons_add_up(tmp_path: Path, rows: list[Row], found: int) -> None:
    assert len(World(tmp_path, {"srg_persoon": rows}).failures("srg_persoon_som_delen")) == found


def test_persons_of_one_herkomstland_are_not_compared(tmp_path: Path) -> None:
    rows = [row | {"herkomstland": "Nederland"} for row in of_sexes(100, 100, 900)]
    assert World(tmp_path, {"srg_persoon": rows}).failures("srg_persoon_som_delen") == []


def test_a_count_that_is_no_multiple_is_found(tmp_path: Path) -> None:
    core = {
        "srg_voorziening": [
            voorziening(2024, 1, TOTAAL, 101),
            voorziening(2024, 1, "Beschut werk", 99),
            voorziening(2024, 1, "Werkplekken", 100),
            voorziening(2024, 2, TOTAAL, None),
            voorziening(2024, 3, TOTAAL, 7),
        ],
        "srg_persoon": [persoon(2024, 1, TOTAAL, 15), persoon(2024, 2, TOTAAL, 20)],
        "bijstand_kenmerk": [kenmerk(2024, 12, "totaal", "totaal", 31), kenmerk(2024, 11, "totaal", "totaal", 30)],
        "bijstand_duur": [duur(2024, 2, "totaal", 41), duur(2024, 3, "totaal", 40)],
    }
    assert World(tmp_path, core).failures("srg_afronding") == [
        {"tabel": "core.bijstand_duur", "periode": "2024KW02", "aantal_rijen": 1, "voorbeeld": "41 (totaal)"},
        {
            "tabel": "core.bijstand_kenmerk",
            "periode": "2024MM12",
            "aantal_rijen": 1,
            "voorbeeld": "31 (totaal, totaal)",
        },
        {
            "tabel": "core.srg_persoon",
            "periode": "2024MM01",
            "aantal_rijen": 1,
            "voorbeeld": f"15 ({TOTAAL}, lopend, totaal, totaal, totaal)",
        },
        {
            "tabel": "core.srg_voorziening",
            "periode": "2024MM01",
            "aantal_rijen": 2,
            "voorbeeld": f"101 (NL01, {TOTAAL}, lopend)",
        },
        {
            "tabel": "core.srg_voorziening",
            "periode": "2024MM03",
            "aantal_rijen": 1,
            "voorbeeld": f"7 (NL01, {TOTAAL}, lopend)",
        },
    ]


def test_months_without_gemeenten_are_told(tmp_path: Path) -> None:
    rows = [
        voorziening(2024, 1, TOTAAL, 100),
        voorziening(2024, 1, TOTAAL, 0, regio_code="GM0001"),
        voorziening(2024, 2, TOTAAL, 100),
        voorziening(2024, 2, TOTAAL, 100, regio_code="PV26"),
        voorziening(2024, 3, TOTAAL, 100),
        voorziening(2024, 3, LOONKOSTENSUBSIDIE, None, regio_code="GM0001"),
        voorziening(2025, 1, TOTAAL, 100),  # core.gemeente has no 2025, so no gemeenten are expected
    ]
    core = {"srg_voorziening": rows, "gemeente": [gemeente(2024, "GM0001", 1000)]}
    wrong = World(tmp_path, core).failures("srg_gemeenten_aanwezig")
    assert [(one["jaar"], one["maand"]) for one in wrong] == [(2024, 2), (2024, 3)]


@pytest.mark.parametrize(("personen", "found"), [(1000, 0), (1020, 0), (980, 0), (1030, 1), (970, 1), (None, 0)])
def test_bijstand_of_two_tables_is_within_2_percent(tmp_path: Path, personen: int | None, found: int) -> None:
    core = {
        "bijstand_kenmerk": [
            kenmerk(2024, 1, "totaal", "tot AOW-leeftijd", personen),
            kenmerk(2024, 1, "totaal", "totaal", 5000),
            kenmerk(2024, 1, "mannen", "tot AOW-leeftijd", 400),
            kenmerk(2024, 2, "totaal", "tot AOW-leeftijd", 9000),
        ],
        "bijstand": [
            bijstand(2024, 1, "NL01", 1000),
            bijstand(2024, 1, "GM0001", 10),
            bijstand(2024, 1, "NL01", 7000, definitie="bijstandgerelateerd vanaf de AOW-leeftijd"),
        ],
    }
    assert core["bijstand"][0]["definitie"] == AOW
    wrong = World(tmp_path, core).failures("srg_bijstand_gelijk")
    assert [(one["personen_kenmerk"], one["personen_bijstand"]) for one in wrong] == [(personen, 1000)] * found

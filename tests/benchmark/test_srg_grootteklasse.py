"""Voorzieningen by class of gemeentegrootte: statistics, what is left out, and what rounding can do."""

import math
import statistics
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from test_srg_made_up import LOONKOSTENSUBSIDIE, TOTAAL, Row, World, bijstand, gemeente, voorziening

from assets.core.keuzes import Keuzes

INWONERS, BIJSTAND, MET_LKS = "1.000 inwoners", "bijstandsontvanger", "bijstandsontvanger plus LKS-ontvanger"
STATISTIEKEN = ("gemiddelde", "mediaan", "p10", "p25", "p75", "p90", "verhouding_van_sommen")
# (inwoners, voorzieningen, bijstandsontvangers, loonkostensubsidies; None: no figure)
Gemeente = tuple[int, int | None, int | None, int | None]


def classes(gemeenten: list[Gemeente], folder: Path, **keuzes: object) -> list[Row]:
    """Run the table over made-up gemeenten, in September 2024, bijstand of January."""
    coded = [(f"GM{number:04}", *one) for number, one in enumerate(gemeenten)]
    core = {
        "gemeente": [gemeente(2024, code, inwoners) for code, inwoners, *_ in coded],
        "srg_voorziening": [
            voorziening(2024, 9, soort, n, regio_code=code)
            for code, _, totaal, _, lks in coded
            for soort, n in ((TOTAAL, totaal), (LOONKOSTENSUBSIDIE, lks))
        ],
        "bijstand": [bijstand(2024, 1, code, persons) for code, _, _, persons, _ in coded],
    }
    return World(folder, core, keuzes=Keuzes(**keuzes)).table("voorzieningen_grootteklasse")


def pick(rows: list[Row], noemer: str = INWONERS, indeling: str = "buig") -> list[Row]:
    return [row for row in rows if row["noemer"] == noemer and row["indeling"] == indeling]


def denominator(one: Gemeente, noemer: str) -> float | None:
    inwoners, _, persons, lks = one
    if noemer == INWONERS:
        return inwoners / 1000
    if noemer == MET_LKS:
        return None if persons is None or lks is None else persons + lks
    return persons


def class_number(inwoners: int) -> int:
    return 1 + (inwoners >= 15_000) + (inwoners >= 40_000)


def percentile(values: list[float], share: float) -> float:
    """R type 7, written out: between the two nearest values, in proportion."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


tens = st.integers(0, 500).map(lambda n: 10 * n)
maybe = st.one_of(st.none(), st.just(0), tens)
gemeenten = st.lists(st.tuples(st.integers(900, 900_000), maybe, maybe, maybe), min_size=1, max_size=15)
relaxed = hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@relaxed
@given(gemeenten)
def test_every_statistic(tmp_path: Path, made_up: list[Gemeente]) -> None:
    rows = classes(made_up, tmp_path)
    for noemer in (INWONERS, BIJSTAND, MET_LKS):
        found = pick(rows, noemer)
        assert {row["klasse_volgorde"] for row in found} == {class_number(one[0]) for one in made_up}
        for row in found:
            members = [one for one in made_up if class_number(one[0]) == row["klasse_volgorde"]]
            used = [one for one in members if one[1] is not None and (denominator(one, noemer) or 0) > 0]
            assert row["aantal_gemeenten"] == len(members)
            assert row["aantal"] == len(used)
            assert row["aantal_zonder_cijfer"] == sum(one[1] is None for one in members)
            assert row["aantal_nul"] == sum(one[1] == 0 for one in members)
            assert row["aantal_zonder_noemer"] == sum(one[1] is not None for one in members) - len(used)
            inwoners = sum(one[0] for one in members)
            assert row["aandeel_inwoners_gedekt"] == pytest.approx(sum(one[0] for one in used) / inwoners)
            if not used:
                empty = [f"{name}_per_noemer" for name in STATISTIEKEN]
                for column in (*empty, "som_voorzieningen", "som_noemer", "is_voorlopig"):
                    assert row[column] is None, column
                continue
            each = [(one[1] or 0) / (denominator(one, noemer) or 0) for one in used]
            total = sum(one[1] or 0 for one in used)
            under = sum(denominator(one, noemer) or 0 for one in used)
            assert row["som_voorzieningen"] == total
            assert row["som_noemer"] == pytest.approx(under)
            assert row["verhouding_van_sommen_per_noemer"] == pytest.approx(total / under)
            assert row["gemiddelde_per_noemer"] == pytest.approx(statistics.fmean(each))
            assert row["mediaan_per_noemer"] == pytest.approx(statistics.median(each))
            for name, share in (("p10", 0.1), ("p25", 0.25), ("p75", 0.75), ("p90", 0.9)):
                assert row[f"{name}_per_noemer"] == pytest.approx(percentile(each, share)), name


@relaxed
@given(gemeenten)
def test_no_gemeente_is_lost_or_counted_twice(tmp_path: Path, made_up: list[Gemeente]) -> None:
    rows = classes(made_up, tmp_path)
    for indeling in ("rapport", "cbs", "buig"):
        found = pick(rows, indeling=indeling)
        assert sum(row["aantal_gemeenten"] for row in found) == len(made_up)
        assert sum(row["som_voorzieningen"] or 0 for row in found) == sum(one[1] or 0 for one in made_up)
        assert sum(row["som_noemer"] or 0 for row in found) == pytest.approx(
            sum(one[0] / 1000 for one in made_up if one[1] is not None)
        )


@relaxed
@given(
    st.lists(
        st.tuples(st.integers(15_000, 39_999), st.integers(0, 3000), st.integers(5, 3000), st.integers(0, 500)),
        min_size=1,
        max_size=12,
    )
)
def test_the_true_mean_is_between_the_bounds(tmp_path: Path, true: list[tuple[int, int, int, int]]) -> None:
    """Whatever was rounded to tens, half up, the mean of what it was before lies between the bounds."""
    rounded: list[Gemeente] = [(inwoners, *((n + 5) // 10 * 10 for n in counts)) for inwoners, *counts in true]
    rows = classes(rounded, tmp_path)
    for noemer in (INWONERS, BIJSTAND, MET_LKS):
        (row,) = pick(rows, noemer)
        mean = statistics.fmean(one[1] / (denominator(one, noemer) or 0) for one in true)
        low, high = row["gemiddelde_ondergrens_per_noemer"], row["gemiddelde_bovengrens_per_noemer"]
        assert low - 1e-9 <= mean <= high + 1e-9, noemer
        assert 0 <= low <= row["gemiddelde_per_noemer"] <= high


def test_the_bounds_are_half_a_base_away(tmp_path: Path) -> None:
    rows = classes([(20_000, 100, 50, 30), (20_000, 0, 10, 0)], tmp_path)
    (row,) = pick(rows)
    assert row["gemiddelde_ondergrens_per_noemer"] == pytest.approx((95 / 20 + 0) / 2)  # never below 0
    assert row["gemiddelde_bovengrens_per_noemer"] == pytest.approx((105 / 20 + 5 / 20) / 2)
    (row,) = pick(rows, BIJSTAND)
    assert row["gemiddelde_ondergrens_per_noemer"] == pytest.approx((95 / 55 + 0) / 2)
    assert row["gemiddelde_bovengrens_per_noemer"] == pytest.approx((105 / 45 + 5 / 5) / 2)
    (row,) = pick(rows, MET_LKS)
    assert row["gemiddelde_ondergrens_per_noemer"] == pytest.approx((95 / 90 + 0) / 2)
    assert row["gemiddelde_bovengrens_per_noemer"] == pytest.approx((105 / 70 + 5 / 5) / 2)


def test_a_denominator_that_may_be_0_has_no_upper_bound(tmp_path: Path) -> None:
    (row,) = pick(classes([(20_000, 100, 0, 3)], tmp_path), MET_LKS)
    assert row["gemiddelde_per_noemer"] == pytest.approx(100 / 3)
    assert row["gemiddelde_bovengrens_per_noemer"] is None


def test_without_gemeente_rows_there_are_none(tmp_path: Path) -> None:
    core = {
        "gemeente": [gemeente(2024, "GM0001", 20_000)],
        "srg_voorziening": [voorziening(2024, 9, TOTAAL, 100), voorziening(2024, 9, TOTAAL, 50, regio_code="PV26")],
        "bijstand": [bijstand(2024, 1, "GM0001", 100)],
    }
    assert World(tmp_path, core).table("voorzieningen_grootteklasse") == []


def test_a_gemeente_without_rows_is_counted_as_one_without_a_figure(tmp_path: Path) -> None:
    core = {
        "gemeente": [gemeente(2024, "GM0001", 20_000), gemeente(2024, "GM0002", 20_000)],
        "srg_voorziening": [
            voorziening(2024, 9, TOTAAL, 100, regio_code="GM0001"),
            voorziening(2024, 9, TOTAAL, 500, regio_code="GM0001", status="beëindigd"),
            voorziening(2024, 9, TOTAAL, 100),
        ],
    }
    (row,) = pick(World(tmp_path, core).table("voorzieningen_grootteklasse"))
    assert (row["aantal_gemeenten"], row["aantal"], row["aantal_zonder_cijfer"]) == (2, 1, 1)
    assert row["gemiddelde_per_noemer"] == 5
    assert row["aandeel_inwoners_gedekt"] == 0.5


def test_a_year_is_divided_by_its_own_inwoners_and_bijstand(tmp_path: Path) -> None:
    """A gemeente that grew is in another class; the bijstand is that of the chosen month and definition."""
    core = {
        "gemeente": [gemeente(2023, "GM0001", 10_000), gemeente(2024, "GM0001", 20_000)],
        "srg_voorziening": [voorziening(jaar, 9, TOTAAL, 100, regio_code="GM0001") for jaar in (2023, 2024)],
        "bijstand": [
            bijstand(2023, 1, "GM0001", 50),
            bijstand(2023, 6, "GM0001", 10),
            bijstand(2024, 1, "GM0001", 200),
            bijstand(2024, 6, "GM0001", 400),
            bijstand(2024, 6, "GM0001", 1000, definitie="bijstandgerelateerd vanaf de AOW-leeftijd"),
        ],
    }
    for keuzes, expected in ((Keuzes(), [2, 0.5]), (Keuzes(bijstand_maand=6), [10, 0.25])):
        rows = World(tmp_path, core, keuzes=keuzes).table("voorzieningen_grootteklasse")
        assert [row["gemiddelde_per_noemer"] for row in pick(rows)] == [10, 5]
        assert [row["klasse_volgorde"] for row in pick(rows)] == [1, 2]
        assert [row["gemiddelde_per_noemer"] for row in pick(rows, BIJSTAND)] == expected
        assert [row["aantal"] for row in pick(rows, MET_LKS)] == [0, 0]  # no figure for loonkostensubsidie


def test_each_month_has_its_own_voorzieningen_and_loonkostensubsidies(tmp_path: Path) -> None:
    counts = {8: (100, 10), 9: (200, 100), 10: (300, None)}
    core = {
        "gemeente": [gemeente(2024, "GM0001", 20_000)],
        "srg_voorziening": [
            voorziening(2024, maand, soort, n, regio_code="GM0001")
            for maand, pair in counts.items()
            for soort, n in zip((TOTAAL, LOONKOSTENSUBSIDIE), pair, strict=True)
        ],
        "bijstand": [bijstand(2024, 1, "GM0001", 100)],
    }
    rows = World(tmp_path, core).table("voorzieningen_grootteklasse")
    found = {row["maand"]: row for row in pick(rows, MET_LKS)}
    assert {maand: row["gemiddelde_per_noemer"] for maand, row in found.items()} == {
        8: pytest.approx(100 / 110),
        9: 1,
        10: None,
    }
    assert found[10]["aantal_zonder_noemer"] == 1
    assert [row["gemiddelde_per_noemer"] for row in pick(rows)] == [5, 10, 15]
    assert {row["aantal_gemeenten"] for row in rows} == {1}


def test_only_the_total_and_main_categories_have_rows(tmp_path: Path) -> None:
    soorten = (TOTAAL, "Werkplekken", LOONKOSTENSUBSIDIE, "Beschut werk")
    core = {
        "gemeente": [gemeente(2024, "GM0001", 20_000)],
        "srg_voorziening": [voorziening(2024, 9, soort, 100, regio_code="GM0001") for soort in soorten],
        "bijstand": [bijstand(2024, 1, "GM0001", 100)],
    }
    rows = World(tmp_path, core).table("voorzieningen_grootteklasse")
    assert {row["type"] for row in rows} == {TOTAAL, "Werkplekken"}
    assert {row["gemiddelde_per_noemer"] for row in pick(rows, MET_LKS)} == {0.5}


@pytest.mark.parametrize(
    ("late", "expected"),
    [("nothing", [False, False, False]), ("voorziening", [True, True, True]), ("bijstand", [False, True, True])],
)
def test_a_provisional_count_makes_what_uses_it_provisional(tmp_path: Path, late: str, expected: list[bool]) -> None:
    counts = [
        voorziening(2024, 9, TOTAAL, 100, regio_code="GM0001", is_voorlopig=late == "voorziening"),
        voorziening(2024, 9, LOONKOSTENSUBSIDIE, 10, regio_code="GM0001"),
    ]
    core = {
        "gemeente": [gemeente(2024, "GM0001", 20_000)],
        "srg_voorziening": counts,
        "bijstand": [bijstand(2024, 1, "GM0001", 100, is_voorlopig=late == "bijstand")],
    }
    rows = World(tmp_path, core).table("voorzieningen_grootteklasse")
    assert [pick(rows, noemer)[0]["is_voorlopig"] for noemer in (INWONERS, BIJSTAND, MET_LKS)] == expected

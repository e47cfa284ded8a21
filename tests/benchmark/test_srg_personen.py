"""Persons with a voorziening beside persons with bijstand: by geslacht, by leeftijd and by duration."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from test_srg_made_up import (
    ALL_TYPES,
    TOTAAL,
    TYPES,
    Row,
    World,
    divided,
    duur,
    kenmerk,
    mean,
    persoon,
    random_world,
    same,
)

from assets.core.invoer import DUREN
from assets.core.voorziening_type import voorziening_type

GROUPS = {"geslacht": ("mannen", "vrouwen"), "leeftijd": ("<27", "27-45", ">=45")}
RAPPORT: dict[str, list[str]] = {}
for _row in voorziening_type().rows(named=True):
    if _row["niveau"] == "type":
        RAPPORT.setdefault(_row["rapportcategorie"], []).append(_row["type"])
CATEGORIES = [("CBS", soort, [soort]) for soort in ALL_TYPES] + [("rapport", naam, ts) for naam, ts in RAPPORT.items()]


def months(core: dict[str, list[Row]], table: str, by: str, jaar: int, **wanted: str) -> dict[tuple[int, str], Row]:
    """Give the rows with a figure, by month and group."""
    return {
        (row["maand"], row[by]): row
        for row in core[table]
        if row["jaar"] == jaar and row["aantal_personen"] is not None and all(row[k] == v for k, v in wanted.items())
    }


def complete(rows: dict[tuple[int, str], Row], groups: Sequence[str]) -> set[int]:
    return {maand for maand, _ in rows if all((maand, group) in rows for group in groups)}


def test_the_report_has_seven_categories() -> None:
    assert len(RAPPORT) == 7
    assert RAPPORT["Vrijwilligerswerk en sociale activering"] == ["Vrijwilligerswerk", "Overige sociale activering"]
    assert sorted(t for types in RAPPORT.values() for t in types) == sorted(TYPES)


@pytest.mark.parametrize("by", ["geslacht", "leeftijd"])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure(tmp_path: Path, by: str, seed: int) -> None:
    core = random_world(seed)
    groups = GROUPS[by]
    other = "leeftijd" if by == "geslacht" else "geslacht"
    rows = {
        (row["jaar"], row["indeling"], row["categorie"], row[by]): row
        for row in World(tmp_path, core).table(f"personen_{by}")
    }
    assert set(rows) == {(j, i, c, g) for j in (2023, 2024, 2025) for i, c, _ in CATEGORIES for g in groups}
    for jaar in (2023, 2024, 2025):
        total = "tot AOW-leeftijd" if by == "geslacht" else "totaal"
        beside = months(core, "bijstand_kenmerk", by, jaar, **{other: total})
        beside_months = complete(beside, groups)
        for indeling, categorie, types in CATEGORIES:
            wanted = {"status": "lopend", other: "totaal", "herkomstland": "totaal"}
            persons = {t: months(core, "srg_persoon", by, jaar, type=t, **wanted) for t in types}
            used = set.intersection(*(complete(persons[t], groups) for t in types))
            both = sorted(used & beside_months)
            people: dict[str, float | None] = {}
            bijstand: dict[str, float | None] = {}
            for group in groups:
                people[group] = mean(sum(persons[t][m, group]["aantal_personen"] for t in types) for m in sorted(used))
                bijstand[group] = mean(beside[m, group]["aantal_personen"] for m in both)
            for group in groups:
                row = rows[jaar, indeling, categorie, group]
                assert (row["aantal_maanden"], row["aantal_maanden_bijstand"]) == (len(used), len(both))
                assert same(row["gemiddeld_aantal_personen"], people[group])
                assert same(row["gemiddeld_aantal_bijstand"], bijstand[group])
                share = divided(people[group], sum(n or 0 for n in people.values()))
                of_bijstand = divided(bijstand[group], sum(n or 0 for n in bijstand.values()))
                assert same(row["aandeel_personen"], share)
                assert same(row["aandeel_bijstand"], of_bijstand)
                is_comparable = set(both) == used
                ratio = divided(people[group], bijstand[group]) if is_comparable else None
                assert same(row["personen_per_bijstandsontvanger"], ratio)
                assert same(row["verhouding_aandelen"], divided(share, of_bijstand) if is_comparable else None)
                late = any(
                    [persons[t][m, group]["is_voorlopig"] for t in types for m in used]
                    + [beside[m, group]["is_voorlopig"] for m in both]
                )
                assert row["is_voorlopig"] == (late if used else None)
                assert row["telling"].startswith("elke persoon" if indeling == "CBS" else "bovengrens")


@pytest.mark.parametrize("by", ["geslacht", "leeftijd"])
def test_shares_add_up_and_a_category_is_the_sum_of_its_types(tmp_path: Path, by: str) -> None:
    rows = World(tmp_path, random_world(4)).table(f"personen_{by}")
    for indeling, categorie, types in CATEGORIES:
        for jaar in (2023, 2024):
            of_one = [r for r in rows if (r["jaar"], r["indeling"], r["categorie"]) == (jaar, indeling, categorie)]
            shares = [row["aandeel_personen"] for row in of_one]
            assert None in shares or sum(shares) == pytest.approx(1)
            parts = [r for r in rows if r["jaar"] == jaar and r["indeling"] == "CBS" and r["categorie"] in types]
            if {row["aantal_maanden"] for row in (*of_one, *parts)} == {12}:
                assert sum(row["gemiddeld_aantal_personen"] for row in of_one) == pytest.approx(
                    sum(row["gemiddeld_aantal_personen"] for row in parts)
                )


def whole_year(by: str, counts: dict[str, int], soort: str = TOTAAL) -> list[Row]:
    return [persoon(2024, m, soort, n, **{by: group}) for m in range(1, 13) for group, n in counts.items()]


def bijstand_year(by: str, counts: dict[str, int], months: int = 12) -> list[Row]:
    def row(maand: int, group: str, n: int) -> Row:
        names = (group, "tot AOW-leeftijd") if by == "geslacht" else ("totaal", group)
        return kenmerk(2024, maand, *names, n)

    return [row(maand, group, n) for maand in range(1, months + 1) for group, n in counts.items()]


def only(rows: list[Row], categorie: str = TOTAAL, indeling: str = "CBS") -> list[Row]:
    return [row for row in rows if row["categorie"] == categorie and row["indeling"] == indeling]


def test_people_over_the_aow_age_are_no_part_of_it(tmp_path: Path) -> None:
    core = {
        "srg_persoon": whole_year("geslacht", {"totaal": 100, "mannen": 60, "vrouwen": 40}),
        "bijstand_kenmerk": [
            *bijstand_year("geslacht", {"totaal": 400, "mannen": 100, "vrouwen": 300}),
            *(kenmerk(2024, m, sex, "totaal", 9000) for m in range(1, 13) for sex in ("mannen", "vrouwen")),
        ],
    }
    mannen, vrouwen = only(World(tmp_path, core).table("personen_geslacht"))
    assert (mannen["aandeel_personen"], mannen["aandeel_bijstand"]) == (0.6, 0.25)
    assert mannen["verhouding_aandelen"] == pytest.approx(2.4)
    assert mannen["personen_per_bijstandsontvanger"] == pytest.approx(0.6)
    assert vrouwen["personen_per_bijstandsontvanger"] == pytest.approx(40 / 300)


def test_finer_ages_of_bijstand_are_not_counted_with_the_three(tmp_path: Path) -> None:
    ages = {"<27": 100, "27-45": 200, ">=45": 300}
    finer = {"totaal": 700, "tot AOW-leeftijd": 600, "27-35": 150, "35-45": 50}
    core = {
        "srg_persoon": whole_year("leeftijd", {"<27": 100, "27-45": 100, ">=45": 100}),
        "bijstand_kenmerk": bijstand_year("leeftijd", ages | finer),
    }
    rows = only(World(tmp_path, core).table("personen_leeftijd"))
    assert [row["aandeel_bijstand"] for row in rows] == pytest.approx([200 / 600, 100 / 600, 300 / 600])
    assert [row["personen_per_bijstandsontvanger"] for row in rows] == pytest.approx([0.5, 1, 1 / 3])


def test_a_month_without_one_sex_is_no_month_of_the_other(tmp_path: Path) -> None:
    rows = whole_year("geslacht", {"mannen": 60, "vrouwen": 40})
    rows = [
        row | {"aantal_personen": None} if (row["maand"], row["geslacht"]) == (3, "vrouwen") else row for row in rows
    ]
    rows = [row | {"aantal_personen": 600} if (row["maand"], row["geslacht"]) == (3, "mannen") else row for row in rows]
    core = {"srg_persoon": rows, "bijstand_kenmerk": bijstand_year("geslacht", {"mannen": 100, "vrouwen": 300})}
    mannen, vrouwen = only(World(tmp_path, core).table("personen_geslacht"))
    assert (mannen["aantal_maanden"], vrouwen["aantal_maanden"]) == (11, 11)
    assert (mannen["gemiddeld_aantal_personen"], mannen["aandeel_personen"]) == (60, 0.6)
    assert mannen["aantal_maanden_bijstand"] == 11
    assert mannen["personen_per_bijstandsontvanger"] == pytest.approx(0.6)


def test_no_ratio_with_bijstand_of_fewer_months(tmp_path: Path) -> None:
    core = {
        "srg_persoon": whole_year("geslacht", {"mannen": 60, "vrouwen": 40}),
        "bijstand_kenmerk": bijstand_year("geslacht", {"mannen": 100, "vrouwen": 300}, months=11),
    }
    for row in only(World(tmp_path, core).table("personen_geslacht")):
        assert (row["aantal_maanden"], row["aantal_maanden_bijstand"]) == (12, 11)
        assert row["aandeel_bijstand"] is not None
        assert row["personen_per_bijstandsontvanger"] is None
        assert row["verhouding_aandelen"] is None


def test_a_category_of_the_report_lacks_a_type_so_it_is_empty(tmp_path: Path) -> None:
    core = {"srg_persoon": whole_year("geslacht", {"mannen": 60, "vrouwen": 40}, "Vrijwilligerswerk")}
    rows = World(tmp_path, core).table("personen_geslacht")
    assert [row["gemiddeld_aantal_personen"] for row in only(rows, "Vrijwilligerswerk")] == [60, 40]
    for row in only(rows, "Vrijwilligerswerk en sociale activering", "rapport"):
        assert (row["aantal_maanden"], row["gemiddeld_aantal_personen"], row["aandeel_personen"]) == (0, None, None)
    for row in only(rows, "Vrijwilligerswerk"):
        assert (row["aantal_maanden_bijstand"], row["gemiddeld_aantal_bijstand"]) == (0, None)


def input_rows(jaar: int = 2024) -> list[Row]:
    shares = (0.16, 0.16, 0.11, 0.08, 0.07, 0.43)
    pairs = zip(DUREN, shares, strict=True)
    return [{"jaar": jaar, "duur": naam, "aandeel_personen": share, "bron": "bron"} for naam, share in pairs]


def durations(core: dict[str, list[Row]], jaar: int) -> Iterator[tuple[str, int, float | None, float | None]]:
    """Give duur, n, mean and share of bijstand, computed another way."""
    given = {
        (row["kwartaal"], row["duur"]): row["aantal_personen"]
        for row in core["bijstand_duur"]
        if row["jaar"] == jaar and row["aantal_personen"] is not None
    }
    used = [k for k in (1, 2, 3, 4) if all((k, naam) in given for naam in DUREN)]
    known = sum(given[k, naam] for k in used for naam in DUREN)
    for naam in (*DUREN, "totaal", "onbekend"):
        counts = [given[k, naam] for k in used if (k, naam) in given]
        share = divided(sum(counts), known) if naam in DUREN and used else None
        yield naam, len(counts), mean(counts), share


@pytest.mark.parametrize(("seed", "herkomst"), [(1, "cbs"), (2, "opname"), (3, "reconstructie")])
def test_every_figure_by_duration(tmp_path: Path, seed: int, herkomst: str) -> None:
    core = random_world(seed) | {"invoer_bijstandsduur": input_rows()}
    rows = {
        (row["jaar"], row["duur"]): row
        for row in World(tmp_path, core, herkomst=herkomst).table("personen_bijstandsduur")
    }
    shares = {row["duur"]: row["aandeel_personen"] for row in input_rows()}
    assert set(rows) == {(j, naam) for j in (2023, 2024, 2025) for naam in (*DUREN, "totaal", "onbekend")}
    for jaar in (2023, 2024, 2025):
        for naam, n, each, share in durations(core, jaar):
            row = rows[jaar, naam]
            assert row["aantal_kwartalen"] == n
            assert same(row["gemiddeld_aantal_bijstand"], each)
            assert same(row["aandeel_bijstand"], share)
            given_share = shares.get(naam) if jaar == 2024 else None
            assert row["aandeel_personen_srg"] == given_share
            assert same(row["verhouding_aandelen"], divided(given_share, share))
            assert row["is_invoer_aanwezig"] == (jaar == 2024)
            assert row["bron_invoer"] == (None if given_share is None else "bron")
            assert row["herkomst"] == ("opname" if jaar == 2024 and herkomst == "cbs" else herkomst)


def test_a_quarter_that_lacks_a_duration_does_not_count(tmp_path: Path) -> None:
    counts = [duur(2024, k, naam, 100) for k in (1, 2) for naam in (*DUREN, "totaal")]
    counts = [
        row | {"aantal_personen": None} if (row["kwartaal"], row["duur"]) == (2, "1-2 jaar") else row for row in counts
    ]
    counts[0] |= {"aantal_personen": 500, "is_voorlopig": True}
    rows = {row["duur"]: row for row in World(tmp_path, {"bijstand_duur": counts}).table("personen_bijstandsduur")}
    assert {row["aantal_kwartalen"] for row in rows.values()} == {1}
    assert rows["<1 jaar"]["aandeel_bijstand"] == 0.5
    assert rows["totaal"]["aandeel_bijstand"] is None
    assert (rows["<1 jaar"]["is_voorlopig"], rows["1-2 jaar"]["is_voorlopig"]) == (True, False)
    assert {row["is_invoer_aanwezig"] for row in rows.values()} == {False}
    assert {row["aandeel_personen_srg"] for row in rows.values()} == {None}


def test_input_of_a_year_without_bijstand_is_shown(tmp_path: Path) -> None:
    rows = World(tmp_path, {"invoer_bijstandsduur": input_rows()}).table("personen_bijstandsduur")
    assert len(rows) == 6
    for row in rows:
        assert row["aandeel_personen_srg"] is not None
        assert (row["aantal_kwartalen"], row["gemiddeld_aantal_bijstand"]) == (0, None)
        assert (row["aandeel_bijstand"], row["verhouding_aandelen"], row["is_voorlopig"]) == (None, None, None)


@hypothesis_settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 9000).map(lambda n: 10 * n), min_size=6, max_size=6))
def test_shares_by_duration_add_up(tmp_path: Path, counts: list[int]) -> None:
    rows = [duur(2024, 1, naam, n) for naam, n in zip(DUREN, counts, strict=True)]
    shares = [
        row["aandeel_bijstand"] for row in World(tmp_path, {"bijstand_duur": rows}).table("personen_bijstandsduur")
    ]
    if sum(counts):
        assert sum(shares) == pytest.approx(1)
    else:
        assert set(shares) == {None}

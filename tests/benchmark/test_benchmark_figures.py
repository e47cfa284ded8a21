"""The benchmark on real figures, against a computation made from the CSV files in another way."""

import csv
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest

from assets.lake import Lake
from assets.published.layout import published_file

BOUNDS = {
    "rapport": [0, 15_000, 25_000, 50_000, 100_000, 250_000],
    "cbs": [0, 5_000, 10_000, 20_000, 50_000, 100_000, 150_000, 250_000],
    "buig": [0, 15_000, 40_000],
}
NATIONAL = {2020: 910_760_000, 2021: 1_012_457_000, 2022: 1_084_974_000, 2023: 1_213_311_000}


def query(lake: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(published_file(Lake(lake))), read_only=True) as con:
        return con.execute(sql).fetchall()


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def percentile(values: Iterable[float], share: float) -> float:
    """R type 7, written out: between the two nearest values, in proportion."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def test_the_national_lasten_are_those_of_cbs(real: Path) -> None:
    rows = query(
        real,
        "select boekjaar, lasten_euro from benchmark.uitgaven_nederland "
        "where taakveld = '6.5' and verslagsoort = 'jaarrekening' and plaatsing = 2",
    )
    assert dict(rows) == NATIONAL


def test_every_gemeente_has_the_lasten_of_the_csv(real: Path, figures: Path) -> None:
    """Second plaatsing; a gemeente whose totaal is 0 did not deliver, which is no 0."""
    rows = query(
        real,
        "select boekjaar, verslagsoort, gemeente_code, taakveld, lasten_euro from benchmark.gemeente_jaar "
        "where plaatsing = 2",
    )
    ours = {tuple(row[:4]): row[4] for row in rows}
    given = read(figures / "iv3_lasten.csv")
    silent = {
        (r["boekjaar"], r["verslagsoort"], r["gemeente_code"])
        for r in given
        if r["taakveld"] == "totaal" and float(r["lasten_keur"]) == 0
    }
    expected = {
        (int(r["boekjaar"]), r["verslagsoort"], r["gemeente_code"], r["taakveld"]): (
            None
            if (r["boekjaar"], r["verslagsoort"], r["gemeente_code"]) in silent
            else round(float(r["lasten_keur"]) * 1000)
        )
        for r in given
        if r["taakveld"] != "totaal"
    }
    assert len(expected) == 3 * 2 * (355 + 352 + 345 + 342)
    assert ours == expected
    assert sum(value is None for value in ours.values()) == 3 * (2 + 1 + 8 + 2)


def test_classes_agree_with_the_csv(real: Path, figures: Path) -> None:
    """Per inwoner, all three indelingen, with and without zero bookings, every statistic."""
    inwoners = {(int(r["jaar"]), r["gemeente_code"]): int(r["inwoners"]) for r in read(figures / "gemeenten.csv")}
    lasten = {
        (int(r["boekjaar"]), r["gemeente_code"]): float(r["lasten_keur"]) * 1000
        for r in read(figures / "iv3_lasten.csv")
        if r["verslagsoort"] == "jaarrekening" and r["taakveld"] == "6.5"
    }
    delivered = {
        (int(r["boekjaar"]), r["gemeente_code"])
        for r in read(figures / "iv3_lasten.csv")
        if r["verslagsoort"] == "jaarrekening" and r["taakveld"] == "totaal" and float(r["lasten_keur"]) != 0
    }
    groups: dict[tuple[object, ...], list[tuple[float, int]]] = defaultdict(list)
    for (jaar, code), euro in lasten.items():
        if (jaar, code) not in delivered:
            continue
        people = inwoners[jaar, code]
        for indeling, bounds in BOUNDS.items():
            number = sum(people >= bound for bound in bounds)
            groups[jaar, indeling, number, "met"].append((euro, people))
            if euro:
                groups[jaar, indeling, number, "zonder"].append((euro, people))
    rows = query(
        real,
        "select boekjaar, indeling, klasse_volgorde, nulboekingen, aantal, som_lasten_euro, "
        "verhouding_van_sommen_euro, gemiddelde_euro, mediaan_euro, p10_euro, p25_euro, p75_euro, p90_euro "
        "from benchmark.uitgaven_grootteklasse "
        "where taakveld = '6.5' and verslagsoort = 'jaarrekening' and plaatsing = 2 and noemer = 'inwoner'",
    )
    assert len(rows) == 4 * (6 + 8 + 3) * 2
    for *key, aantal, som, verhouding, gemiddelde, mediaan, p10, p25, p75, p90 in rows:
        members = groups[tuple(key)]
        each = [euro / people for euro, people in members]
        assert aantal == len(members), key
        assert som == sum(euro for euro, _ in members), key
        assert verhouding == pytest.approx(sum(e for e, _ in members) / sum(p for _, p in members))
        assert gemiddelde == pytest.approx(statistics.fmean(each))
        assert mediaan == pytest.approx(statistics.median(each))
        for value, share in ((p10, 0.1), (p25, 0.25), (p75, 0.75), (p90, 0.9)):
            assert value == pytest.approx(percentile(each, share)), (key, share)


def test_ratio_per_bijstandsontvanger_uses_january_of_the_year(real: Path, figures: Path) -> None:
    persons = {r["gemeente_code"]: int(r["personen"]) for r in read(figures / "bijstand.csv")}
    rows = query(
        real,
        "select gemeente_code, bijstandsontvangers, lasten_euro, lasten_per_bijstandsontvanger_euro "
        "from benchmark.gemeente_jaar where boekjaar = 2020 and taakveld = '6.5' "
        "and verslagsoort = 'jaarrekening' and plaatsing = 2",
    )
    assert {code: count for code, count, *_ in rows} == persons
    for _, count, lasten, ratio in rows:
        expected = None if lasten is None or not count else lasten / count
        assert ratio == pytest.approx(expected) if expected is not None else ratio is None


def test_zero_bookings_are_told_from_non_deliveries_by_name(real: Path) -> None:
    rows = query(
        real,
        "select gemeente, levering_status from benchmark.gemeente_jaar where boekjaar = 2023 and taakveld = '6.5' "
        "and verslagsoort = 'jaarrekening' and plaatsing = 2 and (is_nulboeking or not is_geleverd) order by 1",
    )
    zero = [name for name, status in rows if status == "geleverd"]
    silent = [name for name, status in rows if status != "geleverd"]
    assert zero == [
        *("Bladel", "Koggenland", "Noordwijk", "Opmeer", "Rheden", "Urk", "Vlissingen", "Waalwijk", "Waterland"),
    ]
    assert silent == ["Vijfheerenlanden"]


def test_the_printed_figures_of_2024_come_out_of_the_built_in_world(built_in: Path) -> None:
    rows = query(
        built_in,
        "select noemer, grootteklasse, round(gemiddelde_euro) from benchmark.uitgaven_grootteklasse "
        "where boekjaar = 2024 and taakveld = '6.5' and verslagsoort = 'jaarrekening' and plaatsing = 2 "
        "and indeling = 'rapport' "
        "and nulboekingen = 'met'",
    )
    means = {(noemer, klasse): mean for noemer, klasse, mean in rows}
    assert means["inwoner", "<15.000"] == 25
    assert means["inwoner", ">250.000"] == 127
    assert means["bijstandsontvanger", "<15.000"] == 2249
    assert means["bijstandsontvanger", "100.000-250.000"] == 3659
    assert means["bijstandsontvanger", ">250.000"] == 3304
    national = query(
        built_in,
        "select round(lasten_euro / 1e6), round(lasten_per_bijstandsontvanger_euro) from benchmark.uitgaven_nederland "
        "where boekjaar = 2024 and taakveld = '6.5' and verslagsoort = 'jaarrekening' and plaatsing = 2",
    )
    assert national == [(1280, 3187)]

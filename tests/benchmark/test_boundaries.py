"""Figures on the boundaries of another year, on real figures: nothing is lost, and one gemeente computed by hand."""

import csv
from collections import defaultdict
from pathlib import Path

import duckdb
import pytest

from assets.lake import Lake
from assets.published.layout import published_file


def rows(lake: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(published_file(Lake(lake))), read_only=True) as con:
        return con.execute(sql).fetchall()


def given(figures: Path) -> dict[tuple[int, str, str], int]:
    """Give the lasten on 6.5 of the jaarrekening in euro, by boekjaar, gemeente and whether it delivered."""
    with (figures / "iv3_lasten.csv").open(encoding="utf-8") as file:
        return {
            (int(r["boekjaar"]), r["gemeente_code"], r["taakveld"]): round(float(r["lasten_keur"]) * 1000)
            for r in csv.DictReader(file)
            if r["verslagsoort"] == "jaarrekening" and r["taakveld"] in ("6.5", "totaal")
        }


WHERE = "where taakveld = '6.5' and verslagsoort = 'jaarrekening' and plaatsing = 2 and grenzen_jaar = 2023"


def test_totals_of_2020_to_2023_stay_to_the_euro_and_every_gemeente_of_2023_is_there(real: Path) -> None:
    found = rows(
        real,
        "select boekjaar, sum(lasten_euro)::bigint, count(*), sum(inwoners)::bigint "
        f"from benchmark.gemeente_jaar_grenzen {WHERE} group by 1 order by 1",
    )
    assert [(jaar, euro) for jaar, euro, *_ in found] == [
        (2020, 910_760_000),
        (2021, 1_012_457_000),
        (2022, 1_084_974_000),
        (2023, 1_213_311_000),
    ]
    assert {count for _, _, count, _ in found} == {342}
    national = rows(real, "select jaar, sum(inwoners)::bigint from core.gemeente group by 1 order by 1")
    assert [(jaar, people) for jaar, *_, people in found] == national


def test_a_merger_and_a_split_by_hand(real: Path, figures: Path) -> None:
    lasten = given(figures)
    passed = defaultdict(int)
    with (figures / "herindelingen.csv").open(encoding="utf-8") as file:
        for r in csv.DictReader(file):
            if r["soort"] == "opheffing" and r["datum"] >= "2020-01-02":
                passed[r["van_code"], r["naar_code"]] += int(r["inwoners"])
    found = {
        str(code): value
        for code, value in rows(
            real, f"select gemeente_code, lasten_euro from benchmark.gemeente_jaar_grenzen {WHERE} and boekjaar = 2020"
        )
    }
    # Dijk en Waard is Heerhugowaard and Langedijk; Vught got its part of Haaren.
    assert found["GM1980"] == lasten[2020, "GM0398", "6.5"] + lasten[2020, "GM0416", "6.5"]
    whole = sum(number for (van, _), number in passed.items() if van == "GM0788")
    part = lasten[2020, "GM0788", "6.5"] * passed["GM0788", "GM0865"] / whole
    assert found["GM0865"] == pytest.approx(lasten[2020, "GM0865", "6.5"] + part, abs=1)


def test_a_gemeente_is_empty_only_when_no_predecessor_delivered(real: Path) -> None:
    empty = rows(
        real,
        "select count(*) filter (lasten_euro is null and inwoners_geleverd > 0), "
        "count(*) filter (lasten_euro is not null and inwoners_geleverd = 0), "
        f"count(*) filter (lasten_euro is null) from benchmark.gemeente_jaar_grenzen {WHERE}",
    )[0]
    assert empty[:2] == (0, 0)
    assert int(str(empty[2])) > 0


def test_the_boundaries_of_the_year_itself_are_the_figures_as_they_were(real: Path) -> None:
    differ = rows(
        real,
        "select count(*) from benchmark.gemeente_jaar_grenzen as g join benchmark.gemeente_jaar as o "
        "using (boekjaar, verslagsoort, plaatsing, taakveld, gemeente_code) where g.grenzen_jaar = boekjaar "
        "and (g.lasten_euro is distinct from o.lasten_euro or g.inwoners != o.inwoners or not g.is_zelfde_gebied)",
    )
    assert differ == [(0,)]
    assert rows(real, "select count(*) from benchmark.gemeente_jaar_grenzen where grenzen_jaar < boekjaar") == [(0,)]

"""Place in the class, first beside second plaatsing, begroting beside jaarrekening: computed again in plain Python."""

import statistics
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.lake import Lake
from assets.published.layout import published_file

Row = dict[str, Any]


@pytest.fixture(scope="module")
def tables(real: Path) -> dict[str, list[Row]]:
    """Give the tables of the jaarrekening and begroting on 6.5, of real figures."""
    names = ("gemeente_jaar", "gemeente_positie", "plaatsing_verschil", "begroting_realisatie")
    found = {}
    with duckdb.connect(str(published_file(Lake(real))), read_only=True) as con:
        for name in names:
            result = con.execute(f"select * from benchmark.{name} where taakveld = '6.5'")
            columns = [column[0] for column in result.description or []]
            found[name] = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
    return found


def test_rank_percentile_and_quartiles_in_the_class(tables: dict[str, list[Row]]) -> None:
    classes: dict[Any, list[Row]] = defaultdict(list)
    for row in tables["gemeente_positie"]:
        key = ("boekjaar", "verslagsoort", "plaatsing", "noemer", "indeling", "grootteklasse")
        classes[tuple(row[name] for name in key)].append(row)
    assert len(classes) > 200
    for members in classes.values():
        values = sorted(row["waarde_euro"] for row in members)
        quartiles = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
        for row in members:
            lower = sum(value < row["waarde_euro"] for value in values)
            assert row["aantal"] == len(values)
            assert row["rang"] == lower + 1
            others = len(values) - 1
            assert row["percentiel"] == (pytest.approx(lower / others) if others else None)
            wanted = (row["p25_klasse_euro"], row["mediaan_klasse_euro"], row["p75_klasse_euro"])
            assert wanted == pytest.approx(quartiles)
            differences = [row[f"verschil_met_{name}_euro"] for name in ("p25", "mediaan", "p75")]
            assert differences == pytest.approx([row["waarde_euro"] - quartile for quartile in quartiles])


def test_who_has_a_figure_is_placed_and_nobody_else(tables: dict[str, list[Row]]) -> None:
    placed = {
        (r["boekjaar"], r["verslagsoort"], r["plaatsing"], r["gemeente_code"])
        for r in tables["gemeente_positie"]
        if r["noemer"] == "inwoner"
    }
    delivered = {
        (r["boekjaar"], r["verslagsoort"], r["plaatsing"], r["gemeente_code"])
        for r in tables["gemeente_jaar"]
        if r["is_geleverd"]
    }
    assert placed == delivered


def test_what_changed_between_the_plaatsingen(tables: dict[str, list[Row]]) -> None:
    by_key = {
        (r["boekjaar"], r["verslagsoort"], r["gemeente_code"], r["plaatsing"]): r for r in tables["gemeente_jaar"]
    }
    kinds = set()
    for row in tables["plaatsing_verschil"]:
        key = (row["boekjaar"], row["verslagsoort"], row["gemeente_code"])
        first, second = by_key[(*key, 1)], by_key[(*key, 2)]
        amounts = [(r["lasten_euro"], r["baten_euro"]) for r in (first, second)]
        if amounts[0][0] is None or amounts[1][0] is None:
            assert row["verschil_lasten_euro"] is None
            assert row["verandering"] in ("niet geleverd", "later geleverd", "ingetrokken")
        else:
            assert row["verschil_lasten_euro"] == amounts[1][0] - amounts[0][0]
            assert row["verandering"] == ("gelijk" if amounts[0] == amounts[1] else "gewijzigd")
        kinds.add(row["verandering"])
    assert kinds >= {"gelijk", "gewijzigd", "later geleverd", "niet geleverd"}
    assert len(tables["plaatsing_verschil"]) * 2 == len(by_key)


def test_begroting_beside_jaarrekening(tables: dict[str, list[Row]]) -> None:
    by_key = {
        (r["boekjaar"], r["plaatsing"], r["gemeente_code"], r["verslagsoort"]): r["lasten_euro"]
        for r in tables["gemeente_jaar"]
    }
    assert tables["begroting_realisatie"]
    for row in tables["begroting_realisatie"]:
        key = (row["boekjaar"], row["plaatsing"], row["gemeente_code"])
        planned, booked = by_key[(*key, "begroting")], by_key[(*key, "jaarrekening")]
        assert (row["begroting_lasten_euro"], row["jaarrekening_lasten_euro"]) == (planned, booked)
        if planned is None or booked is None:
            assert row["verschil_lasten_euro"] is None
        else:
            assert row["verschil_lasten_euro"] == booked - planned
        if planned and booked is not None:
            assert row["verhouding_lasten"] == pytest.approx(booked / planned)
        else:
            assert row["verhouding_lasten"] is None

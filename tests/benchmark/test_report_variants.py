"""Variants of the report: other groups, boundaries, prices, roundings, and the weight of one gemeente.

Every table is computed again in plain Python from benchmark.gemeente_jaar and core, on real figures, as the header of
its file describes; place and influence are also tested as properties over made-up gemeenten.
"""

import math
import random
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assets.benchmark.sql import connection, sql_files
from assets.core.grootteklasse import grootteklasse
from assets.core.instelling import instelling
from assets.core.keuzes import Keuzes
from assets.lake import Lake, write_table
from assets.published.layout import published_file

Row = dict[str, Any]
# indeling -> (jaar, gemeente_code) -> (volgorde, groep)
Groups = dict[str, dict[tuple[int, str], tuple[int, str]]]
FILES = {file.name: file for file in sql_files("benchmark")}
CLASSES = ("rapport", "cbs", "buig")
STAND = ("boekjaar", "verslagsoort", "plaatsing", "taakveld")
DENOMINATORS = {"inwoner": "inwoners", "bijstandsontvanger": "bijstandsontvangers"}


def rows_of(result: duckdb.DuckDBPyConnection) -> list[Row]:
    columns = [column[0] for column in result.description or []]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def frame(con: duckdb.DuckDBPyConnection, sql: str) -> pl.DataFrame:
    return pl.DataFrame(rows_of(con.execute(sql)), infer_schema_length=None)


def near(got: float | None, wanted: float | None) -> bool:
    """Tell whether two amounts are the same; what is left of a large sum keeps the rounding of that sum."""
    return got is wanted if got is None or wanted is None else math.isclose(got, wanted, rel_tol=1e-9, abs_tol=1e-5)


def key(row: Row, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


@pytest.fixture(scope="module")
def con(real: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(published_file(Lake(real))), read_only=True) as found:
        yield found


@pytest.fixture(scope="module")
def booked(con: duckdb.DuckDBPyConnection) -> list[Row]:
    """Give benchmark.gemeente_jaar, all taakvelden."""
    return rows_of(con.execute("from benchmark.gemeente_jaar"))


@pytest.fixture(scope="module")
def groups(con: duckdb.DuckDBPyConnection) -> Groups:
    """Give in which group each gemeente stands, from core alone."""
    found: Groups = defaultdict(dict)
    bounds = rows_of(con.execute("from core.grootteklasse"))
    by_year = defaultdict(list)
    for row in rows_of(con.execute("from core.gemeente")):
        by_year[row["jaar"]].append(row)
    for jaar, members in by_year.items():
        largest = {row["gemeente_code"] for row in sorted(members, key=lambda row: -row["inwoners"])[:4]}
        for row in members:
            own = (jaar, row["gemeente_code"])
            for bound in bounds:
                top = bound["bovengrens_inwoners"]
                if bound["ondergrens_inwoners"] <= row["inwoners"] and (top is None or row["inwoners"] < top):
                    found[bound["indeling"]][own] = (bound["volgorde"], bound["grootteklasse"])
            for name in ("provincie", "arbeidsmarktregio"):
                codes = sorted({other[f"{name}_code"] for other in members})
                found[name][own] = (codes.index(row[f"{name}_code"]) + 1, row[name])
            is_large = row["gemeente_code"] in largest
            found["G4"][own] = (2, "vier grootste gemeenten") if is_large else (1, "overige gemeenten")
    return found


def placed(booked: list[Row], groups: Groups) -> dict[tuple[Any, ...], list[Row]]:
    """Give who is placed on 6.5, by class and denominator: delivered, and a denominator above 0."""
    found = defaultdict(list)
    for row in booked:
        for noemer, column in DENOMINATORS.items():
            if row["taakveld"] == "6.5" and row["is_geleverd"] and row[column]:
                for indeling in CLASSES:
                    _, klasse = groups[indeling][row["boekjaar"], row["gemeente_code"]]
                    member = {"code": row["gemeente_code"], "lasten": row["lasten_euro"], "people": row[column]}
                    member["value"] = member["lasten"] / member["people"]
                    found[(*key(row, *STAND), noemer, indeling, klasse)].append(member)
    return found


def r7(values: Sequence[float], share: float) -> float:
    """Interpolate between the two nearest values, as type 7 of R does."""
    place = share * (len(values) - 1)
    low = int(place)
    return values[low] + (place - low) * (values[min(low + 1, len(values) - 1)] - values[low])


def test_every_gemeente_stands_in_one_group_of_every_indeling(con: duckdb.DuckDBPyConnection, groups: Groups) -> None:
    people = {key(r, "jaar", "gemeente_code"): r["inwoners"] for r in rows_of(con.execute("from core.gemeente"))}
    found = rows_of(con.execute("from benchmark.gemeente_groep"))
    got = {key(r, "indeling", "jaar", "gemeente_code"): key(r, "groep_volgorde", "groep") for r in found}
    wanted = {(name, *own): group for name, members in groups.items() for own, group in members.items()}
    assert got == wanted
    assert len(found) == len(wanted) == 6 * len(people)
    assert all(r["inwoners"] == people[r["jaar"], r["gemeente_code"]] for r in found)
    # Who the four are is known to every reader: Utrecht, Amsterdam, Den Haag and Rotterdam.
    four = {code for (_, code), (order, _) in groups["G4"].items() if order == 2}
    assert sorted(four) == ["GM0344", "GM0363", "GM0518", "GM0599"]


def test_statistics_of_every_group(con: duckdb.DuckDBPyConnection, booked: list[Row], groups: Groups) -> None:
    members = defaultdict(list)
    for row in booked:
        if row["taakveld"] == "6.5":
            for indeling, of in groups.items():
                members[(*key(row, *STAND), indeling, *of[row["boekjaar"], row["gemeente_code"]])].append(row)
    found = rows_of(con.execute("from benchmark.uitgaven_groep where taakveld = '6.5'"))
    assert len(found) == 4 * len(members)
    for got in found:
        group = members[key(got, *STAND, "indeling", "groep_volgorde", "groep")]
        column = DENOMINATORS[got["noemer"]]
        delivered = [r for r in group if r["is_geleverd"]]
        counted = [r for r in delivered if r[column] and (got["nulboekingen"] == "met" or r["lasten_euro"] != 0)]
        assert got["aantal_gemeenten"] == len(group)
        assert got["aantal"] == len(counted)
        assert got["aantal_nulboekingen"] == sum(r["lasten_euro"] == 0 for r in delivered)
        assert got["aantal_niet_geleverd"] == len(group) - len(delivered)
        assert got["aantal_zonder_noemer"] == sum(not r[column] for r in delivered)
        covered = sum(r["inwoners"] for r in counted) / sum(r["inwoners"] for r in group)
        assert got["aandeel_inwoners_gedekt"] == pytest.approx(covered)
        names = ("verhouding_van_sommen", "gemiddelde", "mediaan", "p10", "p25", "p75", "p90")
        statistic = [got[f"{name}_euro"] for name in names]
        if not counted:
            assert statistic == [None] * len(names)
            continue
        lasten, people = sum(r["lasten_euro"] for r in counted), sum(r[column] for r in counted)
        each = sorted(r["lasten_euro"] / r[column] for r in counted)
        assert (got["som_lasten_euro"], got["som_noemer"]) == (lasten, people)
        quantiles = [r7(each, share) for share in (0.5, 0.1, 0.25, 0.75, 0.9)]
        assert statistic == pytest.approx([lasten / people, statistics.fmean(each), *quantiles])


def test_robust_score_and_outliers(con: duckdb.DuckDBPyConnection, booked: list[Row], groups: Groups) -> None:
    wanted = {}
    for own, members in placed(booked, groups).items():
        middle = statistics.median(m["value"] for m in members)
        mad = statistics.median(abs(m["value"] - middle) for m in members)
        for m in members:
            score = 0.6745 * (m["value"] - middle) / mad if mad else None
            wanted[(*own, m["code"])] = (mad, score)
    found = rows_of(con.execute("from benchmark.gemeente_positie where taakveld = '6.5'"))
    names = (*STAND, "noemer", "indeling", "grootteklasse", "gemeente_code")
    assert {key(r, *names) for r in found} == set(wanted)
    for r in found:
        mad, score = wanted[key(r, *names)]
        assert (r["mad_klasse_euro"], r["robuuste_score"]) == pytest.approx((mad, score))
        assert r["is_uitschieter"] == (None if score is None else abs(score) > 3.5)
    assert {r["is_uitschieter"] for r in found} == {True, False}


def test_the_class_without_one_gemeente(con: duckdb.DuckDBPyConnection, booked: list[Row], groups: Groups) -> None:
    names = (*STAND, "noemer", "indeling", "grootteklasse")
    found = defaultdict(dict)
    for r in rows_of(con.execute("from benchmark.invloed_gemeente where taakveld = '6.5'")):
        found[key(r, *names)][r["gemeente_code"]] = r
    wanted = placed(booked, groups)
    assert {own: set(members) for own, members in found.items()} == {
        own: {m["code"] for m in members} for own, members in wanted.items()
    }
    for own, members in wanted.items():
        assert_influence(found[own], members)


def assert_influence(found: Mapping[str, Row], members: Sequence[Row]) -> None:
    """Compare influence in a class with means and ratios over lists from which each gemeente really was left out."""
    mean = statistics.fmean(m["value"] for m in members)
    ratio = sum(m["lasten"] for m in members) / sum(m["people"] for m in members)
    for m in members:
        row = found[m["code"]]
        rest = [other for other in members if other is not m]
        if rest:
            left = statistics.fmean(other["value"] for other in rest)
            left_ratio = sum(other["lasten"] for other in rest) / sum(other["people"] for other in rest)
            wanted = [m["value"], mean, left, mean - left, ratio, left_ratio, ratio - left_ratio]
        else:
            wanted = [m["value"], mean, None, None, ratio, None, None]
        assert row["aantal"] == len(members)
        columns = ("waarde", "gemiddelde", "gemiddelde_zonder", "invloed_gemiddelde")
        columns += ("verhouding_van_sommen", "verhouding_zonder", "invloed_verhouding")
        for name, value in zip(columns, wanted, strict=True):
            assert near(row[f"{name}_euro"], value), (row, name, value)


def test_zero_bookings_through_the_years(con: duckdb.DuckDBPyConnection, booked: list[Row]) -> None:
    names = ("verslagsoort", "plaatsing", "taakveld", "gemeente_code")
    history = defaultdict(list)
    for row in sorted(booked, key=lambda row: row["boekjaar"]):
        history[key(row, *names)].append(row)
    found = {key(r, *names): r for r in rows_of(con.execute("from benchmark.nulboekingen"))}
    wanted = {}
    for own, years in history.items():
        zero = [str(r["boekjaar"]) for r in years if r["lasten_euro"] == 0]
        absent = [str(r["boekjaar"]) for r in years if r["lasten_euro"] is None]
        if zero or absent:
            last = years[-1]["lasten_euro"]
            wanted[own] = {
                "gemeente": years[-1]["gemeente"],
                "aantal_jaren": len(years),
                "aantal_jaren_nul": len(zero),
                "aantal_jaren_niet_geleverd": len(absent),
                "jaren_nul": ", ".join(zero) or None,
                "jaren_niet_geleverd": ", ".join(absent) or None,
                "is_laatste_jaar_nul": None if last is None else last == 0,
                "hoogste_lasten_euro": max((r["lasten_euro"] for r in years if r["is_geleverd"]), default=None),
            }
    assert {own: {name: r[name] for name in wanted[own]} for own, r in found.items() if own in wanted} == wanted
    assert set(found) == set(wanted)


def test_shares_of_the_taakvelden(con: duckdb.DuckDBPyConnection, booked: list[Row]) -> None:
    names = ("boekjaar", "verslagsoort", "plaatsing")
    own, national, taakvelden = defaultdict(int), defaultdict(int), defaultdict(set)
    amounts = {}
    for r in booked:
        if r["is_geleverd"]:
            amounts[key(r, *STAND, "gemeente_code")] = r
            own[key(r, *names, "gemeente_code")] += r["lasten_euro"]
            national[key(r, *STAND)] += r["lasten_euro"]
            national[key(r, *names)] += r["lasten_euro"]
            taakvelden[key(r, *names)].add(r["taakveld"])
    found = rows_of(con.execute("from benchmark.taakveld_aandeel"))
    assert {key(r, *STAND, "gemeente_code") for r in found} == set(amounts)
    assert len(found) == len(amounts)
    for r in found:
        amount, together = amounts[key(r, *STAND, "gemeente_code")], own[key(r, *names, "gemeente_code")]
        assert key(r, "lasten_euro", "lasten_samen_euro") == (amount["lasten_euro"], together)
        assert r["taakvelden"] == ", ".join(sorted(taakvelden[key(r, *names)]))
        assert r["is_nulboeking"] == (r["lasten_euro"] == 0)
        wanted = [r["lasten_euro"] / together if together else None, r["lasten_euro"] / amount["inwoners"]]
        wanted.append(national[key(r, *STAND)] / national[key(r, *names)])
        got = key(r, "aandeel_lasten", "lasten_per_inwoner_euro", "aandeel_lasten_nederland")
        assert list(got) == pytest.approx(wanted)


@pytest.fixture(scope="module")
def predecessors(con: duckdb.DuckDBPyConnection, booked: list[Row]) -> dict[tuple[Any, ...], list[tuple[Row, float]]]:
    """Give of every gemeente of a later year on 6.5 the rows of its predecessors, each with its weight."""
    weights = defaultdict(list)
    for r in rows_of(con.execute("from core.gebiedsovergang")):
        weights[r["van_jaar"], r["van_code"]].append((r["naar_jaar"], r["naar_code"], r["gewicht"]))
    found = defaultdict(list)
    for row in booked:
        if row["taakveld"] == "6.5":
            for year, code, weight in weights[row["boekjaar"], row["gemeente_code"]]:
                found[(year, *key(row, *STAND), code)].append((row, weight))
    return found


def test_bijstandsontvangers_on_later_boundaries(
    con: duckdb.DuckDBPyConnection, booked: list[Row], predecessors: dict[tuple[Any, ...], list[tuple[Row, float]]]
) -> None:
    found = rows_of(con.execute("from benchmark.gemeente_jaar_grenzen where taakveld = '6.5'"))
    names = ("grenzen_jaar", *STAND, "gemeente_code")
    assert {key(r, *names) for r in found} == set(predecessors)
    total, before = defaultdict(int), defaultdict(int)
    divided = 0
    for r in found:
        parts = predecessors[key(r, *names)]
        people = r["bijstandsontvangers"]
        if any(row["bijstandsontvangers"] is None for row, _ in parts):
            assert people is None
        else:
            # Whole persons: of a gemeente that was divided a part is rounded, of others nothing is.
            rounded = sum(weight < 1 for _, weight in parts)
            divided += rounded
            assert people == pytest.approx(sum(row["bijstandsontvangers"] * w for row, w in parts), rel=0, abs=rounded)
        ratio = r["lasten_per_bijstandsontvanger_euro"]
        if people and all(row["is_geleverd"] for row, _ in parts):
            assert ratio == pytest.approx(r["lasten_euro"] / people)
        else:
            assert ratio is None
        total[key(r, "grenzen_jaar", *STAND)] += people or 0
    for row in booked:
        before[key(row, *STAND)] += row["bijstandsontvangers"] or 0
    assert divided
    assert all(people == before[own[1:]] for own, people in total.items())


def test_the_same_gemeenten_in_every_year(
    con: duckdb.DuckDBPyConnection, groups: Groups, predecessors: dict[tuple[Any, ...], list[tuple[Row, float]]]
) -> None:
    classes = defaultdict(list)
    for r in rows_of(con.execute("from benchmark.gemeente_jaar_grenzen where taakveld = '6.5'")):
        parts = [row for row, _ in predecessors[key(r, "grenzen_jaar", *STAND, "gemeente_code")]]
        for noemer, column in DENOMINATORS.items():
            whole = all(row["is_geleverd"] and row[column] for row in parts)
            for indeling in CLASSES:
                klasse = groups[indeling][r["grenzen_jaar"], r["gemeente_code"]]
                own = (*key(r, "grenzen_jaar", *STAND), noemer, indeling, *klasse)
                classes[own].append((r["lasten_euro"], r[column]) if whole else None)
    found = rows_of(con.execute("from benchmark.uitgaven_panel where taakveld = '6.5'"))
    names = ("klasse_jaar", *STAND, "noemer", "indeling", "klasse_volgorde", "grootteklasse")
    assert {key(r, *names) for r in found} == set(classes)
    sizes = defaultdict(set)
    for r in found:
        members = classes[key(r, *names)]
        counted = [m for m in members if m]
        assert key(r, "aantal_gemeenten", "aantal") == (len(members), len(counted))
        each = [lasten / people for lasten, people in counted]
        lasten = sum(m[0] for m in counted)
        assert r["som_lasten_euro"] == lasten
        wanted = [lasten / sum(m[1] for m in counted), statistics.fmean(each), statistics.median(each)]
        assert list(key(r, "verhouding_van_sommen_euro", "gemiddelde_euro", "mediaan_euro")) == pytest.approx(wanted)
        sizes[key(r, "klasse_jaar", "indeling", "grootteklasse")].add(r["aantal_gemeenten"])
    assert any(r["aantal"] < r["aantal_gemeenten"] for r in found)
    # A class has the same gemeenten whatever the boekjaar: that is what the table is for.
    assert all(len(counts) == 1 for counts in sizes.values())


@pytest.fixture(scope="module")
def bijstand(con: duckdb.DuckDBPyConnection) -> dict[tuple[int, str], Row]:
    """Give the rows of core.bijstand of the definition and month that core.instelling tells, by year and gemeente."""
    chosen = dict(con.execute("select naam, waarde from core.instelling").fetchall())
    return {
        key(r, "jaar", "regio_code"): r
        for r in rows_of(con.execute("from core.bijstand where maand = ?", [int(chosen["bijstand_maand"])]))
        if r["definitie"] == chosen["bijstand_definitie"]
    }


def test_rounding_of_bijstandsontvangers_in_the_ratio(booked: list[Row], bijstand: dict[tuple[int, str], Row]) -> None:
    for r in booked:
        n, base = key(bijstand[r["boekjaar"], r["gemeente_code"]], "aantal_personen", "afronding_personen")
        got = [r[f"lasten_per_bijstandsontvanger_{name}grens_euro"] for name in ("onder", "boven")]
        if not r["is_geleverd"]:
            assert got == [None, None]
        else:
            ends = [r["lasten_euro"] / (n - base / 2), r["lasten_euro"] / (n + base / 2)]
            assert got == pytest.approx([min(ends), max(ends)])
    # Negative lasten turn the bounds around.
    assert any((r["lasten_euro"] or 0) < 0 for r in booked)


def test_voorzieningen_of_a_gemeente_with_their_rounding(
    con: duckdb.DuckDBPyConnection, bijstand: dict[tuple[int, str], Row]
) -> None:
    people = {key(r, "jaar", "gemeente_code"): r["inwoners"] for r in rows_of(con.execute("from core.gemeente"))}
    kinds = {r["type"] for r in rows_of(con.execute("from core.voorziening_type")) if r["niveau"] != "type"}
    running = {
        key(r, "jaar", "maand", "regio_code", "type"): r
        for r in rows_of(con.execute("from core.srg_voorziening where status = 'lopend'"))
        if r["type"] in kinds and (r["jaar"], r["regio_code"]) in people and r["aantal_voorzieningen"] is not None
    }
    found = rows_of(con.execute("from benchmark.voorzieningen_gemeente"))
    assert len(found) == len(running)
    for got in found:
        r = running[key(got, "jaar", "maand", "gemeente_code", "type")]
        own = (r["jaar"], r["regio_code"])
        n, half, inwoners = r["aantal_voorzieningen"], r["afronding_voorzieningen"] / 2, people[own] / 1000
        persons, margin = bijstand[own]["aantal_personen"], bijstand[own]["afronding_personen"] / 2
        low, high = max(n - half, 0), n + half
        assert key(got, "aantal_voorzieningen", "bijstandsontvangers") == (n, persons)
        assert got["is_voorlopig"] == (r["is_voorlopig"] or bijstand[own]["is_voorlopig"])
        ends = ("", "_ondergrens", "_bovengrens")
        assert [got[f"per_1000_inwoners{end}"] for end in ends] == pytest.approx([v / inwoners for v in (n, low, high)])
        wanted = [n / persons, low / (persons + margin), high / (persons - margin)]
        assert [got[f"per_bijstandsontvanger{end}"] for end in ends] == pytest.approx(wanted)
    assert any(r["aantal_voorzieningen"] == 0 for r in found)


def run(folder: Path, names: Sequence[str], **inputs: pl.DataFrame) -> dict[str, list[Row]]:
    """Run files of sql/benchmark one after the other over made-up tables, each given as schema__table."""
    paths = {}
    for name, frame in inputs.items():
        schema, _, table = name.partition("__")
        paths[schema, table] = folder / f"{name}.parquet"
        write_table(paths[schema, table], frame)
    with connection(paths) as made_up:
        made_up.execute("create schema if not exists benchmark")
        for name in names:
            made_up.execute(f"create table benchmark.{name} as {FILES[name].body}")
        return {name: rows_of(made_up.execute(f"from benchmark.{name}")) for name in names}


CHOSEN = instelling(Keuzes(), "reconstructie")


def bijstand_of(counts: Mapping[str, int]) -> pl.DataFrame:
    """Give core.bijstand of January 2023 with these counts."""
    return pl.DataFrame(
        [(2023, 1, code, Keuzes().bijstand_definitie, count, False, 10) for code, count in counts.items()],
        schema=["jaar", "maand", "regio_code", "definitie", "aantal_personen", "is_voorlopig", "afronding_personen"],
        orient="row",
    )


def register(people: Mapping[str, int], jaar: int = 2023) -> pl.DataFrame:
    region = {"provincie_code": "PV20", "arbeidsmarktregio_code": "AM01"}
    region |= {"provincie": "Groningen", "arbeidsmarktregio": "Groningen"}
    rows = [{"jaar": jaar, "gemeente_code": c, "naam": c, "inwoners": n, **region} for c, n in people.items()]
    return pl.DataFrame(rows)


def test_bounds_of_lasten_where_bijstand_rounds_to_0_or_is_unknown(tmp_path: Path) -> None:
    stand = {"boekjaar": 2023, "verslagsoort": "jaarrekening", "plaatsing": 2}
    codes = {"GM0001": 0, "GM0002": 10, "GM0003": None, "GM0004": 0, "GM0005": 0}
    lasten = {"GM0004": 0, "GM0005": -3000}
    made = run(
        tmp_path,
        ["gemeente_jaar"],
        core__instelling=CHOSEN,
        core__bijstand=bijstand_of({code: count for code, count in codes.items() if count is not None}),
        core__gemeente=register(dict.fromkeys(codes, 1000)),
        core__taakveld=pl.DataFrame([{"boekjaar": 2023, "taakveld": "6.5", "rol": "benchmark"}]),
        core__iv3_levering=pl.DataFrame([{**stand, "gemeente_code": code, "status": "geleverd"} for code in codes]),
        core__iv3_boeking=pl.DataFrame(
            [
                {
                    **stand,
                    "gemeente_code": code,
                    "taakveld": "6.5",
                    "lasten_baten": "lasten",
                    "bedrag_euro": lasten.get(code, 3000),
                }
                for code in codes
            ]
        ),
    )["gemeente_jaar"]
    columns = [f"lasten_per_bijstandsontvanger_{name}euro" for name in ("", "ondergrens_", "bovengrens_")]
    got = {r["gemeente_code"]: key(r, *columns) for r in made}
    assert got["GM0002"] == (300, 200, 600)
    assert got["GM0003"] == (None, None, None)
    # Nothing booked is nothing per person, over however many; and what came in is divided the other way around.
    assert got["GM0004"] == (None, 0, None)
    assert got["GM0005"] == (None, None, -600)
    # 0 to 5 persons: there is no ratio and no highest one, but the lowest one is known.
    assert got["GM0001"] == (None, 600, None)


def test_bounds_of_voorzieningen_where_bijstand_rounds_to_0_or_is_unknown(tmp_path: Path) -> None:
    codes = ("GM0001", "GM0002", "GM0003")
    srg = {"jaar": 2023, "maand": 6, "type": "Anders", "status": "lopend", "aantal_voorzieningen": 20}
    srg |= {"afronding_voorzieningen": 10, "is_voorlopig": False}
    made = run(
        tmp_path,
        ["voorzieningen_gemeente"],
        core__instelling=CHOSEN,
        core__bijstand=bijstand_of({"GM0001": 0, "GM0002": 10}),
        core__gemeente=register(dict.fromkeys(codes, 1000)),
        core__voorziening_type=pl.DataFrame([{"type": "Anders", "niveau": "hoofdcategorie"}]),
        core__srg_voorziening=pl.DataFrame([{**srg, "regio_code": code} for code in codes]),
    )["voorzieningen_gemeente"]
    got = {
        r["gemeente_code"]: [r[f"per_bijstandsontvanger{end}"] for end in ("", "_ondergrens", "_bovengrens")]
        for r in made
    }
    assert got["GM0002"] == [2, 1, 5]
    assert got["GM0003"] == [None, None, None]
    assert got["GM0001"] == [None, 3, None]


def test_voorzieningen_on_later_boundaries(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    # The real figures of voorzieningen have one year, so there only "as it was" can be seen.
    columns = "jaar, maand, type, gemeente_code, gemeente, aantal_voorzieningen, bijstandsontvangers"
    own = con.execute(f"select {columns} from benchmark.voorzieningen_gemeente order by all").fetchall()
    sql = f"select {columns} from benchmark.voorzieningen_gemeente_grenzen where grenzen_jaar = jaar order by all"
    assert con.execute(sql).fetchall() == own
    # 1 is divided over 3 and 4; 2 has no count; 5 has no bijstand; 6 has nothing.
    counts = [("GM0001", 100, 40), ("GM0005", 10, None), ("GM0007", 20, 10)]
    passed = [(1, 3, 0.25), (1, 4, 0.75), (2, 3, 1.0), (5, 8, 1.0), (7, 8, 1.0), (6, 6, 1.0)]
    month = {"jaar": 2023, "maand": 1, "type": "Anders", "herkomst": "opname"}
    made = run(
        tmp_path,
        ["voorzieningen_gemeente_grenzen"],
        core__instelling=CHOSEN,
        core__gemeente=register(dict.fromkeys(("GM0003", "GM0004", "GM0006", "GM0008"), 1000), 2024),
        core__gebiedsovergang=pl.DataFrame(
            [(2023, f"GM{van:04}", 2024, f"GM{naar:04}", weight) for van, naar, weight in passed],
            schema=["van_jaar", "van_code", "naar_jaar", "naar_code", "gewicht"],
            orient="row",
        ),
        benchmark__voorzieningen_gemeente=pl.DataFrame(
            [{**month, "gemeente_code": c, "aantal_voorzieningen": n, "bijstandsontvangers": b} for c, n, b in counts]
        ),
    )["voorzieningen_gemeente_grenzen"]
    names = ("aantal_voorgangers", "is_volledig", "aantal_voorzieningen", "bijstandsontvangers")
    assert {r["gemeente_code"]: key(r, *names) for r in made} == {
        "GM0003": (2, False, 25, None),
        "GM0004": (1, True, 75, 30),
        "GM0008": (2, True, 30, None),
    }


@pytest.fixture(scope="module")
def prices(con: duckdb.DuckDBPyConnection) -> dict[int, dict[str, float]]:
    """Give by year the deflator of every price series that has both the year and the base year."""
    levels = {key(r, "reeks", "jaar"): r for r in rows_of(con.execute("from core.prijsindex"))}
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for (reeks, jaar), r in levels.items():
        if (reeks, 2020) in levels:
            found[jaar][reeks] = r["prijsindex_2020_100"] / levels[reeks, 2020]["prijsindex_2020_100"]
    return found


def test_deflators_of_every_series(con: duckdb.DuckDBPyConnection, prices: dict[int, dict[str, float]]) -> None:
    origin = {r["bron"]: r["herkomst"] for r in rows_of(con.execute("from core.bron"))}
    index = {key(r, "reeks", "jaar"): r for r in rows_of(con.execute("from core.prijsindex"))}
    found = {key(r, "reeks", "jaar"): r for r in rows_of(con.execute("from benchmark.deflator"))}
    assert set(found) == set(index)
    for own, r in found.items():
        assert r["deflator"] == pytest.approx(prices[own[1]][own[0]])
        base = index[own[0], 2020]
        assert key(r, "basisjaar", "is_voorlopig") == (2020, index[own]["is_voorlopig"] or base["is_voorlopig"])
        assert key(r, "bron", "herkomst") == (index[own]["bron"], origin.get(index[own]["bron"], "opname"))
    assert {r["reeks"] for r in found.values()} == {"overheidsconsumptie", "consumentenprijzen", "rapport tabel 3"}


@pytest.mark.parametrize("base", [2018, 2020, 2025])
def test_another_base_year(con: duckdb.DuckDBPyConnection, tmp_path: Path, base: int) -> None:
    index = frame(con, "from core.prijsindex")
    choice = instelling(Keuzes(basisjaar_prijzen=base), "opname")
    inputs = {"core__prijsindex": index, "core__instelling": choice, "core__bron": frame(con, "from core.bron")}
    found = run(tmp_path, ["deflator"], **inputs)["deflator"]
    levels = {key(r, "reeks", "jaar"): r for r in index.to_dicts()}
    assert {key(r, "reeks", "jaar") for r in found} == {own for own in levels if (own[0], base) in levels}
    for r in found:
        one, other = levels[r["reeks"], r["jaar"]], levels[r["reeks"], base]
        assert r["deflator"] == pytest.approx(one["prijsindex_2020_100"] / other["prijsindex_2020_100"])
        assert r["is_voorlopig"] == (one["is_voorlopig"] or other["is_voorlopig"])


REAL_TERMS = {
    "gemeente_jaar": ("lasten", "baten", "lasten_per_inwoner", "lasten_per_bijstandsontvanger"),
    "uitgaven_nederland": ("lasten", "baten", "lasten_per_inwoner", "lasten_per_bijstandsontvanger"),
    "uitgaven_groep": ("som_lasten", "verhouding_van_sommen", "gemiddelde", "mediaan"),
}


@pytest.mark.parametrize("table", REAL_TERMS)
def test_amounts_in_real_terms(con: duckdb.DuckDBPyConnection, prices: dict[int, dict[str, float]], table: str) -> None:
    own = FILES[table].header["grain"]
    where = "where taakveld = '6.5' and plaatsing = 2"
    nominal = {key(r, *own): r for r in rows_of(con.execute(f"from benchmark.{table} {where}"))}
    found = rows_of(con.execute(f"from benchmark.{table}_reeel {where}"))
    place = own.index("boekjaar")
    assert {key(r, *own, "reeks") for r in found} == {(*k, reeks) for k in nominal for reeks in prices[k[place]]}
    for r in found:
        was, deflator = nominal[key(r, *own)], prices[r["boekjaar"]][r["reeks"]]
        wanted = [was[f"{name}_euro"] for name in REAL_TERMS[table]]
        wanted = [None if amount is None else amount / deflator for amount in wanted]
        assert [r[f"{name}_reeel_euro"] for name in REAL_TERMS[table]] == pytest.approx(wanted)
        assert r["basisjaar"] == 2020


def test_what_the_series_of_the_report_divides_is_no_figure_of_cbs(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    of_cbs = pl.lit("cbs").alias("herkomst")
    found = run(
        tmp_path,
        ["deflator", "gemeente_jaar_reeel"],
        core__prijsindex=frame(con, "from core.prijsindex"),
        core__instelling=CHOSEN,
        core__bron=frame(con, "from core.bron").with_columns(of_cbs),
        benchmark__gemeente_jaar=frame(con, "from benchmark.gemeente_jaar").with_columns(of_cbs),
    )["gemeente_jaar_reeel"]
    assert {key(r, "reeks", "herkomst") for r in found} == {
        ("overheidsconsumptie", "cbs"),
        ("consumentenprijzen", "cbs"),
        ("rapport tabel 3", "opname"),
    }


def test_a_year_that_a_series_lacks_is_not_there_in_real_terms(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    index = frame(con, "from core.prijsindex where not (reeks = 'rapport tabel 3' and jaar = 2023)")
    found = run(
        tmp_path,
        ["deflator", "gemeente_jaar_reeel"],
        core__prijsindex=index,
        core__instelling=CHOSEN,
        core__bron=frame(con, "from core.bron"),
        benchmark__gemeente_jaar=frame(con, "from benchmark.gemeente_jaar where taakveld = '6.5'"),
    )["gemeente_jaar_reeel"]
    years = defaultdict(set)
    for r in found:
        years[r["reeks"]].add(r["boekjaar"])
    assert years["rapport tabel 3"] == {2020, 2021, 2022}
    assert years["overheidsconsumptie"] == years["consumentenprijzen"] == {2020, 2021, 2022, 2023}


def test_a_gemeente_without_bijstandsontvangers_is_left_out_of_the_panel(tmp_path: Path) -> None:
    stand = {"grenzen_jaar": 2023, "boekjaar": 2023, "verslagsoort": "jaarrekening", "plaatsing": 2, "taakveld": "6.5"}
    rows = [
        stand
        | {"gemeente_code": code, "lasten_euro": 1000, "inwoners": 20_000, "inwoners_geleverd": 20_000}
        | {"bijstandsontvangers": bijstand, "lasten_per_bijstandsontvanger_euro": 1000 / bijstand if bijstand else None}
        | {"herkomst": "opname"}
        for code, bijstand in (("GM0001", 0), ("GM0002", 10))
    ]
    found = run(
        tmp_path,
        ["gemeente_groep", "uitgaven_panel"],
        core__instelling=CHOSEN,
        core__grootteklasse=grootteklasse(),
        core__gemeente=register({"GM0001": 20_000, "GM0002": 20_000}),
        benchmark__gemeente_jaar_grenzen=pl.DataFrame(rows),
    )["uitgaven_panel"]
    wanted = {"inwoner": (2, 2, 0.05), "bijstandsontvanger": (2, 1, 100)}
    assert {r["noemer"]: key(r, "aantal_gemeenten", "aantal", "gemiddelde_euro") for r in found} == wanted


# (inwoners, bijstandsontvangers, lasten; None: no figure, not delivered); mostly in one class of buig, so classes fill.
Gemeente = tuple[int, int | None, int | None]
gemeente = st.tuples(
    st.one_of(st.integers(15_000, 39_999), st.integers(900, 900_000)),
    st.one_of(st.none(), st.integers(0, 500).map(lambda tens: tens * 10)),
    st.one_of(st.none(), st.just(0), st.integers(-(10**6), 10**9)),
)
gemeenten = st.lists(gemeente, min_size=1, max_size=15)
relaxed = hypothesis_settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def influence(made_up: Sequence[Gemeente], folder: Path, codes: Sequence[str] | None = None) -> dict[str, list[Row]]:
    """Run gemeente_positie and invloed_gemeente over made-up gemeenten; rows have the number of the gemeente."""
    codes = codes or [f"GM{number:04}" for number in range(len(made_up))]
    stand = {"boekjaar": 2023, "verslagsoort": "jaarrekening", "plaatsing": 2, "taakveld": "6.5", "herkomst": "opname"}
    rows = [
        stand
        | {"gemeente_code": code, "gemeente": code, "is_geleverd": lasten is not None, "lasten_euro": lasten}
        | {"inwoners": people, "bijstandsontvangers": bijstand}
        | {"is_nulboeking": None if lasten is None else lasten == 0}
        | {"lasten_per_inwoner_euro": None if lasten is None else lasten / people}
        | {"lasten_per_bijstandsontvanger_euro": lasten / bijstand if bijstand and lasten is not None else None}
        for code, (people, bijstand, lasten) in zip(codes, made_up, strict=True)
    ]
    types = {"bijstandsontvangers": pl.Int64, "lasten_euro": pl.Int64, "is_nulboeking": pl.Boolean}
    types |= dict.fromkeys(("lasten_per_inwoner_euro", "lasten_per_bijstandsontvanger_euro"), pl.Float64)
    found = run(
        folder,
        ["gemeente_groep", "gemeente_positie", "invloed_gemeente"],
        core__instelling=CHOSEN,
        core__grootteklasse=grootteklasse(),
        core__gemeente=register({code: people for code, (people, *_) in zip(codes, made_up, strict=True)}),
        benchmark__gemeente_jaar=pl.DataFrame(rows, schema_overrides=types),
    )
    number = {code: place for place, code in enumerate(codes)}
    return {
        name: sorted(
            ({**r, "number": number[r["gemeente_code"]]} for r in found[name]),
            key=lambda r: key(r, "noemer", "indeling", "number"),
        )
        for name in ("gemeente_positie", "invloed_gemeente")
    }


@relaxed
@given(gemeenten, st.randoms(use_true_random=False))
def test_codes_and_order_change_nothing(tmp_path: Path, made_up: list[Gemeente], chance: random.Random) -> None:
    codes = [f"GM{number:04}" for number in range(len(made_up))]
    chance.shuffle(codes)
    one, other = influence(made_up, tmp_path), influence(made_up, tmp_path, codes)
    for name in one:
        assert len(one[name]) == len(other[name])
        for row, again in zip(one[name], other[name], strict=True):
            for column in row.keys() - {"gemeente_code", "gemeente"}:
                assert row[column] == again[column], (column, row, again)


@relaxed
@given(gemeenten)
def test_twice_the_lasten(tmp_path: Path, made_up: list[Gemeente]) -> None:
    twice = [(people, bijstand, None if lasten is None else 2 * lasten) for people, bijstand, lasten in made_up]
    one, other = influence(made_up, tmp_path), influence(twice, tmp_path)
    for name in one:
        assert len(one[name]) == len(other[name])
        for row, again in zip(one[name], other[name], strict=True):
            for column, value in row.items():
                # Euros double, exactly: times 2 rounds nothing. Place, score, counts and names stay.
                wanted = 2 * value if column.endswith("_euro") and value is not None else value
                assert again[column] == wanted, column


@relaxed
@given(gemeenten)
def test_what_is_left_of_a_class_without_each_gemeente(tmp_path: Path, made_up: list[Gemeente]) -> None:
    found = influence(made_up, tmp_path)["invloed_gemeente"]
    counts = 0
    for noemer in DENOMINATORS:
        classes = defaultdict(list)
        for number, (people, bijstand, lasten) in enumerate(made_up):
            divisor = people if noemer == "inwoner" else bijstand
            if lasten is not None and divisor:
                member = {"code": f"GM{number:04}", "value": lasten / divisor, "lasten": lasten, "people": divisor}
                classes[(people >= 15_000) + (people >= 40_000)].append(member)
        rows = {r["gemeente_code"]: r for r in found if key(r, "noemer", "indeling") == (noemer, "buig")}
        for members in classes.values():
            assert_influence(rows, members)
            counts += len(members)
    assert counts == sum(r["indeling"] == "buig" for r in found)


@relaxed
@given(gemeente.filter(lambda one: one[2] is not None))
def test_the_only_gemeente_of_a_class_has_no_others(tmp_path: Path, made_up: Gemeente) -> None:
    found = influence([made_up], tmp_path)
    denominators = {"inwoner", "bijstandsontvanger"} if made_up[1] else {"inwoner"}
    for name in found:
        assert {key(r, "noemer", "indeling") for r in found[name]} == {(n, i) for n in denominators for i in CLASSES}
    for r in found["gemeente_positie"]:
        assert key(r, "aantal", "rang", "mad_klasse_euro", "verschil_met_mediaan_euro") == (1, 1, 0, 0)
        assert key(r, "percentiel", "robuuste_score", "is_uitschieter") == (None, None, None)
    for r in found["invloed_gemeente"]:
        assert r["gemiddelde_euro"] == r["verhouding_van_sommen_euro"] == r["waarde_euro"]
        assert key(r, "gemiddelde_zonder_euro", "invloed_gemiddelde_euro") == (None, None)
        assert key(r, "verhouding_zonder_euro", "invloed_verhouding_euro") == (None, None)


@relaxed
@given(st.lists(st.integers(15_000, 24_999), min_size=2, max_size=10))
def test_a_class_of_zero_bookings_has_no_score(tmp_path: Path, people: list[int]) -> None:
    found = influence([(number, 100, 0) for number in people], tmp_path)
    assert len(found["gemeente_positie"]) == len(found["invloed_gemeente"]) == 6 * len(people)
    for r in found["gemeente_positie"]:
        if r["indeling"] != "cbs":
            assert r["aantal"] == len(people)
        assert key(r, "waarde_euro", "mad_klasse_euro", "rang") == (0, 0, 1)
        assert key(r, "robuuste_score", "is_uitschieter") == (None, None)
        assert r["percentiel"] == (0 if r["aantal"] > 1 else None)
    for r in found["invloed_gemeente"]:
        alone = r["aantal"] == 1
        assert key(r, "invloed_gemiddelde_euro", "invloed_verhouding_euro") == ((None, None) if alone else (0, 0))

"""The SRG and national bijstand of the replica: printed figures, shape, opaque ids, and rounding."""

import csv
import json
import math
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from assets.cbs import titels
from pipelines.replica.catalogue import V4_HOST, Tables
from pipelines.replica.tables import Table
from pipelines.replica.world import World, build_world, mean

VOORZIENINGEN, PERSONEN, KENMERKEN, DUUR = "85588NED", "85589NED", "85692NED", "85585NED"
LOPEND, BEIDE = "Lopende voorzieningen", "Totaal voorzieningen:Lopend en beëindigd"
BEEINDIGD = "Beëindigde voorzieningen"
TOTAAL = "Totaal re-integratie-/participatievoorz."
LKS = "Loonkostensubsidie (Participatiewet)"
IEDEREEN = {"Geslacht": "Totaal mannen en vrouwen", "Leeftijd": "Totaal leeftijd"}
TYPES, REGIOS = "TypeReIntegratieParticipatievoorz", "RegioS"


def named(table: Table) -> pl.DataFrame:
    """Give the rows with the titles of their codes; Perioden stays."""
    assert hasattr(table.rows, "frame")
    frame: pl.DataFrame = table.rows.frame
    for dimension in table.dimensions:
        if dimension.naam not in ("Perioden", REGIOS):
            titles = {code.code: code.titel for code in dimension.codes}
            frame = frame.with_columns(pl.col(dimension.naam).replace_strict(titles))
    return frame


def table(world: World, tabel_id: str) -> Table:
    found = Tables(world).get(V4_HOST, tabel_id)
    assert found is not None
    return found


@pytest.fixture(scope="module", params=[1, 7, 42])
def seeded(request: pytest.FixtureRequest) -> World:
    return build_world(seed=request.param)


@pytest.fixture(scope="module")
def voorzieningen(seeded: World) -> pl.DataFrame:
    return named(table(seeded, VOORZIENINGEN))


@pytest.fixture(scope="module")
def personen(seeded: World) -> pl.DataFrame:
    return named(table(seeded, PERSONEN))


def printed(shared: Path) -> list[dict[str, str]]:
    with (shared / "report" / "published_figures.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def figure(shared: Path, name: str) -> float:
    return float(next(row["waarde"] for row in printed(shared) if row["id"] == name))


def of_2024(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("Perioden").str.starts_with("2024"))


def everybody(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("Herkomstland") == "Totaal", pl.col("GeboortelandOuders") == "Totaal")


def cbs_title(printed_type: str) -> str:
    short = printed_type.replace("participatievoorziening", "participatievoorz.")
    return "Uitbesteed én onbekend" if printed_type == "Uitbesteed en onbekend" else short


def test_table_5_of_the_report(shared: Path, voorzieningen: pl.DataFrame, personen: pl.DataFrame) -> None:
    running = of_2024(voorzieningen).filter(pl.col(REGIOS) == "NL01", pl.col("StatusVoorziening") == LOPEND)
    persons = everybody(of_2024(personen)).filter(
        pl.col("Geslacht") == "Totaal mannen en vrouwen",
        pl.col("Leeftijd") == "Totaal leeftijd",
        pl.col("StatusPersoon") == "Met lopende voorziening(en)",
    )
    means = {
        "voorzieningen": dict(running.group_by(TYPES).agg(pl.col("Value").mean()).rows()),
        "personen": dict(persons.group_by(TYPES).agg(pl.col("Value").mean()).rows()),
    }
    rows = [row for row in printed(shared) if row["id"].startswith("tabel5_")]
    assert len(rows) == 2 * 19
    for row in rows:
        titel = cbs_title(row["dimensies"].split("type=")[1])
        assert round(means[row["id"].split("_")[1]][titel]) == int(row["waarde"]), row["id"]


@pytest.mark.parametrize(
    ("klasse", "name", "decimals"),
    [
        ("25.000-50.000", "fig20_bijstand_25000-50000", 1),
        ("100.000-250.000", "fig20_bijstand_100000-250000", 2),
        (">250.000", "fig20_bijstand_gt250000", 2),
    ],
)
def test_class_means_of_figure_20(
    klasse: str, name: str, decimals: int, shared: Path, seeded: World, voorzieningen: pl.DataFrame
) -> None:
    total = cbs_title("Totaal re-integratie-/participatievoorziening")
    september = voorzieningen.filter(Perioden="2024MM09", StatusVoorziening=LOPEND).filter(pl.col(TYPES) == total)
    running, bijstand = dict(september.select(REGIOS, "Value").rows()), seeded.bijstand(2024, 1)
    members = [code for code in bijstand if seeded.klasse(2024, code) == klasse]
    assert round(mean(running[c] / bijstand[c] for c in members), decimals) == figure(shared, name)


def test_men_and_ages_as_printed(shared: Path, seeded: World, personen: pl.DataFrame) -> None:
    bijstand = everybody(of_2024(named(table(seeded, KENMERKEN))))
    titles = {topic.key: topic.titel for topic in table(seeded, KENMERKEN).topics}
    bijstand = bijstand.filter(pl.col("Measure").replace_strict(titles) == "Bijstandsuitkering")

    def with_bijstand(leeftijd: str, geslacht: str = "Totaal mannen en vrouwen") -> float:
        return float(bijstand.filter(Leeftijd=leeftijd, Geslacht=geslacht)["Value"].mean() or math.nan)

    running = everybody(of_2024(personen)).filter(StatusPersoon="Met lopende voorziening(en)")

    def with_one(soort: str, leeftijd: str, geslacht: str = "Totaal mannen en vrouwen") -> float:
        rows = running.filter(pl.col(TYPES) == soort).filter(Leeftijd=leeftijd, Geslacht=geslacht)
        return float(rows["Value"].mean() or math.nan)

    men = with_bijstand("Tot AOW-leeftijd", "Mannen") / with_bijstand("Tot AOW-leeftijd")
    assert round(100 * men) == figure(shared, "fig21_mannen_bijstand")
    lks = "Loonkostensubsidie (Participatiewet)"
    assert round(with_one(lks, "Totaal leeftijd", "Mannen") / with_one(lks, "Totaal leeftijd"), 1) == 0.7
    total = cbs_title("Totaal re-integratie-/participatievoorziening")
    for leeftijd, name in (
        ("Jonger dan 27 jaar", "lt27"),
        ("27 tot 45 jaar", "27-45"),
        ("45 jaar tot AOW-leeftijd", "ge45"),
    ):
        ratio = with_one(total, leeftijd) / with_bijstand(leeftijd)
        assert round(ratio, 1) == figure(shared, f"fig22_verhouding_{name}")


def test_durations_of_bijstand_as_printed(shared: Path, seeded: World) -> None:
    frame = everybody(of_2024(named(table(seeded, DUUR))))
    frame = frame.filter(Geslacht="Totaal mannen en vrouwen", Leeftijd="Totaal")
    means = dict(frame.group_by("DuurVanDeUitkeringssituatie").agg(pl.col("Value").mean()).rows())
    names = {"tot 1 jaar": "lt1", "1 tot 2 jaar": "1_2", "2 tot 3 jaar": "2_3", "3 tot 4 jaar": "3_4"}
    names |= {"4 tot 5 jaar": "4_5", "5 jaar of langer": "ge5"}
    for duur, name in names.items():
        share = 100 * means[f"Uitkeringsduur, {duur}"] / means["Uitkeringsduur, totaal"]
        assert round(share) == figure(shared, f"tabel7_bijstand_{name}")
    assert set(means) == {"Uitkeringsduur, totaal", *(f"Uitkeringsduur, {duur}" for duur in names)}


def test_persons_who_left_in_2024(personen: pl.DataFrame) -> None:
    total = cbs_title("Totaal re-integratie-/participatievoorziening")
    left = everybody(of_2024(personen)).filter(
        StatusPersoon="Uitstroom", Geslacht="Totaal mannen en vrouwen", Leeftijd="Totaal leeftijd"
    )
    assert left.filter(pl.col(TYPES) == total)["Value"].sum() == pytest.approx(85_000, abs=500)


def national(voorzieningen: pl.DataFrame) -> dict[tuple[str, str, str], float]:
    """Give the counts of Nederland by type, status and period."""
    rows = voorzieningen.filter(pl.col(REGIOS) == "NL01").select(TYPES, "StatusVoorziening", "Perioden", "Value").rows()
    return {(soort, status, periode): value for soort, status, periode, value in rows}


def months(counts: dict[tuple[str, str, str], float]) -> list[str]:
    return sorted({periode for _, _, periode in counts})


def members(shared: Path) -> dict[str, list[str]]:
    """Give the types of each main category, as table 5 has them."""
    found: dict[str, list[str]] = {}
    for row in printed(shared):
        if row["id"].startswith("tabel5_voorzieningen"):
            categorie, soort = (part.split("=", 1)[1] for part in row["dimensies"].split(";")[1:3])
            found.setdefault(categorie.replace("Financiele", "Financiële"), []).append(cbs_title(soort))
    del found["Totaal"]
    return found


def test_growth_and_what_ends_in_a_month(voorzieningen: pl.DataFrame) -> None:
    counts = national(voorzieningen)
    periods = months(counts)
    growth = {
        soort: counts[soort, LOPEND, "2024MM12"] / counts[soort, LOPEND, "2023MM01"] - 1 for soort, _, _ in counts
    }
    assert 0.09 < growth[TOTAAL] < 0.11
    assert min(growth[t] for t in (LKS, "Beschut werk", "Jobcoach/begeleiding op de werkplek")) > 0.1
    shrinking = ("Forfaitaire loonkostensubsidie", "Tijdelijke loonkostensubsidie", "WIW/ID-baan")
    assert max(growth[t] for t in shrinking) < 0
    running = [counts[TOTAAL, LOPEND, periode] for periode in periods]
    steps = [after / before - 1 for before, after in pairwise(running)]
    assert min(steps) > -0.001
    assert max(steps) < 0.01
    ended = {t: mean(counts[t, BEEINDIGD, p] / counts[t, LOPEND, p] for p in periods) for t in (TOTAAL, LKS)}
    assert ended[TOTAAL] == pytest.approx(0.058, abs=0.003)
    assert ended[LKS] == pytest.approx(0.01, abs=0.001)
    # As seen on CBS's pages.
    for periode, number in (("2023MM01", 234_220), ("2023MM06", 240_230), ("2024MM03", 254_040)):
        assert counts[TOTAAL, BEIDE, periode] == pytest.approx(number, rel=0.02)


def test_main_categories(shared: Path, voorzieningen: pl.DataFrame, personen: pl.DataFrame) -> None:
    counts = national(voorzieningen)
    of_category = members(shared)
    assert sum(len(types) for types in of_category.values()) == 18
    for (soort, status, periode), value in counts.items():
        if soort in of_category:
            parts = [counts[part, status, periode] for part in of_category[soort]]
            assert abs(value - sum(parts)) <= 5 * (len(parts) + 1), (soort, status, periode)
    rows = everybody(personen).filter(**IEDEREEN, StatusPersoon="Met lopende voorziening(en)")
    persons = {(soort, periode): value for soort, periode, value in rows.select(TYPES, "Perioden", "Value").rows()}
    for soort, types in of_category.items():
        for periode in months(counts):
            parts = [persons[part, periode] for part in types]
            assert max(parts) - 10 <= persons[soort, periode] <= sum(parts) + 5 * (len(parts) + 1)
    for periode in months(counts):
        categories = [persons[soort, periode] for soort in of_category]
        assert max(categories) < persons[TOTAAL, periode] < sum(categories)
    for (soort, periode), value in persons.items():  # nobody is counted without a voorziening
        assert value <= counts[soort, LOPEND, periode]


def test_everything_is_in_tens_and_parts_stay_within_rounding(voorzieningen: pl.DataFrame) -> None:
    assert (voorzieningen["Value"] % 10 == 0).all()
    assert voorzieningen["Value"].min() == 0
    counts = national(voorzieningen)
    types = {soort for soort, _, _ in counts}
    for soort in types:
        for periode in months(counts):
            both, running, ended = (counts[soort, status, periode] for status in (BEIDE, LOPEND, BEEINDIGD))
            assert abs(both - running - ended) <= 10
            started = counts[soort, "Lopend: gestart in de verslagperiode", periode]
            earlier = counts[soort, "Lopend: eerder gestart", periode]
            assert abs(running - started - earlier) <= 10
            assert 0 <= started <= running


def test_regions_are_sums_of_gemeenten(seeded: World, voorzieningen: pl.DataFrame) -> None:
    of_month = voorzieningen.filter(Perioden="2025MM03")
    counts = {(r, t, s): v for r, t, s, v in of_month.select(REGIOS, TYPES, "StatusVoorziening", "Value").rows()}
    provincie = {code: g.provincie_code for code, g in seeded.gemeenten(2025).items()}
    landsdeel = {"LD01": (20, 21, 22), "LD02": (23, 24, 25), "LD03": (26, 27, 28, 29), "LD04": (30, 31)}
    parts = {region: [f"PV{number}" for number in numbers] for region, numbers in landsdeel.items()}
    parts |= {region: [c for c in provincie if provincie[c] == region] for region in set(provincie.values())}
    parts |= {"NL01": list(landsdeel), "CR17": ["PV26"], "CR40": ["PV24"]}
    assert len(parts) == 19
    assert {r for r, _, _ in counts} == {*parts, *provincie}
    for region, inside in parts.items():
        for soort, status in {(t, s) for _, t, s in counts}:
            total = sum(counts[part, soort, status] for part in inside)
            # A part alone is the same count; of several, each and the total are rounded on their own.
            allowed = 0 if len(inside) == 1 else 5 * (len(inside) + 1)
            assert abs(counts[region, soort, status] - total) <= allowed, (region, soort, status)


def test_persons_by_sex_and_age_add_up(seeded: World, personen: pl.DataFrame) -> None:
    assert len(personen) < 250_000
    assert (personen["Value"] % 10 == 0).all()
    frames = {PERSONEN: personen, KENMERKEN: named(table(seeded, KENMERKEN)), DUUR: named(table(seeded, DUUR))}
    for tabel_id, frame in frames.items():
        young = "Totaal leeftijd" if tabel_id == PERSONEN else "Tot AOW-leeftijd" if tabel_id == KENMERKEN else "Totaal"
        ages = ("Jonger dan 27 jaar", "27 tot 45 jaar", "45 jaar tot AOW-leeftijd")
        others = [c for c in frame.columns if c not in ("Id", "Value", "Geslacht", "Leeftijd")]
        for column, total, listed in (
            ("Leeftijd", young, ages),
            ("Geslacht", "Totaal mannen en vrouwen", ("Mannen", "Vrouwen")),
        ):
            keys = [*others, "Geslacht" if column == "Leeftijd" else "Leeftijd"]
            wide = everybody(frame).pivot(column, index=keys, values="Value")
            off = wide[total] - wide.select(pl.sum_horizontal(listed)).to_series()
            assert len(off) > 100
            assert off.abs().max() <= 5 * (len(listed) + 1), (tabel_id, column)


def test_bijstand_in_nederland_is_that_of_the_gemeenten(seeded: World) -> None:
    found = table(seeded, KENMERKEN)
    measure = next(topic.key for topic in found.topics if topic.titel == "Bijstandsuitkering")
    rows = everybody(named(found)).filter(Measure=measure, Leeftijd="Tot AOW-leeftijd")
    rows = rows.filter(Geslacht="Totaal mannen en vrouwen")
    assert len(rows) == 44
    for periode, value in rows.select("Perioden", "Value").rows():
        assert value == sum(seeded.bijstand(int(periode[:4]), int(periode[6:])).values())


def test_origins_as_recorded(shared: Path, seeded: World) -> None:
    for tabel_id in (PERSONEN, KENMERKEN, DUUR):
        found = table(seeded, tabel_id)
        served = named(found)
        for naam in ("Herkomstland", "GeboortelandOuders"):
            text = (shared / "cbs" / "recorded" / "v4" / "85615NED" / f"codes-{naam}.json").read_text(encoding="utf-8")
            expected = [(code["Identifier"], code["Title"]) for code in json.loads(text)["value"]]
            codes = next(d.codes for d in found.dimensions if d.naam == naam)
            assert [(code.code, code.titel) for code in codes] == expected
            assert set(served[naam]) == {titel for _, titel in expected}


def test_types_have_the_first_title_of_the_mapping(seeded: World) -> None:
    """The replica writes its titles itself, as a witness of the mapping; both must say the same."""
    listed = tomllib.loads(Path(titels.__file__).with_suffix(".toml").read_text(encoding="utf-8"))["type"]
    for tabel_id in (VOORZIENINGEN, PERSONEN):
        codes = next(d.codes for d in table(seeded, tabel_id).dimensions if d.naam == TYPES)
        assert sorted(code.titel for code in codes) == sorted(entry["titels"][0] for entry in listed.values())
        assert len(codes) == 25
        assert codes[0].titel == TOTAAL


def cbs_ids(found: Table) -> Iterator[str]:
    """Give the ids that CBS does not tell beforehand."""
    yield from (topic.key for topic in found.topics)
    opaque = {TYPES, "StatusVoorziening", "StatusPersoon", "DuurVanDeUitkeringssituatie"}
    opaque |= {"Leeftijd"} if found.description.tabel_id == PERSONEN else set()
    yield from (code.code for d in found.dimensions if d.naam in opaque for code in d.codes)


def test_the_last_periods_are_provisional(seeded: World) -> None:
    for tabel_id, count, provisional, first, last in (
        (VOORZIENINGEN, 44, 3, "2023 januari", "2026 augustus*"),
        (PERSONEN, 44, 3, "2023 januari", "2026 augustus*"),
        (KENMERKEN, 44, 3, "2023 januari", "2026 augustus*"),
        (DUUR, 14, 1, "2023 1e kwartaal", "2026 2e kwartaal*"),
    ):
        codes = table(seeded, tabel_id).dimensions[-1].codes
        assert [code.status for code in codes] == ["Definitief"] * (count - provisional) + ["Voorlopig"] * provisional
        assert [code.titel.endswith("*") for code in codes] == [code.status == "Voorlopig" for code in codes]
        assert (codes[0].titel, codes[-1].titel) == (first, last)


def test_the_text_of_the_source_says_reconstructie(seeded: World) -> None:
    for tabel_id in (VOORZIENINGEN, PERSONEN, KENMERKEN, DUUR):
        assert table(seeded, tabel_id).description.bron.startswith("Reconstructie, geen CBS-cijfers.")


def test_ids_differ_from_seed_to_seed_and_titles_do_not(small_facts: Path) -> None:
    one, other = build_world(small_facts), build_world(small_facts, seed=2)
    for tabel_id in (VOORZIENINGEN, PERSONEN, DUUR, KENMERKEN):
        first, second = table(one, tabel_id), table(other, tabel_id)
        ids = list(cbs_ids(first))
        assert len(set(ids)) == len(ids)
        assert set(ids).isdisjoint(cbs_ids(second))
        assert [t.titel for t in first.topics] == [t.titel for t in second.topics]
        for a, b in zip(first.dimensions, second.dimensions, strict=True):
            assert [code.titel for code in a.codes] == [code.titel for code in b.codes]
            assert [code.titel for code in a.codes if code.code in {c.code for c in b.codes}] in (
                [],
                [code.titel for code in a.codes],
            )


def test_another_id_seed_gives_the_same_figures_under_other_ids(small_facts: Path) -> None:
    one, other = build_world(small_facts), build_world(small_facts, id_seed=5)
    for tabel_id in (VOORZIENINGEN, PERSONEN, DUUR, KENMERKEN):
        first, second = table(one, tabel_id), table(other, tabel_id)
        assert set(cbs_ids(first)).isdisjoint(cbs_ids(second))
        assert named(first).drop("Measure").equals(named(second).drop("Measure"))


def test_seeds_change_the_spread_over_gemeenten_alone(voorzieningen: pl.DataFrame) -> None:
    """The counts of Nederland are the same to the ten, also where the sum of gemeenten lies between two tens."""
    other = named(table(build_world(seed=11), VOORZIENINGEN))
    assert national(voorzieningen) == national(other)
    of_gemeenten = pl.col(REGIOS).str.starts_with("GM")
    differ = voorzieningen.filter(of_gemeenten)["Value"] != other.filter(of_gemeenten)["Value"]
    assert differ.mean() > 0.3

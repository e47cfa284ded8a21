"""The SRG and national bijstand of the replica: printed figures, given totals, opaque ids, and rounding."""

import csv
import math
from pathlib import Path

import polars as pl
import pytest

from assets.errors import ContractError
from pipelines.replica.catalogue import V4_HOST, Tables
from pipelines.replica.tables import Table
from pipelines.replica.world import World, build_world, mean

VOORZIENINGEN, PERSONEN, KENMERKEN, DUUR = "85588NED", "85589NED", "85692NED", "85585NED"
LOPEND, BEIDE = "Lopende voorzieningen", "Totaal voorzieningen:Lopend en beëindigd"
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


@pytest.fixture(scope="module", params=[1, 7])
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
    frame = everybody(of_2024(named(table(seeded, DUUR)))).filter(Geslacht="Totaal mannen en vrouwen")
    means = dict(frame.group_by("DuurVanDeUitkeringssituatie").agg(pl.col("Value").mean()).rows())
    names = {"tot 1 jaar": "lt1", "1 tot 2 jaar": "1_2", "4 tot 5 jaar": "4_5", "5 jaar of langer": "ge5"}
    for duur, name in names.items():
        share = 100 * means[f"Uitkeringsduur, {duur}"] / means["Uitkeringsduur, totaal"]
        assert round(share) == figure(shared, f"tabel7_bijstand_{name}")


def test_persons_who_left_in_2024(personen: pl.DataFrame) -> None:
    total = cbs_title("Totaal re-integratie-/participatievoorziening")
    left = everybody(of_2024(personen)).filter(
        StatusPersoon="Uitstroom", Geslacht="Totaal mannen en vrouwen", Leeftijd="Totaal leeftijd"
    )
    assert left.filter(pl.col(TYPES) == total)["Value"].sum() == pytest.approx(85_000, abs=500)


def test_everything_is_in_tens_and_parts_stay_within_rounding(voorzieningen: pl.DataFrame) -> None:
    assert (voorzieningen["Value"] % 10 == 0).all()
    of_types = voorzieningen.filter(Perioden="2025MM03", StatusVoorziening=LOPEND)
    national = dict(of_types.filter(pl.col(REGIOS) == "NL01").select(TYPES, "Value").rows())
    gemeenten = of_types.filter(pl.col(REGIOS).str.starts_with("GM"))
    for soort, total in dict(gemeenten.group_by(TYPES).agg(pl.col("Value").sum()).rows()).items():
        assert abs(total - national[soort]) <= 5 * (342 + 1)
    both = voorzieningen.filter(pl.col(REGIOS) == "NL01").pivot(
        "StatusVoorziening", index=[TYPES, "Perioden"], values="Value"
    )
    off = both[BEIDE] - both[LOPEND] - both["Beëindigde voorzieningen"]
    assert off.abs().max() <= 10
    split = both[LOPEND] - both["Lopend: gestart in de verslagperiode"] - both["Lopend: eerder gestart"]
    assert split.abs().max() <= 10


def test_the_last_three_months_are_provisional(seeded: World) -> None:
    perioden = table(seeded, VOORZIENINGEN).dimensions[-1].codes
    assert [code.status for code in perioden[-4:]] == ["Definitief", "Voorlopig", "Voorlopig", "Voorlopig"]
    assert perioden[-1].titel.endswith("*")
    assert len(perioden) == 44


def test_ids_differ_from_seed_to_seed_and_titles_do_not(small_facts: Path) -> None:
    one, other = build_world(small_facts), build_world(small_facts, seed=2)
    for tabel_id in (VOORZIENINGEN, PERSONEN, DUUR, KENMERKEN):
        first, second = table(one, tabel_id), table(other, tabel_id)
        assert {t.key for t in first.topics}.isdisjoint(t.key for t in second.topics)
        assert [t.titel for t in first.topics] == [t.titel for t in second.topics]
        for a, b in zip(first.dimensions, second.dimensions, strict=True):
            assert [code.titel for code in a.codes] == [code.titel for code in b.codes]
            assert len({code.code for code in a.codes}) == len(a.codes)
            if a.naam in (TYPES, "StatusVoorziening", "StatusPersoon", "DuurVanDeUitkeringssituatie"):
                assert {code.code for code in a.codes}.isdisjoint(code.code for code in b.codes)
    national = [named(table(w, PERSONEN)).select("Value").sum().item() for w in (one, other)]
    assert national[0] == national[1]


def test_published_totals_are_served_exactly(figures: Path, factual: World) -> None:
    served = {i: named(table(factual, i)) for i in (VOORZIENINGEN, PERSONEN)}
    regios = {code.titel: code.code for code in table(factual, VOORZIENINGEN).dimensions[2].codes}
    with (figures / "srg_gepubliceerd.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["table"] in served]
    assert len(rows) == 41
    for row in rows:
        frame = served[row["table"]].filter(pl.col(TYPES) == row["type"], pl.col("Perioden") == row["period"])
        if row["table"] == VOORZIENINGEN:
            frame = frame.filter(pl.col("StatusVoorziening") == row["status"], pl.col(REGIOS) == regios[row["region"]])
        else:
            frame = everybody(frame).filter(
                StatusPersoon=row["status"], Geslacht="Totaal mannen en vrouwen", Leeftijd="Totaal leeftijd"
            )
        assert frame["Value"].to_list() == [float(row["value"])], row


HEAD = "table,type,status,region,period,value\n"
TITEL = "Totaal re-integratie-/participatievoorz."
TOTAL = f"85588NED,{TITEL},Totaal voorzieningen:Lopend en beëindigd"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"{TOTAL},Nederland,2022MM12,230000", "line 2.*2023 or later"),
        (f"{TOTAL},Nederland,2023,230000", "line 2.*a month like"),
        (f"{TOTAL},Nederland,2023MM01,230001", "line 2.*in tens"),
        (f"{TOTAL},Atlantis,2023MM01,230000", "line 2.*'Atlantis' cannot be given"),
        (f"{TOTAL},Nederland,2029MM01,230000", "line 2.*is not served"),
        (f"{TOTAL.replace('Lopend en beëindigd', 'Gestart')},Nederland,2023MM01,10", "line 2.*cannot be given"),
        (f"{TOTAL.replace('Totaal re', 'Rest re')},Nederland,2023MM01,10", "line 2.*cannot be given"),
        (f"{TOTAL},Utrecht (PV),2023MM01,10\n{TOTAL},Utrecht (CR),2023MM01,20", "line 3.*overlaps"),
        (f"{TOTAL},Utrecht (PV),2023MM01,10\n{TOTAL},Utrecht (PV),2023MM02,50000", "leave no room"),
        (f"{TOTAL},Nederland,2023MM01,230000\n{TOTAL},Nederland,2023MM01,230010", "line 3.*twice"),
        (
            f"{TOTAL},Nederland,2023MM01,100\n{TOTAL.replace(TITEL, 'Beschut werk')},Nederland,2023MM01,200",
            "line 2.*leave -100",
        ),
    ],
)
def test_totals_that_make_no_sense_name_file_and_line(line: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "srg_gepubliceerd.csv").write_text(HEAD + line + "\n", encoding="utf-8")
    with pytest.raises(ContractError, match=words):
        Tables(build_world(tmp_path))


def test_a_world_of_twelve_gemeenten_serves_every_table(small_facts: Path) -> None:
    tables = Tables(build_world(small_facts))
    for tabel_id in (VOORZIENINGEN, PERSONEN, KENMERKEN, DUUR):
        found = tables.get(V4_HOST, tabel_id)
        assert found is not None
        assert len(found.rows) > 1000

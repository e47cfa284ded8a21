"""Counts of the SRG that facts give are served exactly, the rest goes with them, and nonsense is refused."""

import csv
import random
from pathlib import Path

import polars as pl
import pytest

from assets.errors import ContractError
from pipelines.replica.catalogue import V4_HOST, Tables
from pipelines.replica.world import World, build_world

VOORZIENINGEN, PERSONEN = "85588NED", "85589NED"
TITEL = "Totaal re-integratie-/participatievoorz."
BEIDE, LOPEND, BEEINDIGD = (
    "Totaal voorzieningen:Lopend en beëindigd",
    "Lopende voorzieningen",
    "Beëindigde voorzieningen",
)
PERSONEN_BEIDE = "Totaal personen: Lopend en uitstroom"
HEAD = "table,type,status,region,period,value\n"
TOTAL = f"{VOORZIENINGEN},{TITEL},{BEIDE}"
# table, type, status, region, period
Key = tuple[str, str, str, str, str]


def served(world: World) -> dict[Key, int]:
    """Give every count but those of gemeenten and of parts of the persons, by titles."""
    tables = Tables(world)
    found: dict[Key, int] = {}
    for tabel_id in (VOORZIENINGEN, PERSONEN):
        table = tables.get(V4_HOST, tabel_id)
        assert table is not None
        assert hasattr(table.rows, "frame")
        frame: pl.DataFrame = table.rows.frame
        titles = {d.naam: {code.code: code.titel for code in d.codes} for d in table.dimensions}
        if tabel_id == PERSONEN:
            totals = ("Geslacht", "Leeftijd", "Herkomstland", "GeboortelandOuders")
            frame = frame.filter(pl.col(naam) == next(iter(titles[naam])) for naam in totals)
            frame = frame.with_columns(pl.lit("NL01").alias("RegioS"))
            titles["RegioS"] = {"NL01": "Nederland"}
        frame = frame.filter(~pl.col("RegioS").str.starts_with("GM"))
        status = "StatusVoorziening" if tabel_id == VOORZIENINGEN else "StatusPersoon"
        names = ("TypeReIntegratieParticipatievoorz", status, "RegioS")
        for *codes, periode, value in frame.select(*names, "Perioden", "Value").rows():
            soort, titel, regio = (titles[naam][code] for naam, code in zip(names, codes, strict=True))
            if value is not None:  # a region may have no gemeenten
                found[tabel_id, soort, titel, regio, periode] = int(value)
    return found


def give(folder: Path, facts: dict[Key, int]) -> Path:
    with (folder / "srg_gepubliceerd.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD.strip().split(","))
        writer.writerows((*key, value) for key, value in facts.items())
    return folder


@pytest.fixture(scope="module")
def other_world() -> dict[Key, int]:
    """Give what a world of another seed serves: counts that go together, as those of CBS do."""
    return served(build_world(seed=3))


def can_be_given(key: Key) -> bool:
    """Tell whether the SRG of the replica takes a count as a fact."""
    _, soort, status, regio, _ = key
    categories = {
        "Financiële compensatie",
        "Werkplekken",
        "Ondersteuning op de werkplek",
        "Voorziening naar werk of naar participatie",
        "Faciliterende voorziening",
        "Anders",
    }
    if soort in categories or status.startswith("Lopend: "):
        return False
    return regio == "Nederland" or (soort, status) == (TITEL, BEIDE)


def test_published_totals_are_served_exactly(figures: Path, factual: World) -> None:
    found = served(factual)
    with (figures / "srg_gepubliceerd.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["table"] in (VOORZIENINGEN, PERSONEN)]
    assert len(rows) == 41
    for row in rows:
        key = (row["table"], row["type"], row["status"], row["region"], row["period"])
        assert found[key] == int(row["value"]), row
    check_that_all_goes_together(found)


def check_that_all_goes_together(found: dict[Key, int]) -> None:
    assert all(value >= 0 and value % 10 == 0 for value in found.values())
    types = sorted({soort for _, soort, _, _, _ in found if can_be_given(("", soort, "", "Nederland", ""))} - {TITEL})
    assert len(types) == 18
    for periode in {key[4] for key in found}:
        for status in (BEIDE, LOPEND, BEEINDIGD):
            parts = sum(found[VOORZIENINGEN, t, status, "Nederland", periode] for t in types)
            total = found[VOORZIENINGEN, TITEL, status, "Nederland", periode]
            assert abs(parts - total) <= 5 * (len(types) + 1), (periode, status)
            landsdelen = sum(found[VOORZIENINGEN, TITEL, status, f"{naam}-Nederland (LD)", periode] for naam in NAMES)
            assert abs(landsdelen - total) <= 5 * (len(NAMES) + 1), (periode, status)
            utrecht = [found[VOORZIENINGEN, TITEL, status, f"Utrecht ({kind})", periode] for kind in ("PV", "CR")]
            assert utrecht[0] == utrecht[1]
        for soort in (*types, TITEL):
            both, running, ended = (
                found[VOORZIENINGEN, soort, s, "Nederland", periode] for s in (BEIDE, LOPEND, BEEINDIGD)
            )
            assert abs(both - running - ended) <= 10, (periode, soort)
            for persons, status in ((PERSONEN_BEIDE, BEIDE), ("Met lopende voorziening(en)", LOPEND)):
                most = found[VOORZIENINGEN, soort, status, "Nederland", periode]
                assert found[PERSONEN, soort, persons, "Nederland", periode] <= most, (periode, soort, status)


NAMES = ("Noord", "Oost", "West", "Zuid")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_counts_of_another_world_are_served_exactly(seed: int, other_world: dict[Key, int], tmp_path: Path) -> None:
    """Whatever part of a consistent month is given, it comes out: single types and statuses, regions inside regions."""
    draw = random.Random(seed)  # noqa: S311  # which facts are given is no secret
    months = draw.sample(sorted({key[4] for key in other_world}), 3)
    keys = [key for key in other_world if key[4] in months and can_be_given(key)]
    facts = {key: other_world[key] for key in draw.sample(keys, 40)}
    found = served(build_world(give(tmp_path, facts), seed=seed + 10))
    assert {key: found[key] for key in facts} == facts
    check_that_all_goes_together(found)


def test_a_whole_month_is_served_exactly(other_world: dict[Key, int], tmp_path: Path) -> None:
    """Every type, status and region of two months, each rounded on its own; none is left to take a difference."""
    facts = {k: v for k, v in other_world.items() if k[4] in ("2023MM07", "2024MM09") and can_be_given(k)}
    assert len(facts) == 2 * (3 * 19 * 2 + 18)
    found = served(build_world(give(tmp_path, facts), seed=9))
    assert {key: found[key] for key in facts} == facts
    check_that_all_goes_together(found)


def test_what_runs_is_lowered_where_a_total_leaves_no_room(tmp_path: Path) -> None:
    low = {(VOORZIENINGEN, TITEL, BEIDE, "Nederland", "2024MM05"): 100_000}
    found = served(build_world(give(tmp_path, low)))
    assert found[VOORZIENINGEN, TITEL, BEIDE, "Nederland", "2024MM05"] == 100_000
    assert 0 < found[VOORZIENINGEN, TITEL, BEEINDIGD, "Nederland", "2024MM05"] < 10_000
    check_that_all_goes_together(found)


def test_persons_that_are_given_raise_the_voorzieningen(tmp_path: Path) -> None:
    high = {(PERSONEN, "Beschut werk", PERSONEN_BEIDE, "Nederland", "2024MM05"): 20_000}
    found = served(build_world(give(tmp_path, high)))
    assert found[PERSONEN, "Beschut werk", PERSONEN_BEIDE, "Nederland", "2024MM05"] == 20_000
    check_that_all_goes_together(found)


def test_a_count_of_nothing(small_facts: Path, tmp_path: Path) -> None:
    (tmp_path / "gemeenten.csv").write_bytes((small_facts / "gemeenten.csv").read_bytes())
    nothing = {
        (VOORZIENINGEN, "WIW/ID-baan", BEIDE, "Nederland", "2024MM09"): 0,
        (VOORZIENINGEN, TITEL, BEIDE, "Utrecht (PV)", "2024MM09"): 0,
    }
    found = served(build_world(give(tmp_path, nothing)))
    assert {key: found[key] for key in nothing} == nothing


def test_regions_that_make_up_the_country_give_its_total(tmp_path: Path) -> None:
    regions = dict(zip(NAMES, (30_000, 50_000, 120_000, 60_000), strict=True))
    facts = {(VOORZIENINGEN, TITEL, BEIDE, f"{n}-Nederland (LD)", "2024MM02"): v for n, v in regions.items()}
    found = served(build_world(give(tmp_path, facts)))
    assert {key: found[key] for key in facts} == facts
    assert found[VOORZIENINGEN, TITEL, BEIDE, "Nederland", "2024MM02"] == 260_000


def test_facts_of_another_table_are_passed_over(tmp_path: Path) -> None:
    facts = {("84511NED", TITEL, PERSONEN_BEIDE, "Nederland", "2022MM01"): 10}
    assert build_world(give(tmp_path, facts)).facts.srg == ()


def test_every_fact_makes_another_world(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    key = (VOORZIENINGEN, TITEL, BEIDE, "Nederland", "2024MM05")
    one, other = (build_world(give(tmp_path / name, {key: n})) for name, n in (("a", 250_000), ("b", 250_010)))
    assert len({one.id, other.id, build_world().id}) == 3


NL = f"{TOTAL},Nederland,2023MM01"
LOPEND_NL = NL.replace(BEIDE, LOPEND)
PERSONEN_NL = f"{PERSONEN},{TITEL},{PERSONEN_BEIDE},Nederland,2023MM01"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"{TOTAL},Nederland,2022MM12,230000", "line 2.*2023 or later"),
        (f"{TOTAL},Nederland,2023,230000", "line 2.*a month like"),
        (f"{NL},230001", "line 2.*in tens"),
        (f"{NL},-10", "line 2.*in tens"),
        (f"{TOTAL},Atlantis,2023MM01,230000", "line 2.*'Atlantis' cannot be given"),
        (f"{TOTAL},Nederland,2029MM01,230000", "line 2.*is not served"),
        (f"{NL},230000\n{TOTAL.replace('Lopend en beëindigd', 'Gestart')},Nederland,2023MM01,10", "line 3.*Gestart"),
        (f"{TOTAL.replace('Totaal re', 'Rest re')},Nederland,2023MM01,10", "line 2.*cannot be given"),
        (f"{TOTAL.replace(TITEL, 'Werkplekken')},Nederland,2023MM01,10", "line 2.*without main categories"),
        (f"{TOTAL.replace(BEIDE, LOPEND)},Utrecht (PV),2023MM01,10", "line 2.*'Utrecht .PV.' cannot be given"),
        (f"{TOTAL},Utrecht (PV),2023MM01,10\n{TOTAL},Utrecht (CR),2023MM01,20", "line 3.*same gemeenten"),
        (f"{TOTAL},Utrecht (PV),2023MM01,10\n{TOTAL},Utrecht (PV),2023MM02,50000", "line 2.*leave no room"),
        (f"{NL},230000\n{TOTAL},Utrecht (PV),2023MM01,240000", "line 3.*do not go with"),
        (f"{NL},230000\n{NL},230010", "line 3.*twice"),
        (f"{NL},100\n{TOTAL.replace(TITEL, 'Beschut werk')},Nederland,2023MM01,200", "line 2.*leave -100"),
        (
            f"{NL},230000\n{LOPEND_NL},230010\n{LOPEND_NL.replace(LOPEND, BEEINDIGD)},50000",
            "line 2.*230000 does not go with the other counts",
        ),
        (
            f"{PERSONEN_NL},300000",
            "line 2.*300000 persons.*more than.*voorzieningen",
        ),
        (
            f"{PERSONEN_NL},20000\n{PERSONEN_NL.replace(TITEL, 'Loonkostensubsidie (Participatiewet)')},30000",
            "line 3.*more than.*persons in all",
        ),
    ],
)
def test_counts_that_make_no_sense_name_file_and_line(line: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "srg_gepubliceerd.csv").write_text(HEAD + line + "\n", encoding="utf-8")
    with pytest.raises(ContractError, match=rf"srg_gepubliceerd.csv, {words}"):
        Tables(build_world(tmp_path))

"""Voorzieningen and persons by type, month and year: each figure against a computation of its own."""

from pathlib import Path

import pytest
from test_srg_made_up import (
    ALL_TYPES,
    JOBCOACH,
    LOONKOSTENSUBSIDIE,
    TOTAAL,
    Row,
    World,
    bijstand,
    divided,
    gemeente,
    mean,
    persoon,
    random_world,
    same,
    voorziening,
)

from assets.core.keuzes import Keuzes


def national(core: dict[str, list[Row]], jaar: int, soort: str) -> tuple[dict[int, Row], dict[int, Row]]:
    """Give the rows with a figure by month: running voorzieningen of Nederland, and persons with one."""
    counted = {
        row["maand"]: row
        for row in core["srg_voorziening"]
        if (row["jaar"], row["type"], row["regio_code"], row["status"]) == (jaar, soort, "NL01", "lopend")
        and row["aantal_voorzieningen"] is not None
    }
    persons = {
        row["maand"]: row
        for row in core["srg_persoon"]
        if (row["jaar"], row["type"], row["status"]) == (jaar, soort, "lopend")
        and {row["geslacht"], row["leeftijd"], row["herkomstland"]} == {"totaal"}
        and row["aantal_personen"] is not None
    }
    return counted, persons


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_figure_by_type(tmp_path: Path, seed: int) -> None:
    core = random_world(seed)
    rows = World(tmp_path, core).table("voorzieningen_type")
    assert [(row["jaar"], row["type"]) for row in rows] == sorted((j, t) for j in (2023, 2024, 2025) for t in ALL_TYPES)
    for row in rows:
        counted, persons = national(core, row["jaar"], row["type"])
        each = mean(r["aantal_voorzieningen"] for r in counted.values())
        people = mean(r["aantal_personen"] for r in persons.values())
        assert row["aantal_maanden"] == len(counted)
        assert same(row["gemiddeld_aantal_voorzieningen"], each)
        assert row["aantal_maanden_personen"] == len(persons)
        assert same(row["gemiddeld_aantal_personen"], people)
        ratio = divided(each, people) if set(counted) == set(persons) else None
        assert same(row["voorzieningen_per_persoon"], ratio)
        assert row["afrondingsmarge_aantal"] == (5 if counted or persons else None)
        assert row["is_volledig_jaar"] == (len(set(counted) & set(persons)) == 12)
        late = [r["is_voorlopig"] for r in (*counted.values(), *persons.values())]
        assert row["is_voorlopig"] == (any(late) if late else None)


def test_types_are_in_the_order_of_table_5(tmp_path: Path) -> None:
    rows = sorted(World(tmp_path, random_world(1)).table("voorzieningen_type"), key=lambda row: row["volgorde"])
    of_a_year = [row for row in rows if row["jaar"] == 2024]
    assert [row["type"] for row in of_a_year][:4] == [
        "Financiële compensatie",
        LOONKOSTENSUBSIDIE,
        "Forfaitaire loonkostensubsidie",
        "Tijdelijke loonkostensubsidie",
    ]
    assert of_a_year[-1]["type"] == TOTAAL
    assert of_a_year[-1]["hoofdcategorie"] is None
    assert {row["hoofdcategorie"] for row in of_a_year[:4]} == {"Financiële compensatie"}
    assert [row["niveau"] for row in of_a_year].count("type") == 18


def test_the_mean_is_over_the_months_with_a_figure_and_says_so(tmp_path: Path) -> None:
    counts = [100, None, 300, 0]
    core = {"srg_voorziening": [voorziening(2024, m, TOTAAL, n) for m, n in enumerate(counts, 1)]}
    core["srg_persoon"] = [persoon(2024, 1, TOTAAL, 50), persoon(2024, 3, TOTAAL, None), persoon(2024, 4, TOTAAL, 50)]
    row = by_type(World(tmp_path, core))[2024, TOTAAL]
    assert row["gemiddeld_aantal_voorzieningen"] == pytest.approx(400 / 3)  # the 0 counts, the empty month does not
    assert (row["aantal_maanden"], row["aantal_maanden_personen"]) == (3, 2)
    assert row["voorzieningen_per_persoon"] is None  # not the same months
    assert row["is_volledig_jaar"] is False


def test_a_type_without_rows_or_figures_is_empty_and_not_0(tmp_path: Path) -> None:
    core = {"srg_voorziening": [voorziening(2024, m, TOTAAL, 100) for m in range(1, 13)]}
    core["srg_voorziening"] += [voorziening(2024, m, JOBCOACH, None, is_voorlopig=True) for m in range(1, 13)]
    rows = by_type(World(tmp_path, core))
    for soort in (JOBCOACH, "Werkplekken"):
        row = rows[2024, soort]
        assert (row["aantal_maanden"], row["is_volledig_jaar"]) == (0, False)
        for column in ("gemiddeld_aantal_voorzieningen", "gemiddeld_aantal_personen", "is_voorlopig"):
            assert row[column] is None, column
    assert rows[2024, TOTAAL]["aantal_maanden"] == 12
    assert rows[2024, TOTAAL]["is_volledig_jaar"] is False  # there are no persons


def test_an_empty_month_is_not_provisional_and_no_persons_are_no_denominator(tmp_path: Path) -> None:
    core = {
        "srg_voorziening": [voorziening(2024, m, TOTAAL, 10) for m in (1, 2)],
        "srg_persoon": [
            persoon(2024, 1, TOTAAL, 0),
            persoon(2024, 2, TOTAAL, None, is_voorlopig=True),
        ],
    }
    row = by_type(World(tmp_path, core))[2024, TOTAAL]
    assert row["is_voorlopig"] is False
    core["srg_persoon"] = [persoon(2024, m, TOTAAL, 0) for m in (1, 2)]
    row = by_type(World(tmp_path, core))[2024, TOTAAL]
    assert (row["gemiddeld_aantal_personen"], row["voorzieningen_per_persoon"]) == (0, None)


def by_type(world: World) -> dict[tuple[int, str], Row]:
    return {(row["jaar"], row["type"]): row for row in world.table("voorzieningen_type")}


@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure_by_month_and_regio(tmp_path: Path, seed: int) -> None:
    core = random_world(seed)
    rows = World(tmp_path, core).table("voorzieningen_maand")
    given = {(r["jaar"], r["maand"], r["regio_code"], r["type"], r["status"]): r for r in core["srg_voorziening"]}
    assert len(rows) == len({key[:4] for key in given})
    people: dict[tuple[int, str], int] = {}
    for row in core["gemeente"]:
        for regio in ("NL01", row["provincie_code"], row["gemeente_code"]):
            people[row["jaar"], regio] = people.get((row["jaar"], regio), 0) + row["inwoners"]
    for row in rows:
        key = (row["jaar"], row["maand"], row["regio_code"], row["type"])
        lopend = given[*key, "lopend"]["aantal_voorzieningen"]
        assert row["lopende_voorzieningen_aantal"] == lopend
        assert row["beeindigde_voorzieningen_aantal"] == given[*key, "beëindigd"]["aantal_voorzieningen"]
        assert row["lopend_en_beeindigd_aantal"] == given[*key, "lopend en beëindigd"]["aantal_voorzieningen"]
        assert row["waarde_soort"] == given[*key, "lopend"]["waarde_soort"]
        assert row["is_voorlopig"] == given[*key, "lopend"]["is_voorlopig"]
        earlier = given.get((row["jaar"] - 1, *key[1:], "lopend"), {}).get("aantal_voorzieningen")
        change = None if lopend is None or earlier is None else lopend - earlier
        assert row["mutatie_jaar_aantal"] == change
        inwoners = people.get((row["jaar"], row["regio_code"]))
        rate = None if lopend is None else divided(lopend * 1000, inwoners)
        assert same(row["lopende_voorzieningen_per_1000_inwoners"], rate)
    assert {row["mutatie_jaar_aantal"] for row in rows if row["jaar"] == 2023} == {None}
    assert any(row["mutatie_jaar_aantal"] for row in rows if row["jaar"] == 2025)


def test_regions_have_their_names_of_that_year(tmp_path: Path) -> None:
    core = {
        "gemeente": [
            gemeente(2023, "GM0001", 10_000, "PV26", naam="Oud"),
            gemeente(2024, "GM0001", 20_000, "PV26", naam="Nieuw"),
        ],
        "srg_voorziening": [
            voorziening(jaar, 1, TOTAAL, 100, regio_code=regio)
            for jaar in (2023, 2024, 2025)
            for regio in ("NL01", "PV26", "GM0001")
        ],
    }
    rows = {(row["jaar"], row["regio_code"]): row for row in World(tmp_path, core).table("voorzieningen_maand")}
    assert [rows[jaar, "GM0001"]["regio"] for jaar in (2023, 2024)] == ["Oud", "Nieuw"]
    assert {rows[jaar, "NL01"]["regio"] for jaar in (2023, 2024, 2025)} == {"Nederland"}
    assert rows[2025, "PV26"]["regio"] == "Provincie PV26"  # also in a year that core.gemeente does not have
    assert [rows[2024, code]["regio_soort"] for code in ("NL01", "PV26", "GM0001")] == [
        "Nederland",
        "provincie",
        "gemeente",
    ]
    assert rows[2024, "GM0001"]["lopende_voorzieningen_per_1000_inwoners"] == 5
    assert rows[2025, "NL01"]["lopende_voorzieningen_per_1000_inwoners"] is None  # no inwoners, and not 0


def test_why_there_is_no_figure_is_kept(tmp_path: Path) -> None:
    core = {
        "srg_voorziening": [
            voorziening(2024, 1, TOTAAL, None, waarde_soort="geheim"),
            voorziening(2024, 1, TOTAAL, 10, status="beëindigd", is_voorlopig=True),
            voorziening(2024, 2, TOTAAL, 10, status="lopend en beëindigd"),
            voorziening(2024, 2, TOTAAL, 10, status="lopend, gestart"),
        ]
    }
    one, two = World(tmp_path, core).table("voorzieningen_maand")
    assert (one["lopende_voorzieningen_aantal"], one["waarde_soort"]) == (None, "geheim")
    assert (one["beeindigde_voorzieningen_aantal"], one["is_voorlopig"]) == (10, True)
    assert (two["lopende_voorzieningen_aantal"], two["waarde_soort"]) == (None, "leeg")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_figure_of_intensiteit(tmp_path: Path, seed: int) -> None:
    core = random_world(seed)
    share = 0.25
    world = World(tmp_path, core, keuzes=Keuzes(aandeel_personen_zonder_bijstand=share))
    rows = {row["jaar"]: row for row in world.table("intensiteit")}
    assert list(rows) == [2023, 2024, 2025]
    ultimo = {r["jaar"]: r for r in core["bijstand"] if r["maand"] == 12 and r["regio_code"] == "NL01"}
    for jaar, row in rows.items():
        counted, persons = national(core, jaar, TOTAAL)
        people = mean(r["aantal_personen"] for r in persons.values())
        assert people is not None
        assert same(row["gemiddeld_aantal_voorzieningen"], mean(r["aantal_voorzieningen"] for r in counted.values()))
        assert same(row["gemiddeld_aantal_personen"], people)
        assert row["aandeel_personen_zonder_bijstand"] == share
        assert same(row["personen_zonder_bijstand"], share * people)
        assert same(row["personen_met_bijstand"], people - share * people)
        december = ultimo.get(jaar, {}).get("aantal_personen")
        assert row["bijstandsontvangers_ultimo"] == december
        assert row["peilmaand_bijstand"] == (None if december is None else 12)
        assert same(row["aandeel_bijstand_bereikt"], divided(people - share * people, december))
        for column, soort in (("groei_loonkostensubsidie", LOONKOSTENSUBSIDIE), ("groei_jobcoach", JOBCOACH)):
            now, before = national(core, jaar, soort)[0], national(core, jaar - 1, soort)[0]
            growth = None
            if len(now) == len(before) == 12:
                growth = sum(r["aantal_voorzieningen"] for r in now.values()) / sum(
                    r["aantal_voorzieningen"] for r in before.values()
                )
            assert same(row[column], None if growth is None else growth - 1)


def year(jaar: int, lks: int, months: int = 12, **other: object) -> list[Row]:
    return [
        voorziening(jaar, maand, soort, n, **other)
        for maand in range(1, months + 1)
        for soort, n in ((TOTAAL, 1400), (LOONKOSTENSUBSIDIE, lks), (JOBCOACH, 2 * lks))
    ]


def test_growth_is_only_between_whole_years(tmp_path: Path) -> None:
    core = {"srg_voorziening": [*year(2023, 100), *year(2024, 110), *year(2025, 200, months=11)]}
    rows = World(tmp_path, core).table("intensiteit")
    assert [row["groei_loonkostensubsidie"] for row in rows] == [None, pytest.approx(0.1), None]
    assert [row["groei_jobcoach"] for row in rows] == [None, pytest.approx(0.1), None]
    assert [row["aantal_maanden"] for row in rows] == [12, 12, 11]
    core = {"srg_voorziening": [*year(2023, 0), *year(2024, 110)]}
    assert World(tmp_path / "zero", core).table("intensiteit")[1]["groei_jobcoach"] is None  # 0 does not grow


def test_bijstand_is_of_december_and_of_no_other_month(tmp_path: Path) -> None:
    core = {
        "srg_voorziening": [*year(2023, 100), *year(2024, 100)],
        "srg_persoon": [persoon(jaar, m, TOTAAL, 1000) for jaar in (2023, 2024) for m in range(1, 13)],
        "bijstand": [
            bijstand(2023, 12, "NL01", 3200),
            bijstand(2023, 12, "NL01", 9990, definitie="bijstandgerelateerd vanaf de AOW-leeftijd"),
            bijstand(2023, 12, "GM0001", 100),
            bijstand(2024, 11, "NL01", 3000),
            bijstand(2025, 12, "NL01", 0),
        ],
    }
    core["srg_voorziening"] += year(2025, 100)
    core["srg_persoon"] += [persoon(2025, m, TOTAAL, 1000) for m in range(1, 13)]
    one, two, zero = World(tmp_path, core).table("intensiteit")
    assert (one["bijstandsontvangers_ultimo"], one["peilmaand_bijstand"]) == (3200, 12)
    assert one["aandeel_bijstand_bereikt"] == pytest.approx(0.2)
    assert (one["voorzieningen_per_persoon"], one["is_voorlopig"]) == (pytest.approx(1.4), False)
    for column in ("bijstandsontvangers_ultimo", "peilmaand_bijstand", "aandeel_bijstand_bereikt"):
        assert two[column] is None, column
    assert two["is_voorlopig"] is False
    assert (zero["bijstandsontvangers_ultimo"], zero["aandeel_bijstand_bereikt"]) == (0, None)


@pytest.mark.parametrize("late", ["srg_voorziening", "srg_persoon", "bijstand", LOONKOSTENSUBSIDIE, JOBCOACH])
def test_one_provisional_figure_makes_intensiteit_provisional(tmp_path: Path, late: str) -> None:
    core = {
        "srg_voorziening": [
            *(row | {"is_voorlopig": late == row["type"]} for row in year(2023, 100)),
            *year(2024, 100, is_voorlopig=late == "srg_voorziening"),
        ],
        "srg_persoon": [persoon(2024, m, TOTAAL, 10, is_voorlopig=late == "srg_persoon") for m in range(1, 13)],
        "bijstand": [bijstand(2024, 12, "NL01", 3200, is_voorlopig=late == "bijstand")],
    }
    assert World(tmp_path, core).table("intensiteit")[1]["is_voorlopig"] is True

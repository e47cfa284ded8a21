"""The report recomputed: the scorecard, figure 7 on real figures computed again, and what `replicate` prints."""

import csv
import json
import shutil
import statistics
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from assets.benchmark.assets import in_order, make_tables
from assets.lake import Lake, write_table
from assets.published.layout import published_file

Row = dict[str, Any]
REPORT_CLASSES = (15_000, 25_000, 50_000, 100_000, 250_000)


def table(lake: Path, sql: str) -> list[Row]:
    with duckdb.connect(str(published_file(Lake(lake))), read_only=True) as con:
        result = con.execute(sql)
        columns = [column[0] for column in result.description or []]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


@pytest.fixture(scope="module")
def card(built_in: Path) -> dict[str, Row]:
    """Give the scorecard of the built-in world, 2023 and 2024."""
    return {row["id"]: row for row in table(built_in, "from rapport.replicatie")}


@pytest.fixture(scope="module")
def real_card(real: Path) -> dict[str, Row]:
    """Give the scorecard of the real figures, 2020-2023."""
    return {row["id"]: row for row in table(real, "from rapport.replicatie")}


@pytest.fixture(scope="module")
def lasten(figures: Path) -> dict[tuple[int, str], int | None]:
    """Give what each gemeente booked on 6.5 (jaarrekening) in euro, None when it did not deliver."""
    booked: dict[tuple[int, str], dict[str, int]] = defaultdict(dict)
    with (figures / "iv3_lasten.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["verslagsoort"] == "jaarrekening" and row["lasten_keur"]:
                booked[int(row["boekjaar"]), row["gemeente_code"]][row["taakveld"]] = round(
                    1000 * float(row["lasten_keur"])
                )
    return {key: found.get("6.5", 0) if any(found.values()) else None for key, found in booked.items()}


@pytest.fixture(scope="module")
def inwoners(figures: Path) -> dict[tuple[int, str], int]:
    with (figures / "gemeenten.csv").open(encoding="utf-8") as file:
        return {(int(r["jaar"]), r["gemeente_code"]): int(r["inwoners"]) for r in csv.DictReader(file)}


def test_every_printed_number_has_a_verdict_and_most_have_a_value(card: dict[str, Row], shared: Path) -> None:
    with (shared / "report" / "published_figures.csv").open(encoding="utf-8") as file:
        basis = {row["id"]: row["basis"] for row in csv.DictReader(file)}
    assert len(basis) == 141
    assert set(card) == set(basis)
    for name, row in card.items():
        assert (row["oordeel"] == "geen cbs-cijfer") == (basis[name] != "cbs")
        has_value = row["oordeel"] in ("gelijk", "wijkt af")
        assert (row["waarde_onze"] is not None) == has_value, name
        assert (row["reden"] is None) == has_value, name
        assert (row["vintages"] is not None) == has_value, name
    # Two of the ten years are in this lake; the numbers of the other years are nine.
    others = [name for name in card if name.startswith(("tabel3", "groei")) and card[name]["waarde_onze"] is None]
    assert len(others) == 8
    assert sum(row["waarde_onze"] is not None for row in card.values()) + len(others) >= 75


def test_what_is_not_computed_names_the_open_table_or_the_input_file(card: dict[str, Row]) -> None:
    missing = {name: str(row["reden"]) for name, row in card.items() if row["oordeel"] == "niet te berekenen"}
    assert len(missing) == 35
    for name, reason in missing.items():
        assert "open tabel " in reason or "invoerbestand srg_" in reason, name
    assert "srg_doelaandeel.csv" in missing["fig18_groei_participatie"]
    assert "srg_bijstandsduur.csv" in missing["tabel7_verhouding_lt1"]
    assert "84511NED" in missing["srg_dec2022_personen"]
    assert "--years" in missing["tabel3_nominaal_2020"]


def test_a_reconstruction_is_never_evidence(card: dict[str, Row]) -> None:
    computed = [row for row in card.values() if row["waarde_onze"] is not None]
    assert {row["herkomst"] for row in computed} == {"reconstructie"}
    assert {row["is_bewijs"] for row in computed} == {False}


def test_a_verdict_is_the_difference_within_the_rounding(card: dict[str, Row], real_card: dict[str, Row]) -> None:
    for row in [*card.values(), *real_card.values()]:
        if row["waarde_onze"] is not None:
            off = abs(row["waarde_onze"] - row["waarde_rapport"])
            assert row["verschil"] == pytest.approx(row["waarde_onze"] - row["waarde_rapport"])
            assert (row["oordeel"] == "gelijk") == (off <= row["afronding"] / 2 + 1e-9), row["id"]


def test_real_table_3_is_equal_for_2020_to_2023(real_card: dict[str, Row], lasten: dict[Any, int | None]) -> None:
    for jaar in range(2020, 2024):
        total = sum(value or 0 for (year, _), value in lasten.items() if year == jaar)
        row = real_card[f"tabel3_nominaal_{jaar}"]
        assert row["waarde_onze"] == pytest.approx(total / 1e6)
        assert row["oordeel"] == "gelijk"
        assert f"iv3_{jaar} " in row["vintages"]
        # The real amounts come out of the index the printed ones imply, to the printed million.
        assert real_card[f"tabel3_reeel_{jaar}"]["oordeel"] == "gelijk"


def test_zero_bookings_are_told_by_name(real: Path, real_card: dict[str, Row], lasten: dict[Any, int | None]) -> None:
    names = {
        (row["jaar"], row["gemeente_code"]): row["naam"]
        for row in table(real, "select jaar, gemeente_code, naam from core.gemeente")
    }
    rows = table(real, "from rapport.voetnoot_14 order by boekjaar")
    assert [row["boekjaar"] for row in rows] == [2020, 2021, 2022, 2023]
    for row in rows:
        jaar = row["boekjaar"]
        zero = sorted(names[key] for key in names if key[0] == jaar and lasten.get(key) == 0)
        absent = sorted(names[key] for key in names if key[0] == jaar and lasten.get(key) is None)
        assert row["gemeenten_nulboeking"] == ", ".join(zero)
        assert (row["gemeenten_niet_geleverd"] or "") == ", ".join(absent)
        assert (row["aantal_nulboekingen"], row["aantal_niet_geleverd"]) == (len(zero), len(absent))
    # The report says 10 or 12 a year; the years of today's figures do not, and the card does not hide it.
    far = max((row["aantal_nulboekingen"] for row in rows), key=lambda n: min(abs(n - 10), abs(n - 12)))
    assert real_card["nulboekers_per_jaar"]["waarde_onze"] == far
    assert real_card["nulboekers_per_jaar"]["oordeel"] == "wijkt af"


def number_of(people: int) -> int:
    return 1 + sum(people >= bound for bound in REPORT_CLASSES)


def test_figure_7_in_both_weightings_on_real_figures(
    real: Path, lasten: dict[tuple[int, str], int | None], inwoners: dict[tuple[int, str], int]
) -> None:
    """Per inwoner, from the CSV files alone: unweighted mean, ratio of sums, median, with and without zero bookings."""
    found = {
        (row["boekjaar"], row["klasse_volgorde"]): row
        for row in table(
            real,
            "from rapport.figuur_7 where verslagsoort = 'jaarrekening' and plaatsing = 2 and noemer = 'inwoners'",
        )
    }
    assert len(found) == 4 * 6
    groups: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for (jaar, code), people in inwoners.items():
        if (value := lasten.get((jaar, code))) is not None and 2020 <= jaar <= 2023:
            groups[jaar, number_of(people)].append((value, people))
    assert set(found) == set(groups)
    for key, members in groups.items():
        row, each = found[key], [value / people for value, people in members]
        assert row["aantal"] == len(members)
        assert row["gemiddelde_euro"] == pytest.approx(statistics.fmean(each))
        total = sum(value for value, _ in members) / sum(people for _, people in members)
        assert row["verhouding_van_sommen_euro"] == pytest.approx(total)
        assert row["mediaan_euro"] == pytest.approx(statistics.median(each))
        without = [value / people for value, people in members if value]
        assert row["gemiddelde_zonder_nulboekingen_euro"] == pytest.approx(statistics.fmean(without))


def test_figure_7_per_bijstandsontvanger_and_with_lks(built_in: Path) -> None:
    """The denominators, computed again from core: definitie and month, and the LKS of that month added."""
    booked = {
        (r["boekjaar"], r["gemeente_code"]): r["lasten_euro"]
        for r in table(
            built_in,
            "select boekjaar, gemeente_code, lasten_euro from benchmark.gemeente_jaar where taakveld = '6.5' "
            "and verslagsoort = 'jaarrekening' and plaatsing = 2 and is_geleverd",
        )
    }
    people = {(r["jaar"], r["gemeente_code"]): r["inwoners"] for r in table(built_in, "from core.gemeente")}
    bijstand = {
        (r["jaar"], r["regio_code"], r["maand"]): r["aantal_personen"]
        for r in table(
            built_in, "from core.bijstand where definitie = 'bijstand tot de AOW-leeftijd' and maand in (1, 12)"
        )
    }
    lks = {
        (r["jaar"], r["regio_code"], r["maand"]): r["aantal_voorzieningen"]
        for r in table(
            built_in,
            "from core.srg_voorziening where status = 'lopend' and type = 'Loonkostensubsidie (Participatiewet)'",
        )
    }
    found = {
        (r["boekjaar"], r["noemer"], r["klasse_volgorde"]): r
        for r in table(built_in, "from rapport.figuur_7 where verslagsoort = 'jaarrekening' and plaatsing = 2")
    }
    for maand, naam in ((1, "januari"), (12, "december")):
        for more, ending in ((False, ""), (True, ", plus LKS")):
            groups: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
            for (jaar, code), value in booked.items():
                number = bijstand.get((jaar, code, maand))
                extra = lks.get((jaar, code, maand)) if more else 0
                if number is not None and extra is not None and number + extra > 0:
                    groups[jaar, number_of(people[jaar, code])].append((value, number + extra))
            assert groups
            for (jaar, volgorde), members in groups.items():
                row = found[jaar, f"bijstand tot de AOW-leeftijd, {naam}{ending}", volgorde]
                assert row["gemiddelde_euro"] == pytest.approx(statistics.fmean(v / n for v, n in members))
                weighted = sum(v for v, _ in members) / sum(n for _, n in members)
                assert row["verhouding_van_sommen_euro"] == pytest.approx(weighted)


def test_the_candidates_of_a_number_say_which_reading_gives_it(built_in: Path, card: dict[str, Row]) -> None:
    rows = table(built_in, "from rapport.replicatie_kandidaat")
    readings: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        readings[row["id"]].append(row)
    for name, each in readings.items():
        equal = [r["kandidaat"] for r in each if r["is_gelijk"] and r["waarde"] is not None]
        assert sorted(equal) == sorted((card[name]["gelijke_kandidaten"] or "").split(" | ") if equal else [])
        assert sum(r["is_definitie"] for r in each) >= 1 or name.startswith("tabel3"), name
    # What the report leaves open for figure 7: the statistic, zero bookings, definition and month of bijstand,
    # plaatsing, verslagsoort.
    words = " ".join(r["kandidaat"] for r in readings["fig7_bijstand_lt15"])
    choices = ("gewogen", "mediaan", "zonder nulboekingen", "december", "begroting", "eerste plaatsing", "plus LKS")
    assert all(choice in words for choice in choices)


def test_the_printed_numbers_stand_beside_ours_in_the_tables(built_in: Path, card: dict[str, Row]) -> None:
    """One printed column in each table of the report, for the year it fixed and for no other."""
    for name, column, year, count in (
        ("tabel_3", "rapport_lasten_mln_euro", "boekjaar", 2),
        ("tabel_5", "rapport_voorzieningen", "jaar", 19),
        ("tabel_5", "rapport_personen", "jaar", 19),
        ("figuur_20", "rapport_per_noemer", "jaar", 3),
        ("figuur_22", "rapport_per_bijstandsontvanger", "jaar", 3),
        ("tabel_7", "rapport_bijstand_procent", "jaar", 6),
        ("kader_4_2_2", "rapport_euro", "boekjaar", 4),
        ("paragraaf_6_2_1", "rapport_waarde", "jaar", 5),
    ):
        rows = table(built_in, f"select {year} as jaar, {column} as gedrukt from rapport.{name}")
        printed = [row["gedrukt"] for row in rows if row["gedrukt"] is not None]
        assert len(printed) == count, name
        assert {row["jaar"] for row in rows if row["gedrukt"] is not None} <= {2023, 2024}
        assert set(printed) <= {row["waarde_rapport"] for row in card.values()}
        assert {row["jaar"] for row in rows} >= {2023, 2024}, name


def test_a_part_of_a_year_is_told_and_not_judged(built_in: Path, tmp_path: Path) -> None:
    lake = Lake(Path(shutil.copytree(built_in, tmp_path / "lake")))
    holes = {"bijstand_duur": pl.col("kwartaal") == 3, "bijstand_kenmerk": pl.col("maand") == 5}
    holes["srg_voorziening"] = holes["bijstand_kenmerk"]
    for name, hole in holes.items():
        path = lake.core / f"{name}.parquet"
        write_table(path, pl.read_parquet(path).filter(~((pl.col("jaar") == 2024) & hole)))
    for schema in ("benchmark", "rapport"):
        shutil.rmtree(lake.root / schema)
    make_tables({(schema, file.name) for schema, file in in_order()}, lake)

    def made(name: str) -> list[Row]:
        return pl.read_parquet(lake.root / "rapport" / f"{name}.parquet").to_dicts()

    assert {(r["jaar"], r["aantal_kwartalen"]) for r in made("tabel_7")} >= {(2023, 4), (2024, 3)}
    months = {(r["jaar"], r["aantal_maanden"], r["aantal_maanden_bijstand"]) for r in made("figuur_21")}
    assert months >= {(2023, 12, 12), (2024, 12, 11)}
    assert {(r["jaar"], r["aantal_maanden"], r["aantal_maanden_bijstand"]) for r in made("figuur_22")} == months
    counted = {
        (r["jaar"], r["aantal_maanden_voorzieningen"], r["aantal_maanden_personen"]) for r in made("paragraaf_6_2_1")
    }
    assert counted >= {(2023, 12, 12), (2024, 11, 12)}
    card = {r["id"]: r for r in made("replicatie")}
    for name, words in (
        ("tabel7_bijstand_lt1", "85585NED heeft dit jaar niet in 4 kwartalen"),
        ("voorzieningen_per_persoon", "niet in 12 maanden"),
        ("fig21_mannen_bijstand", "85692NED heeft dit jaar niet in 12 maanden"),
    ):
        assert card[name]["waarde_onze"] is None, name
        assert words in card[name]["reden"]
    # What rests on whole years of other tables is judged all the same.
    for name in ("fig21_mannen_lks", "personen_met_bijstand", "bijstand_ultimo_2024"):
        assert card[name]["waarde_onze"] is not None, name


def test_a_number_of_five_years_is_not_equal_on_two(card: dict[str, Row], built_in: Path) -> None:
    """The two years that are there have 10 and 12 zero bookings, as printed; the other three are not known."""
    years = table(built_in, "select boekjaar, aantal_nulboekingen from rapport.voetnoot_14 order by 1")
    assert {row["aantal_nulboekingen"] for row in years} <= {10, 12}
    assert card["nulboekers_per_jaar"]["oordeel"] == "niet te berekenen"
    assert card["nulboekers_per_jaar"]["waarde_onze"] is None


def test_other_choices_than_those_of_the_report_are_not_judged_as_its_reading(
    small: Path, tmp_path: Path, run: Callable[..., Any]
) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(small, lake)
    before = {row["id"]: row for row in table(lake, "from rapport.replicatie")}
    choices = {"REINTEGRATIE_BIJSTAND_MAAND": "6", "REINTEGRATIE_AANDEEL_PERSONEN_ZONDER_BIJSTAND": "0.5"}
    assert run("build", "--lake", lake, **choices).returncode == 0
    after = {row["id"]: row for row in table(lake, "from rapport.replicatie")}
    for name in ("per_bijstandsontvanger_2024", "per_te_ondersteunen_laag", "personen_zonder_bijstand"):
        assert before[name]["waarde_onze"] is not None
        assert after[name]["oordeel"] == "niet te berekenen", name
        assert "keuzes van deze run" in after[name]["reden"], name
    # What rests on neither choice is what it was.
    for name in ("tabel3_nominaal_2024", "fig7_bijstand_lt15", "per_persoon_met_voorziening", "bijstand_ultimo_2024"):
        assert after[name]["waarde_onze"] == before[name]["waarde_onze"], name
    told = table(lake, "from rapport.replicatie_kandidaat where id = 'personen_zonder_bijstand'")
    assert [row["aanname"] for row in told] == ["aandeel personen zonder bijstand: 0.5"]


def test_any_amount_can_be_put_in_the_prices_of_the_base_year(built_in: Path) -> None:
    rows = table(
        built_in,
        "select panel.som_lasten_euro as nominaal, deflator.deflator, "
        "benchmark.in_prijzen(panel.som_lasten_euro, panel.boekjaar, 'consumentenprijzen') as reeel "
        "from benchmark.uitgaven_panel as panel join benchmark.deflator on deflator.jaar = panel.boekjaar "
        "where deflator.reeks = 'consumentenprijzen' and panel.som_lasten_euro is not null",
    )
    assert len(rows) > 100
    assert all(row["reeel"] == pytest.approx(row["nominaal"] / row["deflator"]) for row in rows)
    assert table(built_in, "select benchmark.in_prijzen(1, 1999, 'consumentenprijzen') as x") == [{"x": None}]
    with pytest.raises(duckdb.Error, match="no price series goud"):
        table(built_in, "select benchmark.in_prijzen(lasten_euro, boekjaar, 'goud') from benchmark.uitgaven_nederland")


def test_replicate_prints_and_strict_fails_on_a_difference(real: Path, run: Callable[..., Any]) -> None:
    done = run("replicate", "--lake", real)
    assert done.returncode == 0
    assert "wijkt af" in done.stdout
    assert "0 of these verdicts are evidence" in done.stdout
    assert "RECONSTRUCTIE" in done.stdout
    as_json = run("replicate", "--lake", real, "--format", "json")
    assert len(json.loads(as_json.stdout)) == 141
    strict = run("replicate", "--lake", real, "--strict")
    assert strict.returncode == 1
    assert "nulboekers_per_jaar" in strict.stderr
    nothing = run("replicate", "--lake", real / "nowhere")
    assert nothing.returncode == 1
    assert "refresh" in nothing.stderr


def test_strict_is_content_when_nothing_differs(built_in: Path, run: Callable[..., Any]) -> None:
    assert run("replicate", "--lake", built_in, "--strict").returncode == 0


def test_the_way_back_to_earlier_boundaries_is_refused(real: Path) -> None:
    forward = table(
        real,
        "select sum(lasten_euro)::bigint as euro, count(*) as aantal from benchmark.op_grenzen(2020, 2023) "
        "where taakveld = '6.5' and verslagsoort = 'jaarrekening' and plaatsing = 2",
    )
    assert forward == [{"euro": 910_760_000, "aantal": 342}]
    with pytest.raises(duckdb.Error, match=r"boekjaar 2023 cannot be put on the boundaries of 2020.*later years only"):
        table(real, "from benchmark.op_grenzen(2023, 2020)")
    with pytest.raises(duckdb.Error, match="later years only"):  # whatever else is asked, and finds nothing
        table(real, "select count(*) as n from benchmark.op_grenzen(2023, 2020) where boekjaar = 1")
    with pytest.raises(duckdb.Error, match="no gemeenten of 2031"):
        table(real, "from benchmark.op_grenzen(2023, 2031)")
    with pytest.raises(duckdb.Error, match="no boekjaar 2019"):
        table(real, "from benchmark.op_grenzen(2019, 2023)")

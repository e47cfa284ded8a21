"""The SRG from end to end: the printed figures of the built-in world, published totals, and ids that do not matter."""

import csv
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from assets.benchmark.assets import published_tables
from assets.lake import Lake
from assets.published.layout import published_file
from pipelines.replica.app import create_app
from pipelines.replica.server import running_app
from pipelines.replica.world import build_world
from pipelines.run import run_job
from pipelines.settings import load_settings


def rows(lake: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(published_file(Lake(lake))), read_only=True) as con:
        return con.execute(sql).fetchall()


@pytest.fixture(scope="module")
def printed(shared: Path) -> dict[str, float]:
    with (shared / "report" / "published_figures.csv").open(encoding="utf-8") as file:
        figures = {row["id"]: row["waarde"] for row in csv.DictReader(file)}
    return {name: float(value) for name, value in figures.items() if value.replace(".", "").isdigit()}


def test_table_5_comes_out_within_the_rounding_of_counts_in_tens(built_in: Path, shared: Path) -> None:
    """Each month is off by at most 5, so a mean of months is too; print rounding adds a half."""
    found = {
        str(naam): (float(str(v)), float(str(p)))
        for naam, v, p in rows(
            built_in,
            "select type, gemiddeld_aantal_voorzieningen, gemiddeld_aantal_personen from benchmark.voorzieningen_type "
            "where jaar = 2024 and niveau != 'hoofdcategorie'",
        )
    }
    with (shared / "report" / "published_figures.csv").open(encoding="utf-8") as file:
        named = [row for row in csv.DictReader(file) if row["id"].startswith("tabel5_")]
    assert len(named) == 38
    for row in named:
        value = found[row["dimensies"].split("type=")[1]][0 if "voorzieningen_" in row["id"][:22] else 1]
        assert abs(value - float(row["waarde"])) <= 5.5, row["id"]
        assert round(value) == float(row["waarde"])  # this world was made to give them


def test_figure_20_comes_out(built_in: Path, printed: dict[str, float]) -> None:
    found = dict(
        rows(
            built_in,
            "select grootteklasse, gemiddelde_per_noemer from benchmark.voorzieningen_grootteklasse "
            "join core.voorziening_type using (type) where niveau = 'totaal' and jaar = 2024 and maand = 9 "
            "and indeling = 'rapport' and noemer = 'bijstandsontvanger'",
        )
    )
    assert len(found) == 6
    assert round(float(str(found["25.000-50.000"])), 1) == printed["fig20_bijstand_25000-50000"]
    assert round(float(str(found["100.000-250.000"])), 2) == printed["fig20_bijstand_100000-250000"]
    assert round(float(str(found[">250.000"])), 2) == printed["fig20_bijstand_gt250000"]


def test_sex_age_and_duration_come_out(built_in: Path, printed: dict[str, float]) -> None:
    total = "Totaal re-integratie-/participatievoorziening"
    men = rows(
        built_in,
        "select categorie, aandeel_personen, aandeel_bijstand from benchmark.personen_geslacht where jaar = 2024 "
        "and geslacht = 'mannen' and indeling = 'CBS'",
    )
    shares = {str(naam): (float(str(p)), float(str(b))) for naam, p, b in men}
    assert round(100 * shares[total][1]) == printed["fig21_mannen_bijstand"]
    assert round(shares["Loonkostensubsidie (Participatiewet)"][0], 1) == printed["fig21_mannen_lks"] / 100
    ages = dict(
        rows(
            built_in,
            "select leeftijd, personen_per_bijstandsontvanger from benchmark.personen_leeftijd where jaar = 2024 "
            f"and indeling = 'CBS' and categorie = '{total}'",
        )
    )
    for leeftijd, name in (("<27", "lt27"), ("27-45", "27-45"), (">=45", "ge45")):
        assert round(float(str(ages[leeftijd])), 1) == printed[f"fig22_verhouding_{name}"]
    duren = dict(
        rows(built_in, "select duur, aandeel_bijstand from benchmark.personen_bijstandsduur where jaar = 2024")
    )
    for duur, name in (("<1 jaar", "lt1"), ("1-2 jaar", "1_2"), ("2-3 jaar", "2_3"), (">=5 jaar", "ge5")):
        assert round(100 * float(str(duren[duur]))) == printed[f"tabel7_bijstand_{name}"]


def test_intensity_and_euro_per_person_come_out(built_in: Path, printed: dict[str, float]) -> None:
    found = rows(
        built_in,
        "select voorzieningen_per_persoon, personen_zonder_bijstand, personen_met_bijstand, aandeel_bijstand_bereikt "
        "from benchmark.intensiteit where jaar = 2024",
    )
    per_person, without, with_, reached = (float(str(value)) for value in found[0])
    assert round(per_person, 1) == printed["voorzieningen_per_persoon"]
    assert round(without, -3) == printed["personen_zonder_bijstand"]
    assert round(with_, -3) == printed["personen_met_bijstand"]
    assert round(100 * reached) == printed["aandeel_bijstand_met_voorziening"]
    euro = dict(
        rows(
            built_in,
            "select maat, euro_per_persoon from benchmark.uitgaven_per_persoon where boekjaar = 2024 and plaatsing = 2 "
            "and taakveld = '6.5' and verslagsoort = 'jaarrekening'",
        )
    )
    amounts = {str(maat): float(str(value)) for maat, value in euro.items()}
    assert round(amounts["per bijstandsontvanger"]) == printed["per_bijstandsontvanger_2024"]
    assert round(amounts["per te ondersteunen persoon, laag"], -2) == printed["per_te_ondersteunen_laag"]
    assert round(amounts["per te ondersteunen persoon, hoog"], -2) == printed["per_te_ondersteunen_hoog"]
    assert round(amounts["per persoon met een voorziening in het jaar"], -3) == printed["per_persoon_met_voorziening"]


def test_published_months_come_out_as_published(real: Path, figures: Path) -> None:
    with (figures / "srg_gepubliceerd.csv").open(encoding="utf-8") as file:
        given = [row for row in csv.DictReader(file) if row["table"] == "85588NED" and row["region"] == "Nederland"]
    totals = {row["period"]: int(row["value"]) for row in given if row["type"].startswith("Totaal")}
    assert sorted(totals) == [f"2023MM{m:02}" for m in range(1, 13)] + [f"2024MM{m:02}" for m in range(1, 4)]
    found = rows(
        real,
        "select printf('%dMM%02d', jaar, maand), lopend_en_beeindigd_aantal from benchmark.voorzieningen_maand "
        "join core.voorziening_type using (type) where regio_code = 'NL01' and voorziening_type.niveau = 'totaal'",
    )
    assert {str(period): value for period, value in found if period in totals} == totals


def test_other_ids_give_the_same_tables(small: Path, small_facts: Path, tmp_path: Path) -> None:
    other = Lake(tmp_path / "lake")
    with running_app(create_app(build_world(small_facts, seed=1, id_seed=2))) as url:
        run_job("refresh", load_settings(source=url, years="2023-2024", lake=other.root), lambda _: None)
    made = [table for table in published_tables() if table.schema == "benchmark"]
    assert len(made) > 10
    for table in made:
        one, two = (pl.read_parquet(lake.benchmark / f"{table.table}.parquet") for lake in (Lake(small), other))
        assert one.equals(two), table.table
    ids = [lake.newest("srg_voorzieningen").manifest.filter for lake in (Lake(small), other)]  # type: ignore[union-attr]
    assert ids[0] != ids[1]  # the id of the measure stands in the filter


def test_input_files_fill_what_the_open_tables_lack(small: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(small, lake)
    absent = "select distinct is_invoer_aanwezig, aandeel_personen_srg is null from benchmark.personen_bijstandsduur"
    assert rows(lake, absent) == [(False, True)]
    (lake / "invoer").mkdir()
    shares = {
        "<1 jaar": 0.158,
        "1-2 jaar": 0.160,
        "2-3 jaar": 0.109,
        "3-4 jaar": 0.079,
        "4-5 jaar": 0.068,
        ">=5 jaar": 0.426,
    }
    lines = ["jaar,duur,aandeel_personen,bron", *(f"2024,{duur},{share},proef" for duur, share in shares.items())]
    (lake / "invoer" / "srg_bijstandsduur.csv").write_text("\n".join(lines), encoding="utf-8")
    doel = "type,aandeel_reintegratie,peilmaand,bron\nVrijwilligerswerk,0.44,2024MM12,proef\n"
    (lake / "invoer" / "srg_doelaandeel.csv").write_text(doel, encoding="utf-8")
    run_job("build", load_settings(lake=lake), lambda _: None)
    found = rows(lake, "select duur, verhouding_aandelen from benchmark.personen_bijstandsduur where jaar = 2024")
    expected = {"<1 jaar": 0.98, "1-2 jaar": 1.23, ">=5 jaar": 0.88}
    assert {str(d): round(float(str(v)), 2) for d, v in found if d in expected} == expected
    where = "where jaar = 2024 and maand = 12 and type = 'Vrijwilligerswerk'"
    doelen = f"select aantal_voorzieningen from benchmark.voorzieningen_doel {where} and doel = 're-integratie'"
    running = f"select lopende_voorzieningen_aantal from benchmark.voorzieningen_maand {where} and regio_code = 'NL01'"
    narrow, whole = rows(lake, doelen)[0][0], rows(lake, running)[0][0]
    assert float(str(narrow)) == pytest.approx(0.44 * float(str(whole)))
    assert rows(lake, "select protocol, herkomst from meta.bronnen where bron = 'invoer_doelaandeel'") == [
        ("bestand", "opname")
    ]

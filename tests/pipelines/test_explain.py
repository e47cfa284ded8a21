"""From a figure back to CBS: the rows that are named are there, and add up to the figure."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assets.lake import Lake
from pipelines.explain import Explanation, explain

Run = Callable[..., subprocess.CompletedProcess[str]]
KEY = ("gemeente=Utrecht", "boekjaar=2024", "verslagsoort=jaarrekening", "plaatsing=2", "taakveld=6.5")


def at_cbs(lake: Path, rij: Any) -> dict[str, Any]:
    """Read the row as CBS sent it: by vintage, page and id."""
    vintage = next(v for v in Lake(lake).vintages(rij["bron"]) if v.id == rij["vintage"])
    answer = json.loads(vintage.read(rij["bestand"].removesuffix(".zst")))
    (row,) = [row for row in answer["value"] if row.get("ID", row.get("Id")) == rij["cbs_rij"]]
    return dict(row)


def explained(lake: Path, table: str, *keys: str) -> Explanation:
    return explain(lake / "published" / "reintegratie.duckdb", table, keys)


def figures(found: Explanation) -> dict[str, Any]:
    return {figure.kolomnaam: figure.waarde for figure in found.cijfers}


def test_every_row_named_is_at_cbs_with_its_value(built_in: Path) -> None:
    found = explained(built_in, "gemeente_jaar", *KEY)
    assert {rij["tabel"] for rij in found.bronrijen} == {"core.iv3_boeking", "core.gemeente", "core.bijstand"}
    for rij in found.bronrijen:
        row = at_cbs(built_in, rij)
        code = str(row.get("RegioS", row.get("Gemeenten"))).strip()
        assert code == rij["gemeente_code"] == "GM0344"
        numbers = [value for value in row.values() if isinstance(value, int | float)]
        factor = 1000 if rij["tabel"] == "core.iv3_boeking" else 1
        assert any(number * factor == pytest.approx(rij["waarde"]) for number in numbers), rij
        if factor == 1000:
            assert row["TaakveldBalanspost"].strip() == "6.5"


def test_the_rows_add_up_to_the_figures(built_in: Path) -> None:
    found = explained(built_in, "benchmark.gemeente_jaar", *KEY)
    own = figures(found)
    rows = found.bronrijen
    lasten = sum(r["waarde"] for r in rows if r["lasten_baten"] == "lasten")
    assert lasten == own["lasten_euro"] != 0
    assert sum(r["waarde"] for r in rows if r["lasten_baten"] == "baten") == own["baten_euro"]
    assert [r["waarde"] for r in rows if r["tabel"] == "core.gemeente"] == [own["inwoners"]]
    (bijstand,) = [r["waarde"] for r in rows if r["tabel"] == "core.bijstand"]
    assert bijstand == own["bijstandsontvangers"]
    assert lasten / bijstand == own["lasten_per_bijstandsontvanger_euro"]


def test_voorzieningen_are_found_by_month_and_type(built_in: Path) -> None:
    keys = ("gemeente=Utrecht", "jaar=2024", "maand=3", "type=Totaal re-integratie-/participatievoorziening")
    found = explained(built_in, "voorzieningen_gemeente", *keys)
    running = [r for r in found.bronrijen if r["tabel"] == "core.srg_voorziening" and r["status"] == "lopend"]
    assert [r["waarde"] for r in running] == [figures(found)["aantal_voorzieningen"]]
    assert all(r["maand"] == 3 for r in found.bronrijen if r["tabel"] == "core.srg_voorziening")
    assert at_cbs(built_in, running[0])["Value"] == running[0]["waarde"]


def test_on_later_boundaries_the_rows_are_those_of_who_it_was(real: Path) -> None:
    """Voorne aan Zee (2023) was Brielle, Hellevoetsluis and Westvoorne."""
    keys = ("gemeente_code=GM1992", "boekjaar=2021", "grenzen_jaar=2023", *KEY[2:])
    found = explained(real, "gemeente_jaar_grenzen", *keys)
    assert {r["gemeente_code"] for r in found.bronrijen} == {"GM0501", "GM0530", "GM0614"}
    lasten = sum(r["waarde"] * r["aandeel"] for r in found.bronrijen if r["lasten_baten"] == "lasten")
    assert lasten == figures(found)["lasten_euro"] != 0


@pytest.mark.parametrize(
    ("table", "keys", "word"),
    [
        ("gemeente_jaren", KEY, "Did you mean: benchmark.gemeente_jaar"),
        ("gemeente_jaar", ("boekjaar",), "write column=value"),
        ("gemeente_jaar", ("boekjaren=2024",), "Did you mean: boekjaar"),
        ("gemeente_jaar", ("boekjaar=1999",), "boekjaar 1999 is nowhere. Did you mean: 2023, 2024"),
        ("gemeente_jaar", ("gemeente=Utrect",), "Did you mean: Utrecht"),
        ("gemeente_jaar", KEY[:2], r"add verslagsoort (begroting, jaarrekening); plaatsing (1, 2); taakveld (6.3"),
        ("uitgaven_nederland", KEY[1:], "is not of one gemeente"),
    ],
)
def test_what_cannot_be_explained_is_said(
    table: str, keys: tuple[str, ...], word: str, run: Run, built_in: Path
) -> None:
    done = run("explain", table, *keys, "--lake", built_in)
    assert done.returncode == 2
    assert word in done.stderr


def test_the_command_shows_the_row_the_page_and_the_origin(run: Run, built_in: Path) -> None:
    found = explained(built_in, "gemeente_jaar", *KEY)
    shown = run("explain", "gemeente_jaar", *KEY, "--lake", built_in)
    assert shown.returncode == 0, shown.stderr
    for rij in found.bronrijen:
        assert str(rij["cbs_rij"]) in shown.stdout
    assert "RECONSTRUCTIE" in shown.stdout
    as_json = json.loads(run("explain", "gemeente_jaar", *KEY, "--lake", built_in, "--format", "json").stdout)
    assert len(as_json["bronrijen"]) == len(found.bronrijen)
    as_csv = run("explain", "gemeente_jaar", *KEY, "--lake", built_in, "--format", "csv").stdout
    assert len(as_csv.splitlines()) == len(found.bronrijen) + 1

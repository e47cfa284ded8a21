"""Titles: finding totals and measures, and the mapping under version control."""

from pathlib import Path

import pytest

from assets.cbs.titels import key_by_title, load_titels, names_by_code, total_code
from assets.errors import ContractError, SettingsError


@pytest.mark.parametrize("titel", ["Totaal", "Totaal mannen en vrouwen", "Uitkeringsduur, totaal", "TOTAAL leeftijd "])
def test_a_total_is_known_by_its_title(titel: str) -> None:
    assert total_code([("a", "Mannen"), ("b  ", titel), ("c", "Totale uitval")], "tabel") == "b  "


@pytest.mark.parametrize("titels", [["Mannen"], ["Totaal", "Totaal mannen"]])
def test_no_single_total_is_an_error_that_names_the_table(titels: list[str]) -> None:
    with pytest.raises(ContractError, match=r"85589NED, Geslacht: (no code|2 codes)"):
        total_code([(str(n), titel) for n, titel in enumerate(titels)], "85589NED, Geslacht")


def test_a_measure_is_found_by_either_title() -> None:
    listed = [("M1", "Werkloosheid"), ("M2", "Bijstandsuitkering  totaal")]
    assert key_by_title("Bijstandsuitkering|Bijstandsuitkering totaal", listed, "tabel") == "M2"
    with pytest.raises(ContractError, match="more than one measure"):
        key_by_title("Werkloosheid|Bijstandsuitkering totaal", listed, "tabel")


def test_optional_names_may_be_absent() -> None:
    codes = [("1", "Totaal mannen en vrouwen"), ("2", "Mannen"), ("3", "Vrouwen")]
    assert names_by_code("geslacht", codes, "tabel") == {"1": "totaal", "2": "mannen", "3": "vrouwen"}


def test_one_title_under_two_names_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "titels.toml"
    path.write_text('[a.een]\ntitels = ["X-y"]\n[a.twee]\ntitels = ["x Y"]\n')
    with pytest.raises(SettingsError, match="under two names"):
        load_titels(path)


def test_a_list_of_another_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "titels.toml"
    path.write_text('[a.een]\ntitel = "x"\n')
    with pytest.raises(SettingsError, match="not a valid list of titles"):
        load_titels(path)

"""The registry: what it has, and what of a wrong one is refused."""

from pathlib import Path

import pytest
from impatient import source

from assets.cbs.herkomst import herkomst
from assets.cbs.registry import REGISTRY_FILE, load_registry
from assets.cbs.transport import Address
from assets.errors import ContractError, SettingsError

REPLICA = Address.parse("http://127.0.0.1:1")


def test_sources_of_the_years_asked() -> None:
    names = [source.bron for source in load_registry().sources([2024, 2023, 2024])]
    assert names == [
        "bijstand",
        "bijstand_duur",
        "bijstand_kenmerken",
        "gebieden_2023",
        "gebieden_2024",
        "inwoners",
        "iv3_2023",
        "iv3_2024",
        "prijsindex_consumenten",
        "prijsindex_overheid",
        "srg_personen",
        "srg_voorzieningen",
    ]


def test_every_boekjaar_and_its_table() -> None:
    registry = load_registry()
    assert registry.boekjaren() == tuple(range(2017, 2027))
    ids = {s.bron: s.tabel_id for s in registry.sources(registry.boekjaren())}
    assert ids["iv3_2017"] == "45038NED"
    assert ids["iv3_2026"] == "45078NED"
    assert ids["gebieden_2017"] == "83553NED"
    assert None not in ids.values()
    assert (registry.licentie, registry.bronvermelding) == ("CC BY 4.0", "CBS")


def test_the_known_breaks_are_told() -> None:
    assert [breuk.jaar for breuk in source("iv3_2023").entry.breuken] == [2017, 2023, 2025]


def test_a_year_not_listed_is_looked_for_by_title() -> None:
    later = source("iv3_2027", 2027)
    assert (later.tabel_id, later.titel) == (None, "Gemeenten 2027 onbewerkte Iv3-data")


WRONG = {
    "no toml": ("iv3 =", "is not a valid registry"),
    "unknown field": ('filter = "de taak', "is not a valid registry"),
    "no licence": ('licentie = "CC BY 4.0"', "it does not say 'licentie'"),
    "id and per_jaar": ("per_jaar = true", "needs either per_jaar with ids, or one id"),
    "no iv3": ("[iv3]", r"has no \[iv3\]"),
}
REPLACED = {
    "no toml": "iv3 = =\n",
    "unknown field": 'kleur = "rood"\nfilter = "de taak',
    "no licence": "",
    "id and per_jaar": 'per_jaar = true\nid = "45063NED"',
    "no iv3": "[iv4]",
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_registry_is_refused(tmp_path: Path, what: str) -> None:
    text = REGISTRY_FILE.read_text(encoding="utf-8")
    old, message = WRONG[what]
    if what == "no toml":
        text += REPLACED[what]
    elif what == "no iv3":
        text = text.replace("[iv3]", "[iv4]").replace("[iv3.ids]", "[iv4.ids]")
    else:
        assert old in text
        text = text.replace(old, REPLACED[what], 1)
    path = tmp_path / "tables.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=message):
        load_registry(path)


def test_a_registry_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not a valid registry"):
        load_registry(tmp_path / "tables.toml")


@pytest.mark.parametrize(
    ("text", "soort"),
    [
        ("Reconstructie, geen CBS-cijfers. Uitleg. [wereld=0123456789ab]", "reconstructie"),
        ("Opname van CBS-cijfers. Uitleg. [wereld=0123456789ab]", "opname"),
    ],
)
def test_origin_of_a_stand_in(text: str, soort: str) -> None:
    """What says that it is no figure of CBS's is believed wherever it comes from."""
    for address in (REPLICA, Address.parse("cbs")):
        origin = herkomst(address, text, "proef")
        assert (origin.soort, origin.wereld, origin.toelichting) == (soort, "0123456789ab", text)


def test_origin_of_cbs() -> None:
    origin = herkomst(Address.parse("cbs"), "CBS.", "proef")
    assert (origin.soort, origin.wereld) == ("cbs", "")


@pytest.mark.parametrize("text", ["", "CBS.", "cbs: Reconstructie, geen CBS-cijfers [wereld=0123456789ab]"])
def test_figures_without_an_origin_are_refused(text: str) -> None:
    with pytest.raises(ContractError, match=r"the source at http://127\.0\.0\.1:1 does not say where its figures"):
        herkomst(REPLICA, text, "proef")


@pytest.mark.parametrize("world", ["", "[wereld=]", "[wereld=0123456789AB]", "[wereld=0123456789abc]"])
def test_a_stand_in_says_which_world(world: str) -> None:
    with pytest.raises(ContractError, match="not which world"):
        herkomst(REPLICA, f"Opname van CBS-cijfers. {world}", "proef")

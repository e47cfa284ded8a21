"""Input files: what is kept, what is read, what is refused."""

from pathlib import Path

import pytest

from assets.cbs.invoer import take_in
from assets.cbs.oordeel import oordelen
from assets.core.invoer import DUREN, bijstandsduur, doelaandeel
from assets.errors import ContractError
from assets.lake import Lake

SHARES = dict(zip(DUREN, (0.16, 0.16, 0.11, 0.08, 0.07, 0.43), strict=True))
DUUR = "jaar,duur,aandeel_personen,bron\n" + "".join(f"2024,{d},{share},rapport\n" for d, share in SHARES.items())
DOEL = "type,aandeel_reintegratie,peilmaand,bron\nVrijwilligerswerk,0.44,2024MM12,rapport\n"


def lake_with(tmp_path: Path, **files: str) -> Lake:
    lake = Lake(tmp_path)
    lake.invoer.mkdir(exist_ok=True)
    for name, text in files.items():
        (lake.invoer / f"{name}.csv").write_text(text, encoding="utf-8")
    return lake


def test_without_files_there_are_no_rows(tmp_path: Path) -> None:
    kept = take_in(Lake(tmp_path))
    assert set(kept.values()) == {None}
    assert bijstandsduur(None).columns == ["jaar", "duur", "aandeel_personen", "bron"]
    assert len(doelaandeel(None)) == 0


def test_a_file_is_kept_byte_for_byte_and_read(tmp_path: Path) -> None:
    kept = take_in(lake_with(tmp_path, srg_bijstandsduur=DUUR, srg_doelaandeel=DOEL))
    vintage = kept["invoer_bijstandsduur"]
    assert vintage is not None
    assert vintage.read("srg_bijstandsduur.csv").decode() == DUUR
    assert vintage.manifest.herkomst == "opname"
    frame = bijstandsduur(vintage)
    assert dict(frame.select("duur", "aandeel_personen").rows()) == SHARES
    assert doelaandeel(kept["invoer_doelaandeel"])["aandeel_reintegratie"].to_list() == [0.44]


def test_an_unchanged_file_makes_no_vintage_and_a_changed_one_does(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, srg_doelaandeel=DOEL)
    first, again = take_in(lake)["invoer_doelaandeel"], take_in(lake)["invoer_doelaandeel"]
    assert first is not None
    assert again is not None
    assert again.id == first.id
    lake_with(tmp_path, srg_doelaandeel=DOEL.replace("0.44", "0.45"))
    assert doelaandeel(take_in(lake)["invoer_doelaandeel"])["aandeel_reintegratie"].to_list() == [0.45]
    # A file of a user is used as it is, and never held back.
    assert [*oordelen(lake, "invoer_doelaandeel").values()] == [None, None]
    assert len(lake.vintages("invoer_doelaandeel")) == 2


def test_a_file_that_is_taken_away_is_no_longer_read_and_its_vintage_stays(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, srg_doelaandeel=DOEL)
    take_in(lake)
    (lake.invoer / "srg_doelaandeel.csv").unlink()
    assert len(doelaandeel(take_in(lake)["invoer_doelaandeel"])) == 0
    assert len(lake.vintages("invoer_doelaandeel")) == 2
    take_in(lake)
    assert len(lake.vintages("invoer_doelaandeel")) == 2


def test_a_file_with_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"doelaandeel\.csv, which is no input file.*srg_doelaandeel\.csv"):
        take_in(lake_with(tmp_path, doelaandeel=DOEL))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (DOEL.replace("0.44", "0,44"), "line 2"),
        (DOEL.replace("0.44", ""), "line 2: column aandeel_reintegratie"),
        (DOEL.replace("bron", "opmerking", 1), "columns should be"),
        ("type\n\xff", "columns should be"),
    ],
)
def test_a_file_that_cannot_be_read_names_file_line_and_column(tmp_path: Path, text: str, words: str) -> None:
    vintage = take_in(lake_with(tmp_path, srg_doelaandeel=text))["invoer_doelaandeel"]
    with pytest.raises(ContractError, match=rf"srg_doelaandeel\.csv.*{words}|cannot be read"):
        doelaandeel(vintage)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (DUUR.replace("2024,1-2 jaar,0.16,rapport\n", ""), "lack 1-2 jaar"),
        (DUUR.replace("0.43", "0.53"), "add up to 1"),
    ],
)
def test_shares_that_are_not_whole_are_refused(tmp_path: Path, text: str, words: str) -> None:
    vintage = take_in(lake_with(tmp_path, srg_bijstandsduur=text))["invoer_bijstandsduur"]
    with pytest.raises(ContractError, match=words):
        bijstandsduur(vintage)

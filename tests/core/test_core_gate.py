"""The gate to core and the choice of vintages: what is refused stays out, and the last good table stays."""

import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from assets.core.base import admit
from assets.core.gemeente import DESCRIPTION, GemeenteModel
from assets.core.inputs import choose_inputs
from assets.errors import ContractError, LakeError
from assets.lake import Lake

GOOD = {
    "jaar": 2023,
    "gemeente_code": "GM0001",
    "naam": "Aa",
    "provincie_code": "PV20",
    "provincie": "Groningen",
    "arbeidsmarktregio_code": "AM01",
    "arbeidsmarktregio": "Groningen",
    "inwoners": 100,
    "cbs_pagina": 1,
    "cbs_rij": 7,
}


def frame(*changes: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([{**GOOD, **change} for change in changes])


def test_a_good_frame_is_written_in_the_order_of_its_key(tmp_path: Path) -> None:
    admit(frame({"gemeente_code": "GM0002"}, {}), GemeenteModel, DESCRIPTION, Lake(tmp_path))
    written = pl.read_parquet(tmp_path / "core" / "gemeente.parquet")
    assert written["gemeente_code"].to_list() == ["GM0001", "GM0002"]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"inwoners": 0}, "inwoners"),
        ({"gemeente_code": "0001"}, "gemeente_code"),
        ({"naam": None}, "naam"),
        ({"jaar": 1999}, "jaar"),
    ],
)
def test_a_bad_row_goes_to_quarantine_and_the_table_stays(
    tmp_path: Path, change: dict[str, object], column: str
) -> None:
    lake = Lake(tmp_path)
    admit(frame({}), GemeenteModel, DESCRIPTION, lake)
    before = (lake.core / "gemeente.parquet").read_bytes()
    with pytest.raises(ContractError, match=rf"core\.gemeente was not accepted.*Column {column} fails"):
        admit(frame({}, {"gemeente_code": "GM0002", **change}), GemeenteModel, DESCRIPTION, lake)
    assert (lake.core / "gemeente.parquet").read_bytes() == before
    assert len(pl.read_parquet(lake.quarantine / "core.gemeente.parquet")) == 1


def test_a_row_twice_is_refused_by_its_key(tmp_path: Path) -> None:
    with pytest.raises(
        ContractError, match=re.escape("share their key (jaar, gemeente_code), for example [(2023, 'GM0001')]")
    ):
        admit(frame({}, {"inwoners": 7}), GemeenteModel, DESCRIPTION, Lake(tmp_path))
    assert not (tmp_path / "core").exists()


@pytest.mark.parametrize("columns", [["jaar"], [*reversed(GOOD)], [*GOOD, "extra"]])
def test_other_columns_are_refused(tmp_path: Path, columns: list[str]) -> None:
    wrong = frame({}).with_columns(extra=1).select(columns)
    with pytest.raises(ContractError, match=r"core\.gemeente was not accepted"):
        admit(wrong, GemeenteModel, DESCRIPTION, Lake(tmp_path))


def test_an_empty_lake_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="no Iv3 table yet: run `reintegratie refresh`"):
        choose_inputs(Lake(tmp_path))


def test_a_source_that_is_missing_is_named(small: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(small / "raw", lake / "raw")
    shutil.rmtree(lake / "raw" / "gebieden_2024")
    shutil.rmtree(lake / "raw" / "bijstand")
    with pytest.raises(LakeError, match="lacks gebieden_2024, bijstand"):
        choose_inputs(Lake(lake))


def test_the_boekjaren_are_those_of_the_lake(small: Path) -> None:
    inputs = choose_inputs(Lake(small))
    assert inputs.boekjaren == (2023, 2024)
    assert inputs.herkomst == "reconstructie"

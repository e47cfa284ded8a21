"""The columns kept beside a vintage: used while everything is as it was, made again otherwise, and never needed."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from test_table import IV3_COLUMNS, iv3_answers, vintage_of

from assets.cbs.kolommen import FOLDER, forget, kept
from assets.cbs.table import read_table
from assets.errors import LakeError
from assets.lake import Vintage, read_compressed, write_compressed


@pytest.fixture
def vintage(tmp_path: Path) -> Vintage:
    """Give a small Iv3 vintage that was read once."""
    found = vintage_of(tmp_path, "v3", IV3_COLUMNS, *iv3_answers())
    assert kept(found) is None
    read_table(found)
    return found


def files_of(vintage: Vintage) -> list[Path]:
    return sorted((vintage.path.parent / FOLDER / vintage.id).iterdir())


def test_they_are_what_was_sent_page_by_page(vintage: Vintage) -> None:
    files = kept(vintage)
    assert files is not None
    pages = [page["value"] for page in iv3_answers()[2]]
    assert [pl.read_parquet(file).to_dicts() for file in files] == pages
    assert [file.name for file in files_of(vintage)] == ["page-00001.parquet", "page-00002.parquet", "stempel.json"]


def test_they_are_not_written_again(vintage: Vintage) -> None:
    rows = read_table(vintage).rows
    before = {file: file.stat().st_mtime_ns for file in files_of(vintage)}
    assert_frame_equal(read_table(vintage).rows, rows)
    assert {file: file.stat().st_mtime_ns for file in files_of(vintage)} == before


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("how", ["gone", "cut off", "changed"])
def test_what_is_damaged_is_made_again(vintage: Vintage, which: int, how: str) -> None:
    rows, file = read_table(vintage).rows, files_of(vintage)[which]
    before = file.read_bytes()
    if how == "gone":
        file.unlink()
    elif how == "cut off":
        file.write_bytes(before[:-5])
    else:
        place = len(before) // 2
        file.write_bytes(before[:place] + bytes([before[place] ^ 1]) + before[place + 1 :])
    assert kept(vintage) is None
    assert_frame_equal(read_table(vintage).rows, rows)
    assert file.read_bytes() == before


def test_an_answer_that_was_changed_is_refused_though_its_columns_are_there(vintage: Vintage) -> None:
    path = vintage.path / "files" / "page-00002.json.zst"
    write_compressed(path, read_compressed(path).replace(b"GM0", b"GM1"))
    with pytest.raises(LakeError, match="is not what was downloaded"):
        read_table(vintage)


def test_they_can_be_forgotten(vintage: Vintage) -> None:
    rows = read_table(vintage).rows
    forget(vintage)
    assert not (vintage.path.parent / FOLDER / vintage.id).exists()
    forget(vintage)
    assert_frame_equal(read_table(vintage).rows, rows)


def test_a_lake_that_may_only_be_read_is_read(vintage: Vintage, mounted: Callable[..., Path]) -> None:
    rows = read_table(vintage).rows
    folder = mounted("size=10m")
    shutil.copytree(vintage.path, folder / vintage.id)
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    there = Vintage(vintage.id, folder / vintage.id, vintage.manifest)
    assert_frame_equal(read_table(there).rows, rows)
    assert not (folder / FOLDER).exists()

"""Letting a table into core part by part: the same table as at once, refused when a part is wrong or out of order."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.core.base import admit, admit_parts
from assets.core.grootteklasse import DESCRIPTION, GrootteklasseModel, grootteklasse
from assets.errors import ContractError
from assets.lake import Lake


def parts() -> list[pl.DataFrame]:
    """Give a table in parts that come after one another, each in another order than its grain."""
    frame = grootteklasse().sort(DESCRIPTION.grain)
    return [frame.slice(start, 5).reverse() for start in range(0, len(frame), 5)]


def read(lake: Lake) -> pl.DataFrame:
    return pl.read_parquet(lake.core / "grootteklasse.parquet")


def test_in_parts_as_at_once(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    frame = admit(grootteklasse(), GrootteklasseModel, DESCRIPTION, Lake(tmp_path / "at-once"))
    assert admit_parts(parts(), GrootteklasseModel, DESCRIPTION, lake) == len(frame)
    assert_frame_equal(read(lake), frame)


def test_the_same_parts_the_same_bytes_however_they_are_cut(tmp_path: Path) -> None:
    one, other = Lake(tmp_path / "one"), Lake(tmp_path / "other")
    admit_parts(parts(), GrootteklasseModel, DESCRIPTION, one)
    admit_parts([pl.concat(parts())], GrootteklasseModel, DESCRIPTION, other)
    assert (one.core / "grootteklasse.parquet").read_bytes() == (other.core / "grootteklasse.parquet").read_bytes()


@pytest.mark.parametrize("place", [0, 1, 99])
def test_a_part_may_be_empty(place: int, tmp_path: Path) -> None:
    """A boekjaar without bookings."""
    lake, frame = Lake(tmp_path), pl.concat(parts())
    given = parts()
    given.insert(place, frame.head(0))
    assert admit_parts(given, GrootteklasseModel, DESCRIPTION, lake) == len(frame)
    assert_frame_equal(read(lake), frame.sort(DESCRIPTION.grain))


def test_every_part_may_be_empty(tmp_path: Path) -> None:
    lake, empty = Lake(tmp_path), grootteklasse().head(0)
    assert admit_parts([empty, empty], GrootteklasseModel, DESCRIPTION, lake) == 0
    assert_frame_equal(read(lake), empty)


@pytest.mark.parametrize("ordered", [True, False])
def test_numbers_that_stand_for_texts_are_sorted_as_texts_and_written_as_texts(ordered: bool, tmp_path: Path) -> None:
    lake, frame = Lake(tmp_path), grootteklasse()
    names = sorted(frame["indeling"].unique(), reverse=not ordered)
    assert len(names) > 1
    admit_parts([frame.with_columns(pl.col("indeling").cast(pl.Enum(names)))], GrootteklasseModel, DESCRIPTION, lake)
    assert_frame_equal(read(lake), frame.sort(DESCRIPTION.grain))


@pytest.mark.parametrize("wrong", ["out of order", "twice"])
def test_a_part_that_does_not_come_after_the_one_before(wrong: str, tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    admit_parts(parts(), GrootteklasseModel, DESCRIPTION, lake)
    before = (lake.core / "grootteklasse.parquet").read_bytes()
    given = [*reversed(parts())] if wrong == "out of order" else [*parts(), parts()[-1]]
    with pytest.raises(ContractError, match=r"core\.grootteklasse: a part begins with .* which is not after"):
        admit_parts(given, GrootteklasseModel, DESCRIPTION, lake)
    assert (lake.core / "grootteklasse.parquet").read_bytes() == before


def test_a_part_that_is_wrong_goes_to_quarantine_and_the_table_before_stays(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    admit_parts(parts(), GrootteklasseModel, DESCRIPTION, lake)
    before = (lake.core / "grootteklasse.parquet").read_bytes()
    bad = parts()
    bad[1] = bad[1].with_columns(pl.lit(-1, pl.Int64).alias("ondergrens_inwoners"))
    with pytest.raises(ContractError, match="Column ondergrens_inwoners fails"):
        admit_parts(bad, GrootteklasseModel, DESCRIPTION, lake)
    assert (lake.core / "grootteklasse.parquet").read_bytes() == before
    assert len(pl.read_parquet(lake.quarantine / "core.grootteklasse.parquet")) == 5

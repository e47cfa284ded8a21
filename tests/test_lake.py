"""The lake: whole files or none, vintages that cannot change unseen, and errors that say what to do."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.errors import LakeError
from assets.lake import (
    GROUP_ROWS,
    FileEntry,
    Lake,
    Manifest,
    atomic_path,
    exclusive,
    read_compressed,
    write_bytes,
    write_compressed,
    write_parts,
    write_table,
)

FRAME = pl.DataFrame({"a": [1, 2, 3], "b": ["x", None, "z"], "c": [0.5, None, 2.5]})
EMPTY_SHA = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def manifest(**changes: object) -> Manifest:
    fields: dict[str, object] = {
        "bron": "proef",
        "tabel_id": "1",
        "titel": "Proef",
        "catalogus": "CBS",
        "protocol": "v4",
        "address": "cbs",
        "url": "",
        "selectie": "",
        "filter": "",
        "kolommen": ["Id"],
        "modified": "",
        "downloaded_at": "2026-07-01T10:20:30Z",
        "licentie": "CC BY 4.0",
        "herkomst": "cbs",
        "herkomst_toelichting": "",
        "wereld": "",
        "rows": 0,
        "bytes": 0,
        "sha256": "ab" * 32,
        "files": [FileEntry(name="a.json", resource="a", role="data", url="", rows=0, bytes=0, sha256=EMPTY_SHA)],
    }
    return Manifest.model_validate({**fields, **changes})


def download(lake: Lake, content: bytes = b"") -> Path:
    folder = lake.raw / "proef" / ".download"
    write_compressed(folder / "files" / "a.json.zst", content)
    return folder


def test_folders(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    parts = (lake.raw, lake.core, lake.benchmark, lake.published, lake.quarantine, lake.dagster_home)
    names = ("raw", "core", "benchmark", "published", "quarantine", "dagster")
    assert [path.relative_to(tmp_path).as_posix() for path in parts] == list(names)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_lake_has_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "nothing")
    assert (lake.bronnen(), lake.vintages("x"), lake.newest("x")) == ([], [], None)
    assert not lake.root.exists()


def test_a_vintage(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    folder = download(lake)
    write_bytes(folder / "state.json", b"{}")
    (folder / "files" / ".a.json.zst.1.partial").write_bytes(b"left by a run that was killed")
    vintage = lake.add_vintage(folder, manifest())
    assert vintage.id == "20260701T102030Z-abababab"
    assert sorted(path.relative_to(vintage.path).as_posix() for path in vintage.path.rglob("*")) == [
        "files",
        "files/a.json.zst",
        "manifest.json",
    ]
    assert vintage.read("a.json") == b""
    assert lake.bronnen() == ["proef"]
    assert lake.newest("proef") == vintage


def test_vintages_are_in_order(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    times = ["2026-07-02T00:00:00Z", "2026-07-01T23:59:59Z", "2025-12-31T10:00:00Z"]
    for time in times:
        lake.add_vintage(download(lake), manifest(downloaded_at=time))
    assert [vintage.manifest.downloaded_at for vintage in lake.vintages("proef")] == sorted(times)
    newest = lake.newest("proef")
    assert newest is not None
    assert newest.manifest.downloaded_at == times[0]


def test_a_vintage_is_not_written_over(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add_vintage(download(lake), manifest())
    with pytest.raises(LakeError, match="is there already"):
        lake.add_vintage(download(lake), manifest())


def test_an_unfinished_download_is_no_vintage(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    download(lake)
    assert (lake.bronnen(), lake.newest("proef")) == ([], None)


def test_a_file_that_is_not_what_was_downloaded(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    vintage = lake.add_vintage(download(lake, b"other"), manifest())
    with pytest.raises(LakeError, match=r"a\.json is not what was downloaded .* `reintegratie refresh` again"):
        vintage.read("a.json")
    with pytest.raises(LakeError, match=r"has no file b\.json"):
        vintage.read("b.json")
    (vintage.path / "files" / "a.json.zst").write_bytes(b"no zstd")
    with pytest.raises(LakeError, match=r"a\.json\.zst is damaged"):
        vintage.read("a.json")
    (vintage.path / "files" / "a.json.zst").unlink()
    with pytest.raises(LakeError, match=r"cannot use .*a\.json\.zst: No such file"):
        vintage.read("a.json")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"bron": "proef"}'])
def test_a_damaged_manifest(tmp_path: Path, text: str) -> None:
    lake = Lake(tmp_path)
    vintage = lake.add_vintage(download(lake), manifest())
    (vintage.path / "manifest.json").write_text(text)
    with pytest.raises(LakeError, match=r"manifest\.json is not a manifest of this version"):
        lake.newest("proef")


@given(content=st.binary(max_size=10_000))
def test_compressed_files_come_back(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("z") / "a.zst"
    write_compressed(path, content)
    assert read_compressed(path) == content


def test_a_table_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_table(tmp_path / name / "t.parquet", FRAME)
    assert (tmp_path / "one" / "t.parquet").read_bytes() == (tmp_path / "two" / "t.parquet").read_bytes()
    assert pl.read_parquet(tmp_path / "one" / "t.parquet").equals(FRAME)


def test_parts_are_one_table_with_the_same_bytes_however_they_are_cut(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": range(300_000)}).with_columns(b=pl.col("a").cast(pl.String))
    for size in (300_000, 70_001):
        assert write_parts(tmp_path / f"{size}.parquet", frame.iter_slices(size)) == 300_000
    one, other = (tmp_path / f"{size}.parquet" for size in (300_000, 70_001))
    assert one.read_bytes() == other.read_bytes()
    assert pl.read_parquet(one).equals(frame)
    # Groups of rows of a size of ours, and not of the machine.
    query = f"select distinct row_group_num_rows from parquet_metadata('{one}') order by 1"
    assert duckdb.sql(query).fetchall() == [(300_000 % GROUP_ROWS,), (GROUP_ROWS,)]


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_bytes(path, b"old")

    def fail() -> None:
        with atomic_path(path) as temporary:
            temporary.write_bytes(b"half")
            assert path.read_bytes() == b"old"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_block_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="No such file"), atomic_path(tmp_path / "a"):
        pass


def test_a_full_disk(mounted: Callable[..., Path]) -> None:
    disk = mounted("size=64k")
    path = disk / "a"
    write_bytes(path, b"old")
    noise = os.urandom(200_000)
    writes: list[Callable[[], None]] = [
        lambda: write_bytes(path, noise),
        lambda: write_compressed(path, noise),
        lambda: write_table(path, pl.DataFrame({"a": [noise.hex()]})),
    ]
    for write in writes:
        with pytest.raises(LakeError, match=r"cannot use .*/a: No space left on device\. Make room and run again"):
            write()
        assert path.read_bytes() == b"old"
        assert [p.name for p in disk.iterdir()] == ["a"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_turns_out_to_be_full_when_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Some file systems only find out when the bytes must be on the disk; a test cannot make one of those."""

    def full(_: int) -> None:
        raise OSError(code, os.strerror(code))

    write_bytes(tmp_path / "a", b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LakeError, match="Make room and run again"):
        write_bytes(tmp_path / "a", b"new")
    monkeypatch.undo()
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_read_only_lake(mounted: Callable[..., Path]) -> None:
    with pytest.raises(LakeError, match=r"read-only file system: choose another with --lake"):
        Lake(mounted("ro")).check_writable()


def test_a_lake_without_rights() -> None:
    """Linux lets nobody make a folder in /sys, root neither."""
    if not Path("/sys/kernel").is_dir():
        pytest.skip("there is no /sys here, the one place where root may not write either")
    with pytest.raises(LakeError, match=r"cannot use /sys/reintegratie: .*(--lake|Look at this path)"):
        Lake(Path("/sys/reintegratie")).check_writable()


@pytest.mark.parametrize("below", ["", "lake", "deeper/lake"])
def test_a_lake_that_is_a_file(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LakeError, match=r"is a file, not a folder: choose another lake with --lake"):
        Lake(tmp_path / "file" / below).check_writable()


def test_a_writable_lake(tmp_path: Path) -> None:
    Lake(tmp_path / "new" / "lake").check_writable()
    assert list((tmp_path / "new" / "lake").iterdir()) == []


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "x" / ".lock"
    error = pytest.raises(LakeError, match=r"\.lock: .*Another run is working on it")
    with exclusive(path), error, exclusive(path):
        pass
    with exclusive(path):
        pass

"""Publication elsewhere: a set is whole before anybody is sent to it, on a store that speaks S3 and in a folder."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import fsspec
import polars as pl
import pytest
from fsspec.implementations.local import LocalFileSystem

from assets.errors import SettingsError, SourceError
from assets.lake import Lake
from assets.published import elsewhere
from assets.published.elsewhere import publish_to
from assets.published.export.export import export
from assets.published.layout import published_file

Run = Callable[..., subprocess.CompletedProcess[str]]
BUCKET = "s3://benchmark/nl"
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "geheim-woord", "AWS_DEFAULT_REGION": "eu-west-1"}

# A server of the S3 protocol, as a process: says its address, and makes the bucket.
SERVER = """
import sys, time
from moto.server import ThreadedMotoServer
import boto3
server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
url = f"http://{host}:{port}"
boto3.client("s3", endpoint_url=url, region_name="us-east-1").create_bucket(Bucket="benchmark")
print(url, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def store() -> Iterator[dict[str, str]]:
    """Give what a process needs in its environment to reach the store."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SERVER],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **KEYS},
    )
    assert process.stdout is not None
    yield {**KEYS, "AWS_ENDPOINT_URL": process.stdout.readline().strip()}
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


@pytest.fixture(scope="module")
def there(store: dict[str, str], small: Path, run: Run) -> dict[str, Any]:
    """Publish once, by the program; give the pointer."""
    done = run("publish", "--to", BUCKET, "--lake", small, **store)
    assert done.returncode == 0, done.stderr
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in done.stdout + done.stderr
    return dict(json.loads(read(store, "latest.json")))


def files(store: dict[str, str]) -> Any:
    """Open the store with a client of its own, not ours."""
    return fsspec.filesystem(
        "s3",
        key=store["AWS_ACCESS_KEY_ID"],
        secret=store["AWS_SECRET_ACCESS_KEY"],
        endpoint_url=store["AWS_ENDPOINT_URL"],
        use_listings_cache=False,
    )


def read(store: dict[str, str], name: str) -> bytes:
    return bytes(files(store).cat_file(f"benchmark/nl/{name}"))


def test_the_set_is_whole_and_the_pointer_tells_which(
    store: dict[str, str], there: dict[str, Any], small: Path
) -> None:
    sums = read(store, f"{there['version']}/SHA256SUMS")
    assert there["sha256sums_sha256"] == hashlib.sha256(sums).hexdigest()
    assert there["herkomst"] == "reconstructie"
    listed = {}
    for line in sums.decode().splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
        assert hashlib.sha256(read(store, f"{there['version']}/{name}")).hexdigest() == digest
    found = {path.partition(f"{there['version']}/")[2] for path in files(store).find("benchmark/nl") if "/2" in path}
    assert found == {*listed, "SHA256SUMS"}
    assert {"reintegratie.duckdb", "datapackage.json", "dcat.jsonld", "csv/rapport-tabel_3.csv"} < set(listed)
    file = published_file(Lake(small)).read_bytes()
    assert listed["reintegratie.duckdb"] == hashlib.sha256(file).hexdigest()


def test_duckdb_reads_the_parquet_there(store: dict[str, str], there: dict[str, Any], small: Path) -> None:
    """By the file system of fsspec: DuckDB's own extension for S3 is not installed, and is not fetched by a test."""
    query = "select boekjaar, sum(lasten_euro)::bigint from {} group by boekjaar order by boekjaar"
    with duckdb.connect(str(published_file(Lake(small))), read_only=True) as con:
        expected = con.execute(query.format("benchmark.gemeente_jaar")).fetchall()
    with duckdb.connect() as con:
        con.register_filesystem(files(store))
        remote = f"'s3://benchmark/nl/{there['version']}/parquet/benchmark-gemeente_jaar.parquet'"
        assert con.execute(query.format(remote)).fetchall() == expected != []


def test_the_same_again_changes_nothing(store: dict[str, str], there: dict[str, Any], small: Path, run: Run) -> None:
    before = {path: info["LastModified"] for path, info in files(store).find("benchmark/nl", detail=True).items()}
    done = run("publish", "--to", f"{BUCKET}/", "--lake", small, **store)
    assert done.returncode == 0, done.stderr
    assert "there already and the same" in done.stdout
    after = {path: info["LastModified"] for path, info in files(store).find("benchmark/nl", detail=True).items()}
    before.pop("benchmark/nl/latest.json")
    after.pop("benchmark/nl/latest.json")
    assert after == before
    assert json.loads(read(store, "latest.json")) == there


def test_a_version_that_was_changed_there_is_told(
    store: dict[str, str], there: dict[str, Any], small: Path, run: Run
) -> None:
    name = f"benchmark/nl/{there['version']}/csv/rapport-tabel_3.csv"
    kept = files(store).cat_file(name)
    files(store).pipe_file(name, kept.replace(b"2", b"3"))
    done = run("publish", "--to", BUCKET, "--lake", small, **store)
    assert done.returncode == 1
    assert "rapport-tabel_3.csv is not what was put there" in done.stderr
    files(store).pipe_file(name, kept)
    sums = f"benchmark/nl/{there['version']}/SHA256SUMS"
    kept = files(store).cat_file(sums)
    files(store).pipe_file(sums, kept[1:])
    done = run("publish", "--to", BUCKET, "--lake", small, **store)
    assert done.returncode == 1
    assert "A version is never changed" in done.stderr
    files(store).pipe_file(sums, kept)
    assert json.loads(read(store, "latest.json")) == there


def test_a_store_that_is_not_there_or_refuses_is_told(store: dict[str, str], small: Path, run: Run) -> None:
    gone = {**store, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    done = run("publish", "--to", BUCKET, "--lake", small, **gone)
    assert done.returncode == 1
    assert f"cannot publish to {BUCKET}" in done.stderr
    assert "unexpected" not in done.stderr
    done = run("publish", "--to", "s3://another-bucket/nl", "--lake", small, **store)
    assert done.returncode == 1
    assert "cannot publish to s3://another-bucket/nl" in done.stderr


@pytest.mark.parametrize(
    ("to", "word"),
    [
        ("ftp://127.0.0.1/x", "and nothing else"),
        ("https://example.org/x", "and nothing else"),
        ("/tmp/x", "and nothing else"),
        ("s3:///x", "and nothing else"),
        ("memory://x", "and nothing else"),
        ("s3://key:secret@bucket/x", "no credentials"),
        ("s3://bucket/x?endpoint_url=http://example.org", "no credentials or options"),
    ],
)
def test_other_addresses_are_refused(to: str, word: str, small: Path) -> None:
    with pytest.raises(SettingsError, match=word):
        publish_to(published_file(Lake(small)), to, None)


def test_a_store_elsewhere_is_not_asked_without_tls(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://store.example.org")
    with pytest.raises(SettingsError, match="without TLS"):
        publish_to(published_file(Lake(small)), BUCKET, None)


def test_a_folder_gets_the_same_set_and_a_broken_one_no_pointer(small: Path, tmp_path: Path) -> None:
    to = tmp_path / "elders"
    first = publish_to(published_file(Lake(small)), f"file://{to}", None)
    assert first.is_new
    frame = pl.read_parquet(to / first.version / "parquet" / "rapport-tabel_3.parquet")
    assert len(frame) > 0
    assert json.loads((to / "latest.json").read_text())["version"] == first.version
    check = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=to / first.version, check=False)
    assert check.returncode == 0
    # A set that broke off has no list of hashes yet: the next run makes it whole.
    shutil.copytree(to, tmp_path / "half")
    (tmp_path / "half" / first.version / "SHA256SUMS").unlink()
    (tmp_path / "half" / first.version / "datapackage.json").write_text("{")
    again = publish_to(published_file(Lake(small)), f"file://{tmp_path / 'half'}", None)
    assert again.is_new
    assert (tmp_path / "half" / first.version / "datapackage.json").read_bytes() != b"{"
    # Nothing can be written: the pointer of before stays.
    before = (to / "latest.json").read_bytes()
    (to / first.version / "SHA256SUMS").unlink()
    (to / first.version / "datapackage.json").unlink()
    (to / first.version / "datapackage.json").mkdir()
    with pytest.raises(SourceError, match="cannot publish"):
        publish_to(published_file(Lake(small)), f"file://{to}", None)
    assert (to / "latest.json").read_bytes() == before


def test_a_set_is_of_one_publication_also_when_another_takes_its_place(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another publication takes the place of the file as soon as its other forms are made."""
    here, other = tmp_path / "reintegratie.duckdb", tmp_path / "other.duckdb"
    for path in (here, other):
        shutil.copyfile(published_file(Lake(small)), path)
        with duckdb.connect(str(path)) as con:
            con.execute("update meta.citaat set titel = ?", [path.stem])

    def exported(*arguments: Any) -> list[Path]:
        made = export(*arguments)
        other.replace(here)
        return made

    monkeypatch.setattr(elsewhere, "export", exported)
    made = publish_to(here, f"file://{tmp_path}/elders", None)
    assert not other.exists()
    folder = tmp_path / "elders" / made.version
    with duckdb.connect(str(folder / "reintegratie.duckdb"), read_only=True) as con:
        assert con.execute("select titel from meta.citaat").fetchall() == [("reintegratie",)]
    assert pl.read_csv(folder / "csv" / "meta-citaat.csv")["titel"].to_list() == ["reintegratie"]


def test_a_store_that_loses_a_part_is_found_out_before_anybody_is_sent_there(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = LocalFileSystem.put_file

    def loses_the_end(self: LocalFileSystem, path: str, to: str, **options: object) -> None:
        whole(self, path, to, **options)
        if to.endswith("rapport-tabel_3.csv"):
            os.truncate(to, os.path.getsize(to) - 1)  # noqa: PTH202  # as the file system has it, a text

    monkeypatch.setattr(LocalFileSystem, "put_file", loses_the_end)
    with pytest.raises(SourceError, match=r"rapport-tabel_3\.csv is not what was put there"):
        publish_to(published_file(Lake(small)), f"file://{tmp_path / 'elders'}", None)
    assert not list(tmp_path.rglob("latest.json"))
    assert not list(tmp_path.rglob("SHA256SUMS"))

"""Every night: what changed is found, judged, published and told, what did not is left alone, what was is rebuilt."""

import hashlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from faulty import Faulty, on

from assets.cbs.kolommen import FOLDER
from assets.cbs.oordeel import AANGEHOUDEN, AANVAARD, Gebeurtenis, Oordeel, accept, held_back, oordelen
from assets.cbs.table import read_table
from assets.errors import LakeError, SettingsError
from assets.lake import Lake, Vintage, exclusive
from assets.published.layout import published_file
from pipelines import history
from pipelines.replica.app import create_app
from pipelines.replica.server import running_app
from pipelines.replica.world import build_world
from pipelines.run import run_job
from pipelines.settings import Settings, load_settings

BIJSTAND = "/TypedDataSet"


def silent(_: object) -> None:
    pass


class Night:
    """A source that can be changed, and a lake that is refreshed from it."""

    def __init__(self, source: Faulty, url: str, lake: Path) -> None:
        self.source, self.url, self.lake = source, url, Lake(lake)

    def settings(self, **options: Any) -> Settings:
        return load_settings(source=self.url, years="2023", lake=self.lake.root, http_first_wait_s=0, **options)

    def refresh(self, **options: Any) -> str:
        self.source.requests.clear()
        self.source.data_pages = 0
        return run_job("refresh", self.settings(**options), silent)

    def sha(self) -> str:
        return hashlib.sha256(published_file(self.lake).read_bytes()).hexdigest()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(published_file(self.lake)), read_only=True) as con:
            return con.execute(sql).fetchall()

    def revise(self, factor: float, part: str = "80794ned") -> None:
        """Have the counts of bijstand of one gemeente become others, and Modified with them."""

        def figures(answer: dict[str, Any]) -> None:
            for row in answer["value"]:
                if row.get("RegioS", "").strip() == "GM0363":
                    for name in row:
                        if name.startswith("Bijstand") and row[name] is not None:
                            row[name] = int(row[name] * factor / 10) * 10

        def newer(answer: dict[str, Any]) -> None:
            answer["value"][0]["Modified"] = f"2026-11-2{self.revisions % 10}T12:00:00"

        self.revisions = getattr(self, "revisions", 0) + 1
        self.source.rules = [
            on(f"{part}/TypedDataSet?", figures),
            on(f"{part}/TableInfos", newer),
        ]


@pytest.fixture(scope="module")
def world(small_facts: Path) -> Iterator[tuple[Faulty, str]]:
    source = Faulty(create_app(build_world(small_facts, seed=1)))
    with running_app(source) as url:
        yield source, url


@pytest.fixture(scope="module")
def begun(world: tuple[Faulty, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a lake after its first night."""
    source, url = world
    source.rules = []
    lake = tmp_path_factory.mktemp("begun") / "lake"
    Night(source, url, lake).refresh()
    return lake


@pytest.fixture
def night(world: tuple[Faulty, str], begun: Path, tmp_path: Path) -> Night:
    source, url = world
    source.rules = []
    shutil.copytree(begun, tmp_path / "lake")
    return Night(source, url, tmp_path / "lake")


def test_a_night_without_news_asks_once_a_table_and_makes_nothing(night: Night) -> None:
    before, files = night.sha(), {p: p.stat().st_mtime_ns for p in night.lake.root.rglob("*.parquet")}
    night.refresh()
    assert night.source.data_pages == 0
    assert len(night.source.requests) == len(night.lake.bronnen())
    assert night.sha() == before
    assert {p: p.stat().st_mtime_ns for p in night.lake.root.rglob("*.parquet")} == files
    assert len(night.rows("from meta.runs")) == 1


def test_one_changed_table_is_one_download_and_what_depends_on_it(night: Night) -> None:
    made = {p.relative_to(night.lake.root): p.stat().st_mtime_ns for p in night.lake.root.rglob("*.parquet")}
    night.revise(1.02)
    night.refresh()
    asked = [path for path in night.source.requests if "TypedDataSet?" in path or "Observations?" in path]
    assert asked
    assert all("80794ned" in path for path in asked)
    again = {
        str(path)
        for path, moment in made.items()
        if path.parts[0] in ("core", "benchmark") and (night.lake.root / path).stat().st_mtime_ns != moment
    }
    assert "core/bijstand.parquet" in again
    assert "benchmark/gemeente_jaar.parquet" in again
    assert not again & {
        "core/iv3_boeking.parquet",
        "core/srg_voorziening.parquet",
        "benchmark/voorzieningen_maand.parquet",
    }


def test_revisions_tell_each_number_its_old_and_new_value_and_the_source(night: Night) -> None:
    query = "select regio_code, maand, definitie, aantal_personen from core.bijstand where aantal_personen is not null"
    before = {row[:3]: row[3] for row in night.rows(query)}
    night.revise(1.02)
    run_id = night.refresh()
    after = {row[:3]: row[3] for row in night.rows(query)}
    changed = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
    assert changed
    told = night.rows(
        "select sleutel, oud, nieuw, oorzaak, run_id from meta.revisies where tabel = 'core.bijstand' order by sleutel"
    )
    vintage = night.lake.newest("bijstand")
    assert vintage is not None
    wanted = sorted(
        (f"jaar=2023; maand={maand}; regio_code={regio}; definitie={definitie}", old, new)
        for (regio, maand, definitie), (old, new) in changed.items()
    )
    assert [(sleutel, oud, nieuw) for sleutel, oud, nieuw, *_ in told] == wanted
    assert {(oorzaak, run) for *_, oorzaak, run in told} == {(f"bijstand {vintage.id}", run_id)}
    # What rests on bijstand changed with it; what does not, did not.
    tables = {table for (table,) in night.rows("select distinct tabel from meta.revisies")}
    assert "benchmark.gemeente_jaar" in tables
    assert not tables & {"core.iv3_boeking", "benchmark.voorzieningen_type"}
    columns, rows = history.diff(night.lake, None, None)
    assert len(rows) == night.rows("select count(*) from meta.revisies")[0][0]
    assert columns[:5] == ["tabel", "sleutel", "kolomnaam", "oud", "nieuw"]


def test_what_changed_back_is_no_difference_between_the_ends(night: Night) -> None:
    first = night.rows("select run_id from meta.runs")[0][0]
    night.revise(1.02)
    night.refresh()
    night.revise(1.0)
    last = night.refresh()
    assert history.diff(night.lake, None, None)[1]
    assert history.diff(night.lake, first, last)[1] == []
    with pytest.raises(SettingsError, match="nothing was published by 2020-01-01"):
        history.diff(night.lake, "2020-01-01", None)


def test_a_vintage_that_differs_too_much_is_held_back_until_accepted(night: Night) -> None:
    before, figures = night.sha(), night.rows("from core.bijstand order by all")
    old = night.lake.newest("bijstand")
    night.revise(3)
    night.refresh(grens_cellen=0.001)
    held = held_back(night.lake)
    assert list(held) == ["bijstand"]
    assert any("cells have another number" in reason for reason in held["bijstand"].gebeurtenissen[-1].redenen)
    assert night.sha() == before  # the one before stays in use
    night.refresh(grens_cellen=0.001)  # and it is not downloaded, nor judged, again
    assert night.source.data_pages == 0
    new = night.lake.newest("bijstand")
    assert new is not None
    assert old is not None
    assert new.id != old.id
    with pytest.raises(SettingsError, match="no vintage nothing is held back"):
        accept(night.lake, "nothing")
    assert accept(night.lake, new.id) == "bijstand"
    run_job("build", night.settings(), silent)
    assert night.rows("from core.bijstand order by all") != figures
    oordeel = oordelen(night.lake, "bijstand")[new.id]
    assert oordeel is not None
    assert [(event.status, event.door) for event in oordeel.gebeurtenissen] == [
        (AANGEHOUDEN, "grenzen"),
        (AANVAARD, "gebruiker"),
    ]


def test_a_month_that_goes_holds_a_vintage_back(night: Night) -> None:
    def without_a_month(answer: dict[str, Any]) -> None:
        answer["value"] = [row for row in answer["value"] if row.get("Perioden") != "2024MM05"]

    night.revise(1)
    night.source.rules.insert(0, on("80794ned/TypedDataSet?", without_a_month))
    night.source.rules.insert(0, lambda path, _: (404, b"") if "80794ned" in path and "$count" in path else None)
    night.refresh()
    reasons = held_back(night.lake)["bijstand"].gebeurtenissen[-1].redenen
    assert any("Perioden: 1 codes gone (2024MM05 " in reason for reason in reasons), reasons


def hashes(folder: Path) -> dict[str, str]:
    """Give the hash of every file but those of Dagster's history, which notes each run."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "dagster" not in path.relative_to(folder).parts
    }


# One input file, as docs/invoer.md has it.
DOELAANDEEL = b"type,aandeel_reintegratie,peilmaand,bron\nParticipatieplaats,0.58,2024MM12,made up\n"


def parquet(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.parquet"))
    }


def test_what_was_published_is_rebuilt_byte_for_byte(night: Night, tmp_path: Path) -> None:
    first = parquet(night.lake.published / "parquet")
    at = night.lake.newest("srg_voorzieningen").manifest.downloaded_at  # type: ignore[union-attr]
    night.revise(1.02)
    night.refresh()
    second = parquet(night.lake.published / "parquet")
    assert first != second
    raw = sorted(str(path) for path in night.lake.raw.rglob("*"))
    moment = max(v.manifest.downloaded_at for b in night.lake.bronnen() for v in night.lake.vintages(b)[:1])
    assert moment >= at
    found = history.build_as_of(night.settings(), moment, tmp_path / "old" / "then.duckdb", silent)
    assert parquet(found) == first
    assert sorted(str(path) for path in night.lake.raw.rglob("*")) == raw
    assert parquet(night.lake.published / "parquet") == second
    found = history.build_as_of(night.settings(), "2099-01-01", tmp_path / "now.duckdb", silent)
    assert parquet(found) == second
    with pytest.raises(SettingsError, match="is there already"):
        history.build_as_of(night.settings(), "2099-01-01", tmp_path / "now.duckdb", silent)
    with pytest.raises(LakeError, match="holds no Iv3 table"):
        history.build_as_of(night.settings(), "2020-01-01", tmp_path / "before.duckdb", silent)
    with pytest.raises(SettingsError, match="no day"):
        history.build_as_of(night.settings(), "yesterday", tmp_path / "x.duckdb", silent)


def test_a_package_gives_the_same_tables_elsewhere(night: Night, tmp_path: Path, run: Callable[..., Any]) -> None:
    package = tmp_path / "package"
    count = history.archive(night.lake, package, night.settings().keuzes())
    assert count == len(night.lake.bronnen())
    assert history.verify(Lake(package))[1] == []
    done = run("build", "--lake", package)
    assert done.returncode == 0, done.stderr
    assert parquet(package / "published" / "parquet") == parquet(night.lake.published / "parquet")
    page = next((package / "raw" / "bijstand").glob("*/files/*page*"))
    page.write_bytes(page.read_bytes()[:-3])
    wrong = run("verify", "--lake", package)
    assert wrong.returncode == 1
    assert str(page.name) in wrong.stderr
    with pytest.raises(SettingsError, match="holds something already"):
        history.archive(night.lake, package, night.settings().keuzes())


def test_a_package_brings_its_input_files_and_choices(night: Night, tmp_path: Path, run: Callable[..., Any]) -> None:
    night.lake.invoer.mkdir()
    (night.lake.invoer / "srg_doelaandeel.csv").write_bytes(DOELAANDEEL)
    chosen = {"REINTEGRATIE_BASISJAAR_PRIJZEN": "2023"}
    assert run("build", "--lake", night.lake.root, **chosen).returncode == 0
    package = tmp_path / "package"
    assert run("archive", package, "--lake", night.lake.root, **chosen).returncode == 0
    done = run("build", "--lake", package)
    assert done.returncode == 0, done.stderr
    assert "the choices of this run are those of the package" in done.stderr
    assert parquet(package / "published" / "parquet") == parquet(night.lake.published / "parquet")
    with duckdb.connect(str(published_file(Lake(package))), read_only=True) as con:
        assert con.execute("select count(*) from core.invoer_doelaandeel").fetchall() == [(1,)]
    assert run("verify", "--lake", package).returncode == 0
    again = tmp_path / "again"
    assert run("archive", again, "--lake", package).returncode == 0
    assert json.loads((again / "archive.json").read_text())["keuzes"]["basisjaar_prijzen"] == 2023
    (package / "archive.json").write_text("{}")
    damaged = run("build", "--lake", package)
    assert damaged.returncode == 1
    assert "archive.json is damaged" in damaged.stderr


def test_where_nothing_is_nothing_is_verified(tmp_path: Path, run: Callable[..., Any]) -> None:
    done = run("verify", "--lake", tmp_path / "mistyped")
    assert done.returncode == 1
    assert "nothing to check" in done.stderr


def test_what_is_lost_does_not_hide_what_else_is(night: Night, run: Callable[..., Any]) -> None:
    first, second = (night.lake.newest(bron) for bron in ("bijstand", "inwoners"))
    assert first is not None
    assert second is not None
    older = Path(shutil.copytree(first.path, first.path.with_name(f"20190101T000000Z-{first.id.split('-')[1]}")))
    (older / "manifest.json").write_text("{}")
    page = next(first.path.glob("files/*page*"))
    page.write_bytes(page.read_bytes()[:-3])
    shutil.rmtree(second.path / "files")
    done = run("verify", "--lake", night.lake.root)
    assert done.returncode == 1
    assert f"{older}/manifest.json is not a manifest" in done.stderr
    assert str(page) in done.stderr
    assert f"{second.path}/files/info.json.zst" in done.stderr
    assert "unexpected" not in done.stderr


def test_nothing_is_cleaned_while_something_cannot_be_read(night: Night) -> None:
    def aged(bron: str, number: int) -> Path:
        """Let a vintage be there once more, older than anything that is used."""
        newest = night.lake.newest(bron)
        assert newest is not None
        older = newest.path.with_name(f"2019010{number}T000000Z-{newest.id.split('-')[1]}")
        shutil.copytree(newest.path, older)
        manifest = newest.manifest.model_copy(update={"downloaded_at": f"2019-01-0{number}T00:00:00Z"})
        (older / "manifest.json").write_text(manifest.model_dump_json(), encoding="utf-8")
        return older

    old = [aged("bijstand", 1), aged("bijstand", 2)]
    night.refresh()  # which compares them
    damaged = aged("srg_voorzieningen", 1) / "manifest.json"
    whole = damaged.read_bytes()
    damaged.write_text("{}")
    with pytest.raises(LakeError, match="is not a manifest"):
        history.clean(night.lake, 30)
    assert all(path.is_dir() for path in old)
    damaged.write_bytes(whole)
    # The publication that stays could have used the oldest: no other one was compared by then.
    assert [vintage.path for vintage in history.clean(night.lake, 30)] == old[1:]


def test_retention_keeps_what_a_kept_publication_used(night: Night) -> None:
    night.revise(1.02)
    night.refresh()
    assert history.clean(night.lake, 30) == []
    # Grown old: vintages and the publication that used the first one.
    old = night.lake.vintages("bijstand")[0]
    aged = old.manifest.model_copy(update={"downloaded_at": "2020-01-01T00:00:00Z"})
    (old.path / "manifest.json").write_text(aged.model_dump_json(), encoding="utf-8")
    old.path.rename(old.path.with_name("20200101T000000Z-" + old.id.split("-")[1]))
    assert history.clean(night.lake, 30) == []  # old, but the first publication used it
    # As old, and replaced before anything was published with it.
    kept = night.lake.vintages("bijstand")[0]
    unused = kept.path.with_name("20190101T000000Z-" + kept.id.split("-")[1])
    shutil.copytree(kept.path, unused)
    older = kept.manifest.model_copy(update={"downloaded_at": "2019-01-01T00:00:00Z"})
    (unused / "manifest.json").write_text(older.model_dump_json(), encoding="utf-8")
    read_table(Vintage(unused.name, unused, older))
    columns = unused.parent / FOLDER
    assert {folder.name for folder in columns.iterdir()} >= {unused.name}
    # Which of the two was used cannot be told before they were compared.
    assert history.clean(night.lake, 30) == []
    event = Gebeurtenis(status="aanvaard", op="2020-01-01T00:00:00Z", door="grenzen")
    oordeel = Oordeel(vintage=kept.id, vergeleken_met=unused.name, bevindingen=(), gebeurtenissen=(event,))
    (unused.parent / ".oordelen" / f"{kept.id}.json").write_text(oordeel.model_dump_json(), encoding="utf-8")
    assert [vintage.id for vintage in history.clean(night.lake, 30)] == [unused.name]
    assert not unused.exists()
    assert unused.name not in {folder.name for folder in columns.iterdir()}
    assert kept.path.is_dir()
    run_job("build", night.settings(), silent)
    assert history.verify(night.lake)[1] == []


def test_figures_of_another_world_revise_nothing(night: Night, small_facts: Path) -> None:
    night.revise(1.02)
    night.refresh()
    assert night.rows("select count(*) > 0 from meta.revisies") == [(True,)]
    with running_app(Faulty(create_app(build_world(small_facts, seed=2)))) as url:
        other = Night(night.source, url, night.lake.root)
        other.refresh()
        assert other.rows("select count(*) from meta.revisies") == [(0,)]
        assert len(other.rows("from meta.runs")) == 3
        assert len(other.rows("select distinct wereld from meta.bronnen where wereld != ''")) == 1
    with duckdb.connect(str(published_file(night.lake))) as con:
        con.execute(
            "update meta.runs set herkomst = 'cbs' where gepubliceerd_op = (select max(gepubliceerd_op) from meta.runs)"
        )
    with pytest.raises(SettingsError, match="two worlds are not compared"):
        history.diff(night.lake, None, None)
    first, second, _ = (run_id for (run_id,) in night.rows("select run_id from meta.runs order by gepubliceerd_op"))
    # Their revisions are of figures that are no longer there.
    with pytest.raises(SettingsError, match="two worlds are not compared"):
        history.diff(night.lake, first, second)


def test_a_file_of_before_runs_told_their_world_is_gone_on_with(night: Night) -> None:
    with duckdb.connect(str(published_file(night.lake))) as con:
        con.execute("alter table meta.runs drop column wereld")
    assert history.diff(night.lake, None, None)[1] == []
    night.revise(1.02)
    night.refresh()
    worlds = night.rows("select distinct wereld from meta.bronnen")
    assert night.rows("select wereld from meta.runs") == worlds * 2
    assert night.rows("select count(*) > 0 from meta.revisies") == [(True,)]
    assert history.diff(night.lake, None, None)[1]


def as_of_cbs(lake: Lake) -> None:
    """Let the published file say that its figures are CBS's, as one of a lake that asks CBS does."""
    with duckdb.connect(str(published_file(lake))) as con:
        con.execute("update meta.bronnen set herkomst = 'cbs', wereld = ''")


def test_figures_that_are_not_of_cbs_never_take_the_place_of_figures_that_are(
    night: Night, run: Callable[..., Any]
) -> None:
    as_of_cbs(night.lake)
    before = hashes(night.lake.root / "raw"), night.sha()
    night.revise(1.02)
    for command in (["refresh", "--source", night.url, "--years", "2023"], ["refresh", "--years", "2023"]):
        done = run(*command, "--lake", night.lake.root)
        assert done.returncode == 2, done.stderr
        assert "holds figures of CBS" in done.stderr
        assert "--source cbs" in done.stderr
    assert (hashes(night.lake.root / "raw"), night.sha()) == before  # nothing was downloaded either
    # Who only looks takes nothing's place.
    assert run("doctor", "--source", night.url, REINTEGRATIE_LAKE=str(night.lake.root)).returncode == 0
    # What came before the first publication of CBS figures, and is built after it.
    shutil.rmtree(night.lake.root / ".stempels")
    done = run("build", "--lake", night.lake.root)
    assert done.returncode != 0
    assert "holds figures of CBS" in done.stderr
    assert night.sha() == before[1]


def test_a_file_that_is_open_for_writing_elsewhere_is_told_of(night: Night, run: Callable[..., Any]) -> None:
    program = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    path = str(published_file(night.lake))
    with subprocess.Popen(
        [sys.executable, "-c", program, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        for command in (["status"], ["diff"], ["sql", "from meta.runs"], ["clean", "--keep-days", "1"], ["replicate"]):
            done = run(*command, "--lake", night.lake.root)
            assert done.returncode == 1, (command, done.stderr)
            assert "is open for writing in another program" in done.stderr, command
            assert "unexpected" not in done.stderr
        night.revise(1.02)
        with pytest.raises(LakeError, match="open for writing in another program"):
            night.refresh()
        other.communicate()
    night.refresh()
    assert len(night.rows("from meta.runs")) == 2


def test_two_runs_at_once_are_told_apart(night: Night, run: Callable[..., Any]) -> None:
    before = night.sha()
    with exclusive(night.lake.root / ".run.lock"):
        second = run("refresh", "--source", night.url, "--years", "2023", "--lake", night.lake.root)
    assert second.returncode == 1
    assert "Another run is working on it" in second.stderr
    assert night.sha() == before
    assert run("refresh", "--source", night.url, "--years", "2023", "--lake", night.lake.root).returncode == 0


def test_who_changes_the_lake_waits_for_nobody_in_it(night: Night) -> None:
    with exclusive(night.lake.root / ".run.lock"):
        with pytest.raises(LakeError, match="Another run"):
            accept(night.lake, "a vintage")
        with pytest.raises(LakeError, match="Another run"):
            history.clean(night.lake, 1)


def test_a_full_disk_is_named_by_every_command_that_writes_elsewhere(
    night: Night, run: Callable[..., Any], mounted: Callable[..., Path]
) -> None:
    disk, before = mounted("size=100k"), hashes(night.lake.root)
    for command in (
        ["archive", disk / "package"],
        ["build", "--as-of", "2099-01-01", "--output", disk / "then.duckdb"],
        ["export", "--to", disk / "export"],
        ["export", "--to", disk / "export", "--format", "parquet"],
        ["export", "--to", disk / "export", "--format", "excel"],
    ):
        done = run(*command, "--lake", night.lake.root)
        assert done.returncode == 1, done.stderr
        assert str(disk) in done.stderr
        assert "Make room" in done.stderr
        assert "unexpected" not in done.stderr
    assert not (disk / "then.duckdb").exists()
    assert hashes(night.lake.root) == before


def test_a_lake_that_became_read_only_is_named_and_can_be_read(
    night: Night, run: Callable[..., Any], mounted: Callable[..., Path]
) -> None:
    disk = mounted("size=100m")
    shutil.copytree(night.lake.root, disk / "lake")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    before = hashes(disk / "lake")
    for command in (
        ["refresh", "--source", night.url, "--years", "2023"],
        ["build"],
        ["accept", "a-vintage"],
        ["clean", "--keep-days", "1"],
    ):
        done = run(*command, "--lake", disk / "lake")
        assert done.returncode == 1, done.stderr
        assert str(disk / "lake") in done.stderr
        assert "unexpected" not in done.stderr
    for command in (["status"], ["vintages"], ["diff"], ["verify"], ["sql", "from meta.runs"], ["replicate"]):
        done = run(*command, "--lake", disk / "lake")
        assert done.returncode == 0, (command, done.stderr)
    assert hashes(disk / "lake") == before


def test_no_room_for_the_copies_leaves_the_file_as_it_was(night: Night, mounted: Callable[..., Path]) -> None:
    copies, before = night.lake.published / "parquet", night.sha()
    shutil.rmtree(copies)
    copies.symlink_to(mounted("size=100k"))
    night.revise(1.02)
    with pytest.raises(LakeError, match=r"published/parquet/.*Make room"):
        night.refresh()
    assert night.sha() == before
    assert [path for path in copies.rglob("*") if path.is_file()] == []
    copies.unlink()
    night.refresh()
    assert night.sha() != before
    assert {path.name for path in copies.glob("core/*")} == {path.name for path in night.lake.core.glob("*.parquet")}


def test_a_copy_that_is_gone_or_damaged_is_there_again_the_next_night(night: Night) -> None:
    gone, damaged = (night.lake.published / "parquet" / name for name in ("core/gemeente.parquet", "core/bron.parquet"))
    before = night.sha(), gone.read_bytes(), damaged.read_bytes()
    gone.unlink()
    damaged.write_bytes(b"PAR1")
    night.refresh()
    assert (night.sha(), gone.read_bytes(), damaged.read_bytes()) == before


def test_publications_are_in_order_also_when_the_clock_was_set_back(night: Night) -> None:
    with duckdb.connect(str(published_file(night.lake))) as con:
        con.execute("update meta.runs set gepubliceerd_op = '2090-01-01T00:00:00+00:00'")
    night.revise(1.02)
    run_id = night.refresh()
    last = night.rows("select run_id, gepubliceerd_op from meta.runs order by gepubliceerd_op desc limit 1")
    assert last == [(run_id, "2090-01-01T00:00:01+00:00")]


@contextmanager
def listening(status: int = 204) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Listen for alerts on loopback, and answer with a status."""
    heard: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Location", "https://moved.example/hook")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", heard
    finally:
        server.shutdown()
        server.server_close()


def test_failure_and_changed_figures_are_told_and_a_quiet_night_is_not(
    night: Night, run: Callable[..., Any], tmp_path: Path
) -> None:
    program = tmp_path / "tell"
    program.write_text(f"#!/bin/sh\ncat >> {tmp_path}/told.jsonl\necho >> {tmp_path}/told.jsonl\n", encoding="utf-8")
    program.chmod(0o755)
    arguments = ("refresh", "--source", night.url, "--years", "2023", "--lake", night.lake.root)
    with listening() as (url, heard):
        options = {"REINTEGRATIE_ALERT_URL": url, "REINTEGRATIE_ALERT_COMMAND": str(program)}
        options["REINTEGRATIE_HTTP_FIRST_WAIT_S"] = "0"
        assert run(*arguments, **options).returncode == 0
        assert heard == []
        night.revise(1.02)
        assert run(*arguments, **options).returncode == 0
        assert [message["event"] for message in heard] == ["gewijzigd"]
        assert heard[0]["aantal_gewijzigde_cijfers"] == sum(heard[0]["tabellen"].values()) > 0
        night.source.rules = [lambda path, _: (404, b"gone") if "80794ned" in path else None]
        assert run(*arguments, **options).returncode == 1
        assert heard[1]["event"] == "mislukt"
        assert "80794ned" in heard[1]["fout"]
        night.source.rules = []
        night.revise(5)
        held = run(*arguments, **options, REINTEGRATIE_GRENS_CELLEN="0.001")
        assert held.returncode == 3
        assert "held back: bijstand" in held.stderr
        assert heard[2]["event"] == "aangehouden"
    lines = (tmp_path / "told.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines if line] == heard
    (night.lake.dagster_home / "dagster.yaml").rename(tmp_path / "dagster.yaml")
    (night.lake.dagster_home / "dagster.yaml").write_text("no_such_setting: 1\n", encoding="utf-8")
    with listening() as (url, heard):
        assert run(*arguments, REINTEGRATIE_ALERT_URL=url).returncode == 1
        assert heard[0]["event"] == "mislukt"
        assert heard[0]["fout"].startswith("unexpected ")
    (tmp_path / "dagster.yaml").rename(night.lake.dagster_home / "dagster.yaml")
    refused = run(*arguments, REINTEGRATIE_ALERT_URL="http://example.org/hook")
    assert refused.returncode == 2
    night.revise(1.03)
    lost = run(*arguments, REINTEGRATIE_ALERT_URL="http://127.0.0.1:9/")
    assert lost.returncode == 0
    assert "could not be reached" in lost.stderr


def test_an_alert_that_did_not_arrive_is_told_of_and_hides_nothing(
    night: Night, run: Callable[..., Any], tmp_path: Path
) -> None:
    program = tmp_path / "tell"
    program.write_bytes(b"#!/bin/sh\nprintf 'na\\357ve' >&2\nexit 3\n")  # in Latin-1, which is no UTF-8
    program.chmod(0o755)
    night.source.rules = [lambda path, _: (404, b"gone") if "80794ned" in path else None]
    arguments = ("refresh", "--source", night.url, "--years", "2023", "--lake", night.lake.root)
    with listening(status=302) as (url, _):
        done = run(*arguments, REINTEGRATIE_ALERT_URL=url, REINTEGRATIE_ALERT_COMMAND=str(program))
    assert done.returncode == 1
    assert "answered 302 (to https://moved.example/hook" in done.stderr
    assert "ended with 3: na\N{REPLACEMENT CHARACTER}ve" in done.stderr
    assert "80794ned" in done.stderr.split("refresh failed")[1]
    assert "unexpected" not in done.stderr


def test_a_night_goes_on_when_nobody_can_hear_of_it(night: Night) -> None:
    """Its log is on a full disk: what is downloaded is kept and published."""
    night.revise(1.02)
    program = str(Path(sys.executable).with_name("reintegratie"))
    command = [program, "refresh", "--source", night.url, "--years", "2023", "--lake", str(night.lake.root)]
    with Path("/dev/full").open("w") as full:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    assert done.returncode == 1
    assert "what it has to say cannot be written" in done.stderr
    assert len(night.rows("from meta.runs")) == 2


def test_status_tells_since_when_a_source_fails(night: Night, run: Callable[..., Any]) -> None:
    night.source.rules = [lambda path, _: (404, b"gone") if "80794ned" in path else None]
    with pytest.raises(Exception, match="80794ned"):
        night.refresh()
    found = json.loads(run("status", "--json", "--lake", night.lake.root).stdout)
    stand = {bron["bron"]: bron for bron in found["bronnen"]}
    assert stand["bijstand"]["stand"] == "mislukt hier"
    assert "80794ned" in stand["bijstand"]["uitleg"]
    assert stand["bijstand"]["gecontroleerd_op"]  # of the night before
    night.source.rules = []
    night.refresh()
    found = json.loads(run("status", "--json", "--lake", night.lake.root).stdout)
    assert {b["stand"] for b in found["bronnen"]} <= {"actueel", "te laat bij CBS"}
    assert found["bytes"]["raw"] > 0


def test_a_clock_set_back_does_not_mix_vintages_up(night: Night) -> None:
    """A download finished at an earlier time than the vintage before still comes after it."""
    newest = night.lake.newest("bijstand")
    assert newest is not None
    ahead = newest.manifest.model_copy(update={"downloaded_at": "2090-01-01T00:00:00Z"})
    (newest.path / "manifest.json").write_text(ahead.model_dump_json(), encoding="utf-8")
    newest.path.rename(newest.path.with_name("20900101T000000Z-" + newest.id.split("-")[1]))
    night.revise(1.02)
    night.refresh()
    later = night.lake.newest("bijstand")
    assert later is not None
    assert later.id.startswith("20900101T000001Z-")
    assert night.rows("select vintage from meta.bronnen where bron = 'bijstand'") == [(later.id,)]

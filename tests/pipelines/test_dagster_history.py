"""Dagster's history in a lake: what Dagster's own storage wrote and reads, with the databases kept open."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance, EventRecordsFilter, asset, materialize
from dagster._core.events import DagsterEventType
from dagster._core.storage.event_log import SqliteEventLogStorage

from assets.lake import Lake
from pipelines.dagster_history import KeptEventLog, history
from pipelines.run import dagster_home


@asset
def proef() -> int:
    return 1


@asset
def luid() -> int:
    sys.stderr.write("hoorbaar\n")
    return 1


def instance_of(lake: Lake) -> DagsterInstance:
    return DagsterInstance.from_config(str(dagster_home(lake)))


def run(instance: DagsterInstance) -> str:
    return materialize([proef], instance=instance).run_id


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what `dagster_home` names to Dagster forgotten after a test."""
    monkeypatch.setenv("DAGSTER_HOME", "")


def open_files(lake: Lake) -> list[Path]:
    """Give the files of the events that this process has open."""
    links = [fd for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()]
    return [file for file in (fd.readlink() for fd in links) if events_folder(lake) in file.parents]


def events_folder(lake: Lake) -> Path:
    return lake.dagster_home / "history" / "runs"


def test_a_lake_keeps_its_history_so_and_dagsters_own_storage_reads_it(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with instance_of(lake) as instance:
        assert isinstance(instance.event_log_storage, KeptEventLog)
        runs = [run(instance), run(instance)]
    own = SqliteEventLogStorage(str(events_folder(lake)))
    for run_id in runs:
        assert {log.dagster_event_type for log in own.get_logs_for_run(run_id)} >= {
            DagsterEventType.ASSET_MATERIALIZATION,
            DagsterEventType.RUN_SUCCESS,
        }
    asked = EventRecordsFilter(DagsterEventType.ASSET_MATERIALIZATION, AssetKey("proef"))
    assert [record.run_id for record in own.get_event_records(asked)] == [*reversed(runs)]


def test_it_reads_what_dagsters_own_storage_wrote(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with instance_of(lake) as instance:
        run_id = run(instance)
        count = len(instance.all_logs(run_id))
    assert len(KeptEventLog(str(events_folder(lake))).get_logs_for_run(run_id)) == count > 5


def test_what_a_step_says_goes_where_the_program_says_it_and_nowhere_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """On the command line; Dagster's daemon keeps it, in two files of each step."""
    lake = Lake(tmp_path)
    with history(dagster_home(lake)) as instance:
        assert isinstance(instance.event_log_storage, KeptEventLog)
        materialize([luid], instance=instance)
    assert capfd.readouterr().err.count("hoorbaar") == 1
    assert not [*lake.dagster_home.rglob("*.err"), *lake.dagster_home.rglob("*.out")]


def test_of_many_runs_two_databases_are_open(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with instance_of(lake) as instance:
        for _ in range(3):
            last = run(instance)
        files = [path for path in open_files(lake) if path.suffix == ".db"]
        assert {path.stem for path in files} == {"index", last}
    assert open_files(lake) == []


def test_after_a_wipe_events_are_kept_where_they_are_read(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with instance_of(lake) as instance:
        run(instance)
        instance.event_log_storage.wipe()
        run_id = run(instance)
        count = len(instance.all_logs(run_id))
    assert len(SqliteEventLogStorage(str(events_folder(lake))).get_logs_for_run(run_id)) == count > 5


def test_a_database_that_another_program_took_away_is_not_written_to(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with instance_of(lake) as instance:
        run_id = run(instance)
        for path in events_folder(lake).glob(f"{run_id}.db*"):
            path.unlink()
        instance.report_engine_event("later", instance.get_run_by_id(run_id))
        assert [log.message for log in instance.all_logs(run_id)] == ["later"]
    assert len(SqliteEventLogStorage(str(events_folder(lake))).get_logs_for_run(run_id)) == 1


def test_a_table_that_comes_later_is_seen(tmp_path: Path) -> None:
    """As when `dagster instance migrate` adds one."""
    lake = Lake(tmp_path)
    with instance_of(lake) as instance:
        run(instance)
        log = instance.event_log_storage
        assert isinstance(log, KeptEventLog)
        assert log.has_table("asset_event_tags")
        assert not log.has_table("later")
        with closing(sqlite3.connect(events_folder(lake) / "index.db")) as index:
            index.execute("create table later (id integer)")
        assert log.has_table("later")

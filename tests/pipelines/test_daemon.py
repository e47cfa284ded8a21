"""The Dagster daemon, really started: it refreshes by itself."""

import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from assets.lake import Lake
from assets.published.layout import published_file
from pipelines.replica.app import create_app
from pipelines.replica.server import running_app
from pipelines.replica.world import build_world
from pipelines.run import dagster_home


@pytest.mark.timeout(300)  # the schedule runs each minute, and two runs are waited for
def test_the_daemon_runs_two_refreshes_by_itself_the_second_without_news(small_facts: Path, tmp_path: Path) -> None:
    """`dagster-daemon`, really started, with the schedule set to each minute."""
    lake = Lake(tmp_path / "lake")
    home = dagster_home(lake)
    with running_app(create_app(build_world(small_facts, seed=1))) as url:
        runs = runs_of_the_daemon(lake, home, url, tmp_path / "daemon.log")
    assert [status for status, _ in runs[:2]] == ["SUCCESS", "SUCCESS"], (tmp_path / "daemon.log").read_text()[-2000:]
    with duckdb.connect(str(published_file(lake)), read_only=True) as con:
        published = con.execute("select run_id from meta.runs").fetchall()
    assert published == [(runs[0][1],)]  # the second published nothing
    assert all(len(lake.vintages(bron)) == 1 for bron in lake.bronnen())


def runs_of_the_daemon(lake: Lake, home: Path, url: str, log_path: Path) -> list[tuple[str, str]]:
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(home),
        "REINTEGRATIE_LAKE": str(lake.root),
        "REINTEGRATIE_SOURCE": url,
        "REINTEGRATIE_YEARS": "2023",
        "REINTEGRATIE_SCHEDULE": "* * * * *",
    }
    program = Path(sys.executable).with_name("dagster-daemon")
    # Its history is made before it starts: two processes that make the same tables at once get in each other's way.
    with DagsterInstance.from_config(str(home)):
        pass
    with log_path.open("w") as log:
        daemon = subprocess.Popen(
            [str(program), "run", "-m", "pipelines.definitions"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).parents[2],
        )
        try:
            return wait_for_runs(home, 2)
        finally:
            daemon.terminate()
            daemon.wait(30)


def wait_for_runs(home: Path, number: int) -> list[tuple[str, str]]:
    """Wait until Dagster's history has so many runs that ended, the oldest first."""
    ended = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE]
    until = time.monotonic() + 280
    while time.monotonic() < until:
        with DagsterInstance.from_config(str(home)) as instance:
            runs = instance.get_runs(RunsFilter(statuses=ended))
        if len(runs) >= number:
            return [(run.status.value, run.run_id) for run in reversed(runs)]
        time.sleep(2)
    return []

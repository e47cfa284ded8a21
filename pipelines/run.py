"""Running a job in this process, with its history in the lake.

Here: Dagster's home in the lake, executing `refresh` and `build`, and the error of a failed run. Not here: how it is
shown to a person (`pipelines.cli`).
"""

import os
from collections.abc import Callable
from pathlib import Path

from dagster import DagsterInstance
from sqlalchemy.exc import OperationalError

from assets.cbs.download import Progress
from assets.errors import LakeError
from assets.lake import Lake, write_bytes
from pipelines.definitions import definitions
from pipelines.settings import Settings

_CONFIG = b"telemetry:\n  enabled: false\n"
# Dagster's own log lines are in its history; on the screen they would bury what a person needs.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def dagster_home(lake: Lake) -> Path:
    """Make the folder of Dagster's history in the lake, with telemetry off, and name it to Dagster.

    Raises:
        LakeError: the lake cannot be written.
    """
    lake.check_writable()
    home = lake.dagster_home
    if not (home / "dagster.yaml").is_file():
        write_bytes(home / "dagster.yaml", _CONFIG)
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def run_job(name: str, settings: Settings, progress: Callable[[Progress], None]) -> str:
    """Run a job to its end.

    Args:
        name: `refresh` or `build`.
        settings: of the run.
        progress: told how far each download is.

    Returns:
        the id of the run in Dagster's history.

    Raises:
        ReintegratieError: why the run failed; it is in the history too.
    """
    lake = Lake(settings.lake.resolve())
    dagster_home(lake)
    job = definitions(settings, progress).resolve_job_def(name)
    try:
        with DagsterInstance.get() as instance:
            return job.execute_in_process(instance=instance, run_config=_QUIET).run_id
    except OperationalError as error:
        raise LakeError(
            f"Dagster's history in {lake.dagster_home} cannot be written ({error.orig}). Is the disk full? "
            "Make room and run again; what was complete is kept."
        ) from error

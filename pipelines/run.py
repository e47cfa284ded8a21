"""Running a job in this process, with its history in the lake.

Here: Dagster's home in the lake, executing `refresh`, `build` and `rebuild`, and the error of a failed run. Not here:
how it is shown to a person (`pipelines.cli`).
"""

import os
from collections.abc import Callable
from pathlib import Path

from dagster import DagsterResourceFunctionError
from sqlalchemy.exc import OperationalError

from assets.cbs.download import Progress
from assets.core.keuzes import Keuzes
from assets.errors import LakeError, ReintegratieError
from assets.geheugen import give_back_memory
from assets.lake import Lake, write_bytes
from pipelines.alert import TOLD
from pipelines.dagster_history import history
from pipelines.definitions import definitions
from pipelines.settings import Settings

# Retries and time-outs of the runs that the daemon starts; those of the command line are told at once.
_CONFIG = b"""telemetry:
  enabled: false
storage:
  custom:
    module: pipelines.dagster_history
    class: LakeHistory
    config:
      base_dir:
        env: DAGSTER_HOME
run_retries:
  enabled: true
run_monitoring:
  enabled: true
"""
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


def run_job(
    name: str,
    settings: Settings,
    progress: Callable[[Progress], None],
    lake: Lake | None = None,
    keuzes: Keuzes | None = None,
) -> str:
    """Run a job to its end.

    Args:
        name: `refresh`, `build` or `rebuild`.
        settings: of the run.
        progress: told how far each download is.
        lake: in the place of the one of the settings.
        keuzes: in the place of those of the settings.

    Returns:
        the id of the run in Dagster's history.

    Raises:
        ReintegratieError: why the run failed; it is in the history too.
    """
    give_back_memory()
    lake = lake or Lake(settings.lake.resolve())
    home = dagster_home(lake)
    job = definitions(settings, progress, lake, keuzes).resolve_job_def(name)
    try:
        with history(home) as instance:
            return job.execute_in_process(instance=instance, run_config=_QUIET, tags={TOLD: "yes"}).run_id
    except DagsterResourceFunctionError as error:
        # The lake is a resource: what it says (another run has it) is the error a person needs.
        if isinstance(error.__cause__, ReintegratieError):
            raise error.__cause__ from error
        raise
    except OperationalError as error:
        raise LakeError(
            f"Dagster's history in {lake.dagster_home} cannot be written ({error.orig}). Is the disk full? "
            "Make room and run again; what was complete is kept."
        ) from error

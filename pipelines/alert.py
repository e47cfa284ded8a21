"""Telling somebody: after a failure, a vintage that was held back, or figures that changed.

Here: what is told, and handing it to a program or an address. Not here: deciding what a failure is, or any figure.
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb
import requests
from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    RunStatusSensorContext,
    SensorDefinition,
    run_status_sensor,
)

from assets.cbs.oordeel import held_back
from assets.errors import LakeError
from assets.lake import Lake
from assets.published.layout import published_file
from assets.published.reading import opened
from pipelines.settings import Settings

# A run that this tag is on has told for itself; the sensor of the daemon leaves it.
TOLD = "reintegratie/told"
_SECONDS = 30
_MOST_LETTERS = 2000
_OK, _REDIRECTS = 200, 300  # the statuses between say that it arrived


def message(lake: Lake, run_id: str, error: str | None) -> Mapping[str, Any] | None:
    """Say what happened in a run, or None when there is nothing to tell.

    Args:
        lake: of the run.
        run_id: id of the run in Dagster's history.
        error: why it failed; None when it did not.

    Returns:
        event (`mislukt`, `aangehouden`, `gewijzigd`), lake, run_id, op (UTC), and for a failure: fout; for vintages
        held back: aangehouden (bron, vintage, redenen); for changed figures: aantal_gewijzigde_cijfers, tabellen.
    """
    about = {"lake": str(lake.root), "run_id": run_id, "op": datetime.now(UTC).isoformat(timespec="seconds")}
    if error is not None:
        return {"event": "mislukt", **about, "fout": error[:_MOST_LETTERS]}
    held = [
        {"bron": bron, "vintage": oordeel.vintage, "redenen": list(oordeel.gebeurtenissen[-1].redenen)}
        for bron, oordeel in held_back(lake).items()
    ]
    try:
        changed = _changed(lake, run_id)
    except LakeError as unread:
        # What is held back is told all the same; that the file cannot be read the run itself says at its end.
        if not held:
            return {"event": "mislukt", **about, "fout": str(unread)[:_MOST_LETTERS]}
        changed = {}
    if not held and not changed:
        return None
    return {
        "event": "aangehouden" if held else "gewijzigd",
        **about,
        "aangehouden": held,
        "aantal_gewijzigde_cijfers": sum(changed.values()),
        "tabellen": changed,
    }


def tell(settings: Settings, content: Mapping[str, Any] | None) -> Sequence[str]:
    """Hand a message to the program and the address that were set.

    A run is not undone by an alert that does not arrive: what went wrong is given back, to be shown.

    Returns:
        what could not be told, in words.
    """
    if content is None:
        return []
    troubles = []
    body = json.dumps(content, ensure_ascii=False)
    if settings.alert_command is not None:
        command = [str(settings.alert_command)]
        try:
            done = subprocess.run(  # noqa: S603  # a program the user named, without a shell
                command, input=body.encode(), timeout=_SECONDS, capture_output=True, check=False
            )
            if done.returncode:
                said = done.stderr[:200].decode(errors="replace")  # in whatever encoding it writes
                troubles.append(f"alert_command {command[0]} ended with {done.returncode}: {said}")
        except (OSError, subprocess.TimeoutExpired) as error:
            troubles.append(f"alert_command {command[0]} could not be run: {error}")
    if settings.alert_url is not None:
        try:
            answer = requests.post(
                settings.alert_url,
                data=body.encode(),
                headers={"Content-Type": "application/json"},
                timeout=_SECONDS,
                allow_redirects=False,
            )
            # A redirect is not followed: what would be told goes nowhere else than where it was set to go.
            if not _OK <= answer.status_code < _REDIRECTS:
                target = answer.headers.get("Location")
                where = f" (to {target}; set that one)" if target else ""
                troubles.append(f"alert_url {settings.alert_url} answered {answer.status_code}{where}")
        except requests.RequestException as error:
            troubles.append(f"alert_url {settings.alert_url} could not be reached: {error}")
    return troubles


def alert_sensors(settings: Settings) -> list[SensorDefinition]:
    """Make the sensors with which the daemon tells of its own runs; none when nobody is to be told."""
    if settings.alert_command is None and settings.alert_url is None:
        return []
    lake = Lake(settings.lake.resolve())

    def told(context: RunStatusSensorContext, error: str | None) -> None:
        if TOLD in context.dagster_run.tags:
            return
        for trouble in tell(settings, message(lake, context.dagster_run.run_id, error)):
            context.log.warning(trouble)

    @run_status_sensor(
        name="tell_failure", run_status=DagsterRunStatus.FAILURE, default_status=DefaultSensorStatus.RUNNING
    )
    def failed(context: RunStatusSensorContext) -> None:
        told(context, context.dagster_event.message or "the run failed")

    @run_status_sensor(
        name="tell_change", run_status=DagsterRunStatus.SUCCESS, default_status=DefaultSensorStatus.RUNNING
    )
    def succeeded(context: RunStatusSensorContext) -> None:
        told(context, None)

    return [failed, succeeded]


def _changed(lake: Lake, run_id: str) -> dict[str, int]:
    """Count the numbers that became other ones in the publication of a run, by table."""
    path = published_file(lake)
    if not path.is_file():
        return {}
    try:
        with opened(path) as con:
            rows = con.execute(
                "select tabel, count(*) from meta.revisies where run_id = ? group by 1 order by 1", [run_id]
            ).fetchall()
    except duckdb.Error as error:
        raise LakeError(f"the published file {path} cannot be read: {error}") from error
    return dict(rows)

"""Our way to the same tables and no more: the assets they rest on, run by Dagster as a refresh runs them.

Here: one program beside `usual.py`, so that like is measured with like. Not here: the whole refresh, which makes every
table, checks them, and publishes; that is the command line itself.

    python ours.py http://127.0.0.1:8123 2017-2026 LAKE
"""

import sys
from pathlib import Path
from unittest.mock import patch

# First of all: what it sets must be set before polars is loaded.
from pipelines import cli

# isort: split
from same import TABLES

ASSETS = (
    *(f"benchmark/{table}" for table in TABLES),
    # What the usual way downloads too, and none of these tables rests on.
    "core/prijsindex",
    "core/bijstand_duur",
)


def make(source: str, years: str, lake: Path) -> None:
    """Make the tables, with what `run_job` sets."""
    # Imported here, as the command line does: when the garbage is taken care of.
    with cli.kept_for_life():
        from dagster import AssetSelection

        from assets.geheugen import give_back_memory
        from assets.lake import Lake
        from pipelines.dagster_history import history
        from pipelines.definitions import definitions
        from pipelines.run import _QUIET, dagster_home
        from pipelines.settings import load_settings

    give_back_memory()
    settings = load_settings(source=source, years=years, lake=lake)
    defs = definitions(settings)
    job = defs.resolve_job_def("refresh")
    wanted = AssetSelection.assets(*ASSETS).upstream()
    keys = wanted.resolve(defs.resolve_asset_graph()) & set(job.asset_layer.executable_asset_keys)
    with history(dagster_home(Lake(settings.lake))) as instance:
        job.execute_in_process(instance=instance, run_config=_QUIET, asset_selection=sorted(keys))


def main() -> None:
    """Make them as the command line does: the same care for garbage, and the same end."""
    source, years, lake = sys.argv[1:]
    with patch.object(cli, "app", lambda: make(source, years, Path(lake))):
        cli.program()


if __name__ == "__main__":
    main()

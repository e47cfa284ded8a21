"""The published file as a Dagster asset.

Here: the shell around `assets.published.publication.publish`. Not here: anything about the contents.
"""

from datetime import UTC, datetime
from typing import Any

from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, MaterializeResult, ResourceParam, asset

from assets.benchmark.assets import published_tables
from assets.core.inputs import choose_inputs
from assets.core.keuzes import Keuzes
from assets.lake import Lake
from assets.published.layout import published_file
from assets.published.publication import made_from, mend_copies, publish
from assets.stempel import is_current, mark

PUBLISHED_KEY = AssetKey(["published", "reintegratie"])


def published_assets() -> list[AssetsDefinition]:
    """Make the asset of the published file; it depends on every table of core, benchmark and rapport."""
    tables = published_tables()

    @asset(key=PUBLISHED_KEY, deps=[AssetKey([t.schema, t.table]) for t in tables], group_name="published")
    def reintegratie(
        context: AssetExecutionContext, lake: ResourceParam[Lake], keuzes: ResourceParam[Keuzes]
    ) -> MaterializeResult[Any]:
        inputs = choose_inputs(lake)
        stamp = made_from(lake, tables, inputs, keuzes)
        if is_current([published_file(lake)], stamp):
            mend_copies(lake, tables)
            return MaterializeResult(metadata={"path": str(published_file(lake)), "is_made": False})
        publication = publish(
            lake,
            tables,
            inputs,
            keuzes,
            run_id=context.run.run_id,
            published_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        mark([publication.path], stamp)
        return MaterializeResult(
            metadata={
                "path": str(publication.path),
                "is_made": True,
                "revisies": publication.revisies,
                "rows": sum(publication.rows.values()),
                "warnings": [check.check for check in publication.checks if check.rows],
            }
        )

    return [reintegratie]

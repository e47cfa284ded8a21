"""The tables of sql/ as Dagster assets: one for each file of sql/benchmark and sql/rapport.

Here: the shell around `assets.benchmark.sql`; dependencies are read from the SQL. Not here: any metric.
"""

from functools import cache
from typing import Any

from dagster import AssetKey, AssetsDefinition, MaterializeResult, ResourceParam, asset

from assets.benchmark.sql import SqlFile, describe, make_when_changed, sql_files, table_path
from assets.core.assets import RECEPTEN, core_descriptions
from assets.description import TableDescription
from assets.lake import Lake

# The metrics, and what the reference report shows of them.
SCHEMAS = ("benchmark", "rapport")


def published_tables() -> tuple[TableDescription, ...]:
    """Give the descriptions of every core, benchmark and rapport table."""
    made = (describe(file, schema) for schema in SCHEMAS for file in sql_files(schema))
    return (*core_descriptions(), *made)


@cache
def soorten_of(schema: str, table: str) -> frozenset[str]:
    """Give the kinds of sources a table comes from, through all tables it reads (`*`: every source)."""
    if schema == "core":
        recept = next(recept for recept in RECEPTEN if table in recept.tabellen)
        own = {"*"} if recept.bronnen is None else set(recept.bronnen)
        return frozenset(own).union(*(soorten_of("core", other) for other in recept.core))
    file = next(file for file in sql_files(schema) if file.name == table)
    return frozenset().union(*(soorten_of(*read) for read in file.reads))


def benchmark_assets() -> list[AssetsDefinition]:
    """Make one asset for each file of sql/benchmark and sql/rapport."""
    return [_asset(schema, file) for schema in SCHEMAS for file in sql_files(schema)]


def _asset(schema: str, file: SqlFile) -> AssetsDefinition:
    description = describe(file, schema)

    @asset(
        key=AssetKey([schema, file.name]),
        deps=[AssetKey([schema, table]) for schema, table in file.reads],
        group_name=schema,
        description=description.about,
    )
    def benchmark_table(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        paths = {(d.schema, d.table): table_path(lake, d) for d in published_tables()}
        is_made = make_when_changed(file, description, lake, paths)
        return MaterializeResult(metadata={"is_made": is_made})

    return benchmark_table

"""The benchmark tables as Dagster assets: one for each file of sql/benchmark.

Here: the shell around `assets.benchmark.sql`; dependencies are read from the SQL. Not here: any metric.
"""

from typing import Any

from dagster import AssetKey, AssetsDefinition, MaterializeResult, ResourceParam, asset

from assets.benchmark.sql import SqlFile, describe, make_table, sql_files, table_path
from assets.core.assets import core_descriptions
from assets.description import TableDescription
from assets.lake import Lake


def published_tables() -> tuple[TableDescription, ...]:
    """Give the descriptions of every core and benchmark table."""
    return (*core_descriptions(), *(describe(file, "benchmark") for file in sql_files("benchmark")))


def benchmark_assets() -> list[AssetsDefinition]:
    """Make one asset for each file of sql/benchmark."""
    return [_asset(file) for file in sql_files("benchmark")]


def _asset(file: SqlFile) -> AssetsDefinition:
    description = describe(file, "benchmark")

    @asset(
        key=AssetKey(["benchmark", file.name]),
        deps=[AssetKey([schema, table]) for schema, table in file.reads],
        group_name="benchmark",
        description=description.about,
    )
    def benchmark_table(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        paths = {(d.schema, d.table): table_path(lake, d) for d in published_tables()}
        return MaterializeResult(metadata={"rows": make_table(file, description, lake, paths)})

    return benchmark_table

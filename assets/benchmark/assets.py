"""The tables of sql/ as Dagster assets: one for each file of sql/benchmark and sql/rapport.

Here: the shell around `assets.benchmark.sql`; dependencies are read from the SQL. Not here: any metric.
"""

from collections.abc import Collection, Iterator
from functools import cache
from graphlib import TopologicalSorter
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    ResourceParam,
    multi_asset,
)

from assets.benchmark.sql import SqlFile, describe, make_when_changed, sql_files, table_path, views
from assets.core.assets import RECEPTEN, core_descriptions
from assets.description import TableDescription
from assets.lake import Lake
from assets.naast import side_by_side

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


def benchmark_assets() -> AssetsDefinition:
    """Make one asset for each file of sql/benchmark and sql/rapport, in one step that makes any subset of them.

    One step, as what Dagster writes down for a step costs more than most of these tables.
    """
    files = in_order()
    specs = [
        AssetSpec(
            AssetKey([schema, file.name]),
            deps=[AssetKey(list(read)) for read in file.reads],
            group_name=schema,
            description=describe(file, schema).about,
        )
        for schema, file in files
    ]

    @multi_asset(name="sql", specs=specs, can_subset=True)
    def sql(context: AssetExecutionContext, lake: ResourceParam[Lake]) -> Iterator[MaterializeResult[Any]]:
        selected = {(key.path[0], key.path[1]) for key in context.selected_asset_keys}
        for (schema, name), is_made in make_tables(selected, lake).items():
            yield MaterializeResult(asset_key=AssetKey([schema, name]), metadata={"is_made": is_made})

    return sql


def make_tables(selected: Collection[tuple[str, str]], lake: Lake) -> dict[tuple[str, str], bool]:
    """Make the tables of sql/ that changed, a few side by side, each after the ones it reads.

    Side by side, and not each with more threads: how rows are divided over threads is then nothing to depend on.

    Args:
        selected: (schema, table) of those to be made.
        lake: where they are read and written.

    Returns:
        (schema, table) -> whether it was made, in the order of `in_order`.

    Raises:
        ContractError, LakeError: of the first that failed; those under way are finished, and the rest is not begun.
    """
    paths = {(d.schema, d.table): table_path(lake, d) for d in published_tables()}
    files = {(schema, file.name): file for schema, file in in_order() if (schema, file.name) in selected}
    with views(paths) as over:

        def make(key: tuple[str, str]) -> bool:
            return make_when_changed(files[key], describe(files[key], key[0]), lake, over)

        rests_on = {key: [read for read in file.reads if read in files] for key, file in files.items()}
        heavy = [key for key, file in files.items() if file.header.get("zwaar", False)]
        return side_by_side(rests_on, make, apart=heavy)


@cache
def in_order() -> tuple[tuple[str, SqlFile], ...]:
    """Give the files with their schema, each after the tables it reads."""
    files = {(schema, file.name): file for schema in SCHEMAS for file in sql_files(schema)}
    reads = {key: [read for read in file.reads if read in files] for key, file in files.items()}
    return tuple((key[0], files[key]) for key in TopologicalSorter(reads).static_order())

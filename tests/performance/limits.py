"""What the machine allows: the same bytes received, the same pages parsed, the same SQL run, and nothing else.

Here: limits for a lake that a refresh filled; beside these three, the same tables copied into a file by DuckDB alone,
and a run of Dagster whose assets do nothing. Not here: our own stages (`stages`).
"""

import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import orjson
import polars as pl
import requests
from dagster import (
    AssetsDefinition,
    AssetSelection,
    Definitions,
    MaterializeResult,
    define_asset_job,
    in_process_executor,
    multi_asset,
)

from assets.benchmark.assets import in_order, published_tables
from assets.benchmark.sql import table_path
from assets.cbs.page import PageReader, columns_of
from assets.cbs.registry import load_registry
from assets.cbs.table import read_table, service_of
from assets.cbs.transport import MAX_IN_FLIGHT
from assets.lake import Lake, Vintage
from assets.published.publication import STORAGE_VERSION
from pipelines.dagster_history import history
from pipelines.definitions import definitions
from pipelines.run import _QUIET, dagster_home
from pipelines.settings import load_settings


def newest(lake: Lake) -> Iterator[Vintage]:
    """Give the newest vintage of every source at CBS."""
    for bron in lake.bronnen():
        vintage = lake.newest(bron)
        if vintage is not None and vintage.manifest.protocol != "bestand":
            yield vintage


def receive_s(lake: Lake, base: str) -> tuple[float, float]:
    """Give the seconds it takes to ask for every page of data again, as many at a time, and throw away what comes.

    Beside them the seconds of processor.

    Args:
        lake: tells which pages there are.
        base: the address of the source.
    """
    entries = load_registry().entries
    urls = []
    for vintage in newest(lake):
        name = vintage.manifest.bron
        host = entries[name if name in entries else name.rpartition("_")[0]].host
        urls += [f"{base}/{host}{file.url}" for file in vintage.manifest.files if file.role == "data"]
    begin, did = time.perf_counter(), time.process_time()
    with requests.Session() as session, ThreadPoolExecutor(MAX_IN_FLIGHT) as pool:

        def fetch(url: str) -> None:
            with session.get(url, stream=True, headers={"Accept-Encoding": "gzip"}, timeout=60) as response:
                response.raise_for_status()
                while response.raw.read(65536, decode_content=False):
                    pass

        list(pool.map(fetch, urls))
    return time.perf_counter() - begin, time.process_time() - did


def parse_s(lake: Lake, *, only_ours: bool) -> dict[str, float]:
    """Give the seconds of processor it takes to make columns of every page of data, by each way known here."""
    seconds: dict[str, float] = {}
    for vintage in newest(lake):
        manifest = vintage.manifest
        service = service_of(manifest)
        answers = {f.resource: orjson.loads(vintage.read(f.name)) for f in manifest.files if f.role == "metadata"}
        listed = {dimension: frame["code"] for dimension, frame in read_table(vintage).codes.items()}
        columns = columns_of(manifest.protocol, manifest.kolommen, service.structure(answers), listed)
        reader = PageReader(columns, service.next_link_name)
        schema = {column.name: column.dtype for column in columns}
        for file in (file for file in manifest.files if file.role == "data"):
            content = vintage.read(file.name)
            ways: dict[str, Callable[[], object]] = {"msgspec, typed (ours)": partial(reader.read, content)}
            if not only_ours:
                ways["orjson and lists"] = partial(with_orjson, content, schema)
                ways["polars, unchecked"] = partial(_with_polars, content, schema)
            for way, read in ways.items():
                # Of the whole process: polars works in threads of its own.
                begin = time.process_time()
                read()
                seconds[way] = seconds.get(way, 0.0) + time.process_time() - begin
    return seconds


def with_orjson(content: bytes, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """Read a page with orjson, looking at nothing."""
    records = orjson.loads(content)["value"]
    return pl.DataFrame([pl.Series(n, [r[n] for r in records], dtype=t, strict=True) for n, t in schema.items()])


def _with_polars(content: bytes, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    rows = content[content.index(b'"value":[') + 9 : content.rindex(b"]")].replace(b"},{", b"}\n{")
    return pl.read_ndjson(io.BytesIO(rows), schema=schema)


def sql_s(lake: Lake) -> float:
    """Give the seconds DuckDB takes for the SQL of every table, on the Parquet of core, with all threads, in memory."""
    schemas = sorted({table.schema for table in published_tables()})
    with duckdb.connect(":memory:") as con:
        for schema in schemas:
            con.execute(f"create schema {schema}")
        for table in published_tables():
            if table.schema == "core":
                con.execute(f"create view {table.name} as select * from read_parquet('{table_path(lake, table)}')")
        begin = time.perf_counter()
        for schema, file in in_order():
            con.execute(f"create table {schema}.{file.name} as {file.body}")
        return time.perf_counter() - begin


def file_s(lake: Lake) -> float:
    """Give the seconds DuckDB takes to copy the Parquet of every table into a file, with all threads, and no more."""
    with TemporaryDirectory() as folder, duckdb.connect(":memory:") as con:
        begin = time.perf_counter()
        con.execute(f"attach '{folder}/copy.duckdb' as copy (storage_version '{STORAGE_VERSION}')")
        for schema in sorted({table.schema for table in published_tables()}):
            con.execute(f"create schema copy.{schema}")
        for table in published_tables():
            con.execute(f"create table copy.{table.name} as select * from read_parquet('{table_path(lake, table)}')")
        con.execute("detach copy")
        return time.perf_counter() - begin


def dagster_s(lake: Lake) -> float:
    """Give the seconds Dagster takes for a run of the same assets that do nothing, with the same history."""

    def empty(made: AssetsDefinition) -> AssetsDefinition:
        rests_on = {spec.key: {dep.asset_key for dep in spec.deps} for spec in made.specs}
        in_turn = [key for key in TopologicalSorter(rests_on).static_order() if key in rests_on]

        @multi_asset(name=made.op.name, specs=list(made.specs))
        def nothing() -> Iterator[MaterializeResult[Any]]:
            for key in in_turn:
                yield MaterializeResult(asset_key=key)

        return nothing

    with TemporaryDirectory() as folder:
        home = dagster_home(Lake(Path(folder)))
        real = definitions(load_settings(lake=lake.root))
        begin = time.perf_counter()
        copy = Definitions(
            assets=[empty(made) for made in real.assets or () if isinstance(made, AssetsDefinition)],
            jobs=[define_asset_job("refresh", AssetSelection.all())],
            executor=in_process_executor,
        )
        with history(home) as instance:
            copy.resolve_job_def("refresh").execute_in_process(instance=instance, run_config=_QUIET)
        return time.perf_counter() - begin


def main() -> None:
    """Print the seconds of each limit as JSON, for a lake and a source; with `ours`, of no other reader of JSON."""
    path, base, *only = sys.argv[1:]
    lake = Lake(Path(path))
    found = {f"parse: {way}": seconds for way, seconds in parse_s(lake, only_ours=only == ["ours"]).items()}
    found["bytes"], found["processor: bytes"] = receive_s(lake, base)
    found |= {"sql": sql_s(lake), "file": file_s(lake), "dagster": dagster_s(lake)}
    print(json.dumps(found))  # noqa: T201  # the answer


if __name__ == "__main__":
    main()

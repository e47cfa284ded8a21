"""Making the tables of sql/ side by side: each after what it reads, the same bytes, and nothing after a failure."""

import hashlib
import shutil
from pathlib import Path

import polars as pl
import pytest

from assets.benchmark.assets import in_order, make_tables, published_tables
from assets.benchmark.sql import connection, describe, make_table, pieces, table_path, views
from assets.errors import ContractError
from assets.lake import Lake, write_table

EVERY = {(schema, file.name) for schema, file in in_order()}


@pytest.fixture
def lake(small: Path, tmp_path: Path) -> Lake:
    """Give a small lake of one's own, without the tables of sql/."""
    lake = Lake(Path(shutil.copytree(small, tmp_path / "lake")))
    for schema in ("benchmark", "rapport"):
        shutil.rmtree(lake.root / schema)
    return lake


def hashes(lake: Lake) -> dict[tuple[str, str], str]:
    files = (lake.root / schema / f"{table}.parquet" for schema, table in EVERY)
    return {
        (file.parent.name, file.stem): hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()
    }


def test_each_is_made_once_after_what_it_reads_with_the_same_bytes(lake: Lake, small: Path) -> None:
    made = make_tables(EVERY, lake)
    assert list(made) == [(schema, file.name) for schema, file in in_order()]
    assert all(made.values())
    assert hashes(lake) == hashes(Lake(small))
    assert not any(make_tables(EVERY, lake).values())


def test_the_order_of_the_rows_it_reads_changes_no_bit_of_any_table(small: Path, tmp_path: Path) -> None:
    # A sum of doubles hangs on that order, and DuckDB picks it by how many rows there are elsewhere.
    as_made, mixed = Lake(small), {}
    for number, description in enumerate(published_tables()):
        path = mixed[description.schema, description.table] = tmp_path / f"{number}.parquet"
        table = pl.read_parquet(table_path(as_made, description))
        write_table(path, table.sample(fraction=1, shuffle=True, seed=number))
    with views(mixed) as over:
        for schema, file in in_order():
            make_table(file, describe(file, schema), Lake(tmp_path), over)
    assert hashes(Lake(tmp_path)) == hashes(as_made)


def test_what_is_made_by_year_is_what_its_query_gives_at_once(small: Path) -> None:
    lake = Lake(small)
    by_year = [(schema, file) for schema, file in in_order() if "per" in file.header]
    assert by_year
    for schema, file in by_year:
        description = describe(file, schema)
        order = ", ".join(description.grain)
        with connection({(s, t): lake.root / s / f"{t}.parquet" for s, t in file.reads}) as con:
            assert len(pieces(file, con)) > 1
            at_once = con.execute(f"from ({file.body}) order by {order}").fetchall()
        assert pl.read_parquet(table_path(lake, description)).rows() == at_once


def test_only_what_is_asked_is_made(lake: Lake) -> None:
    assert make_tables({("benchmark", "gemeente_jaar")}, lake) == {("benchmark", "gemeente_jaar"): True}
    assert list(hashes(lake)) == [("benchmark", "gemeente_jaar")]


def test_nothing_that_rests_on_a_failure_is_made(lake: Lake) -> None:
    (lake.core / "iv3_levering.parquet").unlink()
    with pytest.raises(ContractError, match=r"benchmark\.gemeente_jaar reads core\.iv3_levering"):
        make_tables(EVERY, lake)
    reads = {(schema, file.name): file.reads for schema, file in in_order()}
    rests: set[tuple[str, str]] = {("core", "iv3_levering")}
    for key, read in reads.items():
        if rests & {*read}:
            rests.add(key)
    assert len(rests) > 10
    assert rests.isdisjoint(hashes(lake))

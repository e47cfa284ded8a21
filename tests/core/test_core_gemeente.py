"""Gemeenten and inwoners: what is joined, and what stops a run."""

import polars as pl
import pytest
from raw import manifest, measures, with_rows

from assets.cbs.table import RawTable
from assets.core.gemeente import gemeente, inwoners_nederland
from assets.errors import ContractError

NAMES = {"GM0001": "Aa", "GM0002": "Bee"}
V4 = {"Id": pl.Int64, "Measure": pl.String, "ValueAttribute": pl.String, "Value": pl.Float64, "StringValue": pl.String}


def gebieden(code_measure: str = "GM000B") -> RawTable:
    rows: list[tuple[object, ...]] = []
    for code, naam in NAMES.items():
        texts = {
            code_measure: code.ljust(10),
            "GM000C_1": naam.ljust(50),
            "PV0001": "PV20      ",
            "PV0002": "Groningen ",
            "AM0001": "AM01      ",
            "AM0002": "Groningen ",
        }
        rows += [(len(rows) + i, m, "None", None, text, code) for i, (m, text) in enumerate(texts.items())]
    keys = [code_measure, "GM000C_1", "PV0001", "PV0002", "AM0001", "AM0002"]
    frame = pl.DataFrame(rows, schema={**V4, "RegioS": pl.String}, orient="row")
    return RawTable(manifest("85385NED", "v4"), [frame.lazy()], {}, measures(keys), {})


def inwoners(counts: dict[str, float | None]) -> RawTable:
    rows = [
        (i, "M000352", "Impossible" if value is None else "None", value, None, regio, "2023JJ00")
        for i, (regio, value) in enumerate(counts.items())
    ]
    frame = pl.DataFrame(rows, schema={**V4, "RegioS": pl.String, "Perioden": pl.String}, orient="row")
    return RawTable(manifest("03759ned", "v4"), [frame.lazy()], {}, measures(["M000352"]), {})


GOOD = {"NL01": 300.0, "GM0001": 100.0, "GM0002": 200.0, "GM9999": None}


@pytest.mark.parametrize("measure", ["GM000B", "GM000B_1", "R00004"])
def test_indeling_and_inwoners_are_joined_whatever_the_measure_is_called(measure: str) -> None:
    frame = gemeente({2023: gebieden(measure)}, inwoners(GOOD))
    assert frame.rows() == [
        (2023, "GM0001", "Aa", "PV20", "Groningen", "AM01", "Groningen", 100, 1, 1),
        (2023, "GM0002", "Bee", "PV20", "Groningen", "AM01", "Groningen", 200, 1, 2),
    ]


def test_the_national_figure_is_that_of_nl01() -> None:
    assert inwoners_nederland(inwoners(GOOD)).rows() == [(2023, 300)]


def test_inwoners_that_do_not_add_up_stop_the_run() -> None:
    with pytest.raises(ContractError, match=r"2023 in 03759ned add up to 301.*NL01 has \[300\]"):
        gemeente({2023: gebieden()}, inwoners({**GOOD, "GM0002": 201.0}))


def test_a_gemeente_without_inwoners_is_named() -> None:
    with pytest.raises(ContractError, match=r"without inwoners \['GM0002'\]"):
        gemeente({2023: gebieden()}, inwoners({**GOOD, "GM0002": None}))


def test_a_gemeente_that_only_has_inwoners_is_named() -> None:
    with pytest.raises(ContractError, match=r"without indeling \['GM9999'\]"):
        gemeente({2023: gebieden()}, inwoners({**GOOD, "GM9999": 1.0}))


def test_half_an_inwoner_is_refused() -> None:
    with pytest.raises(ContractError, match="not whole numbers"):
        gemeente({2023: gebieden()}, inwoners({**GOOD, "GM0002": 200.5}))


def test_a_region_twice_is_refused() -> None:
    table = inwoners(GOOD)
    with pytest.raises(ContractError, match="twice in a year"):
        gemeente({2023: gebieden()}, with_rows(table, pl.concat([table.rows, table.rows.head(1)])))


def test_a_gemeente_twice_in_the_indeling_is_refused() -> None:
    table = gebieden()
    with pytest.raises(ContractError, match=r"there twice: \['GM0001'\]"):
        gemeente({2023: with_rows(table, pl.concat([table.rows, table.rows.head(6)]))}, inwoners(GOOD))


def test_a_measure_under_a_new_name_is_refused() -> None:
    with pytest.raises(ContractError, match="column gemeente_code should be one of the measures"):
        gemeente({2023: gebieden("GM000Z")}, inwoners(GOOD))


def test_an_empty_name_is_refused() -> None:
    table = gebieden()
    blank = table.rows.with_columns(
        pl.when(pl.col("Measure") == "GM000C_1")
        .then(pl.lit("   "))
        .otherwise(pl.col("StringValue"))
        .alias("StringValue")
    )
    with pytest.raises(ContractError, match="gemeenten without a value"):
        gemeente({2023: with_rows(table, blank)}, inwoners(GOOD))


def test_a_code_that_is_not_its_region_is_refused() -> None:
    table = gebieden()
    moved = table.rows.with_columns(pl.col("StringValue").str.replace("GM0001", "GM0009"))
    with pytest.raises(ContractError, match="RegioS and the code of the gemeente differ"):
        gemeente({2023: with_rows(table, moved)}, inwoners(GOOD))


def test_a_table_without_the_measure_is_refused() -> None:
    table = inwoners(GOOD)
    with pytest.raises(ContractError, match="no rows of measure M000352"):
        gemeente({2023: gebieden()}, with_rows(table, table.rows.clear()))

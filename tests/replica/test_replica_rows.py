"""Rows served from a frame: the JSON is what it would be without the fast way, and filters leave the right rows."""

import math

import orjson
import polars as pl
import pytest

from pipelines.replica.query import QueryError
from pipelines.replica.tables import FrameRows, Slice

NAMES = ['a"b', "c\\d", "e\nf", "é\u2028", None, "", "Totaal   "]


def rows(numbers: list[float | None]) -> FrameRows:
    count = len(numbers)
    frame = pl.DataFrame(
        {
            "Id": list(range(count)),
            "Naam": [NAMES[n % len(NAMES)] for n in range(count)],
            "Value": pl.Series(numbers, dtype=pl.Float64),
            "Niets": pl.Series([None] * count, dtype=pl.String),
        }
    )
    return FrameRows(frame.columns, lambda: frame)


def expected(numbers: list[float | None], first: int, count: int) -> list[dict[str, object]]:
    return [
        {"Id": n, "Naam": NAMES[n % len(NAMES)], "Value": numbers[n], "Niets": None}
        for n in range(first, min(first + count, len(numbers)))
    ]


@pytest.mark.parametrize(
    "numbers",
    [
        [10.0, 0.0, -20.0, None, 2.0**53, 1e9, 5.0],
        [10.0, 0.5, -20.25, None, 1e-7, 3.0],
        [None, None, None],
        [],
    ],
)
def test_json_is_that_of_each_row(numbers: list[float | None]) -> None:
    text = rows(numbers).json(Slice("", (), 0, 100))
    found = orjson.loads(b"[" + text + b"]")
    assert found == expected(numbers, 0, 100)
    assert b"\n" not in text
    for record in found:
        value = record["Value"]
        # CBS writes a whole number without a decimal point, also on a page where others have one.
        assert value is None or isinstance(value, int) == float(value).is_integer()
        assert list(record) == ["Id", "Naam", "Value", "Niets"]


def test_pages_and_columns() -> None:
    numbers: list[float | None] = [float(n) for n in range(20)]
    served = rows(numbers)
    assert orjson.loads(b"[" + served.json(Slice("", (), 7, 5)) + b"]") == expected(numbers, 7, 5)
    assert served.json(Slice("", (), 20, 5)) == b""
    chosen = orjson.loads(b"[" + served.json(Slice("", ("Value", "Id"), 18, 5)) + b"]")
    assert chosen == [{"Id": 18, "Value": 18}, {"Id": 19, "Value": 19}]


@pytest.mark.parametrize(
    ("filter_", "kept"),
    [
        ("", lambda *_: True),
        ("Value ge 5", lambda n, _: n >= 5),
        ("Value eq 3", lambda n, _: n == 3),
        ("startswith(Naam,'Tot')", lambda _, naam: (naam or "").startswith("Tot")),
        ("Naam eq ''", lambda _, naam: naam == ""),  # who has no name is not the one with an empty one
        ("Naam ne 'c\\d' and Value lt 9", lambda n, naam: naam is not None and naam != "c\\d" and n < 9),
        ("Value gt 100", lambda *_: False),
    ],
)
def test_filters_leave_the_right_rows(filter_: str, kept: object) -> None:
    assert callable(kept)
    numbers: list[float | None] = [float(n) for n in range(20)]
    served, wanted = rows(numbers), [r for r in expected(numbers, 0, 20) if kept(r["Value"], r["Naam"])]
    assert served.count(filter_) == len(wanted)
    assert orjson.loads(b"[" + served.json(Slice(filter_, (), 0, 100)) + b"]") == wanted
    assert orjson.loads(b"[" + served.json(Slice(filter_, (), 1, 2)) + b"]") == wanted[1:3]


def test_all_rows_are_not_copied_and_filters_keep_places() -> None:
    served = rows([float(n) for n in range(1000)])
    assert served._places("") is None
    places = served._places("Value ge 10")
    assert places is not None
    assert places.dtype == pl.UInt32
    assert len(places) == 990
    assert served._places("Value ge 10") is places


def test_values_that_cannot_be_compared() -> None:
    with pytest.raises(QueryError, match="compares values of different types"):
        rows([1.0]).count("Naam gt 5")


def test_no_value_is_no_number() -> None:
    assert not math.isnan(orjson.loads(b"[" + rows([1.0, None]).json(Slice("", ("Value",), 0, 1)) + b"]")[0]["Value"])

"""Any `$filter` is either understood or refused in words."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.replica.query import QueryError, conjuncts, expression, parse

FRAME = pl.DataFrame({"Regio": ["GM0363   ", "NL01     ", "it's"], "Value": [1.0, None, -2.5]})
_NAMES = "Regio Value 'GM0363' 'it''s' 1 -2.5 null true 2024-01-01 *"
_SIGNS = "eq ne ge and or not in ( ) , startswith( substringof( length( / add $it"
WORDS = st.sampled_from(_NAMES.split() + _SIGNS.split())


def kept(text: str) -> list[str]:
    node = parse(text)
    assert node is not None
    return FRAME.filter(expression(node, FRAME.columns))["Regio"].to_list()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Regio eq 'GM0363   '", [0]),
        ("Regio eq 'GM0363'", []),
        ("Regio eq 'it''s'", [2]),
        ("startswith(Regio,'GM')", [0]),
        ("substringof('01',Regio)", [1]),
        ("substringof( 't''s' , Regio )", [2]),
        ("(Regio eq 'GM0363   ') or (Value lt -2)", [0, 2]),
        ("not startswith(Regio,'GM') and Value ne null", [2]),
        ("Regio in ('it''s','NL01     ')", [1, 2]),
        ("Value eq null", [1]),
    ],
)
def test_filters(text: str, rows: list[int]) -> None:
    assert kept(text) == [FRAME["Regio"][row] for row in rows]


@given(st.lists(WORDS, max_size=8).map(" ".join) | st.text(max_size=40))
def test_understood_or_refused(text: str) -> None:
    try:
        node = parse(text)
        if node is not None:
            assert isinstance(expression(node, FRAME.columns), pl.Expr)
    except QueryError:
        return  # refused in words; anything else would be a failure


def test_taken_apart_at_the_outermost_ands() -> None:
    assert len(conjuncts(parse("Regio eq 'a' and (Value eq 1 or Value eq 2) and Regio ne 'b'"))) == 3
    assert conjuncts(parse(" ")) == []

"""Reading one page: the fast reader takes it as the slow one does, or leaves it to that."""

import json
from typing import Any

import polars as pl
import pytest

from assets.cbs.odata import Measure, Structure
from assets.cbs.page import Page, PageReader, UnreadableError, columns_of, link_at_end
from assets.errors import ContractError, SourceError

ROW = {"ID": 7, "Gemeenten": "GM0001   ", "k_1ePlaatsing_1": 1.5, "k_2ePlaatsing_2": None}
READER = PageReader(columns_of("v3", list(ROW), Structure(("Gemeenten",), ()), {}), "odata.nextLink")
LISTED = ("GM0002   ", "GM0001   ")
WITH_CODES = PageReader(
    columns_of("v3", list(ROW), Structure(("Gemeenten",), ()), {"Gemeenten": LISTED}), "odata.nextLink"
)


def page_of(*rows: dict[str, Any], **beside: Any) -> bytes:
    return json.dumps({"odata.metadata": "x", "value": rows, **beside}).encode()


def same(fast: Page, slow: Page) -> bool:
    return fast.frame.equals(slow.frame) and fast.next_link == slow.next_link and fast.canonical() == slow.canonical()


def test_both_readers_give_the_same() -> None:
    content = page_of(ROW, {**ROW, "ID": 9, "k_1ePlaatsing_1": 2}, **{"odata.nextLink": "http://x/2"})
    fast = READER.read(content)
    assert fast.frame.rows() == [(7, "GM0001   ", 1.5, None), (9, "GM0001   ", 2.0, None)]
    assert fast.frame.schema == dict(zip(ROW, (pl.Int64, pl.String, pl.Float64, pl.Float64), strict=True))
    assert fast.ids.to_list() == [7, 9]
    assert fast.next_link == "http://x/2"
    assert same(fast, READER.read_slowly(json.loads(content), "page"))


def test_the_next_address_is_seen_before_a_page_is_read() -> None:
    address = "http://x/ODataFeed/OData/1/TypedDataSet?$filter=(a eq '6.5  ')&$skip=10"
    content = page_of(ROW, **{"odata.nextLink": address})
    assert link_at_end(content, "odata.nextLink") == READER.read(content).next_link == address
    assert link_at_end(content + b" \r\n", "odata.nextLink") == address


@pytest.mark.parametrize(
    "content",
    [
        page_of(ROW),
        page_of(ROW, **{"@odata.nextLink": "http://x/2"}),
        page_of(ROW, **{"odata.nextLink": None}),
        page_of(ROW, **{"odata.nextLink": 3}),
        page_of(ROW, **{"odata.nextLink": "http://x/2", "odata.count": "3"}),
        page_of({**ROW, "Gemeenten": '"odata.nextLink":"http://x/2"}'}),
        b'{"value": [], "odata.nextLink": "http://x/\\u00"}',
        b'{"value": [], "odata.nextLink": "http://x/',
        b"",
    ],
    ids=["none", "of v4", "null", "number", "not at the end", "a text in a row", "broken", "cut off", "nothing"],
)
def test_what_stands_at_the_end_and_is_no_address(content: bytes) -> None:
    assert link_at_end(content, "odata.nextLink") is None


def test_codes_of_a_list_are_numbers_that_stand_for_them() -> None:
    content = page_of(ROW, {**ROW, "Gemeenten": "GM0002   "})
    fast = WITH_CODES.read(content)
    assert fast.frame.schema["Gemeenten"] == pl.Enum(LISTED)
    assert fast.frame["Gemeenten"].to_list() == ["GM0001   ", "GM0002   "]
    assert same(fast, WITH_CODES.read_slowly(json.loads(content), "page"))
    # What is in a vintage does not hang on how it is read.
    assert fast.canonical() == READER.read(content).canonical()


def test_whatever_a_code_is_the_contents_are_the_same() -> None:
    """What is in a vintage may not hang on whether its codes are in their list."""
    odd = ["", " ", "a,b", 'say "so"', "two\nlines", "null", "10", "é"]
    content = page_of(*({**ROW, "Gemeenten": code} for code in odd))
    structure = Structure(("Gemeenten",), ())
    listed = PageReader(columns_of("v3", list(ROW), structure, {"Gemeenten": odd}), "odata.nextLink").read(content)
    assert listed.frame.schema["Gemeenten"] == pl.Enum(odd)
    assert listed.canonical() == READER.read(content).canonical()
    every = [READER.read(page_of({**ROW, "Gemeenten": code})).canonical() for code in odd]
    assert len(set(every)) == len(odd)


def test_a_code_that_its_list_does_not_have_is_kept_as_the_text_it_is() -> None:
    content = page_of(ROW, {**ROW, "Gemeenten": "GM0003   "})
    with pytest.raises(UnreadableError):
        WITH_CODES.read(content)
    assert same(WITH_CODES.read_slowly(json.loads(content), "page"), READER.read(content))


def test_measures_and_kinds_of_value_of_v4_are_codes_too() -> None:
    row = {"Id": 1, "Measure": "M1", "ValueAttribute": "None", "Value": 10, "StringValue": None, "A": "x"}
    structure = Structure(("A",), (Measure("M1", "", "", "", None), Measure("M2", "", "", "", None)))
    reader = PageReader(columns_of("v4", list(row), structure, {"A": ["x", "y"]}), "@odata.nextLink")
    schema = reader.read(page_of(row, {**row, "ValueAttribute": None})).frame.schema
    assert {name for name, kind in schema.items() if kind == pl.Enum} == {"Measure", "ValueAttribute", "A"}
    assert schema["StringValue"] == pl.String
    slow = reader.read_slowly({"value": [{**row, "ValueAttribute": "Estimated"}]}, "page").frame
    assert slow["ValueAttribute"].to_list() == ["Estimated"]


def test_the_order_of_fields_and_the_borders_of_pages_do_not_count_in_the_contents() -> None:
    turned = dict(reversed(ROW.items()))
    other = {**ROW, "ID": 8}
    both = READER.read(page_of(ROW, other)).canonical()
    assert READER.read(page_of(turned, other)).canonical() == both
    assert READER.read(page_of(ROW)).canonical() + READER.read(page_of(other)).canonical() == both
    assert READER.read(page_of(other, ROW)).canonical() != both


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "text in a number": ({**ROW, "k_2ePlaatsing_2": "1"}, "column k_2ePlaatsing_2 should hold a number or nothing"),
    "number in a text": ({**ROW, "Gemeenten": 1}, "column Gemeenten should hold a text and holds 1"),
    "nothing in a text": ({**ROW, "Gemeenten": None}, "column Gemeenten should hold a text and holds None"),
    "nothing for a row": ({**ROW, "ID": None}, "column ID should hold a whole number and holds None"),
    "bool in a number": ({**ROW, "k_1ePlaatsing_1": True}, "holds True"),
    "fraction for a row": ({**ROW, "ID": 1.0}, "column ID should hold a whole number and holds 1.0"),
    "row number beyond 64 bits": ({**ROW, "ID": 2**64}, "column ID holds a number that is too large"),
    "one column less": ({key: ROW[key] for key in list(ROW)[:3]}, "a row has no column k_2ePlaatsing_2"),
    "one column more": ({**ROW, "k_3ePlaatsing_3": 1}, r"columns that were not asked: \['k_3ePlaatsing_3'\]"),
}


@pytest.mark.parametrize(("row", "message"), WRONG.values(), ids=WRONG.keys())
def test_the_fast_reader_refuses_and_the_slow_one_says_why(row: dict[str, Any], message: str) -> None:
    content = page_of(ROW, row)
    with pytest.raises(UnreadableError):
        READER.read(content)
    with pytest.raises(ContractError, match=f"page 3: .*{message}"):
        READER.read_slowly(json.loads(content), "page 3")


@pytest.mark.parametrize(
    "content",
    [b"[]", b'{"value": 1}', b"{}", b'{"value": [[]]}', b'{"value": [{}', b"\xff", b'{"\xff": 1, "value": []}'],
)
def test_what_is_no_page_is_left_to_the_slow_reader(content: bytes) -> None:
    with pytest.raises(UnreadableError):
        READER.read(content)


def test_no_list_of_rows() -> None:
    with pytest.raises(SourceError, match="without a list of records"):
        READER.read_slowly({"value": 1}, "page")


@pytest.mark.parametrize("name", ["GM\u0000", 'a "quoted" one', "back\\slash"])
def test_a_column_may_be_called_anything(name: str) -> None:
    """Names a field of the fast reader cannot have: the slow one reads the page."""
    reader = PageReader(columns_of("v4", ["Id", name], Structure((name,), ()), {name: ["x"]}), "@odata.nextLink")
    with pytest.raises(UnreadableError):
        reader.read(page_of({"Id": 1, name: "x"}))
    assert reader.read_slowly({"value": [{"Id": 1, name: "x"}]}, "page").frame.rows() == [(1, "x")]


def test_a_column_named_twice() -> None:
    reader = PageReader(columns_of("v3", ["ID", "A", "A"], Structure(("A",), ()), {}), "odata.nextLink")
    with pytest.raises(UnreadableError):
        reader.read(page_of({"ID": 1, "A": "x"}))
    with pytest.raises(ContractError, match="names a column twice"):
        reader.read_slowly({"value": [{"ID": 1, "A": "x"}]}, "page")

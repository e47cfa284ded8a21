"""Iv3: what becomes a booking, who counts as having delivered, and what is refused."""

import math
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from raw import code_list, iv3, with_rows

from assets.core.iv3 import Iv3Year, iv3_year
from assets.errors import ContractError

GEMEENTEN = ("GM0001", "GM0002")


def year(table: object, gemeenten: tuple[str, ...] = GEMEENTEN) -> Iv3Year:
    return iv3_year(table, 2023, gemeenten, ["6.5"], ["0.1"])


def one_status(result: Iv3Year, gemeente: str, verslagsoort: str, plaatsing: int) -> str:
    rows = result.levering.filter(
        pl.col("gemeente_code") == gemeente, pl.col("verslagsoort") == verslagsoort, pl.col("plaatsing") == plaatsing
    )
    return str(rows["status"].item())


def test_amounts_become_whole_euros_with_their_codes_trimmed() -> None:
    table = iv3({("6.5", "L1.1", "GM0001", "2023X005"): (1.5, 2.123)})
    (at_cbs,) = table.rows.filter(pl.col("k_1ePlaatsing_1") == 1.5)["ID"]
    result = year(table)
    rows = result.boeking.sort("plaatsing").rows(named=True)
    assert [(r["plaatsing"], r["bedrag_euro"]) for r in rows] == [(1, 1500), (2, 2123)]
    assert rows[0] == {
        "boekjaar": 2023,
        "verslagsoort": "jaarrekening",
        "plaatsing": 1,
        "gemeente_code": "GM0001",
        "taakveld": "6.5",
        "categorie": "L1.1",
        "lasten_baten": "lasten",
        "bedrag_euro": 1500,
        "cbs_pagina": 1,
        "cbs_rij": at_cbs,
    }


def test_it_does_not_matter_over_how_many_pages_the_rows_came() -> None:
    table = iv3({("6.5", "L1.1", g, "2023X005"): (1.5, number) for number, g in enumerate(GEMEENTEN, start=2)})
    pages = [row.lazy() for row in table.rows.iter_slices(1)]
    assert len(pages) == 32, "more than are read at a time"
    whole, paged = year(table), year(replace(table, pages=pages))
    key = ["plaatsing", "gemeente_code", "verslagsoort", "taakveld", "categorie"]
    assert_frame_equal(paged.boeking.drop("cbs_pagina").sort(key), whole.boeking.drop("cbs_pagina").sort(key))
    # Of each the page it came on: its row is the only one there.
    assert (paged.boeking["cbs_pagina"] == paged.boeking["cbs_rij"] + 1).all()
    assert_frame_equal(paged.levering.sort(key[:3]), whole.levering.sort(key[:3]))


def test_a_negative_amount_is_a_booking() -> None:
    result = year(iv3({("6.5", "B3.8", "GM0001", "2023X005"): (-0.328, -0.328)}))
    assert result.boeking["bedrag_euro"].to_list() == [-328, -328]
    assert result.boeking["lasten_baten"].to_list() == ["baten", "baten"]


def test_empty_everywhere_is_no_delivery_and_a_zero_on_65_is_one() -> None:
    nothing = (None, None)
    cells = {(t, c, "GM0002", "2023X005"): nothing for t in ("0.1", "6.5") for c in ("L1.1", "L3.8", "B3.8", "Primo")}
    cells["0.1", "L1.1", "GM0001", "2023X005"] = (7.0, 7.0)
    result = year(iv3(cells))
    assert one_status(result, "GM0001", "jaarrekening", 2) == "geleverd"
    assert one_status(result, "GM0002", "jaarrekening", 2) == "niet geleverd"
    assert one_status(result, "GM0001", "begroting", 2) == "alles nul"


def test_a_plaatsing_that_nobody_filled_is_not_published_yet() -> None:
    cells = {("0.1", "L1.1", "GM0001", "2023X005"): (7.0, None), ("0.1", "L1.1", "GM0002", "2023X005"): (5.0, None)}
    result = year(iv3(cells, default=(0.0, None)))
    assert one_status(result, "GM0001", "jaarrekening", 1) == "geleverd"
    assert one_status(result, "GM0001", "jaarrekening", 2) == "niet gepubliceerd"


def test_the_counts_of_a_delivery_add_up() -> None:
    result = year(iv3({("6.5", "L1.1", "GM0001", "2023X005"): (1.0, None)}))
    row = result.levering.filter(
        pl.col("gemeente_code") == "GM0001", pl.col("verslagsoort") == "jaarrekening", pl.col("plaatsing") == 2
    ).row(0, named=True)
    assert (row["aantal_cellen"], row["aantal_cellen_leeg"], row["aantal_cellen_nul"]) == (8, 1, 7)


def test_a_taakveld_is_named_without_its_code() -> None:
    result = year(iv3({}))
    assert result.taakveld.sort("taakveld").rows() == [
        (2023, "0.1", "Naam van 0.1", "levering"),
        (2023, "6.5", "Naam van 6.5", "benchmark"),
    ]


def test_an_unknown_taakveld_is_refused_by_name() -> None:
    table = iv3({}, taakvelden=("0.1", "6.5", "6.9"))
    with pytest.raises(ContractError, match=r"45063NED.*not asked \['6\.9'\]"):
        year(table)


def test_a_code_that_the_list_does_not_have_is_refused() -> None:
    table = iv3({})
    codes = {**table.codes, "Categorie": code_list({"L1.1    ": "", "L3.8    ": "", "B3.8    ": ""})}
    with pytest.raises(ContractError, match=r"column Categorie .*'Primo   '"):
        year(replace(table, codes=codes))


def test_a_gemeente_twice_is_refused() -> None:
    table = iv3({})
    with pytest.raises(ContractError, match="there twice"):
        year(with_rows(table, pl.concat([table.rows, table.rows.head(3)])))


def test_a_missing_gemeente_is_named() -> None:
    with pytest.raises(ContractError, match=r"missing \['GM0003'\]"):
        year(iv3({}), gemeenten=("GM0001", "GM0002", "GM0003"))


def test_a_missing_cell_is_refused() -> None:
    table = iv3({})
    with pytest.raises(ContractError, match="without all of their 16 cells"):
        year(with_rows(table, table.rows.slice(1)))


def test_a_renamed_measure_is_refused() -> None:
    table = iv3({})
    rows = table.rows.rename({"k_2ePlaatsing_2": "k_Tweede_2"})
    with pytest.raises(ContractError, match=r"no single column k_2ePlaatsing.*k_Tweede_2"):
        year(with_rows(table, rows))


def test_a_fourth_decimal_is_refused() -> None:
    with pytest.raises(ContractError, match="three decimals"):
        year(iv3({("6.5", "L1.1", "GM0001", "2023X005"): (0.0, 1.2345)}))


def test_an_amount_on_a_balance_is_refused() -> None:
    with pytest.raises(ContractError, match="neither lasten nor baten"):
        year(iv3({("6.5", "Primo", "GM0001", "2023X005"): (0.0, 1.0)}))


def test_another_boekjaar_in_the_rows_is_refused() -> None:
    with pytest.raises(ContractError, match="column Verslagsoort"):
        year(iv3({}, jaar=2022))


def test_what_is_not_published_has_no_total_which_is_not_zero() -> None:
    empty = {
        (t, c, g, "2023X005"): (0.0, None)
        for t in ("0.1", "6.5")
        for c in ("L1.1", "L3.8", "B3.8", "Primo")
        for g in GEMEENTEN
    }
    totals = dict(year(iv3({**empty, ("6.5", "L1.1", GEMEENTEN[0], "2023X000"): (None, 2.0)})).totaal.rows())
    assert totals["begroting/2/6.5/lasten"] == 2000
    assert totals["begroting/1/6.5/lasten"] == totals["jaarrekening/1/6.5/lasten"] == 0
    assert not [key for key in totals if key.startswith("jaarrekening/2/")]


amounts = st.integers(-(10**10), 10**10)
keys = st.tuples(
    st.sampled_from(["0.1", "6.5"]),
    st.sampled_from(["L1.1", "L3.8", "B3.8"]),
    st.sampled_from(GEMEENTEN),
    st.sampled_from(["2023X000", "2023X005"]),
)


@given(st.dictionaries(keys, st.tuples(amounts, amounts)))
def test_every_euro_arrives(euros: dict[tuple[str, str, str, str], tuple[int, int]]) -> None:
    """Whatever is booked comes out to the euro, per plaatsing, and the raw totals say the same."""
    result = year(iv3({key: (a / 1000, b / 1000) for key, (a, b) in euros.items()}))
    for plaatsing in (1, 2):
        booked = result.boeking.filter(pl.col("plaatsing") == plaatsing)["bedrag_euro"].sum()
        assert booked == math.fsum(pair[plaatsing - 1] for pair in euros.values())
    assert result.totaal["waarde"].sum() == result.boeking["bedrag_euro"].sum()

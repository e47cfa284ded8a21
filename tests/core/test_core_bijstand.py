"""Bijstand, prijsindex and classes: what comes out, and what is refused."""

from dataclasses import replace

import polars as pl
import pytest
from raw import code_list, manifest, measures

from assets.cbs.table import RawTable
from assets.core.bijstand import bijstand
from assets.core.grootteklasse import grootteklasse
from assets.core.prijsindex import prijsindex
from assets.errors import ContractError

GEMEENTEN = pl.DataFrame({"jaar": [2023, 2023], "gemeente_code": ["GM0001", "GM0002"]})
COLUMNS = (
    "BijstandTotDeAOWLeeftijd_7",
    "BijstandGerelateerdTotAOWLeeftijd_5",
    "BijstandGerelateerdVanafAOWLeeftijd_6",
)


def raw(counts: dict[str, float | None], periode: str = "2023MM01", status: str | None = "Voorlopig") -> RawTable:
    rows = [(i, regio.ljust(6), periode, value, value, value) for i, (regio, value) in enumerate(counts.items())]
    schema = {"ID": pl.Int64, "RegioS": pl.String, "Perioden": pl.String, **dict.fromkeys(COLUMNS, pl.Float64)}
    codes = {
        "RegioS": code_list({regio.ljust(6): "" for regio in counts}),
        "Perioden": code_list({periode: ""}, status),
    }
    return RawTable(manifest("80794ned"), pl.DataFrame(rows, schema=schema, orient="row"), codes, measures(COLUMNS), {})


GOOD = {"NL01": 30.0, "GM0001": 10.0, "GM0002": 20.0}


def test_each_definition_of_each_region_is_a_row() -> None:
    frame = bijstand(raw(GOOD), GEMEENTEN)
    assert len(frame) == 9
    row = frame.filter(pl.col("regio_code") == "GM0002", pl.col("definitie") == "bijstand tot de AOW-leeftijd").row(
        0, named=True
    )
    assert (row["jaar"], row["maand"], row["aantal_personen"], row["waarde_soort"]) == (2023, 1, 20, "waarde")
    assert (row["status_cijfer"], row["is_voorlopig"]) == ("Voorlopig", True)


def test_no_value_stays_no_value() -> None:
    frame = bijstand(raw({**GOOD, "GM0002": None}), GEMEENTEN).filter(pl.col("regio_code") == "GM0002")
    assert frame["aantal_personen"].null_count() == 3
    assert set(frame["waarde_soort"]) == {"leeg"}


def test_a_dissolved_gemeente_is_left_out_and_one_with_a_value_is_refused() -> None:
    assert "GM0009" not in set(bijstand(raw({**GOOD, "GM0009": None}), GEMEENTEN)["regio_code"])
    with pytest.raises(ContractError, match="GM0009"):
        bijstand(raw({**GOOD, "GM0009": 10.0}), GEMEENTEN)


def test_a_missing_gemeente_is_named() -> None:
    with pytest.raises(ContractError, match=r"without any row: \[\(2023, 'GM0002'\)\]"):
        bijstand(raw({"NL01": 10.0, "GM0001": 10.0}), GEMEENTEN)


def test_a_count_that_is_not_rounded_is_refused() -> None:
    with pytest.raises(ContractError, match="no multiple of 10"):
        bijstand(raw({**GOOD, "GM0001": 13.0}), GEMEENTEN)


def test_a_renamed_measure_is_refused() -> None:
    table = raw(GOOD)
    renamed = table.rows.rename({COLUMNS[0]: "PersonenMetBijstand_7"})
    with pytest.raises(ContractError, match=r"BijstandTotDeAOWLeeftijd_<number>.*PersonenMetBijstand_7"):
        bijstand(replace(table, rows=renamed), GEMEENTEN)


def test_another_number_behind_the_measure_is_the_same_measure() -> None:
    table = raw(GOOD)
    assert len(bijstand(replace(table, rows=table.rows.rename({COLUMNS[0]: COLUMNS[0][:-1] + "12"})), GEMEENTEN)) == 9


def test_years_and_quarters_are_no_months() -> None:
    assert len(bijstand(raw(GOOD, "2023JJ00"), GEMEENTEN)) == 0


def prices(changes: dict[int, float]) -> RawTable:
    rows = [
        (i, "A049169_1", "None", value, None, "A045303", f"{jaar}JJ00")
        for i, (jaar, value) in enumerate(changes.items())
    ]
    schema = {
        "Id": pl.Int64,
        "Measure": pl.String,
        "ValueAttribute": pl.String,
        "Value": pl.Float64,
        "StringValue": pl.String,
        "SoortMutaties": pl.String,
        "Perioden": pl.String,
    }
    codes = {
        "SoortMutaties": code_list({"A045303": "Prijs"}),
        "Perioden": code_list({f"{jaar}JJ00": str(jaar) for jaar in changes}, "Definitief"),
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return RawTable(manifest("85880NED", "v4"), frame, codes, measures(["A049169_1"]), {})


def test_the_index_is_chained_from_the_base_year() -> None:
    frame = prijsindex(prices({2019: 2.8, 2020: 2.1, 2021: 3.1, 2022: 5.5}))
    index = dict(frame.select("jaar", "prijsindex_2020_100").rows())
    assert index[2020] == 100
    assert index[2022] == pytest.approx(1.031 * 1.055 * 100)
    assert index[2019] == pytest.approx(100 / 1.021)


def test_a_year_missing_in_the_middle_is_refused() -> None:
    with pytest.raises(ContractError, match="consecutive"):
        prijsindex(prices({2020: 2.1, 2022: 5.5}))


def test_every_number_of_inwoners_is_in_one_class_of_each_indeling() -> None:
    frame = grootteklasse()
    assert dict(frame.group_by("indeling").len().rows()) == {"rapport": 6, "cbs": 8, "buig": 3}
    for inwoners in (1, 4_999, 5_000, 14_999, 15_000, 39_999, 40_000, 249_999, 250_000, 900_000):
        inside = frame.filter(
            pl.col("ondergrens_inwoners") <= inwoners,
            pl.col("bovengrens_inwoners").is_null() | (inwoners < pl.col("bovengrens_inwoners")),
        )
        assert sorted(inside["indeling"]) == ["buig", "cbs", "rapport"]


def test_the_classes_of_the_report_have_its_names() -> None:
    names = grootteklasse().filter(pl.col("indeling") == "rapport").sort("volgorde")["grootteklasse"].to_list()
    assert names == ["<15.000", "15.000-25.000", "25.000-50.000", "50.000-100.000", "100.000-250.000", ">250.000"]

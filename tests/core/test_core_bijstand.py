"""Bijstand, prijsindex and classes: what comes out, and what is refused."""

import csv
from pathlib import Path

import polars as pl
import pytest
from raw import code_list, manifest, measures, with_rows

from assets.cbs.table import RawTable
from assets.core.bijstand import bijstand
from assets.core.grootteklasse import grootteklasse
from assets.core.prijsindex import prijsindex
from assets.core.rapport_cijfer import rapport_cijfer
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
    return RawTable(
        manifest("80794ned"), [pl.LazyFrame(rows, schema=schema, orient="row")], codes, measures(COLUMNS), {}
    )


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
        bijstand(with_rows(table, renamed), GEMEENTEN)


def test_another_number_behind_the_measure_is_the_same_measure() -> None:
    table = raw(GOOD)
    assert len(bijstand(with_rows(table, table.rows.rename({COLUMNS[0]: COLUMNS[0][:-1] + "12"})), GEMEENTEN)) == 9


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
    return RawTable(manifest("85880NED", "v4"), [frame.lazy()], codes, measures(["A049169_1"]), {})


def cpi(levels: dict[int, float]) -> RawTable:
    """Make 86141NED: the mean of each year of alle bestedingen, and one month that is no year."""
    rows = [
        *(
            (i, "M000215", "None", value, None, "T001112", f"{jaar}JJ00")
            for i, (jaar, value) in enumerate(levels.items())
        ),
        (99, "M000215", "None", 999.0, None, "T001112", "2020MM12"),
    ]
    schema = {
        "Id": pl.Int64,
        **dict.fromkeys(("Measure", "ValueAttribute"), pl.String),
        "Value": pl.Float64,
        **dict.fromkeys(("StringValue", "Bestedingscategorieen", "Perioden"), pl.String),
    }
    codes = {
        "Bestedingscategorieen": code_list({"T001112": "000000 Alle bestedingen"}),
        "Perioden": code_list(
            {f"{jaar}JJ00": str(jaar) for jaar in levels} | {"2020MM12": "2020 december"}, "Voorlopig"
        ),
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return RawTable(manifest("86141NED", "v4"), [frame.lazy()], codes, measures(["M000215"]), {})


CPI = {2019: 85.0, 2020: 86.0, 2021: 88.4, 2022: 97.2}


def index_of(frame: pl.DataFrame, reeks: str) -> dict[int, float]:
    return dict(frame.filter(pl.col("reeks") == reeks).select("jaar", "prijsindex_2020_100").rows())


def test_the_index_is_chained_from_the_base_year() -> None:
    index = index_of(prijsindex(prices({2019: 2.8, 2020: 2.1, 2021: 3.1, 2022: 5.5}), cpi(CPI)), "overheidsconsumptie")
    assert index[2020] == 100
    assert index[2022] == pytest.approx(1.031 * 1.055 * 100)
    assert index[2019] == pytest.approx(100 / 1.021)


def test_consumer_prices_are_scaled_and_not_chained() -> None:
    frame = prijsindex(prices({2020: 2.1, 2021: 3.1}), cpi(CPI))
    index = index_of(frame, "consumentenprijzen")
    assert index == {jaar: pytest.approx(100 * level / CPI[2020]) for jaar, level in CPI.items()}
    provisional = frame.filter(pl.col("reeks") == "consumentenprijzen")["is_voorlopig"]
    assert provisional.all()


def test_the_index_of_the_report_gives_its_real_amounts() -> None:
    """Table 3 prints nominal and real millions of 2020 to 2024; one is the other divided by the index."""
    index = index_of(prijsindex(prices({2020: 2.1, 2021: 3.1}), cpi(CPI)), "rapport tabel 3")
    printed = rapport_cijfer()
    found = {}
    for jaar in index:
        nominal, real = (
            printed.filter(pl.col("id") == f"tabel3_{kind}_{jaar}")["waarde"].item() for kind in ("nominaal", "reeel")
        )
        found[jaar] = (round(nominal / index[jaar] * 100), real)
    assert sorted(found) == [2020, 2021, 2022, 2023, 2024]
    assert all(ours == theirs for ours, theirs in found.values())


def test_a_year_missing_in_the_middle_is_refused() -> None:
    with pytest.raises(ContractError, match=r"85880NED.*consecutive"):
        prijsindex(prices({2020: 2.1, 2022: 5.5}), cpi(CPI))
    with pytest.raises(ContractError, match=r"86141NED.*consecutive"):
        prijsindex(prices({2020: 2.1, 2021: 3.1}), cpi({2020: 86.0, 2022: 97.2}))


def test_every_printed_number_is_carried_over_with_its_rounding(shared: Path) -> None:
    with (shared / "report" / "published_figures.csv").open(encoding="utf-8") as file:
        given = {row["id"]: row for row in csv.DictReader(file)}
    carried = {row["id"]: row for row in rapport_cijfer().iter_rows(named=True)}
    assert sorted(carried) == sorted(given)
    for name, row in carried.items():
        assert row["waarde_gedrukt"] == given[name]["waarde"]
        assert row["afronding"] == float(given[name]["afronding"])
        assert row["basis"] == given[name]["basis"]
        if row["waarde_tweede"] is None:
            assert row["waarde"] == float(given[name]["waarde"])
    assert (carried["nulboekers_per_jaar"]["waarde"], carried["nulboekers_per_jaar"]["waarde_tweede"]) == (10, 12)
    assert (carried["fig7_inwoner_lt15"]["jaar"], carried["fig7_inwoner_lt15"]["kenmerk"]) == (2024, "<15.000")
    assert carried["tabel5_personen_beschut_werk"]["kenmerk"] == "Beschut werk"


def test_a_printed_number_that_is_no_number_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cijfers.csv"
    header = "id,bron,label,dimensies,waarde,eenheid,afronding,basis,definitie"
    path.write_text(f"{header}\nx,b,l,d,ongeveer 3,euro,1,cbs,\n", encoding="utf-8")
    with pytest.raises(ContractError, match=r"cijfers\.csv.*waarde.*ongeveer 3"):
        rapport_cijfer(path)
    path.write_text("id,waarde\nx,3\n", encoding="utf-8")
    with pytest.raises(ContractError, match=r"columns should be id, bron"):
        rapport_cijfer(path)


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

"""The SRG and national bijstand: titles, kinds of no-value, periods and regions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw import code_list, statline, with_rows

from assets.cbs.table import RawTable
from assets.cbs.titels import load_titels, normalised
from assets.core.base import admit
from assets.core.bijstand_landelijk import DUUR, DuurModel, bijstand_duur, bijstand_kenmerk
from assets.core.srg import VOORZIENING, VoorzieningModel, srg_persoon, srg_voorziening_in_parts
from assets.core.voorziening_type import HOOFDCATEGORIEEN, TOTAAL, voorziening_type
from assets.errors import ContractError
from assets.lake import Lake

TYPES = {
    f"T{n:03}": naam for n, naam in enumerate([TOTAAL, *(t for types in HOOFDCATEGORIEEN.values() for t in types)])
}
STATUSSEN = {
    "S1": "Totaal voorzieningen:Lopend en beëindigd",
    "S2": "Lopende voorzieningen",
    "S3": "Beëindigde voorzieningen",
}
REGIOS = {"NL01  ": "Nederland", "PV26  ": "Utrecht (PV)", "GM0001": "Een", "GM0002": "Twee"}
MAANDEN: dict[str, str | None] = {f"2023MM{m:02}": "Definitief" if m < 10 else "Voorlopig" for m in range(1, 13)}


def srg_voorziening(table: RawTable, gemeenten: pl.DataFrame) -> pl.DataFrame:
    """Give all years at once."""
    return pl.concat(srg_voorziening_in_parts(table, gemeenten))


def gemeenten(codes: tuple[str, ...] = ("GM0001", "GM0002"), jaar: int = 2023) -> pl.DataFrame:
    return pl.DataFrame(
        {"jaar": [jaar] * len(codes), "gemeente_code": list(codes)}, schema_overrides={"jaar": pl.Int64}
    )


def voorzieningen(**changed: Any) -> RawTable:
    """Make 85588NED; dimensions, periods or the values may be replaced."""
    fields: dict[str, Any] = {
        "types": TYPES,
        "statussen": STATUSSEN,
        "regios": REGIOS,
        "periods": MAANDEN,
        "value": lambda *_: 40.0,
    }
    fields |= changed
    dimensions = {
        "TypeReIntegratieParticipatievoorz": fields["types"],
        "StatusVoorziening": fields["statussen"],
        "RegioS": fields["regios"],
    }
    attributes = {"attribute": fields["attribute"]} if "attribute" in fields else {}
    title = "Re-integratie-/participatievoorzieningen"
    return statline("85588NED", title, dimensions, fields["periods"], fields["value"], **attributes)


def test_a_row_for_each_month_regio_type_and_status_by_its_own_name() -> None:
    frame = srg_voorziening(voorzieningen(), gemeenten())
    assert len(frame) == 12 * 4 * 19 * 3
    assert set(frame["status"]) == {"lopend en beëindigd", "lopend", "beëindigd"}
    assert set(frame["regio_code"]) == {"NL01", "PV26", "GM0001", "GM0002"}
    assert frame.filter(pl.col("is_voorlopig"))["maand"].unique().sort().to_list() == [10, 11, 12]


def test_values_stay_with_their_codes() -> None:
    def value(soort: str, status: str, regio: str, periode: str) -> float:
        return float(
            int(soort[1:]) * 100_000 + int(status[1:]) * 10_000 + len(regio.strip()) * 1000 + int(periode[-2:]) * 10
        )

    frame = srg_voorziening(voorzieningen(value=value), gemeenten())
    row = frame.filter(type="Beschut werk", status="lopend", regio_code="NL01", maand=3).row(0, named=True)
    number = next(int(code[1:]) for code, naam in TYPES.items() if naam == "Beschut werk")
    assert row["aantal_voorzieningen"] == number * 100_000 + 20_000 + 4000 + 30


def test_titles_do_not_depend_on_codes_accents_or_letter_case() -> None:
    types = {f"Z{n}": naam.upper().replace("Ë", "E") for n, naam in enumerate(TYPES.values())}
    other = srg_voorziening(voorzieningen(types=types), gemeenten())
    assert other.sort(pl.all()).equals(srg_voorziening(voorzieningen(), gemeenten()).sort(pl.all()))


@pytest.mark.parametrize("kind", ["types", "statussen"])
def test_an_unknown_title_names_title_table_and_where_to_add_it(kind: str) -> None:
    listed = TYPES if kind == "types" else STATUSSEN
    with pytest.raises(ContractError, match=r"85588NED, \w+: the title 'Basisbaan' \(code X9\).*titels\.toml"):
        srg_voorziening(voorzieningen(**{kind: {**listed, "X9": "Basisbaan"}}), gemeenten())


def test_a_type_that_disappears_is_an_error() -> None:
    types = {code: naam for code, naam in TYPES.items() if naam != "Beschut werk"}
    with pytest.raises(ContractError, match="CBS no longer gives 'Beschut werk'"):
        srg_voorziening(voorzieningen(types=types), gemeenten())


def test_two_codes_that_mean_the_same_are_refused() -> None:
    with pytest.raises(ContractError, match="S2 and S9 both mean 'lopend'"):
        srg_voorziening(voorzieningen(statussen={**STATUSSEN, "S9": "Lopend"}), gemeenten())


def test_every_kind_of_no_value_is_kept_apart() -> None:
    kinds = {"2023MM01": "Impossible", "2023MM02": "Confidential", "2023MM03": "NotAvailable", "2023MM04": "None"}
    table = voorzieningen()
    frame = table.rows.with_columns(
        pl.when(pl.col("Perioden").is_in(list(kinds))).then(None).otherwise("Value").alias("Value"),
        pl.col("Perioden").replace_strict(kinds, default="None").alias("ValueAttribute"),
    )
    result = srg_voorziening(with_rows(table, frame), gemeenten())
    found = {maand: set(g["waarde_soort"]) for (maand,), g in result.group_by(["maand"])}
    assert [found[m] for m in range(1, 6)] == [{"onmogelijk"}, {"geheim"}, {"niet beschikbaar"}, {"leeg"}, {"waarde"}]
    assert result.filter(pl.col("maand") <= 4)["aantal_voorzieningen"].null_count() == 4 * 4 * 19 * 3


def test_an_unknown_kind_of_no_value_is_refused() -> None:
    table = voorzieningen(value=lambda *_: None, attribute=lambda _: "Secret")
    with pytest.raises(ContractError, match="ValueAttribute holds"):
        srg_voorziening(table, gemeenten())


def test_a_value_that_says_it_is_none_is_refused() -> None:
    with pytest.raises(ContractError, match="rows with a value that say there is none"):
        srg_voorziening(voorzieningen(attribute=lambda _: "Confidential"), gemeenten())


def test_a_month_missing_in_the_middle_is_refused() -> None:
    periods = {code: status for code, status in MAANDEN.items() if code != "2023MM05"}
    with pytest.raises(ContractError, match="no rows of 2023MM05"):
        srg_voorziening(voorzieningen(periods=periods), gemeenten())


def test_a_month_before_the_break_is_refused() -> None:
    with pytest.raises(ContractError, match=r"2022MM12.*before 2023.*breaks"):
        srg_voorziening(voorzieningen(periods={"2022MM12": "Definitief", **MAANDEN}), gemeenten())


def test_the_same_month_with_two_statuses_is_refused() -> None:
    table = voorzieningen()
    twice = pl.concat([table.codes["Perioden"], code_list({"2023MM05": "mei"}, "Voorlopig")])
    with pytest.raises(ContractError, match=r"2023MM05.*Definitief.*Voorlopig"):
        srg_voorziening(replace(table, codes={**table.codes, "Perioden": twice}), gemeenten())


def test_a_gemeente_that_ends_in_the_year_keeps_its_months() -> None:
    def value(_: str, __: str, regio: str, periode: str) -> float | None:
        return None if regio == "GM0002" and periode > "2023MM06" else 40.0

    frame = srg_voorziening(voorzieningen(value=value), gemeenten()).filter(
        regio_code="GM0002", status="lopend", type=TOTAAL
    )
    assert frame.sort("maand")["waarde_soort"].to_list() == ["waarde"] * 6 + ["onmogelijk"] * 6


def test_a_value_for_a_gemeente_that_did_not_exist_is_refused() -> None:
    with pytest.raises(ContractError, match="GM0002"):
        srg_voorziening(voorzieningen(), gemeenten(("GM0001",)))


def test_a_gemeente_without_rows_is_refused() -> None:
    with pytest.raises(ContractError, match=r"without any row.*GM0003"):
        srg_voorziening(voorzieningen(), gemeenten(("GM0001", "GM0002", "GM0003")))


def test_without_gemeente_rows_the_rest_is_kept() -> None:
    regios = {code: naam for code, naam in REGIOS.items() if not code.startswith("GM")}
    assert set(srg_voorziening(voorzieningen(regios=regios), gemeenten())["regio_code"]) == {"NL01", "PV26"}


def test_gemeenten_of_a_year_without_indeling_are_left_out_and_nederland_is_not() -> None:
    frame = srg_voorziening(voorzieningen(), gemeenten(jaar=2022))
    assert set(frame["regio_code"]) == {"NL01", "PV26"}


def test_nederland_must_be_there() -> None:
    regios = {code: naam for code, naam in REGIOS.items() if not code.startswith("NL")}
    with pytest.raises(ContractError, match="no rows of NL01"):
        srg_voorziening(voorzieningen(regios=regios), gemeenten())


def test_negative_and_broken_counts_are_refused(tmp_path: Any) -> None:
    frame = srg_voorziening(voorzieningen(value=lambda *_: -10.0), gemeenten())
    with pytest.raises(ContractError, match="aantal_voorzieningen"):
        admit(frame, VoorzieningModel, VOORZIENING, Lake(tmp_path))
    for broken in ("2023MM01", "2023MM12"):
        with pytest.raises(ContractError, match=r"not whole.*0\.5"):
            srg_voorziening(voorzieningen(value=lambda *of, broken=broken: 0.5 if broken in of else 40.0), gemeenten())


def test_numbers_stay_what_they_are_however_large_they_are() -> None:
    # Those of a month wait in as few bytes as they need: here in one, two, four and eight, with nothing among them.
    def count(_type: str, _status: str, regio: str, periode: str) -> float | None:
        return {"NL01  ": 10.0 ** int(periode[-2:]), "GM0001": None}.get(regio, 0.0)

    table = voorzieningen(value=count)
    rows = table.rows.with_columns(pl.col("Id") * 10 ** pl.col("Perioden").str.tail(2).cast(pl.Int64))
    frame = srg_voorziening(with_rows(table, rows), gemeenten())
    found = frame.group_by("maand", "regio_code").agg(pl.col("aantal_voorzieningen").unique(), pl.len()).rows()
    codes = {regio.strip(): regio for regio in REGIOS}
    assert sorted(found) == [
        (month, code, [count("", "", codes[code], f"{month:02}")], 19 * 3)
        for month in range(1, 13)
        for code in sorted(codes)
    ]
    assert frame["cbs_rij"].sort().to_list() == rows["Id"].sort().to_list()


def test_a_count_that_is_not_in_tens_is_kept_for_the_check_to_report() -> None:
    frame = srg_voorziening(voorzieningen(value=lambda *_: 43.0), gemeenten())
    assert set(frame["aantal_voorzieningen"]) == {43}
    assert set(frame["afronding_voorzieningen"]) == {10}


def test_another_measure_is_named() -> None:
    table = voorzieningen()
    renamed = table.measures.with_columns(pl.lit("Trajecten").alias("titel"))
    with pytest.raises(ContractError, match="no measure titled 'Re-integratie"):
        srg_voorziening(replace(table, measures=renamed), gemeenten())


GESLACHT = {"1": "Totaal mannen en vrouwen", "2": "Mannen", "3": "Vrouwen"}
LEEFTIJD = {"1": "Totaal leeftijd", "2": "Jonger dan 27 jaar", "3": "27 tot 45 jaar", "4": "45 jaar tot AOW-leeftijd"}
HERKOMST = {"1": "Totaal", "2": "Nederland", "3": "Europa (exclusief Nederland)", "4": "Buiten Europa"}


def test_persons_by_all_their_characteristics() -> None:
    dimensions: Mapping[str, Mapping[str, str]] = {
        "Geslacht": GESLACHT,
        "Leeftijd": LEEFTIJD,
        "TypeReIntegratieParticipatievoorz": TYPES,
        "StatusPersoon": {
            "a": "Totaal personen: Lopend en uitstroom",
            "b": "Met lopende voorziening(en)",
            "c": "Uitstroom",
        },
        "Herkomstland": HERKOMST,
        "GeboortelandOuders": {"1": "Totaal"},
    }
    months: dict[str, str | None] = {"2023MM01": "Definitief"}
    frame = srg_persoon(statline("85589NED", "Personen met voorziening", dimensions, months, lambda *_: 10.0))
    assert len(frame) == 3 * 4 * 19 * 3 * 4
    assert set(frame["leeftijd"]) == {"totaal", "<27", "27-45", ">=45"}
    assert set(frame["status"]) == {"lopend en uitstroom", "lopend", "uitstroom"}


def test_national_bijstand_by_characteristics_and_by_duration(tmp_path: Any) -> None:
    kenmerken: Mapping[str, Mapping[str, str]] = {
        "Geslacht": GESLACHT,
        "Leeftijd": {**LEEFTIJD, "5": "Tot AOW-leeftijd"},
    }
    frame = bijstand_kenmerk(statline("85692NED", "Bijstandsuitkering", kenmerken, MAANDEN, lambda *_: 10.0))
    assert frame.filter(leeftijd="tot AOW-leeftijd", geslacht="mannen").height == 12
    duren = {str(n): f"Uitkeringsduur, {duur}" for n, duur in enumerate(["totaal", "tot 1 jaar", "5 jaar of langer"])}
    duren |= {f"d{n}": f"Uitkeringsduur, {n} tot {n + 1} jaar" for n in range(1, 5)}
    quarters: dict[str, str | None] = {"2023KW01": "Definitief", "2023KW02": "Voorlopig"}
    table = statline(
        "85585NED", "Personen met bijstand", {"DuurVanDeUitkeringssituatie": duren}, quarters, lambda *_: 20.0
    )
    frame = admit(bijstand_duur(table), DuurModel, DUUR, Lake(tmp_path))
    assert set(frame["duur"]) == {"totaal", "<1 jaar", "1-2 jaar", "2-3 jaar", "3-4 jaar", "4-5 jaar", ">=5 jaar"}
    assert frame.filter(pl.col("is_voorlopig"))["kwartaal"].unique().to_list() == [2]


def test_the_types_are_those_of_the_titles() -> None:
    assert set(voorziening_type()["type"]) == set(load_titels()["type"])


@given(st.text())
def test_normalising_twice_is_normalising_once(titel: str) -> None:
    assert normalised(normalised(titel)) == normalised(titel)

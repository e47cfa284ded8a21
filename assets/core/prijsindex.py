"""core.prijsindex: what money was worth in a year, in three series side by side.

Here: the price of government consumption (85880NED), consumer prices (86141NED), and the index that table 3 of the
reference report implies. Not here: deflating any amount (sql/benchmark/deflator).
"""

from collections.abc import Mapping

import polars as pl

from assets.cbs.table import RawTable
from assets.core.base import CoreModel, describe, kolom, require_known, trimmed
from assets.errors import ContractError

OVERHEID = "A049169_1"  # measure "Overheid": consumptieve bestedingen door de overheid
PRIJS = "A045303"  # SoortMutaties "Prijs, t.o.v. zelfde periode vorig jaar"
ALLE_BESTEDINGEN = "T001112"
BASISJAAR = 2020  # the base year of the reference report (table 3)

OVERHEIDSCONSUMPTIE, CONSUMENTENPRIJZEN, RAPPORT = "overheidsconsumptie", "consumentenprijzen", "rapport tabel 3"
REEKSEN = (OVERHEIDSCONSUMPTIE, CONSUMENTENPRIJZEN, RAPPORT)
# Printed nominal / printed real in table 3 of the report (which names CPB, CEP 2025), to three decimals.
RAPPORT_INDEX: Mapping[int, float] = {2020: 1.0, 2021: 1.016, 2022: 1.067, 2023: 1.128, 2024: 1.179}


class PrijsindexModel(CoreModel):
    """Price levels per year: `overheidsconsumptie` (CBS 85880NED, chained from the rounded yearly price changes:
    index(j) = index(j-1) x (1 + mutatie(j) / 100)), `consumentenprijzen` (CBS 86141NED, yearly mean of the CPI of all
    bestedingen) and `rapport tabel 3` (what the report of 2025 divided by: its nominal / real; no CBS series). Each is
    scaled to 2020 = 100; which year amounts are put in is a choice (core.instelling)."""  # noqa: D205, D209

    jaar: int = kolom("jaar", "kalenderjaar", ge=2015, le=2100)
    reeks: str = kolom("naam", "welke prijs", isin=list(REEKSEN))
    bron: str = kolom("naam", "bron van de reeks: zie core.bron; rapport = gedrukt, geen CBS-reeks")
    prijsmutatie_procent: float = kolom(
        "procent",
        "verandering ten opzichte van een jaar eerder, op 0,1; leeg als de bron een index geeft",
        nullable=True,
        ge=-20,
        le=50,
    )
    prijsindex_2020_100: float = kolom("index, 2020 = 100", "prijspeil", gt=0)
    status_cijfer: str = kolom("naam", "status die CBS het jaar geeft", nullable=True)
    is_voorlopig: bool = kolom("ja/nee", "nog niet definitief: het cijfer kan nog veranderen")


DESCRIPTION = describe(PrijsindexModel, "prijsindex", ["reeks", "jaar"], methode="real-terms")


def prijsindex(overheid: RawTable, consumenten: RawTable) -> pl.DataFrame:
    """Give the three series.

    Args:
        overheid: 85880NED; only measure Overheid, SoortMutaties Prijs and whole years are read.
        consumenten: 86141NED; only whole years of alle bestedingen are read.

    Returns:
        columns of `PrijsindexModel`.

    Raises:
        ContractError: a code is unknown, a year is missing in the middle or there twice, or 2020 is not there.
    """
    return pl.concat([_overheid(overheid), _consumenten(consumenten), _rapport()])


def _overheid(table: RawTable) -> pl.DataFrame:
    """Chain the yearly price changes of government consumption."""
    rows = _years(table, "SoortMutaties", PRIJS, pl.col("Measure") == OVERHEID)
    return _series(
        rows.with_columns(
            (1 + pl.col("Value") / 100).cum_prod().alias("peil"), pl.col("Value").alias("prijsmutatie_procent")
        ),
        OVERHEIDSCONSUMPTIE,
        "prijsindex_overheid",
    )


def _consumenten(table: RawTable) -> pl.DataFrame:
    """Take the yearly means of the consumer price index as they are."""
    rows = _years(table, "Bestedingscategorieen", ALLE_BESTEDINGEN, pl.lit(value=True))
    levels = rows.with_columns(pl.col("Value").alias("peil"), pl.lit(None, pl.Float64).alias("prijsmutatie_procent"))
    return _series(levels, CONSUMENTENPRIJZEN, "prijsindex_consumenten")


def _rapport() -> pl.DataFrame:
    """Give the index the report divided by."""
    rows = pl.DataFrame(
        {
            "jaar": list(RAPPORT_INDEX),
            "peil": list(RAPPORT_INDEX.values()),
            "prijsmutatie_procent": pl.Series([None] * len(RAPPORT_INDEX), dtype=pl.Float64),
            "status_cijfer": pl.Series(["Definitief"] * len(RAPPORT_INDEX)),  # what is printed does not change
        }
    )
    return _series(rows, RAPPORT, "rapport")


def _years(table: RawTable, dimension: str, code: str, also: pl.Expr) -> pl.DataFrame:
    """Give the whole years of one code, ascending: columns jaar, Value, status_cijfer."""
    name = table.manifest.tabel_id
    for column in (dimension, "Perioden"):
        require_known(name, column, table.rows[column], table.codes[column]["code"], what_to_do="Refresh this table.")
    periods = table.codes["Perioden"].select(
        trimmed("code").alias("periode"), trimmed("status").replace("", None).alias("status_cijfer")
    )
    rows = (
        table.rows.filter(
            also,
            trimmed(dimension) == code,
            pl.col("Perioden").str.contains(r"^\d{4}JJ00"),
            pl.col("Value").is_not_null(),
        )
        .select(
            pl.col("Perioden").str.head(4).cast(pl.Int64).alias("jaar"), trimmed("Perioden").alias("periode"), "Value"
        )
        .join(periods, on="periode", how="left", validate="m:1")
        .sort("jaar")
    )
    years = rows["jaar"].to_list()
    if BASISJAAR not in years or years != list(range(years[0], years[-1] + 1)):
        raise ContractError(
            f"{name}: the years of {dimension} {code} should be consecutive and include {BASISJAAR}; found {years}. "
            "Look the code and the measure up in the table and refresh it."
        )
    return rows


def _series(rows: pl.DataFrame, reeks: str, bron: str) -> pl.DataFrame:
    """Scale levels (columns jaar, peil, prijsmutatie_procent, status_cijfer) to the base year."""
    return rows.select(
        "jaar",
        pl.lit(reeks).alias("reeks"),
        pl.lit(bron).alias("bron"),
        "prijsmutatie_procent",
        (100 * pl.col("peil") / pl.col("peil").filter(pl.col("jaar") == BASISJAAR).first()).alias(
            "prijsindex_2020_100"
        ),
        "status_cijfer",
        # CBS marks every year; a year it leaves unmarked is not called final.
        (pl.col("status_cijfer").fill_null("") != "Definitief").alias("is_voorlopig"),
    )

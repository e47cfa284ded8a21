"""core.prijsindex: what money was worth in a year, by the price change of government consumption.

Here: the yearly price changes of 85880NED and the index chained from them. Not here: deflating any amount.
"""

import polars as pl

from assets.cbs.table import RawTable
from assets.core.base import CoreModel, describe, kolom, require_known, trimmed
from assets.errors import ContractError

OVERHEID = "A049169_1"  # measure "Overheid": consumptieve bestedingen door de overheid
PRIJS = "A045303"  # SoortMutaties "Prijs, t.o.v. zelfde periode vorig jaar"
REEKS = "overheidsconsumptie (85880NED)"
BASISJAAR = 2020  # the base year of the reference report (table 3)


class PrijsindexModel(CoreModel):
    """Price of government consumption per year (CBS 85880NED, prijsmutatie ten opzichte van een jaar eerder), with the
    index chained from the rounded percentages: index(j) = index(j-1) x (1 + mutatie(j) / 100), 2020 = 100."""  # noqa: D205, D209

    jaar: int = kolom("jaar", "kalenderjaar", ge=2015, le=2100)
    reeks: str = kolom("naam", "welke prijs", isin=[REEKS])
    prijsmutatie_procent: float = kolom(
        "procent", "verandering ten opzichte van een jaar eerder, op 0,1", ge=-20, le=50
    )
    prijsindex_2020_100: float = kolom("index, 2020 = 100", "uit de mutaties geketend prijspeil", gt=0)
    status_cijfer: str = kolom("naam", "status die CBS het jaar geeft", nullable=True)
    is_voorlopig: bool = kolom("ja/nee", "nog niet definitief: het cijfer kan nog veranderen")


DESCRIPTION = describe(PrijsindexModel, "prijsindex", ["reeks", "jaar"])


def prijsindex(table: RawTable) -> pl.DataFrame:
    """Turn the yearly price changes into an index.

    Args:
        table: 85880NED; only measure Overheid, SoortMutaties Prijs and whole years are read.

    Returns:
        columns of `PrijsindexModel`.

    Raises:
        ContractError: a code is unknown, a year is missing in the middle or there twice, or 2020 is not there.
    """
    name = table.manifest.tabel_id
    for column in ("SoortMutaties", "Perioden"):
        require_known(name, column, table.rows[column], table.codes[column]["code"], what_to_do="Refresh this table.")
    periods = table.codes["Perioden"].select(
        trimmed("code").alias("periode"), trimmed("status").replace("", None).alias("status_cijfer")
    )
    rows = (
        table.rows.filter(
            pl.col("Measure") == OVERHEID,
            trimmed("SoortMutaties") == PRIJS,
            pl.col("Perioden").str.contains(r"^\d{4}JJ00"),
            pl.col("Value").is_not_null(),
        )
        .select(
            pl.col("Perioden").str.head(4).cast(pl.Int64).alias("jaar"),
            trimmed("Perioden").alias("periode"),
            pl.col("Value").alias("prijsmutatie_procent"),
        )
        .join(periods, on="periode", how="left", validate="m:1")
        .sort("jaar")
    )
    years = rows["jaar"].to_list()
    if BASISJAAR not in years or years != list(range(years[0], years[-1] + 1)):
        raise ContractError(
            f"{name}: the yearly price changes of measure {OVERHEID} (Overheid) should be consecutive and include "
            f"{BASISJAAR}; found {years}. Look the measure up in MeasureCodes and refresh the table."
        )
    factor = (1 + pl.col("prijsmutatie_procent") / 100).cum_prod()
    return rows.select(
        "jaar",
        pl.lit(REEKS).alias("reeks"),
        "prijsmutatie_procent",
        (100 * factor / factor.filter(pl.col("jaar") == BASISJAAR).first()).alias("prijsindex_2020_100"),
        "status_cijfer",
        # CBS marks every year; a year it leaves unmarked is not called final.
        (pl.col("status_cijfer").fill_null("") != "Definitief").alias("is_voorlopig"),
    )

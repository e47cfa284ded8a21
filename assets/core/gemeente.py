"""core.gemeente: which gemeenten there were in a year, where they lie and how many inwoners they had.

Here: the gemeentelijke indeling of a year joined with the inwoners on 1 January, and the checks that both agree. Not
here: what changed from one year to the next.
"""

from collections.abc import Iterable, Mapping

import polars as pl

from assets.cbs.table import RawTable
from assets.core.base import EXAMPLES, GEMEENTE_CODE, CoreModel, cbs_pagina, cbs_rij, describe, kolom, trimmed
from assets.errors import ContractError

# The measures of "Gebieden in Nederland" by what they hold. The code measure was renamed twice (2017/2021, 2018/2019).
MEASURES: Mapping[str, tuple[str, ...]] = {
    "gemeente_code": ("GM000B", "GM000B_1", "R00004"),
    "naam": ("GM000C_1",),
    "provincie_code": ("PV0001",),
    "provincie": ("PV0002",),
    "arbeidsmarktregio_code": ("AM0001",),
    "arbeidsmarktregio": ("AM0002",),
}
INWONERS = "M000352"
NEDERLAND = "NL01"


class GemeenteModel(CoreModel):
    """Gemeenten of each year as they were on 1 January (CBS Gebieden in Nederland), with inwoners (CBS 03759ned)."""

    jaar: int = kolom("jaar", "jaar van de gemeentelijke indeling", ge=2015, le=2100)
    gemeente_code: str = kolom("code", "gemeentecode van CBS", str_matches=GEMEENTE_CODE)
    naam: str = kolom("naam", "naam van de gemeente in dat jaar", str_length={"min_value": 1})
    provincie_code: str = kolom("code", "provinciecode van CBS", str_matches=r"^PV\d{2}$")
    provincie: str = kolom("naam", "provincie", str_length={"min_value": 1})
    arbeidsmarktregio_code: str = kolom("code", "code van de arbeidsmarktregio", str_matches=r"^AM\d{2}$")
    arbeidsmarktregio: str = kolom("naam", "arbeidsmarktregio in dat jaar", str_length={"min_value": 1})
    inwoners: int = kolom("personen", "inwoners op 1 januari van het jaar (03759ned)", gt=0)
    cbs_pagina: int = cbs_pagina()
    cbs_rij: int = cbs_rij()


DESCRIPTION = describe(GemeenteModel, "gemeente", ["jaar", "gemeente_code"], methode="spending")


def gemeente(gebieden: Mapping[int, RawTable], inwoners: RawTable) -> pl.DataFrame:
    """Join the indeling of each year with the inwoners of that year.

    Args:
        gebieden: "Gebieden in Nederland" by year.
        inwoners: 03759ned, totals of geslacht, leeftijd and burgerlijke staat, gemeenten and Nederland.

    Returns:
        columns of `GemeenteModel`, sorted by jaar and gemeente_code.

    Raises:
        ContractError: a year has no inwoners yet, a gemeente is there twice or lacks a value, the two tables name
            different gemeenten, or the inwoners do not add up to those of Nederland.
    """
    per_year = inwoners_per_region(inwoners)
    require_inwoners(per_year, gebieden)
    frames = [_year(jaar, table, per_year) for jaar, table in sorted(gebieden.items())]
    return pl.concat(frames).select(GemeenteModel.to_schema().columns.keys()).sort("jaar", "gemeente_code")


def inwoners_nederland(inwoners: RawTable) -> pl.DataFrame:
    """Give the inwoners of Nederland on 1 January: columns jaar, inwoners."""
    per_year = inwoners_per_region(inwoners)
    return per_year.filter(pl.col("regio") == NEDERLAND).select("jaar", "inwoners").sort("jaar")


def inwoners_per_region(inwoners: RawTable) -> pl.DataFrame:
    """Give the inwoners on 1 January of every region that existed: columns jaar, regio, inwoners, cbs_pagina, cbs_rij.

    A region that did not exist in a year has `ValueAttribute` Impossible and no value; it is left out.

    Raises:
        ContractError: a value is not a whole number, or a region is there twice in a year.
    """
    tabel = inwoners.manifest.tabel_id
    rows = inwoners.located().filter(pl.col("Measure") == INWONERS, pl.col("Value").is_not_null())
    if len(rows) == 0:
        raise ContractError(f"{tabel}: no rows of measure {INWONERS} (Bevolking op 1 januari); see its MeasureCodes")
    broken = rows.filter(pl.col("Value") != pl.col("Value").round(0))
    if len(broken):
        raise ContractError(f"{tabel}: inwoners are not whole numbers: {broken.head(EXAMPLES).to_dicts()}")
    result = rows.select(
        pl.col("Perioden").str.head(4).cast(pl.Int64).alias("jaar"),
        trimmed("RegioS").alias("regio"),
        pl.col("Value").cast(pl.Int64).alias("inwoners"),
        "cbs_pagina",
        "cbs_rij",
    )
    double = result.filter(pl.struct("jaar", "regio").is_duplicated())
    if len(double):
        raise ContractError(
            f"{tabel}: regions are there twice in a year: {double.head(EXAMPLES).rows()}. "
            "The filter on geslacht, leeftijd and burgerlijke staat no longer selects one total; see tables.toml."
        )
    return result


def require_inwoners(inwoners: pl.DataFrame, jaren: Iterable[int]) -> None:
    """Stop when a year has no inwoners of gemeenten: CBS publishes the indeling of a year before them.

    Args:
        inwoners: columns jaar, regio, ...
        jaren: the years that need them.

    Raises:
        ContractError: naming the years.
    """
    known = inwoners.filter(pl.col("regio").str.starts_with("GM"))["jaar"]
    missing = sorted({*jaren} - {*known})
    if missing:
        listing = ", ".join(map(str, missing))
        raise ContractError(
            f"03759ned has no inwoners of gemeenten in {listing}. CBS publishes those of a year in its spring or "
            "summer. Until then move raw/iv3_ of that year out of the lake, and refresh the years before it (--years)."
        )


def only_existing(counts: pl.DataFrame, gemeenten: pl.DataFrame, name: str, aantal: str) -> pl.DataFrame:
    """Leave out rows without a value of gemeenten that did not exist; a value for one is an error.

    Args:
        counts: has jaar, maand, regio_code (text or Enum) and the count; regions that are no gemeente are kept as they
            are.
        gemeenten: core.gemeente.
        name: the table, named in errors.
        aantal: name of the column with the count.

    Returns:
        the rows of `counts` but those of gemeenten that did not exist on 1 January of the year.

    Raises:
        ContractError: a value for a gemeente that did not exist, or a gemeente without rows in a year that has others.
    """
    existing = gemeenten.select("jaar", pl.col("gemeente_code").alias("regio_code"))
    key = ["jaar", "regio_code"]
    found = counts.select(key).unique().with_columns(pl.col("regio_code").cast(pl.String))
    found = found.filter(pl.col("regio_code").str.contains(GEMEENTE_CODE))
    unknown = found.join(existing, on=key, how="anti").cast({"regio_code": counts.schema["regio_code"]})
    valued = counts.join(unknown, on=key, how="semi").filter(pl.col(aantal).is_not_null())
    if len(valued):
        raise ContractError(
            f"{name}: values for gemeenten that are not in the indeling of the year: "
            f"{valued.select('regio_code', 'jaar', 'maand', aantal).head(EXAMPLES).rows()}. Refresh gebieden of "
            "that year."
        )
    missing = existing.join(found, on=key, how="anti")
    missing = missing.join(found.select("jaar").unique(), on="jaar", how="semi").sort(key)
    if len(missing):
        raise ContractError(
            f"{name}: gemeenten of the year without any row: {missing.head(EXAMPLES).rows()}; refresh it"
        )
    return counts.join(unknown, on=key, how="anti") if len(unknown) else counts


def _year(jaar: int, table: RawTable, inwoners: pl.DataFrame) -> pl.DataFrame:
    tabel = table.manifest.tabel_id
    frame = _indeling(table)
    of_year = inwoners.filter(pl.col("jaar") == jaar)
    gemeenten = of_year.filter(pl.col("regio").str.starts_with("GM"))
    codes, counted = set(frame["gemeente_code"]), set(gemeenten["regio"])
    if codes != counted:
        raise ContractError(
            f"the gemeenten of {jaar} differ between {tabel} and 03759ned: "
            f"without inwoners {sorted(codes - counted)[:EXAMPLES]}, "
            f"without indeling {sorted(counted - codes)[:EXAMPLES]}. "
            "Check whether one of the two tables was published for another year, and refresh it."
        )
    national = of_year.filter(pl.col("regio") == NEDERLAND)["inwoners"].to_list()
    if national != [gemeenten["inwoners"].sum()]:
        raise ContractError(
            f"the inwoners of {jaar} in 03759ned add up to {gemeenten['inwoners'].sum()} over the gemeenten, "
            f"where {NEDERLAND} has {national or 'no value'}. A gemeente is missing or counted twice; refresh inwoners."
        )
    return frame.join(gemeenten.rename({"regio": "gemeente_code"}), on="gemeente_code", how="left", validate="1:1")


def _indeling(table: RawTable) -> pl.DataFrame:
    """Turn the long rows of one year into one row per gemeente."""
    tabel = table.manifest.tabel_id
    frame: pl.DataFrame | None = None
    for column, ids in MEASURES.items():
        present = [m for m in ids if m in table.measures["key"]]
        if len(present) != 1:
            raise ContractError(
                f"{tabel}: column {column} should be one of the measures {', '.join(ids)}; found {present or 'none'}. "
                "Look it up in MeasureCodes of the table and add it to assets/core/gemeente.py and tables.toml."
            )
        values = table.rows.filter(pl.col("Measure") == present[0]).select(
            trimmed("RegioS").alias("regio"), trimmed("StringValue").alias(column)
        )
        double = values.filter(pl.col("regio").is_duplicated())
        if len(double):
            raise ContractError(f"{tabel}: a gemeente is there twice: {double['regio'].unique().sort().to_list()}")
        frame = values if frame is None else frame.join(values, on="regio", how="full", coalesce=True)
    if frame is None or len(frame) == 0:
        raise ContractError(f"{tabel}: no gemeenten in this table")
    empty = frame.filter(pl.any_horizontal(pl.all().is_null() | (pl.all() == "")))
    if len(empty):
        raise ContractError(f"{tabel}: gemeenten without a value: {empty.head(EXAMPLES).to_dicts()}")
    differs = frame.filter(pl.col("regio") != pl.col("gemeente_code"))
    if len(differs):
        raise ContractError(
            f"{tabel}: RegioS and the code of the gemeente differ: "
            f"{differs.select('regio', 'gemeente_code').head(EXAMPLES).rows()}"
        )
    return frame.drop("regio")

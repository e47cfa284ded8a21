"""core.bijstand: persons with bijstand per gemeente per month, in each definition CBS gives.

Here: the rows of 80794ned made tidy, every kind of no-value kept. Not here: which definition or month a ratio uses
(core.instelling and sql/benchmark).
"""

import re

import polars as pl

from assets.cbs.table import RawTable
from assets.core.base import (
    EXAMPLES,
    STATUSSEN,
    CoreModel,
    cbs_pagina,
    cbs_rij,
    describe,
    kolom,
    provisional,
    require_known,
    trimmed,
)
from assets.core.gemeente import only_existing
from assets.core.keuzes import DEFINITIES
from assets.errors import ContractError

AFRONDING_PERSONEN = 10  # CBS publishes these counts in multiples of ten


class BijstandModel(CoreModel):
    """Persons with bijstand at the end of each month (CBS 80794ned), for gemeenten and Nederland (NL01). Persons, not
    uitkeringen: a couple is one uitkering and two persons. Counts are rounded by CBS to multiples of ten."""  # noqa: D205, D209

    jaar: int = kolom("jaar", "jaar van de verslagmaand", ge=2017, le=2100)
    maand: int = kolom("maand 1-12", "verslagmaand", ge=1, le=12)
    regio_code: str = kolom("code", "gemeentecode van CBS, of NL01", str_matches=r"^(GM\d{4}|NL01)$")
    definitie: str = kolom("naam", "welke groep geteld is", isin=list(DEFINITIES.values()))
    aantal_personen: int = kolom("personen", "personen met bijstand; leeg = zie waarde_soort", nullable=True, ge=0)
    waarde_soort: str = kolom("naam", "waarde = er is een getal; leeg = CBS geeft niets", isin=["waarde", "leeg"])
    status_cijfer: str = kolom(
        "naam", "status die CBS de periode geeft; leeg = geen", nullable=True, isin=list(STATUSSEN)
    )
    is_voorlopig: bool = kolom("ja/nee", "nog niet definitief: het cijfer kan nog veranderen")
    afronding_personen: int = kolom("personen", "veelvoud waarop CBS afrondt", eq=AFRONDING_PERSONEN)
    cbs_pagina: int = cbs_pagina()
    cbs_rij: int = cbs_rij()


DESCRIPTION = describe(BijstandModel, "bijstand", ["jaar", "maand", "regio_code", "definitie"], methode="spending")


def bijstand(table: RawTable, gemeenten: pl.DataFrame) -> pl.DataFrame:
    """Turn 80794ned into one row per month, regio and definition.

    Rows of gemeenten that did not exist on 1 January of the year are dropped when they hold no value.

    Args:
        table: the raw table.
        gemeenten: core.gemeente; only its years are taken.

    Returns:
        columns of `BijstandModel`.

    Raises:
        ContractError: an unknown code or status, a missing column, a month with a value for a gemeente that did not
            exist, a count that is no multiple of ten.
    """
    name = table.manifest.tabel_id
    for column in ("RegioS", "Perioden"):
        require_known(name, column, table.rows[column], table.codes[column]["code"], what_to_do="Refresh this table.")
    renamed = {column: DEFINITIES[stem] for column, stem in _definition_columns(table).items()}
    periods = table.codes["Perioden"].select(
        trimmed("code").alias("periode"), trimmed("status").replace("", None).alias("status_cijfer")
    )
    long = (
        table.located()
        .select(
            "cbs_pagina",
            "cbs_rij",
            trimmed("RegioS").alias("regio_code"),
            trimmed("Perioden").alias("periode"),
            *renamed,
        )
        .filter(pl.col("periode").str.contains(r"^\d{4}MM\d{2}$"))
        .rename(renamed)
        .unpivot(
            list(renamed.values()),
            index=["regio_code", "periode", "cbs_pagina", "cbs_rij"],
            variable_name="definitie",
            value_name="aantal",
        )
        .join(periods, on="periode", how="left", validate="m:1")
        .with_columns(
            pl.col("periode").str.head(4).cast(pl.Int64).alias("jaar"),
            pl.col("periode").str.tail(2).cast(pl.Int64).alias("maand"),
        )
        .filter(pl.col("jaar").is_in(gemeenten["jaar"].unique().implode()))
    )
    long = only_existing(long, gemeenten, name, "aantal")
    broken = long.filter(pl.col("aantal") % AFRONDING_PERSONEN != 0)
    if len(broken):
        raise ContractError(
            f"{name}: counts that are no multiple of {AFRONDING_PERSONEN}: "
            f"{broken.select('regio_code', 'periode', 'definitie', 'aantal').head(EXAMPLES).rows()}. "
            "CBS changed its rounding: see the explanation of the table, and AFRONDING_PERSONEN in this module."
        )
    return long.select(
        "jaar",
        "maand",
        "regio_code",
        "definitie",
        pl.col("aantal").cast(pl.Int64).alias("aantal_personen"),
        pl.when(pl.col("aantal").is_null()).then(pl.lit("leeg")).otherwise(pl.lit("waarde")).alias("waarde_soort"),
        "status_cijfer",
        provisional(),
        pl.lit(AFRONDING_PERSONEN, pl.Int64).alias("afronding_personen"),
        "cbs_pagina",
        "cbs_rij",
    )


def _definition_columns(table: RawTable) -> dict[str, str]:
    """Find the column of each definition: column as sent -> stem."""
    found: dict[str, str] = {}
    for stem in DEFINITIES:
        columns = [c for c in table.rows.columns if re.fullmatch(rf"{stem}(_\d+)?", c)]
        if len(columns) != 1:
            raise ContractError(
                f"{table.manifest.tabel_id}: no single column {stem}_<number>; the table has {table.rows.columns}. "
                "CBS renamed a measure: look it up in DataProperties and change DEFINITIES in assets/core/keuzes.py."
            )
        found[columns[0]] = stem
    return found

"""core.controletotaal: totals taken straight from the sources, to hold every later table against.

Here: the totals. Not here: the comparison itself (sql/checks).
"""

from collections.abc import Mapping

import polars as pl

from assets.core.base import CoreModel, describe, kolom

INWONERS = "inwoners van Nederland op 1 januari"
IV3 = "som van de Iv3-cellen"


class ControletotaalModel(CoreModel):
    """Totals computed from the raw rows, before anything was selected or renamed; the checks compare the core and
    benchmark tables with them. What CBS has not published has no total."""  # noqa: D205, D209

    onderwerp: str = kolom("naam", "wat geteld is", isin=[INWONERS, IV3])
    jaar: int = kolom("jaar", "jaar of boekjaar")
    sleutel: str = kolom("tekst", "uitsplitsing: '-' of verslagsoort/plaatsing/taakveld/lasten of baten")
    waarde: int = kolom("personen of euro", "het totaal in de bron")


DESCRIPTION = describe(
    ControletotaalModel, "controletotaal", ["onderwerp", "jaar", "sleutel"], methode="rules-that-hold-everywhere"
)


def controletotaal(inwoners_nederland: pl.DataFrame, iv3: Mapping[int, pl.DataFrame]) -> pl.DataFrame:
    """Put the totals in one table, columns of `ControletotaalModel`.

    Args:
        inwoners_nederland: columns jaar, inwoners.
        iv3: per boekjaar the totals of `assets.core.iv3.iv3_year` (sleutel, waarde).
    """
    people = inwoners_nederland.filter(pl.col("jaar").is_in(list(iv3))).select(
        pl.lit(INWONERS).alias("onderwerp"),
        "jaar",
        pl.lit("-").alias("sleutel"),
        pl.col("inwoners").alias("waarde"),
    )
    money = [
        frame.select(pl.lit(IV3).alias("onderwerp"), pl.lit(jaar, pl.Int64).alias("jaar"), "sleutel", "waarde")
        for jaar, frame in sorted(iv3.items())
    ]
    return pl.concat([people, *money])

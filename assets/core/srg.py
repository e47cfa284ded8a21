"""core.srg_voorziening and core.srg_persoon: the Statistiek Re-integratie Gemeenten, as CBS counts it.

Here: 85588NED and 85589NED made tidy; totals are kept as CBS gives them. Not here: adding up, means or ratios
(sql/benchmark), or comparing totals with their parts (sql/checks).
"""

from collections.abc import Iterator

import polars as pl

from assets.cbs.table import RawTable
from assets.core.base import CoreModel, cbs_pagina, cbs_rij, describe, kolom
from assets.core.gemeente import NEDERLAND, only_existing
from assets.core.telling import AFRONDING, is_voorlopig, status_cijfer, telling, waarde_soort
from assets.errors import ContractError

# The first year of this series: CBS's break between registrations and transactions (tables.toml, `breuken`).
EERSTE_JAAR = 2023
REGIO = r"^(GM\d{4}|PV\d{2}|NL01)$"


class VoorzieningModel(CoreModel):
    """Voorzieningen by type, status at the end of the month, regio and month (CBS 85588NED), from 2023: CBS counts
    transactions since January 2023, so there is no earlier month to compare with. Nederland and provincies for every
    month; gemeenten for the years whose indeling is in core.gemeente. Counts are rounded by CBS to multiples of ten,
    totals on their own, so parts need not add up; below 5 is 0. Gemeenten that register less seem to do less."""  # noqa: D205, D209

    jaar: int = kolom("jaar", "jaar van de verslagmaand", ge=EERSTE_JAAR, le=2100)
    maand: int = kolom("maand 1-12", "verslagmaand", ge=1, le=12)
    regio_code: str = kolom("code", "gemeente (GM), provincie (PV) of Nederland (NL01)", str_matches=REGIO)
    type: str = kolom("naam", "type, hoofdcategorie of totaal; zie core.voorziening_type")
    status: str = kolom("naam", "status aan het einde van de maand; lopend en beëindigd = beide samen")
    aantal_voorzieningen: int = kolom("voorzieningen", "aantal; leeg = zie waarde_soort", nullable=True, ge=0)
    waarde_soort: str = waarde_soort()
    status_cijfer: str = status_cijfer()
    is_voorlopig: bool = is_voorlopig()
    afronding_voorzieningen: int = kolom("voorzieningen", "veelvoud waarop CBS afrondt", eq=AFRONDING)
    cbs_pagina: int = cbs_pagina()
    cbs_rij: int = cbs_rij()


class PersoonModel(CoreModel):
    """Persons with a voorziening by type, status, geslacht, leeftijd and herkomstland, per month (CBS 85589NED),
    Nederland, from 2023. A person counts once in each row, also with several voorzieningen, so types add up to more
    than the total. The open table does not tell who has bijstand. Counts are rounded by CBS to multiples of ten."""  # noqa: D205, D209

    jaar: int = kolom("jaar", "jaar van de verslagmaand", ge=EERSTE_JAAR, le=2100)
    maand: int = kolom("maand 1-12", "verslagmaand", ge=1, le=12)
    type: str = kolom("naam", "type, hoofdcategorie of totaal; zie core.voorziening_type")
    status: str = kolom("naam", "status aan het einde van de maand; lopend en uitstroom = beide samen")
    geslacht: str = kolom("naam", "totaal, mannen of vrouwen")
    leeftijd: str = kolom("naam", "totaal, of leeftijd in jaren; >=45 is tot de AOW-leeftijd")
    herkomstland: str = kolom("naam", "totaal, of herkomstland")
    aantal_personen: int = kolom("personen", "aantal; leeg = zie waarde_soort", nullable=True, ge=0)
    waarde_soort: str = waarde_soort()
    status_cijfer: str = status_cijfer()
    is_voorlopig: bool = is_voorlopig()
    afronding_personen: int = kolom("personen", "veelvoud waarop CBS afrondt", eq=AFRONDING)
    cbs_pagina: int = cbs_pagina()
    cbs_rij: int = cbs_rij()


VOORZIENING = describe(
    VoorzieningModel, "srg_voorziening", ["jaar", "maand", "regio_code", "type", "status"], methode="voorzieningen-srg"
)
PERSOON = describe(
    PersoonModel,
    "srg_persoon",
    ["jaar", "maand", "type", "status", "geslacht", "leeftijd", "herkomstland"],
    methode="voorzieningen-srg",
)


def srg_voorziening_in_parts(table: RawTable, gemeenten: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Turn 85588NED into one row per month, regio, type and status, a few months at a time.

    Rows of gemeenten of a year that core.gemeente does not have are left out; so are rows without a value of gemeenten
    that did not exist on 1 January.

    Args:
        table: the raw table.
        gemeenten: core.gemeente.

    Yields:
        columns of `VoorzieningModel`.

    Raises:
        ContractError: see `assets.core.telling.telling`; Nederland is not there, a value for a gemeente that did not
        exist, or a
            gemeente of the year without rows while others have them.
    """
    name = table.manifest.tabel_id
    lists = {
        "TypeReIntegratieParticipatievoorz": ("type", "type"),
        "StatusVoorziening": ("status", "status_voorziening"),
    }
    kept = ["RegioS"]
    for frame in telling(table, "srg_voorzieningen", lists, aantal="aantal_voorzieningen", soort="MM", keep=kept):
        yield _complete(frame.rename({"RegioS": "regio_code"}), gemeenten, name)


def _complete(frame: pl.DataFrame, gemeenten: pl.DataFrame, name: str) -> pl.DataFrame:
    """Leave out gemeenten that did not exist, and see that Nederland is there in every month."""
    is_gemeente = pl.col("regio_code").cast(pl.String).str.starts_with("GM")
    years = gemeenten["jaar"].unique().implode()
    frame = frame.filter(~is_gemeente | pl.col("jaar").is_in(years))
    months = frame.select("jaar", "maand").unique()
    national = frame.filter(pl.col("regio_code") == NEDERLAND).select("jaar", "maand").unique()
    without = months.join(national, on=["jaar", "maand"], how="anti").sort("jaar", "maand")
    if len(without):
        raise ContractError(f"{name}: no rows of {NEDERLAND} in {without.head(3).rows()}; refresh this table")
    frame = only_existing(frame, gemeenten, name, "aantal_voorzieningen")
    columns = VoorzieningModel.to_schema().columns
    return frame.with_columns(pl.lit(AFRONDING, pl.Int64).alias("afronding_voorzieningen")).select(columns.keys())


def srg_persoon(table: RawTable) -> pl.DataFrame:
    """Turn 85589NED into one row per month and set of characteristics.

    Returns:
        columns of `PersoonModel`.

    Raises:
        ContractError: see `assets.core.telling.telling`.
    """
    lists = {
        "TypeReIntegratieParticipatievoorz": ("type", "type"),
        "StatusPersoon": ("status", "status_persoon"),
        "Geslacht": ("geslacht", "geslacht"),
        "Leeftijd": ("leeftijd", "leeftijd"),
        "Herkomstland": ("herkomstland", "herkomstland"),
    }
    frame = pl.concat(telling(table, "srg_personen", lists, aantal="aantal_personen", soort="MM"))
    columns = PersoonModel.to_schema().columns
    return frame.with_columns(pl.lit(AFRONDING, pl.Int64).alias("afronding_personen")).select(columns.keys())

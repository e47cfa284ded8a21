"""core.bijstand_kenmerk and core.bijstand_duur: who has bijstand in Nederland, to set the SRG against.

Here: 85692NED by geslacht and leeftijd, and 85585NED by duration, made tidy. Not here: bijstand per gemeente
(`bijstand`), or any ratio (sql/benchmark).
"""

import polars as pl

from assets.cbs.table import RawTable
from assets.core.base import CoreModel, cbs_pagina, cbs_rij, describe, kolom
from assets.core.srg import EERSTE_JAAR
from assets.core.telling import AFRONDING, is_voorlopig, status_cijfer, telling, waarde_soort


class KenmerkModel(CoreModel):
    """Persons with a bijstandsuitkering in Nederland by geslacht and leeftijd, per month (CBS 85692NED), from 2023 as
    the SRG. Persons, not uitkeringen. `totaal` leeftijd includes people over the AOW age; compare the SRG with `tot
    AOW-leeftijd`. Counts are rounded by CBS to multiples of ten."""  # noqa: D205, D209

    jaar: int = kolom("jaar", "jaar van de verslagmaand", ge=EERSTE_JAAR, le=2100)
    maand: int = kolom("maand 1-12", "verslagmaand", ge=1, le=12)
    geslacht: str = kolom("naam", "totaal, mannen of vrouwen")
    leeftijd: str = kolom("naam", "totaal, of leeftijd in jaren; >=45 is tot de AOW-leeftijd")
    aantal_personen: int = kolom("personen", "aantal; leeg = zie waarde_soort", nullable=True, ge=0)
    waarde_soort: str = waarde_soort()
    status_cijfer: str = status_cijfer()
    is_voorlopig: bool = is_voorlopig()
    afronding_personen: int = kolom("personen", "veelvoud waarop CBS afrondt", eq=AFRONDING)
    cbs_pagina: int = cbs_pagina()
    cbs_rij: int = cbs_rij()


class DuurModel(CoreModel):
    """Persons with bijstand in Nederland by the duration of their situation, per quarter (CBS 85585NED), from 2023 as
    the SRG. Counts are rounded by CBS to multiples of ten."""  # noqa: D205, D209

    jaar: int = kolom("jaar", "jaar van het kwartaal", ge=EERSTE_JAAR, le=2100)
    kwartaal: int = kolom("kwartaal 1-4", "verslagkwartaal", ge=1, le=4)
    duur: str = kolom("naam", "totaal, of hoe lang de persoon bijstand heeft")
    aantal_personen: int = kolom("personen", "aantal; leeg = zie waarde_soort", nullable=True, ge=0)
    waarde_soort: str = waarde_soort()
    status_cijfer: str = status_cijfer()
    is_voorlopig: bool = is_voorlopig()
    afronding_personen: int = kolom("personen", "veelvoud waarop CBS afrondt", eq=AFRONDING)
    cbs_pagina: int = cbs_pagina()
    cbs_rij: int = cbs_rij()


KENMERK = describe(
    KenmerkModel, "bijstand_kenmerk", ["jaar", "maand", "geslacht", "leeftijd"], methode="voorzieningen-srg"
)
DUUR = describe(DuurModel, "bijstand_duur", ["jaar", "kwartaal", "duur"], methode="voorzieningen-srg")


def bijstand_kenmerk(table: RawTable) -> pl.DataFrame:
    """Turn 85692NED into one row per month, geslacht and leeftijd, columns of `KenmerkModel`.

    Raises:
        ContractError: see `assets.core.telling.telling`.
    """
    lists = {"Geslacht": ("geslacht", "geslacht"), "Leeftijd": ("leeftijd", "leeftijd")}
    frame = pl.concat(telling(table, "bijstand_kenmerken", lists, aantal="aantal_personen", soort="MM"))
    return _rounded(frame, KenmerkModel)


def bijstand_duur(table: RawTable) -> pl.DataFrame:
    """Turn 85585NED into one row per quarter and duration, columns of `DuurModel`.

    Raises:
        ContractError: see `assets.core.telling.telling`.
    """
    lists = {"DuurVanDeUitkeringssituatie": ("duur", "duur")}
    frame = pl.concat(telling(table, "bijstand_duur", lists, aantal="aantal_personen", soort="KW"))
    return _rounded(frame, DuurModel)


def _rounded(frame: pl.DataFrame, model: type[CoreModel]) -> pl.DataFrame:
    columns = model.to_schema().columns
    return frame.with_columns(pl.lit(AFRONDING, pl.Int64).alias("afronding_personen")).select(columns.keys())

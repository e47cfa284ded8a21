"""core.rapport_cijfer: every number the reference report prints that could be recomputed.

Here: the file `rapport_cijfer.csv` beside this module, made tidy. Not here: our own figure beside it (sql/rapport).
"""

import re
from functools import cache
from pathlib import Path

import polars as pl

from assets.core.base import CoreModel, describe, kolom
from assets.errors import ContractError

FILE = Path(__file__).with_name("rapport_cijfer.csv")
BASES = ("cbs", "enquete", "referentie")
_COLUMNS = ("id", "bron", "label", "dimensies", "waarde", "eenheid", "afronding", "basis", "definitie")
_NUMBER = r"-?\d+(?:\.\d+)?"
_YEAR = r"^(?:boekjaar|jaar|peilmaand)=(\d{4})"
_LAST = r"(?:^|;)(?:type|grootteklasse|leeftijd|duur)=(.+)$"


class RapportCijferModel(CoreModel):
    """The numbers printed in the reference report (a study of 2025 for the ministry of Social Affairs) and in the
    verkenning sociale infrastructuur, with definition and rounding. Basis `cbs` rests on CBS data and can be
    recomputed; `enquete` comes from a survey, `referentie` is a given budget or target."""  # noqa: D205, D209

    id: str = kolom("code", "naam van het getal")
    waar: str = kolom("tekst", "waar het gedrukt staat")
    label: str = kolom("tekst", "wat het is")
    dimensies: str = kolom("tekst", "waarvoor het geldt, zoals gedrukt")
    jaar: int = kolom("jaar", "jaar waarvoor het geldt; leeg = geen enkel jaar", nullable=True)
    kenmerk: str = kolom("naam", "type, grootteklasse, leeftijd of duur waarvoor het geldt; leeg = geen", nullable=True)
    waarde_gedrukt: str = kolom("tekst", "het getal zoals gedrukt")
    waarde: float = kolom("zie eenheid", "het gedrukte getal; bij twee getallen het eerste")
    waarde_tweede: float = kolom("zie eenheid", "het tweede getal, als er twee staan (10 of 12)", nullable=True)
    eenheid: str = kolom("naam", "eenheid van het getal")
    afronding: float = kolom("zie eenheid", "veelvoud waarop het is afgerond", gt=0)
    basis: str = kolom("naam", "cbs, enquete of referentie", isin=list(BASES))
    definitie: str = kolom("tekst", "hoe het rapport het berekent; leeg = niet vermeld", nullable=True)


DESCRIPTION = describe(RapportCijferModel, "rapport_cijfer", ["id"], methode="the-report-recomputed")


@cache
def rapport_cijfer(path: Path = FILE) -> pl.DataFrame:
    """Read the printed numbers, columns of `RapportCijferModel`.

    Raises:
        ContractError: the file has other columns, or a value is no number and no two numbers.
    """
    text = pl.read_csv(path, infer_schema=False)
    if tuple(text.columns) != _COLUMNS:
        raise ContractError(f"{path.name}: columns should be {', '.join(_COLUMNS)}; found {', '.join(text.columns)}")
    wrong = [v for v in text["waarde"] if not re.fullmatch(rf"{_NUMBER}(?: of {_NUMBER})?", v or "")]
    if wrong:
        raise ContractError(f"{path.name}: column waarde should be a number, or two with ' of ' between; found {wrong}")
    numbers = pl.col("waarde").str.split(" of ")
    return text.select(
        "id",
        pl.col("bron").alias("waar"),
        "label",
        "dimensies",
        pl.col("dimensies").str.extract(_YEAR).cast(pl.Int64).alias("jaar"),
        pl.col("dimensies").str.extract(_LAST).alias("kenmerk"),
        pl.col("waarde").alias("waarde_gedrukt"),
        numbers.list.get(0).cast(pl.Float64).alias("waarde"),
        numbers.list.get(1, null_on_oob=True).cast(pl.Float64).alias("waarde_tweede"),
        "eenheid",
        pl.col("afronding").cast(pl.Float64),
        "basis",
        "definitie",
    )

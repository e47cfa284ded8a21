"""core.instelling: the choices behind the figures, published beside them.

Here: what a run may choose (`Keuzes`) and the table that tells what was chosen. Not here: where a choice is read from
(pipelines.settings).
"""

from dataclasses import dataclass

import polars as pl

from assets.core.base import CoreModel, describe, kolom
from assets.core.bijstand import DEFINITIES


@dataclass(frozen=True)
class Keuzes:
    """What a run may choose.

    Args:
        taakvelden: the taakvelden that are compared.
        levering_taakvelden: taakvelden on which every gemeente books, taken to tell a non-delivery from a zero booking.
        bijstand_definitie: which definition of `core.bijstand` divides the spending.
        bijstand_maand: which month of the boekjaar (1-12); the reference report takes January.
        aandeel_personen_zonder_bijstand: share of the persons with a voorziening who have no bijstand; the open tables
            do not tell, the reference report has 36 percent (paragraph 6.2.1, 2024).
        basisjaar_prijzen: in the prices of which year amounts in real terms are; the reference report takes 2020.
    """

    taakvelden: tuple[str, ...] = ("6.3", "6.4", "6.5")
    levering_taakvelden: tuple[str, ...] = ("0.1",)
    bijstand_definitie: str = DEFINITIES["BijstandTotDeAOWLeeftijd"]
    bijstand_maand: int = 1
    aandeel_personen_zonder_bijstand: float = 0.36
    basisjaar_prijzen: int = 2020


class InstellingModel(CoreModel):
    """The choices behind this publication; the benchmark reads them from here, so none is hidden in a formula."""

    naam: str = kolom("naam", "naam van de keuze")
    waarde: str = kolom("tekst", "wat gekozen is")
    toelichting: str = kolom("tekst", "wat de keuze betekent")


DESCRIPTION = describe(InstellingModel, "instelling", ["naam"], methode="what-the-file-says-of-itself")


def instelling(keuzes: Keuzes, herkomst: str) -> pl.DataFrame:
    """Give the choices as a table, columns of `InstellingModel`.

    Args:
        keuzes: what the run chose.
        herkomst: the least certain origin among the sources used.
    """
    rows = [
        (
            "aandeel_personen_zonder_bijstand",
            str(keuzes.aandeel_personen_zonder_bijstand),
            "aanname: aandeel van de personen met een voorziening zonder bijstand (rapport, par. 6.2.1)",
        ),
        ("basisjaar_prijzen", str(keuzes.basisjaar_prijzen), "bedragen in reële termen zijn in prijzen van dit jaar"),
        ("bijstand_definitie", keuzes.bijstand_definitie, "welke definitie uit core.bijstand de noemer is"),
        ("bijstand_maand", str(keuzes.bijstand_maand), "welke maand van het boekjaar de noemer is"),
        (
            "herkomst",
            herkomst,
            "herkomst van het geheel: cbs, opname (vastgelegde CBS-cijfers) of reconstructie (geen CBS-cijfers)",
        ),
        (
            "levering_taakvelden",
            ", ".join(keuzes.levering_taakvelden),
            "taakvelden waarmee een niet-levering van een nulboeking is onderscheiden",
        ),
        ("taakvelden", ", ".join(keuzes.taakvelden), "taakvelden die vergeleken worden"),
    ]
    return pl.DataFrame(rows, schema=list(InstellingModel.to_schema().columns), orient="row")

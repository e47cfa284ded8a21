"""core.instelling: the choices behind the figures, published beside them.

Here: the table that tells what was chosen. Not here: what may be chosen (`keuzes`), or where a choice is read from
(`pipelines.settings`).
"""

import polars as pl

from assets.core.base import CoreModel, describe, kolom
from assets.core.keuzes import Keuzes


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

"""core.bron: which vintage of which source this build reads.

Here: one row a source, so that a figure can name the vintages behind it. Not here: everything else that is known of a
download (`meta.bronnen`).
"""

import polars as pl

from assets.core.base import CoreModel, describe, kolom
from assets.core.inputs import HERKOMSTEN, Inputs


class BronModel(CoreModel):
    """The vintages this build was made from, one row a source (a CBS table, or an input file). More of each is in
    meta.bronnen."""  # noqa: D205, D209

    bron: str = kolom("naam", "naam van de bron in dit project")
    tabel_id: str = kolom("code", "id van de tabel bij CBS, of de naam van het bestand")
    vintage: str = kolom("code", "id van de download in de lake")
    sha256: str = kolom("sha256", "hash van de inhoud (rijen)", str_matches=r"^[0-9a-f]{64}$")
    herkomst: str = kolom(
        "naam", "cbs, opname (vastgelegde cijfers) of reconstructie (geen CBS-cijfers)", isin=list(HERKOMSTEN)
    )


DESCRIPTION = describe(BronModel, "bron", ["bron"], methode="what-the-file-says-of-itself")


def bron(inputs: Inputs) -> pl.DataFrame:
    """Give the vintages of a build, columns of `BronModel`."""
    rows = [
        (naam, vintage.manifest.tabel_id, vintage.id, vintage.manifest.sha256, vintage.manifest.herkomst)
        for naam, vintage in sorted({**inputs.vintages, **inputs.invoer}.items())
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(BronModel.to_schema().columns, pl.String), orient="row")

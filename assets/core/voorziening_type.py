"""core.voorziening_type: the types of voorzieningen, and the categories they are grouped in.

Here: the eighteen types, the six main categories and the total, in the order of table 5 of the reference report. Not
here: how CBS titles them (assets/cbs/titels.toml), or any count.
"""

import polars as pl

from assets.core.base import CoreModel, describe, kolom

TOTAAL = "Totaal re-integratie-/participatievoorziening"
LOONKOSTENSUBSIDIE = "Loonkostensubsidie (Participatiewet)"
# Main category -> type -> category of the report's figures 21 and 22, which splits one main category in two.
_NAAR_WERK = "Voorziening naar werk of naar participatie"
_COACHING, _ACTIVERING = "Training en coaching", "Vrijwilligerswerk en sociale activering"
HOOFDCATEGORIEEN: dict[str, dict[str, str | None]] = {
    "Financiële compensatie": {
        LOONKOSTENSUBSIDIE: None,
        "Forfaitaire loonkostensubsidie": None,
        "Tijdelijke loonkostensubsidie": None,
    },
    "Werkplekken": {
        "WIW/ID-baan": None,
        "Beschut werk": None,
        "Participatieplaats": None,
        "Proefplaatsing t.b.v. loonwaardebepaling": None,
        "Overige werkplekken": None,
    },
    "Ondersteuning op de werkplek": {"Jobcoach/begeleiding op de werkplek": None, "Werkplekaanpassing": None},
    _NAAR_WERK: {
        "Coaching naar werk of naar participatie": _COACHING,
        "Training/cursus/opleiding": _COACHING,
        "Vrijwilligerswerk": _ACTIVERING,
        "Overige sociale activering": _ACTIVERING,
    },
    "Faciliterende voorziening": {"Vervoersvoorziening": None, "Overige faciliterende voorziening": None},
    "Anders": {"Uitbesteed en onbekend": None, "Niet nader in te delen": None},
}


class VoorzieningTypeModel(CoreModel):
    """Types of voorzieningen of the SRG with the main categories of the Divosa Benchmark, as table 5 of the reference
    report groups them. What CBS gives of a main category or of the total it counts itself: a person with two types of
    one category is one person in it."""  # noqa: D205, D209

    type: str = kolom("naam", "type, hoofdcategorie of totaal")
    niveau: str = kolom("naam", "totaal, hoofdcategorie of type", isin=["totaal", "hoofdcategorie", "type"])
    hoofdcategorie: str = kolom("naam", "de hoofdcategorie waarin het type valt; leeg bij het totaal", nullable=True)
    rapportcategorie: str = kolom(
        "naam", "de categorie in figuur 21 en 22 van het rapport; leeg bij totaal en hoofdcategorie", nullable=True
    )
    volgorde: int = kolom("rangnummer", "volgorde in tabel 5 van het rapport; het totaal staat achteraan", ge=1)


DESCRIPTION = describe(VoorzieningTypeModel, "voorziening_type", ["volgorde"], methode="voorzieningen-srg")


def voorziening_type() -> pl.DataFrame:
    """Give every type, main category and the total, columns of `VoorzieningTypeModel`."""
    rows: list[tuple[str, str, str | None, str | None]] = []
    for hoofdcategorie, types in HOOFDCATEGORIEEN.items():
        rows.append((hoofdcategorie, "hoofdcategorie", hoofdcategorie, None))
        rows += [(naam, "type", hoofdcategorie, split or hoofdcategorie) for naam, split in types.items()]
    rows.append((TOTAAL, "totaal", None, None))
    schema = {name: column.dtype.type for name, column in VoorzieningTypeModel.to_schema().columns.items()}
    numbered = [(*row, number) for number, row in enumerate(rows, start=1)]
    return pl.DataFrame(numbered, schema=schema, orient="row")

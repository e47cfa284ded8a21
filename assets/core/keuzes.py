"""What a run may choose, and what there is to choose from.

Here: the choices alone, without a library, so that reading the settings is quick. Not here: the table that tells what
was chosen (`instelling`), or where a choice is read from (`pipelines.settings`).
"""

from dataclasses import dataclass

# Stem of the column in 80794ned (the number behind it drifts between releases) -> name of the definition here.
DEFINITIES = {
    "BijstandTotDeAOWLeeftijd": "bijstand tot de AOW-leeftijd",
    "BijstandGerelateerdTotAOWLeeftijd": "bijstand en bijstandgerelateerd tot de AOW-leeftijd",
    "BijstandGerelateerdVanafAOWLeeftijd": "bijstandgerelateerd vanaf de AOW-leeftijd",
}


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

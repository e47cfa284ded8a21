"""What a package of `reintegratie archive` says of itself, in `archive.json` at its top.

Here: its form, and the choices it was made with. Not here: making a package (`history`), or what is in its vintages.
"""

from pydantic import BaseModel

from assets.core.keuzes import Keuzes
from assets.lake import Lake, read_model

FILE_NAME = "archive.json"


class Pakket(BaseModel):
    """A package: a lake with the vintages of one build.

    Args:
        code_versie: version of this project that made it.
        as_of: the moment (UTC) whose vintages these are; None: they were in use when it was made.
        keuzes: the choices to build it with.
        vintages: source -> vintage.
        herkomst: of the least certain of them.
        bouwen: how to make the tables, for a person.
    """

    code_versie: str
    as_of: str | None
    keuzes: Keuzes
    vintages: dict[str, str]
    herkomst: str
    bouwen: str


def packed_keuzes(lake: Lake) -> Keuzes | None:
    """Give the choices that a package is built with; None: the lake is no package.

    Raises:
        LakeError: what the package says of itself is damaged.
    """
    pakket = read_model(lake.root / FILE_NAME, Pakket, "take the package out again where it came from")
    return None if pakket is None else pakket.keuzes

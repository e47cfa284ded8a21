"""Where the figures of a table come from: CBS, a recording of CBS, or a reconstruction.

Here: reading that from the address and the table's own words. Not here: what is done with it.
"""

import re
from dataclasses import dataclass
from typing import Literal

from assets.cbs.transport import Address
from assets.errors import ContractError

Soort = Literal["cbs", "opname", "reconstructie"]
_WORLD = re.compile(r"\[wereld=([0-9a-f]{12})\]")
_SAYS: dict[str, Soort] = {
    "Reconstructie, geen CBS-cijfers": "reconstructie",
    "Opname van CBS-cijfers": "opname",
}


@dataclass(frozen=True)
class Herkomst:
    """The origin of a table.

    Args:
        soort: cbs, opname or reconstructie.
        toelichting: what the table says of it.
        wereld: which reconstruction; empty for CBS.
    """

    soort: Soort
    toelichting: str
    wereld: str


def herkomst(address: Address, source_text: str, bron: str) -> Herkomst:
    """Tell the origin of a table.

    What is not CBS's own address must say in the metadata of the table where its figures come from; what says
    it is no CBS figure is believed wherever it comes from.

    Raises:
        ContractError: the address is not CBS's and the table does not say.
    """
    world = _WORLD.search(source_text)
    for words, soort in _SAYS.items():
        if source_text.startswith(words):
            if world is None:
                raise ContractError(f"{bron}: its Source says {words!r} but not which world: [wereld=<12 hex digits>]")
            return Herkomst(soort, source_text, world.group(1))
    if address.is_cbs:
        return Herkomst("cbs", source_text, "")
    raise ContractError(
        f"{bron}: the source at {address.text} does not say where its figures come from (field Source: "
        f"{source_text!r}). Figures that may not be CBS's are not taken; it should begin with one of "
        f"{', '.join(_SAYS)}."
    )

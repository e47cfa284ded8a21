"""Which raw vintages a build reads.

Here: the choice of one vintage per source, and the refusal of a lake that mixes sources. Not here: reading or
interpreting what is in them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from assets.cbs.invoer import BESTANDEN
from assets.cbs.oordeel import accepted
from assets.errors import ContractError, IncompleteError
from assets.lake import Lake, Vintage

# What a boekjaar needs besides its own table; the sources without a year serve every boekjaar.
YEARLESS = (
    "bijstand",
    "bijstand_duur",
    "bijstand_kenmerken",
    "inwoners",
    "prijsindex_consumenten",
    "prijsindex_overheid",
    "srg_personen",
    "srg_voorzieningen",
)

# From the least to the most certain; a publication is only as certain as its least certain source.
HERKOMSTEN = ("reconstructie", "opname", "cbs")


@dataclass(frozen=True)
class Inputs:
    """The vintages a build reads, by source.

    Args:
        vintages: one vintage per source at CBS.
        invoer: the input files that are there, by source.
        boekjaren: the years that have both an Iv3 table and a gemeentelijke indeling, ascending.
    """

    vintages: Mapping[str, Vintage]
    invoer: Mapping[str, Vintage]
    boekjaren: tuple[int, ...]

    def __getitem__(self, bron: str) -> Vintage:
        """Give the vintage of one source."""
        return self.vintages[bron]

    @property
    def herkomst(self) -> str:
        """Give the origin of the whole: that of the least certain source (`HERKOMSTEN`).

        Input files do not count: the tables that read them tell for themselves.
        """
        return min((v.manifest.herkomst for v in self.vintages.values()), key=HERKOMSTEN.index)

    @property
    def world(self) -> tuple[bool, str]:
        """Give whether the figures are CBS's, and which reconstruction they are of; all sources have the same."""
        manifest = next(iter(self.vintages.values())).manifest
        return manifest.herkomst == "cbs", manifest.wereld


def choose_inputs(lake: Lake) -> Inputs:
    """Choose the newest vintage of every source in the lake that may be used.

    Raises:
        IncompleteError: the lake is empty, or a boekjaar lacks one of its tables.
        LakeError: a vintage or a judgement cannot be read.
        ContractError: the vintages come from different worlds (CBS beside a reconstruction, or two reconstructions).
    """
    newest = {bron: v for bron in lake.bronnen() if bron not in BESTANDEN and (v := accepted(lake, bron))}
    iv3 = {_year(bron) for bron in newest if bron.startswith("iv3_")}
    gebieden = {_year(bron) for bron in newest if bron.startswith("gebieden_")}
    if not iv3:
        raise IncompleteError(f"the lake {lake.root} holds no Iv3 table yet: run `reintegratie refresh` first")
    missing = [f"gebieden_{jaar}" for jaar in sorted(iv3 - gebieden)]
    missing += [bron for bron in YEARLESS if bron not in newest]
    if missing:
        raise IncompleteError(
            f"the lake {lake.root} lacks {', '.join(missing)}: run `reintegratie refresh` for these years"
        )
    used = {bron: vintage for bron, vintage in sorted(newest.items()) if bron in YEARLESS or _year(bron) in iv3}
    _require_one_world(used)
    return Inputs(used, choose_invoer(lake), tuple(sorted(iv3)))


def choose_invoer(lake: Lake) -> dict[str, Vintage]:
    """Choose the newest vintage of every input file that is there (one that was taken away has no rows)."""
    newest = ((bron, lake.newest(bron)) for bron in BESTANDEN)
    return {bron: vintage for bron, vintage in newest if vintage is not None and vintage.manifest.rows}


def _year(bron: str) -> int:
    return int(bron.rpartition("_")[2])


def _require_one_world(vintages: Mapping[str, Vintage]) -> None:
    """Refuse to combine figures of CBS with reconstructed ones, or of two reconstructions."""
    worlds: dict[tuple[bool, str], list[str]] = {}
    for bron, vintage in vintages.items():
        manifest = vintage.manifest
        worlds.setdefault((manifest.herkomst == "cbs", manifest.wereld), []).append(bron)
    if len(worlds) > 1:
        listing = "; ".join(
            f"{'CBS' if is_cbs else f'reconstruction {wereld}'}: {', '.join(bronnen)}"
            for (is_cbs, wereld), bronnen in sorted(worlds.items())
        )
        raise ContractError(
            f"this lake mixes sources that must not be combined in one table ({listing}). "
            "Refresh every year from one source, or use another lake (--lake)."
        )

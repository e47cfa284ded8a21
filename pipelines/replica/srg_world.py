"""The world of the SRG: voorzieningen by gemeente, type and month, before CBS rounds them.

Here: spreading the national series over gemeenten. Not here: those series (`srg_landelijk`), keeping to totals of
regions (`srg_regio`), or the tables in which all is served (`srg`).

A fixed pattern spreads each type over the gemeenten, such that the printed class means of September 2024 come out.
"""

import math
from functools import cached_property

import polars as pl

from pipelines.replica.srg_given import LOPEND, MONTHS, Given
from pipelines.replica.srg_landelijk import Landelijk
from pipelines.replica.srg_regio import fitted, scaled
from pipelines.replica.world import FULL_2024, World, mean

PEILMAAND = (FULL_2024, 9)  # of the printed class means
_SPREAD_GEMEENTE, _SPREAD_TYPE = 0.22, 0.45
_LEAST = 1e-3  # far less than one voorziening
_FITS = 60  # rounds of fitting rows and columns; each brings both nearer


class SrgWorld:
    """The SRG of one world.

    Args:
        world: its gemeenten, bijstand, facts and seed.

    Raises:
        ContractError: given totals that contradict each other, or of regions and types that are not served.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self._given = Given(world)
        self.landelijk = Landelijk(world.facts, self._given)

    @cached_property
    def per_gemeente(self) -> pl.DataFrame:
        """Give gemeente_code, type, n (index in MONTHS), lopend and beeindigd, unrounded."""
        numbers = pl.DataFrame(
            [
                (naam, n, series.lopend[n], series.beeindigd[n])
                for naam, series in self.landelijk.voorzieningen.items()
                for n in range(len(MONTHS))
            ],
            schema=["type", "n", "landelijk_lopend", "landelijk_beeindigd"],
            orient="row",
        )
        frames = []
        for jaar in sorted({jaar for jaar, _ in MONTHS}):
            of_year = [n for n, month in enumerate(MONTHS) if month[0] == jaar]
            frame = self._pattern(jaar).join(
                numbers.filter(pl.col("n").is_in(of_year)), on="type", maintain_order="left_right"
            )
            frames.append(
                frame.select(
                    "gemeente_code",
                    "type",
                    "n",
                    (pl.col("landelijk_lopend") * pl.col("aandeel")).alias("lopend"),
                    (pl.col("landelijk_beeindigd") * pl.col("aandeel")).alias("beeindigd"),
                )
            )
        return fitted(pl.concat(frames), self._given, self.world)

    def _pattern(self, jaar: int) -> pl.DataFrame:
        """Give the share of each gemeente of a year in each type: gemeente_code, type, aandeel; 1 in all per type."""
        weights = self._weights
        people = self.world.inwoners(jaar)
        stayed = [c for c in people if c in weights]
        rate = math.fsum(weights[c] for c in stayed) / max(sum(people[c] for c in stayed), 1)
        rows = {c: max(weights.get(c, people[c] * rate), _LEAST) for c in people}
        # A given count may be 0; the pattern is one of shares, also of what has none in that month or region.
        n = MONTHS.index(PEILMAAND)
        columns = {naam: max(series.lopend[n], _LEAST) for naam, series in self.landelijk.voorzieningen.items()}
        cells = pl.DataFrame(
            [
                (c, naam, row * column * self.world.factor(_SPREAD_TYPE, "srg", naam, c), row, column)
                for c, row in rows.items()
                for naam, column in columns.items()
            ],
            schema=["gemeente_code", "type", "aandeel", "rij", "kolom"],
            orient="row",
        )
        value = pl.col("aandeel")
        for _ in range(_FITS):
            cells = cells.with_columns(value * pl.col("rij") / value.sum().over("gemeente_code"))
            cells = cells.with_columns(value * pl.col("kolom") / value.sum().over("type"))
        return cells.select("gemeente_code", "type", value / value.sum().over("type"))

    @cached_property
    def _weights(self) -> dict[str, float]:
        """Give the running voorzieningen of each gemeente in the month of the printed class means."""
        world, n = self.world, MONTHS.index(PEILMAAND)
        bijstand = world.bijstand(FULL_2024, 1)
        target = world.facts.verdelingen["voorzieningen_per_bijstandsontvanger"]
        weights: dict[str, float] = {}
        for klasse, (per_person, is_printed) in target.items():
            members = [c for c in bijstand if world.klasse(FULL_2024, c) == klasse]
            drawn = {c: world.factor(_SPREAD_GEMEENTE, "srg", c) for c in members}
            scale = per_person / mean(drawn.values()) if is_printed and members else per_person
            weights |= {c: drawn[c] * scale * max(bijstand[c], 1) for c in members}
        total = self.landelijk.total(n, LOPEND)
        pinned = {c for c in weights if target[world.klasse(FULL_2024, c)][1]}
        free = [c for c in weights if c not in pinned]
        left = total - math.fsum(weights[c] for c in pinned)
        if not free or left <= 0:  # a register that is given may have no gemeente in the other classes
            free, left = list(weights), total
        scale = left / math.fsum(weights[c] for c in free)
        weights |= {c: weights[c] * scale for c in free}
        return scaled(weights, self._given, world, self.landelijk.total)

"""The world of the SRG: voorzieningen and persons by type and month, before CBS rounds them.

Here: counts as they would be before rounding (so they are not whole). Not here: reading facts (`facts`), the totals
that are given (`srg_given`), or the tables in which all is served (`srg`).

National series keep to the printed means of 2024; a fixed pattern spreads each type over the gemeenten, such that the
printed class means of September 2024 come out; totals that are given are kept exactly, and what ended in the month
takes the difference.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from assets.errors import ContractError
from pipelines.replica.facts import SrgType
from pipelines.replica.srg_given import MONTHS, PERSONEN, VOORZIENINGEN, Given, fitted, scaled
from pipelines.replica.world import FULL_2024, World, apportion, mean

PEILMAAND = (FULL_2024, 9)  # of the printed class means
_YEAR_2024 = [n for n, (jaar, _) in enumerate(MONTHS) if jaar == FULL_2024]
_RESIDUAL = 3.0  # unrounded, so that two of them move a total by one ten and no part
_SPREAD_GEMEENTE, _SPREAD_TYPE = 0.22, 0.45
_FITS = 60  # rounds of fitting rows and columns; each brings both nearer
_LEFT_RUNNING = 0.97  # of a given total, when what is filled in would leave no room for what ended
_MORE_THAN_LARGEST = 0.6  # where the persons of a category lie between its largest type and their sum


@dataclass(frozen=True)
class Series:
    """National counts of one type by month, unrounded: running, and ended (or left) in the month."""

    lopend: list[float]
    beeindigd: list[float]


class SrgWorld:
    """The SRG of one world.

    Args:
        world: its gemeenten, bijstand, facts and seed.

    Raises:
        ContractError: given totals that contradict each other, or of regions and types that are not served.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.types = [t for t in world.facts.srg_typen if t.hoofdcategorie != "Totaal"]
        self.totaal = next(t for t in world.facts.srg_typen if t.hoofdcategorie == "Totaal")
        self.categories = list(dict.fromkeys(t.hoofdcategorie for t in self.types))
        self._given = Given(world)
        self.voorzieningen = self._voorzieningen()
        self.personen = self._personen()

    def total(self, n: int) -> float:
        """Give all voorzieningen of a month, running and ended."""
        return math.fsum(s.lopend[n] + s.beeindigd[n] for s in self.voorzieningen.values())

    def _voorzieningen(self) -> dict[str, Series]:
        """Give the national series of the eighteen types; the total is their sum."""
        tens = {t.naam: _tens(t, t.voorzieningen) for t in self.types}
        off = sum(sum(tens[t.naam][n] for n in _YEAR_2024) for t in self.types) - _yearly(self.totaal.voorzieningen)
        lopend = {naam: [10.0 * n for n in series] for naam, series in tens.items()}
        largest = sorted(lopend, key=lambda naam: -lopend[naam][0])[:2]
        for n in _YEAR_2024[: abs(off)]:
            for naam in largest:
                lopend[naam][n] -= math.copysign(_RESIDUAL, off)
        series = {}
        for t in self.types:
            running = lopend[t.naam]
            ended = [number * t.aandeel_beeindigd for number in running]
            self._keep(VOORZIENINGEN, t.naam, running, ended)
            series[t.naam] = Series(running, ended)
        self._fit_total(series)
        return series

    def _keep(self, tabel_id: str, naam: str, running: list[float], ended: list[float]) -> None:
        """Keep to the totals of a type that are given: what ended takes the difference."""
        for n, month in enumerate(MONTHS):
            given = self._given.national(tabel_id, naam, month)
            if given is not None:
                running[n] = min(running[n], _ten(given * _LEFT_RUNNING))
                ended[n] = given - running[n]

    def _fit_total(self, series: Mapping[str, Series]) -> None:
        """Let what ended of the types that are not given take what a given total leaves."""
        for n, month in enumerate(MONTHS):
            given = self._given.national(VOORZIENINGEN, self.totaal.naam, month)
            if given is None:
                continue
            open_ = [naam for naam in series if self._given.national(VOORZIENINGEN, naam, month) is None]
            room = given - math.fsum(s.lopend[n] + s.beeindigd[n] for naam, s in series.items() if naam not in open_)
            if room <= 0 or not open_:
                raise ContractError(
                    f"{self._given.where(month)}: the types that are given leave {room:.0f} of the total {given} of "
                    f"{month} for the {len(open_)} other types"
                )
            running = math.fsum(series[naam].lopend[n] for naam in open_)
            if running > room * _LEFT_RUNNING:
                for naam in open_:
                    series[naam].lopend[n] = _ten(series[naam].lopend[n] * room * _LEFT_RUNNING / running)
                running = math.fsum(series[naam].lopend[n] for naam in open_)
            ended = math.fsum(series[naam].beeindigd[n] for naam in open_)
            for naam in open_:
                series[naam].beeindigd[n] *= (room - running) / ended

    def _personen(self) -> dict[str, Series]:
        """Give the national series of persons: every type, every category and the total."""
        series = {}
        for t in [*self.types, self.totaal]:
            running = [10.0 * n for n in _tens(t, t.personen)]
            left = [number * t.aandeel_uitstroom for number in running]
            self._keep(PERSONEN, t.naam, running, left)
            series[t.naam] = Series(running, left)
        for category in self.categories:
            parts = [series[t.naam] for t in self.types if t.hoofdcategorie == category]
            series[category] = Series(
                [_joined(numbers) for numbers in zip(*(p.lopend for p in parts), strict=True)],
                [_joined(numbers) for numbers in zip(*(p.beeindigd for p in parts), strict=True)],
            )
        return series

    @cached_property
    def per_gemeente(self) -> pl.DataFrame:
        """Give gemeente_code, type, n (index in MONTHS), lopend and beeindigd, unrounded."""
        numbers = pl.DataFrame(
            [
                (naam, n, series.lopend[n], series.beeindigd[n])
                for naam, series in self.voorzieningen.items()
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
        rows = {c: weights.get(c, people[c] * rate) for c in people}
        columns = {naam: s.lopend[MONTHS.index(PEILMAAND)] for naam, s in self.voorzieningen.items()}
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
            weights |= {c: drawn[c] * scale * bijstand[c] for c in members}
        total = math.fsum(series.lopend[n] for series in self.voorzieningen.values())
        pinned = {c for c in weights if target[world.klasse(FULL_2024, c)][1]}
        free = [c for c in weights if c not in pinned]
        left = total - math.fsum(weights[c] for c in pinned)
        if not free or left <= 0:  # a register that is given may have no gemeente in the other classes
            free, left = list(weights), total
        scale = left / math.fsum(weights[c] for c in free)
        weights |= {c: weights[c] * scale for c in free}
        return scaled(weights, self._given, world, self.total)


def _tens(t: SrgType, printed: int) -> list[int]:
    """Give a series in tens that grows smoothly and whose mean over 2024 rounds to the printed one."""
    middle = mean(_YEAR_2024)
    shape = [math.exp(math.log1p(t.groei_per_jaar) * (n - middle) / 12) for n in range(len(MONTHS))]
    scale = printed / 10 / mean(shape[n] for n in _YEAR_2024)
    series = [round(number * scale) for number in shape]
    of_2024 = apportion({str(n): shape[n] for n in _YEAR_2024}, _yearly(printed))
    for n in _YEAR_2024:
        series[n] = of_2024[str(n)]
    return series


def _yearly(printed: int) -> int:
    """Give the tens of twelve months whose mean is nearest to a printed number."""
    return round(printed * 12 / 10)


def _ten(number: float) -> float:
    return 10.0 * round(number / 10)


def _joined(numbers: Sequence[float]) -> float:
    """Give the persons with any of some types, where some have several."""
    largest = max(numbers)
    return largest + _MORE_THAN_LARGEST * (math.fsum(numbers) - largest)

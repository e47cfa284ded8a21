"""Counts as CBS rounds them: to tens, each on its own, so that parts do not add up.

Here: rounding, and finding unrounded counts that go with rounded ones. Not here: what is counted.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

SLACK = 4.9  # how far an unrounded count may be from the ten it is rounded to
_DECIMALS = 6  # of an unrounded count: what lies behind them is noise of adding up, and would decide between two tens
_NEAR_ENOUGH = 1e-3  # less than what SLACK leaves of half a ten
_MOST_ROUNDS = 2000


@dataclass(frozen=True)
class Limit:
    """The sum of some counts is between two numbers.

    Args:
        among: places of the counts.
        low: the least their sum may be.
        high: the most.
        waar: who says so.
    """

    among: tuple[int, ...]
    low: float
    high: float
    waar: str

    def now(self, counts: Sequence[float]) -> float:
        """Give the sum that is limited."""
        return math.fsum(counts[place] for place in self.among)

    def off(self, counts: Sequence[float]) -> float:
        """Give what the counts need more, or less, to be within the limit."""
        now = self.now(counts)
        return min(max(now, self.low), self.high) - now


def tens(number: float) -> float:
    """Round to ten."""
    return float(round(round(number, _DECIMALS) / 10) * 10)


def all_in_tens(numbers: pl.Series) -> pl.Series:
    """Round every number of a column as `tens` does."""
    return (numbers.round(_DECIMALS) / 10).round(mode="half_to_even") * 10


def rounded_to(number: float, among: Sequence[int], waar: str) -> Limit:
    """Give the limit that a sum is rounded to a number."""
    return Limit(tuple(among), number - SLACK, number + SLACK, waar)


def settled(counts: Sequence[float], limits: Sequence[Limit]) -> tuple[list[float], Limit | None]:
    """Move counts within limits, each time as little as can be, until all agree.

    Returns:
        The counts, and the limit they are farthest from when no counts were found that are within all.
    """
    moved = list(counts)
    for _ in range(_MOST_ROUNDS):
        for limit in limits:
            off = limit.off(moved)
            for place in limit.among:
                moved[place] += off / len(limit.among)
        if all(abs(limit.off(moved)) < _NEAR_ENOUGH for limit in limits):
            return moved, None
    return moved, max(limits, key=lambda limit: abs(limit.off(moved)))

"""Keeping the gemeenten of the SRG to totals that facts give of regions.

Here: scaling gemeenten so that there is room for such a total, and dividing what ended so that it comes out. Not here:
the spread over gemeenten itself (`srg_world`), or which totals are given (`srg_given`).
"""

import math
from collections.abc import Callable, Mapping, Sequence

import polars as pl

from assets.errors import ContractError
from pipelines.replica.afronding import Limit, rounded_to, settled
from pipelines.replica.facts import SrgGegeven
from pipelines.replica.srg_given import MONTHS, Given, Provincies
from pipelines.replica.world import FULL_2024, World, mean

_FITS = 60  # rounds of fitting regions and types; each brings both nearer
_NEAR_ENOUGH = 1.0  # of a type in Nederland after fitting: far less than what rounding to tens shows


def scaled(
    weights: Mapping[str, float], given: Given, world: World, total_of: Callable[[int], float]
) -> dict[str, float]:
    """Scale the gemeenten of regions whose totals are given to the mean of their share in Nederland.

    Args:
        weights: by gemeente; their sum is kept.
        given: the totals.
        world: its register.
        total_of: gives all voorzieningen of a month, by its place in MONTHS.
    """
    shares: dict[Provincies, list[float]] = {}
    for month, facts in given.regional.items():
        whole = total_of(MONTHS.index(month))
        for provincies, fact in facts.items():
            shares.setdefault(provincies, []).append(fact.waarde / whole if whole else 0.0)
    provincie = {code: g.provincie_code for code, g in world.gemeenten(FULL_2024).items()}
    whole = math.fsum(weights.values())
    result = dict(weights)
    for _ in range(_FITS if shares else 0):  # a region may be a part of another one, so each disturbs the other
        for provincies, listed in shares.items():
            inside = [code for code in result if provincie[code] in provincies]
            outside = [code for code in result if provincie[code] not in provincies]
            wanted = min(mean(listed), 1.0) * whole if outside else whole
            for codes, number in ((inside, wanted), (outside, whole - wanted)):
                now = math.fsum(result[code] for code in codes)
                result |= {code: result[code] * number / now for code in codes if now}
    return result


def fitted(cells: pl.DataFrame, given: Given, world: World) -> pl.DataFrame:
    """Divide what ended between gemeenten in and outside regions so that the given totals come out.

    Args:
        cells: gemeente_code, type, n, lopend, beeindigd; the sums by type and month are kept.
        given: the totals.
        world: its register.

    Raises:
        ContractError: more runs in a region than its total, or totals that contradict each other; names file and line.
    """
    months = {MONTHS.index(month): facts for month, facts in sorted(given.regional.items())}
    frames = [cells.filter(~pl.col("n").is_in(list(months)))]
    for n, facts in months.items():
        register = world.gemeenten(MONTHS[n][0])
        # Provincies that are in the same given regions are one area: nothing tells how they differ.
        own = {code: frozenset(r for r in facts if g.provincie_code in r) for code, g in register.items()}
        areas = list(dict.fromkeys(own.values()))
        place = {code: areas.index(regions) for code, regions in own.items()}
        of_month = cells.filter(pl.col("n") == n)
        of_month = of_month.with_columns(pl.col("gemeente_code").replace_strict(place).alias("gebied"))
        room = _room(of_month, areas, facts, n)
        frames.append(_divided(of_month, room, next(iter(facts.values()))).select(cells.columns))
    return pl.concat(frames)


def _room(
    cells: pl.DataFrame, areas: Sequence[frozenset[Provincies]], facts: Mapping[Provincies, SrgGegeven], n: int
) -> list[float]:
    """Give what may have ended in each area of a month such that the regions it is in come out."""
    now = cells.group_by("gebied").agg(
        pl.col("lopend").sum(), pl.col("lopend").add(pl.col("beeindigd")).sum().alias("b")
    )
    running, both = ([float(v) for v in now.sort("gebied")[column]] for column in ("lopend", "b"))
    limits = [Limit((number,), least, math.inf, "") for number, least in enumerate(running)]
    for region, fact in facts.items():
        inside = [number for number, regions in enumerate(areas) if region in regions]
        limits.append(rounded_to(fact.waarde, inside, fact.waar))
    limits.append(Limit(tuple(range(len(areas))), math.fsum(both), math.fsum(both), ""))
    found, broken = settled(both, limits)
    if broken:
        waar = broken.waar or next(iter(facts.values())).waar
        told = ", ".join(f"{fact.regio!r} {fact.waarde}" for fact in facts.values())
        raise ContractError(
            f"{waar}: the totals given of regions in {MONTHS[n]} ({told}) leave no room for what runs there, or do not "
            f"go with the total of Nederland; the farthest off is one that is now {broken.now(both):.0f} and should be "
            f"between {broken.low:.0f} and {broken.high:.0f}"
        )
    return [max(total - least, 0.0) for total, least in zip(found, running, strict=True)]


def _divided(cells: pl.DataFrame, room: Sequence[float], fact: SrgGegeven) -> pl.DataFrame:
    """Divide what ended in one month over the areas; the sums by type are kept."""
    value = pl.col("beeindigd")
    cells = cells.with_columns(
        value.sum().over("type").alias("kolom"),
        pl.col("gebied").replace_strict(dict(enumerate(room)), return_dtype=pl.Float64).alias("ruimte"),
    )
    for _ in range(_FITS):
        for total, by in (("kolom", "type"), ("ruimte", "gebied")):
            now = value.sum().over(by)
            cells = cells.with_columns(pl.when(now > 0).then(value * pl.col(total) / now).otherwise(value))
    off = cells.group_by("type").agg((value.sum() - pl.col("kolom").first()).abs().alias("off"))["off"].to_list()
    if max(off) > _NEAR_ENOUGH:
        raise ContractError(
            f"{fact.waar}: what ended in {fact.jaar}MM{fact.maand:02} cannot be divided so that the totals given of "
            "regions and those of types come out; leave one of them out"
        )
    return cells

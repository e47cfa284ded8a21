"""core.gebiedsovergang: how a figure of a gemeente goes over to the gemeenten of a later year.

Here: the weights from every year to every later one, from the passings of inwoners. Not here: reading those passings
(`herindeling`), or moving any figure (sql/benchmark).

A gemeente that ended is divided over its successors by the inwoners each received. A gemeente that went on with
another area keeps what its inwoners kept: the weight of what passed is the inwoners that passed / its inwoners on 1
January before. Years are those of 1 January, so a passing during a year counts from the next. The weights of a
gemeente add up to 1, so totals stay.
"""

from collections.abc import Collection, Mapping

import polars as pl

from assets.core.base import EXAMPLES, GEMEENTE_CODE, CoreModel, describe, kolom
from assets.core.gemeente import require_inwoners
from assets.core.herindeling import NAAMSWIJZIGING, OPHEFFING
from assets.errors import ContractError

_ABROAD = "GM0998"
_NEAR_ONE = 1e-9


class GebiedsovergangModel(CoreModel):
    """Weights to put a figure of a gemeente of one year on the boundaries of a later year: sum figure x gewicht by
    naar_code. Made from core.herindeling (CBS 03759ned). The way back, from later to earlier boundaries, is not there:
    CBS does not tell which part of a later figure belongs to which former gemeente."""  # noqa: D205, D209

    van_jaar: int = kolom("jaar", "gemeenten op 1 januari van dit jaar", ge=2015, le=2100)
    van_code: str = kolom("code", "gemeente van van_jaar", str_matches=GEMEENTE_CODE)
    naar_jaar: int = kolom("jaar", "gemeenten op 1 januari van dit jaar, even laat of later", ge=2015, le=2100)
    naar_code: str = kolom("code", "gemeente van naar_jaar", str_matches=GEMEENTE_CODE)
    gewicht: float = kolom("aandeel 0-1", "aandeel van de inwoners dat overging", gt=0, le=1)
    is_zelfde_gebied: bool = kolom(
        "ja/nee", "naar_code is van_code, en tussen beide jaren gaf of kreeg zij geen gebied"
    )


DESCRIPTION = describe(
    GebiedsovergangModel,
    "gebiedsovergang",
    ["van_jaar", "naar_jaar", "van_code", "naar_code"],
    methode="constant-boundaries",
)


def gebiedsovergang(herindeling: pl.DataFrame, inwoners: pl.DataFrame, jaren: Collection[int]) -> pl.DataFrame:
    """Give the weights from every year to every year that is as late or later.

    Args:
        herindeling: columns of core.herindeling.
        inwoners: columns jaar, regio, inwoners; the gemeenten of every year from the first to the last of `jaren`.
        jaren: the years between which figures go over.

    Returns:
        columns of `GebiedsovergangModel`.

    Raises:
        ContractError: a year has no inwoners, or the passings do not lead from the gemeenten of a year to those of the
            next.
    """
    gemeenten: Mapping[int, dict[str, int]] = {
        jaar: dict(rows.select("regio", "inwoners").rows())
        for (jaar,), rows in inwoners.filter(pl.col("regio").str.contains(GEMEENTE_CODE)).group_by(["jaar"])
    }
    wanted, last = sorted(set(jaren)), max(jaren)
    require_inwoners(inwoners, range(wanted[0], last + 1))
    frames = []
    for first in wanted:
        weights = {code: {code: 1.0} for code in gemeenten[first]}
        touched: set[str] = set()
        for jaar in range(first, last + 1):
            if jaar > first:
                step, changed = _step(herindeling, jaar, gemeenten)
                weights = {van: _through(parts, step) for van, parts in weights.items()}
                touched |= changed
            if jaar in wanted:
                rows = [
                    (first, van, jaar, naar, weight, van == naar and van not in touched)
                    for van, parts in weights.items()
                    for naar, weight in parts.items()
                ]
                frames.append(rows)
    schema = {naam: column.dtype.type for naam, column in GebiedsovergangModel.to_schema().columns.items()}
    return pl.DataFrame([row for rows in frames for row in rows], schema=schema, orient="row")


def _through(parts: Mapping[str, float], step: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Lead weights through one year more."""
    result: dict[str, float] = {}
    for code, weight in sorted(parts.items()):
        for naar, share in step[code].items():
            result[naar] = result.get(naar, 0.0) + weight * share
    return result


def _step(
    herindeling: pl.DataFrame, jaar: int, gemeenten: Mapping[int, Mapping[str, int]]
) -> tuple[dict[str, dict[str, float]], set[str]]:
    """Give the weights from the year before to a year, and the gemeenten whose area changed."""
    before, after = gemeenten[jaar - 1], gemeenten[jaar]
    passed = herindeling.filter(
        pl.col("datum") > pl.date(jaar - 1, 1, 1),
        pl.col("datum") <= pl.date(jaar, 1, 1),
        pl.col("naar_code") != _ABROAD,
        pl.col("van_code") != _ABROAD,
    )
    step: dict[str, dict[str, float]] = {code: {code: 1.0} for code in before}
    for (key,), rows in passed.group_by(["van_code"], maintain_order=True):
        van = str(key)
        if (rows["soort"] == NAAMSWIJZIGING).any():
            step[van] = {str(rows.filter(pl.col("soort") == NAAMSWIJZIGING)["naar_code"][0]): 1.0}
            continue
        people = dict(rows.group_by("naar_code", maintain_order=True).agg(pl.col("inwoners").sum()).rows())
        ended = bool((rows["soort"] == OPHEFFING).any())
        whole = sum(people.values()) if ended else before.get(van, 0)
        if van not in before or not whole:
            continue  # passed on the day it came, or nobody lived in it; the check below sees what is missing
        parts = {naar: number / whole for naar, number in sorted(people.items()) if number}
        step[van] = parts if ended else {**parts, van: 1.0 - sum(parts.values())}
    reached = {naar for parts in step.values() for naar in parts}
    lost, made_up = sorted(set(after) - reached), sorted(reached - set(after))
    off = sorted(
        van for van, parts in step.items() if abs(sum(parts.values()) - 1) > _NEAR_ONE or min(parts.values()) <= 0
    )
    if lost or made_up or off:
        raise ContractError(
            f"core.herindeling does not lead from the gemeenten of {jaar - 1} to those of {jaar}: nothing goes to "
            f"{lost[:EXAMPLES]}, something goes to {made_up[:EXAMPLES]} that do not exist, weights are off for "
            f"{off[:EXAMPLES]}. Look at the descriptions of these gemeenten in RegioSCodes of 03759ned."
        )
    return step, {*passed["van_code"], *passed["naar_code"]}

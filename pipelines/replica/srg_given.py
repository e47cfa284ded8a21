"""Totals of the SRG that facts give: which there are, and keeping the gemeenten to them.

Here: reading the given totals by type, month and region, and fitting counts to those of regions. Not here: anything
that is filled in (`srg_world`), or reading files (`facts`).
"""

import math
from collections.abc import Callable, Mapping

import polars as pl

from assets.errors import ContractError
from pipelines.replica.facts import SrgGegeven
from pipelines.replica.world import BIJSTAND_MONTHS, FULL_2024, World, mean

EERSTE_JAAR = 2023  # the first year of the tables: CBS's break with the series before
MONTHS = tuple(month for month in BIJSTAND_MONTHS if month[0] >= EERSTE_JAAR)
VOORZIENINGEN, PERSONEN = "85588NED", "85589NED"
TOTAAL_STATUS = {
    VOORZIENINGEN: "Totaal voorzieningen:Lopend en beëindigd",
    PERSONEN: "Totaal personen: Lopend en uitstroom",
}
LANDSDELEN = {
    "LD01": ("Noord-Nederland", ("PV20", "PV21", "PV22")),
    "LD02": ("Oost-Nederland", ("PV23", "PV24", "PV25")),
    "LD03": ("West-Nederland", ("PV26", "PV27", "PV28", "PV29")),
    "LD04": ("Zuid-Nederland", ("PV30", "PV31")),
}
# The COROP regions that are a whole provincie; of the other ones the facts do not tell which gemeenten are in them.
COROPS = {"CR17": ("Utrecht", ("PV26",)), "CR40": ("Flevoland", ("PV24",))}
_TOTAAL = "Totaal re-integratie-/participatievoorziening"
_TITELS = {
    _TOTAAL: "Totaal re-integratie-/participatievoorz.",
    "Uitbesteed en onbekend": "Uitbesteed én onbekend",
}
_REST = "rest"
_FITS = 60  # rounds of fitting regions and types; each brings both nearer
Month = tuple[int, int]


def srg_titel(naam: str) -> str:
    """Give the title CBS has for a type; it shortens the total and accents one."""
    return _TITELS.get(naam, naam)


class Given:
    """The totals that facts give, by what they are of.

    Args:
        world: its facts and provincies.

    Raises:
        ContractError: a total of something that is not served, or two that contradict each other; names file and line.
    """

    def __init__(self, world: World) -> None:
        provincies = {g.provincie_code: g.provincie for g in world.gemeenten(FULL_2024).values()}
        self._regions: dict[str, tuple[str, ...]] = {f"{naam} (PV)": (code,) for code, naam in provincies.items()}
        self._regions |= {f"{naam} (LD)": codes for naam, codes in LANDSDELEN.values()}
        self._regions |= {f"{naam} (CR)": codes for naam, codes in COROPS.values()}
        self._titels = {srg_titel(t.naam): t.naam for t in world.facts.srg_typen}
        self._national: dict[tuple[str, str, Month], int] = {}
        self._lines: dict[Month, SrgGegeven] = {}
        # month -> provincies -> total of all types
        self.regional: dict[Month, dict[tuple[str, ...], int]] = {}
        for fact in world.facts.srg:
            self._take(fact)

    def national(self, tabel_id: str, naam: str, month: Month) -> int | None:
        """Give the national total of a type in a month, when it is given."""
        return self._national.get((tabel_id, naam, month))

    def where(self, month: Month) -> str:
        """Name file and line of the first fact of a month."""
        return self._lines[month].waar

    def _take(self, fact: SrgGegeven) -> None:
        month = (fact.jaar, fact.maand)
        naam = self._titels.get(fact.type)
        if naam is None or fact.status != TOTAAL_STATUS[fact.tabel_id]:
            raise ContractError(
                f"{fact.waar}: type {fact.type!r} with status {fact.status!r} cannot be given; only the status "
                f"{TOTAAL_STATUS[fact.tabel_id]!r} of types that are served can"
            )
        if month not in MONTHS:
            raise ContractError(f"{fact.waar}: month {month} is not served, which is {MONTHS[0]} to {MONTHS[-1]}")
        self._lines.setdefault(month, fact)
        if fact.regio == "Nederland":
            self._national[fact.tabel_id, naam, month] = fact.waarde
        else:
            self._take_region(fact, naam, self.regional.setdefault(month, {}))

    def _take_region(self, fact: SrgGegeven, naam: str, totals: dict[tuple[str, ...], int]) -> None:
        provincies = self._regions.get(fact.regio)
        if provincies is None or fact.tabel_id != VOORZIENINGEN or naam != _TOTAAL:
            raise ContractError(
                f"{fact.waar}: region {fact.regio!r} cannot be given, or not for this type; the total of all types of "
                f"{VOORZIENINGEN} can, for Nederland and {', '.join(self._regions)}"
            )
        for other, total in totals.items():
            same = other == provincies
            if (same and total != fact.waarde) or (not same and set(other) & set(provincies)):
                raise ContractError(f"{fact.waar}: {fact.regio!r} overlaps with a region given before, and differs")
        totals[provincies] = fact.waarde


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
    shares: dict[tuple[str, ...], list[float]] = {}
    for month, totals in given.regional.items():
        whole = total_of(MONTHS.index(month))
        for provincies, total in totals.items():
            shares.setdefault(provincies, []).append(total / whole)
    register = world.gemeenten(FULL_2024)
    whole = math.fsum(weights.values())
    result = dict(weights)
    fixed: set[str] = set()
    taken = 0.0
    for provincies, listed in shares.items():
        members = [c for c in result if register[c].provincie_code in provincies and c not in fixed]
        now = math.fsum(result[c] for c in members)
        if now:
            wanted = mean(listed) * whole
            result |= {c: result[c] * wanted / now for c in members}
            taken += wanted
            fixed |= set(members)
    rest = [c for c in result if c not in fixed]
    now = math.fsum(result[c] for c in rest)
    return result | {c: result[c] * (whole - taken) / now for c in rest}


def fitted(cells: pl.DataFrame, given: Given, world: World) -> pl.DataFrame:
    """Divide what ended between the gemeenten in and outside a region so that its given total comes out.

    Args:
        cells: gemeente_code, type, n, lopend, beeindigd; the sums by type and month are kept.
        given: the totals.
        world: its register.

    Raises:
        ContractError: more runs in a region than its total; names file and line.
    """
    for month, totals in sorted(given.regional.items()):
        n = MONTHS.index(month)
        register = world.gemeenten(month[0])
        region = {c: next(("+".join(k) for k in totals if register[c].provincie_code in k), _REST) for c in register}
        of_month = cells.filter(pl.col("n") == n)
        of_month = of_month.with_columns(pl.col("gemeente_code").replace_strict(region).alias("regio"))
        running = {str(k): float(v) for k, v in of_month.group_by("regio").agg(pl.col("lopend").sum()).rows()}
        room = {"+".join(k): total - running["+".join(k)] for k, total in totals.items() if "+".join(k) in running}
        if _REST in running:
            room[_REST] = float(of_month["beeindigd"].sum()) - math.fsum(room.values())
        if any(number < 0 for number in room.values()):
            raise ContractError(
                f"{given.where(month)}: the totals given of regions in {month} leave no room for what runs "
                f"there ({room})"
            )
        value = pl.col("beeindigd")
        wanted = pl.DataFrame({"regio": list(room), "ruimte": list(room.values())})
        of_month = of_month.join(wanted, on="regio", how="left", maintain_order="left")
        of_month = of_month.with_columns(value.sum().over("type").alias("kolom"))
        for _ in range(_FITS):
            of_month = of_month.with_columns(value * pl.col("kolom") / value.sum().over("type"))
            of_month = of_month.with_columns(value * pl.col("ruimte") / value.sum().over("regio"))
        cells = pl.concat([cells.filter(pl.col("n") != n), of_month.select(cells.columns)])
    return cells

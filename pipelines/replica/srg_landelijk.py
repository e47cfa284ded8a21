"""National series of the SRG: voorzieningen and persons by type and month, before CBS rounds them.

Here: counts of Nederland as they would be before rounding. Not here: spreading them over gemeenten (`srg_world`), or
reading the counts that facts give (`srg_given`).

The series keep to the printed means of 2024 and to the counts that are given; a given count comes out exactly, or is
refused. What is not given follows: what ended takes the difference where a total leaves room for what runs, and what
runs is lowered where it does not.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from assets.errors import ContractError
from pipelines.replica.afronding import SLACK, Limit, rounded_to, settled, tens
from pipelines.replica.facts import Facts, SrgType
from pipelines.replica.srg_given import BEEINDIGD, BEIDE, LOPEND, MONTHS, PERSONEN, VOORZIENINGEN, Given, Month
from pipelines.replica.world import FULL_2024, apportion, mean

_YEAR_2024 = [n for n, (jaar, _) in enumerate(MONTHS) if jaar == FULL_2024]
_RESIDUAL = 3.0  # unrounded, so that two of them move a total by one ten and no part
_LEFT_RUNNING = 0.97  # of a given total, when what is filled in would leave no room for what ended
_PLACES = {BEIDE: (0, 1), LOPEND: (0,), BEEINDIGD: (1,)}  # in (running, ended)
_MORE_THAN_LARGEST = 0.6  # where the persons of a category lie between its largest type and their sum


@dataclass(frozen=True)
class Series:
    """Counts of one type by month, unrounded: running, and ended (or left) in the month."""

    lopend: list[float]
    beeindigd: list[float]

    def of(self, deel: str, n: int) -> float:
        """Give one count, of BEIDE, LOPEND or BEEINDIGD."""
        parts = {LOPEND: self.lopend[n], BEEINDIGD: self.beeindigd[n]}
        return parts.get(deel, math.fsum(parts.values()))

    def put(self, n: int, counts: tuple[float, float]) -> None:
        """Put what runs and what ended in a month."""
        self.lopend[n], self.beeindigd[n] = counts


class Landelijk:
    """The national series of a world.

    Args:
        facts: the types.
        given: counts to keep to.

    Raises:
        ContractError: given counts that contradict each other; names file and line.
    """

    def __init__(self, facts: Facts, given: Given) -> None:
        self._given = given
        self.types = [t for t in facts.srg_typen if t.hoofdcategorie != "Totaal"]
        self.totaal = next(t for t in facts.srg_typen if t.hoofdcategorie == "Totaal")
        self.categories = list(dict.fromkeys(t.hoofdcategorie for t in self.types))
        self.voorzieningen = self._voorzieningen()
        self.personen = self._personen()

    def total(self, n: int, deel: str = BEIDE) -> float:
        """Give the voorzieningen of all types in a month, by its place in MONTHS."""
        return _sum(self.voorzieningen.values(), deel, n)

    def _voorzieningen(self) -> dict[str, Series]:
        """Give the eighteen types; the total is their sum."""
        running = {t.naam: [10.0 * n for n in _series(t, t.voorzieningen)] for t in self.types}
        off = sum(sum(running[t.naam][n] for n in _YEAR_2024) for t in self.types) / 10
        off -= _yearly(self.totaal.voorzieningen)
        largest = sorted(running, key=lambda naam: -running[naam][0])[:2]
        for n in _YEAR_2024[: abs(int(off))]:
            for naam in largest:
                running[naam][n] -= math.copysign(_RESIDUAL, off)
        series = {
            t.naam: Series(running[t.naam], [number * t.aandeel_beeindigd for number in running[t.naam]])
            for t in self.types
        }
        for n, month in enumerate(MONTHS):
            for naam, of_type in series.items():
                persons = self._given.national(PERSONEN, naam, month)
                self._keep(VOORZIENINGEN, naam, n, of_type, least=_whole(persons))
            self._fit_total(series, n, month)
        self._check_served(VOORZIENINGEN, lambda naam, n, deel: self._served(series, naam, n, deel))
        return series

    def _served(self, series: Mapping[str, Series], naam: str, n: int, deel: str) -> float:
        return _sum(series.values(), deel, n) if naam == self.totaal.naam else series[naam].of(deel, n)

    def _keep(
        self,
        tabel_id: str,
        naam: str,
        n: int,
        of_type: Series,
        *,
        least: tuple[float, float, float] = (0.0, 0.0, 0.0),
        most: tuple[float, float] = (math.inf, math.inf),
    ) -> None:
        """Keep the counts of a type in a month to those that are given of it, and within limits where none is.

        Args:
            tabel_id: what is counted.
            naam: the type, or the total.
            n: place of the month in MONTHS.
            of_type: changed in place.
            least: that run, that ended, and both together.
            most: that run, that ended.
        """
        given = self._given.national(tabel_id, naam, MONTHS[n])
        running = min(max(of_type.lopend[n], least[0]), most[0])
        ended = min(max(of_type.beeindigd[n], least[1]), most[1])
        if not given:
            scale = max(_ratio(least[2], running + ended), 1.0)
            running, ended = running * scale, ended * scale
        running, ended = _brought(running, ended, given)
        if given.keys() == {BEIDE}:
            running = max(min(running, most[0], given[BEIDE] - least[1]), least[0], given[BEIDE] - most[1])
            running = min(running, given[BEIDE])
            ended = given[BEIDE] - running
        if given.keys() == {LOPEND}:
            ended = max(min(ended, most[1]), least[1], least[2] - running)
        if given.keys() == {BEEINDIGD}:
            running = max(running, least[2] - ended)
        if min(running, ended) < 0:
            raise ContractError(
                f"{self._given.where(tabel_id, naam, MONTHS[n])}: the counts given of {naam!r} in {MONTHS[n]} "
                f"contradict each other: {given}"
            )
        of_type.put(n, (running, ended))

    def _fit_total(self, series: Mapping[str, Series], n: int, month: Month) -> None:
        """Let the types that are not given take what a given total leaves; else rounding must explain it."""
        given = self._given.national(VOORZIENINGEN, self.totaal.naam, month)
        if not given:
            return
        named = [naam for naam in series if self._given.national(VOORZIENINGEN, naam, month)]
        with_persons = [naam for naam in series if self._given.national(PERSONEN, naam, month)]
        # Types of which persons are given were raised to these, so they are the last ones to be moved.
        for held in ({*named, *with_persons}, {*named}):
            fixed, open_ = [series[t] for t in series if t in held], [series[t] for t in series if t not in held]
            left = {deel: number - _sum(fixed, deel, n) for deel, number in given.items()}
            running, ended = _sum(open_, LOPEND, n), _sum(open_, BEEINDIGD, n)
            wanted = _brought(running, ended, left)
            if open_ and min(wanted) >= 0:
                for s in open_:
                    s.put(n, (s.lopend[n] * _ratio(wanted[0], running), s.beeindigd[n] * _ratio(wanted[1], ended)))
                return
        for s in open_:
            s.put(n, (0.0, 0.0))
        broken = self._settle(series, named, n)
        if broken:
            raise ContractError(
                f"{self._given.where(VOORZIENINGEN, self.totaal.naam, month)}: the types that are given leave "
                f"{', '.join(f'{number:.0f} {deel}' for deel, number in left.items())} of the total of {month} for the "
                f"{len(open_)} other types, which rounding to tens does not explain (farthest off: {broken.waar})"
            )

    def _settle(self, series: Mapping[str, Series], named: Sequence[str], n: int) -> Limit | None:
        """Move given types within what rounds to the given counts until they add up to the total; else tell why not."""
        starts = {naam: 2 * number for number, naam in enumerate(named)}
        limits = [Limit((place,), 0.0, math.inf, "a count below 0") for place in range(2 * len(starts))]
        for naam in [*named, self.totaal.naam]:
            for deel, count in self._given.national(VOORZIENINGEN, naam, MONTHS[n]).items():
                of = starts.values() if naam == self.totaal.naam else [starts[naam]]
                among = [start + place for start in of for place in _PLACES[deel]]
                limits.append(rounded_to(count, among, f"{naam!r}, {deel}"))
        counts = [count for naam in named for count in (series[naam].lopend[n], series[naam].beeindigd[n])]
        found, broken = settled(counts, limits)
        for naam, start in starts.items():
            series[naam].put(n, (max(found[start], 0.0), max(found[start + 1], 0.0)))
        return broken

    def _personen(self) -> dict[str, Series]:
        """Give every type, every category and the total."""
        expected = {t.naam: _persons(t) for t in [*self.types, self.totaal]}
        series = {naam: Series([*s.lopend], [*s.beeindigd]) for naam, s in expected.items()}
        types, total = [series[t.naam] for t in self.types], series[self.totaal.naam]
        for n, month in enumerate(MONTHS):
            is_total_given = bool(self._given.national(PERSONEN, self.totaal.naam, month))
            if is_total_given:
                self._keep(PERSONEN, self.totaal.naam, n, total)
            most = (total.lopend[n], total.beeindigd[n]) if is_total_given else (math.inf, math.inf)
            for t in self.types:  # nobody is counted without a voorziening
                of_type = self.voorzieningen[t.naam]
                limits = min(of_type.lopend[n], most[0]), min(of_type.beeindigd[n], most[1])
                self._keep(PERSONEN, t.naam, n, series[t.naam], most=limits)
            if not is_total_given:
                before = [expected[t.naam] for t in self.types]
                ratios = [_ratio(_sum(types, deel, n), _sum(before, deel, n)) for deel in (LOPEND, BEEINDIGD)]
                total.put(n, (total.lopend[n] * ratios[0], total.beeindigd[n] * ratios[1]))
        self._check_served(PERSONEN, lambda naam, n, deel: series[naam].of(deel, n))
        self._check_persons(series)
        for category in self.categories:
            parts = [series[t.naam] for t in self.types if t.hoofdcategorie == category]
            series[category] = Series(
                [_joined(numbers) for numbers in zip(*(p.lopend for p in parts), strict=True)],
                [_joined(numbers) for numbers in zip(*(p.beeindigd for p in parts), strict=True)],
            )
        return series

    def _check_served(self, tabel_id: str, count: Callable[[str, int, str], float]) -> None:
        """See that every given count comes out; together they may leave no counts that are rounded to all of them."""
        for naam, n, deel, fact in self._given.facts(tabel_id):
            served = tens(count(naam, n, deel))
            if served != fact.waarde:
                raise ContractError(
                    f"{fact.waar}: {fact.waarde} does not go with the other counts given for {MONTHS[n]}, which leave "
                    f"{served:.0f} for {fact.type!r}, {fact.status!r}"
                )

    def _check_persons(self, series: Mapping[str, Series]) -> None:
        """See that given persons are no more than voorzieningen allow, nor a type more than the total."""
        types = [series[t.naam] for t in self.types]
        for naam, n, deel, fact in self._given.facts(PERSONEN):
            is_total = naam == self.totaal.naam
            most = {
                "voorzieningen": self._served(self.voorzieningen, naam, n, deel),
                "persons by type" if is_total else "persons in all": (
                    _sum(types, deel, n) if is_total else series[self.totaal.naam].of(deel, n)
                ),
            }
            for what, number in most.items():
                # Each type is rounded on its own, so the sum of them may be less than what was given.
                if fact.waarde > tens(number) + (SLACK * len(types) if is_total else 0):
                    raise ContractError(
                        f"{fact.waar}: {fact.waarde} persons of {fact.type!r}, {fact.status!r} in {MONTHS[n]} are "
                        f"more than the {number:.0f} {what}; give these too, or leave this out"
                    )


def _brought(running: float, ended: float, given: Mapping[str, float]) -> tuple[float, float]:
    """Bring what runs and what ended to given counts of them; a negative one tells that these leave no room."""
    both = given.get(BEIDE)
    if LOPEND in given and BEEINDIGD in given:
        off = 0.0 if both is None else both - given[LOPEND] - given[BEEINDIGD]
        residual = math.copysign(_RESIDUAL, off) if abs(off) > 1 else 0.0  # each is rounded on its own
        return given[LOPEND] + residual, given[BEEINDIGD] + residual
    if LOPEND in given:
        return given[LOPEND], given[LOPEND] * _ratio(ended, running) if both is None else both - given[LOPEND]
    if BEEINDIGD in given:
        return running if both is None else both - given[BEEINDIGD], given[BEEINDIGD]
    if both is None:
        return running, ended
    running = min(running, tens(both * _LEFT_RUNNING))
    return running, both - running


def _whole(given: Mapping[str, float]) -> tuple[float, float, float]:
    """Give what runs, what ended, and both, as far as given counts tell; what they do not tell is 0."""
    both, running, ended = given.get(BEIDE), given.get(LOPEND), given.get(BEEINDIGD)
    if both is not None:
        running = both - ended if running is None and ended is not None else running
        ended = both - running if ended is None and running is not None else ended
    return running or 0.0, ended or 0.0, both or 0.0


def _persons(t: SrgType) -> Series:
    running = [10.0 * n for n in _series(t, t.personen)]
    return Series(running, [number * t.aandeel_uitstroom for number in running])


def _series(t: SrgType, printed: int) -> list[int]:
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


def _ratio(number: float, by: float) -> float:
    """Divide; nothing of nothing is nothing."""
    return number / by if by else 0.0


def _sum(series: Iterable[Series], deel: str, n: int) -> float:
    return math.fsum(s.of(deel, n) for s in series)


def _joined(numbers: Sequence[float]) -> float:
    """Give the persons with any of some types, where some have several."""
    largest = max(numbers)
    return largest + _MORE_THAN_LARGEST * (math.fsum(numbers) - largest)

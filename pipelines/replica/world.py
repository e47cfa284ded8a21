"""The reconstructed world: every figure the replica serves, from facts and a seed.

Here: inwoners, bookings and bijstand per gemeente. Not here: reading facts (`facts`), or the shape in which a
table is served (`iv3`, `bijstand`, `statline`).

Nothing here is a CBS figure unless the facts give it. What is filled in keeps to the published totals and
class means, is spread over gemeenten by a seeded lognormal factor, and is the same for the same seed.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from pathlib import Path
from statistics import NormalDist

from assets.errors import ContractError
from pipelines.replica.facts import PARTICIPATIE, TOTAAL, Facts, Gemeente, Herindeling, load_facts

REPLICA_VERSION = 5
BOEKJAREN = range(2017, 2027)
# Verslagsoorten of Iv3 in the order of their codes X000 to X005; quarters are cumulative.
KWARTALEN = ("kwartaal 1", "kwartaal 2", "kwartaal 3", "kwartaal 4")
VERSLAGSOORTEN = ("begroting", *KWARTALEN, "jaarrekening")
PLAATSINGEN = (1, 2)
# What CBS has published on the day of the world, 2026-11-23: the last boekjaar of plaatsing 1 and of 2.
# A first plaatsing is 10 days after the deadline, a second 70: for the third quarter of 2026 in January 2027.
_LAST_PUBLISHED = {
    "begroting": (2026, 2026),
    "kwartaal 1": (2026, 2026),
    "kwartaal 2": (2026, 2026),
    "kwartaal 3": (2026, 2025),
    "kwartaal 4": (2025, 2025),
    "jaarrekening": (2025, 2025),
}
_LAST_JAARREKENING = 2025
FULL_2024 = 2024  # the year of the printed class means
BIJSTAND_MONTHS = tuple((jaar, maand) for jaar in BOEKJAREN for maand in range(1, 13) if (jaar, maand) <= (2026, 8))
FIRST_PROVISIONAL = (2026, 6)

# The classes of the report (figure 7), lower bounds in inwoners.
KLASSEN = {
    "<15.000": 0,
    "15.000-25.000": 15_000,
    "25.000-50.000": 25_000,
    "50.000-100.000": 50_000,
    "100.000-250.000": 100_000,
    ">250.000": 250_000,
}
_PINNED_PER_INWONER = ("<15.000", ">250.000")
_PINNED_PER_BIJSTAND = ("<15.000", "100.000-250.000", ">250.000")
# Baten as a share of lasten, rough: no source pins them.
_BATEN_SHARE = {"6.3": 0.66, "6.4": 0.08, "6.5": 0.14, "7.2": 1.05, "7.3": 1.02, "8.2": 0.95}
_BATEN_SHARE_OTHER = 0.12
# The part of a year that is booked after each quarter.
_SHARE_BOOKED = {"kwartaal 1": 0.21, "kwartaal 2": 0.45, "kwartaal 3": 0.69, "kwartaal 4": 0.97}
_BESTUUR = "0.1"  # every gemeente that delivers books on it
_BEGROTING_SHARE = 0.94  # of the lasten on 6.5 in the jaarrekening, in years whose begroting no source gives
_SHARE_CHANGED = 0.1  # of the gemeenten have other figures in the first plaatsing
_SHARE_NEGATIVE = 0.004  # of the gemeenten have negative lasten on 6.4, a correction
_NEAR_ENOUGH_EURO = 0.2  # a printed mean is rounded to a euro
_MOST_STEPS = 500
_THOUSAND = 1000
_NORMAL = NormalDist()
_BIJSTAND_RATE = {  # persons per inwoner in 2024 for the classes that no printed figure pins
    "15.000-25.000": 0.0125,
    "25.000-50.000": 0.0155,
    "50.000-100.000": 0.0215,
}


@dataclass(frozen=True)
class Amounts:
    """Lasten and baten of one gemeente on one taakveld, in whole euros."""

    lasten: int
    baten: int


# gemeente -> amounts on one taakveld; a gemeente that did not deliver is not there
Bookings = Mapping[str, Amounts]


class World:
    """One world.

    Args:
        facts: what it must agree with.
        seed: what is filled in differs from seed to seed.
        id_seed: the ids of codes and measures that CBS does not tell beforehand differ from one to another.
    """

    def __init__(self, facts: Facts, seed: int, id_seed: int) -> None:
        self.facts = facts
        self.seed = seed
        self.id_seed = id_seed
        identity = f"{facts.digest} {seed} {id_seed} {REPLICA_VERSION}"
        self.id = hashlib.sha256(identity.encode()).hexdigest()[:12]
        self.bookings = cache(self._bookings)
        self.delivered = cache(self._delivered)
        self.inwoners = cache(self._inwoners)
        self.bijstand = cache(self._bijstand)
        self.klasse = cache(self._klasse)
        self.herindelingen = cache(self._herindelingen)
        self.missing = cache(self._missing)
        self.nulboekers = cache(self._nulboekers)
        self._totals_65 = cache(self._lasten_65)
        self._januari = cache(self._bijstand_januari)
        self._rest = cache(self._divided_rest)
        self._own = cache(self._own_factor)

    def gemeenten(self, jaar: int) -> Mapping[str, Gemeente]:
        """Give the gemeenten of a year by code, sorted."""
        return self.facts.gemeenten[jaar]

    def _herindelingen(self) -> tuple[Herindeling, ...]:
        """Give the passings between gemeenten; inwoners that are not given are an equal part of those of the giver."""
        parts = Counter((h.datum, h.van_code) for h in self.facts.herindelingen)
        filled = []
        for h in self.facts.herindelingen:
            if h.inwoners is None:
                last = h.datum.year - (h.datum.month == h.datum.day == 1)
                people = self.inwoners(last)[h.van_code] // parts[h.datum, h.van_code]
                filled.append(replace(h, inwoners=people))
            else:
                filled.append(h)
        return tuple(filled)

    def is_published(self, jaar: int, verslagsoort: str, plaatsing: int) -> bool:
        """Tell whether CBS has published a plaatsing of a verslagsoort on the day of the world."""
        return jaar <= _LAST_PUBLISHED[verslagsoort][plaatsing - 1]

    def taakvelden(self, jaar: int, verslagsoort: str) -> tuple[str, ...]:
        """Name the taakvelden with figures on them: those that are filled in, and those given."""
        given = self.facts.lasten.get((jaar, _basis(jaar, verslagsoort)), {})
        named = {taakveld for fields in given.values() for taakveld in fields} - {TOTAAL}
        return tuple(sorted(named | {*self.facts.per_inwoner[jaar], PARTICIPATIE}))

    def _draw(self, *purpose: object) -> float:
        """Draw between 0 and 1, anew for each purpose, so that one figure never moves another."""
        text = "/".join(map(str, (self.seed, *purpose)))
        number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
        return (number + 0.5) / 2**64

    def opaque_id(self, *purpose: object) -> str:
        """Draw the id of a code or measure that CBS does not tell beforehand."""
        return f"A{int(self._draw('id', self.id_seed, *purpose) * 1_000_000):06}"

    def factor(self, spread: float, *purpose: object) -> float:
        """Draw a lognormal factor with median 1."""
        return math.exp(spread * _NORMAL.inv_cdf(self._draw(*purpose)))

    def _inwoners(self, jaar: int) -> Mapping[str, int]:
        """Give the inwoners per gemeente on 1 January; they add up to the national figure."""
        gemeenten = self.gemeenten(jaar)
        if jaar in self.facts.inwoners_given:
            return {code: g.inwoners for code, g in gemeenten.items() if g.inwoners is not None}
        sizes = {code: float(g.omvang) for code, g in gemeenten.items()}
        return apportion(sizes, int(self.facts.landelijk["inwoners", jaar]))

    def _klasse(self, jaar: int, code: str) -> str:
        """Give the class of the report a gemeente is in."""
        number = self.inwoners(jaar)[code]
        return [name for name, lower in KLASSEN.items() if number >= lower][-1]

    def _missing(self, jaar: int, verslagsoort: str, plaatsing: int) -> frozenset[str]:
        """Name the gemeenten that did not deliver."""
        given = self.facts.lasten.get((jaar, verslagsoort))
        if verslagsoort in KWARTALEN:
            # Who delivers no year has no quarters either: there is nothing they could be part of.
            late = set(self.missing(jaar, _basis(jaar, verslagsoort), 2))
            late |= set(self._some(jaar, 2, "missing", jaar, verslagsoort))
        elif given is not None:
            late = {code for code, fields in given.items() if fields.get(TOTAAL, (1, None))[0] == 0}
        elif (jaar, verslagsoort) == (FULL_2024, "jaarrekening"):
            late = set()  # the printed means and ratio are over all gemeenten
        else:
            # Who books nothing on 6.5 does deliver, so that the report's number of zero bookings comes out.
            drawn = self._some(jaar, len(self.gemeenten(jaar)), "missing", jaar, verslagsoort)
            late = set([code for code in drawn if code not in self.nulboekers(jaar)][: 1 + jaar % 2])
        if plaatsing == 1:
            late |= set(self._some(jaar, 6, "late", jaar, verslagsoort))
        return frozenset(late)

    def _nulboekers(self, jaar: int) -> frozenset[str]:
        """Name the gemeenten that deliver and book nothing on 6.5: 10 or 12 a year, mostly the same."""
        # Drawn in one order for all years, so that mostly the same gemeenten are taken.
        return frozenset(self._some(jaar, 10 if jaar % 2 else 12, "nul"))

    def _some(self, jaar: int, count: int, *purpose: object) -> list[str]:
        """Draw gemeenten below 100.000 inwoners."""
        inwoners = self.inwoners(jaar)
        small = [code for code in inwoners if inwoners[code] < KLASSEN["100.000-250.000"]]
        return sorted(small, key=lambda code: self._draw(*purpose, code))[:count]

    def _delivered(self, jaar: int, verslagsoort: str, plaatsing: int) -> frozenset[str]:
        """Name the gemeenten that delivered; none when nothing is published yet."""
        if not self.is_published(jaar, verslagsoort, plaatsing):
            return frozenset()
        return frozenset(self.gemeenten(jaar)) - self.missing(jaar, verslagsoort, plaatsing)

    def _bookings(self, jaar: int, verslagsoort: str, plaatsing: int, taakveld: str) -> Bookings:
        """Give what each gemeente that delivered booked on a taakveld."""
        booked = {}
        for code in sorted(self.delivered(jaar, verslagsoort, plaatsing)):
            amounts = self._amounts(jaar, _basis(jaar, verslagsoort), code, taakveld)
            if verslagsoort in KWARTALEN:
                part = _SHARE_BOOKED[verslagsoort] * self.factor(0.04, verslagsoort, jaar, code)
                amounts = _part_of(amounts, part)
            if plaatsing == 1 and self._draw("first", jaar, verslagsoort, code) < _SHARE_CHANGED:
                amounts = _part_of(amounts, self.factor(0.08, "change", jaar, verslagsoort, code))
            booked[code] = amounts
        return booked

    def _amounts(self, jaar: int, verslagsoort: str, code: str, taakveld: str) -> Amounts:
        """Give lasten and baten of a whole year in the second plaatsing: as given, or filled in."""
        fields = self.facts.lasten.get((jaar, verslagsoort), {}).get(code, {})
        given = fields.get(taakveld)
        if given:
            lasten = given[0]
        elif taakveld == PARTICIPATIE:
            lasten = self._totals_65(jaar, verslagsoort).get(code, 0)
        elif TOTAAL in fields:
            lasten = self._rest(jaar, verslagsoort, code).get(taakveld, 0)
        else:
            lasten = self._lasten(jaar, verslagsoort, code, taakveld)
        if given and given[1] is not None:
            return Amounts(lasten, given[1])
        share = _BATEN_SHARE.get(taakveld, _BATEN_SHARE_OTHER)
        share *= self.factor(0.3, "baten", jaar, verslagsoort, code, taakveld)
        baten = _round(max(lasten, 0) * share, _THOUSAND)
        return Amounts(lasten, max(baten, _THOUSAND) if taakveld == _BESTUUR else baten)

    def _lasten(self, jaar: int, verslagsoort: str, code: str, taakveld: str) -> int:
        """Fill in lasten by a rough amount per inwoner; 6.5 has totals of its own."""
        euro = self._expected(jaar, code, taakveld) * self.factor(0.03, "lasten", jaar, verslagsoort, code)
        if taakveld == "6.4" and self._draw("negative", jaar, code) < _SHARE_NEGATIVE:
            euro = -0.02 * euro  # a correction of an earlier year, as seen at CBS
        return _round(euro, _THOUSAND) or _THOUSAND

    def _expected(self, jaar: int, code: str, taakveld: str) -> float:
        """Give the lasten one would expect of a gemeente on a taakveld, in euro."""
        per_inwoner = self.facts.per_inwoner[jaar].get(taakveld, 0.0) * 1.04 ** (jaar - FULL_2024)
        return per_inwoner * self._own(taakveld, code) * self.inwoners(jaar)[code]

    def _own_factor(self, taakveld: str, code: str) -> float:
        """Give how much more than others a gemeente spends on a taakveld, in all years."""
        return self.factor(0.25, "lasten", taakveld, code)

    def _divided_rest(self, jaar: int, verslagsoort: str, code: str) -> Mapping[str, int]:
        """Divide what a given totaal leaves over the taakvelden that are not given; it adds up exactly."""
        fields = self.facts.lasten[jaar, verslagsoort][code]
        known = {**fields}
        total = known.pop(TOTAAL)[0]
        rest = total - sum(lasten for lasten, _ in known.values())
        if PARTICIPATIE not in known:
            rest -= self._totals_65(jaar, verslagsoort).get(code, 0)
        open_ = [t for t in self.facts.per_inwoner[jaar] if t not in known]
        if not open_:
            return {}
        thousands, left = divmod(rest, _THOUSAND)
        if thousands < len(open_):
            return {open_[0]: rest}
        parts = apportion({t: self._expected(jaar, code, t) for t in open_}, thousands, least=1)
        divided = {taakveld: number * _THOUSAND for taakveld, number in parts.items()}
        return {**divided, open_[0]: divided[open_[0]] + left}

    def _lasten_65(self, jaar: int, verslagsoort: str) -> Mapping[str, int]:
        """Give the lasten on 6.5 of every gemeente that delivered, in euro; the sum is the national total."""
        inwoners = self.inwoners(jaar)
        given = self.facts.lasten.get((jaar, verslagsoort), {})
        delivered = [c for c in inwoners if c not in self.missing(jaar, verslagsoort, 2)]
        weights = {}
        for code in delivered:
            klasse = self.klasse(jaar, code)
            spread = 0.25 if klasse == ">250.000" else 0.45
            factor = self.factor(spread, "6.5", code) * self.factor(0.08, "6.5", jaar, verslagsoort, code)
            zero = code in self.nulboekers(jaar)
            base = self.facts.klassen["lasten_6.5_per_inwoner", klasse]
            weights[code] = 0.0 if zero else base * factor * inwoners[code]
        fixed = {c: given[c][PARTICIPATIE][0] for c in delivered if PARTICIPATIE in given.get(c, {})}
        if (jaar, verslagsoort) == (FULL_2024, "jaarrekening") and not fixed:
            fixed = self._pinned_65(weights)
        free = {c: w for c, w in weights.items() if c not in fixed}
        expected = math.fsum(free.values())
        if not expected:
            return {**fixed, **dict.fromkeys(free, 0)}
        rest = self._national_65(jaar, verslagsoort) - sum(fixed.values())
        # Facts that leave less than nothing for the others go before the national figure.
        parts = apportion(free, (rest if rest > 0 else round(expected)) // _THOUSAND)
        return {**fixed, **{code: number * _THOUSAND for code, number in parts.items()}}

    def _pinned_65(self, weights: Mapping[str, float]) -> dict[str, int]:
        """Set the lasten of the classes whose mean per inwoner the report prints."""
        inwoners = self.inwoners(FULL_2024)
        fixed: dict[str, int] = {}
        for klasse in _PINNED_PER_INWONER:
            members = [c for c in weights if self.klasse(FULL_2024, c) == klasse]
            if not any(weights[c] for c in members):
                continue  # a register that is given may have no gemeente in the class
            target = self.facts.klassen["lasten_6.5_per_inwoner", klasse]
            scale = target / mean(weights[c] / inwoners[c] for c in members)
            fixed |= {c: _round(weights[c] * scale, _THOUSAND) for c in members}
        return fixed

    def _national_65(self, jaar: int, verslagsoort: str) -> int:
        """Give the national lasten on 6.5 in euro; a begroting that is not given is near the jaarrekening."""
        national = self.facts.landelijk
        known = national.get((f"lasten_6.5_{verslagsoort}", jaar))
        if known is None:
            known = round(national["lasten_6.5_jaarrekening", jaar] * _BEGROTING_SHARE)
        return int(known) * _THOUSAND

    def _bijstand(self, jaar: int, maand: int) -> Mapping[str, int]:
        """Give the persons with bijstand (tot de AOW-leeftijd) per gemeente in a month, in tens."""
        start = self._januari(jaar)
        if maand == 1:
            return start
        after = self._januari(jaar + 1) if jaar + 1 in BOEKJAREN else start
        share = (maand - 1) / 12
        return {
            code: _round(number * (1 - share) + after.get(code, number) * share, 10) for code, number in start.items()
        }

    def _bijstand_januari(self, jaar: int) -> Mapping[str, int]:
        """Give the persons with bijstand in January, in tens."""
        inwoners = self.inwoners(jaar)
        given = self.facts.bijstand.get(jaar, {})
        total = int(self.facts.landelijk["bijstand_januari", jaar])
        weights = {c: inwoners[c] * self._rate(jaar, c) * self.factor(0.3, "bijstand", c) for c in inwoners}
        fixed = {c: n for c, n in given.items() if c in inwoners}
        # The means go with the reconstructed lasten of 2024; lasten that are given have means of their own.
        if jaar == FULL_2024 and not fixed and (jaar, "jaarrekening") not in self.facts.lasten:
            fixed = self._pinned_bijstand(weights)
        free = {c: w for c, w in weights.items() if c not in fixed}
        if not free:
            return dict(sorted(fixed.items()))
        tens = apportion(free, max((total - sum(fixed.values())) // 10, len(free)), least=1)
        return dict(sorted({**fixed, **{c: n * 10 for c, n in tens.items()}}.items()))

    def _rate(self, jaar: int, code: str) -> float:
        klasse = self.klasse(jaar, code)
        pinned = self.facts.klassen.get(("lasten_6.5_per_bijstandsontvanger", klasse))
        if pinned is None:
            return _BIJSTAND_RATE[klasse]
        return self.facts.klassen["lasten_6.5_per_inwoner", klasse] / pinned

    def _pinned_bijstand(self, weights: Mapping[str, float]) -> dict[str, int]:
        """Set the counts of the classes whose mean lasten per bijstandsontvanger the report prints."""
        lasten = self._totals_65(FULL_2024, "jaarrekening")
        fixed: dict[str, int] = {}
        for klasse in _PINNED_PER_BIJSTAND:
            members = [c for c in weights if self.klasse(FULL_2024, c) == klasse]
            if not any(lasten[c] for c in members):
                continue  # as in _pinned_65
            target = self.facts.klassen["lasten_6.5_per_bijstandsontvanger", klasse]
            scale = mean(lasten[c] / weights[c] for c in members) / target
            tens = _tuned({c: max(round(weights[c] * scale / 10), 1) for c in members}, lasten, target)
            # A register that is given may have a class of so few that no tens come near: then it has its own mean.
            if FULL_2024 not in self.facts.inwoners_given and abs(_off(tens, lasten, target)) >= _NEAR_ENOUGH_EURO:
                raise ContractError(
                    f"no counts of persons with bijstand give a mean of {target} euro over {len(tens)} gemeenten; the "
                    "facts given do not go with the class means of 2024 (pipelines/replica/facts/klassen.csv)"
                )
            fixed |= {c: n * 10 for c, n in tens.items()}
        return fixed


def _off(tens: Mapping[str, int], lasten: Mapping[str, int], target: float) -> float:
    """Give how far the mean of lasten per person is from the target, in euro."""
    return mean(lasten[c] / (10 * n) for c, n in tens.items()) - target


def _tuned(tens: dict[str, int], lasten: Mapping[str, int], target: float) -> dict[str, int]:
    """Move single counts by ten until the mean of lasten per person is near enough to the target; give the nearest."""
    tens = dict(tens)
    nearest, least = dict(tens), math.inf
    for _ in range(_MOST_STEPS):
        off = _off(tens, lasten, target)
        if abs(off) < least:
            nearest, least = dict(tens), abs(off)
        if least < _NEAR_ENOUGH_EURO:
            break
        changes = {
            (c, move): (lasten[c] / (10 * (n + move)) - lasten[c] / (10 * n)) / len(tens)
            for c, n in sorted(tens.items())
            for move in (-1, 1)
            if n + move >= 1 and lasten[c]
        }
        # Two moves at once come nearer than one where every single move is a large one.
        ways = [(way,) for way in changes] + [
            (one, other) for one, other in combinations(changes, 2) if one[0] != other[0]
        ]
        best = min(ways, key=lambda way: abs(off + sum(changes[step] for step in way)), default=())
        for code, move in best:
            tens[code] += move
    return nearest


def build_world(facts: Path | None = None, seed: int = 1, id_seed: int | None = None) -> World:
    """Build a world from the built-in facts, a folder of facts given on top (or None), and a seed.

    Another `id_seed` than the seed itself gives the same figures under other ids.

    Raises:
        SettingsError, ContractError: the folder of facts is not usable.
    """
    world = World(load_facts(facts), seed, seed if id_seed is None else id_seed)
    world.bijstand(FULL_2024, 1)  # fails now, and not at a request, when the facts allow no printed mean
    return world


def apportion(weights: Mapping[str, float], total: int, least: int = 0) -> dict[str, int]:
    """Divide a whole number in proportion to weights, by largest remainder; the parts add up exactly.

    Args:
        weights: not negative, by key.
        total: what is divided.
        least: what each key gets before the rest is divided.
    """
    rest = total - least * len(weights)
    whole = math.fsum(weights.values())
    exact = {key: rest * weight / whole for key, weight in weights.items()}
    parts = {key: math.floor(value) for key, value in exact.items()}
    by_remainder = sorted(exact, key=lambda key: (parts[key] - exact[key], key))
    for key in by_remainder[: rest - sum(parts.values())]:
        parts[key] += 1
    return {key: part + least for key, part in parts.items()}


def mean(numbers: Iterable[float]) -> float:
    """Give the unweighted mean."""
    listed = list(numbers)
    return math.fsum(listed) / len(listed)


def _basis(jaar: int, verslagsoort: str) -> str:
    """Name the report of the whole year that quarters are part of: the begroting while there is no other."""
    if verslagsoort in KWARTALEN:
        return "jaarrekening" if jaar <= _LAST_JAARREKENING else "begroting"
    return verslagsoort


def _part_of(amounts: Amounts, factor: float) -> Amounts:
    """Take a part of amounts in whole thousands; what is booked stays booked."""
    lasten, baten = (_round(number * factor, _THOUSAND) for number in (amounts.lasten, amounts.baten))
    return Amounts(lasten or (_THOUSAND if amounts.lasten else 0), baten or (_THOUSAND if amounts.baten else 0))


def split(amount: int, shares: Sequence[float], unit: int) -> list[int]:
    """Divide an amount over shares in whole units; the parts add up to the amount exactly."""
    parts = [_round(amount * share, unit) for share in shares[1:]]
    return [amount - sum(parts), *parts]


def _round(number: float, unit: int) -> int:
    return round(number / unit) * unit

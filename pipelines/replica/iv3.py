"""The Iv3 tables: one full cube a boekjaar, served without being held.

Here: codes, padding, row numbers and cells of "Gemeenten <jaar> onbewerkte Iv3-data".
Not here: the amounts (`world`).

A cube has taakveld and balanspost x categorie x gemeente x verslagsoort, the last one fastest: some
20 million rows a year, of which only those that are asked for are written. A row is found by arithmetic.
"""

import itertools
from collections.abc import Mapping, Sequence
from functools import cache, cached_property, lru_cache

import orjson
import polars as pl

from pipelines.replica.query import QueryError, conjuncts, expression, names, parse
from pipelines.replica.tables import (
    NOT_THERE,
    Code,
    Description,
    Dimension,
    Group,
    Slice,
    Table,
    Topic,
    as_text,
    chosen_columns,
    modified,
    source_text,
)
from pipelines.replica.world import PLAATSINGEN, VERSLAGSOORTEN, Amounts, World, split

IDS = {
    2017: "45038NED",
    2018: "45042NED",
    2019: "45046NED",
    2020: "45050NED",
    2021: "45054NED",
    2022: "45059NED",
    2023: "45063NED",
    2024: "45067NED",
    2025: "45071NED",
    2026: "45078NED",
}
HOST = "dataderden.cbs.nl"
COLUMNS = (
    "ID",
    "TaakveldBalanspost",
    "Categorie",
    "Gemeenten",
    "Verslagsoort",
    "k_1ePlaatsing_1",
    "k_2ePlaatsing_2",
)
_WIDTH = {"TaakveldBalanspost": 6, "Categorie": 8, "Gemeenten": 9, "Verslagsoort": 8}
# In the order of VERSLAGSOORTEN.
_REPORTS = {
    "X000": "Begroting",
    "X001": "1ste kwartaal",
    "X002": "2de kwartaal",
    "X003": "3de kwartaal",
    "X004": "4de kwartaal",
    "X005": "Jaarrekening",
}
# Over which categorieen a gemeente books a taakveld, and in which parts; they exist in every boekjaar.
_LASTEN_SHARES = {"L3.8": 0.46, "L1.1": 0.24, "L4.3.8": 0.12, "L4.3.2": 0.1, "L7.5": 0.08}
_BATEN_SHARES = {"B3.8": 0.6, "B4.3.2": 0.4}
_THOUSAND = 1000
_CENTS_ONE_IN = 7  # one gemeente in seven delivers to the euro, the others in thousands
_TITLES_WITH_SPACES = (2019, 2022)  # as seen in CBS's catalogue
# Groups of codes: keys are numbered through the table, as at CBS.
_POST_GROUPS = (Group("0", "Taakvelden"), Group("1", "Balansposten"))
_CATEGORIE_GROUPS = (
    Group("2", "Categorie"),
    *(Group(k, t, "2") for k, t in (("3", "Lasten"), ("4", "Baten"), ("5", "Standen"))),
)
_GROUP_OF = {"taakveld": "0", "balanspost": "1", "lasten": "3", "baten": "4", "standen": "5"}

Pair = tuple[float | None, float | None]  # the two plaatsingen of a cell, in thousand euro
_EMPTY: Mapping[int, Pair] = {}


class Cube:
    """The rows of one Iv3 table.

    Args:
        world: gives the amounts.
        jaar: the boekjaar.
        dimensions: in the order of the cube, slowest first.
    """

    columns: Sequence[str] = COLUMNS

    def __init__(self, world: World, jaar: int, dimensions: Sequence[Dimension]) -> None:
        self.world = world
        self.jaar = jaar
        self.codes = {d.naam: [code.code for code in d.codes] for d in dimensions}
        self._allowed = lru_cache(maxsize=8)(self._allowed_codes)
        self._filled = cache(self._filled_cells)

    def __len__(self) -> int:
        """Count the cells of the whole cube."""
        return self._size([range(len(codes)) for codes in self.codes.values()])

    def count(self, filter_: str) -> int:
        """Count the rows a filter leaves."""
        return self._size(self._allowed(filter_))

    @staticmethod
    def _size(allowed: Sequence[Sequence[int]]) -> int:
        size = 1
        for positions in allowed:
            size *= len(positions)
        return size

    def json(self, piece: Slice, *, untyped: bool = False) -> bytes:
        """Give rows as JSON objects with commas between them."""
        chosen = chosen_columns(piece.select, COLUMNS)
        taakvelden, categorieen, gemeenten, reports = self._allowed(piece.filter)
        block = len(gemeenten) * len(reports)
        if not block:
            return b""
        first, last = piece.skip, min(piece.skip + piece.top, self.count(piece.filter))
        parts = []
        pairs = itertools.product(taakvelden, categorieen)
        for number, (t, c) in enumerate(pairs):
            start = number * block
            if start + block <= first or start >= last:
                continue
            rows = self._block(t, c, tuple(gemeenten), tuple(reports), untyped=untyped)
            parts.extend(rows[max(first - start, 0) : last - start])
        text = ",".join(parts)
        if len(chosen) == len(COLUMNS):
            return text.encode()
        return orjson.dumps([{key: row[key] for key in chosen} for row in orjson.loads(f"[{text}]")])[1:-1]

    def _block(
        self, t: int, c: int, gemeenten: tuple[int, ...], reports: tuple[int, ...], *, untyped: bool
    ) -> list[str]:
        """Write the rows of one taakveld and categorie, in the order of the cube."""
        taakveld, categorie = self.codes["TaakveldBalanspost"][t], self.codes["Categorie"][c]
        width, depth = len(self.codes["Gemeenten"]), len(self.codes["Verslagsoort"])
        base = (t * len(self.codes["Categorie"]) + c) * width * depth
        head = f'"TaakveldBalanspost":"{taakveld}","Categorie":"{categorie}",'
        filled = {v: self._filled(taakveld.strip(), v).get(categorie.strip(), _EMPTY) for v in reports}
        rows = []
        for g in gemeenten:
            for v in reports:
                place, ending = self._endings[g, v]
                if g in filled[v] or untyped:
                    ending = _values(*filled[v].get(g, self._empty[g, v]), untyped=untyped)
                rows.append(f'{{"ID":{base + g * depth + v},{head}{place}{ending}')
        return rows

    def _allowed_codes(self, filter_: str) -> tuple[Sequence[int], ...]:
        """Find for each dimension the positions a filter leaves."""
        allowed: dict[str, Sequence[int]] = {name: range(len(codes)) for name, codes in self.codes.items()}
        for part in conjuncts(parse(filter_)):
            used = names(part)
            if len(used) != 1 or not used <= set(self.codes):
                if not used <= set(COLUMNS):
                    raise QueryError(f"Could not find a property named '{min(used - set(COLUMNS))}'.")
                raise QueryError("this replica filters an Iv3 table on one dimension at a time, joined by and")
            (name,) = used
            frame = pl.DataFrame({name: self.codes[name]}).with_row_index("positie")
            kept = set(frame.filter(expression(part, [name]))["positie"])
            allowed[name] = [position for position in allowed[name] if position in kept]
        return tuple(allowed.values())

    @cached_property
    def _empty(self) -> Mapping[tuple[int, int], Pair]:
        """Give what an unfilled cell holds: 0 when the gemeente delivered, nothing when it did not."""
        empty: dict[tuple[int, int], Pair] = {}
        for v, soort in enumerate(VERSLAGSOORTEN):
            first, second = (self.world.delivered(self.jaar, soort, p) for p in PLAATSINGEN)
            for g, padded in enumerate(self.codes["Gemeenten"]):
                code = padded.strip()
                empty[g, v] = (0.0 if code in first else None, 0.0 if code in second else None)
        return empty

    @cached_property
    def _endings(self) -> Mapping[tuple[int, int], tuple[str, str]]:
        """Write for each gemeente and verslagsoort what its rows share, and an unfilled cell."""
        reports = self.codes["Verslagsoort"]
        return {
            (g, v): (
                f'"Gemeenten":"{self.codes["Gemeenten"][g]}","Verslagsoort":"{reports[v]}",',
                _values(*values, untyped=False),
            )
            for (g, v), values in self._empty.items()
        }

    def _filled_cells(self, taakveld: str, v: int) -> Mapping[str, Mapping[int, Pair]]:
        """Give the cells with an amount of a taakveld and verslagsoort: categorie -> gemeente -> pair."""
        cells: dict[str, dict[int, Pair]] = {}
        soort = VERSLAGSOORTEN[v]
        if taakveld not in self.world.taakvelden(self.jaar, soort):
            return cells
        first, second = (self.world.bookings(self.jaar, soort, p, taakveld) for p in PLAATSINGEN)
        for g, padded in enumerate(self.codes["Gemeenten"]):
            code = padded.strip()
            parts = [self._parts(code, booked.get(code)) for booked in (first, second)]
            for categorie in (*_LASTEN_SHARES, *_BATEN_SHARES):
                a, b = (None if part is None else part[categorie] / _THOUSAND for part in parts)
                if a or b:
                    cells.setdefault(categorie, {})[g] = (a, b)
        return cells

    def _parts(self, code: str, amounts: Amounts | None) -> dict[str, int] | None:
        """Divide lasten and baten over categorieen; the parts add up exactly. None when not delivered."""
        if amounts is None:
            return None
        unit = 1 if int(code[2:]) % _CENTS_ONE_IN == 0 else _THOUSAND
        parts: dict[str, int] = {}
        for amount, shares in ((amounts.lasten, _LASTEN_SHARES), (amounts.baten, _BATEN_SHARES)):
            parts |= zip(shares, split(amount, list(shares.values()), unit), strict=True)
        return parts


def _values(first: float | None, second: float | None, *, untyped: bool) -> str:
    if untyped:
        shown = [f'"{NOT_THERE if value is None else as_text(value)}"' for value in (first, second)]
    else:
        shown = ["null" if value is None else repr(value) for value in (first, second)]
    return f'"k_1ePlaatsing_1":{shown[0]},"k_2ePlaatsing_2":{shown[1]}}}'


def iv3_table(world: World, jaar: int) -> Table:
    """Make the Iv3 table of a boekjaar."""
    dimensions = _dimensions(world, jaar)
    given = sorted({soort for year, soort in world.facts.lasten if year == jaar})
    uitleg = (
        f"Gegeven: lasten per taakveld in de {' en '.join(given)}, tweede plaatsing. "
        "Ingevuld: de verdeling over categorieen, de eerste plaatsing, de kwartalen en de overige taakvelden."
        if given
        else "Bedragen per gemeente ingevuld, passend bij gepubliceerde landelijke totalen en klassengemiddelden."
    )
    titel = f"Gemeenten {jaar} onbewerkte Iv3-data" + ("  " if jaar in _TITLES_WITH_SPACES else "")
    description = Description(
        IDS[jaar],
        titel,
        "IV3",
        str(jaar),
        "Onregelmatig",
        modified(f"{min(jaar + 1, 2026)}-09-24", world.id, IDS[jaar]),
        source_text(uitleg, world.id),
        "Lasten, baten en balansstanden van gemeenten voor begroting, jaar- en kwartaalrekeningen.",
    )
    uitleg_1 = "Cijfers die 10 dagen na de uiterste inzenddatum zijn gepubliceerd."
    uitleg_2 = "Cijfers die 70 dagen na de uiterste inzenddatum zijn gepubliceerd."
    topics = (
        Topic("k_1ePlaatsing_1", "1e plaatsing", "1 000 euro", "Double", 3, uitleg_1),
        Topic("k_2ePlaatsing_2", "2e plaatsing", "1 000 euro", "Double", 3, uitleg_2),
    )
    return Table(HOST, description, dimensions, topics, Cube(world, jaar, dimensions))


def _dimensions(world: World, jaar: int) -> tuple[Dimension, ...]:
    listed = world.facts.iv3_codes[jaar]

    def code(dimension: str, key: str, titel: str, omschrijving: str = "", groep: str | None = None) -> Code:
        return Code(key.ljust(_WIDTH[dimension]), titel, omschrijving, groep=groep)

    posts = [
        code(
            "TaakveldBalanspost",
            c.code,
            f"{c.code} {c.naam}",
            f"{c.soort.capitalize()} - {c.code} - {c.naam}",
            _GROUP_OF[c.soort],
        )
        for soort in ("taakveld", "balanspost")
        for c in listed
        if c.soort == soort
    ]
    categorieen = [
        code(
            "Categorie",
            f"{letter}{c.code}",
            f"{letter}{c.code} {c.naam}",
            f"{soort.capitalize()} - {c.code} - {c.naam}",
            _GROUP_OF[soort],
        )
        for letter, soort in (("L", "lasten"), ("B", "baten"))
        for c in listed
        if c.soort == soort
    ]
    categorieen += [
        code("Categorie", stand, stand, f"Standen - {stand}", _GROUP_OF["standen"]) for stand in ("Primo", "Ultimo")
    ]
    gemeenten = [code("Gemeenten", g.code, g.naam) for g in world.gemeenten(jaar).values()]
    reports = [code("Verslagsoort", f"{jaar}{ending}", titel) for ending, titel in _REPORTS.items()]
    return (
        Dimension("TaakveldBalanspost", "Taakveld/balanspost", "Dimension", tuple(posts), _POST_GROUPS),
        Dimension("Categorie", "Categorie", "Dimension", tuple(categorieen), _CATEGORIE_GROUPS),
        Dimension("Gemeenten", "Gemeenten", "GeoDimension", tuple(gemeenten)),
        Dimension("Verslagsoort", "Verslagsoort", "Dimension", tuple(reports)),
    )

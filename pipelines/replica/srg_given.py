"""Counts of the SRG that facts give: which there are, of what, and on which line.

Here: reading the given counts by type, status, month and region. Not here: keeping series (`srg_landelijk`) or
gemeenten (`srg_regio`) to them, or reading files (`facts`).

What can be given of a month: for Nederland each type and the total, of voorzieningen and of persons, with the statuses
in STATUS_TITELS; for a provincie, a landsdeel and the COROP regions in COROPS the total that runs and ended. Main
categories, and how lopend is split, follow from the rest and cannot be given.
"""

from collections.abc import Iterator, Mapping

from assets.errors import ContractError
from pipelines.replica.facts import SrgGegeven
from pipelines.replica.world import BIJSTAND_MONTHS, World

EERSTE_JAAR = 2023  # the first year of the tables: CBS's break with the series before
MONTHS = tuple(month for month in BIJSTAND_MONTHS if month[0] >= EERSTE_JAAR)
VOORZIENINGEN, PERSONEN = "85588NED", "85589NED"
NEDERLAND = "Nederland"
BEIDE, LOPEND, BEEINDIGD = "lopend_en_beeindigd", "lopend", "beeindigd"
STATUS_TITELS = {
    VOORZIENINGEN: {
        BEIDE: "Totaal voorzieningen:Lopend en beëindigd",
        LOPEND: "Lopende voorzieningen",
        BEEINDIGD: "Beëindigde voorzieningen",
    },
    PERSONEN: {
        BEIDE: "Totaal personen: Lopend en uitstroom",
        LOPEND: "Met lopende voorziening(en)",
        BEEINDIGD: "Uitstroom",
    },
}
LANDSDELEN = {
    "LD01": ("Noord-Nederland", ("PV20", "PV21", "PV22")),
    "LD02": ("Oost-Nederland", ("PV23", "PV24", "PV25")),
    "LD03": ("West-Nederland", ("PV26", "PV27", "PV28", "PV29")),
    "LD04": ("Zuid-Nederland", ("PV30", "PV31")),
}
# The COROP regions that are a whole provincie; of the other ones the facts do not tell which gemeenten are in them.
COROPS = {"CR17": ("Utrecht", ("PV26",)), "CR40": ("Flevoland", ("PV24",))}
TOTAAL = "Totaal re-integratie-/participatievoorziening"
_TITELS = {
    TOTAAL: "Totaal re-integratie-/participatievoorz.",
    "Uitbesteed en onbekend": "Uitbesteed én onbekend",
}
Month = tuple[int, int]
Provincies = frozenset[str]


def srg_titel(naam: str) -> str:
    """Give the title CBS has for a type; it shortens the total and accents one."""
    return _TITELS.get(naam, naam)


class Given:
    """The counts that facts give, by what they are of.

    Args:
        world: its facts and provincies.

    Raises:
        ContractError: a count of something that is not served, or two that contradict each other; names file and line.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._parts = {f"{naam} ({kind})": codes for kind, naam, codes in _regions(world)}
        self._types = {srg_titel(t.naam): t.naam for t in world.facts.srg_typen}
        self._status = {i: {titel: deel for deel, titel in titels.items()} for i, titels in STATUS_TITELS.items()}
        self._national: dict[tuple[str, str, Month], dict[str, SrgGegeven]] = {}
        # month -> provincies -> the total of all types there, running and ended
        self.regional: dict[Month, dict[Provincies, SrgGegeven]] = {}
        for fact in world.facts.srg:
            self._take(fact)
        self._implied = {month: sum(f.waarde for f in facts) for month, facts in self._covering()}

    def national(self, tabel_id: str, naam: str, month: Month) -> dict[str, float]:
        """Give the national counts of a type in a month that are given, by BEIDE, LOPEND and BEEINDIGD.

        Regions that are given and make up the country give the total too.
        """
        found = {deel: float(f.waarde) for deel, f in self._national.get((tabel_id, naam, month), {}).items()}
        if (tabel_id, naam) == (VOORZIENINGEN, TOTAAL) and month in self._implied:
            found.setdefault(BEIDE, float(self._implied[month]))
        return found

    def where(self, tabel_id: str, naam: str, month: Month) -> str:
        """Name file and line of a count that is given of a type, or else of a region in that month."""
        facts = self._national.get((tabel_id, naam, month)) or self.regional[month]
        return next(iter(facts.values())).waar

    def facts(self, tabel_id: str) -> Iterator[tuple[str, int, str, SrgGegeven]]:
        """Give the national counts of a table: the type, the place of the month in MONTHS, the part, and the fact."""
        for (table, naam, month), facts in self._national.items():
            if table == tabel_id:
                for deel, fact in facts.items():
                    yield naam, MONTHS.index(month), deel, fact

    def _take(self, fact: SrgGegeven) -> None:
        month = (fact.jaar, fact.maand)
        naam, deel = self._types.get(fact.type), self._status[fact.tabel_id].get(fact.status)
        if naam is None or deel is None:
            raise ContractError(
                f"{fact.waar}: type {fact.type!r} with status {fact.status!r} cannot be given; the types that can are "
                f"the total and those in it, without main categories, and the statuses of {fact.tabel_id} are "
                f"{', '.join(map(repr, self._status[fact.tabel_id]))}"
            )
        if month not in MONTHS:
            raise ContractError(f"{fact.waar}: month {month} is not served, which is {MONTHS[0]} to {MONTHS[-1]}")
        if fact.regio == NEDERLAND:
            self._national.setdefault((fact.tabel_id, naam, month), {})[deel] = fact
        else:
            self._take_region(fact, (naam, deel), self.regional.setdefault(month, {}))

    def _take_region(self, fact: SrgGegeven, what: tuple[str, str], taken: dict[Provincies, SrgGegeven]) -> None:
        if fact.regio not in self._parts or fact.tabel_id != VOORZIENINGEN or what != (TOTAAL, BEIDE):
            raise ContractError(
                f"{fact.waar}: region {fact.regio!r} cannot be given, or not for this type and status; the total of "
                f"all types of {VOORZIENINGEN}, running and ended, can, for {NEDERLAND} and {', '.join(self._parts)}"
            )
        provincies = frozenset(self._parts[fact.regio]) & self._present(fact.jaar)
        if not provincies:
            raise ContractError(f"{fact.waar}: there are no gemeenten in region {fact.regio!r} in {fact.jaar}")
        other = taken.setdefault(provincies, fact)
        if other.waarde != fact.waarde:
            raise ContractError(
                f"{fact.waar}: {fact.regio!r} has the same gemeenten as {other.regio!r} ({other.waar}), and "
                f"another total: {fact.waarde} and {other.waarde}"
            )

    def _covering(self) -> Iterator[tuple[Month, list[SrgGegeven]]]:
        """Give the regions of each month in which those that are given make up the country."""
        for month, facts in self.regional.items():
            outer = _outermost(facts)
            if frozenset().union(*outer) == self._present(month[0]):
                yield month, [facts[provincies] for provincies in outer]

    def _present(self, jaar: int) -> Provincies:
        return frozenset(gemeente.provincie_code for gemeente in self._world.gemeenten(jaar).values())


def _outermost(regions: Mapping[Provincies, object]) -> list[Provincies]:
    """Give the regions that are in no other one."""
    return [region for region in regions if not any(region < other for other in regions)]


def _regions(world: World) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Give kind, name and provincies of every region but Nederland and the gemeenten."""
    register = {g.provincie_code: g.provincie for jaar, _ in MONTHS for g in world.gemeenten(jaar).values()}
    yield from (("PV", naam, (code,)) for code, naam in sorted(register.items()))
    yield from (("LD", naam, codes) for naam, codes in LANDSDELEN.values())
    yield from (("CR", naam, codes) for naam, codes in COROPS.values())

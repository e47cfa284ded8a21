"""85588NED and 85589NED: the Statistiek Re-integratie Gemeenten, as CBS serves it.

Here: codes, titles and rows, rounded to tens. Not here: the counts (`srg_world`), or the protocol (`app`).

Seen at CBS: the titles of both tables, of their dimensions and measures, of the total of types and of both total
statuses, and those of the first types. The other titles, all ids of types, statuses and measures, and how lopend is
split are this project's guess; the ids differ from seed to seed, so that nothing can lean on them. 85588NED is a whole
cube. 85589NED crosses geslacht and leeftijd with types and statuses for all origins together, and has each origin, and
each country of birth of the parents, for both geslachten and all ages together, to keep the table small.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product

import polars as pl

from pipelines.replica.afronding import all_in_tens, tens
from pipelines.replica.bijstand import MONTH_NAMES
from pipelines.replica.srg_given import (
    BEEINDIGD,
    BEIDE,
    COROPS,
    LANDSDELEN,
    LOPEND,
    MONTHS,
    PERSONEN,
    STATUS_TITELS,
    VOORZIENINGEN,
    srg_titel,
)
from pipelines.replica.srg_landelijk import Landelijk
from pipelines.replica.srg_world import SrgWorld
from pipelines.replica.statline import ZONE, observation_table
from pipelines.replica.tables import Code, Description, Dimension, Group, Table, Topic, modified, source_text
from pipelines.replica.world import World

PROVISIONAL_MONTHS = 3  # CBS revises the last three months
NEDERLAND = "NL01"
_STATUSSEN = {
    BEIDE: STATUS_TITELS[VOORZIENINGEN][BEIDE],
    LOPEND: STATUS_TITELS[VOORZIENINGEN][LOPEND],
    "gestart": "Lopend: gestart in de verslagperiode",
    "eerder": "Lopend: eerder gestart",
    BEEINDIGD: STATUS_TITELS[VOORZIENINGEN][BEEINDIGD],
}
_STATUS_PERSOON = STATUS_TITELS[PERSONEN]
GESLACHT = (Code("T001038", "Totaal mannen en vrouwen"), Code("3000", "Mannen"), Code("4000", "Vrouwen"))
_LEEFTIJDEN = ("Totaal leeftijd", "Jonger dan 27 jaar", "27 tot 45 jaar", "45 jaar tot AOW-leeftijd")
HERKOMST = (
    Code("T001040", "Totaal"),
    Code("1012600", "Nederland"),
    Code("H007933", "Europa (exclusief Nederland)"),
    Code("H008859", "Buiten Europa"),
    Code("2012659", "Onbekend herkomstland"),
)
OUDERS = (
    Code("T001638", "Totaal"),
    Code("A051735", "Geboren in Nederland"),
    Code("A051736", "Geboren buiten Nederland"),
    Code("A051760", "Geboren in NL, ouders in NL"),
    Code("A051742", "Geboren in NL, ouder(s) buiten NL"),
    Code("A052139", "Onbekend"),
)
_SHARE_HERKOMST = (1.0, 0.48, 0.09, 0.42, 0.01)
_SHARE_OUDERS = (1.0, 0.57, 0.42, 0.47, 0.10, 0.01)
_UITLEG = "Lopende voorzieningen en personen 2024 per type landelijk volgens het rapport; de rest ingevuld."


def opaque(world: World, naam: str, titels: Iterable[str]) -> tuple[Code, ...]:
    """Give codes with ids that differ from seed to seed, in the order of their titles."""
    taken: set[str] = set()
    codes = []
    for titel in titels:
        number = 0
        while (code := world.opaque_id(naam, titel, number)) in taken:
            number += 1
        taken.add(code)
        codes.append(Code(code, titel))
    return tuple(codes)


def month_codes(months: Sequence[tuple[int, int]]) -> tuple[Code, ...]:
    """Give the codes of months; the last ones are provisional."""
    codes = []
    for n, (jaar, maand) in enumerate(months):
        final = n < len(months) - PROVISIONAL_MONTHS
        titel = f"{jaar} {MONTH_NAMES[maand - 1]}{'' if final else '*'}"
        codes.append(Code(f"{jaar}MM{maand:02}", titel, "", "Definitief" if final else "Voorlopig", "2"))
    return tuple(codes)


def months_covered() -> str:
    """Say which months the tables have, as CBS does."""
    (first, month), (last, end) = MONTHS[0], MONTHS[-1]
    return f"{first} {MONTH_NAMES[month - 1]} - {last} {MONTH_NAMES[end - 1]}"


def time_dimension(perioden: tuple[Code, ...], groep: Group) -> Dimension:
    """Give the dimension of periods."""
    return Dimension("Perioden", "Perioden", "TimeDimension", perioden, (groep,))


def srg_tables(world: World, srg: Callable[[], SrgWorld]) -> dict[str, Callable[[], Table]]:
    """Give what makes each SRG table, by id.

    Args:
        world: the world.
        srg: gives its SRG; called when a table is first asked for.
    """
    return {
        VOORZIENINGEN: lambda: _voorzieningen_table(world, srg()),
        PERSONEN: lambda: _personen_table(world, srg()),
    }


def _type_titles(landelijk: Landelijk) -> dict[str, str]:
    """Give the titles in CBS's order, by name: the total, then each category with its types."""
    names = [landelijk.totaal.naam]
    for category in landelijk.categories:
        names += [category, *(t.naam for t in landelijk.types if t.hoofdcategorie == category)]
    return {naam: srg_titel(naam) for naam in names}


def _type_dimension(types: tuple[Code, ...]) -> Dimension:
    titel = "Type re-integratie participatievoorz."
    return Dimension("TypeReIntegratieParticipatievoorz", titel, "Dimension", types)


def _region_dimension(world: World) -> Dimension:
    """Give the regions: Nederland, landsdelen, provincies, two COROP regions, and the gemeenten of all years."""
    register = {code: g for jaar in sorted({j for j, _ in MONTHS}) for code, g in world.gemeenten(jaar).items()}
    provincies = {g.provincie_code: g.provincie for g in register.values()}
    regios = (
        Code(NEDERLAND, "Nederland", groep="1"),
        *(Code(code, f"{naam} (LD)", groep="2") for code, (naam, _) in LANDSDELEN.items()),
        *(Code(code, f"{provincies[code]} (PV)", groep="3") for code in sorted(provincies)),
        *(Code(code, f"{naam} (CR)", groep="4") for code, (naam, _) in COROPS.items()),
        *(Code(code, register[code].naam, groep="5") for code in sorted(register)),
    )
    groups = ("Nederland", "Landsdelen", "Provincies", "COROP-gebieden", "Gemeenten")
    listed = tuple(Group(str(n), groep) for n, groep in enumerate(groups, start=1))
    return Dimension("RegioS", "Regio's", "GeoDimension", regios, listed)


def _voorzieningen_table(world: World, srg: SrgWorld) -> Table:
    titles = _type_titles(srg.landelijk)
    titel = "Re-integratie-/participatievoorzieningen"
    topic = Topic(world.opaque_id("measure", titel, 0), titel, "aantal", "Long", 0)
    regions = _region_dimension(world)
    dimensions = (
        _type_dimension(opaque(world, "type", titles.values())),
        Dimension(
            "StatusVoorziening",
            "Status voorziening einde verslagperiode",
            "Dimension",
            opaque(world, "status", _STATUSSEN.values()),
        ),
        regions,
        time_dimension(month_codes(MONTHS), Group("2", "Maanden")),
    )

    def make() -> pl.DataFrame:
        values = _values(srg, list(titles), [code.code for code in regions.codes])
        frame = _cube(dimensions).with_columns(all_in_tens(values).alias("Value"))
        return frame.with_columns(pl.lit(topic.key).alias("Measure"))

    description = _description(world, VOORZIENINGEN, f"{titel}; type, status voorziening en regio")
    return observation_table(description, dimensions, [topic], make)


def _cube(dimensions: Sequence[Dimension]) -> pl.DataFrame:
    """Give every combination of codes, the last dimension fastest."""
    frame = pl.DataFrame({dimensions[0].naam: [code.code for code in dimensions[0].codes]})
    for dimension in dimensions[1:]:
        frame = frame.join(pl.DataFrame({dimension.naam: [code.code for code in dimension.codes]}), how="cross")
    return frame


def _values(srg: SrgWorld, types: Sequence[str], regios: Sequence[str]) -> pl.Series:
    """Give the counts of the whole cube in its order, unrounded; null where a region has no gemeenten in a month.

    It is made type by type, and without the codes of the other dimensions: whole, it takes more than a gigabyte.
    """
    by_type = _all_types(srg).partition_by("type", as_dict=True)
    members = _members(srg.world)
    block = pl.DataFrame({"regio": regios}).join(pl.DataFrame({"n": range(len(MONTHS))}), how="cross")
    values = []
    for naam in types:
        cells = by_type[naam,].join(members, on=["gemeente_code", "n"], maintain_order="left_right")
        summed = cells.group_by("regio", "n", maintain_order=True).agg(pl.col(*_STATUSSEN).sum())
        filled = block.join(summed, on=["regio", "n"], how="left", maintain_order="left")
        values += [filled[status].alias("Value") for status in _STATUSSEN]
    return pl.concat(values)


def _all_types(srg: SrgWorld) -> pl.DataFrame:
    """Give every status of every type, category and the total, per gemeente and month, unrounded."""
    cells = srg.per_gemeente.sort("gemeente_code", "type", "n")
    before = pl.col(LOPEND).shift(1).over("gemeente_code", "type")
    started = (pl.col(LOPEND) - before + pl.col(BEEINDIGD)).fill_null(pl.col(BEEINDIGD))
    cells = cells.with_columns(started.clip(0, pl.col(LOPEND)).alias("gestart"))
    cells = cells.with_columns(
        (pl.col(LOPEND) - pl.col("gestart")).alias("eerder"),
        (pl.col(LOPEND) + pl.col(BEEINDIGD)).alias(BEIDE),
    )
    category = {t.naam: t.hoofdcategorie for t in srg.landelijk.types}
    keys = ["gemeente_code", "n", "type"]
    groups = (pl.col("type").replace_strict(category), pl.lit(srg.landelijk.totaal.naam).alias("type"))
    numbers = pl.col(*_STATUSSEN).sum()
    grouped = [cells.with_columns(group).group_by(keys, maintain_order=True).agg(numbers) for group in groups]
    return pl.concat([frame.select(*keys, *_STATUSSEN) for frame in (cells, *grouped)])


def _members(world: World) -> pl.DataFrame:
    """Give which gemeenten are in which regions: gemeente_code, n (index in MONTHS), regio."""
    parts = {code: provincies for code, (_, provincies) in {**LANDSDELEN, **COROPS}.items()}
    rows = []
    for jaar in sorted({jaar for jaar, _ in MONTHS}):
        months = [n for n, month in enumerate(MONTHS) if month[0] == jaar]
        for code, gemeente in world.gemeenten(jaar).items():
            own = [code, NEDERLAND, gemeente.provincie_code]
            own += [region for region, provincies in parts.items() if gemeente.provincie_code in provincies]
            rows += [(code, n, region) for n in months for region in own]
    return pl.DataFrame(rows, schema=["gemeente_code", "n", "regio"], orient="row")


def _personen_table(world: World, srg: SrgWorld) -> Table:
    titles = _type_titles(srg.landelijk)
    types = opaque(world, "type", titles.values())
    statussen = opaque(world, "status persoon", _STATUS_PERSOON.values())
    leeftijden = opaque(world, "leeftijd", _LEEFTIJDEN)
    perioden = month_codes(MONTHS)
    dimensions = (
        Dimension("Geslacht", "Geslacht", "Dimension", GESLACHT),
        Dimension("Leeftijd", "Leeftijd", "Dimension", leeftijden),
        _type_dimension(types),
        Dimension("StatusPersoon", "Status persoon einde verslagperiode", "Dimension", statussen),
        Dimension("Herkomstland", "Herkomstland", "Dimension", HERKOMST),
        Dimension("GeboortelandOuders", "Geboorteland (ouders)", "Dimension", OUDERS),
        time_dimension(perioden, Group("2", "Maanden")),
    )
    topic = Topic(world.opaque_id("measure", "Personen", 0), "Personen met voorziening", "aantal", "Long", 0)
    shares = _shares(srg.landelijk)

    def make() -> pl.DataFrame:
        rows = []
        crossed = list(crossings(len(leeftijden)))
        for (naam, code), (n, periode) in product(zip(titles, types, strict=True), enumerate(perioden)):
            series, (men, ages) = srg.landelijk.personen[naam], shares[naam]
            numbers = [series.of(deel, n) for deel in _STATUS_PERSOON]
            of_sex = (1.0, men, 1 - men)
            for (sex, age, herkomst, ouders), (status, number) in product(
                crossed, zip(statussen, numbers, strict=True)
            ):
                share = of_sex[sex] * ages[age] * _SHARE_HERKOMST[herkomst] * _SHARE_OUDERS[ouders]
                codes = (GESLACHT[sex], leeftijden[age], code, status, HERKOMST[herkomst], OUDERS[ouders], periode)
                rows.append((*(c.code for c in codes), tens(number * share)))
        frame = pl.DataFrame(rows, schema=[*(d.naam for d in dimensions), "Value"], orient="row")
        return frame.with_columns(pl.lit(topic.key).alias("Measure"))

    titel = "Personen met re-integratie-/participatievoorzieningen; persoonskenmerken"
    return observation_table(_description(world, PERSONEN, titel), dimensions, [topic], make)


def crossings(ages: int) -> Iterator[tuple[int, int, int, int]]:
    """Give which geslacht, leeftijd, herkomst and ouders are crossed, by their place in the lists; 0 is the total.

    Args:
        ages: how many there are, the total among them.
    """
    yield from ((sex, age, 0, 0) for sex, age in product(range(len(GESLACHT)), range(ages)))
    yield from ((0, 0, n, 0) for n in range(1, len(HERKOMST)))
    yield from ((0, 0, 0, n) for n in range(1, len(OUDERS)))


def _shares(landelijk: Landelijk) -> dict[str, tuple[float, tuple[float, ...]]]:
    """Give the share of men, and of each age, by type, category and total."""
    found: dict[str, tuple[float, tuple[float, ...]]] = {
        t.naam: (t.aandeel_mannen, (1.0, t.aandeel_tot_27, t.aandeel_27_45, 1 - t.aandeel_tot_27 - t.aandeel_27_45))
        for t in [*landelijk.types, landelijk.totaal]
    }
    for category in landelijk.categories:
        types = [t for t in landelijk.types if t.hoofdcategorie == category]
        whole = sum(t.personen for t in types)
        men = sum(t.personen * t.aandeel_mannen for t in types) / whole
        ages = tuple(sum(t.personen * found[t.naam][1][n] for t in types) / whole for n in range(len(_LEEFTIJDEN)))
        found[category] = (men, ages)
    return found


def _description(world: World, tabel_id: str, titel: str) -> Description:
    given = " Totalen die als feit gegeven zijn, zijn precies zo overgenomen." if world.facts.srg else ""
    changed = modified("2026-10-30", world.id, tabel_id, zone=ZONE)
    source = source_text(_UITLEG + given, world.id)
    return Description(tabel_id, titel, "CBS", months_covered(), "Per maand", changed, source, titel)

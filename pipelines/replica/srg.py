"""85588NED and 85589NED: the Statistiek Re-integratie Gemeenten, as CBS serves it.

Here: codes, titles and rows, rounded to tens. Not here: the counts (`srg_world`), or the protocol (`app`).

Seen at CBS: the titles of both tables, of their dimensions and measures, of the total of types and of both total
statuses, and those of the first types. The other titles, all ids of types, statuses and measures, and how lopend is
split are this project's guess; the ids differ from seed to seed, so that nothing can lean on them. Origin is served for
the totals of geslacht and leeftijd only, to keep the table small.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import product

import polars as pl

from pipelines.replica.bijstand import MONTH_NAMES
from pipelines.replica.srg_given import (
    COROPS,
    LANDSDELEN,
    MONTHS,
    PERSONEN,
    TOTAAL_STATUS,
    VOORZIENINGEN,
    srg_titel,
)
from pipelines.replica.srg_world import SrgWorld
from pipelines.replica.statline import ZONE, observation_table
from pipelines.replica.tables import Code, Description, Dimension, Group, Table, Topic, modified, source_text
from pipelines.replica.world import World

PROVISIONAL_MONTHS = 3  # CBS revises the last three months
NEDERLAND = "NL01"
_STATUSSEN = {
    "lopend_en_beeindigd": TOTAAL_STATUS[VOORZIENINGEN],
    "lopend": "Lopende voorzieningen",
    "gestart": "Lopend: gestart in de verslagperiode",
    "eerder": "Lopend: eerder gestart",
    "beeindigd": "Beëindigde voorzieningen",
}
_STATUS_PERSOON = (TOTAAL_STATUS[PERSONEN], "Met lopende voorziening(en)", "Uitstroom")
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


def tens(number: float) -> float:
    """Round to ten, as CBS does."""
    return float(round(number / 10) * 10)


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


def _type_titles(srg: SrgWorld) -> dict[str, str]:
    """Give the titles in CBS's order, by name: the total, then each category with its types."""
    names = [srg.totaal.naam]
    for category in srg.categories:
        names += [category, *(t.naam for t in srg.types if t.hoofdcategorie == category)]
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
    titles = _type_titles(srg)
    types = opaque(world, "type", titles.values())
    statussen = opaque(world, "status", _STATUSSEN.values())
    perioden = month_codes(MONTHS)
    regions = _region_dimension(world)
    dimensions = (
        _type_dimension(types),
        Dimension("StatusVoorziening", "Status voorziening einde verslagperiode", "Dimension", statussen),
        regions,
        time_dimension(perioden, Group("2", "Maanden")),
    )
    titel = "Re-integratie-/participatievoorzieningen"
    topic = Topic(world.opaque_id("measure", titel, 0), titel, "aantal", "Long", 0)

    def make() -> pl.DataFrame:
        wide = _all_regions(_all_types(srg), world)
        long = wide.unpivot(list(_STATUSSEN), index=["type", "regio", "n"], variable_name="status", value_name="Value")
        long = long.select(
            pl.col("type").replace_strict(dict(zip(titles, (c.code for c in types), strict=True))).alias(types_column),
            pl.col("status")
            .replace_strict(dict(zip(_STATUSSEN, (c.code for c in statussen), strict=True)))
            .alias("StatusVoorziening"),
            pl.col("regio").alias("RegioS"),
            pl.col("n")
            .replace_strict(dict(enumerate(c.code for c in perioden)), return_dtype=pl.String)
            .alias("Perioden"),
            ((pl.col("Value") / 10).round() * 10).alias("Value"),
        )
        # A whole cube; a cell without anybody is empty (a gemeente that did not exist).
        frame = pl.DataFrame({dimensions[0].naam: [code.code for code in dimensions[0].codes]})
        for dimension in dimensions[1:]:
            frame = frame.join(pl.DataFrame({dimension.naam: [code.code for code in dimension.codes]}), how="cross")
        frame = frame.join(long, on=frame.columns, how="left", maintain_order="left")
        return frame.with_columns(pl.lit(topic.key).alias("Measure"))

    types_column = dimensions[0].naam
    description = _description(world, VOORZIENINGEN, f"{titel}; type, status voorziening en regio")
    return observation_table(description, dimensions, [topic], make)


def _all_types(srg: SrgWorld) -> pl.DataFrame:
    """Give every status of every type, category and the total, per gemeente and month, unrounded."""
    cells = srg.per_gemeente.sort("gemeente_code", "type", "n")
    before = pl.col("lopend").shift(1).over("gemeente_code", "type")
    started = (pl.col("lopend") - before + pl.col("beeindigd")).fill_null(pl.col("beeindigd"))
    cells = cells.with_columns(started.clip(0, pl.col("lopend")).alias("gestart"))
    cells = cells.with_columns(
        (pl.col("lopend") - pl.col("gestart")).alias("eerder"),
        (pl.col("lopend") + pl.col("beeindigd")).alias("lopend_en_beeindigd"),
    )
    category = {t.naam: t.hoofdcategorie for t in srg.types}
    keys = ["gemeente_code", "n", "type"]
    groups = (pl.col("type").replace_strict(category), pl.lit(srg.totaal.naam).alias("type"))
    numbers = pl.col(*_STATUSSEN).sum()
    grouped = [cells.with_columns(group).group_by(keys, maintain_order=True).agg(numbers) for group in groups]
    return pl.concat([frame.select(*keys, *_STATUSSEN) for frame in (cells, *grouped)])


def _all_regions(cells: pl.DataFrame, world: World) -> pl.DataFrame:
    """Add up the gemeenten to every region; the columns gain `regio` in place of gemeente_code."""
    parts = {code: provincies for code, (_, provincies) in {**LANDSDELEN, **COROPS}.items()}
    rows = []
    for jaar in sorted({jaar for jaar, _ in MONTHS}):
        months = [n for n, month in enumerate(MONTHS) if month[0] == jaar]
        for code, gemeente in world.gemeenten(jaar).items():
            own = [code, NEDERLAND, gemeente.provincie_code]
            own += [region for region, provincies in parts.items() if gemeente.provincie_code in provincies]
            rows += [(code, n, region) for n in months for region in own]
    regions = pl.DataFrame(rows, schema=["gemeente_code", "n", "regio"], orient="row")
    joined = cells.join(regions, on=["gemeente_code", "n"], maintain_order="left_right")
    return joined.group_by("regio", "type", "n", maintain_order=True).agg(pl.col(*_STATUSSEN).sum())


def _personen_table(world: World, srg: SrgWorld) -> Table:
    titles = _type_titles(srg)
    types = opaque(world, "type", titles.values())
    statussen = opaque(world, "status persoon", _STATUS_PERSOON)
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
    shares = _shares(srg)

    def make() -> pl.DataFrame:
        rows = []
        crossings = list(_crossings())
        for (naam, code), (n, periode) in product(zip(titles, types, strict=True), enumerate(perioden)):
            series, (men, ages) = srg.personen[naam], shares[naam]
            numbers = (series.lopend[n] + series.beeindigd[n], series.lopend[n], series.beeindigd[n])
            of_sex = (1.0, men, 1 - men)
            for (sex, age, herkomst, ouders), (status, number) in product(
                crossings, zip(statussen, numbers, strict=True)
            ):
                share = of_sex[sex] * ages[age] * _SHARE_HERKOMST[herkomst] * _SHARE_OUDERS[ouders]
                codes = (GESLACHT[sex], leeftijden[age], code, status, HERKOMST[herkomst], OUDERS[ouders], periode)
                rows.append((*(c.code for c in codes), tens(number * share)))
        frame = pl.DataFrame(rows, schema=[*(d.naam for d in dimensions), "Value"], orient="row")
        return frame.with_columns(pl.lit(topic.key).alias("Measure"))

    titel = "Personen met re-integratie-/participatievoorzieningen; persoonskenmerken"
    return observation_table(_description(world, PERSONEN, titel), dimensions, [topic], make)


def _crossings() -> Iterable[tuple[int, int, int, int]]:
    """Give which geslacht, leeftijd, herkomst and ouders are crossed, by their place in the lists."""
    yield from ((sex, age, 0, 0) for sex, age in product(range(len(GESLACHT)), range(len(_LEEFTIJDEN))))
    yield from ((0, 0, n, 0) for n in range(1, len(HERKOMST)))
    yield from ((0, 0, 0, n) for n in range(1, len(OUDERS)))


def _shares(srg: SrgWorld) -> dict[str, tuple[float, tuple[float, ...]]]:
    """Give the share of men, and of each age, by type, category and total."""
    found: dict[str, tuple[float, tuple[float, ...]]] = {
        t.naam: (t.aandeel_mannen, (1.0, t.aandeel_tot_27, t.aandeel_27_45, 1 - t.aandeel_tot_27 - t.aandeel_27_45))
        for t in [*srg.types, srg.totaal]
    }
    for category in srg.categories:
        types = [t for t in srg.types if t.hoofdcategorie == category]
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

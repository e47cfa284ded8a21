"""85692NED and 85585NED: persons with bijstand in Nederland, by characteristics and by duration.

Here: codes, titles and rows, rounded to tens. Not here: the persons with bijstand (`world`), or the protocol (`app`).

Known of CBS: the dimensions, the ids of geslacht, leeftijd, herkomst and ouders, and the title of the total duration.
The titles of the other durations and of some ages, and the ids of measures and durations are this project's guess.
Origin is served for totals of the other origin only.
"""

from collections.abc import Callable
from itertools import product

import polars as pl

from pipelines.replica.srg import (
    GESLACHT,
    HERKOMST,
    OUDERS,
    month_codes,
    months_covered,
    opaque,
    tens,
    time_dimension,
)
from pipelines.replica.srg_given import MONTHS
from pipelines.replica.statline import ZONE, observation_table
from pipelines.replica.tables import Code, Description, Dimension, Group, Table, Topic, modified, source_text
from pipelines.replica.world import World

KENMERKEN, DUUR = "85692NED", "85585NED"
_LEEFTIJDEN = (
    Code("10000", "Totaal"),
    Code("90210", "Tot AOW-leeftijd"),
    Code("41600", "Jonger dan 27 jaar"),
    Code("53610", "27 tot 45 jaar"),
    Code("90150", "45 jaar tot AOW-leeftijd"),
    Code("90200", "Vanaf AOW-leeftijd"),
)
_OLDER = 0.11  # persons over the AOW age with bijstand / those below it; a guess
# Place of herkomst, place of ouders, share of the persons.
_ORIGINS = ((0, 0, 1.0), (1, 0, 0.33), (2, 0, 0.10), (3, 0, 0.56), (4, 0, 0.01), (0, 1, 0.45), (0, 2, 0.55))
_MEASURES = {
    "Uitkeringsontvangers totaal": 13.0,
    "Werkloosheid": 0.45,
    "Bijstand en bijstandsgerelateerd totaal": 1.06,
    "Bijstandsuitkering": 1.0,
    "Algemene Ouderdomswet": 9.0,
}
_PER_KWARTAAL = 3
_Weighted = list[tuple[tuple[str, ...], float]]


def bijstand_tables(world: World) -> dict[str, Callable[[], Table]]:
    """Give what makes each table, by id."""
    return {KENMERKEN: lambda: _kenmerken_table(world), DUUR: lambda: _duur_table(world)}


def _crossed(world: World, codes: tuple[Code, ...], shares: tuple[float, ...]) -> _Weighted:
    """Cross geslacht, some codes and origin: their codes and their share of the persons with bijstand."""
    men = world.facts.verdelingen["bijstand_geslacht"]["mannen"][0]
    return [
        ((sex.code, code.code, HERKOMST[herkomst].code, OUDERS[ouders].code), of_sex * share * origin)
        for (sex, of_sex), (code, share), (herkomst, ouders, origin) in product(
            zip(GESLACHT, (1.0, men, 1 - men), strict=True), zip(codes, shares, strict=True), _ORIGINS
        )
    ]


def _kenmerken_table(world: World) -> Table:
    perioden = month_codes(MONTHS)
    topics = tuple(
        Topic(world.opaque_id("measure bijstand", titel, 0), titel, "aantal", "Long", 0) for titel in _MEASURES
    )
    dimensions = (
        Dimension("Geslacht", "Geslacht", "Dimension", GESLACHT),
        Dimension("Leeftijd", "Leeftijd", "Dimension", _LEEFTIJDEN),
        Dimension("Herkomstland", "Herkomstland", "Dimension", HERKOMST),
        Dimension("GeboortelandOuders", "Geboorteland (ouders)", "Dimension", OUDERS),
        time_dimension(perioden, Group("2", "Maanden")),
    )
    ages = (share for share, _ in world.facts.verdelingen["bijstand_leeftijd"].values())
    cells = _crossed(world, _LEEFTIJDEN, (1 + _OLDER, 1.0, *ages, _OLDER))

    def make() -> pl.DataFrame:
        rows = []
        for month, periode in zip(MONTHS, perioden, strict=True):
            persons = sum(world.bijstand(*month).values())
            for (topic, factor), (codes, share) in product(zip(topics, _MEASURES.values(), strict=True), cells):
                rows.append((*codes, periode.code, topic.key, tens(persons * factor * share)))
        return pl.DataFrame(rows, schema=[*(d.naam for d in dimensions), "Measure", "Value"], orient="row")

    titel = "Personen met een uitkering; kenmerken uitkeringsontvangers"
    description = _description(world, KENMERKEN, titel, months_covered(), "Per maand")
    return observation_table(description, dimensions, topics, make)


def _duur_table(world: World) -> Table:
    quarters = [month for month in MONTHS if month[1] % _PER_KWARTAAL == 0]
    perioden = tuple(_quarter(jaar, maand, is_last=(jaar, maand) == quarters[-1]) for jaar, maand in quarters)
    shares = {"totaal": 1.0} | {duur: share for duur, (share, _) in world.facts.verdelingen["bijstand_duur"].items()}
    duren = opaque(world, "duur", (f"Uitkeringsduur, {duur}" for duur in shares))
    topic = Topic(world.opaque_id("measure", "Bijstand", 0), "Personen met bijstand", "aantal", "Long", 0)
    dimensions = (
        Dimension("Geslacht", "Geslacht", "Dimension", GESLACHT),
        Dimension("Leeftijd", "Leeftijd", "Dimension", _LEEFTIJDEN[:1]),
        Dimension("DuurVanDeUitkeringssituatie", "Duur van de uitkeringssituatie", "Dimension", duren),
        Dimension("Herkomstland", "Herkomstland", "Dimension", HERKOMST),
        Dimension("GeboortelandOuders", "Geboorteland (ouders)", "Dimension", OUDERS),
        time_dimension(perioden, Group("0", "Kwartalen")),
    )
    cells = _crossed(world, duren, tuple(shares.values()))
    columns = ("Geslacht", "DuurVanDeUitkeringssituatie", "Herkomstland", "GeboortelandOuders", "Perioden", "Value")

    def make() -> pl.DataFrame:
        rows = []
        for month, periode in zip(quarters, perioden, strict=True):
            persons = sum(world.bijstand(*month).values())
            rows += [(*codes, periode.code, tens(persons * share)) for codes, share in cells]
        frame = pl.DataFrame(rows, schema=list(columns), orient="row")
        leeftijd = pl.lit(_LEEFTIJDEN[0].code).alias("Leeftijd")
        return frame.with_columns(leeftijd, pl.lit(topic.key).alias("Measure"))

    titel = "Personen met bijstand;duur van de lopende uitkeringssituatie"
    covers = f"{perioden[0].titel} - {perioden[-1].titel}"
    return observation_table(_description(world, DUUR, titel, covers, "Per kwartaal"), dimensions, [topic], make)


def _quarter(jaar: int, maand: int, *, is_last: bool) -> Code:
    number = maand // _PER_KWARTAAL
    titel = f"{jaar} {number}e kwartaal{'*' if is_last else ''}"
    return Code(f"{jaar}KW{number:02}", titel, "", "Voorlopig" if is_last else "Definitief", "0")


def _description(world: World, tabel_id: str, titel: str, covers: str, frequentie: str) -> Description:
    changed = modified("2026-10-30", world.id, tabel_id, zone=ZONE)
    source = source_text("Verdelingen 2024 passend bij het rapport; de rest ingevuld.", world.id)
    return Description(tabel_id, titel, "CBS", covers, frequentie, changed, source, titel)

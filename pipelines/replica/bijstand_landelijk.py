"""85692NED and 85585NED: persons with bijstand in Nederland, by characteristics and by duration.

Here: codes, titles and rows, rounded to tens. Not here: the persons with bijstand (`world`), or the protocol (`app`).

Known of CBS: the dimensions, the ids of geslacht, leeftijd, herkomst and ouders, and the title of the total duration.
The titles of the other durations and of some ages, the ages of 85585NED, and the ids of measures and durations are this
project's guess. Of 85692NED five of the thirteen measures are served. What is crossed is as in `srg`: each origin, and
each country of birth of the parents, is there for both geslachten and all ages together.
"""

from collections.abc import Callable, Mapping
from itertools import product

import polars as pl

from pipelines.replica.afronding import tens
from pipelines.replica.srg import (
    GESLACHT,
    HERKOMST,
    OUDERS,
    crossings,
    month_codes,
    months_covered,
    opaque,
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
_DUUR_LEEFTIJDEN = (_LEEFTIJDEN[0], *_LEEFTIJDEN[2:5])  # of people below the AOW age
# A guess, in the order of HERKOMST and of OUDERS.
_SHARE_HERKOMST = (1.0, 0.33, 0.10, 0.56, 0.01)
_SHARE_OUDERS = (1.0, 0.45, 0.54, 0.33, 0.12, 0.01)
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


def _crossed(world: World, ages: Mapping[Code, float]) -> _Weighted:
    """Cross geslacht, leeftijd and origin: their codes, and their share of the persons with bijstand."""
    men = world.facts.verdelingen["bijstand_geslacht"]["mannen"][0]
    of_sex, listed = (1.0, men, 1 - men), list(ages.items())
    return [
        (
            (GESLACHT[sex].code, listed[age][0].code, HERKOMST[herkomst].code, OUDERS[ouders].code),
            of_sex[sex] * listed[age][1] * _SHARE_HERKOMST[herkomst] * _SHARE_OUDERS[ouders],
        )
        for sex, age, herkomst, ouders in crossings(len(listed))
    ]


def _kenmerken_table(world: World) -> Table:
    perioden = month_codes(MONTHS)
    topics = tuple(
        Topic(code.code, code.titel, "aantal", "Long", 0) for code in opaque(world, "measure bijstand", _MEASURES)
    )
    dimensions = (
        Dimension("Geslacht", "Geslacht", "Dimension", GESLACHT),
        Dimension("Leeftijd", "Leeftijd", "Dimension", _LEEFTIJDEN),
        Dimension("Herkomstland", "Herkomstland", "Dimension", HERKOMST),
        Dimension("GeboortelandOuders", "Geboorteland (ouders)", "Dimension", OUDERS),
        time_dimension(perioden, Group("2", "Maanden")),
    )
    shares = (1 + _OLDER, 1.0, *_age_shares(world), _OLDER)
    cells = _crossed(world, dict(zip(_LEEFTIJDEN, shares, strict=True)))

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
        Dimension("Leeftijd", "Leeftijd", "Dimension", _DUUR_LEEFTIJDEN),
        Dimension("DuurVanDeUitkeringssituatie", "Duur van de uitkeringssituatie", "Dimension", duren),
        Dimension("Herkomstland", "Herkomstland", "Dimension", HERKOMST),
        Dimension("GeboortelandOuders", "Geboorteland (ouders)", "Dimension", OUDERS),
        time_dimension(perioden, Group("0", "Kwartalen")),
    )
    cells = _crossed(world, dict(zip(_DUUR_LEEFTIJDEN, (1.0, *_age_shares(world)), strict=True)))
    columns = ("Geslacht", "Leeftijd", "Herkomstland", "GeboortelandOuders", dimensions[2].naam, "Perioden", "Value")

    def make() -> pl.DataFrame:
        rows = []
        for month, periode in zip(quarters, perioden, strict=True):
            persons = sum(world.bijstand(*month).values())
            for (duur, of_duur), (codes, share) in product(zip(duren, shares.values(), strict=True), cells):
                rows.append((*codes, duur.code, periode.code, tens(persons * of_duur * share)))
        frame = pl.DataFrame(rows, schema=list(columns), orient="row")
        return frame.with_columns(pl.lit(topic.key).alias("Measure"))

    titel = "Personen met bijstand;duur van de lopende uitkeringssituatie"
    covers = f"{perioden[0].titel} - {perioden[-1].titel}"
    return observation_table(_description(world, DUUR, titel, covers, "Per kwartaal"), dimensions, [topic], make)


def _age_shares(world: World) -> tuple[float, ...]:
    """Give the share of each age below the AOW age."""
    return tuple(share for share, _ in world.facts.verdelingen["bijstand_leeftijd"].values())


def _quarter(jaar: int, maand: int, *, is_last: bool) -> Code:
    number = maand // _PER_KWARTAAL
    titel = f"{jaar} {number}e kwartaal{'*' if is_last else ''}"
    return Code(f"{jaar}KW{number:02}", titel, "", "Voorlopig" if is_last else "Definitief", "0")


def _description(world: World, tabel_id: str, titel: str, covers: str, frequentie: str) -> Description:
    changed = modified("2026-10-30", world.id, tabel_id, zone=ZONE)
    source = source_text("Verdelingen 2024 passend bij het rapport; de rest ingevuld.", world.id)
    return Description(tabel_id, titel, "CBS", covers, frequentie, changed, source, titel)

"""80794ned in protocol v3: persons with a benefit, by region and month.

Here: its codes, columns and rows. Not here: the persons with bijstand (`world`), or the protocol (`app`).
"""

import polars as pl

from pipelines.replica.tables import (
    Code,
    Description,
    Dimension,
    FrameRows,
    Group,
    Table,
    Topic,
    modified,
    source_text,
)
from pipelines.replica.world import BIJSTAND_MONTHS, FIRST_PROVISIONAL, World

HOST = "opendata.cbs.nl"
TABEL_ID = "80794ned"
NEDERLAND = "NL01"
_WIDTH = 6
_REGION_GROUPS = (Group("0", "Nederland"), Group("3", "Provincies"), Group("1", "Gemeenten"))
MONTH_NAMES = (
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
)
_COLUMNS = {
    "UitkeringsontvangersTotaal_1": "Uitkeringsontvangers totaal",
    "TotDeAOWLeeftijd_2": "Tot de AOW-leeftijd",
    "VanafDeAOWLeeftijd_3": "Vanaf de AOW-leeftijd",
    "Werkloosheid_4": "Werkloosheid",
    "BijstandGerelateerdTotAOWLeeftijd_5": "Bijstand gerelateerd tot AOW-leeftijd",
    "BijstandGerelateerdVanafAOWLeeftijd_6": "Bijstand gerelateerd vanaf AOW-leeftijd",
    "BijstandTotDeAOWLeeftijd_7": "Bijstand tot de AOW-leeftijd",
    "ArbeidsongeschiktheidTotaal_8": "Arbeidsongeschiktheid totaal",
    "WAOUitkering_9": "WAO-uitkering",
    "WIAUitkeringWGARegeling_10": "WIA-uitkering, WGA-regeling",
    "WajongUitkering_11": "Wajong-uitkering",
    "AlgemeneOuderdomswet_12": "Algemene Ouderdomswet",
}
# Other benefits are no subject of this project: a part of the inwoners, so that the columns are filled.
_PART_OF_INWONERS = {
    "Werkloosheid_4": 0.0105,
    "WAOUitkering_9": 0.011,
    "WIAUitkeringWGARegeling_10": 0.0145,
    "WajongUitkering_11": 0.0134,
    "AlgemeneOuderdomswet_12": 0.198,
}
_RELATED = 1.06  # bijstand and IOAW, IOAZ, Bbz against bijstand alone
_RELATED_OLD = 0.11


def bijstand_table(world: World) -> Table:
    """Make the table; a gemeente that is not there in a year has no rows with values in it."""
    names = {g.code: g.naam for jaar, _ in BIJSTAND_MONTHS for g in world.gemeenten(jaar).values()}
    provincies = {g.provincie_code: g.provincie for g in world.gemeenten(BIJSTAND_MONTHS[-1][0]).values()}
    regios = tuple(
        Code(code.ljust(_WIDTH), naam, groep=groep)
        for code, naam, groep in [
            (NEDERLAND, "Nederland", "0"),
            *((c, f"{provincies[c]} (PV)", "3") for c in sorted(provincies)),
            *((c, names[c], "1") for c in sorted(names)),
        ]
    )
    perioden = tuple(_period(jaar, maand) for jaar, maand in BIJSTAND_MONTHS)
    dimensions = (
        Dimension("RegioS", "Regio's", "GeoDimension", regios, _REGION_GROUPS),
        Dimension("Perioden", "Perioden", "TimeDimension", perioden, (Group("2", "Maanden"),)),
    )
    topics = tuple(Topic(key, titel, "aantal", "Long", 0) for key, titel in _COLUMNS.items())
    given = sorted(world.facts.bijstand)
    uitleg = (
        f"Bijstand tot de AOW-leeftijd in januari {', '.join(map(str, given))} volgens gegeven feiten; "
        "de rest ingevuld."
        if given
        else "Personen ingevuld, passend bij gepubliceerde landelijke cijfers en klassengemiddelden."
    )
    description = Description(
        TABEL_ID,
        "Personen met een uitkering; uitkeringsontvangers per regio",
        "CBS",
        f"januari {BIJSTAND_MONTHS[0][0]} - {MONTH_NAMES[BIJSTAND_MONTHS[-1][1] - 1]} {BIJSTAND_MONTHS[-1][0]}",
        "Per maand",
        modified("2026-10-30", world.id, TABEL_ID),
        source_text(uitleg, world.id),
        "Personen met een uitkering, naar soort uitkering en regio",
    )
    columns = ("ID", "RegioS", "Perioden", *_COLUMNS)
    return Table(HOST, description, dimensions, topics, FrameRows(columns, lambda: _rows(world, dimensions)))


def _period(jaar: int, maand: int) -> Code:
    status = "Definitief" if (jaar, maand) < FIRST_PROVISIONAL else "Voorlopig"
    star = "" if status == "Definitief" else "*"
    return Code(f"{jaar}MM{maand:02}", f"{jaar} {MONTH_NAMES[maand - 1]}{star}", "", status, "2")


def _rows(world: World, dimensions: tuple[Dimension, Dimension]) -> pl.DataFrame:
    """Lay out all regions by all months; Nederland and the provincies are sums of gemeenten."""
    filled = pl.concat([_month(world, jaar, maand) for jaar, maand in BIJSTAND_MONTHS])
    numbers = pl.col(*_COLUMNS).sum()
    totals = filled.group_by("Perioden").agg(numbers).with_columns(pl.lit(NEDERLAND).alias("RegioS"))
    parts = filled.group_by("Perioden", "provincie").agg(numbers).rename({"provincie": "RegioS"})
    filled = pl.concat([frame.select("RegioS", "Perioden", *_COLUMNS) for frame in (filled, totals, parts)])
    regios, perioden = (pl.DataFrame({d.naam: [code.code for code in d.codes]}) for d in dimensions)
    filled = filled.with_columns(pl.col("RegioS").str.pad_end(_WIDTH))
    cells = regios.join(perioden, how="cross", maintain_order="left_right")
    laid = cells.join(filled, on=["RegioS", "Perioden"], how="left", maintain_order="left")
    return laid.with_row_index("ID").cast({"ID": pl.Int64})


def _month(world: World, jaar: int, maand: int) -> pl.DataFrame:
    """Give every column of a month for the gemeenten there are, in tens."""
    bijstand, inwoners = world.bijstand(jaar, maand), world.inwoners(jaar)
    codes, register = sorted(bijstand), world.gemeenten(jaar)
    frame = pl.DataFrame(
        {
            "RegioS": codes,
            "BijstandTotDeAOWLeeftijd_7": [bijstand[code] for code in codes],
            "inwoners": [inwoners[code] for code in codes],
            "provincie": [register[code].provincie_code for code in codes],
        }
    )
    persons, people = pl.col("BijstandTotDeAOWLeeftijd_7"), pl.col("inwoners")
    frame = frame.with_columns(
        _tens(persons * _RELATED).alias("BijstandGerelateerdTotAOWLeeftijd_5"),
        _tens(persons * _RELATED_OLD).alias("BijstandGerelateerdVanafAOWLeeftijd_6"),
        *(_tens(people * part).alias(column) for column, part in _PART_OF_INWONERS.items()),
        pl.lit(f"{jaar}MM{maand:02}").alias("Perioden"),
    )
    ill = pl.sum_horizontal("WAOUitkering_9", "WIAUitkeringWGARegeling_10", "WajongUitkering_11")
    frame = frame.with_columns(ill.alias("ArbeidsongeschiktheidTotaal_8"))
    young = pl.sum_horizontal("Werkloosheid_4", "BijstandGerelateerdTotAOWLeeftijd_5", "ArbeidsongeschiktheidTotaal_8")
    frame = frame.with_columns(
        young.alias("TotDeAOWLeeftijd_2"), pl.col("AlgemeneOuderdomswet_12").alias("VanafDeAOWLeeftijd_3")
    )
    total = pl.col("TotDeAOWLeeftijd_2") + pl.col("VanafDeAOWLeeftijd_3")
    return frame.with_columns(total.alias("UitkeringsontvangersTotaal_1"))


def _tens(number: pl.Expr) -> pl.Expr:
    return ((number / 10).round() * 10).cast(pl.Int64)

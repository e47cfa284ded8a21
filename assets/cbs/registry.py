"""The registry of CBS tables: which ones, under which id, and what of each is taken.

Here: `tables.toml` as validated records, and the list of sources for a set of years. Not here: any request to
CBS.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assets.cbs.versheid import Kalender
from assets.errors import SettingsError

REGISTRY_FILE = Path(__file__).with_name("tables.toml")
_IV3 = "iv3"


class Breuk(BaseModel):
    """A break in a series: from which year, and what changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    jaar: int
    wat: str


class Periode(BaseModel):
    """Which periods are taken: of one kind (JJ years, MM months, KW quarters), from a year on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kolom: str
    soort: Literal["JJ", "MM", "KW"]
    vanaf: int


class Geldig(BaseModel):
    """The years for which a table can be taken; `tot` is None while CBS goes on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    van: int
    tot: int | None = None


class Entry(BaseModel):
    """One table of the registry, or one for each year.

    Args:
        titel: its title at CBS; `{jaar}` stands for the year.
        catalogus: CBS's catalogue.
        protocol: OData version of the service it is read from.
        host: CBS's host of that service.
        per_jaar: there is one table a year.
        id: the id, when there is one table.
        ids: the ids by year, when there is one a year.
        kolommen: the columns wanted, by stem (`a|b`: either); a column's number drifts between releases.
        measures: the measures wanted in v4 (`a|b`: either).
        measure_titels: the title each of those must have, where it is known: an id that CBS gave to something
        else
            is refused.
        filter: in words, what is taken and why.
        measures_op_titel: the same by title (`a|b`: either), where the id is not known beforehand.
        selectie: codes a dimension is restricted to.
        totaal: dimensions restricted to the one code whose title says that it is the total.
        regio: the dimension of regions; only Nederland and the kinds of `regio_soorten` are taken.
        regio_soorten: the first letters of the codes taken: GM gemeenten, PV provincies.
        periode: the dimension of periods and what is taken of it.
        kalender: how often CBS publishes it anew: maand, kwartaal, jaar, iv3 (after the deadlines of gemeenten), vast.
        geldig: the years for which it can be taken.
        breuken: known breaks in the series.
        opvolger: the table that took its place, if any.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    titel: str
    catalogus: Literal["CBS", "IV3"]
    protocol: Literal["v3", "v4"]
    host: Literal["dataderden.cbs.nl", "opendata.cbs.nl", "datasets.cbs.nl"]
    per_jaar: bool = False
    id: str | None = None
    ids: dict[int, str] = Field(default_factory=dict)
    kolommen: tuple[str, ...]
    measures: tuple[str, ...] = ()
    measure_titels: dict[str, str] = Field(default_factory=dict)
    measures_op_titel: tuple[str, ...] = ()
    filter: str
    selectie: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    totaal: tuple[str, ...] = ()
    regio: str | None = None
    regio_soorten: tuple[Literal["GM", "PV"], ...] = ("GM",)
    periode: Periode | None = None
    kalender: Kalender
    geldig: Geldig
    breuken: tuple[Breuk, ...] = ()
    opvolger: str | None = None

    @model_validator(mode="after")
    def _by_title_in_v4_only(self) -> Self:
        """Refuse what v3 would pass over in silence."""
        if self.protocol == "v3" and (self.measures_op_titel or self.totaal or self.regio_soorten != ("GM",)):
            raise ValueError("measures_op_titel, totaal and regio_soorten are for v4 tables")
        return self


@dataclass(frozen=True)
class Source:
    """One CBS table to download.

    Args:
        bron: name here: the name in the registry, with the year when there is one table a year.
        soort: name in the registry.
        tabel_id: id at CBS; None when it must be found through the catalogue title.
        titel: title at CBS.
        jaar: the year of the table, when there is one a year.
        licentie: licence of the data.
        entry: everything else the registry says of it.
    """

    bron: str
    soort: str
    tabel_id: str | None
    titel: str
    jaar: int | None
    licentie: str
    # Its lists have no hash; the name tells sources apart.
    entry: Entry = field(hash=False)

    @property
    def row_id(self) -> str:
        """Name the column that numbers the rows in its protocol."""
        return "ID" if self.entry.protocol == "v3" else "Id"


@dataclass(frozen=True)
class Registry:
    """All tables of the registry."""

    licentie: str
    bronvermelding: str
    entries: dict[str, Entry]

    def boekjaren(self) -> tuple[int, ...]:
        """Give the boekjaren whose Iv3 table is listed, ascending."""
        return tuple(sorted(self.entries[_IV3].ids))

    def sources(self, jaren: Iterable[int]) -> tuple[Source, ...]:
        """Give the sources for a set of years: the tables of those years, and the tables without a year.

        Raises:
            SettingsError: a year lies outside those for which a table can be taken.
        """
        years = sorted(set(jaren))
        for soort, entry in self.entries.items():
            outside = [jaar for jaar in years if entry.per_jaar and not _within(entry.geldig, jaar)]
            if outside:
                raise SettingsError(
                    f"year {outside[0]} cannot be taken: {soort} ({entry.titel}) can be taken for "
                    f"{entry.geldig.van}-{entry.geldig.tot or ''}. Ask for other years (--years)."
                )
        found = [
            self._source(soort, entry, jaar)
            for soort, entry in self.entries.items()
            for jaar in (years if entry.per_jaar else [None])
        ]
        return tuple(sorted(found, key=lambda source: source.bron))

    def _source(self, soort: str, entry: Entry, jaar: int | None) -> Source:
        if jaar is None:
            return Source(soort, soort, entry.id, entry.titel, None, self.licentie, entry)
        titel = entry.titel.format(jaar=jaar)
        return Source(f"{soort}_{jaar}", soort, entry.ids.get(jaar), titel, jaar, self.licentie, entry)


def _within(geldig: Geldig, jaar: int) -> bool:
    return geldig.van <= jaar and (geldig.tot is None or jaar <= geldig.tot)


@cache
def load_registry(path: Path = REGISTRY_FILE) -> Registry:
    """Read and validate the registry.

    Raises:
        SettingsError: the file is not TOML, or an entry is not as `Entry` describes.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        licentie, bronvermelding = str(content.pop("licentie")), str(content.pop("bronvermelding"))
        entries = {name: Entry.model_validate(entry) for name, entry in content.items()}
    except KeyError as error:
        raise SettingsError(f"{path} is not a valid registry: it does not say {error}") from error
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(f"{path} is not a valid registry: {error}") from error
    if _IV3 not in entries:
        raise SettingsError(f"{path} has no [{_IV3}]")
    for name, entry in entries.items():
        if entry.per_jaar == (entry.id is not None):
            raise SettingsError(f"{path}: [{name}] needs either per_jaar with ids, or one id")
    return Registry(licentie, bronvermelding, entries)

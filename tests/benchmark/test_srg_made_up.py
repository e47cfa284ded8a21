"""Made-up core rows of the SRG and national bijstand, and running SQL over them; the other test_srg files use this."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.benchmark.sql import connection, describe, found_rows, make_table, sql_files, table_path, views
from assets.core.base import CoreModel
from assets.core.bijstand import BijstandModel
from assets.core.bijstand_landelijk import DuurModel, KenmerkModel
from assets.core.gemeente import GemeenteModel
from assets.core.grootteklasse import grootteklasse
from assets.core.instelling import instelling
from assets.core.invoer import DUREN, BijstandsduurModel, DoelaandeelModel
from assets.core.keuzes import Keuzes
from assets.core.srg import PersoonModel, VoorzieningModel
from assets.core.voorziening_type import HOOFDCATEGORIEEN, LOONKOSTENSUBSIDIE, TOTAAL, voorziening_type
from assets.lake import Lake, write_table

Row = dict[str, Any]

FILES = {file.name: file for file in sql_files("benchmark")}
CHECKS = {file.name: file for file in sql_files("checks")}
TYPES = [naam for types in HOOFDCATEGORIEEN.values() for naam in types]
ALL_TYPES = [*TYPES, *HOOFDCATEGORIEEN, TOTAAL]
JOBCOACH = "Jobcoach/begeleiding op de werkplek"
AOW = "bijstand tot de AOW-leeftijd"
MODELS: dict[str, type[CoreModel]] = {
    "srg_voorziening": VoorzieningModel,
    "srg_persoon": PersoonModel,
    "bijstand_kenmerk": KenmerkModel,
    "bijstand_duur": DuurModel,
    "bijstand": BijstandModel,
    "gemeente": GemeenteModel,
    "invoer_bijstandsduur": BijstandsduurModel,
    "invoer_doelaandeel": DoelaandeelModel,
}
# What the SQL of the SRG reads of benchmark.gemeente_jaar, and what uitgaven_nederland reads beside it.
GEMEENTE_JAAR = {
    **dict.fromkeys(("boekjaar", "plaatsing", "lasten_euro", "baten_euro", "saldo_euro"), pl.Int64),
    **dict.fromkeys(("inwoners", "bijstandsontvangers"), pl.Int64),
    **dict.fromkeys(("verslagsoort", "taakveld", "gemeente_code", "herkomst"), pl.String),
    **dict.fromkeys(("is_geleverd", "is_nulboeking", "is_bijstand_voorlopig"), pl.Boolean),
}


def _telling(aantal: int | None) -> Row:
    return {
        "waarde_soort": "leeg" if aantal is None else "waarde",
        "status_cijfer": "Definitief",
        "is_voorlopig": False,
    }


def voorziening(jaar: int, maand: int, soort: str, aantal: int | None, **other: Any) -> Row:
    """Make a row of core.srg_voorziening: running, in Nederland."""
    key = {"jaar": jaar, "maand": maand, "regio_code": "NL01", "type": soort, "status": "lopend"}
    rest = {"aantal_voorzieningen": aantal, **_telling(aantal), "afronding_voorzieningen": 10}
    return {**key, **rest, **other}


def persoon(jaar: int, maand: int, soort: str, aantal: int | None, **other: Any) -> Row:
    """Make a row of core.srg_persoon: running, all totals."""
    key = {"jaar": jaar, "maand": maand, "type": soort, "status": "lopend"}
    totals = {"geslacht": "totaal", "leeftijd": "totaal", "herkomstland": "totaal"}
    return {**key, **totals, "aantal_personen": aantal, **_telling(aantal), "afronding_personen": 10, **other}


def kenmerk(jaar: int, maand: int, geslacht: str, leeftijd: str, aantal: int | None, **other: Any) -> Row:
    """Make a row of core.bijstand_kenmerk."""
    key = {"jaar": jaar, "maand": maand, "geslacht": geslacht, "leeftijd": leeftijd}
    return {**key, "aantal_personen": aantal, **_telling(aantal), "afronding_personen": 10, **other}


def duur(jaar: int, kwartaal: int, naam: str, aantal: int | None, **other: Any) -> Row:
    """Make a row of core.bijstand_duur."""
    key = {"jaar": jaar, "kwartaal": kwartaal, "duur": naam}
    return {**key, "aantal_personen": aantal, **_telling(aantal), "afronding_personen": 10, **other}


def bijstand(jaar: int, maand: int, regio: str, aantal: int | None, **other: Any) -> Row:
    """Make a row of core.bijstand."""
    key = {"jaar": jaar, "maand": maand, "regio_code": regio, "definitie": AOW}
    return {**key, "aantal_personen": aantal, **_telling(aantal), "afronding_personen": 10, **other}


def gemeente(jaar: int, code: str, inwoners: int, provincie: str = "PV26", **other: Any) -> Row:
    """Make a row of core.gemeente."""
    return {
        "jaar": jaar,
        "gemeente_code": code,
        "naam": f"Gemeente {code}",
        "provincie_code": provincie,
        "provincie": f"Provincie {provincie}",
        "arbeidsmarktregio_code": "AM01",
        "arbeidsmarktregio": "Regio",
        "inwoners": inwoners,
        **other,
    }


@dataclass
class World:
    """Core tables as rows, and the tables and checks that SQL makes of them.

    Args:
        folder: where to write.
        core: rows by core table; a table that is not there has no rows.
        benchmark: rows by benchmark table that are taken as they are; the other ones are made.
        keuzes: the choices of the run.
        herkomst: the origin of the whole.
    """

    folder: Path
    core: Mapping[str, Iterable[Row]]
    benchmark: Mapping[str, Iterable[Row]] = field(default_factory=dict)
    keuzes: Keuzes = field(default_factory=Keuzes)
    herkomst: str = "cbs"
    _there: set[tuple[str, str]] = field(default_factory=set, init=False)

    def table(self, name: str) -> list[Row]:
        """Make a benchmark table as a run makes it."""
        file = FILES[name]
        with views(self._paths(file.reads)) as over:
            make_table(file, describe(file, "benchmark"), Lake(self.folder), over)
        return pl.read_parquet(self._path("benchmark", name)).rows(named=True)

    def failures(self, check: str) -> list[Row]:
        """Give the rows that a check finds."""
        with connection(self._paths(CHECKS[check].reads)) as con:
            columns, rows = found_rows(CHECKS[check], con)
            return [dict(zip(columns, row, strict=True)) for row in rows]

    def _paths(self, reads: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Path]:
        for schema, name in reads:
            if (schema, name) in self._there:
                continue
            self._there.add((schema, name))
            if schema == "core":
                write_table(self._path(schema, name), self._core(name))
            elif name in self.benchmark:
                frame = pl.DataFrame(list(self.benchmark[name]), schema=GEMEENTE_JAAR)
                write_table(self._path(schema, name), frame)
            else:
                self.table(name)
        return {(schema, name): self._path(schema, name) for schema, name in reads}

    def _core(self, name: str) -> pl.DataFrame:
        made = {
            "voorziening_type": voorziening_type,
            "grootteklasse": grootteklasse,
            "instelling": lambda: instelling(self.keuzes, self.herkomst),
        }
        return made[name]() if name in made else core_frame(name, self.core.get(name, ()))

    def _path(self, schema: str, name: str) -> Path:
        lake = Lake(self.folder)
        if schema == "benchmark":
            return table_path(lake, describe(FILES[name], schema))
        return lake.core / f"{name}.parquet"


def core_frame(name: str, rows: Iterable[Row]) -> pl.DataFrame:
    """Turn rows into a frame with the types of the core model."""
    schema = {column: kind.dtype.type for column, kind in MODELS[name].to_schema().columns.items()}
    at_cbs = {"cbs_pagina": 1, "cbs_rij": 0}  # no metric reads where a row came from
    placed = {name: value for name, value in at_cbs.items() if name in schema}
    return pl.DataFrame([{**placed, **row} for row in rows], schema=schema)


def random_world(seed: int) -> dict[str, list[Row]]:
    """Make a world of three years, the last one of five months, with holes and provisional months.

    Counts differ from row to row, so that a figure of another row cannot pass for the right one.
    """
    rng = random.Random(seed)  # noqa: S311  # made-up figures
    absent = set(rng.sample(list(HOOFDCATEGORIEEN), 2))
    types = [soort for soort in ALL_TYPES if soort not in absent]
    months = [(jaar, maand) for jaar in (2023, 2024, 2025) for maand in range(1, 6 if jaar == 2025 else 13)]

    def count(most: int = 20_000, hole: float = 0.004) -> int | None:
        return None if rng.random() < hole else 10 * rng.randint(0, most)

    def late(jaar: int, maand: int) -> dict[str, Any]:
        is_late = (jaar, maand) >= (2025, 3)
        return {"is_voorlopig": is_late, "status_cijfer": "Voorlopig" if is_late else "Definitief"}

    gemeenten = [
        gemeente(jaar, f"GM{number:04}", rng.randint(1_000, 60_000), rng.choice(["PV26", "PV27"]))
        for jaar in (2023, 2024)
        for number in range(1, 8)
    ]
    regions = [(jaar, "NL01", 20_000) for jaar in (2023, 2024, 2025)]
    regions += [(jaar, code, 9_000) for jaar in (2023, 2024, 2025) for code in ("PV26", "PV27")]
    regions += [(row["jaar"], row["gemeente_code"], 60) for row in gemeenten]
    counted = [
        voorziening(jaar, maand, soort, count(most), regio_code=regio, status=status, **late(jaar, maand))
        for jaar, maand in months
        for year, regio, most in regions
        if year == jaar
        for soort in (types if regio == "NL01" else [TOTAAL, "Werkplekken", LOONKOSTENSUBSIDIE])
        for status in ("lopend", "beëindigd", "lopend en beëindigd")
    ]
    persons = [
        persoon(jaar, maand, soort, count(), status=status, geslacht=sex, leeftijd=age, **late(jaar, maand))
        for jaar, maand in months
        for soort in types
        for status in ("lopend", "uitstroom")
        for sex, age in [("totaal", "totaal"), *((s, "totaal") for s in ("mannen", "vrouwen"))]
        + [("totaal", age) for age in ("<27", "27-45", ">=45")]
    ]
    persons += [persoon(2023, 1, TOTAAL, count(), herkomstland="Nederland")]
    groups = [(s, "tot AOW-leeftijd") for s in ("totaal", "mannen", "vrouwen")]
    groups += [("totaal", age) for age in ("totaal", "<27", "27-45", ">=45")]
    return {
        "gemeente": gemeenten,
        "srg_voorziening": counted,
        "srg_persoon": persons,
        "bijstand_kenmerk": [
            kenmerk(jaar, maand, sex, age, count(hole=0.01), **late(jaar, maand))
            for jaar, maand in months
            for sex, age in groups
        ],
        "bijstand_duur": [
            duur(jaar, kwartaal, naam, count(hole=0.02))
            for jaar, kwartalen in ((2023, 4), (2024, 4), (2025, 1))
            for kwartaal in range(1, kwartalen + 1)
            for naam in ("totaal", *DUREN, "onbekend")
        ],
        "bijstand": [
            bijstand(jaar, maand, regio, count(most, hole=0.05), is_voorlopig=jaar == 2024)
            for jaar in (2023, 2024)
            for maand in (1, 12)
            for regio, most in [("NL01", 50_000), *((f"GM{number:04}", 60) for number in range(1, 8))]
        ],
    }


def mean(values: Iterable[float | None]) -> float | None:
    """Give the mean of what is there, or None."""
    there = [value for value in values if value is not None]
    return sum(there) / len(there) if there else None


def divided(one: float | None, other: float | None) -> float | None:
    """Divide, or None when that cannot be."""
    return one / other if one is not None and other else None


def same(found: float | None, expected: float | None) -> bool:
    """Compare two figures, either of which may be missing."""
    if found is None or expected is None:
        return found is expected
    return found == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("seed", [1, 2])
def test_made_up_rows_are_as_core_tables_are(seed: int) -> None:
    for name, rows in random_world(seed).items():
        frame = core_frame(name, rows)
        assert len(frame) > 0
        MODELS[name].validate(frame)


def test_the_sql_of_the_srg_reads_only_what_is_described() -> None:
    tables = {f"core.{name}" for name in (*MODELS, "voorziening_type", "grootteklasse", "instelling")}
    tables |= {"benchmark.gemeente_jaar", "benchmark.voorzieningen_type"}
    made = {
        *("voorzieningen_type", "voorzieningen_maand", "voorzieningen_grootteklasse", "voorzieningen_doel"),
        *("personen_geslacht", "personen_leeftijd", "personen_bijstandsduur", "intensiteit", "uitgaven_per_persoon"),
    }
    assert made <= set(FILES)
    for file in [*(FILES[name] for name in made), *(CHECKS[name] for name in CHECKS if name.startswith("srg_"))]:
        assert {f"{schema}.{name}" for schema, name in file.reads} <= tables, file.name
    for name in made:
        assert list(describe(FILES[name], "benchmark").columns)[-1] == "herkomst", name


@pytest.mark.parametrize("herkomst", ["cbs", "reconstructie"])
def test_every_row_says_where_it_comes_from(tmp_path: Path, herkomst: str) -> None:
    world = World(tmp_path, random_world(5), herkomst=herkomst)
    for name in ("voorzieningen_type", "voorzieningen_maand", "voorzieningen_grootteklasse", "voorzieningen_doel"):
        assert {row["herkomst"] for row in world.table(name)} == {herkomst}, name
    for name in ("personen_geslacht", "personen_leeftijd", "personen_bijstandsduur", "intensiteit"):
        assert {row["herkomst"] for row in world.table(name)} == {herkomst}, name

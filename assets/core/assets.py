"""The core tables as Dagster assets: a thin shell around the functions of this folder.

Here: which table is made from which sources and tables, and making it only when one of them changed. Not here: any
transformation.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    ResourceParam,
    multi_asset,
)

from assets.cbs.invoer import BESTANDEN, invoer_key
from assets.cbs.table import read_table
from assets.core import bijstand as bijstand_
from assets.core import bijstand_landelijk, invoer, iv3, srg
from assets.core import bron as bron_
from assets.core import controletotaal as controletotaal_
from assets.core import gebiedsovergang as gebiedsovergang_
from assets.core import gemeente as gemeente_
from assets.core import grootteklasse as grootteklasse_
from assets.core import herindeling as herindeling_
from assets.core import instelling as instelling_
from assets.core import prijsindex as prijsindex_
from assets.core import rapport_cijfer as rapport_cijfer_
from assets.core import voorziening_type as voorziening_type_
from assets.core.base import CoreModel, admit, admit_parts
from assets.core.inputs import Inputs, choose_inputs, choose_invoer
from assets.core.keuzes import Keuzes
from assets.description import TableDescription
from assets.lake import Lake
from assets.naast import side_by_side
from assets.stempel import code_sha256, file_sha256, fingerprint, is_current, mark

GROUP = "core"

# The core tables with their models, in the order of the data.
TABLES: tuple[tuple[TableDescription, type[CoreModel]], ...] = (
    (instelling_.DESCRIPTION, instelling_.InstellingModel),
    (bron_.DESCRIPTION, bron_.BronModel),
    (grootteklasse_.DESCRIPTION, grootteklasse_.GrootteklasseModel),
    (gemeente_.DESCRIPTION, gemeente_.GemeenteModel),
    (herindeling_.DESCRIPTION, herindeling_.HerindelingModel),
    (gebiedsovergang_.DESCRIPTION, gebiedsovergang_.GebiedsovergangModel),
    (iv3.TAAKVELD, iv3.TaakveldModel),
    (iv3.BOEKING, iv3.BoekingModel),
    (iv3.LEVERING, iv3.LeveringModel),
    (controletotaal_.DESCRIPTION, controletotaal_.ControletotaalModel),
    (bijstand_.DESCRIPTION, bijstand_.BijstandModel),
    (prijsindex_.DESCRIPTION, prijsindex_.PrijsindexModel),
    (voorziening_type_.DESCRIPTION, voorziening_type_.VoorzieningTypeModel),
    (srg.VOORZIENING, srg.VoorzieningModel),
    (srg.PERSOON, srg.PersoonModel),
    (bijstand_landelijk.KENMERK, bijstand_landelijk.KenmerkModel),
    (bijstand_landelijk.DUUR, bijstand_landelijk.DuurModel),
    (invoer.BIJSTANDSDUUR, invoer.BijstandsduurModel),
    (invoer.DOELAANDEEL, invoer.DoelaandeelModel),
    (rapport_cijfer_.DESCRIPTION, rapport_cijfer_.RapportCijferModel),
)
_MODELS = {description.table: (description, model) for description, model in TABLES}


def core_descriptions() -> tuple[TableDescription, ...]:
    """Give the descriptions of all core tables."""
    return tuple(description for description, _ in TABLES)


def core_key(table: str) -> AssetKey:
    """Give the asset key of a core table."""
    return AssetKey(["core", table])


@dataclass(frozen=True)
class Recept:
    """How one or several core tables are made.

    Args:
        tabellen: the tables it gives.
        make: makes their frames, in that order; a large one in parts (`admit_parts`).
        bronnen: the kinds of sources it reads (`iv3`, `gebieden`, ...), input files included; None: all of them.
        core: the core tables it reads.
        keuzes: whether the choices of the run shape it.
    """

    tabellen: tuple[str, ...]
    make: Callable[[Lake, Inputs, Keuzes], Iterator[pl.DataFrame | Iterator[pl.DataFrame]]]
    bronnen: tuple[str, ...] | None = ()
    core: tuple[str, ...] = ()
    keuzes: bool = False

    @property
    def reads_cbs(self) -> bool:
        """Tell whether it reads any CBS table; otherwise it reads input files, or nothing."""
        return self.bronnen is None or not set(self.bronnen) <= set(BESTANDEN)

    def reads(self, bron: str) -> bool:
        """Tell whether it reads a source."""
        return self.bronnen is None or soort_of(bron) in self.bronnen


def soort_of(bron: str) -> str:
    """Give the kind of a source: its name without the year."""
    return re.sub(r"_\d{4}$", "", bron)


def _grootteklasse(_lake: Lake, _inputs: Inputs, _keuzes: Keuzes) -> Iterator[pl.DataFrame]:
    yield grootteklasse_.grootteklasse()


def _rapport_cijfer(_lake: Lake, _inputs: Inputs, _keuzes: Keuzes) -> Iterator[pl.DataFrame]:
    yield rapport_cijfer_.rapport_cijfer()


def _voorziening_type(_lake: Lake, _inputs: Inputs, _keuzes: Keuzes) -> Iterator[pl.DataFrame]:
    yield voorziening_type_.voorziening_type()


def _instelling(_lake: Lake, inputs: Inputs, keuzes: Keuzes) -> Iterator[pl.DataFrame]:
    yield instelling_.instelling(keuzes, inputs.herkomst)


def _bron(_lake: Lake, inputs: Inputs, _keuzes: Keuzes) -> Iterator[pl.DataFrame]:
    yield bron_.bron(inputs)


def _gemeente(_lake: Lake, inputs: Inputs, _keuzes: Keuzes) -> Iterator[pl.DataFrame]:
    gebieden = {jaar: read_table(inputs[f"gebieden_{jaar}"]) for jaar in inputs.boekjaren}
    yield gemeente_.gemeente(gebieden, read_table(inputs["inwoners"]))


def _herindeling(_lake: Lake, inputs: Inputs, _keuzes: Keuzes) -> Iterator[pl.DataFrame]:
    yield herindeling_.herindeling(read_table(inputs["inwoners"]))


def _gebiedsovergang(lake: Lake, inputs: Inputs, _keuzes: Keuzes) -> Iterator[pl.DataFrame]:
    inwoners = gemeente_.inwoners_per_region(read_table(inputs["inwoners"]))
    yield gebiedsovergang_.gebiedsovergang(_read("herindeling", lake), inwoners, inputs.boekjaren)


def _bijstand(lake: Lake, inputs: Inputs, _keuzes: Keuzes) -> Iterator[pl.DataFrame]:
    yield bijstand_.bijstand(read_table(inputs["bijstand"]), _read("gemeente", lake))


def _prijsindex(_lake: Lake, inputs: Inputs, _keuzes: Keuzes) -> Iterator[pl.DataFrame]:
    tables = (read_table(inputs[bron]) for bron in ("prijsindex_overheid", "prijsindex_consumenten"))
    yield prijsindex_.prijsindex(*tables)


def _srg_voorziening(lake: Lake, inputs: Inputs, _keuzes: Keuzes) -> Iterator[pl.DataFrame | Iterator[pl.DataFrame]]:
    yield srg.srg_voorziening_in_parts(read_table(inputs["srg_voorzieningen"]), _read("gemeente", lake))


def _srg_persoon(_lake: Lake, inputs: Inputs, _keuzes: Keuzes) -> Iterator[pl.DataFrame]:
    yield srg.srg_persoon(read_table(inputs["srg_personen"]))


def _bijstand_kenmerk(_lake: Lake, inputs: Inputs, _keuzes: Keuzes) -> Iterator[pl.DataFrame]:
    yield bijstand_landelijk.bijstand_kenmerk(read_table(inputs["bijstand_kenmerken"]))


def _bijstand_duur(_lake: Lake, inputs: Inputs, _keuzes: Keuzes) -> Iterator[pl.DataFrame]:
    yield bijstand_landelijk.bijstand_duur(read_table(inputs["bijstand_duur"]))


def _invoer_bijstandsduur(_lake: Lake, inputs: Inputs, _keuzes: Keuzes) -> Iterator[pl.DataFrame]:
    yield invoer.bijstandsduur(inputs.invoer.get("invoer_bijstandsduur"))


def _invoer_doelaandeel(_lake: Lake, inputs: Inputs, _keuzes: Keuzes) -> Iterator[pl.DataFrame]:
    yield invoer.doelaandeel(inputs.invoer.get("invoer_doelaandeel"))


def _iv3(lake: Lake, inputs: Inputs, keuzes: Keuzes) -> Iterator[pl.DataFrame | Iterator[pl.DataFrame]]:
    gemeenten = _read("gemeente", lake)
    years = {}
    for jaar in inputs.boekjaren:
        codes = gemeenten.filter(pl.col("jaar") == jaar)["gemeente_code"].to_list()
        table = read_table(inputs[f"iv3_{jaar}"])
        years[jaar] = iv3.iv3_year(table, jaar, codes, keuzes.taakvelden, keuzes.levering_taakvelden)
    nederland = gemeente_.inwoners_nederland(read_table(inputs["inwoners"]))
    # A year at a time: codes are numbers within a year, and texts when they are written.
    yield (year.boeking for year in years.values())
    yield (year.levering for year in years.values())
    yield pl.concat(y.taakveld for y in years.values())
    yield controletotaal_.controletotaal(nederland, {jaar: year.totaal for jaar, year in years.items()})


# Each comes after the core tables it reads; what takes longest begins first.
RECEPTEN: tuple[Recept, ...] = (
    Recept(("gemeente",), _gemeente, ("gebieden", "inwoners")),
    Recept(("srg_voorziening",), _srg_voorziening, ("srg_voorzieningen",), ("gemeente",)),
    # Four tables at once: reading the Iv3 pages is dear, and is done once.
    Recept(
        ("iv3_boeking", "iv3_levering", "taakveld", "controletotaal"),
        _iv3,
        ("iv3", "inwoners"),
        ("gemeente",),
        keuzes=True,
    ),
    Recept(("grootteklasse",), _grootteklasse),
    Recept(("rapport_cijfer",), _rapport_cijfer),
    Recept(("voorziening_type",), _voorziening_type),
    Recept(("instelling",), _instelling, bronnen=None, keuzes=True),
    Recept(("bron",), _bron, bronnen=None),
    Recept(("herindeling",), _herindeling, ("inwoners",)),
    # The boekjaren, between which figures go over, are those of the Iv3 tables that are there.
    Recept(("gebiedsovergang",), _gebiedsovergang, ("inwoners", "iv3"), ("herindeling",)),
    Recept(("bijstand",), _bijstand, ("bijstand",), ("gemeente",)),
    Recept(("prijsindex",), _prijsindex, ("prijsindex_overheid", "prijsindex_consumenten")),
    Recept(("srg_persoon",), _srg_persoon, ("srg_personen",)),
    Recept(("bijstand_kenmerk",), _bijstand_kenmerk, ("bijstand_kenmerken",)),
    Recept(("bijstand_duur",), _bijstand_duur, ("bijstand_duur",)),
    Recept(("invoer_bijstandsduur",), _invoer_bijstandsduur, ("invoer_bijstandsduur",)),
    Recept(("invoer_doelaandeel",), _invoer_doelaandeel, ("invoer_doelaandeel",)),
)


def core_assets(raw_keys: Sequence[AssetKey]) -> AssetsDefinition:
    """Make the core assets: one step that makes any subset of them.

    One step, as what Dagster writes down for a step costs more than most of these tables.

    Args:
        raw_keys: the keys of the raw assets; a core asset depends on those of its own sources.
    """
    every = [*raw_keys, *(invoer_key(bron) for bron in BESTANDEN)]
    specs = [
        AssetSpec(
            core_key(table),
            deps=[*(key for key in every if recept.reads(key.path[-1])), *(core_key(other) for other in recept.core)],
            group_name=GROUP,
            description=_MODELS[table][0].about,
        )
        for recept in RECEPTEN
        for table in recept.tabellen
    ]

    @multi_asset(name="core", specs=specs, can_subset=True)
    def core(
        context: AssetExecutionContext, lake: ResourceParam[Lake], keuzes: ResourceParam[Keuzes]
    ) -> Iterator[MaterializeResult[Any]]:
        selected = {key.path[-1] for key in context.selected_asset_keys}
        for table, (rows, is_made) in make_tables(selected, lake, keuzes).items():
            if table in selected:
                yield MaterializeResult(asset_key=core_key(table), metadata={"rows": rows, "is_made": is_made})

    return core


def make_tables(selected: Collection[str], lake: Lake, keuzes: Keuzes) -> dict[str, tuple[int, bool]]:
    """Make core tables, unless they are there from the same inputs, a few side by side; see `make_core`.

    Args:
        selected: the tables asked; those made with them are made too.
        lake: holds the vintages, and gets the tables.
        keuzes: the choices of the run.

    Returns:
        table -> number of rows, and whether it was made now.

    Raises:
        ContractError, LakeError: of the first that failed; those under way are finished, and the rest is not begun.
            What was made is there, and the next run finds it made.
    """
    recepten = {recept.tabellen: recept for recept in RECEPTEN if not {*recept.tabellen}.isdisjoint(selected)}
    rests_on = {
        tabellen: [other for other in recepten if not {*other}.isdisjoint(recept.core)]
        for tabellen, recept in recepten.items()
    }
    # Chosen once for all: a run has the lake for itself, and to look through every vintage for each table took a tenth
    # of a night without news. Tables that rest on no CBS table are made before any is downloaded.
    reads_cbs = any(recept.reads_cbs for recept in recepten.values())
    inputs = choose_inputs(lake) if reads_cbs else Inputs({}, choose_invoer(lake), ())
    made = side_by_side(rests_on, lambda tabellen: make_core(recepten[tabellen], lake, inputs, keuzes))
    return {table: found for tables in made.values() for table, found in tables.items()}


def make_core(recept: Recept, lake: Lake, inputs: Inputs, keuzes: Keuzes) -> dict[str, tuple[int, bool]]:
    """Make the tables of a recept, unless they are there from the same inputs.

    Args:
        recept: which tables, and how.
        lake: holds the core tables it reads.
        inputs: the vintages to read, at least of the sources it reads.
        keuzes: the choices of the run.

    Returns:
        table -> number of rows, and whether it was made now.

    Raises:
        ContractError, LakeError: see `admit` and the functions of each subject.
    """
    read = {bron: v for bron, v in {**inputs.vintages, **inputs.invoer}.items() if recept.reads(bron)}
    paths = {table: core_path(table, lake) for table in recept.tabellen}
    made_from = fingerprint(
        {
            "tabellen": recept.tabellen,
            "code": code_sha256("assets/core", "assets/cbs"),
            "vintages": {bron: (v.id, v.manifest.sha256, v.manifest.herkomst) for bron, v in read.items()},
            "core": {table: file_sha256(core_path(table, lake)) for table in recept.core},
            "keuzes": asdict(keuzes) if recept.keuzes else {},
        }
    )
    if is_current(paths.values(), made_from):
        return {table: (_rows(path), False) for table, path in paths.items()}
    made = {}
    for table, frame in zip(recept.tabellen, recept.make(lake, inputs, keuzes), strict=True):
        description, model = _MODELS[table]
        if isinstance(frame, pl.DataFrame):
            rows = len(admit(frame, model, description, lake))
        else:
            rows = admit_parts(frame, model, description, lake)
        made[table] = (rows, True)
    mark(paths.values(), made_from)
    return made


def core_path(table: str, lake: Lake) -> Path:
    """Tell where the Parquet of a core table lies."""
    return lake.core / f"{table}.parquet"


def _read(table: str, lake: Lake) -> pl.DataFrame:
    return pl.read_parquet(core_path(table, lake))


def _rows(path: Path) -> int:
    return int(pl.scan_parquet(path).select(pl.len()).collect().item())

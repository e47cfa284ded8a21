"""The core tables as Dagster assets: a thin shell around the functions of this folder.

Here: which asset reads which raw tables and writes which core table. Not here: any transformation.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
from dagster import AssetKey, AssetsDefinition, AssetSpec, MaterializeResult, ResourceParam, asset, multi_asset

from assets.cbs.invoer import invoer_key
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
from assets.core.base import CoreModel, admit
from assets.core.inputs import choose_inputs
from assets.core.instelling import Keuzes
from assets.description import TableDescription
from assets.lake import Lake

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


def core_assets(raw_keys: Sequence[AssetKey]) -> list[AssetsDefinition]:
    """Make the core assets.

    Args:
        raw_keys: the keys of the raw assets; a core asset depends on those of its own sources.
    """

    def raw(*soorten: str) -> list[AssetKey]:
        return [key for key in raw_keys if re.sub(r"_\d{4}$", "", key.path[-1]) in soorten]

    @asset(key=core_key("grootteklasse"), group_name=GROUP)
    def grootteklasse(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        return _result("grootteklasse", grootteklasse_.grootteklasse(), lake)

    @asset(key=core_key("instelling"), deps=list(raw_keys), group_name=GROUP)
    def instelling(lake: ResourceParam[Lake], keuzes: ResourceParam[Keuzes]) -> MaterializeResult[Any]:
        return _result("instelling", instelling_.instelling(keuzes, choose_inputs(lake).herkomst), lake)

    invoer_keys = [invoer_key("invoer_bijstandsduur"), invoer_key("invoer_doelaandeel")]

    @asset(key=core_key("bron"), deps=[*raw_keys, *invoer_keys], group_name=GROUP)
    def bron(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        return _result("bron", bron_.bron(choose_inputs(lake)), lake)

    @asset(key=core_key("rapport_cijfer"), group_name=GROUP)
    def rapport_cijfer(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        return _result("rapport_cijfer", rapport_cijfer_.rapport_cijfer(), lake)

    @asset(key=core_key("gemeente"), deps=raw("gebieden", "inwoners"), group_name=GROUP)
    def gemeente(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        inputs = choose_inputs(lake)
        gebieden = {jaar: read_table(inputs[f"gebieden_{jaar}"]) for jaar in inputs.boekjaren}
        return _result("gemeente", gemeente_.gemeente(gebieden, read_table(inputs["inwoners"])), lake)

    @asset(key=core_key("herindeling"), deps=raw("inwoners"), group_name=GROUP)
    def herindeling(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        return _result("herindeling", herindeling_.herindeling(read_table(choose_inputs(lake)["inwoners"])), lake)

    @asset(key=core_key("gebiedsovergang"), deps=[*raw("inwoners"), core_key("herindeling")], group_name=GROUP)
    def gebiedsovergang(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        inputs = choose_inputs(lake)
        inwoners = gemeente_.inwoners_per_region(read_table(inputs["inwoners"]))
        passed = _read("herindeling", lake)
        return _result("gebiedsovergang", gebiedsovergang_.gebiedsovergang(passed, inwoners, inputs.boekjaren), lake)

    @asset(key=core_key("bijstand"), deps=[*raw("bijstand"), core_key("gemeente")], group_name=GROUP)
    def bijstand(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        table = read_table(choose_inputs(lake)["bijstand"])
        return _result("bijstand", bijstand_.bijstand(table, _read("gemeente", lake)), lake)

    @asset(key=core_key("prijsindex"), deps=raw("prijsindex_overheid", "prijsindex_consumenten"), group_name=GROUP)
    def prijsindex(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        inputs = choose_inputs(lake)
        tables = (read_table(inputs[bron]) for bron in ("prijsindex_overheid", "prijsindex_consumenten"))
        return _result("prijsindex", prijsindex_.prijsindex(*tables), lake)

    @asset(key=core_key("voorziening_type"), group_name=GROUP)
    def voorziening_type(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        return _result("voorziening_type", voorziening_type_.voorziening_type(), lake)

    @asset(key=core_key("srg_voorziening"), deps=[*raw("srg_voorzieningen"), core_key("gemeente")], group_name=GROUP)
    def srg_voorziening(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        raw_table = choose_inputs(lake)["srg_voorzieningen"]
        # Read in the call, so that two million raw rows are let go of before the table is written.
        frame = srg.srg_voorziening(read_table(raw_table), _read("gemeente", lake))
        return _result("srg_voorziening", frame, lake)

    @asset(key=core_key("srg_persoon"), deps=raw("srg_personen"), group_name=GROUP)
    def srg_persoon(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        return _result("srg_persoon", srg.srg_persoon(read_table(choose_inputs(lake)["srg_personen"])), lake)

    @asset(key=core_key("bijstand_kenmerk"), deps=raw("bijstand_kenmerken"), group_name=GROUP)
    def bijstand_kenmerk(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        table = read_table(choose_inputs(lake)["bijstand_kenmerken"])
        return _result("bijstand_kenmerk", bijstand_landelijk.bijstand_kenmerk(table), lake)

    @asset(key=core_key("bijstand_duur"), deps=raw("bijstand_duur"), group_name=GROUP)
    def bijstand_duur(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        table = read_table(choose_inputs(lake)["bijstand_duur"])
        return _result("bijstand_duur", bijstand_landelijk.bijstand_duur(table), lake)

    @asset(key=core_key("invoer_bijstandsduur"), deps=[invoer_key("invoer_bijstandsduur")], group_name=GROUP)
    def invoer_bijstandsduur(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        return _result("invoer_bijstandsduur", invoer.bijstandsduur(lake.newest("invoer_bijstandsduur")), lake)

    @asset(key=core_key("invoer_doelaandeel"), deps=[invoer_key("invoer_doelaandeel")], group_name=GROUP)
    def invoer_doelaandeel(lake: ResourceParam[Lake]) -> MaterializeResult[Any]:
        return _result("invoer_doelaandeel", invoer.doelaandeel(lake.newest("invoer_doelaandeel")), lake)

    iv3_deps = [*raw("iv3", "inwoners"), core_key("gemeente")]

    # One step for four tables: parsing the Iv3 pages is the dearest work of a build and is done once.
    @multi_asset(
        name="iv3",
        specs=[
            AssetSpec(core_key(table), deps=iv3_deps, group_name=GROUP)
            for table in ("iv3_boeking", "iv3_levering", "taakveld", "controletotaal")
        ],
    )
    def iv3_tables(lake: ResourceParam[Lake], keuzes: ResourceParam[Keuzes]) -> Iterator[MaterializeResult[Any]]:
        inputs = choose_inputs(lake)
        gemeenten = _read("gemeente", lake)
        years = {}
        for jaar in inputs.boekjaren:
            codes = gemeenten.filter(pl.col("jaar") == jaar)["gemeente_code"].to_list()
            table = read_table(inputs[f"iv3_{jaar}"])
            years[jaar] = iv3.iv3_year(table, jaar, codes, keuzes.taakvelden, keuzes.levering_taakvelden)
        nederland = gemeente_.inwoners_nederland(read_table(inputs["inwoners"]))
        totals = {jaar: year.totaal for jaar, year in years.items()}
        yield _result("iv3_boeking", pl.concat(y.boeking for y in years.values()), lake)
        yield _result("iv3_levering", pl.concat(y.levering for y in years.values()), lake)
        yield _result("taakveld", pl.concat(y.taakveld for y in years.values()), lake)
        yield _result("controletotaal", controletotaal_.controletotaal(nederland, totals), lake)

    return [
        grootteklasse,
        instelling,
        bron,
        rapport_cijfer,
        gemeente,
        herindeling,
        gebiedsovergang,
        bijstand,
        prijsindex,
        voorziening_type,
        srg_voorziening,
        srg_persoon,
        bijstand_kenmerk,
        bijstand_duur,
        invoer_bijstandsduur,
        invoer_doelaandeel,
        iv3_tables,
    ]


def _read(table: str, lake: Lake) -> pl.DataFrame:
    return pl.read_parquet(lake.core / f"{table}.parquet")


def _result(table: str, frame: pl.DataFrame, lake: Lake) -> MaterializeResult[Any]:
    """Admit a frame and tell Dagster what was written."""
    description, model = _MODELS[table]
    written = admit(frame, model, description, lake)
    return MaterializeResult(asset_key=core_key(table), metadata={"rows": len(written)})

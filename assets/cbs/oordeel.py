"""Whether a vintage may be used: compared with the one before it, and held back when it differs too much.

Here: the comparison of two downloads of one table, the limits, and the events that let a vintage in or hold it back.
Not here: downloading (`download`), or choosing the vintages of a build (`assets.core.inputs`).

A vintage is kept whatever the outcome. One that is held back (`aangehouden`) is not used until somebody accepts it or a
later one passes; the newest that was accepted stays in use. The events stand beside the vintages and are never changed,
so that a build as of an earlier day sees what was known that day:

    <lake>/raw/<bron>/.oordelen/<vintage>.json
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from assets.cbs.odata import stem
from assets.cbs.table import RawTable, read_table
from assets.cbs.titels import normalised
from assets.errors import ContractError, SettingsError
from assets.lake import Lake, Vintage, held, read_model, write_bytes

AANVAARD, AANGEHOUDEN = "aanvaard", "aangehouden"
_EXAMPLES = 5
_NATIONAL = "NL01"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_NOT_COMPARED = "not compared yet with the one before, as its run ended: the next refresh does that"
_NOT_A_KEY = ("ID", "Id", "Value", "StringValue", "ValueAttribute")


@dataclass(frozen=True)
class Grenzen:
    """How much a vintage may differ from the one before it; beyond it, it is held back. Fractions 0-1.

    Args:
        rijen: rows that may go (of the rows before).
        totaal: change of a national total, over the cells both have.
        cellen: share of the cells both have with a number that may have another one.
        codes: codes of a dimension (gemeenten, months, types), and measures, that may go.
    """

    rijen: float = 0.02
    totaal: float = 0.10
    cellen: float = 0.30
    codes: int = 0


class Gebeurtenis(BaseModel):
    """That a vintage was accepted or held back: when, by whom, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Literal["aanvaard", "aangehouden"]
    op: str
    door: Literal["grenzen", "gebruiker"]
    redenen: tuple[str, ...] = ()


class Oordeel(BaseModel):
    """What was found of a vintage, and what happened to it, the oldest event first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vintage: str
    vergeleken_met: str
    bevindingen: tuple[str, ...]
    gebeurtenissen: tuple[Gebeurtenis, ...]

    def status(self, as_of: str | None = None) -> str:
        """Give the status at a moment (UTC, ISO 8601), or now; before the first event it is held back."""
        past = [event.status for event in self.gebeurtenissen if as_of is None or event.op <= as_of]
        return past[-1] if past else AANGEHOUDEN


def oordelen(lake: Lake, bron: str) -> dict[str, Oordeel | None]:
    """Give what is known of every vintage of a source, the oldest first.

    Returns:
        vintage -> its judgement; None for one that there is nothing to compare with: an input file, or the first of its
        world and selection. One that came and was not compared, as its run ended before that, is held back until the
        next refresh compares it.

    Raises:
        LakeError: a file is damaged.
    """
    found: dict[str, Oordeel | None] = {}
    in_use: dict[tuple[str, ...], str] = {}
    for vintage in lake.vintages(bron):
        manifest = vintage.manifest
        kind = (manifest.wereld, manifest.herkomst, manifest.selectie)
        oordeel = _read(lake, bron, vintage.id)
        if oordeel is None and kind in in_use and manifest.protocol != "bestand":
            oordeel = _held_back(vintage.id, in_use[kind], manifest.downloaded_at, _NOT_COMPARED)
        if _may_be_used(oordeel, lake.as_of):
            in_use[kind] = vintage.id
        found[vintage.id] = oordeel
    return found


def not_compared(lake: Lake, bron: str) -> dict[str, str]:
    """Give the vintages that came and were not compared, the oldest first, and with which one each is to be."""
    found = oordelen(lake, bron).items()
    return {id_: o.vergeleken_met for id_, o in found if o is not None and _read(lake, bron, id_) is None}


def accepted(lake: Lake, bron: str) -> Vintage | None:
    """Give the newest vintage of a source that may be used, as of the moment the lake looks at; None: there is none."""
    found = oordelen(lake, bron)
    usable = (v for v in reversed(lake.vintages(bron)) if _may_be_used(found[v.id], lake.as_of))
    return next(usable, None)


def _may_be_used(oordeel: Oordeel | None, as_of: str | None) -> bool:
    return oordeel is None or oordeel.status(as_of) == AANVAARD


def held_back(lake: Lake) -> dict[str, Oordeel]:
    """Give the sources whose newest vintage is held back, with what was found of it."""
    newest = {bron: [*oordelen(lake, bron).values()][-1:] for bron in lake.bronnen()}
    return {
        bron: oordeel
        for bron, last in newest.items()
        for oordeel in last
        if oordeel is not None and oordeel.status() == AANGEHOUDEN
    }


def judge(lake: Lake, bron: str, grenzen: Grenzen) -> Oordeel | None:
    """Compare each vintage that was not compared yet with the newest one in use, and write down whether it may be used.

    Args:
        lake: where the vintages are.
        bron: the source.
        grenzen: beyond which one is held back.

    Returns:
        the judgement of the newest vintage, when it got one now.

    Raises:
        ContractError, LakeError: one of the two cannot be read.
    """
    by_id = {vintage.id: vintage for vintage in lake.vintages(bron)}
    made = None
    # Anew each time: with which one is compared hangs on the judgements before it.
    while waiting := not_compared(lake, bron):
        vintage, old = next(iter(waiting.items()))
        made = _judged(lake, bron, by_id[old], by_id[vintage], grenzen)
    return made if made is not None and made.vintage == max(by_id) else None


def _judged(lake: Lake, bron: str, old: Vintage, vintage: Vintage, grenzen: Grenzen) -> Oordeel:
    """Compare a vintage with the one in use, and write down whether it may be used."""
    try:
        new = read_table(vintage)
    except ContractError as error:
        # Not used, and not what the next one is compared with.
        _write(lake, bron, _held_back(vintage.id, old.id, _now(), str(error)))
        raise
    found, reasons = compare(read_table(old), new, grenzen)
    event = Gebeurtenis(status=AANGEHOUDEN if reasons else AANVAARD, op=_now(), door="grenzen", redenen=tuple(reasons))
    oordeel = Oordeel(vintage=vintage.id, vergeleken_met=old.id, bevindingen=tuple(found), gebeurtenissen=(event,))
    _write(lake, bron, oordeel)
    return oordeel


def _held_back(vintage: str, old: str, op: str, reason: str) -> Oordeel:
    event = Gebeurtenis(status=AANGEHOUDEN, op=op, door="grenzen", redenen=(reason,))
    return Oordeel(vintage=vintage, vergeleken_met=old, bevindingen=(), gebeurtenissen=(event,))


def _read(lake: Lake, bron: str, vintage: str) -> Oordeel | None:
    what_to_do = "take it away, and the next refresh compares the vintage again"
    return read_model(_path(lake, bron, vintage), Oordeel, what_to_do)


def accept(lake: Lake, vintage_id: str) -> str:
    """Let a vintage in that was held back.

    Returns:
        the source it is of.

    Raises:
        SettingsError: no source has a vintage of that id, or it is not held back.
        LakeError: a run has the lake.
    """
    with held(lake):
        for bron in lake.bronnen():
            found = oordelen(lake, bron).get(vintage_id)
            if found is None or found.status() == AANVAARD:
                continue
            event = Gebeurtenis(status=AANVAARD, op=_now(), door="gebruiker")
            _write(lake, bron, found.model_copy(update={"gebeurtenissen": (*found.gebeurtenissen, event)}))
            return bron
    waiting = {bron: oordeel.vintage for bron, oordeel in held_back(lake).items()}
    raise SettingsError(
        f"no vintage {vintage_id} is held back in {lake.root}; held back are: "
        f"{', '.join(f'{vintage} ({bron})' for bron, vintage in waiting.items()) or 'none'}"
    )


def compare(old: RawTable, new: RawTable, grenzen: Grenzen) -> tuple[list[str], list[str]]:
    """Compare two downloads of one table.

    Args:
        old: the vintage in use.
        new: the new one.
        grenzen: the limits.

    Returns:
        what differs, in words; and of that what goes beyond a limit.
    """
    found, reasons = [], []

    def tell(sentence: str, *, beyond: bool) -> None:
        found.append(sentence)
        if beyond:
            reasons.append(sentence)

    before, after = old.manifest.rows, new.manifest.rows
    if before != after:
        tell(f"rows {before} -> {after}", beyond=after < before * (1 - grenzen.rijen))
    dimensions = sorted(old.codes.keys() & new.codes.keys() & set(old.columns) & set(new.columns))
    used_old, used_new = old.used(*dimensions), new.used(*dimensions)
    kinds: dict[str, pl.Enum] = {}
    for dimension in dimensions:
        # v3 pads codes, to a width that is nowhere promised.
        was, is_ = (set(used[dimension].str.strip_chars()) for used in (used_old, used_new))
        kinds[dimension] = pl.Enum(sorted(was | is_))
        if gone := was - is_:
            tell(
                f"{dimension}: {len(gone)} codes gone ({_named(old, dimension, gone)})",
                beyond=len(gone) > grenzen.codes,
            )
        if added := is_ - was:
            tell(f"{dimension}: {len(added)} codes added ({_named(new, dimension, added)})", beyond=False)
    # A measure by another name is compared with nothing, so it is told.
    names_old, names_new = _metingen(old, new), _metingen(new, old)
    gone = {*names_old.values()} - {*names_new.values()}
    if gone:
        named = ", ".join(sorted(gone)[:_EXAMPLES])
        tell(f"{len(gone)} measures gone ({named})", beyond=len(gone) > grenzen.codes)
    kinds["meting"] = pl.Enum(sorted({*names_old.values(), *names_new.values()}))
    cells = _common_cells(_cells(old, names_old, kinds), _cells(new, names_new, kinds))
    if before and cells.is_empty() and not gone:
        tell(f"none of the cells of the {before} rows before is there now", beyond=True)
    for meting, total, total_new in _totals(cells):
        if total != total_new:
            change = abs(total_new - total) / abs(total) if total else float("inf")
            text = f"{meting}: national total over the same cells {total:,.0f} -> {total_new:,.0f}"
            tell(text, beyond=change > grenzen.totaal)
    numbers = cells.filter(pl.col("waarde").is_not_null())
    other = numbers.filter(pl.col("waarde").ne_missing(pl.col("waarde_nieuw"))).height
    if other:
        share = other / numbers.height
        tell(f"{other} of {numbers.height} cells have another number ({share:.2%})", beyond=share > grenzen.cellen)
    return sorted(found), sorted(reasons)


def _named(table: RawTable, dimension: str, codes: set[str]) -> str:
    """Name some codes with their titles: an id alone says nothing to a person."""
    titles = {code.strip(): titel.strip() for code, titel in table.codes[dimension].select("code", "titel").rows()}
    return ", ".join(f"{code} {titles.get(code, '')}".strip() for code in sorted(codes)[:_EXAMPLES])


def _common_cells(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Give the cells both have: columns meting, is_nationaal, waarde, waarde_nieuw."""
    keys = [name for name in old.columns if name != "waarde"]
    both = old.join(new, on=keys, how="inner", suffix="_nieuw")
    region = next((name for name in keys if name != "meting" and (both[name] == _NATIONAL).any()), None)
    national = pl.lit(value=True) if region is None else pl.col(region) == _NATIONAL
    return both.select("meting", national.alias("is_nationaal"), "waarde", "waarde_nieuw")


def _cells(table: RawTable, names: Mapping[str, str], kinds: Mapping[str, pl.Enum]) -> pl.DataFrame:
    """Give every cell with its key, in numbers that stand for the same texts in both tables.

    Args:
        table: the table.
        names: what `_metingen` gives of it.
        kinds: the Enum of each dimension, codes without padding, and of `meting`.

    Returns:
        the dimensions, meting, waarde.
    """
    dimensions = [name for name in kinds if name != "meting"]
    rows = pl.concat(table.pages)
    keys = [pl.col(name).cast(pl.String).str.strip_chars().cast(kinds[name]) for name in dimensions]
    if "Measure" in table.columns:
        meting = pl.col("Measure").cast(pl.String).replace(names).alias("meting")
        cells = rows.select(*keys, meting, pl.col("Value").alias("waarde"))
    else:
        cells = rows.select(*keys, *(pl.col(name).alias(meting) for name, meting in names.items())).unpivot(
            [*names.values()], index=dimensions, variable_name="meting", value_name="waarde"
        )
    return cells.with_columns(pl.col("meting").cast(kinds["meting"])).collect(engine="streaming")


def _metingen(table: RawTable, other: RawTable) -> dict[str, str]:
    """Name what is measured, by what does not drift between two downloads.

    Returns:
        columns of v3 -> their stem; measures of v4 -> their id, and those that the other table does not have -> their
        title, unless two of them have one title.
    """
    if "Measure" not in table.columns:
        return {name: stem(name) for name in table.columns if name not in (*table.codes, *_NOT_A_KEY)}
    here, there = (set(some.used("Measure")["Measure"]) for some in (table, other))
    titles = {key: normalised(titel) for key, titel in table.measures.select("key", "titel").rows()}
    alone = {key: titles.get(key, key) for key in sorted(here - there)}
    if len({*alone.values()}) < len(alone):
        alone = {key: key for key in alone}
    return {**{key: key for key in here & there}, **alone}


def _totals(cells: pl.DataFrame) -> list[tuple[str, float, float]]:
    """Give for each measure the sum over the national cells that have a number in both."""
    both = cells.filter("is_nationaal", pl.col("waarde").is_not_null(), pl.col("waarde_nieuw").is_not_null())
    sums = both.group_by("meting").agg(pl.col("waarde").sum(), pl.col("waarde_nieuw").sum()).sort("meting")
    return [(str(meting), float(was), float(is_)) for meting, was, is_ in sums.rows()]


def _path(lake: Lake, bron: str, vintage: str) -> Path:
    return lake.raw / bron / ".oordelen" / f"{vintage}.json"


def _write(lake: Lake, bron: str, oordeel: Oordeel) -> None:
    write_bytes(_path(lake, bron, oordeel.vintage), oordeel.model_dump_json(indent=1).encode())


def _now() -> str:
    return datetime.now(UTC).strftime(_TIME)

"""Counts by month or quarter, as CBS gives them in v4: codes named by their titles, every kind of no-value kept apart.

Here: what the SRG and bijstand tables have in common. Not here: which table is what (`srg`, `bijstand_landelijk`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import polars as pl

from assets.cbs.page import VALUE_ATTRIBUTES
from assets.cbs.registry import load_registry
from assets.cbs.table import RawTable
from assets.cbs.titels import key_by_title, names_by_code
from assets.core.base import (
    EXAMPLES,
    STATUSSEN,
    kolom,
    named,
    provisional,
    require_known,
    trimmed,
    without_padding,
)
from assets.errors import ContractError

AFRONDING = 10  # CBS publishes these counts in multiples of ten
WAARDE = "waarde"
# ValueAttribute of v4 -> kind of no-value here; None has a value.
_SOORTEN = dict(zip(VALUE_ATTRIBUTES, (WAARDE, "onmogelijk", "geheim", "niet beschikbaar"), strict=True))
_LEEG = "leeg"
# A month of 85588NED is 44 thousand rows: a part of two, as texts, takes some tens of megabytes.
_PERIODS_A_PART = 2
# The numbers that wait in piles, with the types they have outside.
_WIDE = {"Value": pl.Float64, "cbs_pagina": pl.Int64, "cbs_rij": pl.Int64}
WAARDE_SOORTEN = (*_SOORTEN.values(), _LEEG)
_PER_YEAR = {"MM": 12, "KW": 4}
_NUMBER = {"MM": "maand", "KW": "kwartaal"}


def waarde_soort() -> Any:  # noqa: ANN401  # a field of pandera
    """Describe the column that tells why there is no number."""
    return kolom(
        "naam",
        "waarde = er is een getal; onmogelijk, geheim, niet beschikbaar = wat CBS zegt; leeg = CBS geeft niets",
        isin=list(WAARDE_SOORTEN),
    )


def status_cijfer() -> Any:  # noqa: ANN401  # a field of pandera
    """Describe the column with the status of the period."""
    return kolom("naam", "status die CBS de periode geeft; leeg = geen", nullable=True, isin=list(STATUSSEN))


def is_voorlopig() -> Any:  # noqa: ANN401  # a field of pandera
    """Describe the column that tells whether a number may change."""
    return kolom("ja/nee", "nog niet definitief: het cijfer kan nog veranderen")


def telling(
    table: RawTable,
    bron: str,
    lijsten: Mapping[str, tuple[str, str]],
    *,
    aantal: str,
    soort: Literal["MM", "KW"],
    keep: Sequence[str] = (),
) -> Iterator[pl.DataFrame]:
    """Make the observations of one measure tidy, a few periods at a time: these tables may have millions of rows.

    Args:
        table: the raw table (v4).
        bron: its name in the registry, where its measure and first year stand.
        lijsten: dimension -> name of its column here, and the list of `titels.toml` its codes are in.
        aantal: name of the column with the count.
        soort: MM months or KW quarters.
        keep: dimensions kept as codes, trimmed.

    Yields:
        jaar, maand or kwartaal, the columns of `lijsten`, the dimensions of `keep`, `aantal` (Int64), waarde_soort,
        status_cijfer, is_voorlopig, cbs_pagina, cbs_rij; later periods after earlier ones.

    Raises:
        ContractError: an unknown title or code, a period there twice, missing in the middle or before the break, a
            number that is not whole, or a kind of no-value that is not known.
    """
    name = table.manifest.tabel_id
    entry = load_registry().entries[bron]
    sent = table.used(*lijsten, *keep, "Perioden")
    for dimension, codes in sent.items():
        require_known(name, dimension, codes, table.codes[dimension]["code"], what_to_do="Refresh this table.")
    titles = table.measures.select("key", "titel").rows()
    measure = key_by_title("|".join(entry.measures_op_titel), titles, name)
    by_name = []
    for dimension, (column, lijst) in lijsten.items():
        listed = table.codes[dimension].select("code", "titel").rows()
        by_name.append(named(dimension, names_by_code(lijst, listed, f"{name}, {dimension}")).alias(column))
    first = max(entry.geldig.van, *(breuk.jaar for breuk in entry.breuken), 0)
    periods = _periods(table, sent["Perioden"], soort, first)
    # Codes are numbers here, so that millions of rows are some tens of megabytes.
    every_period = pl.Enum(table.codes["Perioden"]["code"].unique(maintain_order=True))
    shaped = (
        pl.col("Perioden").cast(every_period),
        *by_name,
        *(named(column, without_padding(table.codes[column]["code"])).alias(column) for column in keep),
        pl.col("Value"),
        pl.col("ValueAttribute"),
        pl.col("cbs_pagina"),
        pl.col("cbs_rij"),
    )
    piles = _piles(page.filter(pl.col("Measure") == measure).select(shaped) for page in table.scan_pages())
    if not piles:
        raise ContractError(f"{name}: no rows of its measure; look at the table at CBS and refresh it")
    periods = periods.filter(pl.col("Perioden").is_in([*piles])).with_columns(pl.col("Perioden").cast(every_period))
    _check_periods(periods, soort, name)
    columns = [column for column, _ in lijsten.values()]
    for some in periods.sort("jaar", _NUMBER[soort]).iter_slices(_PERIODS_A_PART):
        part = pl.concat([_wide(pile) for period in some["Perioden"] for pile in piles.pop(period)])
        _check_values(part, name)
        yield part.join(some, on="Perioden", how="inner", validate="m:1").select(
            "jaar",
            _NUMBER[soort],
            *columns,
            *keep,
            pl.col("Value").cast(pl.Int64).alias(aantal),
            _soort(),
            "status_cijfer",
            "is_voorlopig",
            "cbs_pagina",
            "cbs_rij",
        )


def _piles(pages: Iterable[pl.LazyFrame]) -> dict[str, list[pl.DataFrame]]:
    """Put rows in a pile for each period, which goes when its part is made; one page is in memory beside them."""
    piles: dict[str, list[pl.DataFrame]] = {}
    for page in pages:
        for (period,), pile in page.collect().partition_by("Perioden", as_dict=True).items():
            piles.setdefault(str(period), []).append(_narrow(pile))
    return piles


def _narrow(rows: pl.DataFrame) -> pl.DataFrame:
    """Keep whole numbers in as few bytes as they need, and others as they are; `_wide` undoes it."""
    whole = rows.with_columns(pl.col("Value").cast(pl.Int64, strict=False))
    if not whole["Value"].eq_missing(rows["Value"]).all():
        return rows
    return whole.with_columns(whole[column].shrink_dtype() for column in _WIDE)


def _wide(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col(column).cast(kind) for column, kind in _WIDE.items())


def _soort() -> pl.Expr:
    """Tell the kinds of no-value apart."""
    kind = named("ValueAttribute", _SOORTEN).cast(pl.Enum(WAARDE_SOORTEN))
    empty = pl.col("Value").is_null() & (kind == WAARDE)
    return pl.when(empty).then(pl.lit(_LEEG, pl.Enum(WAARDE_SOORTEN))).otherwise(kind).alias("waarde_soort")


def _check_values(rows: pl.DataFrame, name: str) -> None:
    kinds = rows["ValueAttribute"].unique().to_list()
    unknown = [kind for kind in kinds if kind not in _SOORTEN]
    if unknown:
        raise ContractError(
            f"{name}: column ValueAttribute holds {unknown}, which is not a known kind of no-value "
            f"({', '.join(_SOORTEN)}). See what CBS means by it, and add it in assets/cbs/page.py and "
            "assets/core/telling.py."
        )
    both = rows.filter(pl.col("Value").is_not_null(), pl.col("ValueAttribute") != "None")
    if len(both):
        raise ContractError(f"{name}: rows with a value that say there is none: {both.head(EXAMPLES).to_dicts()}")
    broken = rows.filter(pl.col("Value") != pl.col("Value").round(0))
    if len(broken):
        raise ContractError(f"{name}: counts that are not whole: {broken.head(EXAMPLES).to_dicts()}")


def _periods(table: RawTable, sent: pl.Series, soort: str, first: int) -> pl.DataFrame:
    """Give the periods of one kind: Perioden (as sent), jaar, maand or kwartaal, status_cijfer, is_voorlopig.

    Args:
        table: the raw table.
        sent: the periods that rows are of.
        soort: MM months or KW quarters.
        first: the first year that may be taken.

    Raises:
        ContractError: a period is in the code list twice, or rows are of a period before the first that may be taken.
    """
    name = table.manifest.tabel_id
    periods = table.codes["Perioden"].select(
        pl.col("code").alias("Perioden"),
        trimmed("code").alias("periode"),
        trimmed("status").replace("", None).alias("status_cijfer"),
    )
    periods = periods.filter(pl.col("periode").str.contains(rf"^\d{{4}}{soort}\d{{2}}$"))
    double = periods.filter(pl.col("periode").is_duplicated())
    if len(double):
        raise ContractError(
            f"{name}: column Perioden has a period twice: {double.select('periode', 'status_cijfer').rows()}. "
            "Which of the two "
            "statuses holds cannot be told; refresh this table when CBS has corrected it."
        )
    periods = periods.select(
        "Perioden",
        pl.col("periode").str.head(4).cast(pl.Int64).alias("jaar"),
        pl.col("periode").str.tail(2).cast(pl.Int64).alias(_NUMBER[soort]),
        "status_cijfer",
        provisional(),
    )
    early = sent.alias("Perioden").to_frame().join(periods.filter(pl.col("jaar") < first), on="Perioden", how="semi")
    if len(early):
        raise ContractError(
            f"{name}: rows of {early['Perioden'].sort().head(EXAMPLES).to_list()}, before {first}. The "
            "series breaks there "
            "(`breuken` in assets/cbs/tables.toml), so older periods are not combined with later ones; take them out."
        )
    return periods


def _check_periods(periods: pl.DataFrame, soort: str, name: str) -> None:
    """See that of the periods with rows none is missing in the middle."""
    number, per_year = _NUMBER[soort], _PER_YEAR[soort]
    found = periods.select((pl.col("jaar") * per_year + pl.col(number) - 1).alias("n"))["n"].unique().sort()
    if len(found) == 0:
        raise ContractError(f"{name}: no rows of a {number}; its Perioden has other kinds of periods, see tables.toml")
    gaps = sorted(set(range(found[0], found[-1] + 1)) - set(found))
    if gaps:
        listing = ", ".join(f"{n // per_year}{soort}{n % per_year + 1:02}" for n in gaps[:EXAMPLES])
        raise ContractError(
            f"{name}: no rows of {listing}, between periods that are there. A series with a hole is not published; "
            "look at the table at CBS and refresh it."
        )

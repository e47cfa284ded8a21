"""`reintegratie replicate`: the scorecard of the reference report, as a person or a program reads it.

Here: reading rapport.replicatie and showing it. Not here: any figure or verdict (sql/rapport/replicatie).
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from pipelines.query import run_query
from pipelines.rows import write_rows
from pipelines.show import WARNING, console

DIFFERS = "wijkt af"
_COLUMNS = (
    "id",
    "waarde_gedrukt",
    "waarde_onze",
    "verschil",
    "eenheid",
    "oordeel",
    "herkomst",
    "is_bewijs",
    "reden",
    "gelijke_kandidaten",
    "tabel",
    "vintages",
)


def scorecard(path: Path) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Read the scorecard of a published file.

    Returns:
        the names of the columns and a row for each printed number, what differs first.

    Raises:
        LakeError: there is no published file.
        SettingsError: the file is of a version without a scorecard.
    """
    order = "case oordeel when 'wijkt af' then 1 when 'gelijk' then 2 when 'niet te berekenen' then 3 else 4 end, id"
    return run_query(path, f"select {', '.join(_COLUMNS)} from rapport.replicatie order by {order}")  # noqa: S608


def print_scorecard(columns: Sequence[str], rows: Sequence[tuple[Any, ...]], form: str) -> None:
    """Write the scorecard as CSV or JSON, or as a table with what it adds up to.

    Args:
        columns: names of the columns.
        rows: the rows of `scorecard`.
        form: table, csv or json.
    """
    if form != "table":
        write_rows(columns, rows, form)
        return
    out = console()
    table = Table(title="The reference report, recomputed")
    for column in ("id", "printed", "ours", "difference", "oordeel", "herkomst", "why, or which reading agrees"):
        table.add_column(column, overflow="fold", justify="right" if column in ("printed", "ours") else "left")
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    for r in records:
        ours, difference = (_number(r[name]) for name in ("waarde_onze", "verschil"))
        other = r["gelijke_kandidaten"] if r["oordeel"] == DIFFERS else r["reden"]
        table.add_row(r["id"], r["waarde_gedrukt"], ours, difference, r["oordeel"], r["herkomst"] or "", other or "")
    out.print(table)
    counts = Counter(r["oordeel"] for r in records)
    out.print(", ".join(f"{number} {oordeel}" for oordeel, number in sorted(counts.items())), highlight=False)
    evidence = sum(1 for r in records if r["is_bewijs"])
    out.print(f"{evidence} of these verdicts are evidence: they rest on CBS figures and no assumption", highlight=False)
    for herkomst in sorted({r["herkomst"] for r in records} & WARNING.keys(), reverse=True):
        out.print(WARNING[herkomst], style="bold", highlight=False)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.2f}"

"""core.grootteklasse: the classes in which gemeenten are compared by number of inwoners.

Here: the three indelingen, each with its source. Not here: which gemeente falls in which class (sql/benchmark).
"""

import polars as pl

from assets.core.base import CoreModel, describe, kolom

# Lower bounds in inwoners; a class runs up to the next bound, the last one has no upper bound.
INDELINGEN: dict[str, tuple[int, ...]] = {
    # The reference report, figure 7; the border at 25.000 is inferred from its text.
    "rapport": (0, 15_000, 25_000, 50_000, 100_000, 250_000),
    # CBS, "Gebieden in Nederland", measure GM000E: codes 1 to 8.
    "cbs": (0, 5_000, 10_000, 20_000, 50_000, 100_000, 150_000, 250_000),
    # The distribution of the BUIG budget: historical, mixed and objective model.
    "buig": (0, 15_000, 40_000),
}


class GrootteklasseModel(CoreModel):
    """Classes of gemeenten by inwoners on 1 January: `rapport` (six, the reference report), `cbs` (eight, CBS Gebieden
    in Nederland) and `buig` (three, the models of the BUIG budget)."""  # noqa: D205, D209

    indeling: str = kolom("naam", "welke indeling", isin=list(INDELINGEN))
    volgorde: int = kolom("rangnummer", "volgorde van klein naar groot, vanaf 1", ge=1)
    grootteklasse: str = kolom("naam", "naam van de klasse, in inwoners")
    ondergrens_inwoners: int = kolom("inwoners", "vanaf dit aantal", ge=0)
    bovengrens_inwoners: int = kolom("inwoners", "tot dit aantal, zelf niet meegeteld; leeg = geen", nullable=True)


DESCRIPTION = describe(GrootteklasseModel, "grootteklasse", ["indeling", "volgorde"], methode="spending")


def grootteklasse() -> pl.DataFrame:
    """Give the classes of every indeling, columns of `GrootteklasseModel`."""
    rows = [
        (indeling, number, class_name(lower, upper), lower, upper)
        for indeling, bounds in INDELINGEN.items()
        for number, (lower, upper) in enumerate(zip(bounds, [*bounds[1:], None], strict=True), start=1)
    ]
    schema = {name: column.dtype.type for name, column in GrootteklasseModel.to_schema().columns.items()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def class_name(lower: int, upper: int | None) -> str:
    """Name a class as the report prints it: `<15.000`, `15.000-25.000`, `>250.000` (which includes 250.000)."""

    def dotted(number: int) -> str:
        return f"{number:,}".replace(",", ".")

    if lower == 0:
        if upper is None:
            return "alle"
        return f"<{dotted(upper)}"
    return f">{dotted(lower)}" if upper is None else f"{dotted(lower)}-{dotted(upper)}"

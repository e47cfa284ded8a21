"""What every core table shares: how a column is described and how a frame is let in.

Here: the base of the pandera models, the gate with its quarantine, and small helpers for CBS codes. Not here: any
subject (one module each in this folder).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from assets.description import VOLGNUMMER, ColumnDescription, TableDescription
from assets.errors import ContractError
from assets.lake import Lake, write_parts, write_table

GEMEENTE_CODE = r"^GM\d{4}$"

# How final CBS calls the figures of a period.
STATUSSEN = ("Definitief", "NaderVoorlopig", "Voorlopig")
_PROVISIONAL = ("NaderVoorlopig", "Voorlopig")

# How many examples of a problem an error shows: enough to see the pattern, few enough for one screen.
EXAMPLES = 5


class CoreModel(pa.DataFrameModel):
    """Base of the models of the core tables: exactly these columns, in this order, nothing coerced."""

    class Config:
        """Settings that hold for every core table."""

        strict = True
        ordered = True
        coerce = False


def kolom(eenheid: str, betekenis: str, **checks: Any) -> Any:  # noqa: ANN401  # pandera's Field returns Any
    """Describe one column of a core table: its unit, its meaning, and pandera's checks."""
    return pa.Field(description=betekenis, metadata={"eenheid": eenheid}, **checks)


def cbs_pagina() -> Any:  # noqa: ANN401  # a field of pandera
    """Describe the column that tells from which page of the download a row came."""
    return kolom(VOLGNUMMER, "pagina van de download waarin de rij stond, vanaf 1; zie meta.paginas", ge=1)


def cbs_rij() -> Any:  # noqa: ANN401  # a field of pandera
    """Describe the column that tells which row at CBS a row came from."""
    return kolom(VOLGNUMMER, "volgnummer (ID) van de rij in de tabel bij CBS", ge=0)


def describe(
    model: type[CoreModel], table: str, grain: Sequence[str], *, methode: str, schema: str = "core"
) -> TableDescription:
    """Read the description of a table from its model.

    Args:
        model: the pandera model; its docstring says what the table is.
        table: name of the table.
        grain: the columns that identify a row.
        methode: the section of docs/method.md that tells how its figures come about.
        schema: where the table is published.
    """
    columns = {
        name: ColumnDescription(column.metadata["eenheid"], column.description)
        for name, column in model.to_schema().columns.items()
    }
    about = " ".join((model.__doc__ or "").split())
    return TableDescription(schema, table, about, tuple(grain), columns, methode)


def admit(frame: pl.DataFrame, model: type[CoreModel], description: TableDescription, lake: Lake) -> pl.DataFrame:
    """Let a frame into core: validate, sort by grain, write.

    A frame that fails never becomes a core table: the last good table stays, the failing rows go to quarantine.

    Args:
        frame: the candidate, columns as the model says.
        model: the pandera model of the table.
        description: name and grain; rows must be unique by the grain.
        lake: where to write.

    Returns:
        the frame as written.

    Raises:
        ContractError: naming table, column, check and examples.
    """
    frame = _checked(frame, model, description, lake)
    write_table(lake.core / f"{description.table}.parquet", frame)
    return frame


def admit_parts(
    parts: Iterable[pl.DataFrame], model: type[CoreModel], description: TableDescription, lake: Lake
) -> int:
    """Let a table into core part by part, so that there need be room for one part only; otherwise as `admit`.

    Args:
        parts: the candidates, columns as the model says; all keys of one come after those of the parts before.
        model: the pandera model of the table.
        description: name and grain.
        lake: where to write.

    Returns:
        the number of rows.

    Raises:
        ContractError: naming table, column, check and examples; or a part does not come after the one before.
    """
    grain = list(description.grain)

    def checked() -> Iterator[pl.DataFrame]:
        last: tuple[Any, ...] | None = None
        for part in parts:
            frame = _checked(part, model, description, lake)
            if frame.is_empty():
                yield frame
                continue
            first = frame.select(grain).row(0)
            if last is not None and first <= last:
                raise ContractError(f"{description.name}: a part begins with {first}, which is not after {last}")
            last = frame.select(grain).row(-1)
            yield frame

    return write_parts(lake.core / f"{description.table}.parquet", checked())


def _checked(frame: pl.DataFrame, model: type[CoreModel], description: TableDescription, lake: Lake) -> pl.DataFrame:
    """Sort a frame by grain and validate it; what fails goes to quarantine."""
    grain = list(description.grain)
    is_double = False
    if set(grain) <= set(frame.columns):
        # First of all, while numbers stand for texts (`named`): sorting texts takes ten times as long.
        frame = frame.with_columns(
            pl.col(column).cast(pl.String) for column in grain if _is_out_of_order(frame, column)
        )
        frame = frame.sort(grain)
        again = pl.all_horizontal(pl.col(column).eq_missing(pl.col(column).shift()) for column in grain)
        is_double = len(frame) > 1 and frame.select(again.slice(1).any()).item()
    frame = frame.with_columns(pl.col(pl.Enum).cast(pl.String))
    try:
        model.validate(frame, lazy=True)
    except SchemaErrors as error:
        cases = cast("pl.DataFrame", error.failure_cases)
        rows = cases["index"].drop_nulls().unique().sort()
        failing = frame[rows.to_list()] if len(rows) else frame
        path = lake.quarantine / f"{description.name}.parquet"
        write_table(path, failing)
        raise ContractError(
            f"{description.name} was not accepted; the table before it stays. {_summary(cases)} "
            f"The {len(failing)} rows are in {path}."
        ) from error
    if is_double:
        double = frame.filter(pl.struct(grain).is_duplicated())
        path = lake.quarantine / f"{description.name}.parquet"
        write_table(path, double)
        examples = double.select(grain).unique(maintain_order=True).head(EXAMPLES).rows()
        raise ContractError(
            f"{description.name}: {len(double)} rows share their key ({', '.join(grain)}), for example {examples}. "
            f"The rows are in {path}."
        )
    return frame


def _is_out_of_order(frame: pl.DataFrame, column: str) -> bool:
    """Tell whether the numbers of a column have another order than the texts they stand for."""
    kind = frame.schema[column]
    return isinstance(kind, pl.Enum) and not kind.categories.is_sorted()


def _summary(cases: pl.DataFrame) -> str:
    """Say in one sentence a column what failed, with examples."""
    parts = []
    for (column, check), group in cases.group_by(["column", "check"], maintain_order=True):
        examples = group["failure_case"].head(EXAMPLES).to_list()
        parts.append(f"Column {column} fails {check} in {len(group)} rows, for example {examples}.")
    return " ".join(parts)


def provisional() -> pl.Expr:
    """Tell from status_cijfer whether a number may change.

    A period without a status is an older one in CBS's tables; only what CBS calls provisional is provisional.
    """
    return pl.col("status_cijfer").is_in(_PROVISIONAL).fill_null(value=False).alias("is_voorlopig")


def trimmed(column: str) -> pl.Expr:
    """Give a code column without the spaces CBS pads it with."""
    return pl.col(column).str.strip_chars()


def named(column: str, names: Mapping[str, str]) -> pl.Expr:
    """Give a column of codes by other names, as an Enum: a number in memory, that sorts as its text does.

    Args:
        column: the column; every code in it is in `names`.
        names: code as sent -> name.
    """
    ordered = pl.Enum(sorted(set(names.values())))
    return pl.col(column).replace_strict(list(names), list(names.values()), return_dtype=ordered)


def without_padding(codes: pl.Series) -> dict[str, str]:
    """Give the codes of a list, as CBS pads them, with the codes as people write them."""
    return {code: code.strip() for code in codes}


def require_known(table: str, column: str, codes: pl.Series, known: pl.Series, *, what_to_do: str) -> None:
    """Stop when a code is used that the code list of the same table does not have.

    Args:
        table: name shown in the error.
        column: name shown in the error.
        codes: the codes used, as CBS sent them (padded).
        known: the codes of the list, as CBS sent them (padded).
        what_to_do: last sentence of the error.

    Raises:
        ContractError: with the unknown codes.
    """
    unknown = codes.unique().drop_nulls().sort()
    unknown = unknown.filter(~unknown.is_in(known.implode()))
    if len(unknown) or codes.null_count():
        raise ContractError(
            f"{table}: column {column} has codes that its code list does not have: "
            f"{unknown.head(EXAMPLES).to_list() or ['(empty)']}. {what_to_do}"
        )

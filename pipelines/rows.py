"""Rows as a person or a program reads them: tables, markdown, CSV, JSON, Parquet.

Here: the forms, and where they are written. Not here: where the rows come from (`pipelines.query`, `history`,
`explain`, `replicate`).
"""

import csv
import io
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import orjson
from rich.box import HEAVY_HEAD, MARKDOWN
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from assets.errors import LakeError, SettingsError
from pipelines.query import Answer, Limits, asked, check_names

Row = tuple[Any, ...]

# The rows beyond those shown are counted up to here: a count of all could take as long as the query itself.
COUNTED_ROWS = 1_000_000
_WIDE = 1_000_000  # no line is ever folded in a file or a pipe
_INT64 = 2**63


def show_query(path: Path, query: str, form: str, output: Path | None, most_rows: int, limits: Limits) -> None:
    """Ask the published file a query and write its answer.

    Args:
        path: the published file.
        query: one query.
        form: `table` and `markdown` for a person, `csv`, `json` and `parquet` whole.
        output: a file that is not there yet, and is there whole or not at all; None is standard output.
        most_rows: what a person is shown at most; how many more there are is told on standard error.
        limits: what the query may take.

    Raises:
        LakeError: there is no published file, or the output cannot be written.
        SettingsError: it is not one query, or a wrong one; or the output makes no sense.
        LimitError: it took more than the limits.
    """
    if output is not None:
        _check_output(output, path)
    elif form == "parquet" and sys.stdout.isatty():
        raise SettingsError("Parquet is not for a terminal; name an --output or send it to a file")
    if form == "parquet":
        import polars  # noqa: F401  # before the process is bounded: its threads and code are not the query's
    try:
        with asked(path, query, limits) as answer:
            _write_answer(answer, form, output, most_rows)
    except BrokenPipeError:
        # Who reads has enough, such as `head`: no error to tell of, but not done either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _write_answer(answer: Answer, form: str, output: Path | None, most_rows: int) -> None:
    if form == "parquet":
        buffer = io.BytesIO()  # polars tells of a full disk or a closed pipe as if the file were wrong
        answer.frame().write_parquet(buffer)
        with _sink(output, answer) as sink:
            sink.write(buffer.getbuffer())
        return
    answer.start()
    if form == "json":
        check_names(answer.columns)
    batches = answer.batches()
    # A failure in the first rows is told before anything is written.
    first = next(batches, [])
    rows = chain(first, chain.from_iterable(batches))
    with _sink(output, answer) as sink, _text(sink) as out:
        if form in ("csv", "json"):
            _write(out, answer.columns, rows, form)
        else:
            _show(out, answer.columns, rows, form, most_rows, is_screen=output is None and sys.stdout.isatty())


def write_rows(columns: Sequence[str], rows: Iterable[Row], form: str) -> None:
    """Write rows to standard output as a table, as CSV (header and rows, nothing else) or as JSON (a list)."""
    if form in ("csv", "json"):
        _write(sys.stdout, columns, rows, form)
    else:
        Console(width=None if sys.stdout.isatty() else _WIDE).print(_table(columns, rows, form))


def _check_output(output: Path, path: Path) -> None:
    """Refuse to write over something, where the lake is, or where nothing can be written."""
    lake = path.resolve().parents[1]
    if output.resolve().is_relative_to(lake):
        raise SettingsError(f"--output {output} lies in the lake, which a query never writes to; name another place")
    if output.exists():
        raise SettingsError(f"{output} is there already; take it away or name another --output")
    if not output.parent.is_dir():
        raise SettingsError(f"--output {output}: there is no folder {output.parent}")


@contextmanager
def _sink(output: Path | None, answer: Answer) -> Iterator[IO[bytes]]:
    """Give what to write to: standard output, or a file that gets its name when it is whole."""
    if output is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
        return
    partial = output.with_name(f".{output.name}.{os.getpid()}.partial")
    answer.leftover = partial
    try:
        with partial.open("xb") as file:
            yield file
        partial.rename(output)
    except OSError as error:
        raise LakeError(f"--output {output} cannot be written: {error.strerror}; nothing is there") from error
    finally:
        partial.unlink(missing_ok=True)
        answer.leftover = None


@contextmanager
def _text(sink: IO[bytes]) -> Iterator[IO[str]]:
    """Write text in UTF-8, whatever the machine's own encoding is."""
    out = io.TextIOWrapper(sink, encoding="utf-8", newline="")
    try:
        yield out
        out.flush()
    finally:
        with suppress(OSError):
            out.detach()  # the sink is closed by who opened it


def _show(
    out: IO[str], columns: Sequence[str], rows: Iterator[Row], form: str, most_rows: int, *, is_screen: bool
) -> None:
    """Write what a person reads, page by page on a screen that it does not fit on, and tell how many rows more."""
    table = _table(columns, islice(rows, most_rows), form)
    if form == "markdown":
        # rich puts an empty line where another box has its border.
        lines = Console(width=_WIDE).render_lines(table, pad=False)
        texts = ("".join(segment.text for segment in line).strip() for line in lines)
        out.writelines(f"{text}\n" for text in texts if text)
    elif is_screen:
        console = Console()
        if len(console.render_lines(table, pad=False)) >= console.height:
            with console.pager(styles=True):
                console.print(table)
        else:
            console.print(table)
    else:
        Console(file=out, width=_WIDE).print(table)
    out.flush()
    more = sum(1 for _ in islice(rows, COUNTED_ROWS))
    if more:
        word = f"more than {more:,}" if more == COUNTED_ROWS and next(rows, None) is not None else f"{more:,}"
        sys.stderr.write(f"{word} rows more are not shown; --format csv gives all of them\n")


def _table(columns: Sequence[str], rows: Iterable[Row], form: str) -> Table:
    """Make a table of rows; every cell is text as it is, never rich's own markup."""
    cell: Callable[[str], Text] = _markdown_cell if form == "markdown" else Text
    table = Table(*(Column(header=cell(name)) for name in columns), box=MARKDOWN if form == "markdown" else HEAVY_HEAD)
    for row in rows:
        table.add_row(*(cell("" if value is None else _shown(value)) for value in row))
    return table


def _markdown_cell(value: str) -> Text:
    return Text("<br>".join(value.replace("|", r"\|").splitlines()))


def _shown(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _write(out: IO[str], columns: Sequence[str], rows: Iterable[Row], form: str) -> None:
    """Write rows as CSV or JSON while they come."""
    if form == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_plain(value) for value in row] for row in rows)
        return
    between = "[\n"
    for row in rows:
        record = {name: _json(value) for name, value in zip(columns, row, strict=True)}
        out.write(between + orjson.dumps(record, default=str).decode())
        between = ",\n"
    out.write("[]\n" if between == "[\n" else "\n]\n")


def _plain(value: object) -> object:
    """Write what CSV has no word for: true and false as DuckDB does, nothing for null, JSON for lists and structs."""
    if value is None:
        return ""
    if isinstance(value, list | tuple | dict):
        return orjson.dumps(_json(value), default=str).decode()
    if isinstance(value, Decimal):
        return format(value, "f")  # never 0E-10
    return str(value).lower() if isinstance(value, bool) else value


def _json(value: object) -> object:
    """Give a value that orjson writes with the same digits; what JSON has no number for (nan, inf) becomes text."""
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int) and not isinstance(value, bool) and not -_INT64 <= value < _INT64:
        return orjson.Fragment(str(value))
    if isinstance(value, dict):
        return {str(key): _json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_json(part) for part in value]
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, timedelta) else value

"""`reintegratie explain`: from a figure of a gemeente back to the rows at CBS.

Here: finding one row of a benchmark table, the core rows behind it, and where each of those stands at CBS; all from the
published file alone. Not here: how a figure is computed (the comment of its column, docs/method.md and the SQL say so).
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from assets.errors import LakeError, SettingsError
from assets.published.reading import opened
from pipelines.rows import write_rows

_GEMEENTE = ("gemeente_code", "regio_code")
_JAAR = ("boekjaar", "jaar")
_SHOWN = 12
# Kind of source in meta.tabellen -> table of meta.bronrijen; other sources hold no rows of a gemeente.
_TABELLEN = {
    "iv3": "core.iv3_boeking",
    "inwoners": "core.gemeente",
    "bijstand": "core.bijstand",
    "srg_voorzieningen": "core.srg_voorziening",
}


@dataclass(frozen=True)
class Figure:
    """One column of the row asked: its value, unit and meaning."""

    kolomnaam: str
    waarde: Any
    eenheid: str
    betekenis: str


@dataclass(frozen=True)
class Explanation:
    """Where the figures of one row come from.

    Args:
        tabel: qualified name.
        betekenis: what the table is.
        methode: where the method stands.
        sleutel: the key of the row.
        cijfers: every other column of the row.
        bronrijen: the core rows behind them, each with its row at CBS; columns of `meta.bronrijen` and `aandeel`, the
            part of the gemeente of that row that the figure counts (1 unless boundaries changed).
        bronnen: the vintages these stand in: columns of meta.bronnen.
    """

    tabel: str
    betekenis: str
    methode: str
    sleutel: Mapping[str, Any]
    cijfers: Sequence[Figure]
    bronrijen: Sequence[Mapping[str, Any]]
    bronnen: Sequence[Mapping[str, Any]]


def explain(path: Path, tabel: str, keys: Sequence[str]) -> Explanation:
    """Explain one row.

    Args:
        path: the published file.
        tabel: a table or view with figures of gemeenten; without a schema, one of benchmark.
        keys: the key of the row as `column=value`; `gemeente=Utrecht` may stand for its code.

    Raises:
        LakeError: there is no published file.
        SettingsError: no such table, figures that are not of one gemeente, or a key that points at no row or several.
    """
    if not path.is_file():
        raise LakeError(f"there is no published file at {path}; run `reintegratie refresh` first, or name a --lake")
    with opened(path) as con:
        name = tabel if "." in tabel else f"benchmark.{tabel}"
        about = _table(con, name)
        columns = _ask(con, "from meta.dictionary where tabel = ? order by volgorde", name)
        row = _row(con, name, columns, _parsed(keys))
        code = next((str(row[column]) for column in _GEMEENTE if column in row), None)
        if code is None or not code.startswith("GM"):
            raise SettingsError(f"{name} with this key is not of one gemeente; explain goes from a gemeente to CBS")
        noemer = _noemer(con)
        found = [
            {**rij, "aandeel": aandeel}
            for jaar, van_code, aandeel in _origins(con, row, code)
            for rij in _ask(con, "from meta.bronrijen(?, ?)", jaar, van_code)
            if _counts(rij, row, str(about["brontabellen"]), noemer)
        ]
        bronnen = [
            _ask(con, "from meta.bronnen where bron = ?", bron)[0] for bron in sorted({rij["bron"] for rij in found})
        ]
    is_key = {str(column["kolomnaam"]) for column in columns if column["is_sleutel"]}
    figures = [
        Figure(column["kolomnaam"], row[column["kolomnaam"]], column["eenheid"], column["betekenis"])
        for column in columns
        if column["kolomnaam"] not in is_key
    ]
    sleutel = {column: row[column] for column in row if column in is_key}
    return Explanation(name, about["betekenis"], about["methode"], sleutel, figures, found, bronnen)


def write_explanation(found: Explanation, form: str) -> None:
    """Write an explanation to standard output: for a person (table), its rows (csv), or all of it (json)."""
    if form == "json":
        sys.stdout.write(json.dumps(asdict(found), default=str, ensure_ascii=False, indent=1) + "\n")
        return
    if form == "csv":
        columns = list(found.bronrijen[0]) if found.bronrijen else []
        write_rows(columns, [tuple(row.values()) for row in found.bronrijen], form)
        return
    console = Console(width=None if sys.stdout.isatty() else 160)
    key = ", ".join(f"{column} = {value}" for column, value in found.sleutel.items())
    console.print(f"{found.tabel}, {key}\n{found.betekenis}\nmethod: {found.methode}\n", highlight=False)
    figures = Table("column", "value", "unit", "meaning")
    for figure in found.cijfers:
        figures.add_row(
            figure.kolomnaam, "" if figure.waarde is None else str(figure.waarde), figure.eenheid, figure.betekenis
        )
    console.print(figures)
    rows = Table("core row", "value", "unit", "part", "CBS table", "vintage", "page", "row id", title="the rows at CBS")
    for rij in found.bronrijen:
        rows.add_row(
            f"{rij['gemeente_code']} {rij['jaar']} {rij['wat']}",
            f"{rij['waarde']:,}",
            rij["eenheid"],
            f"{rij['aandeel']:g}",
            rij["tabel_id"],
            rij["vintage"],
            f"{rij['bron']}/{rij['bestand']}",
            str(rij["cbs_rij"]),
        )
    console.print(rows)
    for bron in found.bronnen:
        console.print(
            f"{bron['tabel_id']} {bron['titel']}: {bron['herkomst']}, Modified {bron['modified']}, {bron['url']}",
            highlight=False,
            soft_wrap=True,
        )
    if any(bron["herkomst"] == "reconstructie" for bron in found.bronnen):
        console.print("RECONSTRUCTIE: these are not CBS figures. They were filled in by the embedded replica.")


def _ask(con: duckdb.DuckDBPyConnection, query: str, *parameters: object) -> list[dict[str, Any]]:
    result = con.execute(query, list(parameters))
    columns = [column[0] for column in result.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def _table(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, Any]:
    tables = {str(row["tabel"]): row for row in _ask(con, "from meta.tabellen where soort != 'functie'")}
    if name in tables:
        return tables[name]
    near = get_close_matches(name, tables, n=3)
    raise SettingsError(f"there is no table {name}. Did you mean: {', '.join(near or sorted(tables)[:_SHOWN])}?")


def _parsed(keys: Sequence[str]) -> dict[str, str]:
    found = {}
    for key in keys:
        column, is_there, value = key.partition("=")
        if not is_there:
            raise SettingsError(f"{key} is no key; write column=value, such as boekjaar=2024")
        found[column] = value
    return found


def _row(
    con: duckdb.DuckDBPyConnection, name: str, columns: Sequence[Mapping[str, Any]], keys: Mapping[str, str]
) -> dict[str, Any]:
    """Find the one row that a key points at."""
    known = [str(column["kolomnaam"]) for column in columns]
    unknown = [key for key in keys if key not in known]
    if unknown:
        near = get_close_matches(unknown[0], known, n=3)
        raise SettingsError(f"{name} has no column {unknown[0]}. Did you mean: {', '.join(near or known[:_SHOWN])}?")
    where = " and ".join(f'"{column}"::varchar = ?' for column in keys) or "true"
    rows = _ask(con, f"from {name} where {where} limit 2", *keys.values())  # names of the file itself
    if len(rows) == 1:
        return rows[0]
    open_keys = [str(c["kolomnaam"]) for c in columns if c["is_sleutel"] and c["kolomnaam"] not in keys]
    if not rows:
        raise SettingsError(
            f"{name} has no row with {', '.join(f'{k}={v}' for k, v in keys.items())}{_near(con, name, keys)}"
        )
    choices = []
    for column in open_keys:
        query = f'select distinct "{column}"::varchar as keuze from {name} where {where} order by keuze limit {_SHOWN}'  # noqa: S608
        found = [str(row["keuze"]) for row in _ask(con, query, *keys.values())]
        if len(found) > 1:
            choices.append(f"{column} ({', '.join(found)})")
    raise SettingsError(f"that key points at several rows of {name}; add {'; '.join(choices)}")


def _near(con: duckdb.DuckDBPyConnection, name: str, keys: Mapping[str, str]) -> str:
    """Suggest values for the first column that never has the value asked."""
    for column, value in keys.items():
        query = f'select distinct "{column}"::varchar as waarde from {name} order by waarde'  # noqa: S608  # see above
        known = [str(row["waarde"]) for row in _ask(con, query)]
        if value not in known:
            near = get_close_matches(value, known, n=_SHOWN, cutoff=0.5) or known[:_SHOWN]
            return f"; {column} {value} is nowhere. Did you mean: {', '.join(near)}?"
    return ""


def _origins(con: duckdb.DuckDBPyConnection, row: Mapping[str, Any], code: str) -> list[tuple[int, str, float]]:
    """Say of which gemeenten, in which years, the figures are made, and what part of each."""
    jaar = next((int(row[column]) for column in _JAAR if column in row), None)
    if jaar is None:
        years = _ask(con, "select jaar from core.gemeente where gemeente_code = ? order by jaar", code)
        return [(int(found["jaar"]), code, 1.0) for found in years]
    if "grenzen_jaar" not in row:
        return [(jaar, code, 1.0)]
    query = """select van_code, gewicht from core.gebiedsovergang
        where van_jaar = ? and naar_jaar = ? and naar_code = ? order by van_code"""
    return [(jaar, o["van_code"], float(o["gewicht"])) for o in _ask(con, query, jaar, row["grenzen_jaar"], code)]


def _counts(rij: Mapping[str, Any], row: Mapping[str, Any], brontabellen: str, noemer: tuple[str, str]) -> bool:
    """Tell whether a core row is one of those behind a row of the benchmark."""
    read = {_TABELLEN.get(part.split(":")[0]) for part in brontabellen.split("; ")}
    if rij["tabel"] not in read:
        return False
    if rij["tabel"] == "core.bijstand":
        return (rij["definitie"], str(rij["maand"])) == noemer
    if rij["tabel"] == "core.srg_voorziening":
        same = [(rij["maand"], row.get("maand")), (rij["voorziening"], row.get("type"))]
    else:
        same = [(rij[column], row.get(column)) for column in ("verslagsoort", "plaatsing", "taakveld")]
    # A column that the table does not have is not chosen: all of its rows count.
    return all(of_rij is None or of_row is None or of_rij == of_row for of_rij, of_row in same)


def _noemer(con: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """Give the definition and month of bijstand that the benchmark divides by."""
    keuze = {row["naam"]: row["waarde"] for row in _ask(con, "from core.instelling")}
    return str(keuze["bijstand_definitie"]), str(keuze["bijstand_maand"])

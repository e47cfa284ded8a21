"""An Excel workbook for people: a sheet a table of the report and a question, and a sheet that says what it is.

Here: sheets, labels and formats. Not here: which numbers; they are those of the file, to the last digit.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.published.export.bestand import Bestand, Kolom, Tabel

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

FILE_NAME = "reintegratie.xlsx"
# A sheet above this is for a program, and there is CSV for that.
MOST_ROWS = 20_000
_SCHEMAS = ("vraag.", "rapport.")
_README = "Lees mij"
_HEADER_ROWS = 3
_NAME_LENGTH = 31
_WIDTH = (10, 40)
_FORMATS = {"aandeel 0-1": "0.0%", "euro": "#,##0", "personen": "#,##0", "gemeenten": "#,##0", "jaar": "0"}


class _Exact(float):
    """A number that is written with all its digits: the library writes sixteen, and some doubles need seventeen."""

    def __format__(self, _: str) -> str:
        return repr(float(self))


def write_excel(bestand: Bestand, folder: Path) -> Path:
    """Write the workbook: tables of rapport and vraag among those chosen, each with its labels and its origin.

    Args:
        bestand: the published file.
        folder: where to write.

    Returns:
        the file.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    path = folder / FILE_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    try:
        with xlsxwriter.Workbook(path, options) as book:
            # The moment of the publication, not of the export: the same file gives the same bytes.
            moment = datetime.fromisoformat(bestand.citaat["gepubliceerd_op"]).replace(tzinfo=None)
            book.set_properties(
                {"title": bestand.citaat["titel"], "created": moment, "comments": bestand.citaat["citaat"]}
            )
            readme = book.add_worksheet(_README)
            listed: list[tuple[str, Tabel, int]] = []
            for tabel in bestand.tabellen:
                if tabel.naam.startswith(_SCHEMAS):
                    rows = bestand.rijen(tabel)
                    sheet = _sheet_name(tabel, [name for name, *_ in listed]) if len(rows) <= MOST_ROWS else None
                    listed.append((sheet or "", tabel, len(rows)))
                    if sheet:
                        _write_table(book, book.add_worksheet(sheet), bestand, tabel, rows)
            _write_readme(book, readme, bestand, listed)
    except FileCreateError as error:
        # What the operating system said, in the words of the library.
        raise error.args[0] from error
    return path


def warning(bestand: Bestand) -> str:
    """Say in one line what the figures are, when they are not CBS's."""
    return {
        "reconstructie": "RECONSTRUCTIE: dit zijn geen CBS-cijfers.",
        "opname": "OPNAME: vastgelegde CBS-cijfers, niet van CBS opgehaald.",
        "cbs": "",
    }[bestand.citaat["herkomst"]]


def label(kolom: Kolom) -> str:
    """Make the name of a column readable: `lasten_per_inwoner_euro` is `Lasten per inwoner (euro)`."""
    words = kolom.naam.removesuffix("_euro").replace("_", " ")
    text = f"{words[:1].upper()}{words[1:]}"
    return f"{text} (euro)" if kolom.naam.endswith("_euro") else text


def _sheet_name(tabel: Tabel, taken: list[str]) -> str:
    """Give a name that Excel takes: 31 characters, each one once."""
    words = tabel.naam.partition(".")[2].replace("_", " ")
    name = words[:_NAME_LENGTH]
    number = 2
    while name.lower() in {other.lower() for other in taken}:
        ending = f" {number}"
        name = words[: _NAME_LENGTH - len(ending)] + ending
        number += 1
    return name


def _write_table(
    book: "Workbook", sheet: "Worksheet", bestand: Bestand, tabel: Tabel, rows: list[tuple[Any, ...]]
) -> None:
    bold, unit, warned = (
        book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
        book.add_format({"italic": True, "font_color": "#555555", "text_wrap": True, "valign": "top"}),
        book.add_format({"bold": True, "font_color": "#B00000"}),
    )
    sheet.write_string(0, 0, " ".join(part for part in (warning(bestand), tabel.naam) if part), warned)
    for column, kolom in enumerate(tabel.kolommen):
        sheet.write_string(1, column, kolom.eenheid, unit)
        sheet.write_string(2, column, label(kolom), bold)
        sheet.write_comment(2, column, f"{kolom.naam}: {kolom.betekenis}", {"visible": False})
        longest = max((len(str(row[column])) for row in rows[:200] if row[column] is not None), default=0)
        sheet.set_column(column, column, min(max(longest + 2, len(label(kolom)) // 2 + 2, _WIDTH[0]), _WIDTH[1]))
    formats = [book.add_format({"num_format": form}) if (form := _number_format(k)) else None for k in tabel.kolommen]
    for number, row in enumerate(rows, start=_HEADER_ROWS):
        for column, value in enumerate(row):
            _write_cell(sheet, number, column, value, formats[column])
    sheet.freeze_panes(_HEADER_ROWS, 0)
    sheet.autofilter(_HEADER_ROWS - 1, 0, max(_HEADER_ROWS - 1 + len(rows), _HEADER_ROWS), len(tabel.kolommen) - 1)


def _number_format(kolom: Kolom) -> str | None:
    if kolom.type in ("BIGINT", "DOUBLE"):
        return _FORMATS.get(kolom.eenheid) or ("#,##0.00" if kolom.type == "DOUBLE" else "0")
    return None


def _write_cell(sheet: "Worksheet", row: int, column: int, value: object, form: "Format | None") -> None:
    """Write a value as what it is; nothing for no value, and never a formula."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, _Exact(value) if isinstance(value, float) else value, form)
    else:
        sheet.write_string(row, column, str(value))


def _write_readme(book: "Workbook", sheet: "Worksheet", bestand: Bestand, listed: list[tuple[str, Tabel, int]]) -> None:
    bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    warned = book.add_format({"bold": True, "font_color": "#B00000", "font_size": 14})
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 1, 110)
    lines: list[tuple[str, str, Any]] = [
        (bestand.citaat["titel"], "", bold),
        (warning(bestand), "", warned),
        ("Gepubliceerd op (UTC)", bestand.citaat["gepubliceerd_op"], wrap),
        ("Herkomst", bestand.citaat["herkomst"], wrap),
        ("Citeren als", bestand.citaat["citaat"], wrap),
        ("Licentie van de gegevens", bestand.citaat["licentie"], wrap),
        ("", "Op elk blad: rij 1 de tabel, rij 2 de eenheid, rij 3 de kolom met haar betekenis als opmerking.", wrap),
        ("Blad", "Wat het beantwoordt", bold),
    ]
    row = 0
    for left, right, form in lines:
        sheet.write_string(row, 0, left, form)
        sheet.write_string(row, 1, right, form)
        row += 1
    for name, tabel, count in listed:
        if name:
            sheet.write_url(row, 0, f"internal:'{name}'!A1", string=name)
            sheet.write_string(row, 1, tabel.betekenis, wrap)
        else:
            sheet.write_string(row, 0, tabel.naam)
            sheet.write_string(row, 1, f"{count:,} rijen: te veel voor een blad, zie de CSV. {tabel.betekenis}", wrap)
        row += 1
    row += 1
    sheet.write_string(row, 0, "Bron", bold)
    sheet.write_string(row, 1, "Tabel bij CBS, stand, vintage, herkomst", bold)
    for number, bron in enumerate(bestand.bronnen, start=row + 1):
        sheet.write_string(number, 0, f"{bron['bron']} ({bron['tabel_id']})")
        parts = (bron["titel"], f"Modified {bron['modified']}", bron["vintage"], bron["herkomst"])
        sheet.write_string(number, 1, "; ".join(parts))

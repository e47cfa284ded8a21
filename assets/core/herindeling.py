"""core.herindeling: which gemeenten passed ground and inwoners to which, as the code list of 03759ned tells it.

Here: reading the descriptions of the region codes. Not here: figures on the boundaries of another year
(`gebiedsovergang`).

CBS writes in the description of a gemeente, newest first:

    Opgeheven per 01-01-2021, overgegaan naar:
    - Boxtel (GM0757),
    ... 535 hectare met 918 woningen en 2149 inwoners

and the same passing from the other side as "Gemeentelijke herindeling per ..., ontvangen van:". Where both tell it,
they must agree.
"""

import re
from dataclasses import dataclass
from datetime import date

import polars as pl

from assets.cbs.table import RawTable
from assets.core.base import EXAMPLES, CoreModel, describe, kolom
from assets.errors import ContractError

OPHEFFING, GRENSWIJZIGING, NAAMSWIJZIGING = "opheffing", "grenswijziging", "naamswijziging"
EERSTE_JAAR = 2015
# What the description of the giving gemeente calls it; everything else is a change of borders.
_SOORTEN = {"Opgeheven": OPHEFFING, "Naamswijziging": NAAMSWIJZIGING}
_HEAD = re.compile(
    r"(?P<wat>[A-Z][\w ]+?) per (?P<datum>\d\d-\d\d-\d{4}),? ?(?P<kant>overgegaan naar|ontvangen van|uit):"
)
_OTHER = re.compile(r"- (?P<naam>.+) \((?P<code>GM\d{4})\),?")
_RENAMED = re.compile(r"Naamswijziging per (?P<datum>\d\d-\d\d-\d{4}),?")
_NEW_NAME = re.compile(r"nieuwe naam: (?P<naam>.+) \((?P<code>GM\d{4})\),?")
_PEOPLE = re.compile(r"\.\.\. .*?(?P<inwoners>\d+) inwoners?\s*")


class HerindelingModel(CoreModel):
    """Passings of ground between gemeenten since 2015 (CBS 03759ned, descriptions of the region codes): `opheffing` =
    the giving gemeente ended; `grenswijziging` = it went on with another area; `naamswijziging` = it went on under
    another name and code. Inwoners are those who lived in what passed."""  # noqa: D205, D209

    datum: pl.Date = kolom("datum", "dag waarop het gebied overging")
    soort: str = kolom(
        "naam", "opheffing, grenswijziging of naamswijziging", isin=[OPHEFFING, GRENSWIJZIGING, NAAMSWIJZIGING]
    )
    van_code: str = kolom("code", "gemeente die gaf", str_matches=r"^GM\d{4}$")
    van_naam: str = kolom("naam", "haar naam")
    naar_code: str = kolom("code", "gemeente die kreeg; GM0998 = buitenland", str_matches=r"^GM\d{4}$")
    naar_naam: str = kolom("naam", "haar naam")
    inwoners: int = kolom(
        "personen", "inwoners die overgingen; leeg bij een naamswijziging: allen", nullable=True, ge=0
    )


DESCRIPTION = describe(
    HerindelingModel, "herindeling", ["datum", "van_code", "naar_code"], methode="constant-boundaries"
)


@dataclass(frozen=True)
class _Passing:
    """One line of a description: what passed between the gemeente described and another."""

    datum: date
    wat: str
    gives: bool
    other: str
    other_name: str
    inwoners: int | None


def herindeling(inwoners: RawTable) -> pl.DataFrame:
    """Read the passings since 2015 from the code list of regions, columns of `HerindelingModel`.

    Args:
        inwoners: 03759ned, with its code lists.

    Raises:
        ContractError: a description is not of the form above, or the two sides of a passing differ.
    """
    name = inwoners.manifest.tabel_id
    codes = inwoners.codes["RegioS"].filter(pl.col("code").str.starts_with("GM"))
    told: dict[tuple[date, str, str], int | None] = {}
    soorten: dict[tuple[date, str], str] = {}
    names: dict[str, str] = {}
    differ = set()
    for code, titel, text in codes.select("code", "titel", "omschrijving").rows():
        own = code.strip()
        names[own] = titel.strip()
        for passing in _passings(text, f"{name}, RegioS {own}"):
            if passing.datum.year < EERSTE_JAAR or passing.other == own:  # a change of spelling only
                continue
            names.setdefault(passing.other, passing.other_name)
            key = (passing.datum, own, passing.other) if passing.gives else (passing.datum, passing.other, own)
            # CBS tells some passings, of 0 inwoners, on one side only.
            if told.setdefault(key, passing.inwoners) != passing.inwoners:
                differ.add((*map(str, key), told[key], passing.inwoners))
            if passing.wat in _SOORTEN:
                soorten[passing.datum, own] = _SOORTEN[passing.wat]
    if differ:
        raise ContractError(
            f"{name}: the descriptions of two gemeenten differ on what passed between them (datum, van, naar, "
            "inwoners): "
            f"{sorted(differ)[:EXAMPLES]}. Look at RegioSCodes at CBS."
        )
    rows = [
        (datum, soorten.get((datum, van), GRENSWIJZIGING), van, names[van], naar, names[naar], people)
        for (datum, van, naar), people in sorted(told.items())
    ]
    schema = {naam: column.dtype.type for naam, column in HerindelingModel.to_schema().columns.items()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _passings(text: str, where: str) -> list[_Passing]:
    """Read one description."""
    found: list[_Passing] = []
    head: re.Match[str] | None = None
    other: re.Match[str] | None = None
    renamed: re.Match[str] | None = None
    for line in (raw.strip() for raw in text.splitlines()):
        if match := _HEAD.fullmatch(line):
            head, other = match, None
        elif match := _RENAMED.fullmatch(line):
            head, other, renamed = None, None, match
        elif renamed and (match := _NEW_NAME.fullmatch(line)):
            found.append(_Passing(_date(renamed["datum"]), "Naamswijziging", True, match["code"], match["naam"], None))
        elif not line:
            other = None
        elif head and (match := _OTHER.fullmatch(line)):
            other = match
        elif head and other and (match := _PEOPLE.fullmatch(line)):
            found.append(
                _Passing(
                    _date(head["datum"]),
                    head["wat"],
                    head["kant"] == "overgegaan naar",
                    other["code"],
                    other["naam"],
                    int(match["inwoners"]),
                )
            )
            other = None
        elif line.startswith(("...", "- ")) and head and _date(head["datum"]).year >= EERSTE_JAAR:
            raise ContractError(
                f"{where}: its description has {line!r}, which is not understood; see RegioSCodes at CBS"
            )
        elif not line.startswith(("...", "- ")):
            head = None  # "Begindatum ...", "Naamswijziging ...": nothing passed
    return found


def _date(text: str) -> date:
    day, month, year = map(int, text.split("-"))
    return date(year, month, day)

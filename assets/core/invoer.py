"""core.invoer_bijstandsduur and core.invoer_doelaandeel: what an input file says, or no rows when there is none.

Here: reading and validating the two files. Not here: keeping them (`assets.cbs.invoer`), or using them (sql/benchmark).
"""

from collections.abc import Sequence

import polars as pl

from assets.cbs.invoer import BESTANDEN
from assets.core.base import CoreModel, describe, kolom
from assets.core.srg import EERSTE_JAAR
from assets.core.voorziening_type import HOOFDCATEGORIEEN
from assets.errors import ContractError
from assets.lake import Vintage

DUREN = ("<1 jaar", "1-2 jaar", "2-3 jaar", "3-4 jaar", "4-5 jaar", ">=5 jaar")
TYPES = tuple(naam for types in HOOFDCATEGORIEEN.values() for naam in types)
# Six shares printed in whole percents are each off by at most half a percent.
_MOST_OFF = 0.03
_FIRST_LINE = 2  # of the rows; the header is line 1


class BijstandsduurModel(CoreModel):
    """Shares by duration of bijstand of the persons with a voorziening who have bijstand (table 7 of the reference
    report). CBS gives them outside its open tables: an optional input file, no rows when it is absent."""  # noqa: D205, D209

    jaar: int = kolom("jaar", "jaar van de maandgemiddelden", ge=EERSTE_JAAR, le=2100)
    duur: str = kolom("naam", "duur van de bijstand", isin=list(DUREN))
    aandeel_personen: float = kolom("aandeel 0-1", "aandeel van de personen; telt per jaar op tot 1", ge=0, le=1)
    bron: str = kolom("tekst", "waar het cijfer staat", str_length={"min_value": 1})


class DoelaandeelModel(CoreModel):
    """Share of the voorzieningen of a type that have re-integratie as their purpose (figure 19 of the reference
    report); the other ones have participatie. CBS gives them outside its open tables: an optional input file, no rows
    when absent."""  # noqa: D205, D209

    type: str = kolom("naam", "type voorziening; zie core.voorziening_type", isin=list(TYPES))
    aandeel_reintegratie: float = kolom("aandeel 0-1", "aandeel met doel re-integratie", ge=0, le=1)
    peilmaand: str = kolom("maand", "maand van het aandeel, zoals 2024MM12", str_matches=r"^\d{4}MM(0[1-9]|1[0-2])$")
    bron: str = kolom("tekst", "waar het cijfer staat", str_length={"min_value": 1})


BIJSTANDSDUUR = describe(BijstandsduurModel, "invoer_bijstandsduur", ["jaar", "duur"], methode="voorzieningen-srg")
DOELAANDEEL = describe(DoelaandeelModel, "invoer_doelaandeel", ["type"], methode="voorzieningen-srg")


def bijstandsduur(vintage: Vintage | None) -> pl.DataFrame:
    """Read the shares by duration, columns of `BijstandsduurModel`.

    Args:
        vintage: the newest vintage of the file; None or without rows: there is no file.

    Raises:
        ContractError: it is no CSV of these columns, or the shares of a year lack a duration or do not add up to 1.
    """
    frame = _read(vintage, BijstandsduurModel, "invoer_bijstandsduur")
    for (jaar,), year in frame.group_by(["jaar"], maintain_order=True):
        lacking = [duur for duur in DUREN if duur not in year["duur"]]
        total = float(year["aandeel_personen"].sum())
        if lacking or abs(total - 1) > _MOST_OFF:
            raise ContractError(
                f"{_name('invoer_bijstandsduur')}: the shares of {jaar} should be fractions of every duration "
                "that add up to 1; "
                f"they add up to {total:.3f}" + (f" and lack {', '.join(lacking)}" if lacking else "")
            )
    return frame


def doelaandeel(vintage: Vintage | None) -> pl.DataFrame:
    """Read the shares by purpose, columns of `DoelaandeelModel`.

    Args:
        vintage: the newest vintage of the file; None or without rows: there is no file.

    Raises:
        ContractError: it is no CSV of these columns.
    """
    return _read(vintage, DoelaandeelModel, "invoer_doelaandeel")


def _name(bron: str) -> str:
    return f"input file {BESTANDEN[bron][0]}"


def _read(vintage: Vintage | None, model: type[CoreModel], bron: str) -> pl.DataFrame:
    """Read a file strictly: exactly the columns of its model, no empty cell, no text where a number should be."""
    schema = {name: column.dtype.type for name, column in model.to_schema().columns.items()}
    if vintage is None or vintage.manifest.rows == 0:
        return pl.DataFrame(schema=schema)
    content = vintage.read(BESTANDEN[bron][0])
    try:
        text = pl.read_csv(content, infer_schema=False)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise ContractError(f"{_name(bron)} cannot be read as CSV in UTF-8: {error}") from error
    _check_columns(text.columns, list(schema), bron)
    columns = []
    for column, dtype in schema.items():
        cast = text[column].str.strip_chars().cast(dtype, strict=False)
        wrong = cast.is_null().arg_true()
        if len(wrong):
            found = text[column][wrong[0]]
            raise ContractError(
                f"{_name(bron)}, line {wrong[0] + _FIRST_LINE}: column {column} should be {dtype}; found {found!r}. "
                "Numbers have a decimal point; see docs/invoer.md."
            )
        columns.append(cast)
    return pl.DataFrame(columns)


def _check_columns(found: Sequence[str], wanted: Sequence[str], bron: str) -> None:
    if list(found) != list(wanted):
        raise ContractError(f"{_name(bron)}: columns should be {', '.join(wanted)}; found {', '.join(found)}")

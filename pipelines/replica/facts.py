"""What the replica's world must agree with: the built-in facts, and a folder of facts given on top.

Here: reading and validating facts. Not here: filling in what they leave open (`world`).

A given folder has tidy CSV files, any of which may be absent; other files in it are not read:

- `gemeenten.csv`: jaar, gemeente_code, naam, provincie_code, provincie, arbeidsmarktregio_code,
  arbeidsmarktregio, inwoners;
- `iv3_lasten.csv`: boekjaar, verslagsoort, gemeente_code, taakveld, lasten_keur, baten_keur (thousand euro;
  taakveld `totaal` is all of them together, and 0 there means that the gemeente did not deliver);
- `bijstand.csv`: jaar, gemeente_code, personen (in January).
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.errors import ContractError, SettingsError

BUILT_IN = Path(__file__).with_name("facts")
VERSLAGSOORTEN = ("begroting", "jaarrekening")
TOTAAL = "totaal"

_GEMEENTEN = {
    "jaar": pl.Int64,
    "gemeente_code": pl.String,
    "naam": pl.String,
    "provincie_code": pl.String,
    "provincie": pl.String,
    "arbeidsmarktregio_code": pl.String,
    "arbeidsmarktregio": pl.String,
    "inwoners": pl.Int64,
}
_LASTEN = {
    "boekjaar": pl.Int64,
    "verslagsoort": pl.String,
    "gemeente_code": pl.String,
    "taakveld": pl.String,
    "lasten_keur": pl.Float64,
    "baten_keur": pl.Float64,
}
_MAY_BE_EMPTY = ("baten_keur",)
_BIJSTAND = {"jaar": pl.Int64, "gemeente_code": pl.String, "personen": pl.Int64}


@dataclass(frozen=True)
class Gemeente:
    """One gemeente in one year; inwoners only when they are given."""

    code: str
    naam: str
    provincie_code: str
    provincie: str
    arbeidsmarktregio_code: str
    arbeidsmarktregio: str
    omvang: int
    inwoners: int | None


@dataclass(frozen=True)
class IvCode:
    """One code of an Iv3 code list; soort is taakveld, balanspost, lasten or baten."""

    soort: str
    code: str
    naam: str


# (boekjaar, verslagsoort) -> gemeente -> taakveld -> (lasten, baten) in euro; None where not given
Given = Mapping[tuple[int, str], Mapping[str, Mapping[str, tuple[int, int | None]]]]


@dataclass(frozen=True)
class Facts:
    """Everything the world must agree with.

    Args:
        gemeenten: year -> the gemeenten of that year, by code.
        inwoners_given: years whose inwoners per gemeente are given.
        landelijk: (reeks, year) -> value.
        klassen: (maat, grootteklasse) -> value, for 2024.
        iv3_codes: year -> codes.
        lasten: amounts that are given.
        bijstand: year -> gemeente -> persons that are given.
        digest: hash of all of it.
    """

    gemeenten: Mapping[int, Mapping[str, Gemeente]]
    inwoners_given: frozenset[int]
    landelijk: Mapping[tuple[str, int], float]
    klassen: Mapping[tuple[str, str], float]
    iv3_codes: Mapping[int, tuple[IvCode, ...]]
    lasten: Given
    bijstand: Mapping[int, Mapping[str, int]]
    digest: str


def load_facts(folder: Path | None = None) -> Facts:
    """Load the built-in facts, and over them those of a folder.

    Raises:
        SettingsError: the folder is not there, or has none of the files.
        ContractError: a file has other columns, a value of another type, or a row twice.
    """
    digest = hashlib.sha256()
    for path in sorted(BUILT_IN.glob("*.csv")):
        digest.update(path.read_bytes())
    gemeenten = _register()
    given_years: frozenset[int] = frozenset()
    lasten: Given = {}
    bijstand: Mapping[int, Mapping[str, int]] = {}
    if folder is not None:
        if not folder.is_dir():
            raise SettingsError(f"facts folder {folder} is not there")
        present = [
            name for name in ("gemeenten.csv", "iv3_lasten.csv", "bijstand.csv") if (folder / name).is_file()
        ]
        if not present:
            raise SettingsError(
                f"facts folder {folder} has none of gemeenten.csv, iv3_lasten.csv, bijstand.csv"
            )
        for name in present:
            digest.update(name.encode() + (folder / name).read_bytes())
        if "gemeenten.csv" in present:
            given = _given_gemeenten(folder / "gemeenten.csv")
            gemeenten, given_years = {**gemeenten, **given}, frozenset(given)
        if "iv3_lasten.csv" in present:
            lasten = _given_lasten(folder / "iv3_lasten.csv")
        if "bijstand.csv" in present:
            bijstand = _given_bijstand(folder / "bijstand.csv")
    iv3_codes = _iv3_codes()
    _check_known(gemeenten, iv3_codes, lasten, bijstand, folder)
    landelijk = pl.read_csv(BUILT_IN / "landelijk.csv")
    klassen = pl.read_csv(BUILT_IN / "klassen.csv")
    return Facts(
        gemeenten,
        given_years,
        {(reeks, jaar): waarde for reeks, jaar, waarde in landelijk.select("reeks", "jaar", "waarde").rows()},
        {(maat, k): waarde for maat, k, waarde in klassen.select("maat", "grootteklasse", "waarde").rows()},
        iv3_codes,
        lasten,
        bijstand,
        digest.hexdigest(),
    )


def _register() -> dict[int, dict[str, Gemeente]]:
    provincies = dict(pl.read_csv(BUILT_IN / "provincies.csv").rows())
    regios = dict(pl.read_csv(BUILT_IN / "arbeidsmarktregios.csv").rows())
    years: dict[int, dict[str, Gemeente]] = {}
    for code, naam, pv, am, first, last, omvang in pl.read_csv(BUILT_IN / "gemeenten.csv").rows():
        for jaar in range(first, last + 1):
            years.setdefault(jaar, {})[code] = Gemeente(
                code, naam, pv, provincies[pv], am, regios[am], omvang * 100, None
            )
    return {jaar: dict(sorted(years[jaar].items())) for jaar in sorted(years)}


def _iv3_codes() -> dict[int, tuple[IvCode, ...]]:
    years: dict[int, list[IvCode]] = {}
    for soort, code, naam, first, last in pl.read_csv(BUILT_IN / "iv3_codes.csv").rows():
        for jaar in range(first, last + 1):
            years.setdefault(jaar, []).append(IvCode(soort, code, naam))
    return {jaar: tuple(codes) for jaar, codes in years.items()}


def _read(path: Path, schema: dict[str, type[pl.DataType]], key: list[str]) -> pl.DataFrame:
    """Read one given file strictly."""
    header = pl.read_csv(path, n_rows=0, infer_schema=False).columns
    if header != list(schema):
        raise ContractError(f"{path}: columns should be {', '.join(schema)}; found {', '.join(header)}")
    text = pl.read_csv(path, infer_schema=False)
    columns = []
    for name, dtype in schema.items():
        column = text[name].cast(dtype, strict=False)
        broken = text.with_row_index("regel", offset=2).filter(column.is_null() & text[name].is_not_null())
        if len(broken):
            line, value = broken.select("regel", name).row(0)
            raise ContractError(f"{path}, line {line}: column {name} should be {dtype}; found {value!r}")
        empty = text.with_row_index("regel", offset=2).filter(column.is_null() & (name not in _MAY_BE_EMPTY))
        if len(empty):
            raise ContractError(f"{path}, line {empty['regel'][0]}: column {name} is empty")
        columns.append(column)
    frame = pl.DataFrame(columns)
    double = frame.filter(pl.struct(key).is_duplicated())
    if len(double):
        raise ContractError(
            f"{path}: a row is there twice: {dict(zip(key, double.select(key).row(0), strict=True))}"
        )
    return frame


def _given_gemeenten(path: Path) -> dict[int, dict[str, Gemeente]]:
    years: dict[int, dict[str, Gemeente]] = {}
    for row in (
        _read(path, _GEMEENTEN, ["jaar", "gemeente_code"]).sort("jaar", "gemeente_code").iter_rows(named=True)
    ):
        jaar = row["jaar"]
        years.setdefault(jaar, {})[row["gemeente_code"]] = Gemeente(
            row["gemeente_code"],
            row["naam"],
            row["provincie_code"],
            row["provincie"],
            row["arbeidsmarktregio_code"],
            row["arbeidsmarktregio"],
            row["inwoners"],
            row["inwoners"],
        )
    return years


def _given_lasten(path: Path) -> Given:
    given: dict[tuple[int, str], dict[str, dict[str, tuple[int, int | None]]]] = {}
    frame = _read(path, _LASTEN, ["boekjaar", "verslagsoort", "gemeente_code", "taakveld"])
    unknown = set(frame["verslagsoort"].unique()) - set(VERSLAGSOORTEN)
    if unknown:
        raise ContractError(
            f"{path}: column verslagsoort should be one of {VERSLAGSOORTEN}; found {sorted(unknown)}"
        )
    for jaar, soort, code, taakveld, lasten, baten in frame.rows():
        amounts = (round(lasten * 1000), None if baten is None else round(baten * 1000))
        given.setdefault((jaar, soort), {}).setdefault(code, {})[taakveld] = amounts
    return given


def _given_bijstand(path: Path) -> dict[int, dict[str, int]]:
    given: dict[int, dict[str, int]] = {}
    for jaar, code, personen in _read(path, _BIJSTAND, ["jaar", "gemeente_code"]).rows():
        given.setdefault(jaar, {})[code] = personen
    return given


def _check_known(
    gemeenten: Mapping[int, Mapping[str, Gemeente]],
    iv3_codes: Mapping[int, tuple[IvCode, ...]],
    lasten: Given,
    bijstand: Mapping[int, Mapping[str, int]],
    folder: Path | None,
) -> None:
    """See that what is given is of a year, gemeente and taakveld that are served: else it would be lost."""
    for (jaar, soort), by_gemeente in lasten.items():
        name = f"{folder}/iv3_lasten.csv, {jaar} {soort}"
        known = {code.code for code in iv3_codes.get(jaar, ()) if code.soort == "taakveld"} | {TOTAAL}
        if len(known) == 1:
            raise ContractError(
                f"{name}: boekjaar is not served; it should be {min(iv3_codes)} to {max(iv3_codes)}"
            )
        _check_gemeenten(gemeenten, jaar, by_gemeente, name)
        for code, fields in by_gemeente.items():
            unknown = sorted(set(fields) - known)
            if unknown:
                raise ContractError(
                    f"{name}: taakveld {unknown[0]} of {code} is not in the code list of that year"
                )
    for jaar, personen in bijstand.items():
        _check_gemeenten(gemeenten, jaar, personen, f"{folder}/bijstand.csv, {jaar}")


def _check_gemeenten(
    gemeenten: Mapping[int, Mapping[str, Gemeente]], jaar: int, codes: Iterable[str], name: str
) -> None:
    unknown = sorted(set(codes) - set(gemeenten.get(jaar, {})))
    if unknown:
        raise ContractError(f"{name}: gemeente_code {unknown[0]} is not in the register of that year")

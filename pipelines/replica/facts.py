"""What the replica's world must agree with: the built-in facts, and a folder of facts given on top.

Here: reading and validating facts. Not here: filling in what they leave open (`world`).

A given folder has tidy CSV files, any of which may be absent; other files in it are not read:

- `gemeenten.csv`: jaar, gemeente_code, naam, provincie_code, provincie, arbeidsmarktregio_code,
  arbeidsmarktregio, inwoners;
- `iv3_lasten.csv`: boekjaar, verslagsoort, gemeente_code, taakveld, lasten_keur, baten_keur (thousand euro;
  taakveld `totaal` is all of them together, and 0 there means that the gemeente did not deliver);
- `bijstand.csv`: jaar, gemeente_code, personen (in January);
- `srg_gepubliceerd.csv`: table, type, status, region, period, value (titles as CBS has them; what can be given
  is told in `srg_given`; rows of tables other than 85588NED and 85589NED are not served and passed over);
- `herindelingen.csv`: datum, soort (opheffing, grenswijziging), van_code, van_naam, naar_code, naar_naam,
  inwoners.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from assets.errors import ContractError, SettingsError

BUILT_IN = Path(__file__).with_name("facts")
VERSLAGSOORTEN = ("begroting", "jaarrekening")
TOTAAL = "totaal"
PARTICIPATIE = "6.5"  # whose lasten are filled in by national totals, the others by inwoners

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
_BIJSTAND = {"jaar": pl.Int64, "gemeente_code": pl.String, "personen": pl.Int64}
_HERINDELINGEN = {
    "datum": pl.String,
    "soort": pl.String,
    "van_code": pl.String,
    "van_naam": pl.String,
    "naar_code": pl.String,
    "naar_naam": pl.String,
    "inwoners": pl.Int64,
}
_SRG = {
    "table": pl.String,
    "type": pl.String,
    "status": pl.String,
    "region": pl.String,
    "period": pl.String,
    "value": pl.Int64,
}
_SRG_TABLES = ("85588NED", "85589NED")
_FIRST_SRG_YEAR = 2023
_SOORTEN_HERINDELING = ("opheffing", "grenswijziging")
_FILES = ("gemeenten.csv", "iv3_lasten.csv", "bijstand.csv", "herindelingen.csv", "srg_gepubliceerd.csv")
_MAY_BE_EMPTY = ("baten_keur",)
# The codes go into keys of fixed width, the amounts into sums: what does not fit is told, not bent.
_FORMS = {
    "gemeente_code": r"^GM\d{4}$",
    "van_code": r"^GM\d{4}$",
    "naar_code": r"^GM\d{4}$",
    "provincie_code": r"^\S{1,10}$",
    "arbeidsmarktregio_code": r"^\S{1,10}$",
}
_LEAST = {
    ("gemeenten.csv", "inwoners"): 1,
    ("bijstand.csv", "personen"): 0,
    ("herindelingen.csv", "inwoners"): 0,
}
_FIRST_LINE = 2  # of the rows; the header is line 1
_LARGEST_KEUR = 1e9  # a thousand times the lasten of all gemeenten on 6.5: more is a slip of unit


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


@dataclass(frozen=True)
class Herindeling:
    """One passing of ground and inwoners from a gemeente to another; inwoners None: to be filled in."""

    datum: date
    soort: str
    van_code: str
    van_naam: str
    naar_code: str
    naar_naam: str
    inwoners: int | None


@dataclass(frozen=True)
class SrgType:
    """One type of voorziening: printed means of 2024, and what is filled in around them.

    Args:
        naam: the type.
        hoofdcategorie: its main category; Totaal for the total.
        voorzieningen: monthly mean of 2024.
        personen: monthly mean of 2024.
        groei_per_jaar: fraction.
        aandeel_beeindigd: voorzieningen that end in a month / voorzieningen running; 0 for the total, which is a sum.
        aandeel_uitstroom: the same of persons.
        aandeel_mannen: of the persons.
        aandeel_tot_27: of the persons.
        aandeel_27_45: of the persons; the other ones are older.
    """

    naam: str
    hoofdcategorie: str
    voorzieningen: int
    personen: int
    groei_per_jaar: float
    aandeel_beeindigd: float
    aandeel_uitstroom: float
    aandeel_mannen: float
    aandeel_tot_27: float
    aandeel_27_45: float


@dataclass(frozen=True)
class SrgGegeven:
    """One count that was published; `waar` names file and line."""

    waar: str
    tabel_id: str
    type: str
    status: str
    regio: str
    jaar: int
    maand: int
    waarde: int


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
        per_inwoner: year -> taakveld -> rough lasten per inwoner in euro of 2024, for what is filled in.
        lasten: amounts that are given.
        bijstand: year -> gemeente -> persons that are given.
        herindelingen: those that are given, or the built-in ones.
        srg_typen: the types of voorzieningen, and the total.
        verdelingen: name -> class -> (value, whether it was published).
        srg: counts that are given.
        digest: hash of all of it.
    """

    gemeenten: Mapping[int, Mapping[str, Gemeente]]
    inwoners_given: frozenset[int]
    landelijk: Mapping[tuple[str, int], float]
    klassen: Mapping[tuple[str, str], float]
    iv3_codes: Mapping[int, tuple[IvCode, ...]]
    per_inwoner: Mapping[int, Mapping[str, float]]
    lasten: Given
    bijstand: Mapping[int, Mapping[str, int]]
    herindelingen: tuple[Herindeling, ...]
    srg_typen: tuple[SrgType, ...]
    verdelingen: Mapping[str, Mapping[str, tuple[float, bool]]]
    srg: tuple[SrgGegeven, ...]
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
    herindelingen: tuple[Herindeling, ...] | None = None
    srg: tuple[SrgGegeven, ...] = ()
    if folder is not None:
        present = _present(folder)
        for name in present:
            digest.update(name.encode() + (folder / name).read_bytes())
        if "gemeenten.csv" in present:
            given = _given_gemeenten(folder / "gemeenten.csv", gemeenten)
            gemeenten, given_years = {**gemeenten, **given}, frozenset(given)
        if "iv3_lasten.csv" in present:
            lasten = _given_lasten(folder / "iv3_lasten.csv")
        if "bijstand.csv" in present:
            bijstand = _given_bijstand(folder / "bijstand.csv")
        if "herindelingen.csv" in present:
            herindelingen = _given_herindelingen(folder / "herindelingen.csv")
        if "srg_gepubliceerd.csv" in present:
            srg = _given_srg(folder / "srg_gepubliceerd.csv")
    iv3_codes = _iv3_codes()
    per_inwoner = _per_inwoner()
    _check_known(gemeenten, iv3_codes, lasten, bijstand, folder)
    _check_totals(per_inwoner, lasten, folder)
    landelijk = pl.read_csv(BUILT_IN / "landelijk.csv")
    klassen = pl.read_csv(BUILT_IN / "klassen.csv")
    return Facts(
        gemeenten,
        given_years,
        {(reeks, jaar): waarde for reeks, jaar, waarde in landelijk.select("reeks", "jaar", "waarde").rows()},
        {(maat, k): waarde for maat, k, waarde in klassen.select("maat", "grootteklasse", "waarde").rows()},
        iv3_codes,
        per_inwoner,
        lasten,
        bijstand,
        _built_in_herindelingen(gemeenten) if herindelingen is None else herindelingen,
        _srg_typen(),
        _verdelingen(),
        srg,
        digest.hexdigest(),
    )


def _present(folder: Path) -> list[str]:
    """Name the files of facts a folder has."""
    if not folder.is_dir():
        raise SettingsError(f"facts folder {folder} is not there")
    present = [name for name in _FILES if (folder / name).is_file()]
    if not present:
        raise SettingsError(f"facts folder {folder} has none of {', '.join(_FILES)}")
    return present


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


def _built_in_herindelingen(gemeenten: Mapping[int, Mapping[str, Gemeente]]) -> tuple[Herindeling, ...]:
    """Give who took over from whom; those of gemeenten that the register does not have are left out."""
    found = []
    for text, van, naar in pl.read_csv(BUILT_IN / "herindelingen.csv").select("datum", "van_code", "naar_code").rows():
        datum = date.fromisoformat(text)
        # A passing on 1 January ends a gemeente of the year before, a later one a gemeente of the year itself.
        last = datum.year - (datum.month == datum.day == 1)
        before, after = gemeenten.get(last, {}).get(van), gemeenten.get(last + 1, {}).get(naar)
        if before and after:
            found.append(Herindeling(datum, "opheffing", van, before.naam, naar, after.naam, None))
    return tuple(found)


def _iv3_codes() -> dict[int, tuple[IvCode, ...]]:
    years: dict[int, list[IvCode]] = {}
    for soort, code, naam, first, last in pl.read_csv(BUILT_IN / "iv3_codes.csv").rows():
        for jaar in range(first, last + 1):
            years.setdefault(jaar, []).append(IvCode(soort, code, naam))
    return {jaar: tuple(codes) for jaar, codes in years.items()}


def _per_inwoner() -> dict[int, dict[str, float]]:
    years: dict[int, dict[str, float]] = {}
    frame = pl.read_csv(BUILT_IN / "taakvelden.csv", schema_overrides={"taakveld": pl.String})
    for taakveld, first, last, euro in frame.select("taakveld", "van_jaar", "tot_jaar", "euro_per_inwoner").rows():
        for jaar in range(first, last + 1):
            years.setdefault(jaar, {})[taakveld] = float(euro)
    return years


def _srg_typen() -> tuple[SrgType, ...]:
    frame = pl.read_csv(BUILT_IN / "srg_typen.csv")
    numbers = frame.columns[4:10]
    frame = frame.with_columns(pl.col(numbers).cast(pl.Float64).fill_null(0.0))
    return tuple(SrgType(*row[:10]) for row in frame.rows())


def _verdelingen() -> dict[str, dict[str, tuple[float, bool]]]:
    frame = pl.read_csv(BUILT_IN / "verdelingen.csv")
    result: dict[str, dict[str, tuple[float, bool]]] = {}
    for naam, klasse, waarde, soort in frame.select("verdeling", "klasse", "waarde", "soort").rows():
        result.setdefault(naam, {})[klasse] = (waarde, soort == "gepubliceerd")
    return result


def _read(path: Path, schema: dict[str, type[pl.DataType]], key: list[str]) -> pl.DataFrame:
    """Read one given file strictly.

    Raises:
        ContractError: it is no CSV, or has another column, a value of another type or form, or a row twice.
    """
    try:
        text = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: cannot be read as CSV in UTF-8: {error}") from error
    if text.columns != list(schema):
        raise ContractError(f"{path}: columns should be {', '.join(schema)}; found {', '.join(text.columns)}")
    columns = [_column(path, text[name], dtype) for name, dtype in schema.items()]
    frame = pl.DataFrame(columns)
    double = frame.with_row_index("regel", offset=_FIRST_LINE).filter(pl.struct(key).is_duplicated())
    if len(double):
        found = dict(zip(key, double.select(key).row(0), strict=True))
        raise ContractError(
            f"{path}, line {double['regel'][1]}: a row is there twice: {found} (first on line "
            f"{double['regel'][0]}); leave one out"
        )
    return frame


def _column(path: Path, text: pl.Series, dtype: type[pl.DataType]) -> pl.Series:
    """Read one column of a given file strictly."""
    name = text.name
    column = text.cast(dtype, strict=False)
    if name not in _MAY_BE_EMPTY:
        _refuse(path, text, text.is_null(), "is empty")
    _refuse(path, text, column.is_null() & text.is_not_null(), f"should be {dtype}")
    if name in _FORMS:
        _refuse(path, text, ~column.str.contains(_FORMS[name]), f"should look like {_FORMS[name]}")
    least = _LEAST.get((path.name, name))
    if least is not None:
        _refuse(path, text, column < least, f"should be at least {least}")
    if dtype == pl.Float64:
        _refuse(path, text, ~(column.abs() <= _LARGEST_KEUR), "should be an amount in thousand euro")
    return column


def _refuse(path: Path, text: pl.Series, broken: pl.Series, words: str) -> None:
    """Name the first value that is broken."""
    lines = broken.arg_true()
    if len(lines):
        line = lines[0]
        raise ContractError(f"{path}, line {line + _FIRST_LINE}: column {text.name} {words}; found {text[line]!r}")


def _given_gemeenten(path: Path, built_in: Mapping[int, Mapping[str, Gemeente]]) -> dict[int, dict[str, Gemeente]]:
    years: dict[int, dict[str, Gemeente]] = {}
    for row in _read(path, _GEMEENTEN, ["jaar", "gemeente_code"]).sort("jaar", "gemeente_code").iter_rows(named=True):
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
    for jaar in years:
        if jaar not in built_in:
            raise ContractError(f"{path}: column jaar should be {min(built_in)} to {max(built_in)}; found {jaar}")
    return years


def _given_lasten(path: Path) -> Given:
    given: dict[tuple[int, str], dict[str, dict[str, tuple[int, int | None]]]] = {}
    frame = _read(path, _LASTEN, ["boekjaar", "verslagsoort", "gemeente_code", "taakveld"])
    unknown = set(frame["verslagsoort"].unique()) - set(VERSLAGSOORTEN)
    if unknown:
        raise ContractError(f"{path}: column verslagsoort should be one of {VERSLAGSOORTEN}; found {sorted(unknown)}")
    for jaar, soort, code, taakveld, lasten, baten in frame.rows():
        amounts = (round(lasten * 1000), None if baten is None else round(baten * 1000))
        given.setdefault((jaar, soort), {}).setdefault(code, {})[taakveld] = amounts
    for (jaar, soort), by_gemeente in given.items():
        for code, fields in by_gemeente.items():
            if TOTAAL in fields and not fields[TOTAAL][0] and any(a[0] for a in fields.values()):
                raise ContractError(
                    f"{path}, {jaar} {soort}: {code} has lasten on a taakveld and a totaal of 0, "
                    "which means that it did not deliver"
                )
    return given


def _given_bijstand(path: Path) -> dict[int, dict[str, int]]:
    given: dict[int, dict[str, int]] = {}
    for jaar, code, personen in _read(path, _BIJSTAND, ["jaar", "gemeente_code"]).rows():
        given.setdefault(jaar, {})[code] = personen
    return given


def _given_herindelingen(path: Path) -> tuple[Herindeling, ...]:
    frame = _read(path, _HERINDELINGEN, ["datum", "soort", "van_code", "naar_code"])
    dates = frame["datum"].str.to_date("%Y-%m-%d", strict=False)
    _refuse(path, frame["datum"], dates.is_null(), "should be a date like 2023-01-01")
    known = frame["soort"].is_in(_SOORTEN_HERINDELING)
    _refuse(path, frame["soort"], ~known, f"should be one of {', '.join(_SOORTEN_HERINDELING)}")
    return tuple(Herindeling(*row) for row in frame.with_columns(dates).rows())


def _given_srg(path: Path) -> tuple[SrgGegeven, ...]:
    frame = _read(path, _SRG, ["table", "type", "status", "region", "period"])
    text = frame["period"]
    of_month = text.str.contains(r"^\d{4}MM(0[1-9]|1[0-2])$")
    _refuse(path, text, ~of_month, "should be a month like 2023MM01")
    served = frame["table"].is_in(_SRG_TABLES)
    early = served & (text.str.head(4).cast(pl.Int64) < _FIRST_SRG_YEAR)
    _refuse(path, text, early, f"should be {_FIRST_SRG_YEAR} or later: the series of these tables begins there")
    tens = (frame["value"] >= 0) & (frame["value"] % 10 == 0)
    _refuse(path, frame["value"].cast(pl.String), ~tens, "should be a count in tens")
    return tuple(
        SrgGegeven(f"{path}, line {number}", tabel_id, soort, status, regio, int(period[:4]), int(period[6:]), waarde)
        for number, (tabel_id, soort, status, regio, period, waarde) in enumerate(frame.rows(), start=_FIRST_LINE)
        if tabel_id in _SRG_TABLES
    )


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
            raise ContractError(f"{name}: boekjaar is not served; it should be {min(iv3_codes)} to {max(iv3_codes)}")
        _check_gemeenten(gemeenten, jaar, by_gemeente, name)
        for code, fields in by_gemeente.items():
            unknown = sorted(set(fields) - known)
            if unknown:
                raise ContractError(f"{name}: taakveld {unknown[0]} of {code} is not in the code list of that year")
    for jaar, personen in bijstand.items():
        _check_gemeenten(gemeenten, jaar, personen, f"{folder}/bijstand.csv, {jaar}")


def _check_totals(per_inwoner: Mapping[int, Mapping[str, float]], lasten: Given, folder: Path | None) -> None:
    """See that a totaal is the sum of its taakvelden where none is left to take the difference."""
    for (jaar, soort), by_gemeente in lasten.items():
        for code, fields in by_gemeente.items():
            taakvelden = {taakveld: amounts[0] for taakveld, amounts in fields.items() if taakveld != TOTAAL}
            if TOTAAL not in fields or not per_inwoner[jaar].keys() <= taakvelden.keys():
                continue
            left = fields[TOTAAL][0] - sum(taakvelden.values())
            if PARTICIPATIE in taakvelden and left:
                raise ContractError(
                    f"{folder}/iv3_lasten.csv, {jaar} {soort}: the taakvelden of {code} do not add up to its "
                    f"totaal; {left / 1000} thousand euro is left"
                )


def _check_gemeenten(
    gemeenten: Mapping[int, Mapping[str, Gemeente]], jaar: int, codes: Iterable[str], name: str
) -> None:
    unknown = sorted(set(codes) - set(gemeenten.get(jaar, {})))
    if unknown:
        raise ContractError(f"{name}: gemeente_code {unknown[0]} is not in the register of that year")

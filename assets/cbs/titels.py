"""Codes by their titles: what a code means where its id is not known beforehand.

Here: normalising titles, the mapping in `titels.toml`, and finding a code, a total or a measure by title. Not here:
what a name means for the figures (`assets.core`).
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from assets.errors import ContractError, SettingsError

TITELS_FILE = Path(__file__).with_name("titels.toml")
_TOTAAL = re.compile(r"totaal|totaal .*|.* totaal")


class Naam(BaseModel):
    """One name of a list: the titles CBS gives it, and whether CBS must have it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    titels: tuple[str, ...]
    verplicht: bool = True


Titels = Mapping[str, Mapping[str, Naam]]


def normalised(titel: str) -> str:
    """Give a title without what CBS varies: letter case, accents, signs and spaces."""
    plain = unicodedata.normalize("NFKD", titel).encode("ascii", "ignore").decode().casefold()
    return " ".join(re.findall(r"[a-z0-9]+", plain))


@cache
def load_titels(path: Path = TITELS_FILE) -> Titels:
    """Read and validate the mapping: list -> name -> titles.

    Raises:
        SettingsError: the file is not TOML or not as `Naam` describes, or a title stands under two names of one list.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        lists = TypeAdapter(dict[str, dict[str, Naam]]).validate_python(content)
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(f"{path} is not a valid list of titles: {error}") from error
    for lijst, names in lists.items():
        _by_title(lijst, names, path)
    return lists


def names_by_code(lijst: str, codes: Iterable[tuple[str, str]], what: str) -> dict[str, str]:
    """Give the name of every code, by its title.

    Args:
        lijst: the list in `titels.toml`.
        codes: code (as sent) and title.
        what: table and column, named in errors.

    Raises:
        ContractError: a title is in no list, two codes mean the same, or a name that must be there is not.
    """
    names = load_titels()[lijst]
    by_title = _by_title(lijst, names, TITELS_FILE)
    found: dict[str, str] = {}
    for code, titel in codes:
        naam = by_title.get(normalised(titel))
        if naam is None:
            raise ContractError(
                f"{what}: the title {titel.strip()!r} (code {code.strip()}) is not known. Look it up in the "
                "table and add "
                f"it to [{lijst}] in assets/cbs/titels.toml: under the name it means, or as a new name."
            )
        if naam in found.values():
            other = next(c for c, n in found.items() if n == naam)
            raise ContractError(
                f"{what}: codes {other.strip()} and {code.strip()} both mean {naam!r}. Look both up in the table and "
                f"tell them apart in [{lijst}] in assets/cbs/titels.toml."
            )
        found[code] = naam
    gone = [naam for naam, entry in names.items() if entry.verplicht and naam not in found.values()]
    if gone:
        raise ContractError(
            f"{what}: CBS no longer gives {', '.join(map(repr, gone))}; it gives {sorted(found.values())}. Look "
            "at the table; "
            f"what CBS calls otherwise is added to [{lijst}] in assets/cbs/titels.toml, what it stopped gets "
            "verplicht = false."
        )
    return found


def total_code(codes: Iterable[tuple[str, str]], what: str) -> str:
    """Give the one code whose title says that it is the total.

    Args:
        codes: code (as sent) and title.
        what: table and column, named in errors.

    Raises:
        ContractError: none or several do.
    """
    listed = list(codes)
    found = [code for code, titel in listed if _TOTAAL.fullmatch(normalised(titel))]
    if len(found) != 1:
        raise ContractError(
            f"{what}: {'no code' if not found else f'{len(found)} codes'} titled as the total, among "
            f"{[titel.strip() for _, titel in listed][:20]}. CBS changed the code list: see `totaal` in "
            "assets/cbs/tables.toml."
        )
    return found[0]


def key_by_title(titels: str, keys: Iterable[tuple[str, str]], what: str) -> str:
    """Give the key of the one measure with a title.

    Args:
        titels: the title, or several with `|` between them.
        keys: key and title of every measure.
        what: the table, named in errors.

    Raises:
        ContractError: none or several have it.
    """
    listed: Sequence[tuple[str, str]] = list(keys)
    wanted = {normalised(titel) for titel in titels.split("|")}
    found = [key for key, titel in listed if normalised(titel) in wanted]
    if len(found) != 1:
        raise ContractError(
            f"{what}: {'no measure' if not found else 'more than one measure'} titled {titels!r} in "
            "MeasureCodes, which has "
            f"{[titel.strip() for _, titel in listed][:40]}. CBS renamed it: change measures_op_titel in "
            "assets/cbs/tables.toml."
        )
    return found[0]


def _by_title(lijst: str, names: Mapping[str, Naam], path: Path) -> dict[str, str]:
    """Turn a list round: normalised title -> name."""
    by_title: dict[str, str] = {}
    for naam, entry in names.items():
        for titel in entry.titels:
            if by_title.setdefault(normalised(titel), naam) != naam:
                raise SettingsError(f"{path}: [{lijst}] has the title {titel!r} under two names")
    return by_title

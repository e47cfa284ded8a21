"""The contract of the published file: which tables, columns, keys, types and units it has, since which version.

Here: reading the contract (contract.json, written by `make schema`), comparing a file with it, and the rules by which
it may be renewed. Not here: what tables mean (`assets.description`), or the text for people (`pipelines.schema`).

Who reads the file by name must not be surprised. A table, column or function that is gone or has another name, key,
type, unit or parameter breaks that, and asks for a new first number of `SCHEMA_VERSION`; one that came asks for a new
second number. Both ask for a line in CHANGELOG.md that names the version ("schema 1.1").
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from assets.description import TableDescription
from assets.errors import ContractError

SCHEMA_VERSION = "1.1"
CONTRACT = Path(__file__).with_name("contract.json")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kolom(_Frozen):
    """One column: its type in DuckDB, its unit, and the version it came with."""

    type: str
    eenheid: str
    sinds: str


class Tabel(_Frozen):
    """One table or view: its key, its columns in order, and the version it came with."""

    soort: str
    sleutel: tuple[str, ...]
    sinds: str
    kolommen: Mapping[str, Kolom]


class Functie(_Frozen):
    """One function (macro): its parameters, and the version it came with."""

    soort: str
    parameters: tuple[str, ...]
    sinds: str


class Contract(_Frozen):
    """All of a version.

    Args:
        versie: two numbers; the first one changes when something that was there is no longer as it was.
        tabellen: qualified name -> table or view.
        functies: qualified name -> function.
    """

    versie: str
    tabellen: Mapping[str, Tabel]
    functies: Mapping[str, Functie]


@cache
def load_contract(path: Path = CONTRACT) -> Contract:
    """Read the contract.

    Raises:
        ContractError: it is not there, or not a contract.
    """
    try:
        return Contract.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ContractError(f"{path} is no contract ({error}); take it from version control again") from error


def contract_of(
    tables: Iterable[tuple[TableDescription, str]],
    functions: Mapping[str, tuple[str, tuple[str, ...]]],
    types: Mapping[tuple[str, str], str],
    before: Contract | None,
) -> Contract:
    """Give the contract that a file keeps.

    Args:
        tables: descriptions of tables and views, each with its kind (`tabel` or `view`).
        functions: qualified name -> kind and parameters.
        types: (qualified table, column) -> type in DuckDB.
        before: tells since when each part is there; what it does not have is there since `SCHEMA_VERSION`.
    """
    old = before or Contract(versie=SCHEMA_VERSION, tabellen={}, functies={})
    tabellen = {}
    for table, soort in sorted(tables, key=lambda found: found[0].name):
        known = old.tabellen.get(table.name)
        since = known.sinds if known else SCHEMA_VERSION
        kolommen = {
            name: Kolom(
                type=types.get((table.name, name), ""),
                eenheid=column.eenheid,
                sinds=known.kolommen[name].sinds if known and name in known.kolommen else SCHEMA_VERSION,
            )
            for name, column in table.columns.items()
        }
        tabellen[table.name] = Tabel(soort=soort, sleutel=table.grain, sinds=since, kolommen=kolommen)
    functies = {
        name: Functie(
            soort=soort,
            parameters=parameters,
            sinds=old.functies[name].sinds if name in old.functies else SCHEMA_VERSION,
        )
        for name, (soort, parameters) in sorted(functions.items())
    }
    return Contract(versie=SCHEMA_VERSION, tabellen=tabellen, functies=functies)


def differences(old: Contract, new: Contract) -> tuple[list[str], list[str]]:
    """Tell what is no longer as it was, and what came: two lists of sentences."""
    broken: list[str] = []
    added: list[str] = []
    for name, before in old.tabellen.items():
        after = new.tabellen.get(name)
        if after is None:
            broken.append(f"{before.soort} {name} is gone")
            continue
        if after.sleutel != before.sleutel:
            broken.append(f"the key of {name} was {', '.join(before.sleutel)} and is {', '.join(after.sleutel)}")
        for column, was in before.kolommen.items():
            now = after.kolommen.get(column)
            if now is None:
                broken.append(f"{name}.{column} is gone")
            elif (now.type, now.eenheid) != (was.type, was.eenheid):
                broken.append(f"{name}.{column} was {was.type} [{was.eenheid}] and is {now.type} [{now.eenheid}]")
        added += [f"{name}.{column}" for column in after.kolommen if column not in before.kolommen]
    for name, function in old.functies.items():
        other = new.functies.get(name)
        if other is None or (other.soort, other.parameters) != (function.soort, function.parameters):
            broken.append(f"function {name}({', '.join(function.parameters)}) is gone or another one")
    added += [name for name in new.tabellen if name not in old.tabellen]
    added += [name for name in new.functies if name not in old.functies]
    return broken, added


def check_contract(found: Contract, contract: Contract) -> None:
    """See that a file keeps the contract exactly, before it is published.

    Raises:
        ContractError: it does not; with every difference.
    """
    broken, added = differences(contract, found)
    if broken or added or found.versie != contract.versie:
        listing = "\n".join([*(f"- {line}" for line in broken), *(f"- new: {line}" for line in added)])
        raise ContractError(
            f"the file is not the one that contract.json (schema {contract.versie}) promises its readers:\n{listing}\n"
            "Raise SCHEMA_VERSION in assets/published/contract.py to the version of this change, say in CHANGELOG.md "
            "what it is, and run `make schema`."
        )


def check_renewal(old: Contract, new: Contract, changelog: str) -> None:
    """See that a contract may take the place of another one.

    Args:
        old: the one in force.
        new: the one to be.
        changelog: text of CHANGELOG.md.

    Raises:
        ContractError: its version does not say what changed, or the CHANGELOG does not name the version.
    """
    broken, added = differences(old, new)
    was, now = _numbers(old.versie), _numbers(new.versie)
    if broken and now[0] <= was[0]:
        listing = "\n".join(f"- {line}" for line in broken)
        raise ContractError(
            f"what readers lean on changes, so SCHEMA_VERSION must become {was[0] + 1}.0 (it is {new.versie}):\n"
            f"{listing}"
        )
    if added and now <= was:
        raise ContractError(
            f"SCHEMA_VERSION must become {was[0]}.{was[1] + 1} (it is {new.versie}), "
            f"since these came: {', '.join(added)}"
        )
    if now < was:
        raise ContractError(f"SCHEMA_VERSION {new.versie} is before the one in force, {old.versie}")
    if f"schema {new.versie}" not in changelog:
        raise ContractError(f"CHANGELOG.md has no line that says what changed in `schema {new.versie}`")


def _numbers(version: str) -> tuple[int, int]:
    first, _, second = version.partition(".")
    return int(first), int(second)

"""`make schema`: the contract of the published file and docs/schema.md, from one source.

Here: renewing contract.json by its rules, and the text for people. Not here: the rules
(`assets.published.contract`), or what a table means (descriptions of `core`, headers of `sql/`).
"""

import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

from assets.benchmark.assets import published_tables
from assets.benchmark.sql import CONFIG
from assets.description import TableDescription
from assets.errors import ContractError
from assets.lake import Lake, write_bytes
from assets.published.contents import META, fill, macros, structure, views
from assets.published.contract import CONTRACT, Contract, check_renewal, load_contract
from assets.published.dictionary import METHOD, SCHEMAS
from pipelines.run import run_job
from pipelines.settings import REPLICA, load_settings

ROOT = Path(__file__).parents[1]
TEXT = ROOT / "docs" / "schema.md"


def schema_text(contract: Contract, tables: Sequence[TableDescription], functions: Sequence[tuple[str, str]]) -> str:
    """Write docs/schema.md.

    Args:
        contract: types, keys, versions.
        tables: descriptions of all tables and views.
        functions: qualified name and meaning of each function.
    """
    lines = [
        "# The published file",
        "",
        f"Schema version {contract.versie}. Made by `make schema` from the descriptions beside the code; do not edit.",
        "The same text is in the file itself: `meta.schemas`, `meta.tabellen`, `meta.dictionary`, and the comments on",
        "tables and columns.",
        "",
        "The first number of the version changes when something is gone or has another name, key, type or unit; the",
        "second when something came. [CHANGELOG.md](../CHANGELOG.md) says what.",
        "",
    ]
    for schema, meaning in SCHEMAS.items():
        lines += [f"## {schema}", "", f"{meaning[0].upper()}{meaning[1:]}.", ""]
        for table in sorted((t for t in tables if t.schema == schema), key=lambda t: t.name):
            kept = contract.tabellen[table.name]
            lines += [
                f"### {table.name}",
                "",
                table.about,
                "",
                f"{kept.soort.capitalize()}, since {kept.sinds}. Key: {', '.join(f'`{k}`' for k in table.grain)}.",
                f"Method: [{table.methode}]({METHOD.removeprefix('docs/')}#{table.methode}).",
                "",
                "| column | type | unit | meaning | since |",
                "|---|---|---|---|---|",
                *(
                    f"| `{name}` | {kept.kolommen[name].type} | {_cell(column.eenheid)} | {_cell(column.betekenis)} "
                    f"| {kept.kolommen[name].sinds} |"
                    for name, column in table.columns.items()
                ),
                "",
            ]
        for name, about in sorted(functions):
            if name.startswith(f"{schema}."):
                function = contract.functies[name]
                lines += [
                    f"### {name}({', '.join(function.parameters)})",
                    "",
                    f"{about[0].upper()}{about[1:]}. Function ({function.soort}), since {function.sinds}.",
                    "",
                ]
    return "\n".join(lines).rstrip() + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<")


def renew(lake: Lake) -> str:
    """Write contract.json and docs/schema.md anew, from the tables of a lake.

    Returns:
        the version.

    Raises:
        ContractError: SCHEMA_VERSION or CHANGELOG.md do not say what changed, or the lake lacks a table.
    """
    tables = published_tables()
    before = load_contract() if CONTRACT.is_file() else None
    with duckdb.connect(":memory:", config=CONFIG) as con:
        fill(con, lake, tables)
        contract = structure(con, tables, before)
    if before is not None:
        check_renewal(before, contract, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    write_bytes(CONTRACT, (contract.model_dump_json(indent=1) + "\n").encode())
    write_bytes(TEXT, schema_text(contract, [*tables, *META, *views()], macros()).encode())
    return contract.versie


def main() -> None:
    """Make the tables of two years of the replica, and renew the contract from them."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        # Publishing is refused as long as the contract is the old one; the tables are made by then.
        with suppress(ContractError):
            run_job("refresh", load_settings(source=REPLICA, years="2023-2024", lake=lake.root), lambda _: None)
        sys.stdout.write(f"schema {renew(lake)}\n")


if __name__ == "__main__":
    main()

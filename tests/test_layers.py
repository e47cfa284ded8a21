"""Imports run one way: what is lower in the house does not know what is above it."""

import ast
from pathlib import Path

from assets.benchmark.sql import sql_files

ROOT = Path(__file__).parents[1]
# From the ground up; a room may import from its own floor and the floors below.
FLOORS = [
    "assets.errors",
    "assets.geheugen",
    "assets.description",
    "assets.lake",
    "assets.stempel",
    "assets.naast",
    "assets.cbs",
    "assets.core",
    "assets.benchmark",
]
FLOORS += ["assets.published", "pipelines"]


def floor(module: str) -> int:
    return next(number for number, name in enumerate(FLOORS) if module == name or module.startswith(f"{name}."))


def test_imports_go_downwards_only() -> None:
    wrong = []
    for path in [*ROOT.glob("assets/**/*.py"), *ROOT.glob("pipelines/**/*.py")]:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if module == "assets":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(("assets.", "pipelines")):
                above = floor(node.module) > floor(module)
                replica = "replica" in node.module and module.startswith("assets")
                if above or replica:
                    wrong.append(f"{module} imports {node.module}")
    assert wrong == []


def test_the_metrics_do_not_read_what_is_shown_of_them() -> None:
    """The report is drawn from the benchmark; a metric that read the report would go round in a circle."""
    files = [file for kind in ("benchmark", "rapport", "checks") for file in sql_files(kind)]
    assert len(files) > 40
    assert not [file.name for file in sql_files("benchmark") if "rapport" in {schema for schema, _ in file.reads}]

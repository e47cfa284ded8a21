"""Where the published files lie.

Here: names and paths only, so that who only reads need not import what builds. Not here: building (`publication`).
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assets.lake import Lake

FILE_NAME = "reintegratie.duckdb"
# The lake of who names none.
DEFAULT_LAKE = Path("data_lake")


def published_file(lake: "Lake") -> Path:
    """Tell where the published file of a lake is (or will be)."""
    return lake.published / FILE_NAME


def published_in(root: Path) -> Path:
    """Tell the same of the folder of a lake; for who only reads, and need not wait for what a Lake imports."""
    return root / "published" / FILE_NAME

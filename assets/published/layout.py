"""Where the published files lie.

Here: names and paths only, so that who only reads need not import what builds. Not here: building (`publication`).
"""

from pathlib import Path

from assets.lake import Lake

FILE_NAME = "reintegratie.duckdb"


def published_file(lake: Lake) -> Path:
    """Tell where the published file of a lake is (or will be)."""
    return lake.published / FILE_NAME

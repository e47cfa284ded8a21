"""Fixtures that every test may use: where the shared reference data lie."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder with recorded CBS responses and real figures, which is not part of this project."""
    folder = Path(os.environ.get("REINTEGRATIE_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "cbs").is_dir():
        pytest.skip(f"no reference data at {folder}: set REINTEGRATIE_SHARED to the folder that has cbs/ and report/")
    return folder

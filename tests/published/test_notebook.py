"""The notebook runs from its first to its last cell, and prints what is kept in it."""

import json
import subprocess
import sys
from pathlib import Path


def test_the_notebook_runs_and_says_what_it_said(built_in: Path) -> None:
    program = Path(__file__).with_name("notebook.py")
    done = subprocess.run([sys.executable, program, built_in], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    kept = json.loads((Path(__file__).parents[2] / "docs" / "notebook.ipynb").read_text(encoding="utf-8"))
    said = [cell["outputs"] for cell in kept["cells"] if cell["cell_type"] == "code"]
    assert len(said) > 4
    assert all(said)

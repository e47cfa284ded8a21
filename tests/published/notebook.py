"""Running docs/notebook.ipynb beside a lake, as a reader would; with `--write`, keeping what it says in it.

Here: a program of its own, since the libraries of Jupyter warn on import. Not here: the test (`test_notebook`).
"""

import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"


def outputs(notebook: nbformat.NotebookNode) -> list[str]:
    """Give what each cell of code printed."""
    return ["".join(out.get("text", "") for out in cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]


if __name__ == "__main__":
    lake = Path(sys.argv[1]).resolve()
    kept = nbformat.read(NOTEBOOK, as_version=4)
    before = outputs(kept)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "data_lake").symlink_to(lake)
        client = NotebookClient(kept, timeout=60, kernel_name="python3", resources={"metadata": {"path": folder}})
        run = client.execute()
    for cell in run.cells:
        cell.metadata.pop("execution", None)  # the times of this run
    if "--write" in sys.argv:
        nbformat.write(run, NOTEBOOK)
    elif outputs(run) != before:
        sys.exit("\n".join(f"kept:\n{old}\nnow:\n{new}" for old, new in zip(before, outputs(run), strict=True)))

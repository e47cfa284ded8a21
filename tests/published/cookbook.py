"""The blocks of docs/cookbook.md: reading them, asking them, and writing their answers.

Here: what the test and `make cookbook` share. Not here: the questions (docs/cookbook.md).
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

COOKBOOK = Path(__file__).parents[2] / "docs" / "cookbook.md"
PROGRAM = Path(sys.executable).with_name("reintegratie")
_BLOCK = re.compile(r"```(sql|python)\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One question: its heading, its language, its text, and the answer that stands below it (None: none yet)."""

    heading: str
    language: str
    text: str
    answer: str | None


def blocks(text: str) -> Iterator[Block]:
    """Give the blocks in order."""
    for found in _BLOCK.finditer(text):
        heading = re.findall(r"^#+ (.*)$", text[: found.start()], re.MULTILINE)[-1]
        yield Block(heading, found[1], found[2], found[3])


def answer(block: Block, lake: Path) -> str:
    """Ask a block as a reader would: SQL of the file, Python in a process of its own beside `data_lake`."""
    if block.language == "sql":
        with duckdb.connect(str(lake / "published" / "reintegratie.duckdb"), read_only=True) as con:
            result = con.execute(block.text)
            lines = [[column[0] for column in result.description or ()]]
            lines += [["" if cell is None else str(cell) for cell in row] for row in result.fetchall()]
        widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
        padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
        return "".join(f"{line.rstrip()}\n" for line in padded)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "data_lake").symlink_to(lake.resolve())
        done = subprocess.run([sys.executable, "-c", block.text], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{block.heading}: {done.stderr}")
    return done.stdout


def answered(text: str, lake: Path) -> str:
    """Give the cookbook with the answer below each block."""

    def with_answer(found: re.Match[str]) -> str:
        block = Block("", found[1], found[2], None)
        return f"```{found[1]}\n{found[2]}```\n\n```text\n{answer(block, lake)}```\n"

    return _BLOCK.sub(with_answer, text)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        lake = Path(folder) / "lake"
        command = [str(PROGRAM), "refresh", "--years", "2023-2024", "--lake", str(lake)]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "REINTEGRATIE_LAKE": str(lake)})
        COOKBOOK.write_text(answered(COOKBOOK.read_text(encoding="utf-8"), lake), encoding="utf-8")
        notebook = Path(__file__).with_name("notebook.py")
        subprocess.run([sys.executable, str(notebook), str(lake), "--write"], check=True)

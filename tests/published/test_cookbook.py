"""The cookbook: every question gives the answer that stands below it."""

from pathlib import Path

import pytest
from cookbook import COOKBOOK, Block, answer, blocks

BLOCKS = list(blocks(COOKBOOK.read_text(encoding="utf-8")))


def test_there_are_twenty_questions_and_both_ways_from_python() -> None:
    assert sum(block.language == "sql" for block in BLOCKS) >= 20
    assert sum(block.language == "python" for block in BLOCKS) == 2
    assert len({block.heading for block in BLOCKS if block.language == "sql"}) >= 20


@pytest.mark.parametrize("block", BLOCKS, ids=[f"{block.language} {block.heading}" for block in BLOCKS])
def test_the_answer_is_the_one_below_the_question(block: Block, built_in: Path) -> None:
    assert block.answer is not None, "run `make cookbook`"
    assert answer(block, built_in) == block.answer
    assert len(block.answer.splitlines()) > 1

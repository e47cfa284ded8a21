"""The second process that reads pages: it gives what reading here gives, refuses what that refuses, and ends."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import polars as pl
import pytest

from assets.cbs.lezer import Lezer, second_reader
from assets.cbs.odata import Structure
from assets.cbs.page import Page, PageReader, UnreadableError, columns_of
from assets.errors import SourceError

NEXT = "odata.nextLink"
ROW = {"ID": 7, "Gemeenten": "GM0001   ", "k_1ePlaatsing_1": 1.5, "k_2ePlaatsing_2": None}
LISTED = [f"GM{number:04}   " for number in range(1, 400)]
MANY = 15_000
LARGE = 5 * MANY


def reader(codes: list[str]) -> PageReader:
    return PageReader(columns_of("v3", list(ROW), Structure(("Gemeenten",), ()), {"Gemeenten": codes}), NEXT)


def page_of(rows: int, **other: Any) -> bytes:
    value = [{**ROW, **other, "ID": number} for number in range(rows)]
    return json.dumps({"value": value, NEXT: "http://x/2"}).encode()


def process_of(lezer: Lezer) -> "subprocess.Popen[bytes]":
    assert lezer._process is not None
    return lezer._process


@pytest.fixture
def lezer() -> Iterator[Lezer]:
    with second_reader() as found:
        yield found


def test_a_large_page_is_read_there_as_it_is_read_here(lezer: Lezer) -> None:
    content = page_of(MANY)
    for one in (reader(LISTED), reader([]), reader(LISTED)):
        for _ in range(2):
            there, here = lezer.read(one, content), one.read(content)
            assert there.frame.equals(here.frame)
            assert there.frame.schema == here.frame.schema
            assert there.next_link == here.next_link == "http://x/2"
            assert there.canonical() == here.canonical()
    assert process_of(lezer).poll() is None


def test_what_cannot_be_read_there_is_refused_and_the_next_page_is_read(lezer: Lezer) -> None:
    one = reader(LISTED)
    for wrong in (page_of(MANY, Gemeenten="GM9999   "), page_of(MANY)[:-20], b"x" * 2_000_000):
        with pytest.raises(UnreadableError):
            lezer.read(one, wrong)
    assert len(lezer.read(one, page_of(MANY)).frame) == MANY


def test_a_small_page_begins_no_process(lezer: Lezer) -> None:
    assert lezer.read(reader(LISTED), page_of(3)).frame.height == 3
    assert lezer._process is None


@contextmanager
def at_a_page(lezer: Lezer, rows: int) -> Iterator[Future[Page]]:
    """Let the second process stand still at a page; what it gives of it comes after the block."""
    lezer.read(reader(LISTED), page_of(MANY))
    with ThreadPoolExecutor(1) as pool:
        process_of(lezer).send_signal(signal.SIGSTOP)
        try:
            reading = pool.submit(lezer.read, reader(LISTED), page_of(rows))
            until = time.monotonic() + 30
            while not lezer._busy.locked() and time.monotonic() < until:
                time.sleep(0.01)
            yield reading
        finally:
            # Also when the block failed: who stands still does not end either.
            process_of(lezer).send_signal(signal.SIGCONT)
        assert reading.result(60).frame.height == rows


def test_while_a_large_page_is_read_there_another_is_read_here(lezer: Lezer) -> None:
    with ThreadPoolExecutor(1) as pool, at_a_page(lezer, LARGE) as there:
        here = pool.submit(lezer.read, reader(LISTED), page_of(MANY))
        assert here.result(30).frame.height == MANY
        assert not there.done()


@pytest.mark.parametrize(("at", "rows"), [(MANY, MANY), (MANY, LARGE), (LARGE, LARGE)])
def test_a_page_waits_for_one_that_is_not_larger(lezer: Lezer, at: int, rows: int) -> None:
    with ThreadPoolExecutor(1) as pool:
        with at_a_page(lezer, at):
            waiting = pool.submit(lezer.read, reader(LISTED), page_of(rows))
            with pytest.raises(TimeoutError):
                waiting.result(timeout=1)
        assert waiting.result(60).frame.height == rows


def test_a_process_that_was_killed_is_told(lezer: Lezer) -> None:
    one, content = reader(LISTED), page_of(MANY)
    lezer.read(one, content)
    process_of(lezer).kill()
    with pytest.raises(SourceError, match=r"was killed \(signal 9\); is there memory"):
        lezer.read(one, content)
    # And so for each page after it: nothing falls back in silence.
    with pytest.raises(SourceError, match="was killed"):
        lezer.read(one, content)


class Full:
    """A pipe for whose answer there is no memory."""

    def readline(self) -> bytes:
        raise MemoryError


def test_after_an_error_halfway_no_page_is_read_through_the_same_pipes(
    lezer: Lezer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to one page would be in the way of that to the next."""
    one, content = reader(LISTED), page_of(MANY)
    lezer.read(one, content)
    with monkeypatch.context() as patch:
        patch.setattr(process_of(lezer), "stdout", Full())
        with pytest.raises(MemoryError):
            lezer.read(one, content)
    assert process_of(lezer).wait(30) == -signal.SIGKILL
    with pytest.raises(SourceError, match="was killed"):
        lezer.read(one, content)


class Garbled:
    """A pipe with what is no answer."""

    def readline(self) -> bytes:
        return b"no answer"


def test_that_it_gave_no_answer_is_told_for_each_page_after(lezer: Lezer, monkeypatch: pytest.MonkeyPatch) -> None:
    one, content = reader(LISTED), page_of(MANY)
    lezer.read(one, content)
    with monkeypatch.context() as patch:
        patch.setattr(process_of(lezer), "stdout", Garbled())
        with pytest.raises(SourceError, match=r"gave no answer \(it goes on\)"):
            lezer.read(one, content)
    with pytest.raises(SourceError, match=r"gave no answer \(it goes on\)"):
        lezer.read(one, content)


def test_it_ends_with_the_downloads() -> None:
    with second_reader() as lezer:
        lezer.read(reader(LISTED), page_of(MANY))
        process = process_of(lezer)
    assert process.returncode == 0


def test_it_ends_when_who_asks_is_gone() -> None:
    """Its input ends, also when the first process is killed."""
    done = subprocess.run(
        [sys.executable, "-m", "assets.cbs.lezer"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_codes_stay_numbers_on_the_way(lezer: Lezer) -> None:
    kind = lezer.read(reader(LISTED), page_of(MANY)).frame.schema["Gemeenten"]
    assert kind == pl.Enum(LISTED)

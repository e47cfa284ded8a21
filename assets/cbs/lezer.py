"""Reading large pages in a second process beside this one.

Here: the process, what passes between the two, and who reads which page. Not here: reading a page (`page`).

The interpreter reads one page at a time, however many threads there are; with a second one this one goes on
meanwhile. What is read there takes its memory there, and leaves it when the downloads have ended. The second process
does what it is asked on its standard input, and ends when that ends: also when this one is killed.
"""

import io
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec
import polars as pl

from assets.cbs.page import Column, Page, PageReader, UnreadableError
from assets.errors import SourceError
from assets.geheugen import give_back_memory

# A page that is read in some milliseconds is not worth the way there and back.
_WORTH_IT = 1_000_000
# A page of 20 MB is a hundred thousand rows, each some objects: here they would leave holes among what lives on.
_NOT_HERE = 5_000_000
_PATIENCE_S = 5
_ROOT = Path(__file__).parents[2]


class _Field(msgspec.Struct, frozen=True):
    """A column, as it is told to the second process."""

    name: str
    dtype: str
    is_nullable: bool
    codes: tuple[str, ...]


class _Asked(msgspec.Struct, frozen=True):
    """A page to read; its bytes come behind it. The columns come with the first page of a table only."""

    table: int
    size: int
    next_link_name: str
    fields: tuple[_Field, ...] | None


class _Answer(msgspec.Struct, frozen=True):
    """A page that was read; its columns come behind it, as Arrow. No size: the fast reader does not take it."""

    size: int | None
    next_link: str | None


class Lezer:
    """Reads pages: in the second process, or here: small ones, and those below 5 MB while that is at a larger one.

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._busy = threading.Lock()
        self._is_at_large = False
        self._ended: str | None = None
        self._known: dict[PageReader, int] = {}

    def read(self, reader: PageReader, content: bytes) -> Page:
        """Read a page fast.

        Raises:
            UnreadableError: see `PageReader.read`.
            SourceError: the second process ended.
        """
        if len(content) < _WORTH_IT:
            return reader.read(content)
        is_large = len(content) >= _NOT_HERE
        # One of its own size is soon read, and read here it would keep the interpreter from all that runs beside it.
        if not self._busy.acquire(blocking=is_large or not self._is_at_large):
            return reader.read(content)
        self._is_at_large = is_large
        try:
            return self._read_there(reader, content)
        except UnreadableError:
            raise
        except (OSError, EOFError, msgspec.MsgspecError, pl.exceptions.PolarsError) as error:
            # The first time: of what was killed here, for no answer, it says nothing of why.
            self._ended = self._ended or self._how_it_ended()
            self._kill()
            raise SourceError(self._ended) from error
        except BaseException:
            self._kill()
            raise
        finally:
            self._is_at_large = False
            self._busy.release()

    def _read_there(self, reader: PageReader, content: bytes) -> Page:
        if self._process is None:
            self._process = _started()
        to, back = self._process.stdin, self._process.stdout
        assert to is not None
        assert back is not None
        is_new = reader not in self._known
        table = self._known.setdefault(reader, len(self._known))
        fields = tuple(_Field(c.name, str(c.dtype), c.is_nullable, c.codes) for c in reader.columns)
        asked = _Asked(table, len(content), reader.next_link_name, fields if is_new else None)
        to.write(msgspec.json.encode(asked) + b"\n")
        to.write(content)
        to.flush()
        answer = msgspec.json.decode(back.readline(), type=_Answer)
        if answer.size is None:
            raise UnreadableError
        return Page(pl.read_ipc_stream(_exactly(back, answer.size)), answer.next_link)

    def _how_it_ended(self) -> str:
        beside = "the process that reads pages beside this one"
        again = "Run again: what had come is kept."
        if self._process is None:
            return f"{beside} could not be started; is there memory for it? {again}"
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE_S)
        code = self._process.poll()
        if code is None or code >= 0:
            return f"{beside} gave no answer ({'it goes on' if code is None else f'exit code {code}'}). {again}"
        return f"{beside} was killed (signal {-code}); is there memory for it? {again}"

    def _kill(self) -> None:
        """End the second process at once: half a page or answer in its pipes would be in the way of the next page."""
        if self._process is not None:
            self._process.kill()

    def end(self) -> None:
        """End the second process, if it began."""
        if self._process is not None:
            self._process.communicate()


@contextmanager
def second_reader() -> Iterator[Lezer]:
    """Give a reader with a second process, which begins at the first large page and ends with the block."""
    lezer = Lezer()
    try:
        yield lezer
    finally:
        lezer.end()


def _started() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # our own program, no shell
        [sys.executable, "-m", "assets.cbs.lezer"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        # What a person types to stop is for the first process, which then ends this one.
        start_new_session=True,
    )


def _exactly(stream: IO[bytes], size: int) -> bytes:
    found = stream.read(size)
    if len(found) < size:
        raise EOFError
    return found


def main() -> None:
    """Read pages until there are no more; what runs in the second process."""
    give_back_memory()
    readers: dict[int, PageReader] = {}
    asks, answers = sys.stdin.buffer, sys.stdout.buffer
    while line := asks.readline():
        asked = msgspec.json.decode(line, type=_Asked)
        if asked.fields is not None:
            columns = [Column(f.name, getattr(pl, f.dtype), f.is_nullable, f.codes) for f in asked.fields]
            readers[asked.table] = PageReader(columns, asked.next_link_name)
        _answer(readers[asked.table], _exactly(asks, asked.size), answers)


def _answer(reader: PageReader, content: bytes, answers: IO[bytes]) -> None:
    """Read a page and give what it held; a function, so that nothing of it is kept while the next page comes."""
    made = io.BytesIO()
    try:
        page = reader.read(content)
    except UnreadableError:
        answer = _Answer(None, None)
    else:
        page.frame.write_ipc_stream(made, compression="uncompressed")
        answer = _Answer(made.tell(), page.next_link)
    answers.write(msgspec.json.encode(answer) + b"\n")
    answers.write(made.getbuffer())
    answers.flush()


if __name__ == "__main__":
    main()

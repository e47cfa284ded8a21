"""A download under way, on disk: what has arrived, so that a run that breaks off is gone on with by the next.

Here: the folder `.download` of a table, and counting and hashing what is put in it. Not here: any request
(`download`), or the vintage it becomes (`assets.lake`).

    <lake>/raw/<bron>/.download/    state.json (what was asked), pages.jsonl (a line for each page), files/
"""

import hashlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from assets.cbs.kolommen import count_ids, write_page
from assets.cbs.page import Page
from assets.errors import ContractError, LakeError
from assets.lake import FileEntry, compressed, lake_errors, read_compressed, write_bytes

_STATE = "state.json"
_PAGES = "pages.jsonl"


class StartOverError(Exception):
    """This download cannot be completed; another may. Its text is the reason."""


class _State(BaseModel):
    """What was asked, and what describes it."""

    model_config = ConfigDict(extra="forbid")

    key: dict[str, str]
    files: list[FileEntry]


class _Arrived(BaseModel):
    """A page that has arrived, and where the next one is (None: all have come)."""

    model_config = ConfigDict(extra="forbid")

    file: FileEntry
    next_link: str | None


@dataclass(frozen=True)
class Packed:
    """An answer as it is kept: a page of 20 MB is packed in half a megabyte, and need not be held to be kept.

    Args:
        zstd: it, compressed.
        size: its bytes as sent.
        sha256: of it as sent.
    """

    zstd: bytes
    size: int
    sha256: str

    @classmethod
    def of(cls, content: bytes) -> Self:
        """Pack an answer, as sent."""
        return cls(compressed(content), len(content), hashlib.sha256(content).hexdigest())


class Pending:
    """A download under way.

    Args:
        folder: where it is kept.
        columns: where the columns of its pages are kept.
        what: names the table in errors.
    """

    def __init__(self, folder: Path, columns: Path, what: str) -> None:
        self.folder, self.columns, self.what = folder, columns, what
        self.files: list[FileEntry] = []
        self.rows = 0
        self.next_link: str | None = None
        self._key: dict[str, str] = {}
        self._kept: list[FileEntry] = []
        # CBS numbers rows upwards: as long as it does, none came twice, and their numbers need not be kept.
        self._last_id: int | None = None
        self._is_rising = True
        self._content = hashlib.sha256()

    @property
    def pages(self) -> list[FileEntry]:
        """Give the pages of data that have arrived."""
        return [file for file in self.files if file.role == "data"]

    @property
    def has_all_pages(self) -> bool:
        """Tell whether the last page has arrived."""
        return bool(self.pages) and self.next_link is None

    @property
    def repeated(self) -> int:
        """Count the rows that came more than once."""
        return 0 if self._is_rising else self.rows - count_ids(self.columns, len(self.pages))

    def begin(self, key: Mapping[str, str]) -> None:
        """Begin with nothing.

        Args:
            key: what is asked, of which state of the table; only a download with the same key is resumed.
        """
        self.discard()
        with lake_errors(self.folder):
            self.folder.mkdir(parents=True)
        self._key = dict(key)

    def discard(self) -> None:
        """Throw away what was kept."""
        for folder in (self.folder, self.columns):
            if folder.exists():
                with lake_errors(folder):
                    shutil.rmtree(folder)

    def resume(self, key: Mapping[str, str]) -> bool:
        """Take up what a run that broke off kept; False when there is nothing, or it is of something else.

        Of the pages, only that they are there: `take_up` counts them in, when it is known how they are read.

        Raises:
            StartOverError: what was kept is damaged.
        """
        path = self.folder / _STATE
        if not path.is_file():
            return False
        try:
            with lake_errors(path):
                state = _State.model_validate_json(path.read_bytes())
            if state.key != key:
                return False
            arrived = self._arrived()
        except ValidationError as error:
            raise StartOverError("what an earlier run saved is damaged") from error
        self._key, self.files = state.key, state.files
        self._kept = [page.file for page in arrived]
        self.next_link = arrived[-1].next_link if arrived else None
        return True

    def _arrived(self) -> list[_Arrived]:
        """Read which pages have arrived; a line that a killed run left half written is cut off, and its page asked."""
        path = self.folder / _PAGES
        if not path.is_file():
            return []
        with lake_errors(path):
            lines = path.read_bytes().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            lines.pop()
            write_bytes(path, b"".join(lines), durable=False)
        return [_Arrived.model_validate_json(line) for line in lines]

    def take_up(self, read: Callable[[bytes, str], Page]) -> None:
        """Count in the pages that a run that broke off kept.

        Args:
            read: reads a page, given its address.

        Raises:
            StartOverError: what was kept is damaged.
        """
        for file in self._kept:
            self._take(read(self._content_of(file), file.url), file)
        self._kept = []

    def saved(self, name: str) -> dict[str, Any] | None:
        """Give an answer that was kept, or None.

        Raises:
            StartOverError: it is damaged.
        """
        file = next((file for file in self.files if file.name == name), None)
        return None if file is None else orjson.loads(self._content_of(file))

    def add(
        self,
        name: str,
        resource: str,
        role: Literal["metadata", "codes"],
        url: str,
        content: bytes,
        rows: int,
    ) -> None:
        """Keep an answer that is not data."""
        self.files.append(self._write(name, resource, role, url, Packed.of(content), rows))

    def add_page(self, url: str, packed: Packed, page: Page, next_link: str | None) -> None:
        """Keep a page of data.

        Args:
            url: its address, as `next_link` gives it.
            packed: as it is kept.
            page: what is in it.
            next_link: the address of the next page, relative to that of CBS; None after the last.
        """
        # Not synced: what is resumed is checked by its hash, and a vintage is synced whole when it is complete.
        if not self.pages:
            state = _State(key=self._key, files=self.files)
            write_bytes(self.folder / _STATE, state.model_dump_json().encode(), durable=False)
        name = f"page-{len(self.pages) + 1:05d}.json"
        file = self._write(name, "data", "data", url, packed, len(page.ids))
        self._take(page, file)
        self.next_link = next_link
        # A line a page: all of them anew for each page would take ever longer.
        path, line = self.folder / _PAGES, _Arrived(file=file, next_link=next_link).model_dump_json()
        with lake_errors(path), path.open("ab") as lines:
            lines.write(f"{line}\n".encode())

    def content_hash(self, described: object) -> str:
        """Give the hash of the rows in order, and of what describes them.

        Args:
            described: code lists and measures; a period that became final is other contents, though no row
            changed.
        """
        of_rows = self._content.hexdigest().encode()
        return hashlib.sha256(of_rows + orjson.dumps(described, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def _take(self, page: Page, file: FileEntry) -> None:
        """Count a page in."""
        ids = page.ids
        if len(ids):
            comes_after = self._last_id is None or ids[0] > self._last_id
            self._is_rising = self._is_rising and comes_after and bool((ids.diff().slice(1) > 0).all())
            self._last_id = ids[-1]
        # Row after row: it does not matter how the rows were paged.
        self._content.update(page.canonical())
        self.rows += len(page.ids)
        self.files.append(file)
        write_page(self.columns, len(self.pages), page.frame)

    def _write(
        self,
        name: str,
        resource: str,
        role: Literal["data", "metadata", "codes"],
        url: str,
        packed: Packed,
        rows: int,
    ) -> FileEntry:
        try:
            entry = FileEntry(
                name=name,
                resource=resource,
                role=role,
                url=url,
                rows=rows,
                bytes=packed.size,
                sha256=packed.sha256,
            )
        except ValidationError as error:
            # Names of dimensions are the source's; one that is no name of a file could point out of the folder.
            raise ContractError(
                f"{self.what}: {resource!r} ({url}) cannot be kept as a file called {name!r}. The answer is "
                "damaged, or CBS names things in another way: run again, then look at the table at CBS."
            ) from error
        write_bytes(self.folder / "files" / f"{name}.zst", packed.zstd, durable=False)
        return entry

    def _content_of(self, file: FileEntry) -> bytes:
        try:
            content = read_compressed(self.folder / "files" / f"{file.name}.zst")
        except LakeError as error:
            raise StartOverError(f"what an earlier run saved cannot be read ({error})") from error
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise StartOverError(f"{file.name}, saved by an earlier run, is damaged")
        return content

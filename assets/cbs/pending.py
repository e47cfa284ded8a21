"""A download under way, on disk: what has arrived, so that a run that breaks off is gone on with by the next.

Here: the folder `.download` of a table, and counting and hashing what is put in it. Not here: any request
(`download`), or the vintage it becomes (`assets.lake`).
"""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from assets.cbs.odata import values
from assets.errors import ContractError, LakeError
from assets.lake import FileEntry, lake_errors, read_compressed, write_bytes, write_compressed

_STATE = "state.json"


class StartOverError(Exception):
    """This download cannot be completed; another may. Its text is the reason."""


class _State(BaseModel):
    """What was asked, what has arrived, and where the next page is (None: all have come)."""

    model_config = ConfigDict(extra="forbid")

    key: dict[str, str]
    files: list[FileEntry]
    next_link: str | None


class Pending:
    """A download under way.

    Args:
        folder: where it is kept.
        what: names the table in errors.
        row_id: the column that numbers the rows.
    """

    def __init__(self, folder: Path, what: str, row_id: str) -> None:
        self.folder, self.what, self.row_id = folder, what, row_id
        self.files: list[FileEntry] = []
        self.rows = 0
        self.next_link: str | None = None
        self._key: dict[str, str] = {}
        self._ids: set[object] = set()
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
        return self.rows - len(self._ids)

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
        if self.folder.exists():
            with lake_errors(self.folder):
                shutil.rmtree(self.folder)

    def resume(self, key: Mapping[str, str]) -> bool:
        """Take up what a run that broke off kept; False when there is nothing, or it is of something else.

        Raises:
            StartOverError: what was kept is damaged.
        """
        path = self.folder / _STATE
        if not path.is_file():
            return False
        with lake_errors(path):
            content = path.read_bytes()
        try:
            state = _State.model_validate_json(content)
        except ValidationError as error:
            raise StartOverError("what an earlier run saved is damaged") from error
        if state.key != key:
            return False
        self._key = state.key
        for file in state.files:
            answer = self._read(file)
            if file.role == "data":
                self._take(values(answer, file.name), file)
            else:
                self.files.append(file)
        self.next_link = state.next_link
        return True

    def saved(self, name: str) -> dict[str, Any] | None:
        """Give an answer that was kept, or None.

        Raises:
            StartOverError: it is damaged.
        """
        file = next((file for file in self.files if file.name == name), None)
        return None if file is None else self._read(file)

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
        self.files.append(self._write(name, resource, role, url, content, rows))

    def add_page(self, url: str, content: bytes, records: Sequence[dict[str, Any]], next_link: str | None) -> None:
        """Keep a page of data.

        Args:
            url: its address, as `next_link` gives it.
            content: as sent.
            records: the rows in it.
            next_link: the address of the next page, relative to that of CBS; None after the last.

        Raises:
            ContractError: a row is not numbered.
        """
        name = f"page-{len(self.pages) + 1:05d}.json"
        self._take(records, self._write(name, "data", "data", url, content, len(records)))
        self.next_link = next_link
        state = _State(key=self._key, files=self.files, next_link=next_link)
        # Not synced: what is resumed is checked by its hash, and a vintage is synced whole when it is complete.
        write_bytes(self.folder / _STATE, state.model_dump_json().encode(), durable=False)

    def content_hash(self, described: object) -> str:
        """Give the hash of the rows in order, and of what describes them.

        Args:
            described: code lists and measures; a period that became final is other contents, though no row
            changed.
        """
        of_rows = self._content.hexdigest().encode()
        return hashlib.sha256(of_rows + orjson.dumps(described, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def _take(self, records: Sequence[dict[str, Any]], page: FileEntry) -> None:
        """Count a page in."""
        ids = [record.get(self.row_id) for record in records]
        # By exact type, since a bool is an int in Python; the set of types is small where the list is long.
        if not set(map(type, ids)) <= {int}:
            wrong = next(number for number in ids if type(number) is not int)
            raise ContractError(
                f"{self.what}: column {self.row_id} should number the rows and holds {wrong!r} "
                f"({page.url}). The answer is damaged, or CBS changed the table: run again, then look at it at CBS."
            )
        self._ids.update(ids)
        # Row after row, with a comma behind each page too: it does not matter how the rows were paged.
        self._content.update(orjson.dumps(records, option=orjson.OPT_SORT_KEYS)[1:-1] + b",")
        self.rows += len(records)
        self.files.append(page)

    def _write(
        self,
        name: str,
        resource: str,
        role: Literal["data", "metadata", "codes"],
        url: str,
        content: bytes,
        rows: int,
    ) -> FileEntry:
        digest, size = hashlib.sha256(content).hexdigest(), len(content)
        try:
            entry = FileEntry(name=name, resource=resource, role=role, url=url, rows=rows, bytes=size, sha256=digest)
        except ValidationError as error:
            # Names of dimensions are the source's; one that is no name of a file could point out of the folder.
            raise ContractError(
                f"{self.what}: {resource!r} ({url}) cannot be kept as a file called {name!r}. The answer is "
                "damaged, or CBS names things in another way: run again, then look at the table at CBS."
            ) from error
        write_compressed(self.folder / "files" / f"{name}.zst", content, durable=False)
        return entry

    def _read(self, file: FileEntry) -> dict[str, Any]:
        try:
            content = read_compressed(self.folder / "files" / f"{file.name}.zst")
        except LakeError as error:
            raise StartOverError(f"what an earlier run saved cannot be read ({error})") from error
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise StartOverError(f"{file.name}, saved by an earlier run, is damaged")
        answer: dict[str, Any] = orjson.loads(content)
        return answer

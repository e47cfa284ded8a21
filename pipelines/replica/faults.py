"""The replica told to misbehave: a wrapper around the application that spoils answers as a file or a request says.

Here: what a fault is (`Plan`), reading faults from TOML, the wrapper (`Faults`) and its endpoint `/_faults`. Not here:
any right answer (`app`), or running a server (`server`).

    [[fault]]
    kind = "status"                 # one of the kinds below
    match = "TypedDataSet[?]"       # a regular expression, searched in the path and query that are asked, decoded
    first = 2                       # only the first two requests that fit; or `nth = 3`, or `after = 1`
    status = 503                    # what else a kind takes

`PUT /_faults` takes the same as JSON (`{"fault": [...]}`) and counts anew, `DELETE` takes all faults away, `GET` tells
them, with how many requests fitted each fault and how many of those it spoiled. The endpoint answers only on this
machine, and is there only when the wrapper is.

Each fault spoils what is sent, or how it is sent. All that fit a request spoil what is sent, in their order; the first
that fits decides how it is sent.
"""

import asyncio
import gzip
import ipaddress
import os
import random
import re
import socket
import struct
import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assets.errors import SettingsError
from pipelines.replica import v3, v4
from pipelines.replica.catalogue import V4_HOST

ENDPOINT = "/_faults"
_MAX_PLAN_BYTES = 1024 * 1024
_MEBIBYTE = 1024 * 1024
_BOMB_PART = 16 * _MEBIBYTE
_LINKS = ("odata.nextLink", "@odata.nextLink")
_IDS = ("ID", "Id")
_CODE_KEYS = ("Key", "Identifier")
# How long a connection that was broken off is waited for until the server knows.
_BROKEN_SECONDS = 2.0
_JSON = (b"content-type", b"application/json")


@dataclass(frozen=True)
class Answer:
    """An answer that is to be sent; its length is not among the headers."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(frozen=True)
class Asked:
    """One request as a fault sees it.

    Args:
        address: path and query, decoded.
        turn: its number among the requests that fit this fault, from 1.
        memory: what this fault kept of requests before.
        ask: gives the right answer at another path and query.
    """

    address: str
    turn: int
    memory: dict[str, Any]
    ask: Callable[[str], Awaitable[Answer]]

    @property
    def path(self) -> str:
        """Give the path without the query."""
        return self.address.partition("?")[0]

    @property
    def is_first_page(self) -> bool:
        """Tell whether this is a first page of data."""
        return "$skip=" not in self.address


@dataclass(frozen=True)
class Wire:
    """The connection an answer goes over."""

    receive: Receive
    send: Send

    async def whole(self, answer: Answer) -> None:
        """Send all of an answer."""
        await self.begin(answer)
        await self.send({"type": "http.response.body", "body": answer.body})

    async def begin(self, answer: Answer) -> None:
        """Send status and headers, with the length of the whole body."""
        headers = [*answer.headers, (b"content-length", str(len(answer.body)).encode())]
        await self.send({"type": "http.response.start", "status": answer.status, "headers": headers})

    async def part(self, content: bytes) -> None:
        """Send a part of the body; more is to come."""
        await self.send({"type": "http.response.body", "body": content, "more_body": True})

    async def is_gone_within(self, seconds: float) -> bool:
        """Wait until the client hangs up, so many seconds at most; tell whether it did."""
        try:
            async with asyncio.timeout(seconds):
                while (await self.receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Hang up, after what was sent."""
        self._transport().close()
        await self.is_gone_within(_BROKEN_SECONDS)

    async def reset(self) -> None:
        """Break the connection off: the client gets a reset, not an end."""
        transport = self._transport()
        # The socket the event loop shows may not take options; a copy of its descriptor is the same socket.
        with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as same:
            same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await self.is_gone_within(_BROKEN_SECONDS)

    def _transport(self) -> asyncio.Transport:
        """Give the connection itself: ASGI has no word for breaking it off, uvicorn's `send` belongs to who has it."""
        found = getattr(getattr(self.send, "__self__", None), "transport", None)
        if found is None:
            raise RuntimeError("a connection can only be broken off under uvicorn, with nothing around this wrapper")
        transport: asyncio.Transport = found
        return transport


class _Fault(BaseModel):
    """What every fault has: which requests it is for.

    Args:
        match: regular expression, searched in path and query as `Asked.address` has them; empty fits all.
        first: only the first so many requests that fit.
        nth: only the nth that fits.
        after: only those after the first so many.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    match: str = ""
    first: int | None = Field(default=None, ge=1)
    nth: int | None = Field(default=None, ge=1)
    after: int = Field(default=0, ge=0)

    @field_validator("match")
    @classmethod
    def _check_match(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        return value

    @model_validator(mode="after")
    def _check_turns(self) -> "_Fault":
        if (self.nth is not None) + (self.first is not None) + (self.after > 0) > 1:
            raise ValueError("first, nth and after exclude each other")
        return self

    def fits(self, address: str) -> bool:
        """Tell whether a request is one of those this is for."""
        return re.search(self.match, address) is not None

    def is_on(self, turn: int) -> bool:
        """Tell whether the nth request that fits is to go wrong."""
        if self.nth is not None:
            return turn == self.nth
        return self.after < turn <= (self.first or turn)

    def watch(self, answer: Answer, asked: Asked) -> None:
        """See the right answer of each request that fits, also when this is not on."""

    async def spoil(self, answer: Answer, asked: Asked) -> Answer:  # noqa: ARG002 - for those that do
        """Change what is sent."""
        return answer


class _Delivery(_Fault):
    """A fault in how an answer is sent."""

    async def deliver(self, answer: Answer, wire: Wire) -> None:
        """Send it."""
        await wire.whole(answer)


class Reset(_Delivery):
    """The connection is reset after a part of the body; `after_bytes` = 0: before anything."""

    kind: Literal["reset"]
    after_bytes: int = Field(default=20, ge=0)

    async def deliver(self, answer: Answer, wire: Wire) -> None:
        """Send a part, then reset."""
        if self.after_bytes:
            await wire.begin(answer)
            await wire.part(answer.body[: self.after_bytes])
        await wire.reset()


class Timeout(_Delivery):
    """Nothing is answered for so many seconds, then what is right."""

    kind: Literal["timeout"]
    seconds: float = Field(gt=0, le=3600)

    async def deliver(self, answer: Answer, wire: Wire) -> None:
        """Wait, then send to who is still there."""
        if not await wire.is_gone_within(self.seconds):
            await wire.whole(answer)


class Drip(_Delivery):
    """The body comes a byte at a time; `every_ms` milliseconds."""

    kind: Literal["drip"]
    every_ms: float = Field(default=100, gt=0, le=60_000)

    async def deliver(self, answer: Answer, wire: Wire) -> None:
        """Send byte by byte until the client hangs up."""
        await wire.begin(answer)
        for number in range(len(answer.body)):
            await wire.part(answer.body[number : number + 1])
            if await wire.is_gone_within(self.every_ms / 1000):
                return
        await wire.send({"type": "http.response.body", "body": b""})


class Truncated(_Delivery):
    """The body ends before its announced length; `keep` is the fraction that is sent."""

    kind: Literal["truncated"]
    keep: float = Field(default=0.5, ge=0, lt=1)

    async def deliver(self, answer: Answer, wire: Wire) -> None:
        """Announce all, send a part, hang up."""
        await wire.begin(answer)
        await wire.part(answer.body[: int(len(answer.body) * self.keep)])
        await wire.close()


class Closed(_Delivery):
    """The connection is closed without an answer."""

    kind: Literal["closed"]

    async def deliver(self, answer: Answer, wire: Wire) -> None:  # noqa: ARG002 - that is the fault
        """Hang up."""
        await wire.close()


class Status(_Fault):
    """Another status, such as 429, 500, 503; `retry_after` is seconds or an HTTP date."""

    kind: Literal["status"]
    status: int = Field(ge=400, le=599)
    retry_after: str | None = Field(default=None, pattern=r"^[ -~]*$")

    async def spoil(self, answer: Answer, asked: Asked) -> Answer:  # noqa: ARG002
        """Give an error in the envelope of the protocol."""
        refused = _refusal(asked, self.status, "Told to fail.")
        if self.retry_after is None:
            return refused
        return replace(refused, headers=(*refused.headers, (b"retry-after", self.retry_after.encode())))


class Withdrawn(_Fault):
    """A table that is no longer there: 404, in CBS's words."""

    kind: Literal["withdrawn"]

    async def spoil(self, answer: Answer, asked: Asked) -> Answer:  # noqa: ARG002
        """Say that there is no such table."""
        return _refusal(asked, 404, "Table not found.")


class Redirect(_Fault):
    """Sent on to another address, which is not asked here."""

    kind: Literal["redirect"]
    to: str = Field(min_length=1, pattern=r"^[!-~]+$")
    status: Literal[301, 302, 303, 307, 308] = 302

    async def spoil(self, answer: Answer, asked: Asked) -> Answer:  # noqa: ARG002
        """Give the other address."""
        return Answer(self.status, ((b"location", self.to.encode()),), b"")


class RedirectLoop(_Fault):
    """Sent on to the address that was asked."""

    kind: Literal["redirect_loop"]

    async def spoil(self, answer: Answer, asked: Asked) -> Answer:  # noqa: ARG002
        """Give the address itself: a Location that is only a fragment of it."""
        return Answer(302, ((b"location", b"#"),), b"")


class Html(_Fault):
    """A web page with status 200."""

    kind: Literal["html"]

    async def spoil(self, answer: Answer, asked: Asked) -> Answer:  # noqa: ARG002
        """Give the page."""
        page = b"<!DOCTYPE html><html><body>Werkzaamheden</body></html>"
        return Answer(200, ((b"content-type", b"text/html; charset=utf-8"),), page)


class BrokenJson(_Fault):
    """The body is cut off, and its length is that of what is left; `keep` is the fraction."""

    kind: Literal["broken_json"]
    keep: float = Field(default=0.5, ge=0, lt=1)

    async def spoil(self, answer: Answer, asked: Asked) -> Answer:  # noqa: ARG002
        """Cut it off."""
        return replace(answer, body=answer.body[: int(len(answer.body) * self.keep)])


class EmptyBody(_Fault):
    """A body of no bytes with status 200."""

    kind: Literal["empty_body"]

    async def spoil(self, answer: Answer, asked: Asked) -> Answer:  # noqa: ARG002
        """Take all away."""
        return replace(answer, body=b"")


class GzipBomb(_Fault):
    """A compressed body that is a thousand times as large unpacked; `mebibytes` unpacked."""

    kind: Literal["gzip_bomb"]
    mebibytes: int = Field(default=4096, ge=16, le=65_536)

    async def spoil(self, answer: Answer, asked: Asked) -> Answer:  # noqa: ARG002
        """Give members of gzip one after another, which unpack to one text."""
        part = gzip.compress(b" " * _BOMB_PART)
        body = part * (self.mebibytes * _MEBIBYTE // _BOMB_PART)
        return Answer(200, (_JSON, (b"content-encoding", b"gzip")), body)


class Latin1(_Fault):
    """Text in another encoding than JSON has."""

    kind: Literal["latin1"]

    async def spoil(self, answer: Answer, asked: Asked) -> Answer:  # noqa: ARG002
        """Encode it again."""
        return replace(answer, body=answer.body.decode(errors="replace").encode("latin-1", errors="replace"))


class HugeHeader(_Fault):
    """A header of so many bytes."""

    kind: Literal["huge_header"]
    size: int = Field(default=_MEBIBYTE, ge=1, le=64 * _MEBIBYTE)

    async def spoil(self, answer: Answer, asked: Asked) -> Answer:  # noqa: ARG002
        """Add it."""
        return replace(answer, headers=(*answer.headers, (b"x-filler", b"x" * self.size)))


class Count(_Fault):
    """A `$count` that is higher or lower than it should be, by so many."""

    kind: Literal["count"]
    by: int

    async def spoil(self, answer: Answer, asked: Asked) -> Answer:  # noqa: ARG002
        """Add to a body that is only a number; other answers are left."""
        said = answer.body.strip()
        return replace(answer, body=str(int(said) + self.by).encode()) if said.isdigit() else answer


class _Document(_Fault):
    """A fault in the JSON of an answer; an answer that is not a JSON object is left."""

    async def spoil(self, answer: Answer, asked: Asked) -> Answer:
        """Change the document."""
        document = _object(answer)
        if document is None:
            return answer
        await self.change(document, asked)
        return replace(answer, body=orjson.dumps(document))

    async def change(self, document: dict[str, Any], asked: Asked) -> None:
        """Change it in place."""


class Modified(_Document):
    """A table that says it changed at another moment; `moves`: at another second each time it is asked."""

    kind: Literal["modified"]
    value: str = "2026-11-22T02:00:00"
    moves: bool = False

    async def change(self, document: dict[str, Any], asked: Asked) -> None:
        """Change the record that describes the table."""
        for record in _records(document):
            if "Modified" in record:
                record["Modified"] = f"{self.value[:-2]}{asked.turn % 60:02}" if self.moves else self.value


class Title(_Document):
    """A table that has another title."""

    kind: Literal["title"]
    value: str

    async def change(self, document: dict[str, Any], asked: Asked) -> None:  # noqa: ARG002
        """Change the record that describes the table."""
        for record in _records(document):
            if "Modified" in record:
                record["Title"] = self.value


class NextLink(_Document):
    """The next page is said to be under another address: scheme and host, such as `http://127.0.0.2:1`."""

    kind: Literal["next_link"]
    to: str

    async def change(self, document: dict[str, Any], asked: Asked) -> None:  # noqa: ARG002
        """Put another host before the path."""
        for name in _LINKS:
            if name in document:
                parts = urlsplit(document[name])
                document[name] = f"{self.to}{parts.path}?{parts.query}"


class PageAgain(_Document):
    """The rows of the page before come again in the place of those of this one."""

    kind: Literal["page_again"]

    def watch(self, answer: Answer, asked: Asked) -> None:
        """Keep two pages of each table: this one and the one before."""
        document = _object(answer)
        if document is not None:
            rows = _records(document)
            asked.memory[asked.path] = (asked.memory.get(asked.path, (None, None))[1], rows)

    async def change(self, document: dict[str, Any], asked: Asked) -> None:
        """Give the rows of the page before."""
        before = asked.memory.get(asked.path, (None,))[0]
        if not asked.is_first_page and before is not None:
            document["value"] = before


class ReorderedPages(_Document):
    """The rows of the first and second page change places."""

    kind: Literal["reordered_pages"]

    async def change(self, document: dict[str, Any], asked: Asked) -> None:
        """Give the rows of the other page; links stay."""
        link = _next_address(document)
        if asked.is_first_page and link is not None:
            asked.memory[unquote(link)] = _records(document)
            other = _object(await asked.ask(link))
            document["value"] = _records(other or {})
        elif asked.address in asked.memory:
            document["value"] = asked.memory[asked.address]


class ReorderedRows(_Document):
    """The rows of a page come in another order, decided by a seed."""

    kind: Literal["reordered_rows"]
    seed: int = 1

    async def change(self, document: dict[str, Any], asked: Asked) -> None:  # noqa: ARG002
        """Shuffle them."""
        random.Random(self.seed).shuffle(_records(document))  # noqa: S311 - not for secrets


class RowsMissing(_Document):
    """The last rows of a page are not there."""

    kind: Literal["rows_missing"]
    rows: int = Field(default=1, ge=1)

    async def change(self, document: dict[str, Any], asked: Asked) -> None:  # noqa: ARG002
        """Take them away."""
        del _records(document)[-self.rows :]


class EmptyPage(_Document):
    """A page has no rows; the link to the next one stays."""

    kind: Literal["empty_page"]

    async def change(self, document: dict[str, Any], asked: Asked) -> None:  # noqa: ARG002
        """Take all rows away."""
        _records(document).clear()


class IdsTwice(_Document):
    """So many rows have the number of the first row of their page."""

    kind: Literal["ids_twice"]
    rows: int = Field(default=1, ge=1)

    async def change(self, document: dict[str, Any], asked: Asked) -> None:  # noqa: ARG002
        """Give them that number."""
        rows = _records(document)
        for row in rows[1 : self.rows + 1]:
            row.update({name: rows[0][name] for name in _IDS if name in row})


class CodeLost(_Document):
    """A code list lacks a code (given without the spaces behind it)."""

    kind: Literal["code_lost"]
    code: str

    async def change(self, document: dict[str, Any], asked: Asked) -> None:  # noqa: ARG002
        """Take its record away."""
        records = _records(document)
        records[:] = [record for record in records if _code(record).strip() != self.code]


class CodeAdded(_Document):
    """A code list has a code and title more, and is otherwise as its last record."""

    kind: Literal["code_added"]
    code: str
    title: str

    async def change(self, document: dict[str, Any], asked: Asked) -> None:  # noqa: ARG002
        """Add a record, padded as the others."""
        records = _records(document)
        for key in _CODE_KEYS:
            if records and key in records[-1]:
                padded = self.code.ljust(len(records[-1][key]))
                records.append({**records[-1], key: padded, "Title": self.title})
                break


class ColumnRenamed(_Document):
    """A column has another name, both in the rows and in what describes them."""

    kind: Literal["column_renamed"]
    column: str
    to: str

    async def change(self, document: dict[str, Any], asked: Asked) -> None:  # noqa: ARG002
        """Rename it wherever it stands."""
        for record in _records(document):
            if self.column in record:
                record[self.to] = record.pop(self.column)
            record.update({key: self.to for key in _CODE_KEYS if record.get(key) == self.column})


class _Cells(_Document):
    """A fault in one column of rows of data.

    Args:
        column: which column.
        where: texts that other columns of the row must have, without the spaces behind them.
        rows: so many rows of a page at most.
    """

    column: str
    where: dict[str, str] = Field(default_factory=dict)
    rows: int = Field(default=1, ge=1)

    async def change(self, document: dict[str, Any], asked: Asked) -> None:  # noqa: ARG002
        """Change the cell of each row that fits."""
        found = [row for row in _records(document) if self.column in row and self._is_meant(row)]
        for row in found[: self.rows]:
            row[self.column] = self.cell(row[self.column])

    def _is_meant(self, row: dict[str, Any]) -> bool:
        right = all(str(row.get(name)).strip() == text for name, text in self.where.items())
        return right and self.can_spoil(row[self.column])

    def can_spoil(self, value: object) -> bool:  # noqa: ARG002
        """Tell whether a cell is one this fault is about."""
        return True

    def cell(self, value: Any) -> Any:  # noqa: ANN401 - any value of JSON
        """Give what stands there instead."""
        return value


class _Numbers(_Cells):
    """A fault in cells that have a number."""

    def can_spoil(self, value: object) -> bool:
        """Tell whether it is a number."""
        return isinstance(value, int | float)


class TextValue(_Cells):
    """Text where a number was."""

    kind: Literal["text_value"]
    text: str = "onbekend"

    def cell(self, value: Any) -> Any:  # noqa: ANN401, ARG002
        """Give the text."""
        return self.text


class NullKey(_Cells):
    """Nothing in a column that tells which row it is."""

    kind: Literal["null_key"]

    def cell(self, value: Any) -> Any:  # noqa: ANN401, ARG002
        """Give nothing."""
        return None


class ValueAttribute(_Cells):
    """Another word for the kind of (no) value."""

    kind: Literal["value_attribute"]
    column: str = "ValueAttribute"
    value: str

    def cell(self, value: Any) -> Any:  # noqa: ANN401, ARG002
        """Give the word."""
        return self.value


class Negative(_Numbers):
    """A count below nought."""

    kind: Literal["negative"]

    def cell(self, value: Any) -> Any:  # noqa: ANN401
        """Change the sign; nought becomes -1."""
        return -abs(value) or -1


class Revised(_Numbers):
    """Another number, `by` higher; with `modified` for the same table the revision is told, without it it is not."""

    kind: Literal["revised"]
    by: float

    def cell(self, value: Any) -> Any:  # noqa: ANN401
        """Add to it."""
        return value + self.by


Fault = Annotated[
    Reset
    | Timeout
    | Drip
    | Truncated
    | Closed
    | Status
    | Withdrawn
    | Redirect
    | RedirectLoop
    | Html
    | BrokenJson
    | EmptyBody
    | GzipBomb
    | Latin1
    | HugeHeader
    | Count
    | Modified
    | Title
    | NextLink
    | PageAgain
    | ReorderedPages
    | ReorderedRows
    | RowsMissing
    | EmptyPage
    | IdsTwice
    | CodeLost
    | CodeAdded
    | ColumnRenamed
    | TextValue
    | NullKey
    | ValueAttribute
    | Negative
    | Revised,
    Field(discriminator="kind"),
]


class Plan(BaseModel):
    """The faults of a server, in their order."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    fault: tuple[Fault, ...] = ()


def read_faults(path: Path) -> Plan:
    """Read faults from a TOML file.

    Args:
        path: the file.

    Raises:
        SettingsError: it cannot be read, is no TOML, or describes no faults; the message says where and why.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"the faults in {path} cannot be read: {error}; give a TOML file of [[fault]]") from error
    try:
        return parse_plan(orjson.dumps(given, default=str))
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error


def parse_plan(content: bytes) -> Plan:
    """Read faults from JSON: the same as the file has.

    Raises:
        SettingsError: it is no JSON, or describes no faults.
    """
    try:
        return Plan.model_validate_json(content)
    except ValidationError as error:
        listing = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'faults'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors(include_input=False)
        )
        raise SettingsError(f"{listing}. pipelines/replica/faults.py tells what a fault can have.") from error


class Faults:
    """The application that spoils what another one answers.

    Args:
        app: the replica; it must answer whole, and is asked also when its answer is thrown away.
        plan: the faults to begin with; none when nothing is given.
    """

    def __init__(self, app: ASGIApp, plan: Plan | None = None) -> None:
        self.app = app
        self._set(plan or Plan())

    def _set(self, plan: Plan) -> None:
        self.plan = plan
        self._turns = [0] * len(plan.fault)
        self._spoiled = [0] * len(plan.fault)
        self._memories: list[dict[str, Any]] = [{} for _ in plan.fault]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, spoiled by the faults that are on for it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"] == ENDPOINT:
            await self._endpoint(scope, Wire(receive, send))
        else:
            await self._answer(scope, Wire(receive, send))

    async def _answer(self, scope: Scope, wire: Wire) -> None:
        address = scope["path"] + "?" + unquote(scope["query_string"].decode("latin-1"))

        async def ask(other: str) -> Answer:
            path, _, query = other.partition("?")
            changed = {"path": unquote(path), "raw_path": path.encode(), "query_string": query.encode()}
            return await self._right({**scope, **changed}, wire)

        # Before anything is awaited: requests that come at the same time each have a turn of their own.
        fitting, spoiled = [], self._spoiled
        for number, fault in enumerate(self.plan.fault):
            if fault.fits(address):
                self._turns[number] += 1
                fitting.append((number, fault, Asked(address, self._turns[number], self._memories[number], ask)))

        right = answer = await self._right(scope, wire)
        deliveries: list[_Delivery] = []
        for number, fault, asked in fitting:
            fault.watch(right, asked)
            if fault.is_on(asked.turn):
                spoiled[number] += 1
                answer = await fault.spoil(answer, asked)
                deliveries += [fault] if isinstance(fault, _Delivery) else []
        await (deliveries[0].deliver(answer, wire) if deliveries else wire.whole(answer))

    async def _right(self, scope: Scope, wire: Wire) -> Answer:
        """Ask the replica."""
        start: dict[str, Any] = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await self.app(scope, wire.receive, collect)
        headers = tuple((name, value) for name, value in start["headers"] if name != b"content-length")
        return Answer(start["status"], headers, bytes(body))

    async def _endpoint(self, scope: Scope, wire: Wire) -> None:
        """Tell, set or take away the faults."""
        if not _is_from_here(scope):
            await wire.whole(_said(403, {"error": f"{ENDPOINT} answers only on this machine"}))
            return
        if scope["method"] == "PUT":
            content = await _body(wire.receive)
            if content is None:
                await wire.whole(_said(413, {"error": f"faults are more than {_MAX_PLAN_BYTES} bytes"}))
                return
            try:
                self._set(parse_plan(content))
            except SettingsError as error:
                await wire.whole(_said(400, {"error": str(error)}))
                return
        elif scope["method"] == "DELETE":
            self._set(Plan())
        elif scope["method"] != "GET":
            await wire.whole(_said(405, {"error": f"{ENDPOINT} takes GET, PUT and DELETE"}))
            return
        given = [fault.model_dump(exclude_defaults=True) for fault in self.plan.fault]
        await wire.whole(_said(200, {"fault": given, "fitted": self._turns, "spoiled": self._spoiled}))


def _is_from_here(scope: Scope) -> bool:
    """Tell whether a request comes from this machine, and names it: a web page elsewhere can do only the first."""
    client, host = scope.get("client"), Headers(scope=scope).get("host", "")
    names = {client[0] if client else "", urlsplit(f"//{host}").hostname or ""}
    return all(name == "localhost" or _is_loopback(name) for name in names)


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


async def _body(receive: Receive) -> bytes | None:
    """Give what was sent; None when it is too much."""
    content = bytearray()
    while True:
        message = await receive()
        content.extend(message.get("body", b""))
        if len(content) > _MAX_PLAN_BYTES:
            return None
        if not message.get("more_body"):
            return bytes(content)


def _said(status: int, document: dict[str, Any]) -> Answer:
    return Answer(status, (_JSON,), orjson.dumps(document))


def _refusal(asked: Asked, status: int, message: str) -> Answer:
    """Give an error in the envelope of the protocol that was asked."""
    is_v4 = asked.path.startswith(f"/{V4_HOST}/")
    response = (v4 if is_v4 else v3).error(status, message)
    headers = tuple((name, value) for name, value in response.raw_headers if name != b"content-length")
    return Answer(status, headers, bytes(response.body))


def _object(answer: Answer) -> dict[str, Any] | None:
    """Give the JSON object of an answer; None when it is none."""
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _records(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the records of a list, or the one record that the document is."""
    found: list[dict[str, Any]] = document.get("value", [document])
    return found


def _code(record: dict[str, Any]) -> str:
    return str(next((record[name] for name in _CODE_KEYS if name in record), ""))


def _next_address(document: dict[str, Any]) -> str | None:
    """Give path and query of the next page."""
    link = next((document[name] for name in _LINKS if name in document), None)
    if link is None:
        return None
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"

"""The CBS of the bench: the replica, with answers kept, a delay, counters, and v3 twins of the v4 tables.

Here: a server whose own work is out of the measurement: what was asked once is given from memory after that, plain or
with gzip as the client accepts. Not here: who asks (`usual`, `bench`), or any figure (`pipelines.replica`).

The twins exist for `cbsodata`, which speaks v3 only: CBS serves its StatLine tables in both protocols. A twin has the
same rows as its v4 table, with the measures as columns.

    GET /-/delay/50     every answer from now on comes 50 ms later
    GET /-/counters     requests and bytes of bodies since the last time this was asked
"""

import argparse
import asyncio
import gzip
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import orjson
import polars as pl
import requests
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.replica.app import create_app
from pipelines.replica.bijstand import HOST as OPENDATA
from pipelines.replica.catalogue import Tables
from pipelines.replica.server import listen, started_program
from pipelines.replica.srg import VOORZIENINGEN
from pipelines.replica.statline import HOST as DATASETS
from pipelines.replica.tables import FrameRows, Table
from pipelines.replica.world import World, build_world

READY = "bench source at "
_GZIP_LEVEL = 5
_WORTH_PACKING = 1000


class BenchTables(Tables):
    """The tables of a world, with twins, and with fewer months of 85588NED when asked.

    Args:
        world: the world.
        months: how many months of 85588NED there are; None: all.
    """

    def __init__(self, world: World, months: int | None) -> None:
        super().__init__(world)
        self.months = months
        self._twins: dict[str, Table] = {}
        self._twin_lock = threading.Lock()

    def get(self, host: str, tabel_id: str) -> Table | None:
        """Give a table, or the twin of one."""
        table = super().get(host, tabel_id)
        if table is None and host == OPENDATA and (DATASETS, tabel_id) in self._makers:
            with self._twin_lock:
                if tabel_id not in self._twins:
                    self._twins[tabel_id] = twin(cast("Table", self.get(DATASETS, tabel_id)))
                return self._twins[tabel_id]
        if table is not None and tabel_id == VOORZIENINGEN and self.months is not None:
            return shortened(table, self.months)
        return table


def twin(table: Table) -> Table:
    """Give a v4 table as v3 would have it: a row for each cell, a column for each measure."""
    dimensions = [dimension.naam for dimension in table.dimensions]
    topics = [topic.key for topic in table.topics]
    texts = [topic.key for topic in table.topics if topic.datatype == "String"]

    def rows() -> pl.DataFrame:
        frame = cast("FrameRows", table.rows).frame
        wide = None
        for key in topics:
            value = "StringValue" if key in texts else "Value"
            one = frame.filter(pl.col("Measure") == key).select(*dimensions, pl.col(value).alias(key))
            wide = one if wide is None else wide.join(one, on=dimensions, how="left", maintain_order="left")
        assert wide is not None
        return wide.with_row_index("ID").with_columns(pl.col("ID").cast(pl.Int64))

    # Groups of v4 are texts where v3 has numbers; nobody here reads them.
    without = tuple(
        replace(d, groepen=(), codes=tuple(replace(code, groep=None) for code in d.codes)) for d in table.dimensions
    )
    return replace(table, host=OPENDATA, dimensions=without, rows=FrameRows(["ID", *dimensions, *topics], rows))


def shortened(table: Table, months: int) -> Table:
    """Give a table of months with only its first ones."""
    perioden = next(dimension for dimension in table.dimensions if dimension.naam == "Perioden")
    kept = sorted(code.code for code in perioden.codes if code.code[4:6] == "MM")[:months]
    codes = tuple(code for code in perioden.codes if code.code in kept)
    dimensions = tuple(replace(d, codes=codes) if d.naam == "Perioden" else d for d in table.dimensions)
    frame = cast("FrameRows", table.rows).frame.filter(pl.col("Perioden").is_in(kept))
    return replace(table, dimensions=dimensions, rows=FrameRows(frame.columns, lambda: frame))


@dataclass
class _Answer:
    status: int
    content_type: bytes
    plain: bytes
    packed: bytes


class Kept:
    """Gives answers from memory, later, and counts them.

    Args:
        app: makes an answer when it is first asked for.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.delay_s = 0.0
        self.requests = 0
        self.bytes = 0
        self._answers: dict[tuple[str, bytes], _Answer] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope["path"]
        if path.startswith("/-/"):
            await _send(send, 200, b"application/json", orjson.dumps(self._control(path)), packed=False)
            return
        key = (path, scope["query_string"])
        if key not in self._answers:
            self._answers[key] = await self._made(scope, receive)
        answer = self._answers[key]
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        accepted = dict(scope["headers"]).get(b"accept-encoding", b"")
        is_packed = b"gzip" in accepted and len(answer.plain) > _WORTH_PACKING
        body = answer.packed if is_packed else answer.plain
        self.requests += 1
        self.bytes += len(body)
        await _send(send, answer.status, answer.content_type, body, packed=is_packed)

    def _control(self, path: str) -> dict[str, float]:
        if path.startswith("/-/delay/"):
            self.delay_s = float(path.removeprefix("/-/delay/")) / 1000
            return {"delay_s": self.delay_s}
        found = {"requests": self.requests, "bytes": self.bytes}
        self.requests = self.bytes = 0
        return found

    async def _made(self, scope: Scope, receive: Receive) -> _Answer:
        status, content_type, parts = 0, b"", []

        async def keep(message: Message) -> None:
            nonlocal status, content_type
            if message["type"] == "http.response.start":
                status = message["status"]
                content_type = dict(message["headers"]).get(b"content-type", b"")
            else:
                parts.append(message.get("body", b""))

        await self.app(scope, receive, keep)
        plain = b"".join(parts)
        packed = await asyncio.to_thread(gzip.compress, plain, _GZIP_LEVEL)
        return _Answer(status, content_type, plain, packed)


async def _send(send: Send, status: int, content_type: bytes, body: bytes, *, packed: bool) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    if packed:
        headers.append((b"content-encoding", b"gzip"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@dataclass(frozen=True)
class Bench:
    """A running source of the bench."""

    url: str

    def delay(self, milliseconds: float) -> None:
        """Let every answer come later."""
        self._ask(f"/-/delay/{milliseconds}")

    def counters(self) -> dict[str, int]:
        """Give requests and bytes since the last time."""
        return self._ask("/-/counters")

    def _ask(self, path: str) -> Any:  # JSON
        with requests.get(f"{self.url}{path}", timeout=60) as answer:
            return orjson.loads(answer.content)


@contextmanager
def bench_source(facts: Path | None = None, months: int | None = None) -> Iterator[Bench]:
    """Run the source as a program of its own, so that its work is not counted with that of who asks."""
    options: Sequence[str] = [
        *(["--facts", str(facts)] if facts else []),
        *(["--months", str(months)] if months else []),
    ]
    with started_program([sys.executable, __file__, *options], READY) as url:
        yield Bench(url)


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--facts", type=Path)
    parser.add_argument("--months", type=int)
    options = parser.parse_args()
    world = build_world(options.facts)
    app = Kept(create_app(world, tables=BenchTables(world, options.months)))
    sock = listen(0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none"))

    def end() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True

    threading.Thread(target=end, daemon=True).start()
    print(f"{READY}http://127.0.0.1:{sock.getsockname()[1]}", flush=True)  # noqa: T201  # what the other side waits for
    server.run(sockets=[sock])


if __name__ == "__main__":
    main()

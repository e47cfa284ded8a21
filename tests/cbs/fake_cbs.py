"""A stand-in for CBS that can do anything a server can do wrong, over real HTTP.

It knows the addresses and envelopes of OData v3 and v4 and nothing else: it does not filter (the rows it has
are the rows it gives), so that what is tested against it is the client. It is written on sockets, not on a
web framework, since half of what it must do is what a framework refuses to.
"""

import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

SOURCE = "Reconstructie, geen CBS-cijfers. Voor een test. [wereld=0123456789ab]"


@dataclass
class FakeTable:
    """One table: what it says of itself and its rows, all of which may be changed during a test."""

    host: str
    tabel_id: str
    titel: str
    dimensions: dict[str, list[dict[str, Any]]]
    measures: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    page_rows: int = 10
    modified: str = "2026-07-01T02:00:00"
    source: str = SOURCE
    counted: int | None = None

    @property
    def is_v4(self) -> bool:
        return self.host == "datasets.cbs.nl"


def iv3_table() -> FakeTable:
    """Make Iv3 2023 with 24 rows: three pages."""
    taakvelden, categorieen = ("0.1   ", "6.5   "), ("L1.1    ", "B4.3.1  ")
    gemeenten, soorten = ("GM0014   ", "GM0034   ", "GM0363   "), ("2023X000", "2023X005")
    cells = [(t, c, g, s) for t in taakvelden for c in categorieen for g in gemeenten for s in soorten]
    rows = [
        {
            "ID": number * 7,
            "TaakveldBalanspost": t,
            "Categorie": c,
            "Gemeenten": g,
            "Verslagsoort": s,
            "k_1ePlaatsing_1": None if number % 5 == 0 else float(number),
            "k_2ePlaatsing_2": number * 1.125,
        }
        for number, (t, c, g, s) in enumerate(cells)
    ]
    dimensions = {
        "TaakveldBalanspost": [v3_code(code) for code in (*taakvelden, "6.3   ", "A111  ")],
        "Categorie": [v3_code(code) for code in categorieen],
        "Gemeenten": [v3_code(code) for code in gemeenten],
        "Verslagsoort": [v3_code(f"2023X00{n}") for n in range(6)],
    }
    measures = [topic("k_1ePlaatsing_1", "1e plaatsing"), topic("k_2ePlaatsing_2", "2e plaatsing")]
    titel = "Gemeenten 2023 onbewerkte Iv3-data  "
    return FakeTable("dataderden.cbs.nl", "45063NED", titel, dimensions, measures, rows)


def bijstand_table() -> FakeTable:
    """Make 80794ned, of which not every column is asked."""
    stems = (
        "UitkeringsontvangersTotaal_1",
        "BijstandGerelateerdTotAOWLeeftijd_4",
        "BijstandGerelateerdVanafAOWLeeftijd_5",
        "BijstandTotDeAOWLeeftijd_6",
    )
    regios, perioden = ("NL01  ", "GM0363"), ("2016MM12", "2017MM01", "2017MM02", "2017JJ00")
    asked = stems[1:]
    rows = [
        {"ID": number, "RegioS": r, "Perioden": p, **dict.fromkeys(asked, 10.0 * number)}
        for number, (r, p) in enumerate((r, p) for r in regios for p in perioden[1:])
    ]
    dimensions = {
        "RegioS": [v3_code(r) for r in (*regios, "PV20  ")],
        "Perioden": [{**v3_code(p), "Status": "Definitief"} for p in perioden],
    }
    measures = [topic(stem, stem, unit="aantal", decimals=0) for stem in stems]
    titel = "Personen met een uitkering; uitkeringsontvangers per regio"
    return FakeTable("opendata.cbs.nl", "80794ned", titel, dimensions, measures, rows)


def prijs_table() -> FakeTable:
    """Make 85880NED with 12 observations: two pages."""
    perioden = [f"{2017 + n // 4}KW{n % 4 + 1:02}" for n in range(11)] + ["2017JJ00"]
    rows = [
        {
            "Id": 1000 + number,
            "Measure": "A049169_1",
            "ValueAttribute": "None" if number else "Impossible",
            "Value": number / 10 if number else None,
            "StringValue": None,
            "SoortMutaties": "A045303",
            "Perioden": periode,
        }
        for number, periode in enumerate(perioden)
    ]
    dimensions = {
        "SoortMutaties": [v4_code("A045303", "Prijs, t.o.v. zelfde periode vorig jaar")],
        "Perioden": [{**v4_code(p, p), "Status": "Definitief", "DimensionGroupId": "0"} for p in perioden],
    }
    measures = [measure("A049169_1", "Overheid"), measure("A047811_1", "Huishoudens")]
    titel = "Bbp, productie en bestedingen; kwartalen, mutaties, nationale rekeningen"
    return FakeTable("datasets.cbs.nl", "85880NED", titel, dimensions, measures, rows)


def gebieden_table(jaar: int, tabel_id: str, code_measure: str = "GM000B") -> FakeTable:
    """Make "Gebieden in Nederland" with two gemeenten."""
    keys = (code_measure, "GM000C_1", "PV0001", "PV0002", "AM0001", "AM0002")
    cells = [(gemeente, key) for gemeente in ("GM0014", "GM0363") for key in keys]
    rows = [
        {
            "Id": number,
            "Measure": key,
            "ValueAttribute": "None",
            "Value": None,
            "StringValue": f"{gemeente} {key}".ljust(50),
            "RegioS": gemeente,
        }
        for number, (gemeente, key) in enumerate(cells)
    ]
    dimensions = {"RegioS": [v4_code("GM0014", "Groningen"), v4_code("GM0363", "Amsterdam")]}
    measures = [measure(key, "Code" if key.endswith("1") else "Naam", datatype="String") for key in keys]
    return FakeTable("datasets.cbs.nl", tabel_id, f"Gebieden in Nederland {jaar}", dimensions, measures, rows)


def v3_code(code: str) -> dict[str, Any]:
    return {"Key": code, "Title": code.strip(), "Description": "", "CategoryGroupID": None}


def v4_code(code: str, titel: str) -> dict[str, Any]:
    return {"Identifier": code, "Index": 1, "Title": titel, "Description": "", "DimensionGroupId": None}


def topic(key: str, titel: str, unit: str = "1 000 euro", decimals: int = 0) -> dict[str, Any]:
    return {"Key": key, "Title": titel, "Datatype": "Double", "Unit": unit, "Decimals": decimals}


def measure(key: str, titel: str, datatype: str = "Double") -> dict[str, Any]:
    return {"Identifier": key, "Title": titel, "DataType": datatype, "Unit": "%", "Decimals": 1}


Act = Callable[["Handler"], None]


@dataclass
class Fault:
    """Something that goes wrong with the next requests whose address has a text in it."""

    match: str
    act: Act
    times: int


@dataclass
class FakeCbs:
    """The server as a test sees it: its tables, its faults, and what it was asked."""

    base: str = ""
    tables: list[FakeTable] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    delay_s: float = 0.0
    now: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, match: str, act: Act, times: int = 1) -> None:
        """Let something go wrong a number of times."""
        self.faults.append(Fault(match, act, times))

    def forget(self) -> None:
        """Forget what was asked."""
        self.asked.clear()

    def data_asked(self) -> list[str]:
        """Give the pages of data that were asked."""
        return [url for url in self.asked if ("TypedDataSet" in url or "Observations" in url) and "$count" not in url]

    def take_fault(self, url: str) -> Act | None:
        with self.lock:
            for fault in self.faults:
                if fault.match in url and fault.times > 0:
                    fault.times -= 1
                    return fault.act
        return None


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    fake: FakeCbs

    def do_GET(self) -> None:
        fake = self.fake
        url = unquote(self.path)
        with fake.lock:
            fake.asked.append(url)
            fake.headers.append(dict(self.headers))
            fake.now += 1
            fake.most_at_once = max(fake.most_at_once, fake.now)
        try:
            time.sleep(fake.delay_s)
            act = fake.take_fault(url)
            if act is None:
                self.answer()
            else:
                act(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with fake.lock:
                fake.now -= 1

    def answer(self) -> None:
        """Answer as CBS would."""
        found = self.content()
        if found is None:
            self.send(404, b'{"odata.error": {"message": "Resource not found"}}')
        elif isinstance(found, str):
            self.send(200, found.encode(), "text/plain")
        else:
            self.send(200, json.dumps(found).encode())

    def content(self) -> dict[str, Any] | str | None:
        """Give what an address has; None where there is nothing."""
        parts = urlsplit(unquote(self.path)).path.strip("/").split("/")
        host = parts[0]
        if parts[1:] == ["ODataCatalog", "Tables"]:
            titles = [(t.tabel_id, t.titel) for t in self.fake.tables if t.host == host]
            return {"value": [{"Identifier": key, "Title": titel} for key, titel in titles]}
        if parts[1:] == ["odata", "v1", "CBS", "Datasets"]:
            titles = [(t.tabel_id, t.titel) for t in self.fake.tables if t.is_v4]
            return {"value": [{"Identifier": key, "Title": titel} for key, titel in titles]}
        for table in self.fake.tables:
            if host == table.host and table.tabel_id in parts:
                entity = parts[parts.index(table.tabel_id) + 1 :]
                return self.v4(table, entity) if table.is_v4 else self.v3(table, entity)
        return None

    def v3(self, table: FakeTable, entity: list[str]) -> dict[str, Any] | str | None:
        if entity == ["TableInfos"]:
            info = {"ID": 0, "Title": table.titel, "Identifier": table.tabel_id, "Modified": table.modified}
            return {"odata.metadata": "x", "value": [{**info, "Source": table.source}]}
        if entity == ["DataProperties"]:
            dimensions = [{"Type": "Dimension", "Key": key, "Title": key} for key in table.dimensions]
            topics = [{"Type": "Topic", **topic} for topic in table.measures]
            return {"odata.metadata": "x", "value": [*dimensions, {"Type": "TopicGroup", "Key": ""}, *topics]}
        if entity[0] == "TypedDataSet":
            return self.data(table, entity, "odata.nextLink")
        codes = table.dimensions.get(entity[0])
        return None if codes is None else {"odata.metadata": "x", "value": codes}

    def v4(self, table: FakeTable, entity: list[str]) -> dict[str, Any] | str | None:
        if entity == ["Properties"]:
            info = {"Identifier": table.tabel_id, "Title": table.titel, "Modified": table.modified}
            return {**info, "Source": table.source, "ObservationCount": len(table.rows)}
        if entity == ["Dimensions"]:
            return {"value": [{"Identifier": key, "Title": key} for key in table.dimensions]}
        if entity == ["MeasureCodes"]:
            return {"value": table.measures}
        if entity[0] == "Observations":
            return self.data(table, entity, "@odata.nextLink")
        codes = table.dimensions.get(entity[0].removesuffix("Codes"))
        return None if codes is None else {"value": codes}

    def data(self, table: FakeTable, entity: list[str], link: str) -> dict[str, Any] | str:
        if entity[1:] == ["$count"]:
            return str(len(table.rows) if table.counted is None else table.counted)
        skip = self.skip()
        page = {"value": table.rows[skip : skip + table.page_rows]}
        if skip + table.page_rows < len(table.rows):
            page[link] = self.page_link(skip + table.page_rows)  # type: ignore[assignment]
        return page

    def skip(self) -> int:
        return int(parse_qs(urlsplit(self.path).query).get("$skip", ["0"])[0])

    def page_link(self, skip: int) -> str:
        return f"{self.fake.base}{urlsplit(self.path).path}?$skip={skip}"

    def send(self, status: int, content: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base class's
        """Be silent."""


def status(code: int, content: bytes = b'{"error": "x"}', **headers: str) -> Act:
    return lambda handler: handler.send(code, content, **headers)


def sends(content: bytes, kind: str = "application/json", **headers: str) -> Act:
    return lambda handler: handler.send(200, content, kind, **headers)


def sends_json(answer: object) -> Act:
    return sends(json.dumps(answer).encode())


def changed(change: Callable[[Any], Any]) -> Act:
    """Answer as CBS would, with a change made to it."""

    def act(handler: Handler) -> None:
        answer = handler.content()
        replaced = change(answer)
        handler.send(200, json.dumps(answer if replaced is None else replaced).encode())

    return act


def html(handler: Handler) -> None:
    handler.send(200, b"<!DOCTYPE html><html>Onderhoud</html>", "text/html")


def reset(handler: Handler) -> None:
    """Break the connection off without an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def cut_off(handler: Handler) -> None:
    """Send less than was announced."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"value": [')
    handler.close_connection = True


def cut_chunk(handler: Handler) -> None:
    """Break off in the middle of a chunk."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b'64\r\n{"value": [')
    handler.close_connection = True


def bad_gzip(handler: Handler) -> None:
    handler.send(200, b"this is not gzip", Content_Encoding="gzip")


def bomb(handler: Handler) -> None:
    """Send 20 MB of spaces in 20 kB."""
    handler.send(200, gzip.compress(b'{"value": [' + b" " * 20_000_000 + b"]}"), Content_Encoding="gzip")


def slow(seconds: float) -> Act:
    def act(handler: Handler) -> None:
        time.sleep(seconds)
        handler.answer()

    return act


def drip(handler: Handler) -> None:
    """Send a byte now and then, often enough for the read time-out."""
    handler.send_response(200)
    handler.send_header("Content-Length", "200")
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" ")
        time.sleep(0.02)
    handler.close_connection = True


def redirect(to: str) -> Act:
    return lambda handler: handler.send(302, b"", Location=to)


@contextmanager
def running_fake() -> Iterator[FakeCbs]:
    """Run the server in a thread."""
    fake = FakeCbs()

    class Bound(Handler):
        pass

    Bound.fake = fake

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        # A connection on which a test has a client hang is not waited for.
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            """Be silent about connections the client broke off."""

    with Server(("127.0.0.1", 0), Bound) as server:
        fake.base = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()

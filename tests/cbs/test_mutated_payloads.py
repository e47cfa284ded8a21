"""Answers that are damaged or changed in any way: read exactly as they are, or refused with words.

Real answers of the replica are changed, sent through the real transport and the real readers, and compared with what
the json module of Python and a few lines of it make of the same bytes. Only the network is left out. What is refused
must be refused with an error of this project; what is read may differ in nothing.
"""

import copy
import json
import math
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import requests
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from impatient import source
from requests.adapters import HTTPAdapter
from starlette.types import Message, Receive, Scope, Send
from urllib3 import HTTPResponse

from assets.cbs.download import Result, Selection, download
from assets.cbs.lezer import Lezer
from assets.cbs.odata import Service, Structure, TableInfo, values
from assets.cbs.odata3 import OData3
from assets.cbs.odata4 import OData4
from assets.cbs.page import PageReader, UnreadableError, columns_of, page_frame
from assets.cbs.table import RawTable, read_table
from assets.cbs.transport import Address, Transport, TransportSettings
from assets.core.prijsindex import OVERHEID, OVERHEIDSCONSUMPTIE, PRIJS, prijsindex
from assets.errors import ContractError, LakeError, ReintegratieError
from assets.lake import Lake, Manifest, Vintage
from pipelines.replica.app import create_app
from pipelines.replica.server import running_app
from pipelines.replica.world import build_world

BRONNEN = ("iv3_2023", "bijstand", "gebieden_2023", "prijsindex_overheid", "prijsindex_consumenten")
V3, V4 = "iv3_2023", "gebieden_2023"
ROWS = 15  # of a page that is changed on its own: enough for every kind of row, few enough for thousands of times

JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 1e308, 2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**30, [], {}, [1], {"a": {}}),
    *(
        "",
        " ",
        "0",
        "12,5",
        "NaN",
        "\u00b2\u00b2\u00b2\u00b2JJ00",
        "\u0662\u0660\u0662\u0663JJ00",
        "GM\u0000",
        "\U0001f9ee",
        "\u202e6.5",
        "x" * 5000,
    ),
)
JUNK_BYTES = (
    *(b"NaN", b"Infinity", b"-Infinity", b"null", b"true", b"1e400", b"-1e-400", b"00", b"9" * 400, b"[" * 2000),
    *(b"\xff\xfe", b"\xed\xa0\x80", b'"\\ud800"', b"\x00", b"\xef\xbb\xbf", b",", b"}", b"]", b'"', b'{"value":[]}'),
)


# Mutations


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of every value in a JSON value."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def mutated(content: bytes, rnd: random.Random) -> bytes:
    """Change an answer, once or a few times."""
    for _ in range(rnd.choice((1, 1, 1, 2, 3))):
        content = changed_bytes(content, rnd) if rnd.random() < 0.4 else changed_json(content, rnd)
    return content


def changed_bytes(content: bytes, rnd: random.Random) -> bytes:
    if not content:
        return content
    at, to = sorted((rnd.randrange(len(content)), rnd.randrange(len(content) + 1)))
    what = rnd.randrange(6)
    if what == 0:
        return content[:at] + bytes([content[at] ^ 1 << rnd.randrange(8)]) + content[at + 1 :]
    if what == 1:
        return content[:at]
    if what == 2:
        return content[:at] + content[to:]
    if what == 3:
        return content[:to] + content[at:]
    if what == 4:
        digits = [place for place, byte in enumerate(content) if chr(byte).isdigit()] or [0]
        place = rnd.choice(digits)
        return content[:place] + rnd.choice(b"0123456789.-eE").to_bytes() + content[place + 1 :]
    return content[:at] + rnd.choice(JUNK_BYTES) + content[at:]


def changed_json(content: bytes, rnd: random.Random) -> bytes:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return changed_bytes(content, rnd)
    found = list(places(answer))
    if not found:
        return changed_bytes(content, rnd)
    *way, last = rnd.choice(found)
    node = answer
    for key in way:
        node = node[key]
    what = rnd.randrange(6)
    if what == 0:
        del node[last]
    elif what == 1 and isinstance(node, dict):
        node[rnd.choice([str(last).lower(), f"{last}_2", f"{last} ", "Value", ""])] = node.pop(last)
    elif what == 2 and isinstance(node, list):
        node.insert(rnd.randrange(len(node) + 1), copy.deepcopy(node[last]))
    elif what == 3 and isinstance(node, list):
        other = rnd.randrange(len(node))
        node[last], node[other] = node[other], node[last]
    elif what == 4:
        node[last] = [node[last]] if rnd.random() < 0.5 else str(node[last])
    else:
        node[last] = rnd.choice(JUNK)
    return json.dumps(answer, ensure_ascii=rnd.random() < 0.5).encode("utf-8", "surrogatepass")


# What a few lines of Python make of an answer


class Unreadable(Exception):  # noqa: N818  # not an error here: the plain reading has no answer either
    """These bytes have no plain reading, so they must be refused."""


def plainly(content: bytes) -> Any:
    """Read JSON with the json module: UTF-8, and no numbers that JSON does not have."""

    def refuse(word: str) -> float:
        raise Unreadable(word)

    try:
        return json.loads(content.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from error


def number(value: Any) -> float | None:
    if value is None:
        return None
    try:
        found = float(value) if type(value) in (int, float) else math.nan
    except OverflowError as error:
        raise Unreadable("too large") from error
    if not math.isfinite(found):
        raise Unreadable(f"{value!r} is no number")
    return found


def plain_rows(content: bytes, columns: tuple[str, ...], numbers: set[str]) -> list[dict[str, Any]]:
    """Give the rows of a page: exactly these columns, some of them as float."""
    records = plainly(content)["value"]
    if any(record.keys() != set(columns) for record in records):
        raise Unreadable("other columns")
    return [{name: number(record[name]) if name in numbers else record[name] for name in columns} for record in records]


def plain_group(value: Any) -> str | None:
    """Give the group of a code: a text, or in v3 a whole number."""
    if type(value) not in (str, int, type(None)):
        raise Unreadable(f"{value!r} is no group")
    return None if value is None else str(value)


def plain_codes(content: bytes, key: str, group: str) -> list[tuple[Any, ...]]:
    return [
        (
            record[key],
            record.get("Title") or "",
            record.get("Description") or "",
            record.get("Status"),
            plain_group(record.get(group)),
        )
        for record in plainly(content)["value"]
    ]


# The network left out


class Wire(HTTPAdapter):
    """Answers as were recorded, save those that a test changed."""

    def __init__(self, recorded: dict[str, bytes]) -> None:
        super().__init__()
        self.recorded, self.changed = recorded, dict[str, bytes]()
        self.sent: dict[str, bytes] = {}

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        asked = request.path_url
        content = self.changed.get(asked, self.recorded.get(asked))
        self.sent[asked] = content or b""
        status = 404 if content is None else 200
        raw = HTTPResponse(
            BytesIO(content or b"{}"), {"Content-Type": "application/json"}, status, preload_content=False
        )
        return self.build_response(request, raw)


class Recording:
    """A replica whose answers are kept by their address."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self.app, self.answers = app, dict[str, bytes]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()

        async def keep(message: Message) -> None:
            body.extend(message.get("body", b""))
            await send(message)

        await self.app(scope, receive, keep)
        query = scope["query_string"].decode()
        self.answers[scope["path"] + (f"?{query}" if query else "")] = bytes(body)


class Cbs:
    """What was recorded of the tables of `BRONNEN`, and a transport that gets it again.

    Args:
        wire: gives the answers.
        transport: the real one.
        vintages: each table as downloaded when nothing was changed.
    """

    def __init__(self, wire: Wire, transport: Transport, vintages: dict[str, Vintage]) -> None:
        self.wire, self.transport, self.vintages = wire, transport, vintages

    def manifest(self, bron: str) -> Manifest:
        return self.vintages[bron].manifest

    def service(self, bron: str) -> Service:
        base, entry = self.transport.address.base, source(bron).entry
        tabel_id = self.manifest(bron).tabel_id
        if entry.protocol == "v3":
            return OData3(base[entry.host], entry.host, tabel_id)
        return OData4(base[entry.host], tabel_id)

    def content(self, bron: str, resource: str) -> bytes:
        """Give a recorded answer; of data, the first rows."""
        file = next(f for f in self.manifest(bron).files if f.resource == resource)
        return self.vintages[bron].read(file.name)

    def get(self, content: bytes) -> dict[str, Any]:
        """Send an answer over the wire, as the transport gets and checks it."""
        self.wire.changed = {"/datasets.cbs.nl/any": content}
        return self.transport.get_json(f"{self.transport.address.base['datasets.cbs.nl']}/any")[1]

    def download(self, bron: str, lake: Path, changed: dict[str, bytes] | None = None) -> Result:
        self.wire.changed, self.wire.sent = changed or {}, {}
        return download(
            source(bron),
            transport=self.transport,
            lake=Lake(lake),
            selection=Selection(("6.5",)),
            progress=lambda _: None,
            lezer=Lezer(),
        )


@pytest.fixture(scope="module")
def cbs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cbs]:
    facts = tmp_path_factory.mktemp("two-gemeenten")
    head = "jaar,gemeente_code,naam,provincie_code,provincie,arbeidsmarktregio_code,arbeidsmarktregio,inwoners"
    lines = [
        f"{jaar},{code},{naam},PV26,Utrecht,AM11,Midden-Utrecht,{inwoners}"
        for jaar in (2022, 2023)
        for code, naam, inwoners in (("GM0001", "Aa", 9_000), ("GM0363", "El", 900_000))
    ]
    (facts / "gemeenten.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    recording = Recording(create_app(build_world(facts), v3_page_rows=100))
    patience = TransportSettings(attempts=1)
    lake = tmp_path_factory.mktemp("recorded")
    with running_app(recording) as url, Transport(Address.parse(url), patience) as transport:
        live = Cbs(Wire({}), transport, {})
        vintages = {bron: live.download(bron, lake).vintage for bron in BRONNEN}
    wire = Wire(recording.answers)
    with Transport(Address.parse(url), patience) as transport:
        for base in transport.address.base.values():
            transport._session.mount(f"{base}/", wire)
        yield Cbs(wire, transport, vintages)


def first_rows(content: bytes) -> bytes:
    answer = json.loads(content)
    return json.dumps({**answer, "value": answer["value"][:ROWS]}).encode()


def many(examples: int, check: Callable[[random.Random], bool]) -> None:
    """Check so many mutations; both outcomes must be among them, or nothing was shown."""
    outcomes: Counter[bool] = Counter()

    @settings(max_examples=examples, database=None)
    @given(st.randoms(use_true_random=False))
    def each(rnd: random.Random) -> None:
        outcomes[check(rnd)] += 1

    each()
    assert outcomes[True] > examples // 50, f"hardly anything was read: {outcomes}"
    assert outcomes[False] > examples // 50, f"hardly anything was refused: {outcomes}"


# As sent


@pytest.mark.parametrize("bron", [V3, V4])
def test_a_page_is_read_as_it_is_or_refused(cbs: Cbs, bron: str) -> None:
    service, manifest = cbs.service(bron), cbs.manifest(bron)
    page = first_rows(cbs.content(bron, "data"))
    answers = {f.resource: json.loads(cbs.vintages[bron].read(f.name)) for f in manifest.files if f.role == "metadata"}
    structure = service.structure(answers)
    listed = {name: codes["code"] for name, codes in read_table(cbs.vintages[bron]).codes.items()}
    columns = columns_of(manifest.protocol, manifest.kolommen, structure, listed)
    reader = PageReader(columns, service.next_link_name)
    numbers = {"Value"} if bron == V4 else set(manifest.kolommen) - set(structure.dimensions) - {"ID"}

    def check(rnd: random.Random) -> bool:
        content = mutated(page, rnd)
        try:
            answer = cbs.get(content)
            frame = page_frame(values(answer, "page"), columns, "page")
            following = service.next_link(answer)
        except ReintegratieError:
            return False
        assert frame.to_dicts() == plain_rows(content, manifest.kolommen, numbers)
        assert following == plainly(content).get("odata.nextLink" if bron == V3 else "@odata.nextLink")
        # The fast reader takes it with the same result, or leaves it to the slow one.
        slow = reader.read_slowly(answer, "page")
        try:
            fast = reader.read(content)
        except UnreadableError:
            fast = slow
        assert fast.frame.equals(slow.frame)
        assert fast.ids.equals(slow.ids)
        assert (fast.next_link, fast.canonical()) == (slow.next_link, slow.canonical())
        return True

    many(1300, check)


@pytest.mark.parametrize(("bron", "dimension"), [(V3, "TaakveldBalanspost"), (V3, "Gemeenten"), (V4, "RegioS")])
def test_a_code_list_is_read_as_it_is_or_refused(cbs: Cbs, bron: str, dimension: str) -> None:
    service, listed = cbs.service(bron), first_rows(cbs.content(bron, dimension))
    names = ("Key", "CategoryGroupID") if bron == V3 else ("Identifier", "DimensionGroupId")

    def check(rnd: random.Random) -> bool:
        content = mutated(listed, rnd)
        try:
            codes = service.codes(cbs.get(content))
        except ReintegratieError:
            return False
        read = [(code.code, code.titel, code.omschrijving, code.status, code.groep) for code in codes]
        assert read == plain_codes(content, *names)
        return True

    many(500, check)


@pytest.mark.parametrize("bron", [V3, V4])
def test_what_a_table_says_of_itself_is_read_as_it_is_or_refused(cbs: Cbs, bron: str) -> None:
    service, said = cbs.service(bron), cbs.content(bron, "info")

    def check(rnd: random.Random) -> bool:
        content = mutated(said, rnd)
        try:
            info = service.info(cbs.get(content))
        except ReintegratieError:
            return False
        plain = plainly(content)
        record = plain if bron == V4 else plain["value"][0]
        count = record.get("ObservationCount" if bron == V4 else "RecordCount")
        assert info == TableInfo(record["Title"].strip(), record["Modified"], record.get("Source") or "", count)
        return True

    many(400, check)


@pytest.mark.parametrize("bron", [V3, V4])
def test_dimensions_and_measures_are_read_as_they_are_or_refused(cbs: Cbs, bron: str) -> None:
    service, resources = cbs.service(bron), list(cbs.service(bron).structure_urls())
    key, datatype = ("Key", "Datatype") if bron == V3 else ("Identifier", "DataType")

    def check(rnd: random.Random) -> bool:
        contents = {resource: cbs.content(bron, resource) for resource in resources}
        chosen = rnd.choice(resources)
        contents[chosen] = mutated(contents[chosen], rnd)
        try:
            structure = service.structure({resource: cbs.get(content) for resource, content in contents.items()})
        except ReintegratieError:
            return False
        plain = {resource: plainly(content)["value"] for resource, content in contents.items()}
        if bron == V3:
            records = plain["DataProperties"]
            kinds = ("Dimension", "Detail")
            dimensions = [r for r in records if isinstance(r.get("Type"), str) and r["Type"].endswith(kinds)]
            measures = [r for r in records if r.get("Type") == "Topic"]
        else:
            dimensions, measures = plain["Dimensions"], plain["MeasureCodes"]
        assert list(structure.dimensions) == [record[key] for record in dimensions]
        read = [(m.key, m.titel, m.eenheid, m.datatype, m.decimalen) for m in structure.measures]
        texts = ("Title", "Unit", datatype)
        assert read == [(r[key], *(r.get(name) or "" for name in texts), r.get("Decimals")) for r in measures]
        return True

    many(400, check)


def check_vintage(cbs: Cbs, table: RawTable) -> None:
    """See that a vintage that was read is what was sent, by a plain reading of every answer in it."""
    manifest = table.manifest
    sent = {
        file.name: next(
            content
            for url, content in cbs.wire.sent.items()
            if (file.url or "?").endswith(url) or url.endswith(file.url)
        )
        for file in manifest.files
    }
    numbers = {n for n, kind in table.rows.schema.items() if kind == pl.Float64}
    names = ("Key", "CategoryGroupID") if manifest.protocol == "v3" else ("Identifier", "DimensionGroupId")
    rows = []
    for file in manifest.files:
        if file.role == "data":
            rows += plain_rows(sent[file.name], manifest.kolommen, numbers)
        elif file.role == "codes":
            assert table.codes[file.resource].rows() == plain_codes(sent[file.name], *names)
    assert table.rows.to_dicts() == rows
    assert len({row["ID" if manifest.protocol == "v3" else "Id"] for row in rows}) == len(rows) == manifest.rows


@pytest.mark.parametrize("bron", [V3, V4, "prijsindex_overheid"])
def test_a_table_is_downloaded_as_it_is_or_refused(cbs: Cbs, bron: str, tmp_path: Path) -> None:
    """Any one answer changed, from the first that is asked to the last page; then downloaded, kept, and read back."""
    lake = tmp_path / "lake"
    check_vintage(cbs, read_table(cbs.download(bron, lake).vintage))
    addresses = sorted(cbs.wire.sent)

    def check(rnd: random.Random) -> bool:
        shutil.rmtree(lake, ignore_errors=True)
        address = rnd.choice(addresses)
        content = mutated(cbs.wire.recorded[address], rnd)
        try:
            table = read_table(cbs.download(bron, lake, {address: content}).vintage)
        except ReintegratieError:
            return False
        check_vintage(cbs, table)
        return True

    many(150, check)


@pytest.mark.parametrize(
    ("bron", "resource", "change"),
    [
        (V3, "DataProperties", lambda records: records[1].update(Type="Topic")),
        (V3, "DataProperties", lambda records: records[-1].update(Decimals=2**63)),
        (V3, "Categorie", lambda records: records[0].update(CategoryGroupID=[1])),
        (V4, "MeasureCodes", lambda records: records[0].update(Decimals=2**63)),
        (
            "prijsindex_overheid",
            "Perioden",
            lambda records: records[0].update(Identifier="\u00b2\u00b2\u00b2\u00b2JJ00"),
        ),
    ],
)
def test_what_chance_seldom_finds_is_read_as_it_is_or_refused(
    cbs: Cbs, bron: str, resource: str, change: Callable[[list[dict[str, Any]]], None], tmp_path: Path
) -> None:
    """Changes of one field in metadata that once ended in an error of Python itself."""
    answer = json.loads(cbs.content(bron, resource))
    change(answer["value"])
    cbs.download(bron, tmp_path / "whole")
    file = next(f for f in cbs.manifest(bron).files if f.resource == resource)
    address = next(asked for asked in cbs.wire.sent if file.url.endswith(asked))
    try:
        table = read_table(cbs.download(bron, tmp_path / "lake", {address: json.dumps(answer).encode()}).vintage)
    except ReintegratieError:
        return
    check_vintage(cbs, table)


def test_an_index_is_made_of_the_figures_as_sent_or_not_at_all(cbs: Cbs) -> None:
    """From the page to core.prijsindex: the chained index of a changed page is that of its own figures."""
    bron = "prijsindex_overheid"
    table, other = read_table(cbs.vintages[bron]), read_table(cbs.vintages["prijsindex_consumenten"])
    page, manifest = cbs.content(bron, "data"), table.manifest
    dimensions = [name for name in manifest.kolommen if name in table.codes]
    columns = columns_of(manifest.protocol, manifest.kolommen, Structure(tuple(dimensions), ()), {})

    def check(rnd: random.Random) -> bool:
        content = mutated(page, rnd)
        try:
            frame = page_frame(values(cbs.get(content), "page"), columns, "page")
            made = prijsindex(RawTable(manifest, [frame.lazy()], table.codes, table.measures, table.properties), other)
        except ReintegratieError:
            return False
        changes = {
            int(row["Perioden"][:4]): row["Value"]
            for row in plain_rows(content, manifest.kolommen, {"Value"})
            if row["Measure"] == OVERHEID
            and row["SoortMutaties"].strip() == PRIJS
            and row["Perioden"][4:].strip() == "JJ00"
            and row["Value"] is not None
        }
        level, levels = 1.0, {}
        for jaar in sorted(changes):
            level *= 1 + changes[jaar] / 100
            levels[jaar] = level
        expected = {jaar: 100 * level / levels[2020] for jaar, level in levels.items()}
        series = made.filter(pl.col("reeks") == OVERHEIDSCONSUMPTIE).select("jaar", "prijsindex_2020_100")
        assert len(series) == len(expected)
        assert dict(series.rows()) == pytest.approx(expected, rel=1e-12, nan_ok=True)
        return True

    many(400, check)


# On the disk


@pytest.mark.parametrize("bron", [V3, V4])
def test_a_file_that_changed_on_the_disk_is_refused(cbs: Cbs, bron: str, tmp_path: Path) -> None:
    """Whatever became of the bytes of an answer that was kept: another content is never read."""
    kept = tmp_path / "kept"
    shutil.copytree(cbs.vintages[bron].path, kept)
    vintage = Vintage(kept.name, kept, cbs.manifest(bron))
    files = sorted((kept / "files").iterdir())
    rows = read_table(vintage).rows

    def check(rnd: random.Random) -> bool:
        path = rnd.choice(files)
        before = path.read_bytes()
        if rnd.random() < 0.5:
            plain = mutated(zstandard.ZstdDecompressor().decompress(before), rnd)
            after = zstandard.ZstdCompressor().compress(plain)
            same = plain == zstandard.ZstdDecompressor().decompress(before)
        else:
            after = changed_bytes(before, rnd)
            same = None
        path.write_bytes(after)
        try:
            read = read_table(vintage).rows
        except LakeError:
            assert same is not True
            return False
        finally:
            path.write_bytes(before)
        # Read all the same: only when what it unpacks to did not change (a byte after its end, its own header).
        assert same is not False
        assert read.equals(rows)
        return True

    outcomes: Counter[bool] = Counter()

    @settings(max_examples=400, database=None)
    @given(st.randoms(use_true_random=False))
    def each(rnd: random.Random) -> None:
        outcomes[check(rnd)] += 1

    each()
    assert outcomes[False] > 200, outcomes


def test_a_manifest_that_changed_on_the_disk_gives_the_same_rows_or_is_refused(cbs: Cbs, tmp_path: Path) -> None:
    """The manifest has no hash of its own; what it says of the files has."""
    bron = V4
    lake = Lake(tmp_path / "lake")
    target = lake.raw / bron / cbs.vintages[bron].id
    shutil.copytree(cbs.vintages[bron].path, target)
    path, rows = target / "manifest.json", read_table(cbs.vintages[bron]).rows
    before = path.read_bytes()

    def check(rnd: random.Random) -> bool:
        path.write_bytes(mutated(before, rnd))
        try:
            newest = lake.newest(bron)
            assert newest is not None
            read = read_table(newest).rows
        except (LakeError, ContractError):
            return False
        assert read.select(rows.columns).equals(rows)
        return True

    many(300, check)

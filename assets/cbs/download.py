"""Downloading one table whole: has it changed, page by page, resuming, nothing missing.

Here: the order of requests and the rules for a complete download. Not here: HTTP (`transport`), addresses and
filters (`odata3`, `odata4`), keeping what has arrived (`pending`), or reading what was downloaded (`table`).

A download is complete when its rows add up to what the server counts, no row is there twice, and `Modified`
is the same after the last page as before the first. Otherwise it starts over; it is tried three times.

A refresh of a table that has not changed is one request: its `Modified` is that of the newest vintage, or the
one in `checked.json`, which notes under which later `Modified` the contents were found to be the same.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, ConfigDict

from assets.cbs import odata3, odata4
from assets.cbs.herkomst import Herkomst, herkomst
from assets.cbs.kolommen import adopt, under_way
from assets.cbs.lezer import Lezer
from assets.cbs.odata import (
    INFO,
    Codes,
    Request,
    Service,
    Structure,
    TableInfo,
    optional_text,
    values,
)
from assets.cbs.page import Page, PageReader, UnreadableError, columns_of, link_at_end
from assets.cbs.pending import Packed, Pending, StartOverError
from assets.cbs.registry import Source
from assets.cbs.transport import HttpStatusError, Sent, Transport, orjson_object
from assets.errors import ContractError, SourceError
from assets.lake import Lake, Manifest, Vintage, completed_at, exclusive, read_model, write_bytes

TRIES = 3
# Statuses with which a server says that it does not count; CBS's services are not known to count everywhere.
_DOES_NOT_COUNT = (400, 404, 501)
# Statuses with which a server says that there is no such page.
_GONE = (400, 404, 410)
_CATALOGUE_PAGES = 100  # more pages than any catalogue of CBS has; a catalogue without an end is refused
_CHECKED = "checked.json"

# What of the registry decides which rows are asked.
_ASKED = {
    "kolommen",
    "measures",
    "measures_op_titel",
    "selectie",
    "totaal",
    "regio",
    "regio_soorten",
    "periode",
}

State = Literal["check", "unchanged", "download", "resume", "restart", "done"]


@dataclass(frozen=True)
class Selection:
    """What is taken of the tables that hold more than is needed.

    Args:
        taakvelden: taakvelden taken from Iv3.
        verslagsoorten: endings of the codes of the verslagsoorten taken from Iv3: X000 begroting, X005
        jaarrekening.
    """

    taakvelden: tuple[str, ...]
    verslagsoorten: tuple[str, ...] = ("X000", "X005")

    def restrict(self, source: Source) -> Mapping[str, tuple[str, ...]]:
        """Give the codes by dimension for one source."""
        if source.soort != "iv3":
            return {}
        return {
            "TaakveldBalanspost": self.taakvelden,
            "Verslagsoort": tuple(f"{source.jaar}{ending}" for ending in self.verslagsoorten),
        }


@dataclass(frozen=True)
class Progress:
    """How far one download is: rows received of rows expected (None: the server does not count)."""

    bron: str
    rows_done: int
    rows_total: int | None
    state: State


@dataclass(frozen=True)
class Result:
    """What a download gave.

    Args:
        vintage: the newest vintage of the source.
        is_new: whether this run made it.
        pages: pages of data received over the network in this run.
    """

    vintage: Vintage
    is_new: bool
    pages: int


class _Checked(BaseModel):
    """That a vintage had the contents of a later Modified too."""

    model_config = ConfigDict(extra="forbid")

    vintage: str
    modified: str


def download(
    source: Source,
    *,
    transport: Transport,
    lake: Lake,
    selection: Selection,
    progress: Callable[[Progress], None],
    lezer: Lezer,
) -> Result:
    """Download one table, unless the newest vintage is what CBS has now.

    Args:
        source: which table.
        transport: how to ask.
        lake: where vintages are kept.
        selection: what is taken of Iv3.
        progress: told how far it is.
        lezer: reads the pages.

    Raises:
        SourceError: CBS cannot be reached, sends something broken, or changes the table in each download.
        ContractError: the table is not what the registry says.
        LakeError: the lake cannot be written, or another run is downloading this table into it.
    """
    with exclusive(lake.raw / source.bron / ".lock"):
        try:
            return _tries(source, transport, lake, selection, progress, lezer)
        except SourceError as error:
            if str(error).startswith(source.bron):
                raise
            # What the transport says names an address; a person knows the table.
            refused = ". CBS may have moved or withdrawn it: look at the table at CBS, or run again later."
            advice = refused if isinstance(error, HttpStatusError) else ""
            raise SourceError(f"{source.bron} ({source.titel}): {error}{advice}") from error


def _tries(
    source: Source,
    transport: Transport,
    lake: Lake,
    selection: Selection,
    progress: Callable[[Progress], None],
    lezer: Lezer,
) -> Result:
    reasons = []
    for _ in range(TRIES):
        attempt = _Download(source, transport, lake, selection, progress, lezer)
        try:
            return attempt.run()
        except StartOverError as reason:
            reasons.append(str(reason))
            attempt.pending.discard()
            progress(Progress(source.bron, 0, None, "restart"))
    listing = "; ".join(dict.fromkeys(reasons))
    raise SourceError(
        f"{source.bron} ({source.tabel_id or source.titel}) could not be downloaded whole in {TRIES} tries: "
        f"{listing}. Run again later; when it goes on, CBS changed how it pages."
    )


class _Ahead:
    """The page that was asked for while the one before it was read."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self._asked: dict[str, Future[Sent]] = {}

    def ask(self, link: str) -> None:
        """Ask for a page, unless it was."""
        if link not in self._asked:
            self.close()
            self._asked[link] = self.transport.ask_ahead(link)

    def take(self, link: str) -> Future[Sent] | None:
        """Give a page if it was asked for."""
        return self._asked.pop(link, None)

    def close(self) -> None:
        """Let go of what was asked for and is not wanted; of a download that has ended nothing is still asked."""
        wait(future for future in self._asked.values() if not future.cancel())
        self._asked.clear()


@contextmanager
def _one_beside() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Give what does a piece of work in a thread beside, each after the one before it.

    That one failed is raised by the next, or at the end; also in the place of what failed here meanwhile, since a page
    that cannot be kept is what will stop the next run too.
    """
    under_way: Future[None] | None = None

    def begin(work: Callable[[], None]) -> None:
        nonlocal under_way
        if under_way is not None:
            under_way.result()
        under_way = pool.submit(work)

    with ThreadPoolExecutor(1, thread_name_prefix="beside") as pool:
        try:
            yield begin
        finally:
            if under_way is not None:
                under_way.result()


class _Download:
    """One try at one table."""

    def __init__(
        self,
        source: Source,
        transport: Transport,
        lake: Lake,
        selection: Selection,
        progress: Callable[[Progress], None],
        lezer: Lezer,
    ) -> None:
        self.source, self.transport, self.lake = source, transport, lake
        self.progress, self.lezer = progress, lezer
        self.restrict = selection.restrict(source)
        self.folder = lake.raw / source.bron
        self.pending = Pending(self.folder / ".download", under_way(self.folder), source.bron)
        self.pages = 0
        self.ahead = _Ahead(transport)

    def run(self) -> Result:
        self._tell(None, "check")
        tabel_id = self.source.tabel_id or self._find_id()
        service = _service(self.source, self.transport, tabel_id)
        answer, info = self._info(service)
        origin = herkomst(self.transport.address, info.source, self.source.bron)
        wanted = self._wanted()
        newest = self.lake.newest(self.source.bron)
        if newest is not None and self._is_unchanged(newest, tabel_id, info, origin, wanted):
            self._tell(newest.manifest.rows, "unchanged")
            return Result(newest, is_new=False, pages=0)
        self._check_title(info, tabel_id)
        key = {
            "tabel_id": tabel_id,
            "modified": info.modified,
            "herkomst": origin.soort,
            "wereld": origin.wereld,
            "selectie": wanted,
        }
        if self.pending.resume(key):
            self._tell(None, "resume")
        else:
            self.pending.begin(key)
            self.pending.add("info.json", INFO, "metadata", service.info_url(), answer, 1)
        structure, codes = self._describe(service)
        request = service.request(self.source, structure, codes, self.restrict)
        expected = self._count(service, request, info)
        listed = {dimension: [code.code for code in found] for dimension, found in codes.items()}
        columns = columns_of(self.source.entry.protocol, request.columns, structure, listed)
        self._receive(service, request, PageReader(columns, service.next_link_name), expected)
        self._check_complete(service, info, expected)
        sha256 = self.pending.content_hash([structure, codes])
        manifest = self._manifest(newest, service, request, info, origin, wanted, sha256)
        return self._finish(newest, manifest, info)

    def _tell(self, total: int | None, state: State) -> None:
        done = total if state == "unchanged" and total is not None else self.pending.rows
        self.progress(Progress(self.source.bron, done, total, state))

    def _wanted(self) -> str:
        """Say what is asked in the words of the registry; when it changes, the table is downloaded again."""
        asked = self.source.entry.model_dump(include=_ASKED)
        return json.dumps({**asked, "beperkt": self.restrict}, sort_keys=True)

    def _find_id(self) -> str:
        """Find a table that the registry does not list, by its title in the catalogue."""
        entry, base = self.source.entry, self.transport.address.base[self.source.entry.host]
        odata = odata3 if entry.protocol == "v3" else odata4
        url = odata.catalogue_url(base, entry.catalogus)
        found: list[str] = []
        following: str | None = url
        for _ in range(_CATALOGUE_PAGES):
            if following is None:
                break
            answer = self.transport.get_json(following)[1]
            found += odata.find_in_catalogue(answer, self.source.titel)
            next_link = optional_text(answer, odata.NEXT_LINK, "the catalogue")
            following = None if next_link is None else base + self._same_host(next_link, following, base)
        else:
            raise SourceError(f"{self.source.bron}: the catalogue ({url}) has no end; it is not read further")
        if len(found) != 1:
            raise SourceError(
                f"{self.source.bron}: {'no table' if not found else f'{len(found)} tables'} titled "
                f"{self.source.titel!r} in the catalogue ({url}), and the registry has no id for this year. "
                "CBS may not have published it yet. Ask for other years (--years), or add the id to "
                "assets/cbs/tables.toml."
            )
        return found[0]

    def _info(self, service: Service) -> tuple[bytes, TableInfo]:
        try:
            content, answer = self.transport.get_json(service.info_url())
        except HttpStatusError as error:
            raise SourceError(
                f"{self.source.bron}: table {service.tabel_id} is gone or refused. {error}. CBS may have "
                "withdrawn or renumbered it: look for its successor and change assets/cbs/tables.toml. "
                "What was published stays."
            ) from error
        info = service.info(answer)
        try:
            date.fromisoformat(info.modified[:10])
        except ValueError as error:
            raise ContractError(
                f"{self.source.bron}: Modified of {service.tabel_id} should begin with a date and is "
                f"{info.modified!r}. CBS changed how it writes it, or the answer is damaged: look at the table, and "
                "run again later."
            ) from error
        return content, info

    def _is_unchanged(self, newest: Vintage, tabel_id: str, info: TableInfo, origin: Herkomst, wanted: str) -> bool:
        was = newest.manifest
        same = (was.tabel_id, was.selectie, was.wereld, was.herkomst) == (
            tabel_id,
            wanted,
            origin.wereld,
            origin.soort,
        )
        return same and info.modified in (was.modified, self._checked(newest))

    def _checked(self, newest: Vintage) -> str | None:
        """Give the Modified under which CBS last had exactly the contents of the newest vintage."""
        checked = read_model(self.folder / _CHECKED, _Checked, "remove it and run again")
        if checked is None:
            return None
        return checked.modified if checked.vintage == newest.id else None

    def _check_title(self, info: TableInfo, tabel_id: str) -> None:
        """See that the id of a yearly table is that of its year."""
        if self.source.jaar is not None and str(self.source.jaar) not in info.titel:
            raise ContractError(
                f"{self.source.bron}: table {tabel_id} is titled {info.titel!r}, where "
                f"{self.source.titel!r} was expected; correct its id in assets/cbs/tables.toml"
            )

    def _saved_or_asked(self, name: str, resource: str, role: Literal["metadata", "codes"], url: str) -> dict[str, Any]:
        """Give a small answer: the one saved before a broken download, or a new one."""
        saved = self.pending.saved(name)
        if saved is not None:
            return saved
        content, answer = self.transport.get_json(url)
        records = values(answer, f"{self.source.bron} {resource}")
        self.pending.add(name, resource, role, url, content, len(records))
        return answer

    def _describe(self, service: Service) -> tuple[Structure, Codes]:
        """Read dimensions, measures and code lists."""
        answers = {
            resource: self._saved_or_asked(f"{resource}.json", resource, "metadata", url)
            for resource, url in service.structure_urls().items()
        }
        structure = service.structure(answers)
        self._check_dimensions(structure)
        codes = {}
        for dimension in structure.dimensions:
            name, url = f"codes-{dimension}.json", service.codes_url(dimension)
            codes[dimension] = service.codes(self._saved_or_asked(name, dimension, "codes", url))
        return structure, codes

    def _check_dimensions(self, structure: Structure) -> None:
        """Refuse a table that gained a dimension: each of its rows would be counted several times."""
        known = {stem for stems in self.source.entry.kolommen for stem in stems.split("|")}
        extra = [dimension for dimension in structure.dimensions if dimension not in known]
        if extra:
            raise ContractError(
                f"{self.source.bron}: the table has dimensions that the registry does not know: "
                f"{', '.join(extra)}. Say in assets/cbs/tables.toml which of their codes is taken."
            )

    def _count(self, service: Service, request: Request, info: TableInfo) -> int | None:
        """Ask how many rows there are to come; None when the server does not count."""
        url = service.count_url(request)
        try:
            said = self.transport.get_text(url).strip()
        except HttpStatusError as error:
            if error.status in _DOES_NOT_COUNT:
                return None if request.filter else info.rows
            raise
        if not (said.isascii() and said.isdigit()):
            raise SourceError(
                f"{self.source.bron}: asked for a count, got {said[:80]!r} ({url}). Run again later; when it goes on, "
                "CBS changed how it counts: see assets/cbs/download.py."
            )
        return int(said)

    def _receive(self, service: Service, request: Request, reader: PageReader, expected: int | None) -> None:
        """Receive the pages that are still to come, keeping each when it arrives."""

        def read(content: bytes, link: str) -> Page:
            return self._read(content, link, request, reader)

        self.pending.take_up(read)
        first = service.data_url(request).removeprefix(service.host_base)
        seen = {page.url for page in self.pending.pages}

        def arrived(content: bytes, link: str) -> tuple[Page, Packed]:
            # The next page is asked for before this one is read, so that neither waits for the other.
            self._ask_ahead(content, link, service, seen)
            # Packed while it is read: who keeps a page then need not hold its 20 MB as sent.
            packed = packing.submit(Packed.of, content)
            return read(content, link), packed.result()

        if self.pending.has_all_pages:
            return
        following: str | None = self.pending.next_link or first
        rows = self.pending.rows
        # A page is kept while the next one is read; of a page that fails, those before it are kept.
        with closing(self.ahead), ThreadPoolExecutor(1, "packing") as packing, _one_beside() as beside:
            while following is not None:
                if following in seen:
                    raise StartOverError(f"the server sent the same page twice ({following[-80:]})")
                seen.add(following)
                link = service.host_base + following
                try:
                    page, packed = self.transport.get_parsed(link, arrived, self.ahead.take(link))
                except HttpStatusError as error:
                    if error.status not in _GONE or not self.pending.pages or self.pages:
                        raise
                    # Where an earlier run stopped; an address may not last as long as that.
                    raise StartOverError(
                        f"the server refuses the page where an earlier run stopped ({error})"
                    ) from error
                self.pages += 1
                if page.next_link is not None and page.ids.is_empty():
                    raise StartOverError("an empty page came before the last one")
                rows += len(page.ids)
                if expected is not None and rows > expected:
                    raise StartOverError(f"more rows came ({rows}) than the server counts ({expected})")
                relative = None if page.next_link is None else self._same_host(page.next_link, link, service.host_base)
                beside(partial(self._keep, following, packed, page, relative, expected))
                following = relative
                # Only who keeps a page holds it while the next one is waited for.
                del packed, page

    def _keep(self, url: str, packed: Packed, page: Page, next_link: str | None, expected: int | None) -> None:
        """Keep a page, and tell how far it is."""
        self.pending.add_page(url, packed, page, next_link)
        self._tell(expected, "download")

    def _ask_ahead(self, content: bytes, link: str, service: Service, seen: set[str]) -> None:
        """Ask for the page after one that has arrived, where that says at its end which it is."""
        found = link_at_end(content, service.next_link_name)
        if found is None:
            return
        try:
            following = self._same_host(found, link, service.host_base)
        except SourceError:
            # It is told when the page is read; here nothing is asked.
            return
        if following not in seen:
            self.ahead.ask(service.host_base + following)

    def _read(self, content: bytes, link: str, request: Request, reader: PageReader) -> Page:
        """Read a page, or say what is wrong with it."""
        try:
            return self.lezer.read(reader, content)
        except UnreadableError:
            answer = orjson_object(content, link)
            records = values(answer, f"{self.source.bron} data")
            self._check_columns(records, request, link)
            self._check_numbers(records, link)
            return reader.read_slowly(answer, f"{self.source.bron} ({link})")

    def _check_numbers(self, records: list[dict[str, Any]], link: str) -> None:
        # By exact type, since a bool is an int in Python.
        name = self.source.row_id
        wrong = next((record for record in records if type(record[name]) is not int), None)
        if wrong is not None:
            raise ContractError(
                f"{self.source.bron}: column {name} should number the rows and holds {wrong[name]!r} "
                f"({link}). The answer is damaged, or CBS changed the table: run again, then look at it at CBS."
            )

    def _check_columns(self, records: list[dict[str, Any]], request: Request, link: str) -> None:
        columns = set(request.columns)
        wrong = next((set(record) for record in records if record.keys() != columns), None)
        if wrong is not None:
            raise ContractError(
                f"{self.source.bron}: rows have other columns than the metadata say: missing "
                f"{sorted(columns - wrong)}, unexpected {sorted(wrong - columns)} ({link}). "
                "CBS changed the table: see DataProperties or Dimensions, and assets/cbs/tables.toml."
            )

    def _same_host(self, next_link: str, link: str, host_base: str) -> str:
        """Give a link to a next page relative to the address that was asked; never follow it elsewhere."""
        asked = urlsplit(host_base)
        try:
            given = urlsplit(urljoin(link, next_link))
        except ValueError:
            # No address at all, such as http://[
            given = urlsplit("")
        path = given.path + (f"?{given.query}" if given.query else "")
        inside = path.startswith(f"{asked.path}/") and ".." not in given.path.split("/")
        if given.netloc != asked.netloc or not inside:
            raise SourceError(
                f"{self.source.bron}: the next page is said to be at {next_link}, which is not under "
                f"{host_base} that was asked; it is not followed. Something stands between this machine "
                "and CBS, or CBS moved: look at the address in a browser."
            )
        return path.removeprefix(asked.path)

    def _check_complete(self, service: Service, info: TableInfo, expected: int | None) -> None:
        rows, repeated = self.pending.rows, self.pending.repeated
        if expected is not None and rows != expected:
            raise StartOverError(f"{rows} rows came where the server counts {expected}")
        if rows == 0:
            raise SourceError(
                f"{self.source.bron}: the table has no rows for what was asked ({info.titel}). CBS may not "
                "have filled it yet; look at the table, and at the filter in assets/cbs/tables.toml."
            )
        if repeated:
            raise StartOverError(f"{repeated} rows came twice")
        _, after = self._info(service)
        if after.modified != info.modified:
            raise StartOverError(
                f"the table changed during the download (Modified {info.modified}, then {after.modified})"
            )

    def _manifest(
        self,
        newest: Vintage | None,
        service: Service,
        request: Request,
        info: TableInfo,
        origin: Herkomst,
        wanted: str,
        sha256: str,
    ) -> Manifest:
        return Manifest(
            bron=self.source.bron,
            tabel_id=service.tabel_id,
            titel=info.titel,
            catalogus=self.source.entry.catalogus,
            protocol=self.source.entry.protocol,
            address=self.transport.address.text,
            url=service.data_url(request),
            selectie=wanted,
            filter=request.filter,
            kolommen=request.columns,
            modified=info.modified,
            downloaded_at=completed_at(newest),
            licentie=self.source.licentie,
            herkomst=origin.soort,
            herkomst_toelichting=origin.toelichting,
            wereld=origin.wereld,
            rows=self.pending.rows,
            bytes=sum(file.bytes for file in self.pending.files),
            sha256=sha256,
            files=tuple(self.pending.files),
        )

    def _finish(self, newest: Vintage | None, manifest: Manifest, info: TableInfo) -> Result:
        """Make a vintage, or none when the contents are those of the newest one."""
        if newest is not None and _same_contents(newest.manifest, manifest):
            checked = _Checked(vintage=newest.id, modified=info.modified)
            write_bytes(self.folder / _CHECKED, checked.model_dump_json().encode())
            self.pending.discard()
            self._tell(manifest.rows, "done")
            return Result(newest, is_new=False, pages=self.pages)
        vintage = self.lake.add_vintage(self.pending.folder, manifest)
        adopt(self.pending.columns, vintage)
        self._tell(manifest.rows, "done")
        return Result(vintage, is_new=True, pages=self.pages)


def _same_contents(newest: Manifest, manifest: Manifest) -> bool:
    same = ("sha256", "selectie", "wereld", "herkomst", "tabel_id")
    return all(getattr(newest, name) == getattr(manifest, name) for name in same)


def _service(source: Source, transport: Transport, tabel_id: str) -> Service:
    base = transport.address.base[source.entry.host]
    if source.entry.protocol == "v3":
        return odata3.OData3(base, source.entry.host, tabel_id)
    return odata4.OData4(base, tabel_id)

"""Downloading over real HTTP: whole or not at all, resumed where it broke, nothing when nothing changed."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import polars as pl
import pytest
from fake_cbs import (
    SOURCE,
    Act,
    FakeCbs,
    FakeTable,
    Handler,
    bomb,
    changed,
    cut_off,
    gebieden_table,
    html,
    iv3_table,
    redirect,
    running_fake,
    sends,
    sends_json,
    status,
    v4_code,
)
from impatient import SETTINGS, Refresh, source
from polars.testing import assert_frame_equal

from assets.cbs.download import Progress, Selection, download
from assets.cbs.lezer import Lezer
from assets.cbs.page import Page, PageReader
from assets.cbs.pending import Pending
from assets.cbs.table import read_table
from assets.cbs.transport import Address, Transport
from assets.errors import ContractError, LakeError, SettingsError, SourceError
from assets.lake import Lake, exclusive

IV3_INFO = "45063NED/TableInfos"
COUNT = "45063NED/TypedDataSet/$count"
PAGE_2, PAGE_3 = "TypedDataSet?$skip=10", "TypedDataSet?$skip=20"


def states(progress: list[Progress]) -> list[str]:
    return [step.state for step in progress]


def rows_of(table: FakeTable) -> pl.DataFrame:
    return pl.DataFrame(table.rows)


# What comes of a download


def test_v3_table_as_sent(cbs: FakeCbs, refresh: Refresh, lake: Lake) -> None:
    result = refresh()
    assert (result.is_new, result.pages) == (True, 3)
    table = read_table(result.vintage)
    assert_frame_equal(table.rows, rows_of(cbs.tables[0]))
    assert table.codes["TaakveldBalanspost"]["code"].to_list() == ["0.1   ", "6.5   ", "6.3   ", "A111  "]
    assert table.measures.row(0) == ("k_1ePlaatsing_1", "1e plaatsing", "1 000 euro", "Double", 0)
    assert table.properties["Identifier"] == "45063NED"
    assert lake.bronnen() == ["iv3_2023"]


def test_v4_table_as_sent(cbs: FakeCbs, refresh: Refresh) -> None:
    table = read_table(refresh("prijsindex_overheid").vintage)
    assert_frame_equal(table.rows, pl.DataFrame(cbs.tables[2].rows, schema_overrides={"StringValue": pl.String}))
    assert table.codes["Perioden"]["status"].unique().to_list() == ["Definitief"]
    assert table.properties["ObservationCount"] == 12


def test_manifest_tells_what_was_taken(cbs: FakeCbs, refresh: Refresh, lake: Lake) -> None:
    manifest = refresh().vintage.manifest
    assert manifest.tabel_id == "45063NED"
    assert manifest.titel == "Gemeenten 2023 onbewerkte Iv3-data"
    assert (manifest.catalogus, manifest.protocol, manifest.licentie) == ("IV3", "v3", "CC BY 4.0")
    assert manifest.address == cbs.base
    assert manifest.modified == "2026-07-01T02:00:00"
    assert (manifest.herkomst, manifest.wereld) == ("reconstructie", "0123456789ab")
    assert manifest.herkomst_toelichting == SOURCE
    assert manifest.rows == 24
    assert manifest.filter == (
        "(TaakveldBalanspost eq '0.1   ' or TaakveldBalanspost eq '6.5   ')"
        " and (Verslagsoort eq '2023X000' or Verslagsoort eq '2023X005')"
    )
    assert [file.rows for file in manifest.files if file.role == "data"] == [10, 10, 4]
    assert {f.resource for f in manifest.files if f.role == "codes"} == set(cbs.tables[0].dimensions)
    newest = lake.newest("iv3_2023")
    assert newest is not None
    assert newest.manifest == manifest
    assert newest.id == manifest.downloaded_at.replace("-", "").replace(":", "") + "-" + manifest.sha256[:8]


def test_each_response_is_kept_as_sent(cbs: FakeCbs, refresh: Refresh) -> None:
    vintage = refresh("bijstand").vintage
    sent = json.loads(vintage.read("codes-RegioS.json"))
    assert sent["value"] == cbs.tables[1].dimensions["RegioS"]
    assert not [path for path in vintage.path.rglob("*") if path.name.startswith(".")]
    assert sorted(path.name for path in vintage.path.iterdir()) == ["files", "manifest.json"]


def test_filters_have_padded_keys_and_only_wanted_columns(cbs: FakeCbs, refresh: Refresh) -> None:
    vintage = refresh("bijstand").vintage
    first = cbs.data_asked()[0]
    assert "$filter=(substringof('GM',RegioS) or RegioS eq 'NL01  ') and (Perioden ge '2017MM01')" in first
    assert first.endswith(
        "&$select=ID,RegioS,Perioden,BijstandTotDeAOWLeeftijd_6,BijstandGerelateerdTotAOWLeeftijd_4,"
        "BijstandGerelateerdVanafAOWLeeftijd_5"
    )
    assert "UitkeringsontvangersTotaal_1" not in vintage.manifest.kolommen


def test_v4_filter(cbs: FakeCbs, refresh: Refresh) -> None:
    refresh("prijsindex_overheid")
    assert cbs.data_asked()[0].endswith(
        "$filter=(Measure eq 'A049169_1') and (SoortMutaties eq 'A045303') and (Perioden ge '2017JJ00')"
    )


def test_progress_counts_rows(refresh: Refresh, progress: list[Progress]) -> None:
    refresh()
    refresh()
    assert [(step.state, step.rows_done, step.rows_total) for step in progress] == [
        ("check", 0, None),
        ("download", 10, 24),
        ("download", 20, 24),
        ("download", 24, 24),
        ("done", 24, 24),
        ("check", 0, None),
        ("unchanged", 24, 24),
    ]


# Again


def test_unchanged_is_one_request(cbs: FakeCbs, refresh: Refresh) -> None:
    for bron in ("iv3_2023", "prijsindex_overheid", "gebieden_2023"):
        first = refresh(bron)
        cbs.forget()
        second = refresh(bron)
        assert len(cbs.asked) == 1
        assert (second.is_new, second.pages, second.vintage.id) == (False, 0, first.vintage.id)


def test_equal_contents_make_no_new_vintage(cbs: FakeCbs, refresh: Refresh, lake: Lake) -> None:
    first = refresh()
    cbs.tables[0].modified = "2026-08-01T02:00:00"
    cbs.tables[0].page_rows = 7  # how it is paged is not contents
    second = refresh()
    assert (second.is_new, second.pages) == (False, 4)
    assert [vintage.id for vintage in lake.vintages("iv3_2023")] == [first.vintage.id]
    assert not (lake.raw / "iv3_2023" / ".download").exists()
    cbs.forget()
    refresh()
    assert len(cbs.asked) == 1


def test_other_contents_make_a_new_vintage(cbs: FakeCbs, refresh: Refresh, lake: Lake) -> None:
    """Even within one second of the first, or with the clock set back, the newest is the last one."""
    ids = []
    for month in range(6):
        cbs.tables[0].modified = f"2026-0{month + 1}-01T02:00:00"
        cbs.tables[0].rows[3]["k_2ePlaatsing_2"] = month / 8
        result = refresh()
        assert result.is_new
        ids.append(result.vintage.id)
    assert [vintage.id for vintage in lake.vintages("iv3_2023")] == ids
    newest = lake.newest("iv3_2023")
    assert newest is not None
    assert read_table(newest).rows["k_2ePlaatsing_2"][3] == 5 / 8


def test_back_to_earlier_contents_is_a_new_vintage(cbs: FakeCbs, refresh: Refresh) -> None:
    """`checked.json` is about the newest vintage only."""
    refresh()
    cbs.tables[0].modified = "2026-11-30T02:00:00"
    refresh()
    cbs.tables[0].modified, cbs.tables[0].rows[3]["k_2ePlaatsing_2"] = "2026-12-02T02:00:00", 0.5
    assert refresh().is_new
    cbs.tables[0].modified, cbs.tables[0].rows[3]["k_2ePlaatsing_2"] = "2026-11-30T02:00:00", 3.375
    assert refresh().is_new


def test_a_period_that_became_final_makes_a_new_vintage(cbs: FakeCbs, refresh: Refresh) -> None:
    """Not a row changed, only the code list: provisional figures are final now."""
    perioden = cbs.tables[1].dimensions["Perioden"]
    perioden[1]["Status"] = "Voorlopig"
    refresh("bijstand")
    perioden[1]["Status"] = "Definitief"
    cbs.tables[1].modified = "2026-12-01T02:00:00"
    again = refresh("bijstand")
    assert again.is_new
    assert set(read_table(again.vintage).codes["Perioden"]["status"]) == {"Definitief"}


def test_another_selection_is_downloaded(cbs: FakeCbs, refresh: Refresh) -> None:
    refresh()
    cbs.forget()
    assert refresh(taakvelden=("0.1", "6.3", "6.5")).pages == 3
    assert "6.3   " in cbs.data_asked()[0]


def test_another_world_is_downloaded(cbs: FakeCbs, refresh: Refresh, lake: Lake) -> None:
    refresh()
    cbs.tables[0].source = SOURCE.replace("0123456789ab", "ba9876543210")
    assert refresh().is_new
    assert len(lake.vintages("iv3_2023")) == 2


# Broken off


def test_resumes_at_the_page_it_broke_on(cbs: FakeCbs, refresh: Refresh, progress: list[Progress]) -> None:
    cbs.fail(PAGE_3, status(503), times=SETTINGS.attempts)
    with pytest.raises(SourceError, match=r"^iv3_2023 .*answered 503"):
        refresh()
    cbs.forget()
    progress.clear()
    result = refresh()
    assert [url.partition("45063NED/")[2] for url in cbs.asked] == [
        "TableInfos?$format=json",
        "TypedDataSet/$count?$filter=" + result.vintage.manifest.filter,
        PAGE_3,
        "TableInfos?$format=json",
    ]
    assert result.pages == 1
    assert states(progress) == ["check", "resume", "download", "done"]
    assert_frame_equal(read_table(result.vintage).rows, rows_of(cbs.tables[0]))


def test_starts_over_when_the_page_it_broke_on_is_refused(
    cbs: FakeCbs, refresh: Refresh, progress: list[Progress]
) -> None:
    """An address of a page may not last until the next night."""
    cbs.fail(PAGE_3, status(503), times=SETTINGS.attempts)
    with pytest.raises(SourceError, match=r"answered 503"):
        refresh()
    progress.clear()
    cbs.fail(PAGE_3, status(404))
    result = refresh()
    assert "restart" in states(progress)
    assert result.pages == 3
    assert_frame_equal(read_table(result.vintage).rows, rows_of(cbs.tables[0]))


def test_who_is_kept_out_for_a_night_keeps_the_pages_that_came(cbs: FakeCbs, refresh: Refresh) -> None:
    """A proxy that refuses says nothing of the page."""
    cbs.fail(PAGE_3, status(503), times=SETTINGS.attempts)
    with pytest.raises(SourceError, match="answered 503"):
        refresh()
    cbs.fail(PAGE_3, status(403))
    with pytest.raises(SourceError, match="answered 403"):
        refresh()
    assert refresh().pages == 1


def test_a_table_that_is_refused_as_a_whole_is_told_so(cbs: FakeCbs, refresh: Refresh) -> None:
    cbs.fail(PAGE_3, status(503), times=SETTINGS.attempts)
    with pytest.raises(SourceError, match=r"answered 503"):
        refresh()
    cbs.fail("TypedDataSet?", status(404), times=99)
    with pytest.raises(SourceError, match=r"answered 404.*CBS may have moved or withdrawn it"):
        refresh()


def test_resumes_from_another_port(cbs: FakeCbs, refresh: Refresh, lake: Lake) -> None:
    cbs.fail(PAGE_2, cut_off, times=SETTINGS.attempts)
    with pytest.raises(SourceError):
        refresh()
    with running_fake() as other:
        other.tables.append(iv3_table())
        with Transport(Address.parse(other.base), SETTINGS) as transport:
            result = download(
                source("iv3_2023"),
                transport=transport,
                lake=lake,
                selection=Selection(("0.1", "6.5")),
                progress=lambda _: None,
                lezer=Lezer(),
            )
        assert result.pages == 2
        assert len(other.data_asked()) == 2
    assert read_table(result.vintage).rows.height == 24


def test_resumes_when_every_page_had_come(cbs: FakeCbs, refresh: Refresh) -> None:
    """It broke on the last question: is Modified still the same."""

    def last_page(handler: Handler) -> None:
        cbs.fail(IV3_INFO, status(404))
        handler.answer()

    cbs.fail(PAGE_3, last_page)
    with pytest.raises(SourceError, match="gone or refused"):
        refresh()
    cbs.forget()
    result = refresh()
    assert (result.is_new, result.pages) == (True, 0)
    assert cbs.data_asked() == []


@pytest.mark.parametrize("what", ["modified", "selection", "world"])
def test_does_not_resume_another_table(cbs: FakeCbs, refresh: Refresh, what: str) -> None:
    cbs.fail(PAGE_3, status(503), times=SETTINGS.attempts)
    with pytest.raises(SourceError):
        refresh()
    taakvelden = ("0.1", "6.5")
    if what == "modified":
        cbs.tables[0].modified = "2026-12-01T02:00:00"
        cbs.tables[0].rows[0]["k_2ePlaatsing_2"] = 99.0
    elif what == "world":
        cbs.tables[0].source = SOURCE.replace("0123456789ab", "ba9876543210")
    else:
        taakvelden = ("6.5",)
    result = refresh(taakvelden=taakvelden)
    assert result.pages == 3
    assert_frame_equal(read_table(result.vintage).rows, rows_of(cbs.tables[0]))


def test_a_page_whose_line_was_half_written_is_asked_again(cbs: FakeCbs, refresh: Refresh, lake: Lake) -> None:
    """Killed between a page and the note that it came; and broken off again, after that note was mended."""
    for is_cut in (True, False):
        cbs.forget()
        cbs.fail(PAGE_3, status(503), times=SETTINGS.attempts)
        with pytest.raises(SourceError):
            refresh()
        pages = lake.raw / "iv3_2023" / ".download" / "pages.jsonl"
        assert len(pages.read_bytes().splitlines()) == 2
        if is_cut:
            pages.write_bytes(pages.read_bytes()[:-9])
    assert [url.partition("45063NED/")[2] for url in cbs.data_asked()] == [PAGE_2] + [PAGE_3] * SETTINGS.attempts
    cbs.forget()
    result = refresh()
    assert [url.partition("45063NED/")[2] for url in cbs.data_asked()] == [PAGE_3]
    assert_frame_equal(read_table(result.vintage).rows, rows_of(cbs.tables[0]))


@pytest.mark.parametrize("damage", ["state", "pages", "page", "page gone", "page other"])
def test_what_was_saved_and_is_damaged_is_not_used(
    cbs: FakeCbs, refresh: Refresh, lake: Lake, progress: list[Progress], damage: str
) -> None:
    cbs.fail(PAGE_3, status(503), times=SETTINGS.attempts)
    with pytest.raises(SourceError):
        refresh()
    folder = lake.raw / "iv3_2023" / ".download"
    page = folder / "files" / "page-00001.json.zst"
    if damage == "state":
        (folder / "state.json").write_text('{"key": ')
    elif damage == "pages":
        (folder / "pages.jsonl").write_text('{"file": \n')
    elif damage == "page":
        page.write_bytes(b"x")
    elif damage == "page gone":
        page.unlink()
    else:
        shutil.copy(folder / "files" / "page-00002.json.zst", page)
    progress.clear()
    result = refresh()
    assert result.pages == 3
    assert "restart" in states(progress)
    assert_frame_equal(read_table(result.vintage).rows, rows_of(cbs.tables[0]))


# Not complete


def test_starts_over_when_the_table_changes_halfway(cbs: FakeCbs, refresh: Refresh, progress: list[Progress]) -> None:
    def change(handler: Handler) -> None:
        handler.answer()
        cbs.tables[0].modified = "2026-12-01T02:00:00"
        cbs.tables[0].rows[0]["k_2ePlaatsing_2"] = 99.0

    cbs.fail(PAGE_2, change)
    result = refresh()
    assert states(progress).count("restart") == 1
    assert result.vintage.manifest.modified == "2026-12-01T02:00:00"
    assert read_table(result.vintage).rows["k_2ePlaatsing_2"][0] == 99.0


def test_fails_when_the_table_changes_each_time(cbs: FakeCbs, refresh: Refresh, lake: Lake) -> None:
    def change(handler: Handler) -> None:
        handler.answer()
        cbs.tables[0].modified += "x"

    cbs.fail(PAGE_2, change, times=99)
    with pytest.raises(SourceError, match=r"iv3_2023 .* in 3 tries: the table changed during the download"):
        refresh()
    assert len(cbs.data_asked()) == 9
    assert lake.vintages("iv3_2023") == []


def half(page: dict[str, Any]) -> None:
    """Lose the second half of a page, and the link to the next one."""
    page["value"] = page["value"][:5]
    page.pop("odata.nextLink", None)


def twice(page: dict[str, Any]) -> None:
    """Have a row twice and lose another, so that the count is right."""
    page["value"][1] = page["value"][0]


def as_page_1(cbs: FakeCbs) -> Callable[[dict[str, Any]], None]:
    def change(page: dict[str, Any]) -> None:
        page["value"] = cbs.tables[0].rows[:10]

    return change


def link_to_itself(page: dict[str, Any]) -> None:
    page["odata.nextLink"] = page["odata.nextLink"].replace("=20", "=10")


def empty_in_the_middle(page: dict[str, Any]) -> None:
    page["value"] = []


INCOMPLETE: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "half page": (half, "15 rows came where the server counts 24"),
    "row twice": (twice, "1 rows came twice"),
    "same link": (link_to_itself, "the server sent the same page twice"),
    "empty page": (empty_in_the_middle, "an empty page came before the last one"),
}


@pytest.mark.parametrize(("change", "reason"), INCOMPLETE.values(), ids=INCOMPLETE.keys())
def test_an_incomplete_download_starts_over(
    cbs: FakeCbs,
    refresh: Refresh,
    lake: Lake,
    change: Callable[[dict[str, Any]], None],
    reason: str,
) -> None:
    cbs.fail(PAGE_2, changed(change), times=3)
    with pytest.raises(SourceError, match=f"in 3 tries: {reason}"):
        refresh()
    assert lake.vintages("iv3_2023") == []
    cbs.fail(PAGE_2, changed(change), times=2)
    assert_frame_equal(read_table(refresh().vintage).rows, rows_of(cbs.tables[0]))


def test_rows_that_are_not_numbered_upwards(cbs: FakeCbs, refresh: Refresh, lake: Lake) -> None:
    cbs.tables[0].rows.reverse()
    assert_frame_equal(read_table(refresh().vintage).rows, rows_of(cbs.tables[0]))
    assert len(lake.vintages("iv3_2023")) == 1


def test_a_page_delivered_twice(cbs: FakeCbs, refresh: Refresh) -> None:
    cbs.fail(PAGE_2, changed(as_page_1(cbs)), times=3)
    with pytest.raises(SourceError, match="10 rows came twice"):
        refresh()


@pytest.mark.parametrize("counted", [23, 25])
def test_a_wrong_count(cbs: FakeCbs, refresh: Refresh, counted: int) -> None:
    cbs.tables[0].counted = counted
    with pytest.raises(SourceError, match=rf"24.* server counts \(?{counted}"):
        refresh()


def test_more_rows_than_counted_are_not_all_downloaded(cbs: FakeCbs, refresh: Refresh) -> None:
    cbs.tables[0].counted = 5
    with pytest.raises(SourceError, match=r"more rows came \(10\) than the server counts \(5\)"):
        refresh()
    # In each of three tries the first page, and the one asked for while it was read.
    assert len(cbs.data_asked()) <= 6


@pytest.mark.parametrize("code", [400, 404, 501])
def test_a_server_that_does_not_count(cbs: FakeCbs, refresh: Refresh, code: int) -> None:
    cbs.fail(COUNT, status(code))
    assert refresh().vintage.manifest.rows == 24


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (status(403), "answered 403"),
        (status(503), "answered 503"),
        (sends(b"many"), "asked for a count, got 'many'"),
        (sends(b"-1"), "asked for a count, got '-1'"),
        (sends("٢٤".encode()), "asked for a count"),
        (html, "text/html instead of JSON"),
    ],
)
def test_a_count_that_is_none(cbs: FakeCbs, refresh: Refresh, act: Act, message: str) -> None:
    cbs.fail(COUNT, act, times=99)
    with pytest.raises(SourceError, match=message):
        refresh()


# What is not as expected


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/ODataFeed/OData/45063NED/TypedDataSet?$skip=10",
        "http://127.0.0.1:1/dataderden.cbs.nl/ODataFeed/OData/45063NED/TypedDataSet?$skip=10",
        "{base}/opendata.cbs.nl/ODataFeed/OData/45063NED/TypedDataSet?$skip=10",
        "{base}/dataderden.cbs.nl/../secret",
        "{base}@example.org/dataderden.cbs.nl/x",
        "//example.org/dataderden.cbs.nl/x",
        "file:///etc/passwd",
        "http://[",
    ],
)
def test_next_link_elsewhere_is_not_followed(cbs: FakeCbs, refresh: Refresh, link: str) -> None:
    link = link.replace("{base}", cbs.base)
    cbs.fail("TypedDataSet?$format", changed(lambda page: page.update({"odata.nextLink": link})))
    with pytest.raises(SourceError, match="it is not followed"):
        refresh()
    assert len(cbs.data_asked()) == 1


def test_next_link_that_is_no_text(cbs: FakeCbs, refresh: Refresh) -> None:
    cbs.fail("TypedDataSet?$format", changed(lambda page: page.update({"odata.nextLink": 3})))
    with pytest.raises(ContractError, match=r"odata\.nextLink is 3 where a text was expected"):
        refresh()


def test_a_page_is_asked_once_whatever_was_asked_ahead(cbs: FakeCbs, refresh: Refresh) -> None:
    """The next page is asked for while one is read; it is neither asked twice nor lost, also when one fails."""
    cbs.fail(PAGE_2, status(503))
    manifest = refresh().vintage.manifest
    data = [url.partition("45063NED/")[2] for url in cbs.data_asked()]
    assert sorted(data[1:]) == sorted([PAGE_2, PAGE_2, PAGE_3])
    assert manifest.rows == 24
    assert [file.name for file in manifest.files if file.role == "data"] == [f"page-0000{n}.json" for n in (1, 2, 3)]


class Patient(Lezer):
    """Reads no page before a request for the one after it has come to CBS."""

    def __init__(self, cbs: FakeCbs) -> None:
        super().__init__()
        self.cbs, self.awaited = cbs, [PAGE_2, PAGE_3]

    def read(self, reader: PageReader, content: bytes) -> Page:
        if self.awaited:
            page, until = self.awaited.pop(0), time.monotonic() + 5
            while not any(url.endswith(page) for url in self.cbs.asked):
                assert time.monotonic() < until, f"{page} was not asked while the page before it was read"
                time.sleep(0.001)
        return super().read(reader, content)


def test_the_next_page_is_asked_while_one_is_read(cbs: FakeCbs, transport: Transport, lake: Lake) -> None:
    found = download(
        source("iv3_2023"),
        transport=transport,
        lake=lake,
        selection=Selection(("0.1", "6.5")),
        progress=lambda _: None,
        lezer=Patient(cbs),
    )
    assert found.vintage.manifest.rows == 24
    assert len(cbs.data_asked()) == 3


class Telling(Lezer):
    """Tells when it begins with the second page."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = 0
        self.is_at_second = Event()

    def read(self, reader: PageReader, content: bytes) -> Page:
        self.pages += 1
        if self.pages == 2:
            self.is_at_second.set()
        return super().read(reader, content)


def test_a_page_is_kept_while_the_next_is_read(transport: Transport, cbs: FakeCbs, lake: Lake) -> None:
    lezer, kept = Telling(), list[int]()

    def progress(step: Progress) -> None:
        if step.state == "download":
            kept.append(step.rows_done)
            assert lezer.is_at_second.wait(5), "the second page was not read before the first was kept"

    selection = Selection(("0.1", "6.5"))
    found = download(
        source("iv3_2023"), transport=transport, lake=lake, selection=selection, progress=progress, lezer=lezer
    )
    assert found.vintage.manifest.rows == 24
    assert kept == [10, 20, 24]
    assert len(cbs.data_asked()) == 3


@pytest.mark.parametrize(("page", "is_next_broken"), [(1, False), (3, False), (1, True)])
def test_a_page_that_cannot_be_kept_is_told(
    page: int, is_next_broken: bool, cbs: FakeCbs, transport: Transport, lake: Lake
) -> None:
    """Also when it is the last one, after which nothing is read, and when the next one cannot be read meanwhile."""
    if is_next_broken:
        cbs.fail(PAGE_2, sends(b'{"value":[{"ID":"x"}]}'))

    def progress(step: Progress) -> None:
        if step.state == "download" and step.rows_done == min(page * 10, 24):
            raise LakeError("no room")

    with pytest.raises(LakeError, match="no room"):
        download(
            source("iv3_2023"),
            transport=transport,
            lake=lake,
            selection=Selection(("0.1", "6.5")),
            progress=progress,
            lezer=Lezer(),
        )


def test_a_relative_next_link(cbs: FakeCbs, refresh: Refresh) -> None:
    cbs.fail(
        "TypedDataSet?$format",
        changed(lambda page: page.update({"odata.nextLink": "TypedDataSet?$skip=10"})),
    )
    assert refresh().vintage.manifest.rows == 24


BROKEN: dict[str, tuple[str, Act, str]] = {
    "gone": (IV3_INFO, status(404), r"table 45063NED is gone or refused.*404.*tables\.toml"),
    "html": (IV3_INFO, html, r"text/html instead of JSON.*look at the address"),
    "html page": (PAGE_2, html, "text/html instead of JSON"),
    "half json": (PAGE_2, sends(b'{"value": [{"ID": 1,'), "broken JSON"),
    "bomb": (PAGE_2, bomb, "more than 1000000 bytes"),
    "elsewhere": (PAGE_2, redirect("https://example.org/"), "redirects to another host"),
    "no list": (PAGE_2, sends_json({"odata.error": "x"}), "without a list of records"),
    "no records": (PAGE_2, sends_json({"value": [1, 2]}), "without a list of records"),
    "no info": (IV3_INFO, sends_json({"value": []}), "TableInfos has 0 records"),
    "no codes": ("45063NED/Gemeenten", status(404), "answered 404"),
    "codes no list": ("45063NED/Gemeenten", sends_json({}), "Gemeenten answered without a list"),
}


@pytest.mark.parametrize(("match", "act", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_answer_is_an_error_with_the_table(
    cbs: FakeCbs, refresh: Refresh, lake: Lake, match: str, act: Act, message: str
) -> None:
    cbs.fail(match, act, times=99)
    with pytest.raises(SourceError, match=message) as failed:
        refresh()
    assert str(failed.value).startswith("iv3_2023")
    assert lake.vintages("iv3_2023") == []


def test_an_empty_table(cbs: FakeCbs, refresh: Refresh) -> None:
    cbs.tables[0].rows = []
    with pytest.raises(SourceError, match="iv3_2023: the table has no rows for what was asked"):
        refresh()


CONTRACT: dict[str, tuple[Callable[[FakeTable], object], str]] = {
    "extra dimension": (
        lambda t: t.dimensions.update({"Kwartaal": []}),
        r"dimensions that the registry does not know: Kwartaal.*tables\.toml",
    ),
    "missing dimension": (
        lambda t: t.dimensions.pop("Categorie"),
        r"45063NED \(iv3_2023\): no column Categorie; it has TaakveldBalanspost.*tables\.toml",
    ),
    "renamed measure": (
        lambda t: t.measures[0].update(Key="k_1eRonde_1"),
        r"no column 1ePlaatsing\|1stePlaatsing; it has .*k_1eRonde_1",
    ),
    "measure twice": (
        lambda t: t.measures.append({**t.measures[0], "Key": "k_1ePlaatsing_9"}),
        "more than one column 1ePlaatsing",
    ),
    "unknown taakveld": (
        lambda t: t.dimensions["TaakveldBalanspost"].pop(1),
        r"TaakveldBalanspost: no code 6\.5 in its code list",
    ),
    "another year": (
        lambda t: setattr(t, "titel", "Gemeenten 2022 onbewerkte Iv3-data"),
        "titled 'Gemeenten 2022 onbewerkte Iv3-data', where 'Gemeenten 2023",
    ),
    "column missing in a row": (
        lambda t: t.rows[13].pop("Gemeenten"),
        r"rows have other columns than the metadata say: missing \['Gemeenten'\], unexpected \[\]",
    ),
    "column too many in a row": (
        lambda t: t.rows[13].update(Extra=1),
        r"missing \[\], unexpected \['Extra'\]",
    ),
    "row without number": (lambda t: t.rows[13].update(ID=None), "column ID should number the rows"),
    "no origin": (lambda t: setattr(t, "source", "CBS."), "does not say where its figures come from"),
    "no world": (
        lambda t: setattr(t, "source", "Reconstructie, geen CBS-cijfers. Zomaar."),
        "not which world",
    ),
    "title no text": (lambda t: setattr(t, "titel", 3), "Title is 3 where a text was expected"),
    "no modified": (lambda t: setattr(t, "modified", None), "no field Modified"),
}


@pytest.mark.parametrize(("change", "message"), CONTRACT.values(), ids=CONTRACT.keys())
def test_a_table_that_is_not_what_the_registry_says(
    cbs: FakeCbs, refresh: Refresh, lake: Lake, change: Callable[[FakeTable], object], message: str
) -> None:
    change(cbs.tables[0])
    with pytest.raises(ContractError, match=message):
        refresh()
    assert lake.vintages("iv3_2023") == []


def test_column_numbers_may_drift(cbs: FakeCbs, refresh: Refresh) -> None:
    table = cbs.tables[0]
    table.measures[0]["Key"], table.measures[1]["Key"] = "k_1stePlaatsing_3", "k_2dePlaatsing_4"
    for row in table.rows:
        row["k_1stePlaatsing_3"], row["k_2dePlaatsing_4"] = (
            row.pop("k_1ePlaatsing_1"),
            row.pop("k_2ePlaatsing_2"),
        )
    rows = read_table(refresh().vintage).rows
    assert rows.columns[-2:] == ["k_1stePlaatsing_3", "k_2dePlaatsing_4"]


@pytest.mark.parametrize(
    ("measures", "message"),
    [
        (["A049170_1", "Overheid"], "no measure A049169_1 in MeasureCodes, which has .*A049170_1 .Overheid"),
        (["A049169_1", "Overheid, volume"], "titled 'Overheid, volume' where 'Overheid' was expected"),
    ],
)
def test_a_renamed_measure(cbs: FakeCbs, refresh: Refresh, measures: list[str], message: str) -> None:
    cbs.tables[2].measures[0].update(Identifier=measures[0], Title=measures[1])
    with pytest.raises(ContractError, match=f"85880NED.*{message}"):
        refresh("prijsindex_overheid")


@pytest.mark.parametrize("code", ["GM000B", "GM000B_1", "R00004"])
def test_each_name_of_the_code_measure(cbs: FakeCbs, refresh: Refresh, code: str) -> None:
    cbs.tables[3] = gebieden_table(2023, "85385NED", code)
    assert f"Measure eq '{code}'" in refresh("gebieden_2023").vintage.manifest.filter


def test_no_period_from_the_first_year(cbs: FakeCbs, refresh: Refresh) -> None:
    cbs.tables[2].dimensions["Perioden"] = [v4_code("2016JJ00", "2016")]
    with pytest.raises(ContractError, match="no period 2017JJ or later in its code list"):
        refresh("prijsindex_overheid")


# Found through the catalogue


def test_a_year_the_registry_does_not_list(cbs: FakeCbs, refresh: Refresh) -> None:
    iv3, gebieden = iv3_table(), gebieden_table(2030, "99001NED")
    iv3.tabel_id, iv3.titel = "99000NED", "Gemeenten 2030 onbewerkte Iv3-data   "
    for code in iv3.dimensions["Verslagsoort"]:
        code["Key"] = code["Key"].replace("2023", "2030")
    cbs.tables += [iv3, gebieden]
    assert refresh("iv3_2030", jaar=2030).vintage.manifest.tabel_id == "99000NED"
    assert refresh("gebieden_2030", jaar=2030).vintage.manifest.tabel_id == "99001NED"
    cbs.forget()
    refresh("iv3_2030", jaar=2030)
    assert len(cbs.asked) == 2


@pytest.mark.parametrize(
    ("bron", "message"),
    [
        (
            "iv3_2031",
            r"no table titled 'Gemeenten 2031 onbewerkte Iv3-data' in the catalogue \(.*ODataCatalog/Tables",
        ),
        ("gebieden_2031", r"no table titled 'Gebieden in Nederland 2031' in the catalogue \(.*/CBS/Datasets"),
    ],
)
def test_a_year_cbs_does_not_have(cbs: FakeCbs, refresh: Refresh, bron: str, message: str) -> None:
    with pytest.raises(SourceError, match=message + r".*--years.*tables\.toml"):
        refresh(bron, jaar=2031)
    assert len(cbs.asked) == 1


def test_a_title_the_catalogue_has_twice(cbs: FakeCbs, refresh: Refresh) -> None:
    for tabel_id in ("99002NED", "99003NED"):
        cbs.tables.append(gebieden_table(2030, tabel_id))
    with pytest.raises(SourceError, match="2 tables titled"):
        refresh("gebieden_2030", jaar=2030)


def test_a_catalogue_in_pages(cbs: FakeCbs, refresh: Refresh) -> None:
    gebieden = gebieden_table(2030, "99001NED")
    cbs.tables.append(gebieden)
    first = {"value": [], "@odata.nextLink": f"{cbs.base}/datasets.cbs.nl/odata/v1/CBS/Datasets?$skip=1"}
    cbs.fail("CBS/Datasets", sends_json(first))
    assert refresh("gebieden_2030", jaar=2030).is_new


def test_a_catalogue_without_end(cbs: FakeCbs, refresh: Refresh) -> None:
    link = f"{cbs.base}/datasets.cbs.nl/odata/v1/CBS/Datasets?$skip=1"
    cbs.fail("CBS/Datasets", sends_json({"value": [], "@odata.nextLink": link}), times=999)
    with pytest.raises(SourceError, match="has no end"):
        refresh("gebieden_2030", jaar=2030)


# The lake


def test_two_runs_do_not_download_one_table(cbs: FakeCbs, refresh: Refresh, lake: Lake) -> None:
    with exclusive(lake.raw / "iv3_2023" / ".lock"), pytest.raises(LakeError, match="Another run"):
        refresh()
    assert cbs.asked == []
    assert refresh().is_new


def test_a_damaged_note_says_so(cbs: FakeCbs, refresh: Refresh, lake: Lake) -> None:
    refresh()
    cbs.tables[0].modified = "2026-12-01T02:00:00"
    refresh()
    note = lake.raw / "iv3_2023" / "checked.json"
    note.write_text("{")
    with pytest.raises(LakeError, match=r"checked\.json is damaged; remove it"):
        refresh()
    note.unlink()
    assert not refresh().is_new


def test_a_page_that_was_changed_on_disk(refresh: Refresh) -> None:
    vintage = refresh().vintage
    files = vintage.path / "files"
    shutil.copy(files / "page-00002.json.zst", files / "page-00001.json.zst")
    with pytest.raises(LakeError, match=r"page-00001\.json is not what was downloaded \(sha256 differs\)"):
        read_table(vintage)


def test_a_lake_that_is_a_file(transport: Transport, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LakeError, match=r"is a file, not a folder: choose another lake with --lake"):
        download(
            source("iv3_2023"),
            transport=transport,
            lake=Lake(tmp_path / "file"),
            selection=Selection(("6.5",)),
            progress=lambda _: None,
            lezer=Lezer(),
        )


def test_years_that_make_no_sense() -> None:
    with pytest.raises(SettingsError, match=r"year 2016 cannot be taken: iv3 .*2017-"):
        source("iv3_2016", 2016)


@pytest.mark.parametrize("name", ["codes-../../outside.json", "codes-.json/..", "", "codes-\u0000.json"])
def test_a_name_that_is_no_name_of_a_file_is_refused_before_anything_is_written(name: str, tmp_path: Path) -> None:
    """Dimensions are named by the source; none of them may choose where a file goes."""
    pending = Pending(tmp_path / "lake" / ".download", "bijstand", "ID")
    with pytest.raises(ContractError, match="cannot be kept as a file"):
        pending.add(name, "RegioS", "codes", "http://127.0.0.1/RegioS", b"{}", 0)
    assert not list(tmp_path.rglob("*"))

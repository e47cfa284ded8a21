"""The raw tables as Dagster assets, and several tables side by side."""

from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from dagster import AssetKey, materialize
from fake_cbs import FakeCbs, FakeTable, gebieden_table, html, status
from impatient import SETTINGS, source

from assets.cbs.assets import Bronnen, download_all, in_turns, raw_assets
from assets.cbs.download import Progress, Selection
from assets.cbs.oordeel import AANGEHOUDEN, AANVAARD, accepted, read_oordeel
from assets.cbs.transport import MAX_IN_FLIGHT, Address, Transport
from assets.cbs.versheid import read_controle
from assets.errors import LakeError, ReintegratieError, SourceError
from assets.lake import Lake, exclusive

NAMES = ("bijstand", "gebieden_2023", "iv3_2023", "prijsindex_overheid")
SOURCES = [source(name) for name in NAMES]


@pytest.fixture
def told() -> list[Progress]:
    return []


@pytest.fixture
def bronnen(cbs: FakeCbs, told: list[Progress]) -> Bronnen:
    def connect() -> AbstractContextManager[Transport]:
        return Transport(Address.parse(cbs.base), SETTINGS)

    return Bronnen(connect, Selection(("0.1", "6.5")), told.append)


def test_side_by_side(cbs: FakeCbs, bronnen: Bronnen, lake: Lake, told: list[Progress]) -> None:
    cbs.delay_s = 0.02
    found = download_all(SOURCES, lake, bronnen)
    assert [s.bron for s, _, _ in found] == list(NAMES)
    assert all(result.is_new for _, result, _ in found)
    assert lake.bronnen() == list(NAMES)
    assert {step.bron for step in told if step.state == "done"} == set(NAMES)
    assert 2 <= cbs.most_at_once <= MAX_IN_FLIGHT


def test_large_tables_begin_first_with_small_ones_between_them() -> None:
    names = ("inwoners", "gebieden_2023", "iv3_2023", "bijstand", "srg_voorzieningen", "prijsindex_overheid")
    order = ["srg_voorzieningen", "bijstand", "gebieden_2023", "iv3_2023", "inwoners", "prijsindex_overheid"]
    for turned in (names, names[::-1]):
        assert [s.bron for s in in_turns(source(name) for name in turned)] == order
    assert in_turns([]) == []


def test_many_tables_are_no_more_than_four_requests_at_once(cbs: FakeCbs, bronnen: Bronnen, lake: Lake) -> None:
    jaren = range(2030, 2042)
    cbs.tables += [gebieden_table(jaar, f"{jaar}X") for jaar in jaren]
    cbs.delay_s = 0.01
    found = download_all([source(f"gebieden_{jaar}", jaar) for jaar in jaren], lake, bronnen)
    assert len(found) == 12
    assert cbs.most_at_once <= MAX_IN_FLIGHT


def test_one_failure_keeps_what_the_others_brought(cbs: FakeCbs, bronnen: Bronnen, lake: Lake) -> None:
    cbs.fail("85880NED/Properties", status(404), times=99)
    with pytest.raises(SourceError, match=r"^prijsindex_overheid: table 85880NED is gone or refused"):
        download_all(SOURCES, lake, bronnen)
    assert lake.newest("prijsindex_overheid") is None
    cbs.faults.clear()
    download_all(SOURCES, lake, bronnen)
    assert lake.bronnen() == list(NAMES)


def test_what_came_is_judged_whatever_becomes_of_the_others(cbs: FakeCbs, bronnen: Bronnen, lake: Lake) -> None:
    download_all(SOURCES, lake, bronnen)
    first = lake.newest("bijstand")
    bijstand = cbs.tables[1]
    bijstand.rows, bijstand.modified = bijstand.rows[:3], "2026-08-01T02:00:00"
    cbs.fail("85880NED/Properties", status(404), times=99)
    with pytest.raises(SourceError, match=r"^prijsindex_overheid"):
        download_all(SOURCES, lake, bronnen)
    newest = lake.newest("bijstand")
    assert newest is not None
    assert newest != first
    oordeel = read_oordeel(lake, "bijstand", newest.id)
    assert oordeel is not None
    assert oordeel.status() == AANGEHOUDEN
    assert accepted(lake, "bijstand") == first


@pytest.mark.parametrize(
    ("factor", "reasons"),
    [(1, ()), (3, ("BijstandTotDeAOWLeeftijd: national total",))],
)
def test_a_measure_is_compared_whatever_number_is_behind_it(
    cbs: FakeCbs, bronnen: Bronnen, lake: Lake, factor: float, reasons: tuple[str, ...]
) -> None:
    download_all(SOURCES[:1], lake, bronnen)
    bijstand, was, now = cbs.tables[1], "BijstandTotDeAOWLeeftijd_6", "BijstandTotDeAOWLeeftijd_7"
    bijstand.modified = "2026-08-01T02:00:00"
    for row in bijstand.rows:
        row[now] = row.pop(was) * factor
    for measure in bijstand.measures:
        measure["Key"] = now if measure["Key"] == was else measure["Key"]
    ((_, _, oordeel),) = download_all(SOURCES[:1], lake, bronnen)
    assert oordeel is not None
    assert oordeel.status() == (AANGEHOUDEN if reasons else AANVAARD)
    told = "; ".join(oordeel.gebeurtenissen[-1].redenen)
    assert all(reason in told for reason in reasons)
    assert bool(told) == bool(reasons)


@pytest.mark.parametrize(("titel", "reasons"), [("titel 0", ()), ("another", ("1 measures gone (titel 0)",))])
def test_measures_of_v4_are_compared_by_their_title(
    cbs: FakeCbs, bronnen: Bronnen, lake: Lake, titel: str, reasons: tuple[str, ...]
) -> None:
    """Its ids change; what is measured under another title is compared with nothing, whatever its figures are."""

    def gebieden(code: str, first: str) -> FakeTable:
        table = gebieden_table(2023, "85385NED", code_measure=code)
        for number, measure in enumerate(table.measures):
            measure["Title"] = f"titel {number}" if number else first
        return table

    cbs.tables[3] = gebieden("GM000B", "titel 0")
    download_all(SOURCES[1:2], lake, bronnen)
    cbs.tables[3] = gebieden("R00004", titel)
    cbs.tables[3].modified = "2026-08-01T02:00:00"
    ((_, _, oordeel),) = download_all(SOURCES[1:2], lake, bronnen)
    assert oordeel is not None
    assert oordeel.gebeurtenissen[-1].redenen == reasons
    assert oordeel.status() == (AANGEHOUDEN if reasons else AANVAARD)


def test_what_came_and_was_not_compared_is_not_used_until_it_is(cbs: FakeCbs, bronnen: Bronnen, lake: Lake) -> None:
    """A run may be killed between the two."""
    download_all(SOURCES[:1], lake, bronnen)
    first = lake.newest("bijstand")
    assert accepted(lake, "bijstand") == first
    bijstand = cbs.tables[1]
    bijstand.rows[0]["BijstandTotDeAOWLeeftijd_6"] += 1
    bijstand.modified = "2026-08-01T02:00:00"
    download_all(SOURCES[:1], lake, bronnen)
    newest = lake.newest("bijstand")
    assert newest is not None
    (lake.raw / "bijstand" / ".oordelen" / f"{newest.id}.json").unlink()
    assert accepted(lake, "bijstand") == first
    download_all(SOURCES[:1], lake, bronnen)
    assert accepted(lake, "bijstand") == newest


def test_a_damaged_note_does_not_hide_what_failed(cbs: FakeCbs, bronnen: Bronnen, lake: Lake) -> None:
    download_all(SOURCES, lake, bronnen)
    (lake.raw / "bijstand" / "status.json").write_text("{", encoding="utf-8")
    cbs.fail("85880NED/Properties", status(404), times=99)
    with pytest.raises(SourceError) as failed:
        download_all(SOURCES, lake, bronnen)
    assert "prijsindex_overheid: table 85880NED is gone" in str(failed.value)
    assert "bijstand/status.json is damaged" in str(failed.value)


def test_an_error_without_words_is_told_by_its_kind(bronnen: Bronnen, lake: Lake) -> None:
    def no_room(_: Progress) -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        download_all(SOURCES[:1], lake, replace(bronnen, progress=no_room))
    controle = read_controle(lake, "bijstand")
    assert controle is not None
    assert controle.fout == "MemoryError"


def test_every_failure_is_told(cbs: FakeCbs, bronnen: Bronnen, lake: Lake) -> None:
    cbs.delay_s = 0.05
    cbs.fail("Properties", html, times=99)
    cbs.fail("TableInfos", html, times=99)
    with pytest.raises(ReintegratieError) as failed:
        download_all(SOURCES, lake, bronnen)
    lines = str(failed.value).splitlines()
    assert len(lines) > 1
    assert all(line.startswith(NAMES) for line in lines)


def test_another_run_is_busy(bronnen: Bronnen, lake: Lake) -> None:
    with (
        exclusive(lake.raw / "iv3_2023" / ".lock"),
        pytest.raises(LakeError, match=r"raw/iv3_2023/\.lock: .*Another run"),
    ):
        download_all(SOURCES[2:3], lake, bronnen)


def test_nothing_is_asked_when_the_lake_cannot_be_written(cbs: FakeCbs, bronnen: Bronnen, lake: Lake) -> None:
    lake.root.write_text("a file")
    with pytest.raises(LakeError, match="is a file, not a folder"):
        download_all(SOURCES, lake, bronnen)
    assert cbs.asked == []


def test_as_dagster_assets(bronnen: Bronnen, lake: Lake) -> None:
    result = materialize([raw_assets(SOURCES)], resources={"lake": lake, "bronnen": bronnen})
    assert result.success
    told = {
        event.asset_key: event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None
    }
    assert set(told) == {AssetKey(["raw", name]) for name in NAMES}
    vintage = lake.newest("iv3_2023")
    assert vintage is not None
    metadata = {name: value.value for name, value in told[AssetKey(["raw", "iv3_2023"])].items()}
    assert metadata["vintage"] == vintage.id
    assert (metadata["is_new"], metadata["pages"], metadata["rows"]) == (True, 3, 24)
    assert metadata["herkomst"] == "reconstructie"


def test_a_choice_of_assets(cbs: FakeCbs, bronnen: Bronnen, lake: Lake) -> None:
    chosen = AssetKey(["raw", "bijstand"])
    result = materialize([raw_assets(SOURCES)], resources={"lake": lake, "bronnen": bronnen}, selection=[chosen])
    assert result.success
    assert lake.bronnen() == ["bijstand"]
    assert not [url for url in cbs.asked if "80794ned" not in url]

"""The raw tables as Dagster assets, and several tables side by side."""

from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from dagster import AssetKey, materialize
from fake_cbs import FakeCbs, gebieden_table, html, status
from impatient import SETTINGS, source

from assets.cbs.assets import Bronnen, download_all, in_turns, raw_assets
from assets.cbs.download import Progress, Selection
from assets.cbs.oordeel import AANGEHOUDEN, AANVAARD, accept, accepted, held_back, not_compared, oordelen
from assets.cbs.transport import MAX_IN_FLIGHT, Address, Transport
from assets.cbs.versheid import read_controle
from assets.errors import LakeError, ReintegratieError, SourceError
from assets.lake import Lake, Vintage, exclusive

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
    oordeel = oordelen(lake, "bijstand")[newest.id]
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


@pytest.mark.parametrize(("titel", "reasons"), [("naam", ()), ("Anders", ("1 measures gone (naam)",))])
def test_measures_of_v4_are_compared_by_their_title(
    cbs: FakeCbs, bronnen: Bronnen, lake: Lake, titel: str, reasons: tuple[str, ...]
) -> None:
    """Its ids change; what is measured under another title is compared with nothing, whatever its figures are."""
    download_all(SOURCES[1:2], lake, bronnen)
    renamed = gebieden_table(2023, "85385NED", code_measure="R00004")
    renamed.modified = "2026-08-01T02:00:00"
    renamed.measures[0]["Title"] = titel
    cbs.tables[3] = renamed
    ((_, _, oordeel),) = download_all(SOURCES[1:2], lake, bronnen)
    assert oordeel is not None
    assert oordeel.gebeurtenissen[-1].redenen == reasons
    assert oordeel.status() == (AANGEHOUDEN if reasons else AANVAARD)


def changed(cbs: FakeCbs, day: int, by: float) -> None:
    """Have bijstand of Nederland be other figures."""
    cbs.tables[1].modified = f"2026-08-{day:02}T02:00:00"
    for row in cbs.tables[1].rows[:3]:
        row["BijstandTotDeAOWLeeftijd_6"] += by


def uncompared(lake: Lake) -> Vintage:
    """Have the newest vintage of bijstand be one whose run was killed before it was compared."""
    newest = lake.newest("bijstand")
    assert newest is not None
    (lake.raw / "bijstand" / ".oordelen" / f"{newest.id}.json").unlink()
    return newest


def test_what_came_and_was_not_compared_is_not_used_until_it_is(cbs: FakeCbs, bronnen: Bronnen, lake: Lake) -> None:
    download_all(SOURCES[:1], lake, bronnen)
    first = lake.newest("bijstand")
    assert accepted(lake, "bijstand") == first
    changed(cbs, 1, by=0.5)
    download_all(SOURCES[:1], lake, bronnen)
    second = uncompared(lake)
    assert accepted(lake, "bijstand") == first
    assert "not compared yet" in held_back(lake)["bijstand"].gebeurtenissen[-1].redenen[0]
    download_all(SOURCES[:1], lake, bronnen)
    assert accepted(lake, "bijstand") == second
    assert held_back(lake) == {}


def test_one_that_was_not_compared_is_when_the_next_one_comes(cbs: FakeCbs, bronnen: Bronnen, lake: Lake) -> None:
    """What differs too much is held back in two steps too."""
    download_all(SOURCES[:1], lake, bronnen)
    first = lake.newest("bijstand")
    changed(cbs, 1, by=1000)
    download_all(SOURCES[:1], lake, bronnen)
    second = uncompared(lake)
    changed(cbs, 2, by=0.5)
    download_all(SOURCES[:1], lake, bronnen)
    found = [oordeel and oordeel.status() for oordeel in oordelen(lake, "bijstand").values()]
    assert found == [None, AANGEHOUDEN, AANGEHOUDEN]
    assert not_compared(lake, "bijstand") == {}
    assert accepted(lake, "bijstand") == first
    accept(lake, second.id)
    assert accepted(lake, "bijstand") == second


def test_one_that_was_not_compared_can_be_accepted(cbs: FakeCbs, bronnen: Bronnen, lake: Lake) -> None:
    download_all(SOURCES[:1], lake, bronnen)
    changed(cbs, 1, by=1000)
    download_all(SOURCES[:1], lake, bronnen)
    second = uncompared(lake)
    accept(lake, second.id)
    assert accepted(lake, "bijstand") == second
    download_all(SOURCES[:1], lake, bronnen)
    assert accepted(lake, "bijstand") == second


def test_a_vintage_is_compared_with_the_last_of_its_own_world(cbs: FakeCbs, bronnen: Bronnen, lake: Lake) -> None:
    """A night with another source in between does not let the next one in."""
    download_all(SOURCES[:1], lake, bronnen)
    first, source_text = lake.newest("bijstand"), cbs.tables[1].source
    cbs.tables[1].source = source_text.replace("0123456789ab", "ba9876543210")
    download_all(SOURCES[:1], lake, bronnen)
    assert accepted(lake, "bijstand") == lake.newest("bijstand") != first
    cbs.tables[1].source = source_text
    changed(cbs, 1, by=1000)
    ((_, _, oordeel),) = download_all(SOURCES[:1], lake, bronnen)
    assert oordeel is not None
    assert first is not None
    assert (oordeel.vergeleken_met, oordeel.status()) == (first.id, AANGEHOUDEN)


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

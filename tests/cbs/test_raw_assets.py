"""The raw tables as Dagster assets, and several tables side by side."""

from contextlib import AbstractContextManager

import pytest
from dagster import AssetKey, materialize
from fake_cbs import FakeCbs, gebieden_table, html, status
from impatient import SETTINGS, source

from assets.cbs.assets import Bronnen, download_all, in_turns, raw_assets
from assets.cbs.download import Progress, Selection
from assets.cbs.transport import MAX_IN_FLIGHT, Address, Transport
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
    assert [s.bron for s, _ in found] == list(NAMES)
    assert all(result.is_new for _, result in found)
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

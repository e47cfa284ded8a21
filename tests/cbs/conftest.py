"""Fixtures of the client's tests: a stand-in for CBS over HTTP, an impatient transport, and an empty lake."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_cbs import FakeCbs, bijstand_table, gebieden_table, iv3_table, prijs_table, running_fake
from impatient import SETTINGS, Refresh, source

from assets.cbs.download import Progress, Result, Selection, download
from assets.cbs.lezer import Lezer
from assets.cbs.transport import Address, Transport
from assets.lake import Lake


@pytest.fixture
def cbs() -> Iterator[FakeCbs]:
    with running_fake() as fake:
        fake.tables += [iv3_table(), bijstand_table(), prijs_table(), gebieden_table(2023, "85385NED")]
        yield fake


@pytest.fixture
def transport(cbs: FakeCbs) -> Iterator[Transport]:
    with Transport(Address.parse(cbs.base), SETTINGS) as opened:
        yield opened


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def progress() -> list[Progress]:
    return []


@pytest.fixture
def refresh(transport: Transport, lake: Lake, progress: list[Progress]) -> Refresh:
    """Download one table as a refresh does."""

    def run(bron: str = "iv3_2023", taakvelden: tuple[str, ...] = ("0.1", "6.5"), jaar: int = 2023) -> Result:
        return download(
            source(bron, jaar),
            transport=transport,
            lake=lake,
            selection=Selection(taakvelden),
            progress=progress.append,
            lezer=Lezer(),
        )

    return run

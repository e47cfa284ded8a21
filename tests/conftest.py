"""Fixtures that every test may use: the reference data, and lakes that were filled by a whole run."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from assets.lake import Lake
from assets.published.layout import published_file

# How long an example takes says something of the machine and its other work, nothing of the code.
# The same examples each time: what a search finds by chance must not stop who changed something else. To search:
# `pytest --hypothesis-profile search`.
settings.register_profile("untimed", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("untimed")

Run = Callable[..., subprocess.CompletedProcess[str]]

# Files of minutes, first: what is begun last is waited for while the other processes have nothing left.
LONG = ("test_killed.py", "test_daemon.py", "test_faults.py", "test_nightly.py", "test_readers.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest before the others; within a file nothing changes."""
    order = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.name, len(LONG)))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder with recorded CBS responses and real figures, which is not part of this project."""
    folder = Path(os.environ.get("REINTEGRATIE_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "cbs").is_dir():
        pytest.skip(f"no reference data at {folder}: set REINTEGRATIE_SHARED to the folder that has cbs/ and report/")
    return folder


@pytest.fixture(scope="session")
def figures(shared: Path) -> Path:
    """Give the folder of real figures as tidy CSV."""
    return shared / "cbs" / "figures"


@pytest.fixture(scope="session")
def run() -> Run:
    """Give a way to run the command line as a user does: as a program."""
    program = Path(sys.executable).with_name("reintegratie")

    def call(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(program), *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=240,
            env={**os.environ, "COLUMNS": "200", **environment},
            check=False,
        )

    return call


@pytest.fixture(scope="session")
def shared_lake(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Give a way to fill a lake once for all processes that run tests; tests only read it, or copy it."""
    # Under pytest-xdist each process has a folder of its own in one that they share.
    own = tmp_path_factory.getbasetemp()
    folder = own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own

    def fill(name: str, *arguments: object) -> Path:
        lake = folder / f"lake-{name}"
        with (folder / f"lake-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not published_file(Lake(lake)).is_file():
                done = run("refresh", *arguments, "--lake", lake)
                assert done.returncode == 0, done.stderr
                (folder / f"lake-{name}.txt").write_text(done.stdout, encoding="utf-8")
        return lake

    return fill


@pytest.fixture(scope="session")
def built_in(shared_lake: Callable[..., Path]) -> Path:
    """Give a lake refreshed from the built-in world, 2023 and 2024."""
    return shared_lake("built-in", "--years", "2023-2024")


@pytest.fixture(scope="session")
def real(shared_lake: Callable[..., Path], figures: Path) -> Path:
    """Give a lake refreshed from the real figures of 2020-2023."""
    return shared_lake("real", "--source", "replica", "--facts", figures, "--years", "2020-2023")


# gemeente_code, naam, provincie, arbeidsmarktregio, inwoners of 2022: made up, some in every class of the report.
SMALL = [
    ("GM0001", "Aa", "PV20 Groningen", "AM01 Groningen", 9_000),
    ("GM0002", "Bee", "PV20 Groningen", "AM01 Groningen", 12_500),
    ("GM0003", "Cee", "PV21 Fryslân", "AM02 Friesland", 18_000),
    ("GM0004", "Dee", "PV21 Fryslân", "AM02 Friesland", 23_000),
    ("GM0005", "Ee", "PV26 Utrecht", "AM11 Midden-Utrecht", 31_000),
    ("GM0006", "Ef", "PV26 Utrecht", "AM11 Midden-Utrecht", 44_000),
    ("GM0007", "Gee", "PV26 Utrecht", "AM11 Midden-Utrecht", 62_000),
    ("GM0008", "Haa", "PV26 Utrecht", "AM11 Midden-Utrecht", 91_000),
    ("GM0009", "Ie", "PV27 Noord-Holland", "AM16 Groot Amsterdam", 130_000),
    ("GM0010", "Jee", "PV27 Noord-Holland", "AM16 Groot Amsterdam", 220_000),
    ("GM0011", "Kaa", "PV27 Noord-Holland", "AM16 Groot Amsterdam", 370_000),
    ("GM0363", "El", "PV27 Noord-Holland", "AM16 Groot Amsterdam", 900_000),
]


@pytest.fixture(scope="session")
def small_facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of facts with twelve gemeenten, for tests that download and build again and again."""
    folder = tmp_path_factory.mktemp("small-facts")
    lines = [
        "jaar,gemeente_code,naam,provincie_code,provincie,arbeidsmarktregio_code,arbeidsmarktregio,inwoners",
        *(
            ",".join(
                [str(jaar), code, naam, *provincie.split(" ", 1), *regio.split(" ", 1), str(inwoners + jaar - 2022)]
            )
            for jaar in range(2022, 2027)
            for code, naam, provincie, regio, inwoners in SMALL
        ),
    ]
    (folder / "gemeenten.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def small(shared_lake: Callable[..., Path], small_facts: Path) -> Path:
    """Give a lake refreshed from the small world, 2023 and 2024."""
    return shared_lake("small", "--facts", small_facts, "--years", "2023-2024")


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mount a small or read-only file system; skip where that is not allowed."""
    mounts: list[Path] = []

    def mount(*options: str) -> Path:
        folder = tmp_path / f"mount{len(mounts)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError:
            pytest.skip("there is no mount command here, so a full or read-only disk cannot be made")
        if done.returncode:
            pytest.skip(f"a full or read-only disk cannot be made by this user: {done.stderr.strip()}")
        mounts.append(folder)
        return folder

    yield mount
    for folder in mounts:
        subprocess.run(["umount", str(folder)], check=True)

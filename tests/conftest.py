"""Fixtures that every test may use: the reference data, and lakes that were filled by a whole run."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


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
            timeout=110,
            env={**os.environ, "COLUMNS": "200", **environment},
            check=False,
        )

    return call


@pytest.fixture(scope="session")
def built_in(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a lake refreshed from the built-in world, 2023 and 2024; tests only read it."""
    lake = tmp_path_factory.mktemp("built-in") / "lake"
    done = run("refresh", "--years", "2023-2024", "--lake", lake)
    assert done.returncode == 0, done.stderr
    return lake


@pytest.fixture(scope="session")
def real(run: Run, figures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a lake refreshed from the real figures of 2020-2023; tests only read it."""
    lake = tmp_path_factory.mktemp("real") / "lake"
    done = run("refresh", "--source", "replica", "--facts", figures, "--years", "2020-2023", "--lake", lake)
    assert done.returncode == 0, done.stderr
    return lake


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
def small(run: Run, small_facts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a lake refreshed from the small world, 2023 and 2024; tests copy it before they change it."""
    lake = tmp_path_factory.mktemp("small") / "lake"
    done = run("refresh", "--facts", small_facts, "--years", "2023-2024", "--lake", lake)
    assert done.returncode == 0, done.stderr
    return lake


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

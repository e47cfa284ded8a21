"""The settings of memory: what large pages took goes back, seen from outside in a program of its own."""

import ctypes
import os
import subprocess
import sys

import pytest

# Each large piece is freed while a small one that came after it stays, as when rows are read from pages.
_PROGRAM = """
import resource
import sys
from assets.geheugen import give_back_memory
if sys.argv[1] == "set":
    give_back_memory()
small = []
for _ in range(4):
    large = []
    for _ in range(20):
        large.append(bytearray(6_000_000))
        small.append(bytearray(4_000))
    del large
with open("/proc/self/statm") as file:
    print(int(file.read().split()[1]) * resource.getpagesize())
"""


def resident(how: str) -> int:
    """Give the bytes that a program holds after it freed 120 MB four times."""
    said = subprocess.run([sys.executable, "-c", _PROGRAM, how], capture_output=True, text=True, check=True)
    return int(said.stdout)


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"),
    reason="this C library has no mallopt, so there is nothing to set",
)
def test_large_pieces_go_back_when_they_are_freed() -> None:
    assert resident("set") < resident("not set") - 50_000_000


# Texts are made and thrown away by several threads, as where tables are made side by side.
_POLARS = """
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
if sys.argv[1] == "ours":
    import pipelines
import polars as pl
def work(_):
    numbers = pl.int_range(0, 500_000, eager=True)
    return len(numbers.cast(pl.String).sort())
with ThreadPoolExecutor(4) as pool:
    list(pool.map(work, range(12)))
    time.sleep(0.2)
    list(pool.map(lambda _: pl.int_range(0, 1000, eager=True).sum(), range(200)))
with open("/proc/self/statm") as file:
    print(int(file.read().split()[1]) * resource.getpagesize())
"""


def resident_of_polars(program: str, settings: str) -> int:
    """Give the bytes that a program holds after threads of polars freed what they made."""
    environment = {**os.environ, "_RJEM_MALLOC_CONF": settings}
    said = subprocess.run(
        [sys.executable, "-c", _POLARS, program], capture_output=True, text=True, check=True, env=environment
    )
    return int(said.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere polars brings another allocator, or there is no /proc")
@pytest.mark.parametrize("inherited", ["", "dirty_decay_ms:500,muzzy_decay_ms:1000"])
def test_what_threads_of_polars_freed_goes_back(inherited: str) -> None:
    assert resident_of_polars("ours", inherited) < resident_of_polars("not ours", "") - 50_000_000

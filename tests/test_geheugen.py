"""The settings of memory: what large pages took goes back, seen from outside in a program of its own."""

import ctypes
import os
import subprocess
import sys

import pytest

needs_mallopt = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"),
    reason="this C library has no mallopt, so there is nothing to set",
)

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


@needs_mallopt
def test_large_pieces_go_back_when_they_are_freed() -> None:
    assert resident("set") < resident("not set") - 50_000_000


# What a page takes is made and freed again and again, at the end of the heap.
_AGAIN = """
import resource
from assets.geheugen import give_back_memory
give_back_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def work():
    for _ in range(3):
        bytes(bytearray(1_700_000))
work()
before = faults()
for _ in range(20):
    work()
print(faults() - before)
"""


@needs_mallopt
def test_what_is_made_again_and_again_is_not_made_of_new_memory_each_time() -> None:
    said = subprocess.run([sys.executable, "-c", _AGAIN], capture_output=True, text=True, check=True)
    # 60 times 3.4 MB are 50,000 pages of memory.
    assert int(said.stdout) < 5_000


# Texts are made and thrown away by several threads, as where tables are made side by side; then it is waited for, while
# small things are made, that what was freed goes back.
_POLARS = """
import resource
import time
from concurrent.futures import ThreadPoolExecutor
import pipelines
import polars as pl
def work(_):
    numbers = pl.int_range(0, 500_000, eager=True)
    return len(numbers.cast(pl.String).sort())
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
with ThreadPoolExecutor(4) as pool:
    list(pool.map(work, range(12)))
    most, until = resident(), time.monotonic() + 20
    while resident() > most - 30_000_000 and time.monotonic() < until:
        list(pool.map(lambda _: pl.int_range(0, 1000, eager=True).sum(), range(100)))
print(most - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere polars brings another allocator, or there is no /proc")
def test_what_threads_of_polars_freed_goes_back() -> None:
    """Also when the program that starts ours leaves other settings to it."""
    inherited = {**os.environ, "_RJEM_MALLOC_CONF": "dirty_decay_ms:600000,muzzy_decay_ms:600000"}
    said = subprocess.run([sys.executable, "-c", _POLARS], capture_output=True, text=True, check=True, env=inherited)
    assert int(said.stdout) >= 30_000_000

"""The settings of the C library: what large pages took goes back, seen from outside in a program of its own."""

import ctypes
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

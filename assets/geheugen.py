"""How memory that was given back is kept, in a program that reads large pages: by the C library, and by polars.

Here: the settings of glibc's malloc and of jemalloc, which polars brings, and why. Not here: how much is read at a time
(`cbs`, `core`), or what DuckDB may hold (`benchmark`, `published`).
"""

import ctypes
import os

# Numbers of mallopt(3) in glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
# Below the large pages of CBS (up to 20 MB), above what is made and thrown away all the time.
_OWN_MAPPING_BYTES = 4_000_000
# What may stay free at the end of the heap: a page of 2 MB, which is unpacked and thrown away over and over.
_FREE_AT_END_BYTES = 4_000_000
# What polars gives its allocator, after its own settings; see jemalloc(3).
_JEMALLOC = "_RJEM_MALLOC_CONF"
_ONE_HEAP = "narenas:1,dirty_decay_ms:50,muzzy_decay_ms:0"


def let_polars_give_back_memory() -> None:
    """Let polars keep one heap for all threads, and give back after 50 ms what nobody uses; before it is loaded.

    By itself it keeps a heap for some threads each, and what was freed there half a second and longer: 50 MB of
    85588NED while the tables of sql/ are made. A program that loaded polars leaves its settings to those it starts, so
    ours come last.
    """
    now = os.environ.get(_JEMALLOC, "")
    if not now.endswith(_ONE_HEAP):
        os.environ[_JEMALLOC] = f"{now},{_ONE_HEAP}".removeprefix(",")


def give_back_memory() -> None:
    """Let what is large go back to the operating system when it is freed, and keep one heap for all threads.

    By itself glibc takes ever larger pieces from its heaps, of which each thread may get one, once such a piece was
    freed; small things above them then keep tens of megabytes that nobody uses. Once it is told not to, it gives back
    all but 128 kB of the end of its heap each time: what is made there next takes new memory, and unpacking a page of
    2 MB took twice as long. A C library that has no `mallopt` (musl, macOS) is left as it is. Threads that have a heap
    by then keep it.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, _OWN_MAPPING_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _FREE_AT_END_BYTES)

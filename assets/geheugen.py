"""How the C library keeps memory that was given back to it, in a program that reads large pages.

Here: the settings of glibc's malloc, and why. Not here: how much is read at a time (`cbs`, `core`), or what DuckDB may
hold (`published`); DuckDB and polars bring allocators of their own.
"""

import ctypes

# Numbers of mallopt(3) in glibc's malloc.h.
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
# Below the large pages of CBS (up to 20 MB), above what is made and thrown away all the time.
_OWN_MAPPING_BYTES = 4_000_000


def give_back_memory() -> None:
    """Let what is large go back to the operating system when it is freed, and keep one heap for all threads.

    By itself glibc takes ever larger pieces from its heaps, of which each thread may get one, once such a piece was
    freed; small things above them then keep tens of megabytes that nobody uses. A C library that has no `mallopt`
    (musl, macOS) is left as it is. Threads that have a heap by then keep it.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, _OWN_MAPPING_BYTES)

"""Where the time of a run goes, stage by stage: the real run in a program of its own, with clocks around functions.

Here: the clocks, and which function belongs to which stage. Not here: any other way to run it (`pipelines.run`).

    python stages.py refresh http://127.0.0.1:8123 2017-2026 LAKE      prints the seconds of each stage as JSON
"""

import sys
import time

_BEGIN = time.perf_counter()

import functools  # noqa: E402  # what is imported before the clock starts is not in start-up
import json  # noqa: E402
import threading  # noqa: E402
from collections import defaultdict  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import pipelines.run  # noqa: E402
from assets.benchmark import assets as benchmark_assets  # noqa: E402
from assets.cbs import assets as raw_assets  # noqa: E402
from assets.cbs import page, pending, transport  # noqa: E402
from assets.core import assets as core_assets  # noqa: E402
from assets.core import base  # noqa: E402
from assets.published import assets as published_assets  # noqa: E402
from assets.published import publication  # noqa: E402
from pipelines.settings import load_settings  # noqa: E402

# Stage -> the functions whose time it is. What is inside another one is told apart below.
CLOCKS: dict[str, tuple[tuple[Any, str], ...]] = {
    "raw": ((raw_assets, "download_all"),),
    "raw: waiting for and receiving answers": ((transport.Transport, "_fetch"),),
    "raw: reading pages": ((page.PageReader, "read"),),
    "raw: keeping answers and columns": ((pending.Pending, "add_page"), (pending.Pending, "add")),
    "core": ((core_assets, "make_core"),),
    "core: validate": ((base, "_checked"),),
    "core: write": ((base, "write_table"),),
    "sql": ((benchmark_assets, "make_tables"),),
    "publish": ((published_assets, "publish"),),
    "publish: fill the file": ((publication, "fill"),),
    "publish: checks": ((publication, "_run_check"),),
}


class _Clock:
    """Adds up the seconds in functions, over all threads; one inside itself counts once."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._lock = threading.Lock()
        self._inside = threading.local()

    def around(self, stage: str, owner: Any, name: str) -> None:  # a module or a class
        """Put a clock around a function."""
        function = getattr(owner, name)

        @functools.wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            if getattr(self._inside, stage, False):
                return function(*arguments, **named)
            setattr(self._inside, stage, True)
            begin = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                setattr(self._inside, stage, False)
                with self._lock:
                    self.seconds[stage] += time.perf_counter() - begin

        setattr(owner, name, timed)


def main() -> None:
    """Run a job and print its stages."""
    job, source, years, lake = sys.argv[1:]
    clock = _Clock()
    for stage, functions in CLOCKS.items():
        for owner, name in functions:
            clock.around(stage, owner, name)
    settings = load_settings(source=source, years=years, lake=Path(lake))
    start_up = time.perf_counter() - _BEGIN
    pipelines.run.run_job(job, settings, lambda _: None)
    whole = time.perf_counter() - _BEGIN
    found = dict(clock.seconds)
    known = sum(found.get(stage, 0.0) for stage in ("raw", "core", "sql", "publish"))
    found |= {"start-up": start_up, "dagster": whole - start_up - known, "all": whole}
    print(json.dumps(found))  # noqa: T201  # the answer


if __name__ == "__main__":
    main()

"""Where the time of a run goes, stage by stage: the real run in a program of its own, with clocks around functions.

Here: the clocks, and which function belongs to which stage. Not here: any way to run it (`pipelines.run`, `ours`).

    python stages.py refresh http://127.0.0.1:8123 2017-2026 LAKE      prints the seconds of each stage as JSON

Beside a job, `those` is what `ours.py` makes. Of the stages that follow one another, `processor: <stage>` is what both
processors did. Of the parts of raw it is all there is: their threads wait for one another, so seconds say little. What
libraries do in threads of their own is in the stage, and in none of its parts.
"""

import functools
import gc
import json
import os
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

# The stages that follow one another, so that what the processors did meanwhile is theirs.
FOLLOWING = ("raw", "core", "sql", "publish")
# Parts of raw, of which one inside another is part of the outer one.
RECEIVE = "raw: receiving and unpacking pages"
READ = "raw: reading pages, in this process"
BESIDE = "raw: reading pages in the second process, with its start"
KEEP = "raw: keeping answers and columns"
METADATA = "raw: metadata"


def _processor() -> float:
    """Give the seconds of processor of this program until now, and of those it started that have ended."""
    return sum(os.times()[:4])


def _second_process() -> float:
    """Give the seconds of processor of the programs this one started that have ended; there is but one kind."""
    return sum(os.times()[2:4])


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
            begin, did = time.perf_counter(), _processor()
            try:
                return function(*arguments, **named)
            finally:
                setattr(self._inside, stage, False)
                with self._lock:
                    self.seconds[stage] += time.perf_counter() - begin
                    if stage in FOLLOWING:
                        self.seconds[f"processor: {stage}"] += _processor() - did

        setattr(owner, name, timed)

    def around_part(self, part: str, owner: Any, name: str) -> None:  # a module or a class
        """Put a clock around a function that counts what its own thread does, unless it is inside another part."""
        function = getattr(owner, name)

        @functools.wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            if getattr(self._inside, "a part", False):
                return function(*arguments, **named)
            setattr(self._inside, "a part", True)
            begin = time.thread_time()
            try:
                return function(*arguments, **named)
            finally:
                setattr(self._inside, "a part", False)
                with self._lock:
                    self.seconds[f"processor: {part}"] += time.thread_time() - begin

        setattr(owner, name, timed)


def put_around(clock: _Clock) -> None:
    """Put clocks around the functions whose time is that of a stage; imported here, since importing is a stage too."""
    from assets.benchmark import assets as benchmark_assets
    from assets.cbs import assets as raw_assets
    from assets.cbs import download, lezer, pending, transport
    from assets.core import assets as core_assets
    from assets.core import base
    from assets.published import assets as published_assets
    from assets.published import publication

    stages: dict[str, tuple[tuple[Any, str], ...]] = {
        "raw": ((raw_assets, "download_all"),),
        "core": ((core_assets, "make_tables"),),
        "core: validate": ((base, "_checked"),),
        "core: write, of what is made whole": ((base, "write_table"),),
        "sql": ((benchmark_assets, "make_tables"),),
        "publish": ((published_assets, "publish"),),
        "publish: fill the file": ((publication, "fill"),),
        "publish: checks": ((publication, "_run_check"),),
    }
    one_download = download._Download
    parts: dict[str, tuple[tuple[Any, str], ...]] = {
        METADATA: tuple((one_download, name) for name in ("_find_id", "_info", "_describe", "_count")),
        RECEIVE: ((transport.Transport, "_fetch"), (transport.Transport, "_opened")),
        READ: ((lezer.Lezer, "read"),),
        KEEP: (
            (pending.Packed, "of"),
            (pending.Pending, "add_page"),
            (pending.Pending, "add"),
            (pending.Pending, "content_hash"),
        ),
    }
    for around, named in ((clock.around, stages), (clock.around_part, parts)):
        for name, functions in named.items():
            for owner, function in functions:
                around(name, owner, function)


def main() -> None:
    """Run a job and print its stages."""
    begin = time.perf_counter()
    from pipelines import cli

    # As the command line does, before it imports what is large.
    gc.set_threshold(cli._GARBAGE, 20, 100)
    clock = _Clock()
    with cli.kept_for_life():
        from ours import make

        from pipelines.run import run_job
        from pipelines.settings import load_settings

        put_around(clock)
    job, source, years, lake = sys.argv[1:]
    settings = load_settings(source=source, years=years, lake=Path(lake))
    start_up, started = time.perf_counter() - begin, _processor()
    if job == "those":
        make(source, years, Path(lake))
    else:
        run_job(job, settings, lambda _: None)
    whole, did = time.perf_counter() - begin, _processor()
    found = dict(clock.seconds)
    known = sum(found.get(stage, 0.0) for stage in FOLLOWING)
    of_known = sum(found.get(f"processor: {stage}", 0.0) for stage in FOLLOWING)
    found |= {"start-up": start_up, "dagster": whole - start_up - known, "all": whole}
    found |= {
        "processor: start-up": started,
        "processor: dagster": did - started - of_known,
        "processor: all": did,
    }
    if "raw" in found:
        found[f"processor: {BESIDE}"] = _second_process()
    print(json.dumps(found))  # noqa: T201  # the answer


if __name__ == "__main__":
    main()

"""`make bench`: measures everything in one run, and writes docs/performance.md with its plot.

Here: what is run, how often, in which order, and the document. Not here: measuring a program (`measure`), the limits
(`limits`), the stages (`stages`), or the usual way (`usual`).

Every figure is a median of runs that took turns on one machine; targets are ratios of figures of the same run.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
from document import write
from measure import ENVIRONMENT, HERE, Cost, run
from server import Bench, bench_source

from assets.benchmark.assets import published_tables
from assets.lake import Lake
from pipelines.replica.facts import load_facts

# Where ours runs: what requirements.lock installs, and nothing else (see the Makefile).
OURS = Path(sys.prefix) / "lean" / "bin"
PROGRAM = OURS / "reintegratie"
DOCUMENT = HERE.parent.parent / "docs" / "performance.md"
YEARS = "2017-2026"
DELAYS_MS = (0, 50)
MONTHS = (4, 12, 36)
CELLS_YEAR = 2024
TWO_YEARS = "2023-2024"  # with the same taakvelden
WAYS = ("refresh", "ours, those tables", "cbsodata", "requests")


@dataclass
class Found:
    """Everything that was measured.

    Args:
        ways: (delay in ms, way) -> its runs.
        same: table -> rows that were the same in each way.
        limits: name -> seconds.
        stages: job, or `those` (`ours.py`) -> stage -> seconds, and of processor.
        start: name -> seconds in all.
        night: the runs without news.
        rebuild: the runs of everything after raw.
        start_up_s: from the start of the program until a job can begin.
        growth: months -> job -> its runs.
        cells: cells of Iv3 -> its runs.
    """

    repeats: int
    ways: dict[tuple[int, str], list[Cost]] = field(default_factory=dict)
    same: dict[str, float] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=dict)
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    start: dict[str, float] = field(default_factory=dict)
    night: list[Cost] = field(default_factory=list)
    rebuild: list[Cost] = field(default_factory=list)
    start_up_s: float = 0.0
    growth: dict[int, dict[str, list[Cost]]] = field(default_factory=dict)
    cells: dict[int, list[Cost]] = field(default_factory=dict)


def usual(*arguments: object) -> list[object]:
    """Give the command of a usual way, which runs where pandas is."""
    return [sys.executable, HERE / "usual.py", *arguments]


def ours(program: str, *arguments: object) -> list[object]:
    """Give the command of a program of this folder that runs our code."""
    return [OURS / "python", HERE / program, *arguments]


def counted(source: Bench, command: Sequence[object], environment: Mapping[str, str] | None = None) -> Cost:
    """Run a program, and count what it asked of the source."""
    source.counters()
    cost = run(command, environment)
    asked = source.counters()
    return Cost(cost.wall_s, cost.cpu_s, cost.peak_mb, asked["requests"], asked["bytes"])


def answer(command: Sequence[object]) -> dict[str, float]:
    """Give what a program prints at its end, as JSON. Not done here: who runs programs must itself stay small.

    The operating system counts the memory of who starts a program as that program's, until it has started.
    """
    said = subprocess.run(
        [str(part) for part in command], env={**os.environ, **ENVIRONMENT}, stdout=subprocess.PIPE, check=True
    )
    found: dict[str, float] = json.loads(said.stdout.splitlines()[-1])
    return found


@contextmanager
def folder() -> Iterator[Path]:
    """Give an empty folder, and take it away."""
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        yield Path(made)


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, flush=True)  # noqa: T201  # a program for a person


def measure_ways(found: Found, source: Bench, lake: Path) -> None:
    """Measure the refresh beside the usual ways, in turns, after each gave the same tables."""
    first, last = YEARS.split("-")

    def once(way: str, keep: Path | None = None) -> Cost:
        with folder() as empty:
            target = keep or empty / "made"
            commands: dict[str, list[object]] = {
                "refresh": [PROGRAM, "refresh", "--source", source.url, "--years", YEARS, "--lake", target],
                "ours, those tables": ours("ours.py", source.url, YEARS, target),
                "cbsodata": usual("cbsodata", source.url, first, last, target),
                "requests": usual("requests", source.url, first, last, target),
            }
            return counted(source, commands[way])

    # The first time the source makes its answers; after that it gives them from memory.
    once("refresh", lake)
    with folder() as theirs:
        for way in ("cbsodata", "requests"):
            once(way, theirs / way)
            found.same = answer(ours("same.py", lake, theirs / way))
    once("ours, those tables")
    for delay in DELAYS_MS:
        source.delay(delay)
        for turn in range(found.repeats):
            for way in WAYS[turn % len(WAYS) :] + WAYS[: turn % len(WAYS)]:
                cost = once(way)
                found.ways.setdefault((delay, way), []).append(cost)
                say(f"{delay} ms, {way}: {cost.wall_s:.1f} s, {cost.peak_mb:.0f} MB")
    source.delay(0)


def measure_limits(found: Found, source: Bench, lake: Path) -> None:
    """Measure what the machine allows, and the stages of our run."""
    limits: dict[str, list[float]] = {}
    stages: dict[str, list[dict[str, float]]] = {"refresh": [], "build": [], "those": []}
    for _ in range(found.repeats):
        for name, seconds in answer(ours("limits.py", lake, source.url)).items():
            limits.setdefault(name, []).append(seconds)
        with folder() as made:
            for job, runs in stages.items():
                lake_of = made / ("those" if job == "those" else "lake")
                if job == "build":
                    only_raw(lake_of)
                runs.append(answer(ours("stages.py", job, source.url, YEARS, lake_of)))
    found.limits = {name: median(seconds) for name, seconds in limits.items()}
    for job, runs in stages.items():
        found.stages[job] = {stage: median(run[stage] for run in runs) for stage in runs[0]}
    say(f"limits {found.limits}")


def only_raw(lake: Path) -> None:
    """Take away everything a build makes; what CBS sent stays, and so does what was read from it."""
    for part in ("core", "benchmark", "rapport", "published", ".stempels"):
        shutil.rmtree(lake / part)


def measure_nights(found: Found, source: Bench, lake: Path) -> None:
    """Measure a night without news, a rebuild without a network, and how soon small commands answer."""
    refresh: list[object] = [PROGRAM, "refresh", "--source", source.url, "--years", YEARS, "--lake", lake]
    build: list[object] = [PROGRAM, "build", "--lake", lake]
    query = "select * from benchmark.uitgaven_nederland limit 5"
    small: dict[str, list[object]] = {
        "reintegratie --help": [PROGRAM, "--help"],
        "reintegratie sql": [PROGRAM, "sql", query, "--lake", lake],
    }
    start: dict[str, list[float]] = {}
    for _ in range(found.repeats):
        found.night.append(counted(source, refresh))
        only_raw(lake)
        found.rebuild.append(counted(source, build))
        for name, command in small.items():
            start.setdefault(name, []).append(run(command).wall_s)
        start.setdefault("start-up", []).append(run([OURS / "python", "-c", "import pipelines.run"]).wall_s)
    found.start_up_s = median(start.pop("start-up"))
    found.start = {name: median(seconds) for name, seconds in start.items()}
    say(f"night {Cost.of(found.night)}\nrebuild {Cost.of(found.rebuild)}")


def measure_growth(found: Found) -> None:
    """Measure with ever more months of 85588NED, and with ever more of an Iv3 year."""
    for months in MONTHS:
        with bench_source(months=months) as source, folder() as made:
            for turn in range(found.repeats + 1):
                lake = made / str(turn)
                refresh: list[object] = [PROGRAM, "refresh", "--source", source.url, "--years", "2024", "--lake", lake]
                costs = {"refresh": counted(source, refresh), "night": counted(source, refresh)}
                only_raw(lake)
                costs["rebuild"] = counted(source, [PROGRAM, "build", "--lake", lake])
                shutil.rmtree(lake)
                if turn:  # in the first one the source makes its answers
                    for job, cost in costs.items():
                        found.growth.setdefault(months, {}).setdefault(job, []).append(cost)
        say(f"{months} months: {Cost.of(found.growth[months]['refresh'])}")
    codes = [c.code for c in load_facts(None).iv3_codes[CELLS_YEAR] if c.soort == "taakveld" and c.code[0].isdigit()]
    with bench_source(months=MONTHS[0]) as source, folder() as made:
        for years, share in ((f"{CELLS_YEAR}", 9), (f"{CELLS_YEAR}", 1), (TWO_YEARS, 1)):
            some = sorted({*codes[::share], "6.5", "0.1"})
            environment = {
                "REINTEGRATIE_TAAKVELDEN": ",".join(code for code in some if code != "0.1"),
                "REINTEGRATIE_LEVERING_TAAKVELDEN": "0.1",
            }
            for turn in range(found.repeats + 1):
                lake = made / f"{years}-{share}-{turn}"
                command = [PROGRAM, "refresh", "--source", source.url, "--years", years, "--lake", lake]
                cost = counted(source, command, environment)
                with duckdb.connect() as con:
                    query = f"select sum(aantal_cellen) from '{lake}/core/iv3_levering.parquet'"
                    cells = int(con.execute(query).fetchall()[0][0])
                shutil.rmtree(lake)
                if turn:
                    found.cells.setdefault(cells, []).append(cost)
            say(f"{cells} cells: {Cost.of(found.cells[cells])}")


def commit() -> str:
    """Name the code that was measured; one that is not committed says so."""
    command = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    return subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True).stdout.strip()


def as_json(found: Found, lake: Path) -> dict[str, Any]:
    """Give what was measured for the document: medians, and the runs themselves."""

    def both(costs: Sequence[Cost]) -> dict[str, Any]:
        return {**asdict(Cost.of(costs)), "runs": [asdict(cost) for cost in costs]}

    ways: dict[str, dict[str, Any]] = {}
    for (delay, way), costs in found.ways.items():
        ways.setdefault(str(delay), {})[way] = both(costs)
    vintages = [Lake(lake).newest(bron) for bron in Lake(lake).bronnen()]
    return {
        "commit": commit(),
        "repeats": found.repeats,
        "machine": {"processors": os.cpu_count(), "python": platform.python_version()},
        "rows": sum(vintage.manifest.rows for vintage in vintages if vintage is not None),
        "tables": len(published_tables()),
        "ways": {delay: {way: ways[delay][way] for way in WAYS} for delay in ways},
        "same": found.same,
        "limits": found.limits,
        "stages": found.stages,
        "start": found.start,
        "night": both(found.night),
        "rebuild": both(found.rebuild),
        "start_up_s": found.start_up_s,
        "growth": {str(m): {job: both(costs) for job, costs in jobs.items()} for m, jobs in found.growth.items()},
        "cells": {str(cells): both(costs) for cells, costs in found.cells.items()},
    }


def main() -> None:
    """Measure, and write the document."""
    parser = argparse.ArgumentParser(description="Measures everything and writes docs/performance.md (an hour).")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    found = Found(options.repeats)
    with bench_source() as source, folder() as kept:
        measure_ways(found, source, kept / "lake")
        measure_limits(found, source, kept / "lake")
        measure_nights(found, source, kept / "lake")
        measure_growth(found)
        measured = as_json(found, kept / "lake")
    DOCUMENT.with_suffix(".json").write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    write(measured, DOCUMENT)


if __name__ == "__main__":
    main()

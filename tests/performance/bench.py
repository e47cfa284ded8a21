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
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

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
MONTHS = (4, 12, 24, 36)
MONTHS_YEARS = "2023-2025"  # the boekjaren of all these months, so that a month has the same to be joined with
# Boekjaren of Iv3, and of how many taakvelden one is taken; those of the last have the same codes.
CELLS = (("2022", 9), ("2022", 1), ("2018-2022", 1))
TAAKVELDEN_OF_LAST = 47  # of 53, so that it has the 12 million cells that were asked
# From the start of the program until a job can begin, with the care for garbage and the quick end of the command line.
START_UP = "import os; from pipelines import cli\nwith cli.kept_for_life():\n    from pipelines import run\nos._exit(0)"
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
        cells: cells of Iv3 (rows of CBS's table, each with two plaatsingen) -> job -> its runs.
        most_cells: limits of the last of those, of one run.
        csv: usual way -> seconds of writing its tables, of each run.
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
    cells: dict[int, dict[str, list[Cost]]] = field(default_factory=dict)
    most_cells: dict[str, float] = field(default_factory=dict)
    csv: dict[str, list[float]] = field(default_factory=dict)


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
            cost = counted(source, commands[way])
            if (csv := target / "seconds-of-csv").is_file() and not keep:
                found.csv.setdefault(way, []).append(float(csv.read_text()))
            return cost

    # The first time the source makes its answers; after that it gives them from memory.
    once("refresh", lake)
    with folder() as kept:
        once("ours, those tables", kept / "those")
        for way in ("cbsodata", "requests"):
            once(way, kept / way)
            for made in (lake, kept / "those"):
                found.same = answer(ours("same.py", made, kept / way))
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
        start.setdefault("start-up", []).append(run([OURS / "python", "-c", START_UP]).wall_s)
    found.start_up_s = median(start.pop("start-up"))
    found.start = {name: median(seconds) for name, seconds in start.items()}
    say(f"night {Cost.of(found.night)}\nrebuild {Cost.of(found.rebuild)}")


def measure_growth(found: Found) -> None:
    """Measure with ever more months of 85588NED, and with ever more of Iv3; the sizes of each in turns."""
    with ExitStack() as stack, folder() as made:
        sources = {months: stack.enter_context(bench_source(months=months)) for months in MONTHS}
        for turn in range(found.repeats + 1):
            for months, source in sources.items():
                costs = jobs_of(source, MONTHS_YEARS, made / "lake", is_first=not turn)[0]
                for job, cost in costs.items():
                    found.growth.setdefault(months, {}).setdefault(job, []).append(cost)
    for months, jobs in found.growth.items():
        say(f"{months} months: {Cost.of(jobs['refresh'])}")
    listed = [
        {code.code for code in codes if code.soort == "taakveld" and code.code[0].isdigit()}
        for jaar, codes in load_facts(None).iv3_codes.items()
        if 2018 <= jaar <= 2022
    ]
    codes = sorted(set.intersection(*listed))
    with bench_source(months=MONTHS[0]) as source, folder() as made:
        for turn in range(found.repeats + 1):
            for years, step in CELLS:
                some = codes[::step] if years == CELLS[0][0] else codes[:TAAKVELDEN_OF_LAST]
                environment = {
                    "REINTEGRATIE_TAAKVELDEN": ",".join(sorted({*some, "6.5"} - {"0.1"})),
                    "REINTEGRATIE_LEVERING_TAAKVELDEN": "0.1",
                }
                is_last = turn == found.repeats and (years, step) == CELLS[-1]
                limits = found.most_cells if is_last else None
                costs, cells = jobs_of(source, years, made / "lake", environment, limits, is_first=not turn)
                for job, cost in costs.items():
                    found.cells.setdefault(cells, {}).setdefault(job, []).append(cost)
    for cells, jobs in found.cells.items():
        say(f"{cells} cells: {Cost.of(jobs['refresh'])}")


def jobs_of(
    source: Bench,
    years: str,
    lake: Path,
    environment: Mapping[str, str] | None = None,
    limits: dict[str, float] | None = None,
    *,
    is_first: bool,
) -> tuple[dict[str, Cost], int]:
    """Measure a refresh from nothing, a night without news and a rebuild; also give the cells of Iv3 there were.

    Args:
        source: the source.
        years: boekjaren.
        lake: where there is nothing yet; nothing is left.
        environment: settings.
        limits: where the limits of the refresh go, if they are measured.
        is_first: the source still makes its answers: nothing of it counts.
    """
    refresh: list[object] = [PROGRAM, "refresh", "--source", source.url, "--years", years, "--lake", lake]
    costs = {"refresh": counted(source, refresh, environment)}
    # By a program of its own, as all that takes memory: see `answer`.
    query = "select sum(aantal_cellen) from core.iv3_levering where plaatsing = 1"
    said = subprocess.run([PROGRAM, "sql", query, "--lake", lake, "--format", "csv"], capture_output=True, check=True)
    cells = int(said.stdout.split()[-1])
    if not is_first:
        costs["night"] = counted(source, refresh, environment)
        if limits is not None:
            limits.update(answer(ours("limits.py", lake, source.url, "ours")))
        only_raw(lake)
        costs["rebuild"] = counted(source, [PROGRAM, "build", "--lake", lake], environment)
    shutil.rmtree(lake)
    return ({} if is_first else costs), cells


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
        "csv": {way: median(seconds) for way, seconds in found.csv.items()},
        "plain_bytes": sum(
            file.bytes for vintage in vintages if vintage is not None for file in vintage.manifest.files
        ),
        "limits": found.limits,
        "stages": found.stages,
        "start": found.start,
        "night": both(found.night),
        "rebuild": both(found.rebuild),
        "start_up_s": found.start_up_s,
        "growth": {str(m): {job: both(costs) for job, costs in jobs.items()} for m, jobs in found.growth.items()},
        "most_cells": found.most_cells,
        "cells": {str(cells): {job: both(costs) for job, costs in jobs.items()} for cells, jobs in found.cells.items()},
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

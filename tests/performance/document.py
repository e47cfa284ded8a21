"""docs/performance.md and its plot, from what was measured.

Here: the words, the tables, and the verdict on each target. Not here: measuring (`bench`).
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

from assets.cbs.transport import MAX_IN_FLIGHT

Measured = Mapping[str, Any]
LOOPBACK, FAR = "0", "50"
CBSODATA, REQUESTS, REFRESH, THOSE = "cbsodata", "requests", "refresh", "ours, those tables"
NAMES = {
    REFRESH: "`reintegratie refresh`: every table, checked and published",
    THOSE: "ours, those eleven tables only",
    CBSODATA: "`cbsodata` + pandas, eleven tables",
    REQUESTS: "`requests` + pandas, eleven tables",
}


def write(found: Measured, path: Path) -> None:
    """Write the document, and the plot beside it."""
    plot(found, path.with_suffix(".svg"))
    parts = [
        _head(found),
        _targets(found),
        _usual(found),
        _limits(found),
        _growth(found),
        _stages(found),
        _method(found),
    ]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def exponent(sizes: Mapping[str, float]) -> float:
    """Give the exponent with which a cost grows: the slope of its logarithm over that of the size."""
    x = [math.log(float(size)) for size in sizes]
    y = [math.log(cost) for cost in sizes.values()]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sum((a - mx) ** 2 for a in x)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Write a table in Markdown; numbers to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def _head(found: Measured) -> str:
    machine = found["machine"]
    return f"""# Performance

Written by `make bench` at commit {found["commit"]} ({found["repeats"]} runs of each, in turns; medians). Ratios are of the same run on the same machine; seconds
are of that machine ({machine["processors"]} processors, Python {machine["python"]}) and mean little elsewhere. The source is the replica
with its answers kept in memory, so nothing here says how fast CBS is. What was measured, run by run, is in
[performance.json](performance.json).

![Time of each way, and time and memory against size](performance.svg)"""


def _targets(found: Measured) -> str:
    ways, limits, stages = found["ways"], found["limits"], found["stages"]
    refresh, build = stages["refresh"], stages["build"]
    rows = []

    def row(what: str, target: str, measured: str, *, reached: bool, why: str = "") -> None:
        rows.append((what, target, measured, f"{'yes' if reached else '**no**'}{why}"))

    for delay, times in ((FAR, 5.0), (LOOPBACK, 2.0)):
        for way in (REFRESH, THOSE):
            ratio = ways[delay][CBSODATA]["wall_s"] / ways[delay][way]["wall_s"]
            what = (
                f"{'whole refresh' if way == REFRESH else 'the same eleven tables'}, {delay} ms, faster than `cbsodata`"
            )
            row(what, f"{times:g} x", f"{ratio:.2f} x", reached=ratio >= times, why=" (1)")
    share = ways[LOOPBACK][REFRESH]["bytes"] / ways[LOOPBACK][CBSODATA]["bytes"]
    row("bytes, of those of `cbsodata`", "1/10", f"1/{1 / share:.0f}", reached=share <= 0.1)
    share = ways[LOOPBACK][REFRESH]["peak_mb"] / ways[LOOPBACK][CBSODATA]["peak_mb"]
    row("peak memory, of that of `cbsodata`", "0.5 x", f"{share:.2f} x", reached=share <= 0.5, why=" (2)")
    fastest = min(seconds for name, seconds in limits.items() if name.startswith("parse"))
    ratio = refresh["raw"] / (limits["bytes"] + fastest)
    row("network and parse, of the limits (a) + (b)", "2 x", f"{ratio:.2f} x", reached=ratio <= 2, why=" (3)")
    ratio = refresh["sql"] / limits["sql"]
    row("benchmark SQL, of the limit (c)", "1.5 x", f"{ratio:.2f} x", reached=ratio <= 1.5, why=" (4)")
    work = found["rebuild"]["wall_s"] - found["start_up_s"]
    row("rebuild without a network, beyond start-up", "3 s", f"{work:.1f} s", reached=work <= 3, why=" (5)")
    night = found["night"]
    none = night["bytes"] < 200_000
    row(
        "a night without news, in all, no data",
        "5 s",
        f"{night['wall_s']:.1f} s, {night['requests']:.0f} requests, {night['bytes'] / 1e3:.0f} kB of metadata",
        reached=night["wall_s"] <= 5 and none,
    )
    cells, cost = max(found["cells"].items(), key=lambda item: int(item[0]))
    row(
        f"{int(cells) / 1e6:.1f} million cells of Iv3, the whole refresh (asked: 12 million)",
        "60 s, 1,500 MB",
        f"{cost['wall_s']:.0f} s, {cost['peak_mb']:,.0f} MB",
        reached=cost["wall_s"] <= 60 and cost["peak_mb"] <= 1500,
    )
    months = found["growth"]
    peaks = [job["refresh"]["peak_mb"] for job in months.values()]
    row(
        "peak memory, 85588NED x9 against x1",
        "1 x",
        f"{peaks[-1] / peaks[0]:.2f} x",
        reached=peaks[-1] <= 1.1 * peaks[0],
        why=" (6)",
    )
    slope = exponent({size: job["wall_s"] for size, job in found["cells"].items()})
    # Most of the smallest is there for any size, which flatters this; the table under Growth has the seconds themselves.
    row("time against cells, exponent", "1.1", f"{slope:.2f}", reached=slope <= 1.1)
    slope = exponent({size: job["refresh"]["wall_s"] for size, job in months.items()})
    row("time against months, exponent", "1.1", f"{slope:.2f}", reached=slope <= 1.1)
    for name, seconds, target in (("reintegratie --help", 0.5, "0.5 s"), ("reintegratie sql", 0.7, "0.7 s")):
        measured = found["start"][name]
        row(f"`{name}`", target, f"{measured:.2f} s", reached=measured <= seconds)
    publish = build["publish"] + build["sql"] + build["core"]
    # What is left of a refresh when everything of ours takes no time: at 50 ms the waiting hides the receiving and reading.
    waiting = ways[FAR][THOSE]["requests"] * int(FAR) / 1000 / MAX_IN_FLIGHT
    around = refresh["start-up"] + refresh["dagster"] + limits["sql"] + refresh["publish: fill the file"]
    floor = around + limits["bytes"] + fastest / 2, around + waiting
    asked = ways[LOOPBACK][CBSODATA]["wall_s"] / 2, ways[FAR][CBSODATA]["wall_s"] / 5
    verdict = (
        f"That is more than both targets: they are out of reach with these libraries, two processors and {MAX_IN_FLIGHT} requests at a time."
        if all(least > most for least, most in zip(floor, asked, strict=True))
        else f"For all that is ours that leaves {_left(asked[0] - floor[0])} on loopback and {_left(asked[1] - floor[1])} at 50 ms."
    )
    # The least time of the eleven tables when neither processor is idle but at the start and while Dagster writes.
    those = stages["those"]
    alone = those["start-up"] + those["dagster"]
    after = (those["processor: core"] + those["processor: sql"]) / 2
    least = (ways[LOOPBACK][THOSE]["cpu_s"] + alone) / 2, alone + waiting + after
    return f"""## Targets

{table(["what", "target", "measured", "reached"], rows)}

1. The refresh makes {found["tables"]} tables where the usual way makes eleven, keeps every answer, validates, checks and publishes; like
   with like is the row of the eleven tables, where ours still keeps and validates. The target asks for a refresh of
   {asked[0]:.1f} s on loopback and {asked[1]:.1f} s at 50 ms. What libraries alone take of one on loopback is about {floor[0]:.1f} s: imports
   {refresh["start-up"]:.1f} s, Dagster's own record of a run {refresh["dagster"]:.1f} s, receiving {limits["bytes"]:.1f} s, reading JSON on both processors
   {fastest / 2:.1f} s, DuckDB's time for the SQL {limits["sql"]:.1f} s and for writing the file {refresh["publish: fill the file"]:.1f} s. At 50 ms the usual way waits for
   {ways[FAR][CBSODATA]["requests"]:.0f} answers one after another, ours for {ways[FAR][THOSE]["requests"]:.0f}, {MAX_IN_FLIGHT} at a time: {waiting:.1f} s of waiting in the place of receiving and reading, {floor[1]:.1f} s in all.
   {verdict}
   The eleven tables take {ways[LOOPBACK][THOSE]["cpu_s"]:.1f} s of processor, {alone:.1f} s of it by one alone (start-up, Dagster's record): on loopback at
   least {least[0]:.1f} s, with neither processor idle after that; at 50 ms, with the waiting and {after:.1f} s of core and SQL on both processors after it, at least {least[1]:.1f} s.
   Core beside the downloads would hide some of that, and the memory of both would add up (2).
2. Libraries take 200 MB before the first row (Dagster, polars, DuckDB, pandera), and the second process that reads pages
   about 100 more while a page of 20 MB is in it. What peaks with the whole of 2017-2026 are the tables of sql/ and the
   checks; with one boekjaar the downloads, core and the published file within 10 % of each other.
3. Beyond receiving and reading, this stage keeps each answer (sha256, zstd), hashes the rows, and writes their columns.
4. Ours sorts, checks and writes each table as Parquet; the limit does none of that.
5. What a rebuild of all {found["tables"]} tables takes: core {build["core"]:.1f} s, SQL {build["sql"]:.1f} s, the published file {build["publish"]:.1f} s
   (together {publish:.1f} s), Dagster {build["dagster"]:.1f} s. The limit (c) alone is {limits["sql"]:.1f} s, and DuckDB needs
   {build["publish: fill the file"]:.1f} s to write the file.
6. With 4 months 85588NED is two pages; with 36 it is sixteen, of 100,000 rows and 20 MB each, so that one is read in either
   process while the next comes. After the downloads, what grows is core, and DuckDB on the tables by month. From 12 months
   (six pages) to 36 it is {peaks[-1] / peaks[1]:.2f} x."""


def _left(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds > 0 else "nothing"


def _usual(found: Measured) -> str:
    parts = [
        "## Against the usual way",
        "",
        "The same tables, rows and columns downloaded for 2017-2026, and eleven tables made of them, whole: those of the main "
        "job and the SRG. Before any time counted, those of each usual way were compared with ours, every row and every figure "
        "to the cent: "
        + ", ".join(f"{name} ({rows:,} rows)" for name, rows in found["same"].items())
        + ". The usual way "
        "writes CSV, which is about a fifth of its processor time on loopback; ours writes Parquet. Bytes are of bodies as sent: the source packs (gzip) for who accepts that. `cbsodata` does not ask for it; whether "
        "CBS packs is not recorded.",
    ]
    for delay, text in ((LOOPBACK, "On loopback"), (FAR, "With 50 ms added to every answer")):
        ways = found["ways"][delay]
        base = ways[CBSODATA]
        rows = [
            (
                NAMES[way],
                f"{base['wall_s'] / cost['wall_s']:.2f} x",
                f"{cost['wall_s']:.1f}",
                f"{cost['cpu_s']:.1f}",
                f"{cost['peak_mb']:,.0f}",
                f"{cost['requests']:.0f}",
                f"{cost['bytes'] / 1e6:.1f}",
            )
            for way, cost in ways.items()
        ]
        head = [text, "faster than `cbsodata`", "wall s", "CPU s", "peak MB", "requests", "MB"]
        parts += ["", table(head, rows)]
    return "\n".join(parts)


def _limits(found: Measured) -> str:
    limits, refresh = found["limits"], found["stages"]["refresh"]
    rows = [("(a) the same bytes received and thrown away, four at a time", f"{limits['bytes']:.2f}")]
    rows += [
        (f"(b) the same pages made columns, {name.removeprefix('parse: ')}, CPU", f"{seconds:.2f}")
        for name, seconds in limits.items()
        if name.startswith("parse")
    ]
    rows += [
        ("the stage raw of a refresh", f"{refresh['raw']:.2f}"),
        ("(c) DuckDB running the SQL of every table in memory, all threads", f"{limits['sql']:.2f}"),
        ("the stage sql of a refresh", f"{refresh['sql']:.2f}"),
    ]
    return f"## Against the limit\n\n{table(['what', 's'], rows)}"


def _growth(found: Measured) -> str:
    rows = [
        (
            months,
            *(f"{job[name]['wall_s']:.1f}" for name in ("refresh", "rebuild", "night")),
            f"{job['refresh']['peak_mb']:,.0f}",
            f"{job['refresh']['bytes'] / 1e6:.1f}",
        )
        for months, job in found["growth"].items()
    ]
    cells = [
        (
            f"{int(size):,}",
            f"{cost['wall_s']:.1f}",
            f"{cost['cpu_s']:.1f}",
            f"{cost['peak_mb']:,.0f}",
            f"{cost['bytes'] / 1e6:.1f}",
        )
        for size, cost in sorted(found["cells"].items(), key=lambda item: int(item[0]))
    ]
    return f"""## Growth

85588NED with ever more months, everything else of one boekjaar (2024) the same:

{table(["months", "refresh s", "rebuild s", "night without news s", "peak MB of refresh", "MB"], rows)}

Iv3 with ever more taakvelden (begroting and jaarrekening, both plaatsingen; the last one two boekjaren with all of them), 85588NED
with {min(found["growth"], key=int)} months. A cell is one value of one plaatsing. A whole Iv3 year has about 12 million rows
over six verslagsoorten; of these the core takes two.

{table(["cells", "wall s", "CPU s", "peak MB", "MB"], cells)}"""


def _stages(found: Measured) -> str:
    refresh, build = found["stages"]["refresh"], found["stages"]["build"]
    order = ["start-up", "raw", *sorted(s for s in refresh if s.startswith("raw: ")), "core"]
    order += [*sorted(s for s in refresh if s.startswith("core: ")), "sql", "publish"]
    order += [*sorted(s for s in refresh if s.startswith("publish: ")), "dagster", "all"]
    jobs = (refresh, build, found["stages"]["those"])
    rows = [
        (
            stage if ":" not in stage else f"&nbsp;&nbsp;{stage.partition(': ')[2]}",
            *(_seconds(job.get(key)) for job in jobs for key in (stage, f"processor: {stage}")),
        )
        for stage in order
    ]
    head = ["stage"]
    for job in ("refresh", "build", "the eleven tables"):
        head += [job, "of processor"]
    return f"""## Where it goes

Seconds of a refresh from nothing, of a build of everything from what was downloaded, and of the eleven tables from nothing; beside
each the seconds of processor, of which there are two. The parts of raw are added up over its threads, so they are more than raw
together; what is inside core, sql and publish but not named is the rest of it.

{table(head, rows)}"""


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _method(found: Measured) -> str:
    return f"""## How it is measured

- `tests/performance/bench.py` runs each way as a program of its own and takes its wall time, CPU and peak resident memory from the
  operating system (with the second process that reads pages, looked at ten times a second, added); requests and bytes are
  counted by the source. Ours runs in an environment of `requirements.lock` alone, as users have it. {found["repeats"]} runs of each, in turns that begin with another way
  each time; the first run of each, in which the source makes its answers, does not count.
- The usual way is `tests/performance/usual.py` and `usual_tables.py`: `cbsodata.get_data` with filters and a selection of columns, or `requests.get` a page,
  then `merge` and `groupby`. It has no retries, no check that all rows came, and keeps nothing. `cbsodata` speaks v3 only, so the source
  serves the v4 tables in v3 as well (CBS does too).
- A light form of the ratios, on a small world and with wide limits, is a test (`tests/performance/test_guard.py`)."""


def plot(found: Measured, path: Path) -> None:
    """Draw the time of each way, and time and memory against size."""
    mpl.use("svg")
    # The same figures, the same file.
    mpl.rcParams["svg.hashsalt"] = "reintegratie"
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 3.8), layout="constrained")
    names = [REFRESH, THOSE, CBSODATA, REQUESTS]
    for shift, (delay, colour) in enumerate(((LOOPBACK, "#4c78a8"), (FAR, "#f58518"))):
        walls = [found["ways"][delay][way]["wall_s"] for way in names]
        places = [number + 0.4 * shift for number in range(len(names))]
        left.barh(places, walls, 0.38, color=colour, label="loopback" if delay == LOOPBACK else "50 ms more")
    left.set_yticks([number + 0.2 for number in range(len(names))], names)
    left.invert_yaxis()
    left.set_xlabel("seconds")
    left.legend()
    months = found["growth"]
    for axis, sizes, label in (
        (middle, {int(m): job["refresh"] for m, job in months.items()}, "months of 85588NED"),
        (right, {int(c) / 1e6: cost for c, cost in found["cells"].items()}, "million cells of Iv3"),
    ):
        ordered = dict(sorted(sizes.items()))
        axis.plot(ordered.keys(), [c["wall_s"] for c in ordered.values()], "o-", color="#4c78a8", label="seconds")
        axis.set_ylim(bottom=0)
        axis.set_xlabel(label)
        axis.set_ylabel("seconds")
        memory = axis.twinx()
        memory.plot(ordered.keys(), [c["peak_mb"] for c in ordered.values()], "s--", color="#e45756", label="peak MB")
        memory.set_ylim(bottom=0)
        memory.set_ylabel("peak MB (dashed)")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)

"""docs/performance.md and its plot, from what was measured.

Here: the words, the tables, and the verdict on each target. Not here: measuring (`bench`).
"""

import math
from collections.abc import Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from stages import BESIDE, FOLLOWING, READ, RECEIVE

from assets.cbs.transport import MAX_IN_FLIGHT

Measured = Mapping[str, Any]
LOOPBACK, FAR = "0", "50"
JOBS = ("refresh", "rebuild", "night")
FLAT = 1.1  # how much more memory is still flat
ASKED_CELLS = 12_000_000
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


def exponent_beyond(sizes: Mapping[str, float]) -> float:
    """Give the exponent with which the part of a cost grows that is not there for any size.

    It is p of cost = a + b * size ** p, through the first, the last, and the size nearest to the middle of the two.
    """
    known = {float(size): cost for size, cost in sizes.items()}
    first, last = min(known), max(known)
    middle = min(set(known) - {first, last}, key=lambda size: abs(size - math.sqrt(first * last)))
    share = (known[last] - known[middle]) / (known[middle] - known[first])

    def of(power: float) -> float:
        return float((last**power - middle**power) / (middle**power - first**power))

    # The share grows with the exponent.
    low, high = 0.01, 10.0
    while high - low > 1e-6:
        power = (low + high) / 2
        low, high = (power, high) if of(power) < share else (low, power)
    return low


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Write a table in Markdown; numbers to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def _head(found: Measured) -> str:
    machine, far, near = found["machine"], found["ways"][FAR], found["ways"][LOOPBACK]
    times = [ways[CBSODATA]["wall_s"] / ways[way]["wall_s"] for ways in (far, near) for way in (REFRESH, THOSE)]
    return f"""# Performance

What a refresh costs beside the usual way to these figures (a script with `cbsodata` and pandas), beside what the machine allows, and as
the data grow. In short: from a source 50 ms away the whole refresh is {times[0]:.1f} times as fast as the usual way to eleven of its {found["tables"]}
tables, and those eleven alone {times[1]:.1f} times; from one on the same machine {times[2]:.1f} and {times[3]:.1f} times. It takes {near[REFRESH]["peak_mb"] / near[CBSODATA]["peak_mb"]:.2f} of its memory. A night
without news takes {found["night"]["wall_s"]:.1f} s. Not all that was aimed at is reached; the table says which, and why.

Words: *raw* is the downloads, *core* the tables made of them, *sql* the tables of schemas benchmark and rapport, *publish* the one DuckDB
file with its checks ([architecture.md](architecture.md)). 85588NED are the voorzieningen of the Statistiek Re-integratie Gemeenten, by month. v3 and v4 are
the two protocols of CBS. The *replica* stands in for CBS, with figures that are made up ([README](../README.md)).

Written by `make bench` at commit {found["commit"]}: medians of {found["repeats"]} runs of each, in turns. Ratios are of the same run on the same machine; seconds
are of that machine ({machine["processors"]} processors, Python {machine["python"]}) and mean little elsewhere. The replica keeps its answers in
memory, so nothing here says how fast CBS is. What was measured, run by run, is in [performance.json](performance.json).

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
    row("bytes, of those of `cbsodata`", "1/10", f"1/{1 / share:.0f}", reached=share <= 0.1, why=" (8)")
    share = ways[LOOPBACK][REFRESH]["peak_mb"] / ways[LOOPBACK][CBSODATA]["peak_mb"]
    row("peak memory, of that of `cbsodata`", "0.5 x", f"{share:.2f} x", reached=share <= 0.5, why=" (2)")
    fastest = min(seconds for name, seconds in limits.items() if name.startswith("parse"))
    ratio = _network_and_parse(refresh) / (limits["processor: bytes"] + fastest)
    row(
        "network and parse, of the limits (a) + (b), processor", "2 x", f"{ratio:.2f} x", reached=ratio <= 2, why=" (3)"
    )
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
        why=" (10)",
    )
    cells, cost = max(((int(size), jobs["refresh"]) for size, jobs in found["cells"].items()), key=itemgetter(0))
    row(
        f"{cells / 1e6:.1f} million cells of Iv3, the whole refresh (asked: 12 million)",
        "60 s, 1,500 MB",
        f"{cost['wall_s']:.0f} s, {cost['peak_mb']:,.0f} MB",
        reached=cost["wall_s"] <= 60 and cost["peak_mb"] <= 1500 and cells >= ASKED_CELLS,
        why=" (7)",
    )
    months = found["growth"]
    least, most = min(months, key=int), max(months, key=int)
    flat = {job: months[most][job]["peak_mb"] / months[least][job]["peak_mb"] for job in JOBS}
    row(
        f"peak memory, 85588NED x{int(most) / int(least):.0f} against x1: " + ", ".join(JOBS),
        f"1 x (to {FLAT:g})",
        ", ".join(f"{ratio:.2f}" for ratio in flat.values()) + " x",
        reached=max(flat.values()) <= FLAT,
        why=" (6)",
    )
    for name, sizes in (("cells", found["cells"]), ("months", months)):
        walls = {size: jobs["refresh"]["wall_s"] for size, jobs in sizes.items()}
        slope = exponent(walls), exponent_beyond(walls)
        row(
            f"time against {name}, exponent: of all, and of what is not there for any size",
            "1.1",
            f"{slope[0]:.2f}, {slope[1]:.2f}",
            reached=max(slope) <= 1.1,
            why=" (9)",
        )
    for name, seconds, target in (("reintegratie --help", 0.5, "0.5 s"), ("reintegratie sql", 0.7, "0.7 s")):
        measured = found["start"][name]
        row(f"`{name}`", target, f"{measured:.2f} s", reached=measured <= seconds)
    publish = build["publish"] + build["sql"] + build["core"]
    # One after another, at the speed of the limits. At 50 ms the waiting is in the place of receiving and reading.
    waiting = ways[FAR][THOSE]["requests"] * int(FAR) / 1000 / MAX_IN_FLIGHT
    # Ours, several side by side, may be faster than one after another with all threads.
    copying = min(limits["file"], build["publish: fill the file"])
    around = refresh["start-up"] + limits["dagster"] + limits["sql"] + copying
    floor = around + limits["bytes"] + fastest / 2, around + waiting
    asked = ways[LOOPBACK][CBSODATA]["wall_s"] / 2, ways[FAR][CBSODATA]["wall_s"] / 5
    those = stages["those"]
    alone = those["start-up"] + those["dagster"]
    half = [(ways[delay][THOSE]["cpu_s"] + alone) / 2 for delay in (LOOPBACK, FAR)]
    packed, plain = ways[LOOPBACK][REFRESH]["bytes"], found["plain_bytes"]
    known = found["most_cells"]
    read = sum(seconds for name, seconds in known.items() if name.startswith("parse")) / 2
    of_most = refresh["start-up"] + sum(known[name] for name in ("dagster", "bytes", "sql", "file")) + read
    parsed = f"{_network_and_parse(refresh):.1f} of the {refresh['processor: raw']:.1f} s of processor"
    share = ways[LOOPBACK][CBSODATA]["bytes"] / plain
    unpacked = f"that is {share:.2f} x fewer than" if share > 1 else f"that is {1 / share:.2f} x those of"
    return f"""## Targets

{table(["what", "target", "measured", "reached"], rows)}

1. The refresh makes {found["tables"]} tables where the usual way makes eleven, keeps every answer, validates, checks and publishes; like
   with like is the row of the eleven tables, where ours still keeps and validates. The target is a refresh of
   {asked[0]:.1f} s on loopback and {asked[1]:.1f} s at 50 ms. Of a whole one the limits themselves, one after another, take {floor[0]:.1f} s on loopback:
   imports {refresh["start-up"]:.1f} s, a Dagster run of the same assets that do nothing {limits["dagster"]:.1f} s, receiving {limits["bytes"]:.1f} s, reading JSON on both
   processors {fastest / 2:.1f} s, DuckDB running the SQL {limits["sql"]:.1f} s and copying all tables into a file {copying:.1f} s. At 50 ms the usual
   way waits for {ways[FAR][CBSODATA]["requests"]:.0f} answers one after another, ours for {ways[FAR][THOSE]["requests"]:.0f}, {MAX_IN_FLIGHT} at a time (no more, out of courtesy to CBS): {waiting:.1f} s of waiting
   in the place of receiving and reading, {floor[1]:.1f} s in all. That leaves {_left(asked[0] - floor[0])} on loopback and {_left(asked[1] - floor[1])} at 50 ms for
   making core, validating, keeping, checking, describing and comparing with what was published before.
   With the work it does now, and both processors busy all the time but for start-up and Dagster's record ({alone:.1f} s, one alone), the eleven
   tables would take {half[0]:.1f} s on loopback and {half[1]:.1f} s at 50 ms.
2. What peaks are the tables of sql/; the processes that read pages are counted together.
3. {parsed} of the stage raw: receiving and unpacking, reading in this process, and the whole of the second process that reads beside it. The
   rest asks what there is (metadata), keeps each answer (sha256, zstd), hashes the rows, and writes their columns.
4. Ours sorts, checks and writes each table as Parquet; the limit does none of that.
5. What a rebuild of all {found["tables"]} tables takes, by the stages below: core {build["core"]:.1f} s, SQL {build["sql"]:.1f} s, the published file {build["publish"]:.1f} s
   (together {publish:.1f} s), Dagster and what is not named {build["dagster"]:.1f} s. The limits alone, DuckDB running the SQL ({limits["sql"]:.1f} s) and copying
   the tables into a file ({copying:.1f} s), take {limits["sql"] + copying:.1f} s.
6. A rebuild reads what was kept, and a night looks at it alone. The largest table by month, and the checks that compare voorzieningen,
   are made a year at a time; what is left grows by {(months[most]["rebuild"]["peak_mb"] - months[least]["rebuild"]["peak_mb"]) / (int(most) - int(least)):.1f} MB a month.
7. A cell is a row of CBS's table, with a value for each of both plaatsingen. A whole year of Iv3 is about 12 million of them over six
   verslagsoorten; of these core takes two, so that they are of five boekjaren here. With ever more of them memory grows (see Growth).
   The limits of this refresh, one after another, take {of_most:.0f} s here (one run): imports {refresh["start-up"]:.1f} s, Dagster (of all assets) {known["dagster"]:.1f} s, receiving {known["bytes"]:.1f} s,
   our reader of JSON on both processors {read:.1f} s, DuckDB running the SQL {known["sql"]:.1f} s and copying all tables into a file {known["file"]:.1f} s (ours
   copies several side by side, which can be faster). Of the 60 s that leaves {_left(60 - of_most)} for making core, keeping, checking and validating.
   With the work it does now ({cost["cpu_s"]:.0f} s of processor), and both processors busy all the time, it would take {cost["cpu_s"] / 2:.0f} s.
8. The source packs (gzip) for who asks for that, as ours does and `cbsodata` does not; whether CBS packs is not recorded. Without
   packing ours would be {plain / 1e6:.0f} MB in the place of {packed / 1e6:.0f}; {unpacked} `cbsodata`.
9. The second figure is p of time = a + b size^p, through the smallest, a middle and the largest size: most of what the smallest takes any
   size takes, which flatters the first figure.
10. Of the {night["wall_s"]:.1f} s imports take {refresh["start-up"]:.1f} s and a Dagster run of the same assets that do nothing {limits["dagster"]:.1f} s, so that
   {_left(5 - refresh["start-up"] - limits["dagster"])} of the 5 s is left for asking CBS, and for looking whether every table is still what it was made from."""


def _network_and_parse(stages: Mapping[str, float]) -> float:
    """Give the seconds of processor of the stages network and parse."""
    return sum(stages[f"processor: {part}"] for part in (RECEIVE, READ, BESIDE))


def _left(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds > 0 else "nothing"


def _usual(found: Measured) -> str:
    csv, near = found["csv"], found["ways"][LOOPBACK]
    without = {way: (near[CBSODATA]["wall_s"] - csv[CBSODATA]) / near[way]["wall_s"] for way in (REFRESH, THOSE)}
    parts = [
        "## Against the usual way",
        "",
        "The same tables, rows and columns downloaded for 2017-2026, and eleven tables made of them, whole: those of the main "
        "job and the SRG. Before any time counted, those of each usual way were compared with ours, every row and every figure "
        "to the cent: "
        + ", ".join(f"{name} ({rows:,} rows)" for name, rows in found["same"].items())
        + f". The usual way writes CSV, which takes `cbsodata` {csv[CBSODATA]:.1f} s; ours writes Parquet. Without it ours would be "
        f"{without[REFRESH]:.2f} and {without[THOSE]:.2f} times as fast on loopback. Bytes are of bodies as sent.",
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
    limits, refresh, build = found["limits"], found["stages"]["refresh"], found["stages"]["build"]
    parse = {name: seconds for name, seconds in limits.items() if name.startswith("parse")}
    received, network = limits["processor: bytes"], _network_and_parse(refresh)
    both = received + min(parse.values())
    rows: list[tuple[str, str, str]] = [
        (
            "(a) the same bytes received and thrown away, four at a time, processor",
            f"{received:.2f}",
            f"{received / both:.2f}",
        )
    ]
    rows += [
        (
            f"(b) the same pages made columns, {name.removeprefix('parse: ')}, processor",
            f"{seconds:.2f}",
            f"{seconds / both:.2f}",
        )
        for name, seconds in parse.items()
    ]
    rows += [
        ("network and parse of a refresh, processor", f"{network:.2f}", f"{network / both:.2f}"),
        (
            "the whole stage raw, processor",
            f"{refresh['processor: raw']:.2f}",
            f"{refresh['processor: raw'] / both:.2f}",
        ),
        ("(c) DuckDB running the SQL of every table in memory, all threads", f"{limits['sql']:.2f}", "1.00"),
        ("the stage sql of a refresh", f"{refresh['sql']:.2f}", f"{refresh['sql'] / limits['sql']:.2f}"),
        ("DuckDB copying the Parquet of every table into a file, all threads", f"{limits['file']:.2f}", "1.00"),
        (
            "filling the published file, in a rebuild",
            f"{build['publish: fill the file']:.2f}",
            f"{build['publish: fill the file'] / limits['file']:.2f}",
        ),
        ("a Dagster run of the same assets that do nothing", f"{limits['dagster']:.2f}", "1.00"),
        (
            "what of a refresh is in no stage of ours",
            f"{refresh['dagster']:.2f}",
            f"{refresh['dagster'] / limits['dagster']:.2f}",
        ),
    ]
    return f"""## Against the limit

The last column is against (a) with the fastest of (b), or against the limit above it. The fastest of (b) is the reader of ours, alone. Tables
are copied into a file one after another; ours copies several side by side, which can be faster.

{table(["what", "s", "x the limit"], rows)}"""


def _growth(found: Measured) -> str:
    months, cells = found["growth"], dict(sorted(found["cells"].items(), key=lambda item: int(item[0])))
    return f"""## Growth

85588NED with ever more months, everything else of their three boekjaren (2023-2025) the same:

{_sizes("months", months, 1)}

Iv3 with ever more taakvelden (begroting and jaarrekening, both plaatsingen; one boekjaar, the last line five), 85588NED
with {min(months, key=int)} months:

{_sizes("cells", cells, 1e6)}"""


def _sizes(what: str, sizes: Mapping[str, Any], unit: float) -> str:
    """Write what each size takes, and what it takes more than the line before, for each more."""
    rows = []
    before: tuple[str, Any] | None = None
    for size, jobs in sizes.items():
        more = ""
        if before is not None:
            step = (int(size) - int(before[0])) / unit
            more = f"{(jobs['refresh']['wall_s'] - before[1]['refresh']['wall_s']) / step:.2f}"
        first = next(iter(sizes.values()))
        rows.append(
            (
                f"{int(size):,}",
                *(f"{jobs[job]['wall_s']:.1f}" for job in JOBS),
                f"{jobs['refresh']['wall_s'] / first['refresh']['wall_s']:.2f}",
                more,
                *(f"{jobs[job]['peak_mb']:,.0f}" for job in JOBS),
                f"{jobs['refresh']['bytes'] / 1e6:.1f}",
            )
        )
        before = size, jobs
    each = "month" if unit == 1 else "million"
    head = [what, *(f"{job} s" for job in JOBS), "refresh, x the smallest", f"s for each {each} more"]
    return table([*head, *(f"{job} MB" for job in JOBS), "MB sent"], rows)


def _stages(found: Measured) -> str:
    refresh = found["stages"]["refresh"]
    parts = sorted(
        {stage.removeprefix("processor: ") for stage in refresh if ": " in stage.removeprefix("processor: ")}
    )
    order = ["start-up"]
    for stage in FOLLOWING:
        order += [stage, *(part for part in parts if part.startswith(f"{stage}: "))]
    order += ["dagster", "all"]
    jobs = (refresh, found["stages"]["build"], found["stages"]["those"])
    rows = [
        (
            stage if ":" not in stage else f"&nbsp;&nbsp;{stage.partition(': ')[2]}",
            *(cell for job in jobs for cell in (_seconds(job, stage), _seconds(job, f"processor: {stage}"))),
            *(_share(job, stage) for job in jobs),
        )
        for stage in order
    ]
    names = ("refresh", "build", "the eleven tables")
    head = [
        "stage",
        *(column for name in names for column in (name, "of processor")),
        *(f"% of {name}" for name in names),
    ]
    return f"""## Where it goes

Seconds of a refresh from nothing, of a build of everything from what was downloaded, and of the eleven tables from nothing; beside
each the seconds of processor, of which there are two, and the share of all seconds. Of the parts of raw there is only what their own
threads did on a processor, since they wait for one another. Those of core and publish are seconds added up over the threads that make tables side
by side, so they can be more than the stage. What is in no part is work that has no clock, or of threads of libraries.

{table(head, rows)}"""


def _share(job: Mapping[str, float], stage: str) -> str:
    return "" if stage not in job or ": " in stage else f"{100 * job[stage] / job['all']:.0f}"


def _seconds(job: Mapping[str, float], stage: str) -> str:
    return f"{job[stage]:.2f}" if stage in job else ""


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
        (middle, {int(m): jobs["refresh"] for m, jobs in months.items()}, "months of 85588NED"),
        (right, {int(c) / 1e6: jobs["refresh"] for c, jobs in found["cells"].items()}, "million cells of Iv3"),
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

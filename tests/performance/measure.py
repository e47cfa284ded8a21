"""What a program costs: time, processor, memory, and what it asked of the source.

Here: running a program and reading its cost from the operating system. Not here: which programs (`bench`).

    python measure.py PROGRAM ARGUMENT...      prints its cost as JSON: for who is too large to start it (see `run`)
"""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Self

PROGRAM = Path(sys.executable).with_name("reintegratie")
HERE = Path(__file__).parent
# As a scheduler runs it: what Python compiled is kept, nothing is told to Dagster's makers.
ENVIRONMENT = {"DAGSTER_DISABLE_TELEMETRY": "1", "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": ""}


@dataclass(frozen=True)
class Cost:
    """What a run cost.

    Args:
        wall_s: seconds from start to end.
        cpu_s: seconds of processor, of the program and of those it waited for.
        peak_mb: the most memory that it and the programs it started held at once (resident, what they share counted
            for each), in 10**6 bytes; 0 where that cannot be told.
        requests: requests to the source.
        bytes: of the bodies of the answers, as sent.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    requests: int = 0
    bytes: int = 0

    @classmethod
    def of(cls, costs: Sequence[Self]) -> Self:
        """Give the median of each part."""
        names = cls.__dataclass_fields__
        return cls(**{name: median(getattr(cost, name) for cost in costs) for name in names})


def run(command: Sequence[object], environment: Mapping[str, str] | None = None) -> Cost:
    """Run a program to its end.

    Raises:
        RuntimeError: it failed; the message has the end of what it said.
    """
    begin = time.perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **ENVIRONMENT, **(environment or {})},
    )
    assert process.stdout is not None
    together = _Together(process.pid)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    wall = time.perf_counter() - begin
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}:\n{said.decode()[-3000:]}")
    # Until a program has started, the operating system counts the memory of who starts it as its own.
    peak = usage.ru_maxrss if usage.ru_maxrss > _own_peak_kb() else 0
    return Cost(wall, usage.ru_utime + usage.ru_stime, max(peak * 1024, together.peak()) / 1e6)


def _own_peak_kb() -> int:
    """Give the most memory this program held; not with `getrusage`, which counts in what started it."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM:"))


def run_beside(command: Sequence[object]) -> Cost:
    """Run a program to its end, started by one that is small, so that its memory can be told."""
    beside = [sys.executable, __file__, *map(str, command)]
    said = subprocess.run(beside, stdout=subprocess.PIPE, text=True, check=True).stdout
    return Cost(**json.loads(said))


class _Together:
    """Looks ten times a second at what a program and those it started hold; the system tells it of each alone.

    Args:
        pid: of the program.
    """

    def __init__(self, pid: int) -> None:
        self._pid, self._most = pid, 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def peak(self) -> int:
        """Stop looking, and give the most bytes that two or more held together; 0 when there was only one."""
        self._ended.set()
        self._thread.join()
        return self._most

    def _look(self) -> None:
        while not self._ended.wait(0.1):
            held = list(_held(self._pid))
            if len(held) > 1:
                self._most = max(self._most, sum(held))


def _held(pid: int) -> Iterator[int]:
    """Give the bytes that a program holds, and then those of each it started; of Linux, elsewhere nothing."""
    folder = Path(f"/proc/{pid}")
    try:
        yield int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        children = [child for task in folder.glob("task/*/children") for child in task.read_text().split()]
    except (OSError, IndexError):
        return  # it ended while it was looked at
    for child in children:
        yield from _held(int(child))


if __name__ == "__main__":
    print(json.dumps(asdict(run(sys.argv[1:]))))  # noqa: T201  # the answer

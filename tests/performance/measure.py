"""What a program costs: time, processor, memory, and what it asked of the source.

Here: running a program and reading its cost from the operating system. Not here: which programs (`bench`).
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
        peak_mb: the most memory it held at once (resident), in 10**6 bytes; 0 where that cannot be told.
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
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    wall = time.perf_counter() - begin
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}:\n{said.decode()[-3000:]}")
    # Until a program has started, the operating system counts the memory of who starts it as its own.
    peak = usage.ru_maxrss if usage.ru_maxrss > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss else 0
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak * 1024 / 1e6)

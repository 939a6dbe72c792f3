"""What importing railguard costs, beside `import pydantic; pydantic.BaseModel`: CPU time of fresh interpreters."""

from __future__ import annotations

import resource
import subprocess
import sys

from measure import environment, print_rows

FLOOR = "import pydantic; pydantic.BaseModel"


def cpu_of(code: str, runs: int = 11) -> float:
    """CPU seconds of a fresh interpreter that runs `code`, the median of `runs`."""
    times = []
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True, env=environment())
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return sorted(times)[runs // 2]


def rows() -> list[tuple[str, float, float]]:
    """(what, CPU seconds, ratio to pydantic)."""
    floor = cpu_of(FLOOR)
    codes = ("import railguard", "from railguard import Guard; Guard.from_rail", "pass")
    return [(FLOOR, floor, 1.0), *((code, seconds := cpu_of(code), seconds / floor) for code in codes)]


if __name__ == "__main__":
    print_rows(rows())

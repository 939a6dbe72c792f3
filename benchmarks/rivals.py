"""The same work in railguard and in other libraries, each in a virtual environment of its own that this program sets up.

    python benchmarks/rivals.py                 all of them
    python benchmarks/rivals.py instructor      one of them

Both sides of a ratio run in one process, by turns. The environments stay in .venv-bench/, which may be removed. What cannot
be installed is skipped, with the reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from measure import environment

__all__ = ["GROUPS", "RivalRow", "rows"]

ROOT = Path(__file__).parents[1]
HOME = ROOT / ".venv-bench"
MINUTES = 20


class RivalRow(NamedTuple):
    """One piece of work. ours, theirs: CPU seconds. ratio, low, high: ours by theirs. goal: None if there is none."""

    rival: str
    work: str
    ours: float
    theirs: float
    ratio: float
    low: float
    high: float
    goal: float | None


GROUPS = {
    "instructor": ("instructor>=1.17", "openai>=3", "json-repair"),
    "pydantic-ai": ("pydantic-ai-slim[openai]>=2",),
    "trustcall": ("trustcall>=0.0.39",),
    "baml-py": ("baml-py>=0.226",),
    "guardrails-ai": ("guardrails-ai>=0.6",),
}
"""Name of a rival → what is installed besides railguard. The program that measures it is benchmarks/with_NAME.py."""


def rows(names: list[str] | None = None) -> Iterator[RivalRow | str]:
    """Set up and measure each; a text for each one that could not be."""
    for name in names or list(GROUPS):
        reason = _installed(name)
        if reason is not None:
            yield f"{name}: {reason}"
            continue
        yield from _measured(name)


def _installed(name: str) -> str | None:
    folder = HOME / name
    if (folder / "ready").exists():
        return None
    venv.create(folder, with_pip=True, clear=True)
    install = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        done = subprocess.run(
            [*install, "-e", f"{ROOT}[jsonschema]", *GROUPS[name]],
            check=False,
            capture_output=True,
            text=True,
            timeout=60 * MINUTES,
        )
    except subprocess.TimeoutExpired:
        return f"it was not installed within {MINUTES} minutes"
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        return f"it cannot be installed: {(errors or ['pip failed'])[-1]}"
    (folder / "ready").touch()
    return None


def _measured(name: str) -> Iterator[RivalRow | str]:
    folder = HOME / name
    script = Path(__file__).parent / f"with_{name.replace('-', '_')}.py"
    done = subprocess.run(
        [str(folder / "bin" / "python"), str(script)],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**environment(), "HOME": str(folder)},
    )
    for line in done.stdout.splitlines():
        if line.startswith('{"rival"'):
            yield RivalRow(**json.loads(line))
    if done.returncode != 0:
        yield f"{name}: {(done.stderr.strip().splitlines() or ['it failed'])[-1]}"


if __name__ == "__main__":
    for row in rows([name for name in sys.argv[1:] if name in GROUPS]):
        print(row, flush=True)

"""The same work in railguard and in other libraries, each in a virtual environment of its own that this program sets up.

    python benchmarks/rivals.py                 all of them
    python benchmarks/rivals.py instructor      one of them
    python benchmarks/rivals.py tokens          the tokens that a valid output costs with some of them

Both sides of a ratio run in one process, by turns. The environments stay in .venv-bench/, which may be removed. What cannot
be installed is skipped, with the reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from measure import environment

__all__ = ["GROUPS", "RivalRow", "TokenRow", "rows", "token_rows"]

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


class TokenRow(NamedTuple):
    """What a valid output of a shape costs on average, in tokens that the model reads and writes. schema: where it is."""

    library: str
    schema: str
    shape: str
    questions: float
    read: float
    written: float


GROUPS = {
    "instructor": ("instructor>=1.17", "openai>=3", "json-repair"),
    "pydantic-ai": ("pydantic-ai-slim[openai]>=2",),
    "trustcall": ("trustcall>=0.0.39",),
    "baml-py": ("baml-py>=0.226",),
    "guardrails-ai": ("guardrails-ai>=0.6",),
}
"""Name of a rival → what is installed besides railguard. The program that measures it is benchmarks/with_NAME.py."""
COUNTED = ("instructor>=1.17", "openai>=3", "pydantic-ai-slim[openai]>=2", "bpe-openai>=0.1.4")
"""What counting tokens needs besides railguard."""


def rows(names: list[str] | None = None) -> Iterator[RivalRow | str]:
    """Set up and measure each; a text for each one that could not be."""
    for name in names or list(GROUPS):
        for row in _printed(name, GROUPS[name], f"with_{name.replace('-', '_')}.py"):
            yield row if isinstance(row, str) else RivalRow(**row)


def token_rows() -> Iterator[TokenRow | str]:
    """Set up and count; a text if that could not be."""
    for row in _printed("tokens", COUNTED, "tokens.py"):
        yield row if isinstance(row, str) else TokenRow(**row)


def _installed(name: str, packages: Sequence[str]) -> str | None:
    folder = HOME / name
    if (folder / "ready").exists():
        return None
    venv.create(folder, with_pip=True, clear=True)
    install = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        done = subprocess.run(
            [*install, "-e", f"{ROOT}[jsonschema]", *packages],
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


def _printed(name: str, packages: Sequence[str], script: str) -> Iterator[dict[str, Any] | str]:
    """Set an environment up and run a program in it: the rows that it prints, each a line of JSON, or why there is none."""
    reason = _installed(name, packages)
    if reason is not None:
        yield f"{name}: {reason}"
        return
    folder = HOME / name
    done = subprocess.run(
        [str(folder / "bin" / "python"), str(Path(__file__).parent / script)],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**environment(), "HOME": str(folder)},
    )
    yield from (json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    if done.returncode != 0:
        yield f"{name}: {(done.stderr.strip().splitlines() or ['it failed'])[-1]}"


if __name__ == "__main__":
    chosen = sys.argv[1:] or [*GROUPS, "tokens"]
    for found in rows([one for one in chosen if one in GROUPS]) if {*chosen} & {*GROUPS} else ():
        print(found, flush=True)
    for counted in token_rows() if "tokens" in chosen else ():
        print(counted, flush=True)

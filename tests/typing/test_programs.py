"""mypy (strict) and pyright say of programs.py what stands there beside each line: the revealed types, and the errors."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).with_name("programs.py")
LINES = PROGRAMS.read_text("utf-8").splitlines()
REVEALED = {
    at: found[1] for at, line in enumerate(LINES, 1) if (found := re.search(r"reveal_type\(.*\)  # (.*)", line))
}
ERRORS = {at for at, line in enumerate(LINES, 1) if line.endswith("  # error")}


def of_mypy() -> tuple[dict[int, str], set[int]]:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file=", str(PROGRAMS)]
    said = subprocess.run(command, capture_output=True, text=True, cwd=PROGRAMS.parents[2]).stdout
    revealed = dict(re.findall(r"programs\.py:(\d+): note: Revealed type is \"(.*)\"", said))
    errors = {int(at) for at in re.findall(r"programs\.py:(\d+): error: ", said)}
    return {int(at): _short(kind) for at, kind in revealed.items()}, errors


def of_pyright() -> tuple[dict[int, str], set[int]]:
    command = [_pyright() or "", "--pythonpath", sys.executable, "-p", str(PROGRAMS.with_name("pyrightconfig.json"))]
    said = subprocess.run(command, capture_output=True, text=True, cwd=PROGRAMS.parents[2]).stdout
    revealed = dict(re.findall(r"programs\.py:(\d+):\d+ - information: Type of \".*\" is \"(.*)\"", said))
    errors = {int(at) for at in re.findall(r"programs\.py:(\d+):\d+ - error: ", said)}
    return {int(at): _short(kind) for at, kind in revealed.items()}, errors


def _short(kind: str) -> str:
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", kind).replace("*", "")


def _pyright() -> str | None:
    """pyright, or the distribution of it that brings its own node."""
    names = [str(Path(sys.executable).with_name("basedpyright")), "pyright", "basedpyright"]
    return next((found for name in names if (found := shutil.which(name))), None)


CHECKERS = [
    of_mypy,
    pytest.param(of_pyright, marks=pytest.mark.skipif(_pyright() is None, reason="pyright is not installed")),
]


def test_the_programs_say_what_is_expected_of_them():
    assert len(REVEALED) > 40
    assert len(ERRORS) > 15


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_checker_reveals_the_types_and_finds_the_errors(checker):
    revealed, errors = checker()
    assert revealed == REVEALED
    assert errors == ERRORS

"""Runs the tests on the newest Python of this machine, in an environment of their own: `make test-newest`.

Looked for are `python3.N` on the path, and what pyenv has. Where there is none that is newer than the one that runs this
program, that is said, and nothing fails.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NEWEST_KNOWN = 13
"""The newest minor version that pyproject.toml names; a later one may lack packages that the tests need."""


def found() -> dict[int, str]:
    """Minor versions of Python 3 that are here, each with a program."""
    programs = {minor: shutil.which(f"python3.{minor}") for minor in range(11, NEWEST_KNOWN + 1)}
    here = {minor: program for minor, program in programs.items() if program is not None and _runs(program)}
    for folder in sorted((Path.home() / ".pyenv" / "versions").glob("3.*")):
        version = re.fullmatch(r"3\.(\d+)\.\d+", folder.name)
        program = folder / "bin" / "python3"
        if version and program.is_file() and 11 <= int(version[1]) <= NEWEST_KNOWN:
            here[int(version[1])] = str(program)
    return here


def _runs(program: str) -> bool:
    return subprocess.run([program, "-c", ""], check=False, capture_output=True).returncode == 0


def main() -> int:
    """Run them. Returns make's exit code."""
    programs = found()
    newest = max(programs, default=0)
    if newest <= sys.version_info.minor:
        print(f"skipped: there is no Python newer than 3.{sys.version_info.minor} here")
        return 0
    print(f"== Python 3.{newest}", flush=True)
    # What is left open is collected, and warned of, at other times than on the usual Python, whose run looks for it.
    given = "ARGS=-W ignore::pytest.PytestUnraisableExceptionWarning"
    command = ["make", "test", f"PYTHON={programs[newest]}", "VENV=.venv-newest", given]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

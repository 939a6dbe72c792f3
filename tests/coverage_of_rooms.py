"""Branch coverage of floors 0 to 3 by the tests of their own rooms.

    python tests/coverage_of_rooms.py [ROOM…] [--missing]

The tests of each room run by themselves under coverage. A line for each room says what they cover of it: that is what
somebody who changes the room finds out without any other tests. The last line says what all of them together cover of
all these rooms; it may not fall below `fail_under` in pyproject.toml. What is excused there has its reason beside it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS: dict[str, tuple[list[str], list[str]]] = {
    "values": (["values/*"], ["tests/values"]),
    "errors": (
        ["errors.py", "idioms.py", "spec.py", "inputs.py"],
        ["tests/test_errors.py", "tests/guard/test_idioms.py", "tests/guard/test_input_rules.py"],
    ),
    "schema": (["schema/*"], ["tests/schema"]),
    "validation": (["validation/*"], ["tests/validation"]),
    "rail": (["rail/*"], ["tests/rail", "tests/language", "tests/cli/test_migrate.py"]),
    "sources": (["sources/*"], ["tests/sources"]),
    "parsing": (["parsing/*"], ["tests/parsing"]),
    "prompting": (
        ["prompting/*"],
        [
            *(
                "tests/prompting",
                "tests/rail/test_defaults.py",
                "tests/rail/test_prompts.py",
                "tests/rail/test_migrate.py",
            ),
            *("tests/guard/test_defaults.py", "tests/guard/test_input_rules.py", "tests/loop/test_reask_asking.py"),
            *("tests/loop/test_changes.py", "tests/loop/test_update.py"),
        ],
    ),
    "checking": (
        ["checking/*"],
        [
            *("tests/checking", "tests/guard/test_defaults.py", "tests/guard/test_input_rules.py"),
            *("tests/guard/test_pickling.py", "tests/loop/test_nulls.py"),
        ],
    ),
    "loop": (["loop/*", "streaming/*"], ["tests/loop"]),
}
"""(files, tests) of each room; streaming is tested with the loop, of whose answers it looks at the pieces. What an editor
asks of a document, `language` asks of `rail`; the words of a reask are asked for by the loop."""


def measured(room: str, folder: Path) -> Path:
    """The data of a run of a room's tests. Ends the program if they do not pass."""
    data = folder / f".coverage.{room}"
    tests = [str(ROOT / one) for one in ROOMS[room][1]]
    run = ["run", "--branch", f"--source={ROOT / 'railguard'}", f"--data-file={data}"]
    pytest = ["-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *tests]
    done = subprocess.run([sys.executable, "-m", "coverage", *run, *pytest], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"the tests of {room} do not pass:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return data


def report(data: Path, files: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    """The report on some files of railguard."""
    include = ",".join(str(ROOT / "railguard" / one) for one in files)
    command = ["report", f"--data-file={data}", f"--include={include}", *options]
    return subprocess.run([sys.executable, "-m", "coverage", *command], cwd=ROOT, capture_output=True, text=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"one of {', '.join(ROOMS)}; all by default")
    parser.add_argument("--missing", action="store_true", help="list the lines and branches that are not covered")
    given = parser.parse_args()
    if unknown := set(given.rooms) - set(ROOMS):
        parser.error(f"there is no room {', '.join(sorted(unknown))}; there are {', '.join(ROOMS)}")
    rooms = given.rooms or list(ROOMS)
    with tempfile.TemporaryDirectory() as folder:
        found: list[Path] = []
        for room in rooms:
            found.append(measured(room, Path(folder)))
            own = report(found[-1], ROOMS[room][0], "--precision=1", "--fail-under=0", "--show-missing")
            lines = own.stdout.splitlines()
            print(f"{room}: {lines[-1].split()[-1] if lines else own.stderr}", flush=True)
            if given.missing:
                print("\n".join(line for line in lines if not line.rstrip().endswith("100.0%")))
        whole = Path(folder) / ".coverage"
        command = [sys.executable, "-m", "coverage", "combine", "--quiet", f"--data-file={whole}", *map(str, found)]
        subprocess.run(command, cwd=ROOT, check=True)
        files = [one for room in rooms for one in ROOMS[room][0]]
        together = report(whole, files, "--precision=1", *([] if rooms == list(ROOMS) else ["--fail-under=0"]))
        print(f"all together: {together.stdout.splitlines()[-1].split()[-1] if together.stdout else together.stderr}")
        print(*(line for line in together.stdout.splitlines() if "failure" in line), sep="\n", end="")
        return together.returncode


if __name__ == "__main__":
    raise SystemExit(main())

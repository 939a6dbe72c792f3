"""Runs tests/heavy/sdks with each major of each SDK, in virtual environments of their own. It installs much.

    python tests/heavy/run_sdks.py                 all of them
    python tests/heavy/run_sdks.py openai-2        one of them; further arguments go to pytest

The environments stay in .venv-sdks/, which may be removed.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".venv-sdks"
SDKS = {
    "openai-2": (["openai>=2,<3"], ["test_openai.py"]),
    "openai-3": (["openai>=3,<4"], ["test_openai.py"]),
    "anthropic-1": (["anthropic>=1,<2"], ["test_anthropic.py"]),
    "anthropic-2": (["anthropic>=2,<3"], ["test_anthropic.py"]),
    "litellm": (["litellm>=1.100"], ["test_litellm.py"]),
    "langchain-models": (
        ["langchain>=1", "langchain-anthropic>=1", "langchain-google-genai>=3"],
        ["test_langchain_models.py"],
    ),
    "google-genai": (["google-genai>=2"], ["test_google_genai.py"]),
}
"""Name → what is installed, and the tests that are run with it."""


def run(name: str, arguments: list[str]) -> int:
    """Set an environment up if it is not there, and run its tests. Returns pytest's exit code."""
    packages, files = SDKS[name]
    python = HOME / name / "bin" / "python"
    if not (HOME / name / "ready").exists():
        venv.create(HOME / name, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-e", str(ROOT)]
        subprocess.run([*install, *packages, "pytest>=8.3"], check=True)
        (HOME / name / "ready").touch()
    tests = [str(ROOT / "tests" / "heavy" / "sdks" / file) for file in files]
    command = [str(python), "-m", "pytest", "-o", "filterwarnings=", "-p", "no:cacheprovider", *tests, *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    chosen = [name for name in sys.argv[1:] if name in SDKS] or list(SDKS)
    given = [argument for argument in sys.argv[1:] if argument not in SDKS]
    failed = []
    for one in chosen:
        print(f"== {one}", flush=True)
        if run(one, given) != 0:
            failed.append(one)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)

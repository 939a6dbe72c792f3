"""The wheel that `make dist` builds holds all that railguard needs: installed in a bare environment, it does the main job."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(one) for one in command], check=False, capture_output=True, text=True, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that holds the wheel and what it asks for, and nothing else."""
    dist, bare = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("bare")
    run(sys.executable, "-m", "build", "--outdir", dist, ROOT, cwd=dist)
    (wheel,) = dist.glob("*.whl")
    venv.create(bare, with_pip=True)
    run(bare / "bin" / "python", "-m", "pip", "install", "--quiet", wheel, cwd=bare)
    return bare / "bin"


def test_it_asks_a_model_and_again_for_what_failed(installed, tmp_path):
    example = ROOT / "examples" / "fees"
    given = ("--model", f"replay:{example / 'conversation.jsonl'}", "--var", f"document=@{example / 'agreement.txt'}")
    output = json.loads(run(installed / "railguard", "run", ROOT / "specs" / "fees.rail", *given, cwd=tmp_path))
    assert output["fees"]


def test_it_brings_its_validators_types_and_data(installed, tmp_path):
    assert str(ROOT) not in run(installed / "python", "-c", "import railguard; print(railguard.__file__)", cwd=tmp_path)
    assert len(run(installed / "railguard", "validators", cwd=tmp_path).splitlines()) > 100
    shipped = (
        "from importlib.resources import files; room = files('railguard');"
        "print((room / 'py.typed').is_file(), len(list((room / 'play' / 'static').iterdir())))"
    )
    typed, count = run(installed / "python", "-c", shipped, cwd=tmp_path).split()
    assert typed == "True"
    assert int(count) > 10


def test_an_extra_that_is_missing_is_named_with_what_to_install(installed, tmp_path):
    command = [str(installed / "railguard"), "serve", str(ROOT / "specs"), "--model", "openai:m"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert "railguard[server]" in done.stderr

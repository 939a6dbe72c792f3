"""A folder to work in, and the command line as a function."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from railguard.cli import main

ROOT = Path(__file__).parents[2]

ANSWER = {
    "issuer": "Harbour Bank plc",
    "fees": [
        {"index": 1, "name": "Annual Fee", "amount": 49.0, "explanation": "Charged each year on the anniversary."},
        {"index": 2, "name": "cash withdrawal charge", "amount": 3.5, "explanation": "For each withdrawal of cash."},
    ],
    "interest": {"purchases": "19.9%", "valid_from": "2026-02-31"},
    "late_payment": {"consequence": "fee", "amount": 12.0},
}

MODELS = '''
from typing import Annotated
from pydantic import BaseModel, Field
from railguard import Guard, validator

@validator("shouts", replace=True)
def shouts(value: str) -> bool | str:
    """In capitals."""
    return value.isupper() or "Write it in capitals."

class Fees(BaseModel):
    issuer: str
    count: int = Field(ge=0)

guard = Guard.from_rail_string(
    '<rail version="1.0"><output><string name="a" validators="shouts" on-fail-shouts="noop"/></output></rail>'
)
'''


@dataclass
class Result:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, with the example, a stored answer, a JSON Schema and a module of models in it."""
    shutil.copy(ROOT / "specs/fees.rail", tmp_path)
    shutil.copy(ROOT / "specs/invoice-0.1.rail", tmp_path)
    shutil.copy(ROOT / "examples/fees/agreement.txt", tmp_path)
    shutil.copy(ROOT / "examples/fees/conversation.jsonl", tmp_path)
    (tmp_path / "answer.json").write_text(json.dumps(ANSWER) + "\n", encoding="utf-8")
    (tmp_path / "age.rail").write_text(
        '<rail version="1.0"><output><integer name="age"/></output></rail>', encoding="utf-8"
    )
    schema = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
    (tmp_path / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    (tmp_path / "answers.jsonl").write_text('{"age": 1}\n{"id": "b", "output": {"age": "x"}}\n', encoding="utf-8")
    (tmp_path / "models.py").write_text(MODELS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    sys.modules.pop("models", None)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`cli("check", "a.rail", stdin="…")`."""

    def run(*argv: str, stdin: str | bytes = b"") -> Result:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        capsys.readouterr()
        code = main(list(argv))
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run

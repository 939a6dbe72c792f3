"""The fingerprint of a spec: the same for the same spec in every process, another one for whatever decides otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, field_validator

from railguard import Guard
from railguard.batch.identity import fingerprint
from railguard_validators.length import length

ROOT = Path(__file__).parents[2]


class Inner(BaseModel):
    a: int

    @field_validator("a")
    @classmethod
    def _even(cls, value: int) -> int:
        assert value % 2 == 0
        return value


class Outer(BaseModel):
    inner: list[Inner] | None


def _with_other_code() -> type[BaseModel]:
    """Outer, whose Inner has the same schema and checks otherwise."""

    class Inner(BaseModel):
        a: int

        @field_validator("a")
        @classmethod
        def _even(cls, value: int) -> int:
            assert value % 3 == 0
            return value

    Inner.__qualname__ = "Inner"
    same = {"inner": list[Inner] | None}
    return type("Outer", (BaseModel,), {"__annotations__": same, "__module__": __name__})


RAIL = '<rail version="1.0"><output><string name="a" validators="{}"/></output><messages>{}</messages></rail>'
MESSAGE = '<message role="user">{} ${{gr.complete_json_suffix}}</message>'
OTHERS: dict[str, tuple[Callable[[], Guard], Callable[[], Guard]]] = {
    "an argument of a rule": (
        lambda: Guard.from_rail_string(RAIL.format("length: 1 2", MESSAGE.format("a"))),
        lambda: Guard.from_rail_string(RAIL.format("length: 1 3", MESSAGE.format("a"))),
    ),
    "a message": (
        lambda: Guard.from_rail_string(RAIL.format("length: 1 2", MESSAGE.format("a"))),
        lambda: Guard.from_rail_string(RAIL.format("length: 1 2", MESSAGE.format("b"))),
    ),
    "a rule in an annotation": (
        lambda: Guard.from_pydantic(Annotated[str, length(max=3)]),
        lambda: Guard.from_pydantic(Annotated[str, length(max=4)]),
    ),
    "what is repaired": (
        lambda: Guard.from_json_schema({"enum": ["a"]}),
        lambda: Guard.from_json_schema({"enum": ["a"]}, repair="none"),
    ),
    "the code of a model inside of the model": (
        lambda: Guard.from_pydantic(list[Outer]),
        lambda: Guard.from_pydantic(list[_with_other_code()]),  # type: ignore[misc]  # made while the test runs
    ),
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_decides_otherwise_has_another_fingerprint(what: str) -> None:
    one, other = OTHERS[what]
    assert fingerprint(one()) == fingerprint(one())
    assert fingerprint(one()) != fingerprint(other())


def test_another_process_has_the_same_fingerprint() -> None:
    code = (
        "from railguard import Guard; from railguard.batch.identity import fingerprint; "
        "print(fingerprint(Guard.from_rail('specs/fees.rail')))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "3"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == fingerprint(Guard.from_rail(ROOT / "specs" / "fees.rail"))

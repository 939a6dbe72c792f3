"""A guard goes to another process as it is, also after it was used: what is compiled is compiled there anew."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, field_validator

from railguard import Guard
from railguard_validators.length import length
from railguard_validators.lower_case import lower_case

ROOT = Path(__file__).parents[2]


class Fee(BaseModel):
    name: Annotated[str, length(max=12, on_fail="fix"), lower_case(on_fail="fix")]
    amount: float = Field(ge=0)
    kind: str = "x"

    @field_validator("kind")
    @classmethod
    def _lower(cls, value: str) -> str:
        return value.lower()


FEES = '[{"name": "Annual fee that is long", "amount": -2}, {"name": "ab", "amount": "3", "kind": "AA"}]'
PATTERNS = {"type": "object", "properties": {"a": {"type": ["string", "null"], "not": {"enum": ["x"]}}}}
GUARDS = {
    "RAIL": (Guard.from_rail(ROOT / "specs" / "fees.rail"), '{"issuer": "HARBOUR", "fees": []}'),
    "pydantic": (
        Guard.from_pydantic(list[Fee], messages="List ${what}").using(length(min=3, on_fail="noop"), on="$[*].name"),
        FEES,
    ),
    "JSON Schema with keywords that the tree does not hold": (Guard.from_json_schema(PATTERNS), '{"a": "x"}'),
    "JSON Schema with null": (Guard.from_json_schema(PATTERNS), '{"a": null}'),
    "text": (Guard.from_string([length(max=3)]), "four"),
}


@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_that_was_used_is_pickled_and_gives_the_same_outcome(name: str) -> None:
    guard, text = GUARDS[name]
    told = guard.parse(text).to_dict()
    again = pickle.loads(pickle.dumps(guard))
    assert again.parse(text).to_dict() == told
    assert again.json_schema() == guard.json_schema()
    assert again.variables == guard.variables
    twice: Guard[Any] = pickle.loads(pickle.dumps(again))
    assert twice.parse(text).to_dict() == told


def test_a_fix_in_a_pickled_guard_is_still_held_against_the_structure_of_its_field() -> None:
    guard = pickle.loads(pickle.dumps(GUARDS["pydantic"][0]))
    model = guard.spec.schema.user_model
    in_tree = {
        id(rule) for node in guard.spec.schema.definitions.values() for one in node.fields for rule in one.node.rules
    }
    in_model = {id(rule) for site in model.sites for rule in site.rules}
    assert in_tree
    assert in_tree & in_model


def test_a_validator_of_the_program_that_was_started_cannot_be_found_and_the_pickler_says_which() -> None:
    code = (
        "import pickle\nfrom railguard import Guard, validator\n"
        "@validator('mine')\ndef mine(value: str) -> bool:\n    return True\n"
        "try:\n    pickle.dumps(Guard.from_string([mine()]))\nexcept pickle.PicklingError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    assert "mine" in done.stdout

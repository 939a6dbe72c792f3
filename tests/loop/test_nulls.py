"""A provider that enforces a schema may want every member named, so its model writes null for an optional one that it has
nothing for. Then null means "not there", under every policy of repair; where lossless repairs are allowed, it is one.
Elsewhere null is a value."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import BaseModel

from railguard import Guard
from railguard.schema.targets import DIALECTS
from railguard.spec import RepairPolicy
from railguard.testing import ScriptedModel

USER = [{"role": "user", "content": "go"}]
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "size": {"type": "integer"},
        "note": {"type": ["string", "null"]},
        "parts": {"type": "array", "items": {"type": "object", "properties": {"weight": {"type": "number"}}}},
    },
    "required": ["name"],
}
ANSWER = '{"name": "a", "size": null, "note": null, "parts": [{"weight": null}]}'


class Part(BaseModel):
    weight: float = 1.5


class Thing(BaseModel):
    name: str
    size: int = 7
    note: str | None = None
    parts: list[Part] = []


class Enforcing(ScriptedModel):
    """A model behind a provider that enforces this dialect."""

    schema_target: Any = "openai-strict"


def enforcing(target: str, answers: list[str]) -> Enforcing:
    model = Enforcing(answers)
    model.schema_target = target
    return model


STRICT = [name for name, dialect in DIALECTS.items() if dialect.all_required]


@pytest.mark.parametrize("target", STRICT)
@pytest.mark.parametrize("repair", get_args(RepairPolicy))
def test_null_for_an_optional_member_is_left_out_where_every_member_had_to_be_named(target: str, repair: Any) -> None:
    outcome = Guard.from_json_schema(SCHEMA, repair=repair)(enforcing(target, [ANSWER]), messages=USER, max_reasks=0)
    assert outcome.passed
    assert outcome.output == {"name": "a", "note": None, "parts": [{}]}
    on_record = [] if repair in ("none", "syntax") else ["$.parts[0].weight", "$.size"]
    assert sorted(str(one.path) for one in outcome.repairs) == on_record


@pytest.mark.parametrize("repair", get_args(RepairPolicy))
def test_a_users_model_gets_its_defaults_for_such_nulls(repair: Any) -> None:
    outcome = Guard.from_pydantic(Thing, repair=repair)(
        enforcing("openai-strict", [ANSWER]), messages=USER, max_reasks=0
    )
    assert outcome.output == Thing(name="a", parts=[Part()])


def test_null_for_a_required_member_stays_a_failure() -> None:
    answers = ['{"name": null}', '{"name": null}']
    outcome = Guard.from_json_schema(SCHEMA)(enforcing("openai-strict", answers), messages=USER, max_reasks=1)
    assert not outcome.passed
    assert [str(one.path) for one in outcome.failures] == ["$.name"]


def test_elsewhere_null_is_a_value_of_the_wrong_type() -> None:
    guard = Guard.from_json_schema(SCHEMA, repair="none")
    assert not guard.parse(ANSWER).passed
    assert not guard(enforcing("draft2020-12", [ANSWER]), messages=USER, max_reasks=0).passed

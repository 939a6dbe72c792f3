"""Defaults, and the small leniencies of the structure: each is filled or taken where it is safe, and on record."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from railguard import UNSET, Guard, SpecError, ValidationOutcome, validator
from railguard.testing import ScriptedModel
from railguard_validators.upper_case import upper_case

USER = [{"role": "user", "content": "go"}]
seen: list[Any] = []


@validator("t-de-see", replace=True)
def see(value: Any) -> None:
    """Remembers what it was given."""
    seen.append(value)


class Item(BaseModel):
    b: str = "filled"


class Model(BaseModel):
    a: int
    b: str = "filled"
    items: list[Item] = []


TEXT = {"type": "string", "default": "filled"}
ITEM = {"type": "object", "properties": {"b": TEXT}}
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": TEXT, "items": {"type": "array", "items": ITEM, "default": []}},
    "required": ["a"],
}
RAIL = """<rail version="1.0"><output><integer name="a"/><string name="b" required="false" default="filled"/>
  <list name="items" required="false"><object><string name="b" required="false" default="filled"/></object></list>
</output></rail>"""


@pytest.fixture(params=["rail", "pydantic", "json schema"])
def guard(request: pytest.FixtureRequest) -> Guard:
    if request.param == "rail":
        return Guard.from_rail_string(RAIL)
    return Guard.from_pydantic(Model) if request.param == "pydantic" else Guard.from_json_schema(SCHEMA)


def plain(outcome: ValidationOutcome) -> Any:
    return outcome.to_dict()["output"]


def fills(outcome: ValidationOutcome) -> set[tuple[Any, ...]]:
    return {(tuple(r.path), r.before) for r in outcome.repairs if r.rule == "default"}


def test_a_default_fills_a_missing_field_and_is_recorded(guard: Guard) -> None:
    outcome = guard.parse('{"a":1,"items":[{},{"b":"x"}]}')
    assert outcome.passed
    assert plain(outcome) == {"a": 1, "b": "filled", "items": [{"b": "filled"}, {"b": "x"}]}
    assert fills(outcome) == {(("b",), UNSET), (("items", 0, "b"), UNSET)}
    assert outcome.iterations[0].repairs == outcome.repairs


def test_it_is_recorded_where_another_field_fails(guard: Guard) -> None:
    recorded = (("b",), UNSET) in fills(guard.parse('{"a":[],"items":[]}'))
    assert recorded is (guard.spec.schema.user_model is None), (
        "a model fills its own defaults, when it accepts the rest"
    )


def test_it_is_recorded_where_another_field_is_mended_by_a_reask(guard: Guard) -> None:
    outcome = guard(ScriptedModel(['{"a":[],"items":[]}', '{"a":2}']), messages=USER)
    assert plain(outcome) == {"a": 2, "b": "filled", "items": []}
    assert fills(outcome) == {(("b",), UNSET)}


def test_it_is_recorded_once(guard: Guard) -> None:
    outcome = guard(ScriptedModel(['{"a":[],"items":[]}', '{"a":{}}', '{"a":2}']), messages=USER)
    assert len([r for r in outcome.repairs if r.path == ("b",)]) == 1


def test_a_value_that_is_there_is_never_replaced_by_the_default(guard: Guard) -> None:
    outcome = guard.parse('{"a":1,"b":[],"items":[]}')
    assert [f.path for f in outcome.failures] == [("b",)]


def test_a_default_is_no_ones_to_change() -> None:
    guard = Guard.from_json_schema(SCHEMA)
    first = guard.parse('{"a":1}')
    first.output["items"].append("spoiled")
    assert guard.parse('{"a":1}').output["items"] == []


def test_a_null_for_an_optional_field_is_taken_for_no_field_and_recorded() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    outcome = Guard.from_json_schema(schema).parse('{"a":null}')
    assert outcome.output == {}
    assert [(r.path, r.before, r.after) for r in outcome.repairs] == [(("a",), None, UNSET)]


def test_a_whole_number_written_with_a_point_is_an_integer_and_recorded() -> None:
    outcome = Guard.from_json_schema(SCHEMA).parse('{"a":12.0,"b":"x","items":[]}')
    assert outcome.output["a"] == 12
    assert type(outcome.output["a"]) is int
    assert [(r.path, r.before, r.after, r.kind) for r in outcome.repairs] == [(("a",), 12.0, 12, "lossless")]


@pytest.mark.parametrize("text", ["1e30", "12345678901234567890.0", "1.0e16", "9007199254740993.0"])
def test_a_whole_number_too_large_for_a_float_to_hold_is_not_changed_on_the_way(text: str) -> None:
    from decimal import Decimal

    outcome = Guard.from_json_schema(SCHEMA).parse('{"a":' + text + ',"b":"x","items":[]}')
    assert not outcome.passed or outcome.output["a"] == int(Decimal(text))


class TestRepairPolicy:
    @pytest.mark.parametrize("text", ['{"a":12.0}', '{"A":12}', '```json\n{"a":12}\n```', 'Here: {"a":12}'])
    def test_none_means_that_nothing_is_repaired(self, text: str) -> None:
        schema = {
            "type": "object",
            "properties": {"a": {"type": "integer"}},
            "required": ["a"],
            "additionalProperties": False,
        }
        assert Guard.from_json_schema(schema).parse(text).passed
        outcome = Guard.from_json_schema(schema, repair="none").parse(text)
        assert not outcome.passed
        assert outcome.repairs == ()

    def test_syntax_does_not_include_lossless(self) -> None:
        guard = Guard.from_json_schema(SCHEMA, repair="syntax")
        assert guard.parse('```json\n{"a":12}\n```').passed
        assert not guard.parse('{"a":12.0}').passed


class TestPydanticDecides:
    """A user's own model decides for itself; what it makes of a value is the output, and rules see that."""

    def test_a_rule_sees_the_value_as_the_model_reads_it(self) -> None:
        class Lax(BaseModel):
            a: Annotated[int, see()]

        seen.clear()
        outcome = Guard.from_pydantic(Lax).parse('{"a":"36"}')
        assert outcome.output == Lax(a=36)
        assert seen == [36]
        assert outcome.partial == {"a": "36"}, "the state is the JSON that was read"
        assert not outcome.repairs

    def test_what_the_model_accepts_is_no_repair(self) -> None:
        class Lax(BaseModel):
            a: int

        outcome = Guard.from_pydantic(Lax, repair="none").parse('{"a":"36"}')
        assert outcome.output == Lax(a=36)
        assert not outcome.repairs


@pytest.mark.parametrize("source", [Guard.from_rail_string(RAIL), Guard.from_json_schema(SCHEMA)])
def test_a_rule_that_is_added_and_that_a_default_fails_is_refused(source: Guard) -> None:
    rule = upper_case()
    with pytest.raises(SpecError, match=r"rule-default.*with the rules on \$\.b, the default of 'b' fails"):
        source.using(rule, on="$.b")
    assert source.using(upper_case(on_fail="noop"), on="$.b").parse('{"a": 1}').output["b"] == "filled"


def test_a_default_of_a_variable_is_checked_against_added_rules_too() -> None:
    guard = Guard.from_rail_string(
        '<rail version="1.0"><input><string name="tone" default="plain"/></input><output type="string"/>'
        '<messages><message role="user">${tone}</message></messages></rail>'
    )
    with pytest.raises(SpecError, match="rule-default"):
        guard.using(upper_case(), on="input.tone")

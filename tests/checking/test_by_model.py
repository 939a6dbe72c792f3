"""Law: a user's own model judges an answer as plain pydantic does, with our rules at their places in it.

The oracle is `TypeAdapter(T).validate_json(text)`. Where the two differ, it is one of the closed list of exceptions (a) to
(f), each of which has its tests here.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import json
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Generator, Iterable
from typing import Annotated, Any, Literal, NamedTuple, NotRequired

import pytest
from model_ways import USER, Way, aparsed, at, every_way, parsed, plain
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    Json,
    OnErrorOmit,
    PlainSerializer,
    Tag,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    WrapValidator,
    computed_field,
    field_validator,
    model_validator,
)
from typing_extensions import TypedDict

from railguard import (
    Context,
    FailResult,
    Guard,
    Limits,
    OnFail,
    Path,
    SpecError,
    ValidationFailed,
    ValidationOutcome,
    ValidatorError,
    validator,
)
from railguard.schema import structure
from railguard.testing import ScriptedModel
from railguard_validators.length import length
from railguard_validators.valid_range import valid_range

POLICIES = ["none", "syntax", "lossless", "judgement"]
calls: Counter[str] = Counter()
seen: list[Any] = []


@pytest.fixture(autouse=True)
def nothing_was_called() -> None:
    calls.clear()
    seen.clear()


def counted(name: str, function: Callable[[Any], Any] = lambda value: value) -> Callable[[Any], Any]:
    def call(value: Any) -> Any:
        calls[name] += 1
        return function(value)

    return call


def counted_wrap(name: str) -> Callable[[Any, Any], Any]:
    def call(value: Any, handler: Any) -> Any:
        calls[name] += 1
        return handler(value)

    return call


# -- what is accepted: as by plain pydantic, with as many calls --------------------------------------------------------


class Before(BaseModel):
    a: Annotated[int, BeforeValidator(counted("before", lambda v: str(v).split()[0]))]


class After(BaseModel):
    a: Annotated[int, AfterValidator(counted("after", lambda v: v + 1))]


class Wrap(BaseModel):
    a: Annotated[int, WrapValidator(counted_wrap("wrap"))]


class Chain(BaseModel):
    a: Annotated[
        int,
        AfterValidator(counted("first", lambda v: v + 1)),
        WrapValidator(counted_wrap("second")),
        BeforeValidator(counted("third", lambda v: int(v) * 2)),
    ]


class ModelBefore(BaseModel):
    cents: int

    @model_validator(mode="before")
    @classmethod
    def scale(cls, data: Any) -> Any:
        calls["model before"] += 1
        return {"cents": int(data["euros"]) * 100}


class ModelAfter(BaseModel):
    low: int
    high: int = 9

    @model_validator(mode="after")
    def ordered(self) -> ModelAfter:
        calls["model after"] += 1
        assert self.low <= self.high
        return self


class ModelWrap(BaseModel):
    a: int

    @model_validator(mode="wrap")
    @classmethod
    def wrap(cls, data: Any, handler: Any) -> Any:
        calls["model wrap"] += 1
        return handler({"a": data["b"]} if "b" in data else data)


class FieldChecked(BaseModel):
    a: str
    b: str = "no"

    @field_validator("a", "b")
    @classmethod
    def upper(cls, value: str) -> str:
        calls[f"field {value}"] += 1
        return value.upper()


class Serialized(BaseModel):
    a: Annotated[int, AfterValidator(counted("after")), PlainSerializer(counted("serializer", lambda v: f"<{v}>"))]


class Computed(BaseModel):
    a: Annotated[int, AfterValidator(counted("after"))]

    @computed_field
    def twice(self) -> int:
        calls["computed"] += 1
        return self.a * 2


class Nested(BaseModel):
    items: list[After]
    by_name: dict[str, Wrap] = {}


ONCE: list[tuple[Any, str]] = [
    (Before, '{"a": "12 cats"}'),
    (Before, '{"a": 7}'),
    (After, '{"a": 1}'),
    (After, '{"a": "1"}'),
    (Wrap, '{"a": 1}'),
    (Chain, '{"a": 1}'),
    (ModelBefore, '{"euros": "5"}'),
    (ModelAfter, '{"low": 1, "high": 2}'),
    (ModelAfter, '{"low": "1"}'),
    (ModelWrap, '{"b": 3}'),
    (ModelWrap, '{"a": 3, "z": 1}'),
    (FieldChecked, '{"a": "x", "b": "y"}'),
    (Serialized, '{"a": 1}'),
    (Computed, '{"a": 2}'),
    (Nested, '{"items": [{"a": 1}, {"a": "2"}], "by_name": {"k": {"a": 3}}}'),
    (list[Before], '[{"a": "1 x"}, {"a": 2}]'),
    (Annotated[list[int], AfterValidator(counted("root", sorted))], "[3, 1, 2]"),
]


@every_way
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("tp", "text"), ONCE, ids=[text for _, text in ONCE])
def test_validators_of_an_accepted_answer_run_as_often_as_in_pydantic_and_give_the_same_output(
    tp: Any, text: str, policy: Any, way: Way
) -> None:
    expected = plain(tp, text)
    often = dict(calls)
    calls.clear()
    outcome = way(Guard.from_pydantic(tp, repair=policy), text)
    assert outcome.passed, outcome.failures
    assert dict(calls) == often
    assert outcome.output == expected
    assert type(outcome.output) is type(expected)
    assert TypeAdapter(tp).dump_json(outcome.output) == TypeAdapter(tp).dump_json(expected)
    assert not [repair for repair in outcome.repairs if repair.rule != "default"]


@pytest.mark.parametrize(("tp", "text"), ONCE[:13], ids=[text for _, text in ONCE[:13]])
def test_each_validator_runs_exactly_once_for_an_accepted_object(tp: Any, text: str) -> None:
    assert Guard.from_pydantic(tp).parse(text).passed
    assert calls
    assert set(calls.values()) == {1}


@every_way
@pytest.mark.parametrize(
    ("tp", "text"),
    [
        (After, '{"a": "x"}'),
        (ModelAfter, '{"low": 3, "high": 2}'),
        (Nested, '{"items": [{"a": 1}, {"a": null}]}'),
        (Before, '{"a": "cats"}'),
        (ModelWrap, '{"b": "x"}'),
    ],
)
@pytest.mark.parametrize("policy", POLICIES)
def test_what_pydantic_refuses_and_no_repair_mends_does_not_pass(tp: Any, text: str, policy: Any, way: Way) -> None:
    with pytest.raises(ValidationError):
        plain(tp, text)
    outcome = way(Guard.from_pydantic(tp, repair=policy), text)
    assert not outcome.passed
    assert outcome.output is None


def test_a_failing_validators_path_is_pydantics() -> None:
    text = '{"items": [{"a": 1}, {"a": "x"}, {}], "by_name": {"k": {"a": "y"}}}'
    with pytest.raises(ValidationError) as caught:
        plain(Nested, text)
    locations = {str(Path(error["loc"])) for error in caught.value.errors()}
    failures = Guard.from_pydantic(Nested).parse(text).failures
    assert {str(one.path) for one in failures} == locations
    assert len(failures) == 3


# -- rules at their places ---------------------------------------------------------------------------------------------


class Raised(BaseModel):
    a: Annotated[int, AfterValidator(lambda v: v + 1), valid_range(0, 5, on_fail="fix")]


class Bounded(BaseModel):
    a: Annotated[int, valid_range(0, 5, on_fail="fix")]


class Between(BaseModel):
    a: Annotated[
        int,
        AfterValidator(lambda v: v + 1),
        valid_range(0, 5, on_fail="fix"),
        AfterValidator(lambda v: seen.append(v) or min(v, 5)),
    ]


@every_way
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    ("given", "at_the_rule", "made"), [(9, 10, 5), (5, 6, 5), (-9, -8, 0), (4, 5, 5), (0, 1, 1), (-1, 0, 0)]
)
def test_a_rule_sees_what_the_validators_before_it_return_and_its_fix_is_what_the_place_returns(
    given: int, at_the_rule: int, made: int, policy: Any, way: Way
) -> None:
    outcome = way(Guard.from_pydantic(Raised, repair=policy), json.dumps({"a": given}))
    assert outcome.passed
    assert outcome.output == Raised.model_construct(a=made)
    resolved = [(str(one.path), one.validator, one.before, one.after) for one in outcome.resolved]
    assert resolved == ([] if at_the_rule == made else [("$.a", "valid-range", at_the_rule, made)])


@every_way
@pytest.mark.parametrize(("given", "made"), [(9, 5), (6, 5), (-1, 0), (3, 3)])
def test_a_fix_takes_the_place_of_the_value(given: int, made: int, way: Way) -> None:
    outcome = way(Guard.from_pydantic(Bounded), json.dumps({"a": given}))
    assert outcome.passed
    assert outcome.output == Bounded.model_construct(a=made)
    assert [(one.before, one.after) for one in outcome.resolved] == ([] if given == made else [(given, made)])


@pytest.mark.parametrize(("given", "made"), [(9, 5), (-9, 0), (2, 3)])
def test_the_validators_after_a_rule_see_its_fix(given: int, made: int) -> None:
    outcome = Guard.from_pydantic(Between).parse(json.dumps({"a": given}))
    assert outcome.output == Between.model_construct(a=made)
    assert set(seen) == {made}


def test_a_fix_that_a_later_validator_undoes_is_unresolved() -> None:
    class Undone(BaseModel):
        a: Annotated[int, valid_range(0, 5, on_fail="fix"), AfterValidator(lambda v: v * 10)]

    guard = Guard.from_pydantic(Undone)
    outcome = guard.parse('{"a": 9}')
    assert at(outcome.failures) == [("$.a", "valid-range")]
    assert outcome.output is None
    assert guard.parse('{"a": 4}').output == Undone.model_construct(a=40)
    assert guard.parse('{"a": -4}').output == Undone.model_construct(a=0)


@every_way
@pytest.mark.parametrize(
    ("on_fail", "passes", "output"),
    [("reask", False, None), ("noop", False, 9), ("fix", True, 5), ("fix_reask", True, 5), ("refrain", False, None)],
)
def test_what_is_done_about_a_rule_of_a_model_is_what_its_action_says(
    on_fail: Any, passes: bool, output: int | None, way: Way
) -> None:
    class Model(BaseModel):
        a: Annotated[int, valid_range(0, 5, on_fail=on_fail)]

    outcome = way(Guard.from_pydantic(Model), '{"a": 9}')
    assert outcome.passed is passes
    assert (None if outcome.output is None else outcome.output.a) == output
    assert at(outcome.resolved if passes else outcome.failures) == [("$.a", "valid-range")]


def test_a_rule_of_a_model_may_ask_for_an_exception() -> None:
    class Model(BaseModel):
        a: Annotated[int, valid_range(0, 5, on_fail="exception")]

    with pytest.raises(ValidationFailed) as caught:
        Guard.from_pydantic(Model).parse('{"a": 9}')
    assert at(caught.value.outcome.failures) == [("$.a", "valid-range")]
    assert Guard.from_pydantic(Model).parse('{"a": 5}').output == Model(a=5)


def test_a_rule_of_a_model_may_filter_an_item() -> None:
    class Model(BaseModel):
        items: list[Annotated[int, valid_range(0, 5, on_fail="filter")]]

    outcome = Guard.from_pydantic(Model).parse('{"items": [1, 9, 2]}')
    assert outcome.passed
    assert outcome.output == Model.model_construct(items=[1, 2])


def test_equal_values_at_several_places_fail_each_at_its_own() -> None:
    class Model(BaseModel):
        items: list[Annotated[int, valid_range(0, 5)]]
        by_name: dict[str, Annotated[int, valid_range(0, 5)]] = {}

    outcome = Guard.from_pydantic(Model).parse('{"items": [9, 1, 9], "by_name": {"k": 9, "l": 2}}')
    assert {str(one.path) for one in outcome.failures} == {"$.items[0]", "$.items[2]", "$.by_name.k"}
    assert {one.validator for one in outcome.failures} == {"valid-range"}
    fixing = Guard.from_pydantic(list[Annotated[int, valid_range(0, 5, on_fail="fix")]]).parse("[9, 1, 9]")
    assert fixing.output == [5, 1, 5]
    assert [str(one.path) for one in fixing.resolved] == ["$[0]", "$[2]"]


@pytest.mark.parametrize("second", ['{"a": 4}', '{"a": 9}'])
def test_a_rule_of_a_model_is_asked_for_again_at_its_path(second: str) -> None:
    class Model(BaseModel):
        a: Annotated[int, AfterValidator(lambda v: v + 1), valid_range(0, 5)]
        b: str

    model = ScriptedModel(['{"a": 8, "b": "kept"}', second])
    outcome = Guard.from_pydantic(Model)(model, messages=USER, max_reasks=1)
    assert outcome.iterations[1].asked == (Path(("a",)),)
    if second == '{"a": 4}':
        assert outcome.output == Model.model_construct(a=5, b="kept")
    else:
        assert at(outcome.failures) == [("$.a", "valid-range")]
        assert outcome.failures[0].value == 10


def test_a_fix_is_applied_again_in_later_rounds_and_never_written_into_the_json() -> None:
    class Model(BaseModel):
        a: Annotated[int, AfterValidator(lambda v: v + 1), valid_range(0, 5, on_fail="fix")]
        b: int

    model = ScriptedModel(['{"a": 9, "b": "x"}', '{"b": 2}'])
    outcome = Guard.from_pydantic(Model)(model, messages=USER, max_reasks=1)
    assert outcome.output == Model.model_construct(a=5, b=2)
    assert [(str(one.path), one.before, one.after) for one in outcome.resolved] == [("$.a", 10, 5)]
    assert outcome.iterations[-1].parsed == {"a": 9, "b": 2}


# -- rules with a context, async and blocking rules --------------------------------------------------------------------


@validator("t-bm-context", replace=True)
def with_context(value: int, *, ctx: Context) -> FailResult | None:
    seen.append((str(ctx.path), ctx.root, dict(ctx.metadata)))
    return None if value <= ctx.metadata["most"] else FailResult("too much", fix=ctx.metadata["most"])


@validator("t-bm-async", replace=True)
async def with_await(value: int) -> FailResult | None:
    await asyncio.sleep(0)
    return None if value <= 5 else FailResult("too much", fix=5)


@validator("t-bm-blocking", replace=True, blocking=True)
def with_thread(value: int) -> FailResult | None:
    return None if value <= 5 else FailResult("too much", fix=5)


@validator("t-bm-async-context", replace=True)
async def with_both(value: int, *, ctx: Context) -> FailResult | None:
    await asyncio.sleep(0)
    return None if value <= ctx.metadata["most"] else FailResult("too much", fix=ctx.metadata["most"])


@every_way
@pytest.mark.parametrize("rule", [with_context, with_await, with_thread, with_both], ids=lambda rule: rule.name)
@pytest.mark.parametrize(("given", "made"), [(4, 5), (5, 6), (9, 10), (0, 1)])
def test_rules_that_do_not_run_inline_work_inside_a_model(given: int, made: int, rule: Any, way: Way) -> None:
    class Inner(BaseModel):
        a: Annotated[int, AfterValidator(lambda v: v + 1), rule(on_fail="fix")]
        items: list[Annotated[int, rule()]]

    text = json.dumps({"a": given, "items": [3, made, made]})
    outcome = way(Guard.from_pydantic(Inner), text, {"most": 5})
    resolved = [(str(one.path), one.before, one.after) for one in outcome.resolved]
    if made <= 5:
        assert outcome.passed
        assert outcome.output == Inner.model_construct(a=made, items=[3, made, made])
        assert resolved == []
    else:
        assert at(outcome.failures) == [("$.items[1]", rule.name), ("$.items[2]", rule.name)]
        assert outcome.output is None
        assert resolved == [("$.a", made, 5)]


@every_way
@pytest.mark.parametrize("rule", [with_context, with_await, with_thread, with_both], ids=lambda rule: rule.name)
def test_a_fix_of_a_rule_that_does_not_run_inline_is_the_output(rule: Any, way: Way) -> None:
    class Model(BaseModel):
        items: list[Annotated[int, rule(on_fail="fix")]]

    outcome = way(Guard.from_pydantic(Model), '{"items": [9, 1, 9, 7]}', {"most": 5})
    assert outcome.passed, outcome.failures
    assert outcome.output == Model.model_construct(items=[5, 1, 5, 5])
    assert [str(one.path) for one in outcome.resolved] == ["$.items[0]", "$.items[2]", "$.items[3]"]


@every_way
def test_a_rule_with_a_context_is_told_its_path_the_answer_and_the_metadata(way: Way) -> None:
    class Item(BaseModel):
        n: Annotated[int, with_context()]

    class Model(BaseModel):
        items: list[Item]
        top: Annotated[int, with_context()]

    text = '{"items": [{"n": 1}, {"n": 2}, {"n": 1}], "top": 3}'
    assert way(Guard.from_pydantic(Model), text, {"most": 5}).passed
    assert {path for path, _, _ in seen} == {"$.items[0].n", "$.items[1].n", "$.items[2].n", "$.top"}
    assert all(root == json.loads(text) for _, root, _ in seen)
    assert all(metadata == {"most": 5} for _, _, metadata in seen)


@pytest.mark.parametrize("rule", [with_await, with_thread], ids=lambda rule: rule.name)
def test_rules_in_one_another_are_all_found(rule: Any) -> None:
    class Inner(BaseModel):
        n: Annotated[int, rule()]

    class Outer(BaseModel):
        inner: Annotated[Inner, length_of_dict()]
        many: Annotated[list[Annotated[int, rule()]], length(max=1)]

    outcome = Guard.from_pydantic(Outer).parse('{"inner": {"n": 9}, "many": [9, 1]}')
    assert {("$.inner.n", rule.name), ("$.many[0]", rule.name)} <= set(at(outcome.failures))
    good = Guard.from_pydantic(Outer).parse('{"inner": {"n": 1}, "many": [2]}')
    assert good.output == Outer.model_construct(inner=Inner.model_construct(n=1), many=[2])
    outer = Guard.from_pydantic(Outer).parse('{"inner": {"n": 1}, "many": [2, 3]}')
    assert at(outer.failures) == [("$.many", "length")]


@validator("t-bm-dict", replace=True)
async def length_of_dict(value: dict[str, Any]) -> bool:
    return len(value) == 1


# -- metadata is the model's context -----------------------------------------------------------------------------------


def remembered(value: Any, info: ValidationInfo) -> Any:
    seen.append(info.context)
    return value


class Contextual(BaseModel):
    a: Annotated[int, AfterValidator(remembered)]

    @model_validator(mode="after")
    def look(self, info: ValidationInfo) -> Contextual:
        seen.append(info.context)
        return self


@every_way
@pytest.mark.parametrize("metadata", [None, {}, {"tenant": "a"}, {"limits": [1, {"b": None}]}], ids=repr)
@pytest.mark.parametrize("text", ['{"a": 1}', '{"a": "2"}'])
def test_metadata_is_the_context_of_the_users_validators(text: str, metadata: Any, way: Way) -> None:
    plain(Contextual, text, metadata)
    expected = list(seen)
    seen.clear()
    assert way(Guard.from_pydantic(Contextual), text, metadata).passed
    assert seen == expected == [metadata, metadata]


# -- what a user's validator raises ------------------------------------------------------------------------------------


def unlucky(value: int) -> int:
    if value == 13:
        raise KeyError("thirteen")
    return 100 // value


class Unlucky(BaseModel):
    a: Annotated[int, AfterValidator(unlucky)]
    b: int = 0


class UnluckyAfter(BaseModel):
    a: int
    b: int = 0

    @model_validator(mode="after")
    def divide(self) -> UnluckyAfter:
        unlucky(self.a)
        return self


class UnluckyBefore(BaseModel):
    a: int
    b: int = 0

    @model_validator(mode="before")
    @classmethod
    def divide(cls, data: Any) -> Any:
        unlucky(data["a"])
        return data


unlucky_models = pytest.mark.parametrize("tp", [Unlucky, UnluckyAfter, UnluckyBefore, list[Unlucky]], ids=str)
unlucky_values = pytest.mark.parametrize(("value", "kind"), [(13, KeyError), (0, ZeroDivisionError)])


def of(tp: Any, value: int, b: int = 0) -> str:
    one = {"a": value, "b": b}
    return json.dumps([one] if tp == list[Unlucky] else one)


@unlucky_models
@unlucky_values
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("way", [parsed, aparsed], ids=lambda way: way.__name__)
def test_what_a_users_validator_raises_is_a_validator_error_with_the_outcome(
    tp: Any, value: int, kind: type[Exception], policy: Any, way: Way
) -> None:
    with pytest.raises(kind):
        plain(tp, of(tp, value))
    with pytest.raises(ValidatorError, match=kind.__name__) as caught:
        way(Guard.from_pydantic(tp, repair=policy), of(tp, value))
    assert isinstance(caught.value.__cause__, kind)
    outcome = caught.value.outcome
    assert outcome is not None
    assert outcome.stopped == "raised"
    assert outcome.output is None
    assert not outcome.passed
    assert at(outcome.failures) == [("$", "raised")]
    assert [one.raw for one in outcome.iterations] == [of(tp, value)]
    json.dumps(outcome.to_dict())


def looped(guard: Guard[Any], answers: list[str], reasks: int) -> ValidationOutcome[Any]:
    return guard(ScriptedModel(answers), messages=USER, max_reasks=reasks)


def alooped(guard: Guard[Any], answers: list[str], reasks: int) -> ValidationOutcome[Any]:
    return asyncio.run(guard.acall(ScriptedModel(answers), messages=USER, max_reasks=reasks))


def stream_looped(guard: Guard[Any], answers: list[str], reasks: int) -> ValidationOutcome[Any]:
    events = list(guard.stream(ScriptedModel(answers), messages=USER, max_reasks=reasks))
    assert events[-1].outcome is not None
    return events[-1].outcome


every_loop = pytest.mark.parametrize("loop", [looped, alooped, stream_looped], ids=lambda one: one.__name__)


@every_loop
@unlucky_models
@unlucky_values
def test_in_a_loop_what_a_users_validator_raises_is_asked_for_again(
    tp: Any, value: int, kind: type[Exception], loop: Any
) -> None:
    outcome = loop(Guard.from_pydantic(tp), [of(tp, value), of(tp, 5)], 2)
    assert outcome.passed, outcome.failures
    assert outcome.output == plain(tp, of(tp, 5))
    assert len(outcome.iterations) == 2
    first = outcome.iterations[0].failures
    assert at(first) == [("$", "raised")]
    assert kind.__name__ in first[0].message


@every_loop
@unlucky_models
@unlucky_values
@pytest.mark.parametrize("reasks", [1, 2])
def test_what_a_users_validator_raises_twice_is_an_error_with_both_rounds(
    tp: Any, value: int, kind: type[Exception], reasks: int, loop: Any
) -> None:
    with pytest.raises(ValidatorError, match=kind.__name__) as caught:
        loop(Guard.from_pydantic(tp), [of(tp, value), of(tp, value, 1), of(tp, 5)], reasks)
    assert isinstance(caught.value.__cause__, kind)
    outcome = caught.value.outcome
    assert outcome is not None
    assert outcome.stopped == "raised"
    assert [one.raw for one in outcome.iterations] == [of(tp, value), of(tp, value, 1)]
    assert all([failure.validator for failure in one.failures] == ["raised"] for one in outcome.iterations)


@pytest.mark.parametrize("error", [ValueError, AssertionError])
def test_of_more_flaws_than_anybody_mends_one_by_one_the_whole_is_told(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(value: int) -> int:
        raise error("never")

    monkeypatch.setattr(structure, "_MOST_FLAWS", 3)
    guard = Guard.from_pydantic(list[Annotated[int, AfterValidator(refuse)]])
    assert at(guard.parse("[1, 2, 3]").failures) == [("$[0]", "value"), ("$[1]", "value"), ("$[2]", "value")]
    assert at(guard.parse("[1, 2, 3, 4]").failures) == [("$", "flaws")]


@pytest.mark.parametrize("error", [ValueError, AssertionError])
def test_a_value_error_or_assertion_error_is_a_failure_and_no_error(error: type[Exception]) -> None:
    def refuse(value: int) -> int:
        raise error("never")

    class Model(BaseModel):
        a: Annotated[int, AfterValidator(refuse)]

    outcome = Guard.from_pydantic(Model).parse('{"a": 1}')
    assert at(outcome.failures) == [("$.a", "value")]
    assert "never" in outcome.failures[0].message


def test_what_is_raised_on_a_value_of_another_json_type_is_a_failure_of_that_type() -> None:
    class Model(BaseModel):
        a: str

        @model_validator(mode="before")
        @classmethod
        def strip(cls, data: Any) -> Any:
            return {**data, "a": data["a"].strip()}  # AttributeError for what is no text

    outcome = Guard.from_pydantic(Model, repair="none").parse('{"a": [5]}')
    assert at(outcome.failures) == [("$.a", "type")]


# -- keys of dicts -----------------------------------------------------------------------------------------------------


class Keyed(BaseModel):
    numbers: dict[int, str] = {}
    letters: dict[Literal["a", "b"], int] = {}
    short: dict[Annotated[str, Field(max_length=2)], int] = {}
    deep: list[dict[dt.date, int]] = []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"numbers": {"1": "a", "x": "b"}}', ("numbers",)),
        ('{"letters": {"a": 1, "q": 2}}', ("letters",)),
        ('{"short": {"abc": 1}}', ("short",)),
        ('{"deep": [{"2024-01-02": 1}, {"soon": 2}]}', ("deep", 1)),
    ],
)
@pytest.mark.parametrize("policy", POLICIES)
def test_an_error_at_a_dicts_key_asks_for_the_dict(text: str, path: tuple[str | int, ...], policy: Any) -> None:
    with pytest.raises(ValidationError):
        plain(Keyed, text)
    guard = Guard.from_pydantic(Keyed, repair=policy)
    outcome = guard.parse(text)
    assert [one.path for one in outcome.failures] == [Path(path)]
    request = guard.reask_request(outcome)
    assert request is not None
    assert request.paths == (Path(path),)


def test_a_dicts_new_answer_takes_the_place_of_the_whole_dict() -> None:
    model = ScriptedModel(['{"letters": {"q": 2}, "numbers": {"1": "kept"}}', '{"letters": {"b": 2}}'])
    outcome = Guard.from_pydantic(Keyed)(model, messages=USER, max_reasks=1)
    assert outcome.output == plain(Keyed, '{"letters": {"b": 2}, "numbers": {"1": "kept"}}')


# -- rules that are added with using -----------------------------------------------------------------------------------


class Inside(BaseModel):
    n: int
    s: str = Field("", alias="text")


class Whole(BaseModel):
    a: Annotated[int, AfterValidator(lambda v: v + 1)]
    inside: Inside | None = None
    items: list[Inside] = []


@every_way
@pytest.mark.parametrize(
    ("on", "good", "bad", "path"),
    [
        ("$.a", '{"a": 4}', '{"a": 5}', "$.a"),
        ("$.inside.n", '{"a": 9, "inside": {"n": 5}}', '{"a": 9, "inside": {"n": 6}}', "$.inside.n"),
        ("$.items[*].n", '{"a": 9, "items": [{"n": 5}]}', '{"a": 9, "items": [{"n": 1}, {"n": 6}]}', "$.items[1].n"),
    ],
)
def test_a_rule_that_using_adds_runs_at_its_place(on: str, good: str, bad: str, path: str, way: Way) -> None:
    guard = Guard.from_pydantic(Whole)
    stricter = guard.using(valid_range(0, 5), on=on)
    assert way(guard, bad).passed
    outcome = way(stricter, good)
    assert outcome.passed, outcome.failures
    assert outcome.output == plain(Whole, good)
    outcome = way(stricter, bad)
    assert at(outcome.failures) == [(path, "valid-range")]
    assert outcome.output is None


@every_way
def test_a_fix_of_a_rule_that_using_adds_is_the_output(way: Way) -> None:
    guard = Guard.from_pydantic(Whole).using(valid_range(0, 5, on_fail="fix"), on="$.a")
    outcome = way(guard, '{"a": 9, "inside": {"n": 1}}')
    assert outcome.passed, outcome.failures
    assert outcome.output == Whole.model_construct(a=5, inside=Inside(n=1), items=[])


def test_using_at_the_root_of_a_model_sees_the_whole_answer() -> None:
    @validator("t-bm-root", replace=True)
    def root_rule(value: dict[str, Any]) -> bool:
        seen.append(value)
        return value["a"] < 5

    guard = Guard.from_pydantic(Bounded).using(root_rule())
    assert guard.parse('{"a": 3}').output == Bounded(a=3)
    assert seen[0] == {"a": 3}
    assert at(guard.parse('{"a": 5}').failures) == [("$", "t-bm-root")]


def test_using_at_an_alias_finds_the_member() -> None:
    guard = Guard.from_pydantic(Inside).using(length(max=2), on="$.text")
    assert guard.parse('{"n": 1, "text": "ab"}').output == plain(Inside, '{"n": 1, "text": "ab"}')
    assert at(guard.parse('{"n": 1, "text": "abc"}').failures) == [("$.text", "length")]


def test_using_where_the_model_has_nothing_is_a_spec_error() -> None:
    with pytest.raises(SpecError):
        Guard.from_pydantic(Whole).using(valid_range(0, 5), on="$.nowhere")


# -- the closed list of exceptions -------------------------------------------------------------------------------------


class Loose(BaseModel):
    a: int | None = None
    b: str = "x"


@pytest.mark.parametrize(
    ("text", "path"),
    [('{"a": 1, "a": 2}', "$.a"), ('{"b": "x", "a": 1, "b": "x"}', "$.b")],
    ids=["other value", "same value"],
)
@pytest.mark.parametrize("policy", ["none", "syntax", "lossless"])
def test_exception_a_a_doubled_key_is_refused(text: str, path: str, policy: Any) -> None:
    assert plain(Loose, text)
    outcome = Guard.from_pydantic(Loose, repair=policy).parse(text)
    assert not outcome.passed
    assert path in [str(one.path) for one in outcome.failures]


@pytest.mark.parametrize(
    ("tp", "text", "limits"),
    [
        (float, "NaN", Limits()),
        (float, "-Infinity", Limits()),
        (dict[str, float], '{"a": Infinity}', Limits()),
        (Loose, '{"b": "' + "y" * 50 + '"}', Limits(text=40)),
        (Any, "[" * 6 + "]" * 6, Limits(depth=5)),
        (Any, "1" * 30, Limits(integer_digits=20)),
    ],
    ids=["nan", "infinity", "below", "length", "depth", "digits"],
)
def test_exception_a_what_is_no_number_or_beyond_a_limit_is_refused(tp: Any, text: str, limits: Limits) -> None:
    plain(tp, text)
    assert not Guard.from_pydantic(tp, limits=limits).parse(text).passed


@pytest.mark.parametrize(
    ("tp", "text"),
    [
        (float, '"Infinity"'),
        (Annotated[float, AfterValidator(lambda v: v)], '"nan"'),
        (tuple[float, Annotated[int, AfterValidator(lambda v: v)]], '["-inf", 1]'),
        (dict[float, int], '{"inf": 1}'),
        (float | list[float] | None, '["1e400"]'),
        (Json[float], '"1e400"'),
    ],
)
@every_way
def test_exception_a_a_text_is_no_number_that_is_not_finite(tp: Any, text: str, way: Way) -> None:
    plain(tp, text)
    assert not way(Guard.from_pydantic(tp), text).passed


@every_way
def test_exception_a_does_not_hold_where_the_users_own_code_reads_the_text(way: Way) -> None:
    read = BeforeValidator(lambda v: float("inf") if v == "many" else v)
    assert way(Guard.from_pydantic(Annotated[float, read]), '"many"').output == float("inf")


@pytest.mark.parametrize("policy", POLICIES)
def test_exception_b_the_guards_own_schema_is_no_answer(policy: Any) -> None:
    guard = Guard.from_pydantic(Loose, repair=policy)
    text = json.dumps(guard.json_schema())
    assert plain(Loose, text) == Loose()
    outcome = guard.parse(text)
    assert at(outcome.failures) == [("$", "json")]
    assert outcome.output is None


@pytest.mark.parametrize("policy", ["lossless", "judgement"])
def test_exception_b_an_answer_inside_a_tool_call_is_the_call_s_arguments(policy: Any) -> None:
    text = '{"name": "answer", "arguments": {"a": 1}}'
    assert plain(Loose, text) == Loose()
    assert Guard.from_pydantic(Loose, repair=policy).parse(text).output == Loose(a=1)


@pytest.mark.parametrize("text", ['{"zzz": 1}', '{"q": null, "r": [1]}'])
@pytest.mark.parametrize("policy", POLICIES)
def test_exception_b_an_object_in_which_no_key_is_known_is_no_answer(text: str, policy: Any) -> None:
    assert plain(Loose, text) == Loose()
    outcome = Guard.from_pydantic(Loose, repair=policy).parse(text)
    assert at(outcome.failures) == [("$", "properties")]


def test_exception_b_does_not_hold_for_an_empty_object_nor_for_a_model_that_reads_first() -> None:
    class Reads(BaseModel):
        a: int = 0

        @model_validator(mode="before")
        @classmethod
        def read(cls, data: Any) -> Any:
            return data

    assert Guard.from_pydantic(Loose).parse("{}").output == Loose()
    assert Guard.from_pydantic(Reads).parse('{"zzz": 1}').output == Reads()


class Note(BaseModel):
    text: str


class Bill(BaseModel):
    text: str
    amount: float


class Wrapped(Note):
    @model_validator(mode="before")
    @classmethod
    def read(cls, data: Any) -> Any:
        return data


@pytest.mark.parametrize("text", ['{"text": "x", "amount": []}', '{"text": "x", "amount": "much"}'])
@pytest.mark.parametrize("policy", ["none", "syntax", "lossless"])
def test_exception_c_a_union_s_option_may_not_leave_over_a_key_that_another_names(text: str, policy: Any) -> None:
    assert plain(Note | Bill, text) == Note(text="x")
    outcome = Guard.from_pydantic(Note | Bill, repair=policy).parse(text)
    assert not outcome.passed
    assert outcome.output is None


@pytest.mark.parametrize(
    ("tp", "text"),
    [
        (Note | Bill, '{"text": "x", "amount": null}'),
        (Note | Bill, '{"text": "x", "other": 5}'),
        (Annotated[Note | Bill, Field(union_mode="left_to_right")], '{"text": "x", "amount": 5}'),
        (Wrapped | Bill, '{"text": "x", "amount": "much"}'),
    ],
    ids=["null", "named by none", "left to right", "before"],
)
@pytest.mark.parametrize("policy", POLICIES)
def test_exception_c_does_not_hold_for_null_left_to_right_or_an_option_that_reads_first(
    tp: Any, text: str, policy: Any
) -> None:
    outcome = Guard.from_pydantic(tp, repair=policy).parse(text)
    assert outcome.passed, outcome.failures
    assert outcome.output == plain(tp, text)
    assert type(outcome.output) is type(plain(tp, text))


@pytest.mark.parametrize(
    ("tp", "text"),
    [
        (dt.time, "1230"),
        (dt.time, "2359"),
        (dt.datetime, "2024"),
        (dt.datetime, '"2024"'),
        (dt.datetime, "20240102"),
        (dt.datetime, '"20240102"'),
        (dt.date, "19872000"),
        (dt.datetime, '"202401"'),
        (dt.datetime, "202401021530"),
        (dt.datetime, '"20240102153000"'),
    ],
)
@pytest.mark.parametrize("policy", ["none", "syntax", "lossless"])
def test_exception_d_digits_that_read_as_a_year_a_time_or_a_date_are_no_moment(tp: Any, text: str, policy: Any) -> None:
    plain(tp, text)
    for where, wrapped, path in ((tp, text, "$"), (list[tp], f"[{text}]", "$[0]")):
        outcome = Guard.from_pydantic(where, repair=policy).parse(wrapped)
        assert at(outcome.failures) == [(path, "format")]


class Point(NamedTuple):
    at: dt.datetime
    n: int = 0


class Dated(TypedDict):
    at: NotRequired[dt.datetime]


class Stamped(BaseModel):
    at: dt.datetime | None = None


class WithExtras(BaseModel, extra="allow"):
    __pydantic_extra__: dict[str, dt.datetime]


PLACES: list[tuple[Any, str, str]] = [
    (tuple[dt.datetime, int], "[2024, 1]", "$[0]"),
    (tuple[int, dt.datetime], "[1, 2024]", "$[1]"),
    (deque[dt.datetime], "[2024]", "$[0]"),
    (OrderedDict[str, dt.datetime], '{"a": 2024}', "$.a"),
    (dict[dt.datetime, int], '{"2024": 1}', "$"),
    (list[dict[dt.date, int]], '[{}, {"19872000": 1}]', "$[1]"),
    (Point, "[2024]", "$[0]"),
    (Point, '{"at": 2024}', "$"),
    (WithExtras, '{"at": 2024}', "$.at"),
    (Json[dt.datetime], '"2024"', "$"),
    (Json[list[dt.datetime]], '"[2024]"', "$"),
    (bool | dt.datetime, '"2024"', "$"),
    (dt.date | dt.datetime, "20240102", "$"),
    (bool | list[dt.datetime], '["2024", 1700000000]', "$[0]"),
    (list[bool] | list[dt.datetime], '["2024", 1700000000]', "$[0]"),
    (bool | dict[str, dt.datetime], '{"a": "2024", "b": 1700000000}', "$.a"),
    (bool | Dated, '{"at": "2024"}', "$.at"),
    (Stamped | list[dt.datetime], '["2024", 1700000000]', "$[0]"),
    (
        Annotated[Annotated[Stamped, Tag("a")] | Annotated[Dated, Tag("b")], Discriminator(lambda v: "a")],
        '{"at": 2024}',
        "$.at",
    ),
    (list[tuple[Stamped, int]], '[[{"at": 2024}, 1]]', "$[0][0].at"),
]


@pytest.mark.parametrize(
    ("tp", "text", "path"), PLACES, ids=[f"{number} {text}" for number, (_, text, _) in enumerate(PLACES)]
)
def test_exception_d_holds_wherever_a_type_has_dates_and_times(tp: Any, text: str, path: str) -> None:
    plain(tp, text)
    for where, wrapped, prefix in ((tp, text, "$"), (list[tp], f"[{text}]", "$[0]")):
        outcome = Guard.from_pydantic(where, repair="syntax").parse(wrapped)
        assert [str(one.path) for one in outcome.failures] == [path.replace("$", prefix, 1)]


@pytest.mark.parametrize("shown", [{"type": "integer"}, {"anyOf": [{"type": "integer"}, {"type": "string"}]}], ids=str)
def test_exception_d_does_not_hold_where_the_schema_asks_for_a_number(shown: dict[str, Any]) -> None:
    tp = Annotated[dt.datetime, WithJsonSchema(shown)]
    for text in ("2024", '"20240102"'):
        assert parsed(Guard.from_pydantic(tp), text).output == plain(tp, text)


@pytest.mark.parametrize(("tp", "text"), [(dt.datetime, "1700000000"), (dt.time, "300"), (dt.date, "86400")])
def test_exception_d_does_not_hold_for_other_numbers_of_digits(tp: Any, text: str) -> None:
    assert Guard.from_pydantic(tp).parse(text).output == plain(tp, text)


class Priced(BaseModel):
    name: str
    max_price: float | None = None


@pytest.mark.parametrize("key", ["maxPrice", "max-price", "MAX_PRICE", "Max Price"])
@pytest.mark.parametrize("policy", POLICIES)
def test_exception_e_another_spelling_of_an_optional_member_is_taken_on_record(key: str, policy: Any) -> None:
    text = json.dumps({"name": "x", key: 3})
    assert plain(Priced, text) == Priced(name="x")
    outcome = Guard.from_pydantic(Priced, repair=policy).parse(text)
    assert outcome.passed
    if policy in ("none", "syntax"):
        assert outcome.output == Priced(name="x")
    else:
        assert outcome.output == Priced(name="x", max_price=3)
        assert [(str(one.path), one.before, one.after) for one in outcome.repairs] == [
            ("$.max_price", key, "max_price")
        ]


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "x", "maxPrice": "much"}',
        '{"name": "x", "maxPrice": 3, "max_price": 4}',
        '{"name": "x", "price": 3}',
    ],
    ids=["refused", "given as well", "another word"],
)
@pytest.mark.parametrize("policy", POLICIES)
def test_exception_e_takes_nothing_that_the_model_refuses_or_has(text: str, policy: Any) -> None:
    outcome = Guard.from_pydantic(Priced, repair=policy).parse(text)
    assert outcome.passed
    assert outcome.output == plain(Priced, text)


class Lazy(BaseModel):
    items: Iterable[int]


class Lazier(BaseModel):
    items: Generator[int, None, None]


lazy_types = pytest.mark.parametrize("tp", [Lazy, Lazier])


@every_way
@lazy_types
@pytest.mark.parametrize("items", [[], [1], [1, "2", 3]], ids=repr)
def test_exception_f_an_iterable_is_read_to_the_end(tp: Any, items: list[Any], way: Way) -> None:
    text = json.dumps({"items": items})
    outcome = way(Guard.from_pydantic(tp), text)
    assert outcome.passed, outcome.failures
    assert type(outcome.output) is tp
    assert list(outcome.output.items) == list(plain(tp, text).items) == [int(item) for item in items]


@every_way
@lazy_types
@pytest.mark.parametrize(
    ("items", "wrong"), [(["x"], [0]), ([1, "x", 3, None], [1, 3]), ([[1], 2], [0])], ids=["one", "two", "list"]
)
def test_exception_f_what_is_wrong_with_an_item_is_a_failure_at_its_path(
    tp: Any, items: list[Any], wrong: list[int], way: Way
) -> None:
    text = json.dumps({"items": items})
    late = plain(tp, text)  # pydantic accepts it, and fails outside of its validation
    with pytest.raises(ValidationError):
        list(late.items)
    outcome = way(Guard.from_pydantic(tp, repair="none"), text)
    assert at(outcome.failures) == [(f"$.items[{index}]", "type") for index in wrong]


def test_a_rule_on_the_items_of_an_iterable_runs() -> None:
    class Model(BaseModel):
        items: Iterable[Annotated[int, valid_range(0, 5, on_fail="fix")]]

    outcome: ValidationOutcome[Any] = Guard.from_pydantic(Model).parse('{"items": [1, 9]}')
    assert list(outcome.output.items) == [1, 5]
    assert [str(one.path) for one in outcome.resolved] == ["$.items[1]"]


# -- what a model may be -----------------------------------------------------------------------------------------------


class Defaults(BaseModel):
    a: int = 1
    b: list[str] = Field(default_factory=lambda: ["x"])
    c: str | None = None
    d: int = Field(default_factory=lambda data: data["a"] * 2)


class Named(BaseModel, populate_by_name=True):
    zip: str = Field(validation_alias=AliasChoices("zip", "postcode", "plz"))
    limit: int = Field(0, alias="maxLimit")
    first: int = Field(0, validation_alias=AliasPath("numbers", 0))


class Closed(BaseModel, extra="forbid"):
    a: int


class Open(BaseModel, extra="allow"):
    a: int


class Frozen(BaseModel, frozen=True):
    a: int
    inner: tuple[int, ...] = ()


class Movie(TypedDict):
    name: str
    year: NotRequired[int]


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog", "wolf"]
    age: int


def kind_of(value: Any) -> str | None:
    if isinstance(value, dict):
        return "cat" if "lives" in value else "dog"
    return None


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]
Guessed = Annotated[Annotated[Cat, Tag("cat")] | Annotated[Dog, Tag("dog")], Discriminator(kind_of)]

SHAPES: list[tuple[Any, list[str]]] = [
    (Defaults, ["{}", '{"a": 4}', '{"c": null, "b": []}', '{"d": "7"}', '{"b": [1]}']),
    (Named, ['{"zip": "1"}', '{"postcode": "1", "maxLimit": 3}', '{"plz": "1", "limit": 3, "numbers": [8, 9]}']),
    (Named, ['{"limit": 3}', '{"plz": 5}', '{"zip": "1", "maxLimit": "x"}']),
    (Closed, ['{"a": 1}', '{"a": 1, "z": 2}', '{"z": 2}']),
    (Open, ['{"a": 1}', '{"a": 1, "z": [2]}', '{"z": 2}']),
    (Frozen, ['{"a": 1, "inner": [1, 2]}', '{"a": 1, "inner": ["x"]}']),
    (list[Frozen], ["[]", '[{"a": 1}, {"a": "2"}]', '[{"a": 1}, {"b": 1}]']),
    (Movie, ['{"name": "x"}', '{"name": "x", "year": "1999"}', '{"year": 1}']),
    (list[Movie], ['[{"name": "x", "year": 1}]', '[{"name": null}]']),
    (Point, ['{"x": 1}', '{"x": "1", "y": 2}', '{"y": 2}']),
    (dict[str, Point], ['{"p": {"x": 1}}', '{"p": {}}']),
    (Pet, ['{"kind": "cat"}', '{"kind": "wolf", "age": "3"}', '{"kind": "dog"}', '{"kind": "cow"}', '{"age": 3}']),
    (list[Pet], ['[{"kind": "cat"}, {"kind": "dog", "age": 1}]', '[{"kind": "cat", "lives": "x"}]']),
    (Guessed, ['{"kind": "cat", "lives": 3}', '{"kind": "dog", "age": 3}', '{"kind": "cat", "lives": "x"}']),
    (list[OnErrorOmit[int]], ['["q", 1, 2]', "[]", '["q"]', "5"]),
    (list[OnErrorOmit[Closed]], ['[{"a": 1}, {"a": 1, "z": 2}, {}]']),
    (tuple[Closed, Point], ['[{"a": 1}, {"x": 2}]', '[{"a": 1}]']),
]
SHAPED = [(tp, text) for tp, texts in SHAPES for text in texts]


@every_way
@pytest.mark.parametrize("policy", ["none", "syntax"])
@pytest.mark.parametrize(("tp", "text"), SHAPED, ids=[f"{getattr(tp, '__name__', tp)}-{text}" for tp, text in SHAPED])
def test_a_model_of_any_shape_accepts_and_refuses_what_it_does_in_pydantic(
    tp: Any, text: str, policy: Any, way: Way
) -> None:
    try:
        expected = plain(tp, text)
    except ValidationError:
        expected = None
    outcome = way(Guard.from_pydantic(tp, repair=policy), text)
    assert outcome.passed is (expected is not None)
    assert outcome.output == expected
    assert type(outcome.output) is type(expected)
    if isinstance(expected, BaseModel):
        assert outcome.output.model_fields_set == expected.model_fields_set
        assert outcome.output.model_extra == expected.model_extra


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{}", {"$.a": 1, "$.c": None}),
        ('{"a": 4}', {"$.c": None}),
        ('{"a": 4, "b": [], "c": "x", "d": 1}', {}),
    ],
)
def test_a_declared_default_is_on_record(text: str, filled: dict[str, Any]) -> None:
    outcome = Guard.from_pydantic(Defaults).parse(text)
    assert outcome.output == plain(Defaults, text)
    assert {str(one.path): one.after for one in outcome.repairs if one.rule == "default"} == filled


@pytest.mark.parametrize("name", ["zip", "postcode", "plz"])
def test_a_rule_runs_by_whatever_alias_its_member_is_given(name: str) -> None:
    class Model(BaseModel):
        code: Annotated[str, length(max=2)] = Field(validation_alias=AliasChoices("zip", "postcode", "plz"))

    guard = Guard.from_pydantic(Model)
    assert guard.parse(json.dumps({name: "ab"})).output == Model.model_construct(code="ab")
    assert at(guard.parse(json.dumps({name: "abc"})).failures) == [(f"$.{name}", "length")]


@pytest.mark.parametrize(
    ("tp", "text", "path"),
    [
        (list[Bounded], '[{"a": 1}, {"a": 9}]', "$[1].a"),
        (dict[str, Bounded], '{"k": {"a": 9}}', "$.k.a"),
        (Bounded | None, '{"a": 9}', "$.a"),
        (tuple[Bounded, ...], '[{"a": 1}, {"a": 9}]', "$[1].a"),
        (Annotated[Bounded, AfterValidator(lambda v: v)], '{"a": 9}', "$.a"),
    ],
)
def test_a_rule_of_a_model_runs_wherever_the_model_is_used(tp: Any, text: str, path: str) -> None:
    outcome = Guard.from_pydantic(tp).parse(text)
    assert outcome.passed
    assert [(str(one.path), one.before, one.after) for one in outcome.resolved] == [(path, 9, 5)]
    assert outcome.output == plain(tp, text.replace("9", "5"))


def test_a_rule_that_is_not_run_by_plain_pydantic_leaves_the_type_as_it_is() -> None:
    assert Bounded.model_validate_json('{"a": 9}').a == 9
    Guard.from_pydantic(Bounded)
    assert Bounded.model_validate_json('{"a": 9}').a == 9


def test_rules_of_typed_dicts_dataclasses_and_discriminated_unions_run() -> None:
    class Rated(TypedDict):
        stars: Annotated[int, valid_range(0, 5, on_fail="fix")]

    @dataclasses.dataclass
    class Rating:
        stars: Annotated[int, valid_range(0, 5, on_fail="fix")]

    class Star(BaseModel):
        kind: Literal["star"]
        stars: Annotated[int, valid_range(0, 5, on_fail="fix")]

    assert Guard.from_pydantic(Rated).parse('{"stars": 9}').output == {"stars": 5}
    assert Guard.from_pydantic(Rating).parse('{"stars": 9}').output == Rating(5)
    union: Any = Annotated[Star | Cat, Field(discriminator="kind")]
    outcome = Guard.from_pydantic(union).parse('{"kind": "star", "stars": 9}')
    assert outcome.output == Star.model_construct(kind="star", stars=5)
    assert [str(one.path) for one in outcome.resolved] == ["$.stars"]


def test_an_item_that_pydantic_omits_for_its_error_is_no_failure_even_if_a_rule_stands_there() -> None:
    guard = Guard.from_pydantic(list[OnErrorOmit[Annotated[int, valid_range(0, 5, on_fail=OnFail.FIX)]]])
    outcome = guard.parse('["q", 9, 2]')
    assert outcome.passed
    assert outcome.output == [5, 2]


@every_way
@pytest.mark.parametrize(
    ("tp", "text", "partial"),
    [
        (list[Bounded | Cat], '[{"a": 9}, {"kind": "cat"}]', [{"a": 5}, {"kind": "cat"}]),
        (dict[str, Bounded | Cat], '{"k": {"a": 9}}', {"k": {"a": 5}}),
        (tuple[int, Bounded], '[1, {"a": 9}]', [1, {"a": 5}]),
    ],
)
def test_what_is_valid_of_an_answer_holds_a_fix_at_the_place_of_its_rule(
    tp: Any, text: str, partial: Any, way: Way
) -> None:
    outcome = way(Guard.from_pydantic(tp), text)
    assert outcome.passed
    assert outcome.output == plain(tp, text.replace("9", "5"))
    assert outcome.partial == partial


@pytest.mark.parametrize(
    ("tp", "text", "path"),
    [
        (Annotated[int, valid_range(0, 5)] | str, "9", "$"),
        (list[Annotated[int, valid_range(0, 5)] | str], '["x", 9]', "$[1]"),
    ],
)
def test_a_rule_that_fails_in_a_union_is_the_only_failure(tp: Any, text: str, path: str) -> None:
    assert at(Guard.from_pydantic(tp).parse(text).failures) == [(path, "valid-range")]


class Tenfold(BaseModel):
    a: Annotated[int, valid_range(0, 5, on_fail="fix"), PlainSerializer(lambda v: v * 10)]


class OneMore(BaseModel):
    a: Annotated[int, with_await(on_fail="fix"), PlainSerializer(lambda v: v + 1)]


@every_way
@pytest.mark.parametrize(
    ("tp", "text", "output"),
    [
        (Annotated[list[Annotated[int, with_await(on_fail="fix")]], AfterValidator(sorted)], "[9, 1]", [1, 5]),
        (set[Annotated[int, with_await(on_fail="fix")]], "[9, 1]", {1, 5}),
        (Tenfold, '{"a": 9}', Tenfold.model_construct(a=5)),
        (OneMore, '{"a": 9}', OneMore.model_construct(a=5)),
    ],
    ids=["sorted", "set", "inline serialized", "async serialized"],
)
def test_a_fix_that_the_model_holds_is_kept_however_it_is_written_out(
    tp: Any, text: str, output: Any, way: Way
) -> None:
    outcome = way(Guard.from_pydantic(tp), text)
    assert outcome.passed, outcome.failures
    assert outcome.output == output


@every_way
def test_a_computed_field_that_raises_does_not_keep_a_fix_from_the_output(way: Way) -> None:
    class Model(BaseModel):
        a: Annotated[int, valid_range(0, 5, on_fail="fix")]

        @computed_field
        def twice(self) -> int:
            raise KeyError("twice")

    outcome = way(Guard.from_pydantic(Model), '{"a": 9}')
    assert outcome.passed
    assert outcome.output is not None
    assert outcome.output.a == 5


@pytest.mark.parametrize("rule", [with_await, with_thread], ids=lambda rule: rule.name)
def test_a_rule_that_does_not_run_inline_has_its_path_below_on_error_omit(rule: Any) -> None:
    outcome = Guard.from_pydantic(list[OnErrorOmit[Annotated[int, rule(on_fail="fix")]]]).parse('["q", 9, 2]')
    assert outcome.output == [5, 2]
    assert [str(one.path) for one in outcome.resolved] == ["$[1]"]


class InUnion(BaseModel):
    x: Bounded | Cat


class InMember(BaseModel):
    x: Bounded


class InList(BaseModel):
    x: list[Annotated[int, valid_range(0, 5, on_fail="fix")]]


@pytest.mark.parametrize(
    ("tp", "text", "told"),
    [
        (InUnion, '{"x": {"a": 9}}', {"$.x.a": 5, "$.x": {"a": 5}}),
        (InMember, '{"x": {"a": 9}}', {"$.x.a": 5, "$.x": {"a": 5}}),
        (InList, '{"x": [1, 9]}', {"$.x[0]": 1, "$.x[1]": 5, "$.x": [1, 5]}),
    ],
)
def test_a_stream_tells_a_fix_once(tp: Any, text: str, told: dict[str, Any]) -> None:
    events = list(Guard.from_pydantic(tp).stream(ScriptedModel([text]), messages=USER))
    assert [event.type for event in events] == [*("field" for _ in told), "outcome"]
    assert {str(event.path): event.value for event in events[:-1]} == told


@pytest.mark.parametrize("rule", [with_await, with_thread], ids=lambda rule: rule.name)
def test_a_stream_tells_the_fix_of_a_rule_that_does_not_run_inline(rule: Any) -> None:
    class Model(BaseModel):
        x: Annotated[int, rule(on_fail="fix")]

    model = ScriptedModel(['{"x": "q"}', '{"x": 9}'])
    for script in (ScriptedModel(['{"x": 9}']), model):
        events = list(Guard.from_pydantic(Model).stream(script, messages=USER))
        assert [event.value for event in events if event.type == "field"] == [5]


@pytest.mark.parametrize("tp", [dict[Literal["a", "b"], int], dict[Annotated[str, Field(max_length=2)], int]], ids=str)
def test_the_schema_says_which_keys_a_dict_takes(tp: Any) -> None:
    assert Guard.from_pydantic(tp).json_schema()["propertyNames"] == TypeAdapter(tp).json_schema()["propertyNames"]


def test_exception_f_leaves_a_validator_that_takes_items_one_by_one_as_it_is() -> None:
    class Model(BaseModel):
        items: Annotated[Iterable[int], AfterValidator(lambda items: [next(items)])]

    text = '{"items": [1, 2]}'
    assert Guard.from_pydantic(Model).parse(text).output == plain(Model, text)

"""A rule: a validator with its arguments and what its failure does, as a value that is compared, shown and pickled."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, TypeAdapter
from pydantic_core import core_schema

from railguard import FailResult, OnFail, PassResult, SpecError, ValidatorError, validator
from railguard.schema.core_schemas import schemas_in
from railguard.validation import Rule, interpret, json_type
from railguard.validation.declaration import declaration
from railguard.values import Path


@validator("t-ru-longer", replace=True, prompt="longer than {least} characters")
def longer(value: str, *, least: int = 0) -> bool:
    """A text of some length."""
    return len(value) > least


@validator("t-ru-between", replace=True)
class Between:
    """A number in a range."""

    def __init__(self, low: int, high: int = 9) -> None:
        if low > high:
            raise ValueError("low is above high")
        self.low, self.high = low, high
        self.prompt = f"from {low} to {high}"

    def __call__(self, value: int) -> bool:
        return self.low <= value <= self.high


@validator("t-ru-known", replace=True, metadata=("names",))
class Known:
    """A name that the caller knows; `where` says under which key."""

    def __init__(self, where: str = "") -> None:
        if where:
            self.metadata = (where,)

    def __call__(self, value: str, ctx: Any) -> bool:
        return value in ctx.metadata


@validator("t-ru-bare", replace=True)
def bare(value: Any, *, size: int = 0, name: str = "") -> None: ...


def shout(value: Any, result: FailResult) -> Any:
    return str(value).upper()


RULES: list[Rule] = [
    longer(),
    longer(least=3, on_fail="fix"),
    longer(3, on_fail=shout),
    Between(1, high=3),  # type: ignore[arg-type, list-item]
    Known(where="people"),  # type: ignore[list-item]
    Rule.unknown("nowhere", "nowhere: 1", "filter"),
    Rule.unknown("old", "old", lacks="validator 'old' needs a server", code="validator-gone"),
]


def outcome_of(rule: Rule, value: Any) -> Any:
    try:
        return rule.run(value)
    except (ValidatorError, TypeError, AttributeError) as error:
        return str(error)


@pytest.mark.parametrize("rule", RULES, ids=[f"{at}-{rule.name}" for at, rule in enumerate(RULES)])
@pytest.mark.parametrize("same", [copy.copy, copy.deepcopy, lambda rule: pickle.loads(pickle.dumps(rule))])
def test_a_rule_is_the_same_in_another_process(rule: Rule, same: Callable[[Rule], Rule]) -> None:
    again = same(rule)
    assert again == rule
    assert hash(again) == hash(rule)
    assert (again.validator, again.lacks, again.code) == (rule.validator, rule.lacks, rule.code)
    for value in ("", "a", "abcd", 0, 2):
        if rule.validator is None or rule.serves(value):
            assert outcome_of(again, value) == outcome_of(rule, value)


class OnlyHere:
    """What a rule runs that `Rule.of` did not make."""

    def __call__(self, value: Any) -> bool:
        return value == "here"


def test_what_was_put_in_the_place_of_a_rules_function_is_pickled_with_it() -> None:
    made = Rule("t-ru-longer", {"least": 1}, OnFail.FIX, longer, OnlyHere())
    again = pickle.loads(pickle.dumps(made))
    assert [again.run(value) for value in ("here", "elsewhere")] == [True, False]


def test_a_validator_is_pickled_by_the_name_of_its_function() -> None:
    assert pickle.loads(pickle.dumps(longer)) is longer
    assert pickle.loads(pickle.dumps(Between)) is Between
    moved = declaration("t-ru-moved", lambda value: True)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(moved)


def test_rules_are_equal_if_they_say_the_same() -> None:
    assert longer(least=3) == longer(3)
    assert len({longer(3), longer(least=3), longer(4)}) == 2
    assert longer(3) != longer(3, on_fail="fix")
    assert longer(3, on_fail=shout) != longer(3, on_fail=lambda value, result: value)
    assert longer(3) != bare(size=3)
    assert Rule.unknown("a", "a: 1") != Rule.unknown("a", "a: 2")
    assert longer(3) != "t-ru-longer"


@pytest.mark.parametrize(
    ("args", "kwargs", "said"),
    [
        ((1, 2, 3), {}, "takes at most 2 arguments, not 3"),
        ((1,), {"low": 2}, "got two values for 'low'"),
        ((), {"high": 2}, "needs 'low'"),
        ((), {"hihg": 2}, "has no parameter 'hihg'; did you mean 'high'?"),
        ((), {"zzz": 2}, "has no parameter 'zzz'$"),
        (("1",), {}, "takes int as 'low', not '1'"),
        ((5, 3), {}, "refuses its arguments: low is above high"),
    ],
)
def test_arguments_that_a_validator_does_not_take_are_refused_when_the_rule_is_made(
    args: Any, kwargs: Any, said: str
) -> None:
    with pytest.raises(SpecError) as caught:
        Between(*args, **kwargs)
    (problem,) = caught.value.problems
    assert problem.code == "validator-arguments"
    assert problem.message.startswith(f"validator 't-ru-between' {said.removesuffix('$')}")
    assert not said.endswith("$") or problem.message.endswith(said[-5:-1])
    assert problem.hint == "it is declared as t-ru-between(low: int, high: int = 9)"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (longer(least=3), "longer than 3 characters"),
        (longer(), "longer than 0 characters"),
        (Between(1), "from 1 to 9"),  # type: ignore[arg-type]
        (bare(), "t-ru-bare"),
        (bare(size=3, name="a"), "t-ru-bare: size=3, name='a'"),
        (Rule.unknown("nowhere", "nowhere: 1"), "nowhere: 1"),
        (declaration("t-ru-braces", lambda value: True, prompt="written as {…")(), "written as {…"),
        (declaration("t-ru-format", lambda value, n="a": True, prompt="as {n:d}")(), "as {n:d}"),
        (declaration("t-ru-plain", lambda value: True, prompt="in small letters")(), "in small letters"),
    ],
)
def test_a_rule_reads_to_a_model_in_its_validators_words(rule: Rule, words: str) -> None:
    assert rule.describe() == words


def test_what_a_rule_asks_of_the_call_is_said_by_its_instance_first() -> None:
    assert Known().metadata == ("names",)  # type: ignore[attr-defined]
    assert Known(where="people").metadata == ("people",)  # type: ignore[attr-defined]
    assert Known().wants_context  # type: ignore[attr-defined]
    assert longer().metadata == ()
    unknown = Rule.unknown("nowhere", "nowhere")
    assert (unknown.metadata, unknown.narrowing, unknown.wants_context, unknown.inline) == ((), {}, False, True)
    assert unknown.constraint("string") is None
    assert longer().constraint("string") is None
    assert longer().narrowing == {}


def test_a_rule_serves_the_types_of_its_validator_and_an_unknown_one_all() -> None:
    values = ["a", 1, 1.0, True, None, [], {}]
    assert [json_type(value) for value in values if longer().serves(value)] == ["string"]
    assert [json_type(value) for value in values if Between(1).serves(value)] == ["integer"]  # type: ignore[arg-type]
    assert all(bare().serves(value) for value in values)
    assert all(Rule.unknown("nowhere", "nowhere").serves(value) for value in values)


def test_a_package_that_is_not_installed_is_named_with_what_installs_it() -> None:
    needy = declaration("t-ru-needy", lambda value: True, requires={"not_there_at_all": "acme[extra]>=2", "json": "x"})
    assert needy.missing() == ["acme[extra]>=2"]
    with pytest.raises(SpecError, match="needs a package that is not installed") as caught:
        needy()
    assert caught.value.problems[0].hint == "install it: pip install 'acme[extra]>=2'"
    assert longer.missing() == []


def test_a_rule_in_an_annotation_travels_in_the_types_metadata_and_changes_nothing() -> None:
    class Named(BaseModel):
        name: str

    class Shared:
        """A type whose core schema is a definition by itself."""

        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
            return core_schema.int_schema(ref="shared")

    class Both(BaseModel):
        plain: Shared
        ruled: Annotated[Shared, longer(1)]

    noted = [(one.get("metadata") or {}).get("x-railguard-rules") for one in schemas_in(TypeAdapter(Both).core_schema)]
    assert [rules for rules in noted if rules is not None] == [(longer(1),)]  # of one use, and not of the definition
    assert Both.model_validate_json('{"plain": 1, "ruled": 2}') == Both(plain=1, ruled=2)
    for tp in (str, Named, Shared, list[int]):
        plain, ruled = TypeAdapter(tp), TypeAdapter(Annotated[tp, longer(1), longer(2)])
        assert ruled.json_schema() == plain.json_schema()
    schema = TypeAdapter(Annotated[str, longer(1), longer(2)]).core_schema
    assert schema["metadata"]["x-railguard-rules"] == (longer(1), longer(2))
    assert "x-railguard-rules" not in str(TypeAdapter(Named).core_schema)


def test_a_definition_that_a_handler_gives_out_whole_stays_as_it_is_inside_of_the_annotated_use() -> None:
    definition = {"type": "str", "ref": "shared", "metadata": {"own": 1}}
    schema = longer(1).__get_pydantic_core_schema__(str, lambda source: definition)
    assert schema == {"type": "chain", "steps": [definition], "metadata": {"x-railguard-rules": (longer(1),)}}
    assert definition == {"type": "str", "ref": "shared", "metadata": {"own": 1}}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, None),
        (True, None),
        (PassResult(), None),
        (False, "The value does not satisfy longer than 3 characters."),
        ("", "The value does not satisfy longer than 3 characters."),
        ("Too short.", "Too short."),
        (FailResult("Too short.", blame=[("a", 0), ()], spans=[(0, 1), [1, 2]]), "Too short."),  # type: ignore[list-item]
        (FailResult(" "), "The value does not satisfy longer than 3 characters."),
    ],
)
def test_what_a_validators_answer_means(answer: Any, message: str | None) -> None:
    result = interpret(answer, longer(3), Path())
    assert (None if result is None else result.message) == message

"""What accepts the sound answers of a user's own type in one pass: it never accepts what the type or a rule refuses."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, OnErrorOmit, ValidationError

from railguard.schema.own_functions import rule_error, visiting
from railguard.schema.quick_model import QuickModel
from railguard.schema.user_model import UserModel
from railguard.sources.pydantic import schema_from_type
from railguard_validators.length import length
from railguard_validators.lower_case import lower_case
from railguard_validators.regex_match import regex_match
from railguard_validators.valid_choices import valid_choices
from railguard_validators.valid_range import valid_range


class Person(BaseModel):
    type: Annotated[str, length(min=1, max=3)]
    amount: Annotated[float, valid_range(min=0, max=9)] | None = None


class Stripped(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)
    name: Annotated[str, length(max=3)]


class Coerced(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)
    name: Annotated[str, length(max=3)]


class PostInit(BaseModel):
    name: str

    def model_post_init(self, context: Any) -> None: ...


class Made(BaseModel):
    made: list[int] = Field(default_factory=lambda: [1])


class Empty(BaseModel):
    made: list[int] = Field(default_factory=list, max_length=1)


@dataclass
class Checked:
    name: str

    def __post_init__(self) -> None: ...


class Tree(BaseModel):
    name: Annotated[str, Field(max_length=5), length(min=2)]
    below: list[Tree] = []


def judge(tp: Any) -> UserModel:
    model = schema_from_type(tp).user_model
    assert model is not None
    return model


def run_rules(site: Any, value: Any) -> Any:
    for rule in site.rules:
        if rule.run(value) not in (None, True):
            raise rule_error(0)
    return value


def takes(validator: Any, text: str) -> bool:
    with visiting(run_rules):
        try:
            validator.validate_json(text)
        except ValidationError:
            return False
    return True


CASES: list[tuple[Any, bool, list[str], list[str]]] = [
    (Annotated[int, valid_range(min=1, max=3)], False, ["1", "3"], ["0", "4", '"x"']),
    (Annotated[float, valid_range(min=1)], False, ["1.5"], ["0.5", "NaN", "Infinity"]),
    (Annotated[float, Field(gt=0), valid_range(max=3)], False, ["1.5"], ["0", "3.5"]),
    (Annotated[str, length(min=2), length(max=3)], False, ['"ab"'], ['"a"', '"abcd"', "1"]),
    (Annotated[str, Field(min_length=2), length(max=3)], False, ['"ab"'], ['"a"', '"abcd"']),
    (Annotated[str, Field(max_length=3), length(max=5)], False, ['"abc"'], ['"abcd"']),
    (Annotated[str, regex_match("^[a-z]+$")], False, ['"ab"'], ['"A"']),
    (Annotated[str, valid_choices(["a", "b"])], False, ['"a"'], ['"c"', "1"]),
    (Annotated[str, Field(max_length=1), valid_choices(["a", "bb"])], False, ['"a"'], ['"bb"', '"c"']),
    (Annotated[str, lower_case()], True, ['"a"'], ['"A"']),
    (Annotated[str, length(max=1), lower_case()], True, ['"a"'], ['"A"', '"aa"']),
    (Annotated[list[int], length(min=1)], False, ["[1]"], ["[]", '["x"]']),
    (Annotated[list[int], Field(max_length=2), length(min=1)], False, ["[1]"], ["[]", "[1, 2, 3]"]),
    (Annotated[list[int], Field(min_length=2), length(min=1)], False, ["[1, 2]"], ["[]", "[1]"]),
    (Annotated[dict[str, int], length(min=1)], True, ['{"a": 1}'], ["{}"]),
    (Annotated[int, valid_range(max=3)] | str, True, ["1", '"a"'], ["4"]),
    (Annotated[float, valid_range(max=3)] | str, True, ["1.5"], ["4.5"]),
    (list[Person], False, ['[{"type": "a", "amount": 1}, {"type": "b"}]'], ['[{"type": "abcd"}]', '[{"type": ""}]']),
    (Tree, False, ['{"name": "ab", "below": [{"name": "cd"}]}'], ['{"name": "ab", "below": [{"name": "c"}]}']),
    (Tree, False, ['{"name": "abcde"}'], ['{"name": "abcdef"}']),
    (datetime.date, False, ['"2024-01-01"'], ['"x"']),
]


@pytest.mark.parametrize(("tp", "has_sites", "sound", "wrong"), CASES)
def test_what_is_accepted_at_once_is_what_the_type_and_its_rules_take(
    tp: Any, has_sites: bool, sound: list[str], wrong: list[str]
) -> None:
    model = judge(tp)
    accepting = QuickModel(model).accepting
    assert accepting is not None
    assert accepting.has_sites is has_sites
    for text in (*sound, *wrong):
        quickly = takes(accepting.validator, text)
        assert quickly is (text in sound)
        assert not quickly or takes(model.validator, text)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_is_not_finite_is_never_accepted_at_once(text: str) -> None:
    for tp in (float, float | str, Annotated[float, valid_range(max=3)] | str):
        accepting = QuickModel(judge(tp)).accepting
        assert accepting is not None
        assert not takes(accepting.validator, text)


@pytest.mark.parametrize(
    ("tp", "pure"),
    [
        (Annotated[int, AfterValidator(abs)], False),
        (PostInit, False),
        (Made, False),
        (Checked, False),
        (Iterable[int], False),
        (Stripped, True),
        (Coerced, True),
        (list[OnErrorOmit[int]], True),
    ],
)
def test_a_type_whose_code_would_run_or_that_changes_what_bounds_mean_is_not_accepted_at_once(
    tp: Any, pure: bool
) -> None:
    quick = QuickModel(judge(tp))
    assert quick.is_pure is pure
    assert quick.accepting is None


def test_an_empty_default_is_no_code_of_the_users() -> None:
    quick = QuickModel(judge(Empty))
    assert quick.is_pure
    assert quick.accepting is not None
    assert takes(quick.accepting.validator, "{}")
    assert not takes(quick.accepting.validator, '{"made": [1, 2]}')

"""check_validator: every law holds for a sound validator, and each one is seen to be broken by one that breaks it."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from typing import Any

import pytest

from railguard import Context, FailResult, PassResult, Rule, validator
from railguard.testing.laws import check_validator


def law_broken_by(subject: Any, passing: list[Any], failing: list[Any], **more: Any) -> str:
    with pytest.raises(AssertionError) as caught:
        check_validator(subject, passing=passing, failing=failing, **more)
    return str(caught.value)


@validator("laws-sound", replace=True)
class Sound:
    """A validator that keeps every law, with every kind of answer."""

    def __init__(self, prefix: str = "a") -> None:
        self.prefix = prefix

    def __call__(
        self, value: str | list[Any] | dict[str, Any] | int | None
    ) -> PassResult | FailResult | bool | str | None:
        if isinstance(value, str):
            if value.startswith(self.prefix):
                return PassResult()
            return FailResult("The text must start with a.", fix=self.prefix + value, spans=[(0, len(value))])
        if isinstance(value, list):
            return len(value) < 3 or FailResult("There are too many.", fix=value[:2], blame=[(2,)])
        if isinstance(value, dict):
            return "a" in value or "The member a is missing."
        return value is None or abs(value) > 1


def test_a_sound_validator_of_many_types_keeps_them():
    check_validator(Sound, passing=["ab", [], {"a": 1}, 2, None], failing=["b", [1, 2, 3], {}, 1])


def test_a_rule_is_checked_with_its_parameters():
    check_validator(Sound(prefix="x"), passing=["x"], failing=["a"])


@validator("laws-short", replace=True)
def short(value: str) -> bool:
    return len(value) < 3


def test_an_example_that_is_on_the_wrong_side_is_named():
    assert law_broken_by(short, ["abc"], ["abcd"]) == (
        "the law 'examples' is broken by laws-short: the value 'abc' is listed as passing and failed: "
        "does not satisfy laws-short"
    )
    assert "the value 'ab' is listed as failing and passed" in law_broken_by(short, ["a"], ["ab"])


def test_examples_of_both_sides_are_needed():
    assert "at least one passing and one failing" in law_broken_by(short, [], ["abc"])
    assert "at least one passing and one failing" in law_broken_by(short, ["a"], [])


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (7, "got 7, which is not a valid result of a validator"),
        (FailResult(" "), "failed without a message"),
        ("", "failed without a message"),
        (FailResult("no", spans=[(0, 99)]), "has spans outside of it"),
        (FailResult("no", spans=[(2, 1)]), "has spans outside of it"),
        (FailResult("no", blame=["a"]), "has blame that is no tuple of names and indexes"),  # type: ignore[list-item]
    ],
)
def test_an_answer_that_is_none_breaks_the_law_of_answers(answer, what):
    @validator("laws-answers", replace=True)
    def answers(value: str) -> Any:
        return answer if value == "bad" else None

    message = law_broken_by(answers, ["good"], ["bad"])
    assert "the law 'answers' is broken by laws-answers: the value 'bad'" in message
    assert what in message


def test_a_value_that_makes_it_raise_is_found():
    @validator("laws-raises", replace=True)
    def raises(value: str) -> bool:
        return value.encode() != b"bad"

    message = law_broken_by(raises, ["good"], ["bad"])
    assert "the law 'total' is broken by laws-raises" in message
    assert "made it raise UnicodeEncodeError" in message


def test_an_integer_too_long_to_be_written_is_tried():
    @validator("laws-writes", replace=True)
    def writes(value: int) -> bool:
        return len(str(value)) < 1000

    message = law_broken_by(writes, [1], [10**2000])
    assert "'total'" in message
    assert "a very large int" in message


def test_an_answer_that_changes_breaks_the_law_of_determinism():
    ticks = itertools.count()

    @validator("laws-moody", replace=True)
    def moody(value: str) -> str | None:
        return f"no, for the {next(ticks)}th time" if value == "bad" else None

    assert "'deterministic' is broken by laws-moody: the value 'bad' got two answers" in law_broken_by(
        moody, ["good"], ["bad"]
    )


def test_a_changed_value_breaks_the_law_of_determinism():
    @validator("laws-sorts", replace=True)
    def sorts(value: list[Any]) -> bool:
        value.sort(key=str)
        return len(value) < 3

    assert "the value [3, 1] was changed, to [1, 3]" in law_broken_by(sorts, [[3, 1]], [[1, 2, 3]])


def test_a_fix_that_fails_breaks_its_law():
    @validator("laws-mends", replace=True)
    def mends(value: str) -> FailResult | None:
        return FailResult("It must be short.", fix=value[:-1]) if len(value) > 2 else None

    message = law_broken_by(mends, ["a"], ["abc", "abcd"])
    assert message == (
        "the law 'fixes hold' is broken by laws-mends: the value 'abcd' is fixed to 'abc', which fails: It must be short."
    )


def test_a_fix_that_fails_for_an_unlisted_value_only_is_found():
    @validator("laws-first-two", replace=True)
    def first_two(value: list[Any]) -> FailResult | None:
        if len(set(map(str, value[:2]))) < min(2, len(value)):
            return FailResult("The first two must differ.", fix=value[1:] if len(value) < 3 else value[1:3])
        return None

    assert "'fixes hold' is broken by laws-first-two" in law_broken_by(first_two, [[1, 2]], [[1, 1], [1, 1, 2]])


@pytest.mark.parametrize("kind", ["text", "list", "object"])
def test_quadratic_time_is_found(kind):
    @validator("laws-slow-text", replace=True)
    def slow_text(value: str) -> bool:
        return sum(value.count("b", i) for i in range(len(value))) < 3

    @validator("laws-slow-list", replace=True)
    def slow_list(value: list[Any]) -> bool:
        return all(item not in value[:i] for i, item in enumerate(value))

    @validator("laws-slow-object", replace=True)
    def slow_object(value: dict[str, Any]) -> bool:
        return sum(1 for a in value for b in value if a == b) < 5

    subject, passing, failing = {
        "text": (slow_text, "a", "bbb"),
        "list": (slow_list, [1], [1, 1]),
        "object": (slow_object, {}, dict.fromkeys("abcde")),
    }[kind]
    message = law_broken_by(subject, [passing], [failing], max_examples=5)
    assert f"the law 'linear time' is broken by laws-slow-{kind}" in message


def test_a_pattern_that_backtracks_is_found():
    import re

    @validator("laws-tail", replace=True)
    def tail(value: str) -> bool:
        return re.search(r"\s+$", value) is None

    assert "'linear time' is broken by laws-tail" in law_broken_by(tail, ["a"], ["a "])


def test_async_and_context_are_served():
    @validator("laws-context", replace=True)
    async def context(value: str, *, ctx: Context) -> bool:
        await asyncio.sleep(0)
        return value in ctx.metadata["allowed"] and value in ctx.root["names"] and ctx.path == ()

    check_validator(
        context,
        passing=["Ann"],
        failing=["Bob", "Eve"],
        max_examples=20,
        metadata={"allowed": ["Ann", "Bob"]},
        root={"names": ["Ann", "Eve"]},
    )


def test_without_a_root_the_root_is_the_value():
    @validator("laws-root", replace=True)
    def root(value: dict[str, Any], *, ctx: Context) -> bool:
        return ctx.root is value and not ctx.metadata and "a" in value

    check_validator(root, passing=[{"a": 1}], failing=[{}])


def test_a_rule_that_cannot_run_is_refused():
    with pytest.raises(AssertionError, match="no validator of that name"):
        check_validator(Rule.unknown("nobody", "nobody"), passing=[1], failing=[2])


def test_without_hypothesis_it_says_how_to_get_it():
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "from railguard.testing.laws import check_validator\n"
        "from railguard.validation.registry import find_validator\n"
        "try:\n    check_validator(find_validator('one-line'), passing=['a'], failing=['\\n'])\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "check_validator makes values up with Hypothesis: pip install hypothesis"


def test_it_leaves_garbage_collection_as_it_was():
    import gc

    gc.disable()
    try:
        check_validator(short, passing=["a"], failing=["abc"], max_examples=5)
        assert not gc.isenabled()
    finally:
        gc.enable()
    check_validator(short, passing=["a"], failing=["abc"], max_examples=5)
    assert gc.isenabled()


def test_two_fixes_that_share_a_list_break_a_law():
    missing = [["a"]]

    @validator("laws-shared", replace=True)
    def shared(value: list) -> FailResult | None:
        return None if value[:1] == missing else FailResult("It must begin with a list.", fix=missing + value)

    @validator("laws-own", replace=True)
    def own(value: list) -> FailResult | None:
        return None if value[:1] == missing else FailResult("It must begin with a list.", fix=[["a"], *value])

    assert "share a list or an object" in law_broken_by(shared, [[["a"]]], [[1]])
    check_validator(own, passing=[[["a"]]], failing=[[1], [{}]], max_examples=20)

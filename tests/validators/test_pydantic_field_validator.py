"""pydantic-field-validator: a value that a function of the kind pydantic's field_validator takes lets through."""

from __future__ import annotations

from typing import Any

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.pydantic_field_validator import pydantic_field_validator


def trimmed(value: Any) -> Any:
    """without white space around it"""
    if not isinstance(value, str):
        raise ValueError("it must be a text")
    return value.strip()


def test_it_keeps_the_laws():
    check_validator(pydantic_field_validator(trimmed), passing=["a", ""], failing=[" a", 1, None, ["a"]])


def test_what_it_raises_is_the_message():
    assert pydantic_field_validator(trimmed).run(7).message == "it must be a text"

    def bare(value: Any) -> Any:
        raise AssertionError

    assert pydantic_field_validator(bare).run("x").message == '"x" is not valid: bare.'


def test_another_value_that_holds_is_the_fix():
    result = pydantic_field_validator(trimmed).run(" a ")
    assert (result.fix, result.message) == ("a", '" a " is not valid: "a" is.')
    assert pydantic_field_validator(lambda value: value + "x").run("a").fix is UNSET


def test_what_else_it_raises_is_no_verdict():
    with pytest.raises(ZeroDivisionError):
        pydantic_field_validator(lambda value: 1 / 0).run("a")


def test_only_a_function_is_taken():
    with pytest.raises(SpecError):
        pydantic_field_validator("trimmed")


def test_it_reads_as_words_for_a_model():
    assert pydantic_field_validator(trimmed).describe() == "without white space around it"

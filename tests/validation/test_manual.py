"""A docstring read as data: its words, its parameters, the rules of its examples."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard.validation.manual import manual


@validator("t-ma-few", replace=True)
class Few:
    """Few.

    Note: this is no parameter.

    most: how many,
        at most.
    of: of what.

    No fix.

    >>> t_ma_few(3, of="words").run("a b")
    >>> t_ma_few(
    ...     2).run("a b c").message
    'Too many.'
    >>> t_ma_few(-1)
    >>> t_ma_few(unknown)
    >>> t_ma_few(4
    >>> __import__("sys").exit(t_ma_few(5))
    """

    def __init__(self, most: int, of: str = "letters") -> None:
        if most < 0:
            raise KeyError(most)  # an example of a wrong argument, with a wrong error
        self.most = most
        self.metadata = (of,)

    def __call__(self, value: str, ctx: Any = None) -> FailResult | None:
        return FailResult("Too many.") if len(value) > self.most else None

    def constraint(self, json_type: str) -> dict[str, int] | None:
        return {"maxLength": self.most} if json_type == "string" else None


def test_words_parameters_and_examples_are_told_apart():
    told = Few.manual
    assert told.words == ("Few.", "", "Note: this is no parameter.", "", "No fix.")
    assert told.parameters == {"most": "how many, at most.", "of": "of what."}
    assert told.examples[0] == '>>> t_ma_few(3, of="words").run("a b")'
    assert [parameter.doc for parameter in Few.parameters] == ["how many, at most.", "of what."]


def test_a_docstring_of_nothing_has_no_parts():
    told = manual("", ["most"])
    assert (told.words, told.parameters, told.examples) == ((), {}, ())


def test_calls_with_literals_are_rules_and_nothing_else_is_run():
    assert [rule.arguments for rule in Few.examples()] == [{"most": 3, "of": "words"}, {"most": 2}, {"most": 5}]
    assert [rule.metadata for rule in Few.examples()] == [("words",), ("letters",), ("letters",)]


def test_its_keywords_are_those_of_its_examples():
    assert Few.keywords == ("maxLength",)


def test_one_without_an_example_that_can_be_made_has_no_keywords():
    @validator("t-ma-bare", replace=True)
    def bare(value: str, *, most: int) -> bool:
        return len(value) <= most

    @validator("t-ma-lacking", replace=True, requires={"not_installed_anywhere": "nothing"})
    def lacking(value: str) -> bool:
        return True

    assert bare.examples() == lacking.examples() == []
    assert bare.keywords == lacking.keywords == ()

"""A default is checked when the document is loaded: it has to be a valid value of its own element."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from railguard import Guard, SpecError, validator
from railguard.rail import check, load
from railguard.values import UNSET

WRONG = [
    '<integer name="a" default="‸200" maximum="5"/>',
    '<float name="a" default="‸0.3" exclusive-minimum="0.3"/>',
    '<float name="a" default="‸0.25" multiple-of="0.1"/>',
    '<list name="a" default="‸3"/>',
    '<list name="a" default="‸[1, \'x\']"><integer/></list>',
    '<list name="a" default="‸[1, 1]" unique="true"/>',
    '<list name="a" default="‸[]" min-items="1"/>',
    '<object name="a" default="‸{}"><string name="b"/></object>',
    '<object name="a" default="‸{\'b\': 1}"><string name="b"/></object>',
    '<choice name="a" discriminator="k" default="‸{\'k\': \'y\'}"><case name="x"/></choice>',
    '<union name="a" default="‸4"><string/><integer maximum="3"/></union>',
    '<string name="a" default="‸{null}"/>',
    '<string name="a" default="‸{5}"/>',
    '<string name="a" default="‸ab" min-length="3"/>',
    '<string name="a" default="‸ab" pattern="^b"/>',
    '<string name="a" default="‸here" format="email"/>',
    '<url name="a" default="‸here"/>',
    '<date name="a" default="‸2024-02-31"/>',
    '<date name="a" default="‸2024-02-03" date-format="%d.%m.%Y"/>',
    '<percentage name="a" default="‸12"/>',
    '<enum name="a" values="a, b" default="‸c"/>',
    '<enum name="a" values="{[1, 2]}" default="‸true"/>',
    '<enum name="a" values="{[1, 2]}" default="‸{\'1\'}"/>',
    '<string name="a" default="‸ABC" validators="lower-case"/>',
    '<string name="a" default="‸ABC" validators="lower-case" on-fail-lower-case="fix"/>',
    '<list name="a" default="‸[\'A\']"><string validators="lower-case"/></list>',
]


@pytest.mark.parametrize("written", WRONG)
def test_a_default_that_is_no_value_of_its_element_is_refused_at_its_place(written: str) -> None:
    element, column = written.replace("‸", ""), written.index("‸") + 1
    (problem,) = check(f'<rail version="1.0"><output>\n{element}\n</output></rail>')
    assert (problem.code, problem.severity, problem.line, problem.column) == ("bad-default", "error", 2, column)


@pytest.mark.parametrize("written", WRONG)
def test_an_older_document_that_held_a_wrong_default_still_loads_and_ignores_it(written: str) -> None:
    element = written.replace("‸", "")
    spec = load(f'<rail version="0.1"><output>{element}</output></rail>')
    assert "bad-default" in {warning.code for warning in spec.warnings}
    (field,) = spec.schema.root.fields  # type: ignore[attr-defined] # the root is an object
    assert (field.required, field.default) == (True, UNSET)


@pytest.mark.parametrize(
    "element",
    [
        '<integer name="a" default="5" maximum="5"/>',
        '<string name="a" default="{null}" nullable="true" validators="lower-case"/>',
        '<string name="a" default="abc" validators="lower-case; no-such-validator"/>',
        '<list name="a" default="[]"><integer/></list>',
        '<enum name="a" values="a, {b}" default="{b}"/>',
        '<union name="a" default="x"><string/><integer/></union>',
        '<any name="a" default="{null}"/>',
        "<choice name=\"a\" discriminator=\"k\" default=\"{'k': 'x', 'n': 1}\">"
        '<case name="x"><integer name="n"/></case></choice>',
    ],
)
def test_a_default_that_its_element_accepts_is_no_problem(element: str) -> None:
    codes = {problem.code for problem in check(f'<rail version="1.0"><output>{element}</output></rail>')}
    assert "bad-default" not in codes


@validator("t-default-raises", replace=True)
def raises(value: str) -> None:
    raise ZeroDivisionError


@validator("t-default-nonsense", replace=True)
def nonsense(value: str) -> Any:
    return 5


@validator("t-default-waits", replace=True)
async def waits(value: str) -> bool:
    return False


@validator("t-default-context", replace=True)
def context(value: str, *, ctx: Any) -> bool:
    return False


@validator("t-default-numbers", replace=True)
def numbers(value: int) -> bool:
    return False


@pytest.mark.parametrize("rule", [raises, nonsense, waits, context, numbers], ids=lambda rule: rule.name)
def test_a_default_is_not_judged_by_a_rule_that_is_broken_or_needs_more_than_the_value(rule: Any) -> None:
    element = '<any name="a" default="{{\'x\'}}" validators="{}"/>'
    document = f'<rail version="1.0"><output>{element}</output></rail>'
    assert check(document.format(rule.name)) == []
    assert [problem.code for problem in check(document.format(f"{rule.name}; length: 3"))] == ["bad-default"]


def test_the_variables_of_a_prompt_have_checked_defaults_too() -> None:
    with pytest.raises(SpecError, match=r"2:28: error\[bad-default\].*at most 3, not 9"):
        load(
            '<rail version="1.0"><input>\n<integer name="n" default="9" maximum="3"/></input>'
            '<output type="string"/><messages><message role="user">${n}</message></messages></rail>'
        )


def test_a_default_is_checked_against_a_definition_that_follows_later() -> None:
    text = (
        '<rail version="1.0"><definitions><object name="A"><ref name="b" to="B" default="{default}"/></object>'
        '<integer name="B"/></definitions><output><ref name="x" to="A"/></output></rail>'
    )
    assert [problem.code for problem in check(text.replace("{default}", "{'x'}"))] == ["bad-default"]
    assert check(text.replace("{default}", "3")) == []


def test_a_misspelled_default_of_an_enum_names_the_value_that_was_meant() -> None:
    (problem,) = check(
        '<rail version="1.0"><output><enum name="a" values="red, green" default="gren"/></output></rail>'
    )
    assert "'gren' is none of the values of this enum; did you mean 'green'?" in problem.message
    assert problem.hint == "the values are red, green"


def test_a_rule_that_keeps_what_fails_makes_a_wrong_default_a_warning() -> None:
    guard = Guard.from_rail_string(
        '<rail version="1.0"><output>'
        '<string name="a" default="ABC" validators="lower-case" on-fail-lower-case="noop"/></output></rail>'
    )
    assert [(problem.code, problem.severity) for problem in guard.warnings] == [("bad-default", "warning")]
    assert guard.parse("{}").output == {"a": "ABC"}


def test_a_spec_whose_default_is_wrong_is_not_written_as_a_document_that_would_be_refused() -> None:
    class Bill(BaseModel):
        total: int = "unknown"  # type: ignore[assignment] # pydantic does not check it

    with pytest.raises(SpecError, match=r"not-writable.*\$\.total: default"):
        Guard.from_pydantic(Bill).to_rail()


@pytest.mark.parametrize(
    "element",
    [
        '<union name="a" default="{1}"/>',
        '<choice name="a" discriminator="d" default="{1}"/>',
        '<list name="a" default="[1]"><union/></list>',
        '<object name="a" default="{}"><list name="b"><ref to="nope"/></list></object>',
        '<string name="a" pattern="(" default="x"/>',
    ],
)
@pytest.mark.parametrize("version", ["0.1", "1.0"])
def test_a_default_of_an_element_that_is_wrong_itself_adds_no_problem(element: str, version: str) -> None:
    codes = {problem.code for problem in check(f'<rail version="{version}"><output>{element}</output></rail>')}
    assert codes
    assert codes <= {"missing-child", "unknown-definition", "bad-pattern", "unknown-attribute", "missing-attribute"}

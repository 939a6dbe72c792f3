"""`measure_spec` makes valid answers from a spec, breaks them, and names the rules and fields that let mistakes through."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from railguard import Guard, SpecError, ValidatorError, validator
from railguard.spectest import SpecReport, measure_spec
from railguard.spectest.page import page
from railguard.spectest.samples import Sampler, written_answer
from railguard.spectest.spec_fields import Places
from railguard_validators.length import length

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "rail_specs.jsonl"


def of(output: str) -> Guard[Any]:
    return Guard.from_rail_string(f'<rail version="1.0"><output>{output}</output></rail>')


def found(report: SpecReport) -> set[tuple[str, str]]:
    return {(one.code, one.path) for one in report.findings}


@pytest.mark.parametrize(
    ("output", "code", "path"),
    [
        ('<string name="a"/>', "no-rule", "$.a"),
        ('<list name="a"><string validators="two-words"/></list>', "no-rule", "$.a"),
        ('<string name="a" validators="length: 1 100000"/>', "rule-loose", "$.a"),
        ('<integer name="a" validators="valid-range: 0 1000000000000"/>', "rule-loose", "$.a"),
        ('<integer name="a" minimum="-1000000000"/>', "rule-loose", "$.a"),
        ('<list name="a" validators="length: 1 20000"><integer validators="positive"/></list>', "rule-loose", "$.a"),
        ('<string name="a" validators="two-words" on-fail-two-words="noop"/>', "rule-kept", "$.a"),
        ('<string name="a" validators="length: 2 60; max-length: 100"/>', "rule-redundant", "$.a"),
        ('<object name="a" validators="length: min=2"><bool name="b"/><bool name="c"/></object>', "rule-never", "$.a"),
        ('<string name="a" validators="quotes-source"/>', "rule-untried", "$.a"),
        ('<string name="a" validators="ban-list: [\'foo\']"/>', "weak-place", "$.a"),
        ('<string name="a" validators="regex-match: \'(?s).*\'"/>', "rule-never", "$.a"),
        ('<string name="a" validators="two-words; valid-url"/>', "no-valid-answer", "$.a"),
    ],
)
def test_a_weak_rule_or_field_is_named(output: str, code: str, path: str) -> None:
    assert (code, path) in found(measure_spec(of(output)))


@pytest.mark.parametrize(
    "output",
    [
        '<string name="a" validators="length: 5 60; two-words; lower-case"/>',
        '<integer name="a" validators="valid-range: 0 200"/>',
        '<string name="a" validators="iban"/>',
        '<string name="a" pattern="^[A-Z]{3}-[0-9]+$"/>',
        '<date name="a" date-format="%d.%m.%Y"/>',
        '<enum name="a" values="one, two"/>',
        '<object name="a" validators="sum-equals: total parts"><float name="total" validators="positive"/>'
        '<list name="parts" validators="length: 1 9"><float validators="valid-range: 0 100"/></list></object>',
    ],
)
def test_what_is_strong_is_not_named(output: str) -> None:
    report = measure_spec(of(output))
    assert found(report) == set()
    assert report.generated
    assert report.score is not None
    assert report.score >= 40


def test_a_spec_with_a_rule_less_catches_less() -> None:
    rail = '<string name="a" validators="length: 2 60"/><float name="b" validators="valid-range: 0 10000"/>'
    whole = measure_spec(of(rail))
    weaker = measure_spec(of(rail.replace(' validators="valid-range: 0 10000"', "")))
    assert whole.score is not None
    assert weaker.score is not None
    assert weaker.score < whole.score
    assert found(weaker) - found(whole) == {("no-rule", "$.b")}


def test_the_same_spec_gets_the_same_report() -> None:
    guard = of('<string name="a" pattern="^[A-Z]{3}-[0-9]+$"/>')
    assert measure_spec(guard).to_dict() == measure_spec(guard).to_dict()


class Node(BaseModel):
    name: Annotated[str, length(max=12)]
    kind: Literal["a", "b"]
    age: int = Field(ge=0, le=120)
    below: list[Node] = []
    rates: dict[str, float] = {}
    other: int | str | None = None


@pytest.mark.parametrize(
    "guard",
    [
        Guard.from_pydantic(Node),
        Guard.from_pydantic(list[Node]),
        Guard.from_string([length(max=20)]),
        Guard.from_json_schema(True),
        Guard.from_json_schema(
            {"type": "array", "items": {"type": "integer", "multipleOf": 5}, "uniqueItems": True, "minItems": 3}
        ),
        Guard.from_json_schema(
            {
                "properties": {"a": {"type": ["string", "null"], "format": "email"}},
                "additionalProperties": {"type": "integer"},
            }
        ),
        *(Guard.from_rail(path) for path in sorted((ROOT / "specs").glob("*.rail"))),
    ],
    ids=str,
)
def test_the_answers_that_are_made_are_valid(guard: Guard[Any]) -> None:
    places = Places(guard)
    sampler = Sampler(guard, places, {})
    for turn in range(4):
        value, outcome = sampler.sample(turn)
        assert outcome.passed, outcome.failures
        assert guard.parse(written_answer(value, places)).passed


def test_the_specs_that_people_wrote_are_tested_without_an_error() -> None:
    if not CORPUS.exists():
        pytest.skip("the corpus is not part of the project")
    tested = made = 0
    for line in CORPUS.read_text().splitlines()[::6]:
        try:
            guard = Guard.from_rail_string(json.loads(line)["rail"], unknown_validators="ignore")
        except SpecError:
            continue
        report = measure_spec(guard)
        tested += 1
        made += report.generated > 0
    assert tested >= 20
    assert made >= 0.9 * tested


def test_stored_answers_are_broken_too_and_counted_for_the_rules_they_break() -> None:
    guard = of('<string name="a" validators="length: 1 40; lower-case"/>')
    answers = ['{"a": "north road"}', '{"a": "South Road"}', "no JSON"]
    report = measure_spec(guard, answers=answers)
    assert (report.answers, report.answers_failed) == (3, 2)
    assert [one.answers for one in report.rules if one.name == "lower-case"] == [1]
    assert any(one.right == "north road" for one in report.survivors)


def test_rules_that_cannot_run_are_left_out_with_their_reason() -> None:
    @validator("raises-always", replace=True)
    def raises_always(value: str) -> bool:
        raise RuntimeError("no")

    @validator("asks-slowly", replace=True, blocking=True)
    def asks_slowly(value: str) -> bool:
        return "x" not in value

    guard = Guard.from_string([raises_always(), asks_slowly(), length(min=2, max=50)])
    reasons = {one.name: one.reason for one in measure_spec(guard).rules if one.verdict == "untried"}
    assert "RuntimeError" in reasons["raises-always"]
    assert reasons["asks-slowly"] == "it may ask a model or the network"
    costly = measure_spec(Guard.from_string([asks_slowly()]), costly=True)
    assert [(one.name, one.verdict) for one in costly.rules] == [("asks-slowly", "ok")]
    with pytest.raises(ValidatorError):
        measure_spec(Guard.from_pydantic(Annotated[str, raises_always()]))


class _Tags(HTMLParser):
    """Whether a page is well formed, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag != "script"
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_well_formed_and_shows_what_a_spec_says_as_text() -> None:
    guard = of(
        '<string name="a" description="&lt;script&gt;alert(1)&lt;/script&gt;" validators="ban-list: [\'foo\']"/>'
    )
    tags = _Tags()
    tags.feed(page(measure_spec(guard), "<b>.rail"))
    assert tags.open == []
    assert "Test of <b>.rail" in tags.text
    assert "<script>alert(1)</script>" in tags.text
    assert "ordinary mistakes are let through" in tags.text

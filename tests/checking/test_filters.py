"""Filters: what is left out when the loop ends, how far up it reaches, and what is looked at once more."""

from typing import Any

import pytest

from railguard import UNSET, FailResult, Guard, OnFail, ValidationFailed, ValidationOutcome, validator
from railguard.testing import ScriptedModel

USER = [{"role": "user", "content": "go"}]


@validator("t-fl-short", replace=True)
def short(value: str) -> bool | str:
    """At most four characters."""
    return len(value) <= 4 or "at most four characters"


@validator("t-fl-two", replace=True)
def two(value: list) -> FailResult | None:  # type: ignore[type-arg]
    """Two items or more; fixed by a last one."""
    return FailResult("two items at least", fix=[*value, "pad"]) if len(value) < 2 else None


@validator("t-fl-few", replace=True)
def few(value: list) -> bool | str:  # type: ignore[type-arg]
    """Two items at most."""
    return len(value) <= 2 or "two items at most"


@validator("t-fl-noted", replace=True)
def noted(value: dict) -> bool | str:  # type: ignore[type-arg]
    """An object that has a note."""
    return "note" in value or "it needs a note"


def rail(body: str) -> Guard:
    return Guard.from_rail_string(f'<rail version="1.0">{body}</rail>')


SHORT = 'validators="t-fl-short" on-fail-t-fl-short="filter"'


def test_a_required_field_takes_its_object_up_to_the_list_item() -> None:
    guard = rail(
        f'<output><list name="l"><object><object name="o"><string name="s" {SHORT}/></object>'
        '<string name="k"/></object></list></output>'
    )
    outcome = guard.parse('{"l":[{"o":{"s":"ok"},"k":"1"},{"o":{"s":"too long"},"k":"2"},{"o":{"s":"fine"},"k":"3"}]}')
    assert outcome.passed
    assert outcome.output == {"l": [{"o": {"s": "ok"}, "k": "1"}, {"o": {"s": "fine"}, "k": "3"}]}
    assert [(f.path, f.before, f.after) for f in outcome.resolved] == [(("l", 1, "o", "s"), "too long", UNSET)]


def test_a_required_field_takes_its_object_up_to_an_optional_field() -> None:
    guard = rail(
        f'<output><object name="o" required="false"><object name="p"><string name="s" {SHORT}/></object></object>'
        '<string name="k"/></output>'
    )
    outcome = guard.parse('{"o":{"p":{"s":"too long"}},"k":"x"}')
    assert outcome.passed
    assert outcome.output == {"k": "x"}


def test_nothing_can_be_left_out_where_everything_up_to_the_root_is_required() -> None:
    guard = rail(f'<output><object name="o"><string name="s" {SHORT}/></object></output>')
    outcome = guard.parse('{"o":{"s":"too long"}}')
    assert [(f.path, f.action) for f in outcome.failures] == [(("o", "s"), OnFail.FILTER)]
    assert outcome.output is None
    assert outcome.partial == {"o": {}}


def test_a_missing_required_field_takes_its_object_with_it_like_a_wrong_one() -> None:
    guard = rail('<output type="list"><object><string name="s" on-fail="filter"/><string name="k"/></object></output>')
    outcome = guard.parse('[{"k":"1"},{"s":[],"k":"2"},{"s":"ok","k":"3"}]')
    assert outcome.passed
    assert outcome.output == [{"s": "ok", "k": "3"}]


def test_an_item_of_the_wrong_type_is_left_out_where_its_on_fail_says_so() -> None:
    outcome = rail('<output type="list"><integer on-fail="filter"/></output>').parse('[1,"x",3]')
    assert outcome.passed
    assert outcome.output == [1, 3]


def test_indices_are_those_of_the_unfiltered_output() -> None:
    guard = rail(f'<output type="list"><string {SHORT}/></output>')
    outcome = guard.parse('["too long","a","also long","b"]')
    assert outcome.output == ["a", "b"]
    assert [f.path for f in outcome.resolved] == [(0,), (2,)]
    assert outcome.iterations[0].parsed == ["too long", "a", "also long", "b"]


def test_a_field_is_asked_for_at_its_unfiltered_index() -> None:
    guard = rail(f'<output type="list"><object><string name="s" {SHORT}/><integer name="n"/></object></output>')
    model = ScriptedModel(['[{"s":"too long","n":1},{"s":"ok","n":"x"}]', '{"1.n":2}'])
    outcome = guard(model, messages=USER)
    assert outcome.iterations[1].asked == ((1, "n"),)
    assert outcome.output == [{"s": "ok", "n": 2}]
    assert outcome.passed


class TestEnclosingRules:
    """Enclosing rules run once more on what filtering left."""

    def outcome(self, on_fail: str) -> ValidationOutcome:
        guard = rail(
            f'<output><list name="l" validators="t-fl-two" on-fail-t-fl-two="{on_fail}"><string {SHORT}/></list></output>'
        )
        return guard.parse('{"l":["ok","too long"]}')

    def test_a_rule_that_fails_only_now_is_a_failure(self) -> None:
        outcome = self.outcome("noop")
        assert [(f.path, f.value, f.action) for f in outcome.failures] == [(("l",), ["ok"], OnFail.NOOP)]
        assert outcome.output == {"l": ["ok"]}

    def test_a_fix_of_it_is_recorded(self) -> None:
        outcome = self.outcome("fix")
        assert outcome.output == {"l": ["ok", "pad"]}
        assert [(f.path, f.action, f.after) for f in outcome.resolved] == [
            (("l", 1), OnFail.FILTER, UNSET),
            (("l",), OnFail.FIX, ["ok", "pad"]),
        ]

    def test_a_refrain_of_it_withholds_everything(self) -> None:
        outcome = self.outcome("refrain")
        assert (outcome.output, outcome.partial, outcome.stopped) == (None, None, "refrained")

    def test_an_exception_of_it_is_raised(self) -> None:
        with pytest.raises(ValidationFailed) as caught:
            self.outcome("exception")
        assert caught.value.outcome.stopped == "exception"

    def test_a_reask_of_it_stays_unresolved(self) -> None:
        outcome = self.outcome("reask")
        assert [(f.path, f.action) for f in outcome.failures] == [(("l",), OnFail.REASK)]
        assert outcome.output is None

    def test_a_failure_that_filtering_mended_is_gone(self) -> None:
        guard = rail(
            f'<output><list name="l" validators="t-fl-few" on-fail-t-fl-few="noop"><string {SHORT}/></list></output>'
        )
        outcome = guard.parse('{"l":["a","too long","b"]}')
        assert outcome.output == {"l": ["a", "b"]}
        assert outcome.failures == ()
        assert outcome.passed

    def test_a_list_that_is_too_short_now_fails(self) -> None:
        schema = {"type": "array", "items": {"type": "string"}, "minItems": 2}
        outcome = Guard.from_json_schema(schema).using(short(on_fail="filter"), on="$[*]").parse('["ok","too long"]')
        assert [f.validator for f in outcome.failures] == ["minItems"]
        assert outcome.output is None

    def test_they_run_on_the_right_item_when_items_before_it_went(self) -> None:
        guard = rail(
            '<output type="list"><object validators="t-fl-noted" on-fail-t-fl-noted="noop">'
            f'<string name="id" {SHORT}/><string name="note" required="false" {SHORT}/></object></output>'
        )
        outcome = guard.parse(
            '[{"id":"too long","note":"x"},{"id":"b","note":"y"},{"id":"c","note":"too long"},{"id":"d","note":"z"}]'
        )
        assert outcome.output == [{"id": "b", "note": "y"}, {"id": "c"}, {"id": "d", "note": "z"}]
        assert [(f.path, f.validator) for f in outcome.failures] == [((2,), "t-fl-noted")]

    def test_rules_beside_what_was_left_out_do_not_run_again(self) -> None:
        calls: list[Any] = []

        @validator("t-fl-count", replace=True)
        def count(value: str) -> None:
            calls.append(value)

        guard = rail(
            f'<output><list name="l"><string {SHORT}/></list><string name="k" validators="t-fl-count"/></output>'
        )
        guard.parse('{"l":["ok","too long"],"k":"x"}')
        assert calls == ["x"]


def test_filtering_waits_for_the_last_round_whatever_ends_it() -> None:
    guard = rail(f'<output><list name="l"><string {SHORT}/></list><integer name="n"/></output>')
    model = ScriptedModel(['{"l":["ok","too long"],"n":"x"}', '{"n":"y"}'])
    outcome = guard(model, messages=USER, max_reasks=1)
    assert outcome.stopped == "max_reasks"
    assert outcome.partial == {"l": ["ok"]}
    assert [f.path for f in outcome.resolved] == [("l", 1)]
    assert [f.path for f in outcome.failures] == [("n",)]

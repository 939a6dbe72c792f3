"""Why a loop ends, and what is known then: budgets, stalling, refusal, truncation, broken providers, resuming."""

import json
import time
from typing import Any

import pytest

from railguard import (
    Completion,
    FailResult,
    Guard,
    InputError,
    OnFail,
    ProviderError,
    Usage,
    ValidationFailed,
    ValidationOutcome,
    validator,
)
from railguard.testing import ScriptedModel

USER = [{"role": "user", "content": "go"}]
INT, STR = {"type": "integer"}, {"type": "string"}
SCHEMA = {"type": "object", "properties": {"a": INT, "b": INT}, "required": ["a", "b"]}


@validator("t-en-short", replace=True)
def short(value: str) -> bool | str:
    """At most four characters."""
    return len(value) <= 4 or "at most four characters"


@pytest.fixture
def guard() -> Guard:
    return Guard.from_json_schema(SCHEMA, messages=USER)


def test_the_loop_ends_when_nothing_fails(guard: Guard) -> None:
    outcome = guard(ScriptedModel(['{"a":"x","b":1}', '{"a":2}']))
    assert (outcome.stopped, outcome.passed, outcome.output) == ("valid", True, {"a": 2, "b": 1})


@pytest.mark.parametrize("most", [0, 1, 2, 5, 10])
def test_there_are_at_most_as_many_rounds_as_reasks_and_one(guard: Guard, most: int) -> None:
    model = ScriptedModel(['{"a":"x","b":1}', *(json.dumps({"a": f"x{n}"}) for n in range(20))])
    outcome = guard(model, max_reasks=most)
    assert len(model.requests) == len(outcome.iterations) == 1 + most
    assert outcome.stopped == "max_reasks"
    assert outcome.output is None
    assert outcome.partial == {"b": 1}


@pytest.mark.parametrize("most", [-1, 11, True, "2", 1.0, None])
def test_a_budget_of_reasks_is_a_number_up_to_ten(guard: Guard, most: Any) -> None:
    with pytest.raises(InputError, match="max_reasks"):
        guard(ScriptedModel(["{}"]), max_reasks=most)


class TestTokens:
    def answer(self, text: str, tokens: int) -> Completion:
        return Completion(text, "stop", usage=Usage(tokens // 2, tokens - tokens // 2))

    def test_no_reask_is_begun_once_the_tokens_are_spent(self, guard: Guard) -> None:
        model = ScriptedModel([self.answer('{"a":"x","b":1}', 60), self.answer('{"a":"y"}', 60), "{}"])
        outcome = guard(model, token_budget=100, max_reasks=5)
        assert outcome.stopped == "token_budget"
        assert len(model.requests) == 2
        assert outcome.usage == Usage(60, 60)

    def test_a_valid_answer_over_the_budget_is_valid(self, guard: Guard) -> None:
        outcome = guard(ScriptedModel([self.answer('{"a":1,"b":1}', 1000)]), token_budget=10)
        assert outcome.stopped == "valid"

    def test_the_usage_of_all_rounds_is_added_up(self, guard: Guard) -> None:
        rounds = [self.answer('{"a":"x","b":1}', 10), self.answer('{"a":1}', 4)]
        outcome = guard(ScriptedModel(rounds))
        assert outcome.usage == Usage(7, 7)
        assert [iteration.usage for iteration in outcome.iterations] == [Usage(5, 5), Usage(2, 2)]

    def test_usage_that_nobody_counted_is_not_called_known(self, guard: Guard) -> None:
        outcome = guard(ScriptedModel([self.answer('{"a":"x","b":1}', 10), '{"a":1}']))
        assert outcome.usage == Usage(5, 5, known=False)


class TestTime:
    def test_no_reask_is_begun_once_the_time_is_up(self, guard: Guard) -> None:
        model = ScriptedModel(['{"a":"x","b":1}', '{"a":1}'])
        outcome = guard(model, timeout=0.0)
        assert outcome.stopped == "timeout"
        assert len(model.requests) == 1
        assert not outcome.passed
        assert outcome.partial == {"b": 1}

    def test_a_model_is_told_how_much_time_is_left(self, guard: Guard) -> None:
        model = ScriptedModel(['{"a":"x","b":1}', '{"a":1}'])
        began = time.monotonic()
        guard(model, timeout=50.0)
        took = time.monotonic() - began
        first, second = (request.timeout for request in model.requests)
        assert first is not None
        assert second is not None
        assert 50 - took <= second <= first <= 50

    def test_a_model_that_fails_because_the_time_is_up_ends_the_loop(self, guard: Guard) -> None:
        def slow(messages: Any) -> str:
            time.sleep(0.06)
            raise ProviderError("the time is up")

        outcome = guard(ScriptedModel(['{"a":"x","b":1}', slow]), timeout=0.05)
        assert outcome.stopped == "timeout"


class TestStalling:
    def test_two_identical_answers_in_a_row_end_the_loop(self, guard: Guard) -> None:
        model = ScriptedModel(['{"a":"x","b":1}', '{"a":"y"}', '{"a":"y"}', '{"a":1}'])
        outcome = guard(model, max_reasks=9)
        assert outcome.stopped == "stalled"
        assert len(model.requests) == 3

    def test_an_unreadable_answer_twice_ends_the_loop(self, guard: Guard) -> None:
        assert guard(ScriptedModel(["no", "no", "no"]), max_reasks=9).stopped == "stalled"

    def test_identical_answers_with_another_between_do_not(self, guard: Guard) -> None:
        model = ScriptedModel(['{"a":"x","b":1}', '{"a":"y"}', '{"a":"z"}', '{"a":"y"}', '{"a":1}'])
        assert guard(model, max_reasks=9).passed

    def test_an_answer_that_mends_everything_is_valid_though_it_repeats(self) -> None:
        calls: list[int] = []

        @validator("t-en-second", replace=True)
        def second(value: str) -> bool | str:
            calls.append(1)
            return len(calls) > 1 or "not yet"

        outcome = Guard.from_string([second()])(ScriptedModel(["a", "a"]), messages=USER)
        assert outcome.stopped == "valid"


class TestRefusal:
    @pytest.mark.parametrize(
        "answer",
        [
            Completion("", "refusal", refusal="I cannot help with that."),
            Completion("", "stop", refusal="I cannot help with that."),
            Completion("I cannot help with that.", "refusal"),
        ],
    )
    def test_a_refusal_is_an_outcome_and_is_not_reasked(self, guard: Guard, answer: Completion) -> None:
        model = ScriptedModel([answer, '{"a":1,"b":1}'])
        outcome = guard(model)
        assert outcome.stopped == "refused"
        assert outcome.refusal == "I cannot help with that."
        assert not outcome.passed
        assert (outcome.output, outcome.partial) == (None, None)
        assert len(model.requests) == 1
        with pytest.raises(ValidationFailed, match="refused"):
            outcome.raise_for_failures()

    def test_a_content_filter_is_a_refusal(self, guard: Guard) -> None:
        outcome = guard(ScriptedModel([Completion('{"a"', "content_filter")]))
        assert outcome.stopped == "refused"
        assert outcome.refusal
        assert outcome.iterations[0].finish_reason == "content_filter"

    def test_a_refusal_in_a_reask_keeps_what_there_was(self, guard: Guard) -> None:
        model = ScriptedModel(['{"a":"x","b":1}', Completion("", "refusal", refusal="No.")])
        outcome = guard(model)
        assert outcome.stopped == "refused"
        assert outcome.output is None
        assert outcome.partial == {"b": 1}
        assert [f.path for f in outcome.failures] == [("a",)]
        assert len(outcome.iterations) == 2

    def test_a_refusal_in_a_reask_takes_rejected_values_out_of_what_there_was(self) -> None:
        guard = Guard.from_json_schema({"type": "array", "items": {"anyOf": [STR, INT]}}, messages=USER)
        guard = Guard.from_rail_string(
            '<rail version="1.0"><output><list name="l"><string validators="t-en-short" on-fail-t-en-short="filter"/>'
            '</list><integer name="n"/></output></rail>'
        )
        model = ScriptedModel(['{"l":["ok","too long"],"n":"x"}', Completion("", "refusal", refusal="No.")])
        assert guard(model, messages=USER).partial == {"l": ["ok"]}


class TestTruncation:
    def cut(self, text: str) -> Completion:
        return Completion(text, "length")

    def test_a_truncated_answer_is_asked_only_for_what_is_missing(self, guard: Guard) -> None:
        model = ScriptedModel([self.cut('{"a": 1, '), '{"b":2}'])
        outcome = guard(model)
        assert outcome.output == {"a": 1, "b": 2}
        assert outcome.iterations[1].asked == (("b",),)

    def test_a_truncated_list_is_asked_for_its_further_items(self) -> None:
        schema = {"type": "object", "properties": {"l": {"type": "array", "items": SCHEMA}}, "required": ["l"]}
        guard = Guard.from_json_schema(schema, messages=USER)
        model = ScriptedModel(
            [self.cut('{"l":[{"a":1,"b":1},{"a":2,"b":2},{"a":3,'), '{"l.2.b":3,"l.+":[{"a":4,"b":4}]}']
        )
        outcome = guard(model)
        assert ("l", "+") in outcome.iterations[1].asked
        assert outcome.output is not None
        assert outcome.output["l"][:2] == [{"a": 1, "b": 1}, {"a": 2, "b": 2}]
        assert outcome.output["l"][-1] == {"a": 4, "b": 4}

    def test_a_cut_off_number_or_text_is_not_taken_for_a_whole_one(self, guard: Guard) -> None:
        outcome = guard(ScriptedModel([self.cut('{"b": 7, "a": 12'), '{"a":123}']))
        assert outcome.output == {"a": 123, "b": 7}
        text = Guard.from_json_schema({"type": "object", "properties": {"s": STR}, "required": ["s"]}, messages=USER)
        outcome = text(ScriptedModel([self.cut('{"s": "half of it'), '{"s":"all of it"}']))
        assert outcome.output == {"s": "all of it"}

    def test_a_truncated_answer_that_is_whole_all_the_same_is_valid(self, guard: Guard) -> None:
        assert guard(ScriptedModel([self.cut('{"a":1,"b":2}')])).passed

    def test_a_truncated_text_is_not_passed_as_it_is(self) -> None:
        outcome = Guard.from_string(messages=USER)(ScriptedModel([self.cut("once upon a"), "once upon a time"]))
        assert outcome.output == "once upon a time"

    def test_a_truncated_answer_to_a_reask_gives_what_it_has(self, guard: Guard) -> None:
        model = ScriptedModel(['{"a":"x","b":"x"}', self.cut('{"a":1,"b":'), '{"b":2}'])
        outcome = guard(model)
        assert outcome.output == {"a": 1, "b": 2}


class TestProviders:
    def test_one_that_fails_at_once_raises_without_an_outcome(self, guard: Guard) -> None:
        with pytest.raises(ProviderError) as caught:
            guard(ScriptedModel([ProviderError("no connection")]))
        assert caught.value.outcome is None

    def test_one_that_fails_in_a_later_round_raises_with_what_was_reached(self, guard: Guard) -> None:
        with pytest.raises(ProviderError, match="no connection") as caught:
            guard(ScriptedModel(['{"a":"x","b":1}', ProviderError("no connection", status=503)]))
        outcome = caught.value.outcome
        assert isinstance(outcome, ValidationOutcome)
        assert outcome.partial == {"b": 1}
        assert outcome.output is None
        assert not outcome.passed
        assert len(outcome.iterations) == 1
        assert caught.value.status == 503

    def test_what_was_reached_can_be_resumed(self, guard: Guard) -> None:
        with pytest.raises(ProviderError) as caught:
            guard(ScriptedModel(['{"a":"x","b":1}', ProviderError("no connection")]))
        assert caught.value.outcome is not None
        assert guard.resume(caught.value.outcome, ScriptedModel(['{"a":5}'])).output == {"a": 5, "b": 1}


class TestResuming:
    def test_it_asks_for_what_fails_with_a_budget_of_its_own(self, guard: Guard) -> None:
        first = guard(ScriptedModel(['{"a":"x","b":1}', '{"a":"y"}']), max_reasks=1)
        model = ScriptedModel(['{"a":"z"}', '{"a":3}'])
        second = guard.resume(first, model, max_reasks=2)
        assert second.output == {"a": 3, "b": 1}
        assert len(second.iterations) == 4
        assert len(first.iterations) == 2, "an outcome is a value"

    def test_it_sends_what_reask_request_shows(self, guard: Guard) -> None:
        first = guard(ScriptedModel(['{"a":"x","b":1}']), max_reasks=0)
        request = guard.reask_request(first)
        model = ScriptedModel(['{"a":3}'])
        guard.resume(first, model)
        assert request is not None
        assert list(model.requests[0].messages) == request.messages
        assert model.requests[0].schema == request.schema
        assert request.paths == (("a",),)

    def test_an_outcome_of_parse_is_resumed_in_the_given_conversation(self, guard: Guard) -> None:
        model = ScriptedModel(['{"a":3}'])
        outcome = guard.resume(guard.parse('{"a":"x","b":1}'), model, messages=USER)
        assert outcome.output == {"a": 3, "b": 1}
        assert model.requests[0].messages[0] == USER[0]

    def test_an_outcome_that_passed_is_given_back_without_a_question(self, guard: Guard) -> None:
        outcome = guard.resume(guard.parse('{"a":3,"b":1}'), ScriptedModel([]))
        assert outcome.passed
        assert outcome.output == {"a": 3, "b": 1}
        assert guard.reask_request(outcome) is None

    @pytest.mark.parametrize("failing", ["0", '"x"'])
    def test_what_was_filtered_out_stays_out(self, failing: str) -> None:
        guard = Guard.from_rail_string(
            '<rail version="1.0"><output><list name="l"><string validators="t-en-short" on-fail-t-en-short="filter"/>'
            '</list><integer name="n"/></output></rail>'
        )
        first = guard.parse('{"l":["too long","ok"],"n":' + failing + "}")
        assert first.partial is not None
        assert first.partial["l"] == ["ok"]
        outcome = guard.resume(first, ScriptedModel(['{"n":1}']), messages=USER)
        assert outcome.output is not None
        assert outcome.output["l"] == ["ok"]

    def test_an_unreadable_answer_is_asked_for_whole(self, guard: Guard) -> None:
        outcome = guard.resume(guard.parse("no"), ScriptedModel(['{"a":3,"b":1}']), messages=USER)
        assert outcome.output == {"a": 3, "b": 1}

    def test_what_a_cut_answer_lacks_is_still_asked_for(self) -> None:
        optional = {"type": "object", "properties": {"a": INT, "x": INT}, "required": ["a"]}
        guard = Guard.from_json_schema(optional, messages=USER)
        first = guard(ScriptedModel([Completion('{"a":1,', "length")]), max_reasks=0)
        model = ScriptedModel(['{"x":2}'])
        assert guard.resume(first, model).output == {"a": 1, "x": 2}
        guard = Guard.from_json_schema({"type": "object", "properties": {"l": {"type": "array", "items": INT}}})
        first = guard(ScriptedModel([Completion('{"l":[1,2,', "length")]), messages=USER, max_reasks=0)
        outcome = guard.resume(first, ScriptedModel(['{"l.+":[3]}']), messages=USER)
        assert outcome.iterations[1].asked == (("l", "+"),)
        assert outcome.output == {"l": [1, 2, 3]}

    def test_a_refused_outcome_does_not_turn_into_a_passed_one(self, guard: Guard) -> None:
        refused = guard(ScriptedModel([Completion("", "refusal", refusal="No.")]))
        model = ScriptedModel(['{"a":3,"b":1}'])
        outcome = guard.resume(refused, model)
        assert not (outcome.passed and outcome.output is None), "passed without an output"
        if model.requests:
            assert outcome.output == {"a": 3, "b": 1}
        else:
            assert outcome.stopped == "refused"

    def test_a_refrained_outcome_stays_withheld(self) -> None:
        @validator("t-en-no", replace=True)
        def never(value: str) -> str:
            return "never"

        guard = Guard.from_string([never(on_fail="refrain")])
        outcome = guard.resume(guard.parse("x"), ScriptedModel(["y"]), messages=USER)
        assert (outcome.stopped, outcome.output, outcome.partial) == ("refrained", None, None)

    def test_a_stalled_outcome_can_be_tried_again(self, guard: Guard) -> None:
        stalled = guard(ScriptedModel(['{"a":"x","b":1}', '{"a":"y"}', '{"a":"y"}']), max_reasks=5)
        assert guard.resume(stalled, ScriptedModel(['{"a":1}'])).passed


def test_an_exception_in_a_later_round_carries_every_round() -> None:
    @validator("t-en-explode", replace=True)
    def explode(value: int) -> FailResult | None:
        return FailResult("not nine") if value == 9 else None

    guard = Guard.from_json_schema(SCHEMA, messages=USER).using(explode(on_fail="exception"), on="$.a")
    with pytest.raises(ValidationFailed) as caught:
        guard(ScriptedModel(['{"a":"x","b":1}', '{"a":9}', '{"a":1}']))
    outcome = caught.value.outcome
    assert len(outcome.iterations) == 2
    assert outcome.stopped == "exception"
    assert [f.action for f in outcome.failures] == [OnFail.EXCEPTION]


def test_a_refrain_in_a_later_round_withholds_everything() -> None:
    @validator("t-en-withhold", replace=True)
    def withhold(value: int) -> bool:
        return value != 9

    guard = Guard.from_json_schema(SCHEMA, messages=USER).using(withhold(on_fail="refrain"), on="$.a")
    outcome = guard(ScriptedModel(['{"a":"x","b":"y"}', '{"a":9}', '{"a":1}']))
    assert (outcome.stopped, outcome.output, outcome.partial) == ("refrained", None, None)
    assert len(outcome.iterations) == 2

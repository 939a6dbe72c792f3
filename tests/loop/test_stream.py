"""Streaming: each value told once it was checked, nothing told that something above may take back, one outcome last."""

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, BeforeValidator

from railguard import (
    UNSET,
    Completion,
    Context,
    FailResult,
    Guard,
    InputError,
    PassResult,
    ProviderError,
    StreamEvent,
    Usage,
    ValidationFailed,
    ValidatorError,
    validator,
)
from railguard.testing import ScriptedModel

USER = [{"role": "user", "content": "go"}]
INT, STR = {"type": "integer"}, {"type": "string"}
seen: list[Any] = []


@validator("t-st-short", replace=True)
def short(value: str) -> FailResult | None:
    """At most four characters."""
    return None if len(value) <= 4 else FailResult("at most four characters", fix=value[:4])


@validator("t-st-small", replace=True)
def small(value: int) -> bool | str:
    """Below ten."""
    return value < 10 or "at most nine"


@validator("t-st-see", replace=True)
def see(value: Any) -> None:
    """Remembers what it was given."""
    seen.append(copy.deepcopy(value))


@validator("t-st-awaited", replace=True)
async def awaited(value: str) -> bool | str:
    """Async; at most four characters."""
    await asyncio.sleep(0)
    return len(value) <= 4 or "at most four characters, awaited"


@validator("t-st-after", replace=True)
def after(value: int, ctx: Context) -> bool | str:
    """Not above its sibling `most`, which the whole output has."""
    return value <= ctx.root["most"] or "above most"


class Pieces:
    """Streams the given pieces; a Completion is the last, an exception is raised; remembers what was read and closed."""

    name = "pieces"

    def __init__(self, *answers: Sequence[str | Completion | Exception]) -> None:
        self.answers = answers
        self.read: list[str] = []
        self.closed = 0

    def complete(self, request: Any) -> Completion:
        raise AssertionError("it can stream")

    async def acomplete(self, request: Any) -> Completion:
        raise AssertionError("it can stream")

    def stream(self, request: Any) -> Iterator[str | Completion]:
        try:
            for piece in self.answers[request.round]:
                if isinstance(piece, Exception):
                    raise piece
                if isinstance(piece, str):
                    self.read.append(piece)
                yield piece
        finally:
            self.closed += 1

    async def astream(self, request: Any) -> AsyncIterator[str | Completion]:
        try:
            for piece in self.answers[request.round]:
                await asyncio.sleep(0)
                if isinstance(piece, Exception):
                    raise piece
                if isinstance(piece, str):
                    self.read.append(piece)
                yield piece
        finally:
            self.closed += 1


def rail(body: str) -> Guard:
    return Guard.from_rail_string(f'<rail version="1.0"><output>{body}</output></rail>')


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def events(guard: Guard, *answers: Any, pieces: int = 1, **options: Any) -> list[StreamEvent]:
    return list(guard.stream(ScriptedModel(answers, pieces=pieces), messages=USER, **options))


def told(found: list[StreamEvent]) -> list[tuple[str, ...]]:
    return [(event.type, str(event.path)) if event.path is not None else (event.type,) for event in found]


def fields(found: list[StreamEvent]) -> dict[str, Any]:
    return {str(event.path): event.value for event in found if event.type == "field"}


class TestOrder:
    def test_a_field_is_told_as_it_closes_and_the_outcome_is_last(self) -> None:
        guard = Guard.from_json_schema(obj(a=INT, l={"type": "array", "items": obj(s=STR)}))
        found = events(guard, '{"a":1,"l":[{"s":"x"},{"s":"y"}]}')
        assert told(found) == [
            ("field", "$.a"),
            ("field", "$.l[0].s"),
            ("field", "$.l[0]"),
            ("field", "$.l[1].s"),
            ("field", "$.l[1]"),
            ("field", "$.l"),
            ("outcome",),
        ]
        assert found[-1].outcome is not None
        assert found[-1].outcome.output == {"a": 1, "l": [{"s": "x"}, {"s": "y"}]}

    def test_it_is_told_before_the_rest_was_read(self) -> None:
        guard = Guard.from_json_schema(obj(a=INT, b=INT))
        model = Pieces(['{"a":1,', '"b":', "2}", Completion('{"a":1,"b":2}', "stop")])
        running = guard.stream(model, messages=USER)
        first = next(running)
        assert (first.path, first.value) == (("a",), 1)
        assert "2}" not in model.read
        assert [event.type for event in running] == ["field", "outcome"]

    def test_nothing_is_asked_before_the_first_event(self) -> None:
        model = ScriptedModel(['{"a":1}'])
        running = Guard.from_json_schema(obj(a=INT)).stream(model, messages=USER)
        assert model.requests == []
        next(running)
        assert len(model.requests) == 1

    @pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
    def test_the_size_of_the_pieces_changes_nothing(self, size: int) -> None:
        guard = Guard.from_json_schema(obj(a=INT, s=STR, l={"type": "array", "items": INT}))
        text = '{"a": -12, "s": "\\ud83d\\ude00 \\"q\\" é", "l": [1, 22, 333]}'
        found = events(guard, text, pieces=size)
        assert fields(found) == {
            "$.a": -12,
            "$.s": '😀 "q" é',
            "$.l[0]": 1,
            "$.l[1]": 22,
            "$.l[2]": 333,
            "$.l": [1, 22, 333],
        }

    def test_the_snapshot_grows_with_what_was_told(self) -> None:
        guard = Guard.from_json_schema(obj(a=INT, l={"type": "array", "items": obj(s=STR)}))
        snapshots = [
            copy.deepcopy(event.snapshot)
            for event in guard.stream(ScriptedModel(['{"a":1,"l":[{"s":"x"}]}']), messages=USER)
        ]
        assert snapshots[0] == {"a": 1}
        assert snapshots[1] == {"a": 1, "l": [{"s": "x"}]}
        assert snapshots[-1] == {"a": 1, "l": [{"s": "x"}]}


class TestSources:
    def test_a_list_root_yields_its_items(self) -> None:
        found = events(Guard.from_json_schema({"type": "array", "items": INT}), "[1,2,3]")
        assert told(found)[:3] == [("field", "$[0]"), ("field", "$[1]"), ("field", "$[2]")]

    def test_a_string_root_has_only_its_outcome_and_its_deltas(self) -> None:
        guard = Guard.from_string([short(on_fail="noop")])
        assert told(events(guard, "hello")) == [("outcome",)]
        found = events(guard, "hello", raw=True, pieces=2)
        assert [event.text for event in found if event.type == "delta"] == ["he", "ll", "o"]
        assert found[-1].outcome is not None
        assert found[-1].outcome.output == "hello"

    def test_a_pydantic_model_is_streamed_and_comes_out_as_its_instance(self) -> None:
        class Model(BaseModel):
            a: int
            tags: list[str] = []

        found = events(Guard.from_pydantic(Model), '{"a":1,"tags":["x"]}')
        assert told(found)[:3] == [("field", "$.a"), ("field", "$.tags[0]"), ("field", "$.tags")]
        assert found[-1].outcome is not None
        assert found[-1].outcome.output == Model(a=1, tags=["x"])

    def test_a_choice_tells_the_fields_of_its_case(self) -> None:
        guard = rail(
            '<choice name="c" discriminator="kind"><case name="n"><integer name="v"/></case>'
            '<case name="s"><string name="v" validators="t-st-short"/></case></choice>'
        )
        found = events(guard, '{"c":{"kind":"s","v":"abc"}}')
        assert ("field", "$.c.v") in told(found)
        assert fields(found)["$.c.v"] == "abc"
        found = events(guard, '{"c":{"kind":"s","v":"too long"}}', max_reasks=0)
        assert ("failure", "$.c.v") in told(found)
        assert "$.c.v" not in fields(found)

    def test_a_choice_whose_discriminator_comes_last_tells_nothing_wrong(self) -> None:
        guard = rail(
            '<choice name="c" discriminator="kind"><case name="n"><integer name="v"/></case>'
            '<case name="s"><string name="v" validators="t-st-short"/></case></choice>'
        )
        found = events(guard, '{"c":{"v":"too long","kind":"s"}}', max_reasks=0)
        assert "$.c.v" not in fields(found)
        assert "$.c" not in fields(found)

    @pytest.mark.parametrize(
        ("before", "behind"),
        [("Here you are: ", ""), ("```json\n", "\n```"), ("<think>{maybe} [x]</think>\n", ""), ("\ufeff \n", "\n")],
    )
    def test_text_around_the_answer_is_passed_over(self, before: str, behind: str) -> None:
        guard = Guard.from_json_schema(obj(a=INT, b=STR))
        found = events(guard, before + '{"a":1,"b":"x"}' + behind)
        assert told(found) == [("field", "$.a"), ("field", "$.b"), ("outcome",)]
        assert found[-1].outcome is not None
        assert found[-1].outcome.passed

    def test_a_model_that_cannot_stream_tells_the_same_events(self) -> None:
        def plain(messages: Any) -> str:
            return '{"a":1,"b":"x"}'

        found = list(Guard.from_json_schema(obj(a=INT, b=STR)).stream(plain, messages=USER))
        assert told(found) == [("field", "$.a"), ("field", "$.b"), ("outcome",)]

    def test_a_callable_that_yields_its_text_is_streamed(self) -> None:
        def pieces(messages: Any) -> Iterator[str]:
            yield from ('{"a"', ":1,", '"b":"x"}')

        found = list(Guard.from_json_schema(obj(a=INT, b=STR)).stream(pieces, messages=USER))
        assert told(found) == [("field", "$.a"), ("field", "$.b"), ("outcome",)]

    def test_null_where_it_is_allowed_is_told_and_its_rules_do_not_run(self) -> None:
        guard = Guard.from_json_schema(obj(s={"type": ["string", "null"], "title": "s"})).using(short(), on="$.s")
        found = events(guard, '{"s":null}')
        assert told(found) == [("field", "$.s"), ("outcome",)]


class TestFailures:
    def test_a_failure_is_told_and_its_value_is_not(self) -> None:
        guard = Guard.from_json_schema(obj(a=INT, s=STR)).using(short(), on="$.s")
        found = events(guard, '{"a":"x","s":"too long"}', max_reasks=0)
        assert told(found) == [("failure", "$.a"), ("failure", "$.s"), ("outcome",)]
        assert found[0].failure is not None
        assert found[1].failure is not None
        assert found[0].failure.validator == "type"
        assert found[1].failure.validator == "t-st-short"
        assert found[-1].snapshot == {}

    def test_a_fix_is_told_as_the_fixed_value(self) -> None:
        guard = Guard.from_json_schema(obj(s=STR, t=STR)).using(short(on_fail="fix"), on="$.s")
        found = events(guard, '{"s":"too long","t":"x"}')
        assert fields(found) == {"$.s": "too ", "$.t": "x"}
        assert found[-1].outcome is not None
        assert found[-1].outcome.output == {"s": "too ", "t": "x"}
        assert len(found[-1].outcome.resolved) == 1

    def test_noop_is_told_as_a_failure_and_as_a_field(self) -> None:
        guard = Guard.from_json_schema(obj(s=STR)).using(short(on_fail="noop"), on="$.s")
        assert told(events(guard, '{"s":"too long"}')) == [("failure", "$.s"), ("field", "$.s"), ("outcome",)]

    def test_exception_raises_from_the_iterator(self) -> None:
        guard = Guard.from_json_schema(obj(s=STR)).using(short(on_fail="exception"), on="$.s")
        with pytest.raises(ValidationFailed) as caught:
            events(guard, '{"s":"too long"}')
        assert caught.value.outcome.stopped == "exception"

    def test_a_broken_validator_is_its_error_and_no_field(self) -> None:
        @validator("t-st-broken", replace=True)
        def broken(value: str) -> None:
            raise KeyError("oops")

        shown: list[StreamEvent] = []
        guard = Guard.from_json_schema(obj(s=STR)).using(broken(), on="$.s")
        running = guard.stream(ScriptedModel(['{"s":"x"}']), messages=USER)
        with pytest.raises(ValidatorError, match="t-st-broken"):
            shown.extend(running)
        assert [event.type for event in shown if event.type == "field"] == []

    def test_a_missing_field_is_a_failure_when_its_object_closes(self) -> None:
        guard = Guard.from_json_schema({"type": "array", "items": obj(a=INT, b=INT)})
        found = events(guard, '[{"a":1},{"a":1,"b":2}]', max_reasks=0)
        assert [str(e.path) for e in found if e.type == "failure"] == ["$[0].b"]
        assert "$[0]" not in fields(found)
        assert fields(found)["$[1]"] == {"a": 1, "b": 2}


class TestHeld:
    """What something above may still take away is not told before that is decided."""

    @pytest.mark.parametrize("action", ["refrain", "filter", "exception"])
    def test_below_a_rule_that_may_withhold_nothing_is_told_until_it_ran(self, action: str) -> None:
        @validator("t-st-noted", replace=True)
        def noted(value: dict) -> bool | str:  # type: ignore[type-arg]
            return "note" in value or "it needs a note"

        guard = rail(
            f'<list name="l"><object validators="t-st-noted" on-fail-t-st-noted="{action}"><string name="s"/>'
            '<string name="note" required="false"/></object></list>'
        )
        bad: list[StreamEvent] = []
        running = guard.stream(ScriptedModel(['{"l":[{"s":"secret"}]}'], pieces=1), messages=USER)
        try:
            bad.extend(running)
        except ValidationFailed:
            assert action == "exception"
        assert [e for e in bad if e.type == "field" and e.path and e.path.starts_with(("l", 0))] == []
        good = events(guard, '{"l":[{"s":"x","note":"y"}]}')
        assert fields(good)["$.l[0].s"] == "x"

    @pytest.mark.parametrize("action", ["refrain", "filter", "exception"])
    def test_what_was_told_is_in_the_outcome_or_restarted(self, action: str) -> None:
        """A rule of a later sibling that withholds the whole output must not find it told."""
        guard = rail(f'<string name="a"/><string name="s" validators="t-st-short" on-fail-t-st-short="{action}"/>')
        shown: list[StreamEvent] = []
        running = guard.stream(ScriptedModel(['{"a":"x","s":"too long"}'], pieces=1), messages=USER, max_reasks=0)
        try:
            shown.extend(running)
        except ValidationFailed:
            assert action == "exception"
        if action == "filter":  # nothing can be left out: the value above is required
            assert fields(shown) == {}
        else:
            assert "$.a" not in fields(shown), "the whole output is withheld"

    def test_a_required_member_that_filters_holds_its_siblings(self) -> None:
        guard = rail(
            '<list name="l"><object><string name="a"/><string name="s" validators="t-st-short" '
            'on-fail-t-st-short="filter"/></object></list>'
        )
        found = events(guard, '{"l":[{"a":"1","s":"ok"},{"a":"2","s":"too long"}]}')
        assert "$.l[0].a" in fields(found)
        assert "$.l[1].a" not in fields(found)
        assert found[-1].snapshot == {"l": [{"a": "1", "s": "ok"}]}

    def test_an_optional_member_that_filters_holds_nothing(self) -> None:
        guard = rail(
            '<object name="o"><string name="a"/><string name="s" required="false" validators="t-st-short" '
            'on-fail-t-st-short="filter"/></object>'
        )
        found = events(guard, '{"o":{"a":"1","s":"too long"}}')
        assert told(found)[0] == ("field", "$.o.a")
        assert "$.o.s" not in fields(found)

    def test_no_told_field_holds_what_was_filtered(self) -> None:
        guard = rail('<list name="l"><string validators="t-st-short" on-fail-t-st-short="filter"/></list>')
        found = events(guard, '{"l":["ok","too long"]}')
        for event in found:
            if event.type == "field":
                assert "too long" not in json.dumps(event.value)

    def test_a_told_object_does_not_hold_an_unknown_key_that_goes(self) -> None:
        guard = rail('<object name="o"><string name="a"/></object>')
        found = events(guard, '{"o":{"a":"1","zebra":"2"}}')
        assert found[-1].outcome is not None
        assert found[-1].outcome.output == {"o": {"a": "1"}}
        assert fields(found)["$.o"] == {"a": "1"}


class TestAwaited:
    """Checks that cannot run inline run when the answer is complete; their values are told only then."""

    def test_a_value_with_an_awaited_check_is_not_told_before_it_ran(self) -> None:
        guard = rail('<object name="o"><string name="s" validators="t-st-awaited"/></object><string name="t"/>')
        found = events(guard, '{"o":{"s":"too long"},"t":"x"}', max_reasks=0)
        assert "$.o.s" not in fields(found)
        assert "$.o" not in fields(found), "an object is told with a member in it that was not checked yet"

    def test_it_is_told_before_the_outcome_once_it_passed(self) -> None:
        guard = rail('<string name="s" validators="t-st-awaited"/><string name="t"/>')
        assert fields(events(guard, '{"s":"ok","t":"x"}')) == {"$.s": "ok", "$.t": "x"}

    def test_its_failure_is_told_too(self) -> None:
        guard = rail('<string name="s" validators="t-st-awaited"/><string name="t"/>')
        found = events(guard, '{"s":"too long","t":"x"}', max_reasks=0)
        assert ("failure", "$.s") in told(found)


class TestReask:
    def test_what_is_asked_again_is_told_with_what_came_back(self) -> None:
        guard = Guard.from_json_schema(obj(a=INT, s=STR))
        found = events(guard, '{"a":"x","s":"y"}', '{"a":"z"}', '{"a":3}')
        assert told(found) == [
            ("failure", "$.a"),
            ("field", "$.s"),
            ("reask",),
            ("failure", "$.a"),
            ("reask",),
            ("field", "$.a"),
            ("outcome",),
        ]
        assert found[2].paths == (("a",),)
        assert found[-1].snapshot == {"s": "y", "a": 3}
        assert found[-1].outcome is not None
        assert found[-1].outcome.output == {"a": 3, "s": "y"}

    def test_a_later_better_candidate_sends_restart(self) -> None:
        guard = Guard.from_json_schema(obj(a=INT, b=INT))
        found = events(guard, 'First: {"a": 1} no, better: {"a": 7, "b": 2}')
        outcome = found[-1].outcome
        assert outcome is not None
        assert outcome.output == {"a": 7, "b": 2}
        assert ("restart",) in told(found)
        assert told(found).index(("restart",)) > told(found).index(("field", "$.a"))

    @pytest.mark.parametrize(
        ("first", "second"), [("{}", "false"), ('{"x": 1}', '{"x": 1, "y": 2}'), ("[1]", "[1, 2]"), ("1", "true")]
    )
    def test_where_a_correction_changes_a_type_or_an_object_the_value_is_told_again_after_a_restart(
        self, first: str, second: str
    ) -> None:
        found = events(Guard.from_json_schema(obj(a={})), f'{{"a": {first}}}\nSorry, this is right:\n{{"a": {second}}}')
        outcome = found[-1].outcome
        assert outcome is not None
        assert json.dumps(outcome.output) == f'{{"a": {second}}}'
        values = [event.value for event in found if event.type == "field" and event.path == ("a",)]
        assert json.dumps(values[-1]) == second
        assert len(values) == 1 + told(found).count(("restart",))

    @pytest.mark.parametrize("text", ['{"a": 7.0}', "{'a': 7.0}", '{"a": 7}'])
    def test_a_number_of_a_set_stays_as_it_is_written_on_every_way(self, text: str) -> None:
        guard = Guard.from_json_schema(obj(a={"enum": [7, "x"]}))
        ways = [events(guard, text)[-1].outcome, guard.parse(text)]
        assert [repr(outcome and outcome.output) for outcome in ways] == [text.replace('"', "'")] * 2

    def test_no_restart_where_nothing_that_was_told_changed(self) -> None:
        guard = Guard.from_json_schema(obj(a=INT, s=STR)).using(short(on_fail="fix"), on="$.s")
        for text in ('{"a":1,"s":"x"}', '{"a":1,"s":"too long"}', '{"a":"x","s":"y"}', '{"a":1'):
            assert ("restart",) not in told(events(guard, text, max_reasks=0)), text

    def test_the_last_snapshot_is_the_partial_outcome(self) -> None:
        guard = Guard.from_json_schema(obj(a=INT, s=STR))
        found = events(guard, '{"a":"x","s":"y"}', max_reasks=0)
        assert found[-1].outcome is not None
        assert found[-1].snapshot == found[-1].outcome.partial == {"s": "y"}


class TestRaw:
    def test_deltas_are_the_text_and_only_there_with_raw(self) -> None:
        guard, text = Guard.from_json_schema(obj(a=INT)), 'Here: {"a": 12}'
        found = events(guard, text, raw=True, pieces=3)
        assert "".join(event.text or "" for event in found if event.type == "delta") == text
        assert all(event.type != "delta" for event in events(guard, text))

    def test_a_delta_comes_before_the_field_it_closes(self) -> None:
        found = events(Guard.from_json_schema(obj(a=INT)), '{"a":1}', raw=True, pieces=100)
        assert [event.type for event in found] == ["delta", "field", "outcome"]


class TestAbort:
    TEXT = '{"a":1,"s":"too long","b":2}'
    GUARD = Guard.from_json_schema(obj(a=INT, s=STR, b=INT)).using(short(), on="$.s")

    def test_finish_reads_on_and_abort_does_not(self) -> None:
        for how, all_of_it in (("finish", True), ("abort", False)):
            model = Pieces([*self.TEXT, Completion(self.TEXT, "stop")], ['{"s":"x","b":2}'])
            list(self.GUARD.stream(model, messages=USER, on_stream_failure=how))  # type: ignore[arg-type]
            first = "".join(model.read).removesuffix('{"s":"x","b":2}')
            assert first == (self.TEXT if all_of_it else '{"a":1,"s":"too long"'), how
            assert model.closed == 2

    def test_the_valid_prefix_stays_and_the_rest_is_asked_for(self) -> None:
        found = events(self.GUARD, self.TEXT, '{"s":"x","b":5}', on_stream_failure="abort")
        outcome = found[-1].outcome
        assert outcome is not None
        assert outcome.output == {"a": 1, "s": "x", "b": 5}
        assert set(outcome.iterations[1].asked) == {("s",), ("b",)}

    def test_the_usage_of_an_aborted_call_is_not_known(self) -> None:
        model = Pieces([*self.TEXT, Completion(self.TEXT, usage=Usage(5, 5))], ['{"s":"x","b":5}'])
        outcome = list(self.GUARD.stream(model, messages=USER, on_stream_failure="abort"))[-1].outcome
        assert outcome is not None
        assert not outcome.usage.known

    def test_noop_and_fixed_failures_abort_nothing(self) -> None:
        guard = Guard.from_json_schema(obj(s=STR, b=INT)).using(short(on_fail="fix"), on="$.s")
        guard = guard.using(short(on_fail="noop"), on="$.s")
        model = Pieces([*'{"s":"too long","b":2}', Completion('{"s":"too long","b":2}')])
        outcome = list(guard.stream(model, messages=USER, on_stream_failure="abort"))[-1].outcome
        assert outcome is not None
        assert outcome.output == {"s": "too ", "b": 2}

    @pytest.mark.parametrize("how", ["stop", "", None])
    def test_another_word_is_the_callers_error(self, how: Any) -> None:
        with pytest.raises(InputError, match="on_stream_failure"):
            self.GUARD.stream(ScriptedModel([]), messages=USER, on_stream_failure=how)


class TestOnce:
    """A validator runs once for a value, although the value was streamed."""

    def test_one_that_passes(self) -> None:
        guard = Guard.from_json_schema(obj(s=STR, l={"type": "array", "items": STR}))
        guard = guard.using(see(), on="$.s").using(see(), on="$.l[*]").using(see(), on="$.l").using(see())
        seen.clear()
        events(guard, '{"s":"x","l":["a","b"]}')
        assert seen == ["x", "a", "b", ["a", "b"], {"s": "x", "l": ["a", "b"]}]

    def test_one_beside_a_failing_field(self) -> None:
        guard = Guard.from_json_schema(obj(s=STR, n=INT)).using(see(), on="$.s")
        seen.clear()
        events(guard, '{"s":"x","n":"y"}', '{"n":1}')
        assert seen == ["x"]

    @pytest.mark.parametrize("action", ["reask", "noop", "fix"])
    def test_one_that_fails_runs_as_often_as_unstreamed(self, action: str) -> None:
        @validator("t-st-counted", replace=True)
        def counted(value: str) -> FailResult | None:
            seen.append(value)
            return None if len(value) <= 4 else FailResult("too long", fix=value[:4])

        guard = Guard.from_json_schema(obj(s=STR, n=INT)).using(counted(on_fail=action), on="$.s")
        seen.clear()
        guard(ScriptedModel(['{"s":"too long","n":1}']), messages=USER, max_reasks=0)
        unstreamed = list(seen)
        seen.clear()
        events(guard, '{"s":"too long","n":1}', max_reasks=0)
        assert seen == unstreamed

    def test_an_awaited_one(self) -> None:
        @validator("t-st-awaited-seen", replace=True)
        async def awaited_seen(value: str) -> None:
            seen.append(value)

        guard = Guard.from_json_schema(obj(s=STR)).using(awaited_seen(), on="$.s")
        seen.clear()
        events(guard, '{"s":"x"}')
        assert seen == ["x"]

    def test_true_and_one_are_two_values(self) -> None:
        """The answer kept for a value is not taken for one that merely compares equal."""
        guard = Guard.from_json_schema({"type": "array", "items": {}}).using(see(), on="$[*]")
        seen.clear()
        events(guard, "[true, 1, 1.0]")
        assert list(map(repr, seen)) == ["True", "1", "1.0"]


class TestTheWholeOutput:
    """ctx.root is the whole output: a rule that looks at a later sibling says the same, streamed or not."""

    GUARD = Guard.from_json_schema(obj(n=INT, most=INT)).using(after(), on="$.n")

    @pytest.mark.parametrize("text", ['{"n":1,"most":2}', '{"n":3,"most":2}', '{"most":2,"n":1}'])
    def test_the_outcome_is_that_of_the_unstreamed_call(self, text: str) -> None:
        plain = self.GUARD(ScriptedModel([text]), messages=USER, max_reasks=0)
        streamed = events(self.GUARD, text, max_reasks=0)[-1].outcome
        assert streamed is not None
        assert streamed.to_dict() == plain.to_dict()


class TestClosing:
    def test_closing_the_iterator_closes_the_answer(self) -> None:
        model = Pieces([*'{"a":1,"b":2}', Completion('{"a":1,"b":2}')])
        running = Guard.from_json_schema(obj(a=INT, b=INT)).stream(model, messages=USER)
        next(running)
        running.close()  # type: ignore[attr-defined]
        assert model.closed == 1
        with pytest.raises(StopIteration):
            next(running)

    def test_one_that_was_never_started_asks_nobody(self) -> None:
        model = ScriptedModel(['{"a":1}'])
        Guard.from_json_schema(obj(a=INT)).stream(model, messages=USER).close()  # type: ignore[attr-defined]
        assert model.requests == []

    def test_leaving_an_async_loop_closes_the_answer_and_leaves_no_task(self, threads_end: Any, tasks_end: Any) -> None:
        model = Pieces([*'{"a":1,"b":2}', Completion('{"a":1,"b":2}')])
        guard = Guard.from_json_schema(obj(a=INT, b=INT))

        async def main() -> None:
            running = guard.astream(model, messages=USER)
            async for _ in running:
                break
            await running.aclose()  # type: ignore[attr-defined]
            await tasks_end()

        asyncio.run(main())
        assert model.closed == 1
        threads_end()

    def test_a_sync_stream_of_an_async_generator_leaves_no_thread(self, threads_end: Any) -> None:
        closed: list[int] = []

        async def pieces(messages: Any) -> AsyncIterator[str]:
            try:
                for piece in '{"a":1,"b":2}':
                    yield piece
            finally:
                closed.append(1)

        running = Guard.from_json_schema(obj(a=INT, b=INT)).stream(pieces, messages=USER)
        next(running)
        running.close()  # type: ignore[attr-defined]
        assert closed == [1]
        threads_end()


class TestFaults:
    def test_a_stream_that_is_cut_raises_after_what_it_told(self) -> None:
        model = Pieces(['{"a":1,', '"b', ProviderError("cut off")])
        shown: list[StreamEvent] = []
        with pytest.raises(ProviderError, match="cut off"):
            shown.extend(Guard.from_json_schema(obj(a=INT, b=INT)).stream(model, messages=USER))
        assert closed_once(model)

    def test_a_fault_in_a_reask_carries_what_was_reached(self) -> None:
        model = Pieces(['{"a":"x","b":2}'], ['{"a', ProviderError("cut off")])
        with pytest.raises(ProviderError, match="cut off") as caught:
            list(Guard.from_json_schema(obj(a=INT, b=INT)).stream(model, messages=USER))
        assert caught.value.outcome is not None
        assert caught.value.outcome.partial == {"b": 2}

    def test_pieces_without_a_completion_are_the_answer(self) -> None:
        found = list(Guard.from_json_schema(obj(a=INT)).stream(Pieces(['{"a"', ":1}"]), messages=USER))
        assert found[-1].outcome is not None
        assert found[-1].outcome.output == {"a": 1}

    def test_the_completion_is_the_answer_where_the_pieces_differ(self) -> None:
        model = Pieces(['{"a":1}', Completion('{"a":2}', "stop")])
        found = list(Guard.from_json_schema(obj(a=INT)).stream(model, messages=USER))
        assert found[-1].outcome is not None
        assert found[-1].outcome.output == {"a": 2}
        assert ("restart",) in told(found)

    def test_a_truncated_stream_is_asked_for_the_rest(self) -> None:
        model = Pieces(['{"a":1,', Completion('{"a":1,', "length")], ['{"b":2}'])
        outcome = list(Guard.from_json_schema(obj(a=INT, b=INT)).stream(model, messages=USER))[-1].outcome
        assert outcome is not None
        assert outcome.output == {"a": 1, "b": 2}
        assert outcome.iterations[1].asked == (("b",),)

    def test_a_refusal_is_an_outcome(self) -> None:
        model = Pieces([Completion("", "refusal", refusal="No.")])
        outcome = list(Guard.from_json_schema(obj(a=INT)).stream(model, messages=USER))[-1].outcome
        assert outcome is not None
        assert (outcome.stopped, outcome.refusal) == ("refused", "No.")

    def test_a_model_that_drips_past_the_time_is_stopped(self) -> None:
        def drip(messages: Any) -> Iterator[str]:
            import time

            while True:
                time.sleep(0.01)
                yield " "

        with pytest.raises(ProviderError, match="timeout"):
            list(Guard.from_json_schema(obj(a=INT)).stream(drip, messages=USER, timeout=0.05))


def closed_once(model: Pieces) -> bool:
    return model.closed == 1


def test_the_async_events_are_the_sync_ones() -> None:
    guard = Guard.from_json_schema(obj(a=INT, s=STR)).using(short(), on="$.s")
    answers = ['{"a":1,"s":"too long"}', '{"s":"ok"}']

    async def main() -> list[StreamEvent]:
        return [event async for event in guard.astream(ScriptedModel(answers), messages=USER)]

    theirs, ours = asyncio.run(main()), events(guard, *answers, pieces=4)
    assert [(e.type, e.path, e.value if e.value is not UNSET else None) for e in theirs] == [
        (e.type, e.path, e.value if e.value is not UNSET else None) for e in ours
    ]
    assert theirs[-1].outcome == ours[-1].outcome


class TestSentences:
    """A text is checked sentence by sentence where a rule's validator says that it can be."""

    def guard(self, on_fail: str = "reask") -> Guard:
        from railguard_validators.lower_case import lower_case

        return Guard.from_string([lower_case(on_fail=on_fail)])

    def test_each_sentence_is_told_once_it_passed(self) -> None:
        found = events(self.guard(), "one. two! and so on", pieces=3)
        assert [event.text for event in found if event.type == "delta"] == ["one. ", "two! "]
        assert found[-1].outcome is not None
        assert found[-1].outcome.output == "one. two! and so on"

    def test_a_failing_sentence_is_told_and_ends_an_answer_that_may_be_aborted(self) -> None:
        model = Pieces(["fine. ", "Not fine. ", "never read"], ["fine. fine.", Completion("fine. fine.", "stop")])
        found = list(self.guard().stream(model, messages=USER, on_stream_failure="abort"))
        assert [event.type for event in found] == ["delta", "failure", "reask", "field", "outcome"]
        assert model.read[:2] == ["fine. ", "Not fine. "]
        assert "never read" not in model.read

    def test_nothing_is_told_where_the_rule_may_withhold_it(self) -> None:
        assert told(events(self.guard("refrain"), "one. two. three.")) == [("outcome",)]

    def test_a_sentence_that_a_fix_changes_is_not_told(self) -> None:
        found = events(self.guard("fix"), "one. Two. three. ")
        assert [event.text for event in found if event.type == "delta"] == ["one. "]
        assert found[-1].outcome is not None
        assert found[-1].outcome.output == "one. two. three. "


class TestBroken:
    def test_what_came_of_a_broken_stream_is_on_the_error(self) -> None:
        guard = Guard.from_json_schema(obj(name=STR, note=STR))
        model = Pieces(['{"name":"Ann",', '"no', ProviderError("cut its stream off")])
        with pytest.raises(ProviderError) as caught:
            list(guard.stream(model, messages=USER))
        outcome = caught.value.outcome
        assert outcome is not None
        assert outcome.partial == {"name": "Ann"}
        assert [str(failure.path) for failure in outcome.failures] == ["$.note"]
        assert outcome.stopped == "provider"

    def test_a_failing_item_of_a_list_of_texts_ends_an_answer(self) -> None:
        guard = Guard.from_json_schema({"type": "array", "items": {**STR, "maxLength": 3}})
        model = Pieces(
            list('["ab","abcd","x"]'), ['{"f1":"abc","f2":["x"]}', Completion('{"f1":"abc","f2":["x"]}', "stop")]
        )
        found = list(guard.stream(model, messages=USER, on_stream_failure="abort"))
        assert found[-1].outcome is not None
        assert found[-1].outcome.output == ["ab", "abc", "x"]


@pytest.mark.parametrize(
    ("first", "again"),
    [("no JSON at all", '{"a": 1, "b": {"x": 1, "y": [1, 2]}}'), ('{"a": 1, "b": 5}', '{"b": {"x": 1, "y": [1, 2]}}')],
)
def test_a_snapshot_holds_all_of_an_object_that_a_reask_brought(first: str, again: str) -> None:
    inner = {
        "type": "object",
        "properties": {"x": {"type": "integer"}, "y": {"type": "array", "items": {"type": "integer"}}},
        "required": ["x"],
    }
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "b": inner}, "required": ["a", "b"]}
    guard = Guard.from_json_schema(schema, messages="Go")
    events = list(guard.stream(ScriptedModel([first, again])))
    fields = [event for event in events if event.type == "field"]
    assert fields[-1].snapshot == {"a": 1, "b": {"x": 1, "y": [1, 2]}} == events[-1].outcome.output


def test_what_checks_cost_while_it_streams_is_in_the_outcome() -> None:
    @validator("t-st-costs", replace=True)
    def costs(value: int) -> PassResult:
        return PassResult(usage=Usage(1, 2))

    guard = Guard.from_json_schema(obj(a=INT, b=INT)).using(costs(), on="$.a").using(costs(), on="$.b")
    (outcome,) = [event.outcome for event in events(guard, '{"a":1,"b":2}') if event.outcome is not None]
    assert (outcome.usage.input_tokens, outcome.usage.output_tokens) == (2, 4)


def test_members_of_an_object_that_still_fails_after_a_reask_are_not_told() -> None:
    @validator("t-st-sum", replace=True)
    def sum_is_small(value: dict[str, int]) -> bool | str:
        return value["a"] + value["b"] < 5 or "too much"

    guard = Guard.from_json_schema(obj(o=obj(a=INT, b=INT))).using(sum_is_small(), on="$.o")
    found = events(guard, '{"o":{"a":"x","b":"y"}}', '{"o.a":3,"o.b":4}', max_reasks=1)
    assert told(found)[2:] == [("reask",), ("outcome",)]
    assert found[-1].outcome is not None
    assert [str(one.path) for one in found[-1].outcome.failures] == ["$.o"]


class Shifted(BaseModel):
    a: Annotated[int, BeforeValidator(lambda given: given - 9), small()]
    b: Annotated[int, small()]


@pytest.mark.parametrize(("a", "failing"), [(11, []), (21, ["$.a"]), (1, [])])
def test_what_a_model_changes_before_its_rules_see_it_is_told_once_the_model_decided(
    a: int, failing: list[str]
) -> None:
    found = events(Guard.from_pydantic(Shifted), json.dumps({"a": a, "b": 1}), max_reasks=0)
    assert [str(event.path) for event in found if event.type == "failure"] == failing
    assert found[-1].outcome is not None
    assert found[-1].outcome.passed is not bool(failing)


class Small(BaseModel):
    a: Annotated[int, small()]
    b: int


def test_a_rule_of_a_model_that_sees_the_number_as_it_was_written_is_told_at_once() -> None:
    model = Pieces(['{"a":11,', '"b":', "1}", Completion('{"a":11,"b":1}', "stop")])
    running = Guard.from_pydantic(Small).stream(model, messages=USER, max_reasks=0)
    first = next(running)
    assert (first.type, first.path) == ("failure", ("a",))
    assert "1}" not in model.read
    assert [event.type for event in running] == ["field", "outcome"]


def test_a_fix_of_a_whole_list_restarts_it() -> None:
    @validator("t-st-first", replace=True)
    def first_only(value: list[int]) -> FailResult | None:
        return FailResult("one item", fix=value[:1]) if len(value) > 1 else None

    guard = Guard.from_json_schema({"type": "array", "items": INT}).using(first_only(on_fail="fix"), on="$")
    found = events(guard, "[1,2]", pieces=5)
    assert ("restart",) in told(found)
    assert found[-1].outcome is not None
    assert found[-1].outcome.output == [1]

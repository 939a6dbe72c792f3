"""What a round makes of an answer: what is taken, what stays failing and for how long, and what the record says of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, model_validator

from railguard import Completion, Guard, ValidationOutcome, validator
from railguard.testing import ScriptedModel

USER = [{"role": "user", "content": "go"}]
INT, STR = {"type": "integer"}, {"type": "string"}


def obj(*optional: str, **properties: Any) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def array(item: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": item, **more}


def cut(text: str) -> Completion:
    return Completion(text, "length")


def failing(outcome: ValidationOutcome, round: int = -1) -> list[tuple[str, str]]:
    return [(str(one.path), one.validator) for one in outcome.iterations[round].failures]


class TestToolCalls:
    def answer(self, guard: Guard, *calls: str) -> ValidationOutcome:
        text = calls[0] if len(calls) == 1 else f"[{','.join(calls)}]"
        return guard(ScriptedModel([Completion(text, calls=calls)]), messages=USER, max_reasks=0)

    def test_several_are_no_answer_where_one_value_is_wanted(self) -> None:
        guard = Guard.from_json_schema(obj(a=INT))
        for calls in (('{"a":1}', '{"a":2}'), ('{"a":1}', '{"a":1}'), ('{"a":1}', '{"a":2}', '{"a":3}')):
            outcome = self.answer(guard, *calls)
            assert failing(outcome) == [("$", "json")], calls
            assert "Several tool calls" in outcome.failures[0].message
        assert self.answer(guard, '{"a":1}').output == {"a": 1}

    def test_several_are_the_items_where_a_list_is_wanted(self) -> None:
        guard = Guard.from_json_schema(array(obj(a=INT)))
        assert self.answer(guard, '{"a":1}', '{"a":2}').output == [{"a": 1}, {"a": 2}]


class TestCutOff:
    """An answer that was cut off may lack optional members; each is asked for until an answer gives it, or says null."""

    CUT = cut('{"a":1,"o":{"k":1,')

    @pytest.fixture
    def guard(self) -> Guard:
        return Guard.from_json_schema(obj("x", "y", a=INT, x=INT, y=INT, o=obj("p", "q", k=INT, p=INT, q=INT)))

    def rounds(self, guard: Guard, *answers: Any) -> ValidationOutcome:
        texts = [one if isinstance(one, str) else json.dumps(one) for one in answers]
        return guard(ScriptedModel([self.CUT, *texts]), messages=USER, max_reasks=len(texts))

    def test_what_an_answer_does_not_give_stays_failing(self, guard: Guard) -> None:
        outcome = self.rounds(guard, {"o.p": 1}, {"o.q": 2}, {"x": 3, "y": None})
        told = [[path for path, _ in failing(outcome, number)] for number in range(4)]
        assert told == [["$.o.p", "$.o.q", "$.x", "$.y"], ["$.o.q", "$.x", "$.y"], ["$.x", "$.y"], []]
        assert {keyword for number in range(4) for _, keyword in failing(outcome, number)} == {"truncated"}
        assert outcome.output == {"a": 1, "o": {"k": 1, "p": 1, "q": 2}, "x": 3}

    def test_all_at_once_settle_it(self, guard: Guard) -> None:
        outcome = self.rounds(guard, {"o.p": 1, "o.q": 2, "x": 3, "y": 4})
        assert outcome.passed
        assert failing(outcome) == []

    def test_what_settles_one_object_settles_no_other(self, guard: Guard) -> None:
        outcome = self.rounds(guard, {"o.p": 1, "o.q": 2})
        assert [path for path, _ in failing(outcome)] == ["$.x", "$.y"]
        outcome = self.rounds(guard, {"o.p": 1, "o.q": None})
        assert [path for path, _ in failing(outcome)] == ["$.x", "$.y"]
        outcome = self.rounds(guard, {"x": 1, "y": 2})
        assert [path for path, _ in failing(outcome)] == ["$.o.p", "$.o.q"]

    def test_a_member_that_fails_otherwise_does_not_keep_it_open(self) -> None:
        guard = Guard.from_json_schema(obj("x", a=INT, x=INT))
        model = ScriptedModel([cut('{"a":"?",'), '{"x":1}', '{"a":2}'])
        outcome = guard(model, messages=USER)
        assert [failing(outcome, number) for number in (0, 1)] == [
            [("$.a", "type"), ("$.x", "truncated")],
            [("$.a", "type")],
        ]
        assert outcome.output == {"a": 2, "x": 1}

    def test_a_list_is_asked_for_its_further_items_until_they_come(self) -> None:
        guard = Guard.from_json_schema(obj(l=array(INT), n=INT))
        for further in ([3], []):
            answers = ['{"n":1}', json.dumps({"l.+": further})]
            outcome = guard(ScriptedModel([cut('{"n":"?","l":[1,2,'), *answers]), messages=USER)
            told = [[path for path, _ in failing(outcome, number)] for number in range(3)]
            assert told == [["$.n", "$.l"], ["$.l"], []], further
            assert outcome.output == {"n": 1, "l": [1, 2, *further]}

    def test_no_further_items_are_no_answer_to_a_list_that_is_too_short(self) -> None:
        guard = Guard.from_json_schema(obj(l=array(INT, minItems=3)))
        outcome = guard(ScriptedModel(['{"l":[1]}', '{"l.+":[]}', '{"l.+":[2,3]}']), messages=USER)
        assert [failing(outcome, number) for number in range(3)] == [[("$.l", "minItems")], [("$.l", "minItems")], []]
        assert outcome.iterations[1].merged == ()

    def test_an_answer_to_a_reask_that_is_the_whole_again_may_be_cut_off_too(self) -> None:
        guard = Guard.from_json_schema(obj("x", a=INT, x=INT))
        model = ScriptedModel(["no idea", cut('{"a":1,'), '{"x":2}'])
        outcome = guard(model, messages=USER)
        assert failing(outcome, 1) == [("$.x", "truncated")]
        assert outcome.output == {"a": 1, "x": 2}


class Divided(BaseModel):
    a: int
    b: int
    c: list[int] = []

    @model_validator(mode="after")
    def divide(self) -> Divided:
        assert 1 // (self.a - 3) is not None
        return self


class TestWhatAUsersCodeRaises:
    def test_it_is_said_of_what_the_answer_wrote_and_of_nothing_else(self) -> None:
        guard = Guard.from_pydantic(Divided)
        outcome = guard(ScriptedModel(['{"a":"?","b":4}', '{"a":3}', '{"a":5}']), messages=USER)
        (said,) = outcome.iterations[1].failures
        assert (str(said.path), said.validator, said.value) == ("$.a", "raised", 3)
        assert "ZeroDivisionError" in said.message
        assert outcome.iterations[2].asked == (("a",),)
        assert outcome.output == Divided(a=5, b=4)

    def test_of_a_first_answer_it_is_said_of_the_whole(self) -> None:
        outcome = Guard.from_pydantic(Divided)(ScriptedModel(['{"a":3,"b":4}', '{"a":5,"b":4}']), messages=USER)
        assert failing(outcome, 0) == [("$", "raised")]

    def test_what_else_is_wrong_stays(self) -> None:
        guard = Guard.from_pydantic(Divided)
        model = ScriptedModel([cut('{"a":"?","b":4,"c":[1,'), '{"a":3}', '{"a":5,"c.+":[]}'])
        outcome = guard(model, messages=USER)
        assert failing(outcome, 1) == [("$.a", "raised"), ("$.c", "truncated")]
        assert outcome.output == Divided(a=5, b=4, c=[1])

    def test_a_model_is_asked_once_about_an_answer_in_which_nothing_can_be_repaired(self) -> None:
        seen: list[Any] = []

        class Counted(BaseModel):
            a: int

            @model_validator(mode="before")
            @classmethod
            def count(cls, data: Any) -> Any:
                seen.append(data)
                return data

        guard = Guard.from_pydantic(Counted)
        for text in ('{"a":{}}', '{"a":{}}\n'):
            seen.clear()
            guard.parse(text)
            assert seen == [{"a": {}}]


class TestWholeAgain:
    def test_declared_members_that_it_leaves_out_are_kept_and_what_it_wrote_is_on_record(self) -> None:
        @validator("t-rounds-sum", replace=True)
        def adds_up(value: dict[str, Any]) -> bool | str:
            return sum(value["l"]) == value["n"] or "n must be the sum of l."

        guard = Guard.from_json_schema(obj("note", n=INT, l=array(INT), note=STR)).using(adds_up(), on="$")
        model = ScriptedModel(['{"n":3,"l":[1],"note":"kept"}', '{"n":1,"l":[1]}'])
        outcome = guard(model, messages=USER)
        assert outcome.output == {"n": 1, "l": [1], "note": "kept"}

    def test_one_that_cannot_be_read_leaves_the_failures_of_the_state(self) -> None:
        guard = Guard.from_json_schema(array(INT, maxItems=1), messages=USER)
        outcome = guard(ScriptedModel(["[1,2]", "what?"]), max_reasks=1)
        assert failing(outcome) == [("$", "maxItems")]
        outcome = guard(ScriptedModel(["what?", "what then?"]), max_reasks=1)
        assert failing(outcome) == [("$", "json")]
        assert [one.asked for one in outcome.iterations] == [(), ((),)]


DOCUMENT = {"total": 1, "rows": [{"low": 1}]}


class TestWhatIsDoubted:
    """A value in which something is doubted is not taken: nothing of it is left out unsaid."""

    @pytest.mark.parametrize("odd", ["NaN", '"\\ud800"', "1e999", '{"x":1,"x":2}'])
    def test_no_item_and_no_member_is_dropped_from_a_value(self, odd: str) -> None:
        guard = Guard.from_json_schema(obj(l=array({}), o=obj("x", "y", x={}, y={})), messages=USER)
        answers = [
            f'{{"l.+":[{odd},2]}}',
            f'{{"l.+":[[{odd}],2]}}',
            f'{{"l":[1,{odd},2]}}',
            f'[{{"l.+":[{odd},2]}}]',
            f'[{{"op":"add","path":"/l/-","value":{odd}}},{{"op":"add","path":"/l/-","value":2}}]',
        ]
        for answer in answers:
            outcome = guard(ScriptedModel([cut('{"o":{},"l":[1,'), answer]), max_reasks=1)
            assert not outcome.passed, answer
            assert outcome.iterations[1].parsed["l"] == [1], answer
        for answer in (f'{{"o":{{"x":{odd},"y":2}}}}', f'[{{"o":{{"x":{odd},"y":2}}}}]'):
            outcome = guard(ScriptedModel(['{"o":7,"l":[]}', answer]), max_reasks=1)
            assert failing(outcome) == [("$.o", "type")], answer

    def test_other_values_of_the_answer_are_taken(self) -> None:
        guard = Guard.from_json_schema(obj(a=array(INT), b=INT), messages=USER)
        outcome = guard(ScriptedModel(['{"a":"?","b":"?"}', '{"a":[NaN,1],"b":2}']), max_reasks=1)
        assert failing(outcome) == [("$.a", "type")]
        assert outcome.partial == {"b": 2}

    def test_of_a_document_the_list_is_told_and_stays_as_it_was(self) -> None:
        guard = Guard.from_json_schema(obj(l=array(INT), n=INT), messages=USER)
        for answer in ('{"l.+":[NaN,3],"n":2}', '[{"l.+":[NaN,3]},{"n":2}]'):
            outcome = guard.update({"l": [1], "n": 1}, ScriptedModel([answer]), max_reasks=0)
            assert [one.validator for one in outcome.failures] == ["change"], answer
            assert outcome.partial == {"l": [1], "n": 2}, answer


class TestRepairsOfAnAnswer:
    """A repair goes where its value goes, whatever the shape of the answer."""

    A, B, FLAG = "$.l[0].a", "$.l[1].a", "$.l[1].flag"

    @pytest.mark.parametrize(
        "answer",
        [
            """{"l.0.a": 'x', "l.1.a": y, "l.1.flag": True}""",
            """{"l.1.flag": True, "/l/1": {"a": y}, "$.l[0].a": {"a": 'x'}}""",
            """{"l": [{"id": 1, "a": 'x'}, {"id": 2, "a": y, "flag": True}]}""",
            """{"l": [{"id": 2, "a": y, "flag": True}, {"a": 'x', "id": 1}]}""",
            """{"l": {"1": {"a": y, "flag": True}, "0": {"a": 'x'}}}""",
            """[{"id": 2, "a": y, "flag": True}, {"a": 'x', "id": 1}]""",
            """[{"l.1.a": y}, {"l.1.flag": True}, {"l.0.a": 'x'}]""",
            """[{"op": "replace", "path": "/l/1/a", "value": y}, {"op": "test", "path": "/l/0/a", "value": z},
                {"op": "add", "path": "/l/1", "value": {"id": 9, "a": 'no'}},
                {"op": "replace", "path": "/l/0/a", "value": 'x'}, {"op": "add", "path": "/l/1/flag", "value": True}]""",
        ],
        ids=["flat", "items", "mirrored", "permuted", "indexed", "bare", "pieces", "patch"],
    )
    def test_it_is_on_record_at_the_place_of_its_value(self, answer: str) -> None:
        item = obj(id=INT, a={**STR, "maxLength": 4}, flag={"type": "boolean"})
        guard = Guard.from_json_schema(obj(l=array(item)), messages=USER, repair="judgement")
        first = {"l": [{"id": 1, "a": "too long", "flag": True}, {"id": 2, "a": "too long", "flag": []}]}
        outcome = guard(ScriptedModel([json.dumps(first), answer]), max_reasks=1)
        assert outcome.output == {"l": [{"id": 1, "a": "x", "flag": True}, {"id": 2, "a": "y", "flag": True}]}
        told = {(str(one.path), one.rule) for one in outcome.repairs if one.path}
        assert told == {(self.A, "quotes"), (self.B, "unquoted"), (self.FLAG, "literal")}
        assert outcome.iterations[1].repairs == outcome.repairs

    @pytest.mark.parametrize(
        ("answer", "told"),
        [
            ("""{"l.+": ["2", 3]}""", {("$.l[1]", "number-text")}),
            ("""{"l.+": [2, "3"]}""", {("$.l[2]", "number-text")}),
            ("""{"l": [1, 2, "3"]}""", {("$.l[2]", "number-text")}),
            ("""["2", 3]""", {("$.l[1]", "number-text")}),
            ("""{"l.+": [2, 3,]}""", {("$.l[1]", "trailing-comma")}),
            ("""{"l": [1, 2, 3,]}""", {("$.l[1]", "trailing-comma")}),
            ("""{"l": [1, 2, '3']}""", {("$.l[2]", "quotes"), ("$.l[2]", "number-text")}),
            (
                """[{"op": "add", "path": "/l/-", "value": 2}, {"op": "add", "path": "/l/-", "value": '3'}]""",
                {("$.l[2]", "quotes"), ("$.l[2]", "number-text")},
            ),
        ],
    )
    def test_of_further_items_it_is_that_of_their_place_in_the_list(self, answer: str, told: set[Any]) -> None:
        guard = Guard.from_json_schema(obj(l=array(INT, minItems=3)), messages=USER)
        outcome = guard(ScriptedModel(['{"l": [1]}', answer]), max_reasks=1)
        assert outcome.output == {"l": [1, 2, 3]}
        assert {(str(one.path), one.rule) for one in outcome.repairs} == told

    @pytest.mark.parametrize(
        ("answer", "told"),
        [
            ("""{"note": 'n', "rows.0.low": '5'}""", {"$.note", "$.rows[0].low"}),
            ("""{"rows.0": {"low": '5'}, "note": 'n'}""", {"$.note", "$.rows[0].low"}),
            ("""[{"note": 'n'}, {"/rows/0/low": '5'}]""", {"$.note", "$.rows[0].low"}),
            ("""{"rows.+": [{"low": 1}, {"low": '5'}]}""", {"$.rows[2].low"}),
            ("""{"rows": [{"low": 1}, {"low": '5'}]}""", {"$.rows[1].low"}),
            ("""{"rows.1": {"low": '5'}, "rows.+": {"low": '6'}}""", {"$.rows[1].low", "$.rows[2].low"}),
            (
                """[{"op": "replace", "path": "/note", "value": 'n'}, {"op": "add", "path": "/rows/-", "value": {"low": '5'}}]""",
                {"$.note", "$.rows[1].low"},
            ),
            ("""{"note": {"note": 'n'}}""", {"$.note"}),
        ],
    )
    def test_of_changes_it_is_that_of_what_they_change(self, answer: str, told: set[str]) -> None:
        guard = Guard.from_json_schema(obj("note", rows=array(obj(low=INT)), note=STR), messages=USER)
        outcome = guard.update({"rows": [{"low": 1}]}, ScriptedModel([answer]), max_reasks=0)
        assert outcome.passed
        assert {str(one.path) for one in outcome.repairs if one.rule == "quotes"} == told


class TestRefusedChanges:
    """The update of a document: a change that is not made fails, in the words and at the place of the answer."""

    @pytest.fixture
    def guard(self) -> Guard:
        rows = array(obj(low={**INT, "minimum": 0}))
        schema = {**obj("rows", "m", total={"type": "number"}, rows=rows, m={"type": "object"})}
        return Guard.from_json_schema(schema, messages=USER)

    def told(self, guard: Guard, answer: str) -> list[tuple[str, str, str]]:
        outcome = guard.update(DOCUMENT, ScriptedModel([answer]), max_reasks=0)
        assert not outcome.passed
        return [(str(one.path), one.validator, one.message) for one in outcome.failures]

    @pytest.mark.parametrize(
        ("answer", "path", "name"),
        [
            ('{"rows.7.low": 2}', "$.rows[7].low", "rows.7.low"),
            ('{"rows.0.+": [2]}', '$.rows[0]["+"]', "rows.0.+"),
            ('{"x y": 1}', '$["x y"]', '["x y"]'),
            ('{"rows.0.hi there": 2}', '$.rows[0]["hi there"]', 'rows[0]["hi there"]'),
            ('{"x.7": 2}', '$.x["7"]', "x.7"),
        ],
    )
    def test_its_name_is_written_as_the_model_may_have_written_it(
        self, guard: Guard, answer: str, path: str, name: str
    ) -> None:
        ((where, keyword, message),) = self.told(guard, answer)
        assert (where, keyword) == (path, "change")
        assert message.startswith(f"The change of {json.dumps(name)} was not made: ")

    @pytest.mark.parametrize(
        ("answer", "path"),
        [
            ('{"total":5, "total":6}', "$.total"),
            ('{"rows[0].low":1, "/rows/0/low":1, "rows[0].low":2}', "$.rows[0].low"),
            ('{"rows.0":{"low":1, "low":2}}', "$.rows[0].low"),
        ],
    )
    def test_what_is_doubted_of_an_answer_fails_where_it_would_have_stood(
        self, guard: Guard, answer: str, path: str
    ) -> None:
        ((where, keyword, message),) = self.told(guard, answer)
        assert (where, keyword) == (path, "change")
        assert "more than once" in message

    def test_the_next_answer_settles_what_the_last_one_was_refused(self, guard: Guard) -> None:
        answers = ['{"x": 1, "rows.0.low": -1}', '{"y": 1}', '{"rows.0.low": 5, "y": 2}', '{"total": 2}']
        outcome = guard.update(DOCUMENT, ScriptedModel(answers), max_reasks=3)
        low, wrong = ("$.rows[0].low", "minimum"), "change"
        assert [sorted(failing(outcome, number)) for number in range(4)] == [
            sorted([("$.x", wrong), low]),
            sorted([("$.y", wrong), low]),
            [("$.y", wrong)],
            [],
        ]
        assert outcome.document == {"total": 2, "rows": [{"low": 5}]}

    def test_the_record_names_each_place_that_was_written_once(self, guard: Guard) -> None:
        document = {"total": 1, "rows": [{"low": 1}, {"low": 2}, {"low": 3}]}
        for answer, merged in (
            ('{"rows.0": null, "rows.1": null}', [("rows",)]),
            ('{"rows.0": null, "total": 2}', [("total",), ("rows",)]),
            ('{"rows.+": [{"low": 4}], "rows.0.low": 7}', [("rows", 0, "low"), ("rows", 3)]),
            ("{}", []),
        ):
            outcome = guard.update(document, ScriptedModel([answer]), max_reasks=0)
            assert sorted(map(tuple, outcome.iterations[0].merged), key=str) == sorted(merged, key=str), answer
            assert outcome.passed

    def test_an_answer_that_cannot_be_read_settles_none_of_it(self, guard: Guard) -> None:
        answers = ['{"x": 1, "total": 5}', "I cannot.", "Sorry.", "{}"]
        outcome = guard.update(DOCUMENT, ScriptedModel(answers), max_reasks=3)
        unread = [("$", "json"), ("$.x", "change")]
        assert [sorted(failing(outcome, number)) for number in range(4)] == [[("$.x", "change")], unread, unread, []]
        assert "not JSON" in outcome.iterations[1].failures[0].message + outcome.iterations[1].failures[1].message
        assert outcome.document == {**DOCUMENT, "total": 5}

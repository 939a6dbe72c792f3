"""How the answer to a reask is read and merged: DESIGN, "Reask, exactly", 4 and 5."""

import json
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from railguard import Guard, ValidationOutcome, validator
from railguard.testing import ScriptedModel

USER = [{"role": "user", "content": "go"}]
INT, STR = {"type": "integer"}, {"type": "string"}


@validator("t-an-short", replace=True)
def short(value: str) -> bool | str:
    """At most four characters."""
    return len(value) <= 4 or "Use at most four characters."


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def array(item: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": item, **more}


def after(guard: Guard, first: Any, answer: Any) -> ValidationOutcome:
    """The outcome of one reask."""
    texts = [part if isinstance(part, str) else json.dumps(part) for part in (first, answer)]
    return guard(ScriptedModel(texts), messages=USER, max_reasks=1)


class Fee(BaseModel):
    id: int
    name: Annotated[str, short()]


class Fees(BaseModel):
    title: str
    fees: list[Fee]


@pytest.fixture(params=["rail", "pydantic", "json schema"])
def guard(request: pytest.FixtureRequest) -> Guard:
    if request.param == "rail":
        return Guard.from_rail_string(
            '<rail version="1.0"><output><string name="title"/><list name="fees"><object><integer name="id"/>'
            '<string name="name" validators="t-an-short"/></object></list></output></rail>'
        )
    if request.param == "pydantic":
        return Guard.from_pydantic(Fees)
    return Guard.from_json_schema(obj(title=STR, fees=array(obj(id=INT, name=STR)))).using(short(), on="$.fees[*].name")


FIRST = {
    "title": "T",
    "fees": [
        {"id": 1, "name": "a"},
        {"id": 2, "name": "too long"},
        {"id": 3, "name": "b"},
        {"id": 4, "name": "longer"},
    ],
}
GOOD = {
    "title": "T",
    "fees": [{"id": 1, "name": "a"}, {"id": 2, "name": "N2"}, {"id": 3, "name": "b"}, {"id": 4, "name": "N4"}],
}
CHANGED = json.loads(json.dumps(GOOD))
CHANGED["title"] = "Another"
CHANGED["fees"][0]["name"] = "zz"


class TestShapes:
    @pytest.mark.parametrize(
        "answer",
        [
            {"fees.1.name": "N2", "fees.3.name": "N4"},
            {"fees.3.name": "N4", "fees.1.name": "N2"},
            {"$.fees[1].name": "N2", "$.fees[3].name": "N4"},
            {"$.fees[1].name": "N2", "fees.3.name": "N4"},
            {"fees": [{"name": "N2"}, {"name": "N4"}]},
            {"fees": [{"id": 2, "name": "N2"}, {"id": 4, "name": "N4"}]},
            GOOD,
            {"fees": GOOD["fees"]},
            {"title": "T", "fees": [{"name": "N2"}, {"name": "N4"}]},
            {"fees": [GOOD["fees"][3], *GOOD["fees"][:3]]},
        ],
        ids=[
            "flat",
            "any order",
            "printed",
            "mixed",
            "mirrored",
            "mirrored items",
            "whole",
            "list",
            "part",
            "permuted",
        ],
    )
    def test_every_shape_named_is_read(self, guard: Guard, answer: Any) -> None:
        outcome = after(guard, FIRST, answer)
        assert outcome.passed
        assert outcome.partial == GOOD
        assert outcome.iterations[1].ignored == ()

    def test_of_a_whole_object_only_the_asked_paths_are_taken_and_the_rest_is_on_record(self, guard: Guard) -> None:
        outcome = after(guard, FIRST, {**GOOD, "title": "Another"})
        assert outcome.partial == GOOD
        assert outcome.iterations[1].ignored == ((("title",), "Another"),)

    @pytest.mark.parametrize(
        "fees",
        [
            [{"name": "N2"}, {"name": "N4"}, {"name": "x"}],
            [{"name": "N2"}],
            [],
            CHANGED["fees"],
            "N2",
            7,
            None,
            [[]],
        ],
        ids=["one too many", "one too few", "none", "changed", "text", "number", "null", "nonsense"],
    )
    def test_a_list_that_cannot_be_lined_up_is_refused_not_guessed_at(self, guard: Guard, fees: Any) -> None:
        outcome = after(guard, FIRST, {"fees": fees})
        assert [f.path for f in outcome.failures] == [("fees", 1, "name"), ("fees", 3, "name")]
        assert outcome.iterations[1].parsed == FIRST

    @pytest.mark.parametrize(
        "answer",
        [
            {"fees.3.name": "N2", "fees.4.name": "N4"},
            {"$.fees[3].name": "N2", "$.fees[4].name": "N4"},
            {"/fees/3/name": "N2", "/fees/4/name": "N4"},
            {"fees.3": {"id": 4, "name": "N2"}, "fees.4": {"id": 5, "name": "N4"}},
            {"fees": {"3": {"name": "N2"}, "4": {"name": "N4"}}},
            [{"op": "replace", "path": f"/fees/{at}/name", "value": "N2"} for at in (3, 4)],
        ],
        ids=["flat", "printed", "pointers", "items", "indexes", "patch"],
    )
    def test_an_answer_that_counts_items_otherwise_is_refused_for_the_list(self, guard: Guard, answer: Any) -> None:
        outcome = after(guard, FIRST, answer)
        assert outcome.iterations[1].parsed == FIRST
        assert [path for path, _ in outcome.iterations[1].ignored]

    @pytest.mark.parametrize(
        "answer", ["[]", '"N2"', "7", "null", "{}", '["N2","N4"]', '{"else":1}', '{"x":{"y":[1]}}']
    )
    def test_any_other_shape_is_refused(self, guard: Guard, answer: str) -> None:
        outcome = after(guard, FIRST, answer)
        assert len(outcome.failures) == 2
        assert outcome.iterations[1].parsed == FIRST

    @pytest.mark.parametrize(
        "answer", ["I am sorry", "", "{", '{"fees.1.name":', "NaN", '{"fees.1.name":"a"}{"fees.3.name":"b"}']
    )
    def test_an_unreadable_answer_leaves_everything_as_it_was(self, guard: Guard, answer: str) -> None:
        outcome = after(guard, FIRST, answer)
        assert [f.path for f in outcome.failures] == [("fees", 1, "name"), ("fees", 3, "name")]
        assert outcome.iterations[1].parsed == FIRST
        assert outcome.stopped == "max_reasks"

    @pytest.mark.parametrize("answer", ["I am sorry", "N2", "Here: N2", "```\nN2\n```", "<think>N2</think>\nN2"])
    def test_prose_is_never_the_value_of_the_one_text_that_was_asked_for(self, answer: str) -> None:
        outcome = after(Guard.from_json_schema(obj(a=STR, b=INT)), {"a": None, "b": 1}, answer)
        assert [f.path for f in outcome.failures] == [("a",)]
        assert outcome.iterations[1].parsed == {"a": None, "b": 1}

    @pytest.mark.parametrize("answer", ['"N2"', "'N2'", '```json\n"N2"\n```', 'Here: {"a": "N2"}', '{"a": "N2"}'])
    def test_a_json_text_alone_is_the_one_that_was_asked_for(self, answer: str) -> None:
        outcome = after(Guard.from_json_schema(obj(a=STR, b=INT)), {"a": None, "b": 1}, answer)
        assert outcome.output == {"a": "N2", "b": 1}

    def test_an_answer_in_a_fence_is_read(self, guard: Guard) -> None:
        outcome = after(guard, FIRST, '```json\n{"fees.1.name":"N2","fees.3.name":"N4"}\n```')
        assert outcome.passed

    def test_a_key_given_twice_in_an_answer_is_not_taken(self, guard: Guard) -> None:
        outcome = after(guard, FIRST, '{"fees.1.name":"N2","fees.3.name":"N4","fees.3.name":"N5"}')
        assert not outcome.passed
        assert [f.path for f in outcome.failures] == [("fees", 3, "name")]

    def test_a_number_that_is_not_finite_in_an_answer_is_a_failure(self) -> None:
        for node in (INT, {"type": "number"}, {}):
            outcome = after(Guard.from_json_schema(obj(a=STR, b=node)), {"a": [], "b": 1}, '{"a":NaN}')
            assert not outcome.passed
            assert outcome.partial == {"b": 1}


class TestPlainKeys:
    """f1 … fn are keys as any others, and no names of fields."""

    def test_a_whole_object_with_a_field_called_f1_is_read_as_a_whole_object(self) -> None:
        guard = Guard.from_json_schema(obj(f1=STR, o=obj(**{"a.b": INT})))
        outcome = after(guard, {"f1": "x", "o": {"a.b": "bad"}}, {"f1": "x", "o": {"a.b": 3}})
        assert outcome.output == {"f1": "x", "o": {"a.b": 3}}

    def test_a_whole_object_with_a_field_named_like_a_path_is_read_as_a_whole_object(self) -> None:
        guard = Guard.from_json_schema(obj(**{"a.b": INT, "a": obj(b=INT)}))
        outcome = after(guard, {"a.b": 1, "a": {"b": "bad"}}, {"a.b": 1, "a": {"b": 2}})
        assert outcome.output == {"a.b": 1, "a": {"b": 2}}

    def test_a_flat_answer_by_plain_keys(self) -> None:
        guard = Guard.from_json_schema(obj(**{"a b": INT, "ü": INT}))
        assert after(guard, {"a b": "x", "ü": "x"}, {"f1": 1, "f2": 2}).output == {"a b": 1, "ü": 2}

    def test_an_answer_by_the_fields_own_names(self) -> None:
        guard = Guard.from_json_schema(obj(**{"a b": INT, "ü": INT}))
        assert after(guard, {"a b": "x", "ü": "x"}, {"a b": 1, "ü": 2}).output == {"a b": 1, "ü": 2}

    def test_a_root_list_by_plain_keys_or_mirrored_or_whole(self) -> None:
        guard = Guard.from_json_schema(array(INT))
        for answer in ({"f1": 2}, [1, 2, 3], {"$[1]": 2}):
            assert after(guard, [1, "x", 3], answer).output == [1, 2, 3], answer
        assert after(guard, [1, "x", 3], [9, 2, 3]).output is None


class TestAppending:
    def test_further_items_are_appended(self) -> None:
        guard = Guard.from_json_schema(obj(l=array(INT, minItems=3)))
        for answer in ({"l.+": [2, 3]}, {"l": [1, 2, 3]}):
            assert after(guard, {"l": [1]}, answer).output == {"l": [1, 2, 3]}, answer

    def test_items_appended_are_checked_and_asked_for_like_others(self) -> None:
        guard = Guard.from_json_schema(obj(l=array(INT, minItems=3)))
        outcome = after(guard, {"l": [1]}, {"l.+": [2, "x"]})
        assert [f.path for f in outcome.failures] == [("l", 2)]

    def test_a_list_that_stays_too_short_keeps_what_came(self) -> None:
        guard = Guard.from_json_schema(obj(l=array(INT, minItems=4)))
        outcome = after(guard, {"l": [1]}, {"l.+": [2]})
        assert outcome.partial == {"l": [1, 2]}
        assert [f.validator for f in outcome.failures] == ["minItems"]

    def test_a_root_list_is_appended_to(self) -> None:
        guard = Guard.from_json_schema(array(INT, minItems=3))
        model = ScriptedModel(["[1]", lambda messages: json.dumps({"+": [2, 3]})])
        outcome = guard(model, messages=USER)
        assert outcome.output == [1, 2, 3]

    def test_a_failing_item_and_further_items_in_one_answer(self) -> None:
        guard = Guard.from_json_schema(obj(l=array(INT, minItems=3)))
        assert after(guard, {"l": ["x"]}, {"l.0": 1, "l.+": [2, 3]}).output == {"l": [1, 2, 3]}


class TestMerge:
    def test_only_asked_paths_are_written(self, guard: Guard) -> None:
        outcome = after(guard, FIRST, CHANGED)
        merged = outcome.iterations[1].parsed
        assert merged["title"] == "T"
        assert merged["fees"][0] == {"id": 1, "name": "a"}

    def test_an_answer_may_mend_one_field_and_not_the_other(self, guard: Guard) -> None:
        outcome = after(guard, FIRST, {"fees.1.name": "N2"})
        assert [f.path for f in outcome.failures] == [("fees", 3, "name")]
        assert outcome.partial["fees"][1] == {"id": 2, "name": "N2"}

    @pytest.mark.parametrize("new", [None, [], {"text": "N2"}, "still too long"])
    def test_a_field_that_is_answered_wrongly_stays_failing_and_the_other_is_merged(
        self, guard: Guard, new: Any
    ) -> None:
        outcome = after(guard, FIRST, {"fees.1.name": new, "fees.3.name": "N4"})
        assert {f.path for f in outcome.failures} == {("fees", 1, "name")}
        assert outcome.partial["fees"][3] == {"id": 4, "name": "N4"}

    def test_the_next_round_asks_only_for_what_still_fails(self, guard: Guard) -> None:
        model = ScriptedModel([json.dumps(FIRST), '{"fees.1.name":"N2"}', '{"fees.3.name":"N4"}'])
        outcome = guard(model, messages=USER)
        assert outcome.passed
        assert [iteration.asked for iteration in outcome.iterations] == [
            (),
            (("fees", 1, "name"), ("fees", 3, "name")),
            (("fees", 3, "name"),),
        ]
        assert list(model.requests[2].schema or {"properties": {}}["properties"]) != []
        assert "fees.1.name" not in json.dumps(model.requests[2].messages)

    def test_a_missing_object_that_comes_is_checked_whole(self) -> None:
        schema = obj(o=obj(a=STR, b=INT))
        outcome = after(
            Guard.from_json_schema(schema).using(short(), on="$.o.a"), {}, {"o": {"a": "too long", "b": "x"}}
        )
        assert {f.path for f in outcome.failures} == {("o", "a"), ("o", "b")}

    def test_failing_numbers_of_an_enum_in_one_list_are_each_kept_until_mended(self) -> None:
        guard = Guard.from_json_schema(obj(l=array({"enum": [1, 2]})))
        outcome = after(guard, {"l": [1, 7, 8]}, {"l.1": 2})
        assert [(f.path, f.validator) for f in outcome.failures] == [(("l", 2), "enum")]
        assert outcome.output is None

    @pytest.mark.parametrize(
        ("node", "bad", "good"),
        [
            ({**INT, "minimum": 5}, 1, 6),
            ({**INT, "maximum": 5}, 9, 3),
            ({**INT, "exclusiveMinimum": 5}, 5, 6),
            ({**INT, "multipleOf": 5}, 3, 5),
            ({**STR, "maxLength": 2}, "abc", "ab"),
            ({**STR, "minLength": 2}, "a", "ab"),
            ({**STR, "pattern": "^a"}, "b", "a"),
            ({**STR, "format": "email"}, "no", "a@b.co"),
            ({**STR, "format": "date"}, "2024-02-30", "2024-02-29"),
            ({"enum": ["a", "b"]}, "c", "a"),
            ({"enum": [1, None, "x"]}, 2, 1),
            ({"const": 4}, 5, 4),
            ({"type": ["integer", "null"], "minimum": 3}, 1, None),
            ({"anyOf": [INT, array(INT)]}, "x", [1]),
            (array(INT, maxItems=1), [1, 2], [1]),
            (array(INT, uniqueItems=True), [1, 1], [1]),
            (array(INT, minItems=1), [], [1]),
            (obj(k=INT), {}, {"k": 1}),
            ({"type": "object", "minProperties": 1}, {}, {"z": 1}),
        ],
        ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
    )
    def test_what_was_not_answered_is_never_forgotten(self, node: Any, bad: Any, good: Any) -> None:
        guard = Guard.from_json_schema(array(node))
        first = [bad, good, bad]
        request = guard.reask_request(guard.parse(json.dumps(first)))
        assert request is not None
        keys = list(request.schema["properties"])
        assert len(request.paths) == 2
        place = request.paths[0]
        new: Any = good
        for part in place[1:]:
            new = new[part] if part != "+" else new
        outcome = after(guard, first, {keys[0]: new})
        assert not outcome.passed
        assert all(f.path[0] == 2 for f in outcome.failures)
        assert outcome.output is None


class TestRootText:
    def guard(self) -> Guard:
        return Guard.from_string([short()])

    def test_the_text_itself_is_the_answer(self) -> None:
        assert after(self.guard(), "far too long", "ok").output == "ok"

    def test_an_empty_answer_is_no_text(self) -> None:
        outcome = after(self.guard(), "far too long", "")
        assert not outcome.passed

    @pytest.mark.parametrize("text", ['"ok"', "[1]", "{}", "null", "a\nb"])
    def test_text_that_looks_like_json_is_text(self, text: str) -> None:
        assert after(self.guard(), "far too long", text).output == text

    def test_a_lone_surrogate_is_a_failure_in_either_round(self) -> None:
        assert not Guard.from_string().parse("a\ud800").passed
        assert not after(self.guard(), "far too long", "\ud800").passed


def test_an_unparseable_first_answer_is_asked_for_whole(guard: Guard) -> None:
    model = ScriptedModel(["no idea", json.dumps(GOOD)])
    outcome = guard(model, messages=USER)
    assert outcome.passed
    assert outcome.partial == GOOD
    assert outcome.iterations[1].asked == ((),)
    assert model.requests[1].schema == model.requests[0].schema


def test_a_whole_answer_that_cannot_be_read_leaves_what_there_was() -> None:
    guard = Guard.from_json_schema(array(INT, maxItems=2))
    outcome = after(guard, [1, 2, 3], "what?")
    assert outcome.iterations[1].parsed == [1, 2, 3]
    assert [f.validator for f in outcome.failures] == ["maxItems"]


def test_an_optional_field_that_failed_may_be_left_out_by_null() -> None:
    schema = {"type": "object", "properties": {"a": INT, "b": INT}, "required": ["b"]}
    outcome = after(Guard.from_json_schema(schema), {"a": "x", "b": 1}, {"a": None})
    assert outcome.passed
    assert outcome.output == {"b": 1}


def test_a_repair_of_an_answer_stands_at_the_path_in_the_output() -> None:
    guard = Guard.from_json_schema(obj(o=obj(n=INT)))
    outcome = after(guard, {"o": {"n": "x"}}, {"o.n": "12"})
    assert outcome.output == {"o": {"n": 12}}
    assert [(r.path, r.before, r.after) for r in outcome.repairs] == [(("o", "n"), "12", 12)]

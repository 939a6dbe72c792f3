"""What a reask asks for of unions, maps and rules about a whole value, and its words after an answer that brought nothing."""

import datetime
import json
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, model_validator

from railguard import FailResult, Guard, ValidationOutcome, validator
from railguard.testing import ScriptedModel

USER = [{"role": "user", "content": "go"}]
INT, STR = {"type": "integer"}, {"type": "string"}


@validator("t-ru-never", replace=True)
def never(value: Any) -> str:
    """Never passes."""
    return "It is never right."


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def asked(guard: Guard, answer: Any) -> Any:
    request = guard.reask_request(guard.parse(json.dumps(answer)))
    assert request is not None
    return request


def told(guard: Guard, answer: Any) -> str:
    return str(asked(guard, answer).messages[-1]["content"])


def after(guard: Guard, first: Any, *answers: Any) -> ValidationOutcome:
    """The outcome of a reask for each of the answers."""
    texts = [part if isinstance(part, str) else json.dumps(part) for part in (first, *answers)]
    outcome = guard(ScriptedModel(texts), messages=USER, max_reasks=len(answers))
    json.dumps(outcome.to_dict())
    return outcome


class Fee(BaseModel):
    kind: Literal["fee", "charge"]
    name: Annotated[str, Field(max_length=4)]
    costs: Annotated[list[int], Field(min_length=2)]


class Memo(BaseModel):
    kind: Literal["memo"] = "memo"
    name: int = 0
    text: str


class Mixed(BaseModel):
    entries: list[Fee | Memo | int]


GOOD_FEE = {"kind": "fee", "name": "n", "costs": [1, 2]}


class TestUnions:
    GUARD = Guard.from_pydantic(Mixed)

    def test_with_the_right_constant_the_failing_fields_are_asked_singly(self) -> None:
        request = asked(self.GUARD, {"entries": [GOOD_FEE, {**GOOD_FEE, "kind": "charge", "name": "too long"}]})
        assert request.paths == (("entries", 1, "name"),)
        assert request.schema["properties"]["entries.1.name"]["maxLength"] == 4
        request = asked(self.GUARD, {"entries": [{"kind": "memo", "name": [], "text": []}]})
        assert set(request.paths) == {("entries", 0, "name"), ("entries", 0, "text")}
        assert "integer" in request.schema["properties"]["entries.0.name"]["type"], "of a memo, not of a fee"

    def test_a_missing_field_and_further_items_are_asked_for_inside_the_option(self) -> None:
        request = asked(
            self.GUARD, {"entries": [{"kind": "fee", "name": "n", "costs": [1]}, {"kind": "fee", "name": "n"}]}
        )
        assert request.paths == (("entries", 0, "costs", "+"), ("entries", 1, "costs"))

    @pytest.mark.parametrize("kind", [{"kind": "other"}, {}, {"kind": None}, {"kind": ["fee"]}])
    def test_with_a_wrong_or_missing_constant_the_unit_is_asked_as_any_of_its_cases(self, kind: Any) -> None:
        request = asked(self.GUARD, {"entries": [GOOD_FEE, {**kind, "name": "n", "costs": []}]})
        assert request.paths == (("entries", 1),)
        assert len(request.schema["properties"]["entries.1"]["anyOf"]) == 3
        assert '"fee", "charge", "memo"' in request.messages[-1]["content"]

    def test_the_answer_mends_the_field_alone(self) -> None:
        first = {"entries": [GOOD_FEE, {**GOOD_FEE, "name": "too long"}]}
        outcome = after(self.GUARD, first, {"entries.1.name": "ok"})
        assert outcome.partial == {"entries": [GOOD_FEE, {**GOOD_FEE, "name": "ok"}]}
        assert outcome.passed

    def test_a_field_that_stays_wrong_is_asked_for_again(self) -> None:
        first = {"entries": [{**GOOD_FEE, "name": "too long", "costs": [1]}]}
        outcome = after(self.GUARD, first, {"entries.0.costs.+": [2], "entries.0.name": "still long"})
        assert not outcome.passed
        assert asked(self.GUARD, outcome.iterations[-1].parsed).paths == (("entries", 0, "name"),)

    def test_what_is_no_object_is_asked_for_whole(self) -> None:
        assert asked(self.GUARD, {"entries": [GOOD_FEE, "x"]}).paths == (("entries", 1),)

    def test_unions_that_no_constant_tells_apart_are_asked_for_whole(self) -> None:
        class A(BaseModel):
            kind: Literal["x"]
            a: int

        class B(BaseModel):
            kind: Literal["x", "y"]
            b: int

        guard = Guard.from_pydantic(dict[str, A | B])
        assert asked(guard, {"u": {"kind": "y", "b": "?"}}).paths == (("u",),)

    def test_a_union_in_an_option_is_told_apart_too(self) -> None:
        class Outer(BaseModel):
            type: Literal["outer"]
            inner: Fee | Memo

        class Other(BaseModel):
            type: Literal["other"]

        guard = Guard.from_pydantic(dict[str, Outer | Other])
        first = {"u": {"type": "outer", "inner": {"kind": "memo", "text": []}}}
        assert asked(guard, first).paths == (("u", "inner", "text"),)
        assert after(guard, first, {"u.inner.text": "t"}).passed
        first["u"]["inner"]["kind"] = "?"
        assert asked(guard, first).paths == (("u", "inner"),)

    def test_what_is_valid_does_not_change(self) -> None:
        class A(BaseModel):
            kind: Literal["a"]
            x: int

        class B(BaseModel):
            kind: str
            x: str

        guard = Guard.from_pydantic(dict[str, A | B])
        assert guard.parse('{"u": {"kind": "a", "x": "text"}}').passed, "it is a B, whatever it is called"

    def test_rules_of_an_option_hold(self) -> None:
        schema = {"anyOf": [obj(k={"const": 1}, v={**INT, "minimum": 3}), obj(k={"const": 2}, v=STR)]}
        guard = Guard.from_json_schema(obj(u=schema))
        assert asked(guard, {"u": {"k": 1, "v": 1}}).paths == (("u", "v"),)
        assert after(guard, {"u": {"k": 1, "v": 1}}, {"u.v": 5}).output == {"u": {"k": 1, "v": 5}}
        assert asked(guard, {"u": {"k": 3, "v": 1}}).paths == (("u",),)


class TestMaps:
    @pytest.mark.parametrize("key", [int, Literal["alpha", "beta"], Annotated[str, Field(max_length=5)]])
    def test_a_wrong_key_asks_for_the_map(self, key: Any) -> None:
        guard = Guard.from_pydantic(dict[str, dict[key, int]])
        request = asked(guard, {"by": {"a wrong key": 1}})
        assert request.paths == (("by",),)
        assert "is not allowed; choose another" in request.messages[-1]["content"]

    def test_a_wrong_value_asks_for_the_value(self) -> None:
        guard = Guard.from_pydantic(dict[str, dict[int, int]])
        assert asked(guard, {"by": {"1": "x", "2": 2}}).paths == (("by", "1"),)

    def test_a_wrong_value_of_a_schema_is_never_a_wrong_key(self) -> None:
        guard = Guard.from_json_schema(obj(by={"type": "object", "additionalProperties": {"type": "string"}}))
        assert asked(guard, {"by": {"a": []}}).paths == (("by", "a"),)

    def test_the_new_map_replaces_the_old(self) -> None:
        guard = Guard.from_pydantic(dict[str, dict[int, int]])
        outcome = after(guard, {"by": {"one": 1, "2": 2}}, {"by": {"1": 1}})
        assert outcome.output == {"by": {1: 1}}


class Row(BaseModel):
    name: str
    low: int
    high: int
    note: str = ""

    @model_validator(mode="after")
    def ordered(self) -> "Row":
        if self.low > self.high:
            raise ValueError("low must not be above high.")
        return self


class Table(BaseModel):
    total: int
    rows: list[Row]

    @model_validator(mode="after")
    def adds_up(self) -> "Table":
        if self.total != sum(row.high for row in self.rows):
            raise ValueError("total must be the sum of high of all rows.")
        return self


def table(count: int, **more: Any) -> dict[str, Any]:
    rows = [{"name": f"row {n}", "low": n, "high": n + 4, "note": f"note {n}"} for n in range(count)]
    return {"total": sum(row["high"] for row in rows), "rows": rows, **more}


class TestChangeAnswers:
    GUARD = Guard.from_pydantic(Table)

    def test_a_number_that_is_set_keeps_a_hundred_rows(self) -> None:
        first = table(100, total=1)
        outcome = after(self.GUARD, first, {"total": 5350})
        assert outcome.partial == table(100)
        assert outcome.passed
        ((change,),) = [iteration.changes for iteration in outcome.iterations[1:]]
        assert (change.path, change.before, change.after) == (("total",), 1, 5350)
        assert outcome.to_dict()["iterations"][1]["changes"] == [{"path": "$.total", "before": 1, "after": 5350}]

    def first(self) -> dict[str, Any]:
        found = table(3)
        found["rows"][1]["low"] = 9
        return found

    @pytest.mark.parametrize(
        "answer",
        [
            {"rows.1.low": 1},
            {"rows.1": {"low": 1}},
            {"rows[1]": {"low": 1}},
            {"/rows/1/low": 1},
            [{"op": "replace", "path": "/rows/1/low", "value": 1}],
            '{"rows.1.low": 1}\n{"rows.1.high": 5}',
            {"rows": {"1": {"low": 1}}},
            {"rows": [{"name": "row 1", "low": 1, "high": 5}]},
            {"rows": [{"name": "row 1", "low": 1}]},
            table(3),
        ],
    )
    def test_what_is_not_named_is_kept(self, answer: Any) -> None:
        outcome = after(self.GUARD, self.first(), answer)
        assert outcome.partial == table(3)
        assert outcome.passed

    @pytest.mark.parametrize(
        "answer", [{"total": 9}, {"rows.0.low": 0, "rows.2.name": "x"}, {"rows.0": None}, "no", []]
    )
    def test_nothing_beside_the_value_that_was_asked_for_can_change(self, answer: Any) -> None:
        outcome = after(self.GUARD, self.first(), answer)
        assert outcome.iterations[1].parsed == self.first()
        assert not outcome.passed

    def test_it_is_told_what_must_change_and_how(self) -> None:
        assert told(self.GUARD, self.first()) == (
            "These values are not valid yet. All others are accepted and stay as they are.\n"
            "\n"
            '- "rows.1": low must not be above high.\n'
            "\n"
            "Write only one JSON object that says what changes. Each key is the dotted name of one value, such as "
            '"rows.1.name"; its value is the new one. null removes an optional member. '
            "What is not named stays as it is."
        )

    def test_a_list_that_must_differ_is_asked_for_by_changes(self) -> None:
        guard = Guard.from_json_schema(obj(tags={"type": "array", "items": STR, "uniqueItems": True}, o=INT))
        request = asked(guard, {"tags": ["a", "b", "a"], "o": 1})
        assert request.paths == (("tags",),)
        assert '"tags.+"' in request.messages[-1]["content"]
        for answer in ({"tags.2": "c"}, {"tags.2": None, "tags.+": ["c"]}, {"tags": ["a", "b", "c"]}, ["a", "b", "c"]):
            outcome = after(guard, {"tags": ["a", "b", "a"], "o": 1}, answer)
            assert outcome.output == {"tags": ["a", "b", "c"], "o": 1}, answer

    def test_of_a_root_list_the_names_are_pointers(self) -> None:
        guard = Guard.from_json_schema({"type": "array", "items": INT, "uniqueItems": True})
        assert '"/0"' in told(guard, [1, 1])
        assert after(guard, [1, 1], {"/1": 2}).output == [1, 2]
        assert after(guard, [1, 1], {"/0": None}).output == [1]
        assert after(guard, [1, 1], [1, 2]).output == [1, 2]

    def test_of_a_value_under_an_odd_name_too(self) -> None:
        guard = Guard.from_json_schema(obj(**{"a.b": {"type": "array", "items": INT, "uniqueItems": True}}))
        assert '"/a.b/0"' in told(guard, {"a.b": [1, 1]})
        assert after(guard, {"a.b": [1, 1]}, {"/a.b/1": 2}).output == {"a.b": [1, 2]}

    def test_a_value_that_is_not_built_soundly_is_asked_for_as_ever(self) -> None:
        guard = Guard.from_json_schema(obj(o=obj(a=INT))).using(never(), on="$.o")
        assert asked(guard, {"o": {"a": "x"}}).schema["required"] == ["o.a"]

    def test_a_blamed_field_is_asked_for_as_ever(self) -> None:
        @validator("t-ru-blame", replace=True)
        def blame(value: dict) -> FailResult | None:  # type: ignore[type-arg]
            return FailResult("No.", blame=[("a",)])

        guard = Guard.from_json_schema(obj(o=obj(a=INT))).using(blame(), on="$.o")
        assert asked(guard, {"o": {"a": 1}}).schema["required"] == ["o.a"]

    def test_scalars_are_asked_for_as_ever(self) -> None:
        guard = Guard.from_json_schema(obj(a=INT)).using(never(), on="$.a")
        assert asked(guard, {"a": 1}).schema["required"] == ["a"]

    def test_changes_and_values_are_asked_for_in_one_answer(self) -> None:
        schema = obj(a=INT, l={"type": "array", "items": INT, "uniqueItems": True})
        guard = Guard.from_json_schema(schema)
        request = asked(guard, {"a": "x", "l": [1, 1]})
        assert set(request.paths) == {("a",), ("l",)}
        assert "required" not in request.schema or request.schema["required"] == ["a"]
        assert request.schema["additionalProperties"] is True
        assert "For the others, add only what changes in them." in request.messages[-1]["content"]
        outcome = after(guard, {"a": "x", "l": [1, 1]}, {"a": 5, "l.1": 2})
        assert outcome.output == {"a": 5, "l": [1, 2]}

    def test_many_values_that_break_a_rule_are_asked_for_by_changes_of_what_holds_them(self) -> None:
        first = table(60)
        for row in first["rows"]:
            row["low"] = 1000
        request = asked(self.GUARD, first)
        assert request.paths == ((),)
        assert "required" not in json.dumps(request.schema)
        answer = {f"rows.{n}.low": n for n in range(60)}
        assert after(self.GUARD, first, answer).partial == table(60)

    def test_a_strict_reask_does_not_send_a_schema_that_says_nothing(self) -> None:
        model = ScriptedModel([json.dumps(table(3, total=1)), '{"total": 15}'])
        outcome = self.GUARD(model, messages=USER, max_reasks=1, reask_mode="strict")
        assert outcome.passed
        assert [request.strict for request in model.requests] == [True, False]

    def test_a_refused_change_is_on_record(self) -> None:
        outcome = after(self.GUARD, table(3, total=1), {"rows": 5, "zzz": 1, "total": 15})
        assert outcome.passed
        assert outcome.iterations[1].ignored == ((("rows",), 5), (("zzz",), 1))

    @pytest.mark.parametrize("answer", [{"l.0": None}, [{"op": "remove", "path": "/l/0"}], {"l": {"0": None}}])
    def test_a_list_item_that_was_asked_for_cannot_be_removed_from_its_list(self, answer: Any) -> None:
        unique = {"type": "array", "items": INT, "uniqueItems": True}
        guard = Guard.from_json_schema(obj(l={"type": "array", "items": unique}))
        outcome = after(guard, {"l": [[1, 1], [2]]}, answer)
        assert outcome.iterations[1].parsed == {"l": [[1, 1], [2]]}
        assert outcome.iterations[1].ignored == ((("l", 0), None),) or outcome.repairs, "it is on record"

    def test_an_optional_member_that_was_asked_for_can_be_removed(self) -> None:
        unique = {"type": "array", "items": INT, "uniqueItems": True}
        guard = Guard.from_json_schema({"type": "object", "properties": {"l": unique, "o": INT}, "required": ["o"]})
        for answer in ({"l": None}, [{"op": "remove", "path": "/l"}]):
            outcome = after(guard, {"l": [1, 1], "o": 1}, answer)
            assert outcome.output == {"o": 1}
            assert [change.before for change in outcome.iterations[1].changes] == [[1, 1]]

    @pytest.mark.parametrize("repair", ["none", "lossless", "judgement"])
    def test_a_list_that_was_cut_off_does_not_take_the_place_of_the_whole_one(self, repair: Any) -> None:
        guard = Guard.from_pydantic(Table, repair=repair)
        answer = json.dumps({"rows": table(3)["rows"], "total": 15})
        for size in range(1, len(answer), 3):
            outcome = after(guard, table(3, total=1), answer[:size])
            assert outcome.iterations[1].parsed["rows"] == table(3)["rows"], answer[:size]

    def test_removing_items_checks_the_others_at_their_new_places(self) -> None:
        first = table(4, total=1)
        outcome = after(self.GUARD, first, {"rows.0": None, "rows.1.low": 99})
        assert [str(failure.path) for failure in outcome.failures] == ["$.rows[0]"]
        assert outcome.iterations[1].merged == (("rows", 1, "low"), ("rows",)), (
            "what was written; of a removal, the list"
        )
        assert outcome.partial["rows"][0] == {"name": "row 2", "low": 2, "high": 6, "note": "note 2"}


class TestWholeAnswers:
    def test_members_that_a_whole_answer_leaves_out_are_kept(self) -> None:
        names = [f"n{n}" for n in range(20)]
        guard = Guard.from_json_schema({**obj(**dict.fromkeys(names, INT)), "additionalProperties": False})
        first = {name: "x" if n < 15 else n for n, name in enumerate(names)}
        assert asked(guard, first).paths == ((),)
        outcome = after(guard, first, dict.fromkeys(names[:14], 1))
        assert [failure.path for failure in outcome.failures] == [("n14",)]
        assert outcome.iterations[1].parsed["n19"] == 19

    def test_what_is_doubted_of_a_kept_member_stays_doubted(self) -> None:
        names = [f"n{n}" for n in range(12)]
        guard = Guard.from_json_schema(obj(**dict.fromkeys(names, INT)))
        first = json.dumps(dict.fromkeys(names[:11], "x"))[:-1] + ', "n11": 1, "n11": 2}'
        outcome = after(guard, first, dict.fromkeys(names[:11], 1))
        assert not outcome.passed
        assert [failure.path for failure in outcome.failures] == [("n11",)]


NUMBERED: Any = {"items": [{"sku": "a", "qty": 1}, {"sku": "b", "qty": -2}]}


class TestAfterAnAnswerThatBroughtNothing:
    GUARD = Guard.from_json_schema(obj(items={"type": "array", "items": obj(sku=STR, qty={**INT, "minimum": 0})}))

    def requests(self, *answers: Any) -> list[str]:
        texts = [part if isinstance(part, str) else json.dumps(part) for part in (NUMBERED, *answers)]
        model = ScriptedModel([*texts, '{"items.1.qty": 2}'])
        assert self.GUARD(model, messages=USER, max_reasks=len(texts)).passed
        return [json.dumps(request.messages) for request in model.requests[1:]]

    @pytest.mark.parametrize("answer", ["I am sorry.", {"qty": 2}, {"items": [{"sku": "z"}]}, {}, "[]", '{"'])
    def test_the_next_request_differs_and_names_the_right_key(self, answer: Any) -> None:
        first, second = self.requests(answer)
        assert first != second
        assert "could not be used" not in first
        assert 'use \\"items.1.qty\\"' in second

    def test_it_names_the_keys_that_were_not_asked_for(self) -> None:
        assert '\\"qty\\" was not asked for' in self.requests({"qty": 2})[1]
        assert '\\"qty\\", \\"items[0].qty\\" were not asked for' in self.requests({"qty": 2, "items.0.qty": 5})[1]

    def test_many_and_long_keys_are_cut(self) -> None:
        second = self.requests({f"{n}" + "k" * 5000: 1 for n in range(50)})[1]
        assert "and 45 more" in second
        assert len(second) < 2500

    def test_after_one_that_brought_something_it_says_nothing(self) -> None:
        _, second = self.requests({"items.1.qty": -1})
        assert "could not be used" not in second

    def test_a_whole_answer_that_brought_nothing(self) -> None:
        guard = Guard.from_json_schema({"type": "array", "items": INT, "minItems": 1})
        guard = Guard.from_json_schema(obj(a=obj(b=INT)))
        model = ScriptedModel(["[]", "no", "no idea", '{"a": {"b": 1}}'])
        assert guard(model, messages=USER, max_reasks=3).passed
        third = model.requests[2].messages[-1]["content"]
        assert "could not be used" in third
        assert third != model.requests[1].messages[-1]["content"]

    def test_it_follows_an_authors_own_words_too(self) -> None:
        guard = Guard.from_rail_string(
            '<rail version="1.0"><output><integer name="a"/></output>'
            '<reask><message role="user">Again: ${error_messages}</message></reask></rail>'
        )
        model = ScriptedModel(['{"a": "x"}', "no", '{"a": 1}'])
        assert guard(model, messages=USER, max_reasks=2).passed
        assert 'use "a"' in model.requests[2].messages[-1]["content"]


class TestWords:
    def test_each_bound_is_said_once_and_equal_rules_are_one_line(self) -> None:
        guard = Guard.from_json_schema(
            obj(a={**INT, "minimum": 3, "maximum": 9}, b={**INT, "minimum": 3, "maximum": 9})
        )
        assert '- "a", "b": It must be a whole number between 3 and 9.\n' in told(guard, {"a": 1, "b": 77})

    def test_a_models_own_words_for_a_bound_do_not_say_it_twice(self) -> None:
        guard = Guard.from_pydantic(dict[str, Annotated[int, Field(ge=3)]])
        words = told(guard, {"a": 1})
        assert words.count("3") == 1
        assert "greater than or equal" not in words

    @pytest.mark.parametrize(
        ("node", "value", "line"),
        [
            (INT, "x", "It must be a whole number."),
            ({"enum": ["r", "g"]}, "b", 'It must be one of "r", "g".'),
            ({**STR, "maxLength": 2}, "abc", "It must be text of at most 2 characters; it has 3."),
            ({"type": "array", "items": INT, "maxItems": 1}, [1, 2], None),
        ],
    )
    def test_what_is_allowed_says_what_is_wrong(self, node: Any, value: Any, line: str | None) -> None:
        words = told(Guard.from_json_schema(obj(a=node)), {"a": value})
        assert line is None or f'- "a": {line}\n' in words

    def test_a_missing_value_is_said_to_be_missing(self) -> None:
        guard = Guard.from_json_schema(obj(a={**INT, "minimum": 3}))
        assert '- "a": This is missing. It must be a whole number that is at least 3.\n' in told(guard, {})

    def test_words_of_a_rule_stay_beside_what_is_allowed(self) -> None:
        guard = Guard.from_json_schema(obj(a={**INT, "minimum": 3})).using(never(), on="$.a")
        assert "It is never right. Allowed: a whole number that is at least 3" in told(guard, {"a": 5})

    def test_what_only_the_message_says_is_told(self) -> None:
        for node in ({"type": "number"}, {}):
            assert "write a finite number" in told(Guard.from_json_schema(obj(a=node)), {"a": float("nan")})

        class Dated(BaseModel):
            day: datetime.date

        assert "day value is outside expected range" in told(Guard.from_pydantic(Dated), {"day": "2024-02-31"})


class Place(BaseModel):
    city: str


class Trip(BaseModel):
    """Its JSON Schema refers to a definition that is used twice."""

    begin: Place
    end: Place
    days: int

    @model_validator(mode="after")
    def goes_somewhere(self) -> "Trip":
        if self.days and self.begin == self.end:
            raise ValueError("It must go somewhere.")
        return self


class Part(BaseModel):
    """Its JSON Schema refers to itself."""

    count: int
    parts: list["Part"] = []

    @model_validator(mode="after")
    def counts(self) -> "Part":
        if self.count != len(self.parts):
            raise ValueError("The count must be the number of parts.")
        return self


HOME = {"city": "Rome"}


@pytest.mark.parametrize(
    ("tp", "first", "answer"),
    [
        (Trip, {"begin": HOME, "end": HOME, "days": 2}, {"end.city": "Oslo"}),
        (list[Trip], [{"begin": HOME, "end": HOME, "days": 2}], {"0.days": 0}),
        (Part, {"count": 1}, {"count": 0}),
        (Part, {"count": 1, "parts": [{"count": 7}]}, {"parts.0.count": 0}),
        (dict[str, Part], {"a": {"count": 1}}, {"a": {"count": 0}}),
    ],
)
def test_a_rule_of_a_value_whose_type_has_definitions_is_asked_by_changes(tp: Any, first: Any, answer: Any) -> None:
    assert after(Guard.from_pydantic(tp), first, answer).passed


def test_a_rule_of_an_object_of_a_json_schema_with_definitions_is_asked_by_changes() -> None:
    @validator("t-ru-differ", replace=True)
    def differ(value: dict) -> str | None:
        """The ends differ."""
        return "It must go somewhere." if value["begin"] == value["end"] else None

    place = {"$ref": "#/$defs/place"}
    schema = {**obj(begin=place, end=place), "$defs": {"place": obj(city=STR)}}
    guard = Guard.from_json_schema(schema).using(differ(), on="$")
    assert after(guard, {"begin": HOME, "end": HOME}, {"/end/city": "Oslo"}).passed


class TestWhatARuleBlames:
    """A rule may blame any place. What is asked for has a place in the output, or nothing could be taken of an answer."""

    @pytest.fixture
    def guard(self) -> Guard:
        numbers = {"type": ["array", "null"], "items": INT}
        either = {"anyOf": [obj(a=INT), {"type": "null"}]}
        return Guard.from_json_schema({"type": "object", "properties": {"o": either, "l": numbers, "z": INT}})

    @pytest.mark.parametrize(
        ("blamed", "state", "wanted"),
        [
            (("o", "a"), {"o": {"a": 1}}, "$.o.a"),
            (("o", "a"), {"o": None}, "$.o"),
            (("o", "a"), {"z": 1}, "$.o"),
            (("l", 0), {"l": [1]}, "$.l[0]"),
            (("l", 1), {"l": [1]}, "$.l"),
            (("l", 0), {"l": None}, "$.l"),
            (("l", "+"), {"l": [1]}, '$.l["+"]'),
            (("l", "+"), {"l": None}, "$.l"),
            (("l", "+"), {"z": 1}, "$.l"),
            (("z",), {"l": None}, "$.z"),
        ],
    )
    def test_below_what_holds_nothing_the_holder_is_asked_for(
        self, guard: Guard, blamed: Any, state: Any, wanted: str
    ) -> None:
        answers: dict[str, Any] = {"$.o.a": 2, "$.o": {"a": 2}, "$.l[0]": 2, "$.l": [2, 2], "$.z": 2}
        answers['$.l["+"]'] = [2]

        @validator("t-ru-blames", replace=True)
        def blames(value: Any) -> FailResult | None:
            return FailResult("It is not this.", blame=[blamed]) if value == state else None

        key = wanted.removeprefix("$.").replace("[0]", ".0").replace('["+"]', ".+")
        outcome = after(guard.using(blames(), on="$"), state, {key: answers[wanted]})
        assert [str(path) for path in outcome.iterations[1].asked] == [wanted]
        assert outcome.passed
        assert outcome.iterations[1].ignored == ()

    def test_what_is_to_be_left_out_is_not_asked_for_in_parts(self) -> None:
        @validator("t-ru-member", replace=True)
        def member(value: Any) -> FailResult | None:
            return FailResult("a is wrong.", blame=[("o", "a")])

        rail = """<rail version="1.0"><output validators="t-ru-member"><integer name="z"/>
          <object name="o" required="false" validators="t-ru-never" on-fail-t-ru-never="filter"><integer name="a"/></object>
        </output></rail>"""
        outcome = after(Guard.from_rail_string(rail), {"z": 1, "o": {"a": 1}}, {"o.a": 2})
        assert len(outcome.iterations) == 1
        assert (outcome.stopped, outcome.partial) == ("unresolved", {"z": 1})


class TestWhereTheSchemaSaysLittle:
    """Doubts and flaws where no node, or no single one, says what belongs there."""

    CONSTANTS = obj(
        u={
            "anyOf": [
                {**obj(k={"const": "p"}, n=INT), "minProperties": 3},
                {**obj(k={"const": "q"}, s=STR), "additionalProperties": False},
            ]
        },
        v=INT,
    ) | {"additionalProperties": False}

    @pytest.mark.parametrize(
        ("repair", "answer", "paths"),
        [
            ("judgement", '{"u":{"k":"p","n":1},"v":1}', ["$.u"]),
            ("judgement", '{"u":{"k":"p","n":"x","m":1},"v":1}', ["$.u.n"]),
            ("judgement", '{"u":{"k":"q","s":"a","k":"p"},"v":1}', ["$.u"]),
            ("none", '{"u":{"k":"q","s":"a","n":2},"v":1}', ["$.u"]),
            ("none", '{"u":{"k":"q","s":"a"},"v":1,"w":2}', ["$"]),
            ("judgement", '{"u":{"k":"q","s":"a"},"v":1,"w":{"x":{"y":1,"y":2}}}', ["$"]),
        ],
    )
    def test_in_a_union_with_a_constant(self, repair: Any, answer: str, paths: list[str]) -> None:
        guard = Guard.from_json_schema(self.CONSTANTS, repair=repair)
        request = guard.reask_request(guard.parse(answer))
        assert request is not None
        assert [str(path) for path in request.paths] == paths

    def test_far_below_a_key_that_it_does_not_have(self) -> None:
        @validator("t-ru-blames", replace=True)
        def blames(value: Any) -> FailResult:
            return FailResult("It is not this.", blame=[("w", "x", "y")])

        guard = Guard.from_json_schema(obj(v=INT) | {"additionalProperties": False}).using(blames(), on="$")
        request = guard.reask_request(guard.parse('{"v":1}'))
        assert request is not None
        assert [str(path) for path in request.paths] == ["$"]

    def test_in_a_union_without_one(self) -> None:
        guard = Guard.from_json_schema(obj(u={"anyOf": [obj(a=INT), {"type": "array", "items": INT}]}))
        request = guard.reask_request(guard.parse('{"u":{"a":1,"a":2}}'))
        assert request is not None
        assert [str(path) for path in request.paths] == ["$.u.a"]

    def test_a_choice_is_asked_for_as_a_whole_where_its_discriminator_is_doubtful(self) -> None:
        rail = """<rail version="1.0"><output><choice name="pay" discriminator="by">
          <case name="card"><integer name="digits"/></case><case name="cash"><string name="currency"/></case>
        </choice></output></rail>"""
        guard = Guard.from_rail_string(rail)
        request = guard.reask_request(guard.parse('{"pay":{"by":"card","digits":1,"by":"cash"}}'))
        assert request is not None
        assert [str(path) for path in request.paths] == ["$.pay"]


def test_items_are_taken_by_number_where_further_ones_are_asked_for_too() -> None:
    guard = Guard.from_json_schema(obj(l={"type": "array", "items": INT, "minItems": 3}))
    outcome = after(guard, {"l": [1, "x"]}, {"l": {"1": 5, "2": 6}})
    assert outcome.partial == {"l": [1, 5]}
    guard = Guard.from_json_schema(obj(l={"type": "array", "items": INT}))
    outcome = after(guard, {"l": [1, "x"]}, {"l": {"1": 5, "2": 6}})
    assert outcome.partial == {"l": [1]}, "it may count from one"


def test_items_may_be_repeated_by_their_number() -> None:
    guard = Guard.from_json_schema(obj(l={"type": "array", "items": INT}))
    outcome = after(guard, {"l": [1, "x", 3]}, {"l": {"0": 1, "1": 2, "2": 4}})
    assert outcome.output == {"l": [1, 2, 3]}
    assert outcome.iterations[1].ignored == ((("l", 2), 4),)

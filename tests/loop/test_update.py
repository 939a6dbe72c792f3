"""Updates of documents: the model says what changes, all else is kept, and what is not valid is asked again by itself."""

import asyncio
import json
from datetime import date
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, model_validator

from railguard import (
    Completion,
    Guard,
    InputError,
    Limits,
    Path,
    ProviderError,
    Usage,
    ValidationFailed,
    ValidatorError,
    validator,
)
from railguard.testing import ScriptedModel

NEWS = [{"role": "user", "content": "Ann moved to Oslo."}]


class Address(BaseModel):
    street: str
    city: str = Field(max_length=20)


class Person(BaseModel):
    name: str
    age: int = Field(ge=0)
    born: date | None = None
    address: Address
    tags: list[str] = []


ANN = '{"name" : "Ann",\n "age":36, "address": {"street":"Main St 1\\u002f2", "city": "Rome"},\n "tags": ["a" , "b"]}'

SCHEMA = {
    "type": "object",
    "properties": {
        "total": {"type": "number"},
        "rows": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"low": {"type": "integer", "minimum": 0}, "high": {"type": "integer"}},
                "required": ["low"],
                "additionalProperties": False,
            },
        },
        "note": {"type": "string"},
    },
    "required": ["total", "rows"],
    "additionalProperties": False,
}
RAIL = """<rail version="1.0">
  <output>
    <string name="name" validators="length: 1 8" on-fail-length="fix"/>
    <list name="fees"><object><string name="kind"/><float name="amount" minimum="0"/></object></list>
    <choice name="pay" discriminator="by">
      <case name="card"><integer name="digits"/></case>
      <case name="cash"><string name="currency"/></case>
    </choice>
  </output>
  <messages><message role="user">What changed: ${news} ${gr.complete_json_suffix}</message></messages>
</rail>"""


@pytest.fixture
def rows() -> Guard:
    return Guard.from_json_schema(SCHEMA, messages=NEWS)


def paths(outcome: Any) -> list[str]:
    return [str(change.path) for change in outcome.changes]


class TestWhatIsChanged:
    def test_a_text_is_equal_to_the_byte_outside_of_the_changed_values(self) -> None:
        model = ScriptedModel(['{"address.city": "Oslo", "tags.+": ["c"]}'])
        outcome = Guard.from_pydantic(Person).update(ANN, model, messages=NEWS)
        assert outcome.passed
        assert outcome.document == ANN.replace("Rome", "Oslo").replace('"b"]', '"b" , "c"]').replace('"b" , ', '"b", ')
        assert isinstance(outcome.output, Person)
        assert outcome.output.address.city == "Oslo"

    def test_the_record_says_path_before_and_after(self, rows: Guard) -> None:
        document = {"total": 1.5, "rows": [{"low": 1}, {"low": 2}], "note": "x"}
        answer = '{"total": 2, "rows.0": null, "rows.+": [{"low": 3}], "note": null}'
        outcome = rows.update(document, ScriptedModel([answer]))
        assert outcome.output == outcome.document == {"total": 2, "rows": [{"low": 2}, {"low": 3}]}
        assert [change.to_dict() for change in outcome.changes] == [
            {"path": "$.total", "before": 1.5, "after": 2},
            {"path": "$.rows[2]", "after": {"low": 3}},
            {"path": "$.rows[0]", "before": {"low": 1}},
            {"path": "$.note", "before": "x"},
        ]
        assert outcome.to_dict()["changes"] == [change.to_dict() for change in outcome.changes]
        assert outcome.to_dict()["document"] == outcome.document

    def test_the_given_value_stays_as_it_was(self, rows: Guard) -> None:
        document = {"total": 1, "rows": [{"low": 1}]}
        outcome = rows.update(document, ScriptedModel(['{"rows.0.low": 2}']))
        assert document == {"total": 1, "rows": [{"low": 1}]}
        assert outcome.document["rows"] == [{"low": 2}]

    @pytest.mark.parametrize("answer", ["{}", "```json\n{}\n```", "[]", '{"total": 1}', '{"rows": [{"low": 1}]}'])
    def test_nothing_may_change(self, rows: Guard, answer: str) -> None:
        text = '{"total":1.0, "rows":[{"low":1}]}'
        text = text.replace("1.0", "1")
        outcome = rows.update(text, ScriptedModel([answer]))
        assert outcome.passed
        assert (outcome.document, outcome.changes) == (text, ())

    def test_a_number_that_is_the_same_keeps_its_spelling(self, rows: Guard) -> None:
        text = '{"total": 1.50e0, "rows": []}'
        outcome = rows.update(text, ScriptedModel(['{"total": 1.5, "note": "n"}']))
        assert outcome.document == '{"total": 1.50e0, "rows": [], "note": "n"}'

    def test_changes_of_several_rounds_are_of_the_document_as_it_was_given(self, rows: Guard) -> None:
        text = '{"total": 1, "rows": [{"low": 0}, {"low": 1}, {"low": 2}]}'
        model = ScriptedModel(['{"rows.0": null, "rows.2.low": -2}', '{"rows.1.low": 7}'])
        outcome = rows.update(text, model)
        assert outcome.document == '{"total": 1, "rows": [{"low": 1}, {"low": 7}]}'
        assert paths(outcome) == ["$.rows[2].low", "$.rows[0]"]
        assert model.requests[1].schema is not None
        assert list(model.requests[1].schema["properties"]) == ["rows.1.low"]

    def test_a_filter_leaves_an_item_out_of_the_text(self) -> None:
        guard = Guard.from_rail_string(
            """<rail version="1.0"><output><list name="names"><string validators="length: 1 3" on-fail-length="filter"/></list>
            </output></rail>"""
        )
        outcome = guard.update(
            '{"names": ["a",  "b"]}', ScriptedModel(['{"names.+": ["much too long", "c"]}']), messages=NEWS
        )
        assert outcome.document == '{"names": ["a",  "b",  "c"]}'
        assert paths(outcome) == ["$.names[2]"]

    def test_a_default_is_in_the_output_and_not_in_the_document(self) -> None:
        text = '{"name": "Ann", "age": 36, "address": {"street": "x", "city": "Rome"}}'
        outcome = Guard.from_pydantic(Person).update(text, ScriptedModel(['{"age": 37}']), messages=NEWS)
        assert outcome.output is not None
        assert outcome.output.tags == []
        assert outcome.document == text.replace("36", "37")

    def test_a_list_and_a_map_with_dotted_names_are_named_by_pointers(self) -> None:
        prices = Guard.from_json_schema({"type": "object", "additionalProperties": {"type": "number"}})
        model = ScriptedModel(['{"/a.b": 2, "/c.d": null, "/e~1f": 5}'])
        outcome = prices.update('{"a.b": 1, "c.d": 3}', model, messages=NEWS)
        assert outcome.document == '{"a.b": 2, "e/f": 5}'
        assert "JSON Pointer" in model.requests[0].messages[-1]["content"]
        items = Guard.from_json_schema({"type": "array", "items": {"type": "integer"}})
        assert items.update("[1, 2]", ScriptedModel(['{"/0": 9, "/+": [3]}']), messages=NEWS).document == "[9, 2, 3]"
        assert items.update("[1, 2]", ScriptedModel(['[{"/0": 9}, {"/1": null}]']), messages=NEWS).document == "[9]"

    def test_a_schema_that_allows_other_members_takes_dotted_names(self) -> None:
        rows = {"type": "array", "items": {"properties": {"n": {"type": "integer"}, "meta": {"type": "object"}}}}
        guard = Guard.from_json_schema({"type": "object", "properties": {"rows": rows}})
        text = '{"rows": [{"n":1.0, "meta":{"x" : 1.50}}, {"n":2}], "more":[ 1 ]}'
        model = ScriptedModel(['{"rows.0.meta.x": 2, "rows.1.n": 3, "rows.+": [{"n": 4}], "more.+": [5]}'])
        outcome = guard.update(text, model, messages=NEWS)
        assert outcome.passed
        assert outcome.document == '{"rows": [{"n":1.0, "meta":{"x" : 2}}, {"n":3}, {"n": 4}], "more":[ 1, 5 ]}'

    def test_a_document_of_another_shape_is_a_failure_and_no_crash(self) -> None:
        guard = Guard.from_json_schema({"type": "object", "properties": {"a": {"type": "object"}}})
        for document in ("[]", '{"a": [1]}'):
            outcome = guard.update(document, ScriptedModel(['{"a.b": 1}'] * 3), messages=NEWS)
            assert not outcome.passed
            assert outcome.document is None


class TestWhatIsAsked:
    def test_the_question_holds_the_news_the_document_and_its_type(self) -> None:
        model = ScriptedModel(["{}"])
        outcome = Guard.from_pydantic(Person).update(ANN, model, messages=NEWS)
        (message,) = model.requests[0].messages
        assert message["content"].startswith(NEWS[0]["content"])
        assert json.dumps(json.loads(ANN), ensure_ascii=False) in message["content"]
        assert "city: string  // at most 20 characters" in message["content"]
        assert not model.requests[0].strict
        assert outcome.iterations[0].note is not None

    @pytest.mark.parametrize("never", [True, False])
    def test_the_type_is_told_once_or_never(self, rows: Guard, never: bool) -> None:
        model = ScriptedModel(["{}"])
        shown = [{"role": "user", "content": f"News. {json.dumps(SCHEMA)}"}]
        given: Any = {"tell_schema": "never"} if never else {"messages": shown}
        rows.update({"total": 1, "rows": []}, model, **given)
        assert "low?: integer" not in model.requests[0].messages[-1]["content"]
        assert "is of this type" not in model.requests[0].messages[-1]["content"]

    def test_texts_of_a_spec_that_ask_for_the_whole_show_the_schema_alone(self) -> None:
        model = ScriptedModel(['{"pay.digits": 12}'])
        document = {"name": "n", "fees": [], "pay": {"by": "card", "digits": 1}}
        outcome = Guard.from_rail_string(RAIL).update(document, model, {"news": "12 digits"})
        content = model.requests[0].messages[-1]["content"]
        assert "Answer with one JSON value" not in content
        assert "12 digits" in content
        assert outcome.document["pay"] == {"by": "card", "digits": 12}

    @pytest.mark.parametrize("size", [2_400, 240_000])
    def test_the_answer_depends_on_the_change_and_no_key_asks_for_the_whole(self, rows: Guard, size: int) -> None:
        document = {"total": 1, "rows": [{"low": number % 10} for number in range(size // 12)]}
        text = json.dumps(document)
        assert size <= len(text) <= size * 1.1
        answers = ['{"rows.7.low": -1}', '{"rows.7.low": 5}']
        model = ScriptedModel(answers)
        outcome = rows.update(text, model)
        assert outcome.passed
        assert outcome.document == text.replace('{"low": 7}', '{"low": 5}', 1)
        assert paths(outcome) == ["$.rows[7].low"]
        first, second = model.requests
        assert text in first.messages[-1]["content"]
        assert "required" not in first.schema
        assert list(second.schema["properties"]) == ["rows.7.low"]
        added = sum(len(str(one)) for one in second.messages) - sum(len(str(one)) for one in first.messages)
        assert added < 600

    def test_of_a_document_beyond_the_limit_the_model_sees_what_the_news_name(self) -> None:
        schema = {"type": "object", "additionalProperties": {"type": "string"}}
        guard = Guard.from_json_schema(schema, limits=Limits(document=2_000))
        document = {f"k{number}": "v" * 50 for number in range(200)}
        model = ScriptedModel(['{"/k150": "w"}'])
        outcome = guard.update(document, model, messages=[{"role": "user", "content": "k150 is w now."}])
        content = model.requests[0].messages[-1]["content"]
        assert len(content) < 4_000
        assert '"/k150"' in content
        assert "too long to be shown" in content
        assert outcome.document == {**document, "k150": "w"}


class TestWhatIsNotValid:
    def test_news_may_be_parts_of_which_some_are_no_text(self) -> None:
        content = [{"type": "text", "text": "rows[190].low is wrong"}, {"type": "image_url", "image_url": {"url": "u"}}]
        rows = [{"low": number} for number in range(300)]
        model = ScriptedModel(["{}"])
        guard = Guard.from_json_schema(SCHEMA, limits=Limits(document=2_000))
        guard.update({"total": 1, "rows": rows}, model, messages=[{"role": "user", "content": content}])
        asked = json.dumps([dict(message) for message in model.requests[0].messages])
        assert "rows.190.low" in asked
        assert "rows.191.low" not in asked

    def test_failing_changes_are_asked_again_by_field(self, rows: Guard) -> None:
        model = ScriptedModel(['{"total": 5, "rows.0.low": -1}', '{"rows.0.low": 1}'])
        outcome = rows.update({"total": 1, "rows": [{"low": 0}]}, model)
        assert outcome.passed
        assert outcome.iterations[1].asked == (Path(("rows", 0, "low")),)
        assert outcome.output == {"total": 5, "rows": [{"low": 1}]}

    @pytest.mark.parametrize(
        ("answer", "told"),
        [
            ('{"totl": 5}', "no such member"),
            ('{"rows.7.low": 5}', "no such list item"),
            ('{"total": null}', "is required"),
            ('{"rows": 5}', "another type"),
            ('{"rows.0.low": 5, "/rows/0/low": 6}', "contradict"),
            ('[{"op": "move", "path": "/total", "from": "/note"}]', "JSON Patch"),
            ('{"total": 5, "total": 6}', "more than once"),
            ('{"total": 5, "note": "abc', "cut off"),
        ],
    )
    def test_a_refused_change_is_asked_again_with_the_reason(self, rows: Guard, answer: str, told: str) -> None:
        model = ScriptedModel([answer, '{"note": "better"}'])
        outcome = rows.update({"total": 1, "rows": [{"low": 0}]}, model)
        assert told in model.requests[1].messages[-1]["content"]
        assert outcome.passed
        assert outcome.output["note"] == "better"

    def test_a_refused_change_that_is_given_up_is_on_record_and_passes(self, rows: Guard) -> None:
        outcome = rows.update({"total": 1, "rows": []}, ScriptedModel(['{"total": 2, "x": 1}', "{}"]))
        assert outcome.passed
        assert outcome.output == {"total": 2, "rows": []}
        assert outcome.iterations[0].ignored == ((Path(("x",)), 1),)

    @pytest.mark.parametrize("bad", ['"rows.9.low": 5', '"total": null', '"x": 1'])
    @pytest.mark.parametrize(
        ("moves", "rows_after"),
        [
            ('"rows.+": {"low": 3}', [0, 1, 2, 3]),
            ('"rows.0": null', [5, 2]),
            ('"rows.+": [{"low": 3}, {"low": 3}], "rows.2": null', [0, 5, 3, 3]),
        ],
    )
    def test_an_answer_that_is_said_again_with_its_refused_change_mended_adds_and_removes_once(
        self, rows: Guard, bad: str, moves: str, rows_after: list[int]
    ) -> None:
        document = {"total": 1, "rows": [{"low": 0}, {"low": 1}, {"low": 2}]}
        again = '"rows.1.low": 5' if "null" in moves else '"total": 1'
        outcome = rows.update(document, ScriptedModel([f"{{{moves}, {bad}}}", f"{{{moves}, {again}}}"]))
        assert outcome.passed
        assert [row["low"] for row in outcome.output["rows"]] == rows_after

    def test_an_item_is_asked_for_where_it_is_and_recorded_where_it_was(self, rows: Guard) -> None:
        document = {"total": 1, "rows": [{"low": 1}, {"low": 2}, {"low": 3}]}
        answers = ['{"rows.0": null, "rows.1.low": -1, "rows.2.low": 9, "rows.+": [{"low": -4}]}']
        outcome = rows.update(document, ScriptedModel([*answers, '{"rows.0.low": 5, "rows.2.low": 4}']))
        assert outcome.document["rows"] == [{"low": 5}, {"low": 9}, {"low": 4}]
        assert [(str(one.path), one.after) for one in outcome.changes][:-1] == [
            ("$.rows[1].low", 5),
            ("$.rows[2].low", 9),
            ("$.rows[3]", {"low": 4}),
        ]

    def test_defaults_of_items_behind_a_removed_one_are_no_changes(self) -> None:
        class Item(BaseModel):
            low: int
            unit: str = "kg"

        class Rows(BaseModel):
            rows: list[Item]

        document = {"rows": [{"low": 1}, {"low": 2}]}
        model = ScriptedModel(['{"rows.0": null, "rows.+": [{"low": 3}]}'])
        outcome = Guard.from_pydantic(Rows).update(document, model, messages=NEWS)
        assert outcome.document == {"rows": [{"low": 2}, {"low": 3}]}
        assert [str(one.path) for one in outcome.changes] == ["$.rows[2]", "$.rows[0]"]

    def test_what_was_held_back_is_not_lost(self, rows: Guard) -> None:
        document = {"total": 1, "rows": [{"low": 0}]}
        answers = ['{"rows.+": {"low": 3}, "x": 1}', '{"total": 2}', "{}"]
        outcome = rows.update(document, ScriptedModel(answers), max_reasks=2)
        assert [str(one.path) for one in outcome.failures] == ['$.rows["+"]']
        outcome = rows.update(document, ScriptedModel([*answers[:2], '{"rows.+": {"low": 3}}']), max_reasks=2)
        assert outcome.output == {"total": 2, "rows": [{"low": 0}, {"low": 3}]}

    @pytest.mark.parametrize(
        ("answers", "right"),
        [
            (['{"rows.+": 4, "total": 5}', '{"rows.+": 4, "total": 7}'], {"total": 7, "rows": [1, 2, 4]}),
            (['{"rows.0": null, "total": 5}', '{"rows.0": null, "total": 2}'], None),
            (['{"rows.+": 4, "total": 5}', '{"rows.+": [4, 5], "total": 12}'], None),
        ],
        ids=["added", "removed", "added with another"],
    )
    def test_an_answer_that_is_said_again_for_another_reason_moves_nothing_twice(
        self, answers: list[str], right: dict[str, Any] | None
    ) -> None:
        class Sum(BaseModel):
            total: int
            rows: list[int]

            @model_validator(mode="after")
            def check(self) -> "Sum":
                if self.total != sum(self.rows):
                    raise ValueError("the total is another")
                return self

        guard = Guard.from_pydantic(Sum, messages=NEWS)
        outcome = guard.update({"total": 3, "rows": [1, 2]}, ScriptedModel(answers), max_reasks=1)
        assert (outcome.output.model_dump() if outcome.passed else None) == right

    def test_a_refused_change_at_the_end_of_the_budget_fails(self, rows: Guard) -> None:
        outcome = rows.update({"total": 1, "rows": []}, ScriptedModel(['{"total": 2, "x": 1}']), max_reasks=0)
        assert not outcome.passed
        assert outcome.document is None
        assert [(str(one.path), one.validator) for one in outcome.failures] == [("$.x", "change")]
        assert outcome.partial == {"total": 2, "rows": []}

    def test_prose_is_asked_again(self, rows: Guard) -> None:
        model = ScriptedModel(["Nothing changes here.", "{}"])
        outcome = rows.update({"total": 1, "rows": []}, model)
        assert outcome.passed
        assert "not JSON" in model.requests[1].messages[-1]["content"]

    def test_a_rule_of_the_whole_is_asked_by_changes(self) -> None:
        class Bill(BaseModel):
            total: int
            rows: list[int]

            @model_validator(mode="after")
            def adds_up(self) -> "Bill":
                if sum(self.rows) != self.total:
                    raise ValueError("The total is not the sum.")
                return self

        model = ScriptedModel(['{"rows.+": [3]}', '{"total": 6}'])
        outcome = Guard.from_pydantic(Bill).update('{"total": 3, "rows": [1,2]}', model, messages=NEWS)
        assert outcome.document == '{"total": 6, "rows": [1,2,3]}'
        assert "The total is not the sum." in model.requests[1].messages[-1]["content"]

    def test_items_that_must_differ_are_asked_by_changes(self) -> None:
        guard = Guard.from_json_schema({"type": "array", "items": {"type": "integer"}, "uniqueItems": True})
        outcome = guard.update("[1, 2]", ScriptedModel(['{"/+": [2]}', '{"/2": 3}']), messages=NEWS)
        assert outcome.document == "[1, 2, 3]"

    def test_a_fix_is_a_change_on_record(self) -> None:
        document = '{"name": "n", "fees": [], "pay": {"by": "cash", "currency": "EUR"}}'
        model = ScriptedModel(['{"name": "a name that is too long"}'])
        outcome = Guard.from_rail_string(RAIL).update(document, model, {"news": "x"})
        assert outcome.document == document.replace('"n"', '"a name t"')
        assert [str(one.path) for one in outcome.resolved] == ["$.name"]

    def test_a_repaired_value_is_written_repaired(self, rows: Guard) -> None:
        outcome = rows.update('{"total": 1, "rows": [{"low": 1}]}', ScriptedModel(['{"rows.0.low": "2"}']))
        assert outcome.document == '{"total": 1, "rows": [{"low": 2}]}'
        assert [repair.rule for repair in outcome.repairs] != []

    def test_another_case_of_a_choice_replaces_the_object(self) -> None:
        document = {"name": "n", "fees": [], "pay": {"by": "card", "digits": 1}}
        model = ScriptedModel(['{"pay": {"by": "cash", "currency": "EUR"}}'])
        outcome = Guard.from_rail_string(RAIL).update(document, model, {"news": "x"})
        assert outcome.document["pay"] == {"by": "cash", "currency": "EUR"}

    def test_a_union_of_models(self) -> None:
        class Card(BaseModel):
            by: Literal["card"]
            digits: int

        class Cash(BaseModel):
            by: Literal["cash"]
            currency: str

        class Order(BaseModel):
            pay: Card | Cash

        guard = Guard.from_pydantic(Order)
        model = ScriptedModel(['{"pay.digits": 2}'])
        outcome = guard.update('{"pay": {"by":"card","digits":1}}', model, messages=NEWS)
        assert outcome.document == '{"pay": {"by":"card","digits":2}}'
        model = ScriptedModel(['{"pay": {"by": "cash", "currency": "EUR"}}'])
        outcome = guard.update('{"pay": {"by":"card","digits":1}}', model, messages=NEWS)
        assert outcome.output == Order(pay=Cash(by="cash", currency="EUR"))


class TestTheDocument:
    def test_what_is_not_valid_in_it_is_asked_for_too(self, rows: Guard) -> None:
        model = ScriptedModel(['{"note": "n", "rows.0.low": 3}'])
        outcome = rows.update('{"total": 1, "rows": [{"low": -3}]}', model)
        assert "It is not valid yet" in model.requests[0].messages[-1]["content"]
        assert outcome.document == '{"total": 1, "rows": [{"low": 3}], "note": "n"}'

    def test_what_is_left_wrong_in_it_is_asked_for_by_field(self, rows: Guard) -> None:
        model = ScriptedModel(['{"note": "n"}', '{"rows.0.low": 3}'])
        outcome = rows.update('{"total": 1, "rows": [{"low": -3}]}', model)
        assert outcome.iterations[1].asked == (Path(("rows", 0, "low")),)
        assert outcome.passed

    def test_what_is_repaired_in_it_is_on_record(self, rows: Guard) -> None:
        outcome = rows.update('{"total": 1, "old": 2, "rows": []}', ScriptedModel(["{}"]))
        assert outcome.document == '{"total": 1, "rows": []}'
        assert paths(outcome) == ["$.old"]
        assert [repair.rule for repair in outcome.repairs] == ["unknown-key"]

    def test_a_key_that_has_no_place_can_be_removed(self) -> None:
        rows = Guard.from_json_schema(SCHEMA, messages=NEWS, repair="none")
        outcome = rows.update('{"total": 1, "old": 2, "rows": []}', ScriptedModel(['{"old": null}']))
        assert outcome.document == '{"total": 1, "rows": []}'

    def test_an_instance_is_a_document(self) -> None:
        person = Person(name="Ann", age=36, born=date(1990, 1, 2), address=Address(street="x", city="Rome"))
        outcome = Guard.from_pydantic(Person).update(person, ScriptedModel(['{"age": 37}']), messages=NEWS)
        assert outcome.output == person.model_copy(update={"age": 37})
        assert outcome.document == {**person.model_dump(mode="json"), "age": 37}

    @pytest.mark.parametrize(
        ("document", "told"),
        [
            ("{", "not JSON"),
            ("not JSON", "not JSON"),
            ('{"total": 1, "total": 2, "rows": []}', "not JSON: .*total"),
            ('{"total": NaN, "rows": []}', "not JSON"),
            ('{"total": 1e999, "rows": []}', "out of range"),
            ("[" * 200 + "]" * 200, "deep"),
            ('"text"', "no parts"),
            ("5", "no parts"),
            (None, "no parts"),
            (b"{}", "decode"),
            ({"total": object()}, "cannot be written as JSON"),
            ({"total": float("nan"), "rows": []}, "not JSON"),
        ],
    )
    def test_what_is_no_document_is_the_callers_error(self, rows: Guard, document: Any, told: str) -> None:
        model = ScriptedModel([])
        with pytest.raises(InputError, match=told):
            rows.update(document, model)
        assert model.requests == []

    def test_a_guard_of_a_text_has_nothing_to_update(self) -> None:
        with pytest.raises(InputError, match="call the guard itself"):
            Guard.from_string().update("a text", ScriptedModel([]), messages=NEWS)

    def test_messages_that_say_nothing_are_the_callers_error(self) -> None:
        with pytest.raises(InputError, match="say what is new"):
            Guard.from_pydantic(Person).update(ANN, ScriptedModel([]))

    def test_a_backslash_of_the_document_is_data(self) -> None:
        guard = Guard.from_json_schema(
            {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}
        )
        text = '{"a": "\\bfoo \\frac", "b": 1}'
        assert guard.update(text, ScriptedModel(['{"b": 2}']), messages=NEWS).document == text.replace("1", "2")


class TestHowItEnds:
    def test_async(self, rows: Guard) -> None:
        outcome = asyncio.run(rows.aupdate('{"total": 1, "rows": []}', ScriptedModel(['{"total": 2}'])))
        assert outcome.document == '{"total": 2, "rows": []}'

    def test_a_refusal_is_no_update(self, rows: Guard) -> None:
        outcome = rows.update({"total": 1, "rows": []}, ScriptedModel([Completion("", refusal="No.")]))
        assert (outcome.passed, outcome.stopped, outcome.document, outcome.output) == (False, "refused", None, None)

    def test_a_provider_that_fails_at_first_raises(self, rows: Guard) -> None:
        with pytest.raises(ProviderError):
            rows.update({"total": 1, "rows": []}, ScriptedModel([ProviderError("down")]))

    def test_a_provider_that_fails_later_keeps_the_outcome(self, rows: Guard) -> None:
        with pytest.raises(ProviderError) as caught:
            rows.update({"total": 1, "rows": []}, ScriptedModel(['{"total": "x"}', ProviderError("down")]))
        assert caught.value.outcome is not None
        assert caught.value.outcome.failures

    def test_a_rule_that_says_exception_ends_it(self) -> None:
        guard = Guard.from_rail_string(
            """<rail version="1.0">
            <output><string name="a" validators="length: 1 3" on-fail-length="exception"/></output></rail>"""
        )
        with pytest.raises(ValidationFailed):
            guard.update({"a": "b"}, ScriptedModel(['{"a": "long text"}']), messages=NEWS)
        model = ScriptedModel([])
        with pytest.raises(ValidationFailed):
            guard.update({"a": "long text"}, model, messages=NEWS)

    def test_an_update_is_seen_by_callbacks(self, rows: Guard) -> None:
        seen: list[str] = []
        watched = rows.on("ask", lambda event: seen.append(event.type)).on(
            "outcome", lambda event: seen.append(event.type)
        )
        watched.update({"total": 1, "rows": []}, ScriptedModel(["{}"]))
        watched.update_many({"a": {"total": 1, "rows": []}, "b": {"total": 1, "rows": []}}, ScriptedModel(["{}"]))
        assert seen == ["ask", "outcome", "ask", "outcome", "outcome"]

    def test_rules_run_on_what_was_written_and_what_holds_it(self) -> None:
        seen: list[str] = []

        @validator("test-update-seen")
        def seen_by(value: str) -> bool:
            seen.append(value)
            return True

        guard = Guard.from_json_schema({"type": "array", "items": {"type": "string"}}, messages=NEWS).using(
            seen_by(), on="$[*]"
        )
        guard.update(["a", "b"], ScriptedModel(['{"/0": "c"}']))
        assert seen == ["a", "b", "c"]


class TestSeveral:
    @pytest.fixture
    def documents(self) -> dict[str, str]:
        return {
            name: f'{{"total": {number}, "rows": [{{"low": 0}}]}}' for number, name in enumerate(["a", "b.1", "c/d"])
        }

    @pytest.mark.parametrize(
        "answer",
        [
            '{"a": {"total": 9}, "c/d": {"rows.+": [{"low": 1}]}}',
            '{"a.total": 9, "/c~1d/rows/+": [{"low": 1}]}',
            '[{"a": {"total": 9}}, {"c/d": {"rows.+": [{"low": 1}]}}]',
            '[{"op": "replace", "path": "/a/total", "value": 9}, {"op": "add", "path": "/c~1d/rows/-", "value": {"low": 1}}]',
            'Here:\n```json\n{"a": {"total": 9}, "c/d": {"rows": [{"low": 0}, {"low": 1}]}}\n```',
        ],
    )
    def test_one_question_for_all(self, rows: Guard, documents: dict[str, str], answer: str) -> None:
        model = ScriptedModel([Completion(answer, "stop", usage=Usage(100, 11))])
        outcomes = rows.update_many(documents, model)
        assert len(model.requests) == 1
        assert list(outcomes) == list(documents)
        assert all(outcome.passed for outcome in outcomes.values())
        assert outcomes["a"].document == documents["a"].replace('"total": 0', '"total": 9')
        assert outcomes["b.1"].document == documents["b.1"]
        assert outcomes["c/d"].document == documents["c/d"].replace("}]", '}, {"low": 1}]')
        spent = [outcome.usage for outcome in outcomes.values()]
        assert (sum(one.input_tokens for one in spent), sum(one.output_tokens for one in spent)) == (100, 11)

    def test_what_fails_is_asked_of_its_document_alone(self, rows: Guard, documents: dict[str, str]) -> None:
        model = ScriptedModel(['{"a": {"total": 9}, "b.1": {"rows.0.low": -1}}', '{"rows.0.low": 4}'])
        outcomes = rows.update_many(documents, model)
        assert all(outcome.passed for outcome in outcomes.values())
        assert outcomes["b.1"].document == documents["b.1"].replace('"low": 0', '"low": 4')
        asked = json.dumps([dict(message) for message in model.requests[1].messages])
        assert documents["a"] not in json.loads(asked)[0]["content"]

    def test_a_document_that_there_is_not_is_told_to_those_that_were_not_named(
        self, rows: Guard, documents: dict[str, str]
    ) -> None:
        model = ScriptedModel(['{"a": {"total": 9}, "b1": {"total": 5}}', '{"total": 5}', "{}"])
        outcomes = rows.update_many(documents, model)
        assert [outcome.output["total"] for outcome in outcomes.values()] == [9, 5, 2]
        assert 'names \\"b1\\"' in json.dumps(model.requests[1].messages)

    def test_an_answer_that_cannot_be_read_is_asked_of_each(self, rows: Guard, documents: dict[str, str]) -> None:
        model = ScriptedModel(["Sorry?", '{"total": 7}', "{}", "{}"])
        outcomes = rows.update_many(documents, model)
        assert [outcome.output["total"] for outcome in outcomes.values()] == [7, 1, 2]

    def test_the_error_of_one_takes_nothing_from_the_others(self, rows: Guard, documents: dict[str, str]) -> None:
        model = ScriptedModel(['{"a": {"total": "x"}, "b.1": {"total": 8}}', ProviderError("down")])
        outcomes = rows.update_many(documents, model)
        assert [outcome.stopped for outcome in outcomes.values()] == ["provider", "valid", "valid"]
        assert outcomes["b.1"].output["total"] == 8

    def test_pydantic_and_async(self) -> None:
        model = ScriptedModel(['{"x": {"age": 1}}'])
        outcomes = asyncio.run(Guard.from_pydantic(Person).aupdate_many({"x": ANN, "y": ANN}, model, messages=NEWS))
        assert [outcome.output.age for outcome in outcomes.values() if outcome.output] == [1, 36]

    def test_nothing_to_update_asks_nobody(self, rows: Guard) -> None:
        assert rows.update_many({}, ScriptedModel([])) == {}

    @pytest.mark.parametrize("wrong", [[1], {1: "{}"}, {"": "{}"}, {"a": "{"}])
    def test_wrong_documents_are_the_callers_error(self, rows: Guard, wrong: Any) -> None:
        with pytest.raises(InputError):
            rows.update_many(wrong, ScriptedModel([]))

    def test_what_a_model_raises_on_one_takes_nothing_from_the_others(self) -> None:
        class Divided(BaseModel):
            a: int

            @model_validator(mode="after")
            def divide(self) -> "Divided":
                assert 1 // (self.a - 3) is not None
                return self

        model = ScriptedModel(['{"x": {"a": 3}, "y": {"a": 5}}', '{"a": 3}', '{"a": 3}'])
        outcomes = Guard.from_pydantic(Divided).update_many({"x": '{"a":1}', "y": '{"a":2}'}, model, messages=NEWS)
        assert {name: (one.stopped, one.document) for name, one in outcomes.items()} == {
            "x": ("raised", None),
            "y": ("valid", '{"a":5}'),
        }

    def test_a_rule_that_raises_is_an_error_of_the_whole(self, rows: Guard, documents: dict[str, str]) -> None:
        @validator("t-up-raises", replace=True)
        def raises(value: float) -> bool:
            return 1 // (value - 9) is not None

        guard = rows.using(raises(), on="$.total")
        with pytest.raises(ValidatorError, match="t-up-raises"):
            guard.update_many(documents, ScriptedModel(['{"b.1": {"total": 9}}']))

    def test_a_document_that_may_not_be_asked_about_is_left_alone(self, documents: dict[str, str]) -> None:
        @validator("t-up-small", replace=True)
        def small(value: float) -> bool:
            return value < 2

        guard = Guard.from_json_schema(SCHEMA, messages=NEWS).using(small(on_fail="exception"), on="$.total")
        model = ScriptedModel(['{"a.total": 1}'])
        outcomes = guard.update_many(documents, model)
        assert [one.stopped for one in outcomes.values()] == ["valid", "valid", "exception"]
        assert documents["c/d"] not in json.dumps([dict(one) for one in model.requests[0].messages])
        nobody = ScriptedModel([])
        outcomes = guard.update_many({"c": documents["c/d"]}, nobody)
        assert [one.stopped for one in outcomes.values()] == ["exception"]

    @pytest.mark.parametrize(
        ("answer", "totals", "told"),
        [
            ('{"a": {"total": 9}, "a": {"total": 8}, "b.1": {"total": 7}}', [0, 7, 2], 1),
            ('{"a": {"total": 9, "total": 8}, "b.1": {"total": 7}}', [0, 7, 2], 1),
            ('{"a.total": 9, "a.total": 8, "b.1": {"total": 7}}', [0, 7, 2], 1),
            ('{"a.total": 9, "a": {"total": 8}, "b.1": {"total": 7}}', [0, 7, 2], 1),
            ('{"a.total": 9, "a": 8, "b.1": {"total": 7}}', [0, 7, 2], 1),
            ('{"a.total": 9, "a": {"rows.0.low": 4}}', [9, 1, 2], 0),
            ('[{"a": {"total": 9}}, 5]', [9, 1, 2], 2),
        ],
    )
    def test_what_is_doubtful_or_contradicts_itself_is_told_to_its_document(
        self, rows: Guard, documents: dict[str, str], answer: str, totals: list[int], told: int
    ) -> None:
        model = ScriptedModel([answer, *["{}"] * told])
        outcomes = rows.update_many(documents, model)
        assert [one.output["total"] for one in outcomes.values()] == totals
        assert len(model.requests) == 1 + told

    def test_a_definition_may_have_the_name_of_the_answers_own(self) -> None:
        members = {"n": {"type": "integer"}, "below": {"$ref": "#/$defs/document"}}
        tree = {"type": "object", "properties": members, "additionalProperties": False}
        guard = Guard.from_json_schema({"$ref": "#/$defs/document", "$defs": {"document": tree}}, messages=NEWS)
        model = ScriptedModel(['{"y": {"below.n": 3}}'])
        outcomes = guard.update_many({"x": {"n": 1}, "y": {"n": 2, "below": {"n": 2}}}, model)
        assert [one.document for one in outcomes.values()] == [{"n": 1}, {"n": 2, "below": {"n": 3}}]
        schema = model.requests[0].schema
        assert schema is not None
        assert {member["$ref"] for member in schema["properties"].values()} == {"#/$defs/document"}
        assert schema["$defs"]["document"]["properties"]["below"]["anyOf"][0] == {"$ref": "#/$defs/document_change"}

"""What a reask asks for, and in which words: DESIGN, "Reask, exactly", 1 to 3."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from railguard import FailResult, Guard, Path, validator
from railguard.testing import ScriptedModel

USER = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "The document: 漢字 “x”"}]


@validator("t-as-short", replace=True)
def short(value: str) -> bool | str:
    """At most four characters."""
    return len(value) <= 4 or "Use at most four characters."


@validator("t-as-even", replace=True)
def even(value: int) -> bool | str:
    """Even numbers."""
    return value % 2 == 0 or f"{value} is odd."


@validator("t-as-no", replace=True)
def no(value: Any) -> str:
    """Never passes."""
    return "It is never right."


def asked(guard: Guard, answer: Any, *, metadata: Any = None) -> Any:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    request = guard.reask_request(guard.parse(text, metadata=metadata))
    assert request is not None
    return request


def paths(guard: Guard, answer: Any) -> list[tuple[str | int, ...]]:
    return list(asked(guard, answer).paths)


def keys(guard: Guard, answer: Any) -> list[str]:
    return list(asked(guard, answer).schema["properties"])


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


INT, STR = {"type": "integer"}, {"type": "string"}
RAIL = """<rail version="1.0"><output>
  <string name="title" validators="t-as-short"/>
  <list name="fees"><object><integer name="id"/><string name="name" validators="t-as-short"/>
    <integer name="cost" validators="t-as-even"/></object></list>
</output></rail>"""


class Fee(BaseModel):
    id: int
    name: Annotated[str, short()]
    cost: Annotated[int, even()]


class Fees(BaseModel):
    title: Annotated[str, short()]
    fees: list[Fee]


FEES = obj(title=STR, fees={"type": "array", "items": obj(id=INT, name=STR, cost=INT)})


def fees_guards() -> dict[str, Guard]:
    json_schema = Guard.from_json_schema(FEES).using(short(), on="$.title").using(short(), on="$.fees[*].name")
    return {
        "rail": Guard.from_rail_string(RAIL),
        "pydantic": Guard.from_pydantic(Fees),
        "json schema": json_schema.using(even(), on="$.fees[*].cost"),
    }


@pytest.fixture(params=["rail", "pydantic", "json schema"])
def fees(request: pytest.FixtureRequest) -> Guard:
    return fees_guards()[request.param]


def some_fees(count: int, wrong: Sequence[int] = ()) -> dict[str, Any]:
    items = [{"id": n, "name": "long name" if n in wrong else f"n{n % 10}", "cost": 2 * n} for n in range(count)]
    return {"title": "ok", "fees": items}


class TestShapes:
    """Every shape of failure, for all three sources alike."""

    def test_two_failing_scalars_in_one_list(self, fees: Guard) -> None:
        request = asked(fees, some_fees(5, wrong=(1, 3)))
        assert request.paths == (("fees", 1, "name"), ("fees", 3, "name"))
        assert list(request.schema["properties"]) == ["fees.1.name", "fees.3.name"]
        assert request.schema["required"] == ["fees.1.name", "fees.3.name"]
        assert request.schema["additionalProperties"] is False

    def test_a_missing_field_and_a_missing_object(self, fees: Guard) -> None:
        answer = some_fees(2)
        del answer["fees"][1]["cost"]
        del answer["title"]
        assert set(paths(fees, answer)) == {("fees", 1, "cost"), ("title",)}
        assert paths(fees, {"title": "ok"}) == [("fees",)]

    def test_a_wrong_type_is_asked_for_where_it_stands(self, fees: Guard) -> None:
        assert paths(fees, {"title": "ok", "fees": [{"id": 1, "name": "x", "cost": []}, 7]}) == [
            ("fees", 0, "cost"),
            ("fees", 1),
        ]

    def test_a_round_reports_everything(self, fees: Guard) -> None:
        answer = {"title": "too long", "fees": [{"id": [], "name": "too long", "cost": 3}, {"id": 1, "name": "x"}]}
        assert set(paths(fees, answer)) == {
            ("title",),
            ("fees", 0, "id"),
            ("fees", 0, "name"),
            ("fees", 0, "cost"),
            ("fees", 1, "cost"),
        }

    def test_failing_items_deep_in_lists_of_lists(self) -> None:
        rail = """<rail version="1.0"><output><list name="m"><list><list><integer validators="t-as-even"/></list></list>
            </list></output></rail>"""
        schema = obj(m={"type": "array", "items": {"type": "array", "items": {"type": "array", "items": INT}}})
        guards = [
            Guard.from_rail_string(rail),
            Guard.from_json_schema(schema).using(even(), on="$.m[*][*][*]"),
            Guard.from_pydantic(dict[str, list[list[list[Annotated[int, even()]]]]]),
        ]
        for guard in guards:
            request = asked(guard, {"m": [[[2, 3], []], [[4], [6, 8, 9]]]})
            assert request.paths == (("m", 0, 0, 1), ("m", 1, 1, 2))
            assert list(request.schema["properties"]) == ["m.0.0.1", "m.1.1.2"]

    def test_a_list_that_is_too_short_is_asked_for_its_further_items(self) -> None:
        guard = Guard.from_json_schema(obj(fees={"type": "array", "items": INT, "minItems": 3}))
        request = asked(guard, {"fees": [1]})
        assert request.paths == (("fees", "+"),)
        assert request.schema["properties"]["fees.+"]["type"] == "array"
        assert request.schema["properties"]["fees.+"]["items"] == {"type": "integer"}

    def test_a_list_that_is_too_long_is_asked_for_whole(self) -> None:
        guard = Guard.from_json_schema(obj(fees={"type": "array", "items": INT, "maxItems": 1}))
        assert paths(guard, {"fees": [1, 2]}) == [("fees",)]

    def test_a_short_list_of_a_pydantic_model_is_asked_for_its_further_items(self) -> None:
        class Some(BaseModel):
            fees: Annotated[list[int], Field(min_length=3)]

        assert keys(Guard.from_pydantic(Some), {"fees": [1]}) == ["fees.+"]

    def test_a_short_list_with_failing_items_is_asked_for_both_at_once(self, fees: Guard) -> None:
        class Some(BaseModel):
            fees: Annotated[list[Fee], Field(min_length=3)]

        for guard in (Guard.from_pydantic(Some), Guard.from_json_schema(Guard.from_pydantic(Some).json_schema())):
            answer = {"fees": [{"id": "x", "name": "ok", "cost": 2}]}
            assert paths(guard, answer) == [("fees", 0, "id"), ("fees", "+")]

    def test_a_root_list(self) -> None:
        guard = Guard.from_json_schema({"type": "array", "items": INT})
        request = asked(guard, [1, "x", 3])
        assert request.paths == ((1,),)
        assert list(request.schema["properties"]) == ["f1"], "a key of digits alone is not safe everywhere"

    def test_a_root_that_is_wrong_itself_is_asked_for_whole(self, fees: Guard) -> None:
        request = asked(fees, "[]")
        assert request.paths == ((),)
        assert request.schema == fees.json_schema()

    def test_a_root_string_is_asked_for_as_text(self) -> None:
        guard = Guard.from_string([short()], messages="Say")
        model = ScriptedModel(["far too long", "ok"])
        assert guard(model).output == "ok"
        assert model.requests[1].schema is None
        assert model.requests[1].messages[-2] == {"role": "assistant", "content": "far too long"}


class TestPrefixFree:
    def test_what_lies_below_an_asked_path_is_absorbed_and_its_messages_go_along(self) -> None:
        guard = Guard.from_json_schema(obj(o=obj(a=STR, b=STR), c=STR)).using(short(), on="$.o.a").using(no(), on="$.o")
        request = asked(guard, {"o": {"a": "too long", "b": "x"}, "c": "x"})
        assert request.paths == (("o",),)
        told = request.messages[-1]["content"]
        assert "It is never right." in told
        assert "Use at most four characters." in told

    def test_a_parent_that_blames_fields_has_them_asked(self) -> None:
        @validator("t-as-sum", replace=True)
        def total(value: dict) -> FailResult | None:  # type: ignore[type-arg]
            if value["a"] + value["b"] == value["sum"]:
                return None
            return FailResult("a and b must add up to sum.", blame=[("a",), ("b",)])

        class Sum(BaseModel):
            a: int
            b: int
            sum: int

        guards = [
            Guard.from_json_schema(obj(o=obj(a=INT, b=INT, sum=INT))).using(total(), on="$.o"),
            Guard.from_pydantic(dict[str, Annotated[Sum, total()]]),
            Guard.from_rail_string(
                '<rail version="1.0"><output><object name="o" validators="t-as-sum"><integer name="a"/>'
                '<integer name="b"/><integer name="sum"/></object></output></rail>'
            ),
        ]
        for guard in guards:
            request = asked(guard, {"o": {"a": 1, "b": 2, "sum": 5}})
            assert request.paths == (("o", "a"), ("o", "b"))
            assert request.messages[-1]["content"].count("a and b must add up to sum.") == 1
            model = ScriptedModel(['{"o":{"a":1,"b":2,"sum":5}}', '{"o.b":4}'])
            outcome = guard(model, messages=USER)
            assert outcome.passed
            assert outcome.partial == {"o": {"a": 1, "b": 4, "sum": 5}}

    def test_a_parent_and_its_child_that_fail_together_are_one_question(self) -> None:
        guard = Guard.from_json_schema(obj(l={"type": "array", "items": INT, "maxItems": 2}))
        assert paths(guard, {"l": [1, "x", 3]}) == [("l",)]

    def test_a_blamed_path_below_an_asked_one_is_absorbed(self) -> None:
        @validator("t-as-blame-deep", replace=True)
        def blame(value: dict) -> FailResult:  # type: ignore[type-arg]
            return FailResult("Deep.", blame=[("o", "a")])

        guard = Guard.from_json_schema(obj(o=obj(a=STR))).using(no(), on="$.o").using(blame())
        assert paths(guard, {"o": {"a": "x"}}) == [("o",)]


class TestChoice:
    RAIL = """<rail version="1.0"><output><list name="l"><choice discriminator="kind">
        <case name="fee"><string name="name" validators="t-as-short"/><integer name="cost"/></case>
        <case name="note"><string name="text"/></case></choice></list></output></rail>"""

    def guards(self) -> list[Guard]:
        class AFee(BaseModel):
            kind: Literal["fee"]
            name: Annotated[str, short()]
            cost: int

        class ANote(BaseModel):
            kind: Literal["note"]
            text: str

        class All(BaseModel):
            l: list[Annotated[AFee | ANote, Field(discriminator="kind")]]  # noqa: E741 - the field's name

        schema = obj(
            l={
                "type": "array",
                "items": {
                    "oneOf": [
                        obj(kind={"const": "fee"}, name={**STR, "maxLength": 4}, cost=INT),
                        obj(kind={"const": "note"}, text=STR),
                    ]
                },
            }
        )
        return [Guard.from_rail_string(self.RAIL), Guard.from_pydantic(All), Guard.from_json_schema(schema)]

    @pytest.mark.parametrize("source", range(3))
    def test_with_the_right_discriminator_its_failing_fields_are_asked_singly(self, source: int) -> None:
        answer = {"l": [{"kind": "note", "text": "x"}, {"kind": "fee", "name": "too long", "cost": "x"}]}
        assert paths(self.guards()[source], answer) == [("l", 1, "name"), ("l", 1, "cost")]

    @pytest.mark.parametrize("source", range(3))
    @pytest.mark.parametrize("tag", [{"kind": "fie"}, {}, {"kind": 7}, {"kind": None}])
    def test_with_a_wrong_or_missing_one_the_unit_is_asked_as_any_of_its_cases(self, source: int, tag: Any) -> None:
        request = asked(self.guards()[source], {"l": [{"kind": "note", "text": "x"}, {**tag, "text": "y"}]})
        assert request.paths == (("l", 1),)
        shown = json.dumps(request.schema)
        assert all(name in shown for name in ("fee", "note", "cost", "text"))

    @pytest.mark.parametrize("source", range(3))
    def test_what_stays_failing_in_another_item_is_not_forgotten(self, source: int) -> None:
        guard = self.guards()[source]
        first = {"l": [{"kind": "fee", "name": "too long", "cost": 1}, {"kind": "fee", "name": "longer", "cost": 2}]}
        outcome = guard(ScriptedModel([json.dumps(first), '{"l.0.name":"ok"}']), messages=USER, max_reasks=1)
        assert not outcome.passed
        assert [f.path for f in outcome.failures] == [("l", 1, "name")]
        assert outcome.output is None


class TestUnknownKeys:
    def test_an_unknown_key_is_never_asked_for_but_removed_and_recorded(self, fees: Guard) -> None:
        outcome = fees.parse('{"title":"ok","fees":[],"extra":{"deep":1}}')
        assert outcome.passed
        if fees.spec.schema.user_model is not None:
            assert not outcome.repairs, "a model that ignores keys is given all of them"
        elif fees.json_schema().get("additionalProperties") is False:
            assert outcome.partial == {"title": "ok", "fees": []}
            assert [(r.path, r.before) for r in outcome.repairs] == [(("extra",), {"deep": 1})]

    @pytest.mark.parametrize("source", ["rail", "pydantic"])
    def test_a_misspelled_key_takes_the_missing_siblings_name(self, source: str) -> None:
        outcome = fees_guards()[source].parse('{"Title":"ok","fees":[{"ID":1,"name":"x","cost":2}]}')
        assert outcome.passed
        assert outcome.partial == {"title": "ok", "fees": [{"id": 1, "name": "x", "cost": 2}]}
        assert {r.path for r in outcome.repairs} == {("title",), ("fees", 0, "id")}

    def test_a_misspelled_key_of_a_field_that_is_there_is_removed_if_both_say_the_same(self) -> None:
        guard = fees_guards()["rail"]
        assert guard.parse('{"Title":"b","title":"b","fees":[]}').output == {"title": "b", "fees": []}
        outcome = guard.parse('{"Title":"a","title":"b","fees":[]}')
        assert [failure.path for failure in outcome.failures] == [("Title",)]

    def test_an_unknown_key_that_is_given_twice_leaves_the_object_in_doubt(self) -> None:
        guard = Guard.from_json_schema({**obj(a=INT), "additionalProperties": False})
        outcome = guard.parse('{"a":1,"z":1,"z":2}')
        assert [str(failure.path) for failure in outcome.failures] == ["$"]


class TestKeys:
    @pytest.mark.parametrize(
        ("name", "key"),
        [
            ("name", "o.name"),
            ("a-b_C9", "o.a-b_C9"),
            ("a.b", "f1"),
            ("a b", "f1"),
            ('a"b', "f1"),
            ("ñ", "f1"),
            ("", "f1"),
            ("$", "f1"),
            ("x" * 62, "o." + "x" * 62),
            ("x" * 63, "f1"),
        ],
    )
    def test_a_path_is_its_own_key_where_every_provider_takes_it(self, name: str, key: str) -> None:
        guard = Guard.from_json_schema(obj(o=obj(**{name: INT})))
        assert keys(guard, {"o": {name: "x"}}) == [key]

    def test_one_part_that_is_unsafe_makes_all_keys_plain(self) -> None:
        guard = Guard.from_json_schema(obj(**{"a": INT, "b.c": INT, "d": INT}))
        request = asked(guard, {"a": "x", "b.c": "x", "d": "x"})
        assert list(request.schema["properties"]) == ["f1", "f2", "f3"]
        assert request.paths == (("a",), ("b.c",), ("d",))
        told = request.messages[-1]["content"]
        assert all(str(path) in told for path in request.paths), "the model must know which value f2 is"

    def test_keys_that_would_clash_are_plain(self) -> None:
        guard = Guard.from_json_schema(obj(**{"1": INT, "l": {"type": "array", "items": INT}}))
        assert keys(guard, {"1": "x", "l": [1]}) == ["f1"]

    @pytest.mark.parametrize("name", ["+", "f1", "a.b", '"', "$", "[0]", "ключ", "\\", "0", "-", "__proto__", "\n"])
    def test_a_field_of_any_name_can_be_asked_for_and_answered(self, name: str) -> None:
        guard = Guard.from_json_schema(obj(**{name: INT, "other": STR}), messages=USER)
        first = json.dumps({name: "x", "other": "y"})
        request = guard.reask_request(guard.parse(first))
        assert request is not None
        assert request.paths == ((name,),)
        (key,) = request.schema["properties"]
        outcome = guard(ScriptedModel([first, json.dumps({key: 5})]), max_reasks=1)
        assert outcome.output == {name: 5, "other": "y"}
        assert Path.parse(str(outcome.iterations[1].asked[0])) == (name,)

    def test_over_fifty_paths_the_smallest_enclosing_objects_are_asked_for(self, fees: Guard) -> None:
        answer = some_fees(40)
        for item in answer["fees"][:30]:
            item["name"] = "long name"
            item["cost"] = 3
        assert paths(fees, answer) == [("fees", n) for n in range(30)]

    def test_over_fifty_objects_the_next_enclosing_object_is_asked_for(self, fees: Guard) -> None:
        assert paths(fees, some_fees(60, wrong=range(60))) == [()]

    def test_fifty_paths_are_asked_for_singly(self, fees: Guard) -> None:
        assert len(paths(fees, some_fees(60, wrong=range(50)))) == 50

    def test_half_of_the_leaves_is_too_many(self) -> None:
        names = [f"n{n}" for n in range(30)]
        guard = Guard.from_json_schema(obj(**dict.fromkeys(names, INT)))
        assert paths(guard, {name: "x" if n < 16 else 1 for n, name in enumerate(names)}) == [()]


class TestRequest:
    def requests(self, guard: Guard, *answers: str, max_reasks: int = 2) -> list[Any]:
        model = ScriptedModel(answers)
        guard(model, messages=USER, max_reasks=max_reasks)
        return model.requests

    def test_the_first_request_is_its_byte_identical_prefix(self, fees: Guard) -> None:
        requests = self.requests(
            fees, json.dumps(some_fees(5, wrong=(1, 3))), '{"fees.1.name":"ok"}', '{"fees.3.name":"ok"}'
        )
        first = json.dumps(list(requests[0].messages), ensure_ascii=False)
        for later in requests[1:]:
            assert json.dumps(list(later.messages), ensure_ascii=False).startswith(first[:-1])
            assert later.messages[: len(requests[0].messages)] == requests[0].messages

    @pytest.mark.parametrize(
        "answer",
        [
            some_fees(3, wrong=(1,)),
            {"title": "ok"},
            {**some_fees(3), "title": []},
            [],
            {"title": "too long", "fees": [{"id": 1, "name": "x"}]},
        ],
        ids=["scalar", "missing", "type", "root", "several"],
    )
    def test_one_assistant_message_and_one_user_message_follow(self, fees: Guard, answer: Any) -> None:
        added = asked(fees, answer).messages
        assert [message["role"] for message in added] == ["assistant", "user"]

    def test_the_assistant_message_is_the_failing_values_by_key(self, fees: Guard) -> None:
        answer = some_fees(3, wrong=(1,))
        answer["title"] = "also long"
        (assistant, _) = asked(fees, answer).messages
        shown = json.loads(assistant["content"])
        assert shown["title"] == "also long"
        assert "long name" in json.dumps(shown["fees.1.name"])
        assert set(shown) == {"title", "fees.1.name"}

    def test_a_few_short_scalars_beside_it_say_which_item_is_meant(self, fees: Guard) -> None:
        added = json.dumps(asked(fees, some_fees(30, wrong=(17,))).messages)
        assert "17" in added
        assert "34" in added, "its cost"

    def test_at_most_three_scalars_stand_beside_it(self) -> None:
        names = [f"k{n}" for n in range(9)]
        guard = Guard.from_json_schema({"type": "array", "items": obj(**{"bad": INT, **dict.fromkeys(names, STR)})})
        values = {name: f"value-{name}" for name in names}
        added = json.dumps(asked(guard, [{"bad": "x", **values}, {"bad": 1, **values}]).messages)
        assert sum(f"value-{name}" in added for name in names) <= 3

    def test_long_and_failing_values_do_not_stand_beside_it(self) -> None:
        guard = Guard.from_json_schema({"type": "array", "items": obj(a=STR, b=INT, c=STR)})
        request = asked(guard, [{"a": "secret " * 20, "b": "x", "c": 7}])
        assert "secret" not in json.dumps(request.messages)

    def test_nothing_that_passed_is_listed(self, fees: Guard) -> None:
        answer = some_fees(20, wrong=(7,))
        answer["title"] = "TTTT"
        for n, item in enumerate(answer["fees"]):
            item["name"] = f"q{n:02}q" if n != 7 else item["name"]
        added = json.dumps(asked(fees, answer).messages)
        assert "TTTT" not in added
        assert not any(f"q{n:02}q" in added for n in range(20))

    def test_equal_messages_are_grouped(self, fees: Guard) -> None:
        told = asked(fees, some_fees(9, wrong=(1, 3, 5))).messages[-1]["content"]
        assert told.count("Use at most four characters.") == 1
        assert all(f"fees.{n}.name" in told for n in (1, 3, 5))

    def test_all_messages_of_one_field_are_told(self) -> None:
        guard = Guard.from_json_schema(obj(a=STR)).using(short(), no(), on="$.a")
        told = asked(guard, {"a": "too long"}).messages[-1]["content"]
        assert "Use at most four characters." in told
        assert "It is never right." in told

    def test_what_is_allowed_is_told(self) -> None:
        guard = Guard.from_json_schema(obj(a={"enum": ["red", "green"]}, b={**INT, "minimum": 3}))
        told = asked(guard, {"a": "blue", "b": 1}).messages[-1]["content"]
        assert "red" in told
        assert "green" in told
        assert "3" in told

    def test_the_request_is_the_same_at_10_items_as_at_100(self, fees: Guard) -> None:
        ten, hundred = (asked(fees, some_fees(count, wrong=(2, 5))) for count in (10, 100))
        assert json.dumps(ten.messages) == json.dumps(hundred.messages)
        assert ten.schema == hundred.schema

    def test_the_request_does_not_grow_with_the_round(self, fees: Guard) -> None:
        requests = self.requests(
            fees,
            json.dumps(some_fees(5, wrong=(1,))),
            '{"fees.1.name":"long nami"}',
            '{"fees.1.name":"long nami "}',
            '{"fees.1.name":"long namu"}',
            max_reasks=3,
        )
        sizes = [len(json.dumps(request.messages)) for request in requests[1:]]
        assert max(sizes) - min(sizes) <= 1
        assert "long name" not in json.dumps(requests[2].messages), "older bad answers are not repeated"

    def test_same_inputs_give_the_same_messages(self, fees: Guard) -> None:
        answer = json.dumps(some_fees(9, wrong=(1, 3)))
        assert fees.reask_request(fees.parse(answer)) == fees.reask_request(fees.parse(answer))

    def test_what_it_adds_is_small(self, fees: Guard) -> None:
        for count in (1, 3):
            added = asked(fees, some_fees(100, wrong=range(count))).messages
            assert len(json.dumps(added).encode()) < 1200 + 250 * count

    def test_an_echoed_value_is_cut_at_2000_characters(self) -> None:
        guard = Guard.from_json_schema(obj(a={**STR, "maxLength": 5}))
        (assistant, user) = asked(guard, {"a": "ab" * 50_000}).messages
        assert 2000 <= len(json.loads(assistant["content"])["a"]) < 2100
        assert len(user["content"]) < 1000

    def test_a_big_failing_container_is_cut_too(self) -> None:
        guard = Guard.from_json_schema(obj(a=STR))
        (assistant, _) = asked(guard, {"a": {"k": ["deep" * 10] * 10_000}}).messages
        assert len(assistant["content"]) < 3000
        json.loads(assistant["content"])

    def test_all_echoes_together_are_at_most_16_kib(self) -> None:
        names = [f"n{n}" for n in range(40)]
        rest = {f"m{n}": INT for n in range(100)}
        guard = Guard.from_json_schema(obj(**{name: {**STR, "maxLength": 5} for name in names}, **rest))
        answer = {**dict.fromkeys(names, "é" * 1900), **dict.fromkeys(rest, 1)}
        request = asked(guard, answer)
        assert len(request.paths) == 40
        assert len(request.messages[0]["content"].encode()) <= 17 * 1024

    def test_an_unreadable_answer_is_echoed_and_cut(self, fees: Guard) -> None:
        (assistant, _) = asked(fees, "I cannot say. " * 1000).messages
        assert assistant["content"].startswith("I cannot say. ")
        assert len(assistant["content"]) < 2100

    def test_what_the_model_wrote_is_never_a_template_and_never_in_the_system_message(self) -> None:
        rail = """<rail version="1.0"><messages><message role="system">Rule ${word}</message>
            <message role="user">Go</message></messages><output><integer name="a"/></output></rail>"""
        guard = Guard.from_rail_string(rail)
        model = ScriptedModel(['{"a":"${word} {word} {{word}} ${gr.json_suffix}"}', '{"a":1}'])
        outcome = guard(model, {"word": "${word}"})
        assert outcome.passed
        second = model.requests[1].messages
        assert second[0] == {"role": "system", "content": "Rule ${word}"}
        assert "${word} {word} {{word}} ${gr.json_suffix}" in second[2]["content"]
        assert [message["role"] for message in second].count("system") == 1

    def test_a_huge_key_of_the_models_own_is_not_repeated(self, fees: Guard) -> None:
        answer = some_fees(2, wrong=(1,))
        answer["k" * 100_000] = 1
        answer["fees"][1]["z" * 100_000] = "x"
        assert len(json.dumps(asked(fees, answer).messages)) < 2000

    @pytest.mark.parametrize(
        "answer",
        [
            {"n": ["x"] * 10_000, "m": {}},
            {"n": [f"{n} is no number" for n in range(3_000)], "m": {}},
            {"n": [1], "m": {"k" * 100_000: "x"}},
            {"n": [1], "m": {f"{n}" + "k" * 1000: "x" for n in range(40)}},
            {"n": [1], "m": {f"{n}": "x" * 3000 for n in range(4_000)}},
        ],
        ids=["many equal", "many different", "a long key", "many long keys", "many long values"],
    )
    @pytest.mark.parametrize("source", ["json schema", "pydantic"])
    def test_it_stays_small_whatever_fails(self, source: str, answer: Any) -> None:
        class Numbers(BaseModel):
            n: list[int]
            m: dict[str, int]

        guard = Guard.from_pydantic(Numbers)
        if source == "json schema":
            guard = Guard.from_json_schema(guard.json_schema())
        assert len(json.dumps(asked(guard, answer).messages).encode()) < 12_000

    def test_one_message_about_many_places_names_a_few_and_counts_the_rest(self) -> None:
        guard = Guard.from_json_schema(obj(n={"type": "array", "items": {**STR, "maxLength": 1}}))
        (_, user) = asked(guard, {"n": ["ab"] * 60}).messages
        assert (
            "- n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7] and 52 more: It must have at most 1 character; it has 2.\n"
            in user["content"]
        )

    def test_long_messages_of_validators_are_cut(self) -> None:
        @validator("t-as-long", replace=True)
        def long(value: str) -> str:
            """Says too much."""
            return "No! " * 100_000

        names = [f"n{number}" for number in range(8)]
        guard = Guard.from_json_schema(obj(**dict.fromkeys(names, STR))).using(long(), on="$.n0").using(no(), on="$.n7")
        for name in names[1:]:
            guard = guard.using(long(), on=f"$.{name}")
        (_, user) = asked(guard, dict.fromkeys(names, "x")).messages
        assert len(user["content"]) < 20_000
        assert '"n7": It is never right.' in user["content"]

    def test_messages_without_a_full_stop_are_sentences_all_the_same(self) -> None:
        @validator("t-as-bare", replace=True)
        def bare(value: str) -> str:
            """Never passes."""
            return "no good"

        (_, user) = asked(Guard.from_json_schema(obj(a=STR)).using(bare(), no(), on="$.a"), {"a": "x"}).messages
        assert '- "a": no good. It is never right. Allowed: ' in user["content"]

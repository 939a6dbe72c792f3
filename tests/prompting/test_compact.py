"""Where nothing else shows a model what to write, the type of the wanted output stands at the end of the messages."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from railguard import Guard, InputError, SpecError
from railguard.prompting.compact import TOLD as TOLD_IN
from railguard.prompting.compact import as_types, without_type
from railguard.prompting.shown import agreeing, says_schema, with_type
from railguard.schema.formats import FORMATS
from railguard.spec import MessageTemplate, Slot, Template
from railguard.testing import ScriptedModel
from railguard.validation.vocabulary import KEYWORDS
from railguard_validators.two_words import two_words

TOLD = TOLD_IN["types"]
USER: list[dict[str, Any]] = [{"role": "user", "content": "Go"}]


def types(schema: Any) -> str:
    return as_types(Guard.from_json_schema(schema).spec.schema)


BOUNDS: dict[str, tuple[dict[str, Any], str]] = {
    "minLength": ({"type": "string", "minLength": 7}, "7"),
    "maxLength": ({"type": "string", "maxLength": 7}, "7"),
    "pattern": ({"type": "string", "pattern": "^x7$"}, "^x7$"),
    "format": ({"type": "string", "format": "date"}, "YYYY-MM-DD"),
    "minimum": ({"type": "integer", "minimum": 7}, "at least 7"),
    "maximum": ({"type": "number", "maximum": 7}, "at most 7"),
    "exclusiveMinimum": ({"type": "integer", "exclusiveMinimum": 7}, "more than 7"),
    "exclusiveMaximum": ({"type": "number", "exclusiveMaximum": 7}, "less than 7"),
    "multipleOf": ({"type": "integer", "multipleOf": 7}, "multiple of 7"),
    "minItems": ({"type": "array", "items": {"type": "string"}, "minItems": 7}, "at least 7 items"),
    "maxItems": ({"type": "array", "items": {"type": "string"}, "maxItems": 7}, "at most 7 items"),
    "uniqueItems": ({"type": "array", "items": {"type": "string"}, "uniqueItems": True}, "all different"),
    "minProperties": ({"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 7}, "7 keys"),
    "maxProperties": ({"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 7}, "7 keys"),
}


def test_every_keyword_that_a_node_holds_is_tried_here() -> None:
    assert {row.name for row in KEYWORDS.values() if row.attribute} <= BOUNDS.keys()


@pytest.mark.parametrize("keyword", BOUNDS)
@pytest.mark.parametrize("place", ["root", "member", "item", "option", "definition"])
def test_every_condition_has_its_words_wherever_it_stands(keyword: str, place: str) -> None:
    body, words = BOUNDS[keyword]
    document: dict[str, Any] = {
        "root": body,
        "member": {"type": "object", "properties": {"a": body}},
        "item": {"type": "object", "properties": {"a": {"type": "array", "items": body}}},
        "option": {"type": "object", "properties": {"a": {"anyOf": [body, {"type": "null"}, {"type": "boolean"}]}}},
        "definition": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": body}},
    }[place]
    assert words in types(document)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_is_named(name: str) -> None:
    row = FORMATS[name]
    if row.written is not None:
        names = [one.one for one in FORMATS.values() if one.written == row.written]
        assert any(one in types({"type": "string", "format": row.written}) for one in names)


class Line(BaseModel):
    name: str = Field(description="what it is")
    amount: Annotated[float, Field(ge=0)] | None = None
    parts: list[Line] = []


class Order(BaseModel):
    status: Literal["open", "closed"]
    title: Annotated[str, two_words()]
    lines: list[Line] = Field(min_length=1)


def test_a_type_reads_like_an_interface_with_a_member_a_line() -> None:
    assert as_types(Guard.from_pydantic(Order).spec.schema) == (
        "type Line = {\n"
        "  name: string  // what it is\n"
        "  amount?: number | null  // at least 0\n"
        "  parts?: Line[]\n"
        "}\n\n"
        "{\n"
        '  status: "open" | "closed"\n'
        "  title: string  // exactly two words\n"
        "  lines: Line[]  // at least 1 item\n"
        "}"
    )


def test_a_type_is_much_shorter_than_the_suffix_with_the_schema() -> None:
    shown = {
        form: Guard.from_pydantic(Order, messages="${gr.complete_json_suffix}", shown_as=form).render()[0]["content"]
        for form in ("types", "json-schema", "xml")
    }
    assert len(shown["types"]) < len(shown["json-schema"]) / 3
    assert len(shown["types"]) < len(shown["xml"]) / 3


class Ticket(BaseModel):
    order_id: str = Field(pattern="^ORD-[0-9]{6}$")
    email: str = Field(max_length=80)
    amount: float = Field(ge=0, le=10_000)
    currency: Literal["EUR", "USD"]
    day: str = Field(description="when it was ordered")
    urgent: bool
    note: str | None = None
    quantity: int = Field(ge=1)


def test_the_suffix_of_eight_flat_fields_is_about_a_hundred_and_seventy_tokens() -> None:
    (message,) = Guard.from_pydantic(Ticket, messages="${gr.complete_json_suffix}").render()
    tokens = len(re.findall(r"\w+|[^\w\s]", message["content"]))  # more than any tokenizer makes of it
    assert tokens <= 170


# How it is shown.

DOCUMENT = """<rail version="{version}">
  <output {shown}><integer name="age" minimum="7" validators="valid-range: 7 9"/></output>
  <messages><message role="user">{text}</message></messages>
</rail>"""
FORMS = {"types": "age: integer  // at least 7", "json-schema": '"minimum": 7', "xml": '<integer name="age"'}


def shown_by(text: str, shown: str = "", version: str = "1.0") -> set[str]:
    """The forms in which a document shows its schema."""
    attribute = f'shown-as="{shown}"' if shown else ""
    document = DOCUMENT.format(version=version, shown=attribute, text=text)
    (message,) = Guard.from_rail_string(document).render(tell_schema="never")
    return {form for form, mark in FORMS.items() if mark in message["content"]}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("${gr.complete_json_suffix}", "types"),
        ("${gr.complete_json_suffix_v2}", "types"),
        ("${gr.complete_json_suffix_v3}", "types"),
        ("${gr.json_suffix_without_examples}", "types"),
        ("${gr.json_suffix_with_structure_example}", "types"),
        ("${output_schema}", "json-schema"),
        ("${output_schema} ${gr.json_suffix_prompt}", "json-schema"),
        ("${output_schema} ${gr.complete_json_suffix}", "json-schema"),
        ("${xml_output_schema}", "xml"),
        ("${gr.complete_xml_suffix}", "xml"),
    ],
)
def test_our_own_texts_show_a_type_and_what_an_author_names_stays(text: str, form: str) -> None:
    assert shown_by(text) == {form}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", ["${output_schema}", "${gr.complete_json_suffix}", "${gr.complete_json_suffix_v3}"])
def test_shown_as_says_how_all_of_it_is_shown(text: str, form: str) -> None:
    assert shown_by(text, form) == {form}


def test_documents_of_older_dialects_keep_json_schema() -> None:
    assert shown_by("${gr.complete_json_suffix}", version="0.1") == {"json-schema"}


@pytest.mark.parametrize("form", FORMS)
def test_what_is_told_at_the_end_has_the_form_too_and_can_be_taken_off(form: Any) -> None:
    guard = Guard.from_pydantic(Order, messages="Go", shown_as=form)
    (message,) = guard.render()
    assert TOLD_IN[form] in message["content"]
    assert without_type(message) == USER[0]
    assert Guard.from_rail_string(guard.to_rail()).spec.shown_as == form


def test_another_word_is_refused() -> None:
    with pytest.raises(InputError, match="types, json-schema or xml"):
        Guard.from_pydantic(Order, shown_as="yaml")  # type: ignore[call-overload]
    with pytest.raises(SpecError, match="is no way to show the output; did you mean 'types'"):
        shown_by("x", "typs")


# When it is told.

ANSWER = '{"status": "open", "title": "a b", "lines": [{"name": "x"}]}'
GUARD = Guard.from_pydantic(Order)


def asked(messages: Any, **options: Any) -> tuple[Any, Any]:
    seen: list[Any] = []
    outcome = GUARD(lambda messages: seen.append(messages) or ANSWER, messages=messages, **options)
    assert outcome.passed
    return seen[0], outcome.iterations[0].note


def test_a_function_that_takes_no_schema_is_told_once_and_it_is_on_record() -> None:
    told, note = asked(USER)
    assert told[0]["content"].startswith(f"Go\n\n{TOLD}\n\n")
    assert note == "nothing showed the model the schema, so its type was added to the messages"
    assert asked(told) == (told, None)


def test_never_means_never() -> None:
    assert asked(USER, tell_schema="never") == (USER, None)
    with pytest.raises(InputError, match="tell_schema is auto or never"):
        asked(USER, tell_schema="no")


@pytest.mark.parametrize("indent", [None, 1, 2, 4])
@pytest.mark.parametrize("document", [GUARD.json_schema(), Order.model_json_schema()], ids=["ours", "pydantic's"])
def test_a_schema_in_a_message_is_told_already(document: Any, indent: int | None) -> None:
    messages = [{"role": "system", "content": f"Schema: {json.dumps(document, indent=indent)}"}, *USER]
    assert asked(messages) == (messages, None)


def test_a_provider_or_a_parameter_that_takes_the_schema_is_enough() -> None:
    model = ScriptedModel([ANSWER])
    GUARD(model, messages=USER)
    assert list(model.requests[0].messages) == USER
    seen: list[Any] = []

    def takes_schema(messages: Any, schema: Any) -> str:
        seen.append(messages)
        return ANSWER

    GUARD(takes_schema, messages=USER)
    assert seen == [USER]


def test_a_provider_without_a_place_for_schemas_is_told() -> None:
    model = ScriptedModel([ANSWER])
    model.carries_schemas = False  # type: ignore[attr-defined]
    GUARD(model, messages=USER)
    assert TOLD in model.requests[0].messages[0]["content"]


def test_a_free_text_has_no_type_to_tell() -> None:
    seen: list[Any] = []
    Guard.from_string([two_words()])(lambda messages: seen.append(messages) or "a b", messages=USER)
    assert seen == [USER]


@pytest.mark.parametrize(
    ("messages", "at"),
    [
        ([], 0),
        ([{"role": "system", "content": "s"}], 1),
        ([*USER, {"role": "system", "content": "s"}], 0),
        ([*USER, {"role": "assistant", "content": "a"}], 2),
        ([*USER, {"role": "tool", "content": "t", "tool_call_id": "1"}], 2),
        ([{"role": "user", "content": [{"type": "text", "text": "Look"}]}], 0),
        ([{"role": "user", "content": ""}], 0),
    ],
)
def test_it_stands_at_the_end_of_the_last_user_message_and_can_be_taken_off(messages: Any, at: int) -> None:
    before = json.dumps(messages)
    told = with_type(messages, GUARD.spec.schema)
    assert [number for number, message in enumerate(told) if TOLD in json.dumps(message)] == [at]
    assert told[at]["role"] == "user"
    assert json.dumps(messages) == before
    if messages and messages[0].get("content") != "":
        assert [one for one in map(without_type, told) if one is not None] == messages


@pytest.mark.parametrize(
    "odd", [{"role": "user"}, {"role": "user", "content": None}, {"role": "user", "content": {"a": 1}}, ["a list"]]
)
def test_a_message_of_another_shape_is_left_as_it_is_and_the_type_stands_behind_it(odd: Any) -> None:
    told, _ = asked([odd])
    assert told[:-1] == [odd]
    assert told[-1]["content"].startswith(TOLD)


def test_a_recording_of_a_told_model_is_replayed_as_it_was(tmp_path: Any) -> None:
    from railguard import RecordingModel

    path = tmp_path / "talk.jsonl"
    recorded = GUARD(RecordingModel(lambda messages: ANSWER, path), messages=USER)
    assert GUARD(f"replay:{path}", messages=USER) == recorded
    assert GUARD(f"replay:{path}", messages=USER, tell_schema="never").output == recorded.output


def test_render_shows_what_such_a_model_is_sent() -> None:
    guard = Guard.from_pydantic(Order, messages="Go")
    assert guard.render() == list(with_type(USER, guard.spec.schema))
    assert guard.render(tell_schema="never") == USER


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"type": "null"}, "null"),
        ({}, "any"),
        ({"type": "object", "properties": {}, "additionalProperties": False}, "{}"),
        ({"type": "array", "items": {"type": ["integer", "null"]}}, "(integer | null)[]"),
        ({"type": ["boolean", "null"]}, "boolean | null"),
    ],
)
def test_a_small_type_is_written_in_one_line(schema: dict[str, Any], written: str) -> None:
    assert types({"type": "object", "properties": {"a": schema}, "required": ["a"]}) == f"{{\n  a: {written}\n}}"


class Shown(BaseModel):
    a: int


@pytest.mark.parametrize(
    "form", [json.dumps(Shown.model_json_schema()), json.dumps(Shown.model_json_schema(), indent=4)]
)
@pytest.mark.parametrize(
    "content",
    [
        "Go.\n{}\nNow.",
        [{"type": "text", "text": "Go. {}"}, {"type": "image_url", "image_url": {"url": "data:,"}}],
        ({"type": "image"}, {"type": "text", "text": "{}"}),
    ],
    ids=["text", "parts", "a tuple of parts"],
)
def test_a_schema_that_the_messages_show_is_not_told_again(content: Any, form: str) -> None:
    guard = Guard.from_pydantic(Shown)

    def filled(form: str) -> Any:
        if isinstance(content, str):
            return content.replace("{}", form)
        return [{**part, "text": part["text"].replace("{}", form)} if "text" in part else part for part in content]

    assert says_schema([{"role": "user", "content": filled(form)}], guard.spec.schema)
    assert not says_schema([{"role": "user", "content": filled("{}")}], guard.spec.schema)


@pytest.mark.parametrize("content", [None, 5, [{"type": "image"}], ["a"], {"text": "b"}])
def test_messages_without_a_text_show_no_schema(content: Any) -> None:
    assert not says_schema([{"role": "user", "content": content}, "no message"], Guard.from_pydantic(Shown).spec.schema)  # type: ignore[list-item]


def test_a_primitive_beside_a_message_of_parts_takes_the_form_that_the_others_show() -> None:
    parts = [{"type": "text", "text": "Look."}]
    own = Template((Slot("schema", "xml_output_schema"), " ", Slot("primitive", "high_level_json_instructions")))
    messages = [MessageTemplate("user", parts), MessageTemplate("user", own)]
    changed, exchanges = agreeing(messages)
    assert changed[0] == messages[0]
    assert [one.name for one in changed[1].content.parts if isinstance(one, Slot)] == [  # type: ignore[union-attr]
        "xml_output_schema",
        "high_level_xml_instructions",
    ]
    assert len(exchanges) == 1

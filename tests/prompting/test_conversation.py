"""The conversation before the first answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from railguard.errors import InputError
from railguard.prompting import templates
from railguard.prompting.describe import as_xml, described_as_json, described_as_text
from railguard.prompting.rendering import conversation, spec_variables
from railguard.schema import Field, IntegerNode, ObjectNode, Schema, StringNode
from railguard.spec import MessageTemplate, Spec

SCHEMA = Schema(root=ObjectNode(fields=(Field("name", StringNode()),)))


def spec(*texts, inputs=None, schema=SCHEMA):
    messages = tuple(MessageTemplate("user", templates.parse_template(text, syntax="1.0")) for text in texts)
    return Spec(schema=schema, messages=messages, inputs=inputs)


def inputs(*fields):
    return ObjectNode(fields=fields)


def told(*args, **values):
    return [message["content"] for message in conversation(spec(*args), values)]


def test_messages_keep_their_roles_and_order():
    messages = (
        MessageTemplate("system", templates.parse_template("Be ${how}.", syntax="1.0")),
        MessageTemplate("user", templates.parse_template("Go.", syntax="1.0")),
    )
    assert conversation(Spec(schema=SCHEMA, messages=messages), {"how": "brief"}) == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Go."},
    ]


@given(st.text() | st.sampled_from(["${b}", "${gr.error_messages}", "{{7*7}}", "  indented\n", "$$"]))
def test_a_text_stands_verbatim(value):
    assert told("${a}|${b}\n", a=value, b="B") == [f"{value}|B\n"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1"), (None, "null"), (True, "true"), (["ä", {"a": 1.5}], '["ä", {"a": 1.5}]'), ({}, "{}")],
)
def test_other_values_stand_as_json(value, text):
    assert told("${a}", a=value) == [text]


class Person(BaseModel):
    name: str


def test_a_pydantic_model_stands_as_the_json_it_dumps_to():
    assert told("${a}", a=[Person(name="Ada")]) == ['[{"name": "Ada"}]']


@pytest.mark.parametrize("value", [object(), float("nan"), {(1, 2): 3}, {1}])
def test_a_value_that_is_no_json_is_refused_by_name(value):
    with pytest.raises(InputError, match=r"the variable 'a' is a .* that has no form as JSON"):
        told("${a}", a=value)


def test_a_value_that_holds_itself_is_refused():
    value = []
    value.append(value)
    with pytest.raises(InputError, match="'a'"):
        told("${a}", a=value)


def test_a_missing_variable_is_named_with_what_there_is_and_what_was_given():
    with pytest.raises(InputError, match=r"'b' is missing; the spec has 'a', 'b', given were 'a'$"):
        told("${a} ${b}", a="x")


def test_an_unknown_variable_is_named_with_the_one_that_was_meant():
    with pytest.raises(InputError, match=r"no variable 'docment', did you mean 'document'\?; the spec has 'document'$"):
        told("${document}", docment="x")


def test_an_unknown_variable_that_is_like_none_is_named_too():
    with pytest.raises(InputError, match=r"no variable 'zzz'; the spec has none$"):
        told("text", zzz="x")


def test_a_long_list_of_variables_is_counted():
    with pytest.raises(InputError, match="and 5 more"):
        told(" ".join(f"${{v{number}}}" for number in range(25)))


def test_of_declared_inputs_a_missing_optional_one_is_its_default_or_empty():
    declared = inputs(
        Field("a", StringNode()),
        Field("n", IntegerNode(), required=False, default=3),
        Field("s", StringNode(), required=False),
    )
    messages = conversation(spec("${a}|${n}|${s}", inputs=declared), {"a": "x"})
    assert messages[0]["content"] == "x|3|"


def test_a_declared_input_that_no_message_uses_is_known_and_wanted():
    declared = inputs(Field("a", StringNode()))
    assert conversation(spec("text", inputs=declared), {"a": "x"})[0]["content"] == "text"
    with pytest.raises(InputError, match="'a' is missing"):
        conversation(spec("text", inputs=declared), {})


def test_a_message_stands_as_it_was_written():
    text = "\n  Read:\n    ${a}\n"
    assert told(text, a="  x\n  y") == ["\n  Read:\n      x\n  y\n"]


def test_the_schema_stands_in_its_place_also_within_a_primitive():
    [first, second, third] = told("${output_schema}", "${gr.complete_json_suffix}", "${gr.complete_xml_suffix}")
    assert first == described_as_json(SCHEMA)
    assert described_as_json(SCHEMA) in second
    assert as_xml(SCHEMA) in third


def test_the_schema_of_a_text_is_in_words():
    text = Schema(root=StringNode(description="A poem."))
    assert conversation(spec("${gr.complete_string_suffix}", schema=text), {})[0]["content"] == described_as_text(text)


def test_the_variables_of_a_primitive_are_variables_of_the_spec():
    assert spec_variables(spec("${a} ${gr.error_messages} ${a}", inputs=inputs(Field("z", StringNode())))) == (
        "z",
        "a",
        "error_messages",
    )
    assert spec_variables(spec("${a}")) == ("a",)
    assert told("${gr.error_messages}", error_messages="none") == ["Error messages:\n\nnone"]


def test_content_parts_pass_untouched_and_the_spec_keeps_its_own():
    picture = object()
    parts = [{"type": "text", "text": "${a}", "tags": ["x"]}, picture]
    made = Spec(schema=SCHEMA, messages=(MessageTemplate("user", parts),))
    [message] = conversation(made, {})
    assert message["content"] == parts
    assert message["content"][1] is picture
    message["content"][0]["tags"].append("y")
    assert parts[0]["tags"] == ["x"]
    assert spec_variables(made) == ()

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from railguard import Guard
from railguard.errors import SpecError
from railguard.schema import StringNode
from railguard.sources.messages import message_templates
from railguard.sources.text import spec_from_string
from railguard.validation.declaration import declaration
from railguard.values import Limits


def _text(value: str, *, n: int = 0) -> None: ...
def _whole(value: int) -> None: ...


text = declaration("text", _text)
whole = declaration("whole", _whole)


def problems(messages: Any) -> list[str]:
    with pytest.raises(SpecError) as caught:
        message_templates(messages)
    return [str(problem) for problem in caught.value.problems]


def test_a_spec_of_a_text_has_its_rules_on_the_root() -> None:
    rule = text(n=1)
    spec = spec_from_string(
        [rule], description="a name", messages="Name ${what}.", repair="none", limits=Limits(text=9)
    )
    assert spec.schema.root == StringNode(description="a name", rules=(rule,))
    assert spec.messages[0].content.variables == ("what",)  # type: ignore[union-attr]
    assert (spec.repair, spec.limits.text) == ("none", 9)
    assert spec_from_string().messages == ()


def test_what_is_no_rule_for_a_text_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        spec_from_string([text, whole()])  # type: ignore[list-item]
    first, second = map(str, caught.value.problems)
    assert "validators[0] is Validator, not a rule" in first
    assert "call the validator with its parameters" in first
    assert "validators[1]: 'whole' serves integer" in second


def test_messages_are_templates_and_parts_pass_untouched() -> None:
    parts = [{"type": "text", "text": "${not} a template"}]
    messages = [
        {"role": "system", "content": "Be kind to ${name}."},
        {"role": "user", "content": parts},
        *({"role": role, "content": ""} for role in ("assistant", "developer", "tool")),
    ]
    first, second, *_ = found = message_templates(messages)[0]
    assert [message.role for message in found] == ["system", "user", "assistant", "developer", "tool"]
    assert first.content.variables == ("name",)  # type: ignore[union-attr]
    assert second.content == parts


@pytest.mark.parametrize("messages", [5, b"x", {"role": "user", "content": "x"}])
def test_messages_of_another_shape_are_refused_with_the_right_one(messages: Any) -> None:
    assert 'messages are a text (one user message), or a list of {"role"' in problems(messages)[0]


def test_every_problem_of_the_messages_is_named_with_its_index() -> None:
    found = problems(
        [
            "x",
            {"role": "human", "content": "x"},
            {"role": "user"},
            {"role": "user", "content": "x", "name": "y"},
            {"role": "user", "content": "Read ${doc."},
        ]
    )
    assert "messages[0] is str, not a dict" in found[0]
    assert "messages[1] has role 'human'" in found[1]
    assert "messages[2] has NoneType as content" in found[2]
    assert "messages[3] has 'name'" in found[3]
    assert "messages[4], offset 5: " in found[4]


class Bill(BaseModel):
    total: int


SOURCES: dict[str, Callable[[str], Guard]] = {
    "pydantic": lambda text: Guard.from_pydantic(Bill, messages=text),
    "json schema": lambda text: Guard.from_json_schema({"type": "integer"}, messages=text),
    "text": lambda text: Guard.from_string(messages=[{"role": "user", "content": text}]),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Read {{document}}.", "${document}"),
        ("Read {document}.", "${document}"),
        ("{output_schema}", "${output_schema}"),
        ("@complete_json_suffix", "${gr.complete_json_suffix}"),
    ],
)
def test_a_place_in_the_spelling_of_an_older_document_is_a_warning(source: str, text: str, right: str) -> None:
    guard = SOURCES[source](text)
    assert [(p.code, p.severity, p.hint) for p in guard.warnings] == [("old-place", "warning", f"write {right}")]
    assert guard.warnings[0].message.startswith("messages[0], offset ")
    assert guard.render(tell_schema="never") == [{"role": "user", "content": text}]


@pytest.mark.parametrize(
    "text", ["Read ${document}.", '{"a": {"b": 1}}', r"\frac{ab}{cd}", "GET /users/{user_id}", "{A}"]
)
def test_braces_that_are_no_place_are_no_warning(text: str) -> None:
    assert Guard.from_pydantic(Bill, messages=text).warnings == ()


def test_a_primitive_speaks_of_the_form_of_the_schema_that_is_shown() -> None:
    guard = Guard.from_pydantic(Bill, messages="${xml_output_schema}\n${gr.json_suffix_prompt_v2_wo_none}")
    assert [problem.code for problem in guard.warnings] == ["primitive-form"]
    assert "JSON Schema" not in guard.render()[0]["content"]

"""Rules on what goes in: prompt variables, retrieved documents, messages. They run before anything is sent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel

from railguard import (
    FailResult,
    Guard,
    InputError,
    PassResult,
    SpecError,
    Usage,
    ValidationFailed,
    ValidatorError,
    guarded,
    validator,
)
from railguard.testing import ScriptedModel
from railguard_validators.valid_range import valid_range


@validator("t-ir-clean", replace=True)
def clean(value: str) -> FailResult | None:
    """Has no "bad" in it."""
    return FailResult("Write no bad.", fix=value.replace("bad", "good")) if "bad" in value else None


@validator("t-ir-slow", replace=True)
async def slow(value: str) -> PassResult:
    await asyncio.sleep(0.2)
    return PassResult(usage=Usage(3, 1))


@validator("t-ir-small", replace=True)
def small(value: int) -> bool:
    return value < 10


RAIL = """
<rail version="1.0">
  <input>
    <string name="question" validators="t-ir-clean"/>
    <list name="documents" required="false">
      <string validators="t-ir-clean" on-fail-t-ir-clean="filter"/>
    </list>
  </input>
  <output><string name="a"/></output>
  <messages><message role="user">${question} ${documents}</message></messages>
</rail>"""


def model() -> ScriptedModel:
    return ScriptedModel(['{"a": "x"}'])


def sent(model: ScriptedModel) -> list[Any]:
    return [message["content"] for message in model.requests[0].messages]


def plain(**options: Any) -> Guard:
    return Guard.from_json_schema(
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        messages=[{"role": "system", "content": "Be good."}, {"role": "user", "content": "${question}"}],
    )


def test_what_a_rule_blocks_is_an_input_error_and_nothing_is_sent() -> None:
    asked = model()
    with pytest.raises(InputError, match=r"\$\.question: Write no bad\. \[t-ir-clean\]") as caught:
        Guard.from_rail_string(RAIL)(asked, {"question": "bad?"})
    assert [failure.validator for failure in caught.value.failures] == ["t-ir-clean"]
    assert not asked.requests


def test_a_retrieved_document_that_fails_is_left_out_and_that_is_on_record() -> None:
    asked = model()
    outcome = Guard.from_rail_string(RAIL)(asked, {"question": "good?", "documents": ["one", "bad", "two"]})
    assert sent(asked) == ['good? ["one", "two"]']
    assert outcome.passed
    assert [(str(one.path), str(one.action)) for one in outcome.inputs] == [("$.input.documents[1]", "filter")]
    assert outcome.to_dict()["inputs"][0]["path"] == "$.input.documents[1]"


@pytest.mark.parametrize(
    ("on_fail", "left"),
    [("fix", ["Be good.", "good?"]), ("fix_reask", ["Be good.", "good?"]), ("noop", ["Be good.", "bad?"])],
)
def test_a_rule_on_a_variable_of_any_source(on_fail: str, left: list[str]) -> None:
    asked = model()
    outcome = plain().using(clean(on_fail=on_fail), on="input.question")(asked, {"question": "bad?"})
    assert sent(asked) == left
    assert [str(one.path) for one in outcome.inputs] == ["$.input.question"]


def test_a_rule_that_says_exception_raises_with_its_outcome() -> None:
    with pytest.raises(ValidationFailed) as caught:
        plain().using(clean(on_fail="exception"), on="input.question")(model(), {"question": "bad?"})
    assert caught.value.outcome.failures[0].validator == "t-ir-clean"


def test_a_variable_with_a_rule_for_texts_is_a_text() -> None:
    guard = plain().using(clean(), on="input.question")
    with pytest.raises(InputError, match=r"\$\.question"):
        guard(model(), {"question": {"bad": "hidden"}})


def test_documents_of_a_spec_without_types_can_be_checked_one_by_one() -> None:
    guard = Guard.from_json_schema({"type": "string"}, messages="Read ${documents}, then ${question}")
    guard = guard.using(clean(on_fail="filter"), on="input.documents[*]")
    assert guard.render({"documents": ["a", "bad"], "question": 1})[0]["content"] == 'Read ["a"], then 1'

    class Note(BaseModel):
        text: str

    shown = guard.render({"documents": [], "question": Note(text="t")})[0]["content"]
    assert shown == 'Read [], then {"text": "t"}'


def test_rules_on_messages_hold_for_those_of_the_spec_and_of_the_caller() -> None:
    guard = plain().using(clean(), on="messages.user")
    with pytest.raises(InputError, match=r"\$\.messages\[1\]: Write no bad"):
        guard(model(), {"question": "bad?"})
    own = [{"role": "system", "content": "bad is allowed here"}, {"role": "user", "content": "bad"}]
    with pytest.raises(InputError, match=r"\$\.messages\[1\]"):
        guard(model(), messages=own)
    assert guard(model(), messages=own[:1]).passed
    with pytest.raises(InputError, match=r"\$\.messages\[0\]"):
        plain().using(clean(), on="messages")(model(), messages=own[:1])


def test_messages_are_mended_or_left_out_and_the_callers_list_stays_as_it_was() -> None:
    own = [{"role": "tool", "content": "bad", "tool_call_id": "1"}, {"role": "user", "content": "bad?"}]
    before = [dict(message) for message in own]
    asked = model()
    guard = plain().using(clean(on_fail="filter"), on="messages.tool").using(clean(on_fail="fix"), on="messages.user")
    outcome = guard(asked, messages=own)
    assert list(asked.requests[0].messages) == [{"role": "user", "content": "good?"}]
    assert own == before
    assert [(str(one.path), str(one.action)) for one in outcome.inputs] == [
        ("$.messages[1]", "fix"),
        ("$.messages[0]", "filter"),
    ]


def test_the_text_parts_of_a_message_are_checked_and_its_other_parts_pass() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:,bad"}}
    own = [{"role": "user", "content": [{"type": "text", "text": "bad"}, image, {"type": "text", "text": "ok"}]}]
    with pytest.raises(InputError, match=r"\$\.messages\[0\]\.content\[0\]"):
        plain().using(clean(), on="messages")(model(), messages=own)
    asked = model()
    plain().using(clean(on_fail="filter"), on="messages")(asked, messages=own)
    assert sent(asked) == [[image, {"type": "text", "text": "ok"}]]


def test_checks_of_messages_run_side_by_side_and_what_they_cost_counts() -> None:
    together = asyncio.Barrier(5)

    @validator("t-ir-together", replace=True)
    async def meets(value: str) -> PassResult:
        await together.wait()
        return PassResult(usage=Usage(3, 1))

    own = [{"role": "user", "content": str(n)} for n in range(5)]
    outcome = plain().using(meets(), on="messages")(model(), messages=own, timeout=60)
    assert outcome.usage.input_tokens == 15


def test_a_rail_document_says_rules_for_all_messages_and_is_written_back() -> None:
    guard = Guard.from_rail_string("""
        <rail version="1.0">
          <output><string name="a"/></output>
          <messages validators="t-ir-clean" on-fail-t-ir-clean="fix">
            <message role="user">${question}</message>
          </messages>
        </rail>""")
    assert guard.render({"question": "bad"}, tell_schema="never")[0]["content"] == "good"
    written = guard.to_rail()
    assert '<messages validators="t-ir-clean" on-fail-t-ir-clean="fix">' in written
    assert Guard.from_rail_string(written).render({"question": "bad"}) == guard.render({"question": "bad"})
    with pytest.raises(SpecError, match="role 'user' alone"):
        plain().using(clean(), on="messages.user").to_rail()


def test_a_rule_that_fits_no_place_is_refused() -> None:
    for on, code in (
        ("question", "path"),
        ("input", "path"),
        ("input.answer", "path"),
        ("", "path"),
        ("message", "path"),
    ):
        with pytest.raises(SpecError) as caught:
            plain().using(clean(), on=on)
        assert caught.value.problems[0].code == code
    with pytest.raises(SpecError, match=r"input\.question"):
        plain().using(clean(), on="input.answer")
    with pytest.raises(SpecError) as caught:
        plain().using(small(), on="messages")
    assert caught.value.problems[0].code == "validator-type"


def test_a_guarded_function_and_a_stream_check_their_input_too() -> None:
    guard = plain().using(clean(), on="messages")

    @guarded(guard)
    def ask(messages: Any) -> str:
        raise AssertionError("it must not be asked")

    with pytest.raises(InputError):
        ask(question="bad")
    with pytest.raises(InputError):
        list(guard.stream(model(), {"question": "bad"}))


def test_it_works_on_a_running_loop() -> None:
    async def main() -> Any:
        return await plain().using(slow(), on="messages").acall(model(), {"question": "q"})

    assert asyncio.run(main()).usage.input_tokens == 6


@pytest.mark.parametrize(
    ("content", "path", "mended"),
    [
        (["bad"], "content[0]", ["good"]),
        (
            [{"type": "tool_result", "tool_use_id": "1", "content": "bad"}],
            "content[0].content",
            [{"type": "tool_result", "tool_use_id": "1", "content": "good"}],
        ),
        (
            [{"type": "tool_result", "content": [{"type": "image"}, {"type": "text", "text": "bad"}]}],
            "content[0].content[1]",
            [{"type": "tool_result", "content": [{"type": "image"}, {"type": "text", "text": "good"}]}],
        ),
        (
            [{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "bad"}}],
            "content[0].source.data",
            [{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "good"}}],
        ),
        (
            [{"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "bad"}]}}],
            "content[0].source.content[0]",
            [{"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "good"}]}}],
        ),
    ],
)
def test_texts_inside_tool_results_and_documents_are_checked_too(content: Any, path: str, mended: Any) -> None:
    messages = [{"role": "user", "content": content}, {"role": "user", "content": "and?"}]
    with pytest.raises(InputError) as caught:
        plain().using(clean(), on="messages")(model(), messages=messages)
    assert [str(failure.path) for failure in caught.value.failures] == [f"$.messages[0].{path}"]
    asked = model()
    plain().using(clean(on_fail="fix"), on="messages")(asked, messages=messages)
    assert sent(asked) == [mended, "and?"]
    asked = model()
    plain().using(clean(on_fail="filter"), on="messages")(asked, messages=messages)
    assert sent(asked) in (["and?"], [[{"type": "tool_result", "content": [{"type": "image"}]}], "and?"])


def test_content_that_is_too_deep_to_be_checked_is_not_sent() -> None:
    content: Any = "bad"
    for _ in range(2_000):
        content = [{"type": "tool_result", "content": content}]
    with pytest.raises(InputError, match="nested more than 32 deep"):
        plain().using(clean(), on="messages")(model(), messages=[{"role": "user", "content": content}])


def test_a_conversation_of_which_nothing_is_left_is_not_sent() -> None:
    asked = model()
    with pytest.raises(
        InputError, match=r"nothing is left of the messages:\n  \$\.messages\[0\]: Write no bad"
    ) as caught:
        plain().using(clean(on_fail="filter"), on="messages")(asked, messages=[{"role": "user", "content": "bad"}])
    assert len(caught.value.failures) == 1
    assert not asked.requests


@validator("t-ir-broken", replace=True)
def broken(value: str) -> None:
    raise RuntimeError("boom")


@pytest.mark.parametrize(("on", "where"), [("input.question", "$.input.question"), ("messages.user", "$.messages[1]")])
def test_a_validator_that_raises_is_told_with_its_place_in_the_input(on: str, where: str) -> None:
    with pytest.raises(ValidatorError) as caught:
        plain().using(broken(on_fail="noop"), on=on)(model(), {"question": "a"})
    assert str(caught.value) == f"validator 't-ir-broken' raised RuntimeError at {where}: boom"
    assert str(caught.value.path) == where


def test_a_role_that_no_message_has_is_refused() -> None:
    with pytest.raises(SpecError, match="'messages\\.usr' is not a place for a rule") as caught:
        plain().using(clean(), on="messages.usr")
    assert "did you mean messages.user?" in str(caught.value)


@pytest.mark.parametrize(
    "document",
    [
        '<rail version="0.1"><output type="string"/><prompt validators="t-nobody">{{a}}</prompt></rail>',
        '<rail version="0.1"><input><string name="a" validators="t-nobody"/></input>'
        '<output type="string"/><prompt>{{a}}</prompt></rail>',
        '<rail version="0.1"><output type="string"/>'
        '<messages validators="t-nobody"><message role="user">{{a}}</message></messages></rail>',
    ],
)
def test_an_input_rule_that_cannot_run_stops_a_call_before_it_or_is_left_out(document: str) -> None:
    guard = Guard.from_rail_string(document)
    model = ScriptedModel(["x"])
    for call in (
        lambda: guard(model, {"a": "b"}),
        lambda: guard.render({"a": "b"}),
        lambda: list(guard.stream(model, {"a": "b"})),
    ):
        with pytest.raises(SpecError, match="no validator named 't-nobody' is registered, so the spec cannot run"):
            call()
    assert model.requests == []
    assert guard.parse("x").passed
    ignoring = Guard.from_rail_string(document, unknown_validators="ignore")
    assert ignoring(model, {"a": "b"}).passed
    assert ignoring.render({"a": "b"}) == [{"role": "user", "content": "b"}]


_DEEP: list[Any] = []
for _ in range(100_000):
    _DEEP = [_DEEP]
_CIRCLE: list[Any] = []
_CIRCLE.append(_CIRCLE)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"question": "a", "document": []}, "there is no variable 'document', did you mean 'documents'?; the spec has"),
        ({"question": "a", "zzz": []}, "there is no variable 'zzz'; the spec has 'question', 'documents'"),
        ({"question": "a", 3: []}, "there is no variable 3; the spec has"),
        ({"question": "a", "documents": {1}}, "the variable 'documents' is a set that has no form as JSON"),
        ({"question": object()}, "the variable 'question' is a object that has no form as JSON"),
        ({"question": "a", "documents": [float("nan")]}, "the variable 'documents' is a list that has no form as JSON"),
        ({"question": "a", "documents": _DEEP}, "the variable 'documents' is a list that has no form as JSON"),
        ({"question": "a", "documents": _CIRCLE}, "the variable 'documents' is a list that has no form as JSON"),
    ],
    ids=["close", "unknown", "number", "set", "object", "nan", "deep", "circle"],
)
@pytest.mark.parametrize("typed", [True, False])
def test_a_variable_that_is_unknown_or_has_no_form_as_json_is_named(variables: Any, said: str, typed: bool) -> None:
    untyped = Guard.from_json_schema({"type": "string"}, messages="${question} ${documents}")
    guard = Guard.from_rail_string(RAIL) if typed else untyped
    asked = model()
    with pytest.raises(InputError) as caught:
        guard(asked, variables)
    assert said in str(caught.value)
    assert not asked.requests


def test_content_without_a_text_passes_rules_on_messages_as_it_is() -> None:
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
    odd = {"role": "user", "content": ["bad", None, 3, {"type": "image", "data": "bad"}]}
    asked = model()
    plain().using(clean(on_fail="fix"), on="messages")(asked, messages=[call, odd])
    assert list(asked.requests[0].messages[:2]) == [
        call,
        {"role": "user", "content": ["good", None, 3, {"type": "image", "data": "bad"}]},
    ]


def test_a_rule_that_the_default_of_a_member_breaks_is_refused_but_for_a_users_own_type_which_decides_itself() -> None:
    class Own(BaseModel):
        a: int = 9

    strict = valid_range(0, 5)
    with pytest.raises(SpecError):
        Guard.from_json_schema({"type": "object", "properties": {"a": {"type": "integer", "default": 9}}}).using(
            strict, on="$.a"
        )
    guard = Guard.from_pydantic(Own).using(strict, on="$.a")
    assert guard.parse("{}").output == Own()
    assert not guard.parse('{"a": 9}').passed

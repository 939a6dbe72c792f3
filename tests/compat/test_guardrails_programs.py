"""Programs in the style of guardrails-ai's documentation, with their imports changed, run to their results."""

from __future__ import annotations

import asyncio
import io
import json
import warnings
from typing import Any

import pytest
from pydantic import BaseModel, Field

import railguard
import railguard.compat.guardrails as gd
from railguard.compat.guardrails import Guard, OnFailAction
from railguard.compat.guardrails.errors import ValidationError
from railguard.compat.guardrails.hub import CompetitorCheck, DetectPII, RegexMatch, TwoWords, ValidLength
from railguard.compat.guardrails.validators import (
    ErrorSpan,
    FailResult,
    PassResult,
    ValidationResult,
    Validator,
    ValidRange,
    register_validator,
)

FEES = """
<rail version="0.1">
<output>
  <list name="fees" description="What fees and charges are associated with my account?">
    <object>
      <integer name="index" format="1-indexed" />
      <string name="name" format="length: 1 120; two-words" on-fail-length="noop" on-fail-two-words="reask"/>
    </object>
  </list>
  <string name="interest_rates" description="What are the interest rates?" validators="length: 1 5"/>
</output>
<prompt>
Given the following document, answer the following questions.

{{document}}

@xml_prefix_prompt

{output_schema}

@json_suffix_prompt_v2_wo_none</prompt>
</rail>
"""


class Responses:
    """A function as the SDKs' `create`: keywords only."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def create(self, *, messages: list[dict[str, Any]], **options: Any) -> str:
        self.asked.append({"messages": messages, **options})
        return self.answers[len(self.asked) - 1]


def test_a_rail_string_a_call_and_a_tuple():
    llm = Responses(
        '{"fees": [{"index": 1, "name": "annual membership fee"}], "interest_rates": "about 4 %"}',
        '{"fees.0.name": "annual fee"}',
    )
    guard = gd.Guard.from_rail_string(FEES)
    raw_llm_output, validated_output, *rest = guard(
        llm.create, prompt_params={"document": "A letter."}, model="gpt-3.5-turbo", max_tokens=2048, temperature=0.3
    )
    assert raw_llm_output == '{"fees.0.name": "annual fee"}'
    assert validated_output["fees"] == [{"index": 1, "name": "annual fee"}]
    assert validated_output["interest_rates"] == "about 4 %"
    assert rest[1] is False
    assert llm.asked[0]["model"] == "gpt-3.5-turbo"
    assert "A letter." in llm.asked[0]["messages"][0]["content"]
    assert guard.history.last.status == "fail"
    assert guard.history.last.validation_outcome.validation_summaries[0]["validator_name"] == "length"


def test_a_call_asks_again_once_and_gives_no_value_that_still_fails():
    llm = Responses('{"fees": [{"index": 1, "name": "a b c"}], "interest_rates": "x"}', '{"fees.0.name": "d e f"}')
    outcome = gd.Guard.for_rail_string(FEES)(llm.create, prompt_params={"document": ""})
    assert len(llm.asked) == 2
    assert outcome.validated_output is None
    assert outcome.validation_passed is False
    assert "two" in outcome.error


class Pet(BaseModel):
    pet_type: str = Field(description="Species of pet")
    name: str = Field(description="a unique pet name")


def test_a_pydantic_model_with_a_prompt_of_placeholders():
    llm = Responses('{"pet_type": "dog", "name": "Rex"}')
    prompt = "What kind of pet should I get for {{home}}?\n\n@complete_json_suffix_v2"
    guard = Guard.from_pydantic(output_class=Pet, prompt=prompt, instructions="You are kind.")
    res = guard(llm.create, prompt_params={"home": "a flat", "unused": 1}, num_reasks=1)
    assert res.validated_output == {"pet_type": "dog", "name": "Rex"}
    system, user = llm.asked[0]["messages"]
    assert system == {"role": "system", "content": "You are kind."}
    assert user["content"].startswith("What kind of pet should I get for a flat?")
    assert "pet_type" in user["content"]
    assert "{{home}}" in guard.base_prompt


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydantic would have json_schema_extra for what guardrails-ai's programs write

    class Fee(BaseModel):
        name: str = Field(validators=[TwoWords(on_fail="fix")])  # type: ignore[call-overload]
        percent: float = Field(description="in %", validators=[ValidRange(0, 100, on_fail=OnFailAction.REASK)])  # type: ignore[call-overload]


class Card(BaseModel):
    fees: list[Fee] = Field(description="all fees")
    note: str | None = gd.Field(default=None, validators=[gd.validators.ValidLength(min=1, max=5)])


def test_rules_in_field_are_in_effect_in_nested_models():
    llm = Responses(
        '{"fees": [{"name": "annual membership fee", "percent": 300}], "note": "too long"}', '{"fees.0.percent": 3}'
    )
    res = Guard.for_pydantic(
        Card, messages=[{"role": "user", "content": "Fees in ${text}? ${gr.complete_json_suffix}"}]
    )(llm.create, prompt_params={"text": "this"}, num_reasks=2)
    assert res.validated_output == {"fees": [{"name": "annual membership", "percent": 3.0}], "note": "too long"}
    assert res.validation_passed is False
    assert [summary["property_path"] for summary in res.validation_summaries] == ["$.note"]


def test_use_and_validate():
    guard = Guard().use(RegexMatch, regex=r"\(?\d{3}\)?-? *\d{3}-? *-?\d{4}", on_fail=OnFailAction.EXCEPTION)
    assert guard.validate("123-456-7890").validation_passed
    with pytest.raises(ValidationError):
        guard.validate("1234-789-0000-1")


def test_use_several_with_positional_arguments_and_on_fail():
    guard = Guard().use(CompetitorCheck, ["Apple", "Google"], "exception").use(ValidLength, 1, 40)
    assert guard.validate("A nice phone.").validated_output == "A nice phone."
    with pytest.raises(ValidationError):
        guard.validate("Buy an Apple phone.")


def test_personal_data_is_fixed():
    guard = Guard().use(DetectPII(pii_entities=["EMAIL_ADDRESS"], on_fail="fix"))
    res = guard.validate("Write to ann@example.com.")
    assert res.validation_passed
    assert "ann@example.com" not in res.validated_output
    assert (
        Guard().use_many(DetectPII(["EMAIL_ADDRESS"], on_fail="fix"), ValidLength(1, 90)).parse("Hi.").validation_passed
    )


@register_validator(name="is-valid-chess-move", data_type="string")
class IsValidChessMove(Validator):
    """A move that is allowed."""

    def __init__(self, moves: list[str] | None = None, on_fail: Any = None) -> None:
        super().__init__(on_fail=on_fail, moves=moves)
        self.moves = moves or ["e4", "d4"]

    def validate(self, value: Any, metadata: dict[str, Any]) -> ValidationResult:
        if value not in self.moves:
            return FailResult(error_message=f"{value} is no valid move.", fix_value=self.moves[0])
        return PassResult()


CHESS = """
<rail version="0.1">
<output><string name="move" description="A move" format="is-valid-chess-move" on-fail-is-valid-chess-move="reask"/></output>
<prompt>Generate a move for a chess board. ${gr.complete_json_suffix_v2}</prompt>
</rail>"""


def test_a_class_of_validators_in_a_rail_string():
    llm = Responses('{"move": "e9"}', '{"move": "d4"}')
    _, validated, *_ = Guard.from_rail_string(CHESS)(llm.create, num_reasks=1)
    assert validated == {"move": "d4"}
    assert "e9 is no valid move." in llm.asked[1]["messages"][-1]["content"]


def test_an_instance_of_a_class_of_validators():
    guard = Guard.from_string(validators=[IsValidChessMove(moves=["a3"], on_fail="fix")], prompt="Your move?")
    assert guard(Responses("e4").create).validated_output == "a3"
    assert Guard().use(IsValidChessMove, moves=["a3"], on_fail="fix").validate("x").validated_output == "a3"


@register_validator(name="has-key", data_type="string")
class HasKey(Validator):
    required_metadata_keys = ("key",)

    def validate(self, value: Any, metadata: dict[str, Any]) -> ValidationResult:
        return PassResult() if metadata["key"] in value else FailResult(error_message="no key")


def test_metadata_reaches_validate():
    guard = Guard().use(HasKey(on_fail="exception"))
    assert guard.validate("a b", metadata={"key": "b"}).validation_passed
    with pytest.raises(ValidationError):
        guard.parse("a c", metadata={"key": "b"})
    with pytest.raises(railguard.InputError):
        guard.parse("a c")


@register_validator(name="shouts", data_type="string")
def shouts(value: Any, metadata: dict[str, Any]) -> ValidationResult:
    return PassResult() if value.isupper() else FailResult(error_message="Shout.", fix_value=value.upper())


def test_a_function_is_a_validator_and_a_custom_action_gets_its_result():
    assert Guard().use(shouts, on_fail="fix").validate("hello").validated_output == "HELLO"

    def custom(value: Any, result: FailResult) -> Any:
        assert result.error_message == "Shout."
        return result.fix_value + "!"

    assert Guard().use(shouts(on_fail=custom)).validate("hello").validated_output == "HELLO!"


@register_validator(name="guardrails/all_lower_case", data_type="string")
class AllLowerCase(Validator):
    """Of the later releases: `_validate`, spans, keywords of its base."""

    def __init__(self, on_fail: Any = None, **kwargs: Any) -> None:
        super().__init__(on_fail=on_fail, **kwargs)

    def _validate(self, value: Any, metadata: dict[str, Any]) -> ValidationResult:
        if value.islower():
            return PassResult()
        spans = [ErrorSpan(start=0, end=1, reason="upper case")]
        return FailResult(error_message="Input must be lowercase.", fix_value=value.lower(), error_spans=spans)


def test_a_validator_of_the_later_releases_works_alone_and_in_a_guard():
    assert AllLowerCase(use_local=True).validate(value="hello", metadata={}).outcome == "pass"
    assert AllLowerCase().validate("Hello", {}).outcome == "fail"
    guard = gd.Guard().use(AllLowerCase, use_local=True, on_fail=OnFailAction.NOOP)
    res = guard.validate("Hello")
    assert (res.validation_passed, res.validated_output) == (False, "Hello")
    assert res.outcome.failures[0].spans == ((0, 1),)
    assert gd.Guard().use(AllLowerCase(on_fail="fix")).validate("Hello").validated_output == "hello"


def test_a_class_without_a_check_says_so():
    class Empty(Validator):
        pass

    with pytest.raises(railguard.ValidatorError, match="Empty has no method validate"):
        Guard().use(Empty()).validate("x")


def test_a_function_of_a_prompt_is_a_model():
    asked: list[Any] = []

    def my_llm_api(prompt: str, **kwargs: Any) -> str:
        asked.append((prompt, kwargs))
        return '{"pet_type": "cat", "name": "Mia"}'

    guard = Guard.from_pydantic(output_class=Pet, prompt="Which pet?")
    assert guard(my_llm_api, temperature=0).validated_output["name"] == "Mia"
    assert asked == [("Which pet?", {"temperature": 0})]

    def with_instructions(prompt: str, *, instructions: str, **kwargs: Any) -> str:
        asked.append((prompt, instructions))
        return "hello"

    assert Guard.for_string([], prompt="Hi?", instructions="Be brief.")(with_instructions).validated_output == "hello"
    assert asked[-1] == ("Hi?", "Be brief.")


def test_messages_are_sent_as_they_are():
    llm = Responses("7")
    messages = [{"role": "user", "content": "How many {x}?"}]
    assert Guard()(llm.create, messages=messages).validated_output == "7"
    assert llm.asked[0]["messages"] == messages


def test_a_model_named_as_openais_is_asked(monkeypatch):
    seen: list[Any] = []

    def asking(self: Any, model: Any, **given: Any) -> Any:
        seen.append((model, given["messages"]))
        return railguard.Guard.from_string().parse("7")

    monkeypatch.setattr(railguard.Guard, "__call__", asking)
    Guard()(model="gpt-4o", messages=[{"role": "user", "content": "?"}])
    Guard()(model="openai/gpt-4o", messages=[{"role": "user", "content": "?"}])
    assert [model for model, _ in seen] == ["openai:gpt-4o"] * 2


def test_a_parsed_answer_is_asked_for_again_where_there_is_a_model():
    llm = Responses('{"move": "d4"}')
    guard = Guard.from_rail_string(CHESS)
    assert guard.parse('{"move": "e9"}').validation_passed is False
    res = guard.parse(llm_output='{"move": "e9"}', llm_api=llm.create, num_reasks=1)
    assert res.validated_output == {"move": "d4"}
    assert guard.parse('{"move": "e4"}', num_reasks=0).validated_output == {"move": "e4"}


def test_history_keeps_the_last_calls():
    guard = Guard().use(ValidLength, 1, 3)
    assert guard.history.last is None
    for number in range(12):
        guard.validate(str(number))
    assert len(guard.history) == 10
    assert guard.history.first.validated_output == "2"
    assert guard.history.last.raw_outputs == ["11"]
    assert guard.state.most_recent_call is guard.history.last
    from rich.console import Console

    console = Console(record=True, width=80, file=io.StringIO())
    console.print(guard.history.last.tree)
    assert "Raw LLM Output" in console.export_text()


def test_input_rules_hold_for_the_prompt():
    guard = Guard.from_string([], prompt="Say ${what}").use(ValidLength, max=9, on="prompt", on_fail="exception")
    llm = Responses("hello")
    assert guard(llm.create, prompt_params={"what": "hi"}).validated_output == "hello"
    with pytest.raises(ValidationError):
        guard(llm.create, prompt_params={"what": "something long"})


def test_a_stream_gives_outcomes_as_they_grow():
    def create(*, messages: Any, **kwargs: Any) -> Any:
        yield from ('{"pet_type": "dog", ', '"name": "Rex"}')

    outcomes = list(Guard.from_pydantic(Pet, prompt="?")(create, stream=True))
    assert outcomes[-1].validated_output == {"pet_type": "dog", "name": "Rex"}
    assert len(outcomes) > 1


def test_an_async_guard_is_awaited():
    async def create(*, messages: Any, **kwargs: Any) -> str:
        return "hello"

    guard = gd.AsyncGuard().use(ValidLength, 1, 9)
    messages = [{"role": "user", "content": "?"}]
    assert asyncio.run(guard(create, messages=messages)).validated_output == "hello"
    assert asyncio.run(guard.validate("hello")).validation_passed


def test_a_fix_at_the_end_of_a_budget_is_never_silent():
    llm = Responses(*['{"move": "e9"}'] * 3)
    res = Guard.from_rail_string(CHESS)(llm.create, num_reasks=1)
    assert res.validated_output is None
    assert res.reask["fail_results"][0].error_message == "e9 is no valid move."


def test_what_is_not_there_says_what_is_meant():
    import railguard.compat.guardrails.hub as hub

    with pytest.raises(AttributeError, match="did you mean 'valid-length'"):
        hub.ValidLengthh
    with pytest.raises(railguard.InputError, match="give a model"):
        Guard()(messages=[{"role": "user", "content": "?"}])
    with pytest.raises(railguard.InputError, match="nothing to ask"):
        Guard()(Responses("x").create)
    with pytest.raises(railguard.InputError, match="a validator is expected"):
        Guard().use(7)


def test_the_guard_below_is_railguards():
    guard = Guard.from_pydantic(Pet, prompt="?")
    assert isinstance(guard.guard, railguard.Guard)
    assert json.dumps(guard.guard.json_schema())
    assert guard.validate('{"pet_type": "dog", "name": "Rex"}').outcome.passed


def test_rounds_of_a_call_have_their_names():
    guard = Guard.from_rail_string(CHESS)
    guard.parse(llm_output='{"move": "e9"}', llm_api=Responses('{"move": "d4"}').create, num_reasks=1)
    first, last = guard.history.last.iterations
    assert (first.raw_output, first.status, len(first.failed_validations)) == ('{"move": "e9"}', "fail", 1)
    assert (last.parsed_output, last.status, last.tokens_consumed) == ({"move": "d4"}, "pass", last.tokens_consumed)
    assert first.raw == first.raw_output


def test_install_gives_the_hub_and_downloads_nothing():
    from railguard.compat.guardrails import install
    from railguard.compat.guardrails.classes import FailResult, ValidationOutcome
    from railguard.compat.guardrails.types import OnFailAction

    regex_match = install("hub://guardrails/regex_match", quiet=True).RegexMatch
    guard = Guard().use(regex_match(regex="^[a-z]+$", on_fail=OnFailAction.NOOP))
    outcome = guard.validate("ABC")
    assert isinstance(outcome, ValidationOutcome)
    assert outcome.validation_passed is False
    assert FailResult(error_message="no").error_message == "no"
    with pytest.raises(AttributeError, match="there is no validator"):
        install("hub://guardrails/no_such_thing_at_all")


def test_use_takes_several_validators_and_drops_none():
    guard = Guard().use(ValidLength(1, 9, on_fail="fix"), TwoWords(), ("valid-length", [1, 3], "noop"))
    assert [summary["validator_name"] for summary in guard.validate("abcdef").validation_summaries] == [
        "two-words",
        "length",
    ]
    assert Guard().use(TwoWords, ValidLength).validate("abcdef").validation_passed is False
    with pytest.raises(railguard.InputError, match="give on_fail= to the validator itself"):
        Guard().use(ValidLength(1, 3), on_fail="exception")
    with pytest.raises(railguard.InputError, match="a validator is expected, not int"):
        Guard().use(ValidLength(1, 3), 7)
    with pytest.raises(railguard.InputError, match="a tuple begins with a class"):
        Guard().use((7, "fix"))


def test_a_validator_of_a_field_may_be_a_tuple():
    class Titled(BaseModel):
        title: str = gd.Field(validators=[("two_words", "fix"), (IsValidChessMove, {"moves": ["a b"]}, "noop")])

    outcome = Guard.from_pydantic(Titled).parse('{"title": "a c d"}')
    assert outcome.validated_output == {"title": "a c"}
    assert [one["validator_name"] for one in outcome.validation_summaries] == ["is-valid-chess-move"]


def test_a_function_is_told_to_stream_if_it_can_be():
    asked: list[Any] = []

    def create(*, messages: Any, **options: Any) -> Any:
        asked.append(options)
        return iter(['{"pet_type": "dog", ', '"name": "Rex"}'])

    def without(*, messages: Any) -> Any:
        return create(messages=messages)

    for function, options in ((create, {"stream": True, "temperature": 0}), (without, {})):
        given = {"temperature": 0} if options else {}
        *_, last = Guard.from_pydantic(Pet, prompt="?")(function, stream=True, **given)
        assert last.validated_output["name"] == "Rex"
        assert asked.pop() == options


async def _acreate(*, messages: Any, stream: bool = False, **options: Any) -> Any:
    if not stream:
        return "hello"

    async def pieces() -> Any:
        yield "hel"
        yield "lo"

    return pieces()


@pytest.mark.parametrize("kind", [gd.Guard, gd.AsyncGuard])
def test_an_async_function_is_awaited_and_streams(kind):
    async def run() -> None:
        guard = kind().use(ValidLength, 1, 9)
        messages = [{"role": "user", "content": "?"}]
        assert (await guard(_acreate, messages=messages)).validated_output == "hello"
        fragments = await guard(_acreate, messages=messages, stream=True)
        assert [fragment.validated_output async for fragment in fragments][-1] == "hello"
        assert guard.history.length == 2

    asyncio.run(run())


def test_an_async_guard_asks_again_for_a_parsed_answer():
    async def create(*, messages: Any, **options: Any) -> str:
        return '{"move": "d4"}'

    guard = gd.AsyncGuard.from_rail_string(CHESS)
    outcome = asyncio.run(guard.parse('{"move": "e9"}', llm_api=create, num_reasks=1))
    assert outcome.validated_output == {"move": "d4"}
    assert asyncio.run(guard.validate('{"move": "e9"}')).validation_passed is False
    assert [call.raw_outputs.last for call in guard.history] == ['{"move": "d4"}', '{"move": "e9"}']


def test_a_call_that_raises_is_in_the_history():
    guard = Guard().use(ValidLength, 1, 3, on_fail="exception")
    with pytest.raises(ValidationError) as caught:
        guard.validate("too long")
    last = guard.history.last
    assert (last.status, last.exception, last.raw_outputs) == ("error", caught.value, ["too long"])
    with pytest.raises(ValidationError):
        guard(Responses("too long").create, messages=[{"role": "user", "content": "?"}])
    with pytest.raises(ValidationError):
        list(guard(Responses("too long").create, messages=[{"role": "user", "content": "?"}], stream=True))
    with pytest.raises(ValidationError):
        asyncio.run(gd.AsyncGuard(guard.guard).parse("too long"))
    assert [call.status for call in guard.history] == ["error"] * 3


def test_the_history_says_what_was_asked_and_what_each_rule_found():
    llm = Responses('{"move": "e9"}', '{"move": "d4"}')
    guard = Guard.from_rail_string(CHESS.replace("a chess board", "${board}"))
    guard(llm.create, prompt_params={"board": "a board"}, num_reasks=1)
    call = guard.history.first
    assert "{{board}}" in call.prompt
    assert call.prompt_params == {"board": "a board"}
    assert call.compiled_prompt.startswith("Generate a move for a board.")
    assert call.iterations.first.inputs.msg_history[0]["content"] == call.compiled_prompt
    assert (call.failed_validations.length, call.reasks.length, call.reask_prompts.length) == (1, 1, 1)
    log = call.iterations.first.validator_logs.last
    assert json.loads(log.json(indent=2))["validator_name"] == "is-valid-chess-move"
    assert call.guarded_output == {"move": "d4"}
    assert call.iterations.at(7) is None
    assert call.instructions is None


def test_a_prompt_with_a_rule_is_shown_without_running_it():
    guard = Guard.from_string([], prompt="Say ${what}").use(ValidLength, max=3, on="prompt", on_fail="exception")
    assert guard.base_prompt == "Say {{what}}"


def test_the_output_as_a_tool_and_as_a_response_format():
    guard = Guard.for_pydantic(Pet)
    *_, tool = guard.json_function_calling_tool([{"type": "function", "function": {"name": "other"}}])
    assert tool["function"]["parameters"]["properties"].keys() == {"pet_type", "name"}
    assert guard.response_format_json_schema()["json_schema"]["schema"]["required"] == ["pet_type", "name"]
    arguments = json.dumps({"pet_type": "dog", "name": "Rex"})
    call = {"id": "1", "type": "function", "function": {"name": tool["function"]["name"], "arguments": arguments}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    llm = Responses({"choices": [{"message": message, "finish_reason": "tool_calls"}]})  # type: ignore[arg-type]
    res = guard(llm.create, messages=[{"role": "user", "content": "?"}], tools=[tool], tool_choice="required")
    assert res.validated_output == {"pet_type": "dog", "name": "Rex"}


def test_a_validator_without_a_constructor_of_its_base_asks_its_model():
    @register_validator(name="guardrails/in_lower_case", data_type="string")
    class InLowerCase(Validator):
        def __init__(self) -> None:
            self.rail_alias = "in-lower-case"

        def _validate(self, value: Any, metadata: dict[str, Any]) -> ValidationResult:
            return PassResult() if self._inference(value) else FailResult(error_message="Use lower case.")

        def _inference_local(self, model_input: str) -> bool:
            return model_input.islower()

    assert Guard().use(InLowerCase).validate("Hello").validation_passed is False
    assert Guard().use(InLowerCase()).validate("hello").validation_passed is True
    with pytest.raises(NotImplementedError, match="_inference_remote"):
        Validator(use_local=False)._inference("x")


def test_a_custom_action_sees_which_parts_are_wrong():
    seen: list[Any] = []

    def custom(value: Any, result: FailResult) -> str:
        seen.extend(result.error_spans or ())
        return "hidden"

    guard = Guard().use(DetectPII(pii_entities=["EMAIL_ADDRESS"], on_fail=custom))
    assert guard.validate("Write to ann@example.com.").validated_output == "hidden"
    assert [(span.start, span.end) for span in seen] == [(9, 24)]
    guard = Guard().use(AllLowerCase())
    guard.validate("Hello")
    assert [(span.start, span.end) for span in guard.error_spans_in_output()] == [(0, 1)]


def test_a_guard_is_a_step_of_a_chain_that_keeps_the_kind_of_its_input():
    from langchain_core.language_models.fake_chat_models import FakeListChatModel
    from langchain_core.output_parsers import JsonOutputParser, StrOutputParser

    guard = Guard().use(IsValidChessMove(moves=["a3"], on_fail="fix"))
    assert (FakeListChatModel(responses=["e9"]) | guard.to_runnable() | StrOutputParser()).invoke("?") == "a3"
    assert guard.history.last.validated_output == "a3"
    of_pet = Guard.for_pydantic(Pet)
    chain = FakeListChatModel(responses=['{"pet_type": "dog", "name": "Rex",}']) | of_pet.to_runnable()
    assert (chain | JsonOutputParser()).invoke("?") == {"pet_type": "dog", "name": "Rex"}
    with pytest.raises(ValidationError):
        of_pet.to_runnable().invoke('{"pet_type": "dog"}')


def test_the_providers_of_well_known_names_are_asked():
    from railguard.compat.guardrails.models import model_of

    assert model_of(None, {"model": "claude-sonnet-4-5"}) == "anthropic:claude-sonnet-4-5"
    assert model_of(None, {"model": "ollama:llama3"}) == "ollama:llama3"

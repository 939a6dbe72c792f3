"""`guard.as_parser()`: the end of `prompt | model | parser`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import pytest

pytest.importorskip("langchain_core")
pytest.importorskip("langchain_openai")

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from railguard import Guard, ValidationFailed
from railguard_validators.lower_case import lower_case
from railguard_validators.valid_range import valid_range


class Person(BaseModel):
    name: Annotated[str, lower_case(on_fail="fix")]
    age: Annotated[int, valid_range(0, 120)]


ANN = Person(name="ann", age=36)
PROMPT = ChatPromptTemplate.from_messages([("user", "Who? {document}\n{format}")])


@pytest.fixture
def parser() -> Any:
    return Guard.from_pydantic(Person).as_parser()


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_a_chain_ends_in_a_value_that_was_repaired_and_fixed(server, parser, way):
    server.will('Here you are:\n```json\n{"name": "Ann", "age": "36",}\n```')
    chain = PROMPT.partial(format=parser.get_format_instructions()) | ChatOpenAI(model="gpt-5") | parser
    given = {"document": "A letter."}
    assert (chain.invoke(given) if way == "invoke" else asyncio.run(chain.ainvoke(given))) == ANN
    assert "age: integer" in server.requests[0]["messages"][0]["content"]


@pytest.mark.parametrize("answer", ["I do not know.", '{"name": "ann", "age": 360}', '{"name": "ann"}'])
@pytest.mark.parametrize("given", [str, AIMessage])
@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_what_would_have_to_be_asked_again_is_the_parsers_exception(parser, answer, given, way):
    with pytest.raises(OutputParserException) as caught:
        parser.invoke(given(answer)) if way == "invoke" else asyncio.run(parser.ainvoke(given(answer)))
    assert caught.value.llm_output == answer
    assert isinstance(caught.value.__cause__, ValidationFailed)
    assert caught.value.__cause__.outcome.failures


def test_a_text_and_a_message_are_parsed_alike(parser):
    text = '{"name": "Ann", "age": 36}'
    assert parser.parse(text) == parser.invoke(text) == parser.invoke(AIMessage(text)) == ANN
    assert asyncio.run(parser.aparse(text)) == ANN


def test_the_answer_may_be_a_tool_call(parser):
    call = {"name": "person", "args": {"name": "Ann", "age": 36}, "id": "1", "type": "tool_call"}
    assert parser.invoke(AIMessage("", tool_calls=[call])) == ANN


def test_a_refusal_is_no_value(parser):
    with pytest.raises(OutputParserException, match="refused"):
        parser.invoke(AIMessage("", additional_kwargs={"refusal": "I will not."}))


def test_a_message_that_was_cut_off_is_no_value():
    parser = Guard.from_string().as_parser()
    assert parser.invoke(AIMessage("Once upon")) == "Once upon"
    with pytest.raises(OutputParserException):
        parser.invoke(AIMessage("Once upon", response_metadata={"finish_reason": "length"}))


def test_a_rule_that_says_exception_is_the_parsers_exception_too():
    parser = Guard.from_string([lower_case(on_fail="exception")]).as_parser()
    with pytest.raises(OutputParserException) as caught:
        parser.invoke("LOUD")
    assert caught.value.llm_output == "LOUD"
    with pytest.raises(OutputParserException):
        asyncio.run(parser.ainvoke("LOUD"))


def test_the_output_type_is_the_users_own(parser):
    assert parser.OutputType is Person
    assert parser.get_output_jsonschema()["required"] == ["name", "age"]
    assert Guard.from_json_schema({"type": "integer"}).as_parser().OutputType is Any
    assert "integer" in Guard.from_json_schema({"type": "integer"}).as_parser().get_format_instructions()


def test_a_chain_with_a_parser_streams_its_value(server, parser):
    server.will('{"name": "ann", "age": 36}')
    chain = PROMPT.partial(format="") | ChatOpenAI(model="gpt-5") | parser
    assert list(chain.stream({"document": "A letter."})) == [ANN]


def test_the_instructions_are_the_short_type_with_every_rule() -> None:
    from railguard_validators.two_words import two_words

    class Named(BaseModel):
        name: Annotated[str, two_words()]

    told = Guard.from_pydantic(Named).as_parser().get_format_instructions()
    assert "name: string  // exactly two words" in told
    assert "JSON Schema" not in told

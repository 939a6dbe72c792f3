"""Programs that are only type-checked: what a checker says of them stands beside each line, and mypy and pyright agree."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, reveal_type

from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from railguard import Guard, StreamEvent, ValidationOutcome, guarded, guarded_tool


class Person(BaseModel):
    name: str
    age: int


class Response:
    """Of an SDK."""


def guards(text: str, model: Any) -> None:
    person = Guard.from_pydantic(Person)
    reveal_type(person)  # Guard[Person]
    reveal_type(Guard.from_pydantic(int))  # Guard[int]
    reveal_type(Guard.from_pydantic(list[Person]))  # Guard[list[Person]]
    reveal_type(Guard.from_pydantic(int | None))  # Guard[Any]
    reveal_type(Guard.from_rail("a.rail"))  # Guard[Any]
    reveal_type(Guard.from_rail_string("<rail/>"))  # Guard[Any]
    reveal_type(Guard.from_json_schema({}))  # Guard[Any]
    reveal_type(Guard.from_string())  # Guard[str]
    reveal_type(person.using())  # Guard[Person]
    reveal_type(person.parse(text))  # ValidationOutcome[Person]
    reveal_type(person.parse(text).output)  # Person | None
    reveal_type(person(model, {"document": text}, timeout=3, temperature=0))  # ValidationOutcome[Person]
    reveal_type(person.resume(person.parse(text), model))  # ValidationOutcome[Person]
    for event in person.stream(model, raw=True):
        reveal_type(event)  # StreamEvent[Person]
        reveal_type(event.outcome)  # ValidationOutcome[Person] | None
    person(model, timeout="x")  # error
    person.stream(model, raw="yes")  # error
    person.parse(text).outptu  # error
    output = person.parse(text).output
    if output is not None:
        output.nmae  # error


async def async_guards(text: str, model: Any) -> None:
    person = Guard.from_pydantic(Person)
    reveal_type(await person.aparse(text))  # ValidationOutcome[Person]
    reveal_type(await person.acall(model, {}, max_reasks=1, temperature=0))  # ValidationOutcome[Person]
    async for event in person.astream(model, on_stream_failure="abort"):
        reveal_type(event)  # StreamEvent[Person]
    await person.acall(model, timeout="x")  # error
    person.astream(model, on_stream_failure="never")  # error
    person.acall(model).output  # error


def unparametrized(guard: Guard, outcome: ValidationOutcome, event: StreamEvent) -> None:
    reveal_type(guard.parse("x"))  # ValidationOutcome[Any]
    reveal_type(event.outcome)  # ValidationOutcome[Any] | None


@guarded(Person, max_reasks=1, timeout=None)
def text(messages: Any, temperature: float = 0) -> str:
    return ""


@guarded(Person)
def response(messages: list[dict[str, Any]]) -> Response:
    return Response()


@guarded(Person)
def pieces(messages: Any) -> Iterator[str]:
    yield ""


@guarded(Person)
def anything(messages: Any, **kwargs: Any) -> Any:
    return ""


@guarded(Person)
async def async_text(messages: Any, temperature: float = 0) -> str:
    return ""


@guarded(Person)
async def async_anything(messages: Any, **kwargs: Any) -> Any:
    return ""


@guarded(Person)
async def async_pieces(messages: Any) -> AsyncIterator[str]:
    yield ""


@guarded(Person)
def by_name(*, messages: Any, temperature: float = 0) -> str:
    return ""


@guarded
def bare(messages: Any) -> Person:
    raise NotImplementedError


@guarded()
async def annotated(messages: Any) -> Person:
    raise NotImplementedError


@guarded("specs/fees.rail")
def of_rail(messages: Any, **variables: Any) -> str:
    return ""


@guarded(Guard.from_pydantic(Person))
def of_guard(messages: Any) -> str:
    return ""


class Agent:
    @guarded(Person)
    def ask(self, messages: Any, temperature: float = 0) -> str:
        return ""

    @guarded(Person)
    async def aask(self, messages: Any, **kwargs: Any) -> str:
        return ""

    @guarded(Person)
    @classmethod
    def of_class(cls, messages: list[dict[str, Any]], *, temperature: float = 0) -> str:
        return ""

    @guarded(Person)
    @staticmethod
    def static(messages: list[dict[str, Any]], *, temperature: float = 0) -> str:
        return ""

    @guarded(Person)
    @staticmethod
    async def astatic(messages: list[dict[str, Any]]) -> str:
        return ""


def functions(messages: list[dict[str, Any]]) -> None:
    reveal_type(text())  # Person
    reveal_type(text(temperature=1))  # Person
    reveal_type(text(messages))  # Person
    reveal_type(text(messages=messages, temperature=1))  # Person
    reveal_type(text(variables={"document": "x"}))  # Person
    reveal_type(text.outcome())  # ValidationOutcome[Person]
    reveal_type(text.outcome(variables={"document": "x"}))  # ValidationOutcome[Person]
    reveal_type(text.guard)  # Guard[Person]
    reveal_type(next(text.stream()))  # StreamEvent[Person]
    reveal_type(response())  # Person
    reveal_type(pieces())  # Person
    reveal_type(anything(document="x"))  # Person
    reveal_type(by_name(messages=messages, temperature=1))  # Person
    reveal_type(bare())  # Person
    reveal_type(of_rail(document="x"))  # Any
    reveal_type(of_guard())  # Person
    reveal_type(Agent().ask())  # Person
    reveal_type(Agent().ask(messages, temperature=1))  # Person
    reveal_type(Agent().ask.outcome())  # ValidationOutcome[Person]
    reveal_type(Agent.of_class(temperature=1))  # Person
    reveal_type(Agent().of_class(temperature=1))  # Person
    reveal_type(Agent().of_class.outcome())  # ValidationOutcome[Person]
    reveal_type(Agent.static(temperature=1))  # Person
    reveal_type(Agent().static(messages))  # Person
    text(tmperature=1)  # error
    Agent.of_class(tmperature=1)  # error
    Agent().static(tmperature=1)  # error
    text(temperature="x")  # error
    Agent().ask(tmperature=1)  # error
    text().nmae  # error
    text.otcome()  # error
    guarded(Person, timeot=3)  # error
    guarded(Person, timeout="x")  # error


async def async_functions() -> None:
    reveal_type(await async_text())  # Person
    reveal_type(await async_text.outcome())  # ValidationOutcome[Person]
    reveal_type(await async_anything(document="x"))  # Person
    reveal_type(await async_pieces())  # Person
    reveal_type(await annotated())  # Person
    reveal_type(await Agent().aask(document="x"))  # Person
    reveal_type(await Agent.astatic())  # Person
    reveal_type(await Agent().astatic())  # Person
    async for event in async_text.astream():
        reveal_type(event)  # StreamEvent[Person]
    async_text().name  # error
    async_text.outcome().output  # error
    await text()  # error


@guarded_tool
def search(query: str, limit: int = 10) -> list[str]:
    return []


def tools() -> None:
    reveal_type(search("x", limit=3))  # list[str]
    reveal_type(search.call('{"query": "x"}'))  # list[str]
    search(query=3)  # error


def chains(model: ChatOpenAI, prompt: ChatPromptTemplate) -> None:
    person = Guard.from_pydantic(Person)
    reveal_type(person.to_runnable(model).invoke("x"))  # Person
    reveal_type((prompt | person.to_runnable(model)).invoke({}))  # Person
    reveal_type(person.to_runnable(model, include_outcome=True).invoke("x"))  # ValidationOutcome[Person]
    reveal_type((prompt | model | person.as_parser()).invoke({}))  # Person
    reveal_type(person.as_parser().parse("x"))  # Person
    person.to_runnable(model).configurable_fields(max_reasks=ConfigurableField("reasks"))
    person.to_runnable(model).invoke("x").nmae  # error
    person.to_runnable(model, max_reasks="x")  # error

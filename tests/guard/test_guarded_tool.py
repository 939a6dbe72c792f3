"""`@guarded_tool`: what a model gives a tool is checked before the tool runs."""

from __future__ import annotations

import asyncio
import datetime
import functools
import inspect
import pickle
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from railguard import FailResult, InputError, SpecError, ValidationFailed, guarded_tool, validator
from railguard_validators.length import length
from railguard_validators.valid_range import valid_range


@validator("t-gt-plain", replace=True)
def plain(value: str) -> FailResult | None:
    """Has no semicolon."""
    return FailResult("Write no semicolon.", fix=value.replace(";", "")) if ";" in value else None


RAN: list[Any] = []


@guarded_tool
def search(
    query: Annotated[str, length(1, 20), plain()],
    limit: Annotated[int, valid_range(1, 50)] = 10,
    tag: Annotated[str, plain(on_fail="filter")] = "none",
    order: Literal["new", "old"] = "new",
) -> tuple[Any, ...]:
    """Search the archive."""
    RAN.append(query)
    return query, limit, tag, order


def test_valid_arguments_run_the_tool() -> None:
    assert search("rail", limit=3) == ("rail", 3, "none", "new")
    assert search.call('{"query": "rail", "order": "old"}') == ("rail", 10, "none", "old")
    assert search.call({"query": "rail"}) == ("rail", 10, "none", "new")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ('{"query": ""}', r"\$\.query"),
        ('{"query": "a;b"}', "Write no semicolon"),
        ('{"query": "a", "limit": 99}', r"\$\.limit"),
        ('{"query": "a", "limit": true}', r"\$\.limit"),
        ('{"query": "a", "order": "best"}', r"\$\.order"),
        ("{}", r"\$\.query"),
        ("no JSON", r"\$"),
    ],
)
def test_invalid_ones_do_not_and_the_error_says_what_to_mend(arguments: str, said: str) -> None:
    RAN.clear()
    with pytest.raises(ValidationFailed, match=said):
        search.call(arguments)
    assert not RAN


def test_a_direct_call_is_checked_as_well() -> None:
    with pytest.raises(ValidationFailed, match="semicolon"):
        search("a;b")
    with pytest.raises(TypeError):
        search("a", 1, 2, 3, 4, 5)  # type: ignore[call-arg]


def test_a_filter_leaves_an_optional_argument_out_and_a_fix_mends_one() -> None:
    assert search.call({"query": "a", "tag": "x;y"}) == ("a", 10, "none", "new")

    @guarded_tool
    def shout(text: Annotated[str, plain(on_fail="fix")]) -> str:
        return text

    assert shout(text="a;b") == "ab"


def test_the_outcome_can_be_had_without_running() -> None:
    RAN.clear()
    outcome = search.outcome('{"query": "a;b", "limit": 0}')
    assert [str(failure.path) for failure in outcome.failures] == ["$.query", "$.limit"]
    assert not RAN


def test_an_unknown_argument_is_put_aside_as_in_any_answer() -> None:
    outcome = search.outcome('{"query": "a", "colour": "red"}')
    assert outcome.passed
    assert "unknown-key" in [repair.rule for repair in outcome.repairs]


def test_it_looks_like_its_function_and_has_a_schema() -> None:
    assert search.__name__ == "search"
    assert search.__doc__ == "Search the archive."
    assert list(inspect.signature(search).parameters) == ["query", "limit", "tag", "order"]
    schema = search.schema
    assert schema["required"] == ["query"]
    assert schema["properties"]["query"]["maxLength"] == 20
    assert schema["properties"]["limit"]["maximum"] == 50


def test_python_values_go_in_and_come_out_as_they_are_annotated() -> None:
    @guarded_tool
    def book(day: datetime.date, seats: list[int]) -> Any:
        return day, seats

    assert book(datetime.date(2024, 5, 31), [1]) == (datetime.date(2024, 5, 31), [1])
    assert book.call('{"day": "2024-05-31", "seats": [1]}') == (datetime.date(2024, 5, 31), [1])
    with pytest.raises(InputError, match="no form as JSON"):
        book(object(), [1])  # type: ignore[arg-type]


def test_an_async_tool_is_awaited_and_checked_by_async_validators() -> None:
    @validator("t-gt-async", replace=True)
    async def later(value: str) -> bool:
        await asyncio.sleep(0)
        return value != "no"

    @guarded_tool
    async def fetch(name: Annotated[str, later()]) -> str:
        return name.upper()

    async def main() -> None:
        assert inspect.iscoroutinefunction(fetch)
        assert await fetch("yes") == "YES"
        assert await fetch.call('{"name": "yes"}') == "YES"
        with pytest.raises(ValidationFailed):
            await fetch(name="no")

    asyncio.run(main())


def test_metadata_reaches_the_validators() -> None:
    @validator("t-gt-known", metadata=("names",), replace=True)
    def known(value: str, ctx: Any) -> bool:
        return value in ctx.metadata["names"]

    @guarded_tool
    def greet(name: Annotated[str, known()]) -> str:
        return f"Hi {name}"

    assert greet.call({"name": "Ann"}, metadata={"names": ["Ann"]}) == "Hi Ann"
    with pytest.raises(InputError, match="names"):
        greet("Ann")


def test_a_function_whose_arguments_nobody_could_give_is_refused() -> None:
    def star(*names: str) -> None: ...
    def bare(name) -> None: ...  # type: ignore[no-untyped-def]
    def unreadable(name: Nowhere) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    for function in (star, bare, unreadable):
        with pytest.raises(SpecError) as caught:
            guarded_tool(function)
        assert caught.value.problems[0].code == "tool"


class Archive:
    def __init__(self, name: str) -> None:
        self.name = name

    @guarded_tool
    def search(self, query: Annotated[str, length(1, 5)], limit: int = 10) -> str:
        """Search one archive."""
        return f"{self.name}: {limit} of {query}"

    @guarded_tool
    async def load(self, key: Annotated[str, length(1, 5)]) -> str:
        return f"{self.name}: {key}"

    @classmethod
    @guarded_tool
    def open(cls, name: Annotated[str, length(1, 5)]) -> Archive:
        return cls(name)

    @guarded_tool
    @classmethod
    def create(cls, name: Annotated[str, length(1, 5)]) -> Archive:
        return cls(name)

    @guarded_tool
    @staticmethod
    def shout(text: Annotated[str, length(1, 5)]) -> str:
        return text.upper()


class Library(Archive):
    pass


def test_a_tool_may_stand_around_a_classmethod_or_a_staticmethod() -> None:
    assert type(Library.create("x")) is type(Library("y").create("x")) is type(Library.open("x")) is Library
    assert Library.create.call('{"name": "x"}').name == "x"
    assert Archive.shout("a") == Archive("x").shout.call({"text": "a"}) == "A"
    with pytest.raises(ValidationFailed):
        Library.create("too long")


def test_a_tool_is_pickled_by_its_name() -> None:
    assert pickle.loads(pickle.dumps(Archive.search)) is Archive.search
    assert pickle.loads(pickle.dumps(Archive("a").search))("rail") == "a: 10 of rail"


def test_a_method_is_a_tool_of_its_instance() -> None:
    old, new = Archive("old"), Archive("new")
    assert old.search("rail") == "old: 10 of rail"
    assert new.search.call('{"query": "rail", "limit": 2}') == "new: 2 of rail"
    assert Archive.search(old, "rail") == "old: 10 of rail"
    assert asyncio.run(new.load.call({"key": "a"})) == "new: a"
    assert Archive.open("x").name == "x"
    assert list(old.search.schema["properties"]) == ["query", "limit"]
    assert list(inspect.signature(old.search).parameters) == ["query", "limit"]
    with pytest.raises(ValidationFailed, match=r"the arguments of search are not valid:\n  \$\.query"):
        old.search("railway")
    with pytest.raises(TypeError, match="search is a method: call it on an instance"):
        Archive.search.call('{"query": "rail"}')


def test_parameters_may_have_names_that_pydantic_keeps_for_itself() -> None:
    @guarded_tool
    def tool(
        _first: Annotated[int, valid_range(1, 5)], schema: str = "s", model_config: str = "m", copy: int = 1
    ) -> Any:
        return _first, schema, model_config, copy

    assert tool.call('{"_first": 3, "schema": "x"}') == (3, "x", "m", 1)
    assert tool(4, model_config="y") == (4, "s", "y", 1)
    assert list(tool.schema["properties"]) == ["_first", "schema", "model_config", "copy"]
    with pytest.raises(ValidationFailed, match=r"\$\._first"):
        tool.call('{"_first": 9}')


def test_parameters_may_be_positional_only_for_the_program_and_have_pydantics_defaults() -> None:
    @guarded_tool
    def tool(a: int, b: int = 2, /, *, c: int = Field(default=3, ge=1)) -> Any:
        return a, b, c

    assert tool.call('{"a": 1}') == (1, 2, 3)
    assert tool.call('{"b": 5, "a": 1, "c": 9}') == (1, 5, 9)
    assert tool(1, c=4) == (1, 2, 4)
    with pytest.raises(ValidationFailed, match=r"\$\.c"):
        tool.call('{"a": 1, "c": 0}')


def test_what_has_no_annotations_to_read_is_refused() -> None:
    with pytest.raises(SpecError, match="its annotations cannot be read"):
        guarded_tool(functools.partial(print))

"""`@guarded`: the user's own model call becomes a function that returns a valid value, or raises."""

import asyncio
import functools
import inspect
import json
import warnings
from pathlib import Path as FilePath
from typing import Any

import pytest
from pydantic import BaseModel

from railguard import Guard, InputError, SpecError, ValidationFailed, ValidationOutcome, guarded

RAIL = """<rail version="1.0">
  <output><integer name="age"/><string name="name"/></output>
  <messages><message role="user">Who is in ${document}?</message></messages>
</rail>"""
GOOD, BAD, MENDED = '{"age":36,"name":"Ann"}', '{"age":"old","name":"Ann"}', '{"age":36}'
USER = [{"role": "user", "content": "go"}]


class Person(BaseModel):
    age: int
    name: str


class Client:
    """Answers in order, and remembers what it was called with."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.calls: list[dict[str, Any]] = []

    def create(self, **kwargs: Any) -> str:
        self.calls.append(kwargs)
        return self.answers[len(self.calls) - 1]


class TestCalling:
    def test_variables_go_to_the_spec_and_the_rest_to_the_function_in_every_round(self) -> None:
        client = Client(BAD, MENDED)

        @guarded(RAIL)
        def extract(messages: Any, **kwargs: Any) -> str:
            return client.create(messages=messages, **kwargs)

        assert extract(document="a letter", temperature=0, top=[1]) == {"age": 36, "name": "Ann"}
        assert [{k: v for k, v in call.items() if k != "messages"} for call in client.calls] == [
            {"temperature": 0, "top": [1]}
        ] * 2
        (asked,) = client.calls[0]["messages"]
        assert asked["content"].startswith("Who is in a letter?\n\nWrite only JSON of this type")
        assert client.calls[1]["messages"][0] == client.calls[0]["messages"][0]

    def test_outcome_gives_the_outcome_and_raises_for_no_failure(self) -> None:
        @guarded(RAIL, max_reasks=0)
        def extract(messages: Any) -> str:
            return BAD

        outcome = extract.outcome(document="x")
        assert isinstance(outcome, ValidationOutcome)
        assert outcome.partial == {"name": "Ann"}

    def test_an_unresolved_failure_raises_with_the_outcome(self) -> None:
        @guarded(RAIL, max_reasks=1)
        def extract(messages: Any) -> str:
            return BAD

        with pytest.raises(ValidationFailed, match=r"\$\.age") as caught:
            extract(document="x")
        assert [f.path for f in caught.value.outcome.failures] == [("age",)]
        assert len(caught.value.outcome.iterations) == 2

    def test_noop_failures_do_not_raise(self) -> None:
        from railguard_validators.length import length

        guard = Guard.from_json_schema({"type": "object", "properties": {"s": {"type": "string"}}})
        guard = guard.using(length(max=1, on_fail="noop"), on="$.s")

        @guarded(guard)
        def extract(messages: Any) -> str:
            return '{"s":"long"}'

        assert extract(USER) == {"s": "long"}
        assert not extract.outcome(USER).passed

    def test_the_schema_of_the_wanted_answer_is_given_to_a_parameter_of_that_name(self) -> None:
        schemas: list[Any] = []
        answers = iter([BAD, MENDED])

        @guarded(RAIL)
        def extract(messages: Any, schema: Any) -> str:
            schemas.append(schema)
            return next(answers)

        extract(document="x")
        assert list(schemas[0]["properties"]) == ["age", "name"]
        assert list(schemas[1]["properties"]) == ["age"]

    def test_extract_guard_is_the_guard(self) -> None:
        guard = Guard.from_rail_string(RAIL)

        @guarded(guard)
        def extract(messages: Any) -> str:
            """Extracts."""
            return GOOD

        assert extract.guard is guard
        assert (extract.__name__, extract.__doc__) == ("extract", "Extracts.")
        assert str(inspect.signature(extract)) == "(messages: Any = Ellipsis, *, document)"
        assert repr(extract).startswith(
            "<guarded TestCalling.test_extract_guard_is_the_guard.<locals>.extract(messages"
        )

    def test_its_signature_is_what_may_be_given(self) -> None:
        class Agent:
            @guarded(RAIL)
            def ask(self, messages: Any, temperature: float = 0.0, schema: Any = None, **more: Any) -> str:
                return GOOD

        @guarded(Person)
        def by_name(*, messages: Any, top: int = 1) -> str:
            return GOOD

        @guarded(RAIL)
        def anything(*messages: Any) -> str:
            return GOOD

        given = "messages: Any = Ellipsis, *, temperature: float = 0.0, document, **more: Any)"
        assert str(inspect.signature(Agent().ask)) == f"({given}"
        assert str(inspect.signature(Agent.ask)) == f"(self, {given}"
        assert str(inspect.signature(by_name)) == "(*, messages: Any = Ellipsis, top: int = 1)"
        assert str(inspect.signature(anything)) == "(*, document)"

    def test_variables_may_be_given_as_a_dict(self) -> None:
        client = Client(GOOD, GOOD, GOOD)

        @guarded(RAIL)
        def extract(messages: Any, temperature: float = 0.0) -> str:
            return client.create(messages=messages, temperature=temperature)

        extract(variables={"document": "a letter"}, temperature=1.0)
        extract.outcome(variables={"document": "a letter"}, temperature=1.0)
        extract(document="a letter", temperature=1.0)
        assert client.calls[0] == client.calls[1] == client.calls[2]
        with pytest.raises(InputError, match="variables= is a dict"):
            extract.outcome(variables="a letter")  # type: ignore[call-overload]  # that is what is tested

    def test_a_parameter_of_the_function_may_be_called_variables(self) -> None:
        seen = []

        @guarded(Person)
        def extract(messages: Any, variables: Any = None) -> str:
            seen.append(variables)
            return GOOD

        assert extract(USER, variables=[1]).name == "Ann"
        assert seen == [[1]]

    @pytest.mark.parametrize("is_async", [False, True])
    def test_it_streams(self, is_async: bool) -> None:
        def pieces(messages: Any, size: int = 5) -> Any:
            yield from (GOOD[at : at + size] for at in range(0, len(GOOD), size))

        async def async_pieces(messages: Any, size: int = 5) -> Any:
            for piece in pieces(messages, size):
                yield piece

        class Agent:
            @guarded(RAIL)
            def ask(self, messages: Any) -> Any:
                return pieces(messages)

        extract = guarded(RAIL)(async_pieces if is_async else pieces)

        async def main() -> list[Any]:
            return [event async for event in extract.astream(document="x", size=3, raw=True)]

        events = [*extract.stream(document="x", size=3, raw=True)]
        told = [(event.type, event.text, event.path) for event in events]
        assert told == [(event.type, event.text, event.path) for event in asyncio.run(main())]
        assert "".join(event.text for event in events if event.type == "delta") == GOOD
        assert [str(event.path) for event in events if event.type == "field"] == ["$.age", "$.name"]
        assert events[-1].outcome is not None
        assert events[-1].outcome.output == {"age": 36, "name": "Ann"}
        assert [event.type for event in Agent().ask.stream(document="x")] == ["field", "field", "outcome"]
        with pytest.raises(InputError, match="on_stream_failure is finish or abort"):
            extract.stream(document="x", on_stream_failure="never")


class TestMessages:
    def make(self) -> tuple[Any, Client]:
        client = Client(GOOD, GOOD)

        @guarded(Person)
        def extract(messages: Any, **kwargs: Any) -> str:
            return client.create(messages=messages, **kwargs)

        return extract, client

    def test_they_are_taken_by_position_and_by_keyword(self) -> None:
        extract, client = self.make()
        assert extract(USER) == extract(messages=USER) == Person(age=36, name="Ann")
        first, second = (call["messages"] for call in client.calls)
        assert first == second
        assert first[0]["content"].startswith(USER[0]["content"])

    def test_twice_is_an_error(self) -> None:
        extract, _ = self.make()
        with pytest.raises(InputError, match="twice"):
            extract(USER, messages=USER)

    @pytest.mark.parametrize("wrong", ["hello", {"role": "user"}, 7, None])
    def test_what_is_no_list_of_messages_is_an_error(self, wrong: Any) -> None:
        extract, client = self.make()
        with pytest.raises(InputError, match="messages"):
            extract(wrong)
        assert client.calls == []

    def test_more_by_position_is_an_error(self) -> None:
        extract, _ = self.make()
        with pytest.raises(InputError, match="position"):
            extract(USER, 0)

    def test_templates_may_be_given_with_a_type(self) -> None:
        client = Client(GOOD)

        @guarded(Person, messages="Who is in ${document}?", tell_schema="never")
        def extract(messages: Any) -> str:
            return client.create(messages=messages)

        extract(document="it")
        assert client.calls[0]["messages"][-1]["content"] == "Who is in it?"

    def test_templates_beside_a_rail_document_are_an_error(self) -> None:
        with pytest.raises(InputError, match="messages"):
            guarded(RAIL, messages="x")(lambda messages: GOOD)


class TestSpecs:
    def test_a_file_by_text_and_by_path(self, tmp_path: FilePath) -> None:
        file = tmp_path / "p.rail"
        file.write_text(RAIL)
        for spec in (str(file), file):

            @guarded(spec)
            def extract(messages: Any) -> str:
                return GOOD

            assert extract(document="x") == json.loads(GOOD)

    def test_a_json_schema_and_a_guard(self) -> None:
        schema = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
        for spec in (schema, Guard.from_json_schema(schema)):

            @guarded(spec)
            def extract(messages: Any) -> str:
                return '{"age":36}'

            assert extract(USER) == {"age": 36}

    def test_the_return_annotation_bare_and_with_brackets(self) -> None:
        @guarded
        def bare(messages: Any) -> Person:
            return GOOD  # type: ignore[return-value]

        @guarded()
        def called(messages: Any) -> list[Person]:
            return f"[{GOOD}]"  # type: ignore[return-value]

        assert bare(USER) == Person(age=36, name="Ann")
        assert called(USER) == [Person(age=36, name="Ann")]

    def test_text_as_return_annotation_is_a_plain_text_answer(self) -> None:
        @guarded
        def say(messages: Any) -> str:
            return "hello"

        assert say(USER) == "hello"

    @pytest.mark.parametrize("annotation", [None, inspect.Parameter.empty])
    def test_no_annotation_and_no_spec_is_an_error_at_decoration(self, annotation: Any) -> None:
        def extract(messages: Any):  # type: ignore[no-untyped-def]
            return GOOD

        if annotation is None:
            extract.__annotations__["return"] = None
        with pytest.raises(SpecError, match="return"):
            guarded(extract)

    def test_an_annotation_that_cannot_be_read_is_an_error_at_decoration(self) -> None:
        def extract(messages: Any) -> "Nowhere":  # type: ignore[name-defined]  # noqa: F821
            return GOOD

        with pytest.raises(SpecError, match="Nowhere"):
            guarded(extract)

    def test_a_wrong_spec_is_an_error_at_decoration(self) -> None:
        with pytest.raises(SpecError):
            guarded('<rail version="1.0"><output><integr name="a"/></output></rail>')(lambda messages: GOOD)

    def test_a_name_that_is_a_variable_and_a_parameter_is_a_type_error_at_decoration(self) -> None:
        with pytest.raises(TypeError, match="document"):

            @guarded(RAIL)
            def extract(messages: Any, document: str) -> str:
                return GOOD

    def test_a_missing_variable_is_an_error_before_the_function_is_called(self) -> None:
        client = Client(GOOD)

        @guarded(RAIL)
        def extract(messages: Any, **kwargs: Any) -> str:
            return client.create(messages=messages)

        with pytest.raises(InputError, match="document"):
            extract()
        assert client.calls == []

    def test_the_spec_is_read_once(self, tmp_path: FilePath) -> None:
        file = tmp_path / "p.rail"
        file.write_text(RAIL)

        @guarded(file)
        def extract(messages: Any) -> str:
            return GOOD

        file.unlink()
        assert extract(document="x")


class TestMethods:
    def test_a_method_sees_its_own_instance(self) -> None:
        class Agent:
            def __init__(self, answer: str) -> None:
                self.client = Client(answer, answer)

            @guarded(Person)
            def extract(self, messages: Any, **kwargs: Any) -> str:
                return self.client.create(messages=messages, **kwargs)

        one, two = Agent(GOOD), Agent(GOOD.replace("36", "37"))
        assert one.extract(USER, temperature=1).age == 36
        assert two.extract(messages=USER).age == 37
        assert one.extract.outcome(USER).output.age == 36
        assert (len(one.client.calls), len(two.client.calls)) == (2, 1)
        assert one.client.calls[0]["temperature"] == 1
        assert one.extract.guard is two.extract.guard is Agent.extract.guard

    def test_two_bound_methods_do_not_share(self) -> None:
        class Agent:
            def __init__(self, name: str) -> None:
                self.name = name

            @guarded(Person)
            def extract(self, messages: Any) -> str:
                return json.dumps({"age": 1, "name": self.name})

        first, second = Agent("Ann").extract, Agent("Bob").extract
        assert (first(USER).name, second(USER).name, first(USER).name) == ("Ann", "Bob", "Ann")

    def test_a_variable_named_like_a_parameter_of_a_method_is_refused_and_self_is_not(self) -> None:
        class Agent:
            @guarded(RAIL)
            def extract(self, messages: Any) -> str:
                return GOOD

        assert Agent().extract(document="x") == json.loads(GOOD)

    def test_a_staticmethod_and_a_classmethod_around_it(self) -> None:
        class Agent:
            name = "Ann"

            @staticmethod
            @guarded(Person)
            def static(messages: Any) -> str:
                return GOOD

            @classmethod
            @guarded(Person)
            def of_class(cls, messages: Any) -> str:
                return json.dumps({"age": 1, "name": cls.name})

        class Other(Agent):
            name = "Bob"

        assert Agent.static(USER).name == Agent().static(USER).name == "Ann"
        assert (Agent.of_class(USER).name, Agent().of_class(USER).name, Other.of_class(USER).name) == (
            "Ann",
            "Ann",
            "Bob",
        )

    @pytest.mark.parametrize("wrap", [staticmethod, classmethod])
    @pytest.mark.parametrize("decorate", [guarded(Person), guarded], ids=["with brackets", "bare"])
    def test_it_may_stand_around_a_staticmethod_or_a_classmethod(self, wrap: Any, decorate: Any) -> None:
        def extract(*messages: Any) -> Person:
            return GOOD  # type: ignore[return-value]  # what a guarded function returns is the model's answer

        class Agent:
            method = decorate(wrap(extract))

        assert Agent().method(USER).name == Agent.method(USER).name == "Ann"
        assert Agent.method.outcome(USER).passed

    @pytest.mark.parametrize("guarded_first", [False, True], ids=["below", "above"])
    @pytest.mark.parametrize("first", ["cls", "klass"])
    def test_a_classmethod_gets_the_class_it_is_called_on(self, guarded_first: bool, first: str) -> None:
        scope: dict[str, Any] = {"guarded": guarded(Person), "json": json}
        lines = ["@guarded", "@classmethod"] if guarded_first else ["@classmethod", "@guarded"]
        exec(
            "class Agent:\n    name = 'Ann'\n"
            + "".join(f"    {line}\n" for line in lines)
            + f"    def ask({first}, messages):\n        return json.dumps({{'age': 1, 'name': {first}.name}})\n"
            + "class Other(Agent):\n    name = 'Bob'\n",
            scope,
        )
        agent, other = scope["Agent"], scope["Other"]
        names = [call(USER).name for call in (agent.ask, agent().ask, other.ask, other().ask)]
        assert names == ["Ann", "Ann", "Bob", "Bob"]
        if guarded_first:
            assert other.ask.outcome(USER).output.name == "Bob"
            assert other.ask.guard is agent.ask.guard

    def test_a_method_that_nothing_is_bound_to_says_so(self) -> None:
        class Agent:
            @guarded(Person)
            def ask(self, messages: Any) -> str:
                return GOOD

        assert Agent.ask(Agent(), USER).name == Agent.ask.outcome(Agent(), USER).output.name == "Ann"
        with pytest.raises(InputError, match="is a method, and nothing is bound to it: write @guarded above"):
            Agent.ask.outcome()

    def test_a_property_reads_its_instance(self) -> None:
        class Letter:
            def __init__(self, name: str) -> None:
                self.name, self.read = name, 0

            def _answer(self) -> str:
                self.read += 1
                return json.dumps({"age": 1, "name": self.name})

            @property
            @guarded(Person, messages="Who?")
            def below(self, messages: Any) -> str:
                return self._answer()

            @guarded(Person, messages="Who?")
            @property
            def above(self, *, messages: Any) -> str:
                return self._answer()

            @functools.cached_property
            @guarded(Person, messages="Who?")
            def cached(self, messages: Any) -> str:
                return self._answer()

            by_part = functools.partialmethod(guarded(Person)(_answer), USER)

        letter = Letter("Ann")
        assert [letter.below.name, letter.above.name, letter.cached.name, letter.cached.name] == ["Ann"] * 4
        assert (letter.read, Letter("Bob").below.name) == (3, "Bob")

    def test_a_static_function_is_never_taken_for_a_method(self) -> None:
        class Agent:
            @staticmethod
            @guarded(Person)
            def ask(conversation: Any, temperature: float = 0.0) -> str:
                return GOOD

        assert Agent.ask(USER).name == Agent().ask.outcome(USER).output.name == "Ann"

    @pytest.mark.parametrize("thing", [3, functools.cached_property(len), None.__class__()])
    def test_what_is_no_function_is_refused(self, thing: Any) -> None:
        with pytest.raises(TypeError, match="@guarded decorates a function or method, not a"):
            guarded(Person)(thing)

    def test_an_async_method(self) -> None:
        class Agent:
            @guarded(Person)
            async def extract(self, messages: Any) -> str:
                await asyncio.sleep(0)
                return GOOD

        async def main() -> Any:
            return await Agent().extract(USER), await Agent().extract.outcome(USER)

        person, outcome = asyncio.run(main())
        assert person == outcome.output == Person(age=36, name="Ann")


class TestAsync:
    def test_an_async_function_is_awaited_in_every_round(self) -> None:
        client = Client(BAD, MENDED)

        @guarded(RAIL)
        async def extract(messages: Any, **kwargs: Any) -> str:
            await asyncio.sleep(0)
            return client.create(messages=messages, **kwargs)

        assert asyncio.run(as_coroutine(extract, document="x", temperature=0)) == {"age": 36, "name": "Ann"}
        assert [call["temperature"] for call in client.calls] == [0, 0]

    def test_an_async_generator_and_an_object_with_an_async_call_are_awaited_too(self) -> None:
        async def pieces(messages: Any) -> Any:
            yield GOOD[:5]
            yield GOOD[5:]

        class Agent:
            async def __call__(self, messages: Any) -> str:
                return GOOD

        for function in (pieces, Agent()):
            extract = guarded(Person)(function)
            assert asyncio.run(as_coroutine(extract, USER)).name == "Ann"
            assert asyncio.run(as_coroutine(extract.outcome, USER)).passed
        with pytest.raises(InputError, match=r"^Agent takes its messages"):
            asyncio.run(as_coroutine(extract, USER, USER))

    def test_it_is_a_coroutine_function(self) -> None:
        async def extract(messages: Any) -> str:
            return GOOD

        async def pieces(messages: Any) -> Any:
            yield GOOD

        class Agent:
            @guarded(Person)
            async def ask(self, messages: Any) -> str:
                return GOOD

            @guarded(Person)
            @classmethod
            async def ask_class(cls, messages: Any) -> str:
                return GOOD

            @staticmethod
            @guarded(Person)
            async def ask_static(messages: Any) -> str:
                return GOOD

        extracting = guarded(Person)(extract)
        of_agents = [Agent().ask, Agent.ask, Agent.ask_class, Agent().ask_class, Agent.ask_static]
        for function in (extracting, guarded(Person)(pieces), functools.partial(extracting, USER), *of_agents):
            assert inspect.iscoroutinefunction(function)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # 3.14 prefers inspect's
                assert asyncio.iscoroutinefunction(function)
        assert list(inspect.signature(extracting).parameters) == ["messages"]

    def test_a_sync_function_is_not_a_coroutine_function(self) -> None:
        assert not inspect.iscoroutinefunction(guarded(Person)(lambda messages: GOOD))

    def test_it_raises_when_awaited(self) -> None:
        @guarded(RAIL, max_reasks=0)
        async def extract(messages: Any) -> str:
            return BAD

        with pytest.raises(ValidationFailed):
            asyncio.run(as_coroutine(extract, document="x"))

    def test_a_sync_function_may_be_called_while_an_event_loop_runs(self) -> None:
        @guarded(Person)
        def extract(messages: Any) -> str:
            return GOOD

        async def main() -> Any:
            return extract(USER)

        assert asyncio.run(main()).name == "Ann"

    def test_many_at_once_do_not_mix(self) -> None:
        @guarded(Person)
        async def extract(messages: Any, tag: str) -> str:
            await asyncio.sleep(0.001)
            return json.dumps(
                {"age": 1 if len(messages) > 1 else "x", "name": tag} if len(messages) == 1 else {"age": 1}
            )

        async def main() -> list[Any]:
            return await asyncio.gather(*(extract(USER, tag=f"t{n}") for n in range(50)))

        assert [person.name for person in asyncio.run(main())] == [f"t{n}" for n in range(50)]


async def as_coroutine(function: Any, *args: Any, **kwargs: Any) -> Any:
    return await function(*args, **kwargs)

"""The public face: a guard holds a spec and defaults, hands calls to the loop and its drivers, and has no logic of its own.

A guard is immutable and may be shared between threads and tasks. What a call did is on its outcome, never on the guard.
The rooms below are imported where they are first needed, so that importing this class stays cheap.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, TypeAlias

from railguard.errors import InputError, Problem, SpecError
from railguard.spec import RepairPolicy, Spec
from railguard.validation import Rule
from railguard.values import UNSET, JsonSchema, Limits, Message, Path, StreamEvent, ValidationOutcome

if TYPE_CHECKING:
    from railguard.llm import Provider
    from railguard.loop import Budget, Plan, Streaming
    from railguard.schema.enforcement import Enforcement

__all__ = ["Guard", "Model", "ReaskMode", "ReaskRequest"]

Model: TypeAlias = "str | Provider | Callable[..., Any]"
"""What can be asked: "openai:NAME", "replay:FILE", a Provider, or any sync or async callable that takes messages."""

ReaskMode: TypeAlias = Literal["auto", "strict", "prompt"]
"""strict: a reask sends its pruned schema as structured output. prompt: in words only. auto: strict where a new schema
costs nothing (local servers), prompt elsewhere."""

SchemaTarget: TypeAlias = Literal["draft2020-12", "openai-strict", "anthropic", "gemini"]
"""Whose JSON Schema: the standard's, or the part of it that a provider turns into a grammar."""

MAX_REASKS = 10


class ReaskRequest(NamedTuple):
    """A reask that was not sent. schema: JSON Schema of the wanted answer. paths: what is asked for, () for everything."""

    messages: list[Message]
    schema: JsonSchema
    paths: tuple[Path, ...]


class Guard:
    """A spec, ready to validate answers and to guard calls of a model.

    >>> from railguard import Guard
    >>> guard = Guard.from_rail_string('''
    ... <rail version="1.0">
    ...   <output><integer name="age"/></output>
    ... </rail>''')
    >>> guard.parse('{"age": 36}').output
    {'age': 36}
    >>> print(guard.parse('{"age": "old"}').failures[0])
    $.age: It must be a whole number, not the text "old". [type]
    """

    def __init__(self, spec: Spec, *, unknown_validators: Literal["error", "ignore"] = "error") -> None:
        """Compile a spec. Most people call `Guard.from_rail` and its siblings.

        unknown_validators: "error" refuses to run a spec that names a validator nobody registered; "ignore" leaves
        such rules out.
        """
        if unknown_validators not in ("error", "ignore"):
            raise InputError(f'unknown_validators is "error" or "ignore", not {unknown_validators!r}')
        from railguard.loop import Plan

        if unknown_validators == "ignore":
            from railguard.schema.edit import without_unknown

            spec = replace(spec, schema=without_unknown(spec.schema))
        self._spec = spec
        self._plan = Plan(spec)

    # Where a guard comes from.

    @classmethod
    def from_rail(
        cls,
        path: str | os.PathLike[str],
        *,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
        unknown_validators: Literal["error", "ignore"] = "error",
    ) -> Self:
        """The guard of a RAIL file, of any dialect. Raises SpecError with every problem and its place in the file."""
        from railguard.rail import load_file

        return cls(_with_repair(load_file(path, limits=limits), repair), unknown_validators=unknown_validators)

    @classmethod
    def from_rail_string(
        cls,
        xml: str | bytes,
        *,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
        unknown_validators: Literal["error", "ignore"] = "error",
    ) -> Self:
        """The guard of a RAIL document. Raises SpecError with every problem, its line and its column."""
        from railguard.rail import load

        return cls(_with_repair(load(xml, limits=limits), repair), unknown_validators=unknown_validators)

    @classmethod
    def from_pydantic(
        cls,
        model: Any,
        *,
        messages: Sequence[Message] | str | None = None,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
    ) -> Self:
        """The guard of a pydantic model, or of any type a TypeAdapter takes; its output is an instance of it.

        Rules are attached by `Annotated[str, length(max=10)]`. messages: the conversation, whose texts are templates
        with `${variable}` places. Raises SpecError for a type that no JSON can stand for.
        """
        from railguard.sources.pydantic import spec_from_pydantic

        return cls(_with_repair(spec_from_pydantic(model, messages=messages, limits=limits), repair))

    @classmethod
    def from_json_schema(
        cls,
        schema: Mapping[str, Any] | bool,
        *,
        messages: Sequence[Message] | str | None = None,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
    ) -> Self:
        """The guard of a JSON Schema (draft 2020-12). No keyword is dropped: what the tree does not hold is enforced by
        the `jsonschema` package, and refused by name (SpecError) where that is not installed."""
        from railguard.sources.json_schema import spec_from_json_schema

        return cls(_with_repair(spec_from_json_schema(schema, messages=messages, limits=limits), repair))

    @classmethod
    def from_string(
        cls,
        validators: Sequence[Rule] = (),
        *,
        description: str | None = None,
        messages: Sequence[Message] | str | None = None,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
    ) -> Self:
        """The guard of an answer that is plain text, with rules on the whole of it."""
        from railguard.sources.text import spec_from_string

        spec = spec_from_string(validators, description=description, messages=messages, limits=limits)
        return cls(_with_repair(spec, repair))

    # What it knows.

    @property
    def spec(self) -> Spec:
        """The spec it was built from."""
        return self._spec

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What was odd in the spec, with positions where it has them."""
        return self._spec.warnings

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The names of the prompt variables, in the order of their declaration or first use."""
        from railguard.prompting.conversation import variables

        return variables(self._spec)

    def json_schema(self, *, target: SchemaTarget = "draft2020-12") -> JsonSchema:
        """The output as a JSON Schema: the standard's, or what a provider enforces of it.

        Raises SpecError, code "schema-target", with every reason why a provider cannot be given it.
        """
        from railguard.schema.json_schema import to_json_schema

        return to_json_schema(self._spec.schema, target=target)

    def enforcements(self, *, target: SchemaTarget = "draft2020-12") -> list[Enforcement]:
        """Where each rule is enforced: by which keywords of the schema sent to a target, and whether pydantic-core checks
        it in the accepting pass. Every rule is run by itself besides, wherever that pass does not accept."""
        from railguard.schema.enforcement import enforcements

        return list(enforcements(self._spec.schema, target))

    def render(
        self, variables: Mapping[str, Any] | None = None, *, metadata: Mapping[str, Any] | None = None
    ) -> list[Message]:
        """The messages of a call, with the variables filled in and the rules on them applied. Raises InputError for
        missing or wrong variables, and for what a rule blocks."""
        from railguard.loop import prepare

        return list(self._run(prepare(self._spec, variables or {}, metadata or {})).messages)

    def to_rail(self) -> str:
        """The spec as RAIL 1.0, whatever it came from. Raises SpecError that names what RAIL cannot say."""
        from railguard.rail import write

        return write(self._spec)

    def using(self, *rules: Rule, on: str = "$") -> Guard:
        """A new guard with more rules. on: where they stand.

        In the output: `$.name`, `$.fees[*].name` for every item, `$` for the whole of it. Before the call: `input.NAME`
        for a prompt variable, `input.documents[*]` for each of a list of them; `messages` for the text of every
        message, `messages.ROLE` for those of a role, also where the caller gives messages of their own. There what
        fails blocks the call (InputError; ValidationFailed where the rule says exception), or is mended by a fix, or
        left out by a filter.

        Raises SpecError if there is no such place, or a rule's validator does not serve its type.
        """
        from railguard.prompting.input_rules import spec_with_rules

        return Guard(spec_with_rules(self._spec, on, rules))

    # Validation without a model.

    def parse(self, text: str, *, metadata: Mapping[str, Any] | None = None) -> ValidationOutcome:
        """Validate an answer that is there already. Nobody is asked, so what would be reasked stays unresolved.

        Raises for no text, except ValidationFailed where a rule says exception, and ValidatorError for a broken
        validator.
        """
        plan = self._readable(text)
        seen = plan.look(text)
        if seen.sound:
            return seen.outcome(text)
        outcome: ValidationOutcome = self._run(_parsing(plan, text, seen, metadata))
        return outcome

    async def aparse(self, text: str, *, metadata: Mapping[str, Any] | None = None) -> ValidationOutcome:
        """`parse` on a running event loop: async validators are awaited, blocking ones do not block it."""
        plan = self._readable(text)
        seen = plan.look(text)
        if seen.sound:
            return seen.outcome(text)
        outcome: ValidationOutcome = await self._arun(_parsing(plan, text, seen, metadata))
        return outcome

    # Guarded calls.

    def __call__(
        self,
        model: Model,
        /,
        variables: Mapping[str, Any] | None = None,
        *,
        messages: Sequence[Message] | None = None,
        metadata: Mapping[str, Any] | None = None,
        max_reasks: int = 2,
        timeout: float | None = 120.0,
        token_budget: int = 500_000,
        reask_mode: ReaskMode = "auto",
        **model_options: Any,
    ) -> ValidationOutcome:
        """Ask a model until its answer is valid or a budget is spent, each time for only what fails.

        variables: what the spec's messages need. messages: take the place of the spec's messages. metadata: for
        validators. max_reasks: questions after the first, at most 10. timeout: seconds for all of it. token_budget:
        no reask is begun once so many tokens are spent. model_options: for the model ("temperature", …); a model named
        by text also takes `api_key` and `base_url`.

        Raises InputError, SpecError (a rule that cannot run), ProviderError, ValidatorError; ValidationFailed where a
        rule says exception.
        """
        provider, options = _provider(model, model_options)
        call = self._calling(provider, variables, messages, metadata, max_reasks, token_budget, reask_mode)
        outcome: ValidationOutcome = self._run(call, provider, options, timeout)
        return outcome

    async def acall(
        self,
        model: Model,
        /,
        variables: Mapping[str, Any] | None = None,
        *,
        messages: Sequence[Message] | None = None,
        metadata: Mapping[str, Any] | None = None,
        max_reasks: int = 2,
        timeout: float | None = 120.0,
        token_budget: int = 500_000,
        reask_mode: ReaskMode = "auto",
        **model_options: Any,
    ) -> ValidationOutcome:
        """A guarded call on a running event loop. Takes, returns and raises what calling the guard does."""
        provider, options = _provider(model, model_options)
        call = self._calling(provider, variables, messages, metadata, max_reasks, token_budget, reask_mode)
        outcome: ValidationOutcome = await self._arun(call, provider, options, timeout)
        return outcome

    def stream(
        self,
        model: Model,
        /,
        variables: Mapping[str, Any] | None = None,
        *,
        messages: Sequence[Message] | None = None,
        metadata: Mapping[str, Any] | None = None,
        max_reasks: int = 2,
        timeout: float | None = 120.0,
        token_budget: int = 500_000,
        reask_mode: ReaskMode = "auto",
        raw: bool = False,
        on_stream_failure: Literal["finish", "abort"] = "finish",
        **model_options: Any,
    ) -> Iterator[StreamEvent]:
        """A guarded call whose values are told as they complete; the last event holds the outcome.

        A value is told after it was checked. raw: tell unchecked pieces of text too ("delta"). on_stream_failure:
        "finish" reads on, then asks again; "abort" closes the answer at the first definite failure, keeps what is valid,
        and asks for the rest. Takes and raises what calling the guard does, from the first event on.
        """
        from railguard.drivers import stream

        provider, options = _provider(model, model_options)
        streaming = _streaming(raw, on_stream_failure)
        call = self._calling(provider, variables, messages, metadata, max_reasks, token_budget, reask_mode, streaming)
        seconds = self._spec.limits.validator_seconds
        return stream(call, provider, options=options, timeout=timeout, validator_seconds=seconds)

    def astream(
        self,
        model: Model,
        /,
        variables: Mapping[str, Any] | None = None,
        *,
        messages: Sequence[Message] | None = None,
        metadata: Mapping[str, Any] | None = None,
        max_reasks: int = 2,
        timeout: float | None = 120.0,
        token_budget: int = 500_000,
        reask_mode: ReaskMode = "auto",
        raw: bool = False,
        on_stream_failure: Literal["finish", "abort"] = "finish",
        **model_options: Any,
    ) -> AsyncIterator[StreamEvent]:
        """`stream` on a running event loop: `async for event in guard.astream(…)`."""
        from railguard.drivers import astream

        provider, options = _provider(model, model_options)
        streaming = _streaming(raw, on_stream_failure)
        call = self._calling(provider, variables, messages, metadata, max_reasks, token_budget, reask_mode, streaming)
        seconds = self._spec.limits.validator_seconds
        return astream(call, provider, options=options, timeout=timeout, validator_seconds=seconds)

    def reask_request(self, outcome: ValidationOutcome) -> ReaskRequest | None:
        """The reask that would be sent for an outcome's failures, without sending it; None if nothing is to be asked."""
        from railguard.loop import request_for

        request = request_for(self._plan, _standing(outcome), _conversation_of(outcome))
        if request is None:
            return None
        return ReaskRequest(list(request.messages), request.json_schema or {"type": "string"}, request.paths)

    def resume(
        self,
        outcome: ValidationOutcome,
        model: Model,
        /,
        *,
        messages: Sequence[Message] | None = None,
        metadata: Mapping[str, Any] | None = None,
        max_reasks: int = 2,
        timeout: float | None = 120.0,
        token_budget: int = 500_000,
        reask_mode: ReaskMode = "auto",
        **model_options: Any,
    ) -> ValidationOutcome:
        """Go on from an outcome (of a call, or of `parse`): ask for what fails in it, with new budgets.

        messages: the conversation it belongs to; by default the one on the outcome, which `parse` has none of.
        """
        from railguard.loop import Call, guard_loop

        provider, options = _provider(model, model_options)
        call = Call(
            plan=self._runnable(),
            messages=tuple(messages) if messages is not None else _conversation_of(outcome),
            metadata=metadata or {},
            budget=_budget(max_reasks, token_budget),
            strict_reask=_strict_reask(provider, reask_mode),
            target=_target(provider),
            resumed=outcome,
        )
        resumed: ValidationOutcome = self._run(guard_loop(call), provider, options, timeout)
        return resumed

    # How calls become loops.

    def _readable(self, text: str) -> Plan:
        if not isinstance(text, str):
            raise InputError(f"parse takes the model's text as str, not {type(text).__name__}; decode bytes first")
        return self._runnable()

    def _calling(
        self,
        provider: Provider,
        variables: Mapping[str, Any] | None,
        messages: Sequence[Message] | None,
        metadata: Mapping[str, Any] | None,
        max_reasks: int,
        token_budget: int,
        reask_mode: ReaskMode,
        streaming: Streaming | None = None,
    ) -> Generator[Any, Any, ValidationOutcome]:
        from railguard.loop import Call, guard_loop, prepare

        plan, budget = self._runnable(), _budget(max_reasks, token_budget)
        strict_reask, target = _strict_reask(provider, reask_mode), _target(provider)
        if messages is not None and variables:
            raise InputError(
                "messages= take the place of the spec's messages, so there is nothing to put variables into"
            )

        def calling() -> Generator[Any, Any, ValidationOutcome]:
            about = metadata or {}
            prepared = yield from prepare(self._spec, variables or {}, about, messages)
            call = Call(
                plan=plan,
                messages=prepared.messages,
                metadata=about,
                budget=budget,
                strict_reask=strict_reask,
                target=target,
                streaming=streaming,
                variables=prepared.variables,
                spent=prepared.usage,
                noted=prepared.noted,
            )
            return (yield from guard_loop(call))

        return calling()

    def _runnable(self) -> Plan:
        if self._plan.cannot_run:
            raise SpecError([_cannot_run(rule) for rule in self._plan.cannot_run])
        return self._plan

    def _run(
        self, loop: Any, provider: Provider | None = None, options: Mapping[str, Any] = {}, timeout: float | None = None
    ) -> Any:
        from railguard.drivers import run

        seconds = self._spec.limits.validator_seconds
        return run(loop, provider, options=options, timeout=timeout, validator_seconds=seconds)

    async def _arun(
        self, loop: Any, provider: Provider | None = None, options: Mapping[str, Any] = {}, timeout: float | None = None
    ) -> Any:
        from railguard.drivers import arun

        seconds = self._spec.limits.validator_seconds
        return await arun(loop, provider, options=options, timeout=timeout, validator_seconds=seconds)

    def __repr__(self) -> str:
        name = f" {self._spec.name!r}" if self._spec.name else ""
        return f"<Guard{name}: {type(self._spec.schema.root).__name__.removesuffix('Node').lower()}>"


def _parsing(plan: Plan, text: str, seen: Any, metadata: Mapping[str, Any] | None) -> Any:
    from railguard.loop import Call, guard_loop

    return guard_loop(Call(plan=plan, metadata=metadata or {}, text=text, seen=seen))


def _with_repair(spec: Spec, repair: RepairPolicy | None) -> Spec:
    if repair is None:
        return spec
    if repair not in ("none", "syntax", "lossless", "judgement"):
        raise InputError(f"repair is none, syntax, lossless or judgement, not {repair!r}")
    return replace(spec, repair=repair)


def _provider(model: Model, options: dict[str, Any]) -> tuple[Provider, dict[str, Any]]:
    from railguard.llm import model as as_provider

    if not isinstance(model, str):
        return as_provider(model), options
    own = {name: options[name] for name in ("api_key", "base_url") if name in options}
    rest = {name: value for name, value in options.items() if name not in own}
    return as_provider(model, **own), rest


def _strict_reask(provider: Provider, mode: ReaskMode) -> bool:
    if mode not in ("auto", "strict", "prompt"):
        raise InputError(f"reask_mode is auto, strict or prompt, not {mode!r}")
    return mode == "strict" or (mode == "auto" and bool(getattr(provider, "cheap_schemas", False)))


def _streaming(raw: bool, on_failure: str) -> Streaming:
    from railguard.loop import Streaming

    if on_failure not in ("finish", "abort"):
        raise InputError(f"on_stream_failure is finish or abort, not {on_failure!r}")
    return Streaming(raw, on_failure == "abort")


def _target(provider: Provider) -> Any:
    """Whose dialect of JSON Schema the provider enforces."""
    return getattr(provider, "schema_target", "draft2020-12")


def _budget(max_reasks: int, tokens: int) -> Budget:
    if isinstance(max_reasks, bool) or not isinstance(max_reasks, int) or not 0 <= max_reasks <= MAX_REASKS:
        raise InputError(f"max_reasks is a whole number from 0 to {MAX_REASKS}, not {max_reasks!r}")
    from railguard.loop import Budget

    return Budget(max_reasks, tokens)


def _cannot_run(rule: Rule) -> Problem:
    from railguard import registry

    if rule.lacks is not None:
        return Problem(
            f"{rule.lacks}, so the spec cannot run",
            "validator-package",
            hint='install it, or leave such rules out with unknown_validators="ignore"',
        )
    close = registry.suggest(rule.name)
    return Problem(
        f"no validator named {rule.name!r} is registered, so the spec cannot run",
        "unknown-validator",
        hint=(f"did you mean {close!r}? " if close else "")
        + 'register one with @validator, or leave such rules out with unknown_validators="ignore"'
        + registry.excuses(),
    )


class _Standing(NamedTuple):
    state: Any
    failures: tuple[Any, ...]
    raw: str | None


def _standing(outcome: ValidationOutcome) -> _Standing:
    last = outcome.iterations[-1] if outcome.iterations else None
    state = UNSET if last is None else last.parsed
    return _Standing(state, outcome.failures, last.raw if last is not None and state is UNSET else None)


def _conversation_of(outcome: ValidationOutcome) -> tuple[Message, ...]:
    return outcome.iterations[0].messages if outcome.iterations else ()

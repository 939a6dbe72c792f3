"""The public face: a guard holds a spec and defaults, hands calls to the loop and its drivers, and has no logic of its own.

A guard is immutable and may be shared between threads and tasks. What a call did is on its outcome, never on the guard.
The rooms below are imported where they are first needed, so that importing this class stays cheap.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, TypeAlias

from railguard.calls import (
    Given,
    ReaskMode,
    asking,
    conversation_of,
    parsing,
    rendering,
    resuming,
    runnable,
    streaming,
)
from railguard.errors import InputError, Problem
from railguard.spec import RepairPolicy, Spec
from railguard.validation import Rule
from railguard.values import UNSET, JsonSchema, Limits, Message, Path, StreamEvent, ValidationOutcome

if TYPE_CHECKING:
    from railguard.llm import Model
    from railguard.loop.plan import Seen
    from railguard.schema.enforcement import Enforcement

__all__ = ["Guard", "ReaskRequest"]

SchemaTarget: TypeAlias = Literal[
    "draft2020-12", "openai-strict", "anthropic", "gemini", "mistral", "groq", "llamacpp", "llguidance", "portable"
]
"""Whose JSON Schema: the standard's, or the part of it that a provider turns into a grammar."""


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

    What the ways to make one share:

    repair: which local repairs are allowed: "none", "syntax", "lossless" or "judgement", each with those before it; by
        default what the spec says, else "lossless".
    limits: what a guard spends at most on hostile input.
    messages: the conversation: a list of {"role", "content"} whose texts are templates with `${variable}` places, or
        one text, the user's.
    unknown_validators: "error" refuses to run a spec that names a validator nobody registered; "ignore" leaves such
        rules out.
    """

    def __init__(self, spec: Spec, *, unknown_validators: Literal["error", "ignore"] = "error") -> None:
        """Compile a spec. Most people call `Guard.from_rail` and its siblings. Raises InputError for another word than
        "error" and "ignore" as `unknown_validators`."""
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
        """The guard of a RAIL file, of any dialect.

        path: the file. repair, limits, unknown_validators: see `Guard`. Raises SpecError with every problem and its
        place in the file.
        """
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
        """The guard of a RAIL document.

        xml: the document. repair, limits, unknown_validators: see `Guard`. Raises SpecError with every problem, its
        line and its column.
        """
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

        model: the type. Rules are attached by `Annotated[str, length(max=10)]`. messages, repair, limits: see `Guard`.
        Raises SpecError for a type that no JSON can stand for.
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
        """The guard of a JSON Schema (draft 2020-12).

        schema: the document. No keyword of it is dropped: what the tree does not hold is enforced by the `jsonschema`
        package, and refused by name (SpecError) where that is not installed. messages, repair, limits: see `Guard`.
        """
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
        """The guard of an answer that is plain text.

        validators: rules on the whole of it. description: what is wanted, for the model. messages, repair, limits: see
        `Guard`. Raises SpecError for what is no rule, or one that does not serve text.
        """
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
        """The messages of a call, with the variables filled in and the rules on them applied.

        variables: by name. metadata: for the rules. Raises InputError for missing or wrong variables, and for what a
        rule blocks; ValidationFailed where the rule says exception.
        """
        return list(rendering(self._plan, variables, metadata).run().messages)

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

        text: the answer. metadata: for validators. Raises for no text, except ValidationFailed where a rule says
        exception, and ValidatorError for a broken validator.
        """
        plan, seen = self._plan, self._look(text)
        if seen.sound:
            return seen.outcome(text)
        outcome: ValidationOutcome = parsing(plan, text, seen, metadata).run()
        return outcome

    async def aparse(self, text: str, *, metadata: Mapping[str, Any] | None = None) -> ValidationOutcome:
        """`parse` of a text and its metadata on a running event loop: async validators are awaited, blocking ones do not
        block it. Raises what `parse` does."""
        plan, seen = self._plan, self._look(text)
        if seen.sound:
            return seen.outcome(text)
        outcome: ValidationOutcome = await parsing(plan, text, seen, metadata).arun()
        return outcome

    def _look(self, text: str) -> Seen:
        if not isinstance(text, str):
            raise InputError(f"parse takes the model's text as str, not {type(text).__name__}; decode bytes first")
        return runnable(self._plan).look(text)

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
        no reask is begun once so many tokens are spent. reask_mode: whether a reask sends its schema to be enforced
        ("strict"), says it in words ("prompt"), or whichever is cheap with that model ("auto"). model_options: for the
        model ("temperature", …); a model named by text also takes `api_key` and `base_url`.

        Raises InputError, SpecError (a rule that cannot run), ProviderError, ValidatorError; ValidationFailed where a
        rule says exception.
        """
        given = Given(variables, messages, metadata, max_reasks, token_budget, reask_mode)
        outcome: ValidationOutcome = asking(self._plan, model, model_options, given).run(timeout)
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
        given = Given(variables, messages, metadata, max_reasks, token_budget, reask_mode)
        outcome: ValidationOutcome = await asking(self._plan, model, model_options, given).arun(timeout)
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
        given = Given(variables, messages, metadata, max_reasks, token_budget, reask_mode)
        call = streaming(self._plan, model, model_options, given, raw=raw, on_failure=on_stream_failure)
        return call.stream(timeout)

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
        """`stream` on a running event loop: `async for event in guard.astream(…)`. Takes and raises what `stream` does."""
        given = Given(variables, messages, metadata, max_reasks, token_budget, reask_mode)
        call = streaming(self._plan, model, model_options, given, raw=raw, on_failure=on_stream_failure)
        return call.astream(timeout)

    def reask_request(self, outcome: ValidationOutcome) -> ReaskRequest | None:
        """The reask that would be sent for an outcome's failures, without sending it; None if nothing is to be asked."""
        from railguard.loop import request_for

        request = request_for(self._plan, _standing(outcome), conversation_of(outcome))
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

        messages: the conversation it belongs to; by default the one on the outcome, which `parse` has none of. Takes and
        raises besides what calling the guard does.
        """
        given = Given(None, messages, metadata, max_reasks, token_budget, reask_mode)
        resumed: ValidationOutcome = resuming(self._plan, outcome, model, model_options, given).run(timeout)
        return resumed

    def __repr__(self) -> str:
        name = f" {self._spec.name!r}" if self._spec.name else ""
        return f"<Guard{name}: {type(self._spec.schema.root).__name__.removesuffix('Node').lower()}>"


def _with_repair(spec: Spec, repair: RepairPolicy | None) -> Spec:
    if repair is None:
        return spec
    if repair not in ("none", "syntax", "lossless", "judgement"):
        raise InputError(f"repair is none, syntax, lossless or judgement, not {repair!r}")
    return replace(spec, repair=repair)


class _Standing(NamedTuple):
    state: Any
    failures: tuple[Any, ...]
    raw: str | None


def _standing(outcome: ValidationOutcome) -> _Standing:
    last = outcome.iterations[-1] if outcome.iterations else None
    state = UNSET if last is None else last.parsed
    return _Standing(state, outcome.failures, last.raw if last is not None and state is UNSET else None)

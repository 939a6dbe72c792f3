"""The public face: a guard holds a spec and defaults, hands calls to the loop and its drivers, and has no logic of its own.

A guard is immutable and may be shared between threads and tasks. What a call did is on its outcome, never on the guard.
The rooms below are imported where they are first needed, so that importing this class stays cheap.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar, overload

from railguard.calls import (
    CallOptions,
    ReaskMode,
    TellSchema,
    asking,
    called_as,
    conversation_of,
    parsing,
    rendering,
    resuming,
    runnable,
    streaming,
)
from railguard.errors import InputError, Problem
from railguard.idioms import hint, hinting
from railguard.spec import RepairPolicy, Spec
from railguard.validation import Rule
from railguard.values import JsonSchema, Limits, Message, Path, StreamEvent, ValidationOutcome

if TYPE_CHECKING:  # its default is for type checkers: a bare Guard is one of Any
    from langchain_core.output_parsers import BaseOutputParser
    from langchain_core.runnables import Runnable
    from typing_extensions import TypeVar as TypeVarWithDefault

    from railguard.calls import PendingCall
    from railguard.checking import Seen
    from railguard.llm import Model
    from railguard.observing import Callback, CallEventType, Subscription
    from railguard.schema.enforcement import Enforcement
    from railguard.schema.targets import Target

    T_co = TypeVarWithDefault("T_co", covariant=True, default=Any)
else:
    T_co = TypeVar("T_co", covariant=True)
S = TypeVar("S")

__all__ = ["Guard", "ReaskRequest"]


class ReaskRequest(NamedTuple):
    """A reask that was not sent. schema: JSON Schema of the wanted answer. paths: what is asked for, () for everything."""

    messages: list[Message]
    schema: JsonSchema
    paths: tuple[Path, ...]


class _Class(type):
    """The class of Guard itself, for one thing: what it says of a name that is guardrails-ai's."""

    if not TYPE_CHECKING:  # a type checker knows what there is

        def __getattr__(cls, name):
            raise AttributeError(f"type object 'Guard' has no attribute {name!r}{hint('Guard', name)}")


class Guard(Generic[T_co], metaclass=_Class):
    """A spec, ready to validate answers and to guard calls of a model. `Guard[T]` is one whose output is a T.

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

    @hinting
    def __init__(self, spec: Spec, *, unknown_validators: Literal["error", "ignore"] = "error") -> None:
        """Compile a spec. Most people call `Guard.from_rail` and its siblings. Raises InputError for another word than
        "error" and "ignore" as `unknown_validators`."""
        if unknown_validators not in ("error", "ignore"):
            raise InputError(f'unknown_validators is "error" or "ignore", not {unknown_validators!r}')
        from railguard.checking import Plan

        if unknown_validators == "ignore":
            from railguard.prompting.input_rules import spec_without_unknown

            spec = spec_without_unknown(spec)
        self._spec = spec
        self._plan = Plan(spec)
        self._subscriptions: tuple[Subscription, ...] = ()

    # Where a guard comes from.

    @classmethod
    @hinting
    def from_rail(
        cls,
        path: str | os.PathLike[str],
        *,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
        unknown_validators: Literal["error", "ignore"] = "error",
    ) -> Guard[Any]:
        """The guard of a RAIL file, of any dialect.

        path: the file. repair, limits, unknown_validators: see `Guard`. Raises SpecError with every problem and its
        place in the file.
        """
        from railguard.rail import load_file

        return cls(_with_repair(load_file(path, limits=limits), repair), unknown_validators=unknown_validators)

    @classmethod
    @hinting
    def from_rail_string(
        cls,
        xml: str | bytes,
        *,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
        unknown_validators: Literal["error", "ignore"] = "error",
    ) -> Guard[Any]:
        """The guard of a RAIL document.

        xml: the document. repair, limits, unknown_validators: see `Guard`. Raises SpecError with every problem, its
        line and its column.
        """
        from railguard.rail import load

        return cls(_with_repair(load(xml, limits=limits), repair), unknown_validators=unknown_validators)

    @overload
    @classmethod
    def from_pydantic(
        cls,
        model: type[S],
        *,
        messages: Sequence[Message] | str | None = None,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
    ) -> Guard[S]: ...
    @overload
    @classmethod
    def from_pydantic(
        cls,
        model: Any,
        *,
        messages: Sequence[Message] | str | None = None,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
    ) -> Guard[Any]: ...
    @classmethod
    @hinting
    def from_pydantic(
        cls,
        model: Any,
        *,
        messages: Sequence[Message] | str | None = None,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
    ) -> Guard[Any]:
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
    ) -> Guard[Any]:
        """The guard of a JSON Schema (draft 2020-12).

        schema: the document. No keyword of it is dropped: what the tree does not hold is enforced by the `jsonschema`
        package, and refused by name (SpecError) where that is not installed. messages, repair, limits: see `Guard`.
        """
        from railguard.sources.json_schema import spec_from_json_schema

        return cls(_with_repair(spec_from_json_schema(schema, messages=messages, limits=limits), repair))

    @classmethod
    @hinting
    def from_string(
        cls,
        validators: Sequence[Rule] = (),
        *,
        description: str | None = None,
        messages: Sequence[Message] | str | None = None,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
    ) -> Guard[str]:
        """The guard of an answer that is plain text.

        validators: rules on the whole of it. description: what is wanted, for the model. messages, repair, limits: see
        `Guard`. Raises SpecError for what is no rule, or one that does not serve text.
        """
        from railguard.sources.text import spec_from_string

        spec = spec_from_string(validators, description=description, messages=messages, limits=limits)
        return cls(_with_repair(spec, repair))  # type: ignore[return-value]  # its output is the text

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

    def json_schema(self, *, target: Target = "draft2020-12") -> JsonSchema:
        """The output as a JSON Schema: the standard's, or what a provider enforces of it.

        Raises SpecError, code "schema-target", with every reason why a provider cannot be given it.
        """
        from railguard.schema.json_schema import to_json_schema

        return to_json_schema(self._spec.schema, target=target)

    def enforcements(self, *, target: Target = "draft2020-12") -> list[Enforcement]:
        """Where each rule is enforced: by which keywords of the schema sent to a target, and whether pydantic-core checks
        it in the accepting pass. Every rule is run by itself besides, wherever that pass does not accept."""
        from railguard.schema.enforcement import enforcements

        return list(enforcements(self._spec.schema, target))

    def render(
        self,
        variables: Mapping[str, Any] | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
        tell_schema: TellSchema = "auto",
    ) -> list[Message]:
        """The messages of a call, with the variables filled in and the rules on them applied.

        variables: by name. metadata: for the rules. tell_schema: "auto" shows what is sent to a model whose provider is
        given no schema, "never" leaves out the type that it is told then. Raises InputError for missing or wrong
        variables, and for what a rule blocks; ValidationFailed where the rule says exception.
        """
        return list(rendering(self._plan, variables, metadata, tell_schema).run())

    def to_rail(self) -> str:
        """The spec as RAIL 1.0, whatever it came from. Raises SpecError that names what RAIL cannot say."""
        from railguard.rail import write

        return write(self._spec)

    def using(self, *rules: Rule, on: str = "$") -> Guard[T_co]:
        """A new guard with more rules. on: where they stand.

        In the output: `$.name`, `$.fees[*].name` for every item, `$` for the whole of it. Before the call: `input.NAME`
        for a prompt variable, `input.documents[*]` for each of a list of them; `messages` for the text of every
        message, `messages.ROLE` for those of a role, also where the caller gives messages of their own. There what
        fails blocks the call (InputError; ValidationFailed where the rule says exception), or is mended by a fix, or
        left out by a filter.

        Raises SpecError if there is no such place, or a rule's validator does not serve its type.
        """
        from railguard.prompting.input_rules import spec_with_rules

        return self._seen_by(Guard(spec_with_rules(self._spec, on, rules)))

    def on(self, event: CallEventType, callback: Callback) -> Guard[T_co]:
        """A new guard that tells a callback of its calls: for your own logs, metrics and progress bars.

        What the callback raises is logged under "railguard", and never ends a call. A guard whose callbacks cannot be
        pickled cannot be either.

        Args:
            event: "start", "ask" (a model is asked), "answer", "outcome", "error", or "closed" (the caller left a stream).
                Of `parse` there are "start", and "outcome" or "error".
            callback: called with a CallEvent, in the thread or task of the call, before the call goes on.

        Returns:
            The new guard.

        Raises:
            InputError: for an event that does not exist, and for a callback that cannot be called or is async.
        """
        from railguard.observing import subscription

        made = copy(self)
        made._subscriptions = (*self._subscriptions, subscription(event, callback))
        return made

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The callbacks of `on`, each with its event."""
        return self._subscriptions

    def _seen_by(self, guard: Guard[T_co]) -> Guard[T_co]:
        """A guard made of this one, with the callbacks of this one."""
        guard._subscriptions = self._subscriptions
        return guard

    def _observed(self, call: PendingCall[S]) -> PendingCall[S]:
        from railguard.observing import observed

        return observed(call, self._spec.name, self._subscriptions)

    def _decided(self, outcome: ValidationOutcome[T_co]) -> ValidationOutcome[T_co]:
        """The outcome of a parse that needed no loop."""
        if self._subscriptions:
            from railguard.observing import tell_parsed

            tell_parsed(self._spec.name, self._subscriptions, outcome)
        return outcome

    # Validation without a model.

    @hinting
    def parse(self, text: str, *, metadata: Mapping[str, Any] | None = None) -> ValidationOutcome[T_co]:
        """Validate an answer that is there already. Nobody is asked, so what would be reasked stays unresolved.

        text: the answer. metadata: for validators. Raises for no text, except ValidationFailed where a rule says
        exception, and ValidatorError for a broken validator.
        """
        plan, seen = self._plan, self._look(text, metadata)
        if seen.sound:
            return self._decided(seen.outcome(text))
        return self._observed(parsing(plan, text, seen, metadata)).run()

    async def aparse(self, text: str, *, metadata: Mapping[str, Any] | None = None) -> ValidationOutcome[T_co]:
        """`parse` of a text and its metadata on a running event loop: async validators are awaited, blocking ones do not
        block it. Raises what `parse` does."""
        plan, seen = self._plan, self._look(text, metadata)
        if seen.sound:
            return self._decided(seen.outcome(text))
        return await self._observed(parsing(plan, text, seen, metadata)).arun()

    def _look(self, text: str, metadata: Mapping[str, Any] | None) -> Seen:
        if not isinstance(text, str):
            raise InputError(f"parse takes the model's text as str, not {type(text).__name__}; decode bytes first")
        from railguard.checking import About, look

        return look(runnable(self._plan), text, About(metadata or {}, metadata))

    # Guarded calls.

    @hinting
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
        tell_schema: TellSchema = "auto",
        **model_options: Any,
    ) -> ValidationOutcome[T_co]:
        """Ask a model until its answer is valid or a budget is spent, each time for only what fails.

        Args:
            model: "openai:NAME", "replay:FILE", a Provider, or any callable that takes messages.
            variables: What the spec's messages need.
            messages: The conversation, in the place of the spec's messages.
            metadata: For validators.
            max_reasks: Questions after the first, at most 10.
            timeout: Seconds for all of it, None for no limit.
            token_budget: No reask is begun once so many tokens are spent.
            reask_mode: Whether a reask sends its schema to be enforced ("strict"), says it in words ("prompt"), or
                whichever is cheap with that model ("auto").
            tell_schema: Whether the model is told the type of the wanted output, where neither the messages nor its provider
                say it ("auto"), or not ("never").
            **model_options: For the model ("temperature", …); a model named by text also takes `api_key` and `base_url`.

        Returns:
            The outcome: the output, and everything that was found on the way.

        Raises:
            InputError: For what the caller gave wrong, before anything is asked.
            SpecError: For a rule that cannot run.
            ProviderError: If the model could not be asked.
            ValidatorError: For a broken validator.
            ValidationFailed: Where a rule says exception.
        """
        options = CallOptions(
            messages=messages,
            metadata=metadata,
            max_reasks=max_reasks,
            timeout=timeout,
            token_budget=token_budget,
            reask_mode=reask_mode,
            tell_schema=tell_schema,
        )
        return self._observed(asking(self._plan, model, variables, {**model_options, **options})).run()

    @called_as(__call__)
    @hinting
    async def acall(
        self, model: Model, /, variables: Mapping[str, Any] | None = None, **options: Any
    ) -> ValidationOutcome[T_co]:
        """A guarded call on a running event loop. Takes, returns and raises what calling the guard does."""
        return await self._observed(asking(self._plan, model, variables, options)).arun()

    @hinting
    def stream(
        self,
        model: Model,
        /,
        variables: Mapping[str, Any] | None = None,
        *,
        raw: bool = False,
        on_stream_failure: Literal["finish", "abort"] = "finish",
        messages: Sequence[Message] | None = None,
        metadata: Mapping[str, Any] | None = None,
        max_reasks: int = 2,
        timeout: float | None = 120.0,
        token_budget: int = 500_000,
        reask_mode: ReaskMode = "auto",
        tell_schema: TellSchema = "auto",
        **model_options: Any,
    ) -> Iterator[StreamEvent[T_co]]:
        """A guarded call whose values are told as they complete; the last event holds the outcome.

        A value is told after it was checked. Takes and raises besides what calling the guard does, from the first event on.

        Args:
            raw: Tell unchecked pieces of text too ("delta").
            on_stream_failure: "finish" reads on, then asks again; "abort" closes the answer at the first definite failure,
                keeps what is valid, and asks for the rest.
        """
        options = CallOptions(
            messages=messages,
            metadata=metadata,
            max_reasks=max_reasks,
            timeout=timeout,
            token_budget=token_budget,
            reask_mode=reask_mode,
            tell_schema=tell_schema,
        )
        given = {**model_options, **options}
        call = streaming(self._plan, model, variables, given, raw=raw, on_failure=on_stream_failure)
        return self._observed(call).stream()

    @called_as(stream)
    @hinting
    def astream(
        self,
        model: Model,
        /,
        variables: Mapping[str, Any] | None = None,
        *,
        raw: bool = False,
        on_stream_failure: Literal["finish", "abort"] = "finish",
        **options: Any,
    ) -> AsyncIterator[StreamEvent[T_co]]:
        """`stream` on a running event loop: `async for event in guard.astream(…)`. Takes and raises what `stream` does."""
        call = streaming(self._plan, model, variables, options, raw=raw, on_failure=on_stream_failure)
        return self._observed(call).astream()

    def reask_request(self, outcome: ValidationOutcome[Any]) -> ReaskRequest | None:
        """The reask that would be sent for an outcome's failures, without sending it; None if nothing is to be asked."""
        from railguard.loop import request_for, resumed

        request = request_for(self._plan, resumed(self._plan, outcome), conversation_of(outcome))
        if request is None:
            return None
        return ReaskRequest(list(request.messages), request.json_schema or {"type": "string"}, request.paths)

    def resume(
        self,
        outcome: ValidationOutcome[Any],
        model: Model,
        /,
        *,
        messages: Sequence[Message] | None = None,
        metadata: Mapping[str, Any] | None = None,
        max_reasks: int = 2,
        timeout: float | None = 120.0,
        token_budget: int = 500_000,
        reask_mode: ReaskMode = "auto",
        tell_schema: TellSchema = "auto",
        **model_options: Any,
    ) -> ValidationOutcome[T_co]:
        """Go on from an outcome (of a call, or of `parse`): ask for what fails in it, with new budgets.

        Takes and raises besides what calling the guard does.

        Args:
            messages: The conversation it belongs to; by default the one on the outcome, which `parse` has none of.
        """
        options = CallOptions(
            messages=messages,
            metadata=metadata,
            max_reasks=max_reasks,
            timeout=timeout,
            token_budget=token_budget,
            reask_mode=reask_mode,
            tell_schema=tell_schema,
        )
        return self._observed(resuming(self._plan, outcome, model, {**model_options, **options})).run()

    # In a LangChain chain.

    def to_runnable(
        self, model: Any, *, max_reasks: int = 2, include_outcome: bool = False, **model_options: Any
    ) -> Runnable[Any, Any]:
        """A guarded call of a model as a LangChain Runnable: `prompt | guard.to_runnable(model)`.

        Args:
            model: a chat model of LangChain, a chain that ends in one, or whatever calling the guard takes.
            max_reasks: how often failing fields are asked for again.
            include_outcome: the output is the ValidationOutcome, instead of its value or ValidationFailed.
            **model_options: keywords for every call, as calling the guard takes them.

        Returns:
            A `railguard.integrations.langchain.GuardRunnable`, which says what goes in and what comes out.

        Raises:
            InputError: for what is no model, or where langchain-core is not installed.
        """
        made: Runnable[Any, Any] = _langchain("GuardRunnable")(
            guard=self, model=model, max_reasks=max_reasks, include_outcome=include_outcome, options=model_options
        )
        return made

    def as_parser(self) -> BaseOutputParser[Any]:
        """A LangChain output parser: `prompt | model | guard.as_parser()`. It repairs, fixes and filters.

        Returns:
            A `railguard.integrations.langchain.GuardOutputParser`. It raises OutputParserException for what would have
            to be asked for again, since a parser cannot ask.

        Raises:
            InputError: where langchain-core is not installed.
        """
        made: BaseOutputParser[Any] = _langchain("GuardOutputParser")(guard=self)
        return made

    def _repr_html_(self) -> str:
        from importlib import import_module

        shown: str = import_module("railguard.notebooks").guard_html(self)  # of the top floor, looked up by name
        return shown

    if not TYPE_CHECKING:  # a type checker knows what there is

        def __getattr__(self, name):
            raise AttributeError(f"'Guard' object has no attribute {name!r}{hint('Guard', name)}")

    def __repr__(self) -> str:
        name = f" {self._spec.name!r}" if self._spec.name else ""
        return f"<Guard{name}: {type(self._spec.schema.root).__name__.removesuffix('Node').lower()}>"


def _with_repair(spec: Spec, repair: RepairPolicy | None) -> Spec:
    if repair is None:
        return spec
    if repair not in ("none", "syntax", "lossless", "judgement"):
        raise InputError(f"repair is none, syntax, lossless or judgement, not {repair!r}")
    return replace(spec, repair=repair)


def _langchain(name: str) -> Any:
    """A class of the room above that is LangChain's. It is looked up by name: nothing down here depends on it."""
    from importlib import import_module

    try:
        return getattr(import_module("railguard.integrations.langchain"), name)
    except ModuleNotFoundError:
        raise
    except ImportError as error:
        raise InputError(str(error)) from error

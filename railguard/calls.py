"""A call of a guard, from its arguments to its driver: what was given is checked, becomes a loop, and is run.

One place for every way of calling: sync or async, at once or streaming. The rooms below are imported where they are first
needed, so that importing a guard stays cheap.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, TypeAlias, TypedDict, TypeVar

from railguard.errors import InputError, Problem, SpecError
from railguard.options import refuse_foreign
from railguard.validation import Rule
from railguard.values import Message, StreamEvent, ValidationOutcome

if TYPE_CHECKING:
    from railguard.checking import Plan, Seen
    from railguard.drivers.interpreter import Loop
    from railguard.llm import Model, Provider
    from railguard.loop import Budget, Streaming

__all__ = [
    "CallOptions",
    "CallSettings",
    "GuardedOptions",
    "PendingCall",
    "ReaskMode",
    "TellSchema",
    "asking",
    "called_as",
    "conversation_of",
    "parsing",
    "rendering",
    "resuming",
    "runnable",
    "streaming",
]

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")

ReaskMode: TypeAlias = Literal["auto", "strict", "prompt"]
TellSchema: TypeAlias = Literal["auto", "never"]
TOLD_NOTE = "nothing showed the model the schema, so its type was added to the messages"
"""strict: a reask sends its pruned schema as structured output. prompt: in words only. auto: strict where a new schema
costs nothing (local servers), prompt elsewhere."""

_MAX_REASKS = 10


class GuardedOptions(TypedDict, total=False):
    """What `@guarded` takes besides the spec: settings of every call of the function."""

    metadata: Mapping[str, Any] | None
    """For validators."""
    max_reasks: int
    """Questions after the first, at most 10; 2 by default."""
    timeout: float | None
    """Seconds for all of it, None for no limit; 120 by default."""
    token_budget: int
    """No reask is begun once so many tokens are spent; 500,000 by default."""
    reask_mode: ReaskMode
    """Whether a reask sends its schema to be enforced ("strict"), says it in words ("prompt"), or whichever is cheap with
    that model ("auto", the default)."""
    tell_schema: TellSchema
    """Whether the model is told the type of the wanted output at the end of the last user message, where neither the
    messages nor its provider say it ("auto", the default), or not ("never")."""


class CallOptions(GuardedOptions, total=False):
    """What a guarded call takes besides its model and its variables. Any other keyword is an option for the model."""

    messages: Sequence[Message] | None
    """The conversation, in the place of the spec's messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettings:
    """CallOptions with their defaults, checked. Raises InputError for a value that makes no sense."""

    messages: Sequence[Message] | None = None
    metadata: Mapping[str, Any] | None = None
    max_reasks: int = 2
    timeout: float | None = 120.0
    token_budget: int = 500_000
    reask_mode: ReaskMode = "auto"
    tell_schema: TellSchema = "auto"

    def __post_init__(self) -> None:
        if self.messages is not None and (isinstance(self.messages, str) or not isinstance(self.messages, Sequence)):
            raise InputError('messages are a list of {"role": …, "content": …}')
        if self.metadata is not None and not isinstance(self.metadata, Mapping):
            raise InputError(f"metadata is a dict, not {_shown(self.metadata)}")
        if not _is_whole(self.max_reasks) or not 0 <= self.max_reasks <= _MAX_REASKS:
            raise InputError(f"max_reasks is a whole number from 0 to {_MAX_REASKS}, not {_shown(self.max_reasks)}")
        if not _is_whole(self.token_budget) or self.token_budget < 0:
            raise InputError(f"token_budget is a whole number of tokens, not {_shown(self.token_budget)}")
        if self.timeout is not None and not _is_seconds(self.timeout):
            raise InputError(f"timeout is a number of seconds, or None for no limit, not {_shown(self.timeout)}")
        if self.reask_mode not in ("auto", "strict", "prompt"):
            raise InputError(f"reask_mode is auto, strict or prompt, not {_shown(self.reask_mode)}")
        refuse_tell_schema(self.tell_schema)

    @classmethod
    def split(cls, options: Mapping[str, Any]) -> tuple[CallSettings, dict[str, Any]]:
        """The settings in a call's keywords, and what is left for the model."""
        own = {name: value for name, value in options.items() if name in CallOptions.__annotations__}
        return cls(**own), {name: value for name, value in options.items() if name not in own}


def called_as(call: Callable[P, object]) -> Callable[[Callable[..., R]], Callable[P, R]]:
    """Give a method the parameters of another one, for type checkers and `inspect.signature`: they are spelled once."""

    def mark(method: Callable[..., R]) -> Callable[P, R]:
        returns = inspect.signature(method).return_annotation
        method.__signature__ = inspect.signature(call).replace(return_annotation=returns)  # type: ignore[attr-defined]
        return method  # a function has attributes

    return mark


@dataclass(frozen=True, slots=True)
class PendingCall(Generic[T]):
    """A loop that was not started yet, and what its driver needs. Each method runs it, so only one of them is called."""

    loop: Loop[T]
    validator_seconds: float | None
    timeout: float | None = None
    provider: Provider | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def run(self) -> T:
        """What the loop returns."""
        from railguard.drivers import run

        return run(self.loop, self.provider, **self._how())

    async def arun(self) -> T:
        """`run` on a running event loop."""
        from railguard.drivers import arun

        return await arun(self.loop, self.provider, **self._how())

    def stream(self: PendingCall[ValidationOutcome[R]]) -> Iterator[StreamEvent[R]]:
        """The events of a streaming loop, as they come."""
        from railguard.drivers import stream

        assert self.provider is not None, "only what asks a model streams"
        return stream(self.loop, self.provider, **self._how())

    def astream(self: PendingCall[ValidationOutcome[R]]) -> AsyncIterator[StreamEvent[R]]:
        """`stream` on a running event loop."""
        from railguard.drivers import astream

        assert self.provider is not None, "only what asks a model streams"
        return astream(self.loop, self.provider, **self._how())

    def _how(self) -> dict[str, Any]:
        return {"options": self.options, "timeout": self.timeout, "validator_seconds": self.validator_seconds}


def refuse_tell_schema(given: Any) -> None:
    """Raises InputError for what is no TellSchema."""
    if given not in ("auto", "never"):
        raise InputError(f"tell_schema is auto or never, not {_shown(given)}")


def rendering(
    plan: Plan, variables: Mapping[str, Any] | None, metadata: Mapping[str, Any] | None, tell_schema: TellSchema
) -> PendingCall[tuple[Message, ...]]:
    """What goes into a call of a model that is given no schema, without the call."""
    from railguard.inputs import prepare, telling

    refuse_tell_schema(tell_schema)
    _refuse_unrunnable_inputs(plan)

    def calling() -> Generator[Any, Any, tuple[Message, ...]]:
        prepared = yield from prepare(plan, _by_name(variables), metadata or {})
        return telling(plan, prepared.messages) if tell_schema == "auto" else prepared.messages

    return _pending(calling(), plan)


def parsing(
    plan: Plan, text: str, seen: Seen, metadata: Mapping[str, Any] | None
) -> PendingCall[ValidationOutcome[Any]]:
    """An answer that is there already, and nobody to be asked. seen: its first look, which found something."""
    from railguard.loop import Call, guard_loop

    return _pending(guard_loop(Call(plan=plan, metadata=metadata, text=text, seen=seen)), plan)


def asking(
    plan: Plan,
    model: Model,
    variables: Mapping[str, Any] | None,
    options: Mapping[str, Any],
    streaming: Streaming | None = None,
) -> PendingCall[ValidationOutcome[Any]]:
    """A guarded call.

    Args:
        plan: The guard's.
        model: Who is asked.
        variables: What the spec's messages need.
        options: The caller's keywords: CallOptions, and options for the model.
        streaming: How it streams; None for a call that does not.

    Raises:
        InputError: For what makes no sense, before anything is asked.
        SpecError: For rules that cannot run.
    """
    from railguard.inputs import prepare, telling
    from railguard.loop import Call, guard_loop

    settings, options = CallSettings.split(options)
    provider, options = _provider(model, options)
    runnable(plan)
    _refuse_unrunnable_inputs(plan)
    given, about = _by_name(variables), settings.metadata or {}
    if settings.messages is not None and given:
        raise InputError("messages= take the place of the spec's messages, so there is nothing to put variables into")

    def calling() -> Generator[Any, Any, ValidationOutcome[Any]]:
        prepared = yield from prepare(plan, given, about, settings.messages)
        messages = prepared.messages
        if settings.tell_schema == "auto" and not _carries_schema(provider, plan):
            messages = telling(plan, messages)
        call = Call(
            plan=plan,
            messages=messages,
            note=None if messages is prepared.messages else TOLD_NOTE,
            metadata=settings.metadata,
            budget=_budget(settings),
            strict_reask=_strict_reask(provider, settings.reask_mode),
            target=_target(provider),
            streaming=streaming,
            variables=prepared.variables,
            spent=prepared.usage,
            noted=prepared.noted,
        )
        return (yield from guard_loop(call))

    return _pending(calling(), plan, settings, provider, options)


def streaming(
    plan: Plan,
    model: Model,
    variables: Mapping[str, Any] | None,
    options: Mapping[str, Any],
    *,
    raw: bool,
    on_failure: Literal["finish", "abort"],
) -> PendingCall[ValidationOutcome[Any]]:
    """A guarded call that streams, with `raw` and `on_stream_failure` as `Guard.stream` documents them. Takes and raises
    besides what `asking` does."""
    from railguard.loop import Streaming

    if on_failure not in ("finish", "abort"):
        raise InputError(f"on_stream_failure is finish or abort, not {on_failure!r}")
    return asking(plan, model, variables, options, Streaming(raw, on_failure == "abort"))


def resuming(
    plan: Plan, outcome: ValidationOutcome[Any], model: Model, options: Mapping[str, Any]
) -> PendingCall[ValidationOutcome[Any]]:
    """A call that goes on from an outcome, in the conversation that is given or stands on it. Raises as `asking` does."""
    from railguard.loop import Call, guard_loop

    settings, options = CallSettings.split(options)
    provider, options = _provider(model, options)
    call = Call(
        plan=runnable(plan),
        messages=conversation_of(outcome) if settings.messages is None else tuple(settings.messages),
        metadata=settings.metadata,
        budget=_budget(settings),
        strict_reask=_strict_reask(provider, settings.reask_mode),
        target=_target(provider),
        resumed=outcome,
    )
    return _pending(guard_loop(call), plan, settings, provider, options)


def conversation_of(outcome: ValidationOutcome[Any]) -> tuple[Message, ...]:
    """The messages that an outcome answers; none of one that `parse` gave."""
    return outcome.iterations[0].messages if outcome.iterations else ()


def runnable(plan: Plan) -> Plan:
    """The plan. Raises SpecError if a rule in it has no validator that can run."""
    if plan.cannot_run:
        raise SpecError([_cannot_run(rule) for rule in plan.cannot_run])
    return plan


def _refuse_unrunnable_inputs(plan: Plan) -> None:
    """Raises SpecError if a rule on a prompt variable or a message has no validator that can run."""
    from railguard.prompting.input_rules import input_rules

    if cannot := [rule for rule in input_rules(plan.spec) if rule.validator is None]:
        raise SpecError([_cannot_run(rule) for rule in cannot])


def _pending(
    loop: Loop[T],
    plan: Plan,
    settings: CallSettings | None = None,
    provider: Provider | None = None,
    options: Mapping[str, Any] | None = None,
) -> PendingCall[T]:
    timeout = settings.timeout if settings is not None else None
    return PendingCall(loop, plan.spec.limits.validator_seconds, timeout, provider, options or {})


def _by_name(variables: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if variables is not None and not isinstance(variables, Mapping):
        raise InputError(f"variables are a dict, each value by its name, not {_shown(variables)}")
    return variables or {}


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_seconds(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf


def _shown(value: Any) -> str:
    """A value that is of no use, or its type where it may hold much."""
    return f"{value!r:.80}" if isinstance(value, (str, int, float)) else type(value).__name__


def _provider(model: Model, options: dict[str, Any]) -> tuple[Provider, dict[str, Any]]:
    from railguard.llm import model as as_provider
    from railguard.llm.models import OPTIONS

    refuse_foreign(options, model)
    if not isinstance(model, str):
        return as_provider(model), options
    own = {name: options[name] for name in OPTIONS if name in options}
    rest = {name: value for name, value in options.items() if name not in own}
    return as_provider(model, **own), rest


def _strict_reask(provider: Provider, mode: ReaskMode) -> bool:
    return mode == "strict" or (mode == "auto" and bool(getattr(provider, "cheap_schemas", False)))


def _target(provider: Provider) -> Any:
    """Whose dialect of JSON Schema the provider enforces."""
    return getattr(provider, "schema_target", "draft2020-12")


def _carries_schema(provider: Provider, plan: Plan) -> bool:
    """Whether the provider's request says what is wanted."""
    from railguard.loop.question import enforceable

    return getattr(provider, "carries_schemas", True) and enforceable(plan.schema, _target(provider)) is not None


def _budget(settings: CallSettings) -> Budget:
    from railguard.loop import Budget

    return Budget(settings.max_reasks, settings.token_budget)


def _cannot_run(rule: Rule) -> Problem:
    from railguard.validation import registry

    if rule.lacks is not None:
        return Problem(
            f"{rule.lacks}, so the spec cannot run",
            rule.code,
            hint=("install it" if rule.code == "validator-package" else "mend it")
            + ', or leave such rules out with unknown_validators="ignore"',
        )
    close = registry.suggest(rule.name)
    return Problem(
        f"no validator named {rule.name!r} is registered, so the spec cannot run",
        "unknown-validator",
        hint=(f"did you mean {close!r}? " if close else "")
        + 'register one with @validator, or leave such rules out with unknown_validators="ignore"'
        + registry.excuses(),
    )

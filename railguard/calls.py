"""Executes calls of a guard: checks the arguments, creates the loop, and runs it with a driver.

All forms of a call are here: sync or async, whole or streaming. Other modules are imported where they are first needed,
so that importing a guard stays cheap.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, TypeAlias, TypedDict, TypeVar

from railguard.documents import document_of
from railguard.errors import InputError, Problem, SpecError
from railguard.options import refuse_foreign
from railguard.validation import Rule
from railguard.values import Message, StreamEvent, ValidationOutcome
from railguard.values.quick_init import quick_init

if TYPE_CHECKING:
    from railguard.checking import Plan, Seen
    from railguard.drivers.interpreter import Loop
    from railguard.llm import Model, Provider
    from railguard.llm.cache import Store
    from railguard.loop import GuardedCall, LoopBudget, Streaming, UpdatedDocument

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
    "updating",
    "updating_many",
]

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")

ReaskMode: TypeAlias = Literal["auto", "strict", "prompt"]
TellSchema: TypeAlias = Literal["auto", "never"]
TOLD_NOTE = "nothing showed the model the schema, so its type was added to the messages"
"""The note of a call whose type was added to the messages."""

_MAX_REASKS = 10


class GuardedOptions(TypedDict, total=False):
    """The options of `@guarded` in addition to the spec: settings for every call of the function."""

    metadata: Mapping[str, Any] | None
    """Metadata for validators."""
    max_reasks: int
    """How often failing fields are asked for again, at most 10; 2 by default."""
    timeout: float | None
    """Seconds for the whole call, None for no limit; 120 by default."""
    token_budget: int
    """No reask starts once this many tokens are spent; 500,000 by default."""
    reask_mode: ReaskMode
    """Whether a reask sends its schema as a constraint ("strict"), describes it in the messages ("prompt"), or does
    what is cheaper with that model ("auto", the default).
    """
    tell_schema: TellSchema
    """Whether the type of the output is added to the last user message if neither the messages nor the provider's
    request show it ("auto", the default), or never ("never").
    """


class CallOptions(GuardedOptions, total=False):
    """The options of a guarded call in addition to its model and its variables. Any other keyword is an option for the
    model.
    """

    messages: Sequence[Message] | None
    """The conversation, instead of the spec's messages."""


_SETTINGS = frozenset(CallOptions.__annotations__)


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettings:
    """CallOptions with their defaults, checked. Raises InputError for a value out of range or of the wrong type."""

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
        """Split a call's keywords into its settings and the options for the model."""
        own = {name: value for name, value in options.items() if name in _SETTINGS}
        return cls(**own), {name: value for name, value in options.items() if name not in own}


def called_as(call: Callable[P, object]) -> Callable[[Callable[..., R]], Callable[P, R]]:
    """Give a method the parameters of another one, for type checkers and `inspect.signature`, so that they are written
    only once.
    """

    def mark(method: Callable[..., R]) -> Callable[P, R]:
        returns = inspect.signature(method).return_annotation
        method.__signature__ = inspect.signature(call).replace(return_annotation=returns)  # type: ignore[attr-defined]
        return method  # a function has attributes

    return mark


@quick_init
@dataclass(frozen=True, slots=True)
class PendingCall(Generic[T]):
    """A loop that was not started, and everything that its driver needs. Each method runs the loop, so call only one of
    them.

    store: keeps answers of costly validators between calls.
    """

    loop: Loop[T]
    validator_seconds: float | None
    timeout: float | None = None
    provider: Provider | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    store: Store | None = None

    def run(self) -> T:
        """Run the loop, and return its result."""
        from railguard.drivers.run import run

        return run(self.loop, self.provider, **self._how())

    async def arun(self) -> T:
        """`run` on a running event loop."""
        from railguard.drivers.run import arun

        return await arun(self.loop, self.provider, **self._how())

    def stream(self: PendingCall[ValidationOutcome[R]]) -> Iterator[StreamEvent[R]]:
        """Run a streaming loop, and yield its events as they arrive."""
        from railguard.drivers import stream

        assert self.provider is not None, "only what asks a model streams"
        return stream(self.loop, self.provider, **self._how())

    def astream(self: PendingCall[ValidationOutcome[R]]) -> AsyncIterator[StreamEvent[R]]:
        """`stream` on a running event loop."""
        from railguard.drivers import astream

        assert self.provider is not None, "only what asks a model streams"
        return astream(self.loop, self.provider, **self._how())

    def _how(self) -> dict[str, Any]:
        from railguard.drivers.checks import Checks

        checks = Checks(self.validator_seconds, self.store)
        return {"options": self.options, "timeout": self.timeout, "checks": checks}


def refuse_tell_schema(given: Any) -> None:
    """Raise InputError if the value is not a TellSchema."""
    if given not in ("auto", "never"):
        raise InputError(f"tell_schema is auto or never, not {_shown(given)}")


def rendering(
    plan: Plan, variables: Mapping[str, Any] | None, metadata: Mapping[str, Any] | None, tell_schema: TellSchema
) -> PendingCall[tuple[Message, ...]]:
    """Return the messages that a call would send to a model without a schema. No model is asked."""
    from railguard.inputs import prepare, with_output_type

    refuse_tell_schema(tell_schema)
    _refuse_unrunnable_inputs(plan)

    def calling() -> Generator[Any, Any, tuple[Message, ...]]:
        prepared = yield from prepare(plan, _by_name(variables), metadata or {})
        return with_output_type(plan, prepared.messages) if tell_schema == "auto" else prepared.messages

    return _pending(calling(), plan)


def parsing(
    plan: Plan, text: str, seen: Seen, metadata: Mapping[str, Any] | None
) -> PendingCall[ValidationOutcome[Any]]:
    """Prepare the validation of an existing answer; no model is asked. seen: the result of the first look at it."""
    from railguard.loop.call import guard_loop
    from railguard.loop.settings import GuardedCall

    return _pending(guard_loop(GuardedCall(plan=plan, metadata=metadata, text=text, seen=seen)), plan)


def asking(
    plan: Plan,
    model: Model,
    variables: Mapping[str, Any] | None,
    options: Mapping[str, Any],
    streaming: Streaming | None = None,
) -> PendingCall[ValidationOutcome[Any]]:
    """Prepare a guarded call.

    Args:
        plan: The guard's plan.
        model: The model to ask.
        variables: Values of the variables in the spec's messages.
        options: The caller's keywords: CallOptions, and options for the model.
        streaming: The streaming mode; None for a call that does not stream.

    Raises:
        InputError: If an argument is invalid; no model is asked then.
        SpecError: If a rule cannot run.
    """
    from railguard.loop.call import guard_loop

    begun = _Begun(plan, model, variables, options)

    def calling() -> Generator[Any, Any, ValidationOutcome[Any]]:
        return (yield from guard_loop((yield from begun.call(streaming=streaming, tells=True))))

    return begun.pending(calling())


def updating(
    plan: Plan, document: Any, model: Model, variables: Mapping[str, Any] | None, options: Mapping[str, Any]
) -> PendingCall[ValidationOutcome[Any]]:
    """Prepare the update of a document, which is a text or a value. Otherwise like `asking`."""
    from railguard.loop.call import guard_loop

    begun = _Begun(plan, model, variables, options)
    given = document_of(document, plan)

    def calling() -> Generator[Any, Any, ValidationOutcome[Any]]:
        call = yield from begun.call(updates=True)
        return (yield from guard_loop(_updates(call, given, begun.settings)))

    return begun.pending(calling())


def updating_many(
    plan: Plan,
    documents: Mapping[str, Any],
    model: Model,
    variables: Mapping[str, Any] | None,
    options: Mapping[str, Any],
) -> PendingCall[dict[str, ValidationOutcome[Any]]]:
    """Prepare the update of several documents by name, with one first question. Otherwise like `asking`."""
    from railguard.loop import guard_loops

    begun = _Begun(plan, model, variables, options)
    if not isinstance(documents, Mapping):
        raise InputError(f"documents are a dict, each by its name, not {_shown(documents)}")
    given = {_name(name): document_of(document, plan, name) for name, document in documents.items()}

    def calling() -> Generator[Any, Any, dict[str, ValidationOutcome[Any]]]:
        if not given:
            return {}
        call = yield from begun.call(updates=True)
        calls = {name: _updates(call, document, begun.settings) for name, document in given.items()}
        return (yield from guard_loops(calls))

    return begun.pending(calling())


def _updates(call: GuardedCall, document: UpdatedDocument, settings: CallSettings) -> GuardedCall:
    """Return a call that updates a document."""
    from railguard.prompting.shown import says_schema

    if not call.messages:
        raise InputError("an update needs messages that say what is new: give messages=[…], or have them in the spec")
    tells = settings.tell_schema == "auto" and not says_schema(call.messages, call.plan.schema)
    return call._replace(document=replace(document, tells_type=tells), note=TOLD_NOTE if tells else None)


def _name(name: Any) -> str:
    if not isinstance(name, str) or not name:
        raise InputError(f"the name of a document is a text, not {_shown(name)}")
    return name


class _Begun:
    """A call whose arguments are checked, but not yet its variables and messages."""

    def __init__(
        self, plan: Plan, model: Model, variables: Mapping[str, Any] | None, options: Mapping[str, Any]
    ) -> None:
        self.plan = runnable(plan)
        self.settings, options = CallSettings.split(options)
        self.provider, self.options = _provider(model, options)
        _refuse_unrunnable_inputs(plan)
        self.variables = _by_name(variables)
        if self.settings.messages is not None and self.variables:
            raise InputError(
                "messages= take the place of the spec's messages, so there is nothing to put variables into"
            )

    def call(
        self, *, updates: bool = False, tells: bool = False, streaming: Streaming | None = None
    ) -> Generator[Any, Any, GuardedCall]:
        """Create the call after checking its variables and messages.

        Args:
            updates: Whether it updates a document, so that its messages do not ask for the whole output.
            tells: Whether the type of the output is added to the messages if nothing else shows it.
            streaming: The streaming mode.
        """
        from railguard.inputs import prepare, with_output_type
        from railguard.loop.settings import GuardedCall

        settings = self.settings
        about = settings.metadata or {}
        prepared = yield from prepare(self.plan, self.variables, about, settings.messages, updates=updates)
        messages = prepared.messages
        if tells and settings.tell_schema == "auto" and not _carries_schema(self.provider, self.plan):
            messages = with_output_type(self.plan, messages)
        return GuardedCall(
            plan=self.plan,
            messages=messages,
            note=None if messages is prepared.messages else TOLD_NOTE,
            streaming=streaming,
            metadata=settings.metadata,
            budget=_budget(settings),
            strict_reask=_strict_reask(self.provider, settings.reask_mode),
            reasks_whole=bool(getattr(self.provider, "reasks_whole", False)),
            target=_target(self.provider),
            variables=prepared.variables,
            spent=prepared.usage,
            noted=prepared.noted,
        )

    def pending(self, loop: Loop[T]) -> PendingCall[T]:
        """Combine a loop with the call, ready for a driver."""
        return _pending(loop, self.plan, self.settings, self.provider, self.options)


def streaming(
    plan: Plan,
    model: Model,
    variables: Mapping[str, Any] | None,
    options: Mapping[str, Any],
    *,
    raw: bool,
    on_failure: Literal["finish", "abort"],
) -> PendingCall[ValidationOutcome[Any]]:
    """Prepare a guarded call that streams, with `raw` and `on_stream_failure` as in `Guard.stream`. Otherwise like
    `asking`.
    """
    from railguard.loop import Streaming

    if on_failure not in ("finish", "abort"):
        raise InputError(f"on_stream_failure is finish or abort, not {on_failure!r}")
    return asking(plan, model, variables, options, Streaming(raw, on_failure == "abort"))


def resuming(
    plan: Plan, outcome: ValidationOutcome[Any], model: Model, options: Mapping[str, Any]
) -> PendingCall[ValidationOutcome[Any]]:
    """Prepare a call that continues from an outcome, in the given conversation or in the outcome's own. Raises the same
    errors as `asking`.
    """
    from railguard.loop import GuardedCall, guard_loop

    settings, options = CallSettings.split(options)
    provider, options = _provider(model, options)
    call = GuardedCall(
        plan=runnable(plan),
        messages=conversation_of(outcome) if settings.messages is None else tuple(settings.messages),
        metadata=settings.metadata,
        budget=_budget(settings),
        strict_reask=_strict_reask(provider, settings.reask_mode),
        reasks_whole=bool(getattr(provider, "reasks_whole", False)),
        target=_target(provider),
        resumed=outcome,
    )
    return _pending(guard_loop(call), plan, settings, provider, options)


def conversation_of(outcome: ValidationOutcome[Any]) -> tuple[Message, ...]:
    """Return the messages that an outcome answers; an empty tuple if it came from `parse`."""
    return outcome.iterations[0].messages if outcome.iterations else ()


def runnable(plan: Plan) -> Plan:
    """Return the plan. Raises SpecError if a rule in it has no validator that can run."""
    if plan.cannot_run:
        raise SpecError([_cannot_run(rule) for rule in plan.cannot_run])
    return plan


def _refuse_unrunnable_inputs(plan: Plan) -> None:
    """Raise SpecError if a rule on a prompt variable or a message has no validator that can run."""
    if plan.inputs_cannot_run:
        raise SpecError([_cannot_run(rule) for rule in plan.inputs_cannot_run])


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
    """Return a wrong value for an error message; only its type if it may be large."""
    return f"{value!r:.80}" if isinstance(value, (str, int, float)) else type(value).__name__


def _provider(model: Model, options: dict[str, Any]) -> tuple[Provider, dict[str, Any]]:
    from railguard.llm.models import model as as_provider
    from railguard.llm.names import OPTIONS

    refuse_foreign(options, model)
    if not isinstance(model, str):
        return as_provider(model), options
    own = {name: options[name] for name in OPTIONS if name in options}
    rest = {name: value for name, value in options.items() if name not in own}
    return as_provider(model, **own), rest


def _strict_reask(provider: Provider, mode: ReaskMode) -> bool:
    return mode == "strict" or (mode == "auto" and bool(getattr(provider, "cheap_schemas", False)))


def _target(provider: Provider) -> Any:
    """Return the dialect of JSON Schema that the provider enforces."""
    return getattr(provider, "schema_target", "draft2020-12")


def _carries_schema(provider: Provider, plan: Plan) -> bool:
    """Whether the provider's request contains the schema."""
    from railguard.loop.question import is_enforceable

    return getattr(provider, "carries_schemas", True) and is_enforceable(plan.schema, _target(provider))


def _budget(settings: CallSettings) -> LoopBudget:
    from railguard.loop.settings import LoopBudget

    return LoopBudget(settings.max_reasks, settings.token_budget)


def _cannot_run(rule: Rule) -> Problem:
    from railguard.validation import registry

    if rule.lacks is not None:
        return Problem(
            f"{rule.lacks}, so the spec cannot run",
            rule.code,
            hint=("install it" if rule.code == "validator-package" else "mend it")
            + ', or leave such rules out with unknown_validators="ignore"',
        )
    close = registry.suggest_validator(rule.name)
    return Problem(
        f"no validator named {rule.name!r} is registered, so the spec cannot run",
        "unknown-validator",
        hint=(f"did you mean {close!r}? " if close else "")
        + 'register one with @validator, or leave such rules out with unknown_validators="ignore"'
        + registry.excuses(),
    )

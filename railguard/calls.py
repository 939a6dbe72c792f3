"""Executes calls of a guard: creates the loop of a call from its arguments, and runs it with a driver.

All forms of a call are here: sync or async, whole or streaming. A guard imports this module at its first call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

from railguard.call_settings import CallSettings, ReaskMode, TellSchema, refuse_tell_schema, shown_argument
from railguard.documents import document_of
from railguard.drivers.asked_provider import AskedProvider, Loop
from railguard.drivers.checks import Checks
from railguard.drivers.clock import Deadline
from railguard.drivers.run import arun, arun_call, run, run_call
from railguard.errors import InputError, Problem, SpecError
from railguard.inputs import Prepared, prepare, prepared_at_once, with_output_type
from railguard.llm.models import Model
from railguard.llm.models import model as as_provider
from railguard.llm.names import OPTIONS, single
from railguard.loop.call import guard_loop, guard_loops
from railguard.loop.question import is_enforceable
from railguard.loop.settings import GuardedCall, Streaming
from railguard.options import refuse_foreign
from railguard.prompting.shown import says_schema
from railguard.validation import Rule, registry
from railguard.values import Message, StreamEvent, ValidationOutcome

if TYPE_CHECKING:
    from railguard.checking import Plan, Seen
    from railguard.llm import Provider
    from railguard.llm.cache import Store
    from railguard.loop import UpdatedDocument

__all__ = [
    "AskingCall",
    "PendingCall",
    "conversation_of",
    "parsing",
    "refuse_unrunnable",
    "rendering",
    "resuming",
    "streaming",
    "updating",
    "updating_many",
]

T = TypeVar("T")
R = TypeVar("R")

TOLD_NOTE = "nothing showed the model the schema, so its type was added to the messages"
"""The note of a call whose type was added to the messages."""


class PendingCall(NamedTuple, Generic[T]):
    """A loop that was not started, and everything that its driver needs. Each method runs the loop, so call only one of
    them.

    store: keeps answers of costly validators between calls.
    """

    loop: Loop[T]
    validator_seconds: float | None
    timeout: float | None = None
    provider: Provider | None = None
    options: Mapping[str, Any] = MappingProxyType({})
    store: Store | None = None

    def run(self) -> T:
        """Run the loop, and return its result."""
        return run(self.loop, self._asked_provider(), self._checks())

    async def arun(self) -> T:
        """`run` on a running event loop."""
        return await arun(self.loop, self._asked_provider(), self._checks())

    def stream(self: PendingCall[ValidationOutcome[R]]) -> Iterator[StreamEvent[R]]:
        """Run a streaming loop, and yield its events as they arrive."""
        from railguard.drivers import stream

        return stream(self.loop, self._asked_provider(), self._checks())

    def astream(self: PendingCall[ValidationOutcome[R]]) -> AsyncIterator[StreamEvent[R]]:
        """`stream` on a running event loop."""
        from railguard.drivers import astream

        return astream(self.loop, self._asked_provider(), self._checks())

    def _asked_provider(self) -> AskedProvider:
        return AskedProvider(self.provider, self.options, Deadline(self.timeout))

    def _checks(self) -> Checks:
        return Checks(self.validator_seconds, self.store)


def rendering(
    plan: Plan, variables: Mapping[str, Any] | None, metadata: Mapping[str, Any] | None, tell_schema: TellSchema
) -> PendingCall[tuple[Message, ...]]:
    """Return the messages that a call would send to a model without a schema. No model is asked."""
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
    return _pending(guard_loop(GuardedCall(plan=plan, metadata=metadata, text=text, seen=seen)), plan)


def updating(
    plan: Plan,
    document: Any,
    model: Model,
    variables: Mapping[str, Any] | None,
    settings: CallSettings,
    options: dict[str, Any],
) -> PendingCall[ValidationOutcome[Any]]:
    """Prepare the update of a document, which is a text or a value. Otherwise like AskingCall."""
    begun = AskingCall(plan, model, variables, settings, options)
    given = document_of(document, plan)

    def calling() -> Generator[Any, Any, ValidationOutcome[Any]]:
        called = yield from begun.called(updates=True)
        return (yield from guard_loop(_updates(called, given, begun.settings)))

    return begun.driven(calling())


def updating_many(
    plan: Plan,
    documents: Mapping[str, Any],
    model: Model,
    variables: Mapping[str, Any] | None,
    settings: CallSettings,
    options: dict[str, Any],
) -> PendingCall[dict[str, ValidationOutcome[Any]]]:
    """Prepare the update of several documents by name, with one first question. Otherwise like AskingCall."""
    begun = AskingCall(plan, model, variables, settings, options)
    if not isinstance(documents, Mapping):
        raise InputError(f"documents are a dict, each by its name, not {shown_argument(documents)}")
    given = {_name(name): document_of(document, plan, name) for name, document in documents.items()}

    def calling() -> Generator[Any, Any, dict[str, ValidationOutcome[Any]]]:
        if not given:
            return {}
        called = yield from begun.called(updates=True)
        calls = {name: _updates(called, document, begun.settings) for name, document in given.items()}
        return (yield from guard_loops(calls))

    return begun.driven(calling())


def _updates(call: GuardedCall, document: UpdatedDocument, settings: CallSettings) -> GuardedCall:
    """Return a call that updates a document."""
    if not call.messages:
        raise InputError("an update needs messages that say what is new: give messages=[…], or have them in the spec")
    tells = settings.tell_schema == "auto" and not says_schema(call.messages, call.plan.schema)
    return call._replace(document=replace(document, tells_type=tells), note=TOLD_NOTE if tells else None)


def _name(name: Any) -> str:
    if not isinstance(name, str) or not name:
        raise InputError(f"the name of a document is a text, not {shown_argument(name)}")
    return name


class AskingCall:
    """A guarded call whose arguments are checked, but not yet its variables and messages. Make it with `run` or `arun`, or as
    a loop with `pending`.

    Attributes:
        plan: The guard's plan.
        provider: The model to ask.
        variables: Values of the variables in the spec's messages.
        settings: The caller's settings.
        options: The caller's options for the model.
    """

    __slots__ = ("options", "plan", "provider", "settings", "variables")

    def __init__(
        self,
        plan: Plan,
        model: Model,
        variables: Mapping[str, Any] | None,
        settings: CallSettings,
        options: dict[str, Any],
    ) -> None:
        """Check the arguments.

        Raises:
            InputError: If an argument is invalid; no model is asked then.
            SpecError: If a rule cannot run.
        """
        if plan.cannot_run or plan.inputs_cannot_run:
            refuse_unrunnable(plan)
            _refuse_unrunnable_inputs(plan)
        self.plan = plan
        self.settings = settings.checked()
        self.provider, self.options = _provider(model, options)
        self.variables = _by_name(variables)
        if settings.messages is not None and self.variables:
            raise InputError(
                "messages= take the place of the spec's messages, so there is nothing to put variables into"
            )

    def run(self, store: Store | None) -> ValidationOutcome[Any]:
        """Make the call. store: as in PendingCall."""
        called = self._called_at_once()
        if called is None:
            return self.pending(store=store).run()
        return run_call(called, self._asked_provider(), store)

    async def arun(self, store: Store | None) -> ValidationOutcome[Any]:
        """`run` on a running event loop."""
        called = self._called_at_once()
        if called is None:
            return await self.pending(store=store).arun()
        return await arun_call(called, self._asked_provider(), store)

    def pending(
        self, streaming: Streaming | None = None, store: Store | None = None
    ) -> PendingCall[ValidationOutcome[Any]]:
        """Return the call as a loop, which others may watch. streaming: the streaming mode; None for a call that does not
        stream.
        """

        def calling() -> Generator[Any, Any, ValidationOutcome[Any]]:
            return (yield from guard_loop((yield from self.called(streaming=streaming, tells=True))))

        return self.driven(calling())._replace(store=store)

    def called(
        self, *, updates: bool = False, tells: bool = False, streaming: Streaming | None = None
    ) -> Generator[Any, Any, GuardedCall]:
        """Create the call after checking its variables and messages.

        Args:
            updates: Whether it updates a document, so that its messages do not ask for the whole output.
            tells: Whether the type of the output is added to the messages if nothing else shows it.
            streaming: The streaming mode.
        """
        settings = self.settings
        about = settings.metadata or {}
        prepared = yield from prepare(self.plan, self.variables, about, settings.messages, updates=updates)
        return self._called(prepared, tells, streaming)

    def driven(self, loop: Loop[T]) -> PendingCall[T]:
        """Combine a loop with the call, ready for a driver."""
        return _pending(loop, self.plan, self.settings, self.provider, self.options)

    def _called_at_once(self) -> GuardedCall | None:
        """Return the call, or None if a rule has to check its variables or messages first."""
        prepared = prepared_at_once(self.plan, self.variables, self.settings.messages)
        return None if prepared is None else self._called(prepared, True, None)

    def _called(self, prepared: Prepared, tells: bool, streaming: Streaming | None) -> GuardedCall:
        plan, provider, settings = self.plan, self.provider, self.settings
        messages, variables, noted, spent = prepared
        note = None
        target = _target(provider)
        tells = tells and settings.tell_schema == "auto"
        if tells and not (getattr(provider, "carries_schemas", True) and is_enforceable(plan.schema, target)):
            told = with_output_type(plan, messages)
            if told is not messages:
                messages, note = told, TOLD_NOTE
        return GuardedCall(
            plan=plan,
            messages=messages,
            metadata=settings.metadata,
            variables=variables,
            max_reasks=settings.max_reasks,
            token_budget=settings.token_budget,
            strict_reask=_strict_reask(provider, settings.reask_mode),
            reasks_whole=bool(getattr(provider, "reasks_whole", False)),
            target=target,
            streaming=streaming,
            spent=spent,
            noted=noted,
            note=note,
        )

    def _asked_provider(self) -> AskedProvider:
        return AskedProvider(self.provider, self.options, Deadline(self.settings.timeout))


def streaming(*, raw: bool, on_failure: Literal["finish", "abort"]) -> Streaming:
    """Return the streaming mode of a call, of `raw` and `on_stream_failure` as in `Guard.stream`. Raises InputError."""
    if on_failure not in ("finish", "abort"):
        raise InputError(f"on_stream_failure is finish or abort, not {on_failure!r}")
    return Streaming(raw, on_failure == "abort")


def resuming(
    plan: Plan, outcome: ValidationOutcome[Any], model: Model, settings: CallSettings, options: dict[str, Any]
) -> PendingCall[ValidationOutcome[Any]]:
    """Prepare a call that continues from an outcome, in the given conversation or in the outcome's own. Raises the same
    errors as AskingCall.
    """
    settings.checked()
    refuse_unrunnable(plan)
    provider, options = _provider(model, options)
    call = GuardedCall(
        plan=plan,
        messages=conversation_of(outcome) if settings.messages is None else tuple(settings.messages),
        metadata=settings.metadata,
        max_reasks=settings.max_reasks,
        token_budget=settings.token_budget,
        strict_reask=_strict_reask(provider, settings.reask_mode),
        reasks_whole=bool(getattr(provider, "reasks_whole", False)),
        target=_target(provider),
        resumed=outcome,
    )
    return _pending(guard_loop(call), plan, settings, provider, options)


def conversation_of(outcome: ValidationOutcome[Any]) -> tuple[Message, ...]:
    """Return the messages that an outcome answers; an empty tuple if it came from `parse`."""
    return outcome.iterations[0].messages if outcome.iterations else ()


def refuse_unrunnable(plan: Plan) -> None:
    """Raise SpecError if a rule on the output has no validator that can run."""
    if plan.cannot_run:
        raise SpecError([_cannot_run(rule) for rule in plan.cannot_run])


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
        raise InputError(f"variables are a dict, each value by its name, not {shown_argument(variables)}")
    return variables or {}


def _provider(model: Model, options: dict[str, Any]) -> tuple[Provider, dict[str, Any]]:
    if options:
        refuse_foreign(options, model)
    if callable(model):
        return single(model), options
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


def _cannot_run(rule: Rule) -> Problem:
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

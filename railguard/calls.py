"""A call of a guard, from its arguments to its driver: what was given is checked, becomes a loop, and is run.

One place for every way of calling: sync or async, at once or streaming. The rooms below are imported where they are first
needed, so that importing a guard stays cheap.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from railguard.errors import InputError, Problem, SpecError
from railguard.validation import Rule
from railguard.values import Message, StreamEvent, ValidationOutcome

if TYPE_CHECKING:
    from railguard.llm import Model, Provider
    from railguard.loop import Budget, Plan, Streaming
    from railguard.loop.plan import Seen

__all__ = [
    "Given",
    "Ready",
    "ReaskMode",
    "asking",
    "conversation_of",
    "parsing",
    "rendering",
    "resuming",
    "runnable",
    "streaming",
]

ReaskMode: TypeAlias = Literal["auto", "strict", "prompt"]
"""strict: a reask sends its pruned schema as structured output. prompt: in words only. auto: strict where a new schema
costs nothing (local servers), prompt elsewhere."""

_MAX_REASKS = 10


class Given(NamedTuple):
    """What a call is given besides its model, as `Guard.__call__` documents it."""

    variables: Mapping[str, Any] | None
    messages: Sequence[Message] | None
    metadata: Mapping[str, Any] | None
    max_reasks: int
    token_budget: int
    reask_mode: ReaskMode


@dataclass(frozen=True, slots=True)
class Ready:
    """A loop that was not started yet, and what its driver needs. Each method runs it, so only one of them is called."""

    loop: Any
    validator_seconds: float | None
    provider: Provider | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def run(self, timeout: float | None = None) -> Any:
        """What the loop returns. timeout: seconds for all of it."""
        from railguard.drivers import run

        return run(self.loop, self.provider, **self._how(timeout))

    async def arun(self, timeout: float | None = None) -> Any:
        """`run` on a running event loop."""
        from railguard.drivers import arun

        return await arun(self.loop, self.provider, **self._how(timeout))

    def stream(self, timeout: float | None = None) -> Iterator[StreamEvent]:
        """The events of a streaming loop, as they come."""
        from railguard.drivers import stream

        assert self.provider is not None, "only what asks a model streams"
        return stream(self.loop, self.provider, **self._how(timeout))

    def astream(self, timeout: float | None = None) -> AsyncIterator[StreamEvent]:
        """`stream` on a running event loop."""
        from railguard.drivers import astream

        assert self.provider is not None, "only what asks a model streams"
        return astream(self.loop, self.provider, **self._how(timeout))

    def _how(self, timeout: float | None) -> dict[str, Any]:
        return {"options": self.options, "timeout": timeout, "validator_seconds": self.validator_seconds}


def rendering(plan: Plan, variables: Mapping[str, Any] | None, metadata: Mapping[str, Any] | None) -> Ready:
    """What goes into a call, without the call: its loop ends in `loop.prepare.Prepared`."""
    from railguard.loop import prepare

    return _ready(prepare(plan.spec, variables or {}, metadata or {}), plan)


def parsing(plan: Plan, text: str, seen: Seen, metadata: Mapping[str, Any] | None) -> Ready:
    """An answer that is there already, and nobody to be asked. seen: its first look, which found something."""
    from railguard.loop import Call, guard_loop

    return _ready(guard_loop(Call(plan=plan, metadata=metadata or {}, text=text, seen=seen)), plan)


def asking(
    plan: Plan, model: Model, options: dict[str, Any], given: Given, streaming: Streaming | None = None
) -> Ready:
    """A guarded call. Raises InputError for what makes no sense, SpecError for rules that cannot run, before anything is
    asked."""
    from railguard.loop import Call, guard_loop, prepare

    provider, options = _provider(model, options)
    runnable(plan)
    about, budget = given.metadata or {}, _budget(given)
    strict_reask = _strict_reask(provider, given.reask_mode)
    if given.messages is not None and given.variables:
        raise InputError("messages= take the place of the spec's messages, so there is nothing to put variables into")

    def calling() -> Generator[Any, Any, ValidationOutcome]:
        prepared = yield from prepare(plan.spec, given.variables or {}, about, given.messages)
        call = Call(
            plan=plan,
            messages=prepared.messages,
            metadata=about,
            budget=budget,
            strict_reask=strict_reask,
            target=_target(provider),
            streaming=streaming,
            variables=prepared.variables,
            spent=prepared.usage,
            noted=prepared.noted,
        )
        return (yield from guard_loop(call))

    return _ready(calling(), plan, provider, options)


def streaming(
    plan: Plan,
    model: Model,
    options: dict[str, Any],
    given: Given,
    *,
    raw: bool,
    on_failure: Literal["finish", "abort"],
) -> Ready:
    """A guarded call that streams, with `raw` and `on_stream_failure` as `Guard.stream` documents them. Raises as
    `asking` does."""
    from railguard.loop import Streaming

    if on_failure not in ("finish", "abort"):
        raise InputError(f"on_stream_failure is finish or abort, not {on_failure!r}")
    return asking(plan, model, options, given, Streaming(raw, on_failure == "abort"))


def resuming(plan: Plan, outcome: ValidationOutcome, model: Model, options: dict[str, Any], given: Given) -> Ready:
    """A call that goes on from an outcome, in the conversation that is given or stands on it. Raises as `asking` does."""
    from railguard.loop import Call, guard_loop

    provider, options = _provider(model, options)
    call = Call(
        plan=runnable(plan),
        messages=conversation_of(outcome) if given.messages is None else tuple(given.messages),
        metadata=given.metadata or {},
        budget=_budget(given),
        strict_reask=_strict_reask(provider, given.reask_mode),
        target=_target(provider),
        resumed=outcome,
    )
    return _ready(guard_loop(call), plan, provider, options)


def conversation_of(outcome: ValidationOutcome) -> tuple[Message, ...]:
    """The messages that an outcome answers; none of one that `parse` gave."""
    return outcome.iterations[0].messages if outcome.iterations else ()


def runnable(plan: Plan) -> Plan:
    """The plan. Raises SpecError if a rule in it has no validator that can run."""
    if plan.cannot_run:
        raise SpecError([_cannot_run(rule) for rule in plan.cannot_run])
    return plan


def _ready(loop: Any, plan: Plan, provider: Provider | None = None, options: Mapping[str, Any] | None = None) -> Ready:
    return Ready(loop, plan.spec.limits.validator_seconds, provider, options or {})


def _provider(model: Model, options: dict[str, Any]) -> tuple[Provider, dict[str, Any]]:
    from railguard.llm import model as as_provider
    from railguard.llm.models import OPTIONS

    if not isinstance(model, str):
        return as_provider(model), options
    own = {name: options[name] for name in OPTIONS if name in options}
    rest = {name: value for name, value in options.items() if name not in own}
    return as_provider(model, **own), rest


def _strict_reask(provider: Provider, mode: ReaskMode) -> bool:
    if mode not in ("auto", "strict", "prompt"):
        raise InputError(f"reask_mode is auto, strict or prompt, not {mode!r}")
    return mode == "strict" or (mode == "auto" and bool(getattr(provider, "cheap_schemas", False)))


def _target(provider: Provider) -> Any:
    """Whose dialect of JSON Schema the provider enforces."""
    return getattr(provider, "schema_target", "draft2020-12")


def _budget(given: Given) -> Budget:
    most = given.max_reasks
    if isinstance(most, bool) or not isinstance(most, int) or not 0 <= most <= _MAX_REASKS:
        raise InputError(f"max_reasks is a whole number from 0 to {_MAX_REASKS}, not {most!r}")
    from railguard.loop import Budget

    return Budget(most, given.token_budget)


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

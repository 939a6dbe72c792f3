"""What a guarded call reports: every failure, every repair, every round. Frozen, and plain enough to store."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

from railguard.idioms import hint
from railguard.values.conversation import FinishReason, JsonSchema, Message, Usage
from railguard.values.on_fail import DEFAULT_ON_FAIL, OnFail
from railguard.values.path import UNSET, Path

if TYPE_CHECKING:  # its default is for type checkers: a bare ValidationOutcome is one of Any
    from typing_extensions import TypeVar as TypeVarWithDefault

    T_co = TypeVarWithDefault("T_co", covariant=True, default=Any)
else:
    T_co = TypeVar("T_co", covariant=True)

__all__ = [
    "Failure",
    "Iteration",
    "RailguardError",
    "Repair",
    "RepairClass",
    "Stopped",
    "ValidationFailed",
    "ValidationOutcome",
    "ValueChange",
]


class RailguardError(Exception):
    """The base of every exception railguard raises on purpose; `railguard.errors` has all of them.

    It can be pickled and copied, with its attributes and notes, so that it can leave a worker process. Its cause, context
    and traceback stay behind, as those of any exception do.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args), self.__dict__


def _rebuilt(kind: type[RailguardError], args: tuple[Any, ...]) -> RailguardError:
    """An exception without a call of its `__init__`, whose parameters are not its `args`."""
    error = kind.__new__(kind, *args)
    error.args = args
    return error


class ValidationFailed(RailguardError):
    """The answer is invalid and somebody asked for an exception: a rule, `@guarded`, `raise_for_failures()`.

    `outcome` is the whole ValidationOutcome: nothing that was found or paid for is lost.
    """

    def __init__(self, message: str, outcome: ValidationOutcome) -> None:
        super().__init__(message)
        self.outcome = outcome


RepairClass: TypeAlias = Literal["syntax", "lossless", "judgement"]
"""syntax: same data, other spelling. lossless: same value, other type. judgement: a choice was made."""

Stopped: TypeAlias = Literal[
    "valid",
    "unresolved",  # nothing is left to ask for, and something fails
    "no_model",  # guard.parse: there was nobody to ask
    "max_reasks",
    "token_budget",
    "timeout",
    "provider",  # the provider failed in a reask; the outcome is on the ProviderError
    "stalled",  # two identical answers in a row
    "refused",  # the model declined, or its provider's filter did
    "refrained",  # a rule withheld the whole output
    "exception",  # a rule asked for an exception
    "raised",  # the code of the user's own model raised; the outcome is on the ValidatorError
]
"""Why the loop ended."""


_NOTHING_CAME = ("refused", "refrained", "timeout")
"""Ends after which an outcome without failures has not passed."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One rule broken at one path.

    validator: the rule's registered name; for structure the JSON Schema keyword ("type", "required", "enum", "format",
    …), and "json" for text that cannot be read. message: written for a model. value: what stood there (UNSET if
    nothing did). action: what is done about it. after: in `outcome.resolved`, the value that took its place, UNSET
    where it was left out. blame: the fields to be asked for in its place. spans: (start, end) offsets of what is wrong
    in a text.
    """

    path: Path
    validator: str
    message: str
    value: Any = UNSET
    action: OnFail = DEFAULT_ON_FAIL
    after: Any = UNSET
    blame: tuple[Path, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def before(self) -> Any:
        """The value that failed."""
        return self.value

    def __str__(self) -> str:
        return f"{self.path}: {self.message} [{self.validator}]"

    def to_dict(self) -> dict[str, Any]:
        """Plain data; a value that was not there is left out."""
        plain: dict[str, Any] = {
            "path": str(self.path),
            "validator": self.validator,
            "message": self.message,
            "action": str(self.action),
        }
        if self.value is not UNSET:
            plain["value"] = _plain(self.value)
        if self.after is not UNSET:
            plain["after"] = _plain(self.after)
        if self.spans:
            plain["spans"] = [list(span) for span in self.spans]
        return plain


@dataclass(frozen=True, slots=True)
class Repair:
    """One local repair: what stood at `path`, what stands there now, by which `rule`, and of which class it is (`kind`).

    `before` is the source text for a repair of syntax. UNSET stands for "nothing was there" (a default was filled in)
    and, in `after`, for "it was left out" (an unknown key).
    """

    path: Path
    rule: str
    before: Any = UNSET
    after: Any = UNSET
    kind: RepairClass = "lossless"

    def to_dict(self) -> dict[str, Any]:
        """Plain data; UNSET sides are left out."""
        plain: dict[str, Any] = {"path": str(self.path), "rule": self.rule, "class": self.kind}
        if self.before is not UNSET:
            plain["before"] = _plain(self.before)
        if self.after is not UNSET:
            plain["after"] = _plain(self.after)
        return plain


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value that a change answer set, added or removed.

    Attributes:
        path: Where the value is; of a removed list item, its index before the removal.
        before: The old value; UNSET if the value was added.
        after: The new value; UNSET if the value was removed.
    """

    path: Path
    before: Any = UNSET
    after: Any = UNSET

    def to_dict(self) -> dict[str, Any]:
        """Plain data; UNSET sides are left out."""
        plain: dict[str, Any] = {"path": str(self.path)}
        if self.before is not UNSET:
            plain["before"] = _plain(self.before)
        if self.after is not UNSET:
            plain["after"] = _plain(self.after)
        return plain


@dataclass(frozen=True, slots=True)
class Iteration:
    """One round: what was asked, what came back, what was made of it.

    messages: the whole request; empty for `guard.parse`. schema: the JSON Schema of the wanted answer. asked: the
    paths asked for, () for the whole output. raw: the model's text. parsed: the state after this round's answer was
    merged, as plain data, UNSET if nothing could be read. failures: what failed then; resolved: what on-fail
    resolved of it; repairs: what was repaired. usage: what it cost. ignored: (path, value) of changes the model made to fields
    that had passed. finish_reason: why the model stopped. note: what its provider did otherwise than it was asked to.
    merged: the paths that the answer to a reask wrote; empty if nothing of it was used. changes: what a change answer
    changed, value by value.
    """

    messages: tuple[Message, ...]
    raw: str
    parsed: Any = UNSET
    failures: tuple[Failure, ...] = ()
    resolved: tuple[Failure, ...] = ()
    repairs: tuple[Repair, ...] = ()
    ignored: tuple[tuple[Path, Any], ...] = ()
    asked: tuple[Path, ...] = ()
    schema: JsonSchema | None = None
    usage: Usage | None = None
    finish_reason: FinishReason = "unknown"
    note: str | None = None
    merged: tuple[Path, ...] = ()
    changes: tuple[ValueChange, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        plain: dict[str, Any] = {
            "messages": list(self.messages),
            "raw": self.raw,
            "failures": [failure.to_dict() for failure in self.failures],
            "ignored": [{"path": str(path), "value": _plain(value)} for path, value in self.ignored],
            "asked": [str(path) for path in self.asked],
            "finish_reason": self.finish_reason,
            "usage": _usage(self.usage),
        }
        if self.parsed is not UNSET:
            plain["parsed"] = _plain(self.parsed)
        if self.note is not None:
            plain["note"] = self.note
        if self.changes:
            plain["changes"] = [change.to_dict() for change in self.changes]
        return plain


@dataclass(frozen=True, slots=True, repr=False)
class ValidationOutcome(Generic[T_co]):
    """The result of a guarded call or of `guard.parse`.

    output: the value, if every unresolved failure is noop and nothing was refrained, else None.
    partial: what is valid of it, as plain data, failing fields left out. failures: unresolved ones.
    resolved: what on-fail actions resolved. repairs: every local repair. iterations: every round.
    usage: all rounds together, and what validators spent on models of their own. refusal: the model's words if it
    declined. stopped: why the loop ended. inputs: what rules on the input found that did not stop the call, at paths such
    as `$.input.document` and `$.messages[1]`: kept (noop), mended (fix) or left out (filter).
    """

    output: T_co | None = None
    partial: Any = None
    failures: tuple[Failure, ...] = ()
    resolved: tuple[Failure, ...] = ()
    repairs: tuple[Repair, ...] = ()
    iterations: tuple[Iteration, ...] = field(default=())
    usage: Usage = field(default_factory=lambda: Usage(known=False))
    refusal: str | None = None
    stopped: Stopped = "valid"
    inputs: tuple[Failure, ...] = ()

    if not TYPE_CHECKING:

        def __class_getitem__(cls, item: object) -> type:
            return cls  # typing's own alias cannot make instances of a frozen class with slots

    @property
    def passed(self) -> bool:
        """Nothing is unresolved."""
        return not self.failures and self.stopped not in _NOTHING_CAME

    @property
    def raw_output(self) -> str | None:
        """The text of the last answer, untouched; None if no model answered."""
        return self.iterations[-1].raw if self.iterations else None

    def raise_for_failures(self) -> None:
        """Raise ValidationFailed if an unresolved failure is not noop, or the output was refused or refrained."""
        blocking = [failure for failure in self.failures if not failure.action.policy.keeps_output]
        if not blocking and (self.failures or self.stopped not in _NOTHING_CAME):
            return
        if self.refusal is not None:
            raise ValidationFailed(f"the model refused: {self.refusal}", self)
        lines = [str(failure) for failure in blocking[:20]]
        if len(blocking) > 20:
            lines.append(f"… and {len(blocking) - 20} more")
        head = "the output is not valid" + (f" ({self.stopped})" if self.stopped != "unresolved" else "")
        raise ValidationFailed("\n  ".join([head, *lines]), self)

    def to_dict(self) -> dict[str, Any]:
        """Plain data with stable names, as `--format json` prints it."""
        return {
            "passed": self.passed,
            "output": _plain(self.output),
            "partial": _plain(self.partial),
            "failures": [failure.to_dict() for failure in self.failures],
            "resolved": [failure.to_dict() for failure in self.resolved],
            "repairs": [repair.to_dict() for repair in self.repairs],
            "iterations": [iteration.to_dict() for iteration in self.iterations],
            "usage": _usage(self.usage),
            "raw_output": self.raw_output,
            "refusal": self.refusal,
            "stopped": self.stopped,
            "inputs": [failure.to_dict() for failure in self.inputs],
        }

    def _repr_html_(self) -> str:
        from importlib import import_module

        shown: str = import_module("railguard.notebooks").outcome_html(self)  # of the top floor, looked up by name
        return shown

    if not TYPE_CHECKING:  # a type checker knows what there is

        def __getattr__(self, name):
            raise AttributeError(
                f"'ValidationOutcome' object has no attribute {name!r}{hint('ValidationOutcome', name)}"
            )

        def __iter__(self):
            raise TypeError(
                "an outcome cannot be unpacked: it has output, passed, failures, raw_output; "
                "railguard.compat.guardrails takes guardrails-ai's programs as they are"
            )

    def __repr__(self) -> str:
        return (
            f"<ValidationOutcome {'passed' if self.passed else 'failed'}: {len(self.failures)} unresolved, "
            f"{len(self.resolved)} resolved, {len(self.repairs)} repairs, {len(self.iterations)} rounds, "
            f"{self.stopped}>"
        )


def _usage(usage: Usage | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    plain: dict[str, Any] = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens,
        "known": usage.known,
    }
    return plain if usage.cost is None else plain | {"cost": float(usage.cost)}


def _plain(value: Any) -> Any:
    """Data that RFC 8259 can write: instances as what they dump to, numbers that are not finite as their names."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(value, fallback=repr)

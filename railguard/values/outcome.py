"""The result of a guarded call: every failure, every repair, every round. Frozen, and easy to store."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar

from railguard.idioms import hint
from railguard.values.conversation import UNREPORTED, Completion, FinishReason, JsonSchema, Message, Usage
from railguard.values.frozen import SchemaWhenRead, quick_init
from railguard.values.on_fail import DEFAULT_ON_FAIL, OnFail
from railguard.values.path import UNSET, Path

if TYPE_CHECKING:  # the default is for type checkers: an unparametrized ValidationOutcome is ValidationOutcome[Any]
    from typing_extensions import TypeVar as TypeVarWithDefault

    T_co = TypeVarWithDefault("T_co", covariant=True, default=Any)
else:
    T_co = TypeVar("T_co", covariant=True)

__all__ = [
    "Asked",
    "Failure",
    "Iteration",
    "RailguardError",
    "Repair",
    "RepairClass",
    "Stopped",
    "ValidationFailed",
    "ValidationOutcome",
    "ValueChange",
    "checked_outcome",
    "sound_outcome",
    "with_partial",
]


class RailguardError(Exception):
    """The base of every exception that railguard raises on purpose; `railguard.errors` defines all of them.

    It can be pickled and copied, with its attributes and notes, so that a worker process can send it. Its cause,
    context and traceback are lost, as for any exception.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args), self.__dict__


def _rebuilt(kind: type[RailguardError], args: tuple[Any, ...]) -> RailguardError:
    """Create an exception without calling its `__init__`, whose parameters are not its `args`."""
    error = kind.__new__(kind, *args)
    error.args = args
    return error


class ValidationFailed(RailguardError):
    """Raised if the answer is invalid and an exception was requested: by a rule, `@guarded` or `raise_for_failures()`.

    Attributes:
        outcome: The complete ValidationOutcome, with all results of the call.
    """

    def __init__(self, message: str, outcome: ValidationOutcome) -> None:
        super().__init__(message)
        self.outcome = outcome


RepairClass: TypeAlias = Literal["syntax", "lossless", "judgement"]
"""syntax: same data, other notation. lossless: same value, other type. judgement: a choice was made."""

Stopped: TypeAlias = Literal[
    "valid",
    "unresolved",  # a failure remains, but there is nothing to ask for
    "no_model",  # guard.parse: there is no model to ask
    "max_reasks",
    "token_budget",
    "timeout",
    "provider",  # the provider failed in a reask; the outcome is on the ProviderError
    "stalled",  # two identical answers in a row
    "refused",  # the model declined, or its provider's filter blocked the answer
    "refrained",  # a rule withheld the whole output
    "exception",  # a rule asked for an exception
    "raised",  # the code of the user's own model raised; the outcome is in the ValidatorError
]
"""Why the loop ended."""


_NOTHING_CAME = ("refused", "refrained", "timeout")
"""Reasons to stop after which an outcome without failures has not passed."""


@quick_init
@dataclass(frozen=True, slots=True)
class Failure:
    """A violation of one rule at one path.

    Attributes:
        path: Where the value is.
        validator: The rule's registered name; for structure the JSON Schema keyword ("type", "required", "enum",
            "format", …), and "json" for text that cannot be read.
        message: What is wrong, in words for a model.
        value: The value; UNSET if there was none.
        action: The on-fail action.
        after: In `outcome.resolved`, the value that replaced it; UNSET if it was removed.
        blame: The fields to ask for instead.
        spans: (start, end) offsets of the wrong parts of a text.
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
        """The failure as plain data.

        Returns:
            "path", "validator", "message", "action", and "value", "after" and "spans" where there are any.
        """
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
    """One local repair.

    Attributes:
        path: The path of the repaired value.
        rule: The name of the repair.
        before: The value before; the source text for a repair of syntax; UNSET for a default that was filled in.
        after: The value after; UNSET if it was removed, as an unknown key is.
        kind: Its class: "syntax", "lossless" or "judgement".
    """

    path: Path
    rule: str
    before: Any = UNSET
    after: Any = UNSET
    kind: RepairClass = "lossless"

    def to_dict(self) -> dict[str, Any]:
        """The repair as plain data.

        Returns:
            "path", "rule", "class", and "before" and "after" unless they are UNSET.
        """
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
        path: The path of the value; for a removed list item, with its index before the removal.
        before: The old value; UNSET if the value was added.
        after: The new value; UNSET if the value was removed.
    """

    path: Path
    before: Any = UNSET
    after: Any = UNSET

    def to_dict(self) -> dict[str, Any]:
        """The change as plain data.

        Returns:
            "path", and "before" and "after" unless they are UNSET.
        """
        plain: dict[str, Any] = {"path": str(self.path)}
        if self.before is not UNSET:
            plain["before"] = _plain(self.before)
        if self.after is not UNSET:
            plain["after"] = _plain(self.after)
        return plain


@quick_init
@dataclass(frozen=True, slots=True)
class Iteration(SchemaWhenRead):
    """One round: the question, the answer, and the results.

    Attributes:
        messages: The whole request; empty for `guard.parse`.
        raw: The model's text.
        parsed: The value after this round's answer was merged, as plain data; UNSET if nothing could be parsed.
        failures: What failed then.
        resolved: The failures that on-fail actions resolved.
        repairs: What was repaired.
        ignored: (path, value) of changes the model made to fields that had passed.
        asked: The paths that were asked for; () for the whole output.
        schema: The JSON Schema of the requested answer; None for a text.
        usage: Its tokens; None if no model was asked.
        finish_reason: Why the model stopped.
        note: How the provider deviated from the request, and what was added to the question.
        merged: The paths that the answer to a reask changed; empty if it was not used.
        changes: The changes of a change answer, value by value.
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
        """The round as plain data.

        Returns:
            "messages", "raw", "failures", "ignored", "asked", "finish_reason" and "usage", and "parsed", "note" and
            "changes" where there are any.
        """
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


class _Deferred:
    """The slot of what an outcome's attributes are computed from at their first use."""

    __slots__ = ("_deferred",)


@quick_init
@dataclass(frozen=True, slots=True, repr=False)
class ValidationOutcome(_Deferred, Generic[T_co]):
    """The result of a guarded call or of `guard.parse`.

    Attributes:
        output: The value, if every unresolved failure is noop and no rule withheld it; otherwise None.
        partial: The valid part of it as plain data, without failing fields.
        failures: What is unresolved.
        resolved: The failures that on-fail actions resolved.
        repairs: Every local repair.
        iterations: Every round.
        usage: The tokens of all rounds and of validators that ask models.
        refusal: The model's words if it declined.
        stopped: Why the loop ended.
        inputs: The failures of input rules that did not stop the call, at paths such as `$.input.document` and
            `$.messages[1]`: kept (noop), fixed (fix) or removed (filter).
        document: For `guard.update`, the document with its changes: a text for a text, otherwise plain data; None if
            there is no output.
        changes: For `guard.update`, the changes of the document, value by value; indexes are those before the changes.
    """

    output: T_co | None = None
    partial: Any = None
    failures: tuple[Failure, ...] = ()
    resolved: tuple[Failure, ...] = ()
    repairs: tuple[Repair, ...] = ()
    iterations: tuple[Iteration, ...] = field(default=())
    usage: Usage = UNREPORTED
    refusal: str | None = None
    stopped: Stopped = "valid"
    inputs: tuple[Failure, ...] = ()
    document: Any = None
    changes: tuple[ValueChange, ...] = ()

    if not TYPE_CHECKING:

        def __class_getitem__(cls, item: object) -> type:
            return cls  # typing's own alias cannot make instances of a frozen class with slots

    @property
    def passed(self) -> bool:
        """Whether no failure is unresolved."""
        return not self.failures and self.stopped not in _NOTHING_CAME

    @property
    def as_written(self) -> bool:
        """Whether it passed unchanged: nothing failed, was repaired, fixed or removed."""
        return self.passed and not (self.repairs or self.resolved)

    @property
    def raw_output(self) -> str | None:
        """The unchanged text of the last answer; None if no model answered."""
        return self.iterations[-1].raw if self.iterations else None

    def raise_for_failures(self) -> None:
        """Raise if the output cannot be used.

        Raises:
            ValidationFailed: If an unresolved failure is not noop, or the output was refused or refrained.
        """
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
        """The outcome as plain data with stable names, as `--format json` prints it.

        Returns:
            A dict that JSON can represent: a number that is not finite becomes its name, an instance its dump.
            "document" and "changes" are those of an update.
        """
        plain = {
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
        if self.document is not None or self.changes:
            plain |= {"document": self.document, "changes": [change.to_dict() for change in self.changes]}
        return plain

    def _repr_html_(self) -> str:
        from importlib import import_module

        shown: str = import_module("railguard.notebooks").outcome_html(self)  # imported by name
        return shown

    if not TYPE_CHECKING:  # a type checker knows all attributes

        def __getattr__(self, name):
            make = _MADE.get(name)
            if make is None:
                raise AttributeError(
                    f"'ValidationOutcome' object has no attribute {name!r}{hint('ValidationOutcome', name)}"
                )
            made = make(self._deferred)
            _set(self, name, made)
            return made

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


def _maker(field: Field[Any]) -> Callable[[Any], Any]:
    """Return a function that makes an attribute of the data in an outcome's slot: what they say, otherwise its default."""

    def make(data: Any) -> Any:
        found = getattr(data, field.name, UNSET)
        if found is not UNSET:
            return found() if callable(found) else found
        return field.default_factory() if field.default_factory is not MISSING else field.default

    return make


class Asked(NamedTuple):
    """The part of an outcome that concerns the model of a valid answer.

    Attributes:
        messages: The question.
        completion: The answer.
        schema: Returns the JSON Schema of the requested answer, or None for a text.
        spent: The tokens of the call; None if unknown.
        inputs: The failures of the input that did not stop the call.
        note: What the record of the answer notes in addition.
    """

    messages: tuple[Message, ...]
    completion: Completion
    schema: Callable[[], JsonSchema | None]
    spent: Usage | None
    inputs: tuple[Failure, ...]
    note: str | None = None


class _Partial(NamedTuple):
    """What makes the partial value of an outcome."""

    partial: Callable[[], Any]


class _Checked(NamedTuple):
    """The data from which the outcome of an answer is computed that was checked without a model."""

    text: str
    state: Any
    partial: Callable[[], Any]
    failures: tuple[Failure, ...]
    resolved: tuple[Failure, ...]
    repairs: tuple[Repair, ...]
    spent: Usage | None
    stopped: Stopped

    def iterations(self) -> tuple[Iteration, ...]:
        return (Iteration((), self.text, self.state, self.failures, self.resolved, self.repairs),)

    def usage(self) -> Usage:
        return UNREPORTED if self.spent is None else self.spent


class _Sound(NamedTuple):
    """The data from which the outcome of a valid answer is computed."""

    text: str
    state: Callable[[], Any]
    repairs: tuple[Repair, ...]
    asked: Asked | None

    def partial(self) -> Any:
        return self.state()

    def iterations(self) -> tuple[Iteration, ...]:
        if self.asked is None:
            return (Iteration((), self.text, self.state(), repairs=self.repairs),)
        completion = self.asked.completion.noted(self.asked.note)
        return (
            Iteration(
                self.asked.messages,
                self.text,
                self.state(),
                repairs=self.repairs,
                schema=self.asked.schema(),
                usage=completion.usage,
                finish_reason=completion.finish_reason,
                note=completion.note,
            ),
        )

    def usage(self) -> Usage:
        return UNREPORTED if self.asked is None or self.asked.spent is None else self.asked.spent

    def inputs(self) -> tuple[Failure, ...]:
        return () if self.asked is None else self.asked.inputs


_MADE: Mapping[str, Callable[[Any], Any]] = {one.name: _maker(one) for one in fields(ValidationOutcome)}
"""Attribute → what makes it of the data in the outcome's slot."""
_new = object.__new__
_new_data = tuple.__new__
_set = object.__setattr__
_set_deferred: Callable[[ValidationOutcome[Any], _Sound | _Checked | _Partial], None] = _Deferred.__dict__[
    "_deferred"
].__set__
_drop_partial: Callable[[ValidationOutcome[Any]], None] = ValidationOutcome.__dict__["partial"].__delete__
_set_output: Callable[[ValidationOutcome[Any], Any], None] = ValidationOutcome.__dict__["output"].__set__


def sound_outcome(
    text: str,
    output: Any,
    state: Callable[[], Any],
    repairs: tuple[Repair, ...] = (),
    asked: Asked | None = None,
) -> ValidationOutcome[Any]:
    """Return the outcome of a valid text. Its attributes are computed when they are first used.

    Args:
        text: The answer.
        output: The value of the answer.
        state: Returns the answer's plain data, the same each time.
        repairs: What was repaired.
        asked: The data of the model; None if no model was asked.
    """
    outcome: ValidationOutcome[Any] = _new(ValidationOutcome)
    _set_output(outcome, output)
    _set_deferred(outcome, _new_data(_Sound, (text, state, repairs, asked)))
    return outcome


def checked_outcome(
    text: str,
    output: Any,
    state: Any,
    partial: Callable[[], Any],
    stopped: Stopped,
    *,
    failures: tuple[Failure, ...] = (),
    resolved: tuple[Failure, ...] = (),
    repairs: tuple[Repair, ...] = (),
    spent: Usage | None = None,
) -> ValidationOutcome[Any]:
    """Return the outcome of a text that was checked without a model. Its attributes are set when they are first used.

    Args:
        text: The answer.
        output: The value for the caller; None if a failure withholds it.
        state: The answer's plain data after repairs.
        partial: Gives the partial value, the same each time.
        stopped: Why the check ended.
        failures: What is unresolved, in document order.
        resolved: What on-fail actions resolved.
        repairs: What was repaired.
        spent: The tokens of validators; None for none.
    """
    outcome: ValidationOutcome[Any] = _new(ValidationOutcome)
    _set_output(outcome, output)
    data = (text, state, partial, failures, resolved, repairs, spent, stopped)
    _set_deferred(outcome, _new_data(_Checked, data))
    return outcome


def with_partial(outcome: ValidationOutcome[Any], partial: Callable[[], Any]) -> ValidationOutcome[Any]:
    """An outcome whose partial value is made when it is first asked for.

    Args:
        outcome: A new outcome without it, which is changed.
        partial: Gives it, the same each time.
    """
    _drop_partial(outcome)
    _set_deferred(outcome, _Partial(partial))
    return outcome


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
    """Return data that RFC 8259 can express: instances become their dumps, numbers that are not finite their names."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    from pydantic_core import to_jsonable_python

    return _plain(to_jsonable_python(value, fallback=repr))  # which keeps numbers that are not finite

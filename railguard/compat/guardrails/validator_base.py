"""Validators as classes: `@register_validator(name=…, data_type=…)` on a subclass of Validator with `validate(value,
metadata)`.

Each becomes a validator of railguard under its name, so that RAIL documents find it; an instance becomes a rule.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias

import railguard
from railguard import UNSET, InputError, Rule

__all__ = [
    "ErrorSpan",
    "FailResult",
    "OnFailAction",
    "PassResult",
    "ValidationResult",
    "Validator",
    "register_validator",
    "rule_of",
    "with_default",
]

OnFail: TypeAlias = "str | Callable[[Any, FailResult], Any] | None"


class OnFailAction(StrEnum):
    """What happens to a value that fails a rule.

    Attributes:
        REASK: Ask the model again for this value.
        FIX: Replace it by the validator's fix_value.
        FILTER: Drop the value.
        REFRAIN: Refuse the whole output.
        NOOP: Keep the value, and report the failure.
        EXCEPTION: Raise ValidationError.
        FIX_REASK: Fix it; ask again if the fix fails as well.
        CUSTOM: The name that guardrails-ai has for a function as on_fail; give the function itself.
    """

    REASK = "reask"
    FIX = "fix"
    FILTER = "filter"
    REFRAIN = "refrain"
    NOOP = "noop"
    EXCEPTION = "exception"
    FIX_REASK = "fix_reask"
    CUSTOM = "custom"


class ValidationResult:
    """The base of PassResult and FailResult, which a validator's `validate` returns.

    Attributes:
        outcome: "pass" or "fail".
    """

    outcome: ClassVar[str]


@dataclass(frozen=True)
class ErrorSpan:
    """A part of a text that is wrong.

    Attributes:
        start: The index of its first character.
        end: The index after its last character.
        reason: Why it is wrong.
    """

    start: int
    end: int
    reason: str = ""


@dataclass(frozen=True)
class PassResult(ValidationResult):
    """The value passed.

    Attributes:
        outcome: "pass".
        metadata: Accepted as in guardrails-ai; not used.
    """

    outcome: ClassVar[str] = "pass"
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class FailResult(ValidationResult):
    """The value failed.

    Attributes:
        outcome: "fail".
        error_message: What is wrong, in words for the model; a reask shows them.
        fix_value: A valid value to use instead, or None.
        error_spans: The parts of a text that are wrong: ErrorSpans, or pairs of indexes.
        metadata: Accepted as in guardrails-ai; not used.
    """

    outcome: ClassVar[str] = "fail"

    error_message: str
    fix_value: Any = None
    error_spans: Sequence[Any] | None = None
    metadata: Mapping[str, Any] | None = None


class Validator:
    """The base of validators that are written as classes. A subclass defines `validate`, or `_validate` as in later
    releases.

    Attributes:
        rail_alias: The name in RAIL documents, set by `register_validator`.
        required_metadata_keys: Keys that the metadata of a call must have.
        on_fail_method: The on-fail action as given.
        use_local: Whether `_inference` runs on this machine.
        validation_endpoint: Where a subclass's `_inference_remote` asks.
    """

    rail_alias: str = ""
    required_metadata_keys: ClassVar[Sequence[str]] = ()
    on_fail_method: OnFail = None  # a subclass need not call our __init__
    use_local: bool = True
    validation_endpoint: str | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        made = super().__new__(cls)
        made._given = (args, kwargs)
        return made

    def __init__(self, on_fail: OnFail = None, **kwargs: Any) -> None:
        """Set the on-fail action; a subclass with parameters of its own calls this with `super()`.

        Args:
            on_fail: The name of an action, or a function of the value and the FailResult; "noop" by default.
            **kwargs: The subclass's own parameters.
        """
        self.on_fail_method = on_fail
        self.use_local = bool(kwargs.get("use_local", True))
        self.validation_endpoint = kwargs.get("validation_endpoint")
        self._kwargs = kwargs

    _given: tuple[tuple[Any, ...], dict[str, Any]]

    def validate(self, value: Any, metadata: Mapping[str, Any]) -> ValidationResult:
        """Check a value.

        Args:
            value: The value.
            metadata: The caller's metadata for validators.

        Returns:
            A PassResult or a FailResult.

        Raises:
            NotImplementedError: If the subclass defines neither `validate` nor `_validate`.
        """
        return self._validate(value, metadata)

    def _validate(self, value: Any, metadata: Mapping[str, Any]) -> ValidationResult:
        raise NotImplementedError(f"{type(self).__name__} has no method validate(self, value, metadata)")

    def _inference(self, model_input: Any) -> Any:
        """Ask a subclass's model, as `_validate` of guardrails-ai's later releases does."""
        return (self._inference_local if self.use_local else self._inference_remote)(model_input)

    def _inference_local(self, model_input: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no method _inference_local(self, model_input)")

    def _inference_remote(self, model_input: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no method _inference_remote(self, model_input)")

    def __call__(self, value: Any, metadata: Mapping[str, Any] | None = None) -> ValidationResult:
        """Check a value.

        Args:
            value: The value.
            metadata: Metadata for the validator.

        Returns:
            The result of `validate`.
        """
        return self.validate(value, dict(metadata or {}))


_TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "float": float,
    "bool": bool,
    "boolean": bool,
    "list": list,
    "object": dict,
}
_registered: dict[Any, railguard.Validator] = {}


def register_validator(name: str, data_type: str | Sequence[str] = "all") -> Callable[[Any], Any]:
    """Register a validator, so that RAIL documents find it by name.

    Args:
        name: The name in RAIL documents.
        data_type: The type or types of value that it checks: "string", "list", …, or "all".

    Returns:
        A decorator for a class, or for a function of value and metadata. It returns the class; for a function, a new
        class.
    """
    named = name.replace("_", "-").rsplit("/", 1)[-1].lower()

    def register(declared: Any) -> Any:
        cls: Any = declared if inspect.isclass(declared) else _class_of(declared)
        cls.rail_alias = name
        kinds = [data_type] if isinstance(data_type, str) else list(data_type)
        types = [_TYPES.get(kind, Any) for kind in kinds]
        value = Any if Any in types else types[0]
        for further in types[1:] if value is not Any else ():
            value = value | further
        adapter = _adapter(cls, value)
        adapter.__name__ = cls.__name__
        adapter.__doc__ = cls.__doc__
        keys = tuple(cls.required_metadata_keys)
        _registered[cls] = railguard.validator(named, metadata=keys, replace=True)(adapter)
        return cls

    return register


def _class_of(function: Callable[[Any, Any], Any]) -> type[Validator]:
    def validate(self: Validator, value: Any, metadata: Mapping[str, Any]) -> Any:
        return function(value, metadata)

    return type(function.__name__, (Validator,), {"validate": validate, "__doc__": function.__doc__})


def _adapter(cls: type[Validator], value_type: Any) -> Any:
    """Convert a class of validators to the form that railguard declares: parameters in __init__, the check in __call__."""
    own = inspect.signature(cls.__init__)
    parameters = [
        parameter.replace(annotation=Any)
        for name, parameter in own.parameters.items()
        if name != "on_fail" and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    ]

    class Adapter:
        inner: Any = None

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._given = (args, kwargs)

        def __call__(self, value: Any, ctx: Any = None) -> Any:
            if self.inner is None:
                args, kwargs = self._given
                self.inner = cls(*args, **kwargs)
            return _result(self.inner.validate(value, dict(ctx.metadata) if ctx is not None else {}))

    init: Any = Adapter.__init__
    init.__signature__ = inspect.Signature(parameters)
    init.__annotations__ = {}
    Adapter.__call__.__annotations__ = {"value": value_type}
    return Adapter


def _result(result: Any) -> Any:
    """Convert a result to railguard's. Any other object is returned unchanged, and railguard reports it as the
    validator's error.
    """
    if isinstance(result, PassResult):
        return None
    if isinstance(result, FailResult):
        spans = [(span.start, span.end) if hasattr(span, "start") else tuple(span) for span in result.error_spans or ()]
        fix = UNSET if result.fix_value is None else result.fix_value
        return railguard.FailResult(result.error_message, fix=fix, spans=spans)
    return result


def rule_of(given: Any) -> Rule:
    """Make a rule of railguard from a validator.

    Args:
        given: An instance or a class of Validator, a rule of the hub, or a rule or validator of railguard.

    Returns:
        The rule.

    Raises:
        InputError: If it is none of these.
    """
    if isinstance(given, Rule):
        return given
    if isinstance(given, railguard.Validator):
        return given(on_fail="noop")
    if inspect.isclass(given) and issubclass(given, Validator):
        given = given()
    if not isinstance(given, Validator):
        raise InputError(f"a validator is expected, not {type(given).__name__}")
    cls = type(given)
    if cls not in _registered:
        register_validator(cls.__name__.lower())(cls)
    args, kwargs = given._given
    declared = {parameter.name for parameter in _registered[cls].parameters}
    bound = inspect.signature(cls.__init__).bind(given, *args, **kwargs).arguments
    arguments = {name: value for name, value in bound.items() if name in declared}
    rule = _registered[cls](**arguments, on_fail=with_default(given.on_fail_method))
    made: Any = _registered[cls].check
    adapter = made()
    adapter.inner = given  # the instance itself checks, with everything that its constructor has set up
    return replace(rule, run=adapter.__call__)


def with_default(on_fail: OnFail) -> Any:
    """Translate an on-fail action for railguard.

    Args:
        on_fail: The name of an action, a function, or None.

    Returns:
        The name or a function for railguard; "noop" for None.

    Raises:
        InputError: If it is something else.
    """
    if on_fail is None:
        return "noop"
    if isinstance(on_fail, str):
        return str(on_fail)
    if not callable(on_fail):
        raise InputError(f"on_fail is the name of an action or a function, not {on_fail!r}")

    def custom(value: Any, result: railguard.FailResult) -> Any:
        fix = None if result.fix is UNSET else result.fix
        return on_fail(value, FailResult(result.message, fix, [ErrorSpan(*span) for span in result.spans]))

    return custom

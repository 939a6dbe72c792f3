"""The hub's validators by their class names: `from railguard.compat.guardrails.hub import ValidLength`.

Nothing is downloaded: each name is looked up among the registered validators.
"""

from __future__ import annotations

import inspect
import re
import sys
from difflib import get_close_matches
from typing import Any

import railguard
from railguard import InputError, Rule, SpecError
from railguard.compat.guardrails.validator_base import Validator, rule_of, with_default

__all__ = ["HubValidator", "install"]

_RENAMED = {"llm_callable": "model", "pii_entities": "entities", "banned_word_list": "banned_words"}
"""Maps guardrails-ai's parameter names to railguard's."""
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class HubValidator:
    """A validator of the hub. Calling it makes a rule: `ValidLength(min=1, max=10, on_fail="fix")`.

    Attributes:
        rail_alias: The validator's name in railguard and in RAIL documents.
    """

    def __init__(self, name: str, validator: railguard.Validator) -> None:
        """Give a validator its class name of the hub.

        Args:
            name: The class name.
            validator: railguard's validator.
        """
        self.__name__ = name
        self.__doc__ = validator.description
        self.rail_alias = validator.name
        self._validator = validator

    def __call__(self, *args: Any, on_fail: Any = None, **kwargs: Any) -> Rule:
        """Make a rule.

        Args:
            *args: The validator's arguments.
            on_fail: The on-fail action; "noop" by default.
            **kwargs: The validator's arguments by name, or by their names in guardrails-ai.

        Returns:
            The rule.

        Raises:
            SpecError: If an argument is wrong.
        """
        known = {parameter.name for parameter in self._validator.parameters}
        given = {
            _RENAMED[name] if name in _RENAMED and name not in known else name: value for name, value in kwargs.items()
        }
        return self._validator(*args, on_fail=with_default(on_fail), **given)

    def __repr__(self) -> str:
        return f"<{self.__name__}: {self._validator.signature}>"


def install(package_uri: str, **options: Any) -> Any:
    """Find a validator by its hub address, as in `install("hub://guardrails/regex_match")`. Nothing is downloaded.

    Args:
        package_uri: The validator's address.
        **options: Options of guardrails-ai, such as quiet; they change nothing.

    Returns:
        This module, which has all validators as attributes.

    Raises:
        AttributeError: If no validator has that name.
    """
    name = package_uri.rstrip("/").rpartition("/")[2].partition("~")[0].partition("=")[0].partition(">")[0]
    module = sys.modules[__name__]
    getattr(module, _camel(name.replace("_", "-")))
    return module


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    known = {spelling: found for found in railguard.validators() for spelling in (found.name, *found.aliases)}
    key = _WORD.sub("-", name).lower().replace("_", "-")
    if key not in known:
        flat = {spelling.replace("-", ""): spelling for spelling in known}
        key = flat.get(key.replace("-", ""), key)
    if key not in known:
        close = get_close_matches(key, known, n=1)
        meant = f"; did you mean {close[0]!r}?" if close else ""
        raise AttributeError(
            f"there is no validator {name!r} (looked for {key!r}){meant}; write one with register_validator"
        )
    made = HubValidator(name, known[key])
    globals()[name] = made
    return made


def __dir__() -> list[str]:
    return ["HubValidator", *(_camel(found.name) for found in railguard.validators())]


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def is_class(given: Any) -> bool:
    """Whether this is a class of validators: one of the hub, or a subclass of Validator."""
    return isinstance(given, HubValidator) or (inspect.isclass(given) and issubclass(given, Validator))


def rule(given: Any) -> Rule:
    """Return the rule of a validator as guardrails-ai takes it: an instance, a class, or a tuple: `(TwoWords, "fix")`,
    `("two-words", "fix")`, `(ValidLength, [1, 10], {"on_fail": "fix"})`.
    """
    if is_class(given):
        return rule_of_class(given, (), {})
    if not isinstance(given, tuple):
        return rule_of(given)
    what, *rest = given
    if isinstance(what, str):
        what = getattr(sys.modules[__name__], _camel(what.replace("_", "-")))
    if not is_class(what):
        raise InputError(f"a tuple begins with a class of validators or its name, not with {type(what).__name__}")
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for one in rest:
        if isinstance(one, dict):
            kwargs |= one
        elif isinstance(one, (list, tuple)):
            args += one
        else:
            kwargs["on_fail"] = one
    return rule_of_class(what, tuple(args), kwargs)


def rule_of_class(given: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Rule:
    """Return the rule of `guard.use(ValidLength, 1, 10, "fix")`: a class with its arguments, the last of which may be
    on_fail.
    """
    actions = {"reask", "fix", "filter", "refrain", "noop", "exception", "fix_reask"}
    if args and "on_fail" not in kwargs and isinstance(args[-1], str) and args[-1] in actions:
        try:
            return rule_of(given(*args[:-1], on_fail=args[-1], **kwargs))
        except (SpecError, TypeError):
            pass  # it was the validator's last argument, not the action
    return rule_of(given(*args, **kwargs))

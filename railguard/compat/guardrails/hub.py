"""The hub's validators by their class names: `from railguard.compat.guardrails.hub import ValidLength`.

Nothing is downloaded: each name is looked up among the registered validators.
"""

from __future__ import annotations

import re
import sys
from difflib import get_close_matches
from typing import Any

import railguard
from railguard import Rule, SpecError
from railguard.compat.guardrails.validator_base import with_default

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


def rule(given: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Rule:
    """Return the rule of `guard.use(ValidLength, 1, 10, "fix")`: a class with its arguments, the last of which may be
    on_fail.
    """
    actions = {"reask", "fix", "filter", "refrain", "noop", "exception", "fix_reask"}
    if args and "on_fail" not in kwargs and isinstance(args[-1], str) and args[-1] in actions:
        try:
            made: Rule = given(*args[:-1], on_fail=args[-1], **kwargs)
            return made
        except (SpecError, TypeError):
            pass  # it was the validator's last argument, not the action
    made = given(*args, **kwargs)
    return made

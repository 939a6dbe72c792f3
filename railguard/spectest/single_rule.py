"""One rule and one value: whether the value breaks the rule, the rule's fix, and values that the rule itself mentions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from railguard import UNSET, Context, FailResult, PassResult, Path, Rule

__all__ = ["blame_of", "fix_of", "is_costly", "named_values", "refuses"]

_RUN = re.compile(r"^>>> .*\.run\((.*)\)(?:\.\w+)?\s*$", re.MULTILINE)


def is_costly(rule: Rule) -> bool:
    """Whether a rule may ask a model or the network, or takes long: it is not run thousands of times unless requested."""
    return not rule.inline


def refuses(rule: Rule, value: Any, root: Any, metadata: Mapping[str, Any]) -> bool:
    """Whether a value breaks a rule. A rule that does not support the value's type, or that raises, refuses nothing
    here.
    """
    return _answer(rule, value, root, metadata) is not None


def fix_of(rule: Rule, value: Any, root: Any, metadata: Mapping[str, Any]) -> Any:
    """Return a rule's fix for a value that breaks it; UNSET if it has none."""
    answer = _answer(rule, value, root, metadata)
    return answer.fix if isinstance(answer, FailResult) else UNSET


def blame_of(rule: Rule, value: Any, root: Any, metadata: Mapping[str, Any]) -> list[Path]:
    """Return the members that a rule blames for a value that breaks it; all of them if it names none."""
    answer = _answer(rule, value, root, metadata)
    if isinstance(answer, FailResult) and answer.blame:
        return [Path(one) for one in answer.blame]
    steps = range(len(value)) if isinstance(value, list) else value
    return [Path((step,)) for step in steps]


def _answer(rule: Rule, value: Any, root: Any, metadata: Mapping[str, Any]) -> Any:
    if is_costly(rule) or not rule.serves(value):
        return None
    try:
        if rule.wants_context:
            answer = rule.run(value, ctx=Context(Path(), root, metadata))
        else:
            answer = rule.run(value)
    except Exception:  # an exception of a validator is reported when the guard runs it
        return None
    return None if answer is None or answer is True or isinstance(answer, PassResult) else answer


def named_values(rule: Rule) -> Iterator[Any]:
    """Yield values that a rule mentions: those in its validator's documentation, and its arguments, whole and item by
    item.
    """
    if rule.validator is not None:
        for written in _RUN.findall(rule.validator.description):
            try:
                yield ast.literal_eval(written)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                continue  # the documentation was created by code
    for argument in rule.arguments.values():
        yield argument
        if isinstance(argument, (list, tuple)):
            yield from argument

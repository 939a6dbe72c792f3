"""From variables to messages: typed inputs are checked before anything is sent, then the templates are filled once.

A generator like the loop itself, because a rule on an input may have to run elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from railguard.errors import InputError
from railguard.loop.call import guard_loop
from railguard.loop.effects import Effect
from railguard.loop.plan import Plan
from railguard.loop.settings import Call
from railguard.prompting.conversation import conversation
from railguard.schema import Schema, StringNode
from railguard.spec import Spec
from railguard.values import Message, OnFail, ValidationOutcome

__all__ = ["checked_inputs", "prepare"]


def prepare(
    spec: Spec, variables: Mapping[str, Any], metadata: Mapping[str, Any]
) -> Generator[Effect, Any, tuple[Message, ...]]:
    """The conversation of a call. Raises InputError for a variable that is missing, unknown or of the wrong type."""
    values = yield from checked_inputs(spec, variables, metadata)
    messages = conversation(spec, values)
    for at, template in enumerate(spec.messages):
        content = messages[at].get("content")
        if template.rules and isinstance(content, str):
            messages[at] = {
                **messages[at],
                "content": (yield from _checked_text(template.rules, content, at, metadata)),
            }
    return tuple(messages)


def checked_inputs(
    spec: Spec, variables: Mapping[str, Any], metadata: Mapping[str, Any]
) -> Generator[Effect, Any, Mapping[str, Any]]:
    """The variables, checked against the spec's `<input>` if it has one, as that says they are."""
    if spec.inputs is None:
        return variables
    try:
        text = json.dumps(dict(variables), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"a variable is no JSON value: {error}; give text, numbers, booleans, lists or dicts"
        ) from error
    unknown = [name for name in variables if name not in {field.name for field in spec.inputs.fields}]
    if unknown:
        raise InputError(_unknown(unknown[0], [field.name for field in spec.inputs.fields]))
    plan = Plan(Spec(schema=Schema(root=spec.inputs), repair="lossless", limits=spec.limits))
    outcome = yield from guard_loop(Call(plan=plan, metadata=metadata, text=text))
    _refuse(outcome, "the input variables are not valid")
    checked: dict[str, Any] = outcome.output
    return checked


def _checked_text(rules: Sequence[Any], text: str, at: int, metadata: Mapping[str, Any]) -> Generator[Effect, Any, str]:
    plan = Plan(Spec(schema=Schema(root=StringNode(rules=tuple(rules)))))
    outcome = yield from guard_loop(Call(plan=plan, metadata=metadata, text=text))
    _refuse(outcome, f"message {at} is not valid")
    checked: str = outcome.output
    return checked


def _refuse(outcome: ValidationOutcome, what: str) -> None:
    failures = [failure for failure in outcome.failures if failure.action is not OnFail.NOOP]
    if failures:
        raise InputError("\n  ".join([what + ":", *map(str, failures)]))


def _unknown(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1)
    known = ", ".join(names) or "none"
    return f"there is no input variable {name!r}" + (
        f"; did you mean {close[0]!r}?" if close else f"; there are: {known}"
    )

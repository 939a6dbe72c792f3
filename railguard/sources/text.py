"""The spec of an answer that is plain text, with rules on the whole text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from railguard.errors import Problem, SpecError
from railguard.schema import Schema, StringNode
from railguard.sources.messages import message_templates
from railguard.spec import RepairPolicy, Spec
from railguard.validation import Rule
from railguard.values import Limits, Message

__all__ = ["spec_from_string"]


def spec_from_string(
    rules: Sequence[Rule] = (),
    *,
    description: str | None = None,
    messages: Sequence[Message] | str | None = None,
    repair: RepairPolicy = "lossless",
    limits: Limits | None = None,
) -> Spec:
    """Return the spec of a text. rules: made by calling a validator, `length(max=10)`; description: a description of
    the text for the model; messages: the conversation, a list of {"role", "content"} whose texts are templates, or one
    text.

    Raises SpecError if an item is not a rule, or its validator does not support texts.
    """
    problems = [problem for index, rule in enumerate(rules) if (problem := _problem(index, rule)) is not None]
    if problems:
        raise SpecError(problems)
    templates, odd = message_templates(messages)
    return Spec(
        schema=Schema(root=StringNode(description=description, rules=tuple(rules))),
        messages=templates,
        repair=repair,
        limits=limits or Limits(),
        warnings=odd,
    )


def _problem(index: int, rule: Any) -> Problem | None:
    if not isinstance(rule, Rule):
        return Problem(
            f"validators[{index}] is {type(rule).__name__}, not a rule",
            "rule",
            hint="call the validator with its parameters, as in length(max=10)",
        )
    if rule.validator is not None and "string" not in rule.validator.types:
        serves = ", ".join(sorted(rule.validator.types))
        return Problem(f"validators[{index}]: {rule.name!r} serves {serves}, and the output is a text", "rule-type")
    return None

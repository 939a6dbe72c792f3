"""From variables to messages: what goes in is checked before anything is sent, and the templates are filled once.

Typed inputs and their rules first, all of them side by side; then the rules on messages, all of them side by side, on
the text as it will be sent. What fails is blocked, mended or left out, as its on-fail says. A generator like the loop
itself, because a rule may have to run elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from railguard.errors import InputError
from railguard.loop.call import guard_loop
from railguard.loop.effects import Effect
from railguard.loop.plan import Plan, Seen
from railguard.loop.settings import Call
from railguard.prompting.conversation import conversation, dumped
from railguard.schema import Field, Node, ObjectNode, Schema, StringNode
from railguard.spec import Spec
from railguard.validation import Rule
from railguard.values import Failure, Message, OnFail, Path, Usage, ValidationOutcome

__all__ = ["Prepared", "prepare"]


class Prepared(NamedTuple):
    """What goes out. variables: as the spec's `<input>` makes them. noted: failures that did not stop the call: kept,
    mended, left out. usage: what the checks cost."""

    messages: tuple[Message, ...]
    variables: Mapping[str, Any]
    noted: tuple[Failure, ...] = ()
    usage: Usage | None = None


def prepare(
    spec: Spec,
    variables: Mapping[str, Any],
    metadata: Mapping[str, Any],
    messages: Sequence[Message] | None = None,
) -> Generator[Effect, Any, Prepared]:
    """The conversation of a call. messages: the caller's own, in place of the spec's.

    Raises InputError for a variable that is missing, unknown or of the wrong type, and for what a rule blocks;
    ValidationFailed where a rule says exception.
    """
    values, usage = variables, None
    noted: tuple[Failure, ...] = ()
    if messages is None:
        if spec.inputs is not None:
            values, noted, usage = yield from _checked_inputs(spec, spec.inputs, variables, metadata)
        messages = conversation(spec, values)
        own = [template.rules for template in spec.messages]
    else:
        own = [()] * len(messages)
    known = {**values, **metadata}
    checked, found, cost = yield from _checked_messages(spec, messages, own, known)
    spent = usage if cost is None else cost if usage is None else usage + cost
    return Prepared(tuple(checked), values, (*noted, *found), spent)


def _checked_inputs(
    spec: Spec, inputs: ObjectNode, variables: Mapping[str, Any], metadata: Mapping[str, Any]
) -> Generator[Effect, Any, tuple[Mapping[str, Any], tuple[Failure, ...], Usage | None]]:
    """The variables, checked against the spec's `<input>`, as that says they are."""
    try:
        text = json.dumps(dict(variables), ensure_ascii=False, allow_nan=False, default=dumped)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"a variable is no JSON value: {error}; give text, numbers, booleans, lists or dicts"
        ) from error
    unknown = [name for name in variables if name not in {field.name for field in inputs.fields}]
    if unknown:
        raise InputError(_unknown(unknown[0], [field.name for field in inputs.fields]))
    plan = Plan(Spec(schema=Schema(root=inputs), repair="lossless", limits=spec.limits))
    outcome = yield from guard_loop(Call(plan=plan, metadata={**variables, **metadata}, text=text))
    _refuse(outcome, "the input variables are not valid")
    return outcome.output, _noted(outcome, lambda path: ("input", *path)), _cost(outcome)


def _checked_messages(
    spec: Spec, messages: Sequence[Message], own: Sequence[Sequence[Rule]], metadata: Mapping[str, Any]
) -> Generator[Effect, Any, tuple[list[Message], tuple[Failure, ...], Usage | None]]:
    """The messages after the rules on them; one whose text is filtered is left out."""
    places: dict[str, tuple[int, int | None]] = {}
    nodes: list[Field] = []
    texts: dict[str, str] = {}
    for at, message in enumerate(messages):
        shared = (one.rule for one in spec.message_rules if one.role in (None, message.get("role")))
        rules = (*own[at], *shared)
        if not rules:
            continue
        for part, text in _texts(message):
            name = str(len(places))
            places[name], texts[name] = (at, part), text
            nodes.append(Field(name, _text(rules), required=False))
    if not places:
        return list(messages), (), None
    plan = Plan(Spec(schema=Schema(root=ObjectNode(fields=tuple(nodes))), limits=spec.limits))
    seen = Seen(texts, texts, None, False)
    outcome = yield from guard_loop(Call(plan=plan, metadata=metadata, messages=tuple(messages), text="", seen=seen))

    def place(path: Path) -> tuple[str | int, ...]:
        at, part = places[str(path[0])]
        return ("messages", at) if part is None else ("messages", at, "content", part)

    _refuse(outcome, "the messages are not valid", place)
    left: dict[str, Any] = outcome.output
    after = {where: left.get(name) for name, where in places.items()}
    rewritten = (_rewritten(message, at, after) for at, message in enumerate(messages))
    return [one for one in rewritten if one is not None], _noted(outcome, place), _cost(outcome)


def _text(rules: Sequence[Rule]) -> Node:
    return StringNode(rules=tuple(rules))


def _texts(message: Message) -> list[tuple[int | None, str]]:
    """The texts of a message: its content, or those of its content parts that are text, each with its index."""
    content = message.get("content")
    if isinstance(content, str):
        return [(None, content)]
    if not isinstance(content, list):
        return []
    parts = ((at, part.get("text")) for at, part in enumerate(content) if isinstance(part, dict))
    return [(at, text) for at, text in parts if isinstance(text, str)]


def _rewritten(message: Message, at: int, after: Mapping[tuple[int, int | None], str | None]) -> Message | None:
    """A message with what its checked texts became; None where nothing is left of it."""
    if (at, None) in after:
        text = after[at, None]
        return None if text is None else {**message, "content": text}
    content = message.get("content")
    if not isinstance(content, list) or not any(where == at for where, _ in after):
        return message
    parts = []
    for index, part in enumerate(content):
        if (at, index) not in after:
            parts.append(part)
        elif (text := after[at, index]) is not None:
            parts.append({**part, "text": text})
    return {**message, "content": parts} if parts else None


def _refuse(outcome: ValidationOutcome, what: str, place: Any = None) -> None:
    failures = [
        failure if place is None else replace(failure, path=Path(place(failure.path)))
        for failure in outcome.failures
        if failure.action is not OnFail.NOOP
    ]
    if failures:
        raise InputError("\n  ".join([what + ":", *map(str, failures)]), failures=failures)


def _noted(outcome: ValidationOutcome, place: Any) -> tuple[Failure, ...]:
    """What was found and did not stop the call: kept, mended, left out."""
    return tuple(replace(one, path=Path(place(one.path))) for one in (*outcome.failures, *outcome.resolved))


def _cost(outcome: ValidationOutcome) -> Usage | None:
    return outcome.usage if outcome.usage.known or outcome.usage.total_tokens else None


def _unknown(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1)
    known = ", ".join(names) or "none"
    return f"there is no input variable {name!r}" + (
        f"; did you mean {close[0]!r}?" if close else f"; there are: {known}"
    )

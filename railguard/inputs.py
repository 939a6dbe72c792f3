"""Converts variables to messages: the input is checked before anything is sent, and the templates are filled once.

Typed inputs and their rules run first, at the same time; then the rules on messages, at the same time, on
the text as it will be sent. A failing value blocks the call, is fixed or is removed, as its on-fail action defines. A
generator like the loop itself, because a rule may have to run elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from railguard.checking import Plan, Seen
from railguard.errors import InputError, ValidatorError
from railguard.loop import GuardedCall, guard_loop
from railguard.loop.effects import Effects
from railguard.prompting.rendering import as_json, conversation, refuse_unknown
from railguard.prompting.shown import says_schema, with_type
from railguard.schema.formats import is_free_text
from railguard.validation import Rule
from railguard.values import Failure, Message, Path, Usage, ValidationOutcome

__all__ = ["Prepared", "prepare", "prepared_at_once", "with_output_type"]


class Prepared(NamedTuple):
    """The variables and messages to send. variables: as the spec's `<input>` converts them. noted: failures that did
    not stop the call: values that were kept, fixed or left out. usage: what the checks cost.
    """

    messages: tuple[Message, ...]
    variables: Mapping[str, Any]
    noted: tuple[Failure, ...] = ()
    usage: Usage | None = None


def prepare(
    plan: Plan,
    variables: Mapping[str, Any],
    metadata: Mapping[str, Any],
    messages: Sequence[Message] | None = None,
    *,
    updates: bool = False,
) -> Effects[Prepared]:
    """Return the conversation of a call. messages: the caller's own, instead of the spec's. updates: whether a document
    is updated, so that the spec's texts only show its schema.

    Raises InputError if a variable is missing, unknown or of the wrong type, or a rule blocks the input;
    ValidationFailed if a rule with on_fail="exception" fails.
    """
    at_once = prepared_at_once(plan, variables, messages, updates=updates)
    if at_once is not None:
        return at_once
    spec = plan.spec
    values, usage = variables, None
    noted: tuple[Failure, ...] = ()
    if messages is None:
        if plan.inputs is not None:
            values, noted, usage = yield from _checked_inputs(plan.inputs, variables, metadata)
        messages = conversation(spec, values, updates=updates)
        own = [template.rules for template in spec.messages]
    else:
        own = [()] * len(messages)
    known = {**values, **metadata}
    checked, found, cost = yield from _checked_messages(plan, messages, own, known)
    spent = usage if cost is None else cost if usage is None else usage + cost
    return Prepared(tuple(checked), values, (*noted, *found), spent)


def prepared_at_once(
    plan: Plan, variables: Mapping[str, Any], messages: Sequence[Message] | None, *, updates: bool = False
) -> Prepared | None:
    """Return what `prepare` returns, if there is nothing to check before; otherwise None."""
    spec = plan.spec
    if spec.message_rules:
        return None
    if messages is None:
        if plan.inputs is not None or any(template.rules for template in spec.messages):
            return None
        messages = conversation(spec, variables, updates=updates)
    return Prepared(tuple(messages), variables)


def with_output_type(plan: Plan, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages of a call, which tell the type of the wanted output at their end where they did not show its schema
    anywhere. A free text has none to tell."""
    if is_free_text(plan.schema.root) or says_schema(messages, plan.schema):
        return messages
    return with_type(messages, plan.schema, plan.spec.shown_as or "types")


def _checked_inputs(
    plan: Plan, variables: Mapping[str, Any], metadata: Mapping[str, Any]
) -> Effects[tuple[Mapping[str, Any], tuple[Failure, ...], Usage | None]]:
    """Return the variables, checked and converted by the spec's `<input>`."""
    refuse_unknown(variables, plan.member_names)
    members = [f"{json.dumps(name)}: {as_json(name, value)}" for name, value in variables.items()]
    text = f"{{{', '.join(members)}}}"

    def place(path: Path) -> tuple[str | int, ...]:
        return ("input", *path)

    outcome = yield from _checked(GuardedCall(plan=plan, metadata={**variables, **metadata}, text=text), place)
    _refuse(outcome, "the input variables are not valid")
    values: Any = outcome.output  # it has passed
    return values, _noted(outcome, place), _cost(outcome)


def _checked_messages(
    plan: Plan, messages: Sequence[Message], own: Sequence[Sequence[Rule]], metadata: Mapping[str, Any]
) -> Effects[tuple[list[Message], tuple[Failure, ...], Usage | None]]:
    """Return the messages after their rules; a message with a filtered text is removed."""
    places: dict[str, tuple[int, _Keys]] = {}
    ruled: list[tuple[Rule, ...]] = []
    texts: dict[str, str] = {}
    for at, message in enumerate(messages):
        shared = (one.rule for one in plan.spec.message_rules if one.role in (None, message.get("role")))
        rules = (*own[at], *shared)
        if not rules:
            continue
        for keys, text in _texts(message.get("content")):
            name = str(len(places))
            places[name], texts[name] = (at, keys), text
            ruled.append(tuple(rules))
    if not places:
        return list(messages), (), None
    seen = Seen(texts, texts)

    def place(path: Path) -> tuple[str | int, ...]:
        at, keys = places[str(path[0])]
        return ("messages", at, *(("content", *keys) if keys else ()))

    texts_plan = plan.texts_plan(tuple(ruled))
    call = GuardedCall(plan=texts_plan, metadata=metadata, messages=tuple(messages), text="", seen=seen)
    outcome = yield from _checked(call, place)
    _refuse(outcome, "the messages are not valid", place)
    noted = _noted(outcome, place)
    left: Any = outcome.output
    after: dict[int, dict[_Keys, str | None]] = {}
    for name, (at, keys) in places.items():
        after.setdefault(at, {})[keys] = left.get(name)
    kept = []
    for at, message in enumerate(messages):
        content = _rewritten(message["content"], (), after[at]) if at in after else None
        if content is not None or at not in after:
            kept.append({**message, "content": content} if at in after else message)
    if not kept:
        raise InputError("\n  ".join(["nothing is left of the messages:", *map(str, noted)]), failures=noted)
    return kept, noted, _cost(outcome)


_DEEPEST = 32

_Keys: TypeAlias = tuple[str | int, ...]
"""The path of a text in a message's content; () for the content itself."""

_Place: TypeAlias = Callable[[Path], tuple[str | int, ...]]


def _texts(content: Any, at: _Keys = ()) -> Iterator[tuple[_Keys, str]]:
    """Yield the texts of a message's content: the content itself, its text parts, and the texts inside a tool's result
    or a document.
    """
    if len(at) > _DEEPEST:
        raise InputError(f"a message whose content is nested more than {_DEEPEST} deep cannot be checked")
    if isinstance(content, str):
        yield at, content
    elif isinstance(content, list):
        for index, part in enumerate(content):
            yield from _texts(part, (*at, index))
    elif isinstance(content, dict):
        if isinstance(content.get("text"), str):
            yield at, content["text"]
        for key in _nested(content):
            yield from _texts(content[key], (*at, key))


def _nested(part: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys of a part that contain further content. An image or a file has none."""
    if part.get("type") == "text" and isinstance(part.get("data"), str):
        return ("data",)
    held = {"content": (str, list), "source": (dict,)}
    return tuple(key for key, types in held.items() if isinstance(part.get(key), types))


def _rewritten(content: Any, at: _Keys, after: Mapping[_Keys, str | None]) -> Any:
    """Return content with its checked texts; None if nothing is left. Content without texts is not changed."""
    if isinstance(content, str):
        return after[at]
    if isinstance(content, list):
        parts = [(part, _rewritten(part, (*at, index), after)) for index, part in enumerate(content)]
        kept = [new for old, new in parts if new is not None or old is None]
        return kept if kept or not content else None
    if not isinstance(content, dict):
        return content
    changed = {"text": after[at]} if at in after else {}
    changed.update({key: _rewritten(content[key], (*at, key), after) for key in _nested(content)})
    return None if None in changed.values() else {**content, **changed}


def _checked(call: GuardedCall, place: _Place) -> Effects[ValidationOutcome]:
    """Return the outcome of a check. A validator's error is reported with its place in the input."""
    try:
        return (yield from guard_loop(call))
    except ValidatorError as error:
        where = error.path
        assert where is not None  # whoever calls a validator says where
        path = Path(place(where))
        said = str(error).replace(f" at {where}", f" at {path}", 1)
        raise ValidatorError(said, validator=error.validator, path=path) from error.__cause__


def _refuse(outcome: ValidationOutcome, what: str, place: _Place | None = None) -> None:
    failures = [
        failure if place is None else replace(failure, path=Path(place(failure.path)))
        for failure in outcome.failures
        if not failure.action.policy.keeps_output
    ]
    if failures:
        raise InputError("\n  ".join([what + ":", *map(str, failures)]), failures=failures)


def _noted(outcome: ValidationOutcome, place: _Place) -> tuple[Failure, ...]:
    """Return the failures that did not stop the call: their values were kept, fixed or removed."""
    return tuple(replace(one, path=Path(place(one.path))) for one in (*outcome.failures, *outcome.resolved))


def _cost(outcome: ValidationOutcome) -> Usage | None:
    return outcome.usage if outcome.usage.known or outcome.usage.total_tokens else None

"""From variables to messages: what goes in is checked before anything is sent, and the templates are filled once.

Typed inputs and their rules first, all of them side by side; then the rules on messages, all of them side by side, on
the text as it will be sent. What fails is blocked, mended or left out, as its on-fail says. A generator like the loop
itself, because a rule may have to run elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from railguard.errors import InputError, ValidatorError
from railguard.loop.call import guard_loop
from railguard.loop.effects import Effect
from railguard.loop.plan import Plan, Seen
from railguard.loop.settings import Call
from railguard.prompting.conversation import conversation, dumped
from railguard.schema import Field, ObjectNode, Schema, StringNode
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

    def place(path: Path) -> tuple[str | int, ...]:
        return ("input", *path)

    outcome = yield from _checked(Call(plan=plan, metadata={**variables, **metadata}, text=text), place)
    _refuse(outcome, "the input variables are not valid")
    values: Any = outcome.output  # it has passed
    return values, _noted(outcome, place), _cost(outcome)


def _checked_messages(
    spec: Spec, messages: Sequence[Message], own: Sequence[Sequence[Rule]], metadata: Mapping[str, Any]
) -> Generator[Effect, Any, tuple[list[Message], tuple[Failure, ...], Usage | None]]:
    """The messages after the rules on them; one whose text is filtered is left out."""
    places: dict[str, tuple[int, _Keys]] = {}
    nodes: list[Field] = []
    texts: dict[str, str] = {}
    for at, message in enumerate(messages):
        shared = (one.rule for one in spec.message_rules if one.role in (None, message.get("role")))
        rules = (*own[at], *shared)
        if not rules:
            continue
        for keys, text in _texts(message.get("content")):
            name = str(len(places))
            places[name], texts[name] = (at, keys), text
            nodes.append(Field(name, StringNode(rules=tuple(rules)), required=False))
    if not places:
        return list(messages), (), None
    plan = Plan(Spec(schema=Schema(root=ObjectNode(fields=tuple(nodes))), limits=spec.limits))
    seen = Seen(texts, texts, None, False)

    def place(path: Path) -> tuple[str | int, ...]:
        at, keys = places[str(path[0])]
        return ("messages", at, *(("content", *keys) if keys else ()))

    call = Call(plan=plan, metadata=metadata, messages=tuple(messages), text="", seen=seen)
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
"""Where a text stands in a message's content: () for the content itself."""

_Place: TypeAlias = Callable[[Path], tuple[str | int, ...]]


def _texts(content: Any, at: _Keys = ()) -> Iterator[tuple[_Keys, str]]:
    """The texts of a message's content: itself, its parts that are text, and those inside a tool's result or a document,
    which hold content of their own."""
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
    """The keys of a part that hold content: of an image or a file, none does."""
    if part.get("type") == "text" and isinstance(part.get("data"), str):
        return ("data",)
    held = {"content": (str, list), "source": (dict,)}
    return tuple(key for key, types in held.items() if isinstance(part.get(key), types))


def _rewritten(content: Any, at: _Keys, after: Mapping[_Keys, str | None]) -> Any:
    """Content with what its checked texts became; None where nothing is left of it. What had none stays as it is."""
    if isinstance(content, str):
        return after[at]
    if isinstance(content, list):
        parts = [_rewritten(part, (*at, index), after) for index, part in enumerate(content)]
        return (
            [part for part in parts if part is not None] if not content or any(p is not None for p in parts) else None
        )
    if not isinstance(content, dict):
        return content
    changed = {"text": after[at]} if at in after else {}
    changed.update({key: _rewritten(content[key], (*at, key), after) for key in _nested(content)})
    return None if None in changed.values() else {**content, **changed}


def _checked(call: Call, place: _Place) -> Generator[Effect, Any, ValidationOutcome]:
    """The outcome of a check; what goes wrong in a validator is told where it stands in the input."""
    try:
        return (yield from guard_loop(call))
    except ValidatorError as error:
        if error.path is None:
            raise
        path = Path(place(error.path))
        said = str(error).replace(f" at {error.path}", f" at {path}", 1)
        raise ValidatorError(said, validator=error.validator, path=path) from error.__cause__


def _refuse(outcome: ValidationOutcome, what: str, place: _Place | None = None) -> None:
    failures = [
        failure if place is None else replace(failure, path=Path(place(failure.path)))
        for failure in outcome.failures
        if failure.action is not OnFail.NOOP
    ]
    if failures:
        raise InputError("\n  ".join([what + ":", *map(str, failures)]), failures=failures)


def _noted(outcome: ValidationOutcome, place: _Place) -> tuple[Failure, ...]:
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

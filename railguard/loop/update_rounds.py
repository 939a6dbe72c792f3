"""The first question of an update. Invalid values are then asked for again like any other output.

One document is asked for only by its changes. Several may share the first question; after that each continues
separately. DESIGN, "Reask, exactly", 9.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from railguard.checking import About, check_whole
from railguard.lazy import once
from railguard.loop.asking import reasons_for
from railguard.loop.change_request import Style, change_schema, shown, style_of
from railguard.loop.changes import is_patch
from railguard.loop.document import UpdatedDocument
from railguard.loop.effects import Effects
from railguard.loop.parts import Parts, read_parts
from railguard.loop.question import Question, put_question
from railguard.loop.reask_keys import pointer
from railguard.loop.reask_request import PreparedReask
from railguard.loop.settings import GuardedCall, SharedAnswer
from railguard.loop.standing import NOTHING_YET, Standing, identified
from railguard.prompting.compact import with_text
from railguard.prompting.reask import AskedValue
from railguard.prompting.update import update_many_text, update_text
from railguard.schema import Field, ObjectNode, RefNode, Schema
from railguard.values import UNSET, Completion, Path, Traced, json_text

__all__ = ["as_it_is", "ask_for_all", "update_request"]


def as_it_is(call: GuardedCall, about: About, document: UpdatedDocument) -> Effects[Standing]:
    """Return the standing of a call before anything is asked: the document, with its current failures."""
    text = document.text.removeprefix("\ufeff")
    checked = yield from check_whole(call.plan, about, Traced(document.state), text=text)
    return NOTHING_YET._replace(
        traced=checked.traced,
        output=checked.output,
        failures=checked.failures,
        anew=identified(checked.anew),
        resolved=checked.resolved,
        raised=int(checked.raised is not None),
        error=checked.raised,
        spent=checked.usage
        if call.spent is None
        else call.spent
        if checked.usage is None
        else call.spent + checked.usage,
    )


def _wanted(call: GuardedCall, standing: Standing, style: Style | None = None, among: int = 1) -> AskedValue:
    """Return the request for a call's document: by changes, with its current failures. style: of names. among: how many
    documents are shown together.
    """
    plan, state = call.plan, standing.state
    reasons = reasons_for(Path(), standing.failures)
    style = style if style is not None else style_of(state, plan.schema)
    said = [text for message in call.messages for text in _texts(message.get("content"))]
    places = [place for reason in reasons for place in reason.places]
    part = shown(state, plan.spec.limits.document // among, style=style, messages=said, places=places)
    node = plan.schema.resolve(plan.schema.root)
    return AskedValue(key="", path=Path(), node=node, reasons=reasons, value=state, changes=style, part=part)


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    parts = content if isinstance(content, (list, tuple)) else ()
    return [part["text"] for part in parts if isinstance(part, Mapping) and isinstance(part.get("text"), str)]


def update_request(call: GuardedCall, document: UpdatedDocument, standing: Standing) -> PreparedReask:
    """Return the first question of an update: the conversation, then the document and the format of changes."""
    plan = call.plan
    one = _wanted(call, standing)
    text = update_text(one, plan.schema, tells_type=document.tells_type, limits=plan.spec.limits)
    return PreparedReask((one,), False, once(partial(change_schema, plan.schema)), with_text(call.messages, text))


# Several documents at once


def ask_for_all(calls: Mapping[str, GuardedCall]) -> Effects[dict[str, GuardedCall]]:
    """Ask one question for several documents with one plan and one conversation.

    Args:
        calls: The call of each document, by the document's name.

    Returns:
        The calls, each with its part of the answer. The call of a document that may not be asked about is returned
        unchanged.

    Raises:
        ProviderError: If the model could not be asked.
    """
    standings: dict[str, Standing] = {}
    for name, call in calls.items():
        assert call.document is not None, "each call is the update of a document"
        standings[name] = yield from as_it_is(call, call.about(), call.document)
    asked = {name: calls[name] for name, standing in standings.items() if standing.must_stop is None}
    if not asked:
        return dict(calls)
    request = _request_for_all(asked, standings)
    one = next(iter(asked.values()))
    about = one.about()
    question = Question(request.messages, request.answer, strict=False, asked=request.paths)
    answered = yield from put_question(one, about, None, question)
    if answered.error is not None:  # pragma: no cover - tests get here by a throw, which Python 3.11 hides
        raise answered.error
    parts = Parts(UNSET)
    if answered.completion is not None:
        parts = read_parts(answered.completion.text, one.plan, about, request, told=True)
    said = _split(parts, list(asked))
    shared: dict[str, SharedAnswer] = {}
    for number, name in enumerate(asked):
        completion = _share(answered.completion, number, len(asked))
        own = said[name]
        shared[name] = SharedAnswer(completion, request.messages, standings[name], own.value, own.doubted)
    return {name: call._replace(shared=shared.get(name)) for name, call in calls.items()}


def _request_for_all(calls: Mapping[str, GuardedCall], standings: Mapping[str, Standing]) -> PreparedReask:
    one = next(iter(calls.values()))
    plan = one.plan
    styles = {style_of(standings[name].state, plan.schema) for name in calls}
    style: Style = "pointers" if "pointers" in styles else "dotted"
    ones = {name: _wanted(call, standings[name], style, len(calls)) for name, call in calls.items()}
    tells_type = one.document is not None and one.document.tells_type
    text = update_many_text(ones, plan.schema, tells_type=tells_type, limits=plan.spec.limits)
    changes = change_schema(plan.schema)
    shared = "document"  # the definitions of changes have names with an ending
    root = ObjectNode(fields=tuple(Field(name, RefNode(name=shared), required=False) for name in calls))
    schema = Schema(root=root, definitions={**changes.definitions, shared: changes.root})
    return PreparedReask(tuple(ones.values()), False, lambda: schema, with_text(one.messages, text))


def _share(completion: Completion | None, number: int, count: int) -> Completion | None:
    """Return an answer with one document's part of its cost; all parts add up to the whole."""
    if completion is None or completion.usage is None:
        return completion
    usage = completion.usage

    def part(total: int) -> int:
        return total // count + (number < total % count)

    return replace(
        completion,
        usage=replace(
            usage,
            input_tokens=part(usage.input_tokens),
            output_tokens=part(usage.output_tokens),
            cached_tokens=part(usage.cached_tokens),
            cost=None if usage.cost is None else usage.cost / count,
        ),
    )


def _split(parts: Parts, names: Sequence[str]) -> dict[str, Parts]:
    """Split an answer by document. Parts that belong to no document are reported for the documents that the answer does
    not name.
    """
    if parts.value is UNSET:
        return dict.fromkeys(names, parts)
    pieces: dict[str, list[Any]] = {name: [] for name in names}
    unknown: list[str] = []
    operations = is_patch(parts.value, None)
    for key, value in _members(parts.value):
        name, rest = _document_of(key, names)
        if name is None:
            unknown.append(key)
        elif operations:
            pieces[name].append({**value, "path": rest})
        else:
            pieces[name].append({rest: value} if rest else value)
    doubted: dict[str, list[tuple[Path, str]]] = {name: [] for name in names}
    for path, message in parts.doubted:
        name, rest = _document_of(str(path[0]), names) if path else (None, "")
        for one in names if name is None else [name]:
            doubted[one].append((Path((*([rest] if rest else []), *path[1:])), message))
    unnamed = [name for name in names if not pieces[name]] or list(names)
    for key in unknown:
        for name in unnamed:
            doubted[name].append((Path(), f"The answer names {json_text(key)}; there is no such document."))
    return {name: Parts(_joined(pieces[name], operations), doubted=tuple(doubted[name])) for name in names}


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the members of an answer for several documents: of an object, of several objects, or operations by their
    path.
    """
    for piece in value if isinstance(value, list) else [value]:
        if is_patch(piece, None):
            yield piece["path"], piece
        elif isinstance(piece, dict):
            yield from piece.items()
        else:
            yield json.dumps(piece), piece


def _document_of(key: str, names: Sequence[str]) -> tuple[str | None, str]:
    """Return the document that a key names, and the rest of the key: `a.rows.0` and `/a/rows/0` belong to the document
    a.
    """
    if key in names:
        return key, ""
    for name in sorted(names, key=len, reverse=True):
        if key.startswith(f"{name}."):
            return name, key[len(name) + 1 :]
        if key == pointer([name]) or key.startswith(f"{pointer([name])}/"):
            return name, key[len(pointer([name])) :]
    return None, ""


def _joined(pieces: list[Any], operations: bool) -> Any:
    """Combine the parts of an answer for one document. An empty answer changes nothing."""
    if operations or len(pieces) == 1:
        return pieces if operations else pieces[0]
    joined: dict[str, Any] = {}
    for piece in pieces:
        if not isinstance(piece, dict) or any(key in joined and joined[key] != piece[key] for key in piece):
            return UNSET
        joined |= piece
    return joined

"""A reask that is ready to be sent: the requested values, the words, and the schema of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from railguard.checking import Plan
from railguard.lazy import once
from railguard.loop.asking import wanted
from railguard.loop.change_request import change_schema, without_required
from railguard.loop.standing import Standing
from railguard.prompting.reask import AskedValue, Reason, reask_messages
from railguard.prompting.shown import form_of
from railguard.schema import AnyNode, Field, ListNode, Node, ObjectNode, Schema
from railguard.schema.formats import is_text
from railguard.schema.prune import definitions_used, flat
from railguard.schema.structure import Structure
from railguard.schema.to_json_schema import flat_json_schema, to_json_schema
from railguard.values import (
    UNSET,
    Iteration,
    JsonSchema,
    Message,
    Path,
)

__all__ = ["PreparedReask", "request_for"]


class PreparedReask(NamedTuple):
    """A reask that is ready to be sent: the requested values, the words, and the schema of the answer.

    whole: the one wanted value is the whole output, and the answer is that output. answer: makes the schema of the answer,
    which few answers need. plain: the schema of each value by its key, where the answer is an object of nothing but values
    as the output's own schema has them; else None.
    """

    wanted: tuple[AskedValue, ...]
    whole: bool
    answer: Callable[[], Schema]
    messages: tuple[Message, ...]
    plain: Mapping[str, Structure] | None = None

    @property
    def schema(self) -> Schema:
        """The schema of the answer."""
        return self.answer()

    @property
    def is_text(self) -> bool:
        """Whether plain text is requested instead of JSON."""
        return self.whole and is_text(self.schema)

    @property
    def by_changes(self) -> bool:
        """Whether a part of it is a change answer, whose schema no provider can enforce."""
        return any(one.changes is not None for one in self.wanted)

    @property
    def json_schema(self) -> JsonSchema | None:
        """The JSON Schema of the requested answer; None for plain text."""
        if self.is_text:
            return None
        composed = None
        if self.plain is not None:
            composed = flat_json_schema({key: structure.schema for key, structure in self.plain.items()})
        return composed if composed is not None else to_json_schema(self.schema)

    def as_whole(self, plan: Plan, messages: tuple[Message, ...]) -> PreparedReask:
        """Return a request for the same values that repeats the first question, `messages`."""
        wanted = tuple(one._replace(changes=None) for one in self.wanted)
        return PreparedReask(wanted, any(not one.path for one in wanted), lambda: plan.schema, messages)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The requested paths."""
        return tuple([one.path for one in self.wanted])


def request_for(
    plan: Plan,
    standing: Standing,
    messages: tuple[Message, ...],
    variables: Mapping[str, Any] | None = None,
    *,
    updates: bool = False,
) -> PreparedReask | None:
    """Return the reask for the failing values; None if nothing has to be asked for.

    variables: the prompt variables, for an author's own `<reask>`. updates: whether a document is updated, by changes
    only.
    """
    raw = standing.raw
    state = standing.state
    if state is UNSET:
        reasons = tuple(Reason(failure.message) for failure in standing.failures)
        ones = [AskedValue("", Path(), plan.schema.root, reasons)]
    else:
        ones = wanted(plan, state, standing.failures, updates=updates)
    if not ones:
        return None
    whole = ones[0].path == () and ones[0].changes is None
    answer = once(lambda: plan.schema if whole else _answer_schema(plan.schema, ones))
    told = reask_messages(
        messages,
        ones,
        plan.schema,
        answer,
        whole=whole,
        raw=raw,
        unread=_unread(standing.iterations) if raw is None else None,
        templates_of_reask=plan.spec.reask,
        variables=variables or {},
        form=form_of(plan.spec),
        limits=plan.spec.limits,
    )
    is_plain = not whole and not any(one.changes is not None or one.append or one.optional for one in ones)
    plain = {one.key: plan.structure_of(one.node) for one in ones} if is_plain else None
    return PreparedReask(tuple(ones), whole, answer, told, plain)


def _unread(iterations: Sequence[Iteration]) -> list[str] | None:
    """Return the keys of a last answer to a reask that could not be used; None if it was used, or was the first answer."""
    if not iterations or not iterations[-1].asked or iterations[-1].merged:
        return None
    return list(dict.fromkeys(_as_key(path) for path, _ in iterations[-1].ignored if path))


def _as_key(path: Path) -> str:
    return path[0] if len(path) == 1 and isinstance(path[0], str) else str(path).removeprefix("$").removeprefix(".")


def _answer_schema(schema: Schema, ones: Sequence[AskedValue]) -> Schema:
    """Return the flat object that is requested; open and with nothing required if values are requested as changes."""
    singly = {one.key: _answer_node(one) for one in ones if one.changes is None}
    changed = [one for one in ones if one.changes is not None]
    if not changed:
        return flat(schema, singly)
    if not changed[0].path:
        return change_schema(schema)
    fields = [Field(key, node) for key, node in singly.items()]
    definitions = dict(schema.definitions)
    for one in changed:
        relaxed = without_required(Schema(root=one.node, definitions=schema.definitions))
        definitions |= relaxed.definitions
        fields.append(
            Field(one.key, replace(relaxed.root, nullable=one.removable or one.node.nullable), required=False)
        )
    root = ObjectNode(fields=tuple(fields), extra=AnyNode())
    return Schema(root=root, definitions=definitions_used(root, definitions))


def _answer_node(one: AskedValue) -> Node:
    node = one.node
    if one.append and isinstance(node, ListNode):
        return replace(node, min_items=1, max_items=None, rules=())
    return replace(node, nullable=True) if one.optional and not node.nullable else node

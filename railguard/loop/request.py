"""A reask, ready to be sent: what is asked for, in which words, and the schema of the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from railguard.checking import Plan
from railguard.loop.asking import wanted
from railguard.loop.change_request import change_schema, without_required
from railguard.loop.standing import Standing
from railguard.prompting.describe import is_text
from railguard.prompting.reask import Reason, Wanted, reask_messages
from railguard.schema import AnyNode, Field, ListNode, Node, ObjectNode, Schema
from railguard.schema.json_schema import to_json_schema
from railguard.schema.prune import definitions_used, flat
from railguard.values import (
    UNSET,
    Iteration,
    JsonSchema,
    Message,
    Path,
)

__all__ = ["Request", "request_for"]


@dataclass(frozen=True, slots=True)
class Request:
    """A reask, ready to be sent: what is asked for, in which words, and the schema of the answer.

    whole: the one wanted value is the whole output, and the answer is that output.
    """

    wanted: tuple[Wanted, ...]
    whole: bool
    schema: Schema
    messages: tuple[Message, ...]

    @property
    def is_text(self) -> bool:
        """Whether plain text is wanted, and no JSON."""
        return self.whole and is_text(self.schema)

    @property
    def by_changes(self) -> bool:
        """Whether a part of it is a change answer, whose schema no provider can enforce."""
        return any(one.changes is not None for one in self.wanted)

    @property
    def json_schema(self) -> JsonSchema | None:
        """The JSON Schema of the wanted answer; None where it is plain text."""
        return None if self.is_text else to_json_schema(self.schema)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths asked for."""
        return tuple(one.path for one in self.wanted)


def request_for(
    plan: Plan, standing: Standing, messages: tuple[Message, ...], variables: Mapping[str, Any] | None = None
) -> Request | None:
    """The reask of what fails: None if nothing is to be asked for.

    variables: the prompt's, for an author's own `<reask>`.
    """
    raw = standing.raw
    state = standing.state
    if state is UNSET:
        reasons = tuple(Reason(failure.message) for failure in standing.failures)
        ones = [Wanted("", Path(), plan.schema.root, reasons)]
    else:
        ones = wanted(plan, state, standing.failures)
    if not ones:
        return None
    whole = ones[0].path == () and ones[0].changes is None
    told = reask_messages(
        messages,
        ones,
        schema := plan.schema if whole else _answer_schema(plan.schema, ones),
        whole=whole,
        raw=raw,
        unread=_unread(standing.iterations) if raw is None else None,
        templates_of_reask=plan.spec.reask,
        variables=variables or {},
        limits=plan.spec.limits,
    )
    return Request(tuple(ones), whole, schema, told)


def _unread(iterations: Sequence[Iteration]) -> list[str] | None:
    """The keys of a last answer to a reask that brought nothing; None if it brought something, or was the first."""
    if not iterations or not iterations[-1].asked or iterations[-1].merged:
        return None
    return list(dict.fromkeys(_as_key(path) for path, _ in iterations[-1].ignored if path))


def _as_key(path: Path) -> str:
    return path[0] if len(path) == 1 and isinstance(path[0], str) else str(path).removeprefix("$").removeprefix(".")


def _answer_schema(schema: Schema, ones: Sequence[Wanted]) -> Schema:
    """The flat object that is wanted; open and with nothing required where values are asked for by changes."""
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


def _answer_node(one: Wanted) -> Node:
    node = one.node
    if one.append and isinstance(node, ListNode):
        return replace(node, min_items=1, max_items=None, rules=())
    return replace(node, nullable=True) if one.optional and not node.nullable else node

"""A reask, ready to be sent: what is asked for, in which words, and the schema of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from railguard.loop.asking import wanted
from railguard.loop.plan import Plan
from railguard.prompting.describe import is_text
from railguard.prompting.reask import Reason, Wanted, reask_messages
from railguard.schema import ListNode, Node, Schema
from railguard.schema.json_schema import to_json_schema
from railguard.schema.prune import flat
from railguard.values import UNSET, JsonSchema, Message, Path

__all__ = ["Request", "request_for"]


@dataclass(frozen=True, slots=True)
class Request:
    """A reask, ready to be sent: what is asked for, in which words, and the schema of the answer."""

    wanted: tuple[Wanted, ...]
    whole: bool
    schema: Schema
    messages: tuple[Message, ...]

    @property
    def is_text(self) -> bool:
        """Whether plain text is wanted, and no JSON."""
        return self.whole and is_text(self.schema)

    @property
    def json_schema(self) -> JsonSchema | None:
        """The JSON Schema of the wanted answer; None where it is plain text."""
        return None if self.is_text else to_json_schema(self.schema)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths asked for."""
        return tuple(one.path for one in self.wanted)


def request_for(
    plan: Plan, progress: Any, messages: tuple[Message, ...], variables: Mapping[str, Any] | None = None
) -> Request | None:
    """The reask of what fails: `progress` has state, failures and raw. None if nothing is to be asked for.

    variables: the prompt's, for an author's own `<reask>`.
    """
    raw = progress.raw
    state = progress.state
    if state is UNSET:
        reasons = tuple(Reason(failure.message) for failure in progress.failures)
        ones = [Wanted("", Path(), plan.schema.root, reasons)]
    else:
        ones = wanted(plan, state, progress.failures)
    if not ones:
        return None
    whole = ones[0].path == ()
    if whole:
        schema = plan.schema
    else:
        schema = flat(plan.schema, {one.key: _answer_node(one) for one in ones})
    told = reask_messages(
        messages,
        ones,
        schema,
        whole=whole,
        raw=raw,
        templates_of_reask=plan.spec.reask,
        variables=variables or {},
        limits=plan.spec.limits,
    )
    return Request(tuple(ones), whole, schema, told)


def _answer_node(one: Wanted) -> Node:
    node = one.node
    if one.append and isinstance(node, ListNode):
        return replace(node, min_items=1, max_items=None, rules=())
    return replace(node, nullable=True) if one.optional and not node.nullable else node

"""Checks the default values of a spec, and reports errors in the same words as to a model.

A default is put into the output if a member is missing, so it must be a valid value of its own element: it has its
type, satisfies its constraints, and its rules accept it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, assert_never

from railguard.prompting.issue_messages import issue_message
from railguard.schema import (
    ChoiceNode,
    EnumNode,
    Field,
    LeafNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    Schema,
    UnionNode,
    all_nodes,
)
from railguard.schema.constraints import constraints
from railguard.schema.prune import definitions_used
from railguard.schema.structure import Structure
from railguard.validation import Rule, interpret
from railguard.values import Path

__all__ = ["BadDefault", "bad_defaults"]


class BadDefault(NamedTuple):
    """A default that its own element refuses.

    place: its index among the given ones. message: the reason, one sentence. kept: whether the failing rule has on-fail
    noop, so that the value would be kept.
    """

    place: int
    message: str
    kept: bool = False


def bad_defaults(defaults: Sequence[tuple[Node, Any]], definitions: Mapping[str, Node]) -> list[BadDefault]:
    """Return the defaults that are not valid values of their nodes, with the first reason of each.

    All are compiled together, so that the time is linear in the spec. Rules that need the caller's metadata, are slow,
    or cannot run are skipped.

    Args:
        defaults: (node, default) of each.
        definitions: the targets of references in the nodes.
    """
    hollow = {name for name, node in definitions.items() if _is_hollow(node)}
    asked = {
        str(place): (node, value)
        for place, (node, value) in enumerate(defaults)
        if not _is_hollow(node) and not (hollow and hollow & definitions_used(node, definitions).keys())
    }
    if not asked:
        return []
    root = ObjectNode(fields=tuple(Field(name, node) for name, (node, _) in asked.items()))
    schema = Schema(root=root, definitions=definitions_used(root, definitions))
    found: dict[str, BadDefault] = {}
    for flaw in Structure(schema).flaws({name: value for name, (_, value) in asked.items()}):
        names = [str(flaw.path[0])] if flaw.path else list(asked)  # the whole value, if there are too many errors
        said = flaw.message or issue_message(flaw.keyword, flaw.node, flaw.value)
        for name in names:
            found.setdefault(name, BadDefault(int(name), _at(Path(flaw.path[1:]), said)))
    for name, (node, value) in asked.items():
        faults = [] if name in found else list(_faults(schema, node, value, Path()))
        if faults:
            path, message, kept = min(faults, key=lambda fault: fault[2])
            found[name] = BadDefault(int(name), _at(path, message), kept)
    return sorted(found.values())


def _is_hollow(node: Node) -> bool:
    """Whether a part of the node can have no value at all, which is reported separately and cannot be compiled."""
    return any(
        (isinstance(one, UnionNode) and not one.options)
        or (isinstance(one, ChoiceNode) and not one.cases)
        or (isinstance(one, EnumNode) and not one.values)
        for one in all_nodes(Schema(root=node))
    )


def _at(path: Path, message: str) -> str:
    return f"at {path}: {message}" if path else message


def _faults(schema: Schema, node: Node, value: Any, path: Path) -> Iterator[tuple[Path, str, bool]]:
    """Yield (path, message, whether the value is kept) for each constraint and rule that a structurally valid value
    violates.
    """
    if value is None and node.nullable:
        return
    for constraint in constraints(node):
        if not constraint.holds(value):
            yield path, issue_message(constraint.keyword, node, value), False
    for rule in node.rules:
        message = _failed(rule, value, path)
        if message is not None:
            yield path, message, rule.on_fail.policy.keeps_output
    match node:
        case RefNode():
            yield from _faults(schema, schema.resolve(node), value, path)
        case ListNode() if isinstance(value, list):
            for index, item in enumerate(value):
                yield from _faults(schema, node.item, item, path.child(index))
        case ObjectNode() if isinstance(value, dict):
            yield from _in_object(schema, node, value, path)
        case ChoiceNode() if (case := node.case(value)) is not None:
            fields = {key: item for key, item in value.items() if key != node.discriminator}
            yield from _faults(schema, case.node, fields, path)
        case UnionNode():
            options = [Structure(Schema(root=one, definitions=schema.definitions)) for one in node.options]
            fitting = [one for one, option in zip(node.options, options, strict=True) if not option.flaws(value)]
            each = [list(_faults(schema, option, value, path)) for option in fitting]
            yield from min(each, key=len, default=[])
        case LeafNode() | ListNode() | ObjectNode() | ChoiceNode():
            return
        case _:
            assert_never(node)


def _in_object(schema: Schema, node: ObjectNode, value: dict[str, Any], path: Path) -> Iterator[tuple[Path, str, bool]]:
    fields = {field.name: field.node for field in node.fields}
    for key, item in value.items():
        below = fields.get(key, node.extra)
        assert below is not None  # the value is sound
        yield from _faults(schema, below, item, path.child(key))


def _failed(rule: Rule, value: Any, path: Path) -> str | None:
    """Return a rule's message about a value; None if it passes, or must not run while a spec is loaded."""
    validator = rule.validator
    if validator is None or not rule.inline or rule.wants_context or not rule.serves(value):
        return None
    try:
        result = interpret(rule.run(value), rule, path)
    except Exception:  # a validator that is broken is reported when an answer is checked
        return None
    return None if result is None else result.message

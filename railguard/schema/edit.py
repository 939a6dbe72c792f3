"""Creates new trees from old ones: adds rules at a path, removes rules. A tree is never changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import assert_never

from railguard.errors import SpecError
from railguard.lazy import regex
from railguard.schema.nodes import (
    AnyNode,
    BooleanNode,
    ChoiceCase,
    ChoiceNode,
    EnumNode,
    FloatNode,
    IntegerNode,
    LeafNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.validation import JsonType, Rule, json_type

__all__ = ["json_types", "refuse_type", "with_rules", "without_rules", "without_unknown"]

_STEP = regex(r"""\.([^\W\d][\w-]*)|\[(\*)\]|\[("(?:[^"\\]|\\.)*")\]""")


def json_types(node: Node) -> frozenset[JsonType] | None:
    """Return the JSON types of a node's values without null; None if that depends on the value (any, a union, a
    reference).
    """
    match node:
        case AnyNode() | UnionNode() | RefNode():
            return None
        case NullNode():
            return frozenset({"null"})
        case IntegerNode():
            return frozenset({"integer"})
        case FloatNode():
            return frozenset({"number"})
        case BooleanNode():
            return frozenset({"boolean"})
        case ListNode():
            return frozenset({"array"})
        case ObjectNode() | ChoiceNode():
            return frozenset({"object"})
        case EnumNode(values=values):
            return frozenset(map(json_type, values))
        case StringNode():
            return frozenset({"string"})
        case _:
            assert_never(node)


def with_rules(schema: Schema, on: str, rules: Sequence[Rule]) -> Schema:
    """Return the schema with rules added after those of the node at a path: `$`, `$.a.b`, `$.fees[*].name`, `$["a.b"]`.

    Raises SpecError, code "path", if there is no such node, and "validator-type" if a rule does not support it.
    """
    steps = _steps(on)
    definitions = dict(schema.definitions)

    def add(node: Node) -> Node:
        types = json_types(node)
        for rule in rules:
            refuse_type(rule, on, types)
        return replace(node, rules=(*node.rules, *rules))

    def walk(node: Node, at: int) -> Node:
        if at == len(steps):
            return add(node)
        step = steps[at]
        match node:
            case RefNode():
                before = definitions[node.name]
                after = walk(before, at)
                if after != before:  # otherwise the path came through here again, and the earlier change stays
                    definitions[node.name] = after
                return node
            case ListNode() if step is None:
                return replace(node, item=walk(node.item, at + 1))
            case ObjectNode() if step is not None and any(field.name == step for field in node.fields):
                fields = (replace(f, node=walk(f.node, at + 1)) if f.name == step else f for f in node.fields)
                return replace(node, fields=tuple(fields))
            case ChoiceNode() if step is not None:
                having = [case for case in node.cases if any(field.name == step for field in case.node.fields)]
                if having:
                    cases = tuple(
                        ChoiceCase(case.value, _object(walk(case.node, at))) if case in having else case
                        for case in node.cases
                    )
                    return replace(node, cases=cases)
            case LeafNode() | ListNode() | ObjectNode() | ChoiceNode() | UnionNode():
                pass
            case _:
                assert_never(node)
        raise SpecError.of(
            f"there is no {on}: nothing matches its step {at + 1}",
            code="path",
            hint='write $.field, $.list[*].field, $["a field"], or $ for the whole output',
        )

    root = walk(schema.root, 0)
    model = schema.user_model
    if model is not None and rules:
        try:
            model = model.with_rules(steps, rules)
        except LookupError as error:
            raise SpecError.of(
                f"the type has no place for a rule at {on}: its step {error} leads nowhere",
                code="path",
                hint="annotate the field with the rule: Annotated[str, length(max=10)]",
            ) from error
    return replace(schema, root=root, definitions=definitions, user_model=model)


def refuse_type(rule: Rule, on: str, types: frozenset[JsonType] | None) -> None:
    """Raise SpecError, code "validator-type", if a rule does not support the types at a place; None: any type."""
    if types is not None and rule.validator is not None and not types <= rule.validator.types:
        raise SpecError.of(
            f"validator {rule.name!r} does not serve {on}, which is {' or '.join(sorted(types))}",
            code="validator-type",
            hint=f"it serves {', '.join(sorted(rule.validator.types))}",
        )


def _object(node: Node) -> ObjectNode:
    assert isinstance(node, ObjectNode)
    return node


def _steps(on: str) -> list[str | None]:
    import json

    steps: list[str | None] = []
    at = 1
    while on.startswith("$") and at < len(on):
        match = _STEP.match(on, at)
        if match is None:
            break
        name, star, quoted = match.groups()
        steps.append(None if star else name if name is not None else json.loads(quoted))
        at = match.end()
    if not on.startswith("$") or at < len(on):
        raise SpecError.of(
            f"{on!r} is not a path", code="path", hint="write $.field, $.list[*].field, or $ for the whole output"
        )
    return steps


def without_unknown(schema: Schema) -> Schema:
    """Return the schema without the rules whose validators are not registered."""
    return without_rules(schema, lambda rule: rule.validator is None)


def without_rules(schema: Schema, left_out: Callable[[Rule], bool]) -> Schema:
    """Return the schema without the rules for which `left_out` is true. Rules inside a user-defined type stay."""

    def clean(node: Node) -> Node:
        return replace(node, rules=tuple(rule for rule in node.rules if not left_out(rule)))

    return transform(schema, clean)


def transform(schema: Schema, change: Callable[[Node], Node]) -> Schema:
    """Return the schema with every node replaced by the result of `change`, children first."""

    def walk(node: Node) -> Node:
        match node:
            case ListNode():
                node = replace(node, item=walk(node.item))
            case ObjectNode():
                fields = tuple(replace(field, node=walk(field.node)) for field in node.fields)
                node = replace(node, fields=fields, extra=None if node.extra is None else walk(node.extra))
            case ChoiceNode():
                node = replace(
                    node, cases=tuple(ChoiceCase(case.value, _object(walk(case.node))) for case in node.cases)
                )
            case UnionNode():
                node = replace(node, options=tuple(walk(option) for option in node.options))
            case LeafNode() | RefNode():
                pass
            case _:
                assert_never(node)
        return change(node)

    definitions = {name: walk(node) for name, node in schema.definitions.items()}
    return replace(schema, root=walk(schema.root), definitions=definitions)

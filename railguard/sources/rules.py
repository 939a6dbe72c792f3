"""Checks the rules of a pydantic source: each must be on a node of a type that it supports; otherwise it is refused
with its field's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, assert_never

from railguard.errors import Problem, SpecError
from railguard.schema import (
    AnyNode,
    BooleanNode,
    ChoiceNode,
    EnumNode,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.sources.schema_keywords import RULES_KEYWORD, value_type
from railguard.validation import JsonType, Rule
from railguard.validation.vocabulary import JSON_TYPES

__all__ = ["check_rules", "misplaced_rules", "possible_types", "refuse_misplaced"]


def check_rules(schema: Schema, ruled: Sequence[tuple[Node, Rule, str]], rules: Sequence[Rule], root: Any) -> None:
    """Check that every rule is on a node with a type that it supports. Raises SpecError with the names of the fields.

    ruled: the node of each rule, and the pointer of its schema. root: the document, which refers to rules by number.
    """
    problems = []
    used = {id(rule) for _, rule, _ in ruled}
    for number, pointer in numbers(root) if rules else ():
        if id(rules[number]) not in used:
            problems.append(
                Problem(
                    f"at {_field_path(pointer)}: the rule {rules[number].describe()!r} stands on a key of a "
                    "dict, or on one position of a tuple, and would never run",
                    "rule-place",
                    hint="put the rule on the whole dict or tuple",
                )
            )
    for node, rule, pointer in ruled:
        if rule.validator is None:
            continue
        types = possible_types(schema, node)
        if not types & rule.validator.types:
            has = " or ".join(name for name in JSON_TYPES if name in types)
            serves = ", ".join(name for name in JSON_TYPES if name in rule.validator.types)
            problems.append(
                Problem(
                    f"at {_field_path(pointer)}: validator {rule.name!r} serves {serves}, and the value is {has}",
                    "rule-type",
                    hint="put the rule on a field of a type it serves, or take another validator",
                )
            )
    if problems:
        raise SpecError(problems)


def misplaced_rules(place: str) -> Problem:
    """Return the problem of rules in `Field(validators=[…])`: other libraries accept them there, but pydantic only
    stores them.
    """
    return Problem(
        f"at {place}: rules in Field(validators=…) would never run",
        "rule-place",
        hint="put each into the annotation, as in Annotated[str, two_words(on_fail='reask')]",
    )


def refuse_misplaced(document: Any) -> None:
    """Refuse `Field(validators=[…])` of types that keep it only in their JSON Schema.

    Args:
        document: the JSON Schema of a type, in which this argument is a keyword.

    Raises:
        SpecError: code "rule-place", naming every such field.
    """
    problems = []
    todo: list[tuple[Any, str]] = [(document, "")]
    while todo:
        here, pointer = todo.pop()
        if isinstance(here, list):
            todo.extend((part, f"{pointer}/{number}") for number, part in enumerate(here))
        if not isinstance(here, dict):
            continue
        if "validators" in here:
            problems.append(misplaced_rules(_field_path(pointer)))
        for keyword, part in here.items():
            below = f"{pointer}/{keyword}"
            if keyword in ("properties", "$defs", "patternProperties") and isinstance(part, dict):
                todo.extend((one, f"{below}/{name}") for name, one in part.items())
            elif keyword not in ("default", "const", "enum", "examples", "validators", RULES_KEYWORD):
                todo.append((part, below))
    if problems:
        raise SpecError(sorted(problems, key=lambda problem: problem.message))


def possible_types(schema: Schema, node: Node) -> frozenset[JsonType]:
    """Return the JSON types that a node's values can have; a float only has "number", since 1.5 is not an integer."""
    found: set[JsonType] = set()
    seen: set[str] = set()
    todo = [node]
    while todo:
        here = todo.pop()
        if here.nullable:
            found.add("null")
        match here:
            case RefNode():
                if here.name not in seen:
                    seen.add(here.name)
                    todo.append(schema.definitions[here.name])
            case UnionNode():
                todo.extend(here.options)
            case AnyNode():
                found.update(JSON_TYPES)
            case EnumNode():
                found.update(value_type(value) for value in here.values)  # type: ignore[misc]  # as above
            case IntegerNode():
                found.add("integer")
            case FloatNode():
                found.add("number")
            case BooleanNode():
                found.add("boolean")
            case ListNode():
                found.add("array")
            case ObjectNode() | ChoiceNode():
                found.add("object")
            case NullNode():
                found.add("null")
            case StringNode():
                found.add("string")
            case _:
                assert_never(here)
    return frozenset(found)


def numbers(document: Any) -> Iterator[tuple[int, str]]:
    """Yield the numbers of rules in a document, with the pointers of their schemas."""
    todo: list[tuple[Any, str]] = [(document, "")]
    while todo:
        here, pointer = todo.pop()
        if isinstance(here, dict):
            yield from ((number, pointer) for number in here.get(RULES_KEYWORD, ()))
            todo.extend((part, f"{pointer}/{key}") for key, part in here.items() if key != RULES_KEYWORD)
        elif isinstance(here, list):
            todo.extend((part, f"{pointer}/{number}") for number, part in enumerate(here))


def _field_path(pointer: str) -> str:
    """Convert a JSON Pointer of a schema to a field path: $.fees[*].name, or Fee.name in a definition."""
    path = "$"
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
    while tokens:
        token = tokens.pop(0)
        if token in ("$defs", "definitions") and tokens:
            path = tokens.pop(0)
        elif token == "properties" and tokens:
            path += f".{tokens.pop(0)}"
        elif token in ("items", "additionalProperties", "prefixItems"):
            path += "[*]"
    return path

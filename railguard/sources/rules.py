"""Rules of a pydantic source: each stands on a node of a type that it serves, or is refused with its field's name."""

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
from railguard.sources.keywords import RULES, type_of
from railguard.validation import JsonType, Rule
from railguard.validation.vocabulary import JSON_TYPES

__all__ = ["check_rules", "json_types", "misplaced", "refuse_misplaced"]


def check_rules(schema: Schema, ruled: Sequence[tuple[Node, Rule, str]], rules: Sequence[Rule], root: Any) -> None:
    """Every rule stands somewhere, on a node with a type that it serves. Raises SpecError naming the fields.

    ruled: which node a rule stands on, and the pointer of its schema. root: the document, which names rules by number.
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
        types = json_types(schema, node)
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


def misplaced(place: str) -> Problem:
    """The problem of rules in `Field(validators=[…])`, where other libraries take them and pydantic keeps a note."""
    return Problem(
        f"at {place}: rules in Field(validators=…) would never run",
        "rule-place",
        hint="put each into the annotation, as in Annotated[str, two_words(on_fail='reask')]",
    )


def refuse_misplaced(document: Any) -> None:
    """Refuse `Field(validators=[…])` of types that keep it in their JSON Schema alone.

    Args:
        document: the JSON Schema of a type, in which such a note is a keyword.

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
            problems.append(misplaced(_field_path(pointer)))
        for keyword, part in here.items():
            below = f"{pointer}/{keyword}"
            if keyword in ("properties", "$defs", "patternProperties") and isinstance(part, dict):
                todo.extend((one, f"{below}/{name}") for name, one in part.items())
            elif keyword not in ("default", "const", "enum", "examples", "validators", RULES):
                todo.append((part, below))
    if problems:
        raise SpecError(sorted(problems, key=lambda problem: problem.message))


def json_types(schema: Schema, node: Node) -> frozenset[JsonType]:
    """The JSON types that a node's values can have; a float's are "number" alone, since 1.5 is no integer."""
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
                found.update(type_of(value) for value in here.values)  # type: ignore[misc]  # as above
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
    """The rules' numbers in a document, with the pointers of the schemas they stand in."""
    todo: list[tuple[Any, str]] = [(document, "")]
    while todo:
        here, pointer = todo.pop()
        if isinstance(here, dict):
            yield from ((number, pointer) for number in here.get(RULES, ()))
            todo.extend((part, f"{pointer}/{key}") for key, part in here.items() if key != RULES)
        elif isinstance(here, list):
            todo.extend((part, f"{pointer}/{number}") for number, part in enumerate(here))


def _field_path(pointer: str) -> str:
    """A pointer into a JSON Schema as a person names the field: $.fees[*].name, or Fee.name in a definition."""
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

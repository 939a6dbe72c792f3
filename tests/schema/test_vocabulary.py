"""The table of JSON Schema's keywords: each row is right in every room that reads it."""

from __future__ import annotations

import dataclasses
import inspect
import json
from typing import Any, get_args

import pytest

from railguard import Guard
from railguard.prompting.issue_messages import PHRASES
from railguard.rail.elements import ROWS
from railguard.schema import FloatNode, IntegerNode, ListNode, ObjectNode, StringNode
from railguard.schema.constraints import constraints, stated
from railguard.schema.targets import DIALECTS, Target
from railguard.validation.vocabulary import JSON_TYPES, KEYWORDS, Family, keywords_for_type

NODES = {"string": [StringNode], "number": [IntegerNode, FloatNode], "array": [ListNode], "object": [ObjectNode]}
TYPES = {StringNode: "string", IntegerNode: "integer", FloatNode: "number", ListNode: "array", ObjectNode: "object"}
EXAMPLES: dict[str, tuple[Any, Any, Any]] = {
    "minLength": (2, "ab", "a"),
    "maxLength": (2, "ab", "abc"),
    "pattern": ("^a", "ab", "b"),
    "format": ("date", "2024-01-02", "soon"),
    "minimum": (2, 2, 1),
    "maximum": (2, 2, 3),
    "exclusiveMinimum": (2, 3, 2),
    "exclusiveMaximum": (2, 1, 2),
    "multipleOf": (2, 4, 3),
    "minItems": (2, [1, 2], [1]),
    "maxItems": (2, [1, 2], [1, 2, 3]),
    "uniqueItems": (True, [1, 2], [1, 1.0]),
    "minProperties": (2, {"a": 1, "b": 2}, {"a": 1}),
    "maxProperties": (2, {"a": 1, "b": 2}, {"a": 1, "b": 2, "c": 3}),
}
"""keyword → its value, a value that keeps it, one that breaks it."""
HELD = [(family, row) for family in get_args(Family) for row in keywords_for_type(family, attribute=True)]


@pytest.mark.parametrize(("family", "row"), HELD, ids=[row.name for _, row in HELD])
def test_a_keyword_that_a_node_holds_is_read_written_checked_worded_and_in_rail(family: str, row: Any) -> None:
    bound, kept, broken = EXAMPLES[row.name]
    for made in NODES[family]:
        node = made(**{row.attribute: bound})
        assert [(held.name, value) for held, value in stated(node)] == [(row.name, bound)]
        assert [(one.keyword, one.holds(kept), one.holds(broken)) for one in constraints(node)] == [
            (row.name, True, False)
        ]
        guard = Guard.from_json_schema({"type": TYPES[made], row.name: bound})
        assert getattr(guard.spec.schema.root, row.attribute) == bound
        assert guard.json_schema()[row.name] == bound
        element = next(one for one in ROWS if one.node is made and (made is not StringNode or one.tag == "string"))
        assert any(attribute.field == row.attribute for attribute in element.attributes)
    schema = {"type": "object", "properties": {"a": {"type": TYPES[made], row.name: bound}}, "required": ["a"]}
    guard = Guard.from_json_schema(schema)
    assert guard.parse(json.dumps({"a": kept})).passed
    (failure,) = guard.parse(json.dumps({"a": broken})).failures
    assert failure.validator == row.name
    if row.check is not None:
        start = PHRASES[row.name].split("{")[0]
        assert failure.message.startswith(start)


def test_every_keyword_with_a_check_has_a_sentence_and_no_other_has() -> None:
    assert set(PHRASES) == {row.name for row in KEYWORDS.values() if row.check is not None and row.attribute}


def test_what_pydantic_core_checks_is_joined_into_one_bound() -> None:
    assert all(row.joined is not None for row in KEYWORDS.values() if row.core is not None)


def test_pairs_groups_and_companions_are_keywords() -> None:
    for row in KEYWORDS.values():
        assert row.upper is None or row.upper in KEYWORDS
        assert row.group == "unevaluated" or row.group in KEYWORDS
        assert set(row.with_) <= KEYWORDS.keys()
        assert row.attribute is None or row.attribute in {f.name for f in dataclasses.fields(NODES[row.family][0])}


def test_a_target_knows_keywords_that_exist() -> None:
    for name, dialect in DIALECTS.items():
        assert name in get_args(Target)
        assert (dialect.keywords or set()) <= KEYWORDS.keys() | {"description", "title"}


def test_targets_are_named_alike_everywhere() -> None:
    from railguard.cli import check, schema

    assert set(DIALECTS) == set(get_args(Target))
    assert set(schema._PROVIDERS) == set(DIALECTS) - {"draft2020-12"}
    assert all(f'"{name}"' in inspect.getsource(check) for name in schema._PROVIDERS)


def test_types_are_those_of_json_schema() -> None:
    assert set(JSON_TYPES) == {"string", "integer", "number", "boolean", "array", "object", "null"}

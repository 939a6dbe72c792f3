"""The union of node types is closed: whatever tells them apart names them all, and the type checker says so."""

from __future__ import annotations

import ast
import pickle
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

import railguard
from railguard import Guard
from railguard.prompting.describe import as_xml
from railguard.prompting.noun_phrases import short_description
from railguard.schema import (
    AnyNode,
    BooleanNode,
    Field,
    FloatNode,
    IntegerNode,
    LeafNode,
    Node,
    NullNode,
    ObjectNode,
    Schema,
    StringNode,
    nodes,
)
from railguard.schema.formats import FORMATS, StringFormat, is_date

SOURCE = Path(railguard.__file__).parent


def _types(pattern: ast.pattern) -> set[str]:
    return {ast.unparse(at.cls) for at in ast.walk(pattern) if isinstance(at, ast.MatchClass)}


def test_every_match_over_nodes_ends_in_assert_never() -> None:
    members = {one.__name__ for one in get_args(Node)}
    open_ones, found = [], 0
    for path in sorted(SOURCE.rglob("*.py")):
        for at in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(at, ast.Match) and any(_types(case.pattern) & members for case in at.cases):
                found += 1
                if "assert_never" not in ast.unparse(at.cases[-1].body[0]):
                    open_ones.append(f"{path.relative_to(SOURCE)}:{at.lineno}")
    assert found >= 15
    assert open_ones == []


def test_the_union_of_nodes_has_every_node_class() -> None:
    classes = {one for one in vars(nodes).values() if isinstance(one, type) and one.__name__.endswith("Node")}
    assert classes - {nodes.LeafNode, nodes._Node, nodes._NumberNode} == set(get_args(Node))


MONTH = StringFormat(
    name="month",
    check=lambda text: len(text) == 7 and is_date(f"{text}-01"),
    article="a",
    one="month",
    many="months",
    letters="YYYY-MM",
    written="year-month",
    read=("year-month", "month"),
    element="month",
    shown="month",
)


def test_a_string_format_is_one_row_in_json_schema_words_checks_and_repair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "month", MONTH)
    guard = Guard.from_json_schema(
        {
            "type": "object",
            "properties": {"due": {"type": "string", "format": "month"}},
            "required": ["due"],
            "additionalProperties": False,
        }
    )
    assert guard.json_schema()["properties"]["due"] == {"type": "string", "format": "year-month"}
    assert guard.parse('{"due": "2024-05"}').passed
    outcome = guard.parse('{"due": "soon"}')
    assert not outcome.passed
    assert [failure.message for failure in outcome.failures] == ['It must be a month as YYYY-MM, not the text "soon".']
    assert guard.parse('{"due": " 2024-05 "}').output == {"due": "2024-05"}
    node = StringNode(format="month")
    assert short_description(node) == "a month as YYYY-MM"
    assert '<month name="due" format="YYYY-MM"/>' in as_xml(Schema(root=ObjectNode(fields=(Field("due", node),))))


def test_a_string_format_with_an_element_is_one_row_in_rail() -> None:
    """The elements are read from the same table, once, when railguard is imported."""
    from railguard.rail.elements import ROWS

    written = {row.name: row.element for row in FORMATS.values() if row.element is not None}
    of_formats = {row.fixed["format"]: row.tag for row in ROWS if "format" in row.fixed}
    assert of_formats == written
    for row in FORMATS.values():
        xml = f'<{row.element} name="a"/>' if row.element is not None else f'<string name="a" format="{row.name}"/>'
        guard = Guard.from_rail_string(f'<rail version="1.0"><output>{xml}</output></rail>')
        root = guard.spec.schema.root
        assert isinstance(root, ObjectNode)
        assert root.fields[0].node == StringNode(format=row.name)
        assert xml in guard.to_rail()


def test_a_format_says_each_thing_once() -> None:
    names = [name for row in FORMATS.values() for name in row.read]
    assert len(names) == len(set(names))
    for name, row in FORMATS.items():
        assert row.name == name
        assert (row.written is not None) == (row.pattern is None), "a keyword says it, or a pattern does"
        assert row.written is None or row.written in names


WITHOUT_OWN_FIELDS: list[type[LeafNode]] = [AnyNode, NullNode, BooleanNode, IntegerNode, FloatNode]


@pytest.mark.parametrize("kind", WITHOUT_OWN_FIELDS)
def test_a_node_without_fields_of_its_own_is_a_frozen_value(kind: type[LeafNode]) -> None:
    node = kind(title="x", nullable=True)
    assert node == kind(title="x", nullable=True) == pickle.loads(pickle.dumps(node)) == replace(node)
    assert hash(node) == hash(replace(node))
    assert repr(node).startswith(f"{kind.__name__}(title='x', ")
    assert node != kind()
    assert [other for other in WITHOUT_OWN_FIELDS if other() == kind()] == [kind]
    assert not hasattr(node, "__dict__")
    with pytest.raises(AttributeError):
        node.title = "y"  # type: ignore[misc]

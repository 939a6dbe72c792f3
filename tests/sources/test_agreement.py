"""The tree, its constraints and its rules together accept what the jsonschema package accepts, and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from railguard.errors import SpecError
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
    UnionNode,
)
from railguard.schema.constraints import constraints
from railguard.sources.json_schema import convert


def accepts(schema: Schema, value: Any) -> bool:
    return _sound(schema, schema.root, value)


def _sound(schema: Schema, node: Node, value: Any) -> bool:
    if not all(rule.run(value) is None for rule in node.rules):
        return False
    if value is None and node.nullable:
        return True
    return _typed(schema, node, value) and all(constraint.holds(value) for constraint in constraints(node))


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _typed(schema: Schema, node: Node, value: Any) -> bool:
    match node:
        case RefNode():
            return _sound(schema, schema.definitions[node.name], value)
        case UnionNode():
            return any(_sound(schema, option, value) for option in node.options)
        case AnyNode():
            return True
        case NullNode():
            return value is None
        case BooleanNode():
            return isinstance(value, bool)
        case IntegerNode():
            return _number(value) and value == int(value)
        case FloatNode():
            return _number(value)
        case EnumNode():
            return not all(isinstance(v, str) for v in node.values) or value in node.values
        case ListNode():
            return isinstance(value, list) and all(_sound(schema, node.item, item) for item in value)
        case ObjectNode():
            return isinstance(value, dict) and _members(schema, node, value)
        case ChoiceNode():
            case = node.case(value)
            if case is None:
                return False
            rest = {key: item for key, item in value.items() if key != node.discriminator}
            return all(rule.run(value) is None for rule in case.node.rules) and _members(schema, case.node, rest)
    return isinstance(value, str)


def _members(schema: Schema, node: ObjectNode, value: dict[str, Any]) -> bool:
    for field in node.fields:
        if field.name in value:
            if not _sound(schema, field.node, value[field.name]):
                return False
        elif field.required:
            return False
    others = value.keys() - {field.name for field in node.fields}
    return not others or (node.extra is not None and all(_sound(schema, node.extra, value[key]) for key in others))


def agree(document: Any, values: list[Any]) -> None:
    schema, warnings = convert(document)
    judge = Draft202012Validator(document)
    for value in values:
        ours, theirs = accepts(schema, value), judge.is_valid(value)
        # Where a type was understood with good will, we may refuse more, and say so in a warning.
        assert ours == theirs or (warnings and not ours), (document, value, ours, theirs)


OBJECT = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]}
CAT = {"type": "object", "properties": {"kind": {"const": "cat"}, "n": {"type": "integer"}}, "required": ["kind"]}
DOG = {"type": "object", "properties": {"kind": {"enum": ["dog", "wolf"]}}, "required": ["kind"]}
CLOSED = {"additionalProperties": False}

BRANCHES = {"oneOf": [{"type": "integer"}], "anyOf": [{"multipleOf": 2}, {"multipleOf": 3}], "type": "integer"}
ODD = {"patternProperties": {"a": {}}, "uniqueItems": True, "format": "email", "additionalProperties": {}}
SAME = {"properties": {"a": {"type": "string"}}}
PATTERNED = {"patternProperties": {"a": {"type": "string"}}}
ONE, TRUE = {"properties": {"a": {"const": 1}}}, {"properties": {"a": {"const": True}}}
TEXT = {"A": {"type": "string"}}

TABLE: list[tuple[Any, list[Any], list[Any]]] = [
    (True, [None, 1, {"a": []}], []),
    ({}, [None, 1, {"a": []}], []),
    (OBJECT, [{"a": "x"}, {"a": "x", "b": 1, "c": None}], [{}, {"a": 1}, {"a": "x", "b": "1"}, [], None]),
    ({**OBJECT, **CLOSED}, [{"a": "x"}], [{"a": "x", "c": 1}]),
    ({**OBJECT, "additionalProperties": {"type": "boolean"}}, [{"a": "", "z": True}], [{"a": "", "z": 1}]),
    ({"type": "object", "required": ["z"]}, [{"z": None}], [{}]),
    ({"type": "object", "minProperties": 1, "maxProperties": 2}, [{"a": 1}], [{}, {"a": 1, "b": 1, "c": 1}]),
    ({"type": ["string", "null"], "minLength": 2}, ["ab", None], ["a", 1]),
    ({"type": ["integer", "string"], "minimum": 3, "minLength": 2}, [3, "ab"], [2, "a", None, 3.5]),
    ({"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5}, [0.5, 1], [0, 0.3, True]),
    ({"type": "integer", "maximum": 5}, [5, 5.0], [6, 4.5, True]),
    ({"type": "null"}, [None], [0, ""]),
    ({"enum": ["a", 1, None, True, [1], {"k": 1}]}, ["a", 1, 1.0, None, True, [1], {"k": 1}], ["b", False, 2, {}]),
    ({"const": 1}, [1, 1.0], [True, "1"]),
    ({"const": None}, [None], [0]),
    ({"type": "string", "enum": ["a", None, 3]}, ["a"], [None, 3]),
    ({"enum": ["ab", "c", 5], "minLength": 2}, ["ab", 5], ["c"]),
    ({"enum": ["ab", "c"], "anyOf": [{"const": "ab"}]}, ["ab"], ["c"]),
    (
        {"type": "array", "items": {"type": "integer"}, "minItems": 1, "uniqueItems": True},
        [[1, 2]],
        [[], [1, 1], ["x"]],
    ),
    ({"type": "array", "items": False}, [[]], [[1]]),
    (
        {"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "string"}},
        [[], [1, "a"]],
        [["a"], [1, 1]],
    ),
    ({"type": "array", "prefixItems": [{"type": "integer"}], "items": False}, [[1]], [[1, 1], ["a"]]),
    ({"type": "array", "contains": {"const": 1}, "maxContains": 1}, [[1, 2]], [[2], [1, 1]]),
    ({"type": "array", "contains": {"const": 1}, "minContains": 0}, [[], [2]], [3]),
    ({"type": "string", "pattern": "^a"}, ["ab"], ["ba"]),
    ({"anyOf": [{"type": "string"}, {"type": "null"}]}, ["", None], [1]),
    ({"anyOf": [{"type": "string", "not": {"const": "x"}}, {"type": "null"}]}, ["", None], ["x", 1]),
    ({"anyOf": [{"type": "null"}]}, [None], [1]),
    ({"anyOf": [{"type": "integer"}, False]}, [1], ["x"]),
    ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, [1, "x"], [None]),
    ({"anyOf": [CAT, DOG]}, [{"kind": "cat", "n": 1}, {"kind": "wolf"}], [{"kind": "x"}, {"kind": "cat", "n": ""}, {}]),
    ({"oneOf": [CAT, DOG]}, [{"kind": "dog", "z": 1}], [{"n": 1}]),
    ({"oneOf": [CAT, DOG, {"type": "null"}]}, [{"kind": "dog"}, None], [{"n": 1}]),
    ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, [1.5], [1, "x"]),
    ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, [1, ""], [None]),
    ({"oneOf": [{"const": "a"}, {"const": "b"}]}, ["a", "b"], ["c"]),
    ({"oneOf": [{"const": "a"}, {"enum": ["a", "b"]}]}, ["b"], ["a", "c"]),
    ({"oneOf": [{"const": 1}, {"type": "integer"}]}, [2], [1]),
    ({"oneOf": [{"type": ["string", "null"]}, {"type": "null"}]}, ["x"], [None]),
    ({"type": "object", "oneOf": [CAT, DOG]}, [{"kind": "cat"}], [{}]),
    ({"type": ["object", "null"], "anyOf": [CAT, {"type": "null"}]}, [{"kind": "cat"}, None], [{}]),
    ({**OBJECT, "anyOf": [{"required": ["b"]}, {"required": ["c"]}]}, [{"a": "", "b": 1}], [{"a": ""}]),
    (
        {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"], "oneOf": [CAT, DOG]},
        [{"id": 1, "kind": "cat"}],
        [{"kind": "cat"}, {"id": 1}, {"id": "", "kind": "dog"}],
    ),
    ({"type": "string", "anyOf": [True, {"minLength": 3}]}, ["a"], [1]),
    (
        {"allOf": [{"type": "number"}, {"type": "integer", "minimum": 1}, {"minimum": 3, "maximum": 9}]},
        [3],
        [2, 3.5, 10],
    ),
    (
        {"allOf": [OBJECT, {"properties": {"c": {"type": "null"}}, "required": ["c"]}]},
        [{"a": "", "c": None}],
        [{"a": ""}],
    ),
    ({"allOf": [{**OBJECT, **CLOSED}, {"properties": {"c": {}}}]}, [{"a": ""}], [{"a": "", "c": 1}]),
    ({"allOf": [{"anyOf": [{"type": "string"}]}, {"anyOf": [{"minLength": 2}]}]}, ["ab"], ["a", 1]),
    ({"allOf": [{"type": "array", "items": {"type": "integer"}}, {"items": {"minimum": 2}}]}, [[2]], [[1], ["a"]]),
    ({"allOf": [{"pattern": "a"}, {"pattern": "b"}], "type": "string"}, ["ab"], ["a", "b"]),
    ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, ["b"], ["a", "c"]),
    ({"allOf": [{"enum": ["a", "b"]}, {"const": "b"}]}, ["b"], ["a"]),
    ({"allOf": [OBJECT], "unevaluatedProperties": False}, [{"a": "x"}], [{"a": "x", "c": 1}]),
    ({**OBJECT, "unevaluatedProperties": {"type": "null"}}, [{"a": "", "z": None}], [{"a": "", "z": 1}]),
    (
        {
            **OBJECT,
            "anyOf": [{"properties": {"c": {"const": 1}}, "required": ["c"]}, True],
            "unevaluatedProperties": False,
        },
        [{"a": "", "c": 1}, {"a": ""}],
        [{"a": "", "c": 2}, {"a": "", "d": 1}],
    ),
    ({"type": "array", "prefixItems": [{}], "unevaluatedItems": False}, [[1]], [[1, 2]]),
    ({"allOf": [{"type": "array", "prefixItems": [{}]}, {"unevaluatedItems": False}]}, [[]], [[1]]),
    (
        {"type": "object", "patternProperties": {"^x": {"type": "integer"}}, **CLOSED},
        [{"x1": 1}],
        [{"x": ""}, {"y": 1}],
    ),
    ({**OBJECT, "patternProperties": {"^a": {"minLength": 2}}}, [{"a": "ab"}], [{"a": "x"}]),
    ({"type": "object", "propertyNames": {"maxLength": 2}}, [{"ab": 1}], [{"abc": 1}]),
    ({"type": "object", "dependentRequired": {"a": ["b"]}}, [{}, {"a": 1, "b": 2}], [{"a": 1}]),
    ({"type": "object", "dependentSchemas": {"a": {"required": ["b"]}}}, [{"b": 1}], [{"a": 1}]),
    ({"type": "integer", "if": {"minimum": 5}, "then": {"multipleOf": 5}, "else": {"maximum": 3}}, [3, 10], [4, 7]),
    ({"type": "integer", "if": {"minimum": 5}}, [3, 10], ["x"]),
    ({"type": "integer", "then": {"multipleOf": 5}}, [3], ["x"]),
    ({"not": {"type": "string"}}, [1, None], ["x"]),
    ({"type": "object", "properties": {"a": False}}, [{}, {"b": 1}], [{"a": 1}]),
    ({"type": "object", "properties": {"a": False, "b": {}}, **CLOSED}, [{}, {"b": 1}], [{"a": 1}]),
    ({"minLength": 2, "minimum": 3}, ["ab", 3, None], ["a", 2]),
    ({"$defs": {"N": OBJECT}, "$ref": "#/$defs/N"}, [{"a": ""}], [{}]),
    ({"$defs": {"N": OBJECT}, "$ref": "#/$defs/N", "required": ["b"]}, [{"a": "", "b": 1}], [{"a": ""}]),
    ({"$defs": {"N": {"type": "string"}}, "$ref": "#/$defs/N", "minLength": 2}, ["ab"], ["a"]),
    (
        {"type": "object", "properties": {"next": {"$ref": "#"}}, "additionalProperties": False},
        [{}, {"next": {"next": {}}}],
        [{"next": {"x": 1}}, {"next": 1}],
    ),
    (
        {
            "$defs": {"T": {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"$ref": "#/$defs/T"}}]}},
            "$ref": "#/$defs/T",
        },
        [1, [1, [2]]],
        ["x", [["x"]]],
    ),
    ({"$defs": {"a/b~c d": {"type": "integer"}}, "$ref": "#/$defs/a~1b~0c%20d"}, [1], ["x"]),
    (
        {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"$ref": "#/properties/x"}}},
        [{"y": 1}],
        [{"y": ""}],
    ),
    ({"$defs": {"N": {"$anchor": "n", "type": "integer"}}, "$ref": "#n"}, [1], ["x"]),
    ({"not": {"$ref": "#/$defs/N"}, "$defs": {"N": {"type": "string", "minLength": 2}}}, ["a", 1], ["ab"]),
    ({"anyOf": [{"$ref": "#/$defs/T"}, {"type": "integer"}], "$defs": {"T": True}}, [1, "x"], []),
    ({"type": "string", "format": "date", "maxLength": 12}, ["2024-01-31"], []),
    ({"type": "integer", "format": "int32"}, [1], ["x"]),
    ({"allOf": [True, {"type": "string"}]}, ["x"], [1]),
    ({"type": "string", "allOf": [{"pattern": "a"}, {"pattern": "a"}]}, ["a"], ["b"]),
    (BRANCHES, [2, 3], [5, "x"]),
    ({"allOf": [{"uniqueItems": True, "type": "array"}, {"uniqueItems": False}]}, [[1]], [[1, 1]]),
    ({"allOf": [{"type": "number"}, {"type": ["number", "null"]}]}, [1, 1.5], [None]),
    ({"allOf": [SAME, {"type": "object"}, SAME]}, [{"a": ""}], [{"a": 1}]),
    (
        {"type": "object", "allOf": [PATTERNED, {"properties": {"b": {"const": 1}}}]},
        [{"a": "", "b": 1}],
        [{"a": 1}, {"b": 2}],
    ),
    ({"type": "object", "allOf": [ONE, {"properties": {"a": {"enum": [1, 2]}}}]}, [{"a": 1}], [{"a": 2}]),
    ({"type": "object", "allOf": [ONE, {"required": ["a"]}, {"not": TRUE}]}, [{"a": 1}], [{}, {"a": True}]),
    (
        {"type": "array", "prefixItems": [{"type": "integer"}], "items": {"$ref": "#/prefixItems/0"}},
        [[1, 2]],
        [[1, ""]],
    ),
    ({"$defs": {"N": OBJECT}, "$ref": "#/$defs/N", "unevaluatedProperties": False}, [{"a": ""}], [{"a": "", "c": 1}]),
    ({"oneOf": [True, {"type": "integer"}]}, ["x"], [1]),
    (
        {"type": ["string", "integer"], "oneOf": [{"type": "string"}, {"type": "integer"}, {"const": "x"}]},
        ["y", 1],
        ["x"],
    ),
    ({"oneOf": [{"type": "integer"}, {"not": {"const": "x"}}]}, [None], [1, "x"]),
    ({"anyOf": [{"enum": ["a", None]}, {"const": "b"}]}, ["a", None, "b"], ["c"]),
    ({"not": {"not": {**ODD, "anyOf": [True]}}}, [1, {"a": 1, "b": 2}, [1], None], [[1, 1]]),
    ({"not": {"not": {"uniqueItems": False, "format": "colour", "pattern": "a"}}}, [[1, 1], "a", 1], ["b"]),
    ({"not": {"not": {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/A"}]}}, "$defs": TEXT}, ["x"], [1]),
    ({"not": {"not": {"allOf": [{"$ref": "#/$defs/A"}] * 2}}, "$defs": TEXT}, ["x"], [1]),
    ({"type": "object", "dependentRequired": {"a": ["b"], "c": ["d"]}}, [{"a": 1, "b": 1}], [{"a": 1}]),
    (
        {"type": "object", "properties": {"a": {"type": "string", "default": "x"}}, "x-vendor": {"any": "thing"}},
        [{}, {"a": ""}],
        [{"a": 1}],
    ),
]


@pytest.mark.parametrize(("document", "good", "bad"), TABLE, ids=lambda part: json.dumps(part)[:60])
def test_the_table_of_keywords(document: Any, good: list[Any], bad: list[Any]) -> None:
    schema, _ = convert(document)
    judge = Draft202012Validator(document)
    for value in good:
        assert judge.is_valid(value), value
        assert accepts(schema, value), value
    for value in bad:
        assert not judge.is_valid(value), value
        assert not accepts(schema, value), value


NAMES = st.sampled_from(["a", "b", "kind"])
SCALARS = st.sampled_from([None, True, False, 0, 1, 2, 2.5, "", "a", "b", "ab"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"])


def _keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=3)
    known = {
        "type": TYPES | st.lists(TYPES, min_size=1, max_size=2, unique=True),
        "properties": st.dictionaries(NAMES, inner, max_size=3),
        "required": st.lists(NAMES, max_size=2, unique=True),
        "additionalProperties": inner,
        "items": inner,
        "enum": st.lists(SCALARS, min_size=1, max_size=3),
        "const": SCALARS,
        "minimum": st.sampled_from([0, 1, 2]),
        "minLength": st.sampled_from([0, 1, 2]),
        "maxItems": st.sampled_from([0, 1, 2]),
        "minProperties": st.sampled_from([0, 1, 2]),
        "allOf": some,
        "anyOf": some,
        "oneOf": some,
        "not": inner,
        "$ref": st.sampled_from(["#/$defs/A", "#/$defs/B"]),
        "unevaluatedProperties": inner,
        "prefixItems": some,
        "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, max_size=1), max_size=1),
        "if": inner,
        "then": inner,
    }
    chosen = st.lists(st.sampled_from(sorted(known)), max_size=4, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: known[name] for name in names}))


SCHEMAS = st.recursive(
    st.booleans() | st.fixed_dictionaries({"type": TYPES}) | st.fixed_dictionaries({"const": SCALARS}),
    _keywords,
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(SCHEMAS, SCHEMAS, SCHEMAS, st.lists(VALUES, min_size=1, max_size=8))
def test_any_schema_is_read_as_jsonschema_reads_it_or_refused(root: Any, a: Any, b: Any, values: list[Any]) -> None:
    document = {**root, "$defs": {"A": a, "B": b}} if isinstance(root, dict) else root
    refusals: set[str] = set()
    try:
        convert(document)
    except SpecError as error:
        refusals = {problem.code for problem in error.problems}
    assert refusals <= {"json-schema-circle", "json-schema-unsatisfiable"}
    if not refusals:
        agree(document, values)

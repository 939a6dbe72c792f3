import json
import sys
from typing import Any

import pytest

from railguard import Guard
from railguard.errors import SpecError
from railguard.schema import (
    AnyNode,
    ChoiceNode,
    EnumNode,
    FloatNode,
    IntegerNode,
    ListNode,
    NullNode,
    ObjectNode,
    RefNode,
    StringNode,
    UnionNode,
)
from railguard.schema.compile import core_validator
from railguard.sources.json_schema import convert, schema_from_json_schema, spec_from_json_schema
from railguard.testing.growth import steep_growth
from railguard.values import UNSET, FailResult, Limits


def root(document: Any) -> Any:
    return schema_from_json_schema(document).root


def member(document: Any, name: str) -> Any:
    return next(field for field in root(document).fields if field.name == name)


def refusal(document: Any) -> SpecError:
    with pytest.raises(SpecError) as caught:
        schema_from_json_schema(document)
    return caught.value


def failure(document: Any, value: Any) -> FailResult:
    [rule] = root(document).rules
    result = rule.run(value)
    assert isinstance(result, FailResult)
    return result


CAT = {"type": "object", "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}}, "required": ["kind"]}
DOG = {"type": "object", "properties": {"kind": {"enum": ["dog", "wolf"]}}, "required": ["kind"]}
PETS = {"Cat": CAT, "Dog": DOG}
EITHER = [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]


def test_words_bounds_and_defaults_are_kept() -> None:
    document = {
        "type": "object",
        "title": "Bill",
        "properties": {
            "n": {"type": "integer", "minimum": 1, "maximum": 9, "description": "how many", "examples": [3]},
            "f": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "multipleOf": 0.1, "default": 0.5},
            "s": {"type": "string", "minLength": 1, "maxLength": 5.0, "pattern": "^a"},
            "l": {"type": "array", "items": {"type": "null"}, "minItems": 1, "maxItems": 2, "uniqueItems": True},
            "o": {"type": "object", "minProperties": 1, "maxProperties": 2, "default": {"x": 1}},
        },
        "required": ["n"],
        "additionalProperties": False,
    }
    bill = root(document)
    assert bill == ObjectNode(title="Bill", fields=bill.fields, extra=None)
    n, f, s, items, o = bill.fields
    assert n.required
    assert n.default is UNSET
    assert n.node == IntegerNode(minimum=1, maximum=9, description="how many", examples=(3,))
    assert (f.required, f.default) == (False, 0.5)
    assert f.node == FloatNode(exclusive_minimum=0, exclusive_maximum=1, multiple_of=0.1)
    assert s.node == StringNode(min_length=1, max_length=5, pattern="^a")
    assert items.node == ListNode(item=NullNode(), min_items=1, max_items=2, unique=True)
    assert o.default == {"x": 1}
    assert o.node == ObjectNode(extra=AnyNode(), min_properties=1, max_properties=2)


@pytest.mark.parametrize(
    ("format", "node"),
    [
        ("date", StringNode(format="date")),
        ("time", StringNode(format="time")),
        ("date-time", StringNode(format="date-time")),
        ("uri", StringNode(format="uri")),
        ("url", StringNode(format="url")),
        ("email", StringNode(format="email")),
        ("ipv6", StringNode(format="ipv6")),
        ("colour", StringNode(hint="colour")),
    ],
)
def test_a_known_format_is_checked_and_an_unknown_one_is_a_hint(format: str, node: Any) -> None:
    assert root({"type": "string", "format": format}) == node


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["string", "null"], "not": {"type": "null"}},
        {"type": ["string", "null"], "not": {"const": None}},
        {"type": ["string", "null"], "if": {"type": "null"}, "then": False},
        {"anyOf": [{"type": "string"}, {"type": "null"}], "not": {"type": "null"}},
        {"enum": ["a", None], "not": {"type": "null"}},
        {"$ref": "#/$defs/n", "not": {"type": "null"}},
    ],
)
def test_null_that_a_keyword_beyond_the_tree_forbids_is_refused(schema: dict[str, Any]) -> None:
    pytest.importorskip("jsonschema")
    guard = Guard.from_json_schema({"items": schema, "type": "array", "$defs": {"n": {"type": ["string", "null"]}}})
    assert [str(failure.path) for failure in guard.parse('["a", null]').failures] == ["$[1]"]
    assert guard.parse('["a"]').passed


@pytest.mark.parametrize("branch", ["then", "else"])
def test_a_condition_that_leads_to_false_is_enforced(branch: str) -> None:
    pytest.importorskip("jsonschema")
    forbidden = {"const": "b"} if branch == "then" else {"not": {"const": "b"}}
    guard = Guard.from_json_schema({"type": "array", "items": {"type": "string", "if": forbidden, branch: False}})
    assert [guard.parse(text).passed for text in ('["a"]', '["b"]')] == [True, False]


def test_null_that_such_a_keyword_allows_stays_allowed() -> None:
    pytest.importorskip("jsonschema")
    guard = Guard.from_json_schema({"type": ["string", "null"], "not": {"const": "b"}})
    assert [guard.parse(text).passed for text in ("null", '"a"', '"b"')] == [True, True, False]


def test_null_beside_a_type_makes_it_nullable_in_every_spelling() -> None:
    nullable = StringNode(nullable=True)
    assert root({"type": ["string", "null"]}) == nullable
    assert root({"anyOf": [{"type": "string"}, {"type": "null"}]}) == nullable
    assert root({"oneOf": [{"type": "string"}, {"const": None}]}) == nullable
    assert root({"type": "string", "nullable": True}) == nullable
    assert root({"enum": ["a", None]}) == EnumNode(values=("a",), nullable=True)
    assert root({"type": "string", "enum": ["a"], "nullable": True}) == EnumNode(values=("a",), nullable=True)


def test_a_reference_with_words_keeps_them_and_a_chain_of_names_ends_at_the_type() -> None:
    document = {
        "$defs": {"A": {"$ref": "#/$defs/B", "description": "from A"}, "B": {"type": "string", "title": "B"}},
        "type": "object",
        "properties": {"x": {"$ref": "#/$defs/A", "title": "X"}, "y": {"allOf": [{"$ref": "#/$defs/A"}]}},
    }
    schema = schema_from_json_schema(document)
    assert isinstance(schema.root, ObjectNode)
    assert [field.node for field in schema.root.fields] == [
        RefNode(name="B", title="X", description="from A"),
        RefNode(name="B", description="from A"),
    ]
    assert schema.definitions == {"B": StringNode(title="B")}


def test_a_root_that_refers_to_a_definition_is_that_definition() -> None:
    tree = {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}}}
    schema = schema_from_json_schema({"$defs": {"Tree": tree}, "$ref": "#/$defs/Tree", "description": "A tree."})
    assert isinstance(schema.root, ObjectNode)
    assert schema.root.description == "A tree."
    assert schema.definitions["Tree"].description is None
    core_validator(schema).validate_python({"kids": [{"kids": []}]})


def test_a_reference_to_the_root_is_named_by_title_or_by_the_caller() -> None:
    document = {"type": "object", "title": "Tree", "properties": {"next": {"$ref": "#"}}}
    assert list(schema_from_json_schema(document).definitions) == ["Tree"]
    assert list(schema_from_json_schema(document, root_name="T").definitions) == ["T"]


def test_definitions_of_one_name_in_two_places_keep_apart() -> None:
    document = {
        "$defs": {"A": {"type": "string"}},
        "definitions": {"A": {"type": "integer"}},
        "components": {"schemas": {"": {"type": "boolean"}}},
        "type": "object",
        "properties": {
            "x": {"$ref": "#/$defs/A"},
            "y": {"$ref": "#/definitions/A"},
            "z": {"$ref": "#/components/schemas/"},
            "p": {"$ref": "#/properties/q"},
            "q": {"type": "null"},
        },
    }
    schema = schema_from_json_schema(document)
    names = [field.node.name for field in schema.root.fields[:4]]  # type: ignore[attr-defined]
    assert names == ["A", "A_2", "definition", "q"]
    assert schema.definitions["A_2"] == IntegerNode()


def test_objects_told_apart_by_a_constant_are_a_choice() -> None:
    schema = schema_from_json_schema({"$defs": PETS, "oneOf": EITHER})
    assert isinstance(schema.root, ChoiceNode)
    assert schema.root.discriminator == "kind"
    assert [case.value for case in schema.root.cases] == ["cat", "dog", "wolf"]
    assert [field.name for field in schema.root.cases[0].node.fields] == ["lives"]
    assert schema.root.rules == ()


def test_the_discriminator_named_by_openapi_wins() -> None:
    cat = {"type": "object", "properties": {"a": {"const": "x"}, "b": {"const": "u"}}, "required": ["a", "b"]}
    dog = {"type": "object", "properties": {"a": {"const": "y"}, "b": {"const": "v"}}, "required": ["a", "b"]}
    assert root({"anyOf": [cat, dog]}).discriminator == "a"
    assert root({"anyOf": [cat, dog], "discriminator": {"propertyName": "b"}}).discriminator == "b"


def test_a_recursive_choice_is_one_definition() -> None:
    cat = {**CAT, "properties": {**CAT["properties"], "friend": {"oneOf": EITHER}}}  # type: ignore[dict-item]
    document = {"$defs": {"Cat": cat, "Dog": DOG}, "type": "object", "properties": {"pet": {"oneOf": EITHER}}}
    schema = schema_from_json_schema(document)
    assert list(schema.definitions) == ["Cat_or_Dog"]
    core_validator(schema).validate_python({"pet": {"kind": "cat", "friend": {"kind": "dog"}}})


def test_a_choice_of_many_references_has_a_short_name() -> None:
    names = ["A", "B", "C", "D"]
    defs = {n: {"type": "object", "properties": {"k": {"const": n}}, "required": ["k"]} for n in names}
    document = {"$defs": defs, "type": "array", "items": {"anyOf": [{"$ref": f"#/$defs/{n}"} for n in names]}}
    assert list(schema_from_json_schema(document).definitions) == ["A_or_B_or_C_or_others"]


def test_the_description_of_a_discriminator_and_of_a_case_are_kept() -> None:
    cat = {"type": "object", "properties": {"k": {"const": "c", "description": "which"}}, "required": ["k"]}
    dog = {"type": "object", "properties": {"k": {"const": "d"}}, "required": ["k"]}
    document = {"$defs": {"Dog": dog}, "anyOf": [cat, {"$ref": "#/$defs/Dog", "description": "A dog."}]}
    choice = root(document)
    assert choice.discriminator_description == "which"
    assert choice.cases[1].node.description == "A dog."


@pytest.mark.parametrize(
    "other",
    [
        {"type": "string"},
        {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"]},
        {"type": "object", "properties": {"kind": {"const": "cat"}}, "required": ["kind"]},
        {"type": "object", "properties": {"kind": {"const": "x"}}},
        {"type": "object", "properties": {"kind": {"const": "x"}, "a": {}}, "required": ["a"]},
        {"type": "object", "properties": {"x": {"const": "y"}}, "required": ["x"]},
        {"type": "object", "required": ["kind"]},
        {"type": "object", "properties": {"kind": {"const": "x"}}, "required": ["kind"], "anyOf": [{}]},
        {"type": "object", "properties": {"kind": {"const": 1}}, "required": ["kind"]},
        True,
    ],
)
def test_branches_that_nothing_tells_apart_are_a_union(other: Any) -> None:
    assert isinstance(root({"anyOf": [CAT, other]}), UnionNode)


def test_constants_with_descriptions_are_an_enum_with_a_hint() -> None:
    document = {"oneOf": [{"const": "a", "description": "the first"}, {"const": "b"}]}
    assert root(document) == EnumNode(values=("a", "b"), hint="a: the first")


def test_an_enum_lists_equal_values_once_in_their_first_spelling() -> None:
    assert root({"enum": [1, 1.0, True]}).values == (1, True)
    assert root({"enum": [2.5]}) == EnumNode(values=(2.5,))


def test_allof_is_merged_where_that_is_exact() -> None:
    base = {"type": "object", "title": "Base", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
    document = {
        "$defs": {"Base": base},
        "title": "Fee",
        "allOf": [{"$ref": "#/$defs/Base"}, {"properties": {"name": {"type": "string"}, "id": {"minimum": 1}}}],
    }
    fee = root(document)
    assert fee.title == "Fee"
    assert {field.name: field.node for field in fee.fields} == {
        "name": StringNode(),
        "id": IntegerNode(minimum=1),
    }
    assert fee.rules == ()


def test_recursive_types_that_are_merged_without_end_are_kept_apart() -> None:
    def linked(name: str) -> dict[str, Any]:
        return {"type": "object", "properties": {"next": {"$ref": f"#/$defs/{name}"}}}

    document = {"$defs": {"A": linked("A"), "B": linked("B")}, "allOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}]}
    schema = schema_from_json_schema(document)
    assert schema.root.rules == ()
    [inner] = schema.root.fields  # type: ignore[attr-defined]
    assert isinstance(inner.node, RefNode)
    assert [rule.name for rule in inner.node.rules] == ["json-schema"]


def test_merging_is_bounded_by_the_size_of_the_document() -> None:
    large = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(2000)}}
    fields = {f"f{n}": {"allOf": [{"$ref": "#/$defs/Large"}, {"minProperties": n}]} for n in range(500)}
    schema = schema_from_json_schema({"$defs": {"Large": large}, "type": "object", "properties": fields})
    kept_apart = [f.node for f in schema.root.fields if isinstance(f.node, RefNode)]  # type: ignore[attr-defined]
    assert len(kept_apart) > 400
    assert kept_apart[-1].rules[0].run({}) is not None


def test_a_base_around_too_many_branches_is_kept_by_the_tree_and_the_branches_by_a_rule() -> None:
    properties = {f"p{n}": {"type": "string"} for n in range(1000)}
    document = {"type": "object", "properties": properties, "anyOf": [{"required": [f"p{n}"]} for n in range(1000)]}
    node = root(document)
    assert len(node.fields) == 1000
    assert node.rules[0].run({}) is not None
    assert node.rules[0].run({"p7": ""}) is None


def test_a_schema_without_a_type_takes_the_type_of_its_keywords_with_a_warning() -> None:
    schema, [warning] = convert({"properties": {"a": {"type": "string"}}})
    assert isinstance(schema.root, ObjectNode)
    assert (warning.code, warning.severity) == ("json-schema-type", "warning")
    assert "object" in str(warning)
    assert convert({"format": "colour"})[0].root == AnyNode(hint="colour")
    assert convert({"format": "date"})[0].root == StringNode(format="date")


def test_older_spellings_are_understood() -> None:
    document = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "id": "http://example.com/a.json",
        "definitions": {"A": {"$id": "#anchored", "type": "integer"}},
        "type": "object",
        "properties": {
            "a": {"$ref": "a.json#/definitions/A"},
            "b": {"$ref": "http://example.com/a.json#anchored"},
            "t": {"type": "array", "items": [{"type": "integer"}], "additionalItems": False},
            "u": {"type": "array", "items": []},
            "n": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 5, "exclusiveMaximum": False},
        },
        "dependencies": {"a": ["b"], "b": {"required": ["t"]}},
    }
    node = root(document)
    fields = {field.name: field.node for field in node.fields}
    assert fields["a"] == fields["b"] == RefNode(name="A")
    assert fields["t"].max_items == 1
    assert fields["t"].rules[0].run(["x"]) is not None
    assert fields["u"] == ListNode()
    assert fields["n"] == FloatNode(exclusive_minimum=0, maximum=5)
    assert node.rules[0].run({"a": 1}) is not None
    assert node.rules[0].run({"b": 1}) is not None
    assert node.rules[0].run({}) is None


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"type": 5}, "#/type"),
        ({"type": []}, "#/type"),
        ({"type": "strin"}, "#/type"),
        ({"properties": {"a": {"type": "text"}}}, "#/properties/a/type"),
        ({"required": "a"}, "#/required"),
        ({"required": [1]}, "#/required"),
        ({"properties": []}, "#/properties"),
        ({"properties": {"a/b": 5}}, "#/properties/a~1b"),
        ({"minLength": -1}, "#/minLength"),
        ({"minLength": 1.5}, "#/minLength"),
        ({"minLength": True}, "#/minLength"),
        ({"minimum": "3"}, "#/minimum"),
        ({"minimum": float("nan")}, "#/minimum"),
        ({"multipleOf": 0}, "#/multipleOf"),
        ({"uniqueItems": "yes"}, "#/uniqueItems"),
        ({"enum": []}, "#/enum"),
        ({"enum": {"a": 1}}, "#/enum"),
        ({"enum": [{1, 2}]}, "#/enum"),
        ({"const": {1: 2}}, "#/const"),
        ({"default": object()}, "#/default"),
        ({"anyOf": []}, "#/anyOf"),
        ({"allOf": {}}, "#/allOf"),
        ({"pattern": "("}, "#/pattern"),
        ({"pattern": r"(?=a)"}, "#/pattern"),
        ({"patternProperties": {"(": {}}}, "#/patternProperties/("),
        ({"title": 3}, "#/title"),
        ({"dependentRequired": {"a": "b"}}, "#/dependentRequired"),
        ({"items": 3}, "#/items"),
        ({"$ref": 3}, "#/$ref"),
        ({"$ref": "#/$defs/Missing"}, "#/$ref"),
        ({"$ref": "#missing"}, "#/$ref"),
        ({"$ref": "other.json#/a"}, "#/$ref"),
        ({"prefixItems": [{"$ref": "#/prefixItems/7"}]}, "#/prefixItems/0/$ref"),
        ({"$dynamicRef": "#a"}, "#/$dynamicRef"),
        ({"$recursiveRef": "#"}, "#/$recursiveRef"),
        ({"$defs": {"A": {"$id": "http://a/b"}}}, "#/$defs/A/$id"),
        ({"type": "string", "contentEncoding": "rot13"}, "#/contentEncoding"),
        ({"$schema": "http://json-schema.org/draft-03/schema#"}, "#/$schema"),
        ({"unevaluatedProperties": False, "patternProperties": {"a": {}}}, "#/unevaluatedProperties"),
        ({1: 2}, "#"),
    ],
)
def test_a_wrong_keyword_is_named_with_its_pointer(document: Any, pointer: str) -> None:
    messages = [problem.message for problem in refusal(document).problems]
    assert any(message.startswith(f"at {pointer}: ") for message in messages), messages


def test_all_problems_of_a_document_are_reported() -> None:
    problems = refusal({"type": 5, "properties": {"a": {"required": True}}, "$ref": "#/x"}).problems
    assert len(problems) == 3
    assert any(problem.hint == 'list the required names beside "properties"' for problem in problems)


def test_a_reference_that_leads_nowhere_is_answered_with_the_closest_name() -> None:
    [problem] = refusal({"$defs": {"Address": {}}, "$ref": "#/$defs/Adress"}).problems
    assert problem.hint == "did you mean #/$defs/Address?"


@pytest.mark.parametrize("document", [[], "x", None, 3])
def test_what_is_no_schema_is_refused(document: Any) -> None:
    assert refusal(document).problems[0].code == "json-schema"


@pytest.mark.parametrize(
    "document",
    [
        False,
        {"not": {}, "type": "string", "enum": [1]},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"allOf": [{"enum": ["a"]}, {"enum": ["b"]}]},
        {"allOf": [{"enum": ["a"], "const": "b"}, {}]},
        {"allOf": [True, False]},
        {"anyOf": [False]},
        {"type": "object", "properties": {"a": False}, "required": ["a"]},
        {"type": "object", "required": ["a"], "additionalProperties": False},
        {"$defs": {"A": False}, "$ref": "#/$defs/A"},
        {"$defs": {"A": False}, "$ref": "#/$defs/A", "minLength": 1},
    ],
)
def test_a_schema_that_nothing_can_satisfy_is_refused(document: Any) -> None:
    assert refusal(document).problems[0].code == "json-schema-unsatisfiable"


@pytest.mark.parametrize(
    "document",
    [
        {"$ref": "#"},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "type": "string"},
        {"$defs": {"a": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/a"}]}}, "type": "string"},
        {"not": {"$ref": "#"}},
        {"dependentSchemas": {"a": {"$ref": "#"}}},
    ],
)
def test_references_in_a_circle_are_an_error_and_never_a_hang(document: Any) -> None:
    assert refusal(document).problems[0].code == "json-schema-circle"


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"properties": {"\ud800": {"type": "string"}}}, "#/properties"),
        ({"required": ["a", "\udcff"]}, "#/required/1"),
        ({"properties": {"a": {"enum": ["\ud800"]}}}, "#/properties/a/enum/0"),
        ({"const": {"\ud800": 1}}, "#/const"),
        ({"description": "half of \ud83d"}, "#/description"),
    ],
)
def test_text_that_no_answer_can_hold_is_refused_with_its_pointer(document: Any, pointer: str) -> None:
    (problem,) = refusal(document).problems
    assert problem.code == "json-schema"
    assert problem.message.startswith(f"at {pointer}: ")
    assert "half of a surrogate pair" in problem.message
    problem.message.encode()


def test_a_document_that_is_too_deep_is_refused() -> None:
    for levels in (150, 100_000):
        document: Any = {}
        for _ in range(levels):
            document = {"type": "array", "items": document}
        assert refusal(document).problems[0].code == "json-schema-depth"
    cycle: dict[str, Any] = {"type": "object"}
    cycle["properties"] = {"a": cycle}
    assert refusal(cycle).problems[0].code == "json-schema-depth"


def test_a_chain_of_allof_is_read_without_exhausting_the_stack() -> None:
    defs: dict[str, Any] = {"A0": {"type": "object", "properties": {"p0": {}}}}
    for n in range(1, 3000):
        defs[f"A{n}"] = {"allOf": [{"$ref": f"#/$defs/A{n - 1}"}, {"properties": {f"p{n}": {}}}]}
    schema = schema_from_json_schema({"$defs": defs, "$ref": "#/$defs/A2999"})
    assert schema.root is not None


def _stack() -> int:
    frame, depth = sys._getframe(), 0
    while frame is not None:
        frame, depth = frame.f_back, depth + 1  # type: ignore[assignment]  # None ends the loop
    return depth


@pytest.mark.parametrize(
    "make",
    [
        lambda n: {"type": "object", "properties": {f"p{i}": {"type": "string"} for i in range(n)}},
        lambda n: {
            "$defs": {f"A{i}": {"$ref": f"#/$defs/A{i + 1}"} for i in range(n)} | {f"A{n}": {"type": "string"}},
            "type": "object",
            "properties": {f"p{i}": {"$ref": f"#/$defs/A{i}"} for i in range(n)},
        },
        lambda n: {
            "$defs": {
                **{f"A{i}": {"allOf": [{"$ref": f"#/$defs/A{i + 1}"}, {"minProperties": i}]} for i in range(n)},
                f"A{n}": {"type": "object", "properties": {f"p{i}": {} for i in range(n)}},
            },
            "type": "object",
            "properties": {f"p{i}": {"$ref": f"#/$defs/A{i}"} for i in range(n)},
        },
        lambda n: {
            "$defs": {"Cat": {**CAT, "minProperties": 1}, "Dog": DOG},
            "type": "object",
            "properties": {f"p{i}": {"type": "object", "oneOf": EITHER} for i in range(n)},
        },
    ],
)
def test_time_grows_linearly_with_the_document(make: Any) -> None:
    assert steep_growth(schema_from_json_schema, make, largest=2_000) is None


def test_a_keyword_that_the_tree_does_not_hold_is_a_rule_with_words_and_blame() -> None:
    document = {
        "type": "object",
        "properties": {"a": {}, "list": {}},
        "if": {"required": ["a"]},
        "then": {"required": ["b"], "properties": {"list": {"items": {"type": "integer"}}}},
    }
    result = failure(document, {"a": 1, "list": [1, "x"]})
    assert result.message == "'b' is a required property. At $.list[1]: 'x' is not of type 'integer'."
    assert set(result.blame) == {("b",), ("list", 1)}
    [rule] = root(document).rules
    assert rule.describe().startswith('satisfies the JSON Schema {"if": ')
    assert rule.run({}) is None


@pytest.mark.parametrize(
    ("document", "value", "message", "blame"),
    [
        ({"not": {"const": "x"}}, "x", 'the value must not satisfy {"const": "x"}.', ()),
        (
            {"type": "object", "properties": {"a": {}}, "anyOf": [{"required": ["a"]}]},
            {},
            'the value must satisfy at least one of [{"required": ["a"]}].',
            (),
        ),
        (
            {"oneOf": [{"type": "integer"}, {"type": "number"}]},
            1,
            'the value must satisfy exactly one of [{"type": "integer"}, {"type": "number"}].',
            (),
        ),
        (
            {"type": "array", "contains": {"const": 1}},
            [],
            'the list must contain at least 1 items that satisfy {"const": 1}.',
            (),
        ),
        (
            {"type": "array", "contains": {"const": 1}, "maxContains": 1},
            [1, 1],
            'the list must contain 1 to 1 items that satisfy {"const": 1}.',
            (),
        ),
        ({"type": "object", "dependentRequired": {"a": ["b"]}}, {"a": 1}, "'b' is a dependency of 'a'.", (("b",),)),
        (
            {"type": "object", "properties": {"a": False}},
            {"a": 1},
            'the value must not satisfy {"required": ["a"]}.',
            (),
        ),
        (
            {"type": "object", "patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": False},
            {"y": 1},
            '"y" is not an allowed property.',
            (),
        ),
        (
            {"type": "object", "patternProperties": {"^x": {}}, "additionalProperties": {"type": "integer"}},
            {"y": "", "x": ""},
            "At $.y: '' is not of type 'integer'.",
            (("y",),),
        ),
        (
            {"type": "array", "prefixItems": [{"pattern": "a", "type": "string"}]},
            ["b"],
            'At $[0]: "b" does not match the pattern a.',
            ((0,),),
        ),
        (
            {"type": "array", "prefixItems": [{"uniqueItems": True}]},
            [[1, 1.0]],
            "At $[0]: the items are not all different.",
            ((0,),),
        ),
        (
            {"type": "array", "prefixItems": [{"format": "email"}]},
            ["x"],
            'At $[0]: "x" is not a valid email.',
            ((0,),),
        ),
        ({"type": "array", "prefixItems": [False]}, [1], "nothing is allowed here.", ()),
        (
            {"type": "object", "dependentRequired": {"x": ["y"], "a": ["b"]}},
            {"a": 1},
            "'b' is a dependency of 'a'.",
            (("b",),),
        ),
        ({"type": "string", "contentEncoding": "base64"}, "?", "the text is not valid base64.", ()),
        ({"type": "string", "contentMediaType": "application/json"}, "{", "the text is not valid JSON.", ()),
        (
            {"type": "string", "contentMediaType": "application/json", "contentSchema": {"type": "object"}},
            "[]",
            "in the JSON text: [] is not of type 'object'.",
            (),
        ),
    ],
)
def test_failures_are_worded_for_a_model(document: Any, value: Any, message: str, blame: Any) -> None:
    result = failure(document, value)
    assert result.message == message
    assert tuple(result.blame) == blame


def test_a_failure_of_the_whole_value_blames_nothing_smaller() -> None:
    document = {
        "type": "object",
        "allOf": [{"not": {"required": ["a"]}, "if": {}, "then": {"required": ["b"]}}, {"not": {}}],
    }
    assert failure(document, {"a": 1}).blame == ()


@pytest.mark.parametrize(
    ("encoding", "good", "bad"),
    [
        ("base64", "aGk=", "aGk"),
        ("base64url", "aGk", "a+/="),
        ("base32", "NBUQ====", "1"),
        ("base16", "6869", "6"),
        ("7bit", "hi", "hé"),
        ("8bit", "hé", None),
    ],
)
def test_a_content_encoding_is_enforced(encoding: str, good: str, bad: str | None) -> None:
    [rule] = root({"type": "string", "contentEncoding": encoding}).rules
    assert rule.run(good) is None
    assert bad is None or rule.run(bad) is not None


def test_encoded_json_is_looked_into_and_another_media_type_is_a_hint() -> None:
    document = {
        "type": "string",
        "contentEncoding": "base64",
        "contentMediaType": "application/json",
        "contentSchema": {"type": "integer"},
    }
    [rule] = root(document).rules
    assert rule.run("MQ==") is None
    assert rule.run("W10=") is not None
    assert rule.run("?").message == "the text is not valid base64."
    assert root({"type": "string", "contentMediaType": "text/markdown"}) == StringNode(hint="text/markdown")
    nested = {"type": "array", "prefixItems": [{"contentMediaType": "text/plain", "contentEncoding": "base64"}]}
    assert root(nested).rules[0].run([1]) is None


def test_a_date_with_a_pattern_keeps_both() -> None:
    node = root({"type": "string", "format": "date", "pattern": "^2024"})
    assert node == StringNode(format="date", pattern="^2024")
    document = {"type": "string", "format": "date", "pattern": "^2024"}
    guard = Guard.from_json_schema(document)
    assert guard.parse("2024-01-01").passed
    assert not guard.parse("2023-01-01").passed
    assert not guard.parse("2024-01-32").passed
    assert guard.json_schema() == document


def test_many_errors_are_cut_and_long_values_too() -> None:
    document = {"type": "array", "prefixItems": [{"type": "integer"}] * 30}
    message = failure(document, ["x" * 1000] * 30).message
    assert "and 20 more like these." in message
    assert len(message) < 10_000
    long = {"not": {"enum": ["y" * 400]}}
    assert len(failure(long, "y" * 400).message) < 400
    assert len(root(long).rules[0].arguments["keywords"]) < 400


def test_a_recursive_rule_costs_linear_time_in_the_value() -> None:
    node = {"type": "object", "properties": {"l": {"$ref": "#/$defs/N"}}}
    both = {"$defs": {"N": {"anyOf": [node, {**node, "minProperties": 1}, {**node, "maxProperties": 0}]}}}
    document = {**both, "not": {"type": "array", "items": {"not": {"$ref": "#/$defs/N"}}, "minItems": 1}}
    value: Any = 5
    for _ in range(40):
        value = {"l": value}
    assert failure(document, [value])  # work that doubles with each level would never end


def test_a_value_too_deep_for_the_rule_fails() -> None:
    document = {
        "$defs": {"N": {"type": "array", "items": {"$ref": "#/$defs/N"}}},
        "not": {"not": {"$ref": "#/$defs/N"}},
    }
    value: Any = []
    for _ in range(60):
        value = [value]
    [rule] = root(document).rules
    assert rule.run(value) is None
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(_stack() + 150)
    try:
        assert "too deeply" in rule.run(value).message
    finally:
        sys.setrecursionlimit(limit)
    for _ in range(10):
        value = [value]
    assert "too deeply" in rule.run(value).message


def test_a_rule_that_is_interrupted_stays_interrupted() -> None:
    class Stops(str):
        def __len__(self) -> int:
            raise KeyboardInterrupt

    [rule] = root({"not": {"minLength": 3}}).rules
    with pytest.raises(KeyboardInterrupt):
        rule.run(Stops("x"))


def test_a_schema_too_deep_for_the_stack_is_refused() -> None:
    document: Any = {"type": "integer"}
    for _ in range(90):
        document = {"type": "object", "properties": {"a": document}}
    assert isinstance(root(document), ObjectNode)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(_stack() + 420)
    try:
        assert refusal(document).problems[0].code == "json-schema-depth"
    finally:
        sys.setrecursionlimit(limit)


def test_without_the_jsonschema_package_each_keyword_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    document = {
        "type": "object",
        "properties": {"a": {"not": {"const": 1}}, "l": {"type": "array", "minContains": 2}},
        "if": {},
        "then": {"required": ["b"]},
    }
    problems = refusal(document).problems
    assert [p.message.split(": ")[0] for p in problems] == ["at #/properties/a/not", "at #/if"]
    assert {p.code for p in problems} == {"json-schema-keyword"}
    assert {p.hint for p in problems} == {"pip install 'railguard[jsonschema]'"}
    assert isinstance(root({"type": "object", "properties": {"a": {"type": "string"}}}), ObjectNode)


def test_the_callers_document_is_not_changed() -> None:
    document = {"$id": "http://a/b", "$ref": "#/definitions/A", "definitions": {"A": {"items": [{}], "nullable": True}}}
    before = str(document)
    schema = schema_from_json_schema(document)
    assert str(document) == before
    assert schema.source is document


def test_a_spec_of_a_json_schema_has_its_messages_limits_and_warnings() -> None:
    limits = Limits(depth=3)
    spec = spec_from_json_schema(
        {"title": "Fee", "minLength": 1}, messages="Read ${doc}.", repair="none", limits=limits
    )
    assert (spec.name, spec.repair, spec.limits) == ("Fee", "none", limits)
    assert [(m.role, m.content.variables) for m in spec.messages] == [("user", ("doc",))]  # type: ignore[union-attr]
    assert [warning.code for warning in spec.warnings] == ["json-schema-type"]
    assert spec_from_json_schema(True).name is None


RECURSIVE = [
    {"$defs": {"n": {"type": "object", "properties": {"c": {"$ref": "#/$defs/n", "minProperties": 1}}}}},
    {"$defs": {"n": {"type": "array", "items": {"$ref": "#/$defs/n", "minItems": 1}}}},
    {
        "$defs": {
            "n": {
                "anyOf": [{"type": "integer"}, {"type": "array", "items": {"$ref": "#/$defs/n", "not": {"const": 3}}}]
            }
        }
    },
    {
        "$defs": {
            "n": {
                "type": "object",
                "properties": {"c": {"$ref": "#/$defs/n", "properties": {"c": {"maxProperties": 0}}}},
            }
        }
    },
    {
        "$defs": {
            "n": {"type": "object", "properties": {"c": {"allOf": [{"$ref": "#/$defs/n"}, {"$ref": "#/$defs/m"}]}}},
            "m": {"type": "object", "required": ["c"], "properties": {"d": {"$ref": "#/$defs/n", "minProperties": 2}}},
        }
    },
]


@pytest.mark.parametrize("definitions", RECURSIVE)
def test_a_reference_to_itself_with_a_constraint_beside_it_is_a_recursive_type(definitions: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator

    document = {**definitions, "$ref": "#/$defs/n"}
    guard = Guard.from_json_schema(document, repair="none")
    judge, shown = Draft202012Validator(document), Draft202012Validator(guard.json_schema())
    chain: Any = {}
    for _ in range(6):
        chain = {"c": chain, "d": {"a": 1}}
    for value in [{}, {"c": {}}, {"c": {"c": {}}}, [], [[]], [[[]]], [[[1]]], 3, [3], [[3]], [4, [4]], chain]:
        text = json.dumps(value)
        assert guard.parse(text).passed is judge.is_valid(value)
        assert not judge.is_valid(value) or shown.is_valid(value)


@pytest.mark.parametrize(
    ("document", "kept", "refused"),
    [
        (
            {"allOf": [{"additionalProperties": True}], "unevaluatedProperties": False},
            ['{"foo": "a", "bar": 1}'],
            ['{"foo": 1}'],
        ),
        (
            {"allOf": [{"properties": {"bar": {}}}], "unevaluatedProperties": False},
            ['{"foo": "a", "bar": 1}'],
            ['{"z": 1}'],
        ),
        (
            {"allOf": [{"additionalProperties": {"type": "integer"}}], "unevaluatedProperties": False},
            ['{"bar": 1}'],
            ['{"bar": "a"}'],
        ),
        ({"unevaluatedProperties": {"type": "integer"}}, ['{"foo": "a", "bar": 1}'], ['{"bar": "a"}']),
    ],
)
def test_unevaluated_properties_are_those_that_nothing_evaluates(
    document: dict[str, Any], kept: list[str], refused: list[str]
) -> None:
    guard = Guard.from_json_schema(
        {"type": "object", "properties": {"foo": {"type": "string"}}, **document}, repair="none"
    )
    for text in kept:
        outcome = guard.parse(text)
        assert outcome.passed
        assert outcome.output == json.loads(text)
    assert not any(guard.parse(text).passed for text in refused)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (
            {"propertys": {}, "type": "object"},
            "at #/propertys: 'propertys' is not a keyword of JSON Schema and has no effect; ",
        ),
        ({"type": "string", "minlength": 3}, "did you mean 'minLength'?"),
        ({"type": "string", "max_length": 3}, "did you mean 'maxLength'?"),
        ({"type": "object", "require": ["a"]}, "did you mean 'required'?"),
        ({"type": "object", "addtionalProperties": False}, "did you mean 'additionalProperties'?"),
        ({"type": "array", "item": {}}, "did you mean 'items'?"),
        ({"items": {"type": "string", "enums": ["a"]}}, "at #/items/enums: 'enums' "),
        ({"$defs": {"a": {"ref": "#"}}, "type": "null"}, "did you mean '$ref'?"),
    ],
)
def test_a_misspelled_keyword_is_a_warning_with_the_right_one(schema: Any, said: str) -> None:
    found = [p for p in spec_from_json_schema(schema).warnings if p.code == "json-schema-misspelled"]
    assert [said in problem.message for problem in found] == [True]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"propertys": {"type": "string"}, "item": {"type": "null"}}},
        {"type": "string", "x-minlength": 3, "example": "a", "deprecated": True, "comment": "old", "label": "A"},
        {"type": "object", "default": {"require": 1}, "examples": [{"enums": 2}], "title": "x", "propertyOrdering": []},
        {"const": {"minlength": 3}},
        {"type": "string", "widget": "area", "order": 3, "group": "a", "version": "1.2", "tags": ["x"]},
    ],
)
def test_names_of_members_annotations_and_data_are_no_misspelled_keywords(schema: Any) -> None:
    assert not spec_from_json_schema(schema).warnings


def test_a_document_without_any_keyword_accepts_everything_and_says_so() -> None:
    assert [p.code for p in spec_from_json_schema({"name": "Ann"}).warnings] == ["json-schema-empty"]
    assert [p.code for p in spec_from_json_schema({"title": "Ann"}).warnings] == ["json-schema-empty"]
    assert not spec_from_json_schema({}).warnings
    assert not spec_from_json_schema(True).warnings
    assert not spec_from_json_schema({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "x"}).warnings


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ({"allOf": [{"$ref": "#/$defs/n"}, {"minProperties": 1}]}, "definition"),
        ({"allOf": [{"$ref": "#/$defs/n"}, {"minProperties": 1}], "title": "Child"}, "Child"),
        ({"$ref": "#/$defs/n", "minProperties": 1}, "n"),
        ({"$ref": "#/$defs/n", "minProperties": 1, "title": "Child"}, "Child"),
    ],
)
def test_a_recursive_type_that_was_merged_is_named_by_its_title_or_by_what_it_refers_to(words: Any, name: str) -> None:
    schema = schema_from_json_schema(
        {"$ref": "#/$defs/n", "$defs": {"n": {"type": "object", "properties": {"c": words}}}}
    )
    assert list(schema.definitions) == [name]


def test_a_contradiction_in_what_two_schemas_extend_is_told_once() -> None:
    base = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3, "maximum": 1}}}
    extended = {name: {"allOf": [{"$ref": "#/$defs/base"}, {"minProperties": 1}]} for name in "ab"}
    spec = spec_from_json_schema({"type": "object", "properties": extended, "$defs": {"base": base}})
    assert [warning.message for warning in spec.warnings] == [
        "at #/$defs/base/properties/n: minimum 3 and maximum 1 exclude each other"
    ]


def test_a_definition_that_two_branches_refer_to_is_one_option() -> None:
    branches = [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}, {"type": "string"}]
    node = root({"anyOf": branches, "$defs": {"a": {"type": "object"}}})
    assert node == UnionNode(options=(RefNode(name="a"), StringNode()))
    assert root({"anyOf": branches[:2], "$defs": {"a": {"type": "object"}}}) == RefNode(name="a")

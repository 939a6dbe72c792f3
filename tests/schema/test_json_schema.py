"""The tree as JSON Schema, for the standard and for providers."""

import json
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, Literal
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import StringConstraints

from railguard.errors import SpecError
from railguard.schema import (
    AnyNode,
    BooleanNode,
    ChoiceCase,
    ChoiceNode,
    EnumNode,
    Field,
    FloatNode,
    IntegerNode,
    ListNode,
    NullNode,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema.lifting import further_name
from railguard.schema.targets import DIALECTS
from railguard.schema.to_json_schema import request_schema, spelled, to_json_schema, unsupported
from railguard.sources.pydantic import schema_from_type
from railguard.validation.declaration import declaration

two_words = declaration("two-words", lambda value: None)


def length_check(value: str, *, min: int = 0, max: int = 9) -> None: ...


length = declaration("length", length_check)

PROVIDERS = [name for name in DIALECTS if name != "draft2020-12"]


def of(node, target="draft2020-12", rules=False, **definitions):
    return to_json_schema(Schema(root=node, definitions=definitions), target=target, rules=rules)


def member(node, target, **options):
    """A node as the one member of an object, as a target reads it."""
    return of(ObjectNode(fields=(Field("a", node, **options),)), target)["properties"]["a"]


def closed(**nodes):
    return ObjectNode(fields=tuple(Field(name, node) for name, node in nodes.items()))


# The standard.


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (AnyNode(), {}),
        (AnyNode(nullable=True, description="x"), {"description": "x"}),
        (NullNode(), {"type": "null"}),
        (NullNode(nullable=True), {"type": "null"}),
        (BooleanNode(nullable=True), {"type": ["boolean", "null"]}),
        (
            StringNode(
                title="T", description="D", min_length=1, max_length=2, pattern="^a", format="email", examples=("a",)
            ),
            {
                "type": "string",
                "title": "T",
                "description": "D",
                "minLength": 1,
                "maxLength": 2,
                "pattern": "^a",
                "format": "email",
                "examples": ["a"],
            },
        ),
        (StringNode(format="url"), {"type": "string", "format": "uri"}),
        (StringNode(pattern=r"\Aa"), {"type": "string", "description": r"pattern: \Aa"}),
        (StringNode(pattern="(?i)a"), {"type": "string", "description": "pattern: (?i)a"}),
        (StringNode(pattern=r"\\A(?:a)(b)"), {"type": "string", "pattern": r"\\A(?:a)(b)"}),
        (IntegerNode(minimum=0, maximum=9), {"type": "integer", "minimum": 0, "maximum": 9}),
        (
            FloatNode(exclusive_minimum=0, exclusive_maximum=1.5, multiple_of=0.5),
            {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1.5, "multipleOf": 0.5},
        ),
        (StringNode(format="date"), {"type": "string", "format": "date"}),
        (StringNode(format="time"), {"type": "string", "format": "time"}),
        (StringNode(format="date-time"), {"type": "string", "format": "date-time"}),
        (
            StringNode(format="date", strptime="%d.%m.%Y", description="Day"),
            {"type": "string", "description": "Day (format: DD.MM.YYYY)"},
        ),
        (StringNode(format="date", strptime="%x"), {"type": "string", "description": "strptime format: %x"}),
        (EnumNode(values=("a", "b")), {"type": "string", "enum": ["a", "b"]}),
        (EnumNode(values=("a",)), {"type": "string", "const": "a"}),
        (EnumNode(values=("a",), nullable=True), {"type": ["string", "null"], "enum": ["a", None]}),
        (EnumNode(values=(1, None), nullable=True), {"type": ["integer", "null"], "enum": [1, None]}),
        (EnumNode(values=(None,)), {"type": "null"}),
        (
            EnumNode(values=(True, 1, 1.5, "a", [1], {})),
            {
                "type": ["boolean", "integer", "number", "string", "array", "object"],
                "enum": [True, 1, 1.5, "a", [1], {}],
            },
        ),
        (EnumNode(values=()), {"enum": []}),
        (
            ListNode(item=StringNode(), min_items=1, max_items=2, unique=True),
            {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2, "uniqueItems": True},
        ),
        (ObjectNode(), {"type": "object", "properties": {}, "additionalProperties": False}),
        (
            ObjectNode(extra=AnyNode(), min_properties=1, max_properties=2),
            {"type": "object", "properties": {}, "additionalProperties": True, "minProperties": 1, "maxProperties": 2},
        ),
        (
            ObjectNode(extra=IntegerNode()),
            {"type": "object", "properties": {}, "additionalProperties": {"type": "integer"}},
        ),
        (
            ObjectNode(fields=(Field("b", BooleanNode()), Field("a", StringNode(), required=False, default="x"))),
            {
                "type": "object",
                "properties": {"b": {"type": "boolean"}, "a": {"type": "string", "default": "x"}},
                "required": ["b"],
                "additionalProperties": False,
            },
        ),
        (
            UnionNode(options=(StringNode(), NullNode()), nullable=True),
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
        ),
        (UnionNode(options=(StringNode(),), nullable=True), {"anyOf": [{"type": "string"}, {"type": "null"}]}),
    ],
)
def test_a_node_is_written_as_the_standard_has_it(node, expected):
    written = of(node)
    assert written == expected
    assert list(written) == list(expected)
    Draft202012Validator.check_schema(written)


def test_a_percentage_says_its_pattern_and_shows_itself():
    validator = Draft202012Validator(of(StringNode(format="percentage")))
    assert "12.5%" in of(StringNode(format="percentage"))["description"]
    for good in ("12.5%", "+3 %", ".5%", "-0%"):
        validator.validate(good)
    for bad in ("12", "%", "1%%", "a 1%"):
        assert not validator.is_valid(bad)


def test_a_choice_is_one_of_closed_objects_with_its_discriminator_first():
    node = ChoiceNode(
        description="What",
        discriminator="act",
        discriminator_description="which",
        nullable=True,
        cases=(
            ChoiceCase(
                "fight", ObjectNode(title="F", description="hit", hint="hard", fields=(Field("how", StringNode()),))
            ),
            ChoiceCase("flee", ObjectNode(extra=AnyNode())),
        ),
    )
    assert of(node) == {
        "description": "What",
        "oneOf": [
            {
                "type": "object",
                "title": "F",
                "description": "hit (hard)",
                "properties": {
                    "act": {"type": "string", "description": "which", "const": "fight"},
                    "how": {"type": "string"},
                },
                "required": ["act", "how"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": {"act": {"type": "string", "description": "which", "const": "flee"}},
                "required": ["act"],
                "additionalProperties": True,
            },
            {"type": "null"},
        ],
        "discriminator": {"propertyName": "act"},
    }


def test_references_name_only_the_definitions_that_are_used():
    node = closed(
        plain=RefNode(name="A b"),
        told=RefNode(name="A b", description="D"),
        null=RefNode(name="A b", nullable=True, description="N"),
        other=RefNode(name="A/b"),
        nameless=RefNode(name=""),
    )
    written = of(node, **{"A b": StringNode(), "A/b": NullNode(), "": AnyNode(), "unused": NullNode()})
    assert written["properties"] == {
        "plain": {"$ref": "#/$defs/A_b"},
        "told": {"$ref": "#/$defs/A_b", "description": "D"},
        "null": {"description": "N", "anyOf": [{"$ref": "#/$defs/A_b"}, {"type": "null"}]},
        "other": {"$ref": "#/$defs/A_b_2"},
        "nameless": {"$ref": "#/$defs/_"},
    }
    assert written["$defs"] == {"A_b": {"type": "string"}, "A_b_2": {"type": "null"}, "_": {}}


def test_a_root_that_is_a_reference_is_written_out_with_what_the_reference_adds():
    tree = closed(children=ListNode(item=RefNode(name="Tree")))
    written = of(RefNode(name="Tree", description="A tree", nullable=True), Tree=tree)
    assert written["type"] == ["object", "null"]
    assert written["description"] == "A tree"
    assert written["$defs"]["Tree"]["properties"]["children"]["items"] == {"$ref": "#/$defs/Tree"}


def test_the_hint_stands_in_the_description_and_rules_where_they_are_wanted():
    case = ChoiceCase("c", ObjectNode(rules=(two_words(),)))
    node = closed(
        a=StringNode(description="Name", hint="upper case", rules=(two_words(), length(max=3), two_words())),
        b=StringNode(rules=(two_words(),)),
        c=ChoiceNode(discriminator="k", cases=(case,)),
    )
    assert of(node)["properties"]["a"] == {"type": "string", "description": "Name (upper case)"}
    assert of(node)["properties"]["b"] == {"type": "string"}
    with_rules = of(node, rules=True)["properties"]
    assert with_rules["a"]["description"] == "Name (upper case; two-words; length: max=3)"
    assert with_rules["b"]["description"] == "two-words"
    assert with_rules["c"]["oneOf"][0]["description"] == "two-words"


@pytest.mark.parametrize(
    ("format", "letters"),
    [
        ("%d/%m/%Y", "DD/MM/YYYY"),
        ("%Y-%m-%dT%H:%M:%S%z", "YYYY-MM-DDTHH:MM:SS+HH:MM"),
        ("%I:%M %p", "HH:MM AM/PM"),
        ("%y%%", "YY%"),
        ("%d %B", None),
        ("%", None),
        ("", ""),
    ],
)
def test_a_strptime_format_is_spelled_where_there_are_letters_for_it(format, letters):
    assert spelled(format) == letters


# Providers.


def test_openai_has_every_property_required_and_an_optional_one_may_be_null():
    node = ObjectNode(
        fields=(
            Field("a", StringNode(max_length=3, description="D", examples=("x",))),
            Field("b", EnumNode(values=("x",)), required=False, default="x"),
            Field("c", RefNode(name="R", description="N")),
            Field("d", RefNode(name="R"), required=False),
            Field("e", UnionNode(options=(StringNode(), IntegerNode())), required=False),
            Field("f", ObjectNode()),
        ),
    )
    assert of(node, "openai-strict", R=BooleanNode()) == {
        "type": "object",
        "properties": {
            "a": {"type": "string", "description": 'D (maxLength: 3; examples: ["x"])'},
            "b": {"type": ["string", "null"], "description": "default: x", "enum": ["x", None]},
            "c": {"description": "N", "anyOf": [{"$ref": "#/$defs/R"}]},
            "d": {"anyOf": [{"$ref": "#/$defs/R"}, {"type": "null"}]},
            "e": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
            "f": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
        },
        "required": ["a", "b", "c", "d", "e", "f"],
        "additionalProperties": False,
        "$defs": {"R": {"type": "boolean"}},
    }


@pytest.mark.parametrize("target", ["openai-strict", "anthropic"])
@pytest.mark.parametrize(
    "root", [ListNode(item=StringNode()), StringNode(), UnionNode(options=(closed(),)), ObjectNode(nullable=True)]
)
def test_a_root_that_is_no_plain_object_is_wrapped_and_the_key_is_told(target, root):
    written = request_schema(Schema(root=root), target)
    assert written.wrapped == "value"
    assert written.schema["required"] == ["value"]
    assert written.schema["additionalProperties"] is False


def test_a_root_that_is_an_object_is_not_wrapped():
    assert request_schema(Schema(root=closed()), "openai-strict").wrapped is None
    assert request_schema(Schema(root=ListNode(item=StringNode())), "gemini").wrapped is None
    assert request_schema(Schema(root=StringNode()), "draft2020-12").schema == {"type": "string"}


def test_a_choice_is_any_of_its_cases_for_a_provider():
    choice = ChoiceNode(discriminator="k", cases=(ChoiceCase("x", ObjectNode(min_properties=1)),))
    case = {"type": "object", "description": "minProperties: 1", "properties": {"k": {"type": "string", "const": "x"}}}
    case |= {"required": ["k"], "additionalProperties": False}
    assert member(choice, "openai-strict") == {"anyOf": [case]}
    assert member(choice, "anthropic") == {"anyOf": [case]}
    case["properties"] = {"k": {"type": "string", "enum": ["x"]}}
    assert member(choice, "gemini") == {"anyOf": [case]}


@pytest.mark.parametrize(
    ("target", "node", "expected"),
    [
        (
            "anthropic",
            IntegerNode(minimum=1, maximum=10),
            {"type": "integer", "description": "minimum: 1; maximum: 10"},
        ),
        ("anthropic", StringNode(format="url"), {"type": "string", "format": "uri"}),
        ("anthropic", StringNode(format="regex"), {"type": "string", "description": "format: regex"}),
        ("anthropic", StringNode(pattern="a"), {"type": "string", "description": "pattern: a"}),
        ("anthropic", StringNode(format="percentage"), {"type": "string", "description": "format: 12.5%"}),
        (
            "anthropic",
            ListNode(item=NullNode(), min_items=1),
            {"type": "array", "items": {"type": "null"}, "minItems": 1},
        ),
        (
            "anthropic",
            ListNode(item=NullNode(), min_items=2, unique=True),
            {"type": "array", "description": "minItems: 2; uniqueItems: true", "items": {"type": "null"}},
        ),
        ("anthropic", StringNode(nullable=True), {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        (
            "anthropic",
            EnumNode(values=("a", 1, None), description="D"),
            {
                "description": "D",
                "anyOf": [{"type": "string", "enum": ["a"]}, {"type": "integer", "enum": [1]}, {"type": "null"}],
            },
        ),
        ("gemini", EnumNode(values=(True,)), {"type": "boolean", "description": "enum: [true]"}),
        (
            "gemini",
            EnumNode(values=(True, "a")),
            {"description": 'enum: [true, "a"]', "anyOf": [{"type": "boolean"}, {"type": "string"}]},
        ),
        ("gemini", EnumNode(values=("a",)), {"type": "string", "enum": ["a"]}),
        ("gemini", StringNode(format="date"), {"type": "string", "description": "format: YYYY-MM-DD"}),
        (
            "gemini",
            FloatNode(minimum=0, exclusive_maximum=1),
            {"type": "number", "description": "exclusiveMaximum: 1", "minimum": 0},
        ),
        ("gemini", AnyNode(), {}),
        ("gemini", ObjectNode(extra=AnyNode()), {"type": "object", "properties": {}, "additionalProperties": True}),
        ("openai-strict", StringNode(format="url"), {"type": "string", "description": "format: uri"}),
        ("openai-strict", StringNode(format="date", nullable=True), {"type": ["string", "null"], "format": "date"}),
    ],
)
def test_what_a_provider_does_not_know_moves_into_the_description(target, node, expected):
    assert member(node, target) == expected


def test_a_described_reference_is_wrapped_the_way_its_provider_takes_it():
    node = closed(a=RefNode(name="R", description="D"))
    assert of(node, "anthropic", R=NullNode())["properties"]["a"] == {
        "description": "D",
        "allOf": [{"$ref": "#/$defs/R"}],
    }
    assert of(node, "gemini", R=NullNode())["properties"]["a"] == {"description": "D", "anyOf": [{"$ref": "#/$defs/R"}]}


TREE = closed(children=ListNode(item=RefNode(name="Tree")))
LIST = ObjectNode(fields=(Field("next", RefNode(name="List"), required=False),))


def deep(levels):
    node = StringNode()
    for _ in range(levels):
        node = closed(a=node)
    return node


def many(count, **options):
    return ObjectNode(fields=tuple(Field(f"f{number}", StringNode(**options)) for number in range(count)))


@pytest.mark.parametrize(
    ("target", "node", "reason"),
    [
        ("openai-strict", closed(a=AnyNode()), "$.a may be anything; give it a type"),
        ("openai-strict", closed(a=ListNode()), "$.a[*] may be anything; give it a type"),
        ("anthropic", closed(a=ObjectNode(extra=AnyNode())), "$.a.* may be anything; give it a type"),
        (
            "openai-strict",
            closed(a=UnionNode(options=(ListNode(item=StringNode()), ObjectNode(extra=StringNode())))),
            "$.a may be a map or something else that is written alike",
        ),
        ("openai-strict", closed(a=EnumNode(values=([1],))), "$.a is an enum of lists or objects"),
        ("gemini", closed(a=EnumNode(values=({}, 1))), "$.a is an enum of lists or objects"),
        ("openai-strict", closed(a=EnumNode(values=())), "$.a allows no value"),
        ("anthropic", closed(**{"a b": NullNode()}), "$ has a property named a b"),
        ("anthropic", closed(**{"a" * 65: NullNode()}), "$ has a property named " + "a" * 65),
        (
            "anthropic",
            ChoiceNode(discriminator="a/b", cases=(ChoiceCase("x", ObjectNode()),)),
            "$(x) has a property named a/b",
        ),
        ("anthropic", closed(a=RefNode(name="Tree")), "Tree leads back to itself"),
        ("gemini", closed(a=RefNode(name="Tree")), "Tree leads back to itself through a required property"),
        ("openai-strict", deep(11), "it has 11 levels, and 10 are the most"),
        ("openai-strict", many(5001), "it has 5001 properties, and 5000 are the most"),
        (
            "openai-strict",
            closed(a=EnumNode(values=tuple(range(1001)))),
            "it has 1001 enum values, and 1000 are the most",
        ),
        (
            "openai-strict",
            closed(a=EnumNode(values=("a", "x" * 120_000))),
            "it has 120002 characters, and 120000 are the most",
        ),
        ("anthropic", many(17, nullable=True), "it has 17 union-typed properties, and 16 are the most"),
        (
            "anthropic",
            ObjectNode(fields=tuple(Field(f"f{number}", StringNode(), required=False) for number in range(25))),
            "it has 25 optional properties, and 24 are the most",
        ),
    ],
)
def test_what_a_provider_cannot_be_told_is_refused_with_the_reason(target, node, reason):
    schema = Schema(root=node, definitions={"Tree": TREE})
    assert unsupported(schema, target) == [reason]
    with pytest.raises(SpecError) as raised:
        to_json_schema(schema, target=target)
    [problem] = raised.value.problems
    assert problem.code == "schema-target"
    assert problem.message == f"{target}: {reason}"


def test_all_reasons_are_given():
    assert len(unsupported(Schema(root=closed(a=AnyNode(), b=ListNode())), "openai-strict")) == 2


def test_recursion_is_allowed_where_the_provider_has_it():
    trees = Schema(root=RefNode(name="Tree"), definitions={"Tree": TREE})
    lists = Schema(root=RefNode(name="List"), definitions={"List": LIST})
    assert unsupported(trees, "draft2020-12") == []
    assert unsupported(trees, "openai-strict") == []
    assert unsupported(lists, "gemini") == []
    assert unsupported(lists, "anthropic") == ["List leads back to itself"]


def test_what_lies_below_unions_lists_and_definitions_is_counted():
    levels = UnionNode(options=(ListNode(item=RefNode(name="D")), NullNode()))
    schema = Schema(root=closed(a=levels), definitions={"D": deep(11)})
    assert unsupported(schema, "openai-strict") == ["it has 11 levels, and 10 are the most"]


# Laws.

strings = st.builds(
    lambda low, more: StringNode(min_length=low, max_length=None if more is None else low + more),
    st.integers(0, 3),
    st.none() | st.integers(0, 3),
)
integers = st.builds(
    lambda low, more: IntegerNode(minimum=low, maximum=low + more), st.integers(-5, 5), st.integers(0, 9)
)
leaves = st.one_of(
    strings,
    integers,
    st.sampled_from(
        [
            AnyNode(),
            NullNode(),
            BooleanNode(),
            BooleanNode(nullable=True),
            FloatNode(minimum=0, exclusive_maximum=10),
            StringNode(format="percentage"),
            StringNode(format="date"),
            StringNode(format="date", strptime="%d/%m/%Y", hint="the day"),
            StringNode(format="time", nullable=True),
            StringNode(format="date-time"),
            EnumNode(values=("a", 1, None, True)),
            EnumNode(values=("only",), nullable=True),
            RefNode(name="Pair"),
            RefNode(name="Pair", nullable=True, description="or none"),
        ]
    ),
)
PAIR = closed(x=IntegerNode(), y=StringNode(nullable=True))
keys = st.text("abcd .", max_size=3)


def objects(nodes):
    return st.builds(
        lambda found, extra: ObjectNode(
            fields=tuple(Field(key, node, required) for key, (node, required) in found.items()), extra=extra
        ),
        st.dictionaries(keys, st.tuples(nodes, st.booleans()), max_size=4),
        st.none() | nodes,
    )


trees = st.recursive(
    leaves,
    lambda nodes: st.one_of(
        st.builds(lambda node, most: ListNode(item=node, max_items=most), nodes, st.none() | st.integers(0, 3)),
        objects(nodes),
        st.lists(nodes, min_size=1, max_size=3).map(lambda options: UnionNode(options=tuple(options))),
        st.lists(objects(nodes), min_size=1, max_size=3).map(
            lambda found: ChoiceNode(
                discriminator="kind", cases=tuple(ChoiceCase(f"c{number}", node) for number, node in enumerate(found))
            )
        ),
    ),
    max_leaves=8,
)
plain = st.none() | st.booleans() | st.integers() | st.text(max_size=3)


def instances(node):
    """Values that a node allows."""
    match node:
        case AnyNode():
            made = plain | st.lists(plain, max_size=2)
        case NullNode():
            made = st.none()
        case BooleanNode():
            made = st.booleans()
        case IntegerNode():
            made = st.integers(node.minimum, node.maximum)
        case FloatNode():
            made = st.floats(0, 10, exclude_max=True)
        case StringNode(format="percentage"):
            made = st.integers(0, 100).map(lambda number: f"{number}%")
        case StringNode(format="date"):
            made = st.dates(min_value=date(1000, 1, 1)).map(lambda day: day.strftime(node.strptime or "%Y-%m-%d"))
        case StringNode(format="time"):
            made = st.times().map(lambda time: time.strftime("%H:%M:%SZ"))
        case StringNode(format="date-time"):
            made = st.datetimes(min_value=datetime(1000, 1, 1)).map(lambda moment: moment.isoformat(timespec="seconds"))
        case StringNode():
            made = st.text(min_size=node.min_length or 0, max_size=node.max_length)
        case EnumNode():
            made = st.sampled_from(node.values)
        case RefNode():
            made = instances(PAIR)
        case ListNode():
            made = st.lists(instances(node.item), max_size=3 if node.max_items is None else node.max_items)
        case UnionNode():
            made = st.one_of([instances(option) for option in node.options])
        case ChoiceNode():
            made = st.one_of([instances(c.node).map(lambda value, c=c: {**value, "kind": c.value}) for c in node.cases])
        case ObjectNode():
            made = members(node)
    return st.none() | made if node.nullable else made


def members(node):
    known = st.fixed_dictionaries(
        {field.name: instances(field.node) for field in node.fields if field.required},
        optional={field.name: instances(field.node) for field in node.fields if not field.required},
    )
    if node.extra is None:
        return known
    further = st.dictionaries(st.text("xyz", min_size=1, max_size=3), instances(node.extra), max_size=2)
    return st.builds(lambda more, there: more | there, further, known)


@given(st.data())
def test_what_a_tree_allows_its_json_schema_allows(data):
    node = data.draw(trees)
    schema = Schema(root=node, definitions={"Pair": PAIR})
    written = to_json_schema(schema, rules=True)
    Draft202012Validator.check_schema(written)
    value = json.loads(json.dumps(data.draw(instances(node))))
    Draft202012Validator(written).validate(value)


@pytest.mark.parametrize("target", ["openai-strict", "anthropic", "mistral", "groq", "portable"])
def test_an_open_object_with_named_keys_is_asked_for_with_those_alone_and_that_is_on_record(target):
    sent = request_schema(Schema(root=ObjectNode(fields=(Field("a", IntegerNode()),), extra=AnyNode())), target)
    assert sent.schema["additionalProperties"] is False
    assert list(sent.schema["properties"]) == ["a"]
    assert sent.narrowed == (("$", "further keys"),)


@pytest.mark.parametrize("target", PROVIDERS)
@given(data=st.data())
def test_what_a_tree_allows_can_be_written_for_a_provider_and_is_lifted_back(target, data):
    node = data.draw(trees)
    schema = Schema(root=node, definitions={"Pair": PAIR})
    if unsupported(schema, target):
        return
    # What is narrower for decoding only, and on record, is another law's.
    with patch.dict(DIALECTS, {target: replace(DIALECTS[target], narrow={}, bounds={})}):
        sent = request_schema(schema, target)
    Draft202012Validator.check_schema(sent.schema)
    if any(what == "further keys" for _, what in sent.narrowed):
        return
    value = json.loads(json.dumps(data.draw(instances(node))))
    meant = with_nulls(node, value) if DIALECTS[target].all_required else value
    written = meant if DIALECTS[target].open_objects else with_pairs(node, value, DIALECTS[target].all_required)
    written = written if sent.wrapped is None else {sent.wrapped: written}
    Draft202012Validator(sent.schema).validate(written)
    assert json.loads(sent.lift(json.dumps(written))) == meant


def option_of(node, value):
    """The first option of a union that a value is valid for."""
    for option in node.options:
        if Draft202012Validator(to_json_schema(Schema(root=option, definitions={"Pair": PAIR}))).is_valid(value):
            return option
    raise AssertionError("a value of a union is one of an option")


def with_nulls(node, value):
    """A value with null for what it leaves out, where the tree says so; of a union, the first that fits."""
    match node:
        case ListNode() if isinstance(value, list):
            return [with_nulls(node.item, item) for item in value]
        case ObjectNode() if isinstance(value, dict):
            known = {
                field.name: with_nulls(field.node, value[field.name]) if field.name in value else None
                for field in node.fields
            }
            further = {name: with_nulls(node.extra, one) for name, one in value.items() if name not in known}
            return known | further
        case ChoiceNode() if isinstance(value, dict):
            rest = {name: one for name, one in value.items() if name != node.discriminator}
            return {**with_nulls(node.case(value).node, rest), node.discriminator: value[node.discriminator]}
        case UnionNode() if value is not None:
            return with_nulls(option_of(node, value), value)
    return value


def with_pairs(node, value, nulls):
    """A value as a model writes it where further keys are pairs. nulls: and as `with_nulls` has it."""
    match node:
        case ListNode() if isinstance(value, list):
            return [with_pairs(node.item, item, nulls) for item in value]
        case ObjectNode() if isinstance(value, dict):
            names = {field.name: field.node for field in node.fields}
            further = [
                {"key": name, "value": with_pairs(node.extra, one, nulls)}
                for name, one in value.items()
                if name not in names
            ]
            if node.extra is not None and not names:
                return further
            known = {name: with_pairs(names[name], one, nulls) for name, one in value.items() if name in names}
            absent = {name: None for name in names if name not in value} if nulls else {}
            return known | absent | ({further_name(node): further} if node.extra is not None else {})
        case ChoiceNode() if isinstance(value, dict):
            rest = {name: one for name, one in value.items() if name != node.discriminator}
            case = node.case(value).node
            fields = (*case.fields, Field(node.discriminator, StringNode()))
            return with_pairs(replace(case, fields=fields), {**rest, node.discriminator: value["kind"]}, nulls)
        case UnionNode() if value is not None:
            return with_pairs(option_of(node, value), value, nulls)
    return value


@given(trees, st.sampled_from(["draft2020-12", *PROVIDERS]), st.booleans())
def test_the_same_tree_gives_the_same_bytes(node, target, rules):
    schema = Schema(root=node, definitions={"Pair": PAIR})
    if not unsupported(schema, target):
        first = json.dumps(to_json_schema(schema, target=target, rules=rules))
        assert first == json.dumps(to_json_schema(schema, target=target, rules=rules))


@given(trees, st.sampled_from(PROVIDERS))
def test_a_provider_gets_only_keywords_that_it_knows(node, target):
    schema = Schema(root=node, definitions={"Pair": PAIR})
    if unsupported(schema, target):
        return
    known = (
        DIALECTS[target].keywords
        | {"anyOf", "allOf", "$ref", "$defs"}
        | ({"minItems"} if target == "anthropic" else set())
    )
    todo = [to_json_schema(schema, target=target)]
    while todo:
        at = todo.pop()
        assert set(at) <= known
        below = [*at.get("properties", {}).values(), *at.get("$defs", {}).values(), *at.get("anyOf", ())]
        todo += [*below, *at.get("allOf", ()), *([at["items"]] if "items" in at else [])]


@pytest.mark.parametrize(
    ("keys", "said", "words", "key"),
    [
        (Literal["a", "b"], {"enum": ["a", "b"]}, '{"enum": ["a", "b"]}', {"enum": ["a", "b"]}),
        (
            Annotated[str, StringConstraints(max_length=3)],
            {"maxLength": 3},
            '{"maxLength": 3}',
            {"description": "maxLength: 3"},
        ),
        (
            Annotated[str, StringConstraints(pattern="^a", max_length=3)],
            {"maxLength": 3, "pattern": "^a"},
            '{"maxLength": 3, "pattern": "^a"}',
            {"description": "maxLength: 3", "pattern": "^a"},
        ),
        (str, None, None, {}),
    ],
)
def test_what_the_keys_of_a_map_may_be_is_said_to_every_target(keys: Any, said: Any, words: Any, key: Any) -> None:
    schema = schema_from_type(dict[keys, int])
    written = request_schema(schema, "draft2020-12").schema
    assert written.get("propertyNames") == said
    described = request_schema(schema, "gemini").schema
    assert described.get("description") == (None if words is None else f"propertyNames: {words}")
    pair = request_schema(schema, "openai-strict").schema["properties"]["value"]["items"]
    assert pair["properties"]["key"] == {"type": "string", **key}

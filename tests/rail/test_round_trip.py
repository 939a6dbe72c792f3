"""`load(write(spec))` is the same spec, for any spec that RAIL can say; what it cannot say is refused by its path."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from railguard.errors import SpecError
from railguard.prompting.defaults import bad_defaults
from railguard.rail import load, rail_document
from railguard.schema import (
    AnyNode,
    BooleanNode,
    ChoiceCase,
    ChoiceNode,
    EnumNode,
    Field,
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
    all_nodes,
)
from railguard.schema.contradictions import contradictions
from railguard.schema.formats import FORMATS
from railguard.spec import MessageTemplate, Slot, Spec, Template
from railguard.validation import Rule, validator
from railguard.values import ROLES, UNSET, Limits, OnFail


@validator("rail-law", replace=True)
def law(value: Any, *, a: Any = None, text: str = "", items: tuple[Any, ...] = (), c: Any = None) -> None:
    """Takes anything, on anything."""


@validator("rail-law-2", replace=True)
def law_2(value: Any) -> None:
    """Takes nothing, on anything."""


ALLOWED = st.characters(exclude_categories=["Cs"], exclude_characters="".join(map(chr, {*range(32), 0xFFFE, 0xFFFF})))
TEXT = st.text(ALLOWED | st.sampled_from("\t\n\r {}'\"<>&;.$"), max_size=12)
COUNT = st.none() | st.integers(0, 3)
NUMBER = st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
ON_FAIL = st.sampled_from([action for action in OnFail if action is not OnFail.CUSTOM])


@st.composite
def rules(draw: st.DrawFn) -> tuple[Rule, ...]:
    found = []
    if draw(st.integers(0, 3)) == 0:
        arguments = draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "a": JSON,
                    "text": st.text(max_size=8),
                    "items": st.lists(JSON, max_size=3).map(tuple),
                    "c": JSON,
                },
            )
        )
        found.append(law(on_fail=draw(ON_FAIL), **arguments))
        if draw(st.booleans()):
            found.append(law_2(on_fail=draw(ON_FAIL)))
    return tuple(found)


def of(kind: type[Node], **own: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        kind,
        title=st.none() | TEXT,
        description=st.none() | TEXT,
        hint=st.none() | TEXT,
        nullable=st.booleans(),
        rules=rules(),
        on_fail=ON_FAIL,
        examples=st.lists(JSON, max_size=2).map(tuple),
        **own,
    ).map(satisfiable)


def satisfiable(node: Node) -> Node:
    """The node without its bounds, where they exclude each other: such a document is refused."""
    bounds = ("min_length", "max_length", "min_items", "min_properties", "pattern")
    return replace(node, **{name: None for name in bounds if hasattr(node, name)}) if contradictions(node) else node


LEAVES = st.one_of(
    of(AnyNode),
    of(NullNode),
    of(BooleanNode),
    of(
        StringNode,
        min_length=COUNT,
        max_length=st.none() | st.integers(3, 9),
        pattern=st.none() | st.sampled_from([r"^a", r"\d{2}", "[<>&\"']+", " "]),
        format=st.none() | st.sampled_from(sorted(FORMATS)),
    ),
    of(IntegerNode, minimum=NUMBER, multiple_of=st.none() | st.integers(1, 5)),
    of(FloatNode, exclusive_maximum=NUMBER, exclusive_minimum=st.none()),
    of(
        StringNode,
        format=st.sampled_from([row.name for row in FORMATS.values() if row.strptime_attribute]),
        strptime=st.none() | st.sampled_from(["%d.%m.%Y", "%%%j", "%H:%M", "%c"]),
    ),
    of(EnumNode, values=st.lists(JSON | TEXT, min_size=1, max_size=4).map(tuple)),
    of(RefNode, name=st.just("Shared")),
)


def good_defaults(node: Node) -> st.SearchStrategy[Any]:
    """Values of a few nodes, for which random JSON would be one only rarely."""
    values = {IntegerNode: st.just(60), BooleanNode: st.booleans()}
    if isinstance(node, StringNode) and node.format == "date":
        return st.just("2024-02-29")
    return values.get(type(node), st.none() if not isinstance(node, EnumNode) else st.sampled_from(node.values))


def is_sound(field: Field) -> bool:
    """Whether a field's default may stand in a document; what a reference leads to is not known here."""
    if field.default is UNSET:
        return True
    refers = any(isinstance(node, RefNode) for node in all_nodes(Schema(root=field.node)))
    return not refers and not bad_defaults([(field.node, field.default)], {})


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[Node], without: str | None = None) -> ObjectNode:
    names = [n for n in draw(st.lists(TEXT, max_size=3, unique=True)) if n != without]
    members = tuple(
        Field(name, node := draw(inner), draw(st.booleans()), draw(st.just(UNSET) | JSON | TEXT | good_defaults(node)))
        for name in names
    )
    members = tuple(f if is_sound(f) else replace(f, default=UNSET) for f in members)
    return draw(
        of(
            ObjectNode,
            fields=st.just(members),
            extra=st.none() | st.just(AnyNode()) | inner,
            min_properties=COUNT,
            max_properties=st.none() | st.integers(3, 9),
        )
    )


@st.composite
def choices(draw: st.DrawFn, inner: st.SearchStrategy[Node]) -> ChoiceNode:
    name = draw(TEXT)
    values = draw(st.lists(TEXT, min_size=1, max_size=3, unique=True))
    cases = tuple(ChoiceCase(value, draw(objects(inner, without=name))) for value in values)
    return draw(
        of(
            ChoiceNode,
            discriminator=st.just(name),
            cases=st.just(cases),
            discriminator_description=st.none() | TEXT,
        )
    )


NODES: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        of(ListNode, item=inner, min_items=COUNT, max_items=st.none() | st.integers(3, 9), unique=st.booleans()),
        objects(inner),
        choices(inner),
        of(UnionNode, options=st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)

SLOTS = st.sampled_from(
    [Slot("variable", "document"), Slot("schema", "output_schema"), Slot("primitive", "complete_json_suffix")]
)


@st.composite
def templates(draw: st.DrawFn) -> Template:
    parts: list[str | Slot] = []
    for part in draw(st.lists(TEXT.filter(bool) | SLOTS, max_size=4)):
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            continue
        parts.append(part)
    return Template(tuple(parts))


MESSAGES = st.lists(
    st.builds(MessageTemplate, role=st.sampled_from(ROLES), content=templates(), rules=rules()), max_size=2
).map(tuple)


def exact(value: Any) -> Any:
    """A stand-in in which 1, 1.0 and True are three values, and the order of keys is none."""
    if isinstance(value, Rule):
        return (value.name, exact(dict(value.arguments)), value.on_fail, value.source)
    if is_dataclass(value):
        return (type(value).__name__, [exact(getattr(value, f.name)) for f in fields(value)])
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [exact(item) for item in value]
    return (type(value).__name__, repr(value))


def same(one: Any, other: Any) -> bool:
    return bool(one == other) and bool(exact(one) == exact(other))


@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
)
@given(
    root=NODES,
    shared=st.one_of(LEAVES.filter(lambda node: not isinstance(node, RefNode)), objects(LEAVES)),
    inputs=st.none() | objects(LEAVES),
    messages=MESSAGES,
    reask=MESSAGES,
    repair=st.sampled_from(["none", "syntax", "lossless", "judgement"]),
    name=st.none() | TEXT,
)
def test_what_is_written_is_read_back_as_it_was(
    root: Node,
    shared: Node,
    inputs: ObjectNode | None,
    messages: tuple[MessageTemplate, ...],
    reask: tuple[MessageTemplate, ...],
    repair: Any,
    name: str | None,
) -> None:
    if inputs is not None and inputs.extra is None:
        document = Field("document", StringNode())
        inputs = replace(inputs, fields=(document, *(f for f in inputs.fields if f.name != "document")))
    spec = Spec(
        schema=Schema(root=root, definitions={"Shared": shared}),
        messages=messages,
        reask=reask,
        inputs=inputs,
        repair=repair,
        name=name,
    )
    text = rail_document(spec)
    again = load(text)
    assert same(again.schema.root, root)
    assert same(dict(again.schema.definitions), {"Shared": shared})
    assert same(again.inputs, inputs)
    assert same(again.messages, messages)
    assert same(again.reask, reask)
    assert (again.repair, again.name, again.version) == (repair, name, "1.0")
    assert rail_document(again) == text


def of_root(root: Node, **rest: Any) -> Spec:
    return Spec(schema=Schema(root=root), **rest)


def refused(spec: Spec) -> list[str]:
    with pytest.raises(SpecError) as caught:
        rail_document(spec)
    assert {problem.code for problem in caught.value.problems} == {"not-writable"}
    return [problem.message.removeprefix("RAIL cannot express the value at ") for problem in caught.value.problems]


def test_everything_that_rail_cannot_say_is_named_by_its_path() -> None:
    @validator("rail-odd", replace=True)
    def odd(value: Any, *, how: Any = None) -> None:
        """Takes anything."""

    shout = law_2(on_fail=lambda value, result: value)
    root = ObjectNode(
        fields=(
            Field("a", StringNode(description="\x00")),
            Field("b.c", ListNode(item=IntegerNode(minimum=float("nan")))),
            Field("d", StringNode(rules=(shout,))),
            Field("e", StringNode(rules=(law_2(on_fail="fix"), law_2(on_fail="noop")))),
            Field("f", StringNode(rules=(odd(object()),))),
            Field("g", RefNode(name="Nobody")),
            Field("h", AnyNode(), False, object()),
            Field("i", UnionNode(options=())),
            Field("j", ChoiceNode(discriminator="d", cases=())),
            Field("k", EnumNode(values=())),
            Field("k", IntegerNode(minimum=True)),
            Field("l", StringNode(title=7)),  # type: ignore[arg-type]
            Field("m", ObjectNode(extra=AnyNode(hint="\x01"))),
            Field("n", StringNode(on_fail=OnFail.CUSTOM)),
            Field("o", UnionNode(options=(StringNode(pattern="\x02"),))),
            Field("p", StringNode(rules=(Rule.unknown("x", "x: {; y"),))),
            Field("q", StringNode(rules=(Rule.unknown("rail-law", "rail-law: 1 2 3 4 5 6"),))),
            Field("r", StringNode(rules=(Rule.unknown("x y", "x y", "fix"),))),
        )
    )
    case = ObjectNode(fields=(Field("d", StringNode()),))
    messages = (
        MessageTemplate("user", [{"type": "text", "text": "x"}]),
        MessageTemplate("robot", Template(("x\x00",)), (shout,)),
    )
    found = refused(of_root(root, messages=messages))
    assert [message.split(": ")[0] if "$" in message else message for message in found] == [
        "$",
        "$.a",
        '$["b.c"][*]',
        "$.d",
        "$.e",
        "$.f",
        "$.g",
        "$.h",
        "$.i",
        "$.j",
        "$.k",
        "$.k",
        "$.l",
        "$.m[*]",
        "$.n",
        "$.o",
        "$.p",
        "$.q",
        "$.r",
        "messages, message 1: content parts, which are not text",
        "messages, message 2: the role 'robot'",
        "messages, message 2: validators: the on-fail action of 'rail-law-2' is a Python callable",
        "messages, message 2: the character U+0000 cannot be written in XML",
    ]
    twice = ChoiceNode(discriminator="d", cases=(ChoiceCase("a", case), ChoiceCase("a", ObjectNode())))
    assert refused(of_root(twice)) == [
        "$: two cases of one name",
        "$: a field of case 'a' with the discriminator's name",
    ]


def test_a_validator_whose_name_breaks_the_grammar_cannot_be_written() -> None:
    def check_(value: str) -> None:
        return None

    from railguard.validation.declaration import declaration

    for name in ("a:b", "a;b", " a"):
        rule = Rule.of(declaration(name, check_), {}, "reask")
        assert "cannot be written" in refused(of_root(StringNode(rules=(rule,))))[0]


def test_sets_and_tuples_are_written_as_lists() -> None:
    @validator("rail-sets", replace=True)
    def sets(value: str, *, names: frozenset[str] = frozenset(), pair: tuple[Any, ...] = ()) -> None:
        """Takes a set and a tuple."""

    spec = of_root(StringNode(rules=(sets(frozenset("ba"), ("x", 1)),)))
    assert """validators="rail-sets: {['a', 'b']} {['x', 1]}\"""" in rail_document(spec).replace("&quot;", "'")
    assert load(rail_document(spec)).schema.root == spec.schema.root


@pytest.mark.parametrize("text", ["  indented\n    more", "\n\nbelow blank lines\n", "\r\n ]]> & <b>", "a\n\tb", " "])
def test_a_message_keeps_its_space(text: str) -> None:
    spec = of_root(AnyNode(), messages=(MessageTemplate("user", Template((text,))),))
    assert ('xml:space="preserve"' in rail_document(spec)) is (text != "a\n\tb")
    assert load(rail_document(spec)).messages == spec.messages


def test_a_node_of_a_type_without_a_row_is_refused() -> None:
    class Odd(LeafNode):
        pass

    assert refused(of_root(Odd())) == ["$: a Odd"]
    assert refused(of_root(ListNode(item=Odd()))) == ["$[*]: a Odd"]
    assert refused(of_root(ObjectNode(fields=(Field("a", Odd(), False, 1),)))) == ["$.a: a Odd"]


def test_a_tree_deeper_than_its_limit_is_refused() -> None:
    node: Node = StringNode()
    for _ in range(80):
        node = ListNode(item=node)
    assert "deeper than 64" in refused(of_root(node))[0]
    assert (
        load(rail_document(of_root(node, limits=Limits(spec_depth=100))), limits=Limits(spec_depth=100)).schema.root
        == node
    )


def test_an_unknown_validator_is_written_as_it_was_and_readable_where_it_is_registered() -> None:
    spec = load(
        '<rail version="0.1"><output><string name="a" validators="hub://x/not_here: 1" on-fail-not-here="fix"/></output></rail>'
    )
    text = rail_document(spec)
    assert 'validators="hub://x/not_here: 1" on-fail-not-here="fix"' in text

    with pytest.raises(SpecError, match="unknown-validator"):
        load(text)


def test_the_document_is_one_a_person_would_write() -> None:
    spec = of_root(
        ObjectNode(
            fields=(
                Field("name", StringNode(description="Who", max_length=9)),
                Field("tags", ListNode(item=StringNode(format="url")), required=False),
                Field("size", EnumNode(values=("S", "M")), False, "S"),
                Field("more", ObjectNode(extra=AnyNode())),
                Field("none", ObjectNode()),
                Field("sure", BooleanNode(), True, False),
            )
        ),
        inputs=ObjectNode(fields=(Field("document", StringNode()),)),
        messages=(MessageTemplate("user", Template(("Read <this>:\n", Slot("variable", "document")))),),
    )
    assert rail_document(spec) == (
        '<rail version="1.0">\n'
        "  <input>\n"
        '    <string name="document"/>\n'
        "  </input>\n"
        "  <output>\n"
        '    <string name="name" description="Who" max-length="9"/>\n'
        '    <list name="tags" required="false">\n'
        "      <url/>\n"
        "    </list>\n"
        '    <enum name="size" default="S" values="S, M"/>\n'
        '    <object name="more" extra="true"/>\n'
        '    <object name="none" extra="false"/>\n'
        '    <bool name="sure" default="false" required="true"/>\n'
        "  </output>\n"
        "  <messages>\n"
        '    <message role="user">Read &lt;this&gt;:\n${document}</message>\n'
        "  </messages>\n"
        "</rail>\n"
    )


@pytest.mark.parametrize(
    "inside",
    [
        '<output><string name="a" default="x" validators="length: 5 9" on-fail-length="noop"/></output>',
        '<output shown-as="json-schema"><string name="a"/></output>',
        '<output><enum name="a" values="{[1, true, null]}" default="{true}"/></output>',
        '<output><enum name="a" values="x, y" default="y"/></output>',
    ],
)
def test_what_is_read_is_written_and_read_again(inside: str) -> None:
    spec = load(f'<rail version="1.0">{inside}</rail>')
    again = load(rail_document(spec))
    assert (again.schema.root, again.shown_as) == (spec.schema.root, spec.shown_as)


def test_an_object_with_keys_that_are_no_texts_is_no_argument_of_a_document() -> None:
    @validator("rail-keys", replace=True)
    def keys(value: str, *, by: Any = None) -> None:
        """Takes anything."""

    assert "{{'1': 2}}" in rail_document(of_root(StringNode(rules=(keys({"1": 2}),))))
    with pytest.raises(SpecError, match="is not a JSON value"):
        rail_document(of_root(StringNode(rules=(keys({1: 2}),))))

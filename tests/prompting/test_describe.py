"""The wanted output as a model reads it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from railguard.prompting.describe import (
    as_xml,
    described_as_json,
    described_as_text,
    slot_text,
)
from railguard.prompting.noun_phrases import short_description
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
from railguard.schema.formats import is_text
from railguard.schema.to_json_schema import to_json_schema
from railguard.spec import Slot
from railguard.validation.declaration import declaration

two_words = declaration("two-words", lambda value: None, prompt="exactly two words")


def length_check(value: str, *, min: int = 0, max: int = 9) -> None: ...


length = declaration("length", length_check)

FEE = ObjectNode(fields=(Field("name", StringNode()), Field("amount", FloatNode())))
WIDE = ObjectNode(fields=tuple(Field(f"field_{number}", AnyNode()) for number in range(40)))


def fields(*required, optional=()):
    made = [Field(name, StringNode()) for name in required]
    return tuple(made + [Field(name, StringNode(), required=False) for name in optional])


@pytest.mark.parametrize(
    ("node", "told"),
    [
        (AnyNode(), "any JSON value"),
        (AnyNode(nullable=True), "any JSON value"),
        (NullNode(nullable=True), "null"),
        (StringNode(), "text"),
        (StringNode(nullable=True), "text or null"),
        (StringNode(max_length=10), "text of at most 10 characters"),
        (StringNode(max_length=1), "text of at most 1 character"),
        (StringNode(min_length=2), "text of at least 2 characters"),
        (StringNode(min_length=1, max_length=10), "text of 1 to 10 characters"),
        (StringNode(min_length=5, max_length=5), "text of exactly 5 characters"),
        (StringNode(min_length=0), "text"),
        (StringNode(pattern="^a"), "text that matches the regular expression ^a"),
        (StringNode(format="url"), "a URL"),
        (StringNode(format="email", max_length=9), "an e-mail address of at most 9 characters"),
        (IntegerNode(minimum=0, maximum=100), "a whole number between 0 and 100"),
        (IntegerNode(minimum=7, maximum=7), "a whole number that is equal to 7"),
        (IntegerNode(minimum=1), "a whole number that is at least 1"),
        (IntegerNode(multiple_of=5), "a whole number that is a multiple of 5"),
        (IntegerNode(minimum=0, maximum=9, multiple_of=3), "a whole number between 0 and 9 and a multiple of 3"),
        (FloatNode(), "a number"),
        (FloatNode(exclusive_minimum=0.0, maximum=0.5), "a number that is more than 0 and at most 0.5"),
        (
            FloatNode(minimum=1, maximum=2, exclusive_maximum=2),
            "a number that is at least 1 and at most 2 and less than 2",
        ),
        (StringNode(format="percentage"), 'a percentage as a text such as "12.5%"'),
        (BooleanNode(), "true or false"),
        (StringNode(format="date"), "a date as YYYY-MM-DD"),
        (StringNode(format="date", strptime="%d/%m/%Y"), "a date as DD/MM/YYYY"),
        (StringNode(format="date", strptime="%d %B %Y"), 'a date in the strptime format "%d %B %Y"'),
        (StringNode(format="time"), "a time as HH:MM:SS"),
        (StringNode(format="date-time"), "a date and time as YYYY-MM-DDTHH:MM:SS"),
        (EnumNode(values=("a", "b")), 'one of "a", "b"'),
        (EnumNode(values=("a",)), 'exactly "a"'),
        (EnumNode(values=()), "no value at all"),
        (EnumNode(values=(1, None, True)), "one of 1, null, true"),
        (ListNode(), "a list of JSON values"),
        (ListNode(item=FEE, min_items=2), "a list of at least 2 objects with name, amount"),
        (ListNode(item=StringNode(), min_items=1, max_items=1), "a list of exactly 1 text"),
        (ListNode(item=IntegerNode(), unique=True), "a list of whole numbers, all different"),
        (ListNode(item=BooleanNode(), max_items=3), "a list of at most 3 values, each true or false"),
        (ListNode(item=BooleanNode(), min_items=1), "a list of at least 1 value, true or false"),
        (
            ListNode(item=StringNode(format="date", nullable=True)),
            "a list of values, each a date as YYYY-MM-DD or null",
        ),
        (ListNode(item=ListNode(item=StringNode(format="time"))), "a list of lists of times as HH:MM:SS"),
        (FEE, "an object with name, amount"),
        (ObjectNode(), "an empty object"),
        (ObjectNode(fields=fields("a", optional=["b c"])), 'an object with a and optionally "b c"'),
        (ObjectNode(fields=fields(optional=["b"])), "an object with, optionally, b"),
        (ObjectNode(extra=AnyNode()), "an object with any keys"),
        (
            ObjectNode(extra=IntegerNode(), min_properties=2),
            "an object with any keys whose values are whole numbers, at least 2 keys in all",
        ),
        (
            ObjectNode(fields=fields("a", optional=["b"]), extra=AnyNode()),
            "an object with a, optionally b and further keys",
        ),
        (
            ChoiceNode(
                discriminator="act",
                cases=(ChoiceCase("fight", ObjectNode(fields=fields("weapon"))), ChoiceCase("flee", ObjectNode())),
            ),
            'an object whose act is "fight" (with weapon) or "flee"',
        ),
        (UnionNode(options=(StringNode(), IntegerNode(), StringNode())), "text or a whole number"),
        (RefNode(name="Fee"), "a value of the type Fee"),
        (ListNode(item=RefNode(name="Fee")), "a list of values of the type Fee"),
    ],
)
def test_a_node_reads_in_one_line(node, told):
    assert short_description(node) == told


def test_what_does_not_fit_is_counted():
    assert (
        short_description(WIDE)
        == "an object with field_0, field_1, field_2, field_3, field_4, field_5, field_6, … (40 keys)"
    )
    many = short_description(EnumNode(values=tuple(f"value {number}" for number in range(60))))
    assert many.startswith('one of "value 0", "value 1"')
    assert many.endswith("… (60 values)")
    case = ChoiceCase("x" * 30, FEE)
    cases = tuple(ChoiceCase(f"{case.value}{number}", FEE) for number in range(30))
    assert short_description(ChoiceNode(discriminator="d", cases=cases)).endswith("… (30 values)")


def test_a_value_too_long_for_a_line_is_cut():
    told = short_description(EnumNode(values=("x" * 500, "y")))
    assert len(told) <= 120
    assert told.endswith('x…, "y"')


def test_a_hint_always_stands_behind_and_rules_where_wanted():
    node = StringNode(hint="upper case", rules=(two_words(), length(max=3), two_words()))
    assert short_description(node) == "text (upper case)"
    assert short_description(node, rules=True) == "text (upper case; exactly two words; length: max=3)"


def test_references_are_looked_up_once_so_that_a_recursive_type_ends():
    tree = UnionNode(options=(StringNode(), ListNode(item=RefNode(name="Tree"))))
    schema = Schema(root=RefNode(name="Tree"), definitions={"Tree": tree})
    assert short_description(schema.root, schema=schema) == "text or a list of values of the type Tree"
    assert short_description(ListNode(item=RefNode(name="Tree")), schema=schema) == (
        "a list of values, each text or a list of values of the type Tree"
    )


leaves = st.sampled_from(
    [
        AnyNode(),
        NullNode(),
        StringNode(pattern="x" * 200),
        StringNode(min_length=3, hint="two\nlines " * 30, nullable=True),
        IntegerNode(minimum=-1, exclusive_maximum=10),
        EnumNode(values=("a, b", 1, '\x00<&">')),
        StringNode(format="date", strptime="%x"),
        StringNode(format="percentage"),
        StringNode(format="time"),
        StringNode(format="date-time"),
        FloatNode(),
        BooleanNode(),
        RefNode(name="Some <type>"),
    ]
)


def objects(nodes):
    members = st.lists(st.tuples(st.text(max_size=5) | st.text("ab", max_size=90), nodes, st.booleans()), max_size=5)
    return st.builds(
        lambda found, extra: ObjectNode(
            fields=tuple({name: Field(name, node, required) for name, node, required in found}.values()), extra=extra
        ),
        members,
        st.none() | nodes,
    )


trees = st.recursive(
    leaves,
    lambda nodes: st.one_of(
        nodes.map(lambda node: ListNode(item=node, min_items=1, unique=True)),
        objects(nodes),
        st.lists(nodes, min_size=1, max_size=4).map(lambda options: UnionNode(options=tuple(options))),
        st.lists(objects(nodes), min_size=1, max_size=4).map(
            lambda found: ChoiceNode(
                discriminator="kind?",
                discriminator_description="which <one>",
                cases=tuple(ChoiceCase(f"c{number}", node) for number, node in enumerate(found)),
            )
        ),
    ),
    max_leaves=12,
)


@given(trees, st.booleans())
def test_a_line_is_one_line_and_short_whatever_the_tree(node, rules):
    schema = Schema(root=node, definitions={"Some <type>": WIDE})
    for told in (short_description(node, rules=rules), short_description(node, rules=rules, schema=schema)):
        assert 0 < len(told) <= 120
        assert "\n" not in told


@given(trees)
def test_the_json_is_the_json_schema_with_rules_and_its_lines_are_not_too_long(node):
    schema = Schema(root=node, definitions={"Some <type>": WIDE})
    assert json.loads(described_as_json(schema)) == to_json_schema(schema, rules=True)
    assert described_as_json(schema) == described_as_json(schema)


@given(trees)
def test_the_xml_is_well_formed_and_names_every_field(node):
    from lxml import etree

    schema = Schema(root=node, definitions={"Some <type>": WIDE})
    root = etree.fromstring(f"<all>{as_xml(schema)}</all>")
    assert root[0].tag == "output"
    if isinstance(node, ObjectNode):
        plain = [field.name for field in node.fields if field.name.isascii() and field.name.isprintable()]
        assert set(plain) <= {element.get("name") for element in root[0]}


def test_short_parts_of_the_json_stand_on_one_line():
    schema = Schema(
        root=ObjectNode(
            fields=(Field("name", StringNode(description="who", rules=(two_words(),))), Field("l", ListNode()))
        )
    )
    assert described_as_json(schema) == (
        "{\n"
        '  "type": "object",\n'
        '  "properties": {\n'
        '    "name": {"type": "string", "description": "who (exactly two words)"},\n'
        '    "l": {"type": "array", "items": {}}\n'
        "  },\n"
        '  "required": ["name", "l"],\n'
        '  "additionalProperties": false\n'
        "}"
    )


def test_the_xml_is_what_rail_writes_without_what_a_failure_does():
    case = ObjectNode(
        description="hit", fields=(Field("n", IntegerNode(minimum=0, rules=(two_words(on_fail="fix"),))),)
    )
    schema = Schema(
        root=ObjectNode(
            description="All & more",
            fields=(
                Field(
                    "name",
                    StringNode(description='the "name"', hint="upper case", max_length=9, pattern="^a", format="url"),
                ),
                Field("d", StringNode(format="date", strptime="%d/%m/%Y", nullable=True)),
                Field("d2", StringNode(format="date")),
                Field("t", StringNode(format="time")),
                Field("dt", StringNode(format="date-time")),
                Field("p", StringNode(format="percentage")),
                Field("e", EnumNode(values=("a", "b")), required=False),
                Field("f", EnumNode(values=("a, b", 1))),
                Field(
                    "c", ChoiceNode(discriminator="k", discriminator_description="what", cases=(ChoiceCase("x", case),))
                ),
                Field("u", UnionNode(options=(NullNode(), FloatNode()))),
                Field("l", ListNode(item=RefNode(name="R"), min_items=1, unique=True)),
                Field("o", ObjectNode(extra=IntegerNode(), max_properties=3)),
                Field("b", BooleanNode()),
                Field("any", AnyNode()),
            ),
        ),
        definitions={"R": ListNode(item=StringNode()), "unused": AnyNode()},
    )
    assert as_xml(schema).splitlines() == [
        '<output description="All &amp; more">',
        '  <string name="name" description="the &quot;name&quot;" format="a URL; at most 9 characters; '
        'matches the regular expression ^a; upper case"/>',
        '  <date name="d" format="DD/MM/YYYY" nullable="true"/>',
        '  <date name="d2" format="YYYY-MM-DD"/>',
        '  <time name="t" format="HH:MM:SS"/>',
        '  <datetime name="dt" format="YYYY-MM-DDTHH:MM:SS"/>',
        '  <percentage name="p" format="such as 12.5%"/>',
        '  <enum name="e" values="a, b" required="false"/>',
        '  <enum name="f" values="[&quot;a, b&quot;, 1]"/>',
        '  <choice name="c" discriminator="k" format="k: what">',
        '    <case name="x" description="hit">',
        '      <integer name="n" format="at least 0; exactly two words"/>',
        "    </case>",
        "  </choice>",
        '  <union name="u">',
        "    <null/>",
        "    <float/>",
        "  </union>",
        '  <list name="l" format="at least 1 item; all different">',
        '    <ref definition="R"/>',
        "  </list>",
        '  <object name="o" format="at most 3 keys; with any keys whose values are whole numbers"/>',
        '  <boolean name="b"/>',
        '  <any name="any"/>',
        "</output>",
        '<definition name="R" type="list">',
        "  <string/>",
        "</definition>",
    ]


def test_a_root_that_is_no_object_says_its_type_in_xml():
    assert as_xml(Schema(root=StringNode(max_length=3))) == '<output type="string" format="at most 3 characters"/>'


def test_a_text_reads_as_its_description_and_what_it_must_satisfy():
    root = StringNode(description="A summary.", max_length=80, hint="no names", rules=(two_words(),))
    assert described_as_text(Schema(root=root)) == (
        "Write this: A summary.\n\n"
        "It must satisfy all of these:\n- text of at most 80 characters\n- no names\n- exactly two words\n\n"
        "Write only the text itself, with nothing before or after it."
    )


def test_a_text_without_conditions_says_none():
    assert (
        described_as_text(Schema(root=StringNode())) == "Write only the text itself, with nothing before or after it."
    )


def test_only_a_string_that_cannot_be_null_is_a_text():
    assert is_text(Schema(root=StringNode()))
    assert not is_text(Schema(root=StringNode(nullable=True)))
    assert not is_text(Schema(root=StringNode(format="date")))


def test_the_place_of_the_schema_shows_it_in_its_own_kind():
    text, tree = Schema(root=StringNode(max_length=3)), Schema(root=FEE)
    assert slot_text(Slot("schema", "output_schema"), text) == described_as_text(text)
    assert slot_text(Slot("schema", "output_schema"), tree) == described_as_json(tree)
    assert slot_text(Slot("schema", "xml_output_schema"), tree) == as_xml(tree)


@pytest.mark.parametrize("limit", range(40, 130, 9))
def test_names_that_do_not_fit_are_counted_and_one_alone_is_not(limit):
    for size in range(1, 60, 7):
        for count in (1, 2, 9):
            names = [f"{chr(97 + at)}" * size for at in range(count)]
            for node in (ObjectNode(fields=fields(*names)), ObjectNode(fields=fields("a", optional=names))):
                told = short_description(node, limit=limit)
                assert len(told) <= limit
                assert "(1 keys)" not in told
                assert "keys)" not in told or f"({count} keys)" in told

"""The part of a tree that a path leads to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from railguard.schema.members import names_of_members
from railguard.schema.prune import NodeLookup, definitions_used, field_at, flat, json_types_fit, node_at
from railguard.testing.growth import steep_growth
from railguard.values import OnFail, Path

NAME, AMOUNT, WEAPON, DAYS, EXTRA = (
    StringNode(title="n"),
    FloatNode(),
    StringNode(title="w"),
    IntegerNode(),
    IntegerNode(title="x"),
)
FEE = ObjectNode(fields=(Field("name", NAME), Field("amount", AMOUNT, required=False, default=0.0)))
FEES = ListNode(item=FEE)
CHOICE = ChoiceNode(
    discriminator="act",
    discriminator_description="what to do",
    on_fail=OnFail.NOOP,
    cases=(
        ChoiceCase("fight", ObjectNode(fields=(Field("how", WEAPON),))),
        ChoiceCase("flee", ObjectNode(fields=(Field("how", DAYS),))),
    ),
)
OPEN = ObjectNode(fields=(Field("known", NAME),), extra=EXTRA)
TREE = ObjectNode(fields=(Field("value", AMOUNT), Field("children", ListNode(item=RefNode(name="Tree")))))
ROOT = ObjectNode(
    fields=(Field("fees", FEES), Field("act", CHOICE), Field("open", OPEN), Field("tree", RefNode(name="Alias"))),
)
SCHEMA = Schema(root=ROOT, definitions={"Alias": RefNode(name="Tree"), "Tree": TREE})


@pytest.mark.parametrize(
    ("path", "node"),
    [
        ((), ROOT),
        (("fees",), FEES),
        (("fees", 7), FEE),
        (Path(("fees", 0, "name")), NAME),
        (("open", "known"), NAME),
        (("open", "other"), EXTRA),
        (("tree",), TREE),
        (("tree", "children", 0, "children", 3), TREE),
        (("tree", "children", 0, "value"), AMOUNT),
    ],
)
def test_a_path_leads_to_its_node_without_a_value(path, node):
    assert node_at(SCHEMA, path) is node


@pytest.mark.parametrize(
    "path",
    [
        ("nope",),
        ("fees", "name"),
        ("fees", 0, 0),
        ("fees", 0, "name", "x"),
        ("open", "other", "x"),
        (0,),
        ("act", 0),
        ("act", "how"),
    ],
)
def test_a_path_that_leads_nowhere_has_no_node(path):
    assert node_at(SCHEMA, path) is None
    assert field_at(SCHEMA, path) is None


@pytest.mark.parametrize(("act", "node"), [("fight", WEAPON), ("flee", DAYS), ("hide", None), (1, None)])
def test_the_value_says_which_case_a_choice_takes(act, node):
    assert node_at(SCHEMA, ("act", "how"), {"act": {"act": act, "how": "x"}}) is node


def test_the_value_is_followed_through_lists_and_a_missing_part_of_it_is_no_case():
    schema = Schema(root=ListNode(item=CHOICE))
    value = [{"act": "flee"}, {"act": "fight"}]
    assert node_at(schema, (1, "how"), value) is WEAPON
    assert node_at(schema, (2, "how"), value) is None
    assert node_at(schema, (0, "how"), "no list") is None


def test_the_discriminator_is_an_enum_of_the_cases():
    node = EnumNode(values=("fight", "flee"), description="what to do", on_fail=OnFail.NOOP)
    assert node_at(SCHEMA, ("act", "act")) == node
    assert field_at(SCHEMA, ("act", "act")) == Field("act", node)


def test_a_field_is_found_with_what_its_object_says_of_it():
    assert field_at(SCHEMA, ("fees", 1, "amount")) == Field("amount", AMOUNT, required=False, default=0.0)
    assert field_at(SCHEMA, ("act", "how"), {"act": {"act": "flee"}}) == Field("how", DAYS)
    assert field_at(SCHEMA, ("tree", "children")) is TREE.fields[1]


@pytest.mark.parametrize("path", [(), ("fees", 1), ("open", "other"), ("open", "")])
def test_the_root_items_and_further_keys_are_no_fields(path):
    assert field_at(SCHEMA, path) is None


LEFT, RIGHT = (
    ObjectNode(fields=(Field("a", NAME), Field("l", NAME))),
    ObjectNode(fields=(Field("a", AMOUNT), Field("r", AMOUNT))),
)
UNION = UnionNode(options=(StringNode(), UnionNode(options=(LEFT, ListNode(item=DAYS))), RIGHT, CHOICE, OPEN))


@pytest.mark.parametrize(
    ("path", "value", "node"),
    [
        ((), {}, UNION),
        (("a",), {"a": 1, "l": 1}, NAME),
        (("a",), {"a": 1, "r": 1}, AMOUNT),
        (("how",), {"act": "flee"}, DAYS),
        (("more",), {"known": "", "more": 1}, EXTRA),
        ((0,), [1], DAYS),
        (("r",), {"r": 1, "l": 1}, AMOUNT),
        (("a",), None, NAME),
        (("nope", "nope"), {}, None),
    ],
)
def test_below_a_union_the_shape_of_the_value_says_which_option(path, value, node):
    assert node_at(Schema(root=UNION), path, value) is node


def test_a_union_that_leads_back_to_itself_ends_in_linear_time():
    twice = UnionNode(
        options=(
            ObjectNode(fields=(Field("a", RefNode(name="T")),)),
            ObjectNode(fields=(Field("a", RefNode(name="T")),)),
        )
    )
    schema = Schema(root=RefNode(name="T"), definitions={"T": twice})
    assert node_at(schema, ("a",) * 500) is twice
    assert node_at(schema, ("a",) * 500 + ("b",)) is None


def test_a_union_of_itself_leads_nowhere():
    schema = Schema(root=RefNode(name="T"), definitions={"T": UnionNode(options=(RefNode(name="T"), NullNode()))})
    assert node_at(schema, ("a",)) is None


def test_only_the_definitions_that_are_needed_are_used_in_their_order():
    definitions = {"Z": NullNode(), "A": RefNode(name="Tree"), "Tree": TREE, "B": AnyNode()}
    assert list(definitions_used(ListNode(item=RefNode(name="A")), definitions)) == ["A", "Tree"]
    assert definitions_used(NAME, definitions) == {}


def test_a_flat_schema_has_exactly_the_wanted_keys():
    schema = flat(SCHEMA, {"fees.0.name": NAME, "f2": RefNode(name="Tree")})
    assert schema.root == ObjectNode(fields=(Field("fees.0.name", NAME), Field("f2", RefNode(name="Tree"))))
    assert schema.definitions == {"Tree": TREE}


parts = st.sampled_from(["fees", "act", "open", "tree", "name", "how", "children", "value", 0, 1, -1, "", "zzz"])
values = st.recursive(
    st.none() | st.text(max_size=3) | st.sampled_from(["fight", "flee"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["fees", "act", "how", "open", "tree"]), inner)
    ),
)


@given(st.lists(parts, max_size=5), values)
def test_a_field_and_its_node_agree_for_any_path_and_any_value(path, value):
    node, field = node_at(SCHEMA, path, value), field_at(SCHEMA, path, value)
    if field is not None:
        assert field.name == path[-1]
        assert SCHEMA.resolve(field.node) == node


def test_looking_up_each_field_of_a_wide_object_takes_linear_time():
    def wide(size):
        names = [f"field_{number}" for number in range(size)]
        return names, Schema(root=ObjectNode(fields=tuple(Field(name, NAME) for name in names)))

    def look_up(one):
        names, schema = one
        for name in names:
            assert field_at(schema, (name,), {}) is not None

    assert steep_growth(look_up, wide) is None


def parts(value, path=()):
    yield path
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, one in below:
        yield from parts(one, (*path, part))


VALUE = {
    "fees": [{"name": "a", "amount": 1.5}],
    "act": {"act": "flee", "how": 3},
    "open": {"known": "a", "other": 1},
    "tree": {"value": 1, "children": [{"value": 2, "children": []}]},
    "nope": {"x": 1},
}


def test_many_paths_of_one_value_lead_where_each_by_itself_does():
    nodes = NodeLookup(SCHEMA, VALUE)
    asked = [
        *parts(VALUE),
        ("fees", 1),
        ("fees", "name"),
        ("act", "act", "x"),
        ("gone", "x"),
        (0,),
        ("fees", 0, "gone"),
    ]
    for path in asked * 2:
        assert nodes.at(path) is node_at(SCHEMA, path, VALUE) or nodes.at(path) == node_at(SCHEMA, path, VALUE), path
    assert nodes.at(["fees", 0, "name"]) is NAME
    assert nodes.at(("tree", "children", 0)) is TREE


def test_a_member_is_found_by_the_other_names_that_a_model_takes():
    named = Schema(root=ObjectNode(fields=(Field("a", NAME, also=("b",)),)))
    assert NodeLookup(named).at(("b",)) is node_at(named, ("b",)) is NAME
    assert NodeLookup(named).at(("c",)) is None


TYPED = Schema(
    root=ObjectNode(
        fields=(
            Field("n", IntegerNode(nullable=True), False),
            Field("f", FloatNode(), False),
            Field("l", ListNode(item=StringNode()), False),
            Field("u", UnionNode(options=(IntegerNode(), ListNode(item=NullNode())), nullable=True), False),
            Field("two", UnionNode(options=(ListNode(item=NullNode()), ListNode(item=IntegerNode()))), False),
            Field("r", RefNode(name="R"), False),
        ),
        extra=BooleanNode(),
    ),
    definitions={"R": ObjectNode(fields=(Field("r", RefNode(name="R"), False),))},
)


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ({}, True),
        ([], False),
        (None, False),
        ({"n": 1}, True),
        ({"n": None}, True),
        ({"n": 1.5}, False),
        ({"n": True}, False),
        ({"f": 1}, True),
        ({"f": "1"}, False),
        ({"l": ["a"]}, True),
        ({"l": ["a", 1]}, False),
        ({"l": {}}, False),
        ({"u": 1}, True),
        ({"u": None}, True),
        ({"u": "a"}, False),
        ({"u": [None]}, True),
        ({"u": [1]}, False),
        ({"two": ["x"]}, True),
        ({"two": None}, False),
        ({"r": {"r": {}}}, True),
        ({"r": {"r": 1}}, False),
        ({"other": "what the tree does not name"}, True),
    ],
)
def test_a_value_is_of_the_types_that_the_tree_names(value, fits):
    assert json_types_fit(TYPED, value) is fits


def test_the_members_of_whatever_an_object_may_be_are_known_by_name():
    loop = Schema(root=ListNode(item=RefNode(name="L")), definitions={"L": ListNode(item=RefNode(name="L"))})
    assert names_of_members(loop.root, loop) == frozenset()
    either = UnionNode(options=(LEFT, RefNode(name="Tree"), ListNode(item=RefNode(name="Alias")), CHOICE, StringNode()))
    assert names_of_members(either, SCHEMA) == {"a", "l", "value", "children", "act", "how"}
    assert names_of_members(StringNode(), SCHEMA) == frozenset()

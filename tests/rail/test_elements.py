"""Version 1.0: what every element and attribute becomes."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from railguard.errors import SpecError
from railguard.rail import check, load
from railguard.rail.elements import ROWS, TAGS, row_of
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
    Node,
    NullNode,
    ObjectNode,
    RefNode,
    StringNode,
    UnionNode,
)
from railguard.spec import Slot, Template
from railguard.validation import validator
from railguard.values import UNSET, Limits, OnFail


@validator("rail-spoken", replace=True)
def spoken(value: str) -> None:
    """Passes."""


def field(inside: str) -> Field:
    text = f'<rail version="1.0"><output>{inside}</output></rail>'
    assert {problem.code for problem in check(text)} <= {"empty-name", "filter-takes-all"}
    root = load(text).schema.root
    assert isinstance(root, ObjectNode)
    (only,) = root.fields
    return only


@pytest.mark.parametrize(
    ("inside", "node"),
    [
        ('<string name="a"/>', StringNode()),
        (
            '<string name="a" min-length="1" max-length="36" pattern="^a" format="uuid"/>',
            StringNode(min_length=1, max_length=36, pattern="^a", format="uuid"),
        ),
        ('<url name="a" max-length="9"/>', StringNode(format="url", max_length=9)),
        ('<email name="a"/>', StringNode(format="email")),
        ('<integer name="a" minimum="0" maximum="5"/>', IntegerNode(minimum=0, maximum=5)),
        ('<float name="a" exclusive-minimum="0.5"/>', FloatNode(exclusive_minimum=0.5)),
        (
            '<number name="a" exclusive-maximum="-1e3" multiple-of=".5"/>',
            FloatNode(exclusive_maximum=-1000, multiple_of=0.5),
        ),
        ('<percentage name="a"/>', StringNode(format="percentage")),
        ('<bool name="a"/>', BooleanNode()),
        ('<boolean name="a"/>', BooleanNode()),
        ('<date name="a"/>', StringNode(format="date")),
        ('<date name="a" date-format="%d.%m.%Y"/>', StringNode(format="date", strptime="%d.%m.%Y")),
        ('<time name="a" time-format="%H:%M"/>', StringNode(format="time", strptime="%H:%M")),
        ('<date-time name="a" datetime-format="%c %%"/>', StringNode(format="date-time", strptime="%c %%")),
        ('<datetime name="a"/>', StringNode(format="date-time")),
        ('<enum name="a" values="red, light green,"/>', EnumNode(values=("red", "light green"))),
        ('<enum name="a" values="{[1, \'a,b\', null]}"/>', EnumNode(values=(1, "a,b", None))),
        ('<enum name="a" values="{7}"/>', EnumNode(values=(7,))),
        ('<list name="a"/>', ListNode(item=AnyNode())),
        (
            '<list name="a" min-items="1" max-items="2" unique="true"><integer/></list>',
            ListNode(item=IntegerNode(), min_items=1, max_items=2, unique=True),
        ),
        ('<object name="a"/>', ObjectNode(extra=AnyNode())),
        ('<object name="a" extra="false"/>', ObjectNode()),
        ('<object name="a" extra="true" min-properties="1"/>', ObjectNode(extra=AnyNode(), min_properties=1)),
        (
            '<object name="a"><extra><integer/></extra><string name="b"/></object>',
            ObjectNode(fields=(Field("b", StringNode()),), extra=IntegerNode()),
        ),
        ('<object name="a"><string name="b"/></object>', ObjectNode(fields=(Field("b", StringNode()),))),
        (
            '<choice name="a" discriminator="kind" discriminator-description="which"><case name="x">'
            '<string name="b"/></case><case name="y" description="nothing more"/></choice>',
            ChoiceNode(
                discriminator="kind",
                discriminator_description="which",
                cases=(
                    ChoiceCase("x", ObjectNode(fields=(Field("b", StringNode()),))),
                    ChoiceCase("y", ObjectNode(description="nothing more")),
                ),
            ),
        ),
        ('<any name="a"/>', AnyNode()),
        ('<null name="a"/>', NullNode()),
        ('<union name="a"><string/><integer/></union>', UnionNode(options=(StringNode(), IntegerNode()))),
        (
            '<string name="a" title="t" description="d" hint="h" nullable="true" examples="[\'x\']" on-fail="filter"/>',
            StringNode(title="t", description="d", hint="h", nullable=True, examples=("x",), on_fail=OnFail.FILTER),
        ),
        ('<string name="a" description="a&#10;b"/>', StringNode(description="a\nb")),
        ('<string name="a" description=""/>', StringNode(description="")),
    ],
)
def test_an_element_becomes_its_node(inside: str, node: Node) -> None:
    assert field(inside).node == node


@pytest.mark.parametrize(
    ("inside", "required", "default"),
    [
        ('<string name="a"/>', True, UNSET),
        ('<string name="a" required="false"/>', False, UNSET),
        ('<string name="a" default="x y"/>', False, "x y"),
        ('<string name="a" default="12"/>', False, "12"),
        ('<string name="a" default=""/>', False, ""),
        ('<string name="a" nullable="true" default="{null}"/>', False, None),
        ('<integer name="a" default="12"/>', False, 12),
        ('<float name="a" default="1.5"/>', False, 1.5),
        ('<bool name="a" default="false"/>', False, False),
        ('<date name="a" default="2024-01-02"/>', False, "2024-01-02"),
        ('<list name="a" default="[1, 2]"/>', False, [1, 2]),
        ('<object name="a" default="{\'b\': 1}"/>', False, {"b": 1}),
        ('<object name="a" default="{}"/>', False, {}),
        ('<any name="a" default="\'x\'"/>', False, "x"),
        ('<enum name="a" values="x, 1" default="1"/>', False, "1"),
        ('<enum name="a" values="{[1, 2]}" default="1"/>', False, 1),
    ],
)
def test_a_default_is_read_by_the_type_of_its_element(inside: str, required: bool, default: Any) -> None:
    found = field(inside)
    assert (found.name, found.required, found.default) == ("a", required, default)
    assert type(found.default) is type(default)


@pytest.mark.parametrize("name", ["a.b", "$", 'say "hi"', "größe", "日本 語", "", "a\nb", "<&>"])
def test_a_name_is_any_text(name: str) -> None:
    from xml.sax.saxutils import quoteattr

    written = quoteattr(name, {"\n": "&#10;"})
    assert field(f"<string name={written}/>").name == name


@pytest.mark.parametrize("tag", [tag for tag, row in TAGS.items() if not row.needs and row.content == "nothing"])
def test_an_output_is_of_any_type(tag: str) -> None:
    spec = load(f'<rail version="1.0"><output type="{tag}" description="d"/></rail>')
    assert row_of(spec.schema.root) is TAGS[tag]
    assert spec.schema.root.description == "d"


def test_every_type_of_node_has_a_row() -> None:
    assert {row.node for row in ROWS} == set(get_args(Node))


def test_a_recursive_type_is_a_definition_and_references() -> None:
    spec = load(
        '<rail version="1.0"><definitions><object name="Tree"><list name="children"><ref to="Tree"/></list></object>'
        '<ref name="Root" to="Tree"/></definitions><output type="ref" to="Root"/></rail>'
    )
    assert spec.schema.root == RefNode(name="Root")
    assert list(spec.schema.definitions) == ["Tree", "Root"]
    resolved = spec.schema.resolve(spec.schema.root)
    assert resolved == ObjectNode(fields=(Field("children", ListNode(item=RefNode(name="Tree"))),))


def test_a_whole_document() -> None:
    text = """<?xml version="1.0" encoding="UTF-8"?>
<!-- what a bank charges -->
<rail version="1.0" name="fees">
  <input>
    <string name="document" description="the contract"/>
    <string name="tone" default="plain"/>
  </input>
  <output repair="syntax" strict="true" on-fail="noop" validators="">
    <list name="fees"><object><string name="name" validators="rail-spoken;" on-fail-rail-spoken="fix_reask"/></object></list>
  </output>
  <messages>
    <message role="system">You read contracts.</message>
    <!-- the question -->
    <message role="user" validators="rail-spoken" on-fail-rail-spoken="exception">
      Read this, in a ${tone} tone &amp; briefly:
        <![CDATA[<doc>]]>${document}</doc>

      ${gr.complete_json_suffix} $5 $$
    </message>
  </messages>
  <reask>
    <message role="user">Again: ${error_messages} ${tone}</message>
  </reask>
</rail>""".replace("</doc>", "&lt;/doc>")
    assert check(text) == []
    spec = load(text, file="fees.rail", limits=Limits(depth=5))
    assert (spec.name, spec.version, spec.repair, spec.limits.depth) == ("fees", "1.0", "syntax", 5)
    assert spec.schema.root.on_fail is OnFail.NOOP
    assert spec.inputs == ObjectNode(
        fields=(
            Field("document", StringNode(description="the contract")),
            Field("tone", StringNode(), False, "plain"),
        )
    )
    assert [message.role for message in spec.messages] == ["system", "user"]
    assert spec.messages[0].content == Template(("You read contracts.",))
    assert spec.messages[1].content == Template(
        (
            "Read this, in a ",
            Slot("variable", "tone"),
            " tone & briefly:\n  <doc>",
            Slot("variable", "document"),
            "</doc>\n\n",
            Slot("primitive", "complete_json_suffix"),
            " $5 $",
        )
    )
    assert [rule.on_fail for rule in spec.messages[1].rules] == [OnFail.EXCEPTION]
    assert spec.reask[0].role == "user"
    root = spec.schema.root
    assert isinstance(root, ObjectNode)
    fees = root.fields[0].node
    assert isinstance(fees, ListNode)
    assert isinstance(fees.item, ObjectNode)
    (rule,) = fees.item.fields[0].node.rules
    assert (rule.name, rule.on_fail) == ("rail-spoken", OnFail.FIX_REASK)


def test_comments_never_cut_a_message() -> None:
    spec = load(
        '<rail version="1.0"><output/><messages><message role="user">one <!-- c --> two<!-- d --></message></messages></rail>'
    )
    assert spec.messages[0].content == Template(("one  two",))


def test_a_message_that_preserves_space_keeps_its_indentation() -> None:
    text = '<rail version="1.0"><output/><messages><message role="user"{}>\n\n  a\n    b\n</message></messages></rail>'
    assert load(text.format("")).messages[0].content == Template(("a\n  b",))
    kept = load(text.format(' xml:space="preserve"')).messages[0].content
    assert kept == Template(("\n\n  a\n    b\n",))
    assert load(text.format(' xml:space="default"')).messages[0].content == Template(("a\n  b",))


def test_an_empty_message_is_a_message() -> None:
    spec = load('<rail version="1.0"><output/><messages><message role="user"/></messages></rail>')
    assert spec.messages[0].content == Template(())


def test_an_input_without_children_declares_that_there_is_no_variable() -> None:
    spec = load('<rail version="1.0"><input/><output/></rail>')
    assert spec.inputs == ObjectNode()


def test_an_open_input_allows_any_variable() -> None:
    text = '<rail version="1.0"><input extra="true"/><output/><messages><message role="user">${a}</message></messages></rail>'
    assert check(text) == []


def test_a_spec_without_inputs_leaves_its_variables_untyped() -> None:
    spec = load('<rail version="1.0"><output/><messages><message role="user">${a}</message></messages></rail>')
    assert spec.inputs is None
    assert spec.messages[0].content.variables == ("a",)  # type: ignore[union-attr]


def test_an_enum_of_numbers_takes_validators_of_numbers_only() -> None:
    text = '<rail version="1.0"><output><enum name="a" values="{[1, 2]}" validators="rail-spoken"/></output></rail>'
    with pytest.raises(SpecError, match="validator-type"):
        load(text)
    assert check(text.replace("{[1, 2]}", "a, b")) == []


def test_one_undeclared_variable_is_reported_once_a_message_and_an_escaped_one_never() -> None:
    text = (
        '<rail version="1.0"><input><string name="a"/></input><output/><messages>'
        '<message role="user">${a} ${b} ${b} $${c} ${d}</message></messages></rail>'
    )
    assert [problem.message for problem in check(text)] == [
        "<input> does not declare 'b'",
        "<input> does not declare 'd'",
    ]

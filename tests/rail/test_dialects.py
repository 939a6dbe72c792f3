"""Older documents: each dialect since 0.1 is read for what it meant, and each deviation is a warning with a place."""

from __future__ import annotations

import pytest

from railguard import Guard, SpecError
from railguard.rail import check, load
from railguard.schema import (
    AnyNode,
    ChoiceCase,
    ChoiceNode,
    EnumNode,
    Field,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    ObjectNode,
    StringNode,
    UnionNode,
)
from railguard.spec import Slot, Spec, Template
from railguard.validation import validator
from railguard.values import OnFail


@validator("rail-two-words", replace=True)
def two_words(value: str) -> bool:
    """Two words."""
    return len(value.split()) == 2


@validator("rail-at-least", replace=True)
def at_least(value: str | list, *, min: int = 0, max: int | None = None) -> bool:  # type: ignore[type-arg]
    """A length."""
    return len(value) >= min


def read(inside: str, attributes: str = 'version="0.1"') -> Spec:
    return load(f"<rail {attributes}>{inside}</rail>")


def fields(inside: str) -> tuple[Field, ...]:
    root = read(f"<output>{inside}</output>").schema.root
    assert isinstance(root, ObjectNode)
    return root.fields


def node(inside: str) -> Node:
    (only,) = fields(inside)
    return only.node


def codes(inside: str) -> list[str]:
    return [warning.code for warning in read(inside).warnings]


def contents(spec: Spec) -> list[tuple[str, object]]:
    return [(message.role, message.content) for message in spec.messages]


@pytest.mark.parametrize("attributes", ["", 'version="0.1"', 'version="0.5"', 'version="9.9"', 'version="1"'])
def test_every_version_but_1_0_is_read_leniently(attributes: str) -> None:
    spec = read('<output><sql name="q"/></output>', attributes)
    assert spec.schema.root == ObjectNode(fields=(Field("q", StringNode()),))
    assert "unknown-element" in [warning.code for warning in spec.warnings]


def test_version_0_1_has_braces_and_at_signs() -> None:
    spec = read(
        "<output/><instructions>\nBe brief.\n</instructions>"
        "<prompt>\nRead {{document}}.\n\n@xml_prefix_prompt\n\n{output_schema}\n\nmail me@example.com\n</prompt>"
    )
    assert contents(spec) == [
        ("system", Template(("Be brief.",))),
        (
            "user",
            Template(
                (
                    "Read ",
                    Slot("variable", "document"),
                    ".\n\n",
                    Slot("primitive", "xml_prefix_prompt"),
                    "\n\n",
                    Slot("schema", "xml_output_schema"),
                    "\n\nmail me@example.com",
                )
            ),
        ),
    ]


def test_version_0_2_has_dollars_and_braces() -> None:
    spec = read("<output/><prompt>${document} ${gr.complete_json_suffix} ${output_schema} $$5</prompt>")
    assert spec.messages[0].content == Template(
        (
            Slot("variable", "document"),
            " ",
            Slot("primitive", "complete_json_suffix"),
            " ",
            Slot("schema", "output_schema"),
            " $5",
        )
    )


def test_prompt_and_instructions_are_user_and_system_in_that_order_whatever_the_order_in_the_document() -> None:
    spec = read("<output/><prompt>a</prompt><instructions>b</instructions>")
    assert [message.role for message in spec.messages] == ["system", "user"]


def test_prompts_may_carry_validators() -> None:
    spec = read(
        '<output type="string"/><prompt format="rail-two-words" on-fail-rail-two-words="exception">x</prompt>'
        '<instructions validators="rail-two-words">y</instructions>'
    )
    assert [[rule.on_fail for rule in message.rules] for message in spec.messages] == [["reask"], ["exception"]]


def test_messages_share_the_validators_of_their_parent() -> None:
    spec = read(
        '<output/><messages validators="rail-two-words" on-fail-rail-two-words="noop">'
        '<message role="system">a</message><message>b</message><message role="robot">c</message><x/></messages>'
    )
    assert [message.role for message in spec.messages] == ["system", "user", "robot"]
    assert [(shared.role, shared.rule.on_fail) for shared in spec.message_rules] == [(None, OnFail.NOOP)]


def test_reasks_have_had_two_spellings() -> None:
    one = read(
        "<output/><reask_prompt>again ${previous_response}</reask_prompt><reask_instructions>i</reask_instructions>"
    )
    two = read('<output/><reask_messages><message role="user">again</message></reask_messages>')
    both = read('<output/><reask_messages/><reask><message role="user">again</message></reask>')
    assert [message.role for message in one.reask] == ["system", "user"]
    assert [message.role for message in two.reask] == ["user"]
    assert [message.role for message in both.reask] == ["user"]


def test_messages_win_over_a_prompt() -> None:
    inside = '<output/><prompt>a</prompt><messages><message role="user">b</message></messages>'
    assert contents(read(inside)) == [("user", Template(("b",)))]
    assert codes(inside) == ["old-element", "no-effect"]


def test_elements_inside_a_prompt_are_its_text() -> None:
    spec = read('<output/><prompt>Use <b class="x&amp;y">bold &amp; <i/></b> ${x}</prompt>')
    assert spec.messages[0].content == Template(('Use <b class="x&amp;y">bold & <i/></b> ', Slot("variable", "x")))


def test_a_script_is_never_run() -> None:
    spec = read('<script language="python">raise SystemExit(1)</script><output type="string" description="{x}"/>')
    assert spec.schema.root == StringNode(description="{x}")
    assert [warning.code for warning in spec.warnings] == ["script-not-run"]


def test_a_pydantic_element_is_an_object() -> None:
    inside = '<list name="a"><pydantic model="Person" description="d" on-fail-pydantic="fix">{}</pydantic></list>'
    assert node(inside.format("")) == ListNode(item=ObjectNode(description="d", extra=AnyNode(), on_fail=OnFail.FIX))
    assert node(inside.format('<string name="b"/>')) == ListNode(
        item=ObjectNode(description="d", fields=(Field("b", StringNode()),), on_fail=OnFail.FIX)
    )


@pytest.mark.parametrize(
    ("attributes", "rules", "hint"),
    [
        ('format="rail-two-words"', ["rail-two-words"], None),
        ('format="rail-two-words; rail-at-least: 1 10"', ["rail-two-words", "rail-at-least"], None),
        ('format="rail-two-words; nobody-has-this: 1"', ["rail-two-words", "nobody-has-this"], None),
        ('format="hub://guardrails/rail_two_words"', ["rail-two-words"], None),
        ('format="hub://guardrails/nobody_has_this"', [], "hub://guardrails/nobody_has_this"),
        ('format="nobody-has-this"', [], "nobody-has-this"),
        ('format="rail-two-words; nobody-has-this"', [], "rail-two-words; nobody-has-this"),
        ('format="nobody-has-this" on-fail-nobody-has-this="fix"', ["nobody-has-this"], None),
        ('format="x/nobody_has_this" on-fail-x_nobody_has_this="fix"', ["nobody-has-this"], None),
        (
            'format="rail-two-words; nobody-has-this; 1-indexed" on-fail-rail-two-words="fix" on-fail-nobody-has-this="fix"',
            ["rail-two-words", "nobody-has-this"],
            "1-indexed",
        ),
        (
            'format="rail-two-words; short; 1-indexed" on-fail-rail-two-words="fix"',
            ["rail-two-words"],
            "short; 1-indexed",
        ),
        ('format="rail-two-words; short" on-fail-other="fix"', [], "rail-two-words; short"),
        ('format="percentage" hint="in dollars"', [], "in dollars; percentage"),
        ('format=""', [], ""),
        ('format="rail-two-words" validators="rail-at-least: 1"', ["rail-two-words", "rail-at-least"], None),
    ],
)
def test_format_is_validators_or_words_for_the_model(attributes: str, rules: list[str], hint: str | None) -> None:
    found = node(f'<string name="a" {attributes}/>')
    assert [rule.name for rule in found.rules] == rules
    assert (found.hint or "") == (hint or "")


def test_an_unknown_validator_is_kept_and_cannot_run() -> None:
    (rule,) = node('<string name="a" validators="hub://x/Is_Vegan: 1" on-fail-is-vegan="filter"/>').rules
    assert (rule.name, rule.source, rule.on_fail) == ("is-vegan", "hub://x/Is_Vegan: 1", OnFail.FILTER)
    assert rule.validator is None


def test_a_format_of_validators_and_words_names_the_words() -> None:
    inside = '<output><string name="a" format="rail-two-words; short" on-fail-rail-two-words="fix"/></output>'
    warnings = check(f'<rail version="0.1">{inside}</rail>')
    assert [(one.column, one.message) for one in warnings] == [
        (46, "format is read as a list of validators"),
        (70, "'short' is read as words for the model"),
    ]


def test_a_bare_on_fail_beside_validators_says_whose_it_is_not() -> None:
    def found(more: str = "", version: str = "0.1") -> list[tuple[str, str | None]]:
        inside = f'<output><string name="a" validators="rail-two-words" on-fail="noop" {more}/></output>'
        return [(one.code, one.hint) for one in check(f'<rail version="{version}">{inside}</rail>')]

    assert found() == [("old-attribute", 'write on-fail-rail-two-words="…" for the validator')]
    assert found('on-fail-rail-two-words="fix"') == []
    assert found(version="1.0") == []


def test_a_validator_of_another_type_is_left_out_with_a_warning() -> None:
    assert node('<integer name="a" validators="rail-two-words"/>') == IntegerNode()


def test_a_choice_with_a_discriminator_is_an_object_of_its_own() -> None:
    found = node(
        '<choice name="action" discriminator="kind" on-fail-choice="exception">'
        '<case name="fight"><string name="weapon"/></case><case name="flight"><integer name="km"/></case></choice>'
    )
    assert found == ChoiceNode(
        discriminator="kind",
        on_fail=OnFail.EXCEPTION,
        cases=(
            ChoiceCase("fight", ObjectNode(fields=(Field("weapon", StringNode()),))),
            ChoiceCase("flight", ObjectNode(fields=(Field("km", IntegerNode()),))),
        ),
    )


def test_a_choice_without_a_discriminator_stands_in_its_object() -> None:
    root = read(
        '<output description="what to do"><string name="before"/><choice name="action" on-fail-choice="filter">'
        '<case name="fight"><string name="move"/></case>'
        '<case name="flight"><object name="flight"><integer name="km"/></object><integer name="after"/></case></choice>'
        '<float name="after"/></output>'
    ).schema.root
    before, after = Field("before", StringNode()), Field("after", FloatNode())
    flight = Field("flight", ObjectNode(fields=(Field("km", IntegerNode()),)))
    assert root == ChoiceNode(
        description="what to do",
        discriminator="action",
        on_fail=OnFail.FILTER,
        cases=(
            ChoiceCase("fight", ObjectNode(fields=(before, Field("move", StringNode()), after))),
            ChoiceCase("flight", ObjectNode(fields=(before, flight, Field("after", IntegerNode())))),
        ),
    )


def test_two_choices_without_a_discriminator_are_objects_of_their_own() -> None:
    found = fields('<choice name="a"><case name="x"/></choice><choice name="b"><case name="y"/></choice>')
    assert found == (
        Field("a", ChoiceNode(discriminator="a", cases=(ChoiceCase("x", ObjectNode()),))),
        Field("b", ChoiceNode(discriminator="b", cases=(ChoiceCase("y", ObjectNode()),))),
    )


def test_an_old_choice_in_a_case_or_an_input_is_an_object_of_its_own() -> None:
    inner = '<choice name="a"><case name="x"/></choice>'
    own = Field("a", ChoiceNode(discriminator="a", cases=(ChoiceCase("x", ObjectNode()),)))
    assert node(f'<choice name="c" discriminator="d"><case name="o">{inner}</case></choice>') == ChoiceNode(
        discriminator="d", cases=(ChoiceCase("o", ObjectNode(fields=(own,))),)
    )
    assert read(f"<input>{inner}</input><output/>").inputs == ObjectNode(fields=(own,))


def test_a_case_named_twice_counts_the_last_time_and_other_children_not_at_all() -> None:
    found = node(
        '<choice name="c" discriminator="d"><case name="a"/><case name="a"><string name="d"/><bool name="e"/></case>'
        "<case/><string/></choice>"
    )
    assert isinstance(found, ChoiceNode)
    assert [(case.value, [field.name for field in case.node.fields]) for case in found.cases] == [("a", ["e"])]


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ('<percentage name="a"/>', StringNode(format="percentage")),
        ('<url name="a"/>', StringNode(format="url")),
        ('<pythoncode name="a" description="d"/>', StringNode(description="d")),
        ('<thing name="a"><string name="b"/></thing>', ObjectNode(fields=(Field("b", StringNode()),))),
        ('<enum name="a" values="x, y"/>', EnumNode(values=("x", "y"))),
        ('<enum name="a" description="d" nullable="true"/>', StringNode(description="d", nullable=True)),
        ('<enum name="a" values=""/>', StringNode()),
        ('<list name="a"/>', ListNode()),
        ('<list name="a"><string name="b"/></list>', ListNode(item=StringNode())),
        (
            '<list name="a"><string name="b"/><integer name="c"/></list>',
            ListNode(item=ObjectNode(fields=(Field("b", StringNode()), Field("c", IntegerNode())))),
        ),
        ('<list name="a"><string/><integer/></list>', ListNode(item=UnionNode(options=(StringNode(), IntegerNode())))),
        ('<list name="a"><case/></list>', ListNode(item=AnyNode())),
        ('<object name="a"/>', ObjectNode(extra=AnyNode())),
        ('<object name="a"><string/></object>', ObjectNode(extra=AnyNode())),
        ('<output name="a" type="list" strict="true"><bool/></output>', None),
        ('<string name="a" min-length="x" required="maybe"/>', StringNode()),
        ('<date name="a" date-format="dd"/>', None),
        ('<string name="a" min-length="3" max-length="2"/>', StringNode(min_length=3, max_length=2)),
        ('<ref name="a"/>', StringNode()),
        ('<object name="a" extra="false"><extra><string/></extra></object>', ObjectNode(extra=StringNode())),
        ('<object name="a"><extra/></object>', ObjectNode(extra=AnyNode())),
        ('<string name="a"/><integer name="a"/>', IntegerNode()),
        ('<string name="a"/><message/><pydantic/>', StringNode()),
        ('<string name="a">text<b/></string>', StringNode()),
    ],
)
def test_what_older_documents_hold_has_a_sensible_reading(inside: str, expected: Node | None) -> None:
    found = node(inside)
    if expected is not None:
        assert found == expected


def test_a_default_that_cannot_be_read_is_ignored() -> None:
    (only,) = fields('<integer name="a" default="x"/>')
    assert only.required
    assert only == Field("a", IntegerNode())


@pytest.mark.parametrize(
    ("written", "required"),
    [("false", False), ("False", False), ("no", False), ("0", False), ("TRUE", True), ("yes", True), ("maybe", True)],
)
def test_required_false_is_optional_however_it_is_written(written: str, required: bool) -> None:
    (only,) = fields(f'<string name="a" required="{written}"/>')
    assert only.required is required


def test_a_flag_that_is_misspelled_says_how_it_is_read() -> None:
    (warning,) = check('<rail version="0.1"><output><string name="a" required="False"/></output></rail>')
    assert warning.message == "'False' is neither true nor false: it is read as false"
    (error,) = check('<rail version="1.0"><output><string name="a" required="False"/></output></rail>')
    assert (error.severity, error.hint) == ("error", 'write "false"')


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ('<output type="string" description="d" format="short"/>', StringNode(description="d", hint="short")),
        ('<output type="list"><integer/></output>', ListNode(item=IntegerNode())),
        ("<output><list><integer/></list></output>", ListNode(item=IntegerNode())),
        ("<output><sql/></output>", ObjectNode(extra=AnyNode())),
        ('<output type="strnig"/>', StringNode()),
        ('<output type="Object"><string name="a"/></output>', ObjectNode(fields=(Field("a", StringNode()),))),
        ('<output strict="maybe" repair="never" type="float"/>', FloatNode()),
    ],
)
def test_an_output_has_a_type(output: str, expected: Node) -> None:
    assert read(output).schema.root == expected


def test_parts_of_rail_that_nobody_knows_are_ignored_with_a_warning() -> None:
    inside = "text<output/><output/><string/><pydantic/><foo/><messages>x</messages><definitions a='b'>c</definitions>"
    assert sorted(codes(inside)) == sorted(
        ["stray-text"] * 3
        + ["duplicate-element", "misplaced-element", "misplaced-element", "unknown-element", "unknown-attribute"]
    )


def test_a_variable_that_an_old_input_forgets_is_declared_for_it() -> None:
    spec = read(
        "<input><string name='a'/></input><output/><prompt>{{a}} {{b}}</prompt>"
        "<reask_prompt>{{previous_response}}</reask_prompt>"
    )
    assert spec.inputs == ObjectNode(fields=(Field("a", StringNode()), Field("b", AnyNode())))


@pytest.mark.parametrize("written", ["${complete_json_suffix}", "{{ complete_json_suffix }}"])
def test_a_primitive_without_its_prefix_is_the_primitive(written: str) -> None:
    spec = read(f"<output/><prompt>{written} ${{x}}</prompt><reask_prompt>${{error_messages}}</reask_prompt>")
    assert spec.messages[0].content == Template((Slot("primitive", "complete_json_suffix"), " ", Slot("variable", "x")))
    assert spec.reask[0].content == Template((Slot("variable", "error_messages"),))
    (warning,) = (one for one in spec.warnings if one.code == "template")
    assert warning.hint == "write ${gr.complete_json_suffix}"


def test_an_unknown_primitive_of_an_old_document_stays_text() -> None:
    spec = read("<output/><prompt>${gr.no_such_thing} ${gr.complete_json_suffix}</prompt>")
    assert spec.messages[0].content == Template(("${gr.no_such_thing} ", Slot("primitive", "complete_json_suffix")))
    assert spec.warnings[-1].code == "template"


def test_each_deviation_says_what_is_made_of_it() -> None:
    (warning,) = check('<rail version="0.1"><output><sql name="a"/></output></rail>')
    assert warning.message == "there is no <sql>: it is read as string"
    (error,) = check('<rail version="1.0"><output><sql name="a"/></output></rail>')
    assert error.message == "there is no <sql>"


@pytest.mark.parametrize(("tag", "validators"), [("url", "valid-url"), ("email", "email"), ("email", "valid-email")])
def test_an_old_url_with_a_validator_of_urls_fails_as_its_on_fail_says(tag: str, validators: str) -> None:
    inside = f'<{tag} name="a" required="false" validators="{validators}" on-fail-{validators}="filter"/>'
    outcome = Guard.from_rail_string(f'<rail version="0.1"><output>{inside}</output></rail>').parse('{"a": "nope"}')
    assert (outcome.passed, outcome.output) == (True, {})
    assert node(f'<{tag} name="a"/>') == StringNode(format=tag)


@pytest.mark.parametrize(
    "inside",
    [
        '<string name="a">{}</string>',
        '<sql name="a">{}</sql>',
        '<list name="a">{}<string/></list>',
        '<object name="a">{}<string name="b"/></object>',
        '<choice name="a" discriminator="d">{}<case name="x"/></choice>',
    ],
)
@pytest.mark.parametrize(
    "check_", ['<validator name="length" min="1"/>', "<validators><two-words/></validators>", "<rule>x</rule>"]
)
def test_a_check_in_an_invented_element_is_a_rule_that_cannot_run_and_is_never_dropped(
    inside: str, check_: str
) -> None:
    text = f'<rail version="0.1"><output>{inside.format(check_)}</output></rail>'
    guard = Guard.from_rail_string(text)
    assert "misplaced-element" in {problem.code for problem in guard.warnings}
    with pytest.raises(SpecError) as caught:
        guard.parse("{}")
    assert [problem.code for problem in caught.value.problems] == ["misplaced-element"]
    written = guard.to_rail()
    assert "element-" in written
    assert {problem.code for problem in check(written) if problem.severity == "error"} == {"unknown-validator"}
    Guard.from_rail_string(text, unknown_validators="ignore").parse("{}")


def test_an_element_that_may_be_data_is_a_member_as_it_always_was() -> None:
    spec = load(
        '<rail version="0.1"><output><object name="o"><rule name="x"/><check name="y"/></object></output></rail>'
    )
    assert [field.name for field in spec.schema.root.fields[0].node.fields] == ["x", "y"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("written", "rules"),
    [
        ("rail-at-least 1 9", [{"min": 1, "max": 9}]),
        ("rail-at-least=1", [{"min": 1}]),
        ("rail-at-least 1 x", []),
        ("rail-at-least 1e99999", []),
        ("rail-at-least=1e9999999", []),
        ("rail-nothing 'x'", []),
        ("rail-two-words 'x'", []),
    ],
)
def test_a_format_without_a_colon_is_words_unless_it_is_plainly_a_call(
    written: str, rules: list[dict[str, object]]
) -> None:
    found = node(f'<string name="a" format="{written}"/>')
    assert [rule.arguments for rule in found.rules] == rules
    assert found.hint == (None if rules else written)

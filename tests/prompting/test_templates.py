"""Templates: three spellings, one pass, linear time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from railguard.errors import SpecError
from railguard.prompting import primitives, templates
from railguard.prompting.templates import TemplateError
from railguard.spec import Slot, Template
from railguard.testing.growth import steep_growth


def var(name):
    return Slot("variable", name)


OUTPUT, XML_OUTPUT = Slot("schema", "output_schema"), Slot("schema", "xml_output_schema")

names = st.from_regex(r"[a-zA-Z_]\w{0,8}", fullmatch=True).filter(
    lambda n: n not in ("output_schema", "xml_output_schema")
)
slots = st.one_of(
    names.map(var),
    st.sampled_from(sorted(primitives.PRIMITIVES)).map(lambda name: Slot("primitive", name)),
    st.sampled_from([OUTPUT, XML_OUTPUT]),
)
texts = st.text("$ {}@ab\n.g", max_size=12) | st.text(max_size=12)


@st.composite
def a_template(draw):
    """Any template in normal form: no empty text, no two texts side by side."""
    parts = []
    for part in draw(st.lists(texts | slots, max_size=8)):
        if part == "" or (isinstance(part, str) and parts and isinstance(parts[-1], str)):
            continue
        parts.append(part)
    return Template(tuple(parts))


# The dialect of railguard itself.


def test_variables_primitives_and_schemas_are_read_in_their_order():
    template = templates.parse_template(
        "a ${doc} ${gr.json_suffix_prompt}${output_schema} ${xml_output_schema}", syntax="1.0"
    )
    assert template.parts == (
        "a ",
        var("doc"),
        " ",
        Slot("primitive", "json_suffix_prompt"),
        OUTPUT,
        " ",
        XML_OUTPUT,
    )


@pytest.mark.parametrize(
    "text", ["costs $5", "$", "5$ ", '{"a": {"b": {}}}', "{{x}} {x} }}", "@error_messages", "a@b.c"]
)
def test_what_is_no_place_stays_text(text):
    assert templates.parse_template(text, syntax="1.0").parts == (text,)


def test_two_dollar_signs_are_one_and_keep_a_place_from_being_one():
    assert templates.parse_template("$${doc} $$$$ $$5", syntax="1.0").parts == ("${doc} $$ $5",)


def test_no_text_is_no_parts():
    assert templates.parse_template("", syntax="1.0") == Template(())


@pytest.mark.parametrize(
    ("text", "offset", "message", "hint"),
    [
        ("ab ${doc", 3, "not closed", "close it"),
        ("${a\n}", 0, "not closed", "close it"),
        ("${a${b}", 0, "not closed", "close it"),
        ("a ${}", 2, "needs a name", "$${"),
        ("${  }", 0, "needs a name", "$${"),
        ("${ doc }", 0, "' doc ' is not a name", "write ${doc}"),
        ("${1}", 0, "'1' is not a name", "letters, digits and _"),
        ("${a.b}", 0, "'a.b' is not a name", "letters, digits and _"),
        ("${gr.}", 0, "'gr.' is not a name", "letters, digits and _"),
        ("x${gr.complete_json_sufix}", 1, "no primitive named 'gr.complete_json_sufix'", "${gr.complete_json_suffix}"),
        ("${gr.zzzzzz}", 0, "no primitive", "docs/rail.md"),
        ("${dok}", 0, "no variable named 'dok'", "did you mean ${doc}?"),
        ("${output_shema}", 0, "no variable", "did you mean ${output_schema}?"),
        ("${error_messages}", 0, "no variable", "did you mean ${gr.error_messages}?"),
        ("${zzzzz}", 0, "no variable", "the variables are: doc"),
        ("${" + "z" * 99 + "}", 0, "z" * 40 + "…", "the variables are: doc"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_offset_and_the_mend(text, offset, message, hint):
    with pytest.raises(TemplateError) as raised:
        templates.parse_template(text, syntax="1.0", variables=["doc"])
    assert raised.value.offset == offset
    assert message in raised.value.message
    assert hint in raised.value.hint


def test_where_there_are_no_variables_the_hint_says_so():
    [problem] = templates.template_problems("${doc}", variables=[])
    assert problem.hint == "the variables are: none"


def test_very_many_variables_are_not_listed():
    [problem] = templates.template_problems("${zzzzz}", variables=[f"document_{number}" for number in range(50)])
    assert problem.hint == "declare it as an input"


def test_any_name_is_read_where_the_variables_are_not_known():
    assert templates.parse_template("${whatever}", syntax="1.0").variables == ("whatever",)


def test_all_problems_are_reported_and_what_is_between_them_is_read():
    found = templates.template_problems("${} ${a} ${b.c} ${", variables=["b"])
    assert [problem.offset for problem in found] == [0, 4, 9, 16]


def test_a_sound_text_has_no_problems():
    assert templates.template_problems("${a} $${ $5") == []


# The older spellings.


def test_the_first_spelling_has_braces_and_at_signs():
    template = templates.parse_template("{{doc}} {{ doc }} @json_suffix_prompt {output_schema}", syntax="0.1")
    assert template.parts == (
        var("doc"),
        " ",
        var("doc"),
        " ",
        Slot("primitive", "json_suffix_prompt"),
        " ",
        XML_OUTPUT,
    )


def test_the_first_spelling_knows_no_dollar_sign():
    assert templates.parse_template("${doc} $$", syntax="0.1").parts == ("${doc} $$",)


def test_the_second_spelling_has_dollar_signs_and_the_braced_schema():
    template = templates.parse_template(
        "${doc}$$ $5 ${gr.json_suffix_prompt}{output_schema}${xml_output_schema}", syntax="0.2"
    )
    assert template.parts == (
        var("doc"),
        "$ $5 ",
        Slot("primitive", "json_suffix_prompt"),
        XML_OUTPUT,
        XML_OUTPUT,
    )


@pytest.mark.parametrize("name", ["xml_prefix_prompt", "xml_suffix_prompt_v2_wo_none"])
def test_a_text_that_speaks_of_xml_shows_xml(name):
    assert templates.parse_template(f"${{gr.{name}}} ${{output_schema}}", syntax="0.2").parts[-1] == XML_OUTPUT
    assert templates.parse_template(f"${{gr.{name}}} ${{output_schema}}", syntax="1.0").parts[-1] == OUTPUT


@pytest.mark.parametrize(
    ("text", "variables", "offsets"),
    [
        ("Read {{document}}.", None, {5: "write ${document}"}),
        ("Read {{ document }}, {{document}}.", None, {5: "write ${document}", 21: "write ${document}"}),
        ("Read {document}, {document}.", None, {5: "write ${document}"}),
        ("Read {document} {{other}}", ("document",), {5: "write ${document}"}),
        ("{output_schema}", ("document",), {0: "write ${output_schema}"}),
        ("{{complete_json_suffix}}", ("document",), {0: "write ${gr.complete_json_suffix}"}),
        ("Now @complete_json_suffix", ("document",), {4: "write ${gr.complete_json_suffix}"}),
        ("Now @error_messages", None, {4: "write ${gr.error_messages}"}),
        (r"\frac{ab}{cd} x_{ij} {1} { a } {a b} {} {A} {'a': 1} GET /users/{user_id}", None, {}),
        ("${document} $${document} me@complete_json_suffix.com @complete_json @everyone", None, {}),
        ('{"a": {"b": 1}}', None, {}),
        ("Read {{document}} {other} $any", ("else",), {}),
        ("Read $document, $other", ("document",), {5: "write ${document}"}),
    ],
)
def test_a_place_in_another_spelling_is_found_with_how_to_write_it(text, variables, offsets):
    assert {place.offset: place.hint for place in templates.older_places(text, variables)} == offsets


def test_a_document_that_mixes_both_spellings_is_read_as_both():
    template = templates.parse_template("${a} {{b}} @error_messages", syntax="0.2")
    assert template.parts == (var("a"), " ", var("b"), " ", Slot("primitive", "error_messages"))


@pytest.mark.parametrize("syntax", ["0.1", "0.2"])
@pytest.mark.parametrize(
    "text",
    [
        "me@error_messages",
        "x.y@error_messages",
        "@error_messages.com",
        "@error_messages-x",
        "@error_messages(1)",
        "@error_messages@x",
        "@@error_messages",
        "@property",
        "@dataclass",
        "a @ b",
        '{"a": {"b": {"c": 1}}}',
        "{{}} {{1}} {x} {{a b}}",
        "{{a.__class__}}",
        "$",
        "$5",
        "${",
        "${}",
        "${a",
        "${ a }",
        "${a.b}",
        "${gr.nope}",
        "${gr.}",
    ],
)
def test_in_the_older_spellings_what_cannot_be_read_stays_text(syntax, text):
    assert templates.parse_template(text, syntax=syntax).parts == (text,)


def test_a_primitive_at_the_end_of_a_sentence_is_one():
    template = templates.parse_template("As in @error_messages.", syntax="0.1")
    assert template.parts == ("As in ", Slot("primitive", "error_messages"), ".")


def test_the_longest_name_of_a_primitive_counts():
    template = templates.parse_template("@complete_json_suffix_v2", syntax="0.1")
    assert template.parts == (Slot("primitive", "complete_json_suffix_v2"),)


@pytest.mark.parametrize(("syntax", "text"), [("0.1", "{{a}} {{b}}"), ("0.2", "${a} ${b}")])
def test_in_the_older_spellings_a_name_that_is_no_variable_stays_text(syntax, text):
    assert templates.parse_template(text, syntax=syntax, variables=["b"]).parts == (
        text[: text.index("b") - 2],
        var("b"),
    )


def test_a_text_that_announces_xml_gets_xml():
    template = templates.parse_template("@xml_prefix_prompt {output_schema}", syntax="0.1")
    assert template.parts == (Slot("primitive", "xml_prefix_prompt"), " ", XML_OUTPUT)


@pytest.mark.parametrize(
    ("text", "syntax"),
    [
        ("{{doc}}", "0.1"),
        ("@complete_json_suffix", "0.1"),
        ("{output_schema} for @someone", "0.2"),
        ("${doc}", "0.2"),
        ("{{a}} ${b}", "0.2"),
        ("costs $$5 {{a}}", "0.1"),
        ("plain", "0.2"),
        ("", "0.2"),
    ],
)
def test_the_spelling_of_an_older_text_is_recognised(text, syntax):
    assert templates.detect_syntax(text) == syntax


# Writing and filling.


@given(a_template())
def test_a_template_is_written_so_that_it_reads_back_the_same(template):
    assert templates.parse_template(templates.template_text(template), syntax="1.0") == template


@given(st.text("${}@agr. x", max_size=30), st.sampled_from(["0.1", "0.2"]))
def test_an_older_text_reads_the_same_after_it_is_written_anew(text, syntax):
    template = templates.parse_template(text, syntax=syntax)
    assert templates.parse_template(templates.template_text(template), syntax="1.0") == template


def test_a_dollar_sign_is_doubled_only_where_it_must_be():
    template = Template(("costs $5, $", var("a"), " $$ ${x} $"))
    assert templates.template_text(template) == "costs $5, $$${a} $$$$ $${x} $"


def test_texts_side_by_side_are_written_as_one():
    assert templates.parse_template(templates.template_text(Template(("$", "{x}"))), syntax="1.0").parts == ("${x}",)


hostile = st.sampled_from(
    ["${gr.error_messages}", "{{7*7}}", "$$", "{x.__class__}", "@error_messages", "${a}", "%s", "\\1"]
)


@given(a_template(), st.data())
def test_a_value_stands_verbatim_and_nothing_is_added_or_lost(template, data):
    values = {name: data.draw(hostile | st.text()) for name in template.variables}
    filled = templates.fill(template, values, lambda slot: f"<{slot.name}>")
    pieces = [
        part if isinstance(part, str) else values[part.name] if part.kind == "variable" else f"<{part.name}>"
        for part in template.parts
    ]
    assert len(filled) == sum(map(len, pieces))
    at = 0
    for piece in pieces:
        assert filled[at : at + len(piece)] == piece
        at += len(piece)


def test_a_variable_without_a_value_is_a_key_error():
    with pytest.raises(KeyError):
        templates.fill(Template((var("a"),)), {}, lambda slot: "")


def test_a_primitive_is_replaced_by_its_parts():
    template = templates.expand(Template(("a", Slot("primitive", "error_messages"), var("b"))))
    assert template.parts == ("aError messages:\n\n", var("error_messages"), var("b"))


def test_a_primitive_that_there_is_not_is_refused():
    with pytest.raises(SpecError, match="no primitive named 'nope'"):
        templates.expand(Template((Slot("primitive", "nope"),)))


@pytest.mark.parametrize(
    ("parts", "dedented"),
    [
        (("\n    one\n      two\n\n    three\n  ",), ("one\n  two\n\nthree",)),
        (("\n  a ", Slot("variable", "x"), "\n  ", Slot("variable", "y"), "\n"), ("a ", var("x"), "\n", var("y"))),
        ((Slot("variable", "x"), "\n  b"), (var("x"), "\n  b")),
        (("one\n  - two",), ("one\n  - two",)),
        (("\t one\n\ttwo",), (" one\ntwo",)),
        (("  a\n \n  b",), ("a\n\nb",)),
        ((" \n \t\n",), ()),
        ((), ()),
    ],
)
def test_the_indentation_that_all_lines_share_and_blank_lines_around_are_taken_away(parts, dedented):
    assert templates.dedent_template(Template(parts)).parts == dedented


@given(a_template())
def test_taking_indentation_away_twice_is_taking_it_away_once(template):
    once = templates.dedent_template(template)
    assert templates.dedent_template(once) == once
    assert [part for part in once.parts if isinstance(part, Slot)] == [p for p in template.parts if isinstance(p, Slot)]


@pytest.mark.parametrize("syntax", ["0.1", "0.2", "1.0"])
@pytest.mark.parametrize(
    "piece", ["${", "{{", "@", "$", "@a", "{{ ", "${a", "{{a ", "{output_", "{", "}", "${gr.", " "]
)
def test_time_is_linear_in_a_hostile_text(syntax, piece):
    def read(text):
        try:
            templates.parse_template(text, syntax=syntax)
        except TemplateError:
            templates.template_problems(text)

    assert steep_growth(read, lambda n: piece * n) is None


@pytest.mark.parametrize(
    "text",
    [
        "Read {{document}}, {{ document }} and {document}.",
        "@complete_json_suffix_v2 and @nobody or me@example.com",
        "costs $5 or $$ or $ {{a}}$ ${b} $$${b} $name",
        "{{output_schema}} {output_schema} {{complete_json_suffix}}",
        "${document} ${gr.complete_json_suffix} ${output_schema} @xml_prefix_prompt",
        "$",
        "$${a} ${{a}} $$",
        "",
    ],
)
@pytest.mark.parametrize("syntax", ["0.1", "0.2", "1.0"])
def test_a_respelled_text_says_the_same_as_before(text, syntax):
    new, done = "", 0
    for start, end, said in templates.respelled(text, syntax):
        assert done <= start <= end
        new, done = new + text[done:start] + said, end
    new += text[done:]
    if syntax == "1.0":
        assert new == text
    else:
        assert templates.parse_template(new, syntax="1.0") == templates.parse_template(text, syntax=syntax)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Read {document}, {document} and {other}.", {5: "document", 32: "other"}),
        ("{output_schema} {xml_output_schema}", {}),
        ("{{document}} {Document} { document } {a b} {}", {}),
    ],
)
def test_names_in_single_braces_of_an_older_text_are_told_once_each(text, found):
    told = {place.offset: place.hint for place in templates.single_braces(text)}
    assert told == {
        at: f"write {{{{{name}}}}} in a document of version 0.1, ${{{name}}} in any later one"
        for at, name in found.items()
    }

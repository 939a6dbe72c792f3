"""Quick fixes: each takes its problem away."""

from __future__ import annotations

import pytest

from railguard import language

WHOLE = """<rail version="1.0">
  <input>
    <string name="doc"/>
  </input>
  <output>
    @
  </output>
  <messages>
    <message role="user">
      Read ${doc}.

      ${gr.complete_json_suffix}
    </message>
  </messages>
</rail>
"""


def first_fix(text: str, code: str) -> str | None:
    checked = language.check_text(text)
    problem = next(one for one in checked.problems if one.code == code)
    fixes = language.quick_fixes(checked, problem)
    return language.edited(text, fixes[0].edits) if fixes else None


@pytest.mark.parametrize(
    ("wrong", "code", "right"),
    [
        ('<strng name="a"/>', "unknown-element", '<string name="a"/>'),
        ('<array name="a"><string/></array>', "unknown-element", '<list name="a"><string/></list>'),
        ('<string nam="a"/>', "unknown-attribute", '<string name="a"/>'),
        (
            '<string name="a" validators="lenght: 1 5; one-line"/>',
            "unknown-validator",
            '<string name="a" validators="length: 1 5; one-line"/>',
        ),
        ('<string name="a" validators="length: mn=1"/>', "validator-arguments", '<string name="a" validators="length: min=1"/>'),
        (
            '<string name="a" validators="two-words" on-fail-two-words="fx"/>',
            "unknown-on-fail",
            '<string name="a" validators="two-words" on-fail-two-words="fix"/>',
        ),
        ('<string name="a" required="yes"/>', "bad-boolean", '<string name="a" required="true"/>'),
        ('<string name="a" validators="length(1,5)"/>', "validator-syntax", '<string name="a" validators="length: 1 5"/>'),
        ('<string name="a" name="b"/>', "duplicate-attribute", '<string name="a"/>'),
        ('<string name="a" description="R & D"/>', "bare-ampersand", '<string name="a" description="R &amp; D"/>'),
        ('<object name="a"><bool name="b"/></objct>', "mismatched-tag", '<object name="a"><bool name="b"/></object>'),
        ('<string name=a/>', "unquoted-value", '<string name="a"/>'),
        ('<string name="a" format="emial"/>', "bad-format", '<string name="a" format="email"/>'),
    ],
)  # fmt: skip
def test_a_mistake_is_mended_as_its_hint_says(wrong: str, code: str, right: str) -> None:
    assert first_fix(WHOLE.replace("@", wrong), code) == WHOLE.replace("@", right)


def test_a_schema_that_no_message_shows_is_put_into_the_last_one() -> None:
    whole = WHOLE.replace("@", '<string name="a"/>')
    fixed = first_fix(whole.replace("\n\n      ${gr.complete_json_suffix}", ""), "schema-not-told")
    assert fixed == whole.replace("suffix}", "suffix_v2}")


def test_a_variable_that_is_not_declared_is_declared_or_spelled_right() -> None:
    text = WHOLE.replace("@", '<string name="a"/>').replace("${doc}", "${dok} of ${doc}")
    checked = language.check_text(text)
    [problem] = checked.problems
    fixes = {one.title: language.edited(text, one.edits) for one in language.quick_fixes(checked, problem)}
    assert fixes["Change to doc"] == text.replace("${dok}", "${doc}")
    assert fixes["Declare ${dok}"] == text.replace(
        '<string name="doc"/>', '<string name="doc"/>\n    <string name="dok"/>'
    )


def test_an_element_that_is_never_closed_is_closed() -> None:
    whole = WHOLE.replace("@", '<string name="a"/>')
    assert first_fix(WHOLE.replace("@", '<string name="a">'), "unclosed-element") == whole


def test_nothing_is_offered_where_nobody_can_tell_what_was_meant() -> None:
    assert first_fix(WHOLE.replace("@", '<integer name="a" minimum="x"/>'), "bad-number") is None

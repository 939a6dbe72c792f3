"""cucumber-expression-match: Cucumber Expressions, by the grammar of the project cucumber-expressions."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError, pattern
from railguard.testing.laws import check_validator
from railguard_validators.cucumber_expression_match import cucumber_expression_match


def test_it_keeps_the_laws():
    rule = cucumber_expression_match("I buy {int} apple(s)/pear(s) for {float} at {string} {}")
    check_validator(
        rule, passing=["I buy 1 pear for .5 at 'a' b"], failing=["", "I buy 1 apples", "I buy x pears for 1 at"]
    )
    check_validator(cucumber_expression_match("{}{}{}{word}"), passing=["aaaa"], failing=["", " "])


@pytest.mark.parametrize(
    ("expression", "passing", "failing"),
    [
        ("a.b*", ["a.b*"], ["axb", "a.bb", "a.b*\n", "xa.b*"]),
        ("{int}", ["0", "-19", "007"], ["", "+1", "1.0", "1e5", "٣"]),
        ("{float}", ["3.6", ".8", "-9.2", "+1", "71", "1.5E-3"], ["", ".", "1.", "1e5", "1,5", "E5"]),
        ("{word}", ["banana", "b-4!"], ["", "banana split", "a\u00a0b"]),
        ("{string}", ['"banana split"', "''", '"say \\"hi\\""', "'\"'"], ["banana", "'a\"", '"a"b"']),
        ("{}", ["", "anything at all"], ["two\nlines"]),
        ("{int}st/nd/rd/th of {word}", ["1st of May", "3rd of June"], ["5 of May", "1stnd of May"]),
        ("cucumber(s)", ["cucumber", "cucumbers"], ["cucumber(s)", "cucumberss"]),
        ("a( or so)", ["a", "a or so"], ["a "]),
        ("apple/orange", ["apple", "orange"], ["apple/orange", "appleorange"]),
        ("one/both pear(s)/fig", ["one pear", "both pears", "one fig"], ["one", "one figs"]),
        (r"\{what} \(amazing!) and\/or C:\\", ["{what} (amazing!) and/or C:\\"], ["what amazing! and C:\\"]),
        (r"a\ b/c", ["a b", "c"], ["a c"]),
        (") }", [") }"], [")"]),
        ("", [""], ["a"]),
        ("Grüße {int} 😀", ["Grüße 4 😀"], ["Grusse 4 😀"]),
    ],
)
def test_it_matches_as_the_grammar_says(expression, passing, failing):
    rule = cucumber_expression_match(expression)
    keyword = pattern(rule.constraint("string")["pattern"])
    for text in [*passing, *failing]:
        assert (rule.run(text) is None) is (text in passing), text
        assert keyword.search(text) is (text in passing)
    assert rule.constraint("integer") is None


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        (
            "{colour}",
            r"there is no type \{colour\}; there are \{int\}, \{float\}, \{word\}, \{string\}, \{\}, and those",
        ),
        ("{int", r"\{ is never closed"),
        ("{a(b)}", r"\( in the name of a type"),
        ("apple(s", r"\( is never closed"),
        ("apple()", r"\( \) without text between"),
        ("a(b(c))", r"\( in optional text"),
        ("a({int})", r"\{ in optional text"),
        ("a(b/c)", r"/ in optional text"),
        ("a/ b", "each alternative beside a /"),
        ("{int}/a", "each alternative beside a /"),
        ("(a)/b", "each alternative beside a /"),
        (r"\d", r"stands only before"),
        ("a\\", r"stands only before"),
    ],
)
def test_what_the_grammar_does_not_allow_is_refused(expression, said):
    with pytest.raises(SpecError, match=said):
        cucumber_expression_match(expression)


def test_types_of_ones_own_are_regular_expressions_that_run_in_linear_time():
    rule = cucumber_expression_match("a {colour} ball/hat", {"colour": "red|dark blue"})
    assert rule.run("a dark blue hat") is None
    assert rule.run("a green hat") is not None
    for regex in ("(a)\\1", "a)(b"):
        with pytest.raises(SpecError):
            cucumber_expression_match("{x}", {"x": regex})
    for name in ("int", "", "a/b"):
        with pytest.raises(SpecError, match="no name for a type of your own"):
            cucumber_expression_match("{int}", {name: "a"})


def test_the_message_says_what_the_signs_mean_and_there_is_no_fix():
    result = cucumber_expression_match("I have {int} cuke(s) in my belly/stomach").run("I have 42.5 cukes")
    assert result.message == (
        'The whole text must match "I have {int} cuke(s) in my belly/stomach": {int} a whole number, words in ( ) may be '
        "left out, of words with / between them one."
    )
    assert result.fix is UNSET
    assert cucumber_expression_match("yes").run("no").message == 'The whole text must match "yes".'


def test_it_reads_as_words_for_a_model():
    assert cucumber_expression_match("{int} cuke(s)").describe() == (
        'matches "{int} cuke(s)" ({int} a whole number, words in ( ) may be left out)'
    )
    assert cucumber_expression_match("yes").describe() == 'matches "yes"'

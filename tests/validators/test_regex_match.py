"""regex-match: a text matches a regular expression."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError, pattern
from railguard.testing.laws import check_validator
from railguard_validators.regex_match import regex_match


def test_it_keeps_the_laws():
    check_validator(regex_match("[A-Z]{2}-[0-9]+"), passing=["AB-1", "XY-123"], failing=["", "AB-", "see AB-1"])


def test_a_pattern_that_ruins_backtracking_engines_keeps_the_law_of_time():
    check_validator(regex_match("^(a+)+$", "search"), passing=["aaaa"], failing=["aaaa!"])


def test_the_whole_text_must_match_unless_search_is_asked_for():
    assert regex_match("[0-9]+").run("no 12").message == "The whole text must match the regular expression [0-9]+"
    assert regex_match("[0-9]+", "search").run("no 12") is None
    found = regex_match("[0-9]+", match_type="search").run("none")
    assert (found.message, found.fix) == ("Some part of the text must match the regular expression [0-9]+", UNSET)


@pytest.mark.parametrize(
    ("pattern", "code"), [("(a)\\1", "pattern"), ("a(?=b)", "pattern"), ("(", "pattern"), (7, "validator-arguments")]
)
def test_a_pattern_that_cannot_run_is_refused_when_the_rule_is_made(pattern, code):
    with pytest.raises(SpecError) as caught:
        regex_match(pattern)
    assert caught.value.problems[0].code == code


@pytest.mark.parametrize(
    ("regex", "keyword"),
    [
        ("a|b", "^(?:a|b)$"),
        ("^a", "^a$"),
        ("^a$", "^a$"),
        ("^a|b$", "^(?:^a|b$)$"),
        (r"^\$", r"^\$$"),
        (r"^a(?m)b$", r"^(?:^a(?m)b$)$"),
        (r"^(?!x)(?=.*\d).+", r"^(?!x)(?=.*\d).+$"),
    ],
)
def test_its_keyword_says_the_same_and_can_be_read_back(regex, keyword):
    rule = regex_match(regex)
    assert rule.constraint("string") == {"pattern": keyword}
    for text in ["", "a", "b", "ab", "a1", "x1", "$", "a\n", "$$", "a\nb", "ab\n"]:
        assert pattern(keyword).search(text) is (rule.run(text) is None)
    assert regex_match("a", "search").constraint("string") == {"pattern": "a"}
    assert regex_match("a").constraint("integer") is None


def test_an_unknown_match_type_is_refused():
    with pytest.raises(SpecError, match="match_type"):
        regex_match("a", "match")


def test_it_reads_as_words_for_a_model():
    assert regex_match("a+").describe() == "matches the regular expression a+"

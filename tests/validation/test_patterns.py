"""Patterns: JSON Schema's dialect on a linear-time engine, with what cannot run refused at load time."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from railguard import SpecError
from railguard.testing.growth import steep_growth
from railguard.validation import patterns


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("b", "abc", True),
        ("^b", "abc", False),
        ("", "", True),
        ("é", "café", True),
        ("^.$", "😀", True),
        # classes of ECMA-262
        (r"^\d$", "٣", False),
        (r"^\w$", "é", False),
        (r"^[\w-\.]+@([\w-]+\.)+[\w-]{2,4}$", "ada.l-x@example.org", True),
        (r"^\s$", "\u00a0", True),
        (r"^\s$", "\u000b", True),
        (r"^\s$", "\ufeff", True),
        (r"^\s$", "\u0085", False),
        (r"^\S$", "\u3000", False),
        (r"^[^\s]$", "\u2028", False),
        (r"^[\S]$", "x", True),
        ("^.$", "\u2028", False),
        ("^.$", "\r", False),
        ("(?s)^.$", "\n", True),
        (r"(?s:.).", "\n\n", False),
        # escapes
        (r"^\/\-\_$", "/-_", True),
        (r"\u00e9", "é", True),
        (r"\uD83D\uDE00", "😀", True),
        (r"^\u{1F600}\x{1F600}\xe9$", "😀😀é", True),
        (r"^\cJ\t\0$", "\n\t\0", True),
        (r"^[\b]$", "\b", True),
        (r"\bcat\b", "a cat.", True),
        (r"\bcat\b", "concat", False),
        # the end is the end
        ("a$", "a\n", False),
        (r"a\Z", "a\n", False),
        (r"\Aa\z", "a", True),
        ("(?m)^b$", "a\nb\nc", True),
        # brackets
        ("[a-]", "-", True),
        (r"[\d-x]", "-", True),
        (r"[a-\d]", "-", True),
        ("[[]", "[", True),
        ("[(-.]", ".", True),
        ("a{", "a{", True),
        ("^{x}$", "{x}", True),
        ("^x{2}$", "xx", True),
        # properties
        (r"^\p{L}+$", "Straße", True),
        (r"^\p{Letter}\p{gc=Lu}$", "éÉ", True),
        (r"^\p{Script=Greek}+$", "αβγ", True),
        (r"\p{sc=Greek}", "abc", False),
        (r"^[\p{Lu}\d]+$", "É1", True),
        (r"^\p{ASCII}+$", "é", False),
        (r"^[\P{ASCII}x]+$", "éx", True),
        (r"^\P{L}$", "1", True),
        # groups
        ("^(?<year>[0-9]{4})-(?P<month>[0-9]{2})$", "2024-05", True),
        ("(?i)straSSE", "Strasse", True),
        (r"(?i)^\W$", "s", False),
        (r"(?i:a)b", "Ab", True),
        (r"(?i:a)b", "AB", False),
        (r"(?i)a(?-i:b)", "AB", False),
        # lookahead after a leading ^
        ("^(?!.*foo).*$", "a foot", False),
        ("^(?!.*foo).*$", "a boot", True),
        (r"^(?=.*\d)(?=.*[a-z])(?!.*\s).{8,}$", "passw0rd", True),
        (r"^(?=.*\d)(?=.*[a-z])(?!.*\s).{8,}$", "password", False),
        (r"^(?=.*\d)(?=.*[a-z])(?!.*\s).{8,}$", "passw 0rd", False),
        ("(?i)^(?!admin|root$)[a-z]+$", "ROOT", False),
        ("(?i)^(?!admin|root$)[a-z]+$", "Roots", True),
        ("^(?!a)(?:b|c)", "c", True),
    ],
)
def test_it_matches_as_ecma_262_says(pattern, text, matches):
    assert patterns.compile(pattern).search(text) is matches


def test_fullmatch_takes_the_whole_text_in():
    pattern = patterns.compile("a|ab")
    assert pattern.fullmatch("ab")
    assert not pattern.fullmatch("abc")
    assert not pattern.fullmatch("ab\n")
    assert patterns.compile("^(?!x).").fullmatch("a")
    assert not patterns.compile("^(?!x).").fullmatch("x")


@pytest.mark.parametrize(
    ("pattern", "what", "hint"),
    [
        (r"(a)\1", r"has a backreference (\1) at offset 3", "write the group's pattern out again"),
        (r"(?<n>a)\k<n>", r"has a backreference (\k<…>) at offset 7", "again"),
        ("(?P<n>a)(?P=n)", "has a backreference ((?P=…)) at offset 8", "again"),
        ("a(?=b)", "has a lookahead ((?=…) at offset 1", "right after a leading ^"),
        ("((?!foo).)*", "has a lookahead ((?!…) at offset 1", "two rules"),
        ("(?m)^(?=a)", "has a lookahead", "two rules"),
        ("(?<=a)b", "has a lookbehind ((?<=…) at offset 0", "two rules"),
        ("(?<!a)b", "has a lookbehind ((?<!…) at offset 0", "two rules"),
        ("^(?=a)b|c", "has an alternative beside a lookahead at offset 7", "put the alternatives into a group"),
        ("^(?=a)*b", "has a repeated lookahead at offset 6", "leave the repeat out"),
        ("x{1001}", "repeats too much to run in bounded memory", "the rule length"),
        ("(?:x{100}){11}", "repeats too much to run in bounded memory", "up to 1000"),
        ("x{99999999999}", "repeats too much to run in bounded memory", "up to 1000"),
        (".{1000}" * 100, "repeats too much to run in bounded memory", "minLength and maxLength"),
        ("a{,5}", "has {,5}, which engines read differently, at offset 1", "write {0,5}"),
        ("[]a]", "has [], which engines read differently, at offset 0", r"write a literal ] as \]"),
        ("[^]", "has [^], which engines read differently, at offset 0", r"\]"),
        ("[[:alpha:]]", "has a POSIX class, which engines read differently, at offset 1", "[a-z]"),
        ("[z-a]", "has the empty range z-a at offset 1", "smaller"),
        ("[a", "has a [ that is never closed at offset 0", r"\["),
        ("(a", "has a ( that is never closed at offset 2", r"\("),
        ("a)", "has a ) that closes nothing at offset 1", r"\)"),
        ("a\\", "has a backslash with nothing after it at offset 1", "\\\\"),
        ("a++", "has a possessive repeat (++) at offset 1", "leave"),
        ("a{2}+", "has a possessive repeat at offset 4", "leave"),
        ("(?>a)", "has an atomic group ((?>…)) at offset 0", "(?:…)"),
        ("(?x)a", "has the flag 'x' at offset 0", "flags are i"),
        ("(?(1)a)", "has an unknown group ((?(1…) at offset 0", "groups are"),
        (r"\Q", r"has the unknown escape \Q at offset 0", "backslash"),
        (r"\uD800", r"which is no character, at offset 0", "take it out"),
        ("a\ud800", "has a lone surrogate at offset 1", "take it out"),
        (r"\p{Script_Extensions=Greek}", "has the property Script_Extensions at offset 0", "Script=Greek"),
        (r"\p{}", r"has an unreadable \p at offset 0", "Lu"),
        (r"\p{Emoji}", "cannot be read: invalid character class range", "with a \\ before it"),
        ("*a", "cannot be read: no argument for repetition operator: *", "with a \\ before it"),
        ("a**", "cannot be read: bad repetition operator: **", "with a \\ before it"),
    ],
)
def test_what_cannot_run_is_refused_with_a_reason_and_a_mend(pattern, what, hint):
    with pytest.raises(SpecError) as caught:
        patterns.compile(pattern)
    (problem,) = caught.value.problems
    assert problem.code == "pattern"
    assert what in problem.message
    assert hint in problem.hint


HARMLESS = st.text(alphabet="abAB12 _-.,\n/é", max_size=8)


@given(
    st.lists(
        st.sampled_from(["a", "[a-c]", r"\d", "b*", "(?:ab|c)?", ".", "1+?", "[^b]", "-", "_", "(A)"]), max_size=6
    ),
    HARMLESS,
)
def test_it_agrees_with_python_where_both_dialects_mean_the_same(parts, text):
    pattern = "".join(parts)
    expected = re.compile(pattern, re.ASCII)
    compiled = patterns.compile(pattern)
    assert compiled.search(text) is (expected.search(text) is not None)
    assert compiled.fullmatch(text) is (expected.fullmatch(text) is not None)


@given(st.text(alphabet=st.sampled_from("a1\\[](){}^$|?*+-:=!<>,.ipPsdwDuxkZ0n"), max_size=12), st.text(max_size=5))
def test_any_text_is_a_pattern_that_runs_or_a_spec_error(pattern, text):
    try:
        compiled = patterns.compile(pattern)
    except SpecError:
        return
    assert compiled.search(text) in (True, False)


@given(st.text(max_size=10), st.text(max_size=10))
def test_escaped_text_finds_itself_and_nothing_else(needle, text):
    escaped = "".join("\\" + char if char in r"\^$.|?*+()[]{}/-" else char for char in needle)
    assert patterns.compile(escaped).search(text) is (needle in text)


@given(st.sampled_from("dDwWsS"), st.characters())
def test_a_class_and_its_complement_share_no_character(name, char):
    inside, outside = patterns.compile(f"^\\{name}$"), patterns.compile(f"^[^\\{name}]$")
    assert inside.search(char) is not outside.search(char)
    assert patterns.compile(f"^[\\{name}]$").search(char) is inside.search(char)


RUINOUS = [
    (r"^(a+)+$", "a"),
    (r"^(a|aa)+$", "a"),
    (r"^(a|a?)+$", "a"),
    (r"(x+x+)+y", "x"),
    (r"(.*)*,", "a"),
    (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a"),
    (r"([a-zA-Z]+)*$", "a"),
    (r"(a|b|ab)*c", "ab"),
    (r"^(\w+\s?)*$", "ab "),
    (r"(.*a){20}", "a"),
    (r"\s+$", " "),
    (r"^\d+1\d+2", "1"),
    (r"(?:(?:a{1,30}){1,30})b", "a"),
]


@pytest.mark.parametrize(("pattern", "unit"), RUINOUS)
def test_patterns_that_ruin_backtracking_engines_take_a_moment(pattern, unit):
    compiled = patterns.compile(pattern)
    assert steep_growth(compiled.search, lambda n: unit * n + "!") is None


@pytest.mark.parametrize(
    "pattern",
    [
        "(" * 100_000,
        "(" * 50_000 + ")" * 50_000,
        "[" * 100_000,
        "a" * 300_000,
        "a{1" * 100_000,
        "(?:" * 1000 + ")*" * 1000,
    ],
)
def test_a_hostile_pattern_is_answered_in_a_moment(pattern):
    start = time.thread_time()
    said = ""
    try:
        patterns.compile(pattern).search("aaa")
    except SpecError as error:
        said = str(error)
    assert time.thread_time() - start < 2
    assert len(said) < 1000


def test_a_lone_surrogate_in_the_text_counts_as_one_unknown_character():
    assert patterns.compile("^a.b$").search("a\ud800b")
    assert not patterns.compile("^ab$").search("a\ud800b")


def test_the_same_pattern_is_compiled_once_and_survives_pickling():
    pattern = patterns.compile("^same$")
    assert patterns.compile("^same$") is pattern
    assert pickle.loads(pickle.dumps(pattern)) is pattern
    assert repr(pattern) == "Pattern('^same$')"


def test_the_engine_is_imported_when_first_needed_and_says_nothing():
    code = (
        "import sys\nfrom railguard.validation import patterns\nassert 're2' not in sys.modules\n"
        "try:\n    patterns.compile('a**')\nexcept Exception:\n    pass\nassert 're2' in sys.modules\n"
        "patterns.compile('.{1000}x').search('y' * 10000)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_a_negated_property_may_be_written_in_both_ways():
    assert not patterns.compile(r"^\p{^L}$").search("a")
    assert patterns.compile(r"^\P{^L}$").search("a")
    assert patterns.compile(r"^\pL$").search("a")


@pytest.mark.parametrize(
    ("pattern", "rust"),
    [
        (r"^[A-Z]{2}-\d+$", r"^[A-Z]{2}\x{2D}[0-9]+$"),
        (r"\Aa|b\z", "^a|b$"),
        (r"[^\W\d]", r"[^\x{0}-\x{2F}\x{3A}-\x{40}\x{5B}-\x{5E}\x{60}\x{7B}-\x{10FFFF}0-9]"),
        (r"\bword", None),
        (r"^(?!x)y", None),
        (r"(?i)a", None),
        (r"\p{Lu}", None),
        ("*a", None),
        ("a|*", None),
        ("(?:[^a]{1000}){1000}", None),  # larger than that engine's bound, and than RE2's
    ],
)
def test_what_means_the_same_in_pydantic_cores_engine_is_said_to_it(pattern, rust):
    assert patterns.in_rust(pattern) == rust


@pytest.mark.parametrize(
    ("pattern", "right", "wrong"),
    [("b+", ["abc", "b"], ["", "B"]), (r"\bb", ["a b"], ["ab"]), ("^(?!x)b", ["b"], ["xb"])],
)
def test_a_pattern_that_is_used_often_says_the_same_each_time(pattern, right, wrong):
    compiled = patterns.compile(pattern)
    for _ in range(40):
        assert all(map(compiled.search, right))
        assert not any(map(compiled.search, wrong))
        assert compiled.fullmatch("b")
        assert not compiled.fullmatch("bc\n")

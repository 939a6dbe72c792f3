"""ban-list: a text without certain words."""

from __future__ import annotations

import random

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators._text.near import Near, distance
from railguard_validators.ban_list import ban_list


def test_it_keeps_the_laws():
    check_validator(
        ban_list(["damn", "as if", "Straße", "don't"]),
        passing=["", "damnation", "as it if", "do n't"],
        failing=["Damn!", "AS, IF", "die STRASSE", "Don't", "da\u00admn"],
    )


@pytest.mark.parametrize("edits", [1, 2, 3])
def test_it_keeps_them_with_edits_too(edits):
    check_validator(
        ban_list(["damn", "confidential", "project athena"], max_l_dist=edits, allow=["dawn"]),
        passing=["", "dawn", "confetti", "a project"],
        failing=["damm", "con fidential", "Projekt Athena", "x y damn"],
    )


def test_whole_words_and_phrases_are_named_once_and_marked_each_time():
    result = ban_list(["ass", "hell no"]).run("Ass in class, ass. Hell, no!")
    assert result.message == 'These words must not stand in the text: "Ass", "ass", "Hell, no".'
    assert result.spans == [(0, 3), (14, 17), (19, 27)]
    assert result.fix is UNSET


@pytest.mark.parametrize(
    ("banned", "text", "span"),
    [
        ("straße", "Die Straße", (4, 10)),
        ("strasse", "ﬁ: Straße!", (3, 9)),
        ("café", "Cafe\u0301s? Cafe\u0301!", (8, 13)),
        ("damn", "ｄａｍｎ", (0, 4)),
        ("damn", "da\u200bmn it", (0, 5)),
        ("don't", "I don’t", (2, 7)),
        ("敏感词", "这是敏感词吗", (2, 5)),
        ("ビル", "大きなビルです", (3, 5)),
        ("हिन्दी", "यह हिन्दी है", (3, 9)),
    ],
)
def test_what_reads_alike_is_the_same_word_and_is_marked_where_it_stands(banned, text, span):
    assert ban_list([banned]).run(text).spans == [span]


def test_katakana_and_words_with_vowel_signs_are_whole_words_too():
    assert ban_list(["ビル", "हिन्"]).run("ビルド हिन्दी") is None


def test_nothing_but_the_word_itself_is_found_unless_edits_are_asked_for():
    assert ban_list(["hell"]).run("hello shell help") is None
    result = ban_list(["hell"], max_l_dist=1, allow=["hello", "hell's kitchen"]).run("Hello, shell in Hell's Kitchen")
    assert result.message == 'These words must not stand in the text: "shell" (close to "hell").'


@pytest.mark.parametrize(
    ("edits", "text", "found"),
    [
        (1, "confedential", True),
        (1, "confedentail", False),
        (2, "confedental", True),
        (3, "konfedental", True),
        (1, "con fidential", True),
        (3, "at car bat", False),
        (1, "cat", True),
        (3, "damnit", False),
        (1, "projectathena", True),
    ],
)
def test_an_entry_allows_one_edit_for_four_characters(edits, text, found):
    rule = ban_list(["confidential", "cat", "damn", "project athena"], max_l_dist=edits)
    assert (rule.run(text) is not None) is found


def test_the_nearest_reading_is_the_one_that_is_marked():
    result = ban_list(["project athena"], max_l_dist=2).run("a project athena b")
    assert (result.spans, result.message) == (
        [(2, 16)],
        'These words must not stand in the text: "project athena".',
    )


def _levenshtein(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, char in enumerate(a, 1):
        before, row = row, [i]
        for j, other in enumerate(b, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != other)))
    return row[-1]


def test_the_bounded_distance_and_the_look_up_agree_with_the_whole_table():
    chance = random.Random(20)

    def text() -> str:
        return "".join(chance.choices("ab ", k=chance.randint(0, 9)))

    for _ in range(2000):
        a, b, most = text(), text(), chance.randint(0, 3)
        assert distance(a, b, most) == min(_levenshtein(a, b), most + 1)
    for _ in range(200):
        entries = {text() + "a": chance.randint(0, 3) for _ in range(4)}
        near = Near(entries)
        for sought in [text() for _ in range(20)]:
            apart = {entry: _levenshtein(sought, entry) for entry in entries}
            best = min(((apart[e], e) for e, most in entries.items() if most and apart[e] <= most), default=None)
            assert near.find(sought) == (best and (best[1], best[0]))


@pytest.mark.parametrize(
    "arguments",
    [([],), (["a", "!"],), ("damn",), (["a"], -1), (["a"], 4), (["a"], True), (["a"], 1, ["!"])],
)
def test_lists_without_words_and_senseless_distances_are_refused(arguments):
    with pytest.raises(SpecError):
        ban_list(*arguments)


def test_it_reads_as_words_for_a_model():
    assert ban_list(["darn"]).describe() == 'without these words: "darn"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A T H E N A", "A T H E N A"),
        ("the a.t.h.e.n.a plan", "a.t.h.e.n.a"),
        ("A_T_H_E_N_A!", "A_T_H_E_N_A"),
        ("Ａ Ｔ Ｈ Ｅ Ｎ Ａ", "Ａ Ｔ Ｈ Ｅ Ｎ Ａ"),
        ("I A T H E N A a gift", "A T H E N A"),
        ("A  T  H  E  N  A", "A  T  H  E  N  A"),
    ],
)
def test_gaps_between_the_letters_hide_no_word(text, said):
    result = ban_list(["athena"]).run(text)
    assert result.message == f'These words must not stand in the text: "{said}" (spells "athena").'
    assert [text[start:end] for start, end in result.spans] == [said]


@pytest.mark.parametrize("text", ["D A M N  I T", "D A M N I T", "d/a/m/n i/t", "d.a.m.n.i.t"])
def test_a_phrase_is_found_in_spelled_letters_with_and_without_a_gap_between_its_words(text):
    assert ban_list(["damn it"]).run(text).spans == [(0, len(text))]


@pytest.mark.parametrize(
    "text", ["C L A S S", "J. R. R. Tolkien", "a, b, c, d", "H E L L O", "T-U-S-A", "H, E or L, L"]
)
def test_letters_that_spell_another_word_or_none_pass(text):
    assert ban_list(["ass", "hell", "usa"]).run(text) is None


def test_spelled_words_may_be_misspelled_as_far_as_edits_are_asked_for_and_may_be_allowed():
    assert ban_list(["athena"]).run("A T H I N A") is None
    assert ban_list(["athena"], max_l_dist=1).run("A T H I N A").spans == [(0, 11)]
    assert ban_list(["athena"], allow=["a t h e n a"]).run("A T H E N A") is None

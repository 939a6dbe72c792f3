"""Finding quotes in sources: what is found is what stands there, and the nearest passage is the nearest."""

from __future__ import annotations

import random
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from railguard_validators._grounding import sources
from railguard_validators._grounding.passages import Passages, Place, _longest_run, _Words
from railguard_validators._grounding.similarity import plain
from railguard_validators._grounding.sources import Remembered
from railguard_validators._text.normal_text import WORD, NormalText, inside_word
from railguard_validators.quotes_source import quotes_source

TEXT = st.text(alphabet="aB1 .,-\n“”ﬁßé\u0301\u00adİ中…\u200b'", max_size=40)


@given(TEXT, st.data())
def test_whatever_stands_in_a_source_between_words_is_found_there(text, data):
    edges = [at for at in range(len(text) + 1) if not inside_word(text, at)]
    start, end = sorted((data.draw(st.sampled_from(edges)), data.draw(st.sampled_from(edges))))
    quote = text[start:end]
    if not quote:
        return
    place = Passages(("x", text)).first(quote)
    assert place is not None
    assert Passages(("x", text)).text(place) == quote
    assert Passages(("x", text)).stands_at(quote, place)


def test_a_character_is_not_cut_from_its_mark():
    passages = Passages((".\u0301.1.",))
    assert list(passages.all(".")) == [Place(0, 2, 3), Place(0, 4, 5)]


@given(TEXT)
def test_every_part_of_a_normal_form_leads_back_to_where_it_came_from(text):
    normal = NormalText(text)
    last = 0
    for at in range(len(normal.text)):
        start, end = normal.origin(at, at + 1)
        assert 0 <= start < end <= len(text)
        assert start >= last or end > last
        last = start
    for word in WORD.finditer(normal.text):
        start, end = normal.origin(*word.span())
        assert word[0] in NormalText(text[start:end]).text


@given(TEXT)
def test_a_normal_form_is_found_in_the_text_it_is_of(text):
    normal = NormalText(text).text
    if NormalText(normal).text == normal and normal:
        assert Passages((text,)).first(normal, normal=True) is not None


@given(st.lists(st.sampled_from(["ab", "c"]), max_size=12), st.lists(st.sampled_from(["ab", "c", "d"]), max_size=12))
def test_the_longest_run_of_words_is_as_long_as_the_one_that_trying_all_finds(said, there):
    runs = {
        " ".join(there[i:j])
        for i in range(len(there))
        for j in range(i + 1, len(there) + 1)
        for k in range(len(said))
        if said[k : k + j - i] == there[i:j]
    }
    found = _longest_run(said, [_Words("nothing"), _Words(" ".join(there))])
    assert (found is None) is (not runs)
    if found is not None:
        source, end, mine = found
        length = 1
        while length <= min(end, mine) and said[mine - length] == there[end - length]:
            length += 1
        assert source == 1
        assert len(" ".join(there[end - length + 1 : end + 1])) == max(map(len, runs))


@given(
    st.lists(
        st.sampled_from(["the", "fee", "is", "due", "in", "may", "or", "not", "at", "all"]), min_size=3, max_size=60
    )
)
def test_the_words_that_are_not_missing_stand_in_the_nearest_passage(words):
    source = "All of the fee is due in May. Nothing else is due, or not at all in the end."
    quote = " ".join(words)
    nearest = Passages((source,)).nearest(quote)
    if nearest is None:
        return
    there = Passages((source,)).text(nearest.place).casefold().replace(",", "").replace(".", "").split()
    missing = {at for start, end in nearest.missing for at in range(start, end)}
    kept = [match[0] for match in WORD.finditer(quote) if match.start() not in missing]
    rest = iter(there)
    assert all(word in rest for word in kept), "in this order"


def test_what_was_made_of_texts_is_made_once_for_all_threads_and_only_the_last_are_kept():
    made = []
    remembered = Remembered(lambda texts, *with_: made.append((texts, with_)) or len(made))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: remembered.of((str(n % 3),)), range(200)))
    assert len({texts for texts, _ in made}) == 3
    assert len(made) == 3, "a thread waits for what another one makes"
    for n in (0, 1, 2):
        remembered.of((str(n),))
    assert len(made) == 3
    for n in range(10, 40):
        remembered.of((str(n),))
    remembered.of(("0",))
    assert made[-1] == (("0",), ())
    one, other = [], []
    assert remembered.of(("0",), one) != remembered.of(("0",), other), "objects are the same if they are one"


def test_what_is_kept_is_bounded_by_its_size_and_a_large_text_is_kept_alone():
    made = []
    remembered = Remembered(lambda texts: made.append(texts) or texts)
    small, large = ("a",), ("b" * 5_000_000,)
    remembered.of(small)
    remembered.of(large)
    remembered.of(large)
    assert made == [small, large]
    remembered.of(small)
    assert made == [small, large, small]
    assert sum(one.size for one in sources._KEPT.values()) <= 4_000_000


def test_two_rules_share_what_is_made_of_a_document_and_two_makers_do_not():
    texts = ("The fee is 6 percent.",)
    one, other = quotes_source().run.__self__, quotes_source(match="normalised").run.__self__
    assert one._passages.of(texts) is other._passages.of(texts)
    assert Remembered(len).of(texts) == 1
    assert Remembered(tuple).of(texts) == texts


def test_what_could_not_be_made_is_tried_again():
    def make(texts):
        if fails:
            raise ValueError("no")
        return "made"

    remembered, fails = Remembered(make), [1]
    with pytest.raises(ValueError, match="no"):
        remembered.of(("x",))
    fails.clear()
    assert remembered.of(("x",)) == "made"


@pytest.mark.parametrize("seed", range(20))
def test_the_quick_way_to_plain_words_is_the_same_as_the_long_one(seed):
    pick = random.Random(seed)
    for _ in range(500):
        text = "".join(pick.choices("ab-A \n\t.,'\"_1\0\x0b\x1c--", k=pick.randint(0, 12)))
        assert plain(text) == " ".join(re.sub(r"[\W_]+", " ", NormalText(text).text).split(" ")).strip()

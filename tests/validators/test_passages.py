"""Finding quotes in sources: what is found is what stands there, and the nearest passage is the nearest."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from railguard_validators._grounding.passages import Passages, Place, _longest_run, _Words
from railguard_validators._grounding.sources import Remembered
from railguard_validators._text.normal_text import WORD, NormalText, inside_word

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
    before = len(made)
    for n in (0, 1, 2):
        remembered.of((str(n),))
    assert len(made) == before
    for n in range(10, 20):
        remembered.of((str(n),))
    remembered.of(("0",))
    assert made[-1] == (("0",), ())
    one, other = [], []
    assert remembered.of(("0",), one) != remembered.of(("0",), other), "objects are the same if they are one"

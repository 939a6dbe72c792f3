"""Server-sent events, as the WHATWG HTML standard reads them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from railguard.errors import ProviderError
from railguard.llm.sse import MAX_BYTES, EventStream, ServerEvent
from railguard.testing.growth import steep_growth


def events(pieces: Iterable[bytes]) -> list[ServerEvent | str]:
    """All events, and the error that ended them if there is one."""
    stream, found = EventStream(), []
    try:
        for piece in pieces:
            for event in stream.feed(piece):
                found.append(event)  # noqa: PERF402 - what came before an error counts
    except ProviderError as error:
        found.append(str(error))
    return found


def datas(body: bytes) -> list[str]:
    return [event.data for event in events([body])]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", ["YHOO\n+2\n10"]),
        (b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
         ["first event", "second event", " third event"]),
        (b"data\n\ndata\ndata\n\ndata:", ["", "\n"]),
        (b"data:test\n\ndata: test\n\n", ["test", "test"]),
        (b"data: a: b\n\n", ["a: b"]),
        (b"retry: 5\nid: 7\nunknown: x\nDATA: no\n data: no\ndata: yes\n\n", ["yes"]),
        (b"event: nothing\n\n\n\ndata: x\n\n", ["x"]),
        (b"data: never ended\n", []),
        (b"", []),
        ("data: a\u2028b\x0bc\x85d\n\n".encode(), ["a\u2028b\x0bc\x85d"]),
    ],
)  # fmt: skip
def test_the_examples_of_the_standard_and_their_like(body, wanted):
    assert datas(body) == wanted


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_lines_end_in_any_of_three_ways(end):
    assert datas(end.join([b"data: a", b"data: b", b"", b"data: c", b"", b""])) == ["a\nb", "c"]


def test_a_type_belongs_to_its_event_alone():
    assert events([b"event: error\ndata: a\n\ndata: b\n\nevent: x\n\ndata: c\n\n"]) == [
        ServerEvent("a", "error"),
        ServerEvent("b"),
        ServerEvent("c"),
    ]


def test_one_byte_order_mark_at_the_start_is_dropped():
    mark = b"\xef\xbb\xbf"
    assert datas(mark + b"data: a\n\n" + mark + b"data: b\n\ndata: c\n\n") == ["a", "c"]
    assert datas(mark + mark + b"data: a\n\ndata: b\n\n") == ["b"]


def test_what_is_not_utf_8_is_an_error_after_what_came_before():
    assert events([b"data: a\n\ndata: \xff\n\n"]) == [
        ServerEvent("a"),
        "the event stream is not UTF-8: invalid start byte at byte 0 of a value",
    ]


def test_a_line_and_an_event_have_an_end():
    fits = b"x" * (MAX_BYTES - 6)
    assert datas(b"data:" + fits + b"\r\n\n") == [fits.decode()]
    assert "line of more than" in str(events([b"data: " + b"x" * MAX_BYTES]))
    assert "event of more than" in str(events([b"data: 0123456789\n"] * (MAX_BYTES // 10)))


FRAGMENTS = [
    b"data",
    b":",
    b" ",
    b"\n",
    b"\r",
    b"\r\n",
    b"event",
    b"\xef\xbb\xbf",
    "ä€😀".encode(),
    b"\x85",
    b"id: 1",
    b"\n\n",
]


@given(st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=3)).map(b"".join), st.data())
def test_all_chunkings_give_the_same_events(body, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    whole = events([body])
    assert events(pieces) == whole
    assert events(bytes([byte]) for byte in body) == whole


def test_time_is_linear_in_a_line_that_comes_in_small_pieces():
    def feed(pieces: list[bytes]) -> None:
        stream = EventStream()
        for piece in pieces:
            list(stream.feed(piece))

    assert steep_growth(feed, lambda n: [b"x" * 16] * n) is None

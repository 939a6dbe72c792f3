"""A tolerant JSON parser that is fed text in pieces of any size, and reports values as they are complete.

Every decision waits for enough text, so that the pieces do not change the result; no text is read twice, so that time
is linear. Text that is not JSON is repaired with a note, or becomes a doubt. No text raises.

    document = value ;  value = object | list | quoted string | unquoted word
    object   = "{" [ key ":" value { "," key ":" value } ] "}"      each mark may be missing, doubled or wrong
    list     = "[" [ value { "," value } ] "]"
"""

from __future__ import annotations

import re
from typing import Any

from railguard.parsing.json.brackets import after_value
from railguard.parsing.json.object_members import colon, key
from railguard.parsing.json.placeholders import is_placeholder
from railguard.parsing.json.state import AFTER, COLON, END, KEY, VALUE, State
from railguard.parsing.json.text_source import ReadingSteps, comment, space
from railguard.parsing.json.value_tree import MOST_NOTES, Frame, ValueTree
from railguard.parsing.json.values import open_container, value
from railguard.parsing.reading import Event
from railguard.values import UNSET, History, Limits, Traced

__all__ = ["MOST_NOTES", "Reader"]

_STRING = r'"([^"\\\x00-\x1f\ud800-\udfff]*)"'
_NUMBER = r"(-?(?:0|[1-9][0-9]{0,17}))|(-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17})"
# JSON as it should be, whole in the text at hand: the quick way through what needs no decision.
_PLAIN_KEY = re.compile(_STRING + r"\s*:").match
_PLAIN_STRING = re.compile(_STRING + r'(?=\s*(?:,\s*["}\]]|\}\s*[,}\]]))').match
_PLAIN_ITEM = re.compile(_STRING + r'(?=\s*(?:,\s*["{\[0-9}\]-]|\]\s*[,}\]]))').match
# The same in single quotes, as Python prints it. Behind a comma a key must be whole within the window of a decision.
_SINGLE = r"'([^'\"\\\x00-\x1f\ud800-\udfff]+)'"
_SINGLE_KEY_NEXT = r"\s{0,20}'[^'\"\\\n]{0,60}'\s{0,20}:"
_SINGLE_KEY = re.compile(_SINGLE + r"\s*:").match
_SINGLE_STRING = re.compile(
    _SINGLE + rf"(?=\s{{0,20}}(?:,(?:\s{{0,20}}[\"}}\]]|{_SINGLE_KEY_NEXT})|\}}\s{{0,20}}[,}}\]]))"
).match
_SINGLE_ITEM = re.compile(_SINGLE + r"(?=\s*(?:,\s*['\"{\[0-9}\]-]|\]\s*[,}\]]))").match
_PLAIN_SCALAR = re.compile(
    rf"(?:(true)|(false)|(null)|{_NUMBER})"
    rf"(?=\s*(?:,\s*(?:\"[^\"\n]{{0,160}}\"\s*:|\}})|\}})|\s{{0,20}},{_SINGLE_KEY_NEXT})"
).match
_PLAIN_ITEM_SCALAR = re.compile(rf"(?:(true)|(false)|(null)|{_NUMBER})(?=\s*[,\]])").match


class Reader:
    """Reads one value from text that arrives in pieces.

    >>> reader = Reader()
    >>> [(event.type, str(event.path)) for event in reader.feed('{"a": [1, tr')]
    [('open', '$'), ('open', '$.a'), ('value', '$.a[0]')]
    >>> [(event.type, str(event.path)) for event in reader.feed('ue]') + reader.close()]
    [('value', '$.a[1]'), ('close', '$.a')]

    done: the value is complete, and further text is ignored. end: the offset behind it.
    """

    def __init__(self, limits: Limits | None = None, *, events: bool = True) -> None:
        """Start reading. events: whether to report events."""
        limits = limits if limits is not None else Limits()
        self._state = State(limits, events)
        self._source = self._state.source
        self._tree = self._state.tree
        self._work = _document(self._state)
        self.done = False
        self.end = 0

    @property
    def value(self) -> Any:
        """The value so far, which grows and must not be changed; UNSET before it begins."""
        return self._tree.value

    @property
    def traced(self) -> Traced:
        """The value so far, with its history."""
        return Traced(self._tree.value, History.of(self._tree.notes))

    @property
    def at(self) -> int:
        """The offset up to which the text was read; the text after it waits for more."""
        return self._source.offset

    @property
    def steps(self) -> int:
        """How often the parser advanced or resumed: at most linear in the text and the number of its pieces."""
        return self._source.steps

    def feed(self, text: str) -> list[Event]:
        """Add a piece of text and return its events. Text after the value is ignored."""
        if not self.done and text:
            self._source.feed(text)
            self._go_on()
        return self._take()

    def close(self) -> list[Event]:
        """End the text and return the last events."""
        if not self.done:
            self._source.final = True
            self._go_on()
        return self._take()

    def _go_on(self) -> None:
        try:
            next(self._work)
        except StopIteration:
            self.done = True
            self.end = self._source.offset
            self._source.text = ""

    def _take(self) -> list[Event]:
        events = self._tree.events
        if not events:
            return []
        self._tree.events = []
        return events


def _document(state: State) -> ReadingSteps[None]:
    source, tree = state.source, state.tree
    expected = VALUE
    while expected != END:
        source.steps += 1
        if tree.count > MOST_NOTES:
            tree.give_up("too-many-repairs")
            return
        at = source.at
        if not "!" <= source.text[at : at + 1] <= "~":  # it may be space
            at = space(source.text, at)
            if at > source.at:
                state.new_line = state.new_line or "\n" in source.text[source.at : at]
                source.at = at
        if at == len(source.text):
            if source.final:
                _text_ended(state, expected)
                return
            yield
            continue
        mark = source.text[at]
        if mark in "/#":
            skipped = yield from comment(source, expected == VALUE)
            if skipped is not None:
                _note_comment(state, skipped)
                state.new_line = state.new_line or not skipped.startswith("/*")
                continue
            at = source.at
        frame = tree.frames[-1] if tree.frames else None
        if frame is not None and mark == frame.closer and _closes_plainly(tree, frame, expected):
            if frame.comma:
                tree.repaired("trailing-comma", ",", UNSET, "syntax")
            source.at = at + 1
            tree.end()
            expected = AFTER
        elif expected == VALUE and frame is not None and mark in "{[":
            expected = open_container(state, mark == "[", "]" if mark == "[" else "}", at + 1)
        elif expected == VALUE:
            quick = frame is not None and _plain_value(state, frame, at, mark)
            expected = AFTER if quick else (yield from value(state, frame, mark))
        elif frame is None:
            raise AssertionError("outside of all brackets there is one value")
        elif expected == AFTER:
            if mark == ",":
                source.at = at + 1
                frame.comma = True
                expected = VALUE if frame.is_list else KEY
            else:
                expected = yield from after_value(state, frame, mark)
        elif expected == KEY:
            match = (_SINGLE_KEY if mark == "'" else _PLAIN_KEY)(source.text, at)
            if match is not None:
                frame.key = state.keys.setdefault(match[1], match[1])  # one text for all that are equal
                if mark == "'":
                    tree.repaired("quotes", match[1], match[1], "syntax", tree.here())
                source.at = match.end()
                expected = VALUE
            else:
                expected = yield from key(state, frame, mark)
        else:
            expected = yield from colon(state, frame, mark)
        state.new_line = False
        if expected == AFTER and not tree.frames:
            return


def _note_comment(state: State, text: str) -> None:
    tree = state.tree
    tree.repaired("comment", text, UNSET, "syntax")
    if tree.frames and is_placeholder(text):
        tree.doubted("abbreviated", text[:80], kind="items-missing" if tree.frames[-1].is_list else "unreadable")


def _closes_plainly(tree: ValueTree, frame: Frame, expected: int) -> bool:
    """Whether the expected bracket may come here, and no text after it can change its meaning."""
    if frame.closer == ")" or not (expected == AFTER or expected == (VALUE if frame.is_list else KEY)):
        return False
    return frame.is_list or len(tree.frames) > 1


def _plain_value(state: State, frame: Frame, at: int, mark: str) -> bool:
    """Read a scalar that is clearly valid JSON, if it is complete."""
    text = state.source.text
    value: Any
    if mark == '"':
        match = (_PLAIN_ITEM if frame.is_list else _PLAIN_STRING)(text, at)
        if match is None:
            return False
        value = match[1]
    elif mark == "'":
        match = None if state.prefix else (_SINGLE_ITEM if frame.is_list else _SINGLE_STRING)(text, at)
        if match is None:
            return False
        value = match[1]
        state.tree.repaired("quotes", value, value, "syntax", state.tree.here())
    else:
        match = (_PLAIN_ITEM_SCALAR if frame.is_list else _PLAIN_SCALAR)(text, at)
        if match is None:
            return False
        which = match.lastindex or 0
        if which == 4 and len(match[4].lstrip("-")) > state.digits:
            return False
        if which == 5:
            state.source.at = match.end()
            state.tree.put_number(float(match[5]), match[5])
            return True
        value = int(match[4]) if which == 4 else (True, False, None)[which - 1]
    state.source.at = match.end()
    state.tree.put(value)
    return True


def _text_ended(state: State, expected: int) -> None:
    tree = state.tree
    if not tree.frames:
        tree.doubted("no-value")
        return
    frame = tree.frames[-1]
    if expected == COLON or (expected == VALUE and not frame.is_list):
        tree.leave_open(cut_off=True, where="ends-in-member", detail=frame.key[:80])
    elif frame.comma or not frame.value:
        where = "" if frame.is_list else "ends-after-comma" if frame.comma else "ends-empty"
        tree.leave_open(cut_off=True, where=where)
    else:
        tree.leave_open(cut_off=False)

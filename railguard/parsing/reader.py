"""A tolerant JSON reader that is fed text in pieces of any size: values come out as they are complete.

Every decision waits until enough text is there, so that the pieces change nothing; nothing read is read again, so that
time is linear; whatever is not JSON is mended on record, or is a defect. It raises for no text.

    document = value ;  value = object | list | quoted | bare
    object   = "{" [ key ":" value { "," key ":" value } ] "}"      each mark may be missing, doubled or another's
    list     = "[" [ value { "," value } ] "]"
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any, Final, TypeAlias

from railguard.parsing.escapes import dedent, unescape
from railguard.parsing.quotes import CLOSERS, WINDOW, Pairing, Place, Setting, closes, key_follows
from railguard.parsing.reading import Defect, Event, EventType
from railguard.parsing.scalars import scalar
from railguard.values import UNSET, Limits, Path, Repair, RepairClass

__all__ = ["MOST_RECORDS", "Reader"]

MOST_RECORDS: Final = 20_000
"""The most repairs and defects of one text; beyond it the text is given up."""

_Steps: TypeAlias = Generator[None, None, Any]

_VALUE, _KEY, _COLON, _AFTER = range(4)

_SPACE = re.compile(r"[\s\ufeff\u200b]*").match
_PLAIN_STRING = re.compile(r'"([^"\\\x00-\x1f\ud800-\udfff]*)"(?=\s*(?:,\s*"|\}\s*[,}\]]|\]\s*[,}\]]))').match
_PLAIN_ITEM = re.compile(r'"([^"\\\x00-\x1f\ud800-\udfff]*)"(?=\s*(?:,\s*["{\[0-9-]|\]\s*[,}\]]))').match
_PLAIN_KEY = re.compile(r'"([^"\\\x00-\x1f\ud800-\udfff]*)"\s*:').match
_PLAIN_SCALAR = re.compile(
    r"(?:(true)|(false)|(null)|(-?(?:0|[1-9][0-9]{0,17}))|(-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}))"
    r"(?=\s*(?:,\s*[\"{}\]]|[}\]]))"
).match
_PLAIN_ITEM_SCALAR = re.compile(
    r"(?:(true)|(false)|(null)|(-?(?:0|[1-9][0-9]{0,17}))|(-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}))(?=\s*[,\]])"
).match
_CONTROL = re.compile(r"[\x00-\x1f]")
_RUNS = {
    opening: re.compile(rf"[^\\{re.escape(closing)}]*").match for opening, closing in CLOSERS.items()
}
_EMBEDDED_RUNS = {
    opening: re.compile(rf"[^\\{re.escape(closing)}{{}}\[\]]*").match for opening, closing in CLOSERS.items()
}
_BARE_RUN = re.compile(r"[^,;\n\"{}\[\]()/`]+").match
_KEY_RUN = re.compile(r"[^:=,{}\[\]\n\"'`“”;]+").match
_CALL = re.compile(r"[A-Za-z_][\w.]{0,80}\(\s*").match
_CALL_START = re.compile(r"[A-Za-z_][\w.]{0,80}(?:\(\s*(?:[A-Za-z_]\w{0,80}\s*)?)?\Z").match
_KEYWORD_ARGUMENT = re.compile(r"[A-Za-z_]\w{0,80}\s*=(?!=)").match
_PREFIXED = re.compile(r"[uUbBrRfF]{1,2}(?=['\"])").match
_TAIL_BREAK = re.compile(r"\s*[,;]\s*\Z|[ \t]*\n\s*\Z")
_TAIL_CLOSERS = re.compile(r"[\s}\])]*\Z")
_KEY_THEN_QUOTE = re.compile(r"([^\W\d][\w -]{0,60}):\s*\Z")
_KEY_THEN_SCALAR = re.compile(r"([^\W\d][\w -]{0,60}):\s*(-?[0-9][0-9.]{0,30}|true|false|null)\s*,\s*\Z")
_CLOSER_OF = {"{": "}", "[": "]", "(": ")"}


class _Frame:
    """One open object or list. closer: what ends it. comma: a comma was read and nothing behind it yet."""

    __slots__ = ("cached", "closer", "comma", "is_list", "key", "start", "value")

    def __init__(self, is_list: bool, closer: str, start: int) -> None:
        self.is_list = is_list
        self.closer = closer
        self.start = start
        self.value: Any = [] if is_list else {}
        self.key: str = ""
        self.comma = False
        self.cached: Path | None = None


class Reader:
    """Reads one value from text that arrives in pieces.

    >>> reader = Reader()
    >>> [(event.type, str(event.path)) for event in reader.feed('{"a": [1, tr')]
    [('open', '$'), ('open', '$.a'), ('value', '$.a[0]')]
    >>> [(event.type, str(event.path)) for event in reader.feed('ue]') + reader.close()]
    [('value', '$.a[1]'), ('close', '$.a'), ('close', '$')]

    value: what was read so far, which grows; UNSET before it begins. repairs, problems: records so far. open: paths of
    objects and lists that were open when the text ended. cut: the path of a last scalar that may be cut off. done:
    the value is complete, further text is ignored. end: the offset behind it. spans: where objects and lists stand,
    by `id`. steps: how often the reader went on or back to work, which grows at most linearly with the text.
    """

    def __init__(self, limits: Limits | None = None, *, events: bool = True) -> None:
        limits = limits if limits is not None else Limits()
        self._depth = limits.depth
        self._digits = limits.integer_digits
        self._buffer = ""
        self._at = 0
        self._base = 0
        self._final = False
        self._frames: list[_Frame] = []
        self._calls = 0
        self._events: list[Event] | None = [] if events else None
        self.value: Any = UNSET
        self.repairs: list[Repair] = []
        self.problems: list[Defect] = []
        self.open: tuple[Path, ...] = ()
        self.cut: Path | None = None
        self.done = False
        self.end = 0
        self.spans: dict[int, tuple[int, int]] = {}
        self.steps = 0
        self._work: _Steps = self._document()

    def feed(self, text: str) -> list[Event]:
        """The events that a piece of text brings about. Text behind the value is ignored."""
        if not self.done and text:
            self._buffer = self._buffer[self._at :] + text if self._at < len(self._buffer) else text
            self._base += self._at
            self._at = 0
            self._go_on()
        return self._take()

    def close(self) -> list[Event]:
        """The events that the end of the text brings about. Feeding is over."""
        if not self.done:
            self._final = True
            self._go_on()
        return self._take()

    def _go_on(self) -> None:
        self.steps += 1
        try:
            next(self._work)
        except StopIteration:
            self.done = True
            self.end = self._base + self._at
            self._buffer = ""

    def _take(self) -> list[Event]:
        events = self._events
        if not events:
            return []
        self._events = []
        return events

    # -- the document ---------------------------------------------------------------------------------------------

    def _document(self) -> _Steps:
        state = _VALUE
        frames = self._frames
        while True:
            self.steps += 1
            if len(self.repairs) + len(self.problems) > MOST_RECORDS:
                self._stop("It has too many errors to be mended; write valid JSON.")
                return
            buffer = self._buffer
            at = self._at = _SPACE(buffer, self._at).end()  # type: ignore[union-attr]
            if at == len(buffer):
                if self._final:
                    self._ended(state)
                    return
                yield
                continue
            mark = buffer[at]
            if mark in "/#":
                commented = yield from self._comment(state)
                if commented:
                    continue
                buffer, at = self._buffer, self._at
            frame = frames[-1] if frames else None
            if state == _AFTER:
                if frame is None:
                    return
                new = self._quick_after(frame, mark)
                if new is None:
                    new = yield from self._after(frame, mark)
            elif state == _KEY:
                match = _PLAIN_KEY(buffer, at)
                if match is not None and frame is not None:
                    frame.key = match[1]
                    self._at = match.end()
                    new = _VALUE
                else:
                    new = yield from self._key(frame, mark)
            elif state == _VALUE:
                new = self._quick_value(frame, buffer, at, mark)
                if new is None:
                    new = yield from self._value(frame, mark)
            else:
                new = yield from self._colon(frame, mark)
            if new is None:
                return
            state = new

    def _quick_after(self, frame: _Frame, mark: str) -> int | None:
        if mark == ",":
            self._at += 1
            frame.comma = True
            return _VALUE if frame.is_list else _KEY
        if mark == frame.closer and len(self._frames) > 1:
            self._at += 1
            self._pop()
            return _AFTER
        return None

    def _quick_value(self, frame: _Frame | None, buffer: str, at: int, mark: str) -> int | None:
        if frame is None:
            return None
        if mark == '"':
            match = (_PLAIN_ITEM if frame.is_list else _PLAIN_STRING)(buffer, at)
            if match is None:
                return None
            self._at = match.end()
            self._put(match[1])
            return _AFTER
        if mark in "{[":
            return None
        match = (_PLAIN_ITEM_SCALAR if frame.is_list else _PLAIN_SCALAR)(buffer, at)
        if match is None:
            return None
        self._at = match.end()
        which = match.lastindex
        value: Any
        if which == 4:
            value = int(match[4])
        elif which == 5:
            value = float(match[5])
        else:
            value = (True, False, None)[which - 1] if which else None
        self._put(value)
        return _AFTER

    # -- states: each returns the next one, None to end ------------------------------------------------------------

    def _value(self, frame: _Frame | None, mark: str) -> Generator[None, None, int | None]:
        if frame is not None and mark in "}])":
            if not frame.is_list:
                return self._no_value()
            return (yield from self._closer(frame, mark))
        if frame is not None and mark in ",;":
            if not frame.is_list:
                return self._no_value()
            self._at += 1
            self._mend("extra-comma", mark, UNSET, "judgement", self._path())
            frame.comma = True
            return _VALUE
        if mark in "{[(":
            return self._opened(mark)
        if mark == "." and (yield from self._ellipsis()):
            return _AFTER
        if mark.isalpha():
            prefix = yield from self._prefix()
            if prefix is not None:
                return prefix
            mark = self._buffer[self._at]
        if mark in CLOSERS:
            place: Place = "root" if frame is None else "item" if frame.is_list else "member"
            return (yield from self._quoted(place))
        return (yield from self._bare(frame))

    def _opened(self, mark: str) -> int | None:
        if mark == "(":
            self._mend("python-repr", "(", "[", "syntax", self._here())
        if not self._open(mark != "{", _CLOSER_OF[mark], self._at + 1):
            return None
        return _KEY if mark == "{" else _VALUE

    def _open(self, is_list: bool, closer: str, behind: int) -> bool:
        if len(self._frames) >= self._depth:
            self._stop(f"It is nested more than {self._depth} levels deep.")
            return False
        frame = _Frame(is_list, closer, self._base + self._at)
        self._at = behind
        path = self._here() if self._events is not None else None
        self._place(frame.value)
        self._frames.append(frame)
        if path is not None:
            frame.cached = path
            self._tell("open", path, frame.value)
        return True

    def _prefix(self) -> Generator[None, None, int | None]:
        """What may stand before a value as Python prints it: u'…', or a class's name and a bracket."""
        while True:
            buffer, at = self._buffer, self._at
            if (match := _PREFIXED(buffer, at)) is not None:
                self._mend("python-repr", match.group(), UNSET, "syntax", self._here())
                self._at = match.end()
                return None
            if not self._final and len(buffer) - at < WINDOW and (
                _CALL_START(buffer, at) is not None or len(buffer) - at <= 2
            ):
                yield
                continue
            break
        call = _CALL(buffer, at)
        if call is None:
            return None
        behind = call.end()
        if buffer[behind : behind + 1] and buffer[behind] in "{[":
            self._mend("python-repr", call.group(), UNSET, "syntax", self._here())
            self._calls += 1
            self._at = behind
            return _VALUE
        if _KEYWORD_ARGUMENT(buffer, behind) is None:
            return None
        self._mend("python-repr", call.group(), "{", "syntax", self._here())
        return _KEY if self._open(False, ")", behind) else None

    def _key(self, frame: _Frame | None, mark: str) -> Generator[None, None, int | None]:
        assert frame is not None
        if mark in "}])":
            return (yield from self._closer(frame, mark))
        if mark in ",;":
            self._at += 1
            self._mend("extra-comma", mark, UNSET, "syntax", self._path())
            return _KEY
        if mark == "." and (yield from self._ellipsis()):
            return _AFTER
        if mark in CLOSERS:
            return (yield from self._quoted("key"))
        if mark == "{":
            if len(self._frames) > 1 and self._frames[-2].is_list:
                self._mend("unclosed", UNSET, frame.closer, "syntax", self._path())
                self._pop()
                return _VALUE
            self._stop("An object begins where a key is expected.")
            return None
        if mark in "[(:":
            self._stop(f"{mark!r} stands where a key is expected.")
            return None
        return (yield from self._bare_key(frame))

    def _colon(self, frame: _Frame | None, mark: str) -> Generator[None, None, int | None]:
        assert frame is not None
        if mark == ":":
            self._at += 1
            return _VALUE
        if mark == "=":
            while len(self._buffer) - self._at < 2 and not self._final:
                yield
            arrow = self._buffer[self._at : self._at + 2]
            arrow = arrow if arrow == "=>" else "="
            self._at += len(arrow)
            if frame.closer != ")":
                self._mend("colon", arrow, ":", "syntax", self._here())
            return _VALUE
        if mark in ",}":
            return self._key_alone(frame, True)
        self._mend("missing-colon", UNSET, ":", "syntax", self._here())
        return _VALUE

    def _after(self, frame: _Frame, mark: str) -> Generator[None, None, int | None]:
        if mark in ",;":
            self._at += 1
            if mark == ";":
                self._mend("comma", ";", ",", "syntax", self._path())
            frame.comma = True
            return _VALUE if frame.is_list else _KEY
        if mark == ")" and self._calls and frame.closer != ")":
            self._calls -= 1
            self._at += 1
            return _AFTER
        if mark in "}])":
            return (yield from self._closer(frame, mark))
        if mark == ":":
            self._stop("A colon stands where a comma is expected.")
            return None
        if frame.is_list:
            self._mend("missing-comma", UNSET, ",", "syntax" if self._broke_line() else "judgement", self._path())
            return _VALUE
        while True:
            known = key_follows(self._buffer, self._at, self._is_complete())
            if known is not None:
                break
            yield
        if known:
            self._mend("missing-comma", UNSET, ",", "syntax", self._path())
            return _KEY
        if mark in "{[(" or mark in CLOSERS:
            self._stop(f"{mark!r} stands where a comma is expected.")
            return None
        return (yield from self._stray(frame))

    def _is_complete(self) -> bool:
        return self._final or len(self._buffer) - self._at >= WINDOW

    def _broke_line(self) -> bool:
        behind = self._buffer.rfind("\n", 0, self._at)
        return behind >= 0 and not self._buffer[behind : self._at].strip()

    def _stray(self, frame: _Frame) -> Generator[None, None, int | None]:
        """Text that is neither key nor value, up to the next mark; it is left out, on record."""
        parts: list[str] = []
        while True:
            match = _BARE_RUN(self._buffer, self._at)
            if match is not None:
                parts.append(match.group())
                self._at = match.end()
            if self._at < len(self._buffer):
                if self._buffer[self._at] not in "/(`":
                    break
                parts.append(self._buffer[self._at])
                self._at += 1
            elif self._final:
                break
            else:
                yield
        text = "".join(parts).strip()
        if self._at < len(self._buffer) and self._buffer[self._at] in "{[":
            self._stop(f"{text[:80]!r} stands where a comma is expected.")
            return None
        if self._at < len(self._buffer) and self._buffer[self._at] in "\"":
            frame.comma = True
            self._mend("stray-text", text, UNSET, "judgement", self._path())
            return _KEY
        if text:
            self._mend("stray-text", text, UNSET, "judgement", self._path())
        return _AFTER

    def _ellipsis(self) -> Generator[None, None, bool]:
        while len(self._buffer) - self._at < 3 and not self._final:
            yield
        if not self._buffer.startswith("...", self._at):
            return False
        self._at += 3
        if self._frames:
            self._frames[-1].comma = False
        self._defect("It is abbreviated with '...'; write all of it.", self._path(), append=self._frames[-1].is_list if self._frames else False)
        return True

    def _no_value(self) -> int:
        self._defect(f"The key {self._frames[-1].key!r} has no value.", self._here())
        return _AFTER

    def _key_alone(self, frame: _Frame, quoted: bool) -> int | None:
        """A key without a colon: the first of a set as Python prints it, else a defect."""
        number = scalar(frame.key, self._digits) if not quoted else None
        if frame.closer == "}" and not frame.value and not frame.comma and (quoted or (number and number.rule != "unquoted")):
            key = frame.key
            self._mend("python-repr", "{", "[", "lossless", self._path())
            made = _Frame(True, "}", frame.start)
            made.cached = frame.cached
            self._frames.pop()
            if self._frames:
                holder = self._frames[-1]
                if holder.is_list:
                    holder.value[-1] = made.value
                else:
                    holder.value[holder.key] = made.value
            else:
                self.value = made.value
            self._frames.append(made)
            self._put(key if number is None else number.value)
            return _AFTER
        self._defect(f"The key {frame.key[:80]!r} has no value.", Path((*self._path(), frame.key)))
        return _AFTER

    # -- brackets ---------------------------------------------------------------------------------------------------

    def _closer(self, frame: _Frame, mark: str) -> Generator[None, None, int | None]:
        if mark == frame.closer:
            if len(self._frames) == 1 and mark == "}" and not frame.is_list:
                early = yield from self._follows_key_behind()
                if early:
                    self._at += 1
                    self._mend("stray-bracket", mark, UNSET, "judgement", self._path())
                    return _AFTER
            if frame.comma:
                self._mend("trailing-comma", ",", UNSET, "syntax", self._path())
            self._at += 1
            self._pop()
            return _AFTER if self._frames else self._complete()
        return (yield from self._other_closer(frame, mark))

    def _complete(self) -> int:
        return _AFTER

    def _other_closer(self, frame: _Frame, mark: str) -> Generator[None, None, int | None]:
        frames = self._frames
        level = len(frames) - 1
        while level >= 0 and frames[level].closer != mark:
            level -= 1
        if level < 0:
            follows = yield from self._mark_behind()
            if len(frames) == 1 and follows not in ("",) and follows in ",}])":
                self._at += 1
                self._mend("stray-bracket", mark, UNSET, "syntax", self._path())
                return _AFTER
            kind: RepairClass = "syntax" if len(frames) == 1 else "judgement"
            self._mend("wrong-bracket", mark, frame.closer, kind, self._path())
            self._at += 1
            self._pop()
            return _AFTER
        if mark == "}" and frame.is_list:
            key = yield from self._follows_key_behind()
            outside_is_object = level > 0 and not frames[level - 1].is_list
            if key and level == len(frames) - 2 and not outside_is_object:
                self._mend("wrong-bracket", mark, frame.closer, "syntax", self._path())
                self._at += 1
                self._pop()
                return _AFTER
            kind = "judgement" if key and outside_is_object else "syntax"
        else:
            kind = "syntax"
        while len(frames) - 1 > level:
            self._mend("unclosed", UNSET, frames[-1].closer, kind, self._path())
            self._pop()
        self._at += 1
        self._pop()
        return _AFTER

    def _mark_behind(self) -> Generator[None, None, str]:
        """The first character behind the current one that is no space; "" for none within the window."""
        while True:
            window = self._buffer[self._at + 1 : self._at + 1 + WINDOW].lstrip()
            if window:
                return window[0]
            if self._final or len(self._buffer) - self._at > WINDOW:
                return ""
            yield

    def _follows_key_behind(self) -> Generator[None, None, bool]:
        """Whether a comma and a quoted key stand behind the current character."""
        while True:
            window = self._buffer[self._at + 1 : self._at + 1 + WINDOW]
            complete = self._final or len(window) == WINDOW
            rest = window.lstrip()
            verdict: bool | None
            if not rest:
                verdict = False if complete else None
            elif rest[0] != ",":
                verdict = False
            else:
                rest = rest[1:].lstrip()
                verdict = (
                    (False if complete else None) if not rest else rest[0] in CLOSERS and key_follows(rest, 0, complete)
                )
            if verdict is not None:
                return verdict
            yield

    def _pop(self) -> None:
        frame = self._frames.pop()
        self.spans[id(frame.value)] = (frame.start, self._base + self._at)
        if self._events is not None:
            path = frame.cached if frame.cached is not None else self._path()
            self._tell("close", path, frame.value)

    # -- quoted text ------------------------------------------------------------------------------------------------

    def _quoted(self, place: Place) -> Generator[None, None, int | None]:
        start = self._at
        quote = self._buffer[start]
        if quote in "\"'`":
            while True:
                ahead = self._buffer[self._at : self._at + 3]
                if len(ahead) == 3 or self._final or ahead != quote * len(ahead):
                    break
                yield
            if ahead == quote * 3:
                return (yield from self._block(quote, place))
        self._at += 1
        frames = self._frames
        setting = Setting(
            place,
            len(frames),
            any(frame.is_list for frame in frames),
            any(not frame.is_list for frame in frames),
            any(frame.closer == ")" for frame in frames) or self._calls > 0,
            len(frames) > 1 and frames[-2].is_list,
        )
        run = _RUNS[quote]
        parts: list[str] = []
        inner = Pairing(quote)
        near_structure = False
        embedded = 0  # open brackets of JSON that stands unescaped in the text
        had_embedded = False
        tail = ""  # the last characters of what is in `parts`
        while True:
            self.steps += 1
            buffer, at = self._buffer, self._at
            end = run(buffer, at).end()  # type: ignore[union-attr]
            if end > at:
                parts.append(buffer[at:end])
                tail = buffer[max(at, end - 60) : end] if end - at >= 60 else (tail + parts[-1])[-60:]
            self._at = end
            if end == len(buffer):
                if self._final:
                    return self._unterminated(place, quote, parts, inner, had_embedded)
                yield
                continue
            mark = buffer[end]
            if mark == "\\":
                if end + 1 == len(buffer) and not self._final:
                    yield
                    continue
                parts.append(buffer[end : end + 2])
                tail = (tail + parts[-1])[-60:]
                self._at = end + len(parts[-1])
                continue
            if embedded:
                if mark in "{[":
                    embedded += 1
                elif mark in "}]":
                    embedded -= 1
                    if not embedded:
                        run = _RUNS[quote]
                parts.append(mark)
                tail = (tail + mark)[-60:]
                self._at = end + 1
                continue
            closed = closes(buffer, end + 1, setting, not inner.count, self._final)
            if closed is None:
                yield
                continue
            if closed:
                self._at = end + 1
                break
            body_end = tail.rstrip()
            last = body_end[-1:]
            if place == "member" and tail and (last in ",;" or "\n" in tail[len(body_end) :]):
                missing = key_follows(buffer, end, self._is_complete())
                if missing is None:
                    yield
                    continue
                if missing:
                    return self._ended_before(quote, parts, inner)
            if place == "key" and last and last in ":," and len(parts) <= 200 and not inner.count:
                found = self._key_lacks_quote("".join(parts))
                if found is not None:
                    return found
            if last and last in "{[" and not inner.count and place != "key" and not had_embedded:
                body = "".join(parts)
                parts = [body]
                embedded = max(1, body.count("{") + body.count("[") - body.count("}") - body.count("]"))
                had_embedded = True
                run = _EMBEDDED_RUNS[quote]
            else:
                near_structure = near_structure or (last != "" and last in ",:{[")
                inner.add(tail[-1:], buffer[end + 1 : end + 2])
            parts.append(mark)
            tail = (tail + mark)[-60:]
            self._at = end + 1
        return self._quoted_done(place, quote, buffer[end], parts, inner, near_structure, had_embedded)

    def _quoted_done(
        self,
        place: Place,
        quote: str,
        closing: str,
        parts: list[str],
        inner: Pairing,
        near_structure: bool,
        embedded: bool,
    ) -> int | None:
        raw = "".join(parts)
        value, kind, problem = unescape(raw)
        found: list[tuple[str, RepairClass]] = []
        doubled = False
        if inner.count == 2 and len(raw) > 1 and raw[0] in "\"'" and raw[0] == raw[-1] and raw[0] in CLOSERS[quote]:
            value = value[1:-1]
            found.append(("doubled-quotes", "syntax" if place == "key" else "judgement"))
            doubled = True
        if quote != '"' or closing != '"':
            found.append(("quotes", "syntax"))
        if kind is not None:
            found.append(("escape", kind))
        if _CONTROL.search(raw) is not None:
            found.append(("control-character", "syntax"))
        if inner.count and not doubled:
            clean = inner.clean
            found.append(("unescaped-quotes", "syntax" if clean else "judgement"))
            if not clean and near_structure:
                problem = problem or "Its quotes are ambiguous; escape the quotes inside a text as \\\"."
        if embedded:
            plain = raw.strip()
            found.append(("unescaped-quotes", "syntax" if not inner.count and plain[:1] in "{[" and plain[-1:] in "}]" else "judgement"))
        if place == "key":
            return self._key_done(value, raw, found, problem)
        return self._text_done(value, raw, found, problem)

    def _key_done(
        self, value: str, raw: str, found: list[tuple[str, RepairClass]], problem: str | None
    ) -> int | None:
        self._frames[-1].key = value
        if found or problem:
            path = self._here()
            for rule, kind in found:
                self._mend(rule, raw, value, kind, path)
            if problem:
                self._defect(problem, path)
        return _COLON

    def _text_done(
        self, value: str, raw: str, found: list[tuple[str, RepairClass]], problem: str | None
    ) -> int | None:
        if found or problem:
            path = self._here()
            for rule, kind in found:
                self._mend(rule, raw, value, kind, path)
            if problem:
                self._defect(problem, path, value)
        self._put(value)
        return _AFTER

    def _ended_before(self, quote: str, parts: list[str], inner: Pairing) -> int:
        """A member's closing quote is missing: the text ended at the comma or the line before the next key."""
        raw = "".join(parts)
        match = _TAIL_BREAK.search(raw[-60:])
        tail = match.group() if match is not None else ""
        raw = raw[: len(raw) - len(tail)]
        value, kind, problem = unescape(raw)
        found: list[tuple[str, RepairClass]] = [("missing-quote", "judgement" if inner.count or "\n" in raw else "syntax")]
        if kind is not None:
            found.append(("escape", kind))
        self._text_done(value, raw, found, problem)
        self._frames[-1].comma = True
        if "," not in tail:
            self._mend("missing-comma", UNSET, ",", "syntax", self._path())
        return _KEY

    def _key_lacks_quote(self, body: str) -> int | None:
        match = _KEY_THEN_QUOTE.fullmatch(body)
        if match is not None:
            self._frames[-1].key = match[1]
            self._mend("missing-quote", body, match[1], "syntax", self._here())
            return _VALUE
        match = _KEY_THEN_SCALAR.fullmatch(body)
        if match is None:
            return None
        self._frames[-1].key = match[1]
        self._mend("missing-quote", body, match[1], "syntax", self._here())
        found = scalar(match[2], self._digits)
        if found.problem:
            self._defect(found.problem, self._here(), found.value)
        self._put(found.value)
        self._frames[-1].comma = True
        return _KEY

    def _unterminated(
        self, place: Place, quote: str, parts: list[str], inner: Pairing, embedded: bool
    ) -> None:
        """The text ended inside quotes: only the quote may be missing before the brackets due, else it was cut off."""
        raw = "".join(parts)
        if place == "key":
            self._defect("It ends inside a key; the rest is missing.", self._path(), append=False)
            return self._leave_open("judgement")
        match = _TAIL_CLOSERS.search(raw[-400:])
        closers = match.group() if match is not None else ""
        body = raw[: len(raw) - len(closers)] if closers else raw
        due = "".join(frame.closer for frame in reversed(self._frames))
        value, kind, problem = unescape(body)
        if (
            due
            and "".join(closers.split()) == due
            and not inner.count
            and not embedded
            and not any(character in body for character in "{}[]")
        ):
            self._text_done(value, body, [("missing-quote", "judgement")], problem)
            while self._frames:
                self._pop()
            return None
        value, kind, problem = unescape(raw)
        self.cut = self._here()
        self._defect("The text is cut off; write all of it.", self.cut, value)
        self._place(value)
        return self._leave_open("judgement")

    def _block(self, quote: str, place: Place) -> Generator[None, None, int | None]:
        """Text between triple quotes, up to triple quotes that structure follows."""
        self._at += 3
        frames = self._frames
        setting = Setting(
            place, len(frames), any(frame.is_list for frame in frames), any(not frame.is_list for frame in frames), False,
            len(frames) > 1 and frames[-2].is_list,
        )
        fence = quote * 3
        parts: list[str] = []
        nested = 0
        while True:
            self.steps += 1
            buffer, at = self._buffer, self._at
            end = buffer.find(fence, at)
            if end < 0:
                keep = max(at, len(buffer) - 2)
                if self._final:
                    keep = len(buffer)
                parts.append(buffer[at:keep])
                self._at = keep
                if self._final:
                    return self._unterminated(place, quote, parts, Pairing(quote), True)
                yield
                continue
            parts.append(buffer[at:end])
            self._at = end
            if end + 4 > len(buffer) and not self._final:
                yield
                continue
            closed: bool | None
            if buffer[end + 3 : end + 4] == quote and len(frames) > 0:
                closed = False  # of four quotes the first belongs to the text
                behind = end + 1
            else:
                closed = closes(buffer, end + 3, setting, nested == 0, self._final)
                behind = end + 3
            if closed is None:
                yield
                continue
            if closed:
                self._at = end + 3
                break
            nested += behind - end == 3
            parts.append(buffer[end:behind])
            self._at = behind
        raw = "".join(parts)
        body = raw
        kind: RepairClass = "judgement" if nested else "syntax"
        if quote == "`":
            first, line, rest = raw.partition("\n")
            if line and "\\n" not in first:
                body = "\n" + rest
        if "\n" in body and not body.split("\n", 1)[0].strip():
            body, kind = dedent(body), "judgement"
        value, escape, problem = (body, None, None) if quote == "`" else unescape(body)
        found: list[tuple[str, RepairClass]] = [("triple-quotes", kind)]
        if escape is not None:
            found.append(("escape", escape))
        if place == "key":
            return self._key_done(value, raw, found, problem)
        return self._text_done(value, raw, found, problem)

    # -- unquoted text ----------------------------------------------------------------------------------------------

    def _bare(self, frame: _Frame | None) -> Generator[None, None, int | None]:
        frames = self._frames
        is_item = frame is None or frame.is_list
        list_above = any(one.is_list for one in frames)
        object_above = any(not one.is_list for one in frames)
        call_above = self._calls > 0 or any(one.closer == ")" for one in frames)
        parts: list[str] = []
        depth = 0
        ended_text = False
        while True:
            self.steps += 1
            match = _BARE_RUN(self._buffer, self._at)
            if match is not None:
                parts.append(match.group())
                self._at = match.end()
            buffer, at = self._buffer, self._at
            if at == len(buffer):
                if self._final:
                    ended_text = True
                    break
                yield
                continue
            mark = buffer[at]
            verdict: bool | None = False
            if frame is None:
                verdict = False
            elif mark in "{[(":
                depth += 1
            elif mark in "}])":
                if depth:
                    depth -= 1
                elif mark == "}":
                    verdict = object_above or not is_item
                elif mark == "]":
                    verdict = list_above
                else:
                    verdict = call_above
            elif depth:
                verdict = False
            elif mark in ",;":
                verdict = is_item if mark == "," else self._semicolon_ends()
                if not is_item and mark == ",":
                    verdict = self._comma_ends()
            elif mark == "\n":
                verdict = True if is_item else self._line_ends()
            elif mark == '"':
                verdict = False if is_item else key_follows(buffer, at, self._is_complete())
            elif mark == "`":
                if len(buffer) - at < 3 and not self._final and buffer[at:] == "`" * (len(buffer) - at):
                    verdict = None
                else:
                    verdict = buffer.startswith("```", at)
            else:
                verdict = self._slash_ends(parts)
            if verdict is None:
                yield
                continue
            if verdict:
                break
            parts.append(mark)
            self._at = at + 1
        text = "".join(parts).strip()
        return self._bare_done(frame, text, ended_text, depth)

    def _comma_ends(self) -> bool | None:
        """Whether a comma ends an unquoted value of a member: a key, a bracket or nothing must follow."""
        window = self._buffer[self._at + 1 : self._at + 1 + WINDOW]
        complete = self._final or len(window) == WINDOW
        at = _SPACE(window, 0).end()  # type: ignore[union-attr]
        if at == len(window):
            return True if complete else None
        if window[at] in "}])" or window.startswith(("//", "/*"), at):
            return True
        if window[at] == "/" and at + 1 == len(window) and not complete:
            return None
        if window[at] == "{":
            return "\n" in window[:at] and len(self._frames) > 1 and self._frames[-2].is_list
        return key_follows(window, at, complete)

    def _semicolon_ends(self) -> bool | None:
        window = self._buffer[self._at + 1 : self._at + 1 + WINDOW]
        complete = self._final or len(window) == WINDOW
        at = _SPACE(window, 0).end()  # type: ignore[union-attr]
        if at == len(window):
            return True if complete else None
        if window[at] in "}])":
            return True
        return key_follows(window, at, complete) if window[at] in CLOSERS or "\n" in window[:at] else False

    def _line_ends(self) -> bool | None:
        window = self._buffer[self._at + 1 : self._at + 1 + WINDOW]
        complete = self._final or len(window) == WINDOW
        at = _SPACE(window, 0).end()  # type: ignore[union-attr]
        if at == len(window):
            return True if complete else None
        if window[at] in "}])":
            return True
        return key_follows(window, at, complete, word=True)

    def _slash_ends(self, parts: list[str]) -> bool | None:
        buffer, at = self._buffer, self._at
        if buffer[at] != "/":
            return False
        if at + 1 == len(buffer) and not self._final:
            return None
        before = parts[-1][-1:] if parts else ""
        return (before.isspace() or not before) and buffer[at + 1 : at + 2] in ("/", "*") and bool(parts)

    def _bare_done(self, frame: _Frame | None, text: str, ended_text: bool, depth: int) -> int | None:
        if not text:
            if self._at < len(self._buffer):
                self._stop(f"{self._buffer[self._at]!r} stands where a value is expected.")
                return None
            return self._no_value() if frame is not None and not frame.is_list else _VALUE
        if text[-1] == '"' and text.count('"') == 1:
            self._mend("missing-quote", text, text[:-1], "syntax", self._here())
            text = text[:-1].rstrip()
            self._put(text)
            return _AFTER
        found = scalar(text, self._digits)
        if found.rule is not None:
            kind = "judgement" if depth and found.rule == "unquoted" else found.kind
            self._mend(found.rule, text, found.value, kind, self._here())
        if found.problem is not None:
            self._defect(found.problem, self._here(), found.value)
        if ended_text and frame is not None:
            if found.rule == "unquoted":
                self.cut = self._here()
                self._defect("The text is cut off; write all of it.", self.cut, found.value)
            elif isinstance(found.value, (int, float)) and not isinstance(found.value, bool):
                self.cut = self._here()
        self._put(found.value)
        return _AFTER

    def _bare_key(self, frame: _Frame) -> Generator[None, None, int | None]:
        parts: list[str] = []
        while True:
            self.steps += 1
            match = _KEY_RUN(self._buffer, self._at)
            if match is not None:
                parts.append(match.group())
                self._at = match.end()
            buffer, at = self._buffer, self._at
            if at == len(buffer):
                if self._final:
                    return self._trailing_words("".join(parts))
                yield
                continue
            mark = buffer[at]
            if mark == "'" and parts and parts[-1][-1:].isalpha():
                parts.append(mark)
                self._at = at + 1
                continue
            break
        text = "".join(parts).strip()
        if mark in ":=":
            frame.key = text
            if frame.closer != ")":
                self._mend("unquoted-key", text, text, "syntax", self._here())
            return _COLON
        if mark in CLOSERS:
            return (yield from self._quote_in_bare_key(frame, text))
        if mark in ",}":
            frame.key = text
            return self._key_alone(frame, False)
        if mark == "\n":
            self._mend("stray-text", text, UNSET, "judgement", self._path())
            return _KEY
        self._stop(f"{text[:80]!r} stands where a key is expected.")
        return None

    def _quote_in_bare_key(self, frame: _Frame, text: str) -> Generator[None, None, int | None]:
        behind = yield from self._mark_behind()
        if behind == ":" and text:
            frame.key = text
            self._at += 1
            self._mend("missing-quote", text, text, "syntax", self._here())
            return _COLON
        if text:
            self._mend("stray-text", text, UNSET, "judgement", self._path())
            return _KEY
        self._stop(f"{self._buffer[self._at]!r} stands where a key is expected.")
        return None

    def _trailing_words(self, text: str) -> None:
        """Words where a key is due, up to the end: prose behind an answer that was not closed, or a key cut off."""
        if len(text.split()) > 2:
            self._mend("stray-text", text.strip(), UNSET, "judgement", self._path())
            self._frames[-1].comma = False
        else:
            self._defect("It ends inside a key; the rest is missing.", self._path())
        return self._leave_open("judgement")

    # -- comments ---------------------------------------------------------------------------------------------------

    def _comment(self, state: int) -> Generator[None, None, bool]:
        """Skip a comment. A `#` or `//` that begins an unquoted value of a member is none."""
        while len(self._buffer) - self._at < 2 and not self._final:
            yield
        two = self._buffer[self._at : self._at + 2]
        if two[0] == "#":
            if state == _VALUE and not two[1:].isspace() and two != "##":
                return False
            until = "\n"
        elif two == "//":
            until = "\n"
        elif two == "/*":
            until = "*/"
        else:
            return False
        parts: list[str] = []
        path = self._path()
        start = True
        while True:
            buffer, at = self._buffer, self._at
            end = buffer.find(until, at + 2 if start else at)
            if end >= 0:
                end += len(until)
                parts.append(buffer[at:end])
                self._at = end
                break
            if self._final:
                parts.append(buffer[at:])
                self._at = len(buffer)
                break
            keep = max(at, len(buffer) - 1)
            if keep - at >= 2:
                start = False
                parts.append(buffer[at:keep])
                self._at = keep
            yield
        self._mend("comment", "".join(parts).strip(), UNSET, "syntax", path)
        return True

    # -- the end of the text ----------------------------------------------------------------------------------------

    def _ended(self, state: int) -> None:
        if not self._frames:
            if self.value is UNSET:
                self._defect("It holds no value.", Path())
            return
        frame = self._frames[-1]
        kind: RepairClass = "judgement" if any(one.is_list for one in self._frames) or self.cut is not None else "syntax"
        if state == _COLON or (state == _VALUE and not frame.is_list):
            self._defect(f"The key {frame.key[:80]!r} has no value; the rest is missing.", self._here())
            kind = "judgement"
        elif frame.comma and state in (_VALUE, _KEY):
            self._defect("It ends after a comma; the rest is missing.", self._path(), append=frame.is_list)
            kind = "judgement"
        self._leave_open(kind)

    def _leave_open(self, kind: RepairClass) -> None:
        self.open = tuple(self._path(level) for level in range(1, len(self._frames) + 1))
        for frame in reversed(self._frames):
            self._mend("unclosed", UNSET, frame.closer, kind, self._path())
            self.spans[id(frame.value)] = (frame.start, self._base + self._at)
            self._frames.pop()

    def _stop(self, message: str) -> None:
        """Give up: what was read stays, what comes is not looked at."""
        path = self._path()
        self.problems.append(Defect(path, "json", message))
        self.open = tuple(self._path(level) for level in range(1, len(self._frames) + 1))
        self._frames.clear()

    # -- records ----------------------------------------------------------------------------------------------------

    def _path(self, level: int | None = None) -> Path:
        """The path of the innermost open object or list, or of the one at `level`, counted from 1."""
        frames = self._frames
        if level is None:
            level = len(frames)
        if level == 0:
            return Path()
        frame = frames[level - 1]
        if frame.cached is None:
            parts: list[str | int] = []
            for outer in frames[: level - 1]:
                parts.append(len(outer.value) - 1 if outer.is_list else outer.key)
            frame.cached = Path(parts)
        return frame.cached

    def _here(self) -> Path:
        """The path of the value that is being read."""
        if not self._frames:
            return Path()
        frame = self._frames[-1]
        return Path((*self._path(), len(frame.value) if frame.is_list else frame.key))

    def _mend(self, rule: str, before: Any, after: Any, kind: RepairClass, path: Path) -> None:
        self.repairs.append(Repair(path, rule, before, after, kind))

    def _defect(self, message: str, path: Path, value: Any = UNSET, *, append: bool = False) -> None:
        self.problems.append(Defect(path, "json", message, value, append))

    def _put(self, value: Any) -> None:
        if self._events is not None:
            self._events.append(Event("value", self._here(), value))
        self._place(value)

    def _tell(self, type: EventType, path: Path, value: Any) -> None:
        if self._events is not None:
            self._events.append(Event(type, path, value))

    def _place(self, value: Any) -> None:
        """Put a value where it belongs. A key given twice keeps its first value and is a defect if they differ."""
        if not self._frames:
            self.value = value
            return
        frame = self._frames[-1]
        frame.comma = False
        if frame.is_list:
            frame.value.append(value)
            return
        if frame.key in frame.value:
            self._doubled(frame, value)
        else:
            frame.value[frame.key] = value

    def _doubled(self, frame: _Frame, value: Any) -> None:
        there = frame.value[frame.key]
        path = Path((*self._path(), frame.key))
        if type(there) is type(value) and not isinstance(value, (dict, list)) and there == value:
            self._mend("duplicate-key", value, there, "syntax", path)
        else:
            self._defect(f"The key {frame.key[:80]!r} is given more than once; give it once.", path, there)

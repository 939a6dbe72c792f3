"""A tolerant JSON reader that is fed text in pieces of any size: values come out as they are complete.

Every decision waits until enough text is there, so that the pieces change nothing; nothing read is read again, so that
time is linear; whatever is not JSON is mended on record, or is a defect. It raises for no text.

    document = value ;  value = object | list | quoted | bare
    object   = "{" [ key ":" value { "," key ":" value } ] "}"      each mark may be missing, doubled or another's
    list     = "[" [ value { "," value } ] "]"
"""

from __future__ import annotations

import re
from typing import Any

from railguard.parsing.json.escapes import Unescaped, dedent, unescape
from railguard.parsing.json.placeholders import is_code, is_expression, tells_of_more
from railguard.parsing.json.quoted import Quoted, block, key_without_quote, quoted, without_break, without_other_quote
from railguard.parsing.json.quotes import CLOSERS, Place, Setting, key_follows
from railguard.parsing.json.scalars import scalar
from railguard.parsing.json.source import WINDOW, Source, Steps, comment, mark_behind, space
from railguard.parsing.json.tree import MOST_NOTES, Frame, Tree
from railguard.parsing.json.unquoted import Around, bare, bare_key, stray
from railguard.parsing.reading import Event
from railguard.values import UNSET, History, Limits, RepairClass, Traced

__all__ = ["MOST_NOTES", "Reader"]

_VALUE, _KEY, _COLON, _AFTER, _END = range(5)

_STRING = r'"([^"\\\x00-\x1f\ud800-\udfff]*)"'
_NUMBER = r"(-?(?:0|[1-9][0-9]{0,17}))|(-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17})"
# JSON as it should be, whole in the text at hand: the quick way through what needs no decision.
_PLAIN_KEY = re.compile(_STRING + r"\s*:").match
_PLAIN_STRING = re.compile(_STRING + r'(?=\s*(?:,\s*"|\}\s*[,}\]]))').match
_PLAIN_ITEM = re.compile(_STRING + r'(?=\s*(?:,\s*["{\[0-9-]|\]\s*[,}\]]))').match
_PLAIN_SCALAR = re.compile(
    rf"(?:(true)|(false)|(null)|{_NUMBER})(?=\s*(?:,\s*(?:\"[^\"\n]{{0,160}}\"\s*:|\}})|\}}))"
).match
_PLAIN_ITEM_SCALAR = re.compile(rf"(?:(true)|(false)|(null)|{_NUMBER})(?=\s*[,\]])").match

_CONTROL = re.compile(r"[\x00-\x1f]").search
_NUMBERS = re.compile(r"[-+]?[0-9.]+(?:\s+[-+]?[0-9.]+)+").fullmatch
_CALL = re.compile(r"[A-Za-z_][\w.]{0,80}\(\s*").match
_CALL_BEGUN = re.compile(r"[A-Za-z_][\w.]{0,80}(?:\(\s*(?:[A-Za-z_]\w{0,80}\s*)?)?\Z").match
_KEYWORD_ARGUMENT = re.compile(r"[A-Za-z_]\w{0,80}\s*=(?!=)").match
_PREFIX = re.compile(r"[uUbBrRfF]{1,2}(?=['\"])").match
_CLOSERS_AT_END = re.compile(r"[\s}\])]*\Z").search
_AND_SO_ON = {"…", "etc", "etc.", "etcetera", "and so on", "and more", "and others"}
_CLOSER_OF = {"{": "}", "[": "]", "(": ")"}


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
        """events: whether to tell them."""
        limits = limits if limits is not None else Limits()
        self._depth = limits.depth
        self._digits = limits.integer_digits
        self._source = Source()
        self._tree = Tree(events)
        self._keys: dict[str, str] = {}
        self._work = self._document()
        self._prefix = ""  # of a text, as Python writes it
        self._new_line = False  # a line break stands between the last mark and here
        self.done = False
        self.end = 0

    @property
    def value(self) -> Any:
        """What was read so far, which grows and is not to be changed; UNSET before it begins."""
        return self._tree.value

    @property
    def traced(self) -> Traced:
        """What was read so far, with its history."""
        return Traced(self._tree.value, History.of(self._tree.notes))

    @property
    def at(self) -> int:
        """The offset up to which the text was read; what is behind it waits for more."""
        return self._source.offset

    @property
    def steps(self) -> int:
        """How often reading went on or back to work: at most linear in the text and the number of its pieces."""
        return self._source.steps

    def feed(self, text: str) -> list[Event]:
        """The events that a piece of text brings about. Text behind the value is ignored."""
        if not self.done and text:
            self._source.feed(text)
            self._go_on()
        return self._take()

    def close(self) -> list[Event]:
        """The events that the end of the text brings about. Feeding is over."""
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

    # -- the document ---------------------------------------------------------------------------------------------

    def _document(self) -> Steps[None]:
        source, tree = self._source, self._tree
        state = _VALUE
        while state != _END:
            source.steps += 1
            if tree.count > MOST_NOTES:
                tree.give_up("too-many-repairs")
                return
            at = space(source.text, source.at)
            if at > source.at:
                self._new_line = self._new_line or "\n" in source.text[source.at : at]
                source.at = at
            if at == len(source.text):
                if source.final:
                    self._ended(state)
                    return
                yield
                continue
            mark = source.text[at]
            if mark in "/#":
                skipped = yield from comment(source, state == _VALUE)
                if skipped is not None:
                    self._comment(skipped)
                    self._new_line = self._new_line or not skipped.startswith("/*")
                    continue
                at = source.at
            frame = tree.frames[-1] if tree.frames else None
            if state == _VALUE:
                quick = frame is not None and self._plain_value(frame, at, mark)
                state = _AFTER if quick else (yield from self._value(frame, mark))
            elif frame is None:
                return
            elif state == _AFTER:
                if mark == ",":
                    source.at = at + 1
                    frame.comma = True
                    state = _VALUE if frame.is_list else _KEY
                else:
                    state = yield from self._after(frame, mark)
            elif state == _KEY:
                match = _PLAIN_KEY(source.text, at)
                if match is not None:
                    frame.key = self._keys.setdefault(match[1], match[1])  # one text for all that are equal
                    source.at = match.end()
                    state = _VALUE
                else:
                    state = yield from self._key(frame, mark)
            else:
                state = yield from self._colon(frame, mark)
            self._new_line = False
            if state == _AFTER and not tree.frames:
                return

    def _comment(self, text: str) -> None:
        tree = self._tree
        tree.repaired("comment", text, UNSET, "syntax")
        if tree.frames and tells_of_more(text):
            tree.doubted("abbreviated", text[:80], kind="items-missing" if tree.frames[-1].is_list else "unreadable")

    def _plain_value(self, frame: Frame, at: int, mark: str) -> bool:
        """Read a scalar that is valid JSON, if one stands there whole and beyond doubt."""
        text = self._source.text
        value: Any
        if mark == '"':
            match = (_PLAIN_ITEM if frame.is_list else _PLAIN_STRING)(text, at)
            if match is None:
                return False
            value = match[1]
        elif mark in "{[":
            return False
        else:
            match = (_PLAIN_ITEM_SCALAR if frame.is_list else _PLAIN_SCALAR)(text, at)
            if match is None:
                return False
            which = match.lastindex or 0
            if which == 4 and len(match[4].lstrip("-")) > self._digits:
                return False
            if which == 5:
                self._source.at = match.end()
                self._tree.put_number(float(match[5]), match[5])
                return True
            value = int(match[4]) if which == 4 else (True, False, None)[which - 1]
        self._source.at = match.end()
        self._tree.put(value)
        return True

    # -- states: each returns the next one -------------------------------------------------------------------------

    def _value(self, frame: Frame | None, mark: str) -> Steps[int]:
        source, tree = self._source, self._tree
        if frame is not None and mark == ":" and not frame.is_list:
            source.at += 1
            tree.repaired("colon", ":", UNSET, "syntax", tree.here())
            return _VALUE
        if frame is not None and mark in "}]),;":
            if not frame.is_list:
                return self._no_value(frame)
            if mark in "}])":
                return (yield from self._closer(frame, mark))
            source.at += 1
            tree.repaired("extra-comma", mark, UNSET, "judgement")
            frame.comma = True
            return _VALUE
        if mark in "{[(":
            if mark == "(":
                tree.repaired("python-repr", "(", "[", "syntax", tree.here())
            return self._open(mark != "{", _CLOSER_OF[mark], source.at + 1)
        if mark == "." and frame is not None and (yield from self._ellipsis(frame)):
            return _AFTER
        if mark.isalpha() or mark == "_":
            state = yield from self._call()
            if state is not None:
                return state
            mark = source.text[source.at]
        if mark in CLOSERS:
            place: Place = "root" if frame is None else "item" if frame.is_list else "member"
            return (yield from self._quoted(place, mark))
        return (yield from self._bare(frame))

    def _open(self, is_list: bool, closer: str, behind: int) -> int:
        source, tree = self._source, self._tree
        if len(tree.frames) >= self._depth:
            tree.give_up("too-deep", self._depth)
            return _END
        tree.begin(is_list, closer)
        source.at = behind
        return _VALUE if is_list else _KEY

    def _call(self) -> Steps[int | None]:
        """What Python prints before a value: u'…', or a class's name and a bracket. None if a scalar is to be read."""
        source, tree = self._source, self._tree
        while True:
            text, at = source.text, source.at
            if (match := _PREFIX(text, at)) is not None:
                tree.repaired("python-repr", match.group(), UNSET, "syntax", tree.here())
                source.at = match.end()
                self._prefix = match.group().lower()
                return None
            if source.has(WINDOW) or (len(text) - at > 2 and _CALL_BEGUN(text, at) is None):
                break
            yield
        call = _CALL(text, at)
        if call is None:
            return None
        behind = call.end()
        if text[behind : behind + 1] in ("{", "["):
            tree.repaired("python-repr", call.group(), UNSET, "syntax", tree.here())
            tree.calls += 1
            source.at = behind
            return _VALUE
        if _KEYWORD_ARGUMENT(text, behind) is None:
            return None
        tree.repaired("python-repr", call.group(), "{", "syntax", tree.here())
        return self._open(False, ")", behind)

    def _key(self, frame: Frame, mark: str) -> Steps[int]:
        source, tree = self._source, self._tree
        if mark in "}])":
            return (yield from self._closer(frame, mark))
        if mark in ",;":
            source.at += 1
            tree.repaired("extra-comma", mark, UNSET, "syntax")
            return _KEY
        if mark == "." and (yield from self._ellipsis(frame)):
            return _AFTER
        if mark in CLOSERS:
            return (yield from self._quoted("key", mark))
        if mark == "{" and len(tree.frames) > 1 and tree.frames[-2].is_list:
            tree.repaired("unclosed", UNSET, frame.closer, "syntax")
            tree.end()
            return _VALUE
        if mark in "{[(:":
            tree.give_up("expected-key", mark)
            return _END
        return (yield from self._bare_key(frame))

    def _colon(self, frame: Frame, mark: str) -> Steps[int]:
        source, tree = self._source, self._tree
        if mark == ":":
            source.at += 1
            return _VALUE
        if mark == "=":
            while not source.has(2):
                yield
            sign = "=>" if source.text.startswith("=>", source.at) else "="
            source.at += len(sign)
            if frame.closer != ")":
                tree.repaired("colon", sign, ":", "syntax", tree.here())
            return _VALUE
        if mark in ",}":
            return self._key_alone(frame, True)
        tree.repaired("missing-colon", UNSET, ":", "syntax", tree.here())
        return _VALUE

    def _after(self, frame: Frame, mark: str) -> Steps[int]:
        source, tree = self._source, self._tree
        if mark == ";":
            source.at += 1
            tree.repaired("comma", ";", ",", "syntax")
            frame.comma = True
            return _VALUE if frame.is_list else _KEY
        if mark == ")" and tree.calls and frame.closer != ")":
            tree.calls -= 1
            source.at += 1
            return _AFTER
        if mark in "}])":
            return (yield from self._closer(frame, mark))
        if mark == ":":
            tree.give_up("expected-comma", ":")
            return _END
        if frame.is_list:
            tree.repaired(
                "missing-comma", UNSET, ",", "judgement" if mark in CLOSERS and not self._new_line else "syntax"
            )
            return _VALUE
        while (known := key_follows(source.text, source.at, source.has(WINDOW))) is None:
            yield
        if known:
            tree.repaired("missing-comma", UNSET, ",", "syntax")
            return _KEY
        if mark in "{[(" or mark in CLOSERS:
            tree.give_up("expected-comma", mark)
            return _END
        text = yield from stray(source)
        if source.text[source.at : source.at + 1] in ("{", "["):
            tree.give_up("expected-comma", text[:80])
            return _END
        tree.repaired("stray-text", text, UNSET, "judgement")
        return _KEY if source.text[source.at : source.at + 1] == '"' else _AFTER

    def _ellipsis(self, frame: Frame) -> Steps[bool]:
        source = self._source
        while not source.has(3):
            yield
        if not source.text.startswith("...", source.at):
            return False
        source.at += 3
        frame.comma = False
        self._tree.doubted("abbreviated", "...", kind="items-missing" if frame.is_list else "unreadable")
        return True

    def _no_value(self, frame: Frame) -> int:
        self._tree.doubted("key-without-value", frame.key[:80], self._tree.here())
        return _AFTER

    def _key_alone(self, frame: Frame, was_quoted: bool) -> int:
        """A key without a colon: the first member of a set as Python prints it, else a defect."""
        tree = self._tree
        member: Any = frame.key
        is_member = was_quoted
        if not was_quoted and frame.key:
            found = scalar(frame.key, self._digits)
            member, is_member = found.value, found.rule != "unquoted" and found.problem is None
        if is_member and frame.closer == "}" and not frame.value and not frame.comma:
            tree.repaired("python-repr", "{", "[", "lossless")
            tree.become_list(frame.key)
            tree.put(member)
        else:
            # It may be the rest of the text before it, or an item of a list: the object as a whole is in doubt.
            tree.doubted("key-alone", frame.key[:80])
        return _AFTER

    # -- brackets ---------------------------------------------------------------------------------------------------

    def _closer(self, frame: Frame, mark: str) -> Steps[int]:
        source, tree = self._source, self._tree
        if mark != frame.closer:
            return (yield from self._other_closer(frame, mark))
        if len(tree.frames) == 1 and mark == "}" and not frame.is_list and (yield from self._key_behind()):
            source.at += 1
            tree.repaired("stray-bracket", mark, UNSET, "judgement")
            return _AFTER
        if frame.comma:
            tree.repaired("trailing-comma", ",", UNSET, "syntax")
        return self._end_frames(1)

    def _end_frames(self, count: int) -> int:
        self._source.at += 1
        for _ in range(count):
            self._tree.end()
        return _AFTER

    def _other_closer(self, frame: Frame, mark: str) -> Steps[int]:
        """A bracket that does not close the innermost frame: an outer one's, the wrong one, or one too many."""
        source, tree = self._source, self._tree
        frames = tree.frames
        level = len(frames) - 1
        while level >= 0 and frames[level].closer != mark:
            level -= 1
        if level < 0:
            follows = yield from mark_behind(source)
            if len(frames) == 1 and follows and follows in ",}])":
                source.at += 1
                tree.repaired("stray-bracket", mark, UNSET, "syntax")
                return _AFTER
            tree.repaired("wrong-bracket", mark, frame.closer, "syntax" if len(frames) == 1 else "judgement")
            return self._end_frames(1)
        kind: RepairClass = "syntax"
        if mark == "}" and frame.is_list and (yield from self._key_behind()):
            if level > 0 and not frames[level - 1].is_list:
                kind = "judgement"  # the next key may belong to the object that is closed, or to the one around it
            elif level == len(frames) - 2:
                tree.repaired("wrong-bracket", mark, frame.closer, "syntax")
                return self._end_frames(1)
        for one in range(len(frames), level + 1, -1):
            tree.repaired("unclosed", UNSET, frames[one - 1].closer, kind, tree.path(one))
        return self._end_frames(len(frames) - level)

    def _key_behind(self) -> Steps[bool]:
        """Whether a comma and a quoted key stand behind the current character."""
        while True:
            window, complete = self._source.ahead(1)
            rest = window.lstrip()
            verdict: bool | None = None if not rest and not complete else False
            if rest[:1] == ",":
                rest = rest[1:].lstrip()
                verdict = None if not rest and not complete else False
                if rest and rest[0] in CLOSERS:
                    verdict = key_follows(rest, 0, complete)
            if verdict is not None:
                return verdict
            yield

    # -- quoted text ------------------------------------------------------------------------------------------------

    def _setting(self, place: Place) -> Setting:
        frames = self._tree.frames
        return Setting(
            place,
            len(frames),
            any(frame.is_list for frame in frames),
            any(frame.closer == "}" for frame in frames),
            self._tree.calls > 0 or any(frame.closer == ")" for frame in frames),
            len(frames) > 1 and frames[-2].is_list,
        )

    def _quoted(self, place: Place, quote: str) -> Steps[int]:
        source = self._source
        if quote in "\"'`":
            while True:
                ahead = source.text[source.at : source.at + 3]
                if source.has(3) or ahead != quote * len(ahead):
                    break
                yield
            if ahead == quote * 3:
                source.at += 3
                return (yield from self._block(place, quote))
        source.at += 1
        found = yield from quoted(source, quote, self._setting(place))
        if found.ended == "text":
            return self._unterminated(place, found)
        if found.ended == "colon":
            return self._key_and_scalar(found.raw)
        records: list[tuple[str, RepairClass]] = []
        raw = found.raw
        has_comma = is_whole = True
        if found.ended == "next-key":
            raw, has_comma = without_break(raw)
            raw = without_other_quote(raw)
            records.append(("missing-quote", "judgement" if found.pairing.count or "\n" in raw else "syntax"))
            is_whole = found.pairing.clean
        elif quote != '"' or found.closing != '"':
            records.append(("quotes", "syntax"))
        value, kind, problem, rule = unescape(raw)
        problem = problem or self._prefixed(raw)
        if not is_whole or (quote == '"' and not found.pairing.clean and is_expression(raw)):
            problem = problem or "ambiguous-quotes"
        if kind is not None:
            records.append((rule, kind))
        if _CONTROL(raw) is not None:
            records.append(("control-character", "syntax"))
        if found.ended == "quote":
            doubled = found.pairing.count == 2 and len(raw) > 1 and raw[0] == raw[-1] and raw[0] in CLOSERS[quote]
            if doubled:
                value = value[1:-1]
                records.append(("doubled-quotes", "syntax" if place == "key" else "judgement"))
            elif found.pairing.count:
                records.append(("unescaped-quotes", "syntax" if found.pairing.clean else "judgement"))
                if found.near_structure and not found.pairing.clean:
                    problem = problem or "ambiguous-quotes"
            if found.embedded:
                whole = not found.pairing.count and raw.strip()[:1] in "{[" and raw.strip()[-1:] in "}]"
                records.append(("unescaped-quotes", "syntax" if whole else "judgement"))
        state = self._text(place, value, raw, records, problem)
        if found.ended == "next-key":
            frame = self._tree.frames[-1]
            frame.comma = True
            if not has_comma:
                self._tree.repaired("missing-comma", UNSET, ",", "syntax")
            return _KEY
        return state

    def _prefixed(self, raw: str) -> str | None:
        """Why a text that Python's f or r stands before is not what it says; None if it is."""
        prefix, self._prefix = self._prefix, ""
        if "f" in prefix and "{" in raw:
            return "f-string"
        return "raw-string" if "r" in prefix and "\\" in raw else None

    def _text(
        self, place: Place, value: str, raw: str, records: list[tuple[str, RepairClass]], problem: str | None
    ) -> int:
        """Take a text as a key or a value, with what is to be recorded of it."""
        tree = self._tree
        if place == "key":
            tree.frames[-1].key = value
        if records or problem:
            path = tree.here()
            for rule, kind in records:
                tree.repaired(rule, raw, value, kind, path)
            if problem:
                tree.doubted(problem, path=path)
        if place == "key":
            return _COLON
        tree.put(value)
        return _AFTER

    def _key_and_scalar(self, raw: str) -> int:
        """`"key: "value"` or `"key: 1, "next"`: the key's closing quote is missing."""
        tree = self._tree
        found = key_without_quote(raw)
        assert found is not None
        key, value = found
        tree.frames[-1].key = key
        tree.repaired("missing-quote", raw, key, "syntax", tree.here())
        if value is None:
            return _VALUE
        read = scalar(value, self._digits)
        if read.problem is not None:
            tree.doubted(read.problem, read.detail, tree.here())
        tree.put(read.value)
        tree.frames[-1].comma = True
        return _KEY

    def _unterminated(self, place: Place, found: Quoted) -> int:
        """The text ended inside quotes: only the quote may be missing before the brackets due, else it was cut off."""
        tree = self._tree
        if place == "key":
            tree.leave_open(cut_off=True, code="key-cut")
            return _END
        match = _CLOSERS_AT_END(found.raw[-400:])
        closers = match.group() if match is not None else ""
        body = found.raw[: len(found.raw) - len(closers)]
        due = "".join(frame.closer for frame in reversed(tree.frames))
        tidy = not found.pairing.count and not found.embedded and not any(mark in body for mark in "{}[]")
        tidy = tidy and not body.endswith('\\"')  # the quote that ended it, or one inside it
        if due and "".join(closers.split()) == due and tidy:
            value, _, problem, _ = unescape(without_other_quote(body))
            self._text(place, value, body, [("missing-quote", "judgement")], problem)
            while tree.frames:
                tree.end()
            return _AFTER
        tree.cut_here()
        tree.place(unescape(found.raw).text)
        tree.leave_open(cut_off=True)
        return _END

    def _block(self, place: Place, quote: str) -> Steps[int]:
        """Text between triple quotes: as it stands, or without what a block of lines brings along."""
        found = yield from block(self._source, quote, self._setting(place))
        body = found.raw
        kind: RepairClass = "judgement" if found.nested else "syntax"
        if quote == "`" and "\n" in body:
            body = "\n" + body.partition("\n")[2]  # the first line is the fence's info string
        if found.ended_text:
            tree = self._tree
            tree.cut_here()
            if place != "key":
                tree.place(body)
            tree.leave_open(cut_off=True)
            return _END
        if "\n" in body and not body.partition("\n")[0].strip():
            body, kind = dedent(body), "judgement"
        value, escape, problem, rule = Unescaped(body) if quote == "`" else unescape(body)
        records: list[tuple[str, RepairClass]] = [("triple-quotes", kind)]
        if escape is not None:
            records.append((rule, escape))
        return self._text(place, value, found.raw, records, problem)

    # -- unquoted text ----------------------------------------------------------------------------------------------

    def _bare(self, frame: Frame | None) -> Steps[int]:
        source, tree = self._source, self._tree
        setting = self._setting("item")
        around = Around(
            frame is None or frame.is_list,
            frame is None,
            setting.list_above,
            setting.object_above,
            setting.call_above,
            setting.in_list,
        )
        text, ended_text, depth = yield from bare(source, around)
        if not text:
            tree.give_up("expected-value", source.text[source.at : source.at + 1])
            return _END
        if text[-1] == '"' and text.count('"') == 1:
            tree.repaired("missing-quote", text, text[:-1].rstrip(), "syntax", tree.here())
            tree.put(text[:-1].rstrip())
            return _AFTER
        if text.startswith('\\"') and not ended_text:
            return self._escaped_quotes(text)
        if frame is not None and frame.is_list and _NUMBERS(text) is not None:
            tree.doubted("several-numbers", path=tree.here())
        if frame is not None and frame.is_list and text.casefold() in _AND_SO_ON:
            frame.comma = False
            tree.doubted("abbreviated", text, kind="items-missing")
            return _AFTER
        found = scalar(text, self._digits)
        if found.rule == "unquoted" and frame is not None and is_code(text):
            tree.doubted("code", path=tree.here())
        if found.rule is not None:
            kind: RepairClass = "judgement" if depth and found.rule == "unquoted" else found.kind
            tree.repaired(found.rule, text, found.value, kind, tree.here())
        if found.problem is not None:
            tree.doubted(found.problem, found.detail, tree.here())
        if ended_text and frame is not None:
            if found.rule == "unquoted":
                tree.cut_here()
                tree.put(found.value)
                tree.leave_open(cut_off=True)
                return _END
            if isinstance(found.value, (int, float)) and not isinstance(found.value, bool):
                tree.doubted("", path=tree.here(), kind="cut")
                tree.repaired("number-at-end", text, found.value, "judgement", tree.here())
        if type(found.value) in (int, float):
            tree.put_number(found.value, text)
        else:
            tree.put(found.value)
        return _AFTER

    def _escaped_quotes(self, text: str) -> int:
        """`\\"x\\"`: a text whose own quotes were escaped, if it ends where the value ends."""
        tree = self._tree
        value, kind, problem, _ = unescape(text[2:-2])
        if len(text) < 4 or not text.endswith('\\"') or '\\"' in text[2:-2]:
            problem = problem or "escaped-quotes"
        tree.repaired("quotes", text, value, kind or "syntax", tree.here())
        if problem is not None:
            tree.doubted(problem, path=tree.here())
        tree.put(value)
        return _AFTER

    def _bare_key(self, frame: Frame) -> Steps[int]:
        source, tree = self._source, self._tree
        text, ended_text, _ = yield from bare_key(source)
        if ended_text:
            self._trailing_words(text)
            return _END
        mark = source.text[source.at]
        if mark in ":=" and text:
            frame.key = text
            if frame.closer != ")":
                tree.repaired("unquoted-key", text, text, "syntax", tree.here())
            return _COLON
        if mark in ",})" and text:
            frame.key = text
            return self._key_alone(frame, False)
        if mark == "\n":
            if text:
                tree.repaired("stray-text", text, UNSET, "judgement")
            if len(text.split()) > 2:
                frame.comma = False  # prose follows: the comma was its writer's, not the object's
            return _KEY
        if mark in CLOSERS and text:
            if (yield from mark_behind(source)) == ":":
                frame.key = text
                source.at += 1
                tree.repaired("missing-quote", text, text, "syntax", tree.here())
                return _COLON
            if text in ("u", "U", "b", "r"):
                tree.repaired("python-repr", text, UNSET, "syntax")
            else:
                tree.repaired("stray-text", text, UNSET, "judgement")
            return _KEY
        tree.give_up("expected-key", (text or mark)[:80])
        return _END

    def _trailing_words(self, text: str) -> None:
        """Words where a key is due, up to the end: prose behind an answer that was not closed, or a key cut off."""
        if len(text.split()) > 2:
            self._tree.repaired("stray-text", text, UNSET, "judgement")
            self._tree.leave_open(cut_off=False)
        else:
            self._tree.leave_open(cut_off=True, code="key-cut")

    # -- the end of the text ----------------------------------------------------------------------------------------

    def _ended(self, state: int) -> None:
        tree = self._tree
        if not tree.frames:
            if tree.value is UNSET:
                tree.doubted("no-value")
            return
        frame = tree.frames[-1]
        if state == _COLON or (state == _VALUE and not frame.is_list):
            tree.leave_open(cut_off=True, code="ends-in-member", detail=frame.key[:80])
        elif frame.comma or not frame.value:
            code = "" if frame.is_list else "ends-after-comma" if frame.comma else "ends-empty"
            tree.leave_open(cut_off=True, code=code)
        else:
            tree.leave_open(cut_off=False)

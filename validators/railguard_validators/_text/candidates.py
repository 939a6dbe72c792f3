"""Finds where matches of slow patterns may begin, in one pass of RE2 over the text.

Each pattern is loosened: what RE2 does not have (lookarounds, backreferences) is left out, and what is costly (classes
beyond ASCII, counted runs, what follows an unbounded repeat) is replaced by something that matches more. A loosened
pattern matches wherever the pattern does, so the pattern need not be tried elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from re import _parser  # reads a pattern exactly as `re` does; a private module of the standard library
from typing import Any, NamedTuple

from railguard_validators._text.windows import around

__all__ = ["Candidates", "Rare", "beginning_in", "longest", "matches_near"]

_PIECE = 4096  # the characters that are searched at a time, as one search may look far ahead before it finds the next
_MEMORY = 32 << 20  # for RE2's automaton; with too little it finds the same, but slowly
_MOST_COPIES = 16  # of a repeated group
_MOST_COUNTED = 8  # of the characters of a run, if it may be longer than its least
_LONGEST_RUN = 32  # the most characters of a run that are looked at if it has no limit
_LIMIT = 256  # the characters from which a limit counts as none

_ASCII = frozenset(range(128))
_LEADS = frozenset(range(0xC2, 0xF5))  # the first bytes of characters beyond ASCII, by which alone they are told apart
_FURTHER = frozenset(range(0x80, 0xC0))  # their other bytes
_LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_DIGITS = frozenset(b"0123456789")
_WORD = _LETTERS | _DIGITS | frozenset(b"_")
_WITHOUT_WIDTH = ("ASSERT", "ASSERT_NOT", "AT")
_CATEGORIES = {"DIGIT": _DIGITS, "SPACE": frozenset(b"\t\n\v\f\r\x1c\x1d\x1e\x1f "), "WORD": _WORD}
_WITH_COUSINS = frozenset(b"IKSiks")  # equal to a letter beyond ASCII if case is ignored: one of İ, ı, K and ſ
_COUSINS = frozenset((0xC4, 0xC5, 0xE2))  # the first bytes of these


class Candidates:
    """The places where matches of some patterns may begin.

    >>> candidates = Candidates([re.compile(r"(?<!\\w)(?:colou?r|shade)s? of \\w+(?! bark)")])
    >>> text = "Watercolors of it, colours of trees and the shade of bark."
    >>> [text[start:end] for start, end in candidates.spans(text)]
    [' colours of trees ', ' shade of bark.']
    """

    def __init__(self, patterns: Iterable[str | re.Pattern[str]]) -> None:
        self._patterns = tuple(patterns)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return (start, end) of parts of the text, in order and without overlaps. Every match of a pattern begins in one
        of them, and may end behind it. The time is linear in the text.
        """
        return list(self.parts(text))

    def parts(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the same one by one, without looking at the text far behind the last one."""
        if not self._patterns:
            return
        search, behind, reach = self._search
        for first in range(0, len(text), _PIECE):
            offset = max(0, first - behind)
            stop = first + _PIECE
            piece = text[offset : stop + reach]
            raw = piece.encode("utf-8", "surrogatepass")
            at = passed = 0
            done = first
            for match in search(raw):
                start, end = match.span()
                if len(raw) != len(piece):
                    start, end = _whole_characters(raw, start, end)
                    passed, at = start, at + _length(raw[passed:start])
                    start, end = at, at + _length(raw[start:end])
                if offset + start >= stop:
                    break
                # A match that begins close behind this one cannot be found if what is before it has been passed here.
                start, end = max(done, offset + start), min(offset + end + behind, stop)
                if start < end:
                    yield start, end
                    done = end

    @cached_property
    def _search(self) -> tuple[Any, int, int]:
        """Return RE2's search in bytes, and the most characters that it needs before and behind the place of a match."""
        import re2  # type: ignore[import-untyped]  # google-re2 ships no types

        parsed = [_parsed(pattern) for pattern in self._patterns]
        loosened = _either([_Reader().whole(items, flags) for items, flags in parsed])
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.never_capture = True
        options.log_errors = False
        options.max_mem = _MEMORY
        engine = re2.compile(loosened.text, options)
        if engine.match(b"") is not None or not all(items.getwidth()[0] for items, _ in parsed):
            raise ValueError("a pattern may match the empty text, or is loosened to one that does")
        return engine.finditer, loosened.behind, loosened.width


class Rare:
    """A pattern that most texts have no match of; finds what the compiled pattern does, but faster.

    >>> [found[0] for found in Rare("ab+(?!c)").finditer("abbc abb")]
    ['ab', 'abb']
    """

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._pattern = re.compile(pattern, flags)
        self._candidates = Candidates([self._pattern])

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Yield the matches in a text."""
        return beginning_in(self._candidates.parts(text), self._pattern, text)

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match in a text."""
        return next(self.finditer(text), None)


def beginning_in(parts: Iterable[tuple[int, int]], pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield the matches that begin in one of these parts of a text, one behind the other as `finditer` yields them.

    >>> [found.span() for found in beginning_in([(0, 1), (4, 8)], re.compile("aa(?!b)"), "aab aaaa")]
    [(4, 6), (6, 8)]
    """
    behind = 0
    for start, end in parts:
        at = max(start, behind)
        while at < end:
            found = pattern.match(text, at)
            if found is None:
                at += 1
            else:
                yield found
                at = behind = found.end()


def matches_near(
    parts: Iterable[tuple[int, int]], pattern: re.Pattern[str], text: str, reach: int
) -> Iterator[re.Match[str]]:
    """Yield the matches in a text if none begins outside of these parts: the same as `beginning_in`, and faster where
    the parts are long. reach: the most characters that the pattern looks at from the beginning of a match.

    >>> [found.span() for found in matches_near([(4, 8)], re.compile("aa(?!b)"), "aab aaaa", 3)]
    [(4, 6), (6, 8)]
    """
    for start, stop in around(parts, len(text), 0, reach):
        for found in pattern.finditer(text, start, stop):
            if found.start() >= stop - reach and stop < len(text):
                break  # it is not seen up to its end
            yield found


def longest(pattern: re.Pattern[str]) -> int:
    """Return the most characters of a match.

    >>> longest(re.compile("(ab?|c{2,9}) +")) > 10**6, longest(re.compile("(ab?|c{2,9})(?!d)"))
    (True, 9)
    """
    return int(_parsed(pattern)[0].getwidth()[1])


def _whole_characters(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Extend a part of UTF-8 so that no character is cut."""
    while start and raw[start] & 0xC0 == 0x80:
        start -= 1
    while end < len(raw) and raw[end] & 0xC0 == 0x80:
        end += 1
    return start, end


def _length(raw: bytes) -> int:
    return len(raw.decode("utf-8", "surrogatepass"))


def _parsed(pattern: str | re.Pattern[str]) -> tuple[Any, int]:
    """Return the items and the flags of a pattern."""
    text, flags = (pattern, 0) if isinstance(pattern, str) else (pattern.pattern, pattern.flags)
    items = _parser.parse(text, flags)
    return items, items.state.flags


class _Loose(NamedTuple):
    """A part of a pattern in RE2's syntax, for bytes. width: the most characters that its equivalent matches. ends: whether
    what follows in the pattern must be left out, because the part does not match as far as its equivalent. behind: the
    most characters that it matches before its equivalent begins.
    """

    text: bytes
    width: int
    ends: bool = False
    behind: int = 0


class _Reader:
    """Loosens one pattern."""

    def __init__(self) -> None:
        self._groups: dict[int, _Loose] = {}

    def whole(self, items: Any, flags: int) -> _Loose:
        """Loosen a pattern, or one of its alternatives."""
        before, items = self._before(list(items), flags)
        if len(items) == 1 and str(items[0][0]) == "BRANCH":
            rest = _either([self.whole(one, flags) for one in items[0][1][1]])
            if rest.behind:  # the alternatives say themselves what is before them, which is the same text
                return rest
        else:
            rest = self._sequence(items, flags, last=True)
        return rest._replace(text=before.text + rest.text, behind=before.behind)

    def _before(self, items: list[Any], flags: int) -> tuple[_Loose, list[Any]]:
        """Return what must be before a match, and the items of the pattern without it."""
        allowed = frozenset(range(256))
        for at, item in enumerate(items):
            match str(item[0]), item[1]:
                case "ASSERT_NOT", (-1, one) if len(one) == 1:
                    allowed -= _certain(one[0], flags)
                case "AT", place if str(place) == "AT_BOUNDARY" and _begins_word(items[at + 1 :], flags):
                    allowed -= _WORD
                case "AT", place if str(place) in ("AT_BEGINNING", "AT_BEGINNING_STRING"):
                    if str(place) == "AT_BEGINNING" and flags & re.MULTILINE:
                        return _Loose(b"(?:\\A|\\n)", 0, behind=1), items[at + 1 :]
                    return _Loose(b"\\A", 0), items[at + 1 :]
                case "ASSERT", (-1, inside):
                    before = self._sequence(inside, flags)
                    if not before.ends:
                        return _Loose(before.text, 0, behind=before.width), items[at + 1 :]
                case name, _ if name in _WITHOUT_WIDTH:
                    pass
                case _:
                    items = items[at:]
                    break
        if len(allowed) == 256:
            return _Loose(b"", 0), items
        return _Loose(b"(?:\\A|" + _class(allowed) + b")", 0, behind=1), items

    def _sequence(self, items: Iterable[Any], flags: int, *, last: bool = False) -> _Loose:
        """Loosen items in a row. last: nothing follows them in the pattern."""
        items = list(items)
        text, width = b"", 0
        for number, item in enumerate(items, 1):
            if last and (run := _endless(item, flags)) is not None:
                rest = self._sequence(items[number:], flags, last=True)
                least, members = run
                some, long = _run(members, least, _LONGEST_RUN), _run(members, _LONGEST_RUN, _LONGEST_RUN)
                text += b"(?:" + some.text + rest.text + b"|" + long.text + b")"
                return _Loose(text, width + _LONGEST_RUN + rest.width, ends=True)
            last_one = last and all(str(other[0]) in _WITHOUT_WIDTH for other in items[number:])
            if last_one and (after := _after(item, flags)) is not None:
                return _Loose(text + after, width + 1)
            part = self._part(item, flags, last=last_one)
            text, width = text + part.text, width + part.width
            if part.ends:
                return _Loose(text, width, ends=True)
        return _Loose(text, width)

    def _part(self, item: Any, flags: int, *, last: bool) -> _Loose:
        name, argument = str(item[0]), item[1]
        if (members := _members(item, flags)) is not None:
            return _Loose(_character(members), 1)
        match name:
            case "LITERAL":
                return _Loose(chr(argument).encode("utf-8", "surrogatepass"), 1)
            case "BRANCH":
                return _either([self._sequence(one, flags, last=last) for one in argument[1]])
            case "SUBPATTERN":
                number, added, removed, items = argument
                found = _either([self._sequence(items, (flags | added) & ~removed, last=last)])
                if number is not None:
                    self._groups[number] = found
                return found
            case "ATOMIC_GROUP":
                return _either([self._sequence(argument, flags, last=last)])
            case "GROUPREF":
                return self._groups[argument]
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, items = argument
                return self._repeat(least, most, items, flags)
            case _ if name in _WITHOUT_WIDTH:
                return _Loose(b"", 0)
        raise NotImplementedError(name)

    def _repeat(self, least: int, most: int, items: Any, flags: int) -> _Loose:
        members = _members(items[0], flags) if len(items) == 1 else None
        if members is not None:
            if most > _LIMIT:
                least = min(least, _LONGEST_RUN)
                return _run(members, least, least)._replace(ends=True)
            return _run(members, least, most)
        one = self._sequence(items, flags)
        if one.ends:
            return one if least else _Loose(b"", 0, ends=True)
        if most > _MOST_COPIES:
            count = min(least, _MOST_COPIES)
            return _Loose(b"(?:" + one.text + b"){%d}" % count, one.width * count, ends=True)
        return _Loose(b"(?:" + one.text + b"){%d,%d}" % (least, most), one.width * most)


def _either(parts: list[_Loose]) -> _Loose:
    text = b"(?:" + b"|".join(part.text for part in parts) + b")"
    width, behind = (max(sizes) for sizes in zip(*((part.width, part.behind) for part in parts), strict=True))
    return _Loose(text, width, any(part.ends for part in parts), behind)


def _endless(item: Any, flags: int) -> tuple[int, frozenset[int]] | None:
    """Return (the fewest, the class) of a run of characters with hardly any limit, or None."""
    if str(item[0]) not in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return None
    least, most, items = item[1]
    if most <= _LIMIT or least > _LONGEST_RUN or len(items) != 1:
        return None
    members = _members(items[0], flags)
    return None if members is None else (least, members)


def _run(members: frozenset[int], least: int, most: int) -> _Loose:
    """Return a run of characters of a class: at least so many, and maybe more than `most`. Beyond ASCII, only the first
    one is known to be a whole character.
    """
    count = min(least, _LONGEST_RUN)
    if not members & _LEADS:
        counts = b"{%d,%d}" % (count, most) if most <= _MOST_COUNTED or count == most else b"{%d,}" % count
        return _Loose(_class(members) + counts, most)
    if most == 0:
        return _Loose(b"", 0)
    further = b"" if most == 1 else _class(members | _FURTHER) + b"{%d,}" % max(0, count - 1)
    return _Loose(b"(?:" + _character(members) + further + b")" + (b"" if count else b"?"), most)


def _after(item: Any, flags: int) -> bytes | None:
    """Return what must be behind a match, if the last item of a pattern says which character must not be."""
    match str(item[0]), item[1]:
        case "ASSERT_NOT", (1, one) if len(one) == 1:
            return b"(?:" + _class(frozenset(range(256)) - _certain(one[0], flags)) + b"|\\z)"
    return None


def _begins_word(items: Iterable[Any], flags: int) -> bool:
    """Whether the first character of a match is certainly an ASCII letter, a digit or the underscore."""
    for item in items:
        if (members := _members(item, flags)) is not None:
            return members <= _WORD
        match str(item[0]), item[1]:
            case "BRANCH", (_, alternatives):
                return all(_begins_word(one, flags) for one in alternatives)
            case "SUBPATTERN", (_, added, removed, inside):
                return _begins_word(inside, (flags | added) & ~removed)
            case (("MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT"), (least, _, inside)) if least:
                return _begins_word(inside, flags)
            case "ASSERT_NOT", _:
                continue
            case _:
                return False
    return False


def _members(item: Any, flags: int) -> frozenset[int] | None:
    """Return the bytes that the characters of a class may have; None if it is not a class, or a single character beyond
    ASCII, which has its own bytes.
    """
    found = _codes(item)
    if found is None or (str(item[0]) == "LITERAL" and item[1] > 127 and not flags & re.IGNORECASE):
        return None
    codes, negated = found
    if negated:
        return _ASCII - (_swapped(codes) if flags & re.IGNORECASE else codes) | _LEADS
    return _cased(codes) if flags & re.IGNORECASE else codes


def _certain(item: Any, flags: int) -> frozenset[int]:
    """Return the characters of ASCII that a class certainly has."""
    codes, negated = _codes(item) or (frozenset(), False)
    if str(item[0]) == "ANY":
        return _ASCII - frozenset(b"\n")
    if negated:
        return _ASCII - (_cased(codes) if flags & re.IGNORECASE else codes)
    return _ASCII & (_swapped(codes) if flags & re.IGNORECASE else codes)


def _codes(item: Any) -> tuple[frozenset[int], bool] | None:
    """Return (the bytes of a class, whether it has all characters but these); None if it is not a class."""
    match str(item[0]), item[1]:
        case "ANY", _:
            return _ASCII | _LEADS, False
        case ("LITERAL" | "NOT_LITERAL") as name, code:
            return _points(code, code), name == "NOT_LITERAL"
        case "IN", items:
            return frozenset().union(*map(_of_class, items)), str(items[0][0]) == "NEGATE"
    return None


def _of_class(item: Any) -> frozenset[int]:
    match str(item[0]), item[1]:
        case "LITERAL", code:
            return _points(code, code)
        case "RANGE", (first, last):
            return _points(first, last)
        case "CATEGORY", category:
            words = str(category).split("_")
            found = _CATEGORIES[words[-1]]
            return (_ASCII - found if "NOT" in words else found) | _LEADS
        case "NEGATE", _:
            return frozenset()
    raise NotImplementedError(str(item[0]))


def _points(first: int, last: int) -> frozenset[int]:
    """Return the bytes of a range of code points: those of ASCII, and the first ones of others."""
    found = frozenset(range(first, min(last, 127) + 1))
    if last < 128:
        return found
    leads = [chr(code).encode("utf-8", "surrogatepass")[0] for code in (max(first, 128), last)]
    return found | frozenset(range(leads[0], leads[1] + 1))


def _swapped(codes: frozenset[int]) -> frozenset[int]:
    return codes | {code ^ 32 for code in codes & _LETTERS}


def _cased(codes: frozenset[int]) -> frozenset[int]:
    """Return the bytes of characters that are equal to these if case is ignored."""
    if codes & _LEADS:
        codes |= _WITH_COUSINS | _LEADS
    elif codes & _WITH_COUSINS:
        codes |= _COUSINS
    return _swapped(codes)


def _character(members: frozenset[int]) -> bytes:
    """Return one character of a class."""
    plain, leads = members & _ASCII, members & _LEADS
    if not leads:
        return _class(plain)
    beyond = _class(leads) + _class(_FURTHER) + b"{1,3}"
    return b"(?:" + _class(plain) + b"|" + beyond + b")" if plain else beyond


@lru_cache(maxsize=1 << 10)  # a pattern has few different classes
def _class(codes: frozenset[int]) -> bytes:
    """Return a class of bytes in RE2's syntax.

    >>> _class(frozenset(b"abc-"))
    b'[\\\\x2d-\\\\x2d\\\\x61-\\\\x63]'
    """
    runs: list[list[int]] = []
    for code in sorted(codes):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return b"[" + b"".join(b"\\x%02x-\\x%02x" % (first, last) for first, last in runs) + b"]"

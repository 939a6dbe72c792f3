"""Finds the end of a quoted text with possibly unescaped quotes: a quote that JSON structure follows.

A decision uses at most WINDOW characters ahead, and requests more text if there is less, so that the result is the same
for all pieces, and the total time is linear.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from railguard.lazy import regex
from railguard.parsing.json.text_source import WINDOW
from railguard.parsing.json.text_source import space as _space

__all__ = ["CLOSERS", "Pairing", "QuotedRole", "Setting", "closes", "key_follows"]

QuotedRole: TypeAlias = Literal["key", "member", "item", "root"]
"""The role of a quoted text: the key of an object, the value of a member, an item of a list, or the whole document."""

CLOSERS: dict[str, str] = {
    '"': '"',
    "'": "'",
    "`": "`",
    "“": '”“"',
    "”": '”“"',
    "„": '”“"',
    "‘": "’‘'",
    "’": "’‘'",
    "‚": "’‘'",
    "«": "»",
    "»": "«»",
    "＂": "＂",
    "「": "」",
}
"""Maps an opening quote to the quotes that may close it."""

_IN_QUOTES = r"(?:[^{0}\\\n]|\\.){{0,160}}"
_QUOTED = [
    f"{opening}{_IN_QUOTES.format(closing)}[{closing}]"
    for opening, closing in (
        *((mark, mark) for mark in "\"'`＂"),
        ("[“„]", "”“"),
        ("[‘‚]", "’‘"),
        ("«", "»"),
        ("»", "«"),
        ("「", "」"),
    )
]
_QUOTED_KEY = regex("|".join(_QUOTED))
_QUOTED_KEY_PART = regex("(?:" + "|".join(key[: key.rindex("[")] for key in _QUOTED) + r")\\?\Z")
_BARE_KEY = regex(r"[^\s\"'`“”{}\[\](),:;=<>][^\"'`“”{}\[\](),:;=<>\n]{0,80}")
_STRAY_WORD = regex(r"([A-Za-z_]\w{0,40})[ \t]*")
_WORD_KEY = regex(r"[^\W\d][\w$.-]{0,80}")
_ITEM_WORD = regex(r"[\w.+@/-]{1,80}")


class Setting(NamedTuple):
    """The context of a quoted text. depth: of open objects and lists. list_above, object_above, call_above: whether one
    of them is open anywhere. in_list: whether its object is an item of a list.
    """

    place: QuotedRole
    depth: int
    list_above: bool
    object_above: bool
    call_above: bool
    in_list: bool


class Pairing:
    """Whether quotes inside a quoted text are paired as in ordinary writing: opened after space or a bracket, closed
    before one.

    An apostrophe between letters needs no partner. count: number of quotes. clean: they are paired so far.
    """

    __slots__ = ("_apostrophes", "_opened", "_tidy", "count")

    def __init__(self, quote: str) -> None:
        self._apostrophes = quote in "'‘’"
        self._opened = False
        self._tidy = True
        self.count = 0

    def add(self, before: str, after: str) -> None:
        """Add a quote, with the characters on both sides; "" for none."""
        self.count += 1
        if self._apostrophes and before.isalnum() and after.isalnum():
            return
        if self._opened:
            self._tidy = self._tidy and (after in _CLOSES_BEFORE or after.isspace())
        else:
            self._tidy = self._tidy and not after.isspace() and (before in _OPENS_BEHIND or before.isspace())
        self._opened = not self._opened

    def pass_over(self, quotes: int) -> None:
        """Add an even number of quotes in a run of equal ones: the result for the two before them applies."""
        self.count += quotes

    @property
    def clean(self) -> bool:
        """Whether all of them are paired."""
        return self._tidy and not self._opened


_OPENS_BEHIND = "([{<>=:,;/|*_~#–—\"'`-"
_CLOSES_BEFORE = ")]}<>=:,;.!?/|*_~–—\"'`-"


def key_follows(text: str, at: int, complete: bool, *, word: bool = False) -> bool | None:
    """Whether there is a key with its colon at `at`. word: an unquoted key may be only one word. None: more text is
    needed.
    """
    match = _QUOTED_KEY.match(text, at)
    is_quoted = match is not None
    if match is None:
        if not complete and _QUOTED_KEY_PART.match(text, at) is not None:
            return None
        match = (_WORD_KEY if word else _BARE_KEY).match(text, at)
        if match is None:
            return None if at >= len(text) and not complete else False
    end = match.end()
    if not is_quoted and text[end : end + 1] in ('"', "'", "”"):
        end += 1  # only its opening quote is missing
    end = _space(text, end)
    if end == len(text):
        return False if complete else None
    if text[end] != ":" or is_quoted:
        return text[end] in ":="
    scheme = text[end : end + 3]  # http://… is no key
    if len(scheme) < 3 and "://".startswith(scheme) and not complete:
        return None
    return scheme != "://"


def closes(text: str, behind: int, setting: Setting, clean: bool, final: bool) -> bool | None:
    """Whether a quote ends its text. behind: the offset after it. clean: no quote was found inside so far.

    final: no more text will come. None: the answer needs more text.
    """
    window = text[behind : behind + WINDOW]
    complete = final or len(window) == WINDOW
    at = _space(window, 0)
    if at == len(window):
        return True if complete else None
    newline = "\n" in window[:at]
    mark = window[at]
    if mark in "/#":
        return _comment(window, at, complete)
    if mark == "`" and (fence := _fence(window, at, complete)) is not False:
        return fence
    match setting.place:
        case "key":
            return _after_key(window, at, mark, complete)
        case "member":
            return _after_member(window, at, mark, setting, clean, newline, complete)
        case "item":
            return _after_item(window, at, mark, setting, clean, newline, complete)
    return clean


def _comment(window: str, at: int, complete: bool) -> bool | None:
    if window[at] == "#":
        return at > 0
    if at + 1 == len(window):
        return False if complete else None
    return window[at + 1] in "/*"


def _fence(window: str, at: int, complete: bool) -> bool | None:
    ticks = window[at : at + 3]
    if ticks == "```":
        return True
    return None if len(ticks) < 3 and ticks == "`" * len(ticks) and not complete else False


def _after_key(window: str, at: int, mark: str, complete: bool) -> bool | None:
    if mark in ":,}]=":
        return True
    if mark in "{[":
        return True
    if mark in CLOSERS:
        if at > 0:
            return True
        behind = _space(window, 1)  # ""key"": the second of two quotes is the end
        if behind == len(window):
            return True if complete else None
        return window[behind] != ":"
    if at > 0 and (mark.isdigit() or mark == "-"):
        return True
    if at > 0:
        word = _WORD_KEY.match(window, at)
        if word is not None:
            if word.end() == len(window) and not complete:
                return None
            return word.group() in ("true", "false", "null", "True", "False", "None")
    return False


def _after_member(
    window: str, at: int, mark: str, setting: Setting, clean: bool, newline: bool, complete: bool
) -> bool | None:
    if mark in ",;":
        return _member_comma(window, at + 1, setting, clean, complete)
    if mark == "}":
        return _after_closer(window, at + 1, setting, complete)
    if mark == "]":
        if setting.list_above:
            return _after_closer(window, at + 1, setting, complete)
        return not window[at:].strip("]} \t\r\n") if complete else None if not window[at:].strip("]} \t\r\n") else False
    if mark == ")":
        return setting.call_above
    if mark in CLOSERS and mark != "`":
        if at == 0:
            second = _second_of_two(window, setting, complete)
            if second is not False:
                return None if second is None else False
        return key_follows(window, at, complete)
    if newline:
        return key_follows(window, at, complete, word=True)
    return False


def _second_of_two(window: str, setting: Setting, complete: bool) -> bool | None:
    """Whether the second of two adjacent quotes ends the text, because structure follows it."""
    at = _space(window, 1)
    if at == len(window):
        return True if complete else None
    mark = window[at]
    if mark in ",;":
        return _member_comma(window, at + 1, setting, False, complete)
    return mark in "}]"


def _member_comma(window: str, at: int, setting: Setting, clean: bool, complete: bool) -> bool | None:
    at = _space(window, at)
    if at == len(window):
        return True if complete else None
    mark = window[at]
    if mark in "}])/#,;":
        return True
    if mark in '"“' and clean:
        return True
    if mark == "{" and setting.in_list:
        return True
    if mark == "." and window.startswith("...", at):
        return True
    if clean and (stray := _STRAY_WORD.match(window, at)) is not None:
        if stray.end() == len(window) and not complete:
            return None
        if window[stray.end() : stray.end() + 1] == '"' and stray.end() > stray.end(1):
            return key_follows(window, stray.end(), complete)
    return key_follows(window, at, complete)


def _after_item(
    window: str, at: int, mark: str, setting: Setting, clean: bool, newline: bool, complete: bool
) -> bool | None:
    if mark in ",;":
        return _item_comma(window, at + 1, clean, complete)
    if mark == "]":
        return _after_closer(window, at + 1, setting, complete)
    if mark == "}":
        return _after_closer(window, at + 1, setting, complete) if setting.object_above else False
    if mark == ")":
        return setting.call_above
    if mark in CLOSERS:
        return at > 0 and (newline or clean)
    if mark in "{[":
        return at > 0
    if mark == ":":
        return clean
    if mark.isdigit() or mark == "-":
        return at > 0 and clean and newline
    return False


def _item_comma(window: str, at: int, clean: bool, complete: bool) -> bool | None:
    at = _space(window, at)
    if at == len(window):
        return True if complete else None
    mark = window[at]
    if mark in "]}),;" or mark in "/#" or mark in CLOSERS or mark in "{[-." or mark.isdigit():
        return True
    if clean:
        word = _ITEM_WORD.match(window, at)
        if word is None:
            return False
        end = _space(window, word.end())
        if end == len(window):
            return True if complete else None
        return window[end] in ",]"
    return False


def _after_closer(window: str, at: int, setting: Setting, complete: bool) -> bool | None:
    at = _space(window, at)
    if at == len(window):
        return True if complete else None
    mark = window[at]
    if mark in ",}]);/#`":
        return True
    if setting.depth == 1:
        return mark not in CLOSERS
    if mark in "{[":
        return True
    return key_follows(window, at, complete) if mark in CLOSERS else False

"""Converts patterns to RE2's syntax: the dialect is ECMA-262 as JSON Schema's `pattern` uses it, with Python syntax
that ECMA-262 lacks (`\\A`, `\\Z`, `(?P<name>…)`, `(?i)`).

A pattern is read once, from left to right. Syntax with another meaning in RE2 is rewritten unambiguously; what RE2
cannot express is refused with its position, and with a suggestion.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

from railguard.errors import SpecError
from railguard.lazy import regex

__all__ = ["PatternTranslation", "pattern_error"]

_LARGEST_REPEAT: Final = 1000  # RE2's own bound, also on the product of nested ones

_SPACE: Final = (
    (0x09, 0x0D),
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
)
"""ECMA-262, 22.2.2.9: WhiteSpace and LineTerminator, as ranges of code points."""


def _ranges(ranges: tuple[tuple[int, int], ...]) -> str:
    return "".join(f"\\x{{{low:X}}}-\\x{{{high:X}}}" for low, high in ranges)


def _others(ranges: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    edges = [-1, *(edge for pair in ranges for edge in pair), 0x110000]
    return tuple((edges[i] + 1, edges[i + 1] - 1) for i in range(0, len(edges), 2))


# What may stand inside [...] for a class escape; RE2's own \s lacks the vertical tab and everything beyond ASCII.
_CLASSES: Final = {
    "d": r"\d",
    "D": r"\D",
    "w": r"\w",
    "W": r"\W",
    "s": _ranges(_SPACE),
    "S": _ranges(_others(_SPACE)),
}
_CONTROLS: Final = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "a": 7}
_DOT: Final = r"[^\n\r\x{2028}\x{2029}]"
_CATEGORIES: Final = {
    "Letter": "L",
    "Cased_Letter": "LC",
    "Uppercase_Letter": "Lu",
    "Lowercase_Letter": "Ll",
    "Titlecase_Letter": "Lt",
    "Modifier_Letter": "Lm",
    "Other_Letter": "Lo",
    "Mark": "M",
    "Nonspacing_Mark": "Mn",
    "Spacing_Mark": "Mc",
    "Enclosing_Mark": "Me",
    "Number": "N",
    "Decimal_Number": "Nd",
    "Letter_Number": "Nl",
    "Other_Number": "No",
    "Punctuation": "P",
    "Connector_Punctuation": "Pc",
    "Dash_Punctuation": "Pd",
    "Open_Punctuation": "Ps",
    "Close_Punctuation": "Pe",
    "Initial_Punctuation": "Pi",
    "Final_Punctuation": "Pf",
    "Other_Punctuation": "Po",
    "Symbol": "S",
    "Math_Symbol": "Sm",
    "Currency_Symbol": "Sc",
    "Modifier_Symbol": "Sk",
    "Other_Symbol": "So",
    "Separator": "Z",
    "Space_Separator": "Zs",
    "Line_Separator": "Zl",
    "Paragraph_Separator": "Zp",
}
"""The long names of general categories (Unicode Standard Annex 44, table 12) that ECMA-262 allows in addition to the
short ones.
"""

_REPEAT = regex(r"\{(\d*)(,?)(\d*)\}", re.ASCII)
_FLAGS = regex(r"\?([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])")
_NAME = regex(r"\?P?<(?:[^\W\d]|\$)[\w$]*>")
_HEX = regex(r"u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]{1,6})\}")
_LOW_SURROGATE = regex(r"\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})")
_PROPERTY = regex(r"([pP])(?:\{(\^?)(?:(\w+)=)?(\w+)\}|([A-Z]))", re.ASCII)
_SURROGATE = regex("[\ud800-\udfff]")

_LOOKAROUND_HINT: Final = (
    "lookahead can run right after a leading ^, as in ^(?!x)(?=.*[0-9])…; elsewhere split the condition into two "
    "rules, name what is allowed instead of what is not, or write a @validator in Python"
)


def pattern_error(pattern: str, reason: bytes | str) -> SpecError:
    """Return the error of a pattern that RE2 refuses. reason: RE2's message."""
    words = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
    if words.startswith(("invalid repetition size", "pattern too large")):
        return _error(
            pattern,
            "repeats too much to run in bounded memory",
            f"repeats, nested ones multiplied, go up to {_LARGEST_REPEAT}; for a longer text use the rule length, "
            "or minLength and maxLength",
        )
    return _error(pattern, f"cannot be read: {words}", "write a literal . * + ? ( ) [ ] { } | ^ $ with a \\ before it")


def _error(pattern: str, what: str, hint: str) -> SpecError:
    shown = pattern if len(pattern) <= 200 else pattern[:200] + "…"
    return SpecError.of(f"the pattern {shown!r} {what}", code="pattern", hint=hint)


class PatternTranslation:
    """One pass over a pattern. text: the same pattern in RE2's syntax. conditions: (pattern, whether it must match) of
    the lookaheads after a leading ^, which are equivalent to separate searches.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.out: list[str] = []
        self.conditions: list[tuple[str, bool]] = []
        self.flags: frozenset[str] = frozenset()
        self.anchored = False  # a leading ^ was written
        self.leading = True  # nothing but flags, ^ and lookaheads so far
        # of every open group: the flags around it, and for a lookahead where its text starts and whether it must match
        self.groups: list[tuple[frozenset[str], tuple[int, bool] | None]] = []
        self._translate()
        self.text = "".join(self.out)

    def _refuse(self, what: str, hint: str, at: int | None = None) -> NoReturn:
        raise _error(self.pattern, f"has {what} at offset {self.at if at is None else at}", hint)

    def _translate(self) -> None:
        pattern = self.pattern
        if found := _SURROGATE.search(pattern):
            self._refuse("a lone surrogate", "text never holds one; take it out", found.start())
        while self.at < len(pattern):
            char = pattern[self.at]
            if char == "(":
                self._open()
                continue
            if char == ")":
                self._close()
                continue
            if char == "^" and self.leading and not self.groups and "m" not in self.flags:
                self.anchored = True
            else:
                self.leading = False
            if char == "\\":
                self._escape()
            elif char == "[":
                self._class()
            elif char == ".":
                self._emit("(?s:.)" if "s" in self.flags else _DOT, 1)
            elif char == "{":
                self._repeat()
            elif char in "]}":
                self._emit("\\" + char, 1)
            elif char == "|":
                if not self.groups and self.conditions:
                    self._refuse(
                        "an alternative beside a lookahead", "put the alternatives into a group, ^(?=…)(?:a|b)"
                    )
                self._emit("|", 1)
            elif char in "+*?" and pattern[self.at + 1 : self.at + 2] == "+":
                self._refuse(
                    f"a possessive repeat ({char}+)",
                    "leave the second + out; it only saves time",
                )
            else:
                self._emit(char if char in "^$*+?" else _code(ord(char)), 1)
        if self.groups:
            self._refuse("a ( that is never closed", "write a literal ( as \\(")

    def _emit(self, text: str, width: int) -> None:
        self.out.append(text)
        self.at += width

    def _open(self) -> None:
        pattern, at = self.pattern, self.at + 1
        if not pattern.startswith("?", at):
            self._push("(?:", at)
        elif found := _NAME.match(pattern, at):
            self._push("(?:", found.end())
        elif found := _FLAGS.match(pattern, at):
            self._set_flags(found)
        elif pattern.startswith(("?=", "?!"), at):
            self._look(at + 2, pattern[at + 1] == "=")
        elif pattern.startswith(("?<=", "?<!"), at):
            self._refuse(f"a lookbehind ({pattern[self.at : at + 3]}…)", _LOOKAROUND_HINT)
        elif pattern.startswith("?P=", at):
            self._refuse("a backreference ((?P=…))", "write the group's pattern out again, or check it in a @validator")
        elif pattern.startswith("?>", at):
            self._refuse("an atomic group ((?>…))", "write (?:…); it only saves time, which is bounded here")
        else:
            self._refuse(
                f"an unknown group ({pattern[self.at : at + 3]}…)",
                "groups are (…), (?:…), (?<name>…) and (?i:…)",
            )

    def _push(self, text: str, at: int) -> None:
        self.leading = False
        self.groups.append((self.flags, None))
        self.out.append(text)
        self.at = at

    def _set_flags(self, found: re.Match[str]) -> None:
        on, off, end = found[1], found[2] or "", found[3]
        if unknown := set(on + off) - set("ims"):
            self._refuse(f"the flag {min(unknown)!r}", "flags are i (any case), m (lines) and s (. is anything)")
        if end == ":":
            self.groups.append((self.flags, None))
            self.leading = False
        self.flags = (self.flags | set(on)) - set(off)
        on, off = on.replace("s", ""), off.replace("s", "")
        text = on + ("-" + off if off else "")
        if end == ":":
            self.out.append(f"(?{text}:")
        elif text:
            self.out.append(f"(?{text})")
        self.at = found.end()

    def _look(self, at: int, wanted: bool) -> None:
        if not (self.anchored and self.leading) or self.groups:
            self._refuse(f"a lookahead ({self.pattern[self.at : at]}…)", _LOOKAROUND_HINT)
        self.groups.append((self.flags, (len(self.out), wanted)))
        self.leading = False
        self.at = at

    def _close(self) -> None:
        if not self.groups:
            self._refuse("a ) that closes nothing", "write a literal ) as \\)")
        flags, look = self.groups.pop()
        if look is None:
            self._emit(")", 1)
        else:
            start, wanted = look
            body = "".join(self.out[start:])
            del self.out[start:]
            self.conditions.append((f"{'(?i)' if 'i' in flags else ''}^(?:{body})", wanted))
            self.leading = True
            self.at += 1
            if self.pattern[self.at : self.at + 1] in tuple("*+?{"):
                self._refuse("a repeated lookahead", "a lookahead holds or does not; leave the repeat out")
        self.flags = flags

    def _repeat(self) -> None:
        found = _REPEAT.match(self.pattern, self.at)
        if found is None or not (found[1] or found[3]):
            self._emit("\\{", 1)
            return
        least, comma, most = found.groups()
        if not least:
            self._refuse(f"{found[0]}, which engines read differently,", f"write {{0{comma}{most}}} or \\{found[0]}")
        if any(len(count) > 6 or int(count) > _LARGEST_REPEAT for count in (least, most) if count):
            raise pattern_error(self.pattern, "invalid repetition size")
        self._emit(found[0], len(found[0]))
        if self.pattern.startswith("+", self.at):
            self._refuse("a possessive repeat", "leave the + out; it only saves time")

    def _escape(self) -> None:
        """Read an escape outside a class."""
        at = self.at + 1
        char = self.pattern[at : at + 1]
        if char in ("b", "B"):
            self._emit("\\" + char, 2)
        elif char == "A":
            self._emit(r"\A", 2)
        elif char in ("Z", "z"):
            self._emit(r"\z", 2)
        elif char in _CLASSES and char:
            self._emit(f"[{_CLASSES[char]}]", 2)
        elif char in ("p", "P"):
            self.out.append(self._property())
        elif char == "k" or (char.isdecimal() and char != "0"):
            what = "\\k<…>" if char == "k" else "\\" + char
            self._refuse(
                f"a backreference ({what})",
                "write the group's pattern out again, or check it in a @validator",
            )
        else:
            self.out.append(_code(self._code_point()))

    def _code_point(self) -> int:
        """Read one character at `self.at`, escaped or not, and move `self.at` after it."""
        pattern, start = self.pattern, self.at
        if pattern[start] != "\\":
            self.at += 1
            return ord(pattern[start])
        char = pattern[start + 1 : start + 2]
        if not char:
            self._refuse("a backslash with nothing after it", "write a literal backslash as \\\\")
        if found := _HEX.match(pattern, start + 1):
            code = int(next(digits for digits in found.groups() if digits), 16)
            self.at = found.end()
            if 0xD800 <= code < 0xDC00 and (low := _LOW_SURROGATE.match(pattern, self.at)):
                self.at = low.end()
                code = 0x10000 + (code - 0xD800) * 0x400 + int(low[1], 16) - 0xDC00
            if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
                self._refuse(f"{found[0]!r}, which is no character,", "text never holds one; take it out", start)
            return code
        self.at += 2
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char == "0" and not pattern[start + 2 : start + 3].isdecimal():
            return 0
        if char == "c" and pattern[start + 2 : start + 3].isalpha() and pattern[start + 2].isascii():
            self.at += 1
            return ord(pattern[start + 2]) % 32
        if char.isalnum():
            self._refuse(f"the unknown escape \\{char}", "a literal backslash is \\\\", start)
        return ord(char)

    def _property(self) -> str:
        found = _PROPERTY.match(self.pattern, self.at + 1)
        if found is None:
            self._refuse("an unreadable \\p", "write it as \\p{Lu} or \\p{Script=Greek}")
        kind, negated, key, value, short = found.groups()
        name = short or value
        if key in (None, "gc", "General_Category"):
            name = _CATEGORIES.get(name, name)
        elif key not in ("sc", "Script"):
            self._refuse(f"the property {key}", "known are categories (\\p{Lu}) and scripts (\\p{Script=Greek})")
        if negated:
            kind = "P" if kind == "p" else "p"
        self.at = found.end()
        if name == "ASCII":
            return "[\\x{0}-\\x{7F}]" if kind == "p" else "[\\x{80}-\\x{10FFFF}]"
        return f"\\{kind}{{{name}}}"

    def _class(self) -> None:
        """Read a class in brackets; every literal is written as a code point, so that it is unambiguous."""
        pattern, start = self.pattern, self.at
        negated = pattern.startswith("^", start + 1)
        self.at = start + (2 if negated else 1)
        if pattern.startswith("]", self.at):
            self._refuse(
                f"{pattern[start : self.at + 1]}, which engines read differently,", "write a literal ] as \\]", start
            )
        parts: list[str] = []
        while not pattern.startswith("]", self.at):
            if self.at >= len(pattern):
                self._refuse("a [ that is never closed", "write a literal [ as \\[", start)
            if pattern.startswith(("[:", "[=", "[."), self.at):
                self._refuse("a POSIX class, which engines read differently,", "write the ranges out, as in [a-z]")
            group = self._class_escape()
            if group is not None:
                parts.append(group)
                continue
            low = self._class_code_point()
            # a - that stands before ] or a class escape is itself
            if (
                pattern.startswith("-", self.at)
                and not pattern.startswith("-]", self.at)
                and self.at + 1 < len(pattern)
            ):
                dash = self.at
                self.at += 1
                if self._is_class_escape():
                    parts += [_code(low), _code(ord("-"))]
                    continue
                high = self._class_code_point()
                if high < low:
                    self._refuse(f"the empty range {pattern[dash - 1 : self.at]}", "write the smaller first", dash - 1)
                parts.append(f"{_code(low)}-{_code(high)}")
            else:
                parts.append(_code(low))
        self.at += 1
        self.out.append(("[^" if negated else "[") + "".join(parts) + "]")

    def _is_class_escape(self) -> bool:
        return self.pattern.startswith("\\", self.at) and self.pattern[self.at + 1 : self.at + 2] in tuple("dDwWsSpP")

    def _class_escape(self) -> str | None:
        if not self._is_class_escape():
            return None
        char = self.pattern[self.at + 1]
        if char in "pP":
            return self._property().removeprefix("[").removesuffix("]")
        self.at += 2
        return _CLASSES[char]

    def _class_code_point(self) -> int:
        if self.pattern.startswith("\\b", self.at):
            self.at += 2
            return 8
        return self._code_point()


def _code(code: int) -> str:
    char = chr(code)
    return char if code < 128 and char.isalnum() else f"\\x{{{code:X}}}"

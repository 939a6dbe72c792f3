"""Decodes backslashes in quoted text as JSON does, and handles escapes that JSON does not have.

If a wrong escape casts doubt on the right ones (`C:\\new`, `\\alpha \\nu`), the text is refused, and not partly decoded.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from railguard.lazy import regex
from railguard.values import RepairClass

__all__ = ["Unescaped", "dedent_quoted", "has_lost_backslash", "restore_backslashes", "unescape"]

_ESCAPE = regex(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})"
    r"|U(000[0-9a-fA-F]{5}|0010[0-9a-fA-F]{4})|(.)|\Z)",
    re.DOTALL,
)
_KNOWN = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_QUOTES = "'`“”‘’"
_PROSE = "_$&%*-#~!@"
_SURROGATE = regex("[\ud800-\udfff]")
_TEX = (
    "allingdotseq|box|boxsep|igurename|lat|lushleft|lushright|ontfamily|ontseries|ontshape|ontsize|ootnote|ootnotemark"
    "|ootnotesize|ootnotetext|orall|oreach|rac|rak|ramebox|rown"
)  # what follows the f of TeX's commands
_LOST = regex(rf"\\(b(?=[^\W\d_])|f(?=(?:{_TEX})(?![^\W\d_])))|\\.", re.DOTALL)
_CONTROL_LETTER = regex(r"\\[bfnrt](?=[^\W\d_])")
_HAS_DRIVE = regex(r"(?<![^\W_])[A-Za-z]:\\[^\\\s]")


class Unescaped(NamedTuple):
    """text: the decoded text. kind, rule: of the repair; kind is None if every escape was valid JSON. problem: the code
    of a doubt, if it cannot be decoded.
    """

    text: str
    kind: RepairClass | None = None
    problem: str | None = None
    rule: str = "escape"


def unescape(raw: str) -> Unescaped:
    """Decode a quoted, escaped text."""
    if "\\" not in raw:
        if _SURROGATE.search(raw) is not None:
            return Unescaped(raw, problem="surrogate")
        return Unescaped(raw)
    letters = marks = control = spelt = False
    for match in _ESCAPE.finditer(raw):
        escaped = match[6]
        if match[4] is not None or match[5] is not None:
            spelt = True
        elif escaped is None:
            if match[1] is None and match[3] is None:
                letters = True  # a backslash at the very end
        elif escaped in "nrtbf":
            control = True
        elif escaped == "u" and raw[match.end() : match.end() + 1].isdigit():
            return Unescaped(raw, problem="unicode-escape")
        elif escaped in _QUOTES or escaped == "_":
            spelt = True
        elif escaped not in _KNOWN:
            if escaped.isalnum() or escaped == "\n":
                letters = True
            else:
                marks = True
    path = letters and "\\\\" not in raw and _HAS_DRIVE.search(raw) is not None
    if control and not path and (restored := restore_backslashes(raw)) is not None:
        found = unescape(restored.text)
        return Unescaped(found.text, "judgement", found.problem or restored.problem, "backslash")
    if letters and control and not path:
        return Unescaped(raw, problem="ambiguous-backslashes")
    literal = letters or path
    lone = False

    def replace(match: re.Match[str]) -> str:
        nonlocal lone
        high, low, unit, byte, wide, escaped = match.groups()
        if high is not None:
            return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00))
        if unit is not None:
            code = int(unit, 16)
            if 0xD800 <= code < 0xE000:
                lone = True
                return "\ufffd"
            return chr(code)
        if byte is not None:
            return chr(int(byte, 16))
        if wide is not None:
            return chr(int(wide, 16))
        if escaped is None:
            return "\\"
        if path and escaped in "nrtbf":
            return match.group()
        if escaped in _KNOWN:
            return _KNOWN[escaped]
        if escaped in _QUOTES or (escaped == "_" and not literal):
            return str(escaped)
        if escaped in _PROSE and not literal:
            return str(escaped)
        return match.group()

    text = _ESCAPE.sub(replace, raw)
    if lone or _SURROGATE.search(text) is not None:
        return Unescaped(text, problem="surrogate")
    if (path and control) or (marks and not letters):
        return Unescaped(text, "judgement")
    if letters or spelt or marks:
        return Unescaped(text, "syntax")
    return Unescaped(text)


class Restored(NamedTuple):
    """text: raw text with backslashes doubled. problem: the code of a doubt, if other escapes may also be meant
    literally.
    """

    text: str
    problem: str | None = None


def restore_backslashes(raw: str) -> Restored | None:
    """The raw text with each backslash doubled that stands for itself although JSON reads it otherwise; None if there
    is none: `\\b` before a letter is no backspace (`\\beta`), `\\f` before the rest of a TeX command no form feed
    (`\\frac`).

    In a path of Windows all of them stand for themselves. Elsewhere one before a letter leaves the text in doubt.
    """
    if "\\b" not in raw and "\\f" not in raw:
        return None
    escapes = list(_LOST.finditer(raw))
    if all(match[1] is None for match in escapes):
        return None
    is_path = "\\\\" not in raw and _HAS_DRIVE.search(raw) is not None
    others = [match for match in escapes if match[1] is None and _CONTROL_LETTER.match(match.string, match.start())]
    lost = {match.start() for match in escapes if match[1] is not None}
    if is_path:
        lost |= {match.start() for match in others}
    text = "".join("\\" + mark if at in lost else mark for at, mark in enumerate(raw))
    return Restored(text, "ambiguous-backslashes" if others and not is_path else None)


def has_lost_backslash(text: str) -> bool:
    """Whether in a raw JSON text a backslash may be meant literally that JSON reads as a backspace or form feed."""
    return restore_backslashes(text) is not None


def dedent_quoted(text: str) -> str:
    """Return a block of lines between triple quotes, without the line breaks and the indentation of the quotes."""
    lines = text.split("\n")
    if not lines[0].strip():
        lines = lines[1:]
    if lines and not lines[-1].strip():
        lines = lines[:-1]
    margin = min((len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:] if line.strip() else "" for line in lines)

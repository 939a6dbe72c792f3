"""The grammar of `validators=` and of `{literal}`: a tokenizer in one pass, every token with its offset.

    validators := call (";" call)*                an empty call is skipped, so a trailing ; is fine
    call       := name | name ":" token*          a name may be hub://namespace/name
    token      := [keyword "="] (string | "{" literal "}" | bare text)
    string     := '…' or "…", Python's escapes    an unknown escape keeps its backslash: '\\d' is \\d
    literal    := number | string | true | false | null (True, False, None) | [list] | (list) | {"key": literal}
    bare text  := "[" list "]" | anything but whitespace and ;

Calls in the notation of other languages, `name(1, max=5)`, are also parsed, and marked as such.
A `{…}` whose literal is followed by a colon is itself the object; followed by a comma, a list. Nothing is evaluated.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from railguard.lazy import regex
from railguard.values.limits import MOST_DIGITS

__all__ = [
    "Call",
    "GrammarError",
    "Token",
    "braced",
    "is_braced",
    "literal",
    "moved",
    "number",
    "parse_calls",
    "quote",
    "separated",
]

_MAX_DEPTH = 32
_EMPTY = regex(r"[\s;]*")
_SPACE = regex(r"\s*")
_NAME = regex(r"(?:hub://)?[^:;]*")
_BARE = regex(r"[^\s;]+")
_KEYWORD = regex(r"([A-Za-z_]\w*)=")
_BRACKETS = regex(r"((?:hub://)?[\w./-]+)\s*\(")
_NAMED = regex(r"([A-Za-z_]\w*)\s*=\s*")
_PART = regex(r"[^\s,;:()\[\]{}'\"]+")
_WORDS_PART = regex(r"[^\s,;:()\[\]{}'\"]+(?:[ ]+[^\s,;:()\[\]{}'\"]+)*")
_NUMBER = regex(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WORD = regex(r"[^\W\d]\w*")
_CHUNK = {"'": regex(r"[^'\\]*"), '"': regex(r'[^"\\]*')}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\\": "\\", "'": "'", '"': '"', "/": "/", "\n": ""}
_HEX = {"x": 2, "u": 4, "U": 8}
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}


class GrammarError(Exception):
    """Raised if text violates the grammar, with the offset and a correction."""

    def __init__(self, message: str, offset: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.offset, self.hint = message, offset, hint


class Keyword(NamedTuple):
    """`name=` before a value, if the validator has such a parameter; otherwise it is part of unquoted text."""

    name: str
    kind: Literal["text", "string", "literal"]
    value: Any
    offset: int


@dataclass(frozen=True, slots=True)
class Token:
    """One argument. `raw` is its source text, `offset` its position; the `value` of unquoted text is `raw`."""

    kind: Literal["text", "string", "literal"]
    value: Any
    raw: str
    offset: int
    keyword: Keyword | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One validator with its arguments.

    Attributes:
        name: The validator's name as written.
        offset: The offset of the call.
        source: The source text of the call.
        tokens: Its arguments.
        rest: The text after the colon.
        error: The error in the call, if any.
        rest_at: The offset of `rest`.
        brackets: The offset of the opening bracket, if it is written as in `length(1, 5)`.
    """

    name: str
    offset: int
    source: str
    tokens: tuple[Token, ...] = ()
    rest: str = ""
    error: GrammarError | None = None
    rest_at: int = 0
    brackets: int | None = None


def parse_calls(text: str, most: int | None = None) -> list[Call]:
    """Parse the calls of a `validators` attribute, at most `most` of them. A broken call carries its error; later ones
    are parsed all the same.
    """
    calls: list[Call] = []
    at = 0
    while (at := _EMPTY.match(text, at).end()) < len(text):  # type: ignore[union-attr] # it may be empty
        if len(calls) == most:
            break
        call, at = _call(text, at)
        calls.append(call)
    return calls


def moved(call: Call, by: int) -> Call:
    """Return a call with its offsets shifted by a number of characters."""

    def token(one: Token) -> Token:
        keyword = one.keyword
        named = None if keyword is None else keyword._replace(offset=keyword.offset + by)
        return replace(one, offset=one.offset + by, keyword=named)

    error = call.error and GrammarError(call.error.message, call.error.offset + by, call.error.hint)
    tokens = tuple(map(token, call.tokens))
    return replace(call, offset=call.offset + by, rest_at=call.rest_at + by, tokens=tokens, error=error)


def separated(text: str, start: int, end: int) -> tuple[Token, ...] | None:
    """Parse a part of a text as arguments separated by commas, each with its offset in the text; None if it is anything
    else. Round brackets around all of them are ignored; an argument without quotes may have several words.
    """
    at = _skip(text, start)
    if text[at : at + 1] == "(":
        inside = _in_brackets(text, at)
        if inside is not None and _skip(text, inside[1]) >= end:
            return inside[0]
    found = _arguments(text, at, end, _WORDS_PART)
    return None if found is None or found[1] < end else found[0]


def _in_brackets(text: str, start: int) -> tuple[tuple[Token, ...], int] | None:
    """Parse arguments in round brackets that open at an offset; also returns their end."""
    found = _arguments(text, start + 1, len(text))
    return (found[0], found[1] + 1) if found is not None and text[found[1] : found[1] + 1] == ")" else None


def _arguments(text: str, start: int, end: int, bare: re.Pattern[str] = _PART) -> tuple[tuple[Token, ...], int] | None:
    """Parse arguments separated by commas, and return the offset after them; None if there is anything else between
    them.
    """
    tokens: list[Token] = []
    at = _skip(text, start)
    while at < end and text[at] != ")":
        keyword = _NAMED.match(text, at)
        value_at = keyword.end() if keyword else at
        try:
            kind, value, after = _part(text, value_at, bare)
        except GrammarError:
            return None
        raw = text[at:after]
        named = Keyword(keyword[1], kind, value, value_at) if keyword else None
        tokens.append(Token("text", raw, raw, at, named) if keyword else Token(kind, value, raw, at))
        at = _skip(text, after)
        if text[at : at + 1] != ",":
            break
        at = _skip(text, at + 1)
    return tuple(tokens), min(at, end)


def _part(text: str, at: int, bare: re.Pattern[str]) -> tuple[Literal["text", "string", "literal"], Any, int]:
    if text[at : at + 1] in ("[", "(", "{"):
        value, end = _braces(text, at) if text[at] == "{" else _literal(text, at, 0)
        return "literal", value, end
    if text[at : at + 1] in ("'", '"'):
        value, end = _string(text, at)
        return "string", value, end
    words = bare.match(text, at)
    if words is None:
        raise GrammarError("an argument is missing", at)
    return "text", words[0], words.end()


def _call(text: str, start: int) -> tuple[Call, int]:
    brackets = _BRACKETS.match(text, start)
    if brackets and (inside := _in_brackets(text, brackets.end() - 1)) is not None:
        tokens, end = inside
        after = _skip(text, end)
        if after >= len(text) or text[after] == ";":
            opened = brackets.end() - 1
            rest = text[opened + 1 : end - 1].strip()
            return Call(brackets[1], start, text[start:end], tokens, rest, None, opened + 1, opened), after + 1
    match = _NAME.match(text, start)
    end = match.end() if match else start
    name = text[start:end].strip()
    if text[end : end + 1] != ":":
        return Call(name, start, name), end + 1
    found: list[Token] = []
    at = end + 1
    error = None if name else GrammarError("there is no validator before the colon", start, "write name: arguments")
    try:
        while (at := _skip(text, at)) < len(text) and text[at] != ";":
            token, at = _token(text, at)
            found.append(token)
            if at < len(text) and text[at] != ";" and not text[at].isspace():
                raise GrammarError(
                    f"{text[at]!r} follows directly after {token.raw[-1:]}", at, "arguments are separated by spaces"
                )
    except GrammarError as broken:
        error = error or broken.with_traceback(None)  # a stored traceback would keep its frames alive
        at = _next_call(text, max(at, broken.offset))
    rest = text[end + 1 : at].strip()
    return Call(name, start, text[start:at].strip(), tuple(found), rest, error, _skip(text, end + 1)), at + 1


def _next_call(text: str, at: int) -> int:
    found = text.find(";", at)
    return len(text) if found < 0 else found


def _token(text: str, at: int) -> tuple[Token, int]:
    keyword = _KEYWORD.match(text, at)
    if keyword and text[keyword.end() : keyword.end() + 1] in ("'", '"', "{", "["):
        kind, value, end = _value(text, keyword.end())
        raw = text[at:end]
        return Token("text", raw, raw, at, Keyword(keyword[1], kind, value, keyword.end())), end
    kind, value, end = _value(text, at)
    raw = text[at:end]
    named = None
    if keyword and kind == "text":
        named = Keyword(keyword[1], "text", text[keyword.end() : end], keyword.end())
    return Token(kind, value, raw, at, named), end


def _value(text: str, at: int) -> tuple[Literal["text", "string", "literal"], Any, int]:
    if text[at] in "'\"":
        value, end = _string(text, at)
        return "string", value, end
    if text[at] == "{":
        value, end = _braces(text, at)
        return "literal", value, end
    bare = _BARE.match(text, at)
    end = bare.end() if bare else at
    if text[at] == "[" and (whole := _bare_list(text, at)) is not None:
        end = whole
    return "text", text[at:end], end


def _bare_list(text: str, start: int) -> int | None:
    """Return the end of a list without braces around it; None if the text is not a list, such as [a-z]+."""
    try:
        end = _list(text, start, 1, "]")[1]
    except GrammarError:
        return None
    return end if end >= len(text) or text[end] == ";" or text[end].isspace() else None


def is_braced(text: str) -> bool:
    """Whether text is written as a `{literal}`."""
    return text.startswith("{") and text.rstrip().endswith("}")


def braced(text: str) -> Any:
    """Parse text that is one `{literal}`. Raises GrammarError."""
    value, end = _braces(text, _expect(text, 0, "{", 0) - 1)
    return _whole(text, value, end)


def literal(text: str) -> Any:
    """Parse text that is one literal without braces around it. Raises GrammarError."""
    value, end = _literal(text, _skip(text, 0), 0)
    return _whole(text, value, end)


def _whole(text: str, value: Any, end: int) -> Any:
    end = _skip(text, end)
    if end < len(text):
        raise GrammarError(f"{text[end]!r} follows after the literal", end, "several values are one list: {[1, 2]}")
    return value


def number(text: str) -> int | float | None:
    """Parse text as a number; None if it is not one. Raises GrammarError if it is out of range."""
    match = _NUMBER.fullmatch(text)
    return _number(match[0], 0) if match else None


def quote(value: Any) -> str:
    """Write a JSON value as a literal of this grammar, in characters that XML allows. Raises ValueError for anything
    else.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


_NOT_XML = regex("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _braces(text: str, start: int) -> tuple[Any, int]:
    """Parse a `{literal}` from its opening brace; `{}` is the empty object, `{k: v}` an object, `{a, b}` a list."""
    at = _skip(text, start + 1)
    if text[at : at + 1] == "}":
        return {}, at + 1
    value, at = _inner(text, at, 1, start)
    at = _skip(text, at)
    if text[at : at + 1] == ":":
        return _object(text, start, 1)
    if text[at : at + 1] == ",":
        return _list(text, start, 1, "}")
    return value, _expect(text, at, "}", start)


def _inner(text: str, at: int, depth: int, opened: int) -> tuple[Any, int]:
    """Parse a literal inside brackets that were opened at an offset."""
    if at >= len(text):
        raise GrammarError(f"{text[opened]!r} is never closed", opened, "close what was opened")
    return _literal(text, at, depth)


def _literal(text: str, at: int, depth: int) -> tuple[Any, int]:
    if depth > _MAX_DEPTH:
        raise GrammarError(f"a literal nested deeper than {_MAX_DEPTH}", at, "give it in fewer levels")
    first = text[at : at + 1]
    if first == "[":
        return _list(text, at, depth + 1, "]")
    if first == "(":
        return _list(text, at, depth + 1, ")")
    if first == "{":
        return _object(text, at, depth + 1)
    if first in ("'", '"'):
        return _string(text, at)
    if first in ("r", "u") and text[at + 1 : at + 2] in ("'", '"'):
        return _string(text, at + 1, raw=first == "r")
    if match := _NUMBER.match(text, at):
        end = match.end()
        if _WORD.match(text, end):
            raise GrammarError(f"{text[at : end + 20]!r} is not a number", at, "put text in quotes")
        return _number(match[0], at), end
    if (word := _WORD.match(text, at)) and word[0] in _WORDS:
        return _WORDS[word[0]], word.end()
    if not first:
        raise GrammarError("the text ends inside a literal", at, "close what was opened")
    shown = word[0][:40] if word else first
    raise GrammarError(
        f"{shown!r} is not a literal",
        at,
        "a literal is a number, a quoted text, true, false, null, a [list] or an {object}; nothing is evaluated",
    )


def _list(text: str, start: int, depth: int, close: str) -> tuple[list[Any], int]:
    items: list[Any] = []
    at = _skip(text, start + 1)
    while text[at : at + 1] != close:
        value, at = _inner(text, at, depth, start)
        items.append(value)
        at = _skip(text, at)
        if text[at : at + 1] != ",":
            break
        at = _skip(text, at + 1)
    return items, _expect(text, at, close, start)


def _object(text: str, start: int, depth: int) -> tuple[dict[str, Any], int]:
    members: dict[str, Any] = {}
    at = _skip(text, start + 1)
    while text[at : at + 1] != "}":
        where = at
        key, at = _inner(text, at, depth, start)
        if not isinstance(key, str):
            raise GrammarError(f"the key {key!r:.40} is not a text", where, "keys are texts in quotes")
        if key in members:
            raise GrammarError(f"the key {key!r:.40} is given twice", where, "remove one")
        at = _skip(text, _expect(text, _skip(text, at), ":", where))
        members[key], at = _inner(text, at, depth, start)
        at = _skip(text, at)
        if text[at : at + 1] != ",":
            break
        at = _skip(text, at + 1)
    return members, _expect(text, at, "}", start)


def _expect(text: str, at: int, wanted: str, opened: int) -> int:
    if text[at : at + 1] == wanted:
        return at + 1
    if at >= len(text):
        shown = text[opened : opened + 1] or wanted
        raise GrammarError(f"{shown!r} is never closed", opened, f"close it with {wanted!r}")
    raise GrammarError(f"expected {wanted!r} here, not {text[at]!r}", at, "put text in quotes")


def _string(text: str, start: int, *, raw: bool = False) -> tuple[str, int]:
    closing = text[start]
    chunk = _CHUNK[closing]
    parts: list[str] = []
    at = start + 1
    while True:
        match = chunk.match(text, at)
        end = match.end() if match else at
        parts.append(text[at:end])
        at = end
        if at >= len(text):
            raise GrammarError("a quote that is never closed", start, f"close it with {closing}")
        if text[at] == closing:
            return "".join(parts), at + 1
        if raw:
            parts.append(text[at : at + 2])
            at += 2
        else:
            part, at = _escape(text, at)
            parts.append(part)


def _escape(text: str, at: int) -> tuple[str, int]:
    letter = text[at + 1 : at + 2]
    if letter in _HEX:
        code, end = _code_point(text, at)
        if 0xD800 <= code < 0xDC00 and text.startswith("\\u", end):
            low, low_end = _code_point(text, end)
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)), low_end
        return chr(code), end
    if letter in _ESCAPES:
        return _ESCAPES[letter], at + 2
    return "\\" + letter, at + 2


def _code_point(text: str, at: int) -> tuple[int, int]:
    end = at + 2 + _HEX[text[at + 1]]
    digits = text[at + 2 : end]
    if re.fullmatch("[0-9A-Fa-f]+", digits) is None or end > len(text) or int(digits, 16) > 0x10FFFF:
        raise GrammarError(f"{text[at : at + 2]} is not followed by a code point", at, r"write it as in \u00e9")
    return int(digits, 16), end


def _number(text: str, at: int) -> int | float:
    if len(text) > MOST_DIGITS:
        raise GrammarError(f"a number of more than {MOST_DIGITS} digits", at, "put it in quotes to give it as text")
    if text.lstrip("+-").isdigit():
        return int(text)
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise GrammarError(f"{text[:40]} is out of range", at, "put it in quotes to give it as text")
    return value

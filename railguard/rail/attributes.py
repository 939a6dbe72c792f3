"""Reads and writes the values of attributes: one pair of functions for each kind of attribute.

`read` raises Unreadable (with a code and an offset in the value), `write` raises ValueError with the part that RAIL
cannot express. A value in braces is always a literal of `grammar.py`; any other value depends on the kind of the
attribute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from railguard.errors import SpecError
from railguard.lazy import regex
from railguard.rail import grammar
from railguard.rail.other_names import ACTIONS
from railguard.schema.formats import FORMATS
from railguard.validation import on_fail_of
from railguard.values import UNSET, OnFail, json_key

__all__ = [
    "COUNT",
    "EXAMPLES",
    "FLAG",
    "NUMBER",
    "ON_FAIL",
    "PATTERN",
    "STEP",
    "STRING_FORMAT",
    "STRPTIME",
    "TEXT",
    "VALUES",
    "Attribute",
    "AttributeKind",
    "Unreadable",
    "default_from",
    "default_to",
    "enum_value",
    "writable",
]

_NOT_XML = regex("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DIRECTIVES = set("aAwdbBmyYHIMSpfzZjUWcxXGuV%")
_TRUE, _FALSE = ("true",), ("false",)
_MEANT = {
    **dict.fromkeys(("true", "yes", "1", "on"), True),
    **dict.fromkeys(("false", "no", "0", "off"), False),
}


class Unreadable(Exception):
    """Raised if a value does not have its attribute's kind, with an offset in it; `meant` is the value that it clearly
    represents, if there is one.
    """

    def __init__(
        self, code: str, message: str, offset: int = 0, hint: str | None = None, *, meant: Any = UNSET
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.offset, self.hint, self.meant = code, message, offset, hint, meant


class AttributeKind(NamedTuple):
    """How an attribute is read and written, and the name of its kind for tools."""

    name: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]


class Attribute(NamedTuple):
    """One attribute: its name in RAIL, the node's field (None: the reader handles it), its kind, and its meaning."""

    name: str
    field: str | None
    kind: AttributeKind
    doc: str = ""


def writable(text: Any) -> str:
    """Return text that XML can contain. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError(f"{text!r:.60} is not a text")
    if bad := _NOT_XML.search(text):
        raise ValueError(f"the character U+{ord(bad[0]):04X} cannot be written in XML")
    return text


def _read_flag(text: str) -> bool:
    word = text.strip()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    from difflib import get_close_matches

    meant = _MEANT.get(word.lower(), UNSET)
    close = [] if meant is not UNSET else get_close_matches(word[:10].lower(), ("true", "false"), n=1)
    raise Unreadable(
        "bad-boolean",
        f"{text[:40]!r} is neither true nor false" + (f"; did you mean {close[0]!r}?" if close else ""),
        0,
        'write "true" or "false"' if meant is UNSET else f'write "{_write_flag(meant)}"',
        meant=meant,
    )


def _write_flag(flag: Any) -> str:
    return "true" if flag else "false"


def _read_number(text: str) -> int | float:
    try:
        value = grammar.number(text.strip())
    except grammar.GrammarError as error:
        raise Unreadable("bad-number", error.message, 0, error.hint) from None
    if value is None:
        raise Unreadable("bad-number", f"{text[:40]!r} is not a number", 0, "write it as in 12 or 0.5")
    return value


def _read_count(text: str) -> int:
    value = _read_number(text)
    if not isinstance(value, int) or value < 0:
        raise Unreadable("bad-number", f"{text[:40]!r} is not a whole number from 0 up", 0, "write it as in 12")
    return value


def _read_step(text: str) -> int | float:
    value = _read_number(text)
    if value <= 0:
        raise Unreadable("bad-number", f"{text[:40]!r} is not above 0", 0, "write the step, as in 0.5")
    return value


def _write_literal(value: Any) -> str:
    try:
        return grammar.quote(value)
    except (TypeError, ValueError, RecursionError):
        raise ValueError(f"{value!r:.60} is not a JSON value") from None


def _write_number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{value!r:.60} is not a number")
    return _write_literal(value)


def _read_pattern(text: str) -> str:
    from railguard.validation import patterns

    try:
        patterns.compile(text)
    except SpecError as error:
        problem = error.problems[0]
        raise Unreadable("bad-pattern", problem.message, 0, problem.hint) from None
    return text


def _read_format(text: str) -> str:
    if text not in FORMATS:
        from difflib import get_close_matches

        close = get_close_matches(text[:64], FORMATS, n=1)
        raise Unreadable(
            "bad-format",
            f"{text[:40]!r} is not a format that can be checked" + (f"; did you mean {close[0]!r}?" if close else ""),
            0,
            "the formats are " + ", ".join(FORMATS) + "; words for the model go into hint=",
        )
    return text


def _read_strptime(text: str) -> str:
    at = text.find("%")
    if at < 0:
        raise Unreadable("bad-format", f"{text[:40]!r} has no % directive", 0, "write it as strptime does: %Y-%m-%d")
    while at >= 0:
        if text[at + 1 : at + 2] not in _DIRECTIVES:
            raise Unreadable(
                "bad-format",
                f"{text[at : at + 2]!r} is not a strptime directive",
                at,
                "write it as strptime does: %Y-%m-%d",
            )
        at = text.find("%", at + 2)
    return text


def _literal(text: str) -> Any:
    try:
        return grammar.braced(text) if grammar.is_braced(text) else grammar.literal(text)
    except grammar.GrammarError as error:
        raise Unreadable("bad-value", error.message, error.offset, error.hint) from None


def _read_values(text: str) -> tuple[Any, ...]:
    if grammar.is_braced(text):
        values = _literal(text)
        if not isinstance(values, list):
            values = [values]
    else:
        values = [part.strip() for part in text.split(",") if part.strip()]
    if not values:
        raise Unreadable("bad-value", "there is no value to choose from", 0, 'write values="red, green"')
    return tuple(values)


def _write_values(values: Any) -> str:
    if not values:
        raise ValueError("an enum without values")
    plain = all(isinstance(v, str) and v and v == v.strip() and "," not in v and not _NOT_XML.search(v) for v in values)
    text = ", ".join(values) if plain else ""
    if plain and not grammar.is_braced(text):
        return text
    return "{" + _write_literal(list(values)) + "}"


def _read_examples(text: str) -> tuple[Any, ...]:
    values = _literal(text)
    if not isinstance(values, list):
        raise Unreadable("bad-value", "examples are a list", 0, """write examples="['red', 'green']\"""")
    return tuple(values)


def _read_on_fail(text: str) -> OnFail:
    try:
        return on_fail_of(text, "this element")[0]
    except SpecError:
        raise _unknown_on_fail(text) from None


def _unknown_on_fail(text: str) -> Unreadable:
    from difflib import get_close_matches

    names = OnFail.names()
    word = text[:40].strip().lower()
    close = [ACTIONS[word]] if word in ACTIONS else get_close_matches(word, names, n=1)
    return Unreadable(
        "unknown-on-fail",
        f"{text[:40]!r} is not an on-fail action" + (f"; did you mean {close[0]!r}?" if close else ""),
        0,
        "the actions are " + ", ".join(names),
    )


def _write_on_fail(action: Any) -> str:
    if not action.policy.named:
        raise ValueError("an on-fail action that is a Python callable")
    return str(action)


TEXT = AttributeKind("text", lambda text: text, writable)
FLAG = AttributeKind("flag", _read_flag, _write_flag)
COUNT = AttributeKind("count", _read_count, _write_number)
NUMBER = AttributeKind("number", _read_number, _write_number)
STEP = AttributeKind("step", _read_step, _write_number)
PATTERN = AttributeKind("pattern", _read_pattern, writable)
STRING_FORMAT = AttributeKind("format", _read_format, writable)
STRPTIME = AttributeKind("strptime", _read_strptime, writable)
VALUES = AttributeKind("values", _read_values, _write_values)
EXAMPLES = AttributeKind("examples", _read_examples, lambda values: _write_literal(list(values)))
ON_FAIL = AttributeKind("on-fail", _read_on_fail, _write_on_fail)


_NOUNS: dict[Any, str] = {int: "whole number", bool: "boolean (true or false)"}


def default_from(text: str, plain: type | tuple[type, ...] | None) -> Any:
    """Read the value of a `default`. plain: the type that is written without braces; str: the text itself; None: a
    literal.
    """
    if plain is str and not grammar.is_braced(text):
        return text
    if plain in (None, str) or grammar.is_braced(text):
        return _literal(text)
    try:
        value = grammar.literal(text)
    except grammar.GrammarError:
        value = UNSET
    if not _is(value, plain):
        noun = _NOUNS.get(plain, "number")
        raise Unreadable(
            "bad-value", f"{text[:40]!r} is no {noun}", 0, f"write a {noun}, or a literal in braces, as in {{null}}"
        )
    return value


def enum_value(text: str, values: tuple[Any, ...]) -> Any:
    """Return the enum value that text without braces names: the text itself, or its value as a literal; UNSET if there
    is none.
    """
    if text in values:
        return text
    try:
        value = grammar.literal(text)
    except grammar.GrammarError:
        return UNSET
    return value if any(json_key(value) == json_key(one) for one in values) else UNSET


def default_to(value: Any, plain: type | tuple[type, ...] | None) -> str:
    """Write a default so that `default_from` reads it back. Raises ValueError."""
    if plain is str and isinstance(value, str) and not grammar.is_braced(value) and not _NOT_XML.search(value):
        return value
    text = _write_literal(value)
    return text if plain is None or (plain is not str and _is(value, plain)) else "{" + text + "}"


def _is(value: Any, plain: Any) -> bool:
    return isinstance(value, plain) and (plain is bool or not isinstance(value, bool))

"""Enforces the keywords of JSON Schema that the tree does not support, as one rule on their node.

The `jsonschema` package (an extra) checks them, with its regular expressions, formats and uniqueness replaced by
versions that are linear in the value; without it these keywords are refused by name. A keyword is never dropped.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from functools import cache
from typing import Any

from railguard.errors import Problem, SpecError
from railguard.schema.formats import read_format
from railguard.sources.schema_document import IN_PLACE
from railguard.sources.schema_keywords import UNEVALUATED
from railguard.validation import Rule
from railguard.validation.declaration import declaration
from railguard.validation.vocabulary import KEYWORDS, is_multiple
from railguard.values import DEFAULT_ON_FAIL, FailResult

__all__ = ["NAME", "asked_once", "available", "json_schema_check", "null_passes", "remaining_keywords_rule"]

NAME = "json-schema"
SHOWN = 300
ERRORS = 10
DEPTH = 64
TOO_DEEP = "The value is nested too deeply to be checked. Make it flatter."
NO_NUMBER = "The value has a number that is not finite, or of more than 4,300 digits."
_BITS = 14_284  # of 4,300 digits, the most that Python prints


def available() -> bool:
    """Whether the `jsonschema` package can be imported."""
    from importlib.util import find_spec

    return find_spec("jsonschema") is not None


def missing(pointers: Iterable[str]) -> list[Problem]:
    """Return a problem for each keyword that only `jsonschema` could enforce, if that is not installed."""
    return [
        Problem(
            f"at #{pointer}: the keyword {pointer.rsplit('/', 1)[-1]} is enforced by the jsonschema package, "
            "which is not installed",
            "json-schema-keyword",
            hint="pip install 'railguard[jsonschema]'",
        )
        for pointer in pointers
    ]


def remaining_keywords_rule(root: dict[str, Any] | bool, schema: dict[str, Any], keywords: list[str]) -> Rule:
    """Return the rule that enforces `keywords` of `schema`; its references are resolved in `root`.

    A failure names, as blame, the paths of the offending fields relative to the value.
    """
    wanted = dict.fromkeys(keywords)
    for keyword in keywords:
        wanted.update(dict.fromkeys(KEYWORDS[keyword].with_))
        if keyword in UNEVALUATED:
            wanted.update(dict.fromkeys(("$ref", *IN_PLACE)))
    part = {keyword: schema[keyword] for keyword in wanted if keyword in schema}
    shown = json.dumps({keyword: schema[keyword] for keyword in keywords}, ensure_ascii=False)
    check = _Check(root, part, frozenset(keywords))
    text = shown if len(shown) <= SHOWN else shown[:SHOWN] + "…"
    return Rule(NAME, {"keywords": text}, DEFAULT_ON_FAIL, _declared(), check)


def json_schema_check(schema: Mapping[str, Any] | bool) -> Callable[[Any], FailResult | None]:
    """Return a function that checks values with a JSON Schema (draft 2020-12; the spellings of drafts 4 to 2019-09 are
    accepted).

    All keywords are enforced, `format` included for the formats that railguard knows; nothing is fetched; time is
    linear in the value.

    Args:
        schema: The document.

    Returns:
        A function of a value, which returns None or a FailResult with blame.

    Raises:
        SpecError: If the schema has errors, with every problem, or if the `jsonschema` package is not installed.

    Examples:
        >>> check = json_schema_check({"type": "object", "required": ["a"]})
        >>> check({"a": 1})
        >>> check({}).blame
        (('a',),)
    """
    from railguard.sources.schema_document import SchemaDocument

    if not available():
        raise SpecError.of(
            "checking by a JSON Schema needs the jsonschema package, which is not installed",
            code="json-schema-keyword",
            hint="pip install 'railguard[jsonschema]'",
        )
    root = SchemaDocument(schema).root
    check = _Check(root, root, None)

    def run(value: Any) -> FailResult | None:
        return FailResult(NO_NUMBER) if _has_no_number(value) else check(value)

    return run


def null_passes(rule: Rule) -> Rule:
    """Return the same rule for a node that became nullable: it does not check null."""
    if rule.validator is not None and "null" not in rule.validator.types:
        return rule
    later = rule.validator is not None and rule.validator.is_async
    return dataclasses.replace(rule, run=_NullPasses(rule.run, later))


@dataclasses.dataclass(frozen=True, eq=False)
class _NullPasses:
    """The check of a rule that ignores null. later: whether it is awaited."""

    run: Callable[..., Any]
    later: bool

    def __call__(self, value: Any, **context: Any) -> Any:
        if value is not None:
            return self.run(value, **context)
        return _nothing() if self.later else None


async def _nothing() -> None:
    return None


def _json_schema(value: Any, *, keywords: str) -> None:
    """Check a value against the given keywords of JSON Schema. railguard creates this rule for schemas that have them."""


def asked_once(rule: Rule, values: Iterable[Any]) -> Rule:
    """Return the same rule for a node with a set of values: it runs once for each accepted text of the set."""
    texts, passed = frozenset(value for value in values if isinstance(value, str)), set[str]()
    run = rule.run

    def check(value: Any) -> Any:
        if type(value) is str and value in passed:
            return None
        answer = run(value)
        if answer is None and type(value) is str and value in texts:
            passed.add(value)
        return answer

    return dataclasses.replace(rule, run=check)


@cache
def _declared() -> Any:
    return dataclasses.replace(declaration(NAME, _json_schema), prompt="satisfies the JSON Schema {keywords}")


class _Check:
    """Checks a value by a part of a schema. keywords: those whose errors count; None for all."""

    def __init__(self, root: Any, part: Any, keywords: frozenset[str] | None) -> None:
        self._schema = (root, part, keywords)
        self._judge: Any = None

    def __reduce__(self) -> tuple[type[_Check], tuple[Any, Any, frozenset[str] | None]]:
        return _Check, self._schema  # the jsonschema validator is created again

    def __call__(self, value: Any) -> FailResult | None:
        root, part, keywords = self._schema
        if _too_deep(value):
            return FailResult(TOO_DEEP)
        if self._judge is None:
            self._judge = _validator(root, part)
        token = _SEEN.set({})
        try:
            errors = [
                error
                for error in self._judge.iter_errors(value)
                if keywords is None or not keywords.isdisjoint(_keywords(error))
            ]
        except BaseException as error:
            # The stack overflow may also happen in Rust (jsonschema's referencing), whose panic is not an Exception.
            if isinstance(error, RecursionError) or type(error).__name__ == "PanicException":
                return FailResult(TOO_DEEP)
            raise
        finally:
            _SEEN.reset(token)
        if not errors:
            return None
        lines = list(dict.fromkeys(map(_worded, errors)))
        if len(lines) > ERRORS:
            lines = [*lines[:ERRORS], f"and {len(lines) - ERRORS} more like these."]
        blame = dict.fromkeys(path for error in errors for path in _blamed(error))
        return FailResult(" ".join(lines), blame=() if () in blame else tuple(blame))


def _too_deep(value: Any) -> bool:
    """Whether a value is too deep: jsonschema needs 5 to 10 frames of Python's stack per level."""
    level = [value]
    for _ in range(DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def _has_no_number(value: Any) -> bool:
    """Whether a value contains a number that jsonschema cannot calculate with, or print in its messages."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
        elif isinstance(item, float):
            if not math.isfinite(item):
                return True
        elif isinstance(item, int) and item.bit_length() > _BITS:
            return True
    return False


def _validator(root: Any, part: Any) -> Any:
    from referencing import Registry

    # The references of the part point into the whole document; the registry is empty, so nothing is ever fetched.
    return _judge()(root, registry=Registry()).evolve(schema=part)


_SEEN: ContextVar[dict[tuple[str, int], bool]] = ContextVar("railguard_json_schema_seen")
"""During one check: whether the value with an id satisfies the schema of a reference. Without this cache, a recursive
schema with two recursive branches takes time of 2 to the power of the value's depth.
"""


@cache
def _judge() -> Any:
    """Return jsonschema's validator of draft 2020-12, with every keyword that is slower than linear time replaced."""
    from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]  # it has no stubs
    from jsonschema.validators import extend  # type: ignore[import-untyped]  # it has no stubs

    from railguard.validation import patterns
    from railguard.values import json_key

    compiled = cache(patterns.compile)
    follow = Draft202012Validator.VALIDATORS["$ref"]

    def ref(validator: Any, expected: str, value: Any, schema: Any) -> Iterator[Any]:
        seen, key = _SEEN.get(), (expected, id(value))
        if key in seen:
            if not seen[key]:
                yield ValidationError(f"{_shown(value)} is not what {expected} describes")
            return
        for error in follow(validator, expected, value, schema):
            seen[key] = False
            yield error
        seen.setdefault(key, True)

    def pattern(validator: Any, expected: str, value: Any, schema: Any) -> Iterator[Any]:
        if isinstance(value, str) and not compiled(expected).search(value):
            yield ValidationError(f"{_shown(value)} does not match the pattern {expected}")

    def pattern_properties(validator: Any, expected: dict[str, Any], value: Any, schema: Any) -> Iterator[Any]:
        if isinstance(value, dict):
            for name, sub in expected.items():
                search = compiled(name).search
                for key, item in value.items():
                    if search(key):
                        yield from validator.descend(item, sub, path=key, schema_path=name)

    def additional_properties(validator: Any, expected: Any, value: Any, schema: Any) -> Iterator[Any]:
        if not isinstance(value, dict):
            return
        searches = [compiled(name).search for name in schema.get("patternProperties", {})]
        for key, item in value.items():
            if key in schema.get("properties", {}) or any(search(key) for search in searches):
                continue
            if expected is False:
                yield ValidationError(f"{_shown(key)} is not an allowed property")
            else:
                yield from validator.descend(item, expected, path=key)

    def unique_items(validator: Any, expected: bool, value: Any, schema: Any) -> Iterator[Any]:
        if expected and isinstance(value, list) and len({json_key(item) for item in value}) < len(value):
            yield ValidationError("the items are not all different")

    def multiple_of(validator: Any, expected: float, value: Any, schema: Any) -> Iterator[Any]:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and not is_multiple(value, expected):
            yield ValidationError(f"{_shown(value)} is not a multiple of {_shown(expected)}")

    def format(validator: Any, expected: str, value: Any, schema: Any) -> Iterator[Any]:
        format = read_format(expected)
        check = format.check if format is not None else None
        if isinstance(value, str) and check is not None and not check(value):
            yield ValidationError(f"{_shown(value)} is not a valid {expected}")

    def content_encoding(validator: Any, expected: str, value: Any, schema: Any) -> Iterator[Any]:
        if isinstance(value, str) and _decoded(expected, value) is None:
            yield ValidationError(f"the text is not valid {expected}")

    def content_media_type(validator: Any, expected: str, value: Any, schema: Any) -> Iterator[Any]:
        if not isinstance(value, str) or expected != "application/json":
            return
        text = _decoded(schema.get("contentEncoding", "8bit"), value)
        if text is None:
            return
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            yield ValidationError("the text is not valid JSON")
            return
        for error in validator.evolve(schema=schema.get("contentSchema", True)).iter_errors(content):
            yield ValidationError(f"in the JSON text: {_worded(error).removesuffix('.')}")

    return extend(
        Draft202012Validator,
        {
            "$ref": ref,
            "pattern": pattern,
            "patternProperties": pattern_properties,
            "additionalProperties": additional_properties,
            "uniqueItems": unique_items,
            "multipleOf": multiple_of,
            "format": format,
            "contentEncoding": content_encoding,
            "contentMediaType": content_media_type,
        },
    )


def _decoded(encoding: str, text: str) -> bytes | None:
    import base64
    import binascii

    try:
        data = text.encode("ascii" if encoding == "7bit" else "utf-8")
        match encoding:
            case "base64":
                return base64.b64decode(data, validate=True)
            case "base64url" if b"+" not in data and b"/" not in data:
                return base64.b64decode(data + b"=" * (-len(data) % 4), altchars=b"-_", validate=True)
            case "base64url":
                return None
            case "base32":
                return base64.b32decode(data)
            case "base16":
                return base64.b16decode(data, casefold=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return None
    return data


def _keywords(error: Any) -> tuple[str, ...]:
    """Return the keyword of the checked schema that an error comes from, or the possible ones: jsonschema omits `$ref`
    and `if`, and reports nothing if they refer to the schema false.
    """
    path = error.absolute_schema_path
    return (str(path[0]),) if path else ("$ref", "if")


def _blamed(error: Any) -> Iterator[tuple[str | int, ...]]:
    path = tuple(error.absolute_path)
    if error.validator == "required" and isinstance(error.instance, dict):
        yield from ((*path, name) for name in error.validator_value if name not in error.instance)
    elif error.validator == "dependentRequired":
        for name, needed in error.validator_value.items():
            if name in error.instance:
                yield from ((*path, other) for other in needed if other not in error.instance)
    else:
        yield path


def _worded(error: Any) -> str:
    """Word one error for the model that has to correct it."""
    from railguard.values import Path

    path = tuple(error.absolute_path)
    where = f"At {Path(path)}: " if path else ""
    expected = error.validator_value
    match error.validator:
        case None:
            text = "nothing is allowed here"
        case "not":
            text = f"the value must not satisfy {_shown(expected)}"
        case "anyOf":
            text = f"the value must satisfy at least one of {_shown(expected)}"
        case "oneOf":
            text = f"the value must satisfy exactly one of {_shown(expected)}"
        case "contains" | "minContains" | "maxContains":
            least, most = error.schema.get("minContains", 1), error.schema.get("maxContains")
            often = f"at least {least}" if most is None else f"{least} to {most}"
            text = f"the list must contain {often} items that satisfy {_shown(error.schema['contains'])}"
        case _:
            text = error.message if len(error.message) <= SHOWN else error.message[:SHOWN] + "…"
    return f"{where}{text}."


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"

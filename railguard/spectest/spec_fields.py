"""The places of a spec: each field with its JSON Schema, its rules and the keywords that check it; and the place of
each value of an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from railguard import Guard, Path, Rule

__all__ = ["BOUNDS", "Places", "SpecField", "implied", "json_type_name"]

Body: TypeAlias = Mapping[str, Any]

BOUNDS = {
    "minLength": ("string", "min"),
    "maxLength": ("string", "max"),
    "minItems": ("array", "min"),
    "maxItems": ("array", "max"),
    "minProperties": ("object", "min"),
    "maxProperties": ("object", "max"),
    "minimum": ("number", "min"),
    "maximum": ("number", "max"),
    "exclusiveMinimum": ("number", "min"),
    "exclusiveMaximum": ("number", "max"),
}
"""Keywords that are one side of a range: the type that they apply to, and the side."""

_CHECKS = (*BOUNDS, "multipleOf", "uniqueItems", "pattern", "format", "enum", "const")
_MOST_LEVELS = 64


@dataclass(frozen=True, slots=True)
class SpecField:
    """A field of a spec, or the items of a list.

    Attributes:
        path: The path, in the form of `railguard check --rules`: `$.fees[*].name`, `$.pet(dog).name`.
        schema: Its JSON Schema.
        types: The JSON types of its values; empty if any is allowed.
        rules: Its rules, in order.
        keywords: The keywords of the schema that check its content and that no rule implies.
    """

    path: str
    schema: Body
    types: frozenset[str]
    rules: tuple[Rule, ...]
    keywords: Body

    @property
    def checked(self) -> bool:
        """Whether anything except its type is checked."""
        return bool(self.rules or self.keywords)

    @property
    def bounds(self) -> dict[str, Any]:
        """The keywords of the schema, and keywords that its rules imply but that their on-fail actions keep out of the
        schema.
        """
        said = dict(self.schema)
        for rule in self.rules:
            said |= implied(rule, self.types)
        return said


class Places:
    """All places of a guard's output."""

    def __init__(self, guard: Guard[Any]) -> None:
        self.schema: Body = guard.json_schema()
        self._definitions: Body = self.schema.get("$defs", {})
        self._rules: dict[str, list[Rule]] = {}
        self._said: dict[str, set[str]] = {}
        for one in guard.enforcements():
            self._rules.setdefault(one.path, []).append(one.rule)
            self._said.setdefault(one.path, set()).update(one.keywords)
        self._known: dict[tuple[str, int], SpecField] = {}

    def place(self, path: str, body: Body) -> SpecField:
        """Return the place of a path and its schema, with references and null resolved."""
        known = self._known.get((path, id(body)))
        if known is None:
            said = self._said.get(path, set())
            keywords = {name: body[name] for name in _CHECKS if name in body and name not in said}
            types = frozenset(_types(body))
            known = self._known[path, id(body)] = SpecField(
                path, body, types, tuple(self._rules.get(path, ())), keywords
            )
        return known

    def options(self, path: str, body: Body) -> list[tuple[str, Body]]:
        """Return (path, schema) of each option of a schema that is not a reference or a union, without null."""
        found: list[tuple[str, Body]] = []
        todo, levels = [(path, body)], 0
        while todo and levels < _MOST_LEVELS:
            levels += 1
            path, body = todo.pop()
            if (name := body.get("$ref")) is not None:
                name = name.removeprefix("#/$defs/")
                todo.append((name, self._definitions[name]))
            elif (several := body.get("oneOf") or body.get("anyOf")) is not None:
                tag = body.get("discriminator", {}).get("propertyName")
                todo += reversed([(_case(path, one, tag), one) for one in several])
            elif body.get("type") != "null":
                found.append((path, body))
        return found

    def all(self) -> list[SpecField]:
        """Return every place once, in the order of the spec."""
        found: dict[str, SpecField] = {}
        todo: list[tuple[str, Body]] = [("$", self.schema)]
        while todo:
            path, body = todo.pop()
            below: list[tuple[str, Body]] = []
            for at, option in self.options(path, body):
                if at in found and found[at].schema is option:
                    continue
                found.setdefault(at, self.place(at, option))
                below += _below(at, option)
            todo += reversed([(at, one) for at, one in below if at not in found])
        return list(found.values())

    def of(self, value: Any) -> Iterator[tuple[Path, SpecField]]:
        """Yield the places of the values of an answer, from the root down."""
        todo: list[tuple[Path, Any, str, Body]] = [(Path(), value, "$", self.schema)]
        while todo:
            at, value, path, body = todo.pop()
            option = next((one for one in self.options(path, body) if _fits(one[1], value)), None)
            if option is None:
                continue
            path, body = option
            yield at, self.place(path, body)
            if isinstance(value, dict):
                members = body.get("properties", {})
                extra = body.get("additionalProperties")
                for name, member in value.items():
                    if name in members:
                        todo.append((at.child(name), member, _member(path, name), members[name]))
                    elif isinstance(extra, Mapping):
                        todo.append((at.child(name), member, f"{path}.*", extra))
            elif isinstance(value, list) and isinstance(items := body.get("items"), Mapping):
                todo += [(at.child(index), item, f"{path}[*]", items) for index, item in enumerate(value)]


def implied(rule: Rule, types: Iterable[str]) -> dict[str, Any]:
    """Return the JSON Schema keywords that are equivalent to a rule for values of these types; empty if there are none."""
    said: dict[str, Any] = {}
    for kind in types:
        said |= rule.constraint(kind) or {}
    return said


def json_type_name(value: Any) -> str:
    """Return the JSON type of a plain value."""
    for kind, name in _NAMES:
        if isinstance(value, kind):
            return name
    return "null"


_NAMES = ((bool, "boolean"), (str, "string"), (int, "integer"), (float, "number"), (list, "array"), (dict, "object"))


def _types(body: Body) -> list[str]:
    said = body.get("type")
    names = said if isinstance(said, list) else [] if said is None else [said]
    if not names and ("enum" in body or "const" in body):
        names = list({json_type_name(value) for value in body.get("enum", [body.get("const")])})
    return [name for name in names if name != "null"]


def _fits(body: Body, value: Any) -> bool:
    types, kind = _types(body), json_type_name(value)
    if types and kind not in types and not (kind == "integer" and "number" in types):
        return False
    if "const" in body and body["const"] != value:
        return False
    if isinstance(value, dict):
        members = body.get("properties", {})
        if not all(name in value for name in body.get("required", ())):
            return False
        return all(
            "const" not in one or name not in value or one["const"] == value[name] for name, one in members.items()
        )
    return True


def _below(path: str, body: Body) -> list[tuple[str, Body]]:
    found = [(_member(path, name), one) for name, one in body.get("properties", {}).items()]
    for key, step in (("additionalProperties", ".*"), ("items", "[*]")):
        if isinstance(one := body.get(key), Mapping):
            found.append((path + step, one))
    return found


def _member(path: str, name: str) -> str:
    return path + str(Path((name,)))[1:]


def _case(path: str, body: Body, tag: str | None) -> str:
    if tag is None:
        return path
    return f"{path}({body.get('properties', {}).get(tag, {}).get('const', '')})"

"""A user-defined type as pydantic-core's schema, with railguard's rules at their places in it.

The type itself validates an answer. A rule in `Annotated` becomes a validator at that place, so it gets the output of
the validators before it, and its output goes to the validators after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from railguard.schema.core_schemas import NO_SCHEMA, WITH_MEMBERS, definitions_of, field_keys, schemas_in
from railguard.schema.observed import Observed, Shapes, reads_itself
from railguard.schema.own_functions import current_visitor, items, with_items_one_by_one, with_refusals
from railguard.validation import Rule
from railguard.values import UNSET, Path

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

__all__ = ["OMITTED", "Site", "Sites", "UserModel"]

RULES = "x-railguard-rules"
"""The key of a core schema's metadata with the rules of `Annotated`."""

OMITTED = "railguard_omitted"
"""The error type by which `UserModel.naming_omitted` replaces what the user's type omits."""

_MOST_PLACES = 256
"""Largest number of kinds of locations whose sites are cached for each type."""
_SAME_PLACE = frozenset({"schema", "steps", "json_schema", "lax_schema", "strict_schema", "python_schema"})
"""Keys of a core schema that contain the schema of the same value."""
_AROUND_ITEMS = frozenset({"nullable", "default", "function-after", "function-wrap", "function-before"})
"""Types of core schemas that may wrap an iterable and have the same value."""
_SCALAR_TYPES: Mapping[str | None, type] = {"str": str, "int": int, "float": float}
_UNCHANGING = frozenset({"type", "strict", "metadata", "serialization", "allow_inf_nan"})
"""Keys of a core schema that change no scalar which it accepts."""


@dataclass(frozen=True, eq=False)
class Site:
    """One place in a user-defined type with railguard's rules.

    rules: in the order in which they run. path: the path of the place in every answer; None below a list, a dict, a
    union or a reference, where it depends on the answer.
    """

    rules: tuple[Rule, ...]
    path: Path | None
    _inner: Mapping[str, Any] = field(repr=False)
    _definitions: Sequence[Any] = field(repr=False)

    def __call__(self, value: Any) -> Any:
        """Return the place's output for a value: the visitor's result, or the value itself without a visitor."""
        asked = current_visitor()
        return value if asked is None else asked(self, value)

    @property
    def where(self) -> Path:
        """What an error says of the place: its path, or the root where it depends on the answer."""
        return self.path if self.path is not None else Path()

    def scalar(self, given: Any) -> Any:
        """Return what the rules get for a scalar of JSON that the type accepts; UNSET if only `inner` can tell."""
        kind = self._inner["type"] if self._inner.keys() <= _UNCHANGING else None
        if type(given) is _SCALAR_TYPES.get(kind):
            return given
        return float(given) if kind == "float" and type(given) is int and given.bit_length() < 64 else UNSET

    @cached_property
    def inner(self) -> SchemaValidator:
        """The validator of the part before the rules."""
        from pydantic_core import SchemaValidator

        schema: Any = self._inner
        if self._definitions:
            schema = {"type": "definitions", "schema": schema, "definitions": list(self._definitions)}
        return SchemaValidator(schema, None, False)


Origin: TypeAlias = "tuple[Callable[..., UserModel], tuple[Any, ...]]"
"""An importable function, and its arguments."""
Added: TypeAlias = tuple[tuple[str | None, ...], tuple[Rule, ...]]
"""The arguments of `UserModel.with_rules`."""


class UserModel:
    """A user-defined type, ready to validate. Immutable once built.

    core: the type's core schema. validator: its validator, with railguard's rules at their places. sites: those places.
    omits: whether the type omits failing items, or replaces them by a default, and there are sites.
    """

    def __init__(self, core: Any, validator: Any, origin: Origin, added: tuple[Added, ...] = ()) -> None:
        """Store the type's schema and validator.

        Args:
            core: The core schema.
            validator: The type's own validator, used unchanged if nothing is added to the type.
            origin: Creates the type's UserModel again after unpickling: a core schema contains functions that cannot be
                pickled.
            added: The additions of `with_rules`.
        """
        self.core = core
        self._origin, self._added = origin, added
        builder = Sites(core)
        placed = builder.place(core, Path())
        self.sites: tuple[Site, ...] = tuple(builder.sites)
        self._placed = placed
        self.omits = bool(builder.sites) and any(_leaves_out(one) for one in schemas_in(core))
        if builder.changed:
            from pydantic_core import SchemaValidator

            validator = SchemaValidator(placed, None, False)
        self.validator: SchemaValidator = validator
        shapes = Shapes(core)
        self._observe = shapes.observer(core)
        self.opaque = shapes.is_opaque(core)

    def site_at(self, location: Sequence[str | int]) -> Site | None:
        """Return the place with rules at the location of one of pydantic-core's errors; None if there are no rules.

        Raises LookupError where the location alone does not tell: below a union, at a key of a dict, inside of functions.
        """
        kind = tuple([None if type(part) is int else part for part in location])
        if kind in self._known_sites:
            return self._known_sites[kind]
        site = _site_at(self._placed, location, self._definitions)
        if len(self._known_sites) < _MOST_PLACES:
            self._known_sites[kind] = site
        return site

    @cached_property
    def _known_sites(self) -> dict[tuple[str | int | None, ...], Site | None]:
        return {}

    @cached_property
    def _definitions(self) -> dict[str, Any]:
        return definitions_of(self._placed)

    def observe(self, value: Any, output: Any) -> Observed:
        """Return the details of JSON that the type accepted. value: the plain data. output: the type's output for it."""
        observed = Observed()
        if self._observe is not None:
            self._observe(value, output, [], observed)
        return observed

    @cached_property
    def omitting_nothing(self) -> SchemaValidator:
        """The validator of the same type in which an omitted error is raised, at its path."""
        from pydantic_core import SchemaValidator

        return SchemaValidator(_with_errors(self._placed, named=False), None, False)

    @cached_property
    def naming_omitted(self) -> SchemaValidator:
        """The same validator, with each such error replaced by one of the type OMITTED, at the path of the omitted
        part.
        """
        from pydantic_core import SchemaValidator

        return SchemaValidator(_with_errors(self._placed, named=True), None, False)

    def with_rules(self, steps: Sequence[str | None], rules: Sequence[Rule]) -> UserModel:
        """Return the same type with more rules at a place. steps: names of members, None for every item of a list.

        Raises LookupError with the index of the first step that does not exist.
        """
        core = _attached(self.core, list(steps), 0, tuple(rules), definitions_of(self.core))
        return UserModel(core, self.validator, self._origin, (*self._added, (tuple(steps), tuple(rules))))

    def __reduce__(self) -> tuple[Callable[..., UserModel], tuple[Origin, tuple[Added, ...], list[Rule]]]:
        return _made_again, (self._origin, self._added, [rule for site in self.sites for rule in site.rules])


def _made_again(origin: Origin, added: tuple[Added, ...], rules: list[Rule]) -> UserModel:
    """Return the model of a type in another process. rules: those of its sites, as in the pickled tree."""
    make, arguments = origin
    model = make(*arguments)
    for steps, more in added:
        model = model.with_rules(steps, more)
    made = (id(rule) for site in model.sites for rule in site.rules)
    core = _with_rules_of(model.core, dict(zip(made, rules, strict=True)))
    return UserModel(core, model.validator, origin, added) if rules else model


def _with_rules_of(schema: Any, rules: Mapping[int, Rule]) -> Any:
    """Return a core schema with its rules replaced by others, looked up by identity."""
    if isinstance(schema, (list, tuple)):
        return type(schema)([_with_rules_of(one, rules) for one in schema])
    if not isinstance(schema, dict):
        return schema
    made = {key: value if key in NO_SCHEMA else _with_rules_of(value, rules) for key, value in schema.items()}
    metadata = schema.get("metadata")
    if isinstance(metadata, dict) and RULES in metadata:
        made["metadata"] = {**metadata, RULES: tuple(rules.get(id(rule), rule) for rule in metadata[RULES])}
    return made


def _leaves_out(schema: Mapping[str, Any]) -> bool:
    """Whether an error of a value causes it to be omitted or replaced by a default."""
    return schema.get("type") == "default" and schema.get("on_error") in ("omit", "default")


def _with_errors(core: Any, *, named: bool) -> Any:
    """Return a core schema in which no error of a value causes it to be omitted or replaced by a default.

    named: such an error gets the type OMITTED instead.
    """
    known: dict[int, Any] = {}

    def copied(at: Any) -> Any:
        if isinstance(at, (list, tuple)):
            return type(at)([copied(one) for one in at])
        if not isinstance(at, dict):
            return at
        if id(at) not in known:
            made = {key: value if key in NO_SCHEMA else copied(value) for key, value in at.items()}
            if _leaves_out(made):
                del made["on_error"]
            if named and _leaves_out(at):
                words = {"custom_error_type": OMITTED, "custom_error_message": "the value fails"}
                made["schema"] = {"type": "custom-error", "schema": made["schema"], **words}
            known[id(at)] = made
        return known[id(at)]

    return copied(core)


# -- rules at their places ------------------------------------------------------------------------------------------------


class Sites:
    """A copy of a core schema with a validator at each place that has rules. Iterables are read to the end: they become
    lists, because what is checked later would fail outside of the outcome. What a rule refuses stays refused, whatever
    the user's functions around it make of that. Numbers must be finite, unless the user's own code reads them first: the
    text "Infinity" is no more a number than the word is in JSON."""

    def __init__(self, core: Any) -> None:
        self.sites: list[Site] = []
        self.changed = False
        self._inner: set[int] = set()
        """The schemas inside of a function that gets the items of an iterable one by one."""
        self._has_rules = any(_rules_of(one) for one in schemas_in(core))
        self._definitions = core["definitions"] if core.get("type") == "definitions" else ()
        self._known: dict[int, Any] = {}
        self._read_by_user: set[int] = set()
        self._config: Mapping[str, Any] = {}
        """Of the model around what is being placed."""

    def place(self, schema: Any, path: Path | None) -> Any:
        if isinstance(schema, (list, tuple)):
            return type(schema)([self.place(one, None) for one in schema])
        if not isinstance(schema, dict):
            return schema
        if path is None and id(schema) in self._known:
            return self._known[id(schema)]
        is_inner = id(schema) in self._inner
        if is_inner or _reads_items(schema):
            self._inner.add(id(schema.get("schema")))
        if id(schema) in self._read_by_user or reads_itself(schema):
            self._read_by_user |= {id(schema[key]) for key in _SAME_PLACE & schema.keys()}
        around = self._config
        self._config = schema.get("config", around)
        made = {key: self._part(schema, key, value, path) for key, value in schema.items()}
        self._config = around
        kind = made.get("type")
        if kind == "generator":
            made = {**made, "type": "list"}
            made = items(made) if is_inner else made
            self.changed = True
        elif kind == "float" and made.get("allow_inf_nan") is not False and id(schema) not in self._read_by_user:
            made = {**made, "allow_inf_nan": False}
            self.changed = True
        elif kind == "function-wrap" and self._has_rules:
            made = with_refusals(made)
        if _reads_items(schema):
            made = with_items_one_by_one(made, last=not is_inner)
        rules = _rules_of(schema)
        if rules:
            made = self.with_site(made, tuple(rules), path)
        if path is None:
            self._known[id(schema)] = made
        return made

    def _part(self, schema: dict[str, Any], key: str, value: Any, path: Path | None) -> Any:
        if key in NO_SCHEMA:
            return value
        if key == "definitions":
            return [self.place(one, None) for one in value]
        if key == "fields" and isinstance(value, dict):
            return {name: self.place(one, self._member(path, name, one)) for name, one in value.items()}
        if key == "fields" and schema["type"] == "dataclass-args":
            return [self.place(one, self._member(path, one["name"], one)) for one in value]
        if key == "steps":
            return [self.place(one, path) for one in value]
        if key in _SAME_PLACE:
            return self.place(value, path)
        if isinstance(value, dict) and not isinstance(value.get("type"), str):
            return {name: self.place(one, None) for name, one in value.items()}
        return self.place(value, None)

    def _member(self, path: Path | None, name: str, schema: Any) -> Path | None:
        names = field_keys(name, schema, self._config)
        return path.child(names[0]) if path is not None and len(names) == 1 else None

    def with_site(self, inner: dict[str, Any], rules: tuple[Rule, ...], path: Path | None) -> dict[str, Any]:
        """Return the schema of a place with rules. inner: without them. path: the path of the place in every answer, if
        known.
        """
        self.changed = True
        ref = inner.pop("ref", None)
        site = Site(rules, path, inner, self._definitions)
        self.sites.append(site)
        outer = {"type": "function-after", "function": {"type": "no-info", "function": site}, "schema": inner}
        return outer if ref is None else {**outer, "ref": ref}


def _site_at(schema: Any, location: Sequence[str | int], definitions: Mapping[str, Any]) -> Site | None:
    """Follow a location in a core schema with its sites. Raises LookupError where it does not tell the way."""
    site: Site | None = None
    config: Mapping[str, Any] = {}
    at = 0
    while True:
        kind = schema["type"]
        config = schema.get("config", config)
        inner = _INNER.get(kind)
        if inner is not None:
            schema = schema[inner]
        elif kind == "definition-ref":
            schema = definitions[schema["schema_ref"]]
        elif kind == "function-after":
            if at == len(location):
                if site is not None:
                    raise LookupError(at)
                site = schema["function"]["function"]
                if not isinstance(site, Site):
                    raise LookupError(at)
            schema = schema["schema"]
        elif at == len(location):
            if kind not in _LEAVES:
                raise LookupError(at)
            return site
        else:
            schema = _part(schema, location[at], config)
            at += 1


_INNER = dict.fromkeys(
    ("nullable", "default", "model", "dataclass", "definitions", "model-field", "typed-dict-field", "dataclass-field"),
    "schema",
)
"""The type of a core schema that holds one other for the same location → the key of that one."""
_LEAVES = frozenset(
    ("str", "int", "float", "bool", "literal", "enum", "date", "time", "datetime", "uuid", "url", "none")
)


def _part(schema: Any, part: str | int, config: Mapping[str, Any]) -> Any:
    """Return the core schema of a part of a value: an item, the value of a key, the option of a tag, or a field."""
    kind = schema["type"]
    if isinstance(part, int):
        if kind not in ("list", "set", "frozenset"):
            raise LookupError(part)
        return schema["items_schema"]
    if kind == "dict":
        return schema["values_schema"]
    if kind == "tagged-union":
        return schema["choices"][part]
    if kind not in WITH_MEMBERS:
        raise LookupError(part)
    given = schema["fields"]
    fields = given.items() if isinstance(given, dict) else [(one["name"], one) for one in given]
    found = [one for name, one in fields if part in field_keys(name, one, config)]
    if len(found) != 1:
        raise LookupError(part)
    return found[0]


def _rules_of(schema: Any) -> Sequence[Rule]:
    metadata = schema.get("metadata")
    return metadata.get(RULES, ()) if isinstance(metadata, dict) else ()


def _reads_items(schema: Any) -> bool:
    """Whether a core schema is a user's function that gets the items of an iterable one by one."""
    if schema.get("type") not in ("function-after", "function-wrap"):
        return False
    at = schema
    while at.get("type") in _AROUND_ITEMS:
        at = at["schema"]
    return bool(at.get("type") == "generator")


def _attached(
    schema: Any, steps: list[str | None], at: int, rules: tuple[Rule, ...], definitions: Mapping[str, Any]
) -> Any:
    """Return a core schema with rules added to the metadata of the schema at a path."""
    kind = schema.get("type")
    if kind == "definitions":
        inner = schema["schema"]
        if at < len(steps) and inner.get("type") == "definition-ref":
            name = inner["schema_ref"]
            changed = _attached(definitions[name], steps, at, rules, definitions)
            return {**schema, "definitions": [changed if d.get("ref") == name else d for d in schema["definitions"]]}
        return {**schema, "schema": _attached(inner, steps, at, rules, definitions)}
    if kind in ("nullable", "default", "model-field", "typed-dict-field", "dataclass-field"):
        return {**schema, "schema": _attached(schema["schema"], steps, at, rules, definitions)}
    if at == len(steps):
        metadata = schema.get("metadata") or {}
        outer = schema
        if "ref" in schema:  # a definition is shared by name: only a schema around it belongs to this use alone
            outer, metadata = {"type": "chain", "steps": [schema]}, {}
        return {**outer, "metadata": {**metadata, RULES: (*metadata.get(RULES, ()), *rules)}}
    step = steps[at]
    if kind == "definition-ref":
        inlined = {key: value for key, value in definitions[schema["schema_ref"]].items() if key != "ref"}
        return _attached(inlined, steps, at, rules, definitions)
    if kind in WITH_MEMBERS and step is not None:
        fields = schema["fields"]
        if isinstance(fields, dict):
            for name, one in fields.items():
                if step in field_keys(name, one, schema.get("config", {})):
                    return {**schema, "fields": {**fields, name: _attached(one, steps, at + 1, rules, definitions)}}
        else:
            for number, one in enumerate(fields):
                if step in field_keys(one.get("name", ""), one, schema.get("config", {})):
                    changed = _attached(one, steps, at + 1, rules, definitions)
                    return {**schema, "fields": [*fields[:number], changed, *fields[number + 1 :]]}
    if "items_schema" in schema and step is None:
        return {**schema, "items_schema": _attached(schema["items_schema"], steps, at + 1, rules, definitions)}
    if kind == "tagged-union":
        choices = {}
        found = False
        for tag, one in schema["choices"].items():
            try:
                choices[tag] = _attached(one, steps, at, rules, definitions)
                found = True
            except LookupError:
                choices[tag] = one
        if found:
            return {**schema, "choices": choices}
    if kind == "chain":
        last = _attached(schema["steps"][-1], steps, at, rules, definitions)
        return {**schema, "steps": [*schema["steps"][:-1], last]}
    for key in ("schema", "json_schema", "lax_schema"):
        if key in schema:
            return {**schema, key: _attached(schema[key], steps, at, rules, definitions)}
    raise LookupError(at + 1)

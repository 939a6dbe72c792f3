"""A fast path for a user-defined type: an obviously valid answer passes in one run of pydantic-core.

Three things are created from the type's core schema, each once. A validator in which rules are pydantic-core's own
bounds if possible. A count of the keys that an answer must have had, computed from the output: if the text has as many
colons, no key was repeated, ignored or omitted. And a test of the plain data, column by column, for answers that the
count does not settle. Each of them accepts or decides nothing; `user_model.py` observes the answers that they do not
accept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from railguard.schema.bounds import bounds_of
from railguard.schema.core_schemas import WITH_MEMBERS, field_keys, has_default, schemas_in
from railguard.schema.nodes import AnyNode, FloatNode, IntegerNode, ListNode, Node, StringNode
from railguard.schema.observed import DICTS, ITEMS, MOMENTS, Shapes, is_bare_digits, plain_tag, reads_itself
from railguard.schema.user_model import Sites, UserModel
from railguard.validation import Rule
from railguard.values import Path

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

__all__ = ["Accepting", "QuickModel"]

_UNKNOWN: Final = -(10**12)
"""A count that no text has, whatever is added to it."""
_MOST_SHAPES = 64
"""Largest number of sets of keys without details to report that are cached for each type of object."""
_EMPTY = (list, dict, set, frozenset, tuple, str)
"""Factories of defaults that are no code of a user's."""
_PLAIN_KEYS = frozenset({"type", "strict", "metadata", "serialization", "ref", "allow_inf_nan"})
_NODES: Mapping[str, Callable[[tuple[Rule, ...]], Node]] = {
    "str": lambda rules: StringNode(rules=rules),
    "int": lambda rules: IntegerNode(rules=rules),
    "float": lambda rules: FloatNode(rules=rules),
    "list": lambda rules: ListNode(item=AnyNode(), rules=rules),
}
"""Maps the type of a core schema to the node on which its rules have the same meaning."""
_SCALARS = frozenset({"str", "int", "float", "bool", "literal", "none", "enum", "uuid", "url", "bytes"})
"""Types of core schemas whose values contain no keys, and are equal to their JSON."""


class Accepting(NamedTuple):
    """A validator that only accepts.

    Attributes:
        validator: The validator.
        has_sites: Whether it calls a visitor at places whose rules it does not check itself.
    """

    validator: SchemaValidator
    has_sites: bool


class QuickModel:
    """Accepts obviously valid answers of a type. Immutable once built.

    Attributes:
        is_pure: Whether validation runs no user code, so that it may be repeated.
    """

    def __init__(self, model: UserModel) -> None:
        """Store the type. model: the type."""
        self._model = model
        self._definitions = {one["ref"]: one for one in schemas_in(model.core) if isinstance(one.get("ref"), str)}
        self.is_pure = not any(_runs_code(one) for one in schemas_in(model.core))

    @cached_property
    def accepting(self) -> Accepting | None:
        """Return the validator that accepts what the type accepts, with rules as bounds if possible; the other rules
        stay at their places. None if the user's own code would run, or if a setting of the type changes the meaning of
        bounds.
        """
        schemas = list(schemas_in(self._model.core))
        if not self.is_pure or any(_changes_texts(one) or _outlives_errors(one) for one in schemas):
            return None
        from pydantic_core import SchemaValidator

        # If a bound refuses a value in a union, another option may accept it: there the rules stay at their places.
        has_union = any(one.get("type") == "union" for one in schemas)
        builder = Sites(self._model.core) if has_union else _BoundedSites(self._model.core)
        placed = builder.place(self._model.core, Path())
        return Accepting(SchemaValidator(placed, None, False), bool(builder.sites))

    @cached_property
    def count_keys(self) -> Callable[[Any], int] | None:
        """Return a function that counts the keys of the JSON of an output, assuming that every field was given and no
        other key; for other JSON it returns a count that no text has. None if outputs do not show it.
        """
        counted = _Counter(self._definitions).of(self._model.core)
        if not isinstance(counted, int):
            return counted
        keys = counted
        return lambda output: keys

    @cached_property
    def is_quiet(self) -> Callable[[Any], bool]:
        """Return a test whether `UserModel.observe` has nothing to report about the plain data of an accepted answer."""
        quiet = _Quiet(self._definitions, Shapes(self._model.core)).of(self._model.core, {})
        return (lambda value: True) if quiet is None else (lambda value: quiet([value]))


def _runs_code(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type", "")
    if not isinstance(kind, str):  # a table of fields, one of which has this name
        return False
    if kind in ("model", "dataclass") and (schema.get("custom_init") or schema.get("post_init")):
        return True
    makes = "default_factory" in schema and not any(schema["default_factory"] is one for one in _EMPTY)
    return kind.startswith("function-") or kind in ("call", "generator") or makes


def _changes_texts(schema: Mapping[str, Any]) -> bool:
    config = schema.get("config")
    if not isinstance(config, Mapping):
        return False
    return any(bool(config[key]) for key in config if key.startswith("str_") or key == "coerce_numbers_to_str")


def _outlives_errors(schema: Mapping[str, Any]) -> bool:
    """Whether a refused value is omitted or replaced by a default."""
    return bool(schema.get("on_error", "raise") != "raise")


class _BoundedSites(Sites):
    """Puts the rules into the core schema as bounds if all rules of a place can be bounds."""

    def with_site(self, inner: dict[str, Any], rules: tuple[Rule, ...], path: Path | None) -> dict[str, Any]:
        make = _NODES.get(inner["type"])
        bounds = bounds_of(make(rules)) if make is not None else None
        if bounds is None or len(bounds.done) < len(rules):
            return super().with_site(inner, rules, path)
        if "type" in bounds.core:
            return {**inner, **bounds.core} if inner.keys() <= _PLAIN_KEYS else _chain(inner, bounds.core)
        if inner.keys() <= _PLAIN_KEYS or (inner["type"] == "list" and inner.keys().isdisjoint(bounds.core)):
            return {**inner, **bounds.core}
        return _chain(inner, {"type": inner["type"], "strict": True, **bounds.core})


def _chain(first: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    ref = first.get("ref")
    steps = [{key: value for key, value in first.items() if key != "ref"}, then]
    return {"type": "chain", "steps": steps} | ({"ref": ref} if ref is not None else {})


_Counted: TypeAlias = "int | Callable[[Any], int] | None"
"""The number of keys in the JSON of a value: constant, or a function of the value; None if it is unknown."""


class _Counter:
    """Counts keys from outputs. A recursive type, a dict and a union of objects are not counted."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._busy: set[str] = set()

    def of(self, schema: Any) -> _Counted:
        kind = schema.get("type")
        if kind in _SCALARS:
            return 0
        if kind == "definition-ref":
            return self._reference(schema["schema_ref"])
        if kind == "model" and not schema.get("root_model"):
            config = schema.get("config") or {}
            inner = schema["schema"]
            return self._object(inner, config) if inner.get("type") == "model-fields" else None
        if kind in ("list", "set", "frozenset"):
            return self._items(self.of(schema.get("items_schema") or {}), is_list=kind == "list")
        if kind == "nullable":
            inner = self.of(schema["schema"])
            if isinstance(inner, int):
                return 0 if inner == 0 else lambda value: 0 if value is None else inner
            return None if inner is None else lambda value: 0 if value is None else inner(value)
        if kind == "union":
            options = [self.of(one[0] if isinstance(one, (tuple, list)) else one) for one in schema["choices"]]
            return 0 if all(one == 0 for one in options) else None
        if kind in ("definitions", "default"):
            return self.of(schema["schema"])
        for key in ("json_schema", "lax_schema"):
            if key in schema:
                return self.of(schema[key])
        return None

    def _reference(self, name: str) -> _Counted:
        if name in self._busy:
            return None
        self._busy.add(name)
        try:
            return self.of(self._definitions[name])
        finally:
            self._busy.discard(name)

    @staticmethod
    def _items(item: _Counted, *, is_list: bool) -> _Counted:
        if item is None or item == 0:
            return item
        if not is_list:
            return None  # equal items of a set were given more than once
        if isinstance(item, int):
            return lambda value: item * len(value)
        return item.of_all if isinstance(item, _WithDefaults) else lambda value: sum(map(item, value))

    def _object(self, schema: Any, config: Mapping[str, Any]) -> _Counted:
        fields: Mapping[str, Any] = schema["fields"]
        extra = schema.get("extra_behavior") or config.get("extra_fields_behavior") or "ignore"
        if extra == "allow" or any(not isinstance(one.get("validation_alias", ""), str) for one in fields.values()):
            return None
        counted = {name: self.of(one["schema"]) for name, one in fields.items()}
        if any(one is None for one in counted.values()):
            return None
        fixed = len(fields) + sum(one for one in counted.values() if isinstance(one, int))
        varying = [(attrgetter(name), one) for name, one in counted.items() if callable(one)]
        may_lack = any(has_default(one["schema"]) for one in fields.values())
        number = len(fields)
        if not varying:
            return _WithDefaults(number, fixed) if may_lack else fixed

        def count(output: Any) -> int:
            if may_lack and len(output.__pydantic_fields_set__) != number:
                return _UNKNOWN
            return fixed + sum(below(get(output)) for get, below in varying)

        return count


class _WithDefaults:
    """Counts the keys of objects of which a member may be missing.

    members: how many they have if none is missing. keys: the keys of such an object and below it.
    """

    def __init__(self, members: int, keys: int) -> None:
        self.members = members
        self.keys = keys

    def __call__(self, output: Any) -> int:
        return self.keys if len(output.__pydantic_fields_set__) == self.members else _UNKNOWN

    def of_all(self, outputs: Sequence[Any]) -> int:
        """Count those of several objects."""
        given = [len(one.__pydantic_fields_set__) for one in outputs]
        return self.keys * len(given) if given.count(self.members) == len(given) else _UNKNOWN


_Column: TypeAlias = Callable[[Sequence[Any]], bool]
"""Whether there is nothing to report about any of these values, which all have the same place in the type."""


class _Quiet:
    """Tests of plain data, created once for each core schema; None if there is never anything to report."""

    def __init__(self, definitions: Mapping[str, Any], shapes: Shapes) -> None:
        self._definitions = definitions
        self._shapes = shapes
        self._known: dict[str, _Column | None] = {}
        self._busy: set[str] = set()

    def of(self, schema: Any, config: Mapping[str, Any]) -> _Column | None:
        kind = schema.get("type")
        config = schema.get("config", config) or {}
        if reads_itself(schema) or schema.get("custom_init"):
            return None
        if kind == "definition-ref":
            return self._reference(schema["schema_ref"])
        if kind in WITH_MEMBERS:
            return self._object(schema, config)
        if kind in MOMENTS:
            return lambda values: not any(map(is_bare_digits, values))
        if kind == "union":
            return self._union(schema)
        if kind == "tagged-union":
            return self._tagged(schema)
        if kind in ITEMS:
            return self._below(schema.get("items_schema"), list, chain.from_iterable)
        if kind in DICTS and (schema.get("keys_schema") or {}).get("type") in _SCALARS:
            return self._below(schema.get("values_schema"), dict, _members)
        if kind in DICTS or kind in ("tuple", "named-tuple", "call", "json"):
            return self._left_to_observe(schema, config)
        if kind == "chain":
            return self.of(schema["steps"][0], config)
        if kind == "nullable":
            inner = self.of(schema["schema"], config)
            return None if inner is None else lambda values: inner([one for one in values if one is not None])
        for key in ("schema", "json_schema", "lax_schema"):
            if isinstance(schema.get(key), dict):
                return self.of(schema[key], config)
        return None

    def _reference(self, name: str) -> _Column | None:
        if name in self._busy:  # a recursive type: looked up when it is needed
            known = self._known

            def later(values: Sequence[Any]) -> bool:
                quiet = known[name]
                assert quiet is not None  # each of those that lead here has this one below it
                return not values or quiet(values)

            return later
        if name not in self._known:
            self._busy.add(name)
            self._known[name] = self.of(self._definitions[name], {})
            self._busy.discard(name)
        return self._known[name]

    def _object(self, schema: Any, config: Mapping[str, Any]) -> _Column | None:
        given = schema["fields"]
        fields = given.items() if isinstance(given, dict) else [(one.get("name", ""), one) for one in given]
        extra = schema.get("extra_behavior") or config.get("extra_fields_behavior") or "ignore"
        if extra == "allow" and "extras_schema" in schema:
            return self._left_to_observe(schema, config)
        names = {name: field_keys(name, one, config) for name, one in fields}
        known = frozenset(name for own in names.values() for name in own)
        needed = [own for name, own in names.items() if has_default(dict(fields)[name]["schema"])]
        tests = [(names[name], self.of(one["schema"], config)) for name, one in fields]
        below = [(own, test) for own, test in tests if test is not None]
        clean: set[tuple[str, ...]] = set()

        def is_clean(keys: tuple[str, ...]) -> bool:
            if extra == "ignore" and not known.issuperset(keys):
                return False
            if not all(any(name in keys for name in own) for own in needed):
                return False
            if known.issuperset(keys) and len(clean) < _MOST_SHAPES:
                clean.add(keys)
            return True

        def quiet(values: Sequence[Any]) -> bool:
            if not values:
                return True
            if set(map(type, values)) != {dict}:
                return False
            shapes = set(map(tuple, values))
            if not shapes <= clean and not all(map(is_clean, shapes - clean)):
                return False
            for own, inner in below:
                for name in own:
                    if not inner([one[name] for one in values if name in one]):
                        return False
            return True

        return quiet

    def _left_to_observe(self, schema: Any, config: Mapping[str, Any]) -> _Column | None:
        """Of a rare type nothing is known without a closer look, if anything could be said of it."""
        return (lambda values: not values) if self._shapes.observer(schema, config) is not None else None

    def _below(self, schema: Any, kind: type, parts: Callable[[Sequence[Any]], Iterator[Any]]) -> _Column | None:
        inner = self.of(schema, {}) if isinstance(schema, dict) else None
        if inner is None:
            return None
        return lambda values: not values or (set(map(type, values)) == {kind} and inner([*parts(values)]))

    def _tagged(self, schema: Any) -> _Column | None:
        tag = schema["discriminator"]
        choices = {plain_tag(key): self.of(one, {}) for key, one in schema["choices"].items()}
        if not any(choices.values()):
            return None
        if not isinstance(tag, str):  # a function, or several names
            return self._union({"choices": list(schema["choices"].values())})

        def quiet(values: Sequence[Any]) -> bool:
            if values and set(map(type, values)) != {dict}:
                return False
            groups: dict[Any, list[Any]] = {}
            for one in values:
                groups.setdefault(one.get(tag), []).append(one)
            return all(
                chosen in choices and ((below := choices[chosen]) is None or below(group))
                for chosen, group in groups.items()
            )

        return quiet

    def _union(self, schema: Any) -> _Column | None:
        options = [one[0] if isinstance(one, (tuple, list)) else one for one in schema["choices"]]
        tests = [self.of(one, {}) for one in options]
        if not any(tests):
            return None
        # The option is unknown here: nothing is reported if no option could report anything.
        is_simple = all(one.get("type") in MOMENTS or one.get("type") in _SCALARS for one in options)
        return lambda values: not values or (is_simple and not any(map(is_bare_digits, values)))


def _members(values: Sequence[Any]) -> Iterator[Any]:
    return chain.from_iterable(map(dict.values, values))

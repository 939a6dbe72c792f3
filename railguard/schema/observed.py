"""Finds details of an accepted answer that the validation by a user-defined type does not report.

Which keys nobody took, which defaults were filled in, which option of a union leaves a key over that another option
names, and which digits were read as seconds since 1970, wherever in the type that is.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, NamedTuple, TypeAlias

from railguard.lazy import regex
from railguard.schema.core_schemas import WITH_MEMBERS, definitions_of, field_keys, has_default
from railguard.values import UNSET, Path

__all__ = ["DICTS", "ITEMS", "MOMENTS", "Observed", "Shapes", "is_bare_digits", "plain_tag", "reads_itself"]


@dataclass(slots=True)
class Observed:
    """Details of an accepted answer that plain validation does not report.

    defaults: (path, default) of fields that were not given. unused: paths of keys that nobody took. strangers: paths of
    objects that are not empty and hold no key that their model knows. leftover: paths of union values whose option leaves
    over a key that another option names. digits: paths of dates and times given as digits that read as a date or a time
    of day. digit_keys: paths of dicts with such a key, and the key.
    """

    defaults: list[tuple[Path, Any]] = field(default_factory=list)
    unused: list[Path] = field(default_factory=list)
    strangers: list[Path] = field(default_factory=list)
    leftover: list[Path] = field(default_factory=list)
    digits: list[Path] = field(default_factory=list)
    digit_keys: list[tuple[Path, str]] = field(default_factory=list)


Observer: TypeAlias = Callable[[Any, Any, "list[str | int]", Observed], None]
"""A function of a plain value, the type's output for it (UNSET: unknown), the path so far, and the record to add to."""
MOMENTS: dict[str, type] = {"date": date, "datetime": datetime, "time": time}
ITEMS = frozenset({"list", "set", "frozenset", "generator", "deque"})
"""Types of core schemas of lists whose items are all of one type."""
DICTS = frozenset({"dict", "ordered-dict", "frozendict", "counter"})
_LISTS = ITEMS | {"tuple", "named-tuple", "call"}
_UNKNOWN = frozenset(
    {"any", "function-plain", "union", "tagged-union", "custom-error", "json-or-python", "lax-or-strict"}
)
"""Types of core schemas that may take lists and objects."""
_OWN_READING = frozenset({"function-before", "function-wrap", "function-plain"})
_ANYTHING: Mapping[str, Any] = {"type": "any"}
_DAY = regex(
    r"(?:1[89]|2[0-9])[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])(?:[0-5][0-9]){1,2}"
)


def reads_itself(schema: Mapping[str, Any]) -> bool:
    """Whether a core schema is a function of the user's that reads the value before, or instead of, pydantic."""
    if schema.get("type") not in _OWN_READING:
        return False
    function = schema["function"].get("function")
    function = getattr(function, "func", function)  # of a partial
    is_pydantics = (getattr(function, "__module__", None) or "").split(".")[0] == "pydantic"
    return not (is_pydantics and schema["type"] == "function-wrap")


class _Member(NamedTuple):
    attribute: str
    names: tuple[str, ...]
    default: Any
    observer: Observer | None


class Shapes:
    """Observers of a core schema, each created once; None if there is nothing to report."""

    def __init__(self, core: Any) -> None:
        self._definitions = definitions_of(core)
        self._known: dict[str, Observer | None] = {}
        self._busy: set[str] = set()

    def is_opaque(self, schema: Any) -> bool:
        """Whether the user's own code reads this value before pydantic."""
        seen: set[str] = set()
        while schema is not None:
            kind = schema.get("type")
            if reads_itself(schema) or schema.get("custom_init"):
                return True
            if kind in WITH_MEMBERS:
                return False
            if kind == "definition-ref":
                if schema["schema_ref"] in seen:
                    return False
                seen.add(schema["schema_ref"])
                schema = self._definitions[schema["schema_ref"]]
            elif kind == "chain":
                schema = schema["steps"][0]
            else:
                schema = next((schema[key] for key in ("schema", "json_schema", "lax_schema") if key in schema), None)
        return False

    def observer(self, schema: Any, config: Mapping[str, Any] | None = None) -> Observer | None:
        kind = schema.get("type")
        config = schema.get("config", config) or {}
        if reads_itself(schema) or schema.get("custom_init"):
            return None
        if kind == "definition-ref":
            return self._reference(schema["schema_ref"])
        if kind in WITH_MEMBERS:
            return self._object(schema, config)
        if kind in MOMENTS:
            return _digits
        if kind == "union":
            return self._union(schema)
        if kind == "tagged-union":
            return self._tagged(schema)
        if kind in ITEMS:
            return self._items(schema.get("items_schema"))
        if kind == "tuple":
            return self._positions(schema["items_schema"], schema.get("variadic_item_index"))
        if kind == "named-tuple":
            return self._named_tuple(schema["fields"], config)
        if kind == "call":  # how pydantic before 2.14 makes a named tuple
            arguments = schema["arguments_schema"]
            return self._named_tuple(arguments.get("arguments_schema", ()), config)
        if kind in DICTS:
            return self._dict(schema.get("keys_schema") or _ANYTHING, schema.get("values_schema"))
        if kind == "json":
            return self._json(schema.get("schema") or _ANYTHING)
        if kind == "chain":
            return self.observer(schema["steps"][0], config)
        if kind == "nullable":
            inner = self.observer(schema["schema"], config)
            return (
                None if inner is None else lambda v, out, path, seen: None if v is None else inner(v, out, path, seen)
            )
        for key in ("schema", "json_schema", "lax_schema"):
            if isinstance(schema.get(key), dict):
                return self.observer(schema[key], config)
        return None

    def _reference(self, name: str) -> Observer | None:
        if name in self._busy:  # a recursive type: its observer is looked up when it is needed
            known = self._known

            def later(value: Any, output: Any, path: list[str | int], seen: Observed) -> None:
                observer = known[name]
                assert observer is not None  # each of those that lead here has this one below it
                observer(value, output, path, seen)

            return later
        if name not in self._known:
            self._busy.add(name)
            self._known[name] = self.observer(self._definitions[name])
            self._busy.discard(name)
        return self._known[name]

    def _object(self, schema: Any, config: Mapping[str, Any]) -> Observer | None:
        given = schema["fields"]
        fields = given.items() if isinstance(given, dict) else [(one.get("name", ""), one) for one in given]
        members = [
            _Member(name, field_keys(name, one, config), _default(one.get("schema", {})), self.observer(one["schema"]))
            for name, one in fields
        ]
        extra = schema.get("extra_behavior") or config.get("extra_fields_behavior") or "ignore"
        ignores = extra == "ignore"
        owner = {name: member for member in members for name in member.names}
        with_default = [member for member in members if member.default is not UNSET]
        with_observer = [member for member in members if member.observer is not None]
        is_dict = schema["type"] == "typed-dict"
        others = self.observer(schema["extras_schema"]) if extra == "allow" and "extras_schema" in schema else None

        def observe(value: Any, output: Any, path: list[str | int], seen: Observed) -> None:
            if not isinstance(value, dict):
                return
            if ignores and not value.keys() <= owner.keys():
                unused = [key for key in value if key not in owner]
                if len(unused) == len(value):
                    seen.strangers.append(Path(path))
                seen.unused.extend(Path((*path, key)) for key in unused)
            for member in with_default:
                if not any(name in value for name in member.names):
                    seen.defaults.append((Path((*path, member.names[0])), member.default))
            for member in with_observer:
                for name in member.names:
                    if name in value:
                        if is_dict:
                            made = output.get(member.attribute, UNSET) if isinstance(output, dict) else UNSET
                        else:
                            made = getattr(output, member.attribute, UNSET)
                        path.append(name)
                        member.observer(value[name], made, path, seen)  # type: ignore[misc]  # it is not None here
                        path.pop()
                        break
            if others is not None:
                for key in value.keys() - owner.keys():
                    path.append(key)
                    others(value[key], UNSET, path, seen)
                    path.pop()

        return observe if ignores or with_default or with_observer or others else None

    def _items(self, item: Any) -> Observer | None:
        below = self.observer(item) if isinstance(item, dict) else None
        if below is None:
            return None

        def observe(value: Any, output: Any, path: list[str | int], seen: Observed) -> None:
            if not isinstance(value, list):
                return
            paired = isinstance(output, (list, tuple, deque)) and len(output) == len(value)
            path.append(0)
            for index, one in enumerate(value):
                path[-1] = index
                below(one, output[index] if paired else UNSET, path, seen)
            path.pop()

        return observe

    def _positions(self, items: Sequence[Any], variadic: int | None) -> Observer | None:
        """A tuple: each item is of its own type, and those at one position may be any number."""
        observers = [self.observer(one) for one in items]
        if not any(observers):
            return None

        def observe(value: Any, output: Any, path: list[str | int], seen: Observed) -> None:
            if not isinstance(value, list):
                return
            paired = isinstance(output, tuple) and len(output) == len(value)
            more = len(value) - len(observers)
            for index, one in enumerate(value):
                at = index if variadic is None or index < variadic else max(variadic, index - more)
                below = observers[at] if at < len(observers) else None
                if below is not None:
                    path.append(index)
                    below(one, output[index] if paired else UNSET, path, seen)
                    path.pop()

        return observe

    def _named_tuple(self, fields: Sequence[Any], config: Mapping[str, Any]) -> Observer | None:
        """A named tuple, given as a list, or as an object: what is said of a member of that is said of the whole."""
        positions = self._positions([one["schema"] for one in fields], None)
        if positions is None:
            return None
        names: dict[str, int] = {}
        for index, one in enumerate(fields):
            alias = {"validation_alias": one["alias"]} if "alias" in one else one
            names |= dict.fromkeys(field_keys(one["name"], alias, config), index)

        def observe(value: Any, output: Any, path: list[str | int], seen: Observed) -> None:
            if not isinstance(value, dict):
                positions(value, output, path, seen)
                return
            given: list[Any] = [None] * len(fields)
            for key, one in value.items():
                if key in names:
                    given[names[key]] = one
            inside = Observed()
            positions(given, output, [], inside)
            _of_whole(inside, path, seen)

        return observe

    def _dict(self, key: Any, item: Any) -> Observer | None:
        below = self.observer(item) if isinstance(item, dict) else None
        is_moment = self._stripped(key)["type"] in MOMENTS
        if below is None and not is_moment:
            return None

        def observe(value: Any, output: Any, path: list[str | int], seen: Observed) -> None:
            if not isinstance(value, dict):
                return
            for key, one in value.items():
                if is_moment and is_bare_digits(key):
                    seen.digit_keys.append((Path(path), key))
                if below is not None:
                    path.append(key)
                    below(one, output.get(key, UNSET) if isinstance(output, dict) else UNSET, path, seen)
                    path.pop()

        return observe

    def _json(self, inner: Any) -> Observer | None:
        """JSON in a text: what is said of a part of it is said of the text."""
        below = self.observer(inner)
        if below is None:
            return None

        def observe(value: Any, output: Any, path: list[str | int], seen: Observed) -> None:
            if not isinstance(value, str):
                return
            try:
                held = json.loads(value)
            except (ValueError, RecursionError):
                return
            inside = Observed()
            below(held, output, [], inside)
            _of_whole(inside, path, seen)

        return observe

    def _tagged(self, schema: Any) -> Observer | None:
        tag = schema["discriminator"]
        if not isinstance(tag, str):  # a function, or several names: the output says which it was
            return self._union({"choices": list(schema["choices"].values()), "mode": "left_to_right"})
        choices = {plain_tag(key): self.observer(one) for key, one in schema["choices"].items()}
        if not any(choices.values()):
            return None

        def observe(value: Any, output: Any, path: list[str | int], seen: Observed) -> None:
            if isinstance(value, dict):
                below = choices.get(value.get(tag))
                if below is not None:
                    below(value, output, path, seen)

        return observe

    def _union(self, schema: Any) -> Observer | None:
        options = [one[0] if isinstance(one, (tuple, list)) else one for one in schema["choices"]]
        observers = [self.observer(one) for one in options]
        models = [self._model(one) for one in options]
        kinds = [self._json_type(one) for one in options]
        moments = [MOMENTS.get(self._stripped(one)["type"]) for one in options]
        named = [set(model.names) for model in models if model is not None]
        doubtful = schema.get("mode") != "left_to_right" and len(named) > 1
        if not doubtful and not any(observers):
            return None

        def observe(value: Any, output: Any, path: list[str | int], seen: Observed) -> None:
            held = list if isinstance(value, list) else dict if isinstance(value, dict) else None
            several = held is not None and sum(kind is held or kind is None for kind in kinds) > 1
            for below, model, moment, kind in zip(observers, models, moments, kinds, strict=True):
                if model is not None:
                    if not isinstance(value, dict) or not model.made(output):
                        continue
                    if doubtful and not model.opaque:
                        others: set[str] = set().union(*named) - model.names
                        if any(value.get(key) is not None for key in others):
                            seen.leftover.append(Path(path))
                            return
                elif moment is not None or isinstance(output, (date, time)):
                    if type(output) is not moment:
                        continue
                elif held is not None and (several or kind is not held):
                    continue
                if below is not None:
                    below(value, output, path, seen)
                return
            if several:  # which option it is cannot be told
                _digits_below(value, output, path, seen)

        return observe

    def _json_type(self, schema: Any) -> type | None:
        """list or dict, if that is the JSON type of what a core schema takes; NoneType if it takes neither; None if unknown."""
        at = self._stripped(schema)
        at = next((at[key] for key in ("json_schema", "lax_schema") if key in at), at)
        kind = self._stripped(at).get("type")
        if kind in _LISTS:
            return list
        if kind in DICTS or kind in WITH_MEMBERS:
            return dict
        if kind in ("model", "dataclass"):
            return None if at.get("root_model") else dict
        return None if kind in _UNKNOWN or kind is None else type(None)

    def _stripped(self, schema: Any) -> Any:
        """Return a schema without wrappers."""
        seen: set[str] = set()
        while True:
            kind = schema["type"]
            if kind == "definition-ref" and schema["schema_ref"] not in seen:
                seen.add(schema["schema_ref"])
                schema = self._definitions[schema["schema_ref"]]
            elif kind in ("function-after", "default", "nullable") or kind in _OWN_READING - {"function-plain"}:
                schema = schema["schema"]
            elif kind == "chain":
                schema = schema["steps"][0]
            else:
                return schema

    def _model(self, schema: Any) -> _Option | None:
        """Return a union's option that is an object with its own members, or None."""
        opaque = self.is_opaque(schema)
        at = self._stripped(schema)
        cls, config = at.get("cls"), at.get("config", {})
        while isinstance(at, dict) and at.get("type") not in WITH_MEMBERS and isinstance(at.get("schema"), dict):
            at = at["schema"]
            config = at.get("config", config)
        if at.get("type") not in WITH_MEMBERS:
            return None
        if at["type"] == "typed-dict":  # whose class is not that of its values
            cls = None
        fields = at["fields"]
        pairs = fields.items() if isinstance(fields, dict) else [(one.get("name", ""), one) for one in fields]
        return _Option(frozenset(key for name, one in pairs for key in field_keys(name, one, config)), cls, opaque)


class _Option(NamedTuple):
    """An option of a union: its keys, its class (None for a TypedDict), and whether user code reads it first."""

    names: frozenset[str]
    cls: type | None
    opaque: bool

    def made(self, output: Any) -> bool:
        """Whether an output belongs to this option."""
        if self.cls is not None:
            return type(output) is self.cls
        return isinstance(output, dict) and output.keys() <= self.names


def plain_tag(tag: Any) -> Any:
    """The tag of a union's option, as JSON has it."""
    return getattr(tag, "value", tag)


def _default(schema: Any) -> Any:
    """Return the declared default of a field as JSON data; UNSET if it has none, or one that is created each time."""
    if not has_default(schema) or "default" not in schema:
        return UNSET
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    try:
        return to_jsonable_python(schema["default"])
    except (PydanticSerializationError, ValueError, TypeError):
        return UNSET


def is_bare_digits(value: Any) -> bool:
    """Whether a date or time is given as digits that read as a year, a month, a day, a time of day, or a day and a time:
    pydantic takes them for seconds since 1970, or for milliseconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return False
    text = value.strip().lstrip("+-") if isinstance(value, str) else str(abs(value)).removesuffix(".0")
    if len(text) not in (4, 6, 8, 12, 14) or not (text.isascii() and text.isdigit()):
        return False
    return len(text) <= 8 or _DAY.fullmatch(text) is not None


def _digits(value: Any, output: Any, path: list[str | int], seen: Observed) -> None:
    if is_bare_digits(value):
        seen.digits.append(Path(path))


def _digits_below(value: Any, output: Any, path: list[str | int], seen: Observed) -> None:
    """The digits in a value of unknown type of which dates or times were made."""
    if isinstance(output, (date, time)):
        _digits(value, output, path, seen)
        return
    pairs: Iterable[tuple[str | int, Any, Any]] = ()
    if isinstance(value, list) and isinstance(output, (list, tuple, deque)) and len(value) == len(output):
        pairs = zip(range(len(value)), value, output, strict=True)
    elif isinstance(value, dict) and isinstance(output, Mapping):
        pairs = ((key, one, output[key]) for key, one in value.items() if key in output)
    elif isinstance(value, dict):
        pairs = ((key, one, getattr(output, key, UNSET)) for key, one in value.items())
    for part, one, made in pairs:
        path.append(part)
        _digits_below(one, made, path, seen)
        path.pop()


def _of_whole(inside: Observed, path: list[str | int], seen: Observed) -> None:
    """Say of a whole what was observed inside, where no path of the answer's leads."""
    if inside.digits or inside.digit_keys:
        seen.digits.append(Path(path))
    if inside.leftover:
        seen.leftover.append(Path(path))

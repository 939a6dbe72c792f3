"""A user's own type as pydantic-core's schema: our rules at their places in it, and what it knows of the JSON it reads.

The type stays the judge of an answer. A rule in `Annotated` becomes a validator at that very place, so it sees what the
validators before it return, and what it returns is what the validators after it see. `observe` says of an accepted
answer what plain validation does not: which keys nobody took, which defaults were filled in, which option of a union
leaves a key over that another option names, and which digits were read as seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from railguard.validation import Rule
from railguard.values import UNSET, Path

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

__all__ = ["Observed", "Site", "UserModel", "names_of", "visiting"]

RULES = "x-railguard-rules"
"""The key of a core schema's metadata under which the rules of `Annotated` travel."""

_NO_SCHEMA = frozenset({"metadata", "serialization", "default", "expected", "members", "config", "cls", "function"})
"""Keys of a core schema whose values hold no core schemas, but may look like them."""
_WITH_MEMBERS = frozenset({"model-fields", "typed-dict", "dataclass-args"})
"""Types of core schemas whose `fields` are the schemas of members."""
_SAME_PLACE = frozenset({"schema", "steps", "json_schema", "lax_schema", "strict_schema", "python_schema"})
"""Keys of a core schema that lead to the schema of the same value."""


@dataclass(frozen=True, eq=False)
class Site:
    """One place in a user's type where rules of ours stand.

    rules: in the order in which they run. path: where the place is in every answer; None below a list, a dict, a union
    or a reference, where it depends on the answer.
    """

    rules: tuple[Rule, ...]
    path: Path | None
    _inner: Mapping[str, Any] = field(repr=False)
    _definitions: Sequence[Any] = field(repr=False)

    def __call__(self, value: Any) -> Any:
        """What the place returns for a value: the visitor's word, or the value itself where nobody visits."""
        visitor = _VISITOR.get()
        return value if visitor is None else visitor(self, value)

    @cached_property
    def inner(self) -> SchemaValidator:
        """The validator of what stands before the rules."""
        from pydantic_core import SchemaValidator

        schema: Any = self._inner
        if self._definitions:
            schema = {"type": "definitions", "schema": schema, "definitions": list(self._definitions)}
        return SchemaValidator(schema, None, False)


Visitor: TypeAlias = Callable[[Site, Any], Any]
"""Called with a place and the value there; returns the value that the place returns, or raises to refuse it."""
_VISITOR: ContextVar[Visitor | None] = ContextVar("railguard_visitor", default=None)


@contextmanager
def visiting(visitor: Visitor) -> Iterator[None]:
    """Ask a visitor at every place with rules, for validations that run inside the `with` block and this thread or task."""
    token = _VISITOR.set(visitor)
    try:
        yield
    finally:
        _VISITOR.reset(token)


@dataclass(slots=True)
class Observed:
    """What plain validation does not say of an accepted answer.

    defaults: (path, default) of fields that were not given. unused: paths of keys that nobody took. strangers: paths of
    objects that are not empty and hold no key that their model knows. leftover: paths of union values whose option leaves
    over a key that another option names. digits: paths of dates and times given as digits that read as a year, HHMM or
    YYYYMMDD.
    """

    defaults: list[tuple[Path, Any]] = field(default_factory=list)
    unused: list[Path] = field(default_factory=list)
    strangers: list[Path] = field(default_factory=list)
    leftover: list[Path] = field(default_factory=list)
    digits: list[Path] = field(default_factory=list)


class UserModel:
    """A user's own type, ready to judge. Immutable once built.

    core: the type's core schema. validator: its validator, with our rules at their places. sites: those places.
    """

    def __init__(self, core: Any, validator: Any) -> None:
        """core: the core schema. validator: the type's own validator, taken as it is where nothing is put into the type."""
        self.core = core
        builder = _Sites(core)
        placed = builder.place(core, Path())
        self.sites: tuple[Site, ...] = tuple(builder.sites)
        if builder.changed:
            from pydantic_core import SchemaValidator

            validator = SchemaValidator(placed, None, False)
        self.validator: SchemaValidator = validator
        shapes = _Shapes(core)
        self._observe = shapes.observer(core)
        self.opaque = shapes.is_opaque(core)

    def observe(self, value: Any, output: Any) -> Observed:
        """What is to be said of JSON that the type accepted. value: the plain data. output: what the type made of it."""
        observed = Observed()
        if self._observe is not None:
            self._observe(value, output, [], observed)
        return observed

    def with_rules(self, steps: Sequence[str | None], rules: Sequence[Rule]) -> UserModel:
        """The same type with more rules at a place. steps: names of members, None for every item of a list.

        Raises LookupError with the number of the step that leads nowhere.
        """
        return UserModel(_attached(self.core, list(steps), 0, tuple(rules), _definitions(self.core)), self.validator)


def _definitions(core: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    todo, seen = [core], set()
    while todo:
        at = todo.pop()
        if id(at) in seen:
            continue
        seen.add(id(at))
        if isinstance(at, dict):
            if isinstance(at.get("ref"), str):
                found[at["ref"]] = at
            todo.extend(part for key, part in at.items() if key not in _NO_SCHEMA)
        elif isinstance(at, (list, tuple)):
            todo.extend(at)
    return found


# -- rules at their places ------------------------------------------------------------------------------------------------


class _Sites:
    """A copy of a core schema with a validator at each place that has rules. Iterables are read to the end: they become
    lists, because what is checked later would fail outside of the outcome."""

    def __init__(self, core: Any) -> None:
        self.sites: list[Site] = []
        self.changed = False
        self._definitions = core["definitions"] if core.get("type") == "definitions" else ()
        self._known: dict[int, Any] = {}

    def place(self, schema: Any, path: Path | None) -> Any:
        if isinstance(schema, (list, tuple)):
            return type(schema)([self.place(one, None) for one in schema])
        if not isinstance(schema, dict):
            return schema
        if path is None and id(schema) in self._known:
            return self._known[id(schema)]
        made = {key: self._part(schema, key, value, path) for key, value in schema.items()}
        if made.get("type") == "generator":
            made = {**made, "type": "list"}
            self.changed = True
        rules = schema["metadata"].get(RULES) if isinstance(schema.get("metadata"), dict) else None
        if rules:
            made = self._with_site(made, tuple(rules), path)
        if path is None:
            self._known[id(schema)] = made
        return made

    def _part(self, schema: dict[str, Any], key: str, value: Any, path: Path | None) -> Any:
        if key in _NO_SCHEMA:
            return value
        if key == "definitions":
            return [self.place(one, None) for one in value]
        if key == "fields":
            by_name = schema.get("config", {}).get("validate_by_name") or schema.get("config", {}).get(
                "populate_by_name"
            )
            if isinstance(value, dict):
                return {name: self.place(one, self._member(path, name, one, by_name)) for name, one in value.items()}
            # A dataclass lists the names of its fields beside their schemas.
            return [
                self.place(one, self._member(path, one.get("name", ""), one, by_name)) if isinstance(one, dict) else one
                for one in value
            ]
        if key == "steps":
            return [self.place(one, path) for one in value]
        if key in _SAME_PLACE:
            return self.place(value, path)
        if isinstance(value, dict) and not isinstance(value.get("type"), str):
            return {name: self.place(one, None) for name, one in value.items()}
        return self.place(value, None)

    @staticmethod
    def _member(path: Path | None, name: str, schema: Any, by_name: Any) -> Path | None:
        alias = schema.get("validation_alias", name)
        return None if path is None or by_name or not isinstance(alias, str) else path.child(alias)

    def _with_site(self, inner: dict[str, Any], rules: tuple[Rule, ...], path: Path | None) -> dict[str, Any]:
        self.changed = True
        ref = inner.pop("ref", None)
        site = Site(rules, path, inner, self._definitions)
        self.sites.append(site)
        outer = {"type": "function-after", "function": {"type": "no-info", "function": site}, "schema": inner}
        return outer if ref is None else {**outer, "ref": ref}


def _attached(
    schema: Any, steps: list[str | None], at: int, rules: tuple[Rule, ...], definitions: Mapping[str, Any]
) -> Any:
    """A core schema with rules added to the metadata of what a path leads to."""
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
    if kind in _WITH_MEMBERS and step is not None:
        fields = schema["fields"]
        if isinstance(fields, dict):
            for name, one in fields.items():
                if step in names_of(name, one, schema.get("config", {})):
                    return {**schema, "fields": {**fields, name: _attached(one, steps, at + 1, rules, definitions)}}
        else:
            for number, one in enumerate(fields):
                if step in names_of(one.get("name", ""), one, schema.get("config", {})):
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


# -- what is to be said of an accepted answer ------------------------------------------------------------------------------

Observer: TypeAlias = Callable[[Any, Any, "list[str | int]", Observed], None]
"""Called with a plain value, what the type made of it (UNSET: unknown), the path so far, and what is written down."""
_OWN_READING = frozenset({"function-before", "function-wrap", "function-plain"})
"""Types of core schemas whose functions read the value before, or instead of, pydantic."""
_MOMENTS: dict[str, type] = {"date": date, "datetime": datetime, "time": time}


class _Member(NamedTuple):
    attribute: str
    names: tuple[str, ...]
    default: Any
    observer: Observer | None


def names_of(name: str, schema: Any, config: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys by which a field is given."""
    alias = schema.get("validation_alias")
    found: list[str] = []
    if alias is not None and config.get("validate_by_alias") is not False:
        found += [alias] if isinstance(alias, str) else [str(one[0] if isinstance(one, list) else one) for one in alias]
    if alias is None or config.get("validate_by_name") or config.get("populate_by_name"):
        found.append(name)
    return tuple(dict.fromkeys(found or [name]))


class _Shapes:
    """Observers of a core schema, each made once; None where there is nothing to be said."""

    def __init__(self, core: Any) -> None:
        self._definitions = _definitions(core)
        self._known: dict[str, Observer | None] = {}
        self._busy: set[str] = set()

    def is_opaque(self, schema: Any) -> bool:
        """Whether the user's own code reads this value before pydantic does."""
        seen: set[str] = set()
        while isinstance(schema, dict):
            kind = schema.get("type")
            if kind in _OWN_READING:
                return True
            if kind == "definition-ref":
                if schema["schema_ref"] in seen:
                    return False
                seen.add(schema["schema_ref"])
                schema = self._definitions.get(schema["schema_ref"])
                continue
            if kind == "chain":
                schema = schema["steps"][0]
                continue
            if kind in _WITH_MEMBERS or kind in ("tagged-union", "union"):
                return False
            if kind in ("model", "dataclass") and (schema.get("custom_init") or schema.get("root_model")):
                return bool(schema.get("custom_init")) or self.is_opaque(schema["schema"])
            schema = next((schema[key] for key in ("schema", "json_schema", "lax_schema") if key in schema), None)
        return False

    def observer(self, schema: Any, config: Mapping[str, Any] | None = None) -> Observer | None:
        kind = schema.get("type")
        config = schema.get("config", config) or {}
        if kind in _OWN_READING or schema.get("custom_init"):
            return None
        if kind == "definition-ref":
            return self._reference(schema["schema_ref"])
        if kind in _WITH_MEMBERS:
            return self._object(schema, config)
        if kind in _MOMENTS:
            return _digits
        if kind == "union":
            return self._union(schema)
        if kind == "tagged-union":
            return self._tagged(schema)
        if kind in ("list", "set", "frozenset", "generator"):
            return self._items(schema.get("items_schema"))
        if kind == "dict":
            return self._values(schema.get("values_schema"))
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
                observer = known.get(name)
                if observer is not None:
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
            _Member(name, names_of(name, one, config), _default(one.get("schema", {})), self.observer(one["schema"]))
            for name, one in fields
        ]
        extra = schema.get("extra_behavior") or config.get("extra_fields_behavior") or "ignore"
        ignores = extra == "ignore"
        owner = {name: member for member in members for name in member.names}
        with_default = [member for member in members if member.default is not UNSET]
        with_observer = [member for member in members if member.observer is not None]
        is_dict = schema["type"] == "typed-dict"

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

        return observe if ignores or with_default or with_observer else None

    def _items(self, item: Any) -> Observer | None:
        below = self.observer(item) if isinstance(item, dict) else None
        if below is None:
            return None

        def observe(value: Any, output: Any, path: list[str | int], seen: Observed) -> None:
            if not isinstance(value, list):
                return
            paired = isinstance(output, (list, tuple)) and len(output) == len(value)
            path.append(0)
            for index, one in enumerate(value):
                path[-1] = index
                below(one, output[index] if paired else UNSET, path, seen)
            path.pop()

        return observe

    def _values(self, item: Any) -> Observer | None:
        below = self.observer(item) if isinstance(item, dict) else None
        if below is None:
            return None

        def observe(value: Any, output: Any, path: list[str | int], seen: Observed) -> None:
            if not isinstance(value, dict):
                return
            for key, one in value.items():
                path.append(key)
                below(one, output.get(key, UNSET) if isinstance(output, dict) else UNSET, path, seen)
                path.pop()

        return observe

    def _tagged(self, schema: Any) -> Observer | None:
        tag = schema["discriminator"]
        if not isinstance(tag, str):
            return None
        choices = {_plain(key): self.observer(one) for key, one in schema["choices"].items() if isinstance(one, dict)}
        if not any(choices.values()):
            return None

        def observe(value: Any, output: Any, path: list[str | int], seen: Observed) -> None:
            if isinstance(value, dict):
                chosen = value.get(tag)
                below = choices.get(chosen) if isinstance(chosen, (str, int)) else None
                if below is not None:
                    below(value, output, path, seen)

        return observe

    def _union(self, schema: Any) -> Observer | None:
        options = [one[0] if isinstance(one, (tuple, list)) else one for one in schema["choices"]]
        observers = [self.observer(one) for one in options]
        models = [self._model(one) for one in options]
        moments = [_MOMENTS.get(self._stripped(one).get("type", "")) for one in options]
        named = [set(model.names) for model in models if model is not None]
        doubtful = schema.get("mode") != "left_to_right" and len(named) > 1
        if not doubtful and not any(observers):
            return None

        def observe(value: Any, output: Any, path: list[str | int], seen: Observed) -> None:
            for below, model, moment in zip(observers, models, moments, strict=True):
                if model is not None:
                    if not isinstance(value, dict) or not model.made(output):
                        continue
                    if doubtful and not model.opaque:
                        others: set[str] = set().union(*named) - model.names
                        if any(value.get(key) is not None for key in others):
                            seen.leftover.append(Path(path))
                            return
                elif moment is not None:
                    if type(output) is not moment:
                        continue
                elif isinstance(value, (dict, list)) and below is not None and len(options) > 1:
                    continue  # which option of this kind it is cannot be told
                if below is not None:
                    below(value, output, path, seen)
                return

        return observe

    def _stripped(self, schema: Any) -> Any:
        """A schema without what only wraps it."""
        seen: set[str] = set()
        while isinstance(schema, dict):
            kind = schema.get("type")
            if kind == "definition-ref" and schema["schema_ref"] not in seen:
                seen.add(schema["schema_ref"])
                schema = self._definitions[schema["schema_ref"]]
            elif kind in ("function-after", "default", "nullable") or kind in _OWN_READING - {"function-plain"}:
                schema = schema["schema"]
            elif kind == "chain":
                schema = schema["steps"][0]
            else:
                break
        return schema if isinstance(schema, dict) else {}

    def _model(self, schema: Any) -> _Option | None:
        """A union's option that is an object with members of its own."""
        opaque = self.is_opaque(schema)
        at = self._stripped(schema)
        cls, config = at.get("cls"), at.get("config", {})
        while isinstance(at, dict) and at.get("type") not in _WITH_MEMBERS and isinstance(at.get("schema"), dict):
            at = at["schema"]
            config = at.get("config", config)
        if at.get("type") not in _WITH_MEMBERS:
            return None
        fields = at["fields"]
        pairs = fields.items() if isinstance(fields, dict) else [(one.get("name", ""), one) for one in fields]
        return _Option(frozenset(key for name, one in pairs for key in names_of(name, one, config)), cls, opaque)


class _Option(NamedTuple):
    """An option of a union: the keys it is given by, its class (None for a TypedDict), whether user code reads it first."""

    names: frozenset[str]
    cls: type | None
    opaque: bool

    def made(self, output: Any) -> bool:
        """Whether an output is of this option."""
        if self.cls is not None:
            return type(output) is self.cls
        return isinstance(output, dict) and output.keys() <= self.names


def _plain(tag: Any) -> Any:
    return getattr(tag, "value", tag)


def _default(schema: Any) -> Any:
    """The declared default of a field as JSON data; UNSET if it has none, or one that is made anew each time."""
    while isinstance(schema, dict) and schema.get("type") in ("function-after", "function-before", "function-wrap"):
        schema = schema.get("schema")
    if not isinstance(schema, dict) or schema.get("type") != "default" or "default" not in schema:
        return UNSET
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    try:
        return to_jsonable_python(schema["default"])
    except (PydanticSerializationError, ValueError, TypeError):
        return UNSET


def _digits(value: Any, output: Any, path: list[str | int], seen: Observed) -> None:
    """Digits for a date or time: pydantic takes them for seconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return
    text = value.strip().lstrip("+-") if isinstance(value, str) else str(abs(value)).removesuffix(".0")
    if len(text) in (4, 8) and text.isascii() and text.isdigit():
        seen.digits.append(Path(path))

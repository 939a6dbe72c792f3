"""Finds structural errors of a value: pydantic-core's errors, as flaws at paths in JSON Schema's terms.

pydantic-core accepts or rejects; only rejected values are examined again. The messages of a user-defined model are
kept. This file does not repair, word or decide.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from railguard.schema.bounds import bounds_of
from railguard.schema.compile import bounded_depth, core_validator, has_wide_objects
from railguard.schema.inline import inlined
from railguard.schema.key_counts import DeclaredCount, declared_counter
from railguard.schema.locations import path_of
from railguard.schema.members import member_at
from railguard.schema.nodes import (
    AnyNode,
    ChoiceNode,
    EnumNode,
    ListNode,
    Node,
    ObjectNode,
    Schema,
    UnionNode,
    all_nodes,
)
from railguard.schema.prune import NodeLookup, field_at, node_at
from railguard.validation.vocabulary import KEYWORDS
from railguard.values import UNSET, Path, json_text, value_at

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

__all__ = [
    "BOUNDED",
    "OF_TYPES",
    "Flaw",
    "Structure",
    "details_of",
    "flaw_of",
    "flawed_paths",
    "flaws_of",
    "non_finite",
    "scalars_out_of_bounds",
    "too_many",
    "wrong_key",
]

_MOST_FLAWS = 5000
"""Largest number of flaws of one value that are reported separately; if there are more, the whole value is reported."""

_KEYWORD_OF = {
    "union_tag_invalid": "discriminator",
    "union_tag_not_found": "discriminator",
    "finite_number": "type",
    **{error: row.name for row in KEYWORDS.values() for error in row.errors},
}
"""Maps pydantic-core's name of an error to the violated keyword."""
OF_TYPES = frozenset(
    ("missing", "extra_forbidden", "string_type", "int_type", "int_parsing", "int_from_float", "float_type")
) | {"float_parsing", "bool_type", "bool_parsing", "list_type", "dict_type", "model_type", "model_attributes_type"}
"""Errors of a value's type, which no bound gives."""
BOUNDED: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("string_too_short", "string_too_long", "string_pattern_mismatch", "literal_error"), (str,)),
    **dict.fromkeys(
        ("greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of"), (int, float)
    ),
}
"""An error of a bound → the types of the values whose own bound that is."""
_OF_MEMBERS = frozenset(("additionalProperties", "required"))


class Flaw(NamedTuple):
    """One structural flaw.

    keyword: "type", "required", "additionalProperties", "enum", "discriminator", …; "value" for a validator of the
    user's model, "flaws" for the whole value if there are too many. node: the expected node at `path`, None for an
    unknown key. value: the actual value, UNSET if there is none. message: the message of the user's model, None for
    railguard's own tree.
    """

    path: Path
    keyword: str
    node: Node | None = None
    value: Any = UNSET
    message: str | None = None


class Structure:
    """A compiled tree. Immutable once built, and shared between threads."""

    def __init__(self, schema: Schema) -> None:
        """Compile a schema. schema: its tree is compiled, even if a user-defined type makes the final decision."""
        self.schema = schema
        self.bounded = bounded_depth(schema)
        self.wide = has_wide_objects(schema)
        self.has_any = _has_any(schema)
        self.has_defaults = _has_defaults(schema)

    @cached_property
    def core(self) -> SchemaValidator:
        """The validator of the tree: JSON types, required members, unknown keys and tags."""
        return core_validator(self.schema)

    @cached_property
    def quick(self) -> SchemaValidator:
        """The validator for accepting: it also checks the bounds that pydantic-core supports. The same as `core` if
        there are none.
        """
        return core_validator(self.schema, bounds=True) if _has_bounds(self.schema) else self.core

    def reader(self, *, bounds: bool = False) -> Callable[[str], Any]:
        """Return a function that parses a valid JSON text. It raises ValueError for any other text.

        bounds: whether a valid text must also satisfy the bounds that pydantic-core can check.
        """
        from pydantic_core import from_json

        core = self.quick if bounds else self.core
        return (lambda text: core.validate_python(from_json(text))) if self.wide else core.validate_json

    def accept(self, state: Any) -> tuple[Any, list[Flaw]]:
        """Return a valid state and no flaws; or UNSET and the flaws."""
        try:
            value = self.core.validate_python(state)
        except ValueError as error:
            if not hasattr(error, "error_count"):
                raise  # it is not pydantic-core's
            return UNSET, flaws_of(self.schema, error, state) + list(self.not_finite(state))
        flaws = list(self.not_finite(state))
        return (UNSET, flaws) if flaws else (value, [])

    def flaws(self, state: Any) -> list[Flaw]:
        """Return all structural errors of a state."""
        return self.accept(state)[1]

    def node_at(self, path: tuple[str | int, ...], state: Any) -> Node | None:
        """Return the node at a path of a state."""
        return node_at(self.schema, path, state)

    @cached_property
    def count_declared(self) -> DeclaredCount | None:
        """Return a function that counts the keys of a state, and finds those that the tree does not declare; None if the
        tree allows any value somewhere.
        """
        return declared_counter(inlined(self.schema).root)

    def not_finite(self, state: Any) -> Iterator[Flaw]:
        """Yield numbers that are not finite if the tree allows any value; pydantic-core finds the others itself."""
        if not self.has_any:
            return
        for path in non_finite(state):
            node = self.node_at(path, state)
            if node is None or isinstance(node, (AnyNode, EnumNode)):
                yield Flaw(path, "type", node, value_at(state, path))

    def missing_fields(self, path: Path, state: Any) -> list[str]:
        """Return the names of the fields that the object at a path could have and does not."""
        node, value = self.node_at(path, state), value_at(state, path)
        if isinstance(node, ChoiceNode):
            case = node.case(value)
            node = case.node if case is not None else None
        if not isinstance(node, ObjectNode) or not isinstance(value, dict):
            return []
        return [field.name for field in node.fields if field.name not in value]

    def is_required(self, path: Path, state: Any) -> bool:
        """Whether the object that contains `path` requires it; False for list items and extra keys."""
        if not path or isinstance(path[-1], int):
            return False
        field = field_at(self.schema, path, state)
        return field is not None and field.required


def flaws_of(schema: Schema, error: Any, state: Any) -> list[Flaw]:
    """The errors of the compiled tree as flaws at paths of a state."""
    if many := too_many(schema, error, state):
        return many
    found: dict[tuple[Path, str], Flaw] = {}
    nodes = NodeLookup(schema, state)
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        flaw = flaw_of(schema, detail, state, nodes, own=True)
        found.setdefault((flaw.path, flaw.keyword if flaw.message is None else f"{flaw.keyword}:{flaw.message}"), flaw)
    return list(found.values())


def too_many(schema: Schema, error: Any, state: Any) -> list[Flaw]:
    """The one flaw of a value that has more than _MOST_FLAWS: nobody mends so many one by one. [] of one that has fewer."""
    if (count := error.error_count()) <= _MOST_FLAWS:
        return []
    return [
        Flaw(
            Path(),
            "flaws",
            schema.resolve(schema.root),
            state,
            f"It has {count} structural flaws; write all of it anew.",
        )
    ]


def flawed_paths(schema: Schema, error: Any, state: Any) -> list[Path]:
    """The paths of `flaws_of`, where no more is wanted, of a state that was validated by the tree."""
    if error.error_count() > _MOST_FLAWS:
        return [Path()]
    details = error.errors(include_url=False, include_context=False, include_input=False)
    locations = (detail["loc"] for detail in details)
    return [path_of(schema, loc if loc[-1:] != ("[key]",) else loc[:-2], state) for loc in locations]


def details_of(error: Any, *, with_values: bool = False) -> list[Any] | None:
    """pydantic-core's details of an error, "input" among them if with_values; None of an error that is not its own or says too
    much."""
    if not hasattr(error, "error_count") or error.error_count() > _MOST_FLAWS:
        return None
    details: list[Any] = error.errors(include_url=False, include_input=with_values)
    return details


def scalars_out_of_bounds(error: Any) -> frozenset[Any] | None:
    """The scalars of which pydantic-core says in an error that they break a bound; None where it says anything else, and
    where a value may have been converted before its bound was tried."""
    details = details_of(error, with_values=True)
    if details is None or any(type(one["input"]) not in BOUNDED.get(one["type"], ()) for one in details):
        return None
    return frozenset(one["input"] for one in details)


def flaw_of(schema: Schema, detail: Any, state: Any, nodes: NodeLookup, *, own: bool) -> Flaw:
    """One of pydantic-core's errors as a flaw. A wrong key of a dict is a flaw of the dict, keyword "propertyNames".

    nodes: of the state. own: the tree was validated, so the keyword says it all; else a user's own type, whose words are
    kept.
    """
    kind, location = detail["type"], detail["loc"]
    if location[-1:] == ("[key]",):
        path = path_of(schema, location[:-2], state)
        return wrong_key(path, str(location[-2]), _own_words(detail["msg"]), nodes)
    plain = member_at(schema, location, state)
    node: Node | None
    if plain is not None:
        path, (node, value) = Path(location), plain
    else:
        path = path_of(schema, location, state)
        node, value = nodes.at(path), value_at(state, path)
    keyword = _KEYWORD_OF.get(kind)
    if keyword is None:
        keyword = "type" if kind.endswith(("_type", "_parsing", "_from_float", "_parsing_size")) else "value"
    if kind in ("too_short", "too_long"):
        what = "Items" if isinstance(node, ListNode) else "Properties"
        keyword = ("min" if kind == "too_short" else "max") + what
    if isinstance(node, UnionNode):
        return Flaw(path, "type", node, value)
    if keyword == "additionalProperties":
        node = None
    if keyword in _OF_MEMBERS and path[-1:] != location[-1:]:
        path = path.child(location[-1])
        value = value_at(state, path)
        node = nodes.at(path) if keyword == "required" else None
    return Flaw(path, keyword, node, value, None if own else _own_words(detail["msg"]) or None)


def wrong_key(path: Path, key: str, why: str, nodes: NodeLookup) -> Flaw:
    """The flaw of a dict one of whose keys is not allowed. nodes: of the state."""
    message = f"The key {json_text(key)} is not allowed; choose another. {why}"
    return Flaw(path, "propertyNames", nodes.at(path), value_at(nodes.value, path), message)


def _own_words(said: str) -> str:
    """Return the message of a user's own validator, without pydantic's prefix."""
    return said.removeprefix("Value error, ").removeprefix("Assertion failed, ")


def _has_bounds(schema: Schema) -> bool:
    return any(bounds_of(node).done for node in all_nodes(schema))


def _has_defaults(schema: Schema) -> bool:
    for node in all_nodes(schema):
        if isinstance(node, ObjectNode) and any(field.default is not UNSET for field in node.fields):
            return True
    return False


def _has_any(schema: Schema) -> bool:
    for node in all_nodes(schema):
        if isinstance(node, AnyNode) or (
            isinstance(node, EnumNode) and not all(isinstance(value, str) for value in node.values)
        ):
            return True
    return False


def _is_finite(state: Any) -> bool:
    todo = [state]
    while todo:
        at = todo.pop()
        kind = type(at)
        if kind is dict:
            todo.extend(at.values())
        elif kind is list:
            todo.extend(at)
        elif kind is float and at - at != 0.0:
            return False
    return True


def non_finite(state: Any) -> Iterator[Path]:
    """Yield the paths of numbers that are not finite, which JSON does not have."""
    if _is_finite(state):  # the usual case, without a path for each number
        return
    todo: list[tuple[Path, Any]] = [(Path(), state)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, float):
            if not math.isfinite(value):
                yield path
        elif isinstance(value, dict):
            todo.extend((path.child(key), item) for key, item in value.items() if isinstance(item, (float, dict, list)))
        else:
            todo.extend(
                (path.child(index), item) for index, item in enumerate(value) if isinstance(item, (float, dict, list))
            )

"""Mending a whole value where it is flawed: at the paths of its flaws only, by the rules of `coerce`, on record.

The flaws come from outside; the value that is given is never changed, a copy is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import NoneType
from typing import Any, NamedTuple, Protocol, TypeAlias

from railguard.parsing.coerce import Coercion, SourceOf, fit, repair, unwrapped
from railguard.parsing.keys import match_key, slipped_key
from railguard.parsing.soundness import misspelt
from railguard.parsing.words import match_word
from railguard.schema import AnyNode, ChoiceNode, Node, ObjectNode, Schema
from railguard.schema.prune import field_at, node_at
from railguard.spec import RepairPolicy
from railguard.values import UNSET, Path, Repair, RepairClass

__all__ = ["ALLOWED", "SAFE", "Fits", "FlawLike", "Mended", "is_allowed", "mend", "same"]

ALLOWED: dict[RepairPolicy, frozenset[str]] = {
    "none": frozenset(),
    "syntax": frozenset({"syntax"}),
    "lossless": frozenset({"syntax", "lossless"}),
    "judgement": frozenset({"syntax", "lossless", "judgement"}),
}
"""The classes of repair that a policy allows."""

SAFE: dict[str, str] = {
    "candidate-corrected": "The model itself says, between two answers, that the second corrects the first.",
}
"""Judgements that every policy from lossless on allows, and why each of them is safe."""

_ROUNDS = 6
_HOPELESS = 2000  # flaws: beyond them sets and formats are not looked at too
_MOST_FLAWS = 5000  # of one value: beyond it nothing is mended


def is_allowed(found: Repair, policy: RepairPolicy) -> bool:
    """Whether a policy allows a repair that was recorded."""
    return found.kind in ALLOWED[policy] or (found.rule in SAFE and "lossless" in ALLOWED[policy])


class FlawLike(Protocol):
    """A structural flaw, as `schema.structure.Flaw` is one: where, which JSON Schema keyword, what is expected there."""

    @property
    def path(self) -> Path: ...
    @property
    def keyword(self) -> str: ...
    @property
    def node(self) -> Node | None: ...
    @property
    def value(self) -> Any: ...


Fits: TypeAlias = Callable[[Any], Sequence[FlawLike]]
"""What is structurally wrong with a plain value: nothing, or flaws."""


class Mended(NamedTuple):
    """value: the value, or its mended copy. repairs: what was done, in order. flaws: what is left."""

    value: Any
    repairs: tuple[Repair, ...]
    flaws: tuple[FlawLike, ...]


def mend(
    value: Any,
    schema: Schema,
    fits: Fits,
    policy: RepairPolicy,
    *,
    source_of: SourceOf = lambda value: None,
) -> Mended:
    """Mend what the policy allows. source_of: the text that an object or list was read from, where it is known."""
    allowed = ALLOWED[policy]
    repairs: list[Repair] = []
    flaws = _flaws(value, schema, fits)
    given, own = value, False
    for _ in range(_ROUNDS if "lossless" in allowed and len(flaws) <= _MOST_FLAWS else 0):
        changed = False
        for flaw in flaws:
            if (renamed := _key_repair(value, flaw, flaws, schema)) is not None:
                key, name, kind = renamed
                if kind not in allowed:
                    continue
                if not own:
                    value, own = _copy(value), True
                holder = _at(value, flaw.path[:-1])
                if key in holder and name not in holder:
                    holder[name] = holder.pop(key)
                    repairs.append(Repair(Path((*flaw.path[:-1], name)), "misspelled-key", key, name, kind))
                    changed = True
                continue
            if flaw.keyword == "additionalProperties":
                continue
            there = _at(value, flaw.path)
            path, coercion = flaw.path, None
            if flaw.keyword == "discriminator" and isinstance(flaw.node, ChoiceNode) and isinstance(there, dict):
                path, there, coercion = _case_named(path, there, flaw.node)
            elif there is UNSET:
                path = Path(path[:-1])
                there = _at(value, path)
                coercion = _only_member(there, node_at(schema, path, value), schema)
            elif flaw.node is not None:
                original = _at(given, path)
                there = original if own and original == there else there
                member = field_at(schema, path, value)
                coercion = repair(flaw.node, there, member, schema, keyword=flaw.keyword, source_of=source_of)
            if coercion is None or coercion.kind not in allowed or coercion.value is there:
                continue
            if not own:
                value, own = _copy(value), True
            # What is inside a wrapper is mended in the next round, at its own paths.
            new = unwrapped(coercion, there)
            value = _write(value, path, new)
            repairs.append(Repair(path, coercion.rule, there, new, coercion.kind))
            changed = True
        if not changed:
            break
        flaws = _flaws(value, schema, fits)
        if not flaws:
            break
    return Mended(value, tuple(repairs), flaws)


def _flaws(value: Any, schema: Schema, fits: Fits) -> tuple[FlawLike, ...]:
    """What `fits` reports, and what breaks a set or a format beside it."""
    found = tuple(fits(value))
    if len(found) > _HOPELESS or any(flaw.keyword == "flaws" for flaw in found):
        return found
    taken = {flaw.path for flaw in found}
    return (*found, *(one for one in misspelt(value, schema) if one.path not in taken))


def _key_repair(
    value: Any, flaw: FlawLike, flaws: Sequence[FlawLike], schema: Schema
) -> tuple[str, str, RepairClass] | None:
    """A key that no member has, the missing member that it spells otherwise, and the class of taking it for that."""
    if not flaw.path or flaw.keyword not in ("additionalProperties", "required", "type"):
        return None
    holder = _at(value, flaw.path[:-1])
    if not isinstance(holder, dict) or (flaw.keyword != "additionalProperties" and flaw.path[-1] in holder):
        return None
    node = node_at(schema, flaw.path[:-1], value)
    if flaw.keyword != "additionalProperties":
        return _key_of_open(holder, str(flaw.path[-1]), node)
    names: Sequence[str]
    unknown = list(holder)
    if isinstance(node, ObjectNode):
        known = {field.name for field in node.fields}
        unknown = [key for key in holder if key not in known]
        names = [field.name for field in node.fields if field.name not in holder]
    else:
        names = [str(one.path[-1]) for one in flaws if one.keyword == "required" and one.path[:-1] == flaw.path[:-1]]
    key = str(flaw.path[-1])
    if (name := match_key(key, names)) is not None:
        return (key, name, "lossless") if match_key(name, unknown) == key else None
    if (name := slipped_key(key, names)) is not None:
        return (key, name, "judgement") if slipped_key(name, unknown) == key else None
    return None


def _key_of_open(holder: dict[str, Any], name: str, node: Node | None) -> tuple[str, str, RepairClass] | None:
    """In an object that takes any key: the one that spells a missing required member, if it spells no other one."""
    if not isinstance(node, ObjectNode) or node.extra is None:
        return None
    known = {field.name for field in node.fields}
    key = match_key(name, [key for key in holder if key not in known])
    missing = [one for one in known if one not in holder]
    return (key, name, "lossless") if key is not None and match_key(key, missing) == name else None


def _case_named(path: Path, value: dict[str, Any], node: ChoiceNode) -> tuple[Path, Any, Coercion | None]:
    """The discriminator of a choice, in the spelling of the case that it names."""
    key = node.discriminator
    if key not in value:
        other = next((name for name in value if match_key(name, [key]) is not None), None)
        if other is None:
            return path, value, None
        renamed = {key if name == other else name: item for name, item in value.items()}
        return path, value, Coercion(renamed, "misspelled-key", "lossless")
    tag = value[key]
    found = match_word(tag, [case.value for case in node.cases]) if isinstance(tag, str) else None
    return path.child(key), tag, Coercion(*found) if found is not None else None


def _only_member(value: Any, node: Node | None, schema: Schema) -> Coercion | None:
    """The only member of an object, written in place of the object that should hold it."""
    if not isinstance(node, ObjectNode) or len(node.fields) != 1 or not isinstance(node.extra, (AnyNode, NoneType)):
        return None
    field = node.fields[0]
    if not isinstance(value, dict) or not value or field.name in value:
        return None
    found = fit(value, field.node, schema, field)
    if found is None or found[1] == "judgement":
        return None
    return Coercion({field.name: found[0]}, "only-member", "judgement")


def _at(value: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return UNSET
    return value


def _write(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    holder = _at(value, path[:-1])
    if new is UNSET:
        del holder[path[-1]]
    else:
        holder[path[-1]] = new
    return value


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def same(one: Any, other: Any) -> bool:
    """Whether two plain values are the same JSON, 1 and 1.0 told apart."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(item, other[key]) for key, item in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)

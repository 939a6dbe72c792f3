"""The information for parsing an answer besides its text, as one frozen value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol, TypeAlias

from railguard.schema import AnyNode, Node, Schema
from railguard.schema.members import names_of_members
from railguard.schema.structure import Structure
from railguard.spec import RepairPolicy
from railguard.values import UNSET, Limits, Path

__all__ = ["Flaws", "ReadingContext", "StructuralFlaw", "Verdict"]


class StructuralFlaw(Protocol):
    """A structural error at a path, like `schema.structure.Flaw`: a JSON Schema keyword, and the expected node."""

    @property
    def path(self) -> Path: ...
    @property
    def keyword(self) -> str: ...
    @property
    def node(self) -> Node | None: ...
    @property
    def value(self) -> Any: ...


Flaws: TypeAlias = Callable[[Any], Sequence[StructuralFlaw]]
"""Returns the structural errors of a plain value by the schema's tree."""


class Verdict(NamedTuple):
    """A judge's verdict on a value.

    flaws: errors that must be repaired. hints: places that are worth a repair although the judge accepts the value:
    unknown keys, values outside their set or format. output: the result for an accepted value, for the caller of the
    judge.
    """

    flaws: Sequence[StructuralFlaw] = ()
    hints: Sequence[StructuralFlaw] = ()
    output: Any = UNSET


@dataclass(frozen=True)
class ReadingContext:
    """Created once for each schema, and shared.

    flaws: by the tree only; no user code is called from here. nulls: the request had to name every member, so that null
    means a missing optional one: it is removed under every policy, and does not count as a repair.
    """

    schema: Schema
    policy: RepairPolicy
    limits: Limits
    flaws: Flaws
    nulls: bool = False

    @classmethod
    def of(cls, structure: Structure, policy: RepairPolicy, limits: Limits) -> ReadingContext:
        """Return the context for a compiled schema."""
        schema = structure.schema
        tree = structure if schema.user_model is None else Structure(replace(schema, user_model=None))
        return cls(schema, policy, limits, tree.flaws)

    @cached_property
    def root(self) -> Node:
        """The node of the whole answer, references resolved."""
        return self.schema.resolve(self.schema.root)

    @cached_property
    def known(self) -> frozenset[str] | None:
        """The keys that identify an answer; None if it may have any, or is not an object."""
        if self.opaque:
            return None
        from railguard.parsing.coerce.key_spelling import known_keys

        found = known_keys(self.root, self.schema)
        return None if found is None else frozenset(found)

    @cached_property
    def member_names(self) -> frozenset[str]:
        """The names of the members of the answer, or of its items."""
        return names_of_members(self.root, self.schema)

    @property
    def opaque(self) -> bool:
        """Whether a user's own code may accept keys that are not in the tree."""
        return self.schema.user_model is not None and self.schema.user_model.opaque

    @cached_property
    def anything(self) -> ReadingContext:
        """Return the same limits and policy, for JSON of any shape."""
        return ReadingContext.of(_ANYTHING, self.policy, self.limits)


_ANYTHING = Structure(Schema(root=AnyNode()))

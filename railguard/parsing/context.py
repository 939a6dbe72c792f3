"""What a reading needs besides the text, in one frozen value that is passed whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol, TypeAlias

from railguard.parsing.coerce.keys import known_keys
from railguard.schema import AnyNode, Node, Schema
from railguard.schema.structure import Structure
from railguard.spec import RepairPolicy
from railguard.values import UNSET, Limits, Path

__all__ = ["Flaws", "ReadingContext", "StructuralFlaw", "Verdict"]


class StructuralFlaw(Protocol):
    """What is wrong at a path, as `schema.structure.Flaw` says it: a JSON Schema keyword, and what is expected there."""

    @property
    def path(self) -> Path: ...
    @property
    def keyword(self) -> str: ...
    @property
    def node(self) -> Node | None: ...
    @property
    def value(self) -> Any: ...


Flaws: TypeAlias = Callable[[Any], Sequence[StructuralFlaw]]
"""What is structurally wrong with a plain value by the schema's tree."""


class Verdict(NamedTuple):
    """What a judge says of a value.

    flaws: what must be repaired. hints: places worth a repair although the judge accepts the value: keys that it does not
    know, values outside their set or format. output: what an accepted value stands for, for whoever called the judge.
    """

    flaws: Sequence[StructuralFlaw] = ()
    hints: Sequence[StructuralFlaw] = ()
    output: Any = UNSET


@dataclass(frozen=True)
class ReadingContext:
    """Made once for each schema, and shared freely.

    flaws: by the tree alone; a user's own code is never called from here. nulls: the request had to name every member, so
    that null stands for an optional one that is not there: it is left out under every policy, and is no repair.
    """

    schema: Schema
    policy: RepairPolicy
    limits: Limits
    flaws: Flaws
    nulls: bool = False

    @classmethod
    def of(cls, structure: Structure, policy: RepairPolicy, limits: Limits) -> ReadingContext:
        """The context for a compiled schema."""
        schema = structure.schema
        tree = structure if schema.user_model is None else Structure(replace(schema, user_model=None))
        return cls(schema, policy, limits, tree.flaws)

    @cached_property
    def root(self) -> Node:
        """The node of the whole answer, references resolved."""
        return self.schema.resolve(self.schema.root)

    @cached_property
    def known(self) -> frozenset[str] | None:
        """The keys by which an answer is known; None where it may have any, or is no object."""
        if self.opaque:
            return None
        found = known_keys(self.root, self.schema)
        return None if found is None else frozenset(found)

    @property
    def opaque(self) -> bool:
        """Whether a user's own code may know keys that the tree does not."""
        return self.schema.user_model is not None and self.schema.user_model.opaque

    @cached_property
    def anything(self) -> ReadingContext:
        """The same limits and policy, for JSON of any shape."""
        return ReadingContext.of(_ANYTHING, self.policy, self.limits)


_ANYTHING = Structure(Schema(root=AnyNode()))

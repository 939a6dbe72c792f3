"""Shows where each rule of a schema is enforced: in the description for the model, in the provider's schema, on the
fast path.

This is information only: a rule that is not covered by the fast path is always run by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from railguard.schema.bounds import bounds_of
from railguard.schema.constraints import constraints
from railguard.schema.nodes import Schema
from railguard.schema.targets import Target
from railguard.schema.to_json_schema import rules_said
from railguard.validation import Rule

__all__ = ["Enforcement", "enforcements"]


@dataclass(frozen=True, slots=True)
class Enforcement:
    """One rule at one place.

    Attributes:
        path: `$.fees[*].name`; `$.pet(dog).name` in a case, `Name.field` in a definition.
        rule: The rule.
        keywords: The keywords in the JSON Schema that a model is shown and a provider may enforce; empty if keywords
            cannot express the rule, or its on-fail action keeps, fixes or removes a failing value.
        accepting: Whether pydantic-core checks it on the fast path, so that it is run by itself only if the fast path
            rejects.
    """

    path: str
    rule: Rule
    keywords: Mapping[str, Any]
    accepting: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain data with stable names.

        Returns:
            "path", "validator", "rule", "on_fail", "keywords" and "accepting".
        """
        return {
            "path": self.path,
            "validator": self.rule.name,
            "rule": self.rule.describe(),
            "on_fail": str(self.rule.on_fail),
            "keywords": dict(self.keywords),
            "accepting": self.accepting,
        }


def enforcements(schema: Schema, target: Target = "draft2020-12") -> Iterator[Enforcement]:
    """Yield the rules of a schema in order, with the places where each is enforced for a target."""
    for path, node, said in rules_said(schema, target):
        done = bounds_of(node).done if schema.user_model is None else frozenset()
        first = len(constraints(node))
        for index, (rule, keywords) in enumerate(zip(node.rules, said, strict=True)):
            yield Enforcement(path, rule, keywords or {}, first + index in done)

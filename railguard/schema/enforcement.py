"""Where each rule of a schema is enforced: told to the model, in the schema a provider enforces, in the accepting pass.

Whatever stands here, a rule that does not pass there is run by itself: nothing relies on the model or its provider.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from railguard.schema.bounds import bounds_of
from railguard.schema.constraints import constraints
from railguard.schema.json_schema import rules_said
from railguard.schema.nodes import Schema
from railguard.schema.targets import Target
from railguard.validation import Rule

__all__ = ["Enforcement", "enforcements"]


@dataclass(frozen=True, slots=True)
class Enforcement:
    """One rule at one place. path: `$.fees[*].name`, `$.pet(dog).name` in a case, `Name.field` in a definition.

    keywords: what stands in the JSON Schema that a model is shown and a provider may enforce; empty where keywords
    cannot say the rule, or its on-fail keeps, mends or leaves out what fails. accepting: pydantic-core checks it in the
    pass that accepts sound answers, so that it is run by itself only where that pass rejects.
    """

    path: str
    rule: Rule
    keywords: Mapping[str, Any]
    accepting: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain data with stable names."""
        return {
            "path": self.path,
            "validator": self.rule.name,
            "rule": self.rule.describe(),
            "on_fail": str(self.rule.on_fail),
            "keywords": dict(self.keywords),
            "accepting": self.accepting,
        }


def enforcements(schema: Schema, target: Target = "draft2020-12") -> Iterator[Enforcement]:
    """The rules of a schema in its order, with where each is enforced for a target."""
    for path, node, said in rules_said(schema, target):
        done = bounds_of(node).done if schema.user_model is None else frozenset()
        first = len(constraints(node))
        for index, (rule, keywords) in enumerate(zip(node.rules, said, strict=True)):
            yield Enforcement(path, rule, keywords or {}, first + index in done)

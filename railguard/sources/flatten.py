"""Removes allOf and constraints next to a `$ref` from schemas, as far as that is exactly equivalent.

Copying while merging is limited by the size of the document, so that time stays linear. Beyond that limit, and where
merging would not end, the parts are kept apart, and a rule enforces all except the first.
"""

from __future__ import annotations

from typing import Any

from railguard.sources.merge import merge_schemas
from railguard.sources.schema_document import SchemaDocument
from railguard.sources.schema_keywords import (
    CONSTRAINTS,
    RULES_KEYWORD,
    UNEVALUATED,
    annotations_of,
    without_annotations,
)

__all__ = ["Flattener"]

_MERGED = frozenset(("allOf", *UNEVALUATED))
_CONDITIONAL = frozenset(
    ("$ref", "anyOf", "oneOf", "if", "dependentSchemas", "patternProperties", "contains", *_MERGED)
)
MAX_MERGES = 20
"""Largest nesting depth of merged schemas."""


class Flattener:
    """The flattened schemas of one document; each is flattened once."""

    def __init__(self, document: SchemaDocument) -> None:
        self.document = document
        self.merging: set[frozenset[Any]] = set()
        self._flat: dict[int, tuple[Any, dict[str, Any] | bool]] = {}
        self._own_targets: dict[int, str] = {}
        self._aliases: dict[str, tuple[str, dict[str, Any]]] = {}
        self._merge_of: dict[int, frozenset[Any]] = {}
        self._flattening = 0
        self._sizes: dict[int, int] = {}
        self._budget = 10_000 + 8 * self.size(document.root)
        self._alive: list[Any] = []  # objects known by their id must not be garbage-collected

    def merge_of(self, flat: Any) -> frozenset[Any] | None:
        """Return a key for the schemas that a flat one was merged from; None if it was not merged."""
        return self._merge_of.get(id(flat))

    def pure_reference(self, raw: dict[str, Any]) -> str | None:
        """Return the pointer of a schema that has only a reference, annotations and rules."""
        if "$ref" in raw and not without_annotations(raw).keys() - {"$ref", RULES_KEYWORD}:
            return self.target(raw)
        return None

    def target(self, raw: dict[str, Any]) -> str:
        """Return the pointer of a schema's `$ref`, also for a merged schema."""
        own = self._own_targets.get(id(raw))
        return own if own is not None else self.document.target(raw)

    def follow(self, pointer: str) -> tuple[str, dict[str, Any]]:
        """Return the end of a chain of pure references, and the annotations and rules on the way (nearest first)."""
        chain: list[tuple[str, dict[str, Any]]] = []
        while pointer not in self._aliases:
            raw = self.document.schema(pointer)
            further = self.pure_reference(raw) if isinstance(raw, dict) else None
            if further is None:
                self._aliases[pointer] = (pointer, {})
                break
            chain.append((pointer, annotations_of(raw)))
            pointer = further
        for alias, outer in reversed(chain):
            end, inner = self._aliases[pointer]
            joined = {**inner, **outer}
            if RULES_KEYWORD in inner and RULES_KEYWORD in outer:
                joined[RULES_KEYWORD] = [*inner[RULES_KEYWORD], *outer[RULES_KEYWORD]]
            self._aliases[alias] = (end, joined)
            pointer = alias
        return self._aliases[pointer]

    def flatten(self, raw: Any) -> Any:
        """Return a schema without allOf and without constraints next to a `$ref`, as far as that is exactly equivalent."""
        if not isinstance(raw, dict):
            return raw
        if id(raw) not in self._flat:
            mixed = "$ref" in raw and without_annotations(raw).keys() - {"$ref", RULES_KEYWORD}
            flat = self._merged(raw) if mixed or not _MERGED.isdisjoint(raw) else raw
            self._flat[id(raw)] = (raw, flat)  # the reference keeps the object alive, so that its id is not reused
        return self._flat[id(raw)][1]

    def resolved(self, schema: Any) -> Any:
        """Return the merged target of a pure reference; the schema itself if it is not one."""
        if isinstance(schema, dict) and (alias := self.pure_reference(schema)) is not None:
            return self.flatten(self.document.schema(self.follow(alias)[0]))
        return schema

    def size(self, raw: Any) -> int:
        """Count the values in a schema."""
        if not isinstance(raw, (dict, list)):
            return 1
        if id(raw) not in self._sizes:
            count, todo = 0, [raw]
            while todo:
                part = todo.pop()
                count += 1
                if isinstance(part, dict):
                    todo.extend(part.values())
                elif isinstance(part, list):
                    todo.extend(part)
            self._sizes[id(raw)] = count
        return self._sizes[id(raw)]

    def afford(self, size: int) -> bool:
        """Whether there is budget left for a copy: copies are limited by the size of the document, so that time stays
        linear.
        """
        if size > self._budget:
            return False
        self._budget -= size
        return True

    def _merged(self, raw: dict[str, Any]) -> dict[str, Any] | bool:
        if any(keyword in raw for keyword in UNEVALUATED):
            return self._evaluated(raw)
        own: list[dict[str, Any]] = []
        solid: dict[int, dict[str, Any]] = {}
        references: dict[str, dict[str, Any]] = {}
        todo: list[Any] = [raw]
        while todo:
            part = todo.pop()
            if part is False:
                return False
            if part is True:
                continue
            if any(keyword in part for keyword in UNEVALUATED):
                own.append(part)
                solid[id(part)] = part
                continue
            own.append({keyword: value for keyword, value in part.items() if keyword not in ("allOf", "$ref")})
            if without_annotations(own[-1]).keys() - {RULES_KEYWORD}:
                solid[id(part)] = own[-1]
            if "$ref" in part:
                references.setdefault(self.follow(self.target(part))[0], part)
                if annotations := self.follow(self.target(part))[1]:
                    own.append(annotations)
            todo.extend(reversed(part.get("allOf", ())))
        if not solid and len(references) == 1:
            flat = merge_schemas(own)
            assert isinstance(flat, dict)
            [(pointer, reference)] = references.items()
            flat["$ref"] = reference["$ref"]
            self._own_targets[id(flat)] = pointer
            return flat
        key = frozenset(references) if len(references) > 1 else frozenset([*references, *solid])
        size = sum(self.size(self.document.schema(pointer)) for pointer in references)
        deep = self._flattening + len(self.merging) >= MAX_MERGES
        if references and (key in self.merging or deep or not self.afford(size)):
            return self._kept_apart(own, list(solid.values()), references)
        self._flattening += 1
        try:
            targets = [self.flatten(self.document.schema(pointer)) for pointer in references]
        finally:
            self._flattening -= 1
        if any(target is False for target in targets):
            return False
        parts = [target for target in targets if target is not True]
        if any("$ref" in part for part in parts):
            return self._kept_apart(own, list(solid.values()), references)
        flat = merge_schemas([*own, *map(_not_named, parts)])
        if isinstance(flat, dict):
            self._merge_of[id(flat)] = key
        return flat

    def _evaluated(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Convert unevaluatedProperties to additionalProperties and unevaluatedItems to items, if nothing is
        conditional.
        """
        rest = {keyword: value for keyword, value in raw.items() if keyword not in UNEVALUATED}
        self._alive.append(rest)
        if "$ref" in rest:
            self._own_targets[id(rest)] = self.target(raw)
        flat = self._merged(rest) if "allOf" in rest or "$ref" in rest else rest
        if not isinstance(flat, dict) or not _CONDITIONAL.isdisjoint(flat):
            return raw
        evaluated = dict(flat)
        if "unevaluatedProperties" in raw:
            evaluated.setdefault("additionalProperties", raw["unevaluatedProperties"])
        if "unevaluatedItems" in raw:
            evaluated.setdefault("items", raw["unevaluatedItems"])
        if id(flat) in self._merge_of:
            self._merge_of[id(evaluated)] = self._merge_of[id(flat)]
        return evaluated

    def _kept_apart(
        self, own: list[dict[str, Any]], solid: list[dict[str, Any]], references: dict[str, dict[str, Any]]
    ) -> dict[str, Any]:
        """Return parts that cannot be merged: the tree represents the first one, a rule enforces the others."""
        words = merge_schemas(
            [{k: v for k, v in part.items() if k not in CONSTRAINTS or k == RULES_KEYWORD} for part in own]
        )
        assert isinstance(words, dict)
        (pointer, first), *others = references.items()
        words["$ref"] = first["$ref"]
        self._own_targets[id(words)] = pointer
        rest = [without_annotations(part) for part in solid]
        words["allOf"] = [*rest, *({"$ref": reference["$ref"]} for _, reference in others)]
        return words


def _not_named(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a merged schema without its own name and default: they do not belong to the including schema."""
    return {k: v for k, v in schema.items() if k not in ("title", "default", "$defs", "definitions")}

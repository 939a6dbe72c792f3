"""Writes the tree as JSON Schema, draft 2020-12, and as the dialects that providers enforce.

The same tree gives the same bytes: keys are in the tree's order. Keywords that a target does not support move into the
description, as `keyword: value`; a schema that a target cannot express at all is refused with the reasons, never sent.
A rule is written as its equivalent keywords, if it has any and a failing value must not be in the output; otherwise in
words, if requested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple, assert_never

from railguard.errors import Problem, SpecError
from railguard.schema.constraints import stated
from railguard.schema.formats import FORMATS, format_of, spelled
from railguard.schema.lifting import KEY, VALUE, WRAPPER, Lift, ambiguous, further_name
from railguard.schema.nodes import (
    AnyNode,
    BooleanNode,
    ChoiceNode,
    EnumNode,
    Field,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema.prune import definitions_used
from railguard.schema.pushing import is_portable, narrowing_of, pushed_keywords
from railguard.schema.references import definition_names, named_definitions, reached
from railguard.schema.targets import ANYTHING, DIALECTS, Target, size_of
from railguard.validation import Rule
from railguard.values import UNSET, JsonSchema, Path, json_text
from railguard.values.copies import copier

__all__ = [
    "WRAPPER",
    "RequestSchema",
    "SchemaMaker",
    "Target",
    "request_schema",
    "rules_said",
    "schema_maker",
    "to_json_schema",
    "unsupported",
]


@dataclass(frozen=True, slots=True)
class RequestSchema:
    """A JSON Schema to send.

    Attributes:
        schema: The document.
        lift: Converts an answer under this schema to the form that the tree describes.
        narrowed: (path, description) of parts that are narrower than the tree, for decoding only: other values are also
            valid.
    """

    schema: JsonSchema
    lift: Lift
    narrowed: tuple[tuple[str, str], ...] = ()

    @property
    def wrapped(self) -> str | None:
        """The key of the answer that contains the root; None if the answer is the root itself."""
        return WRAPPER if self.lift.wrapped else None


class SchemaMaker(NamedTuple):
    """Makes a tree written for a target.

    Attributes:
        make: Returns the document, another one each time, which the caller may change.
        lift: As in RequestSchema; None if it changes no answer.
    """

    make: Callable[[], JsonSchema]
    lift: Lift | None


def to_json_schema(schema: Schema, *, target: Target = "draft2020-12", rules: bool = False) -> JsonSchema:
    """Return the tree as JSON Schema for a target. Raises SpecError if `request_schema` does.

    Hints are always in the description; rules: whether the validators are too. Formats have JSON Schema's names; a
    strptime format is in the description, because no `format` expresses it.
    """
    return _sendable(schema, target, rules)[1]()


def request_schema(schema: Schema, target: Target, *, rules: bool = False) -> RequestSchema:
    """Return the tree as JSON Schema for a target, with the information how its root was wrapped.

    "openai-strict" requires every property; an optional one may be null there, which then means "omitted". Raises
    SpecError, code "schema-target", with one problem for each reason of `unsupported`.
    """
    written, copied = _sendable(schema, target, rules)
    return RequestSchema(copied(), written.lift, written.narrowed)  # the caller may change it


def flat_json_schema(wanted: Mapping[str, Schema]) -> JsonSchema | None:
    """`to_json_schema` of a flat object, put together of what its values are written as, which is made once for each schema.

    wanted: the values by their keys, all of which are required. None where one of them has definitions, which must be
    named together.
    """
    properties = {key: to_json_schema(one) for key, one in wanted.items()}
    if any("$defs" in one for one in properties.values()):
        return None
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


@lru_cache(maxsize=256)
def schema_maker(schema: Schema, target: Target) -> SchemaMaker | None:
    """Return what makes the schema in the dialect of a provider that enforces it, which is written once; None if the
    dialect cannot express it.
    """
    # A provider's model sees its schema, so conditions without a keyword are in the description.
    written, reasons, copied = _written(schema, target, target != "draft2020-12")
    return None if reasons else SchemaMaker(copied, written.lift if written.lift.changes else None)


def unsupported(schema: Schema, target: Target) -> list[str]:
    """Return the reasons why a target cannot enforce this tree, in the tree's order; empty if it can."""
    writer = _Writer(schema, target, rules=False)
    writer.write()
    return writer.reasons


def rules_said(schema: Schema, target: Target) -> list[tuple[str, Node, list[JsonSchema | None]]]:
    """Return (path, node, for each of its rules the equivalent keywords or None) of every node with rules, in the
    tree's order.
    """
    writer = _Writer(schema, target, rules=False)
    writer.write()
    return writer.said


def _sendable(schema: Schema, target: Target, rules: bool) -> tuple[RequestSchema, Callable[[], JsonSchema]]:
    """Return a tree for a target, which must not be changed, and a function that copies its JSON Schema."""
    written, reasons, copied = _written(schema, target, rules)
    if reasons:
        raise SpecError([Problem(f"{target}: {reason}", "schema-target") for reason in reasons])
    return written, copied


@lru_cache(maxsize=256)
def _written(schema: Schema, target: Target, rules: bool) -> tuple[RequestSchema, list[str], Callable[[], JsonSchema]]:
    """Return a tree for a target, the reasons why it cannot be sent, and a function that copies it; cached, so it must
    not be changed.
    """
    writer = _Writer(schema, target, rules=rules)
    written = writer.write()
    return written, writer.reasons, copier(written.schema)


class _Writer:
    """One run over one tree for one target; `reasons` contains what could not be expressed, `said` the keywords of
    rules.
    """

    def __init__(self, schema: Schema, target: Target, *, rules: bool) -> None:
        self.schema = schema
        self.dialect = DIALECTS[target]
        self.rules = rules
        self.reasons: list[str] = []
        self.said: list[tuple[str, Node, list[JsonSchema | None]]] = []
        self.narrowed: list[tuple[str, str]] = []
        self.pairs = self.anything = False
        self.optional = 0
        self.unions = 0

    def write(self) -> RequestSchema:
        root = self._root()
        used = definitions_used(root, self.schema.definitions)
        self.names = definition_names(used)
        self._refuse_recursion(used)
        body = self._node(root, "$")
        wrapped = self.dialect.object_root and body.get("type") != "object"
        if wrapped:
            body = {"type": "object", "properties": {WRAPPER: body}}
            body |= {"required": [WRAPPER], "additionalProperties": False}
        definitions = {self.names[name]: self._node(node, name) for name, node in used.items()}
        if self.anything:
            definitions[ANYTHING] = self.dialect.any_value()
        if definitions:
            body["$defs"] = definitions
        self._refuse_size(body)
        lift = Lift(root, self.schema.definitions, wrapped, self.pairs)
        return RequestSchema(body, lift, tuple(self.narrowed))

    def _root(self) -> Node:
        """Return the root; a reference is replaced by its target, with the reference's additions."""
        root = self.schema.root
        if not isinstance(root, RefNode):
            return root
        node = self.schema.resolve(root)
        return replace(
            node,
            title=root.title or node.title,
            description=root.description or node.description,
            hint=root.hint or node.hint,
            nullable=root.nullable or node.nullable,
            rules=(*node.rules, *root.rules),
            examples=root.examples or node.examples,
        )

    def _node(self, node: Node, where: str, *, default: Any = UNSET, nullable: bool = False) -> JsonSchema:
        """Write one node. `nullable`: whether null is allowed in addition."""
        nullable = nullable or node.nullable
        first = len(self.said)
        body, notes = self._body(node, where)
        unsaid = self._pushed(node, body, where, first)
        if default is not UNSET:
            body["default"] = default
        if node.examples:
            body["examples"] = list(node.examples)
        moved = [] if self.dialect.keywords is None else [*self._moved(body), *self._narrow(body, where)]
        if node.hint:
            notes.insert(0, node.hint)
        notes += moved
        if self.rules:
            notes += [rule.describe() for rule in unsaid]
        words: JsonSchema = {}
        if node.title:
            words["title"] = node.title
        description = _described(node.description, notes)
        if description:
            words["description"] = description
        written = self._with_words(self._with_null(body) if nullable else body, words)
        if "anyOf" in written or "oneOf" in written or isinstance(written.get("type"), list):
            self.unions += 1
        return written

    def _pushed(self, node: Node, body: JsonSchema, where: str, first: int) -> list[Rule]:
        """Write a node's rules as keywords, in place; returns the other rules. first: their index in `said`, before
        those of child nodes.
        """
        said: list[JsonSchema | None] = []
        as_pairs = isinstance(node, ObjectNode) and body["type"] == "array"  # a rule checks keys, not items
        for rule in node.rules:
            keywords = None if as_pairs else pushed_keywords(rule, body, self.dialect)
            if self.rules and self.dialect.keywords is None and keywords and _is_longer(keywords, rule):
                keywords = None
            said.append(keywords)
            body.update(keywords or {})
        if node.rules:
            self.said.insert(first, (where, node, said))
        unsaid = [rule for rule, keywords in zip(node.rules, said, strict=True) if keywords is None]
        for rule in unsaid if self.dialect.narrow else ():
            narrower = narrowing_of(rule, body, self.dialect)
            if narrower is not None:
                body.update(narrower)
                self.narrowed.append((where, f"validator {rule.name}"))
        return unsaid

    def _moved(self, body: JsonSchema) -> list[str]:
        """Remove unsupported keywords from a schema, and return them as notes."""
        kind = body.get("type")
        unknown = {key for key in body if key not in _STRUCTURE and not self.dialect.knows(key, body[key], kind)}
        if "pattern" in body and "pattern" not in unknown and body.get("format") in self.dialect.narrow:
            unknown.add("format")  # only one pattern is possible, and the author's has priority
        notes = []
        for keyword in [key for key in body if key in unknown]:
            value = body.pop(keyword)
            if keyword == "const":
                body["enum"] = [value]
            elif keyword == "format":
                notes.append(f"format: {_letters_of(value)}")
            else:
                notes.append(f"{keyword}: {_shown(value)}")
        return notes

    def _narrow(self, body: JsonSchema, where: str) -> list[str]:
        """Narrow a schema for decoding, in place; validity and the checks do not change."""
        name = body.get("format")
        narrowed = self.dialect.narrow_body(body)
        self.narrowed += [(where, what) for what in narrowed]
        return [f"format: {_letters_of(name)}"] if name is not None and "format" not in body else []

    def _with_null(self, body: JsonSchema) -> JsonSchema:
        """Return a schema that also allows null."""
        beside = {key: value for key, value in body.items() if key in ("default", "examples")}
        inner = {key: value for key, value in body.items() if key not in beside}
        if not inner or inner.get("type") == "null":
            return body
        for several in ("anyOf", "oneOf"):
            if several in body:
                there = {"type": "null"} in body[several]
                return body if there else {**body, several: [*body[several], {"type": "null"}]}
        if self.dialect.null == "anyOf" or "type" not in body:
            return {"anyOf": [inner, {"type": "null"}], **beside}
        types = body["type"] if isinstance(body["type"], list) else [body["type"]]
        if "null" in types:
            return body
        written = {**body, "type": [*types, "null"]}
        if "const" in written:
            written["enum"] = [written.pop("const")]
        if "enum" in written:
            written["enum"] = [*written["enum"], None]
        return written

    def _with_words(self, body: JsonSchema, words: JsonSchema) -> JsonSchema:
        """Return a schema with title and description: after the type, before everything else."""
        if "$ref" in body and (words or len(body) > 1) and self.dialect.ref != "beside":
            body = {self.dialect.ref: [{"$ref": body.pop("$ref")}], **body}
        first = {key: value for key, value in body.items() if key in ("$ref", "type")}
        return {**first, **words, **{key: value for key, value in body.items() if key not in first}}

    def _body(self, node: Node, where: str) -> tuple[JsonSchema, list[str]]:
        """Return the schema of a node without its description, null and default, and notes for parts without a keyword."""
        match node:
            case StringNode():
                return self._string(node)
            case IntegerNode() | FloatNode():
                return _number(node), []
            case BooleanNode():
                return {"type": "boolean"}, []
            case NullNode():
                return {"type": "null"}, []
            case EnumNode():
                return self._enum(node, where)
            case ListNode():
                return self._list(node, where), []
            case ObjectNode(fields=(), extra=extra) if extra is not None and not self.dialect.open_objects:
                counts = _given(minItems=node.min_properties, maxItems=node.max_properties)
                return self._pairs(extra, node.names, where) | counts, ["a map: one item for each key"]
            case ObjectNode():
                return self._object(node, where), []
            case ChoiceNode():
                return self._choice(node, where), []
            case UnionNode():
                if not self.dialect.open_objects and ambiguous(node, self.schema.definitions):
                    self.reasons.append(f"{where} may be a map or something else that is written alike")
                return {"anyOf": [self._node(option, where) for option in node.options]}, []
            case RefNode():
                return {"$ref": f"#/$defs/{self.names[node.name]}"}, []
            case AnyNode():
                return self._anything(where), []
            case _:
                assert_never(node)

    def _anything(self, where: str) -> JsonSchema:
        if not self.dialect.anything:
            self.reasons.append(f"{where} may be anything; give it a type")
        if self.dialect.bounds:
            self.anything = True
            self.narrowed.append((where, "numbers"))
            return {"$ref": f"#/$defs/{ANYTHING}"}
        return {}

    def _string(self, node: StringNode) -> tuple[JsonSchema, list[str]]:
        body = {"type": "string", **_stated(node)}
        notes = []
        body.pop("format", None)  # by its name in JSON Schema
        if node.pattern is not None and not is_portable(node.pattern):
            notes.append(f"pattern: {body.pop('pattern')}")
        if node.strptime is not None:
            letters = spelled(node.strptime)
            notes.append(f"format: {letters}" if letters else f"strptime format: {node.strptime}")
        elif (row := format_of(node.format)) is not None:
            if row.written is not None:
                body["format"] = row.written
            else:  # a format of ours alone, which is a pattern
                if self.dialect.keywords is None or "pattern" in self.dialect.keywords:
                    body.setdefault("pattern", row.pattern)
                notes.append(f"format: {row.example}")
        return body, notes

    def _enum(self, node: EnumNode, where: str) -> tuple[JsonSchema, list[str]]:
        allowed = self.dialect.enums
        if allowed is not None and not node.values:
            self.reasons.append(f"{where} allows no value")
        if allowed is not None and not all(type(value) in allowed for value in node.values):
            return self._spelled_enum(node, where)
        by_type: dict[str, list[Any]] = {}
        for value in node.values:
            by_type.setdefault(_type_of(value), []).append(value)
        if len(by_type) > 1 and self.dialect.null == "anyOf":
            return {"anyOf": [self._of_type(name, values) for name, values in by_type.items()]}, []
        types: str | list[str] = next(iter(by_type)) if len(by_type) == 1 else list(by_type)
        body: JsonSchema = {"type": types} if types else {}
        if len(node.values) == 1:
            return ({"type": "null"} if types == "null" else {**body, "const": node.values[0]}), []
        return {**body, "enum": list(node.values)}, []

    def _of_type(self, name: str, values: list[Any]) -> JsonSchema:
        return {"type": name} if name == "null" else {"type": name, "enum": values}

    def _spelled_enum(self, node: EnumNode, where: str) -> tuple[JsonSchema, list[str]]:
        """Return an enum whose values the target does not support in an enum: only their type, with the values as a
        note.
        """
        types = list(dict.fromkeys(_type_of(value) for value in node.values))
        if not {"array", "object"}.isdisjoint(types):
            self.reasons.append(f"{where} is an enum of lists or objects")
        body: JsonSchema = {"type": types[0]} if len(types) == 1 else {"anyOf": [{"type": name} for name in types]}
        return body, [f"enum: {_shown(list(node.values))}"]

    def _list(self, node: ListNode, where: str) -> JsonSchema:
        body: JsonSchema = {"type": "array", "items": self._node(node.item, f"{where}[*]")}
        return body | _stated(node)

    def _object(self, node: ObjectNode, where: str, tag: tuple[str, JsonSchema] | None = None) -> JsonSchema:
        properties: JsonSchema = {} if tag is None else {tag[0]: tag[1]}
        for field in node.fields:
            properties[field.name] = self._field(field, where)
        for name in properties:
            if self.dialect.names is not None and self.dialect.names.fullmatch(name) is None:
                self.reasons.append(f"{where} has a property named {_shown(name[:80])}")
        tags = [] if tag is None else [tag[0]]
        required = [*tags, *(f.name for f in node.fields if f.required or self.dialect.all_required)]
        if node.extra is not None and not self.dialect.open_objects:
            # If keys are named, these are requested, and others are accepted.
            if node.fields and node.extra == AnyNode() and (node.min_properties or 0) <= len(node.fields):
                self.narrowed.append((where, "further keys"))
                return self._closed(node, properties, required)
            further = further_name(node)
            pairs = self._with_words(
                self._pairs(node.extra, node.names, where), {"description": "further keys, one item for each"}
            )
            properties[further] = pairs
            required += [further] if self.dialect.all_required else []
        return self._closed(node, properties, required, self._extra(node, where))

    def _closed(
        self, node: ObjectNode, properties: JsonSchema, required: list[str], extra: bool | JsonSchema = False
    ) -> JsonSchema:
        body: JsonSchema = {"type": "object", "properties": properties}
        if required or self.dialect.all_required:
            body["required"] = required
        body["additionalProperties"] = extra
        if node.names is not None and self.dialect.open_objects:
            known = self.dialect.knows("propertyNames", {}, "object")
            names = self._node(node.names, "") if known else _plainly(node.names)
            names = {keyword: value for keyword, value in names.items() if keyword != "type"}
            body |= {"propertyNames": names} if names else {}
        return body | _stated(node)

    def _field(self, field: Field, where: str) -> JsonSchema:
        below = where + str(Path((field.name,)))[1:]
        if field.required:
            return self._node(field.node, below, default=field.default)
        self.optional += 1
        return self._node(field.node, below, default=field.default, nullable=self.dialect.all_required)

    def _extra(self, node: ObjectNode, where: str) -> bool | JsonSchema:
        if node.extra is None or not self.dialect.open_objects:
            return False
        return self._node(node.extra, f"{where}.*") or True

    def _pairs(self, extra: Node, names: Node | None, where: str) -> JsonSchema:
        """Return the schema of unnamed keys for a target whose objects are closed: a list of pairs of key and value."""
        self.pairs = True
        key = {"type": "string"} if names is None else self._node(names, where)
        pair: JsonSchema = {"type": "object", "properties": {KEY: key, VALUE: self._node(extra, f"{where}.*")}}
        pair |= {"required": [KEY, VALUE], "additionalProperties": False}
        return {"type": "array", "items": pair}

    def _choice(self, node: ChoiceNode, where: str) -> JsonSchema:
        options = []
        for case in node.cases:
            name: JsonSchema = {"type": "string", "const": case.value}
            if self.dialect.keywords is not None:
                self._moved(name)
            name = self._with_words(name, _given(description=node.discriminator_description))
            first = len(self.said)
            body = self._object(case.node, f"{where}({case.value})", (node.discriminator, name))
            notes = [case.node.hint] if case.node.hint else []
            notes += [] if self.dialect.keywords is None else self._moved(body)
            unsaid = self._pushed(case.node, body, f"{where}({case.value})", first)
            notes += [rule.describe() for rule in unsaid] if self.rules else []
            words = _given(title=case.node.title, description=_described(case.node.description, notes))
            options.append(self._with_words(body, words))
        body = {self.dialect.one_of: options}
        if self.dialect.keywords is None:
            body["discriminator"] = {"propertyName": node.discriminator}
        return body

    def _refuse_recursion(self, used: Mapping[str, Node]) -> None:
        if self.dialect.recursion == "any":
            return
        required_only = self.dialect.recursion == "optional"
        for name, node in used.items():
            if any(name in reached(used[other], used) | {other} for other in named_definitions(node, required_only)):
                by = " through a required property" if required_only else ""
                self.reasons.append(f"{name} leads back to itself{by}")

    def _refuse_size(self, body: JsonSchema) -> None:
        if not self.dialect.limits:
            return
        size = size_of(body)
        size |= {"optional properties": self.optional, "union-typed properties": self.unions}
        for what, most in self.dialect.limits:
            if size[what] > most:
                self.reasons.append(f"it has {size[what]} {what}, and {most} are the most")


_STRUCTURE = frozenset({"anyOf", "oneOf", "$ref"})


def _is_longer(keywords: JsonSchema, rule: Rule) -> bool:
    """Whether a model reads a rule more easily in words: a pattern that is longer than the words."""
    return "pattern" in keywords and len(_shown(keywords)) - 2 > len(rule.describe())


def _given(**keywords: Any) -> JsonSchema:
    return {keyword: value for keyword, value in keywords.items() if value is not None}


def _number(node: IntegerNode | FloatNode) -> JsonSchema:
    return {"type": "integer" if isinstance(node, IntegerNode) else "number", **_stated(node)}


def _stated(node: Node) -> JsonSchema:
    """Return the keywords of a node's own fields."""
    return {row.name: value for row, value in stated(node)}


def _plainly(node: Node) -> JsonSchema:
    """What a text or a set of values is, in words of JSON Schema whatever the target knows."""
    return {"enum": list(node.values)} if isinstance(node, EnumNode) else _stated(node)


def _letters_of(written: str) -> str:
    """Return the notation of a format, by JSON Schema's name for it; by default that name itself."""
    return next((row.letters for row in FORMATS.values() if row.written == written and row.letters), written)


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    return {float: "number", str: "string", list: "array"}.get(type(value), "object")


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json_text(value)


def _described(description: str | None, notes: Iterable[str]) -> str | None:
    told = "; ".join(dict.fromkeys(notes))
    if not told:
        return description or None
    return f"{description} ({told})" if description else told

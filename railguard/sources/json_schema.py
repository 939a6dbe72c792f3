"""Converts JSON Schema, draft 2020-12, to the schema tree. Keywords that the tree does not support become a rule, or
are refused by name.

One deviation from the specification, because authors mean it: a schema without `type` whose keywords all belong to one
type has that type. References become RefNodes and are converted only once, so time is linear in the document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from railguard.errors import Problem, SpecError
from railguard.schema import (
    AnyNode,
    BooleanNode,
    ChoiceCase,
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
from railguard.schema.contradictions import contradictions
from railguard.schema.formats import read_format
from railguard.sources import choices
from railguard.sources.definitions import Definitions
from railguard.sources.flatten import Flattener
from railguard.sources.merge import both
from railguard.sources.messages import message_templates
from railguard.sources.remaining_keywords import asked_once, available, missing, null_passes, remaining_keywords_rule
from railguard.sources.rules import check_rules
from railguard.sources.schema_document import SchemaDocument
from railguard.sources.schema_keywords import (
    DEPENDENT_KEYWORDS,
    FAMILIES,
    FAMILY_OF,
    HOLDS,
    NAMES_KEYWORD,
    RULES_KEYWORD,
    annotations_of,
    distinct,
    enumerated,
    has_type,
    keyword_fields,
    type_names,
    types_of,
    value_type,
    without_annotations,
)
from railguard.spec import RepairPolicy, Spec
from railguard.validation import Rule
from railguard.validation.vocabulary import JSON_TYPES
from railguard.values import UNSET, Limits, Message

__all__ = ["convert", "schema_from_json_schema", "spec_from_json_schema"]


def schema_from_json_schema(document: Mapping[str, Any] | bool, *, root_name: str | None = None) -> Schema:
    """Convert a JSON Schema to the schema tree (draft 2020-12; the spellings of drafts 4 to 2019-09 are accepted).
    root_name: the name of the definition that `$ref: "#"` refers to; by default the root's title. Keywords that the
    tree does not support become one rule, "json-schema", on their node, which needs the `jsonschema` package.

    Raises SpecError with every problem and its JSON Pointer: a keyword of the wrong shape, a reference without a target
    or out of the document, a circle, a keyword that cannot be enforced.
    """
    return convert(document, root_name=root_name)[0]


def spec_from_json_schema(
    document: Mapping[str, Any] | bool,
    *,
    messages: Sequence[Message] | str | None = None,
    repair: RepairPolicy = "lossless",
    limits: Limits | None = None,
) -> Spec:
    """Return the spec of a JSON Schema. messages: the conversation, a list of {"role", "content"} whose texts are
    templates, or one text. Raises the errors of `schema_from_json_schema`, and SpecError for messages that cannot be
    read.
    """
    schema, warnings = convert(document)
    templates, odd = message_templates(messages)
    title = document.get("title") if isinstance(document, Mapping) else None
    return Spec(
        schema=schema,
        messages=templates,
        repair=repair,
        limits=limits or Limits(),
        warnings=(*warnings, *odd),
        name=title if isinstance(title, str) else None,
    )


def convert(
    document: Any,
    *,
    root_name: str | None = None,
    judged: bool = False,
    rules: Sequence[Rule] = (),
    source: Any = None,
) -> tuple[Schema, tuple[Problem, ...]]:
    """Return the schema tree, and warnings about tolerated mistakes.

    judged: the author's own validator decides, so keywords that the tree does not support are shown to the model but
    not enforced. rules: the rules that the numbers under "x-railguard-rules" refer to.
    """
    read = SchemaDocument(document, judged=judged)
    converter = _Converter(read, root_name, judged, rules)
    schema = _whole_schema(converter, document if source is None else source)
    if judged:  # a user-defined type validates its own defaults
        return schema, tuple(converter.warnings)
    wrong = _wrong_defaults(converter.defaults, schema)
    if wrong:
        ignored = frozenset(converter.defaults[pointer].place for pointer in wrong)
        converter = _Converter(read, root_name, judged, rules, ignored)
        schema = _whole_schema(converter, schema.source)
    return schema, (*converter.warnings, *wrong.values())


def _whole_schema(converter: _Converter, source: Any) -> Schema:
    try:
        root = converter.convert_all()
    except RecursionError:
        raise SpecError.of("the JSON Schema is nested too deeply", code="json-schema-depth") from None
    schema = Schema(root=root, definitions=converter.definitions.nodes, source=source)
    check_rules(schema, converter.ruled, converter.rules, converter.document.root)
    return schema


class _Default(NamedTuple):
    """A default, its node, and its pointer in the document."""

    node: Node
    value: Any
    place: int


def _wrong_defaults(defaults: Mapping[str, _Default], schema: Schema) -> dict[str, Problem]:
    """Return a warning for each default that its own schema refuses, by pointer. `default` is an annotation in JSON
    Schema, so the document is valid (JSON Schema Validation 2020-12, section 9.2), but such a value is never put into
    an output.
    """
    from railguard.prompting.defaults import bad_defaults

    pointers = list(defaults)
    found = {}
    for wrong in bad_defaults([(one.node, one.value) for one in defaults.values()], schema.definitions):
        pointer = pointers[wrong.place]
        hint = "write a value that the schema accepts, or remove the default"
        if defaults[pointer].value is None and not defaults[pointer].node.nullable:
            hint = 'allow null ("type": ["string", "null"]), or remove the default'
        message = f"at #{pointer}: the default is not valid by its own schema, so it is not used: {wrong.message}"
        found[pointer] = Problem(message, "json-schema-default", "warning", hint=hint)
    return found


class _Converter:
    def __init__(
        self,
        document: SchemaDocument,
        root_name: str | None,
        judged: bool,
        rules: Sequence[Rule],
        ignored_defaults: frozenset[int] = frozenset(),
    ) -> None:
        self.ignored_defaults = ignored_defaults
        self.document = document
        self.flattener = Flattener(document)
        self.judged = judged
        self.rules = rules
        self.root_name = root_name
        self.definitions = Definitions()
        self.warnings: list[Problem] = list(document.warnings)
        self._inline: dict[str, Node] = {}
        self._merging: set[int] = set()
        self._refused: list[str] = []
        self.ruled: list[tuple[Node, Rule, str]] = []
        self.defaults: dict[str, _Default] = {}
        self._at = ""
        self._around: dict[int, dict[str, Any]] = {}

    def convert_all(self) -> Node:
        """Convert the root and its definitions; afterwards they are in `definitions`."""
        raw = self.document.root
        if isinstance(raw, dict) and (alias := self.flattener.pure_reference(raw)) is not None:
            pointer, annotations = self.flattener.follow(alias)
            root = self._dress(self._dress(self._inlined(pointer), annotations, []), annotations_of(raw), [])
        else:
            root = self._inlined("")
        self.definitions.make()
        if self._refused:
            raise SpecError(missing(dict.fromkeys(self._refused)))
        return root

    def _reference(self, raw: dict[str, Any]) -> Node:
        pointer, annotations = self.flattener.follow(self.flattener.target(raw))
        if isinstance(self.document.schema(pointer), bool):
            return self._inlined(pointer)
        node = self.definitions.refer(pointer, lambda: self._proposed(pointer), lambda: self._inlined(pointer))
        return self._dress(node, annotations, [])

    def _proposed(self, pointer: str) -> str:
        raw = self.document.schema(pointer)
        title = raw.get("title")
        if not pointer:
            return self.root_name or title or "root"
        *_, parent, last = pointer.split("/")
        named = parent in ("$defs", "definitions", "schemas")
        return (last if named else title or last).replace("~1", "/").replace("~0", "~") or "definition"

    def _inlined(self, pointer: str) -> Node:
        """Return the node of a schema of the document itself, not a reference to it; converted once."""
        if pointer not in self._inline:
            self._inline[pointer] = self.convert(self.document.schema(pointer), top=True)
        return self._inline[pointer]

    def convert(self, raw: Any, *, top: bool = False) -> Node:
        """Convert one schema. top: it becomes a definition or the root, so it needs no name of its own."""
        before = self._at
        if isinstance(raw, dict) and self.document.known(raw):
            self._at = self.document.pointer(raw)
        at = self._at
        flat = self.flattener.flatten(raw)
        if flat is True:
            return AnyNode()
        if flat is False:
            raise self._unsatisfiable("no value can satisfy this schema")
        key = self.flattener.merge_of(flat)
        if key is not None:
            if id(flat) in self._merging:  # it contains itself: a recursive type, which needs a name
                return self.definitions.refer(
                    ("merged", id(flat)), lambda: self._name_of(flat, raw), lambda: self.convert(raw, top=True)
                )
            self._merging.add(id(flat))
            self.flattener.merging.add(key)
        try:
            remaining: dict[str, Any] = {}
            node = self._node(flat, remaining, top)
            self._at = at
            rules = self._enforced(flat, remaining)
            if isinstance(node, EnumNode):
                rules = [asked_once(rule, node.values) for rule in rules]
            if node.nullable and any(rule.run(None) is not None for rule in rules):
                node = replace(node, nullable=False)  # a rule of a nullable node does not check null
            dressed = self._dress(node, flat, rules)
            if not self.judged:
                self._warn_of_contradictions(dressed, at)
            if isinstance(raw, dict) and "default" in flat:
                pointer = f"{at}/default" if "default" in raw else at
                self.defaults[pointer] = _Default(dressed, _whole(flat["default"], dressed), id(raw))
            return dressed
        finally:
            self._at = before
            if key is not None:
                self._merging.discard(id(flat))
                self.flattener.merging.discard(key)

    def _name_of(self, flat: dict[str, Any], raw: Any) -> str:
        """Return a name for a merged schema: its own title, or the name of the schema that it refers to."""
        title = flat.get("title")
        if isinstance(title, str):
            return title
        return self._proposed(self.flattener.target(raw)) if "$ref" in raw else "definition"

    def _warn_of_contradictions(self, node: Node, at: str) -> None:
        for found in contradictions(node):
            problem = Problem(
                f"at #{at}: {found.message}", "json-schema-contradiction", "warning", hint="change one of them"
            )
            if problem not in self.warnings:
                self.warnings.append(problem)

    def _unsatisfiable(self, message: str) -> SpecError:
        return SpecError.of(f"at #{self._at}: {message}", code="json-schema-unsatisfiable")

    def _node(self, flat: dict[str, Any], remaining: dict[str, Any], top: bool) -> Node:
        """Return the node for the supported keywords; unsupported ones are added to `remaining`."""
        if "$ref" in flat:
            remaining.update(without_annotations(flat))
            remaining.pop("$ref")
            return self._reference(flat)
        remaining.update({keyword: flat[keyword] for keyword in ("not", "allOf") if keyword in flat})
        if "if" in flat and ("then" in flat or "else" in flat):
            remaining.update({keyword: flat[keyword] for keyword in ("if", "then", "else") if keyword in flat})
        values = enumerated(flat)
        if values is not None:
            return self._enum(flat, values, remaining)
        combined = next((keyword for keyword in ("oneOf", "anyOf") if keyword in flat), None)
        if combined == "oneOf" and "anyOf" in flat:
            remaining["anyOf"] = flat["anyOf"]
        if combined is not None:
            node = self._combined(flat, combined, remaining, top)
            if node is not None:
                return node
            remaining[combined] = flat[combined]
        return self._typed(flat, remaining)

    def _typed(self, flat: dict[str, Any], remaining: dict[str, Any]) -> Node:
        types = types_of(flat)
        if not types:
            for keywords in FAMILIES.values():
                remaining.update({keyword: flat[keyword] for keyword in keywords & flat.keys()})
            if "format" in flat and read_format(flat["format"]) is None:
                del remaining["format"]
            return AnyNode(hint=flat.get("format"))
        if "type" not in flat and not self.judged:
            self.warnings.append(
                Problem(
                    f"at #{self._at}: no type is given; the keywords belong to {types[0]}, so {types[0]} it is",
                    "json-schema-type",
                    severity="warning",
                    hint=f'add "type": "{types[0]}"',
                )
            )
        for name in types:
            family = FAMILY_OF.get(name, name)
            held = HOLDS.get(family, frozenset())
            for keyword in FAMILIES.get(family, frozenset()) & flat.keys() - held:
                remaining[keyword] = flat[keyword]
        nodes = [self._one_type(name, flat, remaining) for name in types if name != "null"]
        if not nodes:
            return NullNode()
        node = nodes[0] if len(nodes) == 1 else UnionNode(options=tuple(nodes))
        return replace(node, nullable=True) if "null" in types else node

    def _one_type(self, name: str, flat: dict[str, Any], remaining: dict[str, Any]) -> Node:
        match name:
            case "string":
                return self._string(flat, remaining)
            case "boolean":
                return BooleanNode()
            case "array":
                return self._list(flat, remaining)
            case "object":
                return self._object(flat, remaining)
        made = IntegerNode if name == "integer" else FloatNode
        return made(**keyword_fields("number", flat))

    def _string(self, flat: dict[str, Any], remaining: dict[str, Any]) -> Node:
        format = flat.get("format")
        checked = read_format(format) if format is not None else None
        hints = [format] if format is not None and checked is None else []
        pattern = flat.get("pattern")
        if self.judged and pattern is not None and not _linear(pattern):
            hints.append(f"matches {pattern}")
            pattern = None
        media = flat.get("contentMediaType")
        if media is not None and media != "application/json":
            hints.append(media)
            remaining.pop("contentMediaType", None)
        stated = keyword_fields("string", flat)
        stated |= {"pattern": pattern, "format": checked.name if checked is not None else None}
        return StringNode(**stated, hint="; ".join(hints) or None)

    def _list(self, flat: dict[str, Any], remaining: dict[str, Any]) -> Node:
        item: Node = AnyNode()
        most, items = flat.get("maxItems"), flat.get("items", True)
        places = flat.get("prefixItems", ())
        if items is False:
            most = len(places) if most is None else min(most, len(places))
        if not places:
            item = AnyNode() if most == 0 else self.convert(items)
        else:
            if "items" in flat:
                remaining["items"] = items
            if self.judged:
                shown = [*places, *([items] if isinstance(items, dict) else [])]
                # A rule on one position would apply to all: it counts as unused, and unused rules are refused.
                item = self._any_of([_without_rules(place) for place in shown])
        return ListNode(**{**keyword_fields("array", flat), "max_items": most}, item=item)

    def _any_of(self, schemas: list[Any]) -> Node:
        nodes = list(dict.fromkeys(map(self.convert, schemas)))
        return nodes[0] if len(nodes) == 1 else UnionNode(options=tuple(nodes))

    def _object(self, flat: dict[str, Any], remaining: dict[str, Any]) -> Node:
        properties, required = flat.get("properties", {}), dict.fromkeys(flat.get("required", ()))
        other: Any = flat.get("additionalProperties", True)
        patterns = flat.get("patternProperties", {})
        if patterns:
            # A key that matches a pattern is not an additional key, so the rule must check all of them.
            remaining["additionalProperties"] = other
            other = True
            if self.judged and not properties and len(patterns) == 1:
                [other] = patterns.values()
        fields = []
        forbidden = []
        for name, raw in properties.items():
            schema = self.flattener.flatten(raw)
            if schema is False:
                if name in required:
                    raise self._unsatisfiable(f"property {name!r} is required and cannot have any value")
                forbidden.append(name)
                continue
            default = schema.get("default", UNSET) if isinstance(schema, dict) else UNSET
            default = UNSET if id(raw) in self.ignored_defaults else default
            also = tuple(raw.get(NAMES_KEYWORD, ())) if isinstance(raw, dict) and self.judged else ()
            node = self.convert(raw)
            fields.append(Field(name, node, name in required, _whole(default, node), also))
        if forbidden and (other is not False or patterns):
            # The tree has no node for "anything except this key".
            denied = [{"not": {"required": [name]}} for name in forbidden]
            remaining["allOf"] = [*remaining.get("allOf", ()), *denied]
        for name in required:
            if name in properties:
                continue
            if other is False:
                raise self._unsatisfiable(f"property {name!r} is required and is not an allowed property")
            fields.append(Field(name, self.convert(other)))
        extra = None if other is False or self.flattener.flatten(other) is False else self.convert(other)
        names = self._names(flat) if self.judged and extra is not None else None
        return ObjectNode(**keyword_fields("object", flat), fields=tuple(fields), extra=extra, names=names)

    def _names(self, flat: dict[str, Any]) -> Node | None:
        """Return the schema of a map's keys, as far as one unnamed node can express it."""
        raw, patterns = flat.get("propertyNames"), flat.get("patternProperties", {})
        if len(patterns) == 1 and (raw is None or (isinstance(raw, dict) and "$ref" not in raw)):
            raw = {"type": "string", **(raw or {}), "pattern": next(iter(patterns))}
        if not isinstance(raw, dict):
            return None
        alias = self.flattener.pure_reference(raw)
        pointer = None if alias is None else self.flattener.follow(alias)[0]
        node = self.convert(_without_rules(raw)) if pointer is None else self._inlined(pointer)
        return node if isinstance(node, (StringNode, EnumNode)) else None

    def _enum(self, flat: dict[str, Any], values: list[Any], remaining: dict[str, Any]) -> Node:
        types = type_names(flat["type"]) if "type" in flat else list(JSON_TYPES)
        kept = distinct(value for value in values if has_type(value, types))
        if not kept:
            raise self._unsatisfiable("none of the values is of the type that is wanted")
        for name in {value_type(value) for value in kept}:
            for keyword in FAMILIES.get(FAMILY_OF.get(name, name), frozenset()) & flat.keys():
                remaining[keyword] = flat[keyword]
        remaining.update({keyword: flat[keyword] for keyword in ("anyOf", "oneOf") if keyword in flat})
        nullable = None in kept
        if kept == [None]:
            return NullNode()
        return EnumNode(values=tuple(value for value in kept if value is not None), nullable=nullable)

    def _combined(self, flat: dict[str, Any], keyword: str, remaining: dict[str, Any], top: bool) -> Node | None:
        """Return the node of anyOf or oneOf; None if the tree represents the schema around it better than its branches."""
        ours = {k for family in FAMILIES.values() for k in family} | {"type"}
        around = self._around.setdefault(id(flat), {k: value for k, value in flat.items() if k in ours})
        branches: list[Any] = [branch for branch in flat[keyword] if self.flattener.flatten(branch) is not False]
        discriminator = choices.discriminator(flat)
        if around:
            if not self.flattener.afford(len(branches) * self.flattener.size(around)):
                return None
            branches = [
                branch if choices.has_type_already(self.flattener, branch, around) else both(branch, around)
                for branch in branches
            ]
            if set(around) != {"type"} and choices.choice_branches(self.flattener, branches, discriminator) is None:
                return None
        schemas = [(branch, self.flattener.flatten(branch)) for branch in branches]
        schemas = [(branch, schema) for branch, schema in schemas if schema is not False]
        some = [(branch, schema) for branch, schema in schemas if not choices.only_null(schema)]
        nullable = len(some) < len(schemas)
        choice = choices.choice_branches(self.flattener, [branch for branch, _ in some], discriminator)
        if keyword == "oneOf" and not choices.exclusive(
            self.flattener, [schema for _, schema in schemas], choice, nullable
        ):
            remaining["oneOf"] = flat["oneOf"]
        if not some:
            if nullable:
                return NullNode()
            raise self._unsatisfiable(f"no branch of {keyword} can be satisfied")
        if len(some) == 1:
            node = self.convert(some[0][0], top=top)
        elif (listed := choices.values_of([schema for _, schema in some])) is not None:
            node = listed
        elif choice is not None:
            node = self._choice_node(*choice, top=top)
        else:
            options = _without_repeats([self.convert(branch) for branch, _ in some])
            node = UnionNode(options=options) if len(options) > 1 else options[0]
        if nullable:
            node = replace(node, nullable=True, rules=tuple(map(null_passes, node.rules)))
        return node

    def _choice_node(self, name: str, branches: list[Any], values: list[list[str]], *, top: bool) -> Node:
        """Return a choice. If its branches are references, they may be recursive, so it becomes a definition."""
        ends = [self._end(branch) for branch in branches]
        if top or not any(ends):
            return self._choice_of(name, branches, values)
        key = (
            name,
            *(end if RULES_KEYWORD not in branch else id(branch) for end, branch in zip(ends, branches, strict=True)),
        )

        def proposed() -> str:
            titles = ["case" if end is None else self._proposed(end).replace("/", "_") for end in ends]
            return "_or_".join(titles[:3]) + ("_or_others" if len(titles) > 3 else "")

        return self.definitions.refer(key, proposed, lambda: self._choice_of(name, branches, values))

    def _end(self, branch: Any) -> str | None:
        """Return the pointer of a branch's reference; None for a schema without a reference."""
        alias = self.flattener.pure_reference(branch)
        return self.flattener.follow(alias)[0] if alias is not None else None

    def _choice_of(self, name: str, branches: list[Any], values: list[list[str]]) -> Node:
        cases: list[ChoiceCase] = []
        words = None
        for branch, tags in zip(branches, values, strict=True):
            flat = self.flattener.flatten(branch)
            alias = self.flattener.pure_reference(flat)
            if alias is not None:
                pointer, annotations = self.flattener.follow(alias)
                node = self._dress(self._dress(self._inlined(pointer), annotations, []), flat, [])
            else:
                node = self.convert(branch)
            assert isinstance(node, ObjectNode)
            member = next(field for field in node.fields if field.name == name)
            words = words or member.node.description
            node = replace(node, fields=tuple(field for field in node.fields if field.name != name))
            cases.extend(ChoiceCase(tag, node) for tag in tags)
        return ChoiceNode(discriminator=name, cases=tuple(cases), discriminator_description=words)

    def _enforced(self, flat: dict[str, Any], remaining: dict[str, Any]) -> list[Rule]:
        """Return the rule for the unsupported keywords of a schema, if there are any."""
        keywords = [keyword for keyword in remaining if keyword != RULES_KEYWORD]
        if self.judged or not set(keywords) - DEPENDENT_KEYWORDS:
            return []
        if not available():
            self._refused.extend(f"{self._at}/{keyword}" for keyword in keywords if keyword not in DEPENDENT_KEYWORDS)
            return []
        return [remaining_keywords_rule(self.document.root, {**flat, **remaining}, keywords)]

    def _dress(self, node: Node, words: dict[str, Any], remaining: list[Rule]) -> Node:
        """Add a schema's annotations and rules to a node; the schema's annotations replace those of the node."""
        changes: dict[str, Any] = {}
        for name in ("title", "description"):
            if isinstance(words.get(name), str):
                changes[name] = words[name]
        examples = words.get("examples")
        if isinstance(examples, list) and examples:
            changes["examples"] = tuple(examples)
        given = words.get(RULES_KEYWORD, ())
        rules = [self.rules[number] for number in given] if isinstance(given, list) and self.rules else []
        if remaining or rules:
            changes["rules"] = (*node.rules, *remaining, *rules)
        dressed = replace(node, **changes) if changes else node
        self.ruled.extend((dressed, rule, self._at) for rule in rules)
        return dressed


def _without_repeats(nodes: list[Node]) -> tuple[Node, ...]:
    """Remove plain references to a target that an earlier node already refers to."""
    seen: set[str] = set()
    kept: list[Node] = []
    for node in nodes:
        if isinstance(node, RefNode) and node == RefNode(name=node.name):
            if node.name in seen:
                continue
            seen.add(node.name)
        kept.append(node)
    return tuple(kept)


def _whole(default: Any, node: Node) -> Any:
    """Convert a default such as 1.0 of an integer to 1: JSON Schema treats it as that integer."""
    whole = isinstance(node, IntegerNode) and isinstance(default, float) and default.is_integer()
    return int(default) if whole else default


def _linear(pattern: str) -> bool:
    from railguard.validation import patterns

    try:
        patterns.compile(pattern)
    except SpecError:
        return False
    return True


def _without_rules(raw: Any) -> Any:
    return (
        {k: v for k, v in raw.items() if k != RULES_KEYWORD} if isinstance(raw, dict) and RULES_KEYWORD in raw else raw
    )

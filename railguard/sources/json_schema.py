"""JSON Schema, draft 2020-12, as the tree. What the tree does not hold becomes a rule, or is refused by name.

One departure from the specification, because authors mean it: a schema without `type` whose keywords all belong to one
type has that type. References become RefNodes; nothing is converted twice per use, so time is linear in the document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from railguard.errors import Problem, SpecError
from railguard.schema import (
    AnyNode,
    BooleanNode,
    Case,
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
from railguard.sources.document import Document
from railguard.sources.flatten import Flattener
from railguard.sources.keywords import (
    FAMILIES,
    FAMILY_OF,
    HARMLESS,
    HOLDS,
    NAMES,
    RULES,
    distinct,
    enumerated,
    fields_of,
    has_type,
    told,
    type_names,
    type_of,
    types_of,
    without_annotations,
)
from railguard.sources.merge import both
from railguard.sources.messages import message_templates
from railguard.sources.residual import available, missing, null_passes, residual_rule
from railguard.sources.rules import check_rules
from railguard.spec import RepairPolicy, Spec
from railguard.validation import Rule
from railguard.validation.vocabulary import JSON_TYPES
from railguard.values import UNSET, Limits, Message

__all__ = ["convert", "schema_from_json_schema", "spec_from_json_schema"]


def schema_from_json_schema(document: Mapping[str, Any] | bool, *, root_name: str | None = None) -> Schema:
    """The tree of a JSON Schema (draft 2020-12; the spellings of drafts 4 to 2019-09 are understood).

    root_name: the name of the definition that `$ref: "#"` leads to; by default the root's title. Keywords that the
    tree does not hold become one rule, "json-schema", on their node, which needs the `jsonschema` package.

    Raises SpecError with every problem and its JSON Pointer: a keyword of the wrong shape, a reference that leads
    nowhere or out of the document, a circle, a keyword that cannot be enforced.
    """
    return convert(document, root_name=root_name)[0]


def spec_from_json_schema(
    document: Mapping[str, Any] | bool,
    *,
    messages: Sequence[Message] | str | None = None,
    repair: RepairPolicy = "lossless",
    limits: Limits | None = None,
) -> Spec:
    """The spec of a JSON Schema. messages: the conversation, a list of {"role", "content"} whose texts are templates,
    or one text. Raises what `schema_from_json_schema` raises, and SpecError for messages that cannot be read."""
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
    """The tree, and warnings about what was understood with good will.

    judged: a validator of the author's own decides, so keywords the tree does not hold are told, not enforced.
    rules: what the numbers under "x-railguard-rules" mean.
    """
    read = Document(document, judged=judged)
    converter = _Converter(read, root_name, judged, rules)
    schema = _whole_schema(converter, document if source is None else source)
    if judged:  # a user's own type decides on its own defaults
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
    """A default, the node that it is a value of, and the place in the document: which schema says it."""

    node: Node
    value: Any
    place: int


def _wrong_defaults(defaults: Mapping[str, _Default], schema: Schema) -> dict[str, Problem]:
    """A warning for each default that its own schema refuses, by pointer. `default` is an annotation in JSON Schema, so
    the document stands (JSON Schema Validation 2020-12, section 9.2), but such a value is put into no output."""
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
        document: Document,
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
        """The root; its definitions are in `definitions` afterwards."""
        raw = self.document.root
        if isinstance(raw, dict) and (alias := self.flattener.pure_reference(raw)) is not None:
            pointer, annotations = self.flattener.follow(alias)
            root = self._dress(self._dress(self._inlined(pointer), annotations, []), told(raw), [])
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
        """The node of a schema of the document, itself and not a reference to it; made once."""
        if pointer not in self._inline:
            self._inline[pointer] = self.convert(self.document.schema(pointer), top=True)
        return self._inline[pointer]

    def convert(self, raw: Any, *, top: bool = False) -> Node:
        """The node of one schema. top: it becomes a definition or the root, so it needs no name of its own."""
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
            if id(flat) in self._merging:  # it is below itself: a recursive type, which needs a name
                return self.definitions.refer(
                    ("merged", id(flat)), lambda: self._name_of(flat, raw), lambda: self.convert(raw, top=True)
                )
            self._merging.add(id(flat))
            self.flattener.merging.add(key)
        try:
            residual: dict[str, Any] = {}
            node = self._node(flat, residual, top)
            self._at = at
            rules = self._enforced(flat, residual)
            if node.nullable and any(rule.run(None) is not None for rule in rules):
                node = replace(node, nullable=False)  # no rule of a nullable node is asked about null: it is now
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
        """A name for a schema that was merged: its own title, or the name of what it refers to."""
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

    def _node(self, flat: dict[str, Any], residual: dict[str, Any], top: bool) -> Node:
        """The node of what the tree holds; the keywords it does not hold go to `residual`."""
        if "$ref" in flat:
            residual.update(without_annotations(flat))
            residual.pop("$ref")
            return self._reference(flat)
        residual.update({keyword: flat[keyword] for keyword in ("not", "allOf") if keyword in flat})
        if "if" in flat and ("then" in flat or "else" in flat):
            residual.update({keyword: flat[keyword] for keyword in ("if", "then", "else") if keyword in flat})
        values = enumerated(flat)
        if values is not None:
            return self._enum(flat, values, residual)
        combined = next((keyword for keyword in ("oneOf", "anyOf") if keyword in flat), None)
        if combined == "oneOf" and "anyOf" in flat:
            residual["anyOf"] = flat["anyOf"]
        if combined is not None:
            node = self._combined(flat, combined, residual, top)
            if node is not None:
                return node
            residual[combined] = flat[combined]
        return self._typed(flat, residual)

    def _typed(self, flat: dict[str, Any], residual: dict[str, Any]) -> Node:
        types = types_of(flat)
        if not types:
            for keywords in FAMILIES.values():
                residual.update({keyword: flat[keyword] for keyword in keywords & flat.keys()})
            if "format" in flat and read_format(flat["format"]) is None:
                del residual["format"]
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
                residual[keyword] = flat[keyword]
        nodes = [self._one_type(name, flat, residual) for name in types if name != "null"]
        if not nodes:
            return NullNode()
        node = nodes[0] if len(nodes) == 1 else UnionNode(options=tuple(nodes))
        return replace(node, nullable=True) if "null" in types else node

    def _one_type(self, name: str, flat: dict[str, Any], residual: dict[str, Any]) -> Node:
        match name:
            case "string":
                return self._string(flat, residual)
            case "boolean":
                return BooleanNode()
            case "array":
                return self._list(flat, residual)
            case "object":
                return self._object(flat, residual)
        made = IntegerNode if name == "integer" else FloatNode
        return made(**fields_of("number", flat))

    def _string(self, flat: dict[str, Any], residual: dict[str, Any]) -> Node:
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
            residual.pop("contentMediaType", None)
        stated = fields_of("string", flat)
        stated |= {"pattern": pattern, "format": checked.name if checked is not None else None}
        return StringNode(**stated, hint="; ".join(hints) or None)

    def _list(self, flat: dict[str, Any], residual: dict[str, Any]) -> Node:
        item: Node = AnyNode()
        most, items = flat.get("maxItems"), flat.get("items", True)
        places = flat.get("prefixItems", ())
        if items is False:
            most = len(places) if most is None else min(most, len(places))
        if not places:
            item = AnyNode() if most == 0 else self.convert(items)
        else:
            if "items" in flat:
                residual["items"] = items
            if self.judged:
                shown = [*places, *([items] if isinstance(items, dict) else [])]
                # A rule on one position would stand on all: it counts as unused, and unused rules are refused.
                item = self._any_of([_without_rules(place) for place in shown])
        return ListNode(**{**fields_of("array", flat), "max_items": most}, item=item)

    def _any_of(self, schemas: list[Any]) -> Node:
        nodes = list(dict.fromkeys(map(self.convert, schemas)))
        return nodes[0] if len(nodes) == 1 else UnionNode(options=tuple(nodes))

    def _object(self, flat: dict[str, Any], residual: dict[str, Any]) -> Node:
        properties, required = flat.get("properties", {}), dict.fromkeys(flat.get("required", ()))
        other: Any = flat.get("additionalProperties", True)
        patterns = flat.get("patternProperties", {})
        if patterns:
            # A key that matches a pattern is no additional one, so the rule has to judge all of them.
            residual["additionalProperties"] = other
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
            also = tuple(raw.get(NAMES, ())) if isinstance(raw, dict) and self.judged else ()
            node = self.convert(raw)
            fields.append(Field(name, node, name in required, _whole(default, node), also))
        if forbidden and (other is not False or patterns):
            # The tree cannot say "anything but this key".
            denied = [{"not": {"required": [name]}} for name in forbidden]
            residual["allOf"] = [*residual.get("allOf", ()), *denied]
        for name in required:
            if name in properties:
                continue
            if other is False:
                raise self._unsatisfiable(f"property {name!r} is required and is no allowed property")
            fields.append(Field(name, self.convert(other)))
        extra = None if other is False or self.flattener.flatten(other) is False else self.convert(other)
        return ObjectNode(**fields_of("object", flat), fields=tuple(fields), extra=extra)

    def _enum(self, flat: dict[str, Any], values: list[Any], residual: dict[str, Any]) -> Node:
        types = type_names(flat["type"]) if "type" in flat else list(JSON_TYPES)
        kept = distinct(value for value in values if has_type(value, types))
        if not kept:
            raise self._unsatisfiable("none of the values is of the type that is wanted")
        for name in {type_of(value) for value in kept}:
            for keyword in FAMILIES.get(FAMILY_OF.get(name, name), frozenset()) & flat.keys():
                residual[keyword] = flat[keyword]
        residual.update({keyword: flat[keyword] for keyword in ("anyOf", "oneOf") if keyword in flat})
        nullable = None in kept
        if kept == [None]:
            return NullNode()
        return EnumNode(values=tuple(value for value in kept if value is not None), nullable=nullable)

    def _combined(self, flat: dict[str, Any], keyword: str, residual: dict[str, Any], top: bool) -> Node | None:
        """The node of anyOf or oneOf; None if the schema around it is better held by the tree than its branches."""
        ours = {k for family in FAMILIES.values() for k in family} | {"type"}
        around = self._around.setdefault(id(flat), {k: value for k, value in flat.items() if k in ours})
        branches: list[Any] = [branch for branch in flat[keyword] if self.flattener.flatten(branch) is not False]
        discriminator = choices.discriminator(flat)
        if around:
            if not self.flattener.afford(len(branches) * self.flattener.size(around)):
                return None
            branches = [
                branch if choices.within(self.flattener, branch, around) else both(branch, around)
                for branch in branches
            ]
            if set(around) != {"type"} and choices.choice(self.flattener, branches, discriminator) is None:
                return None
        schemas = [(branch, self.flattener.flatten(branch)) for branch in branches]
        schemas = [(branch, schema) for branch, schema in schemas if schema is not False]
        some = [(branch, schema) for branch, schema in schemas if not choices.only_null(schema)]
        nullable = len(some) < len(schemas)
        choice = choices.choice(self.flattener, [branch for branch, _ in some], discriminator)
        if keyword == "oneOf" and not choices.exclusive(
            self.flattener, [schema for _, schema in schemas], choice, nullable
        ):
            residual["oneOf"] = flat["oneOf"]
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
        """A choice. One whose branches are references may lead back to itself, so it becomes a definition."""
        ends = [self._end(branch) for branch in branches]
        if top or not any(ends):
            return self._choice_of(name, branches, values)
        key = (name, *(end if RULES not in branch else id(branch) for end, branch in zip(ends, branches, strict=True)))

        def proposed() -> str:
            titles = ["case" if end is None else self._proposed(end).replace("/", "_") for end in ends]
            return "_or_".join(titles[:3]) + ("_or_others" if len(titles) > 3 else "")

        return self.definitions.refer(key, proposed, lambda: self._choice_of(name, branches, values))

    def _end(self, branch: Any) -> str | None:
        """The pointer of what a branch refers to; None for a schema that stands in the branch itself."""
        alias = self.flattener.pure_reference(branch)
        return self.flattener.follow(alias)[0] if alias is not None else None

    def _choice_of(self, name: str, branches: list[Any], values: list[list[str]]) -> Node:
        cases: list[Case] = []
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
            cases.extend(Case(tag, node) for tag in tags)
        return ChoiceNode(discriminator=name, cases=tuple(cases), discriminator_description=words)

    def _enforced(self, flat: dict[str, Any], residual: dict[str, Any]) -> list[Rule]:
        """The rule for what the tree does not hold at this schema, if there is any."""
        keywords = [keyword for keyword in residual if keyword != RULES]
        if self.judged or not set(keywords) - HARMLESS:
            return []
        if not available():
            self._refused.extend(f"{self._at}/{keyword}" for keyword in keywords if keyword not in HARMLESS)
            return []
        return [residual_rule(self.document.root, {**flat, **residual}, keywords)]

    def _dress(self, node: Node, words: dict[str, Any], residual: list[Rule]) -> Node:
        """The node with a schema's words and rules; the schema's words are nearer than those the node has."""
        changes: dict[str, Any] = {}
        for name in ("title", "description"):
            if isinstance(words.get(name), str):
                changes[name] = words[name]
        examples = words.get("examples")
        if isinstance(examples, list) and examples:
            changes["examples"] = tuple(examples)
        given = words.get(RULES, ())
        rules = [self.rules[number] for number in given] if isinstance(given, list) and self.rules else []
        if residual or rules:
            changes["rules"] = (*node.rules, *residual, *rules)
        dressed = replace(node, **changes) if changes else node
        self.ruled.extend((dressed, rule, self._at) for rule in rules)
        return dressed


def _without_repeats(nodes: list[Node]) -> tuple[Node, ...]:
    """Nodes without a plain reference to what an earlier one refers to."""
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
    """A default of an integer that is written 1.0, which JSON Schema takes for the integer that it is."""
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
    return {k: v for k, v in raw.items() if k != RULES} if isinstance(raw, dict) and RULES in raw else raw

"""Adds rules to a spec at a named place: in the output (`$…`), on a prompt variable (`input.…`), on messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from railguard.errors import Problem, SpecError
from railguard.prompting.defaults import bad_defaults
from railguard.prompting.rendering import spec_variables
from railguard.schema import AnyNode, Field, ListNode, Node, ObjectNode, Schema, StringNode, all_nodes
from railguard.schema.edit import refuse_type, with_rules, without_unknown
from railguard.spec import MessageRule, MessageTemplate, Spec
from railguard.validation import JsonType, Rule
from railguard.values import ROLES, UNSET

__all__ = ["input_rules", "spec_with_rules", "spec_without_unknown"]

_ROLES = (*ROLES, "function")  # the caller's messages may be of older APIs
_TEXT: frozenset[JsonType] = frozenset({"string"})


def spec_with_rules(spec: Spec, on: str, rules: Sequence[Rule]) -> Spec:
    """Return the spec with more rules at a place, after the existing ones. Raises SpecError, code "path" or
    "validator-type".

    If the spec declares no variables, those in its messages are declared, each of any type; a variable that gets a rule
    for texts becomes a text, so that no value of another type escapes the rule.
    """
    place, dot, rest = on.partition(".")
    if on.startswith("$"):
        schema = with_rules(spec.schema, on, rules)
        if schema.user_model is None:  # a user-defined type validates its own defaults
            _refuse_defaults(schema, on)
        return replace(spec, schema=schema)
    if place == "messages" and (not dot or rest in _ROLES):
        for rule in rules:
            refuse_type(rule, on, _TEXT)
        added = (MessageRule(rest if dot else None, rule) for rule in rules)
        return replace(spec, message_rules=(*spec.message_rules, *added))
    if place == "input" and rest:
        inputs = spec.inputs if spec.inputs is not None else _untyped(spec, rest, rules)
        inputs = _with(inputs, on, f"$.{rest}", rules)
        _refuse_defaults(Schema(root=inputs), on)
        return replace(spec, inputs=inputs)
    from difflib import get_close_matches

    close = get_close_matches(rest, _ROLES, n=1) if place == "messages" else []
    raise SpecError.of(
        f"{on!r} is not a place for a rule" + (f"; did you mean messages.{close[0]}?" if close else ""),
        code="path",
        hint="write $.field for the output, input.NAME for a variable, messages or messages.ROLE for messages",
    )


def _refuse_defaults(schema: Schema, on: str) -> None:
    """Raise SpecError, code "rule-default", if an added rule refuses a default of the spec."""
    objects = (node for node in all_nodes(schema) if isinstance(node, ObjectNode))
    fields = [field for node in objects for field in node.fields if field.default is not UNSET]
    wrong = bad_defaults([(field.node, field.default) for field in fields], schema.definitions)
    problems = [
        Problem(
            f"with the rules on {on}, the default of {fields[one.place].name!r} fails: {one.message}",
            "rule-default",
            hint="change the default, or the rule",
        )
        for one in wrong
        if not one.kept
    ]
    if problems:
        raise SpecError(problems)


def input_rules(spec: Spec) -> list[Rule]:
    """Return all rules on the input: on prompt variables and on messages."""
    nodes = [] if spec.inputs is None else all_nodes(Schema(root=spec.inputs))
    on_variables = [rule for node in nodes for rule in node.rules]
    on_messages = [rule for message in (*spec.messages, *spec.reask) for rule in message.rules]
    return [*on_variables, *on_messages, *(shared.rule for shared in spec.message_rules)]


def spec_without_unknown(spec: Spec) -> Spec:
    """Return the spec without rules that cannot run, on the output and on the input."""

    def known(message: MessageTemplate) -> MessageTemplate:
        return replace(message, rules=tuple(rule for rule in message.rules if rule.validator is not None))

    inputs = spec.inputs
    if inputs is not None:
        root = without_unknown(Schema(root=inputs)).root
        assert isinstance(root, ObjectNode), "only rules are taken out"
        inputs = root
    return replace(
        spec,
        schema=without_unknown(spec.schema),
        inputs=inputs,
        messages=tuple(map(known, spec.messages)),
        reask=tuple(map(known, spec.reask)),
        message_rules=tuple(shared for shared in spec.message_rules if shared.rule.validator is not None),
    )


def _with(inputs: ObjectNode, on: str, path: str, rules: Sequence[Rule]) -> ObjectNode:
    try:
        root = with_rules(Schema(root=inputs), path, rules).root
    except SpecError as error:
        problem = error.problems[0]
        names = ", ".join(f"input.{field.name}" for field in inputs.fields) or "none"
        hint = f"there are: {names}" if problem.code == "path" else problem.hint
        raise SpecError([replace(problem, message=problem.message.replace(path, on), hint=hint)]) from error
    assert isinstance(root, ObjectNode)
    return root


def _untyped(spec: Spec, rest: str, rules: Sequence[Rule]) -> ObjectNode:
    name, star, _ = rest.partition("[*]")
    texts = all(rule.validator is not None and rule.validator.types == _TEXT for rule in rules)
    node: Node = StringNode() if texts else AnyNode()
    if star:
        node = ListNode(item=node)
    return ObjectNode(fields=tuple(Field(one, node if one == name else AnyNode()) for one in spec_variables(spec)))

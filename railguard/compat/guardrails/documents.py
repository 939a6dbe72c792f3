"""Converts guardrails-ai's documents, prompts and models to railguard's guards, with its defaults and with rules in
`Field`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any, get_args, get_origin
from xml.etree import ElementTree

import railguard
from railguard import Guard, Message
from railguard.compat.guardrails import hub

__all__ = ["Field", "conversation", "guard_of_model", "guard_of_rail", "is_template", "with_messages"]

_NAME = re.compile(r"(?:^|;)\s*(?:hub://)?([\w./-]+)")
_TEMPLATE = re.compile(r"\$\{|\{\{|@[a-z_]+")


def guard_of_rail(xml: str) -> Guard:
    """Return the guard of a document. A validator without an on-fail action gets noop, as in guardrails-ai."""
    Guard.from_rail_string(xml)  # raises SpecError with the problems at their places
    root = ElementTree.fromstring(xml.strip())
    if root.get("version") == "1.0":
        return Guard.from_rail_string(xml)
    known = {spelling for found in railguard.validators() for spelling in (found.name, *found.aliases)}
    for element in root.iter():
        said = {_canonical(name.removeprefix("on-fail-")) for name in element.attrib if name.startswith("on-fail-")}
        for attribute in ("validators", "format"):
            for name in _NAME.findall(element.get(attribute, "")):
                if _canonical(name) in known and not _spellings(name) & said:
                    element.set(f"on-fail-{_canonical(name)}", "noop")
    return Guard.from_rail_string(ElementTree.tostring(root, encoding="unicode"))


def _canonical(name: str) -> str:
    return name.rsplit("/", 1)[-1].replace("_", "-").lower()


def _spellings(name: str) -> set[str]:
    """Return a validator's name and aliases; the on-fail attribute may use any of them."""
    key = _canonical(name)
    for found in railguard.validators():
        if key in (found.name, *found.aliases):
            return {found.name, *found.aliases}
    return {key}


def conversation(
    prompt: str | None = None, instructions: str | None = None, messages: Sequence[Message] | None = None
) -> tuple[Any, ...]:
    """Convert a conversation to templates: `{{document}}`, `${document}`, `@complete_json_suffix`,
    `${gr.complete_json_suffix}`.
    """
    parts = []
    if instructions is not None:
        parts.append(f"<instructions>{escape(instructions)}</instructions>")
    if prompt is not None:
        parts.append(f"<prompt>{escape(prompt)}</prompt>")
    parts += [
        f'<message role="{escape(str(message["role"]))}">{escape(str(message["content"]))}</message>'
        for message in messages or ()
    ]
    if messages:
        parts = [f"<messages>{''.join(parts)}</messages>"]
    if not parts:
        return ()
    document = f'<rail version="0.1"><output><string name="output"/></output>{"".join(parts)}</rail>'
    return Guard.from_rail_string(document).spec.messages


def is_template(messages: Sequence[Message]) -> bool:
    """Whether a conversation contains a placeholder."""
    return any(isinstance(one.get("content"), str) and _TEMPLATE.search(one["content"]) for one in messages)


def with_messages(guard: Guard, templates: tuple[Any, ...]) -> Guard:
    """Return a guard with another conversation; the same guard if no conversation is given."""
    return Guard(replace(guard.spec, messages=templates)) if templates else guard


def Field(*args: Any, validators: Sequence[Any] = (), **kwargs: Any) -> Any:
    """pydantic's Field with rules: `name: str = Field(validators=[TwoWords(on_fail="reask")])`.

    Args:
        *args: As pydantic's Field takes them.
        validators: The rules of this field.
        **kwargs: As pydantic's Field takes them.

    Returns:
        pydantic's field, which holds the rules in its json_schema_extra.
    """
    import pydantic

    if validators:
        kwargs["json_schema_extra"] = {**(kwargs.get("json_schema_extra") or {}), "validators": list(validators)}
    return pydantic.Field(*args, **kwargs)


def guard_of_model(model: Any) -> Guard:
    """Return the guard of a pydantic model or a list of models; it includes the rules in `Field(validators=[…])`."""
    return Guard.from_pydantic(_annotated(model, {}))


def _annotated(tp: Any, made: dict[Any, Any]) -> Any:
    """Rebuild a type so that pydantic finds the rules that its models keep in `Field`.

    made: the models that were already rebuilt.
    """
    from typing import Annotated

    from pydantic import BaseModel, create_model

    if isinstance(tp, type) and issubclass(tp, BaseModel):
        if tp in made:
            return made[tp]
        made[tp] = tp  # a recursive model keeps its own class inside
        fields: dict[str, Any] = {}
        for name, field in tp.model_fields.items():
            extra = field.json_schema_extra
            rules = extra.get("validators", []) if isinstance(extra, Mapping) else []
            annotation = _annotated(field.annotation, made)
            if not rules and annotation is field.annotation:
                continue
            own = field._copy() if hasattr(field, "_copy") else field
            own = _without_rules(own)
            for rule in rules if isinstance(rules, list) else [rules]:
                annotation = Annotated[annotation, hub.rule(rule)]
            fields[name] = (annotation, own)
        if fields:
            made[tp] = create_model(tp.__name__, __base__=tp, __module__=tp.__module__, **fields)
        return made[tp]
    arguments = get_args(tp)
    if not arguments:
        return tp
    rewritten = tuple(_annotated(argument, made) for argument in arguments)
    if all(new is old for new, old in zip(rewritten, arguments, strict=True)):
        return tp
    origin: Any = get_origin(tp)
    if hasattr(tp, "copy_with"):
        return tp.copy_with(rewritten)
    import types
    from functools import reduce
    from operator import or_

    return reduce(or_, rewritten) if origin is types.UnionType else origin[rewritten]


def _without_rules(field: Any) -> Any:
    import copy

    own = copy.copy(field)
    own.json_schema_extra = {key: value for key, value in (own.json_schema_extra or {}).items() if key != "validators"}
    own.annotation = None
    return own

"""Converts the caller's messages to templates: the conversation of a spec that is not a RAIL document.

Text is a template in railguard's own syntax (`${name}`); content parts are not changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from railguard.errors import Problem, SpecError
from railguard.spec import MessageTemplate
from railguard.values import ROLES, Message

__all__ = ["message_templates"]

_EXPECTED = 'messages are a text (one user message), or a list of {"role": "user", "content": "…"}'


def message_templates(
    messages: Sequence[Message] | str | None,
) -> tuple[tuple[MessageTemplate, ...], tuple[Problem, ...]]:
    """Return the templates of a list of {"role", "content"}, and warnings about them; a text is one user message, None
    is no message.

    Raises SpecError with every problem: a wrong shape, an unknown role, a template that cannot be read; each names
    the message's index.
    """
    from railguard.prompting import shown

    if messages is None:
        return (), ()
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    if not isinstance(messages, Sequence) or isinstance(messages, bytes):
        raise SpecError.of(f"{_EXPECTED}, not {type(messages).__name__}", code="messages")
    problems: list[Problem] = []
    found = [_template(index, message, problems) for index, message in enumerate(messages)]
    if problems:
        raise SpecError(problems)
    templates = [template for template in found if template is not None]
    changed, exchanges = shown.agreeing(templates)
    warnings = [warning for index, message in enumerate(messages) for warning in _older_places(index, message)]
    warnings += [
        Problem(
            f"messages: ${{gr.{name}}} is about another form of the schema than the one shown: ${{gr.{twin}}} is read",
            "primitive-form",
            "warning",
            hint=f"write ${{gr.{twin}}}",
        )
        for name, twin in exchanges
    ]
    return tuple(changed), tuple(warnings)


def _older_places(index: int, message: Any) -> list[Problem]:
    from railguard.prompting import templates

    content = message["content"]
    if not isinstance(content, str):
        return []
    return [
        Problem(f"messages[{index}], offset {place.offset}: {place.message}", "old-place", "warning", hint=place.hint)
        for place in templates.older_places(content)
    ]


def _template(index: int, message: Any, problems: list[Problem]) -> MessageTemplate | None:
    from railguard.prompting import templates

    def wrong(what: str, hint: str | None = _EXPECTED) -> None:
        problems.append(Problem(f"messages[{index}] {what}", "messages", hint=hint))

    if not isinstance(message, Mapping):
        wrong(f"is {type(message).__name__}, not a dict")
        return None
    role, content = message.get("role"), message.get("content")
    if role not in ROLES:
        wrong(f"has role {role!r}", f"the roles are {', '.join(ROLES)}")
    if unknown := [key for key in message if key not in ("role", "content")]:
        wrong(f"has {', '.join(map(repr, unknown))}, and only role and content are taken")
    if isinstance(content, list):
        return MessageTemplate(str(role), list(content))
    if not isinstance(content, str):
        wrong(f"has {type(content).__name__} as content; it is a text or a list of content parts")
        return None
    try:
        return MessageTemplate(str(role), templates.parse_template(content, syntax="1.0"))
    except templates.TemplateError as error:
        problems.append(Problem(f"messages[{index}], offset {error.offset}: {error}", "template", hint=error.hint))
    return None

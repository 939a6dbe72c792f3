"""Parses the content of messages for every wire format that does not pass them on unchanged: texts, images, tool calls.

Messages are in OpenAI's form, which all callers use: {"role", "content"}; the content is a text or a list of parts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from railguard.errors import InputError
from railguard.llm.responses import parts_of
from railguard.values import Message

__all__ = ["Image", "Part", "Text", "ToolCall", "ToolResult", "Turn", "turns"]


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """An image: base64 data with its media type, or a URL."""

    media_type: str | None
    data: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call of the model; arguments is JSON text."""

    id: str
    name: str
    arguments: Any


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of a tool call."""

    id: str
    name: str
    text: str


Part = Text | Image | ToolCall | ToolResult | dict[str, Any]
"""A part of a message; a dict is a part in the provider's own form and is sent as it is."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message. role: "system", "user" or "assistant"; the role developer becomes system, tool and function become
    user.
    """

    role: str
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The texts of the message, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))


def turns(messages: Sequence[Message]) -> Iterator[Turn]:
    """Parse the messages of a conversation.

    Raises:
        InputError: For a message without a role, or with content of an unknown form.
    """
    names: dict[str, str] = {}
    for message in messages:
        role = message.get("role")
        parts = list(_parts(message.get("content")))
        match role:
            case "system" | "developer":
                yield Turn("system", tuple(parts))
            case "user":
                yield Turn("user", tuple(parts))
            case "assistant":
                calls = [_call(call) for call in message.get("tool_calls") or ()]
                names |= {call.id: call.name for call in calls}
                yield Turn("assistant", (*parts, *calls))
            case "tool" | "function":
                id = str(message.get("tool_call_id") or message.get("name") or "")
                name = str(message.get("name") or names.get(id) or id)
                yield Turn("user", (ToolResult(id, name, parts_of(message.get("content"))[0]),))
            case _:
                raise InputError(f"a message has the role {role!r}; roles are system, user, assistant and tool")


def _parts(content: Any) -> Iterator[Part]:
    if content is None:
        return
    if isinstance(content, str):
        yield Text(content)
        return
    if not isinstance(content, (list, tuple)):
        raise InputError(f"the content of a message is text or a list of parts, not {type(content).__name__}")
    for part in content:
        if isinstance(part, str):
            yield Text(part)
        elif not isinstance(part, dict):
            raise InputError(f"a part of a message is a dict or a text, not {type(part).__name__}")
        elif part.get("type") in ("text", "input_text", "output_text") and isinstance(part.get("text"), str):
            # A text part may have members that only one provider knows, such as Anthropic's cache_control.
            yield Text(part["text"]) if set(part) <= {"type", "text"} else part
        elif part.get("type") in ("image_url", "input_image") and "image_url" in part:
            image = part["image_url"]
            yield _image(image.get("url") if isinstance(image, dict) else image)
        else:
            yield part


def _image(url: Any) -> Image:
    if not isinstance(url, str):
        raise InputError("an image has a URL, which is text")
    head, comma, data = url.partition(",")
    if not head.startswith("data:"):
        return Image(None, None, url)
    if not comma or not head.endswith(";base64"):
        raise InputError("an image in a data: URL is in base64, as data:image/png;base64,…")
    return Image(head.removeprefix("data:").removesuffix(";base64"), data, None)


def _call(call: Any) -> ToolCall:
    function = call.get("function", {}) if isinstance(call, dict) else {}
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments or "{}")
        except (ValueError, RecursionError):
            raise InputError("the arguments of a tool call in the messages are not JSON") from None
    return ToolCall(str(call.get("id") or ""), str(function.get("name") or ""), arguments or {})

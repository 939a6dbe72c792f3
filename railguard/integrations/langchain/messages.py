"""LangChain's messages and railguard's: the same conversation, there and back, with nothing lost on the way.

A guard sees {"role", "content"} dicts. What it sends on as it was is the caller's own message object again, with all that
a dict does not hold; only messages that a rule changed, and those of a reask, are made anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import BaseMessage, ChatMessage, RemoveMessage, convert_to_messages
from langchain_core.prompt_values import PromptValue

from railguard import Guard, InputError, Message

__all__ = ["Conversation", "conversation_of", "schema_in_words"]

_ROLES = {"human": "user", "ai": "assistant"}


class Conversation:
    """Messages of LangChain, as a guard takes them (`plain`) and as the model gets them (`restored`)."""

    def __init__(self, messages: Sequence[BaseMessage]) -> None:
        self._messages = tuple(messages)
        self.plain = [_plain(message) for message in messages]

    def restored(self, messages: Sequence[Message]) -> list[BaseMessage]:
        """The messages of a request: our own objects for those that are as they were, new ones for the others."""
        restored: list[BaseMessage] = []
        at = 0
        for message in messages:
            same = next((i for i in range(at, len(self.plain)) if self.plain[i] == message), None)
            if same is None:
                restored += convert_to_messages([message])
            else:
                restored.append(self._messages[same])
                at = same + 1
        return restored


def conversation_of(value: Any) -> Conversation:
    """The conversation in a prompt value, a message, messages in any form that LangChain takes, or a text.

    Raises InputError for anything else, and where there is no message in it.
    """
    if isinstance(value, PromptValue):
        messages = value.to_messages()
    elif isinstance(value, BaseMessage):
        messages = [value]
    elif isinstance(value, str):
        messages = convert_to_messages([value])
    elif isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        try:
            messages = convert_to_messages(value)
        except (NotImplementedError, ValueError, TypeError, KeyError) as error:
            raise InputError(f"the guard's input is no list of messages: {error}") from error
    else:
        raise InputError(
            f"a guard in a chain takes a prompt value, messages, a text, or a dict of its variables, "
            f"not {type(value).__name__}"
        )
    if not messages:
        raise InputError("the guard's input has no message in it, so there is nothing to ask the model")
    return Conversation(messages)


def _plain(message: BaseMessage) -> Message:
    if isinstance(message, RemoveMessage):
        raise InputError("a RemoveMessage is no part of a conversation; it belongs to a graph's state")
    role = message.role if isinstance(message, ChatMessage) else _ROLES.get(message.type, message.type)
    plain: Message = {"role": role, "content": message.content}
    if message.name:
        plain["name"] = message.name
    calls = getattr(message, "tool_calls", None)
    if calls:
        plain["tool_calls"] = [
            {
                "type": "function",
                "id": call["id"],
                "function": {"name": call["name"], "arguments": json.dumps(call["args"], default=str)},
            }
            for call in calls
        ]
    if (call_id := getattr(message, "tool_call_id", None)) is not None:
        plain["tool_call_id"] = call_id
    return plain


def schema_in_words(guard: Guard) -> str:
    """What a model must be told to write the guard's output, for a place where no provider enforces its schema."""
    schema: Mapping[str, Any] = guard.json_schema()
    if schema.get("type") == "string":
        return str(schema.get("description", ""))
    told = Guard.from_json_schema(schema, messages="${gr.complete_json_suffix}").render()
    return str(told[0]["content"])

"""Converts LangChain's messages to railguard's and back, without loss.

A guard sees {"role", "content"} dicts. A message that the guard does not change becomes the caller's own message object
again, with everything that a dict does not hold; only changed messages, and those of a reask, are new objects.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from langchain_core.messages import BaseMessage, ChatMessage, RemoveMessage, convert_to_messages
from langchain_core.prompt_values import PromptValue

from railguard import Guard, InputError, Message

__all__ = ["ChatMessages", "chat_messages", "schema_in_words"]

_ROLES = {"human": "user", "ai": "assistant"}


class ChatMessages:
    """Messages of LangChain, as a guard takes them (`plain`) and as the model gets them (`restored`)."""

    def __init__(self, messages: Sequence[BaseMessage]) -> None:
        self._messages = tuple(messages)
        self.plain = [_plain(message) for message in messages]

    def restored(self, messages: Sequence[Message]) -> list[BaseMessage]:
        """Convert the messages of a request: the caller's own objects for unchanged ones, new objects for the others."""
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


def chat_messages(value: Any) -> ChatMessages:
    """Read the conversation in a prompt value, a message, messages in any form that LangChain accepts, or a text.

    Raises InputError for anything else, and if it contains no message.
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
            raise InputError(f"the guard's input is not a list of messages: {error}") from error
    else:
        raise InputError(
            f"a guard in a chain takes a prompt value, messages, a text, or a dict of its variables, "
            f"not {type(value).__name__}"
        )
    if not messages:
        raise InputError("the guard's input has no message in it, so there is nothing to ask the model")
    return ChatMessages(messages)


def _plain(message: BaseMessage) -> Message:
    if isinstance(message, RemoveMessage):
        raise InputError("a RemoveMessage is not part of a conversation; it belongs to a graph's state")
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


@lru_cache(maxsize=64)
def schema_in_words(guard: Guard) -> str:
    """Describe the guard's output to a model if no provider enforces its schema: the JSON type, or the description of a
    text.
    """
    told = Guard(replace(guard.spec, messages=(), message_rules=(), reask=(), inputs=None)).render()
    return str(told[0]["content"] if told else guard.json_schema().get("description", ""))

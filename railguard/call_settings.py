"""The settings of a guarded call: what may be given, the defaults, and what is refused.

They are apart from `calls.py`, which runs a call and imports much, so that importing a guard stays cheap.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, ParamSpec, TypeAlias, TypedDict, TypeVar

from railguard.errors import InputError
from railguard.values import Message

__all__ = [
    "CallSettings",
    "GuardedOptions",
    "ReaskMode",
    "TellSchema",
    "called_as",
    "refuse_tell_schema",
    "shown_argument",
]

P = ParamSpec("P")
R = TypeVar("R")

ReaskMode: TypeAlias = Literal["auto", "strict", "prompt"]
TellSchema: TypeAlias = Literal["auto", "never"]

_MAX_REASKS = 10


class GuardedOptions(TypedDict, total=False):
    """The options of `@guarded` in addition to the spec: settings for every call of the function."""

    metadata: Mapping[str, Any] | None
    """Metadata for validators."""
    max_reasks: int
    """How often failing fields are asked for again, at most 10; 2 by default."""
    timeout: float | None
    """Seconds for the whole call, None for no limit; 120 by default."""
    token_budget: int
    """No reask starts once this many tokens are spent; 500,000 by default."""
    reask_mode: ReaskMode
    """Whether a reask sends its schema as a constraint ("strict"), describes it in the messages ("prompt"), or does
    what is cheaper with that model ("auto", the default).
    """
    tell_schema: TellSchema
    """Whether the type of the output is added to the last user message if neither the messages nor the provider's
    request show it ("auto", the default), or never ("never").
    """


class CallSettings(NamedTuple):
    """The settings of a guarded call, in addition to its model and its variables, with their defaults. Any other keyword
    is an option for the model.

    messages: the conversation, instead of the spec's messages. The others are as in GuardedOptions.
    """

    messages: Sequence[Message] | None = None
    metadata: Mapping[str, Any] | None = None
    max_reasks: int = 2
    timeout: float | None = 120.0
    token_budget: int = 500_000
    reask_mode: ReaskMode = "auto"
    tell_schema: TellSchema = "auto"

    @classmethod
    def split(cls, options: Mapping[str, Any]) -> tuple[CallSettings, dict[str, Any]]:
        """Split a call's keywords into its settings, which are not checked, and the options for the model."""
        own = {name: value for name, value in options.items() if name in cls._fields}
        return cls(**own), {name: value for name, value in options.items() if name not in own}

    def checked(self) -> CallSettings:
        """Return the settings. Raises InputError for a value out of range or of the wrong type."""
        messages, metadata, max_reasks, timeout, token_budget, reask_mode, tell_schema = self
        if messages is not None and not _is_list(messages):
            raise InputError('messages are a list of {"role": …, "content": …}')
        for index, message in enumerate(messages or ()):
            if type(message) is dict and "role" in message:
                continue
            is_dict = isinstance(message, Mapping)
            if (is_dict and "role" not in message) or message is None or isinstance(message, (str, int, float, bytes)):
                given = "a dict without a role" if is_dict else shown_argument(message)
                raise InputError(f'messages[{index}] is {given}; a message is {{"role": …, "content": …}}')
        if metadata is not None and not isinstance(metadata, Mapping):
            raise InputError(f"metadata is a dict, not {shown_argument(metadata)}")
        if not _is_whole(max_reasks) or not 0 <= max_reasks <= _MAX_REASKS:
            raise InputError(f"max_reasks is a whole number from 0 to {_MAX_REASKS}, not {shown_argument(max_reasks)}")
        if not _is_whole(token_budget) or token_budget < 0:
            raise InputError(f"token_budget is a whole number of tokens, not {shown_argument(token_budget)}")
        if timeout is not None and not _is_seconds(timeout):
            raise InputError(f"timeout is a number of seconds, or None for no limit, not {shown_argument(timeout)}")
        if reask_mode not in ("auto", "strict", "prompt"):
            raise InputError(f"reask_mode is auto, strict or prompt, not {shown_argument(reask_mode)}")
        refuse_tell_schema(tell_schema)
        return self


def called_as(call: Callable[P, object]) -> Callable[[Callable[..., R]], Callable[P, R]]:
    """Give a method the parameters of another one, for type checkers and `inspect.signature`, so that they are written
    only once.
    """

    def mark(method: Callable[..., R]) -> Callable[P, R]:
        returns = inspect.signature(method).return_annotation
        method.__signature__ = inspect.signature(call).replace(return_annotation=returns)  # type: ignore[attr-defined]
        return method  # a function has attributes

    return mark


def refuse_tell_schema(given: Any) -> None:
    """Raise InputError if the value is not a TellSchema."""
    if given not in ("auto", "never"):
        raise InputError(f"tell_schema is auto or never, not {shown_argument(given)}")


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or (isinstance(value, Sequence) and not isinstance(value, str))


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_seconds(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf


def shown_argument(value: Any) -> str:
    """Return a wrong value for an error message; only its type if it may be large."""
    return f"{value!r:.80}" if isinstance(value, (str, int, float)) else type(value).__name__

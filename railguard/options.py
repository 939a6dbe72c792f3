"""Keywords that are never an option of a model: other libraries' names for a guard's arguments, and misspellings of
them.

A guarded call passes every unknown keyword to the model. One of these keywords would be passed too, and the guard would
ignore the caller's intention, so it is refused with the right name.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from railguard.errors import InputError
from railguard.idioms import SEE

__all__ = ["FOREIGN", "OWN", "refuse_foreign"]

OWN = (
    "variables",
    "messages",
    "metadata",
    "max_reasks",
    "timeout",
    "token_budget",
    "reask_mode",
    "tell_schema",
    "raw",
    "on_stream_failure",
)
"""The keywords of `Guard.stream`; `Guard.__call__` takes all but the last two."""

FOREIGN: Mapping[str, str] = {
    "prompt_params": "give variables={…}",
    "num_reasks": "give max_reasks=…",
    "full_schema_reask": "a reask always asks for the failing fields alone; leave it out",
    "llm_api": "give the model first, as in guard(model, …)",
    "llm_output": "call guard.parse(text), or guard.resume(outcome, model) to have what fails asked for",
    "msg_history": "give messages=[…]",
    "prompt": "give messages=[…] where the guard is made, or here in place of them",
    "instructions": "give messages=[…] with a message of the role system",
    "reask_prompt": "write <reask> in the RAIL document",
    "reask_instructions": "write <reask> in the RAIL document",
    "reask_messages": "write <reask> in the RAIL document",
    "output_class": "make the guard of it: Guard.from_pydantic(Model)",
    "output_schema": "make the guard of it: Guard.from_json_schema(schema)",
    "response_model": "make the guard of it: Guard.from_pydantic(Model)",
    "on_fail": "give it to each rule, as in length(max=10, on_fail='fix')",
    "max_attempts": "give max_reasks=…, the number of questions after the first",
}
"""Maps a name of another library to what to write instead."""

_DECORATED = ("max_reasks", "token_budget", "reask_mode", "tell_schema")
_CUTOFF = 0.85  # "max_reask" is close to max_reasks, "max_retries" and "timeout_ms" are close to nothing


def refuse_foreign(options: Mapping[str, Any], model: Any, *, decorated: bool = False) -> None:
    """Refuse a keyword that is not an option of a model, unless the model is a callable with a parameter of that name.

    Args:
        options: The keywords that would go to the model.
        model: The model.
        decorated: Whether they were given to a function under `@guarded`, which has settings of its own.

    Raises:
        InputError: If there is such a keyword; the message says what to write instead.
    """
    for name in options:
        own = decorated and name in _DECORATED
        if name in FOREIGN:
            mend = FOREIGN[name]
        elif own:
            mend = f"give it to the decorator, as in @guarded(…, {name}=…)"
        elif name == "on_stream_failure":
            mend = "only guard.stream and guard.astream take it"
        elif name not in OWN and (close := get_close_matches(name[:100].lower(), OWN, n=1, cutoff=_CUTOFF)):
            mend = f"did you mean {close[0]}?"
        else:
            continue
        if not _has_parameter(model, name):
            see = SEE if name in FOREIGN else ""
            raise InputError(f"{name}= is not an option of a model, and a guarded call does not take it: {mend}{see}")


def _has_parameter(model: Any, name: str) -> bool:
    if not callable(model):
        return False
    try:
        return name in inspect.signature(model).parameters
    except (TypeError, ValueError):
        return False

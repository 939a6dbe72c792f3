"""Reads the document that a caller gives to an update: a JSON text or a value. It is parsed strictly, without repairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from railguard.errors import InputError

if TYPE_CHECKING:
    from railguard.checking import Plan
    from railguard.loop import UpdatedDocument

__all__ = ["document_of"]


def document_of(given: Any, plan: Plan, name: str | None = None) -> UpdatedDocument:
    """Return the document in a text, in plain data or in an instance of the user's model.

    Args:
        given: The text of a JSON document, or the value itself.
        plan: The guard's plan, which defines the type of the document.
        name: The name of the document in errors, if there are several.

    Raises:
        InputError: If a text is not JSON, a value cannot be written as JSON, or the document has no parts that could
            change.
    """
    from railguard.loop import UpdatedDocument

    what = "the document" if name is None else f"the document {name!r}"
    if plan.is_text:
        raise InputError("the output of this guard is a text, which has no parts to update: call the guard itself")
    is_text = isinstance(given, str)
    text = given if is_text else _text_of(given, what)
    state = _state_of(text.removeprefix("\ufeff"), plan, what)
    if not isinstance(state, (dict, list)):
        raise InputError(f"{what} is neither an object nor a list, so it has no parts to update: call the guard itself")
    return UpdatedDocument(state, text, is_text)


def _text_of(value: Any, what: str) -> str:
    from pydantic_core import PydanticSerializationError, to_json

    if isinstance(value, (bytes, bytearray)):
        raise InputError(f"{what} is {type(value).__name__}; decode it to str first")
    try:
        return to_json(value, by_alias=True, round_trip=True, inf_nan_mode="constants").decode()
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        raise InputError(f"{what} cannot be written as JSON: {error}") from error


def _state_of(text: str, plan: Plan, what: str) -> Any:
    import jiter

    from railguard.parsing.json.plain import keeps_limits, too_deep

    limits = plan.spec.limits
    if len(text) > limits.text:
        raise InputError(f"{what} has {len(text):,} characters; at most {limits.text:,} are read")
    try:
        state = jiter.from_json(text.encode(), catch_duplicate_keys=True, allow_inf_nan=False)
    except ValueError as error:
        raise InputError(f"{what} is not JSON: {error}") from error
    if too_deep(state, limits.depth):
        raise InputError(f"{what} is nested more than {limits.depth} levels deep")
    if not keeps_limits(state, limits):
        raise InputError(f"{what} holds a number that is out of range")
    return state

"""The conversation before the first answer: a spec's messages with everything filled in.

One pass: a value stands in its message exactly as it was given, whatever it looks like. Nothing is dropped and nothing
is made up: a missing variable and an unknown one are the caller's errors, each with the name that was probably meant.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from railguard.errors import InputError
from railguard.prompting import templates
from railguard.prompting.describe import slot_text
from railguard.spec import Slot, Spec, Template
from railguard.values import UNSET, Message

__all__ = ["conversation", "dumped", "variables"]


def conversation(spec: Spec, values: Mapping[str, Any]) -> list[Message]:
    """The messages of a spec, filled. `values` are checked already; here they only become text.

    A str stands verbatim, every other value as JSON, a pydantic model as the JSON it dumps to. Of the inputs that a
    spec declares, a missing optional one is its default, or else empty. Content parts pass as they are.

    Raises InputError for a variable that is missing, unknown, or has no form as text.
    """
    read = [_read(message.content) for message in spec.messages]
    needed = _names(read)
    declared = {field.name: field for field in spec.inputs.fields} if spec.inputs is not None else {}
    known = dict.fromkeys([*declared, *needed])
    _refuse_unknown(values, known)
    texts = {}
    for name in known:
        if name in values:
            texts[name] = _as_text(name, values[name])
        elif name in declared and not declared[name].required:
            default = declared[name].default
            texts[name] = "" if default is UNSET else _as_text(name, default)
        else:
            raise _missing(name, values, known)
    rendered: dict[Slot, str] = {}

    def slot_of(slot: Slot) -> str:
        if slot not in rendered:
            rendered[slot] = slot_text(slot, spec.schema)
        return rendered[slot]

    return [
        {
            "role": message.role,
            "content": templates.fill(content, texts, slot_of) if isinstance(content, Template) else _copied(content),
        }
        for message, content in zip(spec.messages, read, strict=True)
    ]


def variables(spec: Spec) -> tuple[str, ...]:
    """The prompt variables of a spec in order: those it declares, then those its messages use beside them."""
    declared = [field.name for field in spec.inputs.fields] if spec.inputs is not None else []
    return tuple(dict.fromkeys([*declared, *_names([_read(message.content) for message in spec.messages])]))


def _read(content: Template | list[Any]) -> Template | list[Any]:
    return templates.expand(content) if isinstance(content, Template) else content


def _names(contents: Collection[Template | list[Any]]) -> list[str]:
    found = (content.variables for content in contents if isinstance(content, Template))
    return list(dict.fromkeys(name for names in found for name in names))


def _copied(part: Any) -> Any:
    """Content parts as new lists and dicts, so that an SDK that writes into them does not write into the spec."""
    if isinstance(part, dict):
        return {key: _copied(value) for key, value in part.items()}
    return [_copied(item) for item in part] if isinstance(part, list) else part


def _refuse_unknown(values: Mapping[str, Any], known: Collection[str]) -> None:
    for name in values:
        if name not in known:
            raise InputError(
                f"there is no variable {name!r}{_meant(name, [one for one in known if one not in values])}; "
                f"the spec has {_list(known)}"
            )


def _missing(name: str, values: Mapping[str, Any], known: Collection[str]) -> InputError:
    return InputError(f"the variable {name!r} is missing; the spec has {_list(known)}, given were {_list(values)}")


def _meant(name: str, names: Collection[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def _list(names: Collection[str]) -> str:
    shown = [repr(name) for name in names][:20]
    if len(names) > 20:
        shown.append(f"and {len(names) - 20} more")
    return ", ".join(shown) if shown else "none"


def _as_text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=dumped)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"the variable {name!r} is a {type(value).__name__} that has no form as JSON ({error}); give it as text"
        ) from error


def dumped(value: Any) -> Any:
    """What a pydantic model, by its own method, is as plain data."""
    dump = getattr(value, "model_dump", None)
    if dump is None:
        raise TypeError(f"{type(value).__name__} is no JSON value")
    return dump(mode="json")

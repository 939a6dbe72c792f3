"""The conversation before the first answer: a spec's messages with all variables filled in.

There is one pass: a value appears in its message exactly as given. Nothing is dropped or invented: a missing or unknown
variable is the caller's error, and the message suggests the name that was probably meant.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from railguard.errors import InputError
from railguard.prompting import templates
from railguard.prompting.describe import slot_text
from railguard.prompting.shown import form_of
from railguard.spec import ShownAs, Slot, Spec, Template
from railguard.values import UNSET, Message

__all__ = ["as_json", "conversation", "dumped", "refuse_unknown", "spec_variables"]


def conversation(spec: Spec, values: Mapping[str, Any], *, updates: bool = False) -> list[Message]:
    """Return the filled messages of a spec. `values` were already checked; here they only become text. updates: of the
    primitives that ask for the whole output, only the schema is kept.

    A str is inserted unchanged, any other value as JSON, a pydantic model as the JSON of its dump. A missing optional
    variable becomes its default, or else empty. Content parts are not changed.

    Raises InputError for a variable that is missing, unknown, or has no form as text.
    """
    form = form_of(spec)
    read = [_read(message.content, form=form, updates=updates) for message in spec.messages]
    needed = _names(read)
    declared = {field.name: field for field in spec.inputs.fields} if spec.inputs is not None else {}
    known = dict.fromkeys([*declared, *needed])
    refuse_unknown(values, known)
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


def spec_variables(spec: Spec) -> tuple[str, ...]:
    """Return the prompt variables of a spec in order: the declared ones, then others that its messages use."""
    declared = [field.name for field in spec.inputs.fields] if spec.inputs is not None else []
    return tuple(dict.fromkeys([*declared, *_names([_read(message.content) for message in spec.messages])]))


def _read(
    content: Template | list[Any], *, form: ShownAs = "json-schema", updates: bool = False
) -> Template | list[Any]:
    return templates.expand(content, form=form, updates=updates) if isinstance(content, Template) else content


def _names(contents: Collection[Template | list[Any]]) -> list[str]:
    found = (content.variables for content in contents if isinstance(content, Template))
    return list(dict.fromkeys(name for names in found for name in names))


def _copied(part: Any) -> Any:
    """Copy content parts, so that an SDK that changes them does not change the spec."""
    if isinstance(part, dict):
        return {key: _copied(value) for key, value in part.items()}
    return [_copied(item) for item in part] if isinstance(part, list) else part


def refuse_unknown(values: Mapping[str, Any], known: Collection[str]) -> None:
    """Raises InputError for a variable that is none of those of the spec, with the name that was probably meant."""
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

    close = get_close_matches(str(name)[:200], names, n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def _list(names: Collection[str]) -> str:
    shown = [repr(name) for name in names][:20]
    if len(names) > 20:
        shown.append(f"and {len(names) - 20} more")
    return ", ".join(shown) if shown else "none"


def _as_text(name: str, value: Any) -> str:
    return value if isinstance(value, str) else as_json(name, value)


def as_json(name: str, value: Any) -> str:
    """The JSON text of a variable. Raises InputError for what has none."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=dumped)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"the variable {name!r} is a {type(value).__name__} that has no form as JSON ({error}); give it as text"
        ) from error


def dumped(value: Any) -> Any:
    """Return a pydantic model, by its own method, as plain data."""
    dump = getattr(value, "model_dump", None)
    if dump is None:
        raise TypeError(f"{type(value).__name__} is not a JSON value")
    return dump(mode="json")

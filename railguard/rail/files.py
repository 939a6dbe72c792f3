"""The entry points: text, bytes or a path becomes a Spec or a list of problems. Files are read as bytes, independent of
the locale.
"""

from __future__ import annotations

import os

from railguard.errors import Problem, SpecError
from railguard.rail.spec_reader import read_spec
from railguard.spec import Spec
from railguard.values import Limits

__all__ = ["check", "load", "load_file"]


def load(source: str | bytes, *, file: str | None = None, limits: Limits | None = None) -> Spec:
    """Load the spec of a RAIL document. source: the document, as text or as bytes in any encoding XML knows how to
    name. file: its name, for messages.
    limits: bounds on its size, and the limits of the spec. Raises SpecError with all problems, in document order;
    what is merely odd is in `Spec.warnings`.
    """
    spec, problems = read_spec(source, file, limits or Limits())
    if spec is None:
        raise SpecError(problems)
    return spec


def load_file(path: str | os.PathLike[str], *, limits: Limits | None = None) -> Spec:
    """Load the spec of a RAIL file. Raises SpecError, also if the file is missing or cannot be read."""
    return load(_bytes(path, limits), file=os.fspath(path), limits=limits)


def check(
    source: str | bytes | os.PathLike[str], *, file: str | None = None, limits: Limits | None = None
) -> list[Problem]:
    """Return all problems of a RAIL document. It never raises for an invalid one.

    Args:
        source: A path; or the document: bytes, or text that begins with `<` or has more than one line.
        file: The file name in problems; by default the path.
        limits: Limits on reading it.

    Returns:
        Errors and warnings, in document order; empty if there are none.
    """
    try:
        if isinstance(source, bytes) or (isinstance(source, str) and _is_document(source)):
            data: str | bytes = source
        else:
            data = _bytes(source, limits)
            file = file or os.fspath(source)
    except SpecError as error:
        return list(error.problems)
    return read_spec(data, file, limits or Limits())[1]


def _is_document(text: str) -> bool:
    return text.removeprefix("\ufeff").lstrip().startswith("<") or "\n" in text


def _bytes(path: str | os.PathLike[str], limits: Limits | None) -> bytes:
    most = (limits or Limits()).spec_bytes
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            return file.read(most + 1)  # one byte more than allowed is enough to refuse the file
    except FileNotFoundError:
        message = "there is no such file"
        is_text = name.lstrip("\ufeff \t\r\n").startswith("<")
        hint = "give a document's text to Guard.from_rail_string" if is_text else f"paths are relative to {os.getcwd()}"
    except IsADirectoryError:
        message, hint = "this is a folder, not a file", "name a RAIL file in it"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message, hint = f"the file cannot be read: {reason}", "check its name and its permissions"
    raise SpecError([Problem(f"{message}: {name!r:.200}", "no-file", file=name, hint=hint)])

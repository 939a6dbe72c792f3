"""xml: a text is a well-formed XML document."""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from railguard import UNSET, FailResult, validator
from railguard_validators._formats.fences import unfenced
from railguard_validators._formats.positions import place, span
from railguard_validators._wording import shown

_DEEPEST = 128
_NAME = re.compile(r"[^\W\d][\w.-]*")


class Xml:
    """A well-formed document of XML 1.0 with namespaces: one root element, every element closed, every prefix declared.
    A DOCTYPE is refused, so that no entity can be declared and nothing external referenced; nesting beyond 128 is
    refused. The meaning of elements is not checked. An encoding that is declared does not matter: a text is characters.

    The fix removes white space around the document, and a Markdown code fence.

    root: the name of the root element, without a prefix; None for any.

    >>> xml(root="note").run("<note>Hello</note>")
    >>> xml().run("<note>Hello<note>").message
    'The text is not well-formed XML: no element found (some are not closed: "note", "note") at line 1, column 18.'
    >>> xml(root="note").run("<memo/>").message
    'The root element must be "note"; it is "memo".'
    """

    __slots__ = ("_root", "prompt")

    def __init__(self, root: str | None = None) -> None:
        if root is not None and not _NAME.fullmatch(root):
            raise ValueError(f"root is {root!r}; give the name of an element without a prefix, such as 'note'")
        self._root = root
        self.prompt = "a well-formed XML document" + (f" with the root element {root}" if root else "")

    def __call__(self, value: str) -> FailResult | None:
        reading = _Reading(value)
        if reading.problem is not None:
            what, at = reading.problem
            fix: Any = UNSET
            for other in (value.strip(), unfenced(value)):
                if other and other != value and self(other) is None:
                    fix = other
            return FailResult(
                f"The text is not well-formed XML: {what} at {place(value, at)}.", fix=fix, spans=[span(value, at)]
            )
        if self._root is not None and reading.root != self._root:
            return FailResult(f"The root element must be {shown(self._root)}; it is {shown(reading.root)}.")
        return None


class _Refused(Exception):
    """Raised for well-formed XML that is not allowed."""


class _Reading:
    """One pass of expat over a text: the root's local name, or the error and its position."""

    def __init__(self, text: str) -> None:
        self.root: str | None = None
        self.problem: tuple[str, int] | None = None
        self._open: list[str] = []
        try:
            data = text.encode()
        except UnicodeEncodeError as error:
            self.problem = "it has a lone surrogate, which is no character,", error.start
            return
        parser = expat.ParserCreate("utf-8", " ")  # the separator makes expat check namespaces
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = _doctype
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code) or "it cannot be read"
            if error.code == _NO_ELEMENTS and self._open:
                names = ", ".join(shown(name, 40) for name in self._open[-3:])
                what += f" (some are not closed: {names})"
            self.problem = what, _characters(data, parser.ErrorByteIndex)
        except _Refused as refused:
            self.problem = str(refused), _characters(data, parser.CurrentByteIndex)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if self.root is None:
            self.root = local
        self._open.append(local)
        if len(self._open) > _DEEPEST:
            raise _Refused(f"elements are nested more than {_DEEPEST} deep")

    def _end(self, name: str) -> None:
        self._open.pop()


_NO_ELEMENTS = expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]


def _doctype(*declared: Any) -> None:
    raise _Refused("a DOCTYPE is not allowed; leave it out")


def _characters(data: bytes, index: int) -> int:
    return len(data[: max(index, 0)].decode("utf-8", "ignore"))


xml = validator("xml", subject="Documents and code", aliases=("valid-xml",))(Xml)

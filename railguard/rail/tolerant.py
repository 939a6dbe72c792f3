"""Parses text that may be broken XML to its syntax tree, in one pass and in linear time. Parsing never stops at a
fault.

A text is well-formed, as expat defines it, exactly if the tree has no faults; a DOCTYPE and a processing instruction
are faults too, because a spec has none. Broken text is read as its author most likely meant it: a start tag without `>`
ends before the next `<`, a value without its closing quote ends with its line or before the next attribute, and an
element that is never closed ends with the one around it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from railguard.lazy import regex
from railguard.rail.syntax import (
    ENTITIES,
    NAME,
    REFERENCE,
    AttributeSyntax,
    Document,
    ElementShape,
    Fault,
    MarkupShape,
    Shape,
    TextShape,
    attributes_in,
    is_character,
    moved,
)
from railguard.values import Limits

__all__ = ["tree"]

_MOST_FAULTS = 1_000
_DEEPEST = 1_000  # levels of elements; a spec has at most 100
_START = regex(rf"<({NAME})((?:\s++{NAME}\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'))*+)\s*+(/?)>")
_OPENING = regex(rf"<({NAME})")
_END = regex(rf"</({NAME})?([^<>]*+)(>?)")
_SPACE = regex(r"\s*+")
_MAYBE_NAME = regex(r"\s([^\s=]++)\s*+=")
_WORD = regex(r"[^\s=<>/\"']++")
_SLASH = regex(r"/\s*+(>|(?=<)|\Z)")
_SPACED_TAG = regex(rf"<\s++({NAME})(?=\s++{NAME}\s*+=|\s*+/?>)")
_VALUE_ALONE = regex(r"=\s*+(?:\"[^\"<\n]*+\"|'[^'<\n]*+')")
_CURLY = "“”„‟‘’‚‛«»″′"
_EQUALS = regex(r"\s*+=\s*+")
_UNQUOTED = regex(r"[^\s<>\"'=]++")
_MORE_QUOTES = {  # the rest of a value that contains its own quote, up to the end of the tag or the next attribute
    quote: regex(rf"(?:[^=<>\n{quote}]*+{quote}(?!\s*+/?>|\s++{NAME}\s*+=))*+[^=<>\n{quote}]*+{quote}")
    for quote in ('"', "'")
}
_TAG_LIKE = regex(r"</?[^\W\d]|<!")
_RUNS_ON = regex(rf"(?s)(.*?)(\s++)({NAME})\s*+=\s*+\Z")
_DOCTYPE = regex(r"<!DOCTYPE[^<>\[]*+(?:\[[^\]]*+\]\s*+)?>?")
_AMPERSAND = regex(  # except references that clearly represent a character that XML allows
    r"&(?!(?:amp|lt|gt|quot|apos|#(?:3[2-9]|[4-9][0-9]|[1-9][0-9]{2,3}|[1-4][0-9]{4})"
    r"|#x(?:[2-9A-Fa-f][0-9A-Fa-f]|[1-9A-Fa-f][0-9A-Fa-f]{2}|[1-9A-Ca-c][0-9A-Fa-f]{3}));)"
)
_ENTITY_NAME = regex(r"&([^\W\d][\w.-]{0,40}+)")
_COMMON_ENTITIES = {
    **{"nbsp": "&#160;", "copy": "©", "reg": "®", "euro": "€", "pound": "£", "deg": "°", "ndash": "–", "mdash": "—"},
    **{"hellip": "…", "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”", "laquo": "«", "raquo": "»"},
    **{"bull": "•", "middot": "·", "times": "×", "larr": "←", "rarr": "→", "le": "≤", "ge": "≥", "ne": "≠"},
}
"""Maps entities that HTML has and XML does not to their replacement."""


def tree(text: str, *, most_elements: int = Limits().spec_elements, before: Document | None = None) -> Document:
    """Parse a RAIL document, which may be broken, to its syntax tree.

    It never raises, and time and memory grow linearly with the text. The text after element number `most_elements`,
    after the 1,000th fault, or deeper than 1,000 elements is not parsed: a fault says so, and the rest is one text.

    Args:
        text: the document.
        most_elements: the most elements to parse.
        before: the tree of the document before it was changed. Unchanged elements are not parsed again; the result is
            the same.

    Returns:
        The tree. Its `faults` are empty exactly if the text is well-formed XML without a DOCTYPE and processing
        instructions, and has no more elements, and no more of them inside one another, than allowed.

    >>> tree('<rail><output type="string"/>').faults[0].code
    'unclosed-element'
    """
    if before is not None and text == before.text:
        return before
    return _Reader(text, most_elements, {} if before is None else _unchanged(before, text)).read()


def _unchanged(before: Document, text: str) -> dict[int, ElementShape]:
    """Return the largest elements of a document that also exist in a changed text, by their offsets there.

    Only elements that are closed and have no fault: they are parsed in the same way in any context.
    """
    old = before.text
    first = _in_common(old, text)
    rest = _in_common(old, text, behind=first)
    last, by = len(old) - rest, len(text) - len(old)
    found: dict[int, ElementShape] = {}
    todo = [(before.shape, 0)]
    while todo:
        around, start = todo.pop()
        for shape, place in zip(around.children, around.places, strict=True):
            at = start + place
            if not isinstance(shape, ElementShape):
                continue
            if not shape.is_sound:
                todo.append((shape, at))
            elif at + shape.size <= first:
                found[at] = shape
            elif at >= last:
                found[at + by] = shape
            elif shape.children:
                todo.append((shape, at))
    return found


def _in_common(one: str, other: str, behind: int | None = None) -> int:
    """Return how many characters two texts have in common at the start, or at the end without some at the start."""
    low, high = 0, min(len(one), len(other)) - (behind or 0)
    while low < high:  # comparing slices is faster than a loop over characters
        middle = (low + high + 1) // 2
        if behind is None:
            same = one[low:middle] == other[low:middle]
        else:
            same = one[len(one) - middle : len(one) - low] == other[len(other) - middle : len(other) - low]
        low, high = (middle, high) if same else (low, middle - 1)
    return low


class _Open:
    """An element that is not closed yet. faults: the number of faults before its content; -1 if its start tag has some."""

    __slots__ = ("faults", "shape", "start")

    def __init__(self, shape: ElementShape, start: int, faults: int) -> None:
        self.shape, self.start, self.faults = shape, start, faults


class _Reader:
    def __init__(self, text: str, most_elements: int, known: Mapping[int, ElementShape]) -> None:
        self.text = text
        self.left = self.most = most_elements
        self.known = known
        self.document = Document(text, ElementShape(""), [])
        self.top = _Open(self.document.shape, 0, 0)
        self.open: list[_Open] = []
        self.counts: dict[str, int] = {}
        self.has_root = False
        self._never: set[str] = set()
        self._ends: dict[str, int] = {}
        self._told_after = self._told_before = False

    def read(self) -> Document:
        text, at, known = self.text, 0, self.known
        while (found := text.find("<", at)) >= 0 and self._goes_on():
            shape = known.get(found)
            if shape is not None and shape.elements <= self.left and len(self.open) + shape.depth < _DEEPEST:
                at = self._as_before(shape, found, at)
            else:
                at = self._markup(found, at)
        if found >= 0:
            return self._stopped(at)
        self._text(at, len(text))
        left = self._all_ended()
        if not self._never:  # otherwise an end tag inside an unclosed part may close them
            for one in left:
                if one.shape.is_terminated:
                    self._unclosed(one)
        if not self.has_root and not self.document.faults:
            self._no_document()
        self.document.faults.sort(key=lambda fault: fault.start)
        return self.document

    def _as_before(self, shape: ElementShape, at: int, behind: int) -> int:
        """Reuse an element of an earlier text, after the text before it. Returns the offset to continue at."""
        self._text(behind, at)
        self._add(shape, at)
        self._is_there(at)
        self._counted(shape)
        self.left -= shape.elements
        return at + shape.size

    def _goes_on(self) -> bool:
        return self.left >= 0 and len(self.document.faults) < _MOST_FAULTS and len(self.open) <= _DEEPEST

    def _stopped(self, at: int) -> Document:
        """Return the document, with the rest unparsed."""
        faults, end = self.document.faults, len(self.text)
        faults.sort(key=lambda fault: fault.start)
        if self.left < 0:
            message = f"the document has more than {self.most:,} elements: the rest is not read"
            self.fault("too-many-elements", message, "split the spec, or raise Limits.spec_elements", at, at)
        elif len(self.open) > _DEEPEST:
            message = f"elements are nested deeper than {_DEEPEST:,}: the rest is not read"
            self.fault("too-deep", message, "flatten the spec", at, at)
        self._add(TextShape(end - at, self.text[at:]), at)
        self._all_ended()
        return self.document

    def _all_ended(self) -> list[_Open]:
        """End all open elements at the end of the text. Returns them, outermost first."""
        left = list(self.open)
        while self.open:
            self._popped(len(self.text))
        self.top.shape.size = len(self.text)
        return left

    # -- faults

    def fault(self, code: str, message: str, hint: str, start: int, end: int) -> None:
        if len(self.document.faults) < _MOST_FAULTS:
            self.document.faults.append(Fault(code, message, hint, start, end))

    def _no_document(self) -> None:
        if not self.text.strip():
            self.fault("empty-document", "the document is empty", 'write <rail version="1.0">…</rail>', 0, 0)
        else:
            at = len(self.text) - len(self.text.lstrip())
            self.fault("text-before-document", "there is no element", "a RAIL document begins with <rail>", at, at)

    def _unclosed(self, element: _Open, by: str | None = None, at: int = 0) -> None:
        """Report an element that is never closed. by: the end tag that closes the element around it, at an offset."""
        tag = element.shape.tag[:40]
        because = ""
        if by is not None:
            line, column = self.document.position(at)
            because = f": </{by[:40]}> at {line}:{column} closes the element around it"
        self.fault(
            "unclosed-element",
            f"<{tag}> was opened here and is never closed{because}",
            f"close it with </{tag}>, or as <{tag} …/>",
            element.start,
            element.start + 1 + len(element.shape.tag),
        )

    # -- content

    def _add(self, shape: Shape, at: int) -> None:
        around = self.open[-1] if self.open else self.top
        around.shape.children.append(shape)
        around.shape.places.append(at - around.start)

    def _is_there(self, at: int) -> None:
        """Record that an element begins at an offset: the root, if it is the first one."""
        if self.open:
            return
        if self.has_root:
            self._beside_the_root(at)
        self.has_root = True

    def _counted(self, shape: ElementShape) -> None:
        """Add a parsed element to the one around it, which is the innermost open one."""
        around = (self.open[-1] if self.open else self.top).shape
        around.elements += shape.elements
        around.depth = max(around.depth, shape.depth + 1)

    def _text(self, start: int, end: int) -> None:
        """Read the text between two pieces of markup."""
        if start == end:
            return
        raw = self.text[start:end]
        self._add(TextShape(end - start, raw), start)
        if not self.open and not raw.isspace():
            self._beside_the_root(start + len(raw) - len(raw.lstrip()))
        elif "&" in raw:
            self._references(start, end)
        if "]]>" in raw and self.open:
            at = start + raw.index("]]>")
            self.fault("xml-syntax", "]]> ends no CDATA section here", "write ]]&gt;", at, at + 3)

    def _beside_the_root(self, at: int) -> None:
        if not self.has_root:
            if not self._told_before:
                self._told_before = True
                hint = "a RAIL document begins with <rail>"
                self.fault("text-before-document", "there is text before the document", hint, at, at + 1)
        elif not self._told_after:
            self._told_after = True
            hint = "a RAIL document is one <rail> element with nothing after it"
            self.fault("after-document", "the document has ended, yet something follows", hint, at, at + 1)

    def _references(self, start: int, end: int) -> None:
        """Report each & that is not a reference to a character or to one of XML's five entities."""
        for found in _AMPERSAND.finditer(self.text, start, end):
            if len(self.document.faults) >= _MOST_FAULTS:
                return
            at = found.start()
            reference = REFERENCE.match(self.text, at, end)
            if reference is None:
                name = _ENTITY_NAME.match(self.text, at, end)
                if name is not None and name[1] in ENTITIES:
                    mend = f"write &{name[1]}; with a semicolon"
                    self.fault("bare-ampersand", f"&{name[1]} has no semicolon", mend, at, name.end())
                else:
                    self.fault("bare-ampersand", "an & that starts no reference", "write &amp;", at, at + 1)
            elif reference[3] is not None:
                name_ = reference[3]
                text = _COMMON_ENTITIES.get(name_)
                mend = f"write {text}" if text else f"write &amp;{name_[:40]}; for the text &{name_[:40]};"
                self.fault("undefined-entity", f"XML has no entity &{name_[:40]};", mend, at, reference.end())
            else:
                code = int(reference[1]) if reference[1] is not None else int(reference[2], 16)
                if not is_character(code):
                    message = f"{reference[0]} is not a character that XML allows"
                    self.fault("xml-syntax", message, "remove it", at, reference.end())

    def _markup(self, at: int, behind: int) -> int:
        """Parse the markup that begins with the `<` at an offset, with the text before it from `behind` on. Returns the
        offset to continue at.
        """
        text = self.text
        if (start := _START.match(text, at)) is not None:
            self._text(behind, at)
            return self._well_formed(start)
        if _OPENING.match(text, at) is not None:
            self._text(behind, at)
            return self._broken(at)
        if text.startswith("</", at):
            self._text(behind, at)
            return self._end_tag(at)
        if text.startswith("<!--", at):
            self._text(behind, at)
            return self._comment(at)
        if text.startswith("<![CDATA[", at):
            self._text(behind, at)
            end = self._until("]]>", at, at + 9, "a CDATA section")
            raw = text[at + 9 : end - 3 if text.endswith("]]>", at + 9, end) else end]
            self._add(TextShape(end - at, raw, cdata=True), at)
            if not self.open:
                self._beside_the_root(at)
            return end
        if text.startswith("<?", at):
            self._text(behind, at)
            return self._instruction(at)
        if (doctype := _DOCTYPE.match(text, at, at + 4096)) is not None:
            self._text(behind, at)
            message = "a DOCTYPE is refused: it could declare entities or pull in another file"
            self.fault("doctype", message, "remove it; a spec needs none", at, at + 9)
            self._add(MarkupShape(doctype.end() - at, "doctype"), at)
            return doctype.end()
        spaced = _SPACED_TAG.match(text, at)
        hint = f"write <{spaced[1][:40]} without a space, or &lt; for the sign" if spaced else "write &lt;"
        self.fault("bare-less-than", "a < that starts no tag", hint, at, at + 1)
        self._text(behind, at + 1)  # the & is text
        return at + 1

    def _until(self, closing: str, opened: int, behind: int, what: str) -> int:
        """Return the end of markup that is open at an offset; the end of the text if it is never closed."""
        end = -1 if closing in self._never else self.text.find(closing, behind)
        if end < 0:
            self._never.add(closing)
            hint = f"close it with {closing}"
            self.fault("unclosed-element", f"{what} that is never closed", hint, opened, behind)
            return len(self.text)
        return end + len(closing)

    def _comment(self, at: int) -> int:
        end = self._until("-->", at, at + 4, "a comment")
        inside = self.text.find("--", at + 4, end - 3)
        if inside >= 0 and self.text.endswith("-->", at + 4, end):
            hint = "write - - or another sign; a comment ends with -->"
            self.fault("xml-syntax", "-- inside a comment", hint, inside, inside + 2)
        elif self.text.endswith("--->", at + 4, end):
            self.fault("xml-syntax", "a comment ends with three hyphens", "end it with -->", end - 4, end)
        self._add(MarkupShape(end - at, "comment"), at)
        return end

    def _instruction(self, at: int) -> int:
        end = self._until("?>", at, at + 2, "a processing instruction")
        target = re.split(r"[\s?>]", self.text[at + 2 : at + 44], maxsplit=1)[0]
        first = not self.top.shape.children and not self.open
        first = first or (not self.has_root and not self.text[:at].strip())
        if target == "xml" and first:
            self._add(MarkupShape(end - at, "declaration"), at)
            return end
        if target == "xml":
            message, hint = "the XML declaration does not stand at the beginning", "put it into the first line"
            self.fault("xml-syntax", message, hint, at, end)
        else:
            message = f"the processing instruction <?{target[:40]}?> is refused"
            self.fault("processing-instruction", message, "remove it", at, end)
        self._add(MarkupShape(end - at, "instruction"), at)
        return end

    # -- tags

    def _well_formed(self, start: re.Match[str]) -> int:
        tag, inside, slash = start.groups()
        faults = len(self.document.faults)
        if inside:
            names = _MAYBE_NAME.findall(inside)
            if "&" in inside or (len(names) > 1 and len(set(names)) < len(names)):
                attributes = attributes_in(inside, start.start(2))
                self._doubled(attributes)
                for one in attributes:
                    self._references(one.value_start, one.value_end)
        shape = ElementShape(tag, start.end() - start.start(), inside, is_empty=bool(slash))
        self._opened(shape, start.start(), faults)
        return start.end()

    def _doubled(self, attributes: list[AttributeSyntax]) -> None:
        seen: set[str] = set()
        for one in attributes:
            if one.name in seen:
                message = f"the attribute {one.name[:40]!r} is given twice"
                self.fault("duplicate-attribute", message, "remove one", one.start, one.name_end)
            seen.add(one.name)

    def _opened(self, shape: ElementShape, at: int, faults: int) -> None:
        """Record a start tag. faults: the number of faults before it."""
        is_sound = faults == len(self.document.faults) < _MOST_FAULTS
        self._add(shape, at)
        self._is_there(at)
        self.left -= 1
        if shape.is_empty:
            shape.is_sound = is_sound
            self._counted(shape)
        else:
            self.open.append(_Open(shape, at, len(self.document.faults) if is_sound else -1))
            self.counts[shape.tag] = self.counts.get(shape.tag, 0) + 1

    def _broken(self, at: int) -> int:
        """Parse a start tag that is not well-formed."""
        text = self.text
        name = _OPENING.match(text, at)
        assert name is not None, "asked of a tag with a name only"
        tag, here = name[1], name.end()
        faults = len(self.document.faults)
        attributes: list[AttributeSyntax] = []
        end, empty, terminated = here, False, False
        while True:
            space = _SPACE.match(text, here)
            behind = space.end() if space else here
            sign = text[behind : behind + 1]
            if sign == ">":
                end, terminated = behind + 1, True
                break
            if sign == "/" and (closed := _SLASH.match(text, behind)) is not None:
                end, empty, terminated = closed.end(), True, True
                if not closed[1]:
                    end = behind + 1
                    self.fault("unclosed-element", f"the / of the tag <{tag[:40]} has no >", "write />", behind, end)
                elif closed.end() > behind + 2:
                    self.fault("xml-syntax", "white space inside />", "write />", behind, end)
                break
            if sign in ("<", ""):
                self._not_closed(tag, here, behind)
                end = here  # the next end tag shows whether > or /> is meant
                break
            if sign in "/\"'=":
                self._stray_sign(sign, behind)
                value = _VALUE_ALONE.match(text, behind)
                here = value.end() if value else behind + 1
                continue
            if behind == here and attributes:
                hint = "write a space between two attributes"
                self.fault("attribute-syntax", "there is no space before this attribute", hint, behind, behind + 1)
            attribute = self._attribute(behind)
            attributes.append(attribute)
            here = attribute.end
        self._doubled(attributes)
        shape = ElementShape(tag, end - at, moved(attributes, -at), is_empty=empty, is_terminated=terminated)
        self._opened(shape, at, faults)
        return end

    def _not_closed(self, tag: str, at: int, following: int) -> None:
        message = f"the tag <{tag[:40]} is never closed"
        if following < len(self.text):
            line, _ = self.document.position(following)
            message = f"the tag <{tag[:40]} is not closed before the next one, in line {line}"
        self.fault("unclosed-element", message, "close it with > or />", at, at)

    def _stray_sign(self, sign: str, at: int) -> None:
        messages = {
            "/": ("a / inside a tag", "a tag ends with > or />"),
            "=": ("an = without an attribute before it", 'an attribute is written name="value"'),
        }
        message, hint = messages.get(sign, ("a quote that opens no value", "remove it, or write &quot; inside a value"))
        self.fault("attribute-syntax", message, hint, at, at + 1)

    def _attribute(self, at: int) -> AttributeSyntax:
        """Parse one attribute of a broken tag, whose name begins at an offset."""
        text = self.text
        word = _WORD.match(text, at)
        assert word is not None, "every sign that ends a word was handled"
        name, name_end = word[0], word.end()
        if re.fullmatch(NAME, name) is None:
            message, hint = f"{name[:40]!r} is not a valid attribute name", 'an attribute is written name="value"'
            self.fault("attribute-syntax", message, hint, at, name_end)
            known = True
        else:
            known = False
        equals = _EQUALS.match(text, name_end)
        if equals is None and name.endswith(":") and text[name_end : name_end + 1] in ('"', "'"):
            name = name[:-1]
            self.fault("attribute-syntax", "a : where an = stands", f'write {name[:40]}="…"', name_end - 1, name_end)
            return self._quoted(name, at, name_end - 1, name_end)
        if equals is None and text[name_end : name_end + 1] in ('"', "'"):
            if not known:
                self.fault("attribute-syntax", "an = is missing here", f'write {name[:40]}="…"', name_end, name_end)
            return self._quoted(name, at, name_end, name_end)
        if equals is None:
            if not known:
                shown = name[:40]
                message, hint = f"the attribute {shown!r} has no value", f'write {shown}="…"'
                self.fault("attribute-syntax", message, hint, at, name_end)
            return AttributeSyntax(name, at, name_end, name_end, name_end, name_end, None)
        start = equals.end()
        quote = text[start : start + 1]
        if quote not in ('"', "'") or not quote:
            value = _UNQUOTED.match(text, start)
            end = value.end() if value else start
            if text.startswith("/>", end - 1):
                end -= 1  # the / belongs to the end of the tag
            shown = text[start:end].strip(_CURLY)[:40]
            plain = "plain " if shown != text[start:end][:40] else ""
            message, hint = f"the value of {name[:40]!r} has no {plain}quotes", f'write {name[:40]}="{shown}"'
            self.fault("unquoted-value", message, hint, start, end)
            return AttributeSyntax(name, at, name_end, start, end, end, text[start:end])
        return self._quoted(name, at, name_end, start)

    def _quoted(self, name: str, at: int, name_end: int, quote: int) -> AttributeSyntax:
        """Parse the attribute whose value begins with the quote at an offset."""
        end, closed = self._value(name, quote)
        self._references(quote + 1, end)
        return AttributeSyntax(name, at, name_end, quote + 1, end, end + closed, self.text[quote + 1 : end])

    def _value(self, name: str, opened: int) -> tuple[int, bool]:
        """Return the end of the value whose quote is at an offset, and whether a quote closes it there."""
        text, quote = self.text, self.text[opened]
        until = re.compile(rf"[^{quote}<]*+")
        at = opened + 1
        while True:
            found = until.match(text, at)
            at = found.end() if found else at
            sign = text[at : at + 1]
            if sign == quote:
                break
            if sign == "<" and (_TAG_LIKE.match(text, at) is None or self._closes_in_line(quote, at)):
                hint = "write &lt;"
                self.fault("bare-less-than", "a < inside the value of an attribute", hint, at, at + 1)
                at += 1
                continue
            return self._cut_off(name, opened, at), False
        after = text[at + 1 : at + 2]
        runs_on = _RUNS_ON.match(text[opened + 1 : at]) if after not in ("", ">", "/") and not after.isspace() else None
        if runs_on is not None:
            end = opened + 1 + runs_on.end(1)
            before = f"before {runs_on[3][:40]}="
            self._no_quote(name, opened, end, before)
            return end, False
        if after not in ("", ">", "/", "<") and not after.isspace():
            more = _MORE_QUOTES[quote].match(text, at + 1)
            if more is not None:
                message = f"a quote inside the value of {name[:40]!r}"
                mend = "&quot;" if quote == '"' else "&apos;"
                other = "'" if quote == '"' else '"'
                has = other in text[opened : more.end()]
                hint = f"write {mend}" + ("" if has else f", or put the value between {other} and {other}")
                self.fault("attribute-syntax", message, hint, at, at + 1)
                return more.end() - 1, True
        return at, True

    def _closes_in_line(self, quote: str, at: int) -> bool:
        """Whether a value continues after a `<`: its quote follows in the same line, where an attribute may end."""
        line_end = self.text.find("\n", at)
        end = self.text.find(quote, at, line_end if line_end >= 0 else len(self.text))
        return end >= 0 and re.match(r"[\s/>]|\Z", self.text[end + 1 : end + 2]) is not None

    def _cut_off(self, name: str, opened: int, limit: int) -> int:
        """Return the end of a value that no quote closes before `limit`: the end of its line, without the end of the
        tag.
        """
        line_end = self.text.find("\n", opened, limit)
        end = line_end if line_end >= 0 else limit
        value = self.text[opened + 1 : end].rstrip()
        for closing in ("/>", ">"):
            if value.endswith(closing):
                value = value.removesuffix(closing).rstrip()
                break
        end = opened + 1 + len(value)
        self._no_quote(name, opened, end, "here")
        return end

    def _no_quote(self, name: str, opened: int, end: int, where: str) -> None:
        quote = self.text[opened]
        message = f"the quote of {name[:40]!r} is never closed"
        self.fault("unclosed-quote", message, f"close it with {quote} {where}", opened, max(end, opened + 1))

    def _end_tag(self, at: int) -> int:
        found = _END.match(self.text, at)
        assert found is not None, "asked of </ only"
        name, rest, sign = found[1] or "", found[2], found[3]
        end = found.end() if sign else at + 2 + len(name)
        if not name:
            opened = f"</{self.open[-1].shape.tag[:40]}>" if self.open else "</…>"
            self.fault("xml-syntax", "an end tag without a name", f"write {opened}", at, end)
            return max(end, at + 2)
        if not sign:
            hint = "close it with >"
            self.fault("unclosed-element", f"the end tag </{name[:40]} has no >", hint, end, end)
        elif rest.strip():
            message, hint = "an end tag holds its name alone", f"write </{name[:40]}>"
            self.fault("xml-syntax", message, hint, at + 2 + len(name), end - 1)
        self._close(name, at, end)
        return end

    def _close(self, name: str, at: int, end: int) -> None:
        top = self.open[-1] if self.open else None
        if top is not None and top.shape.tag != name:
            tag = top.shape.tag[:40]
            if self.counts.get(name):
                while self.open[-1].shape.tag != name:
                    inner = self._popped(at)
                    if inner.shape.is_terminated:
                        self._unclosed(inner, name, at)
            elif self._is_meant(top, name, at):
                line, column = self.document.position(top.start)
                self.fault(
                    "mismatched-tag",
                    f"</{name[:40]}> does not close <{tag}>, which was opened at {line}:{column}",
                    f"close it with </{tag}>, or as <{tag} …/> where it is opened",
                    at,
                    end,
                )
            else:
                top = None
        if top is None:
            message = f"</{name[:40]}> closes nothing that is open"
            self.fault("mismatched-tag", message, "remove it", at, end)
            return
        self._popped(end, close=at)

    def _popped(self, end: int, close: int | None = None) -> _Open:
        """Close the innermost open element at an offset."""
        one = self.open.pop()
        shape, faults = one.shape, len(self.document.faults)
        self.counts[shape.tag] -= 1
        shape.size = end - one.start
        if close is not None:
            shape.close = close - one.start
            shape.is_sound = one.faults == faults < _MOST_FAULTS
        self._counted(shape)
        return one

    def _is_meant(self, top: _Open, name: str, at: int) -> bool:
        """Whether an end tag of another name is meant to close an element: its name is similar, or it has the same
        indentation.
        """
        tag = top.shape.tag
        if name.lower() == tag.lower():
            return True
        if self.counts[tag] == 1 and self._last_end(tag) > at:
            return False
        from difflib import SequenceMatcher

        if len(name) <= 40 and len(tag) <= 40 and SequenceMatcher(None, name, tag).ratio() >= 0.7:
            return True
        mine, its = self._indent(at), self._indent(top.start)
        if mine is None:
            return self.text.find("\n", top.start, at) < 0
        return mine == its

    def _last_end(self, tag: str) -> int:
        """Return the offset of the last end tag of a name; -1 if there is none."""
        if tag not in self._ends:
            self._ends[tag] = self.text.rfind(f"</{tag}>")
        return self._ends[tag]

    def _indent(self, at: int) -> str | None:
        """Return the white space before an offset in its line; None if there is anything else."""
        start = self.text.rfind("\n", max(at - 400, 0), at) + 1
        before = self.text[max(start, at - 400) : at]
        return before if not before.strip() else None

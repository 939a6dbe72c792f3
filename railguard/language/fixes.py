"""Quick fixes: edits that correct a problem as its hint says. Each one is tested first: an edit that does not help is
not offered.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from railguard.errors import Problem
from railguard.language.cursor import TEXT_HOLDERS
from railguard.language.diagnostics import Checked, check_again, check_text
from railguard.language.navigation import Edit
from railguard.lazy import regex
from railguard.rail.syntax import Document, ElementSyntax

__all__ = ["QuickFix", "edited", "quick_fixes"]

_MEANT = regex(r"did you mean (?:'([^']+)'|<([\w:.-]+)>|([\w.:$\{\}-]+))\?")
_WORD = regex(r"'([^']*)'|<(/?[\w:.-]+)|\$\{([\w.]+)\}")
_WRITE = regex(r"(?:write|close it with) (.+)\Z", re.DOTALL)
_OR = regex(r",? or |; |, with |, where |, and ")
_QUOTED = regex(r'"([^"]*)"\Z')
_NAME = regex(r"[^\W\d]\w*")
_MOST = 5
_LONGEST = 2_000
_LINE = regex(r"[ \t]*\r?\n?")


class QuickFix(NamedTuple):
    """One way to correct a problem.

    Attributes:
        title: A description of the fix.
        edits: The edits, in document order.
    """

    title: str
    edits: tuple[Edit, ...]


def edited(text: str, edits: Sequence[Edit]) -> str:
    """Apply edits to a text.

    Args:
        text: The text before the edits.
        edits: The edits, which must not overlap.

    Returns:
        The new text.
    """
    pieces, at = [], 0
    for edit in sorted(edits):
        pieces += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*pieces, text[at:]])


def quick_fixes(checked: str | Checked, problem: Problem) -> list[QuickFix]:
    """Return fixes for a problem of a document.

    Args:
        checked: The document, or the result of `check_text`.
        problem: One of its problems.

    Returns:
        The fixes, most likely first. Each removes the problem and adds no error. Empty if the intention is unclear.
    """
    before = checked if isinstance(checked, Checked) else check_text(checked)
    if problem.line is None or problem.column is None:
        return []
    document = before.document
    start = document.offset(problem.line, problem.column)
    end = start
    if problem.end_line is not None and problem.end_column is not None:
        end = document.offset(problem.end_line, problem.end_column)
    fixes: dict[str, QuickFix] = {}
    tried: set[str] = set()
    for fix in _candidates(document, problem, start, max(start, end)):
        after = edited(document.text, fix.edits)
        if fix.title in fixes or after in tried:  # the first edit with a title is the best one
            continue
        tried.add(after)
        if _fixes_problem(before, after, problem):
            fixes[fix.title] = fix
            if len(fixes) == _MOST:
                break
    return list(fixes.values())


def _fixes_problem(before: Checked, text: str, problem: Problem) -> bool:
    """Whether a text no longer has the problem, and has no new error."""
    after = check_again(before, text)
    old, new = _kinds(before.problems), _kinds(after.problems)
    if new[problem.code, problem.message] >= old[problem.code, problem.message] > 0:
        return False
    if before.document.faults:  # text after an error is parsed only once the error is gone
        return len(after.document.faults) < len(before.document.faults)
    return not after.document.faults and _errors(after) <= _errors(before) - (problem.severity == "error")


def _kinds(problems: Sequence[Problem]) -> Counter[tuple[str, str]]:
    return Counter((one.code, one.message) for one in problems)


def _errors(checked: Checked) -> int:
    return sum(one.severity == "error" for one in checked.problems)


def _candidates(document: Document, problem: Problem, start: int, end: int) -> Iterator[QuickFix]:
    text, hint = document.text, problem.hint or ""
    for meant in _MEANT.finditer(problem.message):
        right = next(group for group in meant.groups() if group)
        for first, last in _wrong_words(text, problem.message[: meant.start()], start, end):
            yield QuickFix(f"Change to {_shown(right)}", (*_renaming(document, first, last, right),))
    if problem.code == "schema-not-told":
        yield from _schema_shown(document)
    if problem.code == "undeclared-variable":
        yield from _declared(document, text[start:end])
    if problem.code in ("mismatched-tag", "unclosed-element"):
        yield from _closed(document, problem.message)
    written = _WRITE.search(hint)
    for right in _suggested_texts(written[1]) if written is not None else ():
        last = end + (right.endswith(">") and text[end : end + 1] == ">")
        places = ((start, last), _attribute_around(document, start), _value_around(document, start), (end, end))
        for first, last in (*places, (start, start)):
            yield QuickFix(f"Write {_shown(right)}", (Edit(first, last, right),))
        quoted = _QUOTED.search(right)
        if quoted is not None:
            yield QuickFix(f"Write {_shown(right)}", (Edit(*_value_around(document, start), quoted[1]),))
    if hint.startswith(("remove", "leave it out")) or " remove " in hint:
        for title, first, last in _removals(document, start, end):
            yield QuickFix(title, (Edit(first, last, ""),))


def _suggested_texts(words: str) -> list[str]:
    """Return what a hint tells the author to write: `"true" or "false"` gives two texts; the other words of the
    sentence are ignored.
    """
    words = words[:_LONGEST].strip()
    found = [words, *_OR.split(words)]
    return [one for part in dict.fromkeys(found) if (one := part.strip()) and "…" not in one and "as in " not in words]


def _wrong_words(text: str, said: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the positions, at the place of the problem, of the word that a message quotes as wrong."""
    for found in _WORD.finditer(said):
        word = next((group for group in found.groups() if group), "").removeprefix("/")
        at = text.find(word, start, max(end, start + len(word) + 2)) if word else -1
        if at >= 0:
            yield at, at + len(word)
    first = start + (text[start : start + 1] == "<")
    yield first, end


def _renaming(document: Document, start: int, end: int, right: str) -> Iterator[Edit]:
    """Yield the edits that replace a word; for a tag, the end tag is also changed."""
    yield Edit(start, end, right)
    element = document.element_at(start + 1)
    if element is not None and element.start + 1 == start and element.close is not None:
        yield Edit(element.close + 2, element.close + 2 + len(element.tag), right)


def _value_around(document: Document, offset: int) -> tuple[int, int]:
    """Return the range of the attribute value at an offset; elsewhere, the offset itself."""
    place = document.place(offset)
    if place.kind == "attribute" and place.attribute is not None:
        return place.attribute.value_start, place.attribute.value_end
    return (place.start, place.end) if place.kind == "value" else (offset, offset)


def _attribute_around(document: Document, offset: int) -> tuple[int, int]:
    """Return the range of the attribute at an offset, with its value; elsewhere, the offset itself."""
    attribute = document.place(offset).attribute
    return (offset, offset) if attribute is None else (attribute.start, attribute.end)


def _closed(document: Document, message: str) -> Iterator[QuickFix]:
    """Close an element that is never closed, in its start tag."""
    for element in document.walk():
        open_ = element.close is None and not element.is_empty and element.is_terminated
        if open_ and element.tag and f"<{element.tag}" in message:
            at = element.tag_end - 1
            yield QuickFix(f"Close <{element.tag}> with />", (Edit(at, at, "/"),))


def _declared(document: Document, place: str) -> Iterator[QuickFix]:
    """Declare a variable at the end of <input>."""
    name = _NAME.search(place)
    block = next((one for one in document.walk() if one.tag == "input"), None)
    if name is None or block is None or block.close is None or not block.elements:
        return
    last = block.elements[-1]
    line = document.text[document.text.rfind("\n", 0, last.start) + 1 : last.start]
    gap = f"\n{line}" if not line.strip() else ""
    yield QuickFix(f"Declare ${{{name[0]}}}", (Edit(last.end, last.end, f'{gap}<string name="{name[0]}"/>'),))


def _removals(document: Document, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Yield what can be removed at a place: (description, start, end)."""
    text = document.text
    element = document.element_at(start + 1)
    if element is not None:
        for attribute in element.attributes:
            if attribute.start <= start < attribute.end:
                first = len(text[element.start : attribute.start].rstrip()) + element.start
                yield f"Remove {attribute.name}", first, attribute.end
                call_end = text.find(";", end, attribute.value_end)
                if attribute.name == "validators" and start >= attribute.value_start:
                    first = text.rfind(";", attribute.value_start, start)
                    if call_end >= 0:
                        yield "Remove the rule", max(first + 1, attribute.value_start), call_end + 1
                    elif first >= 0:
                        yield "Remove the rule", first, attribute.value_end
        if element.start == start:
            yield f"Remove <{element.tag}>", *_whole_line(text, element.start, element.end)
    if end > start:
        yield "Remove it", start, end


def _whole_line(text: str, start: int, end: int) -> tuple[int, int]:
    """Extend a range to its whole line, if the line contains nothing else."""
    line = text.rfind("\n", 0, start) + 1
    rest = _LINE.match(text, end)
    if text[line:start].strip() or rest is None or not rest[0].endswith("\n"):
        return start, end
    return line, rest.end()


def _schema_shown(document: Document) -> Iterator[QuickFix]:
    """Add the schema to the end of the user's last message."""
    users = [one for one in document.walk() if one.tag in TEXT_HOLDERS and one.get("role") in ("user", None)]
    if not users:
        return
    last: ElementSyntax = users[-1]
    if last.close is None:
        return
    text = document.text
    inside = text[last.tag_end : last.close].rstrip()
    at = last.tag_end + len(inside) - (len("]]>") if inside.endswith("]]>") else 0)
    at = len(text[:at].rstrip())
    line = text[text.rfind("\n", 0, at) + 1 : at]
    indent = line[: len(line) - len(line.lstrip())] if line.lstrip()[:1] != "<" else ""
    shown = f"\n\n{indent}${{gr.complete_json_suffix_v2}}"
    yield QuickFix("Show the model the schema", (Edit(at, at, shown),))


def _shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"

"""Templates: text with places in it, in RAIL's three spellings, and how they are filled.

Reading a template never executes and never guesses: in railguard's own dialect what cannot be read is an error with
its offset, in the older ones it stays text. Filling is one pass: what is put into a place is never looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from railguard.errors import SpecError
from railguard.prompting import primitives
from railguard.spec import Slot, Template

__all__ = [
    "OWN_NAMES",
    "Syntax",
    "TemplateError",
    "dedent",
    "detect_syntax",
    "expand",
    "fill",
    "older_places",
    "parse",
    "problems",
    "single_braces",
    "text",
]

Syntax: TypeAlias = Literal["0.1", "0.2", "1.0"]
"""How places are written.

"0.1": `{{variable}}`, `@primitive`, `{output_schema}`. "0.2": `${variable}`, `${gr.primitive}`, `${output_schema}` or
`{output_schema}`, `$$` for a dollar sign; documents that mix in 0.1's spelling exist and are read. "1.0": 0.2's
spelling alone, and what begins like a place but is none is an error.
"""

_SCHEMAS = ("output_schema", "xml_output_schema")
OWN_NAMES = frozenset(primitives.NAMES) - {"error_messages"}
"""Primitives whose names are nothing else; `error_messages` is also what a reask fills in."""
_NAME = re.compile(r"[^\W\d]\w*")

_STRICT = re.compile(r"\$\$|\$\{([^{}$\n]*+)(\}?)")

_BRACES = r"\{\{\s*+(?P<braced>[^\W\d]\w*+)\s*+\}\}|\{(?P<schema>output_schema|xml_output_schema)\}"
# Not within a word, an e-mail address, a longer dotted name or a call, which make an @ a part of the text.
_AT = r"(?<![\w.%+@-])@(?P<at>\w++)(?![(@]|[.-]\w)"
_DOLLAR = r"(?P<dollar>\$\$)|\$\{(?P<primitive>gr\.)?+(?P<name>[^\W\d]\w*+)\}"

_LENIENT = {
    "0.1": re.compile(f"{_BRACES}|{_AT}"),
    "0.2": re.compile(f"{_DOLLAR}|{_BRACES}|{_AT}"),
}


class TemplateError(ValueError):
    """A template in railguard's own dialect that cannot be read.

    message: what is wrong. offset: where, in characters from the start of the text. hint: the mend, if one is known.
    """

    def __init__(self, message: str, offset: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint


def parse(text: str, *, syntax: Syntax, variables: Collection[str] | None = None) -> Template:
    """The template that a text spells.

    variables: the names there are, None for "any". In "1.0" another name raises TemplateError, as does a `${` that is
    not closed, a name that is none and an unknown primitive; the first problem is raised, `problems` has them all. In
    the older spellings whatever is no place stays text, and so does a name that is not in `variables`. There
    `{output_schema}` is the schema as XML, as it then was, and so is `${output_schema}` in a text with a primitive that
    speaks of XML. A primitive's name written as a variable's is the primitive: nobody calls a variable
    `complete_json_suffix`.

    >>> parse("Read ${document}, it costs $5.", syntax="1.0").variables
    ('document',)
    """
    if syntax == "1.0":
        return _template(_strict(text, variables, _raise))
    template = _template(_lenient(text, syntax, variables))
    if any(isinstance(part, Slot) and part.kind == "primitive" and _OF_XML.match(part.name) for part in template.parts):
        as_xml = Slot("schema", "xml_output_schema")
        parts = (as_xml if part == Slot("schema", "output_schema") else part for part in template.parts)
        return Template(tuple(parts))
    return template


_OF_XML = re.compile("xml_(?:prefix|suffix)_prompt")


def problems(text: str, *, variables: Collection[str] | None = None) -> list[TemplateError]:
    """What is wrong with a text in syntax "1.0", in order, at most the first 100; empty if `parse` would read it."""
    found: list[TemplateError] = []
    for _ in _strict(text, variables, found.append):
        if len(found) >= 100:  # suggesting a name costs time for each of the names there are
            break
    return found


def older_places(text: str, variables: Collection[str] | None = None) -> list[TemplateError]:
    """Places in a spelling that the text's own syntax does not know, so that they go to the model as they stand.

    Args:
        text: a message.
        variables: the names there are, None for "any".

    Returns:
        The first of each name: what is text, where, and how it is written as a place.
    """
    found: dict[str, TemplateError] = {}
    for match in _OLDER.finditer(text):
        groups = match.groupdict()
        name = groups["at"] or groups["braced"] or groups["single"]
        known = name in primitives.NAMES or name in _SCHEMAS
        if groups["at"] is not None and name not in primitives.NAMES:
            continue
        if not known and variables is not None and name not in variables:
            continue
        right = f"${{gr.{name}}}" if name in OWN_NAMES or groups["at"] else f"${{{name}}}"
        message = f"{match[0][:60]!r} is no place in this syntax: it goes to the model as it stands"
        found.setdefault(match[0], TemplateError(message, match.start(), f"write {right}"))
    return list(found.values())[:100]


def single_braces(text: str) -> list[TemplateError]:
    """Names in single braces in an older text, which are places only where it is `{output_schema}`."""
    found: dict[str, TemplateError] = {}
    for match in _OLDER.finditer(text):
        name = match["single"]
        if name is not None and name not in _SCHEMAS:
            message = f"{match[0][:60]!r} is no place: it goes to the model as it stands"
            hint = f"write {{{{{name}}}}} in a document of version 0.1, ${{{name}}} in any later one"
            found.setdefault(name, TemplateError(message, match.start(), hint))
    return list(found.values())[:100]


_SINGLE = r"(?<![\w\\{}$/])\{(?P<single>[a-z][a-z0-9_]*[a-z0-9])\}(?!\})"  # no LaTeX, no URL template
_OLDER = re.compile(rf"(?<!\$)\{{\{{\s*+(?P<braced>[^\W\d]\w*+)\s*+\}}\}}|{_SINGLE}|{_AT}")


def detect_syntax(text: str) -> Literal["0.1", "0.2"]:
    """Which of the older spellings a text uses. "0.2" if it has one place of that spelling, or none of either."""
    older = False
    for match in _LENIENT["0.2"].finditer(text):
        if match["name"] is not None:
            return "0.2"
        older = older or match["braced"] is not None or match["at"] in primitives.NAMES
    return "0.1" if older else "0.2"


def text(template: Template) -> str:
    """A template as railguard's own dialect writes it: `parse(text(t), syntax="1.0") == t`.

    A dollar sign is doubled only where it would otherwise be read as the beginning of a place.
    """
    parts = _template(template.parts).parts
    written = []
    for at, part in enumerate(parts):
        if isinstance(part, Slot):
            written.append(f"${{gr.{part.name}}}" if part.kind == "primitive" else f"${{{part.name}}}")
        else:
            doubled = _DOLLARS.sub(r"\g<0>\g<0>", part)
            ends_in_one = at + 1 < len(parts) and part.endswith("$") and not part.endswith("$$")
            written.append(doubled + "$" if ends_in_one else doubled)
    return "".join(written)


_DOLLARS = re.compile(r"\${2,}+|\$(?=\{)")


def fill(template: Template, values: Mapping[str, str], slots: Callable[[Slot], str]) -> str:
    """The text of a template: variables from `values`, primitives and the schema from `slots`.

    One pass: what is put in stands in the result exactly as given, whatever it looks like. Raises KeyError for a
    variable that is not in `values`.
    """
    return "".join(
        part if isinstance(part, str) else values[part.name] if part.kind == "variable" else slots(part)
        for part in template.parts
    )


def expand(template: Template) -> Template:
    """A template with each primitive's text in place of its name: only variables and schemas are left as places.

    Raises SpecError, code "template", for a primitive that there is not; `parse` makes no such place.
    """
    parts: list[str | Slot] = []
    for part in template.parts:
        if isinstance(part, str) or part.kind != "primitive":
            parts.append(part)
        elif (own := primitives.find(part.name)) is not None:
            parts.extend(own.parts)
        else:
            raise SpecError.of(f"there is no primitive named {part.name!r}", code="template")
    return _template(parts)


def dedent(template: Template) -> Template:
    """A template without blank lines at its start and end and without the indentation that all its lines share.

    Only the template's own text is changed, never what is filled in; the lines keep their indentation towards each
    other. It is what a text in an indented document was meant to say.
    """
    lines: list[list[str | Slot]] = [[]]
    for part in template.parts:
        if isinstance(part, Slot):
            lines[-1].append(part)
            continue
        first, *others = part.split("\n")
        lines[-1].append(first)
        lines.extend([other] for other in others)
    lines = lines[next((number for number, line in enumerate(lines) if not _blank(line)), len(lines)) :]
    while lines and _blank(lines[-1]):
        lines.pop()
    shared: str | None = None
    for line in lines:
        if not _blank(line):
            shared = _common(shared, _indentation(line))
    parts: list[str | Slot] = []
    for number, line in enumerate(lines):
        if number:
            parts.append("\n")
        if _blank(line):
            continue
        start, *rest = line
        parts.extend([start.removeprefix(shared or ""), *rest] if isinstance(start, str) else line)
    return _template(parts)


def _blank(line: list[str | Slot]) -> bool:
    return all(isinstance(piece, str) and not piece.strip(" \t\r") for piece in line)


def _indentation(line: list[str | Slot]) -> str:
    start = line[0]
    return start[: len(start) - len(start.lstrip(" \t"))] if isinstance(start, str) else ""


def _common(one: str | None, other: str) -> str:
    if one is None:
        return other
    at = 0
    while at < min(len(one), len(other)) and one[at] == other[at]:
        at += 1
    return one[:at]


def _template(parts: Iterable[str | Slot]) -> Template:
    """Parts in normal form: no empty text, no two texts side by side."""
    normal: list[str | Slot] = []
    pieces: list[str] = []
    for part in parts:
        if isinstance(part, str):
            pieces.append(part)
            continue
        if run := "".join(pieces):
            normal.append(run)
        pieces.clear()
        normal.append(part)
    if run := "".join(pieces):
        normal.append(run)
    return Template(tuple(normal))


def _raise(error: TemplateError) -> None:
    raise error


def _strict(
    text: str, variables: Collection[str] | None, report: Callable[[TemplateError], None]
) -> Iterator[str | Slot]:
    known = None if variables is None else dict.fromkeys(variables)
    done = 0
    for match in _STRICT.finditer(text):
        yield text[done : match.start()]
        done = match.end()
        if match[1] is None:
            yield "$"
            continue
        found = _place(match[1], match[2] == "}", match.start(), known)
        if isinstance(found, Slot):
            yield found
        else:
            report(found)
    yield text[done:]


def _place(name: str, closed: bool, offset: int, variables: Collection[str] | None) -> Slot | TemplateError:
    shown = name if len(name) <= 40 else name[:40] + "…"
    if not closed:
        return TemplateError(
            f"${{{shown} is not closed",
            offset,
            "close it with }, as in ${document}, or write $${ for the characters ${",
        )
    primitive, rest = name.startswith("gr."), name.removeprefix("gr.")
    if _NAME.fullmatch(rest) is None:
        what = "a place needs a name" if not name.strip() else f"{shown!r} is not a name"
        bare = name.strip().removeprefix("$")
        meant = f"write ${{{bare}}}" if _NAME.fullmatch(bare) and len(bare) <= 40 else "names are letters, digits and _"
        return TemplateError(what, offset, f"{meant}; for the characters ${{ write $${{")
    if primitive:
        if primitives.find(rest) is not None:
            return Slot("primitive", rest)
        close = primitives.suggest(rest)
        hint = f"did you mean ${{gr.{close}}}?" if close else "`railguard.prompting.primitives` lists them"
        return TemplateError(f"there is no primitive named {shown!r}", offset, hint)
    if name in _SCHEMAS:
        return Slot("schema", name)
    if variables is None or name in variables:
        return Slot("variable", name)
    return TemplateError(f"there is no variable named {shown!r}", offset, _meant(name, variables))


def _meant(name: str, variables: Collection[str]) -> str:
    from difflib import get_close_matches

    if name in primitives.NAMES:
        return f"did you mean ${{gr.{name}}}?"
    near = [known for known in variables if abs(len(known) - len(name)) <= 3][:200]  # comparing costs time
    close = get_close_matches(name[:100], [*near, *_SCHEMAS], n=1)
    if close:
        return f"did you mean ${{{close[0]}}}?"
    known = ", ".join(variables) if variables else "none"
    return f"the variables are: {known}" if len(known) <= 200 else "declare it as an input"


def _lenient(text: str, syntax: Literal["0.1", "0.2"], variables: Collection[str] | None) -> Iterator[str | Slot]:
    known = None if variables is None else frozenset(variables)
    done = 0
    for match in _LENIENT[syntax].finditer(text):
        groups = match.groupdict()
        found: str | Slot | None
        if groups.get("dollar"):
            found = "$"
        elif groups["at"] or groups.get("primitive"):
            name = groups["at"] or groups["name"]
            found = Slot("primitive", name) if name in primitives.NAMES else None
        else:
            name = groups["schema"] or groups["braced"] or groups["name"]
            if groups["schema"]:
                found = Slot("schema", "xml_output_schema")
            elif name in _SCHEMAS:
                found = Slot("schema", name)
            elif known is not None:
                found = Slot("variable", name) if name in known else None
            else:
                found = Slot("primitive" if name in OWN_NAMES else "variable", name)
        if found is not None:
            yield text[done : match.start()]
            yield found
            done = match.end()
    yield text[done:]

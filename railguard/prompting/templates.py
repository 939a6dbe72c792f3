"""Templates: text with placeholders, in RAIL's three syntaxes, and how they are filled.

Parsing a template never executes and never guesses: in railguard's own syntax an invalid placeholder is an error with
its offset, in the older ones it stays text. Filling is one pass: inserted text is never parsed again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from railguard.errors import SpecError
from railguard.lazy import regex
from railguard.prompting import primitives
from railguard.spec import ShownAs, Slot, Template

__all__ = [
    "OWN_NAMES",
    "Syntax",
    "TemplateError",
    "dedent_template",
    "detect_syntax",
    "expand",
    "fill",
    "older_places",
    "parse_template",
    "respelled",
    "single_braces",
    "template_problems",
    "template_text",
]

Syntax: TypeAlias = Literal["0.1", "0.2", "1.0"]
"""The syntax of placeholders.

"0.1": `{{variable}}`, `@primitive`, `{output_schema}`. "0.2": `${variable}`, `${gr.primitive}`, `${output_schema}` or
`{output_schema}`, `$$` for a dollar sign; mixed documents with 0.1's syntax exist and are read. "1.0": only 0.2's
syntax, and the beginning of an invalid placeholder is an error.
"""

_SCHEMAS = ("output_schema", "xml_output_schema")
OWN_NAMES = frozenset(primitives.PRIMITIVES) - {"error_messages"}
"""Names that only primitives have; a reask also fills a variable `error_messages`."""
_NAME = regex(r"[^\W\d]\w*")

_STRICT = regex(r"\$\$|\$\{([^{}$\n]*+)(\}?)")

_BRACES = r"\{\{\s*+(?P<braced>[^\W\d]\w*+)\s*+\}\}|\{(?P<schema>output_schema|xml_output_schema)\}"
# Not inside a word, an e-mail address, a longer dotted name or a call, where an @ is a part of the text.
_AT = r"(?<![\w.%+@-])@(?P<at>\w++)(?![(@]|[.-]\w)"
_DOLLAR = r"(?P<dollar>\$\$)|\$\{(?P<primitive>gr\.)?+(?P<name>[^\W\d]\w*+)\}"

_LENIENT = {
    "0.1": regex(f"{_BRACES}|{_AT}"),
    "0.2": regex(f"{_DOLLAR}|{_BRACES}|{_AT}"),
}


class TemplateError(ValueError):
    """Raised if a template in railguard's own syntax is invalid.

    message: the error. offset: its position in characters from the start of the text. hint: the correction, if known.
    meant: the name that was probably meant.
    """

    def __init__(self, message: str, offset: int, hint: str | None = None, meant: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint
        self.meant = meant


def parse_template(text: str, *, syntax: Syntax, variables: Collection[str] | None = None) -> Template:
    """Parse a text to a template.

    variables: the known names, None for any. In "1.0" another name raises TemplateError, and so do an unclosed `${`, an
    invalid name and an unknown primitive; the first problem is raised, `template_problems` returns all. In the older syntaxes,
    anything that is not a placeholder stays text, and so does a name that is not in `variables`. There
    `{output_schema}` is the schema as XML, as in that time, and so is `${output_schema}` in a text with a primitive
    about XML. A primitive's name that is written like a variable is the primitive.

    >>> parse_template("Read ${document}, it costs $5.", syntax="1.0").variables
    ('document',)
    """
    if syntax == "1.0":
        return _template(_strict(text, variables, _raise))
    template = _template(_lenient(text, syntax, variables))
    if _speaks_of_xml(template.parts):
        as_xml = Slot("schema", "xml_output_schema")
        parts = (as_xml if part == Slot("schema", "output_schema") else part for part in template.parts)
        return Template(tuple(parts))
    return template


_OF_XML = regex("xml_(?:prefix|suffix)_prompt")


def _speaks_of_xml(parts: Iterable[str | Slot | None]) -> bool:
    """Whether a primitive in an older text describes the schema as XML."""
    return any(isinstance(part, Slot) and part.kind == "primitive" and _OF_XML.match(part.name) for part in parts)


def template_problems(text: str, *, variables: Collection[str] | None = None) -> list[TemplateError]:
    """Return the errors of a text in syntax "1.0", in order, at most the first 100; empty if `parse_template` accepts it."""
    found: list[TemplateError] = []
    for _ in _strict(text, variables, found.append):
        if len(found) >= 100:  # suggesting a name takes time for each known name
            break
    return found


def older_places(text: str, variables: Collection[str] | None = None) -> list[TemplateError]:
    """Return placeholders in another syntax than the text's own: they are sent to the model as plain text.

    Args:
        text: a message.
        variables: the names there are, None for "any".

    Returns:
        The first one of each name: the text, its position, and the correct placeholder.
    """
    found: dict[str, TemplateError] = {}
    for match in _OLDER.finditer(text):
        groups = match.groupdict()
        name = groups["at"] or groups["braced"] or groups["single"] or groups["dollar"]
        known = name in primitives.PRIMITIVES or name in _SCHEMAS
        if groups["dollar"] is not None and not known and (variables is None or name not in variables):
            continue
        if groups["at"] is not None and name not in primitives.PRIMITIVES:
            continue
        if not known and variables is not None and name not in variables:
            continue
        right = f"${{gr.{name}}}" if name in OWN_NAMES or groups["at"] else f"${{{name}}}"
        message = f"{match[0][:60]!r} is not a placeholder in this syntax: it is sent to the model unchanged"
        found.setdefault(match[0], TemplateError(message, match.start(), f"write {right}", name))
    return list(found.values())[:100]


def single_braces(text: str) -> list[TemplateError]:
    """Return names in single braces in an older text; only `{output_schema}` is a placeholder in that form."""
    found: dict[str, TemplateError] = {}
    for match in _OLDER.finditer(text):
        name = match["single"]
        if name is not None and name not in _SCHEMAS:
            message = f"{match[0][:60]!r} is not a placeholder: it is sent to the model unchanged"
            hint = f"write {{{{{name}}}}} in a document of version 0.1, ${{{name}}} in any later one"
            found.setdefault(name, TemplateError(message, match.start(), hint))
    return list(found.values())[:100]


_SINGLE = r"(?<![\w\\{}$/])\{(?P<single>[a-z][a-z0-9_]*[a-z0-9])\}(?!\})"  # no LaTeX, no URL template
_OLDER = regex(rf"(?<!\$)\{{\{{\s*+(?P<braced>[^\W\d]\w*+)\s*+\}}\}}|{_SINGLE}|{_AT}|(?<!\$)\$(?P<dollar>[^\W\d]\w*+)")


def detect_syntax(text: str) -> Literal["0.1", "0.2"]:
    """Return the older syntax of a text: "0.2" if it has one placeholder of it, or none at all."""
    older = False
    for match in _LENIENT["0.2"].finditer(text):
        if match["name"] is not None:
            return "0.2"
        older = older or match["braced"] is not None or match["at"] in primitives.PRIMITIVES
    return "0.1" if older else "0.2"


def respelled(text: str, syntax: Syntax, exchanged: Mapping[str, str] | None = None) -> list[tuple[int, int, str]]:
    """Return the replacements that convert a text in an older syntax to an equivalent one in "1.0".

    Args:
        text: a message.
        syntax: its syntax.
        exchanged: Maps primitives to their replacements.

    Returns:
        (start, end, new) of each part that changes, in order; they do not overlap.
    """
    if syntax == "1.0":
        return []
    slots = [_old_slot(match.groupdict()) for match in _LENIENT[syntax].finditer(text) if match[0] != "$$"]
    as_xml = _speaks_of_xml(slots)
    found: list[tuple[int, int, str]] = []
    done = 0
    for match in _LENIENT[syntax].finditer(text):
        groups = match.groupdict()
        if groups.get("dollar"):
            new = "$$" if text[match.end() : match.end() + 1] in ("{", "$") else "$"
            found += _doubled(text, done, match.start(), following="")
        else:
            slot = _old_slot(groups)
            if slot is None:
                continue  # the text stays, but a dollar sign in it may have to be doubled
            if as_xml and slot == Slot("schema", "output_schema"):
                slot = Slot("schema", "xml_output_schema")
            name = (exchanged or {}).get(slot.name, slot.name) if slot.kind == "primitive" else slot.name
            new = f"${{gr.{name}}}" if slot.kind == "primitive" else f"${{{name}}}"
            found += _doubled(text, done, match.start(), following=new)
        if new != match[0]:
            found.append((match.start(), match.end(), new))
        done = match.end()
    found += _doubled(text, done, len(text), following="")
    return found


def _old_slot(groups: Mapping[str, str | None], known: Collection[str] | None = None) -> Slot | None:
    """Return the placeholder of a match in an older syntax; None if it stays text. known: the known variables."""
    if groups["at"] or groups.get("primitive"):
        name = groups["at"] or groups["name"] or ""
        return Slot("primitive", name) if name in primitives.PRIMITIVES else None
    if groups["schema"]:
        return Slot("schema", "xml_output_schema")
    name = groups["braced"] or groups.get("name") or ""
    if name in _SCHEMAS:
        return Slot("schema", name)
    if known is not None:
        return Slot("variable", name) if name in known else None
    return Slot("primitive" if name in OWN_NAMES else "variable", name)


def _doubled(text: str, start: int, end: int, following: str) -> Iterator[tuple[int, int, str]]:
    """Yield the dollar signs of a text that would be parsed as the beginning of a placeholder, doubled."""
    for match in _DOLLARS.finditer(text, start, end):
        yield match.start(), match.end(), match[0] * 2
    if following and text[end - 1 : end] == "$" and end > start and text[end - 2 : end] != "$$":
        yield end - 1, end, "$$"


def template_text(template: Template) -> str:
    """Write a template in railguard's own syntax: `parse_template(text(t), syntax="1.0") == t`.

    A dollar sign is doubled only if it would otherwise be parsed as the beginning of a placeholder.
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


_DOLLARS = regex(r"\${2,}+|\$(?=\{)")


def fill(template: Template, values: Mapping[str, str], slots: Callable[[Slot], str]) -> str:
    """Fill a template: variables from `values`, primitives and the schema from `slots`.

    There is one pass: an inserted value appears in the result exactly as given. Raises KeyError for a variable that is
    not in `values`.
    """
    return "".join(
        part if isinstance(part, str) else values[part.name] if part.kind == "variable" else slots(part)
        for part in template.parts
    )


def expand(template: Template, *, form: ShownAs = "json-schema", updates: bool = False) -> Template:
    """Replace each primitive of a template by its text: only variables and schemas remain as placeholders.

    Args:
        template: The template.
        form: The form of the schema.
        updates: Whether to keep only the schema of primitives that describe how to write the whole output.

    Raises:
        SpecError: If a primitive does not exist, with code "template"; `parse_template` never creates such a placeholder.
    """
    parts: list[str | Slot] = []
    for part in template.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        if part.kind == "primitive" and primitives.find_primitive(part.name) is None:
            raise SpecError.of(f"there is no primitive named {part.name!r}", code="template")
        said: list[str | Slot] = []
        for one in primitives.in_form(part, form):
            own = primitives.find_primitive(one.name) if isinstance(one, Slot) and one.kind == "primitive" else None
            said += own.parts if own is not None else (one,)
        parts += primitives.schema_alone(part.name, said) if updates and part.kind == "primitive" else said
    return _template(parts)


def dedent_template(template: Template) -> Template:
    """Remove blank lines at the start and end of a template, and the common indentation of its lines.

    Only the template's own text is changed, never inserted values; the lines keep their relative indentation. The
    result is the intended text of an indented document.
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
    """Return parts in normal form: no empty text, no two adjacent texts."""
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
        what = "a placeholder needs a name" if not name.strip() else f"{shown!r} is not a name"
        bare = name.strip().removeprefix("$")
        meant = f"write ${{{bare}}}" if _NAME.fullmatch(bare) and len(bare) <= 40 else "names are letters, digits and _"
        return TemplateError(what, offset, f"{meant}; for the characters ${{ write $${{")
    if primitive:
        if primitives.find_primitive(rest) is not None:
            return Slot("primitive", rest)
        close = primitives.suggest_primitive(rest)
        hint = f"did you mean ${{gr.{close}}}?" if close else "docs/rail.md lists them"
        return TemplateError(f"there is no primitive named {shown!r}", offset, hint)
    if name in _SCHEMAS:
        return Slot("schema", name)
    if variables is None or name in variables:
        return Slot("variable", name)
    return TemplateError(f"there is no variable named {shown!r}", offset, _meant(name, variables))


def _meant(name: str, variables: Collection[str]) -> str:
    from difflib import get_close_matches

    if name in primitives.PRIMITIVES:
        return f"did you mean ${{gr.{name}}}?"
    near = [known for known in variables if abs(len(known) - len(name)) <= 3][:200]  # comparing takes time
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
        found: str | Slot | None = "$" if groups.get("dollar") else _old_slot(groups, known)
        if found is not None:
            yield text[done : match.start()]
            yield found
            done = match.end()
    yield text[done:]

"""The parts of these pages that come from the code: tables of elements, codes, limits, validators. `make docs` writes them.

A page marks such a part by `<!-- generated: NAME -->` and `<!-- end -->`; whatever stands between is replaced. The same
code gives the same text on every machine. `--check` writes nothing and fails for a page that is stale.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from pathlib import Path

import railguard
from railguard import Limits, Parameter, SpecError, Translation, Validator, language
from railguard.language import OTHER_CODES
from railguard.llm.services import SERVICES
from railguard.parsing.coerce.table import table as repair_table
from railguard.prompting import primitives
from railguard.rail.dialect import OLD_ELEMENTS
from railguard.rail.elements import ROWS, ElementType
from railguard.rail.problem_codes import CODES
from railguard.rail.rule_attributes import rules_to
from railguard.schema.formats import FORMATS
from railguard.spec import Slot, Template

DOCS = Path(__file__).parent
SPECS = DOCS.parent / "specs"
SOURCE = Path(railguard.__file__).parent
XSD = SOURCE / "language" / "rail.xsd"
_PART = re.compile(r"(<!-- generated: ([\w-]+)(?: ([\w.-]+))? -->\n).*?(<!-- end -->)", re.DOTALL)

_CONTENT = {
    "nothing": "–",
    "item": "the element of its items",
    "fields": "members, each with a `name`; `<extra>`",
    "cases": '`<case name="…">`, each with members',
    "options": "elements",
}


def main(arguments: list[str] | None = None) -> int:
    """Write the pages, or check them. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail for a page that is stale")
    parser.add_argument("folder", nargs="?", type=Path, default=DOCS, help="where the pages are (default: docs/)")
    args = parser.parse_args(arguments)
    stale = []
    if args.folder == DOCS:
        stale += schema_file(write=not args.check)
    for page in sorted(args.folder.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        fresh = generated(text)
        if fresh != text:
            stale.append(page)
            if not args.check:
                page.write_text(fresh, encoding="utf-8")
    for page in stale:
        print(f"{page.name}: {'stale; run `make docs`' if args.check else 'written'}")
    return 1 if args.check and stale else 0


def schema_file(*, write: bool) -> list[Path]:
    """The XML Schema in the package, made anew; its path where it was stale."""
    fresh = language.xsd(own_validators())
    if XSD.exists() and XSD.read_text(encoding="utf-8") == fresh:
        return []
    if write:
        XSD.write_text(fresh, encoding="utf-8")
    return [XSD]


def generated(text: str) -> str:
    """A page with its generated parts made anew."""

    def part(found: re.Match[str]) -> str:
        name, argument = found[2], found[3]
        lines = PARTS[name]() if argument is None else spec(argument)
        return f"{found[1]}{chr(10).join(lines)}\n{found[4]}"

    return _PART.sub(part, text)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A Markdown table."""
    titles = list(head)
    yield _row(titles)
    yield "|" + "---|" * len(titles)
    yield from map(_row, rows)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def elements() -> Iterator[str]:
    """The type elements of RAIL."""

    def own(row: ElementType) -> str:
        names = [f"**`{a.name}`**" if a.name in row.needs else f"`{a.name}`" for a in row.own]
        return ", ".join(names) or "–"

    yield from table(
        ("element", "value", "attributes of its own", "inside"),
        (
            (
                ", ".join(f"`<{tag}>`" for tag in (row.tag, *row.aliases)),
                row.doc,
                own(row),
                _CONTENT[row.content],
            )
            for row in ROWS
        ),
    )
    yield ""
    yield "An attribute in bold must be given."


def formats() -> Iterator[str]:
    """The formats of a string."""
    yield ", ".join(f"`{name}`" for name in FORMATS) + "."


def prompt_primitives() -> Iterator[str]:
    """The primitives: what each holds, and how it begins."""
    holds = {"output_schema": "JSON Schema", "xml_output_schema": "XML", "previous_response": "the last answer"}
    holds["error_messages"] = "what is wrong"

    def begins(template: Template) -> str:
        text = next((part.strip() for part in template.parts if isinstance(part, str)), "").split("\n", 1)[0]
        return text if len(text) <= 70 else text[:70].rsplit(" ", 1)[0] + " …"

    yield from table(
        ("`${gr.…}`", "holds", "begins"),
        (
            (
                f"`{name}`",
                ", ".join(holds[part.name] for part in template.parts if isinstance(part, Slot)) or "–",
                begins(template) or "–",
            )
            for name, template in primitives.PRIMITIVES.items()
        ),
    )


def old_elements() -> Iterator[str]:
    """Elements of older dialects."""
    yield from table(("element", "in 1.0"), ((f"`<{tag}>`", _code(hint)) for tag, hint in OLD_ELEMENTS.items()))


def _code(hint: str) -> str:
    """A hint with its markup as code."""
    return re.sub(r"(<[\w/].*>|@\w+|Guard\.\w+\(\w+\))", r"`\1`", hint)


def spec(name: str) -> Iterator[str]:
    """A file of specs/."""
    yield "```xml"
    yield (SPECS / f"{name}.rail").read_text(encoding="utf-8").rstrip("\n")
    yield "```"


def rail_codes() -> Iterator[str]:
    """The codes of problems in RAIL documents."""

    def row(code: str, meaning: str) -> tuple[str, str, str, str]:
        always = re.match(r"Always an? (error|warning)(?:, of \w+\(\))?: ", meaning)
        strict, lenient = (always[1], always[1]) if always else ("error", "warning")
        said = meaning[always.end() :] if always else meaning
        return f"`{code}`", strict, lenient, _markdown(said[:1].upper() + said[1:])

    yield from table(("code", "1.0", "older", "meaning"), (row(*item) for item in CODES.items()))


def other_codes() -> Iterator[str]:
    """The codes of all other problems. Raises ValueError where the table and the source differ."""
    there = _codes_in_source()
    if missing := there - OTHER_CODES.keys():
        raise ValueError(f"railguard/language/codes.py says no meaning for {', '.join(sorted(missing))}")
    if gone := OTHER_CODES.keys() - there:
        raise ValueError(
            f"railguard/language/codes.py has a meaning for {', '.join(sorted(gone))}, which nothing raises"
        )
    yield from table(("code", "meaning"), ((f"`{code}`", OTHER_CODES[code]) for code in sorted(OTHER_CODES)))


def _codes_in_source() -> set[str]:
    """Every code that a Problem or a SpecError is made with, RAIL's own room apart. Parsing's codes are of doubts."""
    found: set[str] = set()
    for file in sorted(SOURCE.rglob("*.py")):
        if {SOURCE / "rail", SOURCE / "parsing"} & {*file.parents}:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                defaults = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
                found |= {d.value for a, d in defaults if a.arg == "code" and _is_text(d)}
            if not isinstance(node, ast.Call):
                continue
            found |= {k.value.value for k in node.keywords if k.arg == "code" and _is_text(k.value)}
            if isinstance(node.func, ast.Name) and node.func.id == "Problem" and len(node.args) > 1:
                found |= {a.value for a in node.args[1:2] if _is_text(a)}
    return found


def _is_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def limits() -> Iterator[str]:
    """The fields of Limits, their defaults and what its documentation says of them."""
    said = " ".join((Limits.__doc__ or "").split())
    names = [field.name for field in fields(Limits)]
    ends = "|".join(names)
    rows = []
    for found in re.finditer(rf"(?<=[.:] )((?:(?:{ends})(?:, )?)+): (.*?)(?= (?:{ends})[,:]|$)", said):
        these = found[1].split(", ")
        amounts = ", ".join(_amount(getattr(Limits(), name)) for name in these)
        rows.append((", ".join(f"`{name}`" for name in these), amounts, found[2].rstrip(".")))
        names = [name for name in names if name not in these]
    if names:
        raise ValueError(f"the documentation of Limits says nothing of {', '.join(names)}")
    yield from table(("limit", "default", "of what"), rows)


def services() -> Iterator[str]:
    """The services that are asked over HTTP by name."""
    rows = []
    for scheme, one in SERVICES.items():
        keys = " or ".join(f"`{name}`" for name in one.key_variables) or "–"
        where = f"`{one.base_url}`" if one.base_url else "your own: " + " or ".join(f"`{n}`" for n in one.url_variables)
        rows.append(
            (f"`{scheme}:`", where, keys + ("" if one.needs_key else ", if it wants one"), f"`{one.schema_target}`")
        )
    yield from table(("name", "server", "key", "schema target"), rows)


def _amount(value: float) -> str:
    for power, unit in ((20, "Mi"), (10, "Ki")):
        if isinstance(value, int) and value >= 1 << power and value % (1 << power) == 0:
            return f"{value >> power} {unit}"
    return "–" if value is None else f"{value:,}"


def repairs() -> Iterator[str]:
    """The repairs of values."""
    yield from table(
        ("repair", "of", "class", "example"),
        ((f"`{name}`", nodes, kinds, _markdown(example)) for name, nodes, kinds, example in repair_table()),
    )


def own_validators() -> list[Validator]:
    """The validators that come with railguard, by name; not those of other packages that happen to be installed."""
    return [one for one in railguard.validators() if one.check.__module__.split(".")[0] == "railguard_validators"]


def validator_table() -> Iterator[str]:
    """All validators, a line each."""
    yield from table(
        ("validator", "serves", "what passes"),
        (
            (f"[`{one.name}`](#{one.name})", _types(one), _markdown(_first_sentence(one.description)))
            for one in own_validators()
        ),
    )


SUBJECTS = (
    *("Texts", "Formats", "Documents and code", "Values and numbers", "Lists and objects"),
    *("What a given source says", "Safety", "Judged by a model"),
)


def validator_subjects() -> Iterator[str]:
    """All validators, by what they are for."""
    known = own_validators()
    if unknown := {one.subject for one in known} - {*SUBJECTS}:
        raise ValueError(f"no place in the list for validators of {unknown}")
    for subject in SUBJECTS:
        names = ", ".join(f"[{one.name}](#{one.name})" for one in known if one.subject == subject)
        about = " ([judging.md](judging.md))" if subject == "Judged by a model" else ""
        yield f"- {subject}{about}: {names}."


def validator_manual() -> Iterator[str]:
    """All validators, a section each."""
    for number, one in enumerate(own_validators()):
        if number:
            yield ""
        yield f"## {one.name}"
        yield ""
        yield f"`{one.signature}`"
        yield ""
        manual = one.manual
        yield from map(_markdown, manual.words)
        yield ""
        if one.parameters:
            yield from table(("parameter", "type", "default", "what it means"), map(_parameter, one.parameters))
            yield ""
        yield from _facts(one)
        if manual.examples:
            yield ""
            yield "```pycon"
            yield from (f">>> from {one.check.__module__} import {_function(one)}", *manual.examples)
            yield "```"


def rival_thresholds() -> Iterator[str]:
    """What arguments under other guards' names mean, there and here."""

    def row(one: Validator, said: Translation) -> tuple[str, str, str, str, str]:
        (parameter,) = [parameter for parameter in one.parameters if parameter.name == said.parameter]
        read = "as it is" if said.read is None else f"`0.2` as `{said.read(0.2):g}`"
        return (
            f"`{said.name}`",
            f"`{said.parameter}`",
            said.theirs,
            f"`{parameter.default!r}` ([{one.name}](#{one.name}))",
            read + (", with a warning" if said.differs else ""),
        )

    rows = [row(one, said) for one in own_validators() for said in one.translations]
    yield from table(("name", "parameter", "there, and its default", "default here", "how it is read"), rows)


def _parameter(parameter: Parameter) -> tuple[str, str, str, str]:
    default = "–" if parameter.required else f"`{parameter.default!r}`"
    return f"`{parameter.name}`", f"`{parameter.type}`", default, _markdown(parameter.doc)


def _facts(one: Validator) -> Iterator[str]:
    """What else there is to know of a validator, an item each."""
    yield f"- serves {_types(one)}"
    if one.aliases:
        yield f"- also called {', '.join(f'`{alias}`' for alias in one.aliases)}"
    if one.is_async or one.blocking:
        yield f"- {'is awaited' if one.is_async else 'runs in a thread, with a time limit'}"
    if keys := sorted({*one.metadata, *(key for rule in one.examples() for key in rule.metadata)}):
        unless = "" if set(keys) <= set(one.metadata) else ", unless parameters give it"
        yield f"- needs {', '.join(f'`{key}`' for key in keys)} in the metadata{unless}"
    for module, install in one.requires.items():
        yield f"- needs `{module}`: `pip install '{install}'`"
    if one.keywords:
        yield f"- in JSON Schema: {', '.join(f'`{keyword}`' for keyword in one.keywords)}"
    if written := _in_rail(one):
        yield f'- in RAIL: `validators="{written}"`'


def _function(one: Validator) -> str:
    return one.name.replace("-", "_")


def _types(one: Validator) -> str:
    order = ("string", "integer", "number", "boolean", "array", "object", "null")
    return "any value" if len(one.types) == len(order) else ", ".join(name for name in order if name in one.types)


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.partition("\n\n")[0].split())
    found = re.match(r".*?[.](?= [A-Z`]|$)", paragraph)
    return found[0] if found else paragraph


def _markdown(text: str) -> str:
    """Plain words as Markdown: nothing outside of `code` is markup."""
    pieces = text.split("`")
    pieces[::2] = [re.sub(r"[*<&]", r"\\\g<0>", piece) for piece in pieces[::2]]
    return "`".join(pieces)


def _in_rail(one: Validator) -> str | None:
    """The first rule of its documentation as RAIL writes it; None if RAIL cannot."""
    for rule in one.rules_in(one.manual.examples):
        try:
            written = rules_to((rule,))["validators"]
        except (SpecError, ValueError):
            continue
        if "'" not in written and "\\" not in written:
            written = written.replace('"', "'")
        return written.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return None


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "elements": elements,
    "formats": formats,
    "limits": limits,
    "old-elements": old_elements,
    "other-codes": other_codes,
    "primitives": prompt_primitives,
    "rail-codes": rail_codes,
    "repairs": repairs,
    "rival-thresholds": rival_thresholds,
    "services": services,
    "validator-manual": validator_manual,
    "validator-subjects": validator_subjects,
    "validator-table": validator_table,
}
"""name in the marker → what stands there. `<!-- generated: spec NAME -->` is the file NAME.rail of specs/."""


if __name__ == "__main__":
    sys.exit(main())

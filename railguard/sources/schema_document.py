"""Checks a JSON Schema document before it is converted: shapes of keywords, references, circular references.

All problems are reported, each with its JSON Pointer. The document is copied, the spelling of older drafts is converted
to draft 2020-12, and every reference is resolved inside the document: nothing is ever fetched.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from railguard.errors import Problem, SpecError
from railguard.parsing.json.plain import has_surrogate
from railguard.validation.vocabulary import JSON_TYPES, KEYWORDS

__all__ = ["JSON_TYPES", "KEYWORDS", "SchemaDocument"]

MAX_DEPTH = 100
MAX_SCHEMAS = 100_000

ONE = frozenset(row.name for row in KEYWORDS.values() if row.takes.schemas == "one")
MANY = frozenset(row.name for row in KEYWORDS.values() if row.takes.schemas == "many")
NAMED = frozenset(row.name for row in KEYWORDS.values() if row.takes.schemas == "named")
IN_PLACE = tuple(row.name for row in KEYWORDS.values() if row.in_place)
"""Keywords whose subschemas apply to the same value as the schema that contains them."""

_DIALECTS = ("draft/2020-12/schema", "draft/2019-09/schema", "draft-07/schema", "draft-06/schema", "draft-04/schema")
ENCODINGS = ("base64", "base64url", "base32", "base16", "7bit", "8bit", "binary")
"""The supported values of contentEncoding."""

_OTHERS = (
    "$schema $vocabulary $defs definitions id default examples example deprecated readOnly writeOnly nullable discriminator "
    "xml externalDocs propertyOrdering enumNames enumDescriptions markdownDescription markdownEnumDescriptions "
    "defaultSnippets errorMessage options format_description additionalItems dependencies $ref $recursiveRef "
    "$recursiveAnchor"
)
_KNOWN = frozenset(_OTHERS.split()) | KEYWORDS.keys()
"""Every keyword of a draft, of OpenAPI, and of common editors and providers."""

_WORDS_ONLY = frozenset(
    (
        *("title", "description", "$comment", "default", "examples", "example"),
        *("deprecated", "readOnly", "writeOnly", "markdownDescription"),
    )
)
"""Keywords that any JSON object may have as keys, and that do not constrain values."""

_MOST_WARNINGS = 100

_REFUSED = {
    "$dynamicRef": "a reference that depends on where it is read from is not supported; use $ref",
    "$recursiveRef": "a reference that depends on where it is read from is not supported; use $ref",
}


class SchemaDocument:
    """A checked document.

    root: the copy, in the spelling of draft 2020-12. judged: the author's own validator decides (a pydantic model), so
    that a pattern in another dialect of regular expressions is not a problem. Raises SpecError with every problem.
    """

    def __init__(self, root: Any, *, judged: bool = False) -> None:
        self.judged = judged
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._schemas: dict[str, dict[str, Any] | bool] = {}
        self._pointers: dict[int, str] = {}
        self._targets: dict[int, str] = {}
        self._anchors: dict[str, str] = {}
        self._referring: list[dict[str, Any]] = []
        self._base = ""
        self._lone_references = False  # in this draft, keywords next to a $ref are ignored
        self._of_no_draft = True  # the document names no draft
        self._spellings: set[str] = set()
        if isinstance(root, Mapping):
            root = dict(root)
        if not isinstance(root, (dict, bool)):
            raise SpecError.of(f"a JSON Schema is an object or a boolean, not {root!r:.80}", code="json-schema")
        try:
            self.root: dict[str, Any] | bool = copy.deepcopy(root)
        except RecursionError:
            raise SpecError.of("the JSON Schema is nested too deeply", code="json-schema-depth") from None
        if not judged:
            self._refuse_surrogates()
        if isinstance(self.root, dict):
            self._dialect(self.root)
            if not judged:
                self._warn_of_no_schema(self.root)
        self._walk("", self.root, 0)
        self._refuse_ambiguity()
        self._resolve()
        self._refuse_mixture()
        if self.problems:
            raise SpecError(self.problems)
        self._refuse_circles()

    def pointer(self, schema: dict[str, Any]) -> str:
        """Return the JSON Pointer of a schema of this document ("" for the root, and for a schema made by merging)."""
        return self._pointers.get(id(schema), "")

    def known(self, schema: Any) -> bool:
        """Whether this very object is a schema of the document."""
        return id(schema) in self._pointers

    def schema(self, pointer: str) -> Any:
        """Return the schema at the pointer of a reference."""
        return self._schemas[pointer]

    def target(self, schema: dict[str, Any]) -> str:
        """Return the pointer that a schema's `$ref` refers to."""
        return self._targets[id(schema)]

    def problem(self, pointer: str, message: str, *, code: str = "json-schema", hint: str | None = None) -> None:
        """Record a problem at a JSON Pointer."""
        self.problems.append(Problem(f"at #{pointer}: {message}", code, hint=hint))

    def _refuse_surrogates(self) -> None:
        """Refuse text with half of a surrogate pair, at once: no valid answer holds it, and pydantic-core and UTF-8 cannot."""
        todo: list[tuple[str, Any]] = [("", self.root)]
        seen: set[int] = set()  # an object of the caller may contain itself
        while todo:
            pointer, value = todo.pop()
            if isinstance(value, (dict, list, tuple)):
                if id(value) in seen:
                    continue
                seen.add(id(value))
            if isinstance(value, str):
                if has_surrogate(value):
                    self.problem(pointer, f"the text {value!a:.80} has half of a surrogate pair")
            elif isinstance(value, dict):
                for name, one in reversed(value.items()):
                    if isinstance(name, str) and has_surrogate(name):
                        self.problem(pointer, f"the name {name!a:.80} has half of a surrogate pair")
                    else:
                        todo.append((f"{pointer}/{_escape(name)}", one))
            elif isinstance(value, (list, tuple)):
                todo.extend((f"{pointer}/{at}", one) for at, one in reversed(list(enumerate(value))))
        if self.problems:
            raise SpecError(self.problems)

    def _dialect(self, root: dict[str, Any]) -> None:
        dialect = root.get("$schema")
        if isinstance(dialect, str) and "json-schema.org/" in dialect:
            name = dialect.rstrip("#").split("json-schema.org/", 1)[1]
            self._lone_references = name in _LONE_REFERENCES
            self._of_no_draft = False
            if name not in _DIALECTS:
                self.problem("/$schema", f"{dialect} is a draft that is not read", hint="write it in draft 2020-12")
        base = root.get("$id", root.get("id"))
        if isinstance(base, str):
            self._base = base.split("#", 1)[0]

    def _warn_of_no_schema(self, root: dict[str, Any]) -> None:
        if root and not any(keyword in _KNOWN and keyword not in _WORDS_ONLY for keyword in root):
            names = ", ".join(repr(key) for key in list(root)[:3])
            self.warnings.append(
                Problem(
                    f"none of its keys ({names:.80}) is a keyword of JSON Schema: it accepts every value",
                    "json-schema-empty",
                    "warning",
                    hint='a schema says what is valid, as in {"type": "object", "properties": {…}}',
                )
            )

    def _warn_of_misspelling(self, where: str, keyword: str) -> None:
        """Warn of a key that is almost a keyword; any other unknown key is an annotation, as the specification defines."""
        if self.judged or keyword.startswith(("x-", "$")) or len(self.warnings) >= _MOST_WARNINGS:
            return
        plain = _plain(keyword)
        close = _PLAIN.get(plain)
        if close is None and 3 < len(plain) <= 40:
            from difflib import get_close_matches

            close = next((_PLAIN[name] for name in get_close_matches(plain, _PLAIN, n=1, cutoff=0.8)), None)
        if close is not None:
            self.warnings.append(
                Problem(
                    f"at #{where}: {keyword!r} is not a keyword of JSON Schema and has no effect; did you mean {close!r}?",
                    "json-schema-misspelled",
                    "warning",
                    hint=f"write {close!r}, or begin the name of an annotation of your own with x-",
                )
            )

    def _walk(self, pointer: str, schema: Any, depth: int) -> None:
        """Check a schema and everything inside it, and convert it to the current draft."""
        todo: list[tuple[str, Any, int]] = [(pointer, schema, depth)]
        while todo:
            pointer, schema, depth = todo.pop()
            if pointer in self._schemas:
                continue
            if isinstance(schema, bool):
                self._schemas[pointer] = schema
                continue
            if not isinstance(schema, dict):
                self.problem(pointer, f"must be a schema (an object or a boolean), not {schema!r:.80}")
                continue
            if depth > MAX_DEPTH or len(self._schemas) >= MAX_SCHEMAS:
                what = f"{MAX_DEPTH} levels deep" if depth > MAX_DEPTH else f"more than {MAX_SCHEMAS} schemas large"
                raise SpecError.of(f"at #{pointer[:200]}: the JSON Schema is {what}", code="json-schema-depth")
            self._schemas[pointer] = schema
            self._pointers[id(schema)] = pointer
            if "$ref" in schema:
                self._referring.append(schema)
            self._modernise(schema)
            self._check(pointer, schema)
            for identity in ("$id", "$schema"):  # they would switch the draft of the remaining check
                schema.pop(identity, None)
            todo.extend((where, sub, depth + 1) for where, sub in reversed(list(self._below(pointer, schema))))

    def _below(self, pointer: str, schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for keyword, value in schema.items():
            where = f"{pointer}/{_escape(keyword)}"
            if keyword in ONE:
                yield where, value
            elif keyword in MANY:
                if isinstance(value, list) and value:
                    yield from ((f"{where}/{number}", sub) for number, sub in enumerate(value))
                else:
                    self.problem(where, "must be a list of schemas, and not empty")
            elif keyword in NAMED:
                if isinstance(value, dict):
                    yield from ((f"{where}/{_escape(name)}", sub) for name, sub in value.items())
                else:
                    self.problem(where, "must be an object of schemas")

    def _check(self, pointer: str, schema: dict[str, Any]) -> None:
        for keyword, value in schema.items():
            if not isinstance(keyword, str):
                self.problem(pointer, f"a key of a JSON object is a text, not {keyword!r}")
                continue
            where = f"{pointer}/{_escape(keyword)}"
            if keyword not in _KNOWN:
                self._warn_of_misspelling(where, keyword)
            if keyword in _REFUSED:
                self.problem(where, f"{keyword}: {_REFUSED[keyword]}", code="json-schema-keyword")
            row = KEYWORDS.get(keyword)
            if row is not None and row.takes.schemas is None and not row.takes.fits(value):
                hint = None
                if keyword == "required" and isinstance(value, bool):
                    hint = 'list the required names beside "properties"'
                self.problem(where, f"{keyword} must be {row.takes.words}, not {value!r:.80}", hint=hint)
            elif keyword == "pattern":
                self._pattern(where, value)
            elif keyword == "contentEncoding" and value not in ENCODINGS and not self.judged:
                self.problem(
                    where,
                    f"contentEncoding {value!r} is not supported",
                    code="json-schema-keyword",
                    hint=f"supported are {', '.join(ENCODINGS)}",
                )
            elif keyword == "patternProperties" and isinstance(value, dict):
                for name in value:
                    self._pattern(f"{where}/{_escape(name)}", name)
            elif keyword in ("$anchor", "$dynamicAnchor"):
                self._anchors.setdefault(value, pointer)
            elif keyword == "$id" and value.startswith("#"):
                self._anchors.setdefault(value[1:], pointer)
            elif keyword == "$id" and pointer:
                self.problem(
                    where,
                    "$id inside a document, which changes what references mean, is not supported",
                    code="json-schema-keyword",
                    hint="remove it and refer to the place with #/…",
                )

    def _pattern(self, where: str, pattern: str) -> None:
        if self.judged:
            return
        from railguard.validation import patterns

        try:
            patterns.compile(pattern)
        except SpecError as error:
            first = error.problems[0]
            self.problem(where, first.message, code=first.code, hint=first.hint)

    def _modernise(self, schema: dict[str, Any]) -> None:
        """Convert the spelling of drafts 4 to 2019-09 and of OpenAPI 3.0, in place."""
        if self._lone_references and isinstance(schema.get("$ref"), str):
            for keyword in [name for name in schema if name in _BESIDE_REFERENCES]:
                del schema[keyword]
        self._spellings.update(_OLDER & schema.keys(), _NEWER & schema.keys())
        if isinstance(schema.get("items"), list):
            self._spellings.add("items")
            schema["prefixItems"] = schema.pop("items")
            if "additionalItems" in schema:
                schema["items"] = schema.pop("additionalItems")
            if not schema["prefixItems"]:
                del schema["prefixItems"]
        if isinstance(schema.get("dependencies"), dict):
            for name, needed in schema.pop("dependencies").items():
                keyword = "dependentRequired" if isinstance(needed, list) else "dependentSchemas"
                schema.setdefault(keyword, {}).setdefault(name, needed)
        for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if isinstance(schema.get(exclusive), bool) and bound in schema and schema.pop(exclusive):
                schema[exclusive] = schema.pop(bound)
        if schema.get("nullable") is True and isinstance(schema.get("type"), str) and schema["type"] in JSON_TYPES:
            schema["type"] = [schema["type"], "null"]
            if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
                schema["enum"] = [*schema["enum"], None]
        for keyword, value in schema.items():
            if isinstance(value, float) and (row := KEYWORDS.get(keyword)) is not None and row.takes.whole:
                schema[keyword] = int(value) if row.takes.fits(value) else value

    def _resolve(self) -> None:
        """Resolve every `$ref`; a target outside the known places is checked like any schema."""
        for schema in self._referring:  # checking a target appends to it
            reference, here = schema["$ref"], self._pointers[id(schema)]
            if id(schema) in self._targets or not isinstance(reference, str):
                continue
            pointer = self._locate(reference, f"{here}/$ref")
            if pointer is None:
                continue
            self._walk(pointer, self._at(pointer), 0)
            self._targets[id(schema)] = pointer
            schema["$ref"] = "#" + quote(pointer, safe="/~!$&'()*+,;=:@")

    def _locate(self, reference: str, where: str) -> str | None:
        base, _, fragment = reference.partition("#")
        if base and base != self._base and not (self._base and self._base.rsplit("/", 1)[-1] == base):
            self.problem(
                where,
                f"{reference!r} points out of the document, and nothing is ever fetched",
                code="json-schema-reference",
                hint='copy what it names into "$defs" and refer to "#/$defs/…"',
            )
            return None
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            if fragment in self._anchors:
                return self._anchors[fragment]
        elif self._at(modern := self._modern_pointer(fragment)) is not _NOWHERE:
            return modern
        self.problem(where, f"{reference!r} leads nowhere", code="json-schema-reference", hint=self._close(fragment))
        return None

    def _modern_pointer(self, pointer: str) -> str:
        """Return a pointer with the current names of its keywords."""
        tokens = pointer.split("/")
        for at in range(1, len(tokens)):
            here = self._at("/".join(tokens[:at]))
            if not isinstance(here, dict):
                break
            following = tokens[at + 1] if at + 1 < len(tokens) else ""
            if tokens[at] == "items" and "prefixItems" in here and following.isdecimal():
                tokens[at] = "prefixItems"
            elif tokens[at] not in here and _MODERN.get(tokens[at]) in here:
                tokens[at] = _MODERN[tokens[at]]
        return "/".join(tokens)

    def _at(self, pointer: str) -> Any:
        here: Any = self.root
        for token in pointer.split("/")[1:]:
            token = token.replace("~1", "/").replace("~0", "~")
            if isinstance(here, dict) and token in here:
                here = here[token]
            elif isinstance(here, list) and token.isdecimal() and token.isascii() and int(token[:9]) < len(here):
                here = here[int(token[:9])]
            else:
                return _NOWHERE
        return here

    def _close(self, fragment: str) -> str | None:
        from difflib import get_close_matches

        places = [pointer for pointer in self._schemas if pointer.startswith(("/$defs/", "/definitions/"))][:1000]
        close = get_close_matches(fragment[:200], places, n=1)
        return f"did you mean #{close[0]}?" if close else None

    def _refuse_ambiguity(self) -> None:
        """Report keywords next to a `$ref` if the draft is unknown: before 2019-09 they are ignored, later they apply."""
        older = sorted(self._spellings - _NEWER)
        if self.judged or not self._of_no_draft or not older or self._spellings & _NEWER:
            return
        for schema in self._referring:
            if beside := sorted(schema.keys() & _BESIDE_REFERENCES):
                self.problem(
                    self.pointer(schema),
                    f"{', '.join(beside)} beside $ref counts in draft 2019-09 and later and not before, and the document is "
                    f"written as before ({', '.join(older)})",
                    code="json-schema-keyword",
                    hint='say which draft it is, as in "$schema": "https://json-schema.org/draft/2020-12/schema"',
                )

    def _refuse_mixture(self) -> None:
        """Report unevaluatedProperties with patternProperties: jsonschema evaluates them with Python's regular
        expressions, whose time is unbounded.
        """
        schemas = [(p, s) for p, s in self._schemas.items() if isinstance(s, dict)]
        patterned = next((p for p, s in schemas if "patternProperties" in s), None)
        unevaluated = next((p for p, s in schemas if "unevaluatedProperties" in s), None)
        if patterned is not None and unevaluated is not None and not self.judged:
            self.problem(
                f"{unevaluated}/unevaluatedProperties",
                f"unevaluatedProperties together with patternProperties (at #{patterned}) is not supported",
                code="json-schema-keyword",
                hint="list the properties, or use additionalProperties",
            )

    def _refuse_circles(self) -> None:
        """Report circles of references that apply to the same value: they never reach a type, so no value is ever
        checked.
        """
        done: set[str] = set()
        for start in self._schemas:
            path: list[tuple[str, Iterator[str]]] = []
            active: set[str] = set()
            if start not in done:
                path.append((start, self._same_value(start)))
                active.add(start)
            while path:
                pointer, following = path[-1]
                step = next((p for p in following if p not in done), None)
                if step is None:
                    path.pop()
                    active.discard(pointer)
                    done.add(pointer)
                elif step in active:
                    raise SpecError.of(
                        f"at #{step}: the references form a circle and never reach a type: "
                        + " → ".join(f"#{p}" for p, _ in [*path[-8:], (step, following)]),
                        code="json-schema-circle",
                    )
                else:
                    active.add(step)
                    path.append((step, self._same_value(step)))

    def _same_value(self, pointer: str) -> Iterator[str]:
        schema = self._schemas[pointer]
        if isinstance(schema, bool):
            return
        if id(schema) in self._targets:
            yield self._targets[id(schema)]
        for keyword in IN_PLACE:
            if keyword not in schema:
                continue
            value = schema[keyword]
            if keyword in ONE:
                yield f"{pointer}/{keyword}"
            else:
                names = range(len(value)) if isinstance(value, list) else map(_escape, value)
                yield from (f"{pointer}/{keyword}/{name}" for name in names)


_NOWHERE: Any = object()
_MODERN = {"additionalItems": "items", "dependencies": "dependentSchemas"}
_OLDER = frozenset(("definitions", "dependencies", "additionalItems"))
_NEWER = frozenset(("$defs", "prefixItems", "dependentRequired", "dependentSchemas", "minContains", "maxContains")) | {
    *("unevaluatedItems", "unevaluatedProperties", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef")
}
_LONE_REFERENCES = ("draft-07/schema", "draft-06/schema", "draft-04/schema")
_BESIDE_REFERENCES = frozenset(
    ["$id", "id", "$anchor", "dependencies", "additionalItems"]
    + [row.name for row in KEYWORDS.values() if not row.annotates and row.name != "$ref"]
)
"""Keywords that are ignored next to a `$ref` before draft 2019-09; annotations and definitions are kept."""


def _plain(keyword: str) -> str:
    return keyword.replace("_", "").replace("-", "").strip().lower()


_PLAIN = {_plain(keyword): keyword for keyword in sorted(_KNOWN) if not keyword.startswith("$")}
_PLAIN |= {"ref": "$ref", "defs": "$defs"}
"""Each keyword in a form for comparison: without capitals and underscores."""


def _escape(token: Any) -> str:
    return str(token).replace("~", "~0").replace("/", "~1")

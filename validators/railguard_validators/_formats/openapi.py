"""Checks of an OpenAPI document that go beyond the shape of its objects, in one traversal: references have a target in
the document, path parameters are declared, operation names are unique.

openapi-spec-validator has such checks too; but they raise on documents of the wrong shape, follow references into the
network, and take time that doubles with every level of references. So only its schemas are used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

__all__ = ["Flaw", "flaws", "too_deep"]

Flaw: TypeAlias = tuple[tuple[str | int, ...], str]
"""(path, error)."""

_Place: TypeAlias = tuple[str | int, ...]
_NAMED = frozenset(["properties", "patternProperties", "$defs", "schemas", "definitions", "parameters", "responses"])
_DATA = frozenset(["example", "default", "const", "enum", "value"])  # data: no $ref inside
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_TEMPLATED = re.compile(r"\{([^{}/]*)\}")
_HOPS = 20


def too_deep(document: Any, deepest: int) -> bool:
    """Whether a document is nested deeper than a limit.

    >>> too_deep([[1]], 2), too_deep([[[1]]], 2)
    (False, True)
    """
    level = [document]
    for _ in range(deepest + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def flaws(document: dict[str, Any]) -> Iterator[Flaw]:
    """Yield every flaw of a document that OpenAPI's schemas do not detect.

    >>> list(flaws({"paths": {"/a/{id}": {"get": {"$ref": "#/nowhere"}}}}))
    [(('paths', '/a/{id}', 'get', '$ref'), '"#/nowhere" leads nowhere'), (('paths', '/a/{id}', 'get'), 'the parameter \
"id" of the path is not declared')]
    """
    yield from _references(document)
    yield from _operations(document)


def _members(document: Any) -> Iterator[tuple[_Place, str | None, Any]]:
    """Yield (path, keyword, value) of every member of every object, in order, without data. The keyword is None if the
    document's author named the member, as in `properties`.
    """
    todo: list[tuple[_Place, str | None, Any]] = [((), None, document)]
    while todo:
        path, keyword, value = todo.pop()
        if path:
            yield path, keyword, value
        if isinstance(value, list):
            todo.extend(((*path, index), None, item) for index, item in reversed(list(enumerate(value))))
        elif isinstance(value, dict):
            named = keyword in _NAMED
            for key, item in reversed(value.items()):
                if named or not (key in _DATA or key.startswith("x-")):
                    todo.append(((*path, key), None if named else key, item))


def schemas_of(document: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield the schemas of an OpenAPI 3 document with their paths, without those inside other schemas.

    >>> list(schemas_of({"components": {"schemas": {"A": {"type": "null"}}}}))
    [(('components', 'schemas', 'A'), {'type': 'null'})]
    """
    for path, keyword, value in _members(document):
        if keyword == "schema" or (path[:2] == ("components", "schemas") and len(path) == 3):
            yield path, value


def _references(document: dict[str, Any]) -> Iterator[Flaw]:
    anchors: set[str] = set()
    found: list[tuple[_Place, str]] = []
    for path, keyword, value in _members(document):
        if keyword in ("$ref", "$dynamicRef") and isinstance(value, str):
            found.append((path, value))
        elif keyword == "$anchor" and isinstance(value, str):
            anchors.add(value)
    for path, reference in found:
        if not reference.startswith("#"):
            yield path, f"{_quoted(reference)} leads out of the document; copy what it names into it"
        elif reference[1:2] not in ("", "/"):
            if reference[1:] not in anchors and path[-1] != "$dynamicRef":
                yield path, f"{_quoted(reference)} leads nowhere"
        elif _target(document, reference) is _NOWHERE:
            yield path, f"{_quoted(reference)} leads nowhere"


_NOWHERE: Any = object()


def _target(document: Any, reference: str) -> Any:
    from urllib.parse import unquote

    here = document
    for part in unquote(reference[1:]).split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict) and name in here:
            here = here[name]
        elif isinstance(here, list) and name.isascii() and name.isdigit() and int(name[:9]) < len(here):
            here = here[int(name[:9])]
        else:
            return _NOWHERE
    return here


def _operations(document: dict[str, Any]) -> Iterator[Flaw]:
    seen: dict[str, tuple[str | int, ...]] = {}
    paths = document.get("paths")
    for template, item in paths.items() if isinstance(paths, dict) else ():
        if not isinstance(item, dict):
            continue
        templated = _TEMPLATED.findall(template)
        shared = _path_parameters(document, item)
        for method in _METHODS:
            operation = item.get(method)
            if not isinstance(operation, dict):
                continue
            path = ("paths", template, method)
            name = operation.get("operationId")
            if isinstance(name, str):
                if name in seen:
                    yield (*path, "operationId"), f"the operationId {_quoted(name)} is taken by another operation"
                seen.setdefault(name, path)
            declared = shared | _path_parameters(document, operation)
            for parameter in dict.fromkeys(templated):
                if parameter not in declared:
                    yield path, f"the parameter {_quoted(parameter)} of the path is not declared"
            for parameter in sorted(declared.difference(templated)):
                yield path, f"the parameter {_quoted(parameter)} is declared in the path and does not stand in it"


def _path_parameters(document: dict[str, Any], holder: dict[str, Any]) -> set[str]:
    found = set()
    parameters = holder.get("parameters")
    for parameter in parameters if isinstance(parameters, list) else ():
        for _ in range(_HOPS):
            if not isinstance(parameter, dict) or not isinstance(parameter.get("$ref"), str):
                break
            parameter = _target(document, parameter["$ref"])
        if isinstance(parameter, dict) and parameter.get("in") == "path" and isinstance(parameter.get("name"), str):
            found.add(parameter["name"])
    return found


def _quoted(text: str) -> str:
    from railguard_validators._wording import shown

    return shown(text, 80)

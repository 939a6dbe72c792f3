"""openapi: a description of an HTTP API in OpenAPI."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, Literal

from railguard import FailResult, Path, validator
from railguard_validators._formats.fences import taken_out
from railguard_validators._formats.json_text import flaw, parsed
from railguard_validators._formats.openapi import Flaw, flaws, schemas_of, too_deep
from railguard_validators._formats.positions import place, span
from railguard_validators._formats.yaml import NotYaml, documents, plain
from railguard_validators._wording import listed, shown

_DEEPEST = 64
_SHOWN = 5
_MOST = 50


class Openapi:
    """An OpenAPI document of version 2.0, 3.0, 3.1 or 3.2: an object, or a text that is JSON (if it begins with a
    brace) or YAML. Every object in it must have the shape that the schema of its version requires
    (openapi-spec-validator's; from 3.1 on, schemas that of JSON Schema 2020-12). Every `$ref` must have a target in the
    document, the operations of a path must declare exactly its {parameters}, and every operationId must be unique.
    References out of the document fail; nothing is ever fetched. Examples and defaults are not checked against their
    schemas. Nesting beyond 64 fails. Needs openapi-spec-validator and PyYAML.

    The fix removes a Markdown code fence around the document. In an object, the wrong parts are blamed.

    version: the version the document must have, such as "3.1"; None for any of them.

    >>> rule = openapi()
    >>> rule.run({"openapi": "3.1.0", "info": {"title": "Fees", "version": "1"}, "paths": {}})
    >>> paths = {"/fees/{id}": {"get": {}}}
    >>> rule.run({"openapi": "3.1.0", "info": {"title": "Fees", "version": "1"}, "paths": paths}).message
    'The OpenAPI document has 1 error. At $.paths["/fees/{id}"].get: the parameter "id" of the path is not declared.'
    >>> rule.run({"swagger": "1.2"}).message
    'The document must say its version as openapi: 3.1.0 (or another 3.0, 3.1, 3.2) or swagger: 2.0.'
    """

    __slots__ = ("_version", "prompt")

    def __init__(self, version: Literal["2.0", "3.0", "3.1", "3.2"] | None = None) -> None:
        self._version = version
        self.prompt = "an OpenAPI" + (f" {version}" if version else "") + " document"

    def __call__(self, value: str | dict[str, Any]) -> FailResult | None:
        if isinstance(value, dict):
            return self._judge(value)
        result = self._judge_text(value)
        if result is None:
            return None
        return FailResult(result.message, fix=taken_out(value, self._judge_text), spans=result.spans)

    def _judge_text(self, text: str) -> FailResult | None:
        found: Any = None
        if text.lstrip().startswith("{"):
            problem = flaw(text)
            if problem is None:
                try:
                    found = parsed(text)
                except ValueError:
                    problem = "it has an integer of more than 4,300 digits", None
            if problem is not None:
                what, at = problem
                spans = [span(text, at)] if at is not None else ()
                return FailResult(f"The text is not valid JSON: {what}.", spans=spans)
        else:
            try:
                roots = documents(text)
            except NotYaml as error:
                where = f" at {place(text, error.at)}" if error.at is not None else ""
                spans = [span(text, error.at)] if error.at is not None else ()
                return FailResult(f"The text is neither JSON nor YAML: {error.what}{where}.", spans=spans)
            found = plain(roots[0]) if len(roots) == 1 else None
        if not isinstance(found, dict):
            return FailResult("The text must be one OpenAPI document, which is an object in JSON or a mapping in YAML.")
        result = self._judge(found)
        return None if result is None else FailResult(result.message)

    def _judge(self, document: dict[str, Any]) -> FailResult | None:
        if too_deep(document, _DEEPEST):
            return FailResult(f"The OpenAPI document is nested more than {_DEEPEST} deep.")
        version = _version(document)
        judge = _schemas().get(version)
        if judge is None:
            have = listed(sorted(_schemas()), 9).replace('"', "")
            message = "The document must say its version as openapi: 3.1.0 (or another 3.0, 3.1, 3.2) or swagger: 2.0."
            return FailResult(message if version is None else f"OpenAPI {version} is not read; write one of {have}.")
        if self._version not in (None, version):
            return FailResult(f"The document must be OpenAPI {self._version}; it is {version}.")
        if _odd(document):
            return FailResult("The OpenAPI document has a number that is not finite, or of more than 4,300 digits.")
        found = list(islice(_misshapen(judge, document), _MOST))
        if not found:  # the next checks rely on the shapes
            found = list(islice(chain(_wrong_schemas(version, document), flaws(document)), _MOST))
        if not found:
            return None
        lines = list(dict.fromkeys(f"At {Path(path)}: {what}." for path, what in found))
        count = f"{len(found)} error{'s' if len(found) > 1 else ''}"
        if len(found) == _MOST:
            count = f"{_MOST} errors or more"
        more = f" And {len(lines) - _SHOWN} more." if len(lines) > _SHOWN else ""
        message = f"The OpenAPI document has {count}. {' '.join(lines[:_SHOWN])}{more}"
        blame = list(dict.fromkeys(path for path, _ in found))
        return FailResult(message, blame=() if () in blame else blame)


def _version(document: dict[str, Any]) -> str | None:
    if isinstance(text := document.get("openapi"), str):
        return ".".join(text.split(".")[:2])[:20]
    return "2.0" if document.get("swagger") == "2.0" else None


def _schemas() -> dict[str | None, Any]:
    import openapi_spec_validator as package

    classes = {"2.0": "OpenAPIV2", "3.0": "OpenAPIV30", "3.1": "OpenAPIV31", "3.2": "OpenAPIV32"}
    found = {version: getattr(package, f"{name}SpecValidator", None) for version, name in classes.items()}
    return {version: kind.schema_validator for version, kind in found.items() if kind is not None}


def _odd(document: dict[str, Any]) -> bool:
    from math import isfinite

    todo: list[Any] = [document]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
        elif isinstance(item, float):
            if not isfinite(item):
                return True
        elif isinstance(item, int) and item.bit_length() > 14_284:
            return True
    return False


def _misshapen(judge: Any, document: Any) -> Iterator[Flaw]:
    from jsonschema.exceptions import best_match  # type: ignore[import-untyped]  # it has no stubs

    for error in judge.iter_errors(document):
        deepest = best_match([error])
        yield tuple(deepest.absolute_path), _cut(deepest)


def _wrong_schemas(version: str | None, document: dict[str, Any]) -> Iterator[Flaw]:
    """Yield the errors in schemas: OpenAPI 3.1 leaves schemas to JSON Schema, so that its own schema does not check
    them.
    """
    if version in ("2.0", "3.0"):
        return
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no stubs
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]  # no stubs; it fetches nothing

    judge = Draft202012Validator(Draft202012Validator.META_SCHEMA, registry=REGISTRY)
    for path, schema in schemas_of(document):
        for at, what in _misshapen(judge, schema):
            yield (*path, *at), what


def _cut(error: Any) -> str:
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return f"{listed(missing)} is missing"
    if error.validator == "anyOf" and all(set(each) == {"required"} for each in error.validator_value):
        return f"one of {listed(name for each in error.validator_value for name in each['required'])} must be there"
    if error.validator in ("type", "enum", "const"):
        return f"{shown(error.instance)} stands where {error.validator} {shown(error.validator_value)} must"
    if error.validator == "pattern":
        return f"{shown(error.instance)} does not match {shown(error.validator_value)}"
    return str(error.message)[:300].rstrip(".")


openapi = validator(
    "openapi",
    subject="Documents and code",
    aliases=("valid-openapi", "valid-open-api-spec", "valid-openapi-spec"),
    blocking=True,
    requires={"openapi_spec_validator": "railguard[openapi]", "yaml": "railguard[openapi]"},
)(Openapi)

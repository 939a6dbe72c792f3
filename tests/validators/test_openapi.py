"""openapi: a description of an HTTP API in OpenAPI."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.openapi import openapi

SPEC: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Fees", "version": "1"},
    "paths": {
        "/fees/{id}": {
            "parameters": [{"$ref": "#/components/parameters/id"}],
            "get": {
                "operationId": "fee",
                "responses": {
                    "200": {
                        "description": "a fee",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Fee"}}},
                    }
                },
            },
        }
    },
    "components": {
        "parameters": {"id": {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}},
        "schemas": {"Fee": {"type": "object", "properties": {"parent": {"$ref": "#/components/schemas/Fee"}}}},
    },
}
YAML = """
openapi: 3.0.3
info: {title: Fees, version: '1'}
paths:
  /fees:
    get:
      responses:
        200: {description: ok}
"""
SWAGGER = {"swagger": "2.0", "info": {"title": "Fees", "version": "1"}, "paths": {}}


def changed(*path: Any, to: Any) -> dict[str, Any]:
    spec = copy.deepcopy(SPEC)
    at: Any = spec
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = to
    return spec


def test_it_keeps_the_laws():
    check_validator(
        openapi,
        passing=[SPEC, YAML, json.dumps(SPEC), SWAGGER],
        failing=["", "{", "a: b: c", "[]", {}, changed("paths", to=[]), changed("info", to=None), "openapi: 4.0.0"],
        max_examples=40,
    )


@pytest.mark.parametrize(
    ("path", "to", "message"),
    [
        (("info",), {"title": "x"}, 'At $.info: "version" is missing.'),
        (("paths",), 5, 'At $.paths: 5 stands where type "object" must.'),
        (
            ("components", "schemas", "Fee", "type"),
            "strin",
            "At $.components.schemas.Fee.type: 'strin' is not valid under any of the given schemas.",
        ),
        (
            ("components", "schemas", "Fee", "$ref"),
            "#/components/schemas/Fees",
            'At $.components.schemas.Fee["$ref"]: "#/components/schemas/Fees" leads nowhere.',
        ),
        (
            ("components", "schemas", "Fee", "$ref"),
            "other.yaml#/Fee",
            'At $.components.schemas.Fee["$ref"]: "other.yaml#/Fee" leads out of the document; copy what it names into it.',
        ),
        (
            ("paths", "/fees/{id}", "parameters"),
            [],
            'At $.paths["/fees/{id}"].get: the parameter "id" of the path is not declared.',
        ),
        (
            ("components", "parameters", "id", "name"),
            "key",
            'At $.paths["/fees/{id}"].get: the parameter "id" of the path is not declared. '
            'At $.paths["/fees/{id}"].get: the parameter "key" is declared in the path and does not stand in it.',
        ),
        (
            ("paths", "/all"),
            {"get": {"operationId": "fee"}},
            'At $.paths["/all"].get.operationId: the operationId "fee" is taken by another operation.',
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(path, to, message):
    result = openapi().run(changed(*path, to=to))
    assert result.message.startswith("The OpenAPI document has ")
    assert result.message.endswith(message)
    assert result.fix is UNSET
    assert result.blame


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[]", "The text must be one OpenAPI document, which is an object in JSON or a mapping in YAML."),
        ('{"a": 1, "a": 2}', 'The text is not valid JSON: the name "a" is given twice in one object.'),
        ("a: [", "The text is neither JSON nor YAML: while parsing a flow node, expected the node content, but found "),
        (
            {"openapi": 3.1},
            "The document must say its version as openapi: 3.1.0 (or another 3.0, 3.1, 3.2) or swagger: 2.0.",
        ),
        ({"openapi": "4.0.0"}, "OpenAPI 4.0 is not read; write one of 2.0, 3.0, 3.1"),
        (
            changed("info", "x-n", to=float("inf")),
            "The OpenAPI document has a number that is not finite, or of more than 4,300 digits.",
        ),
    ],
)
def test_what_is_no_document_of_a_known_version_fails(value, message):
    assert openapi().run(value).message.startswith(message)


def test_what_may_be_one_of_several_is_listed():
    result = openapi().run({"openapi": "3.1.0", "info": {"title": "Fees", "version": "1"}})
    assert result.message == (
        'The OpenAPI document has 1 error. At $: one of "paths", "components", "webhooks" must be there.'
    )


def test_the_version_can_be_asked_for():
    assert openapi("3.1").run(SPEC) is None
    assert openapi("3.0").run(SPEC).message == "The document must be OpenAPI 3.0; it is 3.1."


def test_a_version_that_does_not_exist_is_refused():
    with pytest.raises(SpecError):
        openapi("1.2")


@pytest.mark.parametrize(
    "reference", ["http://127.0.0.1:9/x", "https://example.invalid/x", "file:///etc/hostname", "//example.invalid/x"]
)
@pytest.mark.parametrize("keyword", ["$ref", "$id", "$schema", "$dynamicRef"])
def test_nothing_is_fetched(monkeypatch, reference, keyword):
    import builtins
    import socket

    def refused(*arguments: Any, **named: Any) -> Any:
        raise AssertionError("something was fetched")

    rule = openapi()
    rule.run(SPEC)  # what is read from the package's own files is read now
    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(builtins, "open", refused)
    result = rule.run(changed("components", "schemas", "Fee", keyword, to=reference))
    if keyword in ("$ref", "$dynamicRef"):
        assert "leads out of the document" in result.message


def test_data_is_not_read_as_references():
    spec = changed("components", "schemas", "Fee", "default", to={"$ref": "nowhere"})
    spec["components"]["schemas"]["Fee"]["properties"]["$ref"] = {"type": "string"}
    assert openapi().run(spec) is None


def test_references_that_branch_at_every_level_take_no_longer_for_it():
    schemas = {f"S{i}": {"allOf": [{"$ref": f"#/components/schemas/S{i + 1}"}] * 2} for i in range(40)}
    spec = changed("components", "schemas", to={**schemas, "S40": {}, "Fee": {}})
    assert openapi().run(spec) is None  # work that doubles with each level would never end


def test_aliases_and_depth_are_bounded():
    deep: Any = {}
    for _ in range(100):
        deep = {"x-deep": deep}
    assert openapi().run(changed("info", "x-deep", to=deep)).message == (
        "The OpenAPI document is nested more than 64 deep."
    )


def test_a_document_in_a_fence_is_taken_out():
    assert openapi().run(f"```yaml{YAML}```").fix == YAML.strip("\n")
    assert openapi().run("```yaml\nopenapi: 3.1.0\n```").fix is UNSET


def test_it_reads_as_words_for_a_model():
    assert openapi("3.1").describe() == "an OpenAPI 3.1 document"
    assert openapi().describe() == "an OpenAPI document"

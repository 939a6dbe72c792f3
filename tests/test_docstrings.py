"""Every public name says what it takes, gives and raises, in the convention that documentation tools read (Google's)."""

from __future__ import annotations

import doctest
import importlib
import re
from dataclasses import is_dataclass
from inspect import ismodule
from pathlib import Path
from typing import Any

import pytest

import railguard
from railguard import batch, language, server, testing
from railguard.compat import guardrails
from railguard.compat.guardrails import classes, docs_utils, hub
from railguard.integrations import langchain

griffe = pytest.importorskip("griffe")

OF_PROTOCOLS = {"complete", "acomplete", "stream", "astream", "get", "put"}
"""Methods of a Provider and a Store: said of the protocol, and not again of each class that has them."""
PROTOCOLS = {"Provider", "Store"}
OF_PYDANTIC = {"model_config"}
"""Attributes that pydantic documents."""
MADE_HERE = ("Document", "Error", "Failed", "Pattern", "Syntax")


@pytest.fixture(scope="module")
def package() -> Any:
    return griffe.load(
        "railguard",
        search_paths=[str(Path(railguard.__file__).parents[1])],
        docstring_parser="google",
        resolve_aliases=True,
    )


def sections(docstring: Any) -> dict[str, Any]:
    return {section.kind.value: section.value for section in docstring.parsed}


def lacks_of_function(function: Any) -> list[str]:
    """What a function's docstring does not say."""
    if function.docstring is None:
        return ["a docstring"]
    said = sections(function.docstring)
    named = {one.name.lstrip("*") for kind in ("parameters", "other parameters") for one in said.get(kind, ())}
    lacks = [f"the parameter {one.name}" for one in function.parameters if one.name not in named | {"self", "cls"}]
    gives = str(function.returns) not in ("None", "Self")
    return lacks + (["what it returns"] if gives and said.keys().isdisjoint(("returns", "yields")) else [])


def lacks_of_class(cls: Any) -> list[str]:
    """What the docstrings of a class and its public members do not say."""
    if cls.docstring is None:
        return ["a docstring"]
    named = {one.name for one in sections(cls.docstring).get("attributes", ())}
    found: list[str] = []
    for name, member in cls.members.items():
        if member.is_alias or (name.startswith("_") and name not in ("__init__", "__call__")):
            continue
        if member.is_function:
            if name in OF_PROTOCOLS and cls.name not in PROTOCOLS:
                continue
            if name == "__init__" and ("dataclass" in cls.labels or cls.name.endswith(MADE_HERE)):
                continue  # its parameters are the attributes, or nobody else makes one
            found += [f"{name}: {one}" for one in lacks_of_function(member)]
        elif member.is_attribute and "property" not in member.labels:
            if name not in named | OF_PYDANTIC and member.docstring is None:
                found.append(f"the attribute {name}")
        elif member.docstring is None:
            found.append(f"{name}: a docstring")
    return found


NAMES = [
    *(one for one in sorted(railguard.__all__) if one != "UNSET"),
    *(
        f"{room.__name__.removeprefix('railguard.')}.{one}"
        for room in (batch, classes, docs_utils, guardrails, hub, langchain, language, server, testing)
        for one in room.__all__
        if not ismodule(vars(room).get(one))
    ),
    "integrations.otel.CallSpans",
    "integrations.ray.Guarded",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_says_what_it_takes_and_gives(package, name):
    found = package[name]
    found = found.final_target if found.is_alias else found
    if found.is_module:  # a file that is called as the function in it
        found = found[name.rsplit(".", 1)[1]]
    if found.is_attribute:
        assert found.docstring is not None
        return
    lacks = lacks_of_class(found) if found.is_class else lacks_of_function(found)
    assert not lacks


def test_documentation_tools_know_which_public_classes_are_dataclasses(package):
    made = {name for name in railguard.__all__ if is_dataclass(getattr(railguard, name))}
    known = {name for name in made if "dataclass" in package[name].final_target.labels}
    assert len(made) > 10
    assert known == made


ROOT = Path(railguard.__file__).parent
EXAMPLE = re.compile(r"^ *>>> ", re.MULTILINE)
WITH_EXAMPLES = [path for path in sorted(ROOT.rglob("*.py")) if EXAMPLE.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_examples_of_docstrings_run(path):
    module = importlib.import_module(
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
    )
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert result.failed == 0
    assert result.attempted > 0

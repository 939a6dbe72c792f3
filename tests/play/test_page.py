"""The parts of the page as they are shipped: nothing from elsewhere, nothing that could run what a spec says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

PLAY = Path(__file__).parents[2] / "railguard" / "play"
STATIC = PLAY / "static"
OWN = sorted(file for file in STATIC.iterdir() if file.name not in ("codemirror.js", "codemirror.LICENSES.txt"))


@pytest.mark.parametrize("file", sorted(STATIC.iterdir()), ids=lambda file: file.name)
def test_no_part_of_the_page_names_another_server(file: Path) -> None:
    if file.name.endswith(".LICENSES.txt"):
        return
    addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", file.read_text(encoding="utf-8"))
    assert {one for one in addresses if "www.w3.org" not in one} == set()


@pytest.mark.parametrize("file", OWN, ids=lambda file: file.name)
def test_no_text_becomes_part_of_the_page_as_html(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "{@html"):
        assert word not in text


def test_every_file_that_the_page_names_is_there() -> None:
    there = {file.name for file in STATIC.iterdir()}
    named = set()
    for file in OWN:
        text = file.read_text(encoding="utf-8")
        named |= set(re.findall(r"/static/([\w.-]+)", text)) | set(re.findall(r'from "\./([\w.-]+)"', text))
    assert named <= there
    assert there - named <= {"index.html", "codemirror.LICENSES.txt"}


def test_the_editor_is_built_from_locked_packages_whose_licences_are_beside_it() -> None:
    wanted = json.loads((PLAY / "web" / "package.json").read_text())["devDependencies"]
    locked = json.loads((PLAY / "web" / "package-lock.json").read_text())["packages"]
    assert wanted["codemirror"] == "6.0.2"
    for name, version in wanted.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    assert not any("resolved" in one for one in locked.values())
    licences = (STATIC / "codemirror.LICENSES.txt").read_text(encoding="utf-8")
    shipped = {
        name.removeprefix("node_modules/"): one for name, one in locked.items() if name and "esbuild" not in name
    }
    for name, one in shipped.items():
        assert f"{name} {one['version']} (MIT)" in licences

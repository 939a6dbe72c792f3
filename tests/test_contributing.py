"""Where things are, as the pages for contributors say it, is where they are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LISTED = (
    "batch",
    "checking",
    "llm",
    "loop",
    "parsing/coerce",
    "parsing/extract",
    "parsing/json",
    "play",
    "prompting",
    "schema",
    "sources",
    "streaming",
)


@pytest.mark.parametrize("room", LISTED)
def test_a_room_lists_all_of_its_files(room: str) -> None:
    folder = ROOT / "railguard" / room
    words = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    assert words is not None
    assert sorted(re.findall(r"\b\w+\.py\b", words)) == sorted(
        {path.name for path in folder.glob("*.py")} - {"__init__.py"}
    )


def test_every_file_and_folder_that_contributing_names_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    there = [path.as_posix() for path in ROOT.rglob("*") if ".venv" not in path.parts]
    named = {name.rstrip("/") for name in re.findall(r"`([\w./-]+(?:\.py|\.md|/))`", text)}
    assert len(named) > 30
    assert sorted(name for name in named if not any(path.endswith(f"/{name}") for path in there)) == []


def test_every_folder_of_what_validators_share_is_named_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    folders = (ROOT / "validators" / "railguard_validators").glob("_*/__init__.py")
    assert [path.parent.name for path in folders if f"`{path.parent.name}/`" not in text] == []

"""The tables of docs/ that come from the code say what the code says."""

from __future__ import annotations

import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import railguard_validators
from railguard.rail.elements import COMMON, MEMBER, ROWS
from railguard.values import OnFail

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")


def _generate(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DOCS / "generate.py"), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_no_generated_part_of_a_page_is_stale() -> None:
    done = _generate("--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_stale_page_is_named_and_fails(tmp_path: Path) -> None:
    shutil.copy(DOCS / "security.md", tmp_path)
    page = tmp_path / "security.md"
    page.write_text(
        page.read_text(encoding="utf-8").replace("| `depth` | 128 |", "| `depth` | 129 |"), encoding="utf-8"
    )
    done = _generate("--check", tmp_path)
    assert done.returncode == 1
    assert "security.md: stale" in done.stdout


def test_writing_the_pages_makes_them_fresh_and_changes_nothing_else(tmp_path: Path) -> None:
    for page in PAGES:
        bare = re.sub(
            r"(<!-- generated: [^>]*-->\n).*?(<!-- end -->)", r"\1\2", page.read_text(encoding="utf-8"), flags=re.S
        )
        (tmp_path / page.name).write_text(bare, encoding="utf-8")
    assert _generate(tmp_path).returncode == 0
    for page in PAGES:
        assert (tmp_path / page.name).read_text(encoding="utf-8") == page.read_text(encoding="utf-8")


def test_the_reference_of_rail_names_every_attribute() -> None:
    text = (DOCS / "rail.md").read_text(encoding="utf-8")
    names = {attribute.name for row in ROWS for attribute in (*COMMON, *row.own)} | set(MEMBER)
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []


def test_the_page_on_failing_checks_has_every_action() -> None:
    text = (DOCS / "on-fail.md").read_text(encoding="utf-8")
    actions = [str(action) for action in OnFail if action is not OnFail.CUSTOM]
    assert [action for action in actions if f"| `{action}` |" not in text] == []


def test_every_validator_stands_once_under_what_it_is_for() -> None:
    page = (DOCS / "validators.md").read_text(encoding="utf-8")
    listed = re.findall(r"\[([\w-]+)\]\(#", page.partition("By what they are for:")[2].partition("<!-- end")[0])
    modules = (module.name for module in pkgutil.iter_modules(railguard_validators.__path__))
    assert sorted(listed) == sorted(name.replace("_", "-") for name in modules if not name.startswith("_"))


def test_the_index_names_every_page() -> None:
    text = (DOCS / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES if page.name != "README.md" and f"]({page.name})" not in text] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_no_link_of_a_page_leads_nowhere(page: Path) -> None:
    prose = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    broken = []
    for file, anchor in LINK.findall(prose):
        target = page.parent / file if file else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(f"{file}#{anchor}" if anchor else file)
    assert broken == []


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as a reader of Markdown makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

"""The documentation site has every page and every public name. That it builds strictly is tried by `make test-heavy`."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import yaml

import railguard

ROOT = Path(__file__).parents[1]
API = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "api").glob("*.md"))
WITHOUT_A_PAGE = {"UNSET", "JsonSchema", "Message", "as_provider"}
"""Names of plain data, and another name of `model`."""


def pages_in(nav: list[object]) -> set[str]:
    found: set[str] = set()
    for entry in nav:
        assert isinstance(entry, dict)
        for value in entry.values():
            found |= pages_in(value) if isinstance(value, list) else {value}
    return found


def test_every_page_is_in_the_navigation_and_nothing_else():
    nav = pages_in(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    docs = ROOT / "docs"
    pages = {str(page.relative_to(docs)) for page in docs.rglob("*.md")} - {"README.md"}
    assert nav == pages | {"index.md", "CHANGELOG.md"}


def test_every_public_name_is_in_the_reference():
    named = set(re.findall(r"^::: railguard\.(\w+)$", API, re.MULTILINE))
    assert set(railguard.__all__) - WITHOUT_A_PAGE <= named
    assert named - set(railguard.__all__) <= {"language"}


def test_every_page_is_put_where_its_links_lead(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("site_pages", ROOT / "docs" / "site.py")
    assert spec is not None
    assert spec.loader is not None
    site = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(site)
    monkeypatch.setattr(site, "SOURCE", tmp_path)
    site.main()
    pages = list(tmp_path.rglob("*.md"))
    assert len(pages) > 25
    for page in pages:
        for link in site.LINK.finditer(page.read_text(encoding="utf-8")):
            assert (page.parent / link[1]).is_file(), (page, link[0])

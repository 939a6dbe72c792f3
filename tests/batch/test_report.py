"""The report is one page that shows what there is to see, and obeys nothing of what a model wrote."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

from railguard import Guard
from railguard.batch import run

GUARD = Guard.from_rail_string(
    '<rail version="1.0"><output><list name="items"><string validators="length: 1 30; lower-case" '
    'on-fail-lower-case="fix"/></list></output></rail>'
)
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data + "\n"


def _page(folder: Path, rows: list[str]) -> _Page:
    (folder / "rows.jsonl").write_text("\n".join(rows))
    run(GUARD, folder / "rows.jsonl", folder / "out.jsonl", report=folder / "report.html", jobs=1)
    page = _Page()
    page.feed((folder / "report.html").read_text(encoding="utf-8"))
    return page


def test_it_counts_failures_by_rule_and_field_with_examples(tmp_path: Path) -> None:
    rows = [json.dumps({"items": ["fine", "x" * 40, "Upper"]}), json.dumps({"items": ["y" * 50]}), '{"items": [']
    page = _page(tmp_path, [*rows, json.dumps({"items": []})])
    assert "$.items[*]" in page.text
    assert "length" in page.text
    assert "2 examples" in page.text
    assert f"{tmp_path}/rows.jsonl:2" in page.text
    assert "The text has 50 characters" in page.text
    assert "not a line of JSON" in page.text
    assert "Resolved by on-fail actions" in page.text
    assert "25.0 %" in page.text


def test_what_a_model_wrote_is_text(tmp_path: Path) -> None:
    page = _page(tmp_path, [json.dumps({"items": [HOSTILE]}), json.dumps({HOSTILE: 1})])
    assert HOSTILE in page.text
    assert not {"script", "img", "iframe", "link"} & set(page.tags)
    assert not [name for name in page.attributes if name.startswith("on") or name in ("src", "href")]

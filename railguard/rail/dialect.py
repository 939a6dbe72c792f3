"""Detects the RAIL version of a document. Only version="1.0" is strict. All other versions are recognized by content,
element by element, because documents of every age say 0.1.
"""

from __future__ import annotations

from railguard.rail.other_elements import STRICT
from railguard.rail.problem_report import Report
from railguard.rail.xml import Element

__all__ = ["OLD_ELEMENTS", "recognise"]

_OLD_VERSIONS = ("0.1", "0.2", "0.3", "0.4", "0.5", "0.6")

OLD_ELEMENTS: dict[str, str] = {
    "prompt": 'write <messages><message role="user">…</message></messages>',
    "instructions": 'write <messages><message role="system">…</message></messages>',
    "reask_prompt": 'write <reask><message role="user">…</message></reask>',
    "reask_instructions": 'write <reask><message role="system">…</message></reask>',
    "reask_messages": "write <reask>…</reask>",
    "script": "declare the validator in Python with @validator and register it before the spec is loaded",
    "pydantic": "write an <object> with its fields, or use Guard.from_pydantic(Model)",
}
"""Maps elements of older dialects to their form in 1.0."""


def recognise(root: Element, report: Report) -> None:
    """Set report.strict from the version of <rail>, with a warning for an unknown version."""
    version = root.attributes.get("version")
    report.strict = version == STRICT
    if version is None:
        report.warn(
            "no-version",
            "<rail> has no version: the document is read as an old one, leniently",
            root.offset,
            f'write <rail version="{STRICT}"> to have misspellings refused',
        )
    elif not report.strict and version not in _OLD_VERSIONS:
        report.warn(
            "unknown-version",
            f"unknown version {version[:40]!r}: the document is read as an old one, leniently",
            report.at_value(root, "version"),
            f'write version="{STRICT}"',
        )

"""The deviations that many places report, each worded once: what is there, what is made of it in an older document."""

from __future__ import annotations

from collections.abc import Collection

from railguard.rail.report import Report
from railguard.rail.xml import Element

__all__ = ["childless", "duplicate_name", "misplaced", "nameless", "stray_text", "unknown_attribute"]


def unknown_attribute(
    report: Report, element: Element, name: str, known: Collection[str], hint: str | None = None
) -> None:
    """An attribute that an element does not have. known: those it has."""
    report.deviation(
        "unknown-attribute",
        f"<{element.tag[:40]}> has no attribute {name[:40]!r}{report.suggest(name, known)}",
        report.at_attribute(element, name),
        hint or (f"it has {', '.join(sorted(known))}" if known else "it has none"),
        reading="it is ignored",
    )


def stray_text(report: Report, element: Element) -> None:
    """Text where only elements have a meaning; reported once an element."""
    for text, offset in element.texts:
        if text.strip():
            report.deviation(
                "stray-text",
                f"text inside <{element.tag[:40]}>",
                offset + len(text) - len(text.lstrip()),
                "only elements stand here; words for the model go into description= or a <message>",
                reading="it is ignored",
            )
            return


def misplaced(report: Report, child: Element, parent: Element, hint: str) -> None:
    """An element that means nothing where it stands."""
    report.deviation(
        "misplaced-element",
        f"<{child.tag[:40]}> inside <{parent.tag[:40]}>",
        child.offset,
        hint,
        reading="it is left out",
    )


def nameless(report: Report, element: Element, reading: str) -> None:
    """A member, a case or a definition without a name."""
    report.deviation(
        "missing-name",
        f"<{element.tag[:40]}> has no name",
        element.offset,
        f'write <{element.tag[:40]} name="…">',
        reading=reading,
    )


def childless(report: Report, element: Element, needs: str, reading: str) -> None:
    """An element that says nothing without what it should hold."""
    report.deviation(
        "missing-child", f"<{element.tag[:40]}> is empty", element.offset, f"it holds {needs}", reading=reading
    )


def duplicate_name(report: Report, element: Element, first: Element) -> None:
    """A name that a sibling has."""
    line, column = report.source.position(first.offset)
    report.deviation(
        "duplicate-name",
        f"the name {element.attributes['name'][:40]!r} is taken, at {line}:{column}",
        report.at_value(element, "name"),
        "choose another",
        reading="the last one counts",
    )

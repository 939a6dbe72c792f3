"""The deviations that several modules report, each worded once: what the document contains, and how an older document
is read.
"""

from __future__ import annotations

from collections.abc import Collection

from railguard.rail.other_names import meant_attribute
from railguard.rail.problem_report import Report
from railguard.rail.xml import Element

__all__ = [
    "childless",
    "duplicate_name",
    "misplaced_element",
    "nameless",
    "stands_for",
    "stray_text",
    "unknown_attribute",
]


def unknown_attribute(
    report: Report, element: Element, name: str, known: Collection[str], hint: str | None = None
) -> None:
    """Report an attribute that an element does not have. known: its attributes."""
    meant = meant_attribute(name, known)
    suggestion = f"; did you mean {meant!r}?" if meant is not None else report.suggest(name, known)
    if meant == "required" and name.lower() == "optional":
        hint = 'an element is required unless it says required="false"'
    report.deviation(
        "unknown-attribute",
        f"<{element.tag[:40]}> has no attribute {name[:40]!r}{suggestion}",
        report.at_attribute(element, name),
        hint or (f"it has {', '.join(sorted(known))}" if known else "it has none"),
        reading="it is ignored",
    )


def stray_text(report: Report, element: Element) -> None:
    """Report text where only elements are allowed; once per element."""
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


def misplaced_element(report: Report, child: Element, parent: Element, hint: str) -> None:
    """Report an element that has no meaning at its place."""
    report.deviation(
        "misplaced-element",
        f"<{child.tag[:40]}> inside <{parent.tag[:40]}>",
        child.offset,
        hint,
        reading="it is left out",
    )


def nameless(report: Report, element: Element, reading: str) -> None:
    """Report a member, a case or a definition without a name."""
    if stands_for(report, element, "name"):
        return
    report.deviation(
        "missing-name",
        f"<{element.tag[:40]}> has no name",
        element.offset,
        f'write <{element.tag[:40]} name="…">',
        reading=reading,
    )


def stands_for(report: Report, element: Element, missing: str) -> bool:
    """Whether a missing attribute is there under a wrong name, which is reported instead. In an older document the
    missing attribute is also reported, because a default is used.
    """
    if not report.strict or missing in element.attributes:
        return False
    known = {missing, "description", "required"}
    return any(
        meant_attribute(name, (missing,)) or report.closest(name, known) == missing for name in element.attributes
    )


def childless(report: Report, element: Element, needs: str, reading: str) -> None:
    """Report an element that needs children and has none."""
    report.deviation(
        "missing-child", f"<{element.tag[:40]}> is empty", element.offset, f"it holds {needs}", reading=reading
    )


def duplicate_name(report: Report, element: Element, first: Element) -> None:
    """Report a name that a sibling already has."""
    line, column = report.source.position(first.offset)
    report.deviation(
        "duplicate-name",
        f"the name {element.attributes['name'][:40]!r} is taken, at {line}:{column}",
        report.at_value(element, "name"),
        "choose another",
        reading="the last one counts",
    )

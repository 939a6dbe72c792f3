"""The language of specs, for tools: editors, formatters and reports import this package and the public names.

`completions`, `hover`, `diagnostics`, `quick_fixes`, `references` and `renamed` answer an editor's requests;
`check_again` checks a document after a change, in time proportional to the change. `tree(text)` is the syntax tree of a
document, even a broken one; `Document.place(offset)` describes the syntax at an offset. `elements`, `attributes`,
`validators`, `actions` and `primitives` list the parts of the language; `codes` and `explain` describe problems.
`formatted` formats a document, `migrated` converts an older one to version 1.0, and `xsd` is RAIL 1.0 as an XML Schema.

>>> from railguard import language
>>> document = language.tree('<rail version="1.0"><output><string na')
>>> document.place(len(document.text)).kind
'attribute'
"""

from railguard.language.catalogue import (
    ActionInfo,
    AttributeInfo,
    ElementInfo,
    PrimitiveInfo,
    actions,
    attributes,
    children,
    element,
    elements,
    formats,
    other_names,
    primitives,
    roles,
    validators,
)
from railguard.language.codes import OTHER_CODES, codes, explain
from railguard.language.completion import Completion, CompletionKind, completions
from railguard.language.cursor import Named
from railguard.language.diagnostics import Checked, check_again, check_text, diagnostics
from railguard.language.embedded_syntax import Call, TemplatePlace, calls, template_places
from railguard.language.fixes import QuickFix, edited, quick_fixes
from railguard.language.hover import Hover, hover
from railguard.language.navigation import Edit, Symbol, declared_at, references, renamed, symbol_at
from railguard.language.xsd import faults as xsd_faults
from railguard.language.xsd import xsd
from railguard.rail import Migration, formatted, migrated
from railguard.rail.source import line_starts
from railguard.rail.syntax import (
    AttributeSyntax,
    Document,
    ElementSyntax,
    Fault,
    MarkupSyntax,
    Place,
    TextSyntax,
)
from railguard.rail.tolerant import tree

__all__ = [
    "OTHER_CODES",
    "ActionInfo",
    "AttributeInfo",
    "AttributeSyntax",
    "Call",
    "Checked",
    "Completion",
    "CompletionKind",
    "Document",
    "Edit",
    "ElementInfo",
    "ElementSyntax",
    "Fault",
    "Hover",
    "MarkupSyntax",
    "Migration",
    "Named",
    "Place",
    "PrimitiveInfo",
    "QuickFix",
    "Symbol",
    "TemplatePlace",
    "TextSyntax",
    "actions",
    "attributes",
    "calls",
    "check_again",
    "check_text",
    "children",
    "codes",
    "completions",
    "declared_at",
    "diagnostics",
    "edited",
    "element",
    "elements",
    "explain",
    "formats",
    "formatted",
    "hover",
    "line_starts",
    "migrated",
    "other_names",
    "primitives",
    "quick_fixes",
    "references",
    "renamed",
    "roles",
    "symbol_at",
    "template_places",
    "tree",
    "validators",
    "xsd",
    "xsd_faults",
]

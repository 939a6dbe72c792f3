"""Floor 2: converts model text to a value with its history, in three packages.

json/     the tolerant reader, which is fed text in pieces of any size; JSON itself is read strictly
extract/  finds the piece of a text that is the answer
coerce/   the table of repairs of values, and the engine that applies it where a judge names a flaw

`read_model_text` finds, parses and repairs an answer; `repair` repairs a value against any judge; `objections` returns the parts
of a history that forbid a value to pass. Nothing here raises because of a text. Errors are identified by codes;
prompting words them.
"""

from typing import TYPE_CHECKING

from railguard.lazy import exports

if TYPE_CHECKING:
    from railguard.parsing.answers import is_cut_scalar, is_json_text, read_fragment, read_model_text, read_text
    from railguard.parsing.coerce.engine import (
        Judge,
        Repaired,
        is_allowed,
        may_be_repaired,
        objections,
        repair,
        tree_judge,
    )
    from railguard.parsing.context import ReadingContext, StructuralFlaw, Verdict
    from railguard.parsing.extract.envelopes import must_be_extracted
    from railguard.parsing.extract.reasoning import REASONING_TAGS
    from railguard.parsing.json.escapes import has_lost_backslash
    from railguard.parsing.json.reader import Reader
    from railguard.parsing.reading import Event, Reading

__all__ = [
    "REASONING_TAGS",
    "Event",
    "Judge",
    "Reader",
    "Reading",
    "ReadingContext",
    "Repaired",
    "StructuralFlaw",
    "Verdict",
    "has_lost_backslash",
    "is_allowed",
    "is_cut_scalar",
    "is_json_text",
    "may_be_repaired",
    "must_be_extracted",
    "objections",
    "read_fragment",
    "read_model_text",
    "read_text",
    "repair",
    "tree_judge",
]

__getattr__ = exports(
    __name__,
    {
        "coerce.engine": (
            "Judge",
            "Repaired",
            "is_allowed",
            "may_be_repaired",
            "objections",
            "repair",
            "tree_judge",
        ),
        "context": (
            "ReadingContext",
            "StructuralFlaw",
            "Verdict",
        ),
        "extract.envelopes": ("must_be_extracted",),
        "extract.reasoning": ("REASONING_TAGS",),
        "json.escapes": ("has_lost_backslash",),
        "json.reader": ("Reader",),
        "answers": (
            "is_cut_scalar",
            "is_json_text",
            "read_model_text",
            "read_fragment",
            "read_text",
        ),
        "reading": (
            "Event",
            "Reading",
        ),
    },
)

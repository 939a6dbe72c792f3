"""Floor 2: model text to a value with its history, in three rooms.

json/     the tolerant reader, which is fed text in pieces of any size; JSON itself is read strictly
extract/  which piece of a text is the answer
coerce/   the table of repairs of values, and the engine that applies it where a judge names a flaw

`read` finds, reads and repairs an answer; `repair` repairs a value against any judge; `objections` says what of a
history forbids a value to pass. Nothing here raises because of a text. What is wrong is named by codes; the words for
them are prompting's.
"""

from railguard.parsing.coerce.engine import Judge, Repaired, is_allowed, objections, repair, tree_judge
from railguard.parsing.context import ReadingContext, StructuralFlaw, Verdict
from railguard.parsing.extract.envelopes import must_be_extracted
from railguard.parsing.extract.reasoning import REASONING_TAGS
from railguard.parsing.json.escapes import has_lost_backslash
from railguard.parsing.json.reader import Reader
from railguard.parsing.read import read, read_fragment, read_text
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
    "must_be_extracted",
    "objections",
    "read",
    "read_fragment",
    "read_text",
    "repair",
    "tree_judge",
]

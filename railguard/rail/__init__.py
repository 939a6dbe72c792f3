"""Floor 2: Converts RAIL documents to specs and back. Every dialect is read, or refused with file, line, column and a
correction.

files.py             text, bytes or a path in, a spec or its problems out
spec_reader.py       a document as a spec           source.py            its text, with lines and columns
xml.py               its elements                   dialect.py           which RAIL it is
type_elements.py     elements as schema nodes       elements.py          the table of type elements
choice_elements.py   <choice> and <case>            other_elements.py    the table of all others
message_elements.py  messages as templates          attributes.py        how an attribute is read and written
rule_attributes.py   validators and on-fail         grammar.py           calls of validators
arguments.py         their arguments                lint.py              what cannot be meant as it is written
problem_codes.py     what can be wrong              problem_report.py    what is wrong, with its place
deviations.py        what a dialect has otherwise   other_names.py       what other languages call things
syntax.py            the tree of a broken document  tolerant.py          the reader that builds it
recovery.py          where reading goes on          edits.py             changes of the source
writer.py            a spec as a document           layout.py            a document laid out anew
migrate.py           an older document as 1.0       migrate_messages.py  its messages
memory.py            what is known of earlier documents
"""

from typing import TYPE_CHECKING

from railguard.lazy import exports

if TYPE_CHECKING:
    from railguard.rail.files import check, load, load_file
    from railguard.rail.layout import formatted
    from railguard.rail.migrate import Migration, migrated
    from railguard.rail.problem_codes import CODES
    from railguard.rail.writer import rail_document

__all__ = ["CODES", "Migration", "check", "formatted", "load", "load_file", "migrated", "rail_document"]

__getattr__ = exports(
    __name__,
    {
        "problem_codes": ("CODES",),
        "files": (
            "check",
            "load",
            "load_file",
        ),
        "layout": ("formatted",),
        "migrate": (
            "Migration",
            "migrated",
        ),
        "writer": ("rail_document",),
    },
)

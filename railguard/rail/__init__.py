"""Floor 2: RAIL documents ⇄ specs. Every dialect is read, or refused with file, line, column and the mend.

codes: what can be wrong. source, xml, report: text, elements and problems with their places. dialect: which RAIL it is.
grammar, arguments, attributes, rules: what stands in attributes. elements: the table of types. messages, reader: the spec.
writer: the way back. layout: a document laid out anew. files: the doors.
"""

from railguard.rail.codes import CODES
from railguard.rail.files import check, load, load_file
from railguard.rail.layout import formatted
from railguard.rail.writer import write

__all__ = ["CODES", "check", "formatted", "load", "load_file", "write"]

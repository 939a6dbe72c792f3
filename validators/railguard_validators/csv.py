"""csv: a table as comma-separated values."""

from __future__ import annotations

import re

from railguard import UNSET, FailResult, validator
from railguard_validators._wording import counted, shown

_FIELD = re.compile(r'(?:"(?:[^"]|"")*+"|[^",\r\n]*+)(,|\r\n|\n|\r|\Z)')


class Csv:
    """A table as RFC 4180 writes it: rows of equally many fields with commas between them; a field with a comma, a
    quote or a line break in it is in double quotes, and a quote in it is doubled. With `columns`, that many fields (a
    number), or exactly these names in the first row (a list). Lines may end in CR LF, LF or CR. The fix removes a byte
    order mark at the start; nothing else is changed.

    columns: how many fields a row has, or the names in the first row; None for as many as the first row has.

    >>> csv(columns=["name", "age"]).run('name,age\\n"Byron, Ada",36')
    >>> csv().run("name,age\\nAda").message
    'Row 2 has 1 field; the first row has 2.'
    >>> csv(columns=3).run("name,age").message
    'Row 1 has 2 fields; there must be 3.'
    """

    __slots__ = ("_columns", "_header", "prompt")

    def __init__(self, columns: int | list[str] | None = None) -> None:
        if (isinstance(columns, int) and columns < 1) or columns == []:
            raise ValueError(f"columns is {columns}; a table has at least one")
        self._header = columns if isinstance(columns, list) else None
        self._columns = len(columns) if isinstance(columns, list) else columns
        what = f" with the columns {', '.join(self._header)}" if self._header else ""
        self.prompt = "a CSV table" + (what or (f" of {counted(self._columns, 'column')}" if self._columns else ""))

    def __call__(self, value: str) -> FailResult | None:
        if not value:
            return FailResult("The text is empty; it must be a CSV table.")
        if value.startswith("\ufeff"):
            bare = value.lstrip("\ufeff")
            message = "The text begins with a byte order mark; leave it out."
            return FailResult(message, fix=bare if self(bare) is None else UNSET, spans=[(0, len(value) - len(bare))])
        at, row, fields, wanted = 0, 1, 0, self._columns
        header: list[str] = []
        while True:
            found = _FIELD.match(value, at)
            if found is None:
                return FailResult(f"Row {row:,} has a quote that is not closed, or not doubled inside a quoted field.")
            fields += 1
            if row == 1 and self._header is not None and fields <= len(self._header):
                header.append(_unquoted(found[0][: len(found[0]) - len(found[1])]))
            at = found.end()
            if found[1] == ",":
                continue
            if wanted is None:
                wanted = fields
            if fields != wanted:
                what = f"there must be {wanted}" if self._columns else f"the first row has {wanted}"
                return FailResult(f"Row {row:,} has {counted(fields, 'field')}; {what}.")
            if row == 1 and self._header is not None and header != self._header:
                return FailResult(f"The first row must be {shown(self._header, 1000)}; it is {shown(header, 1000)}.")
            if at >= len(value):
                return None
            row, fields = row + 1, 0


def _unquoted(field: str) -> str:
    return field[1:-1].replace('""', '"') if field.startswith('"') else field


csv = validator("csv", subject="Documents and code")(Csv)

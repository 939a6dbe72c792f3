"""The text of a document, with its positions. An offset counts characters of `text`; lines and columns count from 1.

Bytes are decoded as XML 1.0 (section 4.3.3, appendix F) defines: a byte order mark, then the declaration, then UTF-8.
The locale is never used.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import accumulate

from railguard.errors import Problem, SpecError
from railguard.lazy import regex

__all__ = ["LINE_END", "LONG_UNIT", "Source", "line_starts", "source_shifts"]

_WIDTH = 100
_DECLARATION = regex(r"""<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,39})["']""")
_UNIT = regex(
    r"</?[\w:.-]*|\$\{(?:[^{}\n]*\}|\w*)|\{\{[^{}\n]*\}\}|\{[\w ]*\}|[@$]\w+|[\w.:/-]+(?<![:/])|[^\S\r\n]*+[^\s]"
)
LONG_UNIT = regex(r"&(?:#[0-9]{1,7}+|#x[0-9A-Fa-f]{1,6}+|[^\W\d][\w.-]*+);|\r\n")  # one character, longer in the source
LINE_END = regex(r"\r\n|\r|\n")
_NOT_XML = regex("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

# Names are looked up here and not with codecs.lookup(), which would import a module that the document chooses.
_ENCODINGS = {
    name: codec
    for codec, names in {
        "utf-8": "utf-8 utf8",
        "ascii": "us-ascii ascii",
        "utf-16": "utf-16 utf16",
        "utf-16-le": "utf-16le utf-16-le",
        "utf-16-be": "utf-16be utf-16-be",
        "iso-8859-1": "iso-8859-1 latin-1 latin1",
        "iso-8859-2": "iso-8859-2",
        "iso-8859-15": "iso-8859-15 latin-9",
        "cp1251": "windows-1251 cp1251",
        "cp1252": "windows-1252 cp1252",
        "koi8-r": "koi8-r",
        "gb18030": "gb18030 gbk gb2312",
        "big5": "big5",
        "shift_jis": "shift_jis shift-jis",
        "euc_jp": "euc-jp",
        "euc_kr": "euc-kr",
    }.items()
    for name in names.split()
}


def line_starts(text: str) -> list[int]:
    """Return the offset of each line of a text. A line ends at a line feed, a carriage return or both.

    Args:
        text: the text.

    Returns:
        The offset of each line.
    """
    if "\r" in text:
        return [0, *(end.end() for end in LINE_END.finditer(text))]
    return [0, *accumulate(len(line) + 1 for line in text.split("\n")[:-1])]


def source_shifts(raw: str) -> tuple[list[int], list[int]]:
    """Return, for a value as XML reads it (XML 1.0, 3.3.3), the indexes from which the source is longer, and by how
    much.
    """
    after, shifts = [0], [0]
    for unit in LONG_UNIT.finditer(raw):
        after.append(unit.start() - shifts[-1] + 1)
        shifts.append(shifts[-1] + len(unit[0]) - 1)
    return after, shifts


class Source:
    """A document's text with its file name. `Source.of` raises SpecError if the input is not text."""

    def __init__(self, text: str, file: str | None) -> None:
        self.text = text
        self.file = file

    @classmethod
    def of(cls, data: str | bytes, file: str | None, limit: int) -> Source:
        """Create the source of text or bytes of at most `limit` bytes. Raises SpecError with a position."""
        size = len(data)
        if size <= limit and isinstance(data, str):
            size = len(data.encode("utf-8", "surrogatepass"))
        if size > limit:
            problem = Problem(
                f"the document is larger than {limit:,} bytes",
                "too-large",
                file=file,
                line=1,
                column=1,
                hint="split the spec, or raise Limits.spec_bytes",
            )
            raise SpecError([problem])
        text = data if isinstance(data, str) else _decode(data, file)
        source = cls(text.removeprefix("\ufeff"), file)
        if bad := _NOT_XML.search(source.text):
            raise SpecError(
                [
                    source.problem(
                        f"the character U+{ord(bad[0]):04X} is not allowed in XML",
                        "bad-character",
                        bad.start(),
                        hint="remove it",
                    )
                ]
            )
        return source

    @cached_property
    def _starts(self) -> list[int]:
        return line_starts(self.text)

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def excerpt(self, offset: int) -> str:
        """Return the line of an offset with a caret below it; a long line is cut around the caret."""
        line, _ = self.position(offset)
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        left = max(start, offset - _WIDTH // 2) if end - start > _WIDTH else start
        shown = self.text[left : min(end, left + _WIDTH)].rstrip("\r\n")
        before, after = "…" * (left > start), "…" * (left + _WIDTH < end)
        caret = " " * (len(before) + offset - left) + "^"
        return f"    {before}{shown}{after}".replace("\t", " ").rstrip() + f"\n    {caret}"

    def end_of(self, offset: int) -> int:
        """Return the end of the word, tag or placeholder that begins at an offset, at most the end of its line."""
        found = _UNIT.match(self.text, offset)
        return found.end() if found else offset

    def problem(
        self,
        message: str,
        code: str,
        offset: int,
        *,
        severity: str = "error",
        hint: str | None = None,
        end: int | None = None,
    ) -> Problem:
        """Create a Problem at an offset. end: the end of the wrong part; by default the end of its word."""
        line, column = self.position(offset)
        end_line, end_column = self.position(max(self.end_of(offset) if end is None else end, offset))
        return Problem(
            message,
            code,
            severity=severity,
            file=self.file,
            line=line,
            column=column,
            hint=hint,
            excerpt=self.excerpt(offset),
            end_line=end_line,
            end_column=end_column,
        )


def _decode(data: bytes, file: str | None) -> str:
    codec, skip = _codec(data, file)
    try:
        return data[skip:].decode(codec)
    except UnicodeDecodeError as error:
        good = Source(data[skip : skip + error.start].decode(codec, "replace"), file)
        line, column = good.position(len(good.text))
        byte = data[skip + error.start]
        raise SpecError(
            [
                Problem(
                    f"the byte 0x{byte:02X} at offset {skip + error.start} is not {codec.upper()}: {error.reason}",
                    "undecodable",
                    file=file,
                    line=line,
                    column=column,
                    hint="save the file as UTF-8, or name its encoding in the first line: "
                    '<?xml version="1.0" encoding="windows-1252"?>',
                    excerpt=good.excerpt(len(good.text)),
                )
            ]
        ) from None


def _codec(data: bytes, file: str | None) -> tuple[str, int]:
    """Return the codec of the bytes, and the length of their byte order mark."""
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8", 3
    if data.startswith(b"\xff\xfe"):
        return "utf-16-le", 2
    if data.startswith(b"\xfe\xff"):
        return "utf-16-be", 2
    if data.startswith(b"<\x00"):
        return "utf-16-le", 0
    if data.startswith(b"\x00<"):
        return "utf-16-be", 0
    declared = _DECLARATION.match(data[:400].lstrip().decode("latin-1"))
    if declared is None:
        return "utf-8", 0
    codec = _ENCODINGS.get(declared[1].lower())
    if codec is None:
        raise SpecError(
            [
                Problem(
                    f"the encoding {declared[1]!r} is not supported",
                    "unknown-encoding",
                    file=file,
                    line=1,
                    column=1,
                    hint="save the file as UTF-8",
                )
            ]
        )
    # A declaration that is readable byte by byte is not UTF-16, whatever encoding it names.
    return "utf-8" if codec.startswith("utf-16") else codec, 0

"""guardrails-ai's module for reading documents."""

from __future__ import annotations

import os

from railguard import InputError

__all__ = ["read_pdf"]


def read_pdf(path: str | os.PathLike[str]) -> str:
    """The text of a PDF file, page by page. Raises InputError where no package that reads PDF is installed."""
    try:
        import pypdf  # type: ignore[import-not-found, unused-ignore]  # not needed but for PDF
    except ImportError as error:
        raise InputError("to read PDF files, pip install pypdf") from error
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)

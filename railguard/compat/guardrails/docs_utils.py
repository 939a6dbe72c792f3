"""guardrails-ai's module for reading documents."""

from __future__ import annotations

import os

from railguard import InputError

__all__ = ["read_pdf"]


def read_pdf(path: str | os.PathLike[str]) -> str:
    """Read the text of a PDF file, page by page.

    Args:
        path: The file.

    Returns:
        The text.

    Raises:
        InputError: If the package pypdf is not installed.
    """
    try:
        import pypdf  # type: ignore[import-not-found, unused-ignore]  # only needed for PDF
    except ImportError as error:
        raise InputError("to read PDF files, pip install pypdf") from error
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)

"""The settings of the playground from the command line."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from railguard.play.edited_files import OpenFile

__all__ = ["HOST", "Settings"]

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """The settings of a playground.

    Attributes:
        spec: The file of the spec; None for a document without a file.
        cases: The file of stored answers; None if there is none.
        cassettes: The recordings that the page offers: their texts by name.
        variables: Texts of prompt variables.
        metadata: Metadata for validators.
        imports: Modules with validators.
        base_url: The URL of the API for a model named in the page.
        token: The token that a request needs.
    """

    spec: OpenFile | None = None
    cases: OpenFile | None = None
    cassettes: tuple[tuple[str, str], ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    base_url: str | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))

"""JSON as people and models read it: in characters, not in escapes of ASCII."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

__all__ = ["json_text"]

json_text: Final[Callable[[Any], str]] = json.JSONEncoder(ensure_ascii=False).encode
"""The JSON text of plain data on one line: `json.dumps` with `ensure_ascii=False`, which makes an encoder for each call."""

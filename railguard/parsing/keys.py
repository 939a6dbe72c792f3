"""Whether an unknown key is a known one, misspelled: same letters and digits, whatever the case and the punctuation."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["match_key"]


def match_key(key: str, names: Sequence[str]) -> str | None:
    """The one of `names` that `key` spells otherwise (`First Name`, `firstName` for `first_name`); None if none or several do."""
    folded = _folded(key)
    matching = [name for name in names if _folded(name) == folded]
    return matching[0] if folded and len(matching) == 1 else None


def _folded(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name[:256]).casefold()
    return "".join(character for character in decomposed if character.isalnum())

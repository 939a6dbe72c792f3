"""Character classes for patterns that constrain decoding, in syntax that every regular expression engine supports.

Each class allows less than its rule, so that decoded text passes: of the scripts with two cases only Latin, Greek and
Cyrillic, and scripts with one case.

>>> import re
>>> bool(re.fullmatch(f"{CAPITALS}*", "ÉTÉ 2")), bool(re.fullmatch(f"{CAPITALS}*", "Été 2"))
(True, False)
"""

from __future__ import annotations

__all__ = ["CAPITALS", "NO_SPACE", "SMALL"]

_ONE_CASE = "\u0590-\u0fff\u3000-\u9fff\uac00-\ud7a3"
CAPITALS = f"[ -`{{-~\u00a0-\u00b4\u00b6-\u00de\u0391-\u03ab\u0400-\u042f{_ONE_CASE}]"
"""Characters that are their own upper case."""
SMALL = f"[ -@\\[-~\u00a0-\u00bf\u00d7\u00df-\u00ff\u03ac-\u03ce\u0430-\u045f{_ONE_CASE}]"
"""Characters that are their own lower case."""
NO_SPACE = "[^\\x00-\\x20\x7f\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
"""Characters that are neither white space nor control characters."""

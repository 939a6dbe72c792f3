"""has-url: a text that names a web address."""

from __future__ import annotations

import re

from railguard import FailResult, validator

# No match begins inside a word, so that every word is entered once.
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_TOP = r"(?:[^\W\d_]{2,63}|xn--[a-z0-9-]{2,59})(?![\w-])"
_HOST = rf"(?:(?:{_LABEL}\.){{1,20}}{_TOP}|localhost(?![\w-])|\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?![\w.])|\[[0-9a-f:.]{{2,45}}\])"
_URL = re.compile(
    rf"(?<![\w.])(?:https?://(?:[\w.~%:-]{{1,100}}@)?{_HOST}|www\.(?:{_LABEL}\.){{1,20}}{_TOP})", re.IGNORECASE
)
_BARE = re.compile(rf"(?<![\w.@-])(?:{_LABEL}\.){{1,20}}{_TOP}(?!@)", re.IGNORECASE)


class HasUrl:
    """The text contains the address of a web page: `http://` or `https://` and a host, or a host that begins
    with `www.`. A host is a dotted name, localhost or an IP address. The part after the host is not checked, and no
    server is asked; for a text that is only one URL use valid-url. There is no fix.

    bare: whether a dotted name alone (example.org) is enough. Then file names and "end.Next" count as addresses too.

    >>> has_url().run("More at https://example.org/a.")
    >>> has_url().run("More at example.org.").message
    'The text must have a URL in it, such as https://example.org/page.'
    >>> has_url(bare=True).run("More at example.org.")
    """

    __slots__ = ("_bare",)

    prompt = "has a URL in it"

    def __init__(self, bare: bool = False) -> None:
        self._bare = bare

    def __call__(self, value: str) -> FailResult | None:
        if _URL.search(value) or (self._bare and _BARE.search(value)):
            return None
        return FailResult("The text must have a URL in it, such as https://example.org/page.")


has_url = validator("has-url", subject="Formats")(HasUrl)

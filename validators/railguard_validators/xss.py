"""xss: a text that runs no script in a page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from railguard import FailResult, validator
from railguard_validators._safety.markup import Tag, address, tags
from railguard_validators._wording import listed

_ELEMENTS = frozenset(["script", "iframe", "frame", "frameset", "object", "embed", "applet", "base", "portal"])
_TELLING = {"meta": "http-equiv", "link": "rel"}
_LOADING = frozenset(["refresh", "set-cookie", "import", "stylesheet", "modulepreload"])
_ADDRESSES = frozenset(
    ["href", "src", "action", "formaction", "xlink:href", "data", "poster", "background", "cite", "from", "to", "values",
     "srcdoc", "manifest", "ping", "dynsrc", "lowsrc"]
)  # fmt: skip
_SCRIPTED = re.compile(
    r"(?:javascript|vbscript|livescript|data(?!:image/(?:png|gif|jpe?g|webp|avif|bmp)[;,])):", re.IGNORECASE
)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_ADDRESS = re.compile(r"\s*(?:(?:java|vb)script:\s*(?:void\b|[^\s(]{0,200}[(`=])|data:text/html)", re.IGNORECASE)
_STYLE = re.compile(r"expression\s*\(|javascript:|-moz-binding|behaviou?r\s*:|@import", re.IGNORECASE)
_STYLE_END = re.compile(r"</style", re.IGNORECASE)
_HANDLER = re.compile(r"on[a-z]{3,40}")
_MARKDOWN = re.compile(
    r"(?:\]\(\s{0,10}<?|^[ \t>*+.)\d-]{0,20}\[[^\[\]\n]{1,200}\]:[ \t]{0,10}\n?[ \t>]{0,10}<?|<(?=[a-z]{2,10}script:[^\s>]))"
    r"(?P<url>[^\s<>]{1,400})",
    re.IGNORECASE | re.MULTILINE,
)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")  # CommonMark, 2.4
_BROKEN_OUT = re.compile(
    r"[\"'`]\s{0,10}[;)}\-+|&,]{1,10}\s{0,10}(?:alert|confirm|prompt|eval|fetch|setTimeout|import|document|window|location|globalThis)"
    r"\s{0,5}[.(\[`=]|[\"'`][\s/]{1,10}on[a-z]{3,40}\s{0,5}=\s{0,5}[\"'`]?[\w.]{1,60}\s{0,5}[(`=]"
)


@validator("xss", subject="Safety", prompt="without script, event handlers and javascript: addresses")
def xss(value: str) -> FailResult | None:
    """Runs no script if it is put into an HTML page unchanged: no `<script>`, `<iframe>`, `<object>`, `<embed>` or
    `<base>`, no attribute that begins with "on", no address with the scheme javascript, vbscript or data (except
    images), no style that runs code, no `<meta http-equiv="refresh">`; also not in Markdown, or as a text that is an
    address; and no quotation mark followed by a call or an event handler, which would end a script or an attribute.
    Tags are read as leniently as browsers read them.

    Text about HTML fails too, unless it is escaped (`&lt;script&gt;`), because a page would execute it. Escaping in the
    template remains the right defence. There is no fix here; sanitized-html has one.

    >>> xss().run("5 < 6, <b>bold</b> and <a href='https://example.org'>a link</a>")
    >>> xss().run("<img src=x onerror=alert(1)>").message
    'The text must run no script; it has the event handler "onerror=alert(1)".'
    """
    found = list(_found(value))
    if not found:
        return None
    what, start, end = found[0]
    more = f", and {len(found) - 1:,} more" if len(found) > 1 else ""
    return FailResult(
        f"The text must run no script; it has {what} {listed([value[start:end]])}{more}.",
        spans=[(start, end) for _, start, end in found],
    )


def _found(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (description, start, end)."""
    if _ADDRESS.match(_CONTROLS.sub("", html.unescape(text[:400]))):
        yield "the address", 0, len(text)
        return
    if "<" in text:
        styled = 0
        for tag in tags(text):
            yield from _in_tag(tag)
            if tag.name == "style" and tag.start >= styled:
                ended = _STYLE_END.search(text, tag.end)
                styled = ended.start() if ended else len(text)
                if (code := _STYLE.search(text, tag.end, styled)) is not None:
                    yield "the style", *code.span()
    for match in _MARKDOWN.finditer(text):
        if _SCRIPTED.match(address(_ESCAPED.sub(r"\1", match["url"]))):
            yield "the address", *match.span()
    for match in _BROKEN_OUT.finditer(text):
        yield "the call", *match.span()


def _in_tag(tag: Tag) -> Iterator[tuple[str, int, int]]:
    name = tag.name.rpartition(":")[2]
    if name in _ELEMENTS or (tag.get(_TELLING.get(name, "")) or "").strip().lower() in _LOADING:
        yield "the element", tag.start, tag.end
    for attribute in tag.attributes:
        if attribute.value and _HANDLER.fullmatch(attribute.name):
            yield "the event handler", attribute.start, attribute.end
        elif attribute.name == "srcdoc" or (
            attribute.name in _ADDRESSES and _SCRIPTED.match(address(attribute.value[:400]))
        ):
            yield "the address", attribute.start, attribute.end
        elif attribute.name == "style" and _STYLE.search(attribute.value):
            yield "the style", attribute.start, attribute.end

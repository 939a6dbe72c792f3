"""internal-domains: a text that names no host of your own network."""

from __future__ import annotations

import re
from functools import lru_cache

from railguard import FailResult, validator
from railguard_validators._safety.links import under
from railguard_validators._text.candidates import Candidates, Rare
from railguard_validators._text.folding import folded, origin
from railguard_validators._wording import listed

_PRIVATE = ("internal", "intranet", "local", "localdomain", "lan", "corp", "home.arpa")
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOT = r"(?:\.|\s?[\[({]\s?(?:\.|dot)\s?[\])}]\s?)"  # "wiki[.]acme[.]internal" is also recognized
_HOST = Rare(rf"(?<![\w.\-])(?:{_LABEL}{_DOT}){{1,10}}{_LABEL}(?![\w-])|(?<=://){_LABEL}(?![\w.\-])")
_DOTS = re.compile(_DOT)


class InternalDomains:
    """Names no host of your own network: no host that is one of `domains` or a subdomain of one, in a URL, in an e-mail
    address or alone. Capitals, full-width letters, invisible characters and dots in brackets ("wiki[.]acme[.]internal")
    make no difference. No server is asked. There is no fix: a sentence without the host is another sentence.

    domains: the forbidden domains, such as "acme.internal"; by default those of private networks (internal,
        intranet, local, localdomain, lan, corp, home.arpa), and hosts without a dot in a URL ("http://wiki/").
    allow: allowed hosts, including their subdomains, such as "www.acme.com".

    >>> internal_domains(["acme.com"], allow=["www.acme.com"]).run("See www.acme.com or acme.com.example.org.")
    >>> internal_domains(["acme.com"]).run("Ask ann@hr.acme.com.").message
    'The text must not name hosts of internal domains; it names "hr.acme.com".'
    >>> internal_domains().run("It runs on http://build-7.corp:8080/.").message
    'The text must not name hosts of internal domains; it names "build-7.corp".'
    """

    __slots__ = ("_allowed", "_candidates", "_domains", "_private", "prompt")

    def __init__(self, domains: list[str] | None = None, allow: list[str] | None = None) -> None:
        if domains is not None and not domains:
            raise ValueError("domains is empty; name at least one, or leave it out")
        self._domains = frozenset(map(_domain, _PRIVATE if domains is None else domains))
        self._allowed = frozenset(map(_domain, allow or ()))
        self._private = domains is None
        self._candidates = _candidates(self._domains, self._private)
        which = "internal domains" if domains is None else ", ".join(sorted(self._domains))
        self.prompt = f"without hosts of {which}"

    def __call__(self, value: str) -> FailResult | None:
        text, offsets = folded(value)
        if not any(self._candidates.parts(text)):
            return None
        spans = []
        for match in _HOST.finditer(text):
            host = _DOTS.sub(".", match[0])
            internal = under(host, self._domains) or (self._private and "." not in host)
            if internal and not under(host, self._allowed):
                spans.append(origin(offsets, *match.span()))
        if not spans:
            return None
        said = listed(dict.fromkeys(value[start:end] for start, end in spans), 10)
        return FailResult(f"The text must not name hosts of internal domains; it names {said}.", spans=spans)


@lru_cache(maxsize=16)
def _candidates(domains: frozenset[str], private: bool) -> Candidates:
    """Return where hosts of these domains may be: the domain behind a dot, or in a URL, or alone if it has a dot."""
    patterns = [r"(?<=://)[^\W_]"] if private else []
    for domain in domains:
        labels = domain.split(".")
        before = "" if len(labels) > 1 else f"(?:{_DOT}|://)"
        patterns.append(before + _DOT.join(map(re.escape, labels)) + r"(?![\w-])")
    return Candidates(patterns)


def _domain(written: str) -> str:
    """Return a domain in the form for comparison with hosts.

    >>> _domain("*.Acme.Internal")
    'acme.internal'
    """
    domain = folded(written.strip())[0].removeprefix("*").strip(".")
    if not re.fullmatch(rf"{_LABEL}(?:\.{_LABEL})*", domain):
        raise ValueError(f"{written!r} is no domain; write it as 'acme.internal'")
    return domain


internal_domains = validator("internal-domains", subject="Safety")(InternalDomains)

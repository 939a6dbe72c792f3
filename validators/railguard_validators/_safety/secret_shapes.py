"""Patterns of keys, tokens and passwords: those with a form of their own, and those assigned to a name such as
"password".

Linear in the text: a pattern begins at a literal that cannot be inside another match of it, or has a limited length.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Iterator
from itertools import pairwise
from math import log2

from railguard_validators._safety.marking import Finding, settled
from railguard_validators._text.candidates import Candidates
from railguard_validators._text.windows import around, places

__all__ = ["entropy", "find", "is_hash", "is_placeholder"]

_TOKENS: dict[str, str] = {
    "anthropic-key": r"sk-ant-[\w-]{20,}+",
    "openai-key": r"sk-(?:(?:proj|svcacct|admin|or-v1)-[\w-]{20,}+|[A-Za-z0-9]{20,}+)",
    "github-token": r"gh[pousr]_[A-Za-z0-9]{30,}+|github_pat_\w{30,}+",
    "gitlab-token": r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[\w-]{20,}+",
    "slack-token": r"xox[abceoprs]-[A-Za-z0-9-]{12,}+|xapp-[0-9]-[A-Za-z0-9-]{20,}+",
    "aws-key": r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])",
    "google-key": r"AIza[\w-]{35,}+|GOCSPX-[\w-]{20,}+|ya29\.[\w-]{30,}+",
    "stripe-key": r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}+|whsec_[A-Za-z0-9+/=]{24,}+",
    "sendgrid-key": r"SG\.[\w-]{16,80}\.[\w-]{16,}+",
    "twilio-key": r"(?:AC|SK)[0-9a-f]{32}(?![0-9A-Za-z])",
    "mailchimp-key": r"[0-9a-f]{32}-us[0-9]{1,2}(?![0-9A-Za-z])",
    "npm-token": r"npm_[A-Za-z0-9]{36,}+",
    "pypi-token": r"pypi-AgE[\w-]{50,}+",
    "huggingface-token": r"hf_[A-Za-z0-9]{30,}+",
    "digitalocean-token": r"do[opr]_v1_[0-9a-f]{64}",
    "telegram-token": r"[0-9]{8,10}:AA[\w-]{32,}+",
    "discord-token": r"[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}+",
    "groq-key": r"gsk_[A-Za-z0-9]{40,}+",
    "xai-key": r"xai-[A-Za-z0-9]{60,}+",
    "perplexity-key": r"pplx-[A-Za-z0-9]{40,}+",
    "replicate-token": r"r8_[A-Za-z0-9]{36,}+",
    "databricks-token": r"dapi[0-9a-f]{32}(?![0-9A-Za-z])",
    "shopify-token": r"shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}",
    "vault-token": r"hv[sb]\.[\w-]{24,}+",
    "grafana-token": r"gl(?:sa|c)_[\w+/=-]{30,}+",
    "notion-token": r"ntn_[A-Za-z0-9]{40,}+",
    "linear-key": r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}+",
    "docker-token": r"dckr_pat_[\w-]{24,}+",
    "atlassian-token": r"ATATT3[\w=-]{100,}+",
    "newrelic-key": r"NRAK-[A-Z0-9]{27}",
    "postman-key": r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
    "sentry-token": r"sntry[su]_[\w+/=-]{40,}+",
    "square-token": r"sq0(?:atp|csp|idp)-[\w-]{22,}+",
    "age-key": r"AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}",
    "slack-webhook": r"https://hooks\.slack\.com/(?:services|workflows)/[\w/+-]{20,}+",
    "azure-key": r"(?<=AccountKey=)[A-Za-z0-9+/]{80,}+={0,2}",
}
_LITERALS: dict[str, tuple[str, ...]] = {
    "openai-key": ("sk-",),
    "github-token": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    "gitlab-token": tuple(f"gl{of}-" for of in ("pat", "dt", "rt", "cbt", "ptt", "ft", "imt", "agent", "soat")),
    "slack-token": ("xox", "xapp-"),
    "aws-key": ("AKIA", "ASIA", "ABIA", "ACCA"),
    "google-key": ("AIza", "GOCSPX-", "ya29."),
    "stripe-key": ("_live_", "_test_", "whsec_"),
    "sendgrid-key": ("SG.",),
    "twilio-key": ("AC", "SK"),
    "mailchimp-key": ("-us",),
    "digitalocean-token": ("_v1_",),
    "telegram-token": (":AA",),
    "discord-token": (".",),
    "shopify-token": ("shp",),
    "vault-token": ("hvs.", "hvb."),
    "grafana-token": ("glsa_", "glc_"),
    "linear-key": ("lin_",),
    "sentry-token": ("sntry",),
    "square-token": ("sq0",),
    "slack-webhook": ("https://hooks.slack.com/",),
    "azure-key": ("AccountKey=",),
}
"""For each kind, literals of which a match must contain one; for other kinds, the beginning of their pattern."""
_LITERAL_INSIDE = frozenset(
    ("stripe-key", "mailchimp-key", "digitalocean-token", "telegram-token", "discord-token", "azure-key")
)
"""Kinds whose pattern does not begin with one of their literals."""
_KINDS = [
    (
        kind,
        _LITERALS.get(kind) or (re.split(r"[\[(\\]", pattern)[0],),
        re.compile("(?<![A-Za-z0-9])(?:" + pattern + ")"),
    )
    for kind, pattern in _TOKENS.items()
]
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}+\.eyJ[\w-]{4,}+(?:\.[\w-]*+)?+")
_HEAD = r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
_PEM = re.compile(
    rf"{_HEAD}(?:(?:[^-]|-(?!----))*+-----END (?:[A-Z0-9]{{2,12}} ){{0,3}}PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:(?:\s|\\[nr])*+[A-Za-z0-9+/]{40,}+={0,2})*+)"
)
_IN_URL = re.compile(r"(?<=://)[^\s/@:'\"<>]{0,256}:(?P<value>[^\s/'\"<>]{1,256})(?=@[\w\[])")
_AUTHORIZATION = re.compile(r"\b(?P<scheme>bearer|basic|token)\s{1,4}(?P<value>[\w.~+/-]{12,}+={0,2})")
_NAMED = re.compile(
    r"(?P<name>pass(?:word|wd|phrase|code|wort)|pwd|passwort|kennwort|contrase[ñn]a|senha|mot[ _]de[ _]passe|"
    r"secret(?:[_-]?(?:access[_-]?)?key)?|(?:api|access|account|auth|private|encryption|signing|master|service)[_-]?key|"
    r"(?:client|app|shared|webhook)[_-]?secret|(?:auth|access|refresh|bot|api|id|bearer)?[_-]?token|credentials?)"
    r"(?:[_-]?(?:[0-9]{1,2}|prod|dev|value|key))?"
    r"(?:[\"'\]]{0,2}\s{0,3}(?:=>|:=|={1,3}|:)\s{0,3}|\s(?:is|was|lautet|ist|es|est|:|=)\s{1,2}(?P<said>)"
    r"|\s{1,2}(?P<beside>)(?=[a-z0-9+/_]{20}))"
    r"(?:(?P<quote>[\"'`])(?P<quoted>[^\"'`\s]{1,512})(?P=quote)|(?P<bare>[^\s\"'`,;(){}\[\]<>|]{1,512}))"
)
_NAMES = ("pass", "pwd", "kennwort", "contrase", "senha", "secret", "key", "token", "credential")
_OPTION = re.compile(
    r"\b(?:mysql|mysqldump|mysqladmin|sshpass)\b[^\n|;]{0,80}?\s-p\s?(?P<quote>[\"']?)(?P<value>[^\s\"'-][^\s\"']{4,128})"
)
_LOGIN = re.compile(r"\blogin\W{1,3}[\w.@+-]{1,64}\s?[/:]\s?(?P<value>[^\s\"'`,;(){}\[\]<>|/]{6,128})")
_WITH_FORM = Candidates([*(pattern for _, _, pattern in _KINDS), _JWT, _PEM, _IN_URL, _OPTION])
_IN_SMALL_LETTERS = Candidates([_AUTHORIZATION, _LOGIN, _NAMED])
_NEXT_PARAMETER = re.compile(r"&\w{1,64}=")
_PASSWORD = re.compile(r"pass|pwd|kennwort|contrase|senha")
_PLACEHOLDER = re.compile(
    r"\A[<$%{*\[]|\$[{(]|\{[\w.: ]{0,60}\}|<[^<>]{0,60}>|%[A-Za-z_]{1,60}%|%\(\w|(?-i:\$[A-Z][A-Z_]{2,}\b)|"
    r"\w\[[\w.\"'-]{0,60}\]|\*{2,}|\.\.\.|…|x{4,}|your|example|change[_-]?me|placeholder|redacted|insert|replace|dummy|sample|"
    r"(?:^|[^a-z])(?:password|passwd|pass|secret|token|key|null|none|undefined|guest|anonymous|user|test|env)(?:[^a-z]|$)|"
    r"environ|getenv|secrets\.|vars\.|abcdef|qwert|(?:0?1234567|^12345)|^(?:(.)\1*|true|false|string|root|admin|letmein)$",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\A[<$%{*\[]|\$[{(]|\{[\w.: ]{0,60}\}|<[^<>]{0,60}>|%[A-Za-z_]{1,60}%|%\(\w|\$[A-Z][A-Z_]{2,}\b|\w\[[\w.\"'-]{0,60}\]|"
    r"\*{2,}|\.\.\.|…|[Xx]{4,}|(?i:environ|getenv|secrets\.|vars\.)"
)
_STAND_INS = """password passwd passphrase passcode passwort kennwort pass pwd secret token keys key api access auth user username
    name admin administrator root guest anonymous system service app client database host server here goes example sample
    dummy fake mock test testing demo change changeme replace replaceme insert placeholder redacted removed hidden with value
    null none undefined env string true false letmein default local your my our the this that some any not real set put enter
    type and foo bar baz qwerty qwertz abcdef abc xyz strong super me it in db pw to"""
_STAND_IN = re.compile(
    r"(?:(?:" + "|".join(sorted(_STAND_INS.split(), key=len, reverse=True)) + r")[\W_]*+)++|0?1234\d*|(.)\1*",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"[A-Za-z_]\w*(?:(?:\.|->|::)[A-Za-z_]\w*)+|[A-Za-z_]+[:.!?]?|https?://\S*|/[\w./-]*|[\w-]+\.[a-z]{2,5}"
)
_HASH = re.compile(
    r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}|(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{56}|"
    r"[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128})"
)
_UUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")


def find(text: str) -> list[Finding]:
    """Return the secrets in a text, in order and without overlaps.

    >>> text = "postgres://app:Xk29vQplm@db/app and postgres://app:${PASSWORD}@db/app"
    >>> [(found.kind, text[found.start:found.end]) for found in find(text)]
    [('url-password', 'Xk29vQplm')]
    """
    lowered = _lowered(text)
    found: list[Finding] = []
    if _WITH_FORM.spans(text):
        found += _with_form(text)
    if _IN_SMALL_LETTERS.spans(lowered):
        found += _named(text, lowered)
    return settled(found)


def _with_form(text: str) -> Iterator[Finding]:
    """Yield the secrets that have a form of their own, or are in a URL or the options of a command."""
    for kind, literals, pattern in _KINDS:
        found = places(text, literals)
        if found:
            starts = (pattern.match(text, start) for start, _ in found)
            for match in pattern.finditer(text) if kind in _LITERAL_INSIDE else filter(None, starts):
                if not _obvious(match[0]) and any(map(str.isdigit, match[0])):
                    yield Finding(*match.span(), kind, 1)
    if "PRIVATE KEY" in text:
        for match in _PEM.finditer(text):
            yield Finding(*match.span(), "private-key", 0)
    if "eyJ" in text:
        for match in _JWT.finditer(text):
            if _is_jwt(match[0]):
                yield Finding(*match.span(), "jwt", 2)
    if "://" in text:
        for match in _IN_URL.finditer(text):
            if not _is_stand_in(match["value"]):
                yield Finding(*match.span("value"), "url-password", 3)
    for match in _found(_OPTION, text, ("mysql", "sshpass"), 0, 400):
        if _is_password(text[slice(*match.span("value"))]):
            yield Finding(*match.span("value"), "password", 5)


def _named(text: str, lowered: str) -> Iterator[Finding]:
    """Yield the secrets that a name, a scheme or the word "login" is before."""
    schemes = (_AUTHORIZATION.match(lowered, start) for start, _ in places(lowered, ("bearer", "basic", "token")))
    for match in filter(None, schemes):
        value = text[slice(*match.span("value"))]
        if _is_credential(match["scheme"], value):
            yield Finding(*match.span("value"), "authorization", 4)
    for match in _found(_LOGIN, lowered, ("login",), 0, 400):
        if _is_password(text[slice(*match.span("value"))]):
            yield Finding(*match.span("value"), "password", 5)
    for match in _found(_NAMED, lowered, _NAMES, 40, 700):
        group = "quoted" if match["quoted"] else "bare"
        value = text[slice(*match.span(group))]
        password = _PASSWORD.search(match["name"]) is not None
        if match["said"] is not None and not (password or group == "quoted" or len(value) >= 20):
            continue
        if group == "bare":
            value = _NEXT_PARAMETER.split(value, maxsplit=1)[0].rstrip(".,:!?")
            if _CODE.fullmatch(value) or _is_stand_in(value.rstrip("0123456789") if value[-2:-1].isalpha() else value):
                continue  # a name in code, as in password = password1
        if match["beside"] is not None and not _is_drawn(value):
            continue
        if _is_password(value, 5 if match["quoted"] else 6) if password else _is_key(value):
            start = match.start(group)
            yield Finding(start, start + len(value), "password" if password else "key", 6)


def _found(
    pattern: re.Pattern[str], text: str, literals: tuple[str, ...], before: int, after: int
) -> Iterator[re.Match[str]]:
    """Yield the matches of a pattern that contain one of the literals, and begin and end within the given distance of
    it.
    """
    for start, end in around(places(text, literals), len(text), before, after):
        yield from pattern.finditer(text, start, end)


def _lowered(text: str) -> str:
    """Return the text in small letters, with every character at its offset."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _is_jwt(token: str) -> bool:
    head = token.partition(".")[0][:2000]
    try:
        return b'"alg"' in b64decode(head + "=" * (-len(head) % 4), altchars=b"-_")
    except NoBase64:
        return False


def _is_credential(scheme: str, value: str) -> bool:
    if scheme != "basic":
        return len(value) >= 16 and _is_key(value)
    try:
        return b":" in b64decode(value[:400] + "=" * (-len(value[:400]) % 4))
    except NoBase64:
        return False


def _obvious(token: str) -> bool:
    """Whether a token is obviously not real: mostly the same character."""
    return len(set(token[-20:])) < 6


def is_placeholder(value: str) -> bool:
    """Whether a value only represents a secret: <key>, ${KEY}, changeme, ****.

    >>> is_placeholder("${DB_PASSWORD}"), is_placeholder("changeme"), is_placeholder("Tr0ub4dor&3")
    (True, True, False)
    """
    return _PLACEHOLDER.search(value) is not None


def _is_stand_in(password: str) -> bool:
    """Whether a password is a placeholder, or consists only of words such as "your-password". A password with such a
    word and something else is real.

    >>> [_is_stand_in(text) for text in ("${PW}", "your_password_here", "password123", "Qwerty12345", "12345", "x")]
    [True, True, False, False, True, True]
    """
    return _PLACE.search(password) is not None or _STAND_IN.fullmatch(password) is not None


def is_hash(value: str) -> bool:
    """Whether a value has the form of a UUID or of a hexadecimal hash.

    >>> is_hash("d259b407-7661-4abc-985b-e06e06a6c02a"), is_hash("0" * 40), is_hash("0" * 41)
    (True, True, False)
    """
    return _HASH.fullmatch(value) is not None


def entropy(text: str) -> float:
    """Return Shannon's entropy, in bits per character.

    >>> entropy("aaaa"), entropy("abcd")
    (0.0, 2.0)
    """
    size = len(text)
    return sum(-n / size * log2(n / size) for n in map(text.count, set(text))) if size else 0.0


def _is_drawn(value: str) -> bool:
    """Whether digits and letters alternate as in random text."""
    return len(value) >= 20 and sum(a.isdigit() != b.isdigit() for a, b in pairwise(value)) >= 5


def _is_password(value: str, least: int = 6) -> bool:
    """Whether a value is long enough, has two kinds of characters including a digit or a symbol, and is not a
    placeholder.
    """
    if not least <= len(value) <= 256 or _is_stand_in(value):
        return False
    letters = any(map(str.isalpha, value))
    digits = any(map(str.isdigit, value))
    signs = sum(not char.isalnum() and char not in "_-./:" for char in value)
    return (letters and digits) or (letters and signs > 0 and len(value) >= 8)


def _is_key(value: str) -> bool:
    """Whether a value is long, has letters and digits that look random, and is neither a placeholder nor a UUID."""
    if len(value) < 16 or is_placeholder(value) or _UUID.fullmatch(value):
        return False
    letters = sum(map(str.isalpha, value))
    digits = sum(map(str.isdigit, value))
    return letters >= 3 and digits >= 2 and entropy(value[:128]) >= 3.0

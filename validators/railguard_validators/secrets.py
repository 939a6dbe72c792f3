"""secrets: a text without keys, tokens and passwords."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Literal

from railguard import FailResult, SpecError, validator
from railguard_validators._safety import detect_secrets, secret_shapes
from railguard_validators._safety.marking import Finding, kinds, masked, settled


class Secrets:
    """Contains no secret: no key or token in the form of a known issuer (OpenAI, Anthropic, GitHub, AWS, Google,
    Slack, Stripe and some thirty others), no private key (PEM), JSON Web Token, `Bearer` or `Basic` credential, no
    password in a URL, and no value that looks like a secret and is assigned to a name such as `password` or `api_key`.

    Placeholders pass (`<key>`, `${KEY}`, `changeme`, `your_password`, `os.environ[…]`), and so do UUIDs, hashes of git
    and of files, and images in base64. A password that contains more than such words is found ("password123"). A secret
    without a known form that is alone in a text is not recognized.

    engine: "patterns" finds all of that. "detect-secrets" also runs the plugins of that package
        (`pip install 'railguard[secrets]'`), which know some more issuers, and report a quoted text whose characters
        look random; all except its KeywordDetector, which railguard's own patterns replace.

    The fix replaces each secret completely by `[REDACTED:kind]`. Messages do not repeat it. A secret that a model has
    written must be revoked.

    Measured on lines written for it, half of them configuration, code and prose that only look like secrets
    (`tests/validators/data/secrets.jsonl`, the half that was not used for tuning): with "patterns" precision 1.00,
    recall 0.90; with "detect-secrets" precision 1.00, recall 0.90.

    >>> secrets().run("password: ${DB_PASSWORD}, commit 8f82f81a6082493b7d897bda0865b08f85f70f4b")
    >>> secrets().run("postgres://app:Xk29vQplm@db/app").message
    'The text must have no secrets; it has url-password. Write a placeholder instead.'
    >>> secrets().run("postgres://app:Xk29vQplm@db/app").fix
    'postgres://app:[REDACTED:url-password]@db/app'
    """

    __slots__ = ("_find",)

    _find: Callable[[str], Sequence[Finding]]

    def __init__(self, engine: Literal["patterns", "detect-secrets"] = "patterns") -> None:
        if engine == "patterns":
            self._find = secret_shapes.find
            return
        from importlib.util import find_spec

        if find_spec("detect_secrets") is None:
            raise SpecError.of(
                "validator 'secrets' needs a package for engine='detect-secrets' that is not installed",
                code="validator-package",
                hint="install it: pip install 'railguard[secrets]'",
            )
        self._find = _by_both

    def __call__(self, value: str) -> FailResult | None:
        findings = self._find(value)
        if not findings:
            return None
        return FailResult(
            f"The text must have no secrets; it has {kinds(findings)}. Write a placeholder instead.",
            fix=masked(value, self._find, "[REDACTED:{}]".format),
            spans=[(found.start, found.end) for found in findings],
        )


def _by_both(text: str) -> list[Finding]:
    return settled(chain(secret_shapes.find(text), detect_secrets.find(text)))


secrets = validator(
    "secrets",
    subject="Safety",
    aliases=("secrets-present", "detect-secrets"),
    prompt="without keys, tokens and passwords",
)(Secrets)

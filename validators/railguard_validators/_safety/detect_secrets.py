"""Runs the plugins of the package detect-secrets on a text in memory, without its files, processes and requests.

Its patterns are made for lines of source code, and some are not linear in a line; so a line is split into overlapping
windows. Its KeywordDetector is not used: railguard's own names of passwords and keys find more, and it takes minutes
for a megabyte of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from typing import Any

from railguard_validators._safety.marking import Finding
from railguard_validators._safety.secret_shapes import is_hash, is_placeholder

__all__ = ["find"]

_WINDOW, _OVERLAP = 600, 200
_LONGEST = 128  # a longer line is an image or a file
_PLUGINS = {
    "artifactory": "ArtifactoryDetector",
    "aws": "AWSKeyDetector",
    "azure_storage_key": "AzureStorageKeyDetector",
    "basic_auth": "BasicAuthDetector",
    "cloudant": "CloudantDetector",
    "discord": "DiscordBotTokenDetector",
    "github_token": "GitHubTokenDetector",
    "gitlab_token": "GitLabTokenDetector",
    "ibm_cloud_iam": "IbmCloudIamDetector",
    "ibm_cos_hmac": "IbmCosHmacDetector",
    "jwt": "JwtTokenDetector",
    "mailchimp": "MailchimpDetector",
    "npm": "NpmDetector",
    "openai": "OpenAIDetector",
    "private_key": "PrivateKeyDetector",
    "pypi_token": "PypiTokenDetector",
    "sendgrid": "SendGridDetector",
    "slack": "SlackDetector",
    "softlayer": "SoftlayerDetector",
    "square_oauth": "SquareOAuthDetector",
    "stripe": "StripeDetector",
    "telegram_token": "TelegramBotTokenDetector",
    "twilio": "TwilioKeyDetector",
}
_ENTROPY = ("Base64HighEntropyString", "HexHighEntropyString")


def find(text: str) -> Iterator[Finding]:
    """Yield the findings of the plugins, without placeholders, and without a UUID, a hash or a text that is too long
    for a key.

    >>> text = 'token = "Zx81kQpW0vLm3TyUe6RsAa9NbHc2Df5G"'
    >>> {text[found.start:found.end] for found in find(text)}
    {'Zx81kQpW0vLm3TyUe6RsAa9NbHc2Df5G'}
    """
    for start, line in _windows(text):
        for kind, secret in _in_line(line):
            at = line.find(secret)
            while at >= 0:
                yield Finding(start + at, start + at + len(secret), kind, 9)
                at = line.find(secret, at + len(secret))


def _in_line(line: str) -> set[tuple[str, str]]:
    named, drawn = _loaded()
    found = {(kind, secret) for kind, plugin in named for secret in plugin.analyze_string(line)}
    found = {(kind, secret) for kind, secret in found if secret and not is_placeholder(secret)}
    for kind, plugin in drawn:
        for secret in plugin.analyze_string(line):
            drawn_at_random = plugin.calculate_shannon_entropy(secret[:_LONGEST]) > plugin.entropy_limit
            if 16 <= len(secret) <= _LONGEST and drawn_at_random and not _is_known(secret):
                found.add((kind, secret))
    return found


def _is_known(secret: str) -> bool:
    return is_hash(secret) or is_placeholder(secret) or secret.startswith(("sha256-", "sha384-", "sha512-"))


def _windows(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for line in text.splitlines(keepends=True):
        for offset in range(0, max(1, len(line) - _OVERLAP), _WINDOW - _OVERLAP):
            yield at + offset, line[offset : offset + _WINDOW]
        at += len(line)


@lru_cache(maxsize=1)
def _loaded() -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
    """Return (kind, plugin) of the patterns, and of the detectors of entropy."""

    def load(module: str, name: str) -> tuple[str, Any]:
        plugin = getattr(import_module(f"detect_secrets.plugins.{module}"), name)()
        return plugin.secret_type.lower().replace(" ", "-"), plugin

    return (
        [load(module, name) for module, name in _PLUGINS.items()],
        [load("high_entropy_strings", name) for name in _ENTROPY],
    )

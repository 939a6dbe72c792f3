"""The guards of a running server. They are read again when their files change.

An invalid file never replaces a valid guard: the old guard is kept, and the problem is recorded.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from railguard import (
    Cached,
    Fallback,
    Guard,
    InputError,
    MemoryStore,
    Provider,
    RailguardError,
    RateLimit,
    RedisStore,
    SQLiteStore,
    model,
)
from railguard.server.api_keys import Keys
from railguard.server.config import GuardConfig, ModelName, ServerConfig, guards_of
from railguard.server.streamed_json import OutputShape, shape_of

__all__ = ["Guards", "Served"]

_log = logging.getLogger("railguard.server")
_OF_THE_MODEL = ("api_key", "base_url", "schema_target")
_NOT_OF_A_CONFIG = ("messages", "metadata", "variables", "raw", "on_stream_failure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A guard with everything that is needed to call it.

    Attributes:
        name: Its name in requests.
        guard: The guard.
        shape: The parts of its output that may be sent before the output is complete.
        provider: The provider of its model; None if it has no model.
        options: Keyword arguments of each call.
        digest: A digest of everything that it was made from.
        loaded: The time when it was made, in seconds since the epoch.
        problem: Why a newer version cannot be used; None if this is the newest.
    """

    name: str
    guard: Guard[Any]
    shape: OutputShape
    provider: Provider | None
    options: Mapping[str, Any]
    digest: str
    loaded: float
    problem: str | None = None


class Guards:
    """The guards and keys of a server. `reload` may run in a thread: each change is one assignment."""

    def __init__(self, config: ServerConfig, *, on_change: Callable[[str], object] = lambda result: None) -> None:
        """Read all guards and keys once.

        Args:
            config: The configuration.
            on_change: Called with "loaded", "failed" or "removed" for each guard that changes.

        Raises:
            RailguardError: For the first guard that cannot be used, with the name of its file, or for the keys.
        """
        self._config, self._on_change = config, on_change
        Guard.from_json_schema({"type": "object"}).parse("")  # makes the lazy imports now
        self._models = _Models(config)
        self._failed: dict[str, str] = {}  # guard → the digest of its invalid version
        self.keys = Keys.read(config.keys_file)
        self._served = {name: self._made(one, _digest(one)) for name, one in guards_of(config).items()}

    def get(self, name: str) -> Served | None:
        """Return the guard of a name, or None."""
        return self._served.get(name)

    def all(self) -> list[Served]:
        """Return all guards, sorted by name."""
        return sorted(self._served.values(), key=lambda served: served.name)

    @property
    def folders(self) -> list[Path]:
        """Return the folders to watch for changes."""
        files = [one.spec for one in self._configs().values()]
        if self._config.keys_file is not None:
            files.append(self._config.keys_file)
        source = self._config.source
        folders = {file.parent for file in files} | {source if source.is_dir() else source.parent}
        return sorted(folder for folder in folders if folder.is_dir())

    def reload(self) -> None:
        """Read changed files again. Never raises: an invalid file is logged, and the old guard or keys are kept."""
        try:
            keys = Keys.read(self._config.keys_file)
            if self.keys and not keys:
                raise InputError("there is no key any more")
            self.keys = keys
        except RailguardError as error:
            _log.error("the keys stay as they were: %s", error)
        try:
            configs = guards_of(self._config)
        except RailguardError as error:
            _log.error("the guards stay as they were: %s", error)
            self._on_change("failed")
            return
        served = {}
        for name, one in configs.items():
            found = self._current(one)
            if found is not None:
                served[name] = found
        for name in self._served.keys() - configs.keys():
            _log.info("guard %s was removed", name)
            self._on_change("removed")
        self._served = served

    def _configs(self) -> dict[str, GuardConfig]:
        try:
            return guards_of(self._config)
        except RailguardError:
            return {}

    def _current(self, config: GuardConfig) -> Served | None:
        """Return the current guard of a configuration: the same one, a new one, or the old one with its problem."""
        old, name = self._served.get(config.name), config.name
        try:
            digest = _digest(config)
            if old is not None and old.digest == digest:
                self._failed.pop(name, None)
                return replace(old, problem=None) if old.problem is not None else old
            if self._failed.get(name) == digest:
                return old
            self._failed[name] = digest
            made = self._made(config, digest)
        except RailguardError as error:
            _log.error("guard %s %s: %s", name, "cannot be used" if old is None else "stays as it was", error)
            self._on_change("failed")
            return None if old is None else replace(old, problem=str(error))
        self._failed.pop(name, None)
        _log.info("guard %s was loaded", name)
        self._on_change("loaded")
        return made

    def _made(self, config: GuardConfig, digest: str) -> Served:
        guard = _guard(config.spec)
        _check(config.name, guard)
        named = config.model if config.model is not None else self._config.model
        options = {"timeout": self._config.timeout, **config.options}
        where = f"guard {config.name}: options"
        for name in _NOT_OF_A_CONFIG:
            if name in options:
                raise InputError(f"{where} cannot hold {name}, which comes with a request")
        reach = {name: options.pop(name) for name in _OF_THE_MODEL if name in options}
        provider = None if named is None else self._models.provider(named, reach)
        return Served(
            name=config.name,
            guard=guard,
            shape=shape_of(guard),
            provider=provider,
            options=options,
            digest=digest,
            loaded=time.time(),
        )


class _Models:
    """The providers of a server: guards with the same model share its rate limit and its cache."""

    def __init__(self, config: ServerConfig) -> None:
        self._rate = config.rate_limit
        self._known: dict[str, Provider] = {}
        match config.cache:
            case None:
                self._store: Any = None
            case "memory":
                self._store = MemoryStore()
            case url if url.startswith(("redis://", "rediss://", "unix://")):
                self._store = RedisStore(url)
            case file:
                self._store = SQLiteStore(file)

    def provider(self, named: ModelName, reach: Mapping[str, Any]) -> Provider:
        """Return the provider of one or several model names. reach: `api_key`, `base_url` and `schema_target`."""
        key = json.dumps([named, reach], sort_keys=True, default=str)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._made(named, reach)
        return known

    def _made(self, named: ModelName, reach: Mapping[str, Any]) -> Provider:
        if isinstance(named, tuple):
            return Fallback([self.provider(one, reach) for one in named])
        limit = None
        if self._rate is not None:
            rate = self._rate
            limit = RateLimit(requests=rate.requests, tokens=rate.tokens, store=rate.store, key=named)
        provider = model(named, rate_limit=limit, **reach)
        return provider if self._store is None else Cached(provider, self._store)


def _guard(spec: Path) -> Guard[Any]:
    """Read the guard of a file. Raises RailguardError."""
    if spec.suffix != ".json":
        return Guard.from_rail(spec)
    try:
        schema = json.loads(spec.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{spec}: it cannot be read as JSON: {error}") from None
    if not isinstance(schema, dict):
        raise InputError(f"{spec}: a JSON Schema is an object")
    return Guard.from_json_schema(schema)


def _check(name: str, guard: Guard[Any]) -> None:
    """Check that all rules of a guard can run, when it is loaded and not at the first call. Raises InputError."""
    cannot = sorted({one.rule.name for one in guard.enforcements() if one.rule.validator is None})
    if cannot:
        raise InputError(f"guard {name}: no validator is registered for {', '.join(cannot)}; is a package missing?")


def _digest(config: GuardConfig) -> str:
    """Return a digest of everything that a guard is made from. Raises InputError if a file cannot be read."""
    written = json.dumps(
        [config.name, str(config.spec), config.model, dict(config.options)], sort_keys=True, default=str
    )
    try:
        data = config.spec.read_bytes()
    except OSError as error:
        raise InputError(f"{config.spec}: {error.strerror}") from None
    return sha256(written.encode() + b"\0" + data).hexdigest()

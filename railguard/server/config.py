"""The configuration of a server: a folder of RAIL files, or a TOML file with the server's settings and its guards.

    [server]
    port = 8080
    model = "openai:gpt-5"
    keys_file = "keys.txt"

    [guards.fees]
    spec = "fees.rail"
    options = {temperature = 0, max_reasks = 1}

Configuration is data: nothing in it is executed, and a guard's name is never used as a path.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias

from railguard import InputError
from railguard.server.api_keys import is_loopback

__all__ = ["GuardConfig", "ModelName", "RateConfig", "ServerConfig", "guards_of"]

ModelName: TypeAlias = str | tuple[str, ...]
"""The name of a model, or several names: if one fails, the next one is asked."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
_MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardConfig:
    """The configuration of one guard.

    Attributes:
        name: Its name in requests.
        spec: The file of its spec: JSON Schema if it ends in `.json`, otherwise RAIL.
        model: The model to ask; None for the server's default.
        options: Keywords of every guarded call (`max_reasks`, `timeout`, …) and options of the model (`temperature`,
            …); a request may override the latter.
    """

    name: str
    spec: Path
    model: ModelName | None = None
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)  # they may contain a key


@dataclass(frozen=True, slots=True, kw_only=True)
class RateConfig:
    """A rate limit for each model, shared by all workers and servers that use the same store.

    Attributes:
        requests: Largest number of requests per minute; None for no limit.
        tokens: Largest number of tokens per minute; None for no limit.
        store: Where requests are counted: "memory://" for each worker separately, or the URL of a Redis server.
    """

    requests: int | None = None
    tokens: int | None = None
    store: str = "memory://"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """The settings of a server. They do not change while it runs; only its guards are read again when their files
    change.

    Attributes:
        source: The folder or the TOML file that the guards come from.
        host: The address to listen on. Any address other than loopback requires keys.
        port: The port; 0 for any free one.
        model: The model for guards without their own.
        keys_file: A file of keys, one per line; keys in the environment variable RAILGUARD_KEYS are accepted too.
        without_keys: Whether other machines may connect although there are no keys.
        workers: Number of processes.
        calls: Largest number of concurrent calls in each worker; others are answered with 429.
        body_bytes: Largest size of a request's body in bytes.
        body_seconds: Seconds for a request's body to arrive.
        timeout: Seconds for a guarded call, unless the guard's options set a timeout.
        drain_seconds: Seconds for running calls to end after SIGTERM.
        include_content: Whether `x_railguard` includes messages, answers and values.
        cache: The cache of answers: "redis://…", a file, or "memory".
        rate_limit: The rate limit of requests to models.
        imports: Modules that register validators.
    """

    source: Path
    host: str = "127.0.0.1"
    port: int = 8080
    model: ModelName | None = None
    keys_file: Path | None = None
    without_keys: bool = False
    workers: int = 1
    calls: int = 128
    body_bytes: int = 4 * 1024 * 1024
    body_seconds: float = 30.0
    timeout: float = 120.0
    drain_seconds: int = 30
    include_content: bool = False
    cache: str | None = None
    rate_limit: RateConfig | None = None
    imports: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InputError: If a setting is out of range.
        """
        for name, least, most in (("port", 0, 65535), ("workers", 1, 1024), ("calls", 1, 100_000)):
            _whole(name, getattr(self, name), least, most)
        _whole("body_bytes", self.body_bytes, 1, 1024 * 1024 * 1024)
        _whole("drain_seconds", self.drain_seconds, 0, 86_400)
        for name in ("body_seconds", "timeout"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 86_400:
                raise InputError(f"{name} is a number of seconds above 0, not {value!r}")

    @classmethod
    def read(cls, source: str | Path, **settings: Any) -> ServerConfig:
        """Read the configuration from a folder or a TOML file.

        Args:
            source: The folder or file.
            **settings: Settings that replace those in the file; None keeps the file's.

        Returns:
            The configuration.

        Raises:
            InputError: If something in it cannot be used; the message names the file.
        """
        path = Path(source)
        given = {name: value for name, value in settings.items() if value is not None}
        if path.is_dir():
            return cls(source=path, **given)
        config = _settings(path, _toml(path).get("server", {}))
        return replace(config, **given)

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)


def guards_of(config: ServerConfig) -> dict[str, GuardConfig]:
    """Read the configured guards from the source.

    Args:
        config: The configuration.

    Returns:
        The guards by name.

    Raises:
        InputError: If the source cannot be read, or names no guard.
    """
    source = config.source
    if source.is_dir():
        found = [GuardConfig(name=path.stem, spec=path) for path in sorted(source.glob("*.rail")) if path.is_file()]
    else:
        tables = _toml(source).get("guards", {})
        if not isinstance(tables, dict):
            raise InputError(f"{source}: guards are tables, as [guards.NAME]")
        found = [_guard(source, name, table) for name, table in tables.items()]
    if not found:
        kind = "a file that ends in .rail" if source.is_dir() else "a table [guards.NAME]"
        raise InputError(f"{source}: there is no guard; it needs {kind}")
    for one in found:
        if not _NAME.match(one.name):
            raise InputError(
                f"{source}: {one.name[:80]!r} is not a valid guard name: use up to 64 letters, digits, dots, dashes and "
                "underscores, beginning with a letter or digit"
            )
    return {one.name: one for one in found}


def _toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; CONFIG is a folder of RAIL files or a TOML file") from None
    if len(data) > _MOST_BYTES:
        raise InputError(f"{path}: the file is larger than {_MOST_BYTES:,} bytes")
    try:
        plain = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: it cannot be read as TOML: {error}") from None
    _known(path, "the file", plain, ("server", "guards"))
    return plain


def _settings(path: Path, table: Any) -> ServerConfig:
    if not isinstance(table, dict):
        raise InputError(f"{path}: server is a table, as [server]")
    names = [one.name for one in fields(ServerConfig) if one.name != "source"]
    _known(path, "[server]", table, names)
    given = dict(table)
    for name in ("host", "cache", "keys_file"):
        if name in given and not isinstance(given[name], str):
            raise InputError(f"{path}: [server] {name} is a text")
    for name in ("without_keys", "include_content"):
        if name in given and not isinstance(given[name], bool):
            raise InputError(f"{path}: [server] {name} is true or false")
    if "keys_file" in given:
        given["keys_file"] = path.parent / given["keys_file"]
    if "cache" in given and given["cache"] != "memory" and "://" not in given["cache"]:
        given["cache"] = str(path.parent / given["cache"])
    if "model" in given:
        given["model"] = _model(path, "[server]", given["model"])
    if "imports" in given:
        given["imports"] = tuple(_texts(path, "[server] imports", given["imports"]))
    if "rate_limit" in given:
        given["rate_limit"] = _rate(path, given["rate_limit"])
    try:
        return ServerConfig(source=path, **given)
    except InputError as error:
        raise InputError(f"{path}: [server] {error}") from None


def _rate(path: Path, table: Any) -> RateConfig:
    if not isinstance(table, dict):
        raise InputError(f'{path}: rate_limit is a table, as {{requests = 500, store = "redis://…"}}')
    _known(path, "rate_limit", table, ("requests", "tokens", "store"))
    return RateConfig(**table)


def _guard(path: Path, name: str, table: Any) -> GuardConfig:
    where = f"[guards.{name}]"
    if not isinstance(table, dict):
        raise InputError(f"{path}: {where} is a table")
    _known(path, where, table, ("spec", "model", "options"))
    spec, options = table.get("spec"), table.get("options", {})
    if not isinstance(spec, str):
        raise InputError(f"{path}: {where} needs spec, the name of a file")
    if not isinstance(options, dict):
        raise InputError(f"{path}: {where} options is a table, as {{temperature = 0}}")
    model = _model(path, where, table["model"]) if "model" in table else None
    return GuardConfig(name=name, spec=path.parent / spec, model=model, options=options)


def _model(path: Path, where: str, value: Any) -> ModelName:
    if isinstance(value, str):
        return value
    return tuple(_texts(path, f"{where} model", value))


def _texts(path: Path, where: str, value: Any) -> Sequence[str]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise InputError(f"{path}: {where} is a text or a list of texts")
    return value


def _known(path: Path, where: str, table: Mapping[str, Any], names: Sequence[str]) -> None:
    for name in table:
        if name not in names:
            close = get_close_matches(name, names, n=1)
            raise InputError(
                f"{path}: {where} has no {name[:80]!r}"
                + (f"; did you mean {close[0]}?" if close else "")
                + f" It may have {', '.join(names)}"
            )


def _whole(name: str, value: Any, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InputError(f"{name} is a whole number from {least:,} to {most:,}, not {value!r}")

"""Caches answers of costly validators between calls, in the same stores as models' answers.

The key contains everything that may influence the answer: the validator's name and source, its arguments, the value,
and its other inputs. Answers that cannot be written as JSON are not cached, nor are exceptions.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from railguard.checking.validator_runs import ValidatorRun
from railguard.llm.cache import Store
from railguard.validation.rule import Check, Validator
from railguard.values import UNSET, FailResult, PassResult, json_key

__all__ = ["keep", "kept", "key_of"]


def key_of(job: ValidatorRun) -> str | None:
    """Return the cache key of a job's answer; None if it must not be cached."""
    from hashlib import sha256

    validator = job.rule.validator
    if validator is None or not validator.pure:
        return None
    source = _source(validator.check)
    if source is None:
        return None
    asked = {
        "validator": validator.name,
        "source": source,
        "arguments": dict(job.rule.arguments),
        "value": job.value,
        "context": _context(job, validator),
    }
    try:
        return "check:" + sha256(json.dumps(asked, default=_provider_name).encode()).hexdigest()
    except (TypeError, ValueError, RecursionError):
        return None


def kept(store: Store, key: str) -> Any:
    """Return the cached answer of a key, with a usage of 0; UNSET if there is none."""
    text = store.get(key)
    if text is None:
        return UNSET
    try:
        said = json.loads(text)
        if said["passed"]:
            return PassResult()
        blame = [tuple(path) for path in said["blame"]]
        spans = [(start, end) for start, end in said["spans"]]
        return FailResult(said["message"], said.get("fix", UNSET), blame, spans)
    except (ValueError, TypeError, KeyError):
        return UNSET  # written by another program


def keep(store: Store, key: str, answer: Any) -> None:
    """Cache an answer, if it can be restored unchanged."""
    said: dict[str, Any]
    match answer:
        case None | True | PassResult():
            said = {"passed": True}
        case FailResult():
            said = {"passed": False, "message": answer.message, "blame": answer.blame, "spans": answer.spans}
            if answer.fix is not UNSET:
                said["fix"] = answer.fix
        case str() if answer.strip():
            said = {"passed": False, "message": answer, "blame": (), "spans": ()}
        case _:
            return
    try:
        text = json.dumps(said)
        is_same = "fix" not in said or json_key(json.loads(text)["fix"]) == json_key(said["fix"])
    except (TypeError, ValueError, RecursionError):
        return
    if is_same:
        store.put(key, text)


def _context(job: ValidatorRun, validator: Validator) -> Any:
    """Return the validator's other inputs."""
    if not validator.wants_context:
        return None
    context = job.context
    return [list(context.path), context.root, dict(context.metadata), list(context.messages)]


def _provider_name(value: Any) -> Any:
    """Return the name of a model in the metadata, which represents it in a key."""
    name = getattr(value, "name", None)
    if (
        isinstance(name, str)
        and callable(getattr(value, "complete", None))
        and callable(getattr(value, "acomplete", None))
    ):
        return {"provider": name}
    raise TypeError


@lru_cache(maxsize=1024)
def _source(check: Check) -> str | None:
    """Return a validator's source code and this package's version, which covers its helpers; None if the source is
    unknown.
    """
    import inspect
    from importlib.metadata import version

    try:
        return f"{version('railguard')} {inspect.getsource(check)}"
    except (OSError, TypeError):
        return None

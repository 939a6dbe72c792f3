"""The names of validators: the one thing that is global, filled when it is first asked.

Validators come from `@validator` in the user's own code, and from the entry-point group `railguard.validators`. An
entry point names a module or a package of validators; of a package, `two-words` is looked for in its module
`two_words` first, so that a spec pays for the validators it uses and no others.
"""

from __future__ import annotations

import threading
from difflib import get_close_matches
from types import ModuleType
from typing import TYPE_CHECKING

from railguard.errors import SpecError

if TYPE_CHECKING:
    from railguard.validation import Validator

__all__ = ["GROUP", "canonical", "find", "register", "suggest", "validators"]

GROUP = "railguard.validators"

_lock = threading.RLock()
_names: dict[str, Validator] = {}
_plugins: list[ModuleType] | None = None
_complete = False
_filling = False


def canonical(name: str) -> str:
    """A name as the registry keeps it: `hub://guardrails/Two_Words`, `guardrails/two_words` → `two-words`."""
    name = name.strip().removeprefix("hub://")
    return name.rsplit("/", 1)[-1].replace("_", "-").lower()


def register(validator: Validator, *, replace: bool = False) -> None:
    """Add a validator under its name and aliases.

    A name that is taken is refused (SpecError, code "validator-name"), unless `replace` is true, the same function is
    being declared again (a notebook cell run twice), or a plugin's name is taken by the user's own code, which wins.
    """
    with _lock:
        for name in (validator.name, *validator.aliases):
            there = _names.get(name)
            if there is None or replace or _same(there, validator):
                continue
            if _filling:
                continue
            raise SpecError.of(
                f"a validator named {name!r} is registered already, by {_place(there)}",
                code="validator-name",
                hint="choose another name, or pass replace=True to take its place",
            )
        earlier = _names.get(validator.name)
        if earlier is not None and earlier.name == validator.name and not _filling:
            for name in [name for name, known in _names.items() if known is earlier]:
                del _names[name]  # what it was called besides goes with it
        for name in (validator.name, *validator.aliases):
            if _filling and name in _names and not _same(_names[name], validator):
                continue
            _names[name] = validator


def find(name: str) -> Validator | None:
    """The validator of a name or alias, in any of its spellings; None if nobody registered it."""
    key = canonical(name)
    found = _names.get(key)
    if found is not None:
        return found
    _load(key)
    return _names.get(key)


def suggest(name: str) -> str | None:
    """The registered name closest to a misspelled one; None if none is close."""
    _load_all()
    close = get_close_matches(canonical(name), _names, n=1)
    return close[0] if close else None


def validators() -> list[Validator]:
    """All that is registered, each once, by name."""
    _load_all()
    seen = {id(v): v for v in _names.values()}
    return sorted(seen.values(), key=lambda found: found.name)


def _same(a: Validator, b: Validator) -> bool:
    return _place(a) == _place(b)


def _place(validator: Validator) -> str:
    return f"{validator.check.__module__}.{validator.check.__qualname__}"


def _entry_points() -> list[ModuleType]:
    global _plugins
    if _plugins is None:
        from importlib.metadata import entry_points

        with _lock:
            _plugins = [point.load() for point in entry_points(group=GROUP)]
    return _plugins


def _load(key: str) -> None:
    """Import what may hold `key`: the module of that name in a plugin package, else everything."""
    global _filling
    if _complete:
        return
    from importlib import import_module
    from importlib.util import find_spec

    with _lock:
        before, _filling = _filling, True
        try:
            for plugin in _entry_points():
                module = f"{plugin.__name__}.{key.replace('-', '_')}"
                if hasattr(plugin, "__path__") and key.replace("-", "_").isidentifier() and find_spec(module):
                    import_module(module)
        finally:
            _filling = before
    if key not in _names:
        _load_all()


def _load_all() -> None:
    global _complete, _filling
    if _complete:
        return
    from importlib import import_module
    from pkgutil import iter_modules

    with _lock:
        before, _filling = _filling, True
        try:
            for plugin in _entry_points():
                for module in iter_modules(getattr(plugin, "__path__", [])):
                    if not module.name.startswith("_"):
                        import_module(f"{plugin.__name__}.{module.name}")
            _complete = True
        finally:
            _filling = before

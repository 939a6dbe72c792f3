"""The registry of validators by name: the only global state, filled at its first use.

Validators come from `@validator` in the user's own code, and from the entry-point group `railguard.validators`. An
entry point names a module or a package of validators; of a package, `two-words` is looked for in its module
`two_words` first, so that a spec loads only the validators that it uses.

A package that cannot be loaded, or claims a name of another package, does not disable the others; see
`validator_problems`. The owner of a name does not depend on the order of loading: the user's own code goes before
packages; among these a validator with replace=True, then a name before an alias, then one in a module called like it,
then railguard's own, then the first package by name.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from railguard.errors import Problem, SpecError
from railguard.lazy import regex

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from railguard.validation.rule import Validator

__all__ = [
    "GROUP",
    "canonical_name",
    "excuses",
    "find_validator",
    "generation",
    "opposite",
    "register",
    "suggest_validator",
    "validator_problems",
    "validators",
]

GROUP = "railguard.validators"
_HOME = "railguard"


@dataclass(frozen=True, slots=True)
class _Plugin:
    """An entry point. module: its module. rank: its index among all."""

    point: EntryPoint
    module: str
    rank: int

    @property
    def source(self) -> str:
        """Its distribution and version, which are read from a file only for error messages."""
        return f"{self.point.dist.name} {self.point.dist.version}" if self.point.dist else self.point.value


_lock = threading.RLock()
_names: dict[str, Validator] = {}
_replacing: set[Validator] = set()
_settled: set[str] = set()  # names that find() has loaded everything for that may claim them
_problems: dict[object, Problem] = {}
_plugins: tuple[_Plugin, ...] | None = None
_packages: list[tuple[_Plugin, bool]] | None = None  # the plugins that could be imported, and whether they are packages
_loading: _Plugin | None = None
_loaded: dict[Validator, _Plugin] = {}
_complete = False
_registered = 0


def canonical_name(name: str) -> str:
    """Return a name in the registry's form: `hub://guardrails/Two_Words`, `guardrails/two_words` → `two-words`."""
    name = name.strip().removeprefix("hub://")
    return name.rsplit("/", 1)[-1].replace("_", "-").lower()


def register(validator: Validator, *, replace: bool = False) -> None:
    """Register a validator under its name and aliases.

    If the user's own code has already used a name, it cannot register it again (SpecError, code "validator-name"),
    unless `replace` is true or the same function is declared again (a notebook cell run twice). Names of packages
    follow the order above.
    """
    global _registered
    with _lock:
        _registered += 1
        if replace:
            _replacing.add(validator)
        if _loading is not None:
            _loaded[validator] = _loading
        taken = [name for name in (validator.name, *validator.aliases) if _takes(validator, name, replace)]
        earlier = _names.get(validator.name)
        if earlier is not None and earlier.name in taken and _plugin_of(earlier) is None:
            for name in [name for name, known in _names.items() if known is earlier]:
                del _names[name]  # what it was called besides goes with it
        for name in taken:
            _names[name] = validator


def generation() -> int:
    """Return a number that grows whenever a validator is registered."""
    return _registered


def find_validator(name: str) -> Validator | None:
    """Return the validator of a name or alias, in any spelling; None if it is not registered."""
    key = canonical_name(name)
    found = _names.get(key)
    if _complete or key in _settled or (found is not None and _plugin_of(found) is None):
        return found
    with _lock:
        if not _load_named(key) or key not in _names:
            _load_all()
        _settled.add(key)
    return _names.get(key)


def suggest_validator(name: str) -> str | None:
    """Return the registered name that is most similar to a misspelled one; None if none is similar."""
    from difflib import get_close_matches

    _load_all()
    name = canonical_name(name)
    close = [known for known in get_close_matches(name, _names, n=3) if not opposite(name, known)]
    return close[0] if close else None


def opposite(one: str, other: str) -> bool:
    """Whether one of two names negates the other, as no-url and has-url do."""
    return bool(_DENIES.match(one)) is not bool(_DENIES.match(other))


_DENIES = regex(r"(?:no|non|not|without|excludes?|forbid|deny|ban)[-_]")


def validators() -> list[Validator]:
    """Return all registered validators.

    Returns:
        Each once, by name.
    """
    _load_all()
    seen = {id(v): v for v in _names.values()}
    return sorted(seen.values(), key=lambda found: found.name)


def validator_problems() -> list[Problem]:
    """Return the problems of the installed validator packages; all other validators work in spite of them.

    Returns:
        A problem for a package that cannot be loaded (code "validator-plugin"), and for a name that two of them claim
        (code "validator-name").
    """
    _load_all()
    return list(_problems.values())


def excuses() -> str:
    """Return the problems in one sentence, for the hint about an unregistered name; empty if there are none."""
    return "".join(f"; {problem.message}" for problem in validator_problems())


def _takes(validator: Validator, name: str, replace: bool) -> bool:
    """Whether a validator gets a name. Raises SpecError if the user must choose another one."""
    there = _names.get(name)
    if there is None or _place(there) == _place(validator):
        return True
    mine, other = _plugin_of(validator), _plugin_of(there)
    if mine is None:
        if other is not None or replace:
            return True
        raise SpecError.of(
            f"a validator named {name!r} is registered already, by {_place(there)}",
            code="validator-name",
            hint="choose another name, or pass replace=True to take its place",
        )
    if other is None:
        return False
    wins = _rank(validator, name, mine) < _rank(there, name, other)
    (winner, its), (loser, whose) = ((validator, mine), (there, other))[:: 1 if wins else -1]
    if winner not in _replacing:
        _problems[loser, name] = Problem(
            f"{whose.source}: {_place(loser)} is not available as {name!r}, which is {_place(winner)} of {its.source}",
            "validator-name",
            "warning",
            hint="its author has to give it another name, or say replace=True in its @validator",
        )
    return wins


def _rank(validator: Validator, name: str, plugin: _Plugin) -> tuple[bool, bool, bool, int]:
    module = validator.check.__module__.rpartition(".")[2]
    return validator not in _replacing, name != validator.name, module != name.replace("-", "_"), plugin.rank


def _place(validator: Validator) -> str:
    return f"{validator.check.__module__}.{validator.check.__qualname__}"


def _plugin_of(validator: Validator) -> _Plugin | None:
    """Return the plugin that a validator comes from, even if the user's code imported it; None for the user's own."""
    module = validator.check.__module__ + "."
    home = next((plugin for plugin in _entry_points() if module.startswith(plugin.module + ".")), None)
    return home or _loaded.get(validator)


def _entry_points() -> tuple[_Plugin, ...]:
    """Return the installed plugins in order; nothing is imported."""
    global _plugins
    if _plugins is None:
        from importlib.metadata import entry_points

        found = list(entry_points(group=GROUP))
        if len(found) > 1:  # the names of distributions stand in files that have to be read
            names = {id(point): point.dist.name if point.dist else "" for point in found}
            found.sort(key=lambda point: (names[id(point)] != _HOME, names[id(point)], point.name))
        _plugins = tuple(_Plugin(point, point.module, rank) for rank, point in enumerate(found))
    return _plugins


def _importable() -> list[tuple[_Plugin, bool]]:
    """Return the plugins whose module can be imported, after importing them; and whether each is a package."""
    global _packages
    if _packages is None:
        import sys

        _packages = []
        for plugin in _entry_points():
            with _loaded_from(plugin, f"entry point {plugin.point.name} = {plugin.point.value}"):
                plugin.point.load()
                _packages.append((plugin, hasattr(sys.modules[plugin.module], "__path__")))
    return _packages


@contextmanager
def _loaded_from(plugin: _Plugin, what: str) -> Iterator[None]:
    """A context for importing a plugin's module: an error is recorded as a problem of that plugin."""
    global _loading
    before, _loading = _loading, plugin
    try:
        yield
    except Exception as error:  # whatever its code raises
        reason = error.problems[0].message if isinstance(error, SpecError) else f"{type(error).__name__}: {error}"
        _problems[what] = Problem(
            f"{plugin.source}: its {what} cannot be loaded: {reason}",
            "validator-plugin",
            "warning",
            hint="validators in it are not available; install what it needs, another version of it, or remove it",
        )
    finally:
        _loading = before


def _load_named(key: str) -> bool:
    """Import the module of that name in every plugin package; returns whether there is any."""
    from importlib.util import find_spec

    module = key.replace("-", "_")
    if not module.isidentifier() or module.startswith("_"):
        return False
    there = [
        plugin for plugin, package in _importable() if package and find_spec(f"{plugin.module}.{module}") is not None
    ]
    for plugin in there:
        _import(plugin, module)
    return bool(there)


def _load_all() -> None:
    global _complete
    if _complete:
        return
    import sys
    from pkgutil import iter_modules

    with _lock:
        for plugin, package in _importable():
            for module in iter_modules(sys.modules[plugin.module].__path__ if package else ()):
                if not module.name.startswith("_"):
                    _import(plugin, module.name)
        _complete = True


def _import(plugin: _Plugin, module: str) -> None:
    from importlib import import_module

    name = f"{plugin.module}.{module}"
    with _loaded_from(plugin, f"module {name}"):
        import_module(name)

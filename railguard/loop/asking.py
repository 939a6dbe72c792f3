"""What a round asks for again: the failing paths as a prefix-free set, and a key for each.

Asking a path gives up everything below it and nothing else. DESIGN, "Reask, exactly", 1 and 3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from railguard.loop.plan import Plan
from railguard.prompting.reask import Reason, Wanted
from railguard.schema import ChoiceNode, ListNode
from railguard.schema.prune import field_at
from railguard.values import UNSET, Failure, OnFail, Path, strongest, value_at

__all__ = ["in_document_order", "wanted"]

_PART = re.compile(r"[A-Za-z0-9_-]+\Z")
_KEY_LENGTH = 64
_BESIDE = 3
_BESIDE_LENGTH = 40
_FEW = 8
"""Up to so many fields are asked for singly, even where they are more than half of the output."""


def _failing_paths(failures: Sequence[Failure]) -> list[Path]:
    """The paths to ask for: of each path whose strongest unresolved action is reask, the fields it blames, or itself."""
    by_path: dict[Path, list[OnFail]] = {}
    for failure in failures:
        by_path.setdefault(failure.path, []).append(failure.action)
    decisive = {path: strongest(actions).policy for path, actions in by_path.items()}
    withheld = [path for path, policy in decisive.items() if policy.leaves_out]
    asked: dict[Path, None] = {}
    for failure in failures:
        if not (failure.action.policy.asks_again and decisive[failure.path].asks_again):
            continue
        for path in failure.blame or (failure.path,):
            if not any(path.starts_with(gone) for gone in withheld):
                asked[path] = None
    return _prefix_free(list(asked))


def wanted(plan: Plan, state: Any, failures: Sequence[Failure]) -> list[Wanted]:
    """What to ask for, in the order of the document. A single one with the empty path is the whole output."""
    paths = [_unit(plan, state, path) for path in _failing_paths(failures)]
    paths = _prefix_free(paths)
    limit = plan.spec.limits.asked_paths
    if len(paths) > limit or (len(paths) > _FEW and 2 * len(paths) > _leaves(state)):
        paths = _enclosing(paths, state, limit)
    paths = in_document_order(paths, state)
    keys = _keys(paths, [_appends(plan, state, path) for path in paths])
    return [_wanted(plan, state, path, key, failures) for path, key in zip(paths, keys, strict=True)]


def _prefix_free(paths: list[Path]) -> list[Path]:
    """The paths without those that lie below another one."""
    kept: list[Path] = []
    seen: set[Path] = set()
    for path in sorted(set(paths), key=len):
        if not any(Path(path[:length]) in seen for length in range(len(path) + 1)):
            seen.add(path)
            kept.append(path)
    return kept


def _unit(plan: Plan, state: Any, path: Path) -> Path:
    """A choice is one unit: its discriminator is not asked for alone."""
    if not path:
        return path
    parent = Path(path[:-1])
    node = plan.structure.node_at(parent, state)
    if isinstance(node, ChoiceNode) and path[-1] == node.discriminator:
        return parent
    if plan.structure.node_at(path, state) is None and not _appends(plan, state, path):
        return _unit(plan, state, parent)
    return path


def _appends(plan: Plan, state: Any, path: Path) -> bool:
    """Whether a path stands for further items of a list."""
    return path[-1:] == ("+",) and isinstance(plan.structure.node_at(path[:-1], state), ListNode)


def _enclosing(paths: list[Path], state: Any, limit: int) -> list[Path]:
    """The smallest enclosing objects of the paths, until they are few enough."""
    while True:
        lifted = _prefix_free([_up(path, state) for path in paths])
        if len(lifted) <= limit or all(not path for path in lifted) or lifted == paths:
            return lifted if len(lifted) <= limit else [Path()]
        paths = lifted


def _up(path: Path, state: Any) -> Path:
    at = Path(path[:-1])
    while at and not isinstance(value_at(state, at), dict):
        at = Path(at[:-1])
    return at


def _leaves(state: Any) -> int:
    if isinstance(state, dict):
        return sum(map(_leaves, state.values()))
    if isinstance(state, list):
        return sum(map(_leaves, state))
    return 1


def _keys(paths: list[Path], appends: list[bool]) -> list[str]:
    """Readable keys `fees.2.name` where all of them are safe in every provider's schema, else f1 … fn."""
    joined = [".".join(str(part) for part in path) for path in paths]
    plain = (
        len(set(joined)) == len(joined)
        and all(key and len(key) <= _KEY_LENGTH and not key.isdigit() for key in joined)
        and all(
            _PART.match(str(part))
            for path, more in zip(paths, appends, strict=True)
            for part in (path[:-1] if more else path)
        )
        and all(not (isinstance(part, str) and part.isdigit()) for path in paths for part in path)
    )
    return joined if plain else [f"f{number}" for number in range(1, len(paths) + 1)]


def _wanted(plan: Plan, state: Any, path: Path, key: str, failures: Sequence[Failure]) -> Wanted:
    append = _appends(plan, state, path)
    place = Path(path[:-1]) if append else path
    node = plan.structure.node_at(place, state) or plan.schema.root
    field = field_at(plan.schema, place, state) if place else None
    return Wanted(
        key=key,
        path=path,
        node=node,
        reasons=_reasons(path, failures),
        value=UNSET if append else value_at(state, path) if state is not UNSET else UNSET,
        beside=_beside(state, path, failures),
        append=append,
        optional=field is not None and not field.required and value_at(state, place) is UNSET,
    )


def _reasons(path: Path, failures: Sequence[Failure]) -> tuple[Reason, ...]:
    """The messages of everything at the path, below it, and of what blames it, each once with the places it is about."""
    told: dict[tuple[str, bool], list[Path]] = {}
    for failure in failures:
        if not failure.action.policy.asks_again:
            continue
        blamed = failure.blame or (failure.path,)
        if any(one.starts_with(path) for one in blamed):
            below = failure.path[len(path) :] if not failure.blame and failure.path.starts_with(path) else ()
            places = told.setdefault((failure.message, bool(below)), [])
            if below:
                places.append(Path(below))
    return tuple(Reason(message, tuple(places)) for (message, _), places in told.items())


def _beside(state: Any, path: Path, failures: Sequence[Failure]) -> tuple[tuple[str, Any], ...]:
    """A few short scalars of the list item that holds the path, so that the model knows which item is meant."""
    at = next((n for n in range(len(path) - 1, 0, -1) if isinstance(path[n - 1], int)), None)
    if at is None:
        return ()
    item = value_at(state, path[:at])
    if not isinstance(item, dict):
        return ()
    failing = {failure.path for failure in failures}
    found = []
    for name, value in item.items():
        short = isinstance(value, (bool, int, float)) or (isinstance(value, str) and 0 < len(value) <= _BESIDE_LENGTH)
        if short and Path((*path[:at], name)) not in failing and len(name) <= _BESIDE_LENGTH:
            found.append((name, value))
        if len(found) == _BESIDE:
            break
    return tuple(found)


def in_document_order(paths: list[Path], state: Any) -> list[Path]:
    """Paths as a reader of the output meets them; what is missing comes after its siblings."""

    def key(path: Path) -> tuple[tuple[int, str], ...]:
        order: list[tuple[int, str]] = []
        at = state
        for part in path:
            if isinstance(part, int):
                order.append((part, ""))
            elif isinstance(at, dict) and part in at:
                order.append((positions(at)[part], ""))
            else:
                order.append((1 << 60, part))
            at = value_at(at, (part,))
        return tuple(order)

    known: dict[int, dict[str, int]] = {}

    def positions(holder: dict[str, Any]) -> dict[str, int]:
        if id(holder) not in known:
            known[id(holder)] = {name: number for number, name in enumerate(holder)}
        return known[id(holder)]

    return sorted(paths, key=key)

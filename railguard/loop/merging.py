"""The answer to a reask: which asked value stands where in it, and what it changes besides.

Models answer flat, as asked; or mirror the shape of the output; or write all of it again. Only asked paths are taken
from any of these, and a list is never matched up by guessing. DESIGN, "Reask, exactly", 4 and 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from railguard.loop.settle import put
from railguard.prompting.reask import Wanted
from railguard.values import UNSET, Path, value_at

__all__ = ["Answer", "merge", "read_answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """values: (what was asked for, its new value). ignored: (path, value) of changes to what was not asked for."""

    values: tuple[tuple[Wanted, Any], ...]
    ignored: tuple[tuple[Path, Any], ...] = ()


def read_answer(value: Any, wanted: Sequence[Wanted], state: Any) -> Answer:
    """Find the asked values in a parsed answer. What is not found is not in the result, and stays failing."""
    flat = _flat(value, wanted)
    if flat is not None:
        return flat
    if len(wanted) == 1 and not isinstance(value, dict):
        alone = _alone(value, wanted[0], state)
        if alone is not None:
            return alone
    found: list[tuple[Wanted, Any]] = []
    rest = value
    if isinstance(value, dict):
        names = _names(wanted)
        own = state if isinstance(state, dict) else {}
        keyed = {key: names[key] for key in value if key in names and key not in own and len(names[key].path) != 1}
        found = [(one, value[key]) for key, one in keyed.items()]
        rest = {key: member for key, member in value.items() if key not in keyed}
    left = [one for one in wanted if all(one is not taken for taken, _ in found)]
    by_path = {one.path: one for one in left}
    tree = _tree(list(by_path))
    taken: list[tuple[Path, Any]] = []
    ignored: list[tuple[Path, Any]] = []
    _mirrored(rest, state, tree, Path(), taken, ignored)
    found += [(by_path[path], new) for path, new in taken]
    return Answer(tuple(found), tuple(ignored))


def merge(state: Any, answer: Answer) -> tuple[Any, list[Path]]:
    """A new state with the answered values in it, and the paths that were written. Nothing else changes."""
    if any(not one.path for one, _ in answer.values):
        return deepcopy(answer.values[0][1]), [Path()]
    state = deepcopy(state)
    written: list[Path] = []
    for one, value in answer.values:
        if one.optional and value is None and not one.node.nullable:
            written.append(one.path)  # answered: there is no such value
            continue
        if one.append:
            at = value_at(state, one.path[:-1])
            items = value if isinstance(value, list) else [value]
            if isinstance(at, list):
                written += [Path((*one.path[:-1], index)) for index in range(len(at), len(at) + len(items))]
                written.append(Path(one.path[:-1]))
                at.extend(deepcopy(items))
            continue
        holder = value_at(state, one.path[:-1])
        if isinstance(holder, dict) or (isinstance(holder, list) and isinstance(one.path[-1], int)):
            put(state, one.path, deepcopy(value))
            written.append(one.path)
    return state, written


def _names(wanted: Sequence[Wanted]) -> dict[str, Wanted]:
    """Every spelling of a key that counts: the key asked for, and the path as it is printed."""
    names: dict[str, Wanted] = {}
    for one in wanted:
        printed = str(one.path)
        for name in (one.key, printed, printed.removeprefix("$").removeprefix("."), ".".join(map(str, one.path))):
            if name:
                names.setdefault(name, one)
    return names


def _flat(value: Any, wanted: Sequence[Wanted]) -> Answer | None:
    if not isinstance(value, dict) or not value:
        return None
    names = _names(wanted)
    if not all(key in names for key in value):
        return None
    taken = {id(names[key]): (names[key], member) for key, member in value.items()}
    return Answer(tuple(taken.values())) if len(taken) == len(value) else None


def _alone(value: Any, one: Wanted, state: Any) -> Answer | None:
    """The one asked value, written without its key: taken where it cannot be the output itself."""
    if isinstance(value, list) and isinstance(state, list):
        return None
    if one.append:
        return Answer(((one, value),)) if isinstance(value, list) else None
    before = one.value
    if isinstance(value, list) != isinstance(before, list):
        return None
    return Answer(((one, value),))


_Tree = dict[Any, Any]
_HERE = object()


def _tree(paths: Sequence[Path]) -> _Tree:
    root: _Tree = {}
    for path in paths:
        at = root
        for part in path:
            at = at.setdefault(part, {})
        at[_HERE] = path
    return root


def _mirrored(
    value: Any,
    state: Any,
    tree: _Tree,
    path: Path,
    taken: list[tuple[Path, Any]],
    ignored: list[tuple[Path, Any]],
) -> bool:
    """Take from `value`, which stands for the state at `path`, what the tree asks for. False: it cannot be lined up."""
    if _HERE in tree:
        taken.append((tree[_HERE], value))
        return True
    if isinstance(state, dict) and isinstance(value, dict):
        for name, member in value.items():
            if name in tree:
                _mirrored(member, state.get(name, UNSET), tree[name], path.child(name), taken, ignored)
            elif name not in state or not _same(member, state[name]):
                ignored.append((path.child(name), member))
        return True
    if isinstance(state, list):
        for index, item in _lined_up(value, state, tree):
            if index == "+":
                taken.append((tree["+"][_HERE], item))
            elif index in tree:
                _mirrored(item, state[index], tree[index], path.child(index), taken, ignored)
            elif not _same(item, state[index]):
                ignored.append((path.child(index), item))
        return True
    return False


def _lined_up(value: Any, state: list[Any], tree: _Tree) -> Iterator[tuple[Any, Any]]:
    """Items of a mirrored list with the indexes they are meant for; nothing where that would be a guess."""
    asked = sorted(index for index in tree if isinstance(index, int))
    if isinstance(value, dict):
        # Indexes written as keys say themselves what they mean.
        for key, item in value.items():
            if key.isdigit() and len(key) < 10 and int(key) < len(state):
                yield int(key), item
            elif key == "+" and "+" in tree:
                yield "+", item
        return
    if not isinstance(value, list):
        return
    if "+" in tree:
        kept = len(state)
        if len(value) > kept and all(_fits(value[i], state[i], tree.get(i)) for i in range(kept)):
            yield from enumerate(value[:kept])
            yield "+", value[kept:]
        elif not asked:
            yield "+", value
        return
    if len(value) == len(state) and all(_fits(item, state[i], tree.get(i)) for i, item in enumerate(value)):
        yield from enumerate(value)
    elif len(value) == len(asked):
        yield from zip(asked, value, strict=True)


def _fits(item: Any, state: Any, tree: _Tree | None) -> bool:
    """Whether an item of a rewritten list is the one we have, but for what was asked for in it."""
    if tree is None:
        return _same(item, state)
    if _HERE in tree:
        return True
    if isinstance(state, dict) and isinstance(item, dict):
        # A mirrored item may leave out what passed; what it repeats must be what we have.
        return all(_fits(member, state.get(name, UNSET), tree.get(name)) for name, member in item.items())
    if isinstance(state, list) and isinstance(item, list):
        return len(item) == len(state) and all(_fits(one, state[i], tree.get(i)) for i, one in enumerate(item))
    return _same(item, state)


def _same(a: Any, b: Any) -> bool:
    """JSON equality: true is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    return bool(a == b)

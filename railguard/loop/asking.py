"""Decides what a round asks for again: the failing paths as a prefix-free set, with a key for each.

Asking for a path discards everything below it and nothing else. DESIGN, "Reask, exactly", 1, 3 and 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from railguard.checking import Plan
from railguard.loop.change_request import Style, path_name, plain_names, shown
from railguard.loop.reask_keys import dotted, is_plain
from railguard.loop.unions import Options, broken, options_of
from railguard.prompting.issue_messages import issue_message
from railguard.prompting.reask import AskedValue, Reason
from railguard.schema import AnyNode, ChoiceNode, Field, ListNode, Node, ObjectNode, Schema, UnionNode
from railguard.schema.members import fields_of
from railguard.schema.prune import definitions_used, field_at, node_at
from railguard.schema.structure import Flaw, Structure
from railguard.values import UNSET, Failure, OnFail, Path, Paths, strongest, value_at

__all__ = ["REFUSED_CHANGE", "in_document_order", "reasons_for", "wanted"]

REFUSED_CHANGE = "change"
"""The name of a failure that says why a change of a document was refused."""

_KEY_LENGTH = 64
_BESIDE = 3
_BESIDE_LENGTH = 40
_FEW = 8
"""Up to this number, fields are asked for separately, even if they are more than half of the output."""
_STRUCTURAL = frozenset(
    ("type", "required", "additionalProperties", "propertyNames", "enum", "const", "discriminator", "minItems")
) | {"flaws", "json", "truncated"}
"""Failures of the structure of a list or an object. Any other failure belongs to a rule."""
_KEYWORDS = (
    frozenset(("type", "required", "additionalProperties", "enum", "const", "discriminator", "pattern", "format"))
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"}
    | {"minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"}
)
"""The names of structural and constraint failures; any other name belongs to a rule."""


def wanted(plan: Plan, state: Any, failures: Sequence[Failure], *, updates: bool = False) -> list[AskedValue]:
    """Return what to ask for, in document order. A single item with the empty path is the whole output.

    updates: whether a document is updated, which is never asked for as a whole, but only by changes.
    """
    looking = _Looking(plan, state)
    failures = [_of_document(failure) for failure in looking.refined(failures)]
    paths = _prefix_free([looking.unit(path) for path in _failing_paths(failures)])
    changed = _by_changes(paths, state, failures)
    limit = plan.spec.limits.asked_paths
    singly = [path for path in paths if path not in changed]
    if len(paths) > limit or (len(singly) > _FEW and 2 * len(singly) > _leaves(state)):
        paths, changed = _enclosing(paths, changed, state, limit)
    if updates and paths == [Path()]:
        changed = {Path()}
    paths = in_document_order(paths, state)
    keys, style = _keys(paths, looking, changed)
    failing = {failure.path for failure in failures}
    return [looking.wanted(path, keys[path], failures, failing, style if path in changed else None) for path in paths]


def _failing_paths(failures: Sequence[Failure]) -> list[Path]:
    """Return the paths to ask for: for each path whose strongest unresolved action is reask, the fields that it blames,
    or the path itself.
    """
    by_path: dict[Path, list[OnFail]] = {}
    for failure in failures:
        by_path.setdefault(failure.path, []).append(failure.action)
    decisive = {path: strongest(actions).policy for path, actions in by_path.items()}
    left_out = [path for path, policy in decisive.items() if policy.leaves_out]
    withheld = Paths(left_out) if left_out else None
    asked: dict[Path, None] = {}
    for failure in failures:
        if not (failure.action.policy.asks_again and decisive[failure.path].asks_again):
            continue
        for path in failure.blame or (failure.path,):
            if withheld is None or not withheld.has_above(path):
                asked[path] = None
    return _prefix_free(list(asked))


def _of_document(failure: Failure) -> Failure:
    """Return a refused change as a failure of the whole document, because it may have been meant for another place;
    other failures unchanged.
    """
    return replace(failure, path=Path()) if failure.validator == REFUSED_CHANGE else failure


def _by_changes(paths: Sequence[Path], state: Any, failures: Sequence[Failure]) -> set[Path]:
    """Return the lists and objects with valid structure that fail by their own rule: those are asked for by changes."""
    own: set[Path] = set()
    built_wrongly: set[Path] = set()
    refused = {failure.path for failure in failures if failure.validator == REFUSED_CHANGE}
    for failure in failures:
        if not failure.action.policy.asks_again:
            continue
        if failure.validator in _STRUCTURAL:
            for path in (failure.path, *failure.blame):
                built_wrongly.update(Path(path[:length]) for length in range(len(path) + 1))
        elif not failure.blame:
            own.add(failure.path)
    return {
        path
        for path in paths
        if path in refused
        or (path in own and path not in built_wrongly and isinstance(value_at(state, path), (dict, list)))
    }


def _prefix_free(paths: list[Path]) -> list[Path]:
    """Return the paths without those below another one."""
    if len({*map(len, paths)}) < 2:
        return list(dict.fromkeys(paths))  # none is long enough to be below another
    kept: list[Path] = []
    seen: set[tuple[str | int, ...]] = set()
    for path in sorted(set(paths), key=len):
        if not any(path[:length] in seen for length in range(len(path) + 1)):
            seen.add(path)
            kept.append(path)
    return kept


def _enclosing(paths: list[Path], changed: set[Path], state: Any, limit: int) -> tuple[list[Path], set[Path]]:
    """Return the smallest enclosing objects of the paths, so that there are few enough; and those of them to ask for by
    changes.
    """
    while True:
        above = {path: _up(path, state) for path in paths}
        lifted = _prefix_free(list(above.values()))
        plain = Paths(above[path] for path in paths if path not in changed)
        changed = {path for path in lifted if not plain.has_below(path)}
        if len(lifted) <= limit or all(not path for path in lifted) or lifted == paths:
            return (lifted, changed) if len(lifted) <= limit else ([Path()], set())
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


def _keys(paths: Sequence[Path], looking: _Looking, changed: set[Path]) -> tuple[dict[Path, str], Style]:
    """Return readable keys such as `fees.2.name` if all of them are safe in every provider's schema, otherwise f1 … fn.

    A value that is asked for by changes has a key in the style of all changes.
    """
    singly = [path for path in paths if path not in changed]
    joined = [dotted(path) for path in singly]
    members = looking.members_of_root()
    names = {part for path in singly for part in (path[:-1] if looking.appends(path) else path)}
    plain = len(set(joined)) == len(joined) and all(map(_is_safe, names)) and all(map(_is_safe_key, joined))
    plain = plain and members.isdisjoint([key for path, key in zip(singly, joined, strict=True) if len(path) > 1])
    keys = joined if plain else [f"f{number}" for number in range(1, len(singly) + 1)]
    dots = plain and all(looking.style(path) == "dotted" for path in changed)
    style: Style = "dotted" if dots else "pointers"
    return dict(zip(singly, keys, strict=True)) | {path: path_name(path, style) for path in changed}, style


def _is_safe(part: str | int) -> bool:
    """Whether a part of a path has no special character."""
    return isinstance(part, int) or is_plain(part)


def _is_safe_key(key: str) -> bool:
    """Whether a dotted key has a safe length and is no number."""
    return 0 < len(key) <= _KEY_LENGTH and not key.isdigit()


class _Looking:
    """Looks up paths in a state and in the schema. Local to one question."""

    def __init__(self, plan: Plan, state: Any) -> None:
        self.plan = plan
        self.state = state
        self.schema = plan.schema
        self._structures: dict[int, Structure] = {}
        self._options: dict[int, tuple[Node, Options | None]] = {}
        self._known: dict[tuple[str | int, ...], tuple[Node | None, Field | None]] = {}
        self._plain: dict[tuple[str | int, ...], tuple[Node | None, Field | None]] = {
            (): (self.schema.resolve(self.schema.root), None)
        }
        """What is at the paths to which lists and objects alone lead."""

    def node(self, path: Sequence[str | int]) -> Node | None:
        """Return the node at a path, references resolved; None if the schema has none."""
        return self._at(path)[0]

    def _at(self, path: Sequence[str | int]) -> tuple[Node | None, Field | None]:
        """Return the node and the field at a path; no field for the root, list items and other keys."""
        path = tuple(path)
        known = self._plain.get(path) or self._known.get(path)
        if known is None:
            known = self._plainly(path)
            if known is None:
                known = self._known[path] = self._walked(path)
        return known

    def _plainly(self, path: tuple[str | int, ...]) -> tuple[Node | None, Field | None] | None:
        """Return what is at a path to which lists and objects alone lead; None for any other."""
        plain = self._plain
        length = len(path) - 1
        while (at := plain.get(path[:length])) is None:
            length -= 1
        while length < len(path):
            node = at[0]
            if not isinstance(node, (ListNode, ObjectNode)):
                return None
            at = self._step(node, path[length], UNSET)
            length += 1
            plain[path[:length]] = at
        return at

    def _walked(self, path: tuple[str | int, ...]) -> tuple[Node | None, Field | None]:
        node: Node | None = self.schema.resolve(self.schema.root)
        field: Field | None = None
        value = self.state
        for number, part in enumerate(path):
            if node is None:
                return None, None
            if (options := self._options_of(node)) is not None:
                node = options.of(value) or node
            if isinstance(node, UnionNode):  # only the whole value determines its option
                inner = self._schema_of(node)
                return node_at(inner, path[number:], value), field_at(inner, path[number:], value)
            node, field = self._step(node, part, value)
            value = value_at(value, (part,))
        return node, field

    def _step(self, node: Node, part: str | int, value: Any) -> tuple[Node | None, Field | None]:
        if isinstance(node, ListNode):
            return (self.schema.resolve(node.item) if isinstance(part, int) else None), None
        if isinstance(node, ObjectNode) and isinstance(part, str):
            field = fields_of(self.schema, node).get(part)
            below = field.node if field is not None else node.extra
            return (self.schema.resolve(below) if below is not None else None), field
        inner = self._schema_of(node)
        return node_at(inner, (part,), value), field_at(inner, (part,), value)

    def _schema_of(self, node: Node) -> Schema:
        return Schema(root=node, definitions=self.schema.definitions)

    def appends(self, path: Path) -> bool:
        """Whether a path asks for further items of a list."""
        return bool(path) and path[-1] == "+" and isinstance(self.node(path[:-1]), ListNode)

    def members_of_root(self) -> set[str]:
        """Return the names of the existing and possible members of the root."""
        root = self.schema.resolve(self.schema.root)
        named = fields_of(self.schema, root) if isinstance(root, ObjectNode) else {}
        return {*named, *(self.state if isinstance(self.state, dict) else ())}

    def style(self, path: Path) -> Style:
        """Return the style of names for the parts of a value that is asked for by changes."""
        root = self.schema.resolve(self.schema.root)
        has_names = isinstance(self.state, dict) and not isinstance(root, AnyNode)
        if not has_names or (isinstance(root, ObjectNode) and not root.fields):
            return "pointers"
        if not all(isinstance(part, int) or is_plain(part) for part in path):
            return "pointers"
        node = self.node(path) or root
        inner = Schema(root=node, definitions=definitions_used(node, self.schema.definitions))
        return "dotted" if plain_names(value_at(self.state, path), inner) else "pointers"

    def refined(self, failures: Sequence[Failure], beyond: int = 0) -> list[Failure]:
        """Replace failures of a union with a constant discriminator by those of the option that the constant names.

        beyond: only unions at paths of at least this length.
        """
        if not self.plan.has_options:
            return list(failures)
        grouped: dict[Path | None, list[Failure]] = {}
        for failure in failures:
            grouped.setdefault(self._union_above(failure, beyond), []).append(failure)
        found: list[Failure] = []
        for union, ones in grouped.items():
            if union is None or any(not one.action.policy.asks_again for one in ones):
                found += ones
            else:
                found += self._of_union(union, ones)
        return found

    def _union_above(self, failure: Failure, beyond: int) -> Path | None:
        """Return the outermost choice or union with a constant at or above a structural failure."""
        if failure.validator not in _KEYWORDS:
            return None
        node: Node | None = self.schema.resolve(self.schema.root)
        value = self.state
        size = 0
        while node is not None:
            options = self._options_of(node)
            if size >= beyond and isinstance(value, dict) and (options is not None or isinstance(node, ChoiceNode)):
                return Path(failure.path[:size])
            if options is not None:
                node = options.of(value) or node
            if isinstance(node, UnionNode) or size == len(failure.path):
                break
            node = self._step(node, failure.path[size], value)[0]
            value = value_at(value, (failure.path[size],))
            size += 1
        return None

    def _of_union(self, path: Path, failures: list[Failure]) -> Sequence[Failure]:
        """Return the failures of the option that the value of a union names; or that it names none; or the failures
        themselves.
        """
        node, value = self.node(path), value_at(self.state, path)
        choice: ChoiceNode | None
        option: Node | None
        if isinstance(node, ChoiceNode):
            if all(failure.path != path for failure in failures):
                return self.refined(failures, len(path) + 1)
            choice, option = node, node if node.case(value) is not None else None
        else:
            options = None if node is None else self._options_of(node)
            assert options is not None, "what is at the path of a union has options"
            choice, option = options.choice, options.of(value)
        if option is None:
            if choice is None:
                return [Failure(path, "type", failures[0].message, value)]
            return [Failure(path, "discriminator", issue_message("discriminator", choice, value), value)]
        flaws = broken(self._structure(option), value)
        if not flaws or any(not flaw.path or flaw.keyword == "additionalProperties" for flaw in flaws):
            return failures
        return self.refined([_inside(path, flaw) for flaw in flaws], len(path) + 1)

    def _options_of(self, node: Node) -> Options | None:
        if id(node) not in self._options:
            self._options[id(node)] = (node, options_of(self.schema, node))
        return self._options[id(node)][1]

    def unit(self, path: Path) -> Path:
        """Return the path to ask for at a failing path: a choice is asked for as a whole, and so is what should hold
        the path and is no object or list: an answer below it would have no place.
        """
        if not path:
            return path
        parent = Path(path[:-1])
        node = self.node(parent)
        if isinstance(node, ChoiceNode) and path[-1] == node.discriminator:
            return parent
        holder = value_at(self.state, parent)
        if self.appends(path):
            return path if isinstance(holder, list) else self.unit(parent)
        is_new_item = isinstance(holder, list) and value_at(holder, path[-1:]) is UNSET
        if self.node(path) is None or is_new_item or not isinstance(holder, (dict, list)):
            return self.unit(parent)
        return path

    def _structure(self, node: Node) -> Structure:
        if id(node) not in self._structures:
            self._structures[id(node)] = Structure(self._schema_of(node))
        return self._structures[id(node)]

    def wanted(
        self, path: Path, key: str, failures: Sequence[Failure], failing: set[Path], style: Style | None
    ) -> AskedValue:
        """Return one value to ask for. failing: the paths of the failures. style: of its changes, if it is asked for by
        changes.
        """
        append = self.appends(path)
        place = Path(path[:-1]) if append else path
        node, field = self._at(place)
        node = self.schema.root if node is None else node
        value = UNSET if append or self.state is UNSET else value_at(self.state, path)
        reasons = reasons_for(path, failures)
        part = None
        if style is not None:
            said = [reason.message for reason in reasons]
            places = [place for reason in reasons for place in reason.places]
            part = shown(value, self.plan.spec.limits.echo, style=style, at=path, messages=said, places=places)
        may_go = field is not None and not field.required
        return AskedValue(
            key=key,
            path=path,
            node=node,
            reasons=reasons,
            value=value,
            beside=_beside(self.state, path, failing),
            append=append,
            optional=may_go and value_at(self.state, place) is UNSET,
            removable=may_go and not node.nullable and not append,
            changes=style,
            part=part,
        )


def _inside(above: Path, flaw: Flaw) -> Failure:
    """Return a flaw of a union's option as a failure at its path."""
    path = Path((*above, *flaw.path))
    blame = (path.child("+"),) if flaw.keyword == "minItems" else ()
    return Failure(path, flaw.keyword, issue_message(flaw.keyword, flaw.node, flaw.value), flaw.value, blame=blame)


def reasons_for(path: Path, failures: Sequence[Failure]) -> tuple[Reason, ...]:
    """Return the messages of all failures at or below the path, and of those that blame it, each once with its places."""
    told: dict[tuple[str, str | None], list[Path]] = {}
    for failure in failures:
        if not failure.action.policy.asks_again:
            continue
        is_inside = failure.path.starts_with(path)
        if not (any(one.starts_with(path) for one in failure.blame) if failure.blame else is_inside):
            continue
        is_inside = is_inside and (not failure.blame or path in failure.blame)
        below = failure.path[len(path) :] if is_inside else ()
        own = failure.validator if failure.path == path else ""
        places = told.setdefault((failure.message, None if below else own), [])
        if below:
            places.append(Path(below))
    return tuple([Reason(message, tuple(places), own or "") for (message, own), places in told.items()])


def _beside(state: Any, path: Path, failing: set[Path]) -> tuple[tuple[str, Any], ...]:
    """Return a few short scalars of the list item that contains the path, so that the model can identify the item."""
    at = len(path) - 1
    while at > 0 and not isinstance(path[at - 1], int):
        at -= 1
    if at <= 0:
        return ()
    item = value_at(state, path[:at])
    if not isinstance(item, dict):
        return ()
    found = []
    for name, value in item.items():
        short = isinstance(value, (bool, int, float)) or (isinstance(value, str) and 0 < len(value) <= _BESIDE_LENGTH)
        if short and (*path[:at], name) not in failing and len(name) <= _BESIDE_LENGTH:
            found.append((name, value))
        if len(found) == _BESIDE:
            break
    return tuple(found)


def in_document_order(paths: list[Path], state: Any) -> list[Path]:
    """Sort paths in document order; missing values come after their siblings."""
    if len({tuple([part if type(part) is str else None for part in path]) for path in paths}) < 2:
        return sorted(paths)  # only indexes differ
    known: dict[int, dict[str, int]] = {}

    def rank(holder: Any, part: str | int) -> tuple[int, str]:
        if isinstance(part, int):
            return part, ""
        if not isinstance(holder, dict) or part not in holder:
            return 1 << 60, part
        if id(holder) not in known:
            known[id(holder)] = {name: number for number, name in enumerate(holder)}
        return known[id(holder)][part], ""

    def are_sorted(one: Path, other: Path) -> bool:
        at = state
        for a, b in zip(one, other, strict=False):
            if a != b:
                return a < b if type(a) is type(b) is int else rank(at, a) < rank(at, b)
            at = value_at(at, (a,))
        return len(one) <= len(other)

    def key(path: Path) -> tuple[tuple[int, str], ...]:
        order: list[tuple[int, str]] = []
        at = state
        for part in path:
            order.append(rank(at, part))
            at = value_at(at, (part,))
        return tuple(order)

    if all(map(are_sorted, paths, paths[1:])):  # as they are most often
        return paths
    return sorted(paths, key=key)

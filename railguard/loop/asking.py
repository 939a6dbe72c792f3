"""What a round asks for again: the failing paths as a prefix-free set, and a key for each.

Asking a path gives up everything below it and nothing else. DESIGN, "Reask, exactly", 1, 3 and 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from railguard.checking import Plan
from railguard.loop.change_request import Style, named, plain_names, shown
from railguard.loop.keys import dotted, is_plain
from railguard.loop.unions import Options, broken, options_of
from railguard.prompting.flaws import flaw_message
from railguard.prompting.reask import Reason, Wanted
from railguard.schema import AnyNode, ChoiceNode, Field, ListNode, Node, ObjectNode, Schema, UnionNode
from railguard.schema.members import fields_of
from railguard.schema.prune import definitions_used, field_at, node_at
from railguard.schema.structure import Flaw, Structure
from railguard.values import UNSET, Failure, OnFail, Path, Paths, strongest, value_at

__all__ = ["in_document_order", "wanted"]

_KEY_LENGTH = 64
_BESIDE = 3
_BESIDE_LENGTH = 40
_FEW = 8
"""Up to so many fields are asked for singly, even where they are more than half of the output."""
_STRUCTURAL = frozenset(
    ("type", "required", "additionalProperties", "propertyNames", "enum", "const", "discriminator", "minItems")
) | {"flaws", "json", "truncated"}
"""Failures that say that a list or an object is not built as it should be. Any other is a rule of its own."""
_KEYWORDS = (
    frozenset(("type", "required", "additionalProperties", "enum", "const", "discriminator", "pattern", "format"))
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"}
    | {"minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"}
)
"""What a failure of structure or of a constraint is called; any other name is a rule's."""


def wanted(plan: Plan, state: Any, failures: Sequence[Failure]) -> list[Wanted]:
    """What to ask for, in the order of the document. A single one with the empty path is the whole output."""
    looking = _Looking(plan, state)
    failures = looking.refined(failures)
    paths = _prefix_free([looking.unit(path) for path in _failing_paths(failures)])
    changed = _by_changes(paths, state, failures)
    limit = plan.spec.limits.asked_paths
    singly = [path for path in paths if path not in changed]
    if len(paths) > limit or (len(singly) > _FEW and 2 * len(singly) > _leaves(state)):
        paths, changed = _enclosing(paths, changed, state, limit)
    paths = in_document_order(paths, state)
    keys, style = _keys(paths, looking, changed)
    return [looking.wanted(path, keys[path], failures, style if path in changed else None) for path in paths]


def _failing_paths(failures: Sequence[Failure]) -> list[Path]:
    """The paths to ask for: of each path whose strongest unresolved action is reask, the fields it blames, or itself."""
    by_path: dict[Path, list[OnFail]] = {}
    for failure in failures:
        by_path.setdefault(failure.path, []).append(failure.action)
    decisive = {path: strongest(actions).policy for path, actions in by_path.items()}
    withheld = Paths(path for path, policy in decisive.items() if policy.leaves_out)
    asked: dict[Path, None] = {}
    for failure in failures:
        if not (failure.action.policy.asks_again and decisive[failure.path].asks_again):
            continue
        for path in failure.blame or (failure.path,):
            if not withheld.has_above(path):
                asked[path] = None
    return _prefix_free(list(asked))


def _by_changes(paths: Sequence[Path], state: Any, failures: Sequence[Failure]) -> set[Path]:
    """The lists and objects that are soundly built and fail by a rule of their own: those are asked for by changes."""
    own: set[Path] = set()
    built_wrongly: set[Path] = set()
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
        if path in own and path not in built_wrongly and isinstance(value_at(state, path), (dict, list))
    }


def _prefix_free(paths: list[Path]) -> list[Path]:
    """The paths without those that lie below another one."""
    kept: list[Path] = []
    seen: set[Path] = set()
    for path in sorted(set(paths), key=len):
        if not any(Path(path[:length]) in seen for length in range(len(path) + 1)):
            seen.add(path)
            kept.append(path)
    return kept


def _enclosing(paths: list[Path], changed: set[Path], state: Any, limit: int) -> tuple[list[Path], set[Path]]:
    """The smallest enclosing objects of the paths, until they are few enough; and those of them to ask for by changes."""
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
    """Readable keys `fees.2.name` where all of them are safe in every provider's schema, else f1 … fn.

    What is asked for by changes has its name in the style of all changes.
    """
    singly = [path for path in paths if path not in changed]
    joined = [dotted(path) for path in singly]
    members = looking.members_of_root()
    plain = (
        len(set(joined)) == len(joined)
        and all(key and len(key) <= _KEY_LENGTH and not key.isdigit() for key in joined)
        and all(
            isinstance(part, int) or is_plain(part)
            for path in singly
            for part in (path[:-1] if looking.appends(path) else path)
        )
        and not any(len(path) > 1 and key in members for path, key in zip(singly, joined, strict=True))
    )
    keys = joined if plain else [f"f{number}" for number in range(1, len(singly) + 1)]
    dots = plain and all(looking.style(path) == "dotted" for path in changed)
    style: Style = "dotted" if dots else "pointers"
    return dict(zip(singly, keys, strict=True)) | {path: named(path, style) for path in changed}, style


class _Looking:
    """What is at a path, in a state and in the schema. Local to one question."""

    def __init__(self, plan: Plan, state: Any) -> None:
        self.plan = plan
        self.state = state
        self.schema = plan.schema
        self._structures: dict[int, Structure] = {}
        self._options: dict[int, tuple[Node, Options | None]] = {}

    def node(self, path: Sequence[str | int]) -> Node | None:
        """The node at a path, references resolved; None where the schema has nothing."""
        return self._at(path)[0]

    def field(self, path: Sequence[str | int]) -> Field | None:
        """The declared member of an object that a path ends at; None for the root, list items and other keys."""
        return self._at(path)[1]

    def _at(self, path: Sequence[str | int]) -> tuple[Node | None, Field | None]:
        node: Node | None = self.schema.resolve(self.schema.root)
        field: Field | None = None
        value = self.state
        for number, part in enumerate(path):
            if node is None:
                return None, None
            if (options := self._options_of(node)) is not None:
                node = options.of(value) or node
            if isinstance(node, UnionNode):  # nothing but the whole value tells its options apart
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
        """Whether a path stands for further items of a list."""
        return path[-1:] == ("+",) and isinstance(self.node(path[:-1]), ListNode)

    def members_of_root(self) -> set[str]:
        """The names that the root's members have or may have."""
        root = self.schema.resolve(self.schema.root)
        named = fields_of(self.schema, root) if isinstance(root, ObjectNode) else {}
        return {*named, *(self.state if isinstance(self.state, dict) else ())}

    def style(self, path: Path) -> Style:
        """How the parts of a value that is asked for by changes are named."""
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
        """The failures, those of a union that a constant tells apart replaced by those of the option it names.

        beyond: only unions at paths of at least this length.
        """
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
        """The outermost choice or union with a constant that a structural failure is at or below."""
        if failure.validator not in _KEYWORDS:
            return None
        node: Node | None = self.schema.resolve(self.schema.root)
        value = self.state
        for size in range(len(failure.path) + 1):
            if node is None:
                return None
            options = self._options_of(node)
            if size >= beyond and isinstance(value, dict) and (options is not None or isinstance(node, ChoiceNode)):
                return Path(failure.path[:size])
            if options is not None:
                node = options.of(value) or node
            if isinstance(node, UnionNode) or size == len(failure.path):
                return None
            node = self._step(node, failure.path[size], value)[0]
            value = value_at(value, (failure.path[size],))
        return None

    def _of_union(self, path: Path, failures: list[Failure]) -> Sequence[Failure]:
        """What fails in the option that the value of a union names; that it names none; or the failures themselves."""
        node, value = self.node(path), value_at(self.state, path)
        choice: ChoiceNode | None = None
        option: Node | None = None
        if isinstance(node, ChoiceNode):
            if all(failure.path != path for failure in failures):
                return self.refined(failures, len(path) + 1)
            choice, option = node, node if node.case(value) is not None else None
        elif (options := self._options_of(node)) is not None:
            choice, option = options.choice, options.of(value)
        if option is None:
            if choice is None:
                return [Failure(path, "type", failures[0].message, value)]
            return [Failure(path, "discriminator", flaw_message("discriminator", choice, value), value)]
        flaws = broken(self._structure(option), value)
        if not flaws or any(not flaw.path or flaw.keyword == "additionalProperties" for flaw in flaws):
            return failures
        return self.refined([_inside(path, flaw) for flaw in flaws], len(path) + 1)

    def _options_of(self, node: Node | None) -> Options | None:
        if node is None:
            return None
        if id(node) not in self._options:
            self._options[id(node)] = (node, options_of(self.schema, node))
        return self._options[id(node)][1]

    def unit(self, path: Path) -> Path:
        """What is asked for at a failing path: a choice is one unit."""
        if not path:
            return path
        parent = Path(path[:-1])
        node = self.node(parent)
        if isinstance(node, ChoiceNode) and path[-1] == node.discriminator:
            return parent
        if self.node(path) is None and not self.appends(path):
            return self.unit(parent)
        return path

    def _structure(self, node: Node) -> Structure:
        if id(node) not in self._structures:
            self._structures[id(node)] = Structure(self._schema_of(node))
        return self._structures[id(node)]

    def wanted(self, path: Path, key: str, failures: Sequence[Failure], style: Style | None) -> Wanted:
        """One value to ask for. style: of its changes, if it is asked for by changes."""
        append = self.appends(path)
        place = Path(path[:-1]) if append else path
        node, field = self._at(place)
        node = self.schema.root if node is None else node
        value = UNSET if append or self.state is UNSET else value_at(self.state, path)
        reasons = _reasons(path, failures)
        part = None
        if style is not None:
            said = [reason.message for reason in reasons]
            places = [place for reason in reasons for place in reason.places]
            part = shown(value, self.plan.spec.limits.echo, style=style, at=path, messages=said, places=places)
        may_go = field is not None and not field.required
        return Wanted(
            key=key,
            path=path,
            node=node,
            reasons=reasons,
            value=value,
            beside=_beside(self.state, path, failures),
            append=append,
            optional=may_go and value_at(self.state, place) is UNSET,
            removable=may_go and not node.nullable and not append,
            changes=style,
            part=part,
        )


def _inside(above: Path, flaw: Flaw) -> Failure:
    """A flaw of a union's option as a failure at its path."""
    path = Path((*above, *flaw.path))
    blame = (path.child("+"),) if flaw.keyword == "minItems" else ()
    return Failure(path, flaw.keyword, flaw_message(flaw.keyword, flaw.node, flaw.value), flaw.value, blame=blame)


def _reasons(path: Path, failures: Sequence[Failure]) -> tuple[Reason, ...]:
    """The messages of everything at the path, below it, and of what blames it, each once with the places it is about."""
    told: dict[tuple[str, str | None], list[Path]] = {}
    for failure in failures:
        if not failure.action.policy.asks_again:
            continue
        blamed = failure.blame or (failure.path,)
        if not any(one.starts_with(path) for one in blamed):
            continue
        below = failure.path[len(path) :] if not failure.blame and failure.path.starts_with(path) else ()
        own = failure.validator if failure.path == path else ""
        places = told.setdefault((failure.message, None if below else own), [])
        if below:
            places.append(Path(below))
    return tuple(Reason(message, tuple(places), own or "") for (message, own), places in told.items())


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

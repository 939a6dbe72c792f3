"""Parses YAML 1.1 with PyYAML's safe loader, only to nodes: tags create no objects, and aliases are never expanded.

Limits exist for depth (PyYAML's scanner takes a step per open bracket for each token, its composer a frame of the
stack) and for the size of the expanded aliases.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

__all__ = ["NotYaml", "documents", "plain"]

_DEEPEST = 64
_LARGEST = 100_000
_DIGITS = 4300
_NAMES = "null bool int float binary timestamp omap pairs set str seq map merge value"
_STANDARD = frozenset(f"tag:yaml.org,2002:{name}" for name in _NAMES.split())

_KINDS = {"!!map": "mapping", "!!set": "mapping", "!!seq": "sequence", "!!omap": "sequence", "!!pairs": "sequence"}


class NotYaml(Exception):
    """Raised if a text is not YAML: the error, and its offset if there is one."""

    def __init__(self, what: str, at: int | None) -> None:
        super().__init__(what)
        self.what = what
        self.at = at


@cache
def _loader() -> Any:
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]  # it has no types
        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.depth += 1
            if self.depth > _DEEPEST:
                raise NotYaml(f"it is nested more than {_DEEPEST} deep", self.peek_event().start_mark.index)
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

    return Loader


def documents(text: str, tags: frozenset[str] = frozenset()) -> list[Any]:
    """Return the root node of each document in the text (None for an empty document). Raises NotYaml for invalid YAML,
    a tag that is neither YAML's own nor among `tags`, a repeated key, too much depth, and aliases that form a circle or
    expand to more than 100,000 values.

    >>> [plain(root) for root in documents("a: [1, x, 2024-05-31]")]
    [{'a': [1, 'x', '2024-05-31']}]
    >>> try:
    ...     documents("a: 1\\na: 2")
    ... except NotYaml as error:
    ...     print(error.what, error.at)
    the key "a" is given twice in one mapping 5
    """
    import yaml

    try:
        loader = _loader()(text)
        found = []
        while loader.check_node():
            found.append(loader.get_node())
    except yaml.reader.ReaderError as error:
        raise NotYaml(f"it has the character U+{ord(text[error.position]):04X}", error.position) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.context, error.problem) if part)
        raise NotYaml(what[:200] or "it cannot be read", mark.index if mark else None) from None
    for root in found:
        if root is not None:
            _check(root, tags, text)
    return found


def _check(root: Any, tags: frozenset[str], text: str) -> None:
    """Visit every node once, children first; because of aliases, several nodes may contain the same one."""
    sizes: dict[int, int] = {}
    active: set[int] = set()
    todo: list[tuple[Any, bool]] = [(root, False)]
    while todo:
        node, done = todo.pop()
        at = node.start_mark.index
        if done:
            active.discard(id(node))
            sizes[id(node)] = 1 + sum(sizes[id(inner)] for inner in _inner(node))
            if sizes[id(node)] > _LARGEST and len(sizes) < sizes[id(node)]:
                raise NotYaml(f"its aliases come to more than {_LARGEST:,} values", at)
            continue
        if id(node) in active:
            raise NotYaml("an alias stands inside what it stands for", at)
        if id(node) in sizes:
            continue
        _check_node(node, tags, text)
        active.add(id(node))
        todo.append((node, True))
        todo.extend((inner, False) for inner in _inner(node))


def _inner(node: Any) -> Iterator[Any]:
    if isinstance(node.value, str):
        return
    for item in node.value:
        if isinstance(item, tuple):
            yield from item
        else:
            yield item


def _check_node(node: Any, tags: frozenset[str], text: str) -> None:
    import json

    at = node.start_mark.index
    name = node.tag.replace("tag:yaml.org,2002:", "!!", 1)[:60]
    if node.tag not in _STANDARD and node.tag not in tags:
        raise NotYaml(f"the tag {json.dumps(name)} is not one of YAML's own", at)
    if node.tag in _STANDARD and _KINDS.get(name, "scalar") != node.id:
        raise NotYaml(f"the tag {json.dumps(name)} stands at a {node.id}", at)
    if isinstance(node.value, str):
        if node.tag in _STANDARD and _scalar(node) is _WRONG:
            what = node.tag.rpartition(":")[2]
            raise NotYaml(f"{json.dumps(node.value[:60], ensure_ascii=False)} is no {what}", at)
        return
    keys = set()
    for item in node.value:
        if isinstance(item, tuple) and isinstance(item[0].value, str):
            key = (item[0].tag, item[0].value)
            if key in keys:
                shown = json.dumps(item[0].value[:60], ensure_ascii=False)
                raise NotYaml(f"the key {shown} is given twice in one mapping", item[0].start_mark.index)
            keys.add(key)


_WRONG: Any = object()


def _scalar(node: Any) -> Any:
    """Return the value of a scalar; _WRONG if its text does not fit its tag."""
    import yaml

    if len(node.value) > _DIGITS and node.tag.endswith((":int", ":float", ":timestamp")):
        return _WRONG
    try:
        constructor = yaml.constructor.SafeConstructor()
        made = constructor.yaml_constructors.get(node.tag, type(constructor).construct_scalar)
        return made(constructor, node)
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, OverflowError, yaml.YAMLError):
        return _WRONG


def plain(node: Any) -> Any:
    """Convert a node to JSON values: keys become text, and dates stay text as written.

    >>> plain(documents("200: {x: ~, y: 1.5}")[0])
    {'200': {'x': None, 'y': 1.5}}
    """
    if node is None:
        return None
    if isinstance(node.value, str):
        value = _scalar(node)
        return value if value is None or isinstance(value, (bool, int, float)) else node.value
    if node.tag.endswith(":map"):
        return {key.value if isinstance(key.value, str) else str(key.value): plain(value) for key, value in node.value}
    return [plain(item[1] if isinstance(item, tuple) else item) for item in node.value]

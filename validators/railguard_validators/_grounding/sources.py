"""The sources a text is checked against: read from a validator's context, and what was made of them kept for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

__all__ = ["Remembered", "Source", "key_of", "sources_of"]

T = TypeVar("T")
_KEPT = 4


@dataclass(frozen=True, slots=True)
class Source:
    """A text, and the id it was given with; None if it had none."""

    text: str
    id: str | int | None = None


def key_of(key: str) -> str:
    """The name of a metadata key, checked. Raises ValueError for an empty one.

    >>> key_of("document")
    'document'
    """
    if not key.strip():
        raise ValueError("key is empty; name the metadata key or the prompt variable that holds the sources")
    return key


def sources_of(metadata: Mapping[str, Any], key: str) -> tuple[Source, ...]:
    """The sources under a key of the metadata: a text, an object with the text as `text` and maybe an `id`, or a list of
    such. Raises ValueError for anything else, so that a check without its source is an error and not a failure.

    >>> sources_of({"document": "one"}, "document")
    (Source(text='one', id=None),)
    >>> sources_of({"document": [{"id": "a", "text": "one"}, "two"]}, "document")
    (Source(text='one', id='a'), Source(text='two', id=None))
    """
    if key not in metadata:
        raise ValueError(f"there is no {key!r} in the metadata or among the prompt variables")
    found = metadata[key]
    if isinstance(found, (str, Mapping)) or not isinstance(found, Sequence):
        return (_source(found, key),)
    return tuple(_source(item, key) for item in found)


def _source(item: Any, key: str) -> Source:
    if isinstance(item, str):
        return Source(item)
    if isinstance(item, Mapping) and isinstance(item.get("text"), str):
        name = item.get("id")
        if name is None or (isinstance(name, (str, int)) and not isinstance(name, bool)):
            return Source(item["text"], name)
    raise ValueError(
        f"{key!r} of the metadata holds {type(item).__name__} where a source belongs; a source is a text, or an object "
        "with the text as 'text' and maybe a text or an integer as 'id'"
    )


class Remembered(Generic[T]):
    """What a function makes of some texts, made once for the same texts: one document is checked for many fields. The
    last four are kept. Threads may share one.

    >>> made = Remembered(lambda texts: len(texts))
    >>> made.of(("a", "b")), made.of(("a", "b"))
    (2, 2)
    """

    __slots__ = ("_kept", "_lock", "_make")

    def __init__(self, make: Callable[..., T]) -> None:
        self._make = make
        self._kept: OrderedDict[tuple[Any, ...], tuple[tuple[Any, ...], T]] = OrderedDict()
        self._lock = Lock()

    def of(self, texts: tuple[str, ...], *with_: Any) -> T:
        """What is made of these texts, and of these further objects, which are the same if they are one object."""
        key = (texts, *map(id, with_))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][1]
        made = self._make(texts, *with_)
        with self._lock:
            self._kept[key] = (with_, made)
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made

"""The sources that a text is checked against: read from a validator's context, with a cache of values computed from
them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

__all__ = ["Remembered", "Source", "key_of", "sources_of"]

T = TypeVar("T")
_MOST = 16  # the most cached values
_LARGEST = 4_000_000  # the most characters of the texts that they were computed from


@dataclass(frozen=True, slots=True)
class Source:
    """A text, with its id if it has one."""

    text: str
    id: str | int | None = None


def key_of(key: str) -> str:
    """Check the name of a metadata key and return it. Raises ValueError for an empty one.

    >>> key_of("document")
    'document'
    """
    if not key.strip():
        raise ValueError("key is empty; name the metadata key or the prompt variable that holds the sources")
    return key


def sources_of(metadata: Mapping[str, Any], key: str) -> tuple[Source, ...]:
    """Return the sources under a key of the metadata: a text, an object with the text as `text` and maybe an `id`, or a
    list of these. Raises ValueError for anything else, so that a missing source is an error and not a failure.

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


class _Made(Generic[T]):
    """A value computed from some texts; `with_` keeps further objects alive, which are identified by their ids."""

    __slots__ = ("is_made", "lock", "size", "value", "with_")

    value: T

    def __init__(self, texts: tuple[str, ...], with_: tuple[Any, ...]) -> None:
        self.lock = Lock()
        self.is_made = False
        self.size = sum(map(len, texts))
        self.with_ = with_


_KEPT: OrderedDict[tuple[Any, ...], _Made[Any]] = OrderedDict()
_keeping = Lock()


class Remembered(Generic[T]):
    """Caches a function's results for texts, shared by all rules and threads: one document is checked for many fields
    and in many calls. The last sixteen results are kept, of at most four million characters together; a larger one is
    kept alone.

    >>> lengths = Remembered(lambda texts: [len(text) for text in texts])
    >>> lengths.of(("a", "bc")), lengths.of(("a", "bc")) is lengths.of(("a", "bc"))
    ([1, 2], True)
    """

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., T]) -> None:
        self._make = make

    def of(self, texts: tuple[str, ...], *with_: Any) -> T:
        """Return the result for these texts and these further objects, which are compared by identity."""
        key = (self._make, texts, *map(id, with_))
        with _keeping:
            made: _Made[T] = _KEPT.setdefault(key, _Made(texts, with_))
            _KEPT.move_to_end(key)
            size = sum(one.size for one in _KEPT.values())
            while len(_KEPT) > 1 and (len(_KEPT) > _MOST or size > _LARGEST):
                size -= _KEPT.popitem(last=False)[1].size
        with made.lock:  # a second thread waits for the result of the first
            if not made.is_made:
                made.value = self._make(texts, *with_)
                made.is_made = True
        return made.value

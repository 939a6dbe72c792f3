"""Error-driven repair: where the structure rejects a value, a safe one that says the same takes its place, on record.

Which repairs there are, and of which class, is parsing's table; this file only puts them into the state.
"""

from __future__ import annotations

from collections.abc import Sequence

from railguard.loop.settle import Book, get
from railguard.schema.prune import field_at
from railguard.schema.structure import Flaw
from railguard.values import UNSET, Repair

__all__ = ["mend"]


def mend(book: Book, flaws: Sequence[Flaw]) -> bool:
    """Repair what can be repaired, in the state. Whether anything was."""
    mended = False
    for flaw in flaws:
        if not flaw.path or flaw.node is None or flaw.value is UNSET:
            continue
        field = field_at(book.plan.schema, flaw.path, book.state)
        if flaw.keyword == "type" and flaw.value is None and field is not None and not field.required:
            holder = get(book.state, flaw.path[:-1])
            del holder[flaw.path[-1]]
            book.repairs.append(Repair(flaw.path, "null-for-absent", None, UNSET))
            mended = True
        elif flaw.keyword == "type" and isinstance(flaw.value, float) and flaw.value.is_integer():
            whole = int(flaw.value)
            if book.plan.structure_of(flaw.node).accept(whole)[0] is not UNSET:
                book.write(flaw.path, whole)
                book.repairs.append(Repair(flaw.path, "whole-number", flaw.value, whole))
                mended = True
    return mended

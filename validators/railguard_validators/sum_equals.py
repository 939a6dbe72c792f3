"""sum-equals: a total that is the sum of its parts."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from railguard import FailResult, validator
from railguard_validators._numbers.arithmetic import exact, scaled, written
from railguard_validators._values.members import Member, Members, Place
from railguard_validators._wording import counted, listed, number, shown

_WHOLE = frozenset([int])


class SumEquals:
    """The member `total` of an object is the sum of the members `parts`. Numbers are added as they are written, without
    rounding: 0.1 and 0.2 are 0.3. A total that is missing or null is not compared. A part that is missing or null counts
    nothing; one that is anything else but a finite number fails.

    total: the name of the sum, with dots for a nested member (`summary.total`).
    parts: the name of what is added, or a list of names: `lines.amount` is the member amount of every item of lines.
    tolerance: how much the total may differ from the sum, 0 or more.

    There is no fix: a part may be as wrong as the total. The total and each part are to blame, those that are missing
    too, so that a reask asks for nothing else of the items; where there is no part at all, the total and what holds the
    parts.

    >>> invoice = {"total": 0.3, "lines": [{"amount": 0.1}, {"amount": 0.2}]}
    >>> sum_equals("total", "lines.amount").run(invoice)
    >>> sum_equals("total", "lines.amount").run({**invoice, "total": 0.4}).message
    'The member "total" is 0.4, but the 2 numbers of "lines.amount" add up to 0.3.'
    >>> sum_equals("gross", ["net", "tax"]).run({"net": 100, "tax": 19, "gross": 119})
    """

    __slots__ = ("_names", "_parts", "_tolerance", "_total", "prompt")

    def __init__(self, total: str, parts: str | list[str], tolerance: int | float = 0) -> None:
        exactly = exact(tolerance)
        if exactly is None or exactly < 0:
            raise ValueError(f"tolerance is {number(tolerance)}; it is 0 or more")
        self._tolerance = exactly
        self._total = Member(total)
        names = [parts] if isinstance(parts, str) else parts
        self._parts = tuple(map(Members, names))
        if not self._parts:
            raise ValueError("parts is empty; name at least one")
        if len({part.parts for part in self._parts} | {self._total.parts}) <= len(self._parts):
            raise ValueError(f"a member is named twice in {[total, *names]!r}")
        self._names = listed(names)
        self.prompt = f"{total} is the sum of {' and '.join(names)}"

    def __call__(self, value: dict[str, Any]) -> FailResult | None:
        total_at, stated = self._total.find(value)
        if stated is None:
            return None
        places = [place for part in self._parts for place in part.of(value, missing=True)]
        found = [one for _, one in places if one is not None]
        if type(stated) is int and _WHOLE.issuperset(map(type, found)) and stated == sum(found):
            return None
        if strange := [(path, one) for path, one in places if one is not None and exact(one) is None]:
            wrong = listed((one for _, one in strange), 10)
            return FailResult(
                f"What {self._names} leads to must be numbers; these are not: {wrong}.", blame=[at for at, _ in strange]
            )
        total, summed = exact(stated), _sum(found)
        if total is not None and abs(total - summed) <= self._tolerance:
            return None
        add = "adds" if len(found) == 1 else "add"
        what = f"the {counted(len(found), 'number')} of {self._names} {add} up to {written(summed)}"
        if missing := len(places) - len(found):
            what += f"; {missing:,} more {'is' if missing == 1 else 'are'} missing or null"
        message = f"The member {shown(self._total.name)} is {shown(stated)}, but {what}."
        if total is None:
            return FailResult(message, blame=[total_at])
        parts: list[Place] = [path for path, _ in places] or [(part.parts[0],) for part in self._parts]
        return FailResult(message, blame=list(dict.fromkeys([total_at, *parts])))


def _sum(numbers: list[Any]) -> Fraction:
    whole, denominator = scaled([one for value in numbers if (one := exact(value)) is not None])
    return Fraction(sum(whole), denominator)


sum_equals = validator("sum-equals", subject="Lists and objects")(SumEquals)

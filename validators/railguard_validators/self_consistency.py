"""self-consistency: a value that a model repeats when it is asked again."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import islice
from typing import Any

from railguard import Context, FailResult, Message, PassResult, Usage, json_key, validator
from railguard_validators._judging.judge import SECONDS, Asked, Model, as_json
from railguard_validators._wording import counted, number, shown

_TASK = """Answer the request above once more, from the beginning and by yourself, but give one value of the answer only.
This JSON says which: its path in the answer and, under "beside", some of what stands beside it there:
{place}
Answer with one JSON object that keeps this JSON Schema, and with nothing else; null if there is no such value:
{schema}"""
_BESIDE, _LONGEST = 3, 80


class SelfConsistency:
    """A model is asked again for this value, `samples` times in parallel, and gives the same value in at least the
    share `agreement` of the answers. A random answer usually differs the next time; a repeated error passes. There is
    no fix: the most frequent answer need not be right.

    The conversation of the call is included; for `guard.parse`, which has none, it comes from metadata["messages"].
    Texts are equal if they differ only in capitals, white space and a final full stop, numbers if they differ at most
    by the tolerance; null equals only null. Lists and objects are not sampled: put the rule on their fields.

    Use the same model as the call, with a temperature above 0: a model that always gives the same answer agrees with
    itself. An answer that cannot be parsed is a ValidatorError. It costs `samples` times the conversation's tokens, for
    each value.

    model: the model to ask: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    samples: how often it is asked.
    agreement: the smallest share of answers that must equal the value, from 0 to 1.
    tolerance: the largest allowed difference of numbers, as a share of the larger one.
    options: for the model, as {"temperature": 1}.

    >>> from railguard import Guard
    >>> guard = Guard.from_string([self_consistency(lambda messages: '{"value": "Paris"}', samples=3)])
    >>> asked = [{"role": "user", "content": "What is the capital of France?"}]
    >>> guard.parse("paris.", metadata={"messages": asked}).passed
    True
    >>> guard.parse("Lyon", metadata={"messages": asked}).failures[0].message
    '0 of 3 more answers to the same question gave "Lyon", and at least 2 should have: they gave "Paris" (3). Work it out again.'
    """

    __slots__ = ("_agreement", "_asked", "_needed", "_samples", "_tolerance", "metadata", "prompt")

    def __init__(
        self,
        model: Model = None,
        samples: int = 5,
        agreement: float = 0.6,
        tolerance: float = 0.0,
        options: dict[str, Any] | None = None,
    ) -> None:
        if not 1 <= samples <= 50:
            raise ValueError(f"samples is {samples}; it must be between 1 and 50")
        if not 0 < agreement <= 1:
            raise ValueError(f"agreement is {agreement}; it must be above 0 and at most 1")
        if not 0 <= tolerance < 1:
            raise ValueError(f"tolerance is {tolerance}; it must be between 0 and 1")
        self._samples = samples
        # The share as it was written: 0.6 of 5 is 3, without a rounding error.
        share = Fraction(str(agreement)) * samples
        self._needed = -(-share.numerator // share.denominator)
        self._tolerance = Fraction(str(tolerance))
        self._asked = Asked("self-consistency", {"value": {}}, model, options)
        self.metadata = self._asked.metadata
        self.prompt = "the same each time it is worked out"

    async def __call__(self, value: str | float | bool | None, ctx: Context) -> PassResult | FailResult:
        schema = _schema(value)
        question = _TASK.format(place=_place(ctx), schema=json.dumps(schema))
        messages = [*self._conversation(ctx), {"role": "user", "content": question}]
        asked = [asyncio.ensure_future(self._asked.ask(messages, ctx, schema=schema)) for _ in range(self._samples)]
        try:
            answers = await asyncio.gather(*asked)
        except BaseException:
            for one in asked:
                one.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
            raise
        usage = sum((spent for _, spent in answers), Usage())
        given = [answer["value"] for answer, _ in answers]
        agreeing = sum(self._same(value, other) for other in given)
        if agreeing >= self._needed:
            return PassResult(usage=usage)
        message = (
            f"{agreeing} of {counted(self._samples, 'more answer')} to the same question gave {shown(value)}, and at least "
            f"{self._needed} should have: they gave {_tally(given)}. Work it out again."
        )
        return FailResult(message, usage=usage)

    def _conversation(self, ctx: Context) -> list[Message]:
        messages = ctx.messages or ctx.metadata.get("messages") or ()
        if isinstance(messages, str) or not isinstance(messages, Sequence) or not messages:
            raise self._asked.error(
                "there is no conversation to ask again in; guard.parse has none, so pass it as metadata={'messages': […]}"
            )
        if not all(isinstance(message, dict) and "role" in message for message in messages):
            raise self._asked.error("metadata 'messages' must be a list of messages, each with a role and content")
        return list(messages)

    def _same(self, value: Any, other: Any) -> bool:
        if isinstance(value, str) and isinstance(other, str):
            return _plain(value) == _plain(other)
        if json_key(value) == json_key(other):
            return True
        if not (_is_number(value) and _is_number(other)) or not self._tolerance:
            return False
        try:
            a, b = Fraction(value), Fraction(other)
        except (ValueError, OverflowError):  # NaN and infinity are near nothing
            return False
        return abs(a - b) <= self._tolerance * max(abs(a), abs(b))


def _schema(value: Any) -> dict[str, Any]:
    """Return the schema of the answer: a value of the same type, or null."""
    kind: Any = ["string", "number", "boolean", "null"]
    if isinstance(value, bool):
        kind = ["boolean", "null"]
    elif isinstance(value, str):
        kind = ["string", "null"]
    elif value is not None:
        kind = ["number", "null"]
    return {
        "type": "object",
        "properties": {"value": {"type": kind}},
        "required": ["value"],
        "additionalProperties": False,
    }


def _place(ctx: Context) -> str:
    """Return the place of the value, as data: a name in it may come from a model, and a list item is identified by its
    other members, since another answer may have another order.
    """
    holder = ctx.root
    for part in ctx.path[:-1]:
        holder = holder[part]
    beside = {}
    if isinstance(holder, dict):
        short = ((name, other) for name, other in holder.items() if name != ctx.path[-1] and _is_short(name, other))
        beside = dict(islice(short, _BESIDE))
    place = {"path": str(ctx.path) if ctx.path else "$, the whole answer"}
    return as_json({**place, "beside": beside} if beside else place)


def _is_short(name: str, value: Any) -> bool:
    if len(name) > _LONGEST or value is None or isinstance(value, (dict, list)):
        return False
    return 0 < len(value) <= _LONGEST if isinstance(value, str) else abs(value) < 10**_LONGEST


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).removesuffix(".")


def _tally(values: Sequence[Any]) -> str:
    """Return the answers with their counts, most frequent first."""
    said = Counter(shown(value) for value in values)
    most = [f"{text} ({number(count)})" for text, count in said.most_common(5)]
    return ", ".join(most) + (f" and {len(said) - 5} more" if len(said) > 5 else "")


self_consistency = validator("self-consistency", subject="Judged by a model", seconds=SECONDS, pure=False)(
    SelfConsistency
)

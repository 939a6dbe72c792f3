"""What models cost, and budgets for it: calls, tokens, seconds and money, over any number of models and guarded calls.

Prices come from the package `genai-prices`. A price that is not known is None, never 0, and a budget of money refuses a model
whose price it does not know.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from railguard.errors import InputError, ProviderError
from railguard.llm.models import Model
from railguard.llm.models import model as provider_of
from railguard.llm.rate_limit import estimated_tokens
from railguard.llm.request import Provider, Request, Wrapping, astream, stream
from railguard.values import Completion, Usage

__all__ = ["Budget", "Metered", "Spent", "price"]

_PROVIDERS = {
    "openai-responses": "openai",
    "gemini": "google",
    "xai": "x-ai",
    **{scheme: scheme for scheme in ("openai", "azure", "anthropic", "mistral", "groq", "openrouter", "deepseek")},
    **{scheme: scheme for scheme in ("together", "fireworks")},
}
_CHARACTERS_A_TOKEN = 4


def price(usage: Usage, name: str, model: str | None = None) -> Decimal | None:
    """What tokens cost, in US dollars.

    Args:
        usage: The tokens.
        name: The provider's name, as "openai:gpt-5".
        model: The name of the model that answered, if that is known; else the one that was asked.

    Returns:
        The price; None where it is not known: of a usage that is not, of a server of one's own, of an unknown model.

    Raises:
        InputError: If genai-prices is not installed.
    """
    try:
        import genai_prices
    except ImportError:
        raise InputError("prices need the package genai-prices: pip install 'railguard[prices]'") from None
    scheme, _, asked = name.partition(":")
    if not usage.known or scheme not in _PROVIDERS:
        return None
    tokens = genai_prices.Usage(
        input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, cache_read_tokens=usage.cached_tokens
    )
    for one in dict.fromkeys(filter(None, (model, asked))):
        try:
            found: Decimal = genai_prices.calc_price(tokens, one, provider_id=_PROVIDERS[scheme]).total_price
        except LookupError:
            continue
        return found
    return None


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent so far.

    Attributes:
        calls: Questions put to a provider.
        tokens: Input and output together, as far as the providers said.
        seconds: Time spent waiting for answers, of questions side by side together.
        money: US dollars; None if a price is not known.
    """

    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0
    money: Decimal | None = Decimal(0)


class Budget:
    """What may be spent. One budget may serve several models, judges too, and is shared by threads and tasks.

    `spent` is what was spent so far. A question is put while there is something left of everything; what it costs itself
    is known only afterwards, so the last one may go beyond.
    """

    def __init__(
        self,
        *,
        calls: int | None = None,
        tokens: int | None = None,
        seconds: float | None = None,
        money: float | Decimal | None = None,
    ) -> None:
        """Begin to count.

        Args:
            calls: Questions at most, reasks and judges included.
            tokens: Tokens at most, input and output together.
            seconds: Seconds of waiting for answers at most.
            money: US dollars at most. Needs the package genai-prices; a model whose price is not known is refused after its
                first answer.

        Raises:
            InputError: For a limit below 0.
        """
        limits = {"calls": calls, "tokens": tokens, "seconds": seconds, "money": money}
        wrong = [name for name, limit in limits.items() if limit is not None and limit < 0]
        if wrong:
            raise InputError(f"a budget of {wrong[0]} is not below 0")
        self.calls, self.tokens, self.seconds = calls, tokens, seconds
        self.money = None if money is None else Decimal(str(money))
        self._spent = Spent()
        self._lock = threading.Lock()

    @property
    def spent(self) -> Spent:
        """What was spent so far."""
        return self._spent

    def around(self, model: Model) -> Metered:
        """A Provider that asks a model on this budget. model: what a guard takes."""
        return Metered(provider_of(model), self)

    def begin(self) -> None:
        """Count a question that is about to be put. Raises ProviderError if nothing is left for it."""
        with self._lock:
            gone = self._gone(self._spent)
            if gone is None:
                self._spent = replace(self._spent, calls=self._spent.calls + 1)
        if gone is not None:
            raise ProviderError(f"the budget is spent: {gone}")

    def add(self, usage: Usage | None, seconds: float) -> None:
        """Count what a question has cost."""
        usage = usage or Usage(known=False)
        with self._lock:
            spent = self._spent
            money = None if spent.money is None or usage.cost is None else spent.money + usage.cost
            self._spent = Spent(spent.calls, spent.tokens + usage.total_tokens, spent.seconds + seconds, money)

    def overrun(self, tokens: int) -> str | None:
        """Why an answer is given up that has so many tokens up to now; None if it goes on."""
        if self.tokens is not None and self._spent.tokens + tokens > self.tokens:
            return f"{self.tokens:,} tokens"
        return None

    def _gone(self, spent: Spent) -> str | None:
        if self.calls is not None and spent.calls >= self.calls:
            return f"{self.calls:,} calls"
        if self.tokens is not None and spent.tokens >= self.tokens:
            return f"{self.tokens:,} tokens"
        if self.seconds is not None and spent.seconds >= self.seconds:
            return f"{self.seconds:g} seconds"
        if self.money is not None:
            if spent.money is None:
                return f"it is {self.money} dollars, and what was spent is not known"
            if spent.money >= self.money:
                return f"{self.money} dollars"
        return None


class Metered(Wrapping):
    """A Provider that asks another one on a budget, and says what each answer cost (`usage.cost`).

    Raises:
        ProviderError: As the other one does, and where the budget is spent; of a stream also once the answer itself goes
            beyond it.
    """

    def __init__(self, provider: Provider, budget: Budget) -> None:
        super().__init__(provider)
        self.budget = budget

    def __repr__(self) -> str:
        return f"<Metered {self.provider!r}>"

    def complete(self, request: Request) -> Completion:
        """Ask, if the budget has something left."""
        with _Meter(self, request) as meter:
            return meter.end(self.provider.complete(request))

    async def acomplete(self, request: Request) -> Completion:
        """Ask, if the budget has something left."""
        with _Meter(self, request) as meter:
            return meter.end(await self.provider.acomplete(request))

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """Ask, if the budget has something left, and hand on the pieces while it lasts."""
        with _Meter(self, request) as meter, closing(stream(self.provider, request)) as pieces:
            for piece in pieces:
                yield meter.piece(piece)

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Ask, if the budget has something left, and hand on the pieces while it lasts."""
        with _Meter(self, request) as meter:
            pieces = astream(self.provider, request)
            try:
                async for piece in pieces:
                    yield meter.piece(piece)
            finally:
                await pieces.aclose()


class _Meter:
    """One question on a budget: however it ends, what it has cost is counted."""

    def __init__(self, metered: Metered, request: Request) -> None:
        self._metered, self._budget = metered, metered.budget
        self._asked = estimated_tokens(request)
        self._written = 0
        self._usage: Usage | None = None

    def __enter__(self) -> _Meter:
        self._budget.begin()
        self._began = time.monotonic()
        return self

    def __exit__(self, *_: Any) -> None:
        if self._usage is None and self._written:  # a stream that was left: about what it has cost
            self._usage = Usage(self._asked, self._written // _CHARACTERS_A_TOKEN, known=False)
        usage = self._usage
        if usage is None:
            usage = Usage(cost=Decimal(0))  # nothing came, so nothing is charged
        self._budget.add(usage, time.monotonic() - self._began)

    def piece(self, piece: str | Completion) -> str | Completion:
        """Count a piece of a stream. Raises ProviderError once the answer goes beyond the budget."""
        if isinstance(piece, Completion):
            return self.end(piece)
        self._written += len(piece)
        over = self._budget.overrun(self._asked + self._written // _CHARACTERS_A_TOKEN)
        if over is not None:
            raise ProviderError(f"the budget is spent: {over}, of which this answer would be more than was left")
        return piece

    def end(self, completion: Completion) -> Completion:
        """The completion, with its cost."""
        usage = completion.usage or Usage(self._asked, len(completion.text) // _CHARACTERS_A_TOKEN, known=False)
        if usage.cost is None and (self._budget.money is not None or _prices_are_installed()):
            usage = replace(usage, cost=price(usage, self._metered.name, completion.model))
        self._usage = usage
        return replace(completion, usage=usage)


def _prices_are_installed() -> bool:
    from importlib.util import find_spec

    return find_spec("genai_prices") is not None

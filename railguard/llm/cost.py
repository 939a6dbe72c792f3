"""Prices of models, and budgets: limits on calls, tokens, seconds and money over any number of models and guarded
calls.

Prices come from the package `genai-prices`. An unknown price is None, never 0, and a budget of money refuses a model
whose price is unknown.
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
from railguard.llm.request import Provider, Request, Wrapping, astream_completion, stream_completion
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
    """Return the price of tokens in US dollars.

    Args:
        usage: The number of tokens.
        name: The provider's name, such as "openai:gpt-5".
        model: The name of the model that answered; by default the one in `name`.

    Returns:
        The price, or None if it is unknown: for an unknown usage, a self-hosted server or an unknown model.

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
    """The amounts spent so far.

    Attributes:
        calls: Questions sent to a provider.
        tokens: Input and output tokens together, as far as the providers reported them.
        seconds: Time spent waiting for answers; the times of parallel questions are added.
        money: US dollars, or None if a price is unknown.
    """

    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0
    money: Decimal | None = Decimal(0)


class Budget:
    """A spending limit. Several models, also judges, may share one budget, and so may threads and tasks.

    A question is sent while every limit has something left. Its own cost is known only afterwards, so the last question
    may exceed the limit.

    Attributes:
        calls: Largest number of questions; None for no limit, as with the others.
        tokens: Largest number of tokens.
        seconds: Largest number of seconds.
        money: US dollars at most.
    """

    def __init__(
        self,
        *,
        calls: int | None = None,
        tokens: int | None = None,
        seconds: float | None = None,
        money: float | Decimal | None = None,
    ) -> None:
        """Start counting from 0.

        Args:
            calls: Questions at most, reasks and judges included.
            tokens: Tokens at most, input and output together.
            seconds: Seconds of waiting for answers at most.
            money: US dollars at most. Needs the package genai-prices; a model whose price is not known is refused after
                its first answer.

        Raises:
            InputError: For a limit below 0.
        """
        limits = {"calls": calls, "tokens": tokens, "seconds": seconds, "money": money}
        wrong = [name for name, limit in limits.items() if limit is not None and limit < 0]
        if wrong:
            raise InputError(f"the budget's limit {wrong[0]} must not be negative")
        self.calls, self.tokens, self.seconds = calls, tokens, seconds
        self.money = None if money is None else Decimal(str(money))
        self._spent = Spent()
        self._lock = threading.Lock()

    @property
    def spent(self) -> Spent:
        """The amounts spent so far."""
        return self._spent

    def around(self, model: Model) -> Metered:
        """Wrap a model in a Provider that asks it on this budget.

        Args:
            model: A model, as a guard accepts it.

        Returns:
            The provider.
        """
        return Metered(provider_of(model), self)

    def begin(self) -> None:
        """Count a question that is about to be put.

        Raises:
            ProviderError: If the budget is spent.
        """
        with self._lock:
            gone = self._gone(self._spent)
            if gone is None:
                self._spent = replace(self._spent, calls=self._spent.calls + 1)
        if gone is not None:
            raise ProviderError(f"the budget is spent: {gone}")

    def add(self, usage: Usage | None, seconds: float) -> None:
        """Count the cost of a question.

        Args:
            usage: Its tokens, or None if they are unknown.
            seconds: How long it took.
        """
        usage = usage or Usage(known=False)
        with self._lock:
            spent = self._spent
            money = None if spent.money is None or usage.cost is None else spent.money + usage.cost
            self._spent = Spent(spent.calls, spent.tokens + usage.total_tokens, spent.seconds + seconds, money)

    def overrun(self, tokens: int) -> str | None:
        """Return the reason to abort an answer that is still arriving, or None.

        Args:
            tokens: How many tokens it has so far.

        Returns:
            The reason, or None if the answer may go on.
        """
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
                return f"it is {self.money} dollars, and the amount spent is unknown"
            if spent.money >= self.money:
                return f"{self.money} dollars"
        return None


class Metered(Wrapping):
    """A Provider that asks another one on a budget, and reports the cost of each answer (`usage.cost`).

    Raises:
        ProviderError: As the wrapped provider does, and if the budget is spent; in a stream also when the answer itself
            exceeds the budget.
    """

    def __init__(self, provider: Provider, budget: Budget) -> None:
        super().__init__(provider)
        self.budget = budget

    def __repr__(self) -> str:
        return f"<Metered {self.provider!r}>"

    def complete(self, request: Request) -> Completion:
        """Ask if the budget is not spent."""
        with _Meter(self, request) as meter:
            return meter.end(self.provider.complete(request))

    async def acomplete(self, request: Request) -> Completion:
        """Ask if the budget is not spent."""
        with _Meter(self, request) as meter:
            return meter.end(await self.provider.acomplete(request))

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """Ask if the budget is not spent, and yield the pieces until it is."""
        with _Meter(self, request) as meter, closing(stream_completion(self.provider, request)) as pieces:
            for piece in pieces:
                yield meter.piece(piece)

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Ask if the budget is not spent, and yield the pieces until it is."""
        with _Meter(self, request) as meter:
            pieces = astream_completion(self.provider, request)
            try:
                async for piece in pieces:
                    yield meter.piece(piece)
            finally:
                await pieces.aclose()


class _Meter:
    """One question on a budget; its cost is counted however it ends."""

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
        if self._usage is None and self._written:  # a stream that was abandoned: estimate its cost
            self._usage = Usage(self._asked, self._written // _CHARACTERS_A_TOKEN, known=False)
        usage = self._usage
        if usage is None:
            usage = Usage(cost=Decimal(0))  # no answer arrived, so nothing is charged
        self._budget.add(usage, time.monotonic() - self._began)

    def piece(self, piece: str | Completion) -> str | Completion:
        """Count a piece of a stream. Raises ProviderError once the answer exceeds the budget."""
        if isinstance(piece, Completion):
            return self.end(piece)
        self._written += len(piece)
        over = self._budget.overrun(self._asked + self._written // _CHARACTERS_A_TOKEN)
        if over is not None:
            raise ProviderError(f"the budget is spent: {over}, and this answer would exceed the rest")
        return piece

    def end(self, completion: Completion) -> Completion:
        """Return the completion with its cost."""
        usage = completion.usage or Usage(self._asked, len(completion.text) // _CHARACTERS_A_TOKEN, known=False)
        if usage.cost is None and (self._budget.money is not None or _prices_are_installed()):
            usage = replace(usage, cost=price(usage, self._metered.name, completion.model))
        self._usage = usage
        return replace(completion, usage=usage)


def _prices_are_installed() -> bool:
    from importlib.util import find_spec

    return find_spec("genai_prices") is not None

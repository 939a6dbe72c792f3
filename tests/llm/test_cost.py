"""Budgets over calls, tokens, seconds and money; what is not known is never 0."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from railguard import Guard
from railguard.errors import InputError, ProviderError
from railguard.llm import Request
from railguard.llm.cost import Budget, Spent, price
from railguard.testing import ScriptedModel
from railguard.values import Completion, Usage

QUESTION = Request(({"role": "user", "content": "?"},), timeout=60)
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer", "maximum": 9}}, "required": ["a"]}


def scripted(*answers: Any, name: str = "scripted") -> ScriptedModel:
    return ScriptedModel([*answers], name=name)


def used(text: str, tokens: int) -> Completion:
    return Completion(text, "stop", usage=Usage(tokens - 1, 1))


def test_no_more_calls_than_there_are(ask):
    budget = Budget(calls=2)
    one, judge = budget.around(scripted("a", "b", "c")), budget.around(scripted("d"))
    assert [ask(one, QUESTION).text, ask(judge, QUESTION).text] == ["a", "d"]
    with pytest.raises(ProviderError, match="the budget is spent: 2 calls") as caught:
        ask(one, QUESTION)
    assert not caught.value.retryable
    assert budget.spent.calls == 2


def test_no_call_is_begun_once_the_tokens_are_spent(ask):
    budget = Budget(tokens=10)
    one = budget.around(scripted(used("a", 9), used("b", 9), used("c", 9)))
    assert [ask(one, QUESTION).text for _ in range(2)] == ["a", "b"]
    with pytest.raises(ProviderError, match="10 tokens"):
        ask(one, QUESTION)
    assert budget.spent.tokens == 18


def test_time_is_counted(ask):
    budget = Budget(seconds=0)
    with pytest.raises(ProviderError, match="0 seconds"):
        ask(budget.around(scripted("a")), QUESTION)
    budget = Budget()
    ask(budget.around(scripted("a")), QUESTION)
    assert budget.spent.seconds > 0


def test_what_failed_costs_a_call_and_no_tokens(ask):
    budget = Budget(calls=9)
    with pytest.raises(ProviderError, match="down"):
        ask(budget.around(scripted(ProviderError("down"))), QUESTION)
    assert (budget.spent.calls, budget.spent.tokens, budget.spent.money) == (1, 0, Decimal(0))


def test_a_stream_is_given_up_when_it_goes_beyond(read):
    budget = Budget(tokens=10)
    one = budget.around(scripted("x" * 400))
    pieces, error = read(one, QUESTION)
    assert 0 < len(pieces) < 12
    assert "the budget is spent: 10 tokens, and this answer would" in str(error)
    assert 0 < budget.spent.tokens <= 20
    assert budget.spent.money is None


def test_a_guarded_call_keeps_what_it_had_when_the_budget_is_spent():
    budget = Budget(calls=1)
    guard = Guard.from_json_schema(SCHEMA, messages="Go")
    with pytest.raises(ProviderError, match="1 calls") as caught:
        guard(budget.around(scripted('{"a": 10}', '{"a": 1}')))
    assert caught.value.outcome.iterations[0].raw == '{"a": 10}'


def test_threads_share_a_budget():
    budget = Budget(calls=20)
    one = budget.around(scripted(*["a"] * 40))

    def asked(_: int) -> bool:
        try:
            one.complete(QUESTION)
        except ProviderError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(asked, range(40))) == 20
    assert budget.spent.calls == 20


@pytest.mark.parametrize("name", ["calls", "tokens", "seconds", "money"])
def test_a_budget_below_nothing_is_refused(name):
    with pytest.raises(InputError, match=f"the budget's limit {name}"):
        Budget(**{name: -1})


# Money.


def test_a_sum_of_which_one_part_is_not_known_is_not_known():
    known, unknown = Usage(1, 1, cost=Decimal("0.5")), Usage(1, 1)
    assert (known + known).cost == Decimal("1.0")
    assert (known + unknown).cost is None


def test_tokens_have_a_price_where_the_model_is_known():
    pytest.importorskip("genai_prices", reason="genai-prices is not installed")
    usage = Usage(1000, 100, 200)
    known = price(usage, "openai:gpt-4o")
    assert known is not None
    assert known > 0
    assert price(usage, "openai:an-alias", "gpt-4o") == known
    assert price(Usage(1000, 100), "openai:gpt-4o") > known  # what was cached is cheaper
    for name in ("openai:nobody-knows", "ollama:gpt-4o", "vllm:m", "scripted"):
        assert price(usage, name) is None
    assert price(Usage(1, 1, known=False), "openai:gpt-4o") is None


def test_every_round_of_a_guarded_call_has_its_cost():
    pytest.importorskip("genai_prices", reason="genai-prices is not installed")
    model = scripted(used('{"a": 10}', 1000), used('{"a": 1}', 1000), name="openai:gpt-4o")
    budget = Budget(money=1)
    outcome = Guard.from_json_schema(SCHEMA, messages="Go")(budget.around(model))
    costs = [iteration.usage.cost for iteration in outcome.iterations]
    assert all(cost > 0 for cost in costs)
    assert outcome.usage.cost == sum(costs) == budget.spent.money
    assert outcome.to_dict()["usage"]["cost"] == float(outcome.usage.cost)


def test_a_budget_of_money_ends_the_calls(ask):
    pytest.importorskip("genai_prices", reason="genai-prices is not installed")
    one = Budget(money=0.001).around(scripted(used("a", 1000), used("b", 1000), name="openai:gpt-4o"))
    ask(one, QUESTION)
    with pytest.raises(ProviderError, match=r"the budget is spent: 0.001 dollars"):
        ask(one, QUESTION)


def test_a_price_that_is_not_known_is_not_nothing(ask):
    pytest.importorskip("genai_prices", reason="genai-prices is not installed")
    budget = Budget(money=1)
    one = budget.around(scripted(used("a", 10), used("b", 10), name="vllm:mine"))
    assert ask(one, QUESTION).usage.cost is None
    assert budget.spent == Spent(1, 10, budget.spent.seconds, None)
    with pytest.raises(ProviderError, match="the amount spent is unknown"):
        ask(one, QUESTION)

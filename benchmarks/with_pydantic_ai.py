"""railguard beside pydantic-ai: a call whose answer is valid at once, and one loop with one reask."""

from __future__ import annotations

import asyncio
from typing import Any

import workloads
from duel import LOOPS, MESSAGES, guard, loop_of, our_loop, tell
from pydantic_ai import Agent
from pydantic_ai.messages import ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from workloads import CheckedList


def call_of(loop: asyncio.AbstractEventLoop, *texts: str) -> Any:
    left: list[str] = []

    def answer(messages: Any, info: AgentInfo) -> ModelResponse:
        return ModelResponse(parts=[ToolCallPart(info.output_tools[0].name, left.pop(0))])

    agent = Agent(FunctionModel(answer), output_type=CheckedList, retries=2)

    def run() -> Any:
        left[:] = texts
        done = loop.run_until_complete(agent.run(MESSAGES[0]["content"]))
        assert isinstance(done.output, CheckedList)
        return done

    return run


def main() -> None:
    ours, loop = guard(), asyncio.new_event_loop()
    text = workloads.document(10)
    tell(
        "pydantic-ai",
        "call, valid at once, 1 KB",
        lambda: ours(lambda messages: text, messages=MESSAGES),
        call_of(loop, text),
    )
    for work, (count, bad) in LOOPS.items():
        faulty, whole, _ = loop_of(count, bad)
        tell("pydantic-ai", work, our_loop(ours, count, bad), call_of(loop, faulty, whole))
    loop.close()


if __name__ == "__main__":
    main()

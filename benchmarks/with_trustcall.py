"""railguard beside trustcall, which has what fails mended by JSON Patch: a call whose answer is valid at once, and one loop with
one reask."""

from __future__ import annotations

import json
from typing import Any

import workloads
from duel import LOOPS, MESSAGES, guard, loop_of, our_loop, tell
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from trustcall import create_extractor
from workloads import CheckedList


class Scripted(BaseChatModel):
    """Answers with the tool calls that it is given, in turn."""

    answers: list[AIMessage]
    at: int = 0

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, *arguments: Any, **keywords: Any) -> Any:
        return self

    def _generate(self, *arguments: Any, **keywords: Any) -> ChatResult:
        answer = self.answers[self.at % len(self.answers)]
        self.at += 1
        return ChatResult(generations=[ChatGeneration(message=answer.model_copy())])


def called(tool: str, number: int, arguments: Any) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": tool, "id": f"call-{number}", "args": arguments}])


def call_of(*answers: AIMessage) -> Any:
    extractor = create_extractor(Scripted(answers=list(answers)), tools=[CheckedList], tool_choice="CheckedList")

    def run() -> Any:
        made = extractor.invoke({"messages": [dict(one) for one in MESSAGES]})["responses"]
        assert [type(one).__name__ for one in made] == ["CheckedList"], made
        return made[0]

    return run


def main() -> None:
    ours = guard()
    text = workloads.document(10)
    rival = call_of(called("CheckedList", 1, json.loads(text)))
    tell("trustcall", "call, valid at once, 1 KB", lambda: ours(lambda messages: text, messages=MESSAGES), rival)
    for work, (count, bad) in LOOPS.items():
        faulty, _, flat = loop_of(count, bad)
        patches = [
            {"op": "replace", "path": "/" + key.replace(".", "/"), "value": value}
            for key, value in json.loads(flat).items()
        ]
        mended = {"json_doc_id": "call-1", "planned_edits": "The codes.", "patches": patches}
        rival = call_of(called("CheckedList", 1, json.loads(faulty)), called("PatchFunctionErrors", 2, mended))
        tell("trustcall", work, our_loop(ours, count, bad), rival)


if __name__ == "__main__":
    main()

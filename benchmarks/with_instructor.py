"""railguard beside instructor: a call whose answer is valid at once, in a code fence, and one loop with one reask."""

from __future__ import annotations

from typing import Any

import instructor
import workloads
from duel import LOOPS, MESSAGES, guard, loop_of, our_loop, tell
from openai.types.chat import ChatCompletion
from workloads import CheckedList


def completion(text: str) -> ChatCompletion:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    whole = {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
    return ChatCompletion.model_validate(whole)


def call_of(*texts: str) -> Any:
    answers = [completion(text) for text in texts]

    def run() -> Any:
        left = iter(answers)

        def create(*arguments: Any, **keywords: Any) -> ChatCompletion:
            return next(left)

        patched = instructor.patch(create=create, mode=instructor.Mode.MD_JSON)
        made = patched(response_model=CheckedList, messages=[dict(one) for one in MESSAGES], max_retries=2)
        assert isinstance(made, CheckedList)
        return made

    return run


def main() -> None:
    ours = guard()
    text = workloads.document(10)
    fenced = workloads.FAULTS["code fence"](text)
    for work, answer in (("call, valid at once, 1 KB", text), ("call, in a code fence, 1 KB", fenced)):
        tell(
            "instructor", work, lambda answer=answer: ours(lambda messages: answer, messages=MESSAGES), call_of(fenced)
        )
    for (work, (count, bad)), goal in zip(LOOPS.items(), (0.25, 0.4), strict=True):
        faulty, whole, _ = loop_of(count, bad)
        rival = call_of(*(workloads.FAULTS["code fence"](one) for one in (faulty, whole)))
        tell("instructor", work, our_loop(ours, count, bad), rival, goal)


if __name__ == "__main__":
    main()

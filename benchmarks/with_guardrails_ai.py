"""railguard beside guardrails-ai: an answer that is there already, valid and with one broken rule, without a model.

The rules are `Field()`, of which guardrails-ai makes a JSON Schema; it does not run the validators of a pydantic model. Its
telemetry, which waits for a server, is switched off.
"""

from __future__ import annotations

import os
from typing import Any

os.environ["OTEL_SDK_DISABLED"] = "true"

import guardrails
import workloads
from duel import tell
from workloads import FieldList

from railguard import Guard


def main() -> None:
    ours, theirs = Guard.from_pydantic(FieldList), guardrails.Guard.for_pydantic(FieldList)
    for size in ("1 KB", "100 KB"):
        count = workloads.SIZES[size]
        for work, text, passes in (
            ("valid", workloads.document(count), True),
            ("1 broken rule", workloads.faulty_values(count, 1), False),
            ("code fence", workloads.FAULTS["code fence"](workloads.document(count)), True),
        ):
            assert ours.parse(text).passed is passes, work
            assert bool(validated(theirs, text).validation_passed) is passes, work
            tell(
                "guardrails-ai",
                f"validate, {work}, {size}",
                lambda text=text: ours.parse(text),
                lambda text=text: validated(theirs, text),
            )


def validated(theirs: Any, text: str) -> Any:
    return theirs.parse(text, num_reasks=0)


if __name__ == "__main__":
    main()

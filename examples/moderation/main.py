"""Review moderation: each verdict quotes the words that it is about, word for word, and personal data is taken out.

python examples/moderation/main.py               answers recorded beside this file
python examples/moderation/main.py openai:gpt-5  asks a model
"""

import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel

from railguard import Guard
from railguard_validators.pii import pii
from railguard_validators.quotes_source import quotes_source

HERE = Path(__file__).parent
REVIEWS = [
    "Lovely kettle, boils fast. Ask me at kettle.fan@example.com!",
    "The seller is a crook and I know where he lives.",
]


class Verdict(BaseModel):
    decision: Literal["publish", "edit", "reject"]
    reason: str
    evidence: Annotated[str, quotes_source(key="review", min_length=5)] | None
    published: Annotated[str, pii(entities=["EMAIL_ADDRESS"], on_fail="fix")] | None


guard = Guard.from_pydantic(
    Verdict,
    messages="Moderate this review: publish it, edit it, or reject it (threats, slander). `evidence` is a quote of the "
    "words that decided, null for none; `published` is the text to show, null for none."
    "\n\n${review}\n\n${gr.complete_json_suffix}",
)


def main(model: str | None) -> None:
    for number, review in enumerate(REVIEWS, 1):
        outcome = guard(model or f"replay:{HERE / f'review-{number}.jsonl'}", {"review": review})
        outcome.raise_for_failures()
        verdict = outcome.output
        print(f"{number}. {verdict.decision}: {verdict.reason}")
        print("   because of:", verdict.evidence)
        print("   shown:", verdict.published)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)

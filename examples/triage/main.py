"""Ticket triage: the model decides for one of three steps, and each step has members and rules of its own.

python examples/triage/main.py               answers recorded in conversation.jsonl
python examples/triage/main.py openai:gpt-5  asks a model
"""

import sys
from pathlib import Path

from railguard import Guard

HERE = Path(__file__).parent
TICKET = "Order HB-2041 came broken, and I want my 49.90 back. This is the third time!"
guard = Guard.from_rail(HERE / "ticket.rail")


def main(model: str) -> None:
    outcome = guard(model, {"ticket": TICKET})
    outcome.raise_for_failures()
    ticket = outcome.output
    match ticket["next"]:
        case {"step": "refund", "order": order, "amount": amount}:
            print(f"refund {amount:.2f} for {order}")
        case {"step": "reply", "text": text}:
            print("reply:", text)
        case {"step": "escalate", "team": team}:
            print("escalate to", team)
    print(f"urgency {ticket['urgency']}: {ticket['summary']}")
    print(f"{len(outcome.iterations)} answers; asked again:", *map(str, outcome.iterations[-1].asked))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else f"replay:{HERE / 'conversation.jsonl'}")

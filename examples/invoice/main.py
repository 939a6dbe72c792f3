"""An invoice from text: its lines add up to its total, and what does not add up is asked for again.

python examples/invoice/main.py               answers recorded in conversation.jsonl
python examples/invoice/main.py openai:gpt-5  asks a model
"""

import sys
from pathlib import Path

from railguard import Guard

HERE = Path(__file__).parent
guard = Guard.from_rail(HERE / "invoice.rail")


def main(model: str) -> None:
    outcome = guard(model, {"letter": (HERE / "invoice.txt").read_text(encoding="utf-8")})
    outcome.raise_for_failures()
    invoice = outcome.output
    for line in invoice["lines"]:
        print(f"{line['quantity']:>3} × {line['price']:>7.2f} = {line['amount']:>8.2f}  {line['item']}")
    print(f"{'total':>13} = {invoice['total']:>8.2f}  {invoice['currency']}, to {invoice['iban']}")
    for iteration in outcome.iterations[1:]:
        print("asked again:", *map(str, iteration.asked))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else f"replay:{HERE / 'conversation.jsonl'}")

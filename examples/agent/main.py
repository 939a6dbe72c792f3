"""An agent with a guarded tool, in forty lines: the model calls a tool or answers, and a call with wrong arguments is not run.

python examples/agent/main.py               answers recorded beside this file
python examples/agent/main.py openai:gpt-5  asks a model
"""

import json
import sys
from pathlib import Path
from typing import Annotated

from railguard import Guard, ValidationFailed, guarded_tool
from railguard_validators.valid_range import valid_range

HERE = Path(__file__).parent
ACCOUNTS = {"HB-2041": 120.0}


@guarded_tool
def refund(account: str, amount: Annotated[float, valid_range(0, 50)]) -> str:
    """Pay money back to an account; at most 50 at a time."""
    ACCOUNTS[account] += amount
    return f"paid {amount:.2f} to {account}"


guard = Guard.from_rail_string("""
<rail version="1.0" name="agent">
  <output>
    <choice name="next" discriminator="step">
      <case name="tool"><enum name="name" values="refund"/><any name="arguments"/></case>
      <case name="answer"><string name="text" validators="one-line"/></case>
    </choice>
  </output>
</rail>""")


def main(model: str | None) -> None:
    told = f"Either call the tool or answer. refund: {refund.__doc__} Its arguments: {json.dumps(refund.schema)}"
    schema = json.dumps(guard.json_schema())
    messages = [
        {"role": "system", "content": f"{told}\nWrite JSON of this schema: {schema}"},
        {"role": "user", "content": "My kettle from HB-2041 broke. It cost 49.90; I want 60 back."},
    ]
    for step in range(1, 6):
        outcome = guard(model or f"replay:{HERE / f'step-{step}.jsonl'}", messages=messages)
        outcome.raise_for_failures()
        action = outcome.output["next"]
        messages.append({"role": "assistant", "content": json.dumps(outcome.output)})
        if action["step"] == "answer":
            print("answer:", action["text"])
            return
        try:
            result = refund.call(action["arguments"])
        except ValidationFailed as error:
            result = str(error)
        print(f"refund({action['arguments']['amount']}):", result.splitlines()[0])
        messages.append({"role": "user", "content": f"The tool says: {result}"})


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)

"""railguard beside BAML's own parser, which reads an answer that is there already: faulty texts, no model, no rules.

BAML's runtime is given the list of items as classes of its own language, as its generated client does, and makes instances of
the pydantic classes of the same names.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import workloads
from baml_py import BamlRuntime
from duel import tell
from pydantic import BaseModel

from railguard import Guard

SOURCE = """
class Item {
  id int
  name string
  amount float
  code string
  kind string
}
class Items {
  items Item[]
}
client<llm> Nobody {
  provider openai
  options {
    model "none"
    api_key "none"
  }
}
function Read(document: string) -> Items {
  client Nobody
  prompt #"{{ document }} {{ ctx.output_format }}"#
}
"""


class Item(BaseModel):
    id: int
    name: str
    amount: float
    code: str
    kind: str


class Items(BaseModel):
    items: list[Item]


def reader() -> Any:
    runtime = BamlRuntime.from_files("baml_src", {"baml_src/main.baml": SOURCE}, {})
    context = runtime.create_context_manager()
    classes = ModuleType("classes")
    vars(classes).update(Item=Item, Items=Items)

    def read(text: str) -> Items:
        made = runtime.parse_llm_response("Read", text, classes, classes, classes, False, context, None, None, {})
        assert isinstance(made, Items)
        return made

    return read


def main() -> None:
    ours, read = Guard.from_pydantic(Items), reader()
    for size in ("1 KB", "100 KB"):
        text = workloads.document(workloads.SIZES[size])
        for fault, spoil in {"valid": lambda text: text, **workloads.FAULTS}.items():
            spoilt = spoil(text)
            whole = Items.model_validate_json(text)
            assert read(spoilt) == whole, fault
            assert ours.parse(spoilt).output == whole, fault
            tell(
                "baml-py",
                f"read, {fault}, {size}",
                lambda spoilt=spoilt: ours.parse(spoilt),
                lambda spoilt=spoilt: read(spoilt),
            )


if __name__ == "__main__":
    main()

"""What a reask costs in bytes: the answer that is needed, and what the request adds to the first one."""

from __future__ import annotations

import json
from typing import Any

from measure import print_rows

from railguard import Guard
from railguard.testing import ScriptedModel

ITEM = """
<object>
  <integer name="id"/>
  <string name="name" validators="length: 1 60"/>
  <float name="amount" validators="valid-range: 0 1000"/>
  <string name="code" validators="upper-case"/>
  <string name="kind" validators="valid-choices: {['fee', 'rate']}"/>
</object>
"""
FLAT = """
<rail version="1.0"><output>
  <string name="name"/><string name="city"/><integer name="age" validators="valid-range: 0 120"/>
  <string name="email"/><string name="phone"/><string name="street"/><string name="country"/><float name="income"/>
</output><messages><message role="user">Read it: ${document}</message></messages></rail>
"""
NESTED = f"""
<rail version="1.0"><output><list name="items">{ITEM}</list></output>
<messages><message role="user">Read it: ${{document}}</message></messages></rail>
"""


def _flat() -> tuple[Any, dict[str, Any]]:
    answer = {
        "name": "Ann Other",
        "city": "Leeds",
        "age": 360,
        "email": "ann@example.org",
        "phone": "0123 456",
        "street": "Long Lane 4",
        "country": "England",
        "income": 31000.5,
    }
    return answer, {"age": 36}


def _nested(items: int, bad: int) -> tuple[Any, dict[str, Any]]:
    rows = [
        {"id": n, "name": f"Name of item {n}", "amount": 10.5, "code": f"C{n}", "kind": "fee"} for n in range(items)
    ]
    places = [(1, "amount", -5.0, 5.0), (4, "code", "c4", "C4"), (7, "kind", "charge", "rate")][:bad]
    wanted = {}
    for index, field, wrong, right in places:
        rows[index][field] = wrong
        wanted[f"items.{index}.{field}"] = right
    return {"items": rows}, wanted


SHAPES = {
    "8 flat fields, 1 bad": (FLAT, _flat()),
    "10×5, 2 bad": (NESTED, _nested(10, 2)),
    "100×5, 3 bad": (NESTED, _nested(100, 3)),
}


def rows() -> list[dict[str, Any]]:
    """For each shape: bytes of the failing leaves alone, of the needed answer, of what the second request adds."""
    found = []
    for name, (rail, (answer, wanted)) in SHAPES.items():
        model = ScriptedModel([json.dumps(answer), json.dumps(wanted)])
        outcome = Guard.from_rail_string(rail)(model, {"document": "the document"})
        assert outcome.passed, outcome.failures
        first, second = (list(request.messages) for request in model.requests)
        assert json.dumps(second).startswith(json.dumps(first)[:-1]), "the first request is not a prefix of the second"
        leaves = {key.split(".")[-1]: value for key, value in wanted.items()}
        found.append(
            {
                "shape": name,
                "whole answer": len(json.dumps(answer)),
                "leaves": len(json.dumps(leaves)),
                "answer": len(json.dumps(wanted)),
                "added": len(json.dumps(second, ensure_ascii=False).encode()) - len(json.dumps(first).encode()),
                "fields": len(wanted),
            }
        )
    return found


if __name__ == "__main__":
    print_rows(rows())

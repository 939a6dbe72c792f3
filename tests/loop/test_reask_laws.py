"""Laws of reasks over random schemas, random failing values and answers of every shape.

The oracle knows the truth: what the output was before some of its values were spoiled. Whatever an answer looks like,
an asked value is afterwards what it was or what the truth is, never what belongs to another place; nothing that was not
asked changes; what passes is valid by another implementation of JSON Schema. RAILGUARD_FUZZ=1 runs 20,000
conversations, RAILGUARD_SEED another set of them.
"""

import asyncio
import json
import os
import random
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import jsonschema
import pytest
from random_documents import MISSING, Place, a_schema, a_value, at, dotted, places, pointer, put

from railguard import Guard, ValidationOutcome
from railguard.loop import merging, parts
from railguard.testing import ScriptedModel
from railguard.values import UNSET

USER = [{"role": "user", "content": "go"}]
CONVERSATIONS = 20_000 if os.environ.get("RAILGUARD_FUZZ") else 320
SEED = int(os.environ.get("RAILGUARD_SEED", "0"))


def spoiled(rng: random.Random, truth: Any) -> Any:
    """The truth with some values replaced, repeated or taken out. Identities of items stay."""
    value = deepcopy(truth)
    for _ in range(rng.randint(1, 4)):
        found = [path for path in places(value) if path[-1] not in ("id", "kind")]
        if not found:
            break
        path = rng.choice(found)
        holder = at(value, path[:-1])
        way = rng.random()
        if way < 0.15 and isinstance(holder, dict):
            del holder[path[-1]]
        elif way < 0.3 and isinstance(holder, list) and len(holder) > 1 and not isinstance(holder[0], dict):
            holder[path[-1]] = deepcopy(rng.choice(holder))
        else:
            put(value, path, rng.choice([-3, "TOO LONG A TEXT", "", [], {}, [1, 2], {"x": 1}, True, 99.5, None, "Q"]))
    return value


# Answers


class Answering:
    """Writes one answer to one request, in a random shape, from the truth; or one that is no answer."""

    def __init__(self, rng: random.Random, truth: Any, state: Any, asked: Sequence[Place]) -> None:
        self.rng = rng
        self.truth = truth
        self.state = state
        self.asked = [path for path in asked if path and path[-1] != "+"]
        self.found = {path: at(truth, path) for path in self.asked if at(truth, path) is not MISSING}
        for path in asked:
            if path and path[-1] == "+":
                held, wanted = at(state, path[:-1]), at(truth, path[:-1])
                self.found[path] = wanted[len(held) :] if isinstance(wanted, list) else []
        self.is_true = True

    SHAPES = ("flat", "some", "printed", "pointer", "patch", "pieces", "lines", "wrapped", "items", "mirrored")
    ODD = ("permuted", "whole", "whole, changed", "leaves", "wrong", "garbage", "prose", "cut", "fenced")

    def text(self) -> str:
        shape = self.rng.choice(self.SHAPES + self.ODD)
        self.is_true = shape not in ("whole, changed", "wrong", "garbage")
        if shape in ("cut", "fenced"):
            text = self.of(self.rng.choice((*self.SHAPES, "permuted", "whole", "leaves")))
            return text[: self.rng.randint(0, len(text))] if shape == "cut" else f"Here:\n```json\n{text}\n```"
        return self.of(shape)

    def of(self, shape: str) -> str:
        found, dump = self.found, json.dumps
        match shape:
            case "flat":
                return dump({dotted(path): value for path, value in found.items()})
            case "some":
                return dump({dotted(path): value for path, value in found.items() if self.rng.random() < 0.5})
            case "printed":
                return dump({printed(path): value for path, value in found.items()})
            case "pointer":
                return dump({pointer(path): value for path, value in found.items()})
            case "patch":
                return dump(
                    [
                        {"op": "replace", "path": pointer(path), "value": value}
                        for path, value in found.items()
                        if path[-1] != "+"
                    ]
                )
            case "pieces":
                return dump([{dotted(path): value} for path, value in found.items()])
            case "lines":
                return "\n".join(dump({dotted(path): value}) for path, value in found.items())
            case "wrapped":
                named = [(path, value) for path, value in found.items() if isinstance(path[-1], str)]
                return dump(
                    {dotted(path): value if isinstance(value, dict) else {path[-1]: value} for path, value in named}
                )
            case "items":
                holders = {path[:-1]: at(self.truth, path[:-1]) for path in self.asked if len(path) > 1}
                return dump({dotted(path): value for path, value in holders.items() if value is not MISSING})
            case "mirrored":
                return dump(self.mirrored(self.truth, self.state, self.asked, shuffle=False))
            case "permuted":
                return dump(self.mirrored(self.truth, self.state, self.asked, shuffle=True))
            case "whole":
                return dump(self.truth)
            case "whole, changed":
                other = spoiled(self.rng, self.truth)
                return dump(other)
            case "leaves":
                leaves = {
                    path: at(self.truth, path)
                    for path in places(self.truth)
                    if any(path[: len(one)] == one for one in self.asked)
                }
                return dump(
                    {dotted(path): value for path, value in leaves.items() if not isinstance(value, (dict, list))}
                )
            case "wrong":
                return dump({dotted(path): self.rng.choice([-1, "TOO LONG A TEXT", None, [], {}]) for path in found})
            case "garbage":
                return self.rng.choice(
                    ["{", '{"', "[]", "{}", "null", "7", '"x"', '{"zzz":{"y":[1]}}', "[[]]", '{"a":', "NaN"]
                )
        return "I am sorry, I do not know."

    def mirrored(self, value: Any, state: Any, paths: Sequence[Place], *, shuffle: bool) -> Any:
        """The asked values of the truth in the shape of the output, of items only what is asked, and who they are."""
        if any(not path for path in paths):
            return value
        below: dict[str | int, list[Place]] = {}
        for path in paths:
            below.setdefault(path[0], []).append(path[1:])
        parts = [part for part in below if at(value, (part,)) is not MISSING]
        if isinstance(value, dict):
            mirrored = {
                part: self.mirrored(value[part], at(state, (part,)), below[part], shuffle=shuffle) for part in parts
            }
            if "id" in value and (shuffle or self.rng.random() < 0.5):
                mirrored["id"] = value["id"]
            return mirrored
        parts.sort()
        items = [self.mirrored(value[part], at(state, (part,)), below[part], shuffle=shuffle) for part in parts]
        if shuffle and all(at(state, (part, "id")) == at(value, (part, "id")) != MISSING for part in parts):
            self.rng.shuffle(items)
        return items


def printed(path: Place) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f'["{part}"]' for part in path)


# The oracle


def unasked(state: Any, before: Any, asked: Sequence[Place]) -> str:
    """A state without what was asked for; appended items are left out by the length of the list before."""
    copy = deepcopy(state)
    for path in sorted(asked, key=str):
        if path[-1] == "+" and isinstance(holder := at(copy, path[:-1]), list):  # "+" may be the name of a member
            del holder[len(at(before, path[:-1])) :]
        elif at(copy, path) is not MISSING and isinstance(path[-1], int):
            put(copy, path, "…")
        elif at(copy, path) is not MISSING:
            del at(copy, path[:-1])[path[-1]]
    return json.dumps(copy)


def comes_from(new: Any, *sources: Any) -> bool:
    """Whether every scalar of a value is at its place in one of the sources."""
    if any(
        source is not MISSING and json.dumps(source, sort_keys=True) == json.dumps(new, sort_keys=True)
        for source in sources
    ):
        return True
    if isinstance(new, dict):
        return all(comes_from(member, *(at(source, (name,)) for source in sources)) for name, member in new.items())
    if isinstance(new, list):
        return all(comes_from(item, *(at(source, (n,)) for source in sources)) for n, item in enumerate(new))
    return False


def conversation(seed: int) -> tuple[Guard, list[str], ValidationOutcome]:
    """One conversation, round by round, each round held to the laws."""
    rng = random.Random(seed)
    schema = a_schema(rng)
    truth = a_value(rng, schema, [])
    jsonschema.validate(truth, schema)
    guard = Guard.from_json_schema(schema, messages=USER, repair="none")
    texts = [json.dumps(spoiled(rng, truth))]
    outcome = guard.parse(texts[0])
    for _ in range(3):
        request = guard.reask_request(outcome)
        if request is None:
            break
        before = outcome.iterations[-1].parsed
        asked = [tuple(path) for path in request.paths]
        answering = Answering(rng, truth, before, asked)
        texts.append(answering.text())
        outcome = guard.resume(outcome, ScriptedModel([texts[-1]]), max_reasks=1)
        last = outcome.iterations[-1]
        after = last.parsed
        json.dumps(outcome.to_dict(), allow_nan=False)
        if () not in asked:
            assert unasked(after, before, asked) == unasked(before, before, asked), "nothing unasked changes"
            if answering.is_true:
                for path in asked:
                    if path[-1] != "+" and at(after, path) is not MISSING:
                        assert comes_from(at(after, path), at(before, path), at(truth, path)), path
    if outcome.passed:
        jsonschema.validate(outcome.output, schema)
        assert outcome.output == outcome.partial
    return guard, texts, outcome


def test_every_conversation_keeps_the_laws() -> None:
    passed = 0
    for number in range(CONVERSATIONS):
        seed = SEED * 1_000_000 + number
        try:
            passed += conversation(seed)[2].passed
        except Exception as error:
            error.add_note(f"conversation({seed})")
            raise
    assert passed > CONVERSATIONS / 4, "most answers are right"


@pytest.mark.parametrize("seed", range(0, 60))
def test_every_way_of_running_a_call_gives_the_same(seed: int) -> None:
    guard, texts, _ = conversation(seed)
    model = lambda: ScriptedModel(texts)  # noqa: E731 - one model a call, each with all answers
    reasks = len(texts) - 1

    async def astreamed() -> ValidationOutcome | None:
        found = [event.outcome async for event in guard.astream(model(), max_reasks=reasks)]
        return found[-1]

    outcomes = [
        guard(model(), max_reasks=reasks),
        asyncio.run(guard.acall(model(), max_reasks=reasks)),
        [event.outcome for event in guard.stream(model(), max_reasks=reasks)][-1],
        asyncio.run(astreamed()),
    ]
    told = [json.dumps(outcome.to_dict(), sort_keys=True) for outcome in outcomes if outcome is not None]
    assert len(told) == 4
    assert set(told) == {told[0]}


def test_an_answer_read_as_it_was_asked_for_comes_to_what_any_other_reading_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = [(guard, texts) for guard, texts, _ in map(conversation, range(1000, 1060)) if len(texts) > 1]
    # Of texts to which repairs may be made, and of those to which none may.
    calls += [(Guard.from_json_schema(guard.json_schema(), messages=USER), texts) for guard, texts in calls]
    taken: list[bool] = []

    def told() -> list[str]:
        outcomes = [guard(ScriptedModel(texts), max_reasks=len(texts) - 1) for guard, texts in calls]
        return [json.dumps(outcome.to_dict()) for outcome in outcomes]

    quickly = parts._as_asked
    monkeypatch.setattr(
        parts, "_as_asked", lambda *given: [found := quickly(*given), taken.append(found is not UNSET)][0]
    )
    quick = told()
    assert sum(taken) > 10
    assert not all(taken)
    monkeypatch.setattr(parts, "_as_asked", lambda *given: UNSET)
    monkeypatch.setattr(merging, "_as_asked", lambda *given: None)
    assert quick == told()

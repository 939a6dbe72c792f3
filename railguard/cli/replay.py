"""Run recorded answers against a changed spec: what would pass now, what would fail, what would be asked again.

CASSETTE is a recording, as `railguard run --record` writes it. No model is asked: each recorded
conversation is gone through with the spec, its answers in the order in which they came. With
--old, the same is done with the spec as it was, and what differs is shown.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from railguard import (
    UNSET,
    Guard,
    InputError,
    Path,
    ProviderError,
    Usage,
    ValidationFailed,
    ValidationOutcome,
)
from railguard.cli import exits
from railguard.cli.assignments import literals
from railguard.cli.outputs import Stored
from railguard.cli.report import told
from railguard.cli.specs import add_options, load
from railguard.cli.streams import as_json, emit, needs_ascii, paint, visible
from railguard.cli.wording import change, count, tokens

NAME = "replay"
HELP = "run recorded answers against a changed spec"
EXAMPLES = (
    "railguard replay conversation.jsonl --spec fees.rail",
    "railguard replay --format json conversation.jsonl --spec fees.rail --old fees.rail",
)

_MOST = 20
_NOTHING = "(what was asked is not recorded)"


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `railguard replay`."""
    parser.add_argument("cassettes", metavar="CASSETTE", nargs="+", help="a recording")
    parser.add_argument(
        "--spec", metavar="SPEC", required=True, help="a RAIL file, a JSON Schema (.json), or module:Model"
    )
    parser.add_argument("--old", metavar="SPEC", help="the spec as it was, to compare with")
    parser.add_argument("--max-reasks", metavar="N", type=int, default=2, help="questions after the first (default: 2)")
    parser.add_argument(
        "--metadata", metavar="NAME=VALUE", action="append", default=[], help="metadata for validators: JSON, else text"
    )
    parser.add_argument(
        "--repair",
        choices=("none", "syntax", "lossless", "judgement"),
        help="local repairs that are allowed, each with those before it (default: the spec's, else lossless)",
    )
    add_options(parser)


@dataclass(frozen=True, slots=True)
class _Replayed:
    """What a recorded conversation comes to with a spec. unanswered: it asks for what no answer is recorded to."""

    outcome: ValidationOutcome
    unanswered: bool

    @property
    def code(self) -> int:
        return exits.FAILED if self.unanswered else exits.of_outcome(self.outcome)

    @property
    def asked(self) -> list[str]:
        """The paths that are asked for again, of all rounds."""
        return list(dict.fromkeys(str(path) for one in self.outcome.iterations for path in one.asked))


def command(args: Namespace) -> int:
    """Replay every conversation, and sum up."""
    from railguard import ReplayModel

    new = load(args)
    old = None if args.old is None else load(Namespace(**{**vars(args), "spec": args.old}))
    worst, replayed, changed = exits.GOOD, [], 0
    for cassette in args.cassettes:
        for number, conversation in enumerate(ReplayModel(cassette).conversations, start=1):
            place = Stored(cassette, None, number, None, None)
            now = _replay(new, conversation, args)
            before = None if old is None else _replay(old, conversation, args)
            differences = [] if before is None else list(_differences(before, now))
            replayed.append(now)
            changed += bool(differences)
            worst = max(worst, now.code)
            if args.format == "json":
                emit(as_json(_plain(place, now, before, differences), ascii=needs_ascii()))
            else:
                emit(_told(place, now, before, differences))
    if not replayed:
        raise InputError("there is no conversation in " + ", ".join(args.cassettes))
    if args.format == "text":
        emit(_summary(replayed, None if old is None else changed))
    return worst


def _replay(guard: Guard, conversation: Any, args: Namespace) -> _Replayed:
    messages = conversation.messages or ({"role": "user", "content": _NOTHING},)
    unanswered = False
    try:
        outcome = guard(
            conversation.model(),
            messages=list(messages),
            metadata=literals(args.metadata, "--metadata"),
            max_reasks=args.max_reasks,
            timeout=None,
            reask_mode="prompt",
        )
    except ValidationFailed as failed:
        outcome = failed.outcome
    except ProviderError as error:
        if error.outcome is None:
            raise
        outcome, unanswered = error.outcome, True
    return _Replayed(outcome, unanswered)


def _told(place: Stored, now: _Replayed, before: _Replayed | None, differences: list[str]) -> str:
    lines = [told(now.outcome, place, sys.stdout)]
    if now.unanswered:
        paths = ", ".join(dict.fromkeys(str(failure.path) for failure in now.outcome.failures)) or "$"
        lines.append(f"      asks again  {visible(paths)}  no answer is recorded to that")
    if before is not None:
        lines += [f"      {paint('differs', 'yellow', sys.stdout)}   {visible(one)}" for one in differences[:_MOST]]
        if len(differences) > _MOST:
            lines.append(f"      … and {len(differences) - _MOST:,} more")
    return "\n".join(lines)


def _plain(place: Stored, now: _Replayed, before: _Replayed | None, differences: list[str]) -> dict[str, Any]:
    plain: dict[str, Any] = {"file": place.file, "conversation": place.id, **now.outcome.to_dict()}
    plain |= {"unanswered": now.unanswered, "asked_again": now.asked}
    if before is not None:
        plain |= {"differences": differences, "passed_before": before.outcome.passed and not before.unanswered}
    return plain


def _differences(before: _Replayed, now: _Replayed) -> Iterator[str]:
    """What is otherwise with the new spec, a line each."""
    if (before.code == exits.GOOD) != (now.code == exits.GOOD):
        yield "it passed, and fails now" if now.code != exits.GOOD else "it failed, and passes now"
    failed, fails = ({str(failure) for failure in one.outcome.failures} for one in (before, now))
    yield from (f"fails now: {failure}" for failure in sorted(fails - failed))
    yield from (f"fails no more: {failure}" for failure in sorted(failed - fails))
    yield from (f"asked for again now: {path}" for path in now.asked if path not in before.asked)
    yield from (f"asked for again no more: {path}" for path in before.asked if path not in now.asked)
    then, output = (one.outcome.to_dict()["output"] for one in (before, now))
    if then is not None and output is not None:
        yield from (f"{path}: {change(left, right)}" for path, left, right in _changes(then, output, Path()))


def _changes(before: Any, after: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    """Where two values differ, the deepest places."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            yield from _changes(before.get(name, UNSET), after.get(name, UNSET), path.child(name))
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            left = before[index] if index < len(before) else UNSET
            right = after[index] if index < len(after) else UNSET
            yield from _changes(left, right, path.child(index))
    elif type(before) is not type(after) or before != after:
        yield path, before, after


def _summary(replayed: list[_Replayed], changed: int | None) -> str:
    good = sum(one.code == exits.GOOD for one in replayed)
    parts = [f"{good:,} of {count(len(replayed), 'conversation')} pass"]
    unanswered = sum(one.unanswered for one in replayed)
    if unanswered:
        parts.append(f"{unanswered:,} would ask for what no answer is recorded to")
    if changed is not None:
        parts.append(f"{changed:,} differ" if changed else "none differs")
    used = [iteration.usage for one in replayed for iteration in one.outcome.iterations]
    known = [usage for usage in used if usage is not None]
    if known:
        parts.append(tokens(sum(known, Usage())) or "")
    return paint(", ".join(filter(None, parts)), "green" if good == len(replayed) else "red", sys.stdout)

"""Replay recorded answers with a changed spec: see which would pass, fail or be asked again
now.

CASSETTE is a recording made by `railguard run --record`. No model is asked: each recorded
conversation is run again with the spec, with its answers in their recorded order. With --old,
the old spec is used too, and the differences are shown.
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
from railguard.cli.outcome_report import as_text
from railguard.cli.outputs import Stored
from railguard.cli.specs import add_options, load_guard
from railguard.cli.streams import emit, needs_ascii, paint, portable_json, visible
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
    """Add the arguments of `railguard replay`."""
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
        help="the allowed local repairs; each level includes those before it (default: the spec's, else lossless)",
    )
    add_options(parser)


@dataclass(frozen=True, slots=True)
class _Replayed:
    """The outcome of a recorded conversation with a spec. unanswered: whether it asks a question without a recorded
    answer.
    """

    outcome: ValidationOutcome
    unanswered: bool

    @property
    def code(self) -> int:
        return exits.FAILED if self.unanswered else exits.of_outcome(self.outcome)

    @property
    def asked(self) -> list[str]:
        """The paths that are asked for again, in all rounds."""
        return list(dict.fromkeys(str(path) for one in self.outcome.iterations for path in one.asked))


def command(args: Namespace) -> int:
    """Replay every conversation, and print a summary."""
    from railguard import ReplayModel

    new = load_guard(args)
    old = None if args.old is None else load_guard(Namespace(**{**vars(args), "spec": args.old}))
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
                emit(portable_json(_as_plain_data(place, now, before, differences), ascii=needs_ascii()))
            else:
                emit(_conversation_text(place, now, before, differences))
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


def _conversation_text(place: Stored, now: _Replayed, before: _Replayed | None, differences: list[str]) -> str:
    lines = [as_text(now.outcome, place, sys.stdout)]
    if now.unanswered:
        paths = ", ".join(dict.fromkeys(str(failure.path) for failure in now.outcome.failures)) or "$"
        lines.append(f"      asks again  {visible(paths)}  there is no recorded answer")
    if before is not None:
        lines += [f"      {paint('differs', 'yellow', sys.stdout)}   {visible(one)}" for one in differences[:_MOST]]
        if len(differences) > _MOST:
            lines.append(f"      … and {len(differences) - _MOST:,} more")
    return "\n".join(lines)


def _as_plain_data(place: Stored, now: _Replayed, before: _Replayed | None, differences: list[str]) -> dict[str, Any]:
    plain: dict[str, Any] = {"file": place.file, "conversation": place.id, **now.outcome.to_dict()}
    plain |= {"unanswered": now.unanswered, "asked_again": now.asked}
    if before is not None:
        plain |= {"differences": differences, "passed_before": before.outcome.passed and not before.unanswered}
    return plain


def _differences(before: _Replayed, now: _Replayed) -> Iterator[str]:
    """Yield the differences with the new spec, one per line."""
    if (before.code == exits.GOOD) != (now.code == exits.GOOD):
        yield "it passed, and fails now" if now.code != exits.GOOD else "it failed, and passes now"
    failed, fails = ({str(failure) for failure in one.outcome.failures} for one in (before, now))
    yield from (f"fails now: {failure}" for failure in sorted(fails - failed))
    yield from (f"no longer fails: {failure}" for failure in sorted(failed - fails))
    yield from (f"asked for again now: {path}" for path in now.asked if path not in before.asked)
    yield from (f"no longer asked for again: {path}" for path in before.asked if path not in now.asked)
    then, output = (one.outcome.to_dict()["output"] for one in (before, now))
    if then is not None and output is not None:
        yield from (f"{path}: {change(left, right)}" for path, left, right in _changes(then, output, Path()))


def _changes(before: Any, after: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    """Yield the places where two values differ, as deep as possible."""
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
        parts.append(f"{unanswered:,} would ask a question without a recorded answer")
    if changed is not None:
        parts.append(f"{changed:,} differ" if changed else "none differs")
    used = [iteration.usage for one in replayed for iteration in one.outcome.iterations]
    known = [usage for usage in used if usage is not None]
    if known:
        parts.append(tokens(sum(known, Usage())) or "")
    return paint(", ".join(filter(None, parts)), "green" if good == len(replayed) else "red", sys.stdout)

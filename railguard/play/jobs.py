"""The jobs of a worker: functions from plain data to plain data. An error of the author or the caller gives `{"error":
…}`.

The document is passed as text and parsed as the bytes of a UTF-8 file, so that no text is ever taken as a file name.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from railguard import (
    UNSET,
    Completion,
    Guard,
    InputError,
    ProviderError,
    RailguardError,
    ReplayModel,
    SpecError,
    ValidationFailed,
    ValidationOutcome,
    ValidatorError,
    check,
    language,
)
from railguard.play.call_view import message_view, outcome_view
from railguard.play.case_lines import read_case_lines, verdicts
from railguard.play.dry_run import StoredAnswers, Watched, dry, watched

__all__ = ["JOBS", "TARGETS", "warm_up"]

TARGETS = (
    "draft2020-12",
    "openai-strict",
    "anthropic",
    "gemini",
    "mistral",
    "groq",
    "llamacpp",
    "llguidance",
    "portable",
)
"""The dialects of JSON Schema that the page can show, by their names in `Guard.json_schema`."""

_BYTES_A_TOKEN = 4
_MOST_MENDED = 20
_KEPT = 4
_guards: OrderedDict[bytes, Guard] = OrderedDict()
_checked: language.Checked | None = None
_NOT_RECORDED = "(what was asked is not recorded)"


def _check(data: Mapping[str, Any]) -> dict[str, Any]:
    """Check: text → problems."""
    return {"problems": [asdict(problem) for problem in check(_bytes(data["text"]))]}


def _complete(data: Mapping[str, Any]) -> dict[str, Any]:
    """Complete: text, offset → completions."""
    found = language.completions(data["text"], data["offset"])
    if not found:
        return {"options": []}
    start, end = found[0].start, found[0].end
    options = [asdict(one) for one in found if (one.start, one.end) == (start, end)]
    return {"from": start, "to": end, "options": options}


def _hover(data: Mapping[str, Any]) -> dict[str, Any]:
    """Hover: text, offset → an explanation in Markdown."""
    found = language.hover(data["text"], data["offset"])
    return {} if found is None else {"text": found.text, "from": found.start, "to": found.end}


def _fixes(data: Mapping[str, Any]) -> dict[str, Any]:
    """Fix: text → the first fixable problems, by code, line and column, each with its fixes."""
    global _checked
    text = data["text"]
    _checked = language.check_text(text) if _checked is None else language.check_again(_checked, text)
    mended = []
    for problem in _checked.problems[:_MOST_MENDED]:
        fixes = [
            {"title": fix.title, "edits": [{"from": one.start, "to": one.end, "insert": one.text} for one in fix.edits]}
            for fix in language.quick_fixes(_checked, problem)
        ]
        if fixes:
            place = {"code": problem.code, "line": problem.line, "column": problem.column}
            mended.append({**place, "message": problem.message, "fixes": fixes})
    return {"problems": mended}


def _prompt(data: Mapping[str, Any]) -> dict[str, Any]:
    """Render: text, variables, metadata, target → the messages for a model without structured output, and the schema
    for a target.
    """
    try:
        guard = _guard(data["text"])
    except SpecError as error:
        return {"error": _first(error), "variables": None}
    found: dict[str, Any] = {"variables": _declared(guard), "schema": _schema(guard, data.get("target", TARGETS[0]))}
    given, missing = _variables(guard, data.get("variables", {}))
    preview = {name: "${" + name + "}" for name in missing}
    try:
        messages = guard.render({**given, **preview}, metadata=data.get("metadata") or {})
    except (RailguardError, ValidationFailed) as error:
        return {**found, "error": str(error), "missing": missing}
    shown = [message_view(message) for message in messages]
    size = sum(message["bytes"] for message in shown)
    return {
        **found,
        "messages": shown,
        "missing": missing,
        "bytes": size,
        "tokens": -(-size // _BYTES_A_TOKEN),
    }


def _run(data: Mapping[str, Any]) -> dict[str, Any]:
    """Run: text, variables, metadata, source, max_reasks → the outcome of each conversation.

    source: {"answers": […]}, the answers to the first question and to the reasks; {"cassette": TEXT}; or {"model":
    NAME}. With the first two, `as_model` names a model whose requests are shown, and no model is asked.
    """
    source = data["source"]
    try:
        guard = _guard(data["text"])
        if "model" in source:
            conversations = [_ask_model(guard, source, data)]
        elif "cassette" in source:
            conversations = _replay(guard, source, data)
        else:
            answers = [Completion(text, "stop") for text in source["answers"]]
            conversations = [_run_answers(guard, answers, None, source, {**data, "max_reasks": len(answers) - 1})]
    except SpecError as error:
        return {"error": _first(error)}
    except (RailguardError, ValueError) as error:
        return {"error": str(error)}
    return {"conversations": conversations}


def _cases(data: Mapping[str, Any]) -> dict[str, Any]:
    """Validate cases: text, metadata, cases, seconds → the verdict on each answer, and whether it is the expected one."""
    try:
        guard = _guard(data["text"])
    except SpecError as error:
        return {"error": _first(error)}
    results = list(verdicts(guard, data["cases"], data.get("metadata") or {}, seconds=data["seconds"]))
    return {"results": results, "unfinished": len(data["cases"]) - len(results)}


def _read_cases(data: Mapping[str, Any]) -> dict[str, Any]:
    """Read cases: text, name → the cases of a file."""
    try:
        return {"cases": read_case_lines(data["text"], data.get("name", "the file"))}
    except InputError as error:
        return {"error": str(error)}


JOBS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "check": _check,
    "complete": _complete,
    "hover": _hover,
    "fixes": _fixes,
    "prompt": _prompt,
    "run": _run,
    "cases": _cases,
    "read-cases": _read_cases,
}
"""Maps the name that the page uses to a job."""


def warm_up() -> None:
    """Import what the first jobs need, so that the first keystroke does not wait for it."""
    text = '<rail version="1.0"><output><string name="a" validators="length: 1"/></output><messages/></rail>'
    for job in (_check, _prompt):
        job({"text": text})


def _bytes(text: str) -> bytes:
    """Return the document as the bytes of a file. A lone surrogate becomes bytes that are not UTF-8, which is reported
    at its place.
    """
    return text.encode("utf-8", "surrogatepass")


def _guard(text: str) -> Guard:
    """Create the guard of a document. Raises SpecError."""
    data = _bytes(text)
    guard = _guards.pop(data, None) or Guard.from_rail_string(data)
    _guards[data] = guard
    if len(_guards) > _KEPT:
        _guards.popitem(last=False)
    return guard


def _first(error: SpecError) -> str:
    """Return the first error of an invalid spec. The others are shown next to the document."""
    first = next((problem for problem in error.problems if problem.severity == "error"), error.problems[0])
    place = f"line {first.line}: " if first.line is not None else ""
    return f"{place}{first.message}" + (f" ({first.hint})" if first.hint else "")


def _declared(guard: Guard) -> list[dict[str, Any]]:
    """Return the prompt variables. An undeclared one is text."""
    inputs = guard.spec.inputs
    fields = {field.name: field for field in inputs.fields} if inputs is not None else {}
    found = []
    for name in guard.variables:
        one = fields.get(name)
        found.append(
            {
                "name": name,
                "kind": "string" if one is None else _kind(one.node),
                "description": None if one is None else one.node.description,
                "required": one is None or (one.required and one.default is UNSET),
            }
        )
    return found


def _kind(node: Any) -> str:
    return type(node).__name__.removesuffix("Node").lower()


def _variables(guard: Guard, texts: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Return the values of the variables, and the names of required variables without a text.

    A text is parsed as JSON if the spec declares another type; text that is not JSON stays text, and the guard then
    checks it.
    """
    given: dict[str, Any] = {}
    missing = []
    for variable in _declared(guard):
        name, text = variable["name"], texts.get(variable["name"], "")
        if variable["kind"] == "string":
            if text or not variable["required"]:
                given |= {name: text} if text else {}
            else:
                missing.append(name)
        elif text.strip():
            given[name] = text
            with suppress(ValueError, RecursionError):
                given[name] = json.loads(text)
    return given, missing


def _schema(guard: Guard, target: Any) -> dict[str, Any]:
    """Return the schema for a target, or the reason why there is none."""
    try:
        schema = guard.json_schema(target=target)
    except SpecError as error:
        return {"target": target, "error": "\n".join(problem.message for problem in error.problems)}
    text = json.dumps(schema, ensure_ascii=False, indent=2)
    return {"target": target, "text": text, "bytes": len(json.dumps(schema).encode())}


def _ask_model(guard: Guard, source: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Ask a real model."""
    given, missing = _variables(guard, data.get("variables", {}))
    if missing:
        raise InputError(f"fill in {', '.join(missing)} (in Prompt) before a model is asked")
    provider = watched(source["model"], data.get("base_url"))
    return _called(guard, provider, {"variables": given, **source.get("options", {})}, data, "spec")


def _replay(guard: Guard, source: Mapping[str, Any], data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Replay every conversation of a recording."""
    handle, name = tempfile.mkstemp(prefix="railguard-", suffix=".jsonl")
    try:
        with open(handle, "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(source["cassette"])
        conversations = ReplayModel(name).conversations
    except InputError as error:
        raise InputError(str(error).replace(name, "the recording")) from None
    finally:
        os.unlink(name)
    if not conversations:
        raise InputError("there is no answer in this recording")
    return [_run_answers(guard, one.answers, one.messages, source, data) for one in conversations]


def _run_answers(
    guard: Guard,
    answers: Sequence[Completion],
    recorded: Sequence[Mapping[str, Any]] | None,
    source: Mapping[str, Any],
    data: Mapping[str, Any],
) -> dict[str, Any]:
    """Run existing answers with the current spec: with its own messages, otherwise with the recorded ones."""
    given, missing = _variables(guard, data.get("variables", {}))
    call: dict[str, Any] = {}
    asked_with = "spec"
    if guard.spec.messages and not missing:
        call["variables"] = given
    elif recorded is not None:
        call["messages"], asked_with = [dict(one) for one in recorded], "recorded"
    elif guard.spec.messages:
        call["variables"] = {**given, **{name: "${" + name + "}" for name in missing}}
        asked_with = "preview"
    else:
        call["messages"], asked_with = [{"role": "user", "content": _NOT_RECORDED}], "unknown"
    there = StoredAnswers(answers, "the answers")
    provider = dry(source["as_model"], data.get("base_url"), there) if source.get("as_model") else there
    return _called(guard, provider, call, data, asked_with)


def _called(
    guard: Guard, provider: StoredAnswers | Watched, call: Mapping[str, Any], data: Mapping[str, Any], asked_with: str
) -> dict[str, Any]:
    unanswered = error = None
    outcome: ValidationOutcome | None
    try:
        outcome = guard(
            provider,
            metadata=data.get("metadata") or {},
            max_reasks=data.get("max_reasks", 2),
            timeout=data.get("timeout"),
            **call,
        )
    except ValidationFailed as failed:
        outcome = failed.outcome
    except (ProviderError, ValidatorError) as failed:
        if failed.outcome is None or not failed.outcome.iterations:
            raise
        outcome, error = failed.outcome, str(failed)
        unanswered = isinstance(failed, ProviderError)
    sent = provider.sent if isinstance(provider, Watched) else ()
    view = outcome_view(guard, outcome, unanswered=bool(unanswered), asked_with=asked_with, sent=sent)
    return view if error is None else {**view, "error": error}

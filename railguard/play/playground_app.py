"""The endpoints of the playground: the page, the named files, and the jobs of the workers. Every answer is JSON, even
an error.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from railguard import InputError
from railguard.play.access import Access, policy
from railguard.play.edited_files import Conflict, OpenFile, Version
from railguard.play.jobs import TARGETS
from railguard.play.play_settings import HOST, Settings
from railguard.play.workers import JobStopped, Worker
from railguard.server import BodyLimit, SecurityHeaders, error_response

__all__ = ["application"]

STATIC = Path(__file__).parent / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain"}
_MOST = 24 * 1024 * 1024
"""Largest size of a request in bytes: a spec, a recording and their JSON."""

_SECONDS = {
    "check": 10.0,
    "complete": 3.0,
    "hover": 3.0,
    "fixes": 10.0,
    "prompt": 15.0,
    "cases": 30.0,
    "read-cases": 10.0,
    "run": 30.0,
}
"""Time limit of each job in seconds. A spec with the most elements allowed is checked in 2 s of processor time; the
page shows a message after a quarter of a second.
"""
_MODEL_SECONDS = 180.0
_CASES_SECONDS = 10.0
_WORKER_OF = {
    "check": "checking",
    "complete": "helping",
    "hover": "helping",
    "fixes": "mending",
    "prompt": "helping",
    "cases": "cases",
    "read-cases": "cases",
    "run": "run",
}
"""Maps a job to its process: a check waits only for the check before it."""

_Endpoint = Callable[[Request], Awaitable[Response]]


class _Refused(Exception):
    """Raised to answer a request with a message and a status."""

    def __init__(self, message: str, status: int = 400, code: str = "invalid") -> None:
        super().__init__(message)
        self.status, self.code = status, code


class _Playground:
    """The endpoints, with their files and workers."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._workers = {name: Worker(name, settings.imports) for name in dict.fromkeys(_WORKER_OF.values())}

    async def start(self) -> None:
        """Start the processes that the first keystrokes need."""
        for name in ("checking", "helping", *(["run"] if self._settings.cassettes else [])):
            await self._workers[name].start()

    async def close(self) -> None:
        """Stop the processes."""
        for worker in self._workers.values():
            await worker.close()

    async def page(self, request: Request) -> Response:
        """Return the page, with a nonce for the style sheet that the editor creates."""
        nonce = secrets.token_urlsafe(16)
        html = (STATIC / "index.html").read_text(encoding="utf-8").replace("{nonce}", nonce)
        return Response(
            html,
            media_type="text/html",
            headers={"content-security-policy": f"{policy(nonce)}; frame-ancestors 'none'"},
        )

    async def static(self, request: Request) -> Response:
        """Return a file of the page."""
        file = STATIC / request.path_params["name"]
        if file.parent != STATIC or file.suffix not in _TYPES or not file.is_file():
            raise _Refused("there is no such file", 404, "not_found")
        return Response(file.read_bytes(), media_type=_TYPES[file.suffix])

    async def opened(self, request: Request) -> Response:
        """Return the initial data of the page."""
        settings = self._settings
        return _answer(
            {
                "spec": await _read(settings.spec),
                "cases": await _read(settings.cases),
                "cassettes": [{"name": name, "text": text} for name, text in settings.cassettes],
                "variables": settings.variables,
                "metadata": settings.metadata,
                "base_url": settings.base_url,
                "targets": TARGETS,
            }
        )

    async def version(self, request: Request) -> Response:
        """Return the version of a file on disk, so that the page notices a change by another program."""
        data = await _body(request)
        found = await _read(self._file(data)) or {}
        return _answer({"version": found["version"]} if found["version"] == data.get("version") else found)

    async def save(self, request: Request) -> Response:
        """Save a file if the version on disk is the one that the page read; otherwise answer with the version on disk."""
        data = await _body(request)
        file = self._file(data)
        try:
            saved = await asyncio.to_thread(file.save, _text(data, "text"), _text(data, "version"))
        except Conflict as conflict:
            return _answer({"error": str(conflict), "now": _version(conflict.now)}, 409)
        return _answer({"version": saved.id})

    async def job(self, request: Request) -> Response:
        """Run a job in a worker. It is cancelled when the page no longer waits for it."""
        name = request.path_params["name"]
        if name not in _WORKER_OF:
            raise _Refused("there is no such job", 404, "not_found")
        data = await _body(request)
        _text(data, "text")
        _refuse_other_types(name, data)
        seconds = _SECONDS[name]
        if name == "cases":
            _cases(data)
            data["seconds"] = _CASES_SECONDS
        if name == "run":
            data["base_url"] = self._settings.base_url
            seconds = _MODEL_SECONDS if _source(data) == "model" else seconds
            data["timeout"] = seconds - 10 if _source(data) == "model" else None
        try:
            found = await _while_connected(request, self._workers[_WORKER_OF[name]].run(name, data, seconds=seconds))
        except JobStopped as stopped:
            return _answer({"error": str(stopped), "stopped": True})
        return _answer(found)

    async def stop(self, request: Request) -> Response:
        """Stop the current run."""
        self._workers["run"].stop()
        return _answer({})

    def _file(self, data: dict[str, Any]) -> OpenFile:
        named = {"spec": self._settings.spec, "cases": self._settings.cases}
        found = named.get(_text(data, "file"))
        if found is None:
            raise _Refused("no such file was named on the command line", 404, "not_found")
        return found


def application(settings: Settings, port: int) -> Starlette:
    """Create the ASGI application of a playground.

    Args:
        settings: The settings of the playground.
        port: The port of the server, which the Host header must contain.
    """
    playground = _Playground(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await playground.start()
        try:
            yield
        finally:
            await playground.close()

    def post(path: str, endpoint: _Endpoint) -> Route:
        return Route(path, endpoint, methods=["POST"])

    hosts = frozenset(f"{name}:{port}" for name in (HOST, "localhost"))
    return Starlette(
        routes=[
            Route("/", playground.page),
            Route("/static/{name}", playground.static),
            post("/api/open", playground.opened),
            post("/api/version", playground.version),
            post("/api/save", playground.save),
            post("/api/stop", playground.stop),
            post("/api/job/{name}", playground.job),
        ],
        middleware=[
            Middleware(SecurityHeaders, content_security_policy=policy()),
            Middleware(Access, hosts=hosts, token=settings.token),
            Middleware(BodyLimit, size=_MOST),
        ],
        exception_handlers={
            _Refused: _refused,
            InputError: _refused,
            ClientDisconnect: _gone,
        },
        lifespan=lifespan,
    )


async def _refused(request: Request, error: Exception) -> Response:
    return error_response(getattr(error, "status", 400), str(error), getattr(error, "code", "invalid"))


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=204)


def _answer(value: Any, status: int = 200) -> Response:
    """Return a response of JSON in ASCII: text from a file or a model may contain half of a surrogate pair."""
    return Response(json.dumps(value), status, media_type="application/json")


async def _body(request: Request) -> dict[str, Any]:
    """Read the JSON object of a request."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise _Refused("a request holds application/json", 415)
    try:
        data = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise _Refused("the request is not JSON") from None
    if not isinstance(data, dict):
        raise _Refused("the request is not a JSON object")
    return data


def _text(data: dict[str, Any], name: str) -> str:
    found = data.get(name)
    if not isinstance(found, str):
        raise _Refused(f"{name} is a text")
    return found


_TYPES_OF: dict[str, tuple[type, str]] = {
    "offset": (int, "a whole number"),
    "variables": (dict, "an object"),
    "metadata": (dict, "an object"),
    "name": (str, "a text"),
}
"""Maps a member of a job's data to its type."""


def _refuse_other_types(job: str, data: dict[str, Any]) -> None:
    """Raise _Refused if a member of a job's data has another type than the page sends. A null one is removed."""
    for name, (kind, words) in _TYPES_OF.items():
        if data.get(name) is None:
            data.pop(name, None)
        elif not isinstance(data[name], kind):
            raise _Refused(f"{name} is {words}")
    if job in ("complete", "hover") and "offset" not in data:
        raise _Refused("offset is missing")
    if data.get("target", TARGETS[0]) not in TARGETS:
        raise _Refused(f"target is one of {', '.join(TARGETS)}")


def _source(data: dict[str, Any]) -> str:
    """Return the source of a run's answers. A model is named by its service: no name may refer to a file of this
    machine.
    """
    source = data.get("source")
    if not isinstance(source, dict):
        raise _Refused("source is an object")
    for kind in ("model", "as_model"):
        scheme = str(source.get(kind, "")).partition(":")[0].strip()
        if scheme in ("replay", "local"):
            raise _Refused(f"{scheme}: names a file of this machine; start railguard play with --cassette FILE instead")
    for kind in ("model", "cassette"):
        if kind in source:
            _text(source, kind)
            return kind
    answers = source.get("answers")
    if not isinstance(answers, list) or not answers or not all(isinstance(one, str) for one in answers):
        raise _Refused("answers is a list of texts, and not empty")
    return "answers"


def _cases(data: dict[str, Any]) -> None:
    cases = data.get("cases")
    if not isinstance(cases, list) or not all(
        isinstance(one, dict) and isinstance(one.get("answer"), str) for one in cases
    ):
        raise _Refused("cases is a list of objects, each with an answer that is a text")
    for one in cases:
        paths = one.get("paths")
        if not isinstance(one.get("passes", True), bool):
            raise _Refused("passes is true or false")
        if paths is not None and not (isinstance(paths, list) and all(isinstance(path, str) for path in paths)):
            raise _Refused("paths is a list of texts")


async def _read(file: OpenFile | None) -> dict[str, Any] | None:
    if file is None:
        return None
    return {"name": file.name, "path": file.path, **_version(await asyncio.to_thread(file.read))}


def _version(version: Version) -> dict[str, Any]:
    return {"text": version.text, "version": version.id}


async def _while_connected(request: Request, work: Awaitable[Any]) -> Any:
    """Return the result of some work, which is cancelled when the page disconnects."""
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=0.5)
            if not task.done() and await request.is_disconnected():
                task.cancel()
        return task.result()
    except asyncio.CancelledError:
        raise ClientDisconnect from None
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, JobStopped):
            await task

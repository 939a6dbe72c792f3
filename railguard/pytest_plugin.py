"""The pytest plugin: test doubles of models as fixtures, recorded conversations, and a way to refuse requests to real
models.

pytest imports this in every suite where railguard is installed. So nothing of railguard is imported at its top, and a
suite that uses none of its features is not changed.

    @pytest.mark.railguard                        requests to models are refused in this test
    @pytest.mark.railguard(cassette="a.jsonl")    and replayed_model answers from this file, next to the test's
    @pytest.mark.railguard(requests="allow")      not here, whatever the ini says

    railguard_requests = refuse                   in the ini: in all tests
    --railguard-record=none|once|all              whether replayed_model asks the real model, and writes the cassette

A file `fees.cases.jsonl` next to a spec `fees.rail` is collected; each of its lines is a test (not with
`railguard_cases = ignore` in the ini).
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from railguard import Guard
    from railguard.spectest import Case
    from railguard.testing import ScriptedModel

__all__: list[str] = []

_MODEL_API = re.compile(
    r"/(chat/completions|completions|responses|messages|converse(-stream)?|invoke(-with-response-stream)?)/?$"
    r"|:(stream)?generate_?content$|/api/(chat|generate)/?$",
    re.IGNORECASE,
)
"""Paths of the APIs of models: OpenAI's and compatible ones, Anthropic's, Google's, Bedrock's, Ollama's."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the ini keys."""
    group = parser.getgroup("railguard")
    group.addoption(
        "--railguard-record",
        choices=("none", "once", "all"),
        default="none",
        help="ask real models and write cassettes: never (none), those that are missing (once), or all of them anew (all)",
    )
    parser.addini("railguard_requests", "refuse: no test may send a request to a model", default="allow")
    parser.addini("railguard_cases", "ignore: do not collect files of cases beside specs", default="collect")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker. An ini value other than the allowed ones is an error."""
    config.addinivalue_line(
        "markers",
        "railguard(cassette=None, requests='refuse'): refuse requests to models in this test; "
        "cassette: the file that replayed_model answers from",
    )
    if config.getini("railguard_requests") not in ("allow", "refuse"):
        raise pytest.UsageError(f"railguard_requests is allow or refuse, not {config.getini('railguard_requests')!r}")
    if config.getini("railguard_cases") not in ("collect", "ignore"):
        raise pytest.UsageError(f"railguard_cases is collect or ignore, not {config.getini('railguard_cases')!r}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a marker with other arguments than its own: a misspelled one would let requests pass."""
    for item in items:
        for marker in item.iter_markers("railguard"):
            unknown = [*map(repr, marker.args), *(f"{name}=" for name in marker.kwargs if name not in _OF_MARKER)]
            if unknown:
                raise pytest.UsageError(
                    f"{item.nodeid}: the marker railguard takes cassette= and requests=, not {unknown[0]}"
                )
            says = marker.kwargs.get("requests", "refuse")
            if says not in ("allow", "refuse"):
                raise pytest.UsageError(
                    f"{item.nodeid}: requests= of the marker railguard is allow or refuse, not {says!r}"
                )


_OF_MARKER = ("cassette", "requests")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> _CaseFile | None:
    """Collect a file of cases that is next to a spec."""
    if not file_path.name.endswith(".cases.jsonl") or parent.config.getini("railguard_cases") == "ignore":
        return None
    from railguard.spectest import spec_beside

    if spec_beside(file_path) is None:
        return None
    collected: _CaseFile = _CaseFile.from_parent(parent, path=file_path)
    return collected


class _CaseFile(pytest.File):
    """A file of cases: each line is a test."""

    def collect(self) -> Iterator[_CaseItem]:
        """Yield the cases of the file. Raises CollectError if a line is not a case."""
        from railguard import RailguardError
        from railguard.cli.specs import guard
        from railguard.spectest import read_cases, spec_beside

        spec = spec_beside(self.path)
        try:
            loaded, cases = guard(str(spec)), read_cases(self.path)
        except RailguardError as error:
            raise self.CollectError(str(error)) from error
        for case in cases:
            item: _CaseItem = _CaseItem.from_parent(self, name=case.name, guard=loaded, case=case)
            yield item


class _CaseItem(pytest.Item):
    """One case: its answer must get the expected verdict."""

    def __init__(self, *, guard: Guard[Any], case: Case, **options: Any) -> None:
        super().__init__(**options)
        self._guard = guard
        self._case = case

    def runtest(self) -> None:
        """Validate the answer. Fails with the differences from the expected verdict."""
        from railguard.spectest import run_case

        difference = run_case(self._guard, self._case).difference
        if difference:
            pytest.fail(f"{self._case.file}:{self._case.line}\n{difference}", pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the place of the case."""
        return self.path, self._case.line - 1, self.name


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Refuse requests from a test's first fixture to its last, if its marker or the ini requires it."""
    marker = item.get_closest_marker("railguard")
    says = item.config.getini("railguard_requests") if marker is None else marker.kwargs.get("requests", "refuse")
    if says != "refuse":
        return (yield)
    with _requests.refused():
        return (yield)


@pytest.fixture
def scripted_model() -> Callable[..., ScriptedModel]:
    """Make a model whose answers are written in the test: `scripted_model("first", "second")`.

    It returns them in order and records its requests in `requests`; see `railguard.testing.ScriptedModel`.
    """

    def make(*answers: Any, **options: Any) -> ScriptedModel:
        from railguard.testing import ScriptedModel

        return ScriptedModel(
            list(answers[0]) if len(answers) == 1 and isinstance(answers[0], list) else answers, **options
        )

    return make


@pytest.fixture
def replayed_model(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Make a model that answers from a cassette: `replayed_model("openai:gpt-5")`.

    With --railguard-record=once (if there is no cassette) or all, the named model is asked, and the cassette is
    written; it is kept if the test passes. Otherwise no model is asked, and requests to models are refused. The
    cassette is the marker's, or `cassettes/MODULE/TEST.jsonl` next to the test's file; `cassette=` names another one.
    """
    from railguard import RecordingModel, ReplayModel

    how = request.config.getoption("--railguard-record")
    recorded: list[tuple[str, Path]] = []
    taken: set[Path] = set()

    def make(model: Any = None, *, cassette: str | os.PathLike[str] | None = None) -> Any:
        path = _cassette(request, cassette)
        if path in taken:
            raise pytest.UsageError(f"{path} is a cassette of this test already; name another with cassette=")
        taken.add(path)
        if how == "none" or (how == "once" and path.exists()):
            if not path.exists():
                pytest.fail(
                    f"there is no cassette {path}; ask the model and write it with --railguard-record=once",
                    pytrace=False,
                )
            return ReplayModel(path)
        if model is None:
            pytest.fail("to record, name the model: replayed_model('openai:gpt-5')", pytrace=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = f"{path}.part"
        recorded.append((part, path))
        return RecordingModel(model, part)

    with _requests.refused() if how == "none" else _requests.allowed():
        yield make
    failed = getattr(request.node, "_railguard_failed", False)
    for part, path in recorded:
        if failed or os.path.getsize(part) == 0:
            os.remove(part)
        else:
            os.replace(part, path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Remember that a test failed: its recording is then discarded."""
    report = yield
    if report.when == "call" and report.failed:
        item._railguard_failed = True  # type: ignore[attr-defined]  # pytest's way to pass a test's result to a fixture
    return report


def _cassette(request: pytest.FixtureRequest, named: str | os.PathLike[str] | None) -> Path:
    folder = request.path.parent
    marker = request.node.get_closest_marker("railguard")
    named = named or (marker.kwargs.get("cassette") if marker is not None else None)
    if named is not None:
        return folder / named
    test = re.sub(r"[^\w.-]+", "-", request.node.name).strip("-")
    return folder / "cassettes" / request.path.stem / f"{test}.jsonl"


class _Requests:
    """Refuses or allows requests to models in the HTTP clients that model SDKs use: httpx, httpx2 and aiohttp."""

    def __init__(self) -> None:
        self._says: list[bool] = []  # the innermost setting counts

    @contextmanager
    def refused(self) -> Iterator[None]:
        """Refuse requests inside this context."""
        with pytest.MonkeyPatch.context() as patch:
            if not self._says:
                self._install(patch)
            self._says.append(False)
            try:
                yield
            finally:
                self._says.pop()

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Allow requests inside this context, also inside of `refused`."""
        self._says.append(True)
        try:
            yield
        finally:
            self._says.pop()

    def _install(self, patch: pytest.MonkeyPatch) -> None:
        for name in ("httpx", "httpx2"):
            if importlib.util.find_spec(name) is None:
                continue
            client = importlib.import_module(name)
            self._wrap(patch, client.HTTPTransport, "handle_request", lambda request: request.url)
            self._wrap(patch, client.AsyncHTTPTransport, "handle_async_request", lambda request: request.url)
        if importlib.util.find_spec("aiohttp") is not None:
            client = importlib.import_module("aiohttp")
            self._wrap(patch, client.ClientSession, "_request", lambda method, url, **_: url)

    def _wrap(self, patch: pytest.MonkeyPatch, cls: Any, name: str, url_of: Callable[..., Any]) -> None:
        send = getattr(cls, name)

        def checked(client: Any, *args: Any, **kwargs: Any) -> Any:
            url = str(url_of(*args, **kwargs))
            if self._says and not self._says[-1] and _MODEL_API.search(url.partition("?")[0]):
                # An exception of pytest's own kind: no client's retry and no `except Exception` catches it.
                pytest.fail(f"a request to a model was refused: {url.partition('?')[0]}", pytrace=False)
            return send(client, *args, **kwargs)

        patch.setattr(cls, name, checked)


_requests = _Requests()

"""Only the page that this run gave out may use the playground, and only on this machine."""

from __future__ import annotations

import httpx
import pytest

from tests.play.conftest import Playground


def _error(response: httpx.Response) -> str:
    return str(response.json()["error"]["message"])


def test_the_page_comes_without_a_token_and_may_load_and_send_nothing_elsewhere(playground: Playground) -> None:
    page = httpx.get(playground.address, trust_env=False)
    policy = page.headers["content-security-policy"]
    assert page.status_code == 200
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy
    nonce = page.text.split('data-nonce="')[1].split('"')[0]
    assert f"'nonce-{nonce}'" in policy
    assert nonce not in httpx.get(playground.address, trust_env=False).text
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", ["api/open", "api/save", "api/version", "api/stop", "api/job/check", "api/job/run"])
def test_everything_else_needs_the_token(playground: Playground, path: str) -> None:
    for token in (b"", b"guessed", b"\xe9"):
        headers = {b"x-railguard-token": token}
        answer = httpx.post(playground.address + path, json={}, headers=headers, trust_env=False)
        assert answer.status_code == 401
        assert "railguard play printed" in _error(answer)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1.evil.example", ""])
def test_another_name_for_this_machine_is_refused(playground: Playground, host: str) -> None:
    assert playground.post("api/open", host=host).status_code in (400, 421)
    assert httpx.get(playground.address, headers={"host": host}, trust_env=False).status_code in (400, 421)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
    ],
)
def test_another_site_is_refused_even_with_the_token(playground: Playground, headers: dict[str, str]) -> None:
    assert playground.post("api/open", **headers).status_code == 403


def test_a_link_from_another_site_opens_the_page(playground: Playground) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert httpx.get(playground.address, headers=headers, trust_env=False).status_code == 200


def test_a_form_of_another_site_could_not_write_what_is_read_here(playground: Playground) -> None:
    sent = playground.client.post("api/job/check", content=b'{"text": ""}', headers={"content-type": "text/plain"})
    assert sent.status_code == 415


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"1", b"[" * 100_000])
def test_what_is_no_object_is_refused(playground: Playground, body: bytes) -> None:
    sent = playground.client.post("api/job/check", content=body, headers={"content-type": "application/json"})
    assert sent.status_code == 400


@pytest.mark.parametrize(
    "name",
    ["../app.py", "..%2fapp.py", "%2e%2e%2fapp.py", "..%5capp.py", "%2e%2e", "index.html", "nothing.js", "a%00.js"],
)
def test_nothing_but_the_files_of_the_page_is_served(playground: Playground, name: str) -> None:
    address = httpx.URL(playground.address).copy_with(raw_path=f"/static/{name}".encode())
    assert playground.client.get(address).status_code == 404


def test_a_file_that_was_not_named_can_be_neither_read_nor_written(playground: Playground) -> None:
    for file in ("own_validators.py", "/etc/passwd", "../fees.rail", ""):
        assert playground.post("api/version", {"file": file}).status_code == 404
        assert playground.post("api/save", {"file": file, "text": "", "version": ""}).status_code == 404


@pytest.mark.parametrize("name", ["replay:/etc/passwd", "local:/etc", " replay:conversation.jsonl"])
@pytest.mark.parametrize("member", ["model", "as_model"])
def test_a_model_whose_name_leads_to_a_file_is_refused(playground: Playground, member: str, name: str) -> None:
    source = {"answers": ["{}"], member: name}
    answer = playground.post("api/job/run", {"text": "<rail/>", "source": source})
    assert answer.status_code == 400
    assert "--cassette" in _error(answer)


def test_a_text_is_never_taken_for_the_name_of_a_file(playground: Playground) -> None:
    path = str(playground.folder / "fees.rail")
    (problem,) = playground.post("api/job/check", {"text": path}).json()["problems"]
    assert problem["code"] == "text-before-document"
    assert "error" in playground.post("api/job/prompt", {"text": path}).json()

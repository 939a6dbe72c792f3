"""secrets: a text without keys, tokens and passwords. No secret here is one, and none is written in one piece."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from railguard import SpecError
from railguard.testing.laws import check_validator
from railguard.validation import registry
from railguard_validators._safety import secret_shapes
from railguard_validators.secrets import secrets

DATA = Path(__file__).parent / "data" / "secrets.jsonl"
_MARK = re.compile(r"⟦(.*?)⟧", re.DOTALL)
OPENAI = "sk-" + "a1B2c3D4e5" * 5
GITHUB = "ghp" + "_" + "a1B2c3D4e5" * 4


def labelled(split):
    """(text, [(start, end)]) of the cases of one half. A secret stands as ⟦…⟧ in them, cut by ¦ so that it is none."""
    for line in DATA.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["split"] != split:
            continue
        text, found = "", []
        for number, part in enumerate(_MARK.split(case["text"].replace("¦", ""))):
            if number % 2:
                found.append((len(text), len(text) + len(part)))
            text += part
        yield text, found


def measured(engine):
    """(precision, recall) on the held half: a secret is found if nothing of it is left over."""
    found = wrong = missed = 0
    for text, wanted in labelled("held"):
        result = secrets(engine).run(text)
        spans = result.spans if result else ()
        hits = [one for one in wanted if any(start <= one[0] and one[1] <= end for start, end in spans)]
        found, missed = found + len(hits), missed + len(wanted) - len(hits)
        wrong += sum(not any(start < b and a < end for a, b in wanted) for start, end in spans)
    return found / (found + wrong), found / (found + missed)


@pytest.mark.parametrize("engine", ["patterns", "detect-secrets"])
def test_measured_on_the_half_that_it_was_not_tuned_on_it_is_as_good_as_its_documentation_says(engine):
    precision, recall = measured(engine)
    said = f'with "{engine}" precision {precision:.2f}, recall {recall:.2f}'
    assert said in " ".join(secrets.description.split())


def test_the_labelled_set_is_large_halved_by_the_line_and_half_of_it_has_nothing_to_find():
    lines = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    assert len(lines) >= 150
    assert all(line["split"] == ("held" if number % 2 else "tune") for number, line in enumerate(lines))
    assert 0.4 < sum("⟦" in line["text"] for line in lines) / len(lines) < 0.6


def test_every_labelled_text_is_mended_to_one_that_passes():
    for engine in ("patterns", "detect-secrets"):
        rule = secrets(engine)
        for split in ("tune", "held"):
            for text, _ in labelled(split):
                result = rule.run(text)
                assert result is None or rule.run(result.fix) is None


@pytest.mark.parametrize("engine", ["patterns", "detect-secrets"])
def test_it_keeps_the_laws(engine):
    check_validator(
        secrets(engine),
        passing=["", "password: ${X}", "eyJ", "eyJ-", "://a:", "Bearer <token>", "api_key = ", "sk-", "-----BEGIN "],
        failing=[
            OPENAI,
            f"x {GITHUB}",
            "password='Tr0ub4dor'",
            "a://b:c3kQz9@d",
            "-----BEGIN RSA " + "PRIVATE KEY-----",
            "Authorization: Bearer " + "a1B2c3D4e5" * 3,
        ],
        max_examples=60,
    )


@pytest.mark.parametrize(
    ("value", "kind", "fix"),
    [
        (f"key {OPENAI}.", "openai-key", "key [REDACTED:openai-key]."),
        (f"{GITHUB}, {GITHUB}", "github-token (2)", "[REDACTED:github-token], [REDACTED:github-token]"),
        ('password = "Tr0ub4dor&3"', "password", 'password = "[REDACTED:password]"'),
        ("postgres://a:Xk29vQ!plm@db", "url-password", "postgres://a:[REDACTED:url-password]@db"),
        (
            "a -----BEGIN EC " + "PRIVATE KEY-----\nMHcC\n-----END EC " + "PRIVATE KEY----- b",
            "private-key",
            "a [REDACTED:private-key] b",
        ),
        (
            "-----BEGIN RSA " + "PRIVATE KEY-----\n" + "Ab3" * 20 + "\n" + "Ab3" * 20 + "\nand so on",
            "private-key",
            "[REDACTED:private-key]\nand so on",
        ),
        (f"api_key={'q1W2e3R4t5' * 2}&page=2", "key", "api_key=[REDACTED:key]&page=2"),
    ],
)
def test_what_is_found_is_named_and_masked_and_not_repeated(value, kind, fix):
    result = secrets().run(value)
    assert (result.message, result.fix) == (
        f"The text must have no secrets; it has {kind}. Write a placeholder instead.",
        fix,
    )


def test_what_was_found_is_marked():
    assert secrets().run("pwd=Tr0ub4dor").spans == [(4, 13)]


@pytest.mark.parametrize(
    "value",
    [
        "d259b407-7661-4abc-985b-e06e06a6c02a",
        "commit 8f82f81a6082493b7d897bda0865b08f85f70f4b",
        "data:image/png;base64," + "iVBORw0KGgoA1b2C3" * 40,
        "token: d259b407-7661-4abc-985b-e06e06a6c02a",
        "author: Ada, tokenizer: cl100k, keyboard: de",
        "password: [REDACTED:password]",
        "passwords must be long",
        "postgres://user:password@localhost",
        "https://example.org:8080/@ada",
        "sk-learn-contrib-estimators-for-everyone",
        "eyJub3QiOiJhIn0.eyJqd3QiOiIifQ.",
    ],
)
def test_what_only_looks_like_one_passes(value):
    assert secrets().run(value) is None


@pytest.mark.parametrize("password", ["kJ8#mP2$vL9q", "Xk29%vQ!plm", "a9[Kz*3vPq", "Zq7{vv<w3K", "W7$vLqPz9"])
def test_a_password_may_have_the_signs_of_placeholders_in_it(password):
    assert secrets().run(f'password = "{password}"') is not None
    assert (
        secrets().run(f"DB_PASSWORD: {password.translate(str.maketrans('[{<', '!!!'))}") is not None
    )  # no quotes around it


@pytest.mark.parametrize(
    "value",
    [
        "${DB}",
        "$DB_PASS",
        "%PASS%",
        "%(password)s",
        "{{ pw }}",
        "p-{env.PW1}-x",
        "x1$DB_PASS",
        "$(get pw1)",
        "ab**12cd",
    ],
)
def test_a_place_for_one_passes(value):
    assert secrets().run(f'password = "{value}"') is None


def test_detect_secrets_knows_tokens_that_the_patterns_do_not():
    value = "cloudant_password = '" + "0a1b2c3d" * 8 + "'" + "\nAKC" + "p1Aa2Bb3Cc4"
    plugins, ours = secrets(engine="detect-secrets").run(value), secrets().run(value)
    assert len(plugins.spans) > len(ours.spans if ours else ())


def test_without_the_package_its_engine_is_refused_with_how_to_install_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SpecError) as caught:
        secrets(engine="detect-secrets")
    assert caught.value.problems[0].hint == "install it: pip install 'railguard[secrets]'"
    with pytest.raises(SpecError, match="engine"):
        secrets(engine="entropy")


def test_it_answers_to_its_name_in_guardrails_ai():
    assert all(registry.find_validator(name) is secrets for name in ["secrets_present", "detect-secrets"])


def test_it_reads_as_words_for_a_model():
    assert secrets().describe() == "without keys, tokens and passwords"


@pytest.mark.parametrize(
    "value",
    ["hunter2", "pass" + "word123", "Qwe" + "rty12345", "my-s3cret-" + "pass", "p@ss" + "!word9", "Test" + "User2023"],
)
@pytest.mark.parametrize("scheme", ["postgres", "mysql+pymysql", "redis", "amqps", "mongodb+srv"])
def test_a_password_in_a_url_is_found_whatever_words_it_is_made_of(value, scheme):
    text = f"{scheme}://admin:{value}@db.example.com/prod"
    assert secrets().run(text).fix == f"{scheme}://admin:[REDACTED:url-password]@db.example.com/prod"


@pytest.mark.parametrize(
    "value",
    ["password", "PASSWORD", "your-password", "my_secret_pw", "changeme", "admin", "guest", "…", "xxxx", "12345"],
)
def test_words_that_only_stand_in_for_a_password_pass(value):
    assert secrets().run(f"postgres://admin:{value}@db.example.com/prod") is None
    assert secrets().run(f'password = "{value}"') is None


def test_a_short_literal_in_quotes_is_a_password_where_its_name_says_so():
    assert secrets().run('pwd = "lx' + '123"').fix == 'pwd = "[REDACTED:password]"'
    assert secrets().run("self.password = password1") is None


def test_looking_only_around_what_a_secret_must_have_in_it_misses_nothing(monkeypatch):
    pick = random.Random(3)
    texts = [text for split in ("tune", "held") for text, _ in labelled(split)]
    pieces = " ".join(texts).split()
    texts += [" ".join(pick.choices(pieces, k=40)) for _ in range(200)]
    texts += [f"Authorization: Bearer {'a1B2c3D4e5' * 900} and more"]
    found = [secret_shapes.find(text) for text in texts]
    monkeypatch.setattr(secret_shapes, "_found", lambda pattern, text, *_: pattern.finditer(text))
    monkeypatch.setattr(secret_shapes, "_LITERAL_INSIDE", frozenset(secret_shapes._TOKENS))
    assert found == [secret_shapes.find(text) for text in texts]
    assert found[-1][0].end - found[-1][0].start == 9000
    assert sum(map(len, found)) > 300

"""Keys taken out of what is shown."""

from __future__ import annotations

import pytest

from railguard.llm.redaction import foreign_text, redact
from railguard.testing.growth import steep_growth


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("key sk-abcdef123456 end", "key [REDACTED:key] end"),
        ("sk-ant-api03-abc_def", "[REDACTED:key]"),
        ("Incorrect API key provided: sk-abc*****xyz.", "Incorrect API key provided: [REDACTED:key]"),
        ("AKIAIOSFODNN7EXAMPLE", "[REDACTED:key]"),
        ("AIzaSyA1234567890123456789012345678901", "[REDACTED:key]"),
        ("ghp_0123456789abcdef0123", "[REDACTED:key]"),
        ("xoxb-123456789-abc", "[REDACTED:key]"),
        ("hf_0123456789abcdef", "[REDACTED:key]"),
        ("gsk_0123456789abcdef", "[REDACTED:key]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "[REDACTED:jwt]"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer [REDACTED:credentials]"),
        ("Basic dXNlcjpwYXNz", "Basic [REDACTED:credentials]"),
        ("http://user:pass@host/", "http://[REDACTED:credentials]@host/"),
    ],
)
def test_what_has_the_shape_of_a_key_is_taken_out(text, wanted):
    assert redact(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "123e4567-e89b-12d3-a456-426614174000",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "the author of the tokenizer",
        "risk-assessment",
        "https://api.openai.com:443/v1",
        "ask-me-anything-now",
    ],
)
def test_what_only_resembles_one_stays(text):
    assert redact(text) == text


def test_a_known_secret_of_any_shape_is_taken_out():
    assert redact("a hunter2 b", ["hunter2", ""]) == "a [REDACTED:key] b"


def test_a_quotation_is_short_on_one_line_and_without_control_characters():
    assert foreign_text(" a\n\tb\x1b[0m\u202ec ") == "a b [0m c"
    assert foreign_text("x" * 500) == "x" * 500
    assert foreign_text("x" * 501) == "x" * 499 + "…"


@pytest.mark.parametrize("at", range(65_520, 65_540))
def test_no_cut_leaves_a_piece_of_a_secret(at):
    text = "hunter2hunter2" * 4681
    text = text[: at - 7] + "hunter2secret" + "x" * 100
    assert "hunter2sec" not in foreign_text(text, ["hunter2secret", "hunter2"])
    assert "hun" not in foreign_text("hunter2secret" * 10_000, ["hunter2secret"])


@pytest.mark.parametrize(
    "piece",
    ["eyJ-", "sk-", "://", "://a:", "Bearer ", "AKIA"],
)
def test_hostile_text_takes_linear_time(piece):
    assert steep_growth(redact, lambda n: piece * n) is None

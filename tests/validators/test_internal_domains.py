"""internal-domains: a text that names no host of one's own network."""

from __future__ import annotations

import os
import random

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard.validation import registry
from railguard_validators._safety.links import under
from railguard_validators._text.folding import folded
from railguard_validators.internal_domains import _DOTS, _HOST, _PRIVATE, internal_domains


def test_it_keeps_the_laws():
    check_validator(
        internal_domains(["acme.com"], allow=["www.acme.com"]),
        passing=["", "www.acme.com", "acme.com.example.org", "acme", "notacme.com"],
        failing=["acme.com", "ann@hr.acme.com", "https://x.acme.com/a", "wiki[.]acme[.]com", "ACME.COM"],
    )


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("See http://wiki/start.", "wiki"),
        ("on http://build-7.corp:8080/", "build-7.corp"),
        ("mail ann@build.corp now", "build.corp"),
        ("db-1.prod.internal", "db-1.prod.internal"),
        ("at wiki[.]acme[.]internal", "wiki[.]acme[.]internal"),
        ("at wiki (dot) acme (dot) internal", "wiki (dot) acme (dot) internal"),
        ("Ｗiki.acme.ｉnternal", "Ｗiki.acme.ｉnternal"),
        ("wiki.ac\u200bme.internal", "wiki.ac\u200bme.internal"),
        ("the printer.LAN.", "printer.LAN"),
    ],
)
def test_hosts_of_private_networks_are_found_by_default(text, host):
    result = internal_domains().run(text)
    assert [text[start:end] for start, end in result.spans] == [host]
    assert result.message.startswith("The text must not name hosts of internal domains; it names ")
    assert result.fix is UNSET


@pytest.mark.parametrize(
    "text",
    ["the .env.local file", "settings.local.json", "the local market", "ann@corp.com", "internal", "x.corporation"],
)
def test_what_only_looks_like_one_passes(text):
    assert internal_domains().run(text) is None


def test_named_domains_take_the_place_of_the_usual_ones_and_hosts_may_be_allowed():
    rule = internal_domains(["*.Acme.com"], allow=["www.acme.com"])
    assert rule.run("printer.lan, www.acme.com, m.www.acme.com, http://wiki/") is None
    assert rule.run("acme.com and api.acme.com").spans == [(0, 8), (13, 25)]


@pytest.mark.parametrize(
    "arguments", [{"domains": []}, {"domains": ["https://a.b"]}, {"domains": [""]}, {"allow": ["a b"]}]
)
def test_what_is_no_domain_is_refused(arguments):
    with pytest.raises(SpecError):
        internal_domains(**arguments)


def test_it_answers_to_its_name_in_guardrails_ai():
    assert registry.find_validator("internal_domains") is internal_domains


def test_it_reads_as_words_for_a_model():
    assert internal_domains().describe() == "without hosts of internal domains"
    assert internal_domains(["b.com", "a.com"]).describe() == "without hosts of a.com, b.com"


@pytest.mark.parametrize("domains", [None, ["acme.com", "intern"], ["b.c"]])
def test_no_host_is_passed_over(domains):
    chance = random.Random(int(os.environ.get("RAILGUARD_SEED", "20261201")))
    names = ("a", "b", "c", "a.b", "b.c", "acme", "acme.com", "intern", "corp", "home", "arpa", "com", "x1", "é", "Ｂ")
    marks = (".", ".", "[.]", " (dot) ", "{", "://", "http://", "/", "-", "_", "@", ",", " ", "\u200b")
    rule, named, failed = internal_domains(domains), frozenset(domains or _PRIVATE), 0
    for _ in range(5000):
        text = "".join(chance.choice(names) + chance.choice(marks) for _ in range(chance.randint(1, 8)))
        hosts = [_DOTS.sub(".", host[0]) for host in _HOST._pattern.finditer(folded(text)[0])]
        internal = any(under(host, named) or (domains is None and "." not in host) for host in hosts)
        assert (rule.run(text) is not None) == internal, text
        failed += internal
    assert failed > 10

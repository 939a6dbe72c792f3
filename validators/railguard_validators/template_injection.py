"""template-injection: a text that a template engine does not execute."""

from __future__ import annotations

import re

from railguard import FailResult, validator
from railguard_validators._text.candidates import Candidates, beginning_in
from railguard_validators._wording import listed

# Of an expression: arithmetic on numbers, access to the language underneath, names that only attackers use.
_ATTACK = (
    r"(?:[0-9'\"]\s{0,3}\*\s{0,3}['\"]?[0-9]|[0-9]\s{0,3}[+\-/%]\s{0,3}[0-9]|__\w{2,30}__|\|\s{0,3}(?:attr|safe|system|filter|map|passthru|exec)\b|"
    r"\b(?:config|self|request|lipsum|cycler|joiner|namespace|get_flashed_messages|_self|app|settings)\s{0,3}(?:\.|\[|\}|\|)|"
    r"\bT\s{0,2}\(|\bjava\.|\bRuntime\b|getClass|\.class\b|forName|ProcessBuilder|freemarker|\bjndi:|\bexec\s{0,3}\(|\beval\s{0,3}\(|"
    r"\bimport\s{0,3}\(|constructor|prototype|\bsystem\s{0,3}\(|popen|subprocess|\bopen\s{0,3}\(|\benv[:.]|sys:|lower:|\bnew\s{1,3}\w{1,30}\s{0,2}\(|"
    r"#\w{1,20}\s{0,3}=|@\w{1,40}(?:\.\w{1,40}){1,8}@|dump\s{0,3}\()"
)
_INSIDE = r"[^{}\n]{0,200}?"
_SIGNS = {
    "an expression": (
        rf"\{{\{{{_INSIDE}{_ATTACK}",
        r"\{\{[^{}\n]{0,100}?\w\s{0,2}\([^{}\n]{0,200}\)[^{}\n]{0,100}\}\}",
        rf"[$#*@~]\{{{_INSIDE}{_ATTACK}",
        rf"\[\[\s{{0,5}}[$*#]\{{{_INSIDE}\}}",
        r"@\(\s{0,3}[0-9]{1,9}\s{0,3}[+*/-]\s{0,3}[0-9]",
        r"\$\{(?:\$\{|[a-z]{1,10}:)[^{}\n]{0,200}",
    ),
    "a statement": (
        r"\{%[-+]?\s{0,5}(?:for|if|elif|else|set|import|include|extends|macro|call|from|with|raw|print|autoescape|block|filter|do|load|debug)\b",
        r"<%[=\-#@!$]?\s{0,5}[^%\n]{1,200}%>",
        r"<#(?:assign|if|list|include|import|macro|function|setting)\b",
        r"\{php\}|\{(?:literal|include|fetch|math)\s",
        r"#(?:set|foreach|include|parse|evaluate)\s{0,3}\(\s{0,3}[$\"']",
        r"<\?(?:php|=)",
    ),
}
_PATTERNS = [(name, re.compile(pattern)) for name, patterns in _SIGNS.items() for pattern in patterns]
_CANDIDATES = Candidates(pattern for _, pattern in _PATTERNS)
_DELIMITER = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}|[$#*@~]\{|<%|%>|\[\[\s{0,3}[$*#@~]\{|<#|<\?|\$[A-Za-z_]")


class TemplateInjection:
    """Has no effect if a template engine executes it: no expression with arithmetic, calls or access to the language
    underneath, and no statement, in the delimiters of Jinja, Twig, Freemarker, Velocity, ERB, Thymeleaf, Smarty, Razor,
    Log4j and similar engines. A plain placeholder such as `{{ name }}` or `${HOME}` passes.

    strict: no template delimiter at all, so that plain placeholders fail too.

    Text about templates fails too. Put a value into a template's variables, never into the template itself.
    There is no fix.

    >>> template_injection().run("Dear {{ name }}, use ${HOME}, 50 % off")
    >>> template_injection().run("Hello {{7*7}}").message
    'The text must do nothing in a template; it has an expression: "{{7*7".'
    >>> template_injection(strict=True).run("Dear {{ name }}").message
    'The text must have no delimiter of templates; it has "{{".'
    """

    __slots__ = ("_strict", "prompt")

    def __init__(self, strict: bool = False) -> None:
        self._strict = strict
        self.prompt = "without delimiters of templates" if strict else "without expressions of a template"

    def __call__(self, value: str) -> FailResult | None:
        if self._strict:
            found = _DELIMITER.search(value)
            if found is None:
                return None
            return FailResult(
                f"The text must have no delimiter of templates; it has {listed([found[0]])}.", spans=[found.span()]
            )
        parts = _CANDIDATES.spans(value)
        for name, pattern in _PATTERNS if parts else ():
            found = next(beginning_in(parts, pattern, value), None)
            if found is not None:
                return FailResult(
                    f"The text must do nothing in a template; it has {name}: {listed([found[0].strip()])}.",
                    spans=[found.span()],
                )
        return None


template_injection = validator("template-injection", subject="Safety")(TemplateInjection)

"""sql-injection: a text that does not change an SQL statement that it is put into."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from railguard import FailResult, validator
from railguard_validators._text.candidates import Candidates, beginning_in
from railguard_validators._wording import listed

_GAP = r"(?:\s|/\*[^*]{0,40}\*/|\(){1,12}"
_ANY = r"(?:\s|/\*[^*]{0,40}\*/|\(){0,12}"
_SIGNS = {
    "a condition that is always true": (
        rf"(?:\b(?:or|and|xor)\b|\|\||&&){_ANY}(?:not{_GAP})?(?P<q>['\"])(?P<a>[^'\"\n]{{0,24}})(?P=q){_ANY}(?:=|<=>|like){_ANY}(?P=q)(?P=a)",
        rf"(?:\b(?:or|and|xor)\b|\|\||&&){_ANY}(?:not{_GAP})?(?P<n>[0-9]{{1,9}}){_ANY}(?:=|<=>|like){_ANY}(?P=n)(?![0-9.])",
        rf"['\"]\)*{_ANY}(?:\bor\b|\|\|){_ANY}(?:[0-9]{{1,9}}{_ANY}[<>]=?{_ANY}[0-9]|true\b|(?:not{_GAP})?(?:exists|null|false)\b|"
        r"[0-9]{1,9}\s{0,5}(?:--|#|;|\Z)|['\"][^'\"\n]{0,24}['\"]\s{0,5}(?:is\b|between\b|<>|!=|in\s{0,3}\())",
    ),
    "a second query": (
        rf"\bunion{_GAP}(?:(?:all|distinct){_GAP})?select{_GAP}(?:null\b|[0-9'\"@*]|\w{{1,40}}\s{{0,5}}(?:[,(]|\sfrom\b)|distinct\b|top\b)",
        rf"(?:['\"`)0-9]|\A)\s{{0,5}};\s{{0,10}}(?:(?:insert|merge|replace){_GAP}into|delete{_GAP}from|update{_GAP}[\w.\"`\[\]]{{1,60}}{_GAP}set|"
        rf"exec(?:ute)?{_GAP}(?:xp_|sp_|master|immediate|['@])|grant{_GAP}\w{{1,20}}{_GAP}(?:on|to)|shutdown\b|declare{_GAP}@|"
        rf"attach{_GAP}database|select{_GAP}[^;\n]{{1,80}}(?:\bfrom\b|\()|copy{_GAP}\w{{1,40}}{_GAP}(?:from|to)\b)",
        r";\s{0,10}(?:drop|alter|truncate|create)\s{1,5}(?:table|database|schema|view|user|procedure|login)\b",
        r"\bselect\b[^;\n]{1,200}?\bfrom\s{1,5}(?:information_schema|pg_catalog|sqlite_master|sys\.|mysql\.|all_tables)",
    ),
    "a comment that cuts off the rest": (
        r"['\"]\)*\s{0,5};?\s{0,5}(?:--[\s\-+]{0,5}\Z|#\s{0,5}\Z|/\*\s{0,5}\Z|;%00)",
        r"['\"]\)*\s{0,5};\s{0,5}--",
        r"/\*![0-9]{0,6}\s?\w",
    ),
    "a function of attackers": (
        r"(?:['\"(,]|\b(?:and|or|select|if|then|when)\b)\s{0,5}\(?\s{0,5}(?:sleep|pg_sleep|benchmark|randomblob)\s{0,3}\(\s{0,3}[0-9]",
        r"\bwaitfor\s{1,5}delay\s{0,5}['\"(]",
        r"\b(?:xp_cmdshell|sp_oacreate|xp_dirtree|sys_eval|dbms_pipe\.receive_message|utl_http\.request|dbms_ldap\.init|lo_import)\b",
        r"\b(?:load_file|extractvalue|updatexml)\s{0,3}\(\s{0,3}['\"0-9(cr]",
        r"\binto\s{1,5}(?:outfile|dumpfile)\s{1,5}['\"0@]",
    ),
}
_PATTERNS = [(name, re.compile(pattern, re.IGNORECASE)) for name, patterns in _SIGNS.items() for pattern in patterns]
_CANDIDATES = Candidates(pattern for _, pattern in _PATTERNS)
_WIDE = dict(zip("＇＂＝；ʼ‘’", "'\"=;'''", strict=True))


@validator("sql-injection", subject="Safety", prompt="without SQL that changes a statement it is put into")
def sql_injection(value: str) -> FailResult | None:
    """Does not have the marks of a text that breaks out of an SQL statement: a condition that is always true
    (`' OR '1'='1`), a UNION SELECT or a second statement behind a semicolon, a comment that cuts off what follows, a
    function that only attackers call. Comments as gaps, percent-encoding and full-width quotes are seen through.

    It is a net for values (names, search words), not for SQL as such, where the validator sql is right; and no reason
    to build statements by pasting: bound parameters are the defence. Names such as O'Brien, and prose about unions and
    tables, pass. There is no fix.

    >>> sql_injection().run("O'Brien; select a seat, drop the bag")
    >>> sql_injection().run("x' OR '1'='1").message
    'The text must not change an SQL statement; it has a condition that is always true: "OR \\'1\\'=\\'1".'
    """
    for text, marked in _readings(value):
        parts = _CANDIDATES.spans(text)
        for name, pattern in _PATTERNS if parts else ():
            found = next(beginning_in(parts, pattern, text), None)
            if found is not None:
                return FailResult(
                    f"The text must not change an SQL statement; it has {name}: {listed([found[0].strip()])}.",
                    spans=[found.span()] if marked else (),
                )
    return None


def _readings(value: str) -> list[tuple[str, bool]]:
    """(text, whether its offsets are those of the value)."""
    plain = value
    for wide, narrow in _WIDE.items():
        plain = plain.replace(wide, narrow)
    texts = [(plain, True)]
    if "%" in value:
        texts.append((unquote_plus(value, errors="replace"), False))
    return texts

"""Context cues: the words around a piece of an answer may show that it corrects an earlier one, is not the answer, is
one of several, or is taken back.

Before a piece only the sentence that introduces it is examined, at most 300 characters of it; after it at most 400, up
to the next piece.
"""

from __future__ import annotations

import re

from railguard.lazy import regex

__all__ = [
    "corrects",
    "disowns",
    "forbids",
    "has_words",
    "is_example",
    "is_part",
    "is_qualified",
    "name_before",
    "number_of",
    "offers_another",
    "scalars_before",
    "scalars_behind",
    "takes_back",
]

_CORRECTION = regex(
    r"\b(?:wait|actually|correct(?:ion|ed|ing)|sorry|apolog(?:y|ies|ize)|oops|mistake|instead|updated?|revised?|revision"
    r"|fix(?:ed)?|final(?:ly)?|improved|better version|scratch that)\b",
    re.IGNORECASE,
)
_DISOWNED = regex(
    r"\b(?:examples?|e\.g|for instance|input|not|never|don['’]t|doesn['’]t|confuse|wrong|incorrect|bad|invalid"
    r"|template|placeholder|format|schema|previous|original|before|draft|old|earlier|first (?:try|attempt|draft)"
    r"|instead of|rather than)\b|\b(?:of|than|from|replac(?:es|ing)|supersedes)\Z",
    re.IGNORECASE,
)
_ALTERNATIVE = regex(
    r"\b(?:if you|alternatively|alternative|another option|could also|can also|might also|otherwise|in case"
    r"|or(?! rather| better)|also|additional(?:ly)?|furthermore|continu(?:ed|ing|ation)"
    r"|(?:page|part|batch|chunk)\s+[0-9]{1,3})\b"
    r"|\b(?:option|choice|possibility|interpretation|scenario|candidate|answer)\s*#?(?:[0-9]{1,2}|[a-z]|one|two|three)"
    r"(?=\s*(?:\Z|[(—–:-]))",
    re.IGNORECASE,
)
_FORBIDDEN = regex(
    r"\b(?:do\s+not|don['’]t|would\s+not|wouldn['’]t|should\s+not|shouldn['’]t|must\s+not|never|not)\s+(?:simply\s+|just\s+)?"
    r"(?:answer|output|return|write|say|give|produce|respond|reply|use|send|call)(?:\s+(?:with|like|something|it|this))*\Z"
    r"|\b(?:answer|result|output|json)\s+(?:is|would\s+be)\s+not\Z",
    re.IGNORECASE,
)
_EXAMPLE = regex(
    r"\b(?:for\s+(?:example|instance)|e\.g|(?:an?|as|possible|following)\s+(?:[\w-]+\s+)?(?:example|sample|template))\b"
    r"|\b(?:would|will|could|might|should)\s+(?:then\s+)?(?:look|be)\s+(?:something\s+)?like\b"
    r"|\b(?:answer|respond|reply|output)\s+(?:something\s+)?like\Z|<(?:!--|examples?)\Z",
    re.IGNORECASE,
)
_MARK = regex(r"\[\s*(?:[0-9]{1,4}|[^\W\d_][\w .'-]{0,40})?\s*[\]}]|\{\s*\}")
_LONGEST_MARK = 50
_INTRODUCED = regex(
    r"(?:\A[\s>*_`\"'(]*|[:=→]|\b(?:is|are|was|were|be|equals?|returns?|returned|gives?|list|array))[\s*_`\"'(]*\Z",
    re.IGNORECASE,
)
_MEMBER = regex(r"[ \t]*(?:([-*+])[ \t]+)?(?:[\"']?([^\W\d][\w -]{0,60})[\"']?[ \t]*:[ \t]*)?[\"']\Z")
_SENTENCE_ENDS = regex(r"[ \t*_`\"')]*(?:\Z|[\r\n]|[.,;!](?:\s|\Z))")
_NUMBERED = regex(r"(?:\A|\s)(?:([^\W\d_][\w-]{0,30})\s+)?#?([0-9]{1,3})[.)]?\Z")
_TRIES = {"attempt", "draft", "iteration", "pass", "revision", "round", "step", "take", "try", "update", "version"}
_TAKEN_BACK = regex(
    r"(?:\A|[.!?;:)]\s|\n)[\s*_#>`)\]},.;:—–-]*+"
    r"(?:(?:correction|edit|erratum|oops|whoops|wait|hold\s+on|scratch\s+that|never\s?mind|actually|sorry)[*_]*\s*(?:[:,.!…—–-]|\Z)"
    r"|(?:(?:oops|actually|sorry|wait|please|no)[,:]?\s+)*(?:ignore|disregard|forget|discard|scratch)\s+"
    r"(?:that|this|it|(?:the|my)\s+(?:above|previous|first|json|answer|output)[\w ]{0,30})\s*(?:[.,;:!—–-]|\Z))"
    r"|\bI\s+(?:was\s+(?:wrong|mistaken)|(?:have\s+|['’]ve\s+)?made\s+(?:a|an)\s+(?:mistake|error)|take\s+(?:that|it)\s+back"
    r"|miscounted|miscalculated)\b|\bmy\s+mistake\b",
    re.IGNORECASE,
)
_SAID_WRONG = regex(
    r"[\s`*_)\]}.,;:—–-]*(?:(?:but|and|though|which|that|this|it|would|however)[ ,]+){0,3}"
    r"(?:is|was|would\s+be|looks|isn['’]t|wasn['’]t)\s+(?:(?:obviously|clearly|probably|of\s+course)\s+)?"
    r"(?:wrong|incorrect|invalid|mistaken|inaccurate|unacceptable|false|not\s+valid|(?:not\s+)?(?:quite\s+)?(?:correct|right)|not\s+(?:the|what|my)\b)",
    re.IGNORECASE,
)
_SAID_RIGHT = regex(r"\b(?:is|was|would\s+be|looks)\s+(?:quite\s+)?(?:correct|right)\b", re.IGNORECASE)
_NO_WORD = r"[\s,;`~\]}]++|\b(?i:and)\b|(?<=[`~])[A-Za-z]\w{0,20}|</?[A-Za-z][\w-]{0,40}>"
_NO_WORDS = regex(rf"(?:{_NO_WORD})*+")
_ONE_SCALAR = r"-?[0-9]++(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?|true|false|null|\"(?:[^\"\\\n]|\\.)*+\""
_SCALAR = regex(rf"(?<![^\s,;`~])({_ONE_SCALAR})(?![^\s,;`~\]}}])|{_NO_WORD}")
_SCALAR_BEHIND = regex(rf"(?:{_NO_WORD})*+(?:{_ONE_SCALAR})")
_SCALAR_ENDS = ("true", "false", "null", "and", *'0123456789",;`~')
_FENCE = regex(r"[`~]{3,}[ \t]*\w*\s*\Z")
_NEXT = regex(r"[{\[]")
_SENTENCE_END = regex(r"[.!?;]\s|\n")


def corrects(between: str) -> bool:
    """Whether the words between two pieces show that the second corrects the first."""
    return _CORRECTION.search(between[-600:]) is not None


def disowns(text: str, start: int) -> bool:
    """Whether the words before the piece at `start` show that it is not the answer: an example, the input, an error.

    >>> text = 'For the input {"a": 1}: {"a": 2}'
    >>> disowns(text, 14), disowns(text, 24)
    (True, False)
    """
    return _DISOWNED.search(_lead(text, start)) is not None


def offers_another(text: str, start: int) -> bool:
    """Whether the words before the piece at `start` introduce it as one of several choices, or as a continuation."""
    return _ALTERNATIVE.search(_lead(text, start)) is not None


def forbids(text: str, start: int) -> bool:
    """Whether the words before the piece at `start` show that this must not be the answer."""
    return _FORBIDDEN.search(_lead(text, start)) is not None


def has_words(text: str, start: int, end: int) -> bool:
    """Whether there are words between two pieces, which may say what each is. "and", a tag, a fence and a bracket say nothing.

    >>> text = '{"a": 1} and {"a": 2}, then: {"a": 3}'
    >>> has_words(text, 8, 13), has_words(text, 21, 29)
    (False, True)
    """
    return _NO_WORDS.fullmatch(text, start, end) is None


def is_example(text: str, start: int) -> bool:
    """Whether the words before the piece at `start` show that it is an example of an answer."""
    return _EXAMPLE.search(_lead(text, start)) is not None


def is_part(text: str, start: int, end: int) -> bool:
    """Whether a piece is a part of a sentence or of a quoted text, and no answer: nothing, or one number or word in
    brackets, which is a reference, a label or a subscript; or anything behind other words in the same quotes.

    >>> is_part("As in [1], it holds.", 6, 9), is_part("The answer is [1].", 14, 17)
    (True, False)
    >>> is_part('name: "see [1, 2]"', 11, 17)
    True
    """
    lead = _line_before(text, start)
    if '"' in lead or "'" in lead:
        if lead[max(lead.rfind("}"), lead.rfind("]")) + 1 :].count('"') % 2 and lead.rstrip()[-1:] != '"':
            return True
        if (member := _MEMBER.match(lead)) is not None and member[1] and not member[2]:
            return True  # an item in quotes, of a list as YAML or Markdown writes it
    if end - start > _LONGEST_MARK or _MARK.fullmatch(text, start, end) is None:
        return False
    return _INTRODUCED.search(lead) is None or _SENTENCE_ENDS.match(text, end) is None


def name_before(text: str, start: int) -> str:
    r"""Return the name for which the line gives the piece at `start` in quotes, as YAML does; empty if there is none.

    >>> name_before('name: "{}"', 7), name_before('The answer is: "{}"', 16), name_before("b: {}", 3)
    ('name', 'The answer is', '')
    """
    if text[start - 1 : start] not in ("'", '"'):
        return ""
    member = _MEMBER.match(_line_before(text, start))
    return (member[2] or "") if member is not None else ""


def _line_before(text: str, start: int) -> str:
    """Return what is before a piece on its line."""
    return text[text.rfind("\n", 0, start) + 1 : start]


def is_qualified(text: str, start: int, end: int) -> bool:
    """Whether the words around the only piece in brackets, or other values beside it, cast doubt on it as the answer."""
    lead = _lead(text, start)
    return (
        _FORBIDDEN.search(lead) is not None
        or _EXAMPLE.search(lead) is not None
        or takes_back(text, end)
        or is_part(text, start, end)
        or bool(name_before(text, start))
        or (lead.endswith(_SCALAR_ENDS) and bool(scalars_before(text, 0, start)))
        or (_SCALAR_BEHIND.match(text, end) is not None and bool(scalars_behind(text, end, len(text))))
    )


def number_of(text: str, start: int) -> tuple[str, int] | None:
    """Return the noun and the number of the piece at `start` in an enumeration: `Person 2:`, `2.`; None for a piece
    without them, and for one of several attempts at the same.

    >>> text = 'Person 1: {"a": 1} Draft 2: {"a": 2}'
    >>> number_of(text, 10), number_of(text, 28)
    (('person', 1), None)
    """
    match = _NUMBERED.search(_lead(text, start))
    if match is None or (match[1] or "").lower() in _TRIES:
        return None
    return (match[1] or "").lower(), int(match[2])


def scalars_before(text: str, since: int, start: int) -> list[str]:
    """Return the JSON scalars that no word describes directly before the piece at `start`: they are between separators,
    on lines that hold nothing else.

    >>> scalars_before('The items: 1\\nnull, "x"\\n {"a": 2}', 0, 24)
    ['null', '"x"']
    """
    found: list[str] = []
    while start > since:
        line = max(text.rfind("\n", since, start), since)
        if (scalars := _scalars_in(text, line, start)) is None:
            break
        found += reversed(scalars)
        start = line
    return found[::-1]


def scalars_behind(text: str, end: int, until: int) -> list[str]:
    """Return the JSON scalars that no word describes directly behind the piece that ends at `end`."""
    found: list[str] = []
    while end < until:
        line = text.find("\n", end + 1, until)
        line = line if line >= 0 else until
        if (scalars := _scalars_in(text, end, line)) is None:
            break
        found += scalars
        end = line
    return found


def _scalars_in(text: str, start: int, end: int) -> list[str] | None:
    """Return the scalars in a part of a text; None if it holds words as well."""
    found = list[str]()
    while start < end:
        match = _SCALAR.match(text, start, end)
        if match is None:
            return None
        if match[1]:
            found.append(match[1])
        start = match.end()
    return found


def takes_back(text: str, end: int) -> bool:
    """Whether the words after the piece that ends at `end`, up to the next one, take it back or correct it.

    >>> takes_back('{"a": 1} is wrong.', 8), takes_back('{"a": 1}: the first one is wrong.', 8)
    (True, False)
    """
    behind = _NEXT.split(text[end : end + 400], maxsplit=1)[0]
    said = _SAID_WRONG.match(behind)
    return _TAKEN_BACK.search(behind) is not None or (said is not None and _SAID_RIGHT.search(said.group()) is None)


def _lead(text: str, start: int) -> str:
    before = text[max(0, start - 300) : start]
    behind = max(before.rfind(mark) for mark in "}]") + 1  # the piece before this one
    said = _FENCE.sub("", before[behind:])
    lead = said.rstrip(" \t\r\n:*_(>")
    sentences = _SENTENCE_END.split(lead)
    # A line that began with a piece belongs to that piece.
    return "" if behind and len(sentences) == 1 and "\n" in said[len(lead) :] else sentences[-1]

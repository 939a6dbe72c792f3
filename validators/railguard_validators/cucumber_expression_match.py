"""cucumber-expression-match: a text matches a Cucumber Expression."""

from __future__ import annotations

import re

from railguard import FailResult, validator
from railguard import pattern as compiled

_TYPES = {
    "int": r"-?\d+",
    "float": r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:E[-+]?\d+)?",
    "word": r"[^\s]+",
    "string": r"""(?:"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*')""",
    "": r".*",
}
_MEANING = {
    "int": "{int} a whole number",
    "float": "{float} a decimal number",
    "word": "{word} a word without spaces",
    "string": "{string} a text in quotes",
    "": "{} anything on one line",
}
_TOKEN = re.compile(r"\\(?P<escaped>[\s(){}/\\])|(?P<sign>[(){}/\\])|(?P<space>\s)|(?P<text>[^\s(){}/\\]+)")
_SYNTAX = re.compile(r"[\\^$.*+?()\[\]{}|/]")
_NAME = re.compile(r"[^\s()\[\]{}$.|?*+/\\]*")
_OPTIONAL = "words in ( ) may be left out"
_ALTERNATIVE = "of words with / between them one"


class CucumberExpressionMatch:
    """Matches `expression` as a whole, a Cucumber Expression by the grammar in ARCHITECTURE.md of the project
    cucumber-expressions: `{int}`, `{float}`, `{word}`, `{string}` (in single or double quotes), `{}` (anything on one
    line); `apple(s)`, where the part in brackets is optional; `apple/orange`, one of both, between spaces or
    parameters; and `\\\\` before ( { / \\\\ or a space, for the character itself. Everything else is literal text.
    Digits are those of ASCII. The types that only Java has (byte, bigdecimal …) are not supported. Invalid expressions
    are refused when the rule is made, and so are custom types that RE2 cannot run. There is no fix: many texts match.

    expression: the Cucumber Expression.
    parameter_types: further types, name → regular expression, as in {"colour": "red|blue"}.

    >>> cucumber_expression_match("I buy {int} apple(s)/pear(s)").run("I buy 3 pears")
    >>> cucumber_expression_match("I buy {int} apple(s)").run("I buy some apples").message
    'The whole text must match "I buy {int} apple(s)": {int} a whole number, words in ( ) may be left out.'
    """

    __slots__ = ("_match", "_message", "_regex", "prompt")

    def __init__(self, expression: str, parameter_types: dict[str, str] | None = None) -> None:
        types = dict(_TYPES)
        for name, regex in (parameter_types or {}).items():
            if name in types or not _NAME.fullmatch(name):
                raise ValueError(
                    f"{name!r} is no name for a type of your own; use another word, without ( ) / and the like"
                )
            compiled(regex)  # by itself, so that it cannot close a bracket of the whole
            types[name] = f"(?:{regex})"
        parsed = _Parser(expression, types)
        self._regex = f"^{parsed.regex}$"
        self._match = compiled(self._regex).search
        legend = ", ".join(parsed.used)
        self._message = f'The whole text must match "{expression}"' + (f": {legend}." if legend else ".")
        self.prompt = f'matches "{expression}"' + (f" ({legend})" if legend else "")

    def __call__(self, value: str) -> FailResult | None:
        return None if self._match(value) else FailResult(self._message)

    def constraint(self, json_type: str) -> dict[str, str] | None:
        """Return the regular expression that is equivalent to the expression."""
        return {"pattern": self._regex} if json_type == "string" else None


class _Parser:
    """Converts an expression to a regular expression. Between spaces and parameters in braces there are runs of text
    and optional text, each of which may have several alternatives.
    """

    def __init__(self, expression: str, types: dict[str, str]) -> None:
        self._tokens: list[tuple[str, str]] = [
            (found.lastgroup or "", found[found.lastgroup or 0]) for found in _TOKEN.finditer(expression)
        ]
        self._types = types
        self.used: dict[str, None] = {}
        parts: list[str] = []
        run: list[list[tuple[str, bool]]] = [[]]  # alternatives, each of pieces: (regex, whether it is optional)
        at = 0
        while at < len(self._tokens):
            kind, text = self._tokens[at]
            if kind == "space" or (kind, text) == ("sign", "{"):
                parts += [self._run(run), _escaped(text) if kind == "space" else ""]
                run = [[]]
                if text == "{":
                    piece, at = self._place(at)
                    parts.append(piece)
            elif (kind, text) == ("sign", "("):
                piece, at = self._optional(at)
                run[-1].append((piece, True))
            elif (kind, text) == ("sign", "/"):
                run.append([])
            elif (kind, text) == ("sign", "\\"):
                raise ValueError("\\ stands only before ( ) { } / \\ or a space; write \\\\ for the character itself")
            else:
                run[-1].append((_escaped(text), False))
            at += 1
        parts.append(self._run(run))
        self.regex = "".join(parts)

    def _run(self, alternatives: list[list[tuple[str, bool]]]) -> str:
        texts = ["".join(piece for piece, _ in pieces) for pieces in alternatives]
        if len(texts) == 1:
            return texts[0]
        if any(all(optional for _, optional in pieces) for pieces in alternatives):
            raise ValueError(
                "each alternative beside a / has text that is not optional; write \\/ for the character itself"
            )
        self.used[_ALTERNATIVE] = None
        return f"(?:{'|'.join(texts)})"

    def _optional(self, at: int) -> tuple[str, int]:
        """Parse `(text)` from its bracket on; also returns its end."""
        inner: list[str] = []
        for end in range(at + 1, len(self._tokens)):
            kind, text = self._tokens[end]
            if (kind, text) == ("sign", ")"):
                if not inner:
                    raise ValueError("( ) without text between; write \\( for the character itself")
                self.used[_OPTIONAL] = None
                return f"(?:{''.join(inner)})?", end
            if kind == "sign" and text != "}":
                raise ValueError(f"{text} in optional text; write \\{text} for the character itself")
            inner.append(_escaped(text))
        raise ValueError("( is never closed; write \\( for the character itself")

    def _place(self, at: int) -> tuple[str, int]:
        """Parse `{type}` from its brace on; also returns its end."""
        name = ""
        for end in range(at + 1, len(self._tokens)):
            kind, text = self._tokens[end]
            if (kind, text) == ("sign", "}"):
                if name not in self._types:
                    known = ", ".join(f"{{{known}}}" for known in self._types)
                    raise ValueError(
                        f"there is no type {{{name}}}; there are {known}, and those given as parameter_types"
                    )
                if name in _MEANING:
                    self.used[_MEANING[name]] = None
                return self._types[name], end
            if kind == "sign":
                raise ValueError(f"{text} in the name of a type; write \\{{ for the character {{ itself")
            name += text
        raise ValueError("{ is never closed; write \\{ for the character itself")


def _escaped(text: str) -> str:
    return _SYNTAX.sub(r"\\\g<0>", text)


cucumber_expression_match = validator("cucumber-expression-match", subject="Texts", aliases=("cucumber-expression",))(
    CucumberExpressionMatch
)

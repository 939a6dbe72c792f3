"""shell-injection: a text that runs no command as part of a command line."""

from __future__ import annotations

import re

from railguard import FailResult, validator
from railguard_validators._text.candidates import Candidates, beginning_in
from railguard_validators._wording import listed, shown

_TOOLS = r"(?:sudo\s{1,3}|/(?:usr/)?s?bin/)?(?:" + "|".join((
    r"rm\s{1,3}-", r"(?:cat|less|tail|head|more|nl|strings)\s{1,3}[~/.$*]", r"(?:curl|wget)\s{1,3}(?:-|https?:|[\w.]+/)",
    r"(?:nc|ncat|netcat)\s{1,3}[-\w]", r"(?:ba|z|da|k|c)?sh(?:\s{1,3}-|\s{0,3}(?:\Z|[;|&<>)`]))",
    r"(?:python[0-9.]{0,4}|perl|ruby|node|php)\s{1,3}-", r"chmod\s{1,3}[-+0-7ugoa]", r"chown\s{1,3}\w",
    r"(?:cp|mv|dd|tee|touch|mkfifo|ln)\s{1,3}[-~/.$i]",
    r"(?:id|whoami|uname|ifconfig|hostname|printenv|env|ps|ls|pwd)(?:\s{1,3}[-/~.]|\s{0,3}(?:\Z|[;|&<>)`\n#]))",
    r"ping\s{1,3}-", r"sleep\s{1,3}[0-9]", r"(?:shutdown|reboot|halt)\b\s{0,3}(?:-|now|\Z)", r"kill(?:all)?\s{1,3}-",
    r"(?:apt|apt-get|yum|pip|npm)\s{1,3}install", r"crontab\s{1,3}-", r"useradd\s", r"passwd\s{0,3}(?:\Z|\w)",
    r"systemctl\s", r"(?:eval|exec)\s{1,3}[\"'$(/\w]", r"base64\s{1,3}-", r"powershell", r"cmd(?:\.exe)?\s{1,3}/",
    r"certutil\s", r"net\s{1,3}user", r"del\s{1,3}/", r"type\s{1,3}[A-Z]:", r"nslookup\s", r"dig\s{1,3}[@+\w]",
)) + ")"  # fmt: skip
_SIGNS = {
    "a second command": (rf"(?:;|\|\|?|&&?|\n|\r)[\s({{]{{0,5}}{_TOOLS}", rf"%0a[\s({{]{{0,5}}{_TOOLS}"),
    "a command that is substituted": (
        rf"\$\([\s(]{{0,5}}{_TOOLS}",
        rf"[<>]\([\s]{{0,3}}{_TOOLS}",
        r"`(?<=[\w\"'/;=.-]`)[^`\n]{1,200}`",
        r"\A\s{0,5}`[^`\n]{1,200}`\s{0,5}\Z",
    ),
    "a file of the system": (
        r"/(?<![\w.]/)(?:etc/(?:passwd|shadow|sudoers|hosts)\b|dev/(?:tcp|udp)/)|/dev/(?:tcp|udp)/",
        r"\.\./\.\./\.\./",
        r">{1,2}\s{0,3}/(?:etc|dev|bin|root|home|usr|var)/",
        r"C:\\\\?Windows\\\\?System32",
    ),
    "a trick of shells": (
        r"\$\{?IFS\b|\$\{?@\}?\w",
        r"\bcat<",
        r"\|\s{0,5}(?:ba|z|da|k)?sh\b",
        r"\(\)\s{0,3}\{\s{0,3}:;\s{0,3}\}|:\(\)\s{0,3}\{",
    ),
}
_PATTERNS = [(name, re.compile(pattern, re.IGNORECASE)) for name, patterns in _SIGNS.items() for pattern in patterns]
_CANDIDATES = Candidates(pattern for _, pattern in _PATTERNS)
_SPECIAL = re.compile(r"[\0\n\r\"'`$\\;&|<>(){}\[\]*?!~#]|\A[-+=]")


class ShellInjection:
    """Has no signs of an attack on a command line: a command behind `;`, `|`, `&` or a line
    break, one in `$(…)` or backquotes, files and tricks of attackers. A name with an ampersand or a semicolon in a
    sentence passes.

    strict: no character with a special meaning in any shell, including quotes, and no hyphen at the start, where it
    would be an option.

    It is an additional check, and no reason to build command lines from strings: pass a list of arguments instead.
    There is no fix.

    >>> shell_injection().run("Tom & Jerry; cats, dogs | mice")
    >>> shell_injection().run("report.pdf; rm -rf /").message
    'The text must not run a command; it has a second command: "; rm -".'
    >>> shell_injection(strict=True).run("Tom & Jerry").message
    'The text must have no character that a shell takes for more than itself; it has "&".'
    """

    __slots__ = ("_strict", "prompt")

    def __init__(self, strict: bool = False) -> None:
        self._strict = strict
        self.prompt = "without characters that are special in a shell" if strict else "without shell commands"

    def __call__(self, value: str) -> FailResult | None:
        if self._strict:
            found = _SPECIAL.search(value)
            if found is None:
                return None
            what = f"begins with {shown(found[0])}" if found[0] in "-+=" else f"has {shown(found[0])}"
            return FailResult(
                f"The text must have no character that a shell takes for more than itself; it {what}.",
                spans=[found.span()],
            )
        parts = _CANDIDATES.spans(value)
        for name, pattern in _PATTERNS if parts else ():
            found = next(beginning_in(parts, pattern, value), None)
            if found is not None:
                return FailResult(
                    f"The text must not run a command; it has {name}: {listed([found[0].strip()])}.",
                    spans=[found.span()],
                )
        return None


shell_injection = validator("shell-injection", subject="Safety")(ShellInjection)

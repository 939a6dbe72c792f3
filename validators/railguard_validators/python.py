"""python: a text is Python source code."""

from __future__ import annotations

import ast
import warnings
from threading import Lock

from railguard import FailResult, validator
from railguard_validators._formats.fences import taken_out
from railguard_validators._formats.positions import offset, place, span

_LONGEST = 1_000_000
_QUIET = Lock()  # the warning filters belong to the process: only one thread at a time may change them


@validator(
    "python", subject="Documents and code", aliases=("bug-free-python", "valid-python"), prompt="Python source code"
)
def python(value: str) -> FailResult | None:
    """A module in the grammar of the running Python: text that `ast.parse` accepts. Nothing is executed, imported or
    compiled, so that a name that does not exist, or a `return` outside a function, is not found. The empty text is an
    empty module. More than 1,000,000 characters, and nesting that is too deep for Python's own parser (about 100
    brackets or blocks, some hundred operators), fail.

    The fix removes a Markdown code fence around code. Nothing else is changed.

    >>> python().run("def double(n):\\n    return 2 * n")
    >>> python().run("def double(n)\\n    return 2 * n").message
    "The text is not valid Python: expected ':' at line 1, column 14."
    >>> python().run("```python\\nx = 1\\n```").fix
    'x = 1'
    """
    problem = _problem(value)
    if problem is None:
        return None
    what, where = problem
    fix = taken_out(value, _problem)
    if where is None:
        return FailResult(f"The text is not valid Python: {what}.", fix=fix)
    return FailResult(f"The text is not valid Python: {what} at {place(value, where[0])}.", fix=fix, spans=[where])


def _problem(text: str) -> tuple[str, tuple[int, int] | None] | None:
    if len(text) > _LONGEST:
        return f"it has {len(text):,} characters, and at most {_LONGEST:,} are read", None
    if (at := text.find("\0")) >= 0:
        return "it has a NUL character", span(text, at)
    try:
        with _QUIET, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a text warns; as an error it would fail
            ast.parse(text)
    except SyntaxError as error:
        what = error.msg[:200].rstrip(".")
        what = what.removeprefix("(unicode error) ")
        if error.lineno is None:
            return what, None
        start = offset(text, error.lineno, error.offset or 1)
        end = start + 1
        if error.end_lineno is not None and error.end_offset is not None and error.end_offset > 0:
            end = max(end, offset(text, error.end_lineno, error.end_offset))
        return what, span(text, start, end - start)
    except UnicodeEncodeError as error:
        return "it has a lone surrogate, which is no character", span(text, error.start)
    except (RecursionError, MemoryError):
        return "it is nested too deeply, or a chain of operators is too long", None
    except ValueError as error:
        return str(error)[:200].rstrip("."), None
    return None

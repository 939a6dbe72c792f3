"""What is made at its first use is then what the standard library makes at once."""

import dataclasses
import importlib
import inspect
import pickle
import pkgutil
import re
import subprocess
import sys

import pytest

import railguard
from railguard.lazy import _Regex, exports, regex


def test_public_values_cross_processes():
    failure = railguard.Failure(railguard.Path(("a", 1)), "length", "too long", "x" * 3, "reask")
    code = (
        "import pickle, sys; one = pickle.loads(sys.stdin.buffer.read());"
        "print(repr(one)); one == one or sys.exit(1); sys.stdout.flush(); hash(one.path)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(failure), capture_output=True, check=True)
    assert done.stdout.decode().strip() == repr(failure)


def test_every_pattern_compiles_and_every_dataclass_can_be_made():
    patterns = inits = 0
    for found in pkgutil.walk_packages(railguard.__path__, "railguard."):
        if "integrations" in found.name or found.name.endswith("__main__"):
            continue  # they need packages that are no part of railguard
        try:
            module = importlib.import_module(found.name)
        except ImportError:
            continue
        for value in list(vars(module).values()):
            if isinstance(value, _Regex):
                assert value.pattern is not None
                patterns += 1
            elif isinstance(value, type) and value.__module__ == found.name and dataclasses.is_dataclass(value):
                assert inspect.signature(value.__init__)
                inits += 1
    assert patterns > 200
    assert inits > 100


def test_a_lazy_regex_is_used_as_a_pattern_is():
    one = regex(r"(?P<word>[a-z]+)\d", re.IGNORECASE)
    assert repr(one) == "regex('(?P<word>[a-z]+)\\\\d', re.IGNORECASE)"
    assert one.match("AB1")["word"] == "AB"
    assert (one.pattern, one.groups, dict(one.groupindex)) == (r"(?P<word>[a-z]+)\d", 1, {"word": 1})
    assert one.flags == re.compile(one.pattern, re.IGNORECASE).flags
    assert pickle.loads(pickle.dumps(one)).sub("_", "a1b2") == "__"
    with pytest.raises(AttributeError):
        one.matches
    with pytest.raises(re.error):
        regex("(").search("x")


def test_a_package_imports_a_module_for_the_first_who_asks_for_a_name(monkeypatch):
    import railguard.parsing as parsing

    monkeypatch.delitem(vars(parsing), "read_model_text", raising=False)
    assert parsing.read_model_text.__module__ == "railguard.parsing.answers"
    assert "read_model_text" in vars(parsing)
    with pytest.raises(AttributeError, match="no attribute 'reads'"):
        parsing.reads
    with pytest.raises(ValueError, match="read would be the module"):
        exports("p", {"read": ["read"]})

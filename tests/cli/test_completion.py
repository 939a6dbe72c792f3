"""`railguard completion`."""

import builtins
import shutil
import subprocess

import pytest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_names_the_commands_and_their_options(folder, cli, shell):
    result = cli("completion", shell)
    assert result.code == 0
    for word in ("validate", "migrate", "explain", "sarif"):
        assert word in result.out


def test_bash_completes_commands_options_and_choices(folder, cli):
    if shutil.which("bash") is None:
        pytest.skip("there is no bash here")
    (folder / "script").write_text(cli("completion", "bash").out, encoding="utf-8")
    asked = """
source ./script
complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _shtab_railguard; echo "${COMPREPLY[@]}"; }
complete_words railguard mig
complete_words railguard check --format sa
complete_words railguard schema --to xs
"""
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True, cwd=folder, timeout=300)
    assert done.stdout.split() == ["migrate", "sarif", "xsd"]


def test_without_the_package_the_error_says_what_to_install(folder, cli, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "shtab":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    result = cli("completion", "bash")
    assert result.code == 2
    assert "pip install 'railguard[completion]'" in result.err

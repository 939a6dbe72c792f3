"""uuid: a universally unique identifier."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.uuid import uuid

V1 = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"


def test_it_keeps_the_laws():
    check_validator(
        uuid, passing=[V1, V1.upper(), "0" * 8 + "-0000" * 3 + "-" + "0" * 12], failing=["", V1[:-1], V1 + "0", "x"]
    )
    check_validator(uuid(version=1), passing=[V1], failing=[V1.replace("-1", "-4"), "{" + V1 + "}"])


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        (V1.replace("-", ""), V1),
        ("{" + V1.upper() + "}", V1),
        (" urn:uuid:" + V1 + "\n", V1),
        (V1[:-1], UNSET),
        ("", UNSET),
        (" " * 1000 + V1, UNSET),
    ],
)
def test_other_spellings_of_the_same_uuid_are_fixed(value, fix):
    result = uuid().run(value)
    assert result.message.endswith(" is not a UUID, which is written as f81d4fae-7dec-11d0-a765-00a0c91e6bf6.")
    assert result.fix == fix


def test_the_version_digit_is_compared_and_never_changed():
    result = uuid(version=7).run(V1)
    assert (result.message, result.fix) == ("The UUID must be of version 7; it is of version 1.", UNSET)
    assert uuid(version=7).run("{" + V1 + "}").fix is UNSET


@pytest.mark.parametrize("version", [0, 9, "4"])
def test_versions_that_do_not_exist_are_refused(version):
    with pytest.raises(SpecError):
        uuid(version=version)


def test_it_reads_as_words_for_a_model():
    assert uuid(4).describe() == "a UUID of version 4"

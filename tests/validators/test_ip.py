"""ip: an IP address."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.ip import ip


def test_it_keeps_the_laws():
    check_validator(
        ip,
        passing=["192.0.2.1", "0.0.0.0", "::1", "2001:DB8::8:800:200C:417A", "::ffff:192.0.2.1"],
        failing=[
            "",
            "192.0.2",
            "192.0.2.256",
            "192.0.02.1",
            "10.0.0.0/8",
            "fe80::1%eth0",
            ":::",
            "1",
            "٣.1.1.1",
            " ::1",
        ],
    )


@pytest.mark.parametrize(
    ("version", "value", "message", "fix"),
    [
        (None, "192.0.2.256", '"192.0.2.256" is not an IP address, such as 192.0.2.1 or 2001:db8::1.', UNSET),
        (None, " ::1\n", '" ::1\\n" is not an IP address, such as 192.0.2.1 or 2001:db8::1.', "::1"),
        (4, "::1", '"::1" is an IPv6 address; it must be an IPv4 address.', UNSET),
        (6, " 192.0.2.1", '" 192.0.2.1" is not an IPv6 address, such as 2001:db8::1.', UNSET),
    ],
)
def test_a_failure_says_what_it_is_and_what_it_must_be(version, value, message, fix):
    result = ip(version).run(value)
    assert (result.message, result.fix) == (message, fix)


def test_a_version_that_does_not_exist_is_refused():
    with pytest.raises(SpecError):
        ip(version=5)


def test_it_reads_as_words_for_a_model():
    assert ip(4).describe() == "an IPv4 address"

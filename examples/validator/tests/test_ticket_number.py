"""ticket-number: the number of a ticket. Install the package first: pip install -e '.[test]'"""

import pytest
from acme_checks.ticket_number import ticket_number

from railguard import UNSET, Guard, SpecError
from railguard.testing.laws import check_validator


def test_it_keeps_the_laws():
    check_validator(
        ticket_number(["OPS", "WEB"]),
        passing=["OPS-1", "WEB-420"],
        failing=["", "OPS", "OPS-0", "OPS-042", "ops-1", "APP-1", "OPS-1\n"],
    )


def test_only_capitals_and_outer_white_space_are_mended():
    assert ticket_number(["OPS"]).run(" ops-7 ").fix == "OPS-7"
    assert ticket_number(["OPS"]).run("OPS 7").fix is UNSET


@pytest.mark.parametrize("projects", [[], ["ops"], ["O P"], [""]])
def test_projects_that_are_no_capital_letters_are_refused(projects):
    with pytest.raises(SpecError):
        ticket_number(projects)


def test_a_spec_names_it():
    guard = Guard.from_rail_string(
        """
        <rail version="1.0">
          <output><string name="ticket" validators="ticket-number: {['OPS', 'WEB']}" on-fail-ticket-number="fix"/></output>
        </rail>"""
    )
    assert guard.parse('{"ticket": "web-12"}').output == {"ticket": "WEB-12"}

"""ticket-number: the number of a ticket, such as OPS-42."""

from __future__ import annotations

import re

from railguard import UNSET, FailResult, validator


class TicketNumber:
    """The letters of a project, a hyphen, and a number from 1 on without zeros in front: OPS-42.

    projects: the letters of the projects there are, in capitals.

    Small letters and white space around it are mended. Everything else has no fix: which ticket was meant is not known.

    >>> ticket_number(["OPS", "WEB"]).run("OPS-42")
    >>> ticket_number(["OPS", "WEB"]).run("APP-42").message
    '"APP-42" is no ticket; write OPS or WEB, a hyphen and the number, as in OPS-42.'
    """

    def __init__(self, projects: list[str]) -> None:
        if not projects or not all(
            project.isascii() and project.isupper() and project.isalpha() for project in projects
        ):
            raise ValueError(f"projects are words of capital letters, not {projects!r}")
        self._pattern = f"(?:{'|'.join(projects)})-[1-9][0-9]*"
        self._matches = re.compile(self._pattern).fullmatch
        self._wanted = f"write {' or '.join(projects)}, a hyphen and the number, as in {projects[0]}-42"
        self.prompt = f"a ticket of {' or '.join(projects)}, as in {projects[0]}-42"

    def __call__(self, value: str) -> FailResult | None:
        if self._matches(value):
            return None
        mended = value.strip().upper()
        fix = mended if self._matches(mended) else UNSET
        return FailResult(f'"{value[:40]}" is no ticket; {self._wanted}.', fix=fix)

    def constraint(self, json_type: str) -> dict[str, str] | None:
        """The keyword of JSON Schema that says the same."""
        return {"pattern": f"^{self._pattern}$"} if json_type == "string" else None


ticket_number = validator("ticket-number", aliases=("ticket",))(TicketNumber)

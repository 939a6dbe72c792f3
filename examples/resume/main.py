"""A résumé as data: dates that are dates, an address that is one, and nothing that is not in the text.

python examples/resume/main.py               answers recorded in conversation.jsonl
python examples/resume/main.py openai:gpt-5  asks a model
"""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, model_validator

from railguard import Guard
from railguard_validators.email import email
from railguard_validators.entities_in_source import entities_in_source
from railguard_validators.length import length
from railguard_validators.lower_case import lower_case

HERE = Path(__file__).parent


class Job(BaseModel):
    title: Annotated[str, length(min=3, max=60)]
    employer: Annotated[str, entities_in_source(key="resume")]
    since: date
    until: date | None

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> "Job":
        if self.until is not None and self.until < self.since:
            raise ValueError("until must not be before since")
        return self


class Resume(BaseModel):
    name: str
    email: Annotated[str, email()]
    jobs: list[Job]
    skills: list[Annotated[str, lower_case(on_fail="fix")]]


guard = Guard.from_pydantic(
    Resume,
    messages="What does this résumé say? A month counts from its first day; until is null for a present job."
    "\n\n${resume}\n\n${gr.complete_json_suffix}",
)


def main(model: str) -> None:
    outcome = guard(model, {"resume": (HERE / "resume.txt").read_text(encoding="utf-8")})
    outcome.raise_for_failures()
    resume = outcome.output
    print(resume.name, resume.email, *resume.skills, sep=", ")
    for job in resume.jobs:
        print(f"  {job.since} to {job.until or 'today'}: {job.title} at {job.employer}")
    print(f"{len(outcome.iterations)} answers; asked again:", *map(str, outcome.iterations[-1].asked))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else f"replay:{HERE / 'conversation.jsonl'}")

"""Five outputs and a hundred faulty answers for them, to count the tokens that each library spends on a valid one.

Needs pydantic and nothing else. Every fault is one that needs a further question: what is repaired without one costs the
same everywhere.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, Field

__all__ = ["SHAPES", "Answer", "Shape", "answers"]


class Contact(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=60)]
    age: Annotated[int, Field(ge=0, le=120)]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    plan: Literal["free", "team", "company"]
    seats: Annotated[int, Field(ge=1, le=500)]
    monthly: Annotated[float, Field(ge=0, le=10_000)]
    trial: bool
    note: Annotated[str, Field(max_length=120)]


class Position(BaseModel):
    article: Annotated[str, Field(pattern="^[A-Z]{3}-[0-9]{4}$")]
    title: Annotated[str, Field(min_length=1, max_length=80)]
    count: Annotated[int, Field(ge=1, le=999)]
    price: Annotated[float, Field(ge=0, le=100_000)]


class Order(BaseModel):
    number: Annotated[str, Field(pattern="^[0-9]{8}$")]
    currency: Literal["EUR", "USD", "NOK", "GBP"]
    express: bool
    positions: Annotated[list[Position], Field(min_length=1, max_length=50)]


class Job(BaseModel):
    employer: Annotated[str, Field(min_length=1, max_length=80)]
    role: Annotated[str, Field(min_length=1, max_length=80)]
    first_year: Annotated[int, Field(ge=1950, le=2030)]
    last_year: Annotated[int, Field(ge=1950, le=2030)] | None = None
    tasks: Annotated[list[Annotated[str, Field(max_length=120)]], Field(max_length=6)]


class School(BaseModel):
    place: Annotated[str, Field(min_length=1, max_length=80)]
    degree: Literal["school", "bachelor", "master", "doctor"]
    year: Annotated[int, Field(ge=1950, le=2030)]


class Resume(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=60)]
    summary: Annotated[str, Field(max_length=300)]
    jobs: Annotated[list[Job], Field(max_length=12)]
    schools: Annotated[list[School], Field(max_length=6)]
    languages: Annotated[list[Annotated[str, Field(pattern="^[a-z]{2}$")]], Field(max_length=10)]


class Ticket(BaseModel):
    title: Annotated[str, Field(min_length=5, max_length=80)]
    area: Literal["billing", "login", "export", "mobile", "other"]
    urgency: Literal["low", "normal", "high", "critical"]
    affected: Annotated[int, Field(ge=1, le=100_000)]
    steps: Annotated[list[Annotated[str, Field(min_length=1, max_length=120)]], Field(min_length=1, max_length=10)]
    versions: Annotated[list[Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]+$")]], Field(max_length=5)]
    regression: bool


class Rating(BaseModel):
    sentence: Annotated[int, Field(ge=0, le=99)]
    mood: Literal["positive", "neutral", "negative"]
    score: Annotated[float, Field(ge=0, le=1)]


class Review(BaseModel):
    product: Annotated[str, Field(min_length=1, max_length=60)]
    stars: Annotated[int, Field(ge=1, le=5)]
    ratings: Annotated[list[Rating], Field(min_length=1, max_length=30)]


class Shape(NamedTuple):
    """A name, the model of the output, what is asked, and a right answer."""

    name: str
    model: type[BaseModel]
    task: str
    right: dict[str, Any]


class Answer(NamedTuple):
    """A shape, and a faulty first answer to it."""

    shape: Shape
    faulty: str


_CONTACT = {
    "name": "Ann Other",
    "age": 36,
    "country": "NO",
    "plan": "team",
    "seats": 12,
    "monthly": 240.5,
    "trial": False,
    "note": "Wants an invoice each quarter.",
}
_ORDER = {
    "number": "20261130",
    "currency": "NOK",
    "express": True,
    "positions": [
        {"article": f"ABC-{1000 + at}", "title": f"Shelf, model {at}", "count": at + 1, "price": 99.5 + at}
        for at in range(8)
    ],
}
_RESUME = {
    "name": "Ann Other",
    "summary": "Engineer with ten years in logistics, at home in planning software and in the data behind it.",
    "jobs": [
        {
            "employer": f"Harbour Company {at}",
            "role": "Engineer",
            "first_year": 2010 + 3 * at,
            "last_year": 2013 + 3 * at,
            "tasks": ["planned the berths", "wrote the forecasts", "trained new colleagues"],
        }
        for at in range(4)
    ],
    "schools": [
        {"place": "Oslo", "degree": "bachelor", "year": 2007},
        {"place": "Bergen", "degree": "master", "year": 2009},
    ],
    "languages": ["no", "en", "de"],
}
_TICKET = {
    "title": "The export stops at 99 percent",
    "area": "export",
    "urgency": "high",
    "affected": 140,
    "steps": ["Open a report with more than 10,000 rows.", "Choose Export, then CSV.", "Wait for a minute."],
    "versions": ["4.2", "4.3"],
    "regression": True,
}
_REVIEW = {
    "product": "Folding table",
    "stars": 4,
    "ratings": [
        {"sentence": at, "mood": ("positive", "neutral", "negative")[at % 3], "score": round(0.05 * at, 2)}
        for at in range(12)
    ],
}

SHAPES = (
    Shape("flat, 8 fields", Contact, "Read the contact from the letter below.", _CONTACT),
    Shape("order", Order, "Read the order from the mail below.", _ORDER),
    Shape("resume", Resume, "Read the resume below.", _RESUME),
    Shape("ticket", Ticket, "Make a ticket of the report below.", _TICKET),
    Shape("review", Review, "Rate each sentence of the review below.", _REVIEW),
)


def answers(*, each: int = 20, seed: int = 11) -> Iterator[Answer]:
    """So many faulty answers of each shape. One to three values of each are wrong."""
    rng = random.Random(seed)
    for shape in SHAPES:
        for number in range(each):
            value = copy.deepcopy(shape.right)
            for _ in range(1 + number % 3):
                _spoil(value, rng)
            yield Answer(shape, json.dumps(value))


def _spoil(value: Any, rng: random.Random) -> None:
    """Make one value somewhere inside wrong, in a way that no repair can mend."""
    holder = value
    key: Any = rng.choice(list(holder))
    while isinstance(holder[key], (dict, list)) and holder[key]:
        holder = holder[key]
        key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
    if isinstance(holder[key], bool):
        holder[key] = "it depends"
    elif isinstance(holder[key], (int, float)):
        holder[key] = rng.choice([-1, 10_000_000, "unknown"])
    elif isinstance(holder, dict) and rng.random() < 0.2:
        del holder[key]
    else:
        holder[key] = "an answer that goes on and on, well beyond what was asked for. " * 6

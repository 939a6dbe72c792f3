"""SQL from a question: one query that reads, over tables that exist, which is then run.

Needs pip install 'railguard[sql]'.

    python examples/sql/main.py               answers recorded in conversation.jsonl
    python examples/sql/main.py openai:gpt-5  asks a model
"""

import sqlite3
import sys
from pathlib import Path

from railguard import Guard, validator
from railguard_validators.sql import sql

HERE = Path(__file__).parent
QUESTION = "Which customers have paid more than 100 in all, and how much?"
TABLES = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE payments (customer INTEGER, amount REAL);
INSERT INTO customers VALUES (1, 'Ann'), (2, 'Bob');
INSERT INTO payments VALUES (1, 80), (1, 45.5), (2, 20);
"""
database = sqlite3.connect(":memory:")
database.executescript(TABLES)


@validator("prepares", replace=True)
def prepares(value: str) -> bool | str:
    """The database can prepare it: all its tables and columns exist."""
    try:
        database.execute(f"EXPLAIN {value}")
    except sqlite3.Error as error:
        return f"The database says: {error}."
    return True


guard = Guard.from_string(
    [sql(dialect="sqlite", read_only=True, tables=["customers", "payments"]), prepares()],
    messages="Write one SQLite query, and nothing else.\n\n${tables}\n\n${question}",
)


def main(model: str) -> None:
    outcome = guard(model, {"tables": TABLES, "question": QUESTION})
    outcome.raise_for_failures()
    print(outcome.output)
    for row in database.execute(outcome.output):
        print(*row)
    print(f"{len(outcome.iterations)} answers")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else f"replay:{HERE / 'conversation.jsonl'}")

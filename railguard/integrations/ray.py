"""A guard in your own Ray Data pipeline: `dataset.map_batches(Guarded, fn_constructor_args=(guard,), …)`.

For a whole job with a journal and a report, use `railguard.batch.run(…, engine="ray")`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from railguard import Guard, InputError
from railguard.batch.columns import Variables
from railguard.batch.job import in_loop
from railguard.batch.judging import BlockValidator
from railguard.batch.model_rows import CALLS, Asking, Ended, ask_rows
from railguard.batch.parquet import arrow
from railguard.batch.row_results import Layout
from railguard.batch.rows import Row, table_rows
from railguard.batch.tables import Table

__all__ = ["Guarded"]


class Guarded:
    """Adds the result columns to each batch. Pass the class to `map_batches`; Ray makes one instance in each actor.

    Pass `batch_format="pyarrow"`, so that no value of a row is converted. With several actors, leave a CPU to Ray
    Data's own tasks: on a machine with two CPUs, two actors with one CPU each wait for ever; with `num_cpus=0.5` they
    do not.
    """

    def __init__(
        self,
        guard: Guard[Any],
        *,
        answer: str | None = None,
        model: Any = None,
        columns: Mapping[str, str] | None = None,
        variables: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        prefix: str = "",
        calls: int = CALLS,
        base_url: str | None = None,
        cache: str | None = None,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        rate_limit_store: str = "memory://",
        **options: Any,
    ) -> None:
        """Create the worker of an actor.

        Args:
            guard: The guard that validates the answers.
            answer: The column with the answers to validate. Without it and without a model, the whole row is validated.
            model: The model to ask, as a guard accepts it.
            columns: Maps a variable of the spec to its column, if the names differ.
            variables: Values of variables that are the same for all rows.
            metadata: Metadata for validators.
            prefix: The prefix of the names of the result columns.
            calls: Largest number of concurrent calls of the model in each actor.
            base_url: The address of the server, for a model given by name.
            cache: A cache file with the answers to earlier requests.
            requests_per_minute: Largest number of requests per minute.
            tokens_per_minute: Largest number of tokens per minute.
            rate_limit_store: Where requests are counted: "memory://" for each actor separately, or the URL of a Redis
                server for all of them.
            **options: Arguments of calling the guard, and options of the model.

        Raises:
            InputError: If the arguments do not fit together, or pyarrow is not installed.
        """
        if model is not None and answer is not None:
            raise InputError("give a column of answers or a model, not both")
        if model is None and options:
            raise InputError(f"{next(iter(options))} needs a model, and none was given")
        self._layout = Layout(prefix, model is not None)
        self._judge = BlockValidator(guard, self._layout, answer, dict(metadata or {}))
        self._table = Table(guard, self._layout, None, None)
        self._asking: Asking | None = None
        if model is not None:
            self._asking = Asking(
                guard,
                Variables(guard, columns or {}, variables or {}),
                self._layout,
                model,
                base_url,
                cache,
                requests_per_minute,
                tokens_per_minute,
                rate_limit_store,
                calls,
                {**({} if metadata is None else {"metadata": metadata}), **options},
            )

    def __call__(self, batch: Any) -> Any:
        """Validate a batch, or ask the model for each of its rows.

        Args:
            batch: A pyarrow table, or columns of numpy by name.

        Returns:
            The table with the columns of results added.

        Raises:
            InputError: If the batch has a column with the name of a result column.
        """
        table = batch if isinstance(batch, arrow().Table) else arrow().table(dict(batch))
        self._layout.refuse_taken(table.column_names, "the batch")
        rows = list(table_rows(table))
        lines = self._judged(rows) if self._asking is None else self._asked(self._asking, rows)
        for field, array in self._table.results(lines):
            table = table.append_column(field, array)
        return table

    def _judged(self, rows: list[Row]) -> list[bytes]:
        return [self._layout.line(row.number, b"", self._judge.result(row)) for row in rows]

    def _asked(self, asking: Asking, rows: list[Row]) -> list[bytes]:
        found: dict[int, Ended] = {}
        named: Iterator[tuple[str, Row]] = ((f"row {row.number}", row) for row in rows)
        in_loop(lambda: ask_rows(asking, named, lambda ended: found.update({one.row.ordinal: one for one in ended})))
        return [self._layout.line(row.number, b"", found[row.ordinal].result) for row in rows]

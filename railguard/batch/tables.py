"""Results as a Parquet table. The schema is derived from the guard; values that do not fit it are stored as JSON in
another column.

If the typed column cannot hold an output exactly (an integer beyond 64 bits, an object of another shape), it is null
there, and its JSON text is in the column `output_json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from railguard import Guard
from railguard.batch.parquet import arrow, schema_of
from railguard.batch.row_results import ANSWERED, COLUMNS, Layout, json_line
from railguard.batch.rows import Row, columns_of, content

__all__ = ["Table", "arrow_type", "columns_in", "fitted"]

_WHOLE = 2**63
_EXACT = 2**53
_TEXTS = ("failures", "resolved", "repairs")


class Unfit(Exception):
    """A value that a typed column cannot hold exactly."""


class Table:
    """Makes the tables of a job's output, all with the same schema."""

    def __init__(self, guard: Guard, layout: Layout, columns: Any, source: str | None) -> None:
        """Derive the schema.

        Args:
            guard: The guard that defines the output.
            layout: The names of the columns.
            columns: The rows' own columns as a pyarrow schema; None if they are not part of the output.
            source: The Parquet file with the rows' own columns, if there is one; they are copied from it unchanged.
        """
        pa = arrow()
        self._layout = layout
        self._from_file = source is not None
        self._columns = pa.schema([]) if columns is None else columns
        self._type = arrow_type(guard.json_schema())
        fields = {
            "row": pa.int64(),
            "passed": pa.bool_(),
            "output": self._type,
            **dict.fromkeys((*_TEXTS, "error", "raw_output", "stopped"), pa.string()),
            **dict.fromkeys(("rounds", "input_tokens", "cached_tokens", "output_tokens"), pa.int64()),
            "cost": pa.float64(),
        }
        names = [*COLUMNS, *(ANSWERED if layout.asked else ())]
        own = list(self._columns)
        if own and not self._from_file:
            own.append(pa.field(f"{layout.prefix}row_json", pa.string()))
        self._number = len(names) + 1
        self.schema = pa.schema(
            [
                *own,
                *(pa.field(layout.prefix + n, fields[n]) for n in names),
                (f"{layout.prefix}output_json", pa.string()),
            ]
        )

    def write(self, file: Any, groups: Iterable[Any]) -> None:
        """Write groups of lines as one Parquet file."""
        with arrow().parquet.ParquetWriter(file, self.schema, compression="zstd") as writer:
            for block, lines in groups:
                if lines:
                    writer.write_table(self._table(block, lines))

    def results(self, lines: list[bytes]) -> list[tuple[Any, Any]]:
        """Return (field, array) of each result column."""
        pa = arrow()
        fields = list(self.schema)[len(self.schema) - self._number :]
        found: dict[str, list[Any]] = {one.name: [] for one in fields}
        prefix = self._layout.prefix
        for line in lines:
            result = json.loads(line)
            for name, values in found.items():
                value = result.get(name)
                values.append(json_line(value).decode() if name.removeprefix(prefix) in _TEXTS else value)
            try:
                found[f"{prefix}output"][-1] = fitted(result[f"{prefix}output"], self._type)
            except Unfit:
                found[f"{prefix}output"][-1] = None
                found[f"{prefix}output_json"][-1] = json_line(result[f"{prefix}output"]).decode()
        return [(one, pa.array(found[one.name], one.type)) for one in fields]

    def _table(self, block: Any, lines: list[Any]) -> Any:
        own = self._carried(block, lines) if len(self._columns) else []
        arrays = [array for _, array in self.results([line.result for line in lines])]
        return arrow().Table.from_arrays([*own, *arrays], schema=self.schema)

    def _carried(self, block: Any, lines: list[Any]) -> list[Any]:
        """Return the arrays of the rows' own columns."""
        pa = arrow()
        if self._from_file and all(line.raw for line in lines):
            table = content(block).select(self._columns.names)
            wanted = [line.row.ordinal - block.ordinal for line in lines]
            return [column.combine_chunks() for column in table.take(wanted).columns]
        if self._from_file:  # unreadable rows
            return [pa.nulls(len(lines), one.type) for one in self._columns]
        rows = [_typed(line, self._columns) for line in lines]
        own = [pa.array([row.get(one.name) for row, _ in rows], one.type) for one in self._columns]
        return [*own, pa.array([beside for _, beside in rows], pa.string())]


def _typed(line: Any, columns: Any) -> tuple[dict[str, Any], str | None]:
    """Return a row's columns converted to the types, and the row as JSON if a column does not fit."""
    if not line.raw:
        return {}, None
    row = line.row.columns or json.loads(line.raw)
    found, beside = {}, None if row.keys() <= set(columns.names) else line.raw.decode()
    for one in columns:
        try:
            found[one.name] = fitted(row.get(one.name), one.type)
        except Unfit:
            beside = line.raw.decode()
    return found, beside


def columns_in(rows: Iterable[Row], name: str | None) -> Any:
    """Return the rows' own columns as a pyarrow schema: that of a Parquet file, otherwise inferred from the first rows.

    Args:
        rows: The first rows.
        name: The Parquet file; None for anything else.
    """
    pa = arrow()
    if name is not None:
        return schema_of(name)
    found: dict[str, set[Any]] = {}
    for row in rows:
        try:
            columns = columns_of(row)
        except ValueError:
            continue
        for column, value in columns.items():
            found.setdefault(column, set()).add(_kind(value))
    return pa.schema([(column, _merged(kinds - {None})) for column, kinds in found.items()])


def _kind(value: Any) -> Any:
    """Return the Arrow type of a plain value; None for null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return bool
    if isinstance(value, int):
        return int if -_WHOLE <= value < _WHOLE else dict
    return type(value) if isinstance(value, (float, str)) else dict


def _merged(kinds: set[Any]) -> Any:
    pa = arrow()
    types = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
    if len(kinds) == 1:
        return types.get(next(iter(kinds)), _json())
    return _json() if kinds else pa.string()


def _json() -> Any:
    """Return the type of a column with JSON text."""
    pa = arrow()
    return pa.large_string()


def arrow_type(schema: Mapping[str, Any] | bool) -> Any:
    """Return the Arrow type for all values of a JSON Schema; the type of JSON text if no Arrow type fits."""
    return _type(schema, schema, ())


def _type(schema: Any, root: Any, above: tuple[str, ...]) -> Any:
    pa = arrow()
    if not isinstance(schema, Mapping):
        return _json()
    if "$ref" in schema:
        return _referred(schema["$ref"], root, above)
    options = [one for key in ("anyOf", "oneOf") for one in schema.get(key, ()) if one != {"type": "null"}]
    if options:
        return _type(options[0], root, above) if len(options) == 1 else _json()
    kinds = schema.get("type")
    names = [name for name in (kinds if isinstance(kinds, list) else [kinds]) if name != "null"]
    if len(names) != 1 or names[0] is None:
        values = schema.get("enum", [schema["const"]] if "const" in schema else [])
        return pa.string() if values and all(isinstance(one, (str, type(None))) for one in values) else _json()
    if names[0] == "object":
        members = schema.get("properties")
        if not members or schema.get("patternProperties") or isinstance(schema.get("additionalProperties"), Mapping):
            return _json()
        return pa.struct([(name, _type(member, root, above)) for name, member in members.items()])
    if names[0] == "array":
        return _json() if "prefixItems" in schema else pa.list_(_type(schema.get("items"), root, above))
    types = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}
    return types.get(names[0], _json())


def _referred(ref: str, root: Any, above: tuple[str, ...]) -> Any:
    """Return the type of a referenced schema; the type of JSON text if the reference is recursive."""
    if ref in above or not ref.startswith("#"):
        return _json()
    found = root
    for part in ref.removeprefix("#").split("/")[1:]:
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
    return _type(found, root, (*above, ref))


def fitted(value: Any, kind: Any) -> Any:
    """Convert a plain value for a column of an Arrow type. Raises Unfit if the column cannot hold it exactly."""
    types = arrow().types
    if types.is_large_string(kind):
        return json_line(value).decode() if value is not None else None
    if value is None:
        return None
    if types.is_struct(kind) and isinstance(value, dict):
        names = [kind.field(at).name for at in range(kind.num_fields)]
        if not value.keys() <= set(names):
            raise Unfit
        return {name: fitted(value.get(name), kind.field(name).type) for name in names}
    if types.is_list(kind) and isinstance(value, list):
        return [fitted(item, kind.value_type) for item in value]
    return _fitted_scalar(value, kind, types)


def _fitted_scalar(value: Any, kind: Any, types: Any) -> Any:
    fits = False
    if isinstance(value, bool):
        fits = types.is_boolean(kind)
    elif isinstance(value, int):
        fits = (types.is_int64(kind) and -_WHOLE <= value < _WHOLE) or (types.is_float64(kind) and abs(value) <= _EXACT)
    elif isinstance(value, float):
        fits = types.is_float64(kind)
        if types.is_int64(kind) and value.is_integer() and abs(value) <= _EXACT:
            return int(value)
    elif isinstance(value, str):
        fits = types.is_string(kind)
    if not fits:
        raise Unfit
    return float(value) if types.is_float64(kind) else value

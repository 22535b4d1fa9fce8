"""Write the result of a query as a table, JSON, CSV or Parquet. Rows are streamed; only a table is held in memory.

Names that occur twice get a number (`a`, `a_1`) in every format: JSON and most readers of Parquet keep one column per name.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.connection import in_memory
from warehouse.sql import literal, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS = 10_000  # fetched at a time
INTEGERS = ("tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint", "uinteger", "ubigint", "uhugeint")
NUMBERS = frozenset((*INTEGERS, "float", "double", "decimal"))
UNQUOTED = NUMBERS | {"boolean", "date", "timestamp"}
INTERVAL = "INTERVAL"
# A spreadsheet evaluates a text that begins so, some after blanks; the last four are full-width (OWASP, CSV injection).
FORMULA = "^(\\s*[=+\\-@\\t\\r\uff1d\uff0b\uff0d\uff20])"
Rows = list[tuple[Any, ...]]


def write_result(result: DuckDBPyConnection, path: Path, form: str, spreadsheet: bool, terminal_width: int | None) -> int:
    """Write the rows of an executed query to `path` and return their number. `spreadsheet`: escape formulas in CSV."""
    names = unique_names([column[0] for column in result.description or ()])
    kinds = [column[1] for column in result.description or ()]
    if form == "json":
        return _write_json(names, _rows(result, kinds), path)
    if form == "table":
        return _write_table(names, kinds, _rows(result, kinds), path, terminal_width)
    if names:
        return _write_with_duckdb(result, names, kinds, path, form, spreadsheet)
    path.touch()
    return 0


def unique_names(names: list[str]) -> list[str]:
    """The names in their order, each made unique by a number, as DuckDB names the columns of a table."""
    given, used, unique = {name.casefold() for name in names}, set[str](), list[str]()
    for name in names:
        new, number = name, 0
        while new.casefold() in used or (number and new.casefold() in given):
            number += 1
            new = f"{name}_{number}"
        used.add(new.casefold())
        unique.append(new)
    return unique


def _rows(result: DuckDBPyConnection, kinds: list[Any]) -> Iterator[Rows]:
    """The rows as Python values, in parts."""
    if not any(INTERVAL in str(kind) for kind in kinds):
        while rows := result.fetchmany(ROWS):
            yield rows
        return
    # Python's timedelta has no months
    columns = [f"c{number}::varchar" if INTERVAL in str(kind) else f"c{number}" for number, kind in enumerate(kinds)]
    with _streamed(result) as connection:
        selected = connection.execute(f"select {', '.join(columns)} from result")
        while rows := selected.fetchmany(ROWS):
            yield rows


@contextmanager
def _streamed(result: DuckDBPyConnection) -> Iterator[DuckDBPyConnection]:
    """Stream the result into a database in memory, as `result` with the columns c0, c1, …; no SQL of the user runs there."""
    import pyarrow as pa  # noqa: PLC0415 - a fifth of a second, not needed for most results

    reader = result.to_arrow_reader(ROWS)
    schema = pa.schema([field.with_name(f"c{number}") for number, field in enumerate(reader.schema)])
    batches = (pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in reader)
    with in_memory() as connection:
        connection.register("result", pa.RecordBatchReader.from_batches(schema, batches))
        yield connection


def _write_json(names: list[str], parts: Iterable[Rows], path: Path) -> int:
    separator, count = "[", 0
    with path.open("w", encoding="utf-8") as file:
        for rows in parts:
            values = [dict(zip(names, map(json_value, row), strict=True)) for row in rows]
            file.write(separator + json.dumps(values, indent=1)[1:-2])
            separator = ","
            count += len(rows)
        file.write("[]\n" if separator == "[" else "\n]\n")
    return count


def json_value(value: Any) -> Any:
    """A value that JSON has: NaN and infinity become None, decimals numbers, and other types text."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    return blob_text(value) if isinstance(value, bytes) else str(value)


def blob_text(value: bytes) -> str:
    """The text that DuckDB has for a blob."""
    return "".join(chr(byte) if 32 <= byte < 127 and chr(byte) not in "\"'\\" else f"\\x{byte:02X}" for byte in value)


def _write_table(names: list[str], kinds: list[Any], parts: Iterable[Rows], path: Path, terminal_width: int | None) -> int:
    from orchestration.cli.display import WIDTH_WITHOUT_TERMINAL, LiteralConsole, table  # noqa: PLC0415 - Rich, for this format only

    rows = [[blob_text(value) if isinstance(value, bytes) else value for value in row] for part in parts for row in part]
    numbers = [name for name, kind in zip(names, kinds, strict=True) if kind.id in NUMBERS]
    is_terminal = terminal_width is not None
    with path.open("w", encoding="utf-8") as file:
        width = terminal_width or WIDTH_WITHOUT_TERMINAL
        console = LiteralConsole(file=file, width=width, force_terminal=is_terminal, highlight=False, soft_wrap=not is_terminal)
        console.print(table(None, names, rows, right=numbers))
    return len(rows)


def _write_with_duckdb(
    result: DuckDBPyConnection, names: list[str], kinds: list[Any], path: Path, form: str, spreadsheet: bool
) -> int:
    """Write CSV or Parquet with DuckDB, which has a text for each of its types."""
    columns = [f"c{number}" for number in range(len(names))]
    texts = [kind.id not in UNQUOTED for kind in kinds]
    options = "format parquet"
    if form == "csv":
        if spreadsheet:
            names = unique_names([re.sub(FORMULA, r"'\1", name) for name in names])
            columns = [_without_formula(column) if text else column for column, text in zip(columns, texts, strict=True)]
        quote = ", ".join(quoted(name) for name, text in zip(names, texts, strict=True) if text)
        options = "format csv, header" + (f", force_quote ({quote})" if quote else "")
    selected = ", ".join(f"{column} as {quoted(name)}" for column, name in zip(columns, names, strict=True))
    with _streamed(result) as connection:
        copied = connection.execute(f"copy (select {selected} from result) to {literal(str(path))} ({options})").fetchone()
    return int(copied[0]) if copied else 0


def _without_formula(column: str) -> str:
    """SQL: the text of a column, after an apostrophe where a spreadsheet would evaluate it."""
    return f"regexp_replace({column}::varchar, {literal(FORMULA)}, {literal(chr(39) + chr(92) + '1')})"

"""Run one query of a user in this process, within limits of the operating system. Started by `orchestration.cli.query.query`.

It reads the request from its input, writes the result to a file, and an error to its output. Only what the format needs is
imported, because an analyst waits for it. Rows are streamed, and only a table is held in memory. A name that occurs twice gets a
number (`a`, `a_1`) in every format: JSON and most readers of Parquet keep one column per name.

The log of questions gets the tables that a query reads, and its text without values: only words that DuckDB or the release
defines stay. So a value can reach it neither as a literal nor as an alias, a comment or a name that was typed by mistake.
"""

from __future__ import annotations

import json
import math
import os
import re
import resource
import shutil
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import duckdb
from duckdb import DuckDBPyConnection

from orchestration.runs.process.exit_codes import EXIT_BAD_ARGUMENTS, EXIT_OK, EXIT_UNEXPECTED
from warehouse.connection import WarehouseError, in_memory, only_reads, open_reader, parts_of_views
from warehouse.lake_files.object_store import StoreUnusable
from warehouse.sql import literal, quoted

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
    from orchestration.cli.display import Table, console_of  # noqa: PLC0415 - Rich, for this format only

    rows = [[blob_text(value) if isinstance(value, bytes) else value for value in row] for part in parts for row in part]
    numbers = [name for name, kind in zip(names, kinds, strict=True) if kind.id in NUMBERS]
    with path.open("w", encoding="utf-8") as file:
        console_of(file, width=terminal_width).print(Table(None, names, rows, right=numbers))
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


MOST_CHARACTERS = 10_000
READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
LITERALS = ("string_const", "numeric_const")
_KNOWN = """
select distinct lower(name) from (
    select keyword_name as name from duckdb_keywords()
    union all select function_name from duckdb_functions() union all select type_name from duckdb_types()
    union all select column_name from duckdb_columns() union all select schema_name from duckdb_schemas()
    union all select table_name from duckdb_tables() union all select view_name from duckdb_views()
    union all select current_database()
) where lower(name) in (select unnest(?))
"""
_TABLES = "select schema_name, table_name from duckdb_tables() where not internal"
_VIEWS = "select schema_name, view_name from duckdb_views() where not internal"


def describe(connection: DuckDBPyConnection, sql: str) -> dict[str, Any]:
    """The tables and the text without values; both are empty where DuckDB cannot read the query."""
    try:
        return {"tables": _tables(connection, sql), "statement": _without_values(connection, sql)}
    except duckdb.Error:
        return {"tables": [], "statement": ""}


def _tables(connection: DuckDBPyConnection, sql: str) -> list[str]:
    """The tables that the query reads, and the views that it names: DuckDB lists none of these."""
    try:
        if any(statement.type not in READING for statement in connection.extract_statements(sql)):
            return []  # DuckDB would plan it, and initialize its store of secrets for CREATE SECRET
        named = {name.replace('"', "").casefold() for name in connection.get_table_names(sql, qualified=True)}
    except duckdb.Error:  # the query fails, too
        return []
    words = {text.strip('"').casefold() for _, text in _tokens(sql)}
    tables, views = connection.execute(_TABLES).fetchall(), connection.execute(_VIEWS).fetchall()
    found = [(schema, table) for schema, table in tables if {f"{schema}.{table}".casefold(), table.casefold()} & named]
    return sorted(f"{schema}.{table}" for schema, table in [*found, *(each for each in views if each[1].casefold() in words)])


def _without_values(connection: DuckDBPyConnection, sql: str) -> str:
    tokens = _tokens(sql)
    words = sorted({text.strip('"').casefold() for kind, text in tokens if kind in ("identifier", "keyword")})
    known = {row[0] for row in connection.execute(_KNOWN, [words]).fetchall()}
    placeholders: dict[str, str] = {}
    written = []
    for kind, text in tokens:
        name = text.strip('"').casefold()
        if kind in LITERALS:
            written.append("?")
        elif kind == "operator":
            written.append("".join(character for character in text if not character.isalnum()))
        else:
            written.append(text if name in known else placeholders.setdefault(name, f"name{len(placeholders) + 1}"))
    return " ".join(filter(None, written))[:MOST_CHARACTERS]


def _tokens(sql: str) -> list[tuple[str, str]]:
    """Kind and text of each token of DuckDB. It counts bytes, and a comment belongs to the token before it."""
    data = sql.encode()
    found = [*duckdb.tokenize(sql), (len(data), None)]
    tokens = []
    for (start, kind), (end, _) in pairwise(found):
        text = data[start:end].decode(errors="replace")
        first = (text.split() or [""])[0]
        tokens.append((getattr(kind, "name", ""), first.partition("--")[0].partition("/*")[0]))
    return tokens


DUCKDB_MEMORY = "2GB"
# DuckDB's limit does not cover values in flight, such as one long list or text, nor Python.
MEMORY = 3 * 1024**3
STACK = 16 * 1024**2  # of each of DuckDB's threads
OUTPUT = 2 * 1024**3
SPILL = "20GB"
MESSAGE_CHARACTERS = 4_000
TOO_MUCH_MEMORY = "the query needs more than 3 GB of memory. Query less data"
WRITES = "facts of this release are in files, so that a query is a SELECT; use --format, and redirect the output to write a file"
TOO_MUCH_OUTPUT = "the result is larger than 2 GB. Select fewer rows or columns"

REMEDY = "Restore the part; else `levelground run --full-refresh` builds it again. `levelground lake verify` checks all parts"
UNREADABLE = re.compile("^(IO|HTTP|Permission|Invalid Input) Error")

# the errors of a stream that DuckDB reads through Arrow
ARROW = re.compile(r"^[\w ]*Error: arrow_scan: get_next failed\(\): (\w+: )*")


def main() -> NoReturn:
    """Answer the request of the first line of the input, and end without the destructors of DuckDB, which may abort."""
    request = json.loads(sys.stdin.readline())
    limit_resources(request["timeout"])
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # DuckDB can log to the output
    watch = threading.Thread(target=_end_with_parent, args=(Path(request["result"]).parent,), daemon=True)
    watch.start()
    try:
        answer.write(b"started\n")
        answer.flush()
    except BrokenPipeError:
        watch.join()  # the starting process was killed before this one was ready; the watch ends this one
    _answer(request, answer)


def limit_resources(timeout: float) -> None:
    """Limit this process's memory, processor time and files. The starting process enforces the time by the clock."""
    processors = os.cpu_count() or 1
    limits = {
        resource.RLIMIT_DATA: MEMORY + processors * STACK,
        resource.RLIMIT_CPU: math.ceil(min(timeout, 10**6)) * processors + 5,
        resource.RLIMIT_FSIZE: OUTPUT,
        resource.RLIMIT_CORE: 0,
    }
    for kind, wanted in limits.items():
        hard = resource.getrlimit(kind)[1]
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (limit, limit))


def _end_with_parent(folder: Path) -> None:
    """End when the process that started this one ends, however it does: that closes the input. A killed one has left `folder`."""
    os.read(0, 1)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def _answer(request: dict[str, Any], answer: BinaryIO) -> NoReturn:
    """Run the query, write its result or its error, and end this process while the connection is open: see `main`."""
    written, asked = Path(request["result"]), Path(request["question"])
    problem: str | None = None
    exit_code, parts = EXIT_UNEXPECTED, dict[str, str]()
    try:
        reader = open_reader(
            Path(request["path"]),
            memory_limit=DUCKDB_MEMORY,
            temp_directory=written.parent,
            spill_limit=SPILL,
            key=request["key"],
        )
        parts, question = parts_of_views(reader), describe(reader, request["sql"])
        asked.write_text(json.dumps(question), encoding="utf-8")  # before the query, which may be stopped
        statements = reader.extract_statements(request["sql"])
        if len(statements) != 1:
            problem = f"the query has {len(statements)} statements; write one" if statements else "the query is empty"
            exit_code = EXIT_BAD_ARGUMENTS
        elif parts and not only_reads(reader, request["sql"]):
            problem, exit_code = WRITES, EXIT_BAD_ARGUMENTS
        else:
            result = reader.execute(statements[0])
            rows = write_result(result, written, request["format"], request["spreadsheet"], request["terminal_width"])
            asked.write_text(json.dumps(question | {"rows": rows}), encoding="utf-8")
    except MemoryError:
        problem = TOO_MUCH_MEMORY
    except (duckdb.Error, WarehouseError, StoreUnusable, OSError) as error:
        problem = explain(str(error), parts)
    except Exception as error:  # noqa: BLE001 - a result that a library cannot convert must not end in a traceback
        problem = f"the result cannot be written as {request['format']} ({type(error).__name__}). Cast its columns to varchar"
    if problem is not None:
        answer.write(problem[:MESSAGE_CHARACTERS].encode(errors="replace"))
        answer.flush()
    os._exit(EXIT_OK if problem is None else exit_code)


def explain(message: str, parts: Mapping[str, str] | None = None) -> str:
    """DuckDB's message without stack traces and what Arrow adds; that of an exceeded limit; which of the `parts` it is about."""
    message = ARROW.sub("", message)
    for part, table in (parts or {}).items():
        if part in message and UNREADABLE.search(message):  # a missing file DuckDB takes for a folder, which it may not read
            why = "it is missing, or this account may not read its folder" if "**" in message else message.splitlines()[0]
            return f"{table} cannot be read, because of its part {part}: {why}. {REMEDY}"
    if re.search(r"^Out of Memory Error|bad_alloc", message):
        return TOO_MUCH_MEMORY
    if "File too large" in message:
        return TOO_MUCH_OUTPUT
    if message.startswith(("INTERNAL Error", "FATAL Error")):
        return f"DuckDB failed on this query: {message.splitlines()[0]}"
    return message


if __name__ == "__main__":
    main()

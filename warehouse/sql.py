"""Quote names and texts for SQL, read queries from SQL files, list tables, and remove values from DuckDB's messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Levelground's own names are lower case. Every SQL tool that reads a release accepts 63 characters.
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}")
# DuckDB's errors quote cells as 'cell' ("Could not convert string 'x' to DATE") and names as "name".
_QUOTED_CELL = re.compile(r"'[^']*('|$)")


class BadIdentifier(ValueError):
    """A name that is not allowed in SQL."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is not a name for SQL: lower-case letters, digits and _, no digit first, at most 63")


def identifier(name: str) -> str:
    """`name` quoted, if it is a valid name of a schema, table, alias or contract column; else BadIdentifier."""
    if IDENTIFIER.fullmatch(name) is None:
        raise BadIdentifier(name)
    return quoted(name)


def quoted(name: str) -> str:
    """Any name quoted as an identifier, for names from DuckDB's catalog or from a delivered header."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as a string literal, for statements that take no parameters (ATTACH, COPY, SET)."""
    return "'" + text.replace("'", "''") + "'"


def without_values(message: object) -> str:
    """A message of DuckDB or dbt with every quoted cell replaced by '…', safe for logs and messages."""
    return _QUOTED_CELL.sub("'…'", str(message))


def one_of(expression: str, words: Iterable[str]) -> str:
    """SQL boolean: a text is one of these. NULL for NULL.

    DuckDB runs an IN of five words or more as a join. With dozens of them in a SELECT, each takes tens of milliseconds.
    """
    known = [literal(word) for word in words]
    return f"{expression} in ({', '.join(known)})" if len(known) < 5 else f"list_contains([{', '.join(known)}], {expression})"


def one_value(con: DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()) -> Any:
    """The first value of the result, such as a count, or how many rows the statement has changed; None without a row."""
    row = con.execute(sql, parameters).fetchone()
    return row[0] if row else None


def named_rows(result: DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of a result by the names of their columns."""
    names = [name for name, *_ in result.description or ()]
    return [dict(zip(names, values, strict=True)) for values in result.fetchall()]


class Column(NamedTuple):
    """A column of a table or view: its type and its comment, None without one."""

    kind: str
    comment: str | None


def tables_of(con: DuckDBPyConnection, alias: str) -> list[tuple[str, str]]:
    """Schema and name of every table of an attached file."""
    listed = "select schema_name, table_name from duckdb_tables() where database_name = ? and not internal order by all"
    return con.execute(listed, [alias]).fetchall()


def columns_of(con: DuckDBPyConnection, alias: str) -> dict[tuple[str, str], dict[str, Column]]:
    """The columns of every table and view of an attached file, by schema and name, in their order."""
    listed = (
        "select schema_name, table_name, column_name, data_type, comment from duckdb_columns() "
        "where database_name = ? and not internal order by schema_name, table_name, column_index"
    )
    found: dict[tuple[str, str], dict[str, Column]] = {}
    for schema, table, name, *column in con.execute(listed, [alias]).fetchall():
        found.setdefault((schema, table), {})[name] = Column(*column)
    return found


def queries(file: Path, **names: object) -> Any:
    """The queries of an SQL file, which are Jinja macros, as functions that return SQL; all may use `names`.

    The file is compiled when the first query is asked for: it takes 10 to 30 ms, and most commands need few files.
    """
    _files.add(file)
    return _Queries(file, names)


def compile_queries() -> None:
    """Compile the files of all imported modules, so that copies of this process need not."""
    for file in _files:
        _template(file)


_files: set[Path] = set()


class _Queries:
    def __init__(self, file: Path, names: dict[str, object]) -> None:
        self._file, self._names = file, names

    @cached_property
    def _module(self) -> Any:
        return _template(self._file).make_module(self._names)

    def __getattr__(self, query: str) -> Any:
        return getattr(self._module, query)


@cache
def _template(file: Path) -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - few commands need it

    loader = FileSystemLoader(file.parent)
    # SQL, not HTML: names are Levelground's own or of a file's catalog
    environment = Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # noqa: S701
    environment.filters |= {"literal": lambda text: literal(str(text)), "quoted": quoted}
    return environment.get_template(file.name)

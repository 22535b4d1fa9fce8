"""Describe a query for the log of questions: the tables that it reads, and its text without values.

Only words that DuckDB or the release defines stay: keywords, functions, types, names of tables and columns. So a value can reach
the log neither as a literal nor as an alias, a comment or a name that was typed by mistake.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

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

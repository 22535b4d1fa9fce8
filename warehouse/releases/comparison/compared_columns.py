"""Compare columns of a table in two releases, attached as `before` and `after`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from duckdb import DuckDBPyConnection

TOP = 5


@dataclass(frozen=True)
class Change:
    """A row whose value changed: its key, and the value before and after; None for no value."""

    key: Mapping[str, str]
    before: float | None
    after: float | None

    @property
    def by(self) -> float | None:
        """The difference of the values; None if one of them is missing."""
        return None if self.before is None or self.after is None else self.after - self.before


def named_rows(result: DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of a result by the names of their columns, with lists as tuples."""
    names = [name for name, *_ in result.description or ()]
    return [dict(zip(names, map(_as_tuple, values), strict=True)) for values in result.fetchall()]


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


def column_types(connection: DuckDBPyConnection, table: str) -> dict[str, str]:
    """The type of each column of the table in the later release."""
    schema, _, name = table.partition(".")
    rows = connection.execute(
        "select column_name, data_type from duckdb_columns() "
        "where database_name = 'after' and schema_name = ? and table_name = ? order by column_index",
        [schema, name],
    ).fetchall()
    return dict(rows)


def common_columns(connection: DuckDBPyConnection, table: str) -> list[str]:
    """The columns that the table has in both releases."""
    schema, _, name = table.partition(".")
    rows = connection.execute(
        "select column_name from duckdb_columns() "
        "where database_name in ('before', 'after') and schema_name = ? and table_name = ? "
        "group by column_name having count(*) = 2 order by min(column_index)",
        [schema, name],
    ).fetchall()
    return [row[0] for row in rows]


def is_different(before: str, after: str, kind: str) -> str:
    """Compare doubles to 9 significant digits, like the content hash: another order of summation is no change."""
    if kind not in ("DOUBLE", "FLOAT"):
        return f"{before} is distinct from {after}"
    return (
        f"{before} is distinct from {after} and "
        f"coalesce(abs({after} - {before}) > 1e-9 * greatest(abs({before}), abs({after})), true)"
    )

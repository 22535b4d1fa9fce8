"""Compare columns of a table in two releases, attached as `before` and `after`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from duckdb import DuckDBPyConnection


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
    """The rows of a result by the names of their columns, with lists as tuples, and `top` as changes."""
    names = [name for name, *_ in result.description or ()]
    rows = [dict(zip(names, map(_as_tuple, values), strict=True)) for values in result.fetchall()]
    return [row | ({"top": tuple(Change(**change) for change in row["top"])} if "top" in row else {}) for row in rows]


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


def common_columns(connection: DuckDBPyConnection, table: str) -> dict[str, str]:
    """The columns that the table has in both releases, with their types in the later one."""
    schema, _, name = table.partition(".")
    rows = connection.execute(
        "select column_name, any_value(data_type) filter (database_name = 'after') from duckdb_columns() "
        "where database_name in ('before', 'after') and schema_name = ? and table_name = ? "
        "group by column_name having count(*) = 2 order by min(column_index)",
        [schema, name],
    ).fetchall()
    return dict(rows)

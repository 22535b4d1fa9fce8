"""Compute the content hash of a release: a hash over tables that ignores row order, file, load and run.

The caller names the schemas. See `manifest` for the hashes of files.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from duckdb import DuckDBPyConnection

from warehouse.fingerprint import text_sha256
from warehouse.sql import columns_of, identifier, quoted

# The load and the run of a row are not part of its content. Nor are keys: those of records depend on the secret of a home, and
# every other key is made of columns of its row.
LEFT_OUT_COLUMNS = frozenset({"_load_id", "load_id", "run_id"})
LEFT_OUT_SUFFIX = "_key"
# Neither are the release itself, what earlier ones contained, and words on them: equal figures give an equal hash.
LEFT_OUT_TABLES = frozenset(
    {
        "marts.release",
        "published.release",
        "published.as_reported_history",
        "published.as_reported_editions",
        "published.corrections",
    }
)

# A change of how tables are stored is released although their content is the same. 3: figures in the order of their columns.
_LAYOUT = "3"

# The last bits of sums of doubles depend on the order of summation. A float has 7 digits, a double 15.
_SIGNIFICANT_DIGITS = {"DOUBLE": 9, "FLOAT": 5}
# Shifts the limits between two rounded values away from short decimals such as 12345678.05, where sums of money are often a bit
# below or above the limit.
_OFF_THE_TIES = "1.00000000003"


def content_hash(
    connection: DuckDBPyConnection, schemas: Sequence[tuple[str, str]], without: Collection[str] = LEFT_OUT_TABLES
) -> str:
    """SHA-256 in hex over the tables of `schemas`, pairs of (database alias, schema), but those in `without` (`schema.table`).

    Equal for the same rows in any order, with duplicates, in any file and under any alias. Columns in LEFT_OUT_COLUMNS and keys
    do not count. Doubles count to 9 significant digits, -0.0 as 0.0; NaN, NULL, 0, '' and [] all differ. Doubles in lists and
    structs count in full. It uses DuckDB's `hash`: comparable within one DuckDB version, and no protection against forgery.
    """
    lines = []
    for alias, schema in schemas:
        for (of_schema, table), columns in columns_of(connection, alias).items():
            if of_schema == schema and f"{schema}.{table}" not in without:
                hashed = [(name, column.kind) for name, column in columns.items() if not _is_left_out(name)]
                relation = f"{identifier(alias)}.{identifier(schema)}.{quoted(table)}"
                lines.append(_table_line(connection, relation, f"{schema}.{table}", hashed))
    return text_sha256("\n".join([_LAYOUT, *sorted(lines)]))


def _is_left_out(column: str) -> bool:
    return column in LEFT_OUT_COLUMNS or column.endswith(LEFT_OUT_SUFFIX)


def columns_hash(connection: DuckDBPyConnection, relation: str, columns: Sequence[str]) -> str:
    """A hash over the rows of a relation (SQL), of these columns only, with their number; it ignores their order."""
    types = {name: kind for name, kind, *_ in connection.execute(f"describe {relation}").fetchall()}
    return text_sha256(_table_line(connection, relation, "", [(column, types[column]) for column in columns]))


def _table_line(connection: DuckDBPyConnection, relation: str, name: str, columns: list[tuple[str, str]]) -> str:
    values = ", ".join(_hashed(quoted(column), data_type) for column, data_type in columns) or "0"
    # Hashed twice: DuckDB combines the last argument by a plain xor, so two rows that swap it would have the same sum.
    row = connection.execute(f"select count(*), sum(hash(hash({values}))) from {relation}").fetchone()
    count, total = row or (0, None)
    return repr((name, columns, count, total))


def _hashed(column: str, data_type: str) -> str:
    if data_type in _SIGNIFICANT_DIGITS:
        x = f"{column}::double"
        digits = _SIGNIFICANT_DIGITS[data_type]
        rounded = f"round({x} * {_OFF_THE_TIES}, {digits - 1} - floor(log10(abs({x})))::integer)"
        # Outside these magnitudes the powers of ten in `round` overflow; there, and for 0, NaN and infinity, all digits count.
        return f"case when abs({x}) between 1e-290 and 1e290 then {rounded} else {x} end"
    if data_type.endswith("]") or data_type.startswith(("STRUCT", "MAP", "UNION")):
        return f"{column}, {column}::varchar"  # `hash` is equal for NULL, [], [NULL] and a struct of NULLs
    return column

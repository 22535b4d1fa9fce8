"""Whether two builds say the same: one hash over tables, blind to row order, file, load and run.

Belongs here: the hash. Does not: which schemas count (the caller says), the bytes of files (`manifest`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from duckdb import DuckDBPyConnection

from warehouse.fingerprint import text_sha256
from warehouse.sql import identifier, quoted

# Which load brought a row and which run built it is not what it says.
LEFT_OUT_COLUMNS = frozenset({"_load_id", "load_id", "run_id"})
LEFT_OUT_TABLES = frozenset({"published.release"})

# Sums of doubles depend on the order of summation in their last bits. A float holds 7 digits, a double 15.
_SIGNIFICANT_DIGITS = {"DOUBLE": 9, "FLOAT": 5}
# Moves the limits between two rounded values off the short decimals (12345678.05 and the like, to which sums of money come
# up again and again, once a bit below and once a bit above).
_OFF_THE_TIES = "1.00000000003"


def content_hash(
    connection: DuckDBPyConnection, schemas: Sequence[tuple[str, str]], without: Collection[str] = LEFT_OUT_TABLES
) -> str:
    """SHA-256 in hex over the tables of `schemas`, pairs of (database alias, schema), but those in `without` (`schema.table`).

    Equal for the same rows in any order, duplicates counted, in any file and under any alias; columns in LEFT_OUT_COLUMNS do
    not count, doubles count to 9 significant digits, -0.0 as 0.0; NaN, NULL, 0, '' and [] all differ. Doubles inside lists and
    structs count in full. It rests on DuckDB's `hash`: comparable within one DuckDB version, not a defense against forgery.
    """
    lines = []
    for alias, schema in schemas:
        columns = connection.execute(
            "select table_name, column_name, data_type from duckdb_columns() "
            "where database_name = ? and schema_name = ? and not internal order by table_name, column_index",
            [alias, schema],
        ).fetchall()
        tables: dict[str, list[tuple[str, str]]] = {}
        for table, column, data_type in columns:
            tables.setdefault(table, []).append((column, data_type))
        for table, all_columns in tables.items():
            if f"{schema}.{table}" not in without:
                kept = [(name, kind) for name, kind in all_columns if name not in LEFT_OUT_COLUMNS]
                relation = f"{identifier(alias)}.{identifier(schema)}.{quoted(table)}"
                lines.append(_table_line(connection, relation, f"{schema}.{table}", kept))
    return text_sha256("\n".join(sorted(lines)))


def _table_line(connection: DuckDBPyConnection, relation: str, name: str, columns: list[tuple[str, str]]) -> str:
    values = ", ".join(_hashed(quoted(column), data_type) for column, data_type in columns) or "0"
    # Hashed twice: DuckDB mixes the last argument in with a bare xor, so two rows that swap it would sum to the same.
    row = connection.execute(f"select count(*), sum(hash(hash({values}))) from {relation}").fetchone()
    count, total = row or (0, None)
    return repr((name, columns, count, total))


def _hashed(column: str, data_type: str) -> str:
    if data_type in _SIGNIFICANT_DIGITS:
        x = f"{column}::double"
        digits = _SIGNIFICANT_DIGITS[data_type]
        rounded = f"round({x} * {_OFF_THE_TIES}, {digits - 1} - floor(log10(abs({x})))::integer)"
        # Beyond these magnitudes the powers of ten in `round` overflow; there, and for 0, NaN and infinity, all digits count.
        return f"case when abs({x}) between 1e-290 and 1e290 then {rounded} else {x} end"
    if data_type.endswith("]") or data_type.startswith(("STRUCT", "MAP", "UNION")):
        return f"{column}, {column}::varchar"  # the hash alone takes NULL, [], [NULL] and a struct of NULLs for the same
    return column

"""What may stand in the public file until disclosure control lands: no value row.

Here: the checks on the public file's catalog, and their gate. Not here: the marts (`expectations.suites`), whether a
published number gives somebody away (`expectations.disclosure`, with the suppressor).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Engine

from expectations.checks import Check, measure, share
from expectations.results import GateResult
from expectations.runner import Session
from ingest.contract import Contract
from warehouse.sql import literal

SCHEMA = "published"
# tables.md, Public: these describe measures, sources and places, or name codes, and count nobody. `release` is written when the
# file is sealed. `engagement_responses` hides its small counts by itself (ADR 29), held by a test of dbt.
WITHOUT_VALUES = ("measures", "sources", "geographies", "labels", "engagement_responses", "release")
WRITTEN_BEFORE = ("measures", "sources", "geographies", "labels", "engagement_responses")
# Every column of a measure that holds or bounds a value, in whatever table it might appear. In published.measures two of these
# names are texts: they say what is counted.
VALUE_COLUMNS = (
    "numerator", "denominator", "value", "ci_low", "ci_high", "reference_value", "rate_ratio", "rate_ratio_ci_low",
    "rate_ratio_ci_high", "rate_difference", "rate_difference_ci_low", "rate_difference_ci_high", "bound_low", "bound_high",
    "population", "expected_value", "baseline_value", "target_value", "gap", "gap_baseline",
)  # fmt: skip


def gate_published(database: Engine | Path, contracts: Iterable[Contract] = (), *, attached: str = "public") -> GateResult:
    """The verdict on the public file: it may hold the tables of `WITHOUT_VALUES` and nothing else.

    `attached` is the name under which `database` has the file attached; columns that a contract calls private must not be in it.
    """
    private = {column.name for contract in contracts for column in contract.columns if column.privacy != "public"}
    catalog = (
        "select columns.*, tables.table_name is not null as is_table "
        "from (select database_name, schema_name, table_name, column_name, data_type from duckdb_columns()) as columns "
        "left join (select database_name, schema_name, table_name from duckdb_tables()) as tables "
        "on columns.database_name = tables.database_name and columns.schema_name = tables.schema_name "
        f"and columns.table_name = tables.table_name where columns.database_name = {literal(attached)}"
    )
    return GateResult("disclosure", SCHEMA, Session(database).run(SCHEMA, catalog, tuple(_checks(private))))


def _checks(private: Iterable[str]) -> Iterator[Check]:
    says = "the public file holds columns outside schema published; only published is for everybody"
    yield share("schemas", "critical", says, rows=f"schema_name <> {literal(SCHEMA)}")
    says = (
        f"the public file holds a table other than {', '.join(WITHOUT_VALUES)}: no value row goes out before disclosure control"
    )
    yield share("tables_without_values", "critical", says, rows=f"table_name not in ({_list(WITHOUT_VALUES)})")
    says = "the public file holds columns of values: no value row goes out before disclosure control"
    yield share(
        "columns_without_values", "critical", says, rows=f"column_name in ({_list(VALUE_COLUMNS)}) and data_type <> 'VARCHAR'"
    )
    says = "the public file holds a view; it would break under another name of the file, so only tables are released"
    yield share("tables_only", "critical", says, rows="not is_table")
    if private:
        says = "the public file holds a column that a contract calls private"
        yield share("private_columns", "critical", says, rows=f"column_name in ({_list(sorted(private))})")
    for table in WRITTEN_BEFORE:
        says = f"the public file has no table published.{table}; build it"
        yield measure(
            "table_exists", "critical", says, expression=f"count(*) filter (where table_name = {literal(table)})", at_least=1
        )


def _list(words: Iterable[str]) -> str:
    return ", ".join(literal(word) for word in words)

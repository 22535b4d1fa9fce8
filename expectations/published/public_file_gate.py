"""Check that the public file contains the tables and columns that its suites name, and nothing else.

This module checks the catalog and the tables of the public file. See `expectations.marts.marts_gate` for the marts, and
`expectations.disclosure` for the disclosure audit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from expectations.engine.checks import Check, share
from expectations.engine.runner import Session
from expectations.marts.marts_gate import OnTable, gate_build
from expectations.marts.suites import SUITES, Suite, read_suites
from expectations.results import GateResult
from ingest.contract import Contract
from warehouse.sql import literal

SCHEMA = "published"
PUBLIC_SUITES = SUITES / SCHEMA
# Written after this gate, when the file is sealed, from the run record.
WRITTEN_LAST = "release"


def gate_published(
    database: Path,
    contracts: Iterable[Contract] = (),
    suites: Iterable[Suite] | None = None,
    *,
    attached: str = "public",
    on_table: OnTable = lambda *_: None,
) -> list[GateResult]:
    """Evaluate the public file: its catalog, and each of its tables.

    `attached` is the name under which `database` has the file attached. A column that a contract calls private may not be in it,
    unless a suite names it: then it describes measures, sources or places, and contains no cell of a delivery.
    """
    chosen = tuple(read_suites(PUBLIC_SUITES) if suites is None else suites)
    private = {column.name for contract in contracts for column in contract.columns if column.privacy != "public"}
    of_file = f"database_name = {literal(attached)}"
    is_table = f"select (schema_name, table_name) from duckdb_tables() where {of_file}"
    columns = f"schema_name, table_name, column_name, (schema_name, table_name) in ({is_table}) as is_table"
    catalog = f"select {columns} from duckdb_columns() where {of_file}"
    findings = Session(database).run(SCHEMA, catalog, tuple(_checks(chosen, private)))
    tables = gate_build(database, chosen, schema=f"{attached}.{SCHEMA}", on_table=on_table)
    return [
        GateResult("disclosure", SCHEMA, findings),
        *(table for table in tables if table.subject != f"{SCHEMA}.{WRITTEN_LAST}"),
    ]


def _checks(suites: Sequence[Suite], private: Iterable[str]) -> Iterator[Check]:
    tables = [*(suite.table for suite in suites), WRITTEN_LAST]
    message = "the public file has columns outside schema published; only published is for everyone"
    yield share("schemas", "critical", message, rows=f"schema_name <> {literal(SCHEMA)}")
    message = f"the public file has a table other than {', '.join(tables)}; promise it in expectations/suites/published"
    yield share("tables_promised", "critical", message, rows=f"table_name not in ({_list(tables)})")
    promised = ", ".join(
        f"({literal(suite.table)}, {literal(column)})"
        for suite in suites
        for column in dict.fromkeys((*suite.grain, *suite.columns, *suite.not_null, *suite.words))
    )
    unknown = f"(table_name, column_name) not in ({promised})"
    message = "the public file has a column that no suite of expectations/suites/published names"
    yield share(
        "columns_promised", "critical", message, rows=unknown, among=f"table_name in ({_list(suite.table for suite in suites)})"
    )
    message = "the public file has a view; it would break under another name of the file, so only tables are released"
    yield share("tables_only", "critical", message, rows="not is_table")
    if private:
        message = "the public file has a column that a contract calls private"
        yield share("private_columns", "critical", message, rows=f"{unknown} and column_name in ({_list(sorted(private))})")


def _list(words: Iterable[str]) -> str:
    return ", ".join(literal(word) for word in words)

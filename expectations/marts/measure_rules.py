"""The thresholds of the measures (seed `reference.measure_rules`), as SQL and as numbers.

Add a threshold as a row of the seed, never as a literal here or in a suite. dbt models read the same rows by the macro `rule`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import Connection

from warehouse.sql import identifier, literal, quoted

TABLE = "reference.measure_rules"
_NAMED = re.compile(r"\{rule:([a-z0-9_]+)\}")


def read_rules(connection: Connection, database: str = "release") -> Mapping[str, float]:
    """Every rule by name, from the release file attached as `database`."""
    rows = connection.exec_driver_sql(f"select rule, value from {identifier(database)}.{TABLE}")
    return {row.rule: float(row.value) for row in rows}


def with_rules(sql: str, database: str) -> str:
    """`sql` with each `{rule:name}` replaced by a query of that row in the file attached as `database`."""
    return _NAMED.sub(lambda named: f"(select value from {quoted(database)}.{TABLE} where rule = {literal(named[1])})", sql)

"""The thresholds of the measures (seed `reference.measure_rules`), as SQL.

Add a threshold as a row of the seed, never as a literal here or in a suite. dbt models read the same rows by the macro `rule`.
"""

from __future__ import annotations

import re

from warehouse.sql import literal, quoted

TABLE = "reference.measure_rules"
_NAMED = re.compile(r"\{rule:([a-z0-9_]+)\}")


def with_rules(sql: str, database: str) -> str:
    """`sql` with each `{rule:name}` replaced by a query of that row in the file attached as `database`."""
    return _NAMED.sub(lambda named: f"(select value from {quoted(database)}.{TABLE} where rule = {literal(named[1])})", sql)

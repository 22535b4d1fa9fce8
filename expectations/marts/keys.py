"""Declare the keys of released tables: the grain of its suite is the primary key of a table, and the gate has checked it.

The comment of each table has its keys. Only a table of marts to which others refer has a constraint: of 1.1 million figures it
makes a file of 153 MB instead of 50; of five public tables, one of 29.6 MB instead of 27.8. No foreign key is one: DuckDB
cannot drop a table to which one refers.
"""

from __future__ import annotations

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from expectations.marts.suites import Suite
from warehouse.sql import columns_of, identifier, literal, quoted

REFERENCED = {
    "marts": (
        "dim_geography", "dim_measure", "dim_race_ethnicity", "dim_stratum", "dim_source", "dim_department", "dim_goal",
        "fct_survey_responses",
    ),
    "published": ("geographies", "measures", "strata", "sources", "goals"),
}  # fmt: skip
_CONSTRAINED = "marts"
_PRIMARY, _FOREIGN = "Primary key: ", " Foreign keys: "


def declare_keys(con: DuckDBPyConnection, alias: str, schema: str, suites: Iterable[Suite]) -> None:
    """Add the keys of the tables of an attached file, those of an earlier release included, to comments and constraints."""
    keys = {suite.table: suite.grain for suite in suites}
    listed = "select table_name, comment from duckdb_tables() where database_name = ? and schema_name = ? order by 1"
    found = {name: text for name, text in con.execute(listed, [alias, schema]).fetchall() if name in keys}
    of_table = {table: {*columns} for (of, table), columns in columns_of(con, alias).items() if of == schema}
    declared = "select table_name from duckdb_constraints() where database_name = ? and schema_name = ? and constraint_type = ?"
    known = {name for (name,) in con.execute(declared, [alias, schema, "PRIMARY KEY"]).fetchall()}
    for name, text in found.items():
        relation = f"{identifier(alias)}.{identifier(schema)}.{quoted(name)}"
        if schema == _CONSTRAINED and name in REFERENCED[schema] and name not in known:
            con.execute(f"alter table {relation} add primary key ({', '.join(map(quoted, keys[name]))})")
        others = {other: keys[other] for other in REFERENCED[schema] if other in found and other != name}
        references = [f"{', '.join(key)} → {other}" for other, key in others.items() if {*key} <= of_table[name]]
        described = f"{(text or '').partition(_PRIMARY)[0]} {_PRIMARY}{', '.join(keys[name])}."
        described += f"{_FOREIGN}{'; '.join(references)}." if references else ""
        con.execute(f"comment on table {relation} is {literal(' '.join(described.split()))}")

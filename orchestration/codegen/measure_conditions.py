"""Check the SQL conditions of a new measure against the described columns of its fact, before a run that takes minutes."""

from __future__ import annotations

import re
from collections.abc import Mapping

import duckdb

from orchestration.settings import ConfigurationError
from orchestration.transform.model_files import ModelFile
from warehouse.connection import in_memory
from warehouse.printable import did_you_mean
from warehouse.sql import quoted

# A function of the project exists only in a run.
UNKNOWN_THERE = duckdb.CatalogException
NO_COLUMN = re.compile(r'Referenced column "([^"]+)" not found')


def check_conditions(fact: ModelFile, conditions: Mapping[str, str | None]) -> None:
    """Raise `ConfigurationError` for a condition, by its option, that the fact's columns do not satisfy or that is no SQL."""
    types = {name: column.get("data_type") for name, column in fact.columns.items()}
    if not types or not all(types.values()):
        return
    with in_memory() as con:
        con.execute("set enable_external_access = false")
        con.execute(f"create table facts ({', '.join(f'{quoted(name)} {kind}' for name, kind in types.items())})")
        for option, condition in conditions.items():
            if not condition or "{{" in condition:
                continue
            try:
                con.execute(f"select count(*) filter (where ({condition})) from facts")
            except UNKNOWN_THERE:
                continue
            except duckdb.Error as error:
                raise ConfigurationError(f"{option} {condition!r}: {_reason(fact, str(error))}") from None


def _reason(fact: ModelFile, message: str) -> str:
    missing = NO_COLUMN.search(message)
    if missing is None:
        return message.splitlines()[0]
    known = f"`levelground tables {fact.name}` lists its columns"
    return f"{fact.name} has no column {missing[1]}. {did_you_mean(missing[1], fact.columns)}{known}"

"""Rejected rows and cells, as SELECTs: which rows and cells the contract refuses, and the message of each."""

from __future__ import annotations

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from ingest.contract import Column, Contract
from ingest.typing import constant_cells, invalid_condition, optional_columns, rejection, rejection_message, required_columns
from warehouse.sql import literal


def refused_rows(contract: Contract) -> str:
    """The landed rows that are not staged, as a relation."""
    return f'(from landing."{contract.source}" where _refused)'


def doubtful_rows(contract: Contract) -> str:
    """The landed rows that are staged with a cell that was made NULL, as a relation."""
    return f'(from landing."{contract.source}" where _doubtful and not _refused)'


def has_refused_or_doubtful(con: DuckDBPyConnection, contract: Contract) -> tuple[bool, bool]:
    """Whether there are refused rows, and whether there are doubtful rows."""
    flags = f'select bool_or(_refused), bool_or(_doubtful and not _refused) from landing."{contract.source}"'
    refused, doubtful = con.execute(flags).fetchone() or (None, None)
    return bool(refused), bool(doubtful)


def _origin_columns(contract: Contract) -> str:
    return (
        f"select {literal(contract.source)} as source, _load_id as load_id, _source_file as source_file, "
        "_source_row as source_row, "
    )


def rejected_rows(contract: Contract, columns: Sequence[Column], relation: str, city_zone: str) -> str:
    """SELECT of the rows of a relation that are refused for one of `columns`, with the columns of `quality.rejected_rows`."""
    column, reason = rejection(columns, city_zone)
    branches = " ".join(
        f"when _column = {literal(c.name)} and _why = {literal(why)} then {rejection_message(c, why)}"
        for c in columns
        for why in ("missing", "invalid")
    )
    # a contract without required columns refuses no row
    message = f"case {branches} end" if branches else "cast(null as varchar)"
    inner = f"select *, {column} as _column, {reason} as _why from {relation}"
    return (
        f'{_origin_columns(contract)}_column as "column", _why as reason_code, {message} as message '
        f"from ({inner}) where _column is not null"
    )


def constant_values(contract: Contract, city_zone: str) -> str | None:
    """SELECT of the cells made NULL because a part of the table has one value, with the columns of `quality.rejected_values`."""
    cells = constant_cells(contract, f'landing."{contract.source}"', city_zone)
    return cells and (
        f"{_origin_columns(contract)}_column as \"column\", 'invalid' as reason_code, _message as message from ({cells})"
    )


def rejected_values(contract: Contract, relation: str, city_zone: str) -> str | None:
    """SELECT of the cells made NULL in accepted rows, with the columns of `quality.rejected_values`; None if none can be."""
    refused, _ = rejection(required_columns(contract), city_zone)
    selects = [
        f"{_origin_columns(contract)}{literal(c.name)} as \"column\", 'invalid' as reason_code, "
        f"{rejection_message(c, 'invalid')} as message "
        f"from {relation} where {invalid_condition(c, city_zone)} and {refused} is null"
        for c in optional_columns(contract)
    ]
    return " union all ".join(selects) or None

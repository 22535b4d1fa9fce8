"""Build the SELECTs that read all cells of a relation once: for the typed views, the gate and the marks of landed rows.

Each cell is trimmed, typed and checked once, in layers that name what the next layer needs, because DuckDB evaluates an
expression inside a CASE each time it occurs. Names that these layers add begin with an underscore, which no contract column does.
"""

from __future__ import annotations

from collections.abc import Iterable

from ingest.contract import Column, Contract
from ingest.contract.sections.general import SNAPSHOT_ON
from ingest.typing.expressions import (
    can_be_invalid,
    invalid_typed,
    missing_condition,
    missing_reason,
    raw_expression,
    rejection,
    required_columns,
    typed_from_raw,
)
from warehouse.sql import literal, quoted

LOAD_COLUMNS = ("_load_id", "_source_file", "_source_row")


def trimmed_cell(column: Column) -> str:
    """The name of the trimmed cell."""
    return quoted(f"_text_{column.name}")


def missing_flag(column: Column) -> str:
    """The name of the flag of a cell that is empty or a null token."""
    return quoted(f"_missing_{column.name}")


def typed_cell(column: Column) -> str:
    """The name of the typed value."""
    return quoted(f"_typed_{column.name}")


def invalid_flag(column: Column) -> str:
    """The name of the flag of a cell that does not type, or is outside values, min or max; for columns that can be invalid."""
    return quoted(f"_invalid_{column.name}")


def read_cells(columns: Iterable[Column], relation: str, city_zone: str | None) -> str:
    """The columns of `relation`, with four more for each of `columns`, as a relation in parentheses."""
    read = tuple(columns)
    raw = {column.name: quoted(f"_raw_{column.name}") for column in read}
    layers = [
        [f"{_trimmed(column)} as {trimmed_cell(column)}" for column in read],
        [f"{missing_condition(column, trimmed_cell(column))} as {missing_flag(column)}" for column in read],
        [f"{_raw(column, city_zone)} as {raw[column.name]}" for column in read],
        [
            f"{typed_from_raw(column, trimmed_cell(column), raw[column.name], city_zone)} as {typed_cell(column)}"
            for column in read
        ],
        [
            f"{invalid_typed(column, trimmed_cell(column), missing_flag(column), typed_cell(column))} as {invalid_flag(column)}"
            for column in read
            if can_be_invalid(column)
        ],
    ]
    for layer in layers:
        if layer:
            relation = f"(select *, {', '.join(layer)} from {relation})"
    return relation


def _raw(column: Column, city_zone: str | None) -> str:
    return f"case when not {missing_flag(column)} then {raw_expression(column, trimmed_cell(column), city_zone)} end"


def _trimmed(column: Column) -> str:
    # trim reads every character; most cells are ASCII, and need it only if they begin or end with a blank
    name = quoted(column.name)
    plain = f"strlen({name}) = length({name}) and not (prefix({name}, ' ') or suffix({name}, ' '))"
    return f"case when {plain} then {name} else trim({name}) end"


def is_refused(columns: Iterable[Column]) -> str:
    """SQL boolean over `read_cells` of these columns: the row has no good value in one of them."""
    bad = [
        part for column in columns for part in (missing_flag(column), *([invalid_flag(column)] if can_be_invalid(column) else []))
    ]
    return f"({' or '.join(bad)})" if bad else "false"


def optional_columns(contract: Contract) -> tuple[Column, ...]:
    """The columns in which a bad cell is made NULL and reported, and the row is accepted."""
    required = required_columns(contract)
    return tuple(c for c in contract.kept_columns if c not in required and not c.is_label and can_be_invalid(c))


def record_hash(contract: Contract, text: bool = False) -> str:
    """SQL text: md5 of the source and its key, or without a key of the source and every kept column as delivered.

    A source that was renamed keeps its keys: they are of its first name.

    `text`: over `read_cells` of those columns.
    """
    names = contract.record_key or tuple(column.name for column in contract.kept_columns)
    cells = [trimmed_cell(contract.column(name)) if text else f"trim({quoted(name)})" for name in names]
    parts = ", ".join(f"coalesce({cell}, '')" for cell in cells)
    return f"md5(concat_ws(chr(31), {literal(contract.first_name)}, {parts}))"


def accepted_rows(contract: Contract, relation: str, city_zone: str | None = None, accepted: str | None = None) -> str:
    """The SELECT behind `typed.<source>`: every accepted row of `relation`, typed, each optional cell with its missing reason.

    `accepted`: SQL boolean of the accepted rows, if it is known; without it each row is checked.
    """
    columns = []
    deciding = contract.deciding_columns
    for column in contract.kept_columns:
        name, typed = quoted(column.name), typed_cell(column)
        if column.is_label:
            columns.append(f"coalesce({name}, '') as {name}")
            continue
        required = column.required or column.name in deciding
        wrong = can_be_invalid(column)
        columns.append(
            f"{typed} as {name}" if required or not wrong else f"case when not {invalid_flag(column)} then {typed} end as {name}"
        )
        if not required:
            branch = f" when {invalid_flag(column)} then 'invalid'" if wrong else ""
            reason = f"case when {missing_flag(column)} then {missing_reason(column, trimmed_cell(column))}{branch} end"
            columns.append(f'{reason} as "{column.name}_missing_reason"')
    columns.append(f"{record_hash(contract, text=True)} as _record_hash")
    columns += (*LOAD_COLUMNS, SNAPSHOT_ON) if contract.snapshot else LOAD_COLUMNS
    if accepted is None:
        refused, _ = rejection(required_columns(contract), city_zone)
        accepted = f"{refused} is null"
    read = read_cells(contract.kept_columns, f"(from {relation} where {accepted})", city_zone)
    return _without_constants(contract, f"select {', '.join(columns)} from {read}")


def is_constant(column: Column) -> str:
    """SQL boolean over typed rows: a cell of a part of the table in which all values are the same (`varies_within`)."""
    part = column.varies_within
    assert part is not None
    name, window = quoted(column.name), f"over (partition by {', '.join(map(quoted, part.by))})"
    return f"({name} is not null and count({name}) {window} >= {part.rows} and min({name}) {window} = max({name}) {window})"


def _without_constants(contract: Contract, typed: str) -> str:
    """The typed rows, in which constant values are NULL for the reason that the contract gives."""
    replaced = [
        part
        for column in contract.kept_columns
        if column.varies_within
        for name, reason in ((quoted(column.name), quoted(f"{column.name}_missing_reason")),)
        for part in (
            f"case when not {is_constant(column)} or {name} is null then {name} end as {name}",
            f"case when {is_constant(column)} then {literal(column.varies_within.otherwise)} else {reason} end as {reason}",
        )
    ]
    return f"select * replace ({', '.join(replaced)}) from ({typed})" if replaced else typed


def constant_cells(contract: Contract, relation: str, city_zone: str) -> str | None:
    """SELECT of the invalid constant cells of `relation`: where each is, its column, and a message; None if none can be."""
    columns = [column for column in contract.kept_columns if column.varies_within and column.varies_within.otherwise == "invalid"]
    unread = contract.model_copy(
        update={"columns": tuple(column.model_copy(update={"varies_within": None}) for column in contract.columns)}
    )
    rows = accepted_rows(unread, relation, city_zone, "not _refused")
    selects = [
        f"select {', '.join(LOAD_COLUMNS)}, {literal(column.name)} as _column, {_constant_message(column)} as _message "
        f"from ({rows}) qualify {is_constant(column)}"
        for column in columns
    ]
    return " union all ".join(selects) or None


def _constant_message(column: Column) -> str:
    assert column.varies_within is not None
    parts = " || ', ' || ".join(f"coalesce(cast({quoted(name)} as varchar), '')" for name in column.varies_within.by)
    value = f"' ' || cast({quoted(column.name)} as varchar)" if column.privacy == "public" else "' (the value is private)'"
    same = literal(f"{column.name}: the same value in all rows of ")
    return f"{same} || {parts} || ':' || {value}"

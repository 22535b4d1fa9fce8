"""Type delivered text: the SQL that gates, promotion and staging share, of one column and of all cells of a relation.

A column's contract becomes its typed value, its missing reason, and whether a cell or a row is refused. Column names come from
contracts, which allow only [a-z0-9_]; everything else in the SQL is a quoted literal.

The SELECTs over all cells read each once: for the typed views, the gate and the marks of landed rows. Each cell is trimmed, typed
and checked once, in layers that name what the next layer needs, because DuckDB evaluates an expression inside a CASE each time it
occurs. Names that these layers add begin with an underscore, which no contract column does.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from ingest.contract import Column, Contract
from ingest.contract.sections.general import SNAPSHOT_ON
from warehouse.sql import literal, one_of, quoted

TRUE_WORDS = ("true", "t", "yes", "y", "1")
FALSE_WORDS = ("false", "f", "no", "n", "0")
# A time with an offset is an instant; any other time is on a wall clock.
OFFSET = r":\d\d(\.\d+)?\s*(Z|UTC|[+-]\d\d(:?\d\d(:\d\d)?)?)$"
# DuckDB reads some words as times (epoch, infinity; with a format, each is 1900-01-01), and years that Python cannot represent.
A_TIME = r"\d"
FIRST_TIME, LAST_TIME = "timestamp '0001-01-01'", "timestamp '9999-12-31 23:59:59.999999'"
CURRENCY_SIGNS = r"[$€£]"
SHOWN_CHARACTERS = 60
LOAD_COLUMNS = ("_load_id", "_source_file", "_source_row")


def _text(column: Column) -> str:
    return f'trim("{column.name}")'


def missing_condition(column: Column, text: str | None = None) -> str:
    """SQL boolean: the cell is empty, or one of the contract's null tokens. `text`: SQL of the trimmed cell, if available."""
    words = ("", *(token for token in column.null_tokens if token))
    cell = text or _text(column)
    small = f" or {_hidden_by_size(cell)}" if hides_small_numbers(column) else ""
    return f"coalesce({one_of(cell, words)}{small}, true)"


def hides_small_numbers(column: Column) -> bool:
    """Whether a cell such as <20 is hidden by the publisher: in a number column of which some word is `suppressed_at_source`.

    A publisher changes its limit from one release to the next, so that no list of words has all of them.
    """
    return column.type in ("integer", "decimal") and "suppressed_at_source" in column.null_tokens.values()


def hidden_below(text: str) -> str:
    """SQL integer: the most that a trimmed cell such as <20 or ≤19 can hold: 19. NULL for any other cell."""
    limit = f"try_cast(regexp_extract({text}, '[0-9]+') as integer)"
    return f"case when {_hidden_by_size(text)} then {limit} - if(regexp_matches({text}, '[≤=]'), 0, 1) end"


def _hidden_by_size(text: str) -> str:
    # the cheap test first: nearly all cells begin with a digit
    return f"((prefix({text}, '<') or prefix({text}, '≤')) and regexp_full_match({text}, '(<|≤|<=) *[0-9]+'))"


def missing_reason(column: Column, text: str | None = None) -> str:
    """SQL text: the reason of an empty cell; `not_collected` if the contract gives none."""
    branches = "".join(
        f" when {text or _text(column)} = {literal(token)} then {literal(why)}"
        for token, why in column.null_tokens.items()
        if token
    )
    if hides_small_numbers(column):
        branches += f" when {_hidden_by_size(text or _text(column))} then 'suppressed_at_source'"
    otherwise = literal(column.null_tokens.get("", "not_collected"))
    return f"case{branches} else {otherwise} end" if branches else otherwise


def typed_expression(column: Column, city_zone: str | None = None) -> str:
    """SQL of the column's type over its text: NULL if the cell is empty, a null token, or does not type.

    A text column is trimmed. An integer may be written 100.0 but not 100.5. A timestamp becomes the city's wall clock: one with
    an offset by its instant, one without by the contract's `timezone`.
    """
    text = _text(column)
    raw = raw_expression(column, text, city_zone)
    return f"case when not {missing_condition(column)} then {typed_from_raw(column, text, raw, city_zone)} end"


def raw_expression(column: Column, text: str, city_zone: str | None) -> str:
    """SQL of a first conversion of a trimmed cell that is not missing; `typed_from_raw` checks it."""
    if column.type in ("text", "geometry"):
        return text
    if column.type == "boolean":
        is_true, is_false = (one_of(f"lower({text})", words) for words in (TRUE_WORDS, FALSE_WORDS))
        return f"case when {is_true} then true when {is_false} then false end"
    if column.type in ("integer", "decimal"):
        return _number(column, text)
    if not column.formats:
        return f"try_cast({text} as timestamp)"
    moment = f"try_strptime({text}, [{', '.join(literal(f) for f in column.formats)}])"
    if any("%z" in form for form in column.formats):
        return f"timezone({literal(city_zone or 'UTC')}, {moment})"
    return moment


def typed_from_raw(column: Column, text: str, raw: str, city_zone: str | None) -> str:
    """SQL of the column's type from the trimmed cell and its first conversion, each of which it names more than once."""
    if column.type not in ("date", "timestamp"):
        return raw
    a_time = f"(ascii({text}) between 48 and 57 or regexp_matches({text}, {literal(A_TIME)}))"  # most begin with a digit
    moment = f"case when {raw} between {FIRST_TIME} and {LAST_TIME} and {a_time} then {raw} end"
    if column.type == "date":
        return f"cast({moment} as date)"
    zone = column.timezone or city_zone
    if zone and city_zone and zone != city_zone:
        # as UTC, which needs no calendar
        instant = f"make_timestamptz(epoch_us({moment}))" if zone == "UTC" else f"timezone({literal(zone)}, {moment})"
        moment = f"timezone({literal(city_zone)}, {instant})"
    if column.formats or not city_zone:
        return moment
    instant = f"timezone({literal(city_zone)}, try_cast({text} as timestamptz))"
    # the cheap tests first: a text with an offset passes one of them
    may = f"contains({text}, '+') or suffix({text}, 'Z') or suffix({text}, 'UTC') or contains(right({text}, 9), '-')"
    return (
        f"case when ({may}) and regexp_matches({text}, {literal(OFFSET)}) and {raw} between {FIRST_TIME} and {LAST_TIME} "
        f"and {a_time} then {instant} else {moment} end"
    )


def _number(column: Column, text: str) -> str:
    if not (column.currency or column.thousands or column.decimal != "."):
        return _plain_number(column, text)
    plain = text
    if column.currency:
        # accountants write a reversal in parentheses
        plain = f"replace(replace(regexp_replace({plain}, {literal(CURRENCY_SIGNS + ' *')}, ''), '(', '-'), ')', '')"
    if column.thousands:
        plain = f"replace({plain}, {literal(column.thousands)}, '')"
    if column.decimal != ".":
        plain = f"replace({plain}, {literal(column.decimal)}, '.')"
    return f"case when regexp_full_match({text}, {literal(_shape(column))}) then {_plain_number(column, plain)} end"


def _shape(column: Column) -> str:
    """The regular expression of a number in the contract's notation; 1,5 is not fifteen, and 10$0 is not a price."""
    digits = rf"(\d{{1,3}}({re.escape(column.thousands)}\d{{3}})+|\d*)" if column.thousands else r"\d*"
    number = rf"{digits}({re.escape(column.decimal)}\d*)?([eE][+-]?\d+)?"
    if not column.currency:
        return f"[+-]?{number}"
    sign = rf"{CURRENCY_SIGNS} *"
    return rf"[+-]?({sign})?{number}|{sign}[+-]{number}|\(({sign})?{number}\)"


def _plain_number(column: Column, text: str) -> str:
    if column.type == "integer":
        return f"case when try_cast({text} as double) = try_cast({text} as bigint) then try_cast({text} as bigint) end"
    if column.currency:
        return f"try_cast({text} as decimal(18, 4))"
    return f"case when isfinite(try_cast({text} as double)) then try_cast({text} as double) end"


def invalid_condition(column: Column, city_zone: str | None = None) -> str:
    """SQL boolean: there is a text that does not type, or is outside the contract's values, min or max."""
    return invalid_typed(column, _text(column), missing_condition(column), typed_expression(column, city_zone))


def invalid_typed(column: Column, text: str, missing: str, typed: str) -> str:
    """The same from SQL of the trimmed cell, of whether it is missing, and of its typed value."""
    wrong = [f"{typed} is null"]
    if column.values and not column.is_label:
        wrong.append(f"not {one_of(text, column.values)}")
    # the last day is allowed until its end
    bounded = f"cast({typed} as date)" if column.type == "timestamp" else typed
    if column.min is not None:
        wrong.append(f"{bounded} < {_bound(column.min)}")
    if column.max is not None:
        wrong.append(f"{bounded} > {_bound(column.max)}")
    if column.max_from_file is not None:
        wrong.append(f"coalesce({bounded} > {_bound_from_file(column)}, false)")
    return f"(not {missing} and ({' or '.join(wrong)}))"


def can_be_invalid(column: Column) -> bool:
    """Whether a filled cell can be invalid by itself."""
    return column.type not in ("text", "geometry") or bool(column.values and not column.is_label)


def _bound(value: float | dt.date) -> str:
    return f"date {literal(value.isoformat())}" if isinstance(value, dt.date) else str(value)


def _bound_from_file(column: Column) -> str:
    """SQL: the last day, or the number, of the latest year that the name of the row's file allows; NULL without a year."""
    assert column.max_from_file is not None
    file = "regexp_extract(_source_file, '[^/]*$')"
    year = f"try_cast(regexp_extract({file}, {literal(column.max_from_file.year)}, 1) as integer)"
    year = f"({year} + {column.max_from_file.plus_years})"
    return year if column.type == "integer" else f"make_date({year}, 12, 31)"


def any_refused(columns: Iterable[Column], city_zone: str | None = None) -> str:
    """SQL boolean: one of the columns has no good value."""
    refused = [f"{missing_condition(column)} or {invalid_condition(column, city_zone)}" for column in columns]
    return f"({' or '.join(refused) or 'false'})"


def rejection(columns: Iterable[Column], city_zone: str | None = None) -> str:
    """SQL struct ("column", reason_code, message) of the first column for which a row is refused; NULL if none refuses it.

    The reason is `missing` if a required, key or period column is empty, and `invalid` if it does not type.
    """
    branches = [
        f"when {condition} then row({literal(column.name)}, '{reason}', {rejection_message(column, reason)})"
        for column in columns
        for reason, condition in (("missing", missing_condition(column)), ("invalid", invalid_condition(column, city_zone)))
    ]
    # a contract without required columns refuses no row
    case = f"case {' '.join(branches)} end" if branches else "null"
    return f'cast({case} as struct("column" varchar, reason_code varchar, message varchar))'


def required_columns(contract: Contract) -> tuple[Column, ...]:
    """The columns that refuse a row without a good value."""
    deciding = contract.deciding_columns
    return tuple(column for column in contract.kept_columns if column.required or column.name in deciding)


def rejection_message(column: Column, reason: str) -> str:
    """SQL text that explains the problem to a steward; it quotes the cell only if the column is public."""
    if reason == "missing":
        return literal(f"{column.name} is empty")
    expected = f"{column.name}: not a usable {column.type}" + (
        f", or not one of {', '.join(column.values)}" if column.values else ""
    )
    if column.privacy != "public":
        return literal(f"{expected} (the value is private)")
    return f"{literal(expected + ': ')} || left({_text(column)}, {SHOWN_CHARACTERS})"


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
        accepted = f"not {any_refused(required_columns(contract), city_zone)}"
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

"""Build the query that a delivery suite checks: one SELECT over the delivered text that types each cell once and flags problems.

See `ingest.typing` for the typing of cells, `delivery_gate` for the allowed number of flags, and `ingest.contract.vocabularies`
for the labels that the crosswalk seed maps.

The columns have the contract's names and types (labels stay as delivered), so that a contract's own expectations can compare
times and sum amounts. Flags start with an underscore, which no contract column does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ingest.contract import Column, Contract
from ingest.contract.vocabularies import Labels, flag_values, folded
from ingest.typing import (
    can_be_invalid,
    invalid_flag,
    is_refused,
    missing_flag,
    read_cells,
    required_columns,
    trimmed_cell,
    typed_cell,
)
from warehouse.sql import literal, one_of, quoted

BLANK, HEADER, REJECTED = "_is_blank", "_is_header", "_is_rejected"
# A row is a header if most of a few columns contain their own names. More columns would cost a comparison each and add nothing.
HEADER_COLUMNS, HEADER_SHARE = 4, 0.5
FOLDED = r"trim(regexp_replace(lower({}), '[\s\p{{Z}}]+', ' ', 'g'))"  # as the dbt macro `normalised` does


@dataclass(frozen=True)
class LabelCheck:
    """The labels of a column under a vocabulary, on the rows where the column uses it."""

    column: Column
    vocabulary: str
    flag: str
    among: str
    by: tuple[str, str] | None


@dataclass(frozen=True)
class DeliveryQuery:
    """The SELECT over a delivery, and the delivered columns that can be checked."""

    query: str
    present: tuple[Column, ...]
    required: tuple[Column, ...]
    labels: tuple[LabelCheck, ...] = field(default=())


def delivery_query(
    contract: Contract, relation: str, absent: Iterable[str], labels: Labels, city_zone: str | None
) -> DeliveryQuery:
    """The query over `relation` (text under the contract's names); `absent`: kept columns that were not delivered."""
    not_delivered = set(absent)
    present = tuple(column for column in contract.kept_columns if column.name not in not_delivered)
    required = tuple(column for column in required_columns(contract) if column.name not in not_delivered)
    checks = tuple(_label_checks(present))
    parts = [_value(column) for column in present]
    parts += [missing_flag(column) for column in present]
    parts += [invalid_flag(column) for column in present if can_be_invalid(column)]
    parts += [f"{_unmapped(check, labels)} as {check.flag}" for check in checks]
    parts += [
        f"{_blank(present)} as {BLANK}",
        f"{_header(contract, required, present)} as {HEADER}",
        "_source_file",
        "_source_row",
    ]
    rejected = f"not {BLANK} and {is_refused(required)}"
    cells = read_cells(present, relation, city_zone)
    query = f"select *, {rejected} as {REJECTED} from (select {', '.join(parts)} from {cells}) as cells"
    return DeliveryQuery(query, present, required, checks)


def _value(column: Column) -> str:
    name = quoted(column.name)
    return f"coalesce({name}, '') as {name}" if column.is_label else f"{typed_cell(column)} as {name}"


def _unmapped(check: LabelCheck, labels: Labels) -> str:
    column = check.column
    if column.label:
        return unmapped_condition(column.name, {*flag_values(), column.label})
    return unmapped_condition(column.name, labels.get(check.vocabulary, ()), column.question, column.delimiter)


def _blank(columns: Iterable[Column]) -> str:
    """SQL boolean: no delivered cell is filled; a value of the file's name or period, which every row has, does not count."""
    cells = ", ".join(f"nullif({trimmed_cell(column)}, '')" for column in columns if not column.is_of_file)
    return f"coalesce({cells}) is null" if cells else "false"


def _header(contract: Contract, required: tuple[Column, ...], present: tuple[Column, ...]) -> str:
    others = (column for column in present if column not in required)
    # a hashed cell never equals the column's name
    looked_at = [column for column in (*required, *others) if not column.is_hashed][:HEADER_COLUMNS]
    if contract.format.header.rows == "none" or not looked_at:
        return "false"
    names = {trimmed_cell(column): ", ".join(literal(str(name)) for name in column.delivered_names) for column in looked_at}
    same = (f"coalesce(cast({name} in ({own}) as integer), 0)" for name, own in names.items())
    return f"{' + '.join(same)} > {HEADER_SHARE * len(looked_at):g}"


def _label_checks(columns: tuple[Column, ...]) -> Iterable[LabelCheck]:
    names = {column.name for column in columns}
    for column in columns:
        if isinstance(column.vocabulary, Mapping):
            by = column.vocabulary["by"]
            if by not in names:
                continue
            for number, value in enumerate(key for key in column.vocabulary if key != "by"):
                flag = quoted(f"_unmapped_{number}_{column.name}")
                yield LabelCheck(column, column.vocabulary[value], flag, f"{quoted(by)} = {literal(value)}", (by, value))
        elif column.vocabulary:
            yield LabelCheck(column, column.vocabulary, quoted(f"_unmapped_{column.name}"), f"not {BLANK}", None)


def unmapped_condition(column: str, labels: Iterable[str], question: str | None = None, delimiter: str | None = None) -> str:
    """SQL boolean over a text column: the cell contains a label that is none of these. An empty cell is the label ''.

    The cell of a question is compared as `question=value`; of a cell with several labels between delimiters, each label is.
    """
    if delimiter and not question:
        each = labels_in(column, delimiter=delimiter)
        return f"len(list_filter({each}, lambda label: {is_unmapped('label', labels)})) > 0"
    return is_unmapped(_label_in(column, question), labels)


def labels_in(column: str, question: str | None = None, delimiter: str | None = None) -> str:
    """SQL list over a text column: the labels in a cell, in the form in which the crosswalk contains them."""
    if question or not delimiter:
        return f"[{_label_in(column, question)}]"
    split = f"string_split(coalesce({quoted(column)}, ''), {literal(delimiter)})"
    parts = f"list_filter(list_transform({split}, lambda part: trim(part)), lambda part: part <> '')"
    return f"case when len({parts}) = 0 then [''] else {parts} end"


def _label_in(column: str, question: str | None) -> str:
    text = f"trim(coalesce({quoted(column)}, ''))"
    return f"{literal(question + '=')} || {text}" if question else text


def is_unmapped(text: str, labels: Iterable[str]) -> str:
    """SQL boolean over an SQL text: it is none of these labels. Nearly all labels equal the seed exactly and need no folding."""
    exact = sorted(set(labels))
    if not exact:
        return "true"
    known = sorted({folded(label) for label in exact})
    return f"case when {one_of(text, exact)} then false else not {one_of(FOLDED.format(text), known)} end"

"""Check a delivered header against the contract: missing, renamed, repeated and unknown columns.

For a missing column, the message proposes the unknown column with the most similar name. See `ingest.delivery.header_match` for
matching columns, and `suite_from_contract` for checks of cells.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from expectations.engine.checks import Check, header
from ingest.contract import Column, Contract

# Two names with at least this similarity (difflib's ratio) count as a renamed column: RACE and RACE_CODE do, RACE and SEX do
# not.
RENAMED = 0.6
SHOWN_NAMES = 5


def header_checks(
    contract: Contract, missing: Sequence[str], unknown: Sequence[str], repeated: Sequence[str], files: Sequence[str]
) -> Iterator[Check]:
    """The checks on the header. Names are those of the delivery; of `missing`, the contract's `from`."""
    where = f"{contract.source}{f' ({_listed(files)})' if files else ''}"
    quotable = _is_header(contract, missing)
    for name in missing:
        column = _column(contract, name)
        match = likely_match(name, column, unknown) if quotable else None
        if column and column.from_period:
            message = f"{where}: a file has no period, so that {name} is unknown; add the file to format.layouts with its period"
        elif column and column.from_file:
            message = f"{where}: the name of a file gives no {name}; add the file to from_file: in the contract"
        elif match:
            message = (
                f"{where}: column {name} is missing, and {match} is new: was it renamed? Add {match} to from: in the contract"
            )
        else:
            message = f"{where}: column {name} is missing; ask the steward, or change the contract"
        yield header("columns_missing", "critical", message, mismatches=1, column=column.name if column else None)
    for name in repeated:
        message = f"{where}: column {name} is delivered twice, and one of them would be lost; ask the steward which one is valid"
        yield header("columns_repeated", "critical", message, mismatches=1, column=_column_name(contract, name))
    if unknown:
        # in a file without its header, the names are the cells of the first record
        called = f" ({_listed(unknown)})" if quotable else "; the first row may be a record and no header"
        message = f"{where}: {len(unknown)} columns are not in the contract{called}; add them to columns: or to ignore:"
        yield header("columns_unknown", "warning", message, mismatches=len(unknown))
    if not missing:
        yield header("columns_missing", "critical", "", mismatches=0)
    if not repeated:
        yield header("columns_repeated", "critical", "", mismatches=0)
    if not unknown:
        yield header("columns_unknown", "warning", "", mismatches=0)


def missing_columns(contract: Contract, missing: Sequence[str]) -> tuple[str, ...]:
    """The contract's names of the columns that a load record lists as missing, by delivered name or the contract's."""
    found = (_column(contract, name) for name in missing)
    return tuple(column.name for column in found if column)


def likely_match(missing: str, column: Column | None, unknown: Sequence[str]) -> str | None:
    """The unknown column that the missing one was probably renamed to."""
    scores = {name: similarity(missing, column, name) for name in unknown}
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best is not None and scores[best] >= RENAMED else None


def similarity(missing: str, column: Column | None, found: str) -> float:
    """The similarity of a delivered name to the expected one or the contract's (difflib's ratio, 0 to 1)."""
    wanted = {_letters(missing)} | ({_letters(column.name)} if column else set())
    return max(difflib.SequenceMatcher(None, want, _letters(found)).ratio() for want in wanted)


def _is_header(contract: Contract, missing: Sequence[str]) -> bool:
    """Whether the names are a header: they include most of the contract's columns."""
    return 2 * len(missing) <= len(contract.columns)


def _column(contract: Contract, name: str) -> Column | None:
    by_delivered = (column for column in contract.columns if name in map(str, contract.names_of(column)))
    return next(by_delivered, None) or next((column for column in contract.columns if column.name == name), None)


def _column_name(contract: Contract, name: str) -> str | None:
    column = _column(contract, name)
    return column.name if column else None


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _listed(names: Sequence[str]) -> str:
    more = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")

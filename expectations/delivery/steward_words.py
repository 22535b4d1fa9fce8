"""Word the findings of a delivery for its steward: what is wrong, how often, and what to change in the export.

The words are in `steward_words.yml`. Columns have their delivered names. See `expectations.remedies` for the office's words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from expectations.delivery.column_differences import MISSING, NEW, ColumnDifference
from expectations.results import ExpectationResult, GateResult
from ingest.contract import Column, Contract
from ingest.contract.yaml_source import read_yaml
from ingest.typing import required_columns
from warehouse.printable import first_names

WORDS = Path(__file__).with_suffix(".yml")
SHOWN_NAMES = 5


@dataclass(frozen=True)
class StewardFinding:
    """One failed check in the steward's words; `column` is a delivered name, `found` and `allowed` have units."""

    severity: str
    column: str
    found: str
    allowed: str
    problem: str
    change: str
    where: str
    message: str
    name: str | None


def steward_findings(
    contract: Contract, gate: GateResult, columns: Sequence[ColumnDifference] = ()
) -> tuple[StewardFinding, ...]:
    """Return the failed findings, critical ones first; `columns` are the differences of the delivery, with its own names."""
    failed = [finding for finding in gate.findings if not finding.success]
    order = list(_read()["severities"])
    return tuple(
        in_words(contract, finding, columns) for finding in sorted(failed, key=lambda finding: order.index(finding.severity))
    )


def found_text(finding: ExpectationResult) -> str:
    """What was found, with its unit: `12 of 480 rows (2.5 %)`."""
    if finding.observed is None:
        return ""
    if finding.of is not None and finding.found is not None:
        return f"{finding.found:,} of {finding.of:,} rows ({_percent(finding.observed)})"
    return _amount(finding, finding.observed)


def allowed_text(finding: ExpectationResult) -> str:
    """What a good delivery has at most, or at least."""
    if finding.threshold is None:
        return ""
    if not finding.threshold and not _words(finding).get("allowed"):
        return "none"
    return f"{_words(finding).get('allowed', 'at most')} {_amount(finding, finding.threshold)}"


def delivered_name(contract: Contract, name: str | None, columns: Sequence[ColumnDifference] = ()) -> str:
    """The name of a contract's column in the delivery, else the agreed names; `column 3` where it has a position only."""
    found = next((line.found for line in columns if line.column == name and line.found), None)
    column = _column(contract, name)
    if column is None:
        return name or ""
    if column.from_period:
        return "the period of the file"
    if column.from_file:
        return "the name of the file"
    if all(isinstance(one, int) for one in column.delivered_names):
        return f"column {column.delivered_names[0]}"
    return found or " or ".join(map(str, column.delivered_names))


def in_words(contract: Contract, finding: ExpectationResult, columns: Sequence[ColumnDifference] = ()) -> StewardFinding:
    """Return one finding in the steward's words."""
    name, new = finding.expectation, [line.found for line in columns if line.verdict == NEW and line.found]
    line = next((one for one in columns if one.column == finding.column and one.verdict == MISSING), None)
    names = first_names(new, SHOWN_NAMES)
    if name == "columns_missing" and line and line.likely:
        name, names = "columns_renamed", line.likely
    elif name == "columns_missing" and finding.column is None:
        name = "other_table"
    elif name == "rejected_rows_pct":
        names = ", ".join(delivered_name(contract, one.name, columns) for one in required_columns(contract))
    words = _read()["by_name"].get(name) or _read()["otherwise"]
    column = delivered_name(contract, finding.column, columns)
    fill = {
        "message": finding.message.removeprefix(f"{contract.source}: "),
        "column": column or "the file",
        "expected": _expected(_column(contract, finding.column)),
        "names": names or "not named, because the first row may be a record",
    }
    problem, change = (words[part].format_map(fill) for part in ("problem", "change"))
    return StewardFinding(
        _read()["severities"][finding.severity], column, found_text(finding), allowed_text(finding), problem, change,
        finding.first or "", finding.message, finding.column,
    )  # fmt: skip


def _expected(column: Column | None) -> str:
    if column is None:
        return "a value"
    if column.values and not column.is_label:
        return f"one of {', '.join(column.values)}"
    parts = [_read()["types"].get(column.type, "a text")]
    if column.formats:
        parts.append(f"written as {' or '.join(map(_example, column.formats))}")
    return " ".join([*parts, *bounds_in_words(column)])


def bounds_in_words(column: Column) -> list[str]:
    """For example ["from 0", "up to 100"]; empty if the contract sets no bound."""
    parts = []
    if column.min is not None:
        parts.append(f"from {column.min}")
    if column.max is not None:
        parts.append(f"up to {column.max}")
    if column.max_from_file is not None:
        more = f" and {column.max_from_file.plus_years} more" if column.max_from_file.plus_years else ""
        parts.append(f"up to the year in the name of the file{more}")
    return parts


def _example(form: str) -> str:
    for directive, letters in _read()["formats"].items():
        form = form.replace(directive, letters)
    return form


def _amount(finding: ExpectationResult, value: float) -> str:
    if finding.expectation.endswith("_pct"):
        return _percent(value)
    unit = _words(finding).get("unit", "rows")
    amount = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.6g}"
    return f"{amount} {unit.removesuffix('s') if value == 1 else unit}"


def _percent(value: float) -> str:
    if 0 < value < 0.1:
        return "under 0.1 %"
    return f"{min(round(value, 1), 99.9) if value < 100 else value:g} %"


def _words(finding: ExpectationResult) -> dict[str, str]:
    words: dict[str, str] = _read()["by_name"].get(finding.expectation, {})
    return words


def _column(contract: Contract, name: str | None) -> Column | None:
    return next((column for column in contract.columns if column.name == name), None)


@cache
def _read() -> dict[str, Any]:
    return read_yaml(WORDS).data  # type: ignore[no-any-return]

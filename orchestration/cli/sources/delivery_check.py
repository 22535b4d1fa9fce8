"""Print the check of a delivery: what its gate found, in a steward's words, and the columns that differ from the contract."""

from __future__ import annotations

from collections.abc import Iterator

from expectations.delivery.column_differences import differing
from expectations.delivery.steward_words import in_words
from expectations.remedies import remedy
from orchestration.cli.display import Table, err, out
from orchestration.stewardship.check_delivery import DeliveryCheck

LISTED = 20  # labels of a column, and columns that differ


def print_check(checked: DeliveryCheck, *, all_: bool = False) -> None:
    """Print the findings, the differing columns, and the result in one line. `all_`: also the expectations that hold."""
    _print_gate(checked, all_=all_)
    for line in label_lines(checked):
        out.print(line)
    _print_column_differences(checked)
    err.print(f"{checked.contract.source}: {checked.result}")


def label_lines(checked: DeliveryCheck) -> Iterator[str]:
    """The labels that the crosswalk does not map; those of a private column are only counted."""
    contract, least = checked.contract, checked.contract.agreement.suppress_below
    public = {column.name for column in contract.columns if column.privacy == "public"}
    for column in dict.fromkeys(label.column for label in checked.labels):
        found = [label for label in checked.labels if label.column == column]
        frequent = [label for label in found if column in public and label.rows is not None]
        noun = "label" if len(found) == 1 else "labels"
        yield f"\n{column}: {len(found)} {noun} without a row in the crosswalk"
        yield from (f"  {label.in_words(least)}" for label in frequent[:LISTED])
        if len(frequent) > LISTED:
            yield f"  and {len(frequent) - LISTED} more; `levelground try {contract.source}` lists them"
        if len(frequent) < len(found):
            yield f"  `levelground try {contract.source}` lists those that may be named"


def _print_column_differences(checked: DeliveryCheck) -> None:
    lines = differing(checked.columns)
    if lines:
        rows = [
            (line.expected, line.found, line.verdict, f"{line.likely} ({line.similarity} % alike)" if line.likely else None)
            for line in lines[:LISTED]
        ]
        out.print(Table("\nColumns that differ from the contract", ("expected", "found", "difference", "renamed to?"), rows))
        if len(lines) > LISTED:
            out.print(f"and {len(lines) - LISTED} more; --report FILE.html lists all")


def _print_gate(checked: DeliveryCheck, *, all_: bool) -> None:
    """Print the findings: failed ones as sentences with a remedy on a terminal, one line each in a file or pipe."""
    gate = checked.gate
    ordered = sorted(gate.findings, key=lambda finding: finding.success)
    shown = [finding for finding in ordered if all_ or not finding.success]
    words = [in_words(checked.contract, finding, checked.columns) for finding in shown]
    holding = f"{sum(finding.success for finding in ordered)} of {len(ordered)} expectations hold"
    if out.is_terminal:
        for finding, worded in zip(shown, words, strict=True):
            if finding.success:
                out.print(f"ok: {finding.expectation} {finding.column or ''}".rstrip())
                continue
            limits = f", allowed: {worded.allowed}" if worded.allowed else ""
            counts = f"\n    found: {worded.found}{limits}" if worded.found else ""
            column = f"\n    column: {worded.column}" if worded.column else ""
            lines = f"{column}{counts}\n    in the export: {worded.change}\n    remedy: {remedy(gate, finding)}"
            out.print(f"{finding.severity}: {finding.message}{lines}")
        out.print(holding)
        return
    rows = [
        ("ok" if f.success else f.severity, f.expectation, f.column, worded.column, worded.found, worded.allowed,
         f.message, "" if f.success else worded.change, "" if f.success else remedy(gate, f))
        for f, worded in zip(shown, words, strict=True)
    ]  # fmt: skip
    columns = ("result", "expectation", "column", "delivered as", "found", "allowed", "what is wrong", "in the export")
    if rows:
        out.print(Table(None, (*columns, "what to do"), rows))
    err.print(holding)

"""Define one check of a suite as plain data, independent of Great Expectations.

Derived and written suites share this form and its four kinds. See `delivery.delivery_gate` and `marts.suites` for the
checks of a delivery or a mart, and `runner` for running them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from expectations.results import Severity


@dataclasses.dataclass(frozen=True)
class Check:
    """A Great Expectations expectation (`type`, `kwargs`, `severity`), with its name and message.

    `name` is its name in results, `message` the text of a failure, which ends with the fix.
    """

    name: str
    type: str
    kwargs: Mapping[str, Any]
    severity: Severity
    message: str
    column: str | None = None
    threshold: float | None = None

    def definition(self) -> dict[str, Any]:
        """The expectation in the form of Great Expectations."""
        return {"type": self.type, "kwargs": dict(self.kwargs), "severity": self.severity}

    def tolerating(self, rows: int) -> Check:
        """This check of a share, which so few rows pass whatever their share is."""
        return dataclasses.replace(self, kwargs={**self.kwargs, "tolerated": rows})


def share(
    name: str,
    severity: Severity,
    message: str,
    *,
    rows: str,
    among: str = "true",
    at_most_pct: float = 0,
    column: str | None = None,
) -> Check:
    """Of the rows where `among` holds, at most `at_most_pct` percent are `rows` (SQL conditions)."""
    kwargs = {"rows": rows, "among": among, "at_most_pct": float(at_most_pct), "tolerated": 0}
    return Check(name, "expect_share_of_rows", kwargs, severity, message, column, float(at_most_pct))


def measure(
    name: str,
    severity: Severity,
    message: str,
    *,
    expression: str,
    at_least: float | None = None,
    at_most: float | None = None,
    column: str | None = None,
) -> Check:
    """A SQL aggregate over all rows is between two numbers; NULL passes."""
    kwargs = {"expression": expression, "at_least": at_least, "at_most": at_most}
    return Check(name, "expect_measure_between", kwargs, severity, message, column, at_least if at_most is None else at_most)


def no_rows(name: str, severity: Severity, message: str, *, query: str, column: str | None = None) -> Check:
    """A query finds nothing: for rules over several rows of a table, or over a second table."""
    return Check(name, "expect_no_rows", {"query": query}, severity, message, column, 0.0)


def header(name: str, severity: Severity, message: str, *, mismatches: int, column: str | None = None) -> Check:
    """The delivered header names the contract's columns; rows cannot show it, because a missing column reads as empty."""
    return Check(name, "expect_header_to_match", {"mismatches": mismatches}, severity, message, column, 0.0)

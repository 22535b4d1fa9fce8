"""Define the results of gates and of their expectations, with conversion to and from JSON.

Orchestration, the command line and the run records show the same ones. A result contains no cell of the data: observed values are
counts, shares and durations, and messages name columns, files, record numbers and keys of
seeds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import TypeAdapter

from warehouse.printable import printable

Gate = Literal["delivery", "build", "disclosure"]
Severity = Literal["critical", "warning", "info"]


@dataclasses.dataclass(frozen=True)
class ExpectationResult:
    """The result of one expectation.

    `observed` and `threshold` have the unit in the expectation's name (rows, cells_pct, days …); None where there
    was nothing to count, or the expectation could not be evaluated (then it has failed). `found` and `of`: the counts of a share.
    `first`: the file and record of the first failed row.
    """

    expectation: str
    column: str | None
    severity: Severity
    success: bool
    observed: float | None
    threshold: float | None
    message: str
    found: int | None = None
    of: int | None = None
    first: str | None = None

    @classmethod
    def of_count(cls, name: str, severity: Severity, number: float, message: str, column: str | None = None) -> ExpectationResult:
        """The result of an expectation that fails, with this message, where a number of cases was found."""
        return cls(name, column, severity, not number, float(number), 0.0, message if number else "")

    def __post_init__(self) -> None:
        """Escape names that a department chose, for terminals and logs."""
        for name in ("column", "message", "first"):
            text = getattr(self, name)
            if text is not None and not text.isprintable():
                object.__setattr__(self, name, printable(text))


@dataclasses.dataclass(frozen=True)
class GateResult:
    """The result for one subject: a source (delivery), a table of the release (build), the public file (disclosure)."""

    gate: Gate
    subject: str
    findings: tuple[ExpectationResult, ...]

    @property
    def passed(self) -> bool:
        """Whether no critical expectation failed. A gate without any finding has checked nothing, and has not passed."""
        return bool(self.findings) and not self.failed_critical

    @property
    def failed_critical(self) -> tuple[ExpectationResult, ...]:
        """Failed critical findings: they hold the source back, or block the release."""
        return self._failed("critical")

    @property
    def warnings(self) -> tuple[ExpectationResult, ...]:
        """Failed findings that do not block."""
        return self._failed("warning")

    @property
    def reason(self) -> str:
        """The messages of everything critical that failed, for people; empty when the gate passed."""
        return "; ".join(finding.message for finding in self.failed_critical)

    def _failed(self, severity: Severity) -> tuple[ExpectationResult, ...]:
        return tuple(finding for finding in self.findings if not finding.success and finding.severity == severity)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        record: dict[str, Any] = _GATE_RESULT.dump_python(self)
        return record

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> GateResult:
        """The inverse of `to_dict`; also reads the records of earlier versions."""
        return _GATE_RESULT.validate_python(data)


# pydantic converts a run's thousand results, written after every source, in milliseconds; dataclasses.asdict takes seconds
_GATE_RESULT = TypeAdapter(GateResult)

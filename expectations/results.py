"""What a gate says: findings and a verdict, as plain data.

Here: the dataclasses that orchestration, the CLI and the receipts all show, and their way to and from JSON. Not here: how a
verdict comes about (`expectations.gate`). Nothing in a result is a cell of the data: observed values are counts, shares
and lengths of time, and messages name columns, files and record numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

Gate = Literal["delivery", "build", "disclosure"]
Severity = Literal["critical", "warning", "info"]


@dataclasses.dataclass(frozen=True)
class Finding:
    """What one expectation found.

    `observed` and `threshold` are in the unit that the expectation's name says (rows, cells_pct, days …); None where there
    was nothing to count, or the expectation could not be evaluated (it has failed then).
    """

    expectation: str
    column: str | None
    severity: Severity
    success: bool
    observed: float | None
    threshold: float | None
    message: str


@dataclasses.dataclass(frozen=True)
class GateResult:
    """The verdict on one subject: a source (delivery), a table of the release (build), the public file (disclosure)."""

    gate: Gate
    subject: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """No critical expectation failed. A gate that found nothing at all has not looked, and has not passed."""
        return bool(self.findings) and not self.failed_critical

    @property
    def failed_critical(self) -> tuple[Finding, ...]:
        """What holds the source back, or blocks the release."""
        return self._failed("critical")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What failed and is let in."""
        return self._failed("warning")

    @property
    def reason(self) -> str:
        """The messages of everything critical that failed, for people; empty when the gate passed."""
        return "; ".join(finding.message for finding in self.failed_critical)

    def _failed(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if not finding.success and finding.severity == severity)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        # by hand: of a run's thousand findings, written down after every source, asdict makes seconds
        return {"gate": self.gate, "subject": self.subject, "findings": [dict(vars(finding)) for finding in self.findings]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> GateResult:
        """The inverse of `to_dict`."""
        return cls(data["gate"], data["subject"], tuple(Finding(**finding) for finding in data["findings"]))

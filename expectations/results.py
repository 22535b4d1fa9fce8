"""Records of gate results and their findings, with conversion to and from JSON.

Orchestration, the command line and the run records show the same ones. A result contains no cell of the data: observed values are
counts, shares and durations, and messages name columns, files and record numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

Gate = Literal["delivery", "build", "disclosure"]
Severity = Literal["critical", "warning", "info"]


@dataclasses.dataclass(frozen=True)
class Finding:
    """The result of one expectation.

    `observed` and `threshold` have the unit in the expectation's name (rows, cells_pct, days …); None where there
    was nothing to count, or the expectation could not be evaluated (then it has failed).
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
    """The result for one subject: a source (delivery), a table of the release (build), the public file (disclosure)."""

    gate: Gate
    subject: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether no critical expectation failed. A gate without any finding has checked nothing, and has not passed."""
        return bool(self.findings) and not self.failed_critical

    @property
    def failed_critical(self) -> tuple[Finding, ...]:
        """Failed critical findings: they hold the source back, or block the release."""
        return self._failed("critical")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Failed findings that do not block."""
        return self._failed("warning")

    @property
    def reason(self) -> str:
        """The messages of everything critical that failed, for people; empty when the gate passed."""
        return "; ".join(finding.message for finding in self.failed_critical)

    def _failed(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if not finding.success and finding.severity == severity)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        # by hand: asdict takes seconds for a run's thousand findings, written after every source
        return {"gate": self.gate, "subject": self.subject, "findings": [dict(vars(finding)) for finding in self.findings]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> GateResult:
        """The inverse of `to_dict`."""
        return cls(data["gate"], data["subject"], tuple(Finding(**finding) for finding in data["findings"]))

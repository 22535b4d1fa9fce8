"""Where the audit has no answer, more is hidden and the audit runs again; the run ends with a result, never with an error."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from expectations.disclosure.inputs.audit_inputs import CellKey
from expectations.results import ExpectationResult, GateResult
from orchestration.pipeline import gates
from tests.support.run_records import run_record
from warehouse.disclosure import Scope, SuppressionSummary
from warehouse.paths import Home

YEAR = dt.date(2025, 1, 1)
AT = CellKey("year", YEAR, "aldermanic_district", "2022", "5", "spd15_2024", "asian", "exclusive", "all", "all")
NOTHING = SuppressionSummary(0, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0, 0)


@pytest.mark.parametrize("rounds", range(5))
def test_more_is_hidden_around_a_count_without_an_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rounds: int) -> None:
    """`rounds`: how many audits have no answer for the count."""
    audits: list[object] = []
    built: list[list[Scope]] = []

    def audit(*_: object, on_unanswered: Any, **__: object) -> GateResult:
        audits.append(None)
        if len(audits) <= rounds:
            on_unanswered("stops.numerator", AT)
        found = ExpectationResult("unanswered", None, "critical", len(audits) > rounds, 0.0, 0.0, "")
        return GateResult("disclosure", "published.equity_measures", (found,))

    monkeypatch.setattr(gates, "gate_disclosure", audit)
    monkeypatch.setattr(gates, "build_published", lambda _run, _on_node, also: built.append(list(also)))
    run: Any = SimpleNamespace(settings=SimpleNamespace(home=Home(tmp_path)), record=run_record(), suppressed=NOTHING)
    result = gates.audit_disclosure(run)
    wider = [
        Scope("stops.numerator", "aldermanic_district", "5", YEAR),
        Scope("stops.numerator", "aldermanic_district"),
        Scope("stops.numerator"),
    ]
    assert built == [wider[:count] for count in range(1, min(rounds, 3) + 1)]
    assert len(audits) == min(rounds, 3) + 1
    assert bool(result.failed_critical) == (rounds > 3)

"""Where the audit has no answer, more is hidden and the audit runs again; the run ends with a result, never with an error."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from expectations.disclosure.inputs.audit_inputs import CellKey
from expectations.results import ExpectationResult, GateResult
from orchestration.pipeline import gates
from orchestration.runs.context import RunContext
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
    run: Any = SimpleNamespace(
        settings=SimpleNamespace(home=Home(tmp_path)), record=run_record(), suppressed=NOTHING, as_of=dt.datetime(2026, 1, 1)
    )
    result = gates.audit_disclosure(run)
    wider = [
        Scope("stops.numerator", "aldermanic_district", "5", YEAR),
        Scope("stops.numerator", "aldermanic_district"),
        Scope("stops.numerator"),
    ]
    assert built == [wider[:count] for count in range(1, min(rounds, 3) + 1)]
    assert len(audits) == min(rounds, 3) + 1
    assert bool(result.failed_critical) == (rounds > 3)


@pytest.mark.parametrize("is_refused_alone", [True, False], ids=["the correction discloses", "something else does"])
def test_an_urgent_correction_that_discloses_stays_out_and_blocks_no_night(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_refused_alone: bool
) -> None:
    run: Any = SimpleNamespace(
        settings=SimpleNamespace(home=Home(tmp_path)), record=run_record(), urgent_refused=False, as_of=dt.datetime(2026, 2, 1)
    )
    run.note = partial(RunContext.note, run)
    run.suppressed = replace(NOTHING, urgent_revisions=(("fpc__police_stops", (2025,)),))
    built: list[bool] = []

    def audit(*_: object, **__: object) -> GateResult:
        passes = is_refused_alone and run.urgent_refused
        found = ExpectationResult("leaks", None, "critical", passes, 0.0, 0.0, "")
        return GateResult("disclosure", "published.equity_measures", (found,))

    monkeypatch.setattr(gates, "gate_disclosure", audit)
    monkeypatch.setattr(gates, "build_published", lambda *_: built.append(run.urgent_refused))
    result = gates.audit_disclosure(run)
    assert built == [True], "built once more, without the correction"
    assert bool(result.failed_critical) is not is_refused_alone
    (note,) = run.record.notes
    assert "urgent correction of fpc__police_stops 2025 would disclose (leaks)" in note
    assert "next quarter tries again" in note and "`levelground corrections add --edition LABEL" in note

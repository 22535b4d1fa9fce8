"""The results of gates, and their conversion to and from JSON."""

from __future__ import annotations

import json

from expectations.results import ExpectationResult, GateResult

RACE = ExpectationResult("unmapped_labels_pct", "race", "critical", False, 2.5, 0.1, "labels")
CELLS = ExpectationResult("invalid_cells_pct", "fee", "warning", False, 3.0, 1.0, "cells")
ROWS = ExpectationResult("rows", None, "critical", True, 200.0, 1.0, "")
KEYS = ExpectationResult("repeated_keys", None, "info", False, None, 0.0, "keys")


def test_only_a_critical_failure_fails_a_gate() -> None:
    assert GateResult("delivery", "dpt__visits", (CELLS, ROWS, KEYS)).passed
    failed = GateResult("delivery", "dpt__visits", (RACE, CELLS, ROWS, KEYS))
    assert not failed.passed
    assert failed.failed_critical == (RACE,)
    assert failed.warnings == (CELLS,)
    assert failed.reason == "labels"


def test_a_gate_without_results_has_not_passed() -> None:
    assert not GateResult("build", "marts.fct_payments", ()).passed


def test_a_result_survives_json() -> None:
    result = GateResult("build", "marts.fct_payments", (RACE, CELLS, ROWS, KEYS))
    assert GateResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result


def test_a_result_of_an_earlier_version_is_read() -> None:
    # as commit 2dc9705 wrote it
    written = (
        '{"gate": "delivery", "subject": "dpt__visits", "findings": [{"expectation": "rows", "column": null, '
        '"severity": "critical", "success": true, "observed": 200.0, "threshold": 1, "message": ""}]}'
    )
    assert GateResult.from_dict(json.loads(written)) == GateResult("delivery", "dpt__visits", (ROWS,))

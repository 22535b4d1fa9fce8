"""The list of what a source lacks counts what a person has to do; a fact without a measure is a hint."""

from __future__ import annotations

import pytest

from orchestration.cli.new_source import print_todo
from orchestration.codegen.missing_steps import Step

NO_MEASURE = Step("measures", "no measure reads fct_visits", "levelground measures new ID --fact fct_visits", is_required=False)
DECISION = Step("places", "a, b: all have the role address", "the contract", is_required=False)
MISSING = Step("suite", "fct_visits has no suite", "expectations/suites/fct_visits.yml")


@pytest.mark.parametrize(
    ("steps", "kinds", "counted"),
    [
        ([NO_MEASURE], ["hint"], "0 missing, 0 open decisions"),
        ([MISSING, DECISION, NO_MEASURE], ["missing", "open", "hint"], "1 missing, 1 open decision"),
        ([DECISION, DECISION], ["open", "open"], "0 missing, 2 open decisions"),
    ],
)
def test_a_fact_without_a_measure_is_no_open_decision(
    steps: list[Step],
    kinds: list[str],
    counted: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_todo("dpt__visits", steps)
    printed = capsys.readouterr()
    lines = [line for line in printed.out.splitlines() if any(step.part in line.split() for step in steps)]
    assert [next(kind for kind in ("missing", "open", "hint") if kind in line.split()) for line in lines] == kinds
    assert printed.err.strip() == f"dpt__visits: {counted}"
